/* See input.h. */
#include "input.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "../collectors/os.h"
#include "digest.h"
#include "json.h"
#include "unpack.h"
#include "walk.h"

#define OWN_BYTES ((size_t)131072) /* of the chunk from which single records are handed out */
#define OWN_MOST 256
#define LEAST_ROOM ((size_t)4096)    /* a shorter read is not worth a call */
#define KEPT_BYTES ((size_t)1 << 20) /* of what a long record made large */
#define FULL (-3)                    /* the chunk is; the stream has more */

struct chunk_store {
  char *bytes;
  size_t capacity, room; /* room: of an ordinary block */
  size_t most, record_capacity;
  struct arena *names;
  struct diag_list diags; /* one for each record that has a status, in their order; its texts lie in `names` */
};

struct input {
  const struct fact_catalog *catalog;
  size_t limit;  /* bytes of one record */
  bool any_file; /* whole files, no reports */
  struct walk *walk;
  struct unpack *stream;
  const char *file; /* being read, or the last one read; the walk's */
  size_t path;
  bool lines;   /* it has one record a line */
  bool settled; /* standard input: lines is known */
  bool waits;   /* it is no regular file */
  bool ended;
  bool skipping; /* inside a line that is too long: `skipped` bytes of it are gone */
  uint64_t skipped;
  struct input_mark at; /* of the record that begins at `start` of the chunk being filled */
  bool unsure;          /* a file was no regular one: `at.stats` says nothing */
  bool stops;
  struct input_mark until;
  uint64_t device, inode;  /* of the file to be avoided; 0: none */
  size_t start, looked;    /* looked: bytes from there on that have no newline */
  struct buffer carry;     /* what the last chunk had behind its last record */
  uint64_t taken;          /* bytes of the files that are closed */
  const char *name, *stem; /* of the file, in the chunk being filled; NULL: not there yet */
  size_t stem_length;
  struct input_chunk own; /* for single records */
  size_t next_own;
  struct buffer id;
};

int input_chunk_new(struct input_chunk *chunk, size_t bytes, size_t most) {
  assert(chunk && bytes && most);
  *chunk = (struct input_chunk){.store = mem_new(sizeof *chunk->store)};
  struct chunk_store *store = chunk->store;
  if (!store) return STATUS_MEMORY;
  *store = (struct chunk_store){.room = bytes, .most = most, .names = arena_new()};
  store->diags.arena = store->names;
  if (store->names) return 0;
  input_chunk_free(chunk);
  return STATUS_MEMORY;
}

void input_chunk_free(struct input_chunk *chunk) {
  struct chunk_store *store = chunk->store;
  if (store) {
    mem_free(store->bytes);
    arena_free(store->names);
    mem_free(store->diags.items);
  }
  mem_free(chunk->records);
  mem_free(store);
  *chunk = (struct input_chunk){0};
}

/* Forgets what was in it, and the memory that one long record took. */
static void clear_chunk(struct input_chunk *chunk) {
  struct chunk_store *store = chunk->store;
  chunk->count = chunk->length = 0;
  arena_reset(store->names);
  store->diags.count = store->diags.errors = 0;
  if (store->capacity <= 4 * store->room + KEPT_BYTES) return;
  mem_free(store->bytes);
  store->bytes = NULL;
  store->capacity = 0;
}

static int grow_chunk(struct input_chunk *chunk, size_t bytes) {
  struct chunk_store *store = chunk->store;
  if (store->bytes || bytes > store->room) return mem_grow(&store->bytes, &store->capacity, bytes, 1) ? STATUS_MEMORY : 0;
  store->bytes = mem_new(store->room);
  store->capacity = store->bytes ? store->room : 0;
  return store->bytes ? 0 : STATUS_MEMORY;
}

struct input *input_open(const struct fact_catalog *catalog, const char *const *paths, size_t count) {
  assert(paths || !count);
  struct input *input = mem_new(sizeof *input);
  if (!input) return NULL;
  *input = (struct input){.catalog = catalog, .limit = REPORT_BYTES, .walk = walk_new(paths, count, false)};
  if (input->walk && !input_chunk_new(&input->own, OWN_BYTES, OWN_MOST)) return input;
  input_close(input);
  return NULL;
}

struct input *input_open_files(const char *const *paths, size_t count, size_t bytes) {
  assert(bytes);
  struct input *input = input_open(NULL, paths, count);
  if (!input) return NULL;
  input->limit = bytes;
  input->any_file = true;
  walk_free(input->walk);
  input->walk = walk_new(paths, count, true);
  if (input->walk) return input;
  input_close(input);
  return NULL;
}

void input_close(struct input *input) {
  if (!input) return;
  unpack_close(input->stream);
  walk_free(input->walk);
  buffer_free(&input->carry);
  buffer_free(&input->id);
  input_chunk_free(&input->own);
  mem_free(input);
}

void input_avoid(struct input *input, uint64_t device, uint64_t inode) {
  assert(input);
  input->device = device;
  input->inode = inode;
}

void input_until(struct input *input, const struct input_mark *mark) {
  assert(input);
  input->stops = mark != NULL;
  if (mark) input->until = *mark;
}

struct input_mark input_at(const struct input *input) {
  assert(input);
  struct input_mark mark = input->at;
  if (input->unsure) mark.stats = 0;
  return mark;
}

uint64_t input_taken(const struct input *input) {
  assert(input);
  return input->taken + (input->stream ? unpack_taken(input->stream) : 0);
}

static bool is_reached(const struct input *input) {
  const struct input_mark *at = &input->at, *until = &input->until;
  return input->stops && (at->files > until->files || (at->files == until->files && at->offset >= until->offset));
}

static int name_file(struct input *input, struct arena *arena) {
  const char *stem = walk_stem(input->file, &input->stem_length);
  input->name = arena_text(arena, input->file, strlen(input->file));
  input->stem = input->name ? arena_text(arena, stem, input->stem_length) : NULL;
  return input->stem ? 0 : STATUS_MEMORY;
}

/* Adds a record at `start`: a text, or with a status what was wrong there, for which the chunk has got a diagnostic. */
static int add_record(struct input *input, struct input_chunk *chunk, size_t length, int status) {
  struct chunk_store *store = chunk->store;
  if (status == STATUS_MEMORY || mem_grow(&chunk->records, &store->record_capacity, chunk->count + 1, sizeof *chunk->records)) return STATUS_MEMORY;
  if (!input->name && input->file && name_file(input, store->names)) return STATUS_MEMORY;
  chunk->records[chunk->count++] = (struct input_record){
      .text = status   ? NULL
              : length ? store->bytes + input->start
                       : "",
      .length = length,
      .file = input->name,
      .line = (size_t)input->at.line,
      .stem = input->stem,
      .stem_length = input->stem_length,
      .numbered = input->lines,
      .path = input->path,
      .from = input_at(input),
      .status = status,
  };
  return 0;
}

/* The file is done with; what was taken of it and not handed out is dropped. */
static void close_stream(struct input *input, struct input_chunk *chunk, uint64_t offset) {
  if (input->stream) input->taken += unpack_taken(input->stream);
  unpack_close(input->stream);
  input->stream = NULL;
  input->skipping = false;
  input->at.offset = offset;
  chunk->length = input->start;
}

static int fail_file(struct input *input, struct input_chunk *chunk, int status) {
  int failed = add_record(input, chunk, 0, status);
  close_stream(input, chunk, INPUT_WHOLE);
  return failed;
}

static int fail_io(struct diag_list *diags, const char *path, int error) {
  return diag_format(diags, STATUS_IO, path, 0, 0, "cannot be read: %s", strerror(error));
}

/* Notes what file is being begun, so that a later run can tell whether it is the same. */
static void note_file(struct input *input, const struct os_file *file, int status) {
  uint64_t sum = digest_number(input->at.stats, (uint64_t)status);
  if (input->file) sum = digest_bytes(sum, input->file, strlen(input->file));
  if (file) sum = digest_number(digest_number(sum, file->size), (uint64_t)file->changed);
  input->unsure = input->unsure || (file && !file->regular);
  input->at.stats = sum;
}

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), size = strlen(end);
  return length > size && strcmp(text + length - size, end) == 0;
}

/* Opens the file that the walk came to. A status where that cannot be. */
static int open_file(struct input *input, struct os_file *file, struct diag_list *diags) {
  const char *path = input->file;
  if (!input->any_file && (ends_with(path, ".yaml") || ends_with(path, ".yml")))
    return diag_format(diags, STATUS_REPORT_SCHEMA, path, 0, 0, "a YAML file (a rule, or part of a captured machine), expected a report");
  input->stream = unpack_open(path);
  int error = input->stream ? unpack_file(input->stream, file) : errno;
  if (error) return fail_io(diags, path, error);
  input->lines = !input->any_file && walk_has_lines(path);
  input->settled = input->any_file || strcmp(path, "-") != 0;
  input->waits = !file->regular;
  return 0;
}

/* Goes to the next file: 0, also where that is told as a record, INPUT_END, FULL, or STATUS_MEMORY. */
static int next_file(struct input *input, struct input_chunk *chunk) {
  struct chunk_store *store = chunk->store;
  struct os_file file = {0};
  if (chunk->count && chunk->length >= store->room) return FULL;
  const char *path = NULL;
  int status = walk_next(input->walk, &path, &input->path, &store->diags);
  if (status == WALK_END) return INPUT_END;
  input->file = status ? NULL : path;
  input->name = input->stem = NULL;
  input->lines = input->ended = false;
  input->looked = input->stem_length = 0;
  if (!status) status = open_file(input, &file, &store->diags);
  if (!status && file.regular && input->inode && file.inode == input->inode && file.device == input->device) {
    unpack_close(input->stream);
    input->stream = NULL;
    return 0;
  }
  input->at = (struct input_mark){.files = input->at.files + 1, .line = 1, .stats = input->at.stats};
  note_file(input, status ? NULL : &file, status);
  return status ? fail_file(input, chunk, status) : 0;
}

static int fail_stream(struct input *input, struct input_chunk *chunk, int error) {
  struct diag_list *diags = &chunk->store->diags;
  size_t line = (size_t)input->at.line;
  if (error == ENOMEM) return STATUS_MEMORY;
  if (error == EINTR && os_caught()) return INPUT_INTERRUPTED;
  return fail_file(input, chunk,
                   error == UNPACK_DAMAGED
                       ? diag_format(diags, STATUS_IO, input->file, line, 1, "cannot be read from here on: %s", unpack_why(input->stream))
                       : fail_io(diags, input->file, error));
}

/* Reads on behind what is there. Records that were found stay where they are: room is made only while there is none. */
static int read_more(struct input *input, struct input_chunk *chunk) {
  struct chunk_store *store = chunk->store;
  if (chunk->count && input->waits) return FULL;
  if (store->capacity - chunk->length < LEAST_ROOM) {
    if (chunk->count) return FULL;
    chunk->length -= input->start;
    if (input->start && chunk->length) memmove(store->bytes, store->bytes + input->start, chunk->length);
    input->start = 0;
    if (store->capacity - chunk->length < LEAST_ROOM && grow_chunk(chunk, chunk->length + LEAST_ROOM)) return STATUS_MEMORY;
  }
  size_t got = 0;
  int error = unpack_read(input->stream, store->bytes + chunk->length, store->capacity - chunk->length, &got);
  if (error) return fail_stream(input, chunk, error);
  chunk->length += got;
  input->ended = got == 0;
  return 0;
}

static bool is_blank(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r') return false;
  return true;
}

/* Takes `length` bytes as a record, and the newline behind them where there is one; else the file ends here. */
static int take_record(struct input *input, struct input_chunk *chunk, size_t length, bool newline) {
  if (!newline && input->lines && !length) {
    close_stream(input, chunk, input->at.offset);
    return 0;
  }
  const char *text = chunk->store->bytes + input->start;
  int status = input->lines && is_blank(text, length) ? 0 : add_record(input, chunk, length, 0);
  if (status) return status;
  input->start += length + newline;
  input->looked = 0;
  input->at.offset += length + newline;
  input->at.line++;
  if (!newline) close_stream(input, chunk, INPUT_WHOLE);
  return 0;
}

static int tell_too_long(struct input *input, struct diag_list *diags) {
  return diag_format(diags, STATUS_REPORT_SIZE, input->file, (size_t)input->at.line, 1, "a %s of more than %zu bytes",
                     input->any_file ? "file" : "report", input->limit);
}

/* Passes over the rest of a line that is too long, keeping none of it. It is told when its end is found. */
static int skip_on(struct input *input, struct input_chunk *chunk) {
  size_t have = chunk->length - input->start;
  const char *text = chunk->store->bytes + input->start, *newline = have ? memchr(text, '\n', have) : NULL;
  size_t passed = newline ? (size_t)(newline - text) + 1 : have;
  if (!newline && !input->ended) {
    input->skipped += passed;
    chunk->length = input->start;
    return read_more(input, chunk);
  }
  int status = tell_too_long(input, &chunk->store->diags);
  if (!newline) return fail_file(input, chunk, status);
  if (add_record(input, chunk, 0, status)) return STATUS_MEMORY;
  input->skipping = false;
  input->start += passed;
  input->at.offset += input->skipped + passed;
  input->at.line++;
  return 0;
}

static int begin_skip(struct input *input, struct input_chunk *chunk) {
  if (!input->lines) return fail_file(input, chunk, tell_too_long(input, &chunk->store->diags));
  input->skipping = true;
  input->skipped = 0;
  input->looked = 0;
  return 0;
}

/* One step through the open file: a record, or more of its bytes. */
static int go_on(struct input *input, struct input_chunk *chunk) {
  if (input->skipping) return skip_on(input, chunk);
  size_t have = chunk->length - input->start;
  bool seeks = (input->lines || !input->settled) && have > input->looked;
  const char *text = have ? chunk->store->bytes + input->start : "";
  const char *newline = seeks ? memchr(text + input->looked, '\n', have - input->looked) : NULL;
  size_t length = newline ? (size_t)(newline - text) : have;
  bool whole = newline || input->ended || length > input->limit;
  input->looked = whole ? 0 : have;
  if (!whole) return read_more(input, chunk);
  if (!input->settled) { /* standard input has one report a line where its first line is a document by itself */
    input->settled = true;
    input->lines = length <= input->limit && json_parses(text, length, &report_limits);
    return 0;
  }
  return length > input->limit ? begin_skip(input, chunk) : take_record(input, chunk, length, newline != NULL);
}

/* Leaves what lies behind the last record for the next chunk. */
static int carry_rest(struct input *input, struct input_chunk *chunk) {
  size_t left = chunk->length - input->start;
  if (input->carry.capacity > KEPT_BYTES && left < KEPT_BYTES) buffer_free(&input->carry);
  buffer_clear(&input->carry);
  if (left && buffer_append(&input->carry, chunk->store->bytes + input->start, left)) return STATUS_MEMORY;
  chunk->length = input->start;
  return 0;
}

static int begin_chunk(struct input *input, struct input_chunk *chunk) {
  size_t carried = input->carry.length;
  clear_chunk(chunk);
  input->name = input->stem = NULL;
  input->start = 0;
  if (grow_chunk(chunk, carried > chunk->store->room ? carried : chunk->store->room)) return STATUS_MEMORY;
  if (carried) memcpy(chunk->store->bytes, input->carry.text, carried);
  chunk->length = carried;
  return 0;
}

int input_fill(struct input *input, struct input_chunk *chunk) {
  assert(input && chunk && chunk->store);
  int status = begin_chunk(input, chunk);
  while (!status && chunk->count < chunk->store->most) {
    if (is_reached(input)) break;
    status = input->stream ? go_on(input, chunk) : next_file(input, chunk);
  }
  if (status == STATUS_MEMORY || carry_rest(input, chunk)) return STATUS_MEMORY;
  const struct diag *why = chunk->store->diags.items;
  for (size_t i = 0; i < chunk->count; i++)
    if (chunk->records[i].status) chunk->records[i].why = why++;
  chunk->end = input_at(input);
  chunk->taken = input_taken(input);
  return chunk->count ? 0 : status == INPUT_INTERRUPTED ? status : INPUT_END;
}

int input_seek(struct input *input, const struct input_mark *mark) {
  assert(input && mark && !input->at.files);
  struct input_chunk *chunk = &input->own;
  int status = 0;
  while (!status && input->at.files < mark->files) {
    if (input->stream) close_stream(input, chunk, INPUT_WHOLE);
    clear_chunk(chunk);
    status = next_file(input, chunk);
  }
  clear_chunk(chunk);
  if (status) return status;
  if (input_at(input).stats != mark->stats || (mark->files && !mark->stats)) return INPUT_END;
  input->at.line = mark->line;
  if (mark->offset == INPUT_WHOLE) {
    close_stream(input, chunk, INPUT_WHOLE);
    return 0;
  }
  uint64_t passed = 0;
  int error = input->stream && mark->offset ? unpack_skip(input->stream, mark->offset, &passed) : 0;
  if (error == ENOMEM) return STATUS_MEMORY;
  input->at.offset = mark->offset;
  return error || passed != mark->offset ? INPUT_END : 0;
}

const char *input_id(const struct input_record *record, struct buffer *text) {
  assert(record && record->stem && text);
  char digits[24];
  size_t at = sizeof digits;
  for (size_t line = record->line; line; line /= 10) digits[--at] = (char)('0' + line % 10);
  digits[--at] = ':';
  buffer_clear(text);
  buffer_append(text, record->stem, record->stem_length);
  if (record->numbered) buffer_append(text, digits + at, sizeof digits - at);
  return text->failed ? NULL : text->text;
}

int input_next_record(struct input *input, struct input_record *record, struct diag_list *diags) {
  assert(input && record && diags);
  if (input->next_own == input->own.count) {
    input->next_own = 0;
    int status = input_fill(input, &input->own);
    if (status) {
      input->own.count = 0;
      return status;
    }
  }
  *record = input->own.records[input->next_own++];
  return record->status ? diag_add(diags, *record->why) : 0;
}

int input_next(struct input *input, struct report **report, struct diag_list *diags) {
  assert(input && input->catalog && report && diags);
  struct input_record record;
  *report = NULL;
  int status = input_next_record(input, &record, diags);
  if (status) return status;
  const char *id = input_id(&record, &input->id);
  return id ? report_read(record.text, record.length, input->catalog, record.file, record.line, id, diags, report) : STATUS_MEMORY;
}
