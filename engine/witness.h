/* Made-up values: for a test, values that satisfy it, as somebody would choose them who wants to look like a thing.
 *
 * Knows the operands of matchers and a plain part of regular expressions; every value that it gives was put to the test. Must
 * not know what it is for. Where it gives none, the operand may still be one that can be satisfied. */
#ifndef HP_WITNESS_H
#define HP_WITNESS_H

#include "match.h"

#define WITNESS_VALUES 6 /* given for one test at most */

struct witness {
  struct match_cache *cache;
  struct arena *arena; /* for the values */
};

/* Values of this type (FACT_TEXT, FACT_INTEGER, FACT_REAL, FACT_BOOLEAN) that satisfy a test of one value other than absent and
 * count. `now` is what stands there, or NULL: values that keep it come first. Returns how many, 0 also when memory is out. */
size_t witness_values(const struct witness *witness, const struct rule_node *test, enum fact_type type, const char *unit, const struct value *now,
                      struct value values[WITNESS_VALUES]);

/* True where a value passes the test. */
bool witness_holds(const struct witness *witness, const struct rule_node *test, const char *unit, const struct value *value);

/* A text that matches a regular expression built of literals, classes, groups, alternatives and counts; there are
 * WITNESS_CHOICES ways of choosing among what it leaves open. Not tested: look-arounds are passed over. -1 where it is beyond. */
#define WITNESS_CHOICES 12
int witness_regex(const char *pattern, int choice, struct buffer *out);

#endif
