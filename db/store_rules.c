/* See store_inside.h: rule bases in work DBs. Knows that an evidence DB is kept whole in the table rulebase, and its tables beside it; what
 * is taken over was checked by the loader first. Must not know reports. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../collectors/os.h"
#include "image.h"
#include "statement.h"
#include "store_inside.h"

#define IMAGE_BYTES ((size_t)256 << 20)

static int load_image(struct store *store, const struct buffer *image, const char *name, struct rule_base **base) {
  int status = image_load((unsigned char *)image->text, image->length, name, store->catalog, base, store->diags);
  return status ? status : db_name(*base);
}

int store_read_evidence(struct store *store, const char *path, struct buffer *image, struct rule_base **base) {
  assert(store && path && image && base);
  int error = os_read_file(path, IMAGE_BYTES, image);
  if (error) return diag_format(store->diags, STATUS_DB_OPEN, path, 0, 0, "%s", strerror(error));
  return load_image(store, image, path, base);
}

/* --- numbers --- */

static int compare_signals(const void *left, const void *right) {
  uintptr_t a = (uintptr_t)((const struct signal_number *)left)->signal, b = (uintptr_t)((const struct signal_number *)right)->signal;
  return (a > b) - (a < b);
}

/* The signal that a row names. Those of one thing stand together in the table: the thing of the last row is looked at first. */
static const struct rule_signal *find_signal(const struct rule_base *base, const char *layer, const char *id, const char *signal,
                                             const struct rule_thing **last) {
  if (!layer || !id || !signal) return NULL;
  if (!*last || strcmp((*last)->id, id) != 0 || strcmp((*last)->layer, layer) != 0) *last = rule_base_find(base, layer, id);
  for (size_t i = 0; *last && i < (*last)->signal_count; i++)
    if (strcmp((*last)->signals[i].id, signal) == 0) return &(*last)->signals[i];
  return NULL;
}

static const char *column(sqlite3_stmt *row, int number) { return (const char *)sqlite3_column_text(row, number); }

static int take_numbers(struct store *store, struct store_rules *rules, sqlite3_stmt *row) {
  const struct rule_thing *last = NULL;
  size_t capacity = 0;
  int code;
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    const struct rule_signal *signal = find_signal(rules->base, column(row, 0), column(row, 1), column(row, 2), &last);
    if (!signal) return store_refuse(store, STATUS_STORE_DAMAGED, "its table of signals is not that of its rules");
    if (mem_grow(&rules->signals, &capacity, rules->signal_count + 1, sizeof *rules->signals)) return STATUS_MEMORY;
    rules->signals[rules->signal_count++] = (struct signal_number){.signal = signal, .number = sqlite3_column_int64(row, 3)};
  }
  return code == SQLITE_DONE ? STATUS_OK : store_fail(store, "reading its signals");
}

static int order_layers(struct store *store, struct store_rules *rules) {
  const struct rule_base *base = rules->base;
  rules->layers = arena_take_array(store->arena, base->layer_count, sizeof *rules->layers);
  if (!rules->layers) return STATUS_MEMORY;
  for (size_t i = 0; i < base->layer_count; i++) {
    size_t at = i;
    for (; at > 0 && strcmp(base->layers[rules->layers[at - 1]].id, base->layers[i].id) > 0; at--) rules->layers[at] = rules->layers[at - 1];
    rules->layers[at] = i;
  }
  return STATUS_OK;
}

int store_number_signals(struct store *store, struct store_rules *rules, const char *statement) {
  assert(store && rules && rules->base && statement);
  sqlite3_stmt *row = NULL;
  int code = statement_prepare(store->db, statement, &row);
  int status = code ? store_fail(store, "reading its signals") : take_numbers(store, rules, row);
  sqlite3_finalize(row);
  if (!status && rules->signal_count) qsort(rules->signals, rules->signal_count, sizeof *rules->signals, compare_signals);
  return status ? status : order_layers(store, rules);
}

void store_free_rules(struct store_rules *rules) {
  rule_base_free(rules->base);
  mem_free(rules->signals);
  *rules = (struct store_rules){0};
}

/* --- the rules in use --- */

static int take_image(struct store *store, sqlite3_stmt *row, struct buffer *image) {
  const char *bytes = sqlite3_column_blob(row, 1);
  size_t length = (size_t)sqlite3_column_bytes(row, 1);
  store->current.number = sqlite3_column_int64(row, 0);
  return buffer_append(image, bytes ? bytes : "", length) ? STATUS_MEMORY : STATUS_OK;
}

/* Loads the rules that the file keeps; what is wrong with them is told of the work DB, in its own words. */
static int load_kept(struct store *store, const struct buffer *image) {
  struct diag_list *reasons = diag_list_new();
  if (!reasons) return STATUS_MEMORY;
  int status = image_load((unsigned char *)image->text, image->length, store->path, store->catalog, &store->current.base, reasons);
  if (!status) status = db_name(store->current.base);
  const char *why = reasons->count && reasons->items[0].message ? reasons->items[0].message : "";
  if (status == STATUS_DB_OLDER || status == STATUS_DB_NEWER || status == STATUS_DB_CATALOG)
    status = diag_format(store->diags, STATUS_STORE_RULES, store->path, 0, 0, "the rules in it were compiled for another hostprint: %s", why);
  else if (status && status != STATUS_MEMORY)
    status = diag_format(store->diags, STATUS_STORE_DAMAGED, store->path, 0, 0, "the rules in it: %s", why);
  diag_list_free(reasons);
  return status;
}

int store_load_rules(struct store *store) {
  assert(store && !store->current.base);
  sqlite3_stmt *row = NULL;
  struct buffer image = {0};
  int status, code = statement_prepare(store->db, "current_rulebase", &row);
  if (!code) code = sqlite3_step(row);
  if (code == SQLITE_ROW)
    status = take_image(store, row, &image);
  else
    status = code == SQLITE_DONE ? store_refuse(store, STATUS_STORE_DAMAGED, "it holds no rules") : store_fail(store, "reading its rules");
  sqlite3_finalize(row);
  if (!status) status = load_kept(store, &image);
  buffer_free(&image);
  return status ? status : store_number_signals(store, &store->current, "signal_numbers");
}

int store_check_rules(struct store *store, const char *path) {
  assert(store && path && store->current.base);
  struct buffer image = {0};
  struct rule_base *base = NULL;
  int status = store_read_evidence(store, path, &image, &base);
  if (!status && strcmp(base->sha256, store->current.base->sha256) != 0)
    status = diag_format(store->diags, STATUS_STORE_RULES, store->path, 0, 0, "its rules are %.12s, those of %s are %.12s",
                         store->current.base->sha256, path, base->sha256);
  rule_base_free(base);
  buffer_free(&image);
  return status;
}

/* --- tables --- */

/* Not as read-only, since a transaction that writes locks every schema; nothing is written there. */
int store_attach(struct store *store, const char *name, struct buffer *image) {
  assert(store && name && image->text);
  int code = statement_run(store->db, strcmp(name, "old") == 0 ? "attach_old" : "attach_new");
  if (!code) code = sqlite3_deserialize(store->db, name, (unsigned char *)image->text, (sqlite3_int64)image->length, (sqlite3_int64)image->length, 0);
  return code ? store_fail(store, "reading an evidence DB") : STATUS_OK;
}

void store_detach(struct store *store, const char *name) { statement_run(store->db, strcmp(name, "old") == 0 ? "detach_old" : "detach_new"); }

/* Runs the one statement that a text begins with: what a forged schema hides behind it is not looked at. */
static int run_first(sqlite3 *db, const char *text) {
  sqlite3_stmt *statement = NULL;
  int code = text ? sqlite3_prepare_v2(db, text, -1, &statement, NULL) : SQLITE_CORRUPT;
  while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) code = SQLITE_OK;
  int final = sqlite3_finalize(statement);
  return code == SQLITE_DONE ? SQLITE_OK : final ? final : code;
}

/* The texts that a statement gives, all of them before any is run: they change what it reads. */
static int gather_texts(struct store *store, const char *name, struct arena *arena, char ***texts, size_t *count) {
  sqlite3_stmt *row = NULL;
  size_t capacity = 0;
  int code = statement_prepare(store->db, name, &row);
  while (!code && (code = sqlite3_step(row)) == SQLITE_ROW) {
    const char *text = column(row, 0);
    char *copy = text ? arena_text(arena, text, strlen(text)) : NULL;
    code = !copy || mem_grow(texts, &capacity, *count + 1, sizeof **texts) ? SQLITE_NOMEM : SQLITE_OK;
    if (!code) (*texts)[(*count)++] = copy;
  }
  sqlite3_finalize(row);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Runs every statement that the statement of this name gives. */
static int run_given(struct store *store, const char *name) {
  struct arena *arena = arena_new();
  char **texts = NULL;
  size_t count = 0;
  int code = arena ? gather_texts(store, name, arena, &texts, &count) : SQLITE_NOMEM;
  for (size_t i = 0; i < count && !code; i++) code = run_first(store->db, texts[i]);
  mem_free(texts);
  arena_free(arena);
  return code;
}

int store_swap_tables(struct store *store, bool old) {
  assert(store);
  static const char *const steps[] = {"drop_old_objects", "create_new_tables", "copy_new_rows", "create_new_rest"};
  for (size_t i = old ? 0 : 1; i < sizeof steps / sizeof *steps; i++)
    if (run_given(store, steps[i])) return store_fail(store, "taking over the tables of an evidence DB");
  return STATUS_OK;
}
