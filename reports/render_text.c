/* See render.h: text for people, short and long. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "json.h"
#include "render.h"
#include "text.h"

#include "../engine/status.h"

enum tone { TONE_PLAIN, TONE_STRONG, TONE_GOOD, TONE_BAD, TONE_FAINT, TONES };

struct page {
  struct buffer *out;
  bool colour;
};

static void tone(struct page page, enum tone wanted) {
  static const char *const codes[TONES] = {
      [TONE_PLAIN] = "\x1b[0m", [TONE_STRONG] = "\x1b[1m", [TONE_GOOD] = "\x1b[32m", [TONE_BAD] = "\x1b[31m", [TONE_FAINT] = "\x1b[2m",
  };
  if (page.colour) buffer_add(page.out, codes[wanted]);
}

static void put(struct page page, const char *text) { text_plain(page.out, text ? text : ""); }

/* Text of a tone, padded to `width` bytes as printed, and with one blank at least. */
static void put_padded(struct page page, enum tone wanted, const char *text, size_t width) {
  tone(page, wanted);
  size_t before = page.out->length;
  put(page, text);
  size_t used = page.out->length - before;
  tone(page, TONE_PLAIN);
  do {
    buffer_append(page.out, " ", 1);
  } while (++used < width);
}

/* A title above a list, after an empty line. */
static void put_title(struct page page, const char *before, const char *name, const char *after) {
  buffer_append(page.out, "\n", 1);
  tone(page, TONE_STRONG);
  put(page, before);
  put(page, name);
  put(page, after);
  tone(page, TONE_PLAIN);
  buffer_append(page.out, "\n", 1);
}

static void put_probability(struct page page, double probability) {
  char number[RENDER_PROBABILITY_BYTES];
  buffer_add(page.out, render_probability(number, probability));
}

static void put_bits(struct page page, double bits) {
  char number[JSON_NUMBER_BYTES];
  json_fixed(number, bits, 1);
  size_t length = strlen(number) + (bits > 0);
  for (; length < 8; length++) buffer_append(page.out, " ", 1);
  tone(page, bits < 0 ? TONE_BAD : TONE_GOOD);
  buffer_format(page.out, "%s%s bits", bits > 0 ? "+" : "", number);
  tone(page, TONE_PLAIN);
}

#define INDENT "                 "
#define WIDTH ((size_t)118)

/* Words set in lines of WIDTH bytes that begin with INDENT; a longer word stands in a line of its own. */
static void put_paragraph(struct page page, const char *text) {
  size_t used = WIDTH;
  for (const char *word = text + strspn(text, " "); *word; word += strspn(word, " ")) {
    size_t length = strcspn(word, " ");
    bool fits = used + 1 + length < WIDTH;
    buffer_add(page.out, fits ? " " : "\n" INDENT);
    buffer_append(page.out, word, length);
    used = (fits ? used + 1 : sizeof INDENT - 1) + length;
    word += length;
  }
}

/* Why a signal tells what it tells, and who says so. */
static void put_why(struct page page, const struct rule_signal *signal) {
  struct buffer text = {0};
  struct page scratch = {.out = &text};
  put(scratch, signal->why);
  if (signal->source) {
    buffer_add(&text, " [");
    put(scratch, signal->source->title);
    buffer_add(&text, ", ");
    put(scratch, signal->source->observed);
    buffer_add(&text, "]");
  }
  tone(page, TONE_FAINT);
  if (text.failed)
    page.out->failed = text.failed;
  else
    put_paragraph(page, text.text ? text.text : "");
  tone(page, TONE_PLAIN);
  buffer_free(&text);
}

static void put_value(struct page page, const struct evidence *evidence) {
  if (evidence->value) {
    buffer_add(page.out, " = ");
    put(page, evidence->value);
  } else if (evidence->truth == TRUTH_TRUE || evidence->truth == TRUTH_FALSE) {
    buffer_add(page.out, " is absent");
  }
}

static void put_age(struct page page, const struct evidence *evidence) {
  if (evidence->aged_days <= 0) return;
  buffer_add(page.out, "\n" INDENT "aged: ");
  render_age(evidence, page.out);
}

/* What was found, how much it weighs, why, and who says so. */
static void put_found(struct page page, const struct evidence *evidence) {
  put_bits(page, evidence->bits);
  buffer_add(page.out, "    ");
  put(page, evidence->fact ? evidence->fact : evidence->name);
  put_value(page, evidence);
  if (evidence->truth == TRUTH_FALSE && evidence->expected) {
    buffer_add(page.out, "\n" INDENT "expected ");
    put(page, evidence->expected);
  }
  if (evidence->signal) put_why(page, evidence->signal);
  put_age(page, evidence);
  buffer_append(page.out, "\n", 1);
}

/* What was not decided: what would have been expected, and why it could not be told. */
static void put_undecided(struct page page, const struct evidence *evidence) {
  buffer_add(page.out, "    ");
  put(page, evidence->fact ? evidence->fact : evidence->name);
  if (evidence->expected) {
    buffer_add(page.out, ": expected ");
    put(page, evidence->expected);
  }
  if (evidence->reason) {
    buffer_add(page.out, "; ");
    put(page, evidence->reason);
  }
  buffer_append(page.out, "\n", 1);
}

static void put_count_left(struct page page, size_t left) {
  if (left) buffer_format(page.out, "    and %zu more\n", left);
}

/* Evidence of less than this many bits is left to the JSON: a page of trifles hides what decides. */
#define WORTH_A_LINE 0.5

static bool is_wanted(double bits, int sign) { return sign * bits >= WORTH_A_LINE; }

/* Evidence whose bits have the sign that is wanted, at most `most` of it. Returns how much there was. */
static size_t put_weighing(struct page page, const struct evidence_list *list, int sign, size_t most) {
  size_t count = 0;
  for (size_t i = 0; i < list->count; i++) {
    if (!is_wanted(list->items[i].bits, sign)) continue;
    if (count++ < most) put_found(page, &list->items[i]);
  }
  return count;
}

static size_t count_weighing(const struct evidence_list *list, int sign) {
  size_t count = 0;
  for (size_t i = 0; i < list->count; i++) count += is_wanted(list->items[i].bits, sign);
  return count;
}

static void put_for(struct page page, const char *before, const struct hypothesis *hypothesis, const char *after, size_t most) {
  if (count_weighing(&hypothesis->evidence, 1) == 0) return;
  put_title(page, before, hypothesis->name, after);
  size_t count = put_weighing(page, &hypothesis->evidence, 1, most);
  put_count_left(page, count > most ? count - most : 0);
}

static void put_against(struct page page, const char *before, const struct hypothesis *hypothesis, size_t most) {
  if (count_weighing(&hypothesis->evidence, -1) + count_weighing(&hypothesis->contradicted, -1) == 0) return;
  put_title(page, before, hypothesis->name, "");
  size_t count = put_weighing(page, &hypothesis->contradicted, -1, most);
  size_t room = count < most ? most - count : 0;
  count += put_weighing(page, &hypothesis->evidence, -1, room);
  put_count_left(page, count > most ? count - most : 0);
}

static void put_undecided_list(struct page page, const char *title, const struct hypothesis *hypothesis, const struct evidence_list *list,
                               size_t most) {
  if (list->count == 0) return;
  put_title(page, title, hypothesis->name, "");
  for (size_t i = 0; i < list->count && i < most; i++) put_undecided(page, &list->items[i]);
  put_count_left(page, list->count > most ? list->count - most : 0);
}

static void put_layer(struct page page, const struct verdict_layer *layer, int top) {
  if (layer->count == 0) return;
  const struct hypothesis *best = &layer->hypotheses[0];
  put(page, "  ");
  put_padded(page, TONE_FAINT, layer->layer->id, 14);
  put_padded(page, render_is_known(layer) ? TONE_GOOD : TONE_PLAIN, best->name, 30);
  buffer_append(page.out, " ", 1);
  put_probability(page, best->probability);
  bool marked = layer->rests_on != RESTS_ON_NONE;
  if (marked) buffer_format(page.out, "   rests on %s", fact_forge_name((enum forge_cost)layer->rests_on));
  for (size_t i = 1; i < layer->count && (int)i < top; i++) {
    const struct hypothesis *rival = &layer->hypotheses[i];
    if (rival->probability < 0.0005) break;
    buffer_add(page.out, i > 1 ? ", " : marked ? "; else " : "   else ");
    put(page, rival->name);
    buffer_append(page.out, " ", 1);
    put_probability(page, rival->probability);
  }
  buffer_append(page.out, "\n", 1);
}

static void put_head(struct page page, const struct verdict *verdict, int top) {
  tone(page, TONE_STRONG);
  put(page, verdict->summary);
  tone(page, TONE_PLAIN);
  buffer_add(page.out, "\n\n");
  for (size_t k = 0; k < verdict->layer_count; k++) put_layer(page, &verdict->layers[k], top);
  if (verdict->detail_count) put_title(page, "Details", "", "");
  for (size_t i = 0; i < verdict->detail_count; i++) {
    const struct detail *detail = &verdict->details[i];
    buffer_add(page.out, "  ");
    put_padded(page, TONE_FAINT, detail->name, 18);
    put(page, detail->value);
    buffer_add(page.out, "  (");
    put(page, detail->fact);
    buffer_add(page.out, ")\n");
  }
}

/* The title of what remains, and whose word the answer is. */
static void put_rests_on(struct page page, const struct verdict_layer *layer) {
  put_title(page, "If somebody pretends (", layer->layer->id, ")");
  if (layer->rests_on == RESTS_ON_NONE) return;
  buffer_format(page.out, "  %s rests on ", layer->hypotheses[0].name);
  buffer_format(page.out, "%s%s\n", fact_forge_words((enum forge_cost)layer->rests_on),
                layer->rests_on == FORGE_TENANT ? ": it could be pretended" : "");
}

/* What remains of a layer's answer when facts that are cheap to forge are ignored. */
static void put_unforgeable(struct page page, const struct verdict *verdict, const struct verdict_layer *layer) {
  bool titled = false;
  for (size_t i = 0; i < verdict->unforgeable_count; i++) {
    const struct unforgeable *line = &verdict->unforgeable[i];
    if (strcmp(line->layer, layer->layer->id) != 0) continue;
    if (!titled) put_rests_on(page, layer);
    titled = true;
    buffer_add(page.out, "  without ");
    put_padded(page, TONE_PLAIN, fact_forge_words(line->ignored), 35);
    put(page, line->name);
    buffer_append(page.out, " ", 1);
    put_probability(page, line->probability);
    buffer_append(page.out, "\n", 1);
  }
}

static void put_conflicts(struct page page, const struct verdict *verdict) {
  if (verdict->conflict_count) put_title(page, "Conflicts", "", "");
  for (size_t i = 0; i < verdict->conflict_count; i++) {
    buffer_add(page.out, "  ");
    put(page, verdict->conflicts[i].layer);
    buffer_add(page.out, ": ");
    put(page, verdict->conflicts[i].text);
    buffer_append(page.out, "\n", 1);
    put_found(page, &verdict->conflicts[i].one);
    put_found(page, &verdict->conflicts[i].other);
  }
}

/* How far the search for a smaller set went. */
static void put_flip_search(struct page page, const struct flip *flip) {
  if (flip->smallest && flip->count)
    buffer_format(page.out, "  no fewer of the %zu known facts would do\n", flip->among);
  else if (flip->count)
    buffer_format(page.out, "  none of these can be spared, and no %zu of the %zu known facts would do; other sets were not tried\n", flip->tried,
                  flip->among);
}

static void put_flip(struct page page, const struct flip *flip) {
  if (!flip) return;
  put_title(page, "What the answer hangs on (", flip->layer, ")");
  if (flip->count == 0 && flip->smallest)
    buffer_format(page.out, "  no set of the %zu known facts: it would stay without any of them\n", flip->among);
  else if (flip->count == 0)
    buffer_format(page.out, "  no set of up to %zu of the %zu known facts, nor all of them; other sets were not tried\n", flip->tried, flip->among);
  for (size_t i = 0; i < flip->count; i++) {
    buffer_add(page.out, i ? ", " : "  without ");
    put(page, flip->facts[i]);
  }
  if (flip->count == 0) return;
  buffer_add(page.out, " it would be ");
  put(page, flip->id);
  buffer_append(page.out, " ", 1);
  put_probability(page, flip->probability);
  buffer_append(page.out, "\n", 1);
  put_flip_search(page, flip);
}

static void put_next(struct page page, const struct verdict *verdict, size_t most) {
  char number[JSON_NUMBER_BYTES];
  if (verdict->next_count) put_title(page, "What would tell more", "", "");
  for (size_t i = 0; i < verdict->next_count && i < most; i++) {
    const struct next_fact *next = &verdict->next[i];
    buffer_add(page.out, "  ");
    put_padded(page, TONE_PLAIN, next->fact, 26);
    buffer_format(page.out, "%s bits, %s", json_fixed(number, next->bits, 2), next->partly ? "the rest of it: " : "");
    put(page, next->how);
    if (next->privilege != PRIVILEGE_NONE) buffer_format(page.out, " (needs %s)", fact_privilege_name(next->privilege));
    buffer_append(page.out, "\n", 1);
  }
}

static const char *name_of_id(const struct verdict *verdict, const char *layer, const char *id) {
  const struct hypothesis *found = verdict_find(verdict, layer, id);
  return found ? found->name : id;
}

/* How far what was refused could have moved one answer. */
static void put_refused_layer(struct page page, const struct verdict *verdict, const struct refused_layer *layer) {
  buffer_add(page.out, "      ");
  put(page, layer->layer);
  buffer_add(page.out, ": ");
  put(page, name_of_id(verdict, layer->layer, layer->id));
  buffer_add(page.out, " would be between ");
  put_probability(page, layer->low);
  buffer_add(page.out, " and ");
  put_probability(page, layer->high);
  if (layer->other) {
    buffer_add(page.out, "; it could have been ");
    put(page, name_of_id(verdict, layer->layer, layer->other));
    buffer_append(page.out, " ", 1);
    put_probability(page, layer->other_probability);
  } else {
    buffer_add(page.out, "; no other answer was possible");
  }
  buffer_append(page.out, "\n", 1);
}

static void put_refused(struct page page, const struct verdict *verdict, const struct refused *refused) {
  buffer_add(page.out, "  ");
  put(page, refused->what ? refused->what : "all of these together");
  if (refused->reason) buffer_add(page.out, ": ");
  if (refused->reason) put(page, refused->reason);
  buffer_add(page.out, refused->layer_count ? "\n" : "; it could have moved no answer\n");
  for (size_t k = 0; k < refused->layer_count; k++) put_refused_layer(page, verdict, &refused->layers[k]);
}

/* At most so many lines of what could not be read. */
static void put_unreadable(struct page page, const struct verdict *verdict, size_t most) {
  size_t count = verdict->refused ? verdict->refused_count : verdict->unreadable_count;
  if (count) put_title(page, "Could not be read", "", "");
  for (size_t i = 0; i < count && i < most; i++) {
    if (verdict->refused) {
      put_refused(page, verdict, &verdict->refused[i]);
      continue;
    }
    buffer_add(page.out, "  ");
    put(page, verdict->unreadable[i]);
    buffer_append(page.out, "\n", 1);
  }
  put_count_left(page, count > most ? count - most : 0);
}

int render_text(const struct verdict *verdict, struct render_options options, struct buffer *out) {
  assert(verdict && out);
  struct page page = {.out = out, .colour = options.colour};
  const struct verdict_layer *subject = render_subject(verdict);
  put_head(page, verdict, options.top > 0 ? options.top : 2);
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct verdict_layer *layer = &verdict->layers[k];
    if (!render_is_known(layer)) continue;
    put_for(page, "Why ", &layer->hypotheses[0], "", layer == subject ? 4 : 1);
    if (layer == subject) put_against(page, "What speaks against ", &layer->hypotheses[0], 3);
  }
  put_conflicts(page, verdict);
  if (subject) put_unforgeable(page, verdict, subject);
  put_next(page, verdict, 3);
  put_unreadable(page, verdict, 6);
  return out->failed ? STATUS_MEMORY : 0;
}

#define ALL ((size_t)-1)

static void explain_best(struct page page, const struct hypothesis *best) {
  put_for(page, "Why ", best, "", ALL);
  put_against(page, "What speaks against ", best, ALL);
  put_undecided_list(page, "Not looked at, for ", best, &best->missing, ALL);
  put_undecided_list(page, "Could not be read, for ", best, &best->unreadable, ALL);
}

static void explain_rival(struct page page, const struct hypothesis *rival) {
  put_title(page, "Why not ", rival->name, "");
  buffer_add(page.out, "  probability ");
  put_probability(page, rival->probability);
  char number[JSON_NUMBER_BYTES];
  buffer_format(page.out, ", %s bits against unknown\n", json_fixed(number, rival->log_odds, 1));
  put_against(page, "  contradicted: ", rival, ALL);
  put_undecided_list(page, "  not looked at: ", rival, &rival->missing, ALL);
  put_undecided_list(page, "  could not be read: ", rival, &rival->unreadable, ALL);
  put_for(page, "  what speaks for ", rival, " all the same", ALL);
}

/* Rivals beyond `top`, and those that nothing speaks for, would drown the others. */
static void explain_layer(struct page page, const struct verdict_layer *layer, int top) {
  const struct hypothesis *best = &layer->hypotheses[0];
  if (best->thing) explain_best(page, best);
  for (size_t i = 1; i < layer->count && (int)i <= top; i++)
    if (layer->hypotheses[i].thing && (best->thing || count_weighing(&layer->hypotheses[i].evidence, 1))) explain_rival(page, &layer->hypotheses[i]);
}

static void explain_versus(struct page page, const struct verdict *verdict, const char *versus) {
  const struct verdict_layer *layer = NULL;
  const struct hypothesis *rival = render_versus(verdict, versus, &layer);
  if (!rival) {
    put_title(page, "Nothing that could be identified is called ", versus, "");
    return;
  }
  const struct hypothesis *best = &layer->hypotheses[0];
  if (best->thing) explain_best(page, best);
  if (rival != best && rival->thing) explain_rival(page, rival);
  put_unforgeable(page, verdict, layer);
}

int render_explain(const struct verdict *verdict, struct render_options options, struct buffer *out) {
  assert(verdict && out);
  struct page page = {.out = out, .colour = options.colour};
  int top = options.top > 0 ? options.top : 3;
  put_head(page, verdict, top);
  if (options.versus) explain_versus(page, verdict, options.versus);
  for (size_t k = 0; !options.versus && k < verdict->layer_count; k++) {
    const struct verdict_layer *layer = &verdict->layers[k];
    if (layer->count == 0) continue;
    explain_layer(page, layer, top);
    if (render_is_known(layer)) put_unforgeable(page, verdict, layer);
  }
  put_conflicts(page, verdict);
  put_flip(page, verdict->flip);
  put_next(page, verdict, ALL);
  put_unreadable(page, verdict, ALL);
  return out->failed ? STATUS_MEMORY : 0;
}
