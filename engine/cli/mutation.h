/* Mutations: machines that never were, made of the facts of machines that are known, with the answer that is true of them.
 *
 * Knows facts, the catalogue, what is expected of a case, and lots. Must not know what the rules answer: the truth about a look-alike
 * follows from what is expected of the machines it was made of, and where none follows there is no look-alike. */
#ifndef HP_MUTATION_H
#define HP_MUTATION_H

#include "corpus.h"

/* Each kind: its name as --kind takes it, blanks up to the widest, and what it is; help and table are made from this. */
#define MUTATION_KINDS(X)                                                                                                                  \
  X(FORGED_ENV, "forged-env", "", "a machine of no platform with the environment of one laid over its own: still what it is")              \
  X(CLIENT, "client", "    ", "the same with the variables of a client, credentials among them, as the near misses of rules show them")    \
  X(STRIPPED, "stripped", "  ", "a machine of which one or two domains of facts are left: what it is, what that is a kind of, or unknown") \
  X(HARDWARE, "hardware", "  ", "real hardware, or what may be, with the machine facts of other real hardware: no platform, hypervisor or provider")

#define MUTATION_ENUM(id, name, pad, help) MUTATE_##id,
enum mutation_kind { MUTATION_KINDS(MUTATION_ENUM) MUTATIONS };
extern const char *const mutation_names[MUTATIONS];

/* What a case can be used for, found out once. */
struct mutation_case {
  const struct corpus_case *of;
  const char *platform; /* the one that is expected; NULL: none, or no single one */
  bool is_innocent;     /* expected to be of no platform */
  bool takes_env;       /* an environment can be laid over it: its own was read, or not looked at */
  bool has_env;         /* at least one variable */
  bool is_client;       /* a near miss that holds a credential, of a platform that is no draft, nor a kind of what it may show */
  bool may_be_real;     /* innocent, and expected to have no hypervisor, or an unknown one, and no known provider */
  bool is_real;         /* that, its hardware looked at, and "none" among the answers */
  size_t domains;       /* that anything is known of */
};

/* Fills `out` from a case and its facts; `rules` tells what is a kind of what. */
void mutation_look(const struct corpus_case *of, const struct fact_set *facts, const struct rule_base *rules, struct mutation_case *out);

/* What to make: of `base`, with facts of `other` (NULL for kinds that need none). */
struct mutation {
  enum mutation_kind kind;
  const struct mutation_case *base, *other;
  size_t keep[2], keep_count; /* MUTATE_STRIPPED: domains left, by number among those that are known */
};

/* Draws one. False where the cases hold none of this kind. What was drawn before may be drawn again. */
bool mutation_draw(enum mutation_kind kind, const struct mutation_case *cases, size_t count, uint64_t *lots, struct mutation *out);
bool mutation_is_same(const struct mutation *one, const struct mutation *other);

/* The facts of the look-alike, in `arena`; `other` may be NULL as above. NULL when memory is out. */
struct fact_set *mutation_facts(const struct mutation *how, const struct fact_set *base, const struct fact_set *other, struct arena *arena);

/* What is expected of it: *count answers in `arena`, NULL when memory is out. `rules` as above. */
const struct expectation *mutation_expected(const struct mutation *how, const struct rule_base *rules, struct arena *arena, size_t *count);

#endif
