/* Whether two rule bases are the same in every field, for the tests of db/. */
#ifndef HP_TESTS_DB_BASES_H
#define HP_TESTS_DB_BASES_H

#include <stdbool.h>
#include <string.h>

#include "../../engine/rule.h"

static inline bool same_text(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

static inline bool same_node(const struct rule_node *a, const struct rule_node *b) {
  bool looks = a->op == RULE_TEST || a->op == RULE_HAS;
  bool same = a->op == b->op && a->at_least == b->at_least && a->child_count == b->child_count && same_text(a->key, b->key) &&
              same_text(a->operand, b->operand) && (!looks || a->fact == b->fact) && (a->op != RULE_TEST || a->matcher == b->matcher);
  for (size_t i = 0; same && i < a->child_count; i++) same = same_node(&a->children[i], &b->children[i]);
  return same;
}

static inline bool same_source(const struct rule_source *a, const struct rule_source *b) {
  return same_text(a->key, b->key) && same_text(a->title, b->title) && same_text(a->url, b->url) && same_text(a->observed, b->observed);
}

static inline bool same_signal(const struct rule_signal *a, const struct rule_signal *b) {
  return same_text(a->id, b->id) && same_text(a->group, b->group) && a->seen == b->seen && a->elsewhere == b->elsewhere &&
         a->is_volatile == b->is_volatile && same_text(a->why, b->why) && same_text(a->text, b->text) && a->forge == b->forge &&
         same_source(a->source, b->source) && same_node(a->when, b->when);
}

static inline bool same_lists(const struct rule_thing *a, const struct rule_thing *b) {
  bool same = a->signal_count == b->signal_count && a->stack_count == b->stack_count && a->extract_count == b->extract_count;
  for (size_t i = 0; same && i < a->signal_count; i++) same = same_signal(&a->signals[i], &b->signals[i]);
  for (size_t i = 0; same && i < a->stack_count; i++)
    same = same_text(a->stack[i].layer, b->stack[i].layer) && same_text(a->stack[i].id, b->stack[i].id) &&
           a->stack[i].probability == b->stack[i].probability;
  for (size_t i = 0; same && i < a->extract_count; i++)
    same = same_text(a->extracts[i].name, b->extracts[i].name) && a->extracts[i].fact == b->extracts[i].fact &&
           same_text(a->extracts[i].key, b->extracts[i].key) && same_text(a->extracts[i].regex, b->extracts[i].regex);
  return same;
}

static inline bool same_thing(const struct rule_thing *a, const struct rule_thing *b) {
  bool same = same_text(a->layer, b->layer) && same_text(a->id, b->id) && same_text(a->name, b->name) && same_text(a->category, b->category) &&
              same_text(a->kind_of, b->kind_of) && same_text(a->phrase, b->phrase) && a->prior == b->prior && a->place == b->place;
  return same && same_text(a->parent ? a->parent->id : NULL, b->parent ? b->parent->id : NULL) && same_lists(a, b);
}

static inline bool same_layer(const struct rule_layer *a, const struct rule_layer *b) {
  bool same = same_text(a->id, b->id) && same_text(a->title, b->title) && a->thing_count == b->thing_count;
  for (size_t i = 0; same && i < a->thing_count; i++) same = same_text(a->things[i]->id, b->things[i]->id);
  return same;
}

/* Running numbers of tests aside, which only have to be different: see tests_are_numbered. */
static inline bool same_base(const struct rule_base *a, const struct rule_base *b) {
  bool same = a->layer_count == b->layer_count && a->thing_count == b->thing_count && a->source_count == b->source_count &&
              a->test_count == b->test_count && memcmp(&a->model, &b->model, sizeof a->model) == 0;
  for (size_t i = 0; same && i < a->layer_count; i++) same = same_layer(&a->layers[i], &b->layers[i]);
  for (size_t i = 0; same && i < a->thing_count; i++) same = same_thing(&a->things[i], &b->things[i]);
  for (size_t i = 0; same && i < a->source_count; i++) same = same_source(&a->sources[i], &b->sources[i]);
  return same;
}

static inline bool number_node(const struct rule_node *node, unsigned char *seen, size_t count) {
  if (node->test >= count || seen[node->test]++) return false;
  for (size_t i = 0; i < node->child_count; i++)
    if (!number_node(&node->children[i], seen, count)) return false;
  return true;
}

/* Every node has a number of its own below test_count. */
static inline bool tests_are_numbered(const struct rule_base *base) {
  unsigned char *seen = mem_new(base->test_count);
  bool right = true;
  for (size_t i = 0; i < base->thing_count; i++)
    for (size_t s = 0; s < base->things[i].signal_count; s++) right = right && number_node(base->things[i].signals[s].when, seen, base->test_count);
  mem_free(seen);
  return right;
}

#endif
