/* Expected information: never negative, never above the entropy of the answers, nothing that is known, and equal to what is computed
 * here from the definition, over all outcomes, on bases drawn at random. */
#include "tests/check.h"
#include "tests/engine/random.h"

#include <math.h>

#include "engine/next.h"

#define BASES 300
#define MOST 24 /* conditions of one fact in one layer */

static struct rule_base *base;
static const struct verdict *verdict;

/* The open conditions of one fact in one layer, by text. */
struct table {
  const char *texts[MOST];
  double seen[MOST][8]; /* by hypothesis; -1 where it does not have the condition */
  const char *groups[MOST][8], *ids[MOST][8];
  double elsewhere[MOST], bits[MOST];
  size_t count;
};

static double floored(const struct rule_signal *signal) {
  double floor = base->model.forge_floor[signal->forge];
  return signal->elsewhere < floor && signal->elsewhere < signal->seen ? fmin(floor, signal->seen) : signal->elsewhere;
}

static double weight(const struct rule_signal *signal) { return log2(signal->seen / floored(signal)) / base->model.temperature; }

static bool is_settled(const struct hypothesis *hypothesis, const struct rule_signal *signal) {
  for (size_t i = 0; i < hypothesis->evidence.count; i++) {
    const struct evidence *evidence = &hypothesis->evidence.items[i];
    if (evidence->bits > 0 && evidence->bits >= weight(signal) - 1e-12 && strcmp(evidence->signal->group, signal->group) == 0) return true;
  }
  return false;
}

static size_t row_of(struct table *table, const char *text) {
  for (size_t i = 0; i < table->count; i++)
    if (strcmp(table->texts[i], text) == 0) return i;
  table->texts[table->count] = text;
  for (size_t h = 0; h < 8; h++) table->seen[table->count][h] = -1;
  return table->count++;
}

static void enter(struct table *table, const struct evidence_list *list, const struct hypothesis *hypothesis, size_t place, const char *fact) {
  for (size_t i = 0; i < list->count; i++) {
    const struct rule_signal *signal = list->items[i].signal;
    if (!list->items[i].fact || strcmp(list->items[i].fact, fact) != 0 || is_settled(hypothesis, signal)) continue;
    size_t row = row_of(table, signal->text);
    if (table->seen[row][place] >= 0 && strcmp(table->ids[row][place], signal->id) < 0) continue; /* asked twice: the first id answers */
    table->ids[row][place] = signal->id;
    table->seen[row][place] = signal->seen;
    table->groups[row][place] = signal->group;
    table->elsewhere[row] = fmax(table->elsewhere[row], floored(signal));
  }
}

static double entropy_of(const double *p, size_t count) {
  double bits = 0, total = 0;
  for (size_t i = 0; i < count; i++) total += p[i];
  for (size_t i = 0; i < count; i++)
    if (p[i] > 0) bits -= p[i] / total * log2(p[i] / total);
  return bits;
}

/* The entropy that the chosen rows take from the layer, on average over their outcomes. */
static double information(const struct verdict_layer *layer, const struct table *table, const size_t *rows, size_t count) {
  double prior[8], after = 0;
  for (size_t h = 0; h < layer->count; h++) prior[h] = layer->hypotheses[h].probability;
  for (unsigned outcome = 0; outcome < 1u << count; outcome++) {
    double joint[8], total = 0;
    for (size_t h = 0; h < layer->count; h++) {
      joint[h] = prior[h];
      for (size_t i = 0; i < count; i++) {
        double yes = table->seen[rows[i]][h] < 0 ? table->elsewhere[rows[i]] : table->seen[rows[i]][h];
        joint[h] *= outcome >> i & 1 ? yes : 1 - yes;
      }
      total += joint[h];
    }
    if (total > 0) after += total * entropy_of(joint, layer->count);
  }
  return entropy_of(prior, layer->count) - after;
}

/* True where the row is the most informative of its group for some hypothesis; among equals the first by text. */
static bool is_needed(const struct table *table, size_t row) {
  for (size_t h = 0; h < 8; h++) {
    bool best = table->seen[row][h] >= 0;
    for (size_t i = 0; best && i < table->count; i++) {
      if (i == row || table->seen[i][h] < 0 || strcmp(table->groups[i][h], table->groups[row][h]) != 0) continue;
      bool first = table->bits[i] == table->bits[row] && strcmp(table->texts[i], table->texts[row]) < 0;
      if (table->bits[i] > table->bits[row] + 1e-12 || first) best = false;
    }
    if (best) return true;
  }
  return false;
}

/* What reading the fact tells about one layer; -1 where there are more conditions than next.h reckons with. */
static double of_layer(const struct verdict_layer *layer, const char *fact) {
  struct table table = {0};
  size_t rows[MOST], count = 0;
  for (size_t h = 0; h < layer->count; h++) {
    enter(&table, &layer->hypotheses[h].missing, &layer->hypotheses[h], h, fact);
    enter(&table, &layer->hypotheses[h].unreadable, &layer->hypotheses[h], h, fact);
  }
  for (size_t i = 0; i < table.count; i++) table.bits[i] = information(layer, &table, &i, 1);
  for (size_t i = 0; i < table.count; i++)
    if (is_needed(&table, i)) rows[count++] = i;
  return count > NEXT_CONDITIONS ? -1 : information(layer, &table, rows, count);
}

static double entropy_of_layer(const struct verdict_layer *layer) {
  double p[8];
  for (size_t h = 0; h < layer->count; h++) p[h] = layer->hypotheses[h].probability;
  return entropy_of(p, layer->count);
}

static double entropy_of_all(void) {
  double sum = 0;
  for (size_t k = 0; k < verdict->layer_count; k++) sum += entropy_of_layer(&verdict->layers[k]);
  return sum;
}

static size_t compared, several;

static void information_is_as_defined(const struct fact_set *facts) {
  double least = verdict->next_count == NEXT_FACTS ? verdict->next[NEXT_FACTS - 1].bits : NEXT_LEAST_BITS;
  for (size_t f = 0; f < RANDOM_FACTS; f++) {
    const char *path = random_defs[f].path;
    double bits = 0;
    const struct next_fact *found = NULL;
    for (size_t i = 0; i < verdict->next_count; i++)
      if (strcmp(verdict->next[i].fact, path) == 0) found = &verdict->next[i];
    for (size_t k = 0; k < verdict->layer_count && bits >= 0; k++) {
      if (entropy_of_layer(&verdict->layers[k]) < NEXT_CERTAIN) continue;
      double of = of_layer(&verdict->layers[k], path);
      bits = of < 0 ? -1 : bits + of;
    }
    if (found) CHECK(facts->facts[f].state == FACT_UNKNOWN || facts->facts[f].state == FACT_UNREADABLE);
    if (bits < 0) continue;
    if (found)
      CHECK(fabs(found->bits - bits) < 1e-9);
    else
      CHECK(bits < least + 1e-9);
    compared += found != NULL;
    several += found && bits > 0.1;
  }
}

int main(void) {
  for (unsigned long seed = 1; seed <= BASES; seed++) {
    base = random_base(seed, (struct random_options){.stacks = true, .shared = true, .temperature = 0.6});
    CHECK(rule_base_finish(base) == 0);
    struct fact_set *facts = random_facts(30);
    struct judge *judge = judge_new(base);
    verdict = random_judge(judge, facts, (struct judge_options){.explain = true});
    for (size_t i = 0; i < verdict->next_count; i++) {
      CHECK(verdict->next[i].bits > 0 && verdict->next[i].bits <= entropy_of_all() + 1e-9);
      CHECK(i == 0 || verdict->next[i - 1].bits >= verdict->next[i].bits);
    }
    information_is_as_defined(facts);
    judge_free(judge);
    fact_set_free(facts);
    rule_base_free(base);
  }
  CHECK(compared > 200 && several > 100);
  return check_end("next");
}
