/* See layout.h. */
#include "layout.h"

#include <assert.h>

#include "../engine/index.h"
#include "../engine/plan.h"
#include "flat.h"

static const char index_name[] = "index", plan_name[] = "plan";

/* Conditions are numbered as their nodes lie in the flat form: only who read it has those numbers. */
static int write_numbered(const struct rule_base *base, const struct rule_base *numbered, struct buffer *out) {
  struct buffer index = {0}, plan = {0};
  index_write(numbered->index, numbered->catalog, &index);
  plan_write(numbered->plan, &plan);
  const struct rule_section sections[] = {{index_name, (const unsigned char *)index.text, index.length},
                                          {plan_name, (const unsigned char *)plan.text, plan.length}};
  int failed = index.failed || plan.failed ? -1 : flat_write(base, sections, 2, out);
  buffer_free(&index);
  buffer_free(&plan);
  return failed;
}

int layout_write(const struct rule_base *base, struct buffer *out) {
  assert(base && out && !out->length);
  struct buffer bare = {0};
  struct rule_base *numbered = rule_base_new(base->catalog);
  int failed = numbered ? flat_write(base, NULL, 0, &bare) : -1;
  if (!failed) failed = flat_read((const unsigned char *)bare.text, bare.length, FLAT_WHOLE, numbered, "rules", NULL);
  if (!failed) failed = rule_base_lay_out(numbered);
  if (!failed) failed = write_numbered(base, numbered, out);
  rule_base_free(numbered);
  buffer_free(&bare);
  return failed ? -1 : 0;
}

int layout_read(struct rule_base *base, enum flat_look look, const char *file, struct diag_list *diags) {
  assert(base && base->layer_count && file);
  const struct rule_section *stored_index = rule_base_section(base, index_name), *stored_plan = rule_base_section(base, plan_name);
  struct index *index = NULL;
  struct plan *plan = NULL;
  int code = 0;
  if (stored_index && stored_plan) {
    code = (look == FLAT_GLANCE ? plan_glance : plan_read)(base, stored_plan->bytes, stored_plan->length, base->arena, &plan);
    if (!code) code = (look == FLAT_GLANCE ? index_glance : index_read)(base, stored_index->bytes, stored_index->length, base->arena, &index);
  }
  if (code == STATUS_DB_DAMAGED) return diag_format(diags, code, file, 0, 0, "what its rules were laid out to does not fit them");
  if (code) return code;
  base->plan = plan;
  base->index = index;
  if (plan && index) return 0;
  rule_base_fetch_all(base);
  if (!rule_base_is_broken(base)) return rule_base_lay_out(base);
  return diag_format(diags, STATUS_DB_DAMAGED, file, 0, 0, "the checksum of a section does not hold: bytes were changed");
}
