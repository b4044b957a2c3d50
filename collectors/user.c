/* The user this runs as. Knows user ids and /etc/passwd. */
#include <errno.h>

#include "context.h"
#include "os_machine.h"

/* "uid=1000(name) gid=..." */
static bool read_id(struct collect *c, int64_t *uid) {
  struct slice text, number, name;
  if (!collect_command(c, "id", &text)) return false;
  text = slice_from(text, slice_find(text, "uid="));
  if (!slice_cut(&text, "uid=")) return false;
  size_t length = 0;
  while (length < text.length && text.text[length] >= '0' && text.text[length] <= '9') length++;
  number = slice_first(text, length);
  text = slice_from(text, length);
  if (!slice_integer(number, 10, uid)) return false;
  if (slice_starts(text, "(") && slice_brackets(&text, '(', ')', &name)) collect_text(c, "user.name", name);
  return true;
}

/* The effective id: the second of the line. */
static bool read_status(struct collect *c, int64_t *uid) {
  struct slice text, value;
  return collect_read(c, "/proc/self/status", 65536, &text) == 0 && slice_field(text, "Uid", ':', &value) &&
         slice_integer(slice_nth_word(value, 1), 10, uid);
}

static bool find_account(struct slice text, int64_t uid, struct slice fields[7]) {
  struct slice line;
  while (slice_line(&text, &line)) {
    int64_t id;
    size_t count = 0;
    while (count < 7 && slice_take(&line, ':', &fields[count])) count++;
    for (size_t i = count; i < 7; i++) fields[i] = (struct slice){"", 0};
    if (slice_integer(fields[2], 10, &id) && id == uid) return true;
  }
  return false;
}

static void state_account(struct collect *c, int64_t uid) {
  static const struct {
    const char *fact;
    size_t field;
  } facts[] = {{"user.name", 0}, {"user.home", 5}, {"user.shell", 6}};
  struct slice text, fields[7];
  int error = collect_read(c, "/etc/passwd", COLLECT_FILE_BYTES, &text);
  bool found = !error && find_account(text, uid, fields);
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
    if (!collect_unknown(c, facts[i].fact)) continue;
    if (found)
      collect_text(c, facts[i].fact, fields[facts[i].field]);
    else
      collect_miss(c, facts[i].fact, "/etc/passwd", error ? error : ENOENT);
  }
}

static void state_directory(struct collect *c) {
  struct buffer path = {0};
  struct slice link;
  int error = c->live ? os_working_directory(&path) : collect_link(c, "/proc/self/cwd", &link);
  if (error)
    collect_miss(c, "user.cwd", "/proc/self/cwd", error);
  else
    collect_text(c, "user.cwd", c->live ? (struct slice){path.text, path.length} : link);
  buffer_free(&path);
}

void collect_user(struct collect *c) {
  int64_t uid = c->live ? os_user_id() : 0;
  bool known = c->live || read_id(c, &uid) || read_status(c, &uid);
  if (known) collect_integer(c, "user.uid", uid);
  if (known) state_account(c, uid);
  state_directory(c);
}
