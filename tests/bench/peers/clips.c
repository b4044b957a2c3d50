/* CLIPS: each fact that a rule names is asserted, the rules fire, the facts are retracted. usage: clips RULES.tsv RULES.clp REPORTS COUNT
 *
 * yyjson in front; prefixes and regexes are helpers in C, as CLIPS has neither. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <clips/clips.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

#define FACTS 4096 /* of one report */
#define TEMPLATE_BYTES 128

static struct {
  void *environment;
  struct peer_rules rules;
  pcre2_code **codes; /* by rule */
  pcre2_match_data *match;
  const char **paths;
  void **templates; /* by path */
  size_t path_count;
  void *facts[FACTS];
  size_t fact_count, hits;
  size_t *scores; /* by thing */
} peer;

static long long re_match(void *environment) {
  const char *text = EnvRtnLexeme(environment, 1);
  const pcre2_code *code = peer.codes[EnvRtnLong(environment, 2)];
  return pcre2_jit_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, peer.match, NULL) >= 0;
}

static long long has_prefix(void *environment) {
  const char *text = EnvRtnLexeme(environment, 1), *prefix = EnvRtnLexeme(environment, 2);
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void score(void *environment) {
  peer.scores[EnvRtnLong(environment, 1)]++;
  peer.hits++;
}

static bool assert_fact(void *template, yyjson_val *value) {
  DATA_OBJECT slot = {0};
  void *fact = EnvCreateFact(peer.environment, template);
  slot.type = yyjson_is_str(value) ? STRING : FLOAT;
  slot.value = yyjson_is_str(value) ? EnvAddSymbol(peer.environment, yyjson_get_str(value)) : EnvAddDouble(peer.environment, yyjson_get_num(value));
  EnvPutFactSlot(peer.environment, fact, "v", &slot);
  EnvAssignFactSlotDefaults(peer.environment, fact);
  fact = EnvAssert(peer.environment, fact);
  if (fact && peer.fact_count < FACTS) peer.facts[peer.fact_count++] = fact;
  return false;
}

static void judge(yyjson_val *facts) {
  peer.fact_count = 0;
  memset(peer.scores, 0, peer.rules.thing_count * sizeof *peer.scores);
  for (size_t i = 0; i < peer.path_count; i++) peer_walk(facts, peer.paths[i], assert_fact, peer.templates[i]);
  EnvRun(peer.environment, -1);
  for (size_t i = 0; i < peer.fact_count; i++) EnvRetract(peer.environment, peer.facts[i]);
}

/* As rulesets.py names it: lists lose their brackets, braces become -key, dots hyphens. */
static void template_name(char name[TEMPLATE_BYTES], const char *path) {
  size_t at = 0;
  for (; *path && at + 5 < TEMPLATE_BYTES; path++) {
    if (*path == '{')
      for (const char *key = "-key"; *key; key++) name[at++] = *key;
    else if (!strchr("[]}", *path))
      name[at++] = *path == '.' ? '-' : *path;
  }
  name[at] = 0;
}

static int compile(void) {
  for (size_t i = 0; i < peer.rules.count; i++) {
    const struct peer_rule *rule = &peer.rules.rules[i];
    int error;
    PCRE2_SIZE offset;
    if (rule->operator!= PEER_REGEX) continue;
    peer.codes[i] = pcre2_compile((PCRE2_SPTR)rule->arguments[0], rule->lengths[0], 0, &error, &offset, NULL);
    if (!peer.codes[i] || pcre2_jit_compile(peer.codes[i], PCRE2_JIT_COMPLETE)) return -1;
  }
  return 0;
}

static int load(const char *program) {
  peer.environment = CreateEnvironment();
  EnvDefineFunction2(peer.environment, "re-match", 'b', (int (*)(void *))(void (*)(void))re_match, "re_match", "22*");
  EnvDefineFunction2(peer.environment, "has-prefix", 'b', (int (*)(void *))(void (*)(void))has_prefix, "has_prefix", "22*");
  EnvDefineFunction2(peer.environment, "score", 'v', (int (*)(void *))(void (*)(void))score, "score", "11*");
  EnvUnwatch(peer.environment, "all");
  if (EnvLoad(peer.environment, program) != 1) return -1;
  for (size_t i = 0; i < peer.path_count; i++) {
    char name[TEMPLATE_BYTES];
    template_name(name, peer.paths[i]);
    if (!(peer.templates[i] = EnvFindDeftemplate(peer.environment, name))) return -1;
  }
  EnvReset(peer.environment);
  return 0;
}

static int prepare(const char *rules, const char *program) {
  if (peer_rules_read(rules, &peer.rules)) return -1;
  peer.codes = arena_take_array(peer.rules.arena, peer.rules.count, sizeof(pcre2_code *));
  peer.scores = arena_take_array(peer.rules.arena, peer.rules.thing_count, sizeof *peer.scores);
  peer.paths = peer_paths(&peer.rules, &peer.path_count);
  peer.templates = arena_take_array(peer.rules.arena, peer.path_count, sizeof(void *));
  peer.match = pcre2_match_data_create(8, NULL);
  if (!peer.codes || !peer.scores || !peer.paths || !peer.templates || !peer.match) return -1;
  return compile() ? -1 : load(program);
}

int main(int count, char **arguments) {
  struct peer_lines *lines = count > 4 && prepare(arguments[1], arguments[2]) == 0 ? peer_open(arguments[3]) : NULL;
  struct peer_line line;
  size_t done = 0, most = lines ? strtoul(arguments[4], NULL, 10) : 0;
  if (!lines) return 2;
  double start = peer_seconds();
  for (; done < most && peer_next(lines, &line); done++) {
    yyjson_doc *document = yyjson_read(line.text, line.length, 0);
    judge(yyjson_obj_get(yyjson_doc_get_root(document), "facts"));
    yyjson_doc_free(document);
  }
  peer_end(done, peer_seconds() - start, peer.hits);
  peer_close(lines);
  return 0;
}
