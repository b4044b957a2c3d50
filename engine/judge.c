/* One judgement: ranks the facts, then has the verdict told. Knows the order of the steps and nothing else. */
#include <assert.h>
#include <string.h>

#include "status.h"
#include "brief.h"
#include "flip.h"
#include "next.h"
#include "refused.h"
#include "unforgeable.h"
#include "verdict.h"
#include "why.h"

struct judge {
  const struct rule_base *base;
  struct match_cache *cache;
  struct shapes *shapes; /* these two from the second report on, or where many are expected; NULL until then */
  struct brief *brief;
  bool many;
  struct arena *arena;
  struct verdict verdict;
};

struct judge *judge_new(const struct rule_base *base) {
  assert(base && base->layer_count);
  struct judge *judge = mem_new(sizeof *judge);
  if (!judge) return NULL;
  judge->base = base;
  judge->cache = match_cache_new(base->test_count);
  judge->arena = arena_new();
  if (judge->cache && judge->arena) return judge;
  judge_free(judge);
  return NULL;
}

void judge_free(struct judge *judge) {
  if (!judge) return;
  match_cache_free(judge->cache);
  shapes_free(judge->shapes);
  brief_free(judge->brief);
  arena_free(judge->arena);
  mem_free(judge);
}

void judge_expect_many(struct judge *judge) {
  match_cache_expect_many(judge->cache);
  judge->many = true;
}

static int get_ready(struct judge *judge) {
  if (!judge->shapes) judge->shapes = shapes_new(judge->base);
  if (!judge->brief) judge->brief = brief_new(judge->base);
  return judge->shapes && judge->brief ? 0 : -1;
}

static int explain(const struct rank_input *input, struct layer_scores *scores, struct unforgeable_known *known, struct judge_options options,
                   struct verdict *verdict) {
  bool whole = options.refused || options.flip; /* they change what was decided: every ruling is needed */
  if (why_conflicts(input, scores, verdict) || next_find(input, scores, verdict)) return -1;
  if (known->single) known->scores = scores;
  if (unforgeable_tell(input, known, verdict)) return -1;
  scores = whole ? rank_layers(input, verdict->arena) : NULL;
  if (whole && !scores) return -1;
  if (options.refused && refused_find(input, scores, verdict)) return -1;
  return options.flip ? flip_find(input, scores, options, verdict) : 0;
}

static int tell(const struct rank_input *input, struct unforgeable_known *known, struct judge_options options, struct verdict *verdict) {
  struct layer_scores *scores = rank_bare(input, verdict->arena);
  struct why_wanted wanted = {.listed = options.listed ? options.listed : SIZE_MAX, .counted = options.counted};
  if (options.explain) wanted.told = options.told ? options.told : SIZE_MAX;
  if (wanted.listed < 2) wanted.listed = 2;
  if (!scores || why_layers(input, scores, wanted, verdict)) return -1;
  if (why_details(input, verdict)) return -1;
  if (options.explain && explain(input, scores, known, options, verdict)) return -1;
  return why_summary(verdict) || why_unreadable(input->eval.facts, verdict) ? -1 : 0;
}

/* The best answers of every layer and, where they are asked for, what counts for and against them. */
static int judge_brief(const struct judge *judge, const struct rank_input *input, const struct decision *decision, bool evidence,
                       struct verdict *verdict) {
  const struct rule_base *base = judge->base;
  size_t counts[RULE_LAYERS];
  struct brief_answer *answers = arena_take_array(verdict->arena, base->layer_count * BRIEF_BEST, sizeof *answers);
  if (!answers || brief_rank(judge->brief, decision, input->observed_day, answers, counts) || why_brief(base, answers, counts, verdict)) return -1;
  return evidence ? why_answers(input, verdict) : 0;
}

/* One report by itself. */
static int judge_singly(struct judge *judge, struct rank_input *input, struct judge_options options) {
  struct single single;
  int failed = single_decide(judge->base, input->eval.facts, judge->cache, options.ignore_forge, judge->arena, &single);
  struct unforgeable_known known = {.single = &single};
  input->truths = single.truths;
  if (!failed) failed = tell(input, &known, options, &judge->verdict);
  single_free(&single);
  return failed;
}

/* One of many. */
static int judge_among(struct judge *judge, struct rank_input *input, struct judge_options options) {
  struct decision decision;
  if (get_ready(judge) || shapes_decide(judge->shapes, input->eval.facts, judge->cache, options.ignore_forge, NULL, &decision)) return -1;
  struct unforgeable_known known = {.shapes = judge->shapes, .decision = &decision, .brief = judge->brief};
  input->truths = decision.truths;
  if (options.brief) return judge_brief(judge, input, &decision, options.answers, &judge->verdict);
  return tell(input, &known, options, &judge->verdict);
}

int judge_facts(struct judge *judge, const struct fact_set *facts, const char *report_id, struct judge_options options,
                const struct verdict **verdict) {
  assert(judge && facts && verdict && facts->catalog == judge->base->catalog);
  arena_reset(judge->arena);
  judge->verdict = (struct verdict){.arena = judge->arena, .base = judge->base, .report_id = report_id};
  struct rank_input input = {
      .base = judge->base,
      .eval = {.facts = facts, .cache = judge->cache, .ignore_forge = options.ignore_forge},
      .observed_day = options.observed_day,
  };
  bool among = judge->many || options.brief; /* brief figures are the same to the last bit whichever report comes first: they are stored */
  int failed = among ? judge_among(judge, &input, options) : judge_singly(judge, &input, options);
  judge->many = true;
  if (rule_base_is_broken(judge->base)) return STATUS_DB_DAMAGED;
  if (failed) return STATUS_MEMORY;
  *verdict = &judge->verdict;
  return STATUS_OK;
}
