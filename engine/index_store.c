/* See index.h: an index as bytes, and back. What is read is checked in the order in which index_build.c lays it: every array is used up
 * from its first item to its last, column by column, so that nothing is looked at twice and nothing can lie across anything else. */
#include <assert.h>
#include <string.h>

#include "index_layout.h"
#include "lay.h"
#include "status.h"

#define INDEX_FORMAT 1

/* What an index rests on besides the rules: facts by number, their types and units. */
static uint32_t sum_of(const struct fact_catalog *catalog) {
  uint64_t sum = catalog->count;
  for (size_t i = 0; i < catalog->count; i++) {
    const struct fact_def *def = &catalog->defs[i];
    const char *texts[] = {def->path, def->unit, def->fields};
    for (size_t t = 0; t < 3; t++) sum = (sum ^ (texts[t] ? index_hash(texts[t], strlen(texts[t])) : t)) * 0x9E3779B97F4A7C15u;
    sum = (sum ^ (uint64_t)def->type) * 0x9E3779B97F4A7C15u;
  }
  return (uint32_t)(sum >> 32);
}

#define NUMBERS(index, format, sum)                                                                                                              \
  {                                                                                                                                              \
    &(format), &(sum), &(index)->fact_count, &(index)->column_count, &(index)->text_count, &(index)->gram_count, &(index)->interval_count,       \
        &(index)->slot_count, &(index)->posting_count, &(index)->path_count, &(index)->byte_count, &(index)->member_slot, &(index)->member_slots \
  }
#define PARTS(index)                                                                                                                               \
  {                                                                                                                                                \
    {&(index)->facts, &(index)->fact_count, sizeof *(index)->facts}, {&(index)->columns, &(index)->column_count, sizeof *(index)->columns},        \
        {&(index)->texts, &(index)->text_count, sizeof *(index)->texts}, {&(index)->grams, &(index)->gram_count, sizeof *(index)->grams},          \
        {&(index)->intervals, &(index)->interval_count, sizeof *(index)->intervals},                                                               \
        {&(index)->slots, &(index)->slot_count, sizeof *(index)->slots}, {&(index)->postings, &(index)->posting_count, sizeof *(index)->postings}, \
        {&(index)->asked, &(index)->fact_count, sizeof *(index)->asked}, {&(index)->paths, &(index)->path_count, sizeof *(index)->paths}, {        \
      &(index)->bytes, &(index)->byte_count, 1                                                                                                     \
    }                                                                                                                                              \
  }
#define COUNT(array) (sizeof(array) / sizeof *(array))

void index_write(const struct index *index, const struct fact_catalog *catalog, struct buffer *out) {
  assert(index && catalog && out);
  struct index copy = *index;
  uint32_t format = INDEX_FORMAT, sum = sum_of(catalog);
  uint32_t *const numbers[] = NUMBERS(&copy, format, sum);
  const struct lay_part parts[] = PARTS(&copy);
  if (LAY_NATIVE) lay_write(&(struct lay){numbers, COUNT(numbers), parts, COUNT(parts)}, out);
}

/* --- checks --- */

/* How far the arrays are used up. */
struct check {
  const struct rule_base *base;
  const struct index *index;
  uint32_t text, gram, interval, slot, posting, byte;
  bool wrong;
};

static bool is_power(uint32_t number) { return number && !(number & (number - 1)); }

/* The next `count` of what is there of an array. */
static bool take(struct check *check, uint32_t *used, uint32_t total, uint32_t first, uint32_t count) {
  check->wrong |= first != *used || count > total - *used;
  if (!check->wrong) *used += count;
  return !check->wrong;
}

static void take_run(struct check *check, struct index_run run, bool tried) {
  if (!take(check, &check->posting, check->index->posting_count, run.first, run.count)) return;
  const uint32_t *postings = check->index->postings + run.first;
  for (uint32_t i = 0; i < run.count; i++) {
    uint32_t posting = postings[i];
    check->wrong |= (posting & INDEX_SIGNAL) >= check->base->signal_count;
    if (!(posting & INDEX_TRY)) continue;
    check->wrong |= !tried || ++i == run.count;
  }
}

/* A run that is not there has no place either. */
static void take_whole_run(struct check *check, struct index_run run) {
  if (run.count)
    take_run(check, run, false);
  else
    check->wrong |= run.first != 0;
}

/* A text where the one before ended, with its NUL at the end and nowhere else. */
static void take_text(struct check *check, uint32_t text, uint32_t length) {
  if (length == UINT32_MAX || !take(check, &check->byte, check->index->byte_count, text, length + 1)) {
    check->wrong = true;
    return;
  }
  const char *bytes = check->index->bytes + text;
  check->wrong |= memchr(bytes, '\0', length + 1) != bytes + length;
}

static void take_name(struct check *check, uint32_t name) {
  const char *bytes = check->index->bytes;
  const char *end = name < check->index->byte_count ? memchr(bytes + name, '\0', check->index->byte_count - name) : NULL;
  check->wrong |= !end;
  if (end) take_text(check, name, (uint32_t)(end - bytes) - name);
}

/* The next `count` texts, with what they find. */
static void take_texts(struct check *check, uint32_t count, bool tried) {
  uint32_t first = check->text;
  if (!take(check, &check->text, check->index->text_count, first, count)) return;
  for (uint32_t i = first; i < first + count && !check->wrong; i++) {
    const struct index_text *text = &check->index->texts[i];
    take_text(check, text->text, text->length);
    take_run(check, text->run, tried);
  }
}

/* Entries of a hash table that are not 0. One must be: there a search ends. */
static uint32_t count_filled(struct check *check, const uint32_t *slots, uint32_t count) {
  uint32_t filled = 0;
  for (uint32_t i = 0; i < count; i++) filled += slots[i] != 0;
  check->wrong |= filled == count;
  return filled;
}

static void check_exact(struct check *check, const struct index_column *column) {
  const uint32_t *slots = check->index->slots + column->exact_slot;
  uint32_t first = check->text;
  if (!is_power(column->exact_slots) || !take(check, &check->slot, check->index->slot_count, column->exact_slot, column->exact_slots)) {
    check->wrong = true;
    return;
  }
  uint32_t filled = count_filled(check, slots, column->exact_slots);
  take_texts(check, filled, false);
  for (uint32_t i = 0; i < column->exact_slots; i++) check->wrong |= slots[i] && slots[i] - 1 - first >= filled;
}

/* Sorted, so that those between two that begin alike begin so too. */
static void check_sorted(struct check *check, uint32_t first, uint32_t end, unsigned byte) {
  const struct index *index = check->index;
  for (uint32_t i = first; i < end && !check->wrong; i++) {
    const struct index_text *text = &index->texts[i];
    check->wrong |= !text->length || (unsigned char)index->bytes[text->text] != byte;
    check->wrong |= i > first && strcmp(index->bytes + text[-1].text, index->bytes + text->text) >= 0;
  }
}

static void check_prefixes(struct check *check, const struct index_column *column) {
  const uint32_t *firsts = check->index->slots + column->prefix_slot;
  uint32_t first = check->text;
  if (!take(check, &check->slot, check->index->slot_count, column->prefix_slot, 257)) return;
  check->wrong |= firsts[0] != first;
  for (unsigned byte = 0; byte < 256; byte++) check->wrong |= firsts[byte] > firsts[byte + 1];
  if (check->wrong) return;
  take_texts(check, firsts[256] - first, false);
  for (unsigned byte = 0; byte < 256 && !check->wrong; byte++) check_sorted(check, firsts[byte], firsts[byte + 1], byte);
}

static bool has_shape(const struct index_column *column) {
  return is_power(column->gram_slots) && is_power(column->filter_bits) && column->filter_bits >= 32 && column->gram_width >= 1 &&
         column->gram_width <= 4 && column->gram_stride >= 1 && column->gram_stride <= 8;
}

static void check_literals(struct check *check, const struct index_column *column) {
  uint32_t stride = column->gram_stride, filled = 0, first = check->text;
  check->wrong |= !has_shape(column);
  if (!take(check, &check->gram, check->index->gram_count, column->gram_slot, column->gram_slots)) return;
  if (!take(check, &check->slot, check->index->slot_count, column->filter_slot, column->filter_bits / 32)) return;
  const struct index_gram *grams = check->index->grams + column->gram_slot;
  for (uint32_t i = 0; i < column->gram_slots; i++) filled += grams[i].text != 0;
  check->wrong |= filled == column->gram_slots || filled % stride != 0;
  take_texts(check, filled / stride, true);
  for (uint32_t i = 0; i < column->gram_slots; i++) check->wrong |= grams[i].text && grams[i].text - 1 - first >= filled / stride;
}

static void check_intervals(struct check *check, const struct index_column *column) {
  if (!take(check, &check->interval, check->index->interval_count, column->interval_first, column->interval_count)) return;
  const struct index_interval *intervals = check->index->intervals + column->interval_first;
  for (uint32_t i = 0; i < column->interval_count && !check->wrong; i++) {
    check->wrong |= !(intervals[i].high <= intervals[i].highest) || (i && intervals[i].low < intervals[i - 1].low);
    take_run(check, intervals[i].run, false);
  }
}

/* What is not there is all 0. */
static void check_parts(struct check *check, const struct index_column *column) {
  if (column->exact_slots)
    check_exact(check, column);
  else
    check->wrong |= column->exact_slot != 0;
  if (column->has_prefixes == 1 && !check->wrong)
    check_prefixes(check, column);
  else
    check->wrong |= column->has_prefixes != 0;
  if (column->gram_slots && !check->wrong) check_literals(check, column);
  if (column->interval_count && !check->wrong) check_intervals(check, column);
}

/* True where the values of a column are such as its fact can have. */
static bool is_of_fact(const struct check *check, const struct index_column *column) {
  if (column->fact >= check->base->catalog->count || column->kind > COLUMN_MEMBER) return false;
  enum fact_type type = check->base->catalog->defs[column->fact].type;
  bool map = type == FACT_MAP || type == FACT_PATHS;
  return column->kind == COLUMN_WHOLE || (column->kind == COLUMN_FIELD ? type == FACT_RECORDS : map);
}

static void check_columns(struct check *check) {
  for (uint32_t i = 0; i < check->index->column_count && !check->wrong; i++) {
    const struct index_column *column = &check->index->columns[i];
    check->wrong |= !is_of_fact(check, column) || column->unused;
    take_name(check, column->name);
    if (!check->wrong) take_whole_run(check, column->every);
    if (!check->wrong) take_whole_run(check, column->always);
    if (!check->wrong) check_parts(check, column);
  }
}

/* The columns of a fact follow those of the fact before; the members' come last. */
static void check_facts(struct check *check) {
  const struct index *index = check->index;
  uint32_t used = 0;
  for (uint32_t f = 0; f < index->fact_count && !check->wrong; f++) {
    const struct index_fact *fact = &index->facts[f];
    if (!fact->column_count) continue;
    if (!take(check, &used, index->column_count, fact->column_first, fact->column_count)) return;
    for (uint32_t c = 0; c < fact->column_count; c++) {
      const struct index_column *column = &index->columns[fact->column_first + c];
      check->wrong |= column->fact != f || column->kind == COLUMN_MEMBER;
    }
  }
  for (; used < index->column_count; used++) check->wrong |= index->columns[used].kind != COLUMN_MEMBER;
}

static void check_members(struct check *check) {
  const struct index *index = check->index;
  if (!is_power(index->member_slots) || !take(check, &check->slot, index->slot_count, index->member_slot, index->member_slots)) {
    check->wrong = true;
    return;
  }
  const uint32_t *slots = index->slots + index->member_slot;
  count_filled(check, slots, index->member_slots);
  for (uint32_t i = 0; i < index->member_slots; i++)
    check->wrong |= slots[i] && (slots[i] > index->column_count || index->columns[slots[i] - 1].kind != COLUMN_MEMBER);
}

static void check_paths(struct check *check) {
  for (uint32_t i = 0; i < check->index->path_count && !check->wrong; i++) take_name(check, check->index->paths[i]);
}

static bool is_sound(const struct rule_base *base, const struct index *index) {
  struct check check = {.base = base, .index = index};
  check.wrong = base->signal_count > INDEX_SIGNAL;
  check_columns(&check);
  if (!check.wrong) check_facts(&check);
  if (!check.wrong) check_members(&check);
  if (!check.wrong) check_paths(&check);
  return !check.wrong && check.text == index->text_count && check.gram == index->gram_count && check.interval == index->interval_count &&
         check.slot == index->slot_count && check.posting == index->posting_count && check.byte == index->byte_count;
}

/* --- a glance --- */

static bool is_inside(uint32_t first, uint32_t count, uint32_t total) { return first <= total && count <= total - first; }

/* A name or a path, which is looked at whole. */
static bool touch_text(const struct rule_base *base, const struct index *index, uint32_t text) {
  enum { STEP = 64 };
  for (uint32_t at = text; at < index->byte_count; at += STEP) {
    size_t length = index->byte_count - at < STEP ? index->byte_count - at : STEP;
    if (!rule_touch(base, index->bytes + at, length)) return false;
    if (memchr(index->bytes + at, '\0', length)) return true;
  }
  return false;
}

bool index_column_is_safe(const struct rule_base *base, const struct index *index, const struct index_column *column) {
  assert(base && index && column >= index->columns && column < index->columns + index->column_count);
  const struct check check = {.base = base, .index = index};
  bool safe = rule_touch(base, column, sizeof *column) && is_of_fact(&check, column) && touch_text(base, index, column->name);
  if (column->exact_slots) safe &= is_power(column->exact_slots) && is_inside(column->exact_slot, column->exact_slots, index->slot_count);
  if (column->has_prefixes) safe &= is_inside(column->prefix_slot, 257, index->slot_count);
  if (column->gram_slots) safe &= has_shape(column) && is_inside(column->gram_slot, column->gram_slots, index->gram_count);
  if (column->gram_slots) safe &= is_inside(column->filter_slot, column->filter_bits / 32, index->slot_count);
  if (column->interval_count) safe &= is_inside(column->interval_first, column->interval_count, index->interval_count);
  return safe;
}

static bool touch_tables(const struct rule_base *base, const struct index *index) {
  return rule_touch(base, index->facts, index->fact_count * sizeof *index->facts) &&
         rule_touch(base, index->asked, index->fact_count * sizeof *index->asked) &&
         rule_touch(base, index->paths, index->path_count * sizeof *index->paths) && index->byte_count &&
         rule_touch(base, index->bytes + index->byte_count - 1, 1);
}

/* The columns of the facts; those of members are checked when a member is met. */
static bool are_safe_facts(const struct rule_base *base, const struct index *index) {
  for (uint32_t f = 0; f < index->fact_count; f++) {
    const struct index_fact *fact = &index->facts[f];
    if (fact->column_count && !is_inside(fact->column_first, fact->column_count, index->column_count)) return false;
    for (uint32_t c = fact->column_first; c < fact->column_first + fact->column_count; c++) {
      const struct index_column *column = &index->columns[c];
      if (!index_column_is_safe(base, index, column) || column->fact != f || column->kind == COLUMN_MEMBER) return false;
    }
  }
  return true;
}

static bool is_safe(const struct rule_base *base, const struct index *index) {
  if (!touch_tables(base, index)) return false;
  bool safe = base->signal_count <= INDEX_SIGNAL && index->byte_count && !index->bytes[index->byte_count - 1];
  safe = safe && is_power(index->member_slots) && is_inside(index->member_slot, index->member_slots, index->slot_count);
  safe = safe && are_safe_facts(base, index);
  for (uint32_t i = 0; i < index->path_count && safe; i++) safe = touch_text(base, index, index->paths[i]);
  return safe;
}

static int read_index(const struct rule_base *base, const unsigned char *bytes, size_t length, bool glance, struct arena *arena, struct index **out) {
  assert(base && bytes && arena && out);
  uint32_t format = 0, sum = 0;
  struct index *index = arena_take(arena, sizeof *index);
  *out = NULL;
  if (!index) return STATUS_MEMORY;
  uint32_t *const numbers[] = NUMBERS(index, format, sum);
  const struct lay_part parts[] = PARTS(index);
  if (!LAY_NATIVE || !length) return 0;
  if (!rule_touch(base, bytes, COUNT(numbers) * sizeof **numbers)) return STATUS_DB_DAMAGED;
  bool whole = lay_read(&(struct lay){numbers, COUNT(numbers), parts, COUNT(parts)}, bytes, length);
  if (format != INDEX_FORMAT || sum != sum_of(base->catalog) || index->fact_count != base->catalog->count) return 0;
  index->guarded = glance;
  if (!whole || !(glance ? is_safe : is_sound)(base, index)) return STATUS_DB_DAMAGED;
  *out = index;
  return 0;
}

int index_read(const struct rule_base *base, const unsigned char *bytes, size_t length, struct arena *arena, struct index **out) {
  return read_index(base, bytes, length, false, arena, out);
}

int index_glance(const struct rule_base *base, const unsigned char *bytes, size_t length, struct arena *arena, struct index **out) {
  return read_index(base, bytes, length, true, arena, out);
}

/* --- what the collector asks --- */

const uint32_t *index_asked(const struct index *index) { return index->asked; }

const char *const *index_paths(const struct index *index, struct arena *arena, size_t *count) {
  const char **paths = arena_take_array(arena, index->path_count + 1, sizeof *paths);
  *count = paths ? index->path_count : 0;
  for (size_t i = 0; i < *count; i++) paths[i] = index->bytes + index->paths[i];
  return paths;
}
