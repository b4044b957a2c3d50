/* What the files that implement os_*.h share; nothing else includes this. */
#ifndef HP_OS_INSIDE_H
#define HP_OS_INSIDE_H

#include "os.h"

#define OS_END_UNKNOWN SIZE_MAX
/* Appends at most `limit` bytes of an open file; *more tells whether there were more. A read that falls short once `least`
 * bytes have come is the end; with OS_END_UNKNOWN only a read of nothing is. 0 or an errno value. */
int os_fd_read(int fd, size_t limit, size_t least, struct buffer *out, bool *more);
/* Names in an open directory, as os_list; closes `fd`. */
int os_fd_list(int fd, size_t limit, struct arena *arena, char ***names, size_t *count);

struct stat;
struct os_file os_of_stat(const struct stat *info);
/* All of the bytes. 0 or an errno value. */
int os_fd_write(int fd, const char *bytes, size_t length);
/* Waits until something can be read: 0, EINTR where a signal came that os_catch asked for, or another errno value. */
int os_fd_wait(int fd);

/* True when a test wants this call to fail. */
bool os_must_fail(void);
/* The same for a look at a path, of which a test may want to be told. */
bool os_refuses(const char *call, const char *path);

#endif
