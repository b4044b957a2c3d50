/* The brief answer against the whole ranking: the same things in the same order with the same figures, whatever facts are drawn. The
 * rules are those of the evidence DB; shapes repeat, so that what is kept with a shape is used again. */
#include <limits.h>
#include <math.h>

#include "db/db.h"
#include "engine/brief.h"
#include "engine/rank.h"
#include "tests/check.h"
#include "tests/engine/draw.h"

#define ROUNDS 800

struct bench {
  const struct rule_base *base;
  struct match_cache *cache;
  struct shapes *shapes;
  struct brief *brief;
  struct arena *arena;
  size_t wrong;
};

static bool near(double a, double b) { return fabs(a - b) <= 1e-9 * (1 + fabs(a) + fabs(b)); }

/* The ranks of one layer, best first: repeated choice, as slow and plain as can be. */
static void compare_layer(struct bench *bench, const struct layer_scores *layer, const struct brief_answer *answers, size_t count) {
  const struct score *last = NULL;
  bool same = count == (layer->count < BRIEF_BEST ? layer->count : BRIEF_BEST);
  for (size_t rank = 0; rank < count; rank++) {
    const struct score *best = NULL;
    for (size_t i = 0; i < layer->count; i++) {
      const struct score *score = &layer->scores[i];
      bool after = !last || rank_compare(last->log_odds, rank_id(last), score->log_odds, rank_id(score)) < 0;
      if (after && (!best || rank_compare(score->log_odds, rank_id(score), best->log_odds, rank_id(best)) < 0)) best = score;
    }
    const struct brief_answer *answer = &answers[rank];
    same = same && best && best->thing == answer->thing && near(best->log_odds, answer->log_odds) && near(best->probability, answer->probability) &&
           near(best->own, answer->own) && near(best->stack, answer->stack);
    if (!best) break;
    last = best;
  }
  if (!same && bench->wrong++ < 5)
    printf("%s: %s %.12g %.12g, brief %s %.12g %.12g\n", count ? "differs" : "nothing", last ? rank_id(last) : "-", last ? last->log_odds : 0,
           last ? last->probability : 0, answers[count - 1].thing ? answers[count - 1].thing->id : "unknown", answers[count - 1].log_odds,
           answers[count - 1].probability);
}

static void compare(struct bench *bench, const struct fact_set *facts, int ignore, long day) {
  struct rank_input input = {.base = bench->base, .eval = {.facts = facts, .cache = bench->cache, .ignore_forge = ignore}, .observed_day = day};
  struct brief_answer answers[RULE_LAYERS * BRIEF_BEST];
  size_t counts[RULE_LAYERS];
  struct decision decision;
  arena_reset(bench->arena);
  const struct layer_scores *layers = rank_layers(&input, bench->arena);
  bool done = layers && shapes_decide(bench->shapes, facts, bench->cache, ignore, NULL, &decision) == 0 &&
              brief_rank(bench->brief, &decision, day, answers, counts) == 0;
  if (!done) bench->wrong++;
  for (size_t k = 0; done && k < bench->base->layer_count; k++) compare_layer(bench, &layers[k], answers + k * BRIEF_BEST, counts[k]);
  for (int level = ignore < 0 ? 0 : ignore; done && level < FORGE_NETWORK; level++) {
    struct decision less;
    input.eval.ignore_forge = level;
    layers = rank_layers(&input, bench->arena);
    done = layers && shapes_decide(bench->shapes, facts, bench->cache, level, &decision, &less) == 0 &&
           brief_rank(bench->brief, &less, day, answers, counts) == 0;
    for (size_t k = 0; done && k < bench->base->layer_count; k++) compare_layer(bench, &layers[k], answers + k * BRIEF_BEST, counts[k]);
  }
}

/* The same facts again with other values, now and then. */
static void run(struct bench *bench) {
  static const long days[] = {LONG_MIN, 20000, 20500, 21000};
  for (int round = 0; round < ROUNDS; round++) {
    struct fact_set *facts = draw_facts();
    if (below(2)) /* a thin report: most facts were never looked at */
      for (size_t f = 0; f < catalog.count; f++)
        if (below(8)) facts->facts[f] = (struct fact){.state = FACT_UNKNOWN};
    int ignore = below(3) ? -1 : (int)below(4);
    for (int again = 0; again < 3; again++) {
      compare(bench, facts, ignore, days[below(4)]);
      for (size_t f = 0; f < catalog.count; f++)
        if (facts->facts[f].state == FACT_PRESENT && below(3) == 0) fact_set_value(facts, f, value_for(facts->arena, f));
    }
    fact_set_free(facts);
  }
}

int main(void) {
  struct diag_list *diags = diag_list_new();
  struct rule_base *base = NULL;
  const char *path = getenv("HOSTPRINT_DB");
  CHECK(path && db_load(path, &catalog, &base, diags) == 0);
  if (!base) return check_end("test_brief");
  draw_from(base);
  struct bench bench = {
      .base = base, .cache = match_cache_new(base->test_count), .shapes = shapes_new(base), .brief = brief_new(base), .arena = arena_new()};
  CHECK(bench.cache && bench.shapes && bench.brief && bench.arena);
  run(&bench);
  CHECK(bench.wrong == 0);
  match_cache_free(bench.cache);
  shapes_free(bench.shapes);
  brief_free(bench.brief);
  arena_free(bench.arena);
  rule_base_free(base);
  diag_list_free(diags);
  draw_end();
  return check_end("test_brief");
}
