/* hostprint collect: the facts of this machine, or of captured ones, as reports. */
#include <stdio.h>
#include <string.h>

#include "../../collectors/catalog.h"
#include "../../collectors/collect.h"
#include "../../collectors/os.h"
#include "cli.h"

#define SALT_BYTES 16

/* The paths that rules ask for; none, with a word on stderr, where no evidence DB is found. */
static struct rule_base *paths_of_rules(struct cli *cli, const char *const **paths, size_t *count) {
  struct rule_base *base = cli_base(cli, CLI_GLANCE);
  *count = 0;
  *paths = base ? rule_base_paths(base, count) : NULL;
  if (!base && !cli_value(cli, "db") && cli->diags->count == 1 && cli->diags->items[0].code == STATUS_DB_OPEN) {
    fputs("hostprint collect: no evidence DB, so no path that rules ask for is looked at\n", stderr);
    cli->diags->count = cli->diags->errors = 0;
  }
  return base;
}

static int finish(struct cli *cli, struct report *report, struct buffer *out) {
  unsigned char salt[SALT_BYTES];
  if (cli_value(cli, "share")) {
    int error = os_random(salt, sizeof salt);
    if (error) return diag_format(cli->diags, STATUS_IO, NULL, 0, 0, "no random salt: %s", strerror(error));
    int status = report_share(report, salt, sizeof salt);
    if (status) return status;
  }
  int status = report_write(report, out);
  buffer_add(out, "\n");
  return status;
}

static int collect_captures(struct cli *cli, const char *first, const char *const *paths, size_t count, struct buffer *out) {
  int status = 0;
  for (size_t i = 0; i <= cli->argument_count && status != STATUS_MEMORY; i++) {
    struct report *report = NULL;
    const char *dir = i == 0 ? first : cli->arguments[i - 1];
    int one = collect_capture(dir, paths, count, &catalog, &report, cli->diags);
    if (!one) one = finish(cli, report, out);
    report_free(report);
    status = status ? status : one;
  }
  return status;
}

static int collect_one(struct cli *cli, const char *const *paths, size_t count, struct buffer *out) {
  struct report *report = report_new(&catalog);
  if (!report) return STATUS_MEMORY;
  struct collect_options options = {
      .root = cli_value(cli, "root"),
      .environ_file = cli_value(cli, "environ"),
      .dmesg_file = cli_value(cli, "dmesg"),
      .commands_dir = cli_value(cli, "commands"),
      .network = cli_value(cli, "network") != NULL,
      .public_ip_url = cli_value(cli, "public-ip-url"),
      .route_target = cli_value(cli, "route-to"),
      .storage_speed = cli_value(cli, "storage-speed") != NULL,
      .storage_dir = cli_value(cli, "storage-speed"),
      .paths = paths,
      .path_count = count,
  };
  report->tool = "hostprint " HOSTPRINT_VERSION;
  int status = collect_machine(&options, report, cli->diags);
  if (!status) status = finish(cli, report, out);
  report_free(report);
  return status;
}

static int run_collect(struct cli *cli) {
  const char *capture = cli_value(cli, "capture");
  if (!capture && cli->argument_count) return cli_usage(cli, "only --capture takes more directories");
  if (capture && cli_value(cli, "root")) return cli_usage(cli, "--capture and --root exclude each other");
  struct buffer out = {0};
  const char *const *paths;
  size_t count;
  struct rule_base *base = paths_of_rules(cli, &paths, &count);
  int status = cli->diags->errors ? cli->diags->items[0].code : 0;
  if (!status) status = capture ? collect_captures(cli, capture, paths, count, &out) : collect_one(cli, paths, count, &out);
  int saved = out.length ? cli_save(cli, &out) : EXIT_VERDICT;
  buffer_free(&out);
  rule_base_free(base);
  return status ? (int)status_info(status)->exit : saved;
}

const struct command command_collect = {
    .name = "collect",
    .arguments = "[DIR...]",
    .summary = "write the facts of this machine, or of a captured one, as a report",
    .notes = "--root and --capture read the captured files and then nothing of this machine. Values of variables that look secret are\n"
             "never stored. Nothing is sent over a network unless --network is given.",
    .run = run_collect,
    .options =
        {
            {.name = "root", .argument = "DIR", .help = "a captured tree in place of /"},
            {.name = "environ", .argument = "FILE", .help = "variables, as NAME=value lines or NUL-separated"},
            {.name = "dmesg", .argument = "FILE", .help = "a saved kernel log"},
            {.name = "commands", .argument = "DIR", .help = "saved outputs: uname-a, lscpu, dmidecode, lspci, ..."},
            {.name = "capture", .argument = "DIR", .help = "a captured machine; with several DIRs, one report a line"},
            {.name = "share", .help = "hash what identifies this machine"},
            {.name = "network", .help = "ask 169.254.169.254 for its root page, nothing deeper"},
            {.name = "public-ip-url", .argument = "URL", .help = "with --network: a service that answers with the own address"},
            {.name = "route-to", .argument = "ADDRESS", .help = "with --network: look at the first hops towards it"},
            {.name = "storage-speed", .argument = "DIR", .help = "measure by writing and removing 64 MiB there"},
            CLI_DB_OPTION,
            CLI_OUTPUT_OPTION,
        },
};
