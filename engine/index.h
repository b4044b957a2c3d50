/* The index: which conditions a set of facts could decide otherwise than if nothing matched.
 *
 * Every test of a signal stands in a column: a fact, a member of a map, or a field of the elements of a list. A column finds the tests
 * that a value satisfies without trying the others: constants by a hash of the whole text, prefixes by their first bytes, numbers by
 * intervals, and patterns, suffixes and parts by the literals that every match must hold. What it finds may be too much, never too
 * little: whoever asks evaluates what was found (eval.h) and takes the rest as false.
 *
 * Literals are looked for by grams of a few bytes at a stride (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994): the
 * longer the shortest literal of a column is, the fewer places of a text are looked at.
 *
 * Knows conditions and facts; must not know weights. Everything is arrays of numbers, so that it can be stored and read back. */
#ifndef HP_INDEX_H
#define HP_INDEX_H

#include "rule.h"

struct index;
struct match_cache;

/* Lays out the index of a finished base, in `arena`. NULL when memory is out. */
struct index *index_build(const struct rule_base *base, struct arena *arena);

/* Appends an index to an empty buffer, as bytes that can be used where they lie; nothing on a machine that is not little-endian. A failure
 * stays in the buffer. */
void index_write(const struct index *index, const struct fact_catalog *catalog, struct buffer *out);
/* The index of a base whose signals are numbered, from bytes as from an enemy, aligned to 8, which must outlive it: every offset, run and
 * slot is checked in one pass, so that finding stays inside and ends. 0, STATUS_DB_DAMAGED or STATUS_MEMORY; *index stays NULL, with 0,
 * where the bytes are for another catalogue or another machine, and the index is to be built. */
int index_read(const struct rule_base *base, const unsigned char *bytes, size_t length, struct arena *arena, struct index **index);

/* The same for one look: only what finding begins with is checked, and every step when it is made, so that the cost does not grow with the
 * rules. What is not sound finds nothing; that no damage does, but only malice, is the caller's care (a checksum). */
int index_glance(const struct rule_base *base, const unsigned char *bytes, size_t length, struct arena *arena, struct index **index);

/* See rule_base_asked and rule_base_paths. */
const uint32_t *index_asked(const struct index *index);
const char *const *index_paths(const struct index *index, struct arena *arena, size_t *count);

enum { INDEX_POSSIBLE = 1, INDEX_SURE };

/* A set of signals, by rule_signal.number: items[0..count), each once. */
struct index_found {
  uint32_t *items;
  size_t count;
  unsigned char *how; /* by number: INDEX_SURE where the signal is true for certain, INDEX_POSSIBLE for the other items, else 0 */
  uint64_t *seen;     /* by text of the index: the value in which it was found last */
  uint64_t value;     /* the number of the value that is looked at */
};

/* Room for what a base can give, nothing found. 0, or -1 when memory is out. */
int index_found_new(const struct rule_base *base, struct index_found *found);
void index_found_free(struct index_found *found);
/* Forgets what was found, for the next facts. */
void index_found_clear(struct index_found *found);

/* Adds the signals that the facts could decide. Facts whose forge cost is `ignore_forge` or below are left out. A pattern whose literal
 * stands in a value is tried on that value. */
void index_find(const struct rule_base *base, const struct fact_set *facts, int ignore_forge, struct match_cache *cache, struct index_found *found);

#endif
