/* See corpus.h. */
#include "corpus.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../../collectors/catalog.h"
#include "../../collectors/collect.h"
#include "../../collectors/os.h"
#include "../../db/yaml.h"
#include "../rank.h"

#define PARENTS 16 /* directories that are gone up */
#define LOOKALIKE "lookalike-"

/* --- places --- */

static bool is_there(const char *path, enum os_kind wanted) {
  enum os_kind kind;
  return path && os_kind(path, &kind) == 0 && kind == wanted;
}

/* By the text of the path where it can be shortened, so that neighbours have the same parent; else with .. */
static const char *parent(struct arena *arena, const char *path) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') length--;
  size_t name = length;
  while (name > 0 && path[name - 1] != '/') name--;
  bool dots = length - name <= 2 && strspn(path + name, ".") == length - name;
  if (dots) return arena_format(arena, "%.*s/..", (int)length, path);
  while (name > 1 && path[name - 1] == '/') name--;
  return name ? arena_text(arena, path, name) : ".";
}

static const char *below(struct arena *arena, const char *directory, const char *tail) {
  return strcmp(directory, ".") == 0 ? tail : arena_format(arena, "%s/%s", directory, tail);
}

const char *corpus_rules(struct arena *arena, const char *path) {
  for (int i = 0; path && i < PARENTS; i++) {
    const char *here = below(arena, path, "model.yaml"), *beside = below(arena, path, "rules/model.yaml");
    if (is_there(here, OS_FILE)) return path;
    if (is_there(beside, OS_FILE)) return below(arena, path, "rules");
    path = parent(arena, path);
  }
  return NULL;
}

const char *corpus_beside(struct arena *arena, const char *directory, const char *tail) {
  const char *above = parent(arena, directory), *path = above ? below(arena, above, tail) : NULL;
  return is_there(path, OS_DIRECTORY) ? path : NULL;
}

/* --- expectations --- */

struct reader {
  struct corpus *corpus;
  struct diag_list *diags;
  const char *file;
  bool failed;
};

static void complain(struct reader *reader, const struct yaml_node *node, int code, const char *hint, const char *message) {
  struct diag diag = {.code = code, .file = reader->file, .message = message ? message : "", .hint = hint};
  diag.line = node ? node->line : 1;
  diag.column = node ? node->column : 1;
  diag_add(reader->diags, diag);
  reader->failed = true;
}

#define COMPLAIN(reader, node, code, hint, ...) complain(reader, node, code, hint, arena_format((reader)->corpus->cli->arena, __VA_ARGS__))

static const char *did_you_mean(struct reader *reader, const char *word, const char *const *known, size_t count) {
  const char *near = status_nearest(word, known, count);
  return near ? arena_format(reader->corpus->cli->arena, "did you mean %s?", near) : NULL;
}

static bool is_map(struct reader *reader, const struct yaml_node *node, const char *what) {
  if (node->kind == YAML_MAP) return true;
  COMPLAIN(reader, node, STATUS_RULE_TYPE, "tests/machines/README.md shows the form", "%s is %s; expected a map", what, yaml_kind_name(node->kind));
  return false;
}

/* True where every key of the map is one of `keys`, which end with NULL. */
static bool has_only(struct reader *reader, const struct yaml_node *map, const char *const *keys) {
  size_t count = 0;
  bool good = true;
  while (keys[count]) count++;
  for (const struct yaml_node *item = map->first; item; item = item->next) {
    size_t i = 0;
    while (i < count && strcmp(keys[i], item->key->text) != 0) i++;
    if (i < count) continue;
    const char *hint = did_you_mean(reader, item->key->text, keys, count);
    COMPLAIN(reader, item->key, STATUS_RULE_UNKNOWN_KEY, hint ? hint : "tests/machines/README.md lists the keys", "found \"%.60s\"", item->key->text);
    good = false;
  }
  return good;
}

static const struct rule_layer *read_layer(struct reader *reader, const struct yaml_node *key) {
  const struct rule_base *base = reader->corpus->base;
  const struct rule_layer *layer = rule_base_layer(base, key->text);
  if (layer) return layer;
  const char **names = arena_take_array(reader->corpus->cli->arena, base->layer_count, sizeof *names);
  for (size_t i = 0; names && i < base->layer_count; i++) names[i] = base->layers[i].id;
  COMPLAIN(reader, key, STATUS_RULE_LAYER, names ? did_you_mean(reader, key->text, names, base->layer_count) : NULL, "found \"%.60s\"", key->text);
  return NULL;
}

/* Every layer may come out unknown, or have none. */
static bool is_known(const struct rule_base *base, const char *layer, const char *id) {
  return strcmp(id, "unknown") == 0 || strcmp(id, "none") == 0 || rule_base_find(base, layer, id);
}

static void read_id(struct reader *reader, const struct yaml_node *node, const struct rule_layer *layer, struct expectation *out) {
  if (node->kind != YAML_TEXT) {
    COMPLAIN(reader, node, STATUS_RULE_TYPE, NULL, "the answer for %s is %s; expected an id or a list of ids", layer->id, yaml_kind_name(node->kind));
  } else if (!is_known(reader->corpus->base, layer->id, node->text)) {
    const char **names = arena_take_array(reader->corpus->cli->arena, layer->thing_count + 1, sizeof *names);
    for (size_t i = 0; names && i < layer->thing_count; i++) names[i] = layer->things[i]->id;
    COMPLAIN(reader, node, STATUS_RULE_REFERENCE, names ? did_you_mean(reader, node->text, names, layer->thing_count) : NULL,
             "no rule of the layer %s has the id \"%.60s\"", layer->id, node->text);
  } else if (out->id_count == CORPUS_IDS) {
    COMPLAIN(reader, node, STATUS_RULE_SIZE, NULL, "more than %d answers for %s", CORPUS_IDS, layer->id);
  } else {
    out->ids[out->id_count++] = node->text;
  }
}

static void read_answer(struct reader *reader, const struct yaml_node *node, struct expectation *out) {
  const struct rule_layer *layer = read_layer(reader, node->key);
  *out = (struct expectation){.layer = node->key->text, .line = node->key->line, .column = node->key->column};
  if (!layer) return;
  if (node->kind != YAML_LIST) read_id(reader, node, layer, out);
  for (const struct yaml_node *item = node->kind == YAML_LIST ? node->first : NULL; item; item = item->next) read_id(reader, item, layer, out);
}

static void read_limit(struct reader *reader, const struct yaml_node *node, struct expectation *expected, size_t count) {
  char *end = NULL;
  double number = node->kind == YAML_TEXT ? strtod(node->text, &end) : 0;
  if (!end || end == node->text || *end || !(number > 0 && number <= 1)) {
    COMPLAIN(reader, node, STATUS_RULE_WEIGHT, "write a number above 0 and at most 1", "at_least of %.60s is no probability", node->key->text);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    if (strcmp(expected[i].layer, node->key->text) != 0) continue;
    expected[i].at_least = number;
    return;
  }
  COMPLAIN(reader, node->key, STATUS_RULE_MISSING_KEY, "name the layer under layers too", "at_least speaks of %.60s, and layers does not",
           node->key->text);
}

static void read_source(struct reader *reader, const struct yaml_node *node) {
  static const char *const keys[] = {"title", "url", "observed", NULL};
  if (!is_map(reader, node, "source") || !has_only(reader, node, keys)) return;
  for (size_t i = 0; keys[i]; i++) {
    const struct yaml_node *value = yaml_member(node, keys[i]);
    if (!value || value->kind != YAML_TEXT || !value->length)
      COMPLAIN(reader, value ? value : node->key, STATUS_RULE_MISSING_KEY, NULL, "source has no %s", keys[i]);
  }
  const struct yaml_node *date = yaml_member(node, "observed");
  if (date && date->length && (date->length != 10 || rank_day(date->text) == LONG_MIN))
    COMPLAIN(reader, date, STATUS_RULE_DATE, NULL, "found \"%.40s\"; expected a date as 2026-03-24", date->text);
}

static void read_layers(struct reader *reader, const struct yaml_node *layers, const struct yaml_node *limits, struct corpus_case *out) {
  struct expectation *expected = arena_take_array(reader->corpus->cli->arena, layers->count + 1, sizeof *expected);
  if (!expected) {
    complain(reader, layers, STATUS_MEMORY, NULL, NULL);
    return;
  }
  for (const struct yaml_node *item = layers->first; item; item = item->next) read_answer(reader, item, &expected[out->expected_count++]);
  bool limited = limits && is_map(reader, limits, "at_least");
  for (const struct yaml_node *item = limited ? limits->first : NULL; item; item = item->next)
    read_limit(reader, item, expected, out->expected_count);
  out->expected = expected;
}

/* The expectation of one machine or sample, at `root`; `sourced`: source is a map and must be there. */
static void read_expected(struct reader *reader, const struct yaml_node *root, bool sourced, struct corpus_case *out) {
  static const char *const keys[] = {"source", "layers", "at_least", NULL};
  reader->failed = false;
  if (is_map(reader, root, "the expectation") && has_only(reader, root, keys)) {
    const struct yaml_node *source = yaml_member(root, "source"), *layers = yaml_member(root, "layers");
    const struct yaml_node *at = root->key ? root->key : root;
    if (source && sourced) read_source(reader, source);
    if (!source) COMPLAIN(reader, at, STATUS_RULE_MISSING_KEY, NULL, "there is no source");
    if (!layers) COMPLAIN(reader, at, STATUS_RULE_MISSING_KEY, NULL, "there is no layers: nothing is expected");
    if (layers && is_map(reader, layers, "layers")) read_layers(reader, layers, yaml_member(root, "at_least"), out);
  }
  out->line = root->key ? root->key->line : 1;
  out->is_broken = reader->failed;
}

/* --- cases --- */

static struct corpus_case *add_case(struct corpus *corpus, struct corpus_case made) {
  if (mem_grow(&corpus->cases, &corpus->capacity, corpus->count + 1, sizeof *corpus->cases)) return NULL;
  corpus->cases[corpus->count] = made;
  return &corpus->cases[corpus->count++];
}

static const char *keep(struct arena *arena, const char *text) { return text ? arena_text(arena, text, strlen(text)) : NULL; }

static int take_example(void *context, const struct db_example *found) {
  struct corpus *corpus = context;
  struct arena *arena = corpus->cli->arena;
  struct corpus_case made = {.kind = CASE_EXAMPLE, .line = found->line};
  made.name = arena_format(arena, "%s/%s", found->layer, found->id);
  made.file = keep(arena, found->file);
  if (found->report) made.path = arena_format(arena, "%s/../reports/samples/%s.json", corpus->rules, found->report);
  if (!made.name || !made.file) return STATUS_MEMORY;
  made.example = (struct db_example){.layer = keep(arena, found->layer),
                                     .id = keep(arena, found->id),
                                     .report = keep(arena, found->report),
                                     .facts = keep(arena, found->facts),
                                     .expect = keep(arena, found->expect),
                                     .file = made.file,
                                     .line = found->line};
  return add_case(corpus, made) ? STATUS_OK : STATUS_MEMORY;
}

int corpus_open(struct corpus *corpus, struct cli *cli, const char *rules) {
  assert(corpus && cli && rules);
  *corpus = (struct corpus){.cli = cli, .rules = rules};
  struct compile_options options = {.rules = rules, .drafts = true, .catalog = &catalog};
  int status = db_compile_memory(options, &corpus->base, take_example, corpus, cli->diags);
  if (!status) corpus->paths = rule_base_paths(corpus->base, &corpus->path_count);
  return status;
}

void corpus_close(struct corpus *corpus) {
  if (!corpus) return;
  rule_base_free(corpus->base);
  mem_free(corpus->cases);
  *corpus = (struct corpus){0};
}

static const char *last_part(struct arena *arena, const char *path) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') length--;
  size_t name = length;
  while (name > 0 && path[name - 1] != '/') name--;
  return arena_text(arena, path + name, length - name);
}

int corpus_add_machine(struct corpus *corpus, const char *folder) {
  struct cli *cli = corpus->cli;
  struct corpus_case made = {.kind = CASE_MACHINE, .name = last_part(cli->arena, folder), .path = folder, .is_broken = true};
  const struct yaml_node *root;
  made.file = arena_format(cli->arena, "%s/expected.yaml", folder);
  if (!made.name || !made.file) return STATUS_MEMORY;
  struct reader reader = {.corpus = corpus, .diags = cli->diags, .file = made.file};
  if (!is_there(made.file, OS_FILE))
    diag_format(cli->diags, STATUS_IO, made.file, 0, 0, "a captured machine says here what it is, and by which source; there is no such file");
  else if (!yaml_read(cli->arena, made.file, cli->diags, &root))
    read_expected(&reader, root, true, &made);
  return add_case(corpus, made) ? STATUS_OK : STATUS_MEMORY;
}

static int list(struct corpus *corpus, const char *directory, char ***names, size_t *count) {
  int error = os_list(directory, CORPUS_MACHINES + 1, corpus->cli->arena, names, count);
  if (error) return diag_format(corpus->cli->diags, STATUS_IO, directory, 0, 0, "%s", strerror(error));
  if (*count <= CORPUS_MACHINES) return STATUS_OK;
  return diag_format(corpus->cli->diags, STATUS_LIMIT, directory, 0, 0, "more than %zu entries", CORPUS_MACHINES);
}

int corpus_add_machines(struct corpus *corpus, const char *directory) {
  char **names;
  size_t count;
  int status = list(corpus, directory, &names, &count);
  for (size_t i = 0; !status && i < count; i++) {
    const char *folder = arena_format(corpus->cli->arena, "%s/%s", directory, names[i]);
    if (!folder) return STATUS_MEMORY;
    if (names[i][0] != '.' && is_there(folder, OS_DIRECTORY)) status = corpus_add_machine(corpus, folder);
  }
  return status;
}

static int add_sample(struct reader *reader, const char *directory, const char *name, const struct yaml_node *all) {
  struct corpus *corpus = reader->corpus;
  struct arena *arena = corpus->cli->arena;
  struct corpus_case made = {.kind = CASE_SAMPLE, .file = reader->file, .is_broken = true};
  made.name = arena_text(arena, name, strlen(name) - strlen(".json"));
  made.path = arena_format(arena, "%s/%s", directory, name);
  if (!made.name || !made.path) return STATUS_MEMORY;
  made.is_lookalike = strncmp(made.name, LOOKALIKE, strlen(LOOKALIKE)) == 0;
  const struct yaml_node *own = all->kind == YAML_MAP ? yaml_member(all, made.name) : NULL;
  if (own)
    read_expected(reader, own, false, &made);
  else
    COMPLAIN(reader, NULL, STATUS_RULE_MISSING_KEY, NULL, "nothing is expected of the sample %s", made.name);
  return add_case(corpus, made) ? STATUS_OK : STATUS_MEMORY;
}

static bool is_sample(const char *name) {
  size_t length = strlen(name), end = strlen(".json");
  return name[0] != '.' && length > end && strcmp(name + length - end, ".json") == 0 && strcmp(name, "expected.json") != 0;
}

int corpus_add_samples(struct corpus *corpus, const char *directory) {
  struct cli *cli = corpus->cli;
  const struct yaml_node *all;
  char **names;
  size_t count;
  struct reader reader = {.corpus = corpus, .diags = cli->diags, .file = arena_format(cli->arena, "%s/expected.json", directory)};
  if (!reader.file) return STATUS_MEMORY;
  int status = list(corpus, directory, &names, &count);
  if (!status) status = yaml_read(cli->arena, reader.file, cli->diags, &all);
  for (size_t i = 0; !status && i < count; i++)
    if (is_sample(names[i])) status = add_sample(&reader, directory, names[i], all);
  return status;
}

static int add_place(struct corpus *corpus, const char *place) {
  struct arena *arena = corpus->cli->arena;
  if (is_there(below(arena, place, "expected.yaml"), OS_FILE)) return corpus_add_machine(corpus, place);
  return is_there(below(arena, place, "expected.json"), OS_FILE) ? corpus_add_samples(corpus, place) : corpus_add_machines(corpus, place);
}

int corpus_add_places(struct corpus *corpus, const char *const *places, size_t count) {
  assert(corpus && (places || !count));
  int status = STATUS_OK;
  for (size_t i = 0; i < count && !status; i++) status = add_place(corpus, places[i]);
  if (count) return status;
  struct arena *arena = corpus->cli->arena;
  const char *rules = corpus_rules(arena, ".");
  const char *machines = rules ? corpus_beside(arena, rules, "tests/machines") : NULL;
  const char *samples = rules ? corpus_beside(arena, rules, "reports/samples") : NULL;
  if (machines) status = corpus_add_machines(corpus, machines);
  return !status && samples ? corpus_add_samples(corpus, samples) : status;
}

/* --- reports --- */

static int read_report(const char *path, const char *name, struct diag_list *diags, struct report **report) {
  struct buffer text = {0};
  int error = os_read_file(path, REPORT_BYTES, &text);
  int status = error ? diag_format(diags, STATUS_IO, path, 0, 0, "%s", strerror(error))
                     : report_read(text.text ? text.text : "", text.length, &catalog, path, 1, name, diags, report);
  buffer_free(&text);
  return status;
}

int corpus_report(const struct corpus *corpus, const struct corpus_case *of, struct diag_list *diags, struct report **report) {
  assert(corpus && of && diags && report);
  const struct db_example *example = &of->example;
  *report = NULL;
  if (of->kind == CASE_MACHINE) return collect_capture(of->path, corpus->paths, corpus->path_count, &catalog, report, diags);
  if (of->path) return read_report(of->path, of->name, diags, report);
  return report_read(example->facts, strlen(example->facts), &catalog, of->file, of->line, of->name, diags, report);
}

bool corpus_accepts(const struct expectation *expected, const char *id) {
  for (size_t i = 0; i < expected->id_count; i++)
    if (strcmp(expected->ids[i], id) == 0) return true;
  return false;
}

/* --- the walk --- */

struct worker {
  pthread_t thread;
  const struct corpus *corpus;
  void *context;
  int (*visit)(void *context, size_t number);
  size_t share;
  int status;
};

static void *work(void *given) {
  struct worker *worker = given;
  const struct corpus *corpus = worker->corpus;
  for (size_t i = worker->share; i < corpus->count && !worker->status; i += CORPUS_WORKERS)
    if (corpus->cases[i].wanted) worker->status = worker->visit(worker->context, i);
  return NULL;
}

int corpus_walk(const struct corpus *corpus, void *const contexts[CORPUS_WORKERS], int (*visit)(void *context, size_t number)) {
  assert(corpus && contexts && visit);
  struct worker workers[CORPUS_WORKERS];
  bool started[CORPUS_WORKERS] = {false};
  int status = STATUS_OK;
  for (size_t w = 0; w < CORPUS_WORKERS; w++) {
    workers[w] = (struct worker){.corpus = corpus, .context = contexts[w], .visit = visit, .share = w};
    started[w] = w > 0 && pthread_create(&workers[w].thread, NULL, work, &workers[w]) == 0;
  }
  for (size_t w = 0; w < CORPUS_WORKERS; w++)
    if (!started[w]) work(&workers[w]);
  for (size_t w = 0; w < CORPUS_WORKERS; w++) {
    if (started[w]) pthread_join(workers[w].thread, NULL);
    if (!status) status = workers[w].status;
  }
  return status;
}
