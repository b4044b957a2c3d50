/* Looks at the operands of conditions: what a pattern holds, and what in a text drifts. Knows patterns; must not know rules. */
#ifndef HP_DB_LINT_PATTERN_H
#define HP_DB_LINT_PATTERN_H

#include "operand.h"

/* Length of the longest run of characters that a regular expression fixes; a class repeated {n} times counts as n. */
size_t pattern_fixed(const char *regex);
bool pattern_is_anchored(const char *regex); /* at either end */
bool pattern_has_group(const char *regex);
/* The matcher that says the same where a regular expression is only a text, left in `text` without its escapes; else -1. */
int pattern_literal(const char *regex, char *text, size_t size);
bool pattern_has_wildcard(const char *glob);
/* True for a plain text with the marks of a regular expression or a glob in it. */
bool pattern_is_meant(const char *text);

/* What drifts in a text, in words ("an IP address"), or NULL. The loopback is left out: it is the same everywhere. */
const char *pattern_drift_ip(const char *text);
const char *pattern_drift_uuid(const char *text);
const char *pattern_drift_release(const char *text);
const char *pattern_drift_date(const char *text);

/* True where a matcher with this operand holds for whatever value of the subject is there. */
bool pattern_takes_all(struct operand_subject subject, enum matcher matcher, const char *operand);
/* False only where a value equal to `literal` can never satisfy the matcher. */
bool pattern_allows(struct operand_subject subject, enum matcher matcher, const char *operand, const char *literal);

/* True for two different words that one added, missing, changed or swapped character keeps apart. */
bool pattern_one_edit(const char *a, const char *b);

#endif
