/* Deciding a single set of facts: the truth of every signal, and what is left of it at each level of forgery.
 *
 * For who judges one report: nothing is kept that only a second one would use. Streams have shape.h. Knows conditions; must not know
 * weights. */
#ifndef HP_SINGLE_H
#define HP_SINGLE_H

#include "index.h"
#include "match.h"

struct single {
  const struct rule_base *base;
  const struct fact_set *facts;
  struct match_cache *cache;
  int ignore_forge;
  const unsigned char *truths; /* of every signal, by number; in the arena */
  struct index_found found;
};

/* Decides every signal, as eval_node would with facts of `ignore_forge` and below left out. Everything is borrowed, and must outlive
 * *single. 0, or -1 when memory is out. In both cases *single is to be given to single_free. */
int single_decide(const struct rule_base *base, const struct fact_set *facts, struct match_cache *cache, int ignore_forge, struct arena *arena,
                  struct single *single);
void single_free(struct single *single);
/* How a signal comes out with the facts of `level` and below left out, which is not below ignore_forge. */
enum truth single_less(const struct single *single, int level, uint32_t signal);

#endif
