/* Machine description of s390. Knows /proc/sysinfo, which no other architecture has. */
#include "context.h"

void collect_sysinfo(struct collect *c) {
  static const struct {
    const char *fact, *name;
  } fields[] = {{"sysinfo.control_program", "VM00 Control Program"}, {"sysinfo.manufacturer", "Manufacturer"}};
  struct slice text, value;
  int error = collect_read(c, "/proc/sysinfo", 65536, &text);
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    if (error)
      collect_miss(c, fields[i].fact, "/proc/sysinfo", error);
    else if (slice_field(text, fields[i].name, ':', &value))
      collect_text(c, fields[i].fact, value);
    else
      collect_lacks(c, fields[i].fact);
  }
}
