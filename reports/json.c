/* See json.h and json_inside.h: the two files and this one are all that knows yyjson. */
#include "json.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_inside.h"
#include "text.h"

#define LARGE_BYTES ((size_t)1 << 20) /* of a text whose nesting is measured before it is parsed: the parser takes memory for each level */
#define KEPT_BYTES ((size_t)4 << 20)  /* of memory kept from one document for the next */
#define FEW_KEYS 16                   /* compared each with each */

static yyjson_val *inside(const struct json *json) { return (yyjson_val *)(uintptr_t)&json->value; }
static const struct json *outside(const yyjson_val *value) { return (const struct json *)(const void *)value; }

/* yyjson's memory, taken from an arena: what it gives back is kept until the next document. */
static void *take(void *arena, size_t size) { return arena_take_bare(arena, size); }
static void *retake(void *arena, void *old, size_t old_size, size_t size) {
  if (size <= old_size) return old;
  void *grown = arena_take_bare(arena, size);
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

static int fail_deep(struct json_source source, size_t offset, struct diag_list *diags) {
  return fail_at(source, offset, diags, STATUS_REPORT_DEPTH, "lists and objects nested too deep");
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

static int fail_value(const struct json_document *document, const struct json *json, struct diag_list *diags, int code, const char *message) {
  size_t number = (size_t)(json - json_root(document));
  return fail_at(document->source, value_offset(document->source.text, document->source.length, number), diags, code, message);
}

/* --- what is refused beside what is no JSON --- */

static bool same_text(const struct json *a, const struct json *b) {
  return json_length(a) == json_length(b) && memcmp(json_bytes(a), json_bytes(b), json_length(a)) == 0;
}

static int compare_keys(const void *a, const void *b) {
  const struct json *one = *(const struct json *const *)a, *other = *(const struct json *const *)b;
  size_t length = json_length(one) < json_length(other) ? json_length(one) : json_length(other);
  int order = memcmp(json_bytes(one), json_bytes(other), length);
  if (order == 0) order = (json_length(one) > json_length(other)) - (json_length(one) < json_length(other));
  return order ? order : (one > other) - (one < other);
}

/* The first of the keys, sorted, that stands twice: where it stands for the second time; *twin NULL where none does. */
static int find_twin(const struct json *object, const struct json **twin) {
  size_t count = json_length(object);
  const struct json **keys = mem_new(count * sizeof *keys);
  if (!keys) return STATUS_MEMORY;
  const struct json *key = object + 1;
  for (size_t i = 0; i < count; i++, key = json_after(key + 1)) keys[i] = key;
  qsort(keys, count, sizeof *keys, compare_keys);
  *twin = NULL;
  for (size_t i = 1; i < count && !*twin; i++)
    if (same_text(keys[i - 1], keys[i])) *twin = keys[i];
  mem_free(keys);
  return 0;
}

bool json_keys_differ(const struct json *object) {
  assert(json_is_object(object));
  const struct json *keys[FEW_KEYS], *key = object + 1, *twin = NULL;
  uint64_t heads[FEW_KEYS];
  size_t count = json_length(object);
  if (count > FEW_KEYS) return find_twin(object, &twin) == 0 && !twin;
  for (size_t i = 0; i < count; i++, key = json_after(key + 1)) {
    keys[i] = key;
    heads[i] = json_head(key);
    for (size_t j = 0; j < i; j++)
      if (heads[j] == heads[i] && same_text(keys[j], key)) return false;
  }
  return true;
}

bool json_is_sound(const struct json_document *document, const struct json *json, size_t depth) {
  const struct json_limits *limits = &document->limits;
  const struct json *ends[JSON_DEPTH_MOST], *end = json_after(json);
  size_t level = 0;
  for (; json < end; json++) {
    if (!json_is_container(json)) {
      if (json_is_text(json) && (json_has_nul(json) || json_length(json) > limits->text_bytes)) return false;
      continue;
    }
    while (level && json >= ends[level - 1]) level--;
    if (depth + level >= limits->depth || json_length(json) > limits->items) return false;
    if (json_is_object(json) && !json_keys_differ(json)) return false;
    ends[level++] = json_after(json);
  }
  return true;
}

static int check_text(const struct json_document *document, const struct json *text, struct diag_list *diags) {
  char message[100];
  size_t length = json_length(text), most = document->limits.text_bytes;
  if (length > most) {
    snprintf(message, sizeof message, "a text of %zu bytes, at most %zu are read", length, most);
    return fail_value(document, text, diags, STATUS_REPORT_SIZE, message);
  }
  return json_has_nul(text) ? fail_value(document, text, diags, STATUS_REPORT_NUL, "a text with a NUL (\\u0000) inside") : 0;
}

static int check_count(const struct json_document *document, const struct json *container, struct diag_list *diags) {
  char message[100];
  size_t count = json_length(container), most = document->limits.items;
  if (count <= most) return 0;
  snprintf(message, sizeof message, "%s of %zu items, at most %zu are read", json_kind_name(json_kind(container)), count, most);
  return fail_value(document, container, diags, STATUS_REPORT_SIZE, message);
}

static int check_keys(const struct json_document *document, const struct json *object, struct diag_list *diags) {
  const struct json *twin;
  char message[150];
  int status = find_twin(object, &twin);
  if (status || !twin) return status;
  snprintf(message, sizeof message, "the key \"%.100s\" stands here twice", json_bytes(twin));
  return fail_value(document, twin, diags, STATUS_REPORT_DUPLICATE, message);
}

/* Texts and counts come before keys. */
int json_check(const struct json_document *document, struct diag_list *diags) {
  assert(document && diags);
  struct json_source source = document->source;
  size_t deep = too_deep(source.text, source.length, document->limits.depth);
  if (deep < source.length) return fail_deep(source, deep, diags);
  const struct json *root = json_root(document), *end = root + yyjson_doc_get_val_count(document->parsed);
  int status = 0;
  for (const struct json *json = root; json < end && !status; json++) {
    if (json_is_text(json)) status = check_text(document, json, diags);
    if (json_is_container(json)) status = check_count(document, json, diags);
  }
  for (const struct json *json = root; json < end && !status; json++)
    if (json_is_object(json)) status = check_keys(document, json, diags);
  return status;
}

int json_fail(const struct json_document *document, const struct json *at, struct diag_list *diags, int code, const char *format, ...) {
  assert(document && at && diags);
  int status = json_check(document, diags);
  if (status) return status;
  char message[512];
  va_list list;
  va_start(list, format);
  vsnprintf(message, sizeof message, format, list);
  va_end(list);
  return fail_value(document, at, diags, code, message);
}

/* --- reading --- */

static int fail_parse(struct json_source source, size_t depth, const yyjson_read_err *error, struct diag_list *diags) {
  if (error->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) return STATUS_MEMORY;
  size_t deep = too_deep(source.text, source.length, depth);
  if (deep < source.length) return fail_deep(source, deep, diags);
  size_t invalid = text_invalid(source.text, source.length);
  if (invalid < source.length) return fail_at(source, invalid, diags, STATUS_REPORT_ENCODING, "a byte that is not UTF-8");
  const char *nul = memchr(source.text, 0, source.length);
  if (nul) return fail_at(source, (size_t)(nul - source.text), diags, STATUS_REPORT_NUL, "a NUL byte");
  return fail_at(source, error->pos, diags, STATUS_REPORT_JSON, source.length ? error->msg : "there is nothing to read");
}

/* Parses a copy in place, so that texts stay in `arena`. */
static yyjson_doc *parse_copy(struct json_source source, struct arena *values, struct arena *texts, yyjson_read_err *error) {
  *error = (yyjson_read_err){.code = YYJSON_READ_ERROR_MEMORY_ALLOCATION};
  char *copy = arena_take_bare(texts, source.length + JSON_PADDING);
  if (!copy) return NULL;
  if (source.length) memcpy(copy, source.text, source.length);
  memset(copy + source.length, 0, JSON_PADDING);
  yyjson_alc memory = {.malloc = take, .realloc = retake, .free = leave, .ctx = values};
  return yyjson_read_opts(copy, source.length, YYJSON_READ_INSITU, &memory, error);
}

struct json_document *json_document_new(void) {
  struct json_document *document = mem_new(sizeof *document);
  if (document) document->arena = arena_new();
  if (document && document->arena) return document;
  mem_free(document);
  return NULL;
}

void json_free(struct json_document *document) {
  if (!document) return;
  arena_free(document->arena);
  mem_free(document);
}

int json_parse(struct json_document *document, struct json_source source, const struct json_limits *limits, struct arena *arena,
               struct diag_list *diags) {
  assert(document && limits && limits->depth <= JSON_DEPTH_MOST && arena && diags && (source.text || !source.length));
  document->source = source;
  document->limits = *limits;
  document->parsed = NULL;
  if (source.length > limits->bytes)
    return diag_format(diags, STATUS_REPORT_SIZE, source.file, source.line, 1, "%zu bytes of JSON, at most %zu are read", source.length,
                       limits->bytes);
  if (source.length > LARGE_BYTES) {
    size_t deep = too_deep(source.text, source.length, limits->depth);
    if (deep < source.length) return fail_deep(source, deep, diags);
  }
  arena_trim(document->arena, KEPT_BYTES);
  yyjson_read_err error;
  document->parsed = parse_copy(source, document->arena, arena, &error);
  return document->parsed ? 0 : fail_parse(source, limits->depth, &error, diags);
}

int json_read(struct json_source source, const struct json_limits *limits, struct arena *arena, struct diag_list *diags,
              struct json_document **document) {
  assert(document);
  *document = NULL;
  struct json_document *made = json_document_new();
  int status = made ? json_parse(made, source, limits, arena, diags) : STATUS_MEMORY;
  if (!status && !json_is_sound(made, json_root(made), 0)) status = json_check(made, diags);
  if (status)
    json_free(made);
  else
    *document = made;
  return status;
}

bool json_parses(const char *text, size_t length, const struct json_limits *limits) {
  assert(limits && (text || !length));
  if (length > limits->bytes || too_deep(text, length, limits->depth) < length) return false;
  struct arena *values = arena_new(), *texts = arena_new();
  yyjson_read_err error;
  bool parses = values && texts && parse_copy((struct json_source){.text = text, .length = length}, values, texts, &error);
  arena_free(texts);
  arena_free(values);
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

/* Without snprintf, which would take most of the time of a line of CSV. */
const char *json_fixed(char text[JSON_NUMBER_BYTES], double number, int decimals) {
  static const double scales[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
  assert(decimals > 0 && decimals < (int)(sizeof scales / sizeof *scales));
  double bounded = isnan(number) ? 0 : fmax(-LARGEST, fmin(LARGEST, number));
  long long scaled = llround(bounded * scales[decimals]);
  char digits[JSON_NUMBER_BYTES]; /* filled from the end */
  size_t at = sizeof digits - 1;
  digits[at] = 0;
  int written = 0;
  for (long long left = scaled < 0 ? -scaled : scaled; left || written <= decimals; left /= 10) {
    digits[--at] = (char)('0' + left % 10);
    if (++written == decimals) digits[--at] = '.';
  }
  if (scaled < 0) digits[--at] = '-';
  memcpy(text, digits + at, sizeof digits - at);
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
