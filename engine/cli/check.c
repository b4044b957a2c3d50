/* hostprint check: does a report look like what its owner claims it is, and whose word is that? */
#include <string.h>

#include "../../reports/render_forgery.h"
#include "thing.h"

/* Below this the claim is called inconsistent, when something speaks against it; from FORGE_PASSES on it holds. */
#define INCONSISTENT 0.05

/* The probability of the claim together with everything that is a kind of it. */
static double probability_of(const struct verdict *verdict, const struct rule_thing *claim) {
  double sum = 0;
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct verdict_layer *at = &verdict->layers[k];
    for (size_t i = 0; strcmp(at->layer->id, claim->layer) == 0 && i < at->count; i++)
      if (rule_is_kind(at->hypotheses[i].thing, claim)) sum += at->hypotheses[i].probability;
  }
  return sum;
}

/* True where more speaks against the claim than that nothing speaks for it: evidence of its own, or an answer that it is no kind of. */
static bool is_refuted(const struct hypothesis *best, const struct hypothesis *claim) {
  double against = 0;
  for (size_t i = 0; i < claim->contradicted.count; i++) against += claim->contradicted.items[i].bits;
  if (best->thing && best->probability >= FORGE_PASSES && !rule_is_kind(claim->thing, best->thing)) return true;
  return against < 0;
}

/* A claim is made by who has the machine, so what any tenant can set is no more than the claim said twice: where it would not hold
 * without that, it is neither borne out nor refuted. */
static const char *answer_of(const struct check_page *page) {
  const struct hypothesis *best = verdict_best(page->verdict, page->layer);
  if (page->probability >= FORGE_PASSES) return page->rests_on == FORGE_TENANT ? "cannot tell" : "consistent";
  return page->probability <= INCONSISTENT && is_refuted(best, page->claim) ? "inconsistent" : "cannot tell";
}

/* Fills what is left of the claim at each level, and which it rests on. */
static int weigh_levels(struct judge *judge, const struct report *report, const struct rule_thing *claim, struct check_page *page) {
  struct judge_options options = cli_judge_options(report);
  const struct verdict *verdict = NULL;
  options.explain = false;
  page->rests_on = RESTS_ON_NONE;
  for (int level = FORGE_TENANT; level < FORGE_NETWORK; level++) {
    options.ignore_forge = level;
    int status = judge_facts(judge, report->facts, report->id, options, &verdict);
    if (status) return status;
    page->left[level] = probability_of(verdict, claim);
    if (page->left[level] < FORGE_PASSES && page->rests_on == RESTS_ON_NONE) page->rests_on = level;
  }
  return 0;
}

/* What it would take to pass, judged by `other`, whose verdict it keeps. */
static int weigh_forgery(struct cli *cli, const struct rule_base *base, struct judge *other, const struct report *report,
                         const struct rule_thing *claim, struct forgery_page *page) {
  struct forge_options options = {.observed_day = report_day(report), .most = FORGE_NETWORK};
  page->most = options.most;
  page->report_id = report->id;
  int status = forge_find(base, report->facts, claim, options, cli->arena, &page->forgery);
  return status ? status : judge_facts(other, page->forgery->facts, report->id, cli_judge_options(report), &page->then);
}

static int show_check(const struct check_page *page, bool json) {
  struct buffer out = {0};
  int status = json ? render_check_json(page, &out) : render_check_text(page, &out);
  int code = status ? EXIT_INTERNAL : cli_put(&out);
  buffer_free(&out);
  return code ? code : strcmp(page->answer, "consistent") == 0 ? EXIT_VERDICT : EXIT_UNKNOWN;
}

static int check_report(struct cli *cli, const struct rule_base *base, const struct report *report, const struct rule_thing *claim, bool json) {
  struct check_page page = {.layer = claim->layer};
  struct judge *judge = judge_new(base), *other = judge_new(base);
  int status = judge && other ? weigh_levels(judge, report, claim, &page) : STATUS_MEMORY;
  if (!status) status = judge_facts(judge, report->facts, report->id, cli_judge_options(report), &page.verdict);
  if (!status) {
    page.claim = verdict_find(page.verdict, claim->layer, claim->id);
    page.probability = probability_of(page.verdict, claim);
    if (page.probability < FORGE_PASSES) page.rests_on = RESTS_ON_NONE;
    page.answer = answer_of(&page);
  }
  if (!status && page.probability < FORGE_PASSES) status = weigh_forgery(cli, base, other, report, claim, &page.forgery);
  int code = status ? (int)status_info(status)->exit : show_check(&page, json);
  judge_free(judge);
  judge_free(other);
  return code;
}

static int run_check(struct cli *cli) {
  const char *claim = cli_value(cli, "claims");
  enum format format = cli_format(cli);
  if (format == FORMATS) return EXIT_USAGE;
  if (format != FORMAT_TEXT && format != FORMAT_JSON) return cli_usage(cli, "--format is text or json");
  if (!claim || cli->argument_count != 1) return cli_usage(cli, "say --claims ID and name one report");
  struct rule_base *base = cli_base(cli, CLI_NAMED);
  const struct rule_thing *thing = base ? cli_thing(cli, base, claim) : NULL;
  struct report *report = thing ? cli_report(cli, cli->arguments[0]) : NULL;
  int code = report ? check_report(cli, base, report, thing, format == FORMAT_JSON) : base && !thing ? EXIT_USAGE : EXIT_INPUT;
  report_free(report);
  rule_base_free(base);
  return code;
}

const struct command command_check = {
    .name = "check",
    .arguments = "--claims ID REPORT",
    .summary = "tell whether a report is consistent with a claim about it",
    .notes = "ID is a platform, or LAYER/ID; a kind of it bears the claim out too. Answers consistent (exit code 0), inconsistent or cannot tell\n"
             "(exit code 1), with the evidence, on whose word it rests, and what it would take to pass. What any tenant can set bears nothing\n"
             "out, as the claim comes from the tenant: a claim that rests on it alone gets cannot tell.",
    .run = run_check,
    .options = {{.name = "claims", .argument = "ID", .help = "what the machine is said to be"},
                {.name = "format", .letter = 'f', .argument = "FORMAT", .help = "text or json"},
                CLI_DB_OPTION},
};
