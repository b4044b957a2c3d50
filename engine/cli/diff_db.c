/* hostprint diff-db: every verdict that two rule bases give differently, and what makes the difference. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../collectors/catalog.h"
#include "../../db/db.h"
#include "cli.h"

#define CAUSES 4    /* signals named for one change */
#define NOTABLE 0.1 /* bits */

struct side {
  struct rule_base *base;
  struct judge *judge;
};

/* Bits that a signal counts for a hypothesis; 0 where it has no such signal or it was not counted. */
static double bits_of(const struct hypothesis *hypothesis, const char *name) {
  const struct evidence_list *lists[] = {&hypothesis->evidence, &hypothesis->contradicted};
  for (int l = 0; l < 2; l++)
    for (size_t i = 0; i < lists[l]->count; i++)
      if (strcmp(lists[l]->items[i].name, name) == 0) return lists[l]->items[i].bits;
  return 0;
}

/* Adds the signals of `from` that weigh differently in `to`; those in both are told from the first side only. */
static size_t add_causes(struct buffer *out, const struct hypothesis *from, const struct hypothesis *to, bool first, size_t told) {
  const struct evidence_list *lists[] = {&from->evidence, &from->contradicted};
  for (int l = 0; l < 2; l++)
    for (size_t i = 0; i < lists[l]->count && told < CAUSES; i++) {
      const struct evidence *evidence = &lists[l]->items[i];
      double here = evidence->bits, there = to ? bits_of(to, evidence->name) : 0;
      if (fabs(here - there) < NOTABLE || (!first && there != 0)) continue;
      buffer_format(out, "      %s: %+.1f -> %+.1f bits\n", evidence->name, first ? here : there, first ? there : here);
      told++;
    }
  return told;
}

/* What changed for one of the two answers. */
static void explain_change(struct buffer *out, const char *layer, const char *id, const struct verdict *before, const struct verdict *after) {
  const struct hypothesis *was = verdict_find(before, layer, id), *is = verdict_find(after, layer, id);
  if (strcmp(id, "unknown") == 0) return;
  if (!was || !is) {
    buffer_format(out, "      %s/%s is %s\n", layer, id, was ? "no longer known" : "new");
    return;
  }
  size_t told = add_causes(out, was, is, true, 0);
  told = add_causes(out, is, was, false, told);
  double stack = is->stack_bits - was->stack_bits, prior = is->prior_bits - was->prior_bits;
  if (fabs(prior) >= NOTABLE) buffer_format(out, "      prior of %s: %+.1f bits\n", id, prior);
  if (fabs(stack) >= NOTABLE) buffer_format(out, "      other layers of %s: %+.1f bits\n", id, stack);
}

static size_t compare_verdicts(struct buffer *out, const struct verdict *before, const struct verdict *after) {
  size_t changes = 0;
  for (size_t k = 0; k < after->layer_count; k++) {
    const char *layer = after->layers[k].layer->id;
    const struct hypothesis *was = verdict_best(before, layer), *is = verdict_best(after, layer);
    if (!was || strcmp(was->id, is->id) == 0) continue;
    buffer_format(out, "%s: %s was %s (%.3f), is %s (%.3f)\n", after->report_id, layer, was->id, was->probability, is->id, is->probability);
    explain_change(out, layer, was->id, before, after);
    explain_change(out, layer, is->id, before, after);
    changes++;
  }
  return changes;
}

static int open_side(struct cli *cli, const char *path, struct side *side) {
  int status = db_load(path, &catalog, &side->base, cli->diags);
  if (!status) side->judge = judge_new(side->base);
  return status ? status : side->judge ? STATUS_OK : STATUS_MEMORY;
}

static int compare_all(struct cli *cli, struct side sides[2], struct input *input) {
  struct buffer out = {0};
  size_t reports = 0, changes = 0;
  int status = 0, bad = 0;
  struct report *report;
  while (!status && (bad = input_next(input, &report, cli->diags)) != INPUT_END) {
    const struct verdict *verdicts[2] = {NULL, NULL};
    if (bad) continue;
    for (int s = 0; s < 2 && !status; s++) status = judge_facts(sides[s].judge, report->facts, report->id, cli_judge_options(report), &verdicts[s]);
    if (!status) changes += compare_verdicts(&out, verdicts[0], verdicts[1]);
    reports++;
    report_free(report);
  }
  buffer_format(&out, "diff-db: %zu changes in %zu reports\n", changes, reports);
  int code = status ? (int)status_info(status)->exit : cli_put(&out);
  buffer_free(&out);
  return code ? code : changes ? EXIT_UNKNOWN : EXIT_VERDICT;
}

static int run_diff_db(struct cli *cli) {
  struct side sides[2] = {{0}};
  if (cli->argument_count < 3) return cli_usage(cli, "name the old DB, the new DB and reports");
  int status = open_side(cli, cli->arguments[0], &sides[0]);
  if (!status) status = open_side(cli, cli->arguments[1], &sides[1]);
  struct input *input = status ? NULL : input_open(&catalog, cli->arguments + 2, cli->argument_count - 2);
  if (!status && !input) status = STATUS_MEMORY;
  int code = status ? (int)status_info(status)->exit : compare_all(cli, sides, input);
  input_close(input);
  for (int s = 0; s < 2; s++) {
    judge_free(sides[s].judge);
    rule_base_free(sides[s].base);
  }
  return code;
}

const struct command command_diff_db = {
    .name = "diff-db",
    .arguments = "OLD NEW PATH...",
    .summary = "list every verdict that two rule bases give differently, with its cause",
    .notes = "OLD and NEW are evidence DBs, a PATH is as for classify. Exit code 0: no change; 1: some.",
    .run = run_diff_db,
};
