/* The short single facts of a report into the table report_value, which fleet questions group by without reading a report again.
 *
 * Knows that table. Must not know what a fact means: every fact with one value is kept, unless it names one machine or its value is hidden. */
#include <assert.h>
#include <string.h>

#include "store_inside.h"

#define VALUE_BYTES 200 /* of a text, as the table's comment says */

struct packed_value {
  const char *fact; /* its path, the catalogue's */
  size_t length;    /* of the text that follows; 0 for numbers */
  int64_t integer;
  double real;
  enum value_kind kind;
};

/* Bytes of a text that are kept: no character is cut. */
static size_t kept_length(const struct value *value) {
  size_t length = value->length;
  if (length <= VALUE_BYTES) return length;
  length = VALUE_BYTES;
  while (length && ((unsigned char)value->text[length] & 0xc0) == 0x80) length--;
  return length;
}

static bool is_kept(const struct fact_def *def, const struct fact *fact) {
  bool single = def->type == FACT_TEXT || def->type == FACT_INTEGER || def->type == FACT_REAL || def->type == FACT_BOOLEAN;
  return single && !def->identifies && fact->state == FACT_PRESENT && !value_is_hidden(&fact->value);
}

static void pack_value(struct buffer *row, const char *fact, const struct value *value) {
  struct packed_value packed = {.fact = fact, .kind = value->kind};
  if (value->kind == VALUE_TEXT) packed.length = kept_length(value);
  if (value->kind == VALUE_INTEGER) packed.integer = value->integer;
  if (value->kind == VALUE_BOOLEAN) packed.integer = value->boolean;
  if (value->kind == VALUE_REAL) packed.real = value->real;
  buffer_append(row, (const char *)&packed, sizeof packed);
  if (packed.length) buffer_append(row, value->text, packed.length);
}

size_t store_pack_values(struct buffer *row, const struct fact_set *facts) {
  assert(row && facts);
  size_t count = 0;
  for (size_t i = 0; i < facts->catalog->count; i++) {
    if (!is_kept(&facts->catalog->defs[i], &facts->facts[i])) continue;
    pack_value(row, facts->catalog->defs[i].path, &facts->facts[i].value);
    count++;
  }
  return count;
}

void store_bind_value(sqlite3_stmt *row, int place, const char **at) {
  assert(row && at && *at);
  struct packed_value value;
  memcpy(&value, *at, sizeof value);
  *at += sizeof value;
  sqlite3_bind_text(row, place, value.fact, -1, SQLITE_STATIC);
  if (value.kind == VALUE_TEXT)
    sqlite3_bind_text64(row, place + 1, *at, value.length, SQLITE_STATIC, SQLITE_UTF8);
  else if (value.kind == VALUE_REAL)
    sqlite3_bind_double(row, place + 1, value.real);
  else
    sqlite3_bind_int64(row, place + 1, value.integer);
  *at += value.length;
}
