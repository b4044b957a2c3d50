/* The pairs of every layer and what settles them, from rules that were read. Inside db/ only.
 *
 * Knows the rules as they were read and asks the engine (engine/distinguish.h). Must not know SQL, or how bits are reckoned. */
#ifndef HP_DB_DISTINCT_H
#define HP_DB_DISTINCT_H

#include "../engine/distinguish.h"
#include "rules.h"

/* Layers of more things than this are left out: their pairs are more than anybody reads, and cost more than all the rest of a file. */
#define DISTINCT_THINGS 256

/* One pair: numbers of the things in rules->things, from 1, the lower first. */
typedef void distinct_fn(void *context, size_t one, size_t other, const struct distinction *distinction);

/* Hands every pair of every layer of at most DISTINCT_THINGS things to `take`, in order of the numbers; `base` is these rules gathered (gather.h). 0,
 * or -1 when memory is out. */
int distinct_pairs(const struct rules *rules, const struct rule_base *base, distinct_fn *take, void *context);

#endif
