/* The bytes of an evidence DB, between the compiler and the loader. Inside db/ only. */
#ifndef HP_DB_IMAGE_H
#define HP_DB_IMAGE_H

#include "db.h"
#include "rules.h"

/* The sealed file as bytes, made in memory. 0 and *bytes owned by the caller (image_free), or a status code. */
int image_write(struct rules *rules, bool drafts, struct diag_list *diags, unsigned char **bytes, size_t *length);
void image_free(unsigned char *bytes);
/* Checks and loads, as db_load, a file whose bytes are in memory; `file` is what diagnostics call it. The bytes are copied. */
int image_load(const unsigned char *bytes, size_t length, const char *file, const struct fact_catalog *catalog, struct rule_base **base,
               struct diag_list *diags);

#endif
