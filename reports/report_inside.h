/* The inside of reading a report: what report_read.c, which knows where facts stand, shares with report_values.c, which
 * knows how their values are written. Nothing else includes this. */
#ifndef HP_REPORT_INSIDE_H
#define HP_REPORT_INSIDE_H

#include "json_inside.h"
#include "report.h"
#include "report_index.h"

/* A member of a map that stood under a dotted key of its own. */
struct loose_member {
  size_t fact;
  const char *name;
  const struct json *at;
  struct value value;
};

struct report_reader {
  const struct fact_catalog *catalog;
  struct arena *kept;   /* what lives as long as the reader: the index */
  struct arena *arena;  /* the report and all that it holds */
  struct index *index;
  struct json_document *document;
  struct report *report;
  struct diag_list *diags;
  const char *part;     /* field or member that is being read, for messages; NULL: the whole */
  size_t depth;         /* lists and objects around what is being read */
  size_t objects;       /* read so far: their numbers */
  struct value *values; /* room for `values_left` more */
  size_t values_left;
  bool partial;         /* some fact is marked so */
  struct buffer path;   /* of what is being read, where the index does not know it */
  struct loose_member *loose;
  size_t loose_count, loose_capacity, ignored_capacity;
};

#define FAIL(reader, at, code, ...) json_fail((reader)->document, at, (reader)->diags, code, __VA_ARGS__)

int fail_type(struct report_reader *reader, const struct json *json, const char *what, const char *expected);
/* For what is no sound JSON: tells what is wrong with the document. Never 0. */
int refuse(struct report_reader *reader);
/* 0, or as refuse. `depth` lists and objects stand around it. */
int need_sound(struct report_reader *reader, const struct json *json, size_t depth);

/* Each reads one value, checking it for what the document was not checked for: `json` into *value, by the type of the fact;
 * a member of a map or of paths, which stays as it is where null stands. Texts stay where json_parse put them. */
int read_fact_value(struct report_reader *reader, size_t fact, const struct json *json, struct value *value);
int read_member_value(struct report_reader *reader, const struct fact_def *def, const char *name, const struct json *json, struct value *value);

#endif
