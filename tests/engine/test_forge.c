/* Forgeries: made-up values satisfy what they were made up for; the forgery that is told passes, and no cheaper one does, against
 * every combination of values on small rule bases drawn at random. */
#include "tests/check.h"
#include "tests/engine/world.h"

#include <math.h>
#include <stdlib.h>

#include "engine/forge.h"
#include "engine/rank.h"
#include "engine/witness.h"

static uint64_t state;

static size_t draw(size_t below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (size_t)(state % below);
}

/* --- a small rule base at random --- */

#define SIGNALS 3
#define LEAVES 40

static const struct rule_source source = {.key = "s", .title = "t", .url = "u", .observed = "2026-01-01"};
static struct rule_node leaves[LEAVES], conditions[5 * SIGNALS];
static size_t leaf_count;
static struct rule_signal signals[5][SIGNALS];
static struct rule_expectation stack[] = {{"hypervisor", "deep", 0.9}};
static struct rule_thing things[5];
static struct rule_layer layers[] = {{.id = "platform", .title = "p"}, {.id = "hypervisor", .title = "h"}};
static const struct {
  const char *layer, *id, *kind_of;
} names[5] = {{"platform", "alpha", NULL},
              {"platform", "beta", NULL},
              {"platform", "beta-two", "beta"},
              {"hypervisor", "deep", NULL},
              {"hypervisor", "other", NULL}};

static struct rule_node any_leaf(void) {
  static const struct {
    size_t fact;
    const char *key;
    enum matcher matcher;
    const char *operand;
  } tests[] = {{F_ENV, "A", MATCH_PRESENT, NULL},   {F_ENV, "A", MATCH_EQUALS, "v"},       {F_ENV, "B", MATCH_PRESENT, NULL},
               {F_ENV, "B", MATCH_ABSENT, NULL},    {F_HOST, NULL, MATCH_EQUALS, "p"},     {F_HOST, NULL, MATCH_PREFIX, "p"},
               {F_HOST, NULL, MATCH_SUFFIX, "q"},   {F_HOST, NULL, MATCH_ABSENT, NULL},    {F_TOKENS, NULL, MATCH_EQUALS, "t"},
               {F_TOKENS, NULL, MATCH_EQUALS, "u"}, {F_TOKENS, NULL, MATCH_PRESENT, NULL}, {F_MEMORY, NULL, MATCH_RANGE, "5..9"}};
  size_t i = draw(sizeof tests / sizeof *tests);
  return leaf(tests[i].fact, tests[i].key, tests[i].matcher, tests[i].operand);
}

/* A test, or a few of them under an operator. */
static void draw_condition(struct rule_node *node) {
  static const enum rule_op ops[] = {RULE_ALL, RULE_ANY, RULE_NONE, RULE_AT_LEAST};
  if (draw(2)) {
    *node = any_leaf();
    return;
  }
  size_t count = 2 + draw(2);
  struct rule_node *children = &leaves[leaf_count];
  leaf_count += count;
  for (size_t i = 0; i < count; i++) children[i] = any_leaf();
  *node = branch(ops[draw(4)], 2, children, count);
}

static struct rule_base *draw_base(void) {
  static const double often[] = {0.9, 0.7, 0.95, 0.2}, seldom[] = {0.001, 0.02, 0.1, 0.4};
  static const char *const ids[] = {"one", "three", "two"};
  static const char *const groups[] = {"g", "h", "h"};
  world_tests = leaf_count = 0;
  for (size_t t = 0; t < 5; t++) {
    for (size_t s = 0; s < SIGNALS; s++) {
      struct rule_node *when = &conditions[t * SIGNALS + s];
      draw_condition(when);
      signals[t][s] = (struct rule_signal){.id = ids[s],
                                           .group = groups[draw(3)],
                                           .when = when,
                                           .seen = often[draw(4)],
                                           .elsewhere = seldom[draw(4)],
                                           .why = "w",
                                           .source = &source,
                                           .text = ids[s]};
    }
    things[t] = (struct rule_thing){.layer = names[t].layer,
                                    .id = names[t].id,
                                    .name = names[t].id,
                                    .kind_of = names[t].kind_of,
                                    .prior = 0.02,
                                    .signals = signals[t],
                                    .signal_count = 1 + draw(SIGNALS)};
  }
  things[0].stack = stack;
  things[0].stack_count = draw(2);
  struct rule_base *base = rule_base_new(&world_catalog);
  base->layers = layers;
  base->layer_count = 2;
  base->things = things;
  base->thing_count = 5;
  base->model = (struct rule_model){.forge_floor = {0.004, 0.001, 0.0004, 0.0002, 0.0002}, .half_life_days = 365, .temperature = 1};
  base->sha256 = "0";
  CHECK(rule_base_finish(base) == 0);
  return base;
}

/* --- every value that could matter --- */

enum { C_ENV, C_A, C_B, C_HOST, C_TOKENS, C_MEMORY, CELLS };
static const struct {
  size_t fact;
  size_t values;
} cells[CELLS] = {
    [C_ENV] = {F_ENV, 2}, [C_A] = {F_ENV, 3}, [C_B] = {F_ENV, 3}, [C_HOST] = {F_HOST, 6}, [C_TOKENS] = {F_TOKENS, 10}, [C_MEMORY] = {F_MEMORY, 4}};

static const char *const hosts[] = {"p", "q", "pq", "x"};

static struct value tokens_of(struct arena *arena, unsigned mask) {
  static const char *const words[] = {"t", "u", "x"};
  struct value list = {.kind = VALUE_LIST, .items = arena_take_array(arena, 3, sizeof *list.items)};
  for (size_t i = 0; i < 3; i++)
    if (mask & 1u << i) list.items[list.count++] = text_of(words[i]);
  return list;
}

/* Sets or takes out one member; a map that was not looked at is then known in part. */
static void put_member(struct fact_set *facts, const char *name, const char *text) {
  struct fact *fact = &facts->facts[F_ENV];
  struct value old = fact->state == FACT_PRESENT ? fact->value : (struct value){.kind = VALUE_MAP}, map = {.kind = VALUE_MAP};
  if (fact->state == FACT_UNKNOWN) fact->partial = true;
  map.items = arena_take_array(facts->arena, 2, sizeof *map.items);
  map.keys = arena_take_array(facts->arena, 2, sizeof *map.keys);
  for (int i = 0; i < 2; i++) {
    const char *key = i ? "B" : "A";
    const struct value *was = value_member(&old, key);
    bool here = strcmp(key, name) == 0;
    struct value item = here && text ? text_of(text) : here ? (struct value){.kind = VALUE_NULL} : was ? *was : (struct value){.kind = VALUE_NULL};
    if ((here && !text && !fact->partial) || (!here && !was)) continue;
    map.keys[map.count] = key;
    map.items[map.count++] = item;
  }
  fact_set_value(facts, F_ENV, map);
}

/* Gives a cell its value number `value`, from 1; 0 leaves it. */
static void put_cell(struct fact_set *facts, int cell, size_t value) {
  struct fact *fact = &facts->facts[cells[cell].fact];
  if (value == 0) return;
  bool withheld = cell == C_A || cell == C_B ? false : value == 1, absent = cell != C_A && cell != C_B && value == 2;
  if (cell == C_A || cell == C_B) {
    put_member(facts, cell == C_A ? "A" : "B", value == 1 ? NULL : value == 2 ? "v" : "x");
    return;
  }
  bool open = fact->state == FACT_UNKNOWN;
  fact->partial = false;
  if (withheld) {
    fact->state = FACT_UNKNOWN;
  } else if (absent) {
    fact_set_absent(facts, cells[cell].fact);
  } else if (cell == C_HOST) {
    fact_set_value(facts, F_HOST, text_of(hosts[value - 3]));
  } else if (cell == C_MEMORY) {
    fact_set_value(facts, F_MEMORY, value_integer(value == 3 ? 7 : 0));
  } else {
    fact->partial = open && value >= 7;
    fact_set_value(facts, F_TOKENS, tokens_of(facts->arena, value >= 7 ? (unsigned[]){1, 2, 3, 4}[value - 7] : (unsigned[]){1, 2, 3, 4}[value - 3]));
  }
}

static struct fact_set *draw_facts(void) {
  struct fact_set *facts = fact_set_new(&world_catalog);
  if (draw(3)) fact_set_absent(facts, F_ENV);
  for (int cell = C_A; cell < CELLS; cell++) put_cell(facts, cell, draw(3) ? draw(cells[cell].values + 1) : 0);
  return facts;
}

static double claim_probability(struct judge *judge, const struct fact_set *facts, const struct rule_thing *claim) {
  const struct verdict *verdict = NULL;
  struct judge_options options = {.observed_day = LONG_MIN, .ignore_forge = -1};
  double sum = 0;
  if (judge_facts(judge, facts, "r", options, &verdict)) return -1;
  for (size_t k = 0; k < verdict->layer_count; k++)
    for (size_t i = 0; i < verdict->layers[k].count; i++)
      if (rule_is_kind(verdict->layers[k].hypotheses[i].thing, claim)) sum += verdict->layers[k].hypotheses[i].probability;
  return sum;
}

/* The fewest cells up to `level` with whose values the claim passes; CELLS + 1 where none do. Every combination is tried. */
static size_t fewest(const struct rule_base *base, const struct fact_set *facts, const struct rule_thing *claim, int level) {
  size_t chosen[CELLS] = {0}, best = CELLS + 1;
  struct judge *judge = judge_new(base);
  for (bool more = true; more;) {
    size_t count = 0;
    for (int c = 0; c < CELLS; c++) count += chosen[c] > 0;
    if (count < best) {
      struct fact copies[F_COUNT];
      struct arena *arena = arena_new();
      memcpy(copies, facts->facts, sizeof copies);
      struct fact_set set = {.catalog = facts->catalog, .facts = copies, .arena = arena};
      for (int c = 0; c < CELLS; c++) put_cell(&set, c, chosen[c]);
      if (claim_probability(judge, &set, claim) >= FORGE_PASSES) best = count;
      arena_free(arena);
    }
    int c = 0;
    for (; c < CELLS; c++) {
      if ((int)world_defs[cells[c].fact].forge > level) continue;
      if (++chosen[c] <= cells[c].values) break;
      chosen[c] = 0;
    }
    more = c < CELLS;
  }
  judge_free(judge);
  return best;
}

static size_t exact_count, possible_count, needless_count;

/* One rule base, one report, one claim: what is told against what every combination gives. */
static void compare(const struct rule_base *base, const struct fact_set *facts, const struct rule_thing *claim) {
  struct arena *arena = arena_new();
  struct judge *judge = judge_new(base);
  const struct forgery *forgery = NULL;
  struct forge_options options = {.observed_day = LONG_MIN, .most = FORGE_NETWORK};
  CHECK(forge_find(base, facts, claim, options, arena, &forgery) == 0);
  double after = claim_probability(judge, forgery->facts, claim);
  CHECK(fabs(after - forgery->after) < 1e-9 && (after >= FORGE_PASSES) == forgery->possible);
  int level = RESTS_ON_NONE;
  size_t least = claim_probability(judge, facts, claim) >= FORGE_PASSES ? 0 : CELLS + 1;
  while (least > CELLS && ++level < FORGE_NETWORK) least = fewest(base, facts, claim, level);
  bool possible = least <= CELLS;
  CHECK(!forgery->possible || (possible && forgery->level >= level)); /* never cheaper than the cheapest */
  if (forgery->exact) CHECK(forgery->possible == possible && (!possible || (forgery->level == level && forgery->change_count == least)));
  exact_count += forgery->exact;
  possible_count += forgery->possible;
  needless_count += forgery->possible && forgery->change_count == 0;
  judge_free(judge);
  arena_free(arena);
}

static void cheapest_of_all(void) {
  const size_t rounds = 120;
  for (size_t i = 0; i < rounds; i++) {
    state = 88172645463325252u + i * 7919;
    struct rule_base *base = draw_base();
    struct fact_set *facts = draw_facts();
    compare(base, facts, rule_base_find(base, "platform", i % 2 ? "alpha" : "beta"));
    if (i % 4 == 0) compare(base, facts, rule_base_find(base, "hypervisor", "deep"));
    fact_set_free(facts);
    rule_base_free(base);
  }
  CHECK(exact_count > rounds / 2 && possible_count > rounds / 4 && possible_count < rounds && needless_count < possible_count / 2);
}

/* Whichever allocation fails, that is told and nothing else happens. */
static void memory_out(void) {
  state = 88172645463325252u + 7919;
  struct rule_base *base = draw_base();
  struct fact_set *facts = draw_facts();
  int status = STATUS_MEMORY;
  size_t n = 1;
  for (; status == STATUS_MEMORY && n < 2000; n++) {
    const struct forgery *forgery = NULL;
    struct forge_options options = {.observed_day = LONG_MIN, .most = FORGE_NETWORK};
    struct arena *arena = arena_new();
    mem_fail_after(n);
    status = forge_find(base, facts, rule_base_find(base, "platform", "alpha"), options, arena, &forgery);
    mem_fail_after(0);
    arena_free(arena);
  }
  CHECK(status == 0 && n > 5);
  fact_set_free(facts);
  rule_base_free(base);
}

/* --- made-up values --- */

static void texts_for_patterns(void) {
  static const char *const patterns[] = {"^abc$",
                                         "a|b",
                                         "^(foo|bar)[0-9]{3,5}-x+$",
                                         "^[a-f0-9]{8}(-[a-f0-9]{4}){3}$",
                                         "(?i)\\bword\\b",
                                         "^(?=[a-z]*[0-9])[a-z0-9]{20}$",
                                         "\\.[^.]+\\.com$",
                                         "^/(a|b(c|d)e)/.*$",
                                         "[\\w.-]+@[\\w]+",
                                         "x{2}y?z*",
                                         "^[]x]+$",
                                         "^\\d+\\s\\S+$",
                                         "",
                                         "^(a{0}b)+$"};
  struct arena *arena = arena_new();
  struct match_cache *cache = match_cache_new(sizeof patterns / sizeof *patterns);
  struct witness witness = {.cache = cache, .arena = arena};
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
    struct rule_node test = {.op = RULE_TEST, .matcher = MATCH_REGEX, .operand = patterns[i], .test = i};
    struct value values[WITNESS_VALUES];
    size_t count = witness_values(&witness, &test, FACT_TEXT, NULL, NULL, values);
    CHECK(count > 0);
    for (size_t v = 0; v < count; v++) CHECK(match_value(cache, &test, NULL, &values[v]) == TRUTH_TRUE);
  }
  match_cache_free(cache);
  arena_free(arena);
}

static void patterns_beyond(void) {
  static const char *const patterns[] = {"(a)\\1",     "\\p{L}", "[[:alpha:]]",
                                         "(?<name>a)", "(?>a)",  "(",
                                         "[a",         "a)",     "((((((((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))))))))",
                                         "[^ -~]"};
  struct buffer text = {0};
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) CHECK(witness_regex(patterns[i], 0, &text) != 0);
  CHECK(witness_regex("(a{999}){999}", 0, &text) != 0); /* never longer than a few thousand bytes */
  buffer_free(&text);
}

static void values_for_matchers(void) {
  static const struct {
    enum matcher matcher;
    enum fact_type type;
    const char *unit, *operand;
  } tests[] = {{MATCH_EQUALS, FACT_TEXT, NULL, "abc"},
               {MATCH_PRESENT, FACT_TEXT, NULL, NULL},
               {MATCH_PREFIX, FACT_TEXT, NULL, "ab"},
               {MATCH_SUFFIX, FACT_TEXT, NULL, "ab"},
               {MATCH_CONTAINS, FACT_TEXT, NULL, "ab"},
               {MATCH_GLOB, FACT_TEXT, NULL, "a*b?[xy]c"},
               {MATCH_VERSION, FACT_TEXT, NULL, ">=6.1 <6.2"},
               {MATCH_VERSION, FACT_TEXT, NULL, ">6.1"},
               {MATCH_VERSION, FACT_TEXT, NULL, "<3"},
               {MATCH_CIDR, FACT_TEXT, NULL, "10.42.0.0/16"},
               {MATCH_CIDR, FACT_TEXT, NULL, "fd00::/8"},
               {MATCH_MAC, FACT_TEXT, NULL, "02:fc"},
               {MATCH_RANGE, FACT_INTEGER, "KiB", "400MiB..500MiB"},
               {MATCH_RANGE, FACT_INTEGER, NULL, ">3 <5"},
               {MATCH_RANGE, FACT_REAL, NULL, "..0.5"},
               {MATCH_EQUALS, FACT_INTEGER, NULL, "12"},
               {MATCH_EQUALS, FACT_BOOLEAN, NULL, "false"}};
  struct arena *arena = arena_new();
  struct match_cache *cache = match_cache_new(sizeof tests / sizeof *tests);
  struct witness witness = {.cache = cache, .arena = arena};
  const struct value now = text_of("5.10.1-now");
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    struct rule_node test = {.op = RULE_TEST, .matcher = tests[i].matcher, .operand = tests[i].operand, .test = i};
    struct value values[WITNESS_VALUES];
    for (int kept = 0; kept < 2; kept++) {
      size_t count = witness_values(&witness, &test, tests[i].type, tests[i].unit, kept ? &now : NULL, values);
      CHECK(count > 0);
      for (size_t v = 0; v < count && tests[i].operand; v++) CHECK(match_value(cache, &test, tests[i].unit, &values[v]) == TRUTH_TRUE);
    }
  }
  match_cache_free(cache);
  arena_free(arena);
}

int main(void) {
  texts_for_patterns();
  patterns_beyond();
  values_for_matchers();
  cheapest_of_all();
  memory_out();
  return check_end("forge");
}
