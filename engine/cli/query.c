/* hostprint query: the queries of the cookbook, by name, as a table, CSV or JSON. */
#include <stdio.h>
#include <string.h>

#include "../../db/cookbook.h"
#include "../../reports/json.h"
#include "../../reports/text.h"
#include "cli.h"

#define CELL_WIDTH 100               /* characters of one cell in a table; CSV and JSON have them all */
#define PUT_BYTES ((size_t)64 << 10) /* gathered before they are written */

struct sheet {
  enum format format;
  const char *const *columns;
  size_t count;
  size_t widths[COOKBOOK_COLUMNS];
  bool numbers[COOKBOOK_COLUMNS]; /* only numbers so far: aligned to the right */
  size_t rows;
  int code; /* exit code where it cannot be written: then nothing more is */
  struct buffer out, cell;
};

static int flush(struct sheet *sheet, size_t least) {
  if (sheet->out.failed) sheet->code = EXIT_INTERNAL;
  if (sheet->code || sheet->out.length < least || !sheet->out.length) return sheet->code;
  sheet->code = cli_put(&sheet->out);
  buffer_clear(&sheet->out);
  return sheet->code;
}

/* --- a table --- */

/* Characters of a text that is UTF-8, up to `most`; the bytes they take in *bytes. */
static size_t measure(const char *text, size_t length, size_t most, size_t *bytes) {
  size_t characters = 0, at = 0;
  uint32_t code;
  while (at < length && characters < most) {
    size_t step = text_step(text + at, length - at, &code);
    at += step ? step : 1;
    characters++;
  }
  *bytes = at;
  return characters;
}

/* What a table shows of a cell, in sheet->cell; its width. */
static size_t print_cell(struct sheet *sheet, const struct cell *cell) {
  size_t bytes;
  struct buffer *out = &sheet->cell;
  buffer_clear(out);
  if (cell->kind == CELL_BYTES) buffer_format(out, "(%zu bytes)", cell->length);
  if (cell->text) text_plain(out, cell->text);
  if (out->failed || !out->length) return 0;
  size_t width = measure(out->text, out->length, CELL_WIDTH, &bytes);
  if (bytes == out->length) return width;
  measure(out->text, out->length, CELL_WIDTH - 3, &bytes);
  out->text[out->length = bytes] = 0;
  buffer_add(out, "...");
  return CELL_WIDTH;
}

static int measure_row(void *context, const struct cell *cells, size_t count) {
  struct sheet *sheet = context;
  for (size_t i = 0; i < count; i++) {
    size_t width = print_cell(sheet, &cells[i]);
    if (width > sheet->widths[i]) sheet->widths[i] = width;
    if (cells[i].kind != CELL_INTEGER && cells[i].kind != CELL_REAL && cells[i].kind != CELL_NULL) sheet->numbers[i] = false;
  }
  return 0;
}

static void pad(struct buffer *out, size_t count, char with) {
  while (count--) buffer_append(out, &with, 1);
}

static void put_padded(struct sheet *sheet, size_t column, const char *text, size_t length, size_t width) {
  size_t room = sheet->widths[column] - width;
  if (column) buffer_add(&sheet->out, "  ");
  if (sheet->numbers[column]) pad(&sheet->out, room, ' ');
  buffer_append(&sheet->out, text, length);
  if (!sheet->numbers[column] && column + 1 < sheet->count) pad(&sheet->out, room, ' ');
}

static void put_heads(struct sheet *sheet) {
  for (size_t i = 0; i < sheet->count; i++) put_padded(sheet, i, sheet->columns[i], strlen(sheet->columns[i]), strlen(sheet->columns[i]));
  buffer_add(&sheet->out, "\n");
  for (size_t i = 0; i < sheet->count; i++) {
    if (i) buffer_add(&sheet->out, "  ");
    pad(&sheet->out, sheet->widths[i], '-');
  }
  buffer_add(&sheet->out, "\n");
}

static void put_table_row(struct sheet *sheet, const struct cell *cells) {
  for (size_t i = 0; i < sheet->count; i++) {
    size_t width = print_cell(sheet, &cells[i]);
    put_padded(sheet, i, sheet->cell.text ? sheet->cell.text : "", sheet->cell.length, width);
  }
  buffer_add(&sheet->out, "\n");
}

/* --- CSV and JSON --- */

static void put_csv_row(struct sheet *sheet, const struct cell *cells) {
  for (size_t i = 0; i < sheet->count; i++) {
    if (i) buffer_add(&sheet->out, ",");
    if (cells[i].kind == CELL_TEXT)
      text_csv(&sheet->out, cells[i].text);
    else if (cells[i].text)
      buffer_add(&sheet->out, cells[i].text);
  }
  buffer_add(&sheet->out, "\n");
}

static void put_csv_heads(struct sheet *sheet) {
  for (size_t i = 0; i < sheet->count; i++) {
    if (i) buffer_add(&sheet->out, ",");
    text_csv(&sheet->out, sheet->columns[i]);
  }
  buffer_add(&sheet->out, "\n");
}

static void put_json_cell(struct buffer *out, const struct cell *cell) {
  char number[JSON_NUMBER_BYTES];
  if (cell->kind == CELL_TEXT)
    text_json(out, cell->text, cell->length);
  else if (cell->kind == CELL_REAL)
    buffer_add(out, json_shortest(number, cell->real));
  else
    buffer_add(out, cell->kind == CELL_INTEGER ? cell->text : "null");
}

static void put_json_row(struct sheet *sheet, const struct cell *cells) {
  struct buffer *out = &sheet->out;
  if (sheet->format == FORMAT_JSON) buffer_add(out, sheet->rows ? ",\n  " : "\n  ");
  for (size_t i = 0; i < sheet->count; i++) {
    buffer_add(out, i ? "," : "{");
    text_json(out, sheet->columns[i], strlen(sheet->columns[i]));
    buffer_add(out, ":");
    put_json_cell(out, &cells[i]);
  }
  buffer_add(out, sheet->format == FORMAT_JSON ? "}" : "}\n");
}

/* --- any --- */

static int put_row(void *context, const struct cell *cells, size_t count) {
  struct sheet *sheet = context;
  (void)count;
  if (sheet->format == FORMAT_TEXT) put_table_row(sheet, cells);
  if (sheet->format == FORMAT_CSV) put_csv_row(sheet, cells);
  if (sheet->format == FORMAT_JSON || sheet->format == FORMAT_NDJSON) put_json_row(sheet, cells);
  sheet->rows++;
  return flush(sheet, PUT_BYTES);
}

/* Something that gives the same rows as often as it is asked. */
typedef int source_fn(void *source, query_row_fn *visit, void *context);

/* The exit code. */
static int put_sheet(struct sheet *sheet, source_fn *source, void *of) {
  int status = 0;
  for (size_t i = 0; i < sheet->count; i++) {
    sheet->widths[i] = strlen(sheet->columns[i]);
    sheet->numbers[i] = true;
  }
  if (sheet->format == FORMAT_TEXT) {
    status = source(of, measure_row, sheet);
    put_heads(sheet);
  }
  if (sheet->format == FORMAT_CSV) put_csv_heads(sheet);
  if (sheet->format == FORMAT_JSON) buffer_add(&sheet->out, "[");
  if (!status) status = source(of, put_row, sheet);
  if (sheet->format == FORMAT_JSON) buffer_add(&sheet->out, sheet->rows ? "\n]\n" : "]\n");
  if (!status) flush(sheet, 0);
  buffer_free(&sheet->out);
  buffer_free(&sheet->cell);
  return sheet->code ? sheet->code : status ? (int)status_info(status)->exit : EXIT_VERDICT;
}

/* --- the list --- */

struct book {
  const struct recipe *recipes;
  size_t count;
};

static struct cell text_cell(const char *text) { return (struct cell){.kind = CELL_TEXT, .text = text, .length = strlen(text)}; }

static int list_rows(void *source, query_row_fn *visit, void *context) {
  const struct book *book = source;
  int status = 0;
  for (size_t i = 0; i < book->count && !status; i++) {
    const struct recipe *recipe = &book->recipes[i];
    struct buffer words = {0};
    buffer_add(&words, "");
    for (size_t a = 0; a < recipe->argument_count; a++) buffer_format(&words, "%s%s", a ? " " : "", recipe->arguments[a]);
    const struct cell cells[] = {text_cell(recipe->name), text_cell(words.failed ? "" : words.text), text_cell(recipe->work ? "work" : "evidence"),
                                 text_cell(recipe->title)};
    status = words.failed ? STATUS_MEMORY : visit(context, cells, sizeof cells / sizeof *cells);
    buffer_free(&words);
  }
  return status;
}

static int list(struct book *book, enum format format) {
  static const char *const columns[] = {"name", "arguments", "needs", "title"};
  struct sheet sheet = {.format = format, .columns = columns, .count = sizeof columns / sizeof *columns};
  return put_sheet(&sheet, list_rows, book);
}

/* --- one query --- */

static const struct recipe *find(const struct cli *cli, const struct book *book, const char *name) {
  const char **names = arena_take_array(cli->arena, book->count + 1, sizeof *names);
  for (size_t i = 0; i < book->count; i++) {
    if (strcmp(book->recipes[i].name, name) == 0) return &book->recipes[i];
    if (names) names[i] = book->recipes[i].name;
  }
  const char *nearest = names ? status_nearest(name, names, book->count) : NULL;
  cli_usage(cli, "there is no query %s%s%s%s; `hostprint query` lists them", name, nearest ? ", did you mean " : "", nearest ? nearest : "",
            nearest ? "?" : "");
  return NULL;
}

static int wrong_arguments(const struct cli *cli, const struct recipe *recipe) {
  struct buffer usage = {0};
  buffer_format(&usage, "hostprint query DB %s", recipe->name);
  for (size_t i = 0; i < recipe->argument_count; i++) buffer_format(&usage, " %s", recipe->arguments[i]);
  for (size_t i = 0; i < recipe->argument_count; i++) buffer_format(&usage, "\n  %s: %s", recipe->arguments[i], recipe->meanings[i]);
  int code = cli_usage(cli, "%s takes %zu argument%s, %zu given: %s\n", recipe->name, recipe->argument_count, recipe->argument_count == 1 ? "" : "s",
                       cli->argument_count - 2, usage.failed ? "" : usage.text);
  buffer_free(&usage);
  return code;
}

static int run_rows(void *source, query_row_fn *visit, void *context) { return query_run(source, visit, context); }

static int run_recipe(struct cli *cli, const struct recipe *recipe, enum format format) {
  struct query_options options = {.path = cli->arguments[0], .recipe = recipe, .arguments = cli->arguments + 2, .diags = cli->diags};
  struct query *query = NULL;
  int status = query_open(options, &query);
  if (status) return (int)status_info(status)->exit;
  struct sheet sheet = {.format = format};
  sheet.columns = query_columns(query, &sheet.count);
  int code = put_sheet(&sheet, run_rows, query);
  query_close(query);
  return code;
}

static int run_query(struct cli *cli) {
  struct book book;
  enum format format = cli_format(cli);
  if (format == FORMATS) return EXIT_USAGE;
  if (format == FORMAT_HTML) return cli_usage(cli, "--format of query is text, csv, json or ndjson");
  book.recipes = cookbook_read(cli->arena, &book.count);
  if (!book.recipes) return EXIT_INTERNAL;
  if (cli->argument_count < 2) return list(&book, format);
  const struct recipe *recipe = find(cli, &book, cli->arguments[1]);
  if (!recipe) return EXIT_USAGE;
  return cli->argument_count - 2 == recipe->argument_count ? run_recipe(cli, recipe, format) : wrong_arguments(cli, recipe);
}

const struct command command_query = {
    .name = "query",
    .arguments = "[DB NAME [ARGUMENT...]]",
    .summary = "run a query of the cookbook on an evidence DB or a work DB; without one, list them",
    .notes = "What needs \"work\" asks about the reports in a work DB, as `hostprint store` makes it; the rest runs on either. A table shortens\n"
             "long texts, csv and json do not. The queries stand in db/cookbook.sql, and run in any SQLite shell as well.",
    .run = run_query,
    .options = {{.name = "format", .letter = 'f', .argument = "FORMAT", .help = "text (a table), csv, json or ndjson"}},
};
