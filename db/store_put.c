/* See store.h: records into rows. Knows the columns of report, verdict and evidence. Must not know where records come from.
 *
 * What a worker prepares lies in one buffer: a head, the names of the report, then answers and evidence, each a fixed part and its texts,
 * and last the short facts (store_value.c). Names of layers and answers are borrowed from the rule base, which outlives it. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "../reports/digest.h"
#include "store_inside.h"

/* The text of a report, borrowed, and two hashes of it. */
struct content {
  const char *text;
  size_t length;
  uint64_t hashes[2];
};

struct packed_head {
  struct content content;
  size_t id, observed_at, facts; /* lengths; observed_at: NO_TEXT where there is none */
  size_t answers, evidence;      /* counts */
};
#define NO_TEXT ((size_t)-1)
#define MOST_PROBABLE 0.999999 /* nobody is told of certainty, as in the other outputs */

struct packed_answer {
  const char *layer, *id, *second;
  double probability, log_odds, second_probability;
};

struct packed_evidence {
  int64_t signal;
  double bits;
  size_t fact, value; /* lengths, or NO_TEXT */
  bool holds;
};

/* --- contents --- */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* Without the blanks around it: a file ends with a newline, a line of a stream does not. */
static void trim(const char **text, size_t *length) {
  while (*length && is_blank((*text)[*length - 1])) --*length;
  while (*length && is_blank(**text)) ++*text, --*length;
}

/* They lead to a text that is then compared where it is kept, so that a collision costs a look and never a record; else both must be the same.
 * The key is the DB's own. */
static struct content content_of(const struct store *store, const char *text, size_t length) {
  struct content content = {.text = text, .length = length};
  digest_pair(store->key, text, length, content.hashes);
  return content;
}

/* The number of a report with this content, 0 where there is none; and whether nothing of it is missing. */
static int find(struct store *store, const struct content *content, int64_t *number, bool *whole) {
  sqlite3_stmt *row = store_statement(store, STORE_FIND_REPORT);
  if (!row) return STATUS_STORE_USE;
  sqlite3_bind_int64(row, 1, (sqlite3_int64)content->hashes[0]);
  sqlite3_bind_int64(row, 2, (sqlite3_int64)content->hashes[1]);
  sqlite3_bind_text64(row, 3, content->text, content->length, SQLITE_STATIC, SQLITE_UTF8);
  sqlite3_bind_int64(row, 4, store_rules(store)->number);
  sqlite3_bind_int(row, 5, store->keep == STORE_KEEP_VERDICTS);
  int code = sqlite3_step(row);
  *number = code == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
  *whole = code == SQLITE_ROW && sqlite3_column_int(row, 1);
  sqlite3_reset(row);
  return code == SQLITE_ROW || code == SQLITE_DONE ? STATUS_OK : store_fail(store, "looking for a report");
}

int store_has(struct store *store, const char *text, size_t length, bool *found) {
  assert(store && text && found);
  trim(&text, &length);
  struct content content = content_of(store, text, length);
  int64_t number;
  return find(store, &content, &number, found);
}

/* --- packing --- */

static size_t text_length(const char *text) { return text ? strlen(text) : NO_TEXT; }

static void pack_text(struct buffer *row, const char *text) {
  if (text) buffer_add(row, text);
}

static void pack_answer(struct buffer *row, const struct verdict_layer *layer) {
  const struct hypothesis *best = &layer->hypotheses[0], *second = layer->count > 1 ? &layer->hypotheses[1] : NULL;
  struct packed_answer answer = {.layer = layer->layer->id,
                                 .id = best->id,
                                 .second = second ? second->id : NULL,
                                 .probability = fmin(best->probability, MOST_PROBABLE),
                                 .log_odds = best->log_odds,
                                 .second_probability = second ? fmin(second->probability, MOST_PROBABLE) : 0};
  buffer_append(row, (const char *)&answer, sizeof answer);
}

/* The number of a signal in its table; 0 where it has none. */
static int64_t number_of(const struct store_rules *rules, const struct rule_signal *signal) {
  size_t low = 0, high = rules->signal_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if ((uintptr_t)rules->signals[middle].signal < (uintptr_t)signal)
      low = middle + 1;
    else
      high = middle;
  }
  return low < rules->signal_count && rules->signals[low].signal == signal ? rules->signals[low].number : 0;
}

/* How many of the list count, packed. */
static size_t pack_list(struct buffer *row, const struct store_rules *rules, const struct evidence_list *list) {
  size_t count = 0;
  for (size_t i = 0; i < list->count; i++) {
    const struct evidence *evidence = &list->items[i];
    int64_t number = evidence->bits != 0 ? number_of(rules, evidence->signal) : 0;
    if (!number) continue;
    struct packed_evidence packed = {.signal = number,
                                     .bits = evidence->bits,
                                     .fact = text_length(evidence->fact),
                                     .value = text_length(evidence->value),
                                     .holds = evidence->truth == TRUTH_TRUE};
    buffer_append(row, (const char *)&packed, sizeof packed);
    pack_text(row, evidence->fact);
    pack_text(row, evidence->value);
    count++;
  }
  return count;
}

/* What counts for and against the answers; how many pieces. */
static size_t pack_evidence(struct buffer *row, const struct store_rules *rules, const struct verdict *verdict) {
  size_t count = 0;
  for (size_t k = 0; k < verdict->layer_count; k++) {
    const struct hypothesis *answer = &verdict->layers[k].hypotheses[0];
    count += pack_list(row, rules, &answer->evidence) + pack_list(row, rules, &answer->contradicted);
  }
  return count;
}

int store_pack(const struct store *store, const char *text, size_t length, const struct report *report, const struct verdict *verdict,
               struct buffer *row) {
  assert(store && text && report && verdict && row && verdict->base == store_base(store));
  size_t begin = row->length;
  const struct store_rules *rules = store_rules(store);
  trim(&text, &length);
  struct packed_head head = {.content = content_of(store, text, length),
                             .id = strlen(report->id),
                             .observed_at = text_length(report->observed_at),
                             .answers = verdict->layer_count};
  buffer_append(row, (const char *)&head, sizeof head);
  buffer_add(row, report->id);
  pack_text(row, report->observed_at);
  for (size_t k = 0; k < verdict->layer_count; k++) pack_answer(row, &verdict->layers[rules->layers[k]]);
  if (store->keep == STORE_KEEP_ALL) {
    head.evidence = pack_evidence(row, rules, verdict);
    head.facts = store_pack_short(store, row, report->facts);
  }
  if (row->failed) return STATUS_MEMORY;
  memcpy(row->text + begin, &head, sizeof head);
  return STATUS_OK;
}

/* --- writing --- */

/* The next `size` bytes of a row. */
static const char *take(const char **at, size_t size) {
  const char *bytes = *at;
  *at += size;
  return bytes;
}

static void bind_text(sqlite3_stmt *row, int place, const char **at, size_t length) {
  if (length == NO_TEXT)
    sqlite3_bind_null(row, place);
  else
    sqlite3_bind_text64(row, place, take(at, length), length, SQLITE_STATIC, SQLITE_UTF8);
}

static int run(struct store *store, sqlite3_stmt *row, const char *doing) {
  int code = sqlite3_step(row);
  sqlite3_reset(row);
  return code == SQLITE_DONE ? STATUS_OK : store_fail(store, doing);
}

/* Binds one row from `place` on. */
typedef void bind_fn(sqlite3_stmt *row, int place, const char **at);

static void bind_answer(sqlite3_stmt *row, int place, const char **at) {
  struct packed_answer answer;
  memcpy(&answer, take(at, sizeof answer), sizeof answer);
  sqlite3_bind_text(row, place, answer.layer, -1, SQLITE_STATIC);
  sqlite3_bind_text(row, place + 1, answer.id, -1, SQLITE_STATIC);
  sqlite3_bind_double(row, place + 2, answer.probability);
  sqlite3_bind_double(row, place + 3, answer.log_odds);
  sqlite3_bind_text(row, place + 4, answer.second, -1, SQLITE_STATIC);
  if (answer.second)
    sqlite3_bind_double(row, place + 5, answer.second_probability);
  else
    sqlite3_bind_null(row, place + 5);
}

static void bind_evidence(sqlite3_stmt *row, int place, const char **at) {
  struct packed_evidence evidence;
  memcpy(&evidence, take(at, sizeof evidence), sizeof evidence);
  sqlite3_bind_int64(row, place, evidence.signal);
  sqlite3_bind_int(row, place + 1, evidence.holds);
  sqlite3_bind_double(row, place + 2, evidence.bits);
  bind_text(row, place + 3, at, evidence.fact);
  bind_text(row, place + 4, at, evidence.value);
}

static const struct {
  bind_fn *bind;
  int values; /* of one row */
  const char *doing;
} kinds[STORE_INSERTS] = {
    [STORE_INSERT_VERDICT] = {bind_answer, 6, "writing a verdict"}, [STORE_INSERT_EVIDENCE] = {bind_evidence, 5, "writing evidence"}};

static int put_rows(struct store *store, enum store_insert kind, int64_t number, size_t count, const char **at) {
  int status = STATUS_OK;
  while (count && !status) {
    size_t rows = count < STORE_ROWS ? count : STORE_ROWS;
    sqlite3_stmt *row = store_insert(store, kind, rows);
    if (!row) return STATUS_STORE_USE;
    sqlite3_bind_int64(row, 1, store_rules(store)->number);
    sqlite3_bind_int64(row, 2, number);
    for (size_t i = 0; i < rows; i++) kinds[kind].bind(row, 3 + (int)i * kinds[kind].values, at);
    status = run(store, row, kinds[kind].doing);
    count -= rows;
  }
  return status;
}

static int put_verdict(struct store *store, int64_t number, const struct packed_head *head, const char **at) {
  int status = put_rows(store, STORE_INSERT_VERDICT, number, head->answers, at);
  return status ? status : put_rows(store, STORE_INSERT_EVIDENCE, number, head->evidence, at);
}

static int put_report(struct store *store, const struct packed_head *head, const char *names) {
  sqlite3_stmt *row = store_statement(store, STORE_INSERT_REPORT);
  if (!row) return STATUS_STORE_USE;
  bind_text(row, 1, &names, head->id);
  bind_text(row, 2, &names, head->observed_at);
  sqlite3_bind_text(row, 3, store->now, -1, SQLITE_STATIC);
  sqlite3_bind_int64(row, 4, (sqlite3_int64)head->content.hashes[0]);
  sqlite3_bind_int64(row, 5, (sqlite3_int64)head->content.hashes[1]);
  return run(store, row, "writing a report");
}

/* One text about a report. */
static int put_text(struct store *store, enum store_statement which, int64_t number, const char *text, size_t length) {
  sqlite3_stmt *row = store_statement(store, which);
  if (!row) return STATUS_STORE_USE;
  sqlite3_bind_int64(row, 1, number);
  sqlite3_bind_text64(row, 2, text, length, SQLITE_STATIC, SQLITE_UTF8);
  return run(store, row, "writing what a report says");
}

static int end_record(struct store *store, const struct packed_head *head, int status) {
  store->batch_reports++;
  store->batch_bytes += store->keep == STORE_KEEP_ALL ? head->content.length : 0;
  bool full = store->batch_reports >= STORE_BATCH_REPORTS || store->batch_bytes >= STORE_BATCH_BYTES;
  return !status && full ? store_commit(store) : status;
}

/* Takes the head of a record, and its names. */
static const char *take_head(struct packed_head *head, const char **at) {
  memcpy(head, take(at, sizeof *head), sizeof *head);
  return take(at, head->id + (head->observed_at == NO_TEXT ? 0 : head->observed_at));
}

int store_put(struct store *store, const char *row, bool *added) {
  assert(store && row && added);
  struct packed_head head;
  const char *at = row, *names = take_head(&head, &at);
  int64_t number = 0;
  bool whole = false;
  int status = store_begin(store);
  if (!status) status = find(store, &head.content, &number, &whole);
  *added = !status && !whole;
  if (status || whole) return status;
  if (!number) {
    status = put_report(store, &head, names);
    number = sqlite3_last_insert_rowid(store->db);
  }
  if (!status) status = put_verdict(store, number, &head, &at);
  if (!status && store->keep == STORE_KEEP_ALL) {
    status = put_text(store, STORE_INSERT_BODY, number, head.content.text, head.content.length);
    if (!status) status = put_text(store, STORE_INSERT_SHORT, number, at, head.facts);
  }
  if (!status) store->batch_added++;
  return end_record(store, &head, status);
}

int store_put_verdict(struct store *store, int64_t number, const char *row) {
  assert(store && store->coming.base && row);
  struct packed_head head;
  const char *at = row;
  take_head(&head, &at);
  int status = store_begin(store);
  if (!status) status = put_verdict(store, number, &head, &at);
  return end_record(store, &head, status);
}
