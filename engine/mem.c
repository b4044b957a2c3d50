/* See mem.h. Knows the C library's allocator; must not know what is stored. */
#include "mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)16384)

struct block {
  struct block *next;
  size_t size;
  size_t used;
  size_t dirty; /* bytes from the start that were used before a reset; what lies beyond is zero */
  max_align_t data[];
};

struct arena {
  struct block *first;
  struct block *last; /* the block being filled */
};

static size_t fail_countdown;

void mem_fail_after(size_t n) { fail_countdown = n ? n + 1 : 0; }

static int must_fail(void) {
  if (fail_countdown == 0) return 0;
  if (fail_countdown > 1) fail_countdown--;
  return fail_countdown == 1;
}

void *mem_new(size_t size) { return must_fail() ? NULL : calloc(1, size ? size : 1); }

void mem_free(void *block) { free(block); }

/* mem_grow, but for the zeros. */
static int grow_bare(void *block, size_t *capacity, size_t need, size_t size) {
  assert(block && capacity && size);
  if (need <= *capacity) return 0;
  size_t count = *capacity ? *capacity : size == 1 ? 64 : 8;
  while (count < need) {
    if (count > SIZE_MAX / 2) return -1;
    count *= 2;
  }
  if (count > SIZE_MAX / size || must_fail()) return -1;
  void *old;
  memcpy(&old, block, sizeof old);
  void *grown = realloc(old, count * size);
  if (!grown) return -1;
  memcpy(block, &grown, sizeof grown);
  *capacity = count;
  return 0;
}

int mem_grow(void *block, size_t *capacity, size_t need, size_t size) {
  size_t before = *capacity;
  int failed = grow_bare(block, capacity, need, size);
  if (*capacity == before) return failed;
  char *grown;
  memcpy(&grown, block, sizeof grown);
  memset(grown + before * size, 0, (*capacity - before) * size);
  return 0;
}

struct arena *arena_new(void) {
  return mem_new(sizeof(struct arena));
}

static void free_blocks(struct block *block) {
  while (block) {
    struct block *next = block->next;
    mem_free(block);
    block = next;
  }
}

void arena_free(struct arena *arena) {
  if (!arena) return;
  free_blocks(arena->first);
  mem_free(arena);
}

void arena_reset(struct arena *arena) {
  assert(arena);
  for (struct block *block = arena->first; block; block = block->next) {
    if (block->dirty < block->used) block->dirty = block->used;
    block->used = 0;
  }
  arena->last = arena->first;
}

void arena_trim(struct arena *arena, size_t most) {
  arena_reset(arena);
  struct block **end = &arena->first;
  for (size_t kept = 0; *end && (*end)->size <= most - kept; end = &(*end)->next) kept += (*end)->size;
  free_blocks(*end);
  *end = NULL;
  arena->last = arena->first;
}

/* Another block with room for `size`: a later one kept by a reset, or a new one. */
static struct block *block_with_room(struct arena *arena, size_t size) {
  struct block *block = arena->last;
  while (block && block->size - block->used < size) {
    if (!block->next) break;
    block = block->next;
  }
  if (block && block->size - block->used >= size) {
    arena->last = block;
    return block;
  }
  size_t bytes = (size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
  struct block *fresh = mem_new(sizeof *fresh + bytes);
  if (!fresh) return NULL;
  fresh->size = bytes;
  if (block)
    block->next = fresh;
  else
    arena->first = fresh;
  arena->last = fresh;
  return fresh;
}

static size_t rounded(size_t size) {
  const size_t step = _Alignof(max_align_t);
  return size ? (size + step - 1) / step * step : step;
}

void *arena_take_bare(struct arena *arena, size_t size) {
  assert(arena);
  if (size > SIZE_MAX / 2) return NULL;
  size = rounded(size);
  struct block *block = arena->last;
  if (!block || block->size - block->used < size) block = block_with_room(arena, size);
  if (!block) return NULL;
  void *taken = (char *)block->data + block->used;
  block->used += size;
  return taken;
}

void *arena_take(struct arena *arena, size_t size) {
  char *taken = arena_take_bare(arena, size);
  if (!taken) return NULL;
  const struct block *block = arena->last;
  size_t offset = (size_t)(taken - (const char *)block->data);
  if (offset < block->dirty) memset(taken, 0, size < block->dirty - offset ? size : block->dirty - offset);
  return taken;
}

void *arena_take_array(struct arena *arena, size_t count, size_t size) {
  assert(size);
  return count > SIZE_MAX / 2 / size ? NULL : arena_take(arena, count * size);
}

char *arena_text(struct arena *arena, const char *text, size_t length) {
  char *copy = length < SIZE_MAX ? arena_take_bare(arena, length + 1) : NULL;
  if (!copy) return NULL;
  if (length) memcpy(copy, text, length);
  copy[length] = 0;
  return copy;
}

char *arena_format(struct arena *arena, const char *format, ...) {
  va_list list, again;
  va_start(list, format);
  va_copy(again, list);
  int length = vsnprintf(NULL, 0, format, list);
  va_end(list);
  char *text = length < 0 ? NULL : arena_take(arena, (size_t)length + 1);
  if (text) vsnprintf(text, (size_t)length + 1, format, again);
  va_end(again);
  return text;
}

int buffer_reserve(struct buffer *buffer, size_t length) {
  assert(buffer);
  if (buffer->failed) return -1;
  bool fits = length < buffer->capacity - buffer->length; /* one more for the NUL */
  if (!fits && (length > SIZE_MAX / 2 - buffer->length || grow_bare(&buffer->text, &buffer->capacity, buffer->length + length + 1, 1)))
    return buffer->failed = -1;
  return 0;
}

int buffer_append(struct buffer *buffer, const char *text, size_t length) {
  if (buffer_reserve(buffer, length)) return -1;
  if (length) memcpy(buffer->text + buffer->length, text, length);
  buffer->length += length;
  buffer->text[buffer->length] = 0;
  return 0;
}

int buffer_add(struct buffer *buffer, const char *text) { return buffer_append(buffer, text, strlen(text)); }

int buffer_format(struct buffer *buffer, const char *format, ...) {
  va_list list, again;
  va_start(list, format);
  va_copy(again, list);
  int length = vsnprintf(NULL, 0, format, list);
  va_end(list);
  if (length < 0 || buffer->failed || grow_bare(&buffer->text, &buffer->capacity, buffer->length + (size_t)length + 1, 1))
    buffer->failed = -1;
  else
    buffer->length += (size_t)vsnprintf(buffer->text + buffer->length, (size_t)length + 1, format, again);
  va_end(again);
  return buffer->failed;
}

void buffer_clear(struct buffer *buffer) {
  buffer->length = 0;
  buffer->failed = 0;
  if (buffer->text) buffer->text[0] = 0;
}

void buffer_free(struct buffer *buffer) {
  mem_free(buffer->text);
  *buffer = (struct buffer){0};
}
