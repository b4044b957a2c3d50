/* The facts of an example as a report in JSON, by the types of the catalogue. Knows the shape of a report; must not know what the
 * rules make of it. What a map of an example does not list is absent, as in a report. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../reports/json.h"
#include "../reports/report.h"
#include "reader.h"

/* The members of `facts`, each with the fact it speaks of. */
struct given {
  const struct yaml_node *node;
  size_t fact;     /* FACT_NONE: a domain that is absent */
  const char *key; /* member of a map, or NULL */
};

struct writer {
  struct reader *reader;
  struct json_writer json;
  const struct given *given;
  size_t count;
};

/* --- values --- */

static void complain_of_value(struct reader *reader, const struct yaml_node *node, const char *name, const char *expected) {
  const char *found = node->kind == YAML_TEXT ? node->text : yaml_kind_name(node->kind);
  reader_complain(reader, node, STATUS_RULE_TYPE, NULL, "%.60s is \"%.60s\"; expected %s", name, found, expected);
}

static void put_text(struct writer *writer, const struct yaml_node *node, const char *name) {
  if (node->kind != YAML_TEXT)
    complain_of_value(writer->reader, node, name, "a text");
  else
    json_put_text(&writer->json, node->text);
}

static void put_integer(struct writer *writer, const struct yaml_node *node, const char *name) {
  char *end = NULL;
  errno = 0;
  long long integer = node->kind == YAML_TEXT ? strtoll(node->text, &end, 10) : 0;
  bool whole = end && end != node->text && *end == 0 && errno == 0 && strchr("-0123456789", node->text[0]);
  if (whole)
    json_put_integer(&writer->json, integer);
  else
    complain_of_value(writer->reader, node, name, "a whole number");
}

static void put_real(struct writer *writer, const struct yaml_node *node, const char *name) {
  char text[JSON_NUMBER_BYTES];
  double number;
  if (reader_number(node, &number))
    json_put_raw(&writer->json, json_shortest(text, number));
  else
    complain_of_value(writer->reader, node, name, "a number");
}

static void put_boolean(struct writer *writer, const struct yaml_node *node, const char *name) {
  bool yes = node->kind == YAML_TEXT && strcmp(node->text, "true") == 0;
  if (yes || (node->kind == YAML_TEXT && strcmp(node->text, "false") == 0))
    json_put_boolean(&writer->json, yes);
  else
    complain_of_value(writer->reader, node, name, "true or false");
}

static void put_texts(struct writer *writer, const struct yaml_node *node, const char *name) {
  if (node->kind != YAML_LIST) {
    complain_of_value(writer->reader, node, name, "a list of texts");
    return;
  }
  json_open(&writer->json, '[');
  for (const struct yaml_node *item = node->first; item; item = item->next) put_text(writer, item, name);
  json_close(&writer->json, ']');
}

static void put_field(struct writer *writer, const struct yaml_node *item, char suffix) {
  const char *name = item->key->text;
  json_key(&writer->json, name);
  if (reader_is_null(item))
    json_put_raw(&writer->json, "null");
  else if (suffix == '*')
    put_texts(writer, item, name);
  else if (suffix == '#')
    put_integer(writer, item, name);
  else if (suffix == '?')
    put_boolean(writer, item, name);
  else
    put_text(writer, item, name);
}

static void put_record(struct writer *writer, const struct yaml_node *record, const struct fact_def *def) {
  if (record->kind != YAML_MAP) {
    complain_of_value(writer->reader, record, def->path, "a map of fields");
    return;
  }
  json_open(&writer->json, '{');
  for (const struct yaml_node *item = record->first; item; item = item->next) {
    char suffix = 0;
    if (fact_field(def, item->key->text, &suffix) == FACT_NONE)
      reader_complain(writer->reader, item->key, STATUS_RULE_FACT, NULL, "\"%.60s\" is no field of %s; its fields are: %s", item->key->text,
                      def->path, def->fields);
    else
      put_field(writer, item, suffix);
  }
  json_close(&writer->json, '}');
}

static void put_records(struct writer *writer, const struct yaml_node *node, const struct fact_def *def) {
  if (node->kind != YAML_LIST) {
    complain_of_value(writer->reader, node, def->path, "a list of maps");
    return;
  }
  json_open(&writer->json, '[');
  for (const struct yaml_node *item = node->first; item; item = item->next) put_record(writer, item, def);
  json_close(&writer->json, ']');
}

/* A path is there (present, true) or not (absent, false, null). */
static void put_path(struct writer *writer, const struct yaml_node *node, const char *path) {
  bool present = node->kind == YAML_TEXT && strcmp(node->text, "present") == 0;
  bool absent = reader_is_null(node) || (node->kind == YAML_TEXT && strcmp(node->text, "absent") == 0);
  json_key(&writer->json, path);
  if (present || absent)
    json_put_boolean(&writer->json, present);
  else
    put_boolean(writer, node, path);
}

/* A member of a map that is null is left out: absent. */
static void put_member(struct writer *writer, const struct yaml_node *node, const char *key, const struct fact_def *def) {
  if (def->type == FACT_PATHS) {
    put_path(writer, node, key);
  } else if (!reader_is_null(node)) {
    json_key(&writer->json, key);
    put_text(writer, node, key);
  }
}

static void put_map(struct writer *writer, const struct yaml_node *node, const struct fact_def *def) {
  if (node->kind != YAML_MAP) {
    complain_of_value(writer->reader, node, def->path, "a map");
    return;
  }
  json_open(&writer->json, '{');
  for (const struct yaml_node *item = node->first; item; item = item->next) put_member(writer, item, item->key->text, def);
  json_close(&writer->json, '}');
}

static void put_whole(struct writer *writer, const struct yaml_node *node, const struct fact_def *def) {
  if (reader_is_null(node)) {
    json_put_raw(&writer->json, "null");
    return;
  }
  switch (def->type) {
  case FACT_TEXT: put_text(writer, node, def->path); return;
  case FACT_INTEGER: put_integer(writer, node, def->path); return;
  case FACT_REAL: put_real(writer, node, def->path); return;
  case FACT_BOOLEAN: put_boolean(writer, node, def->path); return;
  case FACT_TEXTS: put_texts(writer, node, def->path); return;
  case FACT_RECORDS: put_records(writer, node, def); return;
  default: put_map(writer, node, def);
  }
}

/* --- the report --- */

/* Opens and closes objects so that the dotted prefix of `path` is open, given that `before`'s is. Returns the last name. */
static const char *move_to(struct json_writer *json, const char *before, const char *path) {
  size_t common = 0, i = 0;
  for (; before[i] && before[i] == path[i]; i++)
    if (path[i] == '.') common = i + 1;
  for (const char *dot = strchr(before + common, '.'); dot; dot = strchr(dot + 1, '.')) json_close(json, '}');
  const char *name = path + common;
  for (const char *dot = strchr(name, '.'); dot; dot = strchr(name, '.')) {
    char part[64] = {0};
    size_t length = (size_t)(dot - name);
    memcpy(part, name, length < sizeof part ? length : sizeof part - 1);
    json_key(json, part);
    json_open(json, '{');
    name = dot + 1;
  }
  return name;
}

static bool is_absent_by_domain(const struct writer *writer, const char *path) {
  for (size_t i = 0; i < writer->count; i++) {
    const char *domain = writer->given[i].node->key->text;
    size_t length = strlen(domain);
    if (writer->given[i].fact == FACT_NONE && strncmp(path, domain, length) == 0 && path[length] == '.') return true;
  }
  return false;
}

static void put_members(struct writer *writer, size_t fact, const struct fact_def *def) {
  json_open(&writer->json, '{');
  for (size_t i = 0; i < writer->count; i++)
    if (writer->given[i].fact == fact) put_member(writer, writer->given[i].node, writer->given[i].key, def);
  json_close(&writer->json, '}');
}

/* The first thing given of a fact; NULL where nothing is. A whole fact and its members exclude each other. */
static const struct given *first_given(struct writer *writer, size_t fact) {
  const struct given *first = NULL;
  for (size_t i = 0; i < writer->count; i++) {
    const struct given *given = &writer->given[i];
    if (given->fact != fact) continue;
    if (first && (!first->key || !given->key))
      reader_complain(writer->reader, given->node->key, STATUS_RULE_DUPLICATE_KEY, NULL, "\"%.60s\" beside \"%.60s\"; expected one of the two",
                      given->node->key->text, first->node->key->text);
    if (!first) first = given;
  }
  return first;
}

static void put_facts(struct writer *writer, const struct fact_catalog *catalog) {
  const char *before = "";
  json_open(&writer->json, '{');
  for (size_t fact = 0; fact < catalog->count; fact++) {
    const struct fact_def *def = &catalog->defs[fact];
    const struct given *given = first_given(writer, fact);
    if (!given && !is_absent_by_domain(writer, def->path)) continue;
    json_key(&writer->json, move_to(&writer->json, before, def->path));
    before = def->path;
    if (!given)
      json_put_raw(&writer->json, "null");
    else if (given->key)
      put_members(writer, fact, def);
    else
      put_whole(writer, given->node, def);
  }
  move_to(&writer->json, before, "");
  json_close(&writer->json, '}');
}

static bool find_given(struct reader *reader, const struct yaml_node *item, struct given *given) {
  const char *path = item->key->text;
  *given = (struct given){.node = item, .fact = FACT_NONE};
  if (reader_is_null(item) && fact_is_domain(reader->rules->catalog, path, strlen(path))) return true;
  given->fact = reader_fact(reader, item->key, path, &given->key);
  return given->fact != FACT_NONE;
}

const char *reader_example_facts(struct reader *reader, const struct yaml_node *facts, const char *report_id) {
  assert(reader && facts && facts->kind == YAML_MAP && report_id);
  struct given *given = reader_take(reader, facts->count + 1, sizeof *given);
  struct buffer text = {0};
  struct writer writer = {.reader = reader, .json = {.out = &text, .fresh = true}, .given = given};
  if (!given) return NULL;
  for (const struct yaml_node *item = facts->first; item; item = item->next)
    if (find_given(reader, item, &given[writer.count])) writer.count++;
  json_open(&writer.json, '{');
  json_key(&writer.json, "schema");
  json_put_text(&writer.json, REPORT_SCHEMA);
  json_key(&writer.json, "id");
  json_put_text(&writer.json, report_id);
  json_key(&writer.json, "facts");
  put_facts(&writer, reader->rules->catalog);
  json_close(&writer.json, '}');
  const char *copy = text.failed ? NULL : arena_text(reader->rules->arena, text.text, text.length);
  buffer_free(&text);
  if (!copy && !reader->code) reader->code = STATUS_MEMORY;
  return copy;
}
