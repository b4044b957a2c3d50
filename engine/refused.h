/* What was refused: how far it could have moved the answers.
 *
 * Knows the conditions that a refusal leaves undecided and how to rank again with them decided. Must not know how that is rendered.
 *
 * A fact that was refused could have spoken for any answer, so each layer is ranked again with the conditions that hang on it
 * decided: once as suits the answer given best, then as suits each rival best, then as suits none, then as suits all rivals at once.
 * Where a condition is shared, the answer's bits and the rival's decide. With a thing of the first layer goes what its stack
 * likeliest promises. A condition with other facts in it takes only the truths that are still open to it. The range is that of
 * the answer's probability over all of these: in a layer that no stack joins to another, with no condition that two of its things share,
 * nothing that could have been read leads out of it, no other answer is more probable than the one told, and where none is told none
 * was possible. */
#ifndef HP_REFUSED_H
#define HP_REFUSED_H

#include "rank.h"
#include "verdict.h"

/* Fills verdict->refused: what was refused in one domain for one reason together, then everything where that is more than
 * one. 0, or -1 when memory is out. */
int refused_find(const struct rank_input *input, const struct layer_scores *scores, struct verdict *verdict);

#endif
