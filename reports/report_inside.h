/* The inside of reading a report: what report_read.c, which knows where facts stand, shares with report_values.c, which
 * knows how their values are written. Nothing else includes this. */
#ifndef HP_REPORT_INSIDE_H
#define HP_REPORT_INSIDE_H

#include "json_inside.h"
#include "report.h"
#include "report_names.h"

/* A member of a map that stood under a dotted key of its own. */
struct loose_member {
  size_t fact;
  const char *name;
  const struct json *at;
  struct value value;
};

struct report_reader {
  const struct fact_catalog *catalog;
  struct arena *kept;  /* what lives as long as the reader */
  struct arena *arena; /* what the report holds */
  struct names *names;
  struct json_document *document;
  struct report *report;
  struct fact *facts; /* of the report */
  struct diag_list *diags;
  const char *part;     /* field or member that is being read, for messages; NULL: the whole */
  size_t depth;         /* lists and objects around what is being read */
  size_t objects;       /* read so far: their numbers */
  struct value *values; /* room for `values_left` more */
  size_t values_left;
  bool partial; /* some fact is marked so */
  struct loose_member *loose;
  size_t loose_count, loose_capacity, ignored_capacity;
};

#define FAIL(reader, at, code, ...) json_fail((reader)->document, at, (reader)->diags, code, __VA_ARGS__)

int fail_type(struct report_reader *reader, const struct json *json, const char *what, const char *expected);
/* For what is no sound JSON: tells what is wrong with the document. Never 0. */
int refuse(struct report_reader *reader);
/* 0, or as refuse. `depth` lists and objects stand around it. */
int need_sound(struct report_reader *reader, const struct json *json, size_t depth);

/* A number, true, false or null, or a list of such: nothing to be checked in it, where that is not too deep. */
static inline bool json_is_harmless(const struct json *json) {
  if (!json_is_container(json)) return !json_is_text(json);
  if (!json_is_list(json)) return false;
  for (const struct json *at = json + 1, *end = json_after(json); at < end; at++)
    if (json_type(at) >= YYJSON_TYPE_STR) return false;
  return true;
}

/* need_sound of what the catalogue does not know, which stands no deeper than what it knows. */
static inline int check_unknown(struct report_reader *reader, const struct json *json, size_t depth) {
  return json_is_harmless(json) ? 0 : need_sound(reader, json, depth);
}

/* Each reads one value, checking it for what the document was not checked for: `json` into *value, by the type of the fact;
 * a member of a map or of paths, which stays as it is where null stands. Texts stay where json_parse put them. */
int read_fact_value(struct report_reader *reader, const struct fact_def *def, const struct json *json, struct value *value);
int read_member_value(struct report_reader *reader, const struct fact_def *def, const char *name, const struct json *json, struct value *value);

#endif
