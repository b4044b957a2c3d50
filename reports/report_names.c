/* See report_names.h. */
#include "report_names.h"

#include <assert.h>
#include <stdlib.h>

#define BUCKETS ((size_t)1024) /* a power of two; a catalogue has a few hundred names */
#define KEYS_KEPT 16           /* sets of fields of one fact whose keys are shared; records with others have keys of their own */

struct word word_of(const char *text, size_t length) {
  struct word word = {.text = text, .length = length};
  char head[sizeof word.head] = {0}, mask[sizeof word.mask] = {0};
  if (length >= sizeof head) {
    memcpy(&word.head, text, sizeof word.head);
    memcpy(&word.tail, text + length - sizeof word.tail, sizeof word.tail);
    word.mask = UINT64_MAX;
    return word;
  }
  for (size_t i = 0; i < length; i++) {
    head[i] = text[i];
    mask[i] = -1;
  }
  memcpy(&word.head, head, sizeof head);
  memcpy(&word.mask, mask, sizeof mask);
  return word;
}

static size_t bucket_of(const struct name *above, const struct word *word) {
  uint64_t mixed = (word->head ^ word->tail << 7 ^ word->length ^ (uint64_t)(uintptr_t)above) * 0x9e3779b97f4a7c15u;
  return (size_t)(mixed >> 40) & (BUCKETS - 1);
}

struct name *names_find(const struct names *names, const struct name *above, const char *text, size_t length) {
  struct word word = word_of(text, length);
  struct name *name = names->buckets[bucket_of(above, &word)];
  while (name && (name->above != above || name->word.length != length || memcmp(name->word.text, text, length) != 0)) name = name->next;
  return name;
}

/* Adds `length` bytes of `path`, the name from `start` on, below `above`. */
static struct name *add_name(struct names *names, struct name *above, const char *path, size_t start, size_t length) {
  struct name *name = arena_take(names->arena, sizeof *name);
  if (!name) return NULL;
  *name = (struct name){.word = word_of(path + start, length - start), .path = path, .path_length = length, .fact = FACT_NONE, .above = above};
  struct name **bucket = &names->buckets[bucket_of(above, &name->word)], **end = &above->first;
  name->next = *bucket;
  *bucket = name;
  while (*end) end = &(*end)->after;
  return *end = name;
}

static int add_path(struct names *names, size_t fact) {
  const char *path = names->catalog->defs[fact].path;
  struct name *name = &names->root;
  for (size_t start = 0, end; path[start]; start = end + (path[end] == '.')) {
    end = start + strcspn(path + start, ".");
    struct name *below = names_find(names, name, path + start, end - start);
    name = below ? below : add_name(names, name, path, start, end);
    if (!name) return -1;
    if (!path[end]) break;
    if (name->below.first == name->below.end) name->below.first = fact;
    name->below.end = fact + 1;
  }
  name->fact = fact;
  name->is_text = names->catalog->defs[fact].type == FACT_TEXT;
  return 0;
}

struct name *names_at(struct names *names, const char *path, size_t length) {
  struct name *name = &names->root;
  for (size_t start = 0, end;; start = end + 1) {
    for (end = start; end < length && path[end] != '.';) end++;
    name = names_find(names, name, path + start, end - start);
    if (!name || end == length) return name;
  }
}

static int compare_fields(const void *a, const void *b) { return strcmp(((const struct field *)a)->text, ((const struct field *)b)->text); }

static size_t count_fields(const char *fields) {
  size_t count = 0;
  for (const char *at = fields; *at; at += strspn(at, " ")) {
    at += strcspn(at, " ");
    count++;
  }
  return count;
}

/* Sorts them by name; what is expected first is the field that the definition has first. */
static void order_fields(struct record *record, const char *first) {
  qsort(record->fields, record->count, sizeof *record->fields, compare_fields);
  for (size_t i = 0; i < record->count; i++) {
    struct field *field = &record->fields[i];
    field->rank = (unsigned)i;
    field->after = &record->fields[(i + 1) % record->count];
    if (field->word.length == strcspn(first, " *#?") && strncmp(first, field->text, field->word.length) == 0) record->first = field;
  }
}

static struct record *new_record(struct arena *arena, const char *fields) {
  struct record *record = arena_take(arena, sizeof *record);
  if (!record) return NULL;
  record->count = count_fields(fields);
  assert(record->count <= RECORD_FIELDS);
  record->fields = arena_take_array(arena, record->count, sizeof *record->fields);
  struct field *field = record->fields;
  for (const char *at = fields; field && *at; field++) {
    size_t width = strcspn(at, " "), bare = strcspn(at, " *#?");
    field->text = arena_text(arena, at, bare);
    if (!field->text) return NULL;
    field->word = word_of(field->text, bare);
    field->suffix = bare < width ? at[bare] : 0;
    at += width + (at[width] == ' ');
  }
  if (!field) return NULL;
  order_fields(record, fields);
  return record;
}

struct names *names_new(const struct fact_catalog *catalog, struct arena *arena) {
  assert(catalog && arena);
  struct names *names = arena_take(arena, sizeof *names);
  if (!names) return NULL;
  *names = (struct names){.catalog = catalog, .arena = arena, .root = {.fact = FACT_NONE, .path = ""}};
  names->buckets = arena_take_array(arena, BUCKETS, sizeof(struct name *));
  names->records = arena_take_array(arena, catalog->count, sizeof(struct record *));
  if (!names->buckets || !names->records) return NULL;
  for (size_t i = 0; i < catalog->count; i++) {
    const struct fact_def *def = &catalog->defs[i];
    if (add_path(names, i)) return NULL;
    if (def->type != FACT_RECORDS) continue;
    names->records[i] = new_record(arena, def->fields ? def->fields : "");
    if (!names->records[i]) return NULL;
  }
  return names;
}

struct field *names_field(const struct record *record, const struct json *key) {
  for (size_t i = 0; i < record->count; i++)
    if (word_is(&record->fields[i].word, key)) return &record->fields[i];
  return NULL;
}

static struct keys *new_keys(const struct record *record, uint64_t mask, struct arena *arena) {
  struct keys *keys = arena_take(arena, sizeof *keys);
  if (!keys) return NULL;
  *keys = (struct keys){.mask = mask, .names = arena_take_array(arena, record->count, sizeof *keys->names)};
  for (size_t i = 0; keys->names && i < record->count; i++)
    if (mask >> i & 1) keys->names[keys->count++] = record->fields[i].text;
  return keys->names ? keys : NULL;
}

const struct keys *names_keys(struct names *names, struct record *record, uint64_t mask, struct arena *arena) {
  struct keys **at = &record->keys;
  while (*at && (*at)->mask != mask) at = &(*at)->next;
  struct keys *found = *at;
  if (!found && record->keys_count == KEYS_KEPT) return new_keys(record, mask, arena);
  if (found) {
    *at = found->next;
  } else {
    found = new_keys(record, mask, names->arena);
    if (!found) return NULL;
    record->keys_count++;
  }
  found->next = record->keys;
  return record->keys = found;
}

void names_remember(struct record *record, const struct json *object, const struct keys *keys) {
  size_t count = json_length(object);
  struct record_shape *shape = &record->shapes[count % SHAPES];
  shape->count = 0;
  if (count > SHAPE_MEMBERS || keys != record->keys) return; /* keys that are not kept go with the report */
  const struct json *key = object + 1;
  for (size_t i = 0; i < count; i++, key = json_after(key + 1)) {
    struct shape_member *member = &shape->members[i];
    size_t length = json_length(key);
    if (length > 2 * sizeof member->word.head) return;
    *member = (struct shape_member){.word = word_of(json_bytes(key), length), .field = names_field(record, key)};
    member->word.text = NULL; /* goes with the report; names so short are compared without it */
    member->is_text = member->field && member->field->suffix == 0;
    for (size_t place = 0; member->field && keys->names[place] != member->field->text; place++) member->place = place + 1;
  }
  shape->keys = keys;
  shape->count = count;
}
