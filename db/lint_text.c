/* A rule file as text: whether it is in canonical form, and marks of unfinished work. Must not know what a rule says. */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "../collectors/os.h"
#include "fmt.h"
#include "lint_checks.h"

/* A text that stands in for the node of a place. */
static struct yaml_node place_at(size_t line, size_t column) { return (struct yaml_node){.line = (uint32_t)line, .column = (uint32_t)column}; }

static bool is_word(const char *line, const char *at, size_t width) {
  bool left = at == line || !isalnum((unsigned char)at[-1]), right = !isalnum((unsigned char)at[width]);
  return left && right;
}

/* The words are put together here so that this file does not hold them. */
static void check_line(struct lint *lint, const char *line, size_t number) {
  static const char *const marks[] = {"TO"
                                      "DO",
                                      "FIX"
                                      "ME",
                                      "XX"
                                      "X",
                                      "TB"
                                      "D"};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    const char *at = strstr(line, marks[i]);
    if (!at || !is_word(line, at, strlen(marks[i]))) continue;
    const struct yaml_node place = place_at(number, (size_t)(at - line) + 1);
    lint_warn(lint, &place, STATUS_RULE_UNFINISHED, "\"%s\"", marks[i]);
  }
}

static void check_lines(struct lint *lint, char *text) {
  size_t number = 1;
  for (char *line = text, *end; line; line = end ? end + 1 : NULL, number++) {
    end = strchr(line, '\n');
    if (end) *end = 0;
    check_line(lint, line, number);
  }
}

/* The line in which two texts begin to differ. */
static size_t first_difference(const char *a, const char *b) {
  size_t line = 1;
  for (; *a && *a == *b; a++, b++) line += *a == '\n';
  return line;
}

void lint_text(struct lint *lint) {
  assert(lint && lint->thing);
  struct buffer text = {0}, canonical = {0};
  int error = os_read_file(lint->thing->file, YAML_FILE_BYTES, &text);
  bool read = error == 0 && text.text;
  int code = read ? db_fmt_text(text.text, text.length, lint->thing->file, &canonical, NULL) : 0;
  if (error == ENOMEM || code == STATUS_MEMORY) lint->code = STATUS_MEMORY;
  if (code == 0 && canonical.text && strcmp(canonical.text, text.text) != 0) {
    const struct yaml_node place = place_at(first_difference(text.text, canonical.text), 1);
    lint_warn(lint, &place, STATUS_RULE_FORMAT, "it differs from what `hostprint fmt` writes from here on");
  }
  if (read) check_lines(lint, text.text);
  buffer_free(&text);
  buffer_free(&canonical);
}
