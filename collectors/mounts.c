/* Mounted file systems. Knows /proc/self/mountinfo, the older mount tables, and saved listings of mount and df. */
#include <errno.h>
#include <string.h>

#include "context.h"

/* Decodes \040 and its like, which the kernel writes for blanks, tabs, line ends and backslashes. */
static struct slice decode(struct collect *c, struct slice text) {
  size_t used = 0;
  if (slice_find(text, "\\") == text.length) return text;
  char *out = collect_kept(c, arena_take(c->arena, text.length + 1));
  if (!out) return text;
  for (size_t i = 0; i < text.length; i++) {
    const char *at = text.text + i;
    bool octal = at[0] == '\\' && i + 3 < text.length && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' && at[3] >= '0' && at[3] <= '7';
    int code = octal ? (at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0') : 0;
    out[used++] = code ? (char)code : *at;
    if (code) i += 3;
  }
  return (struct slice){out, used};
}

static void add_options(struct collect *c, struct gather *list, struct slice options) {
  struct slice option;
  while (slice_take(&options, ',', &option)) {
    bool hide = false;
    if (option.length) gather_distinct(c, list, collect_safe_argument(c, decode(c, option), &hide));
  }
}

struct mount {
  struct slice target, source, fstype, options, more_options, root;
};

static void state_mount(struct collect *c, struct gather *list, const struct mount *mount) {
  struct record record = {0};
  struct gather options = {.limit = COLLECT_NAMES};
  bool hide = false;
  add_options(c, &options, mount->options);
  add_options(c, &options, mount->more_options);
  record_text(c, &record, "target", decode(c, mount->target));
  record_text(c, &record, "source", collect_safe_argument(c, decode(c, mount->source), &hide));
  if (mount->fstype.length) record_text(c, &record, "fstype", mount->fstype);
  if (options.count) record_add(&record, "options", gather_value(c, &options));
  if (mount->root.length) record_text(c, &record, "root", decode(c, mount->root));
  gather_add(c, list, record_value(c, &record));
}

/* "36 35 98:0 ROOT TARGET OPTIONS [optional fields] - FSTYPE SOURCE SUPEROPTIONS" */
static void read_mountinfo_line(struct collect *c, struct gather *list, struct slice line) {
  struct slice word, head[6];
  for (size_t i = 0; i < 6; i++)
    if (!slice_word(&line, &head[i])) return;
  do {
    if (!slice_word(&line, &word)) return;
  } while (!slice_is(word, "-"));
  struct mount mount = {.root = head[3], .target = head[4], .options = head[5]};
  if (!slice_word(&line, &mount.fstype) || !slice_word(&line, &mount.source)) return;
  slice_word(&line, &mount.more_options);
  state_mount(c, list, &mount);
}

/* "SOURCE TARGET FSTYPE OPTIONS 0 0" */
static void read_table_line(struct collect *c, struct gather *list, struct slice line) {
  struct mount mount = {0};
  if (slice_word(&line, &mount.source) && slice_word(&line, &mount.target) && slice_word(&line, &mount.fstype) && slice_word(&line, &mount.options))
    state_mount(c, list, &mount);
}

/* "SOURCE on TARGET type FSTYPE (OPTIONS)"; a target may hold blanks. */
static void read_listing_line(struct collect *c, struct gather *list, struct slice line) {
  struct mount mount = {0};
  struct slice rest, inside;
  size_t on = slice_find(line, " on ");
  if (on == line.length) return;
  mount.source = slice_first(line, on);
  rest = slice_from(line, on + 4);
  size_t type = slice_find(rest, " type ");
  if (type == rest.length) return;
  mount.target = slice_first(rest, type);
  rest = slice_from(rest, type + 6);
  if (!slice_word(&rest, &mount.fstype)) return;
  if (slice_brackets(&rest, '(', ')', &inside)) mount.options = inside;
  state_mount(c, list, &mount);
}

/* "Filesystem [Type] Size Used Avail Use% Mounted on" and its lines: no options, and not every mount. */
static void read_df_line(struct collect *c, struct gather *list, struct slice line, bool with_type) {
  struct mount mount = {0};
  struct slice word;
  if (!slice_word(&line, &mount.source) || slice_is(mount.source, "Filesystem")) return;
  if (with_type && !slice_word(&line, &mount.fstype)) return;
  for (int i = 0; i < 4; i++)
    if (!slice_word(&line, &word)) return;
  mount.target = slice_trim(line);
  if (slice_starts(mount.target, "/")) state_mount(c, list, &mount);
}

static bool read_tables(struct collect *c, struct gather *list, int *error) {
  static const struct {
    const char *path;
    void (*read)(struct collect *, struct gather *, struct slice);
  } tables[] = {{"/proc/self/mountinfo", read_mountinfo_line},
                {"/proc/1/mountinfo", read_mountinfo_line},
                {"/proc/self/mounts", read_table_line},
                {"/proc/mounts", read_table_line}};
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    struct slice text, line;
    int failed = collect_read(c, tables[i].path, COLLECT_FILE_BYTES, &text);
    if (i == 0) *error = failed;
    if (failed) continue;
    while (slice_line(&text, &line)) tables[i].read(c, list, line);
    return true;
  }
  return false;
}

/* *partial is set where the listing cannot show every mount. */
static bool read_listings(struct collect *c, struct gather *list, bool *partial) {
  struct slice text, line;
  if (collect_command(c, "mount", &text)) {
    while (slice_line(&text, &line)) read_listing_line(c, list, line);
    return true;
  }
  if (!collect_command(c, "df", &text)) return false;
  bool with_type = slice_is(slice_nth_word(text, 1), "Type");
  while (slice_line(&text, &line)) read_df_line(c, list, line, with_type);
  return *partial = true;
}

/* Mounts of an empty file system over parts of /proc and /sys hide what is there: they are kept for collect_miss. */
static void keep_masks(struct collect *c) {
  const struct value *mounts = collect_value(c, "mounts");
  size_t capacity = mounts ? mounts->count : 0;
  c->masked = arena_take_array(c->arena, capacity + 1, sizeof *c->masked);
  if (!c->masked) c->failed = true;
  for (size_t i = 0; c->masked && i < capacity; i++) {
    struct slice target = record_get(&mounts->items[i], "target");
    if (!slice_is(record_get(&mounts->items[i], "fstype"), "tmpfs")) continue;
    if (!slice_starts(target, "/proc/") && !slice_starts(target, "/sys/")) continue;
    if (slice_starts(target, "/sys/fs/cgroup")) continue; /* the usual home of the older groups */
    char *copy = collect_kept(c, arena_text(c->arena, target.text, target.length));
    if (copy) c->masked[c->masked_count++] = copy;
  }
}

void collect_mounts(struct collect *c) {
  struct gather list = {.limit = COLLECT_MOUNTS};
  bool partial = false;
  int error = ENOENT;
  if (read_tables(c, &list, &error) || read_listings(c, &list, &partial)) {
    list.cut = list.cut || partial;
    gather_finish(c, "mounts", &list);
    keep_masks(c);
  } else {
    collect_miss(c, "mounts", "/proc/self/mountinfo", error);
  }
}
