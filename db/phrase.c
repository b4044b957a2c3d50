/* A condition in words, on one line, for people: "kernel.release matches /-example-/ and env.X is present".
 *
 * Recursion follows the condition, whose depth is limited. */
#include <assert.h>
#include <string.h>

#include "reader.h"

/* How each matcher reads after the name of what it looks at; %s is the operand. */
static const struct {
  const char *before, *after;
} words[MATCHERS] = {
    [MATCH_EQUALS] = {" is \"", "\""},          [MATCH_PRESENT] = {" is present", ""},
    [MATCH_ABSENT] = {" is absent", ""},        [MATCH_REGEX] = {" matches /", "/"},
    [MATCH_PREFIX] = {" starts with \"", "\""}, [MATCH_SUFFIX] = {" ends with \"", "\""},
    [MATCH_CONTAINS] = {" contains \"", "\""},  [MATCH_GLOB] = {" is like \"", "\""},
    [MATCH_RANGE] = {" is within ", ""},        [MATCH_VERSION] = {" is version ", ""},
    [MATCH_CIDR] = {" lies in ", ""},           [MATCH_MAC] = {" is a MAC address of ", ""},
    [MATCH_COUNT] = {" has count ", ""},        [MATCH_SAME] = {"", ""},
};

static void put_node(const struct fact_catalog *catalog, const struct rule_node *node, bool nested, struct buffer *out);

static void put_children(const struct fact_catalog *catalog, const struct rule_node *node, const char *separator, struct buffer *out) {
  for (size_t i = 0; i < node->child_count; i++) {
    if (i) buffer_add(out, separator);
    put_node(catalog, &node->children[i], true, out);
  }
}

static void put_subject(const struct fact_catalog *catalog, const struct rule_node *node, struct buffer *out) {
  if (node->fact != FACT_NONE) buffer_add(out, catalog->defs[node->fact].path);
  if (node->key && node->fact != FACT_NONE) buffer_add(out, ".");
  if (node->key) buffer_add(out, node->key);
}

/* Quotes are left away from what reads as a number. */
static void put_matcher(const struct rule_node *node, struct buffer *out) {
  const char *operand = node->operand ? node->operand : "";
  bool number = node->matcher == MATCH_EQUALS && *operand && operand[strspn(operand, "0123456789.")] == 0;
  buffer_add(out, number ? " is " : words[node->matcher].before);
  buffer_add(out, operand);
  if (!number) buffer_add(out, words[node->matcher].after);
}

static void put_test(const struct fact_catalog *catalog, const struct rule_node *node, struct buffer *out) {
  put_subject(catalog, node, out);
  put_matcher(node, out);
  for (size_t i = 0; i < node->child_count; i++) {
    if (i) buffer_add(out, " and");
    put_matcher(&node->children[i], out);
  }
}

static bool same_subject(const struct rule_node *a, const struct rule_node *b) {
  return a->fact == b->fact && (a->key == b->key || (a->key && b->key && strcmp(a->key, b->key) == 0));
}

/* True for the node that a list of literals becomes. */
static bool is_choice(const struct rule_node *node) {
  for (size_t i = 0; i < node->child_count; i++)
    if (node->children[i].op != RULE_TEST || node->children[i].matcher != MATCH_EQUALS || !same_subject(&node->children[i], &node->children[0]))
      return false;
  return node->op == RULE_ANY;
}

static void put_choice(const struct fact_catalog *catalog, const struct rule_node *node, struct buffer *out) {
  put_subject(catalog, &node->children[0], out);
  buffer_add(out, " is one of (");
  for (size_t i = 0; i < node->child_count; i++) buffer_format(out, "%s\"%s\"", i ? ", " : "", node->children[i].operand);
  buffer_add(out, ")");
}

static void put_join(const struct fact_catalog *catalog, const struct rule_node *node, bool nested, struct buffer *out) {
  bool brackets = nested && node->child_count > 1;
  if (brackets) buffer_add(out, "(");
  put_children(catalog, node, node->op == RULE_ALL ? " and " : " or ", out);
  if (brackets) buffer_add(out, ")");
}

static void put_node(const struct fact_catalog *catalog, const struct rule_node *node, bool nested, struct buffer *out) {
  switch (node->op) {
  case RULE_TEST: put_test(catalog, node, out); return;
  case RULE_ALL: put_join(catalog, node, nested, out); return;
  case RULE_ANY:
    if (is_choice(node))
      put_choice(catalog, node, out);
    else
      put_join(catalog, node, nested, out);
    return;
  case RULE_NONE: buffer_add(out, "none of ("); break;
  case RULE_AT_LEAST: buffer_format(out, "at least %zu of (", node->at_least); break;
  case RULE_HAS: buffer_format(out, "%s has one with (", catalog->defs[node->fact].path); break;
  }
  put_children(catalog, node, node->op == RULE_HAS ? " and " : ", ", out);
  buffer_add(out, ")");
}

int condition_text(const struct fact_catalog *catalog, const struct rule_node *node, struct buffer *out) {
  assert(catalog && node && out);
  put_node(catalog, node, false, out);
  return out->failed;
}
