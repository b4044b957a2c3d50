/* hostprint as a library: open an evidence DB, judge reports.
 *
 * Nothing here prints, exits or keeps global state. One hp_base may be shared by threads; each thread has its own
 * hp_judge. Functions that can fail return 0 or one of the codes of HP_...; hp_judge_why and the `why` buffer of hp_open
 * hold a sentence then. */
#ifndef HOSTPRINT_H
#define HOSTPRINT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hp_code { HP_OK = 0, HP_INPUT = 3, HP_DB = 5, HP_INTERNAL = 6 };

struct hp_base;
struct hp_judge;

/* "0.1.0" */
const char *hp_version(void);

/* Opens the evidence DB at `path` (NULL: where the program would find it). Owned: hp_close. `why` (of `size` bytes, may be
 * NULL) takes the reason of a failure. */
int hp_open(const char *path, struct hp_base **base, char *why, size_t size);
void hp_close(struct hp_base *base);
/* SHA-256 of the DB file, 64 hexadecimal digits; borrowed. */
const char *hp_base_sha256(const struct hp_base *base);

/* `base` is borrowed. NULL when memory is out. Owned: hp_judge_free. */
struct hp_judge *hp_judge_new(const struct hp_base *base);
void hp_judge_free(struct hp_judge *judge);
/* Judges one report (hostprint.report/1, `length` bytes). *verdict is a hostprint.verdict/1 on one line, the judge's until
 * its next call. */
int hp_judge_report(struct hp_judge *judge, const char *report, size_t length, const char **verdict);
/* The same, but only the best answer of one layer: much less work. *id is borrowed until the next call; "unknown" is an answer.
 * HP_INPUT also where no layer is called so. `probability` may be NULL. */
int hp_judge_layer(struct hp_judge *judge, const char *report, size_t length, const char *layer, const char **id, double *probability);

/* One piece of evidence: what a signal of a hypothesis came out as. Texts are borrowed until the next call of the judge; those
 * that may be missing are NULL. */
struct hp_evidence {
  const char *layer, *id; /* the hypothesis */
  size_t rank;            /* of the hypothesis in its layer, from 1 */
  double probability, log_odds;
  const char *kind;   /* evidence, contradicted, missing or unreadable, as in the verdict */
  const char *signal; /* "platform/example.hostname" */
  const char *truth;  /* true, false, unknown or unreadable */
  double bits;
  const char *fact, *value, *expected, *why, *source, *url, *observed;
};
/* Calls visit(context, evidence) for every piece of evidence, in the verdict's order; stops at the first that is not 0 and gives that
 * back. */
typedef int hp_evidence_fn(void *context, const struct hp_evidence *evidence);
int hp_judge_evidence(struct hp_judge *judge, const char *report, size_t length, hp_evidence_fn *visit, void *context);
/* Why the last call failed; "" after a success. */
const char *hp_judge_why(const struct hp_judge *judge);

#ifdef __cplusplus
}
#endif

#endif
