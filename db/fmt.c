/* See fmt.h. The tree of yaml.h says in which line each key stands; what is moved are whole lines, and the entries of a signal
 * that is written in braces on one line. The result is read again and compared, so that no rule can change its meaning. */
#include "fmt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "yaml.h"

static const char *const file_order[] = {"id",    "layer",   "name",    "category", "phrase",     "kind_of",  "prior",
                                         "stack", "sources", "signals", "extract",  "documented", "examples", NULL};
static const char *const model_order[] = {"words", "layers", "forge_floor", "half_life_days", "temperature", NULL};
static const char *const signal_order[] = {"id", "signal", "group", "when", "seen", "elsewhere", "volatile", "why", "source", NULL};

struct line {
  const char *text;
  size_t length; /* without its end */
};

struct sheet {
  struct arena *arena;
  struct line *lines;
  size_t count;
  struct buffer *out;
  bool exact; /* keep blanks and empty lines: some text value needs them */
  bool gap;   /* an empty line waits for the next one */
};

/* Lines [first, end) with their key in line `key`, all counted from 0. */
struct chunk {
  size_t rank, first, key, end;
  const struct yaml_node *node;
};

/* --- lines --- */

static int split_lines(struct sheet *sheet, const char *text, size_t length) {
  size_t count = 1;
  for (size_t i = 0; i < length; i++) count += text[i] == '\n';
  sheet->lines = arena_take_array(sheet->arena, count, sizeof *sheet->lines);
  if (!sheet->lines) return STATUS_MEMORY;
  for (const char *at = text, *end = text + length; at < end;) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    size_t width = (size_t)((stop ? stop : end) - at);
    sheet->lines[sheet->count++] = (struct line){.text = at, .length = width && at[width - 1] == '\r' ? width - 1 : width};
    at += width + 1;
  }
  return 0;
}

static void put_line(struct sheet *sheet, const char *text, size_t length) {
  while (!sheet->exact && length && text[length - 1] == ' ') length--;
  if (length == 0 && !sheet->exact) {
    sheet->gap = sheet->out->length > 0;
    return;
  }
  if (sheet->gap) buffer_add(sheet->out, "\n");
  sheet->gap = false;
  buffer_append(sheet->out, text, length);
  buffer_add(sheet->out, "\n");
}

static void put_lines(struct sheet *sheet, size_t first, size_t end) {
  for (size_t i = first; i < end; i++) put_line(sheet, sheet->lines[i].text, sheet->lines[i].length);
}

/* True for an empty line and for one that holds nothing but a comment. */
static bool is_remark(const struct line *line) {
  size_t i = 0;
  while (i < line->length && line->text[i] == ' ') i++;
  return i == line->length || line->text[i] == '#';
}

/* The first of the remarks above a line, not before `floor`. */
static size_t with_remarks(const struct sheet *sheet, size_t line, size_t floor) {
  while (line > floor && is_remark(&sheet->lines[line - 1])) line--;
  return line;
}

/* --- order --- */

static size_t rank_of(const char *const *order, const char *name) {
  size_t i = 0;
  while (order[i] && strcmp(order[i], name) != 0) i++;
  return i;
}

static int compare_chunks(const void *left, const void *right) {
  const struct chunk *a = left, *b = right;
  if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
  return (a->key > b->key) - (a->key < b->key);
}

/* The members of a map as chunks of lines in their order; NULL where two keys share a line or memory is out. Remarks above the first
 * key, down from `first`, are left to the caller when `skip_remarks`. */
static struct chunk *sorted_chunks(const struct sheet *sheet, const struct yaml_node *map, size_t first, size_t end, bool skip_remarks,
                                   const char *const *order) {
  struct chunk *chunks = arena_take_array(sheet->arena, map->count + 1, sizeof *chunks);
  size_t count = 0, floor = first;
  for (const struct yaml_node *item = map->first; chunks && item; item = item->next) {
    size_t key = item->key->line - 1;
    if (key < floor || key >= end) return NULL;
    size_t start = count == 0 ? skip_remarks ? key : first : with_remarks(sheet, key, floor);
    if (count) chunks[count - 1].end = start;
    chunks[count++] = (struct chunk){.rank = rank_of(order, item->key->text), .first = start, .key = key, .end = end, .node = item};
    floor = key + 1;
  }
  if (chunks && count) qsort(chunks, count, sizeof *chunks, compare_chunks);
  return chunks;
}

/* --- signals --- */

/* Byte offset of a column, which counts characters. */
static size_t offset_of(const struct line *line, size_t column) {
  size_t offset = 0;
  while (column > 1 && offset < line->length) {
    offset++;
    while (offset < line->length && ((unsigned char)line->text[offset] & 0xc0) == 0x80) offset++;
    column--;
  }
  return offset;
}

static bool is_braced(const struct sheet *sheet, const struct yaml_node *map) {
  const struct line *line = &sheet->lines[map->line - 1];
  size_t offset = offset_of(line, map->column);
  return map->kind == YAML_MAP && offset < line->length && line->text[offset] == '{';
}

struct entry {
  size_t rank, start, end;
};

static int compare_entries(const void *left, const void *right) {
  const struct entry *a = left, *b = right;
  if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
  return (a->start > b->start) - (a->start < b->start);
}

static size_t trim_entry(const struct line *line, size_t start, size_t end) {
  while (end > start && strchr(" ,", line->text[end - 1])) end--;
  return end;
}

/* A signal in braces on one line: its entries in order, what stands around them as it was. */
static void put_braced(struct sheet *sheet, const struct yaml_node *map) {
  const struct line *line = &sheet->lines[map->line - 1];
  struct entry *entries = arena_take_array(sheet->arena, map->count + 1, sizeof *entries);
  struct buffer text = {0};
  size_t count = 0, close = offset_of(line, map->end_column) - 1;
  for (const struct yaml_node *item = map->first; entries && item; item = item->next) {
    size_t start = offset_of(line, item->key->column);
    if (count) entries[count - 1].end = trim_entry(line, entries[count - 1].start, start);
    entries[count++] = (struct entry){.rank = rank_of(signal_order, item->key->text), .start = start, .end = trim_entry(line, start, close)};
  }
  if (!entries || count == 0) {
    put_line(sheet, line->text, line->length);
    return;
  }
  buffer_append(&text, line->text, entries[0].start);
  qsort(entries, count, sizeof *entries, compare_entries);
  for (size_t i = 0; i < count; i++) {
    if (i) buffer_add(&text, ", ");
    buffer_append(&text, line->text + entries[i].start, entries[i].end - entries[i].start);
  }
  buffer_append(&text, line->text + close, line->length - close);
  put_line(sheet, text.text ? text.text : "", text.length);
  if (text.failed) sheet->out->failed = -1;
  buffer_free(&text);
}

/* One line with another lead: the dash goes to whichever key is now the first. */
static void put_led(struct sheet *sheet, const struct line *line, const char *lead, size_t width) {
  struct buffer text = {0};
  buffer_append(&text, lead, width);
  buffer_append(&text, line->text + width, line->length - width);
  put_line(sheet, text.text ? text.text : "", text.length);
  if (text.failed) sheet->out->failed = -1;
  buffer_free(&text);
}

static char *blanks(struct arena *arena, size_t count) {
  char *text = arena_take(arena, count + 1);
  if (text) memset(text, ' ', count);
  return text;
}

/* Keys on lines of their own, the first behind a dash. */
static void put_block(struct sheet *sheet, const struct yaml_node *map, const struct chunk *chunks, const char *indent) {
  size_t width = map->column - 1;
  const char *dash = sheet->lines[map->line - 1].text;
  put_lines(sheet, chunks[0].first, chunks[0].key);
  for (size_t i = 0; i < map->count; i++) {
    if (i) put_lines(sheet, chunks[i].first, chunks[i].key);
    put_led(sheet, &sheet->lines[chunks[i].key], i ? indent : dash, width);
    put_lines(sheet, chunks[i].key + 1, chunks[i].end);
  }
}

static void put_signal(struct sheet *sheet, const struct yaml_node *map, size_t first, size_t end) {
  size_t top = map->line - 1;
  bool braced = is_braced(sheet, map), one_line = map->line == map->end_line;
  struct chunk *chunks = map->kind == YAML_MAP && !braced ? sorted_chunks(sheet, map, top, end, true, signal_order) : NULL;
  const char *indent = blanks(sheet->arena, map->column);
  put_lines(sheet, first, top);
  if (chunks && indent && map->count) {
    put_block(sheet, map, chunks, indent);
  } else if (braced && one_line) {
    put_braced(sheet, map);
    put_lines(sheet, top + 1, end);
  } else {
    put_lines(sheet, top, end);
  }
}

static void put_signals(struct sheet *sheet, const struct chunk *chunk) {
  const struct yaml_node *list = chunk->node;
  bool block = list->kind == YAML_LIST && list->first && list->first->line - 1 > chunk->key;
  if (!block) {
    put_lines(sheet, chunk->first, chunk->end);
    return;
  }
  size_t start = with_remarks(sheet, list->first->line - 1, chunk->key + 1);
  put_lines(sheet, chunk->first, start);
  for (const struct yaml_node *item = list->first; item; item = item->next) {
    size_t end = item->next ? with_remarks(sheet, item->next->line - 1, item->line) : chunk->end;
    put_signal(sheet, item, start, end);
    start = end;
  }
}

/* --- the file --- */

static void put_file(struct sheet *sheet, const struct yaml_node *root) {
  const char *const *order = yaml_member(root, "words") ? model_order : file_order;
  size_t first = root->kind == YAML_MAP && root->first ? with_remarks(sheet, root->first->key->line - 1, 0) : 0, top = first;
  /* What is above an empty line over the first key speaks of the whole file. */
  for (size_t i = first; root->kind == YAML_MAP && root->first && i + 1 < root->first->key->line; i++)
    if (sheet->lines[i].length == 0) top = i + 1;
  struct chunk *chunks = root->kind == YAML_MAP && !is_braced(sheet, root) ? sorted_chunks(sheet, root, top, sheet->count, false, order) : NULL;
  if (!chunks || root->count == 0) {
    put_lines(sheet, 0, sheet->count);
    return;
  }
  put_lines(sheet, 0, top);
  for (size_t i = 0; i < root->count; i++) {
    if (strcmp(chunks[i].node->key->text, "signals") == 0)
      put_signals(sheet, &chunks[i]);
    else
      put_lines(sheet, chunks[i].first, chunks[i].end);
  }
}

/* The same values; members of a map may stand in another order. Recursion: both trees are limited in depth. */
static bool same_tree(const struct yaml_node *a, const struct yaml_node *b) {
  if (a->kind != b->kind || a->count != b->count || a->plain != b->plain || strcmp(a->text, b->text) != 0) return false;
  const struct yaml_node *other = b->first;
  for (const struct yaml_node *item = a->first; item; item = item->next) {
    const struct yaml_node *match = a->kind == YAML_MAP ? yaml_member(b, item->key->text) : other;
    if (!match || !same_tree(item, match)) return false;
    other = other->next;
  }
  return true;
}

static int write_once(struct arena *arena, const char *text, size_t length, const struct yaml_node *root, bool exact, struct buffer *out,
                      bool *same) {
  struct sheet sheet = {.arena = arena, .out = out, .exact = exact};
  const struct yaml_node *again;
  int code = split_lines(&sheet, text, length);
  if (code) return code;
  put_file(&sheet, root);
  if (out->failed) return STATUS_MEMORY;
  *same = yaml_parse(arena, out->text, out->length, "", NULL, &again) == 0 && same_tree(root, again);
  return 0;
}

int db_fmt_text(const char *yaml_text, size_t length, const char *file, struct buffer *out, struct diag_list *diags) {
  assert((yaml_text || !length) && file && out);
  struct buffer text = {0};
  struct arena *arena = arena_new();
  const struct yaml_node *root;
  bool same = false;
  int code = arena ? yaml_parse(arena, yaml_text, length, file, diags, &root) : STATUS_MEMORY;
  for (int exact = 0; !code && !same && exact < 2; exact++) {
    buffer_clear(&text);
    code = write_once(arena, yaml_text, length, root, exact, &text, &same);
  }
  if (!code && !same)
    code = diag_format(diags, STATUS_RULE_FORMAT, file, 0, 0, "its lines cannot be moved without changing a value; order the keys by hand");
  if (!code && buffer_append(out, text.text ? text.text : "", text.length)) code = STATUS_MEMORY;
  buffer_free(&text);
  arena_free(arena);
  return code;
}
