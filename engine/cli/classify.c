/* hostprint classify: verdicts on saved reports, in the order of the input. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../collectors/os.h"
#include "outlet.h"
#include "records.h"
#include "resume.h"
#include "show.h"
#include "work_db.h"

/* Enough to make handing over cheap, and little enough that a run can soon be ended. An explained verdict is long and takes a while. */
static const struct records_pace quick = {.bytes = (size_t)256 << 10, .records = 512}, thorough = {.bytes = (size_t)64 << 10, .records = 16};

struct classify {
  struct cli *cli;
  struct show show;
  struct show *shows; /* by worker: the same, with memos of their own */
  struct records records;
  struct resume done; /* delivered so far, in this run and those that it goes on with */
  uint64_t before;    /* bytes of the input files that an earlier run read and this one passed over */
  struct outlet outlet;
  enum store_keep keep;
  struct store *store; /* that --store names, or NULL: then the rules are in own */
  struct rule_base *own;
};

static int judge_report(const struct classify *classify, struct records_worker *worker, const struct input_record *record,
                        const struct report *report, struct records_slot *slot, struct record_outcome *outcome) {
  const struct show *show = &classify->shows[worker->number];
  const struct verdict *verdict = NULL;
  struct judge_options options = show_judging(show, report);
  options.answers = classify->store && classify->keep == STORE_KEEP_ALL;
  int status = judge_facts(worker->judge, report->facts, report->id, options, &verdict);
  if (!status && classify->store) status = store_pack(classify->store, record->text, record->length, report, verdict, &slot->rows);
  if (status) return status;
  outcome->unknown = verdict_is_unknown(verdict);
  return show_verdict(show, verdict, &slot->out) ? STATUS_MEMORY : 0;
}

/* Reads, judges and renders one record. */
static int handle(void *context, struct records_worker *worker, const struct input_record *record, struct records_slot *slot,
                  struct record_outcome *outcome) {
  const struct classify *classify = context;
  struct report *report = NULL;
  if (classify->outlet.sidecar) outcome->digest = resume_digest(record);
  int status = records_read(worker, record, &report);
  return status ? status : judge_report(classify, worker, record, report, slot, outcome);
}

/* Adds up what became of one record. */
static void count_record(struct resume *done, const struct record_outcome *outcome) {
  done->content = resume_add(done->content, outcome->digest);
  if (outcome->bad && !done->bad) done->bad = (uint64_t)outcome->bad;
  done->judged += !outcome->bad;
  done->known += !outcome->bad && !outcome->unknown;
}

/* What the writing of answers came to, as an exit code. A reader that went away is told nothing: it asked for no more. */
static int check_written(struct classify *classify, int error) {
  if (!error) return EXIT_VERDICT;
  progress_clear(&classify->records.progress);
  if (error == EPIPE) return 128 + SIGPIPE;
  if (error == ENOMEM) return EXIT_INTERNAL;
  const char *path = classify->outlet.path;
  fprintf(stderr, "hostprint classify: cannot write to %s: %s\n", path ? path : "standard output", strerror(error));
  return EXIT_INPUT;
}

/* Stores what is in a slot. */
static int store_slot(struct classify *classify, const struct records_slot *slot) {
  int status = 0;
  for (size_t i = 0; i < slot->worked && !status; i++) {
    bool added;
    if (!slot->outcomes[i].bad) status = store_put(classify->store, slot->rows.text + slot->outcomes[i].row, &added);
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

/* Writes the answers, stores what is stored, and counts both; what is noted of them comes last. */
static int deliver(void *context, const struct records_slot *slot) {
  struct classify *classify = context;
  struct resume *done = &classify->done;
  int error = outlet_put(&classify->outlet, slot->out.text, slot->out.length);
  if (error) return check_written(classify, error);
  int status = classify->store ? store_slot(classify, slot) : 0;
  if (status) return (int)status_info(status)->exit;
  for (size_t i = 0; i < slot->worked; i++) count_record(done, &slot->outcomes[i]);
  done->mark = slot->ends && slot->worked < slot->chunk.count ? slot->chunk.records[slot->worked].from : slot->chunk.end;
  done->taken = classify->before + slot->chunk.taken;
  int code = note(classify, false);
  if (!code) progress_show(&classify->records.progress, done->judged, done->taken);
  return code;
}

static int open_input(struct classify *classify) {
  int status = records_open(&classify->records);
  if (!status) input_avoid(classify->records.input, classify->outlet.device, classify->outlet.inode);
  return status;
}

/* Reads what an earlier run has judged, to see that it is still the same, and stops behind it. */
static int read_again(struct classify *classify, const struct resume *from) {
  struct input_chunk *chunk = &classify->records.slots[0].chunk;
  uint64_t content = 0;
  int status = open_input(classify);
  if (!status) input_until(classify->records.input, &from->mark);
  while (!status && !os_caught() && (status = input_fill(classify->records.input, chunk)) == 0)
    for (size_t i = 0; i < chunk->count; i++) content = resume_add(content, resume_digest(&chunk->records[i]));
  if (status == STATUS_MEMORY || os_caught()) return status == STATUS_MEMORY ? status : 0;
  struct input_mark at = input_at(classify->records.input);
  input_until(classify->records.input, NULL);
  bool same = content == from->content && at.files == from->mark.files && at.offset == from->mark.offset && at.line == from->mark.line;
  return same ? 0
              : diag_format(classify->cli->diags, STATUS_RESUME, classify->outlet.sidecar, 0, 0,
                            "the input that was judged before, %" PRIu64 " reports, is no longer the same", from->judged);
}

/* Brings the input to where an earlier run came: in one step where its files are known to be the same, else by reading them again. */
static int go_back(struct classify *classify, const struct resume *from) {
  if (!from->mark.files) return 0;
  int status = input_seek(classify->records.input, &from->mark);
  if (status == INPUT_END) status = read_again(classify, from);
  if (status || os_caught()) return status;
  classify->done = *from;
  classify->before = from->taken - input_taken(classify->records.input);
  fprintf(stderr, "hostprint classify: goes on behind %" PRIu64 " reports\n", from->judged);
  return 0;
}

static int start(struct classify *classify, const struct rule_base *base) {
  struct records *records = &classify->records;
  int status = records_start(records, base);
  classify->shows = arena_take_array(classify->cli->arena, records->jobs, sizeof *classify->shows);
  if (!classify->shows) return STATUS_MEMORY;
  for (size_t i = 0; i < records->jobs; i++) {
    classify->shows[i] = classify->show;
    classify->shows[i].memo = render_memo_new(base->layer_count);
    if (!classify->shows[i].memo) status = STATUS_MEMORY;
  }
  return status ? status : open_input(classify);
}

static void stop(struct classify *classify) {
  for (size_t i = 0; classify->shows && i < classify->records.jobs; i++) render_memo_free(classify->shows[i].memo);
  records_stop(&classify->records);
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

static int run_records(struct classify *classify) {
  const struct resume *done = &classify->done;
  int code = begin_output(classify);
  if (code) return code;
  code = records_run(&classify->records, !classify->outlet.path && isatty(STDOUT_FILENO), done->judged, done->taken);
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
  return os_caught() ? 128 + os_caught() : run_records(classify);
}

/* The rules to judge by: those of --db, or those of the work DB that --store names. Borrowed. NULL after adding
 * the reason to cli->diags. */
static const struct rule_base *open_rules(struct classify *classify) {
  struct cli *cli = classify->cli;
  const char *path = cli_value(cli, "store");
  bool named = show_names_db(&classify->show) || cli_output(cli);
  if (!path) return classify->own = cli_base(cli, named ? CLI_NAMED : CLI_WHOLE);
  return work_db_open(cli, path, classify->keep, &classify->store) ? NULL : store_base(classify->store);
}

static int run_classify(struct cli *cli) {
  struct classify *classify = arena_take(cli->arena, sizeof *classify);
  bool wrong = false;
  if (!classify) return EXIT_INTERNAL;
  classify->cli = cli;
  size_t jobs = (size_t)cli_number(cli, "jobs", 1, PIPELINE_JOBS, 1, &wrong);
  if (wrong || !show_options(cli, &classify->show) || !work_db_keep(cli, &classify->keep)) return EXIT_USAGE;
  if (cli->argument_count == 0) return cli_usage(cli, "name report files, directories, or - for standard input");
  if (cli_value(cli, "resume") && !cli_output(cli)) return cli_usage(cli, "--resume goes on with the file that -o names");
  if (cli_value(cli, "keep") && !cli_value(cli, "store")) return cli_usage(cli, "--keep says what the work DB of --store keeps");
  if (cli_output(cli)) classify->show.colour = false;
  classify->records = (struct records){.cli = cli,
                                       .paths = cli->arguments,
                                       .path_count = cli->argument_count,
                                       .jobs = jobs,
                                       .strict = cli_value(cli, "strict") != NULL,
                                       .pace = classify->show.format == FORMAT_CSV ? quick : thorough,
                                       .handle = handle,
                                       .deliver = deliver,
                                       .context = classify};
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
                CLI_KEEP_OPTION,
                {.name = "jobs", .letter = 'j', .argument = "N", .help = "workers (default 1)"},
                {.name = "strict", .help = "stop at the first record that cannot be read; what came before it is judged"},
                {.name = "resume", .help = "go on with the FILE of -o where a run was cut short"},
                CLI_DB_OPTION},
};
