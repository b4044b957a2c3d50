/* Control groups: version, controllers, own group and its limits. Knows the layouts of both versions. */
#include <errno.h>
#include <string.h>

#include "context.h"

#define TOP "/sys/fs/cgroup"
#define NO_LIMIT ((int64_t)1 << 60) /* the first version prints a huge number for none */

static int read_groups(struct collect *c, const char *fact, const char *path) {
  struct gather list = {.limit = COLLECT_NAMES};
  struct slice text, line;
  int error = collect_read(c, path, 65536, &text);
  if (error) {
    collect_miss(c, fact, path, error);
    return error;
  }
  while (slice_line(&text, &line))
    if (slice_trim(line).length) gather_text(c, &list, slice_trim(line));
  gather_finish(c, fact, &list);
  return 0;
}

/* From the mount at the top, else from the form of the own lines: the second version has one, of hierarchy 0. */
static int version(struct collect *c) {
  const struct value *mounts = collect_value(c, "mounts"), *lines = collect_value(c, "cgroup.self");
  for (size_t i = mounts ? mounts->count : 0; i > 0; i--) {
    struct slice target = record_get(&mounts->items[i - 1], "target");
    if (slice_is(target, TOP)) return slice_is(record_get(&mounts->items[i - 1], "fstype"), "cgroup2") ? 2 : 1;
  }
  if (!lines) lines = collect_value(c, "cgroup.pid1");
  if (!lines) return 0;
  return lines->count == 1 && strncmp(lines->items[0].text, "0::", 3) == 0 ? 2 : 1;
}

/* The own group's path under one controller (NULL: the second version). */
static struct slice own_path(struct collect *c, const char *controller) {
  const struct value *lines = collect_value(c, "cgroup.self");
  for (size_t i = 0; lines && i < lines->count; i++) {
    struct slice line = {lines->items[i].text, lines->items[i].length}, number, names, name;
    if (!slice_take(&line, ':', &number) || !slice_take(&line, ':', &names)) continue;
    if (!controller && !names.length) return line;
    while (controller && slice_take(&names, ',', &name))
      if (slice_is(name, controller)) return line;
  }
  return (struct slice){"", 0};
}

/* Reads a file of the own group, or of the top where a namespace or mount shows the own group there. */
static int read_own(struct collect *c, const char *mount, struct slice path, const char *file, struct slice *text) {
  if (slice_is(path, "/")) path.length = 0;
  char *own = collect_format(c, "%s%.*s/%s", mount, (int)path.length, path.text, file);
  int error = own ? collect_read(c, own, 65536, text) : ENOMEM;
  if (error == ENOENT && path.length) error = collect_read_in(c, mount, file, 65536, text);
  return error;
}

/* The first of the places where the first version mounts a controller that has the file. */
static int read_first_version(struct collect *c, const char *controller, const char *const *mounts, const char *file, struct slice *text) {
  int error = ENOENT;
  for (size_t i = 0; mounts[i] && error == ENOENT; i++) error = read_own(c, mounts[i], own_path(c, controller), file, text);
  return error;
}

static void state_memory(struct collect *c, int group_version) {
  static const char *const mounts[] = {TOP "/memory", NULL};
  struct slice text;
  int64_t limit;
  int error = group_version == 2 ? read_own(c, TOP, own_path(c, NULL), "memory.max", &text)
                                 : read_first_version(c, "memory", mounts, "memory.limit_in_bytes", &text);
  if (error)
    collect_miss(c, "cgroup.memory_max", TOP "/memory.max", error);
  else if (slice_integer(slice_trim(text), 10, &limit) && limit < NO_LIMIT)
    collect_integer(c, "cgroup.memory_max", limit);
  else
    collect_absent(c, "cgroup.memory_max");
}

static void state_cpu(struct collect *c, int group_version) {
  static const char *const mounts[] = {TOP "/cpu,cpuacct", TOP "/cpu", NULL};
  struct slice quota, period;
  int error;
  if (group_version == 2) {
    error = read_own(c, TOP, own_path(c, NULL), "cpu.max", &quota);
    if (!error) collect_text(c, "cgroup.cpu_max", slice_trim(quota));
  } else {
    error = read_first_version(c, "cpu", mounts, "cpu.cfs_quota_us", &quota);
    if (!error) error = read_first_version(c, "cpu", mounts, "cpu.cfs_period_us", &period);
    char *both = error ? NULL
                       : collect_format(c, "%.*s %.*s", (int)slice_trim(quota).length, slice_trim(quota).text, (int)slice_trim(period).length,
                                        slice_trim(period).text);
    if (both) collect_text(c, "cgroup.cpu_max", slice_of(both));
  }
  if (error) collect_miss(c, "cgroup.cpu_max", TOP "/cpu.max", error);
}

static void state_io(struct collect *c) {
  struct slice text;
  int error = read_own(c, TOP, own_path(c, NULL), "io.max", &text);
  if (error)
    collect_miss(c, "cgroup.io_max", TOP "/io.max", error);
  else if (slice_trim(text).length)
    collect_text(c, "cgroup.io_max", slice_trim(text));
  else
    collect_absent(c, "cgroup.io_max");
}

static void state_controllers(struct collect *c) {
  struct gather list = {.limit = COLLECT_NAMES};
  struct slice text, line;
  int error = collect_read(c, "/proc/cgroups", 65536, &text);
  bool table = !error;
  if (error) error = collect_read(c, TOP "/cgroup.controllers", 65536, &text);
  if (error) {
    collect_miss(c, "cgroup.controllers", "/proc/cgroups", error);
    return;
  }
  if (!table) gather_words(c, &list, text);
  while (table && slice_line(&text, &line))
    if (line.length && line.text[0] != '#') gather_text(c, &list, slice_nth_word(line, 0));
  gather_finish(c, "cgroup.controllers", &list);
}

void collect_cgroup(struct collect *c) {
  int error = read_groups(c, "cgroup.self", "/proc/self/cgroup");
  read_groups(c, "cgroup.pid1", "/proc/1/cgroup");
  if (collect_asked(c, "cgroup.controllers")) state_controllers(c);
  int group_version = version(c);
  if (group_version)
    collect_integer(c, "cgroup.version", group_version);
  else
    collect_miss(c, "cgroup.version", "/proc/self/cgroup", error ? error : ENOENT);
  if (collect_asked(c, "cgroup.memory_max")) state_memory(c, group_version);
  if (collect_asked(c, "cgroup.cpu_max")) state_cpu(c, group_version);
  if (collect_asked(c, "cgroup.io_max")) state_io(c);
}
