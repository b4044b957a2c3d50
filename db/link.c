/* Names that reach from one rule file into another: shared signals, kinds, stacks. Knows all files; must not know YAML's keys. */
#include <assert.h>
#include <string.h>

#include "reader.h"

static void enter(struct reader *reader, const struct rules_thing *thing) {
  reader->file = thing->file;
  reader->rule = thing->rule;
}

static struct rules_thing *find_thing(const struct rules *rules, const char *layer, size_t length, const char *id, size_t id_length) {
  bool lib = length == strlen(RULES_LIB) && strncmp(layer, RULES_LIB, length) == 0;
  struct rules_thing *const *things = lib ? rules->libs : rules->things;
  size_t count = lib ? rules->lib_count : rules->thing_count;
  for (size_t i = 0; i < count; i++)
    if (strlen(things[i]->layer) == length && strncmp(things[i]->layer, layer, length) == 0 && strlen(things[i]->id) == id_length &&
        strncmp(things[i]->id, id, id_length) == 0)
      return things[i];
  return NULL;
}

/* --- shared signals --- */

static struct rules_signal *find_signal(const struct rules *rules, const char *reference) {
  const char *slash = strchr(reference, '/'), *dot = strrchr(reference, '.');
  if (!slash || !dot || dot < slash) return NULL;
  const struct rules_thing *thing = find_thing(rules, reference, (size_t)(slash - reference), slash + 1, (size_t)(dot - slash - 1));
  for (size_t i = 0; thing && i < thing->signal_count; i++)
    if (thing->signals[i].id && strcmp(thing->signals[i].id, dot + 1) == 0) return &thing->signals[i];
  return NULL;
}

struct name_list {
  const char **names;
  size_t count, capacity;
};

static void gather(struct reader *reader, struct rules_thing *const *things, size_t count, struct name_list *list) {
  for (size_t i = 0; i < count; i++)
    for (size_t s = 0; s < things[i]->signal_count; s++) {
      const struct rules_signal *signal = &things[i]->signals[s];
      if (!signal->id || signal->reference || mem_grow(&list->names, &list->capacity, list->count + 1, sizeof *list->names)) continue;
      const char *name = arena_format(reader->rules->arena, "%s/%s.%s", things[i]->layer, things[i]->id, signal->id);
      if (name) list->names[list->count++] = name;
    }
}

static void complain_of_reference(struct reader *reader, const struct yaml_node *node) {
  struct name_list list = {0};
  gather(reader, reader->rules->libs, reader->rules->lib_count, &list);
  gather(reader, reader->rules->things, reader->rules->thing_count, &list);
  reader_complain(reader, node, STATUS_RULE_REFERENCE, reader_near(reader, node->text, list.names, list.count),
                  "found \"%.80s\"; expected a signal as directory/id.signal", node->text);
  mem_free(list.names);
}

/* What a reference does not set anew comes from the signal it names. */
static void inherit(struct rules_signal *signal, const struct rules_signal *shared) {
  signal->when = shared->when;
  signal->text = shared->text;
  if (!signal->group) signal->group = shared->group;
  if (!signal->why) signal->why = shared->why;
  if (!signal->source) signal->source = shared->source;
  if (signal->seen < 0) signal->seen = shared->seen;
  if (signal->elsewhere < 0) signal->elsewhere = shared->elsewhere;
  if (!signal->has_volatile) signal->is_volatile = shared->is_volatile;
}

static void resolve(struct reader *reader, struct rules_signal *signal) {
  struct rules_signal *shared = find_signal(reader->rules, signal->reference->text);
  if (!shared) {
    complain_of_reference(reader, signal->reference);
    return;
  }
  if (shared->reference) {
    reader_complain(reader, signal->reference, STATUS_RULE_REFERENCE, NULL, "\"%.80s\" is itself a reference; name the signal \"%.80s\"",
                    signal->reference->text, shared->reference->text);
    return;
  }
  shared->used = true;
  inherit(signal, shared);
  bool wrong_seen = signal->seen < 0 && !yaml_member(signal->node, "seen"),
       wrong_elsewhere = signal->elsewhere < 0 && !yaml_member(signal->node, "elsewhere");
  if (wrong_seen || wrong_elsewhere)
    reader_complain(reader, signal->node, STATUS_RULE_MISSING_KEY, NULL, "\"%s\" is missing, and the shared signal has none",
                    wrong_seen ? "seen" : "elsewhere");
}

/* --- kinds and stacks --- */

static const char **ids_of_layer(struct reader *reader, const char *layer, size_t *count) {
  const struct rules *rules = reader->rules;
  const char **ids = reader_take(reader, rules->thing_count + 1, sizeof *ids);
  *count = 0;
  for (size_t i = 0; ids && i < rules->thing_count; i++)
    if (strcmp(rules->things[i]->layer, layer) == 0) ids[(*count)++] = rules->things[i]->id;
  return ids;
}

static void complain_of_id(struct reader *reader, const struct yaml_node *node, const char *layer, const char *id) {
  size_t count;
  const char **ids = ids_of_layer(reader, layer, &count);
  if (!ids) return;
  reader_complain(reader, node, STATUS_RULE_REFERENCE, reader_near(reader, id, ids, count), "found \"%.60s\"; expected an id of the layer %s", id,
                  layer);
}

static const struct rules_thing *parent_of(const struct rules *rules, const struct rules_thing *thing) {
  const char *id = thing->kind_of ? thing->kind_of->text : NULL;
  return id ? find_thing(rules, thing->layer, strlen(thing->layer), id, strlen(id)) : NULL;
}

static void check_kind(struct reader *reader, const struct rules_thing *thing) {
  const struct rules_thing *parent = parent_of(reader->rules, thing);
  if (!parent) {
    complain_of_id(reader, thing->kind_of, thing->layer, thing->kind_of->text);
    return;
  }
  for (size_t steps = 0; parent && parent != thing && steps < reader->rules->thing_count; steps++) parent = parent_of(reader->rules, parent);
  if (parent == thing) reader_complain(reader, thing->kind_of, STATUS_RULE_CYCLE, NULL, "following kind_of from \"%s\" leads back to it", thing->id);
}

static void check_expected_layer(struct reader *reader, const struct yaml_node *key, const struct rules_thing *thing) {
  const struct rules *rules = reader->rules;
  size_t position = rules_layer_position(rules, key->text);
  if (position > 0 && position < rules->layer_count && rules_layer_position(rules, thing->layer) == 0) return;
  const char **names = reader_take(reader, rules->layer_count + 1, sizeof *names);
  for (size_t i = 0; names && i < rules->layer_count; i++) names[i] = rules->layers[i].id;
  const char *hint = names ? reader_near(reader, key->text, names, rules->layer_count) : NULL;
  if (position < rules->layer_count)
    reader_complain(reader, key, STATUS_RULE_LAYER, "only a thing of the first layer has a stack, of the other layers",
                    "\"%.60s\" in the stack of a %s", key->text, thing->layer);
  else
    reader_complain(reader, key, STATUS_RULE_LAYER, hint, "found \"%.60s\" in a stack", key->text);
}

static void check_stack(struct reader *reader, const struct rules_thing *thing) {
  const struct yaml_node *stack = yaml_member(thing->root, "stack");
  for (const struct yaml_node *layer = stack && stack->kind == YAML_MAP ? stack->first : NULL; layer; layer = layer->next)
    check_expected_layer(reader, layer->key, thing);
  for (size_t i = 0; i < thing->stack_count; i++) {
    const struct rules_expectation *expected = &thing->stack[i];
    if (rules_layer_position(reader->rules, expected->layer) == reader->rules->layer_count || strcmp(expected->id, "unknown") == 0) continue;
    if (!find_thing(reader->rules, expected->layer, strlen(expected->layer), expected->id, strlen(expected->id)))
      complain_of_id(reader, expected->node->key, expected->layer, expected->id);
  }
}

static void check_twice(struct reader *reader, struct rules_thing *const *things, size_t count) {
  for (size_t i = 1; i < count; i++) {
    if (strcmp(things[i]->layer, things[i - 1]->layer) != 0 || strcmp(things[i]->id, things[i - 1]->id) != 0) continue;
    enter(reader, things[i]);
    reader_complain(reader, yaml_member(things[i]->root, "id"), STATUS_RULE_DUPLICATE_ID, NULL, "%s is the other file of this id",
                    things[i - 1]->file);
  }
}

void reader_link(struct reader *reader) {
  assert(reader && reader->rules);
  const struct rules *rules = reader->rules;
  check_twice(reader, rules->things, rules->thing_count);
  for (size_t i = 0; i < rules->lib_count + rules->thing_count; i++) {
    struct rules_thing *thing = i < rules->lib_count ? rules->libs[i] : rules->things[i - rules->lib_count];
    enter(reader, thing);
    for (size_t s = 0; s < thing->signal_count; s++)
      if (thing->signals[s].reference) resolve(reader, &thing->signals[s]);
    if (thing->kind_of) check_kind(reader, thing);
    check_stack(reader, thing);
  }
}
