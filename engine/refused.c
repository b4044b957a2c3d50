/* See refused.h. */
#include "refused.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rerank.h"

#define MOVED 0.001 /* of a probability: less is not worth a line */

/* A condition that a refusal leaves open, and what it could have been: [0] if every refused test in it had failed, [1] if held. */
struct open_condition {
  size_t index; /* in rerank->conditions */
  enum truth outcomes[2];
};

struct inquiry {
  struct rerank *rerank;
  const struct layer_scores *scores;
  struct verdict *verdict;
  struct arena *arena;
  const bool *facts; /* those that are asked about */
  struct open_condition *open;
  size_t *indexes; /* of the open conditions, as rerank_given wants them */
  enum truth *truths;
  size_t count;
  unsigned char *seen; /* the choices that were ranked, one after another, `count` bytes each */
  size_t seen_count;
  struct refused_layer *ranges; /* by layer */
};

/* --- what could have come out --- */

static enum truth outcome(const struct inquiry *inquiry, const struct rule_node *node, bool held);

static enum truth fold(const struct inquiry *inquiry, const struct rule_node *node, bool held) {
  enum truth result = node->op == RULE_ALL ? TRUTH_TRUE : TRUTH_FALSE;
  for (size_t i = 0; i < node->child_count; i++) {
    enum truth one = outcome(inquiry, &node->children[i], held);
    result = node->op == RULE_ALL ? truth_and(result, one) : truth_or(result, one);
  }
  return node->op == RULE_NONE ? truth_not(result) : result;
}

static enum truth at_least(const struct inquiry *inquiry, const struct rule_node *node, bool held) {
  size_t holding = 0, open = 0;
  for (size_t i = 0; i < node->child_count; i++) {
    enum truth one = outcome(inquiry, &node->children[i], held);
    holding += one == TRUTH_TRUE;
    open += one == TRUTH_UNKNOWN || one == TRUTH_UNREADABLE;
  }
  return holding >= node->at_least ? TRUTH_TRUE : holding + open < node->at_least ? TRUTH_FALSE : TRUTH_UNREADABLE;
}

/* The truth of a condition if its refused tests had all held, or all failed. Recursion: as deep as conditions are. */
static enum truth outcome(const struct inquiry *inquiry, const struct rule_node *node, bool held) {
  if (node->op == RULE_AT_LEAST) return at_least(inquiry, node, held);
  if (node->op != RULE_TEST && node->op != RULE_HAS) return fold(inquiry, node, held);
  struct eval eval = inquiry->rerank->input.eval;
  eval.given = NULL;
  enum truth truth = eval_node(&eval, node, NULL);
  if (truth != TRUTH_UNREADABLE || !inquiry->facts[node->fact]) return truth;
  return held ? TRUTH_TRUE : TRUTH_FALSE;
}

static bool is_asked(const struct inquiry *inquiry, const struct rerank_condition *condition) {
  size_t count = inquiry->rerank->input.base->catalog->count;
  if (condition->truth != TRUTH_UNREADABLE) return false;
  for (size_t f = 0; f < count; f++)
    if (condition->facts[f] && inquiry->facts[f]) return true;
  return false;
}

static int find_open(struct inquiry *inquiry) {
  const struct rerank *rerank = inquiry->rerank;
  inquiry->open = arena_take_array(inquiry->arena, rerank->count + 1, sizeof *inquiry->open);
  inquiry->indexes = arena_take_array(inquiry->arena, rerank->count + 1, sizeof *inquiry->indexes);
  inquiry->truths = arena_take_array(inquiry->arena, rerank->count + 1, sizeof *inquiry->truths);
  if (!inquiry->open || !inquiry->indexes || !inquiry->truths) return -1;
  for (size_t i = 0; i < rerank->count; i++) {
    if (!is_asked(inquiry, &rerank->conditions[i])) continue;
    const struct rule_node *when = rerank->conditions[i].signal->when;
    struct open_condition open = {.index = i, .outcomes = {outcome(inquiry, when, false), outcome(inquiry, when, true)}};
    if (open.outcomes[0] == TRUTH_UNREADABLE && open.outcomes[1] == TRUTH_UNREADABLE) continue;
    inquiry->indexes[inquiry->count] = i;
    inquiry->open[inquiry->count++] = open;
  }
  size_t wishes = rerank->input.base->thing_count + 4 * rerank->input.base->layer_count;
  inquiry->seen = arena_take_array(inquiry->arena, (wishes + 1) * (inquiry->count + 1), 1);
  return inquiry->seen ? 0 : -1;
}

/* --- ranking with a choice --- */

/* The ruling of a condition for a thing: the same signal, or one of its own with the same text. */
static const struct rule_signal *signal_of(const struct score *score, const struct rule_signal *signal) {
  for (size_t r = 0; score && r < score->ruling_count; r++) {
    const struct rule_signal *own = score->rulings[r].signal;
    if (own == signal || strcmp(own->text, signal->text) == 0) return own;
  }
  return NULL;
}

static double bits_of(const struct rule_model *model, const struct score *score, const struct rule_signal *signal, enum truth truth) {
  const struct rule_signal *own = truth == TRUTH_TRUE || truth == TRUTH_FALSE ? signal_of(score, signal) : NULL;
  return own ? rank_weight(model, own, truth) : 0;
}

/* Whom a choice is to help, and whom to harm; each may be NULL. A condition that is neither's helps or harms what it belongs to. */
struct wish {
  const struct score *pro[2], *con[2];
  bool helps_others;
};

/* How well a truth suits who wants it to be true, or false: undecided is half way. */
static int leaning(enum truth truth, bool wants_truth) {
  if (truth != TRUTH_TRUE && truth != TRUTH_FALSE) return 0;
  return (truth == TRUTH_TRUE) == wants_truth ? 1 : -1;
}

static bool prefers_held(const struct inquiry *inquiry, const struct wish *wish, const struct open_condition *open) {
  const struct rule_model *model = &inquiry->rerank->input.base->model;
  const struct rule_signal *signal = inquiry->rerank->conditions[open->index].signal;
  double bits[2] = {0, 0};
  for (int held = 0; held < 2; held++)
    for (int i = 0; i < 2; i++) {
      bits[held] += bits_of(model, wish->pro[i], signal, open->outcomes[held]);
      bits[held] -= bits_of(model, wish->con[i], signal, open->outcomes[held]);
    }
  if (bits[0] != bits[1]) return bits[1] > bits[0];
  bool wants_truth = wish->helps_others == (signal->seen > signal->elsewhere);
  return leaning(open->outcomes[1], wants_truth) > leaning(open->outcomes[0], wants_truth);
}

static void widen(struct inquiry *inquiry, const struct layer_scores *scores) {
  for (size_t k = 0; k < inquiry->rerank->input.base->layer_count; k++) {
    struct refused_layer *range = &inquiry->ranges[k];
    const struct score *best = rank_best(&scores[k]);
    for (size_t i = 0; i < scores[k].count; i++) {
      if (strcmp(rank_id(&scores[k].scores[i]), range->id) != 0) continue;
      range->low = fmin(range->low, scores[k].scores[i].probability);
      range->high = fmax(range->high, scores[k].scores[i].probability);
    }
    if (strcmp(rank_id(best), range->id) == 0 || (range->other && best->probability <= range->other_probability)) continue;
    range->other = rank_id(best);
    range->other_probability = best->probability;
  }
}

/* Ranks with every open condition as the wish has it, unless that was done before. */
static int try_wish(struct inquiry *inquiry, const struct wish *wish) {
  unsigned char *choice = &inquiry->seen[inquiry->seen_count * inquiry->count];
  for (size_t i = 0; i < inquiry->count; i++) {
    choice[i] = prefers_held(inquiry, wish, &inquiry->open[i]);
    inquiry->truths[i] = inquiry->open[i].outcomes[choice[i]];
  }
  for (size_t s = 0; s < inquiry->seen_count; s++)
    if (memcmp(&inquiry->seen[s * inquiry->count], choice, inquiry->count) == 0) return 0;
  inquiry->seen_count++;
  const struct layer_scores *scores = rerank_given(inquiry->rerank, inquiry->indexes, inquiry->truths, inquiry->count);
  if (!scores) return -1;
  widen(inquiry, scores);
  return 0;
}

static const struct score *score_called(const struct layer_scores *layer, const char *id) {
  for (size_t i = 0; i < layer->count; i++)
    if (strcmp(rank_id(&layer->scores[i]), id) == 0) return &layer->scores[i];
  return NULL;
}

static bool has_open(const struct inquiry *inquiry, const struct score *score) {
  for (size_t i = 0; score && i < inquiry->count; i++)
    if (signal_of(score, inquiry->rerank->conditions[inquiry->open[i].index].signal)) return true;
  return false;
}

/* The likeliest thing that the stack of a thing promises and that has an open condition, and the answer of its layer. */
static void add_stack(const struct inquiry *inquiry, const struct rule_thing *thing, struct wish *wish) {
  const struct rule_base *base = inquiry->rerank->input.base;
  double most = 0;
  for (size_t i = 0; thing && i < thing->stack_count; i++) {
    const struct rule_expectation *expected = &thing->stack[i];
    size_t k = 0;
    while (k < base->layer_count && strcmp(base->layers[k].id, expected->layer) != 0) k++;
    const struct score *score = k < base->layer_count ? score_called(&inquiry->scores[k], expected->id) : NULL;
    if (expected->probability <= most || !has_open(inquiry, score)) continue;
    const struct score *answer = score_called(&inquiry->scores[k], inquiry->ranges[k].id);
    most = expected->probability;
    wish->pro[1] = score;
    wish->con[1] = answer == score ? NULL : answer;
  }
}

static int try_layer(struct inquiry *inquiry, size_t k) {
  const struct layer_scores *layer = &inquiry->scores[k];
  const struct score *answer = score_called(layer, inquiry->ranges[k].id);
  struct wish best = {.pro = {answer}}, least = {.con = {answer}}, worst;
  add_stack(inquiry, answer->thing, &best);
  worst = (struct wish){.con = {answer, best.pro[1]}, .helps_others = true};
  best.con[1] = NULL;
  int code = try_wish(inquiry, &best);
  if (!code) code = try_wish(inquiry, &least);
  if (!code) code = try_wish(inquiry, &worst);
  for (size_t i = 0; !code && i < layer->count; i++) {
    const struct score *score = &layer->scores[i];
    struct wish wish = {.pro = {score}, .con = {score == answer ? NULL : answer}};
    add_stack(inquiry, score->thing, &wish);
    if (has_open(inquiry, score) || wish.pro[1]) code = try_wish(inquiry, &wish);
  }
  return code;
}

/* --- the list --- */

static void start_ranges(struct inquiry *inquiry) {
  for (size_t k = 0; k < inquiry->verdict->layer_count; k++) {
    const struct hypothesis *best = &inquiry->verdict->layers[k].hypotheses[0];
    inquiry->ranges[k] =
        (struct refused_layer){.layer = inquiry->verdict->layers[k].layer->id, .id = best->id, .low = best->probability, .high = best->probability};
  }
}

/* Drops the layers whose answer could not have moved; returns how many are left. */
static size_t keep_moved(struct refused_layer *ranges, size_t count) {
  size_t kept = 0;
  for (size_t k = 0; k < count; k++)
    if (ranges[k].other || ranges[k].high - ranges[k].low >= MOVED) ranges[kept++] = ranges[k];
  return kept;
}

static int ask(struct rerank *rerank, const struct layer_scores *scores, const bool *facts, struct verdict *verdict, struct refused *out) {
  struct inquiry inquiry = {.rerank = rerank, .scores = scores, .verdict = verdict, .facts = facts, .arena = arena_new()};
  inquiry.ranges = arena_take_array(verdict->arena, verdict->layer_count + 1, sizeof *inquiry.ranges);
  int code = inquiry.arena && inquiry.ranges ? find_open(&inquiry) : -1;
  if (!code) start_ranges(&inquiry);
  for (size_t k = 0; !code && inquiry.count && k < verdict->layer_count; k++) code = try_layer(&inquiry, k);
  if (!code) out->layer_count = keep_moved(inquiry.ranges, verdict->layer_count);
  out->layers = inquiry.ranges;
  arena_free(inquiry.arena);
  return code;
}

static size_t domain_length(const char *path) { return strcspn(path, "."); }

static bool same_domain(const char *a, const char *b) {
  size_t length = domain_length(a);
  return length == domain_length(b) && strncmp(a, b, length) == 0;
}

static const char *reason_of(const struct rerank *rerank, size_t fact) {
  const struct fact *found = &rerank->input.eval.facts->facts[fact];
  return found->state != FACT_UNREADABLE ? "the value is hidden or too costly to match" : found->reason ? found->reason : "refused";
}

/* Marks what was refused in one domain for one reason, from `first` on, and takes it out of `left`. What to call it is left in
 * *what: the domain where all of it was refused, else the facts. -1 when memory is out. */
static int mark_alike(const struct rerank *rerank, size_t first, bool *left, bool *marked, struct arena *arena, const char **what) {
  const struct fact_catalog *catalog = rerank->input.base->catalog;
  const char *path = catalog->defs[first].path, *names = NULL;
  size_t count = 0;
  bool whole = first == 0 || !same_domain(catalog->defs[first - 1].path, path);
  for (size_t f = first; f < catalog->count && same_domain(catalog->defs[f].path, path); f++) {
    marked[f] = left[f] && strcmp(reason_of(rerank, f), reason_of(rerank, first)) == 0;
    whole = whole && marked[f];
    if (!marked[f]) continue;
    left[f] = false;
    count++;
    names = names ? arena_format(arena, "%s, %s", names, catalog->defs[f].path) : catalog->defs[f].path;
    if (!names) return -1;
  }
  *what = whole && count > 1 ? arena_text(arena, path, domain_length(path)) : names;
  return *what ? 0 : -1;
}

/* Facts that were refused, and those with a value that some condition could not read. */
static void mark_refused(const struct rerank *rerank, bool *refused) {
  for (size_t f = 0; f < rerank->input.base->catalog->count; f++) refused[f] = rerank->input.eval.facts->facts[f].state == FACT_UNREADABLE;
  for (size_t i = 0; i < rerank->count; i++)
    if (rerank->conditions[i].truth == TRUTH_UNREADABLE && rerank->conditions[i].decided_by != FACT_NONE)
      refused[rerank->conditions[i].decided_by] = true;
}

static int ask_each(struct rerank *rerank, const struct layer_scores *scores, const bool *refused, struct verdict *verdict, struct refused *list) {
  const struct fact_catalog *catalog = rerank->input.base->catalog;
  bool *marked = arena_take_array(rerank->arena, catalog->count + 1, sizeof *marked);
  bool *left = arena_take_array(rerank->arena, catalog->count + 1, sizeof *left);
  if (!marked || !left) return -1;
  memcpy(left, refused, catalog->count * sizeof *left);
  for (size_t f = 0; f < catalog->count; f++) {
    if (!left[f]) continue;
    struct refused *entry = &list[verdict->refused_count++];
    memset(marked, 0, catalog->count * sizeof *marked);
    entry->reason = reason_of(rerank, f);
    if (mark_alike(rerank, f, left, marked, verdict->arena, &entry->what) || ask(rerank, scores, marked, verdict, entry)) return -1;
  }
  return 0;
}

int refused_find(const struct rank_input *input, const struct layer_scores *scores, struct verdict *verdict) {
  assert(input && scores && verdict && verdict->layer_count);
  struct rerank *rerank = rerank_new(input, scores);
  bool *refused = rerank ? arena_take_array(rerank->arena, input->base->catalog->count + 1, sizeof *refused) : NULL;
  struct refused *list = arena_take_array(verdict->arena, input->base->catalog->count + 2, sizeof *list);
  int code = refused && list ? 0 : -1;
  if (!code) mark_refused(rerank, refused);
  if (!code) code = ask_each(rerank, scores, refused, verdict, list);
  if (!code && verdict->refused_count > 1) code = ask(rerank, scores, refused, verdict, &list[verdict->refused_count++]);
  verdict->refused = list;
  rerank_free(rerank);
  return code;
}
