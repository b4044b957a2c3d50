/* Flipping: the smallest set of facts without which the answer would be another one.
 *
 * Knows the scores of a verdict and how to rank again with some facts left out. Must not know how that is rendered. */
#ifndef HP_FLIP_H
#define HP_FLIP_H

#include "rank.h"
#include "verdict.h"

/* Fills verdict->flip for the first layer whose answer is known (else the first layer): sets of one fact are tried before
 * sets of two, up to FLIP_FACTS, among the FLIP_CANDIDATES facts that tell most; so a set that is found is minimal among
 * them. Facts that are left out count as not looked at. 0, or -1 when memory is out. */
int flip_find(struct rank_input input, const struct layer_scores *scores, struct verdict *verdict);

#endif
