/* hostprint lint: every check of the rules, as diagnostics with file, line and column. */
#include "../../collectors/catalog.h"
#include "../../db/lint.h"
#include "cli.h"

/* Every code that speaks of rules, with its title and remedy, from the table. */
static int list_checks(void) {
  struct buffer out = {0};
  const struct status_info *info;
  for (size_t i = 0; (info = status_info_at(i)); i++)
    if (info->exit == EXIT_RULES)
      buffer_format(&out, "%s %s: %s\n  %s\n", info->id, db_lint_warns(info->code) ? "warning" : "error", info->title, info->hint);
  int code = cli_put(&out);
  buffer_free(&out);
  return code;
}

static int fix(struct cli *cli, const char *const *paths, size_t count) {
  struct buffer told = {0};
  int status = db_lint_fix(paths, count, &catalog, &told, cli->diags);
  int code = told.length ? cli_put(&told) : 0;
  buffer_free(&told);
  return status ? (int)status_info(status)->exit : code;
}

static int run_lint(struct cli *cli) {
  static const char *const here[] = {"rules"};
  const char *const *paths = cli->argument_count ? cli->arguments : here;
  size_t count = cli->argument_count ? cli->argument_count : 1;
  if (cli_value(cli, "list")) return list_checks();
  int fixed = cli_value(cli, "fix") ? fix(cli, paths, count) : 0;
  if (fixed) return fixed;
  int status = db_lint(paths, count, &catalog, cli->diags);
  bool strict = cli_value(cli, "strict") && cli->diags->count > cli->diags->errors;
  return status ? (int)status_info(status)->exit : strict ? EXIT_RULES : EXIT_VERDICT;
}

const struct command command_lint = {
    .name = "lint",
    .arguments = "[PATH...]",
    .summary = "check rules: errors and warnings with file, line, column and a remedy",
    .notes = "A PATH is a directory of rules or one file in it (default: rules). Warnings do not change the exit code, unless --strict.",
    .run = run_lint,
    .options = {{.name = "strict", .help = "a warning is an error"},
                {.name = "fix", .help = "first mend what is safe: canonical form, plain matchers for patterns that are only a text"},
                {.name = "list", .help = "print every check with its code, title and remedy, and check nothing"}},
};
