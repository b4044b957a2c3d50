/* The SQLite loadable extension: verdicts inside any SQLite program, on any database that holds reports.
 *
 *   hostprint(report)            the verdict on a report (hostprint.report/1), as JSON
 *   hostprint_id(report, layer)  the best answer of one layer
 *   hostprint_evidence(report)   a table: every piece of evidence of every hypothesis
 *   hostprint_version()          of the program; hostprint_db() is the SHA-256 of the evidence DB
 *
 * Knows the library's face (engine/hostprint.h) and SQLite's. Must not know how anything is judged. NULL in gives NULL out; a report that
 * cannot be read is an SQL error. The evidence DB is $HOSTPRINT_DB, else evidence.db beside this file, else where the program looks. */
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../engine/hostprint.h"

#define PATH_BYTES 4096

/* One connection's judge; owned by the functions that are registered with it. */
struct session {
  struct hp_base *base;
  struct hp_judge *judge;
  int users;
};

static void leave(void *at) {
  struct session *session = at;
  if (--session->users > 0) return;
  hp_judge_free(session->judge);
  hp_close(session->base);
  sqlite3_free(session);
}

/* --- functions --- */

static void refuse(sqlite3_context *context, struct session *session) {
  char *message = sqlite3_mprintf("hostprint: %s", hp_judge_why(session->judge));
  if (message)
    sqlite3_result_error(context, message, -1);
  else
    sqlite3_result_error_nomem(context);
  sqlite3_free(message);
}

static const char *text_of(sqlite3_value *value, size_t *length) {
  const char *text = (const char *)sqlite3_value_text(value);
  *length = text ? (size_t)sqlite3_value_bytes(value) : 0;
  return text;
}

static void tell_verdict(sqlite3_context *context, int count, sqlite3_value **values) {
  struct session *session = sqlite3_user_data(context);
  const char *verdict;
  size_t length;
  const char *report = text_of(values[0], &length);
  (void)count;
  if (!report) return;
  if (hp_judge_report(session->judge, report, length, &verdict)) {
    refuse(context, session);
    return;
  }
  length = strlen(verdict);
  if (length && verdict[length - 1] == '\n') length--;
  sqlite3_result_text64(context, verdict, length, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void tell_id(sqlite3_context *context, int count, sqlite3_value **values) {
  struct session *session = sqlite3_user_data(context);
  const char *id, *layer = (const char *)sqlite3_value_text(values[1]);
  size_t length;
  const char *report = text_of(values[0], &length);
  (void)count;
  if (!report || !layer) return;
  if (hp_judge_layer(session->judge, report, length, layer, &id, NULL))
    refuse(context, session);
  else
    sqlite3_result_text(context, id, -1, SQLITE_TRANSIENT);
}

static void tell_version(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  (void)values;
  sqlite3_result_text(context, hp_version(), -1, SQLITE_STATIC);
}

static void tell_db(sqlite3_context *context, int count, sqlite3_value **values) {
  struct session *session = sqlite3_user_data(context);
  (void)count;
  (void)values;
  sqlite3_result_text(context, hp_base_sha256(session->base), -1, SQLITE_TRANSIENT);
}

/* --- the table --- */

enum column { LAYER, ID, RANK, PROBABILITY, LOG_ODDS, KIND, SIGNAL, TRUTH, BITS, FACT, VALUE, EXPECTED, WHY, SOURCE, URL, OBSERVED, REPORT };
static const char declaration[] =
    "create table evidence(layer text, id text, rank integer, probability real, log_odds real, kind text, signal text, truth text, bits real, "
    "fact text, value text, expected text, why text, source text, url text, observed text, report hidden)";

struct table {
  sqlite3_vtab base;
  struct session *session;
};

struct row {
  double numbers[LOG_ODDS + 1]; /* by column */
  double bits;
  char *texts[REPORT]; /* by column; each its own */
};

struct cursor {
  sqlite3_vtab_cursor base;
  struct row *rows;
  size_t count, capacity, at;
};

static int connect_table(sqlite3 *db, void *session, int count, const char *const *words, sqlite3_vtab **out, char **error) {
  (void)count;
  (void)words;
  (void)error;
  int code = sqlite3_declare_vtab(db, declaration);
  struct table *table = code ? NULL : sqlite3_malloc(sizeof *table);
  if (!code && !table) code = SQLITE_NOMEM;
  if (code) return code;
  *table = (struct table){.session = session};
  *out = &table->base;
  sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
  return SQLITE_OK;
}

static int disconnect_table(sqlite3_vtab *table) {
  sqlite3_free(table);
  return SQLITE_OK;
}

/* The report must be given, as an argument or by "where report = ...". */
static int plan(sqlite3_vtab *table, sqlite3_index_info *info) {
  (void)table;
  for (int i = 0; i < info->nConstraint; i++) {
    if (info->aConstraint[i].iColumn != REPORT || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (!info->aConstraint[i].usable) return SQLITE_CONSTRAINT;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
    info->idxNum = 1;
    info->estimatedCost = 1000;
    info->estimatedRows = 500;
    return SQLITE_OK;
  }
  info->estimatedCost = 1e12;
  return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **out) {
  (void)table;
  struct cursor *cursor = sqlite3_malloc(sizeof *cursor);
  if (!cursor) return SQLITE_NOMEM;
  *cursor = (struct cursor){.count = 0};
  *out = &cursor->base;
  return SQLITE_OK;
}

static void clear_rows(struct cursor *cursor) {
  for (size_t i = 0; i < cursor->count; i++)
    for (int c = 0; c < REPORT; c++) sqlite3_free(cursor->rows[i].texts[c]);
  sqlite3_free(cursor->rows);
  cursor->rows = NULL;
  cursor->count = cursor->capacity = cursor->at = 0;
}

static int close_cursor(sqlite3_vtab_cursor *at) {
  clear_rows((struct cursor *)at);
  sqlite3_free(at);
  return SQLITE_OK;
}

static int grow(struct cursor *cursor) {
  if (cursor->count < cursor->capacity) return 0;
  size_t wanted = cursor->capacity ? 2 * cursor->capacity : 256;
  struct row *rows = sqlite3_realloc64(cursor->rows, wanted * sizeof *rows);
  if (!rows) return -1;
  cursor->rows = rows;
  cursor->capacity = wanted;
  return 0;
}

static int keep_row(void *context, const struct hp_evidence *evidence) {
  struct cursor *cursor = context;
  const char *texts[REPORT] = {[LAYER] = evidence->layer, [ID] = evidence->id,         [KIND] = evidence->kind,   [SIGNAL] = evidence->signal,
                               [TRUTH] = evidence->truth, [FACT] = evidence->fact,     [VALUE] = evidence->value, [EXPECTED] = evidence->expected,
                               [WHY] = evidence->why,     [SOURCE] = evidence->source, [URL] = evidence->url,     [OBSERVED] = evidence->observed};
  if (grow(cursor)) return HP_INTERNAL;
  struct row *row = &cursor->rows[cursor->count++];
  *row = (struct row){.bits = evidence->bits};
  row->numbers[RANK] = (double)evidence->rank;
  row->numbers[PROBABILITY] = evidence->probability;
  row->numbers[LOG_ODDS] = evidence->log_odds;
  for (int c = 0; c < REPORT; c++)
    if (texts[c] && !(row->texts[c] = sqlite3_mprintf("%s", texts[c]))) return HP_INTERNAL;
  return 0;
}

static int fill(sqlite3_vtab_cursor *at, int number, const char *name, int count, sqlite3_value **values) {
  struct cursor *cursor = (struct cursor *)at;
  struct table *table = (struct table *)at->pVtab;
  size_t length;
  (void)name;
  clear_rows(cursor);
  const char *report = number == 1 && count == 1 ? text_of(values[0], &length) : NULL;
  if (number != 1) {
    sqlite3_free(table->base.zErrMsg);
    table->base.zErrMsg = sqlite3_mprintf("hostprint_evidence(report): give a report");
    return SQLITE_ERROR;
  }
  if (!report) return SQLITE_OK;
  int code = hp_judge_evidence(table->session->judge, report, length, keep_row, cursor);
  if (!code) return SQLITE_OK;
  const char *why = hp_judge_why(table->session->judge);
  sqlite3_free(table->base.zErrMsg);
  table->base.zErrMsg = sqlite3_mprintf("hostprint: %s", why[0] ? why : "out of memory");
  return SQLITE_ERROR;
}

static int next_row(sqlite3_vtab_cursor *at) {
  ((struct cursor *)at)->at++;
  return SQLITE_OK;
}

static int is_over(sqlite3_vtab_cursor *at) {
  const struct cursor *cursor = (const struct cursor *)at;
  return cursor->at >= cursor->count;
}

static int tell_column(sqlite3_vtab_cursor *at, sqlite3_context *context, int column) {
  const struct cursor *cursor = (const struct cursor *)at;
  const struct row *row = &cursor->rows[cursor->at];
  if (column == RANK)
    sqlite3_result_int64(context, (sqlite3_int64)row->numbers[RANK]);
  else if (column == PROBABILITY || column == LOG_ODDS)
    sqlite3_result_double(context, row->numbers[column]);
  else if (column == BITS)
    sqlite3_result_double(context, row->bits);
  else if (column < REPORT && row->texts[column])
    sqlite3_result_text(context, row->texts[column], -1, SQLITE_TRANSIENT);
  return SQLITE_OK;
}

static int tell_rowid(sqlite3_vtab_cursor *at, sqlite3_int64 *rowid) {
  *rowid = (sqlite3_int64)((struct cursor *)at)->at + 1;
  return SQLITE_OK;
}

/* No xCreate: the table is there without being created. */
static const sqlite3_module module = {.xConnect = connect_table,
                                      .xBestIndex = plan,
                                      .xDisconnect = disconnect_table,
                                      .xOpen = open_cursor,
                                      .xClose = close_cursor,
                                      .xFilter = fill,
                                      .xNext = next_row,
                                      .xEof = is_over,
                                      .xColumn = tell_column,
                                      .xRowid = tell_rowid};

/* --- loading --- */

/* evidence.db beside this file, where there is one and no variable says otherwise. */
static const char *db_path(char path[PATH_BYTES]) {
  static const char file[] = "evidence.db";
  Dl_info info;
  const char *slash = !getenv("HOSTPRINT_DB") && dladdr(declaration, &info) && info.dli_fname ? strrchr(info.dli_fname, '/') : NULL;
  size_t length = slash ? (size_t)(slash + 1 - info.dli_fname) : 0;
  if (!length || length + sizeof file > PATH_BYTES) return NULL;
  snprintf(path, PATH_BYTES, "%.*s%s", (int)length, info.dli_fname, file);
  return access(path, R_OK) == 0 ? path : NULL;
}

static int open_session(struct session **out, char **error) {
  char path[PATH_BYTES], why[512] = "";
  struct session *session = sqlite3_malloc(sizeof *session);
  if (!session) return SQLITE_NOMEM;
  *session = (struct session){.users = 1};
  int code = hp_open(db_path(path), &session->base, why, sizeof why);
  if (!code) session->judge = hp_judge_new(session->base);
  if (code || !session->judge) {
    *error = sqlite3_mprintf("hostprint: %s", code ? why : "out of memory");
    leave(session);
    return SQLITE_ERROR;
  }
  *out = session;
  return SQLITE_OK;
}

__attribute__((visibility("default"))) int sqlite3_hostprint_init(sqlite3 *db, char **error, const sqlite3_api_routines *api);

int sqlite3_hostprint_init(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
  static const struct {
    const char *name;
    int arguments;
    void (*call)(sqlite3_context *, int, sqlite3_value **);
  } functions[] = {
      {"hostprint", 1, tell_verdict}, {"hostprint_id", 2, tell_id}, {"hostprint_version", 0, tell_version}, {"hostprint_db", 0, tell_db}};
  struct session *session = NULL;
  SQLITE_EXTENSION_INIT2(api);
  int code = open_session(&session, error);
  for (size_t i = 0; !code && i < sizeof functions / sizeof *functions; i++) {
    session->users++; /* given back by SQLite, also where it fails */
    code = sqlite3_create_function_v2(db, functions[i].name, functions[i].arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, session,
                                      functions[i].call, NULL, NULL, leave);
  }
  if (!code) {
    session->users++;
    code = sqlite3_create_module_v2(db, "hostprint_evidence", &module, session, leave);
  }
  if (session) leave(session);
  return code;
}
