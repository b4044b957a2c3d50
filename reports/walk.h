/* The files that the caller's paths lead to: files, what lies in directories, standard input, in a fixed order.
 *
 * Knows directories and what files are called; must not know what a file holds. */
#ifndef HP_WALK_H
#define HP_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "../engine/status.h"

#define WALK_END (-1) /* nothing is left; no status code has this value */

struct walk;

/* Walks these paths, which are borrowed: see input_open. With `any_file` every name but hidden ones is taken in a directory, and a captured
 * machine is a directory like others. NULL when memory is out. Owned: walk_free, which takes NULL too. */
struct walk *walk_new(const char *const *paths, size_t count, bool any_file);
void walk_free(struct walk *walk);
/* The next file: 0 and its *path, which is the walk's until the next call; WALK_END; or a status code with its reason in `diags` ("cannot be
 * listed", "nothing in it"...), after which the next call goes on. *argument is the number of the caller's path that led here. */
int walk_next(struct walk *walk, const char **path, size_t *argument, struct diag_list *diags);

/* True for a name that says one record a line, packed or not. */
bool walk_has_lines(const char *path);
/* "NAME" of a path ".../NAME.json.gz": where it begins, and its length in *length. "stdin" for "-". */
const char *walk_stem(const char *path, size_t *length);
/* Bytes of all the files together. False where that cannot be told: standard input, what is no regular file, or too many to count. */
bool walk_measure(const char *const *paths, size_t count, uint64_t *bytes);

#endif
