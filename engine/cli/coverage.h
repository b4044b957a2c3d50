/* Coverage: which signals the corpus decides, which facts the rules use, which things have a machine.
 *
 * Knows the rule base and the corpus; must not know whether an answer was right. */
#ifndef HP_COVERAGE_H
#define HP_COVERAGE_H

#include "corpus.h"

/* What one worker has counted; coverage_add may be called from one thread at a time. */
struct coverage;

/* NULL when memory is out. `corpus` is borrowed. Owned: coverage_free, which takes NULL too. */
struct coverage *coverage_new(const struct corpus *corpus);
void coverage_free(struct coverage *coverage);
/* Counts how every signal comes out on these facts. */
void coverage_add(struct coverage *coverage, const struct fact_set *facts);
/* Adds what another worker has counted. */
void coverage_merge(struct coverage *coverage, const struct coverage *other);

/* Writes the table. `wanted`, where not NULL, is "LAYER/ID": only that thing is told of, and no facts. */
void coverage_print(const struct coverage *coverage, const char *wanted, struct buffer *out);

#endif
