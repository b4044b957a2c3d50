/* See cookbook.h: reading the cookbook. */
#include "cookbook.h"

#include <assert.h>
#include <string.h>

#include "sql.h"

static const char mark[] = "\n-- name: ";

/* The rest of the line behind `prefix`, where the line at `at` begins with it; NULL where it does not. */
static const char *after(const char *at, const char *prefix, size_t *length) {
  size_t width = strlen(prefix);
  if (strncmp(at, prefix, width) != 0) return NULL;
  const char *end = strchr(at + width, '\n');
  *length = end ? (size_t)(end - at) - width : strlen(at + width);
  return at + width;
}

/* "NAME what it means". */
static void add_argument(struct arena *arena, struct recipe *recipe, const char *text, size_t length) {
  assert(recipe->argument_count < COOKBOOK_ARGUMENTS);
  const char *blank = memchr(text, ' ', length);
  size_t width = blank ? (size_t)(blank - text) : length;
  recipe->arguments[recipe->argument_count] = arena_text(arena, text, width);
  recipe->meanings[recipe->argument_count++] = blank ? arena_text(arena, blank + 1, length - width - 1) : "";
}

/* Reads the section that begins behind its mark and ends at `end`. */
static struct recipe read_section(struct arena *arena, const char *at, const char *end) {
  struct recipe recipe = {.title = ""};
  size_t length = strcspn(at, "\n");
  recipe.name = arena_text(arena, at, length);
  recipe.sql = arena_text(arena, at + length, (size_t)(end - at) - length);
  for (const char *line = strchr(at, '\n'); line && line < end; line = strchr(line, '\n')) {
    const char *text;
    line++;
    if ((text = after(line, "-- title: ", &length)) != NULL) recipe.title = arena_text(arena, text, length);
    if ((text = after(line, "-- on: ", &length)) != NULL) recipe.work = length == 4 && strncmp(text, "work", 4) == 0;
    if ((text = after(line, "-- argument: ", &length)) != NULL) add_argument(arena, &recipe, text, length);
  }
  return recipe;
}

static size_t count_marks(void) {
  size_t count = 0;
  for (const char *at = strstr(sql_cookbook, mark); at; at = strstr(at + 1, mark)) count++;
  return count;
}

const struct recipe *cookbook_read(struct arena *arena, size_t *count) {
  assert(arena && count);
  struct recipe *recipes = arena_take_array(arena, count_marks() + 1, sizeof *recipes);
  *count = 0;
  for (const char *at = recipes ? strstr(sql_cookbook, mark) : NULL; at;) {
    const char *next = strstr(at + 1, mark);
    recipes[*count] = read_section(arena, at + sizeof mark - 1, next ? next + 1 : at + strlen(at));
    if (!recipes[*count].name || !recipes[*count].title || !recipes[*count].sql) return NULL;
    ++*count;
    at = next;
  }
  return recipes;
}
