/* Reports, or other saved texts, from wherever the caller names: files, directories, NDJSON streams, standard input.
 *
 * Knows file names and line ends; must not know what a report says. Memory is bounded by one record. A record that cannot
 * be read is a diagnostic with its file and line, and the walk goes on behind it. */
#ifndef HP_INPUT_H
#define HP_INPUT_H

#include "report.h"

#define INPUT_END (-1) /* nothing is left; no status code has this value */
#define INPUT_DIRECTORY_DEPTH 32
#define INPUT_NAMES ((size_t)1 << 20) /* of one directory */

struct input;

/* Walks these paths in order: a .ndjson or .jsonl file (also .gz or .zst) has one report a line, any other file is one report; a directory is
 * searched for *.json, *.ndjson and *.jsonl, packed or not, below it, in the order of their paths, without expected.*, *.schema.json and
 * hidden names; "-" is standard input, NDJSON where its first line is a document by itself, else one report. `paths` and
 * `catalog` are borrowed. NULL when memory is out. Owned: input_close. */
struct input *input_open(const struct fact_catalog *catalog, const char *const *paths, size_t count);
/* The same walk for texts that are no reports: every file is one record of at most `bytes`, whatever it is called; in a directory
 * all but hidden names are taken. For input_next_record only. */
struct input *input_open_files(const char *const *paths, size_t count, size_t bytes);
void input_close(struct input *input);

/* The next record as text, unread, for callers that parse elsewhere: its text belongs to the input until the next call. */
struct input_record {
  const char *text;
  size_t length;
  const char *file;
  size_t line;    /* of its first byte */
  const char *id; /* for a report that has none */
  size_t path;    /* by number: the one of the caller's paths that it was found by */
};
/* Each returns 0, INPUT_END, or a status code with its reason in `diags`, after which the next call goes on; only
 * STATUS_MEMORY may come without one. */
int input_next_record(struct input *input, struct input_record *record, struct diag_list *diags);
/* *report is the caller's: report_free. */
int input_next(struct input *input, struct report **report, struct diag_list *diags);

#endif
