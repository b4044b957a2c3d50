/* Disks: name, size, queue, and the file system that begins on them. Knows /sys/block, three superblocks and the listing
 * that lsblk prints; must not know what a label means. */
#include <string.h>

#include "context.h"
#include "os_machine.h"

#define DIRECTORY "/sys/block"
#define DISKS 1024
#define SECTOR_BYTES 512
#define HEAD_BYTES 4096

/* A file system known by bytes at an offset, and where its label lies. */
static const struct {
  const char *fstype;
  size_t offset, length;
  unsigned char magic[4];
  size_t label, label_length;
} superblocks[] = {
    {"ext4", 1080, 2, {0x53, 0xef}, 1144, 16},
    {"squashfs", 0, 4, {'h', 's', 'q', 's'}, 0, 0},
    {"xfs", 0, 4, {'X', 'F', 'S', 'B'}, 108, 12},
    {"erofs", 1024, 4, {0xe2, 0xe1, 0xf5, 0xe0}, 1088, 16},
};

static void add_superblock(struct collect *c, struct record *record, const char *name) {
  unsigned char head[HEAD_BYTES];
  if (os_block_head(name, head, sizeof head)) return;
  for (size_t i = 0; i < sizeof superblocks / sizeof *superblocks; i++) {
    if (memcmp(head + superblocks[i].offset, superblocks[i].magic, superblocks[i].length) != 0) continue;
    struct slice label = collect_padded((const char *)head + superblocks[i].label, superblocks[i].label_length);
    if (superblocks[i].label_length && label.length) record_text(c, record, "label", label);
    record_text(c, record, "fstype", slice_of(superblocks[i].fstype));
    return;
  }
}

/* What the mount table says of the file system on a disk. */
static struct slice mounted_type(const struct collect *c, const char *name) {
  const struct value *mounts = collect_value(c, "mounts");
  for (size_t i = 0; mounts && i < mounts->count; i++) {
    struct slice source = record_get(&mounts->items[i], "source");
    if (slice_cut(&source, "/dev/") && slice_is(source, name)) return record_get(&mounts->items[i], "fstype");
  }
  return (struct slice){"", 0};
}

static bool read_number(struct collect *c, const char *directory, const char *name, int64_t *number) {
  struct slice text;
  return collect_read_in(c, directory, name, 64, &text) == 0 && slice_integer(slice_trim(text), 10, number);
}

static bool add_text(struct collect *c, struct record *record, const char *key, const char *directory, const char *file) {
  struct slice text;
  if (collect_read_in(c, directory, file, 256, &text) || !slice_trim(text).length) return false;
  record_text(c, record, key, slice_trim(text));
  return true;
}

static void add_scheduler(struct collect *c, struct record *record, const char *directory) {
  struct slice text, inside;
  if (collect_read_in(c, directory, "queue/scheduler", 256, &text)) return;
  text = slice_trim(text);
  if (slice_find(text, "[") < text.length && slice_brackets(&text, '[', ']', &inside)) text = inside;
  if (text.length) record_text(c, record, "scheduler", text);
}

/* Loop devices and memory disks exist in numbers before they hold anything. */
static bool is_made_early(const char *name) { return strncmp(name, "loop", 4) == 0 || strncmp(name, "ram", 3) == 0; }

/* True where the kernel's table "MAJOR MINOR BLOCKS NAME" leaves such a disk out, as it does while it holds nothing. */
static bool is_empty(struct slice partitions, const char *name) {
  struct slice line;
  if (!partitions.length || !is_made_early(name)) return false;
  while (slice_line(&partitions, &line))
    if (slice_is(slice_nth_word(line, 3), name)) return false;
  return true;
}

/* Drives without a medium are slow to say so. */
static bool is_removable(const char *name) { return strncmp(name, "fd", 2) == 0 || strncmp(name, "sr", 2) == 0; }

static void read_disk(struct collect *c, struct gather *list, const char *name) {
  struct record record = {0};
  int64_t sectors = 0, read_only;
  char *directory = collect_path(c, DIRECTORY, name);
  if (!directory) return;
  bool sized = read_number(c, directory, "size", &sectors);
  if (is_made_early(name) && sized && !sectors) return;
  record_text(c, &record, "name", slice_of(name));
  if (sized && sectors <= INT64_MAX / SECTOR_BYTES) record_add(&record, "size_bytes", value_integer(sectors * SECTOR_BYTES));
  if (read_number(c, directory, "ro", &read_only)) record_add(&record, "read_only", value_boolean(read_only != 0));
  add_scheduler(c, &record, directory);
  add_text(c, &record, "model", directory, "device/model");
  add_text(c, &record, "vendor", directory, "device/vendor");
  bool wanted = collect_asked_field(c, "blocks", "serial"); /* a virtual disk asks its host for it */
  if (wanted && !add_text(c, &record, "serial", directory, "serial")) add_text(c, &record, "serial", directory, "device/serial");
  if (c->live && sectors && !is_removable(name)) add_superblock(c, &record, name);
  struct slice mounted = mounted_type(c, name);
  if (mounted.length) record_text(c, &record, "fstype", mounted);
  gather_add(c, list, record_value(c, &record));
}

enum { COLUMNS = 16 };

/* Where the columns of a listing begin, by its header. */
struct columns {
  struct slice names[COLUMNS];
  size_t starts[COLUMNS];
  size_t count;
};

static void read_header(struct slice line, struct columns *columns) {
  struct slice rest = line, word;
  columns->count = 0;
  while (columns->count < COLUMNS && slice_word(&rest, &word)) {
    columns->starts[columns->count] = (size_t)(word.text - line.text);
    columns->names[columns->count++] = word;
  }
}

/* The cell that lies below a header: numbers stand right, so a cell is the word that overlaps the header's width. */
static struct slice cell(struct slice line, const struct columns *columns, size_t n) {
  size_t from = columns->starts[n], to = from + columns->names[n].length;
  struct slice rest = line, word;
  while (slice_word(&rest, &word)) {
    size_t start = (size_t)(word.text - line.text), end = start + word.length;
    if (start < to && end > from) return word;
  }
  return (struct slice){"", 0};
}

/* "150M", "2G", "1.5T", or bytes. */
static bool parse_size(struct slice text, int64_t *bytes) {
  static const char units[] = "BKMGTP";
  double sum = 0, scale = 1;
  bool fraction = false;
  for (size_t i = 0; i < text.length; i++) {
    char digit = text.text[i];
    const char *unit = strchr(units, digit);
    if (unit && digit && i + 1 == text.length) {
      for (const char *at = units; at < unit; at++) scale *= 1024;
    } else if (digit == '.' || digit == ',') {
      fraction = true;
      continue;
    } else if (digit < '0' || digit > '9') {
      return false;
    } else {
      sum = sum * 10 + (digit - '0');
      if (fraction) scale /= 10;
    }
  }
  if (!text.length || sum * scale > 9e18) return false;
  *bytes = (int64_t)(sum * scale);
  return true;
}

static void read_cell(struct collect *c, struct record *record, struct slice name, struct slice text) {
  static const struct {
    const char *column, *key;
  } keys[] = {{"FSTYPE", "fstype"}, {"LABEL", "label"}, {"MODEL", "model"}, {"VENDOR", "vendor"}, {"SERIAL", "serial"}};
  int64_t bytes;
  if (!text.length) return;
  if (slice_is(name, "SIZE") && parse_size(text, &bytes)) record_add(record, "size_bytes", value_integer(bytes));
  if (slice_is(name, "RO")) record_add(record, "read_only", value_boolean(slice_is(text, "1")));
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (slice_is(name, keys[i].column)) record_text(c, record, keys[i].key, text);
}

/* Disks begin at the margin; partitions are drawn as branches below them and are left out. */
static void read_line(struct collect *c, struct gather *list, struct slice line, const struct columns *columns) {
  struct record record = {0};
  struct slice name = slice_nth_word(line, 0);
  bool branch = !line.length || line.text[0] == ' ' || line.text[0] == '|' || line.text[0] == '`' || (unsigned char)line.text[0] > 127;
  if (branch || !name.length) return;
  record_text(c, &record, "name", name);
  for (size_t i = 1; i < columns->count; i++) read_cell(c, &record, columns->names[i], cell(line, columns, i));
  gather_add(c, list, record_value(c, &record));
}

static bool read_listing(struct collect *c, struct gather *list) {
  struct slice text, line;
  struct columns columns = {0};
  if (!collect_command(c, "lsblk", &text)) return false;
  while (slice_line(&text, &line))
    if (slice_starts(line, "NAME"))
      read_header(line, &columns);
    else if (columns.count)
      read_line(c, list, line, &columns);
  return columns.count > 0;
}

void collect_blocks(struct collect *c) {
  struct gather list = {.limit = DISKS};
  char **names;
  size_t count;
  int error = collect_names(c, DIRECTORY, &names, &count);
  struct slice partitions = {"", 0};
  if (c->live) collect_read(c, "/proc/partitions", COLLECT_FILE_BYTES, &partitions);
  for (size_t i = 0; i < count && !collect_late(c); i++)
    if (!is_empty(partitions, names[i])) read_disk(c, &list, names[i]);
  if (!error || read_listing(c, &list))
    gather_finish(c, "blocks", &list);
  else
    collect_miss(c, "blocks", DIRECTORY, error);
}
