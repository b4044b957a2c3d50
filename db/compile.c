/* See db.h: the ways from a directory of rules to a file, and to memory. */
#include <assert.h>
#include <string.h>

#include "../collectors/os.h"
#include "image.h"

static int read_and_write(struct compile_options options, struct diag_list *diags, struct rules **rules, unsigned char **bytes, size_t *length) {
  *bytes = NULL;
  int code = rules_read(options.rules, options.drafts, options.catalog, diags, rules);
  return code ? code : image_write(*rules, options.drafts, diags, bytes, length);
}

int db_compile(struct compile_options options, const char *path, struct diag_list *diags) {
  assert(options.rules && options.catalog && path);
  struct rules *rules;
  unsigned char *bytes;
  size_t length;
  int code = read_and_write(options, diags, &rules, &bytes, &length);
  int error = code ? 0 : os_write_file(path, (const char *)bytes, length);
  if (error) code = diag_format(diags, STATUS_DB_WRITE, path, 0, 0, "%s", strerror(error));
  image_free(bytes);
  rules_free(rules);
  return code;
}

static int tell_examples(const struct rules *rules, db_example_fn *take, void *context) {
  for (size_t i = 0; i < rules->thing_count; i++) {
    const struct rules_thing *thing = rules->things[i];
    for (size_t e = 0; e < thing->example_count; e++) {
      const struct rules_example *example = &thing->examples[e];
      const struct db_example told = {.layer = thing->layer,
                                      .id = thing->id,
                                      .report = example->report,
                                      .facts = example->facts,
                                      .expect = example->expect,
                                      .file = thing->file,
                                      .line = example->node->line};
      int code = take(context, &told);
      if (code) return code;
    }
  }
  return 0;
}

int db_compile_memory(struct compile_options options, struct rule_base **base, db_example_fn *examples, void *context, struct diag_list *diags) {
  assert(options.rules && options.catalog && base);
  struct rules *rules;
  unsigned char *bytes;
  size_t length;
  *base = NULL;
  int code = read_and_write(options, diags, &rules, &bytes, &length);
  if (!code) code = image_load(bytes, length, options.rules, options.catalog, base, diags);
  if (!code && examples) code = tell_examples(rules, examples, context);
  if (code) {
    rule_base_free(*base);
    *base = NULL;
  }
  image_free(bytes);
  rules_free(rules);
  return code;
}
