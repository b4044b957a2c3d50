/* See records.h. */
#include "records.h"

#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include "../../collectors/catalog.h"
#include "../../collectors/os.h"
#include "../../reports/walk.h"

#define ALONE_BYTES ((size_t)4 << 20) /* a chunk that one long record made so large has no company */
#define KEPT_BYTES ((size_t)4 << 20)  /* of a slot's texts; more is given back */

/* --- workers --- */

static int new_worker(struct records_worker *worker, size_t number, const struct rule_base *base) {
  *worker = (struct records_worker){.number = number, .reader = report_reader_new(&catalog), .judge = judge_new(base), .words = arena_new()};
  worker->diags.arena = worker->words;
  if (worker->judge) judge_expect_many(worker->judge);
  return worker->reader && worker->judge && worker->words ? 0 : STATUS_MEMORY;
}

static void free_worker(struct records_worker *worker) {
  report_reader_free(worker->reader);
  judge_free(worker->judge);
  mem_free(worker->diags.items);
  arena_free(worker->words);
  buffer_free(&worker->id);
}

int records_read(struct records_worker *worker, const struct input_record *record, struct report **report) {
  assert(worker && record && report);
  if (record->status) return record->why ? diag_add(&worker->diags, *record->why) : record->status;
  const char *id = input_id(record, &worker->id);
  if (!id) return STATUS_MEMORY;
  return report_reader_read(worker->reader, record->text, record->length, record->file, record->line, id, &worker->diags, report);
}

/* Says what is wrong with the worker's record; gives the exit code. */
static int complain(struct records_worker *worker, struct records_slot *slot, int status) {
  if (!worker->diags.count) diag_add(&worker->diags, (struct diag){.code = status});
  diag_sort(&worker->diags);
  for (size_t i = 0; i < worker->diags.count; i++) diag_print(&worker->diags.items[i], &slot->talk);
  int code = diag_exit(&worker->diags);
  worker->diags.count = worker->diags.errors = 0;
  arena_reset(worker->words);
  return code ? code : (int)status_info(status)->exit;
}

/* True where the run ends whatever the user wants: memory, or a work DB. */
static bool is_end(int status) { return status == STATUS_MEMORY || status_info(status)->exit == EXIT_DB; }

/* --- slots --- */

static void free_slot(struct records_slot *slot) {
  input_chunk_free(&slot->chunk);
  mem_free(slot->outcomes);
  buffer_free(&slot->out);
  buffer_free(&slot->rows);
  buffer_free(&slot->talk);
}

static void recycle(struct buffer *text) {
  if (text->capacity > KEPT_BYTES) buffer_free(text);
  buffer_clear(text);
}

static int fill(void *context, size_t index) {
  const struct records *records = context;
  struct input_chunk *chunk = &records->slots[index].chunk;
  int status = os_caught() ? INPUT_END : input_fill(records->input, chunk);
  if (status == INPUT_END || status == INPUT_INTERRUPTED) return PIPELINE_END;
  if (!status) return chunk->length > ALONE_BYTES ? PIPELINE_ALONE : 0;
  diag_add(records->cli->diags, (struct diag){.code = status});
  return (int)status_info(status)->exit;
}

static void work(void *context, size_t number, size_t index) {
  const struct records *records = context;
  struct records_worker *worker = &records->workers[number];
  struct records_slot *slot = &records->slots[index];
  slot->worked = 0;
  slot->ends = mem_grow(&slot->outcomes, &slot->capacity, slot->chunk.count, sizeof *slot->outcomes) ? EXIT_INTERNAL : 0;
  while (!slot->ends && slot->worked < slot->chunk.count) {
    struct record_outcome outcome = {.row = slot->rows.length};
    int status = records->handle(records->context, worker, &slot->chunk.records[slot->worked], slot, &outcome);
    if (status) outcome.bad = complain(worker, slot, status);
    if (status && (records->strict || is_end(status))) slot->ends = outcome.bad;
    if (!slot->ends) slot->outcomes[slot->worked++] = outcome;
  }
}

static int deliver(void *context, size_t index) {
  struct records *records = context;
  struct records_slot *slot = &records->slots[index];
  bool whole = !slot->out.failed && !slot->rows.failed && !slot->talk.failed;
  if (slot->talk.length) {
    progress_clear(&records->progress);
    fwrite(slot->talk.text, 1, slot->talk.length, stderr);
  }
  int code = whole ? records->deliver(records->context, slot) : EXIT_INTERNAL;
  recycle(&slot->out);
  recycle(&slot->rows);
  recycle(&slot->talk);
  return code ? code : slot->ends;
}

/* --- the run --- */

int records_open(struct records *records) {
  assert(records);
  input_close(records->input);
  records->input = input_open(&catalog, records->paths, records->path_count);
  return records->input ? 0 : STATUS_MEMORY;
}

int records_start(struct records *records, const struct rule_base *base) {
  assert(records && base && records->jobs && records->pace.records && records->handle && records->deliver);
  struct arena *arena = records->cli->arena;
  size_t slots = pipeline_slots(records->jobs);
  int status = 0;
  records->slots = arena_take_array(arena, slots, sizeof *records->slots);
  records->workers = arena_take_array(arena, records->jobs, sizeof *records->workers);
  if (!records->slots || !records->workers) return STATUS_MEMORY;
  for (size_t i = 0; i < slots && !status; i++) status = input_chunk_new(&records->slots[i].chunk, records->pace.bytes, records->pace.records);
  for (size_t i = 0; i < records->jobs && !status; i++) status = new_worker(&records->workers[i], i, base);
  return status;
}

void records_stop(struct records *records) {
  assert(records);
  for (size_t i = 0; records->workers && i < records->jobs; i++) free_worker(&records->workers[i]);
  for (size_t i = 0; records->slots && i < pipeline_slots(records->jobs); i++) free_slot(&records->slots[i]);
  input_close(records->input);
}

int records_run(struct records *records, bool answer_on_terminal, uint64_t judged, uint64_t taken) {
  assert(records && records->input);
  uint64_t total = 0;
  if (isatty(STDERR_FILENO)) walk_measure(records->paths, records->path_count, &total);
  progress_begin(&records->progress, answer_on_terminal, total, judged, taken);
  const struct pipeline pipeline = {.jobs = records->jobs, .context = records, .fill = fill, .work = work, .put = deliver};
  int code = pipeline_run(&pipeline);
  progress_clear(&records->progress);
  return code;
}
