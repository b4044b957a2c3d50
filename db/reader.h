/* What the readers of rule files share: the file at hand, complaints, tables of keys, and small values.
 *
 * Inside db/ only. A reader goes on after a complaint, so that one run tells every mistake; reader->code keeps the first. */
#ifndef HP_DB_READER_H
#define HP_DB_READER_H

#include "rules.h"

struct reader {
  struct rules *rules;
  struct diag_list *diags;
  const char *file;
  const char *rule; /* "platform/example", or NULL */
  int code;         /* the first error, or 0 */
};

/* Adds an error at `node` (NULL: the whole file). `hint` NULL: the code's own. */
void reader_complain(struct reader *reader, const struct yaml_node *node, int code, const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* A hint that names the candidate nearest to `word`; NULL when none is near. */
const char *reader_near(struct reader *reader, const char *word, const char *const *candidates, size_t count);
/* Zeroed memory of the rules; NULL, and reader->code set, when there is none. */
void *reader_take(struct reader *reader, size_t count, size_t size);

enum key_need { KEY_OPTIONAL, KEY_REQUIRED };
struct reader_key {
  const char *name;
  enum key_need need;
  enum yaml_kind kind;
};
/* Sorts the members of a map into values[] by the table of its keys; unknown, missing and wrong ones are complained of and
 * left NULL. False where `node` is no map. */
bool reader_keys(struct reader *reader, const struct yaml_node *node, const struct reader_key *keys, size_t count, const struct yaml_node **values);

/* False, with a complaint, where a node is not of this kind. */
bool reader_expect(struct reader *reader, const struct yaml_node *node, enum yaml_kind kind, const char *what);
/* True for an empty value, ~ and null. */
bool reader_is_null(const struct yaml_node *node);
/* The text of a node that must not be empty; NULL after a complaint. A NULL node gives NULL. */
const char *reader_text(struct reader *reader, const struct yaml_node *node, const char *what);
/* As reader_text for an id; `words` allows underscores too. */
const char *reader_id(struct reader *reader, const struct yaml_node *node, bool words);
/* Decimal numbers only. */
bool reader_number(const struct yaml_node *node, double *number);
bool reader_boolean(struct reader *reader, const struct yaml_node *node, bool *boolean);
/* A likelihood word or a number from 0 to 1. */
bool reader_likelihood(struct reader *reader, const struct yaml_node *node, double *probability);
/* Days since 1970-01-01 of YYYY-MM-DD; false where it is no date. */
bool reader_date(const char *text, long *day);

/* The fact that a path names, and the member of it; FACT_NONE after a complaint. */
size_t reader_fact(struct reader *reader, const struct yaml_node *at, const char *path, const char **key);

/* when.c: a condition and its text on one line; NULL after a complaint. */
const struct rule_node *reader_condition(struct reader *reader, const struct yaml_node *node);
/* The condition in words. */
int condition_text(const struct fact_catalog *catalog, const struct rule_node *node, struct buffer *out);
/* True where it asks for nothing but the environment. */
bool condition_is_env_only(const struct fact_catalog *catalog, const struct rule_node *node);

/* example.c: the facts of an example as a report in JSON; NULL after a complaint. */
const char *reader_example_facts(struct reader *reader, const struct yaml_node *facts, const char *report_id);

/* thing.c: one rule file's tree. */
void reader_thing(struct reader *reader, const struct yaml_node *root, struct rules_thing *thing, const char *expected_id);
/* model.c: model.yaml. */
void reader_model(struct reader *reader, const struct yaml_node *root);
/* link.c: references between files. */
void reader_link(struct reader *reader);

#endif
