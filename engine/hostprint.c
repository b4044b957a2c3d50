/* See hostprint.h: the library's face over the rooms. Knows which rooms to ask, and nothing of what they do. */
#include "hostprint.h"

#include <assert.h>
#include <stdio.h>

#include "../collectors/catalog.h"
#include "../db/db.h"
#include "../reports/render.h"
#include "../reports/report.h"
#include "verdict.h"

struct hp_base {
  struct rule_base *rules;
};

struct hp_judge {
  struct judge *judge;
  struct report_reader *reader;
  struct report *report; /* the last one; the reader's */
  struct buffer verdict;
  char why[512];
};

const char *hp_version(void) { return HOSTPRINT_VERSION; }

/* The first error in one line; leaves `why` alone when there is none. */
static void copy_reason(const struct diag_list *diags, char *why, size_t size) {
  if (!why || !size) return;
  for (size_t i = 0; i < diags->count; i++) {
    const struct diag *diag = &diags->items[i];
    if (diag->severity != SEVERITY_ERROR) continue;
    snprintf(why, size, "%s%s%s", status_info(diag->code)->title, diag->message ? ": " : "", diag->message ? diag->message : "");
    return;
  }
}

int hp_open(const char *path, struct hp_base **base, char *why, size_t size) {
  assert(base);
  struct hp_base *opened = mem_new(sizeof *opened);
  struct diag_list *diags = diag_list_new();
  struct arena *arena = arena_new();
  int code = HP_INTERNAL;
  if (why && size) snprintf(why, size, "out of memory");
  if (!opened || !diags || !arena) goto release;
  const char *found = db_find(arena, path);
  int status = found ? db_load(found, &catalog, &opened->rules, diags) : diag_format(diags, STATUS_DB_OPEN, NULL, 0, 0, "no evidence DB was found");
  if (!status) status = db_name(opened->rules);
  code = status ? (int)status_info(status)->exit : HP_OK;
  copy_reason(diags, why, size);
release:
  if (code == HP_OK)
    *base = opened;
  else
    mem_free(opened);
  diag_list_free(diags);
  arena_free(arena);
  return code;
}

void hp_close(struct hp_base *base) {
  if (!base) return;
  rule_base_free(base->rules);
  mem_free(base);
}

const char *hp_base_sha256(const struct hp_base *base) { return base->rules->sha256; }

struct hp_judge *hp_judge_new(const struct hp_base *base) {
  struct hp_judge *judge = mem_new(sizeof *judge);
  if (!judge) return NULL;
  judge->judge = judge_new(base->rules);
  judge->reader = report_reader_new(&catalog);
  if (judge->judge) judge_expect_many(judge->judge);
  if (judge->judge && judge->reader) return judge;
  hp_judge_free(judge);
  return NULL;
}

void hp_judge_free(struct hp_judge *judge) {
  if (!judge) return;
  judge_free(judge->judge);
  report_reader_free(judge->reader);
  buffer_free(&judge->verdict);
  mem_free(judge);
}

/* What is done with the verdict on a report. */
typedef int use_fn(struct hp_judge *judge, const struct verdict *verdict, void *context);

static int judge_and_use(struct hp_judge *judge, const struct report *report, bool explain, use_fn *use, void *context) {
  const struct verdict *verdict = NULL;
  struct judge_options options = {.observed_day = report_day(report), .ignore_forge = -1, .explain = explain, .brief = !explain};
  int status = judge_facts(judge->judge, report->facts, report->id, options, &verdict);
  return status ? status : use(judge, verdict, context);
}

/* The report is kept until the next call: verdicts borrow from it. */
static int judge_text(struct hp_judge *judge, const char *text, size_t length, bool explain, use_fn *use, void *context) {
  struct diag_list *diags = diag_list_new();
  judge->report = NULL;
  judge->why[0] = 0;
  int status = diags ? report_reader_read(judge->reader, text, length, NULL, 1, "report", diags, &judge->report) : STATUS_MEMORY;
  if (!status) status = judge_and_use(judge, judge->report, explain, use, context);
  if (status && diags) copy_reason(diags, judge->why, sizeof judge->why);
  if (status && !judge->why[0]) snprintf(judge->why, sizeof judge->why, "%s", status_info(status)->title);
  diag_list_free(diags);
  return status ? (int)status_info(status)->exit : HP_OK;
}

static int use_json(struct hp_judge *judge, const struct verdict *verdict, void *context) {
  struct render_options style = {.top = 0, .one_line = true};
  (void)context;
  buffer_clear(&judge->verdict);
  return render_json(verdict, style, &judge->verdict) ? STATUS_MEMORY : STATUS_OK;
}

int hp_judge_report(struct hp_judge *judge, const char *text, size_t length, const char **verdict) {
  assert(judge && text && verdict);
  int code = judge_text(judge, text, length, true, use_json, NULL);
  if (code == HP_OK) *verdict = judge->verdict.text;
  return code;
}

struct layer_wanted {
  const char *layer;
  const struct hypothesis *best;
};

static int use_layer(struct hp_judge *judge, const struct verdict *verdict, void *context) {
  struct layer_wanted *wanted = context;
  (void)judge;
  wanted->best = verdict_best(verdict, wanted->layer);
  return STATUS_OK;
}

int hp_judge_layer(struct hp_judge *judge, const char *text, size_t length, const char *layer, const char **id, double *probability) {
  assert(judge && text && layer && id);
  struct layer_wanted wanted = {.layer = layer};
  int code = judge_text(judge, text, length, false, use_layer, &wanted);
  if (code != HP_OK) return code;
  if (!wanted.best) {
    snprintf(judge->why, sizeof judge->why, "there is no layer %.60s", layer);
    return HP_INPUT;
  }
  *id = wanted.best->id;
  if (probability) *probability = wanted.best->probability;
  return HP_OK;
}

struct evidence_wanted {
  hp_evidence_fn *visit;
  void *context;
  int stopped; /* what visit gave */
};

static void visit_list(struct evidence_wanted *wanted, struct hp_evidence told, const struct evidence_list *list, const char *kind) {
  for (size_t i = 0; i < list->count && !wanted->stopped; i++) {
    const struct evidence *evidence = &list->items[i];
    const struct rule_source *source = evidence->signal->source;
    told.kind = kind;
    told.signal = evidence->name;
    told.truth = truth_name(evidence->truth);
    told.bits = evidence->bits;
    told.fact = evidence->fact;
    told.value = evidence->value;
    told.expected = evidence->expected;
    told.why = evidence->signal->why;
    told.source = source ? source->title : NULL;
    told.url = source ? source->url : NULL;
    told.observed = source ? source->observed : NULL;
    wanted->stopped = wanted->visit(wanted->context, &told);
  }
}

static int use_evidence(struct hp_judge *judge, const struct verdict *verdict, void *context) {
  struct evidence_wanted *wanted = context;
  (void)judge;
  for (size_t k = 0; k < verdict->layer_count; k++)
    for (size_t i = 0; i < verdict->layers[k].count; i++) {
      const struct hypothesis *hypothesis = &verdict->layers[k].hypotheses[i];
      struct hp_evidence told = {.layer = verdict->layers[k].layer->id,
                                 .id = hypothesis->id,
                                 .rank = i + 1,
                                 .probability = hypothesis->probability,
                                 .log_odds = hypothesis->log_odds};
      visit_list(wanted, told, &hypothesis->evidence, "evidence");
      visit_list(wanted, told, &hypothesis->contradicted, "contradicted");
      visit_list(wanted, told, &hypothesis->missing, "missing");
      visit_list(wanted, told, &hypothesis->unreadable, "unreadable");
    }
  return STATUS_OK;
}

int hp_judge_evidence(struct hp_judge *judge, const char *text, size_t length, hp_evidence_fn *visit, void *context) {
  assert(judge && text && visit);
  struct evidence_wanted wanted = {.visit = visit, .context = context};
  int code = judge_text(judge, text, length, true, use_evidence, &wanted);
  return code ? code : wanted.stopped;
}

const char *hp_judge_why(const struct hp_judge *judge) { return judge->why; }
