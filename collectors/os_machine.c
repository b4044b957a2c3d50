/* See os_machine.h: what this machine says of itself. Knows the system calls; must not know what any answer means. */
#include "os_machine.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <libcpuid/libcpuid.h>
#endif

#include "os_inside.h"

#define KMSG_RECORD_BYTES 8192
#define KMSG_RECORDS 100000
#define KLOG_READ_ALL 3
#define KLOG_SIZE 10

int os_uname(struct utsname *names) {
  if (os_must_fail()) return EIO;
  return uname(names) ? errno : 0;
}

char **os_environment(void) { return environ; }

int64_t os_user_id(void) { return (int64_t)geteuid(); }

int64_t os_process_id(void) { return (int64_t)getpid(); }

int os_working_directory(struct buffer *out) {
  char path[PATH_MAX];
  if (os_must_fail()) return EIO;
  if (!getcwd(path, sizeof path)) return errno;
  return buffer_add(out, path) ? ENOMEM : 0;
}

int64_t os_processors(void) {
  cpu_set_t set;
  if (os_must_fail()) return 0;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? online : 0;
}

/* One record of /dev/kmsg is "priority,number,time,flags;message", then lines that begin with a blank. */
static int add_record(struct buffer *out, const char *record, size_t length) {
  const char *message = memchr(record, ';', length);
  if (!message) return 0;
  message++;
  size_t rest = length - (size_t)(message - record);
  const char *end = memchr(message, '\n', rest);
  if (buffer_append(out, message, end ? (size_t)(end - message) : rest)) return ENOMEM;
  return buffer_append(out, "\n", 1) ? ENOMEM : 0;
}

static int read_kmsg(size_t limit, struct buffer *out) {
  char record[KMSG_RECORD_BYTES];
  struct stat info;
  int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
  if (fd < 0) return errno;
  int error = fstat(fd, &info) ? errno : 0;
  if (!error && (!S_ISCHR(info.st_mode) || info.st_rdev != makedev(1, 11))) error = ENODEV;
  for (size_t i = 0; !error && i < KMSG_RECORDS && out->length < limit; i++) {
    ssize_t got = read(fd, record, sizeof record);
    if (got < 0 && (errno == EPIPE || errno == EINTR)) continue;
    if (got <= 0) {
      error = got == 0 || errno == EAGAIN ? 0 : errno;
      break;
    }
    error = add_record(out, record, (size_t)got);
  }
  close(fd);
  return error;
}

static int read_klog(size_t limit, struct buffer *out) {
  int size = klogctl(KLOG_SIZE, NULL, 0);
  if (size < 0) return errno;
  size_t want = (size_t)size < limit ? (size_t)size : limit;
  char *text = mem_new(want + 1);
  if (!text) return ENOMEM;
  int got = klogctl(KLOG_READ_ALL, text, (int)want);
  int error = got < 0 ? errno : 0;
  if (got > 0 && buffer_append(out, text, (size_t)got)) error = ENOMEM;
  mem_free(text);
  return error;
}

int os_kernel_log(size_t limit, struct buffer *out) {
  assert(out && limit <= INT_MAX);
  if (os_must_fail()) return EIO;
  int error = read_kmsg(limit, out);
  if (!error && out->length) return 0;
  buffer_clear(out);
  return read_klog(limit, out);
}

static int prefix_bits(const struct sockaddr *mask) {
  const unsigned char *bytes = NULL;
  size_t length = 0;
  int bits = 0;
  if (mask && mask->sa_family == AF_INET) {
    bytes = (const unsigned char *)&((const struct sockaddr_in *)(const void *)mask)->sin_addr;
    length = 4;
  } else if (mask && mask->sa_family == AF_INET6) {
    bytes = (const unsigned char *)&((const struct sockaddr_in6 *)(const void *)mask)->sin6_addr;
    length = 16;
  }
  for (size_t i = 0; i < length; i++) bits += __builtin_popcount(bytes[i]);
  return bits;
}

/* The address as text with its prefix; NULL for a family that has none, or when memory is out. */
static const char *address_text(struct arena *arena, const struct ifaddrs *entry) {
  char text[INET6_ADDRSTRLEN];
  const void *address = NULL;
  if (!entry->ifa_addr) return NULL;
  int family = entry->ifa_addr->sa_family;
  if (family == AF_INET) address = &((const struct sockaddr_in *)(const void *)entry->ifa_addr)->sin_addr;
  if (family == AF_INET6) address = &((const struct sockaddr_in6 *)(const void *)entry->ifa_addr)->sin6_addr;
  if (!address || !inet_ntop(family, address, text, sizeof text)) return NULL;
  return arena_format(arena, "%s/%d", text, prefix_bits(entry->ifa_netmask));
}

int os_interfaces(struct arena *arena, struct os_interface **list, size_t *count) {
  struct ifaddrs *first = NULL;
  size_t total = 0;
  *list = NULL;
  *count = 0;
  if (os_must_fail()) return EIO;
  if (getifaddrs(&first)) return errno;
  for (struct ifaddrs *entry = first; entry; entry = entry->ifa_next) total++;
  *list = arena_take_array(arena, total, sizeof **list);
  for (struct ifaddrs *entry = first; *list && entry; entry = entry->ifa_next) {
    const char *address = entry->ifa_flags & IFF_LOOPBACK ? NULL : address_text(arena, entry);
    const char *name = address ? arena_text(arena, entry->ifa_name, strlen(entry->ifa_name)) : NULL;
    if (name) (*list)[(*count)++] = (struct os_interface){.name = name, .address = address};
  }
  freeifaddrs(first);
  return *list ? 0 : ENOMEM;
}

int os_block_head(const char *name, unsigned char *bytes, size_t length) {
  char path[64];
  struct stat info;
  assert(name && bytes);
  if (os_must_fail()) return EIO;
  if (strchr(name, '/') || snprintf(path, sizeof path, "/dev/%s", name) >= (int)sizeof path) return EINVAL;
  if (stat(path, &info)) return errno;
  if (!S_ISBLK(info.st_mode)) return EINVAL;
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return errno;
  ssize_t got = pread(fd, bytes, length, 0);
  int error = got < 0 ? errno : (size_t)got < length ? ENXIO : 0;
  close(fd);
  return error;
}

bool os_cpuid(uint32_t leaf, uint32_t registers[4]) {
  memset(registers, 0, 4 * sizeof *registers);
#if defined(__x86_64__) || defined(__i386__)
  if (os_must_fail() || !cpuid_present()) return false;
  registers[0] = leaf;
  cpu_exec_cpuid_ext(registers);
  return true;
#else
  (void)leaf;
  return false;
#endif
}
