/* A 64-bit digest of bytes at the speed of memory: XXH3, the same on every machine. It tells what changed by accident from what did not, and
 * leads to what is then compared; it is no proof against anybody who wants two texts to look the same. */
#ifndef HP_DIGEST_H
#define HP_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of `bytes`, which may be NULL where length is 0, behind what `seed` stands for. */
uint64_t digest_bytes(uint64_t seed, const void *bytes, size_t length);
/* 128 bits of the same bytes, in one go: two digests that have nothing to do with each other. */
void digest_pair(uint64_t seed, const void *bytes, size_t length, uint64_t pair[2]);
uint64_t digest_number(uint64_t seed, uint64_t number);

/* digest_wide.c: both with the wider registers of some processors; false where this program has no such code. */
bool digest_wide(uint64_t seed, const void *bytes, size_t length, uint64_t *digest);
bool digest_wide_pair(uint64_t seed, const void *bytes, size_t length, uint64_t pair[2]);

#endif
