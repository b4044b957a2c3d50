/* hostprint fmt: rule files in canonical form. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../collectors/os.h"
#include "../../db/fmt.h"
#include "cli.h"

#define RULE_FILE_BYTES ((size_t)1 << 20)
#define RULE_FILES 65536

static bool is_yaml(const char *path) {
  size_t length = strlen(path);
  return length > 5 && strcmp(path + length - 5, ".yaml") == 0;
}

static int rewrite(struct cli *cli, const char *path, const struct buffer *old, const struct buffer *text) {
  if (old->length == text->length && memcmp(old->text, text->text, text->length) == 0) return 0;
  if (cli_value(cli, "check")) return diag_add(cli->diags, (struct diag){.code = STATUS_RULE_FORMAT, .file = path});
  int error = os_write_file(path, text->text, text->length);
  return error ? diag_format(cli->diags, STATUS_IO, path, 0, 0, "%s", strerror(error)) : 0;
}

static int format_file(struct cli *cli, const char *path) {
  struct buffer old = {0}, text = {0};
  int error = os_read_file(path, RULE_FILE_BYTES, &old);
  int status = error ? diag_format(cli->diags, error == EFBIG ? STATUS_RULE_SIZE : STATUS_IO, path, 0, 0, "%s", strerror(error)) : 0;
  if (!status) status = db_fmt_text(old.text ? old.text : "", old.length, path, &text, cli->diags);
  if (!status) status = rewrite(cli, path, &old, &text);
  buffer_free(&old);
  buffer_free(&text);
  return status;
}

static int format_path(struct cli *cli, const char *path, int depth) {
  enum os_kind kind;
  char **names;
  size_t count;
  int error = os_kind(path, &kind);
  if (!error && kind == OS_FILE) return format_file(cli, path);
  if (!error) error = os_list(path, RULE_FILES, cli->arena, &names, &count);
  if (error) return diag_format(cli->diags, STATUS_IO, path, 0, 0, "%s", strerror(error));
  int status = 0;
  for (size_t i = 0; i < count; i++) {
    const char *inner = arena_format(cli->arena, "%s/%s", path, names[i]);
    if (!inner) return STATUS_MEMORY;
    bool directory = os_kind(inner, &kind) == 0 && kind == OS_DIRECTORY && depth > 0;
    int one = directory ? format_path(cli, inner, depth - 1) : is_yaml(names[i]) ? format_file(cli, inner) : 0;
    status = status ? status : one;
  }
  return status;
}

static int run_fmt(struct cli *cli) {
  int status = 0;
  if (cli->argument_count == 0) return format_path(cli, "rules", 2) ? EXIT_RULES : EXIT_VERDICT;
  for (size_t i = 0; i < cli->argument_count; i++) {
    int one = format_path(cli, cli->arguments[i], 2);
    status = status ? status : one;
  }
  return status ? (int)status_info(status)->exit : EXIT_VERDICT;
}

const struct command command_fmt = {
    .name = "fmt",
    .arguments = "[PATH...]",
    .summary = "write rule files in canonical form: order of keys, indentation",
    .notes = "A PATH is a rule file or a directory (default: rules). Comments stay. Formatting twice changes nothing.",
    .run = run_fmt,
    .options = {{.name = "check", .help = "change nothing; exit code 4 where a file would change"}},
};
