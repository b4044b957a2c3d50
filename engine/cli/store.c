/* hostprint store: keeps reports, and what is said of them, in a work DB. */
#include <pthread.h>
#include <stdio.h>

#include "../../collectors/os.h"
#include "records.h"
#include "work_db.h"

static const struct records_pace pace = {.bytes = (size_t)256 << 10, .records = 256};

struct storing {
  struct cli *cli;
  enum store_keep keep;
  struct store *store;
  pthread_mutex_t lock; /* of store and again */
  bool again;           /* the last record was there already: so may be the next, and needs no judging */
  struct records records;
  size_t there, bad; /* records: stored before, not readable */
  int code;          /* the first exit code of those that are bad */
};

/* Whether it need not be judged. Where the last record was new this is not asked: it is found out when the row is written. */
static int look_up(struct storing *storing, const struct input_record *record, bool *there) {
  pthread_mutex_lock(&storing->lock);
  *there = false;
  int status = storing->again ? store_has(storing->store, record->text, record->length, there) : STATUS_OK;
  pthread_mutex_unlock(&storing->lock);
  return status;
}

static int pack_report(const struct storing *storing, struct records_worker *worker, const struct input_record *record, struct records_slot *slot) {
  const struct verdict *verdict = NULL;
  struct report *report = NULL;
  int status = records_read(worker, record, &report);
  if (status) return status;
  struct judge_options options = cli_judge_options(report);
  options.brief = true;
  options.answers = storing->keep == STORE_KEEP_ALL;
  status = judge_facts(worker->judge, report->facts, report->id, options, &verdict);
  return status ? status : store_pack(storing->store, record->text, record->length, report, verdict, &slot->rows);
}

/* Reads, judges and packs one record, unless it is stored. */
static int handle(void *context, struct records_worker *worker, const struct input_record *record, struct records_slot *slot,
                  struct record_outcome *outcome) {
  struct storing *storing = context;
  int status = record->status ? 0 : look_up(storing, record, &outcome->there);
  return status || outcome->there ? status : pack_report(storing, worker, record, slot);
}

static void count_bad(struct storing *storing, int code) {
  if (!storing->code) storing->code = code;
  storing->bad++;
}

static int write_one(struct storing *storing, const struct records_slot *slot, const struct record_outcome *outcome) {
  bool added = false;
  if (outcome->bad) {
    count_bad(storing, outcome->bad);
    return STATUS_OK;
  }
  int status = outcome->there ? STATUS_OK : store_put(storing->store, slot->rows.text + outcome->row, &added);
  storing->again = !status && !added;
  storing->there += storing->again;
  return status;
}

static int deliver(void *context, const struct records_slot *slot) {
  struct storing *storing = context;
  int status = STATUS_OK;
  pthread_mutex_lock(&storing->lock);
  for (size_t i = 0; i < slot->worked && !status; i++) status = write_one(storing, slot, &slot->outcomes[i]);
  if (!status && slot->ends) count_bad(storing, slot->ends);
  if (!status) status = store_pace(storing->store);
  pthread_mutex_unlock(&storing->lock);
  progress_show(&storing->records.progress, store_kept(storing->store) + storing->there, slot->chunk.taken);
  return status ? (int)status_info(status)->exit : 0;
}

/* The last words, and the exit code. `code` is what ended the run, 0 for the end of the input. */
static int sum_up(struct storing *storing, int code) {
  int status = code == EXIT_DB || code == EXIT_INTERNAL ? STATUS_OK : store_commit(storing->store), caught = os_caught();
  size_t kept = store_kept(storing->store);
  if (status) code = (int)status_info(status)->exit;
  printf("stored %zu, there already %zu, not readable %zu\n", kept, storing->there, storing->bad);
  if (code) return code;
  if (caught) fputs("hostprint store: ended by a signal; the same command stores the rest\n", stderr);
  if (caught) return 128 + caught;
  if (!storing->code && kept + storing->there == 0) fputs("hostprint store: there was no report to store\n", stderr);
  return storing->code ? storing->code : kept + storing->there ? EXIT_VERDICT : EXIT_INPUT;
}

static int run_records(struct storing *storing) {
  int status = work_db_open(storing->cli, storing->cli->arguments[0], storing->keep, &storing->store);
  if (!status) status = records_start(&storing->records, store_base(storing->store));
  if (!status) status = records_open(&storing->records);
  if (status) return (int)status_info(status)->exit;
  os_catch();
  return sum_up(storing, records_run(&storing->records, false, 0, 0));
}

static int run_store(struct cli *cli) {
  struct storing storing = {.cli = cli, .again = true};
  bool wrong = false;
  size_t jobs = (size_t)cli_number(cli, "jobs", 1, PIPELINE_JOBS, 1, &wrong);
  if (wrong || !work_db_keep(cli, &storing.keep)) return EXIT_USAGE;
  if (cli->argument_count < 2) return cli_usage(cli, "name the work DB, then report files, directories, or - for standard input");
  storing.records = (struct records){.cli = cli,
                                     .paths = cli->arguments + 1,
                                     .path_count = cli->argument_count - 1,
                                     .jobs = jobs,
                                     .strict = cli_value(cli, "strict") != NULL,
                                     .pace = pace,
                                     .handle = handle,
                                     .deliver = deliver,
                                     .context = &storing};
  pthread_mutex_init(&storing.lock, NULL);
  int code = run_records(&storing);
  records_stop(&storing.records);
  store_close(storing.store);
  pthread_mutex_destroy(&storing.lock);
  return code;
}

const struct command command_store = {
    .name = "store",
    .arguments = "DB PATH...",
    .summary = "keep reports with their verdicts and evidence in a work DB, to be asked with `hostprint query` or sqlite3",
    .notes = "DB is made where there is none: a copy of the evidence DB that also holds the tables report, verdict, evidence and change, so\n"
             "that one query joins both; `select * from readme` in it tells more. Reports are judged by the rules in it. A PATH is as for\n"
             "classify. A report whose text is stored already is left alone, so the same call can be repeated, also after a kill: what is\n"
             "missing is added. With --keep verdicts, for reports that are kept elsewhere, there is no evidence, no facts and no text in\n"
             "DB, which is then small and quickly written, and after `hostprint rejudge` only the same call judges those reports by the\n"
             "new rules. Others may read meanwhile. `hostprint rejudge` takes over other rules. SIGINT and SIGTERM end a run in\n"
             "order: what was read is stored, and the exit code is 130 or 143.",
    .run = run_store,
    .options = {{.name = "db",
                 .argument = "FILE",
                 .help = "the evidence DB that a new DB is made from; of one that is there, the rules must be the same"},
                CLI_KEEP_OPTION,
                {.name = "jobs", .letter = 'j', .argument = "N", .help = "workers (default 1)"},
                {.name = "strict", .help = "stop at the first record that cannot be read; what came before it is stored"}},
};
