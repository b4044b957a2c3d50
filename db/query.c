/* See cookbook.h: running a recipe. */
#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "../collectors/os.h"
#include "cookbook.h"
#include "db.h"
#include "statement.h"
#include "store.h"

#define QUERY_TEXT_BYTES ((int)256 << 20)
#define QUERY_SQL_BYTES ((int)1 << 20)
#define QUERY_BUSY_TICKS 10000

struct query {
  sqlite3 *db;
  sqlite3_stmt *rows;
  struct arena *arena;
  const char *path;
  const struct recipe *recipe;
  struct diag_list *diags;
  const char *columns[COOKBOOK_COLUMNS];
  size_t column_count;
};

static int refuse(const struct query *query, const char *why) { return diag_format(query->diags, STATUS_QUERY, query->path, 0, 0, "%s", why); }

static int fail(const struct query *query) {
  int code = sqlite3_errcode(query->db) & 0xff;
  if (code == SQLITE_NOMEM) return STATUS_MEMORY;
  if (code == SQLITE_NOTADB) return refuse(query, "it is no SQLite file");
  return diag_format(query->diags, STATUS_QUERY, query->path, 0, 0, "%s: %s", query->recipe->name, sqlite3_errmsg(query->db));
}

/* --- opening --- */

/* The path as a URI for a file that nobody writes. */
static const char *immutable_uri(struct arena *arena, const char *path) {
  struct buffer uri = {0};
  buffer_add(&uri, path[0] == '/' ? "file://" : "file:");
  for (const char *at = path; *at; at++)
    if (*at == '%' || *at == '?' || *at == '#')
      buffer_format(&uri, "%%%02x", (unsigned)(unsigned char)*at);
    else
      buffer_append(&uri, at, 1);
  buffer_add(&uri, "?immutable=1");
  const char *text = uri.failed ? NULL : arena_text(arena, uri.text, uri.length);
  buffer_free(&uri);
  return text;
}

static int connect(struct query *query, const char *name, int flags) {
  sqlite3_close(query->db);
  query->db = NULL;
  int code = sqlite3_open_v2(name, &query->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | flags, NULL);
  if (!query->db) return SQLITE_NOMEM;
  sqlite3_limit(query->db, SQLITE_LIMIT_LENGTH, QUERY_TEXT_BYTES);
  sqlite3_limit(query->db, SQLITE_LIMIT_SQL_LENGTH, QUERY_SQL_BYTES);
  sqlite3_limit(query->db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_db_config(query->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config(query->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_busy_timeout(query->db, QUERY_BUSY_TICKS);
  return code ? code : statement_run(query->db, "query_begin");
}

/* A work DB is WAL, for which SQLite writes beside it, even to read: where that may not be, and nobody has left anything there, the file is
 * all there is. */
static int connect_somehow(struct query *query) {
  enum os_kind kind;
  int code = connect(query, query->path, 0);
  if ((code & 0xff) != SQLITE_CANTOPEN && (code & 0xff) != SQLITE_READONLY) return code;
  const char *wal = arena_format(query->arena, "%s-wal", query->path), *uri = immutable_uri(query->arena, query->path);
  if (!wal || !uri) return SQLITE_NOMEM;
  return os_kind(wal, &kind) ? connect(query, uri, SQLITE_OPEN_URI) : code;
}

/* Whether this kind of DB can answer. */
static int check_kind(const struct query *query) {
  sqlite3_stmt *row = NULL;
  int code = statement_prepare(query->db, "store_identity", &row);
  if (!code) code = sqlite3_step(row);
  int kind = code == SQLITE_ROW ? sqlite3_column_int(row, 0) : 0, status = code == SQLITE_ROW ? STATUS_OK : fail(query);
  sqlite3_finalize(row);
  if (status) return status;
  if (kind != DB_APPLICATION_ID && kind != STORE_APPLICATION_ID) return refuse(query, "it is neither an evidence DB nor a work DB of hostprint");
  if (kind == STORE_APPLICATION_ID || !query->recipe->work) return STATUS_OK;
  return diag_format(query->diags, STATUS_QUERY, query->path, 0, 0,
                     "%s asks about stored reports, and an evidence DB has none; `hostprint store WORK.db PATH...` makes a DB that does",
                     query->recipe->name);
}

static int prepare(struct query *query, const char *const *arguments) {
  if (sqlite3_prepare_v2(query->db, query->recipe->sql, -1, &query->rows, NULL)) return fail(query);
  assert((size_t)sqlite3_bind_parameter_count(query->rows) <= query->recipe->argument_count);
  query->column_count = (size_t)sqlite3_column_count(query->rows);
  assert(query->column_count <= COOKBOOK_COLUMNS);
  for (size_t i = 0; i < query->recipe->argument_count; i++) sqlite3_bind_text(query->rows, (int)i + 1, arguments[i], -1, SQLITE_STATIC);
  for (size_t i = 0; i < query->column_count; i++) {
    const char *name = sqlite3_column_name(query->rows, (int)i);
    query->columns[i] = name ? arena_text(query->arena, name, strlen(name)) : NULL;
    if (!query->columns[i]) return STATUS_MEMORY;
  }
  return STATUS_OK;
}

static int look(const struct query *query) {
  enum os_kind kind;
  int error = os_kind(query->path, &kind);
  if (error) return refuse(query, strerror(error));
  return kind == OS_FILE ? STATUS_OK : refuse(query, "not a plain file");
}

int query_open(struct query_options options, struct query **query) {
  assert(options.path && options.recipe && options.diags && query);
  struct arena *arena = arena_new();
  struct query *opened = arena ? arena_take(arena, sizeof *opened) : NULL;
  *query = NULL;
  if (!opened) {
    arena_free(arena);
    return STATUS_MEMORY;
  }
  *opened = (struct query){.arena = arena, .path = options.path, .recipe = options.recipe, .diags = options.diags};
  int status = look(opened);
  if (!status && connect_somehow(opened)) status = opened->db ? fail(opened) : STATUS_MEMORY;
  if (!status) status = check_kind(opened);
  if (!status) status = prepare(opened, options.arguments);
  if (status)
    query_close(opened);
  else
    *query = opened;
  return status;
}

void query_close(struct query *query) {
  if (!query) return;
  sqlite3_finalize(query->rows);
  sqlite3_close(query->db);
  arena_free(query->arena);
}

/* --- running --- */

const char *const *query_columns(const struct query *query, size_t *count) {
  *count = query->column_count;
  return query->columns;
}

static struct cell cell_of(sqlite3_stmt *row, int column) {
  static const enum cell_kind kinds[] = {
      [SQLITE_INTEGER] = CELL_INTEGER, [SQLITE_FLOAT] = CELL_REAL, [SQLITE_TEXT] = CELL_TEXT, [SQLITE_BLOB] = CELL_BYTES, [SQLITE_NULL] = CELL_NULL};
  struct cell cell = {.kind = kinds[sqlite3_column_type(row, column)]};
  if (cell.kind == CELL_INTEGER) cell.integer = sqlite3_column_int64(row, column);
  if (cell.kind == CELL_REAL) cell.real = sqlite3_column_double(row, column);
  if (cell.kind != CELL_NULL && cell.kind != CELL_BYTES) cell.text = (const char *)sqlite3_column_text(row, column);
  cell.length = (size_t)sqlite3_column_bytes(row, column);
  return cell;
}

int query_run(struct query *query, query_row_fn *visit, void *context) {
  assert(query && visit);
  struct cell cells[COOKBOOK_COLUMNS];
  int stopped = 0, code = SQLITE_OK;
  sqlite3_reset(query->rows);
  while (!stopped && (code = sqlite3_step(query->rows)) == SQLITE_ROW) {
    bool whole = true;
    for (size_t i = 0; i < query->column_count; i++) {
      cells[i] = cell_of(query->rows, (int)i);
      whole = whole && (cells[i].text || cells[i].kind == CELL_NULL || cells[i].kind == CELL_BYTES);
    }
    stopped = whole ? visit(context, cells, query->column_count) : STATUS_MEMORY;
  }
  return stopped ? stopped : code == SQLITE_DONE ? STATUS_OK : fail(query);
}
