/* See flip.h. */
#include "flip.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rerank.h"

struct candidate {
  size_t fact;
  double bits; /* what the answer owes it, summed over its signals */
};

struct search {
  struct rerank *rerank;
  const struct rank_input *asked; /* rerank has the same, with its conditions given */
  struct verdict *verdict;
  size_t layer;
  const char *winner;
  size_t *facts; /* candidates, the most telling first */
  size_t count;
  size_t *chosen; /* a set, as facts */
  size_t rankings, most_rankings;
  struct flip *flip;
};

static size_t subject_of(const struct verdict *verdict, const char *layer) {
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct hypothesis *best = &verdict->layers[k].hypotheses[0];
    bool wanted = layer ? strcmp(verdict->layers[k].layer->id, layer) == 0 : best->thing && strcmp(best->id, "none") != 0;
    if (wanted) return k;
  }
  assert(!layer);
  return 0;
}

static const struct score *score_of(const struct layer_scores *layer, const struct rule_thing *thing) {
  for (size_t i = 0; i < layer->count; i++)
    if (layer->scores[i].thing == thing) return &layer->scores[i];
  return NULL;
}

/* Adds up by fact what counts for the winner, or, where unknown wins, what counts against its closest rival. */
static void weigh(const struct rank_input *input, const struct score *score, double sign, double *bits) {
  for (size_t r = 0; score && r < score->ruling_count; r++) {
    const struct ruling *ruling = &score->rulings[r];
    size_t fact = sign * ruling->bits > 0 ? rank_trace(input, ruling).fact : FACT_NONE;
    if (fact != FACT_NONE) bits[fact] += fabs(ruling->bits);
  }
}

static int compare_candidates(const void *left, const void *right) {
  const struct candidate *a = left, *b = right;
  return a->bits != b->bits ? (a->bits > b->bits ? -1 : 1) : (a->fact > b->fact) - (a->fact < b->fact);
}

static bool is_candidate(const struct rerank *rerank, size_t fact) {
  for (size_t i = 0; i < rerank->count; i++)
    if (rerank->conditions[i].weight != 0 && rerank->conditions[i].facts[fact]) return true;
  return false;
}

static int choose_candidates(struct search *search, const struct layer_scores *scores) {
  const struct verdict_layer *layer = &search->verdict->layers[search->layer];
  const struct hypothesis *winner = &layer->hypotheses[0];
  const struct rank_input *input = &search->rerank->input;
  size_t count = input->base->catalog->count;
  struct arena *arena = search->rerank->arena;
  double *bits = arena_take_array(arena, count + 1, sizeof *bits);
  struct candidate *all = arena_take_array(arena, count + 1, sizeof *all);
  search->facts = arena_take_array(arena, count + 1, sizeof *search->facts);
  search->chosen = arena_take_array(arena, count + 1, sizeof *search->chosen);
  if (!bits || !all || !search->facts || !search->chosen) return -1;
  const struct rule_thing *about = winner->thing ? winner->thing : layer->count > 1 ? layer->hypotheses[1].thing : NULL;
  weigh(search->asked, about ? score_of(&scores[search->layer], about) : NULL, winner->thing ? 1 : -1, bits);
  for (size_t f = 0; f < count; f++) {
    enum fact_state state = input->eval.facts->facts[f].state;
    if ((state == FACT_PRESENT || state == FACT_ABSENT) && is_candidate(search->rerank, f))
      all[search->count++] = (struct candidate){.fact = f, .bits = bits[f]};
  }
  if (search->count) qsort(all, search->count, sizeof *all, compare_candidates);
  for (size_t i = 0; i < search->count; i++) search->facts[i] = all[i].fact;
  return 0;
}

/* What wins without the chosen facts; NULL when memory is out. By how much it beats the old answer is left in *lead: bits, below
 * 0 where the old answer stays. */
static const struct score *winner_without(struct search *search, size_t size, double *lead) {
  const struct layer_scores *scores = rerank_without(search->rerank, search->chosen, size);
  if (!scores) return NULL;
  const struct layer_scores *layer = &scores[search->layer];
  double old = 0, other = -INFINITY;
  for (size_t i = 0; i < layer->count; i++) {
    const struct score *score = &layer->scores[i];
    if (strcmp(rank_id(score), search->winner) == 0)
      old = score->log_odds;
    else
      other = fmax(other, score->log_odds);
  }
  *lead = other - old;
  search->rankings++;
  return rank_best(layer);
}

/* Notes the set where the answer is another one without it: 1; 0 where not, -1 when memory is out. */
static int try_set(struct search *search, size_t size) {
  double lead;
  const struct score *best = winner_without(search, size, &lead);
  if (!best) return -1;
  if (strcmp(rank_id(best), search->winner) == 0) return 0;
  struct flip *flip = search->flip;
  flip->facts = arena_take_array(search->verdict->arena, size + 1, sizeof *flip->facts);
  if (!flip->facts) return -1;
  for (size_t i = 0; i < size; i++) flip->facts[i] = search->rerank->input.base->catalog->defs[search->chosen[i]].path;
  flip->count = size;
  flip->id = rank_id(best);
  flip->probability = best->probability;
  return 1;
}

/* --- every set --- */

/* The next set of `size` places out of `count` in order; false after the last. */
static bool advance(size_t *places, size_t size, size_t count) {
  size_t i = size;
  while (i > 0 && places[i - 1] == count - size + i - 1) i--;
  if (i == 0) return false;
  places[i - 1]++;
  for (; i < size; i++) places[i] = places[i - 1] + 1;
  return true;
}

static int try_size(struct search *search, size_t *places, size_t size) {
  for (size_t i = 0; i < size; i++) places[i] = i;
  int found;
  do {
    for (size_t i = 0; i < size; i++) search->chosen[i] = search->facts[places[i]];
    found = try_set(search, size);
  } while (found == 0 && advance(places, size, search->count));
  return found;
}

/* The number of sets of `size`. */
static double sets_of(size_t count, size_t size) {
  double sets = 1;
  for (size_t i = 0; i < size; i++) sets *= (double)(count - i) / (double)(i + 1);
  return sets;
}

static int try_all(struct search *search) {
  size_t *places = arena_take_array(search->rerank->arena, search->count + 1, sizeof *places);
  int found = places ? 0 : -1;
  for (size_t size = 1; found == 0 && size <= search->count; size++) {
    if ((double)search->rankings + sets_of(search->count, size) > (double)search->most_rankings) break;
    found = try_size(search, places, size);
    if (found == 0) search->flip->tried = size;
  }
  return found;
}

/* --- one after another --- */

static void swap(size_t *a, size_t *b) {
  size_t kept = *a;
  *a = *b;
  *b = kept;
}

/* Leaves out facts until the answer changes; search->facts is reordered. The number left out, 0 where nothing changes it, or -1. */
static long leave_out(struct search *search) {
  for (size_t size = 1; size <= search->count; size++) {
    size_t weakest = size - 1;
    double most = -INFINITY, lead;
    for (size_t i = size - 1; i < search->count; i++) {
      search->chosen[size - 1] = search->facts[i];
      if (!winner_without(search, size, &lead)) return -1;
      if (lead > most) weakest = i;
      most = fmax(most, lead);
    }
    swap(&search->facts[size - 1], &search->facts[weakest]);
    search->chosen[size - 1] = search->facts[size - 1];
    const struct score *best = winner_without(search, size, &lead);
    if (!best) return -1;
    if (strcmp(rank_id(best), search->winner) != 0) return (long)size;
  }
  return 0;
}

/* Puts back the first fact that can be spared: it is left behind the others. 1, 0 where there is none, -1 when memory is out. */
static int put_one_back(struct search *search, size_t size) {
  for (size_t i = size; i-- > 0;) {
    double lead;
    swap(&search->chosen[i], &search->chosen[size - 1]);
    const struct score *best = winner_without(search, size - 1, &lead);
    if (!best) return -1;
    if (strcmp(rank_id(best), search->winner) != 0) return 1;
    swap(&search->chosen[i], &search->chosen[size - 1]);
  }
  return 0;
}

/* Puts back facts until none can be spared, and notes the set. 1, or -1 when memory is out. */
static int put_back(struct search *search, size_t size) {
  int spared = 1;
  while (size > 1 && (spared = put_one_back(search, size)) > 0) size--;
  return spared < 0 ? -1 : try_set(search, size);
}

static int find(struct search *search, const struct layer_scores *scores) {
  if (choose_candidates(search, scores)) return -1;
  search->flip->among = search->count;
  int found = try_all(search);
  if (found == 0 && search->flip->tried < search->count) {
    long size = leave_out(search);
    found = size > 0 ? put_back(search, (size_t)size) : (int)size;
  }
  search->flip->smallest = search->flip->count ? search->flip->count <= search->flip->tried + 1 : search->flip->tried == search->count;
  return found;
}

int flip_find(const struct rank_input *input, const struct layer_scores *scores, struct judge_options options, struct verdict *verdict) {
  assert(input && scores && verdict && verdict->layer_count);
  struct search search = {.verdict = verdict, .asked = input, .layer = subject_of(verdict, options.flip_layer), .rerank = rerank_new(input, scores)};
  search.most_rankings = options.flip_rankings ? options.flip_rankings : FLIP_RANKINGS;
  search.flip = arena_take(verdict->arena, sizeof *search.flip);
  int found = search.rerank && search.flip ? 0 : -1;
  if (!found) {
    search.winner = verdict->layers[search.layer].hypotheses[0].id;
    search.flip->layer = verdict->layers[search.layer].layer->id;
    found = find(&search, scores);
  }
  verdict->flip = search.flip;
  rerank_free(search.rerank);
  return found < 0 ? -1 : 0;
}
