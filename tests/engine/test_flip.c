/* The smallest set of facts that an answer hangs on: compared with every set of known facts, on bases drawn at random. */
#include "tests/check.h"
#include "tests/engine/random.h"

#include <math.h>

#define BASES 250

/* The best of a layer without the facts of `mask`, its probability left in *probability. */
static const char *answer_without(struct judge *judge, struct fact_set *facts, unsigned mask, const char *layer, double *probability) {
  struct fact saved[RANDOM_FACTS];
  memcpy(saved, facts->facts, sizeof saved);
  for (size_t f = 0; f < RANDOM_FACTS; f++)
    if (mask >> f & 1) facts->facts[f] = (struct fact){.state = FACT_UNKNOWN};
  const struct hypothesis *best = verdict_best(random_judge(judge, facts, (struct judge_options){0}), layer);
  memcpy(facts->facts, saved, sizeof saved);
  *probability = best->probability;
  return best->id;
}

static unsigned known_facts(const struct fact_set *facts) {
  unsigned known = 0;
  for (size_t f = 0; f < RANDOM_FACTS; f++)
    if (facts->facts[f].state == FACT_PRESENT || facts->facts[f].state == FACT_ABSENT) known |= 1u << f;
  return known;
}

/* The size of the smallest set of known facts without which the answer is another one; 0 where none is. */
static size_t smallest(struct judge *judge, struct fact_set *facts, const char *layer) {
  double probability;
  unsigned known = known_facts(facts);
  size_t least = 0;
  char answer[16];
  snprintf(answer, sizeof answer, "%s", answer_without(judge, facts, 0, layer, &probability));
  for (unsigned mask = 1; mask < 1u << RANDOM_FACTS; mask++) {
    size_t size = (size_t)__builtin_popcount(mask);
    if (mask & ~known || (least && size >= least)) continue;
    if (strcmp(answer_without(judge, facts, mask, layer, &probability), answer) != 0) least = size;
  }
  return least;
}

static size_t flipped;

static void flip_is_minimal(const struct rule_base *base, struct fact_set *facts, const char *layer) {
  struct judge *judge = judge_new(base), *other = judge_new(base);
  const struct verdict *verdict = random_judge(judge, facts, (struct judge_options){.explain = true, .flip = true, .flip_layer = layer});
  const struct flip *flip = verdict->flip;
  double probability = 0;
  unsigned mask = 0;
  CHECK(flip && strcmp(flip->layer, layer) == 0 && flip->smallest && flip->count == smallest(other, facts, layer));
  for (size_t i = 0; i < flip->count; i++) mask |= 1u << fact_find(&random_catalog, flip->facts[i], strlen(flip->facts[i]));
  if (flip->count) {
    CHECK(strcmp(answer_without(other, facts, mask, layer, &probability), flip->id) == 0 && strcmp(flip->id, verdict_best(verdict, layer)->id) != 0);
    CHECK(fabs(probability - flip->probability) < 1e-9);
  }
  CHECK(flip->among <= (size_t)__builtin_popcount(known_facts(facts)));
  flipped += flip->count > 1;
  judge_free(other);
  judge_free(judge);
}

static size_t left_out, longer;

/* Where the search is cut, what it says of itself is true: no set of up to `tried` would do, and no fact of the set can be spared. */
static void cut_search_is_honest(const struct rule_base *base, struct fact_set *facts, const char *layer, size_t rankings) {
  struct judge *judge = judge_new(base), *other = judge_new(base);
  const struct judge_options options = {.explain = true, .flip = true, .flip_layer = layer, .flip_rankings = rankings};
  const struct verdict *verdict = random_judge(judge, facts, options);
  const struct flip *flip = verdict->flip;
  double probability = 0;
  unsigned mask = 0;
  size_t least = smallest(other, facts, layer);
  const char *answer = verdict_best(verdict, layer)->id;
  for (size_t i = 0; i < flip->count; i++) mask |= 1u << fact_find(&random_catalog, flip->facts[i], strlen(flip->facts[i]));
  CHECK(least == 0 || least > flip->tried || flip->count == least);
  CHECK(!flip->smallest || flip->count == least);
  CHECK(!flip->count || strcmp(answer_without(other, facts, mask, layer, &probability), flip->id) == 0);
  for (size_t f = 0; f < RANDOM_FACTS && flip->count > 1; f++)
    if (mask >> f & 1) CHECK(strcmp(answer_without(other, facts, mask & ~(1u << f), layer, &probability), answer) == 0);
  left_out += flip->count > flip->tried + 1;
  longer += flip->count > least;
  judge_free(other);
  judge_free(judge);
}

/* Wherever memory runs out while everything is asked for, that is said, and the next judgement is as if nothing had been. */
static void memory_may_run_out(void) {
  const struct judge_options all = {.explain = true, .flip = true, .refused = true, .observed_day = LONG_MIN, .ignore_forge = -1};
  struct rule_base *base = random_base(11, (struct random_options){.stacks = true, .shared = true});
  struct fact_set *facts = random_facts(25);
  CHECK(rule_base_finish(base) == 0);
  int status = STATUS_MEMORY;
  size_t failures = 0;
  for (size_t n = 1; status == STATUS_MEMORY && n < 10000; n++) {
    const struct verdict *verdict = NULL;
    struct judge *judge = judge_new(base);
    mem_fail_after(n);
    status = judge_facts(judge, facts, "r", all, &verdict);
    mem_fail_after(0);
    CHECK(status == 0 || (status == STATUS_MEMORY && !verdict));
    failures += status != 0;
    CHECK(judge_facts(judge, facts, "r", all, &verdict) == 0 && verdict->flip && verdict->refused);
    judge_free(judge);
  }
  CHECK(status == 0 && failures > 3);
  fact_set_free(facts);
  rule_base_free(base);
}

static void try_base(unsigned long seed) {
  struct rule_base *base = random_base(seed, (struct random_options){.stacks = true, .shared = true});
  struct fact_set *facts = random_facts(5);
  CHECK(rule_base_finish(base) == 0);
  flip_is_minimal(base, facts, "upper");
  flip_is_minimal(base, facts, "lower");
  for (size_t rankings = 1; rankings < 40; rankings += 7) {
    cut_search_is_honest(base, facts, "upper", rankings);
    cut_search_is_honest(base, facts, "lower", rankings);
  }
  fact_set_free(facts);
  rule_base_free(base);
}

int main(void) {
  for (unsigned long seed = 1; seed <= BASES; seed++) try_base(seed);
  try_base(654); /* where leaving out one fact after another is not the shortest way, as for 136 */
  try_base(1034);
  CHECK(left_out > 5 && longer > 3);
  CHECK(flipped > 20); /* sets of one fact alone would prove little */
  memory_may_run_out();
  return check_end("flip");
}
