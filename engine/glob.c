/* See glob.h. */
#include "glob.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

static const char *add_literal(struct buffer *out, const char *at) {
  if (ispunct((unsigned char)*at)) buffer_add(out, "\\");
  buffer_append(out, at, 1);
  return at + 1;
}

/* The bracket that ends the class beginning at `at`, or NULL: then its first bracket is one like any other. */
static const char *class_end(const char *at) {
  at += at[1] == '!' ? 2 : 1;
  if (*at == ']') at++;
  while (*at && *at != ']') at += *at == '\\' && at[1] ? 2 : 1;
  return *at ? at : NULL;
}

static const char *add_class(struct buffer *out, const char *at, const char *end) {
  buffer_add(out, at[1] == '!' ? "[^" : "[");
  at += at[1] == '!' ? 2 : 1;
  while (at < end) {
    if (*at == '-')
      buffer_append(out, at++, 1);
    else
      at = add_literal(out, *at == '\\' && at + 1 < end ? at + 1 : at);
  }
  buffer_add(out, "]");
  return end + 1;
}

static const char *add_one(struct buffer *out, const char *at) {
  const char *end = *at == '[' ? class_end(at) : NULL;
  if (end) return add_class(out, at, end);
  if (*at == '?') {
    buffer_add(out, ".");
    return at + 1;
  }
  return add_literal(out, *at == '\\' && at[1] ? at + 1 : at);
}

int glob_convert(const char *glob, struct buffer *out) {
  assert(glob && out);
  size_t last = 0; /* where the group of the last * begins; 0: none yet */
  buffer_add(out, "(?:");
  while (*glob) {
    if (*glob != '*') {
      glob = add_one(out, glob);
      continue;
    }
    buffer_add(out, ")");
    last = out->length;
    buffer_add(out, "(?>.*?");
    glob += strspn(glob, "*");
  }
  buffer_add(out, ")");
  if (last && !out->failed) out->text[last + 2] = ':'; /* only the last one may have to look further on */
  return out->failed ? -1 : 0;
}
