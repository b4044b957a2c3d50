/* Status codes and diagnostics.
 *
 * A function that can fail returns an int: 0, or a code of status.c's table. A diagnostic is one message with the place
 * it speaks of; a diag_list collects them in the order found, sorts them by place, and owns their text. */
#ifndef HP_STATUS_H
#define HP_STATUS_H

#include <stddef.h>

#include "mem.h"

/* Exit codes of the program. */
enum exit_code { EXIT_VERDICT = 0, EXIT_UNKNOWN = 1, EXIT_USAGE = 2, EXIT_INPUT = 3, EXIT_RULES = 4, EXIT_DB = 5, EXIT_INTERNAL = 6 };

/* Stable for ever; a number that is no longer used is not given again. */
enum status {
  STATUS_OK = 0,
  STATUS_MEMORY = 1,
  STATUS_IO = 2,
  STATUS_LIMIT = 3,
  STATUS_RESUME = 4, /* a run that cannot be gone on with */

  STATUS_REPORT_JSON = 100, /* not JSON */
  STATUS_REPORT_SCHEMA,     /* JSON, but not a report */
  STATUS_REPORT_TYPE,       /* a fact of the wrong type */
  STATUS_REPORT_DUPLICATE,  /* the same key twice */
  STATUS_REPORT_NUL,        /* a NUL inside a text */
  STATUS_REPORT_ENCODING,   /* not UTF-8 */
  STATUS_REPORT_DEPTH,
  STATUS_REPORT_SIZE,
  STATUS_CAPTURE, /* a captured machine that cannot be read */
  STATUS_IMPORT,  /* a saved output that cannot be read */

  STATUS_RULE_YAML = 200, /* not YAML */
  STATUS_RULE_ENCODING,
  STATUS_RULE_NUL,
  STATUS_RULE_TAB,
  STATUS_RULE_ALIAS, /* anchors, aliases, tags */
  STATUS_RULE_DUPLICATE_KEY,
  STATUS_RULE_UNKNOWN_KEY,
  STATUS_RULE_MISSING_KEY,
  STATUS_RULE_TYPE, /* a mapping where a list was expected, ... */
  STATUS_RULE_DEPTH,
  STATUS_RULE_SIZE, /* a scalar, file or list over its limit */
  STATUS_RULE_ID,   /* not an id, or not the file's name */
  STATUS_RULE_LAYER,
  STATUS_RULE_FACT, /* no such fact */
  STATUS_RULE_MATCHER,
  STATUS_RULE_OPERAND, /* a matcher's value cannot be read */
  STATUS_RULE_REGEX,
  STATUS_RULE_WEIGHT,
  STATUS_RULE_SOURCE,    /* a signal names no source, or one that is not there */
  STATUS_RULE_REFERENCE, /* stack, kind_of or signal: names nothing */
  STATUS_RULE_DUPLICATE_ID,
  STATUS_RULE_CYCLE,
  STATUS_RULE_DATE,
  STATUS_RULE_EXAMPLE,    /* an example that fails */
  STATUS_RULE_NO_EXAMPLE, /* no positive example, or no near miss */
  STATUS_RULE_FORMAT,     /* not as `hostprint fmt` would write it */
  STATUS_RULE_UNANCHORED, /* a regex without a usable literal */
  STATUS_RULE_ENV_ONLY,
  STATUS_RULE_EMPTY,
  STATUS_RULE_VOLATILE,    /* a value that drifts, not marked so */
  STATUS_RULE_STALE,       /* a source that is old */
  STATUS_RULE_TWICE,       /* the same condition twice in one file */
  STATUS_RULE_UNUSED,      /* a shared signal that nothing names */
  STATUS_RULE_TRUE_ALWAYS, /* this and what follows: legal but unwise; status.c says what each is */
  STATUS_RULE_ANY_TEXT,
  STATUS_RULE_NEVER_TRUE,
  STATUS_RULE_UNDECIDED,
  STATUS_RULE_LITERAL_REGEX,
  STATUS_RULE_SHORT_PATTERN,
  STATUS_RULE_NEVER_BROKEN,
  STATUS_RULE_ALWAYS_BROKEN,
  STATUS_RULE_ONE_MISS,
  STATUS_RULE_SHARED,
  STATUS_RULE_SOURCE_UNUSED,
  STATUS_RULE_SOURCE_PLAIN,
  STATUS_RULE_WHY_END,
  STATUS_RULE_WHY_LONG,
  STATUS_RULE_WHY_TWICE,
  STATUS_RULE_PHRASE,
  STATUS_RULE_CATEGORY,
  STATUS_RULE_KIND_PRIOR,
  STATUS_RULE_HIGH_PRIOR,
  STATUS_RULE_STACK_KIN,
  STATUS_RULE_STACK_SUM,
  STATUS_RULE_FORGEABLE,
  STATUS_RULE_GROUP_NAME,
  STATUS_RULE_SIGNAL_NAME,
  STATUS_RULE_EXTRACT_PRIVATE,
  STATUS_RULE_EXTRACT_GROUP,
  STATUS_RULE_ATTRIBUTE,
  STATUS_RULE_NAME,
  STATUS_RULE_PLAIN_GLOB,
  STATUS_RULE_LIST_TWICE,
  STATUS_RULE_AGAINST,
  STATUS_RULE_ROOT_ALWAYS,
  STATUS_RULE_NETWORK_ONLY,
  STATUS_RULE_EXAMPLE_TWICE,
  STATUS_RULE_IDLE_MISS,
  STATUS_RULE_UNFINISHED,
  STATUS_RULE_JOIN_OF_ONE,
  STATUS_RULE_MISS_WHY,
  STATUS_RULE_LITERAL_PATTERN,
  STATUS_RULE_SOURCE_FUTURE,
  STATUS_RULE_SOURCE_TWICE,
  STATUS_RULE_EXPORT_TWICE,

  STATUS_DB_OPEN = 300,
  STATUS_DB_FOREIGN, /* not ours */
  STATUS_DB_OLDER,
  STATUS_DB_NEWER,
  STATUS_DB_DAMAGED,
  STATUS_DB_CATALOG, /* rules ask for facts that this program does not know */
  STATUS_DB_WRITE,
  STATUS_STORE_FOREIGN, /* a work DB: not ours */
  STATUS_STORE_VERSION,
  STATUS_STORE_DAMAGED,
  STATUS_STORE_USE,   /* cannot be opened, read or written */
  STATUS_STORE_RULES, /* is judged by other rules than those named */
  STATUS_QUERY        /* a query of the cookbook that cannot be run on this DB */
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct status_info {
  int code;
  const char *id;    /* "R213": what users write in scripts */
  const char *title; /* what is wrong, in a few words */
  const char *hint;  /* what to do */
  enum exit_code exit;
};

/* The table's line for a code; never NULL (an unknown code gives the line of STATUS_MEMORY's neighbour "internal"). */
const struct status_info *status_info(int code);
/* Walks the table: NULL past the end. */
const struct status_info *status_info_at(size_t index);

struct diag {
  int code;
  enum severity severity;
  const char *file;    /* or NULL */
  size_t line;         /* from 1; 0: the whole file */
  size_t column;       /* from 1 */
  const char *rule;    /* "platform/example", or NULL */
  const char *message; /* what was found, what was expected */
  const char *hint;    /* what to do; NULL: the table's */
};

struct diag_list {
  struct arena *arena;
  struct diag *items;
  size_t count;
  size_t capacity;
  size_t errors;
};

struct diag_list *diag_list_new(void);
void diag_list_free(struct diag_list *list);
/* Adds a diagnostic; every text is copied. Returns the code, so that callers can `return diag_add(...)`. */
int diag_add(struct diag_list *list, struct diag diag);
/* The same with a formatted message. */
int diag_format(struct diag_list *list, int code, const char *file, size_t line, size_t column, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
void diag_sort(struct diag_list *list);
/* One diagnostic as text: "FILE:LINE:COLUMN: error R213: message\n  hint\n". */
void diag_print(const struct diag *diag, struct buffer *out);
/* The exit code of the first error, or EXIT_VERDICT. */
enum exit_code diag_exit(const struct diag_list *list);

/* The candidate nearest to `word` by edit distance, for "did you mean"; NULL when none is near. */
const char *status_nearest(const char *word, const char *const *candidates, size_t count);

#endif
