/* The one way to write a rule file: keys in the order of the README, blanks at line ends and doubled empty lines removed.
 *
 * Works on lines: comments stay with what follows them, and every value stays as it was written. */
#ifndef HP_DB_FMT_H
#define HP_DB_FMT_H

#include "../engine/status.h"

/* Appends the canonical text of a rule file. 0, or a status code with the reason in `diags`: a text that is not YAML, or one
 * whose lines cannot be put in order without changing what they say. The canonical text of a canonical text is itself. */
int db_fmt_text(const char *yaml_text, size_t length, const char *file, struct buffer *out, struct diag_list *diags);

#endif
