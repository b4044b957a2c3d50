/* One rule file: from its YAML tree to a rules_thing, with every complaint it deserves.
 *
 * Knows the keys of a rule file. Must not know other files: link.c joins them. */
#include <assert.h>
#include <string.h>

#include "operand.h"
#include "reader.h"

/* --- sources --- */

static void read_source(struct reader *reader, const struct yaml_node *item, struct rules_source *source) {
  static const struct reader_key keys[] = {
      {"title", KEY_REQUIRED, YAML_TEXT}, {"url", KEY_REQUIRED, YAML_TEXT}, {"observed", KEY_REQUIRED, YAML_TEXT}};
  const struct yaml_node *values[3];
  long day;
  *source = (struct rules_source){.key = reader_id(reader, item->key, true), .node = item};
  if (!reader_keys(reader, item, keys, 3, values)) return;
  source->title = reader_text(reader, values[0], "title");
  source->url = reader_text(reader, values[1], "url");
  source->observed = reader_text(reader, values[2], "observed");
  if (source->observed && !reader_date(source->observed, &day))
    reader_complain(reader, values[2], STATUS_RULE_DATE, NULL, "found \"%.40s\"; expected a date as 2026-03-24", source->observed);
}

static void read_sources(struct reader *reader, const struct yaml_node *map, struct rules_thing *thing) {
  thing->sources = reader_take(reader, map->count + 1, sizeof *thing->sources);
  for (const struct yaml_node *item = map->first; thing->sources && item; item = item->next)
    read_source(reader, item, &thing->sources[thing->source_count++]);
}

static const struct rules_source *find_source(struct reader *reader, const struct yaml_node *node, const struct rules_thing *thing) {
  const char *key = reader_text(reader, node, "source");
  if (!key) return NULL;
  for (size_t i = 0; i < thing->source_count; i++)
    if (thing->sources[i].key && strcmp(thing->sources[i].key, key) == 0) return &thing->sources[i];
  const char **names = reader_take(reader, thing->source_count + 1, sizeof *names);
  size_t count = 0;
  for (size_t i = 0; names && i < thing->source_count; i++)
    if (thing->sources[i].key) names[count++] = thing->sources[i].key;
  reader_complain(reader, node, STATUS_RULE_SOURCE, names ? reader_near(reader, key, names, count) : NULL,
                  "found \"%.60s\"; expected a name under sources of this file", key);
  return NULL;
}

/* --- signals --- */

enum signal_key {
  SIGNAL_ID,
  SIGNAL_SIGNAL,
  SIGNAL_GROUP,
  SIGNAL_WHEN,
  SIGNAL_SEEN,
  SIGNAL_ELSEWHERE,
  SIGNAL_VOLATILE,
  SIGNAL_WHY,
  SIGNAL_SOURCE,
  SIGNAL_KEYS
};

static const struct reader_key signal_keys[SIGNAL_KEYS] = {
    [SIGNAL_ID] = {"id", KEY_OPTIONAL, YAML_TEXT},
    [SIGNAL_SIGNAL] = {"signal", KEY_OPTIONAL, YAML_TEXT},
    [SIGNAL_GROUP] = {"group", KEY_OPTIONAL, YAML_TEXT},
    [SIGNAL_WHEN] = {"when", KEY_OPTIONAL, YAML_MAP},
    [SIGNAL_SEEN] = {"seen", KEY_OPTIONAL, YAML_TEXT},
    [SIGNAL_ELSEWHERE] = {"elsewhere", KEY_OPTIONAL, YAML_TEXT},
    [SIGNAL_VOLATILE] = {"volatile", KEY_OPTIONAL, YAML_TEXT},
    [SIGNAL_WHY] = {"why", KEY_OPTIONAL, YAML_TEXT},
    [SIGNAL_SOURCE] = {"source", KEY_OPTIONAL, YAML_TEXT},
};

/* What a signal must say, by what it is. */
#define NEED(key) (1u << SIGNAL_##key)
enum signal_kind { OWN_SIGNAL, SHARED_SIGNAL, REFERENCE };
static const unsigned signal_needs[] = {
    [OWN_SIGNAL] = NEED(ID) | NEED(WHEN) | NEED(SEEN) | NEED(ELSEWHERE) | NEED(WHY) | NEED(SOURCE),
    [SHARED_SIGNAL] = NEED(ID) | NEED(WHEN) | NEED(WHY) | NEED(SOURCE),
    [REFERENCE] = NEED(SIGNAL),
};

static void check_needs(struct reader *reader, const struct yaml_node *node, const struct yaml_node *const *values, enum signal_kind kind) {
  for (size_t i = 0; i < SIGNAL_KEYS; i++)
    if ((signal_needs[kind] >> i & 1u) && !values[i] && !yaml_member(node, signal_keys[i].name))
      reader_complain(reader, node, STATUS_RULE_MISSING_KEY, NULL, "\"%s\" is missing in this signal", signal_keys[i].name);
  const struct yaml_node *when = kind == REFERENCE ? yaml_member(node, "when") : NULL;
  if (when) reader_complain(reader, when->key, STATUS_RULE_UNKNOWN_KEY, NULL, "\"when\" beside \"signal\"; the shared signal has the condition");
}

static const char *one_line(struct reader *reader, const struct rule_node *when) {
  struct buffer text = {0};
  char *copy = NULL;
  if (condition_text(reader->rules->catalog, when, &text) == 0) copy = arena_text(reader->rules->arena, text.text, text.length);
  buffer_free(&text);
  for (char *at = copy; at && *at; at++)
    if (*at == '\n' || *at == '\r') *at = ' ';
  if (!copy && !reader->code) reader->code = STATUS_MEMORY;
  return copy;
}

static void read_weights(struct reader *reader, const struct yaml_node *const *values, struct rules_signal *signal) {
  signal->seen = signal->elsewhere = RULES_UNSET;
  if (values[SIGNAL_SEEN]) reader_likelihood(reader, values[SIGNAL_SEEN], &signal->seen);
  if (values[SIGNAL_ELSEWHERE]) reader_likelihood(reader, values[SIGNAL_ELSEWHERE], &signal->elsewhere);
  signal->has_volatile = values[SIGNAL_VOLATILE] && reader_boolean(reader, values[SIGNAL_VOLATILE], &signal->is_volatile);
  if (signal->seen != signal->elsewhere || signal->seen < 0) return;
  reader_complain(reader, values[SIGNAL_SEEN], STATUS_RULE_WEIGHT, "give it another weight, or leave the signal out",
                  "seen equals elsewhere: the signal says nothing");
}

static void read_identity(struct reader *reader, const struct yaml_node *const *values, struct rules_signal *signal) {
  if (values[SIGNAL_ID]) signal->id = reader_id(reader, values[SIGNAL_ID], false);
  if (values[SIGNAL_GROUP]) signal->group = reader_id(reader, values[SIGNAL_GROUP], false);
  signal->reference = values[SIGNAL_SIGNAL];
  if (!signal->reference || signal->id) return;
  const char *dot = strrchr(signal->reference->text, '.');
  signal->id = dot && dot[1] ? dot + 1 : NULL;
}

static void read_signal(struct reader *reader, const struct yaml_node *node, const struct rules_thing *thing, struct rules_signal *signal) {
  const struct yaml_node *values[SIGNAL_KEYS];
  *signal = (struct rules_signal){.node = node, .seen = RULES_UNSET, .elsewhere = RULES_UNSET};
  if (!reader_keys(reader, node, signal_keys, SIGNAL_KEYS, values)) return;
  bool shared = strcmp(thing->layer, RULES_LIB) == 0;
  check_needs(reader, node, values, values[SIGNAL_SIGNAL] ? REFERENCE : shared ? SHARED_SIGNAL : OWN_SIGNAL);
  read_identity(reader, values, signal);
  read_weights(reader, values, signal);
  signal->why = reader_text(reader, values[SIGNAL_WHY], "why");
  signal->source = values[SIGNAL_SOURCE] ? find_source(reader, values[SIGNAL_SOURCE], thing) : NULL;
  if (signal->reference || !values[SIGNAL_WHEN]) return;
  signal->when = reader_condition(reader, values[SIGNAL_WHEN]);
  if (!signal->when) return;
  signal->text = one_line(reader, signal->when);
  if (!signal->group) signal->group = condition_is_env_only(reader->rules->catalog, signal->when) ? "env" : signal->id;
}

static void check_signal_ids(struct reader *reader, const struct rules_thing *thing) {
  for (size_t i = 0; i < thing->signal_count; i++)
    for (size_t j = 0; j < i && thing->signals[i].id; j++)
      if (thing->signals[j].id && strcmp(thing->signals[i].id, thing->signals[j].id) == 0)
        reader_complain(reader, thing->signals[i].node, STATUS_RULE_DUPLICATE_ID, NULL, "signal \"%.60s\" stands in line %u too",
                        thing->signals[i].id, thing->signals[j].node->line);
}

static void read_signals(struct reader *reader, const struct yaml_node *list, struct rules_thing *thing) {
  thing->signals = reader_take(reader, list->count + 1, sizeof *thing->signals);
  for (const struct yaml_node *item = list->first; thing->signals && item; item = item->next)
    read_signal(reader, item, thing, &thing->signals[thing->signal_count++]);
  check_signal_ids(reader, thing);
}

/* --- stack, extract, documented, examples --- */

static void read_stack(struct reader *reader, const struct yaml_node *map, struct rules_thing *thing) {
  size_t count = 0;
  for (const struct yaml_node *layer = map->first; layer; layer = layer->next) count += layer->count;
  thing->stack = reader_take(reader, count + 1, sizeof *thing->stack);
  for (const struct yaml_node *layer = map->first; thing->stack && layer; layer = layer->next) {
    if (!reader_expect(reader, layer, YAML_MAP, layer->key->text)) continue;
    for (const struct yaml_node *item = layer->first; item; item = item->next) {
      struct rules_expectation expectation = {.layer = layer->key->text, .id = item->key->text, .node = item};
      if (reader_likelihood(reader, item, &expectation.probability)) thing->stack[thing->stack_count++] = expectation;
    }
  }
}

static const char *read_extract_regex(struct reader *reader, const struct yaml_node *node) {
  const struct operand_subject text = {.type = FACT_TEXT};
  char why[256];
  const char *regex = reader_text(reader, node, "regex");
  if (!regex || operand_check(text, MATCH_REGEX, regex, why, sizeof why) == 0) return regex;
  reader_complain(reader, node, STATUS_RULE_REGEX, NULL, "found \"%.80s\"; %s", regex, why);
  return NULL;
}

static void read_extract(struct reader *reader, const struct yaml_node *item, struct rule_extract *extract) {
  static const struct reader_key keys[] = {{"from", KEY_REQUIRED, YAML_TEXT}, {"regex", KEY_OPTIONAL, YAML_TEXT}};
  const struct yaml_node *values[2];
  *extract = (struct rule_extract){.name = reader_id(reader, item->key, true), .fact = FACT_NONE};
  if (!reader_keys(reader, item, keys, 2, values)) return;
  const char *from = reader_text(reader, values[0], "from");
  if (values[1]) extract->regex = read_extract_regex(reader, values[1]);
  if (!from) return;
  extract->fact = reader_fact(reader, values[0], from, &extract->key);
  if (extract->fact == FACT_NONE) return;
  struct operand_subject subject = operand_of_fact(&reader->rules->catalog->defs[extract->fact], extract->key);
  if (operand_may_have(subject) || subject.type == FACT_PATHS)
    reader_complain(reader, values[0], STATUS_RULE_TYPE, NULL, "%.80s is no single value; expected a text, a number or a list of texts", from);
}

static void read_extracts(struct reader *reader, const struct yaml_node *map, struct rules_thing *thing) {
  thing->extracts = reader_take(reader, map->count + 1, sizeof *thing->extracts);
  for (const struct yaml_node *item = map->first; thing->extracts && item; item = item->next)
    read_extract(reader, item, &thing->extracts[thing->extract_count++]);
}

static void read_documented(struct reader *reader, const struct yaml_node *map, struct rules_thing *thing) {
  thing->documented = reader_take(reader, map->count + 1, sizeof *thing->documented);
  for (const struct yaml_node *item = map->first; thing->documented && item; item = item->next) {
    struct rules_attribute attribute = {.name = reader_id(reader, item->key, true), .value = reader_text(reader, item, item->key->text)};
    if (attribute.name && attribute.value) thing->documented[thing->documented_count++] = attribute;
  }
}

enum example_key { EXAMPLE_REPORT, EXAMPLE_FACTS, EXAMPLE_EXPECT, EXAMPLE_WHY, EXAMPLE_KEYS };

static void check_expect(struct reader *reader, const struct yaml_node *node) {
  static const char *const known[] = {"first", "not", "unknown"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(node->text, known[i]) == 0) return;
  reader_complain(reader, node, STATUS_RULE_TYPE, reader_near(reader, node->text, known, sizeof known / sizeof *known),
                  "found \"%.60s\"; expected first, not or unknown", node->text);
}

static void read_example(struct reader *reader, const struct yaml_node *node, const struct rules_thing *thing, struct rules_example *example) {
  static const struct reader_key keys[EXAMPLE_KEYS] = {[EXAMPLE_REPORT] = {"report", KEY_OPTIONAL, YAML_TEXT},
                                                       [EXAMPLE_FACTS] = {"facts", KEY_OPTIONAL, YAML_MAP},
                                                       [EXAMPLE_EXPECT] = {"expect", KEY_REQUIRED, YAML_TEXT},
                                                       [EXAMPLE_WHY] = {"why", KEY_OPTIONAL, YAML_TEXT}};
  const struct yaml_node *values[EXAMPLE_KEYS];
  *example = (struct rules_example){.node = node};
  if (!reader_keys(reader, node, keys, EXAMPLE_KEYS, values)) return;
  bool report = yaml_member(node, "report") != NULL, facts = yaml_member(node, "facts") != NULL;
  if (report == facts)
    reader_complain(reader, node, STATUS_RULE_MISSING_KEY, NULL, "found %s of report and facts; expected one", report ? "both" : "neither");
  example->report = reader_text(reader, values[EXAMPLE_REPORT], "report");
  example->why = reader_text(reader, values[EXAMPLE_WHY], "why");
  example->expect = reader_text(reader, values[EXAMPLE_EXPECT], "expect");
  if (example->expect) check_expect(reader, values[EXAMPLE_EXPECT]);
  if (!values[EXAMPLE_FACTS] || !thing->id) return;
  const char *id = arena_format(reader->rules->arena, "%s-%s-example-%zu", thing->layer, thing->id, thing->example_count);
  if (id) example->facts = reader_example_facts(reader, values[EXAMPLE_FACTS], id);
}

static void read_examples(struct reader *reader, const struct yaml_node *list, struct rules_thing *thing) {
  thing->examples = reader_take(reader, list->count + 1, sizeof *thing->examples);
  for (const struct yaml_node *item = list->first; thing->examples && item; item = item->next) {
    struct rules_example *example = &thing->examples[thing->example_count++];
    read_example(reader, item, thing, example);
  }
}

/* --- the file --- */

enum thing_key {
  THING_ID,
  THING_LAYER,
  THING_NAME,
  THING_CATEGORY,
  THING_PHRASE,
  THING_KIND_OF,
  THING_PRIOR,
  THING_STACK,
  THING_SOURCES,
  THING_SIGNALS,
  THING_EXTRACT,
  THING_DOCUMENTED,
  THING_EXAMPLES,
  THING_KEYS
};

static const struct reader_key thing_keys[THING_KEYS] = {
    [THING_ID] = {"id", KEY_REQUIRED, YAML_TEXT},
    [THING_LAYER] = {"layer", KEY_REQUIRED, YAML_TEXT},
    [THING_NAME] = {"name", KEY_REQUIRED, YAML_TEXT},
    [THING_CATEGORY] = {"category", KEY_REQUIRED, YAML_TEXT},
    [THING_PHRASE] = {"phrase", KEY_OPTIONAL, YAML_TEXT},
    [THING_KIND_OF] = {"kind_of", KEY_OPTIONAL, YAML_TEXT},
    [THING_PRIOR] = {"prior", KEY_OPTIONAL, YAML_TEXT},
    [THING_STACK] = {"stack", KEY_OPTIONAL, YAML_MAP},
    [THING_SOURCES] = {"sources", KEY_OPTIONAL, YAML_MAP},
    [THING_SIGNALS] = {"signals", KEY_OPTIONAL, YAML_LIST},
    [THING_EXTRACT] = {"extract", KEY_OPTIONAL, YAML_MAP},
    [THING_DOCUMENTED] = {"documented", KEY_OPTIONAL, YAML_MAP},
    [THING_EXAMPLES] = {"examples", KEY_OPTIONAL, YAML_LIST},
};

/* The keys of a file of shared signals, as places in thing_keys. */
static const enum thing_key lib_keys[] = {THING_ID, THING_SOURCES, THING_SIGNALS};
#define LIB_KEYS (sizeof lib_keys / sizeof *lib_keys)

static void (*const thing_parts[THING_KEYS])(struct reader *, const struct yaml_node *, struct rules_thing *) = {
    [THING_STACK] = read_stack,      [THING_SOURCES] = read_sources,       [THING_SIGNALS] = read_signals,
    [THING_EXTRACT] = read_extracts, [THING_DOCUMENTED] = read_documented, [THING_EXAMPLES] = read_examples,
};

static bool take_keys(struct reader *reader, const struct yaml_node *root, bool lib, const struct yaml_node **values) {
  if (!lib) return reader_keys(reader, root, thing_keys, THING_KEYS, values);
  struct reader_key keys[LIB_KEYS];
  const struct yaml_node *found[LIB_KEYS];
  for (size_t i = 0; i < THING_KEYS; i++) values[i] = NULL;
  for (size_t i = 0; i < LIB_KEYS; i++) keys[i] = thing_keys[lib_keys[i]];
  bool taken = reader_keys(reader, root, keys, LIB_KEYS, found);
  for (size_t i = 0; taken && i < LIB_KEYS; i++) values[lib_keys[i]] = found[i];
  return taken;
}

static void check_id(struct reader *reader, const struct yaml_node *node, const char *expected) {
  const char *id = node ? reader_id(reader, node, false) : NULL;
  if (!id) return;
  if (strcmp(id, expected) != 0)
    reader_complain(reader, node, STATUS_RULE_ID, NULL, "found \"%.60s\"; the file's name says \"%.60s\"", id, expected);
  else if (strcmp(id, "unknown") == 0)
    reader_complain(reader, node, STATUS_RULE_ID, NULL, "\"unknown\" is what every layer has when nothing is known");
}

static void check_category(struct reader *reader, const struct yaml_node *node) {
  static const char *const known[] = {"ai-sandbox", "serverless", "paas",      "devenv", "notebook",     "ci",
                                      "cloud-vm",   "vmm",        "container", "kernel", "orchestrator", "provider"};
  const size_t count = sizeof known / sizeof *known;
  for (size_t i = 0; i < count; i++)
    if (strcmp(known[i], node->text) == 0) return;
  reader_complain(reader, node, STATUS_RULE_TYPE, reader_near(reader, node->text, known, count), "found \"%.60s\" as a category", node->text);
}

static void read_scalars(struct reader *reader, const struct yaml_node *const *values, struct rules_thing *thing) {
  thing->name = reader_text(reader, values[THING_NAME], "name");
  thing->phrase = reader_text(reader, values[THING_PHRASE], "phrase");
  thing->category = reader_text(reader, values[THING_CATEGORY], "category");
  thing->kind_of = values[THING_KIND_OF];
  if (thing->category) check_category(reader, values[THING_CATEGORY]);
  const struct yaml_node *layer = values[THING_LAYER];
  if (layer && strcmp(layer->text, thing->layer) != 0)
    reader_complain(reader, layer, STATUS_RULE_LAYER, NULL, "found \"%.60s\"; the file's directory says \"%s\"", layer->text, thing->layer);
  const struct yaml_node *prior = values[THING_PRIOR];
  if (prior && (!reader_number(prior, &thing->prior) || thing->prior <= 0))
    reader_complain(reader, prior, STATUS_RULE_WEIGHT, "use a number above 0", "found \"%.60s\" as prior odds", prior->text);
}

void reader_thing(struct reader *reader, const struct yaml_node *root, struct rules_thing *thing, const char *expected_id) {
  const struct yaml_node *values[THING_KEYS];
  assert(reader && root && thing && thing->layer && expected_id);
  bool lib = strcmp(thing->layer, RULES_LIB) == 0;
  thing->id = expected_id;
  thing->root = root;
  if (!take_keys(reader, root, lib, values)) return;
  check_id(reader, values[THING_ID], expected_id);
  read_scalars(reader, values, thing);
  if (thing->prior == 0 && !lib) thing->prior = reader->rules->layers[rules_layer_position(reader->rules, thing->layer)].prior;
  for (size_t i = 0; i < THING_KEYS; i++)
    if (values[i] && thing_parts[i]) thing_parts[i](reader, values[i], thing);
}
