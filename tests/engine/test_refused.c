/* What was refused: every value that could have been read is tried, on bases drawn at random. */
#include "tests/check.h"
#include "tests/engine/random.h"

#include <math.h>

#define BASES 400

static const struct refused_layer *layer_of(const struct refused *refused, const char *layer) {
  for (size_t k = 0; refused && k < refused->layer_count; k++)
    if (strcmp(refused->layers[k].layer, layer) == 0) return &refused->layers[k];
  return NULL;
}

/* The entry about everything: the last one. */
static const struct refused *everything(const struct verdict *verdict) {
  return verdict->refused_count ? &verdict->refused[verdict->refused_count - 1] : NULL;
}

/* A known state of every refused fact, the next of all; false after the last. */
static bool next_reading(struct fact_set *facts, const bool *refused, unsigned *reading) {
  size_t f = 0;
  for (; f < RANDOM_FACTS; f++) {
    if (!refused[f]) continue;
    reading[f]++;
    if (reading[f] < 5) break;
    reading[f] = 0;
  }
  for (size_t g = 0; g < RANDOM_FACTS; g++)
    if (refused[g]) random_put(facts, g, reading[g]);
  return f < RANDOM_FACTS;
}

static size_t readings, moved;

/* Nothing that could have been read leads out of the range, or to another answer where none was told. */
static void no_reading_leads_out(const struct rule_base *base, struct fact_set *facts) {
  struct judge *judge = judge_new(base), *other = judge_new(base);
  const struct verdict *verdict = random_judge(judge, facts, (struct judge_options){.explain = true, .refused = true});
  bool refused[RANDOM_FACTS];
  unsigned reading[RANDOM_FACTS] = {0};
  bool any = false;
  for (size_t f = 0; f < RANDOM_FACTS; f++) any |= refused[f] = facts->facts[f].state == FACT_UNREADABLE;
  CHECK((verdict->refused_count > 0) == any);
  for (size_t f = 0; f < RANDOM_FACTS; f++)
    if (refused[f]) random_put(facts, f, 0);
  do {
    const struct verdict *read = any ? random_judge(other, facts, (struct judge_options){0}) : NULL;
    for (size_t k = 0; read && k < read->layer_count; k++) {
      const struct hypothesis *best = &verdict->layers[k].hypotheses[0];
      const struct refused_layer *range = layer_of(everything(verdict), verdict->layers[k].layer->id);
      double probability = verdict_find(read, verdict->layers[k].layer->id, best->id)->probability;
      CHECK(probability >= (range ? range->low : best->probability - 0.001) - 1e-9);
      CHECK(probability <= (range ? range->high : best->probability + 0.001) + 1e-9);
      if (strcmp(read->layers[k].hypotheses[0].id, best->id) != 0)
        CHECK(range && range->other && range->other_probability >= read->layers[k].hypotheses[0].probability - 1e-9);
      readings++;
      moved += range && range->other;
    }
  } while (any && next_reading(facts, refused, reading));
  judge_free(other);
  judge_free(judge);
}

/* With or without stacks: figures in order, the answer given inside its range, one entry for what was refused alike. */
static void ranges_hold_the_answer(const struct rule_base *base, const struct fact_set *facts) {
  struct judge *judge = judge_new(base);
  const struct verdict *verdict = random_judge(judge, facts, (struct judge_options){.explain = true, .refused = true});
  for (size_t i = 0; i < verdict->refused_count; i++)
    for (size_t k = 0; k < verdict->refused[i].layer_count; k++) {
      const struct refused_layer *layer = &verdict->refused[i].layers[k];
      const struct hypothesis *best = verdict_best(verdict, layer->layer);
      CHECK(strcmp(layer->id, best->id) == 0 && layer->low <= best->probability && best->probability <= layer->high);
      CHECK(layer->low >= 0 && layer->high <= 1 && layer->high > layer->low);
      CHECK(!layer->other || (strcmp(layer->other, layer->id) != 0 && verdict_find(verdict, layer->layer, layer->other)));
    }
  judge_free(judge);
}

/* Facts of one domain that were refused for one reason are asked about together, others by themselves, and all at the end. */
static void alike_is_one(void) {
  struct rule_base *base = random_base(3, (struct random_options){0});
  struct fact_set *facts = fact_set_new(&random_catalog);
  CHECK(rule_base_finish(base) == 0);
  fact_set_unreadable(facts, 0, "denied");
  fact_set_unreadable(facts, 1, "denied");
  fact_set_unreadable(facts, 3, "denied");
  struct judge *judge = judge_new(base);
  const struct verdict *verdict = random_judge(judge, facts, (struct judge_options){.explain = true, .refused = true});
  CHECK(verdict->refused_count == 3 && strcmp(verdict->refused[0].what, "a") == 0 && strcmp(verdict->refused[1].what, "c") == 0);
  CHECK(verdict->refused_count == 3 && !verdict->refused[2].what && !verdict->refused[2].reason && verdict->unreadable_count == 3);
  fact_set_unreadable(facts, 1, "timed out");
  verdict = random_judge(judge, facts, (struct judge_options){.explain = true, .refused = true});
  CHECK(verdict->refused_count == 4 && strcmp(verdict->refused[0].what, "a.one") == 0 && strcmp(verdict->refused[1].what, "a.two") == 0);
  verdict = random_judge(judge, facts, (struct judge_options){.explain = true});
  CHECK(!verdict->refused && verdict->refused_count == 0);
  judge_free(judge);
  fact_set_free(facts);
  rule_base_free(base);
}

int main(void) {
  for (unsigned long seed = 1; seed <= BASES; seed++) {
    bool joined = seed % 2;
    struct rule_base *base = random_base(seed, (struct random_options){.stacks = joined, .shared = joined, .temperature = 0.8});
    struct fact_set *facts = random_facts(25);
    CHECK(rule_base_finish(base) == 0);
    ranges_hold_the_answer(base, facts);
    if (!joined) no_reading_leads_out(base, facts);
    fact_set_free(facts);
    rule_base_free(base);
  }
  CHECK(readings > 10000 && moved > 1000);
  alike_is_one();
  return check_end("refused");
}
