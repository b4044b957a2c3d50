/* See thing.h. */
#include "thing.h"

#include <string.h>

const struct rule_thing *cli_thing(const struct cli *cli, const struct rule_base *base, const char *wanted) {
  const char *slash = strchr(wanted, '/');
  const char *names[4096];
  size_t count = 0;
  for (size_t k = 0; k < base->layer_count; k++) {
    const struct rule_layer *layer = &base->layers[k];
    bool named = !slash || (strlen(layer->id) == (size_t)(slash - wanted) && strncmp(layer->id, wanted, strlen(layer->id)) == 0);
    const struct rule_thing *thing = named ? rule_base_find(base, layer->id, slash ? slash + 1 : wanted) : NULL;
    if (thing) return thing;
    for (size_t i = 0; i < layer->thing_count && count < sizeof names / sizeof *names; i++) names[count++] = layer->things[i]->id;
  }
  const char *near = status_nearest(wanted, names, count);
  cli_usage(cli, "no layer knows %s%s%s", wanted, near ? "; did you mean " : "", near ? near : "");
  return NULL;
}
