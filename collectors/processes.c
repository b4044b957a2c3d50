/* Processes: the first one, what else runs, and which services. Knows /proc and the groups of services; must not know
 * any program. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "os_machine.h"

#define ANCESTORS 64
#define ENTRIES 65536
#define KERNEL_THREAD 0x00200000 /* among the flags of /proc/N/stat */

/* The collector and the processes that started it. */
struct ancestors {
  int64_t ids[ANCESTORS];
  size_t count;
};

static bool is_ancestor(const struct ancestors *ancestors, int64_t id) {
  for (size_t i = 0; i < ancestors->count; i++)
    if (ancestors->ids[i] == id) return true;
  return false;
}

enum { STAT_PARENT = 1, STAT_FLAGS = 6 };

/* A number of "PID (NAME) STATE PARENT GROUP SESSION TERMINAL FOREGROUND FLAGS ...", counted from the state; the name may
 * hold brackets and blanks. 0: none. */
static int64_t stat_number(struct collect *c, int64_t id, size_t place) {
  struct slice text;
  int64_t number = 0;
  char *path = collect_format(c, "/proc/%lld/stat", (long long)id);
  if (!path || collect_read(c, path, 4096, &text)) return 0;
  return slice_integer(slice_nth_word(slice_after_last(text, ')'), place), 10, &number) ? number : 0;
}

/* Only the collector itself where its parents are not wanted. */
static void find_ancestors(struct collect *c, struct ancestors *ancestors, bool parents) {
  int64_t id = os_process_id();
  while (id > 0 && ancestors->count < ANCESTORS && !is_ancestor(ancestors, id)) {
    ancestors->ids[ancestors->count++] = id;
    id = parents ? stat_number(c, id, STAT_PARENT) : 0;
  }
}

static int compare_ids(const void *a, const void *b) {
  int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;
  return one < two ? -1 : one > two;
}

/* Takes the children of process 2 out of the sorted ids where it is the kernel's: threads without a command line, of which a
 * large machine has thousands. A kernel that does not list children leaves them in. */
static void drop_kernel_threads(struct collect *c, int64_t *ids, size_t *count) {
  struct slice text, word;
  size_t kept = 0, next = 0;
  if (!c->live || !(stat_number(c, 2, STAT_FLAGS) & KERNEL_THREAD)) return;
  if (collect_read(c, "/proc/2/task/2/children", COLLECT_FILE_BYTES, &text)) return;
  int64_t *threads = arena_take_array(c->arena, text.length / 2 + 1, sizeof *threads);
  size_t thread_count = 0;
  if (!threads) c->failed = true;
  while (threads && slice_word(&text, &word))
    if (slice_integer(word, 10, &threads[thread_count])) thread_count++;
  if (thread_count) qsort(threads, thread_count, sizeof *threads, compare_ids);
  for (size_t i = 0; i < *count; i++) {
    while (next < thread_count && threads[next] < ids[i]) next++;
    if (next == thread_count || threads[next] != ids[i]) ids[kept++] = ids[i];
  }
  *count = kept;
}

/* Process ids in rising order. 0 or an errno value. */
static int list_ids(struct collect *c, int64_t **ids, size_t *count) {
  char **names;
  size_t total;
  *count = 0;
  if (!c->root) return ENOENT;
  int error = os_root_list(c->root, "/proc", ENTRIES, c->arena, &names, &total);
  if (error) return error;
  *ids = arena_take_array(c->arena, total, sizeof **ids);
  if (!*ids) return ENOMEM;
  for (size_t i = 0; i < total; i++)
    if (slice_integer(slice_of(names[i]), 10, &(*ids)[*count])) (*count)++;
  if (*count) qsort(*ids, *count, sizeof **ids, compare_ids);
  return 0;
}

/* One process: counted unless it started the collector, its command line kept unless it is the collector. */
static void add_process(struct collect *c, const struct ancestors *ancestors, int64_t id, struct slice arguments, struct gather *commands,
                        int64_t *userspace) {
  if (!arguments.length) return;
  if (!is_ancestor(ancestors, id)) (*userspace)++;
  if (ancestors->count && id == ancestors->ids[0]) return;
  if (commands->count >= commands->limit)
    commands->cut = true;
  else
    gather_text(c, commands, collect_safe_command(c, arguments, COLLECT_PROCESS_BYTES));
}

/* Process 1, read before the others. */
struct first {
  int error;
  struct slice arguments;
  bool hidden; /* it is always there: where it is not shown, it is hidden */
};

/* False when the time was up first. */
static bool read_processes(struct collect *c, const struct first *first, const int64_t *ids, size_t count, struct gather *commands,
                           int64_t *userspace) {
  struct ancestors ancestors = {0};
  struct buffer text = {0};
  bool whole = true;
  if (c->live) find_ancestors(c, &ancestors, collect_asked(c, "processes.userspace"));
  for (size_t i = 0; i < count && whole; i++) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%lld/cmdline", (long long)ids[i]);
    whole = !collect_late(c);
    if (ids[i] == 1) {
      if (!first->error) add_process(c, &ancestors, 1, first->arguments, commands, userspace);
      continue;
    }
    buffer_clear(&text);
    int error = whole ? os_root_read(c->root, path, COLLECT_VALUE_BYTES, &text, NULL) : EIO;
    if (error == ENOMEM) c->failed = true;
    if (!error) add_process(c, &ancestors, ids[i], (struct slice){text.text, text.length}, commands, userspace);
  }
  buffer_free(&text);
  return whole;
}

static void collect_all(struct collect *c, const struct first *first) {
  struct gather commands = {.limit = COLLECT_PROCESSES};
  int64_t *ids, userspace = 0;
  size_t count;
  int error = list_ids(c, &ids, &count);
  if (!error && !count) error = ENOENT;
  if (error) {
    collect_miss(c, "processes.commands", "/proc/self", error);
    collect_miss(c, "processes.userspace", "/proc/self", error);
    return;
  }
  drop_kernel_threads(c, ids, &count);
  bool whole = read_processes(c, first, ids, count, &commands, &userspace) && !first->hidden;
  if (!whole) commands.cut = true;
  gather_finish(c, "processes.commands", &commands);
  if (!whole)
    collect_refuse(c, "processes.userspace", first->hidden ? "other users' processes are hidden" : "out of time");
  else if (collect_is_whole(c) && collect_asked(c, "processes.userspace"))
    collect_integer(c, "processes.userspace", userspace);
}

static struct first read_first(struct collect *c) {
  struct slice text;
  int error = collect_read(c, "/proc/1/cmdline", COLLECT_VALUE_BYTES, &text);
  bool hidden = c->live && error == ENOENT && collect_sees_processes(c);
  if (hidden) collect_refuse(c, "processes.pid1", "other users' processes are hidden");
  if (hidden) collect_refuse(c, "processes.pid1_name", "other users' processes are hidden");
  if (error)
    collect_miss(c, "processes.pid1", "/proc/1/cmdline", error);
  else
    collect_text(c, "processes.pid1", collect_safe_command(c, text, COLLECT_VALUE_BYTES));
  collect_text_file(c, "processes.pid1_name", "/proc/1/comm");
  return (struct first){error, text, hidden || error == EACCES || error == EPERM};
}

static void read_services(struct collect *c) {
  static const char *const places[] = {"/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/systemd/system.slice", "/sys/fs/cgroup/unified/system.slice"};
  struct gather list = {.limit = COLLECT_NAMES};
  char **names = NULL;
  size_t count = 0;
  int error = ENOENT;
  for (size_t i = 0; error == ENOENT && i < sizeof places / sizeof *places; i++) error = collect_names(c, places[i], &names, &count);
  if (error) {
    collect_miss(c, "processes.services", places[0], error);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    const char *end = strrchr(names[i], '.');
    if (end && strcmp(end, ".service") == 0) gather_text(c, &list, slice_of(names[i]));
  }
  gather_finish(c, "processes.services", &list);
}

void collect_processes(struct collect *c) {
  struct first first = read_first(c);
  collect_all(c, &first);
  read_services(c);
}
