/* ACPI tables: their names and the ids in their headers, from the tables themselves or from what the kernel logged about
 * them. Knows both layouts; must not know whose ids they are. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "context.h"

#define DIRECTORY "/sys/firmware/acpi/tables"
#define HEADER_BYTES 36

struct tables {
  struct gather names, oem_ids, table_ids, creators;
  int refused; /* errno value of a table that could not be read */
};

static void add_creator(struct collect *c, struct tables *tables, struct slice id, struct slice revision) {
  char text[64];
  snprintf(text, sizeof text, "%.*s %.*s", (int)(id.length < 16 ? id.length : 16), id.text, (int)(revision.length < 16 ? revision.length : 16),
           revision.text);
  gather_distinct(c, &tables->creators, slice_of(text));
}

/* Signature 4, length 4, revision, checksum, OEM id 6, OEM table id 8, OEM revision 4, creator id 4, creator revision 4. */
static void read_header(struct collect *c, struct tables *tables, struct slice header) {
  char revision[16];
  if (header.length < HEADER_BYTES) return;
  const unsigned char *last = (const unsigned char *)header.text + 32;
  snprintf(revision, sizeof revision, "%02x%02x%02x%02x", last[3], last[2], last[1], last[0]);
  for (char *at = revision; *at; at++)
    if (*at >= 'a') *at = (char)(*at - 'a' + 'A'); /* as the kernel prints it */
  gather_distinct(c, &tables->oem_ids, collect_padded(header.text + 10, 6));
  gather_distinct(c, &tables->table_ids, collect_padded(header.text + 16, 8));
  add_creator(c, tables, collect_padded(header.text + 28, 4), slice_of(revision));
}

static int read_directory(struct collect *c, struct tables *tables) {
  static const char *const inner[] = {"data", "dynamic"}; /* directories, not tables */
  char **names;
  size_t count;
  int error = collect_names(c, DIRECTORY, &names, &count);
  for (size_t i = 0; i < count; i++) {
    struct slice header;
    if (strcmp(names[i], inner[0]) == 0 || strcmp(names[i], inner[1]) == 0) continue;
    gather_text(c, &tables->names, slice_of(names[i]));
    int refused = collect_read_in(c, DIRECTORY, names[i], HEADER_BYTES, &header);
    if (refused) tables->refused = refused;
    if (!refused && strcmp(names[i], "FACS") != 0) read_header(c, tables, header); /* FACS has no such header */
  }
  return error;
}

static bool is_signature(struct slice word) {
  for (size_t i = 0; i < word.length; i++)
    if (!((word.text[i] >= 'A' && word.text[i] <= 'Z') || (word.text[i] >= '0' && word.text[i] <= '9'))) return false;
  return word.length == 4;
}

/* "ACPI: XSDT 0x... 00003C (v01 OEMID_ OEMTABLE 00000000 CRTR 20240119)"; an OEM id may hold blanks, so fields have widths:
 * "(v%.2d %-6.6s %-8.8s %08X %-4.4s %08X)". The root pointer has the OEM id only. */
static void read_log_line(struct collect *c, struct tables *tables, struct slice line) {
  struct slice inside, signature, version;
  if (!slice_cut(&line, "ACPI: ") || !slice_word(&line, &signature) || !is_signature(signature)) return;
  if (!slice_brackets(&line, '(', ')', &inside) || !slice_cut(&inside, "v") || !slice_take(&inside, ' ', &version)) return;
  if (!slice_is(signature, "RSDP")) gather_distinct(c, &tables->names, signature);
  if (slice_trim(slice_first(inside, 6)).length) gather_distinct(c, &tables->oem_ids, slice_trim(slice_first(inside, 6)));
  if (inside.length < 7 + 8 + 1 + 8 + 1 + 4 + 1 + 8) {
    struct slice id = slice_nth_word(inside, 1);
    if (id.length) gather_distinct(c, &tables->table_ids, id);
    if (slice_nth_word(inside, 4).length) add_creator(c, tables, slice_nth_word(inside, 3), slice_nth_word(inside, 4));
    return;
  }
  gather_distinct(c, &tables->table_ids, slice_trim(slice_first(slice_from(inside, 7), 8)));
  struct slice creator = slice_from(inside, 7 + 8 + 1 + 8 + 1);
  add_creator(c, tables, slice_trim(slice_first(creator, 4)), slice_trim(slice_from(creator, 5)));
}

static void read_log(struct collect *c, struct tables *tables) {
  size_t count;
  const struct value *lines = collect_log(c, &count);
  for (size_t i = 0; i < count; i++) read_log_line(c, tables, (struct slice){lines[i].text, lines[i].length});
}

/* `error` is what listing the tables gave: without them the log may still have shown some, or refused too. */
static void state_ids(struct collect *c, const char *fact, struct gather *list, int error, int refused) {
  if (list->count)
    gather_finish(c, fact, list);
  else if (error)
    collect_miss(c, fact, DIRECTORY, error);
  else if (refused)
    collect_miss(c, fact, DIRECTORY, refused == ENOENT ? EACCES : refused);
  else
    gather_finish(c, fact, list);
}

static void free_tables(struct tables *tables) {
  mem_free(tables->names.items);
  mem_free(tables->oem_ids.items);
  mem_free(tables->table_ids.items);
  mem_free(tables->creators.items);
}

void collect_acpi(struct collect *c) {
  struct tables tables = {0}, logged = {0};
  int error = read_directory(c, &tables);
  if (error || tables.refused) read_log(c, &logged);
  state_ids(c, "acpi.tables", tables.names.count ? &tables.names : &logged.names, error, 0);
  state_ids(c, "acpi.oem_ids", tables.oem_ids.count ? &tables.oem_ids : &logged.oem_ids, error, tables.refused);
  state_ids(c, "acpi.table_ids", tables.table_ids.count ? &tables.table_ids : &logged.table_ids, error, tables.refused);
  state_ids(c, "acpi.creator_ids", tables.creators.count ? &tables.creators : &logged.creators, error, tables.refused);
  free_tables(&tables);
  free_tables(&logged);
}
