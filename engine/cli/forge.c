/* hostprint forge: what it would take to pass as something. */
#include <string.h>

#include "../../reports/render_forgery.h"
#include "../forge.h"
#include "thing.h"

/* The level of --level, or -1 after a usage error was told. */
static int level_asked(const struct cli *cli) {
  const char *name = cli_value(cli, "level");
  int level = name ? fact_forge_from_name(name) : FORGE_NETWORK;
  if (level < 0) cli_usage(cli, "--level is tenant, root, image, vmm or network, not %s", name);
  return level;
}

/* Writes the report with the changes made, under an id of its own. */
static int save_report(struct cli *cli, const struct report *report, const struct forgery *forgery) {
  const char *path = cli_value(cli, "save");
  if (!path || !forgery->possible) return EXIT_VERDICT;
  struct report forged = *report;
  struct buffer text = {0};
  forged.facts = (struct fact_set *)forgery->facts;
  forged.id = arena_format(cli->arena, "%s-as-%s", report->id, forgery->claim->id);
  forged.method = "forged";
  int code = forged.id && report_write(&forged, &text) == 0 && buffer_append(&text, "\n", 1) == 0 ? cli_write(cli, path, &text) : EXIT_INTERNAL;
  buffer_free(&text);
  return code;
}

static int show_forgery(struct cli *cli, const struct report *report, const struct forgery_page *page, bool json) {
  struct buffer out = {0};
  int status = json ? render_forgery_json(page, &out) : render_forgery_text(page, &out);
  int code = status ? EXIT_INTERNAL : cli_save(cli, &out);
  if (code == EXIT_VERDICT) code = save_report(cli, report, page->forgery);
  buffer_free(&out);
  return code != EXIT_VERDICT ? code : page->forgery->possible ? EXIT_VERDICT : EXIT_UNKNOWN;
}

static int forge_report(struct cli *cli, const struct rule_base *base, const struct report *report, const struct rule_thing *claim, bool json) {
  struct forgery_page page = {.most = (enum forge_cost)level_asked(cli), .report_id = report->id};
  struct forge_options options = {.observed_day = report_day(report), .most = page.most};
  struct judge *judge = judge_new(base);
  int status = judge ? forge_find(base, report->facts, claim, options, cli->arena, &page.forgery) : STATUS_MEMORY;
  if (!status) status = judge_facts(judge, page.forgery->facts, report->id, cli_judge_options(report), &page.then);
  int code = status ? (int)status_info(status)->exit : show_forgery(cli, report, &page, json);
  judge_free(judge);
  return code;
}

static int run_forge(struct cli *cli) {
  const char *as = cli_value(cli, "as");
  enum format format = cli_format(cli);
  if (format == FORMATS || level_asked(cli) < 0) return EXIT_USAGE;
  if (format != FORMAT_TEXT && format != FORMAT_JSON) return cli_usage(cli, "--format is text or json");
  if (cli_value(cli, "save") && strcmp(cli_value(cli, "save"), "-") == 0)
    return cli_usage(cli, "--save needs a file: standard output has the answer");
  if (!as || cli->argument_count != 1) return cli_usage(cli, "say --as ID and name one report");
  struct rule_base *base = cli_base(cli, CLI_NAMED);
  const struct rule_thing *claim = base ? cli_thing(cli, base, as) : NULL;
  struct report *report = claim ? cli_report(cli, cli->arguments[0]) : NULL;
  int code = report ? forge_report(cli, base, report, claim, format == FORMAT_JSON) : base && !claim ? EXIT_USAGE : EXIT_INPUT;
  report_free(report);
  rule_base_free(base);
  return code;
}

const struct command command_forge = {
    .name = "forge",
    .arguments = "--as ID REPORT",
    .summary = "tell the cheapest forgery that would make a report pass as something",
    .notes = "ID is a platform, or LAYER/ID. Names the facts that would have to be changed, what each does, and who could do it: the lowest\n"
             "of tenant, root (of the guest), image (its kernel), vmm, network that suffices, then the fewest facts. What is told was made and\n"
             "judged; --save writes that report. Exit code 0 where a forgery passes, 1 where none was found.",
    .run = run_forge,
    .options = {{.name = "as", .argument = "ID", .help = "what it is to pass as"},
                {.name = "level", .argument = "LEVEL", .help = "ask no more than what tenant, root, image, vmm or network (default) controls"},
                {.name = "save", .argument = "FILE", .help = "write the forged report there"},
                {.name = "format", .letter = 'f', .argument = "FORMAT", .help = "text or json"},
                CLI_DB_OPTION,
                CLI_OUTPUT_OPTION},
};
