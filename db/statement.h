/* Statements by name out of statements.sql and store_statements.sql, so that no SQL stands in C.
 *
 * A section begins with a line "-- name: NAME" and ends at the next. Inside db/ only. */
#ifndef HP_DB_STATEMENT_H
#define HP_DB_STATEMENT_H

#include <sqlite3.h>

/* Each returns an SQLite result code; an unknown name is a mistake of the program: SQLITE_INTERNAL. */
int statement_prepare(sqlite3 *db, const char *name, sqlite3_stmt **statement);
/* Runs every statement of a section. */
int statement_run(sqlite3 *db, const char *name);

#endif
