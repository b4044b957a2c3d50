/* See seal.h. */
#include "seal.h"

#include <assert.h>
#include <nettle/sha2.h>
#include <string.h>

#define MARK "hostprint-seal:"
#define MARK_BYTES (sizeof MARK - 1)
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

const char seal_blank[SEAL_BYTES + 1] = MARK ZEROS "\n";

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
static void digest_both(const unsigned char *bytes, size_t length, char sealed[SEAL_DIGITS + 1], char plain[SEAL_DIGITS + 1]) {
  struct sha256_ctx one, other;
  size_t digits = length - SEAL_BYTES + MARK_BYTES;
  sha256_init(&one);
  sha256_update(&one, digits, bytes);
  other = one;
  sha256_update(&one, SEAL_BYTES - MARK_BYTES, (const uint8_t *)seal_blank + MARK_BYTES);
  sha256_update(&other, SEAL_BYTES - MARK_BYTES, bytes + digits);
  finish(&one, sealed);
  finish(&other, plain);
}

bool seal_stands(const unsigned char *bytes, size_t length) {
  assert(bytes || !length);
  return length >= SEAL_BYTES && memcmp(bytes + length - SEAL_BYTES, MARK, MARK_BYTES) == 0 && bytes[length - 1] == '\n';
}

bool seal_write(unsigned char *bytes, size_t length) {
  assert(bytes);
  char sealed[SEAL_DIGITS + 1], plain[SEAL_DIGITS + 1];
  if (length < SEAL_BYTES || memcmp(bytes + length - SEAL_BYTES, seal_blank, SEAL_BYTES) != 0) return false;
  digest_both(bytes, length, sealed, plain);
  memcpy(bytes + length - SEAL_BYTES + MARK_BYTES, sealed, SEAL_DIGITS);
  return true;
}

bool seal_holds(const unsigned char *bytes, size_t length, char sha256[SEAL_DIGITS + 1]) {
  assert(bytes && sha256);
  char sealed[SEAL_DIGITS + 1];
  sha256[0] = 0;
  if (!seal_stands(bytes, length)) return false;
  digest_both(bytes, length, sealed, sha256);
  return memcmp(bytes + length - SEAL_BYTES + MARK_BYTES, sealed, SEAL_DIGITS) == 0;
}
