/* See store.h: opening and making work DBs, and batches. Must not know the columns of any table. */
#include "store.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "../collectors/os.h"
#include "sql.h"
#include "statement.h"
#include "store_inside.h"

#define STORE_TEXT_BYTES ((int)256 << 20) /* of one value: an evidence DB */
#define STORE_SQL_BYTES ((int)1 << 20)

/* --- failures --- */

int store_refuse(struct store *store, int code, const char *what) { return diag_format(store->diags, code, store->path, 0, 0, "%s", what); }

void store_undo(struct store *store) {
  if (!sqlite3_get_autocommit(store->db)) statement_run(store->db, "store_rollback");
  store->in_batch = false;
  store->batch_added = 0;
}

/* What SQLite's code says of the file: the status, and words for codes that its own message leaves open. */
static const struct {
  int code, status;
  const char *words;
} meanings[] = {
    {SQLITE_CORRUPT, STATUS_STORE_DAMAGED, NULL},
    {SQLITE_NOTADB, STATUS_STORE_FOREIGN, "it is no SQLite file"},
    {SQLITE_FULL, STATUS_STORE_USE, "no space is left"},
    {SQLITE_BUSY, STATUS_STORE_USE, "another program has been writing for too long"},
    {SQLITE_READONLY, STATUS_STORE_USE, "it may not be written"},
    {SQLITE_CONSTRAINT, STATUS_STORE_DAMAGED, NULL},
    {SQLITE_ERROR, STATUS_STORE_DAMAGED, NULL},
    {SQLITE_MISMATCH, STATUS_STORE_DAMAGED, NULL},
};

int store_fail(struct store *store, const char *doing) {
  assert(store && doing);
  int code = sqlite3_errcode(store->db) & 0xff, error = sqlite3_system_errno(store->db), status = STATUS_STORE_USE;
  const char *words = NULL;
  for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
    if (meanings[i].code == code) {
      status = meanings[i].status;
      words = meanings[i].words;
    }
  bool is_system = !words && error && (code == SQLITE_CANTOPEN || code == SQLITE_IOERR);
  if (code != SQLITE_NOMEM)
    diag_format(store->diags, status, store->path, 0, 0, "%s: %s", doing, words ? words : is_system ? strerror(error) : sqlite3_errmsg(store->db));
  store_undo(store);
  return code == SQLITE_NOMEM ? STATUS_MEMORY : status;
}

/* --- statements --- */

static const char *const statement_names[STORE_STATEMENTS] = {
    [STORE_COMMIT] = "store_commit",       [STORE_CURRENT_NUMBER] = "current_number", [STORE_NOW] = "store_now",
    [STORE_FIND_REPORT] = "find_report",   [STORE_INSERT_REPORT] = "insert_report",   [STORE_INSERT_BODY] = "insert_body",
    [STORE_INSERT_SHORT] = "insert_short", [STORE_NEXT_UNJUDGED] = "next_unjudged"};

sqlite3_stmt *store_statement(struct store *store, enum store_statement which) {
  assert(store && which < STORE_STATEMENTS);
  if (!store->statements[which] && statement_prepare(store->db, statement_names[which], &store->statements[which]))
    store_fail(store, "reading its tables");
  return store->statements[which];
}

static sqlite3_stmt *make_insert(struct store *store, enum store_insert which, size_t rows) {
  static const char *const makers[STORE_INSERTS] = {[STORE_INSERT_VERDICT] = "make_insert_verdict", [STORE_INSERT_EVIDENCE] = "make_insert_evidence"};
  sqlite3_stmt *maker = NULL, *made = NULL;
  int code = statement_prepare(store->db, makers[which], &maker);
  if (!code) sqlite3_bind_int64(maker, 1, (sqlite3_int64)rows);
  const char *text = !code && sqlite3_step(maker) == SQLITE_ROW ? (const char *)sqlite3_column_text(maker, 0) : NULL;
  if (!text || sqlite3_prepare_v3(store->db, text, -1, SQLITE_PREPARE_PERSISTENT, &made, NULL)) store_fail(store, "reading its tables");
  sqlite3_finalize(maker);
  return made;
}

sqlite3_stmt *store_insert(struct store *store, enum store_insert which, size_t rows) {
  assert(store && which < STORE_INSERTS && rows && rows <= STORE_ROWS);
  sqlite3_stmt **found = &store->inserts[which][rows];
  if (!*found) *found = make_insert(store, which, rows);
  return *found;
}

/* --- batches --- */

/* True while the rules are those that this store was opened with. */
static int check_current(struct store *store) {
  sqlite3_stmt *row = store_statement(store, STORE_CURRENT_NUMBER);
  if (!row) return STATUS_STORE_USE;
  int code = sqlite3_step(row);
  bool same = code == SQLITE_ROW && sqlite3_column_int64(row, 0) == store->current.number;
  sqlite3_reset(row);
  if (code != SQLITE_ROW) return store_fail(store, "reading its rules");
  return same ? STATUS_OK : store_refuse(store, STATUS_STORE_RULES, "another program took over other rules meanwhile; run this again");
}

static int note_time(struct store *store) {
  sqlite3_stmt *row = store_statement(store, STORE_NOW);
  if (!row) return STATUS_STORE_USE;
  int code = sqlite3_step(row);
  const char *now = code == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
  size_t length = now ? strlen(now) : 0;
  if (length < sizeof store->now) memcpy(store->now, now ? now : "", length + (now != NULL));
  sqlite3_reset(row);
  return now ? STATUS_OK : store_fail(store, "asking for the time");
}

int store_begin(struct store *store) {
  assert(store);
  if (store->in_batch) return STATUS_OK;
  if (statement_run(store->db, "store_begin")) return store_fail(store, "waiting to write");
  store->in_batch = true;
  store->batch_reports = store->batch_bytes = store->batch_added = 0;
  store->batch_began = os_ticks();
  int status = check_current(store);
  if (!status) status = note_time(store);
  if (status) store_undo(store);
  return status;
}

int store_commit(struct store *store) {
  assert(store);
  if (!store->in_batch) return STATUS_OK;
  sqlite3_stmt *row = store_statement(store, STORE_COMMIT);
  int code = row ? sqlite3_step(row) : SQLITE_ERROR;
  sqlite3_reset(row);
  if (code != SQLITE_DONE) return store_fail(store, "keeping what was stored");
  store->kept += store->batch_added;
  store->in_batch = false;
  store->batch_added = 0;
  return STATUS_OK;
}

int store_pace(struct store *store) {
  assert(store);
  bool full = store->batch_reports >= STORE_BATCH_REPORTS || store->batch_bytes >= STORE_BATCH_BYTES;
  bool due = store->in_batch && (full || os_ticks() - store->batch_began >= STORE_BATCH_TICKS);
  return due ? store_commit(store) : STATUS_OK;
}

enum store_keep store_keep(const struct store *store) { return store->keep; }

size_t store_kept(const struct store *store) { return store->kept; }

/* --- making --- */

static int run_text(struct store *store, const char *text) {
  return sqlite3_exec(store->db, text, NULL, NULL, NULL) ? store_fail(store, "making its tables") : STATUS_OK;
}

static int insert_key(struct store *store) {
  unsigned char key[sizeof store->key];
  sqlite3_stmt *row = NULL;
  int error = os_random(key, sizeof key);
  if (error) return store_refuse(store, STATUS_STORE_USE, "the system gives no random bytes");
  int code = statement_prepare(store->db, "insert_hash_key", &row);
  if (!code) sqlite3_bind_blob(row, 1, key, sizeof key, SQLITE_STATIC);
  if (!code) code = sqlite3_step(row);
  sqlite3_finalize(row);
  return code == SQLITE_DONE ? STATUS_OK : store_fail(store, "making its tables");
}

int store_insert_rulebase(struct store *store, const struct rule_base *base, const struct buffer *image, const char *taken_at, int64_t *number) {
  sqlite3_stmt *row = NULL;
  int code = statement_prepare(store->db, "insert_rulebase", &row);
  if (!code) {
    sqlite3_bind_text(row, 1, base->sha256, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, taken_at, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(row, 3, image->text, image->length, SQLITE_STATIC);
    code = sqlite3_step(row);
  }
  *number = sqlite3_last_insert_rowid(store->db);
  sqlite3_finalize(row);
  return code == SQLITE_DONE ? STATUS_OK : store_fail(store, "keeping the rules");
}

int store_refresh_views(struct store *store) {
  int status = run_text(store, sql_store_views);
  return status ? status : run_text(store, sql_store_readme);
}

struct identity {
  int application, version;
  bool is_empty;
};

static int read_identity(struct store *store, struct identity *identity) {
  sqlite3_stmt *row = NULL;
  int code = statement_prepare(store->db, "store_identity", &row);
  if (!code) code = sqlite3_step(row);
  if (code == SQLITE_ROW)
    *identity = (struct identity){.application = sqlite3_column_int(row, 0),
                                  .version = sqlite3_column_int(row, 1),
                                  .is_empty = sqlite3_column_int64(row, 2) == 0 && sqlite3_column_int(row, 0) == 0};
  int status = code == SQLITE_ROW ? STATUS_OK : store_fail(store, "opening it");
  sqlite3_finalize(row);
  return status;
}

/* Every table of a new work DB, in one transaction; where somebody else was first, nothing. */
static int make_tables(struct store *store, const struct rule_base *base, const struct buffer *image) {
  struct identity identity;
  if (statement_run(store->db, "store_begin")) return store_fail(store, "waiting to write");
  int status = read_identity(store, &identity);
  if (status || !identity.is_empty) {
    store_undo(store);
    return status;
  }
  int64_t number;
  status = run_text(store, sql_store);
  if (!status) status = store_swap_tables(store, false);
  if (!status) status = note_time(store);
  if (!status) status = store_insert_rulebase(store, base, image, store->now, &number);
  if (!status) status = insert_key(store);
  if (!status) status = store_refresh_views(store);
  if (!status && (statement_run(store->db, "store_mark") || statement_run(store->db, "store_commit")))
    status = store_fail(store, "making its tables");
  if (status) store_undo(store);
  return status;
}

static int make(struct store *store, const struct rule_base *base, struct buffer *image) {
  int status = store_attach(store, "new", image);
  if (!status && statement_run(store->db, "store_mode")) status = store_fail(store, "opening it");
  if (!status) status = make_tables(store, base, image);
  store_detach(store, "new");
  return status;
}

/* --- opening --- */

static int connect(struct store *store, bool make_it) {
  static const struct {
    int id, value;
  } limits[] = {{SQLITE_LIMIT_LENGTH, STORE_TEXT_BYTES},
                {SQLITE_LIMIT_SQL_LENGTH, STORE_SQL_BYTES},
                {SQLITE_LIMIT_ATTACHED, 2},
                {SQLITE_LIMIT_TRIGGER_DEPTH, 1}};
  int code = sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE | (make_it ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX, NULL);
  if (!store->db) return STATUS_MEMORY;
  if (code) return store_fail(store, "opening it");
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) sqlite3_limit(store->db, limits[i].id, limits[i].value);
  sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
  sqlite3_busy_timeout(store->db, STORE_BUSY_TICKS);
  return statement_run(store->db, "store_pragmas") ? store_fail(store, "opening it") : STATUS_OK;
}

/* Refuses what is no work DB of this version. */
static int check_identity(struct store *store, struct identity identity) {
  if (identity.application == DB_APPLICATION_ID)
    return store_refuse(store, STATUS_STORE_FOREIGN, "an evidence DB, which is never written to; a work DB is made from it under another name");
  if (identity.application != STORE_APPLICATION_ID)
    return store_refuse(store, STATUS_STORE_FOREIGN, "an SQLite file that was made by another program");
  if (identity.version == STORE_VERSION) return STATUS_OK;
  return diag_format(store->diags, STATUS_STORE_VERSION, store->path, 0, 0, "it is of version %d; this program works on version %d", identity.version,
                     STORE_VERSION);
}

static int read_key(struct store *store) {
  sqlite3_stmt *row = NULL;
  int code = statement_prepare(store->db, "find_hash_key", &row);
  if (!code) code = sqlite3_step(row);
  const void *key = code == SQLITE_ROW ? sqlite3_column_blob(row, 0) : NULL;
  bool whole = key && sqlite3_column_bytes(row, 0) == (int)sizeof store->key;
  if (whole) memcpy(&store->key, key, sizeof store->key);
  store->key = le64toh(store->key);
  int status = whole                                       ? STATUS_OK
               : code == SQLITE_ROW || code == SQLITE_DONE ? store_refuse(store, STATUS_STORE_DAMAGED, "its hash key is missing")
                                                           : store_fail(store, "reading its tables");
  sqlite3_finalize(row);
  return status;
}

static int open_or_make(struct store *store, const char *evidence, bool is_new) {
  struct identity identity;
  struct buffer image = {0};
  struct rule_base *base = NULL;
  int status = is_new ? store_read_evidence(store, evidence, &image, &base) : STATUS_OK;
  if (!status) status = connect(store, is_new);
  if (!status) status = read_identity(store, &identity);
  if (!status && identity.is_empty) {
    if (!base) status = evidence ? store_read_evidence(store, evidence, &image, &base) : store_refuse(store, STATUS_STORE_FOREIGN, "it is empty");
    if (!status) status = make(store, base, &image);
    if (!status) status = read_identity(store, &identity);
  }
  if (!status) status = check_identity(store, identity);
  if (!status && statement_run(store->db, "store_mode")) status = store_fail(store, "opening it");
  if (!status) status = read_key(store);
  rule_base_free(base);
  buffer_free(&image);
  return status;
}

/* 0 where a plain file or nothing is there; what to do about it in *is_new. */
static int look(struct store *store, const char *evidence, bool *is_new) {
  enum os_kind kind;
  int error = os_kind(store->path, &kind);
  *is_new = error == ENOENT;
  if (*is_new && !evidence) return store_refuse(store, STATUS_STORE_USE, strerror(error));
  if (error && !*is_new) return store_refuse(store, STATUS_STORE_USE, strerror(error));
  return !error && kind != OS_FILE ? store_refuse(store, STATUS_STORE_FOREIGN, kind == OS_DIRECTORY ? "a directory" : "not a plain file") : STATUS_OK;
}

static int open_store(struct store *store, struct store_options options) {
  bool is_new;
  store->path = arena_text(store->arena, options.path, strlen(options.path));
  if (!store->path || store_name_shorts(store)) return STATUS_MEMORY;
  int status = look(store, options.evidence, &is_new);
  if (!status) status = open_or_make(store, options.evidence, is_new);
  if (!status && !options.take_over) status = store_load_rules(store);
  return status;
}

int store_open(struct store_options options, struct store **store) {
  assert(options.path && options.catalog && options.diags && store);
  struct arena *arena = arena_new();
  struct store *opened = arena ? arena_take(arena, sizeof *opened) : NULL;
  *store = NULL;
  if (!opened) {
    arena_free(arena);
    return STATUS_MEMORY;
  }
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* nobody asks how much it uses; where SQLite is running already this does nothing */
  *opened = (struct store){.catalog = options.catalog, .diags = options.diags, .keep = options.keep, .arena = arena};
  int status = open_store(opened, options);
  if (status)
    store_close(opened);
  else
    *store = opened;
  return status;
}

void store_close(struct store *store) {
  if (!store) return;
  if (store->db) store_undo(store);
  for (size_t i = 0; i < STORE_STATEMENTS; i++) sqlite3_finalize(store->statements[i]);
  for (size_t i = 0; i < STORE_INSERTS; i++)
    for (size_t rows = 0; rows <= STORE_ROWS; rows++) sqlite3_finalize(store->inserts[i][rows]);
  sqlite3_close(store->db);
  store_free_rules(&store->current);
  store_free_rules(&store->coming);
  buffer_free(&store->image);
  arena_free(store->arena);
}

const struct store_rules *store_rules(const struct store *store) { return store->coming.base ? &store->coming : &store->current; }

const struct rule_base *store_base(const struct store *store) { return store_rules(store)->base; }
