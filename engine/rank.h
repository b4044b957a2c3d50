/* Ranking: from the truths of signals to log-odds and probabilities, layer by layer.
 *
 * Knows weights, groups, kinds, stacks. Must not know how a verdict is told (why.c) or rendered.
 *
 * Each thing is scored against one background model, in bits: prior + sum over groups of the strongest signal's
 * log2 P(truth | thing) / P(truth | background), over a temperature that is fitted so that probabilities come true
 * (Guo et al., "On Calibration of Modern Neural Networks", 2017). Undecided signals add nothing. The layers form a tree of two levels:
 * the first layer above all others. With own(l) the bits of a lower thing, q(l) its share of the priors, and
 * p0(l) ~ q(l) 2^own(l) what that layer says by itself, an upper thing u with a stack P(l|u) gains
 *     fit(u) = log2 sum_l P(l|u) 2^own(l) - log2 sum_l p0(l) 2^own(l)
 * for each lower layer: an unknown product is taken to run on whatever the lower layers say, so a good fit gains next to
 * nothing, a bad one costs, no evidence below gives 0, and nothing is concluded by elimination. In turn
 *     P(l) = sum_u P(u) P(l|u, evidence),
 * where upper things without a stack for that layer, and unknown, leave p0(l) as it is. What a stack promises of a thing it
 * promises of its kinds too, shared by q; what it leaves open is shared by q among all others. */
#ifndef HP_RANK_H
#define HP_RANK_H

#include "eval.h"

/* A signal decided for a thing; the owner is the thing or one that it is a kind of. What decided it: rank_trace. */
struct ruling {
  const struct rule_thing *owner;
  const struct rule_signal *signal;
  enum truth truth;
  double weight; /* bits it carries by itself */
  double bits;   /* bits counted: the weight for the strongest of its group, else 0 */
};

struct score {
  const struct rule_thing *thing; /* NULL for unknown */
  double prior, own, stack;       /* bits */
  double log_odds;                /* bits against unknown of its layer */
  double probability;
  double most; /* the most bits that one of its rulings carries, counted or not */
  /* of bare scores: */
  unsigned costs;             /* bit c is set where a signal may come out otherwise without the facts of forge cost c */
  double left[FORGE_NETWORK]; /* own, by forge cost, without the facts of that cost and below; where it is even */
  bool even;                  /* all that each of its signals looks at has one forge cost, and each counts by itself */
  struct ruling *rulings;
  size_t ruling_count;
};

struct layer_scores {
  struct score *scores; /* the layer's things in order of id, then unknown */
  size_t count;
};

struct rank_input {
  const struct rule_base *base;
  struct eval eval;
  long observed_day;           /* LONG_MIN: not known */
  const unsigned char *truths; /* of every signal, by number, where they are decided already (shape.h); NULL: conditions are evaluated */
};

/* Scores every layer, base->layer_count of them, in `arena`. NULL when memory is out. */
struct layer_scores *rank_layers(const struct rank_input *input, struct arena *arena);

/* The same from input->truths, which must be there, without the rulings: whoever tells of a thing asks for its rulings. */
struct layer_scores *rank_bare(const struct rank_input *input, struct arena *arena);
/* What is left of a bare score without the facts of forge cost `level` and below. */
enum rank_left { RANK_NOTHING, RANK_SOME, RANK_ALL };
enum rank_left rank_is_left(const struct score *score, int level);
/* Ranks bare scores again, without those facts. Truths are looked at only of what is not even and left in part: of that input->truths must be
 * those that are left. Afterwards the scores are those of this level. 0, or -1 when memory is out. */
int rank_less(const struct rank_input *input, int level, struct layer_scores *layers, struct arena *scratch);
/* Sets the rulings of a score of a thing that has none yet, out of input->truths. 0, or -1 when memory is out. */
int rank_rulings(const struct rank_input *input, struct arena *arena, struct score *score);

/* The rulings of one thing alone, out of input->truths, and its own bits; nothing of what other things make of it. 0, or -1 when memory is
 * out. */
int rank_thing(const struct rank_input *input, const struct rule_thing *thing, struct arena *arena, struct score *score);

/* What decided a ruling that rank_layers made of this input. */
struct eval_trace rank_trace(const struct rank_input *input, const struct ruling *ruling);

/* How often a signal is true of anything else, once its forge cost is reckoned with: somebody may be lying. */
double rank_elsewhere(const struct rule_model *model, const struct rule_signal *signal);
/* Bits that a signal carries when it comes out so (TRUTH_TRUE or TRUTH_FALSE), before ageing. */
double rank_weight(const struct rule_model *model, const struct rule_signal *signal, enum truth truth);
/* What is left of volatile evidence after the time between its source and a report of `observed_day`: 1 where nothing ages. */
double rank_remaining(const struct rule_model *model, const struct rule_signal *signal, long observed_day);
/* True where the first ruling stands for its group before the other: by weight, then by id, so that order never matters. */
bool rank_stronger(double weight, const char *id, double other_weight, const char *other_id);

/* Bits that a signal carries as it came out in input->truths, aged; 0 where it is undecided. */
double rank_bits(const struct rank_input *input, uint32_t signal);
/* True where one of the rulings of a thing, planned[0..count), stands for its group. */
struct plan_ruling;
bool rank_is_counted(const struct rank_input *input, const struct plan_ruling *planned, size_t count, size_t at);

/* Days since 1970-01-01 of YYYY-MM-DD..., or LONG_MIN. */
long rank_day(const char *date);

/* The order of two answers of a layer, as for qsort: the better first, by log-odds to a billionth of a bit, so that what the last bits
 * of a double make of equal evidence never ranks; then by id. */
int rank_compare(double odds, const char *id, double other_odds, const char *other_id);
/* The best score of a layer in that order. */
const struct score *rank_best(const struct layer_scores *layer);
const char *rank_id(const struct score *score);

#endif
