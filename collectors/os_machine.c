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
#define KLOG_LEAST ((size_t)64 << 10) /* most logs are shorter */
#define KLOG_STEP 16

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

static int digit_of(char hexadecimal) {
  static const char digits[] = "0123456789abcdef";
  const char *at = hexadecimal ? strchr(digits, hexadecimal) : NULL;
  return at ? (int)(at - digits) : -1;
}

/* The device writes bytes that are no plain ASCII, and backslashes, as "\x0a". */
static int add_unescaped(struct buffer *out, const char *text, size_t length) {
  const char *end = text + length;
  while (text < end) {
    const char *mark = memchr(text, '\\', (size_t)(end - text));
    if (buffer_append(out, text, (size_t)((mark ? mark : end) - text))) return ENOMEM;
    if (!mark) break;
    int high = end - mark >= 4 && mark[1] == 'x' ? digit_of(mark[2]) : -1, low = high >= 0 ? digit_of(mark[3]) : -1;
    char byte = low >= 0 ? (char)(unsigned char)(16 * high + low) : '\\';
    if (buffer_append(out, &byte, 1)) return ENOMEM;
    text = mark + (low >= 0 ? 4 : 1);
  }
  return 0;
}

/* One record of /dev/kmsg is "priority,number,time,flags;message", then lines that begin with a blank. */
static int add_record(struct buffer *out, const char *record, size_t length) {
  const char *message = memchr(record, ';', length);
  if (!message) return 0;
  message++;
  size_t rest = length - (size_t)(message - record);
  const char *end = memchr(message, '\n', rest);
  if (add_unescaped(out, message, end ? (size_t)(end - message) : rest)) return ENOMEM;
  return buffer_append(out, "\n", 1) ? ENOMEM : 0;
}

/* One read a record: at most `records` of them. */
static int read_kmsg(size_t limit, size_t records, struct buffer *out) {
  char record[KMSG_RECORD_BYTES];
  struct stat info;
  int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
  if (fd < 0) return errno;
  int error = fstat(fd, &info) ? errno : 0;
  if (!error && (!S_ISCHR(info.st_mode) || info.st_rdev != makedev(1, 11))) error = ENODEV;
  for (size_t i = 0; !error && i < records && out->length < limit; i++) {
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

/* A time "    0.000000" or a caller "    T1" in brackets. */
static bool is_mark(const char *at, const char *end) {
  bool marked = false;
  for (; at < end; at++) {
    bool counted = *at == '.' || *at == 'T' || *at == 'C';
    if (!counted && *at != ' ' && (*at < '0' || *at > '9')) return false;
    marked = marked || counted;
  }
  return marked;
}

/* What follows "<6>[    0.000000][    T1] ", all parts of which may be missing. */
static const char *after_marks(const char *line, const char *end) {
  const char *close = line < end && *line == '<' ? memchr(line, '>', (size_t)(end - line)) : NULL;
  bool marked = false;
  if (close) line = close + 1;
  while (line < end && *line == '[' && (close = memchr(line, ']', (size_t)(end - line))) && is_mark(line + 1, close)) {
    line = close + 1;
    marked = true;
  }
  return marked && line < end && *line == ' ' ? line + 1 : line;
}

static int add_lines(struct buffer *out, const char *text, size_t length) {
  const char *end = text + length;
  while (text < end) {
    const char *stop = memchr(text, '\n', (size_t)(end - text));
    if (!stop) stop = end;
    const char *message = after_marks(text, stop);
    bool ended = stop < end;
    if (buffer_append(out, message, (size_t)(stop - message) + ended) || (!ended && buffer_append(out, "\n", 1))) return ENOMEM;
    text = stop + 1;
  }
  return 0;
}

/* All in one call; of a log of more than `size` bytes the end. */
static int read_klog(size_t size, struct buffer *out) {
  char *text = mem_new(size);
  if (!text) return ENOMEM;
  int got = klogctl(KLOG_READ_ALL, text, (int)size);
  int error = got < 0 ? errno : add_lines(out, text, (size_t)got);
  mem_free(text);
  return error;
}

/* The call leaves out what was cleared, and the first lines of a log that is longer than there is room for; the device shows those too. */
static bool is_from_start(const struct buffer *log) {
  struct buffer first = {0};
  bool shown = read_kmsg(KMSG_RECORD_BYTES, 1, &first) == 0 && first.length;
  bool same = !shown || (log->length >= first.length && memcmp(log->text, first.text, first.length) == 0);
  buffer_free(&first);
  return same;
}

int os_kernel_log(size_t limit, struct buffer *out) {
  assert(out && limit && limit <= INT_MAX);
  if (os_must_fail()) return EIO;
  int refused = 0;
  for (size_t size = KLOG_LEAST; !refused && size <= limit; size *= KLOG_STEP) {
    buffer_clear(out);
    refused = read_klog(size, out);
    if (!refused && out->length && is_from_start(out)) return 0;
    if (out->length < size / 2) break; /* it is whole, but for what was cleared */
  }
  buffer_clear(out);
  int error = read_kmsg(limit, KMSG_RECORDS, out);
  return error || !out->length ? refused : 0;
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
  if (os_refuses("cpuid", "") || !cpuid_present()) return false;
  registers[0] = leaf;
  cpu_exec_cpuid_ext(registers);
  return true;
#else
  (void)leaf;
  return false;
#endif
}
