/* How far a long run is, on one line of a terminal that is written over.
 *
 * Knows rates and time left; must not know what is counted. Nothing is shown where standard error is no terminal, or the answer goes to one. */
#ifndef HP_PROGRESS_H
#define HP_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
  bool shown;                          /* at all */
  bool on_screen;                      /* a line stands there */
  uint64_t total;                      /* bytes; 0: not known */
  uint64_t first_records, first_bytes; /* done by an earlier run */
  int64_t begun, next;                 /* os_ticks */
};

/* Begins. `records` and `bytes` were done before. */
void progress_begin(struct progress *progress, bool answer_on_terminal, uint64_t total, uint64_t records, uint64_t bytes);
/* Shows the state, if the last time is long enough ago. `bytes` are of the files as they lie there. */
void progress_show(struct progress *progress, uint64_t records, uint64_t bytes);
/* Takes the line off, for something else to be said. */
void progress_clear(struct progress *progress);

/* The line without its end, for the state after `elapsed` milliseconds; in `line`, NUL-terminated. Returns `line`. */
#define PROGRESS_BYTES 120
const char *progress_line(char line[PROGRESS_BYTES], const struct progress *progress, int64_t elapsed, uint64_t records, uint64_t bytes);

#endif
