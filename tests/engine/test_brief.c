/* The brief answer against the whole ranking: the same things in the same order with the same figures, whatever facts are drawn. The
 * rules are those of the evidence DB; shapes repeat, so that what is kept with a shape is used again. Then the same of rules drawn at random,
 * whose things hold by what is not there, so that a report can take away nearly all that a class of them had. And signals of the same form
 * are what they are called: alike where nothing matches. */
#include <limits.h>
#include <math.h>

#include "db/db.h"
#include "engine/brief.h"
#include "engine/rank.h"
#include "tests/check.h"
#include "engine/eval.h"
#include "engine/plan.h"
#include "tests/engine/draw.h"
#include "tests/engine/random.h"

#define ROUNDS 800
#define BASES 100 /* drawn */

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
    struct fact_set *facts = draw_report();
    int ignore = below(3) ? -1 : (int)below(4);
    for (int again = 0; again < 3; again++) {
      compare(bench, facts, ignore, days[below(4)]);
      for (size_t f = 0; f < catalog.count; f++)
        if (facts->facts[f].state == FACT_PRESENT && below(3) == 0) fact_set_value(facts, f, value_for(facts->arena, f));
    }
    fact_set_free(facts);
  }
}

/* The first thing gets three signals that all hold where nothing matches: a report can take some 40 bits from it. */
static void let_tower(struct rule_base *base, struct rule_node nodes[6]) {
  static const size_t facts[] = {3, 4, 7}; /* those that are hard to forge */
  static const char *const groups[] = {"one", "two", "three"};
  struct rule_signal *signals = arena_take_array(base->arena, 3, sizeof *signals);
  for (size_t i = 0; i < 3; i++) {
    nodes[3 + i] = (struct rule_node){.op = RULE_TEST, .fact = facts[i], .matcher = MATCH_EQUALS, .operand = "x"};
    nodes[i] = (struct rule_node){.op = RULE_NONE, .fact = FACT_NONE, .children = nodes + 3 + i, .child_count = 1};
    signals[i] = base->things[0].signals[0];
    signals[i].id = signals[i].group = groups[i];
    signals[i].when = &nodes[i];
    signals[i].seen = 0.99;
    signals[i].elsewhere = 0.0001;
    signals[i].text = groups[i];
  }
  base->things[0].signals = signals;
  base->things[0].signal_count = 3;
}

static void run_random(unsigned long seed, size_t *wrong) {
  struct rule_base *base = random_base(seed, (struct random_options){.stacks = true, .shared = true, .temperature = seed % 2 ? 1 : 0.6});
  struct rule_node nodes[6];
  if (seed % 4 == 1) let_tower(base, nodes);
  CHECK(rule_base_finish(base) == 0);
  struct bench bench = {
      .base = base, .cache = match_cache_new(base->test_count), .shapes = shapes_new(base), .brief = brief_new(base), .arena = arena_new()};
  CHECK(bench.cache && bench.shapes && bench.brief && bench.arena);
  for (int round = 0; round < 40; round++) {
    struct fact_set *facts = random_facts(10);
    compare(&bench, facts, -1, LONG_MIN);
    fact_set_free(facts);
  }
  *wrong += bench.wrong;
  match_cache_free(bench.cache);
  shapes_free(bench.shapes);
  brief_free(bench.brief);
  arena_free(bench.arena);
  rule_base_free(base);
}

/* --- forms --- */

static const struct {
  enum rule_op op;
  size_t at_least, width;
} joins[] = {{RULE_ALL, 0, 1}, {RULE_NONE, 0, 1}, {RULE_AT_LEAST, 1, 1}, {RULE_ALL, 0, 2},
             {RULE_ANY, 0, 2}, {RULE_NONE, 0, 2}, {RULE_AT_LEAST, 1, 2}, {RULE_AT_LEAST, 2, 2}};
static const struct rule_node form_leaves[] = {{.op = RULE_TEST, .fact = 0, .matcher = MATCH_PRESENT},
                                               {.op = RULE_TEST, .fact = 0, .matcher = MATCH_ABSENT},
                                               {.op = RULE_TEST, .fact = 0, .matcher = MATCH_EQUALS, .operand = "x"},
                                               {.op = RULE_TEST, .fact = 0, .matcher = MATCH_EQUALS, .operand = "y"},
                                               {.op = RULE_TEST, .fact = 1, .matcher = MATCH_PRESENT},
                                               {.op = RULE_TEST, .fact = 1, .matcher = MATCH_PREFIX, .operand = "x"}};
#define LEAVES (sizeof form_leaves / sizeof *form_leaves)
#define JOINS (sizeof joins / sizeof *joins)

/* A base with one thing, whose signals are every join of every pair of leaves. */
static struct rule_base *base_of_forms(void) {
  struct rule_base *base = random_base(1, (struct random_options){0});
  struct rule_signal *signals = arena_take_array(base->arena, JOINS * LEAVES * LEAVES, sizeof *signals);
  size_t count = 0;
  for (size_t j = 0; j < JOINS; j++)
    for (size_t pair = 0; pair < LEAVES * LEAVES; pair++) {
      struct rule_node *nodes = arena_take_array(base->arena, 3, sizeof *nodes);
      nodes[1] = form_leaves[pair / LEAVES];
      nodes[2] = form_leaves[pair % LEAVES];
      nodes[0] = (struct rule_node){
          .op = joins[j].op, .fact = FACT_NONE, .at_least = joins[j].at_least, .children = nodes + 1, .child_count = joins[j].width};
      signals[count] = base->things[0].signals[0];
      signals[count].id = arena_format(base->arena, "s%zu", count);
      signals[count].when = nodes;
      signals[count].text = signals[count].id;
      count++;
    }
  base->things[0].signals = signals;
  base->things[0].signal_count = count;
  return base;
}

static void test_forms(void) {
  struct rule_base *base = base_of_forms();
  CHECK(rule_base_finish(base) == 0);
  struct match_cache *cache = match_cache_new(base->test_count);
  struct fact_set *facts = fact_set_new(&random_catalog);
  size_t wrong = 0, folded = 0;
  for (uint32_t i = 0; i < base->signal_count; i++) folded += base->plan->forms[i] != i;
  for (unsigned what = 0; what < 49; what++) {
    random_put(facts, 0, what / 7);
    random_put(facts, 1, what % 7);
    struct eval blank = {.facts = facts, .cache = cache, .ignore_forge = -1, .blank = true};
    for (uint32_t i = 0; i < base->signal_count; i++)
      wrong += eval_node(&blank, rule_signal(base, i)->when, NULL) != eval_node(&blank, rule_signal(base, base->plan->forms[i])->when, NULL);
  }
  CHECK(wrong == 0);
  CHECK(folded > base->signal_count / 4); /* what differs only in what it asks for has one form */
  fact_set_free(facts);
  match_cache_free(cache);
  rule_base_free(base);
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
  size_t wrong = 0;
  for (unsigned long seed = 1; seed <= BASES; seed++) run_random(seed, &wrong);
  CHECK(wrong == 0);
  test_forms();
  match_cache_free(bench.cache);
  shapes_free(bench.shapes);
  brief_free(bench.brief);
  arena_free(bench.arena);
  rule_base_free(base);
  diag_list_free(diags);
  draw_end();
  return check_end("test_brief");
}
