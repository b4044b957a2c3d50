/* See report.h: reading. Knows the report format; must not know how values are written (report_values.c) or what a fact means. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "report_inside.h"

#define KEPT_BYTES ((size_t)4 << 20) /* of memory that a reader keeps from one report for the next */
#define KEPT_LOOSE ((size_t)4096)

/* The members of a report, in the order in which they are looked at; anything else is left aside. */
enum top { TOP_SCHEMA, TOP_ID, TOP_OBSERVED_AT, TOP_ORIGIN, TOP_FACTS, TOP_PARTIAL, TOP_UNREADABLE, TOP_NOT_APPLICABLE, TOPS };
static const char *const top_names[TOPS] = {
    [TOP_SCHEMA] = "schema", [TOP_ID] = "id",           [TOP_OBSERVED_AT] = "observed_at", [TOP_ORIGIN] = "origin",
    [TOP_FACTS] = "facts",   [TOP_PARTIAL] = "partial", [TOP_UNREADABLE] = "unreadable",   [TOP_NOT_APPLICABLE] = "not_applicable",
};

/* Keeps `path`, which is in the report's arena, among what is ignored. */
static int note_ignored(struct report_reader *reader, const char *path) {
  struct report *report = reader->report;
  if (!path) return STATUS_MEMORY;
  if (report->ignored_count == reader->ignored_capacity) {
    size_t capacity = reader->ignored_capacity ? reader->ignored_capacity * 2 : 8;
    const char **grown = arena_take_array(reader->arena, capacity, sizeof *grown);
    if (!grown) return STATUS_MEMORY;
    if (report->ignored_count) memcpy(grown, report->ignored, report->ignored_count * sizeof *grown);
    report->ignored = grown;
    reader->ignored_capacity = capacity;
  }
  report->ignored[report->ignored_count++] = path;
  return 0;
}

static int ignore_path(struct report_reader *reader, const char *path, size_t length) {
  return note_ignored(reader, arena_text(reader->arena, path, length));
}

static int read_fact(struct report_reader *reader, size_t index, const struct json *key, const struct json *json) {
  struct fact *fact = &reader->facts[index];
  const struct fact_def *def = &reader->catalog->defs[index];
  if (fact->state != FACT_UNKNOWN) return FAIL(reader, key, STATUS_REPORT_DUPLICATE, "the fact %s is given twice", def->path);
  int status = json_is_null(json) ? 0 : read_fact_value(reader, def, json, &fact->value);
  if (!status) fact->state = fact_state_of(fact, def->type);
  return status;
}

/* Keeps a member that has a dotted key of its own until the maps are known. `name` is in the report's arena. */
static int keep_loose(struct report_reader *reader, size_t index, const char *name, const struct json *key, const struct json *json) {
  if (mem_grow(&reader->loose, &reader->loose_capacity, reader->loose_count + 1, sizeof *reader->loose)) return STATUS_MEMORY;
  struct loose_member *loose = &reader->loose[reader->loose_count];
  *loose = (struct loose_member){.fact = index, .name = name, .at = key};
  reader->loose_count++;
  return read_member_value(reader, &reader->catalog->defs[index], loose->name, json, &loose->value);
}

/* "dmi": null says that everything below dmi was looked for and is not there. */
static int absent_below(struct report_reader *reader, const struct name *domain, const struct json *key) {
  for (size_t i = domain->below.first; i < domain->below.end; i++) {
    const char *path = reader->catalog->defs[i].path;
    if (reader->report->facts->facts[i].state != FACT_UNKNOWN)
      return FAIL(reader, key, STATUS_REPORT_DUPLICATE, "the fact %s is given twice: by itself and by its domain", path);
    fact_set_absent(reader->report->facts, i);
  }
  return 0;
}

/* What most facts are: a text that nothing was known of and that has nothing to be checked. */
static inline bool take_text(struct fact *fact, const struct json *json) {
  if (fact->state != FACT_UNKNOWN || !json_is_plain(json)) return false;
  fact->state = FACT_PRESENT;
  fact->value.kind = VALUE_TEXT;
  fact->value.text = json_bytes(json);
  fact->value.length = json_length(json);
  return true;
}

static int read_members(struct report_reader *reader, struct name *domain, const struct json *object);

static int read_domain(struct report_reader *reader, struct name *domain, const struct json *key, const struct json *json) {
  if (json_is_object(json)) return read_members(reader, domain, json);
  if (json_is_null(json)) return absent_below(reader, domain, key);
  const char *path = arena_text(reader->arena, domain->path, domain->path_length);
  return path ? fail_type(reader, json, path, "an object with its facts, or null") : STATUS_MEMORY;
}

/* What stands at a path with a dotted key: a fact, a member of a map, a domain, or nothing that the catalogue knows. */
static int read_path(struct report_reader *reader, const char *path, size_t length, const struct json *key, const struct json *json) {
  struct name *known = names_at(reader->names, path, length);
  if (known && known->fact != FACT_NONE) return read_fact(reader, known->fact, key, json);
  const char *member = NULL;
  size_t index = fact_find_member(reader->catalog, path, &member);
  if (index != FACT_NONE) return keep_loose(reader, index, member, key, json);
  return known ? read_domain(reader, known, key, json) : note_ignored(reader, path);
}

/* The path of a member of `domain`, in the report's arena. */
static char *join_path(struct report_reader *reader, const struct name *domain, const struct json *key) {
  size_t above = domain->path_length ? domain->path_length + 1 : 0, length = json_length(key);
  char *path = arena_take_bare(reader->arena, above + length + 1);
  if (!path) return NULL;
  memcpy(path, domain->path, domain->path_length);
  if (above) path[above - 1] = '.';
  memcpy(path + above, json_bytes(key), length);
  path[above + length] = 0;
  return path;
}

/* A key that is no name below `domain`: unknown, or dotted. */
static int read_other(struct report_reader *reader, const struct name *domain, const struct json *key, const struct json *json) {
  if (json_has_nul(key)) return refuse(reader);
  int status = check_unknown(reader, json, reader->depth);
  if (status) return status;
  char *path = join_path(reader, domain, key);
  bool dotted = path && memchr(json_bytes(key), '.', json_length(key));
  return dotted ? read_path(reader, path, strlen(path), key, json) : note_ignored(reader, path);
}

/* The same twice in one object is seen by what is known of a fact, or by the object's number. */
static int read_name(struct report_reader *reader, struct name *name, size_t object, const struct json *key, const struct json *json) {
  if (name->fact != FACT_NONE) return read_fact(reader, name->fact, key, json);
  if (name->seen == object) return refuse(reader);
  name->seen = object;
  return read_domain(reader, name, key, json);
}

/* Reads the members of a domain, or of "facts". Recursion ends with the catalogue's domains. */
static int read_members(struct report_reader *reader, struct name *domain, const struct json *object) {
  struct name **guess = &domain->first;
  size_t number = ++reader->objects, others = 0;
  const struct json *key = object + 1, *end = json_after(object);
  reader->depth++;
  while (key < end) {
    const struct json *json = key + 1;
    struct name *name = *guess;
    int status = 0;
    if (!name || !word_is(&name->word, key)) name = names_find(reader->names, domain, json_bytes(key), json_length(key));
    if (name) {
      *guess = name;
      guess = &name->after;
      if (!name->is_text || !take_text(&reader->facts[name->fact], json)) status = read_name(reader, name, number, key, json);
    } else {
      others++;
      status = read_other(reader, domain, key, json);
    }
    if (status) return status;
    key = json_after(json);
  }
  reader->depth--;
  return others > 1 && !json_keys_differ(object) ? refuse(reader) : 0;
}

struct pair {
  const char *key;
  struct value item;
};

static int compare_pairs(const void *a, const void *b) { return strcmp(((const struct pair *)a)->key, ((const struct pair *)b)->key); }

/* Sorts pairs, whose keys differ, into a map. */
static int make_map(struct report_reader *reader, struct pair *pairs, size_t count, struct value *value) {
  struct value *items = arena_take_array(reader->arena, count, sizeof *items);
  const char **keys = arena_take_array(reader->arena, count, sizeof *keys);
  if (!items || !keys) return STATUS_MEMORY;
  if (count) qsort(pairs, count, sizeof *pairs, compare_pairs);
  for (size_t i = 0; i < count; i++) {
    items[i] = pairs[i].item;
    keys[i] = pairs[i].key;
  }
  *value = (struct value){.kind = VALUE_MAP, .items = items, .keys = keys, .count = count};
  return 0;
}

static int compare_loose(const void *a, const void *b) {
  const struct loose_member *one = a, *other = b;
  if (one->fact != other->fact) return one->fact < other->fact ? -1 : 1;
  int order = strcmp(one->name, other->name);
  return order ? order : (one->at > other->at) - (one->at < other->at);
}

/* Adds members first..end, all of one map and sorted, to that map. */
static int merge_map(struct report_reader *reader, const struct loose_member *first, const struct loose_member *end) {
  const struct fact_def *def = &reader->catalog->defs[first->fact];
  struct fact *fact = &reader->report->facts->facts[first->fact];
  bool is_map = fact->value.kind == VALUE_MAP;
  bool given = fact->state != FACT_UNKNOWN;
  if (given && !is_map) return FAIL(reader, first->at, STATUS_REPORT_DUPLICATE, "%s is given twice: absent, and with members", def->path);
  size_t old = is_map ? fact->value.count : 0, count = old;
  struct pair *pairs = mem_new((old + (size_t)(end - first)) * sizeof *pairs);
  if (!pairs) return STATUS_MEMORY;
  for (size_t i = 0; i < old; i++) pairs[i] = (struct pair){.key = fact->value.keys[i], .item = fact->value.items[i]};
  int status = 0;
  for (const struct loose_member *loose = first; loose < end && !status; loose++) {
    bool twice = (is_map && value_member(&fact->value, loose->name)) || (loose > first && strcmp(loose[-1].name, loose->name) == 0);
    if (twice) status = FAIL(reader, loose->at, STATUS_REPORT_DUPLICATE, "the fact %s.%.100s is given twice", def->path, loose->name);
    pairs[count++] = (struct pair){.key = loose->name, .item = loose->value};
  }
  struct value value;
  if (!status) status = make_map(reader, pairs, count, &value);
  mem_free(pairs);
  if (status) return status;
  if (!given && def->type == FACT_MAP) fact->partial = true;
  fact_set_value(reader->report->facts, first->fact, value);
  return 0;
}

static int merge_loose(struct report_reader *reader) {
  if (reader->loose_count == 0) return 0;
  qsort(reader->loose, reader->loose_count, sizeof *reader->loose, compare_loose);
  const struct loose_member *end = reader->loose + reader->loose_count;
  int status = 0;
  for (const struct loose_member *first = reader->loose, *next; first < end && !status; first = next) {
    next = first + 1;
    while (next < end && next->fact == first->fact) next++;
    status = merge_map(reader, first, next);
  }
  return status;
}

/* A top-level member that must be of this kind where it is given; null and missing leave *found NULL. */
static int top_member(struct report_reader *reader, const struct json *json, enum top top, enum json_kind kind, const struct json **found) {
  *found = json && !json_is_null(json) ? json : NULL;
  return *found && json_kind(json) != kind ? fail_type(reader, json, top_names[top], json_kind_name(kind)) : 0;
}

static bool is_list_type(enum fact_type type) { return type == FACT_TEXTS || type == FACT_RECORDS || type == FACT_MAP || type == FACT_PATHS; }

static void mark_list(struct report_reader *reader, size_t index) {
  if (!is_list_type(reader->catalog->defs[index].type)) return;
  reader->report->facts->facts[index].partial = reader->partial = true;
}

/* Marks lists at or below a path as not complete. Comes before the facts: an empty partial list is not absent. */
static int mark_partial(struct report_reader *reader, const char *path, const struct json *at) {
  size_t length = strlen(path);
  const struct name *name = names_at(reader->names, path, length);
  if (!name) return ignore_path(reader, path, length);
  const struct fact_def *def = name->fact != FACT_NONE ? &reader->catalog->defs[name->fact] : NULL;
  if (def && !is_list_type(def->type))
    return FAIL(reader, at, STATUS_REPORT_TYPE, "partial: %s is one %s, expected a list, a map or a domain", path, fact_type_name(def->type));
  if (def) mark_list(reader, name->fact);
  for (size_t i = name->below.first; i < name->below.end; i++) mark_list(reader, i);
  return 0;
}

static int mark_not_applicable(struct report_reader *reader, const char *path, const struct json *at) {
  (void)at;
  size_t length = strlen(path);
  return fact_set_below(reader->report->facts, path, length, FACT_NOT_APPLICABLE, NULL) ? 0 : ignore_path(reader, path, length);
}

static int read_paths(struct report_reader *reader, const struct json *json, enum top top,
                      int (*mark)(struct report_reader *, const char *, const struct json *)) {
  const struct json *list;
  int status = top_member(reader, json, top, JSON_LIST, &list);
  if (status || !list) return status;
  for (struct json_each each = json_each(list); !status && json_next(&each);)
    status = json_is_text(each.value) ? mark(reader, json_bytes(each.value), each.value)
                                      : fail_type(reader, each.value, top_names[top], "a list of paths");
  return status;
}

static int read_unreadable(struct report_reader *reader, const struct json *json) {
  const struct json *object;
  int status = top_member(reader, json, TOP_UNREADABLE, JSON_OBJECT, &object);
  if (status || !object) return status;
  for (struct json_each each = json_each(object); !status && json_next(&each);) {
    if (!json_is_text(each.value)) return fail_type(reader, each.value, top_names[TOP_UNREADABLE], "a reason for each path, as text");
    const char *path = json_bytes(each.key), *reason = json_bytes(each.value);
    size_t length = json_length(each.key);
    if (!fact_set_below(reader->report->facts, path, length, FACT_UNREADABLE, reason)) status = ignore_path(reader, path, length);
  }
  return status;
}

/* A date, or a date and time as RFC 3339 has them. '0' stands for a digit in the shapes. */
static bool is_moment(const char *text) {
  static const char date[] = "0000-00-00", time[] = "00:00:00";
  const char *at = text;
  for (const char *shape = date; *shape; shape++, at++)
    if (*shape == '0' ? *at < '0' || *at > '9' : *at != *shape) return false;
  if (!*at) return true;
  if (!strchr("Tt ", *at++)) return false;
  for (const char *shape = time; *shape; shape++, at++)
    if (*shape == '0' ? *at < '0' || *at > '9' : *at != *shape) return false;
  if (*at == '.') at += 1 + strspn(at + 1, "0123456789");
  if ((*at == 'Z' || *at == 'z') && !at[1]) return true;
  return (*at == '+' || *at == '-') && strlen(at) == 6 && at[3] == ':' && strspn(at + 1, "0123456789") == 2 && strspn(at + 4, "0123456789") == 2;
}

static int read_top_text(struct report_reader *reader, const struct json *json, const char *key, const char **text) {
  if (!json || json_is_null(json)) return 0;
  if (!json_is_text(json)) return fail_type(reader, json, key, "a text");
  *text = json_bytes(json);
  return 0;
}

static int read_origin(struct report_reader *reader, const struct json *json) {
  struct report *report = reader->report;
  const struct json *origin;
  int status = top_member(reader, json, TOP_ORIGIN, JSON_OBJECT, &origin);
  if (status || !origin) return status;
  status = read_top_text(reader, json_member(origin, "tool"), "tool", &report->tool);
  if (!status) status = read_top_text(reader, json_member(origin, "method"), "method", &report->method);
  return status ? status : read_top_text(reader, json_member(origin, "source"), "source", &report->source);
}

static int check_schema(struct report_reader *reader, const struct json *schema) {
  const struct json *root = json_root(reader->document);
  if (!schema) return FAIL(reader, root, STATUS_REPORT_SCHEMA, "no \"schema\", expected \"schema\": \"%s\"", REPORT_SCHEMA);
  if (!json_is_text(schema))
    return FAIL(reader, schema, STATUS_REPORT_SCHEMA, "schema: found %s, expected \"%s\"", json_kind_name(json_kind(schema)), REPORT_SCHEMA);
  const char *name = json_bytes(schema);
  return strcmp(name, REPORT_SCHEMA) == 0 ? 0 : FAIL(reader, schema, STATUS_REPORT_SCHEMA, "schema \"%.100s\", expected \"%s\"", name, REPORT_SCHEMA);
}

static enum top find_top(const struct json *key, size_t expected) {
  for (size_t i = 0; i < TOPS; i++) {
    size_t top = (expected + i) % TOPS;
    if (strncmp(json_bytes(key), top_names[top], json_length(key)) == 0 && !top_names[top][json_length(key)]) return (enum top)top;
  }
  return TOPS;
}

/* Finds the members of a report and checks all but the facts, which are checked as they are read. */
static int find_tops(struct report_reader *reader, const struct json *tops[TOPS]) {
  const struct json *root = json_root(reader->document), *key = root + 1;
  if (!json_is_object(root)) return FAIL(reader, root, STATUS_REPORT_SCHEMA, "found %s, expected a report", json_kind_name(json_kind(root)));
  size_t others = 0, expected = 0;
  int status = 0;
  for (size_t left = json_length(root); left && !status; left--, key = json_after(key + 1)) {
    enum top top = json_has_nul(key) ? TOPS : find_top(key, expected);
    if (top < TOPS && tops[top]) return refuse(reader);
    if (top < TOPS) tops[top] = key + 1;
    if (top < TOPS) expected = top + 1;
    others += top == TOPS;
    if (top == TOPS) status = need_sound(reader, key, 0);
    if (!status && top != TOP_FACTS) status = need_sound(reader, key + 1, 1);
  }
  return !status && others > 1 && !json_keys_differ(root) ? refuse(reader) : status;
}

static int read_head(struct report_reader *reader, const struct json *tops[TOPS]) {
  struct report *report = reader->report;
  int status = check_schema(reader, tops[TOP_SCHEMA]);
  if (!status) status = read_top_text(reader, tops[TOP_ID], "id", &report->id);
  if (!status && !*report->id) status = FAIL(reader, tops[TOP_ID], STATUS_REPORT_SCHEMA, "the id is empty");
  if (!status) status = read_top_text(reader, tops[TOP_OBSERVED_AT], "observed_at", &report->observed_at);
  if (!status && report->observed_at && !is_moment(report->observed_at))
    status = FAIL(reader, tops[TOP_OBSERVED_AT], STATUS_REPORT_SCHEMA, "observed_at \"%.60s\", expected a moment such as 2026-03-24T00:00:00Z",
                  report->observed_at);
  return status ? status : read_origin(reader, tops[TOP_ORIGIN]);
}

/* A list that is not there cannot be partial. */
static void settle_partial(struct report_reader *reader) {
  struct fact_set *facts = reader->report->facts;
  for (size_t i = 0; reader->partial && i < facts->catalog->count; i++)
    if (facts->facts[i].state != FACT_PRESENT) facts->facts[i].partial = false;
}

static int read_body(struct report_reader *reader, const struct json *tops[TOPS]) {
  const struct json *facts;
  int status = top_member(reader, tops[TOP_FACTS], TOP_FACTS, JSON_OBJECT, &facts);
  if (!status && !facts)
    status = FAIL(reader, json_root(reader->document), STATUS_REPORT_SCHEMA, "no \"facts\", expected an object with what was observed");
  if (!status) status = read_paths(reader, tops[TOP_PARTIAL], TOP_PARTIAL, mark_partial);
  if (!status) status = read_members(reader, &reader->names->root, facts);
  if (!status) status = merge_loose(reader);
  if (!status) status = read_unreadable(reader, tops[TOP_UNREADABLE]);
  if (!status) status = read_paths(reader, tops[TOP_NOT_APPLICABLE], TOP_NOT_APPLICABLE, mark_not_applicable);
  settle_partial(reader);
  return status;
}

/* Reads into reader->arena, which holds nothing that may be given up. */
static int read_source(struct report_reader *reader, struct json_source source, const char *fallback_id, struct diag_list *diags) {
  const char *id = fallback_id && *fallback_id ? fallback_id : "report";
  struct report *report = reader->report;
  reader->diags = diags;
  reader->part = NULL;
  reader->depth = 1;
  reader->values = NULL;
  reader->values_left = reader->loose_count = reader->ignored_capacity = 0;
  reader->partial = false;
  fact_set_clear(report->facts);
  *report = (struct report){.arena = reader->arena, .facts = report->facts, .id = arena_text(reader->arena, id, strlen(id))};
  if (!report->id) return STATUS_MEMORY;
  const struct json *tops[TOPS] = {NULL};
  int status = json_parse(reader->document, source, &report_limits, reader->arena, diags);
  if (!status && !json_is_ordinary(reader->document)) status = json_check(reader->document, diags);
  if (!status) status = find_tops(reader, tops);
  if (!status) status = read_head(reader, tops);
  return status ? status : read_body(reader, tops);
}

static void close_reader(struct report_reader *reader) {
  json_free(reader->document);
  mem_free(reader->loose);
}

/* The report with its facts is in `kept`, what they hold in `arena`. Both, which may be one, stay the caller's. */
static int open_reader(struct report_reader *reader, const struct fact_catalog *catalog, struct arena *kept, struct arena *arena) {
  *reader = (struct report_reader){.catalog = catalog, .kept = kept, .arena = arena};
  if (!kept || !arena) return STATUS_MEMORY;
  reader->names = names_new(catalog, kept);
  reader->document = json_document_new();
  reader->report = report_in(kept, catalog);
  if (!reader->names || !reader->document || !reader->report) return STATUS_MEMORY;
  reader->facts = reader->report->facts->facts;
  reader->report->facts->arena = arena;
  return 0;
}

struct report_reader *report_reader_new(const struct fact_catalog *catalog) {
  assert(catalog);
  struct report_reader *reader = mem_new(sizeof *reader);
  if (!reader || open_reader(reader, catalog, arena_new(), arena_new()) == 0) return reader;
  report_reader_free(reader);
  return NULL;
}

void report_reader_free(struct report_reader *reader) {
  if (!reader) return;
  close_reader(reader);
  arena_free(reader->arena);
  arena_free(reader->kept);
  mem_free(reader);
}

int report_reader_read(struct report_reader *reader, const char *json, size_t length, const char *file, size_t line, const char *fallback_id,
                       struct diag_list *diags, struct report **report) {
  assert(reader && (json || !length) && diags && report);
  *report = NULL;
  arena_trim(reader->arena, KEPT_BYTES);
  if (reader->loose_capacity > KEPT_LOOSE) {
    mem_free(reader->loose);
    reader->loose = NULL;
    reader->loose_capacity = 0;
  }
  int status = read_source(reader, (struct json_source){.text = json, .length = length, .file = file, .line = line}, fallback_id, diags);
  if (!status) *report = reader->report;
  return status;
}

int report_read(const char *json, size_t length, const struct fact_catalog *catalog, const char *file, size_t line, const char *fallback_id,
                struct diag_list *diags, struct report **report) {
  assert((json || !length) && catalog && diags && report);
  *report = NULL;
  struct report_reader reader;
  struct arena *arena = arena_new();
  int status = open_reader(&reader, catalog, arena, arena);
  if (!status) status = read_source(&reader, (struct json_source){.text = json, .length = length, .file = file, .line = line}, fallback_id, diags);
  close_reader(&reader);
  if (status)
    arena_free(arena);
  else
    *report = reader.report;
  return status;
}
