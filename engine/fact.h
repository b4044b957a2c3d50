/* Facts: typed observations at dotted paths, and the set of them that one report holds.
 *
 * Knows: types, states (present, absent, unreadable, not looked at), partial lists. Must not know: where a fact comes
 * from (collectors/, reports/), what it means (rules/), or any text format.
 *
 * A catalogue is a table of fact_def sorted by path; a fact is named by its index in it. A fact_set borrows its
 * catalogue and owns its values through one arena. */
#ifndef HP_FACT_H
#define HP_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mem.h"

enum fact_type {
  FACT_TEXT,    /* one string */
  FACT_INTEGER, /* one 64-bit integer, in the unit of its definition */
  FACT_REAL,    /* one double, in the unit of its definition */
  FACT_BOOLEAN,
  FACT_TEXTS,   /* a list of strings, order kept */
  FACT_RECORDS, /* a list of objects with the fields of the definition */
  FACT_MAP,     /* name -> string; a name not in it is absent */
  FACT_PATHS,   /* path -> exists; a path not in it was not looked at */
  FACT_TYPES
};

/* Who would have to lie, cheapest first. */
enum forge_cost { FORGE_TENANT, FORGE_ROOT, FORGE_IMAGE, FORGE_VMM, FORGE_NETWORK, FORGE_COSTS };

enum privilege { PRIVILEGE_NONE, PRIVILEGE_ROOT, PRIVILEGE_NETWORK, PRIVILEGE_WRITE, PRIVILEGES };

struct fact_def {
  const char *path;
  enum fact_type type;
  const char *unit;   /* "KiB", "bytes", ... or NULL */
  const char *fields; /* FACT_RECORDS: names in order, one blank between; a suffix tells the type: * texts, # integer, ? boolean */
  const char *how;    /* how it is read, without outside programs */
  enum privilege privilege;
  enum forge_cost forge;
  bool identifies;    /* names this instance: hashed when a report is made to be shared */
  const char *caveat; /* or NULL */
};

struct fact_catalog {
  const struct fact_def *defs; /* sorted by path */
  size_t count;
};

#define FACT_NONE ((size_t)-1)

/* What the tables print: "text", "tenant", "none"... Never NULL. */
const char *fact_type_name(enum fact_type type);
const char *fact_forge_name(enum forge_cost cost);
const char *fact_privilege_name(enum privilege privilege);
/* What somebody of this power could have faked: "what any tenant can set"... Fit for "without ..." and "rests on ...". */
const char *fact_forge_words(enum forge_cost cost);
/* The level called so, or -1. */
int fact_forge_from_name(const char *name);

/* Index of the fact whose path is `path`, or FACT_NONE. */
size_t fact_find(const struct fact_catalog *catalog, const char *path, size_t length);
/* Index of the map or paths fact that `path` reaches into ("env.HOME" -> "env"), the key left in *key; else FACT_NONE. */
size_t fact_find_member(const struct fact_catalog *catalog, const char *path, const char **key);
/* The facts below `path`, those that it is a proper dotted prefix of: first to end - 1; none where the two are equal. */
struct fact_range {
  size_t first, end;
};
struct fact_range fact_below(const struct fact_catalog *catalog, const char *path, size_t length);
/* True where there are some: a domain such as "dmi". */
bool fact_is_domain(const struct fact_catalog *catalog, const char *path, size_t length);
/* Index of the field called `name` in a records fact, its type suffix ('*', '#', '?' or 0) left in *suffix; else FACT_NONE. */
size_t fact_field(const struct fact_def *def, const char *name, char *suffix);

enum value_kind { VALUE_NULL, VALUE_TEXT, VALUE_INTEGER, VALUE_REAL, VALUE_BOOLEAN, VALUE_LIST, VALUE_MAP };

/* One value. Text is NUL-terminated and has no NUL inside. A map has keys[i] beside items[i], sorted by key, no key twice. */
struct value {
  enum value_kind kind;
  union {
    struct {
      const char *text;
      size_t length;
    };
    int64_t integer;
    double real;
    bool boolean;
    struct {
      struct value *items;
      const char **keys; /* VALUE_MAP only */
      size_t count;
    };
  };
};

static inline struct value value_text(const char *text, size_t length) { return (struct value){.kind = VALUE_TEXT, .text = text, .length = length}; }
static inline struct value value_integer(int64_t integer) { return (struct value){.kind = VALUE_INTEGER, .integer = integer}; }
static inline struct value value_boolean(bool boolean) { return (struct value){.kind = VALUE_BOOLEAN, .boolean = boolean}; }
/* Member of a map by name, or NULL. */
const struct value *value_member(const struct value *map, const char *key);
/* True for a value that a collector replaced by a marker: its presence is known, its content is not. */
bool value_is_hidden(const struct value *value);
#define VALUE_HIDDEN "(hidden)"
#define VALUE_HASHED "(hash:"

enum fact_state {
  FACT_UNKNOWN,       /* not looked at */
  FACT_PRESENT,       /* looked, there */
  FACT_ABSENT,        /* looked, not there */
  FACT_UNREADABLE,    /* looked, refused */
  FACT_NOT_APPLICABLE /* cannot exist on this kind of machine: decides nothing, like unknown */
};

struct fact {
  enum fact_state state;
  bool partial; /* a list or map known not to be complete */
  struct value value;
  const char *reason; /* unreadable: why */
};

/* The state that a fact of this type has by its value: a list or map with nothing in it is absent, unless there may be more. */
static inline enum fact_state fact_state_of(const struct fact *fact, enum fact_type type) {
  const struct value *value = &fact->value;
  bool empty = (value->kind == VALUE_LIST || value->kind == VALUE_MAP) && value->count == 0 && type != FACT_PATHS;
  return value->kind == VALUE_NULL || (empty && !fact->partial) ? FACT_ABSENT : FACT_PRESENT;
}

struct fact_set {
  const struct fact_catalog *catalog;
  struct fact *facts;  /* catalog->count of them */
  struct arena *arena; /* owns every value */
};

/* A set in which nothing has been looked at. NULL when memory is out. Owned: fact_set_free. */
struct fact_set *fact_set_new(const struct fact_catalog *catalog);
void fact_set_free(struct fact_set *set);
/* The same in an arena of the caller's, which holds the values then and is what frees it. */
struct fact_set *fact_set_in(struct arena *arena, const struct fact_catalog *catalog);
/* Makes every fact unknown again; the values stay in the arena. */
void fact_set_clear(struct fact_set *set);
/* Setters: the last one wins; values must live in set->arena. */
void fact_set_value(struct fact_set *set, size_t index, struct value value);
void fact_set_absent(struct fact_set *set, size_t index);
/* `reason` is copied. */
void fact_set_unreadable(struct fact_set *set, size_t index, const char *reason);
/* Applies to every fact at or below `path` that is still unknown; `length` is that of path. Returns how many there are. */
size_t fact_set_below(struct fact_set *set, const char *path, size_t length, enum fact_state state, const char *reason);

#endif
