/* The kernel's log as lines without priority, time or host. Knows the forms in which such logs are saved; must not know
 * what a line means. */
#include <errno.h>
#include <string.h>

#include "context.h"
#include "os_machine.h"

#define SYSLOG_HEAD_BYTES 72 /* where the mark stands, after time and host */

static const char *const log_files[] = {"/var/log/dmesg", "/var/log/kern.log", "/var/log/boot.log"};

/* "[    0.000000] ", "[Sat Nov 21 10:00:00 2026] ", "[    T0] " */
static bool cut_bracket(struct slice *line) {
  struct slice rest = *line, inside;
  if (!slice_starts(rest, "[") || !slice_brackets(&rest, '[', ']', &inside) || inside.length > 32) return false;
  while (slice_cut(&rest, " ")) continue;
  *line = rest;
  return true;
}

static bool is_time(struct slice line) {
  struct slice inside;
  if (!slice_starts(line, "[") || !slice_brackets(&line, '[', ']', &inside)) return false;
  for (size_t i = 0; i < inside.length; i++)
    if (inside.text[i] >= '0' && inside.text[i] <= '9') return true;
  return false;
}

/* Behind " kernel: ", where that stands in the head of a line; else the line. Lines have fewer colons than letters. */
static struct slice after_mark(struct slice line) {
  static const char mark[] = " kernel: ";
  struct slice head = slice_first(line, SYSLOG_HEAD_BYTES);
  for (size_t at = 0; at < head.length; at++) {
    at += slice_find(slice_from(head, at), ":");
    bool fits = at + 1 < head.length && at + 2 >= sizeof mark - 1;
    if (fits && memcmp(head.text + at + 2 - (sizeof mark - 1), mark, sizeof mark - 1) == 0) return slice_from(line, at + 2);
  }
  return line;
}

static struct slice strip(struct slice line) {
  struct slice priority = line, inside;
  if (slice_starts(line, "<") && slice_brackets(&priority, '<', '>', &inside) && inside.length <= 3) line = priority;
  line = after_mark(line);
  for (int i = 0; i < 2 && is_time(line); i++)
    if (!cut_bracket(&line)) break;
  return slice_trim(line);
}

static void keep_lines(struct collect *c, struct slice text) {
  struct gather lines = {.limit = COLLECT_LOG_LINES};
  struct slice line;
  while (slice_line(&text, &line)) {
    line = strip(line);
    if (line.length) gather_add(c, &lines, collect_make_text(c, line, COLLECT_LOG_LINE_BYTES));
    if (lines.cut) break;
  }
  gather_finish(c, "boot_log", &lines);
}

static bool from_files(struct collect *c) {
  struct slice text;
  for (size_t i = 0; i < sizeof log_files / sizeof *log_files; i++) {
    if (collect_read(c, log_files[i], COLLECT_LOG_BYTES, &text) || !slice_trim(text).length) continue;
    keep_lines(c, text);
    return true;
  }
  return false;
}

void collect_boot_log(struct collect *c) {
  struct buffer log = {0};
  int error = ENOENT;
  if (c->dmesg_given) {
    if (slice_starts(c->dmesg, "dmesg:"))
      collect_refuse(c, "boot_log", "operation not permitted");
    else
      keep_lines(c, c->dmesg);
    return;
  }
  if (c->live) error = os_kernel_log(COLLECT_LOG_BYTES, &log);
  if (!error)
    keep_lines(c, (struct slice){log.text ? log.text : "", log.length});
  else if (!from_files(c))
    collect_miss(c, "boot_log", "/dev/kmsg", error);
  buffer_free(&log);
}
