/* Reports, or other saved texts, from wherever the caller names: files, directories, NDJSON streams, standard input.
 *
 * Knows records and line ends, and where in the input a record stands; must not know what a report says. Memory is bounded by one record
 * and a chunk. A record that cannot be read is told with its file and line, and the walk goes on behind it. */
#ifndef HP_INPUT_H
#define HP_INPUT_H

#include <stdint.h>

#include "report.h"

#define INPUT_END (-1)         /* nothing is left; no status code has this value */
#define INPUT_INTERRUPTED (-2) /* a signal that os_catch asked for ended the wait for more; what came before is in the chunk */
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

/* A place in the input: behind `offset` unpacked bytes of the file with this number, or behind all of it. All zero: the beginning. */
struct input_mark {
  uint64_t files;  /* begun so far, with all that could not be opened */
  uint64_t offset; /* INPUT_WHOLE: it was read to its end */
  uint64_t line;   /* of what follows */
  uint64_t stats;  /* digest of names, sizes and times of those files; 0 where one of them is no regular file */
};
#define INPUT_WHOLE UINT64_MAX

/* A record as text, unread: its texts belong to the chunk, or to the input until the next call. */
struct input_record {
  const char *text;
  size_t length;
  const char *file;
  size_t line;      /* of its first byte */
  const char *stem; /* the file's name without directory and ends, stem_length bytes of it; names a report that has no id... */
  size_t stem_length;
  bool numbered; /* ...with the line, where the file has one report a line */
  size_t path;   /* by number: the one of the caller's paths that it was found by */
  struct input_mark from;
  int status;             /* not 0: there is no text, and this is why */
  const struct diag *why; /* then: its diagnostic, or NULL where memory was out */
};
/* The id of a report that has none: "NAME", or "NAME:LINE". Borrowed from `text`; NULL when memory is out. */
const char *input_id(const struct input_record *record, struct buffer *text);

/* Many records at once, for callers that parse elsewhere: a block of the stream and the records in it, in order. Nothing is copied that is
 * not packed, but for the record that the last block was cut in. */
struct input_chunk {
  struct input_record *records;
  size_t count;
  struct input_mark end; /* where the next chunk begins */
  uint64_t taken;        /* bytes of all files so far, as they lie there, packed or not */
  size_t length;         /* bytes in the block */
  struct chunk_store *store;
};
/* Blocks of `bytes` (more where one record is longer), at most `most` records in each. 0 or STATUS_MEMORY. Released by input_chunk_free. */
int input_chunk_new(struct input_chunk *chunk, size_t bytes, size_t most);
void input_chunk_free(struct input_chunk *chunk);
/* Fills the chunk, what was in it is gone: 0 and at least one record; INPUT_END, INPUT_INTERRUPTED, STATUS_MEMORY. A stream that may keep its
 * reader waiting is not waited for once there is a record. */
int input_fill(struct input *input, struct input_chunk *chunk);
/* From now on the input ends at this mark, which came of the same files; NULL: no longer. */
void input_until(struct input *input, const struct input_mark *mark);
/* Where input_fill goes on. */
struct input_mark input_at(const struct input *input);
/* Bytes of all files so far, as they lie there. */
uint64_t input_taken(const struct input *input);
/* Goes to a mark without reading what lies before it, before anything was read: 0 where the files up to it are known to be the
 * same as when it was taken. Else INPUT_END: they are others or cannot be told, and the input is of no more use; or STATUS_MEMORY. */
int input_seek(struct input *input, const struct input_mark *mark);
/* A file that is none of the input, though it lies in a directory of it: the one that is being written. */
void input_avoid(struct input *input, uint64_t device, uint64_t inode);

/* The next record as text. Returns 0, INPUT_END, or a status code with its reason in `diags`, after which the next call goes on; only
 * STATUS_MEMORY may come without one. */
int input_next_record(struct input *input, struct input_record *record, struct diag_list *diags);
/* The same read as a report; it is the caller's: report_free. */
int input_next(struct input *input, struct report **report, struct diag_list *diags);

#endif
