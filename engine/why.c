/* See why.h. */
#include "why.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

/* --- values in words --- */

static void add_value(struct buffer *out, const struct value *value);

static void add_items(struct buffer *out, const struct value *value) {
  for (size_t i = 0; i < value->count && out->length <= VERDICT_VALUE_BYTES; i++) {
    if (i) buffer_add(out, ", ");
    if (value->kind == VALUE_MAP) buffer_add(out, value->keys[i]);
    if (value->kind == VALUE_MAP) buffer_add(out, "=");
    add_value(out, &value->items[i]);
  }
}

static void add_value(struct buffer *out, const struct value *value) {
  switch (value->kind) {
  case VALUE_TEXT: buffer_append(out, value->text, value->length); break;
  case VALUE_INTEGER: buffer_format(out, "%lld", (long long)value->integer); break;
  case VALUE_REAL: buffer_format(out, "%g", value->real); break;
  case VALUE_BOOLEAN: buffer_add(out, value->boolean ? "true" : "false"); break;
  case VALUE_LIST:
  case VALUE_MAP: add_items(out, value); break;
  default: buffer_add(out, "absent");
  }
}

const char *why_value(struct arena *arena, const struct value *value) {
  struct buffer buffer = {0};
  if (!value) return NULL;
  if (value->kind == VALUE_TEXT && value->length <= VERDICT_VALUE_BYTES) return arena_text(arena, value->text, value->length);
  buffer_add(&buffer, "");
  add_value(&buffer, value);
  size_t length = buffer.failed ? 0 : buffer.length;
  bool cut = length > VERDICT_VALUE_BYTES;
  if (cut) length = VERDICT_VALUE_BYTES - 3;
  while (cut && length && ((unsigned char)buffer.text[length] & 0xC0) == 0x80) length--;
  if (cut) memcpy(buffer.text + length, "...", 4);
  char *text = buffer.failed ? NULL : arena_text(arena, buffer.text, length + (cut ? 3 : 0));
  buffer_free(&buffer);
  return text;
}

/* The texts one behind the other; `texts` ends with NULL. */
static const char *joined(struct arena *arena, const char *const *texts) {
  size_t length = 0;
  for (size_t i = 0; texts[i]; i++) length += strlen(texts[i]);
  char *whole = arena_take_bare(arena, length + 1), *end = whole;
  if (!whole) return NULL;
  for (size_t i = 0; texts[i]; i++) {
    size_t part = strlen(texts[i]);
    memcpy(end, texts[i], part);
    end += part;
  }
  *end = 0;
  return whole;
}

static const char *fact_words(struct arena *arena, const struct fact_catalog *catalog, const struct eval_trace *trace) {
  if (trace->fact == FACT_NONE) return NULL;
  const char *path = catalog->defs[trace->fact].path;
  return trace->key ? joined(arena, (const char *[]){path, ".", trace->key, NULL}) : path;
}

/* --- evidence --- */

/* What age took from the bits that count; see `remaining` of rank.c, which takes it. */
static void tell_age(const struct rank_input *input, const struct ruling *ruling, struct evidence *evidence) {
  evidence->fresh_bits = evidence->bits;
  if (evidence->bits == 0) return;
  double fresh = rank_weight(&input->base->model, ruling->signal, ruling->truth);
  if (fabs(fresh) <= fabs(evidence->bits)) return;
  evidence->fresh_bits = fresh;
  evidence->aged_days = input->observed_day - rank_day(ruling->signal->source->observed);
}

static struct evidence tell(const struct rank_input *input, const struct ruling *ruling, struct arena *arena) {
  struct evidence evidence = {.thing = ruling->owner, .signal = ruling->signal, .truth = ruling->truth, .bits = ruling->bits};
  evidence.name = joined(arena, (const char *[]){ruling->owner->layer, "/", ruling->owner->id, ".", ruling->signal->id, NULL});
  struct eval_trace trace = rank_trace(input, ruling);
  evidence.fact = fact_words(arena, input->base->catalog, &trace);
  evidence.value = why_value(arena, trace.value);
  evidence.expected = ruling->signal->text;
  tell_age(input, ruling, &evidence);
  evidence.reason = ruling->truth == TRUTH_UNREADABLE ? (trace.reason ? trace.reason : "the value is hidden or too costly to match") : NULL;
  return evidence;
}

static double importance(const struct evidence *evidence) {
  double seen = evidence->signal->seen, elsewhere = evidence->signal->elsewhere;
  if (evidence->truth == TRUTH_TRUE || evidence->truth == TRUTH_FALSE) return fabs(evidence->bits);
  return fabs(log2((seen + 1e-6) / (elsewhere + 1e-6)));
}

static int compare_evidence(const void *left, const void *right) {
  const struct evidence *a = left, *b = right;
  double x = importance(a), y = importance(b);
  return x != y ? (x > y ? -1 : 1) : strcmp(a->name, b->name);
}

enum list { LIST_EVIDENCE, LIST_CONTRADICTED, LIST_MISSING, LIST_UNREADABLE, LISTS };

static enum list list_of(const struct ruling *ruling) {
  if (ruling->truth == TRUTH_UNKNOWN) return LIST_MISSING;
  if (ruling->truth == TRUTH_UNREADABLE) return LIST_UNREADABLE;
  return ruling->truth == TRUTH_FALSE && ruling->weight < 0 ? LIST_CONTRADICTED : LIST_EVIDENCE;
}

/* A signal that is false as it should be, of a thing it speaks against, is not worth a line unless it counts. */
static bool worth_telling(const struct ruling *ruling) { return ruling->truth != TRUTH_FALSE || ruling->bits != 0; }

static int gather(const struct rank_input *input, const struct score *score, enum list which, struct arena *arena, struct evidence_list *out) {
  struct evidence *items = arena_take_array(arena, score->ruling_count + 1, sizeof *items);
  if (!items) return -1;
  for (size_t i = 0; i < score->ruling_count; i++) {
    const struct ruling *ruling = &score->rulings[i];
    if (list_of(ruling) != which || !worth_telling(ruling)) continue;
    items[out->count] = tell(input, ruling, arena);
    if (!items[out->count++].name) return -1;
  }
  if (out->count) qsort(items, out->count, sizeof *items, compare_evidence);
  out->items = items;
  return 0;
}

static int gather_lists(const struct rank_input *input, struct score *score, bool counted, struct arena *arena, struct hypothesis *out) {
  struct evidence_list *lists[LISTS] = {&out->evidence, &out->contradicted, &out->missing, &out->unreadable};
  if (rank_rulings(input, arena, score)) return -1;
  for (int i = 0; i < (counted ? LIST_MISSING : LISTS); i++)
    if (gather(input, score, (enum list)i, arena, lists[i])) return -1;
  return 0;
}

static struct hypothesis hypothesis_of(const struct score *score) {
  const struct rule_thing *thing = score->thing;
  return (struct hypothesis){
      .thing = thing,
      .id = thing ? thing->id : "unknown",
      .name = thing ? thing->name : "unknown",
      .kind_of = thing ? thing->kind_of : NULL,
      .log_odds = score->log_odds,
      .probability = score->probability,
      .prior_bits = score->prior,
      .own_bits = score->own,
      .stack_bits = score->stack,
  };
}

/* The score that a hypothesis was made of. */
static struct score *score_of(const struct layer_scores *layer, const struct hypothesis *hypothesis) {
  return &layer->scores[hypothesis->thing ? hypothesis->thing->place : layer->count - 1];
}

static int compare_scores(const void *left, const void *right) {
  struct score *const *a = left, *const *b = right;
  return rank_compare((*a)->log_odds, rank_id(*a), (*b)->log_odds, rank_id(*b));
}

/* Leaves the `most` best scores of a layer in best[], in order; returns how many there are. best[] has room for `most`, or for all. */
static size_t choose_best(const struct layer_scores *layer, size_t most, struct score **best) {
  size_t count = 0;
  if (most >= layer->count) {
    for (; count < layer->count; count++) best[count] = &layer->scores[count];
    qsort(best, count, sizeof(struct score *), compare_scores);
    return count;
  }
  for (size_t i = 0; i < layer->count; i++) {
    struct score *score = &layer->scores[i];
    size_t at = count < most ? count++ : count - 1;
    if (at + 1 == most && best[at] && compare_scores(&score, &best[at]) > 0) continue;
    for (; at > 0 && compare_scores(&score, &best[at - 1]) < 0; at--) best[at] = best[at - 1];
    best[at] = score;
  }
  return count;
}

int why_layers(const struct rank_input *input, struct layer_scores *scores, struct why_wanted wanted, struct verdict *verdict) {
  const struct rule_base *base = input->base;
  verdict->layers = arena_take_array(verdict->arena, base->layer_count, sizeof *verdict->layers);
  if (!verdict->layers) return -1;
  verdict->layer_count = base->layer_count;
  for (size_t k = 0; k < base->layer_count; k++) {
    struct verdict_layer *layer = &verdict->layers[k];
    size_t most = scores[k].count < wanted.listed ? scores[k].count : wanted.listed;
    struct score **best = arena_take_array(verdict->arena, most, sizeof(struct score *));
    *layer = (struct verdict_layer){.layer = &base->layers[k], .rests_on = RESTS_ON_NONE};
    layer->hypotheses = arena_take_array(verdict->arena, most, sizeof *layer->hypotheses);
    if (!layer->hypotheses || !best) return -1;
    layer->count = choose_best(&scores[k], most, best);
    for (size_t i = 0; i < layer->count; i++) layer->hypotheses[i] = hypothesis_of(best[i]);
    for (size_t i = 0; i < layer->count && i < wanted.told; i++)
      if (gather_lists(input, best[i], wanted.counted, verdict->arena, &layer->hypotheses[i])) return -1;
  }
  return 0;
}

int why_brief(const struct rule_base *base, const struct brief_answer *answers, const size_t *counts, struct verdict *verdict) {
  verdict->layers = arena_take_array(verdict->arena, base->layer_count, sizeof *verdict->layers);
  struct hypothesis *hypotheses = arena_take_array(verdict->arena, base->layer_count * BRIEF_BEST, sizeof *hypotheses);
  if (!verdict->layers || !hypotheses) return -1;
  verdict->layer_count = base->layer_count;
  for (size_t k = 0; k < base->layer_count; k++) {
    verdict->layers[k] =
        (struct verdict_layer){.layer = &base->layers[k], .hypotheses = &hypotheses[k * BRIEF_BEST], .count = counts[k], .rests_on = RESTS_ON_NONE};
    for (size_t i = 0; i < counts[k]; i++) {
      const struct brief_answer *answer = &answers[k * BRIEF_BEST + i];
      hypotheses[k * BRIEF_BEST + i] = hypothesis_of(&(struct score){.thing = answer->thing,
                                                                     .prior = answer->prior,
                                                                     .own = answer->own,
                                                                     .stack = answer->stack,
                                                                     .log_odds = answer->log_odds,
                                                                     .probability = answer->probability});
    }
  }
  return 0;
}

/* Leaves only the rulings that count. */
static void keep_counted(struct score *score) {
  size_t kept = 0;
  for (size_t i = 0; i < score->ruling_count; i++)
    if (score->rulings[i].bits != 0) score->rulings[kept++] = score->rulings[i];
  score->ruling_count = kept;
}

int why_answers(const struct rank_input *input, struct verdict *verdict) {
  for (size_t k = 0; k < verdict->layer_count; k++) {
    struct hypothesis *answer = &verdict->layers[k].hypotheses[0];
    struct score score;
    if (!answer->thing) continue;
    if (rank_thing(input, answer->thing, verdict->arena, &score)) return -1;
    keep_counted(&score);
    if (gather(input, &score, LIST_EVIDENCE, verdict->arena, &answer->evidence)) return -1;
    if (gather(input, &score, LIST_CONTRADICTED, verdict->arena, &answer->contradicted)) return -1;
  }
  return 0;
}

/* --- finding one's way in a verdict --- */

static const struct verdict_layer *layer_of(const struct verdict *verdict, const char *layer) {
  for (size_t k = 0; k < verdict->layer_count; k++)
    if (strcmp(verdict->layers[k].layer->id, layer) == 0) return &verdict->layers[k];
  return NULL;
}

const struct hypothesis *verdict_best(const struct verdict *verdict, const char *layer) {
  const struct verdict_layer *found = layer_of(verdict, layer);
  return found ? &found->hypotheses[0] : NULL;
}

const struct hypothesis *verdict_find(const struct verdict *verdict, const char *layer, const char *id) {
  const struct verdict_layer *found = layer_of(verdict, layer);
  for (size_t i = 0; found && i < found->count; i++)
    if (strcmp(found->hypotheses[i].id, id) == 0) return &found->hypotheses[i];
  return NULL;
}

static bool is_known(const struct hypothesis *hypothesis) { return hypothesis->thing && hypothesis->probability >= WHY_KNOWN; }

bool verdict_is_unknown(const struct verdict *verdict) {
  for (size_t k = 0; k < verdict->layer_count; k++)
    if (is_known(&verdict->layers[k].hypotheses[0])) return false;
  return true;
}

/* --- details --- */

static const struct value *extract_value(const struct fact_set *facts, const struct rule_extract *extract) {
  const struct fact *fact = &facts->facts[extract->fact];
  if (fact->state != FACT_PRESENT) return NULL;
  const struct value *value = extract->key ? value_member(&fact->value, extract->key) : &fact->value;
  return value && !value_is_hidden(value) ? value : NULL;
}

/* The text an extract gives: of a list, from the first element that has one. */
static const char *extract_text(struct arena *arena, const struct rule_extract *extract, const struct value *value) {
  if (value->kind == VALUE_LIST) {
    const char *found = NULL;
    for (size_t i = 0; i < value->count && !found; i++) found = extract_text(arena, extract, &value->items[i]);
    return found;
  }
  if (value->kind != VALUE_TEXT) return extract->regex || value->kind == VALUE_NULL || value->kind == VALUE_MAP ? NULL : why_value(arena, value);
  return extract->regex ? match_extract(arena, extract->regex, value->text, value->length) : why_value(arena, value);
}

static bool has_detail(const struct detail *details, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(details[i].name, name) == 0) return true;
  return false;
}

int why_details(const struct rank_input *input, struct verdict *verdict) {
  size_t most = 0;
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct rule_thing *thing = verdict->layers[k].hypotheses[0].thing;
    most += thing ? thing->extract_count : 0;
  }
  struct detail *details = arena_take_array(verdict->arena, most + 1, sizeof *details);
  if (!details) return -1;
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct hypothesis *best = &verdict->layers[k].hypotheses[0];
    for (size_t i = 0; is_known(best) && i < best->thing->extract_count; i++) {
      const struct rule_extract *extract = &best->thing->extracts[i];
      const struct value *value = extract_value(input->eval.facts, extract);
      const char *text = value ? extract_text(verdict->arena, extract, value) : NULL;
      if (!text || !*text || has_detail(details, verdict->detail_count, extract->name)) continue;
      struct eval_trace trace = {.fact = extract->fact, .key = extract->key};
      details[verdict->detail_count++] =
          (struct detail){.name = extract->name, .value = text, .fact = fact_words(verdict->arena, input->base->catalog, &trace)};
    }
  }
  verdict->details = details;
  return 0;
}

/* --- the summary --- */

/* Probabilities in words never claim certainty: at most 0.999. */
static void add_probability(struct buffer *out, double probability) { buffer_format(out, "p %.3f", probability > 0.999 ? 0.999 : probability); }

static bool is_noun(const char *phrase) { return strncmp(phrase, "a ", 2) == 0 || strncmp(phrase, "an ", 3) == 0; }

/* The phrases of the lower layers that are known, in order; one thing stands in the next: "a Docker container in a
 * Firecracker microVM on Azure". Things without a phrase go without saying. */
static void add_lower(struct buffer *out, const struct verdict *verdict) {
  bool first = true;
  for (size_t k = 1; k < verdict->layer_count; k++) {
    const struct hypothesis *best = &verdict->layers[k].hypotheses[0];
    if (!is_known(best) || !best->thing->phrase) continue;
    buffer_format(out, "%s%s", first ? ": " : is_noun(best->thing->phrase) ? " in " : " ", best->thing->phrase);
    first = false;
  }
}

int why_summary(struct verdict *verdict) {
  struct buffer out = {0};
  const struct hypothesis *platform = &verdict->layers[0].hypotheses[0];
  if (is_known(platform)) {
    buffer_format(&out, "%s (", platform->name);
    add_probability(&out, platform->probability);
    buffer_add(&out, ")");
  } else {
    buffer_format(&out, "Unknown %s", verdict->layers[0].layer->id);
  }
  add_lower(&out, verdict);
  for (size_t i = 0; i < verdict->detail_count && i < 3; i++) buffer_format(&out, ", %s %s", verdict->details[i].name, verdict->details[i].value);
  if (is_known(platform) && verdict->layers[0].rests_on == FORGE_TENANT) buffer_format(&out, "; rests on %s", fact_forge_words(FORGE_TENANT));
  verdict->summary = out.failed ? NULL : arena_text(verdict->arena, out.text, out.length);
  buffer_free(&out);
  return verdict->summary ? 0 : -1;
}

/* --- conflicts --- */

/* The strongest evidence for a hypothesis that is its own, not its parents', and speaks for it, left in *out; false where there is none. */
static bool strongest(const struct rank_input *input, const struct score *score, struct ruling *out) {
  const struct plan *plan = input->base->plan;
  if (score->most < WHY_CONFLICT_BITS) return false;
  uint32_t number = (uint32_t)(score->thing - input->base->things), first = number ? plan->ruling_ends[number - 1] : 0;
  const struct plan_ruling *planned = plan->rulings + first, *best = NULL;
  size_t count = plan->ruling_ends[number] - first;
  double most = 0;
  for (size_t i = 0; i < count; i++) {
    double bits = planned[i].owner == number ? rank_bits(input, planned[i].signal) : 0;
    if (bits < WHY_CONFLICT_BITS || bits < most || !rank_is_counted(input, planned, count, i)) continue;
    if (best && bits == most && plan->ids[planned[i].signal] >= plan->ids[best->signal]) continue;
    best = &planned[i];
    most = bits;
  }
  if (!best) return false;
  *out = (struct ruling){.owner = score->thing, .signal = rule_signal(input->base, best->signal), .weight = most, .bits = most};
  out->truth = (enum truth)input->truths[best->signal];
  return true;
}

static int add_conflict(struct verdict *verdict, struct conflict *conflicts, const char *layer, const struct evidence *one,
                        const struct evidence *other) {
  struct conflict *conflict = &conflicts[verdict->conflict_count++];
  *conflict = (struct conflict){.layer = layer, .one = *one, .other = *other};
  conflict->text = arena_format(verdict->arena, "%s speaks for %s, %s for %s", one->fact ? one->fact : one->name, one->thing->name,
                                other->fact ? other->fact : other->name, other->thing->name);
  return conflict->text ? 0 : -1;
}

#define CONFLICTS_PER_LAYER 3

/* True where the best of a layer, whose evidence is listed, counts the same observation for itself: then it is no conflict. */
static bool explains(const struct hypothesis *hypothesis, const struct evidence *evidence) {
  for (size_t i = 0; i < hypothesis->evidence.count; i++) {
    const struct evidence *own = &hypothesis->evidence.items[i];
    bool same_fact = own->fact && evidence->fact && strcmp(own->fact, evidence->fact) == 0;
    if (same_fact && own->value && evidence->value && strcmp(own->value, evidence->value) == 0) return true;
  }
  return false;
}

/* What conflicts are looked for in. */
struct dispute {
  const struct rank_input *input;
  struct layer_scores *scores;
  struct verdict *verdict;
  struct conflict *conflicts;
};

/* 1 with the strongest evidence for a hypothesis, 0 where it has none, or -1 when memory is out. */
static int strongest_of(const struct dispute *dispute, size_t k, const struct hypothesis *hypothesis, struct evidence *out) {
  struct ruling ruling;
  if (!hypothesis->thing || !strongest(dispute->input, score_of(&dispute->scores[k], hypothesis), &ruling)) return 0;
  *out = tell(dispute->input, &ruling, dispute->verdict->arena);
  return out->name ? 1 : -1;
}

/* The scores of a layer that may have evidence enough, best first; NULL when memory is out. */
static struct score **rivals_in(const struct dispute *dispute, size_t k, size_t *count) {
  const struct layer_scores *layer = &dispute->scores[k];
  *count = 0;
  for (size_t i = 0; i < layer->count; i++) *count += layer->scores[i].most >= WHY_CONFLICT_BITS;
  struct score **rivals = arena_take_array(dispute->verdict->arena, *count + 1, sizeof(struct score *));
  if (!rivals) return NULL;
  *count = 0;
  for (size_t i = 0; i < layer->count; i++)
    if (layer->scores[i].most >= WHY_CONFLICT_BITS) rivals[(*count)++] = &layer->scores[i];
  if (*count) qsort(rivals, *count, sizeof(struct score *), compare_scores);
  return rivals;
}

static bool is_same(const struct eval_trace *a, const struct eval_trace *b) {
  return a->fact == b->fact && a->value == b->value && (a->key == b->key || (a->key && b->key && strcmp(a->key, b->key) == 0));
}

/* The rivals of a layer's best, one of whose observations is given, with what speaks for them. Many may rest on the same observation, which the
 * best explains. */
static int rival_conflicts(const struct dispute *dispute, size_t k, const struct hypothesis *best, const struct evidence *one) {
  struct eval_trace trace, explained = {.fact = FACT_NONE};
  size_t found = 0, count;
  struct score **rivals = rivals_in(dispute, k, &count);
  for (size_t i = 0; rivals && i < count && found < CONFLICTS_PER_LAYER; i++) {
    const struct rule_thing *rival = rivals[i]->thing;
    struct ruling ruling;
    if (rival == best->thing || rule_is_kind(best->thing, rival) || rule_is_kind(rival, best->thing)) continue;
    if (!strongest(dispute->input, rivals[i], &ruling)) continue;
    trace = rank_trace(dispute->input, &ruling);
    if (trace.fact != FACT_NONE && is_same(&trace, &explained)) continue;
    struct evidence other = tell(dispute->input, &ruling, dispute->verdict->arena);
    if (!other.name) return -1;
    if (explains(best, &other)) {
      explained = trace;
      continue;
    }
    if (add_conflict(dispute->verdict, dispute->conflicts, dispute->verdict->layers[k].layer->id, one, &other)) return -1;
    found++;
  }
  return rivals ? 0 : -1;
}

static int layer_conflicts(const struct dispute *dispute, size_t k) {
  const struct verdict_layer *layer = &dispute->verdict->layers[k];
  struct hypothesis *best = layer->hypotheses[0].thing || layer->count < 2 ? &layer->hypotheses[0] : &layer->hypotheses[1];
  struct evidence one;
  int found = strongest_of(dispute, k, best, &one);
  if (found <= 0) return found;
  bool bare = !best->evidence.items;
  if (bare && gather_lists(dispute->input, score_of(&dispute->scores[k], best), false, dispute->verdict->arena, best)) return -1;
  return rival_conflicts(dispute, k, best, &one);
}

/* The platform's stack promises something else than what the layer below clearly is. */
static int stack_conflicts(const struct dispute *dispute) {
  const struct verdict *verdict = dispute->verdict;
  const struct hypothesis *platform = &verdict->layers[0].hypotheses[0];
  struct evidence one, other;
  int found = is_known(platform) ? strongest_of(dispute, 0, platform, &one) : 0;
  for (size_t k = 1; found > 0 && k < verdict->layer_count; k++) {
    const struct hypothesis *best = &verdict->layers[k].hypotheses[0];
    const char *layer = verdict->layers[k].layer->id;
    bool asked = false, promised = false;
    for (size_t i = 0; i < platform->thing->stack_count; i++) {
      if (strcmp(platform->thing->stack[i].layer, layer) != 0) continue;
      const struct rule_thing *named = rule_base_find(verdict->base, layer, platform->thing->stack[i].id);
      asked = true;
      promised |= best->thing && named && (rule_is_kind(best->thing, named) || rule_is_kind(named, best->thing));
    }
    int has = asked && !promised && is_known(best) ? strongest_of(dispute, k, best, &other) : 0;
    if (has < 0 || (has && add_conflict(dispute->verdict, dispute->conflicts, layer, &one, &other))) return -1;
  }
  return found < 0 ? -1 : 0;
}

int why_conflicts(const struct rank_input *input, struct layer_scores *scores, struct verdict *verdict) {
  struct conflict *conflicts = arena_take_array(verdict->arena, verdict->layer_count * (CONFLICTS_PER_LAYER + 1), sizeof *conflicts);
  const struct dispute dispute = {.input = input, .scores = scores, .verdict = verdict, .conflicts = conflicts};
  if (!conflicts) return -1;
  for (size_t k = 0; k < verdict->layer_count; k++)
    if (layer_conflicts(&dispute, k)) return -1;
  if (stack_conflicts(&dispute)) return -1;
  verdict->conflicts = conflicts;
  return 0;
}

/* --- what could not be read --- */

int why_unreadable(const struct fact_set *facts, struct verdict *verdict) {
  verdict->unreadable = arena_take_array(verdict->arena, facts->catalog->count + 1, sizeof *verdict->unreadable);
  if (!verdict->unreadable) return -1;
  for (size_t f = 0; f < facts->catalog->count; f++) {
    const struct fact *fact = &facts->facts[f];
    if (fact->state != FACT_UNREADABLE) continue;
    const char *text = arena_format(verdict->arena, "%s: %s", facts->catalog->defs[f].path, fact->reason ? fact->reason : "refused");
    if (!text) return -1;
    verdict->unreadable[verdict->unreadable_count++] = text;
  }
  return 0;
}
