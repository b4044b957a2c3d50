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

/* Lays out the index of a finished base, in `arena`. NULL when memory is out. */
struct index *index_build(const struct rule_base *base, struct arena *arena);

enum { INDEX_POSSIBLE = 1, INDEX_SURE };

/* A set of signals, by rule_signal.number: items[0..count), each once. */
struct index_found {
  uint32_t *items;
  size_t count;
  unsigned char *how; /* by number: INDEX_SURE where the signal is true for certain, INDEX_POSSIBLE for the other items, else 0 */
};

/* Adds the signals that the facts could decide. Facts whose forge cost is `ignore_forge` or below are left out. `found` has room for
 * every signal of the base. */
void index_find(const struct index *index, const struct fact_set *facts, int ignore_forge, struct index_found *found);

#endif
