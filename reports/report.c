/* See report.h: the life of a report, its day, and its canonical form. Must not know how a report is read or shared. */
#include "report.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

const struct json_limits report_limits = {.bytes = REPORT_BYTES, .depth = REPORT_DEPTH, .text_bytes = REPORT_TEXT_BYTES, .items = REPORT_ITEMS};

struct report *report_in(struct arena *arena, const struct fact_catalog *catalog) {
  assert(arena && catalog);
  struct fact_set *facts = fact_set_in(arena, catalog);
  struct report *report = facts ? arena_take(arena, sizeof *report) : NULL;
  if (report) *report = (struct report){.arena = arena, .facts = facts, .id = "report"};
  return report;
}

struct report *report_new(const struct fact_catalog *catalog) {
  struct arena *arena = arena_new();
  struct report *report = arena ? report_in(arena, catalog) : NULL;
  if (!report) arena_free(arena);
  return report;
}

void report_free(struct report *report) {
  if (report) fact_set_free(report->facts);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar, counted in years that begin in March: then the day that a leap
 * year adds is the last of its year, and the months before it follow (153 m + 2) / 5. */
static long civil_day(long year, long month, long day) {
  long shifted = month > 2 ? month - 3 : month + 9;
  long counted = month > 2 ? year : year - 1;
  long era = counted / 400, of_era = counted % 400;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * shifted + 2) / 5 + day - 1 - 719468;
}

/* The number that `count` digits at `text` make, or -1. */
static long digits(const char *text, size_t count) {
  long number = 0;
  for (size_t i = 0; i < count; i++) {
    if (text[i] < '0' || text[i] > '9') return -1;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

long report_day(const struct report *report) {
  assert(report);
  const char *text = report->observed_at;
  if (!text || strlen(text) < 10 || text[4] != '-' || text[7] != '-') return LONG_MIN;
  long year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
  return year < 1 || month < 1 || month > 12 || day < 1 || day > 31 ? LONG_MIN : civil_day(year, month, day);
}

static void write_value(struct json_writer *writer, const struct fact_def *def, const struct value *value);

/* A record: its fields in the order of the definition. A map: its members in the order of their names. */
static void write_map(struct json_writer *writer, const struct fact_def *def, const struct value *map) {
  json_open(writer, '{');
  for (const char *at = def->fields; at && *at;) {
    char name[64];
    size_t width = strcspn(at, " "), bare = strcspn(at, " *#?");
    snprintf(name, sizeof name, "%.*s", (int)bare, at);
    const struct value *field = value_member(map, name);
    if (field) {
      json_key(writer, name);
      write_value(writer, def, field);
    }
    at += width + (at[width] == ' ');
  }
  for (size_t i = 0; !def->fields && i < map->count; i++) {
    json_key(writer, map->keys[i]);
    write_value(writer, def, &map->items[i]);
  }
  json_close(writer, '}');
}

static void write_list(struct json_writer *writer, const struct fact_def *def, const struct value *list) {
  json_open(writer, '[');
  for (size_t i = 0; i < list->count; i++) write_value(writer, def, &list->items[i]);
  json_close(writer, ']');
}

static void write_value(struct json_writer *writer, const struct fact_def *def, const struct value *value) {
  char number[JSON_NUMBER_BYTES];
  switch (value->kind) {
  case VALUE_NULL: json_put_raw(writer, "null"); break;
  case VALUE_TEXT: json_put_text(writer, value->text); break;
  case VALUE_INTEGER: json_put_integer(writer, value->integer); break;
  case VALUE_REAL: json_put_raw(writer, json_shortest(number, value->real)); break;
  case VALUE_BOOLEAN: json_put_boolean(writer, value->boolean); break;
  case VALUE_LIST: write_list(writer, def, value); break;
  case VALUE_MAP: write_map(writer, def, value); break;
  }
}

/* Facts first..end of the catalogue have the same first name; `length` is that of it. */
struct group {
  const char *name;
  size_t length;
  size_t first, end;
};

static struct group group_at(const struct fact_catalog *catalog, size_t first) {
  const char *path = catalog->defs[first].path;
  struct group group = {.name = path, .length = strcspn(path, "."), .first = first, .end = first + 1};
  while (path[group.length] && group.end < catalog->count && strncmp(catalog->defs[group.end].path, path, group.length + 1) == 0) group.end++;
  return group;
}

static bool is_domain(struct group group) { return group.name[group.length] == '.'; }

static size_t group_count(const struct fact_set *facts, struct group group, enum fact_state state) {
  size_t count = 0;
  for (size_t i = group.first; i < group.end; i++) count += facts->facts[i].state == state;
  return count;
}

static void write_fact(struct json_writer *writer, const struct fact_set *facts, size_t index, const char *key) {
  const struct fact *fact = &facts->facts[index];
  if (fact->state != FACT_PRESENT && fact->state != FACT_ABSENT) return;
  json_key(writer, key);
  if (fact->state == FACT_ABSENT)
    json_put_raw(writer, "null");
  else
    write_value(writer, &facts->catalog->defs[index], &fact->value);
}

static void write_group(struct json_writer *writer, const struct fact_set *facts, struct group group) {
  if (!is_domain(group)) {
    write_fact(writer, facts, group.first, group.name);
    return;
  }
  char name[64];
  snprintf(name, sizeof name, "%.*s", (int)group.length, group.name);
  size_t absent = group_count(facts, group, FACT_ABSENT), present = group_count(facts, group, FACT_PRESENT);
  if (absent + present == 0) return;
  json_key(writer, name);
  if (absent == group.end - group.first) {
    json_put_raw(writer, "null");
    return;
  }
  json_open(writer, '{');
  for (size_t i = group.first; i < group.end; i++) write_fact(writer, facts, i, facts->catalog->defs[i].path + group.length + 1);
  json_close(writer, '}');
}

/* True where one entry for the domain says the same as one for each fact: all that was neither found nor absent is in this
 * state, for the same reason. */
static bool whole_group(const struct fact_set *facts, struct group group, enum fact_state state) {
  const char *reason = NULL;
  for (size_t i = group.first; i < group.end; i++) {
    const struct fact *fact = &facts->facts[i];
    if (fact->state == FACT_PRESENT || fact->state == FACT_ABSENT) continue;
    if (fact->state != state) return false;
    const char *own = fact->reason ? fact->reason : "";
    if (reason && strcmp(reason, own) != 0) return false;
    reason = own;
  }
  return true;
}

static void write_state(struct json_writer *writer, const char *path, const struct fact *fact) {
  if (fact->state == FACT_UNREADABLE)
    json_pair(writer, path, fact->reason ? fact->reason : "");
  else
    json_put_text(writer, path);
}

/* "unreadable" is an object of reasons, "not_applicable" a list. */
static void write_states(struct json_writer *writer, const struct fact_set *facts, const char *key, enum fact_state state) {
  bool opened = false;
  bool reasons = state == FACT_UNREADABLE;
  struct group group;
  for (size_t first = 0; first < facts->catalog->count; first = group.end) {
    group = group_at(facts->catalog, first);
    bool whole = is_domain(group) && whole_group(facts, group, state);
    for (size_t i = group.first; i < group.end; i++) {
      if (facts->facts[i].state != state) continue;
      if (!opened) {
        json_key(writer, key);
        json_open(writer, reasons ? '{' : '[');
      }
      opened = true;
      char name[64];
      snprintf(name, sizeof name, "%.*s", (int)group.length, group.name);
      write_state(writer, whole ? name : facts->catalog->defs[i].path, &facts->facts[i]);
      if (whole) break;
    }
  }
  if (opened) json_close(writer, reasons ? '}' : ']');
}

static void write_partial(struct json_writer *writer, const struct fact_set *facts) {
  bool opened = false;
  for (size_t i = 0; i < facts->catalog->count; i++) {
    if (!facts->facts[i].partial || facts->facts[i].state != FACT_PRESENT) continue;
    if (!opened) {
      json_key(writer, "partial");
      json_open(writer, '[');
    }
    opened = true;
    json_put_text(writer, facts->catalog->defs[i].path);
  }
  if (opened) json_close(writer, ']');
}

int report_write(const struct report *report, struct buffer *out) {
  assert(report && out);
  struct json_writer writer = {.out = out};
  const struct fact_set *facts = report->facts;
  json_open(&writer, '{');
  json_pair(&writer, "schema", REPORT_SCHEMA);
  json_pair(&writer, "id", report->id);
  json_pair(&writer, "observed_at", report->observed_at);
  json_key(&writer, "origin");
  json_open(&writer, '{');
  json_pair(&writer, "tool", report->tool);
  json_pair(&writer, "method", report->method);
  json_pair(&writer, "source", report->source);
  json_close(&writer, '}');
  json_key(&writer, "facts");
  json_open(&writer, '{');
  struct group group;
  for (size_t first = 0; first < facts->catalog->count; first = group.end) write_group(&writer, facts, group = group_at(facts->catalog, first));
  json_close(&writer, '}');
  write_partial(&writer, facts);
  write_states(&writer, facts, "unreadable", FACT_UNREADABLE);
  write_states(&writer, facts, "not_applicable", FACT_NOT_APPLICABLE);
  json_close(&writer, '}');
  return out->failed ? STATUS_MEMORY : 0;
}
