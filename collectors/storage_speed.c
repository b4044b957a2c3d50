/* Opt-in probe: how fast a scratch file is written and read. Knows three ways of use; removes what it made. */
#include <errno.h>
#include <string.h>

#include "context.h"
#include "os_machine.h"

#define WAIT_MS 5000
#define SYNC_BYTES ((size_t)4 << 20)
#define SMALL_BLOCK 4096
#define LARGE_BLOCK ((size_t)1 << 20)
#define MEGABYTE 1e6

static void measure(struct collect *c, const char *fact, const char *path, enum os_speed way, size_t block, size_t bytes) {
  double speed = 0;
  int error = os_storage_speed(path, way, block, bytes, WAIT_MS, &speed);
  if (!error) {
    size_t index = fact_find(c->facts->catalog, fact, strlen(fact));
    fact_set_value(c->facts, index, (struct value){.kind = VALUE_REAL, .real = speed / MEGABYTE});
  } else if (way == OS_SPEED_DIRECT_READ && error == EINVAL) {
    collect_refuse(c, fact, "the file system has no direct reads");
  } else {
    collect_refuse(c, fact, error == ENOSPC ? "no space left" : error == EROFS ? "a read-only file system" : "cannot be measured here");
  }
}

void collect_storage_speed(struct collect *c) {
  if (!c->live || !c->options->storage_speed) return;
  size_t bytes = c->options->storage_bytes ? c->options->storage_bytes : COLLECT_STORAGE_BYTES;
  char *name = collect_format(c, "%s/hostprint-speed", c->options->storage_dir ? c->options->storage_dir : ".");
  char *path = name ? os_temporary(c->arena, name) : NULL;
  if (!path) {
    collect_refuse(c, "storage_speed", "no name for a scratch file");
    return;
  }
  measure(c, "storage_speed.sequential_write", path, OS_SPEED_SEQUENTIAL_WRITE, bytes < LARGE_BLOCK ? bytes : LARGE_BLOCK, bytes);
  measure(c, "storage_speed.direct_4k_read", path, OS_SPEED_DIRECT_READ, SMALL_BLOCK, bytes < SYNC_BYTES ? bytes : SYNC_BYTES);
  os_remove(path);
  measure(c, "storage_speed.sync_4k_write", path, OS_SPEED_SYNC_WRITE, SMALL_BLOCK, bytes < SYNC_BYTES ? bytes : SYNC_BYTES);
  os_remove(path);
}
