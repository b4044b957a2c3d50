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

void digest_pair(uint64_t seed, const void *bytes, size_t length, uint64_t pair[2]) {
  assert((bytes || !length) && pair);
  if (length >= WORTH_IT && digest_wide_pair(seed, bytes, length, pair)) return;
  XXH128_hash_t both = XXH3_128bits_withSeed(bytes, length, seed);
  pair[0] = both.low64;
  pair[1] = both.high64;
}

uint64_t digest_number(uint64_t seed, uint64_t number) {
  uint64_t little = htole64(number);
  return XXH3_64bits_withSeed(&little, sizeof little, seed);
}
