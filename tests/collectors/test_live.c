/* Proves what collecting may cost, by counting: no file is read twice and no path asked for twice, few leaves of CPUID are executed,
 * and what no rule looks at is left unread where that is dear, without a change to any answer. */
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "collectors/os.h"
#include "db/db.h"
#include "engine/verdict.h"
#include "machine.h"

#define LEAVES 16

static struct {
  char *items[20000]; /* "read /proc/version" */
  size_t count, leaves;
} looks;

static void note(const char *call, const char *path) {
  char *text = NULL;
  if (strcmp(call, "cpuid") == 0)
    looks.leaves++;
  else if (looks.count < sizeof looks.items / sizeof *looks.items && asprintf(&text, "%s %s", call, path) > 0)
    looks.items[looks.count++] = text;
}

static int compare(const void *left, const void *right) { return strcmp(*(char *const *)left, *(char *const *)right); }

/* Collects and keeps what was looked at, sorted. */
static void watch(struct collect_options options) {
  for (size_t i = 0; i < looks.count; i++) free(looks.items[i]);
  looks.count = looks.leaves = 0;
  os_watch(note);
  collect_with(options);
  os_watch(NULL);
  qsort(looks.items, looks.count, sizeof *looks.items, compare);
}

static size_t repeated(void) {
  size_t count = 0;
  for (size_t i = 1; i < looks.count; i++)
    if (strcmp(looks.items[i - 1], looks.items[i]) == 0 && fprintf(stderr, "  again: %s\n", looks.items[i])) count++;
  return count;
}

static bool looked(const char *call, const char *path) {
  char text[PATH_MAX];
  const char *key = text;
  snprintf(text, sizeof text, "%s %s", call, path);
  return bsearch(&key, looks.items, looks.count, sizeof *looks.items, compare) != NULL;
}

static void test_this_machine(void) {
  char times[2][32] = {"", ""};
  time_t now = time(NULL);
  strftime(times[0], sizeof times[0], "%FT%H:%M", gmtime(&now));
  watch((struct collect_options){.paths = asked_paths, .path_count = 4});
  PROVE(outcome == 0 && looks.count > 100 && looks.count < sizeof looks.items / sizeof *looks.items, "a live run looks at many things");
  now = time(NULL);
  strftime(times[1], sizeof times[1], "%FT%H:%M", gmtime(&now));
  PROVE(strncmp(machine->observed_at, times[0], 16) == 0 || strncmp(machine->observed_at, times[1], 16) == 0, "at a time that is told in UTC");
  PROVE(repeated() == 0, "but at none of them twice");
  PROVE(looks.leaves <= LEAVES, "and executes few leaves of CPUID");
}

/* Files of the kernel come in pieces, the end of which is no end of the file. */
static void test_long_file(void) {
  enum { MAPPINGS = 400 };
  struct os_root *root = os_root_open("/");
  struct buffer text = {0};
  size_t lines = 0, page = (size_t)sysconf(_SC_PAGESIZE);
  char *area = mmap(NULL, MAPPINGS * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (size_t i = 0; area != MAP_FAILED && i < MAPPINGS; i += 2) mprotect(area + i * page, page, PROT_NONE);
  int error = os_root_read(root, "/proc/self/maps", COLLECT_FILE_BYTES, &text, NULL);
  for (size_t i = 0; i < text.length; i++) lines += text.text[i] == '\n';
  PROVE(error == ENOENT || lines > MAPPINGS, "a file that the kernel gives in pieces is read to its end");
  if (area != MAP_FAILED) munmap(area, MAPPINGS * page);
  buffer_clear(&text);
  bool truncated = false;
  error = os_root_read(root, "/sys/kernel/btf/vmlinux", 100000, &text, &truncated);
  PROVE(error || (text.length == 100000 && truncated), "a table that comes page by page too");
  buffer_free(&text);
  os_root_close(root);
}

/* A machine with one of each source that is left unread when nobody asks. */
static void build_machine(void) {
  put(top, "root/proc/cmdline", "quiet virtio_mmio.device=4K@0xd0000000:5\n");
  put(top, "root/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu\n");
  put(top, "root/proc/meminfo", "MemTotal: 1 kB\n");
  put(top, "root/proc/uptime", "5.0 1.0\n");
  put(top, "root/proc/self/cgroup", "0::/\n");
  put(top, "root/sys/fs/cgroup/memory.max", "max\n");
  put(top, "root/sys/kernel/mm/transparent_hugepage/enabled", "always\n");
  put(top, "root/sys/block/vda/size", "8\n");
  put(top, "root/sys/block/vda/serial", "number\n");
  put(top, "root/sys/bus/virtio/devices/virtio0/device", "0x0005\n");
  put(top, "root/sys/bus/pci/devices/0000:00:01.0/uevent", "DRIVER=virtio-pci\nPCI_CLASS=20000\nPCI_ID=1AF4:1041\nPCI_SUBSYS_ID=1AF4:0001\n");
  put(top, "root/lib64/ld-linux-x86-64.so.2", "");
  put(top, "dmesg.txt", "Linux version 6.1\nDMI: Example\n");
}

static size_t at(const char *path) { return fact_find(&catalog, path, strlen(path)); }

static void test_asked(void) {
  uint32_t *asked = calloc(catalog.count, sizeof *asked);
  const char *root = in_folder(top, "root");
  char *log = strdup(in_folder(top, "dmesg.txt")), *folder = strdup(root), suffix;
  struct collect_options options = {.root = folder, .dmesg_file = log, .complete = true};
  watch(options);
  PROVE(is_list("cpu.flags", "fpu") && is_number("memory.total", 1) && is_number("clock.uptime", 5) && is_absent("cgroup.memory_max"),
        "asked for nothing in particular, everything is found");
  PROVE(field_is("blocks", 0, "serial", "number") && is_list("virtio.ids", "0x0005") && is_text("os.libc", "glibc"), "also what is dear");
  options.asked = asked;
  watch(options);
  PROVE(!looked("list", "/sys/block") && !looked("list", "/sys/bus/pci/devices") && !looked("list", "/sys/bus/virtio/devices") &&
            !looked("read", "/proc/cpuinfo") && !looked("read", "/proc/meminfo") && !looked("read", "/proc/uptime"),
        "what no rule looks at is not read");
  PROVE(is_unknown("memory.total") && is_unknown("blocks") && is_unknown("cpu.flags") && is_unknown("os.libc"), "and is unknown, not absent");
  PROVE(is_list("kernel.cmdline", "quiet|virtio_mmio.device=4K@0xd0000000:5"), "what others look at is read");
  asked[at("blocks")] = RULE_ASKED | RULE_ASKED_FIELD(fact_field(&catalog.defs[at("blocks")], "name", &suffix));
  asked[at("dmi.banner")] = asked[at("virtio.mmio_count")] = asked[at("pci.devices")] = RULE_ASKED;
  watch(options);
  PROVE(field_is("blocks", 0, "size_bytes", "4096") && field_is("blocks", 0, "serial", "") && !looked("read", "/sys/block/vda/serial"),
        "a disk is not asked for its serial number unless a rule asks");
  PROVE(is_text("dmi.banner", "Example") && is_number("virtio.mmio_count", 1), "what is asked for is found, in the log too");
  PROVE(is_unknown("virtio.ids") && is_unknown("memory.balloon"), "but not what lies beside it");
  PROVE(field_is("pci.devices", 0, "id", "1af4:1041") && field_is("pci.devices", 0, "subsystem", "1af4:0001") &&
            field_is("pci.devices", 0, "class", "0200") && field_is("pci.devices", 0, "driver", "virtio-pci"),
        "a device tells all in the file that announces it");
  PROVE(!looked("read", "/sys/bus/pci/devices/0000:00:01.0/vendor"), "and in no other");
  free(asked);
  free(folder);
  free(log);
}

/* What a rule names: facts, fields of the elements of a list however deep, and the facts of its details. */
static void test_named(void) {
  struct rule_base *base = rule_base_new(&catalog);
  const struct rule_node fields[] = {{.op = RULE_TEST, .fact = FACT_NONE, .key = "label", .matcher = MATCH_EQUALS, .operand = "x"},
                                     {.op = RULE_TEST, .fact = FACT_NONE, .key = "fstype", .matcher = MATCH_EQUALS, .operand = "y"}};
  const struct rule_node any = {.op = RULE_ANY, .fact = FACT_NONE, .children = fields, .child_count = 2};
  const struct rule_node both[] = {{.op = RULE_HAS, .fact = at("blocks"), .children = &any, .child_count = 1},
                                   {.op = RULE_TEST, .fact = at("cpu.vendor"), .matcher = MATCH_PRESENT}};
  const struct rule_node all = {.op = RULE_ALL, .fact = FACT_NONE, .children = both, .child_count = 2};
  const struct rule_signal signal = {.id = "s", .when = &all};
  const struct rule_extract extract = {.name = "d", .fact = at("kernel.release")};
  struct rule_thing thing = {.signals = &signal, .signal_count = 1, .extracts = &extract, .extract_count = 1};
  base->things = &thing;
  base->thing_count = 1;
  const uint32_t *asked = rule_base_asked(base);
  const struct fact_def *blocks = &catalog.defs[at("blocks")];
  char suffix;
  size_t named = 0;
  for (size_t i = 0; asked && i < catalog.count; i++) named += asked[i] != 0;
  PROVE(named == 3 && asked[at("cpu.vendor")] == RULE_ASKED && asked[at("kernel.release")] == RULE_ASKED, "facts that are named, and no other");
  PROVE(asked && asked[at("blocks")] ==
                     (RULE_ASKED | RULE_ASKED_FIELD(fact_field(blocks, "label", &suffix)) | RULE_ASKED_FIELD(fact_field(blocks, "fstype", &suffix))),
        "fields that are named, and no other");
  base->thing_count = 0;
  rule_base_free(base);
}

/* What lies below a path that is not there is not looked for; a name that goes on is another one. */
static void test_missing(void) {
  static const char *const paths[] = {"/gone", "/gone-not", "/gone/below", "/gone/below/more"};
  put(top, "root/gone-not", "");
  char *folder = strdup(in_folder(top, "root"));
  watch((struct collect_options){.root = folder, .complete = true, .paths = paths, .path_count = 4});
  const struct value *files = is_state("files", FACT_PRESENT) ? &fact("files")->value : NULL;
  PROVE(files && files->count == 4 && !files->items[0].boolean && files->items[1].boolean && !files->items[2].boolean && !files->items[3].boolean,
        "paths that are there, and paths that are not");
  PROVE(looked("exists", "/gone") && !looked("exists", "/gone/below"), "nothing is below what is not there");
  free(folder);
}

/* The kernel's own threads are left out, and nobody else. */
static void test_threads(void) {
  struct buffer text = {0};
  char path[64];
  pid_t child = fork();
  if (child == 0) {
    execlp("sleep", "sleep", "30.0625", (char *)NULL);
    _exit(1);
  }
  for (int i = 0; i < 500 && !strstr(text.text ? text.text : "", "30.0625"); i++) {
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)child);
    buffer_clear(&text);
    if (os_read_file(path, 4096, &text)) break;
    for (size_t k = 0; k + 1 < text.length; k++)
      if (!text.text[k]) text.text[k] = ' ';
    usleep(10000);
  }
  watch((struct collect_options){0});
  PROVE(!is_state("processes.commands", FACT_PRESENT) || strstr(joined(&fact("processes.commands")->value), "sleep 30.0625"),
        "a process is among the commands");
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  buffer_clear(&text);
  if (looked("read", "/proc/2/task/2/children") && os_read_file("/proc/2/task/2/children", 4096, &text) == 0 && text.length) {
    snprintf(path, sizeof path, "/proc/%ld/cmdline", strtol(text.text, NULL, 10));
    PROVE(!looked("read", path), "a thread of the kernel is not looked at");
  }
  buffer_free(&text);
}

/* Directories of PATH: one that is named twice, one under another name, one that is not there. */
static void test_path(void) {
  put(top, "root/usr/bin/python3", "");
  put(top, "root/opt/bin/python3", "");
  put_link(top, "root/bin", "usr/bin");
  put(top, "environ", "PATH=/nowhere:/bin:/usr/bin:/opt/bin:/bin\n");
  char *folder = strdup(in_folder(top, "root")), *environ_file = strdup(in_folder(top, "environ"));
  watch((struct collect_options){.root = folder, .environ_file = environ_file});
  PROVE(member_is("runtimes", "python3", "/bin/python3") && member_is("runtimes", "ruby", NULL), "a tool has the first of its paths");
  PROVE(looked("exists", "/bin/ruby") && looked("exists", "/opt/bin/ruby"), "tools are looked for where PATH leads");
  PROVE(!looked("exists", "/usr/bin/ruby") && !looked("exists", "/nowhere/ruby"), "once, and not where nothing is");
  free(folder);
  free(environ_file);
}

static struct report *collected(const char *dir, struct rule_base *base, const uint32_t *asked) {
  char root[PATH_MAX], file[PATH_MAX], commands[PATH_MAX];
  snprintf(root, sizeof root, "%s/root", dir);
  snprintf(file, sizeof file, "%s/environ", dir);
  snprintf(commands, sizeof commands, "%s/commands", dir);
  struct report *report = report_new(&catalog);
  struct diag_list *diags = diag_list_new();
  struct collect_options options = {.root = root, .complete = true, .asked = asked};
  if (access(file, F_OK) == 0) options.environ_file = file;
  if (access(commands, F_OK) == 0) options.commands_dir = commands;
  options.paths = rule_base_paths(base, &options.path_count);
  if (collect_machine(&options, report, diags)) {
    report_free(report);
    report = NULL;
  }
  diag_list_free(diags);
  return report;
}

/* Everything that an answer rests on. */
static void print_answer(const struct verdict *verdict, struct buffer *out) {
  buffer_format(out, "%s\n", verdict->summary);
  for (size_t i = 0; i < verdict->layer_count; i++)
    for (size_t k = 0; k < verdict->layers[i].count; k++)
      buffer_format(out, "%s %a %zu\n", verdict->layers[i].hypotheses[k].id, verdict->layers[i].hypotheses[k].log_odds,
                    verdict->layers[i].hypotheses[k].missing.count);
  for (size_t i = 0; i < verdict->detail_count; i++) buffer_format(out, "%s %s\n", verdict->details[i].name, verdict->details[i].value);
  for (size_t i = 0; i < verdict->next_count; i++) buffer_format(out, "%s %a\n", verdict->next[i].fact, verdict->next[i].bits);
}

static bool same_answer(struct judge *judge, const char *dir, struct rule_base *base, const uint32_t *asked) {
  const struct judge_options options = {.observed_day = LONG_MIN, .ignore_forge = -1, .explain = true};
  struct report *reports[2] = {collected(dir, base, NULL), collected(dir, base, asked)};
  struct buffer answers[2] = {{0}, {0}};
  bool told = true;
  for (int i = 0; i < 2; i++) {
    const struct verdict *verdict;
    told = told && reports[i] && judge_facts(judge, reports[i]->facts, "r", options, &verdict) == 0;
    if (told) print_answer(verdict, &answers[i]);
  }
  bool same = told && answers[0].length == answers[1].length && memcmp(answers[0].text, answers[1].text, answers[0].length) == 0;
  for (int i = 0; i < 2; i++) {
    buffer_free(&answers[i]);
    report_free(reports[i]);
  }
  return same;
}

/* Every so many of the captured machines, with the rules of the evidence DB. */
static void test_answers(void) {
  enum { STEP = 15 };
  struct arena *arena = arena_new();
  struct diag_list *diags = diag_list_new();
  struct rule_base *base = NULL;
  char **names, path[PATH_MAX];
  size_t count = 0, compared = 0, different = 0;
  PROVE(db_load(getenv("HOSTPRINT_DB"), &catalog, &base, diags) == 0, "the evidence DB");
  const uint32_t *asked = base ? rule_base_asked(base) : NULL;
  PROVE(asked && asked[at("cpu.hypervisor")] && asked[at("blocks")] && !asked[at("memory.total")], "rules ask for some facts, not for all");
  struct judge *judge = judge_new(base);
  os_list("tests/machines", 4096, arena, &names, &count);
  for (size_t i = 0; judge && i < count; i += STEP) {
    struct stat info;
    snprintf(path, sizeof path, "tests/machines/%s/root", names[i]);
    if (stat(path, &info)) continue;
    path[strlen(path) - strlen("/root")] = 0;
    compared++;
    if (!same_answer(judge, path, base, asked) && fprintf(stderr, "  %s\n", path)) different++;
  }
  PROVE(compared > 10 && different == 0, "what no rule asks for changes no answer");
  judge_free(judge);
  rule_base_free(base);
  diag_list_free(diags);
  arena_free(arena);
}

int main(void) {
  test_this_machine();
  test_long_file();
  test_threads();
  test_named();
  begin();
  build_machine();
  test_asked();
  end();
  begin();
  test_path();
  end();
  begin();
  test_missing();
  end();
  test_answers();
  forget();
  for (size_t i = 0; i < looks.count; i++) free(looks.items[i]);
  return check_end("test_live");
}
