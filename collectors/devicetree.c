/* The device tree that firmware hands to the kernel. Knows its files, whose texts end with NUL; must not know any machine. */
#include <string.h>

#include "context.h"

static const char *const tops[] = {"/proc/device-tree", "/sys/firmware/devicetree/base"};

static void read_texts(struct collect *c, const char *fact, const char *top, const char *file) {
  struct gather list = {.limit = COLLECT_NAMES};
  struct slice text, piece;
  int error = collect_read_in(c, top, file, COLLECT_VALUE_BYTES, &text);
  while (!error && slice_take(&text, 0, &piece))
    if (slice_trim(piece).length) gather_text(c, &list, slice_trim(piece));
  if (error)
    collect_miss(c, fact, tops[0], error);
  else
    gather_finish(c, fact, &list);
}

static void read_nodes(struct collect *c, const char *top, char **names, size_t count) {
  struct gather list = {.limit = COLLECT_NAMES};
  for (size_t i = 0; i < count; i++) {
    bool is_directory = false;
    char *path = collect_path(c, top, names[i]);
    if (path && os_root_exists(c->root, path, &is_directory) == 0 && is_directory) gather_text(c, &list, slice_of(names[i]));
  }
  gather_finish(c, "devicetree.nodes", &list);
}

void collect_devicetree(struct collect *c) {
  char **names;
  size_t count;
  struct slice text;
  const char *top = tops[0];
  int error = collect_names(c, top, &names, &count);
  if (error) error = collect_names(c, top = tops[1], &names, &count);
  if (error) {
    collect_miss(c, "devicetree", tops[0], error);
    return;
  }
  read_texts(c, "devicetree.compatible", top, "compatible");
  read_texts(c, "devicetree.hypervisor", top, "hypervisor/compatible");
  error = collect_read_in(c, top, "model", COLLECT_VALUE_BYTES, &text);
  if (error)
    collect_miss(c, "devicetree.model", tops[0], error);
  else
    collect_text(c, "devicetree.model", slice_trim(text));
  read_nodes(c, top, names, count);
}
