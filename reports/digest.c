/* See digest.h. Four lanes of multiply and rotate, so that the multiplications run side by side; folded as splitmix64 ends. */
#include "digest.h"

#include <assert.h>
#include <string.h>

#define ODD UINT64_C(0x9e3779b97f4a7c15)

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
  uint64_t a = seed, b = seed ^ 1, c = seed ^ 2, d = seed ^ 3;
  const char *at = bytes;
  size_t left = length;
  for (; left >= 32; left -= 32, at += 32) {
    a = step(a, word_at(at));
    b = step(b, word_at(at + 8));
    c = step(c, word_at(at + 16));
    d = step(d, word_at(at + 24));
  }
  for (; left >= 8; left -= 8, at += 8) a = step(a, word_at(at));
  char rest[8] = {0};
  if (left) memcpy(rest, at, left);
  a = step(a, word_at(rest));
  return digest_number(digest_number(digest_number(digest_number(fold(length), a), b), c), d);
}
