/* See distinguish.h. */
#include "distinguish.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rank.h"

#define SMALLEST 1e-6 /* likelihoods stay away from 0 and 1 by this, as in ranking */
#define TRIFLE 1e-9   /* bits */

/* A signal that a thing has, its own or inherited. */
struct trait {
  const struct rule_signal *signal;
  size_t condition, group; /* equal numbers: the same text */
  const size_t *facts;     /* that its condition looks at, ascending */
  size_t fact_count;
  double bits[2]; /* where the other thing says nothing of the condition: for who has the signal, and for the other */
};

struct traits {
  struct trait *items;
  size_t count;
};

/* What one condition says of a pair. */
struct proof {
  size_t side, group; /* whose signal it is, and its group there */
  uint64_t facts;     /* by place in the search */
  double bits[2];
  bool ends; /* the last of its group */
};

struct distinguisher {
  const struct rule_base *base;
  struct traits *things; /* by place in base->things */
  struct proof *proofs;  /* room for any pair */
};

/* One pair while it is searched. */
struct search {
  const struct rule_base *base;
  const struct proof *proofs;
  size_t proof_count;
  size_t facts[DISTINGUISH_FACTS]; /* ascending */
  size_t fact_count;
  double most[DISTINGUISH_FACTS][2];     /* what a fact can add at most */
  double rest[DISTINGUISH_FACTS + 1][2]; /* the highest of `most` from here on */
  bool needed[2];
  size_t size, tried;
  uint64_t best;
  enum privilege privilege; /* of the best: the highest that a fact takes */
  enum forge_cost forge;    /* of the best: the cheapest */
};

static double hundredths(double bits) { return (double)llround(bits * 100) / 100; }

bool distinguish_settles(double bits) { return llround(bits * 100) >= llround(DISTINGUISH_ENOUGH * 100); }

/* --- what things have --- */

static int compare_texts(const void *left, const void *right) { return strcmp(*(const char *const *)left, *(const char *const *)right); }

struct names {
  const char **sorted;
  size_t count;
};

static size_t number_of(const struct names *names, const char *text) {
  const char **found = bsearch(&text, names->sorted, names->count, sizeof *names->sorted, compare_texts);
  assert(found);
  while (found > names->sorted && strcmp(found[-1], text) == 0) found--;
  return (size_t)(found - names->sorted);
}

/* The texts of all conditions, or the names of all groups, sorted. */
static int gather_names(const struct rule_base *base, struct arena *arena, bool groups, struct names *out) {
  size_t count = 0;
  for (size_t i = 0; i < base->thing_count; i++) count += base->things[i].signal_count;
  out->sorted = arena_take_array(arena, count + 1, sizeof *out->sorted);
  if (!out->sorted) return -1;
  for (size_t i = 0; i < base->thing_count; i++)
    for (size_t s = 0; s < base->things[i].signal_count; s++)
      out->sorted[out->count++] = groups ? base->things[i].signals[s].group : base->things[i].signals[s].text;
  if (count) qsort(out->sorted, count, sizeof *out->sorted, compare_texts);
  return 0;
}

static int note_facts(const struct fact_catalog *catalog, struct arena *arena, bool *marked, struct trait *trait) {
  memset(marked, 0, catalog->count * sizeof *marked);
  rule_mark_facts(trait->signal->when, marked);
  for (size_t f = 0; f < catalog->count; f++) trait->fact_count += marked[f];
  size_t *facts = arena_take_array(arena, trait->fact_count + 1, sizeof *facts), count = 0;
  for (size_t f = 0; facts && f < catalog->count; f++)
    if (marked[f]) facts[count++] = f;
  trait->facts = facts;
  return facts ? 0 : -1;
}

static bool has_id(const struct traits *traits, const char *id) {
  for (size_t i = 0; i < traits->count; i++)
    if (strcmp(traits->items[i].signal->id, id) == 0) return true;
  return false;
}

struct noting {
  const struct rule_base *base;
  struct arena *arena;
  struct names texts, groups;
  bool *marked;
};

static double inside(double probability) { return probability < SMALLEST ? SMALLEST : probability > 1 - SMALLEST ? 1 - SMALLEST : probability; }

static double divergence(double a, double b) { return a * log2(a / b) + (1 - a) * log2((1 - a) / (1 - b)); }

/* What a condition brings that is true with these probabilities, for the thing of the first and for that of the second. */
static void reckon(const struct rule_model *model, double seen, double otherwise, double bits[2]) {
  double a = inside(seen), b = inside(otherwise);
  bits[0] = divergence(a, b) / model->temperature;
  bits[1] = divergence(b, a) / model->temperature;
}

/* A thing's own signals, then those of what it is a kind of that it does not have itself. */
static int note_thing(struct noting *noting, const struct rule_thing *thing, struct traits *out) {
  size_t most = 0;
  for (const struct rule_thing *at = thing; at; at = at->parent) most += at->signal_count;
  out->items = arena_take_array(noting->arena, most + 1, sizeof *out->items);
  if (!out->items) return -1;
  for (const struct rule_thing *at = thing; at; at = at->parent)
    for (size_t s = 0; s < at->signal_count; s++) {
      const struct rule_signal *signal = &at->signals[s];
      if (at != thing && has_id(out, signal->id)) continue;
      struct trait *trait = &out->items[out->count++];
      *trait =
          (struct trait){.signal = signal, .condition = number_of(&noting->texts, signal->text), .group = number_of(&noting->groups, signal->group)};
      reckon(&noting->base->model, signal->seen, rank_elsewhere(&noting->base->model, signal), trait->bits);
      if (note_facts(noting->base->catalog, noting->arena, noting->marked, trait)) return -1;
    }
  return 0;
}

struct distinguisher *distinguisher_new(const struct rule_base *base, struct arena *arena) {
  assert(base && arena);
  struct distinguisher *made = arena_take(arena, sizeof *made);
  struct noting noting = {.base = base, .arena = arena, .marked = arena_take_array(arena, base->catalog->count, sizeof *noting.marked)};
  size_t most = 0;
  if (!made || !noting.marked) return NULL;
  made->base = base;
  made->things = arena_take_array(arena, base->thing_count + 1, sizeof *made->things);
  if (!made->things || gather_names(base, arena, false, &noting.texts) || gather_names(base, arena, true, &noting.groups)) return NULL;
  for (size_t i = 0; i < base->thing_count; i++) {
    if (note_thing(&noting, &base->things[i], &made->things[i])) return NULL;
    if (made->things[i].count > most) most = made->things[i].count;
  }
  made->proofs = arena_take_array(arena, 2 * most + 1, sizeof *made->proofs);
  return made->proofs ? made : NULL;
}

/* --- what a pair's conditions say --- */

static const struct trait *same_condition(const struct traits *traits, size_t condition) {
  for (size_t i = 0; i < traits->count; i++)
    if (traits->items[i].condition == condition) return &traits->items[i];
  return NULL;
}

/* The place of a fact in the search, entered where it is new; DISTINGUISH_FACTS where there is no room. */
static size_t place_of(struct search *search, size_t fact) {
  for (size_t i = 0; i < search->fact_count; i++)
    if (search->facts[i] == fact) return i;
  if (search->fact_count == DISTINGUISH_FACTS) return DISTINGUISH_FACTS;
  search->facts[search->fact_count] = fact;
  return search->fact_count++;
}

static bool place_facts(struct search *search, const struct trait *trait, uint64_t *places) {
  *places = 0;
  for (size_t i = 0; i < trait->fact_count; i++) {
    size_t place = place_of(search, trait->facts[i]);
    if (place == DISTINGUISH_FACTS) return false;
    *places |= (uint64_t)1 << place;
  }
  return trait->fact_count > 0;
}

/* Adds what the signals of one side say; a condition that both have is the first's. */
static void add_proofs(struct search *search, const struct traits *const sides[2], size_t side, struct proof *proofs) {
  for (size_t i = 0; i < sides[side]->count; i++) {
    const struct trait *trait = &sides[side]->items[i], *same = same_condition(sides[1 - side], trait->condition);
    if (same && side == 1) continue;
    double bits[2] = {trait->bits[0], trait->bits[1]};
    if (same) reckon(&search->base->model, trait->signal->seen, same->signal->seen, bits);
    struct proof proof = {.side = side, .group = trait->group};
    proof.bits[side] = bits[0];
    proof.bits[1 - side] = bits[1];
    if (fmax(bits[0], bits[1]) < TRIFLE || !place_facts(search, trait, &proof.facts)) continue;
    proofs[search->proof_count++] = proof;
  }
}

static int compare_proofs(const void *left, const void *right) {
  const struct proof *a = left, *b = right;
  if (a->side != b->side) return a->side < b->side ? -1 : 1;
  return (a->group > b->group) - (a->group < b->group);
}

/* Puts the facts in order of their paths, and the proofs' masks with them. */
static void sort_facts(struct search *search, struct proof *proofs) {
  size_t rank[DISTINGUISH_FACTS] = {0}, sorted[DISTINGUISH_FACTS] = {0};
  for (size_t i = 0; i < search->fact_count; i++) {
    for (size_t j = 0; j < search->fact_count; j++) rank[i] += search->facts[j] < search->facts[i];
    sorted[rank[i]] = search->facts[i];
  }
  if (search->fact_count) memcpy(search->facts, sorted, search->fact_count * sizeof *sorted);
  for (size_t p = 0; p < search->proof_count; p++) {
    uint64_t mask = 0;
    for (size_t i = 0; i < search->fact_count; i++) mask |= (proofs[p].facts >> i & 1) << rank[i];
    proofs[p].facts = mask;
  }
}

/* In order of sides and groups. */
static void sort_proofs(const struct search *search, struct proof *proofs) {
  if (search->proof_count) qsort(proofs, search->proof_count, sizeof *proofs, compare_proofs);
  for (size_t p = 0; p < search->proof_count; p++) proofs[p].ends = p + 1 == search->proof_count || compare_proofs(&proofs[p], &proofs[p + 1]) != 0;
}

/* What is decided by the facts of `within` and looks at one of `touching`: the best of each group, added up. */
static void add_up(const struct search *search, uint64_t within, uint64_t touching, double bits[2]) {
  double best[2] = {0, 0};
  bits[0] = bits[1] = 0;
  for (const struct proof *proof = search->proofs, *end = proof + search->proof_count; proof < end; proof++) {
    if (!(proof->facts & ~within) && proof->facts & touching) {
      if (proof->bits[0] > best[0]) best[0] = proof->bits[0];
      if (proof->bits[1] > best[1]) best[1] = proof->bits[1];
    }
    if (!proof->ends) continue;
    bits[0] += best[0];
    bits[1] += best[1];
    best[0] = best[1] = 0;
  }
}

/* --- the search --- */

static uint64_t all_facts(const struct search *search) {
  return search->fact_count == DISTINGUISH_FACTS ? UINT64_MAX : ((uint64_t)1 << search->fact_count) - 1;
}

static bool is_enough(const struct search *search, const double bits[2]) {
  for (int side = 0; side < 2; side++)
    if (search->needed[side] && !distinguish_settles(bits[side])) return false;
  return true;
}

/* Keeps the set where it takes less privilege than the best so far, or as much and is harder to forge. */
static void consider(struct search *search, uint64_t set) {
  enum privilege privilege = PRIVILEGE_NONE;
  enum forge_cost forge = FORGE_COSTS - 1;
  for (size_t i = 0; i < search->fact_count; i++) {
    const struct fact_def *def = &search->base->catalog->defs[search->facts[i]];
    if (!(set >> i & 1)) continue;
    if (def->privilege > privilege) privilege = def->privilege;
    if (def->forge < forge) forge = def->forge;
  }
  bool better = privilege != search->privilege ? privilege < search->privilege : forge > search->forge;
  if (search->best && !better) return;
  search->best = set;
  search->privilege = privilege;
  search->forge = forge;
}

/* Tries every set of search->size facts that begins with the `taken` facts of `set`, in order of paths. `most` is what the set
 * can give at most. Recursion: as deep as the set is large. */
static void try_from(struct search *search, uint64_t set, size_t taken, size_t from, const double most[2]) {
  size_t left = search->size - taken;
  if (search->tried++ >= DISTINGUISH_SETS) return;
  if (left == 0) {
    double bits[2];
    add_up(search, set, set, bits);
    if (is_enough(search, bits)) consider(search, set);
    return;
  }
  for (size_t i = from; i + left <= search->fact_count; i++) {
    const double hope[2] = {most[0] + (double)left * search->rest[i][0], most[1] + (double)left * search->rest[i][1]};
    if (!is_enough(search, hope)) return;
    const double more[2] = {most[0] + search->most[i][0], most[1] + search->most[i][1]};
    try_from(search, set | (uint64_t)1 << i, taken + 1, i + 1, more);
  }
}

static void bound(struct search *search) {
  uint64_t all = all_facts(search);
  for (size_t i = search->fact_count; i-- > 0;) {
    add_up(search, all, (uint64_t)1 << i, search->most[i]);
    for (int side = 0; side < 2; side++) search->rest[i][side] = fmax(search->rest[i + 1][side], search->most[i][side]);
  }
}

/* The set, by place; everything where nothing settles the question or there are too many sets. */
static uint64_t find_set(struct search *search, bool *smallest) {
  double bits[2];
  uint64_t all = all_facts(search);
  add_up(search, all, all, bits);
  for (int side = 0; side < 2; side++) search->needed[side] = distinguish_settles(bits[side]);
  *smallest = true;
  if (!search->needed[0] && !search->needed[1]) return all;
  bound(search);
  for (search->size = 1; !search->best && search->size <= search->fact_count; search->size++) try_from(search, 0, 0, 0, (const double[2]){0, 0});
  *smallest = search->tried <= DISTINGUISH_SETS;
  return *smallest ? search->best : all;
}

int distinguish(struct distinguisher *distinguisher, const struct rule_thing *one, const struct rule_thing *other, struct arena *arena,
                struct distinction *out) {
  assert(distinguisher && one && other && one != other && strcmp(one->layer, other->layer) == 0 && arena && out);
  bool turned = strcmp(one->id, other->id) > 0;
  const struct rule_thing *things = distinguisher->base->things, *first = turned ? other : one, *second = turned ? one : other;
  const struct traits *const sides[2] = {&distinguisher->things[first - things], &distinguisher->things[second - things]};
  struct search search = {.base = distinguisher->base, .proofs = distinguisher->proofs};
  for (size_t side = 0; side < 2; side++) add_proofs(&search, sides, side, distinguisher->proofs);
  sort_proofs(&search, distinguisher->proofs);
  sort_facts(&search, distinguisher->proofs);
  *out = (struct distinction){0};
  uint64_t set = find_set(&search, &out->smallest);
  double bits[2];
  add_up(&search, set, set, bits);
  for (int side = 0; side < 2; side++) out->bits[turned ? 1 - side : side] = hundredths(bits[side]);
  size_t *facts = arena_take_array(arena, search.fact_count + 1, sizeof *facts);
  if (!facts) return -1;
  for (size_t i = 0; i < search.fact_count; i++)
    if (set >> i & 1) facts[out->count++] = search.facts[i];
  out->facts = facts;
  return 0;
}
