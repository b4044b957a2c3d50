/* See walk.h. */
#include "walk.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../collectors/os.h"
#include "input.h"

#define MEASURED_MOST 65536 /* files whose sizes are asked for before anything is read */

/* A path still to be visited; `level` counts the directories that led to it. */
struct visit {
  char *path;
  size_t level;
};

struct walk {
  bool any_file;
  const char *const *paths;
  size_t path_count, next_path;
  struct visit *visits; /* a stack: what comes first lies on top */
  size_t visit_count, visit_capacity;
  const char *directory; /* the caller's directory that is being walked, or NULL */
  bool found;            /* it held something to read */
  char *file;            /* what was taken off the stack last */
};

struct walk *walk_new(const char *const *paths, size_t count, bool any_file) {
  assert(paths || !count);
  struct walk *walk = mem_new(sizeof *walk);
  if (walk) *walk = (struct walk){.any_file = any_file, .paths = paths, .path_count = count};
  return walk;
}

void walk_free(struct walk *walk) {
  if (!walk) return;
  while (walk->visit_count) mem_free(walk->visits[--walk->visit_count].path);
  mem_free(walk->visits);
  mem_free(walk->file);
  mem_free(walk);
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

bool walk_has_lines(const char *path) { return is_named(path, ".ndjson") || is_named(path, ".jsonl"); }

/* True for a file that a directory is searched for. */
static bool is_wanted(const struct walk *walk, const char *name) {
  if (walk->any_file) return name[0] != '.';
  if (name[0] == '.' || strncmp(name, "expected.", 9) == 0 || is_named(name, ".schema.json")) return false;
  return walk_has_lines(name) || is_named(name, ".json");
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
static int push(struct walk *walk, char *path, size_t level) {
  if (path && !mem_grow(&walk->visits, &walk->visit_capacity, walk->visit_count + 1, sizeof *walk->visits)) {
    walk->visits[walk->visit_count++] = (struct visit){.path = path, .level = level};
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

static int push_entry(struct walk *walk, const char *directory, const char *name, size_t level) {
  enum os_kind kind;
  char *path = join(directory, name, "");
  if (!path) return STATUS_MEMORY;
  bool wanted = name[0] != '.' && os_kind(path, &kind) == 0;
  bool below = wanted && kind == OS_DIRECTORY;
  bool file = wanted && kind == OS_FILE && is_wanted(walk, name);
  mem_free(path);
  return below || file ? push(walk, join(directory, name, below ? "/" : ""), level) : 0;
}

static int visit_directory(struct walk *walk, const char *path, size_t level, struct diag_list *diags) {
  if (level > INPUT_DIRECTORY_DEPTH)
    return diag_format(diags, STATUS_LIMIT, path, 0, 0, "directories nested more than %d deep", INPUT_DIRECTORY_DEPTH);
  struct arena *arena = arena_new();
  char **names = NULL;
  size_t count = 0, first = walk->visit_count;
  int error = arena ? os_list(path, INPUT_NAMES, arena, &names, &count) : ENOMEM;
  int status = error ? fail_io(diags, path, error) : 0;
  if (!status && !walk->any_file && is_capture(names, count))
    status =
        diag_format(diags, STATUS_CAPTURE, path, 0, 0, "a captured machine, expected reports; `hostprint collect --capture` makes a report of it");
  for (size_t i = 0; i < count && !status; i++) status = push_entry(walk, path, names[i], level + 1);
  if (!status && walk->visit_count > first) qsort(walk->visits + first, walk->visit_count - first, sizeof *walk->visits, compare_visits);
  arena_free(arena);
  return status;
}

/* More paths on the stack, or a file: then *file is set. `level` 0: the caller named it. */
static int visit(struct walk *walk, const char *path, size_t level, bool *file, struct diag_list *diags) {
  enum os_kind kind = OS_FILE;
  int error = strcmp(path, "-") == 0 ? 0 : os_kind(path, &kind);
  if (error) return fail_io(diags, path, error);
  *file = kind != OS_DIRECTORY;
  if (*file) walk->found = true;
  if (*file) return 0;
  if (level) return visit_directory(walk, path, level, diags);
  walk->directory = path;
  walk->found = false;
  int status = visit_directory(walk, path, level, diags);
  if (status) walk->directory = NULL;
  return status;
}

/* The next path, of the stack or of the caller: 0, WALK_END, or why the last directory was no use. */
static int next_path(struct walk *walk, const char **path, size_t *level, struct diag_list *diags) {
  mem_free(walk->file);
  walk->file = NULL;
  *level = 0;
  if (walk->visit_count) {
    struct visit top = walk->visits[--walk->visit_count];
    *path = walk->file = top.path;
    *level = top.level;
    return 0;
  }
  const char *searched = walk->found ? NULL : walk->directory;
  walk->directory = NULL;
  const char *lacking = walk->any_file ? "no file in this directory" : "no report in this directory, expected *.json or *.ndjson";
  if (searched) return diag_format(diags, STATUS_IO, searched, 0, 0, "%s", lacking);
  if (walk->next_path == walk->path_count) return WALK_END;
  *path = walk->paths[walk->next_path++];
  return 0;
}

int walk_next(struct walk *walk, const char **path, size_t *argument, struct diag_list *diags) {
  assert(walk && path && argument && diags);
  for (;;) {
    size_t level;
    bool file = false;
    int status = next_path(walk, path, &level, diags);
    if (!status) status = visit(walk, *path, level, &file, diags);
    *argument = walk->next_path ? walk->next_path - 1 : 0;
    if (status || file) return status;
  }
}

const char *walk_stem(const char *path, size_t *length) {
  assert(path && length);
  const char *name = strcmp(path, "-") == 0 ? "stdin" : base_name(path);
  *length = unpacked_length(name);
  for (size_t at = *length; at-- > 1;)
    if (name[at] == '.') {
      *length = at;
      break;
    }
  return name;
}

bool walk_measure(const char *const *paths, size_t count, uint64_t *bytes) {
  assert(bytes);
  struct walk *walk = walk_new(paths, count, false);
  struct diag_list *diags = diag_list_new();
  const char *path;
  size_t argument, files = 0;
  struct os_file file;
  bool known = walk && diags;
  *bytes = 0;
  for (int status; known && (status = walk_next(walk, &path, &argument, diags)) != WALK_END;) {
    if (status) continue;
    known = files++ < MEASURED_MOST && strcmp(path, "-") != 0 && os_file(path, &file) == 0 && file.regular;
    if (known) *bytes += file.size;
  }
  diag_list_free(diags);
  walk_free(walk);
  return known;
}
