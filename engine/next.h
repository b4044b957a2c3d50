/* What to look at next: the expected information of each fact that was not read.
 *
 * Knows scores and weights; must not know how a verdict is rendered.
 *
 * The information of a fact is that between the truths of the conditions that reading it would decide and the answer of a layer,
 *     I = sum over outcomes o and hypotheses h of P(h) P(o|h) log2( P(o|h) / P(o) ),  P(o) = sum over h of P(h) P(o|h),
 * in bits, added up over the layers. P(h) is the probability that the verdict gives, and an outcome has a truth for each condition,
 * independent given h: true with probability `seen` where h has the condition, itself or from what it is a kind of, else with
 * `elsewhere` after the floor of its forge cost, the highest where several things have it. So it is never negative and
 * never above the layer's entropy. A condition is charged to the first fact that it lacks. Conditions of one group of one thing are
 * one proof: the most informative stands for all; none where the group has counted as much already. Of each fact and
 * layer the NEXT_CONDITIONS most informative conditions are reckoned with, which can only make I too small. */
#ifndef HP_NEXT_H
#define HP_NEXT_H

#include "rank.h"
#include "verdict.h"

#define NEXT_FACTS 5          /* proposed at most */
#define NEXT_CONDITIONS 6     /* of one fact in one layer */
#define NEXT_LEAST_BITS 0.001 /* less is not worth a look */
#define NEXT_CERTAIN 0.0001   /* bits of entropy: a layer with less is left out */

/* Fills verdict->next, the most informative first, then by path; 0, or -1 when memory is out. Of the scores only
 * the probabilities are looked at; input->truths must be there. */
int next_find(const struct rank_input *input, const struct layer_scores *scores, struct verdict *verdict);

#endif
