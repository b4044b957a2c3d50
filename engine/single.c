/* See single.h. */
#include "single.h"

#include <assert.h>
#include <string.h>

#include "eval.h"
#include "plan.h"

/* Signals of one form come out the same where nothing matches: one of them is evaluated. */
static enum truth blank_truth(const struct single *single, const struct eval *blank, const unsigned char *truths, uint32_t signal) {
  const struct plan *plan = single->base->plan;
  if (plan->forms[signal] != signal) return (enum truth)truths[plan->forms[signal]];
  return eval_node(blank, rule_signal(single->base, signal)->when, NULL);
}

int single_decide(const struct rule_base *base, const struct fact_set *facts, struct match_cache *cache, int ignore_forge, struct arena *arena,
                  struct single *single) {
  assert(base && base->plan && base->index && facts && cache && arena && single);
  const struct eval eval = {.facts = facts, .cache = cache, .ignore_forge = ignore_forge}, blank = {facts, cache, ignore_forge, .blank = true};
  unsigned char *truths = arena_take(arena, base->signal_count + 1);
  *single = (struct single){.base = base, .facts = facts, .cache = cache, .ignore_forge = ignore_forge, .truths = truths};
  if (index_found_new(base, &single->found) || !truths) return -1;
  index_find(base, facts, ignore_forge, cache, &single->found);
  for (uint32_t i = 0; i < base->plan->signal_count; i++) truths[i] = (unsigned char)blank_truth(single, &blank, truths, i);
  for (size_t i = 0; i < single->found.count; i++) {
    uint32_t signal = single->found.items[i];
    bool sure = single->found.how[signal] == INDEX_SURE;
    truths[signal] = (unsigned char)(sure ? TRUTH_TRUE : eval_node(&eval, rule_signal(base, signal)->when, NULL));
  }
  return 0;
}

void single_free(struct single *single) { index_found_free(&single->found); }

/* What a level leaves of a signal with these marks: all, nothing, or something between. */
enum left { LEFT_ALL, LEFT_NOTHING, LEFT_PART };

static enum left left_of(unsigned char marks, int level) {
  if ((marks & PLAN_FORGE) > level) return LEFT_ALL;
  return (int)PLAN_HIGHEST(marks) <= level ? LEFT_NOTHING : LEFT_PART;
}

void single_less(const struct single *single, int level, unsigned char *truths) {
  assert(single && truths && level >= single->ignore_forge);
  const struct plan *plan = single->base->plan;
  const struct eval eval = {.facts = single->facts, .cache = single->cache, .ignore_forge = level};
  const struct eval blank = {single->facts, single->cache, level, .blank = true};
  for (uint32_t i = 0; i < plan->signal_count; i++) {
    enum left left = left_of(plan->marks[i], level);
    truths[i] = left == LEFT_ALL ? single->truths[i] : left == LEFT_NOTHING ? TRUTH_UNKNOWN : (unsigned char)blank_truth(single, &blank, truths, i);
  }
  for (size_t i = 0; i < single->found.count; i++) {
    uint32_t signal = single->found.items[i];
    if (left_of(plan->marks[signal], level) == LEFT_PART)
      truths[signal] = (unsigned char)eval_node(&eval, rule_signal(single->base, signal)->when, NULL);
  }
}
