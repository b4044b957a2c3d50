/* See seal.h. */
#include "seal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../reports/digest.h"

#define MARK "hostprint-seal:"
#define MARK_BYTES (sizeof MARK - 1)

static void seal_of(const unsigned char *bytes, size_t length, char seal[SEAL_BYTES + 1]) {
  snprintf(seal, SEAL_BYTES + 1, MARK "%016" PRIx64 "\n", digest_bytes(0, bytes, length - SEAL_BYTES));
}

bool seal_stands(const unsigned char *bytes, size_t length) {
  assert(bytes || !length);
  return length >= SEAL_BYTES && memcmp(bytes + length - SEAL_BYTES, MARK, MARK_BYTES) == 0 && bytes[length - 1] == '\n';
}

void seal_write(unsigned char *bytes, size_t length) {
  assert(bytes && length >= SEAL_BYTES);
  char seal[SEAL_BYTES + 1];
  seal_of(bytes, length, seal);
  memcpy(bytes + length - SEAL_BYTES, seal, SEAL_BYTES);
}

bool seal_holds(const unsigned char *bytes, size_t length) {
  assert(bytes || !length);
  char seal[SEAL_BYTES + 1];
  if (length < SEAL_BYTES) return false;
  seal_of(bytes, length, seal);
  return memcmp(bytes + length - SEAL_BYTES, seal, SEAL_BYTES) == 0;
}
