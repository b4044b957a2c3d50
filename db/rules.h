/* A directory of rules as it was written: parsed, checked and linked, with the place of everything.
 *
 * Knows the rule language (rules/README.md). Must not know SQL, or how signals are ranked. The compiler writes it to the
 * evidence DB, lint looks it over. Everything lives in rules->arena; conditions have the engine's shape. */
#ifndef HP_DB_RULES_H
#define HP_DB_RULES_H

#include "../engine/rule.h"
#include "../engine/status.h"
#include "yaml.h"

#define RULES_FILES ((size_t)4096) /* in one directory */
#define RULES_LIB "lib"            /* directory of shared signals */
#define RULES_DRAFT "draft"

struct rules_word {
  const char *word;
  double probability;
};

struct rules_layer {
  const char *id, *title;
  double prior; /* of a thing that says none, beside the others of the layer */
  double known; /* odds of all things of the layer together against unknown; 0: the sum of their priors */
};

struct rules_source {
  const char *key, *title, *url, *observed;
  const struct yaml_node *node;
  size_t number; /* running number over all files, from 1; set by the compiler */
};

struct rules_signal {
  const char *id, *group, *why, *text;
  const struct rule_node *when; /* NULL until a reference is resolved */
  double seen, elsewhere;       /* RULES_UNSET where a reference leaves them to what it names */
  bool is_volatile, has_volatile;
  const struct rules_source *source;
  const struct yaml_node *reference; /* "lib/vmm.no-dmi", or NULL */
  const struct yaml_node *node;
  bool used; /* named by a reference */
};
#define RULES_UNSET (-1.0)

struct rules_expectation {
  const char *layer, *id;
  double probability;
  const struct yaml_node *node;
};

struct rules_attribute {
  const char *name, *value;
};

struct rules_example {
  const char *report, *facts, *expect, *why; /* facts: a report as JSON */
  const struct yaml_node *node;
};

struct rules_thing {
  const char *layer, *id, *name, *category, *phrase;
  const struct yaml_node *kind_of; /* or NULL */
  double prior;                    /* as written, or its layer's */
  double odds;                     /* against unknown: the layer's known odds, shared by prior */
  size_t position;                 /* of its layer */
  bool draft;
  const char *file;  /* as opened */
  const char *inner; /* below the rules directory: the same wherever that is */
  const char *rule;  /* "platform/example", for diagnostics */
  const struct yaml_node *root;
  struct rules_source *sources;
  struct rules_signal *signals;
  struct rules_expectation *stack;
  struct rule_extract *extracts;
  struct rules_attribute *documented;
  struct rules_example *examples;
  size_t source_count, signal_count, stack_count, extract_count, documented_count, example_count;
};

struct rules {
  struct arena *arena;
  const struct fact_catalog *catalog;
  struct rules_word *words;
  struct rules_layer *layers;
  struct rules_thing **things; /* by position of the layer, then id */
  struct rules_thing **libs;   /* by id; layer is RULES_LIB */
  size_t word_count, layer_count, thing_count, lib_count;
  size_t thing_capacity, lib_capacity;
  struct rule_model model;
};

/* Reads a directory that holds model.yaml. 0 and *rules owned by the caller; on errors a status code with every reason in
 * `diags`, and *rules is what could be read, or NULL. */
int rules_read(const char *directory, bool drafts, const struct fact_catalog *catalog, struct diag_list *diags, struct rules **rules);
void rules_free(struct rules *rules);
/* Position of a layer, or layer_count. */
size_t rules_layer_position(const struct rules *rules, const char *layer);

#endif
