/* hostprint classify: verdicts on saved reports, in the order of the input.
 *
 * Chunks of records go round in slots: the input fills one, a worker reads, judges and renders what is in it, and it is delivered in order. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../collectors/catalog.h"
#include "../../collectors/os.h"
#include "../../db/db.h"
#include "../../db/store.h"
#include "../../reports/walk.h"
#include "outlet.h"
#include "pipeline.h"
#include "progress.h"
#include "resume.h"
#include "show.h"

#define ALONE_BYTES ((size_t)4 << 20) /* a chunk that one long record made so large has no company */
#define KEPT_BYTES ((size_t)4 << 20)  /* of a slot's texts; more is given back */

/* How much is worked on at a time: enough to make handing over cheap, and little enough that a run can soon be ended. An explained verdict
 * is long and takes a while. */
struct pace {
  size_t bytes, records;
};
static const struct pace quick = {.bytes = (size_t)256 << 10, .records = 512}, thorough = {.bytes = (size_t)64 << 10, .records = 16};

/* What became of one record: its verdict as text is bytes begin..end of the slot's `out`; none where `bad`, an exit code, is not 0. */
struct answer {
  size_t begin, end;
  size_t row; /* with --store: where what is stored of it begins in `rows` */
  int bad;
  bool unknown;
  uint64_t digest; /* of the record, where the run can be resumed */
};

/* One chunk on its way. Records first..worked have their answers; the one behind ends the run where `ends`, an exit code, is not 0. */
struct slot {
  struct input_chunk chunk;
  struct answer *answers;
  size_t capacity, worked;
  struct buffer out, talk; /* talk: what is wrong with records, for people */
  struct buffer rows;      /* with --store: the records and their verdicts, packed */
  int ends;
};

struct worker {
  struct report_reader *reader;
  struct judge *judge;
  const struct store *store; /* or NULL */
  struct show show;          /* the run's, with a memo of its own */
  struct diag_list diags;    /* of one record; its texts lie in `words` */
  struct arena *words;
  struct buffer id;
};

struct classify {
  struct cli *cli;
  struct show show;
  struct input *input;
  struct slot *slots;
  struct worker *workers;
  size_t jobs;
  bool strict;        /* a record that cannot be read ends the run */
  struct resume done; /* delivered so far, in this run and those that it goes on with */
  uint64_t before;    /* bytes of the input files that an earlier run read and this one passed over */
  struct outlet outlet;
  struct store *store; /* that --store names, or NULL: then the rules are in own */
  struct rule_base *own;
  struct progress progress;
};

/* Says what is wrong with the worker's record; gives the exit code. */
static int complain(struct worker *worker, struct slot *slot, int status) {
  if (!worker->diags.count) diag_add(&worker->diags, (struct diag){.code = status});
  diag_sort(&worker->diags);
  for (size_t i = 0; i < worker->diags.count; i++) diag_print(&worker->diags.items[i], &slot->talk);
  int code = diag_exit(&worker->diags);
  worker->diags.count = worker->diags.errors = 0;
  arena_reset(worker->words);
  return code ? code : (int)status_info(status)->exit;
}

static int judge_report(struct worker *worker, const struct input_record *record, const struct report *report, struct slot *slot,
                        struct answer *answer) {
  const struct verdict *verdict = NULL;
  struct judge_options options = show_judging(&worker->show, report);
  options.answers = worker->store != NULL;
  int status = judge_facts(worker->judge, report->facts, report->id, options, &verdict);
  if (!status && worker->store) status = store_pack(worker->store, record->text, record->length, report, verdict, &slot->rows);
  if (status) return status;
  answer->unknown = verdict_is_unknown(verdict);
  return show_verdict(&worker->show, verdict, &slot->out) ? STATUS_MEMORY : 0;
}

/* Reads, judges and renders one record. A status where it cannot be read. */
static int judge_record(struct worker *worker, const struct input_record *record, struct slot *slot, struct answer *answer) {
  if (record->status) return record->why ? diag_add(&worker->diags, *record->why) : record->status;
  struct report *report = NULL;
  const char *id = input_id(record, &worker->id);
  if (!id) return STATUS_MEMORY;
  int status = report_reader_read(worker->reader, record->text, record->length, record->file, record->line, id, &worker->diags, &report);
  return status ? status : judge_report(worker, record, report, slot, answer);
}

static void work(void *context, size_t number, size_t index) {
  const struct classify *classify = context;
  struct worker *worker = &classify->workers[number];
  struct slot *slot = &classify->slots[index];
  slot->worked = 0;
  slot->ends = mem_grow(&slot->answers, &slot->capacity, slot->chunk.count, sizeof *slot->answers) ? EXIT_INTERNAL : 0;
  while (!slot->ends && slot->worked < slot->chunk.count) {
    const struct input_record *record = &slot->chunk.records[slot->worked];
    struct answer answer = {.begin = slot->out.length, .row = slot->rows.length, .digest = classify->outlet.sidecar ? resume_digest(record) : 0};
    int status = judge_record(worker, record, slot, &answer);
    if (status) answer.bad = complain(worker, slot, status);
    if (status == STATUS_MEMORY || (status && classify->strict)) slot->ends = answer.bad;
    answer.end = slot->out.length;
    if (!slot->ends) slot->answers[slot->worked++] = answer;
  }
}

/* Adds up what became of one record. */
static void count_record(struct resume *done, const struct answer *answer) {
  done->content = resume_add(done->content, answer->digest);
  if (answer->bad && !done->bad) done->bad = (uint64_t)answer->bad;
  done->judged += !answer->bad;
  done->known += !answer->bad && !answer->unknown;
}

/* What the writing of answers came to, as an exit code. A reader that went away is told nothing: it asked for no more. */
static int check_written(struct classify *classify, int error) {
  if (!error) return EXIT_VERDICT;
  progress_clear(&classify->progress);
  if (error == EPIPE) return 128 + SIGPIPE;
  if (error == ENOMEM) return EXIT_INTERNAL;
  const char *path = classify->outlet.path;
  fprintf(stderr, "hostprint classify: cannot write to %s: %s\n", path ? path : "standard output", strerror(error));
  return EXIT_INPUT;
}

static void tell(struct classify *classify, struct buffer *talk) {
  if (!talk->length) return;
  progress_clear(&classify->progress);
  fwrite(talk->text, 1, talk->length, stderr);
}

static void recycle(struct buffer *text) {
  if (text->capacity > KEPT_BYTES) buffer_free(text);
  buffer_clear(text);
}

/* Stores what is in a slot. */
static int store_slot(struct classify *classify, const struct slot *slot) {
  int status = 0;
  for (size_t i = 0; i < slot->worked && !status; i++) {
    bool added;
    if (!slot->answers[i].bad) status = store_put(classify->store, slot->rows.text + slot->answers[i].row, &added);
  }
  return status ? status : store_pace(classify->store);
}

/* Notes how far the run is, now and then or `now`. What a note counts is safe in the work DB before. An exit code. */
static int note(struct classify *classify, bool now) {
  struct outlet *outlet = &classify->outlet;
  bool due = now || (outlet->sidecar && os_ticks() >= outlet->next);
  int status = classify->store && due ? store_commit(classify->store) : 0;
  if (status) return (int)status_info(status)->exit;
  return due ? check_written(classify, outlet_note(outlet, &classify->done, true)) : EXIT_VERDICT;
}

/* Everything in the order of the input, each record once, from one thread at a time. Whatever else wants verdicts takes them here, before the
 * note that counts them: for each i below `worked`, chunk.records[i] is the text with its file and line, and begin..end of answers[i] its verdict
 * in `out`, as --format has it. */
static int deliver(void *context, size_t index) {
  struct classify *classify = context;
  struct slot *slot = &classify->slots[index];
  struct resume *done = &classify->done;
  int error = slot->out.failed || slot->talk.failed || slot->rows.failed ? ENOMEM : outlet_put(&classify->outlet, slot->out.text, slot->out.length);
  tell(classify, &slot->talk);
  if (error) return check_written(classify, error);
  int status = classify->store ? store_slot(classify, slot) : 0;
  if (status) return (int)status_info(status)->exit;
  for (size_t i = 0; i < slot->worked; i++) count_record(done, &slot->answers[i]);
  done->mark = slot->ends && slot->worked < slot->chunk.count ? slot->chunk.records[slot->worked].from : slot->chunk.end;
  done->taken = classify->before + slot->chunk.taken;
  int code = note(classify, false);
  if (code) return code;
  progress_show(&classify->progress, done->judged, done->taken);
  recycle(&slot->out);
  recycle(&slot->rows);
  recycle(&slot->talk);
  return slot->ends;
}

static int fill(void *context, size_t index) {
  struct classify *classify = context;
  struct input_chunk *chunk = &classify->slots[index].chunk;
  int status = os_caught() ? INPUT_END : input_fill(classify->input, chunk);
  if (status == INPUT_END || status == INPUT_INTERRUPTED) return PIPELINE_END;
  if (!status) return chunk->length > ALONE_BYTES ? PIPELINE_ALONE : 0;
  diag_add(classify->cli->diags, (struct diag){.code = status});
  return (int)status_info(status)->exit;
}

static int open_input(struct classify *classify) {
  input_close(classify->input);
  classify->input = input_open(&catalog, classify->cli->arguments, classify->cli->argument_count);
  if (!classify->input) return STATUS_MEMORY;
  input_avoid(classify->input, classify->outlet.device, classify->outlet.inode);
  return 0;
}

/* Reads what an earlier run has judged, to see that it is still the same, and stops behind it. */
static int read_again(struct classify *classify, const struct resume *from) {
  struct input_chunk *chunk = &classify->slots[0].chunk;
  uint64_t content = 0;
  int status = open_input(classify);
  if (!status) input_until(classify->input, &from->mark);
  while (!status && !os_caught() && (status = input_fill(classify->input, chunk)) == 0)
    for (size_t i = 0; i < chunk->count; i++) content = resume_add(content, resume_digest(&chunk->records[i]));
  if (status == STATUS_MEMORY || os_caught()) return status == STATUS_MEMORY ? status : 0;
  struct input_mark at = input_at(classify->input);
  input_until(classify->input, NULL);
  bool same = content == from->content && at.files == from->mark.files && at.offset == from->mark.offset && at.line == from->mark.line;
  return same ? 0
              : diag_format(classify->cli->diags, STATUS_RESUME, classify->outlet.sidecar, 0, 0,
                            "the input that was judged before, %" PRIu64 " reports, is no longer the same", from->judged);
}

/* Brings the input to where an earlier run came: in one step where its files are known to be the same, else by reading them again. */
static int go_back(struct classify *classify, const struct resume *from) {
  if (!from->mark.files) return 0;
  int status = input_seek(classify->input, &from->mark);
  if (status == INPUT_END) status = read_again(classify, from);
  if (status || os_caught()) return status;
  classify->done = *from;
  classify->before = from->taken - input_taken(classify->input);
  fprintf(stderr, "hostprint classify: goes on behind %" PRIu64 " reports\n", from->judged);
  return 0;
}

static int new_worker(struct worker *worker, const struct classify *classify, const struct rule_base *base) {
  *worker = (struct worker){
      .reader = report_reader_new(&catalog), .judge = judge_new(base), .store = classify->store, .show = classify->show, .words = arena_new()};
  worker->diags.arena = worker->words;
  worker->show.memo = render_memo_new(base->layer_count);
  if (worker->judge) judge_expect_many(worker->judge);
  return worker->reader && worker->judge && worker->show.memo && worker->words ? 0 : STATUS_MEMORY;
}

static int start(struct classify *classify, const struct rule_base *base) {
  struct arena *arena = classify->cli->arena;
  const struct pace *pace = classify->show.format == FORMAT_CSV ? &quick : &thorough;
  size_t slots = pipeline_slots(classify->jobs);
  int status = open_input(classify);
  classify->slots = arena_take_array(arena, slots, sizeof *classify->slots);
  classify->workers = arena_take_array(arena, classify->jobs, sizeof *classify->workers);
  if (!classify->slots || !classify->workers) return STATUS_MEMORY;
  for (size_t i = 0; i < slots && !status; i++) status = input_chunk_new(&classify->slots[i].chunk, pace->bytes, pace->records);
  for (size_t i = 0; i < classify->jobs && !status; i++) status = new_worker(&classify->workers[i], classify, base);
  return status;
}

static void stop(struct classify *classify) {
  for (size_t i = 0; classify->workers && i < classify->jobs; i++) {
    report_reader_free(classify->workers[i].reader);
    judge_free(classify->workers[i].judge);
    render_memo_free(classify->workers[i].show.memo);
    mem_free(classify->workers[i].diags.items);
    arena_free(classify->workers[i].words);
    buffer_free(&classify->workers[i].id);
  }
  for (size_t i = 0; classify->slots && i < pipeline_slots(classify->jobs); i++) {
    input_chunk_free(&classify->slots[i].chunk);
    mem_free(classify->slots[i].answers);
    buffer_free(&classify->slots[i].out);
    buffer_free(&classify->slots[i].talk);
    buffer_free(&classify->slots[i].rows);
  }
  input_close(classify->input);
}

/* Makes the output ready; what stands before the first verdict belongs to a new one. */
static int begin_output(struct classify *classify) {
  struct buffer header = {0};
  int error = outlet_begin(&classify->outlet, &classify->done);
  if (!error && !classify->done.length)
    error = show_header(&classify->show, &header) ? ENOMEM : outlet_put(&classify->outlet, header.text, header.length);
  buffer_free(&header);
  return check_written(classify, error);
}

/* A run that ended before its input did: what was delivered is kept, and how to go on is told. */
static int suspend(struct classify *classify, int code, int signal) {
  struct outlet *outlet = &classify->outlet;
  int noted = code == EXIT_VERDICT || code == EXIT_INPUT || code == 128 + SIGPIPE ? note(classify, true) : 0;
  if (code == 128 + SIGPIPE) return code;
  if (signal) fprintf(stderr, "hostprint classify: ended by a signal after %" PRIu64 " reports", classify->done.judged);
  if (outlet->sidecar && !noted)
    fprintf(stderr, "%s the same command with --resume goes on from there\n", signal ? ";" : "hostprint classify:");
  else if (signal)
    fputs(outlet->path ? "\n" : "; with -o FILE a run can be resumed\n", stderr);
  return signal ? 128 + signal : code;
}

static int finish(struct classify *classify) {
  const struct resume *done = &classify->done;
  int status = classify->store ? store_commit(classify->store) : 0;
  if (status) return (int)status_info(status)->exit;
  int code = check_written(classify, outlet_close(&classify->outlet, true));
  if (code == EXIT_VERDICT) code = (int)done->bad;
  if (code == EXIT_VERDICT && done->judged == 0) {
    fputs("hostprint classify: there was no report to judge\n", stderr);
    code = EXIT_INPUT;
  }
  return code == EXIT_VERDICT && done->known == 0 ? EXIT_UNKNOWN : code;
}

static int run_slots(struct classify *classify) {
  struct cli *cli = classify->cli;
  uint64_t total = 0;
  bool answer_on_terminal = !classify->outlet.path && isatty(STDOUT_FILENO);
  int code = begin_output(classify);
  if (code) return code;
  if (isatty(STDERR_FILENO)) walk_measure(cli->arguments, cli->argument_count, &total);
  progress_begin(&classify->progress, answer_on_terminal, total, classify->done.judged, classify->done.taken);
  const struct pipeline pipeline = {.jobs = classify->jobs, .context = classify, .fill = fill, .work = work, .put = deliver};
  code = pipeline_run(&pipeline);
  progress_clear(&classify->progress);
  return code || os_caught() ? suspend(classify, code, code ? 0 : os_caught()) : finish(classify);
}

static int run_with(struct classify *classify, const struct rule_base *base) {
  struct cli *cli = classify->cli;
  struct resume from;
  const char *format = cli_value(cli, "format");
  const struct resume_run run = {.version = HOSTPRINT_VERSION,
                                 .db = base->sha256,
                                 .format = format ? format : "text",
                                 .top = classify->show.top,
                                 .arguments = cli->arguments,
                                 .argument_count = cli->argument_count};
  int status = outlet_open(&classify->outlet, cli, &run, cli_value(cli, "resume") != NULL, &from);
  if (!status) status = start(classify, base);
  os_catch();
  if (!status) status = go_back(classify, &from);
  if (status) return (int)status_info(status)->exit;
  return os_caught() ? 128 + os_caught() : run_slots(classify);
}

/* The rules to judge by: those of --db, or those of the work DB that --store names. Borrowed. NULL after adding
 * the reason to cli->diags. */
static const struct rule_base *open_rules(struct classify *classify) {
  struct cli *cli = classify->cli;
  const char *path = cli_value(cli, "store"), *given = cli_value(cli, "db");
  bool named = show_names_db(&classify->show) || cli_output(cli);
  if (!path) return classify->own = cli_base(cli, named ? CLI_NAMED : CLI_WHOLE);
  struct store_options options = {.path = path, .evidence = db_find(cli->arena, given), .catalog = &catalog, .diags = cli->diags};
  int status = store_open(options, &classify->store);
  if (!status && given) status = store_check_rules(classify->store, given);
  return status ? NULL : store_base(classify->store);
}

static int run_classify(struct cli *cli) {
  struct classify *classify = arena_take(cli->arena, sizeof *classify);
  bool wrong = false;
  if (!classify) return EXIT_INTERNAL;
  classify->cli = cli;
  classify->jobs = (size_t)cli_number(cli, "jobs", 1, PIPELINE_JOBS, 1, &wrong);
  if (wrong || !show_options(cli, &classify->show)) return EXIT_USAGE;
  if (cli->argument_count == 0) return cli_usage(cli, "name report files, directories, or - for standard input");
  if (cli_value(cli, "resume") && !cli_output(cli)) return cli_usage(cli, "--resume goes on with the file that -o names");
  if (cli_output(cli)) classify->show.colour = false;
  classify->strict = cli_value(cli, "strict") != NULL;
  const struct rule_base *base = open_rules(classify);
  int code = base ? run_with(classify, base) : EXIT_DB;
  outlet_close(&classify->outlet, false);
  stop(classify);
  rule_base_free(classify->own);
  store_close(classify->store);
  return code;
}

const struct command command_classify = {
    .name = "classify",
    .arguments = "PATH...",
    .summary = "judge saved reports: files, directories, .ndjson streams, packed or not, or - for standard input",
    .notes = "A record that cannot be read is told on standard error and left out; the exit code is then 3. The order of the output is\n"
             "that of the input, whatever --jobs is. --format json prints one document a report, ndjson one line a report.\n"
             "\n"
             "-o FILE is written as the run goes on, and FILE.resume beside it says how far it is good; that is gone when the run has\n"
             "come to its end. Was it cut short, by a kill, a power cut or ^C, the same command with --resume cuts FILE to what is good\n"
             "and goes on: FILE is then what one run would have written. It refuses another program, evidence DB, --format, --top or\n"
             "other PATHs than before, and input that changed before that place; what was added behind it is read. Standard input must\n"
             "be given again from its beginning: it is read and passed over. Where there is neither FILE nor FILE.resume a new run\n"
             "begins; a FILE without FILE.resume is complete, and refused.\n"
             "\n"
             "With --store the reports are kept in a work DB as well, with their verdicts, as `hostprint store` does it; they are judged by\n"
             "the rules in it, and what is stored there already is judged, but not stored again.\n"
             "\n"
             "A reader of standard output that goes away ends a run without a word. SIGINT and SIGTERM end it in order: what was begun is\n"
             "finished and written, and the exit code is 130 or 143. A second one ends it at once.",
    .run = run_classify,
    .options = {CLI_FORMAT_OPTION,
                CLI_TOP_OPTION,
                CLI_OUTPUT_OPTION,
                {.name = "store", .argument = "DB", .help = "keep reports and verdicts in this work DB too, made where there is none"},
                {.name = "jobs", .letter = 'j', .argument = "N", .help = "workers (default 1)"},
                {.name = "strict", .help = "stop at the first record that cannot be read; what came before it is judged"},
                {.name = "resume", .help = "go on with the FILE of -o where a run was cut short"},
                CLI_DB_OPTION},
};
