/* See rank.h. */
#include "rank.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SURELY 0.995  /* a stack never promises more than this: what is not in it stays possible */
#define SMALLEST 1e-6 /* likelihoods stay away from 0 and 1 by this */

long rank_day(const char *date) {
  int year, month, day, used = 0;
  if (!date || sscanf(date, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || used != 10) return LONG_MIN;
  if (month < 1 || month > 12 || day < 1 || day > 31) return LONG_MIN;
  /* days from civil: years are counted from March, in eras of 400 */
  long y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
  long of_year = (153L * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static double clamp(double probability) { return probability < SMALLEST ? SMALLEST : probability > 1 - SMALLEST ? 1 - SMALLEST : probability; }

double rank_elsewhere(const struct rule_model *model, const struct rule_signal *signal) {
  double floor = model->forge_floor[signal->forge];
  if (signal->elsewhere >= floor || signal->elsewhere >= signal->seen) return signal->elsewhere;
  return floor < signal->seen ? floor : signal->seen;
}

double rank_weight(const struct rule_model *model, const struct rule_signal *signal, enum truth truth) {
  assert(truth == TRUTH_TRUE || truth == TRUTH_FALSE);
  double seen = clamp(signal->seen), elsewhere = clamp(rank_elsewhere(model, signal));
  double bits = truth == TRUTH_TRUE ? log2(seen / elsewhere) : log2((1 - seen) / (1 - elsewhere));
  return bits / model->temperature;
}

/* What is left of volatile evidence after the time between its source and the report. */
static double remaining(const struct rank_input *input, const struct rule_signal *signal) {
  if (!signal->is_volatile || !signal->source || input->observed_day == LONG_MIN) return 1;
  long source = rank_day(signal->source->observed);
  if (source == LONG_MIN) return 1;
  double age = (double)(input->observed_day - source);
  return age > 0 ? exp2(-age / input->base->model.half_life_days) : 1;
}

static bool already(const struct score *score, const char *id) {
  for (size_t i = 0; i < score->ruling_count; i++)
    if (strcmp(score->rulings[i].signal->id, id) == 0) return true;
  return false;
}

static struct ruling decide(const struct rank_input *input, const struct rule_thing *owner, const struct rule_signal *signal) {
  struct ruling ruling = {.owner = owner, .signal = signal};
  ruling.truth = eval_node(&input->eval, signal->when, &ruling.trace);
  if (ruling.truth == TRUTH_TRUE || ruling.truth == TRUTH_FALSE)
    ruling.weight = rank_weight(&input->base->model, signal, ruling.truth) * remaining(input, signal);
  return ruling;
}

/* The stronger of two rulings of one group: by weight, then by id, so that order never matters. */
static bool stronger(const struct ruling *a, const struct ruling *b) {
  double x = fabs(a->weight), y = fabs(b->weight);
  return x != y ? x > y : strcmp(a->signal->id, b->signal->id) < 0;
}

static void count_groups(struct score *score) {
  for (size_t i = 0; i < score->ruling_count; i++) {
    struct ruling *ruling = &score->rulings[i];
    bool best = ruling->weight != 0;
    for (size_t j = 0; best && j < score->ruling_count; j++)
      if (j != i && strcmp(score->rulings[j].signal->group, ruling->signal->group) == 0 && stronger(&score->rulings[j], ruling)) best = false;
    ruling->bits = best ? ruling->weight : 0;
    score->own += ruling->bits;
  }
}

static int score_thing(const struct rank_input *input, const struct rule_thing *thing, struct arena *arena, struct score *score) {
  size_t most = 0;
  for (const struct rule_thing *at = thing; at; at = at->parent) most += at->signal_count;
  *score = (struct score){.thing = thing, .prior = log2(thing->prior)};
  score->rulings = arena_take_array(arena, most + 1, sizeof *score->rulings);
  if (!score->rulings) return -1;
  for (const struct rule_thing *at = thing; at; at = at->parent) {
    for (size_t i = 0; i < at->signal_count; i++)
      if (at == thing || !already(score, at->signals[i].id)) score->rulings[score->ruling_count++] = decide(input, at, &at->signals[i]);
  }
  count_groups(score);
  return 0;
}

static int score_layer(const struct rank_input *input, const struct rule_layer *layer, struct arena *arena, struct layer_scores *out) {
  out->scores = arena_take_array(arena, layer->thing_count + 1, sizeof *out->scores);
  if (!out->scores) return -1;
  out->count = layer->thing_count + 1; /* the last one, all zero, is unknown */
  for (size_t i = 0; i < layer->thing_count; i++)
    if (score_thing(input, layer->things[i], arena, &out->scores[i])) return -1;
  return 0;
}

/* log2 of a sum of powers of two, kept as logarithms. */
static double log_add(double a, double b) {
  if (a < b) {
    double swap = a;
    a = b;
    b = swap;
  }
  return b == -INFINITY ? a : a + log2(1 + exp2(b - a));
}

/* A lower layer by itself. Likelihoods are taken relative to the layer's best thing, so that they fit a double. */
struct alone {
  double *share;      /* q(l) */
  double *likelihood; /* 2^own(l), over that of the best */
  double *alone;      /* p0(l) */
  double fit;         /* sum p0(l) likelihood(l) */
};

static int layer_alone(const struct layer_scores *layer, struct arena *arena, struct alone *out) {
  double priors = 0, best = -INFINITY, sum = 0;
  out->share = arena_take_array(arena, layer->count, sizeof *out->share);
  out->likelihood = arena_take_array(arena, layer->count, sizeof *out->likelihood);
  out->alone = arena_take_array(arena, layer->count, sizeof *out->alone);
  if (!out->share || !out->likelihood || !out->alone) return -1;
  for (size_t i = 0; i < layer->count; i++) {
    out->share[i] = exp2(layer->scores[i].prior);
    priors += out->share[i];
    best = fmax(best, layer->scores[i].own);
  }
  for (size_t i = 0; i < layer->count; i++) {
    out->share[i] /= priors;
    out->likelihood[i] = exp2(layer->scores[i].own - best);
    sum += out->share[i] * out->likelihood[i];
  }
  for (size_t i = 0; i < layer->count; i++) {
    out->alone[i] = out->share[i] * out->likelihood[i] / sum;
    out->fit += out->alone[i] * out->likelihood[i];
  }
  return 0;
}

static bool expects(const struct rule_thing *thing, const char *layer) {
  for (size_t i = 0; thing && i < thing->stack_count; i++)
    if (strcmp(thing->stack[i].layer, layer) == 0) return true;
  return false;
}

/* The place of a thing in its layer's scores, which are in order of id with unknown at the end; `count` where it is not. */
static size_t score_of(const struct layer_scores *layer, const char *id) {
  size_t low = 0, high = layer->count - 1;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp(id, layer->scores[middle].thing->id);
    if (order == 0) return middle;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return strcmp(id, "unknown") == 0 ? layer->count - 1 : layer->count;
}

/* What one upper thing expects of one lower layer, by the lower thing's place. */
struct promise {
  double *named;  /* probability that the stack names, 0 for none */
  double *shares; /* sum of q over the named thing and its kinds that are not named themselves */
  size_t *owner;  /* place of the thing whose promise covers this one; the layer's count where none does */
};

/* Fills the promise; returns the sum of what is named. */
static double read_stack(const struct rule_thing *thing, const char *layer, const struct layer_scores *lower, const struct alone *alone,
                         struct promise *promise) {
  double total = 0;
  memset(promise->named, 0, lower->count * sizeof *promise->named);
  memset(promise->shares, 0, lower->count * sizeof *promise->shares);
  for (size_t i = 0; i < thing->stack_count; i++) {
    size_t place = strcmp(thing->stack[i].layer, layer) == 0 ? score_of(lower, thing->stack[i].id) : lower->count;
    if (place < lower->count) total += promise->named[place] = thing->stack[i].probability;
  }
  for (size_t i = 0; i < lower->count; i++) {
    size_t owner = i;
    for (const struct rule_thing *at = lower->scores[i].thing; at && promise->named[at->place] == 0; at = at->parent)
      owner = at->parent ? at->parent->place : lower->count;
    if (!lower->scores[i].thing && promise->named[i] == 0) owner = lower->count;
    promise->owner[i] = owner;
    if (owner < lower->count) promise->shares[owner] += alone->share[i];
  }
  return total;
}

/* P(l|u) times the likelihood of l, left in out[], for a thing u that expects something of the layer: what it names is shared
 * with its kinds, and the rest is shared by all others, by q. Returns their sum, which is never 0: the best has likelihood 1. */
static double joint(const struct rule_thing *thing, const char *layer, const struct layer_scores *lower, const struct alone *alone,
                    struct promise *promise, double *out) {
  double total = read_stack(thing, layer, lower, alone, promise), rest = 0, sum = 0;
  for (size_t i = 0; i < lower->count; i++)
    if (promise->owner[i] == lower->count) rest += alone->share[i];
  double scale = total > SURELY ? SURELY / total : 1, left = rest > 0 ? (1 - total * scale) / rest : 0;
  for (size_t i = 0; i < lower->count; i++) {
    size_t owner = promise->owner[i];
    double share = owner < lower->count ? promise->named[owner] * scale / promise->shares[owner] : left;
    sum += out[i] = share * alone->share[i] * alone->likelihood[i];
  }
  return sum;
}

static void normalise(struct layer_scores *layer) {
  double total = -INFINITY;
  for (size_t i = 0; i < layer->count; i++) total = log_add(total, layer->scores[i].log_odds);
  for (size_t i = 0; i < layer->count; i++) layer->scores[i].probability = exp2(layer->scores[i].log_odds - total);
}

/* The layers while they are solved: each lower one's fit is added to the upper things, then it is spread over them. */
struct tree {
  const struct rule_base *base;
  struct layer_scores *layers;
  struct alone *alone; /* by layer; [0] unused */
  struct promise promise;
  double *scratch;
};

static void fit_upper(struct tree *tree, size_t k) {
  const struct alone *alone = &tree->alone[k];
  const char *name = tree->base->layers[k].id;
  for (size_t u = 0; u < tree->layers[0].count; u++) {
    struct score *upper = &tree->layers[0].scores[u];
    if (expects(upper->thing, name))
      upper->stack += log2(joint(upper->thing, name, &tree->layers[k], alone, &tree->promise, tree->scratch) / alone->fit);
  }
}

/* P(l) = sum over u of P(u) P(l|u, evidence), left in mixed[]. */
static void mix(struct tree *tree, size_t k, double *mixed) {
  const struct layer_scores *lower = &tree->layers[k];
  const char *name = tree->base->layers[k].id;
  double others = 0; /* upper things that expect nothing of this layer */
  memset(mixed, 0, lower->count * sizeof *mixed);
  for (size_t u = 0; u < tree->layers[0].count; u++) {
    const struct score *upper = &tree->layers[0].scores[u];
    if (!expects(upper->thing, name)) {
      others += upper->probability;
      continue;
    }
    double weight = upper->probability / joint(upper->thing, name, lower, &tree->alone[k], &tree->promise, tree->scratch);
    for (size_t i = 0; i < lower->count; i++) mixed[i] += weight * tree->scratch[i];
  }
  for (size_t i = 0; i < lower->count; i++) mixed[i] += others * tree->alone[k].alone[i];
}

static void spread_lower(struct tree *tree, size_t k, double *mixed) {
  struct layer_scores *lower = &tree->layers[k];
  mix(tree, k, mixed);
  double unknown = mixed[lower->count - 1];
  for (size_t i = 0; i < lower->count; i++) {
    struct score *score = &lower->scores[i];
    /* what is too improbable for a double keeps the odds that the layer gives it by itself */
    score->log_odds = mixed[i] > 0 && unknown > 0 ? log2(mixed[i]) - log2(unknown) : score->prior + score->own;
    score->stack = score->thing ? score->log_odds - score->prior - score->own : 0;
  }
  normalise(lower);
}

static int solve(const struct rule_base *base, struct layer_scores *layers, struct arena *arena) {
  size_t widest = 0;
  for (size_t k = 0; k < base->layer_count; k++) widest = layers[k].count > widest ? layers[k].count : widest;
  struct tree tree = {.base = base, .layers = layers};
  tree.alone = arena_take_array(arena, base->layer_count, sizeof *tree.alone);
  tree.scratch = arena_take_array(arena, widest, sizeof *tree.scratch);
  double *mixed = arena_take_array(arena, widest, sizeof *mixed);
  tree.promise.named = arena_take_array(arena, widest, sizeof *tree.promise.named);
  tree.promise.shares = arena_take_array(arena, widest, sizeof *tree.promise.shares);
  tree.promise.owner = arena_take_array(arena, widest, sizeof *tree.promise.owner);
  if (!tree.alone || !tree.scratch || !mixed || !tree.promise.named || !tree.promise.shares || !tree.promise.owner) return -1;
  for (size_t k = 1; k < base->layer_count; k++) {
    if (layer_alone(&layers[k], arena, &tree.alone[k])) return -1;
    fit_upper(&tree, k);
  }
  for (size_t u = 0; u < layers[0].count; u++) {
    struct score *score = &layers[0].scores[u];
    score->log_odds = score->prior + score->own + score->stack;
  }
  normalise(&layers[0]);
  for (size_t k = 1; k < base->layer_count; k++) spread_lower(&tree, k, mixed);
  return 0;
}

struct layer_scores *rank_layers(const struct rank_input *input, struct arena *arena) {
  assert(input && arena && input->base->layer_count);
  struct layer_scores *layers = arena_take_array(arena, input->base->layer_count, sizeof *layers);
  if (!layers) return NULL;
  for (size_t k = 0; k < input->base->layer_count; k++)
    if (score_layer(input, &input->base->layers[k], arena, &layers[k])) return NULL;
  return solve(input->base, layers, arena) ? NULL : layers;
}

const char *rank_id(const struct score *score) { return score->thing ? score->thing->id : "unknown"; }

int rank_compare(double odds, const char *id, double other_odds, const char *other_id) {
  long long a = llround(odds * 1e9), b = llround(other_odds * 1e9);
  return a != b ? (a > b ? -1 : 1) : strcmp(id, other_id);
}

const struct score *rank_best(const struct layer_scores *layer) {
  const struct score *best = &layer->scores[0];
  for (size_t i = 1; i < layer->count; i++) {
    const struct score *score = &layer->scores[i];
    if (rank_compare(score->log_odds, rank_id(score), best->log_odds, rank_id(best)) < 0) best = score;
  }
  return best;
}
