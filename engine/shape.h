/* Shapes: which facts are known, whatever their values, and how every signal then comes out as long as nothing matches.
 *
 * Reports of a fleet have few shapes. For each the signals are evaluated once without values (eval.blank); a report then costs what its
 * values decide otherwise, which the index finds. Knows conditions; must not know weights, nor how shapes are ranked. */
#ifndef HP_SHAPE_H
#define HP_SHAPE_H

#include "index.h"
#include "match.h"

#define SHAPES_BYTES ((size_t)16 << 20) /* about so much is kept of shapes, but SHAPES_LEAST at least and SHAPES_MOST at most */
#define SHAPES_LEAST 32
#define SHAPES_MOST 1024

struct shapes;

struct shape {
  struct arena *arena;        /* goes with the shape */
  const unsigned char *blank; /* truth of every signal, by number, when nothing matches */
  void *defaults;             /* whoever ranks may keep here what follows from the shape; in arena */
};

/* One set of facts, decided. Valid until the next shapes_decide that gives the same shape. */
struct decision {
  struct shape *shape;
  const unsigned char *truths; /* of every signal, by number */
  const uint32_t *changed;     /* signals whose truth is not that of the shape */
  size_t changed_count;
};

/* `base` is borrowed. NULL when memory is out. Owned: shapes_free. */
struct shapes *shapes_new(const struct rule_base *base);
void shapes_free(struct shapes *shapes);
/* Decides every signal, as eval_node would with facts of `ignore_forge` and below left out. `known` is the last decision of the same facts
 * with less left out, or NULL: what could not have come out otherwise is taken from there. 0, or -1 when memory is out. */
int shapes_decide(struct shapes *shapes, const struct fact_set *facts, struct match_cache *cache, int ignore_forge, const struct decision *known,
                  struct decision *out);

#endif
