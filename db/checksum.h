/* A checksum of bytes against damage, at the speed of memory: XXH3, 64 bits, the same on every machine. Knows nothing of what it sums. */
#ifndef HP_DB_CHECKSUM_H
#define HP_DB_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* `bytes` may be NULL where length is 0. */
uint64_t checksum(const void *bytes, size_t length);

/* checksum_wide.c: the same with the wider registers of some processors; false where this program has no such code. */
_Bool checksum_wide(const void *bytes, size_t length, uint64_t *sum);

#endif
