/* What is legal in a rule file and still unwise. Knows the parsed rules; must not know the evidence DB, or how things are ranked.
 *
 * Errors are those of the compiler; warnings are of this module: status.c has the title and the remedy of each. Checking
 * changes nothing; fixing rewrites a file so that it is whole or as it was. */
#ifndef HP_DB_LINT_H
#define HP_DB_LINT_H

#include <stdbool.h>

#include "../engine/fact.h"
#include "../engine/status.h"

#define LINT_SOURCE_DAYS 731      /* an observation older than this is worth repeating */
#define LINT_LITERAL_CHARACTERS 3 /* fixed text that a pattern should have */
#define LINT_WHY_CHARACTERS 200   /* a longer reason is not read */
#define LINT_PRIOR 0.5            /* odds above this decide before any evidence does */
#define LINT_STACK_SUM 1.1        /* of the things of one layer; words are round numbers */
#define LINT_NAME_CHARACTERS 5    /* shorter names of groups and attributes resemble each other by chance */

/* Checks rules: each path is a rules directory, a directory in one, or a rule file; what lies outside the paths is read but
 * not told of. 0, or the code of the first error; warnings alone give 0. */
int db_lint(const char *const *paths, size_t count, const struct fact_catalog *catalog, struct diag_list *diags);
/* The same as of another day than today: days since 1970-01-01. */
int db_lint_at(const char *const *paths, size_t count, const struct fact_catalog *catalog, long today, struct diag_list *diags);

/* Applies what is safe to the rule files under the same paths: canonical form, and plain matchers for patterns that are only a
 * text. Appends one line to `told` for each change. Files with errors stay as they are. 0, or the code of what could not be
 * read or written, with the reason in `diags`. */
int db_lint_fix(const char *const *paths, size_t count, const struct fact_catalog *catalog, struct buffer *told, struct diag_list *diags);

/* True for the codes that lint gives as warnings. */
bool db_lint_warns(int code);

/* The directory with model.yaml at or above `path`; owned by the arena; NULL where there is none, or when memory is out. */
const char *db_rules_directory(struct arena *arena, const char *path);

#endif
