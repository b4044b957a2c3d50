/* Verdicts: figures that must agree with each other, unknown where nothing is known, groups, kinds, stacks, ageing. */
#include "tests/check.h"
#include "tests/engine/world.h"

#include <math.h>

#include "engine/rank.h"

static const struct rule_source source = {.key = "s", .title = "t", .url = "u", .observed = "2026-01-01"};
static struct rule_node on_host, on_release, on_a, on_b, on_fc, on_qemu;

static struct rule_signal signal_of(const char *id, const char *group, const struct rule_node *when, double seen, double elsewhere) {
  return (struct rule_signal){
      .id = id, .group = group, .when = when, .seen = seen, .elsewhere = elsewhere, .why = "w", .source = &source, .text = id};
}

static struct rule_signal alpha_signals[3], beta_signals[1], fc_signals[1], kvm_signals[1], qemu_signals[1];
static struct rule_expectation alpha_stack[] = {{"hypervisor", "fc", 0.995}};
static struct rule_thing things[] = {
    {.layer = "platform", .id = "beta", .name = "Beta", .prior = 0.01, .signals = beta_signals, .signal_count = 1},
    {.layer = "platform",
     .id = "alpha",
     .name = "Alpha",
     .prior = 0.01,
     .signals = alpha_signals,
     .signal_count = 3,
     .stack = alpha_stack,
     .stack_count = 1},
    {.layer = "hypervisor", .id = "kvm", .name = "KVM", .prior = 0.03, .signals = kvm_signals, .signal_count = 1},
    {.layer = "hypervisor", .id = "fc", .name = "FC", .kind_of = "kvm", .prior = 0.01, .signals = fc_signals, .signal_count = 1},
    {.layer = "hypervisor", .id = "qemu", .name = "QEMU", .prior = 0.03, .signals = qemu_signals, .signal_count = 1},
};
static struct rule_layer layers[] = {{.id = "platform", .title = "p"}, {.id = "hypervisor", .title = "h"}};

static struct rule_base *base_new(void) {
  world_tests = 0;
  on_host = leaf(F_HOST, NULL, MATCH_EQUALS, "alpha");
  on_release = leaf(F_RELEASE, NULL, MATCH_PREFIX, "6");
  on_a = leaf(F_ENV, "A", MATCH_PRESENT, NULL);
  on_b = leaf(F_ENV, "B", MATCH_PRESENT, NULL);
  on_fc = leaf(F_TOKENS, NULL, MATCH_EQUALS, "fc");
  on_qemu = leaf(F_TOKENS, NULL, MATCH_EQUALS, "qemu");
  alpha_signals[0] = signal_of("host", "host", &on_host, 0.9, 0.0001);
  alpha_signals[1] = signal_of("a", "env", &on_a, 0.9, 0.0001);
  alpha_signals[2] = signal_of("b", "env", &on_b, 0.9, 0.0001);
  beta_signals[0] = signal_of("a", "env", &on_a, 0.9, 0.0001);
  kvm_signals[0] = signal_of("release", "release", &on_release, 0.9, 0.01);
  fc_signals[0] = signal_of("fc", "fc", &on_fc, 0.995, 0.0002);
  qemu_signals[0] = signal_of("qemu", "qemu", &on_qemu, 0.995, 0.0002);
  struct rule_base *base = rule_base_new(&world_catalog);
  base->layers = layers;
  base->layer_count = 2;
  base->things = things;
  base->thing_count = sizeof things / sizeof *things;
  base->model = (struct rule_model){.forge_floor = {0.004, 0.001, 0.0004, 0.0002, 0.0002}, .half_life_days = 365, .temperature = 1};
  base->sha256 = "0";
  CHECK(rule_base_finish(base) == 0);
  return base;
}

static struct rule_base *base;
static struct judge *judge;
static struct fact_set *facts;

static const struct verdict *judged(void) {
  const struct verdict *verdict = NULL;
  struct judge_options options = {.observed_day = LONG_MIN, .ignore_forge = -1, .explain = true};
  CHECK(judge_facts(judge, facts, "r", options, &verdict) == 0);
  return verdict;
}

static void fresh(void) {
  fact_set_free(facts);
  facts = fact_set_new(&world_catalog);
}

static void put_texts(size_t fact, const char *text) {
  struct value list = {.kind = VALUE_LIST, .count = 1, .items = arena_take(facts->arena, sizeof *list.items)};
  list.items[0] = text_of(text);
  fact_set_value(facts, fact, list);
}

static void put_env(const char *const *names, size_t count) {
  struct value map = {.kind = VALUE_MAP, .count = count};
  map.items = arena_take_array(facts->arena, count + 1, sizeof *map.items);
  map.keys = arena_take_array(facts->arena, count + 1, sizeof *map.keys);
  for (size_t i = 0; i < count; i++) {
    map.keys[i] = names[i];
    map.items[i] = text_of("x");
  }
  fact_set_value(facts, F_ENV, map);
}

/* One number, one verdict: every figure of a verdict follows from the others. */
static void figures_agree(const struct verdict *verdict) {
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct verdict_layer *layer = &verdict->layers[k];
    double total = 0, unknown = verdict_find(verdict, layer->layer->id, "unknown")->probability;
    for (size_t i = 0; i < layer->count; i++) {
      const struct hypothesis *hypothesis = &layer->hypotheses[i];
      double bits = 0;
      total += hypothesis->probability;
      for (size_t e = 0; e < hypothesis->evidence.count; e++) bits += hypothesis->evidence.items[e].bits;
      for (size_t e = 0; e < hypothesis->contradicted.count; e++) bits += hypothesis->contradicted.items[e].bits;
      CHECK(fabs(bits - hypothesis->own_bits) < 1e-9);
      CHECK(fabs(hypothesis->prior_bits + hypothesis->own_bits + hypothesis->stack_bits - hypothesis->log_odds) < 1e-9);
      CHECK(fabs(log2(hypothesis->probability / unknown) - hypothesis->log_odds) < 1e-6);
      CHECK(i == 0 || layer->hypotheses[i - 1].log_odds > hypothesis->log_odds - 1e-8);
    }
    CHECK(fabs(total - 1) < 1e-9);
  }
}

static double probability(const struct verdict *verdict, const char *layer, const char *id) { return verdict_find(verdict, layer, id)->probability; }

static void nothing_known(void) {
  fresh();
  const struct verdict *verdict = judged();
  figures_agree(verdict);
  CHECK(strcmp(verdict_best(verdict, "platform")->id, "unknown") == 0 && verdict_is_unknown(verdict));
  CHECK(verdict->next_count > 0 && verdict_best(verdict, "hypervisor")->thing == NULL);
}

static void groups_count_once(void) {
  static const char *const names[] = {"A", "B"};
  fresh();
  put_env(names, 2);
  const struct hypothesis *alpha = verdict_find(judged(), "platform", "alpha");
  CHECK(fabs(alpha->own_bits - log2(0.9 / 0.004)) < 1e-9); /* one of two, at the floor of what a tenant can forge */
  figures_agree(judged());
}

static void kinds_inherit(void) {
  fresh();
  fact_set_value(facts, F_RELEASE, text_of("6.1"));
  CHECK(strcmp(verdict_best(judged(), "hypervisor")->id, "kvm") == 0); /* which kind cannot be told */
  put_texts(F_TOKENS, "fc");
  const struct verdict *verdict = judged();
  CHECK(strcmp(verdict_best(verdict, "hypervisor")->id, "fc") == 0 && probability(verdict, "hypervisor", "fc") > 0.9);
  CHECK(verdict_find(verdict, "hypervisor", "fc")->own_bits > verdict_find(verdict, "hypervisor", "kvm")->own_bits);
  figures_agree(verdict);
}

static void stacks_fit(void) {
  fresh();
  put_texts(F_TOKENS, "fc");
  double fitting = verdict_find(judged(), "platform", "alpha")->stack_bits;
  CHECK(fitting > -0.1 && fitting < 3); /* what lies below never convicts a platform */
  CHECK(strcmp(verdict_best(judged(), "platform")->id, "unknown") == 0);
  put_texts(F_TOKENS, "qemu");
  CHECK(verdict_find(judged(), "platform", "alpha")->stack_bits < -5); /* but it can refute one */
  fresh();
  CHECK(fabs(verdict_find(judged(), "platform", "alpha")->stack_bits) < 1e-9);
  fact_set_value(facts, F_HOST, text_of("alpha"));
  const struct verdict *verdict = judged();
  CHECK(strcmp(verdict_best(verdict, "platform")->id, "alpha") == 0);
  CHECK(probability(verdict, "hypervisor", "fc") > 0.3 &&
        strcmp(verdict_best(verdict, "hypervisor")->id, "fc") == 0); /* told by the platform above */
  figures_agree(verdict);
}

static void unforgeable_ignores(void) {
  fresh();
  fact_set_value(facts, F_HOST, text_of("alpha"));
  const struct verdict *verdict = judged();
  for (size_t i = 0; i < verdict->unforgeable_count; i++) {
    const struct unforgeable *line = &verdict->unforgeable[i];
    if (strcmp(line->layer, "platform") == 0) CHECK(strcmp(line->id, line->ignored == FORGE_TENANT ? "alpha" : "unknown") == 0);
  }
  CHECK(verdict->unforgeable_count == 8); /* four levels, two layers */
  CHECK(verdict->layers[0].rests_on == FORGE_ROOT);
}

/* What an export alone convicts is marked, and a sentence says so; better evidence takes the mark away; unknown is nobody's word. */
static void whose_word(void) {
  static const char *const names[] = {"B"};
  fresh();
  put_env(names, 1);
  const struct verdict *verdict = judged();
  CHECK(strcmp(verdict_best(verdict, "platform")->id, "alpha") == 0 && probability(verdict, "platform", "alpha") > 0.5);
  CHECK(verdict->layers[0].rests_on == FORGE_TENANT && strstr(verdict->summary, "; rests on what any tenant can set"));
  fact_set_value(facts, F_HOST, text_of("alpha"));
  verdict = judged();
  CHECK(verdict->layers[0].rests_on == FORGE_ROOT && !strstr(verdict->summary, "rests on"));
  fresh();
  verdict = judged();
  CHECK(verdict->layers[0].rests_on == RESTS_ON_NONE && verdict->layers[1].rests_on == RESTS_ON_NONE);
}

static void conflicts_are_told(void) {
  fresh();
  fact_set_value(facts, F_HOST, text_of("alpha"));
  put_texts(F_TOKENS, "qemu");
  const struct verdict *verdict = judged();
  CHECK(verdict->conflict_count == (probability(verdict, "platform", "alpha") >= 0.5 && probability(verdict, "hypervisor", "qemu") >= 0.5 ? 1u : 0u));
  figures_agree(verdict);
}

/* The winner of the platform layer when the facts of `mask` are taken out of the report itself. */
static const char *winner_without(unsigned mask) {
  struct fact saved[F_COUNT];
  const struct verdict *verdict = NULL;
  struct judge_options options = {.observed_day = LONG_MIN, .ignore_forge = -1};
  memcpy(saved, facts->facts, sizeof saved);
  for (int f = 0; f < F_COUNT; f++)
    if (mask & (1u << f)) facts->facts[f].state = FACT_UNKNOWN;
  CHECK(judge_facts(judge, facts, "r", options, &verdict) == 0);
  memcpy(facts->facts, saved, sizeof saved);
  return verdict_best(verdict, "platform")->id;
}

/* A flip changes the answer, and no smaller set of facts does: checked on every set. */
static void flips_are_minimal(void) {
  static const char *const names[] = {"A", "B"};
  const struct verdict *verdict = NULL;
  struct judge_options options = {.observed_day = LONG_MIN, .ignore_forge = -1, .explain = true, .flip = true};
  fresh();
  put_env(names, 2);
  fact_set_value(facts, F_HOST, text_of("alpha"));
  CHECK(judge_facts(judge, facts, "r", options, &verdict) == 0);
  const struct flip *flip = verdict->flip;
  CHECK(flip && strcmp(flip->layer, "platform") == 0 && flip->count > 0);
  size_t size = flip ? flip->count : 0;
  unsigned found = 0;
  for (size_t i = 0; i < size; i++) found |= 1u << fact_find(&world_catalog, flip->facts[i], strlen(flip->facts[i]));
  CHECK(strcmp(winner_without(found), "alpha") != 0);
  for (unsigned mask = 1; mask < 1u << F_COUNT; mask++)
    if ((size_t)__builtin_popcount(mask) < size) CHECK(strcmp(winner_without(mask), "alpha") == 0);
}

/* A signal of alpha; the base has them in order of id. */
static struct rule_signal *alpha_signal(const char *id) {
  size_t i = 0;
  while (i < 2 && strcmp(alpha_signals[i].id, id) != 0) i++;
  return &alpha_signals[i];
}

/* Lays the base out again after its signals were changed. */
static void finish_again(void) {
  judge_free(judge);
  CHECK(rule_base_finish(base) == 0);
  judge = judge_new(base);
}

/* What counts for alpha in a report that is so many days younger than the source; LONG_MIN: the report has no date. */
static const struct hypothesis *alpha_after(long days) {
  const struct verdict *verdict = NULL;
  long day = days == LONG_MIN ? LONG_MIN : rank_day(source.observed) + days;
  struct judge_options options = {.observed_day = day, .ignore_forge = -1, .explain = true};
  CHECK(judge_facts(judge, facts, "r", options, &verdict) == 0);
  return verdict_find(verdict, "platform", "alpha");
}

/* Bits halve in half_life_days, exactly, for and against; an older report and one without a date take nothing. */
static void bits_halve(void) {
  static const char *const hosts[] = {"alpha", "other"};
  for (int h = 0; h < 2; h++) {
    fresh();
    fact_set_value(facts, F_HOST, text_of(hosts[h]));
    double full = alpha_after(0)->own_bits;
    CHECK(h == 0 ? full > 1 : full < -1);
    for (int halves = 0; halves < 5; halves++) CHECK(alpha_after(365 * halves)->own_bits == full / (1 << halves));
    CHECK(fabs(alpha_after(146)->own_bits - full * exp2(-0.4)) < 1e-12);
    CHECK(alpha_after(-1)->own_bits == full && alpha_after(-3650)->own_bits == full && alpha_after(LONG_MIN)->own_bits == full);
    alpha_signal("host")->is_volatile = false;
    finish_again();
    CHECK(alpha_after(3650)->own_bits == full);
    alpha_signal("host")->is_volatile = true;
    finish_again();
  }
}

/* A piece of evidence says what age took from it; of a group the strongest counts after ageing. */
static void age_is_told(void) {
  fresh();
  fact_set_value(facts, F_HOST, text_of("alpha"));
  double full = alpha_after(0)->own_bits;
  const struct evidence *evidence = alpha_after(730)->evidence.items;
  CHECK(evidence->aged_days == 730 && evidence->fresh_bits == full && evidence->bits == full / 4);
  evidence = alpha_after(-730)->evidence.items;
  CHECK(evidence->aged_days == 0 && evidence->fresh_bits == full && evidence->bits == full);
  CHECK(alpha_after(LONG_MIN)->evidence.items->aged_days == 0);
  alpha_signal("a")->is_volatile = false;
  alpha_signal("a")->seen = 0.5;
  finish_again();
  struct value env = {.kind = VALUE_MAP, .items = arena_take_array(facts->arena, 2, sizeof *env.items), .count = 2};
  env.keys = arena_take_array(facts->arena, 2, sizeof *env.keys);
  env.keys[0] = "A";
  env.keys[1] = "B";
  env.items[0] = env.items[1] = text_of("1");
  fact_set_absent(facts, F_HOST);
  fact_set_value(facts, F_ENV, env);
  for (int years = 0; years < 2; years++) {
    const struct hypothesis *alpha = alpha_after(365 * years);
    for (size_t i = 0; i < alpha->evidence.count; i++)
      if (strcmp(alpha->evidence.items[i].signal->group, "env") == 0)
        CHECK((alpha->evidence.items[i].bits != 0) == (strcmp(alpha->evidence.items[i].signal->id, years ? "a" : "b") == 0));
  }
  alpha_signal("a")->seen = 0.9;
  finish_again();
}

static void volatile_evidence_ages(void) {
  fresh();
  fact_set_value(facts, F_HOST, text_of("alpha"));
  double bits[2];
  alpha_signals[0].is_volatile = alpha_signals[1].is_volatile = alpha_signals[2].is_volatile = true;
  finish_again();
  for (int years = 0; years < 2; years++) {
    const struct verdict *verdict = NULL;
    struct judge_options options = {.observed_day = rank_day("2026-01-01") + 365 * years, .ignore_forge = -1};
    CHECK(judge_facts(judge, facts, "r", options, &verdict) == 0);
    bits[years] = verdict_find(verdict, "platform", "alpha")->own_bits;
  }
  CHECK(fabs(bits[1] * 2 - bits[0]) < 1e-9);
  CHECK(rank_day("1970-01-01") == 0 && rank_day("2026-11-21") == 20778 && rank_day("2026-13-01") == LONG_MIN && rank_day("x") == LONG_MIN);
}

int main(void) {
  base = base_new();
  judge = judge_new(base);
  nothing_known();
  groups_count_once();
  kinds_inherit();
  stacks_fit();
  unforgeable_ignores();
  whose_word();
  conflicts_are_told();
  flips_are_minimal();
  volatile_evidence_ages();
  bits_halve();
  age_is_told();
  fact_set_free(facts);
  judge_free(judge);
  rule_base_free(base);
  return check_end("judge");
}
