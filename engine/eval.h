/* Evaluation: the truth of a condition on a set of facts, and what decided it.
 *
 * Knows facts, compiled conditions and the truth tables. Must not know weights or ranking. */
#ifndef HP_EVAL_H
#define HP_EVAL_H

#include "match.h"

/* What decided a condition: the first test whose truth is that of the whole. Borrowed from the rules and the facts. */
struct eval_trace {
  const struct rule_node *test;
  size_t fact;               /* FACT_NONE when nothing was looked at */
  const char *key;           /* member of a map, or NULL */
  const struct value *value; /* what matched, or what stood there instead; NULL when absent or not looked at */
  const char *reason;        /* unreadable: why */
};

struct eval {
  const struct fact_set *facts;
  struct match_cache *cache;
  int ignore_forge;    /* -1, or facts of this forge cost and below count as not looked at */
  const bool *ignored; /* by fact: those that count as not looked at; NULL for none */
  /* By the test number of a whole condition: its truth + 1 where that is taken as given, 0 where it is evaluated. NULL: evaluate all. */
  const unsigned char *given;
  bool blank; /* as if no value matched and no map had a member: what conditions come out as that index_find does not find */
};

/* The unit of the numbers of a fact, or of a field of its records (NULL: the fact itself); NULL without one. */
const char *eval_unit(const struct fact_def *def, const char *field);

/* Never fails: what cannot be decided is unknown or unreadable. *trace may be NULL. */
enum truth eval_node(const struct eval *eval, const struct rule_node *node, struct eval_trace *trace);

#endif
