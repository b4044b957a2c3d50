/* See text.h. */
#include "text.h"

#include <assert.h>
#include <string.h>

size_t text_step(const char *text, size_t length, uint32_t *code) {
  static const struct {
    unsigned char mask, lead;
    uint32_t least;
  } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
  for (size_t extra = 0; extra < sizeof forms / sizeof *forms && extra < length; extra++) {
    unsigned char lead = (unsigned char)text[0];
    if ((lead & forms[extra].mask) != forms[extra].lead) continue;
    uint32_t found = lead & (uint32_t)(unsigned char)~forms[extra].mask;
    for (size_t i = 1; i <= extra; i++) {
      if (((unsigned char)text[i] & 0xc0) != 0x80) return 0;
      found = found << 6 | ((unsigned char)text[i] & 0x3f);
    }
    if (found < forms[extra].least || found > 0x10ffff || (found >= 0xd800 && found <= 0xdfff)) return 0;
    *code = found;
    return extra + 1;
  }
  return 0;
}

size_t text_invalid(const char *text, size_t length) {
  uint32_t code;
  for (size_t at = 0; at < length;) {
    size_t step = text_step(text + at, length - at, &code);
    if (!step) return at;
    at += step;
  }
  return length;
}

static bool is_control(uint32_t code) { return code < 0x20 || (code >= 0x7f && code < 0xa0); }

/* Line separators and marks that turn or hide the direction of writing. */
static bool is_mark(uint32_t code) {
  return code == 0x61c || (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0xfeff;
}

static void json_character(struct buffer *out, const char *text, size_t step, uint32_t code) {
  static const char *const escapes[128] = {['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"};
  if (code < 128 && escapes[code])
    buffer_add(out, escapes[code]);
  else if (is_control(code) || is_mark(code))
    buffer_format(out, "\\u%04x", (unsigned)code);
  else
    buffer_append(out, text, step);
}

/* Bytes from the start that JSON takes as they are, found eight at a time: a word with a byte below a blank, above a tilde, or one of the two that
 * are escaped sets the high bit of some byte here. Of the rest each byte is looked at. */
static size_t plain_json(const char *text, size_t length) {
  const uint64_t ones = 0x0101010101010101u, high = ones << 7;
  size_t at = 0;
  for (uint64_t word; length - at >= sizeof word; at += sizeof word) {
    memcpy(&word, text + at, sizeof word);
    uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
    if (((word + ones) | (word - ones * ' ') | (quote - ones) | (slash - ones)) & high) break;
  }
  while (at < length && text[at] >= ' ' && text[at] < 0x7f && text[at] != '"' && text[at] != '\\') at++;
  return at;
}

void text_json(struct buffer *out, const char *text, size_t length) {
  assert(out && text);
  buffer_append(out, "\"", 1);
  for (size_t at = 0; at < length;) {
    size_t plain = plain_json(text + at, length - at);
    if (plain) buffer_append(out, text + at, plain);
    at += plain;
    if (at == length) break;
    uint32_t code;
    size_t step = text_step(text + at, length - at, &code);
    if (step)
      json_character(out, text + at, step, code);
    else
      buffer_add(out, "\xef\xbf\xbd");
    at += step ? step : 1;
  }
  buffer_append(out, "\"", 1);
}

/* Appends `text` for people; `escapes` has what stands for a character that the target would take as its own. */
static void for_people(struct buffer *out, const char *text, const char *const escapes[128]) {
  size_t length = strlen(text);
  for (size_t at = 0; at < length;) {
    size_t plain = at;
    while (plain < length && text[plain] >= ' ' && text[plain] < 0x7f && !escapes[(unsigned char)text[plain]]) plain++;
    if (plain > at) buffer_append(out, text + at, plain - at);
    at = plain;
    if (at == length) break;
    uint32_t code = 0;
    size_t step = text_step(text + at, length - at, &code);
    if (!step || is_control(code))
      buffer_format(out, "\\x%02x", step ? (unsigned)code : (unsigned)(unsigned char)text[at]);
    else if (is_mark(code))
      buffer_format(out, "\\u%04x", (unsigned)code);
    else if (code < 128 && escapes[code])
      buffer_add(out, escapes[code]);
    else
      buffer_append(out, text + at, step);
    at += step ? step : 1;
  }
}

void text_plain(struct buffer *out, const char *text) {
  static const char *const none[128];
  assert(out && text);
  for_people(out, text, none);
}

void text_html(struct buffer *out, const char *text) {
  static const char *const entities[128] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
  assert(out && text);
  for_people(out, text, entities);
}

void text_csv(struct buffer *out, const char *text) {
  static const char *const doubled[128] = {['"'] = "\"\""};
  assert(out && text);
  bool formula = text[0] && strchr("=+-@\t\r", text[0]);
  bool quote = formula || strpbrk(text, ",\"\r\n") || text[0] == ' ';
  if (quote) buffer_append(out, "\"", 1);
  if (formula) buffer_append(out, "'", 1);
  for_people(out, text, doubled);
  if (quote) buffer_append(out, "\"", 1);
}
