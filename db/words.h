/* What the full-text index is fed with: the row of the view signal_text (views.sql), worked out beside it because the view takes as long as the
 * indexing does. FTS5's own integrity check compares the two. Inside db/ only. Knows texts; must not know SQL. */
#ifndef HP_DB_WORDS_H
#define HP_DB_WORDS_H

#include "rules.h"

/* Each puts one column of the view in place of what the buffer holds. */
void words_of_thing(const struct rules_thing *thing, const struct rules_signal *signal, struct buffer *out);
void words_of_signal(const struct rules_signal *signal, struct buffer *out);

#endif
