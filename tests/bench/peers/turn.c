/* Every rule in turn: yyjson tree, each rule finds its fact and tests it, PCRE2 JIT. usage: turn RULES.tsv REPORTS [COUNT [MODEL]]
 *
 * The plain program that anybody would write first, and the reference that hostprint's answers are compared with: with MODEL,
 * "BITS_TRUE BITS_FALSE PRIOR_BITS", it prints for each report the best thing, its log odds, its probability and its hits.
 * Knows nothing of hostprint's engine. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <math.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

struct turn {
  struct peer_rules rules;
  pcre2_code **codes; /* by rule; NULL for all but regexes */
  pcre2_match_data *match;
  size_t *held, *failed; /* by thing: rules that are true, and false, of this report */
  size_t hits;
};

struct test {
  const struct peer_rule *rule;
  const pcre2_code *code;
  pcre2_match_data *match;
};

static bool test_text(const struct test *test, const char *text, size_t length) {
  const struct peer_rule *rule = test->rule;
  if (rule->operator== PEER_PREFIX) return length >= rule->lengths[0] && memcmp(text, rule->arguments[0], rule->lengths[0]) == 0;
  if (test->code) return pcre2_jit_match(test->code, (PCRE2_SPTR)text, length, 0, PCRE2_NO_UTF_CHECK, test->match, NULL) >= 0;
  for (size_t i = 0; i < rule->argument_count; i++)
    if (rule->lengths[i] == length && memcmp(text, rule->arguments[i], length) == 0) return true;
  return false;
}

static bool holds(void *context, yyjson_val *value) {
  const struct test *test = context;
  if (test->rule->operator!= PEER_RANGE) return yyjson_is_str(value) && test_text(test, yyjson_get_str(value), yyjson_get_len(value));
  if (!yyjson_is_num(value)) return false;
  double number = yyjson_get_num(value);
  return number >= test->rule->low && number <= test->rule->high;
}

static void judge(struct turn *turn, yyjson_val *facts) {
  memset(turn->held, 0, turn->rules.thing_count * sizeof *turn->held);
  memset(turn->failed, 0, turn->rules.thing_count * sizeof *turn->failed);
  for (size_t i = 0; i < turn->rules.count; i++) {
    struct test test = {.rule = &turn->rules.rules[i], .code = turn->codes[i], .match = turn->match};
    enum peer_found found = peer_walk(facts, test.rule->path, holds, &test);
    turn->held[test.rule->thing] += found == PEER_TAKEN;
    turn->failed[test.rule->thing] += found == PEER_LOOKED;
    turn->hits += found == PEER_TAKEN;
  }
}

/* Ties go to the first by name, as they do in hostprint. */
static void print_answer(const struct turn *turn, const char *id, const double model[3]) {
  double best = -HUGE_VAL, sum = 1;
  size_t at = 0;
  const char *name = "";
  for (size_t i = 0; i < turn->rules.thing_count; i++) {
    double odds = model[2] + (double)turn->held[i] * model[0] + (double)turn->failed[i] * model[1];
    const char *own = turn->rules.rules[i * turn->rules.count / turn->rules.thing_count].name;
    sum += exp2(odds);
    if (odds < best - 1e-9 || (odds < best + 1e-9 && strcmp(own, name) > 0)) continue;
    best = odds;
    name = own;
    at = i;
  }
  printf("%s\t%s\t%.4f\t%.6g\t%zu\n", id, name, best, exp2(best) / sum, turn->held[at]);
}

static int compile(struct turn *turn) {
  for (size_t i = 0; i < turn->rules.count; i++) {
    const struct peer_rule *rule = &turn->rules.rules[i];
    int error;
    PCRE2_SIZE offset;
    if (rule->operator!= PEER_REGEX) continue;
    turn->codes[i] = pcre2_compile((PCRE2_SPTR)rule->arguments[0], rule->lengths[0], 0, &error, &offset, NULL);
    if (!turn->codes[i] || pcre2_jit_compile(turn->codes[i], PCRE2_JIT_COMPLETE)) return -1;
  }
  return 0;
}

static int prepare(struct turn *turn, const char *rules) {
  if (peer_rules_read(rules, &turn->rules)) return -1;
  turn->codes = arena_take_array(turn->rules.arena, turn->rules.count, sizeof(pcre2_code *));
  turn->held = arena_take_array(turn->rules.arena, turn->rules.thing_count, sizeof *turn->held);
  turn->failed = arena_take_array(turn->rules.arena, turn->rules.thing_count, sizeof *turn->failed);
  turn->match = pcre2_match_data_create(8, NULL);
  return turn->codes && turn->held && turn->failed && turn->match ? compile(turn) : -1;
}

static int run(struct turn *turn, const char *reports, size_t most, const double *model) {
  struct peer_lines *lines = peer_open(reports);
  struct peer_line line;
  size_t done = 0;
  if (!lines) return 2;
  double start = peer_seconds();
  while (done < most && peer_next(lines, &line)) {
    yyjson_doc *document = yyjson_read(line.text, line.length, 0);
    yyjson_val *root = yyjson_doc_get_root(document);
    judge(turn, yyjson_obj_get(root, "facts"));
    if (model) print_answer(turn, yyjson_get_str(yyjson_obj_get(root, "id")), model);
    yyjson_doc_free(document);
    done++;
  }
  peer_end(done, peer_seconds() - start, turn->hits);
  peer_close(lines);
  return 0;
}

int main(int count, char **arguments) {
  struct turn turn = {0};
  double model[3];
  if (count < 3 || prepare(&turn, arguments[1])) return 2;
  bool tells = count > 4 && sscanf(arguments[4], "%lf %lf %lf", &model[0], &model[1], &model[2]) == 3;
  int code = run(&turn, arguments[2], count > 3 ? strtoul(arguments[3], NULL, 10) : (size_t)-1, tells ? model : NULL);
  for (size_t i = 0; i < turn.rules.count; i++) pcre2_code_free(turn.codes[i]);
  pcre2_match_data_free(turn.match);
  arena_free(turn.rules.arena);
  return code;
}
