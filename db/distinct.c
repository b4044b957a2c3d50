/* See distinct.h. */
#include "distinct.h"

#include <assert.h>
#include <string.h>

static int copy_signals(const struct rules_thing *from, struct arena *arena, struct rule_thing *to) {
  struct rule_signal *signals = arena_take_array(arena, from->signal_count + 1, sizeof *signals);
  for (size_t i = 0; signals && i < from->signal_count; i++) {
    const struct rules_signal *signal = &from->signals[i];
    signals[i] = (struct rule_signal){
        .id = signal->id, .group = signal->group, .when = signal->when, .seen = signal->seen, .elsewhere = signal->elsewhere, .text = signal->text};
  }
  to->signals = signals;
  to->signal_count = from->signal_count;
  return signals ? 0 : -1;
}

/* The rules as the engine has them, without what telling pairs apart does not ask for. */
static struct rule_base *base_of(const struct rules *rules) {
  struct rule_base *base = rule_base_new(rules->catalog);
  if (!base) return NULL;
  base->model = rules->model;
  base->layers = arena_take_array(base->arena, rules->layer_count + 1, sizeof *base->layers);
  base->things = arena_take_array(base->arena, rules->thing_count + 1, sizeof *base->things);
  bool whole = base->layers && base->things;
  for (size_t i = 0; whole && i < rules->layer_count; i++) base->layers[base->layer_count++] = (struct rule_layer){.id = rules->layers[i].id};
  for (size_t i = 0; whole && i < rules->thing_count; i++) {
    const struct rules_thing *thing = rules->things[i];
    base->things[i] =
        (struct rule_thing){.layer = thing->layer, .id = thing->id, .name = thing->name, .kind_of = thing->kind_of ? thing->kind_of->text : NULL};
    whole = copy_signals(thing, base->arena, &base->things[base->thing_count++]) == 0;
  }
  if (whole && rule_base_finish(base) == 0) return base;
  rule_base_free(base);
  return NULL;
}

static int each_pair(const struct rules *rules, const struct rule_base *base, struct arena *scratch, distinct_fn *take, void *context) {
  struct distinguisher *distinguisher = distinguisher_new(base, base->arena);
  for (size_t i = 0; distinguisher && i < rules->thing_count; i++) {
    const struct rule_thing *one = rule_base_find(base, rules->things[i]->layer, rules->things[i]->id);
    const struct rule_layer *layer = rule_base_layer(base, one->layer);
    for (size_t at = one->place + 1; at < layer->thing_count; at++) {
      struct distinction distinction;
      arena_reset(scratch);
      if (distinguish(distinguisher, one, layer->things[at], scratch, &distinction)) return -1;
      assert(strcmp(rules->things[i + at - one->place]->id, layer->things[at]->id) == 0); /* both are in order of id */
      take(context, i + 1, i + 1 + at - one->place, &distinction);
    }
  }
  return distinguisher ? 0 : -1;
}

int distinct_pairs(const struct rules *rules, distinct_fn *take, void *context) {
  assert(rules && take);
  struct rule_base *base = base_of(rules);
  struct arena *scratch = arena_new();
  int code = base && scratch ? each_pair(rules, base, scratch, take, context) : -1;
  arena_free(scratch);
  rule_base_free(base);
  return code;
}
