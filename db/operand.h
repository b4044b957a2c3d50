/* Which matcher may be asked of which type of fact. One table for the compiler, which complains, and for the loader, which
 * takes nothing on trust. Knows the catalogue's types; must not know YAML or SQL. */
#ifndef HP_DB_OPERAND_H
#define HP_DB_OPERAND_H

#include "../engine/rule.h"

/* What a test looks at. */
struct operand_subject {
  enum fact_type type; /* FACT_PATHS with `member`: a path, which is there or is not */
  const char *unit;
  bool member;
};

/* The subject of a fact, or of a member of it (key not NULL). */
struct operand_subject operand_of_fact(const struct fact_def *def, const char *key);
/* The subject of a field of the elements of a fact; false where there is no such field. */
bool operand_of_field(const struct fact_def *def, const char *field, struct operand_subject *subject);
/* Names of the fields, for complaints; their number. At most `limit` are written; texts live in the arena. */
size_t operand_fields(struct arena *arena, const struct fact_def *def, const char **names, size_t limit);

bool operand_may_match(struct operand_subject subject, enum matcher matcher);
/* True for facts whose elements `has` can look into. */
bool operand_may_have(struct operand_subject subject);
/* Appends the matchers that a subject allows, with commas. */
int operand_list(struct operand_subject subject, struct buffer *out);
/* 0 where the operand can be read; else -1 with a sentence in `why`. */
int operand_check(struct operand_subject subject, enum matcher matcher, const char *operand, char *why, size_t why_size);
/* Checks a whole condition, what operands say left out (a bad one can never be true): types, fields, and that there is an operand
 * where there must be. 0, or -1. */
int operand_check_condition(const struct fact_catalog *catalog, const struct rule_node *root);

#endif
