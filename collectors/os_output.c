/* See os.h: a file that grows, or standard output. Must not know what is written. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os_inside.h"

struct os_output {
  int fd;
  bool regular;
};

struct os_output *os_output_open(const char *path) {
  errno = EIO;
  if (os_must_fail()) return NULL;
  struct os_output *output = mem_new(sizeof *output);
  struct stat info;
  int error = ENOMEM;
  if (!output) goto failed;
  output->fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666) : STDOUT_FILENO;
  error = output->fd < 0 || fstat(output->fd, &info) ? errno : 0;
  if (error) goto failed;
  output->regular = path && S_ISREG(info.st_mode);
  if (!output->regular || flock(output->fd, LOCK_EX | LOCK_NB) == 0) return output;
  error = errno == EWOULDBLOCK ? EBUSY : 0; /* some file systems have no locks */
  if (!error) return output;
failed:
  if (output && output->fd > STDOUT_FILENO) close(output->fd);
  mem_free(output);
  errno = error;
  return NULL;
}

bool os_output_is_file(const struct os_output *output, struct os_file *file) {
  assert(output && file);
  struct stat info;
  if (!output->regular || fstat(output->fd, &info)) return false;
  *file = os_of_stat(&info);
  return true;
}

int os_output_cut(struct os_output *output, uint64_t length) {
  assert(output && output->regular);
  if (os_must_fail()) return EIO;
  return ftruncate(output->fd, (off_t)length) || lseek(output->fd, (off_t)length, SEEK_SET) < 0 ? errno : 0;
}

int os_output_put(struct os_output *output, const char *bytes, size_t length) {
  assert(output && (bytes || !length));
  return os_must_fail() ? EIO : os_fd_write(output->fd, bytes, length);
}

int os_output_sync(struct os_output *output) {
  assert(output);
  if (os_must_fail()) return EIO;
  return fsync(output->fd) && errno != EINVAL && errno != ENOTSUP && errno != EROFS ? errno : 0;
}

int os_output_close(struct os_output *output) {
  if (!output) return 0;
  int error = output->fd != STDOUT_FILENO && close(output->fd) ? errno : 0;
  mem_free(output);
  return error;
}
