/* See resume.h. */
#include "resume.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../collectors/os.h"
#include "../../reports/digest.h"

#define FIRST_LINE "hostprint.resume/1\n"
#define MOST_BYTES ((size_t)4096)

struct number {
  const char *key;
  size_t offset; /* in struct resume */
};

static const struct number numbers[] = {
    {"files", offsetof(struct resume, mark.files)}, {"offset", offsetof(struct resume, mark.offset)}, {"line", offsetof(struct resume, mark.line)},
    {"stats", offsetof(struct resume, mark.stats)}, {"content", offsetof(struct resume, content)},    {"length", offsetof(struct resume, length)},
    {"taken", offsetof(struct resume, taken)},      {"judged", offsetof(struct resume, judged)},      {"known", offsetof(struct resume, known)},
    {"bad", offsetof(struct resume, bad)},
};
#define NUMBERS (sizeof numbers / sizeof *numbers)

static void put_pair(struct buffer *text, const char *key, const char *value) { buffer_format(text, "%s %s\n", key, value); }

static int put_run(struct buffer *text, const struct resume_run *run) {
  uint64_t arguments = 0;
  for (size_t i = 0; i < run->argument_count; i++) arguments = digest_bytes(arguments, run->arguments[i], strlen(run->arguments[i]));
  buffer_add(text, FIRST_LINE);
  put_pair(text, "version", run->version);
  put_pair(text, "db", run->db);
  put_pair(text, "format", run->format);
  buffer_format(text, "top %d\n", run->top);
  buffer_format(text, "arguments %zu, digest %016" PRIx64 "\n", run->argument_count, arguments);
  return text->failed;
}

static char *temporary_of(const char *path) {
  struct buffer name = {0};
  buffer_add(&name, path);
  if (!buffer_add(&name, ".new")) return name.text;
  buffer_free(&name);
  return NULL;
}

/* Under a name of its own first, always the same one: a run that is killed here leaves no more than one. */
static int replace(const char *path, const struct buffer *text) {
  char *temporary = temporary_of(path);
  if (!temporary) return ENOMEM;
  struct os_output *output = os_output_open(temporary);
  int error = output ? os_output_cut(output, 0) : errno;
  if (!error) error = os_output_put(output, text->text, text->length);
  int closed = os_output_close(output);
  if (!error) error = closed;
  if (!error) error = os_publish(temporary, path);
  mem_free(temporary);
  return error;
}

int resume_remove(const char *path) {
  assert(path);
  char *temporary = temporary_of(path);
  int error = temporary ? os_remove(path) : ENOMEM;
  if (!error && (error = os_remove(temporary)) == ENOENT) error = 0;
  mem_free(temporary);
  return error;
}

int resume_write(const char *path, const struct resume_run *run, const struct resume *resume) {
  assert(path && run && resume);
  struct buffer text = {0};
  put_run(&text, run);
  for (size_t i = 0; i < NUMBERS; i++) {
    uint64_t number;
    memcpy(&number, (const char *)resume + numbers[i].offset, sizeof number);
    buffer_format(&text, "%s %" PRIu64 "\n", numbers[i].key, number);
  }
  if (!text.failed) buffer_format(&text, "end %016" PRIx64 "\n", digest_bytes(0, text.text, text.length));
  int error = text.failed ? ENOMEM : replace(path, &text);
  buffer_free(&text);
  return error;
}

static bool is_whole(const struct buffer *text) {
  char end[32];
  size_t length = text->length;
  if (length < sizeof FIRST_LINE || strncmp(text->text, FIRST_LINE, sizeof FIRST_LINE - 1) != 0 || strlen(text->text) != length) return false;
  const char *last = strstr(text->text, "\nend ");
  if (!last) return false;
  size_t before = (size_t)(last + 1 - text->text);
  snprintf(end, sizeof end, "end %016" PRIx64 "\n", digest_bytes(0, text->text, before));
  return strcmp(last + 1, end) == 0;
}

/* Compares the lines that name the run; *rest is left behind them. */
static int compare_run(const char *path, const char *text, const struct resume_run *run, const char **rest, struct diag_list *diags) {
  struct buffer own = {0};
  int status = put_run(&own, run) ? STATUS_MEMORY : 0;
  const char *line = own.text;
  while (!status && *line) {
    size_t length = strcspn(line, "\n") + 1, found = strcspn(text, "\n") + 1;
    if (length != found || strncmp(line, text, length) != 0)
      status = diag_format(diags, STATUS_RESUME, path, 0, 0, "it was begun with %.*s, and this run is with %.*s", (int)(found - 1), text,
                           (int)(length - 1), line);
    line += length;
    text += found;
  }
  *rest = text;
  buffer_free(&own);
  return status;
}

static int parse_number(const char **text, const struct number *number, struct resume *resume) {
  char *end;
  size_t length = strlen(number->key);
  if (strncmp(*text, number->key, length) != 0 || (*text)[length] != ' ') return -1;
  errno = 0;
  uint64_t value = strtoull(*text + length + 1, &end, 10);
  if (errno || *end != '\n') return -1;
  memcpy((char *)resume + number->offset, &value, sizeof value);
  *text = end + 1;
  return 0;
}

int resume_read(const char *path, const struct resume_run *run, struct resume *resume, struct diag_list *diags) {
  assert(path && run && resume && diags);
  struct buffer text = {0};
  const char *rest = NULL;
  *resume = (struct resume){0};
  int error = os_read_file(path, MOST_BYTES, &text);
  int status = error == ENOENT ? RESUME_NONE : 0;
  if (error && !status && error != EFBIG) status = diag_format(diags, STATUS_IO, path, 0, 0, "cannot be read: %s", strerror(error));
  if (!status && (error || !is_whole(&text)))
    status = diag_format(diags, STATUS_RESUME, path, 0, 0, "it is damaged, or not what `hostprint classify -o` leaves");
  if (!status) status = compare_run(path, text.text, run, &rest, diags);
  for (size_t i = 0; i < NUMBERS && !status; i++)
    if (parse_number(&rest, &numbers[i], resume)) status = diag_format(diags, STATUS_RESUME, path, 0, 0, "it lacks %s", numbers[i].key);
  buffer_free(&text);
  return status;
}

uint64_t resume_digest(const struct input_record *record) {
  assert(record);
  uint64_t place = digest_number(digest_number((uint64_t)record->status, record->from.files), record->from.offset);
  return record->status ? place : digest_bytes(place, record->text, record->length);
}

uint64_t resume_add(uint64_t content, uint64_t digest) { return digest_number(content, digest); }
