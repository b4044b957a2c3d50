/* Lots: numbers that look random and are the same for the same seed, name and draw, on whatever machine. Must not know what is
 * drawn. */
#ifndef HP_LOTS_H
#define HP_LOTS_H

#include <stddef.h>
#include <stdint.h>

/* A state for the lots of one name, so that they do not depend on what stands beside it. */
uint64_t lots_of(uint64_t seed, const char *name, size_t draw);
/* The next number; moves the state on. */
uint64_t lot(uint64_t *state);

#endif
