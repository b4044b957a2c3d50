/* What the files of the store share; see store.h. Inside db/ only. */
#ifndef HP_DB_STORE_INSIDE_H
#define HP_DB_STORE_INSIDE_H

#include <sqlite3.h>

#include "db.h"
#include "store.h"

/* Where a signal of a loaded rule base stands in the table signal of its file. */
struct signal_number {
  const struct rule_signal *signal;
  int64_t number;
};

/* Rules as verdicts are stored by them. */
struct store_rules {
  struct rule_base *base;
  int64_t number;                /* in the table rulebase */
  struct signal_number *signals; /* sorted by address */
  size_t signal_count;
  size_t *layers; /* indexes of the base's layers, sorted by name: the order of the table's key */
};

/* A fact that report_short keeps: its number in the catalogue, and its path as a JSON key with quotes and colon. */
struct short_fact {
  size_t fact;
  const char *key;
  size_t length;
};

enum store_statement {
  STORE_COMMIT,
  STORE_CURRENT_NUMBER,
  STORE_NOW,
  STORE_FIND_REPORT,
  STORE_INSERT_REPORT,
  STORE_INSERT_BODY,
  STORE_INSERT_SHORT,
  STORE_NEXT_UNJUDGED,
  STORE_STATEMENTS
};

/* Statements that insert several rows of one report: a third less work for each than one at a time. */
enum store_insert { STORE_INSERT_VERDICT, STORE_INSERT_EVIDENCE, STORE_INSERTS };
#define STORE_ROWS ((size_t)16) /* at once; more take several statements */

struct store {
  sqlite3 *db;
  const char *path;
  const struct fact_catalog *catalog;
  struct diag_list *diags;
  enum store_keep keep;
  struct arena *arena;
  struct store_rules current, coming; /* coming.base is NULL unless rules are taken over */
  struct buffer image;                /* of the rules that come */
  sqlite3_stmt *statements[STORE_STATEMENTS];
  sqlite3_stmt *inserts[STORE_INSERTS][STORE_ROWS + 1]; /* by the number of rows */
  struct short_fact *shorts;
  size_t short_count;
  uint64_t key;
  char now[32]; /* when the batch began */
  bool in_batch;
  size_t batch_reports, batch_bytes, batch_added, kept;
  int64_t batch_began;
  int64_t at; /* the last report that store_next gave */
};

/* A statement, prepared on its first use; NULL after telling why not. */
sqlite3_stmt *store_statement(struct store *store, enum store_statement which);
/* The one that inserts so many rows, 1 to STORE_ROWS; NULL after telling why not. */
sqlite3_stmt *store_insert(struct store *store, enum store_insert which, size_t rows);
/* Tells what SQLite says and gives the status code for it; undoes the batch. */
int store_fail(struct store *store, const char *doing);
/* Tells it in these words. */
int store_refuse(struct store *store, int code, const char *what);
/* Begins a batch, unless one is at hand. */
int store_begin(struct store *store);
void store_undo(struct store *store);
/* A row of rulebase; taken_at is NULL for one that is not in use. */
int store_insert_rulebase(struct store *store, const struct rule_base *base, const struct buffer *image, const char *taken_at, int64_t *number);
/* The views and the lines of readme that stand above both rules and reports. */
int store_refresh_views(struct store *store);
/* The rules to judge by. */
const struct store_rules *store_rules(const struct store *store);

/* store_value.c: the short facts of reports. */

/* Appends those of a report to its row, as JSON; its length. A lack of memory shows in the buffer. */
size_t store_pack_short(const struct store *store, struct buffer *row, const struct fact_set *facts);
/* Prepares that: names the facts that are kept. 0 or STATUS_MEMORY. */
int store_name_shorts(struct store *store);

/* store_rules.c: rule bases in work DBs. */

/* Reads an evidence DB, checks it and loads its rules. */
int store_read_evidence(struct store *store, const char *path, struct buffer *image, struct rule_base **base);
/* Loads the rules in use from the work DB. */
int store_load_rules(struct store *store);
/* Gives `rules` their signal numbers out of the tables of `schema` ("main" or "new"). */
int store_number_signals(struct store *store, struct store_rules *rules, const char *statement);
void store_free_rules(struct store_rules *rules);
/* Makes an evidence DB in memory readable as schema `name` ("new" or "old"); `image` must outlive store_detach. */
int store_attach(struct store *store, const char *name, struct buffer *image);
void store_detach(struct store *store, const char *name);
/* Replaces the tables of the schema old, if attached, by those of new; inside a transaction. */
int store_swap_tables(struct store *store, bool old);

#endif
