/* See lay.h. */
#include "lay.h"

#include <assert.h>
#include <string.h>

static size_t aligned(size_t length) { return (length + 7) / 8 * 8; }

static void append(struct buffer *out, const void *bytes, size_t length) {
  static const char zeros[8];
  buffer_append(out, bytes, length);
  buffer_append(out, zeros, aligned(length) - length);
}

void lay_write(const struct lay *lay, struct buffer *out) {
  assert(lay && out && !out->length);
  for (size_t i = 0; i < lay->number_count; i++) buffer_append(out, (const char *)lay->numbers[i], sizeof **lay->numbers);
  if (lay->number_count % 2) buffer_append(out, "\0\0\0", sizeof **lay->numbers);
  for (size_t i = 0; i < lay->part_count; i++) {
    const struct lay_part *part = &lay->parts[i];
    const void *items;
    memcpy(&items, part->items, sizeof items);
    append(out, items, *part->count * part->size);
  }
}

bool lay_read(const struct lay *lay, const unsigned char *bytes, size_t length) {
  assert(lay && bytes && (uintptr_t)bytes % 8 == 0);
  size_t at = aligned(lay->number_count * sizeof **lay->numbers);
  if (length < at) return false;
  for (size_t i = 0; i < lay->number_count; i++) memcpy(lay->numbers[i], bytes + i * sizeof **lay->numbers, sizeof **lay->numbers);
  for (size_t i = 0; i < lay->part_count; i++) {
    const struct lay_part *part = &lay->parts[i];
    const void *items = bytes + at;
    size_t size = aligned(*part->count * part->size); /* below 2^39 */
    if (size > length - at) return false;
    memcpy(part->items, &items, sizeof items);
    at += size;
  }
  return at == length;
}
