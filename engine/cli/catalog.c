/* hostprint catalog: every fact, as a table. */
#include <string.h>

#include "../../collectors/catalog.h"
#include "cli.h"

static void add_fact(struct buffer *out, const struct fact_def *def) {
  buffer_format(out, "%s  %s%s%s", def->path, fact_type_name(def->type), def->unit ? " in " : "", def->unit ? def->unit : "");
  if (def->fields) buffer_format(out, " with %s", def->fields);
  buffer_format(out, "; forged by %s", fact_forge_name(def->forge));
  if (def->privilege != PRIVILEGE_NONE) buffer_format(out, "; needs %s", fact_privilege_name(def->privilege));
  buffer_format(out, "\n    %s\n", def->how);
  if (def->caveat) buffer_format(out, "    mind: %s\n", def->caveat);
}

static int run_catalog(struct cli *cli) {
  struct buffer out = {0};
  size_t found = 0;
  for (size_t i = 0; i < catalog.count; i++) {
    bool wanted = cli->argument_count == 0;
    for (size_t a = 0; a < cli->argument_count; a++) wanted |= strncmp(catalog.defs[i].path, cli->arguments[a], strlen(cli->arguments[a])) == 0;
    if (wanted) add_fact(&out, &catalog.defs[i]);
    found += wanted;
  }
  if (cli->argument_count == 0) {
    buffer_add(&out, "\nNot collected, and why:\n");
    for (const struct catalog_omission *omission = catalog_omissions; omission->probe; omission++)
      buffer_format(&out, "  %s: %s\n", omission->probe, omission->why);
  }
  int code = found ? cli_put(&out) : cli_usage(cli, "there is no fact that begins with %s", cli->arguments[0]);
  buffer_free(&out);
  return code;
}

const struct command command_catalog = {
    .name = "catalog",
    .arguments = "[PREFIX...]",
    .summary = "list the facts: type, how each is read, who can forge it",
    .run = run_catalog,
};
