/* Sizes of memory and swap. Knows /proc/meminfo; the balloon is found with the other virtio devices. */
#include "context.h"

void collect_memory(struct collect *c) {
  static const struct { const char *fact, *name; } sizes[] = {{"memory.total", "MemTotal"}, {"memory.swap", "SwapTotal"}};
  struct slice text, value;
  int error = collect_read(c, "/proc/meminfo", COLLECT_FILE_BYTES, &text);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    int64_t number;
    if (error)
      collect_miss(c, sizes[i].fact, "/proc/meminfo", error);
    else if (slice_field(text, sizes[i].name, ':', &value) && slice_integer(slice_nth_word(value, 0), 10, &number))
      collect_integer(c, sizes[i].fact, number);
    else
      collect_lacks(c, sizes[i].fact);
  }
}
