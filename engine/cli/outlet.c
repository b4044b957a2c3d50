/* See outlet.h. */
#include "outlet.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../../collectors/os.h"

#define STEP_MS 100   /* between two notes... */
#define COST_SHARE 20 /* ...but no more of the time than one part in so many */

static int refuse(struct cli *cli, const char *path, const char *why) { return diag_format(cli->diags, STATUS_RESUME, path, 0, 0, "%s", why); }

/* What is read must not be what is written. */
static int check_arguments(struct cli *cli, const char *path, const struct os_file *output) {
  struct os_file file;
  for (size_t i = 0; i < cli->argument_count; i++)
    if (output->regular && os_file(cli->arguments[i], &file) == 0 && file.inode == output->inode && file.device == output->device)
      return diag_format(cli->diags, STATUS_IO, path, 0, 0, "it is also what is to be read");
  return 0;
}

/* Before anything is touched: what there is to go on with. */
static int look_up(const struct outlet *outlet, struct cli *cli, const struct os_file *file, struct resume *from) {
  int status = resume_read(outlet->sidecar, outlet->run, from, cli->diags);
  if (status == RESUME_NONE && file->size)
    return diag_format(cli->diags, STATUS_RESUME, outlet->path, 0, 0,
                       "there is no %s: the run that wrote it came to its end, or it is of another program", outlet->sidecar);
  if (status) return status == RESUME_NONE ? 0 : status;
  if (file->size >= from->length) return 0;
  return diag_format(cli->diags, STATUS_RESUME, outlet->path, 0, 0, "it has %" PRIu64 " bytes, and %s counts %" PRIu64, file->size, outlet->sidecar,
                     from->length);
}

static int open_file(struct outlet *outlet, struct cli *cli, bool resume, struct resume *from) {
  struct os_file file = {0};
  int status = 0;
  bool there = os_file(outlet->path, &file) == 0;
  if (there) status = check_arguments(cli, outlet->path, &file);
  if (!status && resume && there && !file.regular) status = refuse(cli, outlet->path, "it is no regular file, and keeps nothing");
  if (!status && resume && !there) status = look_up(outlet, cli, &file, from);
  if (status) return status;
  outlet->output = os_output_open(outlet->path);
  if (!outlet->output)
    return diag_format(cli->diags, STATUS_IO, outlet->path, 0, 0, "cannot be written: %s", errno == EBUSY ? "another run is at it" : strerror(errno));
  if (!os_output_is_file(outlet->output, &file)) outlet->sidecar = NULL;
  outlet->device = file.device;
  outlet->inode = file.inode;
  return resume && outlet->sidecar ? look_up(outlet, cli, &file, from) : 0;
}

int outlet_open(struct outlet *outlet, struct cli *cli, const struct resume_run *run, bool resume, struct resume *from) {
  assert(outlet && cli && run && from);
  *outlet = (struct outlet){.path = cli_output(cli), .run = run};
  *from = (struct resume){0};
  if (outlet->path) {
    outlet->sidecar = arena_format(cli->arena, "%s.resume", outlet->path);
    return outlet->sidecar ? open_file(outlet, cli, resume, from) : STATUS_MEMORY;
  }
  outlet->output = os_output_open(NULL);
  return outlet->output ? 0 : diag_format(cli->diags, STATUS_IO, NULL, 0, 0, "standard output: %s", strerror(errno));
}

/* A new run is noted before the file is cut, so that at no moment a file is half written and nothing says so. */
int outlet_begin(struct outlet *outlet, const struct resume *from) {
  assert(outlet && outlet->output && from);
  if (!outlet->sidecar) return 0;
  int error = from->length ? 0 : resume_write(outlet->sidecar, outlet->run, from);
  if (!error) error = os_output_cut(outlet->output, from->length);
  outlet->length = from->length;
  outlet->next = os_ticks() + STEP_MS;
  return error;
}

int outlet_put(struct outlet *outlet, const char *bytes, size_t length) {
  assert(outlet && (bytes || !length));
  int error = length ? os_output_put(outlet->output, bytes, length) : 0;
  if (!error) outlet->length += length;
  return error;
}

/* The bytes are made safe first, then what counts them. */
int outlet_note(struct outlet *outlet, struct resume *at, bool now) {
  assert(outlet && at);
  if (!outlet->sidecar) return 0;
  int64_t begun = os_ticks();
  if (!now && begun < outlet->next) return 0;
  at->length = outlet->length;
  int error = os_output_sync(outlet->output);
  if (!error) error = resume_write(outlet->sidecar, outlet->run, at);
  int64_t ended = os_ticks(), pause = COST_SHARE * (ended - begun);
  outlet->next = ended + (pause > STEP_MS ? pause : STEP_MS);
  return error;
}

int outlet_close(struct outlet *outlet, bool whole) {
  assert(outlet);
  if (!outlet->output) return 0;
  bool ends = whole && outlet->sidecar;
  int error = ends ? os_output_sync(outlet->output) : 0;
  if (ends && !error) error = resume_remove(outlet->sidecar);
  int closed = os_output_close(outlet->output);
  outlet->output = NULL;
  return error ? error : closed;
}
