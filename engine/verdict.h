/* The verdict on one report: ranked hypotheses of every layer, with what decided them. One struct from which text, JSON,
 * CSV and HTML are rendered, so that no two outputs can disagree.
 *
 * Everything is owned by the verdict's arena or borrowed from the rule base and the report, which must outlive it. */
#ifndef HP_VERDICT_H
#define HP_VERDICT_H

#include "rule.h"
#include "truth.h"

/* A signal as it was decided on one report. */
struct evidence {
  const struct rule_thing *thing; /* whose signal it is: the hypothesis, or the parent it is a kind of */
  const struct rule_signal *signal;
  const char *name; /* "platform/example.hostname" */
  enum truth truth;
  double bits;          /* contribution to the hypothesis' log-odds, in bits; 0 where its group counted another signal */
  const char *fact;     /* path of the fact that decided it, "env.HOME"; for undecided signals the first fact it lacks */
  const char *value;    /* what was found there, shortened to VERDICT_VALUE_BYTES; NULL when absent or not looked at */
  const char *expected; /* the condition in words */
  const char *reason;   /* unreadable: why */
  double fresh_bits;    /* the bits before ageing; the same where nothing aged */
  long aged_days;       /* how much older its source is than the report, where that took from its bits; else 0 */
};

#define VERDICT_VALUE_BYTES 120

struct evidence_list {
  const struct evidence *items; /* strongest first by |bits| (undecided: by what they could give), then by name */
  size_t count;
};

struct hypothesis {
  const struct rule_thing *thing;  /* NULL for unknown */
  const char *id, *name, *kind_of; /* kind_of may be NULL */
  double log_odds;                 /* bits against unknown of the same layer: the ranking; unknown has 0 */
  double probability;              /* of this layer; they add up to 1 */
  double prior_bits;
  double own_bits;                   /* sum of its evidence */
  double stack_bits;                 /* what the other layers add or take */
  struct evidence_list evidence;     /* true, and counted for or against */
  struct evidence_list contradicted; /* false where true was expected */
  struct evidence_list missing;      /* not looked at */
  struct evidence_list unreadable;
};

struct verdict_layer {
  const struct rule_layer *layer;
  struct hypothesis *hypotheses; /* best first; ties by id; unknown is one of them, where all are listed */
  size_t count;
  int rests_on; /* the lowest forge cost without whose facts and all cheaper ones the best answer is another one, or no longer probable:
                   by the rows of unforgeable; RESTS_ON_NONE where it survives them all, is unknown, or was not explained */
};
#define RESTS_ON_NONE (-1)

struct detail {
  const char *name, *value, *fact;
};

/* Two strong pieces of evidence that cannot both be right. */
struct conflict {
  const char *layer;
  const char *text; /* one sentence */
  struct evidence one, other;
};

struct next_fact {
  const char *fact;
  double bits; /* expected information about the answers, see next.h */
  const char *how;
  enum privilege privilege;
  bool partly; /* some of it is known: it is about the rest */
};

/* The answer of a layer if what was refused had been read, over all that it could have said; see refused.h. */
struct refused_layer {
  const char *layer, *id; /* the answer given */
  double low, high;       /* its probability then */
  const char *other;      /* the most probable answer it could have been instead; NULL where it could not */
  double other_probability;
};

struct refused {
  const char *what;                   /* a domain, or facts of one, refused for one reason; NULL for everything together */
  const char *reason;                 /* NULL for everything together */
  const struct refused_layer *layers; /* whose answer could have moved */
  size_t layer_count;
};

/* The winner of a layer when everything up to a forge level is ignored; the levels are tenant, root, image and vmm. */
struct unforgeable {
  enum forge_cost ignored; /* facts of this cost and below are ignored */
  const char *layer;
  const char *id, *name;
  double probability;
};

/* A set of facts without which a layer's answer would be another one. */
struct flip {
  const char *layer;
  const char **facts; /* paths; none where no set was found */
  size_t count;
  const char *id; /* the answer then */
  double probability;
  size_t among;  /* known facts that it could hang on */
  size_t tried;  /* every smaller set of up to so many of them was tried: none would do */
  bool smallest; /* no smaller set would do; where none was found: no set at all */
};

struct verdict {
  struct arena *arena;
  const struct rule_base *base;
  const char *report_id;
  const char *summary;          /* one sentence */
  struct verdict_layer *layers; /* in the base's order */
  size_t layer_count;
  const struct detail *details;
  size_t detail_count;
  const struct conflict *conflicts;
  size_t conflict_count;
  const struct unforgeable *unforgeable; /* by level, then layer */
  size_t unforgeable_count;
  const struct next_fact *next; /* most informative first */
  size_t next_count;
  const char **unreadable; /* "acpi: permission denied" */
  size_t unreadable_count;
  const struct refused *refused; /* where it was asked for: by path, then everything together where that is more */
  size_t refused_count;
  const struct flip *flip; /* NULL unless asked for */
};

/* The best hypothesis of a layer. */
const struct hypothesis *verdict_best(const struct verdict *verdict, const char *layer);
/* True where the platform is unknown and no other layer is known either. */
bool verdict_is_unknown(const struct verdict *verdict);
const struct hypothesis *verdict_find(const struct verdict *verdict, const char *layer, const char *id);

/* One context for each thread: compiled regexes and scratch memory. */
struct judge;
/* `base` is borrowed and may be shared. NULL when memory is out. */
struct judge *judge_new(const struct rule_base *base);
void judge_free(struct judge *judge);
/* Many reports will come: what pays only then is done (see match_cache_expect_many). Otherwise from the second report on, except for what
 * is compiled. */
void judge_expect_many(struct judge *judge);

struct judge_options {
  long observed_day;      /* days since 1970-01-01 of the report; LONG_MIN when not known: nothing ages */
  int ignore_forge;       /* -1, or facts of this forge cost and below count as not looked at */
  bool brief;             /* only the two best hypotheses of every layer: no summary, no details, nothing explained; for streams */
  bool explain;           /* false: evidence lists, next, unforgeable and what the answers rest on are left out */
  bool answers;           /* with brief: what counts for and against the best hypothesis of each layer is listed all the same */
  size_t listed;          /* without brief: hypotheses of each layer in the verdict, at least two; 0: all */
  size_t told;            /* with explain: hypotheses of each layer whose evidence is listed; 0: of all */
  bool counted;           /* with explain: what is missing or unreadable is not listed */
  bool refused;           /* with explain: reckon how far what was refused could have moved the answers */
  bool flip;              /* with explain: look for the smallest set of facts that would change the answer */
  const char *flip_layer; /* ... of this layer; NULL: of the first that is known */
  size_t flip_rankings;   /* ... trying every set until that would take more rankings; 0: FLIP_RANKINGS */
};

/* Judges a set of facts. *verdict is the judge's and lives until its next call or judge_free. 0, STATUS_MEMORY, or
 * STATUS_DB_DAMAGED where the base was only glanced at and bytes that decide were changed. */
int judge_facts(struct judge *judge, const struct fact_set *facts, const char *report_id, struct judge_options options,
                const struct verdict **verdict);

#endif
