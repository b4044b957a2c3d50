/* Calls that ask this machine itself and have no file in a root: identity, environment, interfaces, kernel log, CPUID,
 * raw disks. A part of the choke point of os.h: os_fail_after counts these too. Each returns 0 or an errno value unless
 * it says otherwise. */
#ifndef HP_OS_MACHINE_H
#define HP_OS_MACHINE_H

#include <sys/utsname.h>

#include "os.h"

int os_uname(struct utsname *names);
/* Borrowed from the process; ends with NULL. */
char **os_environment(void);
int64_t os_user_id(void);
int64_t os_process_id(void);
int os_working_directory(struct buffer *out);
/* Processors that this process may run on; 0 when that cannot be told. */
int64_t os_processors(void);

/* The kernel's log as lines without priority or time, at most `limit` bytes. EPERM: refused. */
int os_kernel_log(size_t limit, struct buffer *out);

struct os_interface {
  const char *name;
  const char *address; /* "10.0.0.1/24" */
};
/* Addresses of every interface but the loopback, in the system's order. Owned by the arena. */
int os_interfaces(struct arena *arena, struct os_interface **list, size_t *count);

/* The first bytes of the block device /dev/NAME: exactly `length`, or an error. EINVAL: it is no block device. */
int os_block_head(const char *name, unsigned char *bytes, size_t length);

/* CPUID with a zero subleaf: eax, ebx, ecx, edx. False where the processor has no such instruction. */
bool os_cpuid(uint32_t leaf, uint32_t registers[4]);

/* One request over TCP: connects within `connect_ms`, sends, then reads until the peer closes, `limit` bytes have come, or
 * `read_ms` have passed without more. `address` is a literal address. What was read before a timeout counts as read. */
struct os_exchange {
  const char *address;
  int port;
  int connect_ms, read_ms;
  const char *request;
  size_t limit;
};
int os_exchange(const struct os_exchange *exchange, struct buffer *answer);
/* The first literal address of a host name. */
int os_resolve(const char *host, struct buffer *address);
/* The name of a literal address; ENOENT when it has none. */
int os_reverse(const char *address, struct buffer *name);
/* The router at distance `hops` from here towards an IPv4 address, or "" when it kept silent. *arrived: it was the target. */
int os_hop(const char *address, int hops, int wait_ms, struct buffer *router, bool *arrived);

enum os_speed { OS_SPEED_SEQUENTIAL_WRITE, OS_SPEED_SYNC_WRITE, OS_SPEED_DIRECT_READ };
/* Bytes a second of one way to use the scratch file `path`: blocks of `block` bytes until `bytes` are done or `wait_ms` have
 * passed. The writing ways create the file anew. */
int os_storage_speed(const char *path, enum os_speed way, size_t block, size_t bytes, int wait_ms, double *bytes_per_second);

#endif
