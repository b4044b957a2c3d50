/* How the arrays of an index stand. Between index.c and index_build.c only. */
#ifndef HP_INDEX_LAYOUT_H
#define HP_INDEX_LAYOUT_H

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index.h"

/* Of a posting: what was found makes the signal true for certain. The bits of INDEX_SIGNAL are the signal's number. */
#define INDEX_SURELY 0x80000000u
/* What was found is a literal of the test whose number follows in the postings: the value is tried with it. Then what is true makes the
 * signal true for certain where INDEX_SURELY is set too. */
#define INDEX_TRY 0x40000000u
#define INDEX_SIGNAL 0x3fffffffu

/* Words postings[first..first+count). */
struct index_run {
  uint32_t first, count;
};

enum column_kind {
  COLUMN_WHOLE,  /* the fact: its value, or each element of its list or map */
  COLUMN_VALUE,  /* under a has: each value of a map */
  COLUMN_NAME,   /* under a has: each name of a map */
  COLUMN_FIELD,  /* under a has: a field of each record */
  COLUMN_MEMBER, /* a member of a map */
};

struct index_column {
  uint32_t fact, kind, name; /* name: offset into bytes, of members and fields */
  struct index_run always;   /* found as soon as there is any value */
  struct index_run every;    /* all signals of the column: for values that are hidden, yes or no, or missing in an element */
  uint32_t unused;
  uint64_t exact_lengths;                  /* bit length % 64: some constant is so long */
  uint32_t exact_slot;                     /* slots[exact_slot..]: a hash table of texts + 1; 0 is empty */
  uint32_t exact_slots;                    /* a power of two; 0: no constants */
  uint32_t has_prefixes;                   /* */
  uint32_t prefix_slot;                    /* slots[prefix_slot..+257): texts from where each first byte begins; sorted */
  uint32_t gram_width;                     /* bytes, 2 to 4 */
  uint32_t gram_stride;                    /* places from one look to the next */
  uint32_t gram_slot;                      /* grams[gram_slot..]: a hash table by gram */
  uint32_t gram_slots;                     /* a power of two; 0: no literals */
  uint32_t filter_slot;                    /* slots[filter_slot..]: a bit for every gram */
  uint32_t filter_bits;                    /* a power of two, 32 or more */
  uint32_t interval_first, interval_count; /* sorted by low */
};

struct index_fact {
  uint32_t column_first, column_count; /* without the members */
  uint64_t member_lengths;             /* bit length % 64: some member is called so */
};

struct index_text {
  uint32_t text, length; /* bytes[text..] */
  struct index_run run;
};

struct index_gram {
  uint32_t gram;
  uint32_t text;   /* texts + 1; 0 is empty */
  uint32_t offset; /* of the gram in the text */
};

struct index_interval {
  double low, high, highest; /* highest: of the highs up to here */
  struct index_run run;
};

struct index {
  const struct index_fact *facts; /* by number in the catalogue */
  const struct index_column *columns;
  const struct index_text *texts;
  const struct index_gram *grams;
  const struct index_interval *intervals;
  const uint32_t *slots;
  const uint32_t *postings;
  const uint32_t *asked; /* by number in the catalogue: see rule_base_asked */
  const uint32_t *paths; /* bytes: every path that is asked for, sorted */
  const char *bytes;
  uint32_t fact_count, column_count, text_count, gram_count, interval_count, slot_count, posting_count, path_count, byte_count;
  uint32_t member_slot, member_slots; /* slots: a hash table of the members' columns + 1 */
};

/* Stored as they stand in memory: nothing between the members that is not written. */
static_assert(sizeof(struct index_fact) == 16 && sizeof(struct index_column) == 88 && sizeof(struct index_text) == 16, "padding");
static_assert(sizeof(struct index_gram) == 12 && sizeof(struct index_interval) == 32, "padding");

/* 64 bits of a text, the same on every machine: XXH3, inline for the few bytes of a name or a value. */
static inline uint64_t index_hash(const char *text, size_t length) { return XXH3_64bits(text, length); }

static inline uint32_t index_gram_at(const char *text, uint32_t width) {
  uint32_t gram = 0;
  if (width == 4)
    memcpy(&gram, text, 4);
  else
    memcpy(&gram, text, width);
  return le32toh(gram);
}

static inline uint32_t index_gram_hash(uint32_t gram) {
  gram *= 0x9E3779B1u;
  return gram ^ gram >> 15;
}

#endif
