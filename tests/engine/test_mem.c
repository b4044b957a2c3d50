/* Arenas: what is taken is zeroed whatever was there before a reset; memory is kept, and given back above what may be kept. */
#include "tests/check.h"

#include <stdint.h>
#include <string.h>

#include "engine/mem.h"

static int is_zero(const char *block, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (block[i]) return 0;
  return 1;
}

/* Takes of many sizes, some not zeroed, filled; after each round the arena is used again. */
static void zeroed_again(void) {
  struct arena *arena = arena_new();
  for (size_t round = 0; round < 6; round++) {
    int zero = 1;
    for (size_t i = 0; i < 200; i++) {
      size_t size = 1 + (i * 37 + round * 101) % 700 + (i % 50 == 0 ? 20000 : 0);
      char *block = (i + round) % 3 ? arena_take(arena, size) : arena_take_bare(arena, size);
      if ((i + round) % 3) zero = zero && is_zero(block, size);
      memset(block, 0xff, size);
    }
    CHECK(zero);
    CHECK(strcmp(arena_text(arena, "text", 4), "text") == 0);
    if (round % 2)
      arena_reset(arena);
    else
      arena_trim(arena, 40000);
  }
  arena_free(arena);
}

/* True where `size` bytes can be taken from what the arena has. */
static int has(struct arena *arena, size_t size) {
  mem_fail_after(1);
  int taken = arena_take(arena, size) != NULL;
  mem_fail_after(0);
  return taken;
}

static void trimmed(void) {
  struct arena *arena = arena_new();
  CHECK(!has(arena, 10));
  CHECK(arena_take(arena, 1000) && arena_take(arena, 100000) && arena_take(arena, 5000));
  arena_trim(arena, 1 << 20);
  CHECK(has(arena, 1000) && has(arena, 100000));
  arena_trim(arena, 50000);
  CHECK(has(arena, 1000) && !has(arena, 100000));
  arena_trim(arena, 0);
  CHECK(!has(arena, 10));
  CHECK(arena_take(arena, 10));
  arena_free(arena);
}

/* What grows is zeroed beyond what was there. */
static void grown(void) {
  char *block = NULL;
  size_t capacity = 0;
  int zero = 1;
  for (size_t need = 1; need < (size_t)4 << 20; need = 3 * need + 1) {
    size_t before = capacity;
    CHECK(mem_grow(&block, &capacity, need, 1) == 0 && capacity >= need);
    zero = zero && is_zero(block + before, capacity - before);
    memset(block, 0xff, capacity);
  }
  CHECK(zero);
  mem_free(block);
}

int main(void) {
  zeroed_again();
  grown();
  trimmed();
  return check_end("test_mem");
}
