/* What the peers share: lines of a file, rules by the row, the values that a path names, and the closing line.
 *
 * Knows the rows that rulesets.py writes and the paths they use. Must not know any engine. The peers are measured against
 * hostprint, so what is here is as cheap as it can be: that is their advantage. */
#ifndef HP_BENCH_PEER_H
#define HP_BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <yyjson.h>

#include "engine/mem.h"

struct peer_line {
  char *text; /* valid until the next; the byte behind it may be written */
  size_t length;
};

/* The lines of a file through a buffer of a mebibyte. NULL when it cannot be read, which is told. Owned: peer_close. */
struct peer_lines *peer_open(const char *file);
bool peer_next(struct peer_lines *lines, struct peer_line *line);
void peer_close(struct peer_lines *lines);

/* The whole of a file, NUL-terminated, in the arena; NULL when it cannot be read, which is told. */
char *peer_text(struct arena *arena, const char *file);

enum peer_operator { PEER_EQUALS, PEER_IN, PEER_PREFIX, PEER_REGEX, PEER_RANGE, PEER_OPERATORS };
#define PEER_ARGUMENTS 3

struct peer_rule {
  size_t thing;
  const char *name; /* of the thing */
  enum peer_operator operator;
  const char *path;
  const char *arguments[PEER_ARGUMENTS];
  size_t lengths[PEER_ARGUMENTS];
  size_t argument_count;
  double low, high; /* of a range, both within */
};

struct peer_rules {
  struct arena *arena;
  struct peer_rule *rules;
  size_t count, thing_count;
};

/* 0, or -1 when the file cannot be read or is no such file, which is told. Owned: arena_free(rules->arena). */
int peer_rules_read(const char *file, struct peer_rules *rules);
/* The distinct paths of the rules; their number in *count. Lives in the arena. */
const char **peer_paths(const struct peer_rules *rules, size_t *count);

/* What a path finds: nothing was looked for, or it was and gave so many values (perhaps none). */
enum peer_found { PEER_MISSING, PEER_LOOKED, PEER_TAKEN };
/* Gives `take` every value that the path names below "facts" until it returns true; PEER_TAKEN if it did. A name of a map is
 * given as the yyjson_val of the key. */
typedef bool peer_take(void *context, yyjson_val *value);
enum peer_found peer_walk(yyjson_val *facts, const char *path, peer_take *take, void *context);

/* CPU time of this process. */
double peer_seconds(void);
/* The closing line that measure.py reads. */
void peer_end(size_t reports, double seconds, size_t hits);

#endif
