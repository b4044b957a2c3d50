/* Weights and near misses against the examples of all rule files: what is called always or never is tried there. Knows how a
 * condition is evaluated; must not know how hypotheses are ranked.
 *
 * A signal is tried only on examples that hold a fact it looks at: the list of signals is kept by fact. */
#include <assert.h>
#include <string.h>

#include "../collectors/os.h"
#include "../engine/eval.h"
#include "../reports/report.h"
#include "lint_checks.h"

struct entry {
  const struct rules_thing *thing;
  const struct rules_signal *signal;
  bool told;    /* one example is enough */
  size_t tried; /* number of the last example it was tried on */
};

struct by_fact {
  size_t *entries; /* places in corpus->entries */
  size_t count, capacity;
};

struct corpus {
  struct lint *lint;
  struct entry *entries; /* signals called never elsewhere */
  size_t entry_count, entry_capacity;
  struct by_fact *by_fact; /* of the catalogue's facts */
  struct match_cache *cache;
  struct diag_list *unsaid; /* what is wrong with an example is told by `hostprint test` */
  double always, never;
  size_t example; /* running number */
};

/* --- preparation --- */

/* Numbers the tests of a condition, as the engine wants them. Shared ones are numbered where they stand. */
static void number_tests(const struct rule_node *node, size_t *count) {
  ((struct rule_node *)node)->test = (*count)++;
  for (size_t i = 0; i < node->child_count; i++) number_tests(&node->children[i], count);
}

static size_t number_all(struct rules_thing *const *things, size_t thing_count, size_t from) {
  for (size_t i = 0; i < thing_count; i++)
    for (size_t s = 0; s < things[i]->signal_count; s++)
      if (!things[i]->signals[s].reference) number_tests(things[i]->signals[s].when, &from);
  return from;
}

static int note_facts(struct corpus *corpus, const struct rule_node *node, size_t entry) {
  int failed = 0;
  if (node->fact != FACT_NONE && (node->op == RULE_TEST || node->op == RULE_HAS)) {
    struct by_fact *list = &corpus->by_fact[node->fact];
    bool known = list->count && list->entries[list->count - 1] == entry;
    if (!known) failed = mem_grow(&list->entries, &list->capacity, list->count + 1, sizeof *list->entries);
    if (!known && !failed) list->entries[list->count++] = entry;
  }
  for (size_t i = 0; i < node->child_count && !failed; i++) failed = note_facts(corpus, &node->children[i], entry);
  return failed;
}

static int note_signals(struct corpus *corpus, const struct rules_thing *thing) {
  for (size_t i = 0; i < thing->signal_count; i++) {
    const struct rules_signal *signal = &thing->signals[i];
    if (signal->elsewhere > corpus->never || signal->seen < signal->elsewhere) continue;
    if (mem_grow(&corpus->entries, &corpus->entry_capacity, corpus->entry_count + 1, sizeof *corpus->entries)) return -1;
    corpus->entries[corpus->entry_count] = (struct entry){.thing = thing, .signal = signal};
    if (note_facts(corpus, signal->when, corpus->entry_count++)) return -1;
  }
  return 0;
}

static int corpus_start(struct corpus *corpus) {
  struct lint *lint = corpus->lint;
  const struct rules *rules = lint->rules;
  size_t tests = number_all(rules->libs, rules->lib_count, 0);
  tests = number_all(rules->things, rules->thing_count, tests);
  corpus->by_fact = lint_take(lint, rules->catalog->count, sizeof *corpus->by_fact);
  corpus->cache = match_cache_new(tests + 1);
  corpus->unsaid = diag_list_new();
  int failed = !corpus->by_fact || !corpus->cache || !corpus->unsaid;
  for (size_t i = 0; i < rules->thing_count && !failed; i++) failed = note_signals(corpus, rules->things[i]);
  return failed;
}

static void corpus_end(struct corpus *corpus) {
  for (size_t i = 0; corpus->by_fact && i < corpus->lint->rules->catalog->count; i++) mem_free(corpus->by_fact[i].entries);
  mem_free(corpus->entries);
  match_cache_free(corpus->cache);
  diag_list_free(corpus->unsaid);
}

/* --- one example --- */

static void note_memory(struct corpus *corpus, int code) {
  if (code == STATUS_MEMORY) corpus->lint->code = code;
}

static struct report *read_sample(struct corpus *corpus, const char *id) {
  struct report *report = NULL;
  struct buffer text = {0};
  const char *path = arena_format(corpus->lint->arena, "%s/../reports/samples/%s.json", corpus->lint->directory, id);
  if (path && os_read_file(path, REPORT_BYTES, &text) == 0 && text.text)
    note_memory(corpus, report_read(text.text, text.length, corpus->lint->rules->catalog, path, 1, id, corpus->unsaid, &report));
  buffer_free(&text);
  return report;
}

/* NULL where it cannot be read. */
static struct report *read_example(struct corpus *corpus, const struct rules_example *example) {
  struct report *report = NULL;
  if (example->report) return read_sample(corpus, example->report);
  if (example->facts)
    note_memory(corpus,
                report_read(example->facts, strlen(example->facts), corpus->lint->rules->catalog, "example", 1, "example", corpus->unsaid, &report));
  return report;
}

/* True where one of the two is a kind of the other, however far. */
static bool are_kin(const struct lint *lint, const struct rules_thing *a, const struct rules_thing *b) {
  for (const struct rules_thing *at = a; at; at = lint_parent(lint, at))
    if (at == b) return true;
  for (const struct rules_thing *at = b; at; at = lint_parent(lint, at))
    if (at == a) return true;
  return false;
}

static void tell_never(struct corpus *corpus, struct entry *entry, const struct rules_thing *owner, const struct rules_example *example) {
  const struct yaml_node *at = yaml_member(entry->signal->node, "elsewhere");
  corpus->lint->thing = entry->thing;
  lint_warn(corpus->lint, at ? at : entry->signal->node, STATUS_RULE_NEVER_BROKEN,
            "the signal %s is true in the example at line %u of %s, which is %s", entry->signal->id, example->node->line, owner->inner,
            owner == entry->thing ? "a near miss" : "another thing");
  entry->told = true;
}

static bool has_kinds(const struct lint *lint, const struct rules_thing *thing) {
  for (size_t i = 0; i < lint->rules->thing_count; i++)
    if (lint_parent(lint, lint->rules->things[i]) == thing) return true;
  return false;
}

/* Another thing of the layer, or the thing's own near miss unless somebody only pretends there. */
static bool is_elsewhere(const struct corpus *corpus, const struct entry *entry, const struct rules_thing *owner, bool positive) {
  if (entry->thing->position != owner->position) return false;
  if (positive) return !are_kin(corpus->lint, entry->thing, owner);
  return entry->thing == owner && lint_forge(corpus->lint->rules->catalog, entry->signal->when) > FORGE_ROOT;
}

static void try_never(struct corpus *corpus, const struct eval *eval, const struct rules_thing *owner, const struct rules_example *example,
                      bool positive) {
  for (size_t fact = 0; fact < eval->facts->catalog->count; fact++) {
    const struct by_fact *list = &corpus->by_fact[fact];
    for (size_t i = 0; eval->facts->facts[fact].state != FACT_UNKNOWN && i < list->count; i++) {
      struct entry *entry = &corpus->entries[list->entries[i]];
      if (entry->told || entry->tried == corpus->example || !is_elsewhere(corpus, entry, owner, positive)) continue;
      entry->tried = corpus->example;
      /* In a near miss of a parent the answer may be one of its kinds. */
      bool holds = eval_node(eval, entry->signal->when, NULL) == TRUTH_TRUE;
      if (holds && (positive || !has_kinds(corpus->lint, owner))) tell_never(corpus, entry, owner, example);
    }
  }
}

static void try_always(struct corpus *corpus, const struct eval *eval, const struct rules_thing *owner, const struct rules_example *example) {
  for (size_t i = 0; i < owner->signal_count; i++) {
    const struct rules_signal *signal = &owner->signals[i];
    if (signal->seen < corpus->always || eval_node(eval, signal->when, NULL) != TRUTH_FALSE) continue;
    const struct yaml_node *at = yaml_member(signal->node, "seen");
    corpus->lint->thing = owner;
    lint_warn(corpus->lint, at ? at : signal->node, STATUS_RULE_ALWAYS_BROKEN, "the signal %s is false in the example at line %u", signal->id,
              example->node->line);
  }
}

/* A signal that argues against its thing and holds in a positive example of it was meant the other way round, unless its
 * reason says that it speaks against. */
static void try_against(struct corpus *corpus, const struct eval *eval, const struct rules_thing *owner, const struct rules_example *example) {
  for (size_t i = 0; i < owner->signal_count; i++) {
    const struct rules_signal *signal = &owner->signals[i];
    if (signal->seen >= signal->elsewhere || lint_speaks_against(signal->why) || eval_node(eval, signal->when, NULL) != TRUTH_TRUE) continue;
    const struct yaml_node *at = yaml_member(signal->node, "seen");
    corpus->lint->thing = owner;
    lint_warn(corpus->lint, at ? at : signal->node, STATUS_RULE_AGAINST, "%s is seen %g, elsewhere %g, and true in the example at line %u",
              signal->id, signal->seen, signal->elsewhere, example->node->line);
  }
}

/* True where two facts are of one domain: "dmi.sys_vendor" and "dmi.product_name". */
static bool same_domain(const char *a, const char *b) {
  size_t width = strcspn(a, ".");
  return strcspn(b, ".") == width && strncmp(a, b, width) == 0;
}

/* True where the facts tell of anything in the domain of this one. The catalogue is sorted: a domain stands together. */
static bool tells_of_domain(const struct fact_set *facts, size_t fact) {
  const struct fact_def *defs = facts->catalog->defs;
  size_t first = fact;
  while (first > 0 && same_domain(defs[first - 1].path, defs[fact].path)) first--;
  for (size_t i = first; i < facts->catalog->count && same_domain(defs[i].path, defs[fact].path); i++)
    if (facts->facts[i].state != FACT_UNKNOWN) return true;
  return false;
}

/* True where a condition looks at something near what the facts tell. Recursion: the depth of a condition is limited. */
static bool looks_at(const struct fact_set *facts, const struct rule_node *node) {
  if (node->fact != FACT_NONE && (node->op == RULE_TEST || node->op == RULE_HAS)) {
    const struct fact *fact = &facts->facts[node->fact];
    bool path = node->key && facts->catalog->defs[node->fact].type == FACT_PATHS && fact->state == FACT_PRESENT;
    return path ? value_member(&fact->value, node->key) != NULL : tells_of_domain(facts, node->fact);
  }
  for (size_t i = 0; i < node->child_count; i++)
    if (looks_at(facts, &node->children[i])) return true;
  return false;
}

static void try_miss(struct corpus *corpus, const struct eval *eval, const struct rules_thing *owner, const struct rules_example *example) {
  for (const struct rules_thing *at = owner; at; at = lint_parent(corpus->lint, at))
    for (size_t i = 0; i < at->signal_count; i++)
      if (looks_at(eval->facts, at->signals[i].when)) return;
  corpus->lint->thing = owner;
  lint_warn(corpus->lint, example->node, STATUS_RULE_IDLE_MISS, "no signal of %s looks at its facts, or at others of their domains", owner->id);
}

static void try_example(struct corpus *corpus, const struct rules_thing *owner, const struct rules_example *example) {
  struct report *report = example->expect ? read_example(corpus, example) : NULL;
  if (!report) return;
  const struct eval eval = {.facts = report->facts, .cache = corpus->cache, .ignore_forge = -1};
  bool positive = strcmp(example->expect, "first") == 0;
  corpus->example++;
  try_never(corpus, &eval, owner, example, positive);
  if (!positive) try_miss(corpus, &eval, owner, example);
  if (positive) try_always(corpus, &eval, owner, example);
  if (positive) try_against(corpus, &eval, owner, example);
  report_free(report);
}

void lint_corpus(struct lint *lint) {
  assert(lint && lint->rules);
  struct corpus corpus = {.lint = lint, .always = lint_word(lint, "always"), .never = lint_word(lint, "never")};
  if (corpus_start(&corpus)) lint->code = STATUS_MEMORY;
  for (size_t i = 0; !lint->code && i < lint->rules->thing_count; i++)
    for (size_t k = 0; k < lint->rules->things[i]->example_count; k++)
      try_example(&corpus, lint->rules->things[i], &lint->rules->things[i]->examples[k]);
  corpus_end(&corpus);
}
