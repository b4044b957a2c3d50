/* hostprint detect: what this machine is. */
#include "../../collectors/catalog.h"
#include "../../collectors/collect.h"
#include "show.h"

static int judge_here(struct cli *cli, struct rule_base *base, const struct show *show) {
  struct buffer out = {0};
  size_t count;
  const struct verdict *verdict = NULL;
  struct report *report = report_new(&catalog);
  struct judge *judge = judge_new(base);
  struct collect_options options = {.asked = rule_base_asked(base), .network = cli_value(cli, "network") != NULL};
  options.paths = rule_base_paths(base, &count);
  options.path_count = count;
  int status = report && judge ? collect_machine(&options, report, cli->diags) : STATUS_MEMORY;
  if (!status) status = judge_facts(judge, report->facts, report->id, show_judging(show, report), &verdict);
  if (!status) status = show_header(show, &out);
  if (!status) status = show_verdict(show, verdict, &out);
  int code = status ? (int)status_info(status)->exit : cli_save(cli, &out);
  if (code == EXIT_VERDICT && verdict_is_unknown(verdict)) code = EXIT_UNKNOWN;
  judge_free(judge);
  report_free(report);
  buffer_free(&out);
  return code;
}

static int run_detect(struct cli *cli) {
  struct show show;
  if (cli->argument_count) return cli_usage(cli, "it takes no argument; `hostprint classify PATH` judges a saved report");
  if (!show_options(cli, &show)) return EXIT_USAGE;
  struct rule_base *base = cli_base(cli, show_names_db(&show) ? CLI_NAMED : CLI_GLANCE);
  int code = base ? judge_here(cli, base, &show) : EXIT_DB;
  rule_base_free(base);
  return code;
}

const struct command command_detect = {
    .name = "detect",
    .arguments = "",
    .summary = "tell what this machine is running on, and why",
    .notes = "Needs no root and sends nothing over a network, unless --network is given. Says what it could not read.\n"
             "Facts that no rule looks at are left unread where that takes time: `hostprint collect` reads them all.",
    .run = run_detect,
    .options = {CLI_FORMAT_OPTION,
                CLI_TOP_OPTION,
                {.name = "network", .help = "also ask 169.254.169.254 for its root page, nothing deeper"},
                CLI_DB_OPTION,
                CLI_OUTPUT_OPTION},
};
