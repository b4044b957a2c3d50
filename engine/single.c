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

enum truth single_less(const struct single *single, int level, uint32_t signal) {
  assert(single && level >= single->ignore_forge && signal < single->base->signal_count);
  unsigned marks = single->base->plan->marks[signal];
  if ((int)(marks & PLAN_FORGE) > level) return (enum truth)single->truths[signal];
  if ((int)PLAN_HIGHEST(marks) <= level) return TRUTH_UNKNOWN;
  const struct eval eval = {.facts = single->facts, .cache = single->cache, .ignore_forge = level, .blank = !single->found.how[signal]};
  return eval_node(&eval, rule_signal(single->base, signal)->when, NULL);
}
