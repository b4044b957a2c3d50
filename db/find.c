/* See db.h: where the evidence DB is. Knows the places; must not know what is in it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../collectors/os.h"
#include "db.h"

#ifndef HOSTPRINT_PREFIX
#define HOSTPRINT_PREFIX "/usr/local"
#endif

static bool is_file(const char *path) {
  enum os_kind kind;
  return os_kind(path, &kind) == 0 && kind == OS_FILE;
}

/* The directory of the running program; NULL where it cannot be told. */
static char *program_directory(struct arena *arena) {
  struct buffer target = {0};
  struct os_root *root = os_root_open("/");
  char *directory = NULL;
  if (root && os_root_link(root, "/proc/self/exe", &target) == 0) {
    const char *slash = strrchr(target.text, '/');
    if (slash) directory = arena_text(arena, target.text, (size_t)(slash - target.text));
  }
  os_root_close(root);
  buffer_free(&target);
  return directory;
}

char *db_find(struct arena *arena, const char *given) {
  static const char *const beside[] = {"evidence.db", "../share/hostprint/evidence.db"};
  assert(arena);
  if (!given) given = getenv("HOSTPRINT_DB");
  if (given && *given) return arena_text(arena, given, strlen(given));
  const char *directory = program_directory(arena);
  for (size_t i = 0; directory && i < sizeof beside / sizeof *beside; i++) {
    char *path = arena_format(arena, "%s/%s", directory, beside[i]);
    if (path && is_file(path)) return path;
  }
  char *path = arena_text(arena, HOSTPRINT_PREFIX "/share/hostprint/evidence.db", sizeof HOSTPRINT_PREFIX "/share/hostprint/evidence.db" - 1);
  return path && is_file(path) ? path : NULL;
}
