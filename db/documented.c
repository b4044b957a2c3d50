/* See documented.h. */
#include "documented.h"

#include <assert.h>
#include <sqlite3.h>
#include <string.h>

#include "statement.h"

#define ATTRIBUTES_MOST 4096

struct table {
  struct arena *arena;
  struct db_attribute *attributes;
  size_t count, things;
};

/* The line of an attribute, a new one where there is none; NULL when memory is out or there are too many. */
static struct db_attribute *line_of(struct table *table, const char *name) {
  for (size_t i = 0; i < table->count; i++)
    if (strcmp(table->attributes[i].name, name) == 0) return &table->attributes[i];
  if (table->count == ATTRIBUTES_MOST) return NULL;
  struct db_attribute *line = &table->attributes[table->count];
  line->name = arena_text(table->arena, name, strlen(name));
  line->values = arena_take_array(table->arena, table->things, sizeof *line->values);
  if (!line->name || !line->values) return NULL;
  table->count++;
  return line;
}

static int take_row(struct table *table, sqlite3_stmt *row, size_t column) {
  const char *name = (const char *)sqlite3_column_text(row, 0), *value = (const char *)sqlite3_column_text(row, 1);
  struct db_attribute *line = name && value ? line_of(table, name) : NULL;
  if (line) line->values[column] = arena_text(table->arena, value, strlen(value));
  return line && line->values[column] ? SQLITE_OK : SQLITE_NOMEM;
}

static int read_thing(struct table *table, sqlite3 *db, const struct rule_thing *thing, size_t column) {
  sqlite3_stmt *statement = NULL;
  int code = statement_prepare(db, "documented_of", &statement);
  if (code == SQLITE_OK) code = sqlite3_bind_text(statement, 1, thing->layer, -1, SQLITE_STATIC);
  if (code == SQLITE_OK) code = sqlite3_bind_text(statement, 2, thing->id, -1, SQLITE_STATIC);
  if (code == SQLITE_OK)
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
      if ((code = take_row(table, statement, column)) != SQLITE_OK) break;
  sqlite3_finalize(statement);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int db_documented(const char *path, const struct rule_thing *const *things, size_t thing_count, struct arena *arena, struct diag_list *diags,
                  struct db_attribute **attributes, size_t *count) {
  assert(path && things && thing_count && arena && attributes && count);
  sqlite3 *db = NULL;
  struct table table = {.arena = arena, .things = thing_count};
  table.attributes = arena_take_array(arena, ATTRIBUTES_MOST, sizeof *table.attributes);
  int code = table.attributes ? sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) : SQLITE_NOMEM;
  if (code == SQLITE_OK) code = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  if (code == SQLITE_OK) code = sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  for (size_t i = 0; code == SQLITE_OK && i < thing_count; i++) code = read_thing(&table, db, things[i], i);
  int status = code == SQLITE_OK ? STATUS_OK : code == SQLITE_NOMEM ? STATUS_MEMORY : STATUS_DB_DAMAGED;
  if (status == STATUS_DB_DAMAGED) diag_format(diags, status, path, 0, 0, "%s", sqlite3_errmsg(db));
  sqlite3_close(db);
  *attributes = table.attributes;
  *count = table.count;
  return status;
}
