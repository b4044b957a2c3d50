/* hostprint ablate: what each domain of facts and each signal contributes to the right answers of the corpus.
 *
 * A domain (kernel, env, mounts...) is taken away by leaving all of its facts unknown, a signal by giving it no weight. Knows the
 * ranking; must not know what any fact or signal is about. */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../collectors/catalog.h"
#include "../rank.h"
#include "corpus.h"

#define DOMAINS 64       /* of the catalogue, at most */
#define NEAR_BITS 3.0    /* a wrong answer that stays farther behind the best changes nothing */
#define SHOWN_SIGNALS 40 /* in the text, most valuable first; the CSV has all */

/* What is left of the answers of one layer without one domain. */
struct cell {
  size_t answers, right; /* expected answers that had a known fact of the domain; right without it */
  size_t flips;          /* right with it, wrong without */
  double loss;           /* sum of bits of log2 probability of the right answer */
};

/* What one signal did. */
struct credit {
  size_t counted; /* times it carried bits for or against an answer of a layer that is expected */
  double bits;    /* their sum, towards the right answer */
  size_t flips;   /* right answers that become wrong without it */
};

struct domain {
  const char *name;          /* first part of a path; `length` of it */
  size_t length, first, end; /* facts [first, end) of the catalogue */
};

struct ablation {
  const struct corpus *corpus;
  struct domain domains[DOMAINS];
  size_t domain_count;
  size_t *first_signal; /* of each thing of the base: place of its first signal among all */
  size_t signal_count;
  atomic_size_t done;
  size_t wanted;
};

struct worker {
  struct ablation *ablation;
  const struct rule_base *base;
  struct match_cache *cache;
  unsigned char *given;  /* by test, for rankings without a signal: see struct eval */
  struct arena *scratch; /* of one ranking */
  struct arena *kept;    /* of the full ranking of one case */
  struct diag_list *diags;
  struct cell *cells; /* domain by layer; the last row is the whole, nothing taken away */
  struct credit *credits;
};

static size_t place_of(const struct worker *worker, const struct ruling *ruling) {
  size_t thing = (size_t)(ruling->owner - worker->base->things);
  return worker->ablation->first_signal[thing] + (size_t)(ruling->signal - ruling->owner->signals);
}

/* --- answers --- */

struct answers {
  bool right[CORPUS_IDS];  /* by expectation */
  double bits[CORPUS_IDS]; /* log2 of the probability of what is accepted */
};

static size_t layer_of(const struct rule_base *base, const char *id) {
  size_t k = 0;
  while (strcmp(base->layers[k].id, id) != 0) k++;
  return k;
}

static size_t answer_count(const struct corpus_case *of) { return of->expected_count < CORPUS_IDS ? of->expected_count : CORPUS_IDS; }

static struct answers judge_case(const struct worker *worker, const struct corpus_case *of, const struct layer_scores *layers) {
  struct answers answers = {{0}, {0}};
  for (size_t e = 0; e < answer_count(of); e++) {
    const struct expectation *expected = &of->expected[e];
    const struct layer_scores *layer = &layers[layer_of(worker->base, expected->layer)];
    double accepted = 0;
    for (size_t i = 0; i < layer->count; i++)
      if (corpus_accepts(expected, rank_id(&layer->scores[i]))) accepted += layer->scores[i].probability;
    answers.right[e] = corpus_accepts(expected, rank_id(rank_best(layer)));
    answers.bits[e] = log2(accepted > 1e-12 ? accepted : 1e-12);
  }
  return answers;
}

/* --- domains --- */

static bool is_known(const struct fact *fact) { return fact->state == FACT_PRESENT || fact->state == FACT_ABSENT; }

static void add_answers(struct worker *worker, size_t row, const struct corpus_case *of, const struct answers *with, const struct answers *without) {
  for (size_t e = 0; e < answer_count(of); e++) {
    struct cell *cell = &worker->cells[row * worker->base->layer_count + layer_of(worker->base, of->expected[e].layer)];
    cell->answers++;
    cell->right += without->right[e];
    cell->flips += with->right[e] && !without->right[e];
    cell->loss += with->bits[e] - without->bits[e];
  }
}

/* Ranks the case without one domain; the facts are put back. */
static int take_away(struct worker *worker, size_t row, const struct corpus_case *of, struct rank_input *input, const struct answers *with) {
  const struct domain *domain = &worker->ablation->domains[row];
  struct fact_set bare = *input->eval.facts;
  bool known = false;
  for (size_t f = domain->first; f < domain->end; f++) known = known || is_known(&bare.facts[f]);
  if (!known) return STATUS_OK;
  arena_reset(worker->scratch);
  struct fact *facts = arena_take_array(worker->scratch, catalog.count, sizeof *facts);
  if (!facts) return STATUS_MEMORY;
  memcpy(facts, bare.facts, catalog.count * sizeof *facts);
  for (size_t f = domain->first; f < domain->end; f++) facts[f] = (struct fact){.state = FACT_UNKNOWN};
  bare.facts = facts;
  struct rank_input changed = *input;
  changed.eval.facts = &bare;
  const struct layer_scores *layers = rank_layers(&changed, worker->scratch);
  if (!layers) return STATUS_MEMORY;
  struct answers without = judge_case(worker, of, layers);
  add_answers(worker, row, of, with, &without);
  return STATUS_OK;
}

/* --- signals --- */

/* Ranks the case with one signal weightless, and counts the right answers that turn wrong. */
static int blind(struct worker *worker, const struct corpus_case *of, const struct rank_input *input, const struct ruling *ruling,
                 const struct answers *with) {
  size_t test = ruling->signal->when->test;
  struct rank_input blinded = *input;
  blinded.eval.given = worker->given;
  worker->given[test] = TRUTH_UNKNOWN + 1; /* which adds nothing */
  arena_reset(worker->scratch);
  const struct layer_scores *layers = rank_layers(&blinded, worker->scratch);
  worker->given[test] = 0;
  if (!layers) return STATUS_MEMORY;
  struct answers without = judge_case(worker, of, layers);
  for (size_t e = 0; e < answer_count(of); e++) worker->credits[place_of(worker, ruling)].flips += with->right[e] && !without.right[e];
  return STATUS_OK;
}

/* True where the answers can depend on the signal: it speaks for what is best, or keeps something down that would come near. */
static bool matters(const struct score *score, const struct ruling *ruling, const struct score *best) {
  if (ruling->bits > 0) return score == best || score->probability > 0.01;
  return score->log_odds + 2 * fabs(ruling->bits) > best->log_odds - NEAR_BITS;
}

/* True where the owner of a signal is accepted, or something accepted is a kind of it. */
static bool speaks_for_right(const struct worker *worker, const struct expectation *expected, const struct rule_thing *owner) {
  for (size_t i = 0; i < expected->id_count; i++) {
    const struct rule_thing *thing = rule_base_find(worker->base, expected->layer, expected->ids[i]);
    if (rule_is_kind(thing, owner)) return true;
  }
  return false;
}

/* Each signal is looked at where it stands, in the score of its own thing. */
static int credit_score(struct worker *worker, const struct corpus_case *of, const struct rank_input *input, const struct score *score,
                        const struct score *best, const struct expectation *expected, const struct answers *with) {
  int status = STATUS_OK;
  for (size_t r = 0; r < score->ruling_count && !status; r++) {
    const struct ruling *ruling = &score->rulings[r];
    if (ruling->bits == 0 || ruling->owner != score->thing) continue;
    if (expected) {
      struct credit *credit = &worker->credits[place_of(worker, ruling)];
      credit->counted++;
      credit->bits += speaks_for_right(worker, expected, ruling->owner) ? ruling->bits : -ruling->bits;
    }
    if (matters(score, ruling, best)) status = blind(worker, of, input, ruling, with);
  }
  return status;
}

static int credit_signals(struct worker *worker, const struct corpus_case *of, const struct rank_input *input, const struct layer_scores *layers,
                          const struct answers *with) {
  int status = STATUS_OK;
  for (size_t k = 0; k < worker->base->layer_count && !status; k++) {
    const struct expectation *expected = NULL;
    const struct score *best = rank_best(&layers[k]);
    for (size_t e = 0; e < answer_count(of); e++)
      if (strcmp(of->expected[e].layer, worker->base->layers[k].id) == 0) expected = &of->expected[e];
    for (size_t i = 0; i + 1 < layers[k].count && !status; i++) status = credit_score(worker, of, input, &layers[k].scores[i], best, expected, with);
  }
  return status;
}

/* --- one case --- */

static void show_progress(struct ablation *ablation) {
  size_t done = atomic_fetch_add(&ablation->done, 1) + 1;
  if (!isatty(STDERR_FILENO)) return;
  fprintf(stderr, "\r%zu of %zu%s", done, ablation->wanted, done == ablation->wanted ? "\r\033[K" : "");
}

static int ablate_report(struct worker *worker, const struct corpus_case *of, const struct report *report) {
  struct rank_input input = {
      .base = worker->base, .eval = {.facts = report->facts, .cache = worker->cache, .ignore_forge = -1}, .observed_day = report_day(report)};
  arena_reset(worker->kept);
  const struct layer_scores *layers = rank_layers(&input, worker->kept);
  if (!layers) return STATUS_MEMORY;
  struct answers with = judge_case(worker, of, layers);
  add_answers(worker, worker->ablation->domain_count, of, &with, &with);
  int status = STATUS_OK;
  for (size_t d = 0; d < worker->ablation->domain_count && !status; d++) status = take_away(worker, d, of, &input, &with);
  return status ? status : credit_signals(worker, of, &input, layers, &with);
}

static int ablate_case(void *context, size_t number) {
  struct worker *worker = context;
  const struct corpus_case *of = &worker->ablation->corpus->cases[number];
  struct report *report = NULL;
  int status = corpus_report(worker->ablation->corpus, of, worker->diags, &report);
  if (!status) status = ablate_report(worker, of, report);
  report_free(report);
  show_progress(worker->ablation);
  return status;
}

/* --- telling --- */

struct line {
  const struct rule_thing *thing;
  const struct rule_signal *signal;
  const struct credit *credit;
};

/* Flips first, then all the bits that it brought, then by name. */
static int compare_lines(const void *left, const void *right) {
  const struct line *a = left, *b = right;
  if (a->credit->flips != b->credit->flips) return a->credit->flips > b->credit->flips ? -1 : 1;
  if (a->credit->bits != b->credit->bits) return a->credit->bits > b->credit->bits ? -1 : 1;
  int order = strcmp(a->thing->layer, b->thing->layer);
  if (!order) order = strcmp(a->thing->id, b->thing->id);
  return order ? order : strcmp(a->signal->id, b->signal->id);
}

static struct line *signal_lines(const struct worker *sum, struct arena *arena) {
  struct line *lines = arena_take_array(arena, sum->ablation->signal_count + 1, sizeof *lines);
  size_t count = 0;
  for (size_t t = 0; lines && t < sum->base->thing_count; t++)
    for (size_t s = 0; s < sum->base->things[t].signal_count; s++, count++)
      lines[count] = (struct line){&sum->base->things[t], &sum->base->things[t].signals[s], &sum->credits[count]};
  if (lines && count) qsort(lines, count, sizeof *lines, compare_lines);
  return lines;
}

/* Small enough to print as zero is zero: no -0.00. */
static double mean(double sum, size_t count) {
  double value = count ? sum / (double)count : 0;
  return fabs(value) < 0.00005 ? 0 : value;
}

static double rounded(double bits) { return fabs(bits) < 0.005 ? 0 : bits; }

static void csv_domains(const struct worker *sum, struct buffer *out) {
  for (size_t d = 0; d <= sum->ablation->domain_count; d++)
    for (size_t k = 0; k < sum->base->layer_count; k++) {
      const struct cell *cell = &sum->cells[d * sum->base->layer_count + k];
      const struct domain *domain = &sum->ablation->domains[d];
      bool whole = d == sum->ablation->domain_count;
      buffer_format(out, "domain,%.*s,%s,%zu,%zu,%.4f,%zu\n", whole ? 0 : (int)domain->length, whole ? "" : domain->name, sum->base->layers[k].id,
                    cell->answers, cell->right, mean(cell->loss, cell->answers), cell->flips);
    }
}

static void print_csv(const struct worker *sum, const struct line *lines, struct buffer *out) {
  buffer_add(out, "kind,name,layer,counted,right,bits,flips\n");
  csv_domains(sum, out);
  for (size_t i = 0; i < sum->ablation->signal_count; i++)
    buffer_format(out, "signal,%s.%s,%s,%zu,,%.4f,%zu\n", lines[i].thing->id, lines[i].signal->id, lines[i].thing->layer, lines[i].credit->counted,
                  mean(lines[i].credit->bits, lines[i].credit->counted), lines[i].credit->flips);
}

static void text_row(const struct worker *sum, size_t row, struct buffer *out) {
  for (size_t k = 0; k < sum->base->layer_count; k++) {
    const struct cell *cell = &sum->cells[row * sum->base->layer_count + k];
    char text[48] = "-";
    if (cell->answers && row < sum->ablation->domain_count)
      snprintf(text, sizeof text, "%zu/%zu %.2f", cell->right, cell->answers, rounded(mean(cell->loss, cell->answers)));
    else if (cell->answers)
      snprintf(text, sizeof text, "%zu/%zu", cell->right, cell->answers);
    buffer_format(out, " %15s", text);
  }
  buffer_add(out, "\n");
}

static void text_domains(const struct worker *sum, struct buffer *out) {
  const struct ablation *ablation = sum->ablation;
  buffer_add(out, "Without a domain of facts: answers that stay right, of those where the domain was known, and the mean loss in bits\n");
  buffer_format(out, "%-14s", "domain");
  for (size_t k = 0; k < sum->base->layer_count; k++) buffer_format(out, " %15s", sum->base->layers[k].id);
  buffer_format(out, "\n%-14s", "(none)");
  text_row(sum, ablation->domain_count, out);
  for (size_t d = 0; d < ablation->domain_count; d++) {
    bool known = false;
    for (size_t k = 0; k < sum->base->layer_count; k++) known = known || sum->cells[d * sum->base->layer_count + k].answers;
    if (!known) continue;
    buffer_format(out, "%-14.*s", (int)ablation->domains[d].length, ablation->domains[d].name);
    text_row(sum, d, out);
  }
}

static void print_text(const struct worker *sum, const struct line *lines, struct buffer *out) {
  size_t silent = 0, harmful = 0;
  text_domains(sum, out);
  buffer_format(out, "\nSignals: mean bits towards the right answer, times counted, answers that turn wrong without it (the first %d of %zu)\n",
                SHOWN_SIGNALS, sum->ablation->signal_count);
  for (size_t i = 0; i < sum->ablation->signal_count; i++) {
    const struct credit *credit = lines[i].credit;
    silent += !credit->counted;
    harmful += credit->bits < 0;
    if (i >= SHOWN_SIGNALS || !credit->counted) continue;
    buffer_format(out, "%+8.2f %6zu %4zu  %s/%s.%s\n", rounded(mean(credit->bits, credit->counted)), credit->counted, credit->flips,
                  lines[i].thing->layer, lines[i].thing->id, lines[i].signal->id);
  }
  buffer_format(out, "\nSignals that pull away from the right answer (%zu; %zu signals were never counted)\n", harmful, silent);
  for (size_t i = 0; i < sum->ablation->signal_count; i++) {
    const struct credit *credit = lines[i].credit;
    if (credit->bits < 0)
      buffer_format(out, "%+8.2f %6zu %4zu  %s/%s.%s\n", rounded(mean(credit->bits, credit->counted)), credit->counted, credit->flips,
                    lines[i].thing->layer, lines[i].thing->id, lines[i].signal->id);
  }
}

/* --- the command --- */

static int find_domains(struct ablation *ablation) {
  for (size_t f = 0; f < catalog.count; f++) {
    const char *path = catalog.defs[f].path;
    size_t length = strcspn(path, ".");
    struct domain *last = ablation->domain_count ? &ablation->domains[ablation->domain_count - 1] : NULL;
    if (last && last->length == length && strncmp(last->name, path, length) == 0) {
      last->end = f + 1;
      continue;
    }
    if (ablation->domain_count == DOMAINS) return STATUS_LIMIT;
    ablation->domains[ablation->domain_count++] = (struct domain){.name = path, .length = length, .first = f, .end = f + 1};
  }
  return STATUS_OK;
}

static int start_worker(struct worker *worker, struct ablation *ablation) {
  const struct rule_base *base = ablation->corpus->base;
  *worker = (struct worker){.ablation = ablation,
                            .base = base,
                            .cache = match_cache_new(base->test_count),
                            .given = mem_new(base->test_count + 1),
                            .scratch = arena_new(),
                            .kept = arena_new(),
                            .diags = diag_list_new()};
  worker->cells = mem_new((ablation->domain_count + 1) * base->layer_count * sizeof *worker->cells);
  worker->credits = mem_new((ablation->signal_count + 1) * sizeof *worker->credits);
  bool whole = worker->cache && worker->given && worker->scratch && worker->kept && worker->diags && worker->cells && worker->credits;
  return whole ? STATUS_OK : STATUS_MEMORY;
}

static void stop_worker(struct worker *worker) {
  match_cache_free(worker->cache);
  mem_free(worker->given);
  arena_free(worker->scratch);
  arena_free(worker->kept);
  diag_list_free(worker->diags);
  mem_free(worker->cells);
  mem_free(worker->credits);
}

static void merge(struct worker *sum, const struct worker *other) {
  for (size_t i = 0; i < (sum->ablation->domain_count + 1) * sum->base->layer_count; i++) {
    sum->cells[i].answers += other->cells[i].answers;
    sum->cells[i].right += other->cells[i].right;
    sum->cells[i].flips += other->cells[i].flips;
    sum->cells[i].loss += other->cells[i].loss;
  }
  for (size_t i = 0; i < sum->ablation->signal_count; i++) {
    sum->credits[i].counted += other->credits[i].counted;
    sum->credits[i].bits += other->credits[i].bits;
    sum->credits[i].flips += other->credits[i].flips;
  }
}

static int print(struct cli *cli, const struct worker *sum, enum format format) {
  struct buffer out = {0};
  const struct line *lines = signal_lines(sum, cli->arena);
  if (!lines) return EXIT_INTERNAL;
  if (format == FORMAT_CSV)
    print_csv(sum, lines, &out);
  else
    print_text(sum, lines, &out);
  int code = cli_put(&out);
  buffer_free(&out);
  return code;
}

static int run_workers(struct cli *cli, struct ablation *ablation, enum format format) {
  struct worker workers[CORPUS_WORKERS] = {{0}};
  void *contexts[CORPUS_WORKERS];
  int status = STATUS_OK;
  for (size_t w = 0; w < CORPUS_WORKERS && !status; w++) {
    status = start_worker(&workers[w], ablation);
    contexts[w] = &workers[w];
  }
  if (!status) status = corpus_walk(ablation->corpus, contexts, ablate_case);
  for (size_t w = 0; w < CORPUS_WORKERS; w++)
    for (size_t d = 0; workers[w].diags && d < workers[w].diags->count; d++) diag_add(cli->diags, workers[w].diags->items[d]);
  for (size_t w = 1; w < CORPUS_WORKERS && !status; w++) merge(&workers[0], &workers[w]);
  int code = status ? (int)status_info(status)->exit : print(cli, &workers[0], format);
  for (size_t w = 0; w < CORPUS_WORKERS; w++) stop_worker(&workers[w]);
  return code;
}

/* Takes what has an answer: machines and samples; those whose expectation cannot be read were told. */
static int take_cases(struct cli *cli, struct corpus *corpus, struct ablation *ablation, const char *rules) {
  const char *machines = cli_value(cli, "machines"), *samples = cli_value(cli, "samples");
  if (!machines) machines = corpus_beside(cli->arena, rules, "tests/machines");
  if (!samples) samples = corpus_beside(cli->arena, rules, "reports/samples");
  int status = corpus_open(corpus, cli, rules);
  if (!status && machines) status = corpus_add_machines(corpus, machines);
  if (!status && samples) status = corpus_add_samples(corpus, samples);
  for (size_t i = 0; !status && i < corpus->count; i++) {
    corpus->cases[i].wanted = corpus->cases[i].kind != CASE_EXAMPLE && !corpus->cases[i].is_broken;
    ablation->wanted += corpus->cases[i].wanted;
  }
  if (status || ablation->wanted) return status;
  return diag_format(cli->diags, STATUS_IO, rules, 0, 0, "no machine and no sample with a known answer lies beside the rules");
}

static int number_signals(struct cli *cli, struct ablation *ablation) {
  const struct rule_base *base = ablation->corpus->base;
  ablation->first_signal = arena_take_array(cli->arena, base->thing_count + 1, sizeof *ablation->first_signal);
  if (!ablation->first_signal) return STATUS_MEMORY;
  for (size_t t = 0; t < base->thing_count; t++) {
    ablation->first_signal[t] = ablation->signal_count;
    ablation->signal_count += base->things[t].signal_count;
  }
  return find_domains(ablation);
}

static int run_ablate(struct cli *cli) {
  enum format format = cli_format(cli);
  if (format == FORMATS) return EXIT_USAGE;
  if (format != FORMAT_TEXT && format != FORMAT_CSV) return cli_usage(cli, "--format is text or csv here");
  if (cli->argument_count > 1) return cli_usage(cli, "name one directory of rules");
  struct corpus corpus = {0};
  struct ablation ablation = {.corpus = &corpus};
  const char *given = cli->argument_count ? cli->arguments[0] : ".", *rules = corpus_rules(cli->arena, given);
  int status = rules ? STATUS_OK : diag_format(cli->diags, STATUS_RULE_EMPTY, given, 0, 0, "no directory here or above holds model.yaml");
  if (!status) status = take_cases(cli, &corpus, &ablation, rules);
  if (!status) status = number_signals(cli, &ablation);
  int code = status ? (int)status_info(status)->exit : run_workers(cli, &ablation, format);
  corpus_close(&corpus);
  return code;
}

const struct command command_ablate = {
    .name = "ablate",
    .arguments = "[RULES_DIR]",
    .summary = "tell what each domain of facts and each signal contributes to the right answers",
    .notes = "Judges tests/machines and reports/samples beside the rules again and again, each time without one domain of facts, or without\n"
             "one signal. The CSV has kind (domain or signal), name (empty: nothing is left out), layer, counted (answers, or times the\n"
             "signal carried bits), right (answers without the domain), bits (mean loss without the domain, or mean bits of the signal\n"
             "towards the right answer) and flips (right answers that turn wrong).",
    .run = run_ablate,
    .options =
        {
            {.name = "format", .letter = 'f', .argument = "FORMAT", .help = "text or csv"},
            {.name = "machines", .argument = "DIR", .help = "captured machines, each a folder with expected.yaml"},
            {.name = "samples", .argument = "DIR", .help = "saved reports beside one expected.json"},
        },
};
