/* See import.h. */
#include "import.h"

#include <assert.h>
#include <string.h>

#include "context.h"

static const struct import_source sources[] = {
    {.name = "dmidecode",
     .begins = "# dmidecode ",
     .wanted = "a section BIOS, System, Base Board or Chassis Information, or OEM Strings",
     .hint = "name only saved outputs of dmidecode; as root: dmidecode >FILE",
     .read = collect_dmidecode,
     .instance = {"Serial Number", "UUID", "Service Tag"}},
};

const struct import_source *import_at(size_t number) { return number < sizeof sources / sizeof *sources ? &sources[number] : NULL; }

const struct import_source *import_find(const char *name) {
  assert(name);
  for (size_t i = 0; import_at(i); i++)
    if (strcmp(import_at(i)->name, name) == 0) return import_at(i);
  return NULL;
}

size_t import_first(const struct import_source *source, const char *text, size_t length) {
  assert(source && text);
  struct slice rest = {text, length}, line;
  for (bool begun = false; rest.length;) {
    size_t at = length - rest.length;
    slice_line(&rest, &line);
    bool begins = slice_starts(line, source->begins);
    if (begins && begun) return at;
    begun = begun || begins;
  }
  return length;
}

static bool is_instance(const struct import_source *source, struct slice label) {
  for (size_t i = 0; source->instance[i]; i++)
    if (slice_is(label, source->instance[i])) return true;
  return false;
}

/* Values behind the labels that name one machine. */
static void gather_instances(struct collect *c, const struct import_source *source, struct slice text, struct gather *names) {
  struct slice line, label;
  while (slice_line(&text, &line))
    if (slice_take(&line, ':', &label) && is_instance(source, slice_trim(label))) gather_text(c, names, slice_trim(line));
}

static int hide(struct collect *c, const struct import_source *source, struct slice text, const char *file, struct report *report,
                struct diag_list *diags) {
  struct gather names = {.limit = IMPORT_NAMES};
  gather_instances(c, source, text, &names);
  struct value list = gather_value(c, &names);
  if (names.cut) return diag_format(diags, STATUS_LIMIT, file, 0, 0, "more than %d serial numbers and the like", IMPORT_NAMES);
  return c->failed ? STATUS_MEMORY : report_hide(report, list.items, list.count);
}

static bool is_wide(struct slice text) {
  return text.length >= 2 && (memcmp(text.text, "\xff\xfe", 2) == 0 || memcmp(text.text, "\xfe\xff", 2) == 0);
}

/* What is wrong with a text without a fact; NULL when memory is out. */
static const char *complaint(const struct import_source *source, struct slice text, enum import_found found, struct arena *arena) {
  if (!text.length) return "is empty";
  if (is_wide(text)) return "is UTF-16; expected UTF-8 or ASCII";
  if (found == IMPORT_EMPTY) return arena_format(arena, "holds no fact; expected %s", source->wanted);
  return arena_format(arena, "is no output of %s", source->name);
}

static int refuse(const struct import_source *source, struct slice text, enum import_found found, const char *file, struct diag_list *diags) {
  const char *message = complaint(source, text, found, diags->arena);
  struct diag diag = {.code = STATUS_IMPORT, .file = file, .message = message, .hint = source->hint};
  return message ? diag_add(diags, diag) : STATUS_MEMORY;
}

int import_read(const struct import_source *source, const char *text, size_t length, const char *file, struct report *report,
                struct diag_list *diags) {
  assert(source && text && report && diags);
  struct collect_options options = {0};
  struct collect c = {.options = &options, .facts = report->facts, .arena = report->arena};
  struct slice whole = {text, length};
  enum import_found found = source->read(&c, whole);
  if (c.failed) return STATUS_MEMORY;
  if (found != IMPORT_READ) return refuse(source, whole, found, file, diags);
  collect_mark_partial(&c);
  report->method = "import";
  return hide(&c, source, whole, file, report, diags);
}
