/* Every tree of all, any, none and at_least up to depth 3, with one to three children, over facts of all four truths.
 *
 * Three things must agree on each: eval_node on the real tree and real facts; what supervaluation says (below), which shares
 * nothing with the tables of truth.h; and the trace, which must name a test that can have decided.
 *
 * Depth 1 is complete: all 480 operators over leaves. Depth 2 is complete for one and two children. Of three children there, and
 * of everything at depth 3, a node sees no more of a child than its truth and its trace, so one child is taken for each operator,
 * truth and leaf that decided: every combination of those that can arise is tried, on real trees.
 *
 * Supervaluation: put true and false for every leaf that was not seen, in every way. One result: that is the truth. Both: the
 * truth is open, and it is unreadable where, with the unknown leaves held somehow, the unreadable ones still change the result.
 * So a tree is a set of behaviours, one for each way to hold its unknown leaves, and a behaviour is the set of results that the
 * unreadable ones then give. Leaves are independent, so the behaviours of a node are those of every choice of its children's. */
#include "tests/check.h"
#include "tests/engine/world.h"

#include "engine/eval.h"

#define WIDTH 3
#define FIRST 512  /* trees of depth 0 and 1 */
#define KEPT 256   /* one for each operator, truth and deciding leaf */
#define RESULT_F 1 /* a behaviour: a set of results */
#define RESULT_T 2

static const struct join {
  enum rule_op op;
  size_t at_least, width;
  const char *name;
} joins[] = {
    {RULE_ALL, 0, 1, "all"},
    {RULE_ANY, 0, 1, "any"},
    {RULE_NONE, 0, 1, "none"},
    {RULE_AT_LEAST, 1, 1, "at_least 1"},
    {RULE_ALL, 0, 2, "all"},
    {RULE_ANY, 0, 2, "any"},
    {RULE_NONE, 0, 2, "none"},
    {RULE_AT_LEAST, 1, 2, "at_least 1"},
    {RULE_AT_LEAST, 2, 2, "at_least 2"},
    {RULE_ALL, 0, 3, "all"},
    {RULE_ANY, 0, 3, "any"},
    {RULE_NONE, 0, 3, "none"},
    {RULE_AT_LEAST, 1, 3, "at_least 1"},
    {RULE_AT_LEAST, 2, 3, "at_least 2"},
    {RULE_AT_LEAST, 3, 3, "at_least 3"},
};
#define JOINS (sizeof joins / sizeof *joins)

struct tree {
  struct rule_node node;
  struct rule_node children[WIDTH];
  size_t op;           /* place in joins; JOINS for a leaf */
  enum truth truth;    /* as eval_node says */
  enum truth decider;  /* truth of the leaf that the trace names */
  unsigned deciders;   /* leaves that can have decided, one bit for each truth */
  unsigned behaviours; /* bit b: the behaviour b, a set of results, can arise */
};

static struct fact_set *facts;
static struct match_cache *cache;
static struct rule_node leaves[WIDTH][4]; /* by place and truth */
static struct tree first[FIRST], kept[2][KEPT];
static size_t first_count, kept_count[2];
static unsigned long long tried, wrong;

/* --- the independent statement --- */

static bool holds(const struct join *op, const bool *values) {
  size_t holding = 0;
  for (size_t i = 0; i < op->width; i++) holding += values[i];
  if (op->op == RULE_ALL) return holding == op->width;
  return op->op == RULE_NONE ? holding == 0 : holding >= (op->op == RULE_ANY ? 1 : op->at_least);
}

/* The results of a node whose children show these behaviours. */
static unsigned results_of(const struct join *op, const unsigned *behaviours) {
  unsigned results = 0;
  for (unsigned choice = 0; choice < 1u << op->width; choice++) {
    bool values[WIDTH], can_be = true;
    for (size_t i = 0; i < op->width; i++) {
      values[i] = choice >> i & 1u;
      can_be = can_be && (behaviours[i] & (values[i] ? RESULT_T : RESULT_F));
    }
    if (can_be) results |= holds(op, values) ? RESULT_T : RESULT_F;
  }
  return results;
}

static unsigned combined_behaviours(const struct join *op, const unsigned *behaviours) {
  unsigned all = 0, each[WIDTH] = {0, 0, 0};
  for (unsigned choice = 0; choice < 64; choice++) {
    bool can_be = true;
    for (size_t i = 0; i < WIDTH; i++) {
      each[i] = choice >> (2 * i) & 3u;
      can_be = can_be && (i < op->width ? each[i] && (behaviours[i] >> each[i] & 1u) : each[i] == 0);
    }
    if (can_be) all |= 1u << results_of(op, each);
  }
  return all;
}

static unsigned behaviours_of(size_t op, const struct tree *const *children) {
  static unsigned known[JOINS][16][16][16];
  unsigned behaviours[WIDTH] = {0, 0, 0};
  for (size_t i = 0; i < joins[op].width; i++) behaviours[i] = children[i]->behaviours;
  unsigned *all = &known[op][behaviours[0]][behaviours[1]][behaviours[2]];
  if (!*all) *all = combined_behaviours(&joins[op], behaviours);
  return *all;
}

static enum truth truth_of(unsigned behaviours) {
  if (behaviours == 1u << RESULT_T) return TRUTH_TRUE;
  if (behaviours == 1u << RESULT_F) return TRUTH_FALSE;
  return behaviours & 1u << (RESULT_T | RESULT_F) ? TRUTH_UNREADABLE : TRUTH_UNKNOWN;
}

/* The truth that a child must have to have decided. */
static enum truth deciding(const struct join *op, enum truth truth) {
  if (op->op != RULE_NONE) return truth;
  return truth == TRUTH_TRUE ? TRUTH_FALSE : truth == TRUTH_FALSE ? TRUTH_TRUE : truth;
}

static unsigned deciders_of(const struct join *op, enum truth truth, const struct tree *const *children) {
  unsigned all = 0;
  for (size_t i = 0; i < op->width; i++)
    if (children[i]->truth == deciding(op, truth)) all |= children[i]->deciders;
  return all;
}

/* --- real trees --- */

static void print_node(const struct rule_node *node) {
  if (node->op == RULE_TEST) {
    for (size_t t = 0; t < 4; t++)
      if (node->fact == leaves[0][t].fact) printf("%s", truth_name((enum truth)t));
    return;
  }
  for (size_t o = 0; o < JOINS; o++)
    if (joins[o].op == node->op && joins[o].at_least == node->at_least && joins[o].width == node->child_count) printf("%s(", joins[o].name);
  for (size_t i = 0; i < node->child_count; i++) {
    if (i) printf(", ");
    print_node(&node->children[i]);
  }
  printf(")");
}

static void complain(const struct rule_node *node, const char *what, enum truth found, enum truth expected) {
  if (wrong++ >= 10) return;
  print_node(node);
  printf(": %s %s, expected %s\n", what, truth_name(found), truth_name(expected));
}

/* Evaluates one tree and holds it against the statement above. What is borrowed, the children's own children, is kept. */
static void try_tree(size_t op, const struct tree *const *children, struct tree *tree) {
  const struct eval eval = {.facts = facts, .cache = cache, .ignore_forge = -1};
  const struct join *o = &joins[op];
  struct eval_trace trace = {.fact = FACT_NONE};
  tree->op = op;
  for (size_t i = 0; i < o->width; i++) tree->children[i] = children[i]->op == JOINS ? leaves[i][children[i]->truth] : children[i]->node;
  tree->node = branch(o->op, o->at_least, tree->children, o->width);
  tree->truth = eval_node(&eval, &tree->node, &trace);
  tree->behaviours = behaviours_of(op, children);
  tree->deciders = deciders_of(o, tree->truth, children);
  tried++;
  if (tree->truth != truth_of(tree->behaviours)) complain(&tree->node, "is", tree->truth, truth_of(tree->behaviours));
  size_t decider = 0;
  while (decider < 4 && trace.fact != leaves[0][decider].fact) decider++;
  if (decider == 4 || !(tree->deciders >> decider & 1u)) complain(&tree->node, "the trace names another leaf than", tree->truth, tree->truth);
  tree->decider = (enum truth)(decider % 4);
}

/* Keeps the tree where it is the first of its operator, truth and decider; its node then points into the copy. */
static void keep(const struct tree *tree, size_t layer) {
  for (size_t i = 0; i < kept_count[layer]; i++) {
    const struct tree *other = &kept[layer][i];
    if (other->op == tree->op && other->truth == tree->truth && other->decider == tree->decider) return;
  }
  struct tree *copy = &kept[layer][kept_count[layer]++];
  *copy = *tree;
  if (copy->op < JOINS) copy->node.children = copy->children;
}

/* Every operator of `widths` (one bit for each) over every choice of these trees. */
static void combine(const struct tree *trees, size_t count, unsigned widths, size_t layer) {
  for (size_t op = 0; op < JOINS; op++) {
    size_t width = joins[op].width, choices = 1;
    if (!(widths >> width & 1u)) continue;
    for (size_t i = 0; i < width; i++) choices *= count;
    for (size_t choice = 0; choice < choices; choice++) {
      const struct tree *children[WIDTH];
      for (size_t i = 0, rest = choice; i < width; i++, rest /= count) children[i] = &trees[rest % count];
      struct tree tree;
      try_tree(op, children, &tree);
      if (layer < 2) keep(&tree, layer);
    }
  }
}

static void make_leaves(void) {
  static const unsigned behaviours[4] = {[TRUTH_FALSE] = 1u << RESULT_F,
                                         [TRUTH_TRUE] = 1u << RESULT_T,
                                         [TRUTH_UNKNOWN] = 1u << RESULT_F | 1u << RESULT_T,
                                         [TRUTH_UNREADABLE] = 1u << (RESULT_F | RESULT_T)};
  static const size_t looked_at[4] = {[TRUTH_FALSE] = F_RELEASE, [TRUTH_TRUE] = F_HOST, [TRUTH_UNKNOWN] = F_MEMORY, [TRUTH_UNREADABLE] = F_TOKENS};
  fact_set_value(facts, F_HOST, text_of("a"));
  fact_set_absent(facts, F_RELEASE);
  fact_set_unreadable(facts, F_TOKENS, "refused");
  for (size_t t = 0; t < 4; t++) {
    for (size_t place = 0; place < WIDTH; place++) leaves[place][t] = leaf(looked_at[t], NULL, MATCH_PRESENT, NULL);
    first[first_count++] = (struct tree){
        .node = leaves[0][t], .op = JOINS, .truth = (enum truth)t, .decider = (enum truth)t, .deciders = 1u << t, .behaviours = behaviours[t]};
  }
}

/* The trace of a node of leaves is that of the first child that can have decided. */
static bool first_decides(const struct tree *tree) {
  const struct eval eval = {.facts = facts, .cache = cache, .ignore_forge = -1};
  struct eval_trace trace;
  enum truth truth = eval_node(&eval, &tree->node, &trace);
  for (size_t i = 0; i < tree->node.child_count; i++) {
    const struct rule_node *child = &tree->node.children[i];
    if (eval_node(&eval, child, NULL) == deciding(&joins[tree->op], truth)) return trace.test == child;
  }
  return false;
}

static void depth_1(void) {
  for (size_t op = 0; op < JOINS; op++) {
    size_t choices = joins[op].width == 1 ? 4 : joins[op].width == 2 ? 16 : 64;
    for (size_t choice = 0; choice < choices; choice++) {
      const struct tree *children[WIDTH] = {&first[choice % 4], &first[choice / 4 % 4], &first[choice / 16]};
      struct tree *tree = &first[first_count++];
      try_tree(op, children, tree);
      if (!first_decides(tree)) complain(&tree->node, "the trace is not of the first that is", tree->truth, deciding(&joins[op], tree->truth));
    }
  }
}

int main(void) {
  facts = fact_set_new(&world_catalog);
  cache = match_cache_new(64);
  make_leaves();
  depth_1();
  CHECK(wrong == 0);
  CHECK(tried == 4 * 4 + 5 * 16 + 6 * 64 && first_count == tried + 4);
  for (size_t i = 0; i < first_count; i++) keep(&first[i], 0);
  for (size_t i = 0; i < kept_count[0]; i++) keep(&kept[0][i], 1);
  combine(first, first_count, 1u << 1 | 1u << 2, 1);
  combine(kept[0], kept_count[0], 1u << 3, 1);
  CHECK(wrong == 0 && kept_count[0] < KEPT);
  combine(kept[1], kept_count[1], 1u << 1 | 1u << 2 | 1u << 3, 2);
  CHECK(wrong == 0 && kept_count[1] < KEPT);
  printf("trees: %llu tried, of %zu and %zu kinds below\n", tried, kept_count[0], kept_count[1]);
  fact_set_free(facts);
  match_cache_free(cache);
  return check_end("trees");
}
