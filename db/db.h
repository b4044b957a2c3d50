/* The evidence DB: rules compiled to SQLite, and loaded from it.
 *
 * Knows the schema (schema.sql, views.sql) and SQLite. Must not know how to rank. A DB file has the rules twice: as tables, for
 * people and their queries, and behind them in the flat form that the program reads (flat.h). */
#ifndef HP_DB_H
#define HP_DB_H

#include "../engine/rule.h"
#include "../engine/status.h"

#define DB_APPLICATION_ID 0x48505254 /* "HPRT" */
#define DB_VERSION 4

struct compile_options {
  const char *rules; /* directory of rules */
  bool drafts;       /* take rules/draft too */
  const struct fact_catalog *catalog;
};

/* Compiles a directory of rules into a DB file, which is published only when whole. 0, or a status code with every
 * reason in `diags`; then no file is written. The same rules give the same bytes. */
int db_compile(struct compile_options options, const char *path, struct diag_list *diags);
/* The same without a file: for lint and test. *base is owned by the caller; `examples`, if not NULL, is called for each. */
struct db_example {
  const char *layer, *id; /* whose example it is */
  const char *report;     /* a sample report's id, or NULL */
  const char *facts;      /* a report as JSON text, or NULL */
  const char *expect;     /* "first", "not" or "unknown" */
  const char *file;
  size_t line;
};
typedef int db_example_fn(void *context, const struct db_example *example);
int db_compile_memory(struct compile_options options, struct rule_base **base, db_example_fn *examples, void *context, struct diag_list *diags);

/* Opens a DB as untrusted input, checks every byte of it, and loads its rules. 0 and *base owned by the caller, or a status code. */
int db_load(const char *path, const struct fact_catalog *catalog, struct rule_base **base, struct diag_list *diags);
/* Gives a loaded base the SHA-256 of its file, by which verdicts name it: 7 ms a MB where the processor does not help, so not every run wants it.
 * Before other threads see the base. 0 or STATUS_MEMORY. */
int db_name(struct rule_base *base);
/* Opens a DB for one look at one machine, in a fraction of a millisecond: the file is mapped, not read. Everything a verdict rests on is checked;
 * changed tables, and changed titles and reasons, are not noticed. */
int db_glance(const char *path, const struct fact_catalog *catalog, struct rule_base **base, struct diag_list *diags);
/* Where the DB is: `given`, $HOSTPRINT_DB, beside the program, the install prefix. Owned by the arena; NULL if nowhere. */
char *db_find(struct arena *arena, const char *given);

#endif
