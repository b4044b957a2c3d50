/* See pipeline.h. */
#include "pipeline.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>

#include "../../collectors/os.h"

/* Slots go round: the n-th that is filled is slot n % slots. Counts only grow: delivered <= claimed <= filled. */
struct line {
  const struct pipeline *pipeline;
  size_t slots;
  pthread_mutex_t lock;
  pthread_cond_t filled_more, delivered_more;
  size_t filled, claimed, delivered;
  bool *worked; /* for each slot: it waits to be put out */
  bool putting; /* a worker is at it */
  bool ended;   /* nothing more is filled */
  int code;     /* of put; nothing more is worked on */
};

struct worker {
  struct line *line;
  size_t number;
  pthread_t thread;
};

size_t pipeline_slots(size_t jobs) {
  assert(jobs && jobs <= PIPELINE_JOBS);
  return jobs == 1 ? 1 : 2 * jobs + 2;
}

/* Puts out what is next and worked on, for as long as there is any. The lock is held on entry and on return, not between. */
static void put_ready(struct line *line) {
  if (line->putting) return;
  line->putting = true;
  while (!line->code && line->worked[line->delivered % line->slots]) {
    size_t slot = line->delivered % line->slots;
    pthread_mutex_unlock(&line->lock);
    int code = line->pipeline->put(line->pipeline->context, slot);
    pthread_mutex_lock(&line->lock);
    line->worked[slot] = false;
    line->delivered++;
    line->code = code;
    pthread_cond_broadcast(&line->delivered_more);
    if (code) pthread_cond_broadcast(&line->filled_more);
  }
  line->putting = false;
}

static void *work(void *context) {
  const struct worker *worker = context;
  struct line *line = worker->line;
  pthread_mutex_lock(&line->lock);
  for (;;) {
    while (line->claimed == line->filled && !line->ended && !line->code) pthread_cond_wait(&line->filled_more, &line->lock);
    if (line->claimed == line->filled || line->code) break;
    size_t slot = line->claimed++ % line->slots;
    pthread_mutex_unlock(&line->lock);
    line->pipeline->work(line->pipeline->context, worker->number, slot);
    pthread_mutex_lock(&line->lock);
    line->worked[slot] = true;
    put_ready(line);
  }
  pthread_mutex_unlock(&line->lock);
  return NULL;
}

/* Waits until at most `most` slots are on their way. False where a code ended the run. */
static bool wait_for_room(struct line *line, size_t most) {
  pthread_mutex_lock(&line->lock);
  while (line->filled - line->delivered > most && !line->code) pthread_cond_wait(&line->delivered_more, &line->lock);
  bool goes_on = !line->code;
  pthread_mutex_unlock(&line->lock);
  return goes_on;
}

static void hand_over(struct line *line, bool end) {
  pthread_mutex_lock(&line->lock);
  line->filled += !end;
  line->ended = end;
  if (end)
    pthread_cond_broadcast(&line->filled_more);
  else
    pthread_cond_signal(&line->filled_more);
  pthread_mutex_unlock(&line->lock);
}

static int fill_all(struct line *line) {
  const struct pipeline *pipeline = line->pipeline;
  int code = 0;
  size_t most = line->slots - 1;
  while (!code && wait_for_room(line, most)) {
    code = pipeline->fill(pipeline->context, line->filled % line->slots);
    bool alone = code == PIPELINE_ALONE;
    most = alone ? 0 : line->slots - 1;
    if (alone && !wait_for_room(line, 0)) break;
    if (alone) code = 0;
    if (!code) hand_over(line, false);
  }
  hand_over(line, true);
  return code == PIPELINE_END ? 0 : code;
}

/* As many threads as can be had; without one the caller's thread does everything. */
static int run_threads(struct line *line, struct worker *workers) {
  size_t started = 0;
  os_hold(true); /* signals are for the thread that fills */
  while (started < line->pipeline->jobs) {
    struct worker *worker = &workers[started];
    *worker = (struct worker){.line = line, .number = started};
    if (pthread_create(&worker->thread, NULL, work, worker)) break;
    started++;
  }
  os_hold(false);
  if (!started) return PIPELINE_END;
  int code = fill_all(line);
  while (started) pthread_join(workers[--started].thread, NULL);
  return line->code ? line->code : code;
}

static int run_alone(const struct pipeline *pipeline) {
  for (;;) {
    int code = pipeline->fill(pipeline->context, 0);
    if (code && code != PIPELINE_ALONE) return code == PIPELINE_END ? 0 : code;
    pipeline->work(pipeline->context, 0, 0);
    code = pipeline->put(pipeline->context, 0);
    if (code) return code;
  }
}

int pipeline_run(const struct pipeline *pipeline) {
  assert(pipeline && pipeline->jobs && pipeline->jobs <= PIPELINE_JOBS);
  if (pipeline->jobs == 1) return run_alone(pipeline);
  struct worker workers[PIPELINE_JOBS];
  bool worked[2 * PIPELINE_JOBS + 2] = {false};
  struct line line = {.pipeline = pipeline, .slots = pipeline_slots(pipeline->jobs), .worked = worked};
  pthread_mutex_init(&line.lock, NULL);
  pthread_cond_init(&line.filled_more, NULL);
  pthread_cond_init(&line.delivered_more, NULL);
  int code = run_threads(&line, workers);
  pthread_cond_destroy(&line.delivered_more);
  pthread_cond_destroy(&line.filled_more);
  pthread_mutex_destroy(&line.lock);
  return code == PIPELINE_END ? run_alone(pipeline) : code;
}
