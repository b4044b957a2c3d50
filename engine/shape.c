/* See shape.h. */
#include "shape.h"

#include <assert.h>
#include <string.h>

#include "eval.h"
#include "plan.h"

struct kept {
  struct shape shape;
  unsigned char *key;
  unsigned char *truths; /* as they are now: blank, apart from what is changed */
  uint32_t *changed;
  size_t changed_count;
};

struct shapes {
  const struct rule_base *base;
  struct kept kept[SHAPES_KEPT];
  size_t next, last; /* to be replaced next; used last */
  unsigned char *key;
  struct index_found found;
};

struct shapes *shapes_new(const struct rule_base *base) {
  assert(base && base->plan && base->index);
  struct shapes *shapes = mem_new(sizeof *shapes);
  if (!shapes) return NULL;
  shapes->base = base;
  shapes->key = mem_new(base->catalog->count + 1);
  int status = index_found_new(base, &shapes->found);
  if (shapes->key && status == 0) return shapes;
  shapes_free(shapes);
  return NULL;
}

void shapes_free(struct shapes *shapes) {
  if (!shapes) return;
  for (size_t i = 0; i < SHAPES_KEPT; i++) arena_free(shapes->kept[i].shape.arena);
  mem_free(shapes->key);
  index_found_free(&shapes->found);
  mem_free(shapes);
}

/* All that a condition can see of a fact without looking at its value. */
static unsigned char look_of(const struct fact_set *facts, size_t index, int ignore_forge) {
  const struct fact *fact = &facts->facts[index];
  if ((int)facts->catalog->defs[index].forge <= ignore_forge) return FACT_UNKNOWN;
  bool many = fact->value.kind == VALUE_LIST || fact->value.kind == VALUE_MAP;
  bool empty = fact->state == FACT_PRESENT && many && fact->value.count == 0;
  return (unsigned char)(fact->state | (unsigned)fact->partial << 3 | (unsigned)empty << 4);
}

static int make(struct shapes *shapes, struct kept *kept, const struct eval *blank) {
  const struct plan *plan = shapes->base->plan;
  size_t facts = shapes->base->catalog->count;
  arena_free(kept->shape.arena);
  *kept = (struct kept){.shape = {.arena = arena_new()}};
  if (!kept->shape.arena) return -1;
  unsigned char *key = arena_take(kept->shape.arena, facts + 1), *truths = arena_take(kept->shape.arena, plan->signal_count + 1);
  kept->truths = arena_take(kept->shape.arena, plan->signal_count + 1);
  kept->changed = arena_take_array(kept->shape.arena, plan->signal_count + 1, sizeof *kept->changed);
  if (!key || !truths || !kept->truths || !kept->changed) return -1;
  for (uint32_t i = 0; i < plan->signal_count; i++) truths[i] = (unsigned char)eval_node(blank, plan->signals[i]->when, NULL);
  memcpy(key, shapes->key, facts);
  memcpy(kept->truths, truths, plan->signal_count);
  kept->shape.blank = truths;
  kept->key = key;
  return 0;
}

/* The shape with the key that stands in shapes->key; NULL when memory is out. */
static struct kept *shape_of(struct shapes *shapes, const struct eval *blank) {
  size_t length = shapes->base->catalog->count;
  for (size_t i = 0; i < SHAPES_KEPT; i++) {
    size_t at = (shapes->last + i) % SHAPES_KEPT;
    if (!shapes->kept[at].key || memcmp(shapes->kept[at].key, shapes->key, length) != 0) continue;
    shapes->last = at;
    return &shapes->kept[at];
  }
  shapes->last = shapes->next;
  shapes->next = (shapes->next + 1) % SHAPES_KEPT;
  struct kept *kept = &shapes->kept[shapes->last];
  if (make(shapes, kept, blank) == 0) return kept;
  kept->key = NULL;
  return NULL;
}

int shapes_decide(struct shapes *shapes, const struct fact_set *facts, struct match_cache *cache, int ignore_forge, struct decision *out) {
  assert(shapes && facts && cache && out);
  struct eval eval = {.facts = facts, .cache = cache, .ignore_forge = ignore_forge}, blank = eval;
  struct index_found *found = &shapes->found;
  blank.blank = true;
  for (size_t i = 0; i < facts->catalog->count; i++) shapes->key[i] = look_of(facts, i, ignore_forge);
  struct kept *kept = shape_of(shapes, &blank);
  if (!kept) return -1;
  for (size_t i = 0; i < kept->changed_count; i++) kept->truths[kept->changed[i]] = kept->shape.blank[kept->changed[i]];
  kept->changed_count = 0;
  index_find(shapes->base, facts, ignore_forge, cache, found);
  for (size_t i = 0; i < found->count; i++) {
    uint32_t signal = found->items[i];
    bool sure = found->how[signal] == INDEX_SURE;
    enum truth truth = sure ? TRUTH_TRUE : eval_node(&eval, shapes->base->plan->signals[signal]->when, NULL);
    if (truth == (enum truth)kept->shape.blank[signal]) continue;
    kept->truths[signal] = (unsigned char)truth;
    kept->changed[kept->changed_count++] = signal;
  }
  index_found_clear(found);
  *out = (struct decision){.shape = &kept->shape, .truths = kept->truths, .changed = kept->changed, .changed_count = kept->changed_count};
  return 0;
}
