/* Forgery: the cheapest change of facts that would make the machine of a report pass as something.
 *
 * Knows moves (moves.h) and how to rank again with some of them made. Must not know how that is rendered. A claim passes where
 * it and its kinds together have a probability of FORGE_PASSES. Cheapest is first the lowest level of forger who can do it (he
 * controls the facts of his forge cost and of all cheaper ones), then the fewest facts changed, then the least gained by them,
 * then the order of paths. Every forgery that is told was made and ranked. Sets of moves are tried by size; a move that leaves
 * every thing's own evidence as it is without the move is not built upon. Where a size would take more than FORGE_TRIES rankings,
 * the search goes on greedily: it takes the step that gains most for each fact changed, then puts the FORGE_UNITS best steps
 * together in twos and threes, drops what is not needed, and says that it is not exact. */
#ifndef HP_FORGE_H
#define HP_FORGE_H

#include "moves.h"
#include "verdict.h"
#include "why.h"

#define FORGE_PASSES WHY_KNOWN
#define FORGE_TRIES 1000 /* rankings at each level */
#define FORGE_FACTS 24   /* changed at most */
#define FORGE_UNITS 16   /* steps that are put together */

/* What a change does to one signal: how it comes out with all changes, beside without this one. */
struct forge_effect {
  const char *signal;   /* "platform/example.hostname" */
  const char *expected; /* its condition in words */
  enum truth truth;     /* with the change */
  double bits;          /* what the change adds to the own bits of the signal's thing */
};
#define FORGE_EFFECTS 4 /* told of one change, the strongest */

struct forge_change {
  const char *fact; /* "env.HOME" */
  enum forge_cost cost;
  enum move_action action;
  const char *value; /* MOVE_SET, as in evidence; of a list what is added, or all of it */
  bool adds;         /* MOVE_SET of a list: the value is added to what stands there */
  const struct forge_effect *effects;
  size_t effect_count;
};

struct forgery {
  const struct rule_thing *claim;
  double before, after;               /* probability of the claim with its kinds, now and with the changes */
  bool possible;                      /* `after` passes */
  bool exact;                         /* every cheaper set of moves was tried: nothing cheaper does, and where it is not possible, nothing does */
  int level;                          /* that suffices; RESTS_ON_NONE where it passes without a change or is not possible */
  size_t tried;                       /* rankings */
  const struct forge_change *changes; /* by path; where it is not possible, the best that was found */
  size_t change_count;
  const struct fact_set *facts; /* with the changes made */
};

struct forge_options {
  long observed_day;    /* as in judge_options */
  enum forge_cost most; /* the highest level that is asked about */
};

/* Looks for the cheapest forgery. `facts` are not changed and must outlive the answer, which lives in `arena`. 0, or
 * STATUS_MEMORY. */
int forge_find(const struct rule_base *base, const struct fact_set *facts, const struct rule_thing *claim, struct forge_options options,
               struct arena *arena, const struct forgery **forgery);

/* "set", "remove", "withhold" */
const char *forge_action_name(enum move_action action);

#endif
