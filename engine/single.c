/* See single.h. */
#include "single.h"

#include <assert.h>
#include <string.h>

#include "eval.h"
#include "plan.h"

#define DEPTH_MOST 64 /* of a form: more than conditions can have */

/* Forms while they are evaluated. The words may be an enemy's: what is beyond them is unknown. */
struct reading {
  const struct eval *blank;
  const uint32_t *at, *end;
  unsigned char *looks; /* by fact and kind of look: its truth + 1 once it is known */
};

static unsigned char look_at(const struct eval *blank, size_t fact, size_t kind) {
  static const enum matcher matchers[PLAN_LOOKS] = {MATCH_EQUALS, MATCH_PRESENT, MATCH_ABSENT, MATCH_EQUALS, MATCH_PRESENT, MATCH_ABSENT};
  struct rule_node node = {.op = kind == LOOK_HAS ? RULE_HAS : RULE_TEST, .fact = fact, .matcher = matchers[kind], .operand = ""};
  if (kind >= LOOK_MEMBER && kind != LOOK_HAS) node.key = "";
  return (unsigned char)(eval_node(blank, &node, NULL) + 1);
}

static enum truth look(const struct reading *reading, uint32_t leaf) {
  size_t fact = (leaf & ~PLAN_LEAF) >> 4, kind = leaf & 15;
  if (fact >= reading->blank->facts->catalog->count || kind >= PLAN_LOOKS) return TRUTH_UNKNOWN;
  unsigned char *known = &reading->looks[fact * PLAN_LOOKS + kind];
  if (!*known) *known = look_at(reading->blank, fact, kind);
  return (enum truth)(*known - 1);
}

/* As eval.c folds, from the truths of the children. */
struct folded {
  enum truth all, any;
  size_t holding, open;
  bool unreadable;
};

static enum truth fold(uint32_t op, size_t at_least, struct folded folded) {
  if (op == RULE_ALL) return folded.all;
  if (op != RULE_AT_LEAST) return op == RULE_NONE ? truth_not(folded.any) : folded.any;
  if (folded.holding >= at_least) return TRUTH_TRUE;
  if (folded.holding + folded.open < at_least) return TRUTH_FALSE;
  return folded.unreadable ? TRUTH_UNREADABLE : TRUTH_UNKNOWN;
}

static enum truth read_form(struct reading *reading, unsigned depth) {
  if (depth > DEPTH_MOST) reading->at = reading->end; /* whoever asks for more children ends, too */
  if (reading->at == reading->end) return TRUTH_UNKNOWN;
  uint32_t word = *reading->at++;
  if (word & PLAN_LEAF) return look(reading, word);
  uint32_t op = word >> 24, count = word & 0xffffff;
  size_t at_least = op == RULE_AT_LEAST && reading->at < reading->end ? *reading->at++ : 0;
  struct folded folded = {.all = TRUTH_TRUE, .any = TRUTH_FALSE};
  for (uint32_t i = 0; i < count && reading->at < reading->end; i++) {
    enum truth truth = read_form(reading, depth + 1);
    folded.all = truth_and(folded.all, truth);
    folded.any = truth_or(folded.any, truth);
    folded.holding += truth == TRUTH_TRUE;
    folded.open += truth == TRUTH_UNKNOWN || truth == TRUTH_UNREADABLE;
    folded.unreadable |= truth == TRUTH_UNREADABLE;
  }
  return fold(op, at_least, folded);
}

/* How every signal comes out where nothing matches: signals of one form alike. */
static void decide_blanks(const struct single *single, const struct eval *blank, unsigned char *looks, unsigned char *truths) {
  const struct plan *plan = single->base->plan;
  struct reading reading = {.blank = blank, .at = plan->words, .end = plan->words + plan->word_count, .looks = looks};
  for (uint32_t i = 0; i < plan->signal_count; i++) {
    if (plan->forms[i] != i) {
      truths[i] = truths[plan->forms[i]];
    } else if (reading.at < reading.end && *reading.at != PLAN_OPAQUE) {
      truths[i] = (unsigned char)read_form(&reading, 0);
    } else {
      reading.at += reading.at < reading.end;
      truths[i] = (unsigned char)eval_node(blank, rule_signal(single->base, i)->when, NULL);
    }
  }
}

int single_decide(const struct rule_base *base, const struct fact_set *facts, struct match_cache *cache, int ignore_forge, struct arena *arena,
                  struct single *single) {
  assert(base && base->plan && base->index && facts && cache && arena && single);
  const struct eval eval = {.facts = facts, .cache = cache, .ignore_forge = ignore_forge}, blank = {facts, cache, ignore_forge, .blank = true};
  unsigned char *truths = arena_take(arena, base->signal_count + 1), *looks = arena_take(arena, facts->catalog->count * PLAN_LOOKS + 1);
  *single = (struct single){.base = base, .facts = facts, .cache = cache, .ignore_forge = ignore_forge, .truths = truths};
  if (index_found_new(base, &single->found) || !truths || !looks) return -1;
  index_find(base, facts, ignore_forge, cache, &single->found);
  decide_blanks(single, &blank, looks, truths);
  for (size_t i = 0; i < single->found.count; i++) {
    uint32_t signal = single->found.items[i];
    bool sure = single->found.how[signal] == INDEX_SURE;
    truths[signal] = (unsigned char)(sure ? TRUTH_TRUE : eval_node(&eval, rule_signal(base, signal)->when, NULL));
  }
  return 0;
}

void single_free(struct single *single) { index_found_free(&single->found); }

enum truth single_less(const struct single *single, int level, uint32_t signal) {
  assert(single && level >= single->ignore_forge && signal < single->base->signal_count);
  unsigned marks = single->base->plan->marks[signal];
  if ((int)(marks & PLAN_FORGE) > level) return (enum truth)single->truths[signal];
  if ((int)PLAN_HIGHEST(marks) <= level) return TRUTH_UNKNOWN;
  const struct eval eval = {.facts = single->facts, .cache = single->cache, .ignore_forge = level, .blank = !single->found.how[signal]};
  return eval_node(&eval, rule_signal(single->base, signal)->when, NULL);
}
