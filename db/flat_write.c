/* See flat.h: the writer. */
#include <assert.h>
#include <string.h>

#include "../reports/digest.h"
#include "bytes.h"
#include "flat.h"

const char *const flat_large[FLAT_LARGE] = {"signals", "nodes", "index"};
const char flat_sums[] = "sums";

const struct flat_shape flat_shapes[FLAT_SECTIONS] = {
    [FLAT_MODEL] = {"model", 8 * (FORGE_COSTS + 2)}, /* forge floors, half life, temperature */
    [FLAT_FACTS] = {"facts", 12},                    /* path, type, forge cost */
    [FLAT_LAYERS] = {"layers", 8},                   /* id, title */
    [FLAT_THINGS] = {"things", 44},                  /* f64 prior; layer id name category kind phrase; counts of signals stack extracts */
    [FLAT_SOURCES] = {"sources", 16},                /* key, title, url, observed */
    [FLAT_SIGNALS] = {"signals", 48},                /* f64 seen elsewhere; id group why text source; first node, nodes, volatile */
    [FLAT_NODES] = {"nodes", 24},                    /* u8 op matcher, u16 0; at_least fact key operand children */
    [FLAT_STACKS] = {"stacks", 16},                  /* f64 probability; layer, thing (none: unknown) */
    [FLAT_EXTRACTS] = {"extracts", 16},              /* name fact key regex */
    [FLAT_TEXT] = {"text", 1},
    [FLAT_PROSE] = {"prose", 1},
};

/* --- texts, each once --- */

struct pool {
  struct buffer text;
  uint32_t *slots; /* offset + 1, by hash; a power of two of them */
  size_t room, count;
};

static uint32_t *slot_of(const struct pool *pool, const char *text, size_t length) {
  size_t at = (size_t)digest_bytes(0, text, length) & (pool->room - 1);
  while (pool->slots[at] && strcmp(pool->text.text + pool->slots[at] - 1, text) != 0) at = (at + 1) & (pool->room - 1);
  return &pool->slots[at];
}

/* Twice the slots, every text in its new one. */
static void widen(struct pool *pool) {
  struct pool wide = {.text = pool->text, .room = pool->room ? 2 * pool->room : 1024};
  wide.slots = mem_new(wide.room * sizeof *wide.slots);
  if (!wide.slots) {
    pool->text.failed = -1;
    return;
  }
  for (size_t i = 0; i < pool->room; i++) {
    const char *text = pool->slots[i] ? pool->text.text + pool->slots[i] - 1 : NULL;
    if (text) *slot_of(&wide, text, strlen(text)) = pool->slots[i];
  }
  mem_free(pool->slots);
  pool->slots = wide.slots;
  pool->room = wide.room;
}

static uint32_t offset_of(struct pool *pool, const char *text) {
  if (!text) return FLAT_NONE;
  if (2 * pool->count >= pool->room) widen(pool);
  size_t length = strlen(text);
  if (pool->text.failed || length > FLAT_NONE - 2 - pool->text.length) {
    pool->text.failed = -1;
    return FLAT_NONE;
  }
  uint32_t *slot = slot_of(pool, text, length);
  if (*slot) return *slot - 1;
  *slot = (uint32_t)pool->text.length + 1;
  pool->count++;
  buffer_append(&pool->text, text, length + 1);
  return *slot - 1;
}

/* --- records --- */

struct writer {
  const struct rule_base *base;
  struct buffer sections[FLAT_SECTIONS]; /* text and prose stay in their pools */
  struct pool text, prose;
  uint32_t *facts; /* by catalogue: number in the file + 1 */
  const struct rule_node **queue;
  size_t queue_room;
  bool failed;
};

static void put(struct writer *writer, enum flat_section section, uint32_t number) { bytes_put32(&writer->sections[section], number); }

static void put_text(struct writer *writer, enum flat_section section, const char *text) { put(writer, section, offset_of(&writer->text, text)); }

static void put_prose(struct writer *writer, enum flat_section section, const char *text) { put(writer, section, offset_of(&writer->prose, text)); }

/* Facts are numbered as they come. */
static void put_fact(struct writer *writer, enum flat_section section, size_t fact) {
  if (fact == FACT_NONE) {
    put(writer, section, FLAT_NONE);
    return;
  }
  const struct fact_def *def = &writer->base->catalog->defs[fact];
  if (!writer->facts[fact]) {
    put_text(writer, FLAT_FACTS, def->path);
    put_text(writer, FLAT_FACTS, fact_type_name(def->type));
    put(writer, FLAT_FACTS, (uint32_t)def->forge);
    writer->facts[fact] = (uint32_t)(writer->sections[FLAT_FACTS].length / flat_shapes[FLAT_FACTS].width);
  }
  put(writer, section, writer->facts[fact] - 1);
}

static void put_node(struct writer *writer, const struct rule_node *node) {
  bool looks = node->op == RULE_TEST || node->op == RULE_HAS;
  put(writer, FLAT_NODES, (uint32_t)node->op | (node->op == RULE_TEST ? (uint32_t)node->matcher << 8 : 0));
  put(writer, FLAT_NODES, (uint32_t)node->at_least);
  put_fact(writer, FLAT_NODES, looks ? node->fact : FACT_NONE);
  put_text(writer, FLAT_NODES, node->key);
  put_text(writer, FLAT_NODES, node->operand);
  put(writer, FLAT_NODES, (uint32_t)node->child_count);
}

/* The nodes of a condition in order of breadth; their number. */
static size_t put_condition(struct writer *writer, const struct rule_node *root) {
  size_t count = 1;
  for (size_t i = 0; i < count; i++) {
    if (mem_grow(&writer->queue, &writer->queue_room, count + (i ? writer->queue[i]->child_count : root->child_count), sizeof *writer->queue)) {
      writer->failed = true;
      return 0;
    }
    if (i == 0) writer->queue[0] = root;
    const struct rule_node *node = writer->queue[i];
    put_node(writer, node);
    for (size_t c = 0; c < node->child_count; c++) writer->queue[count++] = &node->children[c];
  }
  return count;
}

static void put_signal(struct writer *writer, const struct rule_signal *signal) {
  size_t first = writer->sections[FLAT_NODES].length / flat_shapes[FLAT_NODES].width, count = put_condition(writer, signal->when);
  bytes_put_real(&writer->sections[FLAT_SIGNALS], signal->seen);
  bytes_put_real(&writer->sections[FLAT_SIGNALS], signal->elsewhere);
  put_text(writer, FLAT_SIGNALS, signal->id);
  put_text(writer, FLAT_SIGNALS, signal->group);
  put_prose(writer, FLAT_SIGNALS, signal->why);
  put_prose(writer, FLAT_SIGNALS, signal->text);
  put(writer, FLAT_SIGNALS, (uint32_t)(signal->source - writer->base->sources));
  put(writer, FLAT_SIGNALS, (uint32_t)first);
  put(writer, FLAT_SIGNALS, (uint32_t)count);
  put(writer, FLAT_SIGNALS, signal->is_volatile);
}

static void put_stack(struct writer *writer, const struct rule_expectation *expectation) {
  const struct rule_base *base = writer->base;
  const struct rule_layer *layer = rule_base_layer(base, expectation->layer);
  const struct rule_thing *thing = rule_base_find(base, expectation->layer, expectation->id);
  bytes_put_real(&writer->sections[FLAT_STACKS], expectation->probability);
  put(writer, FLAT_STACKS, (uint32_t)(layer - base->layers));
  put(writer, FLAT_STACKS, thing ? (uint32_t)(thing - base->things) : FLAT_NONE);
}

static void put_extract(struct writer *writer, const struct rule_extract *extract) {
  put_text(writer, FLAT_EXTRACTS, extract->name);
  put_fact(writer, FLAT_EXTRACTS, extract->fact);
  put_text(writer, FLAT_EXTRACTS, extract->key);
  put_text(writer, FLAT_EXTRACTS, extract->regex);
}

static void put_thing(struct writer *writer, const struct rule_thing *thing) {
  const struct rule_base *base = writer->base;
  bytes_put_real(&writer->sections[FLAT_THINGS], thing->prior);
  put(writer, FLAT_THINGS, (uint32_t)(rule_base_layer(base, thing->layer) - base->layers));
  put_text(writer, FLAT_THINGS, thing->id);
  put_text(writer, FLAT_THINGS, thing->name);
  put_text(writer, FLAT_THINGS, thing->category);
  put(writer, FLAT_THINGS, thing->parent ? (uint32_t)(thing->parent - base->things) : FLAT_NONE);
  put_text(writer, FLAT_THINGS, thing->phrase);
  put(writer, FLAT_THINGS, (uint32_t)thing->signal_count);
  put(writer, FLAT_THINGS, (uint32_t)thing->stack_count);
  put(writer, FLAT_THINGS, (uint32_t)thing->extract_count);
  for (size_t i = 0; i < thing->signal_count; i++) put_signal(writer, &thing->signals[i]);
  for (size_t i = 0; i < thing->stack_count; i++) put_stack(writer, &thing->stack[i]);
  for (size_t i = 0; i < thing->extract_count; i++) put_extract(writer, &thing->extracts[i]);
}

static void put_model(struct writer *writer, const struct rule_model *model) {
  struct buffer *out = &writer->sections[FLAT_MODEL];
  for (size_t i = 0; i < FORGE_COSTS; i++) bytes_put_real(out, model->forge_floor[i]);
  bytes_put_real(out, model->half_life_days);
  bytes_put_real(out, model->temperature);
}

static void put_records(struct writer *writer) {
  const struct rule_base *base = writer->base;
  put_model(writer, &base->model);
  for (size_t i = 0; i < base->layer_count; i++) {
    put_text(writer, FLAT_LAYERS, base->layers[i].id);
    put_text(writer, FLAT_LAYERS, base->layers[i].title);
  }
  for (size_t i = 0; i < base->source_count; i++) {
    put_text(writer, FLAT_SOURCES, base->sources[i].key);
    put_prose(writer, FLAT_SOURCES, base->sources[i].title);
    put_prose(writer, FLAT_SOURCES, base->sources[i].url);
    put_text(writer, FLAT_SOURCES, base->sources[i].observed);
  }
  for (size_t i = 0; i < base->thing_count; i++) put_thing(writer, &base->things[i]);
  offset_of(&writer->prose, ""); /* a section of texts is never empty: the other has the layers' */
}

/* --- the whole --- */

static void pad(struct buffer *out) {
  static const char zeros[8];
  if (out->length % 8) buffer_append(out, zeros, 8 - out->length % 8);
}

/* Header and directory for sections that will follow; offsets count from the start. */
static void put_directory(const struct rule_section *sections, size_t count, struct buffer *out) {
  uint64_t offset = FLAT_HEADER + count * FLAT_ENTRY + 8, whole = offset;
  for (size_t i = 0; i < count; i++) whole += (sections[i].length + 7) / 8 * 8;
  buffer_append(out, FLAT_MAGIC, 8);
  bytes_put32(out, FLAT_FORMAT);
  bytes_put32(out, (uint32_t)count);
  bytes_put64(out, whole);
  for (size_t i = 0; i < count; i++) {
    char name[FLAT_NAME] = {0};
    memcpy(name, sections[i].name, strlen(sections[i].name));
    buffer_append(out, name, sizeof name);
    bytes_put64(out, offset);
    bytes_put64(out, sections[i].length);
    bytes_put64(out, digest_bytes(0, sections[i].bytes, sections[i].length));
    offset += (sections[i].length + 7) / 8 * 8;
  }
  bytes_put64(out, out->failed ? 0 : digest_bytes(0, out->text, out->length));
}

/* The checksums of the blocks of large sections. */
static void put_sums(const struct rule_section *sections, size_t count, struct buffer *out) {
  for (size_t k = 0; k < FLAT_LARGE; k++)
    for (size_t i = 0; i < count; i++) {
      if (strcmp(sections[i].name, flat_large[k]) != 0) continue;
      for (size_t at = 0; at < sections[i].length; at += FLAT_BLOCK) {
        size_t left = sections[i].length - at;
        bytes_put64(out, digest_bytes(0, sections[i].bytes + at, left < FLAT_BLOCK ? left : FLAT_BLOCK));
      }
    }
}

static void put_all(struct writer *writer, const struct rule_section *more, size_t count, struct buffer *out) {
  struct rule_section sections[FLAT_SECTIONS_MOST];
  writer->sections[FLAT_TEXT] = writer->text.text;
  writer->sections[FLAT_PROSE] = writer->prose.text;
  for (size_t i = 0; i < FLAT_SECTIONS; i++) {
    const struct buffer *own = &writer->sections[i];
    writer->failed |= own->failed != 0;
    sections[i] = (struct rule_section){.name = flat_shapes[i].name, .bytes = (const unsigned char *)own->text, .length = own->length};
  }
  if (writer->failed) return;
  for (size_t i = 0; i < count; i++) sections[FLAT_SECTIONS + i] = more[i];
  struct buffer sums = {0};
  put_sums(sections, FLAT_SECTIONS + count, &sums);
  sections[FLAT_SECTIONS + count++] = (struct rule_section){.name = flat_sums, .bytes = (const unsigned char *)sums.text, .length = sums.length};
  put_directory(sections, FLAT_SECTIONS + count, out);
  for (size_t i = 0; i < FLAT_SECTIONS + count; i++) {
    buffer_append(out, (const char *)sections[i].bytes, sections[i].length);
    pad(out);
  }
  writer->failed |= sums.failed != 0;
  buffer_free(&sums);
}

int flat_write(const struct rule_base *base, const struct rule_section *more, size_t count, struct buffer *out) {
  assert(base && base->layer_count && out && !out->length && (more || !count) && count < FLAT_SECTIONS_MOST - FLAT_SECTIONS);
  struct writer writer = {.base = base};
  for (size_t i = 0; i < count; i++) assert(strlen(more[i].name) < FLAT_NAME);
  writer.facts = mem_new((base->catalog->count + 1) * sizeof *writer.facts);
  writer.failed = !writer.facts;
  if (!writer.failed) put_records(&writer);
  if (!writer.failed) put_all(&writer, more, count, out);
  mem_free(writer.facts);
  mem_free(writer.queue);
  mem_free(writer.text.slots);
  mem_free(writer.prose.slots);
  for (size_t i = 0; i < FLAT_TEXT; i++) buffer_free(&writer.sections[i]);
  buffer_free(&writer.text.text);
  buffer_free(&writer.prose.text);
  return writer.failed || out->failed ? -1 : 0;
}
