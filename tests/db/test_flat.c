/* Proves what db/flat.h promises: a base comes back as it was, the same base gives the same bytes, sections of others come back,
 * and bytes of an enemy, checksums right, are refused or give a base that can be judged with. HOSTPRINT_HEAVY=1 tries more. */
#include <stdlib.h>

#include "../../db/bytes.h"
#include "../../db/flat.h"
#include "../../db/gather.h"
#include "../../db/layout.h"
#include "../../engine/index_layout.h"
#include "../../engine/plan.h"
#include "../../reports/digest.h"
#include "../engine/draw.h"
#include "../engine/random.h"
#include "bases.h"
#include "small.h"

static size_t accepted, refused;

#define DRAWN 8
static struct fact_set *drawn[DRAWN]; /* which hit what the rules ask for */

/* A base from bytes, laid out and all its signals fetched; NULL where they are refused. */
static struct rule_base *read_by(enum flat_look look, const unsigned char *bytes, size_t length, const struct fact_catalog *of) {
  struct rule_base *base = rule_base_new(of);
  struct diag_list *diags = diag_list_new();
  int code = flat_read(bytes, length, look, base, "test", diags);
  if (!code) code = layout_read(base, look, "test", diags);
  if (code) {
    CHECK(diags->errors == 1 && (code == STATUS_DB_DAMAGED || code == STATUS_DB_CATALOG));
    rule_base_free(base);
    base = NULL;
  }
  diag_list_free(diags);
  return base;
}

static struct rule_base *read_back(const unsigned char *bytes, size_t length, const struct fact_catalog *of) {
  return read_by(FLAT_WHOLE, bytes, length, of);
}

/* Arrays with the same bytes: what is stored is what would be built. */
static bool same_layout(const struct rule_base *base) {
  struct rule_base other = *base;
  struct buffer stored[2] = {{0}}, built[2] = {{0}};
  other.arena = arena_new();
  CHECK(rule_base_lay_out(&other) == 0);
  index_write(base->index, base->catalog, &stored[0]);
  index_write(other.index, base->catalog, &built[0]);
  plan_write(base->plan, &stored[1]);
  plan_write(other.plan, &built[1]);
  bool same = other.index != base->index && !base->plan->signals && other.plan->signals;
  for (size_t i = 0; i < 2; i++) {
    same = same && stored[i].length == built[i].length && memcmp(stored[i].text, built[i].text, stored[i].length) == 0;
    buffer_free(&stored[i]);
    buffer_free(&built[i]);
  }
  arena_free(other.arena);
  return same;
}

/* --- what was written comes back --- */

static struct rule_base *random_finished(unsigned long seed) {
  static struct rule_source sources[1];
  sources[0] = random_source;
  struct rule_base *base = random_base(seed, (struct random_options){.stacks = true, .shared = true});
  base->sources = sources;
  base->source_count = 1;
  for (size_t i = 0; i < base->thing_count; i++)
    for (size_t s = 0; s < base->things[i].signal_count; s++) ((struct rule_signal *)base->things[i].signals)[s].source = sources;
  CHECK(rule_base_finish(base) == 0);
  return base;
}

static void test_random(void) {
  for (unsigned long seed = 1; seed <= 200; seed++) {
    struct rule_base *base = random_finished(seed);
    struct buffer flat = {0}, again = {0};
    CHECK(flat_write(base, NULL, 0, &flat) == 0);
    struct rule_base *back = read_back((unsigned char *)flat.text, flat.length, &random_catalog);
    CHECK(back && same_base(base, back) && tests_are_numbered(back));
    CHECK(flat_write(back, NULL, 0, &again) == 0 && again.length == flat.length && memcmp(again.text, flat.text, flat.length) == 0);
    rule_base_free(back);
    buffer_clear(&again);
    CHECK(layout_write(base, &again) == 0);
    back = read_back((unsigned char *)again.text, again.length, &random_catalog);
    CHECK(back && same_layout(back));
    rule_base_free(back);
    rule_base_free(base);
    buffer_free(&flat);
    buffer_free(&again);
  }
}

static struct rules *read_rules(const char *path) {
  struct rules *rules;
  CHECK(rules_read(path, false, &catalog, NULL, &rules) == 0);
  return rules;
}

static void test_rules(const char *path, struct buffer *flat) {
  struct rules *rules = read_rules(path);
  struct rule_base *base = gather_base(rules);
  CHECK(base && flat_write(base, NULL, 0, flat) == 0);
  struct rule_base *back = read_back((unsigned char *)flat->text, flat->length, &catalog);
  CHECK(back && same_base(base, back) && tests_are_numbered(back));
  rule_base_free(back);
  back = read_by(FLAT_GLANCE, (unsigned char *)flat->text, flat->length, &catalog);
  CHECK(back && same_base(base, back) && tests_are_numbered(back));
  rule_base_free(back);
  rule_base_free(base);
  rules_free(rules);
}

static void test_sections(void) {
  const struct rule_section more[] = {{"index", (const unsigned char *)"abcdefghi", 9}, {"fifteen_letters", (const unsigned char *)"", 0}};
  struct rule_base *base = random_finished(1);
  struct buffer flat = {0};
  CHECK(flat_write(base, more, 2, &flat) == 0 && flat.length % 8 == 0);
  struct rule_base *back = read_back((unsigned char *)flat.text, flat.length, &random_catalog);
  const struct rule_section *index = back ? rule_base_section(back, "index") : NULL, *empty = back ? rule_base_section(back, more[1].name) : NULL;
  CHECK(index && index->length == 9 && memcmp(index->bytes, "abcdefghi", 9) == 0 && (size_t)((const char *)index->bytes - flat.text) % 8 == 0);
  CHECK(empty && empty->length == 0 && back && !rule_base_section(back, "indexes"));
  rule_base_free(back);
  rule_base_free(base);
  buffer_free(&flat);
}

/* --- what was laid out when the rules were compiled --- */

static void write_laid(const char *path, struct buffer *flat) {
  struct rules *rules = read_rules(path);
  struct rule_base *base = gather_base(rules);
  struct buffer again = {0};
  CHECK(base && layout_write(base, flat) == 0 && layout_write(base, &again) == 0);
  CHECK(flat->length == again.length && memcmp(flat->text, again.text, again.length) == 0);
  buffer_free(&again);
  rule_base_free(base);
  rules_free(rules);
}

static void test_laid(const struct buffer *flat) {
  struct rule_base *base = read_back((unsigned char *)flat->text, flat->length, &catalog);
  CHECK(base && same_layout(base));
  const char *start = (const char *)base->index->bytes;
  CHECK(start > flat->text && start < flat->text + flat->length); /* in place */
  rule_base_free(base);
}

/* A signal decides as the first of its form does, whatever is known of facts that match nothing. */
static void test_forms(const struct buffer *flat) {
  struct rule_base *base = read_back((unsigned char *)flat->text, flat->length, &catalog);
  struct match_cache *cache = match_cache_new(base->test_count);
  struct fact_set *facts = fact_set_new(&catalog);
  const struct plan *plan = base->plan;
  size_t shared = 0, differ = 0;
  for (size_t round = 0; round < 20; round++) {
    for (size_t i = 0; i < catalog.count; i++) {
      unsigned way = random_below(4);
      if (way == 1) fact_set_absent(facts, i);
      if (way == 2) fact_set_unreadable(facts, i, "no");
      if (way == 3) fact_set_value(facts, i, (struct value){.kind = catalog.defs[i].type == FACT_TEXT ? VALUE_TEXT : VALUE_LIST, .text = ""});
      facts->facts[i].partial = way == 3 && random_chance(30);
    }
    struct eval eval = {.facts = facts, .cache = cache, .ignore_forge = (int)random_below(4) - 1, .blank = true};
    for (size_t i = 0; i < base->signal_count; i++) {
      shared += plan->forms[i] != i;
      differ += eval_node(&eval, rule_signal(base, i)->when, NULL) != eval_node(&eval, rule_signal(base, plan->forms[i])->when, NULL);
    }
    fact_set_clear(facts);
  }
  CHECK(differ == 0 && shared > 1000);
  fact_set_free(facts);
  match_cache_free(cache);
  rule_base_free(base);
}

/* Ids compare as their places do, and marks say what signals are. */
static void test_marks(const struct buffer *flat) {
  struct rule_base *base = read_back((unsigned char *)flat->text, flat->length, &catalog);
  const struct plan *plan = base->plan;
  size_t wrong = 0;
  for (size_t i = 0; i < base->signal_count; i++) {
    const struct rule_signal *one = rule_signal(base, i);
    size_t k = random_below((unsigned)base->signal_count);
    int order = strcmp(one->id, rule_signal(base, k)->id);
    wrong += (order < 0) != (plan->ids[i] < plan->ids[k]) || (order == 0) != (plan->ids[i] == plan->ids[k]);
    wrong += (plan->marks[i] & PLAN_FORGE) != one->forge || (plan->marks[i] >= PLAN_VOLATILE) != one->is_volatile;
  }
  CHECK(base->signal_count && wrong == 0);
  rule_base_free(base);
}

/* For another catalogue the index is built. */
static void test_other_catalogue(const struct buffer *flat) {
  struct fact_def *defs = malloc(catalog.count * sizeof *defs);
  memcpy(defs, catalog.defs, catalog.count * sizeof *defs);
  const struct fact_catalog other = {.defs = defs, .count = catalog.count};
  for (size_t i = 0; i < catalog.count; i++)
    if (!defs[i].unit) defs[i].unit = "furlongs";
  struct rule_base *base = read_back((unsigned char *)flat->text, flat->length, &other);
  CHECK(base && base->index && base->plan && base->plan->signals);
  rule_base_free(base);
  free(defs);
}

/* --- enemies --- */

static uint64_t entry_number(const unsigned char *bytes, size_t section, size_t at) {
  return bytes_get64(bytes + FLAT_HEADER + section * FLAT_ENTRY + FLAT_NAME + at);
}

/* The checksums of blocks, as far as there is room for them. */
static void forge_blocks(unsigned char *bytes, size_t length, size_t count) {
  size_t to = 0, room = 0;
  for (size_t i = 0; i < count; i++)
    if (memcmp(bytes + FLAT_HEADER + i * FLAT_ENTRY, flat_sums, strlen(flat_sums) + 1) == 0) {
      to = (size_t)entry_number(bytes, i, 0);
      room = (size_t)entry_number(bytes, i, 8) / 8;
    }
  for (size_t k = 0; k < FLAT_LARGE && to <= length && room <= (length - to) / 8; k++)
    for (size_t i = 0; i < count; i++) {
      uint64_t offset = entry_number(bytes, i, 0), size = entry_number(bytes, i, 8);
      if (strncmp((const char *)bytes + FLAT_HEADER + i * FLAT_ENTRY, flat_large[k], FLAT_NAME) != 0) continue;
      if (offset > length || size > length - offset) continue;
      for (uint64_t at = 0; at < size && room > 0; at += FLAT_BLOCK, to += 8, room--)
        bytes_set64(bytes + to, digest_bytes(0, bytes + offset + at, size - at < FLAT_BLOCK ? size - at : FLAT_BLOCK));
    }
}

/* Checksums as they must be, for all sections that are in the bytes. */
static void forge_sums(unsigned char *bytes, size_t length) {
  size_t count = bytes_get32(bytes + 12), end = FLAT_HEADER + count * FLAT_ENTRY;
  if (count > FLAT_SECTIONS_MOST || end + 8 > length) return;
  forge_blocks(bytes, length, count);
  for (size_t i = 0; i < count; i++) {
    uint64_t offset = entry_number(bytes, i, 0), size = entry_number(bytes, i, 8);
    if (offset > length || size > length - offset) continue;
    bytes_set64(bytes + FLAT_HEADER + i * FLAT_ENTRY + FLAT_NAME + 16, digest_bytes(0, bytes + offset, size));
  }
  bytes_set64(bytes + end, digest_bytes(0, bytes, end));
}

/* Every kind of fact is there, so that conditions reach what they look at. */
static void fill_facts(struct fact_set *facts) {
  for (size_t i = 0; i < catalog.count; i++) {
    struct value item = value_text("x1.2", 4), *items = arena_take(facts->arena, sizeof *items);
    const char **keys = arena_take(facts->arena, sizeof *keys);
    *items = item;
    *keys = "BOX_NODE";
    enum fact_type type = catalog.defs[i].type;
    struct value value = type == FACT_TEXT      ? item
                         : type == FACT_INTEGER ? value_integer(7)
                         : type == FACT_REAL    ? (struct value){.kind = VALUE_REAL, .real = 0.5}
                         : type == FACT_BOOLEAN ? value_boolean(true)
                         : type == FACT_TEXTS   ? (struct value){.kind = VALUE_LIST, .items = items, .count = 1}
                                                : (struct value){.kind = VALUE_MAP, .items = items, .keys = keys, .count = 1};
    if (type == FACT_PATHS) *items = value_boolean(true);
    if (type == FACT_RECORDS) {
      struct value *record = arena_take(facts->arena, sizeof *record);
      *record = value;
      *keys = "target";
      value = (struct value){.kind = VALUE_LIST, .items = record, .count = 1};
    }
    fact_set_value(facts, i, value);
  }
}

/* What the collector asks for. */
static void use_asked(struct rule_base *base) {
  size_t count, letters = 0;
  const uint32_t *asked = rule_base_asked(base);
  const char *const *paths = rule_base_paths(base, &count);
  for (size_t i = 0; i < count; i++) letters += strlen(paths[i]);
  for (size_t i = 0; i < base->catalog->count; i++) letters += asked[i];
  CHECK(letters < SIZE_MAX);
}

/* What is found with facts that hit. */
static void look(const struct rule_base *base, const struct fact_set *facts) {
  struct judge *judge = judge_new(base);
  const struct verdict *verdict = NULL;
  CHECK(judge_facts(judge, facts, "r", (struct judge_options){.observed_day = 20000, .ignore_forge = -1, .brief = true}, &verdict) == 0 && verdict);
  judge_free(judge);
}

/* Judges with all there is to tell, and reads every text of the base. */
static void use(const struct rule_base *base, const struct fact_set *facts) {
  struct judge *judge = judge_new(base);
  const struct verdict *verdict = NULL;
  struct judge_options options = {.observed_day = 20000, .ignore_forge = -1, .explain = true};
  CHECK(judge_facts(judge, facts, "r", options, &verdict) == 0 && verdict);
  CHECK(judge_facts(judge, facts, "r", options, &verdict) == 0 && verdict); /* and once more, as one of many */
  options.brief = true;
  CHECK(judge_facts(judge, facts, "r", options, &verdict) == 0 && verdict);
  judge_free(judge);
  size_t letters = 0;
  rule_base_fetch_all(base);
  for (size_t i = 0; i < base->thing_count; i++)
    for (size_t s = 0; s < base->things[i].signal_count; s++) {
      const struct rule_signal *signal = &base->things[i].signals[s];
      letters +=
          strlen(signal->why) + strlen(signal->text) + (signal->source->title ? strlen(signal->source->title) + strlen(signal->source->url) : 0);
    }
  CHECK(letters < SIZE_MAX);
}

static void try_bytes(unsigned char *bytes, size_t length, const struct fact_set *facts) {
  forge_sums(bytes, length);
  struct rule_base *base = read_back(bytes, length, &catalog);
  bool whole = base != NULL;
  accepted += whole;
  refused += !whole;
  if (base) use(base, facts);
  if (base) use_asked(base);
  rule_base_free(base);
  struct rule_base *glanced = read_by(FLAT_GLANCE, bytes, length, &catalog);
  CHECK(glanced || !whole);
  for (size_t i = 0; glanced && i < DRAWN; i++) look(glanced, drawn[i]);
  if (glanced) use(glanced, facts);
  rule_base_free(glanced);
}

static void test_every_number(const struct buffer *good, const struct fact_set *facts) {
  static const uint32_t steps[] = {1, (uint32_t)-1, 256};
  unsigned char *bytes = malloc(good->length);
  size_t end = (size_t)entry_number((const unsigned char *)good->text, FLAT_TEXT, 0);
  memcpy(bytes, good->text, good->length);
  for (size_t at = 0; at < end; at += 4) {
    uint32_t old = bytes_get32(bytes + at);
    for (size_t s = 0; s < 5; s++) {
      bytes_set32(bytes + at, s < 3 ? old + steps[s] : s == 3 ? UINT32_MAX : UINT32_MAX / 2);
      try_bytes(bytes, good->length, facts);
      memcpy(bytes, good->text, good->length);
    }
  }
  free(bytes);
}

/* Bytes of the index and the plan, checksums right: refused, or good for finding and ranking that end and stay inside. */
static void test_laid_numbers(const struct buffer *good, const struct fact_set *facts) {
  static const uint32_t steps[] = {1, (uint32_t)-1, 256};
  unsigned char *bytes = malloc(good->length);
  size_t start = (size_t)entry_number((const unsigned char *)good->text, FLAT_SECTIONS, 0), was = refused;
  memcpy(bytes, good->text, good->length);
  for (size_t at = start; at + 4 <= good->length; at += 4) {
    uint32_t old = bytes_get32(bytes + at);
    for (size_t s = 0; s < 6; s++) {
      bytes_set32(bytes + at, s < 3 ? old + steps[s] : s == 3 ? UINT32_MAX : s == 4 ? 0 : 0x7ff00000);
      try_bytes(bytes, good->length, facts);
      bytes_set32(bytes + at, old);
    }
  }
  CHECK(refused - was > (good->length - start) / 4);
  free(bytes);
}

/* A hash table without an empty slot, in which a search would never end. */
static void test_full_table(const struct buffer *good) {
  unsigned char *bytes = malloc(good->length);
  memcpy(bytes, good->text, good->length);
  struct rule_base *base = read_back(bytes, good->length, &catalog);
  const struct index *index = base->index;
  size_t at = (size_t)((const unsigned char *)(index->slots + index->member_slot) - bytes), count = index->member_slots;
  uint32_t filled = 0;
  for (size_t i = 0; i < count && !filled; i++) filled = bytes_get32(bytes + at + 4 * i);
  rule_base_free(base);
  for (size_t i = 0; i < count; i++) bytes_set32(bytes + at + 4 * i, filled);
  forge_sums(bytes, good->length);
  CHECK(filled && !read_back(bytes, good->length, &catalog));
  free(bytes);
}

static void test_laid_noise(const struct buffer *good, const struct fact_set *facts, size_t cases) {
  unsigned char *bytes = malloc(good->length);
  size_t start = (size_t)entry_number((const unsigned char *)good->text, FLAT_SECTIONS, 0);
  for (size_t i = 0; i < cases; i++) {
    memcpy(bytes, good->text, good->length);
    for (unsigned n = 1 + random_below(3); n > 0; n--) {
      size_t at = start + random_below((unsigned)(good->length - start)), from = start + random_below((unsigned)(good->length - start));
      if (random_chance(30)) /* one number in the place of another */
        bytes_set32(bytes + at / 4 * 4, bytes_get32(bytes + from / 4 * 4));
      else
        bytes[at] = random_chance(50) ? (unsigned char)random_below(256) : (unsigned char)(bytes[at] + 1 - 2 * random_below(2));
    }
    try_bytes(bytes, good->length, facts);
  }
  free(bytes);
}

static void test_sections_cut(const struct buffer *good, const struct fact_set *facts) {
  unsigned char *bytes = malloc(good->length);
  for (size_t i = 0; i < FLAT_SECTIONS; i++) {
    uint64_t length = entry_number((const unsigned char *)good->text, i, 8), width = flat_shapes[i].width;
    const uint64_t lengths[] = {0, 1, length - 1, length - width, length + width, length + 8, UINT64_MAX, (uint64_t)1 << 32};
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
      memcpy(bytes, good->text, good->length);
      bytes_set64(bytes + FLAT_HEADER + i * FLAT_ENTRY + FLAT_NAME + 8, lengths[k]);
      try_bytes(bytes, good->length, facts);
    }
  }
  free(bytes);
  for (size_t length = 0; length < good->length; length += length < 600 ? 1 : 61) {
    unsigned char *cut = malloc(length ? length : 1);
    memcpy(cut, good->text, length);
    if (length >= FLAT_HEADER) bytes_set64(cut + 16, length);
    if (length >= FLAT_HEADER) forge_sums(cut, length);
    CHECK(!read_back(cut, length, &catalog));
    free(cut);
  }
}

static void test_noise(const struct buffer *good, const struct fact_set *facts) {
  unsigned char *bytes = malloc(good->length);
  size_t cases = getenv("HOSTPRINT_HEAVY") ? 200000 : 4000;
  size_t start = (size_t)entry_number((const unsigned char *)good->text, 0, 0);
  for (size_t i = 0; i < cases; i++) {
    memcpy(bytes, good->text, good->length);
    for (unsigned n = 1 + random_below(3); n > 0; n--) {
      size_t at = start + random_below((unsigned)(good->length - start));
      bytes[at] = random_chance(50) ? (unsigned char)random_below(256) : (unsigned char)(bytes[at] + 1 - 2 * random_below(2));
    }
    try_bytes(bytes, good->length, facts);
  }
  free(bytes);
}

/* What a glance at changed bytes says, once all its large sections were looked at. */
static int glance_at(const unsigned char *bytes, size_t length) {
  struct rule_base *base = rule_base_new(&catalog);
  int code = flat_read(bytes, length, FLAT_GLANCE, base, "test", NULL);
  for (size_t k = 0; !code && k < FLAT_LARGE; k++) {
    const struct rule_section *section = rule_base_section(base, flat_large[k]);
    if (section && section->length && !rule_touch(base, section->bytes, section->length)) code = STATUS_DB_DAMAGED;
  }
  CHECK(code == 0 || code == STATUS_DB_DAMAGED);
  rule_base_free(base);
  return code;
}

/* Without the checksums forged, any change is found; in prose it is left alone where the caller says so, and texts still end. */
static void test_damage(const struct buffer *good) {
  unsigned char *bytes = malloc(good->length);
  size_t missed = 0, end = (size_t)entry_number((const unsigned char *)good->text, FLAT_PROSE, 0);
  size_t length = (size_t)entry_number((const unsigned char *)good->text, FLAT_PROSE, 8);
  memcpy(bytes, good->text, good->length);
  for (size_t i = 0; i < good->length; i++) {
    bytes[i] ^= (unsigned char)(1u << i % 8);
    struct rule_base *base = rule_base_new(&catalog);
    bool whole = i < end + length && flat_read(bytes, good->length, FLAT_WHOLE, base, "test", NULL) == 0;
    rule_base_free(base);
    int code = glance_at(bytes, good->length);
    missed += whole || (i < end && code == 0) || (i >= end && i + 1 < end + length && code != 0);
    bytes[i] = (unsigned char)good->text[i];
  }
  bytes[end + length - 1] = 'x';
  struct rule_base *base = rule_base_new(&catalog);
  CHECK(flat_read(bytes, good->length, FLAT_GLANCE, base, "test", NULL) == STATUS_DB_DAMAGED);
  CHECK(missed <= 7); /* up to seven bytes between two sections belong to none */
  rule_base_free(base);
  free(bytes);
}

static void test_memory(const struct buffer *good) {
  int code = STATUS_MEMORY;
  size_t failures = 0;
  for (size_t n = 1; n < 1000000 && code; n += 1 + n / 4) {
    struct rule_base *base = rule_base_new(&catalog);
    mem_fail_after(n);
    code = flat_read((unsigned char *)good->text, good->length, FLAT_WHOLE, base, "test", NULL);
    mem_fail_after(0);
    failures += code == STATUS_MEMORY;
    rule_base_free(base);
  }
  CHECK(code == 0 && failures > 0);
}

int main(void) {
  char folder[256];
  struct buffer flat = {0}, real = {0}, laid = {0}, real_laid = {0};
  struct fact_set *facts = fact_set_new(&catalog);
  bool heavy = getenv("HOSTPRINT_HEAVY") != NULL;
  flat_large_from(1);
  folder_new(folder, sizeof folder);
  put_rules(folder, false);
  fill_facts(facts);
  test_random();
  test_rules(folder, &flat);
  test_rules("rules", &real);
  struct rule_base *asking = read_back((unsigned char *)flat.text, flat.length, &catalog);
  draw_from(asking);
  for (size_t i = 0; i < DRAWN; i++) drawn[i] = draw_facts();
  draw_end();
  rule_base_free(asking);
  test_sections();
  test_every_number(&flat, facts);
  test_sections_cut(&flat, facts);
  test_noise(&flat, facts);
  CHECK(accepted > 100 && refused > 1000);
  write_laid(folder, &laid);
  write_laid("rules", &real_laid);
  test_laid(&laid);
  test_laid(&real_laid);
  test_forms(&real_laid);
  test_marks(&real_laid);
  test_other_catalogue(&real_laid);
  test_full_table(&laid);
  test_laid_numbers(&laid, facts);
  test_laid_noise(&laid, facts, heavy ? 200000 : 4000);
  test_laid_noise(&real_laid, facts, heavy ? 4000 : 60);
  test_damage(&flat);
  test_memory(&real);
  buffer_free(&laid);
  buffer_free(&real_laid);
  buffer_free(&flat);
  buffer_free(&real);
  fact_set_free(facts);
  for (size_t i = 0; i < DRAWN; i++) fact_set_free(drawn[i]);
  folder_remove(folder);
  return check_end("db/flat");
}
