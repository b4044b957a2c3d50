/* See index.h: laying out. First every test becomes a watch: a column, and what must stand there for it to be worth a look; then the
 * watches are sorted, so that a column, and a constant within it, are runs. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "eval.h"
#include "index_layout.h"
#include "literal.h"

enum watch_kind {
  WATCH_EVERY, /* only for what is hidden or missing; every other watch is one of these too */
  WATCH_ALWAYS,
  WATCH_EXACT,
  WATCH_PREFIX,
  WATCH_LITERAL,
  WATCH_INTERVAL,
};

struct watch {
  uint64_t column_key; /* fact and column as watches are sorted */
  uint64_t text_key;   /* the first eight bytes of the text, likewise */
  uint32_t fact, signal;
  bool sure;   /* what is found makes the signal true for certain */
  size_t test; /* WATCH_LITERAL: of the test that a value with the literal is tried with; SIZE_MAX: none */
  enum column_kind column;
  enum watch_kind kind;
  const char *name; /* of a member or field; else "" */
  const char *text; /* constant, prefix or literal; else "" */
  double low, high;
};

struct array {
  void *items;
  size_t count, capacity, size;
};

struct builder {
  const struct rule_base *base;
  struct arena *arena;
  struct array watches, columns, texts, grams, intervals, slots, postings, paths, bytes;
  struct index_fact *facts;
  bool failed;
};

/* Room for `count` more items, zeroed; NULL when memory is out. */
static void *extend(struct builder *builder, struct array *array, size_t count) {
  if (array->count + count > UINT32_MAX || mem_grow(&array->items, &array->capacity, array->count + count, array->size)) builder->failed = true;
  if (builder->failed) return NULL;
  void *added = (char *)array->items + array->count * array->size;
  memset(added, 0, count * array->size);
  array->count += count;
  return added;
}

/* --- from conditions to watches --- */

/* Where the values of a test stand. */
struct place {
  uint32_t signal;
  bool sure; /* the test being true makes the signal true */
  const struct fact_def *def;
  uint32_t fact;
  enum column_kind column;
  const char *name;
};

static void add_watch(struct builder *builder, const struct place *place, struct watch watch) {
  struct watch *added = extend(builder, &builder->watches, 1);
  if (!added) return;
  *added = watch;
  added->fact = place->fact;
  added->signal = place->signal;
  added->column = place->column;
  added->name = place->name;
  if (!added->text) added->text = "";
  /* columns of members come last, so that those of a fact stand together */
  added->column_key = (uint64_t)(added->column == COLUMN_MEMBER) << 63 | (uint64_t)added->fact << 8 | (uint64_t)added->column;
  const char *text = added->text;
  for (int left = 8; left--;) added->text_key = added->text_key << 8 | (unsigned char)(*text ? *text++ : 0);
}

/* The type of the values that a test at this place sees. */
static enum fact_type type_at(const struct place *place) {
  char suffix = 0;
  if (place->column == COLUMN_FIELD) {
    if (fact_field(place->def, place->name, &suffix) == FACT_NONE) return FACT_TYPES;
    return suffix == '#' ? FACT_INTEGER : suffix == '?' ? FACT_BOOLEAN : FACT_TEXT;
  }
  if (place->column == COLUMN_NAME) return FACT_TEXT;
  switch (place->def->type) {
  case FACT_TEXTS:
  case FACT_MAP: return FACT_TEXT;
  case FACT_PATHS: return FACT_BOOLEAN;
  default: return place->def->type;
  }
}

static bool is_text_matcher(enum matcher matcher) {
  return matcher == MATCH_EQUALS || matcher == MATCH_PREFIX || matcher == MATCH_SUFFIX || matcher == MATCH_CONTAINS || matcher == MATCH_REGEX ||
         matcher == MATCH_GLOB;
}

static struct literals literals_of(struct builder *builder, const struct rule_node *test) {
  struct literals literals = {0};
  int status = 0;
  if (test->matcher == MATCH_REGEX)
    status = literals_of_regex(test->operand, builder->arena, &literals);
  else if (test->matcher == MATCH_GLOB)
    status = literals_of_glob(test->operand, builder->arena, &literals);
  else if (strlen(test->operand) >= LITERAL_SHORTEST)
    literals = (struct literals){.items = {test->operand}, .count = 1};
  builder->failed |= status != 0;
  return literals;
}

/* As match_bounds; -1 also for a matcher that has none. */
static int bounds_of(const struct place *place, const struct rule_node *test, double *low, double *high) {
  const char *unit = eval_unit(place->def, place->column == COLUMN_FIELD ? place->name : NULL);
  return test->matcher == MATCH_EQUALS || test->matcher == MATCH_RANGE ? match_bounds(test->operand, unit, low, high) : -1;
}

/* How much a test narrows down where it stands: the length of what it asks for; 0 where nothing can be looked up. */
typedef size_t narrows_fn(struct builder *builder, const struct place *place, const struct rule_node *node);

static size_t test_narrows(struct builder *builder, const struct place *place, const struct rule_node *test) {
  enum fact_type type = type_at(place);
  double low, high;
  if (!test->operand || (!*test->operand && test->matcher != MATCH_EQUALS)) return 0;
  if (type == FACT_INTEGER || type == FACT_REAL) return bounds_of(place, test, &low, &high) >= 0 ? 4 : 0;
  if (type != FACT_TEXT || !is_text_matcher(test->matcher)) return 0;
  if (test->matcher == MATCH_EQUALS) return strlen(test->operand) + 4; /* a hash is cheaper than a search */
  if (test->matcher == MATCH_PREFIX) return strlen(test->operand) + 2;
  struct literals literals = literals_of(builder, test);
  size_t least = literals.count ? SIZE_MAX : 0;
  for (size_t i = 0; i < literals.count; i++) least = strlen(literals.items[i]) < least ? strlen(literals.items[i]) : least;
  return least;
}

/* Where a test under a has finds its values. */
static struct place place_below(const struct place *place, const struct rule_node *test) {
  struct place below = *place;
  if (below.column == COLUMN_FIELD)
    below.name = test->key;
  else if (strcmp(test->key, "name") == 0)
    below.column = COLUMN_NAME;
  return below;
}

/* The child of a conjunction that narrows down most, by this reckoning; NULL where none does. */
static const struct rule_node *best_child(struct builder *builder, const struct place *place, const struct rule_node *node, narrows_fn *narrows) {
  const struct rule_node *best = NULL;
  size_t most = 0;
  for (size_t i = 0; i < node->child_count; i++) {
    size_t one = narrows(builder, place, &node->children[i]);
    if (one > most) best = &node->children[i];
    most = one > most ? one : most;
  }
  return best;
}

/* The same for a condition on one element, where it cannot be true unless one of the tests that stand for it is. */
static size_t element_narrows(struct builder *builder, const struct place *place, const struct rule_node *node) {
  if (node->op == RULE_TEST && node->matcher != MATCH_SAME) {
    struct place below = place_below(place, node);
    return test_narrows(builder, &below, node);
  }
  if (node->op == RULE_ALL) {
    const struct rule_node *best = best_child(builder, place, node, element_narrows);
    return best ? element_narrows(builder, place, best) : 0;
  }
  if (node->op != RULE_ANY && node->op != RULE_AT_LEAST) return 0;
  size_t least = node->child_count ? SIZE_MAX : 0;
  for (size_t i = 0; i < node->child_count && least; i++) {
    size_t one = element_narrows(builder, place, &node->children[i]);
    least = one < least ? one : least;
  }
  return least;
}

/* True where what the index finds for the test satisfies it, and is not only worth a look. */
static bool settles(const struct place *place, const struct rule_node *test) {
  double low, high;
  switch (test->matcher) {
  case MATCH_PRESENT: return place->column == COLUMN_MEMBER;
  case MATCH_EQUALS:
  case MATCH_RANGE:
    if (type_at(place) == FACT_TEXT) return test->matcher == MATCH_EQUALS;
    return bounds_of(place, test, &low, &high) == 0;
  case MATCH_SUFFIX:
  case MATCH_REGEX:
  case MATCH_GLOB: return true; /* once they were tried */
  default: return test->matcher == MATCH_PREFIX || test->matcher == MATCH_CONTAINS;
  }
}

static void watch_test(struct builder *builder, const struct place *place, const struct rule_node *test) {
  bool state = test->matcher == MATCH_PRESENT || test->matcher == MATCH_ABSENT;
  if (state && place->column == COLUMN_WHOLE) return; /* decided by the state of the fact alone */
  const struct rule_node *narrow = test->matcher == MATCH_SAME ? best_child(builder, place, test, test_narrows) : test;
  bool sure = place->sure && test->matcher != MATCH_SAME && settles(place, test);
  add_watch(builder, place, (struct watch){.kind = WATCH_EVERY});
  if (!narrow || state || test_narrows(builder, place, narrow) == 0) {
    add_watch(builder, place, (struct watch){.kind = WATCH_ALWAYS, .sure = sure && state});
    return;
  }
  struct watch watch = {.kind = WATCH_INTERVAL, .sure = sure};
  enum fact_type type = type_at(place);
  if (type == FACT_INTEGER || type == FACT_REAL) {
    bounds_of(place, narrow, &watch.low, &watch.high);
    add_watch(builder, place, watch);
  } else if (narrow->matcher == MATCH_EQUALS || narrow->matcher == MATCH_PREFIX) {
    watch.kind = narrow->matcher == MATCH_EQUALS ? WATCH_EXACT : WATCH_PREFIX;
    watch.text = narrow->operand;
    add_watch(builder, place, watch);
  } else {
    struct literals literals = literals_of(builder, narrow);
    watch.kind = WATCH_LITERAL;
    watch.test = narrow->matcher == MATCH_CONTAINS ? SIZE_MAX : narrow->test;
    for (size_t i = 0; i < literals.count; i++) {
      watch.text = literals.items[i];
      add_watch(builder, place, watch);
    }
  }
}

/* Watches the tests that stand for a condition on one element. */
static void watch_element(struct builder *builder, const struct place *place, const struct rule_node *node) {
  if (node->op == RULE_TEST) {
    struct place below = place_below(place, node);
    watch_test(builder, &below, node);
  } else if (node->op == RULE_ALL) {
    struct place one = *place;
    one.sure = place->sure && node->child_count == 1;
    watch_element(builder, &one, best_child(builder, place, node, element_narrows));
  } else {
    struct place one = *place;
    one.sure = place->sure && (node->op == RULE_ANY || node->at_least == 1);
    for (size_t i = 0; i < node->child_count; i++) watch_element(builder, &one, &node->children[i]);
  }
}

/* One element must satisfy every child: the child that narrows down most stands for all. */
static void watch_has(struct builder *builder, uint32_t signal, bool sure, const struct rule_node *has) {
  const struct fact_def *def = &builder->base->catalog->defs[has->fact];
  struct place place = {.signal = signal, .def = def, .fact = (uint32_t)has->fact, .column = COLUMN_FIELD, .name = ""};
  place.sure = sure && has->child_count == 1;
  if (def->type != FACT_RECORDS) place.column = COLUMN_VALUE;
  const struct rule_node *child = best_child(builder, &place, has, element_narrows);
  if (child) {
    watch_element(builder, &place, child);
    return;
  }
  place.column = COLUMN_WHOLE;
  add_watch(builder, &place, (struct watch){.kind = WATCH_ALWAYS});
}

/* `sure`: the node being true makes the signal true. */
static void watch_node(struct builder *builder, uint32_t signal, bool sure, const struct rule_node *node) {
  if (node->op == RULE_HAS) {
    watch_has(builder, signal, sure, node);
  } else if (node->op == RULE_TEST) {
    struct place place = {.signal = signal, .def = &builder->base->catalog->defs[node->fact], .fact = (uint32_t)node->fact, .name = ""};
    place.sure = sure;
    place.column = node->key ? COLUMN_MEMBER : COLUMN_WHOLE;
    if (node->key) place.name = node->key;
    watch_test(builder, &place, node);
  } else {
    bool one = node->op == RULE_ANY || (node->op == RULE_AT_LEAST && node->at_least == 1) || (node->op == RULE_ALL && node->child_count == 1);
    for (size_t i = 0; i < node->child_count; i++) watch_node(builder, signal, sure && one, &node->children[i]);
  }
}

static int compare_watches(const void *left, const void *right) {
  const struct watch *a = left, *b = right;
  if (a->column_key != b->column_key) return a->column_key < b->column_key ? -1 : 1;
  int order = a->name == b->name ? 0 : strcmp(a->name, b->name);
  if (order) return order;
  if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
  if (a->text_key != b->text_key) return a->text_key < b->text_key ? -1 : 1;
  if ((a->text_key & 0xff) && (order = strcmp(a->text, b->text)) != 0) return order;
  if (a->low != b->low) return a->low < b->low ? -1 : 1;
  if (a->high != b->high) return a->high < b->high ? -1 : 1;
  if (a->signal != b->signal) return a->signal < b->signal ? -1 : 1;
  if (a->test != b->test) return a->test > b->test ? -1 : 1; /* what needs no trial comes first */
  return a->sure == b->sure ? 0 : a->sure ? -1 : 1;
}

/* --- from watches to arrays --- */

static uint32_t put_bytes(struct builder *builder, const char *text) {
  size_t at = builder->bytes.count, length = strlen(text) + 1;
  char *copy = extend(builder, &builder->bytes, length);
  if (copy) memcpy(copy, text, length);
  return (uint32_t)at;
}

/* The signals of a run of watches, each once, where one is sure of it by that. */
static struct index_run put_run(struct builder *builder, const struct watch *watches, size_t count) {
  struct index_run run = {.first = (uint32_t)builder->postings.count};
  for (size_t i = 0; i < count; i++) {
    bool tried = watches[i].kind == WATCH_LITERAL && watches[i].test != SIZE_MAX;
    if (i && watches[i].signal == watches[i - 1].signal && (!tried || watches[i].test == watches[i - 1].test)) continue;
    uint32_t *posting = extend(builder, &builder->postings, tried ? 2 : 1);
    if (!posting) break;
    posting[0] = watches[i].signal | (watches[i].sure ? INDEX_SURELY : 0) | (tried ? INDEX_TRY : 0);
    if (tried) posting[1] = (uint32_t)watches[i].test;
    run.count += tried ? 2 : 1;
  }
  return run;
}

static bool same_text(const struct watch *a, const struct watch *b) {
  return a->kind == b->kind && a->text_key == b->text_key && strcmp(a->text, b->text) == 0;
}

/* One text for each constant of watches[0..count), which are of one kind; they stay sorted. Returns how many. */
static size_t put_texts(struct builder *builder, const struct watch *watches, size_t count) {
  size_t texts = 0;
  for (size_t i = 0, next; i < count; i = next, texts++) {
    for (next = i + 1; next < count && same_text(&watches[i], &watches[next]);) next++;
    struct index_text entry = {.text = put_bytes(builder, watches[i].text), .length = (uint32_t)strlen(watches[i].text)};
    entry.run = put_run(builder, &watches[i], next - i);
    struct index_text *added = extend(builder, &builder->texts, 1);
    if (!added) break;
    *added = entry;
  }
  return texts;
}

static uint32_t power_above(size_t least) {
  uint32_t power = 1;
  while (power < least) power *= 2;
  return power;
}

static void put_slot(uint32_t *slots, uint32_t count, uint64_t hash, uint32_t item) {
  uint32_t at = (uint32_t)hash & (count - 1);
  while (slots[at]) at = (at + 1) & (count - 1);
  slots[at] = item;
}

static const struct index_text *texts_of(const struct builder *builder) { return builder->texts.items; }
static const char *bytes_of(const struct builder *builder) { return builder->bytes.items; }

static void put_exact(struct builder *builder, struct index_column *column, const struct watch *watches, size_t count) {
  size_t first = builder->texts.count, texts = put_texts(builder, watches, count);
  column->exact_slot = (uint32_t)builder->slots.count;
  column->exact_slots = power_above(2 * texts);
  uint32_t *slots = extend(builder, &builder->slots, column->exact_slots);
  for (size_t i = first; slots && i < first + texts; i++) {
    const struct index_text *entry = &texts_of(builder)[i];
    put_slot(slots, column->exact_slots, index_hash(bytes_of(builder) + entry->text, entry->length), (uint32_t)i + 1);
    column->exact_lengths |= 1ull << (entry->length & 63);
  }
}

static void put_prefixes(struct builder *builder, struct index_column *column, const struct watch *watches, size_t count) {
  size_t first = builder->texts.count, texts = put_texts(builder, watches, count), at = first;
  column->has_prefixes = 1;
  column->prefix_slot = (uint32_t)builder->slots.count;
  uint32_t *firsts = extend(builder, &builder->slots, 257);
  for (unsigned byte = 0; firsts && byte < 257; byte++) {
    while (at < first + texts && (unsigned char)bytes_of(builder)[texts_of(builder)[at].text] < byte) at++;
    firsts[byte] = (uint32_t)at;
  }
}

/* The width of grams and the stride follow from the shortest literal: whatever holds a literal holds, at one of the places looked at, a
 * gram that begins at one of its first `stride` bytes. */
static void put_literals(struct builder *builder, struct index_column *column, const struct watch *watches, size_t count) {
  size_t first = builder->texts.count, texts = put_texts(builder, watches, count), shortest = SIZE_MAX;
  for (size_t i = first; !builder->failed && i < first + texts; i++)
    shortest = texts_of(builder)[i].length < shortest ? texts_of(builder)[i].length : shortest;
  if (builder->failed || !texts) return;
  column->gram_width = shortest < 4 ? (uint32_t)shortest : 4;
  column->gram_stride = shortest - column->gram_width < 8 ? (uint32_t)(shortest - column->gram_width) + 1 : 8;
  column->gram_slot = (uint32_t)builder->grams.count;
  column->gram_slots = power_above(2 * texts * column->gram_stride);
  column->filter_slot = (uint32_t)builder->slots.count;
  column->filter_bits = power_above(16 * texts * column->gram_stride + 32);
  struct index_gram *grams = extend(builder, &builder->grams, column->gram_slots);
  uint32_t *words = extend(builder, &builder->slots, column->filter_bits / 32);
  for (size_t i = first; words && i < first + texts; i++)
    for (uint32_t offset = 0; offset < column->gram_stride; offset++) {
      uint32_t gram = index_gram_at(bytes_of(builder) + texts_of(builder)[i].text + offset, column->gram_width), hash = index_gram_hash(gram);
      uint32_t at = hash & (column->gram_slots - 1), bit = hash & (column->filter_bits - 1);
      while (grams[at].text) at = (at + 1) & (column->gram_slots - 1);
      grams[at] = (struct index_gram){.gram = gram, .text = (uint32_t)i + 1, .offset = offset};
      ((unsigned char *)words)[bit / 8] |= (unsigned char)(1u << (bit % 8));
    }
}

static void put_intervals(struct builder *builder, struct index_column *column, const struct watch *watches, size_t count) {
  column->interval_first = (uint32_t)builder->intervals.count;
  double highest = -HUGE_VAL;
  for (size_t i = 0, next; i < count; i = next) {
    for (next = i + 1; next < count && watches[next].low == watches[i].low && watches[next].high == watches[i].high;) next++;
    highest = fmax(highest, watches[i].high);
    struct index_interval entry = {.low = watches[i].low, .high = watches[i].high, .highest = highest};
    entry.run = put_run(builder, &watches[i], next - i);
    struct index_interval *added = extend(builder, &builder->intervals, 1);
    if (!added) return;
    *added = entry;
    column->interval_count++;
  }
}

static bool same_column(const struct watch *a, const struct watch *b) {
  return a->column_key == b->column_key && (a->name == b->name || strcmp(a->name, b->name) == 0);
}

static void put_column(struct builder *builder, const struct watch *watches, size_t count) {
  struct index_column column = {.fact = watches[0].fact, .kind = watches[0].column, .name = put_bytes(builder, watches[0].name)};
  for (size_t i = 0, next; i < count && !builder->failed; i = next) {
    for (next = i + 1; next < count && watches[next].kind == watches[i].kind;) next++;
    switch (watches[i].kind) {
    case WATCH_EVERY: column.every = put_run(builder, &watches[i], next - i); break;
    case WATCH_ALWAYS: column.always = put_run(builder, &watches[i], next - i); break;
    case WATCH_EXACT: put_exact(builder, &column, &watches[i], next - i); break;
    case WATCH_PREFIX: put_prefixes(builder, &column, &watches[i], next - i); break;
    case WATCH_LITERAL: put_literals(builder, &column, &watches[i], next - i); break;
    case WATCH_INTERVAL: put_intervals(builder, &column, &watches[i], next - i); break;
    }
  }
  struct index_column *added = extend(builder, &builder->columns, 1);
  if (!added) return;
  *added = column;
  struct index_fact *fact = &builder->facts[column.fact];
  if (column.kind == COLUMN_MEMBER) {
    fact->member_lengths |= 1ull << (strlen(watches[0].name) & 63);
    return;
  }
  if (!fact->column_count++) fact->column_first = (uint32_t)builder->columns.count - 1;
}

static void put_members(struct builder *builder, struct index *index) {
  const struct index_column *columns = builder->columns.items;
  size_t members = 0;
  for (size_t i = 0; i < builder->columns.count; i++) members += columns[i].kind == COLUMN_MEMBER;
  index->member_slot = (uint32_t)builder->slots.count;
  index->member_slots = power_above(2 * members + 1);
  uint32_t *slots = extend(builder, &builder->slots, index->member_slots);
  for (size_t i = 0; slots && i < builder->columns.count; i++) {
    const char *name = bytes_of(builder) + columns[i].name;
    if (columns[i].kind == COLUMN_MEMBER) put_slot(slots, index->member_slots, index_hash(name, strlen(name)) + columns[i].fact, (uint32_t)i + 1);
  }
}

static void put_paths(struct builder *builder) {
  size_t count;
  const char *const *paths = rule_base_paths(builder->base, &count);
  builder->failed |= !paths;
  for (size_t i = 0; !builder->failed && i < count; i++) {
    uint32_t *path = extend(builder, &builder->paths, 1), at = put_bytes(builder, paths[i]);
    if (path) *path = at;
  }
}

static const void *keep(struct builder *builder, const struct array *array, uint32_t *count) {
  void *kept = arena_take_array(builder->arena, array->count + 1, array->size);
  builder->failed |= !kept;
  if (kept && array->count) memcpy(kept, array->items, array->count * array->size);
  *count = (uint32_t)array->count;
  return kept;
}

static void put_all(struct builder *builder, struct index *index) {
  struct watch *watches = builder->watches.items;
  size_t count = builder->watches.count;
  if (count) qsort(watches, count, sizeof *watches, compare_watches);
  for (size_t i = 0, next; i < count && !builder->failed; i = next) {
    for (next = i + 1; next < count && same_column(&watches[i], &watches[next]);) next++;
    put_column(builder, &watches[i], next - i);
  }
  if (!builder->failed) put_members(builder, index);
  if (!builder->failed) put_paths(builder);
  index->facts = builder->facts;
  index->fact_count = (uint32_t)builder->base->catalog->count;
  index->columns = keep(builder, &builder->columns, &index->column_count);
  index->texts = keep(builder, &builder->texts, &index->text_count);
  index->grams = keep(builder, &builder->grams, &index->gram_count);
  index->intervals = keep(builder, &builder->intervals, &index->interval_count);
  index->slots = keep(builder, &builder->slots, &index->slot_count);
  index->postings = keep(builder, &builder->postings, &index->posting_count);
  index->asked = rule_base_asked(builder->base);
  index->paths = keep(builder, &builder->paths, &index->path_count);
  builder->failed |= !index->asked;
  index->bytes = keep(builder, &builder->bytes, &index->byte_count);
}

struct index *index_build(const struct rule_base *base, struct arena *arena) {
  assert(base && arena);
  struct builder builder = {.base = base, .arena = arena};
  struct array *arrays[] = {&builder.watches, &builder.columns,  &builder.texts, &builder.grams, &builder.intervals,
                            &builder.slots,   &builder.postings, &builder.paths, &builder.bytes};
  const size_t sizes[] = {sizeof(struct watch),
                          sizeof(struct index_column),
                          sizeof(struct index_text),
                          sizeof(struct index_gram),
                          sizeof(struct index_interval),
                          sizeof(uint32_t),
                          sizeof(uint32_t),
                          sizeof(uint32_t),
                          1};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) arrays[i]->size = sizes[i];
  struct index *index = arena_take(arena, sizeof *index);
  builder.facts = arena_take_array(arena, base->catalog->count + 1, sizeof *builder.facts);
  builder.failed = !index || !builder.facts;
  for (size_t i = 0; i < base->thing_count && !builder.failed; i++)
    for (size_t s = 0; s < base->things[i].signal_count; s++) {
      const struct rule_signal *signal = &base->things[i].signals[s];
      watch_node(&builder, (uint32_t)signal->number, true, signal->when);
    }
  if (!builder.failed) put_all(&builder, index);
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) mem_free(arrays[i]->items);
  return builder.failed ? NULL : index;
}
