/* hostprint store: keeps reports, and what is said of them, in a work DB. */
#include <stdio.h>
#include <unistd.h>

#include "../../collectors/catalog.h"
#include "../../collectors/os.h"
#include "../../db/db.h"
#include "../../db/store.h"
#include "cli.h"

#define SHOWN_EVERY 500 /* milliseconds */

struct storing {
  struct cli *cli;
  struct store *store;
  struct judge *judge;
  struct input *input;
  struct buffer row;
  size_t there; /* reports that were stored before */
  size_t bad;
  int code; /* exit code of the first that is bad */
  int64_t shown;
};

static void show_progress(struct storing *storing, bool last) {
  if (!isatty(STDERR_FILENO) || (!last && os_ticks() < storing->shown)) return;
  storing->shown = os_ticks() + SHOWN_EVERY;
  fprintf(stderr, last ? "\r\033[K" : "\rstored %zu, there already %zu", store_kept(storing->store), storing->there);
}

static int store_report(struct storing *storing, const struct input_record *record, const struct report *report) {
  const struct verdict *verdict = NULL;
  struct judge_options options = cli_judge_options(report);
  bool added = false;
  options.explain = false;
  options.answers = true;
  int status = judge_facts(storing->judge, report->facts, report->id, options, &verdict);
  if (!status) status = store_pack(storing->store, record->text, record->length, report, verdict, &storing->row);
  return status ? status : store_put(storing->store, &storing->row, &added);
}

/* A status that ends the run; a record that cannot be read is told, and counted. */
static int store_record(struct storing *storing, const struct input_record *record) {
  bool found = false;
  struct report *report = NULL;
  int status = store_has(storing->store, record->text, record->length, &found);
  storing->there += found;
  if (status || found) return status;
  int bad = report_read(record->text, record->length, &catalog, record->file, record->line, record->id, storing->cli->diags, &report);
  if (!bad) status = store_report(storing, record, report);
  report_free(report);
  return bad ? bad : status;
}

/* True where the run ends: memory, or the work DB. */
static bool is_end(int status) { return status == STATUS_MEMORY || status_info(status)->exit == EXIT_DB; }

static void skip(struct storing *storing, int status) {
  show_progress(storing, true);
  int code = cli_complain(storing->cli);
  if (!storing->code) storing->code = code ? code : (int)status_info(status)->exit;
  storing->bad++;
}

static int store_all(struct storing *storing) {
  bool strict = cli_value(storing->cli, "strict") != NULL;
  for (;;) {
    struct input_record record;
    int status = input_next_record(storing->input, &record, storing->cli->diags);
    if (status == INPUT_END) return store_commit(storing->store);
    if (!status) status = store_record(storing, &record);
    if (status && is_end(status)) return status;
    if (status) skip(storing, status);
    if (status && strict) return store_commit(storing->store);
    show_progress(storing, false);
  }
}

static int open_all(struct storing *storing) {
  struct cli *cli = storing->cli;
  const char *given = cli_value(cli, "db");
  struct store_options options = {.path = cli->arguments[0], .evidence = db_find(cli->arena, given), .catalog = &catalog, .diags = cli->diags};
  int status = store_open(options, &storing->store);
  if (!status && given) status = store_check_rules(storing->store, given);
  if (status) return status;
  storing->judge = judge_new(store_base(storing->store));
  storing->input = input_open(&catalog, cli->arguments + 1, cli->argument_count - 1);
  return storing->judge && storing->input ? STATUS_OK : STATUS_MEMORY;
}

static int sum_up(const struct storing *storing, int status) {
  size_t kept = storing->store ? store_kept(storing->store) : 0;
  if (storing->store) printf("stored %zu, there already %zu, not readable %zu\n", kept, storing->there, storing->bad);
  if (status) return (int)status_info(status)->exit;
  if (!storing->code && kept + storing->there == 0) fputs("hostprint store: there was no report to store\n", stderr);
  return storing->code ? storing->code : kept + storing->there ? EXIT_VERDICT : EXIT_INPUT;
}

static int run_store(struct cli *cli) {
  struct storing storing = {.cli = cli};
  if (cli->argument_count < 2) return cli_usage(cli, "name the work DB, then report files, directories, or - for standard input");
  int status = open_all(&storing);
  if (!status) status = store_all(&storing);
  if (storing.store) show_progress(&storing, true);
  int code = sum_up(&storing, status);
  input_close(storing.input);
  judge_free(storing.judge);
  buffer_free(&storing.row);
  store_close(storing.store);
  return code;
}

const struct command command_store = {
    .name = "store",
    .arguments = "DB PATH...",
    .summary = "keep reports with their verdicts and evidence in a work DB, to be asked with `hostprint query` or sqlite3",
    .notes = "DB is made where there is none: a copy of the evidence DB that also holds the tables report, verdict, evidence and change, so\n"
             "that one query joins both; `select * from readme` in it tells more. Reports are judged by the rules in it. A\n"
             "PATH is as for classify. A report whose text is stored already is left alone, so the same call can be repeated, also after\n"
             "a kill: what is missing is added. Others may read meanwhile. `hostprint rejudge` takes over other rules.",
    .run = run_store,
    .options = {{.name = "db",
                 .argument = "FILE",
                 .help = "the evidence DB that a new DB is made from; of one that is there, the rules must be the same"},
                {.name = "strict", .help = "stop at the first record that cannot be read; what came before it is stored"}},
};
