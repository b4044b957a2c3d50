/* See seal.h. The seal is searched from the end: it is written last, so that what follows it, which is hashed twice, is short. */
#include "seal.h"

#include <assert.h>
#include <nettle/sha2.h>
#include <string.h>

static const char mark[] = "hostprint-seal:";
static const unsigned char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
#define MARK_BYTES (sizeof mark - 1)

/* Offset of the digits of the last seal; 0 where there is none. */
static size_t find_digits(const unsigned char *bytes, size_t length) {
  if (length < MARK_BYTES + SEAL_DIGITS) return 0;
  for (size_t at = length - MARK_BYTES - SEAL_DIGITS + 1; at-- > 0;)
    if (bytes[at] == (unsigned char)mark[0] && memcmp(bytes + at, mark, MARK_BYTES) == 0) return at + MARK_BYTES;
  return 0;
}

static void finish(struct sha256_ctx *context, char text[SEAL_DIGITS + 1]) {
  static const char digits[] = "0123456789abcdef";
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_digest(context, sizeof digest, digest);
  for (size_t i = 0; i < sizeof digest; i++) {
    text[2 * i] = digits[digest[i] >> 4];
    text[2 * i + 1] = digits[digest[i] & 15];
  }
  text[SEAL_DIGITS] = 0;
}

/* Both digests in one pass: the contexts part where the digits stand. */
static void digest_both(const unsigned char *bytes, size_t length, size_t digits, char sealed[SEAL_DIGITS + 1], char plain[SEAL_DIGITS + 1]) {
  struct sha256_ctx one, other;
  size_t after = digits + SEAL_DIGITS;
  sha256_init(&one);
  sha256_update(&one, digits, bytes);
  other = one;
  sha256_update(&one, SEAL_DIGITS, zeros);
  sha256_update(&other, SEAL_DIGITS, bytes + digits);
  sha256_update(&one, length - after, bytes + after);
  sha256_update(&other, length - after, bytes + after);
  finish(&one, sealed);
  finish(&other, plain);
}

bool seal_write(unsigned char *bytes, size_t length) {
  assert(bytes);
  char sealed[SEAL_DIGITS + 1], plain[SEAL_DIGITS + 1];
  size_t digits = find_digits(bytes, length);
  if (!digits || memcmp(bytes + digits, zeros, SEAL_DIGITS) != 0) return false;
  digest_both(bytes, length, digits, sealed, plain);
  memcpy(bytes + digits, sealed, SEAL_DIGITS);
  return true;
}

bool seal_holds(const unsigned char *bytes, size_t length, char sha256[SEAL_DIGITS + 1]) {
  assert(bytes && sha256);
  char sealed[SEAL_DIGITS + 1];
  size_t digits = find_digits(bytes, length);
  sha256[0] = 0;
  if (!digits) return false;
  digest_both(bytes, length, digits, sealed, sha256);
  return memcmp(bytes + digits, sealed, SEAL_DIGITS) == 0;
}
