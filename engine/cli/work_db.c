/* See work_db.h. */
#include "work_db.h"

#include <assert.h>
#include <string.h>

#include "../../collectors/catalog.h"
#include "../../db/db.h"

bool work_db_keep(struct cli *cli, enum store_keep *keep) {
  assert(cli && keep);
  static const char *const names[] = {[STORE_KEEP_ALL] = "all", [STORE_KEEP_VERDICTS] = "verdicts"};
  const char *name = cli_value(cli, "keep");
  *keep = STORE_KEEP_ALL;
  if (!name) return true;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) {
      *keep = (enum store_keep)i;
      return true;
    }
  cli_usage(cli, "--keep takes all or verdicts, not %s", name);
  return false;
}

int work_db_open(struct cli *cli, const char *path, enum store_keep keep, struct store **store) {
  assert(cli && path && store);
  const char *given = cli_value(cli, "db");
  struct store_options options = {.path = path, .evidence = db_find(cli->arena, given), .keep = keep, .catalog = &catalog, .diags = cli->diags};
  int status = store_open(options, store);
  return !status && given ? store_check_rules(*store, given) : status;
}
