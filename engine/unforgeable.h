/* What is left of the answers when somebody pretends: the best of each layer without the facts that a forger controls.
 *
 * Knows forge costs and how to rank again with less. Must not know how that is rendered. */
#ifndef HP_UNFORGEABLE_H
#define HP_UNFORGEABLE_H

#include "brief.h"
#include "rank.h"
#include "single.h"
#include "verdict.h"

/* How the input was decided: by shapes, or singly. */
struct unforgeable_known {
  struct shapes *shapes;
  const struct decision *decision;
  struct brief *brief;
  const struct single *single; /* NULL: by shapes */
  struct layer_scores *scores; /* where it was decided singly: bare ones of the input, which are used up */
};

/* Fills verdict->unforgeable, a row for each level from the input's own (tenant without one) to vmm and each layer, and from
 * those rows rests_on of every layer. At the level of the network nothing would be left. 0, or -1 when memory is out. */
int unforgeable_tell(const struct rank_input *input, const struct unforgeable_known *known, struct verdict *verdict);

#endif
