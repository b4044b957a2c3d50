/* See rule.h. */
#include "rule.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "index.h"
#include "plan.h"
#include "status.h"

#define KIND_DEPTH 16 /* longest chain of kind_of */

const char *const matcher_names[MATCHERS] = {
    [MATCH_EQUALS] = "equals", [MATCH_PRESENT] = "present",   [MATCH_ABSENT] = "absent", [MATCH_REGEX] = "regex", [MATCH_PREFIX] = "prefix",
    [MATCH_SUFFIX] = "suffix", [MATCH_CONTAINS] = "contains", [MATCH_GLOB] = "glob",     [MATCH_RANGE] = "range", [MATCH_VERSION] = "version",
    [MATCH_CIDR] = "cidr",     [MATCH_MAC] = "mac",           [MATCH_COUNT] = "count",   [MATCH_SAME] = "same",
};

int matcher_from_name(const char *name) {
  for (int i = 0; i < MATCHERS; i++)
    if (strcmp(matcher_names[i], name) == 0) return i;
  return -1;
}

struct rule_base *rule_base_new(const struct fact_catalog *catalog) {
  struct arena *arena = arena_new();
  struct rule_base *base = arena ? arena_take(arena, sizeof *base) : NULL;
  if (!base) {
    arena_free(arena);
    return NULL;
  }
  base->arena = arena;
  base->catalog = catalog;
  return base;
}

void rule_base_free(struct rule_base *base) {
  if (!base) return;
  if (base->release) base->release(base);
  arena_free(base->arena);
}

const struct rule_section *rule_base_section(const struct rule_base *base, const char *name) {
  assert(base && name);
  for (size_t i = 0; i < base->section_count; i++)
    if (strcmp(base->sections[i].name, name) == 0) return &base->sections[i];
  return NULL;
}

const struct rule_signal *rule_signal_asked(const struct rule_base *base, size_t number) {
  assert(base && number < base->signal_count);
  if (base->fetch) base->fetch(base, number);
  return base->signals ? &base->signals[number] : base->plan->signals[number];
}

void rule_base_fetch_all(const struct rule_base *base) {
  assert(base);
  for (size_t i = 0; base->fetch && i < base->signal_count; i++) base->fetch(base, i);
}

bool rule_is_kind(const struct rule_thing *thing, const struct rule_thing *of) {
  while (thing && thing != of) thing = thing->parent;
  return thing != NULL;
}

const struct rule_layer *rule_base_layer(const struct rule_base *base, const char *layer) {
  for (size_t i = 0; i < base->layer_count; i++)
    if (strcmp(base->layers[i].id, layer) == 0) return &base->layers[i];
  return NULL;
}

void rule_mark_facts(const struct rule_node *node, bool *marked) {
  if (node->fact != FACT_NONE) marked[node->fact] = true;
  for (size_t i = 0; i < node->child_count; i++) rule_mark_facts(&node->children[i], marked);
}

const struct rule_thing *rule_base_find(const struct rule_base *base, const char *layer, const char *id) {
  const struct rule_layer *found = rule_base_layer(base, layer);
  for (size_t i = 0; found && i < found->thing_count; i++)
    if (strcmp(found->things[i]->id, id) == 0) return found->things[i];
  return NULL;
}

static int compare_things(const void *left, const void *right) {
  const struct rule_thing *a = left, *b = right;
  int order = strcmp(a->layer, b->layer);
  return order ? order : strcmp(a->id, b->id);
}

static int compare_signals(const void *left, const void *right) {
  const struct rule_signal *a = left, *b = right;
  return strcmp(a->id, b->id);
}

static int fill_layer(struct rule_base *base, struct rule_layer *layer) {
  layer->things = arena_take_array(base->arena, base->thing_count + 1, sizeof *layer->things);
  if (!layer->things) return STATUS_MEMORY;
  layer->thing_count = 0;
  for (size_t i = 0; i < base->thing_count; i++) {
    if (strcmp(base->things[i].layer, layer->id) != 0) continue;
    base->things[i].place = layer->thing_count;
    layer->things[layer->thing_count++] = &base->things[i];
  }
  return 0;
}

/* The lowest forge cost among the facts a condition looks at: a forger need only change one that is not so by nature. */
static enum forge_cost cheapest(const struct rule_base *base, const struct rule_node *node, enum forge_cost cost) {
  if (node->fact != FACT_NONE && (node->op == RULE_TEST || node->op == RULE_HAS)) {
    enum forge_cost own = base->catalog->defs[node->fact].forge;
    if (own < cost) cost = own;
  }
  for (size_t i = 0; i < node->child_count; i++) cost = cheapest(base, &node->children[i], cost);
  return cost;
}

/* Numbers the nodes so far below, from left to right; false where there are none. */
static bool number_level(struct rule_base *base, const struct rule_node *node, size_t below) {
  if (below == 0) {
    ((struct rule_node *)node)->test = base->test_count++;
    return true;
  }
  bool any = false;
  for (size_t i = 0; i < node->child_count; i++) any |= number_level(base, &node->children[i], below - 1);
  return any;
}

/* In order of breadth, as conditions are stored: a base that was written has the same numbers when it is read. */
static void number_tests(struct rule_base *base, const struct rule_node *root) {
  for (size_t below = 0; number_level(base, root, below); below++) continue;
}

static int link_kind(const struct rule_base *base, struct rule_thing *thing) {
  thing->parent = thing->kind_of ? rule_base_find(base, thing->layer, thing->kind_of) : NULL;
  if (thing->kind_of && !thing->parent) return STATUS_RULE_REFERENCE;
  const struct rule_thing *at = thing;
  for (int depth = 0; at && at->kind_of; depth++) {
    if (depth == KIND_DEPTH) return STATUS_RULE_CYCLE;
    at = rule_base_find(base, at->layer, at->kind_of);
  }
  return 0;
}

static int check_stack(const struct rule_base *base, const struct rule_thing *thing) {
  for (size_t i = 0; i < thing->stack_count; i++) {
    const struct rule_expectation *expected = &thing->stack[i];
    if (!rule_base_layer(base, expected->layer)) return STATUS_RULE_REFERENCE;
    if (strcmp(expected->id, "unknown") != 0 && !rule_base_find(base, expected->layer, expected->id)) return STATUS_RULE_REFERENCE;
  }
  return 0;
}

/* A base without layers ranks nothing. */
int rule_base_lay_out(struct rule_base *base) {
  assert(base);
  if (base->layer_count > RULE_LAYERS) return STATUS_RULE_REFERENCE;
  base->index = NULL;
  base->plan = base->layer_count ? plan_build(base, base->arena) : NULL;
  base->index = index_build(base, base->arena);
  return base->index && (base->plan || !base->layer_count) ? 0 : STATUS_MEMORY;
}

int rule_base_finish(struct rule_base *base) {
  assert(base);
  int status = 0;
  base->test_count = base->signal_count = 0;
  base->signals = NULL; /* those of a loaded base: their numbers may change */
  if (base->thing_count) qsort(base->things, base->thing_count, sizeof *base->things, compare_things);
  for (size_t i = 0; !status && i < base->layer_count; i++) status = fill_layer(base, &base->layers[i]);
  for (size_t i = 0; !status && i < base->thing_count; i++) {
    struct rule_thing *thing = &base->things[i];
    struct rule_signal *signals = (struct rule_signal *)thing->signals;
    if (thing->signal_count) qsort(signals, thing->signal_count, sizeof *signals, compare_signals);
    for (size_t s = 0; s < thing->signal_count; s++) {
      signals[s].forge = cheapest(base, signals[s].when, FORGE_COSTS - 1);
      signals[s].number = base->signal_count++;
      number_tests(base, signals[s].when);
    }
    status = link_kind(base, thing);
    if (!status) status = check_stack(base, thing);
  }
  return status ? status : rule_base_lay_out(base);
}

struct path_list {
  const char **items;
  size_t count, capacity;
  int failed;
};

static void gather_paths(const struct fact_catalog *catalog, const struct rule_node *node, struct path_list *list) {
  if (node->op == RULE_TEST && node->fact != FACT_NONE && node->key && catalog->defs[node->fact].type == FACT_PATHS) {
    if (mem_grow(&list->items, &list->capacity, list->count + 1, sizeof *list->items))
      list->failed = 1;
    else
      list->items[list->count++] = node->key;
  }
  for (size_t i = 0; i < node->child_count; i++) gather_paths(catalog, &node->children[i], list);
}

static int compare_texts(const void *left, const void *right) { return strcmp(*(const char *const *)left, *(const char *const *)right); }

const char *const *rule_base_paths(const struct rule_base *base, size_t *count) {
  if (base->index) return index_paths(base->index, base->arena, count);
  struct path_list list = {0};
  for (size_t i = 0; i < base->thing_count; i++)
    for (size_t s = 0; s < base->things[i].signal_count; s++) gather_paths(base->catalog, base->things[i].signals[s].when, &list);
  if (list.count) qsort(list.items, list.count, sizeof *list.items, compare_texts);
  const char **kept = list.failed ? NULL : arena_take_array(base->arena, list.count + 1, sizeof *kept);
  *count = 0;
  for (size_t i = 0; kept && i < list.count; i++)
    if (i == 0 || strcmp(list.items[i], list.items[i - 1]) != 0) kept[(*count)++] = list.items[i];
  mem_free(list.items);
  return kept;
}

/* `fact`: that of the element around, or FACT_NONE. */
static void mark_asked(const struct fact_catalog *catalog, const struct rule_node *node, size_t fact, uint32_t *asked) {
  if (node->op == RULE_TEST || node->op == RULE_HAS) {
    if (node->fact != FACT_NONE) fact = node->fact;
    assert(fact != FACT_NONE);
    char suffix;
    size_t field = node->key && catalog->defs[fact].fields ? fact_field(&catalog->defs[fact], node->key, &suffix) : FACT_NONE;
    asked[fact] |= field == FACT_NONE ? RULE_ASKED : RULE_ASKED | RULE_ASKED_FIELD(field);
  }
  for (size_t i = 0; i < node->child_count; i++) mark_asked(catalog, &node->children[i], fact, asked);
}

const uint32_t *rule_base_asked(const struct rule_base *base) {
  assert(base);
  if (base->index) return index_asked(base->index);
  uint32_t *asked = arena_take_array(base->arena, base->catalog->count, sizeof *asked);
  for (size_t i = 0; asked && i < base->thing_count; i++) {
    const struct rule_thing *thing = &base->things[i];
    for (size_t s = 0; s < thing->signal_count; s++) mark_asked(base->catalog, thing->signals[s].when, FACT_NONE, asked);
    for (size_t e = 0; e < thing->extract_count; e++) asked[thing->extracts[e].fact] |= RULE_ASKED;
  }
  return asked;
}
