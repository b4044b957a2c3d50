/* The store: reports, and the verdicts on them, in a work DB beside the rule base that judged them.
 *
 * Knows the work tables (store.sql) and SQLite. Must not know how to rank or how a verdict is shown: a record is given with its verdict.
 * A work DB is WAL: others read while it is written. Records become visible in batches, each whole or not at all, so that a kill at any
 * time leaves a DB that opens and that the same call completes.
 *
 * A store is used by one thread at a time; store_pack may be called by any number of others meanwhile. Reasons of failures go to the diagnostics
 * that store_open was given; a failure undoes the batch at hand, and nothing of what was committed before. */
#ifndef HP_DB_STORE_H
#define HP_DB_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "../engine/verdict.h"
#include "../reports/report.h"

#define STORE_APPLICATION_ID 0x48505257 /* "HPRW" */
#define STORE_VERSION 2
#define STORE_BATCH_REPORTS 4096 /* in one transaction at most */
#define STORE_BATCH_BYTES ((size_t)32 << 20)
#define STORE_BATCH_TICKS 1000 /* milliseconds */
#define STORE_BUSY_TICKS 60000 /* to wait for another writer */

struct store;

enum store_keep {
  STORE_KEEP_ALL,     /* the report's text, its short facts, verdicts and evidence */
  STORE_KEEP_VERDICTS /* and which report it was */
};

struct store_options {
  const char *path;
  const char *evidence; /* the evidence DB that a new work DB is made from; NULL: there must be one already */
  enum store_keep keep;
  bool take_over; /* store_take_over follows: the rules in use need not be readable */
  const struct fact_catalog *catalog;
  struct diag_list *diags;
};

/* Opens the work DB, or makes it where there is none (or an empty file). 0 and *store owned by the caller (store_close), or a status code. */
int store_open(struct store_options options, struct store **store);
/* Ends it, also NULL; what was not committed is undone. */
void store_close(struct store *store);

/* The rules to judge by: those in the work DB, or after store_take_over those that come. Borrowed. */
const struct rule_base *store_base(const struct store *store);

/* 0 where the evidence DB at `path` has the rules in use, else a status code. */
int store_check_rules(struct store *store, const char *path);

/* True where a report with this text is stored with all that is to be kept of it, and judged by the rules in use. 0 or a status code. */
int store_has(struct store *store, const char *text, size_t length, bool *found);

/* What is to be kept. */
enum store_keep store_keep(const struct store *store);
/* Appends one record to `rows`, ready to be written: the report's text as it was read, borrowed until then, and of the verdict what is kept (to
 * keep all, it needs the lists of the answers: of judge_options brief and answers, or explain). For any thread. 0 or STATUS_MEMORY. */
int store_pack(const struct store *store, const char *text, size_t length, const struct report *report, const struct verdict *verdict,
               struct buffer *rows);
/* Writes the record that begins at `row`, or what is missing of it: *added says whether anything was. 0 or a status code. */
int store_put(struct store *store, const char *row, bool *added);
/* Makes visible and keeps what was put. 0 or a status code. */
int store_commit(struct store *store);
/* The same where the batch is full or old: to be called now and then, also where nothing new comes. */
int store_pace(struct store *store);
/* Reports that this call has put and kept for good. */
size_t store_kept(const struct store *store);

/* --- other rules, see rejudge --- */

/* Begins to take over the evidence DB at `path`: from now on store_base gives its rules. What an earlier call had begun with the same
 * DB is gone on with. *same: it is the one in use already, and nothing has begun. 0 or a status code. */
int store_take_over(struct store *store, const char *path, bool *same);
/* The next report that the rules which come have not judged; text and id are borrowed until the next call. `number` is 0 at the end. */
struct store_report {
  int64_t number;
  const char *text, *id;
  size_t length;
};
int store_next(struct store *store, struct store_report *report);
/* Writes the verdict on it; of the row only that is used. 0 or a status code. */
int store_put_verdict(struct store *store, int64_t number, const char *row);
/* Once all are judged: in one step the rules, their verdicts and evidence are those in use, and what changed is recorded. *finished is
 * false where reports came in meanwhile: judge them too, and call again. */
int store_finish(struct store *store, bool *finished);
/* A change that store_finish recorded, in order of reports; stops where the visitor does not give 0, and gives that back. */
struct store_change {
  const char *report, *layer, *kind;
  const char *before, *after; /* NULL: the layer is new, or gone */
  double probability_before, probability_after;
};
typedef int store_change_fn(void *context, const struct store_change *change);
int store_changes(struct store *store, store_change_fn *visit, void *context);
/* How many reports the rules in use have not judged, since their text is not kept. 0 or a status code. */
int store_left(struct store *store, size_t *count);

#endif
