/* Small rule bases and facts drawn at random, for tests that try everything. The same seed gives the same base. */
#ifndef HP_TESTS_RANDOM_H
#define HP_TESTS_RANDOM_H

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "engine/rank.h"
#include "engine/status.h"
#include "engine/verdict.h"

#define RANDOM_FACTS 8

static const struct fact_def random_defs[RANDOM_FACTS] = {
    {.path = "a.one", .type = FACT_TEXT, .how = "h", .forge = FORGE_TENANT}, {.path = "a.two", .type = FACT_TEXT, .how = "h", .forge = FORGE_ROOT},
    {.path = "b", .type = FACT_TEXT, .how = "h", .forge = FORGE_ROOT},       {.path = "c", .type = FACT_TEXT, .how = "h", .forge = FORGE_IMAGE},
    {.path = "d", .type = FACT_TEXT, .how = "h", .forge = FORGE_VMM},        {.path = "e", .type = FACT_TEXT, .how = "h", .forge = FORGE_TENANT},
    {.path = "f", .type = FACT_TEXT, .how = "h", .forge = FORGE_ROOT},       {.path = "g", .type = FACT_TEXT, .how = "h", .forge = FORGE_NETWORK},
};
static const struct fact_catalog random_catalog = {.defs = random_defs, .count = RANDOM_FACTS};
static const char *const random_values[] = {"x", "y", "z"};
static const struct rule_source random_source = {.key = "s", .title = "t", .url = "u", .observed = "2026-01-01"};

struct random_options {
  bool stacks;        /* layers speak to each other */
  bool shared;        /* things may have conditions in common */
  double temperature; /* 0: 1 */
};

static unsigned long random_state;

static inline unsigned random_below(unsigned limit) {
  random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(random_state >> 33) % limit;
}

static inline bool random_chance(unsigned percent) { return random_below(100) < percent; }

static inline struct rule_node random_leaf(void) {
  struct rule_node node = {.op = RULE_TEST, .fact = random_below(RANDOM_FACTS), .matcher = MATCH_EQUALS};
  if (random_chance(15))
    node.matcher = random_chance(50) ? MATCH_PRESENT : MATCH_ABSENT;
  else
    node.operand = random_values[random_below(3)];
  return node;
}

/* A condition of one test, or of two under any, all or none. */
static inline const struct rule_node *random_condition(struct arena *arena) {
  static const enum rule_op ops[] = {RULE_ANY, RULE_ALL, RULE_NONE, RULE_AT_LEAST};
  struct rule_node *node = arena_take(arena, sizeof *node);
  *node = random_leaf();
  if (random_chance(70)) return node;
  struct rule_node *children = arena_take_array(arena, 2, sizeof *children);
  for (int i = 0; i < 2; i++) children[i] = random_leaf();
  *node = (struct rule_node){.op = ops[random_below(4)], .fact = FACT_NONE, .at_least = 1 + random_below(2), .children = children, .child_count = 2};
  return node;
}

static inline void random_words(const struct rule_node *node, char *out, size_t size) {
  size_t used = strlen(out);
  snprintf(out + used, size - used, "(%d/%zu %zu %d %s", node->op, node->at_least, node->fact, node->matcher, node->operand ? node->operand : "");
  for (size_t i = 0; i < node->child_count; i++) random_words(&node->children[i], out, size);
}

static inline void random_signal(struct arena *arena, struct rule_signal *signal, size_t number, const char *thing, bool shared) {
  static const double seen[] = {0.2, 0.6, 0.9, 0.99, 0.01}, elsewhere[] = {0.0001, 0.001, 0.02, 0.3, 0.7};
  static const char *const groups[] = {"one", "two", "three"};
  char words[256] = "";
  const struct rule_node *when = random_condition(arena);
  random_words(when, words, sizeof words);
  *signal = (struct rule_signal){.id = arena_format(arena, "s%zu", number),
                                 .group = groups[random_below(3)],
                                 .when = when,
                                 .seen = seen[random_below(5)],
                                 .elsewhere = elsewhere[random_below(5)],
                                 .why = "w",
                                 .source = &random_source,
                                 .text = shared ? arena_format(arena, "%s", words) : arena_format(arena, "%s %zu %s", thing, number, words)};
}

static inline void random_thing(struct rule_base *base, const char *layer, size_t number, struct random_options options) {
  struct arena *arena = base->arena;
  struct rule_thing *thing = &base->things[base->thing_count++];
  *thing = (struct rule_thing){.layer = layer, .id = arena_format(arena, "t%zu", number), .prior = 0.001 + 0.01 * random_below(20)};
  thing->name = thing->id;
  if (number > 0 && options.shared && random_chance(25)) thing->kind_of = arena_format(arena, "t%u", random_below((unsigned)number));
  thing->signal_count = 1 + random_below(4);
  struct rule_signal *signals = arena_take_array(arena, thing->signal_count, sizeof *signals);
  for (size_t i = 0; i < thing->signal_count; i++)
    random_signal(arena, &signals[i], i + (random_chance(50) ? 10 * number : 0), thing->id, options.shared);
  thing->signals = signals;
  if (!options.stacks || strcmp(layer, "upper") != 0 || random_chance(40)) return;
  struct rule_expectation *stack = arena_take(arena, sizeof *stack);
  *stack = (struct rule_expectation){.layer = "lower", .id = arena_format(arena, "t%u", random_below(3)), .probability = 0.3 + 0.1 * random_below(7)};
  thing->stack = stack;
  thing->stack_count = 1;
}

/* Two layers of 4 and 3 things. Owned: rule_base_free. */
static inline struct rule_base *random_base(unsigned long seed, struct random_options options) {
  random_state = seed * 2654435761UL + 1;
  struct rule_base *base = rule_base_new(&random_catalog);
  base->layers = arena_take_array(base->arena, 2, sizeof *base->layers);
  base->layers[0] = (struct rule_layer){.id = "upper", .title = "u"};
  base->layers[1] = (struct rule_layer){.id = "lower", .title = "l"};
  base->layer_count = 2;
  base->things = arena_take_array(base->arena, 7, sizeof *base->things);
  for (size_t i = 0; i < 4; i++) random_thing(base, "upper", i, options);
  for (size_t i = 0; i < 3; i++) random_thing(base, "lower", i, options);
  base->model = (struct rule_model){
      .forge_floor = {0.004, 0.001, 0.0004, 0.0002, 0.0002}, .half_life_days = 365, .temperature = options.temperature > 0 ? options.temperature : 1};
  base->sha256 = "0";
  return base;
}

/* What stands at a fact: 0 to 2 a value, 3 another one, 4 absent, 5 not looked at, 6 refused. */
static inline void random_put(struct fact_set *facts, size_t fact, unsigned what) {
  facts->facts[fact] = (struct fact){.state = FACT_UNKNOWN};
  if (what < 4) fact_set_value(facts, fact, value_text(what < 3 ? random_values[what] : "other", what < 3 ? 1 : 5));
  if (what == 4) fact_set_absent(facts, fact);
  if (what == 6) fact_set_unreadable(facts, fact, "refused");
}

/* Facts of which about `refused` in a hundred were refused. Owned: fact_set_free. */
static inline struct fact_set *random_facts(unsigned refused) {
  struct fact_set *facts = fact_set_new(&random_catalog);
  for (size_t f = 0; f < RANDOM_FACTS; f++) random_put(facts, f, random_chance(refused) ? 6 : random_chance(15) ? 5 : random_below(5));
  return facts;
}

static inline const struct verdict *random_judge(struct judge *judge, const struct fact_set *facts, struct judge_options options) {
  const struct verdict *verdict = NULL;
  options.observed_day = LONG_MIN;
  options.ignore_forge = -1;
  return judge_facts(judge, facts, "r", options, &verdict) == 0 ? verdict : NULL;
}

#endif
