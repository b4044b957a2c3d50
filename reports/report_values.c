/* See report_inside.h: values. Knows the catalogue's types; must not know where in a report a fact stands. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "report_inside.h"

#define ROOM ((size_t)1024) /* values that memory is taken for at once */
#define FEW_MEMBERS 32      /* of a map, sorted by insertion */

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
static inline struct value *take_values(struct report_reader *reader, size_t count) {
  if ((count > reader->values_left || !reader->values) && make_room(reader, count)) return NULL;
  struct value *values = reader->values;
  reader->values += count;
  reader->values_left -= count;
  return values;
}

/* Member by member: a whole value would be made beside its place and copied. */
static inline void put_text(struct value *value, const struct json *text) {
  value->kind = VALUE_TEXT;
  value->text = json_bytes(text);
  value->length = json_length(text);
}

static inline void put_items(struct value *value, enum value_kind kind, struct value *items, const char **keys, size_t count) {
  value->kind = kind;
  value->items = items;
  value->keys = keys;
  value->count = count;
}

static inline bool take_plain(const struct json *json, struct value *value) {
  if (!json_is_plain(json)) return false;
  put_text(value, json);
  return true;
}

static int read_text(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (!json_is_text(json)) return fail_type(reader, json, def->path, "a text");
  if (json_has_nul(json)) return refuse(reader);
  put_text(value, json);
  return 0;
}

static int read_integer(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (!json_is_integer(json)) return fail_type(reader, json, def->path, "an integer");
  *value = value_integer(json->value.uni.i64);
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
  put_items(value, VALUE_LIST, items, NULL, count);
  const struct json *texts = json + 1;
  for (size_t i = 0; i < count; i++) {
    if (take_plain(&texts[i], &items[i])) continue;
    int status = read_text(reader, def, &texts[i], &items[i]);
    if (status) return status;
  }
  return 0;
}

/* --- records --- */

/* null stays null. */
static int read_field(struct report_reader *reader, const struct fact_def *def, const struct field *field, const struct json *json,
                      struct value *value) {
  *value = (struct value){.kind = VALUE_NULL};
  if (json_is_null(json)) return 0;
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

#define NOT_ALIKE (-1)

/* Reads a record that has the members of the one before, in their order, or says that it has not. */
static int read_alike(struct report_reader *reader, const struct fact_def *def, const struct record_shape *shape, const struct json *object,
                      struct value *value) {
  if (json_length(object) != shape->count || !shape->count) return NOT_ALIKE;
  struct value *items = take_values(reader, shape->keys->count);
  if (!items) return STATUS_MEMORY;
  put_items(value, VALUE_MAP, items, shape->keys->names, shape->keys->count);
  const struct json *key = object + 1;
  const struct shape_member *member = shape->members, *end = member + shape->count;
  do {
    if (!word_is(&member->word, key)) return NOT_ALIKE;
    const struct json *json = key + 1;
    if (member->is_text && take_plain(json, &items[member->place])) {
      key = json + 1;
      continue;
    }
    int status = member->field ? read_field(reader, def, member->field, json, &items[member->place]) : check_unknown(reader, json, reader->depth + 2);
    if (status) return status;
    key = json_after(json);
  } while (++member < end);
  return 0;
}

/* Reads the fields of an object, each into the slot of its rank; *found gets a bit for each. An unknown one is left out. */
static int read_fields(struct report_reader *reader, const struct fact_def *def, struct record *record, const struct json *object,
                       struct value *slots, uint64_t *found) {
  struct field **guess = &record->first;
  size_t unknown = 0;
  int status = 0;
  const struct json *key = object + 1;
  *found = 0;
  for (size_t left = json_length(object); left && !status; left--, key = json_after(key + 1)) {
    struct field *field = *guess && word_is(&(*guess)->word, key) ? *guess : names_field(record, key);
    if (!field) {
      unknown++;
      status = json_has_nul(key) ? refuse(reader) : check_unknown(reader, key + 1, reader->depth + 2);
      continue;
    }
    *guess = field;
    guess = &field->after;
    if (*found >> field->rank & 1) return refuse(reader);
    *found |= (uint64_t)1 << field->rank;
    status = read_field(reader, def, field, key + 1, &slots[field->rank]);
  }
  return !status && unknown > 1 && !json_keys_differ(object) ? refuse(reader) : status;
}

static int read_unlike(struct report_reader *reader, const struct fact_def *def, struct record *record, const struct json *object,
                       struct value *value) {
  struct value slots[RECORD_FIELDS];
  uint64_t found;
  int status = read_fields(reader, def, record, object, slots, &found);
  if (status) return status;
  const struct keys *keys = names_keys(reader->names, record, found, reader->arena);
  struct value *items = keys ? take_values(reader, keys->count) : NULL;
  if (!items) return STATUS_MEMORY;
  put_items(value, VALUE_MAP, items, keys->names, keys->count);
  for (size_t rank = 0; rank < record->count; rank++)
    if (found >> rank & 1) *items++ = slots[rank];
  names_remember(record, object, keys);
  return 0;
}

static int read_records(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  if (!json_is_list(json)) return fail_type(reader, json, def->path, "a list of objects");
  size_t count = json_length(json);
  struct value *items = take_values(reader, count);
  if (!items) return STATUS_MEMORY;
  put_items(value, VALUE_LIST, items, NULL, count);
  struct record *record = reader->names->records[def - reader->catalog->defs];
  const struct json *at = json + 1;
  for (const struct value *end = items + count; items < end; items++, at = json_after(at)) {
    if (!json_is_object(at)) return fail_type(reader, at, def->path, "an object");
    int status = read_alike(reader, def, names_shape(record, at), at, items);
    if (status == NOT_ALIKE) status = read_unlike(reader, def, record, at, items);
    if (status) return status;
  }
  return 0;
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

static inline int compare_members(const struct member *one, const struct member *other) {
  if (one->head != other->head) return one->head < other->head ? -1 : 1;
  return strcmp(json_bytes(one->key), json_bytes(other->key));
}

static int compare_for_sort(const void *a, const void *b) { return compare_members(a, b); }

static void sort_members(struct member *members, size_t count) {
  if (count > FEW_MEMBERS) {
    qsort(members, count, sizeof *members, compare_for_sort);
    return;
  }
  for (struct member *next = members + 1; next < members + count; next++) {
    struct member member = *next, *at = next;
    for (; at > members && compare_members(at - 1, &member) > 0; at--) *at = at[-1];
    *at = member;
  }
}

/* The members in order of their keys, which differ; NULL with *status where they do not, or where memory is out. */
static struct member *list_members(struct report_reader *reader, const struct json *object, int *status) {
  size_t count = json_length(object);
  struct member *members = arena_take_bare(reader->arena, count * sizeof *members);
  *status = STATUS_MEMORY;
  if (!members) return NULL;
  const struct member *end = members + count;
  bool sorted = true, good = true;
  const struct json *key = object + 1;
  for (struct member *member = members; member < end; member++, key = json_after(key + 1)) {
    *member = (struct member){.head = json_head(key), .key = key};
    if (json_has_nul(key)) good = false;
    if (sorted && member > members) sorted = compare_members(member - 1, member) < 0;
  }
  if (good && !sorted) {
    sort_members(members, count);
    for (struct member *member = members + 1; member < end && good; member++) good = compare_members(member - 1, member) != 0;
  }
  *status = good ? 0 : refuse(reader);
  return good ? members : NULL;
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
  put_items(value, VALUE_MAP, items, names, count);
  bool texts = def->type == FACT_MAP;
  for (size_t i = 0; i < count; i++) {
    const struct json *key = members[i].key, *member = key + 1;
    names[i] = json_bytes(key);
    if (texts && take_plain(member, &items[i])) continue;
    items[i] = (struct value){.kind = VALUE_NULL};
    bool suits = texts ? !json_is_container(member) : json_is_boolean(member) || json_is_null(member);
    status = suits ? read_member_value(reader, def, names[i], member, &items[i]) : find_fault(reader, def, json);
    if (status) return status;
  }
  return 0;
}

int read_fact_value(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value) {
  static read_fn *const readers[FACT_TYPES] = {
      [FACT_TEXT] = read_text,   [FACT_INTEGER] = read_integer, [FACT_REAL] = read_real, [FACT_BOOLEAN] = read_boolean,
      [FACT_TEXTS] = read_texts, [FACT_RECORDS] = read_records, [FACT_MAP] = read_map,   [FACT_PATHS] = read_map,
  };
  return readers[def->type](reader, def, json, value);
}
