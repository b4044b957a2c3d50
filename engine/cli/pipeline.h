/* Work on a row of slots: filled in order on one thread, worked on by many, put out in order again.
 *
 * Knows threads and order; must not know what a slot holds. No more slots are on their way than there are, so memory is bounded, and whoever
 * is slow (the input, the work, whoever takes the output) slows down the rest. */
#ifndef HP_PIPELINE_H
#define HP_PIPELINE_H

#include <stddef.h>

#define PIPELINE_END (-1)   /* of fill: there is no more, the slot is not filled */
#define PIPELINE_ALONE (-2) /* of fill: filled, and so large that no other is to be on its way at the same time */
#define PIPELINE_JOBS 256

struct pipeline {
  size_t jobs; /* workers, 1 to PIPELINE_JOBS; with one everything runs on the caller's thread */
  void *context;
  /* Fills a slot, on the caller's thread. 0, one of the above, or a code that ends the run. */
  int (*fill)(void *context, size_t slot);
  /* Works on it as this worker, on any thread. */
  void (*work)(void *context, size_t worker, size_t slot);
  /* Puts it out: in the order of filling, one at a time, on any thread. A code other than 0 ends the run: nothing behind it is put out. */
  int (*put)(void *context, size_t slot);
};

/* How many slots there must be, numbered from 0. */
size_t pipeline_slots(size_t jobs);
/* Runs until fill has no more and everything is put out, or a code ended it: returns that code, put's before fill's. What was filled before
 * fill gave a code is put out. */
int pipeline_run(const struct pipeline *pipeline);

#endif
