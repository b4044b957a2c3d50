/* What the commands share; see cli.h. */
#include "cli.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../collectors/catalog.h"
#include "../../collectors/os.h"
#include "../../db/db.h"

const char *cli_value(const struct cli *cli, const char *name) {
  for (size_t i = 0; cli->command->options[i].name; i++)
    if (strcmp(cli->command->options[i].name, name) == 0) return cli->values[i];
  assert(!"an option of the command");
  return NULL;
}

int cli_usage(const struct cli *cli, const char *format, ...) {
  va_list arguments;
  fprintf(stderr, "hostprint %s: ", cli->command->name);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fprintf(stderr, "; `hostprint %s --help` tells more\n", cli->command->name);
  return EXIT_USAGE;
}

long cli_number(const struct cli *cli, const char *name, long low, long high, long otherwise, bool *wrong) {
  const char *text = cli_value(cli, name);
  char *end;
  if (!text) return otherwise;
  errno = 0;
  long number = strtol(text, &end, 10);
  if (errno == 0 && end != text && !*end && number >= low && number <= high) return number;
  cli_usage(cli, "--%s takes a whole number from %ld to %ld, not %s", name, low, high, text);
  *wrong = true;
  return otherwise;
}

const char *cli_output(const struct cli *cli) {
  const char *path = cli_value(cli, "output");
  return path && strcmp(path, "-") != 0 ? path : NULL;
}

int cli_complain(struct cli *cli) {
  struct buffer text = {0};
  int code = diag_exit(cli->diags);
  diag_sort(cli->diags);
  for (size_t i = 0; i < cli->diags->count; i++) diag_print(&cli->diags->items[i], &text);
  if (text.length) fwrite(text.text, 1, text.length, stderr);
  buffer_free(&text);
  cli->diags->count = cli->diags->errors = 0;
  return code;
}

int cli_put(const struct buffer *text) {
  if (text->failed) return EXIT_INTERNAL;
  if (fwrite(text->length ? text->text : "", 1, text->length, stdout) == text->length) return EXIT_VERDICT;
  fprintf(stderr, "hostprint: cannot write to standard output: %s\n", strerror(errno));
  return EXIT_INPUT;
}

int cli_write(struct cli *cli, const char *path, const struct buffer *text) {
  int error = os_write_file(path, text->text ? text->text : "", text->length);
  if (!error) return EXIT_VERDICT;
  diag_format(cli->diags, STATUS_IO, path, 0, 0, "%s", strerror(error));
  return EXIT_INPUT;
}

int cli_adversary(const struct cli *cli) {
  const char *level = cli_value(cli, "adversary");
  int cost = level ? fact_forge_from_name(level) : -1;
  if (!level || (cost >= 0 && cost < FORGE_NETWORK)) return cost;
  cli_usage(cli, "--adversary is tenant, root, image or vmm, not %s", level);
  return -2;
}

int cli_save(struct cli *cli, const struct buffer *text) {
  const char *path = cli_output(cli);
  return path && !text->failed ? cli_write(cli, path, text) : cli_put(text);
}

bool cli_colour(void) { return isatty(STDOUT_FILENO) && !getenv("NO_COLOR"); }

struct rule_base *cli_base(struct cli *cli, enum cli_look look) {
  struct rule_base *base = NULL;
  const char *path = db_find(cli->arena, cli_value(cli, "db"));
  if (!path)
    diag_format(cli->diags, STATUS_DB_OPEN, NULL, 0, 0, "there is none beside the program, in $HOSTPRINT_DB or in the install prefix");
  else if ((look == CLI_GLANCE ? db_glance : db_load)(path, &catalog, &base, cli->diags) == 0 && look == CLI_NAMED && db_name(base)) {
    diag_format(cli->diags, STATUS_MEMORY, path, 0, 0, "while hashing it");
    rule_base_free(base);
    base = NULL;
  }
  return base;
}

struct report *cli_report(struct cli *cli, const char *path) {
  struct report *report = NULL;
  struct buffer text = {0};
  int error = os_read_file(path, REPORT_BYTES, &text);
  if (error == EFBIG)
    diag_format(cli->diags, STATUS_REPORT_SIZE, path, 0, 0, "over %zu MiB", REPORT_BYTES >> 20);
  else if (error)
    diag_format(cli->diags, STATUS_IO, path, 0, 0, "%s", strerror(error));
  else
    report_read(text.text ? text.text : "", text.length, &catalog, path, 1, path, cli->diags, &report);
  buffer_free(&text);
  return report;
}

enum format cli_format(const struct cli *cli) {
  static const char *const names[FORMATS] = {
      [FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_NDJSON] = "ndjson", [FORMAT_CSV] = "csv", [FORMAT_HTML] = "html"};
  const char *wanted = cli_value(cli, "format");
  if (!wanted) return FORMAT_TEXT;
  for (int i = 0; i < FORMATS; i++)
    if (strcmp(names[i], wanted) == 0) return (enum format)i;
  cli_usage(cli, "--format is text, json, ndjson, csv or html, not %s", wanted);
  return FORMATS;
}

struct judge_options cli_judge_options(const struct report *report) {
  return (struct judge_options){.observed_day = report_day(report), .ignore_forge = -1, .explain = true};
}
