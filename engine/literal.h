/* Required literals: texts of which every match of a pattern must hold at least one. They decide whether a pattern is worth trying.
 *
 * Knows the syntax of PCRE2 patterns and of globs; must not know rules. What it does not understand it gives up on: a pattern without
 * literals is always tried. */
#ifndef HP_LITERAL_H
#define HP_LITERAL_H

#include <stddef.h>

#include "mem.h"

#define LITERALS_MOST 16   /* of one pattern: more alternatives than these are not worth it */
#define LITERAL_SHORTEST 2 /* bytes: what is shorter stands nearly everywhere */

struct literals {
  const char *items[LITERALS_MOST]; /* NUL-terminated, in the arena they were asked for with */
  size_t count;                     /* 0: none is known */
};

/* Each gives 0, or -1 when memory is out. */
int literals_of_regex(const char *pattern, struct arena *arena, struct literals *out);
int literals_of_glob(const char *pattern, struct arena *arena, struct literals *out);

#endif
