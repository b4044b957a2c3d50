/* Pieces of text that somebody else owns, and how collectors cut them. Knows lines, words and numbers; must not know any source. */
#ifndef HP_SLICE_H
#define HP_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
  const char *text; /* may hold NUL */
  size_t length;
};

struct slice slice_of(const char *text);
/* Without blanks, line ends and NULs at both ends. */
struct slice slice_trim(struct slice slice);
/* Takes the next piece up to `mark` off *rest; false when *rest is used up. The mark is in neither. */
bool slice_take(struct slice *rest, char mark, struct slice *piece);
/* The same for lines, without their end. */
bool slice_line(struct slice *rest, struct slice *line);
/* The same for words between blanks or tabs. */
bool slice_word(struct slice *rest, struct slice *word);
/* The n-th word from 0, or an empty slice. */
struct slice slice_nth_word(struct slice line, size_t n);

bool slice_is(struct slice slice, const char *text);
bool slice_starts(struct slice slice, const char *prefix);
/* Cuts `prefix` off the front; false and nothing done when it is not there. */
bool slice_cut(struct slice *slice, const char *prefix);
/* Offset of `text` in the slice, or the slice's length. */
size_t slice_find(struct slice slice, const char *text);
struct slice slice_from(struct slice slice, size_t offset);
struct slice slice_first(struct slice slice, size_t length);
/* What follows the last `mark`; all of it where there is none. */
struct slice slice_after_last(struct slice slice, char mark);
/* What lies between the first `open` and the `close` that ends it, nesting counted; *rest is what follows. False: none. */
bool slice_brackets(struct slice *rest, char open, char close, struct slice *inside);

/* The whole slice as a number of base 10 or 16 (with or without 0x). False: it is none, or too large. */
bool slice_integer(struct slice slice, int base, int64_t *number);
/* Value of a "NAME: value" or "NAME=value" line whose name is `name`, trimmed; the first such line counts. */
bool slice_field(struct slice text, const char *name, char mark, struct slice *value);

#endif
