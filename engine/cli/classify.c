/* hostprint classify: verdicts on saved reports, in the order of the input. */
#include <pthread.h>
#include <stdio.h>

#include "../../collectors/catalog.h"
#include "show.h"

#define JOBS_MOST 256
#define BATCH 32 /* reports in flight for each worker */

/* One report on its way through a batch. */
struct slot {
  struct report *report;
  struct buffer out;
  int status;
  bool unknown;
};

struct worker {
  pthread_t thread;
  struct judge *judge;
  const struct show *show;
  struct slot *slots;
  size_t first, step, count; /* every step-th slot from the first */
};

static void judge_slot(const struct worker *worker, struct slot *slot) {
  const struct verdict *verdict = NULL;
  const struct report *report = slot->report;
  struct judge_options options = show_judging(worker->show, report);
  slot->status = judge_facts(worker->judge, report->facts, report->id, options, &verdict);
  if (slot->status) return;
  slot->unknown = verdict_is_unknown(verdict);
  if (show_verdict(worker->show, verdict, &slot->out)) slot->status = STATUS_MEMORY;
}

static void *work(void *context) {
  const struct worker *worker = context;
  for (size_t i = worker->first; i < worker->count; i += worker->step) judge_slot(worker, &worker->slots[i]);
  return NULL;
}

struct classify {
  struct cli *cli;
  struct show show;
  struct input *input;
  struct slot *slots;
  struct worker workers[JOBS_MOST];
  size_t jobs;
  size_t judged, known;
  int bad;      /* the first exit code of a record that could not be read */
  bool strict;  /* such a record ends the run */
  bool stopped; /* it has */
};

/* Fills the slots; how many, or fewer at the end of the input. Bad records are told at once and left out, or end the run. */
static size_t fill(struct classify *classify) {
  size_t count = 0, room = classify->jobs * BATCH;
  while (count < room && !classify->stopped) {
    struct report *report = NULL;
    int status = input_next(classify->input, &report, classify->cli->diags);
    if (status == INPUT_END) break;
    if (status) {
      int code = cli_complain(classify->cli);
      if (!classify->bad) classify->bad = code ? code : (int)status_info(status)->exit;
      classify->stopped = classify->strict || status == STATUS_MEMORY;
      continue;
    }
    classify->slots[count++].report = report;
  }
  return count;
}

/* Judges the filled slots, on this thread for the first worker and on others for the rest. */
static int judge_batch(struct classify *classify, size_t count) {
  size_t started = 1;
  for (size_t i = 0; i < classify->jobs; i++) classify->workers[i].count = count;
  while (started < classify->jobs && pthread_create(&classify->workers[started].thread, NULL, work, &classify->workers[started]) == 0) started++;
  work(&classify->workers[0]);
  for (size_t i = 1; i < started; i++) pthread_join(classify->workers[i].thread, NULL);
  for (size_t i = started; i < classify->jobs; i++) work(&classify->workers[i]);
  int status = 0;
  for (size_t i = 0; i < count && !status; i++) status = classify->slots[i].status;
  return status;
}

static int put_batch(struct classify *classify, size_t count) {
  int code = EXIT_VERDICT;
  for (size_t i = 0; i < count; i++) {
    struct slot *slot = &classify->slots[i];
    if (code == EXIT_VERDICT) code = cli_put(&slot->out);
    classify->judged++;
    classify->known += !slot->unknown;
    report_free(slot->report);
    slot->report = NULL;
    buffer_clear(&slot->out);
  }
  return code;
}

static int run_batches(struct classify *classify) {
  struct buffer header = {0};
  int code = show_header(&classify->show, &header) ? EXIT_INTERNAL : cli_put(&header);
  buffer_free(&header);
  for (size_t count; code == EXIT_VERDICT && (count = fill(classify)) > 0;) {
    int status = judge_batch(classify, count);
    int written = put_batch(classify, count);
    code = status ? (int)status_info(status)->exit : written;
  }
  return code;
}

static int start(struct classify *classify, const struct rule_base *base) {
  struct cli *cli = classify->cli;
  classify->slots = arena_take_array(cli->arena, classify->jobs * BATCH, sizeof *classify->slots);
  classify->input = input_open(&catalog, cli->arguments, cli->argument_count);
  if (!classify->slots || !classify->input) return STATUS_MEMORY;
  for (size_t i = 0; i < classify->jobs; i++) {
    classify->workers[i] =
        (struct worker){.judge = judge_new(base), .show = &classify->show, .slots = classify->slots, .first = i, .step = classify->jobs};
    if (!classify->workers[i].judge) return STATUS_MEMORY;
  }
  return STATUS_OK;
}

static void stop(struct classify *classify) {
  for (size_t i = 0; i < classify->jobs; i++) judge_free(classify->workers[i].judge);
  for (size_t i = 0; classify->slots && i < classify->jobs * BATCH; i++) {
    report_free(classify->slots[i].report);
    buffer_free(&classify->slots[i].out);
  }
  input_close(classify->input);
}

static int run_classify(struct cli *cli) {
  struct classify *classify = arena_take(cli->arena, sizeof *classify);
  bool wrong = false;
  if (!classify) return EXIT_INTERNAL;
  classify->cli = cli;
  classify->jobs = (size_t)cli_number(cli, "jobs", 1, JOBS_MOST, 1, &wrong);
  if (wrong || !show_options(cli, &classify->show)) return EXIT_USAGE;
  if (cli->argument_count == 0) return cli_usage(cli, "name report files, directories, or - for standard input");
  classify->strict = cli_value(cli, "strict") != NULL;
  struct rule_base *base = cli_base(cli);
  if (!base) return EXIT_DB;
  int status = start(classify, base);
  int code = status ? (int)status_info(status)->exit : run_batches(classify);
  stop(classify);
  rule_base_free(base);
  if (code == EXIT_VERDICT && classify->bad) code = classify->bad;
  if (code == EXIT_VERDICT && classify->judged == 0) {
    fputs("hostprint classify: there was no report to judge\n", stderr);
    code = EXIT_INPUT;
  }
  return code == EXIT_VERDICT && classify->known == 0 ? EXIT_UNKNOWN : code;
}

const struct command command_classify = {
    .name = "classify",
    .arguments = "PATH...",
    .summary = "judge saved reports: files, directories, .ndjson streams, packed or not, or - for standard input",
    .notes = "A record that cannot be read is told on standard error and left out; the exit code is then 3. The order of the output is\n"
             "that of the input. --format json prints one document a report, ndjson one line a report.",
    .run = run_classify,
    .options = {CLI_FORMAT_OPTION,
                CLI_TOP_OPTION,
                {.name = "jobs", .letter = 'j', .argument = "N", .help = "workers (default 1)"},
                {.name = "strict", .help = "stop at the first record that cannot be read; what came before it is judged"},
                CLI_DB_OPTION},
};
