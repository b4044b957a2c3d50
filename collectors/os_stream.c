/* See os.h: files read in pieces. Knows the C library's calls; must not know what any file means. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os_inside.h"

struct os_stream {
  int fd;
  bool waits; /* it may keep its reader waiting */
};

struct os_file os_of_stat(const struct stat *info) {
  bool regular = S_ISREG(info->st_mode);
  return (struct os_file){.regular = regular,
                          .size = regular ? (uint64_t)info->st_size : 0,
                          .changed = (int64_t)info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec,
                          .device = info->st_dev,
                          .inode = info->st_ino};
}

static int describe(int fd, struct os_file *file) {
  struct stat info;
  if (fstat(fd, &info)) return errno;
  *file = os_of_stat(&info);
  file->regular = file->regular && fd != STDIN_FILENO;
  return 0;
}

struct os_stream *os_stream_open(const char *path) {
  assert(path);
  errno = EIO;
  if (os_must_fail()) return NULL;
  bool standard_input = strcmp(path, "-") == 0;
  int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return NULL;
  struct os_stream *stream = mem_new(sizeof *stream);
  if (stream) {
    struct os_file file = {0};
    *stream = (struct os_stream){.fd = fd, .waits = describe(fd, &file) != 0 || !file.regular};
    return stream;
  }
  if (!standard_input) close(fd);
  errno = ENOMEM;
  return NULL;
}

int os_stream_read(struct os_stream *stream, char *bytes, size_t size, size_t *got) {
  assert(stream && bytes && size && got);
  if (os_must_fail()) return EIO;
  int error = stream->waits ? os_fd_wait(stream->fd) : 0;
  if (error) return error;
  ssize_t count;
  do {
    count = read(stream->fd, bytes, size);
  } while (count < 0 && errno == EINTR);
  *got = count > 0 ? (size_t)count : 0;
  return count < 0 ? errno : 0;
}

int os_stream_file(const struct os_stream *stream, struct os_file *file) {
  assert(stream && file);
  return os_must_fail() ? EIO : describe(stream->fd, file);
}

int os_file(const char *path, struct os_file *file) {
  assert(path && file);
  if (os_must_fail()) return EIO;
  struct stat info;
  if (stat(path, &info)) return errno;
  *file = os_of_stat(&info);
  return 0;
}

int os_stream_skip(struct os_stream *stream, uint64_t bytes) {
  assert(stream);
  if (os_must_fail()) return EIO;
  return stream->waits || bytes > INT64_MAX || lseek(stream->fd, (off_t)bytes, SEEK_SET) < 0 ? ESPIPE : 0;
}

void os_stream_close(struct os_stream *stream) {
  if (!stream) return;
  if (stream->fd != STDIN_FILENO) close(stream->fd);
  mem_free(stream);
}
