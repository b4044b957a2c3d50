/* Rules into the tables of schema.sql and into the flat form behind them, as the bytes of a sealed file.
 *
 * Knows the tables, and the order of a file's parts. Must not know YAML: what it is given has been checked. The file is made in memory, so that a
 * half-made one is never on a disk. The same rules give the same bytes: rows are in one order, and nothing of this moment is in it. */
#include <assert.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>

#include "distinct.h"
#include "gather.h"
#include "image.h"
#include "layout.h"
#include "seal.h"
#include "sql.h"
#include "statement.h"
#include "words.h"

#define STATEMENTS 24

/* The sets of facts written so far, by number from 1: many pairs share one. */
struct fact_sets {
  const struct distinction **items;
  size_t count, capacity;
  struct arena *arena;
};

struct writer {
  sqlite3 *db;
  const struct fact_catalog *catalog;
  int code; /* SQLite's */
  struct {
    const char *name;
    sqlite3_stmt *statement;
  } statements[STATEMENTS];
  size_t statement_count;
  size_t source, signal, condition; /* numbers that SQLite gave last: rows of a table are numbered as they come */
  struct fact_sets sets;
};

static sqlite3_stmt *find_statement(struct writer *writer, const char *name) {
  for (size_t i = 0; i < writer->statement_count; i++) /* at worst a text that stands in two places is prepared twice */
    if (writer->statements[i].name == name) return writer->statements[i].statement;
  assert(writer->statement_count < STATEMENTS);
  sqlite3_stmt *statement = NULL;
  writer->code = statement_prepare(writer->db, name, &statement);
  if (!statement) return NULL;
  writer->statements[writer->statement_count].name = name;
  writer->statements[writer->statement_count++].statement = statement;
  return statement;
}

/* One row. `types` has a letter for each column: t text or NULL, n a number (size_t) or 0 for null, i a number (size_t), r real. */
static void insert(struct writer *writer, const char *name, const char *types, ...) {
  sqlite3_stmt *statement = writer->code ? NULL : find_statement(writer, name);
  if (!statement) return;
  va_list values;
  va_start(values, types);
  for (int i = 0; types[i]; i++) {
    if (types[i] == 't') sqlite3_bind_text(statement, i + 1, va_arg(values, const char *), -1, SQLITE_STATIC);
    if (types[i] == 'r') sqlite3_bind_double(statement, i + 1, va_arg(values, double));
    if (types[i] != 'i' && types[i] != 'n') continue;
    size_t number = va_arg(values, size_t);
    if (types[i] == 'n' && number == 0)
      sqlite3_bind_null(statement, i + 1);
    else
      sqlite3_bind_int64(statement, i + 1, (sqlite3_int64)number);
  }
  va_end(values);
  int code = sqlite3_step(statement);
  if (code != SQLITE_DONE) writer->code = code;
  sqlite3_reset(statement);
}

/* --- the model and the catalogue --- */

static void write_model(struct writer *writer, const struct rule_model *model) {
  static const char *const names[FORGE_COSTS] = {"forge_floor.tenant", "forge_floor.root", "forge_floor.image", "forge_floor.vmm",
                                                 "forge_floor.network"};
  static const char *const whys[FORGE_COSTS] = {
      [FORGE_TENANT] = "P(true | anything else) is never taken below this for what any tenant can set: somebody may be pretending",
      [FORGE_ROOT] = "the same, for what root of the machine or container can set",
      [FORGE_IMAGE] = "the same, for what the builder of the image or kernel can set",
      [FORGE_VMM] = "the same, for what only the hypervisor or firmware can set",
      [FORGE_NETWORK] = "the same, for what is seen from outside",
  };
  for (size_t i = 0; i < FORGE_COSTS; i++) insert(writer, "insert_model", "trt", names[i], model->forge_floor[i], whys[i]);
  insert(writer, "insert_model", "trt", "half_life_days", model->half_life_days, "volatile evidence loses half its weight in so many days");
  insert(writer, "insert_model", "trt", "temperature", model->temperature,
         "bits of evidence are divided by it: fitted, so that probabilities come true");
}

static void write_fact(struct writer *writer, const struct fact_def *def) {
  insert(writer, "insert_fact", "tttttttt", def->path, fact_type_name(def->type), def->unit, def->fields, def->how,
         fact_privilege_name(def->privilege), fact_forge_name(def->forge), def->caveat);
}

static void write_common(struct writer *writer, const struct rules *rules, bool drafts) {
  insert(writer, "insert_meta", "tt", "made_by", "hostprint compile");
  insert(writer, "insert_meta", "tt", "format", "3");
  insert(writer, "insert_meta", "tt", "drafts", drafts ? "yes" : "no");
  for (size_t i = 0; i < rules->word_count; i++) insert(writer, "insert_word", "tr", rules->words[i].word, rules->words[i].probability);
  write_model(writer, &rules->model);
  for (size_t i = 0; i < rules->layer_count; i++) {
    const struct rules_layer *layer = &rules->layers[i];
    insert(writer, "insert_layer", "titr", layer->id, i + 1, layer->title, layer->known);
  }
  for (size_t i = 0; i < rules->catalog->count; i++) write_fact(writer, &rules->catalog->defs[i]);
}

/* --- conditions --- */

static const char *const operators[] = {
    [RULE_ALL] = "all", [RULE_ANY] = "any", [RULE_NONE] = "none", [RULE_AT_LEAST] = "at_least", [RULE_HAS] = "has", [RULE_TEST] = "test"};

/* Recursion: YAML's depth limits that of a condition. */
static void write_node(struct writer *writer, const struct rule_node *node, size_t parent, size_t position) {
  const size_t number = ++writer->condition;
  const char *fact = node->fact == FACT_NONE ? NULL : writer->catalog->defs[node->fact].path;
  const char *matcher = node->op == RULE_TEST ? matcher_names[node->matcher] : NULL;
  if (node->op != RULE_TEST && node->op != RULE_HAS) fact = NULL;
  insert(writer, "insert_condition", "initntttt", writer->signal, parent, position, operators[node->op], node->at_least, fact, node->key, matcher,
         node->operand);
  for (size_t i = 0; i < node->child_count; i++) write_node(writer, &node->children[i], number, i + 1);
}

/* --- things --- */

static void write_sources(struct writer *writer, const struct rules_thing *thing, size_t platform) {
  for (size_t i = 0; i < thing->source_count; i++) {
    const struct rules_source *source = &thing->sources[i];
    writer->source++;
    assert(source->number == writer->source);
    insert(writer, "insert_source", "ntttt", platform, source->key, source->title, source->url, source->observed);
  }
}

static void write_signals(struct writer *writer, const struct rules_thing *thing, size_t platform) {
  for (size_t i = 0; i < thing->signal_count; i++) {
    const struct rules_signal *signal = &thing->signals[i];
    writer->signal++;
    insert(writer, "insert_signal", "ititrrititi", platform, signal->id, i + 1, signal->group, signal->seen, signal->elsewhere,
           (size_t)signal->is_volatile, signal->why, signal->source->number, signal->text, (size_t)signal->node->line);
    write_node(writer, signal->when, 0, 1);
  }
}

static void write_rest(struct writer *writer, const struct rules_thing *thing, size_t platform) {
  for (size_t i = 0; i < thing->stack_count; i++)
    insert(writer, "insert_expectation", "ittr", platform, thing->stack[i].layer, thing->stack[i].id, thing->stack[i].probability);
  for (size_t i = 0; i < thing->extract_count; i++) {
    const struct rule_extract *extract = &thing->extracts[i];
    insert(writer, "insert_extract", "itittt", platform, extract->name, i + 1, writer->catalog->defs[extract->fact].path, extract->key,
           extract->regex);
  }
  for (size_t i = 0; i < thing->documented_count; i++)
    insert(writer, "insert_documented", "itit", platform, thing->documented[i].name, i + 1, thing->documented[i].value);
  for (size_t i = 0; i < thing->example_count; i++) {
    const struct rules_example *example = &thing->examples[i];
    insert(writer, "insert_example", "itttti", platform, example->report, example->facts, example->expect, example->why, (size_t)example->node->line);
  }
}

/* Sources come before signals, which may rest on the sources of other files. */
static void write_things(struct writer *writer, const struct rules *rules) {
  for (size_t i = 0; i < rules->thing_count; i++) {
    const struct rules_thing *thing = rules->things[i];
    insert(writer, "insert_platform", "ttttttrit", thing->layer, thing->id, thing->name, thing->category,
           thing->kind_of ? thing->kind_of->text : NULL, thing->phrase, thing->odds, (size_t)thing->draft, thing->inner);
  }
  for (size_t i = 0; i < rules->lib_count; i++) write_sources(writer, rules->libs[i], 0);
  for (size_t i = 0; i < rules->thing_count; i++) write_sources(writer, rules->things[i], i + 1);
  for (size_t i = 0; i < rules->thing_count; i++) {
    write_signals(writer, rules->things[i], i + 1);
    write_rest(writer, rules->things[i], i + 1);
  }
}

/* --- full text --- */

static void write_search(struct writer *writer, const struct rules *rules) {
  struct buffer thing = {0}, words = {0};
  size_t number = 0;
  for (size_t i = 0; i < rules->thing_count; i++)
    for (size_t s = 0; s < rules->things[i]->signal_count && !writer->code; s++) {
      const struct rules_signal *signal = &rules->things[i]->signals[s];
      words_of_thing(rules->things[i], signal, &thing);
      words_of_signal(signal, &words);
      if (thing.failed || words.failed)
        writer->code = SQLITE_NOMEM;
      else
        insert(writer, "insert_search", "itt", ++number, thing.text, words.text);
    }
  buffer_free(&thing);
  buffer_free(&words);
}

/* --- pairs --- */

/* The number of a set, given and written where it is new; 0 for the empty one. */
static size_t number_of_set(struct writer *writer, const struct distinction *distinction) {
  struct fact_sets *sets = &writer->sets;
  size_t bytes = distinction->count * sizeof *distinction->facts;
  if (distinction->count == 0) return 0;
  for (size_t i = sets->count; i-- > 0;)
    if (sets->items[i]->count == distinction->count && memcmp(sets->items[i]->facts, distinction->facts, bytes) == 0) return i + 1;
  struct distinction *kept = arena_take(sets->arena, sizeof *kept);
  size_t *facts = arena_take(sets->arena, bytes);
  if (!kept || !facts || mem_grow(&sets->items, &sets->capacity, sets->count + 1, sizeof *sets->items)) {
    writer->code = SQLITE_NOMEM;
    return 0;
  }
  memcpy(facts, distinction->facts, bytes);
  *kept = (struct distinction){.facts = facts, .count = distinction->count};
  sets->items[sets->count++] = kept;
  for (size_t i = 0; i < kept->count; i++) insert(writer, "insert_fact_set", "iit", sets->count, i + 1, writer->catalog->defs[facts[i]].path);
  return sets->count;
}

static void write_pair(void *context, size_t one, size_t other, const struct distinction *distinction) {
  struct writer *writer = context;
  size_t set = number_of_set(writer, distinction);
  insert(writer, "insert_distinction", "iinirr", one, other, set, (size_t)distinction->smallest, distinction->bits[0], distinction->bits[1]);
}

static void write_pairs(struct writer *writer, const struct rules *rules, const struct rule_base *base) {
  writer->sets.arena = arena_new();
  bool out = !writer->sets.arena || distinct_pairs(rules, base, write_pair, writer);
  if (out && !writer->code) writer->code = SQLITE_NOMEM;
  arena_free(writer->sets.arena);
  mem_free(writer->sets.items);
}

/* --- the file --- */

static void run(struct writer *writer, const char *name) {
  if (!writer->code) writer->code = statement_run(writer->db, name);
}

static void run_text(struct writer *writer, const char *text) {
  if (!writer->code) writer->code = sqlite3_exec(writer->db, text, NULL, NULL, NULL);
}

static void write_database(struct writer *writer, const struct rules *rules, const struct rule_base *base, bool drafts) {
  run(writer, "prepare_file");
  run(writer, "begin");
  run_text(writer, sql_schema);
  write_common(writer, rules, drafts);
  write_things(writer, rules);
  if (!writer->code) write_pairs(writer, rules, base);
  run(writer, "finish_rows");
  run_text(writer, sql_views);
  run_text(writer, sql_founding);
  run_text(writer, sql_readme);
  run(writer, "begin_search");
  write_search(writer, rules);
  for (size_t i = 0; i < writer->statement_count; i++) sqlite3_finalize(writer->statements[i].statement);
  run(writer, "finish_file");
}

/* The flat form of the rules and the seal, right behind the pages of the database, whose block grows. */
static int put_together(const struct buffer *flat, unsigned char **bytes, size_t *length) {
  unsigned char *whole = sqlite3_realloc64(*bytes, *length + flat->length + SEAL_BYTES);
  if (!whole) return STATUS_MEMORY;
  memcpy(whole + *length, flat->text, flat->length);
  *length += flat->length + SEAL_BYTES;
  seal_write(whole, *length);
  *bytes = whole;
  return 0;
}

/* The pages; NULL, and a status code, where they could not be made. */
static unsigned char *write_pages(struct writer *writer, const struct rules *rules, const struct rule_base *base, bool drafts,
                                  struct diag_list *diags, size_t *length, int *status) {
  sqlite3_int64 size = 0;
  unsigned char *pages = NULL;
  writer->code = sqlite3_open_v2(":memory:", &writer->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
  write_database(writer, rules, base, drafts);
  if (!writer->code) pages = sqlite3_serialize(writer->db, "main", &size, 0);
  *length = (size_t)size;
  *status = pages ? 0 : STATUS_MEMORY;
  if (writer->code && writer->code != SQLITE_NOMEM)
    *status = diag_format(diags, STATUS_DB_WRITE, NULL, 0, 0, "SQLite says: %s", sqlite3_errmsg(writer->db));
  sqlite3_close(writer->db);
  return pages;
}

int image_write(struct rules *rules, bool drafts, struct diag_list *diags, unsigned char **bytes, size_t *length) {
  assert(rules && bytes && length);
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* nobody asks how much it takes; refused, and no matter, once SQLite has begun */
  struct writer writer = {.catalog = rules->catalog};
  struct rule_base *base = gather_base(rules);
  struct buffer flat = {0};
  int status = STATUS_MEMORY;
  *length = 0;
  *bytes = base && !layout_write(base, &flat) ? write_pages(&writer, rules, base, drafts, diags, length, &status) : NULL;
  if (*bytes) status = put_together(&flat, bytes, length);
  buffer_free(&flat);
  rule_base_free(base);
  if (!status) return 0;
  image_free(*bytes);
  *bytes = NULL;
  return status;
}

void image_free(unsigned char *bytes) { sqlite3_free(bytes); }
