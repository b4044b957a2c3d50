/* See db.h: an evidence DB as untrusted input, into the engine's rule base.
 *
 * A file is an SQLite database, the rules in flat form (flat.h) right after its last page, and a seal (seal.h). The program reads
 * the flat form, where it lies; the tables say the same for people, and SQLite never sees a file here: what tables, views or
 * triggers somebody put into it is of no concern. Nothing read is believed. */
#include <assert.h>
#include <errno.h>
#include <nettle/sha2.h>
#include <string.h>

#include "../collectors/os.h"
#include "flat.h"
#include "image.h"
#include "layout.h"
#include "seal.h"
#include "store.h"

#define LOAD_FILE_BYTES ((size_t)256 << 20)
#define SQLITE_HEADER 100

/* --- the header --- */

static unsigned long big_endian(const unsigned char *at, size_t count) {
  unsigned long number = 0;
  for (size_t i = 0; i < count; i++) number = number << 8 | at[i];
  return number;
}

/* Offsets are those of SQLite's file format, section 1.3. */
static int check_header(const unsigned char *bytes, size_t length, const char *file, struct diag_list *diags) {
  if (length == 0) return diag_format(diags, STATUS_DB_DAMAGED, file, 0, 0, "the file is empty");
  if (length < SQLITE_HEADER || memcmp(bytes, "SQLite format 3", 16) != 0)
    return diag_format(diags, STATUS_DB_DAMAGED, file, 0, 0, "it does not begin as an SQLite file does");
  if (big_endian(bytes + 68, 4) == STORE_APPLICATION_ID)
    return diag_format(diags, STATUS_DB_FOREIGN, file, 0, 0, "a work DB; `hostprint classify --store` judges by the rules in one");
  if (big_endian(bytes + 68, 4) != DB_APPLICATION_ID)
    return diag_format(diags, STATUS_DB_FOREIGN, file, 0, 0, "an SQLite file that was made by another program");
  unsigned long version = big_endian(bytes + 60, 4);
  if (version == DB_VERSION) return 0;
  return diag_format(diags, version < DB_VERSION ? STATUS_DB_OLDER : STATUS_DB_NEWER, file, 0, 0,
                     "it is of version %lu; this program reads version %d", version, DB_VERSION);
}

/* Where SQLite's pages end; 65536 is written as 1. */
static size_t end_of_pages(const unsigned char *bytes) {
  unsigned long page = big_endian(bytes + 16, 2), count = big_endian(bytes + 28, 4);
  return (size_t)(page == 1 ? 65536 : page) * count;
}

/* --- the base --- */

/* Fills a base from the bytes of a file, which must outlive it. */
static int read_image(const unsigned char *bytes, size_t length, enum flat_look look, const char *file, struct rule_base *base,
                      struct diag_list *diags) {
  int code = check_header(bytes, length, file, diags);
  if (code) return code;
  size_t start = end_of_pages(bytes);
  if (look == FLAT_WHOLE ? !seal_holds(bytes, length) : !seal_stands(bytes, length))
    return diag_format(diags, STATUS_DB_DAMAGED, file, 0, 0, "its seal does not hold: bytes were changed, or the file was cut");
  if (start % 8 || start > length - SEAL_BYTES)
    return diag_format(diags, STATUS_DB_DAMAGED, file, 0, 0, "the rules for the program are not behind the tables");
  code = flat_read(bytes + start, length - SEAL_BYTES - start, look, base, file, diags);
  if (code) return code;
  base->version = "1";
  return layout_read(base, file, diags);
}

static void release_memory(struct rule_base *base) { mem_free(base->bytes); }
static void release_mapping(struct rule_base *base) { os_unmap(base->bytes, base->byte_count); }

/* Loads from bytes that the base takes over, also when it fails. */
static int load_bytes(unsigned char *bytes, size_t length, enum flat_look look, void (*release)(struct rule_base *), const char *file,
                      const struct fact_catalog *catalog, struct rule_base **out, struct diag_list *diags) {
  struct rule_base *base = rule_base_new(catalog), none = {.bytes = bytes, .byte_count = length};
  *out = NULL;
  if (!base) {
    release(&none);
    return STATUS_MEMORY;
  }
  base->bytes = bytes;
  base->byte_count = length;
  base->release = release;
  int code = read_image(bytes, length, look, file, base, diags);
  if (!code)
    *out = base;
  else
    rule_base_free(base);
  return code;
}

int image_load(const unsigned char *bytes, size_t length, const char *file, const struct fact_catalog *catalog, struct rule_base **base,
               struct diag_list *diags) {
  assert((bytes || !length) && file && catalog && base);
  unsigned char *copy = mem_new(length);
  *base = NULL;
  if (!copy) return STATUS_MEMORY;
  if (length) memcpy(copy, bytes, length);
  return load_bytes(copy, length, FLAT_WHOLE, release_memory, file, catalog, base, diags);
}

/* --- the file --- */

static int cannot_open(int error, const char *path, struct diag_list *diags) {
  if (error == EFBIG) return diag_format(diags, STATUS_DB_DAMAGED, path, 0, 0, "more than %zu bytes", LOAD_FILE_BYTES);
  return diag_format(diags, STATUS_DB_OPEN, path, 0, 0, "%s", error == EINVAL ? "not a plain file" : strerror(error));
}

int db_load(const char *path, const struct fact_catalog *catalog, struct rule_base **base, struct diag_list *diags) {
  assert(path && catalog && base);
  struct buffer bytes = {0};
  enum os_kind kind;
  *base = NULL;
  int error = os_kind(path, &kind);
  if (!error && kind != OS_FILE) error = kind == OS_DIRECTORY ? EISDIR : EINVAL;
  if (!error) error = os_read_file(path, LOAD_FILE_BYTES, &bytes);
  if (!error) return load_bytes((unsigned char *)bytes.text, bytes.length, FLAT_WHOLE, release_memory, path, catalog, base, diags);
  buffer_free(&bytes);
  return cannot_open(error, path, diags);
}

int db_glance(const char *path, const struct fact_catalog *catalog, struct rule_base **base, struct diag_list *diags) {
  assert(path && catalog && base);
  unsigned char *bytes;
  size_t length;
  int error = os_map(path, LOAD_FILE_BYTES, &bytes, &length);
  if (error == ENODEV) return db_load(path, catalog, base, diags); /* a file system without mappings */
  if (!error) return load_bytes(bytes, length, FLAT_GLANCE, release_mapping, path, catalog, base, diags);
  *base = NULL;
  return cannot_open(error, path, diags);
}

int db_name(struct rule_base *base) {
  assert(base && base->bytes);
  static const char digits[] = "0123456789abcdef";
  uint8_t digest[SHA256_DIGEST_SIZE];
  struct sha256_ctx context;
  char *text = base->sha256 ? NULL : arena_take(base->arena, 2 * sizeof digest + 1);
  if (!text) return base->sha256 ? STATUS_OK : STATUS_MEMORY;
  sha256_init(&context);
  sha256_update(&context, base->byte_count, base->bytes);
  sha256_digest(&context, sizeof digest, digest);
  for (size_t i = 0; i < sizeof digest; i++) {
    text[2 * i] = digits[digest[i] >> 4];
    text[2 * i + 1] = digits[digest[i] & 15];
  }
  base->sha256 = text;
  return STATUS_OK;
}
