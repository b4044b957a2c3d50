/* Names in /dev. Knows one directory; opens nothing in it. */
#include "context.h"

void collect_devices(struct collect *c) {
  struct gather list = {.limit = COLLECT_NAMES};
  char **names;
  size_t count;
  int error = collect_names(c, "/dev", &names, &count);
  for (size_t i = 0; i < count; i++) gather_text(c, &list, slice_of(names[i]));
  list.cut = count >= COLLECT_NAMES;
  if (error)
    collect_miss(c, "devices", "/dev", error);
  else
    gather_finish(c, "devices", &list);
}
