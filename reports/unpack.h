/* A stream of bytes, unpacked on the way where it is gzip or zstd.
 *
 * Knows packers, by the first bytes and not by names: what is neither is handed on as it is. Several packed streams one behind the other
 * are read as one. Must not know what the bytes say. Memory is bounded: what a zstd stream may ask for is capped at UNPACK_WINDOW_LOG. */
#ifndef HP_UNPACK_H
#define HP_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "../collectors/os.h"

#define UNPACK_WINDOW_LOG 27 /* 128 MiB, what zstd itself writes without being told otherwise */

struct unpack;

/* "-" is standard input. NULL, and errno says why. Owned: unpack_close. */
struct unpack *unpack_open(const char *path);
/* At most `size` bytes into `bytes`, *got of them; 0 of them at the end. Returns 0, an errno value, or UNPACK_DAMAGED with the reason in
 * unpack_why: bytes that were whole have been handed out before. */
#define UNPACK_DAMAGED (-2)
int unpack_read(struct unpack *unpack, char *bytes, size_t size, size_t *got);
/* Passes over so many unpacked bytes, before anything was read; *passed are fewer where the stream ends. Returns as unpack_read. */
int unpack_skip(struct unpack *unpack, uint64_t bytes, uint64_t *passed);
/* Bytes taken from the stream so far, packed where it is packed. */
uint64_t unpack_taken(const struct unpack *unpack);
/* The stream itself, packed. 0 or an errno value. */
int unpack_file(const struct unpack *unpack, struct os_file *file);
/* One phrase; borrowed. */
const char *unpack_why(const struct unpack *unpack);
void unpack_close(struct unpack *unpack);

#endif
