/* hostprint check: does a report look like what its owner claims it is? */
#include <string.h>

#include "../../reports/text.h"
#include "thing.h"

/* Above this the claim is called consistent, below the other inconsistent, when something speaks against it. */
#define CONSISTENT 0.5
#define INCONSISTENT 0.05

/* The probability of the claim together with everything that is a kind of it. */
static double probability_of(const struct verdict *verdict, const char *layer, const struct hypothesis *claim) {
  double sum = 0;
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct verdict_layer *at = &verdict->layers[k];
    for (size_t i = 0; strcmp(at->layer->id, layer) == 0 && i < at->count; i++) {
      if (rule_is_kind(at->hypotheses[i].thing, claim->thing)) sum += at->hypotheses[i].probability;
    }
  }
  return sum;
}

static void add_list(struct buffer *out, const char *title, const struct evidence_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    const struct evidence *evidence = &list->items[i];
    if (evidence->bits == 0) continue;
    buffer_format(out, "  %s: expected %s; found %s = ", title, evidence->expected, evidence->fact ? evidence->fact : "nothing");
    text_plain(out, evidence->value ? evidence->value : "absent");
    buffer_format(out, " (%+.1f bits)\n", evidence->bits);
  }
}

static int answer(const struct verdict *verdict, const char *layer, const struct hypothesis *claim, struct buffer *out) {
  double probability = probability_of(verdict, layer, claim);
  const struct hypothesis *best = verdict_best(verdict, layer);
  bool against = claim->contradicted.count > 0 || (best->thing && best->probability >= CONSISTENT);
  const char *word = probability >= CONSISTENT ? "consistent" : probability <= INCONSISTENT && against ? "inconsistent" : "cannot tell";
  buffer_format(out, "%s: %s %s has probability %.3f; the best answer is %s (%.3f)\n", word, layer, claim->id, probability, best->id,
                best->probability);
  add_list(out, "for", &claim->evidence);
  add_list(out, "against", &claim->contradicted);
  if (best != claim) add_list(out, "for another answer", &best->evidence);
  return probability >= CONSISTENT ? EXIT_VERDICT : EXIT_UNKNOWN;
}

static int check_report(const struct rule_base *base, const struct report *report, const struct rule_thing *claim) {
  struct buffer out = {0};
  const struct verdict *verdict = NULL;
  struct judge *judge = judge_new(base);
  int status = judge ? judge_facts(judge, report->facts, report->id, cli_judge_options(report), &verdict) : STATUS_MEMORY;
  int code = status ? (int)status_info(status)->exit : EXIT_VERDICT;
  if (!status) {
    code = answer(verdict, claim->layer, verdict_find(verdict, claim->layer, claim->id), &out);
    int written = cli_put(&out);
    code = written ? written : code;
  }
  judge_free(judge);
  buffer_free(&out);
  return code;
}

static int run_check(struct cli *cli) {
  const char *claim = cli_value(cli, "claims");
  if (!claim || cli->argument_count != 1) return cli_usage(cli, "say --claims ID and name one report");
  struct rule_base *base = cli_base(cli);
  const struct rule_thing *thing = base ? cli_thing(cli, base, claim) : NULL;
  struct report *report = thing ? cli_report(cli, cli->arguments[0]) : NULL;
  int code = report ? check_report(base, report, thing) : base && !thing ? EXIT_USAGE : EXIT_INPUT;
  report_free(report);
  rule_base_free(base);
  return code;
}

const struct command command_check = {
    .name = "check",
    .arguments = "--claims ID REPORT",
    .summary = "tell whether a report is consistent with a claim about it",
    .notes = "ID is a platform, or LAYER/ID. Answers consistent (exit code 0), inconsistent or cannot tell (exit code 1), with the evidence.",
    .run = run_check,
    .options = {{.name = "claims", .argument = "ID", .help = "what the machine is said to be"}, CLI_DB_OPTION},
};
