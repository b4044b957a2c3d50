/* hostprint evaluate: how right and how honest the verdicts on the corpus are, with all facts and under perturbation.
 *
 * Reads the cases, ranks each again and again, keeps every outcome. Must not know what any fact or thing is about. */
#include "evaluate.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../collectors/catalog.h"
#include "../../collectors/os.h"
#include "../rank.h"

struct worker {
  struct evaluation *evaluation;
  struct rule_base base;            /* a shallow copy whose first layer may lack things */
  const struct rule_thing **things; /* of that layer */
  struct match_cache *cache;
  struct arena *scratch; /* of one ranking */
  struct diag_list *diags;
};

/* --- questions --- */

/* True where `thing` is a kind of `ancestor`; not of itself. */
static bool is_kind_of(const struct rule_thing *thing, const struct rule_thing *ancestor) {
  return thing != ancestor && rule_is_kind(thing, ancestor);
}

static bool is_nothing(const char *id) { return strcmp(id, "unknown") == 0 || strcmp(id, "none") == 0; }

/* Everything accepted goes from the rules, but for what another accepted thing is a kind of. */
static void find_gone(const struct rule_base *base, struct question *question) {
  const struct expectation *expected = question->expected;
  const struct rule_thing *things[CORPUS_IDS];
  for (size_t i = 0; i < expected->id_count; i++)
    things[i] = is_nothing(expected->ids[i]) ? NULL : rule_base_find(base, expected->layer, expected->ids[i]);
  for (size_t i = 0; i < expected->id_count; i++) {
    bool above = false;
    for (size_t j = 0; j < expected->id_count; j++) above = above || (things[i] && is_kind_of(things[j], things[i]));
    if (things[i] && !question->of) question->of = things[i];
    if (things[i] && !above) question->gone[question->gone_count++] = things[i];
  }
}

/* Where either of two answers is accepted, the probability of neither can be held against it. */
static bool is_single(const struct rule_base *base, const struct expectation *expected) {
  size_t answers = 0;
  bool nothing = false;
  for (size_t i = 0; i < expected->id_count; i++) {
    bool known = rule_base_find(base, expected->layer, expected->ids[i]) != NULL;
    answers += known;
    nothing = nothing || !known;
  }
  return answers + nothing == 1;
}

static const char *label_of(struct arena *arena, const struct expectation *expected) {
  const char *label = expected->ids[0];
  for (size_t i = 1; label && i < expected->id_count; i++) label = arena_format(arena, "%s|%s", label, expected->ids[i]);
  return label;
}

static int add_question(struct evaluation *evaluation, struct tested *tested, const struct expectation *expected) {
  struct question *question = &tested->questions[tested->question_count];
  if (!expected->id_count) return STATUS_OK;
  *question = (struct question){.expected = expected, .label = label_of(evaluation->cli->arena, expected)};
  if (!question->label) return STATUS_MEMORY;
  while (strcmp(evaluation->base->layers[question->layer].id, expected->layer) != 0) question->layer++;
  find_gone(evaluation->base, question);
  question->is_single = is_single(evaluation->base, expected);
  tested->question_count++;
  return STATUS_OK;
}

/* A look-alike of which nothing is said is expected to be nothing that is known. */
static const struct expectation *innocence(const struct evaluation *evaluation, const struct corpus_case *of) {
  const char *layer = evaluation->base->layers[0].id;
  for (size_t i = 0; i < of->expected_count; i++)
    if (strcmp(of->expected[i].layer, layer) == 0) return NULL;
  struct expectation *innocent = of->is_lookalike ? arena_take(evaluation->cli->arena, sizeof *innocent) : NULL;
  if (innocent) *innocent = (struct expectation){.layer = layer, .ids = {"unknown", "none"}, .id_count = 2, .line = of->line, .column = 1};
  return innocent;
}

static int ask(struct evaluation *evaluation, struct corpus_case *of, struct tested *tested) {
  const struct expectation *innocent = of->is_broken ? NULL : innocence(evaluation, of);
  *tested = (struct tested){.of = of, .first = evaluation->outcome_count};
  tested->questions = arena_take_array(evaluation->cli->arena, of->expected_count + 1, sizeof *tested->questions);
  if (!tested->questions) return STATUS_MEMORY;
  int status = innocent ? add_question(evaluation, tested, innocent) : STATUS_OK;
  for (size_t i = 0; !of->is_broken && i < of->expected_count && !status; i++) status = add_question(evaluation, tested, &of->expected[i]);
  of->wanted = tested->question_count > 0;
  evaluation->wanted += of->wanted;
  evaluation->machine_count += of->wanted && of->kind == CASE_MACHINE;
  evaluation->outcome_count += tested->question_count * evaluation->slot_count;
  return status;
}

/* --- one ranking --- */

/* In leave-one-out the first layer's thing is not known: unknown is right, and whatever it is a kind of. */
static bool accepts(const struct question *question, bool gone, const struct rule_thing *thing) {
  if (!gone || question->layer != 0) return corpus_accepts(question->expected, evaluate_id(thing));
  for (size_t i = 0; thing && i < question->gone_count; i++)
    if (is_kind_of(question->gone[i], thing)) return true;
  return !thing;
}

static bool only_nothing(const struct expectation *expected) {
  for (size_t i = 0; i < expected->id_count; i++)
    if (!is_nothing(expected->ids[i])) return false;
  return true;
}

static bool is_kin(const struct evaluation *evaluation, const struct question *question, const struct rule_thing *answer) {
  const struct expectation *expected = question->expected;
  for (size_t i = 0; answer && i < expected->id_count; i++)
    if (is_kind_of(rule_base_find(evaluation->base, expected->layer, expected->ids[i]), answer)) return true;
  return false;
}

/* True where some signal still speaks for the thing. */
static bool is_traced(const struct score *score) {
  for (size_t r = 0; r < score->ruling_count; r++)
    if (score->rulings[r].truth == TRUTH_TRUE && score->rulings[r].bits > 0) return true;
  return false;
}

static struct outcome answer(const struct evaluation *evaluation, const struct question *question, const struct layer_scores *layers, bool gone) {
  const struct layer_scores *layer = &layers[question->layer];
  const struct score *best = rank_best(layer);
  struct outcome outcome = {.answer = best->thing, .probability = best->probability, .counted = true};
  for (size_t i = 0; i < layer->count; i++) {
    double probability = layer->scores[i].probability;
    if (accepts(question, gone, layer->scores[i].thing)) {
      outcome.accepted += probability;
      outcome.is_traced = outcome.is_traced || !layer->scores[i].thing || is_traced(&layer->scores[i]);
    } else {
      outcome.brier += probability * probability;
    }
  }
  outcome.brier += (1 - outcome.accepted) * (1 - outcome.accepted);
  outcome.right = accepts(question, gone, best->thing);
  outcome.is_single = question->is_single && !(gone && question->layer == 0 && question->of && question->of->parent);
  outcome.is_nothing = only_nothing(question->expected) || (gone && question->layer == 0);
  outcome.is_kin = !outcome.right && is_kin(evaluation, question, best->thing);
  outcome.is_convicted = !outcome.right && !outcome.is_kin && best->thing && best->probability >= CORPUS_CONVICTED;
  return outcome;
}

/* True where the thing goes in leave-one-out: with a thing go all its kinds, which cannot stand without it. */
static bool is_gone(const struct tested *tested, const struct rule_thing *thing) {
  for (size_t q = 0; q < tested->question_count; q++) {
    const struct question *question = &tested->questions[q];
    for (size_t g = 0; question->layer == 0 && g < question->gone_count; g++)
      if (rule_is_kind(thing, question->gone[g])) return true;
  }
  return false;
}

/* Takes from the worker's copy of the rules what leave-one-out takes, and gives how many things that is. Only the first layer may be
 * short of things: nothing but the ranking of lower layers asks a thing for its place. */
static size_t take_things(struct worker *worker, const struct tested *tested) {
  const struct rule_layer *whole = &worker->evaluation->base->layers[0];
  struct rule_layer *layer = &worker->base.layers[0];
  layer->thing_count = 0;
  for (size_t i = 0; i < whole->thing_count; i++)
    if (!is_gone(tested, whole->things[i])) worker->things[layer->thing_count++] = whole->things[i];
  return whole->thing_count - layer->thing_count;
}

static int rank_slot(struct worker *worker, const struct tested *tested, const struct report *report, size_t run, size_t draw) {
  const struct evaluation *evaluation = worker->evaluation;
  const struct perturbation *how = &evaluation->runs[run];
  struct outcome *all = &evaluation->outcomes[tested->first], *out = all + (evaluation->slot[run] + draw) * tested->question_count;
  bool gone = how->kind == PERTURB_BASE, first = run == 0;
  if (gone && !take_things(worker, tested)) return STATUS_OK;
  arena_reset(worker->scratch);
  const struct fact_set *facts = perturb_facts(how, report->facts, evaluation->seed, tested->of->name, draw, worker->scratch);
  if (!facts) return STATUS_MEMORY;
  bool changed = gone || facts != report->facts;
  if (!changed && !first) {
    memcpy(out, all, tested->question_count * sizeof *out);
    return STATUS_OK;
  }
  struct rank_input input = {.base = gone ? &worker->base : evaluation->base,
                             .eval = {.facts = facts, .cache = worker->cache, .ignore_forge = evaluation->ignore_forge},
                             .observed_day = report_day(report)};
  const struct layer_scores *layers = rank_layers(&input, worker->scratch);
  if (!layers) return STATUS_MEMORY;
  for (size_t q = 0; q < tested->question_count; q++) {
    out[q] = answer(evaluation, &tested->questions[q], layers, gone);
    out[q].changed = changed;
    if (first) evaluate_note_claims(worker->evaluation, &tested->questions[q], &layers[tested->questions[q].layer]);
  }
  return STATUS_OK;
}

static void show_progress(struct evaluation *evaluation) {
  size_t done = atomic_fetch_add(&evaluation->done, 1) + 1;
  if (evaluation->is_quiet || !isatty(STDERR_FILENO)) return;
  fprintf(stderr, "\r%zu of %zu%s", done, evaluation->wanted, done == evaluation->wanted ? "\r\033[K" : "");
}

static int evaluate_case(void *context, size_t number) {
  struct worker *worker = context;
  const struct evaluation *evaluation = worker->evaluation;
  const struct tested *tested = &evaluation->cases[number];
  struct report *report = NULL;
  int status = corpus_report(evaluation->corpus, tested->of, worker->diags, &report);
  for (size_t r = 0; r < evaluation->run_count; r++)
    for (size_t d = 0; d < evaluation->runs[r].draws && !status; d++) status = rank_slot(worker, tested, report, r, d);
  report_free(report);
  show_progress(worker->evaluation);
  return status;
}

/* --- workers --- */

static int start_worker(struct worker *worker, struct evaluation *evaluation) {
  const struct rule_base *base = evaluation->base;
  *worker = (struct worker){.evaluation = evaluation, .base = *base, .cache = match_cache_new(base->test_count)};
  worker->scratch = arena_new();
  worker->diags = diag_list_new();
  worker->base.layers = mem_new(base->layer_count * sizeof *base->layers);
  worker->things = mem_new((base->layers[0].thing_count + 1) * sizeof *worker->things);
  if (!worker->cache || !worker->scratch || !worker->diags || !worker->base.layers || !worker->things) return STATUS_MEMORY;
  memcpy(worker->base.layers, base->layers, base->layer_count * sizeof *base->layers);
  worker->base.layers[0].things = worker->things;
  return STATUS_OK;
}

static void stop_worker(struct worker *worker) {
  if (!worker->evaluation) return;
  match_cache_free(worker->cache);
  arena_free(worker->scratch);
  diag_list_free(worker->diags);
  mem_free(worker->base.layers);
  mem_free(worker->things);
}

static int walk_alone(struct worker *worker) {
  const struct corpus *corpus = worker->evaluation->corpus;
  int status = STATUS_OK;
  for (size_t i = 0; i < corpus->count && !status; i++)
    if (corpus->cases[i].wanted) status = evaluate_case(worker, i);
  return status;
}

int evaluate_work(struct evaluation *evaluation, long jobs) {
  struct worker workers[CORPUS_WORKERS] = {{0}};
  void *contexts[CORPUS_WORKERS];
  int status = STATUS_OK;
  for (size_t w = 0; w < CORPUS_WORKERS && !status; w++) {
    status = start_worker(&workers[w], evaluation);
    contexts[w] = &workers[w];
  }
  if (!status) status = jobs == 1 ? walk_alone(&workers[0]) : corpus_walk(evaluation->corpus, contexts, evaluate_case);
  for (size_t w = 0; w < CORPUS_WORKERS; w++) {
    for (size_t d = 0; workers[w].diags && d < workers[w].diags->count; d++) diag_add(evaluation->cli->diags, workers[w].diags->items[d]);
    stop_worker(&workers[w]);
  }
  return status;
}

/* --- the corpus --- */

static int take_cases(struct evaluation *evaluation, struct corpus *corpus) {
  struct cli *cli = evaluation->cli;
  int status = corpus_add_places(corpus, cli->arguments, cli->argument_count);
  evaluation->cases = status ? NULL : arena_take_array(cli->arena, corpus->count + 1, sizeof *evaluation->cases);
  if (!status && !evaluation->cases) status = STATUS_MEMORY;
  for (; evaluation->case_count < corpus->count && !status; evaluation->case_count++) {
    size_t i = evaluation->case_count;
    status = ask(evaluation, &corpus->cases[i], &evaluation->cases[i]);
  }
  if (!status && !evaluation->wanted)
    status = diag_format(cli->diags, STATUS_IO, NULL, 0, 0, "no machine and no sample with a known answer lies here or beside the rules");
  return status;
}

/* --- the command --- */

static int list_runs(struct evaluation *evaluation) {
  evaluation->run_count = perturb_list(&catalog, evaluation->runs);
  for (size_t r = 0; r < evaluation->run_count; r++) {
    evaluation->slot[r] = evaluation->slot_count;
    evaluation->slot_count += evaluation->runs[r].draws;
  }
  return evaluation->run_count ? STATUS_OK : STATUS_LIMIT;
}

static int tell(struct evaluation *evaluation, enum format format) {
  static void (*const tellers[FORMATS])(const struct evaluation *, struct buffer *) = {
      [FORMAT_TEXT] = evaluate_text, [FORMAT_JSON] = evaluate_json, [FORMAT_CSV] = evaluate_csv};
  struct cli *cli = evaluation->cli;
  const char *path = cli_value(cli, "html");
  struct buffer out = {0};
  int error = 0;
  if (path) evaluate_html(evaluation, &out);
  if (path) error = out.failed ? ENOMEM : os_write_file(path, out.text, out.length);
  if (error) diag_format(cli->diags, STATUS_IO, path, 0, 0, "%s", strerror(error));
  buffer_clear(&out);
  tellers[format](evaluation, &out);
  int code = cli_put(&out);
  buffer_free(&out);
  return code ? code : error ? EXIT_INPUT : EXIT_VERDICT;
}

static int tell_fit(struct evaluation *evaluation, struct rule_base *base, long jobs) {
  struct buffer out = {0};
  evaluation->is_quiet = true;
  int status = evaluate_fit(evaluation, base, jobs, &out);
  int code = status ? (int)status_info(status)->exit : cli_put(&out);
  buffer_free(&out);
  return code;
}

static int find_layer(struct evaluation *evaluation) {
  const char *wanted = cli_value(evaluation->cli, "layer");
  const struct rule_base *base = evaluation->base;
  evaluation->layer = base->layer_count;
  if (!wanted) return EXIT_VERDICT;
  const struct rule_layer *layer = rule_base_layer(base, wanted);
  if (!layer) return cli_usage(evaluation->cli, "there is no layer %s", wanted);
  evaluation->layer = (size_t)(layer - base->layers);
  return EXIT_VERDICT;
}

static int evaluate_with(struct cli *cli, struct corpus *corpus, enum format format, uint64_t seed, long jobs) {
  struct evaluation evaluation = {.cli = cli, .corpus = corpus, .base = corpus->base, .seed = seed, .ignore_forge = cli_adversary(cli)};
  if (find_layer(&evaluation) || evaluation.ignore_forge < -1) return EXIT_USAGE;
  int status = list_runs(&evaluation);
  if (!status) status = take_cases(&evaluation, corpus);
  if (!status) evaluation.outcomes = mem_new((evaluation.outcome_count + 1) * sizeof *evaluation.outcomes);
  if (!status && !evaluation.outcomes) status = STATUS_MEMORY;
  bool fits = cli_value(cli, "fit") != NULL;
  if (!status && !fits) status = evaluate_work(&evaluation, jobs);
  int code = status ? (int)status_info(status)->exit : fits ? tell_fit(&evaluation, corpus->base, jobs) : tell(&evaluation, format);
  mem_free(evaluation.outcomes);
  return code;
}

static int run_evaluate(struct cli *cli) {
  bool wrong = false;
  enum format format = cli_format(cli);
  uint64_t seed = (uint64_t)cli_number(cli, "seed", 0, INT_MAX, 1, &wrong);
  long jobs = cli_number(cli, "jobs", 1, CORPUS_WORKERS, CORPUS_WORKERS, &wrong);
  if (format == FORMATS || wrong) return EXIT_USAGE;
  if (format == FORMAT_HTML || format == FORMAT_NDJSON) return cli_usage(cli, "--format is text, json or csv here; --html writes a page");
  struct corpus corpus = {.cli = cli, .base = cli_base(cli, CLI_NAMED)};
  if (!corpus.base) return EXIT_DB;
  corpus.paths = rule_base_paths(corpus.base, &corpus.path_count);
  int code = corpus.paths ? evaluate_with(cli, &corpus, format, seed, jobs) : EXIT_INTERNAL;
  corpus_close(&corpus);
  return code;
}

const struct command command_evaluate = {
    .name = "evaluate",
    .arguments = "[CORPUS...]",
    .summary = "tell how right and how honest the verdicts on a corpus are, also with facts left out",
    .notes = "A CORPUS is a captured machine, a directory of them, or a directory of saved reports beside expected.json; without one, those\n"
             "beside the rules here. An answer is right where the expectation accepts it; its probability is the sum over all that is\n"
             "accepted. A look-alike of which no platform is said is expected to be none. Log loss is in bits. The Brier score is\n"
             "(1 - P(accepted))^2 + the sum of P^2 over every other answer. The calibration error has ten bins of the best answer's\n"
             "probability, over the cases where one answer is right and not either of two. A false conviction is a wrong answer other than unknown "
             "with a probability of one half or more; kin are answers\n"
             "that are true but not the whole truth: what is accepted is a kind of them. traced is top-1 where the answer can be told at\n"
             "all: nothing is to be found, or some evidence of it is left. half leaves out half of the facts that the catalogue lists, half-items\n"
             "draws each variable and each path by itself. leave-one-out takes the expected thing of the first layer, and its kinds,\n"
             "from the rules: right is then unknown, or what it is a kind of.",
    .run = run_evaluate,
    .options =
        {
            CLI_DB_OPTION,
            {.name = "seed", .argument = "N", .help = "of the random draws (default 1)"},
            {.name = "format", .letter = 'f', .argument = "FORMAT", .help = "text, json or csv"},
            {.name = "layer", .argument = "LAYER", .help = "tell of this layer only"},
            {.name = "adversary", .argument = "LEVEL", .help = "ignore what a tenant, root, image or vmm could fake"},
            {.name = "fit", .help = "fit the temperature and the known odds of model.yaml, with cross-validation; takes minutes"},
            {.name = "html", .argument = "FILE", .help = "write a page too: reliability diagrams, and a map of what each domain carries"},
            {.name = "jobs", .letter = 'j', .argument = "N", .help = "threads, 1 or 2 (default 2): the answers are the same"},
        },
};
