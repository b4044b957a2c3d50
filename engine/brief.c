/* See brief.h. The letters are those of rank.h. */
#include "brief.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "rank.h"

#define AHEAD 16        /* of a shape's best things, kept in order */
#define NEAR_BITS 1e-6  /* closer than this rank_compare is asked */
#define MOST_BITS 900.0 /* powers of two beyond would leave a double */

/* A lower layer by itself, as in rank.c. */
struct lower {
  double *likelihood; /* q(l) 2^own(l), over 2^best */
  double best;        /* the largest own(l) */
  double sum, fit;
  double *joints; /* by promise: sum over l of P(l|u) likelihood(l) */
};

/* The upper layer. Things that promise something of the same layers are one class. */
struct upper {
  double *odds;    /* by place; unknown, which has 0, is not among them */
  double *weight;  /* 2^(odds - reference) */
  double *classes; /* sum of the weights of each class; unknown is in the first */
  double reference;
  uint32_t ahead[AHEAD]; /* places of the best, best first */
  uint32_t ahead_count;
};

/* What follows from a shape. */
struct defaults {
  double *own;         /* by thing */
  double *stack;       /* by place in the first layer */
  struct lower *lower; /* by layer */
  struct upper upper;
};

/* The ruling that stands for a group, while a thing is weighed. */
struct strongest {
  const struct plan_ruling *ruling;
  double weight;
};

struct brief {
  const struct rule_base *base;
  const struct plan *plan;
  struct arena *arena;
  double *prior;           /* bits, by thing */
  uint32_t *layer;         /* by thing */
  unsigned char *is_plain; /* by thing: each of its signals is a group of its own */
  uint32_t *first;         /* by layer: its first thing */
  uint32_t *class_of;      /* by place in the first layer */
  uint32_t *class_mask;    /* by class: the layers it promises something of */
  uint32_t class_count;
  /* of the report at hand */
  const struct decision *decision;
  long day;                /* its day, of which `aged` is */
  double *aged, *fresh;    /* by signal: what is left of its bits that day, and before anything ages */
  const double *remaining; /* one of the two */
  uint32_t *touched;       /* things whose own bits may differ */
  size_t touched_count;
  unsigned char *is_touched;
  double *own;                   /* by thing, where it is touched */
  struct strongest *strongest;   /* by group */
  double *stack;                 /* by place in the first layer */
  struct lower *lower;           /* by layer: likelihood and joints point to arrays of its own or of the defaults */
  double **likelihood, **joints; /* by layer: the arrays of its own */
  double *odds;                  /* by place, where it is touched or has a stack */
  double *weight, *classes;
  uint32_t *moved; /* places of the first layer whose odds differ */
  size_t moved_count;
  unsigned char *is_moved;
  double *mixed;
};

static uint32_t uppers(const struct brief *brief) { return (uint32_t)brief->base->layers[0].thing_count; }
static uint32_t width(const struct brief *brief, size_t k) { return (uint32_t)brief->base->layers[k].thing_count + 1; }

/* --- things --- */

/* Reports of one day age alike. */
static void set_day(struct brief *brief, long day) {
  if (brief->day == day) return;
  brief->day = day;
  for (uint32_t i = 0; i < brief->plan->volatile_count; i++) {
    uint32_t signal = brief->plan->volatiles[i];
    brief->aged[signal] = rank_remaining(&brief->base->model, rule_signal(brief->base, signal), day);
  }
}

/* Without a branch: which truth comes next cannot be foreseen. */
static inline double weight_of(const struct brief *brief, uint32_t signal) {
  static const double counts[TRUTH_UNREADABLE + 1] = {[TRUTH_TRUE] = 1, [TRUTH_FALSE] = 1};
  unsigned char truth = brief->decision->truths[signal];
  const double *bits = truth == TRUTH_TRUE ? brief->plan->if_true : brief->plan->if_false;
  return counts[truth] * bits[signal] * brief->remaining[signal];
}

/* The strongest of every group counts, in the order of rank.c: sums have the same last bits. */
static double own_of(struct brief *brief, uint32_t thing) {
  const struct plan *plan = brief->plan;
  uint32_t first = thing ? plan->ruling_ends[thing - 1] : 0, end = plan->ruling_ends[thing];
  double sum = 0;
  if (brief->is_plain[thing]) {
    for (uint32_t i = first; i < end; i++) sum += weight_of(brief, plan->rulings[i].signal);
    return sum;
  }
  for (uint32_t i = first; i < end; i++) brief->strongest[plan->rulings[i].group].ruling = NULL;
  for (uint32_t i = first; i < end; i++) {
    const struct plan_ruling *ruling = &plan->rulings[i];
    struct strongest *best = &brief->strongest[ruling->group];
    double weight = weight_of(brief, ruling->signal);
    bool stronger = !best->ruling || fabs(weight) > fabs(best->weight) ||
                    (fabs(weight) == fabs(best->weight) && plan->ids[ruling->signal] < plan->ids[best->ruling->signal]);
    if (stronger) *best = (struct strongest){.ruling = ruling, .weight = weight};
  }
  for (uint32_t i = first; i < end; i++) {
    const struct strongest *best = &brief->strongest[plan->rulings[i].group];
    if (best->ruling == &plan->rulings[i]) sum += best->weight;
  }
  return sum;
}

static void touch_things(struct brief *brief, uint32_t signal) {
  const struct plan *plan = brief->plan;
  for (uint32_t i = signal ? plan->thing_ends[signal - 1] : 0; i < plan->thing_ends[signal]; i++) {
    uint32_t thing = plan->things[i];
    if (brief->is_touched[thing]) continue;
    brief->is_touched[thing] = 1;
    brief->touched[brief->touched_count++] = thing;
  }
}

/* The things that the report's changes and its age can move, with their own bits now. */
static void touch_all(struct brief *brief) {
  const struct decision *decision = brief->decision;
  for (size_t i = 0; i < decision->changed_count; i++) touch_things(brief, decision->changed[i]);
  for (uint32_t i = 0; i < brief->plan->volatile_count; i++) {
    uint32_t signal = brief->plan->volatiles[i];
    bool decided = decision->truths[signal] == TRUTH_TRUE || decision->truths[signal] == TRUTH_FALSE;
    if (decided && brief->remaining[signal] != 1) touch_things(brief, signal);
  }
  for (size_t i = 0; i < brief->touched_count; i++) brief->own[brief->touched[i]] = own_of(brief, brief->touched[i]);
}

/* --- lower layers --- */

static double share(const struct brief *brief, size_t k, size_t place) { return brief->plan->shares[brief->plan->layers[k].share_first + place]; }

/* Sums and joints of a layer whose likelihoods are there. */
static void settle_lower(const struct brief *brief, size_t k, struct lower *lower) {
  const struct plan_layer *layer = &brief->plan->layers[k];
  lower->sum = lower->fit = 0;
  for (uint32_t i = 0; i < width(brief, k); i++) lower->sum += lower->likelihood[i];
  for (uint32_t i = 0; i < width(brief, k); i++) lower->fit += lower->likelihood[i] / lower->sum * (lower->likelihood[i] / share(brief, k, i));
  for (uint32_t p = 0; p < layer->count; p++) {
    const struct plan_promise *promise = &brief->plan->promises[layer->first + p];
    double sum = promise->left * lower->sum;
    for (uint32_t c = promise->first; c < promise->first + promise->count; c++)
      sum += brief->plan->covered[c].extra * lower->likelihood[brief->plan->covered[c].lower];
    lower->joints[p] = sum;
  }
}

static void fill_lower(const struct brief *brief, size_t k, const double *own, struct lower *lower) {
  uint32_t count = width(brief, k);
  lower->best = 0;
  for (uint32_t i = 0; i + 1 < count; i++) lower->best = fmax(lower->best, own[brief->first[k] + i]);
  for (uint32_t i = 0; i + 1 < count; i++) lower->likelihood[i] = share(brief, k, i) * exp2(own[brief->first[k] + i] - lower->best);
  lower->likelihood[count - 1] = share(brief, k, count - 1) * exp2(-lower->best);
  settle_lower(brief, k, lower);
}

/* The layer with what the report moved in it. */
static void move_lower(struct brief *brief, const struct defaults *defaults, size_t k) {
  const struct lower *was = &defaults->lower[k];
  struct lower *lower = &brief->lower[k];
  uint32_t count = width(brief, k), first = brief->first[k];
  *lower = (struct lower){.likelihood = brief->likelihood[k], .joints = brief->joints[k], .best = was->best};
  for (size_t i = 0; i < brief->touched_count; i++)
    if (brief->layer[brief->touched[i]] == k) lower->best = fmax(lower->best, brief->own[brief->touched[i]]);
  double scale = lower->best == was->best ? 1 : exp2(was->best - lower->best);
  for (uint32_t i = 0; i < count; i++) lower->likelihood[i] = was->likelihood[i] * scale;
  for (size_t i = 0; i < brief->touched_count; i++) {
    uint32_t thing = brief->touched[i];
    if (brief->layer[thing] == k) lower->likelihood[thing - first] = share(brief, k, thing - first) * exp2(brief->own[thing] - lower->best);
  }
  settle_lower(brief, k, lower);
}

/* What every layer adds to the things that promise something of it, in the order of the layers. */
static void fit_all(const struct brief *brief, const struct lower *lower, double *stack) {
  memset(stack, 0, (uppers(brief) + 1) * sizeof *stack);
  for (size_t k = 1; k < brief->plan->layer_count; k++) {
    const struct plan_layer *layer = &brief->plan->layers[k];
    for (uint32_t p = 0; p < layer->count; p++) stack[brief->plan->promises[layer->first + p].upper] += log2(lower[k].joints[p] / lower[k].fit);
  }
}

/* --- the upper layer --- */

static double power(double bits) { return exp2(bits > MOST_BITS ? MOST_BITS : bits); }

static void move_upper(struct brief *brief, const struct defaults *defaults, uint32_t place, double odds) {
  const struct upper *upper = &defaults->upper;
  double weight = power(odds - upper->reference), *sum = &brief->classes[brief->class_of[place]];
  brief->odds[place] = odds;
  brief->weight[place] = weight;
  brief->moved[brief->moved_count++] = place;
  brief->is_moved[place] = 1;
  *sum += weight - upper->weight[place];
}

static double odds_at(const struct brief *brief, const struct defaults *defaults, uint32_t place) {
  return brief->is_moved[place] ? brief->odds[place] : defaults->upper.odds[place];
}

static double weight_at(const struct brief *brief, const struct defaults *defaults, uint32_t place) {
  return brief->is_moved[place] ? brief->weight[place] : defaults->upper.weight[place];
}

/* Where most of a class was taken away, what is left has lost its last digits: it is added up anew. */
static void settle_classes(struct brief *brief, const struct defaults *defaults) {
  bool bad = false;
  for (uint32_t c = 0; c < brief->class_count; c++) bad |= brief->classes[c] < defaults->upper.classes[c] / 2;
  if (!bad) return;
  memset(brief->classes, 0, brief->class_count * sizeof *brief->classes);
  brief->classes[0] = power(-defaults->upper.reference);
  for (uint32_t u = 0; u < uppers(brief); u++) brief->classes[brief->class_of[u]] += weight_at(brief, defaults, u);
}

static void move_all(struct brief *brief, const struct defaults *defaults, bool stacks) {
  memcpy(brief->classes, defaults->upper.classes, brief->class_count * sizeof *brief->classes);
  const double *stack = stacks ? brief->stack : defaults->stack;
  for (size_t i = 0; i < brief->touched_count; i++) {
    uint32_t thing = brief->touched[i];
    if (brief->layer[thing] != 0) continue;
    uint32_t place = thing - brief->first[0];
    move_upper(brief, defaults, place, brief->prior[thing] + brief->own[thing] + stack[place]);
  }
  for (uint32_t u = 0; stacks && u < uppers(brief); u++) {
    uint32_t thing = brief->first[0] + u;
    if (brief->plan->expects[u] && !brief->is_moved[u]) move_upper(brief, defaults, u, brief->prior[thing] + defaults->own[thing] + stack[u]);
  }
  settle_classes(brief, defaults);
}

/* --- the best --- */

static const char *id_of(const struct brief_answer *answer) { return answer->thing ? answer->thing->id : "unknown"; }

/* Puts an answer where it belongs among the best. */
static void offer(struct brief_answer *best, size_t *count, const struct brief_answer *answer) {
  size_t at = *count;
  while (at > 0 && rank_compare(answer->log_odds, id_of(answer), best[at - 1].log_odds, id_of(&best[at - 1])) < 0) at--;
  if (at == BRIEF_BEST) return;
  if (*count < BRIEF_BEST) ++*count;
  for (size_t i = *count - 1; i > at; i--) best[i] = best[i - 1];
  best[at] = *answer;
}

static void offer_upper(struct brief *brief, const struct defaults *defaults, bool stacks, uint32_t place, double total, struct brief_answer *best,
                        size_t *count) {
  if (place == uppers(brief)) {
    offer(best, count, &(struct brief_answer){.probability = power(-defaults->upper.reference) / total});
    return;
  }
  uint32_t thing = brief->first[0] + place;
  offer(best, count,
        &(struct brief_answer){.thing = &brief->base->things[thing],
                               .log_odds = odds_at(brief, defaults, place),
                               .probability = weight_at(brief, defaults, place) / total,
                               .prior = brief->prior[thing],
                               .own = brief->is_touched[thing] ? brief->own[thing] : defaults->own[thing],
                               .stack = stacks ? brief->stack[place] : defaults->stack[place]});
}

static double total_of(const struct brief *brief) {
  double total = 0;
  for (uint32_t c = 0; c < brief->class_count; c++) total += brief->classes[c];
  return total;
}

static void best_upper(struct brief *brief, const struct defaults *defaults, bool stacks, struct brief_answer *best, size_t *count) {
  double total = total_of(brief);
  *count = 0;
  offer_upper(brief, defaults, stacks, uppers(brief), total, best, count);
  uint32_t left = BRIEF_BEST;
  for (uint32_t i = 0; i < defaults->upper.ahead_count && left > 0; i++) {
    uint32_t place = defaults->upper.ahead[i];
    if (brief->is_moved[place]) continue;
    offer_upper(brief, defaults, stacks, place, total, best, count);
    left--;
  }
  for (uint32_t u = 0; left > 0 && defaults->upper.ahead_count == AHEAD && u < uppers(brief); u++) /* all of them have moved */
    if (!brief->is_moved[u]) offer_upper(brief, defaults, stacks, u, total, best, count);
  for (size_t i = 0; i < brief->moved_count; i++) {
    uint32_t place = brief->moved[i];
    bool far = *count == BRIEF_BEST && brief->odds[place] < best[BRIEF_BEST - 1].log_odds - NEAR_BITS;
    if (!far) offer_upper(brief, defaults, stacks, place, total, best, count);
  }
}

/* P(l) without its likelihood's share, as mix of rank.c. Returns the sum of mixed[]. */
static double mix(struct brief *brief, const struct defaults *defaults, const struct lower *lower, size_t k) {
  const struct plan_layer *layer = &brief->plan->layers[k];
  double others = 0, left = 0, total = total_of(brief), sum = 0;
  uint32_t count = width(brief, k);
  for (uint32_t c = 0; c < brief->class_count; c++)
    if (!(brief->class_mask[c] >> (k - 1) & 1)) others += brief->classes[c];
  others /= total;
  memset(brief->mixed, 0, count * sizeof *brief->mixed);
  for (uint32_t p = 0; p < layer->count; p++) {
    const struct plan_promise *promise = &brief->plan->promises[layer->first + p];
    double weight = weight_at(brief, defaults, promise->upper) / total / lower->joints[p];
    left += weight * promise->left;
    for (uint32_t c = promise->first; c < promise->first + promise->count; c++)
      brief->mixed[brief->plan->covered[c].lower] += weight * brief->plan->covered[c].extra;
  }
  for (uint32_t i = 0; i < count; i++)
    sum += brief->mixed[i] = lower->likelihood[i] * (left + brief->mixed[i]) + others * (lower->likelihood[i] / lower->sum);
  return sum;
}

static void offer_lower(struct brief *brief, const struct defaults *defaults, size_t k, uint32_t place, double sum, struct brief_answer *best,
                        size_t *count) {
  double unknown = brief->mixed[width(brief, k) - 1];
  struct brief_answer answer = {.probability = brief->mixed[place] / sum};
  if (place + 1 < width(brief, k)) {
    uint32_t thing = brief->first[k] + place;
    answer.thing = &brief->base->things[thing];
    answer.prior = brief->prior[thing];
    answer.own = brief->is_touched[thing] ? brief->own[thing] : defaults->own[thing];
    answer.log_odds = brief->mixed[place] > 0 && unknown > 0 ? log2(brief->mixed[place]) - log2(unknown) : answer.prior + answer.own;
    answer.stack = answer.log_odds - answer.prior - answer.own;
  }
  offer(best, count, &answer);
}

/* Logarithms are taken only of what may be among the best: near the second largest or above. */
static void best_lower(struct brief *brief, const struct defaults *defaults, const struct lower *lower, size_t k, struct brief_answer *best,
                       size_t *count) {
  double sum = mix(brief, defaults, lower, k), first = 0, second = 0;
  uint32_t wide = width(brief, k);
  *count = 0;
  for (uint32_t i = 0; i < wide; i++) {
    double mixed = brief->mixed[i];
    second = mixed > first ? first : mixed > second ? mixed : second;
    first = mixed > first ? mixed : first;
  }
  bool all = brief->mixed[wide - 1] <= 0 || second <= 0;
  for (uint32_t i = 0; i < wide; i++)
    if (all || brief->mixed[i] >= second * (1 - 1e-6)) offer_lower(brief, defaults, k, i, sum, best, count);
}

/* --- shapes --- */

/* Puts a place among the best AHEAD where it belongs. */
static void put_ahead(const struct brief *brief, struct upper *upper, uint32_t place) {
  const struct rule_thing *const *things = brief->base->layers[0].things;
  uint32_t at = upper->ahead_count;
  while (at > 0 && rank_compare(upper->odds[place], things[place]->id, upper->odds[upper->ahead[at - 1]], things[upper->ahead[at - 1]]->id) < 0) at--;
  if (at == AHEAD) return;
  if (upper->ahead_count < AHEAD) upper->ahead_count++;
  for (uint32_t i = upper->ahead_count - 1; i > at; i--) upper->ahead[i] = upper->ahead[i - 1];
  upper->ahead[at] = place;
}

static int fill_upper(const struct brief *brief, struct arena *arena, struct defaults *defaults) {
  struct upper *upper = &defaults->upper;
  upper->odds = arena_take_array(arena, uppers(brief) + 1, sizeof *upper->odds);
  upper->weight = arena_take_array(arena, uppers(brief) + 1, sizeof *upper->weight);
  upper->classes = arena_take_array(arena, brief->class_count, sizeof *upper->classes);
  if (!upper->odds || !upper->weight || !upper->classes) return -1;
  for (uint32_t u = 0; u < uppers(brief); u++) {
    uint32_t thing = brief->first[0] + u;
    upper->odds[u] = brief->prior[thing] + defaults->own[thing] + defaults->stack[u];
    upper->reference = fmax(upper->reference, upper->odds[u]);
  }
  upper->classes[0] = power(-upper->reference);
  for (uint32_t u = 0; u < uppers(brief); u++) upper->classes[brief->class_of[u]] += upper->weight[u] = power(upper->odds[u] - upper->reference);
  for (uint32_t u = 0; u < uppers(brief); u++) put_ahead(brief, upper, u);
  return 0;
}

/* What the shape says by itself, before anything ages. */
static struct defaults *make_defaults(struct brief *brief, const struct shape *shape) {
  struct arena *arena = shape->arena;
  const struct decision blank = {.truths = shape->blank}, *now = brief->decision;
  struct defaults *defaults = arena_take(arena, sizeof *defaults);
  if (!defaults) return NULL;
  defaults->own = arena_take_array(arena, brief->base->thing_count + 1, sizeof *defaults->own);
  defaults->stack = arena_take_array(arena, uppers(brief) + 1, sizeof *defaults->stack);
  defaults->lower = arena_take_array(arena, brief->plan->layer_count, sizeof *defaults->lower);
  if (!defaults->own || !defaults->stack || !defaults->lower) return NULL;
  brief->decision = &blank;
  brief->remaining = brief->fresh;
  for (uint32_t i = 0; i < brief->base->thing_count; i++) defaults->own[i] = own_of(brief, i);
  brief->decision = now;
  brief->remaining = brief->aged;
  for (size_t k = 1; k < brief->plan->layer_count; k++) {
    struct lower *lower = &defaults->lower[k];
    lower->likelihood = arena_take_array(arena, width(brief, k), sizeof *lower->likelihood);
    lower->joints = arena_take_array(arena, brief->plan->layers[k].count + 1, sizeof *lower->joints);
    if (!lower->likelihood || !lower->joints) return NULL;
    fill_lower(brief, k, defaults->own, lower);
  }
  fit_all(brief, defaults->lower, defaults->stack);
  return fill_upper(brief, arena, defaults) ? NULL : defaults;
}

/* --- one report --- */

static void forget(struct brief *brief) {
  for (size_t i = 0; i < brief->touched_count; i++) brief->is_touched[brief->touched[i]] = 0;
  for (size_t i = 0; i < brief->moved_count; i++) brief->is_moved[brief->moved[i]] = 0;
  brief->touched_count = brief->moved_count = 0;
}

int brief_rank(struct brief *brief, const struct decision *decision, long observed_day, struct brief_answer *answers, size_t *counts) {
  assert(brief && decision && answers && counts);
  brief->decision = decision;
  set_day(brief, observed_day);
  if (!decision->shape->defaults) decision->shape->defaults = make_defaults(brief, decision->shape);
  const struct defaults *defaults = decision->shape->defaults;
  if (!defaults) return -1;
  bool stacks = false;
  uint32_t lower_moved = 0;
  touch_all(brief);
  for (size_t i = 0; i < brief->touched_count; i++) lower_moved |= 1u << brief->layer[brief->touched[i]];
  for (size_t k = 1; k < brief->plan->layer_count; k++) {
    brief->lower[k] = defaults->lower[k];
    if (!(lower_moved >> k & 1)) continue;
    move_lower(brief, defaults, k);
    stacks |= brief->plan->layers[k].count > 0;
  }
  if (stacks) fit_all(brief, brief->lower, brief->stack);
  move_all(brief, defaults, stacks);
  best_upper(brief, defaults, stacks, answers, &counts[0]);
  for (size_t k = 1; k < brief->plan->layer_count; k++) best_lower(brief, defaults, &brief->lower[k], k, answers + k * BRIEF_BEST, &counts[k]);
  forget(brief);
  return 0;
}

/* --- life --- */

static void number_things(struct brief *brief) {
  const struct rule_base *base = brief->base;
  for (size_t k = 0; k < base->layer_count; k++) {
    const struct rule_layer *layer = &base->layers[k];
    brief->first[k] = layer->thing_count ? (uint32_t)(layer->things[0] - base->things) : 0;
    for (size_t i = 0; i < layer->thing_count; i++) brief->layer[layer->things[i] - base->things] = (uint32_t)k;
  }
  for (size_t i = 0; i < base->thing_count; i++) {
    uint32_t first = i ? brief->plan->ruling_ends[i - 1] : 0, count = brief->plan->ruling_ends[i] - first, groups = 0;
    for (uint32_t r = first; r < first + count; r++) groups = brief->plan->rulings[r].group >= groups ? brief->plan->rulings[r].group + 1 : groups;
    brief->prior[i] = log2(base->things[i].prior);
    brief->is_plain[i] = groups == count; /* groups are numbered from 0, and none is empty */
  }
}

/* The first class is that of things that promise nothing, and of unknown. */
static void class_things(struct brief *brief) {
  brief->class_count = 1;
  for (uint32_t u = 0; u < uppers(brief); u++) {
    uint32_t c = 0;
    while (c < brief->class_count && brief->class_mask[c] != brief->plan->expects[u]) c++;
    if (c == brief->class_count) brief->class_mask[brief->class_count++] = brief->plan->expects[u];
    brief->class_of[u] = c;
  }
}

static bool take_arrays(struct brief *brief) {
  const struct plan *plan = brief->plan;
  size_t things = brief->base->thing_count + 1, layers = plan->layer_count, places = uppers(brief) + 1, widest = 1;
  for (size_t k = 0; k < layers; k++) widest = width(brief, k) > widest ? width(brief, k) : widest;
  const struct {
    void *to;
    size_t count, size;
  } arrays[] = {
      {&brief->prior, things, sizeof(double)},
      {&brief->layer, things, sizeof(uint32_t)},
      {&brief->is_plain, things, 1},
      {&brief->first, layers, sizeof(uint32_t)},
      {&brief->class_of, places, sizeof(uint32_t)},
      {&brief->class_mask, places, sizeof(uint32_t)},
      {&brief->touched, things, sizeof(uint32_t)},
      {&brief->is_touched, things, 1},
      {&brief->own, things, sizeof(double)},
      {&brief->strongest, plan->group_most + 1, sizeof(struct strongest)},
      {&brief->stack, places, sizeof(double)},
      {&brief->lower, layers, sizeof(struct lower)},
      {&brief->likelihood, layers, sizeof(double *)},
      {&brief->joints, layers, sizeof(double *)},
      {&brief->odds, places, sizeof(double)},
      {&brief->weight, places, sizeof(double)},
      {&brief->classes, places, sizeof(double)},
      {&brief->moved, places, sizeof(uint32_t)},
      {&brief->is_moved, places, 1},
      {&brief->mixed, widest, sizeof(double)},
      {&brief->aged, plan->signal_count + 1, sizeof(double)},
      {&brief->fresh, plan->signal_count + 1, sizeof(double)},
  };
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    void *taken = arena_take_array(brief->arena, arrays[i].count, arrays[i].size);
    if (!taken) return false;
    memcpy(arrays[i].to, &taken, sizeof taken);
  }
  for (size_t k = 0; k < layers; k++) {
    brief->likelihood[k] = arena_take_array(brief->arena, width(brief, k), sizeof(double));
    brief->joints[k] = arena_take_array(brief->arena, plan->layers[k].count + 1, sizeof(double));
    if (!brief->likelihood[k] || !brief->joints[k]) return false;
  }
  return true;
}

struct brief *brief_new(const struct rule_base *base) {
  assert(base && base->plan);
  struct arena *arena = arena_new();
  struct brief *brief = arena ? arena_take(arena, sizeof *brief) : NULL;
  if (!brief) {
    arena_free(arena);
    return NULL;
  }
  *brief = (struct brief){.base = base, .plan = base->plan, .arena = arena};
  if (!take_arrays(brief)) {
    brief_free(brief);
    return NULL;
  }
  for (uint32_t i = 0; i < brief->plan->signal_count; i++) brief->aged[i] = brief->fresh[i] = 1;
  brief->remaining = brief->aged;
  brief->day = LONG_MIN;
  number_things(brief);
  class_things(brief);
  return brief;
}

void brief_free(struct brief *brief) {
  if (brief) arena_free(brief->arena);
}
