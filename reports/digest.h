/* A 64-bit digest of bytes: tells by accident changed input from unchanged at a fraction of an instruction a byte. No proof against anybody
 * who wants two texts to look the same. The same bytes give the same digest on every machine. */
#ifndef HP_DIGEST_H
#define HP_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* Digest of `bytes` behind what `seed` stands for; not 0. */
uint64_t digest_bytes(uint64_t seed, const char *bytes, size_t length);
uint64_t digest_number(uint64_t seed, uint64_t number);

#endif
