/* What is unwise in a rule file beside its signals: sources, names, stack, details, examples. Knows one file and its parent. */
#include <assert.h>
#include <string.h>

#include "../reports/report.h"
#include "lint.h"
#include "lint_checks.h"
#include "lint_pattern.h"
#include "reader.h"

/* --- sources --- */

static bool is_used(const struct lint *lint, const struct rules_source *source) {
  for (size_t i = 0; i < lint->thing->signal_count; i++)
    if (lint->thing->signals[i].source == source) return true;
  return false;
}

/* True where some signal rests on a source that is not old: then somebody has looked again. */
static bool is_renewed(const struct lint *lint) {
  long day;
  for (size_t i = 0; i < lint->thing->signal_count; i++) {
    const struct rules_source *source = lint->thing->signals[i].source;
    if (source && source->observed && reader_date(source->observed, &day) && lint->today - day <= LINT_SOURCE_DAYS) return true;
  }
  return false;
}

static void check_date(struct lint *lint, const struct rules_source *source) {
  const struct yaml_node *node = yaml_member(source->node, "observed");
  long day;
  if (!source->observed || !reader_date(source->observed, &day)) return;
  if (lint->today - day > LINT_SOURCE_DAYS && !is_renewed(lint))
    lint_warn(lint, node, STATUS_RULE_STALE, "%s was observed on %s", source->key, source->observed);
  if (day > lint->today + 1) lint_warn(lint, node, STATUS_RULE_SOURCE_FUTURE, "%s was observed on %s", source->key, source->observed);
}

static void check_source(struct lint *lint, size_t index) {
  const struct rules_source *source = &lint->thing->sources[index];
  const struct yaml_node *url = yaml_member(source->node, "url");
  if (!source->key || !source->url || !url) return;
  check_date(lint, source);
  if (!is_used(lint, source)) lint_warn(lint, source->node->key, STATUS_RULE_SOURCE_UNUSED, "%s", source->key);
  if (strncmp(source->url, "https://", 8) != 0) lint_warn(lint, url, STATUS_RULE_SOURCE_PLAIN, "%s has \"%.80s\"", source->key, source->url);
  for (size_t i = 0; i < index; i++) {
    const struct rules_source *other = &lint->thing->sources[i];
    if (other->url && strcmp(other->url, source->url) == 0 && other->observed && source->observed && strcmp(other->observed, source->observed) == 0)
      lint_warn(lint, url, STATUS_RULE_SOURCE_TWICE, "%s and %s are one page on one day", other->key, source->key);
  }
}

/* --- names --- */

/* How the summary's sentence takes up a thing of each layer; a layer that is not here takes anything, as does the first, which
 * may be called by its name. */
static const struct {
  const char *layer;
  const char *beginnings[6]; /* one of these, or none at all: anything */
  const char *categories[8];
} layer_forms[] = {
    {"platform", {NULL}, {"ai-sandbox", "serverless", "paas", "devenv", "notebook", "cloud-vm", "ci"}},
    {"container", {"a ", "an ", "under ", "in "}, {"container"}},
    {"hypervisor", {"a ", "an ", "under ", "on "}, {"vmm"}},
    {"kernel", {"on ", "under ", "booted by "}, {"kernel"}},
    {"orchestrator", {"under ", "on "}, {"orchestrator"}},
    {"provider", {"on ", "in ", "at "}, {"provider", "cloud-vm"}},
    {"ci", {"a ", "an "}, {"ci"}},
};
#define FORMS (sizeof layer_forms / sizeof *layer_forms)

static size_t form_of(const char *layer) {
  size_t i = 0;
  while (i < FORMS && strcmp(layer_forms[i].layer, layer) != 0) i++;
  return i;
}

static void check_phrase(struct lint *lint) {
  const char *phrase = lint->thing->phrase;
  size_t form = form_of(lint->thing->layer);
  if (!phrase || form == FORMS || !layer_forms[form].beginnings[0]) return;
  const char *const *beginnings = layer_forms[form].beginnings;
  for (size_t i = 0; beginnings[i]; i++)
    if (strncmp(phrase, beginnings[i], strlen(beginnings[i])) == 0) return;
  lint_warn(lint, yaml_member(lint->thing->root, "phrase"), STATUS_RULE_PHRASE, "found \"%.60s\"; expected it to begin with \"%s\"", phrase,
            beginnings[0]);
}

static void check_category(struct lint *lint) {
  const char *category = lint->thing->category;
  size_t form = form_of(lint->thing->layer);
  if (!category || form == FORMS) return;
  const char *const *known = layer_forms[form].categories;
  for (size_t i = 0; known[i]; i++)
    if (strcmp(known[i], category) == 0) return;
  lint_warn(lint, yaml_member(lint->thing->root, "category"), STATUS_RULE_CATEGORY, "found \"%s\" in the layer %s; expected \"%s\"", category,
            lint->thing->layer, known[0]);
}

static void check_prior(struct lint *lint) {
  const struct rules_thing *thing = lint->thing, *parent = lint_parent(lint, thing);
  const struct yaml_node *node = yaml_member(thing->root, "prior");
  if (node && thing->odds > LINT_PRIOR)
    lint_warn(lint, node, STATUS_RULE_HIGH_PRIOR, "found odds of %g against unknown; expected at most %g", thing->odds, LINT_PRIOR);
  if (parent && thing->prior > parent->prior)
    lint_warn(lint, node ? node : thing->kind_of, STATUS_RULE_KIND_PRIOR, "%s has %g, its parent %s %g", thing->id, thing->prior, parent->id,
              parent->prior);
}

/* --- stack --- */

static const struct rules_expectation *expected(const struct rules_thing *thing, const char *layer, const char *id) {
  for (size_t i = 0; i < thing->stack_count; i++)
    if (strcmp(thing->stack[i].layer, layer) == 0 && strcmp(thing->stack[i].id, id) == 0) return &thing->stack[i];
  return NULL;
}

static void check_stack_kin(struct lint *lint, const struct rules_expectation *kind) {
  const struct rules *rules = lint->rules;
  double always = lint_word(lint, "always");
  const struct rules_thing *thing = NULL;
  for (size_t i = 0; i < rules->thing_count && !thing; i++)
    if (strcmp(rules->things[i]->layer, kind->layer) == 0 && strcmp(rules->things[i]->id, kind->id) == 0) thing = rules->things[i];
  const struct rules_expectation *parent = thing && thing->kind_of ? expected(lint->thing, kind->layer, thing->kind_of->text) : NULL;
  if (parent && kind->probability >= always && parent->probability >= always)
    lint_warn(lint, parent->node, STATUS_RULE_STACK_KIN, "%s is a kind of %s", kind->id, parent->id);
}

static void check_stack(struct lint *lint) {
  const struct yaml_node *stack = yaml_member(lint->thing->root, "stack");
  for (const struct yaml_node *layer = stack ? stack->first : NULL; layer; layer = layer->next) {
    double sum = 0;
    for (size_t i = 0; i < lint->thing->stack_count; i++)
      if (strcmp(lint->thing->stack[i].layer, layer->key->text) == 0) sum += lint->thing->stack[i].probability;
    if (sum > LINT_STACK_SUM) lint_warn(lint, layer->key, STATUS_RULE_STACK_SUM, "%s: %.3g", layer->key->text, sum);
  }
  for (size_t i = 0; i < lint->thing->stack_count; i++) check_stack_kin(lint, &lint->thing->stack[i]);
}

/* --- details --- */

static void check_extract(struct lint *lint, const struct rule_extract *extract) {
  const struct yaml_node *map = extract->name ? yaml_member(yaml_member(lint->thing->root, "extract"), extract->name) : NULL;
  if (!map || extract->fact == FACT_NONE) return;
  const struct fact_def *def = &lint->rules->catalog->defs[extract->fact];
  bool secret = extract->key && report_is_secret_name(extract->key);
  if (secret || (def->identifies && !extract->regex))
    lint_warn(lint, yaml_member(map, "from"), STATUS_RULE_EXTRACT_PRIVATE, "%s from %s%s%s", extract->name, def->path, extract->key ? "." : "",
              extract->key ? extract->key : "");
  if (extract->regex && !pattern_has_group(extract->regex))
    lint_warn(lint, yaml_member(map, "regex"), STATUS_RULE_EXTRACT_GROUP, "%s by \"%.80s\"", extract->name, extract->regex);
}

/* --- examples --- */

static const char *facts_of(const struct rules_example *example) {
  const char *facts = example->facts ? strstr(example->facts, "\"facts\":") : NULL;
  return facts ? facts : example->report;
}

static void check_example(struct lint *lint, size_t index) {
  const struct rules_example *example = &lint->thing->examples[index];
  const char *facts = facts_of(example);
  if (!example->expect || !facts) return;
  if (strcmp(example->expect, "first") != 0 && !example->why)
    lint_warn(lint, example->node, STATUS_RULE_MISS_WHY, "it expects %s, and does not say what it is", example->expect);
  for (size_t i = 0; i < index; i++) {
    const char *other = facts_of(&lint->thing->examples[i]);
    if (!other || strcmp(other, facts) != 0) continue;
    lint_warn(lint, example->node, STATUS_RULE_EXAMPLE_TWICE, "the example in line %u has the same facts", lint->thing->examples[i].node->line);
    break;
  }
}

static void check_example_counts(struct lint *lint) {
  const struct yaml_node *examples = yaml_member(lint->thing->root, "examples"), *at = examples ? examples->key : NULL;
  size_t positive = 0, misses = 0;
  for (size_t i = 0; i < lint->thing->example_count; i++) {
    const char *expect = lint->thing->examples[i].expect;
    bool first = expect && strcmp(expect, "first") == 0;
    positive += first;
    misses += expect && !first;
  }
  if (positive == 0) lint_warn(lint, at, STATUS_RULE_NO_EXAMPLE, "no example expects first");
  if (misses == 0) lint_warn(lint, at, STATUS_RULE_NO_EXAMPLE, "no example expects not or unknown");
  if (misses == 1) lint_warn(lint, at, STATUS_RULE_ONE_MISS, "one example expects not or unknown; expected two or more");
}

#define EXAMPLES 256 /* of one file that are compared pair by pair */

static void check_examples(struct lint *lint) {
  if (lint->thing->signal_count) check_example_counts(lint);
  for (size_t i = 0; i < lint->thing->example_count && i < EXAMPLES; i++) check_example(lint, i);
}

/* --- groups --- */

static bool is_export(const struct lint *lint, const struct rules_signal *signal) {
  return signal->when && signal->group && signal->seen > signal->elsewhere && condition_is_env_only(lint->rules->catalog, signal->when);
}

/* What rests on nothing but variables, and speaks for the thing, is one proof. */
static void check_exports(struct lint *lint) {
  const struct rules_signal *first = NULL;
  for (size_t i = 0; i < lint->thing->signal_count; i++) {
    const struct rules_signal *signal = &lint->thing->signals[i];
    if (!is_export(lint, signal)) continue;
    if (!first) first = signal;
    if (strcmp(first->group, signal->group) != 0)
      lint_warn(lint, signal->node, STATUS_RULE_EXPORT_TWICE, "%s is of the group %s, %s of %s", signal->id, signal->group, first->id, first->group);
  }
}

void lint_file(struct lint *lint) {
  assert(lint && lint->thing);
  for (size_t i = 0; i < lint->thing->source_count; i++) check_source(lint, i);
  if (lint->lib) return;
  check_phrase(lint);
  check_category(lint);
  check_prior(lint);
  check_stack(lint);
  for (size_t i = 0; i < lint->thing->extract_count; i++) check_extract(lint, &lint->thing->extracts[i]);
  check_examples(lint);
  check_exports(lint);
}
