/* The environment: this process's own, or one that was saved. Knows both ways to save one. Values of names that look
 * secret never enter a report. */
#include <errno.h>
#include <string.h>

#include "context.h"
#include "os_machine.h"

#define NAME_BYTES 1024
#define MARK "-----BEGIN "

struct variables {
  struct pair *items;
  size_t count, capacity;
  bool cut;
};

static bool is_name(struct slice text) {
  for (size_t i = 0; i < text.length; i++)
    if (text.text[i] <= ' ' || text.text[i] == '"' || text.text[i] == '\'') return false;
  return text.length > 0 && text.length <= NAME_BYTES && !(text.text[0] >= '0' && text.text[0] <= '9');
}

static void add_variable(struct collect *c, struct variables *all, struct slice name, struct slice text) {
  bool hide = false;
  struct value key = collect_make_text(c, name, NAME_BYTES);
  if (all->count >= COLLECT_VARIABLES) {
    all->cut = true;
    return;
  }
  if (mem_grow(&all->items, &all->capacity, all->count + 1, sizeof *all->items)) {
    c->failed = true;
    return;
  }
  bool secret = report_is_secret_name(key.text);
  struct slice safe = secret ? slice_of(VALUE_HIDDEN) : collect_safe_argument(c, slice_first(text, COLLECT_VALUE_BYTES), &hide);
  all->items[all->count++] = (struct pair){.key = key.text, .value = collect_make_text(c, safe, COLLECT_VALUE_BYTES)};
}

static void add_entry(struct collect *c, struct variables *all, struct slice entry) {
  size_t whole = entry.length;
  struct slice name;
  if (slice_take(&entry, '=', &name) && name.length < whole && name.length) add_variable(c, all, name, entry);
}

/* Lines that continue a value of several lines begin no variable; in a key block none does until its end. */
static struct slice take_entry(struct slice *rest) {
  struct slice line = {"", 0}, next = *rest;
  const char *start = rest->text;
  slice_line(&next, &line);
  bool block = slice_find(line, MARK) < line.length;
  size_t length = line.length;
  *rest = next;
  while (next.length) {
    slice_line(&next, &line);
    size_t equals = slice_find(line, "=");
    bool begins = !block && equals < line.length && is_name(slice_first(line, equals));
    if (begins) break;
    if (slice_find(line, "-----END ") < line.length) block = false;
    length = (size_t)(line.text - start) + line.length;
    *rest = next;
  }
  return (struct slice){start, length};
}

static void read_saved(struct collect *c, struct variables *all, struct slice text) {
  bool separated = text.length && memchr(text.text, 0, text.length);
  struct slice entry;
  while (text.length && all->count <= COLLECT_VARIABLES && !all->cut) {
    if (!separated)
      entry = take_entry(&text);
    else if (!slice_take(&text, 0, &entry))
      break;
    add_entry(c, all, entry);
  }
}

void collect_env(struct collect *c) {
  struct variables all = {0};
  struct slice text = c->environ;
  int error = 0;
  if (c->live && !c->environ_given) {
    for (char **entry = os_environment(); entry && *entry; entry++) add_entry(c, &all, slice_of(*entry));
  } else {
    if (!c->environ_given) error = collect_read(c, "/proc/self/environ", COLLECT_FILE_BYTES, &text);
    if (!error) read_saved(c, &all, text);
  }
  if (error)
    collect_miss(c, "env", "/proc/self/environ", error);
  else
    collect_map(c, "env", all.items, all.count, all.cut);
  mem_free(all.items);
}
