/* What publications say of things, side by side: the attributes of `documented`. Knows the evidence DB; ranks nothing. */
#ifndef HP_DB_DOCUMENTED_H
#define HP_DB_DOCUMENTED_H

#include "db.h"

struct db_attribute {
  const char *name;
  const char **values; /* one for each thing asked about; NULL where nothing is documented */
};

/* Reads the attributes of `things` from a DB that db_load has just accepted. Attributes come in the order of the first
 * thing that has them. 0 and arrays owned by the arena, or a status code with the reason in `diags`. */
int db_documented(const char *path, const struct rule_thing *const *things, size_t thing_count, struct arena *arena, struct diag_list *diags,
                  struct db_attribute **attributes, size_t *count);

#endif
