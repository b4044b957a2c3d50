/* See flat.h: the reader. One pass over the records; a mistake is noted and reading goes on to the end of the record at hand, so
 * that every number is looked at before it is used. After a glance the reader stays with its base and reads signals on demand. */
#include <assert.h>
#include <string.h>

#include "../reports/digest.h"
#include "bytes.h"
#include "flat.h"
#include "operand.h"

#define RECORDS_MOST ((size_t)1 << 20) /* of one section */
#define KINDS_MOST 16                  /* longest chain of kinds: as rule.c has it */

struct span {
  const unsigned char *bytes;
  size_t length, count; /* count: of records */
};

/* A large section, checked block by block. */
struct blocks {
  const unsigned char *bytes, *sums;
  size_t length;
  unsigned char *checked; /* a bit for each block that holds */
};

struct reader {
  const unsigned char *bytes;
  size_t length;
  struct rule_base *base;
  const char *file;
  struct diag_list *diags;
  int code;
  struct span spans[FLAT_SECTIONS];
  size_t *facts; /* by number in the file: catalogue */
  struct rule_node *nodes;
  size_t node_count; /* after a glance: of those that were read, which stand together */
  struct rule_expectation *stacks;
  struct rule_extract *extracts;
  const struct rule_thing **slots;                 /* of the layers' lists */
  size_t signal_count, stack_count, extract_count; /* of those given to things so far */
  struct blocks large[FLAT_LARGE];
  bool broken;            /* a block does not hold */
  unsigned char *fetched; /* after a glance: a bit for each signal that was read */
};

static void damaged(struct reader *reader, const char *what) {
  if (!reader->code) reader->code = diag_format(reader->diags, STATUS_DB_DAMAGED, reader->file, 0, 0, "%s", what);
}

/* --- header and directory --- */

static void take_section(struct reader *reader, const unsigned char *entry, struct rule_section *section) {
  uint64_t offset = bytes_get64(entry + FLAT_NAME), length = bytes_get64(entry + FLAT_NAME + 8);
  if (entry[FLAT_NAME - 1] || offset % 8 || offset > reader->length || length > reader->length - offset) {
    damaged(reader, "a section is not in the file");
    return;
  }
  *section = (struct rule_section){.name = (const char *)entry, .bytes = reader->bytes + offset, .length = (size_t)length};
}

static void check_section(struct reader *reader, const unsigned char *entry, const struct rule_section *section) {
  if (digest_bytes(0, section->bytes, section->length) != bytes_get64(entry + FLAT_NAME + 16))
    damaged(reader, "the checksum of a section does not hold: bytes were changed");
}

/* --- large sections --- */

static bool block_holds(const struct blocks *blocks, size_t block) {
  size_t left = blocks->length - block * FLAT_BLOCK;
  uint64_t sum = digest_bytes(0, blocks->bytes + block * FLAT_BLOCK, left < FLAT_BLOCK ? left : FLAT_BLOCK);
  if (sum != bytes_get64(blocks->sums + 8 * block)) return false;
  blocks->checked[block / 8] |= (unsigned char)(1u << block % 8);
  return true;
}

/* See rule_touch. Bytes of other sections were checked before. */
static bool touch(const struct rule_base *base, const void *bytes, size_t length) {
  struct reader *reader = base->fetcher;
  for (size_t k = 0; k < FLAT_LARGE; k++) {
    const struct blocks *blocks = &reader->large[k];
    size_t offset = (uintptr_t)bytes - (uintptr_t)blocks->bytes; /* far beyond the end where it lies before */
    if (offset >= blocks->length) continue;
    size_t end = length < blocks->length - offset ? offset + length : blocks->length;
    for (size_t block = offset / FLAT_BLOCK; block * FLAT_BLOCK < end; block++)
      if (!(blocks->checked[block / 8] >> block % 8 & 1)) reader->broken |= !block_holds(blocks, block);
    break;
  }
  return !reader->broken;
}

static size_t large_from = FLAT_LARGE_BYTES;

void flat_large_from(size_t bytes) { large_from = bytes ? bytes : FLAT_LARGE_BYTES; }

static size_t blocks_of(size_t length) { return (length + FLAT_BLOCK - 1) / FLAT_BLOCK; }

/* Large sections wait to be touched, where there are checksums of their blocks. */
static void take_large(struct reader *reader) {
  const struct rule_section *sums = rule_base_section(reader->base, flat_sums);
  struct blocks large[FLAT_LARGE] = {0};
  size_t used = 0;
  reader->base->broken = &reader->broken;
  reader->base->fetcher = reader;
  for (size_t k = 0; sums && k < FLAT_LARGE; k++) {
    const struct rule_section *section = rule_base_section(reader->base, flat_large[k]);
    size_t count = section ? blocks_of(section->length) : 0;
    if (count > sums->length / 8 - used) return;
    if (section && section->length >= large_from) {
      large[k] = (struct blocks){.bytes = section->bytes, .sums = sums->bytes + 8 * used, .length = section->length};
      large[k].checked = arena_take(reader->base->arena, count / 8 + 1);
      if (!large[k].checked) reader->code = STATUS_MEMORY;
      reader->base->touch = touch;
    }
    used += count;
  }
  memcpy(reader->large, large, sizeof large);
}

static bool is_waiting(const struct reader *reader, const struct rule_section *section) {
  for (size_t k = 0; k < FLAT_LARGE; k++)
    if (reader->large[k].length && reader->large[k].bytes == section->bytes) return true;
  return false;
}

static void take_directory(struct reader *reader, enum flat_look look) {
  const unsigned char *bytes = reader->bytes;
  if (reader->length < FLAT_HEADER || memcmp(bytes, FLAT_MAGIC, 8) != 0 || bytes_get32(bytes + 8) != FLAT_FORMAT ||
      bytes_get64(bytes + 16) != reader->length) {
    damaged(reader, "the rules for the program do not begin as they should");
    return;
  }
  size_t count = bytes_get32(bytes + 12), end = FLAT_HEADER + count * FLAT_ENTRY;
  if (count > FLAT_SECTIONS_MOST || end + 8 > reader->length || digest_bytes(0, bytes, end) != bytes_get64(bytes + end)) {
    damaged(reader, "the directory of the rules does not hold: bytes were changed");
    return;
  }
  struct rule_section *sections = arena_take_array(reader->base->arena, count + 1, sizeof *sections);
  if (!sections) reader->code = STATUS_MEMORY;
  for (size_t i = 0; i < count && !reader->code; i++) take_section(reader, bytes + FLAT_HEADER + i * FLAT_ENTRY, &sections[i]);
  reader->base->sections = sections;
  reader->base->section_count = reader->code ? 0 : count;
  if (look == FLAT_GLANCE && !reader->code) take_large(reader);
  for (size_t i = 0; i < count && !reader->code; i++) {
    bool prose = look == FLAT_GLANCE && strcmp(sections[i].name, flat_shapes[FLAT_PROSE].name) == 0;
    if (!prose && !is_waiting(reader, &sections[i])) check_section(reader, bytes + FLAT_HEADER + i * FLAT_ENTRY, &sections[i]);
  }
}

/* The sections of rules: whole records, and texts that end. */
static void find_spans(struct reader *reader) {
  for (size_t i = 0; i < FLAT_SECTIONS && !reader->code; i++) {
    const struct rule_section *section = rule_base_section(reader->base, flat_shapes[i].name);
    size_t most = i < FLAT_TEXT ? RECORDS_MOST * flat_shapes[i].width : FLAT_NONE - 1;
    if (!section || section->length % flat_shapes[i].width || section->length > most)
      damaged(reader, "a section is missing, has no whole records, or too many");
    else
      reader->spans[i] = (struct span){.bytes = section->bytes, .length = section->length, .count = section->length / flat_shapes[i].width};
  }
  for (size_t i = FLAT_TEXT; i <= FLAT_PROSE && !reader->code; i++)
    if (!reader->spans[i].length || reader->spans[i].bytes[reader->spans[i].length - 1]) damaged(reader, "the texts do not end");
}

/* --- values --- */

static const unsigned char *record(const struct reader *reader, enum flat_section section, size_t number) {
  return reader->spans[section].bytes + number * flat_shapes[section].width;
}

static const char *text_in(struct reader *reader, enum flat_section pool, const unsigned char *at) {
  uint32_t offset = bytes_get32(at);
  if (offset < reader->spans[pool].length) return (const char *)reader->spans[pool].bytes + offset;
  damaged(reader, "a text is missing");
  return "";
}

static const char *text(struct reader *reader, const unsigned char *at) { return text_in(reader, FLAT_TEXT, at); }

static const char *text_or_null(struct reader *reader, const unsigned char *at) { return bytes_get32(at) == FLAT_NONE ? NULL : text(reader, at); }

static double real_between(struct reader *reader, const unsigned char *at, double low, double high) {
  double number = bytes_get_real(at);
  if (number >= low && number <= high) return number;
  damaged(reader, "a weight is out of range");
  return low;
}

/* An index below `count`; 0 after a complaint, so that there must be something. */
static size_t index_below(struct reader *reader, const unsigned char *at, size_t count) {
  uint32_t index = bytes_get32(at);
  if (index < count) return index;
  damaged(reader, "a number points at nothing");
  return 0;
}

static size_t fact_or_none(struct reader *reader, const unsigned char *at) {
  return bytes_get32(at) == FLAT_NONE ? FACT_NONE : reader->facts[index_below(reader, at, reader->spans[FLAT_FACTS].count)];
}

/* The next `count` of `total` records, of which *used are taken; false, with a complaint, where there are not so many. */
static bool take_run(struct reader *reader, const unsigned char *at, size_t total, size_t used, size_t *count) {
  *count = bytes_get32(at);
  if (*count <= total - used) return true;
  *count = 0;
  damaged(reader, "a list is longer than what there is");
  return false;
}

/* --- records --- */

static void read_model(struct reader *reader) {
  struct rule_model *model = &reader->base->model;
  if (reader->spans[FLAT_MODEL].count != 1) {
    damaged(reader, "the model is not complete");
    return;
  }
  const unsigned char *at = record(reader, FLAT_MODEL, 0);
  for (size_t i = 0; i < FORGE_COSTS; i++, at += 8) model->forge_floor[i] = real_between(reader, at, 1e-12, 1);
  model->half_life_days = real_between(reader, at, 1e-6, 1e9);
  model->temperature = real_between(reader, at + 8, 1e-3, 1e3);
}

static void disagrees(struct reader *reader, const char *path, const char *type, const char *how) {
  if (!reader->code)
    reader->code =
        diag_format(reader->diags, STATUS_DB_CATALOG, reader->file, 0, 0, "its rules ask for %.80s (%.20s); this program %s", path, type, how);
}

/* The catalogue's facts that rules ask for. */
static void read_facts(struct reader *reader) {
  const struct fact_catalog *catalog = reader->base->catalog;
  size_t count = reader->spans[FLAT_FACTS].count;
  for (size_t i = 0; i < count && !reader->code; i++) {
    const unsigned char *at = record(reader, FLAT_FACTS, i);
    const char *path = text(reader, at), *type = text(reader, at + 4);
    size_t fact = reader->facts[i] = fact_find(catalog, path, strlen(path));
    if (fact == FACT_NONE)
      disagrees(reader, path, type, "knows no such fact");
    else if (strcmp(type, fact_type_name(catalog->defs[fact].type)) != 0)
      disagrees(reader, path, type, "knows it as another type");
    else if (bytes_get32(at + 8) != (uint32_t)catalog->defs[fact].forge)
      disagrees(reader, path, type, "has another opinion of who can forge it");
  }
}

static void read_layers(struct reader *reader) {
  struct rule_base *base = reader->base;
  size_t count = reader->spans[FLAT_LAYERS].count;
  if (count == 0 || count > RULE_LAYERS) {
    damaged(reader, "it has no layers, or too many");
    return;
  }
  for (size_t i = 0; i < count; i++) {
    const unsigned char *at = record(reader, FLAT_LAYERS, i);
    const char *id = text(reader, at);
    if (rule_base_layer(base, id)) damaged(reader, "two layers have the same name");
    base->layers[base->layer_count++] = (struct rule_layer){.id = id, .title = text(reader, at + 4)};
  }
}

static struct rule_source *read_source(struct reader *reader, size_t number) {
  const unsigned char *at = record(reader, FLAT_SOURCES, number);
  struct rule_source *source = &reader->base->sources[number];
  *source = (struct rule_source){.key = text(reader, at),
                                 .title = text_in(reader, FLAT_PROSE, at + 4),
                                 .url = text_in(reader, FLAT_PROSE, at + 8),
                                 .observed = text(reader, at + 12)};
  return source;
}

/* After a glance each is read with the first signal that names it. */
static void read_sources(struct reader *reader, enum flat_look look) {
  reader->base->source_count = reader->spans[FLAT_SOURCES].count;
  for (size_t i = 0; look == FLAT_WHOLE && i < reader->base->source_count; i++) read_source(reader, i);
}

/* --- conditions --- */

static void read_node(struct reader *reader, const unsigned char *at, struct rule_node *node) {
  uint32_t kind = bytes_get32(at);
  if ((kind & 255) > RULE_TEST || kind >> 8 >= MATCHERS) {
    damaged(reader, "a condition has an unknown operator or matcher");
    kind = RULE_ALL;
  }
  *node = (struct rule_node){.op = (enum rule_op)(kind & 255),
                             .matcher = (enum matcher)(kind >> 8),
                             .at_least = bytes_get32(at + 4),
                             .fact = fact_or_none(reader, at + 8),
                             .key = text_or_null(reader, at + 12),
                             .operand = text_or_null(reader, at + 16),
                             .child_count = bytes_get32(at + 20)};
}

/* `count` nodes in order of breadth: each finds its children where those of the node before it ended. The lowest forge cost of what
 * they look at. */
static enum forge_cost read_tree(struct reader *reader, size_t first, size_t count, struct rule_node *nodes) {
  size_t next = 1, level_end = 1, depth = 1;
  enum forge_cost lowest = FORGE_COSTS - 1;
  for (size_t i = 0; i < count && !reader->code; i++) {
    struct rule_node *node = &nodes[i];
    read_node(reader, record(reader, FLAT_NODES, first + i), node);
    node->test = first + i;
    if (i == level_end) {
      level_end = next;
      depth++;
    }
    if (i >= next || node->child_count > count - next || depth > FLAT_DEPTH) damaged(reader, "a condition is no tree, or nested too deep");
    node->children = &nodes[next];
    next += node->child_count;
    enum forge_cost cost = node->fact == FACT_NONE ? FORGE_COSTS - 1 : reader->base->catalog->defs[node->fact].forge;
    if (cost < lowest) lowest = cost;
  }
  if (next != count) damaged(reader, "a condition is no tree");
  if (!reader->code && operand_check_condition(reader->base->catalog, nodes)) damaged(reader, "a signal has a condition that cannot be read");
  return lowest;
}

/* --- signals --- */

/* Room for the nodes of a signal: at a glance few are read, and they stand together. NULL after a complaint. */
static struct rule_node *room_for(struct reader *reader, size_t first, size_t count) {
  size_t total = reader->spans[FLAT_NODES].count;
  if (!reader->base->fetch) return &reader->nodes[first];
  bool fits = count && first <= total && count <= total - first && count <= total - reader->node_count;
  if (!fits) damaged(reader, "a condition is not in the file, or belongs to two signals");
  if (!fits || !rule_touch(reader->base, record(reader, FLAT_NODES, first), count * flat_shapes[FLAT_NODES].width)) return NULL;
  reader->node_count += count;
  return &reader->nodes[reader->node_count - count];
}

static void read_signal(struct reader *reader, size_t number) {
  const unsigned char *at = record(reader, FLAT_SIGNALS, number);
  struct rule_signal *signal = &reader->base->signals[number];
  if (!rule_touch(reader->base, at, flat_shapes[FLAT_SIGNALS].width)) return;
  uint32_t is_volatile = bytes_get32(at + 44);
  size_t first = bytes_get32(at + 36), count = bytes_get32(at + 40), source = index_below(reader, at + 32, reader->base->source_count);
  struct rule_node *nodes = room_for(reader, first, count);
  if (!nodes) return;
  if (!reader->base->sources[source].key && source < reader->base->source_count) read_source(reader, source);
  *signal = (struct rule_signal){.seen = real_between(reader, at, 0, 1),
                                 .elsewhere = real_between(reader, at + 8, 0, 1),
                                 .id = text(reader, at + 16),
                                 .group = text(reader, at + 20),
                                 .why = text_in(reader, FLAT_PROSE, at + 24),
                                 .text = text_in(reader, FLAT_PROSE, at + 28),
                                 .source = &reader->base->sources[source],
                                 .when = nodes,
                                 .is_volatile = is_volatile == 1,
                                 .forge = read_tree(reader, first, count, nodes),
                                 .number = number};
  if (is_volatile > 1) damaged(reader, "a signal has unknown marks");
}

/* Every node belongs to one signal: they follow each other without a gap. */
static void check_runs(struct reader *reader) {
  size_t end = 0, total = reader->spans[FLAT_NODES].count;
  bool whole = true;
  for (size_t i = 0; i < reader->spans[FLAT_SIGNALS].count; i++) {
    const unsigned char *at = record(reader, FLAT_SIGNALS, i);
    size_t count = bytes_get32(at + 40);
    whole = whole && bytes_get32(at + 36) == end && count > 0 && count <= total - end;
    end += whole ? count : 0;
  }
  if (!whole || end != total) damaged(reader, "conditions belong to nothing, or to two signals");
}

/* Speaks neither for nor against anything. */
static void blank_signal(struct reader *reader, size_t number) {
  static const struct rule_node never = {.op = RULE_ANY, .fact = FACT_NONE};
  struct rule_signal *signal = &reader->base->signals[number];
  *signal = (struct rule_signal){.id = "", .group = "", .why = "", .text = "", .when = &never, .seen = 0.5, .elsewhere = 0.5};
  signal->source = &reader->base->sources[0];
  signal->number = number;
}

static void fetch(const struct rule_base *base, size_t number) {
  struct reader *reader = base->fetcher;
  if (reader->fetched[number / 8] >> number % 8 & 1) return;
  reader->fetched[number / 8] |= (unsigned char)(1u << number % 8);
  reader->code = 0;
  reader->diags = NULL;
  read_signal(reader, number);
  if (reader->code || reader->broken) blank_signal(reader, number);
}

static void read_signals(struct reader *reader, enum flat_look look) {
  size_t count = reader->spans[FLAT_SIGNALS].count;
  struct rule_base *base = reader->base;
  if (look == FLAT_WHOLE) check_runs(reader);
  if (count && !base->source_count) damaged(reader, "a signal has no source");
  for (size_t i = 0; look == FLAT_WHOLE && i < count && !reader->code; i++) read_signal(reader, i);
  base->signal_count = count;
  base->test_count = reader->spans[FLAT_NODES].count;
  if (look == FLAT_WHOLE || reader->code) return;
  base->fetch = fetch;
  base->fetcher = reader;
}

/* --- things --- */

static void give_signals(struct reader *reader, const unsigned char *at, struct rule_thing *thing) {
  size_t count;
  thing->signals = &reader->base->signals[reader->signal_count];
  if (!take_run(reader, at, reader->spans[FLAT_SIGNALS].count, reader->signal_count, &count)) return;
  reader->signal_count += count;
  thing->signal_count = count;
}

/* Expectations may point at things that are not read yet: their ids come last, see link_things. */
static void read_stack(struct reader *reader, const unsigned char *at, struct rule_thing *thing) {
  size_t count;
  thing->stack = &reader->stacks[reader->stack_count];
  if (!take_run(reader, at, reader->spans[FLAT_STACKS].count, reader->stack_count, &count)) return;
  reader->stack_count += count;
  thing->stack_count = count;
}

static void read_extract(struct reader *reader, const unsigned char *at, struct rule_extract *extract) {
  *extract = (struct rule_extract){
      .name = text(reader, at), .fact = fact_or_none(reader, at + 4), .key = text_or_null(reader, at + 8), .regex = text_or_null(reader, at + 12)};
  if (reader->code) return;
  if (extract->fact == FACT_NONE) {
    damaged(reader, "an extract reads no fact");
    return;
  }
  const struct fact_def *def = &reader->base->catalog->defs[extract->fact];
  struct operand_subject subject = operand_of_fact(def, extract->key);
  if (operand_may_have(subject) || subject.type == FACT_PATHS || (extract->key && def->type != FACT_MAP))
    damaged(reader, "an extract reads no single value");
}

static void read_extracts(struct reader *reader, const unsigned char *at, struct rule_thing *thing) {
  size_t count;
  thing->extracts = &reader->extracts[reader->extract_count];
  if (!take_run(reader, at, reader->spans[FLAT_EXTRACTS].count, reader->extract_count, &count)) return;
  for (size_t i = 0; i < count; i++)
    read_extract(reader, record(reader, FLAT_EXTRACTS, reader->extract_count + i), &reader->extracts[reader->extract_count + i]);
  reader->extract_count += count;
  thing->extract_count = count;
}

/* Things come sorted by the name of their layer, then by id; each takes the next place in its layer. */
static void place_thing(struct reader *reader, struct rule_layer *layer, struct rule_thing *thing, const struct rule_thing **slot) {
  const struct rule_thing *before = thing > reader->base->things ? thing - 1 : NULL;
  bool same = before && before->layer == thing->layer;
  if (before && (same ? strcmp(before->id, thing->id) : strcmp(before->layer, thing->layer)) >= 0) damaged(reader, "platforms are not in order");
  if (!same) layer->things = slot;
  *slot = thing;
  thing->place = layer->thing_count++;
}

static void read_thing(struct reader *reader, size_t number) {
  struct rule_base *base = reader->base;
  const unsigned char *at = record(reader, FLAT_THINGS, number);
  struct rule_layer *layer = &base->layers[index_below(reader, at + 8, base->layer_count)];
  struct rule_thing *thing = &base->things[number];
  *thing = (struct rule_thing){.prior = real_between(reader, at, 1e-12, 1e12),
                               .layer = layer->id,
                               .id = text(reader, at + 12),
                               .name = text(reader, at + 16),
                               .category = text_or_null(reader, at + 20),
                               .phrase = text_or_null(reader, at + 28)};
  place_thing(reader, layer, thing, &reader->slots[number]);
  give_signals(reader, at + 32, thing);
  read_stack(reader, at + 36, thing);
  read_extracts(reader, at + 40, thing);
}

/* --- what points from thing to thing --- */

static void link_kind(struct reader *reader, const unsigned char *at, struct rule_thing *thing) {
  if (bytes_get32(at) == FLAT_NONE) return;
  const struct rule_thing *parent = &reader->base->things[index_below(reader, at, reader->base->thing_count)];
  if (parent->layer != thing->layer) damaged(reader, "a kind is of another layer");
  thing->parent = parent;
  thing->kind_of = parent->id;
}

static void check_kinds(struct reader *reader) {
  for (size_t i = 0; i < reader->base->thing_count && !reader->code; i++) {
    size_t depth = 0;
    for (const struct rule_thing *at = reader->base->things[i].parent; at; at = at->parent)
      if (++depth > KINDS_MOST) {
        damaged(reader, "kinds run in a circle");
        break;
      }
  }
}

static void link_expectation(struct reader *reader, size_t number) {
  const struct rule_base *base = reader->base;
  const unsigned char *at = record(reader, FLAT_STACKS, number);
  const struct rule_layer *layer = &base->layers[index_below(reader, at + 8, base->layer_count)];
  struct rule_expectation *expectation = &reader->stacks[number];
  *expectation = (struct rule_expectation){.layer = layer->id, .id = "unknown", .probability = real_between(reader, at, 0, 1)};
  if (bytes_get32(at + 12) == FLAT_NONE) return;
  const struct rule_thing *thing = &base->things[index_below(reader, at + 12, base->thing_count)];
  if (thing->layer != layer->id) damaged(reader, "a stack names something of another layer");
  expectation->id = thing->id;
}

static void link_things(struct reader *reader) {
  bool whole = reader->signal_count == reader->spans[FLAT_SIGNALS].count && reader->stack_count == reader->spans[FLAT_STACKS].count &&
               reader->extract_count == reader->spans[FLAT_EXTRACTS].count;
  if (!whole) damaged(reader, "rows belong to nothing");
  for (size_t i = 0; i < reader->base->thing_count && !reader->code; i++)
    link_kind(reader, record(reader, FLAT_THINGS, i) + 24, &reader->base->things[i]);
  for (size_t i = 0; i < reader->stack_count && !reader->code; i++) link_expectation(reader, i);
  check_kinds(reader);
}

/* --- the base --- */

/* The next `count` items of `size` in a block; at least one more, since what points past the last must point at something. With no
 * block it only counts. */
static void *next_array(char *block, size_t *used, size_t count, size_t size) {
  void *array = block ? block + *used : NULL;
  *used += ((count + 1) * size + 15) / 16 * 16;
  return array;
}

/* Sets the arrays for as many records as there are; their bytes. */
static size_t lay_arrays(struct reader *reader, char *block) {
  struct rule_base *base = reader->base;
  const struct span *spans = reader->spans;
  size_t used = 0;
  base->layers = next_array(block, &used, spans[FLAT_LAYERS].count, sizeof *base->layers);
  base->things = next_array(block, &used, spans[FLAT_THINGS].count, sizeof *base->things);
  base->sources = next_array(block, &used, spans[FLAT_SOURCES].count, sizeof *base->sources);
  base->signals = next_array(block, &used, spans[FLAT_SIGNALS].count, sizeof *base->signals);
  reader->nodes = next_array(block, &used, spans[FLAT_NODES].count, sizeof *reader->nodes);
  reader->stacks = next_array(block, &used, spans[FLAT_STACKS].count, sizeof *reader->stacks);
  reader->extracts = next_array(block, &used, spans[FLAT_EXTRACTS].count, sizeof *reader->extracts);
  reader->facts = next_array(block, &used, spans[FLAT_FACTS].count, sizeof *reader->facts);
  reader->slots = next_array(block, &used, spans[FLAT_THINGS].count, sizeof *reader->slots);
  reader->fetched = next_array(block, &used, spans[FLAT_SIGNALS].count / 8, 1);
  return used;
}

/* One block for all: where it is large, what nobody touches costs nothing. */
static void take_arrays(struct reader *reader) {
  char *block = arena_take(reader->base->arena, lay_arrays(reader, NULL));
  if (block)
    lay_arrays(reader, block);
  else
    reader->code = STATUS_MEMORY;
}

static void read_rules(struct reader *reader, enum flat_look look) {
  take_arrays(reader);
  if (!reader->code) read_model(reader);
  if (!reader->code) read_facts(reader);
  if (!reader->code) read_layers(reader);
  if (!reader->code) read_sources(reader, look);
  for (size_t i = 0; i < reader->base->layer_count; i++) reader->base->layers[i].things = reader->slots;
  for (size_t i = 0; i < reader->spans[FLAT_THINGS].count && !reader->code; i++) {
    read_thing(reader, i);
    reader->base->thing_count++;
  }
  if (!reader->code) link_things(reader);
  if (!reader->code) read_signals(reader, look);
}

int flat_read(const unsigned char *bytes, size_t length, enum flat_look look, struct rule_base *base, const char *file, struct diag_list *diags) {
  assert(bytes && base && !base->layer_count);
  struct reader *reader = arena_take(base->arena, sizeof *reader);
  if (!reader) return STATUS_MEMORY;
  *reader = (struct reader){.bytes = bytes, .length = length, .base = base, .file = file, .diags = diags};
  take_directory(reader, look);
  if (!reader->code) find_spans(reader);
  if (!reader->code) read_rules(reader, look);
  return reader->code;
}
