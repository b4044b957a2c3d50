/* Arrays of numbers as one run of bytes that can be used where it lies: first the numbers that say how long they are, then the arrays,
 * each aligned to 8. Knows bytes only; what the numbers mean is checked by whoever reads them.
 *
 * The bytes are those of memory, little-endian: a machine of another kind neither writes nor reads them. */
#ifndef HP_LAY_H
#define HP_LAY_H

#include <stdbool.h>
#include <stdint.h>

#include "mem.h"

#define LAY_NATIVE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* Where the pointer to an array stands, where its length does, and the size of an item. */
struct lay_part {
  void *items;
  const uint32_t *count;
  size_t size;
};

/* What is laid: the lengths, and other numbers, in order; then the arrays. */
struct lay {
  uint32_t *const *numbers;
  size_t number_count;
  const struct lay_part *parts;
  size_t part_count;
};

/* Appends; a failure stays in the buffer, which must be empty. */
void lay_write(const struct lay *lay, struct buffer *out);
/* Sets numbers and pointers. The bytes, aligned to 8, are what the arrays stand in from then on. False where their length is another. */
bool lay_read(const struct lay *lay, const unsigned char *bytes, size_t length);

#endif
