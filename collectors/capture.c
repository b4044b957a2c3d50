/* Captured machines: a folder with root/, environ, dmesg.txt, commands/ and capture.yaml. Knows that layout and the three
 * keys of capture.yaml; reads nothing outside the folder and nothing of this machine. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "context.h"

#define YAML_DEPTH 3 /* a mapping, one list in it, its items */
#define YAML_EVENTS 4096

static const char *const keys[] = {"complete", "observed_at", "partial"};

/* What capture.yaml says. */
struct about {
  const char *observed_at;
  bool complete;
  const char **partial;
  size_t partial_count, partial_capacity;
};

/* Reading capture.yaml: which key the next value belongs to, and where diagnostics point. */
struct reader {
  struct collect *c;
  struct about *about;
  struct diag_list *diags;
  const char *file;
  const char *key;
  unsigned seen; /* one bit for each of keys */
  unsigned depth;
  bool in_list;
};

#define COMPLAIN(...) diag_format(reader->diags, STATUS_CAPTURE, reader->file, event->start_mark.line + 1, event->start_mark.column + 1, __VA_ARGS__)

static int read_key(struct reader *reader, const yaml_event_t *event, const char *text) {
  for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
    if (strcmp(text, keys[i]) != 0) continue;
    if (reader->seen & 1u << i) return COMPLAIN("the key %s stands twice", text);
    reader->seen |= 1u << i;
    reader->key = keys[i];
    return 0;
  }
  const char *near = status_nearest(text, keys, sizeof keys / sizeof *keys);
  if (near) return COMPLAIN("an unknown key: %s; did you mean %s?", text, near);
  return COMPLAIN("an unknown key: %s; there are complete, observed_at and partial", text);
}

static bool is_date(const char *text) {
  static const char form[] = "dddd-dd-dd", longer[] = "dddd-dd-ddTdd:dd:ddZ";
  const char *want = strlen(text) == sizeof form - 1 ? form : longer;
  size_t length = strlen(want);
  if (strlen(text) != length) return false;
  for (size_t i = 0; i < length; i++)
    if (want[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != want[i]) return false;
  return true;
}

static int read_name(struct reader *reader, const yaml_event_t *event, const char *text) {
  const struct fact_catalog *facts = reader->c->facts->catalog;
  struct about *about = reader->about;
  size_t length = strlen(text);
  if (fact_find(facts, text, length) == FACT_NONE && !fact_is_domain(facts, text, length)) return COMPLAIN("%s is neither a fact nor a domain", text);
  if (mem_grow(&about->partial, &about->partial_capacity, about->partial_count + 1, sizeof *about->partial)) return STATUS_MEMORY;
  about->partial[about->partial_count] = arena_text(reader->c->arena, text, length);
  return about->partial[about->partial_count++] ? 0 : STATUS_MEMORY;
}

static int read_value(struct reader *reader, const yaml_event_t *event, const char *text) {
  const char *key = reader->key;
  reader->key = NULL;
  if (strcmp(key, "partial") == 0) return COMPLAIN("partial is a list of facts, found %s", text);
  if (strcmp(key, "complete") == 0) {
    reader->about->complete = strcmp(text, "true") == 0;
    return reader->about->complete || strcmp(text, "false") == 0 ? 0 : COMPLAIN("complete is true or false, found %s", text);
  }
  if (!is_date(text)) return COMPLAIN("observed_at is a date or a time such as 2026-03-24T00:00:00Z, found %s", text);
  reader->about->observed_at = arena_format(reader->c->arena, "%s%s", text, strlen(text) == 10 ? "T00:00:00Z" : "");
  return reader->about->observed_at ? 0 : STATUS_MEMORY;
}

static int read_scalar(struct reader *reader, const yaml_event_t *event) {
  const char *text = (const char *)event->data.scalar.value;
  if (strlen(text) != event->data.scalar.length) return COMPLAIN("a NUL byte in a text");
  if (event->data.scalar.anchor || event->data.scalar.tag) return COMPLAIN("no anchors or tags here: %s", text);
  if (reader->in_list) return read_name(reader, event, text);
  if (!reader->depth) return *text ? COMPLAIN("a mapping was expected, found %s", text) : 0;
  return reader->key ? read_value(reader, event, text) : read_key(reader, event, text);
}

static int read_start(struct reader *reader, const yaml_event_t *event) {
  bool mapping = event->type == YAML_MAPPING_START_EVENT;
  if (++reader->depth > YAML_DEPTH) return COMPLAIN("nested too deeply");
  if (mapping && reader->depth == 1) return 0;
  if (mapping || reader->depth != 2 || !reader->key || strcmp(reader->key, "partial") != 0)
    return COMPLAIN("%s was not expected here", mapping ? "a mapping" : "a list");
  reader->in_list = true;
  return 0;
}

static int read_event(struct reader *reader, const yaml_event_t *event) {
  switch (event->type) {
  case YAML_SCALAR_EVENT: return read_scalar(reader, event);
  case YAML_MAPPING_START_EVENT:
  case YAML_SEQUENCE_START_EVENT: return read_start(reader, event);
  case YAML_SEQUENCE_END_EVENT:
    reader->in_list = false;
    reader->key = NULL;
    reader->depth--;
    return 0;
  case YAML_MAPPING_END_EVENT: reader->depth--; return 0;
  case YAML_ALIAS_EVENT: return COMPLAIN("no aliases here");
  default: return 0;
  }
}

static int parse_about(struct reader *reader, struct slice text) {
  yaml_parser_t parser;
  int status = 0;
  bool more = true;
  if (!yaml_parser_initialize(&parser)) return STATUS_MEMORY;
  yaml_parser_set_input_string(&parser, (const unsigned char *)text.text, text.length);
  for (size_t i = 0; more && !status; i++) {
    yaml_event_t event;
    if (i >= YAML_EVENTS || !yaml_parser_parse(&parser, &event)) {
      status = diag_format(reader->diags, STATUS_CAPTURE, reader->file, parser.problem_mark.line + 1, parser.problem_mark.column + 1, "not YAML: %s",
                           parser.problem ? parser.problem : "too many parts");
      break;
    }
    more = event.type != YAML_STREAM_END_EVENT && event.type != YAML_NO_EVENT;
    status = read_event(reader, &event);
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  return status;
}

static void mark_fact(const struct fact_def *def, struct fact *fact) {
  bool list = def->type == FACT_TEXTS || def->type == FACT_RECORDS || def->type == FACT_MAP;
  if (list && fact->state == FACT_PRESENT) fact->partial = true;
  if (fact->state == FACT_ABSENT) fact->state = FACT_UNKNOWN;
}

/* What is named partial proves no absence: its lists are partial, what was not seen is not known. */
static void mark_named(struct fact_set *facts, const struct about *about) {
  for (size_t i = 0; i < about->partial_count; i++) {
    size_t length = strlen(about->partial[i]);
    for (size_t k = 0; k < facts->catalog->count; k++) {
      const char *path = facts->catalog->defs[k].path;
      if (strncmp(path, about->partial[i], length) == 0 && (!path[length] || path[length] == '.'))
        mark_fact(&facts->catalog->defs[k], &facts->facts[k]);
    }
  }
}

/* A file of the folder: 0, ENOENT, or another errno value. */
static int take_part(struct collect *c, struct os_root *folder, const char *name, size_t limit, struct slice *out, bool *given) {
  struct buffer text = {0};
  bool truncated = false;
  int error = os_root_read(folder, name, limit, &text, &truncated);
  if (!error && truncated) error = EFBIG;
  char *copy = error ? NULL : arena_text(c->arena, text.text, text.length);
  *given = copy != NULL;
  *out = (struct slice){copy ? copy : "", copy ? text.length : 0};
  buffer_free(&text);
  return error ? error : copy ? 0 : ENOMEM;
}

static int cannot_read(struct diag_list *diags, const char *dir, const char *name, int error) {
  return diag_format(diags, STATUS_CAPTURE, dir, 0, 0, "%s cannot be read: %s", name, error == EFBIG ? "larger than the limit" : strerror(error));
}

static int open_folder(struct os_root *folder, const char *name, struct os_root **out, int *error) {
  *out = os_root_enter(folder, name);
  *error = *out ? 0 : errno;
  return *error == ENOENT ? 0 : *error;
}

/* Opens and reads the parts that are there; at least one must be. */
static int open_parts(struct collect *c, struct os_root *folder, const char *dir, struct slice *about, bool *has_about, struct diag_list *diags) {
  int missing;
  if (open_folder(folder, "/root", &c->root, &missing)) return cannot_read(diags, dir, "root", missing);
  if (open_folder(folder, "/commands", &c->commands, &missing)) return cannot_read(diags, dir, "commands", missing);
  struct {
    const char *name;
    size_t limit;
    struct slice *out;
    bool *given;
  } files[] = {{"/environ", COLLECT_FILE_BYTES, &c->environ, &c->environ_given},
               {"/dmesg.txt", COLLECT_LOG_BYTES, &c->dmesg, &c->dmesg_given},
               {"/capture.yaml", COLLECT_CAPTURE_YAML_BYTES, about, has_about}};
  bool any = c->root || c->commands;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    int error = take_part(c, folder, files[i].name, files[i].limit, files[i].out, files[i].given);
    if (error == ENOMEM) return STATUS_MEMORY;
    if (error && error != ENOENT) return cannot_read(diags, dir, files[i].name + 1, error);
    any = any || *files[i].given;
  }
  return any ? 0 : diag_format(diags, STATUS_CAPTURE, dir, 0, 0, "none of root/, commands/, environ, dmesg.txt and capture.yaml is there");
}

static const char *folder_name(struct collect *c, const char *dir) {
  struct slice name = slice_of(dir);
  while (name.length > 1 && name.text[name.length - 1] == '/') name.length--;
  name = slice_after_last(name, '/');
  bool plain = name.length && !slice_is(name, ".") && !slice_is(name, "..");
  return plain ? collect_make_text(c, name, 255).text : "capture";
}

static int read_capture(struct collect *c, struct os_root *folder, const char *dir, struct about *about, struct diag_list *diags) {
  struct slice text = {"", 0};
  bool has_about = false;
  int status = open_parts(c, folder, dir, &text, &has_about, diags);
  if (status) return status;
  const char *file = collect_format(c, "%s/capture.yaml", dir);
  struct reader reader = {.c = c, .about = about, .diags = diags, .file = file};
  if (has_about) status = file ? parse_about(&reader, text) : STATUS_MEMORY;
  c->complete = about->complete;
  if (!status) status = collect_run(c);
  if (!status) mark_named(c->facts, about);
  return status;
}

int collect_capture(const char *dir, const char *const *paths, size_t path_count, const struct fact_catalog *catalog, struct report **report,
                    struct diag_list *diags) {
  assert(dir && catalog && report && diags);
  struct collect_options options = {.paths = paths, .path_count = path_count};
  struct about about = {0};
  *report = NULL;
  struct os_root *folder = os_root_open(dir);
  if (!folder) return cannot_read(diags, dir, "the folder", errno);
  struct report *made = report_new(catalog);
  int status = made ? 0 : STATUS_MEMORY;
  struct collect c = {.options = &options, .facts = made ? made->facts : NULL, .arena = made ? made->facts->arena : NULL};
  if (!status) status = read_capture(&c, folder, dir, &about, diags);
  if (!status) {
    made->id = folder_name(&c, dir);
    made->observed_at = about.observed_at;
    made->method = "capture";
    *report = made;
  } else {
    report_free(made);
  }
  os_root_close(c.commands);
  os_root_close(c.root);
  os_root_close(folder);
  mem_free(about.partial);
  return status;
}
