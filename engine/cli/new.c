/* hostprint new: a commented skeleton of a rule file. Knows the form of a rule (rules/README.md); the layers come from model.yaml. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../collectors/os.h"
#include "../../db/yaml.h"
#include "corpus.h"

#define ID_BYTES 64

/* What a skeleton shows depends on where the evidence of a layer usually lies. $i is the id, $I the id as the name of a variable, $l
 * the layer, $c the category. What stands in angle brackets is to be filled in: lint finds the first of them, the date. */
struct skeleton {
  const char *layer;    /* NULL: every other one */
  const char *category; /* NULL: named as the layer */
  const char *stack, *signals, *examples;
};

static const char head[] = "# Fill in what stands in angle brackets, put what your source shows in place of the conditions and the examples,\n"
                           "# then run `hostprint lint`, `hostprint test` and `hostprint fmt` on this file. rules/README.md has the whole language.\n"
                           "id: $i  # the name of this file: lower case, digits, hyphens; stable for ever\n"
                           "layer: $l\n"
                           "name: <the name as its makers write it>\n"
                           "category: $c  # ai-sandbox serverless paas devenv notebook ci cloud-vm vmm container kernel orchestrator provider\n"
                           "phrase: <how a sentence speaks of it, as in \"an Example sandbox\">\n";

static const char sources[] = "sources:  # where the evidence was published; every signal names one of these\n"
                              "  docs:\n"
                              "    title: <title of the page>\n"
                              "    url: https://example.org/\n"
                              "    observed: <YYYY-MM-DD>  # the day of the observation, or of your reading\n";

static const char file_signals[] =
    "signals:\n"
    "  - id: directory\n"
    "    when: {files./opt/$i: present}  # `hostprint catalog` lists the facts; names that the vendor chose tell most\n"
    "    seen: usually  # how often it is true here: always usually often sometimes rarely never, or a number\n"
    "    elsewhere: never  # how often it is true on all other machines\n"
    "    why: <one sentence that a reviewer can check>\n"
    "    source: docs\n"
    "  - id: variables\n"
    "    group: env  # signals of one group are one proof: the strongest counts\n"
    "    when: {env.$I_ID: present}  # a variable that the platform sets, not one that its clients set\n"
    "    seen: often\n"
    "    elsewhere: rarely  # anybody can set a variable\n"
    "    why: <one sentence that a reviewer can check>\n"
    "    source: docs\n";
static const char file_examples[] = "examples:  # first: ranks first; not: stays below one half; unknown: the layer comes out unknown\n"
                                    "  - {facts: {files./opt/$i: true, env.$I_ID: x}, expect: first}\n"
                                    "  - {facts: {env.$I_API_KEY: x}, expect: not, why: a client of it}\n"
                                    "  - {facts: {env.$I_ID: x}, expect: not, why: somebody who set the variable by hand}\n";

static const char firmware_signals[] =
    "signals:\n"
    "  - id: maker\n"
    "    group: dmi  # signals of one group are one proof: the strongest counts\n"
    "    when: {dmi.sys_vendor: $i}  # `hostprint catalog` lists the facts; mind that vendors sell bare machines too\n"
    "    seen: usually  # how often it is true here: always usually often sometimes rarely never, or a number\n"
    "    elsewhere: never  # how often it is true on all other machines\n"
    "    why: <one sentence that a reviewer can check>\n"
    "    source: docs\n"
    "  - id: product\n"
    "    group: dmi\n"
    "    when: {dmi.product_name: {prefix: $i-}}\n"
    "    seen: often\n"
    "    elsewhere: rarely\n"
    "    why: <one sentence that a reviewer can check>\n"
    "    source: docs\n";
static const char firmware_examples[] = "examples:  # first: ranks first; not: stays below one half; unknown: the layer comes out unknown\n"
                                        "  - {facts: {dmi.sys_vendor: $i, dmi.product_name: $i-1}, expect: first}\n"
                                        "  - {facts: {dmi.sys_vendor: Another $i}, expect: not, why: another maker of a similar name}\n"
                                        "  - {facts: {env.$I_API_KEY: x}, expect: not, why: a client of it}\n";

static const char kernel_signals[] =
    "signals:\n"
    "  - id: version\n"
    "    when: {kernel.version: {contains: $i}}  # `hostprint catalog` lists the facts; patch levels change, names stay\n"
    "    seen: usually  # how often it is true here: always usually often sometimes rarely never, or a number\n"
    "    elsewhere: never  # how often it is true on all other machines\n"
    "    why: <one sentence that a reviewer can check>\n"
    "    source: docs\n"
    "  - id: release\n"
    "    when: {kernel.release: {suffix: -$i}}\n"
    "    seen: often\n"
    "    elsewhere: rarely\n"
    "    why: <one sentence that a reviewer can check>\n"
    "    source: docs\n";
static const char kernel_examples[] = "examples:  # first: ranks first; not: stays below one half; unknown: the layer comes out unknown\n"
                                      "  - {facts: {kernel.version: '#1 SMP $i', kernel.release: 6.1.0-$i}, expect: first}\n"
                                      "  - {facts: {kernel.version: '#1 SMP', kernel.release: 6.1.0}, expect: not, why: a plain kernel}\n"
                                      "  - {facts: {net.hostname: $i}, expect: not, why: a host that is called so}\n";

static const char stack[] = "# stack: {hypervisor: {ID: usually}, provider: {ID: often}}  # optional: what the layers below are expected to be\n";

static const struct skeleton skeletons[] = {
    {.layer = "platform", .category = "ai-sandbox", .stack = stack, .signals = file_signals, .examples = file_examples},
    {.layer = "hypervisor", .category = "vmm", .signals = firmware_signals, .examples = firmware_examples},
    {.layer = "provider", .signals = firmware_signals, .examples = firmware_examples},
    {.layer = "kernel", .signals = kernel_signals, .examples = kernel_examples},
    {.signals = file_signals, .examples = file_examples},
};

static const struct skeleton *skeleton_of(const char *layer) {
  const struct skeleton *at = skeletons;
  while (at->layer && strcmp(at->layer, layer) != 0) at++;
  return at;
}

static void add_variable(struct buffer *out, const char *id) {
  for (; *id; id++) {
    char letter = *id == '-' ? '_' : (char)toupper((unsigned char)*id);
    buffer_append(out, &letter, 1);
  }
}

static void add_filled(struct buffer *out, const char *text, const char *layer, const char *id, const char *category) {
  while (*text) {
    size_t plain = strcspn(text, "$");
    buffer_append(out, text, plain);
    text += plain;
    if (!*text) break;
    switch (text[1]) {
    case 'i': buffer_add(out, id); break;
    case 'I': add_variable(out, id); break;
    case 'l': buffer_add(out, layer); break;
    default: buffer_add(out, category);
    }
    text += 2;
  }
}

static void add_skeleton(struct buffer *out, const char *layer, const char *id) {
  const struct skeleton *skeleton = skeleton_of(layer);
  const char *parts[] = {head, skeleton->stack, sources, skeleton->signals, skeleton->examples};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (parts[i]) add_filled(out, parts[i], layer, id, skeleton->category ? skeleton->category : layer);
}

/* --- the command --- */

/* As the compiler wants it; a digit first would make no name of a variable. */
static bool is_id(const char *id) {
  size_t length = strlen(id);
  bool letters = length > 0 && length <= ID_BYTES && id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")] == 0;
  return letters && islower((unsigned char)id[0]) && id[length - 1] != '-' && !strstr(id, "--");
}

/* 0 where model.yaml has the layer; else an exit code, after telling why. */
static int check_layer(struct cli *cli, const char *rules, const char *layer) {
  const struct yaml_node *model;
  const char *file = arena_format(cli->arena, "%s/model.yaml", rules);
  int status = file ? yaml_read(cli->arena, file, cli->diags, &model) : STATUS_MEMORY;
  if (status) return (int)status_info(status)->exit;
  const struct yaml_node *layers = yaml_member(model, "layers");
  if (layers && yaml_member(layers, layer)) return EXIT_VERDICT;
  size_t count = 0;
  const char **names = arena_take_array(cli->arena, layers ? layers->count + 1 : 1, sizeof *names);
  for (const struct yaml_node *item = names && layers ? layers->first : NULL; item; item = item->next) names[count++] = item->key->text;
  const char *near = names ? status_nearest(layer, names, count) : NULL;
  return cli_usage(cli, "there is no layer %s%s%s%s in %s", layer, near ? ", did you mean " : "", near ? near : "", near ? "," : "", file);
}

/* What has this id already, trusted or draft, or NULL. */
static const char *taken(struct arena *arena, const char *rules, const char *layer, const char *id) {
  static const char *const places[] = {"", "draft/"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    enum os_kind kind;
    const char *path = arena_format(arena, "%s/%s%s/%s.yaml", rules, places[i], layer, id);
    if (path && os_kind(path, &kind) == 0) return path;
  }
  return NULL;
}

static int save(struct cli *cli, const char *path, const struct buffer *text) {
  if (text->failed || !path) return EXIT_INTERNAL;
  int error = os_write_file(path, text->text, text->length);
  if (!error) {
    printf("%s\n", path);
    return EXIT_VERDICT;
  }
  diag_format(cli->diags, STATUS_IO, path, 0, 0, "%s", strerror(error));
  return EXIT_INPUT;
}

/* Where the file goes: -o, which must not be there yet, or its place among the rules. NULL after telling why not. */
static const char *place_for(struct cli *cli, const char *rules, const char *layer, const char *id) {
  enum os_kind kind;
  const char *output = cli_value(cli, "output"), *there = output ? NULL : taken(cli->arena, rules, layer, id);
  if (output && strcmp(output, "-") != 0 && os_kind(output, &kind) == 0) there = output;
  if (there) {
    cli_usage(cli, "%s is there already, and is left as it is", there);
    return NULL;
  }
  return output ? output : arena_format(cli->arena, "%s/%s%s/%s.yaml", rules, cli_value(cli, "draft") ? "draft/" : "", layer, id);
}

static int run_new(struct cli *cli) {
  if (cli->argument_count != 2) return cli_usage(cli, "name a layer and an id, as in `hostprint new platform example-sandbox`");
  const char *layer = cli->arguments[0], *id = cli->arguments[1];
  if (!is_id(id)) return cli_usage(cli, "%s is no id: lower-case letters, digits and single hyphens, a letter first", id);
  const char *given = cli_value(cli, "rules") ? cli_value(cli, "rules") : ".", *rules = corpus_rules(cli->arena, given);
  if (!rules) return cli_usage(cli, "no directory of rules at or above %s; name it with --rules", given);
  int code = check_layer(cli, rules, layer);
  const char *path = code ? NULL : place_for(cli, rules, layer, id);
  if (!path) return code ? code : EXIT_USAGE;
  struct buffer text = {0};
  add_skeleton(&text, layer, id);
  code = strcmp(path, "-") == 0 ? cli_put(&text) : save(cli, path, &text);
  buffer_free(&text);
  return code;
}

const struct command command_new = {
    .name = "new",
    .arguments = "LAYER ID",
    .summary = "write the commented skeleton of a rule file, rules/LAYER/ID.yaml",
    .notes = "What stands in angle brackets is to be filled in; until then lint refuses the file. A file that is there is never\n"
             "overwritten. The rules are those in the working directory or above it.",
    .run = run_new,
    .options =
        {
            {.name = "rules", .argument = "DIR", .help = "the directory of rules"},
            {.name = "draft", .help = "write into rules/draft: not yet trusted"},
            CLI_OUTPUT_OPTION,
        },
};
