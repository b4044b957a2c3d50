/* Flipping: the smallest set of facts without which the answer would be another one.
 *
 * Knows the scores of a verdict and how to rank again with some facts left out. Must not know how that is rendered.
 *
 * Facts that are left out count as not looked at. Every known fact on which a condition of any layer hangs is a candidate, as
 * layers speak to each other. Sets are tried by size, all of one size before the next, so that what is found is minimal; that
 * is given up before the size that would take more than FLIP_RANKINGS rankings. Then facts are left out one after another,
 * always the one without which the answer is weakest, until it changes, and put back where it changes without them, too: none of
 * what is left can be spared, but a smaller set of another kind may exist, and the verdict says so. */
#ifndef HP_FLIP_H
#define HP_FLIP_H

#include "rank.h"
#include "verdict.h"

#define FLIP_RANKINGS 20000

/* Fills verdict->flip for options.flip_layer; NULL: the first layer whose answer is a thing and not that there is none, or else the
 * first. 0, or -1 when memory is out; a layer that the base does not have is the caller's mistake. */
int flip_find(const struct rank_input *input, const struct layer_scores *scores, struct judge_options options, struct verdict *verdict);

#endif
