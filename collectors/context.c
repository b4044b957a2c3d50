/* See context.h. Knows how results are stated; must not know any single source. */
#include "context.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool collect_late(const struct collect *c) { return c->deadline && os_ticks() >= c->deadline; }

char *collect_kept(struct collect *c, char *text) {
  if (!text) c->failed = true;
  return text;
}

static int take_text(struct collect *c, struct buffer *buffer, int error, struct slice *out) {
  *out = (struct slice){"", 0};
  char *copy = error ? NULL : arena_text(c->arena, buffer->text, buffer->length);
  if (!error && (!copy || buffer->failed)) error = ENOMEM;
  if (error == ENOMEM) c->failed = true;
  if (!error) *out = (struct slice){copy, buffer->length};
  buffer_free(buffer);
  return error;
}

static int read_from(struct collect *c, struct os_root *root, const char *path, size_t limit, struct slice *out) {
  struct buffer buffer = {0};
  int error = root ? os_root_read(root, path, limit, &buffer, NULL) : ENOENT;
  return take_text(c, &buffer, error, out);
}

int collect_read(struct collect *c, const char *path, size_t limit, struct slice *out) { return read_from(c, c->root, path, limit, out); }

char *collect_path(struct collect *c, const char *directory, const char *name) {
  size_t left = strlen(directory), right = strlen(name);
  char *path = collect_kept(c, arena_take(c->arena, left + right + 2));
  if (!path) return NULL;
  memcpy(path, directory, left);
  path[left] = '/';
  memcpy(path + left + 1, name, right + 1);
  return path;
}

int collect_read_in(struct collect *c, const char *directory, const char *name, size_t limit, struct slice *out) {
  char *path = collect_path(c, directory, name);
  *out = (struct slice){"", 0};
  return path ? collect_read(c, path, limit, out) : ENOMEM;
}

int collect_names(struct collect *c, const char *path, char ***names, size_t *count) {
  *names = NULL;
  *count = 0;
  int error = c->root ? os_root_list(c->root, path, COLLECT_NAMES, c->arena, names, count) : ENOENT;
  size_t kept = 0;
  if (error == ENOMEM) c->failed = true;
  if (c->live) return error;
  for (size_t i = 0; i < *count; i++) /* what keeps an empty directory in a repository is no part of the machine */
    if (strcmp((*names)[i], ".keep") != 0) (*names)[kept++] = (*names)[i];
  *count = kept;
  return error;
}

int collect_link(struct collect *c, const char *path, struct slice *out) {
  struct buffer buffer = {0};
  int error = c->root ? os_root_link(c->root, path, &buffer) : ENOENT;
  return take_text(c, &buffer, error, out);
}

bool collect_command(struct collect *c, const char *name, struct slice *out) {
  return c->commands && read_from(c, c->commands, name, COLLECT_FILE_BYTES, out) == 0;
}

static size_t index_of(const struct collect *c, const char *fact) {
  size_t index = fact_find(c->facts->catalog, fact, strlen(fact));
  assert(index != FACT_NONE);
  return index;
}

bool collect_unknown(const struct collect *c, const char *fact) { return c->facts->facts[index_of(c, fact)].state == FACT_UNKNOWN; }

bool collect_asked(const struct collect *c, const char *fact) { return !c->options->asked || c->options->asked[index_of(c, fact)]; }

bool collect_asked_field(const struct collect *c, const char *fact, const char *field) {
  char suffix;
  size_t index = index_of(c, fact), place = fact_field(&c->facts->catalog->defs[index], field, &suffix);
  assert(place != FACT_NONE);
  return !c->options->asked || c->options->asked[index] & RULE_ASKED_FIELD(place);
}

const struct value *collect_value(const struct collect *c, const char *fact) {
  const struct fact *found = &c->facts->facts[index_of(c, fact)];
  return found->state == FACT_PRESENT ? &found->value : NULL;
}

/* Bytes of the UTF-8 sequence at the start, or 0 where there is none that a report may hold. */
static size_t sequence_length(struct slice text) {
  const unsigned char *at = (const unsigned char *)text.text;
  static const struct {
    unsigned char mask, lead;
    size_t length;
    uint32_t least;
  } forms[] = {{0x80, 0x00, 1, 1}, {0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    if ((at[0] & forms[i].mask) != forms[i].lead) continue;
    if (text.length < forms[i].length) return 0;
    uint32_t point = at[0] & (unsigned char)~forms[i].mask;
    for (size_t k = 1; k < forms[i].length; k++) {
      if ((at[k] & 0xc0) != 0x80) return 0;
      point = point << 6 | (at[k] & 0x3f);
    }
    bool surrogate = point >= 0xd800 && point <= 0xdfff;
    return point < forms[i].least || point > 0x10ffff || surrogate ? 0 : forms[i].length;
  }
  return 0;
}

/* Bytes from 1 to 127 at the start, eight at a time: taking one from each byte, or none, leaves no high bit. */
static size_t ascii_length(struct slice text) {
  const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
  size_t length = 0;
  uint64_t eight;
  for (; length + sizeof eight <= text.length; length += sizeof eight) {
    memcpy(&eight, text.text + length, sizeof eight);
    if (((eight - ones) | eight) & highs) break;
  }
  while (length < text.length && (unsigned char)(text.text[length] - 1) < 0x7f) length++;
  return length;
}

struct value collect_make_text(struct collect *c, struct slice text, size_t limit) {
  char *copy = arena_take(c->arena, (text.length < limit ? text.length : limit) + 1);
  size_t used = ascii_length(text.length < limit ? text : slice_first(text, limit));
  if (!copy) {
    c->failed = true;
    return value_text("", 0);
  }
  memcpy(copy, text.text, used);
  text = slice_from(text, used);
  while (text.length) {
    size_t step = sequence_length(text);
    if (used + (step ? step : 1) > limit) break;
    if (step)
      memcpy(copy + used, text.text, step);
    else
      copy[used] = '?';
    used += step ? step : 1;
    text = slice_from(text, step ? step : 1);
  }
  copy[used] = 0;
  return value_text(copy, used);
}

void collect_text(struct collect *c, const char *fact, struct slice text) {
  fact_set_value(c->facts, index_of(c, fact), collect_make_text(c, text, COLLECT_VALUE_BYTES));
}

void collect_integer(struct collect *c, const char *fact, int64_t integer) { fact_set_value(c->facts, index_of(c, fact), value_integer(integer)); }

void collect_boolean(struct collect *c, const char *fact, bool boolean) { fact_set_value(c->facts, index_of(c, fact), value_boolean(boolean)); }

void collect_absent(struct collect *c, const char *fact) { fact_set_absent(c->facts, index_of(c, fact)); }

bool collect_is_whole(const struct collect *c) { return c->live || c->complete; }

void collect_lacks(struct collect *c, const char *fact) {
  if (collect_is_whole(c) && collect_unknown(c, fact)) collect_absent(c, fact);
}

void collect_refuse(struct collect *c, const char *fact, const char *reason) {
  fact_set_below(c->facts, fact, strlen(fact), FACT_UNREADABLE, reason);
}

void collect_not_applicable(struct collect *c, const char *fact) { fact_set_below(c->facts, fact, strlen(fact), FACT_NOT_APPLICABLE, NULL); }

static const char *error_text(int error) {
  static const struct {
    int error;
    const char *text;
  } texts[] = {{EACCES, "permission denied"},       {EPERM, "operation not permitted"}, {EINVAL, "not a regular file"},
               {EISDIR, "a directory, not a file"}, {EIO, "input or output error"},     {ELOOP, "too many links"},
               {ENAMETOOLONG, "path too long"},     {EAGAIN, "nothing to read"},        {ENODEV, "no such device"},
               {ENXIO, "no such device"},           {EMFILE, "too many open files"},    {ENOSYS, "no such system call"},
               {EOPNOTSUPP, "not supported"}};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (texts[i].error == error) return texts[i].text;
  return "cannot be read";
}

static bool is_masked(const struct collect *c, const char *path) {
  for (size_t i = 0; i < c->masked_count; i++) {
    size_t length = strlen(c->masked[i]);
    if (strncmp(path, c->masked[i], length) == 0 && (path[length] == '/' || !path[length])) return true;
  }
  return false;
}

static bool is_shown(const struct collect *c, enum collect_seen *seen, const char *sample) {
  if (*seen == SEEN_UNASKED) *seen = os_root_exists(c->root, sample, NULL) ? SEEN_NOT : SEEN_THERE;
  return *seen == SEEN_THERE;
}

bool collect_sees_processes(struct collect *c) { return is_shown(c, &c->proc, "/proc/self"); }

/* True where `path` lies in a system directory that this machine does not show at all. */
static bool is_hidden(struct collect *c, const char *path) {
  if (strncmp(path, "/proc/", 6) == 0) return !collect_sees_processes(c);
  return strncmp(path, "/sys/", 5) == 0 && !is_shown(c, &c->sys, "/sys/kernel");
}

void collect_miss(struct collect *c, const char *fact, const char *path, int error) {
  size_t length = strlen(fact);
  if (error == ENOMEM) c->failed = true;
  if (error != ENOENT && error != ENOTDIR)
    fact_set_below(c->facts, fact, length, FACT_UNREADABLE, error_text(error));
  else if (c->root && is_masked(c, path))
    fact_set_below(c->facts, fact, length, FACT_UNREADABLE, "hidden by a mount");
  else if (c->live && is_hidden(c, path))
    fact_set_below(c->facts, fact, length, FACT_UNREADABLE, strncmp(path, "/sys", 4) == 0 ? "no /sys here" : "no /proc here");
  else if (collect_is_whole(c))
    fact_set_below(c->facts, fact, length, FACT_ABSENT, NULL);
}

void collect_text_file(struct collect *c, const char *fact, const char *path) {
  struct slice text, line = {"", 0};
  if (!collect_unknown(c, fact)) return;
  int error = collect_read(c, path, COLLECT_VALUE_BYTES, &text);
  if (error) {
    collect_miss(c, fact, path, error);
    return;
  }
  slice_line(&text, &line);
  collect_text(c, fact, slice_trim(line));
}

void gather_add(struct collect *c, struct gather *list, struct value item) {
  if (list->limit && list->count >= list->limit) {
    list->cut = true;
    return;
  }
  if (mem_grow(&list->items, &list->capacity, list->count + 1, sizeof *list->items))
    c->failed = true;
  else
    list->items[list->count++] = item;
}

void gather_text(struct collect *c, struct gather *list, struct slice text) { gather_add(c, list, collect_make_text(c, text, COLLECT_VALUE_BYTES)); }

void gather_distinct(struct collect *c, struct gather *list, struct slice text) {
  for (size_t i = 0; i < list->count; i++)
    if (slice_is(text, list->items[i].text)) return;
  gather_text(c, list, text);
}

void gather_words(struct collect *c, struct gather *list, struct slice text) {
  struct slice line, word;
  while (slice_line(&text, &line))
    while (slice_word(&line, &word)) gather_text(c, list, word);
}

struct value gather_value(struct collect *c, struct gather *list) {
  struct value value = {.kind = VALUE_LIST};
  value.items = arena_take_array(c->arena, list->count, sizeof *value.items);
  if (!value.items)
    c->failed = true;
  else if (list->count)
    memcpy(value.items, list->items, list->count * sizeof *list->items);
  value.count = value.items ? list->count : 0;
  mem_free(list->items);
  *list = (struct gather){.limit = list->limit, .cut = list->cut};
  return value;
}

void gather_finish(struct collect *c, const char *fact, struct gather *list) {
  size_t index = index_of(c, fact);
  if (list->cut) c->facts->facts[index].partial = true;
  fact_set_value(c->facts, index, gather_value(c, list));
}

void record_add(struct record *record, const char *key, struct value value) {
  size_t at = 0;
  while (at < record->count && strcmp(record->keys[at], key) < 0) at++;
  if (at < record->count && strcmp(record->keys[at], key) == 0) return;
  assert(record->count < sizeof record->keys / sizeof *record->keys);
  for (size_t i = record->count++; i > at; i--) {
    record->keys[i] = record->keys[i - 1];
    record->items[i] = record->items[i - 1];
  }
  record->keys[at] = key;
  record->items[at] = value;
}

void record_text(struct collect *c, struct record *record, const char *key, struct slice text) {
  record_add(record, key, collect_make_text(c, text, COLLECT_VALUE_BYTES));
}

struct value record_value(struct collect *c, const struct record *record) {
  struct value value = {.kind = VALUE_MAP};
  value.items = arena_take_array(c->arena, record->count, sizeof *value.items);
  value.keys = arena_take_array(c->arena, record->count, sizeof *value.keys);
  if (!value.items || !value.keys) {
    c->failed = true;
    return value;
  }
  memcpy(value.items, record->items, record->count * sizeof *value.items);
  memcpy(value.keys, record->keys, record->count * sizeof *value.keys);
  value.count = record->count;
  return value;
}

struct slice record_get(const struct value *record, const char *key) {
  const struct value *found = value_member(record, key);
  return found && found->kind == VALUE_TEXT ? (struct slice){found->text, found->length} : (struct slice){"", 0};
}

static int compare_pairs(const void *a, const void *b) {
  const struct pair *one = a, *two = b;
  int order = strcmp(one->key, two->key);
  return order ? order : one->order < two->order ? -1 : 1;
}

void collect_map(struct collect *c, const char *fact, struct pair *pairs, size_t count, bool cut) {
  struct value map = {.kind = VALUE_MAP};
  size_t index = index_of(c, fact);
  map.items = arena_take_array(c->arena, count, sizeof *map.items);
  map.keys = arena_take_array(c->arena, count, sizeof *map.keys);
  if (!map.items || !map.keys) {
    c->failed = true;
    return;
  }
  for (size_t i = 0; i < count; i++) pairs[i].order = i;
  if (count) qsort(pairs, count, sizeof *pairs, compare_pairs);
  for (size_t i = 0; i < count; i++) {
    if (i && strcmp(pairs[i].key, pairs[i - 1].key) == 0) continue;
    map.keys[map.count] = pairs[i].key;
    map.items[map.count++] = pairs[i].value;
  }
  if (cut) c->facts->facts[index].partial = true;
  fact_set_value(c->facts, index, map);
}

const struct value *collect_log(const struct collect *c, size_t *count) {
  const struct value *log = collect_value(c, "boot_log");
  *count = log ? log->count : 0;
  return log ? log->items : NULL;
}

void collect_no_log(struct collect *c, const char *fact) {
  const struct fact *log = &c->facts->facts[index_of(c, "boot_log")];
  if (log->state == FACT_UNREADABLE) collect_refuse(c, fact, log->reason);
}

struct slice collect_padded(const char *bytes, size_t length) {
  struct slice field = {bytes, length};
  const char *end = memchr(bytes, 0, length);
  if (end) field.length = (size_t)(end - bytes);
  return slice_trim(field);
}
