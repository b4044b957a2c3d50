/* Importing: what other tools printed and somebody saved, as a report of the machine they ran on.
 *
 * Knows a table of tools and, for each, how its output begins and which of its lines name one machine; the parsers are those that
 * read the same output in a captured machine. Must not know where the text came from. */
#ifndef HP_IMPORT_H
#define HP_IMPORT_H

#include "../reports/report.h"
#include "collect.h"

#define IMPORT_BYTES COLLECT_FILE_BYTES /* of one saved output */
#define IMPORT_NAMES COLLECT_NAMES      /* serial numbers and the like of one machine; with more it is refused, lest one be stored */

enum import_found {
  IMPORT_FOREIGN, /* not this tool's output */
  IMPORT_EMPTY,   /* its output, with no fact in it */
  IMPORT_READ     /* facts were stated; that there is nothing, or that it was refused, too */
};

struct collect;
struct slice;

struct import_source {
  const char *name;   /* "dmidecode": what --from takes */
  const char *begins; /* a line that begins so begins the output of another machine */
  const char *wanted; /* what must be in it for a fact to be read */
  const char *hint;   /* how to save it */
  enum import_found (*read)(struct collect *c, struct slice text);
  const char *instance[8]; /* labels of "LABEL: VALUE" lines whose value names one machine; ends with NULL */
};

/* The tool called so, or NULL; and the table by number, NULL past its end. */
const struct import_source *import_find(const char *name);
const struct import_source *import_at(size_t number);

/* How many bytes at the front of `text` are of one machine. */
size_t import_first(const struct import_source *source, const char *text, size_t length);

/* States in `report`, which comes from report_new, what the output of one machine says. Values that name the machine become the
 * hidden marker, wherever they stand, so the same text gives the same report. `file` is for diagnostics. 0, STATUS_MEMORY, or
 * STATUS_IMPORT or STATUS_LIMIT with the reason in `diags`. */
int import_read(const struct import_source *source, const char *text, size_t length, const char *file, struct report *report,
                struct diag_list *diags);

#endif
