/* See index.h: finding. index_build.c lays the arrays out, index_layout.h says how they stand. */
#include "index.h"

#include <assert.h>
#include <string.h>

#include "index_layout.h"
#include "match.h"
#include "plan.h"

/* What is looked through, and what is looked for. */
struct search {
  const struct rule_base *base;
  const struct index *index;
  struct match_cache *cache;
  struct index_found *found;
};

int index_found_new(const struct rule_base *base, struct index_found *found) {
  *found = (struct index_found){.items = mem_new((base->signal_count + 1) * sizeof *found->items),
                                .how = mem_new(base->signal_count + 1),
                                .seen = mem_new((base->index->text_count + 1) * sizeof *found->seen)};
  return found->items && found->how && found->seen ? 0 : -1;
}

void index_found_free(struct index_found *found) {
  mem_free(found->items);
  mem_free(found->how);
  mem_free(found->seen);
}

void index_found_clear(struct index_found *found) {
  for (size_t i = 0; i < found->count; i++) found->how[found->items[i]] = 0;
  found->count = 0;
}

static void add(struct index_found *found, uint32_t signal, unsigned char how) {
  if (!found->how[signal]) found->items[found->count++] = signal;
  if (how > found->how[signal]) found->how[signal] = how;
}

/* --- steps in an index that was only glanced at --- */

#define INLINE static inline __attribute__((always_inline)) /* `guarded` is a constant: who looks through many reports pays nothing for it */

/* Whatever is looked at is checked for damage first. */
static bool touch(const struct search *search, const void *bytes, size_t length) { return rule_touch(search->base, bytes, length); }

/* In a hash table, of which `left` places are to be looked at. */
INLINE bool may_go_on(const struct search *search, const void *slot, size_t size, uint32_t *left, bool guarded) {
  return !guarded || ((*left)-- > 0 && touch(search, slot, size));
}

static bool is_text(const struct search *search, const struct index_text *text) {
  const struct index *index = search->index;
  if (text < index->texts || text >= index->texts + index->text_count || !touch(search, text, sizeof *text)) return false;
  if (text->text > index->byte_count || text->length >= index->byte_count - text->text) return false;
  return touch(search, index->bytes + text->text, (size_t)text->length + 1);
}

/* `tried`: what was found may have to be tried, see INDEX_TRY. */
static bool is_run(const struct search *search, struct index_run run, bool tried) {
  const struct index *index = search->index;
  if (run.first > index->posting_count || run.count > index->posting_count - run.first) return false;
  if (!touch(search, index->postings + run.first, run.count * sizeof *index->postings)) return false;
  for (uint32_t i = 0; i < run.count; i++) {
    uint32_t posting = index->postings[run.first + i];
    if ((posting & INDEX_SIGNAL) >= search->base->signal_count) return false;
    if (posting & INDEX_TRY && (!tried || ++i == run.count)) return false;
  }
  return true;
}

static const struct rule_node *find_test(const struct rule_node *node, size_t test) {
  if (node->test == test) return node;
  const struct rule_node *found = NULL;
  for (size_t i = 0; i < node->child_count && !found && node->children[i].test <= test; i++) /* numbers grow downwards, and along a list */
    found = find_test(&node->children[i], test);
  return found;
}

INLINE void try_test(const struct search *search, uint32_t posting, uint32_t number, const struct value *value) {
  uint32_t signal = posting & INDEX_SIGNAL;
  if (search->found->how[signal] == INDEX_SURE) return;
  const struct rule_node *test = find_test(rule_signal(search->base, signal)->when, number);
  bool tried = test && test->op == RULE_TEST && (test->matcher == MATCH_REGEX || test->matcher == MATCH_GLOB || test->matcher == MATCH_SUFFIX);
  enum truth truth = tried ? match_value(search->cache, test, NULL, value) : TRUTH_UNREADABLE;
  if (truth == TRUTH_TRUE)
    add(search->found, signal, posting & INDEX_SURELY ? INDEX_SURE : INDEX_POSSIBLE);
  else if (truth != TRUTH_FALSE)
    add(search->found, signal, INDEX_POSSIBLE);
}

INLINE void add_checked(const struct search *search, struct index_run run, bool guarded) {
  const uint32_t *postings = search->index->postings + run.first;
  if (guarded && !is_run(search, run, false)) return;
  for (uint32_t i = 0; i < run.count; i++) add(search->found, postings[i] & INDEX_SIGNAL, postings[i] & INDEX_SURELY ? INDEX_SURE : INDEX_POSSIBLE);
}

/* Many runs are empty. */
static void add_run(const struct search *search, struct index_run run) {
  if (run.count) add_checked(search, run, search->index->guarded);
}

/* The same of a literal that stands in a value, once for each value. */
INLINE void add_literal(const struct search *search, const struct index_text *literal, const struct value *value, bool guarded) {
  const uint32_t *postings = search->index->postings + literal->run.first;
  uint64_t *seen = &search->found->seen[literal - search->index->texts];
  if (*seen == search->found->value || (guarded && !is_run(search, literal->run, true))) return;
  *seen = search->found->value;
  for (uint32_t i = 0; i < literal->run.count; i++) {
    if (postings[i] & INDEX_TRY) {
      try_test(search, postings[i], postings[i + 1], value);
      i++;
    } else {
      add(search->found, postings[i] & INDEX_SIGNAL, postings[i] & INDEX_SURELY ? INDEX_SURE : INDEX_POSSIBLE);
    }
  }
}

/* --- one text --- */

INLINE void find_exact(const struct search *search, const struct index_column *column, const struct value *value, bool guarded) {
  const struct index *index = search->index;
  const char *text = value->text;
  size_t length = value->length;
  if (!(column->exact_lengths >> (length & 63) & 1)) return;
  const uint32_t *slots = index->slots + column->exact_slot;
  uint32_t mask = column->exact_slots - 1;
  uint32_t left = column->exact_slots; /* a table that was checked ends earlier */
  for (uint32_t at = (uint32_t)index_hash(text, length) & mask; may_go_on(search, &slots[at], sizeof *slots, &left, guarded) && slots[at];
       at = (at + 1) & mask) {
    const struct index_text *entry = &index->texts[slots[at] - 1];
    if (guarded && !is_text(search, entry)) return;
    if (entry->length == length && memcmp(index->bytes + entry->text, text, length) == 0) add_checked(search, entry->run, guarded);
  }
}

INLINE bool begins_with(const struct search *search, const struct index_text *entry, const char *text, size_t length, bool guarded) {
  return (!guarded || is_text(search, entry)) && entry->length <= length && memcmp(search->index->bytes + entry->text, text, entry->length) == 0;
}

/* A byte of a text that is so long; 0 where it is not after all. */
INLINE unsigned char byte_at(const struct search *search, const struct index_text *entry, size_t at, bool guarded) {
  if (guarded && (!is_text(search, entry) || at >= entry->length)) return 0;
  return (unsigned char)search->index->bytes[entry->text + at];
}

/* The prefixes are sorted: those that share the next byte with the text stand together. */
INLINE void find_prefixes(const struct search *search, const struct index_column *column, const struct value *value, bool guarded) {
  const struct index *index = search->index;
  const char *text = value->text;
  size_t length = value->length;
  if (!length) return;
  const uint32_t *firsts = index->slots + column->prefix_slot;
  if (guarded && !touch(search, &firsts[(unsigned char)text[0]], 2 * sizeof *firsts)) return;
  uint32_t from = firsts[(unsigned char)text[0]], to = firsts[(unsigned char)text[0] + 1];
  if (guarded && (from > to || to > index->text_count)) return;
  const struct index_text *low = &index->texts[from], *high = &index->texts[to];
  for (size_t at = 1; high - low > 4 && at < length; at++) {
    while (low < high && low->length <= at) { /* shorter ones come first */
      if (begins_with(search, low, text, length, guarded)) add_checked(search, low->run, guarded);
      low++;
    }
    unsigned char next = (unsigned char)text[at];
    if (low < high && byte_at(search, low, at, guarded) == next && byte_at(search, high - 1, at, guarded) == next) continue;
    for (size_t left = (size_t)(high - low); left > 0;) { /* first whose byte is not below */
      size_t half = left / 2;
      bool below = byte_at(search, low + half, at, guarded) < next;
      low = below ? low + half + 1 : low;
      left = below ? left - half - 1 : half;
    }
    const struct index_text *end = low;
    for (size_t left = (size_t)(high - low); left > 0;) {
      size_t half = left / 2;
      bool inside = byte_at(search, end + half, at, guarded) == next;
      end = inside ? end + half + 1 : end;
      left = inside ? left - half - 1 : half;
    }
    high = end;
  }
  for (; low < high; low++)
    if (begins_with(search, low, text, length, guarded)) add_checked(search, low->run, guarded);
}

INLINE void check_gram_in(const struct search *search, const struct index_column *column, uint32_t gram, const struct value *value, size_t at,
                          bool guarded) {
  const struct index *index = search->index;
  const struct index_gram *grams = index->grams + column->gram_slot;
  uint32_t mask = column->gram_slots - 1, left = column->gram_slots;
  for (uint32_t slot = index_gram_hash(gram) & mask; may_go_on(search, &grams[slot], sizeof *grams, &left, guarded) && grams[slot].text;
       slot = (slot + 1) & mask) {
    if (grams[slot].gram != gram || grams[slot].offset > at) continue;
    const struct index_text *entry = &index->texts[grams[slot].text - 1];
    size_t start = at - grams[slot].offset;
    if (guarded && !is_text(search, entry)) return;
    bool fits = entry->length <= value->length - start;
    if (fits && memcmp(index->bytes + entry->text, value->text + start, entry->length) == 0) add_literal(search, entry, value, guarded);
  }
}

#define APART static __attribute__((noinline)) /* so that the loop over a text keeps its numbers in registers */

APART void check_gram(const struct search *search, const struct index_column *column, uint32_t gram, const struct value *value, size_t at) {
  check_gram_in(search, column, gram, value, at, false);
}

APART void check_gram_guarded(const struct search *search, const struct index_column *column, uint32_t gram, const struct value *value, size_t at) {
  check_gram_in(search, column, gram, value, at, true);
}

INLINE void find_literals(const struct search *search, const struct index_column *column, const struct value *value, bool guarded) {
  const unsigned char *filter = (const unsigned char *)(search->index->slots + column->filter_slot);
  uint32_t mask = column->filter_bits - 1, width = column->gram_width;
  if (guarded && !touch(search, filter, column->filter_bits / 8)) return;
  search->found->value++;
  for (size_t at = 0; at + width <= value->length; at += column->gram_stride) {
    uint32_t gram = index_gram_at(value->text + at, width), bit = index_gram_hash(gram) & mask;
    if (filter[bit / 8] >> (bit % 8) & 1) (guarded ? check_gram_guarded : check_gram)(search, column, gram, value, at);
  }
}

INLINE void find_in(const struct search *search, const struct index_column *column, const struct value *value, bool guarded) {
  if (column->exact_slots) find_exact(search, column, value, guarded);
  if (column->has_prefixes) find_prefixes(search, column, value, guarded);
  if (column->gram_slots) find_literals(search, column, value, guarded);
}

static void find_guarded(const struct search *search, const struct index_column *column, const struct value *value) {
  find_in(search, column, value, true);
}

static void find_text(const struct search *search, const struct index_column *column, const struct value *value) {
  if (value->text[0] == '(' && value_is_hidden(value))
    add_run(search, column->every);
  else if (search->index->guarded)
    find_guarded(search, column, value);
  else
    find_in(search, column, value, false);
}

static void find_number(const struct search *search, const struct index_column *column, double number) {
  const struct index_interval *intervals = search->index->intervals + column->interval_first;
  size_t low = 0, high = column->interval_count;
  while (low < high) { /* the first that begins above */
    size_t middle = low + (high - low) / 2;
    if (search->index->guarded && !touch(search, &intervals[middle], sizeof *intervals)) return;
    if (intervals[middle].low <= number)
      low = middle + 1;
    else
      high = middle;
  }
  while (low-- > 0) {
    if (search->index->guarded && !touch(search, &intervals[low], sizeof *intervals)) return;
    if (!(intervals[low].highest >= number)) return;
    if (intervals[low].high >= number) add_run(search, intervals[low].run);
  }
}

/* One value, or each of a list. */
static void find_value(const struct search *search, const struct index_column *column, const struct value *value) {
  add_run(search, column->always);
  switch (value->kind) {
  case VALUE_TEXT: find_text(search, column, value); break;
  case VALUE_INTEGER: find_number(search, column, (double)value->integer); break;
  case VALUE_REAL: find_number(search, column, value->real); break;
  case VALUE_BOOLEAN: add_run(search, column->every); break;
  case VALUE_LIST:
  case VALUE_MAP:
    for (size_t i = 0; i < value->count; i++) {
      const struct value *item = &value->items[i];
      if (item->kind == VALUE_TEXT)
        find_text(search, column, item);
      else if (item->kind == VALUE_INTEGER || item->kind == VALUE_REAL)
        find_number(search, column, item->kind == VALUE_REAL ? item->real : (double)item->integer);
      else if (item->kind == VALUE_BOOLEAN)
        add_run(search, column->every);
    }
    break;
  case VALUE_NULL: break;
  }
}

/* --- one fact --- */

static bool is_member(const struct search *search, uint32_t slot) {
  const struct index *index = search->index;
  return slot <= index->column_count && index_column_is_safe(search->base, index, &index->columns[slot - 1]) &&
         index->columns[slot - 1].kind == COLUMN_MEMBER;
}

/* Where a map may have more members than it shows, to see one is to know more, whatever its value. */
static void find_members(const struct search *search, uint32_t fact, const struct value *map, bool open) {
  const struct index *index = search->index;
  uint64_t lengths = index->facts[fact].member_lengths;
  bool guarded = index->guarded;
  for (size_t i = 0; lengths && i < map->count; i++) {
    const char *key = map->keys[i];
    size_t length = strlen(key);
    if (!(lengths >> (length & 63) & 1)) continue;
    const uint32_t *slots = index->slots + index->member_slot;
    uint32_t mask = index->member_slots - 1, left = index->member_slots;
    for (uint32_t at = (uint32_t)(index_hash(key, length) + fact) & mask; may_go_on(search, &slots[at], sizeof *slots, &left, guarded) && slots[at];
         at = (at + 1) & mask) {
      const struct index_column *column = &index->columns[slots[at] - 1];
      if (guarded && !is_member(search, slots[at])) continue;
      if (column->fact != fact || strcmp(index->bytes + column->name, key) != 0) continue;
      const struct value *item = &map->items[i];
      bool gone = item->kind == VALUE_NULL || (item->kind == VALUE_BOOLEAN && !item->boolean);
      if (gone || open)
        add_run(search, column->every);
      else
        find_value(search, column, item);
    }
  }
}

/* A field of every record. Records mostly have the same fields: where one stood in the last is looked at first. */
static void find_field(const struct search *search, const struct index_column *column, const struct value *list) {
  const char *name = search->index->bytes + column->name, *last = NULL;
  size_t place = 0;
  for (size_t i = 0; i < list->count; i++) {
    const struct value *record = &list->items[i];
    if (record->kind != VALUE_MAP) continue;
    if (!last || place >= record->count || record->keys[place] != last) {
      const struct value *member = value_member(record, name);
      last = NULL;
      if (!member) {
        add_run(search, column->every);
        continue;
      }
      place = (size_t)(member - record->items);
      last = record->keys[place];
    }
    find_value(search, column, &record->items[place]);
  }
}

static void find_names(const struct search *search, const struct index_column *column, const struct value *map) {
  for (size_t i = 0; i < map->count; i++) {
    struct value name = value_text(map->keys[i], strlen(map->keys[i]));
    find_value(search, column, &name);
  }
}

void index_find(const struct rule_base *base, const struct fact_set *facts, int ignore_forge, struct match_cache *cache, struct index_found *found) {
  assert(base && base->index && facts && cache && found);
  const struct index *index = base->index;
  const struct search whole = {.base = base, .index = index, .cache = cache, .found = found}, *search = &whole;
  for (uint32_t f = 0; f < index->fact_count; f++) {
    const struct index_fact *place = &index->facts[f];
    const struct fact *fact = &facts->facts[f];
    if (fact->state != FACT_PRESENT || (!place->column_count && !place->member_lengths) || (int)facts->catalog->defs[f].forge <= ignore_forge)
      continue;
    if (place->member_lengths && fact->value.kind == VALUE_MAP) find_members(search, f, &fact->value, fact->partial);
    for (uint32_t c = 0; c < place->column_count; c++) {
      const struct index_column *column = &index->columns[place->column_first + c];
      switch (column->kind) {
      case COLUMN_FIELD: find_field(search, column, &fact->value); break;
      case COLUMN_NAME: find_names(search, column, &fact->value); break;
      default: find_value(search, column, &fact->value);
      }
    }
  }
}
