/* Namespaces of this process. Knows /proc/self/ns; must not know which numbers are the initial ones. */
#include "context.h"

static void read_namespace(struct collect *c, const char *fact, const char *path) {
  struct slice link, inside;
  int64_t number;
  int error = collect_link(c, path, &link);
  if (error)
    collect_miss(c, fact, path, error);
  else if (slice_find(link, "[") < link.length && slice_brackets(&link, '[', ']', &inside) && slice_integer(inside, 10, &number))
    collect_integer(c, fact, number);
}

static void read_map(struct collect *c) {
  struct slice text, line, word;
  struct buffer folded = {0};
  int error = collect_read(c, "/proc/self/uid_map", COLLECT_VALUE_BYTES, &text);
  while (!error && slice_line(&text, &line))
    while (slice_word(&line, &word)) {
      if (folded.length) buffer_append(&folded, " ", 1);
      buffer_append(&folded, word.text, word.length);
    }
  if (folded.failed) c->failed = true;
  if (error)
    collect_miss(c, "namespaces.uid_map", "/proc/self/uid_map", error);
  else
    collect_text(c, "namespaces.uid_map", (struct slice){folded.text ? folded.text : "", folded.length});
  buffer_free(&folded);
}

void collect_namespaces(struct collect *c) {
  static const struct {
    const char *fact, *path;
  } links[] = {
      {"namespaces.cgroup", "/proc/self/ns/cgroup"}, {"namespaces.mnt", "/proc/self/ns/mnt"},   {"namespaces.net", "/proc/self/ns/net"},
      {"namespaces.pid", "/proc/self/ns/pid"},       {"namespaces.user", "/proc/self/ns/user"}, {"namespaces.uts", "/proc/self/ns/uts"},
  };
  for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    if (collect_asked(c, links[i].fact)) read_namespace(c, links[i].fact, links[i].path);
  if (collect_asked(c, "namespaces.uid_map")) read_map(c);
}
