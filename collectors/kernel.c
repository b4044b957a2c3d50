/* Kernel facts: names and version, what the banner says of its build, command line, file systems, modules. Knows
 * uname(2), /proc/version and their saved outputs; must not know any kernel by name. */
#include <errno.h>
#include <string.h>

#include "context.h"
#include "os_machine.h"

static void text_if_unknown(struct collect *c, const char *fact, struct slice text) {
  text = slice_trim(text);
  if (text.length && collect_unknown(c, fact)) collect_text(c, fact, text);
}

static void ask_machine(struct collect *c) {
  struct utsname names;
  int error = os_uname(&names);
  if (error) {
    collect_miss(c, "kernel", "uname", error);
    return;
  }
  text_if_unknown(c, "kernel.sysname", slice_of(names.sysname));
  text_if_unknown(c, "kernel.release", slice_of(names.release));
  text_if_unknown(c, "kernel.version", slice_of(names.version));
  text_if_unknown(c, "kernel.machine", slice_of(names.machine));
  text_if_unknown(c, "net.hostname", slice_of(names.nodename));
}

/* "Linux HOST RELEASE VERSION... MACHINE [PROCESSOR] [PLATFORM] [SYSTEM]" */
static void read_uname_all(struct collect *c) {
  struct slice text, line, words[5], word;
  if (!collect_command(c, "uname-a", &text) || !slice_line(&text, &line)) return;
  line = slice_trim(line);
  struct slice rest = line;
  for (size_t i = 0; i < 3; i++)
    if (!slice_word(&rest, &words[i])) return;
  text_if_unknown(c, "kernel.sysname", words[0]);
  text_if_unknown(c, "net.hostname", words[1]);
  text_if_unknown(c, "kernel.release", words[2]);
  struct slice version = slice_trim(rest), machine = {"", 0};
  while (version.length) {
    word = slice_after_last(version, ' ');
    bool system = slice_is(word, "GNU/Linux") || slice_is(word, "Linux") || slice_is(word, "unknown");
    bool again = machine.length && word.length == machine.length && memcmp(word.text, machine.text, word.length) == 0;
    if (machine.length && !again) break;
    if (!system) machine = word;
    version = word.length < version.length ? slice_trim(slice_first(version, version.length - word.length)) : (struct slice){"", 0};
  }
  text_if_unknown(c, "kernel.machine", machine);
  text_if_unknown(c, "kernel.version", version);
}

static void read_saved_names(struct collect *c) {
  static const struct {
    const char *fact, *file, *command;
  } names[] = {{"kernel.sysname", "/proc/sys/kernel/ostype", NULL},
               {"kernel.release", "/proc/sys/kernel/osrelease", "uname-r"},
               {"kernel.version", "/proc/sys/kernel/version", "uname-v"},
               {"kernel.machine", "/proc/sys/kernel/arch", "uname-m"},
               {"net.hostname", "/proc/sys/kernel/hostname", "hostname"}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct slice text;
    if (!collect_read(c, names[i].file, COLLECT_VALUE_BYTES, &text) || (names[i].command && collect_command(c, names[i].command, &text)))
      text_if_unknown(c, names[i].fact, text);
  }
  read_uname_all(c);
}

static bool is_iso_date(struct slice text) {
  static const char form[] = "dddd-dd-dd";
  if (text.length != sizeof form - 1) return false;
  for (size_t i = 0; i < text.length; i++)
    if (form[i] == 'd' ? text.text[i] < '0' || text.text[i] > '9' : text.text[i] != form[i]) return false;
  return true;
}

/* From the name of a weekday on, or a date in brackets at the end. */
static void state_build_date(struct collect *c, struct slice version) {
  static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  struct slice inside, rest = version;
  for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
    size_t at = slice_find(version, days[i]);
    if (at + 4 >= version.length || (version.text[at + 3] != ' ' && version.text[at + 3] != ',')) continue;
    collect_text(c, "kernel.build_date", slice_trim(slice_from(version, at)));
    return;
  }
  while (slice_brackets(&rest, '(', ')', &inside))
    if (is_iso_date(inside)) {
      collect_text(c, "kernel.build_date", inside);
      return;
    }
  collect_lacks(c, "kernel.build_date");
}

/* Up to the first comma that is not inside brackets: what follows is the linker. */
static struct slice before_comma(struct slice text) {
  size_t depth = 0;
  for (size_t i = 0; i < text.length; i++) {
    if (text.text[i] == '(') depth++;
    if (text.text[i] == ')' && depth) depth--;
    if (text.text[i] == ',' && !depth) return slice_first(text, i);
  }
  return text;
}

/* "Linux version RELEASE (USER@HOST) (COMPILER, LINKER) #1 SMP ... DATE" */
static void read_banner(struct collect *c, struct slice banner) {
  struct slice builder = {"", 0}, compiler = {"", 0}, rest = banner, inside;
  collect_text(c, "kernel.banner", banner);
  text_if_unknown(c, "kernel.sysname", slice_nth_word(banner, 0));
  if (slice_is(slice_nth_word(banner, 1), "version")) text_if_unknown(c, "kernel.release", slice_nth_word(banner, 2));
  size_t number = slice_find(banner, " #");
  struct slice before = slice_first(banner, number);
  rest = before;
  if (slice_brackets(&rest, '(', ')', &inside)) {
    if (slice_find(inside, "@") < inside.length && slice_find(inside, " ") == inside.length) {
      builder = inside;
      if (!slice_brackets(&rest, '(', ')', &inside)) inside = (struct slice){"", 0};
    }
    compiler = slice_trim(before_comma(inside));
  }
  if (builder.length)
    collect_text(c, "kernel.builder", builder);
  else
    collect_lacks(c, "kernel.builder");
  if (compiler.length)
    collect_text(c, "kernel.compiler", compiler);
  else
    collect_lacks(c, "kernel.compiler");
  if (number < banner.length) text_if_unknown(c, "kernel.version", slice_from(banner, number + 1));
}

static void read_version(struct collect *c) {
  static const char *const banner_facts[] = {"kernel.banner", "kernel.builder", "kernel.compiler"};
  struct slice text, line = {"", 0};
  int error = collect_read(c, "/proc/version", COLLECT_VALUE_BYTES, &text);
  if (!error && slice_line(&text, &line) && slice_trim(line).length) read_banner(c, slice_trim(line));
  for (size_t i = 0; error && i < sizeof banner_facts / sizeof *banner_facts; i++) collect_miss(c, banner_facts[i], "/proc/version", error);
}

/* Arguments split at blanks outside double quotes. */
static void split_arguments(struct collect *c, struct gather *list, struct slice line) {
  bool hide_next = false;
  while ((line = slice_trim(line)).length) {
    bool quoted = false;
    size_t length = 0;
    for (; length < line.length && (quoted || (line.text[length] != ' ' && line.text[length] != '\t' && line.text[length] != '\n')); length++)
      if (line.text[length] == '"') quoted = !quoted;
    gather_text(c, list, collect_safe_argument(c, slice_first(line, length), &hide_next));
    line = slice_from(line, length);
  }
}

static void read_command_line(struct collect *c) {
  struct gather list = {.limit = COLLECT_NAMES};
  struct slice text;
  int error = collect_read(c, "/proc/cmdline", 65536, &text);
  if (error) {
    collect_miss(c, "kernel.cmdline", "/proc/cmdline", error);
    return;
  }
  split_arguments(c, &list, text);
  gather_finish(c, "kernel.cmdline", &list);
}

static void read_filesystems(struct collect *c) {
  struct gather all = {.limit = COLLECT_NAMES}, disk = {.limit = COLLECT_NAMES};
  struct slice text, line;
  int error = collect_read(c, "/proc/filesystems", COLLECT_FILE_BYTES, &text);
  if (error) {
    collect_miss(c, "kernel.filesystems", "/proc/filesystems", error);
    collect_miss(c, "kernel.filesystems_disk", "/proc/filesystems", error);
    return;
  }
  while (slice_line(&text, &line)) {
    struct slice name = slice_trim(line);
    bool no_device = slice_cut(&name, "nodev");
    name = slice_trim(name);
    if (!name.length) continue;
    gather_text(c, &all, name);
    if (!no_device) gather_text(c, &disk, name);
  }
  gather_finish(c, "kernel.filesystems", &all);
  gather_finish(c, "kernel.filesystems_disk", &disk);
}

static void read_modules(struct collect *c) {
  struct gather list = {.limit = COLLECT_NAMES};
  struct slice text, line;
  char **names;
  size_t count = 0;
  int error = collect_read(c, "/proc/modules", COLLECT_FILE_BYTES, &text);
  if (!error) {
    while (slice_line(&text, &line))
      if (slice_nth_word(line, 0).length) gather_text(c, &list, slice_nth_word(line, 0));
  } else {
    error = collect_names(c, "/sys/module", &names, &count);
    for (size_t i = 0; i < count; i++) gather_text(c, &list, slice_of(names[i]));
  }
  if (error)
    collect_miss(c, "kernel.modules", "/proc/modules", error);
  else
    gather_finish(c, "kernel.modules", &list);
}

void collect_kernel(struct collect *c) {
  static const char *const names[] = {"kernel.sysname", "kernel.release", "kernel.version", "kernel.machine"};
  if (c->live)
    ask_machine(c);
  else
    read_saved_names(c);
  read_version(c);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!c->live) collect_miss(c, names[i], "/proc/sys/kernel", ENOENT);
  const struct value *version = collect_value(c, "kernel.version");
  if (version) state_build_date(c, (struct slice){version->text, version->length});
  read_command_line(c);
  read_filesystems(c);
  read_modules(c);
  if (collect_asked(c, "kernel.thp")) collect_text_file(c, "kernel.thp", "/sys/kernel/mm/transparent_hugepage/enabled");
}
