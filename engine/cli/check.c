/* hostprint check: does a report look like what its owner claims it is? */
#include <string.h>

#include "../../reports/text.h"
#include "cli.h"

/* Above this the claim is called consistent, below the other inconsistent, when something speaks against it. */
#define CONSISTENT 0.5
#define INCONSISTENT 0.05

static const struct hypothesis *find_claim(const struct verdict *verdict, const char *claim, const char **layer) {
  const char *slash = strchr(claim, '/');
  for (size_t k = 0; k < verdict->layer_count; k++) {
    *layer = verdict->layers[k].layer->id;
    bool named = slash && strlen(*layer) == (size_t)(slash - claim) && strncmp(*layer, claim, strlen(*layer)) == 0;
    const struct hypothesis *found = slash && !named ? NULL : verdict_find(verdict, *layer, slash ? slash + 1 : claim);
    if (found && found->thing) return found;
  }
  return NULL;
}

/* The probability of the claim together with everything that is a kind of it. */
static double probability_of(const struct verdict *verdict, const char *layer, const struct hypothesis *claim) {
  double sum = claim->probability;
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct verdict_layer *at = &verdict->layers[k];
    for (size_t i = 0; strcmp(at->layer->id, layer) == 0 && i < at->count; i++) {
      const struct rule_thing *thing = at->hypotheses[i].thing;
      while (thing && thing->parent) {
        thing = thing->parent;
        if (thing == claim->thing) sum += at->hypotheses[i].probability;
      }
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

static int check_report(struct cli *cli, const struct rule_base *base, const struct report *report, const char *claim) {
  struct buffer out = {0};
  const struct verdict *verdict = NULL;
  const char *layer;
  struct judge *judge = judge_new(base);
  int status = judge ? judge_facts(judge, report->facts, report->id, cli_judge_options(report), &verdict) : STATUS_MEMORY;
  int code = status ? (int)status_info(status)->exit : EXIT_VERDICT;
  const struct hypothesis *found = status ? NULL : find_claim(verdict, claim, &layer);
  if (!status && !found) code = cli_usage(cli, "the evidence DB knows no %s", claim);
  if (found) {
    code = answer(verdict, layer, found, &out);
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
  struct report *report = base ? cli_report(cli, cli->arguments[0]) : NULL;
  int code = report ? check_report(cli, base, report, claim) : EXIT_INPUT;
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
