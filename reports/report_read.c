/* See report.h: reading. Knows the report format and the catalogue's types; must not know what any fact means. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "report.h"

/* A member of a map that stood under a dotted key of its own. */
struct loose_member {
  size_t fact;
  const char *name;
  const struct json *at;
  struct value value;
};

struct reader {
  struct report *report;
  const struct fact_catalog *catalog;
  struct json_document *document;
  struct diag_list *diags;
  const struct json **given; /* by fact: where it was given, or NULL */
  struct buffer path;        /* of what is being read */
  const char *part;          /* field or member that is being read, for messages; NULL: the whole */
  struct loose_member *loose;
  size_t loose_count, loose_capacity, ignored_capacity;
};

#define FAIL(reader, at, code, ...) json_fail((reader)->document, at, (reader)->diags, code, __VA_ARGS__)

static int fail_type(struct reader *reader, const struct json *json, const char *what, const char *expected) {
  const char *part = reader->part;
  return FAIL(reader, json, STATUS_REPORT_TYPE, "%.120s%s%.80s: found %s, expected %s", what, part ? "." : "", part ? part : "",
              json_kind_name(json_kind(json)), expected);
}

static int ignore_path(struct reader *reader, const char *path) {
  struct report *report = reader->report;
  if (report->ignored_count == reader->ignored_capacity) {
    size_t capacity = reader->ignored_capacity ? reader->ignored_capacity * 2 : 8;
    const char **grown = arena_take_array(report->arena, capacity, sizeof *grown);
    if (!grown) return STATUS_MEMORY;
    if (report->ignored_count) memcpy(grown, report->ignored, report->ignored_count * sizeof *grown);
    report->ignored = grown;
    reader->ignored_capacity = capacity;
  }
  report->ignored[report->ignored_count] = arena_text(report->arena, path, strlen(path));
  return report->ignored[report->ignored_count++] ? 0 : STATUS_MEMORY;
}

/* Values: each reads one type into *value. `def` is the fact's; texts stay where json_read put them, in the report's arena. */
typedef int read_fn(struct reader *reader, const struct fact_def *def, const struct json *json, struct value *value);

static int read_text(struct reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (json_kind(json) != JSON_TEXT) return fail_type(reader, json, def->path, "a text");
  size_t length;
  const char *text = json_text(json, &length);
  *value = value_text(text, length);
  return 0;
}

static int read_integer(struct reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (json_kind(json) != JSON_INTEGER) return fail_type(reader, json, def->path, "an integer");
  *value = value_integer(json_integer(json));
  return 0;
}

static int read_real(struct reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (json_kind(json) != JSON_REAL && json_kind(json) != JSON_INTEGER) return fail_type(reader, json, def->path, "a number");
  *value = (struct value){.kind = VALUE_REAL, .real = json_real(json)};
  return 0;
}

static int read_boolean(struct reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (json_kind(json) != JSON_BOOLEAN) return fail_type(reader, json, def->path, "true or false");
  *value = value_boolean(json_boolean(json));
  return 0;
}

static int read_list(struct reader *reader, const struct fact_def *def, const struct json *json, read_fn *read_item, const char *expected,
                     struct value *value) {
  if (json_kind(json) != JSON_LIST) return fail_type(reader, json, def->path, expected);
  size_t count = json_count(json), i = 0;
  struct value *items = arena_take_array(reader->report->arena, count, sizeof *items);
  if (!items) return STATUS_MEMORY;
  int status = 0;
  for (struct json_each each = json_each(json); !status && json_next(&each);) status = read_item(reader, def, each.value, &items[i++]);
  *value = (struct value){.kind = VALUE_LIST, .items = items, .count = count};
  return status;
}

static int read_texts(struct reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  return read_list(reader, def, json, read_text, "a list of texts", value);
}

struct pair {
  const char *key;
  struct value item;
};

static int compare_pairs(const void *a, const void *b) { return strcmp(((const struct pair *)a)->key, ((const struct pair *)b)->key); }

/* Sorts pairs, whose keys differ, into a map. */
static int make_map(struct reader *reader, struct pair *pairs, size_t count, struct value *value) {
  struct arena *arena = reader->report->arena;
  struct value *items = arena_take_array(arena, count, sizeof *items);
  const char **keys = arena_take_array(arena, count, sizeof *keys);
  if (!items || !keys) return STATUS_MEMORY;
  if (count) qsort(pairs, count, sizeof *pairs, compare_pairs);
  for (size_t i = 0; i < count; i++) {
    items[i] = pairs[i].item;
    keys[i] = pairs[i].key;
  }
  *value = (struct value){.kind = VALUE_MAP, .items = items, .keys = keys, .count = count};
  return 0;
}

/* Reads an object as a map; `read_pair` gets each member and may leave it out by leaving pair->key NULL. */
typedef int read_pair_fn(struct reader *reader, const struct fact_def *def, const char *name, const struct json *json, struct pair *pair);

static int read_object(struct reader *reader, const struct fact_def *def, const struct json *json, read_pair_fn *read_pair, struct value *value) {
  if (json_kind(json) != JSON_OBJECT) return fail_type(reader, json, def->path, "an object");
  struct pair *pairs = mem_new((json_count(json) + 1) * sizeof *pairs);
  if (!pairs) return STATUS_MEMORY;
  size_t count = 0;
  int status = 0;
  for (struct json_each each = json_each(json); !status && json_next(&each);) {
    status = read_pair(reader, def, json_text(each.key, NULL), each.value, &pairs[count]);
    if (pairs[count].key) count++;
  }
  if (!status) status = make_map(reader, pairs, count, value);
  mem_free(pairs);
  return status;
}

/* A field of a record, by the suffix of its definition; null stays null, an unknown field is left out. */
static int read_field(struct reader *reader, const struct fact_def *def, const char *name, const struct json *json, struct pair *pair) {
  static const struct {
    char suffix;
    read_fn *read;
  } readers[] = {{0, read_text}, {'*', read_texts}, {'#', read_integer}, {'?', read_boolean}};
  char suffix = 0;
  if (fact_field(def, name, &suffix) == FACT_NONE) return 0;
  *pair = (struct pair){.key = name};
  if (json_kind(json) == JSON_NULL) return 0;
  size_t i = 0;
  while (i + 1 < sizeof readers / sizeof *readers && readers[i].suffix != suffix) i++;
  reader->part = name;
  int status = readers[i].read(reader, def, json, &pair->item);
  reader->part = NULL;
  return status;
}

static int read_record(struct reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  return read_object(reader, def, json, read_field, value);
}

static int read_records(struct reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  return read_list(reader, def, json, read_record, "a list of objects", value);
}

/* The text of a scalar: variables hold text, and people write PORT: 80. */
static int read_scalar_text(struct reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  char number[JSON_NUMBER_BYTES];
  enum json_kind kind = json_kind(json);
  const char *text = NULL;
  size_t length = 0;
  if (kind == JSON_TEXT) {
    text = json_text(json, &length);
    *value = value_text(text, length);
    return 0;
  }
  if (kind == JSON_BOOLEAN) text = json_boolean(json) ? "true" : "false";
  if (kind == JSON_REAL) text = json_shortest(number, json_real(json));
  if (kind == JSON_INTEGER) {
    snprintf(number, sizeof number, "%lld", (long long)json_integer(json));
    text = number;
  }
  if (!text) return fail_type(reader, json, def->path, "a text");
  char *copy = arena_text(reader->report->arena, text, strlen(text));
  if (!copy) return STATUS_MEMORY;
  *value = value_text(copy, strlen(copy));
  return 0;
}

static int read_member_value(struct reader *reader, const struct fact_def *def, const char *name, const struct json *json, struct value *value) {
  if (json_kind(json) == JSON_NULL) return 0;
  reader->part = name;
  int status = def->type == FACT_MAP ? read_scalar_text(reader, def, json, value) : read_boolean(reader, def, json, value);
  reader->part = NULL;
  return status;
}

static int read_member(struct reader *reader, const struct fact_def *def, const char *name, const struct json *json, struct pair *pair) {
  pair->key = name;
  return read_member_value(reader, def, name, json, &pair->item);
}

static int read_map(struct reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  return read_object(reader, def, json, read_member, value);
}

static int read_fact(struct reader *reader, size_t index, const struct json *key, const struct json *json) {
  static read_fn *const readers[FACT_TYPES] = {
      [FACT_TEXT] = read_text,   [FACT_INTEGER] = read_integer, [FACT_REAL] = read_real, [FACT_BOOLEAN] = read_boolean,
      [FACT_TEXTS] = read_texts, [FACT_RECORDS] = read_records, [FACT_MAP] = read_map,   [FACT_PATHS] = read_map,
  };
  const struct fact_def *def = &reader->catalog->defs[index];
  if (reader->given[index]) return FAIL(reader, key, STATUS_REPORT_DUPLICATE, "the fact %s is given twice", def->path);
  reader->given[index] = key;
  struct value value = {.kind = VALUE_NULL};
  if (json_kind(json) == JSON_NULL) {
    fact_set_absent(reader->report->facts, index);
    return 0;
  }
  int status = readers[def->type](reader, def, json, &value);
  if (!status) fact_set_value(reader->report->facts, index, value);
  return status;
}

/* Keeps a member that has a dotted key of its own until the maps are known. */
static int keep_loose(struct reader *reader, size_t index, const char *name, const struct json *key, const struct json *json) {
  struct arena *arena = reader->report->arena;
  if (mem_grow(&reader->loose, &reader->loose_capacity, reader->loose_count + 1, sizeof *reader->loose)) return STATUS_MEMORY;
  struct loose_member *loose = &reader->loose[reader->loose_count];
  *loose = (struct loose_member){.fact = index, .name = arena_text(arena, name, strlen(name)), .at = key};
  if (!loose->name) return STATUS_MEMORY;
  reader->loose_count++;
  return read_member_value(reader, &reader->catalog->defs[index], loose->name, json, &loose->value);
}

/* "dmi": null says that everything below dmi was looked for and is not there. */
static int absent_below(struct reader *reader, const char *domain, size_t length, const struct json *key) {
  for (size_t i = 0; i < reader->catalog->count; i++) {
    const char *path = reader->catalog->defs[i].path;
    if (strncmp(path, domain, length) != 0 || path[length] != '.') continue;
    if (reader->given[i]) return FAIL(reader, key, STATUS_REPORT_DUPLICATE, "the fact %s is given twice: by itself and by its domain", path);
    reader->given[i] = key;
    fact_set_absent(reader->report->facts, i);
  }
  return 0;
}

static int read_facts(struct reader *reader, const struct json *object);

/* What stands at reader->path: a fact, a member of a map, a domain, or nothing that the catalogue knows. */
static int read_path(struct reader *reader, const struct json *key, const struct json *json) {
  const char *path = reader->path.text, *name = NULL;
  size_t length = reader->path.length;
  size_t index = fact_find(reader->catalog, path, length);
  if (index != FACT_NONE) return read_fact(reader, index, key, json);
  index = fact_find_member(reader->catalog, path, &name);
  if (index != FACT_NONE) return keep_loose(reader, index, name, key, json);
  if (!fact_is_domain(reader->catalog, path, length)) return ignore_path(reader, path);
  if (json_kind(json) == JSON_NULL) return absent_below(reader, path, length, key);
  if (json_kind(json) != JSON_OBJECT) return fail_type(reader, json, path, "an object with its facts, or null");
  return read_facts(reader, json);
}

/* Recursion ends with the catalogue's domains. */
static int read_facts(struct reader *reader, const struct json *object) {
  size_t length = reader->path.length;
  int status = 0;
  for (struct json_each each = json_each(object); !status && json_next(&each);) {
    if (length) buffer_append(&reader->path, ".", 1);
    if (buffer_add(&reader->path, json_text(each.key, NULL))) return STATUS_MEMORY;
    status = read_path(reader, each.key, each.value);
    reader->path.length = length;
    reader->path.text[length] = 0;
  }
  return status;
}

static int compare_loose(const void *a, const void *b) {
  const struct loose_member *one = a, *other = b;
  if (one->fact != other->fact) return one->fact < other->fact ? -1 : 1;
  int order = strcmp(one->name, other->name);
  return order ? order : (one->at > other->at) - (one->at < other->at);
}

/* Adds members first..end, all of one map and sorted, to that map. */
static int merge_map(struct reader *reader, const struct loose_member *first, const struct loose_member *end) {
  const struct fact_def *def = &reader->catalog->defs[first->fact];
  struct fact *fact = &reader->report->facts->facts[first->fact];
  bool is_map = fact->value.kind == VALUE_MAP;
  if (reader->given[first->fact] && !is_map)
    return FAIL(reader, first->at, STATUS_REPORT_DUPLICATE, "%s is given twice: absent, and with members", def->path);
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
  if (!reader->given[first->fact] && def->type == FACT_MAP) fact->partial = true;
  fact_set_value(reader->report->facts, first->fact, value);
  return 0;
}

static int merge_loose(struct reader *reader) {
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
static int top_member(struct reader *reader, const char *key, enum json_kind kind, const struct json **found) {
  const struct json *json = json_member(json_root(reader->document), key);
  *found = json && json_kind(json) != JSON_NULL ? json : NULL;
  return *found && json_kind(json) != kind ? fail_type(reader, json, key, json_kind_name(kind)) : 0;
}

static bool is_list_type(enum fact_type type) { return type == FACT_TEXTS || type == FACT_RECORDS || type == FACT_MAP || type == FACT_PATHS; }

/* Marks lists at or below a path as not complete. Comes before the facts: an empty partial list is not absent. */
static int mark_partial(struct reader *reader, const char *path, const struct json *at) {
  const struct fact_catalog *catalog = reader->catalog;
  size_t length = strlen(path), index = fact_find(catalog, path, length);
  if (index != FACT_NONE && !is_list_type(catalog->defs[index].type))
    return FAIL(reader, at, STATUS_REPORT_TYPE, "partial: %s is one %s, expected a list, a map or a domain", path,
                fact_type_name(catalog->defs[index].type));
  if (index == FACT_NONE && !fact_is_domain(catalog, path, length)) return ignore_path(reader, path);
  for (size_t i = 0; i < catalog->count; i++) {
    const char *own = catalog->defs[i].path;
    bool below = i == index || (strncmp(own, path, length) == 0 && own[length] == '.');
    if (below && is_list_type(catalog->defs[i].type)) reader->report->facts->facts[i].partial = true;
  }
  return 0;
}

static int mark_not_applicable(struct reader *reader, const char *path, const struct json *at) {
  (void)at;
  return fact_set_below(reader->report->facts, path, strlen(path), FACT_NOT_APPLICABLE, NULL) ? 0 : ignore_path(reader, path);
}

static int read_paths(struct reader *reader, const char *key, int (*mark)(struct reader *, const char *, const struct json *)) {
  const struct json *list;
  int status = top_member(reader, key, JSON_LIST, &list);
  if (status || !list) return status;
  for (struct json_each each = json_each(list); !status && json_next(&each);)
    status = json_kind(each.value) == JSON_TEXT ? mark(reader, json_text(each.value, NULL), each.value)
                                                : fail_type(reader, each.value, key, "a list of paths");
  return status;
}

static int read_unreadable(struct reader *reader) {
  const struct json *object;
  int status = top_member(reader, "unreadable", JSON_OBJECT, &object);
  if (status || !object) return status;
  for (struct json_each each = json_each(object); !status && json_next(&each);) {
    if (json_kind(each.value) != JSON_TEXT) return fail_type(reader, each.value, "unreadable", "a reason for each path, as text");
    const char *path = json_text(each.key, NULL);
    if (!fact_set_below(reader->report->facts, path, strlen(path), FACT_UNREADABLE, json_text(each.value, NULL))) status = ignore_path(reader, path);
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

static int read_top_text(struct reader *reader, const struct json *object, const char *key, const char **text) {
  const struct json *json = json_member(object, key);
  if (!json || json_kind(json) == JSON_NULL) return 0;
  if (json_kind(json) != JSON_TEXT) return fail_type(reader, json, key, "a text");
  *text = json_text(json, NULL);
  return 0;
}

static int read_origin(struct reader *reader) {
  const struct json *origin;
  int status = top_member(reader, "origin", JSON_OBJECT, &origin);
  if (status || !origin) return status;
  status = read_top_text(reader, origin, "tool", &reader->report->tool);
  if (!status) status = read_top_text(reader, origin, "method", &reader->report->method);
  return status ? status : read_top_text(reader, origin, "source", &reader->report->source);
}

static int check_schema(struct reader *reader) {
  const struct json *root = json_root(reader->document);
  if (json_kind(root) != JSON_OBJECT) return FAIL(reader, root, STATUS_REPORT_SCHEMA, "found %s, expected a report", json_kind_name(json_kind(root)));
  const struct json *schema = json_member(root, "schema");
  if (!schema) return FAIL(reader, root, STATUS_REPORT_SCHEMA, "no \"schema\", expected \"schema\": \"%s\"", REPORT_SCHEMA);
  if (json_kind(schema) != JSON_TEXT)
    return FAIL(reader, schema, STATUS_REPORT_SCHEMA, "schema: found %s, expected \"%s\"", json_kind_name(json_kind(schema)), REPORT_SCHEMA);
  const char *name = json_text(schema, NULL);
  return strcmp(name, REPORT_SCHEMA) == 0 ? 0 : FAIL(reader, schema, STATUS_REPORT_SCHEMA, "schema \"%.100s\", expected \"%s\"", name, REPORT_SCHEMA);
}

static int read_head(struct reader *reader) {
  struct report *report = reader->report;
  int status = check_schema(reader);
  if (status) return status;
  const struct json *root = json_root(reader->document);
  status = read_top_text(reader, root, "id", &report->id);
  if (!status && !*report->id) status = FAIL(reader, json_member(root, "id"), STATUS_REPORT_SCHEMA, "the id is empty");
  if (!status) status = read_top_text(reader, root, "observed_at", &report->observed_at);
  if (!status && report->observed_at && !is_moment(report->observed_at))
    status = FAIL(reader, json_member(root, "observed_at"), STATUS_REPORT_SCHEMA,
                  "observed_at \"%.60s\", expected a moment such as 2026-03-24T00:00:00Z", report->observed_at);
  return status ? status : read_origin(reader);
}

/* A list that is not there cannot be partial. */
static void settle_partial(struct fact_set *facts) {
  for (size_t i = 0; i < facts->catalog->count; i++)
    if (facts->facts[i].state != FACT_PRESENT) facts->facts[i].partial = false;
}

static int read_body(struct reader *reader) {
  const struct json *root = json_root(reader->document), *facts;
  int status = top_member(reader, "facts", JSON_OBJECT, &facts);
  if (!status && !facts) status = FAIL(reader, root, STATUS_REPORT_SCHEMA, "no \"facts\", expected an object with what was observed");
  if (!status) status = read_paths(reader, "partial", mark_partial);
  if (!status) status = read_facts(reader, facts);
  if (!status) status = merge_loose(reader);
  if (!status) status = read_unreadable(reader);
  if (!status) status = read_paths(reader, "not_applicable", mark_not_applicable);
  settle_partial(reader->report->facts);
  return status;
}

int report_read(const char *json, size_t length, const struct fact_catalog *catalog, const char *file, size_t line, const char *fallback_id,
                struct diag_list *diags, struct report **report) {
  assert((json || !length) && catalog && diags && report);
  *report = NULL;
  struct reader reader = {.report = report_new(catalog), .catalog = catalog, .diags = diags};
  if (!reader.report) return STATUS_MEMORY;
  struct arena *arena = reader.report->arena;
  const char *id = fallback_id && *fallback_id ? fallback_id : "report";
  reader.report->id = arena_text(arena, id, strlen(id));
  reader.given = arena_take_array(arena, catalog->count, sizeof *reader.given);
  int status = STATUS_MEMORY;
  if (reader.given && reader.report->id)
    status =
        json_read((struct json_source){.text = json, .length = length, .file = file, .line = line}, &report_limits, arena, diags, &reader.document);
  if (!status) status = read_head(&reader);
  if (!status) status = read_body(&reader);
  json_free(reader.document);
  buffer_free(&reader.path);
  mem_free(reader.loose);
  if (status)
    report_free(reader.report);
  else
    *report = reader.report;
  return status;
}
