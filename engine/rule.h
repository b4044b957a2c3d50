/* The compiled rule base in memory: things that can be identified, their signals, and the model's numbers.
 *
 * Knows the shape of rules after compilation. Must not know YAML or SQL: db/load fills the arrays through the rule_base
 * it is given and calls rule_base_finish, which checks, sorts and links them. Afterwards a base is read only and may be
 * shared by threads; regexes are compiled on first use by each evaluation. Everything lives in base->arena. */
#ifndef HP_RULE_H
#define HP_RULE_H

#include "fact.h"

enum rule_op {
  RULE_ALL,      /* every child holds */
  RULE_ANY,      /* some child holds */
  RULE_NONE,     /* no child holds */
  RULE_AT_LEAST, /* at least n children hold */
  RULE_HAS,      /* one element of a list of records (or of a map) satisfies every child */
  RULE_TEST      /* a matcher on a fact, a member of a map, or a field of the element of the RULE_HAS above */
};

enum matcher {
  MATCH_EQUALS,
  MATCH_PRESENT,
  MATCH_ABSENT,
  MATCH_REGEX,
  MATCH_PREFIX,
  MATCH_SUFFIX,
  MATCH_CONTAINS,
  MATCH_GLOB,
  MATCH_RANGE,
  MATCH_VERSION,
  MATCH_CIDR,
  MATCH_MAC,
  MATCH_COUNT,
  MATCH_SAME,
  MATCHERS
};

/* Names as rules write them, by enum: "equals", "present"... MATCH_SAME ("same", internal) is a RULE_TEST whose children
 * are tests that one and the same element of a list must satisfy. */
extern const char *const matcher_names[MATCHERS];

struct rule_node {
  enum rule_op op;
  size_t at_least;      /* RULE_AT_LEAST */
  size_t fact;          /* RULE_TEST, RULE_HAS: index into the catalogue; FACT_NONE for a field of the element above */
  const char *key;      /* member of a map ("HOME"), or field of an element ("target"); else NULL */
  enum matcher matcher; /* RULE_TEST */
  const char *operand;  /* as written; NULL for present and absent */
  const struct rule_node *children;
  size_t child_count;
  size_t test; /* running number in the base, for compiled operands; set by rule_base_finish */
};

struct rule_source {
  const char *key, *title, *url, *observed; /* observed: YYYY-MM-DD */
};

struct rule_signal {
  const char *id;
  const char *group; /* signals of one thing with the same group are one proof */
  const struct rule_node *when;
  double seen;      /* P(true | this thing) */
  double elsewhere; /* P(true | anything else), before the floor of its forge cost */
  bool is_volatile;
  const char *why;
  const struct rule_source *source;
  const char *text;      /* the condition on one line */
  enum forge_cost forge; /* the lowest cost that could make the condition true; set by rule_base_finish */
  size_t number;         /* among all signals, in the order of things; set by rule_base_finish */
};

struct rule_expectation {
  const char *layer;
  const char *id;
  double probability;
};

struct rule_extract {
  const char *name;
  size_t fact;
  const char *key;   /* member of a map, or NULL */
  const char *regex; /* first group is the value; NULL: the whole value */
};

struct rule_thing {
  const char *layer, *id, *name, *category, *kind_of; /* kind_of: id in the same layer, or NULL */
  const char *phrase;                                 /* how the summary speaks of it, e.g. "a Firecracker microVM"; NULL: the name */
  double prior;                                       /* odds against unknown before any evidence */
  const struct rule_signal *signals;
  size_t signal_count;
  const struct rule_expectation *stack;
  size_t stack_count;
  const struct rule_extract *extracts;
  size_t extract_count;
  const struct rule_thing *parent; /* what it is a kind of, or NULL; set by rule_base_finish */
  size_t place;                    /* among the things of its layer; set by rule_base_finish */
};

struct rule_layer {
  const char *id;
  const char *title;
  const struct rule_thing **things; /* sorted by id; set by rule_base_finish */
  size_t thing_count;
};

struct rule_model {
  double forge_floor[FORGE_COSTS]; /* P(true | anything else) is never below this: somebody may be lying */
  double half_life_days;           /* of volatile evidence */
  double temperature;              /* log-likelihood ratios are divided by it; fitted on the corpus */
};

/* Bytes that belong to a base and are kept beside its rules: what is in them is known to whoever wrote them. */
struct rule_section {
  const char *name;           /* at most 15 characters */
  const unsigned char *bytes; /* aligned to 8 */
  size_t length;
};

struct plan;
struct index;

#define RULE_LAYERS 32 /* most of one base */

struct rule_base {
  struct arena *arena;
  const struct fact_catalog *catalog;
  struct rule_layer *layers; /* in the order of presentation, platform first */
  size_t layer_count;
  struct rule_thing *things; /* sorted by layer, id */
  size_t thing_count;
  struct rule_source *sources; /* of all signals; may be NULL in a base that was not loaded */
  size_t source_count;
  const struct rule_section *sections;
  size_t section_count;
  struct rule_model model;
  size_t test_count;
  struct rule_signal *signals; /* of all things, by number; NULL in a base that was not loaded: see rule_signal */
  size_t signal_count;
  void (*fetch)(const struct rule_base *, size_t); /* reads a signal that is asked for; NULL: all are there */
  void *fetcher;                                   /* for fetch */
  const struct plan *plan;                         /* laid out for ranking (plan.h); set by rule_base_lay_out */
  const struct index *index;                       /* ... and for finding what facts decide (index.h) */
  const char *sha256;                              /* of the DB file, 64 hexadecimal digits; NULL before db_name (db/db.h) */
  const char *version;                             /* of the DB format */
  void (*release)(struct rule_base *);             /* gives back what the texts point into; NULL: they are in the arena */
  void *bytes;                                     /* for release */
  size_t byte_count;
};

struct rule_base *rule_base_new(const struct fact_catalog *catalog);
void rule_base_free(struct rule_base *base);
/* The section called so, or NULL. */
const struct rule_section *rule_base_section(const struct rule_base *base, const char *name);
/* Sorts things, fills layers, derives forge costs and test numbers: conditions must not share nodes. 0, or a status code when a kind_of or stack
 * names nothing (STATUS_RULE_REFERENCE) or kinds run in a circle (STATUS_RULE_CYCLE). */
int rule_base_finish(struct rule_base *base);
/* The last step of rule_base_finish alone, for a base whose things are sorted, numbered and linked: lays out plan and index. */
int rule_base_lay_out(struct rule_base *base);
/* A signal by number. Whoever cannot know that a base was loaded whole (db/db.h) asks for signals by this, or for all of them first. */
static inline const struct rule_signal *rule_signal(const struct rule_base *base, size_t number);
void rule_base_fetch_all(const struct rule_base *base);
const struct rule_thing *rule_base_find(const struct rule_base *base, const char *layer, const char *id);
/* True where `thing` is `of` or, at any distance, a kind of it; false for NULL. */
bool rule_is_kind(const struct rule_thing *thing, const struct rule_thing *of);
const struct rule_layer *rule_base_layer(const struct rule_base *base, const char *layer);
/* Sets marked[fact] for every fact that a condition looks at. */
void rule_mark_facts(const struct rule_node *node, bool *marked);
/* The matcher called so, or -1. */
int matcher_from_name(const char *name);

/* Every distinct key that rules ask of a FACT_PATHS fact, sorted; for the collector. Count in *count; lives in base. */
const char *const *rule_base_paths(const struct rule_base *base, size_t *count);

/* By index of the catalogue, what rules look at, conditions and details alike: 0 for a fact that no rule names, else RULE_ASKED
 * and, of a records fact, RULE_ASKED_FIELD(i) for each field named. Lives in base; NULL when memory ran out. */
const uint32_t *rule_base_asked(const struct rule_base *base);
#define RULE_ASKED 1u
#define RULE_ASKED_FIELD(i) ((uint32_t)2 << (i)) /* a records fact has at most 12 fields */

/* The way of rule_signal for a base that was not loaded, or only glanced at. */
const struct rule_signal *rule_signal_asked(const struct rule_base *base, size_t number);

static inline const struct rule_signal *rule_signal(const struct rule_base *base, size_t number) {
  return base->signals && !base->fetch ? &base->signals[number] : rule_signal_asked(base, number);
}

#endif
