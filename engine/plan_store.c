/* See plan.h: a plan as bytes, and back. What is read is checked against the things it is for, in the order in which plan.c lays it. */
#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "lay.h"
#include "plan.h"
#include "status.h"

#define PLAN_FORMAT 2
#define BITS_MOST 1e6 /* more than any signal can have: 20 bits over the lowest temperature */
#define SHARE_LEAST 1e-60
#define PROMISE_MOST 1e60

#define NUMBERS(plan, format)                                                                                                                \
  {                                                                                                                                          \
    &(format), &(plan)->thing_count, &(plan)->signal_count, &(plan)->ruling_count, &(plan)->upper_count, &(plan)->volatile_count,            \
        &(plan)->layer_count, &(plan)->promise_count, &(plan)->covered_count, &(plan)->share_count, &(plan)->word_count, &(plan)->group_most \
  }
#define PARTS(plan)                                                                                                                                 \
  {                                                                                                                                                 \
    {&(plan)->if_true, &(plan)->signal_count, sizeof *(plan)->if_true}, {&(plan)->if_false, &(plan)->signal_count, sizeof *(plan)->if_false},       \
        {&(plan)->ruling_ends, &(plan)->thing_count, sizeof *(plan)->ruling_ends},                                                                  \
        {&(plan)->rulings, &(plan)->ruling_count, sizeof *(plan)->rulings}, {&(plan)->kinds, &(plan)->thing_count, 1},                              \
        {&(plan)->costs, &(plan)->thing_count, 1}, {&(plan)->thing_ends, &(plan)->signal_count, sizeof *(plan)->thing_ends},                        \
        {&(plan)->things, &(plan)->ruling_count, sizeof *(plan)->things}, {&(plan)->volatiles, &(plan)->volatile_count, sizeof *(plan)->volatiles}, \
        {&(plan)->ids, &(plan)->signal_count, sizeof *(plan)->ids}, {&(plan)->forms, &(plan)->signal_count, sizeof *(plan)->forms},                 \
        {&(plan)->words, &(plan)->word_count, sizeof *(plan)->words}, {&(plan)->layers, &(plan)->layer_count, sizeof *(plan)->layers},              \
        {&(plan)->promises, &(plan)->promise_count, sizeof *(plan)->promises}, {&(plan)->covered, &(plan)->covered_count, sizeof *(plan)->covered}, \
        {&(plan)->shares, &(plan)->share_count, sizeof *(plan)->shares}, {&(plan)->expects, &(plan)->upper_count, sizeof *(plan)->expects}, {       \
      &(plan)->marks, &(plan)->signal_count, sizeof *(plan)->marks                                                                                  \
    }                                                                                                                                               \
  }
#define COUNT(array) (sizeof(array) / sizeof *(array))

void plan_write(const struct plan *plan, struct buffer *out) {
  assert(plan && out);
  struct plan copy = *plan;
  uint32_t format = PLAN_FORMAT;
  uint32_t *const numbers[] = NUMBERS(&copy, format);
  const struct lay_part parts[] = PARTS(&copy);
  if (LAY_NATIVE) lay_write(&(struct lay){numbers, COUNT(numbers), parts, COUNT(parts)}, out);
}

/* --- checks --- */

/* Four words at a time, wherever they stand. */
typedef uint32_t four __attribute__((vector_size(16), aligned(4)));

static bool is_any(four words) { return words[0] | words[1] | words[2] | words[3]; }

/* Ends of runs that follow each other and use up `total`. */
static bool are_ends(const uint32_t *ends, uint32_t count, uint32_t total) {
  four wrong = {0};
  uint32_t i = 0, rest = 0;
  for (; i + 4 < count; i += 4) wrong |= (four)(*(const four *)&ends[i] > *(const four *)&ends[i + 1]);
  for (; i + 1 < count; i++) rest |= ends[i] > ends[i + 1];
  return !rest && !is_any(wrong) && (count ? ends[count - 1] : 0) == total;
}

/* The signals of one thing: its own, then its parent's, in order. */
static bool is_ruled(const struct rule_base *base, const struct plan *plan, const struct rule_thing *thing, uint32_t first, uint32_t end) {
  const struct rule_thing *owner = thing;
  bool wrong = false;
  for (uint32_t i = first; i < end; i++) {
    const struct plan_ruling *ruling = &plan->rulings[i];
    while (owner && (size_t)(owner - base->things) != ruling->owner) owner = owner->parent;
    if (!owner) return false;
    size_t own = ruling->signal - (size_t)(owner->signals - base->signals);
    wrong |= own >= owner->signal_count || ruling->group >= plan->group_most;
    wrong |= i > first && ruling[-1].owner == ruling->owner && ruling[-1].signal >= ruling->signal;
  }
  return !wrong;
}

static bool are_ruled(const struct rule_base *base, const struct plan *plan) {
  if (!are_ends(plan->ruling_ends, plan->thing_count, plan->ruling_count) || plan->group_most > plan->ruling_count) return false;
  for (uint32_t i = 0; i < plan->thing_count; i++)
    if (!is_ruled(base, plan, &base->things[i], i ? plan->ruling_ends[i - 1] : 0, plan->ruling_ends[i])) return false;
  return true;
}

static bool are_signals(const struct plan *plan) {
  bool wrong = !are_ends(plan->thing_ends, plan->signal_count, plan->ruling_count);
  for (uint32_t i = 0; i < plan->ruling_count; i++) wrong |= plan->things[i] >= plan->thing_count;
  for (uint32_t i = 0; i < plan->signal_count; i++) {
    wrong |= !(fabs(plan->if_true[i]) <= BITS_MOST) || !(fabs(plan->if_false[i]) <= BITS_MOST);
    wrong |= plan->forms[i] > i || plan->forms[plan->forms[i]] != plan->forms[i];
    wrong |= (plan->marks[i] & PLAN_FORGE) >= FORGE_COSTS;
    if (wrong) return false;
  }
  uint32_t found = 0;
  for (uint32_t i = 0; i < plan->volatile_count; i++) {
    wrong |= plan->volatiles[i] >= plan->signal_count || (i && plan->volatiles[i - 1] >= plan->volatiles[i]);
    if (wrong) return false;
    wrong |= !(plan->marks[plan->volatiles[i]] & PLAN_VOLATILE);
  }
  for (uint32_t i = 0; i < plan->signal_count; i++) found += plan->marks[i] >= PLAN_VOLATILE;
  return !wrong && found == plan->volatile_count;
}

/* What is covered gets no less than nothing; where all is covered, or nothing left, it gets something. */
static bool is_promise(const struct plan *plan, const struct plan_promise *promise, uint32_t width) {
  bool wrong = promise->count > width || !(promise->left >= 0 && promise->left <= PROMISE_MOST) || (promise->left <= 0 && promise->count < width);
  for (uint32_t i = promise->first; i < promise->first + promise->count && !wrong; i++) {
    const struct plan_covered *covered = &plan->covered[i];
    double share = promise->left + covered->extra;
    wrong |= !(share >= 0 && share <= PROMISE_MOST) || (promise->left <= 0 && share <= 0);
    wrong |= covered->lower >= width || (i > promise->first && covered[-1].lower >= covered->lower);
  }
  return !wrong && !promise->unused;
}

/* One layer's promises and shares, which follow those of the layer before. */
static bool is_layer(const struct rule_base *base, const struct plan *plan, uint32_t k, uint32_t *promises, uint32_t *covered, uint32_t *shares) {
  const struct plan_layer *layer = &plan->layers[k];
  uint32_t width = (uint32_t)base->layers[k].thing_count + 1;
  if (layer->first != *promises || layer->count > plan->promise_count - *promises || (k == 0 && layer->count)) return false;
  if (layer->share_first != *shares || layer->share_count != width || width > plan->share_count - *shares) return false;
  bool wrong = false;
  for (uint32_t i = 0; i < width; i++) wrong |= !(plan->shares[*shares + i] >= SHARE_LEAST && plan->shares[*shares + i] <= 1);
  for (uint32_t i = layer->first; i < layer->first + layer->count && !wrong; i++) {
    const struct plan_promise *promise = &plan->promises[i];
    if (promise->upper >= plan->upper_count || promise->first != *covered || promise->count > plan->covered_count - *covered) return false;
    wrong |= (i > layer->first && promise[-1].upper >= promise->upper) || !(plan->expects[promise->upper] >> (k - 1) & 1);
    wrong |= !is_promise(plan, promise, width);
    *covered += promise->count;
  }
  *promises += layer->count;
  *shares += width;
  return !wrong;
}

static bool are_layers(const struct rule_base *base, const struct plan *plan) {
  uint32_t promises = 0, covered = 0, shares = 0, expected = 0;
  for (uint32_t k = 0; k < plan->layer_count; k++)
    if (!is_layer(base, plan, k, &promises, &covered, &shares)) return false;
  for (uint32_t i = 0; i < plan->upper_count; i++) expected += (uint32_t)__builtin_popcount(plan->expects[i]);
  return promises == plan->promise_count && covered == plan->covered_count && shares == plan->share_count && expected == promises;
}

static bool is_fitting(const struct rule_base *base, const struct plan *plan) {
  return plan->thing_count == base->thing_count && plan->signal_count == base->signal_count && plan->layer_count == base->layer_count &&
         plan->upper_count == base->layers[0].thing_count;
}

static bool is_sound(const struct rule_base *base, const struct plan *plan) {
  return is_fitting(base, plan) && are_ruled(base, plan) && are_signals(plan) && are_layers(base, plan);
}

/* --- a glance --- */

/* True where all words are below the limits, which take turns. */
static bool are_below(const void *words, size_t count, uint32_t a, uint32_t b, uint32_t c) {
  const uint32_t limits[3] = {a, b, c}, *last = words;
  const four first = {a, b, c, a}, second = {b, c, a, b}, third = {c, a, b, c}, *at = words;
  four wrong = {0};
  uint32_t rest = 0;
  for (size_t i = 0; i < count / 12; i++, at += 3) wrong |= (four)(at[0] >= first) | (four)(at[1] >= second) | (four)(at[2] >= third);
  for (size_t i = count / 12 * 12; i < count; i++) rest |= last[i] >= limits[i % 3];
  return !rest && !is_any(wrong);
}

static bool are_all_below(const uint32_t *words, size_t count, uint32_t limit) { return are_below(words, count, limit, limit, limit); }

static_assert(offsetof(struct plan_ruling, signal) == 0 && offsetof(struct plan_ruling, owner) == 4, "three words");

static bool is_safe(const struct rule_base *base, const struct plan *plan) {
  return is_fitting(base, plan) && plan->group_most <= plan->ruling_count && are_ends(plan->ruling_ends, plan->thing_count, plan->ruling_count) &&
         are_below(plan->rulings, 3 * (size_t)plan->ruling_count, plan->signal_count, plan->thing_count, plan->group_most) &&
         are_ends(plan->thing_ends, plan->signal_count, plan->ruling_count) && are_all_below(plan->things, plan->ruling_count, plan->thing_count) &&
         are_all_below(plan->forms, plan->signal_count, plan->signal_count) &&
         are_all_below(plan->volatiles, plan->volatile_count, plan->signal_count) && are_layers(base, plan);
}

static int read_plan(const struct rule_base *base, const unsigned char *bytes, size_t length, bool glance, struct arena *arena, struct plan **out) {
  assert(base && base->layer_count && base->layer_count <= RULE_LAYERS && (base->signals || !base->signal_count) && bytes && arena && out);
  uint32_t format = 0;
  struct plan *plan = arena_take(arena, sizeof *plan);
  *out = NULL;
  if (!plan) return STATUS_MEMORY;
  uint32_t *const numbers[] = NUMBERS(plan, format);
  const struct lay_part parts[] = PARTS(plan);
  if (!LAY_NATIVE || !length) return 0;
  bool whole = lay_read(&(struct lay){numbers, COUNT(numbers), parts, COUNT(parts)}, bytes, length);
  if (format != PLAN_FORMAT) return 0;
  if (!whole || !(glance ? is_safe : is_sound)(base, plan)) return STATUS_DB_DAMAGED;
  *out = plan;
  return 0;
}

int plan_read(const struct rule_base *base, const unsigned char *bytes, size_t length, struct arena *arena, struct plan **out) {
  return read_plan(base, bytes, length, false, arena, out);
}

int plan_glance(const struct rule_base *base, const unsigned char *bytes, size_t length, struct arena *arena, struct plan **out) {
  return read_plan(base, bytes, length, true, arena, out);
}
