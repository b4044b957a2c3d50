/* Whether the paths that rules ask for exist. Knows only that question; a path that cannot be told is left out. */
#include <errno.h>
#include <string.h>

#include "context.h"

void collect_files(struct collect *c) {
  const struct collect_options *options = c->options;
  size_t count = 0;
  if (!options->path_count || (!c->root && !c->complete)) return;
  struct pair *pairs = arena_take_array(c->arena, options->path_count, sizeof *pairs);
  if (!pairs) {
    c->failed = true;
    return;
  }
  for (size_t i = 0; i < options->path_count && !collect_late(c); i++) {
    const char *path = options->paths[i];
    if (path[0] != '/') continue;
    int error = c->root ? os_root_exists(c->root, path, NULL) : ENOENT;
    bool gone = error == ENOENT || error == ENOTDIR;
    if (error && !(gone && collect_is_whole(c))) continue;
    char *copy = collect_kept(c, arena_text(c->arena, path, strlen(path)));
    if (copy) pairs[count++] = (struct pair){.key = copy, .value = value_boolean(!error)};
  }
  if (count) collect_map(c, "files", pairs, count, false);
}
