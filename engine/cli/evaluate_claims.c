/* See evaluate.h: what signals claim (seen, elsewhere) against how often they hold on the machines. Knows counts and claims only. */
#include <math.h>

#include "../rank.h"
#include "evaluate.h"

#define MILLIONTHS 1e6 /* claims are summed as whole numbers, so that the order of threads does not matter */

static const double edges[EVALUATE_CLAIMS + 1] = {0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.7, 0.9, 0.97, 1};

static size_t bin_of(double claim) {
  size_t bin = 0;
  while (bin + 1 < EVALUATE_CLAIMS && claim >= edges[bin + 1]) bin++;
  return bin;
}

/* CLAIM_SEEN where the machine is the thing or a kind of it, CLAIM_ELSEWHERE where it is neither, nor may be; CLAIMS where that cannot be
 * told. */
static enum evaluate_claim kind_of(const struct evaluation *evaluation, const struct question *question, const struct rule_thing *thing) {
  const struct expectation *expected = question->expected;
  bool sure = true, is = true, may = false;
  for (size_t i = 0; i < expected->id_count; i++) {
    const struct rule_thing *accepted = rule_base_find(evaluation->base, expected->layer, expected->ids[i]);
    bool kin = accepted && (rule_is_kind(accepted, thing) || rule_is_kind(thing, accepted));
    sure = sure && accepted;
    is = is && accepted && rule_is_kind(accepted, thing);
    may = may || kin;
  }
  return sure && is ? CLAIM_SEEN : may ? CLAIMS : CLAIM_ELSEWHERE;
}

void evaluate_note_claims(struct evaluation *evaluation, const struct question *question, const struct layer_scores *layer) {
  for (size_t i = 0; i < layer->count; i++) {
    const struct score *score = &layer->scores[i];
    enum evaluate_claim kind = score->thing ? kind_of(evaluation, question, score->thing) : CLAIMS;
    for (size_t r = 0; kind != CLAIMS && r < score->ruling_count; r++) {
      const struct ruling *ruling = &score->rulings[r];
      bool decided = ruling->truth == TRUTH_TRUE || ruling->truth == TRUTH_FALSE;
      if (!decided || ruling->owner != score->thing) continue;
      double claim = kind == CLAIM_SEEN ? ruling->signal->seen : rank_elsewhere(&evaluation->base->model, ruling->signal);
      struct evaluate_claim_bin *bin = &evaluation->claims[kind][bin_of(claim)];
      atomic_fetch_add(&bin->decided, 1);
      atomic_fetch_add(&bin->held, ruling->truth == TRUTH_TRUE);
      atomic_fetch_add(&bin->millionths, (size_t)llround(claim * MILLIONTHS));
    }
  }
}

struct evaluate_claim_figure evaluate_claim_figure(const struct evaluation *evaluation, enum evaluate_claim kind, size_t bin) {
  const struct evaluate_claim_bin *at = &evaluation->claims[kind][bin];
  size_t decided = atomic_load(&at->decided);
  return (struct evaluate_claim_figure){.from = edges[bin],
                                        .to = edges[bin + 1],
                                        .decided = decided,
                                        .claimed = evaluate_share((double)atomic_load(&at->millionths) / MILLIONTHS, decided),
                                        .held = evaluate_share((double)atomic_load(&at->held), decided)};
}
