/* See evaluate.h: fits the temperature and each layer's known odds to a corpus, with cross-validation by platform.
 *
 * Knows outcomes and the two kinds of numbers. Must not know what any thing or fact is about. Every pair of the grid is tried on the
 * whole corpus, all layers at once; what is chosen for a fold is chosen by the other folds' log loss and then tried on the fold. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../reports/json.h"
#include "../plan.h"
#include "evaluate.h"
#include "lots.h"

#define FOLDS 5
#define TEMPERATURES 13 /* 0.40, 0.45, ... 1.00 */
#define ODDS 9          /* 2^-8, 2^-7, ... 1 */
#define LAYERS 16

struct setting {
  double temperature;
  double known[LAYERS]; /* by layer */
};

/* Log loss of one fold of one run, in bits. */
struct loss {
  double sum;
  size_t count;
};

struct fit {
  struct evaluation *evaluation;
  struct rule_base *base;
  long jobs;
  double *share;        /* of each thing, by place in base->things, in its layer's known odds */
  struct loss *loss;    /* temperature by odds by layer by run by fold */
  struct outcome *held; /* outcomes of the cases of each fold under what the other folds chose */
  struct arena *arena;  /* the plan of the setting that is tried */
  size_t pass, passes;
};

static double grid_temperature(size_t t) { return 0.4 + 0.05 * (double)t; }
static double grid_known(size_t s) { return exp2((double)s - 8); }

static struct loss *loss_at(const struct fit *fit, size_t t, size_t s, size_t layer, size_t run) {
  size_t layers = fit->base->layer_count, runs = fit->evaluation->run_count;
  return &fit->loss[(((t * ODDS + s) * layers + layer) * runs + run) * FOLDS];
}

/* Machines of one platform share a fold, so that what is tried on them was chosen without it. */
static size_t fold_of(const struct evaluation *evaluation, const struct tested *tested) {
  const char *key = tested->of->name;
  for (size_t q = 0; q < tested->question_count; q++)
    if (tested->questions[q].layer == 0 && tested->questions[q].of) key = tested->questions[q].of->id;
  return (size_t)(lots_of(evaluation->seed, key, 0) % FOLDS);
}

/* --- settings --- */

static size_t layer_of(const struct rule_base *base, const struct rule_thing *thing) {
  return (size_t)(rule_base_layer(base, thing->layer) - base->layers);
}

static struct setting current(const struct rule_base *base) {
  struct setting setting = {.temperature = base->model.temperature};
  for (size_t i = 0; i < base->thing_count; i++) setting.known[layer_of(base, &base->things[i])] += base->things[i].prior;
  return setting;
}

static int apply(struct fit *fit, const struct setting *setting) {
  fit->base->model.temperature = setting->temperature;
  for (size_t i = 0; i < fit->base->thing_count; i++) {
    struct rule_thing *thing = &fit->base->things[i];
    thing->prior = fit->share[i] * setting->known[layer_of(fit->base, thing)];
  }
  arena_reset(fit->arena);
  fit->base->plan = plan_build(fit->base, fit->arena);
  return fit->base->plan ? STATUS_OK : STATUS_MEMORY;
}

static int run_pass(struct fit *fit, const struct setting *setting) {
  if (apply(fit, setting)) return STATUS_MEMORY;
  fit->pass++;
  if (isatty(STDERR_FILENO)) fprintf(stderr, "\rfit: %zu of %zu%s", fit->pass, fit->passes, fit->pass == fit->passes ? "\r\033[K" : "");
  return evaluate_work(fit->evaluation, fit->jobs);
}

/* --- the grid --- */

static void note_losses(const struct fit *fit, size_t t, size_t s) {
  for (size_t r = 0; r < fit->evaluation->run_count; r++) {
    struct evaluate_walk walk = {.evaluation = fit->evaluation, .run = r};
    while (evaluate_next(&walk)) {
      struct loss *loss = &loss_at(fit, t, s, walk.question->layer, r)[fold_of(fit->evaluation, walk.tested)];
      loss->sum -= log2(fmax(walk.outcome->accepted, EVALUATE_LEAST));
      loss->count++;
    }
  }
}

static int walk_grid(struct fit *fit) {
  int status = STATUS_OK;
  for (size_t t = 0; t < TEMPERATURES; t++)
    for (size_t s = 0; s < ODDS && !status; s++) {
      struct setting setting = {.temperature = grid_temperature(t)};
      for (size_t k = 0; k < fit->base->layer_count; k++) setting.known[k] = grid_known(s);
      status = run_pass(fit, &setting);
      if (!status) note_losses(fit, t, s);
    }
  return status;
}

/* Mean over runs of the mean loss of all folds but one (FOLDS: of all). */
static double mean_loss(const struct fit *fit, size_t t, size_t s, size_t layer, size_t but) {
  double sum = 0;
  size_t runs = 0;
  for (size_t r = 0; r < fit->evaluation->run_count; r++) {
    struct loss of_run = {0};
    const struct loss *folds = loss_at(fit, t, s, layer, r);
    for (size_t f = 0; f < FOLDS; f++)
      if (f != but) of_run = (struct loss){of_run.sum + folds[f].sum, of_run.count + folds[f].count};
    sum += evaluate_share(of_run.sum, of_run.count);
    runs += of_run.count > 0;
  }
  return evaluate_share(sum, runs);
}

static struct setting choose(const struct fit *fit, size_t but) {
  struct setting best = {0};
  double least = INFINITY;
  for (size_t t = 0; t < TEMPERATURES; t++) {
    struct setting setting = {.temperature = grid_temperature(t)};
    double total = 0;
    for (size_t k = 0; k < fit->base->layer_count; k++) {
      double least_of_layer = INFINITY;
      for (size_t s = 0; s < ODDS; s++) {
        double loss = mean_loss(fit, t, s, k, but);
        if (loss < least_of_layer) setting.known[k] = grid_known(s);
        least_of_layer = fmin(least_of_layer, loss);
      }
      total += least_of_layer;
    }
    if (total < least) best = setting;
    least = fmin(least, total);
  }
  return best;
}

/* --- trying what was chosen --- */

static void keep_fold(const struct fit *fit, size_t fold) {
  const struct evaluation *evaluation = fit->evaluation;
  for (size_t i = 0; i < evaluation->case_count; i++) {
    const struct tested *tested = &evaluation->cases[i];
    if (fold_of(evaluation, tested) == fold)
      memcpy(&fit->held[tested->first], &evaluation->outcomes[tested->first], tested->question_count * evaluation->slot_count * sizeof *fit->held);
  }
}

static int try_folds(struct fit *fit, struct setting chosen[FOLDS + 1]) {
  int status = STATUS_OK;
  for (size_t f = 0; f < FOLDS && !status; f++) {
    chosen[f] = choose(fit, f);
    status = run_pass(fit, &chosen[f]);
    if (!status) keep_fold(fit, f);
  }
  chosen[FOLDS] = choose(fit, FOLDS);
  return status;
}

/* --- telling --- */

static void put_settings(const struct fit *fit, const struct setting *now, const struct setting chosen[FOLDS + 1], struct buffer *out) {
  buffer_format(out, "%-24s %7s", "", "now");
  for (int f = 1; f <= FOLDS; f++) buffer_format(out, "  but %d", f);
  buffer_format(out, " %7s\n%-24s %7.3f", "all", "temperature", now->temperature);
  for (int f = 0; f <= FOLDS; f++) buffer_format(out, " %*.2f", f < FOLDS ? 6 : 7, chosen[f].temperature);
  for (size_t k = 0; k < fit->base->layer_count; k++) {
    buffer_format(out, "\nknown, %-17s %7.3f", fit->base->layers[k].id, now->known[k]);
    for (int f = 0; f <= FOLDS; f++) buffer_format(out, " %*.3f", f < FOLDS ? 6 : 7, chosen[f].known[k]);
  }
  buffer_add(out, "\n");
}

static void put_figures(const struct fit *fit, const char *title, struct buffer *out) {
  const struct evaluation *evaluation = fit->evaluation;
  buffer_format(out, "\n%-24s %8s %6s %6s %6s | %8s %6s %6s %6s\n", title, "log loss", "ECE", "top-1", "false", "log loss", "ECE", "top-1", "false");
  for (size_t k = 0; k < evaluation->base->layer_count; k++) {
    struct tally tallies[2] = {evaluate_tally(evaluation, 0, k), evaluate_pool(evaluation, k)};
    buffer_format(out, "%-24s", evaluation->base->layers[k].id);
    for (int i = 0; i < 2; i++) {
      const struct tally *tally = &tallies[i];
      buffer_format(out, "%s %8.3f %6.3f %5.1f%% %6zu", i ? " |" : "", evaluate_share(tally->loss, tally->cases), evaluate_calibration_error(tally),
                    100 * evaluate_share((double)tally->right, tally->cases), tally->convictions);
    }
    buffer_add(out, "\n");
  }
}

static int tell_fit(struct fit *fit, struct buffer *out) {
  struct evaluation *evaluation = fit->evaluation;
  struct setting now = current(fit->base), chosen[FOLDS + 1];
  int status = walk_grid(fit);
  if (!status) status = try_folds(fit, chosen);
  if (status) return status;
  buffer_format(out, "%zu machines and %zu samples, seed %llu, %d folds by platform\n\n", evaluation->machine_count,
                evaluation->wanted - evaluation->machine_count, (unsigned long long)evaluation->seed, FOLDS);
  put_settings(fit, &now, chosen, out);
  status = run_pass(fit, &now);
  if (!status) put_figures(fit, "with the numbers now", out);
  struct outcome *tried = evaluation->outcomes;
  evaluation->outcomes = fit->held;
  if (!status) put_figures(fit, "fitted, on held-out folds", out);
  evaluation->outcomes = tried;
  if (!status) status = run_pass(fit, &chosen[FOLDS]);
  if (!status) put_figures(fit, "fitted on all", out);
  buffer_add(out, "\nleft: with all facts; right: all perturbations together. Log loss is in bits.\n");
  return status;
}

int evaluate_fit(struct evaluation *evaluation, struct rule_base *base, long jobs, struct buffer *out) {
  struct fit fit = {.evaluation = evaluation, .base = base, .jobs = jobs, .passes = TEMPERATURES * ODDS + FOLDS + 2};
  size_t losses = TEMPERATURES * ODDS * base->layer_count * evaluation->run_count * FOLDS;
  if (base->layer_count > LAYERS) return STATUS_LIMIT;
  struct setting now = current(base);
  fit.share = mem_new((base->thing_count + 1) * sizeof *fit.share);
  fit.loss = mem_new(losses * sizeof *fit.loss);
  fit.held = mem_new((evaluation->outcome_count + 1) * sizeof *fit.held);
  fit.arena = arena_new();
  const struct plan *plan = base->plan;
  int status = fit.arena && fit.share && fit.loss && fit.held ? STATUS_OK : STATUS_MEMORY;
  for (size_t i = 0; i < base->thing_count && !status; i++) fit.share[i] = base->things[i].prior / now.known[layer_of(base, &base->things[i])];
  if (!status) status = tell_fit(&fit, out);
  base->plan = plan;
  arena_free(fit.arena);
  mem_free(fit.share);
  mem_free(fit.loss);
  mem_free(fit.held);
  return status;
}
