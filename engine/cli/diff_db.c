/* hostprint diff-db: every verdict that two rule bases give differently, and what makes the difference. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../collectors/catalog.h"
#include "../../db/db.h"
#include "../../reports/json.h"
#include "cli.h"

#define CAUSES 4    /* signals named for one answer of a change */
#define NOTABLE 0.1 /* bits */

struct side {
  struct rule_base *base;
  struct judge *judge;
};

enum change_kind { CHANGE_NONE, CHANGE_ANSWER, CHANGE_CROSSED, CHANGE_MOVED, CHANGE_NEW_LAYER, CHANGE_GONE_LAYER, CHANGE_KINDS };

/* As JSON names them. */
static const char *const kind_names[CHANGE_KINDS] = {[CHANGE_ANSWER] = "answer",
                                                     [CHANGE_CROSSED] = "crossed",
                                                     [CHANGE_MOVED] = "moved",
                                                     [CHANGE_NEW_LAYER] = "new-layer",
                                                     [CHANGE_GONE_LAYER] = "gone-layer"};

/* Probabilities at which an answer becomes another thing to a reader: likely, and as good as sure. */
static const double crossings[] = {0.5, 0.95};

/* Something that counts differently for one of the two answers, in bits. */
struct cause {
  const char *of;   /* id of the answer */
  const char *what; /* "signal", "prior", "other layers", "new", "gone" */
  const char *name; /* of the signal, or NULL */
  double was, is;
};

struct change {
  enum change_kind kind;
  const char *report, *layer;
  const struct hypothesis *was, *is; /* the best answers; NULL where there is no such layer */
  struct cause causes[2 * (CAUSES + 2)];
  size_t cause_count;
};

struct comparison {
  struct side sides[2];
  double moved; /* a change of probability above this is one; more than 1: none is */
  bool json;
  struct buffer out;
  struct json_writer writer;
  size_t reports, changes;
};

/* --- causes --- */

static void add_cause(struct change *change, const char *of, const char *what, const char *name, double was, double is) {
  if (change->cause_count < sizeof change->causes / sizeof *change->causes)
    change->causes[change->cause_count++] = (struct cause){.of = of, .what = what, .name = name, .was = was, .is = is};
}

/* Bits that a signal counts for a hypothesis; 0 where it has no such signal or it was not counted. */
static double bits_of(const struct hypothesis *hypothesis, const char *name) {
  const struct evidence_list *lists[] = {&hypothesis->evidence, &hypothesis->contradicted};
  for (int l = 0; l < 2; l++)
    for (size_t i = 0; i < lists[l]->count; i++)
      if (strcmp(lists[l]->items[i].name, name) == 0) return lists[l]->items[i].bits;
  return 0;
}

/* Adds the signals of `from` that weigh differently in `to`; those in both are told from the first side only. */
static size_t add_signals(struct change *change, const struct hypothesis *from, const struct hypothesis *to, bool first, size_t told) {
  const struct evidence_list *lists[] = {&from->evidence, &from->contradicted};
  for (int l = 0; l < 2; l++)
    for (size_t i = 0; i < lists[l]->count && told < CAUSES; i++) {
      const struct evidence *evidence = &lists[l]->items[i];
      double here = evidence->bits, there = bits_of(to, evidence->name);
      if (fabs(here - there) < NOTABLE || (!first && there != 0)) continue;
      add_cause(change, from->id, "signal", evidence->name, first ? here : there, first ? there : here);
      told++;
    }
  return told;
}

/* What counts differently for one of the two answers. */
static void add_causes(struct change *change, const char *id, const struct verdict *before, const struct verdict *after) {
  const struct hypothesis *was = verdict_find(before, change->layer, id), *is = verdict_find(after, change->layer, id);
  if (strcmp(id, "unknown") == 0) return;
  if (!was || !is) {
    add_cause(change, id, was ? "gone" : "new", NULL, 0, 0);
    return;
  }
  size_t told = add_signals(change, was, is, true, 0);
  add_signals(change, is, was, false, told);
  if (fabs(is->prior_bits - was->prior_bits) >= NOTABLE) add_cause(change, id, "prior", NULL, was->prior_bits, is->prior_bits);
  if (fabs(is->stack_bits - was->stack_bits) >= NOTABLE) add_cause(change, id, "other layers", NULL, was->stack_bits, is->stack_bits);
}

/* --- changes --- */

static bool crosses(double was, double is) {
  for (size_t i = 0; i < sizeof crossings / sizeof *crossings; i++)
    if ((was >= crossings[i]) != (is >= crossings[i])) return true;
  return false;
}

static enum change_kind kind_of_change(const struct hypothesis *was, const struct hypothesis *is, double moved) {
  if (!was) return CHANGE_NEW_LAYER;
  if (!is) return CHANGE_GONE_LAYER;
  if (strcmp(was->id, is->id) != 0) return CHANGE_ANSWER;
  if (is->thing && crosses(was->probability, is->probability)) return CHANGE_CROSSED;
  return fabs(was->probability - is->probability) > moved ? CHANGE_MOVED : CHANGE_NONE;
}

static void put_text(struct buffer *out, const struct change *change) {
  const struct hypothesis *was = change->was, *is = change->is;
  buffer_format(out, "%s: %s", change->report, change->layer);
  if (was) buffer_format(out, " was %s (%.3f)", was->id, was->probability);
  if (was && is) buffer_add(out, ",");
  if (is) buffer_format(out, " is %s (%.3f)", is->id, is->probability);
  if (!was || !is) buffer_format(out, ", a layer that is %s", was ? "gone" : "new");
  buffer_add(out, "\n");
  for (size_t i = 0; i < change->cause_count; i++) {
    const struct cause *cause = &change->causes[i];
    if (cause->name)
      buffer_format(out, "      %s: %+.1f -> %+.1f bits\n", cause->name, cause->was, cause->is);
    else if (cause->was == 0 && cause->is == 0)
      buffer_format(out, "      %s/%s is %s\n", change->layer, cause->of, strcmp(cause->what, "new") == 0 ? "new" : "no longer known");
    else
      buffer_format(out, "      %s of %s: %+.1f bits\n", cause->what, cause->of, cause->is - cause->was);
  }
}

static void put_number(struct json_writer *writer, const char *key, const char *number) {
  json_key(writer, key);
  json_put_raw(writer, number);
}

static void put_answer(struct json_writer *writer, const char *key, const struct hypothesis *answer) {
  char text[JSON_NUMBER_BYTES];
  json_key(writer, key);
  if (!answer) {
    json_put_raw(writer, "null");
    return;
  }
  json_open(writer, '{');
  json_pair(writer, "id", answer->id);
  put_number(writer, "probability", json_probability(text, answer->probability));
  json_close(writer, '}');
}

static void put_json(struct json_writer *writer, const struct change *change) {
  char text[JSON_NUMBER_BYTES];
  json_open(writer, '{');
  json_pair(writer, "report", change->report);
  json_pair(writer, "layer", change->layer);
  json_pair(writer, "kind", kind_names[change->kind]);
  put_answer(writer, "was", change->was);
  put_answer(writer, "is", change->is);
  json_key(writer, "causes");
  json_open(writer, '[');
  for (size_t i = 0; i < change->cause_count; i++) {
    const struct cause *cause = &change->causes[i];
    json_open(writer, '{');
    json_pair(writer, "of", cause->of);
    json_pair(writer, "what", cause->what);
    json_pair(writer, "signal", cause->name);
    put_number(writer, "was_bits", json_fixed(text, cause->was, 3));
    put_number(writer, "is_bits", json_fixed(text, cause->is, 3));
    json_close(writer, '}');
  }
  json_close(writer, ']');
  json_close(writer, '}');
}

static void compare_layer(struct comparison *all, const char *layer, const struct verdict *before, const struct verdict *after) {
  struct change change = {.report = after->report_id, .layer = layer, .was = verdict_best(before, layer), .is = verdict_best(after, layer)};
  change.kind = kind_of_change(change.was, change.is, all->moved);
  if (change.kind == CHANGE_NONE) return;
  if (change.was && change.is) {
    add_causes(&change, change.was->id, before, after);
    if (change.kind == CHANGE_ANSWER) add_causes(&change, change.is->id, before, after);
  }
  if (all->json)
    put_json(&all->writer, &change);
  else
    put_text(&all->out, &change);
  all->changes++;
}

static void compare_verdicts(struct comparison *all, const struct verdict *before, const struct verdict *after) {
  for (size_t k = 0; k < after->layer_count; k++) compare_layer(all, after->layers[k].layer->id, before, after);
  for (size_t k = 0; k < before->layer_count; k++)
    if (!verdict_best(after, before->layers[k].layer->id)) compare_layer(all, before->layers[k].layer->id, before, after);
  all->reports++;
}

/* --- the command --- */

static int open_side(struct cli *cli, const char *path, struct side *side) {
  int status = db_load(path, &catalog, &side->base, cli->diags);
  if (!status) status = db_name(side->base);
  if (!status) side->judge = judge_new(side->base);
  return status ? status : side->judge ? STATUS_OK : STATUS_MEMORY;
}

static void put_side(struct json_writer *writer, const char *key, const struct side *side) {
  json_key(writer, key);
  json_open(writer, '{');
  json_pair(writer, "sha256", side->base->sha256);
  json_close(writer, '}');
}

static void begin(struct comparison *all) {
  all->writer = (struct json_writer){.out = &all->out, .pretty = true, .fresh = true};
  if (!all->json) return;
  json_open(&all->writer, '{');
  json_pair(&all->writer, "schema", "hostprint.changes/1");
  put_side(&all->writer, "old", &all->sides[0]);
  put_side(&all->writer, "new", &all->sides[1]);
  json_key(&all->writer, "changes");
  json_open(&all->writer, '[');
}

static void end(struct comparison *all) {
  if (!all->json) {
    buffer_format(&all->out, "diff-db: %zu changes in %zu reports\n", all->changes, all->reports);
    return;
  }
  json_close(&all->writer, ']');
  json_key(&all->writer, "reports");
  json_put_integer(&all->writer, (int64_t)all->reports);
  json_close(&all->writer, '}');
  buffer_add(&all->out, "\n");
}

static int compare_all(struct cli *cli, struct comparison *all, struct input *input) {
  int status = 0, bad = 0;
  struct report *report;
  begin(all);
  while (!status && (bad = input_next(input, &report, cli->diags)) != INPUT_END) {
    const struct verdict *verdicts[2] = {NULL, NULL};
    if (bad) continue;
    for (int s = 0; s < 2 && !status; s++)
      status = judge_facts(all->sides[s].judge, report->facts, report->id, cli_judge_options(report), &verdicts[s]);
    if (!status) compare_verdicts(all, verdicts[0], verdicts[1]);
    report_free(report);
  }
  end(all);
  int code = status ? (int)status_info(status)->exit : cli_put(&all->out);
  buffer_free(&all->out);
  return code ? code : all->changes ? EXIT_UNKNOWN : EXIT_VERDICT;
}

/* The value of --moved, 2 when not given; -1 after a usage error was told. */
static double read_moved(const struct cli *cli) {
  const char *text = cli_value(cli, "moved");
  char *rest;
  if (!text) return 2;
  double moved = strtod(text, &rest);
  if (*text && !*rest && moved >= 0 && moved <= 1) return moved;
  cli_usage(cli, "--moved is a number from 0 to 1, not %s", text);
  return -1;
}

static int run_diff_db(struct cli *cli) {
  struct comparison all = {.moved = read_moved(cli)};
  if (all.moved < 0) return EXIT_USAGE;
  enum format format = cli_format(cli);
  if (format == FORMATS) return EXIT_USAGE;
  if (format != FORMAT_TEXT && format != FORMAT_JSON) return cli_usage(cli, "--format of diff-db is text or json");
  if (cli->argument_count < 3) return cli_usage(cli, "name the old DB, the new DB and reports");
  all.json = format == FORMAT_JSON;
  int status = open_side(cli, cli->arguments[0], &all.sides[0]);
  if (!status) status = open_side(cli, cli->arguments[1], &all.sides[1]);
  struct input *input = status ? NULL : input_open(&catalog, cli->arguments + 2, cli->argument_count - 2);
  if (!status && !input) status = STATUS_MEMORY;
  int code = status ? (int)status_info(status)->exit : compare_all(cli, &all, input);
  input_close(input);
  for (int s = 0; s < 2; s++) {
    judge_free(all.sides[s].judge);
    rule_base_free(all.sides[s].base);
  }
  return code;
}

const struct command command_diff_db = {
    .name = "diff-db",
    .arguments = "OLD NEW PATH...",
    .summary = "list every verdict that two rule bases give differently, with its cause",
    .notes = "OLD and NEW are evidence DBs, a PATH is as for classify. A verdict changes when a layer has another answer, when the\n"
             "probability of its answer passes 0.5 or 0.95, or when the layer is new or gone. Exit code 0: no change; 1: some.",
    .run = run_diff_db,
    .options = {{.name = "moved", .argument = "X", .help = "also list probabilities of the same answer that move by more than X (0 to 1)"},
                {.name = "format", .letter = 'f', .argument = "FORMAT", .help = "text or json"}},
};
