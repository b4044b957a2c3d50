/* See render.h: one page of HTML for one verdict. */
#include <assert.h>
#include <string.h>

#include "json.h"
#include "render.h"
#include "text.h"

#include "../engine/status.h"

static const char head[] = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
static const char style[] =
    "</title>\n<style>\n"
    "body { font: 16px/1.5 sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }\n"
    "table { border-collapse: collapse; width: 100%; margin: 0 0 1rem; }\n"
    "th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ddd; }\n"
    "code { font-family: monospace; overflow-wrap: anywhere; }\n"
    ".bits { white-space: nowrap; text-align: right; } .for { color: #060; } .against { color: #a00; } .faint { color: #666; }\n"
    "summary { cursor: pointer; font-weight: bold; }\n"
    "</style>\n</head>\n<body>\n";

static void put(struct buffer *out, const char *text) { text_html(out, text ? text : ""); }

/* <TAG>text</TAG>; `tag` may carry a class: "td class=bits" closes as td. */
static void put_element(struct buffer *out, const char *tag, const char *text) {
  buffer_format(out, "<%s>", tag);
  put(out, text);
  buffer_format(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

static void put_number(struct buffer *out, const char *tag, double number, int decimals) {
  char text[JSON_NUMBER_BYTES];
  put_element(out, tag, json_fixed(text, number, decimals));
}

static void put_probability(struct buffer *out, double probability) {
  char text[RENDER_PROBABILITY_BYTES];
  put_element(out, "td", render_probability(text, probability));
}

static void put_head_row(struct buffer *out, const char *const *titles) {
  buffer_add(out, "<table>\n<tr>");
  for (; *titles; titles++) put_element(out, "th", *titles);
  buffer_add(out, "</tr>\n");
}

static bool has_web_address(const struct rule_source *source) {
  return source->url && (strncmp(source->url, "https://", 8) == 0 || strncmp(source->url, "http://", 7) == 0);
}

static void put_source(struct buffer *out, const struct rule_source *source) {
  buffer_add(out, "<td>");
  if (source && has_web_address(source)) {
    buffer_add(out, "<a rel=\"noreferrer noopener\" href=\"");
    put(out, source->url);
    buffer_add(out, "\">");
    put(out, source->title);
    buffer_add(out, "</a> ");
  } else if (source) {
    put(out, source->title);
    buffer_add(out, " ");
  }
  put_element(out, "span class=faint", source ? source->observed : "");
  buffer_add(out, "</td>");
}

static void put_found(struct buffer *out, const struct evidence *evidence) {
  bool decided = evidence->truth == TRUTH_TRUE || evidence->truth == TRUTH_FALSE;
  buffer_add(out, "<td>");
  if (evidence->value)
    put_element(out, "code", evidence->value);
  else
    put_element(out, "span class=faint", decided ? "absent" : evidence->reason ? evidence->reason : "not looked at");
  buffer_add(out, "</td>");
}

static void put_reason(struct buffer *out, const struct evidence *evidence) {
  buffer_add(out, "<td>");
  if (evidence->signal) text_html(out, evidence->signal->why);
  if (evidence->aged_days > 0) {
    buffer_add(out, " <span class=faint>(aged: ");
    render_age(evidence, out);
    buffer_add(out, ")</span>");
  }
  buffer_add(out, "</td>");
}

static void put_evidence(struct buffer *out, const struct evidence *evidence) {
  bool decided = evidence->truth == TRUTH_TRUE || evidence->truth == TRUTH_FALSE;
  buffer_add(out, "<tr>");
  if (decided)
    put_number(out, evidence->bits < 0 ? "td class=\"bits against\"" : "td class=\"bits for\"", evidence->bits, 1);
  else
    put_element(out, "td class=\"bits faint\"", truth_name(evidence->truth));
  buffer_add(out, "<td>");
  put_element(out, "code", evidence->fact ? evidence->fact : evidence->name);
  buffer_add(out, "</td>");
  put_found(out, evidence);
  buffer_add(out, "<td>");
  put_element(out, "code", evidence->expected);
  buffer_add(out, "</td>");
  put_reason(out, evidence);
  put_source(out, evidence->signal ? evidence->signal->source : NULL);
  buffer_add(out, "</tr>\n");
}

static void put_rows(struct buffer *out, const struct evidence_list *list) {
  for (size_t i = 0; i < list->count; i++) put_evidence(out, &list->items[i]);
}

static void put_hypothesis(struct buffer *out, const struct hypothesis *hypothesis, bool open) {
  static const char *const titles[] = {"bits", "fact", "found", "expected", "why", "source", NULL};
  size_t count = hypothesis->evidence.count + hypothesis->contradicted.count + hypothesis->missing.count + hypothesis->unreadable.count;
  if (count == 0) return;
  char number[RENDER_PROBABILITY_BYTES];
  buffer_format(out, "<details%s><summary>", open ? " open" : "");
  put(out, hypothesis->name);
  buffer_format(out, " %s</summary>\n", render_probability(number, hypothesis->probability));
  put_head_row(out, titles);
  put_rows(out, &hypothesis->evidence);
  put_rows(out, &hypothesis->contradicted);
  put_rows(out, &hypothesis->missing);
  put_rows(out, &hypothesis->unreadable);
  buffer_add(out, "</table>\n</details>\n");
}

static void put_layers(struct buffer *out, const struct verdict *verdict) {
  static const char *const titles[] = {"layer", "answer", "probability", "rests on", "second", "probability", NULL};
  put_head_row(out, titles);
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct verdict_layer *layer = &verdict->layers[k];
    if (layer->count == 0) continue;
    const struct hypothesis *best = layer->hypotheses;
    buffer_add(out, "<tr>");
    put_element(out, "td", layer->layer->id);
    put_element(out, "td", best->name);
    put_probability(out, best->probability);
    put_element(out, "td", layer->rests_on == RESTS_ON_NONE ? "" : fact_forge_words((enum forge_cost)layer->rests_on));
    put_element(out, "td", layer->count > 1 ? best[1].name : "");
    if (layer->count > 1) put_probability(out, best[1].probability);
    buffer_add(out, "</tr>\n");
  }
  buffer_add(out, "</table>\n");
}

static void put_details(struct buffer *out, const struct verdict *verdict) {
  static const char *const titles[] = {"detail", "value", "fact", NULL};
  if (verdict->detail_count == 0) return;
  put_element(out, "h2", "Details");
  put_head_row(out, titles);
  for (size_t i = 0; i < verdict->detail_count; i++) {
    buffer_add(out, "<tr>");
    put_element(out, "td", verdict->details[i].name);
    put_element(out, "td", verdict->details[i].value);
    put_element(out, "td", verdict->details[i].fact);
    buffer_add(out, "</tr>\n");
  }
  buffer_add(out, "</table>\n");
}

static void put_why(struct buffer *out, const struct verdict *verdict, int top) {
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct verdict_layer *layer = &verdict->layers[k];
    put_element(out, "h2", layer->layer->title ? layer->layer->title : layer->layer->id);
    for (size_t i = 0; i < layer->count; i++)
      if (render_is_told(layer, i, top)) put_hypothesis(out, &layer->hypotheses[i], i == 0);
  }
}

static void put_unforgeable(struct buffer *out, const struct verdict *verdict) {
  static const char *const titles[] = {"ignored: what can be forged by", "layer", "answer", "probability", NULL};
  if (verdict->unforgeable_count == 0) return;
  put_element(out, "h2", "If somebody pretends");
  put_head_row(out, titles);
  for (size_t i = 0; i < verdict->unforgeable_count; i++) {
    const struct unforgeable *line = &verdict->unforgeable[i];
    buffer_add(out, "<tr>");
    put_element(out, "td", fact_forge_name(line->ignored));
    put_element(out, "td", line->layer);
    put_element(out, "td", line->id);
    put_probability(out, line->probability);
    buffer_add(out, "</tr>\n");
  }
  buffer_add(out, "</table>\n");
}

static void put_flip(struct buffer *out, const struct flip *flip) {
  char number[RENDER_PROBABILITY_BYTES];
  if (!flip) return;
  put_element(out, "h2", "What the answer hangs on");
  buffer_add(out, "<p>");
  put(out, flip->layer);
  buffer_add(out, flip->count ? ": without " : ": no set of facts was found without which it would be another one");
  for (size_t i = 0; i < flip->count; i++) {
    buffer_add(out, i ? ", " : "");
    put_element(out, "code", flip->facts[i]);
  }
  if (flip->count) buffer_add(out, " it would be ");
  put(out, flip->count ? flip->id : "");
  if (flip->count) buffer_format(out, " %s", render_probability(number, flip->probability));
  if (flip->smallest)
    buffer_format(out, " (every smaller set of the %zu known facts was tried)", flip->among);
  else
    buffer_format(out, " (of the %zu known facts every set of up to %zu was tried)", flip->among, flip->tried);
  buffer_add(out, "</p>\n");
}

static void put_next(struct buffer *out, const struct verdict *verdict) {
  static const char *const titles[] = {"bits", "fact", "how", "needs", NULL};
  if (verdict->next_count == 0) return;
  put_element(out, "h2", "What would tell more");
  put_head_row(out, titles);
  for (size_t i = 0; i < verdict->next_count; i++) {
    const struct next_fact *next = &verdict->next[i];
    buffer_add(out, "<tr>");
    put_number(out, "td class=bits", next->bits, 2);
    put_element(out, "td", next->fact);
    buffer_add(out, next->partly ? "<td>the rest of it: " : "<td>");
    put(out, next->how);
    buffer_add(out, "</td>");
    put_element(out, "td", fact_privilege_name(next->privilege));
    buffer_add(out, "</tr>\n");
  }
  buffer_add(out, "</table>\n");
}

static void put_conflicts(struct buffer *out, const struct verdict *verdict) {
  if (verdict->conflict_count == 0) return;
  put_element(out, "h2", "Conflicts");
  buffer_add(out, "<ul>\n");
  for (size_t i = 0; i < verdict->conflict_count; i++) {
    buffer_add(out, "<li>");
    put(out, verdict->conflicts[i].layer);
    buffer_add(out, ": ");
    put(out, verdict->conflicts[i].text);
    buffer_add(out, "</li>\n");
  }
  buffer_add(out, "</ul>\n");
}

static void put_unreadable(struct buffer *out, const struct verdict *verdict) {
  if (verdict->unreadable_count == 0) return;
  put_element(out, "h2", "Could not be read");
  buffer_add(out, "<ul>\n");
  for (size_t i = 0; i < verdict->unreadable_count; i++) {
    put_element(out, "li", verdict->unreadable[i]);
    buffer_add(out, "\n");
  }
  buffer_add(out, "</ul>\n");
}

/* How far what was refused could have moved the answers. */
static void put_refused(struct buffer *out, const struct verdict *verdict) {
  static const char *const titles[] = {"not readable", "layer", "answer", "lowest", "highest", "could have been", "probability", NULL};
  size_t rows = 0;
  for (size_t i = 0; i < verdict->refused_count; i++) rows += verdict->refused[i].layer_count;
  if (rows) put_head_row(out, titles);
  for (size_t i = 0; i < verdict->refused_count; i++)
    for (size_t k = 0; k < verdict->refused[i].layer_count; k++) {
      const struct refused_layer *layer = &verdict->refused[i].layers[k];
      buffer_add(out, "<tr>");
      put_element(out, "td", verdict->refused[i].what ? verdict->refused[i].what : "all together");
      put_element(out, "td", layer->layer);
      put_element(out, "td", layer->id);
      put_probability(out, layer->low);
      put_probability(out, layer->high);
      put_element(out, "td", layer->other ? layer->other : "nothing else");
      if (layer->other) put_probability(out, layer->other_probability);
      buffer_add(out, "</tr>\n");
    }
  if (rows) buffer_add(out, "</table>\n");
}

int render_html(const struct verdict *verdict, struct render_options options, struct buffer *out) {
  assert(verdict && out);
  buffer_add(out, head);
  put(out, verdict->report_id);
  buffer_add(out, style);
  put_element(out, "h1", verdict->summary);
  buffer_add(out, "<p class=faint>Report ");
  put_element(out, "code", verdict->report_id);
  buffer_add(out, ", evidence DB ");
  put_element(out, "code", verdict->base->sha256);
  buffer_add(out, "</p>\n");
  put_layers(out, verdict);
  put_details(out, verdict);
  put_conflicts(out, verdict);
  put_why(out, verdict, options.top > 0 ? options.top : 3);
  put_unforgeable(out, verdict);
  put_flip(out, verdict->flip);
  put_next(out, verdict);
  put_unreadable(out, verdict);
  put_refused(out, verdict);
  buffer_add(out, "</body>\n</html>\n");
  return out->failed ? STATUS_MEMORY : 0;
}
