/* What is legal in a rule file and still unwise. Knows the parsed rules; must not know the evidence DB.
 *
 * Errors are those of the compiler; warnings are of this file. Neither changes anything. */
#ifndef HP_DB_LINT_H
#define HP_DB_LINT_H

#include "../engine/fact.h"
#include "../engine/status.h"

#define LINT_SOURCE_DAYS 731      /* an observation older than this is worth repeating */
#define LINT_LITERAL_CHARACTERS 3 /* fixed text that a regular expression should have */

/* Checks rules: each path is a rules directory, a directory in one, or a rule file; what lies outside the paths is read but
 * not told of. 0, or the code of the first error; warnings alone give 0. */
int db_lint(const char *const *paths, size_t count, const struct fact_catalog *catalog, struct diag_list *diags);
/* The same as of another day than today: days since 1970-01-01. */
int db_lint_at(const char *const *paths, size_t count, const struct fact_catalog *catalog, long today, struct diag_list *diags);

/* The directory with model.yaml at or above `path`; owned by the arena; NULL where there is none, or when memory is out. */
const char *db_rules_directory(struct arena *arena, const char *path);

#endif
