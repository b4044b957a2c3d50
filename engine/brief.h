/* The brief answer: the best hypotheses of every layer, and nothing of what led to them.
 *
 * The same figures as rank.h, for streams of reports: what follows from the shape of a report (shape.h) is kept with the shape, and a
 * report costs what it changes. Knows weights, groups and stacks through the plan; must not know conditions. */
#ifndef HP_BRIEF_H
#define HP_BRIEF_H

#include "shape.h"

#define BRIEF_BEST 2 /* hypotheses told of each layer */

struct brief_answer {
  const struct rule_thing *thing; /* NULL for unknown */
  double log_odds, probability;
  double prior, own, stack; /* bits */
};

struct brief;

/* `base` is borrowed. NULL when memory is out. Owned: brief_free. */
struct brief *brief_new(const struct rule_base *base);
void brief_free(struct brief *brief);
/* The BRIEF_BEST answers of every layer, best first, or fewer where a layer has fewer: answers[layer * BRIEF_BEST + rank]; a layer's
 * number of them is left in counts[layer]. `observed_day` is that of rank_input. 0, or -1 when memory is out. */
int brief_rank(struct brief *brief, const struct decision *decision, long observed_day, struct brief_answer *answers, size_t *counts);

#endif
