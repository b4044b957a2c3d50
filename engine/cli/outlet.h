/* Where the answers of a long run go: standard output, or a file that grows, beside which FILE.resume says how far it is good.
 *
 * Knows the order in which both become safe; must not know what the answers say. Whenever the run is cut short, by a signal or a power cut,
 * FILE holds all that FILE.resume counts; what stands behind that is cut off by the run that goes on. */
#ifndef HP_OUTLET_H
#define HP_OUTLET_H

#include "cli.h"
#include "resume.h"

struct os_output;

struct outlet {
  const char *path;    /* NULL: standard output */
  const char *sidecar; /* FILE.resume; NULL where nothing can be gone on with */
  const struct resume_run *run;
  struct os_output *output;
  uint64_t length;        /* bytes that were put */
  int64_t next;           /* os_ticks of the next note */
  uint64_t device, inode; /* of the file */
};

/* Opens what -o names, which `run` must outlive; nothing is changed in it yet. With `resume` the run that was cut short is looked up: *from is
 * where it came, all zero for a new one. 0, or a status with its reason in cli->diags. Closed by outlet_close, always. */
int outlet_open(struct outlet *outlet, struct cli *cli, const struct resume_run *run, bool resume, struct resume *from);
/* Makes it ready for what comes behind *from: that much is kept. 0 or an errno value. */
int outlet_begin(struct outlet *outlet, const struct resume *from);
/* 0 or an errno value; EPIPE where nobody reads any more. */
int outlet_put(struct outlet *outlet, const char *bytes, size_t length);
/* Notes how far the run is, with all that was put: now and then, or `now`. 0 or an errno value. */
int outlet_note(struct outlet *outlet, struct resume *at, bool now);
/* Ends it; with `whole` the run is at its end and nothing is left to go on with. 0 or an errno value. */
int outlet_close(struct outlet *outlet, bool whole);

#endif
