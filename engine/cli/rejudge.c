/* hostprint rejudge: judges stored reports anew when the rules have changed, and tells what changed. */
#include <stdio.h>
#include <unistd.h>

#include "../../collectors/catalog.h"
#include "../../collectors/os.h"
#include "../../db/db.h"
#include "../../db/store.h"
#include "../../reports/text.h"
#include "cli.h"

#define CHANGES_TOLD 20
#define SHOWN_EVERY 500 /* milliseconds */

struct rejudging {
  struct cli *cli;
  struct store *store;
  struct judge *judge;
  struct buffer row;
  size_t judged, changes;
  int64_t shown;
};

static void show_progress(struct rejudging *rejudging, bool last) {
  if (!isatty(STDERR_FILENO) || (!last && os_ticks() < rejudging->shown)) return;
  rejudging->shown = os_ticks() + SHOWN_EVERY;
  fprintf(stderr, last ? "\r\033[K" : "\rjudged %zu", rejudging->judged);
}

static int rejudge_report(struct rejudging *rejudging, const struct store_report *stored) {
  struct cli *cli = rejudging->cli;
  const struct verdict *verdict = NULL;
  struct report *report = NULL;
  int status = report_read(stored->text, stored->length, &catalog, cli->arguments[0], 1, stored->id, cli->diags, &report);
  if (!status) {
    struct judge_options options = cli_judge_options(report);
    options.brief = true;
    options.answers = true;
    status = judge_facts(rejudging->judge, report->facts, report->id, options, &verdict);
  }
  buffer_clear(&rejudging->row);
  if (!status) status = store_pack(rejudging->store, stored->text, stored->length, report, verdict, &rejudging->row);
  if (!status) status = store_put_verdict(rejudging->store, stored->number, rejudging->row.text);
  if (!status) status = store_pace(rejudging->store);
  report_free(report);
  return status;
}

static int rejudge_all(struct rejudging *rejudging) {
  bool finished = false;
  int status = 0;
  while (!status && !finished) {
    struct store_report stored;
    while (!(status = store_next(rejudging->store, &stored)) && stored.number && !(status = rejudge_report(rejudging, &stored))) {
      rejudging->judged++;
      show_progress(rejudging, false);
    }
    if (!status) status = store_finish(rejudging->store, &finished);
  }
  show_progress(rejudging, true);
  return status;
}

static int tell_change(void *context, const struct store_change *change) {
  struct rejudging *rejudging = context;
  if (rejudging->changes++ >= CHANGES_TOLD) return 0;
  struct buffer line = {0};
  text_plain(&line, change->report);
  buffer_format(&line, ": %s", change->layer);
  if (change->before) buffer_format(&line, " was %s (%.3f)", change->before, change->probability_before);
  if (change->before && change->after) buffer_add(&line, ",");
  if (change->after) buffer_format(&line, " is %s (%.3f)", change->after, change->probability_after);
  if (!change->before || !change->after) buffer_format(&line, ", a layer that is %s", change->before ? "gone" : "new");
  buffer_add(&line, "\n");
  int code = cli_put(&line);
  buffer_free(&line);
  return code;
}

static int tell(struct rejudging *rejudging, bool same) {
  if (same) {
    printf("the rules in it are those already: %.12s\n", store_base(rejudging->store)->sha256);
    return 0;
  }
  int status = store_changes(rejudging->store, tell_change, rejudging);
  if (rejudging->changes > CHANGES_TOLD)
    printf("... and %zu more: hostprint query %s changes\n", rejudging->changes - CHANGES_TOLD, rejudging->cli->arguments[0]);
  printf("judged %zu reports by %.12s: %zu changes\n", rejudging->judged, store_base(rejudging->store)->sha256, rejudging->changes);
  size_t left = 0;
  if (!status) status = store_left(rejudging->store, &left);
  if (left)
    printf(
        "%zu reports cannot be judged from here, since only their verdicts were kept: `hostprint store %s PATH...` with the same reports does it\n",
        left, rejudging->cli->arguments[0]);
  return status;
}

static int run_with(struct rejudging *rejudging, const char *evidence) {
  struct cli *cli = rejudging->cli;
  struct store_options options = {.path = cli->arguments[0], .take_over = true, .catalog = &catalog, .diags = cli->diags};
  bool same = false;
  int status = store_open(options, &rejudging->store);
  if (!status) status = store_take_over(rejudging->store, evidence, &same);
  if (!status && !same) rejudging->judge = judge_new(store_base(rejudging->store));
  if (!status && !same && !rejudging->judge) status = STATUS_MEMORY;
  if (!status && !same) status = rejudge_all(rejudging);
  return status ? status : tell(rejudging, same);
}

static int run_rejudge(struct cli *cli) {
  struct rejudging rejudging = {.cli = cli};
  if (cli->argument_count != 1) return cli_usage(cli, "name the work DB");
  const char *evidence = db_find(cli->arena, cli_value(cli, "db"));
  int status = evidence ? run_with(&rejudging, evidence) : diag_format(cli->diags, STATUS_DB_OPEN, NULL, 0, 0, "there is none to take rules from");
  judge_free(rejudging.judge);
  buffer_free(&rejudging.row);
  store_close(rejudging.store);
  return status ? (int)status_info(status)->exit : EXIT_VERDICT;
}

const struct command command_rejudge = {
    .name = "rejudge",
    .arguments = "DB",
    .summary = "judge the reports of a work DB by other rules, and record what changes",
    .notes = "The rules of the evidence DB replace those in DB once every report is judged by them; until then nothing of it is seen, and\n"
             "a run that was cut short is gone on with. A change is another answer, or a probability that passed 0.5 or 0.95, or a\n"
             "layer that is new or gone; all of them stand in the table change: `hostprint query DB changes`. The verdicts by earlier\n"
             "rules stay in the table verdict, and each rule base whole in the table rulebase; evidence is kept of the rules in use.\n"
             "Reports of which only verdicts were kept (store --keep verdicts) cannot be judged from DB: how many they are is told, and\n"
             "until the same reports are stored again, latest_verdict does not speak of them.",
    .run = run_rejudge,
    .options = {CLI_DB_OPTION},
};
