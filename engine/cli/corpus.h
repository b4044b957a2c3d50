/* The corpus: everything whose answer is known beforehand. The examples that stand in the rules, captured machines, saved samples.
 *
 * Knows where they lie, the form of their expectations, and how each becomes a report. Must not know what is done with them. A
 * machine is a folder with expected.yaml; samples are reports beside one expected.json, which is read as YAML too, since JSON is
 * YAML in braces, so that every expectation knows its line:
 *
 *   source: {title, url, observed}      layers: {LAYER: ID or [ID...]}      at_least: {LAYER: PROBABILITY}
 *
 * In expected.json these stand under the id of each sample, and source may be a text. */
#ifndef HP_CORPUS_H
#define HP_CORPUS_H

#include "../../db/db.h"
#include "cli.h"

#define CORPUS_MACHINES ((size_t)4096) /* folders or samples in one directory */
#define CORPUS_IDS 16                  /* answers that one layer may have */
#define CORPUS_WORKERS 2

/* An answer above this is taken as given. */
#define CORPUS_CONVICTED 0.5

enum case_kind { CASE_EXAMPLE, CASE_MACHINE, CASE_SAMPLE, CASE_KINDS };

struct expectation {
  const char *layer;
  const char *ids[CORPUS_IDS]; /* any of these; none of them: only a limit below */
  size_t id_count;
  double at_least; /* probability of the best answer; 0: not asked */
  size_t line, column;
};

struct corpus_case {
  enum case_kind kind;
  const char *name; /* of the folder or the sample; of an example "LAYER/ID" */
  const char *path; /* the folder or the report; NULL for an example with facts of its own */
  const char *file; /* where the expectation stands */
  size_t line;
  const struct expectation *expected; /* in the order of the file */
  size_t expected_count;
  struct db_example example; /* CASE_EXAMPLE */
  bool is_lookalike;         /* a sample that no platform may be found in, unless it is named */
  bool is_broken;            /* its expectation cannot be read, which was told: it fails */
  bool wanted;
};

struct corpus {
  struct cli *cli;
  const char *rules; /* the directory */
  struct rule_base *base;
  const char *const *paths; /* that rules ask for */
  size_t path_count;
  struct corpus_case *cases;
  size_t count, capacity;
};

/* The directory with model.yaml at or above `path`, or called rules beside something above it; NULL where there is none. */
const char *corpus_rules(struct arena *arena, const char *path);
/* DIRECTORY/../TAIL, where there is such a directory; else NULL. */
const char *corpus_beside(struct arena *arena, const char *directory, const char *tail);

/* Compiles the rules, drafts too, and takes their examples. 0, or a status code with the reasons in cli->diags; corpus_close in
 * either case. */
int corpus_open(struct corpus *corpus, struct cli *cli, const char *rules);
void corpus_close(struct corpus *corpus);
/* Each adds cases, none of them wanted yet. A case with a wrong expectation is told, and is_broken. 0, or a status code where the
 * directory itself cannot be read. */
int corpus_add_machine(struct corpus *corpus, const char *folder);
int corpus_add_machines(struct corpus *corpus, const char *directory);
int corpus_add_samples(struct corpus *corpus, const char *directory);
/* Each of `places` is a machine, a directory of samples, or one of machines; without one, what lies beside the rules here. */
int corpus_add_places(struct corpus *corpus, const char *const *places, size_t count);

/* The facts of a case. 0 and *report owned by the caller, or a status code with the reason in `diags`. */
int corpus_report(const struct corpus *corpus, const struct corpus_case *of, struct diag_list *diags, struct report **report);
/* True for an answer that the expectation accepts. */
bool corpus_accepts(const struct expectation *expected, const char *id);

/* Calls visit(contexts[w], number) for every wanted case, each worker w for its own share of them and in order, so that what each
 * worker sums up does not depend on the machine. Gives the first status that is not 0; that worker stops there. */
int corpus_walk(const struct corpus *corpus, void *const contexts[CORPUS_WORKERS], int (*visit)(void *context, size_t number));

#endif
