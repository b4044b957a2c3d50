/* The plan: a rule base laid out for ranking, once for all reports.
 *
 * For each thing the signals that count for it, its own and those it has from what it is a kind of, and in which group; for each signal
 * the things it counts for and its bits; for each stack what it promises of every thing below. Knows weights; must not know facts.
 * Everything is arrays of numbers, so that it can be stored and read back. */
#ifndef HP_PLAN_H
#define HP_PLAN_H

#include <assert.h>

#include "rule.h"

/* A signal as it counts for a thing. */
struct plan_ruling {
  uint32_t signal; /* by number */
  uint32_t owner;  /* thing whose signal it is: the thing itself or one that it is a kind of */
  uint32_t group;  /* of the thing, from 0: one proof */
};

/* What a thing of the first layer promises of a lower layer. A lower thing has the share `left` of all that is not named, and where the
 * promise covers it, `extra` on top: then it is named, or a kind of what is. Shares are relative to its own prior's. */
struct plan_promise {
  uint32_t upper;        /* place in the first layer */
  uint32_t first, count; /* covered[first..first+count) */
  uint32_t unused;
  double left;
};

struct plan_covered {
  double extra;
  uint32_t lower; /* place in its layer */
  uint32_t unused;
};

struct plan_layer {
  uint32_t first, count;             /* promises[first..first+count), by upper; none of the first layer itself */
  uint32_t share_first, share_count; /* shares: of the priors, by place, unknown last */
};

/* Marks of a signal: its forge cost; the highest cost of a fact that it looks at, where it is undecided as long as nothing is known of them,
 * else PLAN_NEVER; and whether it ages. */
#define PLAN_FORGE 7
#define PLAN_HIGHEST(marks) ((marks) >> 3 & 7)
#define PLAN_NEVER 7
#define PLAN_VOLATILE 128

/* Of a thing: each of its signals is a group of its own; none ages; each looks at facts of one forge cost. */
enum { PLAN_PLAIN = 1, PLAN_AGELESS = 2, PLAN_EVEN = 4 };

/* A form in words, so that it can be evaluated without its condition, parents before their children: PLAN_LEAF, fact << 4 and a kind of look;
 * or op << 24 and the number of children, after RULE_AT_LEAST with a word for how many must hold. PLAN_OPAQUE, alone: by its condition only. */
#define PLAN_LEAF 0x80000000u
#define PLAN_OPAQUE 0x7fffffffu
enum plan_look { LOOK_VALUE, LOOK_PRESENT, LOOK_ABSENT, LOOK_MEMBER, LOOK_MEMBER_PRESENT, LOOK_MEMBER_ABSENT, LOOK_HAS, PLAN_LOOKS };

/* Stored as they stand in memory: nothing between the members that is not written. */
static_assert(sizeof(struct plan_ruling) == 12 && sizeof(struct plan_promise) == 24 && sizeof(struct plan_covered) == 16, "padding");
static_assert(sizeof(struct plan_layer) == 16, "padding");

struct plan {
  const uint32_t *ruling_ends;       /* by thing: rulings before the end of it */
  const struct plan_ruling *rulings; /* of one thing: its own in order of id, then its parent's */
  const unsigned char *kinds;        /* by thing: PLAN_PLAIN... */
  const unsigned char *costs;        /* by thing: bit c is set where a signal may come out otherwise without the facts of forge cost c */
  const uint32_t *thing_ends;        /* by signal: things before the end of it */
  const uint32_t *things;            /* for which it counts */
  const double *if_true, *if_false;  /* by signal: bits, before ageing */
  const uint32_t *volatiles;         /* signals that age */
  const uint32_t *ids;               /* by signal: the place of its id among all ids by letter; the same id has the same place */
  const uint32_t *forms;             /* by signal: the first signal whose condition looks at the same states in the same way, and so comes
                                        out the same where nothing matches (eval.h: blank) */
  const uint32_t *words;             /* of every form, in the order of their first signals */
  const unsigned char *marks;        /* by signal: see PLAN_FORGE */
  const struct plan_layer *layers;
  const struct plan_promise *promises;
  const struct plan_covered *covered;
  const double *shares;
  const uint32_t *expects; /* by place in the first layer: bit k - 1 is set where it promises something of layer k */
  uint32_t thing_count, signal_count, ruling_count, upper_count, volatile_count, layer_count, promise_count, covered_count, share_count, word_count;
  uint32_t group_most;                /* groups of one thing, at most */
  const struct rule_signal **signals; /* by number; not stored, then NULL: see rule_signal */
};

/* Lays out a finished base, in `arena`. NULL when memory is out. */
struct plan *plan_build(const struct rule_base *base, struct arena *arena);

/* Appends a plan to an empty buffer, as bytes that can be used where they lie; nothing on a machine that is not little-endian. A failure
 * stays in the buffer. */
void plan_write(const struct plan *plan, struct buffer *out);
/* The plan of a base whose things are linked and whose signals are numbered, from bytes as from an enemy, aligned to 8, which must outlive
 * it: every number is checked in one pass. 0, STATUS_DB_DAMAGED or STATUS_MEMORY; *plan stays NULL, with 0, where the bytes are for another
 * machine, and the plan is to be built. */
int plan_read(const struct rule_base *base, const unsigned char *bytes, size_t length, struct arena *arena, struct plan **plan);
/* The same for one look: numbers are checked as far as using them stays inside, not whether they follow from the rules. */
int plan_glance(const struct rule_base *base, const unsigned char *bytes, size_t length, struct arena *arena, struct plan **plan);

#endif
