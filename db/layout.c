/* See layout.h. */
#include "layout.h"

#include <assert.h>

#include "../engine/index.h"
#include "../engine/plan.h"
#include "flat.h"

static const char index_name[] = "index", plan_name[] = "plan";

int layout_write(const struct rule_base *base, struct buffer *out) {
  assert(base && base->index && base->plan && out && !out->length);
  struct buffer index = {0}, plan = {0};
  index_write(base->index, base->catalog, &index);
  plan_write(base->plan, &plan);
  const struct rule_section sections[] = {{index_name, (const unsigned char *)index.text, index.length},
                                          {plan_name, (const unsigned char *)plan.text, plan.length}};
  int failed = index.failed || plan.failed ? -1 : flat_write(base, sections, 2, out);
  buffer_free(&index);
  buffer_free(&plan);
  return failed;
}

int layout_read(struct rule_base *base, const char *file, struct diag_list *diags) {
  assert(base && base->layer_count && file);
  const struct rule_section *stored_index = rule_base_section(base, index_name), *stored_plan = rule_base_section(base, plan_name);
  struct index *index = NULL;
  struct plan *plan = NULL;
  int code = 0;
  if (stored_index && stored_plan) {
    code = plan_read(base, stored_plan->bytes, stored_plan->length, base->arena, &plan);
    if (!code) code = index_read(base, stored_index->bytes, stored_index->length, base->arena, &index);
  }
  if (code == STATUS_DB_DAMAGED) return diag_format(diags, code, file, 0, 0, "what its rules were laid out to does not fit them");
  if (code) return code;
  base->plan = plan;
  base->index = index;
  if (plan && index) return 0;
  rule_base_fetch_all(base);
  return rule_base_lay_out(base);
}
