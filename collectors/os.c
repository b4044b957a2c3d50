/* See os.h: plain paths, clocks, randomness and fault injection. Knows the C library's calls; must not know what any file means. */
#include "os.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "os_inside.h"

static size_t fail_countdown;

void os_fail_after(size_t n) { fail_countdown = n ? n + 1 : 0; }

bool os_must_fail(void) {
  if (fail_countdown == 0) return false;
  if (fail_countdown > 1) fail_countdown--;
  return fail_countdown == 1;
}

static void (*watcher)(const char *call, const char *path);

void os_watch(void (*seen)(const char *call, const char *path)) { watcher = seen; }

bool os_refuses(const char *call, const char *path) {
  if (watcher) watcher(call, path);
  return os_must_fail();
}

int os_fd_read(int fd, size_t limit, size_t least, struct buffer *out, bool *more) {
  char block[16384];
  size_t done = 0;
  *more = false;
  for (;;) {
    size_t want = limit - done < sizeof block ? limit - done : sizeof block;
    ssize_t got = read(fd, block, want ? want : 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;
    if (want == 0) {
      *more = true;
      return 0;
    }
    if (buffer_append(out, block, (size_t)got)) return ENOMEM;
    done += (size_t)got;
    if ((size_t)got < want && done >= least) return 0;
  }
}

int os_read_file(const char *path, size_t limit, struct buffer *out) {
  assert(path && out);
  if (os_must_fail()) return EIO;
  bool standard_input = strcmp(path, "-") == 0;
  int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return errno;
  bool more = false;
  int error = os_fd_read(fd, limit, OS_END_UNKNOWN, out, &more);
  if (!standard_input) close(fd);
  return error ? error : more ? EFBIG : 0;
}

/* What mmap gives for a whole descriptor. */
static int map_fd(int fd, size_t limit, unsigned char **bytes, size_t *length) {
  struct stat info;
  if (fstat(fd, &info)) return errno;
  if (!S_ISREG(info.st_mode)) return S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
  if (info.st_size < 0 || (uintmax_t)info.st_size > limit) return EFBIG;
  *length = (size_t)info.st_size;
  if (*length == 0) return 0;
  void *mapped = mmap(NULL, *length, PROT_READ, MAP_PRIVATE, fd, 0);
  if (mapped == MAP_FAILED) return errno;
  *bytes = mapped;
  return 0;
}

int os_map(const char *path, size_t limit, unsigned char **bytes, size_t *length) {
  assert(path && bytes && length);
  *bytes = NULL;
  *length = 0;
  if (os_must_fail()) return EIO;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return errno;
  int error = map_fd(fd, limit, bytes, length);
  close(fd);
  return error;
}

void os_unmap(unsigned char *bytes, size_t length) {
  if (bytes) munmap(bytes, length);
}

int os_fd_write(int fd, const char *text, size_t length) {
  while (length) {
    ssize_t done = write(fd, text, length);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    text += done;
    length -= (size_t)done;
  }
  return 0;
}

/* Some file systems cannot sync a directory, or a pipe: that is no failure. */
static int sync_fd(int fd) { return fsync(fd) && errno != EINVAL && errno != ENOTSUP && errno != EROFS ? errno : 0; }

/* The directory part of a path, in a buffer of the caller. */
static int sync_directory_of(const char *path) {
  struct buffer directory = {0};
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) : 0;
  int error = ENOMEM;
  if (!buffer_append(&directory, slash ? length ? path : "/" : ".", length ? length : 1)) {
    int fd = open(directory.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    error = fd < 0 ? errno : sync_fd(fd);
    if (fd >= 0) close(fd);
    if (error == EACCES) error = 0; /* a directory may be written in and not be read */
  }
  buffer_free(&directory);
  return error;
}

/* True where `path` is there and a rename would replace something other than a plain file. */
static bool is_special(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0 && !S_ISREG(info.st_mode);
}

int os_publish(const char *temporary, const char *path) {
  assert(temporary && path);
  if (os_must_fail()) return EIO;
  if (is_special(path)) return EINVAL;
  int fd = open(temporary, O_RDONLY | O_CLOEXEC);
  int error = fd < 0 ? errno : sync_fd(fd);
  if (fd >= 0) close(fd);
  if (error) return error;
  if (rename(temporary, path)) return errno;
  return sync_directory_of(path);
}

static int write_to(const char *path, int flags, const char *text, size_t length) {
  int fd = open(path, flags | O_WRONLY | O_CLOEXEC | O_NOCTTY, 0666);
  if (fd < 0) return errno;
  int error = os_fd_write(fd, text, length);
  return close(fd) && !error ? errno : error;
}

int os_write_file(const char *path, const char *text, size_t length) {
  assert(path && (text || !length));
  if (os_must_fail()) return EIO;
  if (is_special(path)) return write_to(path, O_TRUNC, text, length);
  struct arena *arena = arena_new();
  char *temporary = arena ? os_temporary(arena, path) : NULL;
  int error = temporary ? write_to(temporary, O_CREAT | O_EXCL, text, length) : ENOMEM;
  if (!error) error = os_publish(temporary, path);
  if (error && temporary) unlink(temporary);
  arena_free(arena);
  return error;
}

struct os_writer {
  struct arena *arena;
  const char *path, *temporary; /* temporary: NULL where the path is written into */
  int fd;
};

struct os_writer *os_writer_open(const char *path) {
  assert(path);
  errno = EIO;
  if (os_must_fail()) return NULL;
  struct arena *arena = arena_new();
  struct os_writer *writer = arena ? arena_take(arena, sizeof *writer) : NULL;
  errno = ENOMEM;
  if (!writer) goto failed;
  bool special = is_special(path);
  *writer =
      (struct os_writer){.arena = arena, .path = arena_text(arena, path, strlen(path)), .temporary = special ? NULL : os_temporary(arena, path)};
  if (!writer->path || (!special && !writer->temporary)) goto failed;
  writer->fd = open(special ? path : writer->temporary, (special ? O_TRUNC : O_CREAT | O_EXCL) | O_WRONLY | O_CLOEXEC | O_NOCTTY, 0666);
  if (writer->fd >= 0) return writer;
failed:;
  int error = errno;
  arena_free(arena);
  errno = error;
  return NULL;
}

int os_writer_put(struct os_writer *writer, const char *text, size_t length) {
  assert(writer && (text || !length));
  return os_must_fail() ? EIO : os_fd_write(writer->fd, text, length);
}

int os_writer_close(struct os_writer *writer, bool keep) {
  if (!writer) return 0;
  int error = close(writer->fd) ? errno : 0;
  if (!error && keep && writer->temporary) error = os_publish(writer->temporary, writer->path);
  if (writer->temporary && (error || !keep)) unlink(writer->temporary);
  arena_free(writer->arena);
  return error;
}

int os_make_directory(const char *path) {
  assert(path);
  if (os_must_fail()) return EIO;
  return mkdir(path, 0777) ? errno : 0;
}

char *os_temporary(struct arena *arena, const char *path) {
  assert(arena && path);
  unsigned char noise[8] = {0};
  if (os_random(noise, sizeof noise)) return NULL;
  uint64_t number;
  memcpy(&number, noise, sizeof number);
  return arena_format(arena, "%s.tmp-%016llx", path, (unsigned long long)number);
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* One entry as the kernel gives it: inode 8, offset 8, length 2, kind 1, name; readdir makes two more calls for each directory. */
enum { ENTRY_LENGTH = 16, ENTRY_NAME = 19, ENTRIES_BYTES = 16384 };

struct names {
  char **items;
  size_t count, capacity, limit;
};

/* Takes the names out of a block of entries. 0 or an errno value. */
static int add_entries(struct names *names, struct arena *arena, const char *block, size_t length) {
  for (size_t at = 0; at < length && names->count < names->limit;) {
    uint16_t size;
    memcpy(&size, block + at + ENTRY_LENGTH, sizeof size);
    if (size <= ENTRY_NAME || size > length - at) return EIO;
    const char *name = block + at + ENTRY_NAME;
    at += size;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    char *copy = arena_text(arena, name, strlen(name));
    if (!copy || mem_grow(&names->items, &names->capacity, names->count + 1, sizeof *names->items)) return ENOMEM;
    names->items[names->count++] = copy;
  }
  return 0;
}

int os_fd_list(int fd, size_t limit, struct arena *arena, char ***names, size_t *count) {
  _Alignas(8) char block[ENTRIES_BYTES];
  struct names found = {.limit = limit};
  int error = 0;
  while (found.count < limit && !error) {
    long got = syscall(SYS_getdents64, fd, block, sizeof block);
    if (got <= 0) {
      error = got < 0 ? errno : 0;
      break;
    }
    error = add_entries(&found, arena, block, (size_t)got);
  }
  close(fd);
  *names = error ? NULL : arena_take_array(arena, found.count + 1, sizeof **names);
  if (!error && !*names) error = ENOMEM;
  if (!error && found.count) {
    qsort(found.items, found.count, sizeof *found.items, compare_names);
    memcpy(*names, found.items, found.count * sizeof *found.items);
  }
  *count = error ? 0 : found.count;
  mem_free(found.items);
  return error;
}

int os_list(const char *path, size_t limit, struct arena *arena, char ***names, size_t *count) {
  assert(path && arena && names && count);
  *names = NULL;
  *count = 0;
  if (os_must_fail()) return EIO;
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? errno : os_fd_list(fd, limit, arena, names, count);
}

int os_kind(const char *path, enum os_kind *kind) {
  assert(path && kind);
  if (os_must_fail()) return EIO;
  struct stat info;
  if (stat(path, &info)) return errno;
  *kind = S_ISREG(info.st_mode) ? OS_FILE : S_ISDIR(info.st_mode) ? OS_DIRECTORY : OS_OTHER;
  return 0;
}

int os_remove(const char *path) {
  assert(path);
  if (os_must_fail()) return EIO;
  return unlink(path) ? errno : 0;
}

int64_t os_now(void) { return (int64_t)time(NULL); }

int64_t os_ticks(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int os_random(unsigned char *bytes, size_t length) {
  assert(bytes || !length);
  if (os_must_fail()) return EIO;
  while (length) {
    ssize_t got = getrandom(bytes, length, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    bytes += got;
    length -= (size_t)got;
  }
  return 0;
}
