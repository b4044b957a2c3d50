/* See words.h. */
#include "words.h"

#include <assert.h>
#include <string.h>

static void blank(char *at, const char *marks) {
  while ((at = strpbrk(at, marks))) *at++ = ' ';
}

/* A text with a blank in place of every one of `marks`, and a blank behind it. */
static void put_split(struct buffer *out, const char *text, const char *marks) {
  size_t start = out->length;
  buffer_add(out, text);
  buffer_append(out, " ", 1);
  if (!out->failed) blank(out->text + start, marks);
}

/* A reason without the dots that end its sentences; those within a word stay. */
static void put_reason(struct buffer *out, const char *why) {
  size_t start = out->length;
  put_split(out, why, "");
  if (out->failed) return;
  for (char *at = out->text + start; (at = strstr(at, ". ")); at += 2) *at = ' ';
  blank(out->text + start, "-");
}

void words_of_thing(const struct rules_thing *thing, const struct rules_signal *signal, struct buffer *out) {
  assert(thing && signal && out);
  buffer_clear(out);
  const char *const words[] = {thing->name, thing->layer, thing->id, signal->id};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) put_split(out, words[i], "");
  put_split(out, thing->id, "-");
  put_split(out, signal->id, "-");
}

void words_of_signal(const struct rules_signal *signal, struct buffer *out) {
  assert(signal && out);
  buffer_clear(out);
  put_split(out, signal->text, "");
  put_split(out, signal->text, ".");
  put_split(out, signal->text, "._/-");
  put_reason(out, signal->why);
}
