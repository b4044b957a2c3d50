/* Each matcher on values that satisfy it and values that do not; the operands that are refused; limits of regexes. */
#include "tests/check.h"

#include <string.h>

#include "engine/match.h"

static struct match_cache *cache;

static enum truth match(enum matcher matcher, const char *operand, const char *text) {
  struct rule_node node = {.op = RULE_TEST, .fact = FACT_NONE, .matcher = matcher, .operand = operand, .test = 0};
  struct value value = value_text(text, strlen(text));
  match_cache_free(cache);
  cache = match_cache_new(1);
  return match_value(cache, &node, NULL, &value);
}

static enum truth number(const char *operand, const char *unit, int64_t integer) {
  struct rule_node node = {.op = RULE_TEST, .fact = FACT_NONE, .matcher = MATCH_RANGE, .operand = operand};
  struct value value = value_integer(integer);
  return match_value(cache, &node, unit, &value);
}

static int refused(enum matcher matcher, enum fact_type type, const char *unit, const char *operand) {
  char why[200] = "";
  return match_check(matcher, type, unit, operand, why, sizeof why) != 0 && why[0];
}

static void texts(void) {
  CHECK(match(MATCH_EQUALS, "a", "a") == TRUTH_TRUE && match(MATCH_EQUALS, "a", "ab") == TRUTH_FALSE);
  CHECK(match(MATCH_PREFIX, "ab", "abc") == TRUTH_TRUE && match(MATCH_PREFIX, "ab", "a") == TRUTH_FALSE);
  CHECK(match(MATCH_SUFFIX, "bc", "abc") == TRUTH_TRUE && match(MATCH_SUFFIX, "bc", "abcd") == TRUTH_FALSE);
  CHECK(match(MATCH_CONTAINS, "b", "abc") == TRUTH_TRUE && match(MATCH_CONTAINS, "x", "abc") == TRUTH_FALSE);
  CHECK(match(MATCH_GLOB, "/opt/*/bin", "/opt/x/y/bin") == TRUTH_TRUE && match(MATCH_GLOB, "a?c", "abbc") == TRUTH_FALSE);
  CHECK(match(MATCH_REGEX, "^a+$", "aaa") == TRUTH_TRUE && match(MATCH_REGEX, "^a+$", "aab") == TRUTH_FALSE);
  CHECK(match(MATCH_REGEX, "^\xC3\xA9$", "\xC3\xA9") == TRUTH_TRUE);
  CHECK(match(MATCH_REGEX, "^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab") == TRUTH_UNREADABLE);
  CHECK(match(MATCH_EQUALS, "x", "(hidden)") == TRUTH_UNREADABLE && match(MATCH_REGEX, ".", "(hash:00)") == TRUTH_UNREADABLE);
}

static void numbers(void) {
  CHECK(number("400MiB..500MiB", "KiB", 477716) == TRUTH_TRUE && number("400MiB..500MiB", "KiB", 399 * 1024) == TRUTH_FALSE);
  CHECK(number("400MiB..500MiB", "KiB", 500 * 1024) == TRUTH_TRUE && number("400MiB..500MiB", "KiB", 500 * 1024 + 1) == TRUTH_FALSE);
  CHECK(number(">=4 <8", NULL, 4) == TRUTH_TRUE && number(">=4 <8", NULL, 8) == TRUTH_FALSE && number("..3", NULL, 3) == TRUTH_TRUE);
  CHECK(number("7", NULL, 7) == TRUTH_TRUE && number("7", NULL, 6) == TRUTH_FALSE && number("5..", NULL, 4) == TRUTH_FALSE);
  CHECK(number("1..", NULL, 1) == TRUTH_TRUE && number("2..4", NULL, 5) == TRUTH_FALSE && number("1.5..", NULL, 2) == TRUTH_TRUE);
  CHECK(match_count(">=2", 2, true) == TRUTH_TRUE && match_count(">=3", 2, true) == TRUTH_UNKNOWN && match_count("1", 2, true) == TRUTH_FALSE);
  CHECK(match_count("2", 2, false) == TRUTH_TRUE && match_count("2", 2, true) == TRUTH_UNKNOWN);
}

/* Several comparisons must all hold, in whatever order they stand. */
static void comparisons(void) {
  CHECK(number(">=4 >=2", NULL, 3) == TRUTH_FALSE && number(">=2 >=4", NULL, 3) == TRUTH_FALSE && number(">=4 >=2", NULL, 4) == TRUTH_TRUE);
  CHECK(number("<3 <=5", NULL, 4) == TRUTH_FALSE && number(">2 >=2", NULL, 2) == TRUTH_FALSE && number(">=2 >2", NULL, 2) == TRUTH_FALSE);
  CHECK(number("<=3 <3", NULL, 3) == TRUTH_FALSE && number("4 >=2", NULL, 3) == TRUTH_FALSE && number(">=2 4", NULL, 4) == TRUTH_TRUE);
  CHECK(match_count(">3 <4", 2, true) == TRUTH_FALSE && match_count(">3 <5", 2, true) == TRUTH_UNKNOWN &&
        match_count(">3 <5", 5, true) == TRUTH_FALSE);
  CHECK(match_count(">2", 2, true) == TRUTH_UNKNOWN && match_count(">2", 3, true) == TRUTH_TRUE && match_count("2.5..", 2, false) == TRUTH_FALSE);
  CHECK(match_count(">=2 >=1", 1, false) == TRUTH_FALSE && match_count("<2 <=4", 2, true) == TRUTH_FALSE);
}

static void globs(void) {
  static const struct {
    const char *glob, *text;
    enum truth truth;
  } table[] = {
      {"[!a]*", "s.5", TRUTH_TRUE},      {"[!a]*", "a", TRUTH_FALSE},   {"[!a]*", "/a", TRUTH_TRUE},
      {"a*[!b]", "aC", TRUTH_TRUE},      {"[a-c]", "b", TRUTH_TRUE},    {"[a-c]", "-", TRUTH_FALSE},
      {"[ac-]", "-", TRUTH_TRUE},        {"[]a]", "]", TRUTH_TRUE},     {"[!]a]", "]", TRUTH_FALSE},
      {"[^a]", "a", TRUTH_TRUE},         {"[a", "[a", TRUTH_TRUE},      {"\\[a]", "[a]", TRUTH_TRUE},
      {"[\\]]", "]", TRUTH_TRUE},        {"a\\*", "a*", TRUTH_TRUE},    {"a\\*", "ab", TRUTH_FALSE},
      {"a\\", "a\\", TRUTH_TRUE},        {"*", "", TRUTH_TRUE},         {"?*", "", TRUTH_FALSE},
      {"**", "a\nb", TRUTH_TRUE},        {"?", "\xC3\xA9", TRUTH_TRUE}, {"*.*.*", "a.b", TRUTH_FALSE},
      {"*.*.*", "a.b.c", TRUTH_TRUE},    {"*ab", "abxab", TRUTH_TRUE},  {"a*b", "a*b\n", TRUTH_FALSE},
      {"*a?b*", "aab axb", TRUTH_TRUE},  {"(a|b).+", "a", TRUTH_FALSE}, {"(a|b).+", "(a|b).+", TRUTH_TRUE},
      {"*ab*ba*", "abaxba", TRUTH_TRUE},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    if (match(MATCH_GLOB, table[i].glob, table[i].text) == table[i].truth) continue;
    printf("glob %s on %s\n", table[i].glob, table[i].text);
    CHECK(false);
  }
  char many[20001];
  memset(many, 'a', sizeof many - 1);
  many[sizeof many - 1] = 0;
  CHECK(match(MATCH_GLOB, "*a*a*a*a*b", many) == TRUTH_FALSE && match(MATCH_GLOB, "*a*a*a*a*", many) == TRUTH_TRUE);
  CHECK(refused(MATCH_GLOB, FACT_TEXT, NULL, "[c-a]") && !refused(MATCH_GLOB, FACT_TEXT, NULL, "["));
}

static void versions_and_addresses(void) {
  CHECK(match(MATCH_VERSION, ">=6.1 <6.2", "6.1.158") == TRUTH_TRUE && match(MATCH_VERSION, ">=6.1 <6.2", "6.12.1-x") == TRUTH_FALSE);
  CHECK(match(MATCH_VERSION, "=4.4.0", "4.4") == TRUTH_TRUE && match(MATCH_VERSION, ">1", "none") == TRUTH_FALSE);
  CHECK(match(MATCH_CIDR, "169.254.0.20/30", "169.254.0.21/30") == TRUTH_TRUE && match(MATCH_CIDR, "169.254.0.20/30", "169.254.0.24") == TRUTH_FALSE);
  CHECK(match(MATCH_CIDR, "10.0.0.0/8 2605:4c40::/32", "2605:4c40:1::1/64") == TRUTH_TRUE && match(MATCH_CIDR, "0.0.0.0/0", "::1") == TRUTH_FALSE);
  CHECK(match(MATCH_CIDR, "240.0.0.0/4", "*") == TRUTH_FALSE);
  CHECK(match(MATCH_MAC, "02:fc", "02:FC:00:00:00:05") == TRUTH_TRUE && match(MATCH_MAC, "02:fc:*", "02-fc-00-00-00-05") == TRUTH_TRUE);
  CHECK(match(MATCH_MAC, "02:fc", "02:fd:00:00:00:05") == TRUTH_FALSE && match(MATCH_MAC, "02:fc", "") == TRUTH_FALSE);
}

static void refusals(void) {
  CHECK(refused(MATCH_REGEX, FACT_TEXT, NULL, "(") && refused(MATCH_RANGE, FACT_TEXT, NULL, "1..2") &&
        refused(MATCH_RANGE, FACT_INTEGER, NULL, "1MiB.."));
  CHECK(refused(MATCH_RANGE, FACT_INTEGER, "KiB", "5..4") && refused(MATCH_RANGE, FACT_INTEGER, NULL, "..") &&
        refused(MATCH_VERSION, FACT_TEXT, NULL, ">=a"));
  CHECK(refused(MATCH_CIDR, FACT_TEXT, NULL, "10.0.0.0") && refused(MATCH_CIDR, FACT_TEXT, NULL, "10.0.0.0/33") &&
        refused(MATCH_MAC, FACT_TEXT, NULL, "2:fc"));
  CHECK(refused(MATCH_PREFIX, FACT_INTEGER, NULL, "1") && refused(MATCH_PREFIX, FACT_TEXT, NULL, "") &&
        refused(MATCH_EQUALS, FACT_BOOLEAN, NULL, "yes"));
  CHECK(refused(MATCH_COUNT, FACT_TEXTS, NULL, "many") && refused(MATCH_EQUALS, FACT_INTEGER, NULL, "12a"));
  CHECK(!refused(MATCH_REGEX, FACT_TEXT, NULL, "a") && !refused(MATCH_RANGE, FACT_INTEGER, "KiB", "1GiB..") &&
        !refused(MATCH_COUNT, FACT_TEXTS, NULL, ">=2"));
}

static void extracts(void) {
  struct arena *arena = arena_new();
  const char *text = "6.12.71-vendor-2026.2.25";
  const char *found = match_extract(arena, "vendor-([\\d.]+)$", text, strlen(text));
  CHECK(found && strcmp(found, "2026.2.25") == 0);
  CHECK(match_extract(arena, "other-(.*)", text, strlen(text)) == NULL);
  arena_free(arena);
}

int main(void) {
  texts();
  numbers();
  comparisons();
  globs();
  versions_and_addresses();
  refusals();
  extracts();
  match_cache_free(cache);
  return check_end("match");
}
