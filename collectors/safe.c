/* Arguments and variables without secrets in them. Knows how secrets stand on command lines; which names are secret is
 * for reports/ to say. */
#include <string.h>

#include "context.h"

#define NAME_BYTES 256

static bool is_secret(struct slice name) {
  char copy[NAME_BYTES];
  while (slice_cut(&name, "-")) continue;
  if (!name.length || name.length >= sizeof copy || memchr(name.text, 0, name.length)) return false;
  memcpy(copy, name.text, name.length);
  copy[name.length] = 0;
  for (char *at = copy; *at; at++)
    if (*at == '-' || *at == '.') *at = '_';
  return report_is_secret_name(copy);
}

static struct slice joined(struct collect *c, struct slice before, const char *after) {
  char *text = collect_format(c, "%.*s%s", (int)before.length, before.text, after);
  if (!text) c->failed = true;
  return text ? slice_of(text) : (struct slice){"", 0};
}

/* The password of "scheme://user:password@host", wherever it stands. */
static struct slice without_password(struct collect *c, struct slice argument) {
  size_t start = slice_find(argument, ":"); /* most words have none */
  if (start < argument.length) start += slice_find(slice_from(argument, start), "://");
  if (start == argument.length) return argument;
  struct slice rest = slice_from(argument, start + 3);
  const char *at = rest.length ? memchr(rest.text, '@', rest.length) : NULL;
  const char *colon = rest.length ? memchr(rest.text, ':', rest.length) : NULL;
  if (!at || !colon || colon > at) return argument;
  char *text = collect_format(c, "%.*s:%s%.*s", (int)(colon - argument.text), argument.text, VALUE_HIDDEN,
                              (int)(argument.length - (size_t)(at - argument.text)), at);
  if (!text) c->failed = true;
  return text ? slice_of(text) : (struct slice){"", 0};
}

/* One word; what follows an option with a secret name, or the word before credentials in a header, is a secret. */
static struct slice safe_word(struct collect *c, struct slice word, bool *hide_next) {
  bool hide = *hide_next && !slice_starts(word, "-");
  struct slice rest = word, name;
  bool has_value = slice_take(&rest, '=', &name) && name.length < word.length;
  *hide_next = (!has_value && slice_starts(word, "-") && is_secret(word)) || slice_is(word, "Bearer") || slice_is(word, "Basic");
  if (hide) return slice_of(VALUE_HIDDEN);
  if (has_value && is_secret(name)) return joined(c, slice_first(word, name.length + 1), VALUE_HIDDEN);
  return without_password(c, word);
}

struct slice collect_safe_argument(struct collect *c, struct slice argument, bool *hide_next) {
  struct buffer text = {0};
  struct slice word;
  argument = slice_first(argument, COLLECT_VALUE_BYTES);
  if (slice_find(argument, " ") == argument.length) return safe_word(c, argument, hide_next);
  if (*hide_next && !slice_starts(argument, "-")) {
    *hide_next = false;
    return slice_of(VALUE_HIDDEN);
  }
  while (slice_take(&argument, ' ', &word)) {
    struct slice safe = word.length ? safe_word(c, word, hide_next) : word;
    buffer_append(&text, safe.text, safe.length);
    if (argument.length) buffer_append(&text, " ", 1);
  }
  *hide_next = false;
  char *copy = arena_text(c->arena, text.text, text.length);
  if (!copy || text.failed) c->failed = true;
  buffer_free(&text);
  return copy ? slice_of(copy) : (struct slice){"", 0};
}

struct slice collect_safe_command(struct collect *c, struct slice arguments, size_t limit) {
  struct buffer text = {0};
  struct slice argument;
  bool hide_next = false;
  arguments.length = slice_first(arguments, COLLECT_FILE_BYTES).length;
  while (text.length < limit && slice_take(&arguments, 0, &argument)) {
    if (text.length) buffer_append(&text, " ", 1);
    struct slice safe = collect_safe_argument(c, argument, &hide_next);
    buffer_append(&text, safe.text, safe.length);
  }
  char *copy = arena_text(c->arena, text.text, text.length < limit ? text.length : limit);
  if (!copy || text.failed) c->failed = true;
  buffer_free(&text);
  return copy ? slice_of(copy) : (struct slice){"", 0};
}
