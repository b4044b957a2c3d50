/* See render.h: CSV. */
#include <assert.h>
#include <string.h>

#include "../engine/status.h"
#include "json.h"
#include "render.h"
#include "text.h"

#define MEMO_LINES 64 /* of each layer; a power of two */
#define MEMO_BYTES 168

/* What stands behind the report's name in a line follows from these alone. */
struct line_key {
  const char *best, *second;
  double probability, log_odds, second_probability;
};

struct memo_line {
  struct line_key key;
  size_t length; /* 0: empty */
  char text[MEMO_BYTES];
};

struct render_memo {
  size_t layers;
  struct memo_line lines[];
};

struct render_memo *render_memo_new(size_t layers) {
  struct render_memo *memo = mem_new(sizeof *memo + layers * MEMO_LINES * sizeof memo->lines[0]);
  if (memo) memo->layers = layers;
  return memo;
}

void render_memo_free(struct render_memo *memo) { mem_free(memo); }

int render_csv_header(struct buffer *out) {
  assert(out);
  return buffer_add(out, "report,layer,id,name,probability,log_odds,second_id,second_probability\n") ? STATUS_MEMORY : 0;
}

static void put_field(struct buffer *out, const char *text) {
  text_csv(out, text);
  buffer_append(out, ",", 1);
}

static void put_number(struct buffer *out, const char *number, const char *behind) {
  buffer_add(out, number);
  buffer_add(out, behind);
}

static void put_answers(struct buffer *out, const struct verdict_layer *layer) {
  char number[JSON_NUMBER_BYTES];
  const struct hypothesis *best = &layer->hypotheses[0], *second = layer->count > 1 ? best + 1 : NULL;
  put_field(out, layer->layer->id);
  put_field(out, best->id);
  put_field(out, best->name);
  put_number(out, render_probability_exact(number, best->probability), ",");
  put_number(out, json_fixed(number, best->log_odds, 3), ",");
  put_field(out, second ? second->id : "");
  put_number(out, second ? render_probability_exact(number, second->probability) : "", "\n");
}

static struct line_key key_of(const struct verdict_layer *layer) {
  const struct hypothesis *best = &layer->hypotheses[0], *second = layer->count > 1 ? best + 1 : NULL;
  return (struct line_key){.best = best->id,
                           .second = second ? second->id : NULL,
                           .probability = best->probability,
                           .log_odds = best->log_odds,
                           .second_probability = second ? second->probability : 0};
}

static size_t slot_of(const struct line_key *key) {
  uint64_t bits, more;
  memcpy(&bits, &key->probability, sizeof bits);
  memcpy(&more, &key->second_probability, sizeof more);
  bits = (bits ^ more << 1 ^ (uintptr_t)key->best) * 0x9E3779B97F4A7C15u;
  return bits >> 58;
}

/* Streams say the same of a layer again and again: the figures are put in words once. */
static void put_remembered(struct buffer *out, const struct verdict_layer *layer, struct memo_line *lines) {
  static_assert(MEMO_LINES == 64, "slot_of takes six bits");
  struct line_key key = key_of(layer);
  struct memo_line *line = &lines[slot_of(&key)];
  if (line->length && memcmp(&line->key, &key, sizeof key) == 0) {
    buffer_append(out, line->text, line->length);
    return;
  }
  size_t start = out->length;
  put_answers(out, layer);
  size_t length = out->length - start;
  if (out->failed || length > MEMO_BYTES) return;
  line->key = key;
  line->length = length;
  memcpy(line->text, out->text + start, length);
}

int render_csv(const struct verdict *verdict, struct render_options options, struct buffer *out) {
  assert(verdict && out && (!options.memo || options.memo->layers >= verdict->layer_count));
  struct buffer name = {0};
  put_field(&name, verdict->report_id ? verdict->report_id : "");
  for (size_t k = 0; k < verdict->layer_count && !name.failed; k++) {
    if (!verdict->layers[k].count) continue;
    buffer_append(out, name.text, name.length);
    if (options.memo)
      put_remembered(out, &verdict->layers[k], &options.memo->lines[k * MEMO_LINES]);
    else
      put_answers(out, &verdict->layers[k]);
  }
  bool failed = out->failed || name.failed;
  buffer_free(&name);
  return failed ? STATUS_MEMORY : 0;
}
