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
  if (judge->judge) return judge;
  mem_free(judge);
  return NULL;
}

void hp_judge_free(struct hp_judge *judge) {
  if (!judge) return;
  judge_free(judge->judge);
  buffer_free(&judge->verdict);
  mem_free(judge);
}

static int judge_and_render(struct hp_judge *judge, const struct report *report) {
  const struct verdict *verdict = NULL;
  struct judge_options options = {.observed_day = report_day(report), .ignore_forge = -1, .explain = true};
  struct render_options style = {.top = 0, .one_line = true};
  int status = judge_facts(judge->judge, report->facts, report->id, options, &verdict);
  return status ? status : render_json(verdict, style, &judge->verdict) ? STATUS_MEMORY : STATUS_OK;
}

int hp_judge_report(struct hp_judge *judge, const char *text, size_t length, const char **verdict) {
  assert(judge && text && verdict);
  struct report *report = NULL;
  struct diag_list *diags = diag_list_new();
  buffer_clear(&judge->verdict);
  judge->why[0] = 0;
  int status = diags ? report_read(text, length, &catalog, NULL, 1, "report", diags, &report) : STATUS_MEMORY;
  if (!status) status = judge_and_render(judge, report);
  if (status && diags) copy_reason(diags, judge->why, sizeof judge->why);
  if (status && !judge->why[0]) snprintf(judge->why, sizeof judge->why, "%s", status_info(status)->title);
  if (!status) *verdict = judge->verdict.text;
  report_free(report);
  diag_list_free(diags);
  return status ? (int)status_info(status)->exit : HP_OK;
}

const char *hp_judge_why(const struct hp_judge *judge) { return judge->why; }
