/* Moves: the single changes of facts by which somebody could bring a machine nearer to a claim.
 *
 * Knows conditions and how a fact can be changed by who controls it: set to any value, taken away, or withheld so that it counts
 * as not looked at. Must not know what a change is worth (forge.c). What is changed at once is a cell: a fact, or one member of a
 * map; of one cell a forgery has one move at most. */
#ifndef HP_MOVES_H
#define HP_MOVES_H

#include "rank.h"

#define MOVES_MOST 768    /* moves that are looked at; of more, those about rivals are left out first */
#define MOVES_RIVALS 4    /* of the claim's layer, whose evidence is looked at */
#define MOVES_ELEMENTS 24 /* that could be added to one list */
#define MOVES_TOGETHER 8  /* of them for one condition */

enum move_action { MOVE_SET, MOVE_REMOVE, MOVE_WITHHOLD };

struct move {
  size_t cell;
  size_t order;     /* in which it was found */
  const char *path; /* of the cell: "env.HOME" */
  size_t fact;
  const char *key; /* member of a map, or NULL */
  enum move_action action;
  struct value value; /* MOVE_SET */
  bool partial;       /* MOVE_SET of a list that is not known whole */
  struct value added; /* MOVE_SET of a list: what is new in it, where that can be said in short; else VALUE_NULL */
};

/* Moves that make one condition true together, or take away all that speaks for a rival; at most one of a cell. */
struct bundle {
  const size_t *moves;
  size_t count;
  bool away; /* the latter */
};

struct moves {
  struct move *items; /* by path of the cell */
  size_t count, cell_count;
  const bool *tied; /* by cell: some condition looks at it and at another */
  struct bundle *bundles;
  size_t bundle_count;
  bool cut; /* there were more, or no value could be made up for some test */
};

/* The moves that somebody of `level` has: towards the claim, its kinds and what it is a kind of, towards what its stack promises
 * (or towards those whose stack promises it), and away from the best of the others. Everything lives in `arena`. 0, or -1 when
 * memory is out. */
int moves_find(const struct rank_input *input, const struct layer_scores *scores, const struct rule_thing *claim, int level, struct arena *arena,
               struct moves *moves);

/* True for a thing that is believed where the claim is: its kin, and what of another layer is promised by it or promises it. */
bool moves_friendly(const struct rule_base *base, const struct rule_thing *claim, const struct rule_thing *thing);

/* Makes a move in a set of facts; new values are put in `arena`. 0, or -1 when memory is out. */
int moves_make(const struct move *move, struct fact_set *facts, struct arena *arena);

#endif
