/* Perturbations: what a machine's facts would look like if something had not been looked at, or were a little different.
 *
 * Knows facts, the catalogue and one seed. Must not know rules, expectations or how well anything is answered. The same seed, name
 * and draw give the same facts, on whatever machine and thread. */
#ifndef HP_PERTURB_H
#define HP_PERTURB_H

#include "../fact.h"

#define PERTURBATIONS 64 /* of one catalogue, at most */
#define PERTURB_DRAWS 10 /* of those that draw lots */

enum perturb_kind {
  PERTURB_NOTHING,      /* every fact as it is */
  PERTURB_DOMAIN,       /* one domain of facts not looked at */
  PERTURB_HALF,         /* a random half of the known facts not looked at */
  PERTURB_ITEMS,        /* the same, where each member of a map and each path is drawn by itself */
  PERTURB_UNPRIVILEGED, /* only what takes no privilege */
  PERTURB_ONLY,         /* only one domain */
  PERTURB_RELEASE,      /* another patch level of the kernel */
  PERTURB_BASE          /* the facts stay, the rules lack the thing that is expected: up to the caller */
};

struct perturbation {
  enum perturb_kind kind;
  char name[48];      /* fit for a script: "without-dmi" */
  const char *domain; /* first part of a path, `length` of it; NULL where none is meant */
  size_t length;
  size_t first, end; /* its facts in the catalogue */
  long shift;        /* of the third number of the kernel's release */
  size_t draws;
};

/* Fills `out` with every perturbation of the catalogue, the one that changes nothing first. Gives how many, or 0 where they
 * would be more than PERTURBATIONS. */
size_t perturb_list(const struct fact_catalog *catalog, struct perturbation out[PERTURBATIONS]);

/* The perturbed facts, in `arena`; `facts` itself where nothing changes; NULL when memory is out. `name` is that of the machine. */
const struct fact_set *perturb_facts(const struct perturbation *how, const struct fact_set *facts, uint64_t seed, const char *name, size_t draw,
                                     struct arena *arena);

#endif
