/* See statement.h. */
#include "statement.h"

#include <assert.h>
#include <string.h>

#include "sql.h"

static const char mark[] = "-- name: ";

/* The section in one text; NULL where it is not there. */
static const char *find_in(const char *text, const char *name, size_t *length) {
  size_t width = strlen(name);
  for (const char *at = strstr(text, mark); at; at = strstr(at, mark)) {
    at += sizeof mark - 1;
    if (strncmp(at, name, width) != 0 || at[width] != '\n') continue;
    const char *end = strstr(at, mark);
    *length = end ? (size_t)(end - at) - width : strlen(at) - width;
    return at + width;
  }
  return NULL;
}

/* The text of a section and its length; NULL for an unknown name. */
static const char *find_section(const char *name, size_t *length) {
  const char *found = find_in(sql_statements, name, length);
  return found ? found : find_in(sql_store_statements, name, length);
}

int statement_prepare(sqlite3 *db, const char *name, sqlite3_stmt **statement) {
  assert(db && name && statement);
  size_t length;
  const char *text = find_section(name, &length);
  *statement = NULL;
  return text ? sqlite3_prepare_v2(db, text, (int)length, statement, NULL) : SQLITE_INTERNAL;
}

static int run_one(sqlite3_stmt *statement) {
  int code;
  do code = sqlite3_step(statement);
  while (code == SQLITE_ROW);
  int final = sqlite3_finalize(statement);
  return code == SQLITE_DONE ? SQLITE_OK : final ? final : code;
}

int statement_run(sqlite3 *db, const char *name) {
  assert(db && name);
  size_t length;
  const char *text = find_section(name, &length), *end = text ? text + length : NULL;
  int code = text ? SQLITE_OK : SQLITE_INTERNAL;
  while (code == SQLITE_OK && text < end) {
    sqlite3_stmt *statement = NULL;
    code = sqlite3_prepare_v2(db, text, (int)(end - text), &statement, &text);
    if (code == SQLITE_OK && statement) code = run_one(statement);
  }
  return code;
}
