/* The index against the evaluator alone: whatever facts are drawn, a condition that was not found comes out as if nothing matched. The
 * rules are those of the evidence DB; values are drawn from what they ask for, so that they hit, nearly hit, hide and miss. */
#include "db/db.h"
#include "engine/index.h"
#include "tests/check.h"
#include "tests/engine/draw.h"
#include "tests/engine/random.h"

#define ROUNDS 3000

struct sums {
  size_t compared, differing, found, sure, wrong;
};

static void compare(const struct rule_base *base, const struct fact_set *facts, int ignore, struct index_found *found, struct match_cache *cache,
                    struct sums *sums) {
  struct eval full = {.facts = facts, .cache = cache, .ignore_forge = ignore}, blank = full;
  blank.blank = true;
  index_found_clear(found);
  index_find(base, facts, ignore, cache, found);
  sums->found += found->count;
  for (size_t i = 0; i < base->thing_count; i++)
    for (size_t s = 0; s < base->things[i].signal_count; s++) {
      const struct rule_signal *signal = &base->things[i].signals[s];
      enum truth truth = eval_node(&full, signal->when, NULL), plain = eval_node(&blank, signal->when, NULL);
      sums->compared++;
      sums->differing += truth != plain;
      unsigned how = found->how[signal->number];
      sums->sure += how == INDEX_SURE;
      if (how == INDEX_SURE ? truth == TRUTH_TRUE : truth == plain || how) continue;
      if (sums->wrong++ < 5) printf("%s/%s: %s is %s\n", base->things[i].id, signal->id, signal->text, truth_name(truth));
    }
}

/* A pattern that gives up on a value that has its literal: unreadable, which must be found, and is not sure. */
static void test_given_up(struct sums *sums) {
  struct rule_node patterns[] = {{.op = RULE_TEST, .fact = 2, .matcher = MATCH_REGEX, .operand = "literal (a+)+$"},
                                 {.op = RULE_TEST, .fact = 2, .matcher = MATCH_REGEX, .operand = "literal (b+)+$"}};
  struct rule_base *base = random_base(1, (struct random_options){0});
  struct rule_signal *signals = arena_take_array(base->arena, 2, sizeof *signals);
  for (size_t i = 0; i < 2; i++) {
    signals[i] = base->things[0].signals[0];
    signals[i].id = i ? "b" : "a";
    signals[i].when = &patterns[i];
    signals[i].text = patterns[i].operand;
  }
  base->things[0].signals = signals;
  base->things[0].signal_count = 2;
  CHECK(rule_base_finish(base) == 0);
  struct match_cache *cache = match_cache_new(base->test_count);
  struct fact_set *facts = fact_set_new(&random_catalog);
  struct index_found found = {0};
  CHECK(cache && facts && index_found_new(base, &found) == 0);
  const char *value = "a literal aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
  fact_set_value(facts, 2, value_text(value, strlen(value)));
  compare(base, facts, -1, &found, cache, sums);
  CHECK(found.count == 1 && found.how[found.items[0]] == INDEX_POSSIBLE);
  fact_set_free(facts);
  index_found_free(&found);
  match_cache_free(cache);
  rule_base_free(base);
}

int main(void) {
  struct diag_list *diags = diag_list_new();
  struct rule_base *base = NULL;
  const char *path = getenv("HOSTPRINT_DB");
  CHECK(path && db_load(path, &catalog, &base, diags) == 0);
  if (!base) return check_end("test_index");
  draw_from(base);
  struct match_cache *cache = match_cache_new(base->test_count);
  struct index_found found = {0};
  struct sums sums = {0};
  CHECK(cache && index_found_new(base, &found) == 0);
  for (int round = 0; cache && round < ROUNDS; round++) {
    struct fact_set *facts = draw_facts();
    compare(base, facts, (int)below(6) - 1 - (below(2) ? 9 : 0), &found, cache, &sums);
    fact_set_free(facts);
  }
  test_given_up(&sums);
  CHECK(sums.wrong == 0);
  CHECK(sums.differing > sums.compared / 100); /* the draw is worth something */
  CHECK(sums.found < sums.compared / 4);       /* and so is the index */
  CHECK(sums.sure > sums.found / 100);
  if (getenv("VERBOSE")) printf("%zu decisions, %zu differ, %zu found, %zu sure\n", sums.compared, sums.differing, sums.found, sums.sure);
  draw_end();
  index_found_free(&found);
  match_cache_free(cache);
  rule_base_free(base);
  diag_list_free(diags);
  return check_end("test_index");
}
