/* Virtio devices: how many, their ids, how they are attached, and whether one is a balloon. Knows /sys/bus/virtio and
 * the kernel arguments that announce devices. */
#include <string.h>

#include "context.h"

#define DIRECTORY "/sys/bus/virtio/devices"
#define BALLOON_ID 5

static void add_transport(struct collect *c, struct gather *list, struct slice link) {
  static const struct {
    const char *mark, *transport;
  } marks[] = {{"virtio-mmio", "mmio"}, {"virtio_mmio", "mmio"}, {"/pci", "pci"}, {"/css", "ccw"}};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (slice_find(link, marks[i].mark) < link.length) {
      gather_distinct(c, list, slice_of(marks[i].transport));
      return;
    }
}

static void read_devices(struct collect *c, char **names, size_t count) {
  struct gather ids = {.limit = COLLECT_NAMES}, transports = {.limit = COLLECT_NAMES};
  bool balloon = false, identifies = collect_asked(c, "virtio.ids") || collect_asked(c, "memory.balloon");
  size_t linked = 0, identified = 0;
  for (size_t i = 0; i < count; i++) {
    char *directory = collect_path(c, DIRECTORY, names[i]);
    struct slice text, link;
    int64_t id;
    if (directory && collect_link(c, directory, &link) == 0) {
      linked++;
      add_transport(c, &transports, link);
    }
    if (!directory || !identifies || collect_read_in(c, directory, "device", 64, &text)) continue;
    identified++;
    gather_text(c, &ids, slice_trim(text));
    if (slice_integer(slice_trim(text), 16, &id) && id == BALLOON_ID) balloon = true;
  }
  if (count || collect_is_whole(c)) collect_integer(c, "virtio.count", (int64_t)count);
  if (balloon || (identified == count && identifies && collect_is_whole(c))) collect_boolean(c, "memory.balloon", balloon);
  if (identified || (!count && identifies)) gather_finish(c, "virtio.ids", &ids);
  if (linked || !count) gather_finish(c, "virtio.transports", &transports);
  mem_free(ids.items);
  mem_free(transports.items);
}

static void count_arguments(struct collect *c) {
  const struct value *arguments = collect_value(c, "kernel.cmdline");
  int64_t count = 0;
  if (!arguments) return;
  for (size_t i = 0; i < arguments->count; i++)
    if (strncmp(arguments->items[i].text, "virtio_mmio.device", 18) == 0) count++;
  if (count || collect_is_whole(c)) collect_integer(c, "virtio.mmio_count", count);
}

void collect_virtio(struct collect *c) {
  char **names;
  size_t count;
  int error = collect_names(c, DIRECTORY, &names, &count);
  if (error) {
    collect_miss(c, "virtio.count", DIRECTORY, error);
    collect_miss(c, "virtio.ids", DIRECTORY, error);
    collect_miss(c, "virtio.transports", DIRECTORY, error);
    collect_miss(c, "memory.balloon", DIRECTORY, error);
  } else {
    read_devices(c, names, count);
  }
  count_arguments(c);
}
