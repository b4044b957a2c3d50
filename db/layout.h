/* What is laid out of the rules when they are compiled, so that nothing has to be at a start: the engine's index and plan, as sections of
 * the flat form. Inside db/ only. Knows their names; must not know how they stand, which is the engine's (index.h, plan.h). */
#ifndef HP_DB_LAYOUT_H
#define HP_DB_LAYOUT_H

#include "../engine/rule.h"
#include "../engine/status.h"

/* flat_write of a finished base, with its index and its plan; whoever reads it numbers the conditions as rule_base_finish did. The same base
 * gives the same bytes. 0, or -1 when memory is out. `out` must be empty. */
int layout_write(const struct rule_base *base, struct buffer *out);

/* Gives a base that flat_read filled its index and plan: from its sections, which are checked first, or, where they are missing or made
 * for another program or machine, laid out anew. 0, or a status code with a reason in `diags`. */
int layout_read(struct rule_base *base, const char *file, struct diag_list *diags);

#endif
