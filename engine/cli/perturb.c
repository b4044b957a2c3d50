/* See perturb.h. */
#include "perturb.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lots.h"

#define RELEASE "kernel.release"
#define OLDER (-5) /* patch levels */
#define NEWER 20

/* --- the list --- */

static const struct perturbation others[] = {
    {.kind = PERTURB_HALF, .name = "half", .draws = PERTURB_DRAWS},
    {.kind = PERTURB_ITEMS, .name = "half-items", .draws = PERTURB_DRAWS},
    {.kind = PERTURB_UNPRIVILEGED, .name = "unprivileged", .draws = 1},
    {.kind = PERTURB_ONLY, .name = "only-env", .domain = "env", .length = 3, .draws = 1},
    {.kind = PERTURB_RELEASE, .name = "kernel-older", .shift = OLDER, .draws = 1},
    {.kind = PERTURB_RELEASE, .name = "kernel-newer", .shift = NEWER, .draws = 1},
    {.kind = PERTURB_BASE, .name = "leave-one-out", .draws = 1},
};
#define OTHERS (sizeof others / sizeof *others)

static bool is_of(const struct perturbation *how, const char *path) {
  return how->domain && strncmp(how->domain, path, how->length) == 0 && (path[how->length] == '.' || !path[how->length]);
}

static size_t end_of(const struct fact_catalog *catalog, const struct perturbation *how, size_t first) {
  while (first < catalog->count && is_of(how, catalog->defs[first].path)) first++;
  return first;
}

size_t perturb_list(const struct fact_catalog *catalog, struct perturbation out[PERTURBATIONS]) {
  assert(catalog && out);
  size_t count = 0;
  out[count++] = (struct perturbation){.kind = PERTURB_NOTHING, .name = "all", .draws = 1};
  for (size_t f = 0; f < catalog->count && count + OTHERS < PERTURBATIONS; f = out[count++].end) {
    struct perturbation *how = &out[count];
    *how = (struct perturbation){.kind = PERTURB_DOMAIN, .domain = catalog->defs[f].path, .first = f, .draws = 1};
    how->length = strcspn(how->domain, ".");
    how->end = end_of(catalog, how, f);
    snprintf(how->name, sizeof how->name, "without-%.*s", (int)how->length, how->domain);
    if (how->end == catalog->count) break;
  }
  if (out[count].end != catalog->count) return 0;
  count++;
  for (size_t i = 0; i < OTHERS; i++) {
    struct perturbation *how = &out[count++];
    *how = others[i];
    while (how->domain && how->first < catalog->count && !is_of(how, catalog->defs[how->first].path)) how->first++;
    how->end = end_of(catalog, how, how->first);
  }
  return count;
}

/* --- lots --- */

/* Draws `need` of `left` things, one question each: every subset of that size is as likely. */
struct urn {
  uint64_t state;
  size_t need, left;
};

static bool draw_one(struct urn *urn) {
  bool taken = lot(&urn->state) % urn->left < urn->need;
  urn->left--;
  urn->need -= taken;
  return taken;
}

static struct urn half_of(size_t count, uint64_t state) {
  struct urn urn = {.state = state, .left = count};
  urn.need = (count + (lot(&urn.state) & 1)) / 2;
  return urn;
}

/* --- leaving out --- */

static bool is_known(const struct fact *fact) { return fact->state != FACT_UNKNOWN; }

/* True for a map or a set of paths whose members are drawn one by one. */
static bool is_many(const struct perturbation *how, const struct fact *fact) {
  return how->kind == PERTURB_ITEMS && fact->state == FACT_PRESENT && fact->value.kind == VALUE_MAP && fact->value.count;
}

/* Members that are taken are no longer looked at: what is left is partial. */
static int thin_map(struct fact *fact, struct urn *urn, struct arena *arena) {
  struct value thin = {.kind = VALUE_MAP};
  thin.items = arena_take_array(arena, fact->value.count, sizeof *thin.items);
  thin.keys = arena_take_array(arena, fact->value.count, sizeof *thin.keys);
  if (!thin.items || !thin.keys) return -1;
  for (size_t i = 0; i < fact->value.count; i++) {
    if (draw_one(urn)) continue;
    thin.keys[thin.count] = fact->value.keys[i];
    thin.items[thin.count++] = fact->value.items[i];
  }
  fact->partial = fact->partial || thin.count < fact->value.count;
  fact->value = thin;
  return 0;
}

static int leave_half(const struct perturbation *how, struct fact_set *set, uint64_t state, struct arena *arena) {
  size_t units = 0;
  for (size_t f = 0; f < set->catalog->count; f++) units += is_many(how, &set->facts[f]) ? set->facts[f].value.count : is_known(&set->facts[f]);
  struct urn urn = half_of(units, state);
  for (size_t f = 0; f < set->catalog->count; f++) {
    struct fact *fact = &set->facts[f];
    if (is_many(how, fact)) {
      if (thin_map(fact, &urn, arena)) return -1;
    } else if (is_known(fact) && draw_one(&urn)) {
      *fact = (struct fact){.state = FACT_UNKNOWN};
    }
  }
  return 0;
}

static bool is_left_out(const struct perturbation *how, const struct fact_catalog *catalog, size_t f) {
  bool of_domain = f >= how->first && f < how->end;
  if (how->kind == PERTURB_UNPRIVILEGED) return catalog->defs[f].privilege != PRIVILEGE_NONE;
  return how->kind == PERTURB_ONLY ? !of_domain : how->kind == PERTURB_DOMAIN && of_domain;
}

/* --- another patch level --- */

/* The release with its third number shifted, never below 0; NULL where it has no third number or stays as it is. */
static const char *shifted(struct arena *arena, const char *release, long shift, int *failed) {
  size_t at = 0;
  for (int part = 0; part < 2; part++) {
    size_t digits = strspn(release + at, "0123456789");
    if (!digits || release[at + digits] != '.') return NULL;
    at += digits + 1;
  }
  size_t digits = strspn(release + at, "0123456789");
  if (!digits || digits > 9) return NULL;
  long was = strtol(release + at, NULL, 10), is = was + shift > 0 ? was + shift : 0;
  if (is == was) return NULL;
  const char *text = arena_format(arena, "%.*s%ld%s", (int)at, release, is, release + at + digits);
  *failed = !text;
  return text;
}

/* Every `old` in a text becomes `fresh`. */
static int replace_text(struct value *value, const char *old, const char *fresh, struct arena *arena) {
  struct buffer out = {0};
  const char *at = value->text;
  if (value->kind != VALUE_TEXT || !strstr(at, old)) return 0;
  for (const char *found; (found = strstr(at, old)) != NULL; at = found + strlen(old)) {
    buffer_append(&out, at, (size_t)(found - at));
    buffer_add(&out, fresh);
  }
  buffer_add(&out, at);
  const char *text = out.failed ? NULL : arena_text(arena, out.text, out.length);
  if (text) *value = value_text(text, out.length);
  buffer_free(&out);
  return text ? 0 : -1;
}

static int replace_value(struct value *value, const char *old, const char *fresh, struct arena *arena) {
  if (value->kind != VALUE_LIST || !value->count) return replace_text(value, old, fresh, arena);
  struct value *items = arena_take_array(arena, value->count, sizeof *items);
  if (!items) return -1;
  memcpy(items, value->items, value->count * sizeof *items);
  value->items = items;
  for (size_t i = 0; i < value->count; i++)
    if (replace_text(&items[i], old, fresh, arena)) return -1;
  return 0;
}

/* The texts that repeat the release (banner, boot log...) go with it; those that do not stay. 1: nothing changes. */
static int shift_release(const struct perturbation *how, struct fact_set *set, struct arena *arena) {
  size_t release = fact_find(set->catalog, RELEASE, strlen(RELEASE));
  const struct fact *fact = release == FACT_NONE ? NULL : &set->facts[release];
  int failed = 0;
  if (!fact || fact->state != FACT_PRESENT || fact->value.kind != VALUE_TEXT || value_is_hidden(&fact->value)) return 1;
  const char *old = fact->value.text, *fresh = shifted(arena, old, how->shift, &failed);
  if (!fresh) return failed ? -1 : 1;
  for (size_t f = 0; f < set->catalog->count; f++) {
    enum fact_type type = set->catalog->defs[f].type;
    if (set->facts[f].state != FACT_PRESENT || (type != FACT_TEXT && type != FACT_TEXTS)) continue;
    if (replace_value(&set->facts[f].value, old, fresh, arena)) return -1;
  }
  return 0;
}

static int leave_out(const struct perturbation *how, struct fact_set *set) {
  bool same = true;
  for (size_t f = 0; f < set->catalog->count; f++) {
    if (!is_left_out(how, set->catalog, f)) continue;
    same = same && !is_known(&set->facts[f]);
    set->facts[f] = (struct fact){.state = FACT_UNKNOWN};
  }
  return same;
}

const struct fact_set *perturb_facts(const struct perturbation *how, const struct fact_set *facts, uint64_t seed, const char *name, size_t draw,
                                     struct arena *arena) {
  assert(how && facts && name && arena);
  if (how->kind == PERTURB_NOTHING || how->kind == PERTURB_BASE) return facts;
  struct fact_set *set = arena_take(arena, sizeof *set);
  struct fact *copy = arena_take_array(arena, facts->catalog->count, sizeof *copy);
  if (!set || !copy) return NULL;
  memcpy(copy, facts->facts, facts->catalog->count * sizeof *copy);
  *set = (struct fact_set){.catalog = facts->catalog, .facts = copy, .arena = arena};
  int same;
  if (how->kind == PERTURB_HALF || how->kind == PERTURB_ITEMS)
    same = leave_half(how, set, lots_of(seed, name, draw), arena);
  else
    same = how->kind == PERTURB_RELEASE ? shift_release(how, set, arena) : leave_out(how, set);
  return same < 0 ? NULL : same ? facts : set;
}
