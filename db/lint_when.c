/* What is unwise in a condition: tests that always or never hold, that are never decided, patterns that say little or too
 * much, values that drift. Knows conditions and the catalogue; must not know other files. */
#include <assert.h>
#include <string.h>

#include "../reports/report.h"
#include "lint.h"
#include "lint_checks.h"
#include "lint_pattern.h"

/* Where in a condition we are. */
struct look {
  struct lint *lint;
  const struct rules_signal *signal;
  const struct fact_def *elements;      /* of the has above, or NULL */
  const struct operand_subject *shared; /* of the several matchers above, or NULL */
  const struct yaml_node *at;           /* of the condition */
};

/* The text node that holds an operand, depth first; NULL where there is none. */
static const struct yaml_node *find_text(const struct yaml_node *node, const char *text) {
  if (node->kind == YAML_TEXT) return strcmp(node->text, text) == 0 ? node : NULL;
  const struct yaml_node *found = NULL;
  for (const struct yaml_node *item = node->first; item && !found; item = item->next) found = find_text(item, text);
  return found;
}

static const struct yaml_node *place_of(const struct look *look, const struct rule_node *test) {
  const struct yaml_node *found = test->operand ? find_text(look->at, test->operand) : NULL;
  return found ? found : look->at;
}

static struct operand_subject subject_of(const struct look *look, const struct rule_node *test) {
  struct operand_subject subject = {.type = FACT_TEXT};
  if (test->fact != FACT_NONE) return operand_of_fact(&look->lint->rules->catalog->defs[test->fact], test->key);
  if (look->shared) return *look->shared;
  if (look->elements && test->key) operand_of_field(look->elements, test->key, &subject);
  return subject;
}

static bool is_scalar(struct operand_subject subject) { return subject.type <= FACT_BOOLEAN; }

/* --- one test --- */

static void check_always(const struct look *look, const struct rule_node *test, struct operand_subject subject) {
  if (!test->operand || !pattern_takes_all(subject, test->matcher, test->operand)) return;
  bool number = test->matcher == MATCH_RANGE || test->matcher == MATCH_COUNT || test->matcher == MATCH_VERSION || test->matcher == MATCH_CIDR;
  lint_warn(look->lint, place_of(look, test), number ? STATUS_RULE_TRUE_ALWAYS : STATUS_RULE_ANY_TEXT,
            "%s \"%.80s\" in the signal %s; expected one that some value fails", matcher_names[test->matcher], test->operand, look->signal->id);
}

static const char *why_undecided(const struct fact_def *def, const struct rule_node *test) {
  bool asks_content = test->matcher != MATCH_PRESENT && test->matcher != MATCH_ABSENT;
  if (def->type == FACT_MAP && test->key && asks_content && report_is_secret_name(test->key)) return "the value of a secret name is never stored";
  if (def->type == FACT_PATHS && !test->key) return "only paths that a rule names are looked at";
  return NULL;
}

static void check_decided(const struct look *look, const struct rule_node *test, struct operand_subject subject) {
  (void)subject;
  if (test->fact == FACT_NONE) return;
  const struct fact_def *def = &look->lint->rules->catalog->defs[test->fact];
  const char *why = why_undecided(def, test);
  if (!why) return;
  lint_warn(look->lint, place_of(look, test), STATUS_RULE_UNDECIDED, "%s%s%.80s in the signal %s; %s", def->path, test->key ? "." : "",
            test->key ? test->key : "", look->signal->id, why);
}

static void check_regex(const struct look *look, const struct rule_node *test, struct operand_subject subject) {
  char text[256];
  if (test->matcher != MATCH_REGEX) return;
  int matcher = pattern_literal(test->operand, text, sizeof text);
  bool many = subject.type == FACT_TEXTS || (look->elements && test->fact == FACT_NONE);
  bool loose = pattern_fixed(test->operand) < LINT_LITERAL_CHARACTERS;
  if (matcher >= 0)
    lint_warn(look->lint, place_of(look, test), STATUS_RULE_LITERAL_REGEX, "regex \"%.80s\" in the signal %s; expected %s \"%.80s\"", test->operand,
              look->signal->id, matcher_names[matcher], text);
  else if (many && loose)
    lint_warn(look->lint, place_of(look, test), STATUS_RULE_UNANCHORED, "\"%.80s\" in the signal %s", test->operand, look->signal->id);
  else if (loose && !pattern_is_anchored(test->operand) && !pattern_takes_all(subject, MATCH_REGEX, test->operand))
    lint_warn(look->lint, place_of(look, test), STATUS_RULE_SHORT_PATTERN, "regex \"%.80s\" in the signal %s", test->operand, look->signal->id);
}

static void check_words(const struct look *look, const struct rule_node *test, struct operand_subject subject) {
  const char *operand = test->operand;
  if (test->matcher == MATCH_CONTAINS && *operand && strlen(operand) < LINT_LITERAL_CHARACTERS)
    lint_warn(look->lint, place_of(look, test), STATUS_RULE_SHORT_PATTERN, "contains \"%.80s\" in the signal %s", operand, look->signal->id);
  if (test->matcher == MATCH_GLOB && !pattern_has_wildcard(operand))
    lint_warn(look->lint, place_of(look, test), STATUS_RULE_PLAIN_GLOB, "glob \"%.80s\" in the signal %s; expected *, ? or [", operand,
              look->signal->id);
  bool plain = test->matcher == MATCH_EQUALS && (subject.type == FACT_TEXT || subject.type == FACT_TEXTS);
  if (plain && pattern_is_meant(operand))
    lint_warn(look->lint, place_of(look, test), STATUS_RULE_LITERAL_PATTERN, "\"%.80s\" in the signal %s is compared as it stands", operand,
              look->signal->id);
}

static const char *drifting(const struct look *look, const struct rule_node *test, struct operand_subject subject) {
  bool equal = test->matcher == MATCH_EQUALS, size = subject.unit && subject.type == FACT_INTEGER;
  bool kernel = test->fact != FACT_NONE && strncmp(look->lint->rules->catalog->defs[test->fact].path, "kernel.", 7) == 0;
  if (test->matcher == MATCH_VERSION || test->matcher == MATCH_RANGE || test->matcher == MATCH_CIDR) return NULL;
  const char *what = pattern_drift_uuid(test->operand);
  if (!what && kernel) what = pattern_drift_release(test->operand);
  if (!what && kernel) what = pattern_drift_date(test->operand);
  if (!what && size && equal && strcmp(test->operand, "0") != 0) what = "an exact size";
  return what ? what : pattern_drift_ip(test->operand);
}

/* A constant of the program that writes it does not drift; the author says so, and a reviewer can check it in the source. */
static void check_drift(const struct look *look, const struct rule_node *test, struct operand_subject subject) {
  const struct rules_signal *signal = look->signal;
  if (!test->operand || signal->is_volatile || (signal->why && strstr(signal->why, "constant"))) return;
  const char *what = drifting(look, test, subject);
  if (what) lint_warn(look->lint, place_of(look, test), STATUS_RULE_VOLATILE, "%s, \"%.80s\", in the signal %s", what, test->operand, signal->id);
}

static void (*const test_checks[])(const struct look *, const struct rule_node *, struct operand_subject) = {
    check_always, check_decided, check_regex, check_words, check_drift,
};

/* --- tests side by side --- */

static bool same_subject(const struct rule_node *a, const struct rule_node *b) {
  return a->op == RULE_TEST && b->op == RULE_TEST && a->fact == b->fact && (a->key == b->key || (a->key && b->key && strcmp(a->key, b->key) == 0));
}

static bool exclude(struct operand_subject subject, const struct rule_node *a, const struct rule_node *b) {
  if (a->matcher == MATCH_ABSENT) return b->matcher != MATCH_ABSENT && b->matcher != MATCH_COUNT;
  return a->matcher == MATCH_EQUALS && is_scalar(subject) && !pattern_allows(subject, b->matcher, b->operand, a->operand);
}

/* Children that must all hold: none may exclude another. */
static void check_together(const struct look *look, const struct rule_node *node) {
  for (size_t i = 0; i < node->child_count; i++)
    for (size_t k = 0; k < node->child_count; k++) {
      const struct rule_node *a = &node->children[i], *b = &node->children[k];
      if (i == k || !same_subject(a, b) || !exclude(subject_of(look, a), a, b) || (k < i && exclude(subject_of(look, b), b, a))) continue;
      lint_warn(look->lint, place_of(look, b), STATUS_RULE_NEVER_TRUE, "%s \"%.60s\" beside %s \"%.60s\" of the same fact in the signal %s",
                matcher_names[b->matcher], b->operand ? b->operand : "", matcher_names[a->matcher], a->operand ? a->operand : "", look->signal->id);
    }
}

/* Children of which one must hold: present beside absent always does, and no literal is needed twice. */
static void check_choice(const struct look *look, const struct rule_node *node) {
  for (size_t i = 0; i < node->child_count; i++)
    for (size_t k = 0; k < i; k++) {
      const struct rule_node *a = &node->children[i], *b = &node->children[k];
      if (!same_subject(a, b)) continue;
      bool both = (a->matcher == MATCH_PRESENT && b->matcher == MATCH_ABSENT) || (a->matcher == MATCH_ABSENT && b->matcher == MATCH_PRESENT);
      if (both) lint_warn(look->lint, look->at, STATUS_RULE_TRUE_ALWAYS, "present or absent, in the signal %s", look->signal->id);
      bool twice = a->matcher == b->matcher && a->operand && b->operand && strcmp(a->operand, b->operand) == 0;
      if (twice) lint_warn(look->lint, place_of(look, a), STATUS_RULE_LIST_TWICE, "\"%.80s\" in the signal %s", a->operand, look->signal->id);
    }
}

/* A list of one literal has been made a plain test by the reader: what is left with one child was written so. */
static void check_join(const struct look *look, const struct rule_node *node) {
  bool join = node->op == RULE_ALL || node->op == RULE_ANY || node->op == RULE_AT_LEAST;
  if (join && node->child_count == 1)
    lint_warn(look->lint, look->at, STATUS_RULE_JOIN_OF_ONE, "one condition alone, in the signal %s", look->signal->id);
  else if (node->op == RULE_AT_LEAST && (node->at_least == 1 || node->at_least == node->child_count))
    lint_warn(look->lint, look->at, STATUS_RULE_JOIN_OF_ONE, "at least %zu of %zu in the signal %s; expected %s", node->at_least, node->child_count,
              look->signal->id, node->at_least == 1 ? "any" : "all");
}

#define SIBLINGS 64 /* longer lists are not compared pair by pair */

static void check_siblings(const struct look *look, const struct rule_node *node) {
  check_join(look, node);
  if (node->child_count > SIBLINGS) return;
  if (node->op == RULE_ALL || node->op == RULE_HAS || node->op == RULE_TEST) check_together(look, node);
  if (node->op == RULE_ANY) check_choice(look, node);
}

/* Recursion: the depth of a condition is limited. */
static void check_node(const struct look *look, const struct rule_node *node) {
  const struct operand_subject subject = subject_of(look, node);
  struct look inner = *look;
  if (node->op == RULE_HAS) {
    inner.elements = &look->lint->rules->catalog->defs[node->fact];
    check_decided(look, node, subject);
  }
  if (node->op == RULE_TEST && node->matcher == MATCH_SAME) inner.shared = &subject;
  for (size_t i = 0; node->op == RULE_TEST && node->matcher != MATCH_SAME && i < sizeof test_checks / sizeof *test_checks; i++)
    test_checks[i](look, node, subject);
  check_siblings(&inner, node);
  for (size_t i = 0; i < node->child_count; i++) check_node(&inner, &node->children[i]);
}

void lint_condition(struct lint *lint, const struct rules_signal *signal) {
  assert(lint && signal && signal->when && !signal->reference);
  const struct look look = {.lint = lint, .signal = signal, .at = yaml_member(signal->node, "when")};
  check_node(&look, signal->when);
}
