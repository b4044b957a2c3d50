/* See report_inside.h: values. Knows the catalogue's types; must not know where in a report a fact stands. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "report_inside.h"

#define ROOM ((size_t)1024) /* values that memory is taken for at once */
#define FEW_MEMBERS 24      /* of a map, sorted by insertion */

typedef int read_fn(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value);

int fail_type(struct report_reader *reader, const struct json *json, const char *what, const char *expected) {
  const char *part = reader->part;
  return FAIL(reader, json, STATUS_REPORT_TYPE, "%.120s%s%.80s: found %s, expected %s", what, part ? "." : "", part ? part : "",
              json_kind_name(json_kind(json)), expected);
}

/* Where the check finds nothing, memory was out when the fault was looked for. */
int refuse(struct report_reader *reader) {
  int status = json_check(reader->document, reader->diags);
  return status ? status : STATUS_MEMORY;
}

int need_sound(struct report_reader *reader, const struct json *json, size_t depth) {
  return json_is_sound(reader->document, json, depth) ? 0 : refuse(reader);
}

/* More room than is needed, but not more than the document can fill. */
static int make_room(struct report_reader *reader, size_t count) {
  size_t most = yyjson_doc_get_val_count(reader->document->parsed), room = most < ROOM ? most : ROOM;
  if (room < count) room = count;
  struct value *values = arena_take_bare(reader->arena, room * sizeof *values);
  if (!values) return STATUS_MEMORY;
  reader->values = values;
  reader->values_left = room;
  return 0;
}

/* `count` values to be filled, or NULL. */
static struct value *take_values(struct report_reader *reader, size_t count) {
  if ((count > reader->values_left || !reader->values) && make_room(reader, count)) return NULL;
  struct value *values = reader->values;
  reader->values += count;
  reader->values_left -= count;
  return values;
}

static int read_text(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (!json_is_plain(json)) {
    if (!json_is_text(json)) return fail_type(reader, json, def->path, "a text");
    if (json_has_nul(json)) return refuse(reader);
  }
  *value = value_text(json_bytes(json), json_length(json));
  return 0;
}

static int read_integer(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (json_kind(json) != JSON_INTEGER) return fail_type(reader, json, def->path, "an integer");
  *value = value_integer(json_integer(json));
  return 0;
}

static int read_real(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (json_kind(json) != JSON_REAL && json_kind(json) != JSON_INTEGER) return fail_type(reader, json, def->path, "a number");
  *value = (struct value){.kind = VALUE_REAL, .real = json_real(json)};
  return 0;
}

static int read_boolean(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (!json_is_boolean(json)) return fail_type(reader, json, def->path, "true or false");
  *value = value_boolean(json_boolean(json));
  return 0;
}

static int read_texts(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (!json_is_list(json)) return fail_type(reader, json, def->path, "a list of texts");
  size_t count = json_length(json);
  struct value *items = take_values(reader, count);
  if (!items) return STATUS_MEMORY;
  *value = (struct value){.kind = VALUE_LIST, .items = items, .count = count};
  int status = 0;
  for (size_t i = 0; i < count && !status; i++) status = read_text(reader, def, json + 1 + i, &items[i]);
  return status;
}

/* --- records --- */

/* null stays null. */
static int read_field(struct report_reader *reader, const struct fact_def *def, const struct field *field, const struct json *json,
                      struct value *value) {
  if (field->suffix == 0 && json_is_plain(json)) {
    *value = value_text(json_bytes(json), json_length(json));
    return 0;
  }
  if (json_is_null(json)) {
    *value = (struct value){.kind = VALUE_NULL};
    return 0;
  }
  reader->part = field->text;
  int status;
  switch (field->suffix) {
  case '*': status = read_texts(reader, def, json, value); break;
  case '#': status = read_integer(reader, def, json, value); break;
  case '?': status = read_boolean(reader, def, json, value); break;
  default: status = read_text(reader, def, json, value); break;
  }
  reader->part = NULL;
  return status;
}

/* Those of the slots, which are in the order of the fields' ranks, that the mask names. */
static int make_record(struct report_reader *reader, struct record *record, uint64_t mask, const struct value *slots, struct value *value) {
  const struct keys *keys = record->keys && record->keys->mask == mask ? record->keys : index_keys(reader->index, record, mask, reader->arena);
  struct value *items = keys ? take_values(reader, keys->count) : NULL;
  if (!items) return STATUS_MEMORY;
  *value = (struct value){.kind = VALUE_MAP, .items = items, .keys = keys->names, .count = keys->count};
  for (; mask; mask >>= 1, slots++)
    if (mask & 1) *items++ = *slots;
  return 0;
}

/* An unknown field is left out. */
static int read_record(struct report_reader *reader, const struct fact_def *def, struct record *record, const struct json *json,
                       struct value *value) {
  if (!json_is_object(json)) return fail_type(reader, json, def->path, "an object");
  struct value slots[RECORD_FIELDS];
  struct field **guess = &record->first;
  uint64_t mask = 0;
  size_t unknown = 0;
  const struct json *key = json + 1;
  for (size_t left = json_length(json); left; left--, key = json_after(key + 1)) {
    struct field *field = *guess;
    if (!field || !word_is(&field->word, key)) {
      field = index_field(record, key);
      if (!field) {
        unknown++;
        if (json_has_nul(key) || !json_is_sound(reader->document, key + 1, reader->depth + 2)) return refuse(reader);
        continue;
      }
      *guess = field;
    }
    guess = &field->after;
    if (mask >> field->rank & 1) return refuse(reader);
    mask |= (uint64_t)1 << field->rank;
    int status = read_field(reader, def, field, key + 1, &slots[field->rank]);
    if (status) return status;
  }
  if (unknown > 1 && !json_keys_differ(json)) return refuse(reader);
  return make_record(reader, record, mask, slots, value);
}

static int read_records(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (!json_is_list(json)) return fail_type(reader, json, def->path, "a list of objects");
  struct record *record = reader->index->records[def - reader->catalog->defs];
  size_t count = json_length(json);
  struct value *items = take_values(reader, count);
  if (!items) return STATUS_MEMORY;
  *value = (struct value){.kind = VALUE_LIST, .items = items, .count = count};
  const struct json *at = json + 1;
  int status = 0;
  for (size_t i = 0; i < count && !status; i++, at = json_after(at)) status = read_record(reader, def, record, at, &items[i]);
  return status;
}

/* --- maps --- */

/* The text of a scalar: variables hold text, and people write PORT: 80. */
static int read_scalar_text(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  char number[JSON_NUMBER_BYTES];
  const char *text = NULL;
  switch (json_kind(json)) {
  case JSON_BOOLEAN: text = json_boolean(json) ? "true" : "false"; break;
  case JSON_REAL: text = json_shortest(number, json_real(json)); break;
  case JSON_INTEGER:
    snprintf(number, sizeof number, "%lld", (long long)json_integer(json));
    text = number;
    break;
  default: return read_text(reader, def, json, value);
  }
  char *copy = arena_text(reader->arena, text, strlen(text));
  if (!copy) return STATUS_MEMORY;
  *value = value_text(copy, strlen(copy));
  return 0;
}

int read_member_value(struct report_reader *reader, const struct fact_def *def, const char *name, const struct json *json, struct value *value) {
  if (json_is_null(json)) return 0;
  reader->part = name;
  int status = def->type == FACT_MAP ? read_scalar_text(reader, def, json, value) : read_boolean(reader, def, json, value);
  reader->part = NULL;
  return status;
}

struct member {
  uint64_t head;
  const struct json *key;
};

static int compare_members(const void *a, const void *b) {
  const struct member *one = a, *other = b;
  if (one->head != other->head) return one->head < other->head ? -1 : 1;
  return strcmp(json_bytes(one->key), json_bytes(other->key));
}

static void sort_members(struct member *members, size_t count) {
  if (count > FEW_MEMBERS) {
    qsort(members, count, sizeof *members, compare_members);
    return;
  }
  for (size_t i = 1; i < count; i++) {
    struct member member = members[i];
    size_t at = i;
    for (; at && compare_members(&members[at - 1], &member) > 0; at--) members[at] = members[at - 1];
    members[at] = member;
  }
}

/* The members in order of their keys, which differ; NULL with *status where they do not, or where memory is out. */
static struct member *list_members(struct report_reader *reader, const struct json *object, int *status) {
  size_t count = json_length(object);
  struct member *members = arena_take_bare(reader->arena, (count + 1) * sizeof *members);
  *status = members ? 0 : STATUS_MEMORY;
  bool sorted = true, good = true;
  const struct json *key = object + 1;
  for (size_t i = 0; members && i < count; i++, key = json_after(key + 1)) {
    members[i] = (struct member){.head = json_head(key), .key = key};
    good = good && !json_has_nul(key);
    sorted = sorted && (i == 0 || compare_members(&members[i - 1], &members[i]) < 0);
  }
  if (members && good && !sorted) {
    sort_members(members, count);
    for (size_t i = 1; i < count && good; i++) good = compare_members(&members[i - 1], &members[i]) != 0;
  }
  if (!good) *status = refuse(reader);
  return *status ? NULL : members;
}

/* Reads members in the order of the text, so that the first fault is told. */
static int find_fault(struct report_reader *reader, const struct fact_def *def, const struct json *object) {
  const struct json *key = object + 1;
  struct value ignored;
  int status = 0;
  for (size_t left = json_length(object); left && !status; left--, key = json_after(key + 1))
    status = read_member_value(reader, def, json_bytes(key), key + 1, &ignored);
  return status;
}

static int read_map(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (!json_is_object(json)) return fail_type(reader, json, def->path, "an object");
  size_t count = json_length(json);
  int status;
  const struct member *members = list_members(reader, json, &status);
  if (!members) return status;
  struct value *items = take_values(reader, count);
  const char **names = arena_take_bare(reader->arena, count * sizeof *names);
  if (!items || !names) return STATUS_MEMORY;
  *value = (struct value){.kind = VALUE_MAP, .items = items, .keys = names, .count = count};
  for (size_t i = 0; i < count; i++) {
    const struct json *key = members[i].key, *member = key + 1;
    names[i] = json_bytes(key);
    items[i] = (struct value){.kind = VALUE_NULL};
    bool suits = def->type == FACT_MAP ? !json_is_container(member) : json_is_boolean(member) || json_is_null(member);
    if (!suits) return find_fault(reader, def, json);
    status = read_member_value(reader, def, names[i], member, &items[i]);
    if (status) return status;
  }
  return 0;
}

int read_fact_value(struct report_reader *reader, size_t fact, const struct json *json, struct value *value) {
  static read_fn *const readers[FACT_TYPES] = {
      [FACT_TEXT] = read_text,   [FACT_INTEGER] = read_integer, [FACT_REAL] = read_real, [FACT_BOOLEAN] = read_boolean,
      [FACT_TEXTS] = read_texts, [FACT_RECORDS] = read_records, [FACT_MAP] = read_map,   [FACT_PATHS] = read_map,
  };
  const struct fact_def *def = &reader->catalog->defs[fact];
  return readers[def->type](reader, def, json, value);
}
