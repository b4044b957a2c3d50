/* The multiprocessor table as the kernel logged it. Knows those lines only: the table itself lies in memory that is not
 * read here. */
#include <errno.h>

#include "context.h"

void collect_mptable(struct collect *c) {
  static const struct {
    const char *fact, *prefix;
  } ids[] = {{"mptable.oem_id", "MPTABLE: OEM ID: "}, {"mptable.product_id", "MPTABLE: Product ID: "}};
  size_t count;
  const struct value *lines = collect_log(c, &count);
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < sizeof ids / sizeof *ids; k++) {
      struct slice line = {lines[i].text, lines[i].length};
      if (slice_cut(&line, ids[k].prefix)) collect_text(c, ids[k].fact, slice_trim(line));
    }
  for (size_t k = 0; k < sizeof ids / sizeof *ids; k++) {
    if (!collect_unknown(c, ids[k].fact)) continue;
    collect_no_log(c, ids[k].fact);
    if (count && slice_starts((struct slice){lines[0].text, lines[0].length}, "Linux version")) collect_lacks(c, ids[k].fact);
  }
}
