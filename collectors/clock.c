/* Clock sources and uptime. Knows their files. */
#include "context.h"

#define SOURCES "/sys/devices/system/clocksource/clocksource0/"

void collect_clock(struct collect *c) {
  struct gather list = {.limit = COLLECT_NAMES};
  struct slice text;
  int64_t seconds;
  int error = collect_read(c, SOURCES "available_clocksource", COLLECT_VALUE_BYTES, &text);
  if (error) {
    collect_miss(c, "clock.available", SOURCES "available_clocksource", error);
  } else {
    gather_words(c, &list, slice_trim(text));
    gather_finish(c, "clock.available", &list);
  }
  collect_text_file(c, "clock.source", SOURCES "current_clocksource");
  if (!collect_asked(c, "clock.uptime")) return;
  error = collect_read(c, "/proc/uptime", COLLECT_VALUE_BYTES, &text);
  if (error)
    collect_miss(c, "clock.uptime", "/proc/uptime", error);
  else if (slice_integer(slice_first(text, slice_find(text, ".")), 10, &seconds))
    collect_integer(c, "clock.uptime", seconds);
}
