/* See os.h: files read in pieces. Knows the C library's calls; must not know what any file means. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "os_inside.h"

struct os_stream {
  int fd;
};

struct os_stream *os_stream_open(const char *path) {
  assert(path);
  errno = EIO;
  if (os_must_fail()) return NULL;
  bool standard_input = strcmp(path, "-") == 0;
  int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return NULL;
  struct os_stream *stream = mem_new(sizeof *stream);
  if (stream) {
    stream->fd = fd;
    return stream;
  }
  if (!standard_input) close(fd);
  errno = ENOMEM;
  return NULL;
}

int os_stream_read(struct os_stream *stream, char *bytes, size_t size, size_t *got) {
  assert(stream && bytes && size && got);
  if (os_must_fail()) return EIO;
  ssize_t count;
  do {
    count = read(stream->fd, bytes, size);
  } while (count < 0 && errno == EINTR);
  *got = count > 0 ? (size_t)count : 0;
  return count < 0 ? errno : 0;
}

void os_stream_close(struct os_stream *stream) {
  if (!stream) return;
  if (stream->fd != STDIN_FILENO) close(stream->fd);
  mem_free(stream);
}
