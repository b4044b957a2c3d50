/* See lots.h. */
#include "lots.h"

#include <assert.h>

/* splitmix64 by Sebastiano Vigna: https://prng.di.unimi.it/splitmix64.c (public domain). */
uint64_t lot(uint64_t *state) {
  assert(state);
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* FNV-1a of the name. */
uint64_t lots_of(uint64_t seed, const char *name, size_t draw) {
  assert(name);
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char *at = name; *at; at++) hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
  uint64_t state = hash ^ (seed * 0xd1342543de82ef95u);
  state = lot(&state) + draw;
  return lot(&state);
}
