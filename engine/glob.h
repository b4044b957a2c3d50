/* Shell patterns as PCRE2 patterns. Knows their syntax and nothing else.
 *
 * Not pcre2_pattern_convert: up to 10.48 it takes [!a], where * matches a slash too, for [^sa] (PCRE2 pull request 963). */
#ifndef HP_GLOB_H
#define HP_GLOB_H

#include "mem.h"

/* Appends to `out` what matches the same texts as `glob`, when it is compiled to match whole texts and . to match a newline.
 * * is any text, ? one character, [a-c] one of these, [!a-c] none of these, a backslash takes the next character as it is. Takes
 * the first place that fits for every * but the last, so that it needs no more steps than the text has characters for each. 0, or
 * -1 when memory is out. */
int glob_convert(const char *glob, struct buffer *out);

#endif
