/* One verdict to text in the wanted format; shared by detect, classify and explain. */
#ifndef HP_SHOW_H
#define HP_SHOW_H

#include "cli.h"

struct show {
  enum format format;
  int top; /* hypotheses of each layer; 0: all */
  bool colour;
  struct render_memo *memo; /* CSV: of the thread that renders; or NULL */
  bool explain;             /* the long text, with rivals */
  const char *versus;       /* explain: the rival to speak of, or NULL */
};

/* Reads --format and --top. False after a usage error was told. */
bool show_options(struct cli *cli, struct show *show);
/* True where what is shown names the evidence DB by its sha256. */
bool show_names_db(const struct show *show);
/* How a report is judged so that all that is shown of it is there, and no more. */
struct judge_options show_judging(const struct show *show, const struct report *report);
/* What stands before the first verdict of a format (the header line of CSV), if anything. */
int show_header(const struct show *show, struct buffer *out);
int show_verdict(const struct show *show, const struct verdict *verdict, struct buffer *out);

#endif
