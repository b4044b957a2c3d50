/* Facts drawn from what a rule base asks for, so that they hit, nearly hit, hide and miss. The same calls give the same facts. */
#ifndef HP_TESTS_DRAW_H
#define HP_TESTS_DRAW_H

#include <stdlib.h>
#include <string.h>

#include "collectors/catalog.h"
#include "engine/eval.h"
#include "engine/literal.h"

static unsigned long state = 1;

static inline unsigned below(unsigned limit) {
  state = state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(state >> 33) % limit;
}

struct pool {
  const struct rule_node **tests;
  size_t count, capacity;
};

static struct pool pools[512]; /* by fact: the tests on it or on its elements */

static inline void gather(const struct rule_node *node, size_t fact) {
  if (node->fact != FACT_NONE) fact = node->fact;
  if (node->op == RULE_TEST && fact != FACT_NONE && node->matcher != MATCH_SAME) {
    struct pool *pool = &pools[fact];
    if (mem_grow(&pool->tests, &pool->capacity, pool->count + 1, sizeof *pool->tests) == 0) pool->tests[pool->count++] = node;
  }
  for (size_t i = 0; i < node->child_count; i++) gather(&node->children[i], fact);
}

/* A text that the test may like: what it asks for, with something before or behind it. */
static inline struct value text_for(struct arena *arena, const struct rule_node *test) {
  static const char *const around[] = {"", "", "", "-", "/", "x y", "0", " ", "\n"};
  struct literals literals = {0};
  const char *operand = test && test->operand ? test->operand : "other";
  if (test && test->matcher == MATCH_REGEX) literals_of_regex(operand, arena, &literals);
  if (literals.count) operand = literals.items[below((unsigned)literals.count)];
  if (below(40) == 0) return value_text(VALUE_HIDDEN, strlen(VALUE_HIDDEN));
  const char *text = arena_format(arena, "%s%s%s", around[below(9)], operand, around[below(9)]);
  size_t length = strlen(text);
  if (length && below(10) == 0) length -= 1;
  return value_text(arena_text(arena, text, length), length);
}

static inline struct value number_for(const struct rule_node *test, const char *unit, bool real) {
  double number = 0, low, high;
  if (test && test->operand && match_bounds(test->operand, unit, &low, &high) == 0) number = below(2) ? low : high;
  if (!(number > -1e15 && number < 1e15)) number = 7;
  number += (int)below(3) - 1;
  return real ? (struct value){.kind = VALUE_REAL, .real = number} : value_integer((int64_t)number);
}

static inline const struct rule_node *draw(size_t fact) { return pools[fact].count ? pools[fact].tests[below((unsigned)pools[fact].count)] : NULL; }

static inline int compare_names(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* A map with some of these names, sorted, each once; the values come from `fill`. */
static inline struct value map_of(struct arena *arena, const char **names, size_t count) {
  struct value map = {.kind = VALUE_MAP, .items = arena_take_array(arena, count + 1, sizeof *map.items)};
  qsort(names, count, sizeof *names, compare_names);
  map.keys = arena_take_array(arena, count + 1, sizeof *map.keys);
  for (size_t i = 0; i < count; i++)
    if (i == 0 || strcmp(names[i], names[i - 1]) != 0) map.keys[map.count++] = names[i];
  return map;
}

static inline struct value list_of(struct arena *arena, size_t fact, const struct rule_node *test) {
  struct value list = {.kind = VALUE_LIST, .count = below(4)};
  list.items = arena_take_array(arena, list.count + 1, sizeof *list.items);
  for (size_t i = 0; i < list.count; i++) list.items[i] = text_for(arena, below(2) ? test : draw(fact));
  return list;
}

static inline struct value record_of(struct arena *arena, size_t fact) {
  const char *names[32];
  size_t count = 0;
  for (const char *at = catalog.defs[fact].fields; at && *at && count < 32;) {
    size_t width = strcspn(at, " "), bare = strcspn(at, " *#?");
    if (below(6)) names[count++] = arena_text(arena, at, bare);
    at += width + (at[width] == ' ');
  }
  struct value record = map_of(arena, names, count);
  for (size_t i = 0; i < record.count; i++) {
    char suffix = 0;
    const struct rule_node *test = NULL;
    fact_field(&catalog.defs[fact], record.keys[i], &suffix);
    for (int tries = 0; tries < 20 && (!test || !test->key || strcmp(test->key, record.keys[i]) != 0); tries++) test = draw(fact);
    if (below(12) == 0)
      record.items[i] = (struct value){.kind = VALUE_NULL};
    else if (suffix == '*')
      record.items[i] = list_of(arena, fact, test);
    else if (suffix == '#')
      record.items[i] = number_for(test, eval_unit(&catalog.defs[fact], record.keys[i]), false);
    else if (suffix == '?')
      record.items[i] = value_boolean(below(2));
    else
      record.items[i] = text_for(arena, test);
  }
  return record;
}

static inline struct value members_of(struct arena *arena, size_t fact) {
  const char *names[32];
  size_t count = 0;
  for (unsigned i = below(32); i > 0; i--) {
    const struct rule_node *test = draw(fact);
    names[count++] = test && test->key && below(8) ? test->key : text_for(arena, test).text;
  }
  struct value map = map_of(arena, names, count);
  for (size_t i = 0; i < map.count; i++) {
    if (catalog.defs[fact].type == FACT_PATHS)
      map.items[i] = value_boolean(below(2));
    else
      map.items[i] = below(12) ? text_for(arena, draw(fact)) : (struct value){.kind = VALUE_NULL};
  }
  return map;
}

static inline struct value value_for(struct arena *arena, size_t fact) {
  struct value list = {.kind = VALUE_LIST};
  switch (catalog.defs[fact].type) {
  case FACT_TEXT: return text_for(arena, draw(fact));
  case FACT_INTEGER: return number_for(draw(fact), catalog.defs[fact].unit, false);
  case FACT_REAL: return number_for(draw(fact), catalog.defs[fact].unit, true);
  case FACT_BOOLEAN: return value_boolean(below(2));
  case FACT_TEXTS: return list_of(arena, fact, draw(fact));
  case FACT_RECORDS:
    list.count = below(5);
    list.items = arena_take_array(arena, list.count + 1, sizeof *list.items);
    for (size_t i = 0; i < list.count; i++) list.items[i] = record_of(arena, fact);
    return list;
  default: return members_of(arena, fact);
  }
}

static inline struct fact_set *draw_facts(void) {
  struct fact_set *facts = fact_set_new(&catalog);
  for (size_t f = 0; f < catalog.count; f++) {
    unsigned what = below(10);
    enum fact_type type = catalog.defs[f].type;
    bool many = type == FACT_TEXTS || type == FACT_RECORDS || type == FACT_MAP || type == FACT_PATHS;
    facts->facts[f].partial = many && below(4) == 0;
    if (what == 0) fact_set_absent(facts, f);
    if (what == 1) fact_set_unreadable(facts, f, "refused");
    if (what > 2) fact_set_value(facts, f, value_for(facts->arena, f));
    if (facts->facts[f].state != FACT_PRESENT) facts->facts[f].partial = false;
  }
  return facts;
}

/* The same, or every other time a thin report: most facts were never looked at. */
static inline struct fact_set *draw_report(void) {
  struct fact_set *facts = draw_facts();
  if (below(2))
    for (size_t f = 0; f < catalog.count; f++)
      if (below(8)) facts->facts[f] = (struct fact){.state = FACT_UNKNOWN};
  return facts;
}

/* Facts are drawn from the tests of this base from now on. */
static inline void draw_from(const struct rule_base *base) {
  for (size_t i = 0; i < base->thing_count; i++)
    for (size_t s = 0; s < base->things[i].signal_count; s++) gather(base->things[i].signals[s].when, FACT_NONE);
}

static inline void draw_end(void) {
  for (size_t i = 0; i < sizeof pools / sizeof *pools; i++) mem_free(pools[i].tests);
}

#endif
