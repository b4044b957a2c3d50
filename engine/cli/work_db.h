/* Work DBs that commands store into: the options that go with one, and opening it. Must not know what is stored. */
#ifndef HP_WORK_DB_H
#define HP_WORK_DB_H

#include "../../db/store.h"
#include "cli.h"

#define CLI_KEEP_OPTION \
  { .name = "keep", .argument = "WHAT", .help = "all (default), or verdicts: nothing but those, and which report each is of" }

/* Reads --keep. False after a usage error was told. */
bool work_db_keep(struct cli *cli, enum store_keep *keep);
/* Opens the work DB at `path`, or makes it from the evidence DB of --db, or where that is found; the rules in it must be those of --db where
 * that is given. 0 and *store owned by the caller, or a status code; *store is then NULL or owned all the same. */
int work_db_open(struct cli *cli, const char *path, enum store_keep keep, struct store **store);

#endif
