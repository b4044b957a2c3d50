/* hostprint test: runs the examples that stand in the rules. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../collectors/catalog.h"
#include "../../collectors/os.h"
#include "../../db/db.h"
#include "../../db/lint.h"
#include "cli.h"

/* A near miss must stay below this. */
#define CONVICTED 0.5

struct example {
  struct example *next;
  struct db_example body;
};

struct examples {
  struct cli *cli;
  const char *directory; /* of rules */
  const char *wanted;    /* one file, or NULL for all */
  struct example *first, **last;
  struct judge *judge;
  size_t passed, failed;
};

static const char *keep(struct arena *arena, const char *text) { return text ? arena_text(arena, text, strlen(text)) : NULL; }

static int note_example(void *context, const struct db_example *found) {
  struct examples *examples = context;
  struct arena *arena = examples->cli->arena;
  struct example *example = arena_take(arena, sizeof *example);
  if (!example) return STATUS_MEMORY;
  example->body = (struct db_example){.layer = keep(arena, found->layer),
                                      .id = keep(arena, found->id),
                                      .report = keep(arena, found->report),
                                      .facts = keep(arena, found->facts),
                                      .expect = keep(arena, found->expect),
                                      .file = keep(arena, found->file),
                                      .line = found->line};
  *examples->last = example;
  examples->last = &example->next;
  return STATUS_OK;
}

static struct report *report_of(struct examples *examples, const struct db_example *example) {
  struct report *report = NULL;
  if (example->report) {
    const char *path = arena_format(examples->cli->arena, "%s/../reports/samples/%s.json", examples->directory, example->report);
    return path ? cli_report(examples->cli, path) : NULL;
  }
  report_read(example->facts, strlen(example->facts), &catalog, example->file, example->line, example->id, examples->cli->diags, &report);
  return report;
}

static bool holds(const struct db_example *example, const struct hypothesis *own, const struct hypothesis *best) {
  if (strcmp(example->expect, "first") == 0) return best == own;
  if (strcmp(example->expect, "unknown") == 0) return best->thing == NULL;
  return best != own && own->probability < CONVICTED;
}

static int run_example(struct examples *examples, const struct db_example *example) {
  const struct verdict *verdict = NULL;
  struct report *report = report_of(examples, example);
  int status = report ? judge_facts(examples->judge, report->facts, report->id, cli_judge_options(report), &verdict) : STATUS_RULE_EXAMPLE;
  if (!status) {
    const struct hypothesis *own = verdict_find(verdict, example->layer, example->id), *best = verdict_best(verdict, example->layer);
    if (!holds(example, own, best))
      status = diag_format(examples->cli->diags, STATUS_RULE_EXAMPLE, example->file, example->line, 1,
                           "expected %s/%s to be %s; it has probability %.3f (%+.1f bits), and %s ranks first with %.3f (%+.1f bits)", example->layer,
                           example->id, example->expect, own->probability, own->log_odds, best->id, best->probability, best->log_odds);
  }
  if (status)
    examples->failed++;
  else
    examples->passed++;
  report_free(report);
  return status == STATUS_MEMORY ? status : STATUS_OK;
}

/* The part of a path below the rules directory, so that one file can be named however its path was written. */
static bool is_wanted(const struct examples *examples, const char *file) {
  if (!examples->wanted) return true;
  size_t have = strlen(file), want = strlen(examples->wanted);
  const char *tail = examples->wanted, *slash = strrchr(examples->wanted, '/');
  for (; slash && slash > examples->wanted && slash[-1] != '/'; slash--) tail = slash - 1;
  want = strlen(tail);
  return have >= want && strcmp(file + have - want, tail) == 0;
}

static int run_path(struct examples *examples, const char *path) {
  struct cli *cli = examples->cli;
  struct rule_base *base = NULL;
  enum os_kind kind;
  int error = os_kind(path, &kind);
  if (error) return diag_format(cli->diags, STATUS_IO, path, 0, 0, "%s", strerror(error));
  examples->directory = db_rules_directory(cli->arena, path);
  if (!examples->directory) return diag_format(cli->diags, STATUS_RULE_EMPTY, path, 0, 0, "no directory above it holds model.yaml");
  examples->wanted = kind == OS_FILE ? path : NULL;
  examples->first = NULL;
  examples->last = &examples->first;
  struct compile_options options = {.rules = examples->directory, .drafts = true, .catalog = &catalog};
  int status = db_compile_memory(options, &base, note_example, examples, cli->diags);
  examples->judge = status ? NULL : judge_new(base);
  if (!status && !examples->judge) status = STATUS_MEMORY;
  for (struct example *example = examples->first; !status && example; example = example->next)
    if (is_wanted(examples, example->body.file)) status = run_example(examples, &example->body);
  judge_free(examples->judge);
  rule_base_free(base);
  return status;
}

static int run_test(struct cli *cli) {
  struct examples examples = {.cli = cli};
  int status = cli->argument_count ? 0 : run_path(&examples, "rules");
  for (size_t i = 0; !status && i < cli->argument_count; i++) status = run_path(&examples, cli->arguments[i]);
  printf("examples: %zu passed, %zu failed\n", examples.passed, examples.failed);
  return status ? (int)status_info(status)->exit : examples.failed ? EXIT_RULES : EXIT_VERDICT;
}

const struct command command_test = {
    .name = "test",
    .arguments = "[PATH...]",
    .summary = "run the examples that stand in the rules",
    .notes = "A PATH is a directory of rules or one file in it (default: rules). An example that names a report finds it in\n"
             "reports/samples beside the rules.",
    .run = run_test,
};
