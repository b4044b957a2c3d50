/* Ranking again: what the scores would be if something had been seen otherwise.
 *
 * Knows the truths of the conditions behind the scores, so that only those that change are evaluated. Must not know what is
 * made of the answer (flip.c, refused.c). */
#ifndef HP_RERANK_H
#define HP_RERANK_H

#include "rank.h"

/* One condition of the base, which several things may share through kinds. */
struct rerank_condition {
  const struct rule_signal *signal;
  enum truth truth;  /* as the scores have it */
  double weight;     /* bits it carries; 0 where undecided */
  const bool *facts; /* by fact: those it looks at */
  size_t decided_by; /* the fact that the trace names, or FACT_NONE */
};

struct rerank {
  const struct rerank_condition *conditions;
  size_t count;
  struct rank_input input;
  unsigned char *given; /* see eval.h */
  bool *ignored;        /* by fact */
  struct arena *arena, *scratch;
};

/* From the scores of `input`, both borrowed. NULL when memory is out. Owned: rerank_free, which takes NULL too. */
struct rerank *rerank_new(const struct rank_input *input, const struct layer_scores *scores);
void rerank_free(struct rerank *rerank);

/* Each gives the scores of every layer, valid until the next call, or NULL when memory is out. */
/* As if these facts had not been looked at. */
const struct layer_scores *rerank_without(struct rerank *rerank, const size_t *facts, size_t count);
/* As if these conditions, by index, had come out so. */
const struct layer_scores *rerank_given(struct rerank *rerank, const size_t *conditions, const enum truth *truths, size_t count);

#endif
