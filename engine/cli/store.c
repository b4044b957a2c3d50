/* hostprint store: keeps reports, and what is said of them, in a work DB.
 *
 * Chunks of records go round in slots: the input fills one, a worker reads, judges and packs what is in it, and it is written in order. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "../../collectors/catalog.h"
#include "../../collectors/os.h"
#include "../../db/db.h"
#include "../../db/store.h"
#include "../../reports/walk.h"
#include "cli.h"
#include "pipeline.h"
#include "progress.h"

#define CHUNK_BYTES ((size_t)256 << 10)
#define CHUNK_RECORDS 256
#define ALONE_BYTES ((size_t)4 << 20) /* a chunk that one long record made so large has no company */
#define KEPT_BYTES ((size_t)4 << 20)  /* of a slot's texts; more is given back */

/* What became of one record: its row begins in `rows`, or it was stored before, or it cannot be read, and `bad` is the exit code. */
struct outcome {
  size_t row;
  bool there;
  int bad;
};

/* One chunk on its way. Records first..worked have their outcomes; the one behind ends the run where `ends`, an exit code, is not 0. */
struct slot {
  struct input_chunk chunk;
  struct outcome *outcomes;
  size_t capacity, worked;
  struct buffer rows, talk; /* talk: what is wrong with records, for people */
  int ends;
};

struct worker {
  struct report_reader *reader;
  struct judge *judge;
  struct diag_list diags; /* of one record; its texts lie in `words` */
  struct arena *words;
  struct buffer id;
};

struct storing {
  struct cli *cli;
  struct store *store;
  pthread_mutex_t lock; /* of store and again */
  bool again;           /* the last record was there already: so may be the next, and needs no judging */
  struct input *input;
  struct slot *slots;
  struct worker *workers;
  size_t jobs;
  bool strict;
  size_t there, bad; /* records: stored before, not readable */
  int code;          /* the first exit code of those that are bad */
  struct progress progress;
};

/* Says what is wrong with the worker's record; gives the exit code. */
static int complain(struct worker *worker, struct slot *slot, int status) {
  if (!worker->diags.count) diag_add(&worker->diags, (struct diag){.code = status});
  diag_sort(&worker->diags);
  for (size_t i = 0; i < worker->diags.count; i++) diag_print(&worker->diags.items[i], &slot->talk);
  worker->diags.count = worker->diags.errors = 0;
  arena_reset(worker->words);
  return (int)status_info(status)->exit;
}

/* Whether it need not be judged. Where the last record was new this is not asked: it is found out when the row is written. */
static int look_up(struct storing *storing, const struct input_record *record, bool *there) {
  pthread_mutex_lock(&storing->lock);
  *there = false;
  int status = storing->again ? store_has(storing->store, record->text, record->length, there) : STATUS_OK;
  pthread_mutex_unlock(&storing->lock);
  return status;
}

static int pack_report(const struct storing *storing, struct worker *worker, const struct input_record *record, const struct report *report,
                       struct slot *slot) {
  const struct verdict *verdict = NULL;
  struct judge_options options = cli_judge_options(report);
  options.brief = options.answers = true;
  int status = judge_facts(worker->judge, report->facts, report->id, options, &verdict);
  return status ? status : store_pack(storing->store, record->text, record->length, report, verdict, &slot->rows);
}

static int pack_record(const struct storing *storing, struct worker *worker, const struct input_record *record, struct slot *slot) {
  struct report *report = NULL;
  const char *id = input_id(record, &worker->id);
  if (!id) return STATUS_MEMORY;
  int status = report_reader_read(worker->reader, record->text, record->length, record->file, record->line, id, &worker->diags, &report);
  return status ? status : pack_report(storing, worker, record, report, slot);
}

static int work_on(struct storing *storing, struct worker *worker, const struct input_record *record, struct slot *slot, struct outcome *outcome) {
  if (record->status) return record->why ? diag_add(&worker->diags, *record->why) : record->status;
  int status = look_up(storing, record, &outcome->there);
  return status || outcome->there ? status : pack_record(storing, worker, record, slot);
}

/* True where the run ends: memory, or the work DB. */
static bool is_end(int status) { return status == STATUS_MEMORY || status_info(status)->exit == EXIT_DB; }

static void work(void *context, size_t number, size_t index) {
  struct storing *storing = context;
  struct worker *worker = &storing->workers[number];
  struct slot *slot = &storing->slots[index];
  slot->worked = 0;
  slot->ends = mem_grow(&slot->outcomes, &slot->capacity, slot->chunk.count, sizeof *slot->outcomes) ? EXIT_INTERNAL : 0;
  while (!slot->ends && slot->worked < slot->chunk.count) {
    struct outcome outcome = {.row = slot->rows.length};
    int status = work_on(storing, worker, &slot->chunk.records[slot->worked], slot, &outcome);
    if (status) outcome.bad = complain(worker, slot, status);
    if (status && (storing->strict || is_end(status))) slot->ends = outcome.bad;
    slot->outcomes[slot->worked++] = outcome;
  }
}

static int write_one(struct storing *storing, const struct slot *slot, const struct outcome *outcome) {
  bool added = false;
  if (outcome->bad) {
    if (!storing->code) storing->code = outcome->bad;
    storing->bad++;
    return STATUS_OK;
  }
  int status = outcome->there ? STATUS_OK : store_put(storing->store, slot->rows.text + outcome->row, &added);
  storing->again = !status && !added;
  storing->there += storing->again;
  return status;
}

static void recycle(struct buffer *text) {
  if (text->capacity > KEPT_BYTES) buffer_free(text);
  buffer_clear(text);
}

/* Everything in the order of the input, from one thread at a time. */
static int deliver(void *context, size_t index) {
  struct storing *storing = context;
  struct slot *slot = &storing->slots[index];
  int status = slot->rows.failed || slot->talk.failed ? STATUS_MEMORY : STATUS_OK;
  if (slot->talk.length) {
    progress_clear(&storing->progress);
    fwrite(slot->talk.text, 1, slot->talk.length, stderr);
  }
  pthread_mutex_lock(&storing->lock);
  for (size_t i = 0; i < slot->worked && !status; i++) status = write_one(storing, slot, &slot->outcomes[i]);
  if (!status) status = store_pace(storing->store);
  pthread_mutex_unlock(&storing->lock);
  progress_show(&storing->progress, store_kept(storing->store) + storing->there, slot->chunk.taken);
  recycle(&slot->rows);
  recycle(&slot->talk);
  return status ? (int)status_info(status)->exit : slot->ends;
}

static int fill(void *context, size_t index) {
  struct storing *storing = context;
  struct input_chunk *chunk = &storing->slots[index].chunk;
  int status = os_caught() ? INPUT_END : input_fill(storing->input, chunk);
  if (status == INPUT_END || status == INPUT_INTERRUPTED) return PIPELINE_END;
  if (!status) return chunk->length > ALONE_BYTES ? PIPELINE_ALONE : 0;
  diag_add(storing->cli->diags, (struct diag){.code = status});
  return (int)status_info(status)->exit;
}

static int open_store(struct storing *storing) {
  struct cli *cli = storing->cli;
  const char *given = cli_value(cli, "db");
  struct store_options options = {.path = cli->arguments[0], .evidence = db_find(cli->arena, given), .catalog = &catalog, .diags = cli->diags};
  int status = store_open(options, &storing->store);
  return !status && given ? store_check_rules(storing->store, given) : status;
}

static int new_worker(struct worker *worker, const struct rule_base *base) {
  *worker = (struct worker){.reader = report_reader_new(&catalog), .judge = judge_new(base), .words = arena_new()};
  worker->diags.arena = worker->words;
  return worker->reader && worker->judge && worker->words ? 0 : STATUS_MEMORY;
}

static int start(struct storing *storing) {
  struct cli *cli = storing->cli;
  size_t slots = pipeline_slots(storing->jobs);
  storing->input = input_open(&catalog, cli->arguments + 1, cli->argument_count - 1);
  storing->slots = arena_take_array(cli->arena, slots, sizeof *storing->slots);
  storing->workers = arena_take_array(cli->arena, storing->jobs, sizeof *storing->workers);
  int status = storing->input && storing->slots && storing->workers ? 0 : STATUS_MEMORY;
  for (size_t i = 0; i < slots && !status; i++) status = input_chunk_new(&storing->slots[i].chunk, CHUNK_BYTES, CHUNK_RECORDS);
  for (size_t i = 0; i < storing->jobs && !status; i++) status = new_worker(&storing->workers[i], store_base(storing->store));
  return status;
}

static void stop(struct storing *storing) {
  for (size_t i = 0; storing->workers && i < storing->jobs; i++) {
    report_reader_free(storing->workers[i].reader);
    judge_free(storing->workers[i].judge);
    mem_free(storing->workers[i].diags.items);
    arena_free(storing->workers[i].words);
    buffer_free(&storing->workers[i].id);
  }
  for (size_t i = 0; storing->slots && i < pipeline_slots(storing->jobs); i++) {
    input_chunk_free(&storing->slots[i].chunk);
    mem_free(storing->slots[i].outcomes);
    buffer_free(&storing->slots[i].rows);
    buffer_free(&storing->slots[i].talk);
  }
  input_close(storing->input);
  store_close(storing->store);
  pthread_mutex_destroy(&storing->lock);
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

static int run_slots(struct storing *storing) {
  struct cli *cli = storing->cli;
  uint64_t total = 0;
  os_catch();
  if (isatty(STDERR_FILENO)) walk_measure(cli->arguments + 1, cli->argument_count - 1, &total);
  progress_begin(&storing->progress, false, total, 0, 0);
  const struct pipeline pipeline = {.jobs = storing->jobs, .context = storing, .fill = fill, .work = work, .put = deliver};
  int code = pipeline_run(&pipeline);
  progress_clear(&storing->progress);
  return sum_up(storing, code);
}

static int run_store(struct cli *cli) {
  struct storing storing = {.cli = cli, .again = true, .strict = cli_value(cli, "strict") != NULL};
  bool wrong = false;
  storing.jobs = (size_t)cli_number(cli, "jobs", 1, PIPELINE_JOBS, 1, &wrong);
  if (wrong) return EXIT_USAGE;
  if (cli->argument_count < 2) return cli_usage(cli, "name the work DB, then report files, directories, or - for standard input");
  pthread_mutex_init(&storing.lock, NULL);
  int status = open_store(&storing);
  if (!status) status = start(&storing);
  int code = status ? (int)status_info(status)->exit : run_slots(&storing);
  stop(&storing);
  return code;
}

const struct command command_store = {
    .name = "store",
    .arguments = "DB PATH...",
    .summary = "keep reports with their verdicts and evidence in a work DB, to be asked with `hostprint query` or sqlite3",
    .notes = "DB is made where there is none: a copy of the evidence DB that also holds the tables report, verdict, evidence and change, so\n"
             "that one query joins both; `select * from readme` in it tells more. Reports are judged by the rules in it. A PATH is as for\n"
             "classify. A report whose text is stored already is left alone, so the same call can be repeated, also after a kill: what is\n"
             "missing is added. Others may read meanwhile. `hostprint rejudge` takes over other rules. SIGINT and SIGTERM end a run in\n"
             "order: what was read is stored, and the exit code is 130 or 143.",
    .run = run_store,
    .options = {{.name = "db",
                 .argument = "FILE",
                 .help = "the evidence DB that a new DB is made from; of one that is there, the rules must be the same"},
                {.name = "jobs", .letter = 'j', .argument = "N", .help = "workers (default 1)"},
                {.name = "strict", .help = "stop at the first record that cannot be read; what came before it is stored"}},
};
