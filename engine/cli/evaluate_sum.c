/* See evaluate.h: outcomes summed up. Knows counts and probabilities only. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate.h"

const char *evaluate_id(const struct rule_thing *thing) { return thing ? thing->id : "unknown"; }

bool evaluate_shows(const struct evaluation *evaluation, size_t layer) {
  return evaluation->layer == evaluation->base->layer_count || evaluation->layer == layer;
}

double evaluate_share(double sum, size_t count) { return count ? sum / (double)count : 0; }

static bool step(struct evaluate_walk *walk) {
  const struct evaluation *evaluation = walk->evaluation;
  while (walk->at_case < evaluation->case_count) {
    const struct tested *tested = &evaluation->cases[walk->at_case];
    if (walk->at_question == tested->question_count) {
      walk->at_question = 0;
      walk->at_draw++;
    }
    if (walk->at_draw == evaluation->runs[walk->run].draws || !tested->question_count) {
      walk->at_question = walk->at_draw = 0;
      walk->at_case++;
      continue;
    }
    walk->tested = tested;
    walk->draw = walk->at_draw;
    walk->question = &tested->questions[walk->at_question];
    size_t slot = evaluation->slot[walk->run] + walk->at_draw;
    walk->outcome = &evaluation->outcomes[tested->first + slot * tested->question_count + walk->at_question];
    walk->at_question++;
    return true;
  }
  return false;
}

bool evaluate_next(struct evaluate_walk *walk) {
  assert(walk && walk->evaluation && walk->run < walk->evaluation->run_count);
  while (step(walk))
    if (walk->outcome->counted) return true;
  return false;
}

static size_t bin_of(double probability) {
  double place = probability * EVALUATE_BINS;
  return place >= EVALUATE_BINS ? EVALUATE_BINS - 1 : place > 0 ? (size_t)place : 0;
}

static void add_to_bin(struct tally *tally, const struct outcome *outcome) {
  struct evaluate_bin *bin = &tally->bins[bin_of(outcome->probability)];
  tally->calibrated++;
  bin->count++;
  bin->right += outcome->right;
  bin->probability += outcome->probability;
}

static void add_outcome(struct tally *tally, const struct outcome *outcome) {
  tally->cases++;
  tally->changed += outcome->changed;
  tally->right += outcome->right;
  tally->nothing += outcome->is_nothing;
  tally->recalled += outcome->is_nothing && outcome->right;
  tally->traced += outcome->is_traced;
  tally->traced_right += outcome->is_traced && outcome->right;
  tally->convictions += outcome->is_convicted;
  tally->kin += outcome->is_kin;
  tally->loss -= log2(outcome->accepted > EVALUATE_LEAST ? outcome->accepted : EVALUATE_LEAST);
  tally->brier += outcome->brier;
  if (outcome->is_single) add_to_bin(tally, outcome);
}

struct tally evaluate_tally(const struct evaluation *evaluation, size_t run, size_t layer) {
  struct tally tally = {0};
  struct evaluate_walk walk = {.evaluation = evaluation, .run = run};
  while (evaluate_next(&walk))
    if (walk.question->layer == layer) add_outcome(&tally, walk.outcome);
  return tally;
}

bool evaluate_is_idle(const struct evaluation *evaluation, size_t run, size_t layer) {
  return evaluation->runs[run].kind == PERTURB_DOMAIN && !evaluate_tally(evaluation, run, layer).changed;
}

struct tally evaluate_pool(const struct evaluation *evaluation, size_t layer) {
  struct tally tally = {0};
  for (size_t r = 1; r < evaluation->run_count; r++) {
    struct evaluate_walk walk = {.evaluation = evaluation, .run = r};
    while (!evaluate_is_idle(evaluation, r, layer) && evaluate_next(&walk))
      if (walk.question->layer == layer) add_outcome(&tally, walk.outcome);
  }
  return tally;
}

double evaluate_calibration_error(const struct tally *tally) {
  double sum = 0;
  for (size_t b = 0; b < EVALUATE_BINS; b++) sum += fabs(tally->bins[b].probability - (double)tally->bins[b].right);
  return evaluate_share(sum, tally->calibrated);
}

/* --- wrong answers --- */

static int compare_pairs(const void *left, const void *right) {
  const struct evaluate_pair *a = left, *b = right;
  if (a->count != b->count) return a->count > b->count ? -1 : 1;
  int order = strcmp(a->expected, b->expected);
  return order ? order : strcmp(a->answer, b->answer);
}

static void add_pair(struct evaluate_pair *pairs, size_t *count, const struct evaluate_walk *walk) {
  const char *answer = evaluate_id(walk->outcome->answer);
  size_t i = 0;
  while (i < *count && (strcmp(pairs[i].expected, walk->question->label) != 0 || strcmp(pairs[i].answer, answer) != 0)) i++;
  struct evaluate_pair *pair = &pairs[i];
  if (i == *count) {
    *pair = (struct evaluate_pair){.expected = walk->question->label, .answer = answer, .is_kin = walk->outcome->is_kin};
    (*count)++;
  }
  pair->count++;
  if (pair->name && walk->outcome->probability <= pair->probability) return;
  pair->name = walk->tested->of->name;
  pair->probability = walk->outcome->probability;
}

static bool is_meant(const struct evaluate_walk *walk, enum evaluate_which which) {
  const struct outcome *all = &walk->evaluation->outcomes[walk->tested->first + (size_t)(walk->question - walk->tested->questions)];
  if (walk->outcome->right || which == EVALUATE_WRONG) return !walk->outcome->right;
  bool known = which == EVALUATE_FRESH && all->is_convicted && all->answer == walk->outcome->answer;
  return walk->outcome->is_convicted && !known;
}

struct evaluate_pair *evaluate_pairs(const struct evaluation *evaluation, size_t run, size_t layer, enum evaluate_which which, struct arena *arena,
                                     size_t *count) {
  struct tally tally = evaluate_tally(evaluation, run, layer);
  struct evaluate_pair *pairs = arena_take_array(arena, tally.cases - tally.right + 1, sizeof *pairs);
  struct evaluate_walk walk = {.evaluation = evaluation, .run = run};
  *count = 0;
  while (pairs && evaluate_next(&walk))
    if (walk.question->layer == layer && is_meant(&walk, which)) add_pair(pairs, count, &walk);
  if (pairs && *count) qsort(pairs, *count, sizeof *pairs, compare_pairs);
  return pairs;
}

/* --- things by domains --- */

static size_t row_of(const struct evaluate_heat *heat, const struct rule_thing *thing) {
  size_t row = 0;
  while (row < heat->thing_count && heat->things[row] != thing) row++;
  return row;
}

static int compare_things(const void *left, const void *right) {
  const struct rule_thing *const *a = left, *const *b = right;
  return strcmp((*a)->id, (*b)->id);
}

static int list_things(const struct evaluation *evaluation, size_t layer, struct arena *arena, struct evaluate_heat *heat) {
  struct evaluate_walk walk = {.evaluation = evaluation};
  heat->things = arena_take_array(arena, evaluation->base->layers[layer].thing_count + 1, sizeof *heat->things);
  if (!heat->things) return STATUS_MEMORY;
  while (evaluate_next(&walk)) {
    const struct rule_thing *thing = walk.question->of;
    if (walk.question->layer == layer && thing && row_of(heat, thing) == heat->thing_count) heat->things[heat->thing_count++] = thing;
  }
  if (heat->thing_count) qsort(heat->things, heat->thing_count, sizeof *heat->things, compare_things);
  return STATUS_OK;
}

int evaluate_heat(const struct evaluation *evaluation, size_t layer, struct arena *arena, struct evaluate_heat *heat) {
  *heat = (struct evaluate_heat){0};
  if (list_things(evaluation, layer, arena, heat)) return STATUS_MEMORY;
  for (size_t r = 0; r < evaluation->run_count; r++)
    if (evaluation->runs[r].kind == PERTURB_DOMAIN && evaluate_tally(evaluation, r, layer).changed) heat->runs[heat->run_count++] = r;
  heat->cells = arena_take_array(arena, heat->thing_count * heat->run_count + 1, sizeof *heat->cells);
  if (!heat->cells) return STATUS_MEMORY;
  for (size_t c = 0; c < heat->run_count; c++) {
    struct evaluate_walk walk = {.evaluation = evaluation, .run = heat->runs[c]};
    while (evaluate_next(&walk)) {
      if (walk.question->layer != layer || !walk.question->of) continue;
      struct evaluate_cell *cell = &heat->cells[row_of(heat, walk.question->of) * heat->run_count + c];
      cell->cases++;
      cell->changed += walk.outcome->changed;
      cell->right += walk.outcome->right;
      cell->accepted += walk.outcome->accepted;
    }
  }
  return STATUS_OK;
}
