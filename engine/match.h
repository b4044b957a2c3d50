/* Matchers: one test of one scalar value. Knows the operands' syntax and PCRE2; must not know facts, reports or lists.
 *
 * Operands, as rules write them:
 *   equals   the text, integer, real or true/false, by the value's type
 *   regex    PCRE2, UTF, matched anywhere
 *   prefix suffix contains   text
 *   glob     shell pattern for the whole text; * also matches /
 *   range    A..B, A.., ..B, or comparisons (>=A <B), numbers with an optional unit (B KiB MiB GiB TiB kB MB GB TB)
 *   version  comparisons of dotted versions, separated by blanks: >=6.1 <6.2
 *   cidr     one or more ADDRESS/BITS, separated by blanks
 *   mac      leading bytes: 02:fc
 *   count    a number, or as range without units */
#ifndef HP_MATCH_H
#define HP_MATCH_H

#include "rule.h"
#include "truth.h"

/* Limits of one regex match; hitting one gives unreadable. */
#define MATCH_STEPS 100000
#define MATCH_DEPTH 1000
#define MATCH_HEAP_KIB 1024

/* 0 where `operand` is well formed for `matcher` on a scalar of this type (FACT_TEXT, FACT_INTEGER, FACT_REAL,
 * FACT_BOOLEAN; the element's type for lists) and unit (or NULL); else -1 with a sentence in `why`. A matcher that makes
 * no sense for the type is refused too. MATCH_COUNT takes any type. */
int match_check(enum matcher matcher, enum fact_type type, const char *unit, const char *operand, char *why, size_t why_size);

/* Compiled operands, made on first use; one for each thread. Owned: match_cache_free. */
struct match_cache;
struct match_cache *match_cache_new(size_t test_count);
void match_cache_free(struct match_cache *cache);

/* True, false, or unreadable (a hidden value, a regex limit hit, memory out) for a test of one scalar. Never called with
 * MATCH_PRESENT, MATCH_ABSENT, MATCH_COUNT or MATCH_SAME. */
enum truth match_value(struct match_cache *cache, const struct rule_node *test, const char *unit, const struct value *value);

/* A count of elements against the operand: true or false; for a list that may hold more, unknown where that matters. */
enum truth match_count(const char *operand, size_t count, bool partial);

/* A number that an operand of range, count or equals accepts, in `unit`. 0, or -1 where the operand is no range. */
int match_number(const char *operand, const char *unit, double *number);

/* The closed interval that holds every number, in `unit`, which an operand of range or equals accepts. 0, 1 where the operand
 * leaves out an end of it, or -1 where it is no range. */
int match_bounds(const char *operand, const char *unit, double *low, double *high);

/* The first group (or the whole match) of `regex` in `text`, copied; NULL without one. For extracts. */
char *match_extract(struct arena *arena, const char *regex, const char *text, size_t length);

#endif
