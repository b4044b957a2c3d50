/* See forge.h. */
#include "forge.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

const char *forge_action_name(enum move_action action) {
  static const char *const names[] = {[MOVE_SET] = "set", [MOVE_REMOVE] = "remove", [MOVE_WITHHOLD] = "withhold"};
  return names[action];
}

/* Moves chosen together, in order of their numbers, at most one of a cell. */
struct set {
  size_t moves[FORGE_FACTS];
  size_t count;
};

struct outcome {
  double margin; /* log-odds of the claim with its kinds against all else, in bits */
  double probability;
  uint64_t own; /* of every thing's own bits: the same where a move changed nothing */
};

struct node {
  struct set set;
  uint64_t own;
};

struct search {
  struct rank_input input; /* over `forged` */
  const struct fact_set *facts;
  struct fact_set forged;
  const struct rule_thing *claim;
  size_t layer; /* of the claim */
  struct arena *arena, *scratch;
  struct moves moves;
  struct outcome before;
  size_t tried;
  struct set best; /* the nearest, or where `found` the cheapest */
  struct outcome best_outcome;
  bool found;
  bool failed;
};

/* --- what a set of moves comes to --- */

static uint64_t add_hash(uint64_t hash, double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return (hash ^ bits) * 0x9E3779B97F4A7C15u ^ hash >> 29;
}

static double log_sum(double a, double b) {
  double high = fmax(a, b), low = fmin(a, b);
  return low == -INFINITY ? high : high + log2(1 + exp2(low - high));
}

static struct outcome outcome_of(const struct search *search, const struct layer_scores *scores) {
  struct outcome outcome = {0};
  double claim = -INFINITY, others = -INFINITY;
  for (size_t k = 0; k < search->input.base->layer_count; k++)
    for (size_t i = 0; i < scores[k].count; i++) {
      const struct score *score = &scores[k].scores[i];
      outcome.own = add_hash(outcome.own, score->own);
      if (k != search->layer) continue;
      if (rule_is_kind(score->thing, search->claim)) {
        claim = log_sum(claim, score->log_odds);
        outcome.probability += score->probability;
      } else {
        others = log_sum(others, score->log_odds);
      }
    }
  outcome.margin = claim - others;
  return outcome;
}

static const struct layer_scores *rank_set(struct search *search, const struct set *set, struct arena *arena) {
  memcpy(search->forged.facts, search->facts->facts, search->facts->catalog->count * sizeof *search->forged.facts);
  for (size_t i = 0; i < set->count; i++)
    if (moves_make(&search->moves.items[set->moves[i]], &search->forged, arena)) search->failed = true;
  search->tried++;
  const struct layer_scores *scores = search->failed ? NULL : rank_layers(&search->input, arena);
  if (!scores) search->failed = true;
  return scores;
}

static struct outcome try_set(struct search *search, const struct set *set) {
  arena_reset(search->scratch);
  const struct layer_scores *scores = rank_set(search, set, search->scratch);
  return scores ? outcome_of(search, scores) : (struct outcome){.margin = -INFINITY};
}

static bool passes(const struct outcome *outcome) { return outcome->probability >= FORGE_PASSES; }

/* Of two sets of one size that pass the one that gains less is kept; while none passes, the one that comes nearest. */
static void note(struct search *search, const struct set *set, const struct outcome *outcome) {
  bool good = passes(outcome);
  bool better = good == search->found ? (good ? outcome->margin < search->best_outcome.margin : outcome->margin > search->best_outcome.margin) : good;
  if (!better) return;
  search->best = *set;
  search->best_outcome = *outcome;
  search->found = good;
}

/* --- sets --- */

static bool has_cell(const struct search *search, const struct set *set, size_t cell) {
  for (size_t i = 0; i < set->count; i++)
    if (search->moves.items[set->moves[i]].cell == cell) return true;
  return false;
}

/* The set with a move added in its place, any other of the same cell taken out. Unchanged where it is full. */
static struct set with(const struct search *search, const struct set *set, size_t move) {
  struct set out = {.count = 0};
  bool placed = false;
  for (size_t i = 0; i < set->count; i++) {
    if (!placed && set->moves[i] > move && out.count < FORGE_FACTS) {
      out.moves[out.count++] = move;
      placed = true;
    }
    if (search->moves.items[set->moves[i]].cell == search->moves.items[move].cell) continue;
    if (out.count == FORGE_FACTS) return *set;
    out.moves[out.count++] = set->moves[i];
  }
  if (!placed && out.count == FORGE_FACTS) return *set;
  if (!placed) out.moves[out.count++] = move;
  return out;
}

static struct set without(const struct set *set, size_t index) {
  struct set out = {.count = 0};
  for (size_t i = 0; i < set->count; i++)
    if (i != index) out.moves[out.count++] = set->moves[i];
  return out;
}

/* --- every set, by size --- */

/* Tries a node with one move more; keeps it in `next` where it may be built upon. */
static void extend(struct search *search, const struct node *node, size_t move, struct node *next, size_t *next_count) {
  struct node wider = {.set = with(search, &node->set, move)};
  struct outcome outcome = try_set(search, &wider.set);
  if (search->failed) return;
  wider.own = outcome.own;
  note(search, &wider.set, &outcome);
  if (!next || (wider.own == node->own && !search->moves.tied[search->moves.items[move].cell])) return;
  next[(*next_count)++] = wider;
}

static size_t count_extensions(const struct search *search, const struct node *nodes, size_t count) {
  size_t sum = 0;
  for (size_t n = 0; n < count; n++) {
    const struct set *set = &nodes[n].set;
    for (size_t m = set->count ? set->moves[set->count - 1] + 1 : 0; m < search->moves.count; m++)
      sum += !has_cell(search, set, search->moves.items[m].cell);
  }
  return sum;
}

static void extend_all(struct search *search, const struct node *nodes, size_t count, struct node *next, size_t *next_count) {
  for (size_t n = 0; n < count && !search->failed; n++) {
    const struct set *set = &nodes[n].set;
    for (size_t m = set->count ? set->moves[set->count - 1] + 1 : 0; m < search->moves.count && !search->failed; m++)
      if (!has_cell(search, set, search->moves.items[m].cell)) extend(search, &nodes[n], m, next, next_count);
  }
}

/* Adds the truth of every test of a fact below a condition. */
static void hash_tests(const struct eval *eval, const struct rule_node *node, size_t fact, uint64_t *hash) {
  bool leaf = node->op == RULE_TEST || node->op == RULE_HAS;
  if (leaf && node->fact == fact) *hash = add_hash(*hash, (double)eval_node(eval, node, NULL));
  for (size_t i = 0; !leaf && i < node->child_count; i++) hash_tests(eval, &node->children[i], fact, hash);
}

/* How every test of one fact comes out on the forged facts: the same where conditions cannot tell two moves apart. */
static uint64_t hash_fact(const struct search *search, size_t fact) {
  const struct rule_base *base = search->input.base;
  uint64_t hash = 1;
  for (size_t t = 0; t < base->thing_count; t++)
    for (size_t s = 0; s < base->things[t].signal_count; s++) hash_tests(&search->input.eval, base->things[t].signals[s].when, fact, &hash);
  return hash;
}

static uint64_t hash_move(struct search *search, const struct move *move) {
  arena_reset(search->scratch);
  memcpy(search->forged.facts, search->facts->facts, search->facts->catalog->count * sizeof *search->forged.facts);
  uint64_t before = hash_fact(search, move->fact);
  if (moves_make(move, &search->forged, search->scratch)) search->failed = true;
  uint64_t after = hash_fact(search, move->fact);
  return after == before ? 0 : after;
}

/* Forgets moves that change no test's truth, and those that change them as another move of their cell does, which then stands in
 * the bundles for both. */
static void drop_idle(struct search *search) {
  struct moves *moves = &search->moves;
  size_t *places = arena_take_array(search->arena, moves->count + 1, sizeof *places), kept = 0;
  uint64_t *hashes = arena_take_array(search->arena, moves->count + 1, sizeof *hashes);
  if (!places || !hashes) search->failed = true;
  for (size_t m = 0; m < moves->count && !search->failed; m++) {
    uint64_t hash = hash_move(search, &moves->items[m]);
    size_t same = kept;
    while (same > 0 && moves->items[same - 1].cell == moves->items[m].cell && hashes[same - 1] != hash) same--;
    bool twin = same > 0 && moves->items[same - 1].cell == moves->items[m].cell;
    places[m] = hash == 0 ? FACT_NONE : twin ? same - 1 : kept;
    if (hash == 0 || twin) continue;
    hashes[kept] = hash;
    moves->items[kept++] = moves->items[m];
  }
  if (search->failed) return;
  moves->count = kept;
  for (size_t b = 0; b < moves->bundle_count; b++) {
    size_t *numbers = (size_t *)moves->bundles[b].moves, left = 0;
    for (size_t i = 0; i < moves->bundles[b].count; i++)
      if (places[numbers[i]] != FACT_NONE) numbers[left++] = places[numbers[i]];
    moves->bundles[b].count = left;
  }
}

/* Tries all sets of one size after the other until one passes, none is left, or the next size takes too long. The first size that
 * was not tried wholly; FORGE_FACTS + 1 when none was left. */
static size_t try_sizes(struct search *search) {
  struct node start = {.own = search->before.own};
  struct node *nodes = &start, *next = NULL;
  size_t count = 1, spent = 0, size = 1;
  for (; size <= FORGE_FACTS && !search->found && !search->failed; size++) {
    size_t ahead = count_extensions(search, nodes, count), kept = 0;
    if (ahead == 0) break;
    if (spent + ahead > FORGE_TRIES) return size;
    spent += ahead;
    next = arena_take_array(search->arena, ahead, sizeof *next);
    if (!next) search->failed = true;
    if (next) extend_all(search, nodes, count, next, &kept);
    nodes = next;
    count = kept;
  }
  return search->found ? size : FORGE_FACTS + 1;
}

/* --- by the most gainful move --- */

static struct set with_bundle(const struct search *search, const struct set *set, const struct bundle *bundle) {
  struct set out = *set;
  for (size_t i = 0; i < bundle->count; i++)
    if (!bundle->away || !has_cell(search, set, search->moves.items[bundle->moves[i]].cell)) out = with(search, &out, bundle->moves[i]);
  return out;
}

/* A step that could be taken: one move or one bundle, and what a fact of it gained when it was last tried. */
struct candidate {
  size_t number; /* of the move; of the bundle, past the moves */
  double gain;
};

static int compare_candidates(const void *left, const void *right) {
  const struct candidate *a = left, *b = right;
  return a->gain != b->gain ? (a->gain > b->gain ? -1 : 1) : (a->number > b->number) - (a->number < b->number);
}

static struct set taken(const struct search *search, const struct set *set, size_t number) {
  bool single = number < search->moves.count;
  return single ? with(search, set, number) : with_bundle(search, set, &search->moves.bundles[number - search->moves.count]);
}

/* Takes the step that gains most for each fact that it changes. Candidates are tried in the order of what they gained before,
 * until none of the others gained as much as the best does now. False where none is better. */
static bool step(struct search *search, struct candidate *candidates, size_t count, struct set *set, struct outcome *reached) {
  struct set best = *set;
  struct outcome best_outcome = *reached;
  double best_gain = 0;
  for (size_t i = 0; i < count && !search->failed && candidates[i].gain > best_gain; i++) {
    struct set wider = taken(search, set, candidates[i].number);
    struct outcome outcome = try_set(search, &wider);
    size_t added = wider.count > set->count ? wider.count - set->count : 1;
    candidates[i].gain = (outcome.margin - reached->margin) / (double)added;
    if (candidates[i].gain <= best_gain + 1e-9) continue;
    best = wider;
    best_outcome = outcome;
    best_gain = candidates[i].gain;
  }
  if (count) qsort(candidates, count, sizeof *candidates, compare_candidates);
  *set = best;
  *reached = best_outcome;
  return best_gain > 0 && !search->failed;
}

static size_t added_count(const struct move *move) { return move->added.kind == VALUE_LIST ? move->added.count : 0; }

/* Takes out whatever is not needed to pass: moves, then elements of lists. */
static void prune(struct search *search, struct set *set, struct outcome *reached) {
  for (size_t i = set->count; i-- > 0 && !search->failed;) {
    struct set fewer = without(set, i);
    struct outcome outcome = try_set(search, &fewer);
    if (!passes(&outcome)) continue;
    *set = fewer;
    *reached = outcome;
  }
  for (size_t i = 0; i < set->count; i++)
    for (size_t m = 0; m < search->moves.count && !search->failed; m++) {
      const struct move *now = &search->moves.items[set->moves[i]], *other = &search->moves.items[m];
      if (other->cell != now->cell || !added_count(other) || added_count(other) >= added_count(now)) continue;
      struct set smaller = with(search, set, m);
      struct outcome outcome = try_set(search, &smaller);
      if (!passes(&outcome)) continue;
      *set = smaller;
      *reached = outcome;
    }
}

/* Puts the steps that gain most together, two and three at a time, where that makes a smaller set than `set`. */
static void narrow(struct search *search, const size_t *units, size_t count, struct set *set, struct outcome *reached) {
  for (size_t i = 0; i < count; i++)
    for (size_t j = i; j < count; j++)
      for (size_t k = j; k < count && !search->failed; k++) {
        const struct set none = {.count = 0};
        struct set one = taken(search, &none, units[i]), two = taken(search, &one, units[j]), three = taken(search, &two, units[k]);
        if (three.count >= set->count) continue;
        struct outcome outcome = try_set(search, &three);
        if (!passes(&outcome)) continue;
        *set = three;
        *reached = outcome;
      }
}

static void climb(struct search *search) {
  size_t count = search->moves.count + search->moves.bundle_count, units[FORGE_UNITS], unit_count = count < FORGE_UNITS ? count : FORGE_UNITS;
  struct candidate *candidates = arena_take_array(search->arena, count + 1, sizeof *candidates);
  struct set set = {.count = 0};
  struct outcome reached = search->before;
  if (!candidates) search->failed = true;
  for (size_t i = 0; candidates && i < count; i++) candidates[i] = (struct candidate){.number = i, .gain = INFINITY};
  for (size_t i = 0, fresh = 0; i < FORGE_FACTS && !search->failed && !passes(&reached); i++) {
    bool better = step(search, candidates, count, &set, &reached);
    for (size_t u = 0; i == 0 && u < unit_count; u++) units[u] = candidates[u].number;
    if (!better && fresh == i && i > 0) break;
    if (better) continue;
    for (size_t c = 0; c < count; c++) candidates[c].gain = INFINITY; /* what gained nothing before may now */
    fresh = i + 1;
  }
  if (passes(&reached)) narrow(search, units, unit_count, &set, &reached);
  if (passes(&reached)) prune(search, &set, &reached);
  if (!search->failed) note(search, &set, &reached);
}

/* --- levels --- */

/* Looks at one level. True where the outcome there is exact. */
static bool try_level(struct search *search, int level) {
  arena_reset(search->scratch);
  const struct set none = {.count = 0};
  const struct layer_scores *scores = rank_set(search, &none, search->arena);
  search->input.eval.facts = search->facts; /* moves start from what stands there */
  if (search->failed || moves_find(&search->input, scores, search->claim, level, search->arena, &search->moves)) search->failed = true;
  search->input.eval.facts = &search->forged;
  if (!search->failed) drop_idle(search);
  if (search->failed) return false;
  size_t open = try_sizes(search);
  if (open <= FORGE_FACTS && !search->found) climb(search);
  return !search->moves.cut && (open > FORGE_FACTS || (search->found && search->best.count <= open));
}

static int open_search(struct search *search, const struct rule_base *base, const struct fact_set *facts, long day) {
  search->forged = *facts;
  search->forged.facts = arena_take_array(search->arena, facts->catalog->count, sizeof *search->forged.facts);
  search->forged.arena = search->arena;
  search->scratch = arena_new();
  search->input = (struct rank_input){
      .base = base, .eval = {.facts = &search->forged, .cache = match_cache_new(base->test_count), .ignore_forge = -1}, .observed_day = day};
  while (search->layer < base->layer_count && strcmp(base->layers[search->layer].id, search->claim->layer) != 0) search->layer++;
  return search->forged.facts && search->scratch && search->input.eval.cache ? 0 : -1;
}

/* --- telling --- */

static int compare_effects(const void *left, const void *right) {
  const struct forge_effect *a = left, *b = right;
  double x = fabs(a->bits), y = fabs(b->bits);
  return x != y ? (x > y ? -1 : 1) : strcmp(a->signal, b->signal);
}

/* Adds what differs between two rulings of one signal, where it does not work against the claim. */
static int add_effect(struct search *search, const struct score *score, size_t index, const struct ruling *then, bool own,
                      struct forge_effect *effects, size_t *count) {
  const struct ruling *now = &score->rulings[index];
  double bits = now->bits - then->bits;
  bool friendly = score->thing && moves_friendly(search->input.base, search->claim, score->thing);
  bool helps = own ? now->truth != then->truth || bits != 0 : friendly ? bits > 0 : bits < 0;
  if (!helps || (!own && now->owner != score->thing)) return 0;
  struct forge_effect *effect = &effects[*count];
  effect->signal = arena_format(search->arena, "%s/%s.%s", now->owner->layer, now->owner->id, now->signal->id);
  effect->expected = now->signal->text;
  effect->truth = now->truth;
  effect->bits = bits;
  (*count)++;
  return effect->signal ? 0 : -1;
}

static size_t count_rulings(const struct search *search, const struct layer_scores *scores) {
  size_t count = 0;
  for (size_t k = 0; k < search->input.base->layer_count; k++)
    for (size_t i = 0; i < scores[k].count; i++) count += scores[k].scores[i].ruling_count;
  return count;
}

/* What a change does to the claim (`own`), or to others where that helps it. */
static int tell_effects(struct search *search, const struct layer_scores *now, const struct layer_scores *then, bool own,
                        struct forge_change *change) {
  size_t count = 0;
  struct forge_effect *effects = arena_take_array(search->arena, count_rulings(search, now) + 1, sizeof *effects);
  if (!effects) return -1;
  for (size_t k = 0; k < search->input.base->layer_count; k++)
    for (size_t i = 0; i < now[k].count; i++) {
      const struct score *score = &now[k].scores[i];
      if (own && (k != search->layer || score->thing != search->claim)) continue;
      for (size_t r = 0; r < score->ruling_count; r++)
        if (add_effect(search, score, r, &then[k].scores[i].rulings[r], own, effects, &count)) return -1;
    }
  if (count) qsort(effects, count, sizeof *effects, compare_effects);
  change->effects = effects;
  change->effect_count = count < FORGE_EFFECTS ? count : FORGE_EFFECTS;
  return 0;
}

static int tell_change(struct search *search, size_t index, const struct layer_scores *now, struct forge_change *change) {
  const struct move *move = &search->moves.items[search->best.moves[index]];
  struct set others = without(&search->best, index);
  const struct value *value = move->added.kind == VALUE_NULL ? &move->value : &move->added;
  *change = (struct forge_change){
      .fact = move->path, .cost = search->facts->catalog->defs[move->fact].forge, .action = move->action, .adds = move->added.kind != VALUE_NULL};
  if (move->action == MOVE_SET && !(change->value = why_value(search->arena, value))) return -1;
  arena_reset(search->scratch);
  const struct layer_scores *then = rank_set(search, &others, search->scratch);
  if (!then || tell_effects(search, now, then, true, change)) return -1;
  return change->effect_count ? 0 : tell_effects(search, now, then, false, change);
}

/* Where nothing passes, the best that was found stands for what is in the way. */
static int tell_forgery(struct search *search, struct forgery *forgery) {
  struct forge_change *changes = arena_take_array(search->arena, search->best.count + 1, sizeof *changes);
  const struct layer_scores *now = rank_set(search, &search->best, search->arena);
  struct fact_set *facts = arena_take(search->arena, sizeof *facts);
  struct fact *copies = arena_take_array(search->arena, search->facts->catalog->count, sizeof *copies);
  if (!changes || !now || !facts || !copies) return -1;
  memcpy(copies, search->forged.facts, search->facts->catalog->count * sizeof *copies);
  *facts = (struct fact_set){.catalog = search->facts->catalog, .facts = copies, .arena = search->arena};
  for (size_t i = 0; i < search->best.count; i++)
    if (tell_change(search, i, now, &changes[i])) return -1;
  forgery->changes = changes;
  forgery->change_count = search->best.count;
  forgery->facts = facts;
  forgery->after = search->best_outcome.probability;
  forgery->possible = search->found;
  forgery->tried = search->tried;
  return 0;
}

int forge_find(const struct rule_base *base, const struct fact_set *facts, const struct rule_thing *claim, struct forge_options options,
               struct arena *arena, const struct forgery **forgery) {
  assert(base && facts && claim && arena && forgery && options.most < FORGE_COSTS);
  struct search search = {.facts = facts, .claim = claim, .arena = arena};
  struct forgery *found = arena_take(arena, sizeof *found);
  int status = found && open_search(&search, base, facts, options.observed_day) == 0 ? 0 : STATUS_MEMORY;
  if (status) goto release;
  *found = (struct forgery){.claim = claim, .level = RESTS_ON_NONE, .exact = true};
  search.best_outcome = search.before = try_set(&search, &search.best);
  search.found = passes(&search.before);
  found->before = search.before.probability;
  for (int level = FORGE_TENANT; level <= (int)options.most && !search.found && !search.failed; level++) {
    search.best = (struct set){.count = 0}; /* the moves get new numbers */
    search.best_outcome = search.before;
    found->exact &= try_level(&search, level);
    if (search.found) found->level = level;
  }
  if (search.failed || tell_forgery(&search, found)) status = STATUS_MEMORY;
  *forgery = found;
release:
  match_cache_free(search.input.eval.cache);
  arena_free(search.scratch);
  return status;
}
