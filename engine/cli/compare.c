/* hostprint compare: what publications say of several things, side by side. */
#include <string.h>

#include "../../db/db.h"
#include "../../db/documented.h"
#include "../../reports/text.h"
#include "cli.h"
#include "thing.h"

#define COMPARE_MOST 64

static size_t width_of(const char *text) {
  size_t width = 0;
  for (; *text; text++) width += ((unsigned char)*text & 0xC0) != 0x80; /* characters of UTF-8 */
  return width;
}

static void add_cell(struct buffer *out, const char *text, size_t width, bool last) {
  text_plain(out, text);
  for (size_t have = width_of(text); !last && have < width + 2; have++) buffer_add(out, " ");
}

static void add_line(struct buffer *out, const char *label, const char *const *cells, size_t count, const size_t *widths) {
  add_cell(out, label, widths[0], false);
  for (size_t i = 0; i < count; i++) add_cell(out, cells[i] ? cells[i] : "-", widths[i + 1], i + 1 == count);
  buffer_add(out, "\n");
}

static void print_text(struct buffer *out, const struct rule_thing *const *things, size_t count, const struct db_attribute *attributes,
                       size_t lines) {
  size_t widths[COMPARE_MOST + 1] = {width_of("attribute")};
  const char *names[COMPARE_MOST];
  for (size_t i = 0; i < count; i++) {
    names[i] = things[i]->name;
    widths[i + 1] = width_of(names[i]);
  }
  for (size_t a = 0; a < lines; a++) {
    if (width_of(attributes[a].name) > widths[0]) widths[0] = width_of(attributes[a].name);
    for (size_t i = 0; i < count; i++)
      if (attributes[a].values[i] && width_of(attributes[a].values[i]) > widths[i + 1]) widths[i + 1] = width_of(attributes[a].values[i]);
  }
  add_line(out, "attribute", names, count, widths);
  for (size_t a = 0; a < lines; a++) add_line(out, attributes[a].name, attributes[a].values, count, widths);
}

static void print_csv(struct buffer *out, const struct rule_thing *const *things, size_t count, const struct db_attribute *attributes, size_t lines) {
  buffer_add(out, "attribute");
  for (size_t i = 0; i < count; i++) {
    buffer_add(out, ",");
    text_csv(out, things[i]->name);
  }
  for (size_t a = 0; a < lines; a++) {
    buffer_add(out, "\r\n");
    text_csv(out, attributes[a].name);
    for (size_t i = 0; i < count; i++) {
      buffer_add(out, ",");
      text_csv(out, attributes[a].values[i] ? attributes[a].values[i] : "");
    }
  }
  buffer_add(out, "\r\n");
}

static int compare_things(struct cli *cli, const struct rule_base *base) {
  const struct rule_thing *things[COMPARE_MOST];
  struct db_attribute *attributes;
  struct buffer out = {0};
  size_t lines, count = cli->argument_count;
  for (size_t i = 0; i < count; i++)
    if (!(things[i] = cli_thing(cli, base, cli->arguments[i]))) return EXIT_USAGE;
  const char *path = db_find(cli->arena, cli_value(cli, "db"));
  int status = path ? db_documented(path, things, count, cli->arena, cli->diags, &attributes, &lines) : STATUS_MEMORY;
  if (status) return (int)status_info(status)->exit;
  if (cli_format(cli) == FORMAT_CSV)
    print_csv(&out, things, count, attributes, lines);
  else
    print_text(&out, things, count, attributes, lines);
  int code = cli_put(&out);
  buffer_free(&out);
  return code;
}

static int run_compare(struct cli *cli) {
  enum format format = cli_format(cli);
  if (format == FORMATS) return EXIT_USAGE;
  if (format != FORMAT_TEXT && format != FORMAT_CSV) return cli_usage(cli, "--format is text or csv here");
  if (cli->argument_count == 0 || cli->argument_count > COMPARE_MOST) return cli_usage(cli, "name one to %d things", COMPARE_MOST);
  struct rule_base *base = cli_base(cli, CLI_NAMED);
  int code = base ? compare_things(cli, base) : EXIT_DB;
  rule_base_free(base);
  return code;
}

const struct command command_compare = {
    .name = "compare",
    .arguments = "ID...",
    .summary = "put what is documented of several platforms side by side",
    .notes = "An ID is a platform's, or LAYER/ID. What is documented comes from publications and is never matched against.",
    .run = run_compare,
    .options = {{.name = "format", .letter = 'f', .argument = "FORMAT", .help = "text or csv"}, CLI_DB_OPTION},
};
