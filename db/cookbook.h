/* The cookbook: queries by name, for evidence DBs and work DBs, and running one.
 *
 * Knows the form of cookbook.sql and SQLite; must not know how rows are shown. A DB is opened as untrusted input: read-only, defensive,
 * without trust in its schema. */
#ifndef HP_DB_COOKBOOK_H
#define HP_DB_COOKBOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "../engine/mem.h"
#include "../engine/status.h"

#define COOKBOOK_ARGUMENTS 8
#define COOKBOOK_COLUMNS 64

struct recipe {
  const char *name, *title;
  bool work; /* needs stored reports; else any evidence or work DB will do */
  const char *arguments[COOKBOOK_ARGUMENTS], *meanings[COOKBOOK_ARGUMENTS];
  size_t argument_count;
  const char *sql;
};

/* All of them in the order of the file, in `arena`; NULL when memory is out. */
const struct recipe *cookbook_read(struct arena *arena, size_t *count);

enum cell_kind { CELL_NULL, CELL_INTEGER, CELL_REAL, CELL_TEXT, CELL_BYTES };
struct cell {
  enum cell_kind kind;
  const char *text; /* of all kinds but CELL_NULL and CELL_BYTES, as SQLite prints it; borrowed until the next row */
  size_t length;    /* CELL_BYTES: of those */
  int64_t integer;
  double real;
};

/* A recipe on a DB, ready to be run as often as wanted: each time the same rows. */
struct query;
struct query_options {
  const char *path;
  const struct recipe *recipe;
  const char *const *arguments; /* recipe->argument_count of them */
  struct diag_list *diags;
};
/* 0 and *query owned by the caller (query_close), or a status code with its reason in the diagnostics. */
int query_open(struct query_options options, struct query **query);
void query_close(struct query *query);
/* Names of the columns; borrowed. */
const char *const *query_columns(const struct query *query, size_t *count);
/* Hands every row to `visit`; stops where that does not give 0, and gives that back. */
typedef int query_row_fn(void *context, const struct cell *cells, size_t count);
int query_run(struct query *query, query_row_fn *visit, void *context);

#endif
