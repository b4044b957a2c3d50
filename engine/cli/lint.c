/* hostprint lint: every check of the rules, as diagnostics with file, line and column. */
#include "../../collectors/catalog.h"
#include "../../db/lint.h"
#include "cli.h"

static int run_lint(struct cli *cli) {
  static const char *const here[] = {"rules"};
  const char *const *paths = cli->argument_count ? cli->arguments : here;
  int status = db_lint(paths, cli->argument_count ? cli->argument_count : 1, &catalog, cli->diags);
  bool strict = cli_value(cli, "strict") && cli->diags->count > cli->diags->errors;
  return status ? (int)status_info(status)->exit : strict ? EXIT_RULES : EXIT_VERDICT;
}

const struct command command_lint = {
    .name = "lint",
    .arguments = "[PATH...]",
    .summary = "check rules: errors and warnings with file, line, column and a remedy",
    .notes = "A PATH is a directory of rules or one file in it (default: rules). Warnings do not change the exit code, unless --strict.",
    .run = run_lint,
    .options = {{.name = "strict", .help = "a warning is an error"}},
};
