/* See rank.h. */
#include "rank.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "plan.h"

#define SMALLEST 1e-6 /* likelihoods stay away from 0 and 1 by this */
#define FAR_BITS 1e-6 /* so far apart, two are ordered by that alone */

/* `count` digits as a number, or -1. */
static int digits(const char *text, int count) {
  int number = 0;
  for (int i = 0; i < count; i++) {
    if (text[i] < '0' || text[i] > '9') return -1;
    number = 10 * number + text[i] - '0';
  }
  return number;
}

long rank_day(const char *date) {
  int year = date ? digits(date, 4) : -1, month = year >= 0 && date[4] == '-' ? digits(date + 5, 2) : -1;
  int day = month >= 0 && date[7] == '-' ? digits(date + 8, 2) : -1;
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

double rank_remaining(const struct rule_model *model, const struct rule_signal *signal, long observed_day) {
  if (!signal->is_volatile || !signal->source || observed_day == LONG_MIN) return 1;
  long source = rank_day(signal->source->observed);
  if (source == LONG_MIN) return 1;
  double age = (double)(observed_day - source);
  return age > 0 ? exp2(-age / model->half_life_days) : 1;
}

bool rank_stronger(double weight, const char *id, double other_weight, const char *other_id) {
  double x = fabs(weight), y = fabs(other_weight);
  return x != y ? x > y : strcmp(id, other_id) < 0;
}

struct eval_trace rank_trace(const struct rank_input *input, const struct ruling *ruling) {
  struct eval_trace trace;
  eval_node(&input->eval, ruling->signal->when, &trace);
  return trace;
}

/* --- evidence --- */

/* Every signal as it came out, by number. */
struct decided {
  const unsigned char *truths;
  const double *weights;
};

static const unsigned char *decide_truths(const struct rank_input *input, struct arena *arena) {
  const struct plan *plan = input->base->plan;
  if (input->truths) return input->truths;
  unsigned char *truths = arena_take(arena, plan->signal_count + 1);
  for (uint32_t i = 0; truths && i < plan->signal_count; i++)
    truths[i] = (unsigned char)eval_node(&input->eval, rule_signal(input->base, i)->when, NULL);
  return truths;
}

static int decide(const struct rank_input *input, struct arena *arena, struct decided *out) {
  const struct plan *plan = input->base->plan;
  double *weights = arena_take_array(arena, plan->signal_count + 1, sizeof *weights);
  *out = (struct decided){.truths = decide_truths(input, arena), .weights = weights};
  if (!out->truths || !weights) return -1;
  for (uint32_t i = 0; i < plan->signal_count; i++)
    weights[i] = out->truths[i] == TRUTH_TRUE ? plan->if_true[i] : out->truths[i] == TRUTH_FALSE ? plan->if_false[i] : 0;
  for (uint32_t i = 0; i < plan->volatile_count; i++) {
    uint32_t signal = plan->volatiles[i];
    weights[signal] *= rank_remaining(&input->base->model, rule_signal(input->base, signal), input->observed_day);
  }
  return 0;
}

/* The strongest of every group counts. `strongest` has room for the groups of one thing. */
static void count_groups(struct score *score, const struct plan_ruling *planned, struct ruling **strongest) {
  for (size_t i = 0; i < score->ruling_count; i++) strongest[planned[i].group] = NULL;
  for (size_t i = 0; i < score->ruling_count; i++) {
    struct ruling *ruling = &score->rulings[i], **best = &strongest[planned[i].group];
    if (!*best || rank_stronger(ruling->weight, ruling->signal->id, (*best)->weight, (*best)->signal->id)) *best = ruling;
  }
  for (size_t i = 0; i < score->ruling_count; i++) {
    struct ruling *ruling = &score->rulings[i];
    ruling->bits = strongest[planned[i].group] == ruling ? ruling->weight : 0;
    score->own += ruling->bits;
  }
}

static int score_thing(const struct rank_input *input, const struct rule_thing *thing, const struct decided *decided, struct ruling **strongest,
                       struct arena *arena, struct score *score) {
  const struct rule_base *base = input->base;
  size_t number = (size_t)(thing - base->things), first = number ? base->plan->ruling_ends[number - 1] : 0;
  const struct plan_ruling *planned = base->plan->rulings + first;
  *score = (struct score){.thing = thing, .prior = log2(thing->prior), .ruling_count = base->plan->ruling_ends[number] - first};
  score->rulings = arena_take_array(arena, score->ruling_count + 1, sizeof *score->rulings);
  if (!score->rulings) return -1;
  for (size_t i = 0; i < score->ruling_count; i++)
    score->rulings[i] = (struct ruling){.owner = &base->things[planned[i].owner],
                                        .signal = rule_signal(base, planned[i].signal),
                                        .truth = (enum truth)decided->truths[planned[i].signal],
                                        .weight = decided->weights[planned[i].signal]};
  for (size_t i = 0; i < score->ruling_count; i++) score->most = fmax(score->most, score->rulings[i].weight);
  count_groups(score, planned, strongest);
  return 0;
}

/* Only what ages is asked for its source. */
double rank_bits(const struct rank_input *input, uint32_t signal) {
  assert(input && input->truths);
  const struct plan *plan = input->base->plan;
  enum truth truth = (enum truth)input->truths[signal];
  if (truth != TRUTH_TRUE && truth != TRUTH_FALSE) return 0;
  double weight = truth == TRUTH_TRUE ? plan->if_true[signal] : plan->if_false[signal];
  if (!(plan->marks[signal] & PLAN_VOLATILE)) return weight;
  return weight * rank_remaining(&input->base->model, rule_signal(input->base, signal), input->observed_day);
}

bool rank_is_counted(const struct rank_input *input, const struct plan_ruling *planned, size_t count, size_t at) {
  const struct plan *plan = input->base->plan;
  double weight = rank_bits(input, planned[at].signal);
  for (size_t i = 0; i < count; i++) {
    if (planned[i].group != planned[at].group || i == at) continue;
    double other = fabs(rank_bits(input, planned[i].signal));
    if (other > fabs(weight) || (other == fabs(weight) && plan->ids[planned[i].signal] < plan->ids[planned[at].signal])) return false;
  }
  return true;
}

int rank_rulings(const struct rank_input *input, struct arena *arena, struct score *score) {
  assert(input && input->truths && arena && score);
  if (!score->thing || score->rulings) return 0;
  const struct rule_base *base = input->base;
  const struct plan *plan = base->plan;
  size_t number = (size_t)(score->thing - base->things), first = number ? plan->ruling_ends[number - 1] : 0;
  const struct plan_ruling *planned = plan->rulings + first;
  size_t count = plan->ruling_ends[number] - first;
  struct ruling *rulings = arena_take_array(arena, count + 1, sizeof *rulings);
  struct ruling **strongest = arena_take_array(arena, plan->group_most + 1, sizeof *strongest);
  if (!rulings || !strongest) return -1;
  for (size_t i = 0; i < count; i++) {
    enum truth truth = (enum truth)input->truths[planned[i].signal];
    rulings[i] = (struct ruling){.owner = &base->things[planned[i].owner],
                                 .signal = rule_signal(base, planned[i].signal),
                                 .truth = truth,
                                 .weight = rank_bits(input, planned[i].signal)};
  }
  score->rulings = rulings;
  score->ruling_count = count;
  score->own = 0;
  count_groups(score, planned, strongest);
  return 0;
}

int rank_thing(const struct rank_input *input, const struct rule_thing *thing, struct arena *arena, struct score *score) {
  assert(thing && score);
  *score = (struct score){.thing = thing, .prior = log2(thing->prior)};
  return rank_rulings(input, arena, score);
}

static int score_layer(const struct rank_input *input, const struct rule_layer *layer, const struct decided *decided, struct ruling **strongest,
                       struct arena *arena, struct layer_scores *out) {
  out->scores = arena_take_array(arena, layer->thing_count + 1, sizeof *out->scores);
  if (!out->scores) return -1;
  out->count = layer->thing_count + 1; /* the last one, all zero, is unknown */
  for (size_t i = 0; i < layer->thing_count; i++)
    if (score_thing(input, layer->things[i], decided, strongest, arena, &out->scores[i])) return -1;
  return 0;
}

/* --- layers --- */

/* A lower layer by itself. Likelihoods are taken relative to the layer's best thing, so that they fit a double. */
struct alone {
  double *likelihood; /* q(l) 2^own(l), over 2^own of the best */
  double sum;         /* of them */
  double *alone;      /* p0(l) */
  double fit;         /* sum p0(l) 2^own(l), over that of the best */
};

static int layer_alone(const struct layer_scores *layer, const double *shares, struct arena *arena, struct alone *out) {
  double best = -INFINITY;
  out->likelihood = arena_take_array(arena, layer->count, sizeof *out->likelihood);
  out->alone = arena_take_array(arena, layer->count, sizeof *out->alone);
  if (!out->likelihood || !out->alone) return -1;
  for (size_t i = 0; i < layer->count; i++) best = layer->scores[i].own > best ? layer->scores[i].own : best;
  double nothing = exp2(-best); /* of things that nothing speaks for or against */
  for (size_t i = 0; i < layer->count; i++) {
    double power = layer->scores[i].own == 0 ? nothing : exp2(layer->scores[i].own - best);
    out->sum += out->likelihood[i] = shares[i] * power;
    out->alone[i] = power;
  }
  for (size_t i = 0; i < layer->count; i++) {
    double power = out->alone[i];
    out->alone[i] = out->likelihood[i] / out->sum;
    out->fit += out->alone[i] * power;
  }
  return 0;
}

/* Sum over the layer of P(l|u) 2^own(l), over 2^own of the best. Never 0: the best has likelihood 1, and a promise leaves something open. */
static double joint(const struct plan *plan, const struct plan_promise *promise, const struct alone *alone) {
  double sum = promise->left * alone->sum;
  for (uint32_t i = promise->first; i < promise->first + promise->count; i++)
    sum += plan->covered[i].extra * alone->likelihood[plan->covered[i].lower];
  return sum;
}

/* Powers are taken relative to the largest: what is too small beside it for a double is nothing. */
static void normalise(struct layer_scores *layer) {
  double most = -INFINITY, total = 0;
  for (size_t i = 0; i < layer->count; i++) most = layer->scores[i].log_odds > most ? layer->scores[i].log_odds : most;
  for (size_t i = 0; i < layer->count; i++) {
    struct score *score = &layer->scores[i];
    bool same = i > 0 && score->log_odds == score[-1].log_odds; /* as of things that nothing is known of */
    total += score->probability = same ? score[-1].probability : exp2(score->log_odds - most);
  }
  for (size_t i = 0; i < layer->count; i++) layer->scores[i].probability /= total;
}

/* The layers while they are solved: each lower one's fit is added to the upper things, then it is spread over them. */
struct tree {
  const struct plan *plan;
  struct layer_scores *layers;
  struct alone *alone; /* by layer; [0] unused */
};

static void fit_upper(struct tree *tree, size_t k) {
  const struct plan_layer *layer = &tree->plan->layers[k];
  for (uint32_t i = layer->first; i < layer->first + layer->count; i++) {
    const struct plan_promise *promise = &tree->plan->promises[i];
    tree->layers[0].scores[promise->upper].stack += log2(joint(tree->plan, promise, &tree->alone[k]) / tree->alone[k].fit);
  }
}

/* P(l) = sum over u of P(u) P(l|u, evidence), left in mixed[]. */
static void mix(struct tree *tree, size_t k, double *mixed) {
  const struct plan_layer *layer = &tree->plan->layers[k];
  const struct layer_scores *upper = &tree->layers[0], *lower = &tree->layers[k];
  const struct alone *alone = &tree->alone[k];
  double others = layer->count ? 0 : 1, left = 0; /* others: upper things that expect nothing of this layer */
  for (size_t u = 0; layer->count && u < upper->count; u++)
    if (u + 1 == upper->count || !(tree->plan->expects[u] >> (k - 1) & 1)) others += upper->scores[u].probability;
  memset(mixed, 0, lower->count * sizeof *mixed);
  for (uint32_t i = layer->first; i < layer->first + layer->count; i++) {
    const struct plan_promise *promise = &tree->plan->promises[i];
    double weight = upper->scores[promise->upper].probability / joint(tree->plan, promise, alone);
    left += weight * promise->left;
    for (uint32_t c = promise->first; c < promise->first + promise->count; c++)
      mixed[tree->plan->covered[c].lower] += weight * tree->plan->covered[c].extra;
  }
  for (size_t i = 0; i < lower->count; i++) mixed[i] = alone->likelihood[i] * (left + mixed[i]) + others * alone->alone[i];
}

static void spread_lower(struct tree *tree, size_t k, double *mixed) {
  struct layer_scores *lower = &tree->layers[k];
  mix(tree, k, mixed);
  double unknown = mixed[lower->count - 1], bits = unknown > 0 ? log2(unknown) : 0;
  for (size_t i = 0; i < lower->count; i++) {
    struct score *score = &lower->scores[i];
    /* what is too improbable for a double keeps the odds that the layer gives it by itself */
    score->log_odds = mixed[i] > 0 && unknown > 0 ? log2(mixed[i]) - bits : score->prior + score->own;
    score->stack = score->thing ? score->log_odds - score->prior - score->own : 0;
  }
  normalise(lower);
}

static int solve(const struct plan *plan, struct layer_scores *layers, struct arena *arena) {
  size_t widest = 0;
  for (size_t k = 0; k < plan->layer_count; k++) widest = layers[k].count > widest ? layers[k].count : widest;
  struct tree tree = {.plan = plan, .layers = layers, .alone = arena_take_array(arena, plan->layer_count, sizeof *tree.alone)};
  double *mixed = arena_take_array(arena, widest, sizeof *mixed);
  if (!tree.alone || !mixed) return -1;
  for (size_t k = 1; k < plan->layer_count; k++) {
    if (layer_alone(&layers[k], plan->shares + plan->layers[k].share_first, arena, &tree.alone[k])) return -1;
    fit_upper(&tree, k);
  }
  for (size_t u = 0; u < layers[0].count; u++) {
    struct score *score = &layers[0].scores[u];
    score->log_odds = score->prior + score->own + score->stack;
  }
  normalise(&layers[0]);
  for (size_t k = 1; k < plan->layer_count; k++) spread_lower(&tree, k, mixed);
  return 0;
}

struct layer_scores *rank_layers(const struct rank_input *input, struct arena *arena) {
  assert(input && arena && input->base->layer_count && input->base->plan);
  const struct rule_base *base = input->base;
  rule_base_fetch_all(base); /* rulings, and whoever tells of them, look at signals where they lie */
  struct decided decided;
  struct layer_scores *layers = arena_take_array(arena, base->layer_count, sizeof *layers);
  struct ruling **strongest = arena_take_array(arena, base->plan->group_most + 1, sizeof *strongest);
  if (!layers || !strongest || decide(input, arena, &decided)) return NULL;
  for (size_t k = 0; k < base->layer_count; k++)
    if (score_layer(input, &base->layers[k], &decided, strongest, arena, &layers[k])) return NULL;
  return solve(base->plan, layers, arena) ? NULL : layers;
}

/* --- without rulings --- */

/* What stands for a group while a thing is weighed. */
struct stand {
  uint32_t ruling, id;
  double weight;
  bool there;
};

/* The strongest of every group counts, in the order of count_groups: sums have the same last bits. */
static double own_of_groups(const struct rank_input *input, uint32_t first, uint32_t end, struct stand *stands) {
  const struct plan *plan = input->base->plan;
  double own = 0;
  for (uint32_t i = first; i < end; i++) stands[plan->rulings[i].group].there = false;
  for (uint32_t i = first; i < end; i++) {
    uint32_t signal = plan->rulings[i].signal, id = plan->ids[signal];
    struct stand *stand = &stands[plan->rulings[i].group];
    double weight = rank_bits(input, signal);
    bool stronger = !stand->there || fabs(weight) > fabs(stand->weight) || (fabs(weight) == fabs(stand->weight) && id < stand->id);
    if (stronger) *stand = (struct stand){.ruling = i, .id = id, .weight = weight, .there = true};
  }
  for (uint32_t i = first; i < end; i++)
    if (stands[plan->rulings[i].group].ruling == i) own += stands[plan->rulings[i].group].weight;
  return own;
}

typedef double two __attribute__((vector_size(16)));

/* What each level leaves of facts of a forge cost, all or nothing. */
static const two kept[PLAN_FORGE + 1][FORGE_NETWORK / 2] = {
    [FORGE_ROOT] = {{1, 0}, {0, 0}}, [FORGE_IMAGE] = {{1, 1}, {0, 0}}, [FORGE_VMM] = {{1, 1}, {1, 0}}, [FORGE_NETWORK] = {{1, 1}, {1, 1}}};
static_assert(FORGE_TENANT == 0 && FORGE_ROOT == 1 && FORGE_IMAGE == 2 && FORGE_VMM == 3 && FORGE_NETWORK == 4, "a level each");

/* Where every signal of a thing looks at facts of one cost, what each level leaves of it is known without deciding anything again. */
struct sums {
  double own, most;
  two left[FORGE_NETWORK / 2];
};

static inline void add_weight(struct sums *sums, unsigned marks, double weight) {
  const two *keep = kept[marks & PLAN_FORGE];
  sums->own += weight;
  sums->left[0] += weight * keep[0];
  sums->left[1] += weight * keep[1];
  sums->most = weight > sums->most ? weight : sums->most;
}

/* Of signals none of which ages. */
static struct sums sum_up(const struct plan *plan, const unsigned char *truths, uint32_t first, uint32_t end) {
  struct sums sums = {0};
  for (uint32_t i = first; i < end; i++) {
    uint32_t signal = plan->rulings[i].signal;
    unsigned truth = truths[signal];
    if (truth > TRUTH_TRUE) continue;
    double weight = (truth ? plan->if_true : plan->if_false)[signal];
    add_weight(&sums, plan->marks[signal], weight);
  }
  return sums;
}

static struct sums sum_aged(const struct rank_input *input, uint32_t first, uint32_t end) {
  const struct plan *plan = input->base->plan;
  struct sums sums = {0};
  for (uint32_t i = first; i < end; i++) {
    uint32_t signal = plan->rulings[i].signal;
    add_weight(&sums, plan->marks[signal], rank_bits(input, signal));
  }
  return sums;
}

static double own_of(const struct rank_input *input, struct stand *stands, const struct rule_thing *thing) {
  const struct plan *plan = input->base->plan;
  size_t number = (size_t)(thing - input->base->things);
  return own_of_groups(input, number ? plan->ruling_ends[number - 1] : 0, plan->ruling_ends[number], stands);
}

enum rank_left rank_is_left(const struct score *score, int level) {
  return score->costs >> (level + 1) == 0 ? RANK_NOTHING : score->costs & ((2u << level) - 1) ? RANK_SOME : RANK_ALL;
}

static void weigh(const struct rank_input *input, struct stand *stands, struct score *score) {
  const struct plan *plan = input->base->plan;
  size_t number = (size_t)(score->thing - input->base->things);
  uint32_t first = number ? plan->ruling_ends[number - 1] : 0, end = plan->ruling_ends[number];
  unsigned kind = plan->kinds[number];
  struct sums sums = kind & PLAN_AGELESS ? sum_up(plan, input->truths, first, end) : sum_aged(input, first, end);
  score->own = kind & PLAN_PLAIN ? sums.own : own_of_groups(input, first, end, stands);
  score->most = sums.most;
  score->costs = plan->costs[number];
  score->even = kind & PLAN_PLAIN && kind & PLAN_EVEN;
  for (int level = 0; level < FORGE_NETWORK; level++) score->left[level] = sums.left[level / 2][level % 2];
}

struct layer_scores *rank_bare(const struct rank_input *input, struct arena *arena) {
  assert(input && input->truths && arena && input->base->layer_count && input->base->plan);
  const struct rule_base *base = input->base;
  struct layer_scores *layers = arena_take_array(arena, base->layer_count, sizeof *layers);
  struct stand *stands = arena_take_array(arena, base->plan->group_most + 1, sizeof *stands);
  struct score *scores = arena_take_array(arena, base->thing_count + base->layer_count, sizeof *scores);
  if (!layers || !stands || !scores) return NULL;
  for (size_t k = 0; k < base->layer_count; k++) {
    const struct rule_layer *layer = &base->layers[k];
    layers[k] = (struct layer_scores){.scores = scores, .count = layer->thing_count + 1}; /* the last one, all zero, is unknown */
    for (size_t i = 0; i < layer->thing_count; i++) {
      scores[i].thing = layer->things[i];
      bool same = i > 0 && layer->things[i]->prior == layer->things[i - 1]->prior;
      scores[i].prior = same ? scores[i - 1].prior : log2(layer->things[i]->prior);
      weigh(input, stands, &scores[i]);
    }
    scores += layers[k].count;
  }
  return solve(base->plan, layers, arena) ? NULL : layers;
}

int rank_less(const struct rank_input *input, int level, struct layer_scores *layers, struct arena *scratch) {
  assert(input && input->truths && level >= 0 && level < FORGE_NETWORK && layers && scratch);
  struct stand *stands = arena_take_array(scratch, input->base->plan->group_most + 1, sizeof *stands);
  if (!stands) return -1;
  for (size_t k = 0; k < input->base->layer_count; k++)
    for (size_t i = 0; i + 1 < layers[k].count; i++) {
      struct score *score = &layers[k].scores[i];
      if (score->even)
        score->own = score->left[level];
      else if (rank_is_left(score, level) != RANK_SOME)
        score->own = rank_is_left(score, level) == RANK_ALL ? score->own : 0;
      else
        score->own = own_of(input, stands, score->thing);
    }
  for (size_t i = 0; i < layers[0].count; i++) layers[0].scores[i].stack = 0;
  return solve(input->base->plan, layers, scratch);
}

const char *rank_id(const struct score *score) { return score->thing ? score->thing->id : "unknown"; }

int rank_compare(double odds, const char *id, double other_odds, const char *other_id) {
  if (fabs(odds - other_odds) > FAR_BITS) return odds > other_odds ? -1 : 1;
  long long a = llround(odds * 1e9), b = llround(other_odds * 1e9);
  return a != b ? (a > b ? -1 : 1) : strcmp(id, other_id);
}

const struct score *rank_best(const struct layer_scores *layer) {
  const struct score *best = &layer->scores[0];
  for (size_t i = 1; i < layer->count; i++) {
    const struct score *score = &layer->scores[i];
    if (score->log_odds == best->log_odds && score->thing) continue; /* things come in order of id */
    if (rank_compare(score->log_odds, rank_id(score), best->log_odds, rank_id(best)) < 0) best = score;
  }
  return best;
}
