/* What the parts of lint share: the file at hand, complaints, and the passes in the order in which lint.c runs them.
 *
 * Inside db/ only. Knows the parsed rules; every pass only looks. */
#ifndef HP_DB_LINT_CHECKS_H
#define HP_DB_LINT_CHECKS_H

#include "rules.h"

struct lint {
  struct rules *rules;
  const char *directory; /* of the rules; samples lie in ../reports/samples beside it */
  const struct rules_thing *thing;
  bool lib; /* the thing at hand is a file of shared signals */
  struct diag_list *diags;
  struct arena *arena;
  long today; /* days since 1970-01-01 */
  int code;   /* STATUS_MEMORY, or 0 */
};

/* A warning at `node` of the thing at hand (NULL: the whole file). */
void lint_warn(struct lint *lint, const struct yaml_node *node, int code, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Zeroed memory of the lint run; NULL, and lint->code set, when there is none. */
void *lint_take(struct lint *lint, size_t count, size_t size);

/* lint_when.c: the condition of one signal that is written here, not referred to. */
void lint_condition(struct lint *lint, const struct rules_signal *signal);
/* lint_signal.c: the signals of the thing at hand. */
void lint_signals(struct lint *lint);
/* lint_thing.c: everything else of the thing at hand. */
void lint_file(struct lint *lint);
/* lint_text.c: the thing at hand as text, read again. */
void lint_text(struct lint *lint);
/* lint_across.c: what only shows when files are held side by side. */
void lint_across(struct lint *lint);
/* lint_corpus.c: weights and near misses against the examples of all files. Only for rules without errors. */
void lint_corpus(struct lint *lint);

/* lint_fix.c: what is safe to change in one file; a line to `told` for each change. 0, or a code with the reason in `diags`. */
int lint_fix_file(const struct rules_thing *thing, struct buffer *told, struct diag_list *diags);

/* lint_across.c: the thing that this one is a kind of, or NULL. */
const struct rules_thing *lint_parent(const struct lint *lint, const struct rules_thing *thing);
/* lint_signal.c: the probability of a word of the model; 0 where it has none such. */
double lint_word(const struct lint *lint, const char *word);
/* lint_signal.c: true where a reason has a word that speaks against something. */
bool lint_speaks_against(const char *why);
/* lint_signal.c: true where the condition cannot hold without a fact of this privilege. */
bool lint_needs(const struct fact_catalog *catalog, const struct rule_node *node, enum privilege privilege);
/* lint_signal.c: the lowest forge cost among the facts that a condition looks at. */
enum forge_cost lint_forge(const struct fact_catalog *catalog, const struct rule_node *node);

#endif
