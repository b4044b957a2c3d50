/* See os.h: directories that stand for "/". Knows links and kinds of files; must not know what any file means. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "os_inside.h"

#define WALK_LINKS 40  /* as the kernel */
#define WALK_DEPTH 128 /* directories on the way */
#define OPENAT2_TRIES 4

enum owner { OWNER_UNASKED, OWNER_KERNEL, OWNER_OTHER };

struct os_root {
  int fd;
  bool live;
  bool walk;            /* openat2 is not there */
  enum owner proc, sys; /* live: whose the directory is */
};

static bool force_walk;

void os_force_walk(bool force) { force_walk = force; }

/* Takes the descriptor. */
static struct os_root *root_new(int fd, bool live) {
  if (fd < 0) return NULL;
  struct os_root *root = mem_new(sizeof *root);
  if (!root) {
    close(fd);
    errno = ENOMEM;
    return NULL;
  }
  *root = (struct os_root){.fd = fd, .live = live};
  return root;
}

struct os_root *os_root_open(const char *path) {
  assert(path);
  errno = EIO;
  if (os_must_fail()) return NULL;
  return root_new(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), strcmp(path, "/") == 0);
}

void os_root_close(struct os_root *root) {
  if (!root) return;
  close(root->fd);
  mem_free(root);
}

/* A path being resolved by hand: the directories entered so far, and what is still to be walked. */
struct walk {
  int fds[WALK_DEPTH]; /* fds[0] is the root and stays open */
  size_t depth;
  unsigned links;
  char rest[2 * PATH_MAX];
};

static void walk_back_to(struct walk *walk, size_t depth) {
  while (walk->depth > depth) close(walk->fds[walk->depth--]);
}

/* Takes the next name off the rest; false at the end. `name` has NAME_MAX + 1 bytes. 0 or ENAMETOOLONG in *error. */
static bool walk_next(struct walk *walk, char *name, int *error) {
  const char *from = walk->rest + strspn(walk->rest, "/");
  size_t length = strcspn(from, "/");
  *error = length > NAME_MAX ? ENAMETOOLONG : 0;
  if (!length || *error) return false;
  memcpy(name, from, length);
  name[length] = 0;
  memmove(walk->rest, from + length, strlen(from + length) + 1);
  return true;
}

/* Puts the text of a link before the rest. */
static int walk_enter_link(struct walk *walk, int link) {
  char target[PATH_MAX];
  ssize_t length = readlinkat(link, "", target, sizeof target);
  size_t rest = strlen(walk->rest);
  if (length < 0) return errno;
  if (length == 0) return ENOENT;
  if (++walk->links > WALK_LINKS) return ELOOP;
  if ((size_t)length + rest + 1 > sizeof walk->rest) return ENAMETOOLONG;
  memmove(walk->rest + length, walk->rest, rest + 1);
  memcpy(walk->rest, target, (size_t)length);
  if (target[0] == '/') walk_back_to(walk, 0);
  return 0;
}

/* One name: enters a directory, follows a link, or leaves `name` as the file that was meant (*found). */
static int walk_step(struct walk *walk, const char *name, bool follow, bool *found) {
  bool last = walk->rest[strspn(walk->rest, "/")] == 0;
  struct stat info;
  int fd = openat(walk->fds[walk->depth], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return errno;
  int error = fstat(fd, &info) ? errno : 0;
  if (!error && S_ISDIR(info.st_mode)) {
    if (walk->depth + 1 < WALK_DEPTH) {
      walk->fds[++walk->depth] = fd;
      return 0;
    }
    error = ENAMETOOLONG;
  } else if (!error && S_ISLNK(info.st_mode) && (follow || !last)) {
    error = walk_enter_link(walk, fd);
  } else if (!error) {
    *found = walk->rest[0] == 0;
    error = *found ? 0 : ENOTDIR;
  }
  close(fd);
  return error;
}

/* Opens a path under the root without openat2. Returns a descriptor, or -1 with errno. */
static int open_by_walk(const struct os_root *root, const char *path, int flags) {
  struct walk walk = {.fds = {root->fd}};
  char name[NAME_MAX + 1] = "";
  bool found = false;
  int error = strlen(path) < PATH_MAX ? 0 : ENAMETOOLONG;
  if (!error) memcpy(walk.rest, path, strlen(path) + 1);
  while (!error && !found && walk_next(&walk, name, &error)) {
    if (strcmp(name, "..") == 0)
      walk_back_to(&walk, walk.depth ? walk.depth - 1 : 0);
    else if (strcmp(name, ".") != 0)
      error = walk_step(&walk, name, !(flags & O_NOFOLLOW), &found);
  }
  int fd = error ? -1 : openat(walk.fds[walk.depth], found ? name : ".", flags | O_NOFOLLOW);
  if (fd < 0 && !error) error = errno;
  walk_back_to(&walk, 0);
  errno = error;
  return fd;
}

static int open_by_kernel(const struct os_root *root, const char *path, int flags) {
  struct open_how how = {.flags = (unsigned)flags, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  long fd = -1;
  for (int i = 0; i < OPENAT2_TRIES; i++) {
    fd = syscall(SYS_openat2, root->fd, path, &how, sizeof how);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return (int)fd;
}

/* Opens a path under the root with O_CLOEXEC and `flags`. Returns a descriptor, or -1 with errno. */
static int open_under(struct os_root *root, const char *path, int flags) {
  flags |= O_CLOEXEC;
  if (root->live) return open(path, flags);
  if (!root->walk && !force_walk) {
    int fd = open_by_kernel(root, path, flags);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EAGAIN)) return fd;
    root->walk = errno != EAGAIN;
  }
  return open_by_walk(root, path, flags);
}

struct os_root *os_root_enter(struct os_root *root, const char *path) {
  assert(root && path);
  errno = EIO;
  if (os_must_fail()) return NULL;
  return root_new(open_under(root, path, O_PATH | O_DIRECTORY), false);
}

/* What a path is after links, found without opening it. 0 or an errno value. */
static int status_under(struct os_root *root, const char *path, struct stat *info) {
  if (root->live) return stat(path, info) ? errno : 0;
  int fd = open_under(root, path, O_PATH);
  if (fd < 0) return errno;
  int error = fstat(fd, info) ? errno : 0;
  close(fd);
  return error;
}

static int kind_error(const struct stat *info) { return S_ISREG(info->st_mode) ? 0 : S_ISDIR(info->st_mode) ? EISDIR : EINVAL; }

/* 0 where a path is a regular file, found without opening it. */
static int plain_under(struct os_root *root, const char *path) {
  struct stat info;
  int error = status_under(root, path, &info);
  return error ? error : kind_error(&info);
}

/* True where this machine's kernel itself is what shows the files below `top`, asked once. */
static bool is_kernels(enum owner *owner, const char *top, unsigned long magic) {
  struct statfs info;
  if (*owner == OWNER_UNASKED) *owner = statfs(top, &info) == 0 && (unsigned long)info.f_type == magic ? OWNER_KERNEL : OWNER_OTHER;
  return *owner == OWNER_KERNEL;
}

static bool is_in(const char *path, const char *top) { return strncmp(path, top, strlen(top)) == 0; }

static bool is_in_sys(struct os_root *root, const char *path) {
  return root->live && is_in(path, "/sys/") && is_kernels(&root->sys, "/sys", SYSFS_MAGIC);
}

static bool is_in_proc(struct os_root *root, const char *path) {
  return root->live && is_in(path, "/proc/") && is_kernels(&root->proc, "/proc", PROC_SUPER_MAGIC);
}

/* Bytes after which a read that falls short is the end. Files that have a size end there; those of /sys too if they hold a
 * table, which comes page by page, while an attribute is told to have the size of a page and comes in one read. The other
 * files of the kernel have none. */
static size_t least_bytes(const struct stat *info, bool in_sys) {
  if (!info->st_size) return OS_END_UNKNOWN;
  return in_sys && info->st_size == sysconf(_SC_PAGESIZE) ? 1 : (size_t)info->st_size;
}

int os_root_read(struct os_root *root, const char *path, size_t limit, struct buffer *out, bool *truncated) {
  assert(root && path && out);
  struct stat info;
  bool more = false;
  if (os_refuses("read", path)) return EIO;
  bool in_sys = is_in_sys(root, path);
  int error = in_sys || is_in_proc(root, path) ? 0 : plain_under(root, path);
  if (error) return error;
  int fd = open_under(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return errno;
  error = fstat(fd, &info) ? errno : kind_error(&info);
  if (!error) error = os_fd_read(fd, limit, least_bytes(&info, in_sys), out, &more);
  if (truncated) *truncated = more;
  close(fd);
  return error;
}

int os_root_list(struct os_root *root, const char *path, size_t limit, struct arena *arena, char ***names, size_t *count) {
  assert(root && path && arena && names && count);
  *names = NULL;
  *count = 0;
  if (os_refuses("list", path)) return EIO;
  int fd = open_under(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  return fd < 0 ? errno : os_fd_list(fd, limit, arena, names, count);
}

int os_root_exists(struct os_root *root, const char *path, bool *is_directory) {
  assert(root && path);
  struct stat info;
  if (os_refuses("exists", path)) return EIO;
  int error = status_under(root, path, &info);
  if (!error && is_directory) *is_directory = S_ISDIR(info.st_mode);
  return error;
}

int os_root_directory(struct os_root *root, const char *path, uint64_t identity[2]) {
  assert(root && path && identity);
  struct stat info;
  if (os_refuses("exists", path)) return EIO;
  int error = status_under(root, path, &info);
  if (!error && !S_ISDIR(info.st_mode)) error = ENOTDIR;
  if (error) return error;
  identity[0] = info.st_dev;
  identity[1] = info.st_ino;
  return 0;
}

int os_root_link(struct os_root *root, const char *path, struct buffer *out) {
  assert(root && path && out);
  char target[PATH_MAX];
  if (os_refuses("link", path)) return EIO;
  ssize_t length;
  if (root->live) {
    length = readlink(path, target, sizeof target);
  } else {
    int fd = open_under(root, path, O_PATH | O_NOFOLLOW);
    if (fd < 0) return errno;
    length = readlinkat(fd, "", target, sizeof target);
    if (length < 0 && errno == ENOENT) errno = EINVAL; /* readlinkat says so of what is not a link */
    int error = errno;
    close(fd);
    errno = error;
  }
  if (length < 0) return errno;
  return buffer_append(out, target, (size_t)length) ? ENOMEM : 0;
}
