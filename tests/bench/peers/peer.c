/* See peer.h. */
#include "peer.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)1 << 20)
#define TEXT_BYTES ((size_t)16 << 10) /* to begin with, for a file that is read as a whole */

struct peer_lines {
  int file;
  char *buffer;
  size_t capacity, start, end; /* what is unread: start..end */
};

static struct peer_lines *open_with(const char *file, size_t bytes) {
  struct peer_lines *lines = mem_new(sizeof *lines);
  if (!lines) return NULL;
  lines->file = open(file, O_RDONLY | O_CLOEXEC);
  if (lines->file >= 0 && mem_grow(&lines->buffer, &lines->capacity, bytes, 1) == 0) return lines;
  perror(file);
  peer_close(lines);
  return NULL;
}

struct peer_lines *peer_open(const char *file) {
  assert(file);
  return open_with(file, BUFFER_BYTES);
}

void peer_close(struct peer_lines *lines) {
  if (!lines) return;
  if (lines->file >= 0) close(lines->file);
  mem_free(lines->buffer);
  mem_free(lines);
}

/* Moves the rest to the front and reads behind it; false at the end of the file. */
static bool refill(struct peer_lines *lines) {
  lines->end -= lines->start;
  memmove(lines->buffer, lines->buffer + lines->start, lines->end);
  lines->start = 0;
  if (lines->end + 1 >= lines->capacity && mem_grow(&lines->buffer, &lines->capacity, lines->capacity * 2, 1)) return false;
  ssize_t got = read(lines->file, lines->buffer + lines->end, lines->capacity - lines->end - 1);
  if (got <= 0) return false;
  lines->end += (size_t)got;
  return true;
}

bool peer_next(struct peer_lines *lines, struct peer_line *line) {
  assert(lines && line);
  size_t looked = 0;
  char *found;
  while (!(found = memchr(lines->buffer + lines->start + looked, '\n', lines->end - lines->start - looked))) {
    looked = lines->end - lines->start;
    if (!refill(lines)) return false;
  }
  line->text = lines->buffer + lines->start;
  line->length = (size_t)(found - line->text);
  lines->start += line->length + 1;
  return true;
}

char *peer_text(struct arena *arena, const char *file) {
  struct peer_lines *lines = open_with(file, TEXT_BYTES);
  if (!lines) return NULL;
  while (refill(lines)) {
  }
  char *text = arena_text(arena, lines->buffer, lines->end);
  peer_close(lines);
  return text;
}

/* --- rules --- */

static int read_operator(const char *name, enum peer_operator *operator) {
  static const char *const names[PEER_OPERATORS] = {"eq", "in", "prefix", "regex", "range"};
  for (int i = 0; i < PEER_OPERATORS; i++)
    if (strcmp(name, names[i]) == 0) {
      *operator=(enum peer_operator) i;
      return 0;
    }
  return -1;
}

/* The field up to the next tab, NUL-terminated; NULL at the end of the row. */
static char *next_field(char **row) {
  char *field = *row, *tab = field ? strchr(field, '\t') : NULL;
  *row = tab ? tab + 1 : NULL;
  if (tab) *tab = 0;
  return field;
}

static int read_rule(char *row, struct peer_rule *rule) {
  const char *thing = next_field(&row), *name = next_field(&row), *operator= next_field(&row);
  const char *path = next_field(&row), *literal = next_field(&row);
  if (!literal || read_operator(operator, & rule->operator)) return -1;
  rule->thing = strtoul(thing, NULL, 10);
  rule->name = name;
  rule->path = path;
  for (const char *argument; rule->argument_count < PEER_ARGUMENTS && (argument = next_field(&row)); rule->argument_count++) {
    rule->arguments[rule->argument_count] = argument;
    rule->lengths[rule->argument_count] = strlen(argument);
  }
  if (rule->argument_count < (rule->operator== PEER_RANGE ? 2 : 1)) return -1;
  if (rule->operator== PEER_RANGE) {
    rule->low = strtod(rule->arguments[0], NULL);
    rule->high = strtod(rule->arguments[1], NULL);
  }
  return 0;
}

static size_t count_lines(const char *text) {
  size_t count = 0;
  for (; *text; text++) count += *text == '\n';
  return count;
}

int peer_rules_read(const char *file, struct peer_rules *rules) {
  assert(file && rules);
  *rules = (struct peer_rules){.arena = arena_new()};
  char *text = rules->arena ? peer_text(rules->arena, file) : NULL;
  if (!text) return -1;
  rules->rules = arena_take_array(rules->arena, count_lines(text) + 1, sizeof *rules->rules);
  if (!rules->rules) return -1;
  for (char *end; (end = strchr(text, '\n')); text = end + 1) {
    struct peer_rule *rule = &rules->rules[rules->count++];
    *end = 0;
    if (read_rule(text, rule)) {
      fprintf(stderr, "%s: row %zu is no rule\n", file, rules->count);
      return -1;
    }
    if (rule->thing >= rules->thing_count) rules->thing_count = rule->thing + 1;
  }
  return 0;
}

const char **peer_paths(const struct peer_rules *rules, size_t *count) {
  const char **paths = arena_take_array(rules->arena, rules->count + 1, sizeof *paths);
  *count = 0;
  for (size_t i = 0; paths && i < rules->count; i++) {
    size_t at = 0;
    while (at < *count && strcmp(paths[at], rules->rules[i].path) != 0) at++;
    if (at == *count) paths[(*count)++] = rules->rules[i].path;
  }
  return paths;
}

/* --- values --- */

static enum peer_found walk_list(yyjson_val *list, const char *rest, peer_take *take, void *context) {
  size_t index, most;
  yyjson_val *item;
  yyjson_arr_foreach(list, index, most, item) {
    if (peer_walk(item, rest, take, context) == PEER_TAKEN) return PEER_TAKEN;
  }
  return PEER_LOOKED;
}

static enum peer_found walk_names(yyjson_val *map, peer_take *take, void *context) {
  size_t index, most;
  yyjson_val *key, *value;
  yyjson_obj_foreach(map, index, most, key, value) {
    if (take(context, key)) return PEER_TAKEN;
  }
  return PEER_LOOKED;
}

/* Recursion: as deep as the path has lists. */
enum peer_found peer_walk(yyjson_val *value, const char *path, peer_take *take, void *context) {
  bool closed = false; /* inside a map or a record, where what is not there was looked for */
  while (*path) {
    size_t length = strcspn(path, ".[{");
    if (length) {
      closed = closed || strncmp(path, "env.", 4) == 0;
      value = yyjson_obj_getn(value, path, length);
      path += length;
    }
    if (!value) return closed && !*path ? PEER_LOOKED : PEER_MISSING;
    if (yyjson_is_null(value)) return PEER_LOOKED;
    if (*path == '[') return walk_list(value, path[2] == '.' ? path + 3 : path + 2, take, context);
    if (*path == '{') return walk_names(value, take, context);
    path += *path == '.';
  }
  return take(context, value) ? PEER_TAKEN : PEER_LOOKED;
}

double peer_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void peer_end(size_t reports, double seconds, size_t hits) { fprintf(stderr, "reports=%zu seconds=%.6f hits=%zu\n", reports, seconds, hits); }
