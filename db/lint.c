/* See lint.h. */
#include "lint.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../collectors/os.h"
#include "reader.h"

struct lint {
  const struct rules *rules;
  const struct rules_thing *thing;
  struct diag_list *diags;
  long today;
};

static void warn(const struct lint *lint, const struct yaml_node *node, int code, const char *format, ...) __attribute__((format(printf, 4, 5)));

static void warn(const struct lint *lint, const struct yaml_node *node, int code, const char *format, ...) {
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  diag_add(lint->diags, (struct diag){.code = code,
                                      .severity = SEVERITY_WARNING,
                                      .file = lint->thing->file,
                                      .line = node ? node->line : 0,
                                      .column = node ? node->column : 0,
                                      .rule = lint->thing->rule,
                                      .message = message});
}

/* --- looks at texts --- */

/* Characters that an element of a pattern, at `at`, takes: an escape, a class or one character. *literal: it stands for itself. */
static size_t pattern_element(const char *at, bool *literal) {
  *literal = false;
  if (*at == '\\' && at[1]) {
    *literal = ispunct((unsigned char)at[1]) != 0;
    return 2;
  }
  if (*at == '[') {
    size_t length = at[1] == '^' ? 2 : 1;
    if (at[length] == ']') length++;
    while (at[length] && at[length] != ']') length += at[length] == '\\' && at[length + 1] ? 2 : 1;
    return at[length] ? length + 1 : length;
  }
  *literal = !strchr("^$.|()?*+{}", *at);
  return 1;
}

/* Length of the longest run of fixed characters that a pattern holds. */
static size_t longest_literal(const char *pattern) {
  size_t best = 0, run = 0;
  while (*pattern) {
    bool literal;
    pattern += pattern_element(pattern, &literal);
    bool optional = *pattern && strchr("?*{", *pattern);
    run = literal && !optional ? run + 1 : 0;
    if (run > best) best = run;
  }
  return best;
}

/* True where `text` holds digits in groups: `groups` of them joined by dots (which a pattern may escape), no more and no less.
 * The loopback is left out: it is the same everywhere. */
static bool has_dotted(const char *text, size_t groups) {
  for (const char *at = text; *at; at++) {
    if (!isdigit((unsigned char)*at) || strncmp(at, "127.", 4) == 0 || (at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '.'))) continue;
    size_t found = 1;
    const char *end = at + strspn(at, "0123456789");
    for (;;) {
      const char *dot = *end == '\\' ? end + 1 : end;
      if (*dot != '.' || !isdigit((unsigned char)dot[1])) break;
      end = dot + 1 + strspn(dot + 1, "0123456789");
      found++;
    }
    if (found == groups) return true;
    at = end - 1;
  }
  return false;
}

static bool has_uuid(const char *text) {
  static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  for (const char *at = text; *at; at++) {
    size_t i = 0;
    while (form[i] && at[i] && (form[i] == 'x' ? isxdigit((unsigned char)at[i]) != 0 : at[i] == '-')) i++;
    if (!form[i]) return true;
  }
  return false;
}

/* What drifts in a test's operand, or NULL. */
static const char *drifting(const struct fact_catalog *catalog, const struct rule_node *node) {
  if (node->op != RULE_TEST || !node->operand) return NULL;
  const char *path = node->fact == FACT_NONE ? "" : catalog->defs[node->fact].path;
  bool version = strncmp(path, "kernel.", 7) == 0 && node->matcher != MATCH_VERSION && node->matcher != MATCH_RANGE;
  if (version && has_dotted(node->operand, 3)) return "an exact kernel patch level";
  if (has_uuid(node->operand)) return "a UUID";
  return node->matcher != MATCH_CIDR && node->matcher != MATCH_VERSION && has_dotted(node->operand, 4) ? "an IP address" : NULL;
}

/* --- warnings --- */

/* True for a pattern that is tried on every element of a list. */
static bool is_asked_often(const struct fact_catalog *catalog, const struct rule_node *node) {
  if (node->op != RULE_TEST || node->matcher != MATCH_REGEX) return false;
  return node->fact == FACT_NONE || catalog->defs[node->fact].type == FACT_TEXTS;
}

static void lint_nodes(const struct lint *lint, const struct rules_signal *signal, const struct rule_node *node) {
  const struct yaml_node *at = yaml_member(signal->node, "when");
  if (is_asked_often(lint->rules->catalog, node) && longest_literal(node->operand) < LINT_LITERAL_CHARACTERS)
    warn(lint, at, STATUS_RULE_UNANCHORED, "\"%.80s\" in the signal %s", node->operand, signal->id);
  const char *what = signal->is_volatile ? NULL : drifting(lint->rules->catalog, node);
  if (what) warn(lint, at, STATUS_RULE_VOLATILE, "%s, \"%.80s\", in the signal %s", what, node->operand, signal->id);
  for (size_t i = 0; i < node->child_count; i++) lint_nodes(lint, signal, &node->children[i]);
}

static double word_never(const struct rules *rules) {
  for (size_t i = 0; i < rules->word_count; i++)
    if (strcmp(rules->words[i].word, "never") == 0) return rules->words[i].probability;
  return 0;
}

static void lint_signal(const struct lint *lint, size_t index) {
  const struct rules_signal *signal = &lint->thing->signals[index];
  if (!signal->when || !signal->id || !signal->text) return;
  if (!signal->reference) lint_nodes(lint, signal, signal->when);
  bool never = signal->elsewhere >= 0 && signal->elsewhere <= word_never(lint->rules);
  if (never && condition_is_env_only(lint->rules->catalog, signal->when))
    warn(lint, yaml_member(signal->node, "elsewhere"), STATUS_RULE_ENV_ONLY, "the signal %s rests on variables alone", signal->id);
  for (size_t i = 0; i < index; i++) {
    const struct rules_signal *other = &lint->thing->signals[i];
    if (!other->text || strcmp(other->text, signal->text) != 0) continue;
    warn(lint, signal->node, STATUS_RULE_TWICE, "the signals %s and %s ask the same", other->id ? other->id : "?", signal->id);
    break;
  }
}

static void lint_examples(const struct lint *lint) {
  const struct rules_thing *thing = lint->thing;
  bool positive = false, miss = false;
  for (size_t i = 0; i < thing->example_count; i++) {
    const char *expect = thing->examples[i].expect;
    bool first = expect && strcmp(expect, "first") == 0;
    positive = positive || first;
    miss = miss || (expect && !first);
  }
  const struct yaml_node *examples = yaml_member(thing->root, "examples");
  if (!positive) warn(lint, examples ? examples->key : NULL, STATUS_RULE_NO_EXAMPLE, "no example expects first");
  if (!miss) warn(lint, examples ? examples->key : NULL, STATUS_RULE_NO_EXAMPLE, "no example expects not or unknown");
}

static void lint_sources(const struct lint *lint) {
  for (size_t i = 0; i < lint->thing->source_count; i++) {
    const struct rules_source *source = &lint->thing->sources[i];
    long day;
    if (source->observed && reader_date(source->observed, &day) && lint->today - day > LINT_SOURCE_DAYS)
      warn(lint, yaml_member(source->node, "observed"), STATUS_RULE_STALE, "%s was observed on %s", source->key ? source->key : "it",
           source->observed);
  }
}

static void lint_thing(struct lint *lint, const struct rules_thing *thing, bool lib) {
  lint->thing = thing;
  lint_sources(lint);
  for (size_t i = 0; i < thing->signal_count; i++) lint_signal(lint, i);
  if (!lib && thing->signal_count) lint_examples(lint);
  for (size_t i = 0; lib && i < thing->signal_count; i++)
    if (!thing->signals[i].used && thing->signals[i].id)
      warn(lint, thing->signals[i].node, STATUS_RULE_UNUSED, "%s.%s", thing->rule, thing->signals[i].id);
}

static void lint_rules(const struct rules *rules, long today, struct diag_list *diags) {
  struct lint lint = {.rules = rules, .diags = diags, .today = today};
  for (size_t i = 0; i < rules->lib_count; i++) lint_thing(&lint, rules->libs[i], true);
  for (size_t i = 0; i < rules->thing_count; i++) lint_thing(&lint, rules->things[i], false);
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

static int lint_path(struct arena *arena, const char *given, const struct fact_catalog *catalog, long today, struct diag_list *diags) {
  enum os_kind kind;
  const char *path = without_slash(arena, given), *directory = path ? db_rules_directory(arena, path) : NULL;
  int error = path ? os_kind(path, &kind) : 0;
  if (error) return diag_format(diags, STATUS_IO, given, 0, 0, "%s", strerror(error));
  if (!directory) return diag_format(diags, STATUS_RULE_EMPTY, given, 0, 0, "no directory with model.yaml here or above");
  struct diag_list *found = diag_list_new();
  struct rules *rules = NULL;
  if (!found) return STATUS_MEMORY;
  int code = rules_read(directory, true, catalog, found, &rules);
  if (rules) lint_rules(rules, today, found);
  int told = pass_on(found, directory, path, diags);
  rules_free(rules);
  diag_list_free(found);
  return code == STATUS_MEMORY ? code : told;
}

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
