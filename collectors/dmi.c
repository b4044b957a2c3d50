/* Firmware's description of the machine. Knows /sys/class/dmi, the SMBIOS table, and the kernel's line about it; must not
 * know any vendor. What dmidecode prints of it is read by dmidecode.c. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "context.h"

#define OEM_STRINGS 11
#define TABLE_BYTES ((size_t)256 << 10)

/* The files of the domain are called as its facts. */
static const char *const texts[] = {
    "dmi.bios_date",         "dmi.bios_vendor",  "dmi.bios_version",    "dmi.board_name",     "dmi.board_vendor", "dmi.board_version",
    "dmi.chassis_asset_tag", "dmi.chassis_type", "dmi.chassis_vendor",  "dmi.product_family", "dmi.product_name", "dmi.product_serial",
    "dmi.product_sku",       "dmi.product_uuid", "dmi.product_version", "dmi.sys_vendor",
};

void collect_dmi_text(struct collect *c, const char *fact, struct slice text) {
  char lower[64];
  if (strcmp(fact, "dmi.product_uuid") == 0 && text.length < sizeof lower) {
    for (size_t i = 0; i < text.length; i++) lower[i] = (char)tolower((unsigned char)text.text[i]);
    text = (struct slice){lower, text.length};
  }
  collect_text(c, fact, text);
}

/* The directory that is there, or NULL and why not in *error: a captured tree may hold it under one name only. */
static const char *directory_of(struct collect *c, int *error) {
  static const char *const places[] = {"/sys/class/dmi/id", "/sys/devices/virtual/dmi/id"};
  char **names;
  size_t count;
  for (size_t i = 0; i < 2; i++) {
    *error = collect_names(c, places[i], &names, &count);
    if (!*error) return places[i];
    if (*error != ENOENT && *error != ENOTDIR) return NULL;
  }
  return NULL;
}

static void read_directory(struct collect *c, const char *directory) {
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct slice text;
    int error = collect_read_in(c, directory, texts[i] + sizeof "dmi." - 1, COLLECT_VALUE_BYTES, &text);
    if (error)
      collect_miss(c, texts[i], directory, error);
    else
      collect_dmi_text(c, texts[i], slice_trim(text));
  }
}

/* Texts of one structure follow it, each ended by NUL, the last by two. Returns the bytes used, 0 where it is damaged. */
static size_t read_structure(struct collect *c, struct slice table, struct gather *list) {
  const unsigned char *head = (const unsigned char *)table.text;
  if (table.length < 4 || head[1] < 4 || head[1] > table.length) return 0;
  size_t at = head[1];
  while (at < table.length && table.text[at]) {
    struct slice text = slice_from(table, at);
    text.length = strnlen(text.text, text.length);
    if (head[0] == OEM_STRINGS) gather_text(c, list, slice_trim(text));
    at += text.length + 1;
  }
  if (at == head[1]) at++; /* no text at all: two NULs */
  return at + 1;
}

static void read_table(struct collect *c) {
  struct gather list = {.limit = COLLECT_NAMES};
  struct slice table;
  int error = collect_read(c, "/sys/firmware/dmi/tables/DMI", TABLE_BYTES, &table);
  if (error) {
    collect_miss(c, "dmi.oem_strings", "/sys/firmware/dmi/tables/DMI", error);
    return;
  }
  while (table.length) {
    size_t used = read_structure(c, table, &list);
    if (!used) break;
    table = slice_from(table, used);
  }
  gather_finish(c, "dmi.oem_strings", &list);
}

static void read_dmidecode(struct collect *c) {
  struct slice text;
  if (collect_command(c, "dmidecode", &text)) collect_dmidecode(c, text);
}

/* "DMI: ..." becomes the banner; "DMI not present or invalid." makes all of the domain absent. */
static void read_log(struct collect *c) {
  size_t count;
  const struct value *lines = collect_log(c, &count);
  for (size_t i = 0; i < count; i++) {
    struct slice line = {lines[i].text, lines[i].length};
    if (slice_starts(line, "DMI not present or invalid")) fact_set_below(c->facts, "dmi", 3, FACT_ABSENT, NULL);
    if (slice_cut(&line, "DMI: ") && collect_unknown(c, "dmi.banner")) collect_text(c, "dmi.banner", slice_trim(line));
  }
  collect_no_log(c, "dmi.banner");
}

void collect_dmi(struct collect *c) {
  int error = 0;
  const char *directory = directory_of(c, &error);
  if (directory) read_directory(c, directory);
  read_dmidecode(c);
  read_log(c);
  if (!directory) collect_miss(c, "dmi", "/sys/class/dmi/id", error);
  if (collect_unknown(c, "dmi.oem_strings")) read_table(c);
}
