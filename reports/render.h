/* A verdict as JSON, CSV, text and HTML: five views of one struct, so that no two can disagree.
 *
 * Knows the verdict's shape and each format; must not know how a verdict is reached. Every value may be hostile and is
 * disarmed by text.h. Each call appends to `out` and returns 0 or STATUS_MEMORY; the same verdict gives the same bytes. */
#ifndef HP_RENDER_H
#define HP_RENDER_H

#include "../engine/verdict.h"

#define VERDICT_SCHEMA "hostprint.verdict/1"

struct render_options {
  int top;                  /* hypotheses of each layer that are told; unknown is told besides; 0 or less: all, or as many as read well */
  bool colour;              /* text: with terminal colours */
  bool one_line;            /* JSON: one line, for NDJSON; else indented */
  const char *versus;       /* explain: "example" or "platform/example", the one rival that is asked about; or NULL */
  struct render_memo *memo; /* CSV: lines that were put in words before; NULL: none are kept */
};

/* For streams of verdicts from one rule base of so many layers, one for each thread. NULL when memory is out. Owned: render_memo_free. */
struct render_memo *render_memo_new(size_t layers);
void render_memo_free(struct render_memo *memo);

/* hostprint.verdict/1 with a newline at its end. */
int render_json(const struct verdict *verdict, struct render_options options, struct buffer *out);
/* The answer in a screenful: summary, layers, why, what speaks against it, what to read next. */
int render_text(const struct verdict *verdict, struct render_options options, struct buffer *out);
/* Everything: why, and why not each rival, actual beside expected. With `versus` only that rival, in its layer. */
int render_explain(const struct verdict *verdict, struct render_options options, struct buffer *out);
/* The header line once, then a line for each layer of each verdict: report, layer, the best, the second best. */
int render_csv_header(struct buffer *out);
int render_csv(const struct verdict *verdict, struct render_options options, struct buffer *out);
/* One page that stands by itself, without scripts and outside resources. */
int render_html(const struct verdict *verdict, struct render_options options, struct buffer *out);

/* A probability as text and HTML show it. People are not told of certainty: from "under 0.0001" to 0.9999. */
#define RENDER_PROBABILITY_BYTES 48
const char *render_probability(char text[RENDER_PROBABILITY_BYTES], double probability);
/* The same as JSON and CSV give it: six digits, never 1. */
const char *render_probability_exact(char text[RENDER_PROBABILITY_BYTES], double probability);
/* One piece of evidence as an object of JSON, for other documents that show it. */
struct json_writer;
void render_put_evidence(struct json_writer *writer, const struct evidence *evidence);

/* True where the hypothesis with this index is among those that are told. */
bool render_is_told(const struct verdict_layer *layer, size_t index, int top);
/* The hypothesis that `versus` means, its layer left in *layer; NULL where none is called so. */
const struct hypothesis *render_versus(const struct verdict *verdict, const char *versus, const struct verdict_layer **layer);
/* The first layer with a known thing: what an answer is about; NULL where all is unknown or none. */
const struct verdict_layer *render_subject(const struct verdict *verdict);
/* What age took from a piece of evidence, as "12.1 of 13.1 bits, source 640 days older than the report"; nothing where it took nothing. */
int render_age(const struct evidence *evidence, struct buffer *out);
/* True where the best of a layer is a thing, neither unknown nor none. */
bool render_is_known(const struct verdict_layer *layer);

#endif
