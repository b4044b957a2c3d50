/* A forgery and the answer to a claim, as text and JSON (hostprint.forgery/1, hostprint.check/1).
 *
 * Knows both formats; must not know how a forgery is found. Each call appends to `out` and returns 0 or STATUS_MEMORY. */
#ifndef HP_RENDER_FORGERY_H
#define HP_RENDER_FORGERY_H

#include "../engine/forge.h"
#include "../engine/verdict.h"

#define FORGERY_SCHEMA "hostprint.forgery/1"
#define CHECK_SCHEMA "hostprint.check/1"

/* A forgery on a report: `then` is the verdict on forgery->facts, which tells what is in the way where none passes. */
struct forgery_page {
  const struct forgery *forgery;
  enum forge_cost most; /* the highest level that was asked about */
  const struct verdict *then;
  const char *report_id;
};
int render_forgery_text(const struct forgery_page *page, struct buffer *out);
int render_forgery_json(const struct forgery_page *page, struct buffer *out);

/* How a report stands to a claim. */
struct check_page {
  const char *answer;       /* "consistent", "inconsistent", "cannot tell" */
  double probability;       /* of the claim with its kinds */
  double left[FORGE_COSTS]; /* the same without what each level could have faked; of tenant to vmm */
  int rests_on;             /* the first level at which it no longer passes; RESTS_ON_NONE without one, or where it does not pass */
  const struct verdict *verdict;
  const struct hypothesis *claim;
  const char *layer;
  struct forgery_page forgery; /* what it takes to pass; .forgery is NULL where it passes already */
};
int render_check_text(const struct check_page *page, struct buffer *out);
int render_check_json(const struct check_page *page, struct buffer *out);

#endif
