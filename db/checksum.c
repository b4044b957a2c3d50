/* See checksum.h. */
#include "checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define WORTH_IT 512 /* bytes from which the width of a register tells */

uint64_t checksum(const void *bytes, size_t length) {
  uint64_t sum;
  return length >= WORTH_IT && checksum_wide(bytes, length, &sum) ? sum : XXH3_64bits(bytes, length);
}
