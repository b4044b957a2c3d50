/* Conditions on facts that are present, absent, unreadable, partial or not looked at. */
#include "tests/check.h"
#include "tests/engine/world.h"

#include "engine/eval.h"

static struct fact_set *facts;
static struct match_cache *cache;

static enum truth eval(const struct rule_node *node) {
  struct eval context = {.facts = facts, .cache = cache, .ignore_forge = -1};
  return eval_node(&context, node, NULL);
}

static enum truth test(size_t fact, const char *key, enum matcher matcher, const char *operand) {
  struct rule_node node = leaf(fact, key, matcher, operand);
  return eval(&node);
}

static void fresh(void) {
  fact_set_free(facts);
  match_cache_free(cache);
  facts = fact_set_new(&world_catalog);
  cache = match_cache_new(4096);
}

static void put_tokens(const char *one, const char *other) {
  struct value list = {.kind = VALUE_LIST, .count = 2};
  list.items = arena_take_array(facts->arena, 2, sizeof *list.items);
  list.items[0] = text_of(one);
  list.items[1] = text_of(other);
  fact_set_value(facts, F_TOKENS, list);
}

static void put_map(size_t fact, const char *key, struct value value) {
  struct value map = {.kind = VALUE_MAP, .count = 1};
  map.items = arena_take_array(facts->arena, 1, sizeof *map.items);
  map.keys = arena_take_array(facts->arena, 1, sizeof *map.keys);
  map.items[0] = value;
  map.keys[0] = key;
  fact_set_value(facts, fact, map);
}

static void states(void) {
  fresh();
  CHECK(test(F_HOST, NULL, MATCH_EQUALS, "a") == TRUTH_UNKNOWN && test(F_HOST, NULL, MATCH_PRESENT, NULL) == TRUTH_UNKNOWN);
  CHECK(test(F_HOST, NULL, MATCH_ABSENT, NULL) == TRUTH_UNKNOWN && test(F_TOKENS, NULL, MATCH_COUNT, "0") == TRUTH_UNKNOWN);
  fact_set_absent(facts, F_HOST);
  CHECK(test(F_HOST, NULL, MATCH_EQUALS, "a") == TRUTH_FALSE && test(F_HOST, NULL, MATCH_PRESENT, NULL) == TRUTH_FALSE);
  CHECK(test(F_HOST, NULL, MATCH_ABSENT, NULL) == TRUTH_TRUE);
  fact_set_unreadable(facts, F_RELEASE, "refused");
  CHECK(test(F_RELEASE, NULL, MATCH_EQUALS, "a") == TRUTH_UNREADABLE && test(F_RELEASE, NULL, MATCH_ABSENT, NULL) == TRUTH_UNREADABLE);
  facts->facts[F_MEMORY].state = FACT_NOT_APPLICABLE;
  CHECK(test(F_MEMORY, NULL, MATCH_RANGE, "1..2") == TRUTH_UNKNOWN);
  fact_set_value(facts, F_HOST, text_of("a"));
  CHECK(test(F_HOST, NULL, MATCH_EQUALS, "a") == TRUTH_TRUE && test(F_HOST, NULL, MATCH_ABSENT, NULL) == TRUTH_FALSE);
}

static void maps(void) {
  fresh();
  put_map(F_ENV, "A", text_of("1"));
  CHECK(test(F_ENV, "A", MATCH_EQUALS, "1") == TRUTH_TRUE && test(F_ENV, "B", MATCH_PRESENT, NULL) == TRUTH_FALSE);
  facts->facts[F_ENV].partial = true;
  CHECK(test(F_ENV, "A", MATCH_PRESENT, NULL) == TRUTH_TRUE && test(F_ENV, "B", MATCH_PRESENT, NULL) == TRUTH_UNKNOWN);
  put_map(F_ENV, "A", text_of(VALUE_HIDDEN));
  CHECK(test(F_ENV, "A", MATCH_PRESENT, NULL) == TRUTH_TRUE && test(F_ENV, "A", MATCH_EQUALS, "1") == TRUTH_UNREADABLE);
  put_map(F_FILES, "/a", value_boolean(true));
  CHECK(test(F_FILES, "/a", MATCH_PRESENT, NULL) == TRUTH_TRUE && test(F_FILES, "/b", MATCH_PRESENT, NULL) == TRUTH_UNKNOWN);
  put_map(F_FILES, "/a", value_boolean(false));
  CHECK(test(F_FILES, "/a", MATCH_PRESENT, NULL) == TRUTH_FALSE && test(F_FILES, "/a", MATCH_ABSENT, NULL) == TRUTH_TRUE);
}

static void lists(void) {
  fresh();
  put_tokens("quiet", "root=/dev/vda");
  CHECK(test(F_TOKENS, NULL, MATCH_EQUALS, "quiet") == TRUTH_TRUE && test(F_TOKENS, NULL, MATCH_PREFIX, "root=") == TRUTH_TRUE);
  CHECK(test(F_TOKENS, NULL, MATCH_EQUALS, "ro") == TRUTH_FALSE && test(F_TOKENS, NULL, MATCH_COUNT, "2") == TRUTH_TRUE);
  struct rule_node both[] = {leaf(FACT_NONE, NULL, MATCH_PREFIX, "q"), leaf(FACT_NONE, NULL, MATCH_SUFFIX, "vda")};
  struct rule_node same = {.op = RULE_TEST, .fact = F_TOKENS, .matcher = MATCH_SAME, .children = both, .child_count = 2, .test = world_tests++};
  CHECK(eval(&same) == TRUTH_FALSE);
  both[0].operand = "root";
  CHECK(eval(&same) == TRUTH_TRUE);
  facts->facts[F_TOKENS].partial = true;
  CHECK(test(F_TOKENS, NULL, MATCH_EQUALS, "quiet") == TRUTH_TRUE && test(F_TOKENS, NULL, MATCH_EQUALS, "ro") == TRUTH_UNKNOWN);
}

static void records(void) {
  fresh();
  struct value list = {.kind = VALUE_LIST, .count = 2};
  list.items = arena_take_array(facts->arena, 2, sizeof *list.items);
  list.items[0] = mount_of(facts->arena, "/", "overlay");
  list.items[1] = mount_of(facts->arena, "/tmp", "ext4");
  fact_set_value(facts, F_MOUNTS, list);
  struct rule_node fields[] = {leaf(FACT_NONE, "target", MATCH_EQUALS, "/"), leaf(FACT_NONE, "fstype", MATCH_EQUALS, "ext4")};
  struct rule_node has = {.op = RULE_HAS, .fact = F_MOUNTS, .children = fields, .child_count = 2};
  CHECK(eval(&has) == TRUTH_FALSE); /* no one mount is both */
  fields[0].operand = "/tmp";
  CHECK(eval(&has) == TRUTH_TRUE);
  struct rule_node option[] = {leaf(FACT_NONE, "options", MATCH_EQUALS, "ro")};
  struct rule_node lacks = {.op = RULE_HAS, .fact = F_MOUNTS, .children = option, .child_count = 1};
  CHECK(eval(&lacks) == TRUTH_UNKNOWN); /* the options were not looked at */
  struct value bare = {.kind = VALUE_MAP, .count = 1};
  bare.items = arena_take_array(facts->arena, 1, sizeof *bare.items);
  bare.keys = arena_take_array(facts->arena, 1, sizeof *bare.keys);
  bare.keys[0] = "options";
  bare.items[0] = (struct value){.kind = VALUE_LIST};
  list.items[1] = bare;
  struct rule_node none[] = {leaf(FACT_NONE, "options", MATCH_ABSENT, NULL)};
  struct rule_node optionless = {.op = RULE_HAS, .fact = F_MOUNTS, .children = none, .child_count = 1};
  CHECK(eval(&optionless) == TRUTH_TRUE); /* an empty list of options was looked at, and nothing is there */
  none[0].matcher = MATCH_PRESENT;
  CHECK(eval(&optionless) == TRUTH_UNKNOWN); /* the other mount's were not looked at */
  fields[0].operand = "/x";
  facts->facts[F_MOUNTS].partial = true;
  CHECK(eval(&has) == TRUTH_UNKNOWN);
}

static void at_least(void) {
  fresh();
  fact_set_value(facts, F_HOST, text_of("a"));
  fact_set_absent(facts, F_RELEASE);
  struct rule_node three[] = {leaf(F_HOST, NULL, MATCH_EQUALS, "a"), leaf(F_RELEASE, NULL, MATCH_PRESENT, NULL),
                              leaf(F_MEMORY, NULL, MATCH_PRESENT, NULL)};
  struct rule_node two_of = branch(RULE_AT_LEAST, 2, three, 3), three_of = branch(RULE_AT_LEAST, 3, three, 3),
                   one_of = branch(RULE_AT_LEAST, 1, three, 3);
  CHECK(eval(&one_of) == TRUTH_TRUE && eval(&two_of) == TRUTH_UNKNOWN && eval(&three_of) == TRUTH_FALSE);
  fact_set_unreadable(facts, F_MEMORY, "refused");
  CHECK(eval(&two_of) == TRUTH_UNREADABLE);
  struct rule_node none = branch(RULE_NONE, 0, three, 3), all = branch(RULE_ALL, 0, three, 3), any = branch(RULE_ANY, 0, three + 1, 2);
  CHECK(eval(&none) == TRUTH_FALSE && eval(&all) == TRUTH_FALSE && eval(&any) == TRUTH_UNREADABLE);
}

static void forgeable_facts_ignored(void) {
  fresh();
  fact_set_value(facts, F_HOST, text_of("a"));
  struct rule_node node = leaf(F_HOST, NULL, MATCH_EQUALS, "a");
  for (int level = -1; level < FORGE_COSTS; level++) {
    struct eval context = {.facts = facts, .cache = cache, .ignore_forge = level};
    CHECK(eval_node(&context, &node, NULL) == (level >= FORGE_ROOT ? TRUTH_UNKNOWN : TRUTH_TRUE));
  }
}

int main(void) {
  states();
  maps();
  lists();
  records();
  at_least();
  forgeable_facts_ignored();
  fact_set_free(facts);
  match_cache_free(cache);
  return check_end("eval");
}
