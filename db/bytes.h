/* Little-endian numbers in runs of bytes, whatever the machine; compilers make plain loads of them where it is little-endian too. */
#ifndef HP_DB_BYTES_H
#define HP_DB_BYTES_H

#include <stdint.h>
#include <string.h>

#include "../engine/mem.h"

static inline uint32_t bytes_get32(const unsigned char *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t bytes_get64(const unsigned char *at) { return bytes_get32(at) | (uint64_t)bytes_get32(at + 4) << 32; }

static inline double bytes_get_real(const unsigned char *at) {
  uint64_t bits = bytes_get64(at);
  double number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

static inline void bytes_set32(unsigned char *at, uint32_t number) {
  for (int i = 0; i < 4; i++) at[i] = (unsigned char)(number >> 8 * i);
}

static inline void bytes_set64(unsigned char *at, uint64_t number) {
  bytes_set32(at, (uint32_t)number);
  bytes_set32(at + 4, (uint32_t)(number >> 32));
}

/* These append; a failure stays in the buffer. */
static inline void bytes_put32(struct buffer *out, uint32_t number) {
  unsigned char bytes[4];
  bytes_set32(bytes, number);
  buffer_append(out, (const char *)bytes, sizeof bytes);
}

static inline void bytes_put64(struct buffer *out, uint64_t number) {
  bytes_put32(out, (uint32_t)number);
  bytes_put32(out, (uint32_t)(number >> 32));
}

static inline void bytes_put_real(struct buffer *out, double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  bytes_put64(out, bits);
}

#endif
