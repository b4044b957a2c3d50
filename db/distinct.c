/* See distinct.h. */
#include "distinct.h"

#include <assert.h>
#include <string.h>

static bool is_told(const struct rule_layer *layer) { return layer->thing_count > 1 && layer->thing_count <= DISTINCT_THINGS; }

static int each_pair(const struct rules *rules, const struct rule_base *base, struct arena *arena, struct arena *scratch, distinct_fn *take,
                     void *context) {
  struct distinguisher *distinguisher = distinguisher_new(base, arena);
  for (size_t i = 0; distinguisher && i < rules->thing_count; i++) {
    const struct rule_layer *layer = rule_base_layer(base, rules->things[i]->layer);
    const struct rule_thing *one = is_told(layer) ? rule_base_find(base, layer->id, rules->things[i]->id) : NULL;
    for (size_t at = one ? one->place + 1 : layer->thing_count; at < layer->thing_count; at++) {
      struct distinction distinction;
      arena_reset(scratch);
      if (distinguish(distinguisher, one, layer->things[at], scratch, &distinction)) return -1;
      assert(strcmp(rules->things[i + at - one->place]->id, layer->things[at]->id) == 0); /* both are in order of id */
      take(context, i + 1, i + 1 + at - one->place, &distinction);
    }
  }
  return distinguisher ? 0 : -1;
}

int distinct_pairs(const struct rules *rules, const struct rule_base *base, distinct_fn *take, void *context) {
  assert(rules && base && take);
  bool any = false;
  for (size_t i = 0; i < base->layer_count; i++) any = any || is_told(&base->layers[i]);
  if (!any) return 0;
  struct arena *scratch = arena_new(), *arena = arena_new();
  int code = arena && scratch ? each_pair(rules, base, arena, scratch, take, context) : -1;
  arena_free(scratch);
  arena_free(arena);
  return code;
}
