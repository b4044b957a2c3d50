/* hostprint test: runs the examples that stand in the rules, and the corpus of machines and samples beside them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../collectors/os.h"
#include "../../db/yaml.h"
#include "../../reports/text.h"
#include "corpus.h"
#include "coverage.h"

/* How one case came out; `diags` is NULL where there is nothing to tell. */
struct outcome {
  bool failed;
  struct diag_list *diags;
};

struct worker {
  const struct corpus *corpus;
  struct outcome *outcomes;
  struct judge *judge;
  struct coverage *coverage; /* NULL: not asked for */
};

struct tests {
  struct cli *cli;
  struct corpus corpus; /* of the rules directory at hand */
  bool open;
  bool with_corpus, has_machines; /* has_machines: and samples */
  const char *only;               /* the one thing that was asked for, "LAYER/ID" */
  size_t passed[CASE_KINDS], failed[CASE_KINDS];
  struct buffer coverage;
};

/* --- one case --- */

static void add_value(struct buffer *text, const struct evidence *evidence) {
  buffer_format(text, "%s = ", evidence->fact ? evidence->fact : evidence->name);
  text_plain(text, evidence->value ? evidence->value : "absent");
  buffer_format(text, ", %+.1f bits", evidence->bits);
}

static void add_expected(struct buffer *text, const struct expectation *expected) {
  for (size_t i = 0; i < expected->id_count; i++) buffer_format(text, "%s%s", i ? " or " : "", expected->ids[i]);
  if (expected->at_least > 0) buffer_format(text, "%s at least %g", expected->id_count ? " with" : "", expected->at_least);
}

/* What was found and what was expected, in one diagnostic at the place of the expectation. */
static int tell(const struct corpus_case *of, const struct verdict *verdict, const struct expectation *expected, struct diag_list *diags) {
  struct buffer text = {0};
  const struct hypothesis *best = verdict_best(verdict, expected->layer);
  buffer_format(&text, "%s: %s is %s with probability %.4f", of->name, expected->layer, best->id, best->probability);
  if (best->evidence.count) {
    buffer_add(&text, " (strongest: ");
    add_value(&text, &best->evidence.items[0]);
    buffer_add(&text, ")");
  }
  buffer_add(&text, "; expected ");
  add_expected(&text, expected);
  for (size_t i = 0; i < expected->id_count; i++) {
    const struct hypothesis *right = verdict_find(verdict, expected->layer, expected->ids[i]);
    if (right && right != best) buffer_format(&text, "; %s has %.4f", right->id, right->probability);
  }
  struct diag diag = {.code = STATUS_RULE_EXAMPLE,
                      .file = of->file,
                      .line = expected->line,
                      .column = expected->column,
                      .message = text.text,
                      .hint = "mend the rule or its weights; or the expectation, where its source says otherwise"};
  int status = text.failed ? STATUS_MEMORY : diag_add(diags, diag);
  buffer_free(&text);
  return status;
}

static bool is_met(const struct expectation *expected, const struct verdict *verdict) {
  const struct hypothesis *best = verdict_best(verdict, expected->layer);
  return corpus_accepts(expected, best->id) && best->probability >= expected->at_least;
}

/* The platform of a look-alike that does not name any. */
static bool is_convicted(const struct corpus_case *of, const struct verdict *verdict, struct expectation *innocent) {
  const char *platform = verdict->layers[0].layer->id;
  const struct hypothesis *best = verdict_best(verdict, platform);
  bool named = false;
  for (size_t i = 0; i < of->expected_count; i++) named = named || strcmp(of->expected[i].layer, platform) == 0;
  *innocent = (struct expectation){.layer = platform, .ids = {"unknown", "none"}, .id_count = 2, .line = of->line, .column = 1};
  return of->is_lookalike && !named && !corpus_accepts(innocent, best->id) && best->probability > CORPUS_CONVICTED;
}

/* Adds a diagnostic for every expectation that does not hold. Only then are the reasons worked out. */
static int check_machine(struct worker *worker, const struct corpus_case *of, const struct report *report, struct outcome *outcome) {
  const struct verdict *verdict = NULL;
  struct judge_options options = cli_judge_options(report);
  struct expectation innocent;
  options.explain = false;
  int status = judge_facts(worker->judge, report->facts, report->id, options, &verdict);
  if (status) return status;
  bool convicted = is_convicted(of, verdict, &innocent);
  outcome->failed = convicted;
  for (size_t i = 0; i < of->expected_count; i++) outcome->failed = outcome->failed || !is_met(&of->expected[i], verdict);
  if (!outcome->failed) return STATUS_OK;
  options.explain = true;
  status = judge_facts(worker->judge, report->facts, report->id, options, &verdict);
  for (size_t i = 0; !status && i < of->expected_count; i++)
    if (!is_met(&of->expected[i], verdict)) status = tell(of, verdict, &of->expected[i], outcome->diags);
  if (!status && convicted) status = tell(of, verdict, &innocent, outcome->diags);
  return status == STATUS_MEMORY ? status : STATUS_OK;
}

static bool holds(const struct db_example *example, const struct hypothesis *own, const struct hypothesis *best) {
  if (strcmp(example->expect, "first") == 0) return best == own;
  if (strcmp(example->expect, "unknown") == 0) return best->thing == NULL;
  return best != own && own->probability < CORPUS_CONVICTED;
}

static int check_example(struct worker *worker, const struct db_example *example, const struct report *report, struct outcome *outcome) {
  const struct verdict *verdict = NULL;
  struct judge_options options = cli_judge_options(report);
  options.explain = false;
  int status = judge_facts(worker->judge, report->facts, report->id, options, &verdict);
  if (status) return status;
  const struct hypothesis *own = verdict_find(verdict, example->layer, example->id), *best = verdict_best(verdict, example->layer);
  outcome->failed = !holds(example, own, best);
  if (!outcome->failed) return STATUS_OK;
  status = diag_format(outcome->diags, STATUS_RULE_EXAMPLE, example->file, example->line, 1,
                       "expected %s/%s to be %s; it has probability %.3f (%+.1f bits), and %s ranks first with %.3f (%+.1f bits)", example->layer,
                       example->id, example->expect, own->probability, own->log_odds, best->id, best->probability, best->log_odds);
  return status == STATUS_MEMORY ? status : STATUS_OK;
}

static int run_case(void *context, size_t number) {
  struct worker *worker = context;
  const struct corpus_case *of = &worker->corpus->cases[number];
  struct outcome *outcome = &worker->outcomes[number];
  struct report *report = NULL;
  outcome->diags = diag_list_new();
  if (!outcome->diags) return STATUS_MEMORY;
  int status = corpus_report(worker->corpus, of, outcome->diags, &report);
  outcome->failed = status || of->is_broken;
  if (status) return status == STATUS_MEMORY ? status : STATUS_OK;
  if (worker->coverage) coverage_add(worker->coverage, report->facts);
  if (of->kind == CASE_EXAMPLE)
    status = check_example(worker, &of->example, report, outcome);
  else if (!of->is_broken)
    status = check_machine(worker, of, report, outcome);
  report_free(report);
  if (outcome->diags->count == 0) {
    diag_list_free(outcome->diags);
    outcome->diags = NULL;
  }
  return status;
}

/* --- all cases of one rules directory --- */

static int start(struct tests *tests, struct worker *workers, struct outcome *outcomes) {
  bool covered = cli_value(tests->cli, "coverage") != NULL;
  for (size_t w = 0; w < CORPUS_WORKERS; w++) {
    workers[w] = (struct worker){.corpus = &tests->corpus, .outcomes = outcomes, .judge = judge_new(tests->corpus.base)};
    if (covered) workers[w].coverage = coverage_new(&tests->corpus);
    if (!workers[w].judge || (covered && !workers[w].coverage)) return STATUS_MEMORY;
  }
  return STATUS_OK;
}

static void count(struct tests *tests, struct outcome *outcomes) {
  for (size_t i = 0; i < tests->corpus.count; i++) {
    const struct corpus_case *of = &tests->corpus.cases[i];
    struct diag_list *diags = outcomes[i].diags;
    for (size_t d = 0; diags && d < diags->count; d++) diag_add(tests->cli->diags, diags->items[d]);
    diag_list_free(diags);
    if (of->wanted) *(outcomes[i].failed ? &tests->failed[of->kind] : &tests->passed[of->kind]) += 1;
  }
}

static void cover(struct tests *tests, struct worker *workers) {
  if (!workers[0].coverage) return;
  for (size_t w = 1; w < CORPUS_WORKERS; w++) coverage_merge(workers[0].coverage, workers[w].coverage);
  coverage_print(workers[0].coverage, tests->only, &tests->coverage);
}

/* Runs what was asked of the rules directory at hand, and leaves it. */
static int finish(struct tests *tests) {
  struct worker workers[CORPUS_WORKERS] = {{0}};
  void *contexts[CORPUS_WORKERS];
  if (!tests->open) return STATUS_OK;
  struct outcome *outcomes = mem_new((tests->corpus.count + 1) * sizeof *outcomes);
  int status = outcomes ? start(tests, workers, outcomes) : STATUS_MEMORY;
  for (size_t w = 0; w < CORPUS_WORKERS; w++) contexts[w] = &workers[w];
  if (!status) status = corpus_walk(&tests->corpus, contexts, run_case);
  if (outcomes) count(tests, outcomes);
  if (!status) cover(tests, workers);
  for (size_t w = 0; w < CORPUS_WORKERS; w++) {
    judge_free(workers[w].judge);
    coverage_free(workers[w].coverage);
  }
  mem_free(outcomes);
  corpus_close(&tests->corpus);
  tests->open = false;
  return status;
}

/* --- what a PATH asks for --- */

static int open_rules(struct tests *tests, const char *directory) {
  if (tests->open && strcmp(tests->corpus.rules, directory) == 0) return STATUS_OK;
  int status = finish(tests);
  tests->has_machines = false;
  if (!status) status = corpus_open(&tests->corpus, tests->cli, directory);
  tests->open = !status;
  if (status) corpus_close(&tests->corpus);
  return status;
}

/* Takes the machines and samples that options name, or that lie beside the rules. */
static int take_corpus(struct tests *tests) {
  struct cli *cli = tests->cli;
  if (!tests->with_corpus || tests->has_machines) return STATUS_OK;
  const char *machines = cli_value(cli, "machines"), *samples = cli_value(cli, "samples");
  if (!machines) machines = corpus_beside(cli->arena, tests->corpus.rules, "tests/machines");
  if (!samples) samples = corpus_beside(cli->arena, tests->corpus.rules, "reports/samples");
  tests->has_machines = true;
  int status = machines ? corpus_add_machines(&tests->corpus, machines) : STATUS_OK;
  return status || !samples ? status : corpus_add_samples(&tests->corpus, samples);
}

/* "LAYER/ID" of a rule file, as it says itself; NULL for one that is no thing of a layer: shared signals, the model. */
static int read_name(struct cli *cli, const char *path, const char **name) {
  const struct yaml_node *root;
  int status = yaml_read(cli->arena, path, cli->diags, &root);
  *name = NULL;
  if (status) return status;
  const struct yaml_node *layer = yaml_member(root, "layer"), *id = yaml_member(root, "id");
  if (!layer || !id) return STATUS_OK;
  *name = arena_format(cli->arena, "%s/%s", layer->text, id->text);
  return *name ? STATUS_OK : STATUS_MEMORY;
}

static bool is_asked(const struct corpus_case *of, const char *wanted) {
  if (of->kind == CASE_EXAMPLE) return strcmp(of->name, wanted) == 0;
  for (size_t i = 0; i < of->expected_count; i++) {
    const char *layer = of->expected[i].layer;
    size_t length = strlen(layer);
    bool same = strncmp(wanted, layer, length) == 0 && wanted[length] == '/';
    if (same && corpus_accepts(&of->expected[i], wanted + length + 1)) return true;
  }
  return false;
}

static int want_all(struct tests *tests) {
  int status = take_corpus(tests);
  tests->only = NULL;
  for (size_t i = 0; !status && i < tests->corpus.count; i++) tests->corpus.cases[i].wanted = true;
  return status;
}

/* What others share touches every answer. */
static int want_file(struct tests *tests, const char *path) {
  int status = read_name(tests->cli, path, &tests->only);
  if (status) return status;
  if (!tests->only) return want_all(tests);
  status = take_corpus(tests);
  for (size_t i = 0; !status && i < tests->corpus.count; i++)
    if (is_asked(&tests->corpus.cases[i], tests->only)) tests->corpus.cases[i].wanted = true;
  return status;
}

static int want_machine(struct tests *tests, const char *path) {
  int status = corpus_add_machine(&tests->corpus, path);
  if (!status) tests->corpus.cases[tests->corpus.count - 1].wanted = true;
  return status;
}

/* True for a folder in the layout of a capture: it has one of the files that rules never have. */
static bool is_machine(struct arena *arena, const char *path) {
  static const char *const marks[] = {"expected.yaml", "capture.yaml"};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    enum os_kind kind;
    const char *file = arena_format(arena, "%s/%s", path, marks[i]);
    if (file && os_kind(file, &kind) == 0 && kind == OS_FILE) return true;
  }
  return false;
}

static int take_path(struct tests *tests, const char *path) {
  struct cli *cli = tests->cli;
  enum os_kind kind;
  int error = os_kind(path, &kind);
  if (error) return diag_format(cli->diags, STATUS_IO, path, 0, 0, "%s", strerror(error));
  bool machine = kind == OS_DIRECTORY && is_machine(cli->arena, path);
  const char *directory = cli_value(cli, "rules") ? cli_value(cli, "rules") : corpus_rules(cli->arena, path);
  if (!directory && machine) directory = corpus_rules(cli->arena, ".");
  if (!directory) return diag_format(cli->diags, STATUS_RULE_EMPTY, path, 0, 0, "no directory here or above holds model.yaml, or rules/model.yaml");
  int status = open_rules(tests, directory);
  if (status) return status;
  return machine ? want_machine(tests, path) : kind == OS_FILE ? want_file(tests, path) : want_all(tests);
}

/* --- the command --- */

static int report_counts(struct tests *tests) {
  static const char *const names[CASE_KINDS] = {[CASE_EXAMPLE] = "examples", [CASE_MACHINE] = "machines", [CASE_SAMPLE] = "samples"};
  size_t passed = 0, failed = 0;
  struct buffer *out = &tests->coverage;
  for (int kind = 0; kind < CASE_KINDS; kind++) {
    buffer_format(out, "%s: %zu passed, %zu failed\n", names[kind], tests->passed[kind], tests->failed[kind]);
    passed += tests->passed[kind];
    failed += tests->failed[kind];
  }
  buffer_format(out, "rules: %zu passed, %zu failed\n", passed, failed);
  int code = cli_put(out);
  return code ? code : failed ? EXIT_RULES : EXIT_VERDICT;
}

static int run_test(struct cli *cli) {
  const char *here = cli_value(cli, "rules") ? cli_value(cli, "rules") : "rules";
  struct tests tests = {.cli = cli, .with_corpus = !cli_value(cli, "no-corpus")};
  const char *const *paths = cli->argument_count ? cli->arguments : &here;
  size_t path_count = cli->argument_count ? cli->argument_count : 1;
  int status = STATUS_OK;
  for (size_t i = 0; !status && i < path_count; i++) status = take_path(&tests, paths[i]);
  int finished = finish(&tests);
  int code = report_counts(&tests);
  if (!status) status = finished;
  buffer_free(&tests.coverage);
  return status ? (int)status_info(status)->exit : code;
}

const struct command command_test = {
    .name = "test",
    .arguments = "[PATH...]",
    .summary = "run the examples that stand in the rules, and the corpus of machines and samples",
    .notes = "A PATH is a directory of rules (default: rules), one rule file, or the folder of one captured machine. A directory of rules\n"
             "is tested with its examples, with the machines in tests/machines and with the samples in reports/samples beside it; a rule\n"
             "file with its examples and with what is expected to be that thing (model.yaml and shared signals with everything). An example that "
             "names a report finds it in\n"
             "reports/samples. --coverage changes nothing in the result.",
    .run = run_test,
    .options =
        {
            {.name = "machines", .argument = "DIR", .help = "captured machines, each a folder with expected.yaml"},
            {.name = "samples", .argument = "DIR", .help = "saved reports beside one expected.json"},
            {.name = "no-corpus", .help = "only the examples"},
            {.name = "rules", .argument = "DIR", .help = "the rules that a machine is judged by (default: those above it)"},
            {.name = "coverage", .help = "tell which signals, facts and things nothing exercises"},
        },
};
