/* See evaluate.h: what was summed up, as text, CSV and JSON (reports/evaluation.schema.json). Knows how figures are told. */
#include <stdio.h>
#include <string.h>

#include "../../reports/json.h"
#include "../../reports/text.h"
#include "evaluate.h"

#define SHOWN_PAIRS 12 /* wrong answers of one layer or run that the text names */

static const char *layer_id(const struct evaluation *evaluation, size_t layer) { return evaluation->base->layers[layer].id; }

/* "97.3%", or "-" of none. */
static const char *percent(char text[JSON_NUMBER_BYTES], size_t part, size_t whole) {
  if (!whole) return "-";
  char number[JSON_NUMBER_BYTES];
  snprintf(text, JSON_NUMBER_BYTES, "%.40s%%", json_fixed(number, 100 * evaluate_share((double)part, whole), 1));
  return text;
}

static const char *fixed(char text[JSON_NUMBER_BYTES], double sum, size_t count) {
  return count ? json_fixed(text, evaluate_share(sum, count), 3) : "-";
}

/* --- text --- */

static void put_titles(struct buffer *out, const char *first) {
  buffer_format(out, "%-22s %6s %7s %7s %7s %8s %7s %7s %8s %6s %4s\n", first, "cases", "changed", "top-1", "traced", "log loss", "Brier", "ECE",
                "unknown", "false", "kin");
}

static void put_tally(struct buffer *out, const char *name, const struct tally *tally) {
  char top[JSON_NUMBER_BYTES], loss[JSON_NUMBER_BYTES], brier[JSON_NUMBER_BYTES], error[JSON_NUMBER_BYTES], unknown[JSON_NUMBER_BYTES],
      traced[JSON_NUMBER_BYTES];
  buffer_format(out, "%-22s %6zu %7zu %7s %7s %8s %7s %7s %8s %6zu %4zu\n", name, tally->cases, tally->changed,
                percent(top, tally->right, tally->cases), percent(traced, tally->traced_right, tally->traced), fixed(loss, tally->loss, tally->cases),
                fixed(brier, tally->brier, tally->cases), tally->calibrated ? json_fixed(error, evaluate_calibration_error(tally), 3) : "-",
                percent(unknown, tally->recalled, tally->nothing), tally->convictions, tally->kin);
}

static void put_all_facts(const struct evaluation *evaluation, struct buffer *out) {
  put_titles(out, "With all facts");
  for (size_t k = 0; k < evaluation->base->layer_count; k++) {
    struct tally tally = evaluate_tally(evaluation, 0, k);
    if (evaluate_shows(evaluation, k)) put_tally(out, layer_id(evaluation, k), &tally);
  }
}

static void put_bin(const struct evaluate_bin *bin, struct buffer *out) {
  char mean[JSON_NUMBER_BYTES], accuracy[JSON_NUMBER_BYTES];
  buffer_format(out, " %8zu %7s %7s", bin->count, fixed(mean, bin->probability, bin->count), fixed(accuracy, (double)bin->right, bin->count));
}

static void put_bins(const struct evaluation *evaluation, size_t layer, struct buffer *out) {
  struct tally all = evaluate_tally(evaluation, 0, layer), pool = evaluate_pool(evaluation, layer);
  if (!all.cases) return;
  buffer_format(out, "\nReliability of %s: probability of the answer, cases, mean probability, share that is right; and over all perturbations\n",
                layer_id(evaluation, layer));
  for (size_t b = 0; b < EVALUATE_BINS; b++) {
    if (!all.bins[b].count && !pool.bins[b].count) continue;
    buffer_format(out, "  %.1f-%.1f", (double)b / EVALUATE_BINS, (double)(b + 1) / EVALUATE_BINS);
    put_bin(&all.bins[b], out);
    put_bin(&pool.bins[b], out);
    buffer_add(out, "\n");
  }
}

static void put_pairs(const struct evaluation *evaluation, size_t run, size_t layer, enum evaluate_which which, struct buffer *out) {
  size_t count = 0;
  const struct evaluate_pair *pairs = evaluate_pairs(evaluation, run, layer, which, evaluation->cli->arena, &count);
  for (size_t i = 0; pairs && i < count && i < SHOWN_PAIRS; i++)
    buffer_format(out, "  %4zu  %s -> %s%s, at most %.3f in %s\n", pairs[i].count, pairs[i].expected, pairs[i].answer,
                  pairs[i].is_kin ? " (kin)" : "", pairs[i].probability, pairs[i].name);
  if (count > SHOWN_PAIRS) buffer_format(out, "        and %zu more\n", count - SHOWN_PAIRS);
  if (!pairs) out->failed = -1;
}

static void put_confusion(const struct evaluation *evaluation, size_t layer, struct buffer *out) {
  struct tally tally = evaluate_tally(evaluation, 0, layer);
  if (tally.right == tally.cases) return;
  buffer_format(out, "\nWrong answers of %s: times, expected -> answer, and the surest\n", layer_id(evaluation, layer));
  put_pairs(evaluation, 0, layer, EVALUATE_WRONG, out);
}

static void put_runs(const struct evaluation *evaluation, size_t layer, struct buffer *out) {
  buffer_format(out, "\n");
  put_titles(out, layer_id(evaluation, layer));
  for (size_t r = 0; r < evaluation->run_count; r++) {
    struct tally tally = evaluate_tally(evaluation, r, layer);
    if (!evaluate_is_idle(evaluation, r, layer)) put_tally(out, evaluation->runs[r].name, &tally);
  }
  struct tally pool = evaluate_pool(evaluation, layer);
  put_tally(out, "all perturbations", &pool);
}

static void put_convictions(const struct evaluation *evaluation, size_t layer, struct buffer *out) {
  struct tally pool = evaluate_pool(evaluation, layer);
  buffer_format(out, "False convictions over all perturbations: %zu of %zu (%.2f%%); where only the parent was told: %zu\n", pool.convictions,
                pool.cases, 100 * evaluate_share((double)pool.convictions, pool.cases), pool.kin);
}

static void put_rivals(const struct evaluation *evaluation, size_t layer, struct buffer *out) {
  for (size_t r = 1; r < evaluation->run_count; r++) {
    size_t count = 0;
    if (!evaluate_pairs(evaluation, r, layer, EVALUATE_FRESH, evaluation->cli->arena, &count)) out->failed = -1;
    if (!count) continue;
    buffer_format(out, "\nFalse convictions of %s, %s, beyond those with all facts: times, expected -> answer, and the surest\n",
                  layer_id(evaluation, layer), evaluation->runs[r].name);
    put_pairs(evaluation, r, layer, EVALUATE_FRESH, out);
  }
}

/* Every run by every layer: share that is right, and false convictions. */
static void put_overview(const struct evaluation *evaluation, struct buffer *out) {
  char text[JSON_NUMBER_BYTES];
  buffer_format(out, "\n%-22s", "top-1, false");
  for (size_t k = 0; k < evaluation->base->layer_count; k++) buffer_format(out, " %12s", layer_id(evaluation, k));
  for (size_t r = 0; r < evaluation->run_count; r++) {
    bool idle = evaluation->runs[r].kind == PERTURB_DOMAIN;
    for (size_t k = 0; k < evaluation->base->layer_count; k++) idle = idle && evaluate_is_idle(evaluation, r, k);
    if (idle) continue;
    buffer_format(out, "\n%-22s", evaluation->runs[r].name);
    for (size_t k = 0; k < evaluation->base->layer_count; k++) {
      struct tally tally = evaluate_tally(evaluation, r, k);
      buffer_format(out, " %7s %4zu", percent(text, tally.right, tally.cases), tally.convictions);
    }
  }
  buffer_add(out, "\n");
}

static void put_claims(const struct evaluation *evaluation, struct buffer *out) {
  buffer_add(out, "\nWhat signals claim, and how often they held: claim, decided, mean claim, held; of the thing itself, and elsewhere\n");
  for (size_t b = 0; b < EVALUATE_CLAIMS; b++) {
    for (int k = 0; k < CLAIMS; k++) {
      struct evaluate_claim_figure figure = evaluate_claim_figure(evaluation, (enum evaluate_claim)k, b);
      char claimed[JSON_NUMBER_BYTES], held[JSON_NUMBER_BYTES];
      if (k == 0) buffer_format(out, "  %5.3f-%5.3f", figure.from, figure.to);
      buffer_format(out, " %8zu %8s %8s", figure.decided, figure.decided ? json_fixed(claimed, figure.claimed, 5) : "-",
                    figure.decided ? json_fixed(held, figure.held, 5) : "-");
    }
    buffer_add(out, "\n");
  }
}

void evaluate_text(const struct evaluation *evaluation, struct buffer *out) {
  size_t all = evaluation->base->layer_count, first = evaluation->layer == all ? 0 : evaluation->layer;
  buffer_format(out, "%zu machines and %zu samples, seed %llu, evidence DB %.12s\n\n", evaluation->machine_count,
                evaluation->wanted - evaluation->machine_count, (unsigned long long)evaluation->seed, evaluation->base->sha256);
  put_all_facts(evaluation, out);
  for (size_t k = 0; k < all; k++)
    if (evaluate_shows(evaluation, k)) put_bins(evaluation, k, out);
  for (size_t k = 0; k < all; k++)
    if (evaluate_shows(evaluation, k)) put_confusion(evaluation, k, out);
  put_runs(evaluation, first, out);
  put_convictions(evaluation, first, out);
  if (evaluation->layer == all) put_overview(evaluation, out);
  if (evaluation->layer == all) put_claims(evaluation, out);
  put_rivals(evaluation, first, out);
}

/* --- CSV --- */

void evaluate_csv(const struct evaluation *evaluation, struct buffer *out) {
  buffer_add(
      out,
      "run,layer,cases,changed,right,accuracy,log_loss,brier,calibration_error,unknown_cases,unknown_recalled,traced,traced_right,false_convictions,"
      "kin\n");
  for (size_t r = 0; r < evaluation->run_count; r++)
    for (size_t k = 0; k < evaluation->base->layer_count; k++) {
      struct tally tally = evaluate_tally(evaluation, r, k);
      const double figures[] = {evaluate_share((double)tally.right, tally.cases), evaluate_share(tally.loss, tally.cases),
                                evaluate_share(tally.brier, tally.cases), evaluate_calibration_error(&tally)};
      char text[JSON_NUMBER_BYTES];
      if (!evaluate_shows(evaluation, k)) continue;
      buffer_format(out, "%s,%s,%zu,%zu,%zu", evaluation->runs[r].name, layer_id(evaluation, k), tally.cases, tally.changed, tally.right);
      for (size_t f = 0; f < sizeof figures / sizeof *figures; f++) buffer_format(out, ",%s", tally.cases ? json_fixed(text, figures[f], 6) : "");
      buffer_format(out, ",%zu,%zu,%zu,%zu,%zu,%zu\n", tally.nothing, tally.recalled, tally.traced, tally.traced_right, tally.convictions, tally.kin);
    }
}

/* --- JSON --- */

static void pair_count(struct json_writer *writer, const char *key, size_t count) {
  json_key(writer, key);
  json_put_integer(writer, (int64_t)count);
}

/* A mean, null of none. */
static void pair_mean(struct json_writer *writer, const char *key, double sum, size_t count) {
  char text[JSON_NUMBER_BYTES];
  json_key(writer, key);
  json_put_raw(writer, count ? json_fixed(text, evaluate_share(sum, count), 6) : "null");
}

static void json_bins(struct json_writer *writer, const struct tally *tally) {
  json_key(writer, "bins");
  json_open(writer, '[');
  for (size_t b = 0; b < EVALUATE_BINS; b++) {
    const struct evaluate_bin *bin = &tally->bins[b];
    json_open(writer, '{');
    pair_mean(writer, "from", (double)b, EVALUATE_BINS);
    pair_mean(writer, "to", (double)(b + 1), EVALUATE_BINS);
    pair_count(writer, "count", bin->count);
    pair_mean(writer, "probability", bin->probability, bin->count);
    pair_mean(writer, "accuracy", (double)bin->right, bin->count);
    json_close(writer, '}');
  }
  json_close(writer, ']');
}

static void json_pairs(struct json_writer *writer, const struct evaluation *evaluation, size_t run, size_t layer, enum evaluate_which which,
                       const char *key) {
  size_t count = 0;
  const struct evaluate_pair *pairs = evaluate_pairs(evaluation, run, layer, which, evaluation->cli->arena, &count);
  json_key(writer, key);
  json_open(writer, '[');
  for (size_t i = 0; pairs && i < count; i++) {
    json_open(writer, '{');
    json_pair(writer, "expected", pairs[i].expected);
    json_pair(writer, "answer", pairs[i].answer);
    pair_count(writer, "count", pairs[i].count);
    pair_mean(writer, "probability", pairs[i].probability, 1);
    json_pair(writer, "case", pairs[i].name);
    json_key(writer, "kin");
    json_put_boolean(writer, pairs[i].is_kin);
    json_close(writer, '}');
  }
  json_close(writer, ']');
  if (!pairs) writer->out->failed = -1;
}

static void json_tally(struct json_writer *writer, const struct evaluation *evaluation, size_t layer, struct tally tally) {
  json_pair(writer, "layer", layer_id(evaluation, layer));
  pair_count(writer, "cases", tally.cases);
  pair_count(writer, "changed", tally.changed);
  pair_count(writer, "right", tally.right);
  pair_mean(writer, "accuracy", (double)tally.right, tally.cases);
  pair_mean(writer, "log_loss", tally.loss, tally.cases);
  pair_mean(writer, "brier", tally.brier, tally.cases);
  pair_count(writer, "calibrated", tally.calibrated);
  pair_mean(writer, "calibration_error", evaluate_calibration_error(&tally), tally.calibrated > 0);
  pair_count(writer, "unknown_cases", tally.nothing);
  pair_count(writer, "unknown_recalled", tally.recalled);
  pair_mean(writer, "unknown_recall", (double)tally.recalled, tally.nothing);
  pair_count(writer, "traced", tally.traced);
  pair_count(writer, "traced_right", tally.traced_right);
  pair_count(writer, "false_convictions", tally.convictions);
  pair_count(writer, "kin", tally.kin);
  json_bins(writer, &tally);
}

static void json_layer(struct json_writer *writer, const struct evaluation *evaluation, size_t run, size_t layer) {
  json_open(writer, '{');
  json_tally(writer, evaluation, layer, evaluate_tally(evaluation, run, layer));
  json_pairs(writer, evaluation, run, layer, EVALUATE_WRONG, "confusion");
  json_pairs(writer, evaluation, run, layer, EVALUATE_CONVICTED, "rivals");
  json_close(writer, '}');
}

static void json_run(struct json_writer *writer, const struct evaluation *evaluation, size_t run) {
  static const char *const kinds[] = {[PERTURB_NOTHING] = "all",
                                      [PERTURB_DOMAIN] = "domain",
                                      [PERTURB_HALF] = "half",
                                      [PERTURB_ITEMS] = "items",
                                      [PERTURB_UNPRIVILEGED] = "unprivileged",
                                      [PERTURB_ONLY] = "only",
                                      [PERTURB_RELEASE] = "release",
                                      [PERTURB_BASE] = "leave-one-out"};
  json_open(writer, '{');
  json_pair(writer, "run", evaluation->runs[run].name);
  json_pair(writer, "kind", kinds[evaluation->runs[run].kind]);
  pair_count(writer, "draws", evaluation->runs[run].draws);
  json_key(writer, "layers");
  json_open(writer, '[');
  for (size_t k = 0; k < evaluation->base->layer_count; k++)
    if (evaluate_shows(evaluation, k)) json_layer(writer, evaluation, run, k);
  json_close(writer, ']');
  json_close(writer, '}');
}

/* All perturbations together. */
static void json_pool(struct json_writer *writer, const struct evaluation *evaluation) {
  json_key(writer, "pooled");
  json_open(writer, '[');
  for (size_t k = 0; k < evaluation->base->layer_count; k++) {
    if (!evaluate_shows(evaluation, k)) continue;
    json_open(writer, '{');
    json_tally(writer, evaluation, k, evaluate_pool(evaluation, k));
    json_close(writer, '}');
  }
  json_close(writer, ']');
}

static void json_heat(struct json_writer *writer, const struct evaluation *evaluation, size_t layer) {
  struct evaluate_heat heat;
  if (evaluate_heat(evaluation, layer, evaluation->cli->arena, &heat)) {
    writer->out->failed = -1;
    return;
  }
  for (size_t t = 0; t < heat.thing_count; t++)
    for (size_t c = 0; c < heat.run_count; c++) {
      const struct evaluate_cell *cell = &heat.cells[t * heat.run_count + c];
      json_open(writer, '{');
      json_pair(writer, "layer", layer_id(evaluation, layer));
      json_pair(writer, "id", heat.things[t]->id);
      json_pair(writer, "run", evaluation->runs[heat.runs[c]].name);
      pair_count(writer, "cases", cell->cases);
      pair_count(writer, "changed", cell->changed);
      pair_count(writer, "right", cell->right);
      pair_mean(writer, "probability", cell->accepted, cell->cases);
      json_close(writer, '}');
    }
}

/* Every answer with all facts, in the order of the cases. */
static void json_answers(struct json_writer *writer, const struct evaluation *evaluation) {
  struct evaluate_walk walk = {.evaluation = evaluation};
  json_key(writer, "answers");
  json_open(writer, '[');
  while (evaluate_next(&walk)) {
    if (!evaluate_shows(evaluation, walk.question->layer)) continue;
    json_open(writer, '{');
    json_pair(writer, "case", walk.tested->of->name);
    json_pair(writer, "layer", layer_id(evaluation, walk.question->layer));
    json_pair(writer, "expected", walk.question->label);
    json_pair(writer, "answer", evaluate_id(walk.outcome->answer));
    pair_mean(writer, "probability", walk.outcome->probability, 1);
    pair_mean(writer, "accepted", walk.outcome->accepted, 1);
    json_key(writer, "right");
    json_put_boolean(writer, walk.outcome->right);
    json_close(writer, '}');
  }
  json_close(writer, ']');
}

static void json_claims(struct json_writer *writer, const struct evaluation *evaluation) {
  static const char *const names[CLAIMS] = {[CLAIM_SEEN] = "seen", [CLAIM_ELSEWHERE] = "elsewhere"};
  json_key(writer, "claims");
  json_open(writer, '[');
  for (int k = 0; k < CLAIMS; k++)
    for (size_t b = 0; b < EVALUATE_CLAIMS; b++) {
      struct evaluate_claim_figure figure = evaluate_claim_figure(evaluation, (enum evaluate_claim)k, b);
      json_open(writer, '{');
      json_pair(writer, "claim", names[k]);
      pair_mean(writer, "from", figure.from, 1);
      pair_mean(writer, "to", figure.to, 1);
      pair_count(writer, "decided", figure.decided);
      pair_mean(writer, "claimed", figure.claimed * (double)figure.decided, figure.decided);
      pair_mean(writer, "held", figure.held * (double)figure.decided, figure.decided);
      json_close(writer, '}');
    }
  json_close(writer, ']');
}

void evaluate_json(const struct evaluation *evaluation, struct buffer *out) {
  struct json_writer writer = {.out = out, .pretty = true, .fresh = true};
  json_open(&writer, '{');
  json_pair(&writer, "schema", EVALUATE_SCHEMA);
  json_key(&writer, "db");
  json_open(&writer, '{');
  json_pair(&writer, "sha256", evaluation->base->sha256);
  json_pair(&writer, "version", evaluation->base->version);
  json_close(&writer, '}');
  pair_count(&writer, "seed", (size_t)evaluation->seed);
  pair_count(&writer, "machines", evaluation->machine_count);
  pair_count(&writer, "samples", evaluation->wanted - evaluation->machine_count);
  json_key(&writer, "runs");
  json_open(&writer, '[');
  for (size_t r = 0; r < evaluation->run_count; r++) json_run(&writer, evaluation, r);
  json_close(&writer, ']');
  json_pool(&writer, evaluation);
  json_claims(&writer, evaluation);
  json_answers(&writer, evaluation);
  json_key(&writer, "heat");
  json_open(&writer, '[');
  for (size_t k = 0; k < evaluation->base->layer_count; k++)
    if (evaluate_shows(evaluation, k)) json_heat(&writer, evaluation, k);
  json_close(&writer, ']');
  json_close(&writer, '}');
  buffer_add(out, "\n");
}
