/* See operand.h. */
#include "operand.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "../engine/match.h"

#define BIT(type) (1u << FACT_##type)
#define ANY_TYPE ((1u << FACT_TYPES) - 1)
#define SOME_TEXT (BIT(TEXT) | BIT(TEXTS))
#define SOME_NUMBER (BIT(INTEGER) | BIT(REAL))

static const unsigned allowed[MATCHERS] = {
    [MATCH_EQUALS] = SOME_TEXT | SOME_NUMBER | BIT(BOOLEAN),
    [MATCH_PRESENT] = ANY_TYPE,
    [MATCH_ABSENT] = ANY_TYPE,
    [MATCH_REGEX] = SOME_TEXT,
    [MATCH_PREFIX] = SOME_TEXT,
    [MATCH_SUFFIX] = SOME_TEXT,
    [MATCH_CONTAINS] = SOME_TEXT,
    [MATCH_GLOB] = SOME_TEXT,
    [MATCH_RANGE] = SOME_NUMBER,
    [MATCH_VERSION] = SOME_TEXT,
    [MATCH_CIDR] = SOME_TEXT,
    [MATCH_MAC] = SOME_TEXT,
    [MATCH_COUNT] = BIT(TEXTS) | BIT(RECORDS) | BIT(MAP),
    [MATCH_SAME] = SOME_TEXT | SOME_NUMBER,
};

struct operand_subject operand_of_fact(const struct fact_def *def, const char *key) {
  assert(def);
  if (!key) return (struct operand_subject){.type = def->type, .unit = def->unit};
  return (struct operand_subject){.type = def->type == FACT_MAP ? FACT_TEXT : FACT_PATHS, .member = true};
}

bool operand_of_field(const struct fact_def *def, const char *field, struct operand_subject *subject) {
  *subject = (struct operand_subject){.type = FACT_TEXT, .member = true};
  if (def->type == FACT_MAP || def->type == FACT_PATHS) {
    bool value = strcmp(field, "value") == 0;
    if (value && def->type == FACT_PATHS) subject->type = FACT_BOOLEAN;
    return value || strcmp(field, "name") == 0;
  }
  char suffix = 0;
  if (def->type != FACT_RECORDS || fact_field(def, field, &suffix) == FACT_NONE) return false;
  subject->type = suffix == '*' ? FACT_TEXTS : suffix == '#' ? FACT_INTEGER : suffix == '?' ? FACT_BOOLEAN : FACT_TEXT;
  size_t length = strlen(field);
  if (length > 6 && strcmp(field + length - 6, "_bytes") == 0) subject->unit = "bytes"; /* as the evaluator reads it */
  return true;
}

size_t operand_fields(struct arena *arena, const struct fact_def *def, const char **names, size_t limit) {
  const char *at = def->type == FACT_RECORDS ? def->fields : "name value";
  size_t count = 0;
  while (at && *at && count < limit) {
    size_t bare = strcspn(at, " *#?");
    names[count] = arena_text(arena, at, bare);
    if (names[count]) count++;
    at += strcspn(at, " ");
    at += *at == ' ';
  }
  return count;
}

bool operand_may_match(struct operand_subject subject, enum matcher matcher) { return (allowed[matcher] >> subject.type & 1u) != 0; }

bool operand_may_have(struct operand_subject subject) {
  return !subject.member && (subject.type == FACT_RECORDS || subject.type == FACT_MAP || subject.type == FACT_PATHS);
}

int operand_list(struct operand_subject subject, struct buffer *out) {
  const char *separator = "";
  for (int matcher = 0; matcher < MATCHERS; matcher++) {
    if (matcher == MATCH_SAME || !operand_may_match(subject, (enum matcher)matcher)) continue;
    buffer_format(out, "%s%s", separator, matcher_names[matcher]);
    separator = ", ";
  }
  return operand_may_have(subject) ? buffer_format(out, "%shas", separator) : out->failed;
}

int operand_check(struct operand_subject subject, enum matcher matcher, const char *operand, char *why, size_t why_size) {
  enum fact_type type = subject.type == FACT_TEXTS ? FACT_TEXT : subject.type;
  return match_check(matcher, type, subject.unit, operand, why, why_size);
}

/* --- whole conditions --- */

struct place {
  const struct fact_catalog *catalog;
  const struct fact_def *elements;    /* of the has above, or NULL */
  const struct operand_subject *same; /* of the same above, or NULL */
};

static bool subject_of(const struct place *place, const struct rule_node *node, struct operand_subject *subject) {
  if (place->same) {
    *subject = *place->same;
    return node->fact == FACT_NONE && !node->key;
  }
  if (place->elements) return node->fact == FACT_NONE && node->key && operand_of_field(place->elements, node->key, subject);
  if (node->fact == FACT_NONE) return false;
  const struct fact_def *def = &place->catalog->defs[node->fact];
  *subject = operand_of_fact(def, node->key);
  return !node->key || ((def->type == FACT_MAP || def->type == FACT_PATHS) && *node->key);
}

static bool node_is_sound(const struct place *place, const struct rule_node *node);

static bool children_are_sound(const struct place *place, const struct rule_node *node) {
  for (size_t i = 0; i < node->child_count; i++)
    if (!node_is_sound(place, &node->children[i])) return false;
  return node->child_count > 0;
}

static bool test_is_sound(const struct place *place, const struct rule_node *node) {
  struct operand_subject subject;
  if (!subject_of(place, node, &subject) || !operand_may_match(subject, node->matcher)) return false;
  if (node->matcher == MATCH_SAME) {
    const struct place inner = {.catalog = place->catalog, .same = &subject};
    return !place->same && children_are_sound(&inner, node);
  }
  if (node->child_count > 0) return false;
  if (node->matcher == MATCH_PRESENT || node->matcher == MATCH_ABSENT) return !place->same;
  return node->operand && !(place->same && node->matcher == MATCH_COUNT);
}

static bool has_is_sound(const struct place *place, const struct rule_node *node) {
  if (place->elements || place->same || node->fact == FACT_NONE || node->key) return false;
  const struct place inner = {.catalog = place->catalog, .elements = &place->catalog->defs[node->fact]};
  return operand_may_have(operand_of_fact(inner.elements, NULL)) && children_are_sound(&inner, node);
}

/* Recursion: the compiler and the loader limit the depth of a condition. */
static bool node_is_sound(const struct place *place, const struct rule_node *node) {
  switch (node->op) {
  case RULE_TEST: return test_is_sound(place, node);
  case RULE_HAS: return has_is_sound(place, node);
  case RULE_AT_LEAST:
    if (node->at_least < 1 || node->at_least > node->child_count) return false;
    break;
  case RULE_ALL:
  case RULE_ANY:
  case RULE_NONE: break;
  }
  return !place->same && children_are_sound(place, node);
}

int operand_check_condition(const struct fact_catalog *catalog, const struct rule_node *root) {
  assert(catalog && root);
  const struct place place = {.catalog = catalog};
  return node_is_sound(&place, root) ? 0 : -1;
}
