/* The command line: tables of commands and options, from which parsing and help are made, and what commands share.
 *
 * Knows how users speak to hostprint; the commands know which rooms to ask. One file a command. */
#ifndef HP_CLI_H
#define HP_CLI_H

#include "../../reports/input.h"
#include "../../reports/render.h"
#include "../../reports/report.h"
#include "../status.h"
#include "../verdict.h"

#define CLI_OPTIONS 16

struct option_spec {
  const char *name;     /* without the dashes; NULL ends the table */
  char letter;          /* or 0 */
  const char *argument; /* what the help calls its value; NULL for a switch */
  const char *help;
};

struct cli;

struct command {
  const char *name;
  const char *arguments;       /* what follows the options, for the usage line */
  const char *summary;         /* one line, for the list of commands */
  const char *notes;           /* more, for its own help; or NULL */
  int (*run)(struct cli *cli); /* gives the exit code */
  struct option_spec options[CLI_OPTIONS];
};

/* What a command runs with. Everything here is released by main. */
struct cli {
  const struct command *command;
  const char *values[CLI_OPTIONS]; /* by the option's place in the table; "" for a switch; NULL when not given */
  const char *const *arguments;
  size_t argument_count;
  struct arena *arena;
  struct diag_list *diags;
};

extern const struct command command_detect, command_collect, command_classify, command_explain, command_check, command_compare, command_distinguish,
    command_diff, command_diff_db, command_catalog, command_compile, command_lint, command_test, command_fmt, command_new, command_ablate,
    command_evaluate, command_forge, command_import, command_mutate, command_store, command_rejudge, command_query;

/* The option's value, or NULL; the name must be one of the command's. */
const char *cli_value(const struct cli *cli, const char *name);
/* A whole number from low to high, `otherwise` when not given; a wrong one is an error told to the user: then *wrong is set. */
long cli_number(const struct cli *cli, const char *name, long low, long high, long otherwise, bool *wrong);
/* The path that -o names, or NULL for standard output ("-" too). */
const char *cli_output(const struct cli *cli);

/* A usage error: told on stderr with a pointer to the help. Returns EXIT_USAGE. */
int cli_usage(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints what `cli->diags` holds, sorted, and forgets it. Returns the exit code of its first error. */
int cli_complain(struct cli *cli);
/* Writes to standard output. 0, or EXIT_INPUT after telling why not. */
int cli_put(const struct buffer *text);
/* Writes to the file at `path`. 0, or EXIT_INPUT with the reason in cli->diags. */
int cli_write(struct cli *cli, const char *path, const struct buffer *text);
/* Writes to the -o file, or standard output. */
int cli_save(struct cli *cli, const struct buffer *text);
/* The forge cost that --adversary names, -1 without it; -2 after a usage error was told. */
int cli_adversary(const struct cli *cli);
/* True where colour is wanted: a terminal, and NO_COLOR not set. */
bool cli_colour(void);

enum cli_look {
  CLI_GLANCE, /* by db_glance: for one look at this machine */
  CLI_WHOLE,  /* every byte checked */
  CLI_NAMED   /* and sha256 known: the answer names the DB */
};
/* The rule base of --db, or where it is found. NULL after adding the reason to cli->diags. Owned: rule_base_free. */
struct rule_base *cli_base(struct cli *cli, enum cli_look look);
/* The one report that a path names ("-": standard input); NULL after adding the reason. Owned: report_free. */
struct report *cli_report(struct cli *cli, const char *path);

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_NDJSON, FORMAT_CSV, FORMAT_HTML, FORMATS };
/* The format of --format; FORMATS after a usage error was told. */
enum format cli_format(const struct cli *cli);
struct judge_options cli_judge_options(const struct report *report);
#define CLI_DB_OPTION \
  { .name = "db", .argument = "FILE", .help = "the evidence DB (default: $HOSTPRINT_DB, beside the program, the install prefix)" }
#define CLI_FORMAT_OPTION \
  { .name = "format", .letter = 'f', .argument = "FORMAT", .help = "text, json, ndjson, csv or html" }
#define CLI_TOP_OPTION \
  { .name = "top", .argument = "K", .help = "hypotheses shown in each layer (default 3; 0: all)" }
#define CLI_OUTPUT_OPTION \
  { .name = "output", .letter = 'o', .argument = "FILE", .help = "write there instead of standard output" }

#endif
