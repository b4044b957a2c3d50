/* See render_forgery.h. */
#include "render_forgery.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "render.h"
#include "text.h"

#include "../engine/status.h"

#define OBSTACLES 6 /* told at most */

/* --- what is in the way --- */

struct obstacle {
  const struct evidence *evidence;
  const struct hypothesis *of;
};

struct obstacles {
  struct obstacle items[64];
  size_t count;
};

static void add_obstacles(struct obstacles *obstacles, const struct hypothesis *of, const struct evidence_list *list, int sign) {
  for (size_t i = 0; i < list->count && obstacles->count < sizeof obstacles->items / sizeof *obstacles->items; i++)
    if (sign * list->items[i].bits > 0) obstacles->items[obstacles->count++] = (struct obstacle){&list->items[i], of};
}

static int compare_obstacles(const void *left, const void *right) {
  const struct obstacle *a = left, *b = right;
  double x = fabs(a->evidence->bits), y = fabs(b->evidence->bits);
  return x != y ? (x > y ? -1 : 1) : strcmp(a->evidence->name, b->evidence->name);
}

static bool is_promised(const struct verdict *verdict, const struct rule_thing *claim, const char *layer, const struct rule_thing *thing) {
  bool asked = false;
  for (size_t i = 0; i < claim->stack_count; i++) {
    if (strcmp(claim->stack[i].layer, layer) != 0) continue;
    const struct rule_thing *named = rule_base_find(verdict->base, layer, claim->stack[i].id);
    asked = true;
    if (named && (rule_is_kind(thing, named) || rule_is_kind(named, thing))) return true;
  }
  return !asked;
}

/* What speaks against the claim, for another answer of its layer, and for answers below that its stack does not promise. */
static void find_obstacles(const struct verdict *verdict, const struct rule_thing *claim, struct obstacles *out) {
  const struct hypothesis *own = verdict_find(verdict, claim->layer, claim->id);
  *out = (struct obstacles){.count = 0};
  add_obstacles(out, own, &own->contradicted, -1);
  add_obstacles(out, own, &own->evidence, -1);
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct hypothesis *best = &verdict->layers[k].hypotheses[0];
    const char *layer = verdict->layers[k].layer->id;
    bool same = strcmp(layer, claim->layer) == 0;
    bool kin = same ? rule_is_kind(best->thing, claim) || rule_is_kind(claim, best->thing) : is_promised(verdict, claim, layer, best->thing);
    if (best->thing && !kin) add_obstacles(out, best, &best->evidence, 1);
  }
  if (out->count) qsort(out->items, out->count, sizeof *out->items, compare_obstacles);
  if (out->count > OBSTACLES) out->count = OBSTACLES;
}

/* Who controls the fact that a piece of evidence was decided by; NULL for none. */
static const char *level_of(const struct rule_base *base, const struct evidence *evidence) {
  const char *key;
  size_t fact = evidence->fact ? fact_find(base->catalog, evidence->fact, strlen(evidence->fact)) : FACT_NONE;
  if (fact == FACT_NONE && evidence->fact) fact = fact_find_member(base->catalog, evidence->fact, &key);
  return fact == FACT_NONE ? NULL : fact_forge_name(base->catalog->defs[fact].forge);
}

/* --- text --- */

static void put_number(struct buffer *out, double probability) {
  char number[JSON_NUMBER_BYTES];
  if (probability > 0 && probability < 0.0001)
    buffer_add(out, "under 0.0001");
  else
    buffer_add(out, json_fixed(number, fmin(probability, 0.9999), 4));
}

/* True where an earlier change has told of the signal. */
static bool is_told(const struct forgery *forgery, size_t change, const char *signal) {
  for (size_t c = 0; c < change; c++)
    for (size_t i = 0; i < forgery->changes[c].effect_count; i++)
      if (strcmp(forgery->changes[c].effects[i].signal, signal) == 0) return true;
  return false;
}

static void put_effects(struct buffer *out, const struct forgery *forgery, size_t number) {
  const struct forge_change *change = &forgery->changes[number];
  char bits[JSON_NUMBER_BYTES];
  for (size_t i = 0; i < change->effect_count; i++) {
    const struct forge_effect *effect = &change->effects[i];
    bool told = is_told(forgery, number, effect->signal);
    if (effect->bits == 0) continue;
    buffer_format(out, "      %s%s bits  %s, now %s", effect->bits > 0 ? "+" : "", json_fixed(bits, effect->bits, 1), effect->signal,
                  truth_name(effect->truth));
    buffer_add(out, told ? ", as above" : ": ");
    text_plain(out, told || !effect->expected ? "" : effect->expected);
    buffer_append(out, "\n", 1);
  }
}

static void put_change(struct buffer *out, const struct forgery *forgery, size_t number) {
  const struct forge_change *change = &forgery->changes[number];
  buffer_format(out, "  %-7s ", fact_forge_name(change->cost));
  buffer_add(out, change->adds ? "add to" : forge_action_name(change->action));
  buffer_append(out, " ", 1);
  text_plain(out, change->fact);
  if (change->value) {
    buffer_add(out, change->adds ? ": " : " = ");
    text_plain(out, change->value);
  }
  buffer_append(out, "\n", 1);
  put_effects(out, forgery, number);
}

static void put_obstacles(struct buffer *out, const struct forgery_page *page) {
  struct obstacles obstacles;
  char number[JSON_NUMBER_BYTES];
  find_obstacles(page->then, page->forgery->claim, &obstacles);
  buffer_add(out, obstacles.count ? "still in the way:\n" : "nothing is in the way, but too little speaks for it\n");
  for (size_t i = 0; i < obstacles.count; i++) {
    const struct evidence *evidence = obstacles.items[i].evidence;
    const char *level = level_of(page->then->base, evidence);
    buffer_format(out, "  %-7s ", level ? level : "");
    text_plain(out, evidence->fact ? evidence->fact : evidence->name);
    buffer_add(out, evidence->value ? " = " : " is absent");
    text_plain(out, evidence->value ? evidence->value : "");
    buffer_format(out, ": %s bits for ", json_fixed(number, evidence->bits, 1));
    text_plain(out, obstacles.items[i].of->name);
    buffer_append(out, "\n", 1);
  }
}

/* Who could do it, and what the claim's probability would be. */
static void put_finding(struct buffer *out, const struct forgery_page *page) {
  static const char *const doers[FORGE_COSTS] = {
      [FORGE_TENANT] = "any tenant can do",
      [FORGE_ROOT] = "root can do",
      [FORGE_IMAGE] = "the maker of the image can do",
      [FORGE_VMM] = "the machine monitor can do",
      [FORGE_NETWORK] = "takes the network too",
  };
  const struct forgery *forgery = page->forgery;
  size_t count = forgery->change_count;
  if (forgery->possible && forgery->level == RESTS_ON_NONE) {
    buffer_add(out, " passes as it is, with probability ");
  } else if (forgery->possible) {
    buffer_format(out, " passes when %zu %s forged, which %s: from probability ", count, count == 1 ? "fact is" : "facts are", doers[forgery->level]);
    put_number(out, forgery->before);
    buffer_add(out, " to ");
  } else {
    buffer_add(out, " does not pass: nothing was found ");
    buffer_format(out, "%s%s; at best it comes to ", page->most == FORGE_NETWORK ? "that makes it" : "that ",
                  page->most == FORGE_NETWORK ? "" : doers[page->most]);
  }
  put_number(out, forgery->after);
  buffer_append(out, "\n", 1);
}

static void put_forgery(struct buffer *out, const struct forgery_page *page) {
  const struct forgery *forgery = page->forgery;
  const struct hypothesis *best = verdict_best(page->then, forgery->claim->layer);
  buffer_format(out, "%s/%s", forgery->claim->layer, forgery->claim->id);
  put_finding(out, page);
  if (forgery->possible)
    for (size_t i = 0; i < forgery->change_count; i++) put_change(out, forgery, i);
  else
    put_obstacles(out, page);
  if (forgery->level == RESTS_ON_NONE && forgery->possible) return;
  buffer_format(out, "the answer is then %s (", best->id);
  put_number(out, best->probability);
  if (forgery->possible)
    buffer_add(out, forgery->exact ? "); everything cheaper was tried\n" : "); not everything was tried: there may be something cheaper\n");
  else
    buffer_add(out, forgery->exact ? "); everything was tried\n" : "); not everything was tried\n");
}

int render_forgery_text(const struct forgery_page *page, struct buffer *out) {
  assert(page && page->forgery && page->then && out);
  put_forgery(out, page);
  return out->failed ? STATUS_MEMORY : 0;
}

/* --- JSON --- */

static void pair_number(struct json_writer *writer, const char *key, double number, bool bits) {
  char text[JSON_NUMBER_BYTES];
  json_key(writer, key);
  json_put_raw(writer, bits ? json_fixed(text, number, 3) : json_probability(text, number));
}

static void pair_boolean(struct json_writer *writer, const char *key, bool value) {
  json_key(writer, key);
  json_put_boolean(writer, value);
}

static void pair_level(struct json_writer *writer, const char *key, int level) {
  json_pair(writer, key, level == RESTS_ON_NONE ? NULL : fact_forge_name((enum forge_cost)level));
}

static void pair_best(struct json_writer *writer, const char *key, const struct hypothesis *best) {
  json_key(writer, key);
  json_open(writer, '{');
  json_pair(writer, "id", best->id);
  json_pair(writer, "name", best->name);
  pair_number(writer, "probability", best->probability, false);
  json_close(writer, '}');
}

static void put_json_effect(struct json_writer *writer, const struct forge_effect *effect) {
  json_open(writer, '{');
  json_pair(writer, "signal", effect->signal);
  json_pair(writer, "expected", effect->expected);
  json_pair(writer, "truth", truth_name(effect->truth));
  pair_number(writer, "bits", effect->bits, true);
  json_close(writer, '}');
}

static void put_json_change(struct json_writer *writer, const struct forge_change *change) {
  json_open(writer, '{');
  json_pair(writer, "fact", change->fact);
  json_pair(writer, "level", fact_forge_name(change->cost));
  json_pair(writer, "action", change->adds ? "add" : forge_action_name(change->action));
  json_pair(writer, "value", change->value);
  json_key(writer, "effects");
  json_open(writer, '[');
  for (size_t i = 0; i < change->effect_count; i++) put_json_effect(writer, &change->effects[i]);
  json_close(writer, ']');
  json_close(writer, '}');
}

static void put_json_obstacles(struct json_writer *writer, const struct forgery_page *page) {
  struct obstacles obstacles = {.count = 0};
  if (!page->forgery->possible) find_obstacles(page->then, page->forgery->claim, &obstacles);
  json_key(writer, "obstacles");
  json_open(writer, '[');
  for (size_t i = 0; i < obstacles.count; i++) {
    const struct evidence *evidence = obstacles.items[i].evidence;
    json_open(writer, '{');
    json_pair(writer, "signal", evidence->name);
    json_pair(writer, "fact", evidence->fact);
    json_pair(writer, "level", level_of(page->then->base, evidence));
    json_pair(writer, "value", evidence->value);
    json_pair(writer, "expected", evidence->expected);
    pair_number(writer, "bits", evidence->bits, true);
    json_close(writer, '}');
  }
  json_close(writer, ']');
}

static void put_json_forgery(struct json_writer *writer, const struct forgery_page *page) {
  const struct forgery *forgery = page->forgery;
  json_pair(writer, "asked", fact_forge_name(page->most));
  pair_boolean(writer, "possible", forgery->possible);
  pair_level(writer, "level", forgery->level);
  pair_boolean(writer, "exact", forgery->exact);
  json_key(writer, "tried");
  json_put_integer(writer, (int64_t)forgery->tried);
  pair_number(writer, "before", forgery->before, false);
  pair_number(writer, "after", forgery->after, false);
  pair_best(writer, "answer", verdict_best(page->then, forgery->claim->layer));
  json_key(writer, "changes");
  json_open(writer, '[');
  for (size_t i = 0; forgery->possible && i < forgery->change_count; i++) put_json_change(writer, &forgery->changes[i]);
  json_close(writer, ']');
  put_json_obstacles(writer, page);
}

static void open_document(struct json_writer *writer, const char *schema, const char *report, const struct rule_base *base, const char *layer,
                          const char *id, const char *name) {
  json_open(writer, '{');
  json_pair(writer, "schema", schema);
  json_pair(writer, "report", report);
  json_key(writer, "db");
  json_open(writer, '{');
  json_pair(writer, "sha256", base->sha256);
  json_pair(writer, "version", base->version);
  json_close(writer, '}');
  json_key(writer, "claim");
  json_open(writer, '{');
  json_pair(writer, "layer", layer);
  json_pair(writer, "id", id);
  json_pair(writer, "name", name);
  json_close(writer, '}');
}

static int close_document(struct json_writer *writer) {
  json_close(writer, '}');
  buffer_append(writer->out, "\n", 1);
  return writer->out->failed ? STATUS_MEMORY : 0;
}

int render_forgery_json(const struct forgery_page *page, struct buffer *out) {
  assert(page && page->forgery && page->then && out);
  const struct rule_thing *claim = page->forgery->claim;
  struct json_writer writer = {.out = out, .pretty = true};
  open_document(&writer, FORGERY_SCHEMA, page->report_id, page->then->base, claim->layer, claim->id, claim->name);
  put_json_forgery(&writer, page);
  return close_document(&writer);
}

/* --- claims --- */

static void put_list(struct buffer *out, const char *title, const struct evidence_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    const struct evidence *evidence = &list->items[i];
    if (evidence->bits == 0) continue;
    buffer_format(out, "  %s: expected ", title);
    text_plain(out, evidence->expected ? evidence->expected : "");
    buffer_add(out, "; found ");
    text_plain(out, evidence->fact ? evidence->fact : "nothing");
    buffer_add(out, " = ");
    text_plain(out, evidence->value ? evidence->value : "absent");
    buffer_format(out, " (%+.1f bits)\n", evidence->bits);
  }
}

int render_check_text(const struct check_page *page, struct buffer *out) {
  assert(page && page->verdict && page->claim && out);
  const struct hypothesis *best = verdict_best(page->verdict, page->layer);
  buffer_format(out, "%s: %s %s has probability %.3f; the best answer is %s (%.3f)\n", page->answer, page->layer, page->claim->id, page->probability,
                best->id, best->probability);
  if (page->rests_on != RESTS_ON_NONE)
    buffer_format(out, "  rests on %s: without it the claim has probability %.3f\n", fact_forge_words((enum forge_cost)page->rests_on),
                  page->left[page->rests_on]);
  put_list(out, "for", &page->claim->evidence);
  put_list(out, "against", &page->claim->contradicted);
  bool kind = rule_is_kind(best->thing, page->claim->thing);
  if (best != page->claim) put_list(out, kind ? "for a kind of it" : "for another answer", &best->evidence);
  if (page->forgery.forgery) put_forgery(out, &page->forgery);
  return out->failed ? STATUS_MEMORY : 0;
}

static void put_json_list(struct json_writer *writer, const char *key, const struct evidence_list *list) {
  json_key(writer, key);
  json_open(writer, '[');
  for (size_t i = 0; list && i < list->count; i++)
    if (list->items[i].bits != 0) render_put_evidence(writer, &list->items[i]);
  json_close(writer, ']');
}

static void put_json_left(struct json_writer *writer, const struct check_page *page) {
  json_key(writer, "unforgeable");
  json_open(writer, '[');
  for (int level = FORGE_TENANT; level < FORGE_NETWORK; level++) {
    json_open(writer, '{');
    json_pair(writer, "ignored", fact_forge_name((enum forge_cost)level));
    pair_number(writer, "probability", page->left[level], false);
    json_close(writer, '}');
  }
  json_close(writer, ']');
}

int render_check_json(const struct check_page *page, struct buffer *out) {
  assert(page && page->verdict && page->claim && out);
  const struct hypothesis *best = verdict_best(page->verdict, page->layer);
  struct json_writer writer = {.out = out, .pretty = true};
  open_document(&writer, CHECK_SCHEMA, page->verdict->report_id, page->verdict->base, page->layer, page->claim->id, page->claim->name);
  json_pair(&writer, "answer", page->answer);
  pair_number(&writer, "probability", page->probability, false);
  pair_best(&writer, "best", best);
  pair_level(&writer, "rests_on", page->rests_on);
  put_json_left(&writer, page);
  put_json_list(&writer, "for", &page->claim->evidence);
  put_json_list(&writer, "against", &page->claim->contradicted);
  put_json_list(&writer, "for_best", best == page->claim ? NULL : &best->evidence);
  json_key(&writer, "forgery");
  if (page->forgery.forgery) {
    json_open(&writer, '{');
    put_json_forgery(&writer, &page->forgery);
    json_close(&writer, '}');
  } else {
    json_put_raw(&writer, "null");
  }
  return close_document(&writer);
}
