/* See plan.h. */
#include "plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rank.h"

#define SURELY 0.995 /* a stack never promises more than this: what is not in it stays possible */

static uint32_t thing_number(const struct rule_base *base, const struct rule_thing *thing) { return (uint32_t)(thing - base->things); }

/* --- rulings --- */

static bool already(const struct plan *plan, uint32_t first, uint32_t end, const char *id) {
  for (uint32_t i = first; i < end; i++)
    if (strcmp(plan->signals[plan->rulings[i].signal]->id, id) == 0) return true;
  return false;
}

static uint32_t group_of(const struct plan *plan, uint32_t first, uint32_t end, const char *group, uint32_t *groups) {
  for (uint32_t i = first; i < end; i++)
    if (strcmp(plan->signals[plan->rulings[i].signal]->group, group) == 0) return plan->rulings[i].group;
  return (*groups)++;
}

static size_t count_rulings(const struct rule_base *base) {
  size_t count = 0;
  for (size_t i = 0; i < base->thing_count; i++)
    for (const struct rule_thing *at = &base->things[i]; at; at = at->parent) count += at->signal_count;
  return count;
}

/* The signals of a thing, and those of its parents that it does not say otherwise. */
static uint32_t put_rulings(const struct rule_base *base, const struct plan *plan, const struct rule_thing *thing, uint32_t first,
                            struct plan_ruling *rulings, uint32_t *groups) {
  uint32_t end = first;
  *groups = 0;
  for (const struct rule_thing *at = thing; at; at = at->parent)
    for (size_t i = 0; i < at->signal_count; i++) {
      const struct rule_signal *signal = &at->signals[i];
      if (at != thing && already(plan, first, end, signal->id)) continue;
      struct plan_ruling ruling = {.signal = (uint32_t)signal->number, .owner = thing_number(base, at)};
      ruling.group = group_of(plan, first, end, signal->group, groups);
      rulings[end++] = ruling;
    }
  return end;
}

static int lay_rulings(const struct rule_base *base, struct arena *arena, struct plan *plan) {
  size_t most = count_rulings(base);
  uint32_t *ends = arena_take_array(arena, base->thing_count + 1, sizeof *ends), groups = 0;
  struct plan_ruling *rulings = arena_take_array(arena, most + 1, sizeof *rulings);
  if (!ends || !rulings || most > UINT32_MAX) return -1;
  plan->rulings = rulings;
  plan->ruling_ends = ends;
  for (size_t i = 0; i < base->thing_count; i++) {
    ends[i] = put_rulings(base, plan, &base->things[i], i ? ends[i - 1] : 0, rulings, &groups);
    if (groups > plan->group_most) plan->group_most = groups;
    plan->ruling_count = ends[i];
  }
  return 0;
}

/* The same the other way round. */
static int lay_things(const struct rule_base *base, struct arena *arena, struct plan *plan) {
  uint32_t *ends = arena_take_array(arena, base->signal_count + 1, sizeof *ends);
  uint32_t *things = arena_take_array(arena, plan->ruling_count + 1, sizeof *things);
  if (!ends || !things) return -1;
  for (uint32_t i = 0; i < plan->ruling_count; i++) ends[plan->rulings[i].signal]++;
  for (size_t i = 1; i < base->signal_count; i++) ends[i] += ends[i - 1];
  for (uint32_t thing = plan->thing_count; thing-- > 0;)
    for (uint32_t i = plan->ruling_ends[thing]; i-- > (thing ? plan->ruling_ends[thing - 1] : 0);) things[--ends[plan->rulings[i].signal]] = thing;
  for (size_t i = 0; i + 1 < base->signal_count; i++) ends[i] = ends[i + 1]; /* begins have become ends of the one before */
  if (base->signal_count) ends[base->signal_count - 1] = plan->ruling_count;
  plan->thing_ends = ends;
  plan->things = things;
  return 0;
}

static void put_signal(const struct rule_base *base, const struct rule_signal *signal, struct plan *plan, double *if_true, double *if_false) {
  plan->signals[signal->number] = signal;
  if_true[signal->number] = rank_weight(&base->model, signal, TRUTH_TRUE);
  if_false[signal->number] = rank_weight(&base->model, signal, TRUTH_FALSE);
}

static int lay_signals(const struct rule_base *base, struct arena *arena, struct plan *plan) {
  double *if_true = arena_take_array(arena, base->signal_count + 1, sizeof *if_true);
  double *if_false = arena_take_array(arena, base->signal_count + 1, sizeof *if_false);
  uint32_t *volatiles = arena_take_array(arena, base->signal_count + 1, sizeof *volatiles);
  unsigned char *marks = arena_take(arena, base->signal_count + 1);
  plan->signals = arena_take_array(arena, base->signal_count + 1, sizeof *plan->signals);
  if (!if_true || !if_false || !volatiles || !marks || !plan->signals) return -1;
  for (size_t i = 0; i < base->thing_count; i++)
    for (size_t s = 0; s < base->things[i].signal_count; s++) {
      const struct rule_signal *signal = &base->things[i].signals[s];
      put_signal(base, signal, plan, if_true, if_false);
      marks[signal->number] = (unsigned char)((unsigned)signal->forge | (signal->is_volatile ? PLAN_VOLATILE : 0));
      if (signal->is_volatile) volatiles[plan->volatile_count++] = (uint32_t)signal->number;
    }
  plan->if_true = if_true;
  plan->if_false = if_false;
  plan->volatiles = volatiles;
  plan->marks = marks;
  return 0;
}

/* What a test asks for does not matter where nothing matches, unless it counts; nor does what stands under a has. */
static bool sees_operand(const struct rule_node *node) { return node->op == RULE_TEST && node->matcher == MATCH_COUNT; }
static bool sees_children(const struct rule_node *node) { return node->op != RULE_HAS && node->op != RULE_TEST; }
static int matcher_seen(const struct rule_node *node) {
  if (node->op != RULE_TEST) return -1;
  return node->matcher == MATCH_PRESENT || node->matcher == MATCH_ABSENT || node->matcher == MATCH_COUNT ? (int)node->matcher : MATCHERS;
}

static int compare_numbers(size_t a, size_t b) { return a < b ? -1 : a > b; }

static int compare_nodes(const struct rule_node *a, const struct rule_node *b) {
  int order = compare_numbers(a->op, b->op);
  bool looks = a->op == RULE_TEST || a->op == RULE_HAS;
  if (!order && looks) order = compare_numbers(a->fact, b->fact);
  if (!order && looks) order = compare_numbers(a->key != NULL, b->key != NULL);
  if (!order) order = matcher_seen(a) - matcher_seen(b);
  if (!order && sees_operand(a)) order = strcmp(a->operand, b->operand);
  if (order || !sees_children(a)) return order;
  order = compare_numbers(a->child_count, b->child_count);
  if (!order && a->op == RULE_AT_LEAST) order = compare_numbers(a->at_least, b->at_least);
  for (size_t i = 0; !order && i < a->child_count; i++) order = compare_nodes(&a->children[i], &b->children[i]);
  return order;
}

/* A signal while it is sorted. Of a smaller key it comes first; of equal ones the signals decide. */
struct sorted {
  uint64_t key;
  const struct rule_signal *signal;
  uint32_t number;
  bool whole; /* the key is all there is to compare */
};

static int compare_sorted(const struct sorted *a, const struct sorted *b, int order) {
  if (a->key != b->key) return a->key < b->key ? -1 : 1;
  return order ? order : compare_numbers(a->number, b->number);
}

static int compare_forms(const void *left, const void *right) {
  const struct sorted *a = left, *b = right;
  return compare_sorted(a, b, a->key != b->key || (a->whole && b->whole) ? 0 : compare_nodes(a->signal->when, b->signal->when));
}

static int compare_ids(const void *left, const void *right) {
  const struct sorted *a = left, *b = right;
  return compare_sorted(a, b, a->key != b->key || (a->whole && b->whole) ? 0 : strcmp(a->signal->id, b->signal->id));
}

/* What compare_nodes looks at first, in its order. */
static void key_form(struct sorted *item) {
  const struct rule_node *node = item->signal->when;
  bool looks = node->op == RULE_TEST || node->op == RULE_HAS;
  item->key =
      (uint64_t)node->op << 56 | (looks ? (uint64_t)node->fact << 16 | (uint64_t)(node->key != NULL) << 8 : 0) | (uint64_t)(matcher_seen(node) + 1);
  item->whole = !sees_operand(node) && !sees_children(node);
}

/* The first eight bytes, as numbers are compared. */
static void key_id(struct sorted *item) {
  const char *id = item->signal->id;
  item->key = 0;
  for (int left = 8; left--;) item->key = item->key << 8 | (unsigned char)(*id ? *id++ : 0);
  item->whole = !*id;
}

/* Which signals are called alike, and which have the same form. */
static int lay_order(const struct rule_base *base, struct arena *arena, struct plan *plan) {
  size_t count = base->signal_count;
  uint32_t *ids = arena_take_array(arena, count + 1, sizeof *ids), *forms = arena_take_array(arena, count + 1, sizeof *forms);
  struct sorted *sorted = mem_new((count + 1) * sizeof *sorted);
  bool whole = ids && forms && sorted;
  for (size_t i = 0; whole && i < count; i++) {
    sorted[i] = (struct sorted){.signal = plan->signals[i], .number = (uint32_t)i};
    key_id(&sorted[i]);
  }
  if (whole && count) qsort(sorted, count, sizeof *sorted, compare_ids);
  for (size_t i = 1; whole && i < count; i++)
    ids[sorted[i].number] = ids[sorted[i - 1].number] + (strcmp(sorted[i].signal->id, sorted[i - 1].signal->id) != 0);
  for (size_t i = 0; whole && i < count; i++) key_form(&sorted[i]);
  if (whole && count) qsort(sorted, count, sizeof *sorted, compare_forms);
  for (size_t i = 0; whole && i < count; i++) {
    bool same = i && compare_nodes(sorted[i].signal->when, sorted[i - 1].signal->when) == 0;
    forms[sorted[i].number] = same ? forms[sorted[i - 1].number] : sorted[i].number;
  }
  mem_free(sorted);
  plan->ids = ids;
  plan->forms = forms;
  return whole ? 0 : -1;
}

/* --- stacks --- */

/* What is named of a layer while a stack is read, by place. */
struct promised {
  double *named;  /* probability, 0 for none */
  double *shares; /* sum of the shares of what this one covers */
  size_t *owner;  /* place of the thing whose promise covers this one; the layer's count where none does */
};

static size_t place_of(const struct rule_layer *layer, const char *id) {
  for (size_t i = 0; i < layer->thing_count; i++)
    if (strcmp(layer->things[i]->id, id) == 0) return i;
  return layer->thing_count; /* unknown */
}

/* Fills `promised`; returns the sum of what is named. */
static double read_stack(const struct rule_thing *thing, const struct rule_layer *layer, const double *shares, struct promised *promised) {
  size_t count = layer->thing_count + 1;
  double total = 0;
  memset(promised->named, 0, count * sizeof *promised->named);
  memset(promised->shares, 0, count * sizeof *promised->shares);
  for (size_t i = 0; i < thing->stack_count; i++)
    if (strcmp(thing->stack[i].layer, layer->id) == 0) total += promised->named[place_of(layer, thing->stack[i].id)] = thing->stack[i].probability;
  for (size_t i = 0; i < count; i++) {
    size_t owner = i < layer->thing_count || promised->named[i] > 0 ? i : count;
    for (const struct rule_thing *at = i < layer->thing_count ? layer->things[i] : NULL; at && promised->named[at->place] == 0; at = at->parent)
      owner = at->parent ? at->parent->place : count;
    promised->owner[i] = owner;
    if (owner < count) promised->shares[owner] += shares[i];
  }
  return total;
}

static struct plan_promise put_promise(const struct rule_layer *layer, const double *shares, double total, const struct promised *promised,
                                       struct plan_covered *covered) {
  size_t count = layer->thing_count + 1;
  double rest = 0, scale = total > SURELY ? SURELY / total : 1;
  for (size_t i = 0; i < count; i++)
    if (promised->owner[i] == count) rest += shares[i];
  struct plan_promise promise = {.left = rest > 0 ? (1 - total * scale) / rest : 0};
  for (size_t i = 0; i < count; i++) {
    size_t owner = promised->owner[i];
    if (owner == count) continue;
    double share = promised->named[owner] * scale / promised->shares[owner];
    covered[promise.count++] = (struct plan_covered){.extra = share - promise.left, .lower = (uint32_t)i};
  }
  return promise;
}

static bool speaks_of(const struct rule_thing *thing, const char *layer) {
  for (size_t i = 0; i < thing->stack_count; i++)
    if (strcmp(thing->stack[i].layer, layer) == 0) return true;
  return false;
}

struct stacks {
  struct plan_layer *layers;
  double *shares;
  uint32_t *expects;
  struct plan_promise *promises;
  struct plan_covered *covered;
  struct promised scratch;
};

static void lay_layer(const struct rule_base *base, size_t k, struct stacks *stacks, struct plan *plan) {
  const struct rule_layer *layer = &base->layers[k], *first = &base->layers[0];
  struct plan_layer *out = &stacks->layers[k];
  double *shares = stacks->shares + plan->share_count, sum = 1;
  for (size_t i = 0; i < layer->thing_count; i++) sum += layer->things[i]->prior;
  for (size_t i = 0; i < layer->thing_count; i++) shares[i] = layer->things[i]->prior / sum;
  shares[layer->thing_count] = 1 / sum;
  *out = (struct plan_layer){.first = plan->promise_count, .share_first = plan->share_count, .share_count = (uint32_t)layer->thing_count + 1};
  plan->share_count += out->share_count;
  for (size_t u = 0; k > 0 && u < first->thing_count; u++) {
    if (!speaks_of(first->things[u], layer->id)) continue;
    double total = read_stack(first->things[u], layer, shares, &stacks->scratch);
    struct plan_promise promise = put_promise(layer, shares, total, &stacks->scratch, stacks->covered + plan->covered_count);
    promise.upper = (uint32_t)u;
    promise.first = plan->covered_count;
    plan->covered_count += promise.count;
    stacks->promises[plan->promise_count++] = promise;
    stacks->expects[u] |= 1u << (k - 1);
    out->count++;
  }
}

/* How many promises there are at most, and how much they can cover. */
static size_t count_promises(const struct rule_base *base, size_t *covered, size_t *widest) {
  size_t promises = 0;
  *covered = *widest = 0;
  for (size_t k = 0; k < base->layer_count; k++) {
    size_t count = base->layers[k].thing_count + 1;
    *widest = count > *widest ? count : *widest;
    for (size_t u = 0; k > 0 && u < base->layers[0].thing_count; u++) {
      bool speaks = speaks_of(base->layers[0].things[u], base->layers[k].id);
      promises += speaks;
      *covered += speaks ? count : 0;
    }
  }
  return promises;
}

static int lay_stacks(const struct rule_base *base, struct arena *arena, struct plan *plan) {
  size_t covered, widest, promises = count_promises(base, &covered, &widest);
  struct arena *scratch = arena_new();
  struct stacks stacks = {
      .layers = arena_take_array(arena, base->layer_count, sizeof *stacks.layers),
      .shares = arena_take_array(arena, base->thing_count + base->layer_count, sizeof *stacks.shares),
      .expects = arena_take_array(arena, base->layers[0].thing_count + 1, sizeof *stacks.expects),
      .promises = arena_take_array(arena, promises + 1, sizeof *stacks.promises),
      .covered = arena_take_array(arena, covered + 1, sizeof *stacks.covered),
  };
  if (scratch) {
    stacks.scratch = (struct promised){.named = arena_take_array(scratch, widest, sizeof(double)),
                                       .shares = arena_take_array(scratch, widest, sizeof(double)),
                                       .owner = arena_take_array(scratch, widest, sizeof(size_t))};
  }
  bool whole = stacks.layers && stacks.shares && stacks.expects && stacks.promises && stacks.covered && stacks.scratch.named &&
               stacks.scratch.shares && stacks.scratch.owner;
  for (size_t k = 0; whole && k < base->layer_count; k++) lay_layer(base, k, &stacks, plan);
  arena_free(scratch);
  plan->layers = stacks.layers;
  plan->shares = stacks.shares;
  plan->expects = stacks.expects;
  plan->promises = stacks.promises;
  plan->covered = stacks.covered;
  return whole ? 0 : -1;
}

struct plan *plan_build(const struct rule_base *base, struct arena *arena) {
  assert(base && arena && base->layer_count);
  struct plan *plan = arena_take(arena, sizeof *plan);
  if (!plan) return NULL;
  plan->thing_count = (uint32_t)base->thing_count;
  plan->signal_count = (uint32_t)base->signal_count;
  plan->layer_count = (uint32_t)base->layer_count;
  plan->upper_count = (uint32_t)base->layers[0].thing_count;
  if (lay_signals(base, arena, plan) || lay_order(base, arena, plan) || lay_rulings(base, arena, plan) || lay_things(base, arena, plan) ||
      lay_stacks(base, arena, plan))
    return NULL;
  return plan;
}
