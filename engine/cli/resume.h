/* What a run leaves beside its output, so that another run can go on when it was cut short: FILE.resume.
 *
 * Knows that file's text; must not know how the output is written. The text is a line for each value; its last line is a digest of the
 * others, so that a damaged one is seen. It is replaced as a whole: there is the old one or the new one, never a part. */
#ifndef HP_RESUME_H
#define HP_RESUME_H

#include "../../reports/input.h"

/* What must be the same for the outputs of two runs to go together. Borrowed texts. */
struct resume_run {
  const char *version; /* of hostprint */
  const char *db;      /* SHA-256 of the evidence DB */
  const char *format;
  int top;
  const char *const *arguments;
  size_t argument_count;
};

/* How far a run came. All zero: at its beginning. */
struct resume {
  struct input_mark mark; /* the record that comes next */
  uint64_t content;       /* digest of all records before it */
  uint64_t length;        /* bytes of the output that belong to them */
  uint64_t taken;         /* bytes of the input files */
  uint64_t judged, known; /* reports, and those of which something is known */
  uint64_t bad;           /* exit code of the first record that could not be read, or 0 */
};

#define RESUME_NONE (-1)
/* Reads the file at `path`: 0 and *resume; RESUME_NONE where there is none; else a status with its reason in `diags`: it is damaged, or of a run
 * that differs from `run`. */
int resume_read(const char *path, const struct resume_run *run, struct resume *resume, struct diag_list *diags);
/* Writes it so that it outlasts a power cut. 0 or an errno value. */
int resume_write(const char *path, const struct resume_run *run, const struct resume *resume);
/* Removes it: there is nothing left to go on with. 0 or an errno value. */
int resume_remove(const char *path);
/* The digest of one record, and that of all when one more comes behind `content`. */
uint64_t resume_digest(const struct input_record *record);
uint64_t resume_add(uint64_t content, uint64_t digest);

#endif
