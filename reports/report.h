/* A report: the facts of one machine at one moment, read from and written as JSON (hostprint.report/1).
 *
 * Knows the report format and the catalogue's types; must not know rules. A report owns everything it holds. Reading is
 * report_read.c with report_values.c, making fit to be shared is report_share.c, the rest report.c.
 *
 * Facts stand nested ("kernel": {"release": ...}) or under dotted keys ("kernel.release": ...), in any mixture, each once.
 * null is absent, a missing key not looked at. A member of a map under a dotted key ("env.HOME": ...) tells of that member
 * only: where the map itself is not given too, it is partial. */
#ifndef HP_REPORT_H
#define HP_REPORT_H

#include "../engine/fact.h"
#include "../engine/status.h"

struct json_limits;

#define REPORT_SCHEMA "hostprint.report/1"
/* Limits of what is read; each has tests at n - 1, n, n + 1. */
#define REPORT_BYTES ((size_t)64 << 20)     /* one report's JSON text */
#define REPORT_DEPTH 32                     /* nesting of arrays and objects */
#define REPORT_TEXT_BYTES ((size_t)1 << 20) /* one string */
#define REPORT_ITEMS ((size_t)65536)        /* members of one list or map */

struct report {
  struct arena *arena;
  struct fact_set *facts;
  const char *id;                     /* never NULL: the file's name where the report has none */
  const char *observed_at;            /* RFC 3339, or NULL */
  const char *tool, *method, *source; /* origin; each may be NULL */
  const char **ignored;               /* fact paths that the catalogue does not know */
  size_t ignored_count;
};

/* NULL when memory is out. Owned: report_free; one in an arena of the caller's, which the report then holds, goes with that. */
struct report *report_new(const struct fact_catalog *catalog);
struct report *report_in(struct arena *arena, const struct fact_catalog *catalog);
void report_free(struct report *report);

extern const struct json_limits report_limits; /* the limits above, for json_read */

/* Reads one report. `file` and `line` say where it stands, for diagnostics; `fallback_id` names a report without an id.
 * 0 and *report owned by the caller, or a status code with the reason in `diags`. */
int report_read(const char *json, size_t length, const struct fact_catalog *catalog, const char *file, size_t line, const char *fallback_id,
                struct diag_list *diags, struct report **report);

/* Reads one report after the other without taking memory for each; one for each thread. It keeps at most some megabytes from
 * one report for the next. NULL when memory is out; report_reader_free takes NULL too. */
struct report_reader;
struct report_reader *report_reader_new(const struct fact_catalog *catalog);
void report_reader_free(struct report_reader *reader);
/* As report_read, but *report is borrowed: it lives until the next one is read, or the reader is freed. */
int report_reader_read(struct report_reader *reader, const char *json, size_t length, const char *file, size_t line, const char *fallback_id,
                       struct diag_list *diags, struct report **report);

/* Appends the report as one line of JSON without a newline: keys in the catalogue's order, the same facts give the same bytes. */
int report_write(const struct report *report, struct buffer *out);

/* Days since 1970-01-01 of observed_at, or LONG_MIN. */
long report_day(const struct report *report);

/* Makes a report fit to be shared: what identifies the instance becomes a hash ("(hash:...)", the same text the same hash
 * under one salt), wherever else it stands too, and values of secret names are hidden. `salt` is at least 16 random bytes,
 * to be forgotten afterwards. 0 or STATUS_MEMORY. */
#define REPORT_SALT_BYTES 16
int report_share(struct report *report, const unsigned char *salt, size_t length);
/* The same without a salt: what identifies the instance becomes the hidden marker, and so does every text that holds one of `names`,
 * those without a digit left aside ("Default string" names no machine). The same report gives the same bytes. */
int report_hide(struct report *report, const struct value *names, size_t count);
/* True for a name whose value must never be stored, of a variable or an argument. */
bool report_is_secret_name(const char *name);
/* True for a value that carries a password whatever its name: a URL with one before its host, or a private key. */
bool report_is_secret_value(const char *value);

#endif
