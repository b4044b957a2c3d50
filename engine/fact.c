/* See fact.h. */
#include "fact.h"

#include <assert.h>
#include <string.h>

static const char *const type_names[FACT_TYPES] = {
    [FACT_TEXT] = "text",   [FACT_INTEGER] = "integer", [FACT_REAL] = "real", [FACT_BOOLEAN] = "boolean",
    [FACT_TEXTS] = "texts", [FACT_RECORDS] = "records", [FACT_MAP] = "map",   [FACT_PATHS] = "paths",
};
static const char *const forge_names[FORGE_COSTS] = {
    [FORGE_TENANT] = "tenant", [FORGE_ROOT] = "root", [FORGE_IMAGE] = "image", [FORGE_VMM] = "vmm", [FORGE_NETWORK] = "network",
};
static const char *const forge_words[FORGE_COSTS] = {
    [FORGE_TENANT] = "what any tenant can set",         [FORGE_ROOT] = "what root can change",
    [FORGE_IMAGE] = "what a kernel or image can claim", [FORGE_VMM] = "what the machine monitor can claim",
    [FORGE_NETWORK] = "what the network shows",
};
static const char *const privilege_names[PRIVILEGES] = {
    [PRIVILEGE_NONE] = "none",
    [PRIVILEGE_ROOT] = "root",
    [PRIVILEGE_NETWORK] = "network",
    [PRIVILEGE_WRITE] = "write",
};

const char *fact_type_name(enum fact_type type) { return type_names[type]; }
const char *fact_forge_name(enum forge_cost cost) { return forge_names[cost]; }
const char *fact_forge_words(enum forge_cost cost) { return forge_words[cost]; }
const char *fact_privilege_name(enum privilege privilege) { return privilege_names[privilege]; }

int fact_forge_from_name(const char *name) {
  for (int i = 0; i < FORGE_COSTS; i++)
    if (strcmp(forge_names[i], name) == 0) return i;
  return -1;
}

static int compare_path(const char *path, size_t length, const char *other) {
  int order = strncmp(path, other, length);
  return order ? order : other[length] ? -1 : 0;
}

size_t fact_find(const struct fact_catalog *catalog, const char *path, size_t length) {
  size_t low = 0, high = catalog->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = compare_path(path, length, catalog->defs[middle].path);
    if (order == 0) return middle;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return FACT_NONE;
}

size_t fact_find_member(const struct fact_catalog *catalog, const char *path, const char **key) {
  for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.')) {
    size_t index = fact_find(catalog, path, (size_t)(dot - path));
    if (index == FACT_NONE) continue;
    enum fact_type type = catalog->defs[index].type;
    if ((type != FACT_MAP && type != FACT_PATHS) || !dot[1]) return FACT_NONE;
    *key = dot + 1;
    return index;
  }
  return FACT_NONE;
}

/* Index of the first fact whose path is not before `path` followed by this character. */
static size_t first_from(const struct fact_catalog *catalog, const char *path, size_t length, char next) {
  size_t low = 0, high = catalog->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const char *own = catalog->defs[middle].path;
    int order = strncmp(own, path, length);
    if (order < 0 || (order == 0 && (unsigned char)own[length] < (unsigned char)next))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

struct fact_range fact_below(const struct fact_catalog *catalog, const char *path, size_t length) {
  return (struct fact_range){.first = first_from(catalog, path, length, '.'), .end = first_from(catalog, path, length, '.' + 1)};
}

bool fact_is_domain(const struct fact_catalog *catalog, const char *path, size_t length) {
  struct fact_range below = fact_below(catalog, path, length);
  return below.first < below.end;
}

size_t fact_field(const struct fact_def *def, const char *name, char *suffix) {
  size_t length = strlen(name), index = 0;
  for (const char *at = def->fields; at && *at; index++) {
    size_t width = strcspn(at, " "), bare = strcspn(at, " *#?");
    if (bare == length && strncmp(at, name, length) == 0) {
      *suffix = bare < width ? at[bare] : 0;
      return index;
    }
    at += width + (at[width] == ' ');
  }
  return FACT_NONE;
}

const struct value *value_member(const struct value *map, const char *key) {
  assert(map->kind == VALUE_MAP);
  size_t low = 0, high = map->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp(key, map->keys[middle]);
    if (order == 0) return &map->items[middle];
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}

bool value_is_hidden(const struct value *value) {
  if (value->kind != VALUE_TEXT || value->text[0] != VALUE_HIDDEN[0]) return false; /* both begin so */
  return strcmp(value->text, VALUE_HIDDEN) == 0 || strncmp(value->text, VALUE_HASHED, sizeof VALUE_HASHED - 1) == 0;
}

struct fact_set *fact_set_in(struct arena *arena, const struct fact_catalog *catalog) {
  assert(arena && catalog);
  struct fact_set *set = arena_take(arena, sizeof *set);
  struct fact *facts = set ? arena_take_array(arena, catalog->count, sizeof *facts) : NULL;
  if (!facts) return NULL;
  *set = (struct fact_set){.catalog = catalog, .facts = facts, .arena = arena};
  return set;
}

struct fact_set *fact_set_new(const struct fact_catalog *catalog) {
  struct arena *arena = arena_new();
  struct fact_set *set = arena ? fact_set_in(arena, catalog) : NULL;
  if (!set) arena_free(arena);
  return set;
}

void fact_set_free(struct fact_set *set) {
  if (set) arena_free(set->arena);
}

void fact_set_clear(struct fact_set *set) {
  for (struct fact *fact = set->facts, *end = fact + set->catalog->count; fact < end; fact++)
    if (fact->state != FACT_UNKNOWN || fact->partial || fact->value.kind != VALUE_NULL) *fact = (struct fact){.state = FACT_UNKNOWN};
}

void fact_set_value(struct fact_set *set, size_t index, struct value value) {
  assert(index < set->catalog->count);
  struct fact *fact = &set->facts[index];
  fact->value = value;
  fact->state = fact_state_of(fact, set->catalog->defs[index].type);
}

void fact_set_absent(struct fact_set *set, size_t index) {
  assert(index < set->catalog->count);
  set->facts[index].state = FACT_ABSENT;
  set->facts[index].value = (struct value){.kind = VALUE_NULL};
}

void fact_set_unreadable(struct fact_set *set, size_t index, const char *reason) {
  assert(index < set->catalog->count && reason);
  set->facts[index].state = FACT_UNREADABLE;
  set->facts[index].reason = arena_text(set->arena, reason, strlen(reason));
}

/* Applies to a fact that is still unknown. */
static void set_state(struct fact *fact, enum fact_state state, const char *reason) {
  if (fact->state != FACT_UNKNOWN) return;
  fact->state = state;
  if (reason) fact->reason = reason;
}

size_t fact_set_below(struct fact_set *set, const char *path, size_t length, enum fact_state state, const char *reason) {
  struct fact_range below = fact_below(set->catalog, path, length);
  size_t index = fact_find(set->catalog, path, length), count = below.end - below.first + (index != FACT_NONE);
  const char *kept = reason && count ? arena_text(set->arena, reason, strlen(reason)) : NULL;
  if (index != FACT_NONE) set_state(&set->facts[index], state, kept);
  for (size_t i = below.first; i < below.end; i++) set_state(&set->facts[i], state, kept);
  return count;
}
