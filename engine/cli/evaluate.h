/* Evaluation: how right the answers on the corpus are, and how honest the probabilities, with all facts and under perturbation.
 *
 * Knows outcomes: the answer to one question (a layer of a case whose expectation names it) in one run (a perturbation). Must not
 * know what any thing or fact is about. evaluate.c makes the outcomes, evaluate_sum.c sums them up, evaluate_text.c and
 * evaluate_html.c tell them; evaluate_fit.c tries other numbers of the model. Sums are always taken in the order of the cases, so that they do not
 * depend on who worked. */
#ifndef HP_EVALUATE_H
#define HP_EVALUATE_H

#include <stdatomic.h>

#include "corpus.h"
#include "perturb.h"

#define EVALUATE_SCHEMA "hostprint.evaluation/1"
#define EVALUATE_BINS 10
#define EVALUATE_LEAST 1e-12 /* no probability counts as less in the log loss */

struct question {
  const struct expectation *expected;
  const char *label;                         /* the accepted ids, as "a|b" */
  const struct rule_thing *of;               /* the first accepted id that is a thing; NULL: nothing is to be found */
  const struct rule_thing *gone[CORPUS_IDS]; /* first layer only: what leave-one-out takes from the rules */
  size_t gone_count;
  size_t layer;
  bool is_single; /* one answer is right: not either of two */
};

struct tested {
  const struct corpus_case *of;
  struct question *questions;
  size_t question_count;
  size_t first; /* place of its outcomes */
};

struct outcome {
  const struct rule_thing *answer; /* the best hypothesis; NULL: unknown */
  double probability;              /* of it */
  double accepted;                 /* of all that is accepted, together */
  double brier;                    /* (1 - accepted)^2 + sum over what is not accepted of its probability^2 */
  bool counted;                    /* the run asks this question */
  bool changed;                    /* the run changed the case's facts, or the rules */
  bool right;
  bool is_kin;       /* not accepted, but true: what is accepted is a kind of the answer */
  bool is_single;    /* one answer is right, so that its probability can be held against it */
  bool is_nothing;   /* only unknown (or none) is accepted */
  bool is_convicted; /* wrong, a thing, not kin, and CORPUS_CONVICTED or more */
  bool is_traced;    /* the answer can be told: nothing is to be found, or evidence of what is accepted is left */
};

/* What signals claim: how often they hold on the thing itself, and on everything else. */
enum evaluate_claim { CLAIM_SEEN, CLAIM_ELSEWHERE, CLAIMS };
#define EVALUATE_CLAIMS 10 /* bins, by the claim */
struct evaluate_claim_bin {
  atomic_size_t decided, held, millionths; /* millionths: sum of the claims */
};

struct evaluation {
  struct cli *cli;
  const struct corpus *corpus;
  const struct rule_base *base;
  uint64_t seed;
  int ignore_forge; /* -1, or facts of this forge cost and below count as not looked at */
  size_t layer;     /* the only layer asked for, or base->layer_count */
  struct perturbation runs[PERTURBATIONS];
  size_t slot[PERTURBATIONS]; /* place of a run's first draw */
  size_t run_count, slot_count;
  struct tested *cases;
  size_t case_count, wanted, machine_count; /* wanted: those with a question */
  struct outcome *outcomes;
  size_t outcome_count;
  struct evaluate_claim_bin claims[CLAIMS][EVALUATE_CLAIMS];
  atomic_size_t done;
  bool is_quiet; /* somebody else shows the progress */
};

/* Walks the counted outcomes of a run: struct evaluate_walk walk = {e, run}; while (evaluate_next(&walk)) ... walk.outcome ... */
struct evaluate_walk {
  const struct evaluation *evaluation;
  size_t run;
  const struct tested *tested;
  const struct question *question;
  const struct outcome *outcome;
  size_t draw;                          /* of the outcome */
  size_t at_case, at_draw, at_question; /* where to go on */
};
bool evaluate_next(struct evaluate_walk *walk);

struct evaluate_bin {
  size_t count, right;
  double probability; /* sum */
};

struct tally {
  size_t cases, changed, right;
  size_t nothing, recalled;    /* questions to which unknown (or none) is the answer, and got it */
  size_t traced, traced_right; /* where the answer can be told */
  size_t convictions, kin;
  size_t calibrated;                       /* those with one right answer: the ones in the bins */
  double loss, brier;                      /* sums; loss in bits */
  struct evaluate_bin bins[EVALUATE_BINS]; /* by the probability of the answer */
};
struct tally evaluate_tally(const struct evaluation *evaluation, size_t run, size_t layer);
/* A domain that no case of the layer knows changes nothing: its run is told nowhere. */
bool evaluate_is_idle(const struct evaluation *evaluation, size_t run, size_t layer);
/* Of all runs but the first and the idle ones together. */
struct tally evaluate_pool(const struct evaluation *evaluation, size_t layer);
/* Sum over bins of count / all x |mean probability - accuracy|, over the cases with one right answer. */
double evaluate_calibration_error(const struct tally *tally);
/* sum / count, and 0 of none. */
double evaluate_share(double sum, size_t count);

/* Wrong answers that say the same, with the worst of them. */
struct evaluate_pair {
  const char *expected, *answer, *name; /* name: of the case with the highest probability */
  size_t count;
  double probability;
  bool is_kin;
};
enum evaluate_which {
  EVALUATE_WRONG,     /* all wrong answers */
  EVALUATE_CONVICTED, /* false convictions */
  EVALUATE_FRESH      /* those of them that are not there with all facts */
};
/* Of one run and layer, most frequent first. NULL when memory is out. Owned by the arena. */
struct evaluate_pair *evaluate_pairs(const struct evaluation *evaluation, size_t run, size_t layer, enum evaluate_which which, struct arena *arena,
                                     size_t *count);

/* What is left of the answers for each thing without each domain. */
struct evaluate_heat {
  const struct rule_thing **things; /* by id */
  size_t thing_count;
  size_t runs[PERTURBATIONS]; /* the domains that some case knows */
  size_t run_count;
  struct evaluate_cell {
    size_t cases, changed, right;
    double accepted; /* sum */
  } * cells;         /* thing by run */
};
/* 0, or STATUS_MEMORY. Owned by the arena. */
int evaluate_heat(const struct evaluation *evaluation, size_t layer, struct arena *arena, struct evaluate_heat *heat);

const char *evaluate_id(const struct rule_thing *thing);
bool evaluate_shows(const struct evaluation *evaluation, size_t layer);

struct layer_scores;
/* Counts the signals that one ranking of the first run decided, for a question on that layer. Any thread may call it. */
void evaluate_note_claims(struct evaluation *evaluation, const struct question *question, const struct layer_scores *layer);
struct evaluate_claim_figure {
  double from, to; /* of the bin */
  size_t decided;
  double claimed, held; /* mean claim; share that held */
};
struct evaluate_claim_figure evaluate_claim_figure(const struct evaluation *evaluation, enum evaluate_claim kind, size_t bin);

/* Ranks every case in every run, and leaves the outcomes. 0 or a status code. */
int evaluate_work(struct evaluation *evaluation, long jobs);
/* Tells the temperature and the known odds that fit the corpus best, and what they are worth on what they were not fitted to. `base` is
 * the evaluation's, and is left with the numbers fitted. 0 or a status code. */
int evaluate_fit(struct evaluation *evaluation, struct rule_base *base, long jobs, struct buffer *out);

void evaluate_text(const struct evaluation *evaluation, struct buffer *out);
void evaluate_csv(const struct evaluation *evaluation, struct buffer *out);
void evaluate_json(const struct evaluation *evaluation, struct buffer *out);
void evaluate_html(const struct evaluation *evaluation, struct buffer *out);

#endif
