/* hostprint explain: one report's verdict at length, with why not each rival. */
#include "show.h"
#include "thing.h"

static int explain_report(struct cli *cli, const struct report *report, const struct rule_base *base, struct show *show) {
  struct buffer out = {0};
  const struct verdict *verdict = NULL;
  struct judge *judge = judge_new(base);
  struct judge_options options = cli_judge_options(report);
  options.refused = true;
  options.flip = cli_value(cli, "flip") || cli_value(cli, "flip-layer");
  options.flip_layer = cli_value(cli, "flip-layer");
  options.ignore_forge = cli_adversary(cli);
  int status = judge ? judge_facts(judge, report->facts, report->id, options, &verdict) : STATUS_MEMORY;
  int code = status ? (int)status_info(status)->exit : EXIT_VERDICT;
  show->versus = cli_value(cli, "versus");
  const struct verdict_layer *layer;
  if (!status && show->versus && !render_versus(verdict, show->versus, &layer) && !cli_thing(cli, base, show->versus)) code = EXIT_USAGE;
  if (code == EXIT_VERDICT && (show_header(show, &out) || show_verdict(show, verdict, &out))) code = EXIT_INTERNAL;
  if (code == EXIT_VERDICT) code = cli_save(cli, &out);
  if (code == EXIT_VERDICT && verdict_is_unknown(verdict)) code = EXIT_UNKNOWN;
  judge_free(judge);
  buffer_free(&out);
  return code;
}

/* False after telling that no layer is called so. */
static bool has_flip_layer(const struct cli *cli, const struct rule_base *base) {
  const char *names[64], *wanted = cli_value(cli, "flip-layer");
  if (!wanted || rule_base_layer(base, wanted)) return true;
  size_t count = base->layer_count < 64 ? base->layer_count : 64;
  for (size_t i = 0; i < count; i++) names[i] = base->layers[i].id;
  const char *near = status_nearest(wanted, names, count);
  cli_usage(cli, "no layer is called %s%s%s", wanted, near ? "; did you mean " : "", near ? near : "");
  return false;
}

static int run_explain(struct cli *cli) {
  struct show show;
  if (cli->argument_count != 1) return cli_usage(cli, "name one report, or - for standard input");
  if (!show_options(cli, &show) || cli_adversary(cli) < -1) return EXIT_USAGE;
  show.explain = true;
  struct rule_base *base = cli_base(cli, CLI_NAMED);
  bool known = !base || has_flip_layer(cli, base);
  struct report *report = base && known ? cli_report(cli, cli->arguments[0]) : NULL;
  int code = report ? explain_report(cli, report, base, &show) : known ? EXIT_INPUT : EXIT_USAGE;
  report_free(report);
  rule_base_free(base);
  return code;
}

const struct command command_explain = {
    .name = "explain",
    .arguments = "REPORT",
    .summary = "tell at length why a report got its verdict, and why not each rival",
    .notes = "--flip names the smallest set of facts without which the answer would be another one. --adversary ignores everything that\n"
             "somebody of that power could have faked: tenant, root (of the guest), image (its kernel), vmm.",
    .run = run_explain,
    .options = {CLI_FORMAT_OPTION,
                CLI_TOP_OPTION,
                {.name = "versus", .argument = "ID", .help = "speak of this rival"},
                {.name = "flip", .help = "look for the facts that the answer hangs on"},
                {.name = "flip-layer", .argument = "LAYER", .help = "the same for this layer's answer, not the first that is known"},
                {.name = "adversary", .argument = "LEVEL", .help = "ignore what a tenant, root, image or vmm could fake"},
                CLI_DB_OPTION,
                CLI_OUTPUT_OPTION},
};
