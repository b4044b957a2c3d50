/* See progress.h. */
#include "progress.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../collectors/os.h"

#define FIRST_MS 500 /* a short run shows nothing */
#define STEP_MS 250

void progress_begin(struct progress *progress, bool answer_on_terminal, uint64_t total, uint64_t records, uint64_t bytes) {
  assert(progress);
  const char *terminal = getenv("TERM");
  int64_t now = os_ticks();
  *progress = (struct progress){.total = total, .first_records = records, .first_bytes = bytes, .begun = now, .next = now + FIRST_MS};
  progress->shown = isatty(STDERR_FILENO) && !answer_on_terminal && terminal && strcmp(terminal, "dumb") != 0;
}

/* "1:02:03", "4:05"; nothing beyond four days. */
static void put_time(char *text, size_t size, double seconds) {
  unsigned long left = seconds < 345600 ? (unsigned long)(seconds + 0.5) : 0;
  text[0] = 0;
  if (left >= 3600)
    snprintf(text, size, ", %lu:%02lu:%02lu left", left / 3600, left / 60 % 60, left % 60);
  else if (seconds < 345600)
    snprintf(text, size, ", %lu:%02lu left", left / 60, left % 60);
}

const char *progress_line(char line[PROGRESS_BYTES], const struct progress *progress, int64_t elapsed, uint64_t records, uint64_t bytes) {
  assert(line && progress);
  double seconds = elapsed > 0 ? (double)elapsed / 1000 : 0.001;
  double reports = (double)(records - progress->first_records) / seconds, rate = (double)(bytes - progress->first_bytes) / seconds;
  char share[64] = "", left[40] = "";
  if (progress->total && rate > 0 && bytes <= progress->total) {
    put_time(left, sizeof left, (double)(progress->total - bytes) / rate);
    snprintf(share, sizeof share, ", %.0f %%%s", 100 * (double)bytes / (double)progress->total, left);
  }
  snprintf(line, PROGRESS_BYTES, "%" PRIu64 " reports, %.0f/s, %.1f MB/s%s", records, reports, rate / 1e6, share);
  return line;
}

void progress_show(struct progress *progress, uint64_t records, uint64_t bytes) {
  int64_t now = progress->shown ? os_ticks() : 0;
  if (!progress->shown || now < progress->next) return;
  char line[PROGRESS_BYTES];
  progress->next = now + STEP_MS;
  progress->on_screen = true;
  fprintf(stderr, "\r%.*s\033[K", 79, progress_line(line, progress, now - progress->begun, records, bytes));
  fflush(stderr);
}

void progress_clear(struct progress *progress) {
  if (progress->on_screen) fputs("\r\033[K", stderr);
  progress->on_screen = false;
}
