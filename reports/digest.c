/* See digest.h. */
#include "digest.h"

#include <assert.h>
#include <endian.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define WORTH_IT 512 /* bytes from which the width of a register tells */

uint64_t digest_bytes(uint64_t seed, const void *bytes, size_t length) {
  assert(bytes || !length);
  uint64_t digest;
  return length >= WORTH_IT && digest_wide(seed, bytes, length, &digest) ? digest : XXH3_64bits_withSeed(bytes, length, seed);
}

uint64_t digest_number(uint64_t seed, uint64_t number) {
  uint64_t little = htole64(number);
  return XXH3_64bits_withSeed(&little, sizeof little, seed);
}
