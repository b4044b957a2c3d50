/* See unforgeable.h. */
#include "unforgeable.h"

#include <assert.h>
#include <string.h>

#include "why.h"

/* The answers without the facts of `level` and below, one row a layer. */
static int add_level(const struct rank_input *input, struct shapes *shapes, const struct decision *known, struct brief *brief, enum forge_cost level,
                     struct verdict *verdict, struct unforgeable *rows) {
  struct decision decision;
  size_t counts[RULE_LAYERS];
  struct brief_answer *answers = arena_take_array(verdict->arena, verdict->layer_count * BRIEF_BEST, sizeof *answers);
  if (!answers || shapes_decide(shapes, input->eval.facts, input->eval.cache, (int)level, known, &decision)) return -1;
  if (brief_rank(brief, &decision, input->observed_day, answers, counts)) return -1;
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct brief_answer *best = &answers[k * BRIEF_BEST];
    rows[verdict->unforgeable_count++] = (struct unforgeable){
        .ignored = level, .layer = verdict->layers[k].layer->id, .id = best->thing ? best->thing->id : "unknown", .probability = best->probability};
  }
  return 0;
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

int unforgeable_tell(const struct rank_input *input, struct shapes *shapes, const struct decision *known, struct brief *brief,
                     struct verdict *verdict) {
  assert(verdict && shapes && known && brief && verdict->layer_count == input->base->layer_count);
  struct unforgeable *rows = arena_take_array(verdict->arena, FORGE_NETWORK * verdict->layer_count, sizeof *rows);
  if (!rows) return -1;
  int least = input->eval.ignore_forge; /* cheaper facts are left out already */
  for (int level = least > FORGE_TENANT ? least : FORGE_TENANT; level < FORGE_NETWORK; level++)
    if (add_level(input, shapes, known, brief, (enum forge_cost)level, verdict, rows)) return -1;
  verdict->unforgeable = rows;
  for (size_t k = 0; k < verdict->layer_count; k++) mark(verdict, &verdict->layers[k]);
  return 0;
}
