/* hostprint diff: the facts that differ between two reports. */
#include <string.h>

#include "../../collectors/catalog.h"
#include "cli.h"

/* The facts of a report, each as its own report line with everything else left out, so that one writer serves. */
static int print_fact(const struct report *report, size_t index, struct buffer *out) {
  struct report *single = report_new(&catalog);
  if (!single) return STATUS_MEMORY;
  single->id = "";
  single->facts->facts[index] = report->facts->facts[index];
  int status = report_write(single, out);
  report_free(single);
  return status;
}

/* What lies between the braces of "facts" and after it, without the frame that every report has. */
static void add_inner(struct buffer *out, const struct buffer *line, const char *sign, const char *path) {
  const char *start = strstr(line->text, "\"facts\":");
  buffer_format(out, "%s %s  %s\n", sign, path, start ? start + 8 : line->text);
}

static int diff_fact(const struct report *left, const struct report *right, size_t index, struct buffer *out, size_t *differences) {
  struct buffer one = {0}, other = {0};
  int status = print_fact(left, index, &one);
  if (!status) status = print_fact(right, index, &other);
  if (!status && (one.length != other.length || memcmp(one.text, other.text, one.length) != 0)) {
    add_inner(out, &one, "-", catalog.defs[index].path);
    add_inner(out, &other, "+", catalog.defs[index].path);
    ++*differences;
  }
  buffer_free(&one);
  buffer_free(&other);
  return status;
}

static int run_diff(struct cli *cli) {
  if (cli->argument_count != 2) return cli_usage(cli, "name two reports");
  struct buffer out = {0};
  size_t differences = 0;
  struct report *left = cli_report(cli, cli->arguments[0]);
  struct report *right = cli_report(cli, cli->arguments[1]);
  int code = left && right ? EXIT_VERDICT : EXIT_INPUT;
  for (size_t i = 0; code == EXIT_VERDICT && i < catalog.count; i++)
    if (diff_fact(left, right, i, &out, &differences)) code = EXIT_INTERNAL;
  if (code == EXIT_VERDICT) code = cli_put(&out);
  if (code == EXIT_VERDICT && differences) code = EXIT_UNKNOWN;
  report_free(left);
  report_free(right);
  buffer_free(&out);
  return code;
}

const struct command command_diff = {
    .name = "diff",
    .arguments = "REPORT REPORT",
    .summary = "list the facts that differ between two reports",
    .notes = "Exit code 0: no difference; 1: some.",
    .run = run_diff,
};
