/* Distinguishing: the fewest facts that settle which of two things of a layer a machine is.
 *
 * Knows the rule base alone; must not know any report, nor how a set is stored (db/) or printed (cli/distinguish.c).
 *
 * A condition that is true with probability a on the first thing and b on the second brings, if it is the first,
 *     a log2(a / b) + (1 - a) log2((1 - a) / (1 - b))
 * expected bits for it, and the same with a and b exchanged if it is the second (Kullback and Leibler's divergence), over the model's
 * temperature as all bits: what shows a thing is its own marks, and the absence of the other's. b is what the other thing's own
 * rule says of the same condition, else the signal's `elsewhere` after the floor of its forge cost. Kinds have the signals of what
 * they are a kind of. A condition is decided once every fact it looks at was looked at; of the conditions in one group of one thing
 * only the one that says most counts, and what different groups say adds up. Nothing ages here. */
#ifndef HP_DISTINGUISH_H
#define HP_DISTINGUISH_H

#include "rule.h"

#define DISTINGUISH_ENOUGH 6.0   /* expected bits that settle a question: 64 to 1 */
#define DISTINGUISH_FACTS 64     /* facts that are reckoned with for one pair; conditions on others are left out */
#define DISTINGUISH_SETS 2000000 /* sets that are tried for one pair */

struct distinction {
  const size_t *facts; /* indexes into the catalogue, ascending; none where no rule tells the two apart */
  size_t count;
  double bits[2]; /* expected for the first if it is the first, for the second if it is the second; rounded to hundredths */
  bool smallest;  /* false: there were more than DISTINGUISH_SETS to try, and the set is all that is known */
};

struct distinguisher;
/* What is reckoned once a base; borrows it and lives in `arena`. NULL when memory is out. */
struct distinguisher *distinguisher_new(const struct rule_base *base, struct arena *arena);

/* The set for two different things of one layer of the base, the same whichever is named first. Where both can be shown, no
 * smaller set gives DISTINGUISH_ENOUGH for both; where all that is known shows only one, none gives it for that one; where it
 * shows neither, the set is all that is known. Of sets of one size the one that takes the least privilege, then whose
 * weakest fact is the hardest to forge, then the first by path. Facts live in `arena`. 0, or -1 when memory is out. */
int distinguish(struct distinguisher *distinguisher, const struct rule_thing *one, const struct rule_thing *other, struct arena *arena,
                struct distinction *out);
/* True where so many expected bits settle a question. */
bool distinguish_settles(double bits);

#endif
