/* One YAML file as a tree in which every node knows its line and column.
 *
 * Knows YAML's syntax, the limits below and what is refused: anchors, aliases, tags, directives, tabs, control characters,
 * duplicate keys, keys that are not text, more than one document. Must not know what any key means.
 * A tree lives in the arena that it was read into. */
#ifndef HP_DB_YAML_H
#define HP_DB_YAML_H

#include <stdbool.h>
#include <stdint.h>

#include "../engine/status.h"

/* Each limit is the largest value that is accepted. */
#define YAML_FILE_BYTES ((size_t)1 << 20)
#define YAML_TEXT_BYTES ((size_t)64 << 10) /* one scalar */
#define YAML_DEPTH 32                      /* collections inside each other */
#define YAML_ITEMS ((size_t)4096)          /* members of one collection */

enum yaml_kind { YAML_TEXT, YAML_MAP, YAML_LIST };

/* A rule base has hundreds for each file, all kept: the limits above let 32 bits do, and a node fills 64 bytes. */
struct yaml_node {
  enum yaml_kind kind;
  bool plain;                    /* a text without quotes */
  uint32_t line, column;         /* from 1; columns count characters */
  uint32_t end_line, end_column; /* just after it; of a map or list in braces, after the brace */
  uint32_t length;               /* of the text */
  uint32_t count;                /* members */
  const char *text;              /* YAML_TEXT: UTF-8 without a NUL; "" otherwise */
  const struct yaml_node *key;   /* in a map: the text that this is the value of */
  struct yaml_node *first, *next;
};

/* Reads a file. 0 and *root, or a status code with the reason in `diags`. */
int yaml_read(struct arena *arena, const char *path, struct diag_list *diags, const struct yaml_node **root);
/* The same for a text in memory; `file` is what diagnostics call it. */
int yaml_parse(struct arena *arena, const char *text, size_t length, const char *file, struct diag_list *diags, const struct yaml_node **root);
/* The value of `key` in a map, or NULL. */
const struct yaml_node *yaml_member(const struct yaml_node *map, const char *key);
/* "a text", "a map", "a list" */
const char *yaml_kind_name(enum yaml_kind kind);

#endif
