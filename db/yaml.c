/* See yaml.h. Knows libyaml's events, and turns them into a tree without recursion. */
#include "yaml.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "../collectors/os.h"

struct builder {
  struct arena *arena;
  struct diag_list *diags;
  const char *file;
  struct yaml_node *stack[YAML_DEPTH];      /* open collections, outermost first */
  struct yaml_node *last[YAML_DEPTH];       /* the last member of each, or NULL */
  const struct yaml_node *keys[YAML_DEPTH]; /* the key that waits for its value, in an open map */
  size_t depth;
  struct yaml_node *root;
  size_t documents;
  bool ended;
};

const char *yaml_kind_name(enum yaml_kind kind) {
  static const char *const names[] = {[YAML_TEXT] = "a text", [YAML_MAP] = "a map", [YAML_LIST] = "a list"};
  return names[kind];
}

const struct yaml_node *yaml_member(const struct yaml_node *map, const char *key) {
  assert(map && key);
  for (const struct yaml_node *item = map->kind == YAML_MAP ? map->first : NULL; item; item = item->next)
    if (*item->key->text == *key && strcmp(item->key->text, key) == 0) return item;
  return NULL;
}

/* --- bytes that no rule file may hold --- */

struct place {
  size_t line, column;
};

/* Bytes of the UTF-8 character at `at`; 0 for what is none: cut off, overlong, a surrogate, beyond U+10FFFF. */
static size_t character_bytes(const unsigned char *at, size_t left) {
  size_t bytes = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : *at < 0xf5 ? 4 : 0;
  if (bytes == 0 || bytes > left) return 0;
  for (size_t i = 1; i < bytes; i++)
    if ((at[i] & 0xc0) != 0x80) return 0;
  if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f)) return 0;
  if ((at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f)) return 0;
  return bytes;
}

/* The code for one character that is refused, with a sentence in *why; 0 where it may stand. */
static int refuse_character(const unsigned char *at, size_t bytes, const char **why) {
  if (bytes == 0) {
    *why = "a byte that is no UTF-8";
    return STATUS_RULE_ENCODING;
  }
  if (bytes == 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
    *why = "a byte order mark";
    return STATUS_RULE_ENCODING;
  }
  if (*at == 0) {
    *why = "expected text only";
    return STATUS_RULE_NUL;
  }
  if (*at == '\t') {
    *why = "expected blanks; in a text write \\t between double quotes";
    return STATUS_RULE_TAB;
  }
  *why = "a control character";
  return (*at < 0x20 && *at != '\n' && *at != '\r') || *at == 0x7f ? STATUS_RULE_YAML : 0;
}

/* How many characters stand here that may, in one line: those of ASCII that are no control characters. */
static size_t plain_characters(const char *text, size_t length) {
  size_t count = 0;
  while (count < length && (unsigned char)(text[count] - ' ') < 0x7f - ' ') count++;
  return count;
}

static int check_bytes(const char *text, size_t length, const char *file, struct diag_list *diags) {
  struct place place = {1, 1};
  for (size_t i = 0; i < length;) {
    size_t plain = plain_characters(text + i, length - i);
    place.column += plain;
    i += plain;
    if (i == length) break;
    const unsigned char *at = (const unsigned char *)text + i;
    size_t bytes = character_bytes(at, length - i);
    const char *why;
    int code = refuse_character(at, bytes, &why);
    if (code) return diag_format(diags, code, file, place.line, place.column, "%s", why);
    bool ends_line = *at == '\n' || (*at == '\r' && (i + 1 == length || text[i + 1] != '\n'));
    place = ends_line ? (struct place){place.line + 1, 1} : (struct place){place.line, place.column + 1};
    i += bytes;
  }
  return 0;
}

/* --- the tree --- */

static int complain(const struct builder *builder, int code, const struct yaml_node *node, const char *sentence) {
  return diag_format(builder->diags, code, builder->file, node->line, node->column, "%s", sentence);
}

static void end_node(struct yaml_node *node, const yaml_event_t *event) {
  node->end_line = (uint32_t)event->end_mark.line + 1;
  node->end_column = (uint32_t)event->end_mark.column + 1;
}

static struct yaml_node *new_node(const struct builder *builder, enum yaml_kind kind, const yaml_event_t *event) {
  struct yaml_node *node = arena_take(builder->arena, sizeof *node);
  if (!node) return NULL;
  node->kind = kind;
  node->line = (uint32_t)event->start_mark.line + 1;
  node->column = (uint32_t)event->start_mark.column + 1;
  node->text = "";
  end_node(node, event);
  return node;
}

/* Puts a node where the innermost open collection expects it. */
static int attach(struct builder *builder, struct yaml_node *node) {
  if (builder->depth == 0) {
    builder->root = node;
    return 0;
  }
  struct yaml_node *parent = builder->stack[builder->depth - 1];
  const struct yaml_node **key = &builder->keys[builder->depth - 1];
  if (parent->kind == YAML_MAP && !*key) {
    if (node->kind != YAML_TEXT) return complain(builder, STATUS_RULE_TYPE, node, "a key is a map or a list; expected a text");
    *key = node;
    return 0;
  }
  if (parent->count == YAML_ITEMS)
    return diag_format(builder->diags, STATUS_RULE_SIZE, builder->file, node->line, node->column, "more than %zu members in one %s", YAML_ITEMS,
                       parent->kind == YAML_MAP ? "map" : "list");
  node->key = *key;
  *key = NULL;
  struct yaml_node **last = &builder->last[builder->depth - 1];
  *(*last ? &(*last)->next : &parent->first) = node;
  *last = node;
  parent->count++;
  return 0;
}

static int compare_keys(const void *left, const void *right) {
  const struct yaml_node *a = *(const struct yaml_node *const *)left, *b = *(const struct yaml_node *const *)right;
  int order = strcmp(a->text, b->text);
  if (order == 0) order = (a->line > b->line) - (a->line < b->line);
  return order ? order : (a->column > b->column) - (a->column < b->column);
}

#define FEW_KEYS 16

/* True where a map has few keys, all different: told without sorting them. */
static bool few_and_different(const struct yaml_node *map) {
  if (map->count > FEW_KEYS) return false;
  for (const struct yaml_node *item = map->first; item; item = item->next)
    for (const struct yaml_node *other = map->first; other != item; other = other->next)
      if (other->key->length == item->key->length && memcmp(other->key->text, item->key->text, item->key->length) == 0) return false;
  return true;
}

/* Reports every key of a map that repeats an earlier one. */
static int check_duplicates(const struct builder *builder, const struct yaml_node *map) {
  if (few_and_different(map)) return 0;
  const struct yaml_node **keys = arena_take_array(builder->arena, map->count + 1, sizeof(struct yaml_node *));
  size_t count = 0;
  int code = 0;
  if (!keys) return STATUS_MEMORY;
  for (const struct yaml_node *item = map->first; item; item = item->next) keys[count++] = item->key;
  qsort(keys, count, sizeof(struct yaml_node *), compare_keys);
  for (size_t i = 1; i < count; i++)
    if (strcmp(keys[i]->text, keys[i - 1]->text) == 0)
      code = diag_format(builder->diags, STATUS_RULE_DUPLICATE_KEY, builder->file, keys[i]->line, keys[i]->column, "\"%.80s\" stands in line %u too",
                         keys[i]->text, keys[i - 1]->line);
  return code;
}

static int open_collection(struct builder *builder, enum yaml_kind kind, const yaml_event_t *event) {
  struct yaml_node *node = new_node(builder, kind, event);
  if (!node) return STATUS_MEMORY;
  int code = attach(builder, node);
  if (code) return code;
  if (builder->depth == YAML_DEPTH)
    return diag_format(builder->diags, STATUS_RULE_DEPTH, builder->file, node->line, node->column, "more than %d maps and lists inside each other",
                       YAML_DEPTH);
  builder->stack[builder->depth] = node;
  builder->last[builder->depth] = NULL;
  builder->keys[builder->depth++] = NULL;
  return 0;
}

static int close_collection(struct builder *builder, const yaml_event_t *event) {
  assert(builder->depth > 0);
  struct yaml_node *node = builder->stack[--builder->depth];
  end_node(node, event);
  return node->kind == YAML_MAP ? check_duplicates(builder, node) : 0;
}

static int add_text(struct builder *builder, const yaml_event_t *event) {
  struct yaml_node *node = new_node(builder, YAML_TEXT, event);
  if (!node) return STATUS_MEMORY;
  size_t length = event->data.scalar.length;
  if (length > YAML_TEXT_BYTES)
    return diag_format(builder->diags, STATUS_RULE_SIZE, builder->file, node->line, node->column, "a text of %zu bytes; at most %zu are taken",
                       length, YAML_TEXT_BYTES);
  if (memchr(event->data.scalar.value, 0, length)) return complain(builder, STATUS_RULE_NUL, node, "an escape in this text stands for NUL");
  node->text = arena_text(builder->arena, (const char *)event->data.scalar.value, length);
  node->length = (uint32_t)length;
  node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  return node->text ? attach(builder, node) : STATUS_MEMORY;
}

/* --- events --- */

static int refuse_sharing(const struct builder *builder, const yaml_event_t *event) {
  const yaml_char_t *anchor = NULL, *tag = NULL;
  bool alias = event->type == YAML_ALIAS_EVENT;
  if (event->type == YAML_SCALAR_EVENT) anchor = event->data.scalar.anchor, tag = event->data.scalar.tag;
  if (event->type == YAML_SEQUENCE_START_EVENT) anchor = event->data.sequence_start.anchor, tag = event->data.sequence_start.tag;
  if (event->type == YAML_MAPPING_START_EVENT) anchor = event->data.mapping_start.anchor, tag = event->data.mapping_start.tag;
  if (alias) anchor = event->data.alias.anchor;
  if (!anchor && !tag) return 0;
  return diag_format(builder->diags, STATUS_RULE_ALIAS, builder->file, event->start_mark.line + 1, event->start_mark.column + 1,
                     "found %s \"%s%.60s\"; expected a plain value",
                     alias    ? "the alias"
                     : anchor ? "the anchor"
                              : "the tag",
                     alias    ? "*"
                     : anchor ? "&"
                              : "",
                     (const char *)(anchor ? anchor : tag));
}

static int start_document(struct builder *builder, const yaml_event_t *event) {
  const struct yaml_node here = {.line = (uint32_t)event->start_mark.line + 1, .column = (uint32_t)event->start_mark.column + 1};
  if (builder->documents++) return complain(builder, STATUS_RULE_YAML, &here, "a second document; expected one document in a file");
  if (event->data.document_start.version_directive ||
      event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
    return complain(builder, STATUS_RULE_YAML, &here, "a directive; expected none");
  return 0;
}

static int take_event(struct builder *builder, const yaml_event_t *event) {
  int code = refuse_sharing(builder, event);
  if (code) return code;
  switch (event->type) {
  case YAML_DOCUMENT_START_EVENT: return start_document(builder, event);
  case YAML_SCALAR_EVENT: return add_text(builder, event);
  case YAML_MAPPING_START_EVENT: return open_collection(builder, YAML_MAP, event);
  case YAML_SEQUENCE_START_EVENT: return open_collection(builder, YAML_LIST, event);
  case YAML_MAPPING_END_EVENT:
  case YAML_SEQUENCE_END_EVENT: return close_collection(builder, event);
  case YAML_STREAM_END_EVENT: builder->ended = true; return 0;
  default: return 0;
  }
}

static int report_problem(const struct builder *builder, const yaml_parser_t *parser) {
  if (parser->error == YAML_MEMORY_ERROR) return STATUS_MEMORY;
  const yaml_mark_t *mark = parser->error == YAML_READER_ERROR ? &parser->mark : &parser->problem_mark;
  return diag_format(builder->diags, STATUS_RULE_YAML, builder->file, mark->line + 1, mark->column + 1, "%s%s%s",
                     parser->problem ? parser->problem : "unreadable", parser->context ? ", " : "", parser->context ? parser->context : "");
}

/* Duplicate keys do not end the reading, so that all of them are told; anything else does. */
static int build(struct builder *builder, yaml_parser_t *parser) {
  int duplicates = 0;
  while (!builder->ended) {
    yaml_event_t event;
    if (!yaml_parser_parse(parser, &event)) return report_problem(builder, parser);
    int code = take_event(builder, &event);
    yaml_event_delete(&event);
    if (code == STATUS_RULE_DUPLICATE_KEY)
      duplicates = code;
    else if (code)
      return code;
  }
  return duplicates;
}

int yaml_parse(struct arena *arena, const char *text, size_t length, const char *file, struct diag_list *diags, const struct yaml_node **root) {
  assert(arena && file && root && (text || !length));
  struct builder builder = {.arena = arena, .diags = diags, .file = file};
  *root = NULL;
  if (length > YAML_FILE_BYTES) return diag_format(diags, STATUS_RULE_SIZE, file, 0, 0, "more than %zu bytes", YAML_FILE_BYTES);
  int code = check_bytes(text, length, file, diags);
  if (code) return code;
  yaml_parser_t parser;
  if (!yaml_parser_initialize(&parser)) return STATUS_MEMORY;
  yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser, (const unsigned char *)(text ? text : ""), length);
  code = build(&builder, &parser);
  yaml_parser_delete(&parser);
  if (code) return code;
  if (!builder.root) return diag_format(diags, STATUS_RULE_EMPTY, file, 1, 1, "the file holds nothing; expected a map");
  *root = builder.root;
  return 0;
}

int yaml_read(struct arena *arena, const char *path, struct diag_list *diags, const struct yaml_node **root) {
  assert(path);
  struct buffer text = {0};
  *root = NULL;
  int error = os_read_file(path, YAML_FILE_BYTES, &text);
  int code;
  if (error == EFBIG)
    code = diag_format(diags, STATUS_RULE_SIZE, path, 0, 0, "more than %zu bytes", YAML_FILE_BYTES);
  else if (error)
    code = diag_format(diags, STATUS_IO, path, 0, 0, "%s", strerror(error));
  else
    code = yaml_parse(arena, text.text, text.length, path, diags, root);
  buffer_free(&text);
  return code;
}
