/* hostprint compile: a directory of rules to an evidence DB. */
#include <stdio.h>

#include "../../collectors/catalog.h"
#include "../../db/db.h"
#include "cli.h"

static int run_compile(struct cli *cli) {
  const char *output = cli_output(cli);
  if (cli->argument_count != 1) return cli_usage(cli, "name one directory of rules");
  if (!output) return cli_usage(cli, "say with -o where the evidence DB goes");
  struct compile_options options = {.rules = cli->arguments[0], .drafts = cli_value(cli, "drafts") != NULL, .catalog = &catalog};
  int status = db_compile(options, output, cli->diags);
  return status ? (int)status_info(status)->exit : EXIT_VERDICT;
}

const struct command command_compile = {
    .name = "compile",
    .arguments = "RULES_DIR",
    .summary = "compile rules into an evidence DB",
    .notes = "The same rules give the same bytes. A rule base with errors is refused and no file is written.",
    .run = run_compile,
    .options = {CLI_OUTPUT_OPTION, {.name = "drafts", .help = "take rules/draft too"}},
};
