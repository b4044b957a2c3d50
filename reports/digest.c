/* See digest.h. Four lanes of multiply and rotate, so that the multiplications run side by side; folded as splitmix64 ends. */
#include "digest.h"

#include <assert.h>
#include <string.h>

#define ODD UINT64_C(0x9e3779b97f4a7c15)
#define LANES 4

static uint64_t word_at(const char *bytes) {
  uint64_t word = 0;
  memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

static uint64_t step(uint64_t lane, uint64_t word) {
  lane = (lane ^ word) * ODD;
  return lane << 31 | lane >> 33;
}

static uint64_t fold(uint64_t number) {
  number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
  number ^= number >> 31;
  return number ? number : 1;
}

uint64_t digest_number(uint64_t seed, uint64_t number) { return fold(step(seed + ODD, number)); }

uint64_t digest_bytes(uint64_t seed, const char *bytes, size_t length) {
  assert(bytes || !length);
  uint64_t lanes[LANES] = {seed, seed ^ 1, seed ^ 2, seed ^ 3};
  size_t at = 0;
  for (; length - at >= 8 * LANES; at += 8 * LANES)
    for (size_t i = 0; i < LANES; i++) lanes[i] = step(lanes[i], word_at(bytes + at + 8 * i));
  for (; length - at >= 8; at += 8) lanes[0] = step(lanes[0], word_at(bytes + at));
  char rest[8] = {0};
  if (length > at) memcpy(rest, bytes + at, length - at);
  lanes[0] = step(lanes[0], word_at(rest));
  uint64_t sum = fold(length);
  for (size_t i = 0; i < LANES; i++) sum = digest_number(sum, lanes[i]);
  return sum;
}
