/* See unforgeable.h. */
#include "unforgeable.h"

#include <assert.h>
#include <string.h>

#include "plan.h"
#include "why.h"

/* The best of one layer. */
struct answer {
  const struct rule_thing *thing;
  double probability;
};

static int answers_by_shapes(const struct rank_input *input, const struct unforgeable_known *known, int level, struct arena *scratch,
                             struct answer *out) {
  struct decision decision;
  size_t counts[RULE_LAYERS], layers = input->base->layer_count;
  struct brief_answer *answers = arena_take_array(scratch, layers * BRIEF_BEST, sizeof *answers);
  if (!answers || shapes_decide(known->shapes, input->eval.facts, input->eval.cache, level, known->decision, &decision)) return -1;
  if (brief_rank(known->brief, &decision, input->observed_day, answers, counts)) return -1;
  for (size_t k = 0; k < layers; k++) out[k] = (struct answer){answers[k * BRIEF_BEST].thing, answers[k * BRIEF_BEST].probability};
  return 0;
}

/* The truths that are left of the signals of a thing. */
static void settle(const struct rank_input *input, const struct single *single, int level, const struct rule_thing *thing, unsigned char *truths) {
  const struct plan *plan = input->base->plan;
  size_t number = (size_t)(thing - input->base->things);
  for (uint32_t i = number ? plan->ruling_ends[number - 1] : 0; i < plan->ruling_ends[number]; i++)
    truths[plan->rulings[i].signal] = (unsigned char)single_less(single, level, plan->rulings[i].signal);
}

static int answers_singly(const struct rank_input *input, const struct unforgeable_known *known, int level, struct arena *scratch,
                          struct answer *out) {
  struct rank_input without = *input;
  unsigned char *truths = arena_take(scratch, input->base->signal_count + 1);
  if (!truths) return -1;
  without.truths = truths;
  without.eval.ignore_forge = level;
  for (size_t k = 0; k < input->base->layer_count; k++)
    for (size_t i = 0; i + 1 < known->scores[k].count; i++) {
      const struct score *score = &known->scores[k].scores[i];
      if (!score->even && rank_is_left(score, level) == RANK_SOME) settle(input, known->single, level, score->thing, truths);
    }
  if (rank_less(&without, level, known->scores, scratch)) return -1;
  for (size_t k = 0; k < input->base->layer_count; k++) {
    const struct score *best = rank_best(&known->scores[k]);
    out[k] = (struct answer){best->thing, best->probability};
  }
  return 0;
}

/* The answers without the facts of `level` and below, one row a layer. */
static int add_level(const struct rank_input *input, const struct unforgeable_known *known, enum forge_cost level, struct arena *scratch,
                     struct verdict *verdict, struct unforgeable *rows) {
  struct answer answers[RULE_LAYERS] = {0};
  arena_reset(scratch);
  int failed = (known->single ? answers_singly : answers_by_shapes)(input, known, (int)level, scratch, answers);
  for (size_t k = 0; k < verdict->layer_count && !failed; k++) {
    const struct rule_thing *thing = answers[k].thing;
    rows[verdict->unforgeable_count++] = (struct unforgeable){.ignored = level,
                                                              .layer = verdict->layers[k].layer->id,
                                                              .id = thing ? thing->id : "unknown",
                                                              .name = thing ? thing->name : "unknown",
                                                              .probability = answers[k].probability};
  }
  return failed;
}

/* True where an answer is another one in the row, or no longer probable. */
static bool falls(const struct hypothesis *answer, const struct unforgeable *row) {
  return strcmp(answer->id, row->id) != 0 || (answer->probability >= WHY_KNOWN && row->probability < WHY_KNOWN);
}

/* The rows are in order of level: the first in which the answer falls tells who could have made it. */
static void mark(const struct verdict *verdict, struct verdict_layer *layer) {
  const struct hypothesis *answer = &layer->hypotheses[0];
  layer->rests_on = RESTS_ON_NONE;
  for (size_t i = 0; answer->thing && i < verdict->unforgeable_count; i++) {
    const struct unforgeable *row = &verdict->unforgeable[i];
    if (strcmp(row->layer, layer->layer->id) != 0 || !falls(answer, row)) continue;
    layer->rests_on = (int)row->ignored;
    return;
  }
}

int unforgeable_tell(const struct rank_input *input, const struct unforgeable_known *known, struct verdict *verdict) {
  assert(verdict && known && (known->single ? known->scores != NULL : known->shapes && known->decision && known->brief));
  assert(verdict->layer_count == input->base->layer_count && verdict->layer_count <= RULE_LAYERS);
  struct unforgeable *rows = arena_take_array(verdict->arena, FORGE_NETWORK * verdict->layer_count, sizeof *rows);
  struct arena *scratch = arena_new();
  int failed = rows && scratch ? 0 : -1;
  int least = input->eval.ignore_forge; /* cheaper facts are left out already */
  for (int level = least > FORGE_TENANT ? least : FORGE_TENANT; level < FORGE_NETWORK && !failed; level++)
    failed = add_level(input, known, (enum forge_cost)level, scratch, verdict, rows);
  arena_free(scratch);
  verdict->unforgeable = rows;
  for (size_t k = 0; k < verdict->layer_count && !failed; k++) mark(verdict, &verdict->layers[k]);
  return failed;
}
