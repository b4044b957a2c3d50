/* Proves what db/db.h promises of loading: what was compiled comes back, every changed byte and every cut is found, and a
 * file of another program, of another version, or sealed by an enemy gets an error and never a crash. */
#include <sqlite3.h>

#include "../../collectors/os.h"
#include "../../db/image.h"
#include "../../db/seal.h"
#include "small.h"

static char folder[256], target[300];

static int load_bytes(unsigned char *bytes, size_t length) {
  struct rule_base *base;
  int code = image_load(bytes, length, "test.db", &catalog, &base, NULL);
  rule_base_free(base);
  return code;
}

static int load_file(const char *path) {
  struct rule_base *base;
  struct diag_list *diags = diag_list_new();
  int code = db_load(path, &catalog, &base, diags);
  CHECK(code == 0 || (diags->errors == 1 && !base));
  rule_base_free(base);
  diag_list_free(diags);
  return code;
}

static void test_contents(void) {
  struct rule_base *base;
  struct diag_list *diags = diag_list_new();
  CHECK(db_load(target, &catalog, &base, diags) == 0 && base && diags->count == 0);
  const struct rule_thing *box = rule_base_find(base, "platform", "box"), *hyper = rule_base_find(base, "hypervisor", "hyper");
  CHECK(base->layer_count == 2 && strcmp(base->layers[0].id, "platform") == 0 && strlen(base->sha256) == 64 && strcmp(base->version, "1") == 0);
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

static void test_every_byte(const struct buffer *good) {
  unsigned char *bytes = malloc(good->length);
  char sha256[SEAL_DIGITS + 1];
  size_t missed = 0, accepted = 0;
  memcpy(bytes, good->text, good->length);
  CHECK(load_bytes(bytes, good->length) == 0 && memcmp(bytes, good->text, good->length) == 0);
  for (size_t i = 0; i < good->length; i += i < 512 ? 1 : 101) {
    bytes[i] ^= (unsigned char)(1u << i % 8);
    missed += seal_holds(bytes, good->length, sha256);
    if (i % 37 == 0) accepted += load_bytes(bytes, good->length) == 0;
    bytes[i] = (unsigned char)good->text[i];
  }
  for (size_t i = good->length - 600; i < good->length; i++) {
    bytes[i] ^= 0x20;
    missed += seal_holds(bytes, good->length, sha256);
    bytes[i] = (unsigned char)good->text[i];
  }
  CHECK(missed == 0);
  CHECK(accepted == 0);
  free(bytes);
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

static void put_header(const struct buffer *good, size_t offset, unsigned char value) {
  char *bytes = malloc(good->length);
  memcpy(bytes, good->text, good->length);
  bytes[offset] = (char)value;
  put_bytes(folder, "other.db", bytes, good->length);
  free(bytes);
}

static void test_strangers(const struct buffer *good) {
  char path[300];
  snprintf(path, sizeof path, "%s/other.db", folder);
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
}

/* The good file after an enemy's SQL, sealed anew. */
static int load_after(const struct buffer *good, const char *sql) {
  sqlite3 *db = NULL;
  sqlite3_int64 size = 0;
  unsigned char *copy = sqlite3_malloc64(good->length);
  memcpy(copy, good->text, good->length);
  sqlite3_open(":memory:", &db);
  sqlite3_deserialize(db, "main", copy, (sqlite3_int64)good->length, (sqlite3_int64)good->length,
                      SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
  static const char zeros[] = "; update seal set text = 'hostprint-seal:0000000000000000000000000000000000000000000000000000000000000000'; vacuum";
  struct buffer all = {0};
  buffer_add(&all, sql);
  buffer_add(&all, zeros);
  char *error = NULL;
  if (sqlite3_exec(db, all.text, NULL, NULL, &error)) printf("%s: %s\n", sql, error);
  CHECK(!error);
  sqlite3_free(error);
  unsigned char *bytes = sqlite3_serialize(db, "main", &size, 0);
  CHECK(seal_write(bytes, (size_t)size));
  int code = load_bytes(bytes, (size_t)size);
  sqlite3_free(bytes);
  sqlite3_close(db);
  buffer_free(&all);
  return code;
}

static void test_enemies(const struct buffer *good) {
  static const char *const damage[] = {
      "delete from model",
      "update model set value = -1",
      "delete from layer where layer = 'platform'",
      "update platform set prior = 0",
      "update platform set prior = 9e999",
      "update platform set kind_of = id",
      "update platform set platform_id = platform_id + 5",
      "drop index condition_signal; delete from condition",
      "update condition set parent_id = condition_id where parent_id is not null",
      "update condition set parent_id = 9000000 where parent_id is not null",
      "update condition set parent_id = condition_id + 1 where parent_id is not null",
      "update condition set parent_id = null",
      "update condition set signal_id = 1",
      "update condition set signal_id = 77 where condition_id = 1",
      "update condition set operator = 'maybe'",
      "update condition set operator = 'has' where operator = 'test'",
      "update condition set operator = 'all' where operator = 'test'",
      "update condition set operator = 'test' where operator = 'has'",
      "update condition set matcher = 'same'",
      "update condition set matcher = null",
      "update condition set matcher = 'range'",
      "update condition set operand = null",
      "update condition set key = 'HOME'",
      "update condition set key = null",
      "update condition set fact = null",
      "update condition set at_least = 9 where operator = 'at_least'",
      "update condition set at_least = null where operator = 'at_least'",
      "update signal set seen = 2",
      "update signal set seen = -1e300",
      "update signal set source_id = 99",
      "update signal set platform_id = 99",
      "update signal set why = 'a' || char(0) || 'b'",
      "update expectation set id = 'nobody'",
      "update expectation set probability = 7",
      "update extract set fact = 'mounts', key = null",
      "update extract set key = 'a', fact = 'kernel.release'",
      "drop table model; create view model as select 'half_life_days' as name, 1.0 as value",
      "drop table model; create view model as with recursive n(i) as (select 1 union all select i + 1 from n) select 'x' as name, i as value from n",
      "drop table expectation; create virtual table expectation using fts5(platform_id, layer, id, probability)",
      "drop table signal_search; create virtual table signal_search using fts5(thing, words)",
      "create virtual table more using fts5(thing, words)",
      "drop table source",
      "create trigger t after insert on meta begin select 1; end",
      "with recursive n(i) as (select 1 union all select i + 1 from n where i < 60) insert into condition select i + 100, 1, case i when 1 then 1 "
      "else i + 99 end, 1, "
      "'all', null, null, null, null, null from n",
  };
  for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
    int code = load_after(good, damage[i]);
    if (code != STATUS_DB_DAMAGED) printf("%d for: %s\n", code, damage[i]);
    CHECK(code == STATUS_DB_DAMAGED);
  }
  CHECK(load_after(good, "select 1") == 0);
  CHECK(load_after(good, "update signal_search_data set block = x'00'; delete from signal_search_idx") == 0); /* not looked into */
  CHECK(load_after(good, "create table report (id text); create view mine as select * from report") == 0);
  CHECK(load_after(good, "update fact set type = 'real' where fact = 'kernel.release'") == STATUS_DB_CATALOG);
  CHECK(load_after(good, "insert into fact select 'zodiac.sign', type, unit, fields, how, privilege, forge, caveat from fact limit 1; "
                         "update condition set fact = 'zodiac.sign' where condition_id = 1") == STATUS_DB_CATALOG);
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
  CHECK(ask(db,
            "select count(*) from pragma_table_list as list where schema = 'main' and type <> 'shadow' and name not like 'sqlite_%' "
            "and name <> 'readme' and not exists (select 1 from readme where topic = iif(type = 'view', type, 'table') || ' ' || list.name)") == 0);
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

static void test_memory(void) {
  int code = STATUS_MEMORY;
  size_t failures = 0;
  for (size_t n = 1; n < 1000 && code; n++) {
    struct rule_base *base;
    mem_fail_after(n);
    code = db_load(target, &catalog, &base, NULL);
    mem_fail_after(0);
    failures += code != 0;
    CHECK(!code == !!base);
    rule_base_free(base);
  }
  CHECK(code == 0 && failures > 10);
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
  test_every_cut(&good);
  test_strangers(&good);
  test_enemies(&good);
  test_stranger();
  test_memory();
  test_find();
  buffer_free(&good);
  folder_remove(folder);
  return check_end("db/load");
}
