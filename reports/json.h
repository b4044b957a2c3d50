/* JSON: the one seam over yyjson, strict in reading and stable in writing.
 *
 * Knows JSON text; must not know what any document means. Reading refuses what RFC 8259 refuses, and beyond that the same
 * key twice, a NUL inside a text, bytes that are not UTF-8, and whatever is over its limits. Of several faults the first of
 * these is told: too long a text, nesting, no JSON, a NUL or a size, a key twice. Every error carries line:column. Writing
 * gives the same bytes for the same values everywhere. */
#ifndef HP_JSON_H
#define HP_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../engine/status.h"

struct json_limits {
  size_t bytes;      /* of the whole text */
  size_t depth;      /* of lists and objects, at most 64 */
  size_t text_bytes; /* of one string */
  size_t items;      /* of one list or object */
};

/* A text and where it stands, for diagnostics: `line` is that of its first byte, from 1; `file` may be NULL. */
struct json_source {
  const char *text;
  size_t length;
  const char *file;
  size_t line;
};

struct json_document;
struct json; /* one value; borrowed from its document */

enum json_kind { JSON_NULL, JSON_BOOLEAN, JSON_INTEGER, JSON_REAL, JSON_TEXT, JSON_LIST, JSON_OBJECT, JSON_KINDS };

/* Reads a document. Its texts are put in `arena` and outlive it; source.text must live as long as the document. 0 and
 * *document owned by the caller, or STATUS_MEMORY or a STATUS_REPORT_* code with the reason in `diags`. */
int json_read(struct json_source source, const struct json_limits *limits, struct arena *arena, struct diag_list *diags,
              struct json_document **document);
void json_free(struct json_document *document);

/* The same in steps, for many documents with one memory. A new document is empty (NULL: memory is out); json_parse fills it,
 * and what it held before is gone. Parsed is not yet checked: json_is_sound must have said yes to every value that is used,
 * `depth` being the number of lists and objects around it, or json_keys_differ and json_inside.h to what it would have
 * looked at. Where one says no, json_check tells what is refused (0: nothing, memory had been out). */
struct json_document *json_document_new(void);
int json_parse(struct json_document *document, struct json_source source, const struct json_limits *limits, struct arena *arena,
               struct diag_list *diags);
bool json_is_sound(const struct json_document *document, const struct json *json, size_t depth);
bool json_keys_differ(const struct json *object);
int json_check(const struct json_document *document, struct diag_list *diags);

/* True where the text is one JSON document within the limits of json_read, however deep it repeats keys. */
bool json_parses(const char *text, size_t length, const struct json_limits *limits);

const struct json *json_root(const struct json_document *document);
enum json_kind json_kind(const struct json *json);
/* "a text", "a list"... for messages. An integer beyond 64 bits is JSON_REAL. */
const char *json_kind_name(enum json_kind kind);
/* Each is for values of its kind only; json_real takes integers too. Texts are NUL-terminated, without a NUL inside. */
const char *json_text(const struct json *json, size_t *length);
int64_t json_integer(const struct json *json);
double json_real(const struct json *json);
bool json_boolean(const struct json *json);
size_t json_count(const struct json *json);
/* Member of an object, or NULL. */
const struct json *json_member(const struct json *object, const char *key);

/* Walks a list or an object: for (struct json_each each = json_each(list); json_next(&each);) ... each.value ... */
struct json_each {
  size_t left;
  const struct json *at;
  bool keyed;
  const struct json *key; /* objects only */
  const struct json *value;
};
struct json_each json_each(const struct json *container);
bool json_next(struct json_each *each);

/* Adds a diagnostic at the place of a value and returns `code`; in a document that json_check refuses, that is told instead. */
int json_fail(const struct json_document *document, const struct json *at, struct diag_list *diags, int code, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Numbers as text: a fixed number of decimals (at most 6), six significant digits, and the shortest that reads back the
 * same. Never -0, never NaN or infinite (0, or a very large number), always a point. Each returns `text`. */
#define JSON_NUMBER_BYTES 48
const char *json_fixed(char text[JSON_NUMBER_BYTES], double number, int decimals);
const char *json_probability(char text[JSON_NUMBER_BYTES], double number);
const char *json_shortest(char text[JSON_NUMBER_BYTES], double number);

/* Writes values one after the other; commas, quotes and, when pretty, lines and indents come by themselves. */
struct json_writer {
  struct buffer *out;
  bool pretty;
  size_t depth;
  bool fresh; /* nothing written yet in this list or object */
  bool keyed; /* a key waits for its value */
};
void json_open(struct json_writer *writer, char bracket);  /* '{' or '[' */
void json_close(struct json_writer *writer, char bracket); /* '}' or ']' */
void json_key(struct json_writer *writer, const char *key);
void json_put_text(struct json_writer *writer, const char *text); /* NULL gives null */
void json_put_raw(struct json_writer *writer, const char *text);  /* a number, true, false, null */
void json_put_integer(struct json_writer *writer, int64_t integer);
void json_put_boolean(struct json_writer *writer, bool boolean);
void json_pair(struct json_writer *writer, const char *key, const char *text);

#endif
