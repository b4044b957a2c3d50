/* See evaluate.h: one page of HTML with reliability diagrams and a map of what each domain carries, drawn as inline SVG. Nothing
 * is loaded and nothing runs. */
#include <math.h>
#include <string.h>

#include "../../reports/json.h"
#include "../../reports/text.h"
#include "evaluate.h"

#define SIDE 200 /* of a diagram, in pixels */
#define EDGE 36  /* room for its labels */
#define CELL_WIDTH 34
#define CELL_HEIGHT 18
#define NAME_WIDTH 190
#define HEAD_HEIGHT 110

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>hostprint evaluation</title>\n<style>\n"
    "body { font: 16px/1.5 sans-serif; max-width: 84rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }\n"
    "table { border-collapse: collapse; margin: 0 0 1rem; } th, td { text-align: right; padding: .2rem .75rem .2rem 0; border-bottom: 1px solid "
    "#ddd; }\n"
    "th:first-child, td:first-child { text-align: left; } .diagrams { display: flex; flex-wrap: wrap; gap: 1rem; } figure { margin: 0; }\n"
    ".wide { overflow-x: auto; } svg text { font: 11px sans-serif; fill: #222; } .axis { stroke: #999; fill: none; } .ideal { stroke: #999;\n"
    "stroke-dasharray: 4 3; } .dot { fill: #1f6fb2; fill-opacity: .75; } .perturbed { fill: #d9822b; fill-opacity: .5; } .same { fill: #eee; } "
    ".faint { color: #666; }\n"
    "</style>\n</head>\n<body>\n<h1>How right, and how honest</h1>\n";

static const char *layer_id(const struct evaluation *evaluation, size_t layer) { return evaluation->base->layers[layer].id; }

static void put_figure(struct buffer *out, double sum, size_t count, int decimals) {
  char text[JSON_NUMBER_BYTES];
  buffer_format(out, "<td>%s</td>", count ? json_fixed(text, evaluate_share(sum, count), decimals) : "-");
}

static void put_row(struct buffer *out, const char *name, const struct tally *tally) {
  buffer_add(out, "<tr><td>");
  text_html(out, name);
  buffer_format(out, "</td><td>%zu</td><td>%zu</td>", tally->cases, tally->changed);
  put_figure(out, 100 * (double)tally->right, tally->cases, 1);
  put_figure(out, 100 * (double)tally->traced_right, tally->traced, 1);
  put_figure(out, tally->loss, tally->cases, 3);
  put_figure(out, tally->brier, tally->cases, 3);
  put_figure(out, evaluate_calibration_error(tally), tally->calibrated > 0, 3);
  put_figure(out, 100 * (double)tally->recalled, tally->nothing, 1);
  buffer_format(out, "<td>%zu</td><td>%zu</td></tr>\n", tally->convictions, tally->kin);
}

static void put_titles(struct buffer *out, const char *first) {
  static const char *const titles[] = {"cases", "changed",           "top-1 %",         "top-1 % where traced", "log loss, bits",
                                       "Brier", "calibration error", "unknown found %", "false convictions",    "kin"};
  buffer_format(out, "<table>\n<tr><th>%s</th>", first);
  for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) buffer_format(out, "<th>%s</th>", titles[i]);
  buffer_add(out, "</tr>\n");
}

/* --- reliability --- */

static double x_of(double probability) { return EDGE + probability * SIDE; }
static double y_of(double share) { return 10 + (1 - share) * SIDE; }

static void put_axes(struct buffer *out) {
  buffer_format(out, "<rect class=\"axis\" x=\"%d\" y=\"10\" width=\"%d\" height=\"%d\"/>", EDGE, SIDE, SIDE);
  buffer_format(out, "<line class=\"ideal\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"10\"/>\n", EDGE, SIDE + 10, SIDE + EDGE);
  for (int i = 0; i <= 2; i++) {
    buffer_format(out, "<text x=\"%.0f\" y=\"%d\" text-anchor=\"middle\">%.1f</text>", x_of(i / 2.0), SIDE + 24, i / 2.0);
    buffer_format(out, "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">%.1f</text>\n", EDGE - 4, y_of(i / 2.0) + 4, i / 2.0);
  }
}

/* A dot for each bin; its area grows with the number of cases. */
static void put_dots(struct buffer *out, const struct tally *tally, const char *class) {
  for (size_t b = 0; b < EVALUATE_BINS; b++) {
    const struct evaluate_bin *bin = &tally->bins[b];
    if (!bin->count) continue;
    double mean = evaluate_share(bin->probability, bin->count), right = evaluate_share((double)bin->right, bin->count);
    double radius = 3 + 12 * sqrt((double)bin->count / (double)tally->calibrated);
    buffer_format(out,
                  "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>%zu cases, mean probability %.3f, %.3f right</title></circle>\n",
                  class, x_of(mean), y_of(right), radius, bin->count, mean, right);
  }
}

static void put_diagram(const struct evaluation *evaluation, size_t layer, struct buffer *out) {
  struct tally tally = evaluate_tally(evaluation, 0, layer), pool = evaluate_pool(evaluation, layer);
  if (!tally.cases) return;
  buffer_add(out, "<figure><figcaption>");
  text_html(out, layer_id(evaluation, layer));
  buffer_format(out, ": calibration error %.3f, perturbed %.3f</figcaption>\n", evaluate_calibration_error(&tally),
                evaluate_calibration_error(&pool));
  buffer_format(out, "<svg width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"reliability diagram\">\n", SIDE + EDGE + 14, SIDE + 32);
  put_axes(out);
  put_dots(out, &pool, "dot perturbed");
  put_dots(out, &tally, "dot");
  buffer_add(out, "</svg></figure>\n");
}

/* --- the map --- */

/* From pale where everything stays right to dark where nothing does. */
static void put_cell(struct buffer *out, const struct evaluate_cell *cell, double x, double y) {
  double lost = 1 - evaluate_share((double)cell->right, cell->cases);
  int red = (int)lround(255 - 85 * lost), other = (int)lround(244 - 204 * lost);
  if (cell->changed)
    buffer_format(out, "<rect x=\"%.0f\" y=\"%.0f\" width=\"%d\" height=\"%d\" fill=\"rgb(%d,%d,%d)\">", x, y, CELL_WIDTH - 1, CELL_HEIGHT - 1, red,
                  other, other);
  else
    buffer_format(out, "<rect x=\"%.0f\" y=\"%.0f\" width=\"%d\" height=\"%d\" class=\"same\">", x, y, CELL_WIDTH - 1, CELL_HEIGHT - 1);
  buffer_format(out, "<title>%zu of %zu right, %zu changed, mean probability %.3f</title></rect>", cell->right, cell->cases, cell->changed,
                evaluate_share(cell->accepted, cell->cases));
  if (cell->changed && cell->right < cell->cases)
    buffer_format(out, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\"%s>%zu/%zu</text>", x + CELL_WIDTH / 2.0, y + 13,
                  lost > 0.6 ? " style=\"fill:#fff\"" : "", cell->right, cell->cases);
}

static void put_columns(const struct evaluation *evaluation, const struct evaluate_heat *heat, struct buffer *out) {
  for (size_t c = 0; c < heat->run_count; c++) {
    const struct perturbation *run = &evaluation->runs[heat->runs[c]];
    double x = NAME_WIDTH + (double)c * CELL_WIDTH + CELL_WIDTH / 2.0 + 4;
    buffer_format(out, "<text x=\"%.0f\" y=\"%d\" transform=\"rotate(-60 %.0f %d)\">%.*s</text>\n", x, HEAD_HEIGHT - 6, x, HEAD_HEIGHT - 6,
                  (int)run->length, run->domain);
  }
}

static void put_map(const struct evaluation *evaluation, size_t layer, struct buffer *out) {
  struct evaluate_heat heat;
  if (evaluate_heat(evaluation, layer, evaluation->cli->arena, &heat)) {
    out->failed = -1;
    return;
  }
  buffer_format(out, "<div class=\"wide\"><svg width=\"%zu\" height=\"%zu\" role=\"img\" aria-label=\"right answers without each domain\">\n",
                NAME_WIDTH + heat.run_count * CELL_WIDTH + 70, HEAD_HEIGHT + heat.thing_count * CELL_HEIGHT + 4);
  put_columns(evaluation, &heat, out);
  for (size_t t = 0; t < heat.thing_count; t++) {
    double y = HEAD_HEIGHT + (double)t * CELL_HEIGHT;
    buffer_format(out, "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">", NAME_WIDTH - 6, y + 13);
    text_html(out, heat.things[t]->id);
    buffer_add(out, "</text>");
    for (size_t c = 0; c < heat.run_count; c++) put_cell(out, &heat.cells[t * heat.run_count + c], NAME_WIDTH + (double)c * CELL_WIDTH, y);
    buffer_add(out, "\n");
  }
  buffer_add(out, "</svg></div>\n");
}

void evaluate_html(const struct evaluation *evaluation, struct buffer *out) {
  size_t all = evaluation->base->layer_count, first = evaluation->layer == all ? 0 : evaluation->layer;
  buffer_add(out, head);
  buffer_format(out, "<p>%zu machines and %zu samples, seed %llu, evidence DB <code>%.12s</code></p>\n", evaluation->machine_count,
                evaluation->wanted - evaluation->machine_count, (unsigned long long)evaluation->seed, evaluation->base->sha256);
  buffer_add(out, "<h2>With all facts</h2>\n");
  put_titles(out, "layer");
  for (size_t k = 0; k < all; k++) {
    struct tally tally = evaluate_tally(evaluation, 0, k);
    if (evaluate_shows(evaluation, k)) put_row(out, layer_id(evaluation, k), &tally);
  }
  buffer_add(out,
             "</table>\n<h2>Reliability</h2>\n<p class=\"faint\">Across: the probability that the answer had; up: the share of such answers that is "
             "right. A dot is a tenth of the scale: blue with all facts, orange over all perturbations.</p>\n<div class=\"diagrams\">\n");
  for (size_t k = 0; k < all; k++)
    if (evaluate_shows(evaluation, k)) put_diagram(evaluation, k, out);
  buffer_format(out, "</div>\n<h2>Without a domain of facts: %s</h2>\n", layer_id(evaluation, first));
  buffer_add(
      out, "<p class=\"faint\">Pale: every answer stays right; dark: none does; grey: nothing was known of the domain. The numbers are answers that "
           "are right, of all.</p>\n");
  put_map(evaluation, first, out);
  buffer_format(out, "<h2>Under perturbation: %s</h2>\n", layer_id(evaluation, first));
  put_titles(out, "run");
  for (size_t r = 0; r < evaluation->run_count; r++) {
    struct tally tally = evaluate_tally(evaluation, r, first);
    if (!evaluate_is_idle(evaluation, r, first)) put_row(out, evaluation->runs[r].name, &tally);
  }
  struct tally pool = evaluate_pool(evaluation, first);
  put_row(out, "all perturbations", &pool);
  buffer_add(out, "</table>\n</body>\n</html>\n");
}
