/* The condition of a signal: from a YAML tree to the engine's nodes, with every complaint it deserves.
 *
 * Knows the language of conditions. Must not know weights, or how a condition is evaluated. Recursion follows the YAML
 * tree, whose depth is limited. */
#include <assert.h>
#include <string.h>

#include "operand.h"
#include "reader.h"

/* What a matcher is asked of. */
struct target {
  size_t fact; /* FACT_NONE: a field of an element */
  const char *key;
  const char *name; /* as written */
  struct operand_subject subject;
};

static bool read_condition(struct reader *reader, const struct yaml_node *node, struct rule_node *out);

static struct rule_node *take_children(struct reader *reader, struct rule_node *parent, size_t count) {
  struct rule_node *children = reader_take(reader, count, sizeof *children);
  parent->children = children;
  parent->child_count = children ? count : 0;
  return children;
}

/* --- matchers --- */

static struct rule_node test_of(const struct target *target, enum matcher matcher, const char *operand) {
  return (struct rule_node){.op = RULE_TEST, .fact = target->fact, .key = target->key, .matcher = matcher, .operand = operand};
}

static void complain_of_type(struct reader *reader, const struct yaml_node *at, const struct target *target, const char *found) {
  struct buffer list = {0};
  operand_list(target->subject, &list);
  const char *type = target->subject.type == FACT_PATHS && target->subject.member ? "a path" : fact_type_name(target->subject.type);
  reader_complain(reader, at, STATUS_RULE_MATCHER, NULL, "%s on %.80s (%s); expected one of: %s", found, target->name, type,
                  list.text ? list.text : "");
  buffer_free(&list);
}

/* One test with its operand checked. */
static bool finish_test(struct reader *reader, const struct yaml_node *at, const struct target *target, enum matcher matcher, const char *operand,
                        struct rule_node *out) {
  char why[256];
  if (!operand_may_match(target->subject, matcher)) {
    complain_of_type(reader, at, target, matcher == MATCH_EQUALS ? "a literal" : matcher_names[matcher]);
    return false;
  }
  if (operand_check(target->subject, matcher, operand, why, sizeof why)) {
    int code = matcher == MATCH_REGEX ? STATUS_RULE_REGEX : STATUS_RULE_OPERAND;
    reader_complain(reader, at, code, NULL, "found \"%.80s\"; %s", operand ? operand : "", why);
    return false;
  }
  *out = test_of(target, matcher, operand);
  return true;
}

/* Several values for one matcher: any of them. */
static bool read_choices(struct reader *reader, const struct yaml_node *list, const struct target *target, enum matcher matcher,
                         struct rule_node *out) {
  if (list->count == 0) {
    reader_complain(reader, list, STATUS_RULE_OPERAND, NULL, "an empty list; expected at least one value");
    return false;
  }
  *out = (struct rule_node){.op = RULE_ANY, .fact = FACT_NONE};
  struct rule_node *child = take_children(reader, out, list->count);
  bool sound = child != NULL;
  for (const struct yaml_node *item = list->first; child && item; item = item->next, child++) {
    bool taken = reader_expect(reader, item, YAML_TEXT, "a choice") && finish_test(reader, item, target, matcher, item->text, child);
    sound = sound && taken;
  }
  if (sound && out->child_count == 1) *out = out->children[0];
  return sound;
}

static bool read_literal(struct reader *reader, const struct yaml_node *value, const struct target *target, struct rule_node *out) {
  bool present = strcmp(value->text, "present") == 0, absent = strcmp(value->text, "absent") == 0;
  if (present || absent) return finish_test(reader, value, target, present ? MATCH_PRESENT : MATCH_ABSENT, NULL, out);
  if (!reader_is_null(value)) return finish_test(reader, value, target, MATCH_EQUALS, value->text, out);
  reader_complain(reader, value, STATUS_RULE_OPERAND, NULL, "an empty value; expected a literal or a matcher (\"absent\" for what is not there)");
  return false;
}

/* The matcher that a key of a matcher map names, or -1 after a complaint. */
static int read_matcher(struct reader *reader, const struct yaml_node *key) {
  static const char has[] = "has";
  int matcher = matcher_from_name(key->text);
  if (matcher >= 0 && matcher != MATCH_SAME && matcher != MATCH_PRESENT && matcher != MATCH_ABSENT) return matcher;
  const char *names[MATCHERS + 1];
  size_t count = 0;
  for (size_t i = 0; i < MATCHERS; i++)
    if (i != MATCH_SAME) names[count++] = matcher_names[i];
  names[count++] = has;
  const char *hint = matcher == MATCH_PRESENT || matcher == MATCH_ABSENT ? "write it as the value itself: FACT: present"
                                                                         : reader_near(reader, key->text, names, count);
  reader_complain(reader, key, STATUS_RULE_MATCHER, hint, "found \"%.60s\" as a matcher", key->text);
  return -1;
}

static const char *joined(struct reader *reader, const struct yaml_node *list) {
  struct buffer text = {0};
  for (const struct yaml_node *item = list->first; item; item = item->next) buffer_format(&text, "%s%s", item == list->first ? "" : " ", item->text);
  const char *copy = text.text ? arena_text(reader->rules->arena, text.text, text.length) : NULL;
  buffer_free(&text);
  return copy;
}

/* A list of address blocks is one operand; any other list is a choice, which cannot stand beside another matcher. */
static bool read_matcher_value(struct reader *reader, const struct yaml_node *value, const struct target *target, bool alone, struct rule_node *out) {
  int matcher = read_matcher(reader, value->key);
  if (matcher < 0) return false;
  if (matcher == MATCH_CIDR && value->kind == YAML_LIST && value->count > 0)
    return finish_test(reader, value, target, MATCH_CIDR, joined(reader, value), out);
  if (value->kind == YAML_LIST && alone) return read_choices(reader, value, target, (enum matcher)matcher, out);
  if (!alone && matcher == MATCH_COUNT) {
    reader_complain(reader, value->key, STATUS_RULE_MATCHER, NULL, "count beside another matcher; expected it alone, joined by all");
    return false;
  }
  return reader_expect(reader, value, YAML_TEXT, value->key->text) && finish_test(reader, value, target, (enum matcher)matcher, value->text, out);
}

/* Several matchers: one and the same element satisfies them all. */
static bool read_same(struct reader *reader, const struct yaml_node *map, const struct target *target, struct rule_node *out) {
  if (!operand_may_match(target->subject, MATCH_SAME)) {
    complain_of_type(reader, map, target, "several matchers");
    return false;
  }
  *out = test_of(target, MATCH_SAME, NULL);
  struct rule_node *child = take_children(reader, out, map->count);
  const struct target element = {.fact = FACT_NONE, .name = target->name, .subject = target->subject};
  bool sound = child != NULL;
  for (const struct yaml_node *item = map->first; child && item; item = item->next, child++) {
    bool taken = read_matcher_value(reader, item, &element, false, child);
    sound = sound && taken;
  }
  return sound;
}

/* --- has --- */

static bool read_target_value(struct reader *reader, const struct yaml_node *value, const struct target *target, struct rule_node *out);

static bool read_field(struct reader *reader, const struct yaml_node *value, const struct fact_def *def, struct rule_node *out) {
  const char *names[32];
  struct target target = {.fact = FACT_NONE, .key = value->key->text, .name = value->key->text};
  if (operand_of_field(def, target.key, &target.subject)) return read_target_value(reader, value, &target, out);
  size_t count = operand_fields(reader->rules->arena, def, names, sizeof names / sizeof *names);
  const char *hint = reader_near(reader, target.key, names, count);
  reader_complain(reader, value->key, STATUS_RULE_FACT, hint, "\"%.60s\" is no field of %s; its fields are: %s", target.key, def->path,
                  def->type == FACT_RECORDS ? def->fields : "name value");
  return false;
}

static bool read_has(struct reader *reader, const struct yaml_node *map, const struct target *target, struct rule_node *out) {
  if (target->fact == FACT_NONE || !operand_may_have(target->subject)) {
    complain_of_type(reader, map->key, target, "has");
    return false;
  }
  if (!reader_expect(reader, map, YAML_MAP, "has")) return false;
  if (map->count == 0) {
    reader_complain(reader, map, STATUS_RULE_OPERAND, NULL, "an empty map; expected fields of %s", target->name);
    return false;
  }
  *out = (struct rule_node){.op = RULE_HAS, .fact = target->fact};
  struct rule_node *child = take_children(reader, out, map->count);
  bool sound = child != NULL;
  for (const struct yaml_node *item = map->first; child && item; item = item->next, child++) {
    bool taken = read_field(reader, item, &reader->rules->catalog->defs[target->fact], child);
    sound = sound && taken;
  }
  return sound;
}

static bool read_matchers(struct reader *reader, const struct yaml_node *map, const struct target *target, struct rule_node *out) {
  const struct yaml_node *has = yaml_member(map, "has");
  if (has && map->count == 1) return read_has(reader, has, target, out);
  if (has) {
    reader_complain(reader, has->key, STATUS_RULE_MATCHER, NULL, "has beside another matcher; expected it alone, joined by all");
    return false;
  }
  if (map->count == 1) return read_matcher_value(reader, map->first, target, true, out);
  if (map->count > 1) return read_same(reader, map, target, out);
  reader_complain(reader, map, STATUS_RULE_OPERAND, NULL, "an empty map; expected a matcher");
  return false;
}

static bool read_target_value(struct reader *reader, const struct yaml_node *value, const struct target *target, struct rule_node *out) {
  if (value->kind == YAML_TEXT) return read_literal(reader, value, target, out);
  return value->kind == YAML_LIST ? read_choices(reader, value, target, MATCH_EQUALS, out) : read_matchers(reader, value, target, out);
}

/* --- conditions --- */

static bool read_fact_test(struct reader *reader, const struct yaml_node *value, struct rule_node *out) {
  struct target target = {.name = value->key->text};
  target.fact = reader_fact(reader, value->key, value->key->text, &target.key);
  if (target.fact == FACT_NONE) return false;
  target.subject = operand_of_fact(&reader->rules->catalog->defs[target.fact], target.key);
  return read_target_value(reader, value, &target, out);
}

static bool read_list(struct reader *reader, const struct yaml_node *list, struct rule_node *out) {
  if (!reader_expect(reader, list, YAML_LIST, list->key->text)) return false;
  if (list->count == 0) {
    reader_complain(reader, list, STATUS_RULE_OPERAND, NULL, "an empty list; expected conditions");
    return false;
  }
  struct rule_node *child = take_children(reader, out, list->count);
  bool sound = child != NULL;
  for (const struct yaml_node *item = list->first; child && item; item = item->next, child++) {
    bool taken = read_condition(reader, item, child);
    sound = sound && taken;
  }
  return sound;
}

static bool read_at_least(struct reader *reader, const struct yaml_node *map, struct rule_node *out) {
  static const struct reader_key keys[] = {{"n", KEY_REQUIRED, YAML_TEXT}, {"of", KEY_REQUIRED, YAML_LIST}};
  const struct yaml_node *values[2];
  double number = 0;
  if (!reader_keys(reader, map, keys, 2, values) || !values[0] || !values[1] || !read_list(reader, values[1], out)) return false;
  bool whole = reader_number(values[0], &number) && number >= 1 && number <= (double)out->child_count;
  out->at_least = whole ? (size_t)number : 0;
  if (whole && (double)out->at_least == number) return true;
  reader_complain(reader, values[0], STATUS_RULE_OPERAND, NULL, "found \"%.40s\"; expected a whole number from 1 to %zu", values[0]->text,
                  out->child_count);
  return false;
}

static const struct {
  const char *name;
  enum rule_op op;
} joins[] = {{"all", RULE_ALL}, {"any", RULE_ANY}, {"none", RULE_NONE}, {"at_least", RULE_AT_LEAST}};

static size_t find_join(const char *name) {
  size_t i = 0;
  while (i < sizeof joins / sizeof *joins && strcmp(joins[i].name, name) != 0) i++;
  return i;
}

static bool read_join(struct reader *reader, const struct yaml_node *value, enum rule_op op, struct rule_node *out) {
  *out = (struct rule_node){.op = op, .fact = FACT_NONE};
  return op == RULE_AT_LEAST ? read_at_least(reader, value, out) : read_list(reader, value, out);
}

/* A map of several facts: all must hold. */
static bool read_facts(struct reader *reader, const struct yaml_node *map, struct rule_node *out) {
  *out = (struct rule_node){.op = RULE_ALL, .fact = FACT_NONE};
  struct rule_node *child = take_children(reader, out, map->count);
  bool sound = child != NULL;
  for (const struct yaml_node *item = map->first; child && item; item = item->next, child++) {
    bool join = find_join(item->key->text) < sizeof joins / sizeof *joins;
    if (join)
      reader_complain(reader, item->key, STATUS_RULE_UNKNOWN_KEY, NULL, "\"%s\" beside facts; expected it alone, the facts inside it",
                      item->key->text);
    bool taken = !join && read_fact_test(reader, item, child);
    sound = sound && taken;
  }
  return sound;
}

static bool read_condition(struct reader *reader, const struct yaml_node *node, struct rule_node *out) {
  if (!reader_expect(reader, node, YAML_MAP, "a condition")) return false;
  if (node->count == 0) {
    reader_complain(reader, node, STATUS_RULE_OPERAND, NULL, "an empty map; expected a fact and its matcher");
    return false;
  }
  if (node->count > 1) return read_facts(reader, node, out);
  size_t join = find_join(node->first->key->text);
  return join < sizeof joins / sizeof *joins ? read_join(reader, node->first, joins[join].op, out) : read_fact_test(reader, node->first, out);
}

const struct rule_node *reader_condition(struct reader *reader, const struct yaml_node *node) {
  assert(reader && node);
  struct rule_node *root = reader_take(reader, 1, sizeof *root);
  return root && read_condition(reader, node, root) ? root : NULL;
}

bool condition_is_env_only(const struct fact_catalog *catalog, const struct rule_node *node) {
  if (node->op == RULE_TEST || node->op == RULE_HAS) return node->fact != FACT_NONE && strcmp(catalog->defs[node->fact].path, "env") == 0;
  for (size_t i = 0; i < node->child_count; i++)
    if (!condition_is_env_only(catalog, &node->children[i])) return false;
  return true;
}
