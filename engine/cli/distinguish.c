/* hostprint distinguish: which facts tell two things of a layer apart. */
#include <stdlib.h>
#include <string.h>

#include "../../reports/text.h"
#include "../distinguish.h"
#include "../rank.h"
#include "cli.h"
#include "thing.h"

/* What one fact can say for one of the two: its strongest signal that the other does not have. */
struct telling {
  size_t fact;
  double bits[2]; /* for the first thing when it is the first, for the second when it is the second */
  const struct rule_signal *signal[2];
};

static bool has_condition(const struct rule_thing *thing, const char *text) {
  for (const struct rule_thing *at = thing; at; at = at->parent)
    for (size_t i = 0; i < at->signal_count; i++)
      if (strcmp(at->signals[i].text, text) == 0) return true;
  return false;
}

/* The first fact that a condition looks at. */
static size_t fact_of(const struct rule_node *node) {
  if (node->fact != FACT_NONE) return node->fact;
  for (size_t i = 0; i < node->child_count; i++) {
    size_t found = fact_of(&node->children[i]);
    if (found != FACT_NONE) return found;
  }
  return FACT_NONE;
}

static void note(const struct rule_base *base, const struct rule_thing *thing, const struct rule_thing *other, int side, struct telling *tellings) {
  for (const struct rule_thing *at = thing; at; at = at->parent)
    for (size_t i = 0; i < at->signal_count; i++) {
      const struct rule_signal *signal = &at->signals[i];
      size_t fact = fact_of(signal->when);
      double bits = rank_weight(&base->model, signal, TRUTH_TRUE);
      if (fact == FACT_NONE || bits <= tellings[fact].bits[side] || has_condition(other, signal->text)) continue;
      tellings[fact].bits[side] = bits;
      tellings[fact].signal[side] = signal;
    }
}

static double best(const struct telling *telling) { return telling->bits[0] > telling->bits[1] ? telling->bits[0] : telling->bits[1]; }

static int compare_tellings(const void *left, const void *right) {
  const struct telling *a = left, *b = right;
  double x = best(a), y = best(b);
  return x != y ? (x > y ? -1 : 1) : (a->fact > b->fact) - (a->fact < b->fact);
}

static void put_side(struct buffer *out, const char *name, double bits, const struct rule_signal *signal) {
  if (!signal) return;
  buffer_format(out, "    %+.1f bits for %s when ", bits, name);
  text_plain(out, signal->text);
  buffer_add(out, "\n");
}

static void put_tellings(struct buffer *out, const struct rule_base *base, const struct rule_thing *const things[2], const struct telling *tellings,
                         size_t count) {
  for (size_t i = 0; i < count && best(&tellings[i]) > 0; i++) {
    const struct fact_def *def = &base->catalog->defs[tellings[i].fact];
    buffer_format(out, "  %s (forged by %s%s%s)\n", def->path, fact_forge_name(def->forge), def->privilege ? "; needs " : "",
                  def->privilege ? fact_privilege_name(def->privilege) : "");
    for (int side = 0; side < 2; side++) put_side(out, things[side]->name, tellings[i].bits[side], tellings[i].signal[side]);
  }
}

static void put_facts(struct buffer *out, const struct rule_base *base, const struct distinction *found) {
  for (size_t i = 0; i < found->count; i++) buffer_format(out, "%s%s", i ? ", " : "", base->catalog->defs[found->facts[i]].path);
  buffer_add(out, "\n");
}

/* The answer that stands in the DB, too: db/distinct.c asks the same module. */
static void put_set(struct buffer *out, const struct rule_base *base, const struct rule_thing *const things[2], const struct distinction *found) {
  const bool settled[2] = {distinguish_settles(found->bits[0]), distinguish_settles(found->bits[1])};
  const char *most = found->smallest ? "smallest set" : "set (too many to try for the smallest)";
  if (settled[0] && settled[1])
    buffer_format(out, "%s that settles which of the two it is: ", most);
  else if (settled[0] || settled[1])
    buffer_format(out, "nothing that is known shows %s; %s that shows %s: ", things[settled[0]]->name, most, things[!settled[0]]->name);
  else
    buffer_format(out, "nothing settles it; all that is known: ");
  put_facts(out, base, found);
  for (int side = 0; side < 2; side++)
    buffer_format(out, "  %.2f expected bits for %s if it is %s\n", found->bits[side], things[side]->name, things[side]->name);
}

static int tell_apart(struct cli *cli, const struct rule_base *base, const struct rule_thing *const things[2]) {
  struct buffer out = {0};
  size_t count = base->catalog->count;
  struct distinction found;
  struct telling *tellings = arena_take_array(cli->arena, count, sizeof *tellings);
  struct distinguisher *distinguisher = distinguisher_new(base, cli->arena);
  if (!tellings || !distinguisher || distinguish(distinguisher, things[0], things[1], cli->arena, &found)) return EXIT_INTERNAL;
  for (size_t i = 0; i < count; i++) tellings[i].fact = i;
  for (int side = 0; side < 2; side++) note(base, things[side], things[1 - side], side, tellings);
  qsort(tellings, count, sizeof *tellings, compare_tellings);
  if (found.count) {
    buffer_format(&out, "%s and %s differ in:\n", things[0]->name, things[1]->name);
    put_tellings(&out, base, things, tellings, count);
    put_set(&out, base, things, &found);
  } else {
    buffer_format(&out, "indistinguishable: no rule knows a fact that tells %s from %s\n", things[0]->name, things[1]->name);
  }
  int code = cli_put(&out);
  buffer_free(&out);
  return code ? code : found.count ? EXIT_VERDICT : EXIT_UNKNOWN;
}

static int run_distinguish(struct cli *cli) {
  const struct rule_thing *things[2] = {NULL, NULL};
  if (cli->argument_count != 2) return cli_usage(cli, "name two things of one layer");
  struct rule_base *base = cli_base(cli, CLI_NAMED);
  int code = base ? EXIT_VERDICT : EXIT_DB;
  for (int side = 0; base && side < 2 && code == EXIT_VERDICT; side++)
    if (!(things[side] = cli_thing(cli, base, cli->arguments[side]))) code = EXIT_USAGE;
  if (code == EXIT_VERDICT && (things[0] == things[1] || strcmp(things[0]->layer, things[1]->layer) != 0))
    code = cli_usage(cli, "%s and %s are not two things of one layer", cli->arguments[0], cli->arguments[1]);
  if (code == EXIT_VERDICT) code = tell_apart(cli, base, things);
  rule_base_free(base);
  return code;
}

const struct command command_distinguish = {
    .name = "distinguish",
    .arguments = "ID ID",
    .summary = "list the facts that tell two things of a layer apart",
    .notes = "An ID is a platform's, or LAYER/ID. Bits are those of a condition that holds; expected bits are what looking at the facts\n"
             "of a set is worth, whether their conditions hold or not. 6 settle it. Exit code 1: indistinguishable by what the rules know.",
    .run = run_distinguish,
    .options = {CLI_DB_OPTION},
};
