/* hostprint import: what other tools printed and somebody saved, as reports. Knows how a report is named after its file; how a
 * text is read is collectors/import.h's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../collectors/catalog.h"
#include "../../collectors/import.h"
#include "../../collectors/os.h"
#include "../../reports/text.h"
#include "cli.h"

/* One PATH of the caller: what the ids of its files begin with, and which one of those that begin so it is. */
struct place {
  const char *label;
  size_t number, order;
};

struct import {
  struct cli *cli;
  const struct import_source *source;
  const char *title;
  struct place *places;
  struct os_writer *writer; /* NULL: standard output */
  struct buffer line;
  size_t made, refused;
  int code; /* of the first text that could not be read */
};

/* --- names --- */

/* The last `parts` parts of a path, without those that are only dots. */
static const char *tail(struct arena *arena, const char *path, int parts) {
  size_t end = strlen(path), start, from;
  while (end && path[end - 1] == '/') end--;
  for (start = from = end; parts && start; parts--) {
    while (start && path[start - 1] != '/') start--;
    if (strspn(path + start, ".") == strcspn(path + start, "/")) break;
    from = start;
    while (start && path[start - 1] == '/') start--;
  }
  return arena_text(arena, path + from, end - from);
}

static int compare_places(const void *a, const void *b) {
  const struct place *one = a, *two = b;
  int order = strcmp(one->label, two->label);
  return order ? order : one->order < two->order ? -1 : 1;
}

static int compare_orders(const void *a, const void *b) {
  const struct place *one = a, *two = b;
  return one->order < two->order ? -1 : 1;
}

/* A file is named after itself and its folder, what lies in a directory after its path from there. */
static int name_places(struct import *import) {
  struct cli *cli = import->cli;
  struct place *places = import->places = arena_take_array(cli->arena, cli->argument_count, sizeof *places);
  for (size_t i = 0; places && i < cli->argument_count; i++) {
    enum os_kind kind;
    const char *path = cli->arguments[i];
    bool directory = os_kind(path, &kind) == 0 && kind == OS_DIRECTORY;
    places[i] = (struct place){.label = strcmp(path, "-") == 0 ? "stdin" : tail(cli->arena, path, directory ? 1 : 2), .order = i};
    if (!places[i].label) return STATUS_MEMORY;
  }
  if (!places) return STATUS_MEMORY;
  qsort(places, cli->argument_count, sizeof *places, compare_places);
  for (size_t i = 1; i < cli->argument_count; i++)
    if (strcmp(places[i].label, places[i - 1].label) == 0) places[i].number = places[i - 1].number + 1;
  qsort(places, cli->argument_count, sizeof *places, compare_orders);
  return STATUS_OK;
}

/* Bytes that are not UTF-8, controls and % as %XX, so that other names give other ids. */
static void add_name(struct buffer *out, const char *text) {
  uint32_t point;
  for (size_t left = strlen(text), step; left; left -= step, text += step) {
    size_t valid = text_step(text, left, &point);
    step = valid ? valid : 1;
    if (valid && point >= ' ' && point != '%' && point != 0x7f)
      buffer_append(out, text, step);
    else
      for (size_t i = 0; i < step; i++) buffer_format(out, "%%%02X", (unsigned)(unsigned char)text[i]);
  }
}

/* Owned by the arena; NULL when memory is out. `number` counts the machines of one file from 0. */
static const char *make_id(const struct import *import, const struct input_record *record, size_t number, struct arena *arena) {
  const struct place *place = &import->places[record->path];
  const char *argument = import->cli->arguments[record->path];
  struct buffer id = {0};
  add_name(&id, place->label);
  if (place->number) buffer_format(&id, "~%zu", place->number + 1);
  const char *below = record->file + strlen(argument);
  if (strcmp(record->file, argument) != 0) {
    below += strspn(below, "/");
    if (id.length) buffer_add(&id, "/");
    add_name(&id, below);
  }
  if (number) buffer_format(&id, "#%zu", number + 1);
  const char *kept = id.failed ? NULL : arena_text(arena, id.length ? id.text : "file", id.length ? id.length : 4);
  buffer_free(&id);
  return kept;
}

/* --- reports --- */

static int put_report(struct import *import, const struct report *report) {
  buffer_clear(&import->line);
  int status = report_write(report, &import->line);
  if (buffer_add(&import->line, "\n")) status = STATUS_MEMORY;
  if (status) return status;
  int error = 0;
  if (import->writer)
    error = os_writer_put(import->writer, import->line.text, import->line.length);
  else if (fwrite(import->line.text, 1, import->line.length, stdout) != import->line.length)
    error = errno;
  if (!error) return STATUS_OK;
  diag_format(import->cli->diags, STATUS_IO, cli_output(import->cli), 0, 0, "cannot be written: %s", strerror(error));
  return STATUS_IO;
}

/* One text that is of no use is told, and is no reason to stop. */
static int refuse(struct import *import, int status) {
  int code = cli_complain(import->cli);
  if (!import->code) import->code = code ? code : (int)status_info(status)->exit;
  import->refused++;
  return status == STATUS_MEMORY || cli_value(import->cli, "strict") ? status : STATUS_OK;
}

static int import_machine(struct import *import, const struct input_record *record, const char *text, size_t length, size_t number) {
  struct report *report = report_new(&catalog);
  if (!report) return STATUS_MEMORY;
  int status = import_read(import->source, text, length, record->file, report, import->cli->diags);
  if (status) {
    status = refuse(import, status);
  } else {
    report->id = make_id(import, record, number, report->arena);
    report->tool = "hostprint " HOSTPRINT_VERSION;
    report->source = import->title;
    status = report->id ? put_report(import, report) : STATUS_MEMORY;
    import->made++;
  }
  report_free(report);
  return status;
}

static int import_record(struct import *import, const struct input_record *record) {
  const char *text = record->text;
  size_t left = record->length, number = 0;
  int status;
  do {
    size_t first = import_first(import->source, text, left);
    status = import_machine(import, record, text, first, number++);
    text += first;
    left -= first;
  } while (left && !status);
  return status;
}

static int import_all(struct import *import) {
  struct cli *cli = import->cli;
  struct input *input = input_open_files(cli->arguments, cli->argument_count, IMPORT_BYTES);
  struct input_record record;
  int status = input ? STATUS_OK : STATUS_MEMORY;
  while (!status) {
    status = input_next_record(input, &record, cli->diags);
    if (status == INPUT_END) break;
    status = status ? refuse(import, status) : import_record(import, &record);
  }
  input_close(input);
  return status == INPUT_END ? STATUS_OK : status;
}

/* --- the command --- */

static int import_to(struct import *import) {
  struct cli *cli = import->cli;
  const char *path = cli_output(cli);
  import->writer = path ? os_writer_open(path) : NULL;
  if (path && !import->writer) {
    diag_format(cli->diags, STATUS_IO, path, 0, 0, "cannot be written: %s", strerror(errno));
    return EXIT_INPUT;
  }
  int status = import_all(import);
  int error = os_writer_close(import->writer, !status && import->made);
  if (error) diag_format(cli->diags, STATUS_IO, path, 0, 0, "cannot be written: %s", strerror(error));
  if (import->refused) fprintf(stderr, "hostprint import: %zu could not be read, %zu imported\n", import->refused, import->made);
  if (status) return (int)status_info(status)->exit;
  return error ? EXIT_INPUT : import->code;
}

/* The tools of the table, as the user may name them. */
static int tell_tools(const struct cli *cli, const char *from) {
  struct buffer names = {0};
  for (size_t i = 0; import_at(i); i++) buffer_format(&names, "%s%s", i ? ", " : "", import_at(i)->name);
  const char *known = names.failed || !names.text ? "" : names.text;
  int code = from ? cli_usage(cli, "--from is one of %s; found %s", known, from) : cli_usage(cli, "say with --from what printed the text: %s", known);
  buffer_free(&names);
  return code;
}

static int run_import(struct cli *cli) {
  const char *from = cli_value(cli, "from");
  struct import import = {.cli = cli, .source = from ? import_find(from) : NULL, .title = cli_value(cli, "source")};
  if (!import.source) return tell_tools(cli, from);
  if (cli->argument_count == 0) return cli_usage(cli, "name files, directories, or - for standard input");
  if (import.title && text_invalid(import.title, strlen(import.title)) < strlen(import.title)) return cli_usage(cli, "--source is not UTF-8");
  int code = name_places(&import) ? EXIT_INTERNAL : import_to(&import);
  buffer_free(&import.line);
  return code;
}

const struct command command_import = {
    .name = "import",
    .arguments = "PATH...",
    .summary = "turn what other tools printed into reports, one a line",
    .notes = "--from dmidecode reads what dmidecode printed, of any version, also where it was cut short or refused. A PATH is a file, a\n"
             "directory with nothing else in it or below, or - for standard input; a file may hold several outputs one after the other.\n"
             "Ids are made from the names of folder and file. Serial numbers and UUIDs are never stored. A text that cannot be read is\n"
             "told on standard error and left out; the exit code is then 3. With --strict it ends there, and -o writes nothing.",
    .run = run_import,
    .options =
        {
            {.name = "from", .argument = "TOOL", .help = "what printed the text: dmidecode"},
            {.name = "source", .argument = "TITLE", .help = "where the texts come from; origin.source of every report"},
            {.name = "strict", .help = "stop at the first text that cannot be read"},
            CLI_OUTPUT_OPTION,
        },
};
