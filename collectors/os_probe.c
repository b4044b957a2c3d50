/* See os_machine.h: the probes that are run only on request, over sockets and a scratch file. Knows the system calls;
 * must not know whom or why. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os_inside.h"
#include "os_machine.h"

#define HOP_PORT 33434 /* where traceroute programs knock */

/* A literal address and port; 0 or EINVAL. */
static int parse_address(const char *text, int port, struct sockaddr_storage *address, socklen_t *length) {
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
  memset(address, 0, sizeof *address);
  if (port < 0 || port > 65535) return EINVAL;
  if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
    memcpy(address, &four, *length = sizeof four);
    return 0;
  }
  if (inet_pton(AF_INET6, text, &six.sin6_addr) != 1) return EINVAL;
  memcpy(address, &six, *length = sizeof six);
  return 0;
}

/* Waits for events until `until` ticks; 0, ETIMEDOUT, or another errno value. */
static int wait_for(int fd, short events, int64_t until) {
  struct pollfd wait = {.fd = fd, .events = events};
  for (;;) {
    int64_t left = until - os_ticks();
    int ready = poll(&wait, 1, left > 0 ? (int)left : 0);
    if (ready > 0) return 0;
    if (ready == 0) return ETIMEDOUT;
    if (errno != EINTR) return errno;
  }
}

static int connect_within(int fd, const struct sockaddr_storage *address, socklen_t length, int wait_ms) {
  int error = 0;
  socklen_t size = sizeof error;
  if (connect(fd, (const struct sockaddr *)address, length) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  int late = wait_for(fd, POLLOUT, os_ticks() + wait_ms);
  if (late) return late;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) ? errno : error;
}

static int send_all(int fd, const char *text, int64_t until) {
  size_t length = strlen(text);
  while (length) {
    ssize_t done = send(fd, text, length, MSG_NOSIGNAL);
    if (done < 0 && errno == EAGAIN) {
      int late = wait_for(fd, POLLOUT, until);
      if (late) return late;
      continue;
    }
    if (done < 0) return errno;
    text += done;
    length -= (size_t)done;
  }
  return 0;
}

static int receive(int fd, size_t limit, int64_t until, struct buffer *answer) {
  char block[2048];
  while (answer->length < limit) {
    int late = wait_for(fd, POLLIN, until);
    if (late) return answer->length ? 0 : late;
    size_t want = limit - answer->length < sizeof block ? limit - answer->length : sizeof block;
    ssize_t got = recv(fd, block, want, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return answer->length ? 0 : errno;
    if (got == 0) return 0;
    if (buffer_append(answer, block, (size_t)got)) return ENOMEM;
  }
  return 0;
}

int os_exchange(const struct os_exchange *exchange, struct buffer *answer) {
  assert(exchange && exchange->address && exchange->request && answer);
  struct sockaddr_storage address;
  socklen_t length = 0;
  if (os_must_fail()) return EIO;
  int error = parse_address(exchange->address, exchange->port, &address, &length);
  if (error) return error;
  int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  error = connect_within(fd, &address, length, exchange->connect_ms);
  int64_t until = os_ticks() + exchange->read_ms;
  if (!error) error = send_all(fd, exchange->request, until);
  if (!error) error = receive(fd, exchange->limit, until, answer);
  close(fd);
  return error;
}

int os_resolve(const char *host, struct buffer *address) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
  char text[INET6_ADDRSTRLEN];
  if (os_must_fail()) return EIO;
  if (getaddrinfo(host, NULL, &hints, &found)) return ENOENT;
  int error = getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) ? ENOENT : 0;
  freeaddrinfo(found);
  if (!error && buffer_add(address, text)) error = ENOMEM;
  return error;
}

int os_reverse(const char *address, struct buffer *name) {
  struct sockaddr_storage socket_address;
  socklen_t length = 0;
  char text[NI_MAXHOST];
  if (os_must_fail()) return EIO;
  int error = parse_address(address, 0, &socket_address, &length);
  if (error) return error;
  if (getnameinfo((const struct sockaddr *)&socket_address, length, text, sizeof text, NULL, 0, NI_NAMEREQD)) return ENOENT;
  return buffer_add(name, text) ? ENOMEM : 0;
}

/* Takes one message off the error queue: who sent it. 0, or an errno value. */
static int read_error(int fd, struct buffer *router, bool *arrived) {
  char control[512], data[64], text[INET_ADDRSTRLEN];
  struct iovec block = {.iov_base = data, .iov_len = sizeof data};
  struct msghdr message = {.msg_iov = &block, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return errno;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != IPPROTO_IP || part->cmsg_type != IP_RECVERR) continue;
    struct sock_extended_err found;
    struct sockaddr_in sender;
    memcpy(&found, CMSG_DATA(part), sizeof found);
    memcpy(&sender, CMSG_DATA(part) + sizeof found, sizeof sender);
    *arrived = found.ee_origin == SO_EE_ORIGIN_ICMP && found.ee_type == ICMP_DEST_UNREACH;
    if (sender.sin_family != AF_INET || !inet_ntop(AF_INET, &sender.sin_addr, text, sizeof text)) return 0;
    return buffer_add(router, text) ? ENOMEM : 0;
  }
  return 0;
}

int os_hop(const char *address, int hops, int wait_ms, struct buffer *router, bool *arrived) {
  struct sockaddr_storage target;
  socklen_t length = 0;
  int on = 1;
  *arrived = false;
  if (os_must_fail()) return EIO;
  int error = parse_address(address, HOP_PORT + hops, &target, &length);
  if (!error && target.ss_family != AF_INET) error = EINVAL;
  if (error) return error;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  if (setsockopt(fd, IPPROTO_IP, IP_TTL, &hops, sizeof hops) || setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on) ||
      sendto(fd, "", 1, 0, (const struct sockaddr *)&target, length) < 0)
    error = errno;
  if (!error) {
    int late = wait_for(fd, 0, os_ticks() + wait_ms); /* the error queue shows as POLLERR, which is always waited for */
    error = late == ETIMEDOUT ? 0 : late ? late : read_error(fd, router, arrived);
  }
  close(fd);
  return error;
}

static const struct {
  int flags;
  bool reads;
} ways[] = {
    [OS_SPEED_SEQUENTIAL_WRITE] = {.flags = O_WRONLY | O_CREAT | O_EXCL},
    [OS_SPEED_SYNC_WRITE] = {.flags = O_WRONLY | O_CREAT | O_EXCL | O_DSYNC},
    [OS_SPEED_DIRECT_READ] = {.flags = O_RDONLY | O_DIRECT, .reads = true},
};

/* Uses the open file block by block; *done is how many bytes were. 0 or an errno value. */
static int use_blocks(int fd, bool reads, void *block, size_t size, size_t bytes, int64_t until, size_t *done) {
  while (*done < bytes && os_ticks() < until) {
    ssize_t step = reads ? read(fd, block, size) : write(fd, block, size);
    if (step < 0 && errno == EINTR) continue;
    if (step < 0) return errno;
    if (step == 0) return 0;
    *done += (size_t)step;
  }
  return 0;
}

int os_storage_speed(const char *path, enum os_speed way, size_t block, size_t bytes, int wait_ms, double *bytes_per_second) {
  assert(path && block && bytes && bytes_per_second);
  if (os_must_fail()) return EIO;
  char *memory = mem_new(2 * block); /* O_DIRECT wants memory aligned to the block */
  if (!memory) return ENOMEM;
  char *aligned = memory + (block - (uintptr_t)memory % block) % block;
  size_t done = 0;
  int fd = open(path, ways[way].flags | O_CLOEXEC | O_NOFOLLOW, 0600);
  int error = fd < 0 ? errno : 0;
  int64_t start = os_ticks();
  if (!error) error = use_blocks(fd, ways[way].reads, aligned, block, bytes, start + wait_ms, &done);
  if (!error && !ways[way].reads && fsync(fd)) error = errno;
  int64_t spent = os_ticks() - start;
  if (fd >= 0) close(fd);
  if (!error && !done) error = ENODATA;
  if (!error) *bytes_per_second = (double)done * 1000.0 / (double)(spent > 0 ? spent : 1);
  mem_free(memory);
  return error;
}
