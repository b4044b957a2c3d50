/* Telling: from scores to the lists, sentences and figures of a verdict.
 *
 * Knows the verdict's shape; must not know how it is rendered (reports/). Every figure comes from the scores, so that no
 * two of them can disagree. */
#ifndef HP_WHY_H
#define HP_WHY_H

#include "brief.h"
#include "rank.h"
#include "verdict.h"

/* How much evidence makes two answers a conflict, in bits for each side. */
#define WHY_CONFLICT_BITS 11.0
/* How probable an answer must be to be spoken of as known: one half, and what is printed as one half with six digits. */
#define WHY_KNOWN (0.5 - 5e-7)

/* Each fills its part of `verdict` from the scores, in verdict->arena; 0, or -1 when memory is out. */
/* What is made of the scores: as in judge_options. */
struct why_wanted {
  size_t listed, told; /* SIZE_MAX: all */
  bool counted;
};
/* The best hypotheses of each layer. Scores may be bare (rank.h): those that are told of get their rulings in verdict->arena. */
int why_layers(const struct rank_input *input, struct layer_scores *scores, struct why_wanted wanted, struct verdict *verdict);
/* The layers from the brief answers (brief.h): as many hypotheses as there are answers. */
int why_brief(const struct rule_base *base, const struct brief_answer *answers, const size_t *counts, struct verdict *verdict);
/* The evidence and contradicted lists of each layer's best hypothesis, as far as they count, out of input->truths. */
int why_answers(const struct rank_input *input, struct verdict *verdict);
int why_details(const struct rank_input *input, struct verdict *verdict);
int why_summary(struct verdict *verdict);
int why_conflicts(const struct rank_input *input, struct layer_scores *scores, struct verdict *verdict);
int why_unreadable(const struct fact_set *facts, struct verdict *verdict);
/* A value in words, shortened to VERDICT_VALUE_BYTES without cutting a UTF-8 character; NULL for no value or when memory is out. */
const char *why_value(struct arena *arena, const struct value *value);

#endif
