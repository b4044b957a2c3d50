/* The short single facts of a report as the JSON of the table report_short, by which fleet questions group without reading a report again.
 *
 * Must not know what a fact means: every fact with one value is kept, unless it names one machine or its value is hidden. */
#include <assert.h>
#include <string.h>

#include "../reports/json.h"
#include "../reports/text.h"
#include "store_inside.h"

#define VALUE_BYTES 200 /* of a text, as the table's comment says */

/* Bytes of a text that are kept: no character is cut. */
static size_t kept_length(const struct value *value) {
  size_t length = value->length;
  if (length <= VALUE_BYTES) return length;
  length = VALUE_BYTES;
  while (length && ((unsigned char)value->text[length] & 0xc0) == 0x80) length--;
  return length;
}

static bool is_single(const struct fact_def *def) {
  return (def->type == FACT_TEXT || def->type == FACT_INTEGER || def->type == FACT_REAL || def->type == FACT_BOOLEAN) && !def->identifies;
}

int store_name_shorts(struct store *store) {
  assert(store && store->catalog);
  store->shorts = arena_take_array(store->arena, store->catalog->count, sizeof *store->shorts);
  if (!store->shorts) return STATUS_MEMORY;
  for (size_t i = 0; i < store->catalog->count; i++) {
    const struct fact_def *def = &store->catalog->defs[i];
    struct short_fact *named = &store->shorts[store->short_count];
    if (!is_single(def)) continue;
    named->fact = i;
    named->key = arena_format(store->arena, "\"%s\":", def->path);
    if (!named->key) return STATUS_MEMORY;
    named->length = strlen(named->key);
    store->short_count++;
  }
  return STATUS_OK;
}

/* --- packing: room for a key and a value is made at once --- */

static void put_integer(struct buffer *row, int64_t number) {
  char digits[24], *at = digits + sizeof digits;
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  do *--at = (char)('0' + rest % 10);
  while (rest /= 10);
  if (number < 0) *--at = '-';
  size_t length = (size_t)(digits + sizeof digits - at);
  memcpy(row->text + row->length, at, length);
  row->length += length;
}

static void put_value(struct buffer *row, const struct value *value) {
  char number[JSON_NUMBER_BYTES];
  if (value->kind == VALUE_INTEGER)
    put_integer(row, value->integer);
  else if (value->kind == VALUE_BOOLEAN)
    put_integer(row, value->boolean);
  else if (value->kind == VALUE_REAL)
    buffer_add(row, json_shortest(number, value->real));
  else
    text_json(row, value->text, kept_length(value));
}

size_t store_pack_short(const struct store *store, struct buffer *row, const struct fact_set *facts) {
  assert(store && row && facts && facts->catalog == store->catalog);
  size_t begin = row->length;
  buffer_append(row, "{", 1);
  for (size_t i = 0; i < store->short_count; i++) {
    const struct short_fact *named = &store->shorts[i];
    const struct fact *fact = &facts->facts[named->fact];
    if (fact->state != FACT_PRESENT || value_is_hidden(&fact->value)) continue;
    if (buffer_reserve(row, named->length + VALUE_BYTES + 8)) return 0;
    if (row->length > begin + 1) row->text[row->length++] = ',';
    memcpy(row->text + row->length, named->key, named->length);
    row->length += named->length;
    put_value(row, &fact->value);
  }
  buffer_append(row, "}", 1);
  return row->length - begin;
}
