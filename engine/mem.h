/* The one choke point for memory: arenas, and the few calls beside them. Nothing else calls malloc, realloc or free.
 *
 * An arena owns everything that was taken from it and gives it back at once. mem_fail_after lets tests make the n-th
 * allocation from now fail. */
#ifndef HP_MEM_H
#define HP_MEM_H

#include <stddef.h>

struct arena;

/* NULL when memory is out. Owned: arena_free, which takes NULL too. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);
/* Forgets everything taken, keeps the memory for reuse. */
void arena_reset(struct arena *arena);
/* The same, and gives back what was kept beyond `most` bytes. */
void arena_trim(struct arena *arena, size_t most);
/* `size` zeroed bytes aligned for any type, or NULL. Zero bytes give a valid pointer. */
void *arena_take(struct arena *arena, size_t size);
void *arena_take_array(struct arena *arena, size_t count, size_t size);
/* arena_take without the zeroing, for what is written at once. */
void *arena_take_bare(struct arena *arena, size_t size);
/* A NUL-terminated copy, or NULL. */
char *arena_text(struct arena *arena, const char *text, size_t length);
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Plain blocks: zeroed; NULL when memory is out. */
void *mem_new(size_t size);
/* Grows *block (NULL at first) to hold at least `need` items of `size`, doubling; 0, or -1 with *block unchanged. */
int mem_grow(void *block, size_t *capacity, size_t need, size_t size);
void mem_free(void *block);

/* Text that grows; append calls return 0, or -1 when memory is out (and stay -1: check once at the end with buffer_failed). */
struct buffer {
  char *text; /* NUL-terminated once anything was appended; NULL before */
  size_t length;
  size_t capacity;
  int failed;
};
/* Room for `length` more bytes and a NUL, for who writes them itself. */
int buffer_reserve(struct buffer *buffer, size_t length);
int buffer_append(struct buffer *buffer, const char *text, size_t length);
int buffer_add(struct buffer *buffer, const char *text);
int buffer_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

/* Tests only: the n-th allocation from now fails, and all after it; 0 turns that off. */
void mem_fail_after(size_t n);

#endif
