/* The inside of json.h, for what looks at every value of a report: a call for each would cost more than the parse.
 *
 * Knows yyjson's values; included by json.c and the reading of reports, by nothing else. The values of a document stand one
 * after the other in the order of the text: after a list or an object its first item or key, after a key its value. */
#ifndef HP_JSON_INSIDE_H
#define HP_JSON_INSIDE_H

#include <endian.h>
#include <string.h>
#include <yyjson.h>

#include "json.h"

#define JSON_DEPTH_MOST 64 /* of what json_limits may ask for */
#define JSON_PADDING 16    /* bytes that can be read after the texts of a document; more than yyjson asks for */

struct json {
  yyjson_val value;
};

struct json_document {
  struct arena *arena; /* the values; texts are in one of the caller's */
  struct json_source source;
  struct json_limits limits;
  yyjson_doc *parsed;
};

static inline unsigned json_type(const struct json *json) { return (unsigned)(json->value.tag & YYJSON_TYPE_MASK); }
static inline bool json_is_null(const struct json *json) { return json_type(json) == YYJSON_TYPE_NULL; }
static inline bool json_is_boolean(const struct json *json) { return json_type(json) == YYJSON_TYPE_BOOL; }
static inline bool json_is_text(const struct json *json) { return json_type(json) == YYJSON_TYPE_STR; }
static inline bool json_is_list(const struct json *json) { return json_type(json) == YYJSON_TYPE_ARR; }
static inline bool json_is_object(const struct json *json) { return json_type(json) == YYJSON_TYPE_OBJ; }
static inline bool json_is_container(const struct json *json) { return json_type(json) >= YYJSON_TYPE_ARR; } /* a list or an object */

/* A text without an escape; only an escape can have put a NUL into it. */
static inline bool json_is_plain(const struct json *json) { return (json->value.tag & YYJSON_TAG_MASK) == (YYJSON_TYPE_STR | YYJSON_SUBTYPE_NOESC); }

/* An integer of 64 bits. */
static inline bool json_is_integer(const struct json *json) {
  unsigned tag = (unsigned)(json->value.tag & YYJSON_TAG_MASK);
  return tag == (YYJSON_TYPE_NUM | YYJSON_SUBTYPE_SINT) || (tag == (YYJSON_TYPE_NUM | YYJSON_SUBTYPE_UINT) && json->value.uni.i64 >= 0);
}

/* Bytes of a text, items of a list, members of an object. */
static inline size_t json_length(const struct json *json) { return (size_t)(json->value.tag >> YYJSON_TAG_BIT); }
static inline const char *json_bytes(const struct json *text) { return text->value.uni.str; }
static inline bool json_has_nul(const struct json *text) { return !json_is_plain(text) && memchr(json_bytes(text), 0, json_length(text)); }

/* What stands after a value: the next item of its list, or the next key of its object. */
static inline const struct json *json_after(const struct json *json) {
  return json_is_container(json) ? (const struct json *)(const void *)((const char *)json + json->value.uni.ofs) : json + 1;
}

/* The first eight bytes of a text as a number that orders as they do; zeros follow a shorter one. */
static inline uint64_t json_head(const struct json *text) {
  uint64_t head;
  memcpy(&head, json_bytes(text), sizeof head);
  size_t length = json_length(text);
  return length >= sizeof head ? be64toh(head) : length ? be64toh(head) & ~(UINT64_MAX >> (8 * length)) : 0;
}

/* No text is too long and no list or object too big, by the size of the whole. */
static inline bool json_is_ordinary(const struct json_document *document) {
  return document->source.length <= document->limits.text_bytes && yyjson_doc_get_val_count(document->parsed) <= document->limits.items;
}

#endif
