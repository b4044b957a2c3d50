/* See flip.h. */
#include "flip.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct candidate {
  size_t fact;
  double bits; /* what the answer owes it, summed over its signals */
};

struct search {
  struct rank_input input;
  struct verdict *verdict;
  size_t layer;
  const char *winner;
  struct candidate candidates[FLIP_CANDIDATES];
  size_t count;
  bool *ignored;         /* by fact */
  struct arena *scratch; /* for ranking again */
  struct flip *flip;
};

static size_t subject_of(const struct verdict *verdict) {
  for (size_t k = 0; k < verdict->layer_count; k++)
    if (verdict->layers[k].hypotheses[0].thing) return k;
  return 0;
}

static const struct score *score_of(const struct layer_scores *layer, const struct rule_thing *thing) {
  for (size_t i = 0; i < layer->count; i++)
    if (layer->scores[i].thing == thing) return &layer->scores[i];
  return NULL;
}

/* Adds up by fact what counts for the winner, or, where unknown wins, what counts against its closest rival. */
static void weigh(const struct score *score, double sign, double *bits) {
  for (size_t r = 0; score && r < score->ruling_count; r++) {
    const struct ruling *ruling = &score->rulings[r];
    if (ruling->trace.fact != FACT_NONE && sign * ruling->bits > 0) bits[ruling->trace.fact] += fabs(ruling->bits);
  }
}

static int compare_candidates(const void *left, const void *right) {
  const struct candidate *a = left, *b = right;
  return a->bits != b->bits ? (a->bits > b->bits ? -1 : 1) : (a->fact > b->fact) - (a->fact < b->fact);
}

static int choose_candidates(struct search *search, const struct layer_scores *scores) {
  const struct verdict_layer *layer = &search->verdict->layers[search->layer];
  const struct hypothesis *winner = &layer->hypotheses[0];
  size_t facts = search->input.base->catalog->count, found = 0;
  double *bits = arena_take_array(search->scratch, facts, sizeof *bits);
  struct candidate *all = arena_take_array(search->scratch, facts + 1, sizeof *all);
  if (!bits || !all) return -1;
  const struct rule_thing *about = winner->thing ? winner->thing : layer->count > 1 ? layer->hypotheses[1].thing : NULL;
  weigh(about ? score_of(&scores[search->layer], about) : NULL, winner->thing ? 1 : -1, bits);
  for (size_t f = 0; f < facts; f++)
    if (bits[f] > 0) all[found++] = (struct candidate){.fact = f, .bits = bits[f]};
  if (found) qsort(all, found, sizeof *all, compare_candidates);
  search->count = found < FLIP_CANDIDATES ? found : FLIP_CANDIDATES;
  memcpy(search->candidates, all, search->count * sizeof *all);
  return 0;
}

static const struct score *best_of(const struct layer_scores *layer) {
  const struct score *best = &layer->scores[layer->count - 1]; /* unknown */
  for (size_t i = 0; i + 1 < layer->count; i++)
    if (layer->scores[i].log_odds > best->log_odds) best = &layer->scores[i];
  return best;
}

static int keep(struct search *search, const size_t *chosen, size_t size, const struct score *best) {
  struct flip *flip = search->flip;
  flip->facts = arena_take_array(search->verdict->arena, size, sizeof *flip->facts);
  if (!flip->facts) return -1;
  for (size_t i = 0; i < size; i++) flip->facts[i] = search->input.base->catalog->defs[search->candidates[chosen[i]].fact].path;
  flip->count = size;
  flip->id = best->thing ? best->thing->id : "unknown";
  flip->probability = best->probability;
  return 0;
}

/* Ranks without the chosen facts: 1 when the answer changes, 0 when not, -1 when memory is out. */
static int try_set(struct search *search, const size_t *chosen, size_t size) {
  arena_reset(search->scratch);
  for (size_t i = 0; i < size; i++) search->ignored[search->candidates[chosen[i]].fact] = true;
  const struct layer_scores *scores = rank_layers(&search->input, search->scratch);
  for (size_t i = 0; i < size; i++) search->ignored[search->candidates[chosen[i]].fact] = false;
  if (!scores) return -1;
  const struct score *best = best_of(&scores[search->layer]);
  if (strcmp(best->thing ? best->thing->id : "unknown", search->winner) == 0) return 0;
  return keep(search, chosen, size, best) ? -1 : 1;
}

/* The next set of `size` out of `count` in order; false after the last. */
static bool advance(size_t *chosen, size_t size, size_t count) {
  size_t i = size;
  while (i > 0 && chosen[i - 1] == count - size + i - 1) i--;
  if (i == 0) return false;
  chosen[i - 1]++;
  for (; i < size; i++) chosen[i] = chosen[i - 1] + 1;
  return true;
}

static int try_size(struct search *search, size_t size) {
  size_t chosen[FLIP_FACTS];
  for (size_t i = 0; i < size; i++) chosen[i] = i;
  int found;
  do {
    found = try_set(search, chosen, size);
  } while (found == 0 && advance(chosen, size, search->count));
  return found;
}

int flip_find(struct rank_input input, const struct layer_scores *scores, struct verdict *verdict) {
  assert(scores && verdict && verdict->layer_count);
  struct search search = {.input = input, .verdict = verdict, .layer = subject_of(verdict), .scratch = arena_new()};
  search.flip = arena_take(verdict->arena, sizeof *search.flip);
  search.ignored = arena_take_array(verdict->arena, input.base->catalog->count, sizeof *search.ignored);
  int found = search.scratch && search.flip && search.ignored ? 0 : -1;
  if (!found) {
    search.winner = verdict->layers[search.layer].hypotheses[0].id;
    search.flip->layer = verdict->layers[search.layer].layer->id;
    search.input.eval.ignored = search.ignored;
    found = choose_candidates(&search, scores);
  }
  for (size_t size = 1; found == 0 && size <= FLIP_FACTS && size <= search.count; size++) found = try_size(&search, size);
  verdict->flip = search.flip;
  arena_free(search.scratch);
  return found < 0 ? -1 : 0;
}
