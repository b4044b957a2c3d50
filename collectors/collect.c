/* See collect.h: sets up what the collectors share, runs the table, and marks what is partial. */
#include "collect.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "context.h"

/* Others look at what these found, so they run first, whoever asks for their facts: the environment gives PATH, the mounts tell
 * what is hidden, the kernel's machine name whether there is CPUID, the boot log stands in for tables that need root. */
static const struct collector shared[] = {
    {"env", {"env"}, collect_env},
    {"kernel", {"kernel"}, collect_kernel},
    {"mounts", {"mounts"}, collect_mounts},
    {"boot log", {"boot_log"}, collect_boot_log},
    {NULL, {NULL}, NULL},
};

static const struct collector collectors[] = {
    {"cpu", {"cpu"}, collect_cpu},
    {"memory", {"memory.total", "memory.swap"}, collect_memory},
    {"dmi", {"dmi"}, collect_dmi},
    {"acpi", {"acpi"}, collect_acpi},
    {"mptable", {"mptable"}, collect_mptable},
    {"hypervisor", {"hypervisor"}, collect_hypervisor},
    {"device tree", {"devicetree"}, collect_devicetree},
    {"sysinfo", {"sysinfo"}, collect_sysinfo},
    {"virtio", {"virtio", "memory.balloon"}, collect_virtio},
    {"cgroup", {"cgroup"}, collect_cgroup},
    {"namespaces", {"namespaces"}, collect_namespaces},
    {"security", {"security"}, collect_security},
    {"os", {"os"}, collect_os_release},
    {"user", {"user"}, collect_user},
    {"net", {"net"}, collect_net},
    {"clock", {"clock"}, collect_clock},
    {"files", {"files"}, collect_files},
    {"devices", {"devices"}, collect_devices},
    {"pci", {"pci"}, collect_pci},
    {"blocks", {"blocks"}, collect_blocks},
    {"runtimes", {"runtimes"}, collect_runtimes},
    {"processes", {"processes"}, collect_processes},
    {NULL, {NULL}, NULL},
};

/* Run last and outside the deadline: each has time limits of its own, and was asked for. */
static const struct collector probes[] = {
    {"network", {"network"}, collect_network},
    {"storage speed", {"storage_speed"}, collect_storage_speed},
    {NULL, {NULL}, NULL},
};

#define DOMAINS(collector) (sizeof(collector)->domains / sizeof *(collector)->domains)

/* True where somebody wants a fact of the collector's domains. */
static bool is_asked(const struct collect *c, const struct collector *collector) {
  if (!c->options->asked) return true;
  for (size_t i = 0; i < DOMAINS(collector) && collector->domains[i]; i++) {
    size_t length = strlen(collector->domains[i]);
    for (size_t f = 0; f < c->facts->catalog->count; f++) {
      const char *path = c->facts->catalog->defs[f].path;
      if (c->options->asked[f] && strncmp(path, collector->domains[i], length) == 0 && (!path[length] || path[length] == '.')) return true;
    }
  }
  return false;
}

enum { TIMED = 1, IF_ASKED = 2 };

static void run_table(struct collect *c, const struct collector *table, int how) {
  for (const struct collector *collector = table; collector->name; collector++) {
    if (how & IF_ASKED && !is_asked(c, collector)) continue;
    if (!(how & TIMED) || !collect_late(c)) {
      collector->run(c);
      continue;
    }
    for (size_t i = 0; i < DOMAINS(collector) && collector->domains[i]; i++) collect_refuse(c, collector->domains[i], "out of time");
  }
}

static bool is_list(enum fact_type type) { return type == FACT_TEXTS || type == FACT_RECORDS || type == FACT_MAP; }

/* A fact that may have been written down in part: a list proves what is in it, an empty one proves nothing. */
static void mark_partial(const struct fact_def *def, struct fact *fact) {
  if (!is_list(def->type)) return;
  if (fact->state == FACT_PRESENT) fact->partial = true;
  if (fact->state == FACT_ABSENT && fact->value.kind != VALUE_NULL) fact->state = FACT_UNKNOWN;
}

void collect_mark_partial(struct collect *c) {
  for (size_t i = 0; !collect_is_whole(c) && i < c->facts->catalog->count; i++) mark_partial(&c->facts->catalog->defs[i], &c->facts->facts[i]);
}

int collect_run(struct collect *c) {
  run_table(c, shared, TIMED);
  run_table(c, collectors, TIMED | IF_ASKED);
  run_table(c, probes, 0);
  collect_mark_partial(c);
  return c->failed ? STATUS_MEMORY : 0;
}

static int cannot_read(struct diag_list *diags, const char *path, int error) {
  return diag_format(diags, STATUS_CAPTURE, path, 0, 0, "cannot be read: %s", error == EFBIG ? "larger than the limit" : strerror(error));
}

/* A file that the caller named must be readable. 0, or a status code. */
static int take_file(struct collect *c, const char *path, size_t limit, struct slice *out, bool *given, struct diag_list *diags) {
  struct buffer text = {0};
  if (!path) return 0;
  int error = os_read_file(path, limit, &text);
  char *copy = error ? NULL : arena_text(c->arena, text.text, text.length);
  *out = (struct slice){copy ? copy : "", copy ? text.length : 0};
  *given = copy != NULL;
  buffer_free(&text);
  if (error) return cannot_read(diags, path, error);
  return copy ? 0 : STATUS_MEMORY;
}

static int open_sources(struct collect *c, struct diag_list *diags) {
  const struct collect_options *options = c->options;
  const char *path = c->live ? "/" : options->root;
  c->root = os_root_open(path);
  if (!c->root) return cannot_read(diags, path, errno);
  if (options->commands_dir) {
    c->commands = os_root_open(options->commands_dir);
    if (!c->commands) return cannot_read(diags, options->commands_dir, errno);
  }
  int status = take_file(c, options->environ_file, COLLECT_FILE_BYTES, &c->environ, &c->environ_given, diags);
  if (!status) status = take_file(c, options->dmesg_file, COLLECT_LOG_BYTES, &c->dmesg, &c->dmesg_given, diags);
  return status;
}

static const char *last_part(struct collect *c, const char *path) {
  struct slice name = slice_of(path);
  while (name.length > 1 && name.text[name.length - 1] == '/') name.length--;
  name = slice_after_last(name, '/');
  return name.length ? collect_make_text(c, name, 255).text : NULL;
}

/* gmtime would read the file of the time zone first. The calendar is that of H. Hinnant, "chrono-compatible low-level date
 * algorithms": years that begin in March, in eras of 400. */
static const char *time_now(struct collect *c) {
  int64_t now = os_now(), second = now % 86400, shifted = now / 86400 + 719468;
  if (now < 0) return NULL;
  int64_t era = shifted / 146097, of_era = shifted % 146097;
  int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
  int64_t day = of_year - (153 * month + 2) / 5 + 1;
  bool next_year = month >= 10;
  return collect_format(c, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)(year + 400 * era) + next_year, (int)month + (next_year ? -9 : 3), (int)day,
                        (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

static void name_report(struct collect *c, struct report *report) {
  const char *id = c->live ? "this-machine" : last_part(c, c->options->root);
  if (id && (!report->id || strcmp(report->id, "report") == 0)) report->id = id;
  if (!report->method) report->method = "collect";
  if (!report->observed_at && c->live) report->observed_at = time_now(c);
}

int collect_machine(const struct collect_options *options, struct report *report, struct diag_list *diags) {
  assert(options && report && diags);
  struct collect c = {.options = options, .facts = report->facts, .arena = report->facts->arena};
  c.live = !options->root || strcmp(options->root, "/") == 0;
  c.complete = options->complete && !c.live;
  int64_t limit = options->deadline_ms ? options->deadline_ms : c.live ? COLLECT_DEADLINE_MS : 0;
  c.deadline = limit ? os_ticks() + limit : 0;
  int status = open_sources(&c, diags);
  if (!status) status = collect_run(&c);
  if (!status) name_report(&c, report);
  os_root_close(c.commands);
  os_root_close(c.root);
  return status;
}
