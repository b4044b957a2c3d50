/* See eval.h. */
#include "eval.h"

#include <assert.h>
#include <string.h>

/* One element of a list under a has: a record, or a name and value of a map. */
struct element {
  const struct fact_def *def;
  const struct value *record; /* VALUE_MAP of fields; NULL for a member of a map */
  struct value name;
  const struct value *value;
};

static enum truth eval_in(const struct eval *eval, const struct rule_node *node, const struct element *element, struct eval_trace *trace);

const char *eval_unit(const struct fact_def *def, const char *field) {
  if (!field) return def->unit;
  size_t length = strlen(field);
  return length > 6 && strcmp(field + length - 6, "_bytes") == 0 ? "bytes" : NULL;
}

static enum truth truth_of_state(enum fact_state state) { return state == FACT_UNREADABLE ? TRUTH_UNREADABLE : TRUTH_UNKNOWN; }

/* What a test looks at: its state, and the value when present. */
struct sight {
  enum fact_state state;
  bool partial;
  const struct value *value;
  const char *reason;
};

static struct sight look_member(const struct eval *eval, const struct fact_def *def, const struct fact *fact, const char *key) {
  struct sight sight = {.state = fact->state, .reason = fact->reason};
  if (fact->state != FACT_PRESENT) return sight;
  const struct value *member = eval->blank ? NULL : value_member(&fact->value, key);
  bool gone = member && (member->kind == VALUE_NULL || (member->kind == VALUE_BOOLEAN && !member->boolean));
  if (!member) {
    sight.state = def->type == FACT_PATHS || fact->partial ? FACT_UNKNOWN : FACT_ABSENT;
  } else if (gone) {
    sight.state = FACT_ABSENT;
  } else {
    sight.value = member;
  }
  return sight;
}

static struct sight look_field(const struct element *element, const char *field) {
  struct sight sight = {.state = FACT_PRESENT};
  if (!element->record)
    sight.value = strcmp(field, "name") == 0 ? &element->name : element->value;
  else
    sight.value = value_member(element->record, field);
  if (!sight.value) sight.state = FACT_UNKNOWN;
  bool empty = sight.value && sight.value->kind == VALUE_LIST && sight.value->count == 0;
  if (empty || (sight.value && sight.value->kind == VALUE_NULL)) sight.state = FACT_ABSENT;
  return sight;
}

static struct sight look(const struct eval *eval, const struct rule_node *node, const struct element *element) {
  if (node->fact == FACT_NONE) {
    assert(element && node->key);
    return look_field(element, node->key);
  }
  const struct fact_def *def = &eval->facts->catalog->defs[node->fact];
  const struct fact *fact = &eval->facts->facts[node->fact];
  bool ignored = (int)def->forge <= eval->ignore_forge || (eval->ignored && eval->ignored[node->fact]);
  if (ignored) return (struct sight){.state = FACT_UNKNOWN};
  if (node->key) return look_member(eval, def, fact, node->key);
  struct sight sight = {.state = fact->state, .partial = fact->partial, .value = &fact->value, .reason = fact->reason};
  if (fact->state != FACT_PRESENT) sight.value = NULL;
  bool many = sight.value && (fact->value.kind == VALUE_LIST || fact->value.kind == VALUE_MAP);
  if (many && fact->value.count == 0) sight.state = FACT_UNKNOWN; /* nothing seen of a list known not to be complete */
  return sight;
}

static enum truth match_scalar(const struct eval *eval, const struct rule_node *node, const char *unit, const struct value *value) {
  if (node->matcher != MATCH_SAME) return match_value(eval->cache, node, unit, value);
  enum truth truth = TRUTH_TRUE;
  for (size_t i = 0; i < node->child_count; i++) truth = truth_and(truth, match_value(eval->cache, &node->children[i], unit, value));
  return truth;
}

/* Some element of a list, or the one value. *matched is what satisfied the test, or the whole value. */
static enum truth match_any(const struct eval *eval, const struct rule_node *node, const char *unit, const struct sight *sight,
                            const struct value **matched) {
  *matched = sight->value;
  if (eval->blank) return sight->partial ? TRUTH_UNKNOWN : TRUTH_FALSE;
  if (sight->value->kind != VALUE_LIST && sight->value->kind != VALUE_MAP) return match_scalar(eval, node, unit, sight->value);
  enum truth truth = TRUTH_FALSE;
  for (size_t i = 0; i < sight->value->count; i++) {
    const struct value *item = &sight->value->items[i];
    if (item->kind == VALUE_LIST || item->kind == VALUE_MAP || item->kind == VALUE_NULL) continue;
    truth = truth_or(truth, match_scalar(eval, node, unit, item));
    if (truth != TRUTH_TRUE) continue;
    *matched = item;
    return truth;
  }
  return sight->partial ? truth_or(truth, TRUTH_UNKNOWN) : truth;
}

static enum truth eval_count(const struct rule_node *node, const struct sight *sight) {
  if (sight->state == FACT_ABSENT) return match_count(node->operand, 0, false);
  bool many = sight->value->kind == VALUE_LIST || sight->value->kind == VALUE_MAP;
  return match_count(node->operand, many ? sight->value->count : 1, sight->partial);
}

static enum truth eval_test(const struct eval *eval, const struct rule_node *node, const struct element *element, struct eval_trace *trace) {
  struct sight sight = look(eval, node, element);
  const struct fact_def *def = element && node->fact == FACT_NONE ? element->def : &eval->facts->catalog->defs[node->fact];
  const char *unit = eval_unit(def, node->fact == FACT_NONE ? node->key : NULL);
  *trace = (struct eval_trace){
      .test = node, .fact = node->fact, .key = node->fact == FACT_NONE ? NULL : node->key, .value = sight.value, .reason = sight.reason};
  if (sight.state != FACT_PRESENT && sight.state != FACT_ABSENT) return truth_of_state(sight.state);
  bool there = sight.state == FACT_PRESENT;
  if (node->matcher == MATCH_PRESENT) return there ? TRUTH_TRUE : TRUTH_FALSE;
  if (node->matcher == MATCH_ABSENT) return there ? TRUTH_FALSE : TRUTH_TRUE;
  if (node->matcher == MATCH_COUNT) return eval_count(node, &sight);
  return there ? match_any(eval, node, unit, &sight, &trace->value) : TRUTH_FALSE;
}

static enum truth eval_element(const struct eval *eval, const struct rule_node *node, const struct element *element) {
  struct eval_trace ignored;
  enum truth truth = TRUTH_TRUE;
  for (size_t i = 0; i < node->child_count && truth != TRUTH_FALSE; i++)
    truth = truth_and(truth, eval_in(eval, &node->children[i], element, &ignored));
  return truth;
}

static enum truth eval_has(const struct eval *eval, const struct rule_node *node, struct eval_trace *trace) {
  struct sight sight = look(eval, node, NULL);
  const struct fact_def *def = &eval->facts->catalog->defs[node->fact];
  *trace = (struct eval_trace){.test = node, .fact = node->fact, .value = sight.value, .reason = sight.reason};
  if (sight.state == FACT_ABSENT) return TRUTH_FALSE;
  if (sight.state != FACT_PRESENT) return truth_of_state(sight.state);
  enum truth truth = TRUTH_FALSE;
  for (size_t i = 0; i < sight.value->count && !eval->blank; i++) {
    const struct value *item = &sight.value->items[i];
    struct element element = {.def = def, .record = item, .value = item};
    if (sight.value->kind == VALUE_MAP) {
      element.record = NULL;
      element.name = value_text(sight.value->keys[i], strlen(sight.value->keys[i]));
    } else if (item->kind != VALUE_MAP) {
      continue;
    }
    enum truth one = eval_element(eval, node, &element);
    truth = truth_or(truth, one);
    if (one != TRUTH_TRUE) continue;
    trace->value = item;
    trace->key = element.record ? NULL : sight.value->keys[i];
    return truth;
  }
  bool open = sight.partial || def->type == FACT_PATHS;
  return open ? truth_or(truth, TRUTH_UNKNOWN) : truth;
}

static enum truth eval_at_least(const struct eval *eval, const struct rule_node *node, const struct element *element, struct eval_trace *trace) {
  size_t holding = 0, open = 0;
  bool unreadable = false;
  struct eval_trace traces[4] = {{0}}, one; /* the first trace of each truth */
  bool seen[4] = {false};
  for (size_t i = 0; i < node->child_count; i++) {
    enum truth truth = eval_in(eval, &node->children[i], element, &one);
    if (!seen[truth]) traces[truth] = one;
    seen[truth] = true;
    holding += truth == TRUTH_TRUE;
    open += truth == TRUTH_UNKNOWN || truth == TRUTH_UNREADABLE;
    unreadable |= truth == TRUTH_UNREADABLE;
  }
  enum truth result = holding >= node->at_least         ? TRUTH_TRUE
                      : holding + open < node->at_least ? TRUTH_FALSE
                      : unreadable                      ? TRUTH_UNREADABLE
                                                        : TRUTH_UNKNOWN;
  *trace = traces[result];
  return result;
}

/* all, any and none: folds the children; the trace is that of the first child whose truth decided. */
static enum truth eval_fold(const struct eval *eval, const struct rule_node *node, const struct element *element, struct eval_trace *trace) {
  bool any = node->op != RULE_ALL;
  enum truth result = any ? TRUTH_FALSE : TRUTH_TRUE;
  enum truth stop = any ? TRUTH_TRUE : TRUTH_FALSE;
  *trace = (struct eval_trace){.fact = FACT_NONE};
  for (size_t i = 0; i < node->child_count; i++) {
    struct eval_trace one;
    enum truth truth = eval_in(eval, &node->children[i], element, &one);
    enum truth folded = any ? truth_or(result, truth) : truth_and(result, truth);
    if (i == 0 || folded != result) *trace = one;
    result = folded;
    if (result == stop) break;
  }
  return node->op == RULE_NONE ? truth_not(result) : result;
}

static enum truth eval_in(const struct eval *eval, const struct rule_node *node, const struct element *element, struct eval_trace *trace) {
  switch (node->op) {
  case RULE_TEST: return eval_test(eval, node, element, trace);
  case RULE_HAS: return eval_has(eval, node, trace);
  case RULE_AT_LEAST: return eval_at_least(eval, node, element, trace);
  default: return eval_fold(eval, node, element, trace);
  }
}

enum truth eval_node(const struct eval *eval, const struct rule_node *node, struct eval_trace *trace) {
  assert(eval && eval->facts && eval->cache && node);
  struct eval_trace ignored;
  if (!trace) trace = &ignored;
  if (!eval->given || !eval->given[node->test]) return eval_in(eval, node, NULL, trace);
  *trace = (struct eval_trace){.test = node, .fact = FACT_NONE};
  return (enum truth)(eval->given[node->test] - 1);
}
