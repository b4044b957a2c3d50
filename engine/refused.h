/* What was refused: how far it could have moved the answers.
 *
 * Knows the conditions that a refusal leaves undecided and how to rank again with them decided. Must not know how that is rendered.
 *
 * A fact that was refused could have spoken for any answer. For each layer and each thing of it that has such a condition, the
 * conditions are taken to come out as suits that thing best against the answer given, bit for bit, for a thing of the first
 * layer with what its stack likeliest promises; and once as suits the answer given best, once as it suits it least. Conditions
 * that speak neither for nor against the two come out as they mostly do on anything else. A condition with other
 * facts in it takes only the truths that are still open to it. Everything is ranked again each time, so that
 * groups count once and layers speak to each other; the range is that of the answer's probability over all of these. */
#ifndef HP_REFUSED_H
#define HP_REFUSED_H

#include "rank.h"
#include "verdict.h"

/* Fills verdict->refused: what was refused in one domain for one reason together, then everything where that is more than
 * one. 0, or -1 when memory is out. */
int refused_find(const struct rank_input *input, const struct layer_scores *scores, struct verdict *verdict);

#endif
