/* See coverage.h. */
#include "coverage.h"

#include <assert.h>
#include <string.h>

#include "../../collectors/catalog.h"
#include "../eval.h"

struct tally {
  size_t truths[4]; /* by enum truth */
};

struct coverage {
  const struct corpus *corpus;
  struct match_cache *cache;
  struct tally *tallies; /* one for each signal of each thing, in the order of the base */
  size_t signal_count;
};

struct coverage *coverage_new(const struct corpus *corpus) {
  assert(corpus && corpus->base);
  struct coverage *coverage = mem_new(sizeof *coverage);
  if (!coverage) return NULL;
  coverage->corpus = corpus;
  for (size_t i = 0; i < corpus->base->thing_count; i++) coverage->signal_count += corpus->base->things[i].signal_count;
  coverage->cache = match_cache_new(corpus->base->test_count);
  coverage->tallies = mem_new((coverage->signal_count + 1) * sizeof *coverage->tallies);
  if (coverage->cache && coverage->tallies) return coverage;
  coverage_free(coverage);
  return NULL;
}

void coverage_free(struct coverage *coverage) {
  if (!coverage) return;
  match_cache_free(coverage->cache);
  mem_free(coverage->tallies);
  mem_free(coverage);
}

void coverage_add(struct coverage *coverage, const struct fact_set *facts) {
  const struct rule_base *base = coverage->corpus->base;
  const struct eval eval = {.facts = facts, .cache = coverage->cache, .ignore_forge = -1};
  struct tally *tally = coverage->tallies;
  for (size_t i = 0; i < base->thing_count; i++)
    for (size_t s = 0; s < base->things[i].signal_count; s++) (tally++)->truths[eval_node(&eval, base->things[i].signals[s].when, NULL)]++;
}

void coverage_merge(struct coverage *coverage, const struct coverage *other) {
  for (size_t i = 0; i < coverage->signal_count; i++)
    for (int t = 0; t < 4; t++) coverage->tallies[i].truths[t] += other->tallies[i].truths[t];
}

/* --- telling --- */

static bool is_wanted(const struct rule_thing *thing, const char *wanted) {
  if (!wanted) return true;
  size_t length = strlen(thing->layer);
  return strncmp(wanted, thing->layer, length) == 0 && wanted[length] == '/' && strcmp(wanted + length + 1, thing->id) == 0;
}

/* Prints the signals of a thing that nothing decides true, under the name of its file. How many there are. */
static size_t print_thing(const struct rule_thing *thing, const struct tally *tallies, struct buffer *out) {
  size_t found = 0;
  for (size_t s = 0; s < thing->signal_count; s++) {
    const struct tally *tally = &tallies[s];
    if (tally->truths[TRUTH_TRUE]) continue;
    if (found++ == 0) buffer_format(out, "  %s/%s.yaml\n", thing->layer, thing->id);
    buffer_format(out, "    %-28s ", thing->signals[s].id);
    if (tally->truths[TRUTH_FALSE])
      buffer_format(out, "false %zu times", tally->truths[TRUTH_FALSE]);
    else
      buffer_add(out, "never decided");
    buffer_format(out, "  %s\n", thing->signals[s].text);
  }
  return found;
}

static void print_signals(const struct coverage *coverage, const char *wanted, struct buffer *out) {
  const struct rule_base *base = coverage->corpus->base;
  const struct tally *tallies = coverage->tallies;
  size_t all = 0, never_true = 0, undecided = 0;
  buffer_add(out, "Signals that no machine, sample or example makes true\n");
  for (size_t i = 0; i < base->thing_count; i++) {
    const struct rule_thing *thing = &base->things[i];
    if (is_wanted(thing, wanted)) {
      never_true += print_thing(thing, tallies, out);
      all += thing->signal_count;
      for (size_t s = 0; s < thing->signal_count; s++) undecided += !tallies[s].truths[TRUTH_TRUE] && !tallies[s].truths[TRUTH_FALSE];
    }
    tallies += thing->signal_count;
  }
  buffer_format(out, "  %zu of %zu signals, of which %zu are never decided\n\n", never_true, all, undecided);
}

static void print_facts(const struct coverage *coverage, struct buffer *out) {
  const struct rule_base *base = coverage->corpus->base;
  bool *used = mem_new(catalog.count * sizeof *used);
  size_t unused = 0;
  if (!used) {
    out->failed = 1;
    return;
  }
  for (size_t i = 0; i < base->thing_count; i++) {
    const struct rule_thing *thing = &base->things[i];
    for (size_t s = 0; s < thing->signal_count; s++) rule_mark_facts(thing->signals[s].when, used);
    for (size_t e = 0; e < thing->extract_count; e++) used[thing->extracts[e].fact] = true;
  }
  buffer_add(out, "Facts that no rule uses\n");
  for (size_t f = 0; f < catalog.count; f++) {
    if (!used[f]) buffer_format(out, "  %s\n", catalog.defs[f].path);
    unused += !used[f];
  }
  buffer_format(out, "  %zu of %zu facts\n\n", unused, catalog.count);
  mem_free(used);
}

/* True where a machine or sample is known to be the thing: its layer can come out as nothing else, or unknown. */
static bool has_machine(const struct corpus *corpus, const struct rule_thing *thing) {
  for (size_t c = 0; c < corpus->count; c++)
    for (size_t e = 0; e < corpus->cases[c].expected_count; e++) {
      const struct expectation *expected = &corpus->cases[c].expected[e];
      size_t others = expected->id_count - corpus_accepts(expected, "unknown");
      if (others == 1 && strcmp(expected->layer, thing->layer) == 0 && corpus_accepts(expected, thing->id)) return true;
    }
  return false;
}

static void print_things(const struct coverage *coverage, const char *wanted, struct buffer *out) {
  const struct rule_base *base = coverage->corpus->base;
  size_t bare = 0, all = 0;
  buffer_add(out, "Things without a machine or sample\n");
  for (size_t k = 0; k < base->layer_count; k++) {
    const struct rule_layer *layer = &base->layers[k];
    for (size_t i = 0; i < layer->thing_count; i++) {
      const struct rule_thing *thing = layer->things[i];
      if (!is_wanted(thing, wanted)) continue;
      all++;
      if (has_machine(coverage->corpus, thing)) continue;
      buffer_format(out, "  %s/%s\n", thing->layer, thing->id);
      bare++;
    }
  }
  buffer_format(out, "  %zu of %zu things\n\n", bare, all);
}

void coverage_print(const struct coverage *coverage, const char *wanted, struct buffer *out) {
  assert(coverage && out);
  print_signals(coverage, wanted, out);
  if (!wanted) print_facts(coverage, out);
  print_things(coverage, wanted, out);
}
