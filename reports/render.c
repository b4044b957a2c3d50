/* See render.h: what programs read, and what all views share. */
#include "render.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "json.h"
#include "text.h"

#include "../engine/status.h"

const char *render_probability(char text[RENDER_PROBABILITY_BYTES], double probability) {
  static_assert(JSON_NUMBER_BYTES <= RENDER_PROBABILITY_BYTES, "a number must fit");
  return probability > 0 && probability < 0.0001 ? "under 0.0001" : json_fixed(text, fmin(probability, 0.9999), 4);
}

const char *render_probability_exact(char text[RENDER_PROBABILITY_BYTES], double probability) {
  return json_probability(text, fmin(probability, 0.999999));
}

bool render_is_told(const struct verdict_layer *layer, size_t index, int top) {
  assert(index < layer->count);
  return top <= 0 || index < (size_t)top || !layer->hypotheses[index].thing;
}

bool render_is_known(const struct verdict_layer *layer) {
  return layer->count && layer->hypotheses[0].thing && strcmp(layer->hypotheses[0].id, "none") != 0;
}

const struct verdict_layer *render_subject(const struct verdict *verdict) {
  for (size_t i = 0; i < verdict->layer_count; i++)
    if (render_is_known(&verdict->layers[i])) return &verdict->layers[i];
  return NULL;
}

int render_age(const struct evidence *evidence, struct buffer *out) {
  char left[JSON_NUMBER_BYTES], fresh[JSON_NUMBER_BYTES];
  if (evidence->aged_days <= 0) return out->failed;
  return buffer_format(out, "%s of %s bits, source %ld day%s older than the report", json_fixed(left, evidence->bits, 1),
                       json_fixed(fresh, evidence->fresh_bits, 1), evidence->aged_days, evidence->aged_days == 1 ? "" : "s");
}

const struct hypothesis *render_versus(const struct verdict *verdict, const char *versus, const struct verdict_layer **layer) {
  assert(verdict && versus && layer);
  const char *slash = strchr(versus, '/'), *id = slash ? slash + 1 : versus;
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct verdict_layer *at = &verdict->layers[k];
    const char *name = at->layer->id;
    if (slash && (strlen(name) != (size_t)(slash - versus) || strncmp(name, versus, strlen(name)) != 0)) continue;
    for (size_t i = 0; i < at->count; i++) {
      if (strcmp(at->hypotheses[i].id, id) != 0) continue;
      *layer = at;
      return &at->hypotheses[i];
    }
  }
  return NULL;
}

static void put_bits(struct json_writer *writer, const char *key, double bits) {
  char number[JSON_NUMBER_BYTES];
  json_key(writer, key);
  json_put_raw(writer, json_fixed(number, bits, 3));
}

static void put_probability(struct json_writer *writer, double probability) {
  char number[JSON_NUMBER_BYTES];
  json_key(writer, "probability");
  json_put_raw(writer, render_probability_exact(number, probability));
}

static void put_source(struct json_writer *writer, const struct rule_source *source) {
  json_key(writer, "source");
  if (!source) {
    json_put_raw(writer, "null");
    return;
  }
  json_open(writer, '{');
  json_pair(writer, "title", source->title);
  json_pair(writer, "url", source->url);
  json_pair(writer, "observed", source->observed);
  json_close(writer, '}');
}

static void put_age(struct json_writer *writer, const struct evidence *evidence) {
  json_key(writer, "aged");
  json_open(writer, '{');
  put_bits(writer, "fresh_bits", evidence->fresh_bits);
  json_key(writer, "days");
  json_put_integer(writer, evidence->aged_days);
  json_close(writer, '}');
}

void render_put_evidence(struct json_writer *writer, const struct evidence *evidence) {
  const struct rule_signal *signal = evidence->signal;
  json_open(writer, '{');
  json_pair(writer, "signal", evidence->name);
  json_pair(writer, "fact", evidence->fact);
  json_pair(writer, "value", evidence->value);
  put_bits(writer, "bits", evidence->bits);
  json_pair(writer, "truth", truth_name(evidence->truth));
  put_source(writer, signal ? signal->source : NULL);
  json_pair(writer, "why", signal ? signal->why : NULL);
  json_pair(writer, "expected", evidence->expected);
  if (evidence->reason) json_pair(writer, "reason", evidence->reason);
  if (evidence->aged_days > 0) put_age(writer, evidence);
  json_close(writer, '}');
}

static void put_list(struct json_writer *writer, const char *key, const struct evidence_list *list) {
  json_key(writer, key);
  json_open(writer, '[');
  for (size_t i = 0; i < list->count; i++) render_put_evidence(writer, &list->items[i]);
  json_close(writer, ']');
}

static void put_hypothesis(struct json_writer *writer, const struct hypothesis *hypothesis) {
  json_open(writer, '{');
  json_pair(writer, "id", hypothesis->id);
  json_pair(writer, "name", hypothesis->name);
  json_pair(writer, "kind_of", hypothesis->kind_of);
  put_probability(writer, hypothesis->probability);
  put_bits(writer, "log_odds", hypothesis->log_odds);
  put_bits(writer, "prior", hypothesis->prior_bits);
  put_bits(writer, "stack", hypothesis->stack_bits);
  put_list(writer, "evidence", &hypothesis->evidence);
  put_list(writer, "missing", &hypothesis->missing);
  put_list(writer, "contradicted", &hypothesis->contradicted);
  put_list(writer, "unreadable", &hypothesis->unreadable);
  json_close(writer, '}');
}

static void put_layers(struct json_writer *writer, const struct verdict *verdict, int top) {
  json_key(writer, "layers");
  json_open(writer, '{');
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct verdict_layer *layer = &verdict->layers[k];
    json_key(writer, layer->layer->id);
    json_open(writer, '[');
    for (size_t i = 0; i < layer->count; i++)
      if (render_is_told(layer, i, top)) put_hypothesis(writer, &layer->hypotheses[i]);
    json_close(writer, ']');
  }
  json_close(writer, '}');
}

/* Several layers may extract a detail of one name: the first layer's is told. */
static bool is_first_detail(const struct verdict *verdict, size_t index) {
  for (size_t i = 0; i < index; i++)
    if (strcmp(verdict->details[i].name, verdict->details[index].name) == 0) return false;
  return true;
}

static void put_details(struct json_writer *writer, const struct verdict *verdict) {
  json_key(writer, "details");
  json_open(writer, '{');
  for (size_t i = 0; i < verdict->detail_count; i++) {
    if (!is_first_detail(verdict, i)) continue;
    json_key(writer, verdict->details[i].name);
    json_open(writer, '{');
    json_pair(writer, "value", verdict->details[i].value);
    json_pair(writer, "fact", verdict->details[i].fact);
    json_close(writer, '}');
  }
  json_close(writer, '}');
}

static void put_conflicts(struct json_writer *writer, const struct verdict *verdict) {
  json_key(writer, "conflicts");
  json_open(writer, '[');
  for (size_t i = 0; i < verdict->conflict_count; i++) {
    const struct conflict *conflict = &verdict->conflicts[i];
    json_open(writer, '{');
    json_pair(writer, "layer", conflict->layer);
    json_pair(writer, "text", conflict->text);
    json_key(writer, "one");
    render_put_evidence(writer, &conflict->one);
    json_key(writer, "other");
    render_put_evidence(writer, &conflict->other);
    json_close(writer, '}');
  }
  json_close(writer, ']');
}

static void put_unforgeable(struct json_writer *writer, const struct verdict *verdict) {
  json_key(writer, "unforgeable");
  json_open(writer, '[');
  for (size_t i = 0; i < verdict->unforgeable_count; i++) {
    const struct unforgeable *line = &verdict->unforgeable[i];
    json_open(writer, '{');
    json_pair(writer, "ignored", fact_forge_name(line->ignored));
    json_pair(writer, "layer", line->layer);
    json_pair(writer, "id", line->id);
    put_probability(writer, line->probability);
    json_close(writer, '}');
  }
  json_close(writer, ']');
}

/* Whose word each answer is; null where no level is enough to take it away. */
static void put_rests_on(struct json_writer *writer, const struct verdict *verdict) {
  json_key(writer, "rests_on");
  json_open(writer, '{');
  for (size_t k = 0; k < verdict->layer_count; k++) {
    int level = verdict->layers[k].rests_on;
    json_pair(writer, verdict->layers[k].layer->id, level == RESTS_ON_NONE ? NULL : fact_forge_name((enum forge_cost)level));
  }
  json_close(writer, '}');
}

/* Only where it was asked for. */
static void put_flip(struct json_writer *writer, const struct flip *flip) {
  if (!flip) return;
  json_key(writer, "flip");
  json_open(writer, '{');
  json_pair(writer, "layer", flip->layer);
  json_key(writer, "facts");
  json_open(writer, '[');
  for (size_t i = 0; i < flip->count; i++) json_put_text(writer, flip->facts[i]);
  json_close(writer, ']');
  if (flip->count) json_pair(writer, "id", flip->id);
  if (flip->count) put_probability(writer, flip->probability);
  json_key(writer, "smallest");
  json_put_boolean(writer, flip->smallest);
  json_key(writer, "tried");
  json_put_integer(writer, (int64_t)flip->tried);
  json_key(writer, "among");
  json_put_integer(writer, (int64_t)flip->among);
  json_close(writer, '}');
}

static void put_next(struct json_writer *writer, const struct verdict *verdict) {
  json_key(writer, "next");
  json_open(writer, '[');
  for (size_t i = 0; i < verdict->next_count; i++) {
    const struct next_fact *next = &verdict->next[i];
    json_open(writer, '{');
    json_pair(writer, "fact", next->fact);
    put_bits(writer, "bits", next->bits);
    json_pair(writer, "how", next->how);
    json_pair(writer, "privilege", fact_privilege_name(next->privilege));
    json_key(writer, "partly");
    json_put_boolean(writer, next->partly);
    json_close(writer, '}');
  }
  json_close(writer, ']');
}

static void put_refused_layer(struct json_writer *writer, const struct refused_layer *layer) {
  char number[JSON_NUMBER_BYTES];
  json_open(writer, '{');
  json_pair(writer, "layer", layer->layer);
  json_pair(writer, "id", layer->id);
  json_key(writer, "low");
  json_put_raw(writer, render_probability_exact(number, layer->low));
  json_key(writer, "high");
  json_put_raw(writer, render_probability_exact(number, layer->high));
  json_pair(writer, "other", layer->other);
  if (layer->other) {
    json_key(writer, "other_probability");
    json_put_raw(writer, render_probability_exact(number, layer->other_probability));
  }
  json_close(writer, '}');
}

/* Only where it was asked for. */
static void put_refused(struct json_writer *writer, const struct verdict *verdict) {
  if (!verdict->refused) return;
  json_key(writer, "refused");
  json_open(writer, '[');
  for (size_t i = 0; i < verdict->refused_count; i++) {
    const struct refused *refused = &verdict->refused[i];
    json_open(writer, '{');
    json_pair(writer, "fact", refused->what);
    json_pair(writer, "reason", refused->reason);
    json_key(writer, "layers");
    json_open(writer, '[');
    for (size_t k = 0; k < refused->layer_count; k++) put_refused_layer(writer, &refused->layers[k]);
    json_close(writer, ']');
    json_close(writer, '}');
  }
  json_close(writer, ']');
}

int render_json(const struct verdict *verdict, struct render_options options, struct buffer *out) {
  assert(verdict && out);
  struct json_writer writer = {.out = out, .pretty = !options.one_line};
  json_open(&writer, '{');
  json_pair(&writer, "schema", VERDICT_SCHEMA);
  json_pair(&writer, "report", verdict->report_id);
  json_key(&writer, "db");
  json_open(&writer, '{');
  json_pair(&writer, "sha256", verdict->base->sha256);
  json_pair(&writer, "version", verdict->base->version);
  json_close(&writer, '}');
  json_pair(&writer, "summary", verdict->summary);
  put_layers(&writer, verdict, options.top);
  put_details(&writer, verdict);
  put_conflicts(&writer, verdict);
  put_unforgeable(&writer, verdict);
  put_rests_on(&writer, verdict);
  put_flip(&writer, verdict->flip);
  put_next(&writer, verdict);
  json_key(&writer, "unreadable");
  json_open(&writer, '[');
  for (size_t i = 0; i < verdict->unreadable_count; i++) json_put_text(&writer, verdict->unreadable[i]);
  json_close(&writer, ']');
  put_refused(&writer, verdict);
  json_close(&writer, '}');
  buffer_append(out, "\n", 1);
  return out->failed ? STATUS_MEMORY : 0;
}
