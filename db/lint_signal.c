/* What is unwise in the signals of one file: weights, reasons, names. Knows one file; must not know the others. */
#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lint.h"
#include "lint_checks.h"
#include "lint_pattern.h"
#include "reader.h"

#define STRONG 64.0 /* seen / elsewhere of evidence that decides: 6 bits */

double lint_word(const struct lint *lint, const char *word) {
  for (size_t i = 0; i < lint->rules->word_count; i++)
    if (strcmp(lint->rules->words[i].word, word) == 0) return lint->rules->words[i].probability;
  return 0;
}

/* Of these children, how many cannot hold without a fact of this privilege. Recursion: the depth of a condition is limited. */
bool lint_needs(const struct fact_catalog *catalog, const struct rule_node *node, enum privilege privilege) {
  if (node->op == RULE_TEST || node->op == RULE_HAS) return node->fact != FACT_NONE && catalog->defs[node->fact].privilege == privilege;
  size_t needing = 0;
  for (size_t i = 0; i < node->child_count; i++) needing += lint_needs(catalog, &node->children[i], privilege);
  switch (node->op) {
  case RULE_ALL:
  case RULE_NONE: return needing > 0;
  case RULE_AT_LEAST: return node->child_count - needing < node->at_least;
  default: return needing == node->child_count;
  }
}

enum forge_cost lint_forge(const struct fact_catalog *catalog, const struct rule_node *node) {
  enum forge_cost cost = FORGE_COSTS - 1;
  if (node->fact != FACT_NONE && (node->op == RULE_TEST || node->op == RULE_HAS)) cost = catalog->defs[node->fact].forge;
  for (size_t i = 0; i < node->child_count; i++) {
    enum forge_cost own = lint_forge(catalog, &node->children[i]);
    if (own < cost) cost = own;
  }
  return cost;
}

/* --- weights --- */

static void check_env_only(struct lint *lint, const struct rules_signal *signal) {
  bool never = signal->elsewhere >= 0 && signal->elsewhere <= lint_word(lint, "never");
  if (never && condition_is_env_only(lint->rules->catalog, signal->when))
    lint_warn(lint, yaml_member(signal->node, "elsewhere"), STATUS_RULE_ENV_ONLY, "the signal %s rests on variables alone", signal->id);
}

/* Words that speak against something, whole or as beginnings. */
static const char *const contrary[] = {"against", "another", "other",  "not",     "no",      "none",   "nothing", "never",
                                       "without", "hardly",  "seldom", "rarely",  "instead", "rather", "absent",  "missing",
                                       "lacks",   "differ",  "cannot", "neither", "but",     "only"};

bool lint_speaks_against(const char *why) {
  for (const char *at = why; *at; at++) {
    if (at > why && isalpha((unsigned char)at[-1])) continue;
    for (size_t i = 0; i < sizeof contrary / sizeof *contrary; i++) {
      size_t length = strlen(contrary[i]);
      if (strncasecmp(at, contrary[i], length) == 0 && (length > 4 || !isalpha((unsigned char)at[length]))) return true;
    }
  }
  return false;
}

/* The boot log loses its first lines: what rests on it is never always seen. */
static bool asks_log(const struct fact_catalog *catalog, const struct rule_node *node) {
  if (node->op == RULE_TEST || node->op == RULE_HAS) return node->fact != FACT_NONE && strcmp(catalog->defs[node->fact].path, "boot_log") == 0;
  for (size_t i = 0; i < node->child_count; i++)
    if (!asks_log(catalog, &node->children[i])) return false;
  return node->op != RULE_NONE;
}

static void check_log(struct lint *lint, const struct rules_signal *signal) {
  if (signal->seen < lint_word(lint, "always") || !asks_log(lint->rules->catalog, signal->when)) return;
  lint_warn(lint, yaml_member(signal->node, "seen"), STATUS_RULE_ROOT_ALWAYS, "the signal %s looks at boot_log alone", signal->id);
}

/* --- words --- */

static void check_why(struct lint *lint, const struct rules_signal *signal) {
  const struct yaml_node *node = yaml_member(signal->node, "why");
  if (!node || !signal->why) return;
  size_t length = strlen(signal->why), last = length;
  while (last > 0 && strchr("\n)\"'", signal->why[last - 1])) last--;
  if (last == 0 || !strchr(".!?", signal->why[last - 1]))
    lint_warn(lint, node, STATUS_RULE_WHY_END, "\"%.60s\" in the signal %s", signal->why, signal->id);
  if (length > LINT_WHY_CHARACTERS) lint_warn(lint, node, STATUS_RULE_WHY_LONG, "%zu characters in the signal %s", length, signal->id);
}

static void check_id(struct lint *lint, const struct rules_signal *signal) {
  size_t length = strlen(lint->thing->id);
  bool repeats = !signal->reference && strncmp(signal->id, lint->thing->id, length) == 0 && (signal->id[length] == '-' || !signal->id[length]);
  if (repeats && !lint->lib)
    lint_warn(lint, yaml_member(signal->node, "id"), STATUS_RULE_SIGNAL_NAME, "%s.%s; expected what the signal shows", lint->thing->rule, signal->id);
}

static void (*const signal_checks[])(struct lint *, const struct rules_signal *) = {
    check_env_only,
    check_log,
    check_why,
    check_id,
};

/* --- signals side by side --- */

/* How many signals of the file are in this group. */
static size_t members(const struct rules_thing *thing, const char *group) {
  size_t count = 0;
  for (size_t i = 0; i < thing->signal_count; i++) count += thing->signals[i].group && strcmp(thing->signals[i].group, group) == 0;
  return count;
}

/* Of two lone groups that resemble each other the later one is told. */
static void check_group(struct lint *lint, size_t index) {
  const struct rules_signal *signal = &lint->thing->signals[index];
  const struct yaml_node *node = yaml_member(signal->node, "group");
  if (!node || node->length < LINT_NAME_CHARACTERS || members(lint->thing, node->text) > 1) return;
  for (size_t i = 0; i < lint->thing->signal_count; i++) {
    const char *other = lint->thing->signals[i].group;
    if (!other || !pattern_one_edit(node->text, other) || (i > index && members(lint->thing, other) == 1)) continue;
    lint_warn(lint, node, STATUS_RULE_GROUP_NAME, "\"%.60s\" has one signal; did you mean \"%.60s\"?", node->text, other);
    return;
  }
}

static bool same_text(const char *a, const char *b) { return a && b && strcmp(a, b) == 0; }

static void check_pair(struct lint *lint, const struct rules_signal *earlier, const struct rules_signal *signal) {
  const struct yaml_node *why = yaml_member(signal->node, "why");
  if (same_text(earlier->text, signal->text))
    lint_warn(lint, signal->node, STATUS_RULE_TWICE, "the signals %s and %s ask the same", earlier->id ? earlier->id : "?", signal->id);
  else if (why && same_text(earlier->why, signal->why))
    lint_warn(lint, why, STATUS_RULE_WHY_TWICE, "the signals %s and %s give the same reason", earlier->id ? earlier->id : "?", signal->id);
}

#define PAIRS 256 /* signals of one file that are compared pair by pair */

/* --- the file's evidence as a whole --- */

static bool is_strong(const struct rules_signal *signal) {
  return signal->seen > 0 && signal->elsewhere >= 0 && signal->seen >= STRONG * signal->elsewhere;
}

static size_t least(const struct rule_node *node);

/* The n cheapest of a node's children, added up. */
static size_t least_of(const struct rule_node *node, size_t n) {
  size_t total = 0;
  for (size_t rank = 0; rank < node->child_count; rank++) {
    size_t own = least(&node->children[rank]), cheaper = 0;
    for (size_t i = 0; i < node->child_count; i++) {
      size_t other = least(&node->children[i]);
      cheaper += other < own || (other == own && i < rank);
    }
    if (cheaper < n) total += own;
  }
  return total;
}

/* How many facts must be right at the least for a condition to hold. */
static size_t least(const struct rule_node *node) {
  switch (node->op) {
  case RULE_ALL: return least_of(node, node->child_count);
  case RULE_ANY: return least_of(node, 1);
  case RULE_AT_LEAST: return least_of(node, node->at_least);
  case RULE_NONE: return 0;
  default: return 1;
  }
}

/* Several variables that the platform itself sets are weak evidence, and weigh little; one that anybody may set is none. */
static void check_forgeable(struct lint *lint) {
  const struct rules_thing *thing = lint->thing;
  bool first_layer = thing->position == 0;
  for (size_t i = 0; i < thing->signal_count; i++) {
    const struct rules_signal *signal = &thing->signals[i];
    if (!signal->when || signal->seen < signal->elsewhere || lint_forge(lint->rules->catalog, signal->when) > FORGE_TENANT) return;
    if (least(signal->when) > 1) return;
  }
  if (first_layer && !thing->draft && !thing->kind_of)
    lint_warn(lint, thing->signals[0].node, STATUS_RULE_FORGEABLE, "all %zu signals rest on single things that a tenant can set",
              thing->signal_count);
}

/* The origin of an address is what tells a provider: there it is no fault. */
static void check_network(struct lint *lint) {
  const struct rules_thing *thing = lint->thing;
  if (thing->category && strcmp(thing->category, "provider") == 0) return;
  const struct rules_signal *strong = NULL;
  for (size_t i = 0; i < thing->signal_count; i++) {
    const struct rules_signal *signal = &thing->signals[i];
    if (!signal->when || !is_strong(signal)) continue;
    if (!lint_needs(lint->rules->catalog, signal->when, PRIVILEGE_NETWORK)) return;
    strong = signal;
  }
  if (strong && !thing->draft) lint_warn(lint, strong->node, STATUS_RULE_NETWORK_ONLY, "the signal %s and no other without the network", strong->id);
}

static void check_signal(struct lint *lint, size_t index) {
  const struct rules_signal *signal = &lint->thing->signals[index];
  if (!signal->when || !signal->id) return;
  if (!signal->reference) lint_condition(lint, signal);
  for (size_t i = 0; i < sizeof signal_checks / sizeof *signal_checks; i++) signal_checks[i](lint, signal);
  if (lint->thing->signal_count > PAIRS) return;
  check_group(lint, index);
  for (size_t i = 0; i < index; i++) check_pair(lint, &lint->thing->signals[i], signal);
}

void lint_signals(struct lint *lint) {
  assert(lint && lint->thing);
  for (size_t i = 0; i < lint->thing->signal_count; i++) check_signal(lint, i);
  if (lint->lib || lint->thing->signal_count == 0) return;
  check_forgeable(lint);
  check_network(lint);
}
