/* See slice.h. */
#include "slice.h"

#include <assert.h>
#include <string.h>

struct slice slice_of(const char *text) {
  return (struct slice){text, strlen(text)};
}

static bool is_padding(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0; }

struct slice slice_trim(struct slice slice) {
  while (slice.length && is_padding(slice.text[0])) slice = slice_from(slice, 1);
  while (slice.length && is_padding(slice.text[slice.length - 1])) slice.length--;
  return slice;
}

bool slice_take(struct slice *rest, char mark, struct slice *piece) {
  if (!rest->length) return false;
  const char *end = memchr(rest->text, mark, rest->length);
  *piece = slice_first(*rest, end ? (size_t)(end - rest->text) : rest->length);
  *rest = slice_from(*rest, piece->length + (end != NULL));
  return true;
}

bool slice_line(struct slice *rest, struct slice *line) {
  if (!slice_take(rest, '\n', line)) return false;
  if (line->length && line->text[line->length - 1] == '\r') line->length--;
  return true;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool slice_word(struct slice *rest, struct slice *word) {
  while (rest->length && is_blank(rest->text[0])) *rest = slice_from(*rest, 1);
  size_t length = 0;
  while (length < rest->length && !is_blank(rest->text[length])) length++;
  *word = slice_first(*rest, length);
  *rest = slice_from(*rest, length);
  return length > 0;
}

struct slice slice_nth_word(struct slice line, size_t n) {
  struct slice word = {0};
  for (size_t i = 0; i <= n; i++)
    if (!slice_word(&line, &word)) return (struct slice){"", 0};
  return word;
}

bool slice_is(struct slice slice, const char *text) { return slice.length == strlen(text) && memcmp(slice.text, text, slice.length) == 0; }

bool slice_starts(struct slice slice, const char *prefix) {
  size_t length = strlen(prefix);
  return slice.length >= length && memcmp(slice.text, prefix, length) == 0;
}

bool slice_cut(struct slice *slice, const char *prefix) {
  if (!slice_starts(*slice, prefix)) return false;
  *slice = slice_from(*slice, strlen(prefix));
  return true;
}

size_t slice_find(struct slice slice, const char *text) {
  const char *found = NULL;
  if (slice.length && text[0] && !text[1])
    found = memchr(slice.text, text[0], slice.length);
  else if (slice.length)
    found = memmem(slice.text, slice.length, text, strlen(text));
  return found ? (size_t)(found - slice.text) : slice.length;
}

struct slice slice_from(struct slice slice, size_t offset) {
  if (offset >= slice.length) return (struct slice){"", 0};
  return (struct slice){slice.text + offset, slice.length - offset};
}

struct slice slice_first(struct slice slice, size_t length) {
  return (struct slice){slice.length ? slice.text : "", length < slice.length ? length : slice.length};
}

struct slice slice_after_last(struct slice slice, char mark) {
  const char *found = slice.length ? memrchr(slice.text, mark, slice.length) : NULL;
  return found ? slice_from(slice, (size_t)(found - slice.text) + 1) : slice;
}

bool slice_brackets(struct slice *rest, char open, char close, struct slice *inside) {
  const char *start = rest->length ? memchr(rest->text, open, rest->length) : NULL;
  if (!start) return false;
  size_t first = (size_t)(start - rest->text) + 1, depth = 1;
  for (size_t i = first; i < rest->length; i++) {
    if (rest->text[i] == open) depth++;
    if (rest->text[i] == close) depth--;
    if (depth) continue;
    *inside = slice_first(slice_from(*rest, first), i - first);
    *rest = slice_from(*rest, i + 1);
    return true;
  }
  return false;
}

static int digit_of(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

bool slice_integer(struct slice slice, int base, int64_t *number) {
  assert(base == 10 || base == 16);
  bool negative = base == 10 && slice_cut(&slice, "-");
  if (base == 16 && !slice_cut(&slice, "0x")) slice_cut(&slice, "0X");
  int64_t sum = 0;
  if (!slice.length) return false;
  for (size_t i = 0; i < slice.length; i++) {
    int digit = digit_of(slice.text[i]);
    if (digit >= base || sum > (INT64_MAX - digit) / base) return false;
    sum = sum * base + digit;
  }
  *number = negative ? -sum : sum;
  return true;
}

bool slice_field(struct slice text, const char *name, char mark, struct slice *value) {
  struct slice line;
  while (slice_line(&text, &line)) {
    struct slice key;
    size_t whole = line.length;
    if (!slice_take(&line, mark, &key) || key.length == whole || !slice_is(slice_trim(key), name)) continue;
    *value = slice_trim(line);
    return true;
  }
  return false;
}
