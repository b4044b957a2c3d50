/* Text made fit for where it is going: JSON, a terminal, HTML, CSV.
 *
 * Knows UTF-8 and each target's escapes; must not know what the text says. Everything that is printed may be hostile:
 * control characters, terminal escapes, marks that turn the direction of writing, markup and formulas are all disarmed
 * here. Each call appends to `out`; whether memory was out is asked of the buffer at the end. */
#ifndef HP_TEXT_H
#define HP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../engine/mem.h"

/* Bytes of the UTF-8 character that `text` begins with, its number left in *code; 0 where it is none. */
size_t text_step(const char *text, size_t length, uint32_t *code);
/* Offset of the first byte that is not UTF-8, or `length`. */
size_t text_invalid(const char *text, size_t length);

/* A JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void text_json(struct buffer *out, const char *text, size_t length);
/* One line for a person: controls and bytes that are not UTF-8 as \xNN, marks of direction as \uNNNN. */
void text_plain(struct buffer *out, const char *text);
/* The same with the five characters of markup as entities; fit for elements and quoted attributes. */
void text_html(struct buffer *out, const char *text);
/* One CSV field by RFC 4180, quoted where that is needed; a text that a spreadsheet would take for a formula begins with '. */
void text_csv(struct buffer *out, const char *text);

#endif
