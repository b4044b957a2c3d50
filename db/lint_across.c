/* What only shows when rule files are held side by side: conditions and names that two have, attributes that one has alone,
 * shared signals that none names. Every comparison follows a sort. */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lint.h"
#include "lint_checks.h"
#include "lint_pattern.h"

static int compare_thing(const void *key, const void *item) {
  const struct rules_thing *wanted = key, *thing = *(struct rules_thing *const *)item;
  if (wanted->position != thing->position) return wanted->position < thing->position ? -1 : 1;
  return strcmp(wanted->id, thing->id);
}

const struct rules_thing *lint_parent(const struct lint *lint, const struct rules_thing *thing) {
  if (!thing->kind_of) return NULL;
  const struct rules_thing wanted = {.position = thing->position, .id = thing->kind_of->text};
  struct rules_thing *const *found = bsearch(&wanted, lint->rules->things, lint->rules->thing_count, sizeof *lint->rules->things, compare_thing);
  return found ? *found : NULL;
}

/* --- items to be sorted --- */

struct item {
  const char *text;
  const struct rules_thing *thing;
  const struct yaml_node *node;
  const char *id;
  size_t order;
};

struct items {
  struct item *items;
  size_t count;
};

static int compare_items(const void *left, const void *right) {
  const struct item *a = left, *b = right;
  int order = strcmp(a->text, b->text);
  if (order == 0 && a->thing->position != b->thing->position) order = a->thing->position < b->thing->position ? -1 : 1;
  return order ? order : (a->order > b->order) - (a->order < b->order);
}

static struct items items_new(struct lint *lint, size_t count) { return (struct items){.items = lint_take(lint, count + 1, sizeof(struct item))}; }

static void items_add(struct items *items, struct item item) {
  if (!items->items) return;
  item.order = items->count;
  items->items[items->count++] = item;
}

static void items_sort(struct items *items) {
  if (items->count) qsort(items->items, items->count, sizeof *items->items, compare_items);
}

/* --- the same condition in two files of a layer --- */

/* Common facts (a home directory, a working directory) support several platforms, each by a source of its own; what is as rare
 * as this elsewhere identifies, and is worth sharing. */
#define SHARED_ELSEWHERE 0.02

static void check_shared(struct lint *lint, const struct item *earlier, const struct item *item) {
  bool same = strcmp(earlier->text, item->text) == 0 && earlier->thing->position == item->thing->position && earlier->thing != item->thing;
  if (!same) return;
  lint->thing = item->thing;
  lint_warn(lint, item->node, STATUS_RULE_SHARED, "the signal %s asks what %s.%s asks", item->id, earlier->thing->rule, earlier->id);
}

static void check_conditions(struct lint *lint) {
  size_t count = 0;
  const struct rules *rules = lint->rules;
  for (size_t i = 0; i < rules->thing_count; i++) count += rules->things[i]->signal_count;
  struct items items = items_new(lint, count);
  for (size_t i = 0; i < rules->thing_count; i++)
    for (size_t s = 0; s < rules->things[i]->signal_count; s++) {
      const struct rules_signal *signal = &rules->things[i]->signals[s];
      if (signal->text && signal->id && !signal->reference && signal->elsewhere < SHARED_ELSEWHERE)
        items_add(&items, (struct item){.text = signal->text, .thing = rules->things[i], .node = signal->node, .id = signal->id});
    }
  items_sort(&items);
  for (size_t i = 1; i < items.count; i++) check_shared(lint, &items.items[i - 1], &items.items[i]);
}

/* --- names --- */

static void check_same_name(struct lint *lint, const struct item *earlier, const struct item *item) {
  if (strcmp(earlier->text, item->text) != 0 || earlier->thing->position != item->thing->position) return;
  lint->thing = item->thing;
  lint_warn(lint, item->node, STATUS_RULE_NAME, "\"%.60s\" is the name of %s too", item->text, earlier->thing->rule);
}

/* Letters and digits only, in lower case. */
static const char *bare(struct lint *lint, const char *text) {
  char *copy = lint_take(lint, strlen(text) + 1, 1);
  size_t length = 0;
  for (; copy && *text; text++)
    if (isalnum((unsigned char)*text)) copy[length++] = (char)tolower((unsigned char)*text);
  return copy;
}

/* True where an id and a name share three characters in a row, or one begins as the other. */
static bool share_a_part(const char *id, const char *name) {
  size_t shorter = strlen(id) < strlen(name) ? strlen(id) : strlen(name);
  if (strncmp(id, name, shorter) == 0) return true;
  for (size_t i = 0; id[i] && id[i + 1] && id[i + 2]; i++) {
    const char part[4] = {id[i], id[i + 1], id[i + 2], 0};
    if (strstr(name, part)) return true;
  }
  return false;
}

/* True where the id begins with the name's first word, or two of the name's words in a row begin as its first two letters do. */
static bool is_abbreviation(const char *id, const char *name) {
  char before = 0;
  if (isalnum((unsigned char)*name) && strncasecmp(id, name, strcspn(name, " -.")) == 0) return true;
  for (const char *at = name; *at; at++) {
    bool begins = isalnum((unsigned char)*at) && (at == name || !isalnum((unsigned char)at[-1]));
    if (!begins) continue;
    char first = (char)tolower((unsigned char)*at);
    if (before == id[0] && first == id[1]) return true;
    before = first;
  }
  return false;
}

static void check_names(struct lint *lint) {
  const struct rules *rules = lint->rules;
  struct items items = items_new(lint, rules->thing_count);
  for (size_t i = 0; i < rules->thing_count; i++) {
    const struct rules_thing *thing = rules->things[i];
    const struct yaml_node *node = yaml_member(thing->root, "name");
    if (!thing->name || !node) continue;
    items_add(&items, (struct item){.text = thing->name, .thing = thing, .node = node});
    const char *id = bare(lint, thing->id), *name = bare(lint, thing->name);
    lint->thing = thing;
    if (id && name && strcmp(thing->id, "none") != 0 && !share_a_part(id, name) && !is_abbreviation(id, thing->name))
      lint_warn(lint, node, STATUS_RULE_NAME, "\"%.60s\" has nothing of the id %s", thing->name, thing->id);
  }
  items_sort(&items);
  for (size_t i = 1; i < items.count; i++) check_same_name(lint, &items.items[i - 1], &items.items[i]);
}

/* --- documented attributes --- */

/* One item for each name, `order` the number of files that have it. */
static void fold(struct items *items) {
  size_t kept = 0;
  for (size_t i = 0; i < items->count; i++) {
    bool same = kept && strcmp(items->items[kept - 1].text, items->items[i].text) == 0;
    if (!same) {
      items->items[kept] = items->items[i];
      items->items[kept++].order = 0;
    }
    items->items[kept - 1].order++;
  }
  items->count = kept;
}

static void check_attribute(struct lint *lint, const struct items *items, const struct item *item) {
  size_t length = strlen(item->text);
  for (size_t i = 0; i < items->count; i++) {
    const struct item *other = &items->items[i];
    if (other->order < 2 || length < LINT_NAME_CHARACTERS || !pattern_one_edit(item->text, other->text)) continue;
    lint->thing = item->thing;
    lint_warn(lint, item->node->key, STATUS_RULE_ATTRIBUTE, "\"%.60s\" stands nowhere else; did you mean \"%.60s\"?", item->text, other->text);
    return;
  }
}

static void check_attributes(struct lint *lint) {
  const struct rules *rules = lint->rules;
  size_t count = 0;
  for (size_t i = 0; i < rules->thing_count; i++) count += rules->things[i]->documented_count;
  struct items items = items_new(lint, count);
  for (size_t i = 0; i < rules->thing_count; i++)
    for (size_t k = 0; k < rules->things[i]->documented_count; k++) {
      const char *name = rules->things[i]->documented[k].name;
      const struct yaml_node *node = yaml_member(yaml_member(rules->things[i]->root, "documented"), name);
      if (node) items_add(&items, (struct item){.text = name, .thing = rules->things[i], .node = node});
    }
  items_sort(&items);
  fold(&items);
  for (size_t i = 0; i < items.count; i++)
    if (items.items[i].order == 1) check_attribute(lint, &items, &items.items[i]);
}

/* --- shared signals --- */

static void check_unused(struct lint *lint) {
  for (size_t i = 0; i < lint->rules->lib_count; i++) {
    lint->thing = lint->rules->libs[i];
    for (size_t s = 0; s < lint->thing->signal_count; s++) {
      const struct rules_signal *signal = &lint->thing->signals[s];
      if (!signal->used && signal->id) lint_warn(lint, signal->node, STATUS_RULE_UNUSED, "%s.%s", lint->thing->rule, signal->id);
    }
  }
}

void lint_across(struct lint *lint) {
  assert(lint && lint->rules);
  check_conditions(lint);
  check_names(lint);
  check_attributes(lint);
  check_unused(lint);
}
