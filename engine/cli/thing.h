/* Finding what users name: ID, or LAYER/ID. */
#ifndef HP_THING_H
#define HP_THING_H

#include "cli.h"

/* The thing called so, of the first layer that has it; NULL after a usage error with the nearest name was told. */
const struct rule_thing *cli_thing(const struct cli *cli, const struct rule_base *base, const char *wanted);

#endif
