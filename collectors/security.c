/* What confines this process: filters, capabilities, security modules. Knows /proc/self/status and securityfs. */
#include <errno.h>

#include "context.h"

static void read_status(struct collect *c) {
  static const struct {
    const char *fact, *name;
    bool is_text;
  } fields[] = {{"security.capabilities", "CapEff", true}, {"security.no_new_privs", "NoNewPrivs", false}, {"security.seccomp", "Seccomp", false}};
  struct slice text, value;
  int error = collect_read(c, "/proc/self/status", 65536, &text);
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    int64_t number;
    if (error)
      collect_miss(c, fields[i].fact, "/proc/self/status", error);
    else if (!slice_field(text, fields[i].name, ':', &value))
      collect_lacks(c, fields[i].fact);
    else if (fields[i].is_text)
      collect_text(c, fields[i].fact, value);
    else if (slice_integer(value, 10, &number))
      collect_integer(c, fields[i].fact, number);
  }
}

/* Without a module that labels processes, reading the label is refused as invalid. */
static void read_label(struct collect *c) {
  static const char path[] = "/proc/self/attr/current";
  struct slice text;
  int error = collect_read(c, path, COLLECT_VALUE_BYTES, &text);
  if (error)
    collect_miss(c, "security.apparmor", path, error == EINVAL ? ENOENT : error);
  else
    collect_text(c, "security.apparmor", slice_trim(text));
}

static void read_modules(struct collect *c) {
  static const char top[] = "/sys/kernel/security", path[] = "/sys/kernel/security/lsm";
  struct gather list = {.limit = COLLECT_NAMES};
  struct slice text, name;
  char **names;
  size_t count = 0;
  int error = collect_read(c, path, COLLECT_VALUE_BYTES, &text);
  if (error) {
    bool unmounted = c->live && error == ENOENT && collect_names(c, top, &names, &count) == 0 && count == 0;
    if (unmounted) collect_refuse(c, "security.lsms", "securityfs is not mounted");
    collect_miss(c, "security.lsms", path, error);
    return;
  }
  text = slice_trim(text);
  while (slice_take(&text, ',', &name)) gather_text(c, &list, name);
  gather_finish(c, "security.lsms", &list);
}

void collect_security(struct collect *c) {
  read_status(c);
  read_label(c);
  if (collect_asked(c, "security.lsms")) read_modules(c);
}
