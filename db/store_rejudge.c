/* See store.h: other rules for stored reports. Verdicts by the rules that come are written beside those in use, batch by batch, and seen by
 * nobody's latest_verdict; the last step changes tables, verdicts and evidence over in one transaction. Must not know how to judge. */
#include <assert.h>
#include <string.h>

#include "statement.h"
#include "store_inside.h"

static int read_current(struct store *store) {
  sqlite3_stmt *row = store_statement(store, STORE_CURRENT_NUMBER);
  if (!row) return STATUS_STORE_USE;
  int code = sqlite3_step(row);
  store->current.number = sqlite3_column_int64(row, 0);
  sqlite3_reset(row);
  if (code != SQLITE_ROW) return store_fail(store, "reading its rules");
  return store->current.number > 0 ? STATUS_OK : store_refuse(store, STATUS_STORE_DAMAGED, "it holds no rules");
}

/* A rule base by its hash: its number, 0 where there is none; among those in use, or the one that an earlier call began with. */
static int find_rulebase(struct store *store, const char *statement, const char *sha256, int64_t *number, bool *any) {
  sqlite3_stmt *row = NULL;
  int code = statement_prepare(store->db, statement, &row);
  *number = 0;
  while (!code && (code = sqlite3_step(row)) == SQLITE_ROW) {
    const char *found = (const char *)sqlite3_column_text(row, 1);
    *any = true;
    if (found && strcmp(found, sha256) == 0) *number = sqlite3_column_int64(row, 0);
    code = SQLITE_OK;
  }
  sqlite3_finalize(row);
  return code == SQLITE_DONE ? STATUS_OK : store_fail(store, "reading its rules");
}

/* Goes on with what an earlier call began, or begins anew and forgets it. */
static int begin_pending(struct store *store) {
  bool any = false;
  int status = store_begin(store);
  if (!status) status = find_rulebase(store, "find_pending", store->coming.base->sha256, &store->coming.number, &any);
  if (!status && !store->coming.number && any && statement_run(store->db, "forget_pending")) status = store_fail(store, "forgetting other rules");
  if (!status && !store->coming.number) status = store_insert_rulebase(store, store->coming.base, &store->image, NULL, &store->coming.number);
  return status ? status : store_commit(store);
}

/* The signals of the rules that come, numbered as their tables will be. */
static int number_coming(struct store *store) {
  int status = store_attach(store, "new", &store->image);
  if (!status) status = store_number_signals(store, &store->coming, "new_signal_numbers");
  store_detach(store, "new");
  return status;
}

int store_take_over(struct store *store, const char *path, bool *same) {
  assert(store && path && same && !store->coming.base);
  int64_t number = 0;
  bool any;
  int status = read_current(store);
  if (!status) status = store_read_evidence(store, path, &store->image, &store->coming.base);
  if (!status) status = find_rulebase(store, "find_current", store->coming.base->sha256, &number, &any);
  *same = !status && number == store->current.number;
  if (status || *same) return status;
  status = number_coming(store);
  return status ? status : begin_pending(store);
}

int store_next(struct store *store, struct store_report *report) {
  assert(store && store->coming.base && report);
  sqlite3_stmt *row = store_statement(store, STORE_NEXT_UNJUDGED);
  *report = (struct store_report){0};
  if (!row) return STATUS_STORE_USE;
  sqlite3_reset(row);
  sqlite3_bind_int64(row, 1, store->at);
  sqlite3_bind_int64(row, 2, store->coming.number);
  int code = sqlite3_step(row);
  if (code == SQLITE_DONE) sqlite3_reset(row);
  if (code == SQLITE_DONE) return STATUS_OK;
  if (code != SQLITE_ROW) return store_fail(store, "reading a report");
  const char *text = (const char *)sqlite3_column_text(row, 1), *id = (const char *)sqlite3_column_text(row, 2);
  *report = (struct store_report){
      .number = sqlite3_column_int64(row, 0), .text = text ? text : "", .id = id ? id : "", .length = (size_t)sqlite3_column_bytes(row, 1)};
  store->at = report->number;
  return STATUS_OK;
}

int store_left(struct store *store, size_t *count) {
  assert(store && count);
  sqlite3_stmt *row = NULL;
  int code = statement_prepare(store->db, "count_left", &row);
  if (!code) sqlite3_bind_int64(row, 1, store_rules(store)->number);
  if (!code) code = sqlite3_step(row);
  *count = code == SQLITE_ROW ? (size_t)sqlite3_column_int64(row, 0) : 0;
  sqlite3_finalize(row);
  return code == SQLITE_ROW ? STATUS_OK : store_fail(store, "counting reports");
}

/* --- the last step --- */

/* Runs a statement with one or two values: the rules in use and those that come. */
static int run_with(struct store *store, const char *name, int64_t one, int64_t other, const char *text) {
  sqlite3_stmt *row = NULL;
  int code = statement_prepare(store->db, name, &row);
  if (!code) {
    sqlite3_bind_int64(row, 1, one);
    if (text)
      sqlite3_bind_text(row, 2, text, -1, SQLITE_STATIC);
    else if (sqlite3_bind_parameter_count(row) > 1)
      sqlite3_bind_int64(row, 2, other);
    code = sqlite3_step(row);
  }
  sqlite3_finalize(row);
  return code == SQLITE_DONE ? STATUS_OK : store_fail(store, "taking over the rules");
}

static int read_old_image(struct store *store, struct buffer *image) {
  sqlite3_stmt *row = NULL;
  int code = statement_prepare(store->db, "current_rulebase", &row);
  if (!code) code = sqlite3_step(row);
  const char *bytes = code == SQLITE_ROW ? sqlite3_column_blob(row, 1) : NULL;
  int status = code == SQLITE_ROW ? STATUS_OK : store_fail(store, "reading its rules");
  if (!status && (!bytes || buffer_append(image, bytes, (size_t)sqlite3_column_bytes(row, 1)))) status = STATUS_MEMORY;
  sqlite3_finalize(row);
  return status;
}

static int change_over(struct store *store, bool *finished) {
  struct store_report left = {0};
  int status = store_begin(store);
  store->at = 0;
  if (!status) status = store_next(store, &left);
  *finished = !status && !left.number;
  store->at = 0;
  if (status || !*finished) return status;
  status = run_with(store, "insert_changes", store->current.number, store->coming.number, NULL);
  if (!status) status = store_swap_tables(store, true);
  if (!status) status = run_with(store, "forget_evidence", store->coming.number, 0, NULL);
  if (!status) status = run_with(store, "take_pending", store->coming.number, 0, store->now);
  return status ? status : store_refresh_views(store);
}

int store_finish(struct store *store, bool *finished) {
  assert(store && store->coming.base && finished);
  struct buffer old = {0};
  *finished = false;
  int status = store_commit(store);
  if (!status) status = read_old_image(store, &old);
  if (!status) status = store_attach(store, "old", &old);
  if (!status) status = store_attach(store, "new", &store->image);
  if (!status) status = change_over(store, finished);
  if (!status) status = store_commit(store);
  if (status || !*finished) store_undo(store);
  store_detach(store, "new");
  store_detach(store, "old");
  buffer_free(&old);
  return status;
}

static struct store_change change_of(sqlite3_stmt *row) {
  return (struct store_change){.report = (const char *)sqlite3_column_text(row, 0),
                               .layer = (const char *)sqlite3_column_text(row, 1),
                               .kind = (const char *)sqlite3_column_text(row, 2),
                               .before = (const char *)sqlite3_column_text(row, 3),
                               .probability_before = sqlite3_column_double(row, 4),
                               .after = (const char *)sqlite3_column_text(row, 5),
                               .probability_after = sqlite3_column_double(row, 6)};
}

int store_changes(struct store *store, store_change_fn *visit, void *context) {
  assert(store && visit);
  sqlite3_stmt *row = NULL;
  int stopped = 0, code = statement_prepare(store->db, "list_changes", &row);
  if (!code) sqlite3_bind_int64(row, 1, store->coming.number);
  while (!code && !stopped && (code = sqlite3_step(row)) == SQLITE_ROW) {
    struct store_change change = change_of(row);
    stopped = visit(context, &change);
    code = SQLITE_OK;
  }
  sqlite3_finalize(row);
  return stopped ? stopped : code == SQLITE_DONE ? STATUS_OK : store_fail(store, "reading what changed");
}
