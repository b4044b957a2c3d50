/* A small world for the engine's tests: a catalogue of its own and a rule base built in C. */
#ifndef HP_TESTS_WORLD_H
#define HP_TESTS_WORLD_H

#include <limits.h>
#include <string.h>

#include "engine/status.h"
#include "engine/verdict.h"

enum { F_ENV, F_FILES, F_HOST, F_MEMORY, F_MOUNTS, F_RELEASE, F_TOKENS, F_COUNT };

static const struct fact_def world_defs[F_COUNT] = {
    [F_ENV] = {.path = "env", .type = FACT_MAP, .how = "h", .forge = FORGE_TENANT},
    [F_FILES] = {.path = "files", .type = FACT_PATHS, .how = "h", .forge = FORGE_ROOT},
    [F_HOST] = {.path = "host", .type = FACT_TEXT, .how = "h", .forge = FORGE_ROOT},
    [F_MEMORY] = {.path = "memory", .type = FACT_INTEGER, .unit = "KiB", .how = "h", .forge = FORGE_VMM},
    [F_MOUNTS] = {.path = "mounts", .type = FACT_RECORDS, .fields = "target fstype options*", .how = "h", .forge = FORGE_ROOT},
    [F_RELEASE] = {.path = "release", .type = FACT_TEXT, .how = "h", .forge = FORGE_IMAGE},
    [F_TOKENS] = {.path = "tokens", .type = FACT_TEXTS, .how = "h", .forge = FORGE_IMAGE},
};
static const struct fact_catalog world_catalog = {.defs = world_defs, .count = F_COUNT};

static size_t world_tests;

static inline struct rule_node leaf(size_t fact, const char *key, enum matcher matcher, const char *operand) {
  return (struct rule_node){.op = RULE_TEST, .fact = fact, .key = key, .matcher = matcher, .operand = operand, .test = world_tests++};
}

static inline struct rule_node branch(enum rule_op op, size_t at_least, const struct rule_node *children, size_t count) {
  return (struct rule_node){.op = op, .at_least = at_least, .fact = FACT_NONE, .children = children, .child_count = count};
}

static inline struct value text_of(const char *text) { return value_text(text, strlen(text)); }

/* One record of mounts; keys sorted. */
static inline struct value mount_of(struct arena *arena, const char *target, const char *fstype) {
  static const char *const names[] = {"fstype", "target"};
  struct value record = {.kind = VALUE_MAP};
  record.items = arena_take_array(arena, 2, sizeof *record.items);
  record.keys = arena_take_array(arena, 2, sizeof *record.keys);
  record.count = 2;
  for (int i = 0; i < 2; i++) record.keys[i] = names[i];
  record.items[0] = text_of(fstype);
  record.items[1] = text_of(target);
  return record;
}

#endif
