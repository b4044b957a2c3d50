/* YARA: literal texts on the raw JSON. usage: yara RULES.yar REPORTS COUNT */
#include <stdio.h>
#include <stdlib.h>
#include <yara.h>

#include "peer.h"

static int count_hits(YR_SCAN_CONTEXT *scan, int message, void *data, void *context) {
  if (message != CALLBACK_MSG_RULE_MATCHING) return CALLBACK_CONTINUE;
  YR_RULE *rule = data;
  YR_STRING *string;
  size_t *hits = context;
  yr_rule_strings_foreach(rule, string) {
    YR_MATCH *match;
    yr_string_matches_foreach(scan, string, match) {
      ++*hits;
      break;
    }
  }
  return CALLBACK_CONTINUE;
}

static YR_RULES *compile(const char *file) {
  YR_COMPILER *compiler;
  YR_RULES *rules = NULL;
  FILE *source = fopen(file, "r");
  if (source && yr_compiler_create(&compiler) == ERROR_SUCCESS) {
    if (yr_compiler_add_file(compiler, source, NULL, file) == 0) yr_compiler_get_rules(compiler, &rules);
    yr_compiler_destroy(compiler);
  }
  if (source) fclose(source);
  return rules;
}

int main(int count, char **arguments) {
  size_t hits = 0, done = 0, most = count > 3 ? strtoul(arguments[3], NULL, 10) : 0;
  struct peer_line line;
  YR_SCANNER *scanner;
  yr_initialize();
  YR_RULES *rules = most ? compile(arguments[1]) : NULL;
  struct peer_lines *lines = rules && yr_scanner_create(rules, &scanner) == ERROR_SUCCESS ? peer_open(arguments[2]) : NULL;
  if (!lines) return 2;
  yr_scanner_set_callback(scanner, count_hits, &hits);
  yr_scanner_set_flags(scanner, SCAN_FLAGS_FAST_MODE | SCAN_FLAGS_REPORT_RULES_MATCHING);
  double start = peer_seconds();
  for (; done < most && peer_next(lines, &line); done++) yr_scanner_scan_mem(scanner, (const uint8_t *)line.text, line.length);
  peer_end(done, peer_seconds() - start, hits);
  peer_close(lines);
  yr_scanner_destroy(scanner);
  yr_rules_destroy(rules);
  yr_finalize();
  return 0;
}
