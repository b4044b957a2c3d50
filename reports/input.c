/* See input.h. */
#include "input.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../collectors/os.h"
#include "json.h"
#include "unpack.h"

#define PIECE_BYTES ((size_t)65536)

/* A path still to be visited; `level` counts the directories that led to it. */
struct visit {
  char *path;
  size_t level;
};

struct input {
  const struct fact_catalog *catalog;
  size_t limit;  /* bytes of one record */
  bool any_file; /* whole files, no reports */
  const char *const *paths;
  size_t path_count, next_path;
  struct visit *visits; /* a stack: what comes first lies on top */
  size_t visit_count, visit_capacity;
  const char *directory; /* the caller's directory that is being walked, or NULL */
  bool found;            /* it held something to read */
  struct unpack *stream;
  char *file;   /* being read, or the last one read */
  bool lines;   /* it has one record a line */
  bool settled; /* standard input: lines is known */
  size_t line;  /* of the next record */
  bool ended;
  struct buffer text; /* bytes taken from the stream; a record begins at `start` */
  size_t start;
  struct arena *names; /* of the record that was handed out */
};

struct input *input_open(const struct fact_catalog *catalog, const char *const *paths, size_t count) {
  assert(paths || !count);
  struct input *input = mem_new(sizeof *input);
  struct arena *names = input ? arena_new() : NULL;
  if (!names) {
    mem_free(input);
    return NULL;
  }
  *input = (struct input){.catalog = catalog, .limit = REPORT_BYTES, .paths = paths, .path_count = count, .names = names};
  return input;
}

struct input *input_open_files(const char *const *paths, size_t count, size_t bytes) {
  assert(bytes);
  struct input *input = input_open(NULL, paths, count);
  if (!input) return NULL;
  input->limit = bytes;
  input->any_file = true;
  return input;
}

static void close_stream(struct input *input) {
  unpack_close(input->stream);
  input->stream = NULL;
  buffer_free(&input->text);
}

void input_close(struct input *input) {
  if (!input) return;
  close_stream(input);
  while (input->visit_count) mem_free(input->visits[--input->visit_count].path);
  mem_free(input->visits);
  mem_free(input->file);
  arena_free(input->names);
  mem_free(input);
}

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), size = strlen(end);
  return length > size && strcmp(text + length - size, end) == 0;
}

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* The length of a path without the end that names a packer. */
static size_t unpacked_length(const char *path) {
  static const char *const ends[] = {".gz", ".zst"};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    if (ends_with(path, ends[i])) return strlen(path) - strlen(ends[i]);
  return strlen(path);
}

static bool is_named(const char *path, const char *end) {
  size_t length = unpacked_length(path), size = strlen(end);
  return length > size && memcmp(path + length - size, end, size) == 0;
}

static bool has_lines(const char *path) { return is_named(path, ".ndjson") || is_named(path, ".jsonl"); }

/* True for a file that a directory is searched for. */
static bool is_wanted(const struct input *input, const char *name) {
  if (input->any_file) return name[0] != '.';
  if (name[0] == '.' || strncmp(name, "expected.", 9) == 0 || is_named(name, ".schema.json")) return false;
  return has_lines(name) || is_named(name, ".json");
}

static char *join(const char *directory, const char *name, const char *end) {
  size_t length = strlen(directory);
  struct buffer path = {0};
  buffer_add(&path, directory);
  if (!length || directory[length - 1] != '/') buffer_append(&path, "/", 1);
  buffer_add(&path, name);
  if (!buffer_add(&path, end)) return path.text;
  buffer_free(&path);
  return NULL;
}

static int fail_io(struct diag_list *diags, const char *path, int error) {
  return diag_format(diags, STATUS_IO, path, 0, 0, "cannot be read: %s", strerror(error));
}

/* Puts a path on the stack; takes it, also when that fails. */
static int push(struct input *input, char *path, size_t level) {
  if (path && !mem_grow(&input->visits, &input->visit_capacity, input->visit_count + 1, sizeof *input->visits)) {
    input->visits[input->visit_count++] = (struct visit){.path = path, .level = level};
    return 0;
  }
  mem_free(path);
  return STATUS_MEMORY;
}

/* Later paths first, so that the first ends on top. A directory's path ends in '/', which orders it as what is in it. */
static int compare_visits(const void *a, const void *b) { return strcmp(((const struct visit *)b)->path, ((const struct visit *)a)->path); }

/* True where the names in a directory are those of a captured machine. */
static bool is_capture(char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i], "capture.yaml") == 0 || strcmp(names[i], "root") == 0) return true;
  return false;
}

static int push_entry(struct input *input, const char *directory, const char *name, size_t level) {
  enum os_kind kind;
  char *path = join(directory, name, "");
  if (!path) return STATUS_MEMORY;
  bool wanted = name[0] != '.' && os_kind(path, &kind) == 0;
  bool below = wanted && kind == OS_DIRECTORY;
  bool file = wanted && kind == OS_FILE && is_wanted(input, name);
  mem_free(path);
  return below || file ? push(input, join(directory, name, below ? "/" : ""), level) : 0;
}

static int visit_directory(struct input *input, const char *path, size_t level, struct diag_list *diags) {
  if (level > INPUT_DIRECTORY_DEPTH)
    return diag_format(diags, STATUS_LIMIT, path, 0, 0, "directories nested more than %d deep", INPUT_DIRECTORY_DEPTH);
  struct arena *arena = arena_new();
  char **names = NULL;
  size_t count = 0, first = input->visit_count;
  int error = arena ? os_list(path, INPUT_NAMES, arena, &names, &count) : ENOMEM;
  int status = error ? fail_io(diags, path, error) : 0;
  if (!status && !input->any_file && is_capture(names, count))
    status =
        diag_format(diags, STATUS_CAPTURE, path, 0, 0, "a captured machine, expected reports; `hostprint collect --capture` makes a report of it");
  for (size_t i = 0; i < count && !status; i++) status = push_entry(input, path, names[i], level + 1);
  if (!status && input->visit_count > first) qsort(input->visits + first, input->visit_count - first, sizeof *input->visits, compare_visits);
  arena_free(arena);
  return status;
}

static int visit_file(struct input *input, const char *path, struct diag_list *diags) {
  bool is_standard = strcmp(path, "-") == 0;
  input->found = true;
  if (!input->any_file && (ends_with(path, ".yaml") || ends_with(path, ".yml")))
    return diag_format(diags, STATUS_REPORT_SCHEMA, path, 0, 0, "a YAML file (a rule, or part of a captured machine), expected a report");
  mem_free(input->file);
  input->file = mem_new(strlen(path) + 1);
  if (!input->file) return STATUS_MEMORY;
  memcpy(input->file, path, strlen(path));
  input->stream = unpack_open(path);
  if (!input->stream) return fail_io(diags, path, errno);
  input->lines = !input->any_file && has_lines(path);
  input->settled = input->any_file || !is_standard;
  input->line = 1;
  input->start = 0;
  input->ended = false;
  return 0;
}

/* Opens what the next path names, or puts what lies in it on the stack. `level` 0: the caller named it. */
static int visit(struct input *input, const char *path, size_t level, struct diag_list *diags) {
  enum os_kind kind = OS_FILE;
  int error = strcmp(path, "-") == 0 ? 0 : os_kind(path, &kind);
  if (error) return fail_io(diags, path, error);
  if (kind != OS_DIRECTORY) return visit_file(input, path, diags);
  if (level) return visit_directory(input, path, level, diags);
  input->directory = path;
  input->found = false;
  int status = visit_directory(input, path, level, diags);
  if (status) input->directory = NULL;
  return status;
}

/* Goes to the next path: 0, INPUT_END, or why that path cannot be read. */
static int next_path(struct input *input, struct diag_list *diags) {
  if (input->visit_count) {
    struct visit top = input->visits[--input->visit_count];
    int status = visit(input, top.path, top.level, diags);
    mem_free(top.path);
    return status;
  }
  const char *searched = input->found ? NULL : input->directory;
  input->directory = NULL;
  const char *lacking = input->any_file ? "no file in this directory" : "no report in this directory, expected *.json or *.ndjson";
  if (searched) return diag_format(diags, STATUS_IO, searched, 0, 0, "%s", lacking);
  if (input->next_path == input->path_count) return INPUT_END;
  return visit(input, input->paths[input->next_path++], 0, diags);
}

/* Takes one more piece of the stream. 0, an errno value, or UNPACK_DAMAGED. */
static int take_piece(struct input *input) {
  char piece[PIECE_BYTES];
  size_t got = 0;
  int error = unpack_read(input->stream, piece, sizeof piece, &got);
  if (error) return error;
  if (got == 0) input->ended = true;
  return buffer_append(&input->text, piece, got) ? ENOMEM : 0;
}

/* Forgets what was handed out, so that the buffer holds little more than one record. */
static void drop_done(struct input *input) {
  if (input->start == 0) return;
  size_t left = input->text.length - input->start;
  memmove(input->text.text, input->text.text + input->start, left);
  input->text.text[left] = 0;
  input->text.length = left;
  input->start = 0;
}

static const char *find_newline(const struct input *input, size_t from) {
  size_t begin = input->start + from;
  return input->text.length > begin ? memchr(input->text.text + begin, '\n', input->text.length - begin) : NULL;
}

/* Reads until the record at `start` is whole: to the end of its line, or of the stream. *length is left without the line
 * end, and one above the limit where the record is longer than that. */
static int fill(struct input *input, size_t *length) {
  size_t looked = 0;
  for (;;) {
    const char *newline = input->lines ? find_newline(input, looked) : NULL;
    size_t have = input->text.length - input->start;
    *length = newline ? (size_t)(newline - (input->text.text + input->start)) : have;
    if (newline || input->ended || *length > input->limit) break;
    looked = have;
    drop_done(input);
    int error = take_piece(input);
    if (error) return error;
  }
  if (*length > input->limit) *length = input->limit + 1;
  return 0;
}

/* Passes over the rest of a line that is too long, keeping none of it. */
static int skip_line(struct input *input) {
  for (;;) {
    const char *newline = find_newline(input, 0);
    if (newline) {
      input->start = (size_t)(newline - input->text.text) + 1;
      return 0;
    }
    buffer_clear(&input->text);
    input->start = 0;
    if (input->ended) return 0;
    int error = take_piece(input);
    if (error) return error;
  }
}

/* Standard input has one report a line where its first line is a document by itself. */
static int settle(struct input *input, size_t *length) {
  input->lines = true;
  int error = fill(input, length);
  if (error) return error;
  input->settled = true;
  input->lines = *length <= REPORT_BYTES && json_parses(input->text.text ? input->text.text + input->start : "", *length, &report_limits);
  return 0;
}

static bool is_blank(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (!strchr(" \t\r", text[i]) || !text[i]) return false;
  return true;
}

/* "NAME" of a path ".../NAME.json"; a line of a stream is "NAME:LINE". */
static const char *record_id(struct input *input) {
  const char *name = strcmp(input->file, "-") == 0 ? "stdin" : base_name(input->file);
  int length = (int)unpacked_length(name);
  for (int at = length - 1; at > 0; at--)
    if (name[at] == '.') {
      length = at;
      break;
    }
  arena_reset(input->names);
  return input->lines ? arena_format(input->names, "%.*s:%zu", length, name, input->line) : arena_format(input->names, "%.*s", length, name);
}

static int too_long(struct input *input, struct diag_list *diags) {
  int status = diag_format(diags, STATUS_REPORT_SIZE, input->file, input->line, 1, "a %s of more than %zu bytes", input->any_file ? "file" : "report",
                           input->limit);
  if (!input->lines || skip_line(input)) close_stream(input);
  input->line++;
  return status;
}

static int fail_stream(const struct input *input, struct diag_list *diags, int error) {
  if (error == ENOMEM) return STATUS_MEMORY;
  if (error != UNPACK_DAMAGED) return fail_io(diags, input->file, error);
  return diag_format(diags, STATUS_IO, input->file, input->line, 1, "cannot be read from here on: %s", unpack_why(input->stream));
}

/* The record at hand, or INPUT_END at the end of the stream. */
static int take_record(struct input *input, struct input_record *record, struct diag_list *diags) {
  size_t length = 0;
  int error = input->settled ? 0 : settle(input, &length);
  if (!error) error = fill(input, &length);
  if (error) {
    int status = fail_stream(input, diags, error);
    close_stream(input);
    return status;
  }
  if (length > input->limit) return too_long(input, diags);
  bool last = input->ended && input->start + length == input->text.length;
  if (last && input->lines && length == 0) return INPUT_END;
  const char *id = record_id(input);
  if (!id) return STATUS_MEMORY;
  const char *text = input->text.text ? input->text.text + input->start : "";
  *record = (struct input_record){.text = text, .length = length, .file = input->file, .line = input->line, .id = id, .path = input->next_path - 1};
  input->start += length + (last ? 0 : 1);
  input->line++;
  return 0;
}

int input_next_record(struct input *input, struct input_record *record, struct diag_list *diags) {
  assert(input && record && diags);
  for (;;) {
    int status;
    if (!input->stream) {
      status = next_path(input, diags);
      if (status) return status;
      continue;
    }
    bool done = !input->lines && input->settled && input->ended;
    status = done ? INPUT_END : take_record(input, record, diags);
    if (status == INPUT_END) {
      close_stream(input);
      continue;
    }
    if (status || !input->lines || !is_blank(record->text, record->length)) return status;
  }
}

int input_next(struct input *input, struct report **report, struct diag_list *diags) {
  assert(input && input->catalog && report && diags);
  struct input_record record;
  *report = NULL;
  int status = input_next_record(input, &record, diags);
  return status ? status : report_read(record.text, record.length, input->catalog, record.file, record.line, record.id, diags, report);
}
