/* Rules that were read, as the engine has them. Inside db/ only.
 *
 * Knows both shapes, the reader's (rules.h) and the engine's (engine/rule.h). Must not know SQL, or how either is written. */
#ifndef HP_DB_GATHER_H
#define HP_DB_GATHER_H

#include "rules.h"

/* A finished base whose texts and conditions are the rules' own, which must outlive it; a condition that is referred to is copied for each
 * signal. NULL when memory is out, or when a kind or a stack names nothing, which rules without errors never do. The sources of all files are
 * numbered from 1 on the way, those of rules/lib first. Owned: rule_base_free. */
struct rule_base *gather_base(struct rules *rules);

#endif
