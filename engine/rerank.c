/* See rerank.h. */
#include "rerank.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static int note_condition(struct rerank *rerank, const struct ruling *ruling, struct rerank_condition *condition) {
  bool *facts = arena_take_array(rerank->arena, rerank->input.base->catalog->count + 1, sizeof *facts);
  if (!facts) return -1;
  rule_mark_facts(ruling->signal->when, facts);
  *condition = (struct rerank_condition){.signal = ruling->signal,
                                         .truth = ruling->truth,
                                         .weight = ruling->weight,
                                         .facts = facts,
                                         .decided_by = rank_trace(&rerank->input, ruling).fact};
  return 0;
}

static size_t signal_count(const struct rule_base *base) {
  size_t count = 0;
  for (size_t i = 0; i < base->thing_count; i++) count += base->things[i].signal_count;
  return count;
}

/* Each condition once, where it is its owner's own; kinds have the same ruling. */
static int note_conditions(struct rerank *rerank, const struct layer_scores *scores) {
  const struct rule_base *base = rerank->input.base;
  struct rerank_condition *conditions = arena_take_array(rerank->arena, signal_count(base) + 1, sizeof *conditions);
  if (!conditions) return -1;
  rerank->conditions = conditions;
  for (size_t k = 0; k < base->layer_count; k++)
    for (size_t i = 0; i < scores[k].count; i++) {
      const struct score *score = &scores[k].scores[i];
      for (size_t r = 0; r < score->ruling_count; r++) {
        const struct ruling *ruling = &score->rulings[r];
        rerank->given[ruling->signal->when->test] = (unsigned char)(ruling->truth + 1);
        if (ruling->owner == score->thing && note_condition(rerank, ruling, &conditions[rerank->count++])) return -1;
      }
    }
  return 0;
}

struct rerank *rerank_new(const struct rank_input *input, const struct layer_scores *scores) {
  assert(input && scores);
  struct arena *arena = arena_new();
  struct rerank *rerank = arena ? arena_take(arena, sizeof *rerank) : NULL;
  if (!rerank) {
    arena_free(arena);
    return NULL;
  }
  *rerank = (struct rerank){.input = *input, .arena = arena, .scratch = arena_new()};
  rerank->given = arena_take_array(arena, input->base->test_count + 1, sizeof *rerank->given);
  rerank->ignored = arena_take_array(arena, input->base->catalog->count + 1, sizeof *rerank->ignored);
  if (rerank->scratch && rerank->given && rerank->ignored && note_conditions(rerank, scores) == 0) {
    rerank->input.eval.given = rerank->given;
    rerank->input.eval.ignored = rerank->ignored;
    rerank->input.truths = NULL;
    return rerank;
  }
  rerank_free(rerank);
  return NULL;
}

void rerank_free(struct rerank *rerank) {
  if (!rerank) return;
  arena_free(rerank->scratch);
  arena_free(rerank->arena);
}

static void set_given(struct rerank *rerank, const struct rerank_condition *condition, unsigned char given) {
  rerank->given[condition->signal->when->test] = given;
}

static void restore(struct rerank *rerank) {
  for (size_t i = 0; i < rerank->count; i++) set_given(rerank, &rerank->conditions[i], (unsigned char)(rerank->conditions[i].truth + 1));
}

static bool is_decided(enum truth truth) { return truth == TRUTH_TRUE || truth == TRUTH_FALSE; }

static bool looks_at_any(const struct rerank_condition *condition, const size_t *facts, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (condition->facts[facts[i]]) return true;
  return false;
}

/* What is undecided stays so when less is known. */
const struct layer_scores *rerank_without(struct rerank *rerank, const size_t *facts, size_t count) {
  assert(rerank && (facts || !count));
  arena_reset(rerank->scratch);
  for (size_t i = 0; i < count; i++) rerank->ignored[facts[i]] = true;
  for (size_t i = 0; i < rerank->count; i++) {
    const struct rerank_condition *condition = &rerank->conditions[i];
    if (is_decided(condition->truth) && looks_at_any(condition, facts, count)) set_given(rerank, condition, 0);
  }
  const struct layer_scores *scores = rank_layers(&rerank->input, rerank->scratch);
  for (size_t i = 0; i < count; i++) rerank->ignored[facts[i]] = false;
  restore(rerank);
  return scores;
}

const struct layer_scores *rerank_given(struct rerank *rerank, const size_t *conditions, const enum truth *truths, size_t count) {
  assert(rerank && (conditions || !count));
  arena_reset(rerank->scratch);
  for (size_t i = 0; i < count; i++) set_given(rerank, &rerank->conditions[conditions[i]], (unsigned char)(truths[i] + 1));
  const struct layer_scores *scores = rank_layers(&rerank->input, rerank->scratch);
  restore(rerank);
  return scores;
}
