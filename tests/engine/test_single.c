/* One look against the plain way, whatever facts are drawn: a base that was only glanced at, signals decided by their forms and what the index
 * finds, ranks without rulings and levels that are summed up give what evaluating every condition and ranking all of it gives; and a verdict
 * reads the same however its report was judged and whatever was left out of it that is not shown. The rules are those of the evidence DB. */
#include <limits.h>
#include <math.h>
#include <unistd.h>

#include "collectors/os.h"
#include "db/db.h"
#include "db/flat.h"
#include "engine/plan.h"
#include "engine/rank.h"
#include "engine/single.h"
#include "engine/verdict.h"
#include "reports/render.h"
#include "tests/check.h"
#include "tests/engine/draw.h"

#define ROUNDS 400

struct bench {
  const struct rule_base *whole, *glanced;
  struct match_cache *cache, *other;
  struct arena *arena;
  size_t wrong_truths, wrong_scores, wrong_rulings, wrong_levels, wrong_pages;
};

static bool near(double a, double b) { return fabs(a - b) <= 1e-9 * (1 + fabs(a) + fabs(b)); }

static struct rank_input input_of(struct bench *bench, const struct fact_set *facts, int ignore, long day) {
  return (struct rank_input){.base = bench->whole, .eval = {.facts = facts, .cache = bench->cache, .ignore_forge = ignore}, .observed_day = day};
}

/* By id: the bases are two. */
static bool same_score(const struct score *a, const struct score *b) {
  return strcmp(rank_id(a), rank_id(b)) == 0 && near(a->own, b->own) && near(a->stack, b->stack) && near(a->log_odds, b->log_odds) &&
         near(a->probability, b->probability);
}

static bool same_rulings(const struct rank_input *input, struct arena *arena, struct score *bare, const struct score *score) {
  bool same = rank_rulings(input, arena, bare) == 0 && bare->ruling_count == score->ruling_count && near(bare->most, score->most);
  for (size_t i = 0; same && i < score->ruling_count; i++) {
    const struct ruling *a = &bare->rulings[i], *b = &score->rulings[i];
    same = strcmp(a->signal->id, b->signal->id) == 0 && strcmp(a->owner->id, b->owner->id) == 0 && a->truth == b->truth && a->bits == b->bits &&
           a->weight == b->weight;
  }
  return same;
}

static size_t differing(const struct layer_scores *some, const struct layer_scores *all, size_t layers) {
  size_t wrong = 0;
  for (size_t k = 0; k < layers; k++) {
    wrong += some[k].count != all[k].count || strcmp(rank_id(rank_best(&some[k])), rank_id(rank_best(&all[k]))) != 0;
    for (size_t i = 0; i < all[k].count; i++) wrong += !same_score(&some[k].scores[i], &all[k].scores[i]);
  }
  return wrong;
}

static size_t differing_truths(struct bench *bench, const struct fact_set *facts, const struct single *single, int level) {
  const struct eval eval = {.facts = facts, .cache = bench->cache, .ignore_forge = level};
  size_t wrong = 0;
  for (uint32_t i = 0; i < bench->whole->signal_count; i++) {
    enum truth truth = level > single->ignore_forge ? single_less(single, level, i) : (enum truth)single->truths[i];
    wrong += truth != eval_node(&eval, rule_signal(bench->whole, i)->when, NULL);
  }
  return wrong;
}

/* The scores of every level out of those of the level before. */
static void compare_levels(struct bench *bench, const struct fact_set *facts, const struct single *single, struct rank_input input,
                           struct layer_scores *scores) {
  unsigned char *truths = arena_take(bench->arena, bench->whole->signal_count + 1);
  for (int level = single->ignore_forge < 0 ? 0 : single->ignore_forge; level < FORGE_NETWORK; level++) {
    struct rank_input plain = input_of(bench, facts, level, input.observed_day);
    bench->wrong_truths += differing_truths(bench, facts, single, level);
    for (uint32_t i = 0; i < bench->whole->signal_count; i++) truths[i] = (unsigned char)single_less(single, level, i);
    input.truths = truths;
    input.eval.ignore_forge = level;
    const struct layer_scores *layers = rank_layers(&plain, bench->arena);
    bool done = layers && rank_less(&input, level, scores, bench->arena) == 0;
    bench->wrong_levels += done ? differing(scores, layers, bench->whole->layer_count) : 1;
  }
}

static void compare(struct bench *bench, const struct fact_set *facts, int ignore, long day) {
  struct rank_input plain = input_of(bench, facts, ignore, day), input = plain;
  struct single single;
  arena_reset(bench->arena);
  CHECK(single_decide(bench->glanced, facts, bench->other, ignore, bench->arena, &single) == 0);
  input.base = bench->glanced;
  input.eval.cache = bench->other;
  input.truths = single.truths;
  const struct layer_scores *layers = rank_layers(&plain, bench->arena);
  struct layer_scores *scores = rank_bare(&input, bench->arena);
  bench->wrong_truths += differing_truths(bench, facts, &single, ignore);
  bench->wrong_scores += layers && scores ? differing(scores, layers, bench->whole->layer_count) : 1;
  for (size_t k = 0; k < bench->whole->layer_count; k++)
    for (size_t i = 0; i + 1 < layers[k].count; i++)
      bench->wrong_rulings += !same_rulings(&input, bench->arena, &scores[k].scores[i], &layers[k].scores[i]);
  compare_levels(bench, facts, &single, input, scores);
  single_free(&single);
}

/* Forms of an enemy, with more children than there are words, in each other: deciding ends, and stays on the stack. */
static void test_endless(struct bench *bench) {
  enum { WORDS = 1 << 18 };
  const uint32_t kinds[] = {(uint32_t)RULE_ALL << 24 | 0xffffff, (uint32_t)RULE_AT_LEAST << 24 | 2, (uint32_t)RULE_ANY << 24 | 1, PLAN_LEAF | 15,
                            PLAN_LEAF | 0xffff0};
  uint32_t *words = malloc(WORDS * sizeof *words);
  struct fact_set *facts = draw_facts();
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    struct plan plan = *bench->glanced->plan;
    struct rule_base base = *bench->glanced;
    struct single single;
    for (size_t i = 0; i < WORDS; i++) words[i] = kinds[k];
    plan.words = words;
    plan.word_count = WORDS;
    base.plan = &plan;
    arena_reset(bench->arena);
    CHECK(single_decide(&base, facts, bench->other, -1, bench->arena, &single) == 0);
    single_free(&single);
  }
  fact_set_free(facts);
  free(words);
}

/* A page, owned by the caller. */
static struct buffer page_of(struct judge *judge, const struct fact_set *facts, struct judge_options options, bool json) {
  const struct verdict *verdict = NULL;
  struct buffer page = {0};
  CHECK(judge_facts(judge, facts, "drawn", options, &verdict) == 0);
  CHECK((json ? render_json(verdict, (struct render_options){.top = 0}, &page) : render_text(verdict, (struct render_options){.top = 3}, &page)) ==
        0);
  return page;
}

static bool same_page(struct buffer a, struct buffer b) {
  bool same = a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
  buffer_free(&a);
  buffer_free(&b);
  return same;
}

/* The first report of a judge is judged singly, the second one among many. */
static void compare_pages(struct bench *bench, const struct fact_set *facts, int ignore, long day) {
  struct judge *judge = judge_new(bench->whole), *glancing = judge_new(bench->glanced);
  struct judge_options all = {.observed_day = day, .ignore_forge = ignore, .explain = true}, page = all;
  page.listed = 3;
  page.told = 1;
  page.counted = true;
  struct buffer first = page_of(judge, facts, all, true);
  bench->wrong_pages += !same_page(first, page_of(judge, facts, all, true));
  first = page_of(glancing, facts, page, false);
  bench->wrong_pages += !same_page(first, page_of(judge, facts, all, false));
  judge_free(glancing);
  judge_free(judge);
}

static void run(struct bench *bench) {
  static const long days[] = {LONG_MIN, 20000, 20500, 21000};
  for (int round = 0; round < ROUNDS; round++) {
    struct fact_set *facts = draw_report();
    int ignore = below(3) ? -1 : (int)below(4);
    long day = days[below(4)];
    compare(bench, facts, ignore, day);
    if (round % 5 == 0) compare_pages(bench, facts, ignore, day);
    fact_set_free(facts);
  }
}

/* A byte of the file is changed: the DB is refused at once, or when the byte is met, or the answer rests on other bytes. */
static void test_damage(const char *path, const struct fact_set *facts, struct buffer good) {
  const struct judge_options options = {.observed_day = 20500, .ignore_forge = -1, .explain = true};
  struct buffer file = {0}, page = {0};
  size_t refused = 0, found = 0, same = 0, rounds = 400;
  char copy[] = "/tmp/test_single.XXXXXX";
  int fd = mkstemp(copy);
  CHECK(fd >= 0 && os_read_file(path, (size_t)256 << 20, &file) == 0);
  CHECK(write(fd, file.text, file.length) == (ssize_t)file.length);
  for (size_t i = 0; i < rounds; i++) {
    size_t at = file.length / 2 + (i * 7919 + below(97) * 4099) % (file.length / 2); /* where the rules are */
    char was = file.text[at];
    struct rule_base *base = NULL;
    const struct verdict *verdict = NULL;
    file.text[at] = (char)(was ^ 1 << i % 8);
    CHECK(pwrite(fd, &file.text[at], 1, (off_t)at) == 1);
    int code = db_glance(copy, &catalog, &base, NULL);
    struct judge *judge = base ? judge_new(base) : NULL;
    refused += code == STATUS_DB_DAMAGED;
    if (judge) code = judge_facts(judge, facts, "drawn", options, &verdict);
    found += judge && code == STATUS_DB_DAMAGED;
    if (judge && !code) {
      buffer_clear(&page);
      CHECK(render_csv(verdict, (struct render_options){.top = 0}, &page) == 0);
      same += page.length == good.length && memcmp(page.text, good.text, good.length) == 0;
    }
    judge_free(judge);
    rule_base_free(base);
    file.text[at] = was;
    CHECK(pwrite(fd, &was, 1, (off_t)at) == 1);
  }
  CHECK(refused + found + same == rounds && refused > 20 && found > 20 && same > 20);
  printf("test_single: of %zu changed bytes %zu were met at once, %zu while judging, %zu never\n", rounds, refused, found, same);
  unlink(copy);
  close(fd);
  buffer_free(&file);
  buffer_free(&page);
}

static void damage(const struct bench *bench, const char *path) {
  const struct judge_options options = {.observed_day = 20500, .ignore_forge = -1, .explain = true};
  const struct verdict *verdict = NULL;
  struct fact_set *facts = draw_facts();
  struct judge *judge = judge_new(bench->whole);
  struct buffer good = {0};
  CHECK(judge_facts(judge, facts, "drawn", options, &verdict) == 0 && render_csv(verdict, (struct render_options){.top = 0}, &good) == 0);
  test_damage(path, facts, good);
  buffer_free(&good);
  judge_free(judge);
  fact_set_free(facts);
}

int main(void) {
  struct diag_list *diags = diag_list_new();
  struct rule_base *whole = NULL, *glanced = NULL;
  const char *path = getenv("HOSTPRINT_DB");
  flat_large_from(1); /* every section is checked by blocks */
  CHECK(path && db_load(path, &catalog, &whole, diags) == 0 && db_glance(path, &catalog, &glanced, diags) == 0);
  if (!whole || !glanced) return check_end("test_single");
  draw_from(whole);
  struct bench bench = {.whole = whole,
                        .glanced = glanced,
                        .cache = match_cache_new(whole->test_count),
                        .other = match_cache_new(whole->test_count),
                        .arena = arena_new()};
  CHECK(bench.cache && bench.other && bench.arena && db_name(whole) == 0 && db_name(glanced) == 0);
  run(&bench);
  test_endless(&bench);
  damage(&bench, path);
  flat_large_from(0);
  CHECK(bench.wrong_truths == 0);
  CHECK(bench.wrong_scores == 0);
  CHECK(bench.wrong_rulings == 0);
  CHECK(bench.wrong_levels == 0);
  CHECK(bench.wrong_pages == 0);
  match_cache_free(bench.cache);
  match_cache_free(bench.other);
  arena_free(bench.arena);
  rule_base_free(whole);
  rule_base_free(glanced);
  diag_list_free(diags);
  draw_end();
  return check_end("test_single");
}
