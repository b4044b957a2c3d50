/* hostprint mutate: a directory of look-alikes with the answer that is true of each. Knows how they are drawn from the corpus, named
 * and written; what each kind is, and why its answer is true, is mutation.h's. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../../db/yaml.h"
#include "../../collectors/os.h"
#include "../../reports/json.h"
#include "lots.h"
#include "mutation.h"

#define COUNT_MOST 1000
#define COUNT_DEFAULT 100
#define TRIES 50 /* draws for one that was not drawn before */

struct mutate {
  struct cli *cli;
  struct corpus *corpus, *rules; /* rules: the near misses that stand in them */
  const char *directory;
  uint64_t seed;
  size_t wanted; /* of each kind */
  bool kinds[MUTATIONS];
  struct mutation_case *cases;
  size_t case_count;
  struct mutation *made; /* of one kind */
  size_t made_count;
  struct buffer line, expected;
  struct json_writer list;
};

/* --- the directory --- */

static int fail_io(struct mutate *mutate, const char *path, int error) {
  return diag_format(mutate->cli->diags, STATUS_IO, path, 0, 0, "cannot be written: %s", strerror(error));
}

/* Makes the directory, or takes an empty one. */
static int take_directory(struct mutate *mutate) {
  struct cli *cli = mutate->cli;
  int error = os_make_directory(mutate->directory);
  char **names;
  size_t count;
  if (!error) return STATUS_OK;
  if (error != EEXIST) return fail_io(mutate, mutate->directory, error);
  error = os_list(mutate->directory, 1, cli->arena, &names, &count);
  if (error) return fail_io(mutate, mutate->directory, error);
  if (count == 0) return STATUS_OK;
  struct diag diag = {.code = STATUS_IO, .file = mutate->directory, .hint = "name a new directory, or an empty one"};
  diag.message = arena_format(cli->arena, "holds something else already: %s", names[0]);
  return diag.message ? diag_add(cli->diags, diag) : STATUS_MEMORY;
}

static int write_part(struct mutate *mutate, const char *name, const struct buffer *text) {
  const char *path = arena_format(mutate->cli->arena, "%s/%s", mutate->directory, name);
  if (!path || text->failed) return STATUS_MEMORY;
  int error = os_write_file(path, text->text, text->length);
  return error ? fail_io(mutate, path, error) : STATUS_OK;
}

/* --- one look-alike --- */

static void put_expected(struct json_writer *list, const char *name, const char *source, const struct expectation *expected, size_t count) {
  json_key(list, name);
  json_open(list, '{');
  json_pair(list, "source", source);
  json_key(list, "layers");
  json_open(list, '{');
  for (size_t i = 0; i < count; i++) {
    json_key(list, expected[i].layer);
    json_open(list, '[');
    for (size_t k = 0; k < expected[i].id_count; k++) json_put_text(list, expected[i].ids[k]);
    json_close(list, ']');
  }
  json_close(list, '}');
  json_close(list, '}');
}

/* Fit for a file's name: what else a name may hold becomes a hyphen. */
static void add_name(struct buffer *out, const char *name) {
  static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  size_t length = strlen(name);
  for (size_t i = 0; i < length && i < 80; i++) buffer_append(out, strchr(fit, name[i]) ? &name[i] : "-", 1);
}

static const char *name_of(struct mutate *mutate, const struct mutation *how, size_t number) {
  struct buffer name = {0};
  buffer_format(&name, "%s-%04zu-", mutation_names[how->kind], number);
  add_name(&name, how->base->of->name);
  if (how->other) {
    buffer_add(&name, how->kind == MUTATE_HARDWARE ? "-on-" : "-as-");
    add_name(&name, how->other->of->name);
  }
  const char *kept = name.failed ? NULL : arena_text(mutate->cli->arena, name.text, name.length);
  buffer_free(&name);
  return kept;
}

/* Writes the look-alike and notes what is expected of it. */
static int put_mutation(struct mutate *mutate, const struct mutation *how, const struct report *base, const struct report *other, size_t number) {
  struct arena *arena = base->arena;
  size_t count;
  struct report made = *base;
  made.facts = mutation_facts(how, base->facts, other ? other->facts : NULL, arena);
  const struct expectation *expected = mutation_expected(how, mutate->corpus->base, arena, &count);
  made.id = name_of(mutate, how, number);
  made.tool = "hostprint " HOSTPRINT_VERSION;
  made.method = "mutate";
  made.source = arena_format(arena, "%s, seed %llu: %s%s%s", mutation_names[how->kind], (unsigned long long)mutate->seed, how->base->of->name,
                             other ? " and " : "", other ? how->other->of->name : "");
  const char *file = made.id ? arena_format(arena, "%s.json", made.id) : NULL;
  if (!made.facts || !expected || !made.source || !file) return STATUS_MEMORY;
  buffer_clear(&mutate->line);
  int status = report_write(&made, &mutate->line);
  if (buffer_add(&mutate->line, "\n")) status = STATUS_MEMORY;
  if (!status) status = write_part(mutate, file, &mutate->line);
  if (!status) put_expected(&mutate->list, made.id, made.source, expected, count);
  return status;
}

static int make_one(struct mutate *mutate, const struct mutation *how, size_t number) {
  struct report *base = NULL, *other = NULL;
  struct diag_list *diags = mutate->cli->diags;
  int status = corpus_report(mutate->corpus, how->base->of, diags, &base);
  if (!status && how->other) status = corpus_report(mutate->corpus, how->other->of, diags, &other);
  if (!status) status = put_mutation(mutate, how, base, other, number);
  report_free(base);
  report_free(other);
  return status;
}

/* --- all of them --- */

static bool is_made(const struct mutate *mutate, const struct mutation *how) {
  for (size_t i = 0; i < mutate->made_count; i++)
    if (mutation_is_same(&mutate->made[i], how)) return true;
  return how->base == how->other;
}

static int make_kind(struct mutate *mutate, enum mutation_kind kind) {
  uint64_t lots = lots_of(mutate->seed, mutation_names[kind], 0);
  int status = STATUS_OK;
  mutate->made_count = 0;
  for (size_t tries = 0; mutate->made_count < mutate->wanted && tries < mutate->wanted * TRIES && !status; tries++) {
    struct mutation how;
    if (!mutation_draw(kind, mutate->cases, mutate->case_count, &lots, &how)) break;
    if (is_made(mutate, &how)) continue;
    mutate->made[mutate->made_count++] = how;
    status = make_one(mutate, &how, mutate->made_count);
  }
  if (!status && mutate->made_count < mutate->wanted)
    fprintf(stderr, "hostprint mutate: %s: the corpus gives %zu of %zu\n", mutation_names[kind], mutate->made_count, mutate->wanted);
  return status;
}

static int look_at(struct mutate *mutate, const struct corpus *corpus) {
  for (size_t i = 0; i < corpus->count; i++) {
    struct report *report = NULL;
    if (corpus->cases[i].is_broken) continue;
    int status = corpus_report(corpus, &corpus->cases[i], mutate->cli->diags, &report);
    if (!status) mutation_look(&corpus->cases[i], report->facts, mutate->corpus->base, &mutate->cases[mutate->case_count++]);
    report_free(report);
    if (status) return status;
  }
  return STATUS_OK;
}

/* The examples of the rules here, if there are any. */
static int open_rules(struct mutate *mutate) {
  const char *rules = mutate->kinds[MUTATE_CLIENT] ? corpus_rules(mutate->cli->arena, ".") : NULL;
  return rules ? corpus_open(mutate->rules, mutate->cli, rules) : STATUS_OK;
}

static int look_at_all(struct mutate *mutate) {
  struct arena *arena = mutate->cli->arena;
  int status = open_rules(mutate);
  mutate->cases = arena_take_array(arena, mutate->corpus->count + mutate->rules->count + 1, sizeof *mutate->cases);
  mutate->made = arena_take_array(arena, mutate->wanted, sizeof *mutate->made);
  if (!status && (!mutate->cases || !mutate->made)) status = STATUS_MEMORY;
  if (!status) status = look_at(mutate, mutate->corpus);
  return status ? status : look_at(mutate, mutate->rules);
}

static int make_all(struct mutate *mutate) {
  struct cli *cli = mutate->cli;
  int status = corpus_add_places(mutate->corpus, cli->arguments, cli->argument_count);
  if (!status && !mutate->corpus->count)
    status = diag_format(cli->diags, STATUS_IO, NULL, 0, 0, "no machine and no sample with a known answer lies here");
  if (!status && cli->diags->errors) status = cli->diags->items[0].code;
  if (!status) status = look_at_all(mutate);
  if (!status) status = take_directory(mutate);
  mutate->list = (struct json_writer){.out = &mutate->expected, .pretty = true};
  json_open(&mutate->list, '{');
  for (int kind = 0; kind < MUTATIONS && !status; kind++)
    if (mutate->kinds[kind]) status = make_kind(mutate, (enum mutation_kind)kind);
  json_close(&mutate->list, '}');
  buffer_add(&mutate->expected, "\n");
  if (!status && mutate->expected.length > YAML_FILE_BYTES)
    status = diag_format(cli->diags, STATUS_LIMIT, mutate->directory, 0, 0,
                         "an expected.json of more than %zu bytes, which nothing would read; make fewer with --count, or one --kind at a time",
                         YAML_FILE_BYTES);
  return status ? status : write_part(mutate, "expected.json", &mutate->expected);
}

/* --- the command --- */

/* The kinds of --kind, separated by commas; all without it. 0, or EXIT_USAGE after telling. */
static int read_kinds(struct mutate *mutate) {
  const char *text = cli_value(mutate->cli, "kind");
  for (int kind = 0; kind < MUTATIONS; kind++) mutate->kinds[kind] = !text;
  while (text) {
    size_t length = strcspn(text, ",");
    int kind = 0;
    while (kind < MUTATIONS && (strlen(mutation_names[kind]) != length || memcmp(text, mutation_names[kind], length) != 0)) kind++;
    if (kind == MUTATIONS) return cli_usage(mutate->cli, "there is no kind %.*s", (int)length, text);
    mutate->kinds[kind] = true;
    text = text[length] ? text + length + 1 : NULL;
  }
  return EXIT_VERDICT;
}

static int run_mutate(struct cli *cli) {
  bool wrong = false;
  struct corpus corpus = {.cli = cli}, rules = {.cli = cli};
  struct mutate mutate = {.cli = cli, .corpus = &corpus, .rules = &rules, .directory = cli_output(cli)};
  mutate.seed = (uint64_t)cli_number(cli, "seed", 0, INT_MAX, 1, &wrong);
  mutate.wanted = (size_t)cli_number(cli, "count", 1, COUNT_MOST, COUNT_DEFAULT, &wrong);
  if (wrong || read_kinds(&mutate)) return EXIT_USAGE;
  if (!mutate.directory) return cli_usage(cli, "say with -o which directory to make");
  corpus.base = cli_base(cli, CLI_NAMED);
  if (!corpus.base) return EXIT_DB;
  corpus.paths = rule_base_paths(corpus.base, &corpus.path_count);
  int status = corpus.paths ? make_all(&mutate) : STATUS_MEMORY;
  buffer_free(&mutate.line);
  buffer_free(&mutate.expected);
  corpus_close(&corpus);
  corpus_close(&rules);
  return status ? (int)status_info(status)->exit : EXIT_VERDICT;
}

#define KIND_HELP(id, name, pad, help) "  " name pad "  " help "\n"

const struct command command_mutate = {
    .name = "mutate",
    .arguments = "[CORPUS...]",
    .summary = "make look-alikes of a corpus, each with the answer that is true of it",
    .notes = "A CORPUS is what evaluate takes; the look-alikes are reports beside expected.json, which evaluate and test read. The same seed\n"
             "and corpus give the same files. What is expected follows from what is expected of the machines that a look-alike is made\n"
             "of. Near misses are those of the rules here. The directory must be new or empty; expected.json is written last.\n\n" MUTATION_KINDS(
                 KIND_HELP),
    .run = run_mutate,
    .options =
        {
            {.name = "output", .letter = 'o', .argument = "DIR", .help = "the directory to make"},
            {.name = "seed", .argument = "N", .help = "of the draws (default 1)"},
            {.name = "kind", .argument = "KINDS", .help = "only these, separated by commas (default: all)"},
            {.name = "count", .argument = "N", .help = "of each kind, at most (default 100)"},
            CLI_DB_OPTION,
        },
};
