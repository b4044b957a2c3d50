/* SQLite alone: one statement for each line, bound as ?1. usage: sqlite QUERY.sql REPORTS COUNT [SETUP.sql]
 *
 * The first column of the first row is added up as hits. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "peer.h"

static int prepare(sqlite3 *db, struct arena *arena, const char *query, const char *setup, sqlite3_stmt **statement) {
  const char *text = setup ? peer_text(arena, setup) : "";
  if (!text || sqlite3_exec(db, text, NULL, NULL, NULL)) return -1;
  text = peer_text(arena, query);
  return text && sqlite3_prepare_v2(db, text, -1, statement, NULL) == SQLITE_OK ? 0 : -1;
}

static size_t ask(sqlite3_stmt *statement, const struct peer_line *line) {
  size_t hits = 0;
  sqlite3_bind_text(statement, 1, line->text, (int)line->length, SQLITE_STATIC);
  for (int row = 0; sqlite3_step(statement) == SQLITE_ROW; row++)
    if (row == 0) hits = (size_t)sqlite3_column_int64(statement, 0);
  sqlite3_reset(statement);
  return hits;
}

static int run(sqlite3_stmt *statement, const char *reports, size_t most) {
  struct peer_lines *lines = peer_open(reports);
  struct peer_line line;
  size_t done = 0, hits = 0;
  if (!lines) return 2;
  double start = peer_seconds();
  while (done < most && peer_next(lines, &line)) {
    hits += ask(statement, &line);
    done++;
  }
  peer_end(done, peer_seconds() - start, hits);
  peer_close(lines);
  return 0;
}

int main(int count, char **arguments) {
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;
  struct arena *arena = arena_new();
  int code = 2;
  if (count > 3 && arena && sqlite3_open(":memory:", &db) == SQLITE_OK &&
      prepare(db, arena, arguments[1], count > 4 ? arguments[4] : NULL, &statement) == 0)
    code = run(statement, arguments[2], strtoul(arguments[3], NULL, 10));
  else
    fprintf(stderr, "sqlite: %s\n", db ? sqlite3_errmsg(db) : "usage: sqlite QUERY.sql REPORTS COUNT [SETUP.sql]");
  sqlite3_finalize(statement);
  sqlite3_close(db);
  arena_free(arena);
  return code;
}
