/* See checksum.h: three times as fast as with the registers that every x86-64 has, and chosen where the program runs. */
#include "checksum.h"

#if defined(__x86_64__)

#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif
#define XXH_INLINE_ALL
#define XXH_VECTOR 2 /* XXH_AVX2 */
#include <xxhash.h>

static uint64_t sum_wide(const void *bytes, size_t length) { return XXH3_64bits(bytes, length); }

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

_Bool checksum_wide(const void *bytes, size_t length, uint64_t *sum) {
  if (!__builtin_cpu_supports("avx2")) return 0;
  *sum = sum_wide(bytes, length);
  return 1;
}

#else

_Bool checksum_wide(const void *bytes, size_t length, uint64_t *sum) {
  (void)bytes, (void)length, (void)sum;
  return 0;
}

#endif
