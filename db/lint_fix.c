/* What lint may change by itself: patterns that are only a text, and the canonical form. Knows the places of one file's nodes; a
 * new text is read again before it is written. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "../collectors/os.h"
#include "fmt.h"
#include "lint_checks.h"
#include "lint_pattern.h"

struct fix {
  const struct rules_thing *thing;
  struct buffer old, out;
  size_t copied; /* bytes of old that are in out, or left out of it */
  struct buffer changes;
};

/* Offset of a place in a text; columns count characters. */
static size_t offset_of(const struct buffer *text, size_t line, size_t column) {
  size_t at = 0;
  for (; line > 1 && at < text->length; at++) line -= text->text[at] == '\n';
  for (; column > 1 && at < text->length; column--) {
    at++;
    while (at < text->length && ((unsigned char)text->text[at] & 0xc0) == 0x80) at++;
  }
  return at;
}

/* A text as YAML: bare where it cannot be taken for anything else, in single quotes otherwise. */
static void put_scalar(struct buffer *out, const char *text) {
  static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
  bool bare = strchr("-./0123456789", text[0]) == NULL && text[strspn(text, safe)] == 0;
  if (bare || (text[0] == '/' && text[strspn(text, safe)] == 0)) {
    buffer_add(out, text);
    return;
  }
  buffer_add(out, "'");
  for (; *text; text++) {
    if (*text == '\'') buffer_add(out, "'");
    buffer_append(out, text, 1);
  }
  buffer_add(out, "'");
}

/* The matcher that says the same as this one, its text left in `text`; -1 where it must stay. */
static int plainer(const struct yaml_node *value, char *text, size_t size) {
  if (strcmp(value->key->text, "regex") == 0) return pattern_literal(value->text, text, size);
  if (strcmp(value->key->text, "glob") != 0 || pattern_has_wildcard(value->text) || value->length >= size) return -1;
  snprintf(text, size, "%s", value->text);
  return MATCH_EQUALS;
}

static void replace(struct fix *fix, const struct yaml_node *value, int matcher, const char *text) {
  size_t start = offset_of(&fix->old, value->key->line, value->key->column), end = offset_of(&fix->old, value->end_line, value->end_column);
  if (start < fix->copied || end < start) return;
  buffer_append(&fix->out, fix->old.text + fix->copied, start - fix->copied);
  buffer_format(&fix->out, "%s: ", matcher_names[matcher]);
  put_scalar(&fix->out, text);
  fix->copied = end;
  buffer_format(&fix->changes, "%s:%u: %s: %.80s is now %s: %.80s\n", fix->thing->file, value->line, value->key->text, value->text,
                matcher_names[matcher], text);
}

/* Recursion: the tree is limited in depth. Nodes come in the order of the text. */
static void replace_below(struct fix *fix, const struct yaml_node *node) {
  char text[256];
  for (const struct yaml_node *item = node->first; item; item = item->next) {
    bool one_line = node->kind == YAML_MAP && item->kind == YAML_TEXT && item->key->line == item->end_line;
    int matcher = one_line ? plainer(item, text, sizeof text) : -1;
    if (matcher >= 0 && !yaml_member(node, matcher_names[matcher]))
      replace(fix, item, matcher, text);
    else if (item->kind != YAML_TEXT)
      replace_below(fix, item);
  }
}

static void replace_patterns(struct fix *fix) {
  for (size_t i = 0; i < fix->thing->signal_count; i++) {
    const struct rules_signal *signal = &fix->thing->signals[i];
    const struct yaml_node *when = signal->when && !signal->reference ? yaml_member(signal->node, "when") : NULL;
    if (when) replace_below(fix, when);
  }
  buffer_append(&fix->out, fix->old.text + fix->copied, fix->old.length - fix->copied);
}

/* The canonical form of the new text where it has one; the text itself otherwise. */
static int write_text(struct fix *fix, struct diag_list *diags) {
  const char *file = fix->thing->file;
  struct buffer canonical = {0};
  int code = db_fmt_text(fix->out.text, fix->out.length, file, &canonical, NULL);
  const struct buffer *text = code == 0 ? &canonical : &fix->out;
  bool moved = text->length != fix->out.length || memcmp(text->text, fix->out.text, text->length) != 0;
  bool changed = text->length != fix->old.length || memcmp(text->text, fix->old.text, text->length) != 0;
  bool sound = code == 0 || code == STATUS_RULE_FORMAT;
  if (moved) buffer_format(&fix->changes, "%s: now in canonical form\n", file);
  int error = sound && changed ? os_write_file(file, text->text, text->length) : 0;
  buffer_free(&canonical);
  if (code == STATUS_MEMORY) return code;
  return error ? diag_format(diags, STATUS_IO, file, 0, 0, "%s", strerror(error)) : 0;
}

int lint_fix_file(const struct rules_thing *thing, struct buffer *told, struct diag_list *diags) {
  assert(thing && told && diags);
  struct fix fix = {.thing = thing};
  int error = os_read_file(thing->file, YAML_FILE_BYTES, &fix.old), code = 0;
  if (error) code = diag_format(diags, STATUS_IO, thing->file, 0, 0, "%s", strerror(error));
  if (!code && fix.old.length) replace_patterns(&fix);
  if (!code && fix.out.failed) code = STATUS_MEMORY;
  if (!code && fix.out.length) code = write_text(&fix, diags);
  if (!code && fix.changes.length) buffer_append(told, fix.changes.text, fix.changes.length);
  buffer_free(&fix.old);
  buffer_free(&fix.out);
  buffer_free(&fix.changes);
  return code;
}
