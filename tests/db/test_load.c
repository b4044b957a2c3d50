/* Proves what db/db.h promises of loading: what was compiled comes back and is what the tables say, every changed byte and every
 * cut is found, by a glance too where a verdict rests on it, and a file of another program or of another version gets an error.
 * What enemies do to the rules themselves is in test_flat.c. */
#include <sqlite3.h>

#include "../../collectors/os.h"
#include "../../db/bytes.h"
#include "../../db/flat.h"
#include "../../db/image.h"
#include "../../db/seal.h"
#include "bases.h"
#include "small.h"

static char folder[256], target[300];

static int load_bytes(unsigned char *bytes, size_t length) {
  struct rule_base *base;
  int code = image_load(bytes, length, "test.db", &catalog, &base, NULL);
  rule_base_free(base);
  return code;
}

typedef int load_fn(const char *, const struct fact_catalog *, struct rule_base **, struct diag_list *);

static int load_by(load_fn *load, const char *path) {
  struct rule_base *base;
  struct diag_list *diags = diag_list_new();
  int code = load(path, &catalog, &base, diags);
  CHECK(code == 0 || (diags->errors == 1 && !base));
  rule_base_free(base);
  diag_list_free(diags);
  return code;
}

/* Both ways agree on what is wrong with a file. */
static int load_file(const char *path) {
  int code = load_by(db_load, path);
  CHECK(load_by(db_glance, path) == code);
  return code;
}

static void test_contents(void) {
  struct rule_base *base;
  struct diag_list *diags = diag_list_new();
  CHECK(db_load(target, &catalog, &base, diags) == 0 && base && diags->count == 0);
  const struct rule_thing *box = rule_base_find(base, "platform", "box"), *hyper = rule_base_find(base, "hypervisor", "hyper");
  CHECK(base->layer_count == 2 && strcmp(base->layers[0].id, "platform") == 0 && strcmp(base->version, "1") == 0);
  CHECK(box && box->signal_count == 4 && box->stack_count == 1 && box->extract_count == 2 && box->prior == 0.008);
  CHECK(hyper && hyper->signal_count == 2 && strcmp(hyper->signals[1].id, "no-dmi") == 0 && hyper->signals[1].seen == 0.6);
  const struct rule_signal *hosts = &box->signals[0], *kernel = &box->signals[1], *mixture = &box->signals[2], *node = &box->signals[3];
  CHECK(strcmp(node->group, "env") == 0 && strcmp(kernel->group, "kernel") == 0 && hosts->is_volatile);
  CHECK(strcmp(kernel->text, "kernel.release matches /-box-[0-9]+$/") == 0 && strcmp(node->text, "env.BOX_NODE is present") == 0);
  CHECK(kernel->when->op == RULE_TEST && kernel->when->matcher == MATCH_REGEX && strcmp(kernel->source->observed, "2026-03-24") == 0);
  CHECK(hosts->when->op == RULE_HAS && hosts->when->child_count == 2 && hosts->when->children[0].op == RULE_ANY);
  const struct rule_node *same = &hosts->when->children[1];
  CHECK(same->op == RULE_TEST && same->matcher == MATCH_SAME && strcmp(same->key, "options") == 0 && same->child_count == 2);
  CHECK(same->children[1].fact == FACT_NONE && !same->children[1].key && strcmp(same->children[1].operand, "box") == 0);
  CHECK(mixture->when->op == RULE_ANY && mixture->when->child_count == 3 && mixture->when->children[2].at_least == 1);
  CHECK(base->model.half_life_days == 365 && base->model.forge_floor[FORGE_ROOT] == 0.001);
  rule_base_free(base);
  diag_list_free(diags);
}

static void read_target(struct buffer *bytes) {
  if (os_read_file(target, (size_t)1 << 26, bytes)) exit(2);
}

/* The good file with another byte. */
static void put_header(const struct buffer *good, size_t offset, unsigned char value) {
  char *bytes = malloc(good->length);
  memcpy(bytes, good->text, good->length);
  bytes[offset] = (char)value;
  put_bytes(folder, "other.db", bytes, good->length);
  free(bytes);
}

/* Where SQLite's pages end and the rules for the program begin. */
static size_t end_of_pages(const struct buffer *good) {
  const unsigned char *bytes = (const unsigned char *)good->text;
  return (size_t)4096 * ((size_t)bytes[28] << 24 | (size_t)bytes[29] << 16 | (size_t)bytes[30] << 8 | bytes[31]);
}

static void test_every_byte(const struct buffer *good) {
  unsigned char *bytes = malloc(good->length);
  size_t missed = 0, accepted = 0;
  memcpy(bytes, good->text, good->length);
  CHECK(load_bytes(bytes, good->length) == 0 && memcmp(bytes, good->text, good->length) == 0);
  for (size_t i = 0; i < good->length; i += i < 512 ? 1 : 101) {
    bytes[i] ^= (unsigned char)(1u << i % 8);
    missed += seal_holds(bytes, good->length);
    if (i % 37 == 0) accepted += load_bytes(bytes, good->length) == 0;
    bytes[i] = (unsigned char)good->text[i];
  }
  for (size_t i = good->length - 600; i < good->length; i++) {
    bytes[i] ^= 0x20;
    missed += seal_holds(bytes, good->length);
    bytes[i] = (unsigned char)good->text[i];
  }
  CHECK(missed == 0);
  CHECK(accepted == 0);
  free(bytes);
}

/* One changed byte of the file: what a glance says, and what all other commands say. */
static void changed_byte(const struct buffer *good, size_t offset, int by_glance) {
  char path[300];
  put_header(good, offset, (unsigned char)(good->text[offset] ^ 1));
  snprintf(path, sizeof path, "%s/other.db", folder);
  CHECK(load_by(db_glance, path) == by_glance);
  CHECK(load_by(db_load, path) == STATUS_DB_DAMAGED);
}

static void test_glance(const struct buffer *good) {
  struct rule_base *whole, *glanced;
  CHECK(db_load(target, &catalog, &whole, NULL) == 0 && db_glance(target, &catalog, &glanced, NULL) == 0);
  rule_base_fetch_all(glanced);
  CHECK(same_base(whole, glanced) && !glanced->sha256 && !whole->sha256);
  CHECK(db_name(whole) == 0 && db_name(glanced) == 0 && strlen(whole->sha256) == 64 && strcmp(whole->sha256, glanced->sha256) == 0);
  rule_base_free(whole);
  rule_base_free(glanced);
  size_t rules = end_of_pages(good);
  CHECK(rules > 20000 && good->length - rules > 2000);
  changed_byte(good, rules / 2, 0); /* a table */
  for (size_t i = 0; i < 600; i += 7) changed_byte(good, rules + i, STATUS_DB_DAMAGED);
  const unsigned char *entry = (const unsigned char *)good->text + rules + FLAT_HEADER + FLAT_PROSE * FLAT_ENTRY;
  changed_byte(good, rules + (size_t)bytes_get64(entry + FLAT_NAME) + 3, 0); /* prose */
}

/* Memory of just the length, so that a sanitizer sees every step beyond it. */
static void test_every_cut(const struct buffer *good) {
  size_t accepted = 0;
  for (size_t length = 0; length < good->length; length += length < 300 ? 1 : 997) {
    unsigned char *bytes = malloc(length ? length : 1);
    memcpy(bytes, good->text, length);
    accepted += load_bytes(bytes, length) == 0;
    free(bytes);
  }
  CHECK(accepted == 0);
  unsigned char *longer = calloc(1, good->length + 1);
  memcpy(longer, good->text, good->length);
  CHECK(load_bytes(longer, good->length + 1) == STATUS_DB_DAMAGED);
  free(longer);
}

static void test_strangers(const struct buffer *good) {
  char path[300];
  snprintf(path, sizeof path, "%s/other.db", folder);
  remove(path);
  CHECK(load_file(path) == STATUS_DB_OPEN);
  CHECK(load_file(folder) == STATUS_DB_OPEN);
  CHECK(load_file("/dev/null") == STATUS_DB_OPEN);
  put(folder, "other.db", "");
  CHECK(load_file(path) == STATUS_DB_DAMAGED);
  put(folder, "other.db", "not a database");
  CHECK(load_file(path) == STATUS_DB_DAMAGED);
  put_header(good, 68, 0);
  CHECK(load_file(path) == STATUS_DB_FOREIGN);
  put_header(good, 63, DB_VERSION + 1);
  CHECK(load_file(path) == STATUS_DB_NEWER);
  put_header(good, 63, DB_VERSION - 1);
  CHECK(load_file(path) == STATUS_DB_OLDER);
  put_header(good, good->length - 1, (unsigned char)(good->text[good->length - 1] + 1));
  CHECK(load_file(path) == STATUS_DB_DAMAGED);
  put_header(good, 31, (unsigned char)(good->text[31] + 1)); /* one page more than there is */
  CHECK(load_file(path) == STATUS_DB_DAMAGED);
  put_header(good, 28, 255);
  CHECK(load_file(path) == STATUS_DB_DAMAGED);
}

/* The one number a query gives. */
static double ask(sqlite3 *db, const char *sql) {
  sqlite3_stmt *statement = NULL;
  double number = -1e9;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
    number = sqlite3_column_double(statement, 0);
  if (number == -1e9) printf("%s: %s\n", sql, sqlite3_errmsg(db));
  sqlite3_finalize(statement);
  return number;
}

/* --- the tables say what the program reads --- */

static const char *column(sqlite3_stmt *row, int at) { return (const char *)sqlite3_column_text(row, at); }

static const char *path_of(size_t fact) { return fact == FACT_NONE ? NULL : catalog.defs[fact].path; }

/* Runs a query with two names bound and hands each row, with its number, to `same`; the number of rows, or -1 where one differs. */
typedef bool same_row_fn(sqlite3_stmt *row, size_t number, const void *wanted);
static long each_row(sqlite3 *db, const char *sql, const char *one, const char *other, same_row_fn *same, const void *wanted) {
  sqlite3_stmt *statement = NULL;
  long count = 0;
  int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
  if (code) printf("%s: %s\n", sql, sqlite3_errmsg(db));
  if (one) sqlite3_bind_text(statement, 1, one, -1, SQLITE_STATIC);
  if (other) sqlite3_bind_text(statement, 2, other, -1, SQLITE_STATIC);
  while (!code && count >= 0 && sqlite3_step(statement) == SQLITE_ROW) count = same(statement, (size_t)count, wanted) ? count + 1 : -1;
  sqlite3_finalize(statement);
  return code ? -1 : count;
}

struct wanted_condition {
  sqlite3 *db;
  const struct rule_node *nodes;
};

static bool same_condition(sqlite3_stmt *row, size_t number, const void *wanted) {
  static const char *const operators[] = {"all", "any", "none", "at_least", "has", "test"};
  const struct wanted_condition *condition = wanted;
  const struct rule_node *node = &condition->nodes[number];
  bool same = strcmp(column(row, 1), operators[node->op]) == 0 && (size_t)sqlite3_column_int(row, 2) == node->at_least &&
              same_text(column(row, 3), path_of(node->fact)) && same_text(column(row, 4), node->key) &&
              same_text(column(row, 5), node->op == RULE_TEST ? matcher_names[node->matcher] : NULL) && same_text(column(row, 6), node->operand);
  struct wanted_condition below = {.db = condition->db, .nodes = node->children};
  return same &&
         each_row(condition->db,
                  "select condition_id, operator, at_least, fact, key, matcher, operand from condition where parent_id = ?1 order by position",
                  column(row, 0), NULL, same_condition, &below) == (long)node->child_count;
}

struct wanted_thing {
  sqlite3 *db;
  const struct rule_thing *thing;
};

static bool same_signal_row(sqlite3_stmt *row, size_t number, const void *wanted) {
  const struct wanted_thing *want = wanted;
  if (number >= want->thing->signal_count) return false;
  const struct rule_signal *signal = &want->thing->signals[number];
  const struct rule_source *source = signal->source;
  bool same = same_text(column(row, 1), signal->id) && same_text(column(row, 2), signal->group) && sqlite3_column_double(row, 3) == signal->seen &&
              sqlite3_column_double(row, 4) == signal->elsewhere && sqlite3_column_int(row, 5) == signal->is_volatile &&
              same_text(column(row, 6), signal->why) && same_text(column(row, 7), signal->text) && same_text(column(row, 8), source->key) &&
              same_text(column(row, 9), source->title) && same_text(column(row, 10), source->url) && same_text(column(row, 11), source->observed);
  struct wanted_condition root = {.db = want->db, .nodes = signal->when};
  return same && each_row(want->db,
                          "select condition_id, operator, at_least, fact, key, matcher, operand from condition "
                          "where signal_id = ?1 and parent_id is null",
                          column(row, 0), NULL, same_condition, &root) == 1;
}

static bool same_stack_row(sqlite3_stmt *row, size_t number, const void *wanted) {
  const struct rule_thing *thing = ((const struct wanted_thing *)wanted)->thing;
  return number < thing->stack_count && same_text(column(row, 0), thing->stack[number].layer) && same_text(column(row, 1), thing->stack[number].id) &&
         sqlite3_column_double(row, 2) == thing->stack[number].probability;
}

static bool same_extract_row(sqlite3_stmt *row, size_t number, const void *wanted) {
  const struct rule_thing *thing = ((const struct wanted_thing *)wanted)->thing;
  const struct rule_extract *extract = &thing->extracts[number];
  return number < thing->extract_count && same_text(column(row, 0), extract->name) && same_text(column(row, 1), path_of(extract->fact)) &&
         same_text(column(row, 2), extract->key) && same_text(column(row, 3), extract->regex);
}

static bool same_thing_row(sqlite3_stmt *row, size_t number, const void *wanted) {
  const struct wanted_thing *things = wanted;
  const struct rule_thing *thing = &things->thing[number];
  struct wanted_thing one = {.db = things->db, .thing = thing};
  const char *id = column(row, 0);
  bool same = same_text(column(row, 1), thing->layer) && same_text(column(row, 2), thing->id) && same_text(column(row, 3), thing->name) &&
              same_text(column(row, 4), thing->category) && same_text(column(row, 5), thing->kind_of) && same_text(column(row, 6), thing->phrase) &&
              sqlite3_column_double(row, 7) == thing->prior;
  return same &&
         each_row(things->db,
                  "select signal_id, signal, grouping, seen, elsewhere, volatile, why, text, source.source, title, url, observed "
                  "from signal join source using (source_id) where signal.platform_id = ?1 order by signal",
                  id, NULL, same_signal_row, &one) == (long)thing->signal_count &&
         each_row(things->db, "select layer, id, probability from expectation where platform_id = ?1 order by layer, id", id, NULL, same_stack_row,
                  &one) == (long)thing->stack_count &&
         each_row(things->db, "select detail, fact, key, regex from extract where platform_id = ?1 order by position", id, NULL, same_extract_row,
                  &one) == (long)thing->extract_count;
}

static bool same_layer_row(sqlite3_stmt *row, size_t number, const void *wanted) {
  const struct rule_base *base = wanted;
  return number < base->layer_count && same_text(column(row, 0), base->layers[number].id) && same_text(column(row, 1), base->layers[number].title);
}

static bool same_model_row(sqlite3_stmt *row, size_t number, const void *wanted) {
  const struct rule_model *model = &((const struct rule_base *)wanted)->model;
  const char *name = column(row, 0);
  double value = sqlite3_column_double(row, 1);
  (void)number;
  if (strcmp(name, "half_life_days") == 0) return value == model->half_life_days;
  if (strcmp(name, "temperature") == 0) return value == model->temperature;
  return strncmp(name, "forge_floor.", 12) == 0 && value == model->forge_floor[fact_forge_from_name(name + 12)];
}

static void test_tables(const char *path) {
  struct rule_base *base;
  sqlite3 *db = NULL;
  CHECK(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
  if (db_load(path, &catalog, &base, NULL)) {
    CHECK(!"the DB can be loaded");
    return;
  }
  CHECK(ask(db, "select count(*) from pragma_foreign_key_check") == 0);
  struct wanted_thing things = {.db = db, .thing = base->things};
  CHECK(each_row(db, "select platform_id, layer, id, name, category, kind_of, phrase, prior from platform order by layer, id", NULL, NULL,
                 same_thing_row, &things) == (long)base->thing_count);
  CHECK(each_row(db, "select layer, title from layer order by position", NULL, NULL, same_layer_row, base) == (long)base->layer_count);
  CHECK(each_row(db, "select name, value from model", NULL, NULL, same_model_row, base) == FORGE_COSTS + 2);
  rule_base_free(base);
  sqlite3_close(db);
}

/* The good file whose rules ask for a fact that this program has under another name: a letter of its path is another one. */
static void test_catalog(const struct buffer *good) {
  struct rule_base *base;
  static struct fact_def defs[512];
  CHECK(catalog.count <= 512);
  memcpy(defs, catalog.defs, catalog.count * sizeof *defs);
  struct fact_catalog other = {.defs = defs, .count = catalog.count};
  size_t fact = fact_find(&catalog, "kernel.release", 14);
  defs[fact].type = FACT_REAL;
  CHECK(image_load((const unsigned char *)good->text, good->length, "test.db", &other, &base, NULL) == STATUS_DB_CATALOG && !base);
  defs[fact] = catalog.defs[fact];
  defs[fact].path = "kernel.releasf";
  CHECK(image_load((const unsigned char *)good->text, good->length, "test.db", &other, &base, NULL) == STATUS_DB_CATALOG && !base);
}

/* Every view can be read. */
static bool views_work(sqlite3 *db) {
  sqlite3_stmt *statement = NULL;
  bool work =
      sqlite3_prepare_v2(db, "select 'select count(*) from ' || name from sqlite_schema where type = 'view'", -1, &statement, NULL) == SQLITE_OK;
  while (work && sqlite3_step(statement) == SQLITE_ROW) work = ask(db, (const char *)sqlite3_column_text(statement, 0)) >= 0;
  sqlite3_finalize(statement);
  return work;
}

/* The file explains itself to a stranger with sqlite3. */
static void test_stranger(void) {
  sqlite3 *db = NULL;
  CHECK(sqlite3_open_v2(target, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
  CHECK(views_work(db));
  CHECK(ask(db, "select count(*) from pragma_integrity_check where integrity_check <> 'ok'") == 0);
  CHECK(ask(db, "select count(*) from pragma_foreign_key_check") == 0);
  CHECK(ask(db, "select freelist_count from pragma_freelist_count") == 0 && ask(db, "select count(*) from signal_search_config") == 1);
  CHECK(ask(db, "select count(*) from sqlite_schema where type in ('table', 'view') and name not like 'founding%' and name not like "
                "'signal\\_search\\_%' escape '\\' and name <> 'readme' "
                "and not exists (select 1 from readme where topic = type || ' ' || name)") == 0);
  CHECK(ask(db, "select count(*) from sqlite_schema where type = 'view' and sql not like '% as -- %'") == 0);
  CHECK(ask(db, "select count(*) from pragma_table_list where schema = 'main' and type = 'table' and not strict and name not like 'sqlite%'") == 0);
  CHECK(ask(db, "select count(*) from fact") == (double)catalog.count);
  CHECK(ask(db, "select count(*) from signal_catalog") == 6);
  CHECK(ask(db, "select bits_if_true from signal_catalog where signal = 'kernel'") == 11.28); /* log2(0.995 / 0.0004): the floor of image */
  CHECK(ask(db, "select bits_if_false from signal_catalog where signal = 'node'") == -3.29);  /* log2(0.1 / 0.98) */
  CHECK(ask(db, "select count(*) from comparison where attribute = 'vcpus' and id = 'box' and value = '1'") == 1);
  CHECK(ask(db, "select application_id from pragma_application_id") == DB_APPLICATION_ID &&
        ask(db, "select user_version from pragma_user_version") == DB_VERSION);
  sqlite3_close(db);
}

static void test_memory(load_fn *load) {
  int code = STATUS_MEMORY;
  size_t failures = 0;
  for (size_t n = 1; n < 1000 && code; n++) {
    struct rule_base *base;
    mem_fail_after(n);
    code = load(target, &catalog, &base, NULL);
    mem_fail_after(0);
    failures += code != 0;
    CHECK(!code == !!base);
    rule_base_free(base);
  }
  CHECK(code == 0 && failures > 1);
}

static void test_find(void) {
  struct arena *arena = arena_new();
  setenv("HOSTPRINT_DB", "/from/environment.db", 1);
  CHECK(strcmp(db_find(arena, "/given.db"), "/given.db") == 0);
  CHECK(strcmp(db_find(arena, NULL), "/from/environment.db") == 0);
  unsetenv("HOSTPRINT_DB");
  char program[4000], beside[4096];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  program[length > 0 ? length : 0] = 0;
  char *slash = strrchr(program, '/');
  if (slash) *slash = 0;
  snprintf(beside, sizeof beside, "%s/evidence.db", program);
  bool was_there = access(beside, F_OK) == 0;
  if (!was_there) put(program, "evidence.db", "x");
  char *found = db_find(arena, NULL);
  CHECK(found && strcmp(found, beside) == 0);
  if (!was_there) remove(beside);
  arena_free(arena);
}

int main(void) {
  char rules[300];
  struct buffer good = {0};
  folder_new(folder, sizeof folder);
  snprintf(rules, sizeof rules, "%s/rules", folder);
  snprintf(target, sizeof target, "%s/target.db", folder);
  put_rules(rules, false);
  CHECK(db_compile(options_for(rules), target, NULL) == 0);
  read_target(&good);
  test_contents();
  test_every_byte(&good);
  test_glance(&good);
  test_every_cut(&good);
  test_strangers(&good);
  test_tables(target);
  if (getenv("HOSTPRINT_DB")) test_tables(getenv("HOSTPRINT_DB"));
  test_catalog(&good);
  test_stranger();
  test_memory(db_load);
  test_memory(db_glance);
  test_find();
  buffer_free(&good);
  folder_remove(folder);
  return check_end("db/load");
}
