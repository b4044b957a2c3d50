/* The text that dmidecode prints. Knows its sections, fields and complaints, old and new; must not know any vendor. */
#include <string.h>

#include "context.h"

#define OEM_STRINGS "OEM Strings"

/* Where each text of the domain is printed. */
static const struct {
  const char *fact, *section, *label;
} fields[] = {
    {"dmi.bios_date", "BIOS Information", "Release Date"},
    {"dmi.bios_vendor", "BIOS Information", "Vendor"},
    {"dmi.bios_version", "BIOS Information", "Version"},
    {"dmi.board_name", "Base Board Information", "Product Name"},
    {"dmi.board_vendor", "Base Board Information", "Manufacturer"},
    {"dmi.board_version", "Base Board Information", "Version"},
    {"dmi.chassis_asset_tag", "Chassis Information", "Asset Tag"},
    {"dmi.chassis_type", "Chassis Information", "Type"},
    {"dmi.chassis_vendor", "Chassis Information", "Manufacturer"},
    {"dmi.product_family", "System Information", "Family"},
    {"dmi.product_name", "System Information", "Product Name"},
    {"dmi.product_serial", "System Information", "Serial Number"},
    {"dmi.product_sku", "System Information", "SKU Number"},
    {"dmi.product_uuid", "System Information", "UUID"},
    {"dmi.product_version", "System Information", "Version"},
    {"dmi.sys_vendor", "System Information", "Manufacturer"},
};

/* Forms of a chassis, from 1: SMBIOS 3.7, 7.4.1. The file of the kernel has the number, dmidecode prints the words. */
static const char *const chassis[] = {
    "Other",
    "Unknown",
    "Desktop",
    "Low Profile Desktop",
    "Pizza Box",
    "Mini Tower",
    "Tower",
    "Portable",
    "Laptop",
    "Notebook",
    "Hand Held",
    "Docking Station",
    "All In One",
    "Sub Notebook",
    "Space-saving",
    "Lunch Box",
    "Main Server Chassis",
    "Expansion Chassis",
    "Sub Chassis",
    "Bus Expansion Chassis",
    "Peripheral Chassis",
    "RAID Chassis",
    "Rack Mount Chassis",
    "Sealed-case PC",
    "Multi-system",
    "CompactPCI",
    "AdvancedTCA",
    "Blade",
    "Blade Enclosing",
    "Tablet",
    "Convertible",
    "Detachable",
    "IoT Gateway",
    "Embedded PC",
    "Mini PC",
    "Stick PC",
};

/* What it says when it could not read the table, behind the path of a file. */
static const struct {
  const char *end, *reason;
} refusals[] = {
    {": Permission denied", "permission denied"},
    {": Operation not permitted", "operation not permitted"},
    {": No such file or directory", "no such file"},
    {": Input/output error", "input or output error"},
    {": Bad address", "bad address"},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

struct dump {
  struct collect *c;
  struct slice section; /* its title */
  struct gather oem;
  const char *refused; /* why the table could not be read, or NULL */
  bool begun;          /* something that only dmidecode prints was seen */
  bool absent;         /* it found no table */
  bool filled;         /* a section that holds facts was seen */
};

static bool is_blank_value(struct slice value) {
  return !value.length || slice_is(value, "Not Specified") || slice_is(value, "Not Present") || slice_is(value, "Not Settable");
}

/* A number in place of the words; words that are in no table say nothing. */
static void state_chassis(struct collect *c, const char *fact, struct slice value) {
  for (size_t i = 0; i < COUNT(chassis); i++)
    if (slice_is(value, chassis[i])) collect_text(c, fact, slice_of(collect_format(c, "%zu", i + 1)));
}

static void read_field(struct dump *dump, struct slice line) {
  struct slice label, value = line;
  size_t whole = line.length;
  if (!slice_take(&value, ':', &label) || label.length == whole) return;
  value = slice_trim(value);
  if (slice_is(dump->section, OEM_STRINGS) && slice_starts(label, "String ")) gather_text(dump->c, &dump->oem, value);
  for (size_t i = 0; i < COUNT(fields); i++) {
    const char *fact = fields[i].fact;
    if (!slice_is(dump->section, fields[i].section) || !slice_is(slice_trim(label), fields[i].label)) continue;
    if (!collect_unknown(dump->c, fact) || slice_starts(value, "<BAD INDEX>") || slice_starts(value, "<OUT OF SPEC>")) continue;
    if (strcmp(fact, "dmi.chassis_type") == 0)
      state_chassis(dump->c, fact, value);
    else
      collect_dmi_text(dump->c, fact, is_blank_value(value) ? (struct slice){"", 0} : value);
  }
}

/* True for the title of a section that holds facts. */
static bool is_section(struct slice line) {
  if (slice_is(line, OEM_STRINGS)) return true;
  for (size_t i = 0; i < COUNT(fields); i++)
    if (slice_is(line, fields[i].section)) return true;
  return false;
}

static void read_remark(struct dump *dump, struct slice line) {
  if (slice_starts(line, "# dmidecode ") || slice_starts(line, "Handle 0x")) dump->begun = true;
  if (slice_find(line, "No SMBIOS nor DMI entry point found") < line.length) dump->absent = true;
  for (size_t i = 0; slice_starts(line, "/") && i < COUNT(refusals); i++) {
    size_t length = strlen(refusals[i].end);
    if (line.length > length && slice_is(slice_from(line, line.length - length), refusals[i].end)) dump->refused = refusals[i].reason;
  }
}

/* What stands at the margin ends a section; a title stands there too, or one tab in, as old versions print it. */
static void read_line(struct dump *dump, struct slice line) {
  bool margin = !slice_starts(line, "\t") && !slice_starts(line, "  ");
  struct slice bare = slice_trim(line);
  if (margin || is_section(bare)) dump->section = bare;
  if (margin) read_remark(dump, bare);
  if (is_section(bare))
    dump->filled = true;
  else if (!margin)
    read_field(dump, bare);
}

/* A last line without an end may have been cut in the middle of its value. */
static struct slice whole_lines(struct slice text) {
  size_t length = text.length;
  while (length && text.text[length - 1] != '\n') length--;
  return slice_first(text, length);
}

enum import_found collect_dmidecode(struct collect *c, struct slice text) {
  struct dump dump = {.c = c, .section = {"", 0}, .oem = {.limit = COLLECT_NAMES}};
  struct slice line;
  text = whole_lines(text);
  while (slice_line(&text, &line)) read_line(&dump, line);
  if (collect_unknown(c, "dmi.oem_strings") && (dump.oem.count || (dump.filled && collect_is_whole(c))))
    gather_finish(c, "dmi.oem_strings", &dump.oem);
  mem_free(dump.oem.items);
  if (dump.filled) return IMPORT_READ;
  if (dump.refused) collect_refuse(c, "dmi", dump.refused);
  if (dump.absent && !dump.refused) fact_set_below(c->facts, "dmi", 3, FACT_ABSENT, NULL);
  return dump.refused || dump.absent ? IMPORT_READ : dump.begun ? IMPORT_EMPTY : IMPORT_FOREIGN;
}
