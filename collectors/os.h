/* The one choke point for files, directories, clocks and system calls. Nothing else in the project calls open, read,
 * stat, opendir, time...; os_fail_after lets tests make the n-th call from now fail.
 *
 * A root is a directory that stands for "/": links in it, absolute ones too, are resolved inside it and cannot leave it
 * (openat2 with RESOLVE_IN_ROOT; where the kernel lacks it, a walk by hand), and special files are never opened. Only in the
 * kernel's own /proc and /sys of this machine, which hold none, is a file opened before its kind is looked at. */
#ifndef HP_OS_H
#define HP_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../engine/mem.h"

struct os_root;

/* Opens `path` as a root; "/" is this machine. NULL, and errno says why. */
struct os_root *os_root_open(const char *path);
/* A directory under a root as a root of its own: what is in it cannot reach the outer one. */
struct os_root *os_root_enter(struct os_root *root, const char *path);
void os_root_close(struct os_root *root);

/* Each returns 0 or an errno value. Only regular files (and on the live root what /proc and /sys offer) are read; a
 * special file gives EINVAL. At most `limit` bytes; what is beyond is left out and *truncated, if not NULL, set. */
int os_root_read(struct os_root *root, const char *path, size_t limit, struct buffer *out, bool *truncated);
/* Names in a directory, sorted, without . and .., at most `limit`. Owned by arena. */
int os_root_list(struct os_root *root, const char *path, size_t limit, struct arena *arena, char ***names, size_t *count);
/* 0 exists (after links), ENOENT or ENOTDIR it does not, another errno cannot be told. *is_directory may be NULL. */
int os_root_exists(struct os_root *root, const char *path, bool *is_directory);
/* 0 where a directory is there (after links), and the two numbers that tell it from every other; ENOTDIR for a file. */
int os_root_directory(struct os_root *root, const char *path, uint64_t identity[2]);
/* The text of a link. */
int os_root_link(struct os_root *root, const char *path, struct buffer *out);

/* Plain paths of the caller. "-" reads standard input. At most `limit` bytes: EFBIG beyond it. */
int os_read_file(const char *path, size_t limit, struct buffer *out);
/* The bytes of a regular file as they lie in the system's cache, not copied: for a look that is over before anybody could cut the
 * file short. At most `limit` bytes: EFBIG beyond it. *bytes of an empty file is NULL. Owned: os_unmap. */
int os_map(const char *path, size_t limit, unsigned char **bytes, size_t *length);
void os_unmap(unsigned char *bytes, size_t length);
/* A file read in pieces, so that memory is bounded by the caller; "-" is standard input. NULL, and errno says why. */
struct os_stream;
struct os_stream *os_stream_open(const char *path);
/* At most `size` bytes into `bytes`, *got of them; 0 of them at the end. Returns 0 or an errno value. */
int os_stream_read(struct os_stream *stream, char *bytes, size_t size, size_t *got);
void os_stream_close(struct os_stream *stream);
/* What is being read. A regular file has a size and can be gone forward in; anything else may keep its reader waiting. */
struct os_file {
  bool regular; /* and not standard input */
  uint64_t size;
  int64_t changed;        /* nanoseconds since 1970 */
  uint64_t device, inode; /* the same file has the same */
};
/* 0 or an errno value. */
int os_stream_file(const struct os_stream *stream, struct os_file *file);
/* The same of what a path names. */
int os_file(const char *path, struct os_file *file);
/* Goes forward by so many bytes of a regular file that nothing was read of yet. 0 or an errno value. */
int os_stream_skip(struct os_stream *stream, uint64_t bytes);

/* Where answers go as they come: standard output, or a file that grows. */
struct os_output;
/* NULL: standard output. A file is made where there is none and left as it is otherwise; it is locked against a second writer: EBUSY.
 * NULL, and errno says why. */
struct os_output *os_output_open(const char *path);
/* True for a file that can be cut and gone on with. */
bool os_output_is_file(const struct os_output *output, struct os_file *file);
/* Each returns 0 or an errno value; EPIPE where nobody reads any more. Cut: to so many bytes, and what is put goes behind them. */
int os_output_cut(struct os_output *output, uint64_t length);
int os_output_put(struct os_output *output, const char *bytes, size_t length);
int os_output_sync(struct os_output *output);
int os_output_close(struct os_output *output);

/* From now on SIGINT and SIGTERM, unless they are ignored, are noted and end the wait for a stream that is no regular file (os_stream_read:
 * EINTR); the second one of a kind ends the program as ever. */
void os_catch(void);
/* Keeps them from this thread, and those it starts; or lets them in again. */
void os_hold(bool hold);
/* The number of the one that came, or 0. */
int os_caught(void);

/* Writes a file so that it is either whole or not there: a temporary beside it, synced, renamed. What is there already and
 * is a link or a special file is written into, never replaced. */
int os_write_file(const char *path, const char *text, size_t length);
/* The same in pieces, so that memory is bounded by the caller. NULL, and errno says why. */
struct os_writer;
struct os_writer *os_writer_open(const char *path);
/* Returns 0 or an errno value. */
int os_writer_put(struct os_writer *writer, const char *text, size_t length);
/* Ends it, also NULL: with `keep` the file is there afterwards, else what was there before stays. Returns 0 or an errno value. */
int os_writer_close(struct os_writer *writer, bool keep);
/* Makes a directory. 0 or an errno value. */
int os_make_directory(const char *path);
/* Syncs an already written temporary file, renames it into place and syncs the directory. EINVAL where `path` is a
 * directory, a link or a special file. */
int os_publish(const char *temporary, const char *path);
/* A name for a temporary file beside `path`; owned by the arena. */
char *os_temporary(struct arena *arena, const char *path);
int os_list(const char *path, size_t limit, struct arena *arena, char ***names, size_t *count);
/* 0 and the kind, or an errno value. */
enum os_kind { OS_FILE, OS_DIRECTORY, OS_OTHER };
int os_kind(const char *path, enum os_kind *kind);
int os_remove(const char *path);

/* Seconds since 1970, and a clock that never goes back, in milliseconds. */
int64_t os_now(void);
int64_t os_ticks(void);
int os_random(unsigned char *bytes, size_t length);

/* Tests only: the n-th call from now fails with EIO, and all after it; 0 turns that off. */
void os_fail_after(size_t n);
/* Tests only: told of every look at a path of a root ("read", "list", "exists", "link") and of every leaf of CPUID
 * ("cpuid", ""); NULL turns that off. */
void os_watch(void (*seen)(const char *call, const char *path));
/* Tests only: links under a root are resolved by hand, as on a kernel without openat2. */
void os_force_walk(bool force);

#endif
