/* See db.h: an evidence DB as untrusted input, into the engine's rule base.
 *
 * The file is read once into memory, its header and seal are checked there, and SQLite opens that copy: what was checked is what is
 * loaded. Beyond the seal, which guards against damage and not against malice, nothing read is believed: plain tables only, no
 * functions or views, every number, name, type and tree is checked, and the steps SQLite may take are counted. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>

#include "../collectors/os.h"
#include "image.h"
#include "operand.h"
#include "seal.h"
#include "sql.h"
#include "statement.h"

#define LOAD_FILE_BYTES ((size_t)256 << 20)
#define LOAD_ROWS ((size_t)1 << 20)    /* of one table */
#define LOAD_TEXT_BYTES ((int)4 << 20) /* of one value */
#define LOAD_SQL_BYTES ((int)1 << 20)
#define LOAD_STEPS 1000    /* SQLite instructions between two looks at the budget */
#define LOAD_BUDGET 200000 /* looks: far beyond what the largest table needs */

struct row_place {
  size_t owner;  /* platform or signal number */
  size_t parent; /* conditions: number of the parent, 0 for a root */
  size_t number;
};

struct loader {
  sqlite3 *db;
  struct rule_base *base;
  const struct fact_catalog *catalog;
  struct diag_list *diags;
  const char *file;
  int code;
  long budget;
  /* Rows as they come, copied to the arena once complete. */
  void *rows;
  size_t row_count, row_capacity, row_size;
  struct row_place *places;
  size_t place_capacity;
  struct rule_source *sources;
  struct rule_signal *signals;
  size_t source_count, signal_count;
};

static void damaged(struct loader *loader, const char *what) {
  if (!loader->code) loader->code = diag_format(loader->diags, STATUS_DB_DAMAGED, loader->file, 0, 0, "%s", what);
}

/* --- rows --- */

/* Room for one more row, zeroed, with its place noted; NULL when the loader has failed. */
static void *add_row(struct loader *loader, struct row_place place) {
  if (loader->row_count == LOAD_ROWS) damaged(loader, "a table has too many rows");
  if (loader->code) return NULL;
  if (mem_grow(&loader->rows, &loader->row_capacity, loader->row_count + 1, loader->row_size) ||
      mem_grow(&loader->places, &loader->place_capacity, loader->row_count + 1, sizeof *loader->places)) {
    loader->code = STATUS_MEMORY;
    return NULL;
  }
  loader->places[loader->row_count] = place;
  char *row = (char *)loader->rows + loader->row_count++ * loader->row_size;
  memset(row, 0, loader->row_size);
  return row;
}

/* Runs a statement and hands every row to `take`. */
static void each_row(struct loader *loader, const char *name, void (*take)(struct loader *, sqlite3_stmt *)) {
  sqlite3_stmt *statement = NULL;
  if (loader->code) return;
  int code = statement_prepare(loader->db, name, &statement);
  if (code == SQLITE_OK)
    while (!loader->code && (code = sqlite3_step(statement)) == SQLITE_ROW) take(loader, statement);
  if (code == SQLITE_NOMEM && !loader->code) loader->code = STATUS_MEMORY;
  if (!loader->code && code != SQLITE_DONE) damaged(loader, sqlite3_errmsg(loader->db));
  sqlite3_finalize(statement);
}

/* The rows of a statement as one array in the base's arena; places[] stays until the next call. */
static void *load_rows(struct loader *loader, const char *name, size_t size, void (*take)(struct loader *, sqlite3_stmt *), size_t *count) {
  mem_free(loader->rows);
  loader->rows = NULL;
  loader->row_count = loader->row_capacity = 0;
  loader->row_size = size;
  each_row(loader, name, take);
  *count = loader->row_count;
  void *kept = loader->code ? NULL : arena_take_array(loader->base->arena, loader->row_count + 1, size);
  if (kept && loader->row_count) memcpy(kept, loader->rows, loader->row_count * size);
  if (!kept && !loader->code) loader->code = STATUS_MEMORY;
  return kept;
}

/* --- values --- */

/* A text in the base's arena; NULL for null. */
static const char *text_or_null(struct loader *loader, sqlite3_stmt *row, int column) {
  if (sqlite3_column_type(row, column) == SQLITE_NULL) return NULL;
  const char *text = (const char *)sqlite3_column_text(row, column);
  size_t length = (size_t)sqlite3_column_bytes(row, column);
  if (text && strlen(text) != length) damaged(loader, "a text has a NUL inside");
  const char *copy = text ? arena_text(loader->base->arena, text, length) : NULL;
  if (!copy && !loader->code) loader->code = STATUS_MEMORY;
  return copy;
}

/* The same where null is damage; never NULL. */
static const char *text(struct loader *loader, sqlite3_stmt *row, int column) {
  const char *copy = text_or_null(loader, row, column);
  if (!copy) damaged(loader, "a text is missing");
  return copy ? copy : "";
}

static double real_between(struct loader *loader, sqlite3_stmt *row, int column, double low, double high) {
  double number = sqlite3_column_double(row, column);
  if (sqlite3_column_type(row, column) == SQLITE_NULL || !isfinite(number) || number < low || number > high)
    damaged(loader, "a weight is out of range");
  return number;
}

/* A number from 1 to `high`; 0 for null. */
static size_t number_up_to(struct loader *loader, sqlite3_stmt *row, int column, size_t high) {
  if (sqlite3_column_type(row, column) == SQLITE_NULL) return 0;
  sqlite3_int64 number = sqlite3_column_int64(row, column);
  if (number >= 1 && (sqlite3_uint64)number <= high) return (size_t)number;
  damaged(loader, "a number is out of range");
  return 0;
}

/* Rows are numbered 1, 2, 3... in the order they come. */
static void expect_number(struct loader *loader, sqlite3_stmt *row, int column) {
  if (number_up_to(loader, row, column, LOAD_ROWS) != loader->row_count + 1) damaged(loader, "rows are not numbered in order");
}

/* The number of the row that owns this one; owners come in order. */
static size_t owner_of(struct loader *loader, sqlite3_stmt *row, int column, size_t count) {
  size_t owner = number_up_to(loader, row, column, count);
  if (owner == 0) damaged(loader, "a row belongs to nothing");
  if (loader->row_count && owner < loader->places[loader->row_count - 1].owner) damaged(loader, "rows are not in order");
  return owner;
}

/* The fact named in `column`, whose type in the file stands in the next one. */
static size_t fact_of(struct loader *loader, sqlite3_stmt *row, int column) {
  const char *path = text_or_null(loader, row, column), *type = path ? text_or_null(loader, row, column + 1) : NULL;
  if (!path) return FACT_NONE;
  size_t index = fact_find(loader->catalog, path, strlen(path));
  bool same = index != FACT_NONE && type && strcmp(type, fact_type_name(loader->catalog->defs[index].type)) == 0;
  if (!same && !loader->code)
    loader->code = diag_format(loader->diags, STATUS_DB_CATALOG, loader->file, 0, 0, "its rules ask for %.80s (%.20s); this program %s", path,
                               type ? type : "no type", index == FACT_NONE ? "knows no such fact" : "knows it as another type");
  return same ? index : FACT_NONE;
}

/* --- tables --- */

static void take_model(struct loader *loader, sqlite3_stmt *row) {
  static const char prefix[] = "forge_floor.";
  struct rule_model *model = &loader->base->model;
  const char *name = text(loader, row, 0);
  if (strcmp(name, "half_life_days") == 0) model->half_life_days = real_between(loader, row, 1, 1e-6, 1e9);
  if (strcmp(name, "temperature") == 0) model->temperature = real_between(loader, row, 1, 1e-3, 1e3);
  if (strncmp(name, prefix, sizeof prefix - 1) != 0) return;
  int cost = fact_forge_from_name(name + sizeof prefix - 1);
  if (cost < 0)
    damaged(loader, "the model has a floor for an unknown forge cost");
  else
    model->forge_floor[cost] = real_between(loader, row, 1, 1e-12, 1);
}

static void check_model(struct loader *loader) {
  const struct rule_model *model = &loader->base->model;
  bool whole = model->half_life_days > 0 && model->temperature > 0;
  for (size_t i = 0; i < FORGE_COSTS; i++) whole = whole && model->forge_floor[i] > 0;
  if (!whole) damaged(loader, "the model is not complete");
}

static void take_layer(struct loader *loader, sqlite3_stmt *row) {
  struct rule_layer *layer = add_row(loader, (struct row_place){0});
  if (layer) *layer = (struct rule_layer){.id = text(loader, row, 0), .title = text(loader, row, 1)};
}

static bool has_layer(const struct loader *loader, const char *id) { return rule_base_layer(loader->base, id) != NULL; }

static void take_thing(struct loader *loader, sqlite3_stmt *row) {
  expect_number(loader, row, 0);
  struct rule_thing *thing = add_row(loader, (struct row_place){0});
  if (!thing) return;
  *thing = (struct rule_thing){.layer = text(loader, row, 1),
                               .id = text(loader, row, 2),
                               .name = text(loader, row, 3),
                               .category = text_or_null(loader, row, 4),
                               .kind_of = text_or_null(loader, row, 5),
                               .phrase = text_or_null(loader, row, 6),
                               .prior = real_between(loader, row, 7, 1e-12, 1e12)};
  if (!loader->code && !has_layer(loader, thing->layer)) damaged(loader, "a platform is of no layer");
}

static void take_source(struct loader *loader, sqlite3_stmt *row) {
  expect_number(loader, row, 0);
  struct rule_source *source = add_row(loader, (struct row_place){0});
  if (source)
    *source = (struct rule_source){
        .key = text(loader, row, 1), .title = text(loader, row, 2), .url = text(loader, row, 3), .observed = text(loader, row, 4)};
}

static void take_signal(struct loader *loader, sqlite3_stmt *row) {
  expect_number(loader, row, 0);
  size_t owner = owner_of(loader, row, 1, loader->base->thing_count), source = number_up_to(loader, row, 8, loader->source_count);
  if (source == 0) damaged(loader, "a signal has no source");
  struct rule_signal *signal = add_row(loader, (struct row_place){.owner = owner});
  if (!signal) return;
  *signal = (struct rule_signal){.id = text(loader, row, 2),
                                 .group = text(loader, row, 3),
                                 .seen = real_between(loader, row, 4, 0, 1),
                                 .elsewhere = real_between(loader, row, 5, 0, 1),
                                 .is_volatile = sqlite3_column_int(row, 6) != 0,
                                 .why = text(loader, row, 7),
                                 .source = &loader->sources[source - 1],
                                 .text = text(loader, row, 9)};
}

static void take_expectation(struct loader *loader, sqlite3_stmt *row) {
  struct rule_expectation *expectation = add_row(loader, (struct row_place){.owner = owner_of(loader, row, 0, loader->base->thing_count)});
  if (expectation)
    *expectation =
        (struct rule_expectation){.layer = text(loader, row, 1), .id = text(loader, row, 2), .probability = real_between(loader, row, 3, 0, 1)};
}

static void take_extract(struct loader *loader, sqlite3_stmt *row) {
  struct rule_extract *extract = add_row(loader, (struct row_place){.owner = owner_of(loader, row, 0, loader->base->thing_count)});
  if (!extract) return;
  *extract = (struct rule_extract){
      .name = text(loader, row, 1), .fact = fact_of(loader, row, 2), .key = text_or_null(loader, row, 4), .regex = text_or_null(loader, row, 5)};
  if (loader->code) return;
  if (extract->fact == FACT_NONE) {
    damaged(loader, "an extract reads no fact");
    return;
  }
  const struct fact_def *def = &loader->catalog->defs[extract->fact];
  struct operand_subject subject = operand_of_fact(def, extract->key);
  if (operand_may_have(subject) || subject.type == FACT_PATHS || (extract->key && def->type != FACT_MAP))
    damaged(loader, "an extract reads no single value");
}

/* --- conditions --- */

static int find_operator(const char *name) {
  static const char *const names[] = {
      [RULE_ALL] = "all", [RULE_ANY] = "any", [RULE_NONE] = "none", [RULE_AT_LEAST] = "at_least", [RULE_HAS] = "has", [RULE_TEST] = "test"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0) return (int)i;
  return -1;
}

static void take_condition(struct loader *loader, sqlite3_stmt *row) {
  struct row_place place = {.number = number_up_to(loader, row, 0, LOAD_ROWS),
                            .owner = owner_of(loader, row, 1, loader->signal_count),
                            .parent = number_up_to(loader, row, 2, LOAD_ROWS)};
  int op = find_operator(text(loader, row, 3));
  const char *matcher = text_or_null(loader, row, 8);
  int match = matcher ? matcher_from_name(matcher) : MATCH_EQUALS;
  struct rule_node *node = add_row(loader, place);
  if (!node) return;
  *node = (struct rule_node){.op = (enum rule_op)op,
                             .at_least = number_up_to(loader, row, 4, LOAD_ROWS),
                             .fact = fact_of(loader, row, 5),
                             .key = text_or_null(loader, row, 7),
                             .matcher = (enum matcher)match,
                             .operand = text_or_null(loader, row, 9)};
  if (op < 0 || match < 0) damaged(loader, "a condition has an unknown operator or matcher");
  if (op == RULE_TEST && !matcher) damaged(loader, "a test has no matcher");
}

/* Index by number: the numbers are 1 to count, each once. */
static size_t *index_conditions(struct loader *loader, size_t count) {
  size_t *index = arena_take_array(loader->base->arena, count + 1, sizeof *index);
  if (!index) loader->code = STATUS_MEMORY;
  for (size_t i = 0; index && i < count; i++) {
    size_t number = loader->places[i].number;
    if (number == 0 || number > count || index[number]) {
      damaged(loader, "conditions are not numbered in order");
      return NULL;
    }
    index[number] = i + 1;
  }
  return index;
}

/* The rows from `first` on with the same signal and parent. */
static size_t run_of_siblings(const struct loader *loader, size_t first, size_t count) {
  size_t end = first + 1;
  while (end < count && loader->places[end].owner == loader->places[first].owner && loader->places[end].parent == loader->places[first].parent) end++;
  return end - first;
}

/* Hangs a run of siblings below its parent, or a root below its signal. A parent has a smaller number than its children, so that
 * no circle can be. */
static void hang(struct loader *loader, struct rule_node *nodes, const size_t *index, size_t first, size_t run) {
  const struct row_place *place = &loader->places[first];
  if (place->parent == 0) {
    struct rule_signal *signal = &loader->signals[place->owner - 1];
    if (run != 1 || signal->when)
      damaged(loader, "a signal has two conditions");
    else
      signal->when = &nodes[first];
    return;
  }
  size_t parent = place->parent <= loader->row_count ? index[place->parent] : 0;
  bool sound = parent && loader->places[parent - 1].owner == place->owner && nodes[parent - 1].child_count == 0;
  for (size_t i = first; i < first + run; i++) sound = sound && loader->places[i].number > place->parent;
  if (!sound) {
    damaged(loader, "a condition hangs nowhere");
    return;
  }
  nodes[parent - 1].children = &nodes[first];
  nodes[parent - 1].child_count = run;
}

/* Depth of every node by number: parents come first. */
static void check_depths(struct loader *loader, const size_t *index, size_t count) {
  unsigned char *depths = arena_take(loader->base->arena, count + 1);
  if (!depths) loader->code = STATUS_MEMORY;
  for (size_t number = 1; depths && number <= count && !loader->code; number++) {
    size_t parent = loader->places[index[number] - 1].parent;
    depths[number] = parent ? (unsigned char)(depths[parent] + 1) : 1;
    if (depths[number] > YAML_DEPTH) damaged(loader, "a condition is nested too deep");
  }
}

static void load_conditions(struct loader *loader) {
  size_t count;
  struct rule_node *nodes = load_rows(loader, "load_conditions", sizeof *nodes, take_condition, &count);
  const size_t *index = loader->code ? NULL : index_conditions(loader, count);
  for (size_t i = 0; index && i < count && !loader->code;) {
    size_t run = run_of_siblings(loader, i, count);
    hang(loader, nodes, index, i, run);
    i += run;
  }
  if (index && !loader->code) check_depths(loader, index, count);
  for (size_t i = 0; i < loader->signal_count && !loader->code; i++) {
    const struct rule_node *when = loader->signals[i].when;
    if (!when || operand_check_condition(loader->catalog, when)) damaged(loader, "a signal has a condition that cannot be read");
  }
}

/* --- the base --- */

/* Gives every thing the slice of rows that belong to it. */
static void slice(struct loader *loader, size_t count, size_t size, const char *rows, void (*give)(struct rule_thing *, const void *, size_t)) {
  for (size_t i = 0; i < count && !loader->code;) {
    size_t end = i + 1;
    while (end < count && loader->places[end].owner == loader->places[i].owner) end++;
    give(&loader->base->things[loader->places[i].owner - 1], rows + i * size, end - i);
    i = end;
  }
}

static void give_signals(struct rule_thing *thing, const void *rows, size_t count) {
  thing->signals = rows;
  thing->signal_count = count;
}

static void give_stack(struct rule_thing *thing, const void *rows, size_t count) {
  thing->stack = rows;
  thing->stack_count = count;
}

static void give_extracts(struct rule_thing *thing, const void *rows, size_t count) {
  thing->extracts = rows;
  thing->extract_count = count;
}

static void load_tables(struct loader *loader) {
  struct rule_base *base = loader->base;
  size_t count;
  each_row(loader, "load_model", take_model);
  check_model(loader);
  base->layers = load_rows(loader, "load_layers", sizeof *base->layers, take_layer, &base->layer_count);
  base->things = load_rows(loader, "load_platforms", sizeof *base->things, take_thing, &base->thing_count);
  loader->sources = load_rows(loader, "load_sources", sizeof *loader->sources, take_source, &loader->source_count);
  loader->signals = load_rows(loader, "load_signals", sizeof *loader->signals, take_signal, &loader->signal_count);
  slice(loader, loader->signal_count, sizeof *loader->signals, (const char *)loader->signals, give_signals);
  load_conditions(loader);
  const char *rows = load_rows(loader, "load_expectations", sizeof(struct rule_expectation), take_expectation, &count);
  slice(loader, count, sizeof(struct rule_expectation), rows, give_stack);
  rows = load_rows(loader, "load_extracts", sizeof(struct rule_extract), take_extract, &count);
  slice(loader, count, sizeof(struct rule_extract), rows, give_extracts);
}

static int compare_keys(const struct rule_thing *a, const struct rule_thing *b) {
  int order = strcmp(a->layer, b->layer);
  return order ? order : strcmp(a->id, b->id);
}

static void finish_base(struct loader *loader) {
  if (loader->code) return;
  struct rule_base *base = loader->base;
  int code = rule_base_finish(base);
  if (code == STATUS_MEMORY) loader->code = code;
  if (code) damaged(loader, "a kind or a stack names nothing, or kinds run in a circle");
  for (size_t i = 1; i < base->thing_count && !loader->code; i++)
    if (compare_keys(&base->things[i - 1], &base->things[i]) == 0) damaged(loader, "two platforms have the same name");
}

/* --- SQLite --- */

/* Reading columns of tables by plain selects is all that is allowed. */
static int authorize(void *context, int action, const char *one, const char *two, const char *database, const char *view) {
  (void)context, (void)one, (void)two, (void)database;
  return (action == SQLITE_SELECT || action == SQLITE_READ) && !view ? SQLITE_OK : SQLITE_DENY;
}

static int spend(void *context) {
  struct loader *loader = context;
  return loader->budget-- <= 0;
}

/* A virtual table must be one of schema.sql, word for word. It is never read here; but no other module may wait in the file. */
static bool is_own_virtual_table(const char *sql) {
  static const char theirs[] = "CREATE VIRTUAL TABLE ", ours[] = "create virtual table ";
  if (strncmp(sql, theirs, sizeof theirs - 1) != 0) return false;
  const char *rest = sql + sizeof theirs - 1;
  size_t length = strlen(rest);
  for (const char *at = strstr(sql_schema, ours); at; at = strstr(at, ours)) {
    at += sizeof ours - 1;
    if (strncmp(at, rest, length) == 0 && at[length] == ';') return true;
  }
  return false;
}

static void take_schema(struct loader *loader, sqlite3_stmt *row) {
  static const char *const allowed[] = {"CREATE TABLE ", "CREATE VIEW ", "CREATE INDEX ", "CREATE UNIQUE INDEX "};
  if (sqlite3_column_type(row, 1) == SQLITE_NULL) return;
  const char *sql = (const char *)sqlite3_column_text(row, 1);
  for (size_t i = 0; sql && i < sizeof allowed / sizeof *allowed; i++)
    if (strncmp(sql, allowed[i], strlen(allowed[i])) == 0) return;
  if (!sql || !is_own_virtual_table(sql)) damaged(loader, "it holds something other than tables, views and indexes");
}

static void limit(sqlite3 *db) {
  static const struct {
    int id, value;
  } limits[] = {{SQLITE_LIMIT_LENGTH, LOAD_TEXT_BYTES},
                {SQLITE_LIMIT_SQL_LENGTH, LOAD_SQL_BYTES},
                {SQLITE_LIMIT_COLUMN, 200},
                {SQLITE_LIMIT_ATTACHED, 0},
                {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
                {SQLITE_LIMIT_TRIGGER_DEPTH, 1}};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) sqlite3_limit(db, limits[i].id, limits[i].value);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
}

static void open_image(struct loader *loader, unsigned char *bytes, size_t length) {
  int code = sqlite3_open_v2(":memory:", &loader->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  if (code == SQLITE_OK) limit(loader->db);
  if (code == SQLITE_OK) code = statement_run(loader->db, "check_file");
  if (code == SQLITE_OK)
    code = sqlite3_deserialize(loader->db, "main", bytes, (sqlite3_int64)length, (sqlite3_int64)length, SQLITE_DESERIALIZE_READONLY);
  if (code == SQLITE_OK) sqlite3_progress_handler(loader->db, LOAD_STEPS, spend, loader);
  if (code == SQLITE_OK) code = sqlite3_set_authorizer(loader->db, authorize, NULL);
  if (code == SQLITE_NOMEM)
    loader->code = STATUS_MEMORY;
  else if (code)
    damaged(loader, sqlite3_errmsg(loader->db));
}

/* --- the header --- */

static unsigned long big_endian(const unsigned char *at) {
  return (unsigned long)at[0] << 24 | (unsigned long)at[1] << 16 | (unsigned long)at[2] << 8 | at[3];
}

/* Offsets are those of SQLite's file format, section 1.3. */
static int check_header(const unsigned char *bytes, size_t length, const char *file, struct diag_list *diags) {
  if (length == 0) return diag_format(diags, STATUS_DB_DAMAGED, file, 0, 0, "the file is empty");
  if (length < 100 || memcmp(bytes, "SQLite format 3", 16) != 0)
    return diag_format(diags, STATUS_DB_DAMAGED, file, 0, 0, "it does not begin as an SQLite file does");
  if (big_endian(bytes + 68) != DB_APPLICATION_ID)
    return diag_format(diags, STATUS_DB_FOREIGN, file, 0, 0, "an SQLite file that was made by another program");
  unsigned long version = big_endian(bytes + 60);
  if (version == DB_VERSION) return 0;
  return diag_format(diags, version < DB_VERSION ? STATUS_DB_OLDER : STATUS_DB_NEWER, file, 0, 0,
                     "it is of version %lu; this program reads version %d", version, DB_VERSION);
}

int image_load(unsigned char *bytes, size_t length, const char *file, const struct fact_catalog *catalog, struct rule_base **base,
               struct diag_list *diags) {
  assert((bytes || !length) && file && catalog && base);
  char sha256[SEAL_DIGITS + 1];
  *base = NULL;
  int code = check_header(bytes, length, file, diags);
  if (code) return code;
  if (!seal_holds(bytes, length, sha256))
    return diag_format(diags, STATUS_DB_DAMAGED, file, 0, 0, "its seal does not hold: bytes were changed, or the file was cut");
  struct loader loader = {.catalog = catalog, .diags = diags, .file = file, .budget = LOAD_BUDGET, .base = rule_base_new(catalog)};
  if (!loader.base) return STATUS_MEMORY;
  open_image(&loader, bytes, length);
  each_row(&loader, "load_schema", take_schema);
  load_tables(&loader);
  finish_base(&loader);
  loader.base->sha256 = arena_text(loader.base->arena, sha256, SEAL_DIGITS);
  loader.base->version = "1";
  if (!loader.base->sha256 && !loader.code) loader.code = STATUS_MEMORY;
  sqlite3_close(loader.db);
  mem_free(loader.rows);
  mem_free(loader.places);
  if (!loader.code)
    *base = loader.base;
  else
    rule_base_free(loader.base);
  return loader.code;
}

int db_load(const char *path, const struct fact_catalog *catalog, struct rule_base **base, struct diag_list *diags) {
  assert(path && catalog && base);
  struct buffer bytes = {0};
  enum os_kind kind;
  *base = NULL;
  int code, error = os_kind(path, &kind);
  if (!error && kind != OS_FILE) error = kind == OS_DIRECTORY ? EISDIR : EINVAL;
  if (!error) error = os_read_file(path, LOAD_FILE_BYTES, &bytes);
  if (error == EFBIG)
    code = diag_format(diags, STATUS_DB_DAMAGED, path, 0, 0, "more than %zu bytes", LOAD_FILE_BYTES);
  else if (error)
    code = diag_format(diags, STATUS_DB_OPEN, path, 0, 0, "%s", error == EINVAL ? "not a plain file" : strerror(error));
  else
    code = image_load((unsigned char *)bytes.text, bytes.length, path, catalog, base, diags);
  buffer_free(&bytes);
  return code;
}
