/* See json.h. The only file that includes yyjson. */
#include "json.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "text.h"

struct json_document {
  struct arena *arena; /* the values; texts are the caller's */
  struct json_source source;
  yyjson_doc *parsed;
};

static yyjson_val *inside(const struct json *json) { return (yyjson_val *)(uintptr_t)json; }
static const struct json *outside(const yyjson_val *value) { return (const struct json *)(const void *)value; }

/* yyjson's memory, taken from an arena: what it gives back is kept until the document goes. */
static void *take(void *arena, size_t size) { return arena_take(arena, size); }
static void *retake(void *arena, void *old, size_t old_size, size_t size) {
  if (size <= old_size) return old;
  void *grown = arena_take(arena, size);
  if (grown) memcpy(grown, old, old_size);
  return grown;
}
static void leave(void *arena, void *block) {
  (void)arena;
  (void)block;
}

static int fail_at(struct json_source source, size_t offset, struct diag_list *diags, int code, const char *message) {
  size_t line = source.line ? source.line : 1, start = 0;
  for (size_t i = 0; i < offset && i < source.length; i++) {
    if (source.text[i] != '\n') continue;
    line++;
    start = i + 1;
  }
  return diag_format(diags, code, source.file, line, offset - start + 1, "%s", message);
}

/* Offset just past the string that begins at `at`. A quote after an odd number of backslashes does not end it. */
static size_t skip_string(const char *text, size_t length, size_t at) {
  at++;
  while (at < length) {
    const char *quote = memchr(text + at, '"', length - at);
    if (!quote) break;
    const char *slash = quote;
    while (slash[-1] == '\\') slash--;
    at = (size_t)(quote - text) + 1;
    if ((quote - slash) % 2 == 0) return at;
  }
  return length;
}

/* Offset of the first bracket that opens more than `depth` levels, or `length`. Needs no stack. */
static size_t too_deep(const char *text, size_t length, size_t depth) {
  size_t level = 0;
  for (size_t at = 0; at < length;) {
    char c = text[at];
    if (c == '"') {
      at = skip_string(text, length, at);
      continue;
    }
    if ((c == '{' || c == '[') && ++level > depth) return at;
    if ((c == '}' || c == ']') && level) level--;
    at++;
  }
  return length;
}

/* Offset where the value with this number begins: every key, scalar, list and object is one, in order of the text. */
static size_t value_offset(const char *text, size_t length, size_t number) {
  for (size_t at = 0; at < length;) {
    if (strchr(" \t\r\n,:]}", text[at])) {
      at++;
      continue;
    }
    if (number-- == 0) return at;
    if (text[at] == '"')
      at = skip_string(text, length, at);
    else if (text[at] == '{' || text[at] == '[')
      at++;
    else
      while (at < length && !strchr(" \t\r\n,:]}", text[at])) at++;
  }
  return length;
}

static int fail_value(const struct json_document *document, const yyjson_val *value, struct diag_list *diags, int code, const char *message) {
  size_t number = (size_t)(value - yyjson_doc_get_root(document->parsed));
  return fail_at(document->source, value_offset(document->source.text, document->source.length, number), diags, code, message);
}

int json_fail(const struct json_document *document, const struct json *at, struct diag_list *diags, int code, const char *format, ...) {
  assert(document && at && diags);
  char message[512];
  va_list list;
  va_start(list, format);
  vsnprintf(message, sizeof message, format, list);
  va_end(list);
  return fail_value(document, inside(at), diags, code, message);
}

struct member {
  const char *text;
  const yyjson_val *key;
};

static int compare_members(const void *a, const void *b) {
  const struct member *one = a, *other = b;
  int order = strcmp(one->text, other->text);
  return order ? order : (one->key > other->key) - (one->key < other->key);
}

/* Refuses an object that has a key twice. */
static int check_keys(struct json_document *document, yyjson_val *object, struct diag_list *diags) {
  size_t count = yyjson_obj_size(object);
  if (count < 2) return 0;
  struct member *members = arena_take_array(document->arena, count, sizeof *members);
  if (!members) return STATUS_MEMORY;
  yyjson_val *key = unsafe_yyjson_get_first(object);
  for (size_t i = 0; i < count; i++, key = unsafe_yyjson_get_next(key + 1)) members[i] = (struct member){yyjson_get_str(key), key};
  qsort(members, count, sizeof *members, compare_members);
  for (size_t i = 1; i < count; i++) {
    if (strcmp(members[i - 1].text, members[i].text) != 0) continue;
    return json_fail(document, outside(members[i].key), diags, STATUS_REPORT_DUPLICATE, "the key \"%.100s\" stands here twice", members[i].text);
  }
  return 0;
}

static int check_string(const struct json_document *document, yyjson_val *value, const struct json_limits *limits, struct diag_list *diags) {
  size_t length = yyjson_get_len(value);
  if (length > limits->text_bytes)
    return json_fail(document, outside(value), diags, STATUS_REPORT_SIZE, "a text of %zu bytes, at most %zu are read", length, limits->text_bytes);
  if (memchr(yyjson_get_str(value), 0, length)) return fail_value(document, value, diags, STATUS_REPORT_NUL, "a text with a NUL (\\u0000) inside");
  return 0;
}

/* Values stand one after the other, so one loop sees all: strings and counts first, because keys are compared as C strings. */
static int check_document(struct json_document *document, const struct json_limits *limits, struct diag_list *diags) {
  yyjson_val *root = yyjson_doc_get_root(document->parsed);
  size_t total = yyjson_doc_get_val_count(document->parsed);
  int status = 0;
  for (size_t i = 0; i < total && !status; i++) {
    yyjson_val *value = root + i;
    if (yyjson_is_str(value)) status = check_string(document, value, limits, diags);
    if (!yyjson_is_ctn(value) || unsafe_yyjson_get_len(value) <= limits->items) continue;
    status = json_fail(document, outside(value), diags, STATUS_REPORT_SIZE, "%s of %zu items, at most %zu are read",
                       json_kind_name(json_kind(outside(value))), unsafe_yyjson_get_len(value), limits->items);
  }
  for (size_t i = 0; i < total && !status; i++)
    if (yyjson_is_obj(root + i)) status = check_keys(document, root + i, diags);
  return status;
}

static int fail_parse(struct json_source source, const yyjson_read_err *error, struct diag_list *diags) {
  if (error->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) return STATUS_MEMORY;
  size_t invalid = text_invalid(source.text, source.length);
  if (invalid < source.length) return fail_at(source, invalid, diags, STATUS_REPORT_ENCODING, "a byte that is not UTF-8");
  const char *nul = memchr(source.text, 0, source.length);
  if (nul) return fail_at(source, (size_t)(nul - source.text), diags, STATUS_REPORT_NUL, "a NUL byte");
  return fail_at(source, error->pos, diags, STATUS_REPORT_JSON, source.length ? error->msg : "there is nothing to read");
}

/* Parses a copy in place, so that texts stay in `arena`. */
static int parse(struct json_document *document, struct arena *arena, struct diag_list *diags) {
  struct json_source source = document->source;
  char *copy = arena_take(arena, source.length + YYJSON_PADDING_SIZE);
  if (!copy) return STATUS_MEMORY;
  if (source.length) memcpy(copy, source.text, source.length);
  yyjson_alc memory = {.malloc = take, .realloc = retake, .free = leave, .ctx = document->arena};
  yyjson_read_err error = {0};
  document->parsed = yyjson_read_opts(copy, source.length, YYJSON_READ_INSITU, &memory, &error);
  return document->parsed ? 0 : fail_parse(source, &error, diags);
}

int json_read(struct json_source source, const struct json_limits *limits, struct arena *arena, struct diag_list *diags,
              struct json_document **document) {
  assert(limits && arena && diags && document && (source.text || !source.length));
  *document = NULL;
  if (source.length > limits->bytes)
    return diag_format(diags, STATUS_REPORT_SIZE, source.file, source.line, 1, "%zu bytes of JSON, at most %zu are read", source.length,
                       limits->bytes);
  size_t deep = too_deep(source.text, source.length, limits->depth);
  if (deep < source.length) return fail_at(source, deep, diags, STATUS_REPORT_DEPTH, "lists and objects nested too deep");
  struct arena *own = arena_new();
  struct json_document *made = own ? arena_take(own, sizeof *made) : NULL;
  int status = STATUS_MEMORY;
  if (made) {
    *made = (struct json_document){.arena = own, .source = source};
    status = parse(made, arena, diags);
  }
  if (!status) status = check_document(made, limits, diags);
  if (status)
    arena_free(own);
  else
    *document = made;
  return status;
}

void json_free(struct json_document *document) {
  if (document) arena_free(document->arena);
}

bool json_parses(const char *text, size_t length, const struct json_limits *limits) {
  assert(limits && (text || !length));
  if (length > limits->bytes || too_deep(text, length, limits->depth) < length) return false;
  struct arena *arena = arena_new();
  struct diag_list *ignored = diag_list_new();
  struct json_document document = {.arena = arena, .source = {.text = text, .length = length}};
  bool parses = arena && ignored && parse(&document, arena, ignored) == 0;
  diag_list_free(ignored);
  arena_free(arena);
  return parses;
}

const struct json *json_root(const struct json_document *document) { return outside(yyjson_doc_get_root(document->parsed)); }

enum json_kind json_kind(const struct json *json) {
  yyjson_val *value = inside(json);
  switch (yyjson_get_type(value)) {
  case YYJSON_TYPE_BOOL: return JSON_BOOLEAN;
  case YYJSON_TYPE_NUM: return yyjson_is_real(value) || (yyjson_is_uint(value) && yyjson_get_uint(value) > INT64_MAX) ? JSON_REAL : JSON_INTEGER;
  case YYJSON_TYPE_STR: return JSON_TEXT;
  case YYJSON_TYPE_ARR: return JSON_LIST;
  case YYJSON_TYPE_OBJ: return JSON_OBJECT;
  default: return JSON_NULL;
  }
}

const char *json_kind_name(enum json_kind kind) {
  static const char *const names[JSON_KINDS] = {
      [JSON_NULL] = "null",   [JSON_BOOLEAN] = "true or false", [JSON_INTEGER] = "an integer", [JSON_REAL] = "a number that is no 64-bit integer",
      [JSON_TEXT] = "a text", [JSON_LIST] = "a list",           [JSON_OBJECT] = "an object",
  };
  return names[kind];
}

const char *json_text(const struct json *json, size_t *length) {
  assert(json_kind(json) == JSON_TEXT);
  if (length) *length = yyjson_get_len(inside(json));
  return yyjson_get_str(inside(json));
}

int64_t json_integer(const struct json *json) {
  assert(json_kind(json) == JSON_INTEGER);
  return yyjson_get_sint(inside(json));
}

double json_real(const struct json *json) { return yyjson_get_num(inside(json)); }
bool json_boolean(const struct json *json) { return yyjson_get_bool(inside(json)); }
size_t json_count(const struct json *json) { return yyjson_is_ctn(inside(json)) ? unsafe_yyjson_get_len(inside(json)) : 0; }
const struct json *json_member(const struct json *object, const char *key) { return outside(yyjson_obj_get(inside(object), key)); }

struct json_each json_each(const struct json *container) {
  size_t count = json_count(container);
  return (struct json_each){
      .left = count, .at = count ? outside(unsafe_yyjson_get_first(inside(container))) : NULL, .keyed = yyjson_is_obj(inside(container))};
}

bool json_next(struct json_each *each) {
  if (!each->left) return false;
  each->key = each->keyed ? each->at : NULL;
  each->value = each->keyed ? outside(inside(each->at) + 1) : each->at;
  if (--each->left) each->at = outside(unsafe_yyjson_get_next(inside(each->value)));
  return true;
}

#define LARGEST 1e9 /* of what json_fixed prints */

const char *json_fixed(char text[JSON_NUMBER_BYTES], double number, int decimals) {
  static const long long scales[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
  assert(decimals > 0 && decimals < (int)(sizeof scales / sizeof *scales));
  double bounded = isnan(number) ? 0 : fmax(-LARGEST, fmin(LARGEST, number));
  long long scaled = llround(bounded * (double)scales[decimals]);
  long long size = scaled < 0 ? -scaled : scaled;
  snprintf(text, JSON_NUMBER_BYTES, "%s%lld.%0*lld", scaled < 0 ? "-" : "", size / scales[decimals], decimals, size % scales[decimals]);
  return text;
}

/* A locale may have set another decimal point. */
static const char *with_point(char *text) {
  for (char *at = text; *at; at++)
    if (*at == ',') *at = '.';
  return text;
}

const char *json_probability(char text[JSON_NUMBER_BYTES], double number) {
  double bounded = number > 0 ? fmin(1, number) : 0;
  snprintf(text, JSON_NUMBER_BYTES, "%.6g", bounded);
  return with_point(text);
}

const char *json_shortest(char text[JSON_NUMBER_BYTES], double number) {
  if (isnan(number) || number == 0) number = 0;
  if (isinf(number)) number = number < 0 ? -LARGEST : LARGEST;
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, JSON_NUMBER_BYTES, "%.*g", digits, number);
    if (strtod(text, NULL) == number) break;
  }
  return with_point(text);
}

static void new_line(struct json_writer *writer) {
  if (!writer->pretty) return;
  buffer_append(writer->out, "\n", 1);
  for (size_t i = 0; i < writer->depth; i++) buffer_append(writer->out, "  ", 2);
}

/* What stands between the last value and the next. */
static void separate(struct json_writer *writer) {
  if (!writer->keyed && writer->depth) {
    if (!writer->fresh) buffer_append(writer->out, ",", 1);
    new_line(writer);
  }
  writer->fresh = writer->keyed = false;
}

void json_open(struct json_writer *writer, char bracket) {
  separate(writer);
  buffer_append(writer->out, &bracket, 1);
  writer->depth++;
  writer->fresh = true;
}

void json_close(struct json_writer *writer, char bracket) {
  assert(writer->depth);
  writer->depth--;
  if (!writer->fresh) new_line(writer);
  buffer_append(writer->out, &bracket, 1);
  writer->fresh = false;
}

void json_key(struct json_writer *writer, const char *key) {
  separate(writer);
  text_json(writer->out, key, strlen(key));
  buffer_add(writer->out, writer->pretty ? ": " : ":");
  writer->keyed = true;
}

void json_put_raw(struct json_writer *writer, const char *text) {
  separate(writer);
  buffer_add(writer->out, text);
}

void json_put_text(struct json_writer *writer, const char *text) {
  separate(writer);
  if (text)
    text_json(writer->out, text, strlen(text));
  else
    buffer_add(writer->out, "null");
}

void json_put_integer(struct json_writer *writer, int64_t integer) {
  separate(writer);
  buffer_format(writer->out, "%lld", (long long)integer);
}

void json_put_boolean(struct json_writer *writer, bool boolean) { json_put_raw(writer, boolean ? "true" : "false"); }

void json_pair(struct json_writer *writer, const char *key, const char *text) {
  json_key(writer, key);
  json_put_text(writer, text);
}
