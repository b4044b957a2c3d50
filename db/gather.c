/* See gather.h. */
#include "gather.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void number_sources(struct rules_thing *const *things, size_t count, size_t *last) {
  for (size_t i = 0; i < count; i++)
    for (size_t s = 0; s < things[i]->source_count; s++) things[i]->sources[s].number = ++*last;
}

static size_t number_all(struct rules *rules) {
  size_t last = 0;
  number_sources(rules->libs, rules->lib_count, &last);
  number_sources(rules->things, rules->thing_count, &last);
  return last;
}

static void take_sources(struct rules_thing *const *things, size_t count, struct rule_source *to) {
  for (size_t i = 0; i < count; i++)
    for (size_t s = 0; s < things[i]->source_count; s++) {
      const struct rules_source *source = &things[i]->sources[s];
      to[source->number - 1] = (struct rule_source){.key = source->key, .title = source->title, .url = source->url, .observed = source->observed};
    }
}

/* A copy of a condition: several references name one, and each signal numbers its own. Recursion: YAML's depth limits that of a condition. */
static struct rule_node *copy_nodes(struct arena *arena, const struct rule_node *from, size_t count) {
  struct rule_node *nodes = arena_take_array(arena, count, sizeof *nodes);
  if (nodes) memcpy(nodes, from, count * sizeof *nodes);
  for (size_t i = 0; nodes && i < count; i++) {
    if (!from[i].child_count) continue;
    nodes[i].children = copy_nodes(arena, from[i].children, from[i].child_count);
    if (!nodes[i].children) return NULL;
  }
  return nodes;
}

static int take_signals(const struct rules_thing *from, struct rule_base *base, struct rule_thing *to) {
  struct rule_signal *signals = arena_take_array(base->arena, from->signal_count + 1, sizeof *signals);
  for (size_t i = 0; signals && i < from->signal_count; i++) {
    const struct rules_signal *signal = &from->signals[i];
    const struct rule_node *when = signal->reference ? copy_nodes(base->arena, signal->when, 1) : signal->when;
    if (!when) return -1;
    signals[i] = (struct rule_signal){.id = signal->id,
                                      .group = signal->group,
                                      .when = when,
                                      .seen = signal->seen,
                                      .elsewhere = signal->elsewhere,
                                      .is_volatile = signal->is_volatile,
                                      .why = signal->why,
                                      .source = &base->sources[signal->source->number - 1],
                                      .text = signal->text};
  }
  to->signals = signals;
  to->signal_count = from->signal_count;
  return signals ? 0 : -1;
}

/* Their order is that of layers and ids by letter: sums over a stack come out the same however a file lists it. */
static int compare_expectations(const void *left, const void *right) {
  const struct rule_expectation *a = left, *b = right;
  int order = strcmp(a->layer, b->layer);
  return order ? order : strcmp(a->id, b->id);
}

static int take_stack(const struct rules_thing *from, struct arena *arena, struct rule_thing *to) {
  struct rule_expectation *stack = arena_take_array(arena, from->stack_count + 1, sizeof *stack);
  for (size_t i = 0; stack && i < from->stack_count; i++)
    stack[i] = (struct rule_expectation){.layer = from->stack[i].layer, .id = from->stack[i].id, .probability = from->stack[i].probability};
  if (stack && from->stack_count) qsort(stack, from->stack_count, sizeof *stack, compare_expectations);
  to->stack = stack;
  to->stack_count = from->stack_count;
  return stack ? 0 : -1;
}

static int take_thing(const struct rules_thing *from, struct rule_base *base, struct rule_thing *to) {
  *to = (struct rule_thing){.layer = from->layer,
                            .id = from->id,
                            .name = from->name,
                            .category = from->category,
                            .kind_of = from->kind_of ? from->kind_of->text : NULL,
                            .phrase = from->phrase,
                            .prior = from->odds,
                            .extracts = from->extracts,
                            .extract_count = from->extract_count};
  return take_signals(from, base, to) || take_stack(from, base->arena, to) ? -1 : 0;
}

struct rule_base *gather_base(struct rules *rules) {
  assert(rules);
  struct rule_base *base = rule_base_new(rules->catalog);
  if (!base) return NULL;
  base->model = rules->model;
  base->source_count = number_all(rules);
  base->sources = arena_take_array(base->arena, base->source_count + 1, sizeof *base->sources);
  base->layers = arena_take_array(base->arena, rules->layer_count + 1, sizeof *base->layers);
  base->things = arena_take_array(base->arena, rules->thing_count + 1, sizeof *base->things);
  bool whole = base->sources && base->layers && base->things;
  if (whole) take_sources(rules->libs, rules->lib_count, base->sources);
  if (whole) take_sources(rules->things, rules->thing_count, base->sources);
  for (size_t i = 0; whole && i < rules->layer_count; i++)
    base->layers[base->layer_count++] = (struct rule_layer){.id = rules->layers[i].id, .title = rules->layers[i].title};
  for (size_t i = 0; whole && i < rules->thing_count; i++) whole = !take_thing(rules->things[i], base, &base->things[base->thing_count++]);
  if (whole && rule_base_finish(base) == 0) return base;
  rule_base_free(base);
  return NULL;
}
