/* What the test programs of this folder share: a folder to work in, and the files put into it. */
#ifndef HP_TEST_FOLDER_H
#define HP_TEST_FOLDER_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/check.h"

/* A check with words that say what is proved. */
#define PROVE(holds, what) check_note((holds) ? 1 : 0, (what), __FILE__, __LINE__)

/* A new empty folder; the caller removes it with folder_remove. */
static inline void folder_new(char *path, size_t size) {
  snprintf(path, size, "%s/hostprint-test-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
  if (!mkdtemp(path)) {
    perror("mkdtemp");
    exit(2);
  }
}

static inline int folder_remove_one(const char *path, const struct stat *info, int flag, struct FTW *where) {
  (void)info, (void)flag, (void)where;
  return remove(path);
}

static inline void folder_remove(const char *path) { nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS); }

/* "folder/name", in one of four buffers used in turn. */
static inline const char *in_folder(const char *folder, const char *name) {
  static char paths[4][4096];
  static unsigned turn;
  char *path = paths[turn++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

/* Writes a file under a folder, making the directories on the way. */
static inline void put_bytes(const char *folder, const char *name, const char *text, size_t length) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    if (mkdir(path, 0777) && errno != EEXIST) perror(path);
    *slash = '/';
  }
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(text, 1, length, file) != length || fclose(file)) {
    perror(path);
    exit(2);
  }
}

static inline void put(const char *folder, const char *name, const char *text) { put_bytes(folder, name, text, strlen(text)); }

static inline void put_link(const char *folder, const char *name, const char *target) {
  if (symlink(target, in_folder(folder, name))) perror(name);
}

#endif
