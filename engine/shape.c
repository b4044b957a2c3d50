/* See shape.h. */
#include "shape.h"

#include <assert.h>
#include <string.h>

#include "eval.h"
#include "index_layout.h"
#include "plan.h"

#define LOOKS 32 /* values of look_of */
#define NO_FACT UINT32_MAX

struct kept {
  struct shape shape;
  uint64_t hash;
  struct kept *next; /* in its bucket */
  unsigned char *key;
  unsigned char *truths; /* as they are now: blank, apart from what is changed */
  uint32_t *changed;
  size_t changed_count;
};

struct shapes {
  const struct rule_base *base;
  struct kept *kept;
  size_t count;        /* of them */
  size_t next;         /* to be replaced next */
  struct kept *last;   /* used last; NULL: none yet */
  uint32_t *look_ends; /* by fact: signals that look at it before the end of it; NULL until they are wanted */
  uint32_t *looks;
  /* By signal, of the first of each form. */
  bool *stale;                   /* to be evaluated anew */
  uint32_t *only;                /* the one fact that it looks at; NO_FACT: there are more */
  unsigned char (*blank)[LOOKS]; /* its truth + 1 by the look of that fact; 0: not known yet */
  struct kept **buckets;         /* SHAPES_MOST of them */
  unsigned char *key;
  struct index_found found;
};

/* How many shapes are kept. What ranking keeps with each is about five doubles a thing. */
static size_t room(const struct rule_base *base) {
  size_t one = base->signal_count * (2 + sizeof(uint32_t)) + base->thing_count * 5 * sizeof(double) + base->catalog->count + 4096;
  size_t count = SHAPES_BYTES / one;
  return count < SHAPES_LEAST ? SHAPES_LEAST : count > SHAPES_MOST ? SHAPES_MOST : count;
}

struct shapes *shapes_new(const struct rule_base *base) {
  assert(base && base->plan && base->index);
  struct shapes *shapes = mem_new(sizeof *shapes);
  if (!shapes) return NULL;
  shapes->base = base;
  shapes->count = room(base);
  shapes->kept = mem_new(shapes->count * sizeof *shapes->kept);
  shapes->buckets = mem_new(SHAPES_MOST * sizeof *shapes->buckets);
  shapes->key = mem_new(base->catalog->count + 1);
  int status = index_found_new(base, &shapes->found);
  if (shapes->kept && shapes->buckets && shapes->key && status == 0) return shapes;
  shapes_free(shapes);
  return NULL;
}

void shapes_free(struct shapes *shapes) {
  if (!shapes) return;
  for (size_t i = 0; shapes->kept && i < shapes->count; i++) arena_free(shapes->kept[i].shape.arena);
  mem_free(shapes->kept);
  mem_free(shapes->buckets);
  mem_free(shapes->key);
  mem_free(shapes->look_ends);
  mem_free(shapes->looks);
  mem_free(shapes->stale);
  mem_free(shapes->only);
  mem_free(shapes->blank);
  index_found_free(&shapes->found);
  mem_free(shapes);
}

/* All that a condition can see of a fact without looking at its value. */
static unsigned char look_of(const struct fact_set *facts, size_t index, int ignore_forge) {
  const struct fact *fact = &facts->facts[index];
  if (fact->state == FACT_UNKNOWN && !fact->partial) return FACT_UNKNOWN;
  if ((int)facts->catalog->defs[index].forge <= ignore_forge) return FACT_UNKNOWN;
  bool many = fact->value.kind == VALUE_LIST || fact->value.kind == VALUE_MAP;
  bool empty = fact->state == FACT_PRESENT && many && fact->value.count == 0;
  return (unsigned char)(fact->state | (unsigned)fact->partial << 3 | (unsigned)empty << 4);
}

/* What a decision is made of. */
struct making {
  struct shapes *shapes;
  struct eval eval, blank;
  const struct decision *known;
};

/* True where a signal comes out as in the decision that is known: none of its facts are left out now. */
static bool is_known(const struct making *making, uint32_t signal) {
  return making->known && (making->shapes->base->plan->marks[signal] & PLAN_FORGE) > making->eval.ignore_forge;
}

static enum truth blank_truth(const struct making *making, uint32_t signal) {
  if (is_known(making, signal)) return (enum truth)making->known->shape->blank[signal];
  return eval_node(&making->blank, rule_signal(making->shapes->base, signal)->when, NULL);
}

static enum truth found_truth(const struct making *making, uint32_t signal) {
  if (is_known(making, signal)) return (enum truth)making->known->truths[signal];
  if (!making->known && making->shapes->found.how[signal] == INDEX_SURE) return TRUTH_TRUE;
  return eval_node(&making->eval, rule_signal(making->shapes->base, signal)->when, NULL);
}

/* --- from one shape to the next --- */

static int take_looks(struct shapes *shapes) {
  size_t facts = shapes->base->catalog->count, signals = shapes->base->plan->signal_count;
  shapes->look_ends = mem_new((facts + 1) * sizeof *shapes->look_ends);
  shapes->stale = mem_new((signals + 1) * sizeof *shapes->stale);
  shapes->only = mem_new((signals + 1) * sizeof *shapes->only);
  shapes->blank = mem_new((signals + 1) * sizeof *shapes->blank);
  return shapes->look_ends && shapes->stale && shapes->only && shapes->blank ? 0 : -1;
}

/* Which signals look at each fact: counted, then put. */
static int lay_looks(struct shapes *shapes) {
  const struct plan *plan = shapes->base->plan;
  size_t facts = shapes->base->catalog->count, count = 0;
  bool *marked = take_looks(shapes) ? NULL : mem_new((facts + 1) * sizeof *marked);
  for (int put = 0; put < 2 && marked; put++) {
    for (uint32_t i = 0; i < plan->signal_count; i++) {
      if (plan->forms[i] != i) continue;
      size_t before = count;
      memset(marked, 0, facts * sizeof *marked);
      rule_mark_facts(rule_signal(shapes->base, i)->when, marked);
      for (size_t f = 0; f < facts; f++) {
        if (!marked[f]) continue;
        if (put) shapes->looks[shapes->look_ends[f]] = i;
        shapes->look_ends[f]++;
        shapes->only[i] = (uint32_t)f;
        count++;
      }
      if (count != before + 1) shapes->only[i] = NO_FACT;
    }
    if (put) break;
    for (size_t f = facts, end = count; f-- > 0;) { /* counts become begins, which the second pass moves to the ends */
      end -= shapes->look_ends[f];
      shapes->look_ends[f] = (uint32_t)end;
    }
    shapes->looks = mem_new((count + 1) * sizeof *shapes->looks);
    if (!shapes->looks) break;
  }
  mem_free(marked);
  return shapes->looks ? 0 : -1;
}

/* What looks at one fact was mostly seen before. */
static unsigned char form_truth(const struct making *making, uint32_t form) {
  struct shapes *shapes = making->shapes;
  if (shapes->only[form] == NO_FACT) return (unsigned char)blank_truth(making, form);
  unsigned char *known = &shapes->blank[form][shapes->key[shapes->only[form]]];
  if (!*known) *known = (unsigned char)(blank_truth(making, form) + 1);
  return *known - 1;
}

/* The blank truths of a shape from those of another: only forms that look at facts of another look are evaluated. */
static int derive(const struct making *making, const struct kept *from, unsigned char *truths) {
  struct shapes *shapes = making->shapes;
  const struct plan *plan = shapes->base->plan;
  if (!shapes->looks && lay_looks(shapes)) return -1;
  memcpy(truths, from->shape.blank, plan->signal_count);
  memset(shapes->stale, 0, plan->signal_count * sizeof *shapes->stale);
  for (size_t f = 0; f < shapes->base->catalog->count; f++) {
    if (from->key[f] == shapes->key[f]) continue;
    for (uint32_t i = f ? shapes->look_ends[f - 1] : 0; i < shapes->look_ends[f]; i++) shapes->stale[shapes->looks[i]] = true;
  }
  for (uint32_t i = 0; i < plan->signal_count; i++)
    if (shapes->stale[plan->forms[i]]) truths[i] = plan->forms[i] == i ? form_truth(making, i) : truths[plan->forms[i]];
  return 0;
}

static int make(const struct making *making, struct kept *kept) {
  const struct plan *plan = making->shapes->base->plan;
  size_t facts = making->shapes->base->catalog->count;
  if (making->shapes->last == kept) making->shapes->last = NULL;
  arena_free(kept->shape.arena);
  *kept = (struct kept){.shape = {.arena = arena_new()}};
  if (!kept->shape.arena) return -1;
  unsigned char *key = arena_take(kept->shape.arena, facts + 1), *truths = arena_take(kept->shape.arena, plan->signal_count + 1);
  kept->truths = arena_take(kept->shape.arena, plan->signal_count + 1);
  kept->changed = arena_take_array(kept->shape.arena, plan->signal_count + 1, sizeof *kept->changed);
  if (!key || !truths || !kept->truths || !kept->changed) return -1;
  const struct kept *last = making->shapes->last;
  if (last && !making->known && last != kept) {
    if (derive(making, last, truths)) return -1;
  } else {
    for (uint32_t i = 0; i < plan->signal_count; i++)
      truths[i] = plan->forms[i] == i ? (unsigned char)blank_truth(making, i) : truths[plan->forms[i]];
  }
  memcpy(key, making->shapes->key, facts);
  memcpy(kept->truths, truths, plan->signal_count);
  kept->shape.blank = truths;
  kept->key = key;
  return 0;
}

static struct kept **bucket_of(const struct shapes *shapes, uint64_t hash) { return &shapes->buckets[hash % SHAPES_MOST]; }

static void forget(struct shapes *shapes, struct kept *kept) {
  struct kept **at = bucket_of(shapes, kept->hash);
  while (*at && *at != kept) at = &(*at)->next;
  if (*at) *at = kept->next;
}

/* The oldest shape gives way to a new one, unless it is that of the decision that is known. */
static struct kept *oldest(struct shapes *shapes, const struct decision *known) {
  if (known && known->shape == &shapes->kept[shapes->next].shape) shapes->next = (shapes->next + 1) % shapes->count;
  struct kept *kept = &shapes->kept[shapes->next];
  shapes->next = (shapes->next + 1) % shapes->count;
  forget(shapes, kept);
  return kept;
}

/* The shape with the key that stands in shapes->key; NULL when memory is out. */
static struct kept *shape_of(const struct making *making) {
  struct shapes *shapes = making->shapes;
  size_t length = shapes->base->catalog->count;
  uint64_t hash = index_hash((const char *)shapes->key, length);
  for (struct kept *kept = *bucket_of(shapes, hash); kept; kept = kept->next)
    if (kept->hash == hash && memcmp(kept->key, shapes->key, length) == 0) return kept;
  struct kept *kept = oldest(shapes, making->known);
  if (make(making, kept)) return NULL;
  kept->hash = hash;
  kept->next = *bucket_of(shapes, hash);
  *bucket_of(shapes, hash) = kept;
  return kept;
}

int shapes_decide(struct shapes *shapes, const struct fact_set *facts, struct match_cache *cache, int ignore_forge, const struct decision *known,
                  struct decision *out) {
  assert(shapes && facts && cache && out);
  struct making making = {.shapes = shapes, .eval = {.facts = facts, .cache = cache, .ignore_forge = ignore_forge}, .known = known};
  struct index_found *found = &shapes->found;
  making.blank = making.eval;
  making.blank.blank = true;
  for (size_t i = 0; i < facts->catalog->count; i++) shapes->key[i] = look_of(facts, i, ignore_forge);
  struct kept *kept = shape_of(&making);
  if (!kept) return -1;
  if (!known) shapes->last = kept;
  if (known && known->shape == &kept->shape) { /* nothing that is there is left out */
    *out = *known;
    return 0;
  }
  for (size_t i = 0; i < kept->changed_count; i++) kept->truths[kept->changed[i]] = kept->shape.blank[kept->changed[i]];
  kept->changed_count = 0;
  if (!known) {
    index_found_clear(found);
    index_find(shapes->base, facts, ignore_forge, cache, found);
  }
  for (size_t i = 0; i < found->count; i++) {
    uint32_t signal = found->items[i];
    enum truth truth = found_truth(&making, signal);
    if (truth == (enum truth)kept->shape.blank[signal]) continue;
    kept->truths[signal] = (unsigned char)truth;
    kept->changed[kept->changed_count++] = signal;
  }
  *out = (struct decision){.shape = &kept->shape, .truths = kept->truths, .changed = kept->changed, .changed_count = kept->changed_count};
  return 0;
}
