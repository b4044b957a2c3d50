/* See moves.h. */
#include "moves.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "witness.h"

struct cell {
  size_t fact;
  const char *key;
  const char *path; /* "env.HOME", for the order */
  bool tied;
  struct value elements[MOVES_ELEMENTS]; /* of a list: what could be added */
  size_t element_count, own_count;       /* the first own_count are for the claim and its kin */
  size_t recent[MOVES_TOGETHER];         /* those for the condition at hand */
  size_t recent_count;
  const struct rule_node *tests[MOVES_TOGETHER]; /* of one text, which it could satisfy two at a time */
  size_t test_count;
};

/* A change that some test needs to come true. Links of one condition follow each other; FACT_NONE as cell ends them. */
struct link {
  size_t cell;
  size_t move; /* FACT_NONE: the cell's first with this action */
  enum move_action action;
  bool away; /* at the end of a condition: its links take away */
};

/* While moves are gathered. */
struct gather {
  const struct rank_input *input;
  const struct fact_catalog *catalog;
  struct witness witness;
  int level;
  bool attract; /* of the thing at hand: its conditions are to come true */
  struct cell *cells;
  size_t cell_count, cell_capacity;
  struct move *moves;
  size_t count, capacity;
  struct link *links;
  size_t link_count, link_capacity;
  bool *seen; /* by thing: its conditions are looked at */
  bool cut, failed;
};

/* --- cells --- */

static bool same_key(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static size_t find_cell(const struct gather *gather, size_t fact, const char *key) {
  for (size_t i = 0; i < gather->cell_count; i++)
    if (gather->cells[i].fact == fact && same_key(gather->cells[i].key, key)) return i;
  return FACT_NONE;
}

/* The cell's number; FACT_NONE when memory is out. */
static size_t cell_of(struct gather *gather, size_t fact, const char *key) {
  size_t found = find_cell(gather, fact, key);
  if (found != FACT_NONE) return found;
  const char *own = gather->catalog->defs[fact].path;
  const char *path = key ? arena_format(gather->witness.arena, "%s.%s", own, key) : own;
  if (!path || mem_grow(&gather->cells, &gather->cell_capacity, gather->cell_count + 1, sizeof *gather->cells)) {
    gather->failed = true;
    return FACT_NONE;
  }
  gather->cells[gather->cell_count] = (struct cell){.fact = fact, .key = key, .path = path};
  return gather->cell_count++;
}

static bool same_value(const struct value *a, const struct value *b) {
  if (a->kind != b->kind) return false;
  switch (a->kind) {
  case VALUE_TEXT: return strcmp(a->text, b->text) == 0;
  case VALUE_INTEGER: return a->integer == b->integer;
  case VALUE_BOOLEAN: return a->boolean == b->boolean;
  case VALUE_NULL: return true;
  default: break;
  }
  if (a->kind == VALUE_REAL || a->count != b->count) return false;
  for (size_t i = 0; i < a->count; i++)
    if (!same_value(&a->items[i], &b->items[i]) || (a->kind == VALUE_MAP && strcmp(a->keys[i], b->keys[i]) != 0)) return false;
  return true;
}

/* The move's number, or that of the same one; FACT_NONE where there is no room. */
static size_t add_move(struct gather *gather, struct move move) {
  for (size_t i = 0; i < gather->count; i++) {
    const struct move *other = &gather->moves[i];
    bool same = other->cell == move.cell && other->action == move.action && other->partial == move.partial;
    if (same && same_value(&other->value, &move.value)) return i;
  }
  if (gather->count == MOVES_MOST) {
    gather->cut = true;
    return FACT_NONE;
  }
  if (mem_grow(&gather->moves, &gather->capacity, gather->count + 1, sizeof *gather->moves)) {
    gather->failed = true;
    return FACT_NONE;
  }
  move.fact = gather->cells[move.cell].fact;
  move.key = gather->cells[move.cell].key;
  move.path = gather->cells[move.cell].path;
  gather->moves[gather->count] = move;
  return gather->count++;
}

static size_t add_set(struct gather *gather, size_t cell, struct value value) {
  return add_move(gather, (struct move){.cell = cell, .action = MOVE_SET, .value = value});
}

static void add_link(struct gather *gather, struct link link) {
  if (mem_grow(&gather->links, &gather->link_capacity, gather->link_count + 1, sizeof *gather->links))
    gather->failed = true;
  else
    gather->links[gather->link_count++] = link;
}

/* --- values --- */

static enum fact_type scalar_of(enum fact_type type) { return type == FACT_TEXTS || type == FACT_MAP || type == FACT_RECORDS ? FACT_TEXT : type; }

static bool is_list(enum fact_type type) { return type == FACT_TEXTS || type == FACT_RECORDS; }

/* What stands in a cell now, or NULL. */
static const struct value *now_of(const struct gather *gather, size_t fact, const char *key) {
  const struct fact *at = &gather->input->eval.facts->facts[fact];
  if (at->state != FACT_PRESENT) return NULL;
  return key ? value_member(&at->value, key) : &at->value;
}

static void add_element(struct gather *gather, size_t cell, struct value element) {
  struct cell *at = &gather->cells[cell];
  size_t i = 0;
  while (i < at->element_count && !same_value(&at->elements[i], &element)) i++;
  for (size_t r = 0; r < at->recent_count; r++)
    if (at->recent[r] == i) return;
  if (i == MOVES_ELEMENTS || at->recent_count == MOVES_TOGETHER) {
    gather->cut = true;
    return;
  }
  at->recent[at->recent_count++] = i;
  if (i < at->element_count) return;
  at->elements[at->element_count++] = element;
}

static struct value list_of(struct gather *gather, const struct value *first, size_t first_count, const struct value *second, size_t second_count) {
  struct value list = {.kind = VALUE_LIST, .count = first_count + second_count};
  list.items = arena_take_array(gather->witness.arena, list.count + 1, sizeof *list.items);
  if (!list.items) {
    gather->failed = true;
    return (struct value){.kind = VALUE_NULL};
  }
  for (size_t i = 0; i < first_count; i++) list.items[i] = first[i];
  for (size_t i = 0; i < second_count; i++) list.items[first_count + i] = second[i];
  return list;
}

/* What stands in a list, and these elements; and, where that is another list, these alone. The first move's number. */
static size_t add_longer(struct gather *gather, size_t cell, const struct value *elements, size_t count) {
  const struct fact *fact = &gather->input->eval.facts->facts[gather->cells[cell].fact];
  size_t kept = fact->state == FACT_PRESENT && fact->value.kind == VALUE_LIST ? fact->value.count : 0;
  bool open = fact->state == FACT_UNKNOWN || fact->state == FACT_UNREADABLE || fact->partial;
  struct value longer = list_of(gather, kept ? fact->value.items : NULL, kept, elements, count), alone = list_of(gather, elements, count, NULL, 0);
  if (gather->failed) return FACT_NONE;
  size_t move = add_move(gather, (struct move){.cell = cell, .action = MOVE_SET, .value = longer, .partial = open, .added = alone});
  if (kept || open) add_set(gather, cell, alone);
  return move;
}

/* The elements that one condition needs of each list become a move, and its links know it. */
static void flush(struct gather *gather, size_t first_link) {
  for (size_t c = 0; c < gather->cell_count; c++) {
    struct cell *cell = &gather->cells[c];
    struct value elements[MOVES_TOGETHER];
    for (size_t i = 0; i < cell->recent_count; i++) elements[i] = cell->elements[cell->recent[i]];
    size_t move = cell->recent_count ? add_longer(gather, c, elements, cell->recent_count) : FACT_NONE;
    for (size_t l = first_link; cell->recent_count && l < gather->link_count; l++)
      if (gather->links[l].cell == c && gather->links[l].action == MOVE_SET && gather->links[l].move == FACT_NONE) gather->links[l].move = move;
    cell->recent_count = 0;
  }
}

/* A list of as many elements as a count asks for: those that stand there, then made-up ones. */
static size_t add_count(struct gather *gather, size_t cell, const struct rule_node *test) {
  const struct value *now = now_of(gather, test->fact, NULL);
  double number;
  if (match_number(test->operand, NULL, &number) || number < 0 || number > 64) {
    gather->cut = true;
    return FACT_NONE;
  }
  size_t count = (size_t)number, kept = now && now->kind == VALUE_LIST ? now->count : 0;
  struct value filler[64];
  bool records = gather->catalog->defs[test->fact].type == FACT_RECORDS;
  const struct value record = {.kind = VALUE_MAP}, word = value_text("x", 1);
  for (size_t i = 0; i < count; i++) filler[i] = records ? record : word;
  if (kept > count) kept = count;
  struct value list = list_of(gather, kept ? now->items : NULL, kept, filler, count - kept);
  return list.kind == VALUE_LIST ? add_set(gather, cell, list) : FACT_NONE;
}

/* Values of one scalar or element that make a test true. The first move, FACT_NONE for an element. */
static size_t add_scalars(struct gather *gather, size_t cell, const struct rule_node *test) {
  const struct fact_def *def = &gather->catalog->defs[test->fact];
  bool list = is_list(def->type);
  struct value values[WITNESS_VALUES];
  size_t first = FACT_NONE;
  const struct value *now = list ? NULL : now_of(gather, test->fact, test->key);
  size_t count = witness_values(&gather->witness, test, scalar_of(def->type), def->unit, now, values);
  if (count == 0) gather->cut = true;
  if (count && list) add_element(gather, cell, values[0]);
  struct cell *at = &gather->cells[cell];
  if (!list && scalar_of(def->type) == FACT_TEXT && at->test_count < MOVES_TOGETHER) at->tests[at->test_count++] = test;
  for (size_t i = 0; i < count && !list; i++) {
    size_t move = add_set(gather, cell, values[i]);
    if (i == 0) first = move;
  }
  return first;
}

/* Values that make a test true; what it needs, linked. */
static void add_witnesses(struct gather *gather, size_t cell, const struct rule_node *test) {
  enum fact_type type = gather->catalog->defs[test->fact].type;
  struct link link = {.cell = cell, .move = FACT_NONE, .action = test->matcher == MATCH_ABSENT ? MOVE_REMOVE : MOVE_SET};
  bool bare = type == FACT_RECORDS || (type == FACT_MAP && !test->key); /* nothing but present, absent and count is asked of these */
  if (test->matcher == MATCH_COUNT)
    link.move = add_count(gather, cell, test);
  else if (test->matcher == MATCH_ABSENT)
    ; /* taking it away is among the moves of every cell */
  else if (type == FACT_PATHS)
    link.move = add_set(gather, cell, value_boolean(true));
  else if (type == FACT_RECORDS)
    add_element(gather, cell, (struct value){.kind = VALUE_MAP});
  else if (!bare)
    link.move = add_scalars(gather, cell, test);
  else
    gather->cut = true;
  add_link(gather, link);
}

/* --- elements of lists and members of maps --- */

/* The value of one field that a test asks for; VALUE_NULL for absent, and where none could be made up. */
static struct value field_value(struct gather *gather, const struct fact_def *def, const struct rule_node *test) {
  char suffix = 0;
  struct value values[WITNESS_VALUES] = {{.kind = VALUE_NULL}};
  if (def->fields) fact_field(def, test->key, &suffix);
  if (test->matcher == MATCH_ABSENT) return values[0];
  enum fact_type type = suffix == '#' ? FACT_INTEGER : suffix == '?' ? FACT_BOOLEAN : FACT_TEXT;
  size_t length = strlen(test->key);
  const char *unit = length > 6 && strcmp(test->key + length - 6, "_bytes") == 0 ? "bytes" : NULL;
  size_t count = test->matcher == MATCH_COUNT ? 0 : witness_values(&gather->witness, test, type, unit, NULL, values);
  if (count == 0) gather->cut = true;
  return count && suffix == '*' ? list_of(gather, values, 1, NULL, 0) : values[0];
}

static int compare_keys(const void *left, const void *right) { return strcmp(*(const char *const *)left, *(const char *const *)right); }

/* The fields of a record by name; two tests of one field that is a list get an element each. */
static void put_field(struct gather *gather, struct value *record, const char *key, struct value value) {
  for (size_t i = 0; i < record->count; i++) {
    if (strcmp(record->keys[i], key) != 0) continue;
    struct value *at = &record->items[i];
    if (at->kind == VALUE_LIST && value.kind == VALUE_LIST) *at = list_of(gather, at->items, at->count, value.items, value.count);
    return;
  }
  record->keys[record->count] = key;
  record->items[record->count++] = value;
}

/* Sorts a record's fields by name, as values are. */
static void sort_record(struct value *record) {
  for (size_t i = 1; i < record->count; i++)
    for (size_t j = i; j > 0 && compare_keys(&record->keys[j], &record->keys[j - 1]) < 0; j--) {
      const char *key = record->keys[j];
      struct value item = record->items[j];
      record->keys[j] = record->keys[j - 1];
      record->items[j] = record->items[j - 1];
      record->keys[j - 1] = key;
      record->items[j - 1] = item;
    }
}

/* Fills in the fields that a condition on an element asks for; of alternatives the first. */
static void fill_record(struct gather *gather, const struct fact_def *def, const struct rule_node *node, struct value *record) {
  if (node->op == RULE_TEST && node->key) {
    put_field(gather, record, node->key, field_value(gather, def, node));
    return;
  }
  bool conjunction = node->op == RULE_ALL || node->op == RULE_HAS || node->op == RULE_AT_LEAST || node->op == RULE_ANY;
  size_t needed = node->op == RULE_ANY ? 1 : node->op == RULE_AT_LEAST ? node->at_least : node->child_count;
  if (!conjunction) gather->cut = true; /* none of: whatever the others say may do, or not */
  for (size_t i = 0; conjunction && i < needed && i < node->child_count; i++) fill_record(gather, def, &node->children[i], record);
}

static size_t count_fields(const struct rule_node *node) {
  size_t count = node->op == RULE_TEST;
  for (size_t i = 0; i < node->child_count; i++) count += count_fields(&node->children[i]);
  return count;
}

/* An element that satisfies a has. */
static struct value element_for(struct gather *gather, const struct rule_node *has) {
  struct value record = {.kind = VALUE_MAP};
  size_t most = count_fields(has);
  record.items = arena_take_array(gather->witness.arena, most + 1, sizeof *record.items);
  record.keys = arena_take_array(gather->witness.arena, most + 1, sizeof *record.keys);
  if (!record.items || !record.keys)
    gather->failed = true;
  else
    fill_record(gather, &gather->catalog->defs[has->fact], has, &record);
  sort_record(&record);
  return record;
}

/* A has on a map: a member of a made-up name. */
static void add_member(struct gather *gather, const struct rule_node *has) {
  struct value member = element_for(gather, has);
  const struct value *name = value_member(&member, "name"), *value = value_member(&member, "value");
  bool named = name && name->kind == VALUE_TEXT && gather->catalog->defs[has->fact].type == FACT_MAP;
  size_t cell = cell_of(gather, has->fact, named ? name->text : NULL);
  if (!named) gather->cut = true;
  if (!named || cell == FACT_NONE) return;
  size_t move = add_set(gather, cell, value && value->kind == VALUE_TEXT ? *value : value_text("1", 1));
  add_link(gather, (struct link){.cell = cell, .move = move});
}

/* --- conditions --- */

static void visit_has(struct gather *gather, const struct rule_node *has) {
  size_t cell = cell_of(gather, has->fact, NULL);
  if (cell == FACT_NONE || !gather->attract) return;
  if (gather->catalog->defs[has->fact].type != FACT_RECORDS) {
    add_member(gather, has);
    return;
  }
  add_element(gather, cell, element_for(gather, has));
  add_link(gather, (struct link){.cell = cell, .move = FACT_NONE, .action = MOVE_SET});
}

static void visit_test(struct gather *gather, const struct rule_node *test) {
  size_t cell = cell_of(gather, test->fact, test->key);
  if (cell != FACT_NONE && gather->attract) add_witnesses(gather, cell, test);
}

/* Every fact that a condition looks at becomes a cell; where the condition is to come true, with what makes its tests true. */
static void visit(struct gather *gather, const struct rule_node *node) {
  bool leaf = node->op == RULE_TEST || node->op == RULE_HAS;
  bool reached = leaf && node->fact != FACT_NONE && (int)gather->catalog->defs[node->fact].forge <= gather->level;
  if (reached && node->op == RULE_HAS) visit_has(gather, node);
  if (reached && node->op == RULE_TEST) visit_test(gather, node);
  for (size_t i = 0; !leaf && i < node->child_count; i++) visit(gather, &node->children[i]);
}

static void visit_thing(struct gather *gather, const struct rule_thing *thing, bool attract) {
  gather->seen[thing - gather->input->base->things] = true;
  for (size_t i = 0; i < thing->signal_count; i++) {
    size_t first_link = gather->link_count;
    gather->attract = attract || thing->signals[i].seen < thing->signals[i].elsewhere; /* what speaks against a rival is welcome */
    visit(gather, thing->signals[i].when);
    flush(gather, first_link);
    if (gather->attract) add_link(gather, (struct link){.cell = FACT_NONE});
  }
}

/* --- whose conditions --- */

static bool is_kin(const struct rule_thing *a, const struct rule_thing *b) { return rule_is_kind(a, b) || rule_is_kind(b, a); }

static bool promises(const struct rule_base *base, const struct rule_thing *upper, const struct rule_thing *lower) {
  for (size_t i = 0; upper && lower && i < upper->stack_count; i++) {
    if (strcmp(upper->stack[i].layer, lower->layer) != 0) continue;
    const struct rule_thing *named = rule_base_find(base, lower->layer, upper->stack[i].id);
    if (named && is_kin(named, lower)) return true;
  }
  return false;
}

/* Things of another layer that speak for the claim when they are believed. */
static bool is_ally(const struct rule_base *base, const struct rule_thing *claim, const struct rule_thing *other) {
  return strcmp(claim->layer, other->layer) != 0 && (promises(base, claim, other) || promises(base, other, claim));
}

bool moves_friendly(const struct rule_base *base, const struct rule_thing *claim, const struct rule_thing *thing) {
  return (strcmp(thing->layer, claim->layer) == 0 && is_kin(thing, claim)) || is_ally(base, claim, thing);
}

/* Links what takes away every fact that a condition looks at. */
static void link_away(struct gather *gather, const struct rule_node *node) {
  bool leaf = node->op == RULE_TEST || node->op == RULE_HAS;
  size_t cell = leaf && node->fact != FACT_NONE ? find_cell(gather, node->fact, node->key) : FACT_NONE;
  bool member = node->key && cell != FACT_NONE && gather->catalog->defs[node->fact].type == FACT_MAP;
  if (cell != FACT_NONE) add_link(gather, (struct link){.cell = cell, .move = FACT_NONE, .action = member ? MOVE_REMOVE : MOVE_WITHHOLD});
  for (size_t i = 0; !leaf && i < node->child_count; i++) link_away(gather, &node->children[i]);
}

/* A rival, with all that it is a kind of: its conditions, and as one bundle what takes away those that hold. */
static void visit_rival(struct gather *gather, const struct rule_thing *rival) {
  for (const struct rule_thing *at = rival; at; at = at->parent) visit_thing(gather, at, false);
  for (const struct rule_thing *at = rival; at; at = at->parent)
    for (size_t i = 0; i < at->signal_count; i++)
      if (eval_node(&gather->input->eval, at->signals[i].when, NULL) == TRUTH_TRUE) link_away(gather, at->signals[i].when);
  add_link(gather, (struct link){.cell = FACT_NONE, .away = true});
}

/* The best of a layer that are neither kin nor allies, one after the other. */
static void visit_rivals(struct gather *gather, const struct layer_scores *layer, const struct rule_thing *claim, size_t most) {
  double below = 0;
  const struct score *last = NULL;
  for (size_t n = 0; n < most; n++) {
    const struct score *best = NULL;
    for (size_t i = 0; i + 1 < layer->count; i++) {
      const struct score *score = &layer->scores[i];
      bool friendly = moves_friendly(gather->input->base, claim, score->thing);
      bool told = last && (score->log_odds > below || (score->log_odds == below && score->thing->place <= last->thing->place));
      if (!friendly && !told && (!best || score->log_odds > best->log_odds)) best = score;
    }
    if (!best) return;
    visit_rival(gather, best->thing);
    last = best;
    below = best->log_odds;
  }
}

static void visit_all(struct gather *gather, const struct layer_scores *scores, const struct rule_thing *claim) {
  const struct rule_base *base = gather->input->base;
  for (size_t i = 0; i < base->thing_count; i++)
    if (strcmp(base->things[i].layer, claim->layer) == 0 && is_kin(&base->things[i], claim)) visit_thing(gather, &base->things[i], true);
  for (size_t c = 0; c < gather->cell_count; c++) gather->cells[c].own_count = gather->cells[c].element_count;
  for (size_t i = 0; i < base->thing_count; i++)
    if (is_ally(base, claim, &base->things[i])) visit_thing(gather, &base->things[i], true);
  for (size_t k = 0; k < base->layer_count; k++) {
    bool own = strcmp(base->layers[k].id, claim->layer) == 0, asked = own || k == 0;
    for (size_t i = 0; i < claim->stack_count; i++) asked |= strcmp(claim->stack[i].layer, base->layers[k].id) == 0;
    if (asked) visit_rivals(gather, &scores[k], claim, own ? MOVES_RIVALS : MOVES_RIVALS / 2);
  }
}

/* --- moves of every cell --- */

/* A list with all that the claim asks for, and with all that anybody asks for. */
static void add_lists(struct gather *gather, size_t cell) {
  const struct cell *at = &gather->cells[cell];
  size_t counts[2] = {at->own_count, at->element_count};
  for (int i = at->own_count == 0 || at->own_count == at->element_count; i < 2; i++) {
    if (counts[i] > 1) add_longer(gather, cell, at->elements, counts[i]);
  }
}

/* Something that is like nothing. */
static void add_other(struct gather *gather, size_t cell) {
  static const struct value words = {.kind = VALUE_TEXT, .text = "x", .length = 1};
  const struct cell *at = &gather->cells[cell];
  struct value one = words;
  switch (gather->catalog->defs[at->fact].type) {
  case FACT_TEXT: add_set(gather, cell, words); break;
  case FACT_MAP:
    if (at->key) add_set(gather, cell, words);
    break;
  case FACT_INTEGER: add_set(gather, cell, value_integer(0)); break;
  case FACT_REAL: add_set(gather, cell, (struct value){.kind = VALUE_REAL}); break;
  case FACT_BOOLEAN:
    add_set(gather, cell, value_boolean(false));
    add_set(gather, cell, value_boolean(true));
    break;
  case FACT_RECORDS: one = (struct value){.kind = VALUE_MAP}; /* fall through */
  case FACT_TEXTS: add_set(gather, cell, list_of(gather, &one, 1, NULL, 0)); break;
  default: break;
  }
}

/* One text for two tests: what satisfies the one, with what the other asks for laid before or behind it. */
static void add_joint(struct gather *gather, size_t cell) {
  const struct cell *at = &gather->cells[cell];
  struct value firsts[WITNESS_VALUES], both[WITNESS_VALUES];
  for (size_t i = 0; i < at->test_count; i++)
    for (size_t j = 0; j < at->test_count; j++) {
      const struct value *now = now_of(gather, at->fact, at->key);
      bool taken = i == j || witness_values(&gather->witness, at->tests[i], FACT_TEXT, NULL, now, firsts) == 0;
      size_t count = taken ? 0 : witness_values(&gather->witness, at->tests[j], FACT_TEXT, NULL, &firsts[0], both), k = 0;
      while (k < count && !witness_holds(&gather->witness, at->tests[i], NULL, &both[k])) k++;
      if (k < count) add_set(gather, cell, both[k]);
    }
}

/* Who may set a member of a map may do without the whole of it. */
static void add_maps(struct gather *gather) {
  for (size_t i = 0; i < gather->cell_count && !gather->failed; i++)
    if (gather->cells[i].key && gather->catalog->defs[gather->cells[i].fact].type == FACT_MAP) cell_of(gather, gather->cells[i].fact, NULL);
}

static void finish_cells(struct gather *gather) {
  const struct fact_set *facts = gather->input->eval.facts;
  add_maps(gather);
  for (size_t i = 0; i < gather->cell_count; i++) {
    add_lists(gather, i);
    add_joint(gather, i);
  }
  for (size_t i = 0; i < gather->cell_count; i++) {
    const struct cell *cell = &gather->cells[i];
    enum fact_type type = gather->catalog->defs[cell->fact].type;
    bool whole_paths = type == FACT_PATHS && !cell->key;
    if (!whole_paths) add_move(gather, (struct move){.cell = i, .action = MOVE_REMOVE});
    if (facts->facts[cell->fact].state == FACT_PRESENT || facts->facts[cell->fact].state == FACT_ABSENT)
      if (!cell->key || type == FACT_PATHS) add_move(gather, (struct move){.cell = i, .action = MOVE_WITHHOLD});
    add_other(gather, i);
  }
}

/* Marks the cells of a condition that looks at more than one; *first is the first of them, FACT_NONE before. */
static void tie(struct gather *gather, const struct rule_node *node, size_t *first) {
  if (node->fact != FACT_NONE && (node->op == RULE_TEST || node->op == RULE_HAS)) {
    size_t cell = find_cell(gather, node->fact, node->key);
    if (cell == FACT_NONE || cell == *first) return;
    if (*first != FACT_NONE) gather->cells[cell].tied = gather->cells[*first].tied = true;
    *first = cell;
  }
  if (node->op != RULE_HAS && node->op != RULE_TEST)
    for (size_t i = 0; i < node->child_count; i++) tie(gather, &node->children[i], first);
}

static void tie_all(struct gather *gather) {
  const struct rule_base *base = gather->input->base;
  for (size_t i = 0; i < base->thing_count; i++)
    for (size_t s = 0; gather->seen[i] && s < base->things[i].signal_count; s++) {
      size_t first = FACT_NONE;
      tie(gather, base->things[i].signals[s].when, &first);
    }
}

/* --- what is handed out --- */

static int compare_moves(const void *left, const void *right) {
  const struct move *a = left, *b = right;
  int order = strcmp(a->path, b->path);
  return order ? order : (a->order > b->order) - (a->order < b->order);
}

/* Where each move stands after sorting, by its order. */
static size_t *places_of(const struct moves *moves, struct arena *arena) {
  size_t *places = arena_take_array(arena, moves->count + 1, sizeof *places);
  for (size_t i = 0; places && i < moves->count; i++) places[moves->items[i].order] = i;
  return places;
}

static bool has_cell(const struct moves *moves, const struct bundle *bundle, size_t cell) {
  for (size_t i = 0; i < bundle->count; i++)
    if (moves->items[bundle->moves[i]].cell == cell) return true;
  return false;
}

/* The place of the move that a link means: of a list the first, which adds all; else the one that was made for it. */
static size_t linked(const struct moves *moves, const size_t *places, const struct link *link) {
  if (link->move != FACT_NONE) return places[link->move];
  for (size_t i = 0; i < moves->count; i++)
    if (moves->items[i].cell == link->cell && moves->items[i].action == link->action) return i;
  return FACT_NONE;
}

static int hand_bundles(const struct gather *gather, struct arena *arena, struct moves *moves) {
  const size_t *places = places_of(moves, arena);
  size_t *all = arena_take_array(arena, gather->link_count + 1, sizeof *all);
  moves->bundles = arena_take_array(arena, gather->link_count + 1, sizeof *moves->bundles);
  if (!places || !all || !moves->bundles) return -1;
  struct bundle bundle = {.moves = all};
  for (size_t i = 0; i < gather->link_count; i++) {
    if (gather->links[i].cell != FACT_NONE) {
      size_t place = linked(moves, places, &gather->links[i]);
      if (place != FACT_NONE && !has_cell(moves, &bundle, moves->items[place].cell)) all[bundle.count++] = place;
      continue;
    }
    bundle.away = gather->links[i].away;
    if (bundle.count > 1) moves->bundles[moves->bundle_count++] = bundle;
    all += bundle.count;
    bundle = (struct bundle){.moves = all};
  }
  return 0;
}

static int hand_out(struct gather *gather, struct arena *arena, struct moves *moves) {
  bool *tied = arena_take_array(arena, gather->cell_count + 1, sizeof *tied);
  moves->items = arena_take_array(arena, gather->count + 1, sizeof *moves->items);
  if (gather->failed || !tied || !moves->items) return -1;
  for (size_t i = 0; i < gather->cell_count; i++) tied[i] = gather->cells[i].tied;
  for (size_t i = 0; i < gather->count; i++) {
    moves->items[i] = gather->moves[i];
    moves->items[i].order = i;
  }
  moves->count = gather->count;
  moves->cell_count = gather->cell_count;
  moves->tied = tied;
  moves->cut = gather->cut;
  if (moves->count) qsort(moves->items, moves->count, sizeof *moves->items, compare_moves);
  return hand_bundles(gather, arena, moves);
}

int moves_find(const struct rank_input *input, const struct layer_scores *scores, const struct rule_thing *claim, int level, struct arena *arena,
               struct moves *moves) {
  assert(input && scores && claim && arena && moves);
  struct gather gather = {.input = input, .catalog = input->base->catalog, .witness = {.cache = input->eval.cache, .arena = arena}, .level = level};
  *moves = (struct moves){0};
  gather.seen = arena_take_array(arena, input->base->thing_count + 1, sizeof *gather.seen);
  if (!gather.seen) return -1;
  visit_all(&gather, scores, claim);
  finish_cells(&gather);
  tie_all(&gather);
  int status = hand_out(&gather, arena, moves);
  mem_free(gather.cells);
  mem_free(gather.moves);
  mem_free(gather.links);
  return status;
}

/* --- making a move --- */

/* The map with one member set, or taken out where `item` is NULL. */
static int put_member(struct value *map, const char *key, const struct value *item, struct arena *arena) {
  size_t count = map->kind == VALUE_MAP ? map->count : 0, kept = 0;
  struct value next = {.kind = VALUE_MAP};
  bool placed = item == NULL;
  next.items = arena_take_array(arena, count + 1, sizeof *next.items);
  next.keys = arena_take_array(arena, count + 1, sizeof *next.keys);
  if (!next.items || !next.keys) return -1;
  for (size_t i = 0; i <= count; i++) {
    int order = i < count ? strcmp(key, map->keys[i]) : -1;
    if (!placed && order <= 0) {
      next.keys[kept] = key;
      next.items[kept++] = *item;
      placed = true;
    }
    if (i == count || order == 0) continue;
    next.keys[kept] = map->keys[i];
    next.items[kept++] = map->items[i];
  }
  next.count = kept;
  *map = next;
  return 0;
}

/* One member of a map or of the paths that were looked at. A map that nobody had looked at is then known in part. */
static int make_member(const struct move *move, struct fact_set *facts, struct arena *arena) {
  static const struct value gone = {.kind = VALUE_NULL};
  struct fact *fact = &facts->facts[move->fact];
  bool paths = facts->catalog->defs[move->fact].type == FACT_PATHS;
  struct value map = fact->state == FACT_PRESENT ? fact->value : (struct value){.kind = VALUE_MAP}, no = value_boolean(false);
  if (fact->state != FACT_PRESENT && fact->state != FACT_ABSENT) fact->partial = !paths;
  const struct value *item = move->action == MOVE_SET ? &move->value : NULL;
  if (move->action == MOVE_REMOVE && paths) item = &no;
  if (move->action == MOVE_REMOVE && !paths && fact->partial) item = &gone;
  if (put_member(&map, move->key, item, arena)) return -1;
  fact_set_value(facts, move->fact, map);
  return 0;
}

int moves_make(const struct move *move, struct fact_set *facts, struct arena *arena) {
  assert(move && facts && arena && move->fact < facts->catalog->count);
  struct fact *fact = &facts->facts[move->fact];
  if (move->key) return make_member(move, facts, arena);
  fact->partial = false;
  fact->reason = NULL;
  if (move->action == MOVE_SET) {
    fact->partial = move->partial;
    fact_set_value(facts, move->fact, move->value);
  } else if (move->action == MOVE_REMOVE) {
    fact_set_absent(facts, move->fact);
  } else {
    fact->state = FACT_UNKNOWN;
  }
  return 0;
}
