/* Devices on the PCI bus. Knows /sys/bus/pci and the listing that lspci prints; must not know any vendor. */
#include <string.h>

#include "context.h"

#define DIRECTORY "/sys/bus/pci/devices"
#define DEVICES 1024

static bool read_hex(struct collect *c, const char *directory, const char *name, int64_t *number) {
  struct slice text;
  return collect_read_in(c, directory, name, 64, &text) == 0 && slice_integer(slice_trim(text), 16, number);
}

static void add_pair(struct collect *c, struct record *record, const char *key, int64_t one, int64_t two) {
  char *text = collect_format(c, "%04llx:%04llx", (unsigned long long)one & 0xffff, (unsigned long long)two & 0xffff);
  if (text) record_text(c, record, key, slice_of(text));
}

static void add_class(struct collect *c, struct record *record, int64_t class) {
  char *text = collect_format(c, "%04llx", (unsigned long long)class >> 8 & 0xffff);
  if (text) record_text(c, record, "class", slice_of(text));
}

/* "VVVV:DDDD" */
static void add_named_pair(struct collect *c, struct record *record, const char *key, struct slice text, const char *name) {
  struct slice value, first;
  int64_t one, two;
  if (slice_field(text, name, '=', &value) && slice_take(&value, ':', &first) && slice_integer(first, 16, &one) && slice_integer(value, 16, &two))
    add_pair(c, record, key, one, two);
}

/* All in one file, as the kernel announces a device; false where that file is not there or is not one of this bus. */
static bool read_announcement(struct collect *c, struct record *record, const char *directory) {
  struct slice text, value;
  int64_t class;
  if (collect_read_in(c, directory, "uevent", 4096, &text) || !slice_field(text, "PCI_ID", '=', &value)) return false;
  add_named_pair(c, record, "id", text, "PCI_ID");
  add_named_pair(c, record, "subsystem", text, "PCI_SUBSYS_ID");
  if (slice_field(text, "PCI_CLASS", '=', &value) && slice_integer(value, 16, &class)) add_class(c, record, class);
  if (slice_field(text, "DRIVER", '=', &value)) record_text(c, record, "driver", value);
  return true;
}

static void add_files(struct collect *c, struct record *record, const char *key, const char *directory, const char *first, const char *second) {
  int64_t one, two;
  if (read_hex(c, directory, first, &one) && read_hex(c, directory, second, &two)) add_pair(c, record, key, one, two);
}

/* The same from a file each. */
static void read_files(struct collect *c, struct record *record, const char *directory) {
  struct slice link;
  int64_t class;
  char *driver = collect_path(c, directory, "driver");
  add_files(c, record, "id", directory, "vendor", "device");
  add_files(c, record, "subsystem", directory, "subsystem_vendor", "subsystem_device");
  if (read_hex(c, directory, "class", &class)) add_class(c, record, class);
  if (driver && collect_link(c, driver, &link) == 0) record_text(c, record, "driver", slice_after_last(link, '/'));
}

static void read_device(struct collect *c, struct gather *list, const char *name) {
  struct record record = {0};
  char *directory = collect_path(c, DIRECTORY, name);
  if (!directory) return;
  record_text(c, &record, "address", slice_of(name));
  if (!read_announcement(c, &record, directory)) read_files(c, &record, directory);
  gather_add(c, list, record_value(c, &record));
}

static bool is_address(struct slice word) {
  size_t colon = slice_find(word, ":"), dot = slice_find(word, ".");
  return colon < word.length && dot < word.length && word.length >= 7 && word.length <= 16;
}

/* The last bracket that holds "vvvv:dddd". */
static struct slice last_id(struct slice line) {
  struct slice inside, id = {"", 0};
  while (slice_brackets(&line, '[', ']', &inside))
    if (inside.length == 9 && inside.text[4] == ':') id = inside;
  return id;
}

/* "00:01.0 Class [0100]: Vendor Device [1af4:1001] (rev 01)"; "-n" prints "00:01.0 0100: 1af4:1001". */
static void read_line(struct collect *c, struct gather *list, struct slice line) {
  struct record record = {0};
  struct slice address, rest = line, inside = {"", 0}, class = {"", 0}, id = last_id(line);
  if (!slice_word(&rest, &address) || !is_address(address)) return;
  struct slice number = slice_nth_word(rest, 0), pair = slice_nth_word(rest, 1);
  if (slice_brackets(&rest, '[', ']', &inside) && inside.length == 4)
    class = inside;
  else if (number.length == 5 && number.text[4] == ':')
    class = slice_first(number, 4);
  if (!id.length && class.length && pair.length == 9 && pair.text[4] == ':') id = pair;
  char *full = collect_format(c, "%s%.*s", address.length < 12 ? "0000:" : "", (int)address.length, address.text);
  if (full) record_text(c, &record, "address", slice_of(full));
  if (class.length) record_text(c, &record, "class", class);
  if (id.length) record_text(c, &record, "id", id);
  gather_add(c, list, record_value(c, &record));
}

static bool read_listing(struct collect *c, struct gather *list) {
  struct slice text, line;
  if (!collect_command(c, "lspci", &text)) return false;
  while (slice_line(&text, &line)) read_line(c, list, line);
  return true;
}

void collect_pci(struct collect *c) {
  struct gather list = {.limit = DEVICES};
  char **names;
  size_t count;
  int error = collect_names(c, DIRECTORY, &names, &count);
  for (size_t i = 0; i < count && !collect_late(c); i++) read_device(c, &list, names[i]);
  if (!error || read_listing(c, &list))
    gather_finish(c, "pci.devices", &list);
  else
    collect_miss(c, "pci.devices", DIRECTORY, error);
}
