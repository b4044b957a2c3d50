/* See index.h: finding. index_build.c lays the arrays out, index_layout.h says how they stand. */
#include "index.h"

#include <assert.h>
#include <string.h>

#include "index_layout.h"

static void add(struct index_found *found, uint32_t posting) {
  uint32_t signal = posting & ~INDEX_SURELY;
  unsigned char how = posting & INDEX_SURELY ? INDEX_SURE : INDEX_POSSIBLE;
  if (!found->how[signal]) found->items[found->count++] = signal;
  if (how > found->how[signal]) found->how[signal] = how;
}

static void add_run(const struct index *index, struct index_run run, struct index_found *found) {
  for (uint32_t i = 0; i < run.count; i++) add(found, index->postings[run.first + i]);
}

/* --- one text --- */

static void find_exact(const struct index *index, const struct index_column *column, const char *text, size_t length, struct index_found *found) {
  if (!(column->exact_lengths >> (length & 63) & 1)) return;
  const uint32_t *slots = index->slots + column->exact_slot;
  uint32_t mask = column->exact_slots - 1;
  for (uint32_t at = (uint32_t)index_hash(text, length) & mask; slots[at]; at = (at + 1) & mask) {
    const struct index_text *entry = &index->texts[slots[at] - 1];
    if (entry->length == length && memcmp(index->bytes + entry->text, text, length) == 0) add_run(index, entry->run, found);
  }
}

static bool begins_with(const struct index *index, const struct index_text *entry, const char *text, size_t length) {
  return entry->length <= length && memcmp(index->bytes + entry->text, text, entry->length) == 0;
}

/* The prefixes are sorted: those that share the next byte with the text stand together. */
static void find_prefixes(const struct index *index, const struct index_column *column, const char *text, size_t length, struct index_found *found) {
  if (!length) return;
  const uint32_t *firsts = index->slots + column->prefix_slot;
  const struct index_text *low = &index->texts[firsts[(unsigned char)text[0]]], *high = &index->texts[firsts[(unsigned char)text[0] + 1]];
  for (size_t at = 1; high - low > 4 && at < length; at++) {
    while (low < high && low->length <= at) { /* shorter ones come first */
      if (begins_with(index, low, text, length)) add_run(index, low->run, found);
      low++;
    }
    unsigned char next = (unsigned char)text[at];
    if (low < high && (unsigned char)index->bytes[low->text + at] == next && (unsigned char)index->bytes[high[-1].text + at] == next) continue;
    for (size_t left = (size_t)(high - low); left > 0;) { /* first whose byte is not below */
      size_t half = left / 2;
      bool below = (unsigned char)index->bytes[low[half].text + at] < next;
      low = below ? low + half + 1 : low;
      left = below ? left - half - 1 : half;
    }
    const struct index_text *end = low;
    for (size_t left = (size_t)(high - low); left > 0;) {
      size_t half = left / 2;
      bool inside = (unsigned char)index->bytes[end[half].text + at] == next;
      end = inside ? end + half + 1 : end;
      left = inside ? left - half - 1 : half;
    }
    high = end;
  }
  for (; low < high; low++)
    if (begins_with(index, low, text, length)) add_run(index, low->run, found);
}

static void check_gram(const struct index *index, const struct index_column *column, uint32_t gram, const char *text, size_t length, size_t at,
                       struct index_found *found) {
  const struct index_gram *grams = index->grams + column->gram_slot;
  uint32_t mask = column->gram_slots - 1;
  for (uint32_t slot = index_gram_hash(gram) & mask; grams[slot].text; slot = (slot + 1) & mask) {
    if (grams[slot].gram != gram || grams[slot].offset > at) continue;
    const struct index_text *entry = &index->texts[grams[slot].text - 1];
    size_t start = at - grams[slot].offset;
    if (entry->length <= length - start && memcmp(index->bytes + entry->text, text + start, entry->length) == 0) add_run(index, entry->run, found);
  }
}

static void find_literals(const struct index *index, const struct index_column *column, const char *text, size_t length, struct index_found *found) {
  const unsigned char *filter = (const unsigned char *)(index->slots + column->filter_slot);
  uint32_t mask = column->filter_bits - 1, width = column->gram_width;
  for (size_t at = 0; at + width <= length; at += column->gram_stride) {
    uint32_t gram = index_gram_at(text + at, width), bit = index_gram_hash(gram) & mask;
    if (filter[bit / 8] >> (bit % 8) & 1) check_gram(index, column, gram, text, length, at, found);
  }
}

static void find_text(const struct index *index, const struct index_column *column, const struct value *value, struct index_found *found) {
  if (value->text[0] == '(' && value_is_hidden(value)) {
    add_run(index, column->every, found);
    return;
  }
  if (column->exact_slots) find_exact(index, column, value->text, value->length, found);
  if (column->has_prefixes) find_prefixes(index, column, value->text, value->length, found);
  if (column->gram_slots) find_literals(index, column, value->text, value->length, found);
}

static void find_number(const struct index *index, const struct index_column *column, double number, struct index_found *found) {
  const struct index_interval *intervals = index->intervals + column->interval_first;
  size_t low = 0, high = column->interval_count;
  while (low < high) { /* the first that begins above */
    size_t middle = low + (high - low) / 2;
    if (intervals[middle].low <= number)
      low = middle + 1;
    else
      high = middle;
  }
  while (low-- > 0 && intervals[low].highest >= number)
    if (intervals[low].high >= number) add_run(index, intervals[low].run, found);
}

/* One value, or each of a list. */
static void find_value(const struct index *index, const struct index_column *column, const struct value *value, struct index_found *found) {
  add_run(index, column->always, found);
  switch (value->kind) {
  case VALUE_TEXT: find_text(index, column, value, found); break;
  case VALUE_INTEGER: find_number(index, column, (double)value->integer, found); break;
  case VALUE_REAL: find_number(index, column, value->real, found); break;
  case VALUE_BOOLEAN: add_run(index, column->every, found); break;
  case VALUE_LIST:
  case VALUE_MAP:
    for (size_t i = 0; i < value->count; i++) {
      const struct value *item = &value->items[i];
      if (item->kind == VALUE_TEXT)
        find_text(index, column, item, found);
      else if (item->kind == VALUE_INTEGER || item->kind == VALUE_REAL)
        find_number(index, column, item->kind == VALUE_REAL ? item->real : (double)item->integer, found);
      else if (item->kind == VALUE_BOOLEAN)
        add_run(index, column->every, found);
    }
    break;
  case VALUE_NULL: break;
  }
}

/* --- one fact --- */

/* Where a map may have more members than it shows, to see one is to know more, whatever its value. */
static void find_members(const struct index *index, uint32_t fact, const struct value *map, bool open, struct index_found *found) {
  uint64_t lengths = index->facts[fact].member_lengths;
  for (size_t i = 0; lengths && i < map->count; i++) {
    const char *key = map->keys[i];
    size_t length = strlen(key);
    if (!(lengths >> (length & 63) & 1)) continue;
    const uint32_t *slots = index->slots + index->member_slot;
    uint32_t mask = index->member_slots - 1;
    for (uint32_t at = (uint32_t)(index_hash(key, length) + fact) & mask; slots[at]; at = (at + 1) & mask) {
      const struct index_column *column = &index->columns[slots[at] - 1];
      if (column->fact != fact || strcmp(index->bytes + column->name, key) != 0) continue;
      const struct value *item = &map->items[i];
      bool gone = item->kind == VALUE_NULL || (item->kind == VALUE_BOOLEAN && !item->boolean);
      if (gone || open)
        add_run(index, column->every, found);
      else
        find_value(index, column, item, found);
    }
  }
}

/* A field of every record. Records mostly have the same fields: where one stood in the last is looked at first. */
static void find_field(const struct index *index, const struct index_column *column, const struct value *list, struct index_found *found) {
  const char *name = index->bytes + column->name, *last = NULL;
  size_t place = 0;
  for (size_t i = 0; i < list->count; i++) {
    const struct value *record = &list->items[i];
    if (record->kind != VALUE_MAP) continue;
    if (!last || place >= record->count || record->keys[place] != last) {
      const struct value *member = value_member(record, name);
      last = NULL;
      if (!member) {
        add_run(index, column->every, found);
        continue;
      }
      place = (size_t)(member - record->items);
      last = record->keys[place];
    }
    find_value(index, column, &record->items[place], found);
  }
}

static void find_names(const struct index *index, const struct index_column *column, const struct value *map, struct index_found *found) {
  for (size_t i = 0; i < map->count; i++) {
    struct value name = value_text(map->keys[i], strlen(map->keys[i]));
    find_value(index, column, &name, found);
  }
}

void index_find(const struct index *index, const struct fact_set *facts, int ignore_forge, struct index_found *found) {
  assert(index && facts && found);
  for (uint32_t f = 0; f < index->fact_count; f++) {
    const struct index_fact *place = &index->facts[f];
    const struct fact *fact = &facts->facts[f];
    if (fact->state != FACT_PRESENT || (!place->column_count && !place->member_lengths) || (int)facts->catalog->defs[f].forge <= ignore_forge)
      continue;
    if (place->member_lengths && fact->value.kind == VALUE_MAP) find_members(index, f, &fact->value, fact->partial, found);
    for (uint32_t c = 0; c < place->column_count; c++) {
      const struct index_column *column = &index->columns[place->column_first + c];
      switch (column->kind) {
      case COLUMN_FIELD: find_field(index, column, &fact->value, found); break;
      case COLUMN_NAME: find_names(index, column, &fact->value, found); break;
      default: find_value(index, column, &fact->value, found);
      }
    }
  }
}
