/* See next.h. */
#include "next.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

/* An undecided condition of one hypothesis, and what deciding it would tell. */
struct question {
  size_t fact, hypothesis;
  const struct rule_signal *signal;
  double seen, elsewhere; /* true with it, true without it */
  double bits;            /* information of the condition alone */
  size_t before;          /* another of the same hypothesis and fact that comes before, counted from 1; 0: none */
};

/* Conditions of one fact with the same text, as one. */
struct condition {
  const struct question *questions; /* of every hypothesis that has it */
  size_t count;
  double elsewhere, bits;
};

/* A hypothesis and how probable each condition is with it. */
struct answerer {
  size_t hypothesis;
  double probability, given[NEXT_CONDITIONS];
};

struct asking {
  const struct rank_input *input;
  const struct layer_scores *layer;
  struct answerer *answerers; /* room for every hypothesis and the others */
  double *likelihoods;        /* the same */
  struct question *questions; /* sorted: by fact, text, hypothesis */
  size_t count;
  struct condition *conditions; /* of the fact that is looked at */
  size_t *last;                 /* by hypothesis: its last question about that fact, counted from 1; 0: none */
};

/* --- information --- */

static double term(double joint, double given, double total) { return joint > 0 && given > 0 && total > 0 ? joint * log2(given / total) : 0; }

/* Of one condition by itself. */
static double alone(const struct layer_scores *layer, const struct condition *condition) {
  double yes = 0, bits = 0, rest = 1;
  for (size_t i = 0; i < condition->count; i++) {
    double p = layer->scores[condition->questions[i].hypothesis].probability;
    yes += p * condition->questions[i].seen;
    rest -= p;
  }
  rest = fmax(0, rest);
  yes += rest * condition->elsewhere;
  for (size_t i = 0; i < condition->count; i++) {
    const struct question *question = &condition->questions[i];
    double p = layer->scores[question->hypothesis].probability;
    bits += term(p * question->seen, question->seen, yes) + term(p * (1 - question->seen), 1 - question->seen, 1 - yes);
  }
  double e = condition->elsewhere;
  return fmax(0, bits + term(rest * e, e, yes) + term(rest * (1 - e), 1 - e, 1 - yes));
}

/* P(outcome | hypothesis); bit i of the outcome is the truth of condition i. */
static double likelihood(const double *given, size_t count, unsigned outcome) {
  double product = 1;
  for (size_t i = 0; i < count; i++) product *= outcome >> i & 1 ? given[i] : 1 - given[i];
  return product;
}

/* The hypotheses that have one of the conditions, and at place 0 all others as one. Returns how many there are. */
static size_t answerers(const struct asking *asking, const struct condition *conditions, size_t count) {
  struct answerer *list = asking->answerers;
  size_t found = 1;
  list[0].probability = 1;
  for (size_t i = 0; i < count; i++) list[0].given[i] = conditions[i].elsewhere;
  for (size_t i = 0; i < count; i++)
    for (size_t q = 0; q < conditions[i].count; q++) {
      size_t hypothesis = conditions[i].questions[q].hypothesis, at = 1;
      while (at < found && list[at].hypothesis != hypothesis) at++;
      if (at == found) {
        list[found] = list[0];
        list[found].hypothesis = hypothesis;
        list[found].probability = asking->layer->scores[hypothesis].probability;
        found++;
      }
      list[at].given[i] = conditions[i].questions[q].seen;
    }
  for (size_t at = 1; at < found; at++) list[0].probability -= list[at].probability;
  list[0].probability = fmax(0, list[0].probability);
  return found;
}

/* Of up to NEXT_CONDITIONS conditions together. */
static double together(const struct asking *asking, const struct condition *conditions, size_t count) {
  const struct answerer *list = asking->answerers;
  double bits = 0, *here = asking->likelihoods;
  if (count == 1) return conditions[0].bits;
  size_t found = answerers(asking, conditions, count);
  for (unsigned outcome = 0; outcome < 1u << count; outcome++) {
    double total = 0;
    for (size_t i = 0; i < found; i++) total += list[i].probability * (here[i] = likelihood(list[i].given, count, outcome));
    for (size_t i = 0; i < found; i++) bits += term(list[i].probability * here[i], here[i], total);
  }
  return fmax(0, bits);
}

/* --- what is undecided --- */

/* The signals that count for a hypothesis, as they came out. */
struct ruled {
  const struct plan_ruling *rulings;
  size_t count;
};

static struct ruled ruled_of(const struct rule_base *base, const struct rule_thing *thing) {
  size_t number = (size_t)(thing - base->things), first = number ? base->plan->ruling_ends[number - 1] : 0;
  return (struct ruled){base->plan->rulings + first, base->plan->ruling_ends[number] - first};
}

static bool is_open(const struct rank_input *input, uint32_t signal) {
  return input->truths[signal] == TRUTH_UNKNOWN || input->truths[signal] == TRUTH_UNREADABLE;
}

/* The fact that an undecided signal waits for, or FACT_NONE. */
static size_t open_fact(const struct rank_input *input, const struct rule_signal *signal) {
  struct eval_trace trace;
  eval_node(&input->eval, signal->when, &trace);
  return trace.fact != FACT_NONE && input->eval.facts->facts[trace.fact].state != FACT_NOT_APPLICABLE ? trace.fact : FACT_NONE;
}

/* True where the group of a ruling has counted as much already as the ruling could add. */
static bool is_settled(const struct rank_input *input, struct ruled ruled, size_t at, const struct rule_signal *signal) {
  double most = rank_weight(&input->base->model, signal, TRUTH_TRUE);
  for (size_t i = 0; i < ruled.count; i++) {
    if (ruled.rulings[i].group != ruled.rulings[at].group) continue;
    double bits = rank_bits(input, ruled.rulings[i].signal);
    if (bits > 0 && bits >= most && rank_is_counted(input, ruled.rulings, ruled.count, i)) return true;
  }
  return false;
}

/* Adds what is undecided of one hypothesis. */
static size_t gather_one(const struct asking *asking, size_t h, struct question *questions) {
  const struct rank_input *input = asking->input;
  struct ruled ruled = ruled_of(input->base, asking->layer->scores[h].thing);
  size_t count = 0;
  for (size_t i = 0; i < ruled.count; i++) {
    if (!is_open(input, ruled.rulings[i].signal)) continue;
    const struct rule_signal *signal = rule_signal(input->base, ruled.rulings[i].signal);
    size_t fact = open_fact(input, signal);
    if (fact == FACT_NONE || is_settled(input, ruled, i, signal)) continue;
    questions[count++] = (struct question){
        .fact = fact, .hypothesis = h, .signal = signal, .seen = signal->seen, .elsewhere = rank_elsewhere(&input->base->model, signal)};
  }
  return count;
}

static size_t gather(const struct asking *asking, struct question *questions) {
  size_t count = 0;
  for (size_t h = 0; h + 1 < asking->layer->count; h++) count += gather_one(asking, h, questions + count);
  return count;
}

static int compare_questions(const void *left, const void *right) {
  const struct question *a = left, *b = right;
  if (a->fact != b->fact) return a->fact < b->fact ? -1 : 1;
  int order = strcmp(a->signal->text, b->signal->text);
  if (!order) order = (a->hypothesis > b->hypothesis) - (a->hypothesis < b->hypothesis);
  return order ? order : strcmp(a->signal->id, b->signal->id);
}

static bool same_condition(const struct question *a, const struct question *b) {
  return a->fact == b->fact && (a->signal == b->signal || strcmp(a->signal->text, b->signal->text) == 0);
}

/* Sorts the questions; a thing that asks one twice is left with one. Returns how many there are. */
static size_t sort_questions(struct question *questions, size_t count) {
  size_t kept = 0;
  if (count) qsort(questions, count, sizeof *questions, compare_questions);
  for (size_t i = 0; i < count; i++) {
    const struct question *last = kept ? &questions[kept - 1] : NULL;
    if (!last || last->hypothesis != questions[i].hypothesis || !same_condition(last, &questions[i])) questions[kept++] = questions[i];
  }
  return kept;
}

/* The questions from `from` on that are about one condition. */
static struct condition condition_at(const struct layer_scores *layer, struct question *questions, size_t from, size_t count) {
  struct condition condition = {.questions = &questions[from]};
  for (size_t i = from; i < count && same_condition(&questions[from], &questions[i]); i++) {
    condition.count++;
    condition.elsewhere = fmax(condition.elsewhere, questions[i].elsewhere);
  }
  condition.bits = alone(layer, &condition);
  for (size_t i = 0; i < condition.count; i++) questions[from + i].bits = condition.bits;
  return condition;
}

/* True where another condition of the same thing, fact and group tells more, or as much and comes first. */
static bool is_spare(const struct asking *asking, size_t from, size_t at) {
  const struct question *questions = asking->questions, *own = &questions[at];
  for (size_t i = asking->last[own->hypothesis]; i > from; i = questions[i - 1].before) {
    const struct question *other = &questions[i - 1];
    if (other == own || strcmp(other->signal->group, own->signal->group) != 0) continue;
    if (other->bits > own->bits || (other->bits == own->bits && other < own)) return true;
  }
  return false;
}

/* Links the questions of each hypothesis about one fact, from the last of them backwards. */
static void link_questions(const struct asking *asking, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) asking->last[asking->questions[i].hypothesis] = 0;
  for (size_t i = from; i < to; i++) {
    struct question *question = &asking->questions[i];
    question->before = asking->last[question->hypothesis];
    asking->last[question->hypothesis] = i + 1;
  }
}

static int compare_conditions(const void *left, const void *right) {
  const struct condition *a = left, *b = right;
  if (a->bits != b->bits) return a->bits > b->bits ? -1 : 1;
  return strcmp(a->questions[0].signal->text, b->questions[0].signal->text);
}

/* The conditions of one fact, whose questions these are, the most informative first; those that are spare for all who have them fall
 * away. Returns how many there are. */
static size_t conditions_of(const struct asking *asking, size_t from, size_t to) {
  struct condition *conditions = asking->conditions;
  size_t count = 0, kept = 0;
  for (size_t at = from; at < to; at += conditions[count++].count) conditions[count] = condition_at(asking->layer, asking->questions, at, to);
  link_questions(asking, from, to);
  for (size_t i = 0; i < count; i++) {
    bool needed = false;
    for (size_t q = 0; q < conditions[i].count && !needed; q++)
      needed = !is_spare(asking, from, (size_t)(conditions[i].questions - asking->questions) + q);
    if (needed && conditions[i].bits > 0) conditions[kept++] = conditions[i];
  }
  if (kept) qsort(conditions, kept, sizeof *conditions, compare_conditions);
  return kept < NEXT_CONDITIONS ? kept : NEXT_CONDITIONS;
}

/* The questions of one fact are those from *from to *to; false after the last fact. */
static bool next_fact_of(const struct asking *asking, size_t *from, size_t *to) {
  for (*from = *to; *to < asking->count && asking->questions[*to].fact == asking->questions[*from].fact;) ++*to;
  return *from < *to;
}

/* What each fact tells at least, its best condition by itself, and at most, all of them added up. */
static void bound(const struct asking *asking, double *least, double *most) {
  for (size_t from = 0, to = 0; next_fact_of(asking, &from, &to);) {
    size_t fact = asking->questions[from].fact, count = conditions_of(asking, from, to);
    for (size_t i = 0; i < count; i++) most[fact] += asking->conditions[i].bits;
    if (count) least[fact] += asking->conditions[0].bits;
  }
}

/* Adds what each fact that may be among the best tells about the layer. */
static void add_gains(const struct asking *asking, const bool *wanted, double *gains) {
  for (size_t from = 0, to = 0; next_fact_of(asking, &from, &to);) {
    size_t fact = asking->questions[from].fact, count = wanted[fact] ? conditions_of(asking, from, to) : 0;
    if (count) gains[fact] += together(asking, asking->conditions, count);
  }
}

static double entropy(const struct layer_scores *layer) {
  double bits = 0, one = 0;
  for (size_t h = 0; h < layer->count; h++) {
    double probability = layer->scores[h].probability;
    if (!h || probability != layer->scores[h - 1].probability) one = term(probability, probability, 1); /* many are alike */
    bits -= one;
  }
  return bits;
}

static size_t count_open(const struct rank_input *input, const struct layer_scores *layer) {
  size_t count = 0;
  for (size_t h = 0; h + 1 < layer->count; h++) {
    struct ruled ruled = ruled_of(input->base, layer->scores[h].thing);
    for (size_t i = 0; i < ruled.count; i++) count += is_open(input, ruled.rulings[i].signal);
  }
  return count;
}

static int start_layer(const struct rank_input *input, const struct layer_scores *layer, struct arena *scratch, struct asking *asking) {
  size_t most = entropy(layer) < NEXT_CERTAIN ? 0 : count_open(input, layer);
  *asking = (struct asking){.input = input, .layer = layer};
  if (!most) return 0;
  asking->questions = arena_take_array(scratch, most, sizeof *asking->questions);
  asking->conditions = arena_take_array(scratch, most, sizeof *asking->conditions);
  asking->answerers = arena_take_array(scratch, layer->count + 1, sizeof *asking->answerers);
  asking->likelihoods = arena_take_array(scratch, layer->count + 1, sizeof *asking->likelihoods);
  asking->last = arena_take_array(scratch, layer->count + 1, sizeof *asking->last);
  if (!asking->last || !asking->questions || !asking->conditions || !asking->answerers || !asking->likelihoods) return -1;
  asking->count = sort_questions(asking->questions, gather(asking, asking->questions));
  return 0;
}

/* Leaves in wanted[] the facts that may be among the best: NEXT_FACTS others do not tell more for certain. */
static void choose(const double *least, const double *most, size_t count, bool *wanted) {
  double best[NEXT_FACTS + 1] = {0}; /* of `least`, descending */
  for (size_t f = 0; f < count; f++) {
    size_t at = NEXT_FACTS;
    for (best[at] = least[f]; at > 0 && best[at] > best[at - 1]; at--) {
      double kept = best[at];
      best[at] = best[at - 1];
      best[at - 1] = kept;
    }
  }
  for (size_t f = 0; f < count; f++) wanted[f] = most[f] > 0 && most[f] * (1 + 1e-9) >= best[NEXT_FACTS - 1];
}

static int add_layers(const struct rank_input *input, const struct layer_scores *scores, struct arena *scratch, double *gains) {
  size_t layers = input->base->layer_count, facts = input->base->catalog->count;
  struct asking *asking = arena_take_array(scratch, layers, sizeof *asking);
  double *least = arena_take_array(scratch, facts + 1, sizeof *least), *most = arena_take_array(scratch, facts + 1, sizeof *most);
  bool *wanted = arena_take_array(scratch, facts + 1, sizeof *wanted);
  if (!asking || !least || !most || !wanted) return -1;
  for (size_t k = 0; k < layers; k++) {
    if (start_layer(input, &scores[k], scratch, &asking[k])) return -1;
    bound(&asking[k], least, most);
  }
  choose(least, most, facts, wanted);
  for (size_t k = 0; k < layers; k++) add_gains(&asking[k], wanted, gains);
  return 0;
}

/* --- the list --- */

static int compare_next(const void *left, const void *right) {
  const struct next_fact *a = left, *b = right;
  return a->bits != b->bits ? (a->bits > b->bits ? -1 : 1) : strcmp(a->fact, b->fact);
}

static int list(const struct rank_input *input, const double *gains, struct verdict *verdict) {
  const struct fact_catalog *catalog = input->base->catalog;
  struct next_fact *next = arena_take_array(verdict->arena, catalog->count + 1, sizeof *next);
  if (!next) return -1;
  for (size_t f = 0; f < catalog->count; f++) {
    const struct fact_def *def = &catalog->defs[f];
    if (gains[f] < NEXT_LEAST_BITS) continue;
    next[verdict->next_count++] = (struct next_fact){.fact = def->path,
                                                     .bits = gains[f],
                                                     .how = def->how,
                                                     .privilege = def->privilege,
                                                     .partly = input->eval.facts->facts[f].state == FACT_PRESENT};
  }
  if (verdict->next_count) qsort(next, verdict->next_count, sizeof *next, compare_next);
  if (verdict->next_count > NEXT_FACTS) verdict->next_count = NEXT_FACTS;
  verdict->next = next;
  return 0;
}

int next_find(const struct rank_input *input, const struct layer_scores *scores, struct verdict *verdict) {
  assert(input && input->truths && scores && verdict);
  struct arena *scratch = arena_new();
  double *gains = scratch ? arena_take_array(scratch, input->base->catalog->count + 1, sizeof *gains) : NULL;
  int code = gains ? add_layers(input, scores, scratch, gains) : -1;
  if (!code) code = list(input, gains, verdict);
  arena_free(scratch);
  return code;
}
