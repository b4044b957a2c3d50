/* Whether the paths that rules ask for exist. Knows only that question; a path that cannot be told is left out. */
#include <errno.h>
#include <string.h>

#include "context.h"

static bool is_below(const char *path, const char *top) {
  size_t length = strlen(top);
  return strncmp(path, top, length) == 0 && path[length] == '/';
}

static bool is_gone(int error) { return error == ENOENT || error == ENOTDIR; }

/* 0 or an errno value. *missing: the last path that was not there; in sorted paths what would lie below it comes next. */
static int look(struct collect *c, const char *path, const char **missing) {
  if (!c->root || (*missing && is_below(path, *missing))) return ENOENT;
  int error = os_root_exists(c->root, path, NULL);
  if (is_gone(error)) *missing = path;
  return error;
}

void collect_files(struct collect *c) {
  const struct collect_options *options = c->options;
  size_t count = 0;
  if (!options->path_count || (!c->root && !c->complete)) return;
  struct pair *pairs = arena_take_array(c->arena, options->path_count, sizeof *pairs);
  if (!pairs) {
    c->failed = true;
    return;
  }
  const char *missing = NULL;
  for (size_t i = 0; i < options->path_count && !collect_late(c); i++) {
    const char *path = options->paths[i];
    if (path[0] != '/') continue;
    int error = look(c, path, &missing);
    if (error && !(is_gone(error) && collect_is_whole(c))) continue;
    char *copy = collect_kept(c, arena_text(c->arena, path, strlen(path)));
    if (copy) pairs[count++] = (struct pair){.key = copy, .value = value_boolean(!error)};
  }
  if (count) collect_map(c, "files", pairs, count, false);
}
