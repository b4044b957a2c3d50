/* How the names in a report lead to facts: the catalogue as a tree of names, and the fields of its records.
 *
 * Knows paths and field names; must not know values. Made once for a catalogue and asked for every key of every report, so
 * each name remembers which came after it last time: reports of one source have their keys in one order, and most look-ups
 * are one comparison. One reader's own: it learns while it is asked. */
#ifndef HP_REPORT_NAMES_H
#define HP_REPORT_NAMES_H

#include "../engine/fact.h"
#include "json_inside.h"

/* A text prepared to be compared with keys: its first eight bytes (fewer in a shorter one) and its last eight. */
struct word {
  const char *text; /* not NUL-terminated */
  size_t length;
  uint64_t head, mask, tail;
};

struct word word_of(const char *text, size_t length);

/* Any eight bytes from the start of a key can be read: json_inside.h. */
static inline bool word_is(const struct word *word, const struct json *key) {
  const char *text = json_bytes(key);
  size_t length = json_length(key);
  uint64_t head, tail;
  if (length != word->length) return false;
  memcpy(&head, text, sizeof head);
  if ((head & word->mask) != word->head) return false;
  if (length <= sizeof head) return true;
  memcpy(&tail, text + length - sizeof tail, sizeof tail);
  return tail == word->tail && (length <= 2 * sizeof head || memcmp(text, word->text, length) == 0);
}

/* One name below another. */
struct name {
  struct word word;
  const char *path;   /* from the root, `path_length` bytes */
  size_t path_length; /* 0: the root */
  size_t fact;        /* or FACT_NONE: a domain */
  bool is_text;       /* the type of the fact */
  struct fact_range below;
  struct name *first; /* below a domain: the name that came first last time */
  struct name *after; /* the name that came after this one last time, or NULL */
  struct name *next;  /* of the same hash */
  const struct name *above;
  size_t seen; /* number of the object that it was last seen in, for a domain */
};

struct field {
  struct word word;
  const char *text;    /* NUL-terminated */
  char suffix;         /* its type, as in the definition: '*', '#', '?' or 0 */
  unsigned rank;       /* among the names in order */
  struct field *after; /* the field that came after this one last time */
};

/* The keys of all records that have the same fields: bit r of `mask` stands for the field of rank r. */
struct keys {
  uint64_t mask;
  const char **names; /* sorted */
  size_t count;
  struct keys *next;
};

#define RECORD_FIELDS 64
#define SHAPE_MEMBERS 16
#define SHAPES 4 /* of one kind of record: those whose number of members has the same rest have one place */

/* The members of the last record as they stood in the text, with names of at most 16 bytes: the next one is mostly alike. */
struct record_shape {
  struct shape_member {
    struct word word;
    const struct field *field; /* NULL: unknown */
    bool is_text;              /* its type */
    size_t place;              /* among the keys */
  } members[SHAPE_MEMBERS];
  size_t count; /* 0: none is known */
  const struct keys *keys;
};

struct record {
  struct field *fields; /* in order of their names */
  size_t count;
  struct field *first; /* the one that came first last time; NULL: there are none */
  struct keys *keys;   /* the last used stands first */
  size_t keys_count;
  struct record_shape shapes[SHAPES];
};

struct names {
  const struct fact_catalog *catalog;
  struct arena *arena; /* holds all of it */
  struct name root;
  struct name **buckets;
  struct record **records; /* by fact; NULL for other types */
};

/* NULL when memory is out. Lives in `arena`, as do the keys that it gives. */
struct names *names_new(const struct fact_catalog *catalog, struct arena *arena);
/* The name below `above`, or NULL. */
struct name *names_find(const struct names *names, const struct name *above, const char *text, size_t length);
/* The fact or domain at a path, or NULL. */
struct name *names_at(struct names *names, const char *path, size_t length);
struct field *names_field(const struct record *record, const struct json *key);
/* The keys of a record with these fields, which live as long as `arena`, the record's own, or longer. NULL when memory is out. */
const struct keys *names_keys(struct names *names, struct record *record, uint64_t mask, struct arena *arena);
/* Keeps the shape of this record, whose members differ and of which those with a field have these keys. */
static inline const struct record_shape *names_shape(const struct record *record, const struct json *object) {
  return &record->shapes[json_length(object) % SHAPES];
}
void names_remember(struct record *record, const struct json *object, const struct keys *keys);

#endif
