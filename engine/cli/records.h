/* Records on their way through a command that judges them: the input fills a slot with a chunk of them, a worker handles each, and the slot
 * is delivered, in the order of the input.
 *
 * Knows inputs, workers, what is wrong with records and how that is told. Must not know what a command makes of a verdict. */
#ifndef HP_RECORDS_H
#define HP_RECORDS_H

#include "cli.h"
#include "pipeline.h"
#include "progress.h"

/* What became of one record; the command that handles it uses what it needs. */
struct record_outcome {
  int bad;         /* an exit code: it cannot be read, and nothing else is said of it */
  bool there;      /* it was stored before */
  bool unknown;    /* no answer */
  size_t row;      /* where what is stored of it begins in the slot's `rows` */
  uint64_t digest; /* of the record, where the run can be resumed */
};

/* One chunk on its way. Records first..worked have their outcomes; the one behind ends the run where `ends`, an exit code, is not 0. */
struct records_slot {
  struct input_chunk chunk;
  struct record_outcome *outcomes;
  size_t capacity, worked;
  struct buffer out, rows, talk; /* the answers as text; what is stored, packed; what is wrong with records, for people */
  int ends;
};

struct records_worker {
  size_t number;
  struct report_reader *reader;
  struct judge *judge;
  struct diag_list diags; /* of one record; its texts lie in `words` */
  struct arena *words;
  struct buffer id;
};

/* How much is worked on at a time. */
struct records_pace {
  size_t bytes, records;
};

/* Handles one record on any thread: outcome->row is set. A status where it cannot be read, with its reasons in worker->diags. */
typedef int records_handle_fn(void *context, struct records_worker *worker, const struct input_record *record, struct records_slot *slot,
                              struct record_outcome *outcome);
/* Takes what is in a slot: in the order of the input, each once, from one thread at a time. A code other than 0 ends the run. */
typedef int records_deliver_fn(void *context, const struct records_slot *slot);

struct records {
  struct cli *cli;
  const char *const *paths; /* what is read */
  size_t path_count, jobs;
  bool strict; /* a record that cannot be read ends the run */
  struct records_pace pace;
  records_handle_fn *handle;
  records_deliver_fn *deliver;
  void *context;
  struct input *input; /* of records_open; the rest is of records_start */
  struct records_slot *slots;
  struct records_worker *workers;
  struct progress progress;
};

/* Makes slots, and workers that judge by these rules. 0 or STATUS_MEMORY; records_stop in any case. */
int records_start(struct records *records, const struct rule_base *base);
void records_stop(struct records *records);
/* Opens the input, or opens it again from its beginning. 0 or STATUS_MEMORY. */
int records_open(struct records *records);
/* Handles and delivers all of it, with progress on a terminal: what an earlier run judged and took of the input is counted in. An exit code, 0
 * also where a signal ended the input. */
int records_run(struct records *records, bool answer_on_terminal, uint64_t judged, uint64_t taken);
/* The report that a record holds, borrowed until the worker's next; a status where it cannot be read. */
int records_read(struct records_worker *worker, const struct input_record *record, struct report **report);

#endif
