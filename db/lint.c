/* See lint.h: paths, and the passes in their order. */
#include "lint.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../collectors/os.h"
#include "lint_checks.h"

/* What two equal tests in one condition would both say is said once. */
void lint_warn(struct lint *lint, const struct yaml_node *node, int code, const char *format, ...) {
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  const struct diag *last = lint->diags->count ? &lint->diags->items[lint->diags->count - 1] : NULL;
  if (last && last->code == code && node && last->line == node->line && last->column == node->column && strcmp(last->message, message) == 0) return;
  int added = diag_add(lint->diags, (struct diag){.code = code,
                                                  .severity = SEVERITY_WARNING,
                                                  .file = lint->thing->file,
                                                  .line = node ? node->line : 0,
                                                  .column = node ? node->column : 0,
                                                  .rule = lint->thing->rule,
                                                  .message = message});
  if (added == STATUS_MEMORY) lint->code = added;
}

void *lint_take(struct lint *lint, size_t count, size_t size) {
  void *taken = arena_take_array(lint->arena, count, size);
  if (!taken) lint->code = STATUS_MEMORY;
  return taken;
}

bool db_lint_warns(int code) {
  return code == STATUS_RULE_NO_EXAMPLE || code == STATUS_RULE_FORMAT || code == STATUS_RULE_UNANCHORED || code == STATUS_RULE_ENV_ONLY ||
         (code >= STATUS_RULE_VOLATILE && code < STATUS_DB_OPEN);
}

static void lint_thing(struct lint *lint, const struct rules_thing *thing, bool lib) {
  lint->thing = thing;
  lint->lib = lib;
  lint_file(lint);
  lint_signals(lint);
  lint_text(lint);
}

/* `sound`: the rules have no error, so that every condition is whole. */
static int lint_rules(struct lint *lint, bool sound) {
  lint->arena = arena_new();
  if (!lint->arena) return STATUS_MEMORY;
  for (size_t i = 0; i < lint->rules->lib_count; i++) lint_thing(lint, lint->rules->libs[i], true);
  for (size_t i = 0; i < lint->rules->thing_count; i++) lint_thing(lint, lint->rules->things[i], false);
  lint_across(lint);
  if (sound) lint_corpus(lint);
  arena_free(lint->arena);
  return lint->code;
}

/* --- paths --- */

#define PARENTS 5 /* directories looked into for model.yaml, from the path upwards */

static const char *parent_directory(struct arena *arena, const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return arena_format(arena, "%s/..", path);
  if (!slash) return ".";
  return slash == path ? "/" : arena_text(arena, path, (size_t)(slash - path));
}

static const char *without_slash(struct arena *arena, const char *path) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') length--;
  return arena_text(arena, path, length);
}

/* The rules directory that a path is or lies in; NULL where there is none. */
const char *db_rules_directory(struct arena *arena, const char *path) {
  for (int i = 0; path && i < PARENTS; i++) {
    enum os_kind kind;
    const char *model = arena_format(arena, "%s/model.yaml", path);
    if (model && os_kind(model, &kind) == 0 && kind == OS_FILE) return path;
    path = parent_directory(arena, path);
  }
  return NULL;
}

static bool lies_in(const char *file, const char *directory) {
  size_t length = strlen(directory);
  return strncmp(file, directory, length) == 0 && (file[length] == '/' || file[length] == 0);
}

/* True where a diagnostic lies under a path that belongs to its rules directory. A directory found by going up with .. does
 * not begin as the path does: then everything is told. */
static bool is_wanted(const struct diag *diag, const char *directory, const char *path) {
  if (!diag->file || !lies_in(path, directory) || lies_in(diag->file, path)) return true;
  const char *name = strrchr(diag->file, '/');
  return name && strcmp(name, "/model.yaml") == 0;
}

static int pass_on(const struct diag_list *found, const char *directory, const char *path, struct diag_list *diags) {
  int code = 0;
  for (size_t i = 0; i < found->count; i++) {
    const struct diag *diag = &found->items[i];
    if (!is_wanted(diag, directory, path)) continue;
    int added = diag_add(diags, *diag);
    if (diag->severity == SEVERITY_ERROR && !code) code = added;
  }
  return code;
}

/* The path without a slash at its end, and its rules directory. 0, or a code with the reason in `diags`. */
static int enter(struct arena *arena, const char *given, struct diag_list *diags, const char **path, const char **directory) {
  enum os_kind kind;
  *path = without_slash(arena, given);
  *directory = *path ? db_rules_directory(arena, *path) : NULL;
  int error = *path ? os_kind(*path, &kind) : 0;
  if (error) return diag_format(diags, STATUS_IO, given, 0, 0, "%s", strerror(error));
  return *directory ? 0 : diag_format(diags, STATUS_RULE_EMPTY, given, 0, 0, "no directory with model.yaml here or above");
}

static int lint_path(struct arena *arena, const char *given, const struct fact_catalog *catalog, long today, struct diag_list *diags) {
  const char *path, *directory;
  int code = enter(arena, given, diags, &path, &directory);
  if (code) return code;
  struct diag_list *found = diag_list_new();
  struct rules *rules = NULL;
  if (!found) return STATUS_MEMORY;
  code = rules_read(directory, true, catalog, found, &rules);
  struct lint lint = {.rules = rules, .directory = directory, .diags = found, .today = today};
  if (rules && lint_rules(&lint, code == 0)) code = STATUS_MEMORY;
  int told = pass_on(found, directory, path, diags);
  rules_free(rules);
  diag_list_free(found);
  return code == STATUS_MEMORY ? code : told;
}

/* --- fixing --- */

static int fix_things(struct rules_thing *const *things, size_t count, const char *directory, const char *path, struct buffer *told,
                      struct diag_list *diags) {
  int code = 0;
  for (size_t i = 0; i < count; i++) {
    bool wanted = !lies_in(path, directory) || lies_in(things[i]->file, path);
    int one = wanted ? lint_fix_file(things[i], told, diags) : 0;
    if (!code) code = one;
  }
  return code;
}

static int fix_path(struct arena *arena, const char *given, const struct fact_catalog *catalog, struct buffer *told, struct diag_list *diags) {
  const char *path, *directory;
  struct rules *rules = NULL;
  int code = enter(arena, given, diags, &path, &directory);
  if (code) return code;
  if (rules_read(directory, true, catalog, NULL, &rules) == STATUS_MEMORY) code = STATUS_MEMORY;
  if (!code && rules) code = fix_things(rules->libs, rules->lib_count, directory, path, told, diags);
  int other = !code && rules ? fix_things(rules->things, rules->thing_count, directory, path, told, diags) : 0;
  rules_free(rules);
  return code ? code : other;
}

int db_lint_fix(const char *const *paths, size_t count, const struct fact_catalog *catalog, struct buffer *told, struct diag_list *diags) {
  assert((paths || !count) && catalog && told && diags);
  struct arena *arena = arena_new();
  int code = arena ? 0 : STATUS_MEMORY;
  for (size_t i = 0; arena && i < count; i++) {
    int one = fix_path(arena, paths[i], catalog, told, diags);
    if (!code) code = one;
  }
  arena_free(arena);
  return code ? code : told->failed ? STATUS_MEMORY : 0;
}

/* --- checking --- */

int db_lint_at(const char *const *paths, size_t count, const struct fact_catalog *catalog, long today, struct diag_list *diags) {
  assert((paths || !count) && catalog && diags);
  struct arena *arena = arena_new();
  int code = arena ? 0 : STATUS_MEMORY;
  for (size_t i = 0; arena && i < count; i++) {
    int one = lint_path(arena, paths[i], catalog, today, diags);
    if (!code) code = one;
  }
  arena_free(arena);
  diag_sort(diags);
  return code;
}

int db_lint(const char *const *paths, size_t count, const struct fact_catalog *catalog, struct diag_list *diags) {
  return db_lint_at(paths, count, catalog, (long)(os_now() / 86400), diags);
}
