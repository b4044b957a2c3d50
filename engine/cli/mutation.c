/* See mutation.h. */
#include "mutation.h"

#include <assert.h>
#include <string.h>

#include "lots.h"

#define PLATFORM "platform"
#define HYPERVISOR "hypervisor"
#define PROVIDER "provider"
#define ENV "env"
#define HARDWARE "dmi.sys_vendor"

#define MUTATION_NAME(id, name, pad, help) name,
const char *const mutation_names[MUTATIONS] = {MUTATION_KINDS(MUTATION_NAME)};

/* --- what a case can be used for --- */

static const struct expectation *expected_of(const struct corpus_case *of, const char *layer) {
  for (size_t i = 0; i < of->expected_count; i++)
    if (of->expected[i].id_count && strcmp(of->expected[i].layer, layer) == 0) return &of->expected[i];
  return NULL;
}

static bool is_nothing(const char *id) { return strcmp(id, "unknown") == 0 || strcmp(id, "none") == 0; }

/* True where the layer is expected to be nothing but unknown or none. */
static bool is_bare(const struct corpus_case *of, const char *layer) {
  const struct expectation *expected = expected_of(of, layer);
  for (size_t i = 0; expected && i < expected->id_count; i++)
    if (!is_nothing(expected->ids[i])) return false;
  return expected != NULL;
}

static const struct fact *fact_at(const struct fact_set *facts, const char *path) {
  size_t index = fact_find(facts->catalog, path, strlen(path));
  assert(index != FACT_NONE);
  return &facts->facts[index];
}

static bool is_known(const struct fact *fact) { return fact->state != FACT_UNKNOWN; }

/* The domain that begins at `first`: where it ends, and whether anything is known of it. */
static size_t domain_end(const struct fact_set *facts, size_t first, bool *known) {
  const struct fact_def *defs = facts->catalog->defs;
  size_t length = strcspn(defs[first].path, "."), end = first;
  *known = false;
  while (end < facts->catalog->count && strncmp(defs[end].path, defs[first].path, length) == 0 && strcspn(defs[end].path, ".") == length)
    *known = is_known(&facts->facts[end++]) || *known;
  return end;
}

static size_t count_domains(const struct fact_set *facts) {
  size_t count = 0;
  bool known;
  for (size_t first = 0; first < facts->catalog->count; count += known) first = domain_end(facts, first, &known);
  return count;
}

static bool is_near_miss(const struct corpus_case *of, const struct rule_base *rules) {
  const struct db_example *example = &of->example;
  if (of->kind != CASE_EXAMPLE || strcmp(example->layer, PLATFORM) != 0 || strcmp(example->expect, "not") != 0) return false;
  const struct rule_thing *thing = rule_base_find(rules, PLATFORM, example->id);
  return thing && !thing->parent;
}

static bool has_credential(const struct value *env) {
  for (size_t i = 0; i < env->count; i++)
    if (report_is_secret_name(env->keys[i])) return true;
  return false;
}

void mutation_look(const struct corpus_case *of, const struct fact_set *facts, const struct rule_base *rules, struct mutation_case *out) {
  assert(of && facts && rules && out);
  const struct expectation *platform = expected_of(of, PLATFORM), *hypervisor = expected_of(of, HYPERVISOR);
  const struct fact *env = fact_at(facts, ENV);
  *out = (struct mutation_case){.of = of, .domains = count_domains(facts)};
  if (platform && platform->id_count == 1 && !is_nothing(platform->ids[0])) out->platform = platform->ids[0];
  out->is_innocent = is_bare(of, PLATFORM) || (of->is_lookalike && !platform);
  out->takes_env = env->state == FACT_UNKNOWN || env->state == FACT_PRESENT || env->state == FACT_ABSENT;
  out->has_env = env->state == FACT_PRESENT && env->value.count > 0;
  out->is_client = is_near_miss(of, rules) && out->has_env && has_credential(&env->value);
  out->may_be_real = out->is_innocent && is_bare(of, HYPERVISOR) && (is_bare(of, PROVIDER) || !expected_of(of, PROVIDER));
  out->is_real = out->may_be_real && corpus_accepts(hypervisor, "none") && fact_at(facts, HARDWARE)->state == FACT_PRESENT;
}

/* --- drawing --- */

static bool can_take_env(const struct mutation_case *one) { return one->is_innocent && one->takes_env; }
static bool can_give_env(const struct mutation_case *one) { return one->platform && one->has_env; }
static bool is_client(const struct mutation_case *one) { return one->is_client; }
static bool can_be_stripped(const struct mutation_case *one) { return one->domains > 2 && one->of->expected_count; }
static bool can_be_real(const struct mutation_case *one) { return one->may_be_real; }
static bool is_hardware(const struct mutation_case *one) { return one->is_real; }

typedef bool usable_fn(const struct mutation_case *one);

/* One of the usable cases, each as likely; with `platform` only those expected to be that. NULL: there is none. */
static const struct mutation_case *draw_case(const struct mutation_case *cases, size_t count, usable_fn *usable, const char *platform,
                                             uint64_t *lots) {
  size_t left = 0;
  for (int pass = 0; pass < 2; pass++) {
    size_t wanted = pass && left ? (size_t)(lot(lots) % left) + 1 : 0;
    for (size_t i = 0; i < count; i++) {
      if (!usable(&cases[i]) || (platform && strcmp(platform, cases[i].platform) != 0)) continue;
      if (!pass)
        left++;
      else if (--wanted == 0)
        return &cases[i];
    }
  }
  return NULL;
}

/* One of the platforms, however many machines each has. */
static const char *draw_platform(const struct mutation_case *cases, size_t count, uint64_t *lots) {
  const char *drawn = NULL;
  size_t seen = 0;
  for (size_t i = 0; i < count; i++) {
    size_t before = 0;
    if (!can_give_env(&cases[i])) continue;
    while (before < i && !(can_give_env(&cases[before]) && strcmp(cases[before].platform, cases[i].platform) == 0)) before++;
    if (before == i && lot(lots) % ++seen == 0) drawn = cases[i].platform;
  }
  return drawn;
}

static void draw_domains(struct mutation *out, uint64_t *lots) {
  size_t domains = out->base->domains;
  out->keep_count = 1 + (size_t)(lot(lots) % 2);
  out->keep[0] = (size_t)(lot(lots) % domains);
  out->keep[1] = out->keep[0];
  if (out->keep_count == 1) return;
  size_t other = (size_t)(lot(lots) % (domains - 1));
  if (other >= out->keep[0]) other++;
  out->keep[out->keep[0] < other] = other;
}

bool mutation_draw(enum mutation_kind kind, const struct mutation_case *cases, size_t count, uint64_t *lots, struct mutation *out) {
  assert(cases && lots && out);
  const char *platform = kind == MUTATE_FORGED_ENV ? draw_platform(cases, count, lots) : NULL;
  static usable_fn *const bases[MUTATIONS] = {
      [MUTATE_FORGED_ENV] = can_take_env, [MUTATE_CLIENT] = can_take_env, [MUTATE_STRIPPED] = can_be_stripped, [MUTATE_HARDWARE] = can_be_real};
  static usable_fn *const others[MUTATIONS] = {[MUTATE_FORGED_ENV] = can_give_env, [MUTATE_CLIENT] = is_client, [MUTATE_HARDWARE] = is_hardware};
  *out = (struct mutation){.kind = kind, .base = draw_case(cases, count, bases[kind], NULL, lots)};
  if (out->base && others[kind]) out->other = draw_case(cases, count, others[kind], platform, lots);
  if (!out->base || (others[kind] && !out->other)) return false;
  if (kind == MUTATE_STRIPPED) draw_domains(out, lots);
  return true;
}

bool mutation_is_same(const struct mutation *one, const struct mutation *other) {
  assert(one && other);
  return one->kind == other->kind && one->base == other->base && one->other == other->other && one->keep_count == other->keep_count &&
         one->keep[0] == other->keep[0] && one->keep[1] == other->keep[1];
}

/* --- facts --- */

static struct fact_set *copy_of(const struct fact_set *facts, struct arena *arena) {
  struct fact_set *set = arena_take(arena, sizeof *set);
  struct fact *copy = arena_take_array(arena, facts->catalog->count, sizeof *copy);
  if (!set || !copy) return NULL;
  memcpy(copy, facts->facts, facts->catalog->count * sizeof *copy);
  *set = (struct fact_set){.catalog = facts->catalog, .facts = copy, .arena = arena};
  return set;
}

/* Members of both maps in the order of their names; of two with one name that of `over` counts. */
static int lay_over(struct value *under, const struct value *over, struct arena *arena) {
  struct value both = {.kind = VALUE_MAP};
  size_t room = under->count + over->count, i = 0, k = 0;
  both.items = arena_take_array(arena, room, sizeof *both.items);
  both.keys = arena_take_array(arena, room, sizeof *both.keys);
  if (!both.items || !both.keys) return -1;
  while (i < under->count || k < over->count) {
    int order = i == under->count ? 1 : k == over->count ? -1 : strcmp(under->keys[i], over->keys[k]);
    const struct value *from = order < 0 ? under : over;
    size_t at = order < 0 ? i : k;
    both.keys[both.count] = from->keys[at];
    both.items[both.count++] = from->items[at];
    i += order <= 0;
    k += order >= 0;
  }
  *under = both;
  return 0;
}

/* An environment of which a part was not seen stays one of which a part was not seen. */
static int forge_env(struct fact_set *set, const struct fact_set *other) {
  struct fact *env = &set->facts[fact_find(set->catalog, ENV, strlen(ENV))];
  const struct fact *forged = fact_at(other, ENV);
  bool partial = env->partial || forged->partial || env->state == FACT_UNKNOWN;
  if (env->state != FACT_PRESENT) *env = (struct fact){.state = FACT_PRESENT, .value = {.kind = VALUE_MAP}};
  env->partial = partial;
  return lay_over(&env->value, &forged->value, set->arena);
}

static void strip(struct fact_set *set, const struct mutation *how) {
  bool known;
  for (size_t first = 0, end, number = 0; first < set->catalog->count; first = end, number += known) {
    end = domain_end(set, first, &known);
    if (known && (number == how->keep[0] || number == how->keep[1])) continue;
    for (size_t f = first; f < end; f++) set->facts[f] = (struct fact){.state = FACT_UNKNOWN};
  }
}

/* What the machine itself says, whoever runs on it, is that of the other; what speaks of where it stands is not looked at. */
static void change_hardware(struct fact_set *set, const struct fact_set *other) {
  for (size_t f = 0; f < set->catalog->count; f++) {
    enum forge_cost forge = set->catalog->defs[f].forge;
    if (forge == FORGE_VMM) set->facts[f] = other->facts[f];
    if (forge == FORGE_NETWORK) set->facts[f] = (struct fact){.state = FACT_UNKNOWN};
  }
}

struct fact_set *mutation_facts(const struct mutation *how, const struct fact_set *base, const struct fact_set *other, struct arena *arena) {
  assert(how && base && arena && (other || !how->other));
  struct fact_set *set = copy_of(base, arena);
  int failed = set ? 0 : -1;
  if (!failed && (how->kind == MUTATE_FORGED_ENV || how->kind == MUTATE_CLIENT)) failed = forge_env(set, other);
  if (!failed && how->kind == MUTATE_STRIPPED) strip(set, how);
  if (!failed && how->kind == MUTATE_HARDWARE) change_hardware(set, other);
  return failed ? NULL : set;
}

/* --- the truth --- */

static void accept(struct expectation *expected, const char *id) {
  if (expected->id_count < CORPUS_IDS && !corpus_accepts(expected, id)) expected->ids[expected->id_count++] = id;
}

/* With fewer facts it may come out unknown, or as what it is a kind of. */
static void accept_less(struct expectation *expected, const struct rule_base *rules) {
  size_t exact = expected->id_count;
  accept(expected, "unknown");
  for (size_t i = 0; i < exact; i++) {
    const struct rule_thing *thing = rule_base_find(rules, expected->layer, expected->ids[i]);
    for (thing = thing ? thing->parent : NULL; thing; thing = thing->parent) accept(expected, thing->id);
  }
}

static const struct expectation *bare_expected(struct arena *arena, size_t *count) {
  static const struct expectation bare[] = {{.layer = PLATFORM, .ids = {"unknown", "none"}, .id_count = 2},
                                            {.layer = HYPERVISOR, .ids = {"none", "unknown"}, .id_count = 2},
                                            {.layer = PROVIDER, .ids = {"unknown", "none"}, .id_count = 2}};
  struct expectation *expected = arena_take_array(arena, sizeof bare / sizeof *bare, sizeof *bare);
  *count = sizeof bare / sizeof *bare;
  return expected ? memcpy(expected, bare, sizeof bare) : NULL;
}

const struct expectation *mutation_expected(const struct mutation *how, const struct rule_base *rules, struct arena *arena, size_t *count) {
  assert(how && rules && arena && count);
  const struct corpus_case *of = how->base->of;
  if (how->kind == MUTATE_HARDWARE) return bare_expected(arena, count);
  struct expectation *expected = arena_take_array(arena, of->expected_count + 1, sizeof *expected);
  *count = 0;
  if (!expected) return NULL;
  for (size_t i = 0; i < of->expected_count; i++) {
    if (!of->expected[i].id_count) continue;
    expected[*count] = of->expected[i];
    expected[*count].at_least = 0;
    if (how->kind == MUTATE_STRIPPED) accept_less(&expected[*count], rules);
    ++*count;
  }
  if (how->base->is_innocent && !expected_of(of, PLATFORM))
    expected[(*count)++] = (struct expectation){.layer = PLATFORM, .ids = {"unknown", "none"}, .id_count = 2};
  return expected;
}
