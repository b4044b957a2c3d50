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
  struct shapes *shapes;
  struct brief *brief;
  struct arena *arena;
  struct verdict verdict;
};

struct judge *judge_new(const struct rule_base *base) {
  assert(base && base->layer_count);
  struct judge *judge = mem_new(sizeof *judge);
  if (!judge) return NULL;
  judge->base = base;
  judge->cache = match_cache_new(base->test_count);
  judge->shapes = shapes_new(base);
  judge->brief = brief_new(base);
  judge->arena = arena_new();
  if (judge->cache && judge->shapes && judge->brief && judge->arena) return judge;
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

void judge_expect_many(struct judge *judge) { match_cache_expect_many(judge->cache); }

static int tell(struct judge *judge, const struct rank_input *input, const struct decision *decision, struct judge_options options,
                struct verdict *verdict) {
  const struct layer_scores *scores = rank_layers(input, judge->arena);
  bool explain = options.explain;
  size_t told = options.told ? options.told : SIZE_MAX;
  if (!scores || why_layers(input, scores, explain ? told : 0, verdict) || why_details(input, verdict)) return -1;
  if (explain && unforgeable_tell(input, judge->shapes, decision, judge->brief, verdict)) return -1;
  if (why_summary(verdict) || why_unreadable(input->eval.facts, verdict)) return -1;
  if (!explain) return 0;
  if (why_conflicts(input, scores, verdict) || next_find(input, scores, verdict)) return -1;
  if (options.refused && refused_find(input, scores, verdict)) return -1;
  return options.flip ? flip_find(input, scores, options, verdict) : 0;
}

/* The best answers of every layer and, where they are asked for, what counts for and against them. */
static int judge_brief(struct judge *judge, const struct rank_input *input, const struct decision *decision, bool evidence, struct verdict *verdict) {
  const struct rule_base *base = judge->base;
  size_t counts[RULE_LAYERS];
  struct brief_answer *answers = arena_take_array(verdict->arena, base->layer_count * BRIEF_BEST, sizeof *answers);
  if (!answers || brief_rank(judge->brief, decision, input->observed_day, answers, counts) || why_brief(base, answers, counts, verdict)) return -1;
  return evidence ? why_answers(input, decision->truths, verdict) : 0;
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
  struct decision decision;
  if (shapes_decide(judge->shapes, facts, judge->cache, options.ignore_forge, NULL, &decision)) return STATUS_MEMORY;
  input.truths = decision.truths;
  int failed = options.brief ? judge_brief(judge, &input, &decision, options.answers, &judge->verdict)
                             : tell(judge, &input, &decision, options, &judge->verdict);
  if (failed) return STATUS_MEMORY;
  *verdict = &judge->verdict;
  return STATUS_OK;
}
