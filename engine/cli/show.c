/* See show.h. */
#include "show.h"

bool show_options(struct cli *cli, struct show *show) {
  bool wrong = false;
  *show = (struct show){.format = cli_format(cli)};
  if (show->format == FORMATS) return false;
  show->top = (int)cli_number(cli, "top", 0, 1000000, 3, &wrong);
  show->colour = show->format == FORMAT_TEXT && cli_colour();
  return !wrong;
}

bool show_names_db(const struct show *show) { return show->format != FORMAT_TEXT && show->format != FORMAT_CSV; }

struct judge_options show_judging(const struct show *show, const struct report *report) {
  struct judge_options options = cli_judge_options(report);
  options.brief = show->format == FORMAT_CSV; /* which has no room for more */
  options.told = show->explain || show->top < 0 ? 0 : (size_t)show->top;
  if (show->explain || show->format != FORMAT_TEXT) return options;
  options.listed = show->top > 0 ? (size_t)show->top : 2; /* a page of text says why the best answers are given, and names their rivals */
  options.told = 1;
  options.counted = true;
  return options;
}

int show_header(const struct show *show, struct buffer *out) { return show->format == FORMAT_CSV ? render_csv_header(out) : 0; }

int show_verdict(const struct show *show, const struct verdict *verdict, struct buffer *out) {
  struct render_options options = {
      .top = show->top, .colour = show->colour, .one_line = show->format == FORMAT_NDJSON, .versus = show->versus, .memo = show->memo};
  switch (show->format) {
  case FORMAT_JSON:
  case FORMAT_NDJSON: return render_json(verdict, options, out);
  case FORMAT_CSV: return render_csv(verdict, options, out);
  case FORMAT_HTML: return render_html(verdict, options, out);
  default: return show->explain ? render_explain(verdict, options, out) : render_text(verdict, options, out);
  }
}
