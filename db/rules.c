/* See rules.h: walks the directory, reads each file, sorts and links what was read. */
#include "rules.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../collectors/os.h"
#include "reader.h"

size_t rules_layer_position(const struct rules *rules, const char *layer) {
  size_t i = 0;
  while (i < rules->layer_count && strcmp(rules->layers[i].id, layer) != 0) i++;
  return i;
}

static struct rules *rules_new(const struct fact_catalog *catalog) {
  struct arena *arena = arena_new();
  struct rules *rules = arena ? arena_take(arena, sizeof *rules) : NULL;
  if (!rules) {
    arena_free(arena);
    return NULL;
  }
  rules->arena = arena;
  rules->catalog = catalog;
  return rules;
}

void rules_free(struct rules *rules) {
  if (!rules) return;
  mem_free(rules->things);
  mem_free(rules->libs);
  arena_free(rules->arena);
}

static void note(struct reader *reader, int code) {
  if (!reader->code) reader->code = code;
}

static bool ends_with(const char *name, const char *end) {
  size_t length = strlen(name), width = strlen(end);
  return length > width && strcmp(name + length - width, end) == 0;
}

/* A new file of its kind, at the end of its list. */
static struct rules_thing *add_thing(struct reader *reader, const char *layer) {
  struct rules *rules = reader->rules;
  bool lib = strcmp(layer, RULES_LIB) == 0;
  int failed = lib ? mem_grow(&rules->libs, &rules->lib_capacity, rules->lib_count + 1, sizeof(struct rules_thing *))
                   : mem_grow(&rules->things, &rules->thing_capacity, rules->thing_count + 1, sizeof(struct rules_thing *));
  struct rules_thing *thing = failed ? NULL : reader_take(reader, 1, sizeof *thing);
  if (!thing) {
    note(reader, STATUS_MEMORY);
    return NULL;
  }
  if (lib)
    rules->libs[rules->lib_count++] = thing;
  else
    rules->things[rules->thing_count++] = thing;
  return thing;
}

static void read_file(struct reader *reader, const char *path, const char *inner, const char *layer, const char *name) {
  struct arena *arena = reader->rules->arena;
  const struct yaml_node *root;
  const char *id = arena_text(arena, name, strlen(name) - strlen(".yaml"));
  const char *rule = id ? arena_format(arena, "%s/%s", layer, id) : NULL;
  reader->file = path;
  reader->rule = rule;
  int code = rule ? yaml_read(arena, path, reader->diags, &root) : STATUS_MEMORY;
  struct rules_thing *thing = code ? NULL : add_thing(reader, layer);
  note(reader, code);
  if (!thing) return;
  *thing = (struct rules_thing){
      .layer = layer, .file = path, .inner = inner, .rule = rule, .draft = strncmp(inner, RULES_DRAFT "/", sizeof RULES_DRAFT) == 0};
  thing->position = rules_layer_position(reader->rules, layer);
  reader_thing(reader, root, thing, id);
}

/* The sorted names in a directory; false where there is none. */
static bool list_directory(struct reader *reader, const char *path, char ***names, size_t *count) {
  int error = os_list(path, RULES_FILES + 1, reader->rules->arena, names, count);
  reader->file = path;
  reader->rule = NULL;
  if (error && error != ENOENT) reader_complain(reader, NULL, STATUS_IO, NULL, "%s", strerror(error));
  if (!error && *count > RULES_FILES) reader_complain(reader, NULL, STATUS_RULE_SIZE, NULL, "more than %zu files", RULES_FILES);
  return !error && *count <= RULES_FILES;
}

static void read_directory(struct reader *reader, const char *directory, const char *inner, const char *layer) {
  struct arena *arena = reader->rules->arena;
  char **names;
  size_t count;
  const char *path = arena_format(arena, "%s/%s", directory, inner);
  if (!path || !list_directory(reader, path, &names, &count)) return;
  for (size_t i = 0; i < count; i++) {
    const char *file = arena_format(arena, "%s/%s", path, names[i]), *below = arena_format(arena, "%s/%s", inner, names[i]);
    if (!file || !below) {
      note(reader, STATUS_MEMORY);
      return;
    }
    if (names[i][0] == '.') continue;
    if (ends_with(names[i], ".yaml")) {
      read_file(reader, file, below, layer, names[i]);
    } else if (ends_with(names[i], ".yml")) {
      reader->file = file;
      reader->rule = NULL;
      reader_complain(reader, NULL, STATUS_RULE_ID, NULL, "found .yml; a rule file ends in .yaml");
    }
  }
}

static void complain_of_stray(struct reader *reader, const char *path, const char *name) {
  const struct rules *rules = reader->rules;
  const char **layers = reader_take(reader, rules->layer_count + 2, sizeof *layers);
  size_t count = 0;
  for (size_t i = 0; layers && i < rules->layer_count; i++) layers[count++] = rules->layers[i].id;
  if (layers) layers[count++] = RULES_LIB;
  reader->file = path;
  reader->rule = NULL;
  reader_complain(reader, NULL, STATUS_RULE_LAYER, layers ? reader_near(reader, name, layers, count) : NULL, "\"%.60s\" is the directory of no layer",
                  name);
}

/* Rule files that nothing reads are mistakes of their author: say so. `drafts` has no lib. */
static void check_strays(struct reader *reader, const char *directory, bool drafts) {
  struct arena *arena = reader->rules->arena;
  char **names;
  size_t count;
  if (!list_directory(reader, directory, &names, &count)) return;
  for (size_t i = 0; i < count; i++) {
    enum os_kind kind;
    bool known =
        strcmp(names[i], "model.yaml") == 0 || names[i][0] == '.' || rules_layer_position(reader->rules, names[i]) < reader->rules->layer_count;
    if (!drafts) known = known || strcmp(names[i], RULES_LIB) == 0 || strcmp(names[i], RULES_DRAFT) == 0;
    const char *path = arena_format(arena, "%s/%s", directory, names[i]);
    if (known || !path || os_kind(path, &kind)) continue;
    if (kind == OS_DIRECTORY || ends_with(names[i], ".yaml")) complain_of_stray(reader, path, names[i]);
  }
}

static int compare_things(const void *left, const void *right) {
  const struct rules_thing *a = *(struct rules_thing *const *)left, *b = *(struct rules_thing *const *)right;
  if (a->position != b->position) return a->position < b->position ? -1 : 1;
  int order = strcmp(a->id, b->id);
  return order ? order : strcmp(a->inner, b->inner);
}

static void read_all(struct reader *reader, const char *directory, bool drafts) {
  struct rules *rules = reader->rules;
  check_strays(reader, directory, false);
  read_directory(reader, directory, RULES_LIB, RULES_LIB);
  for (size_t i = 0; i < rules->layer_count; i++) read_directory(reader, directory, rules->layers[i].id, rules->layers[i].id);
  const char *draft = arena_format(rules->arena, "%s/%s", directory, RULES_DRAFT);
  if (drafts && draft) check_strays(reader, draft, true);
  for (size_t i = 0; drafts && i < rules->layer_count; i++) {
    const char *inner = arena_format(rules->arena, RULES_DRAFT "/%s", rules->layers[i].id);
    if (inner) read_directory(reader, directory, inner, rules->layers[i].id);
  }
}

/* What is known of a layer is shared by its things, so that one more of them takes nothing from unknown. */
static void share_known(struct rules *rules) {
  for (size_t k = 0; k < rules->layer_count; k++) {
    double sum = 0, known = rules->layers[k].known;
    for (size_t i = 0; i < rules->thing_count; i++)
      if (rules->things[i]->position == k) sum += rules->things[i]->prior;
    for (size_t i = 0; i < rules->thing_count; i++) {
      struct rules_thing *thing = rules->things[i];
      if (thing->position == k) thing->odds = known > 0 ? thing->prior * known / sum : thing->prior;
    }
    if (!known) rules->layers[k].known = sum;
  }
}

int rules_read(const char *directory, bool drafts, const struct fact_catalog *catalog, struct diag_list *diags, struct rules **out) {
  assert(directory && catalog && out);
  const struct yaml_node *root;
  *out = NULL;
  struct rules *rules = rules_new(catalog);
  if (!rules) return STATUS_MEMORY;
  size_t length = strlen(directory);
  while (length > 1 && directory[length - 1] == '/') length--;
  const char *top = arena_text(rules->arena, directory, length);
  struct reader reader = {.rules = rules, .diags = diags, .file = top ? arena_format(rules->arena, "%s/model.yaml", top) : NULL};
  int code = reader.file ? yaml_read(rules->arena, reader.file, diags, &root) : STATUS_MEMORY;
  if (!code) reader_model(&reader, root);
  if (code || reader.code) {
    rules_free(rules);
    return code ? code : reader.code;
  }
  read_all(&reader, top, drafts);
  if (!reader.code && rules->thing_count == 0) note(&reader, diag_format(diags, STATUS_RULE_EMPTY, top, 0, 0, "no rule file in any layer"));
  if (rules->thing_count) qsort(rules->things, rules->thing_count, sizeof *rules->things, compare_things);
  reader_link(&reader);
  share_known(rules);
  *out = rules;
  return reader.code;
}
