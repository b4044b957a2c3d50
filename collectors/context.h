/* What every collector is given, and the few ways to state a result. For files of this directory only.
 *
 * Four things are told apart: a value; absent (looked, not there); unreadable (looked, refused, with the reason); and
 * unknown (not looked at), which is what a captured tree that is not complete says of every path it lacks. */
#ifndef HP_COLLECT_CONTEXT_H
#define HP_COLLECT_CONTEXT_H

#include "collect.h"
#include "import.h"
#include "os.h"
#include "slice.h"

enum collect_seen { SEEN_UNASKED, SEEN_THERE, SEEN_NOT };

struct collect {
  const struct collect_options *options;
  struct os_root *root;     /* NULL: a capture without files */
  struct os_root *commands; /* NULL: no saved outputs */
  struct slice environ, dmesg;
  bool environ_given, dmesg_given;
  struct fact_set *facts;
  struct arena *arena; /* that of the facts */
  int64_t deadline;    /* in os_ticks; 0: none */
  bool live;           /* this machine may be asked */
  bool complete;       /* a path that is not there is absent */
  bool failed;         /* memory ran out */
  char **masked;       /* directories and files of /proc and /sys that a mount hides */
  size_t masked_count;
  enum collect_seen sys, proc; /* whether this machine shows them at all, asked once */
};

struct collector {
  const char *name;
  const char *domains[4]; /* what becomes unreadable when the deadline passes first */
  void (*run)(struct collect *);
};

bool collect_late(const struct collect *c);

/* "DIRECTORY/NAME" in the arena; NULL is kept in mind as memory that ran out. */
char *collect_path(struct collect *c, const char *directory, const char *name);
/* A file of the root, its text owned by the arena and NUL-terminated; at most `limit` bytes. 0 or an errno value. */
int collect_read(struct collect *c, const char *path, size_t limit, struct slice *out);
/* The same for the file `name` in a directory. */
int collect_read_in(struct collect *c, const char *directory, const char *name, size_t limit, struct slice *out);
int collect_names(struct collect *c, const char *path, char ***names, size_t *count);
int collect_link(struct collect *c, const char *path, struct slice *out);
/* A saved output; false when there is none. */
bool collect_command(struct collect *c, const char *name, struct slice *out);

/* True where somebody wants this fact, or the field of this records fact: what is dear to find out is left unknown else. */
bool collect_asked(const struct collect *c, const char *fact);
bool collect_asked_field(const struct collect *c, const char *fact, const char *field);

/* Results by path of the fact, which must be in the catalogue. Texts are cut to COLLECT_VALUE_BYTES and made valid UTF-8. */
bool collect_unknown(const struct collect *c, const char *fact);
void collect_text(struct collect *c, const char *fact, struct slice text);
void collect_integer(struct collect *c, const char *fact, int64_t integer);
void collect_boolean(struct collect *c, const char *fact, bool boolean);
/* Absent because a source says so. */
void collect_absent(struct collect *c, const char *fact);
/* Not in a source that was read: absent, unless the capture may have shortened that source. */
void collect_lacks(struct collect *c, const char *fact);
/* True where what is not seen is not there. */
bool collect_is_whole(const struct collect *c);
void collect_refuse(struct collect *c, const char *fact, const char *reason);
void collect_not_applicable(struct collect *c, const char *fact);
/* True where this machine shows processes at all. */
bool collect_sees_processes(struct collect *c);
/* What the failure of a read at `path` says of a fact, or of every fact of a domain that is still unknown. */
void collect_miss(struct collect *c, const char *fact, const char *path, int error);
/* The first line of a file as the text of a fact, or what its absence says; an empty file gives an empty text. */
void collect_text_file(struct collect *c, const char *fact, const char *path);
const struct value *collect_value(const struct collect *c, const char *fact);

/* The text, or NULL, which is kept in mind as memory that ran out. */
char *collect_kept(struct collect *c, char *text);
#define collect_format(c, ...) collect_kept((c), arena_format((c)->arena, __VA_ARGS__))

struct value collect_make_text(struct collect *c, struct slice text, size_t limit);

/* A list that grows. Adding beyond the limit marks it cut. */
struct gather {
  struct value *items;
  size_t count, capacity, limit;
  bool cut;
};
void gather_add(struct collect *c, struct gather *list, struct value item);
void gather_text(struct collect *c, struct gather *list, struct slice text);
/* The same unless it is there already. */
void gather_distinct(struct collect *c, struct gather *list, struct slice text);
/* The list as a value in the arena; frees what it grew in. */
struct value gather_value(struct collect *c, struct gather *list);
/* States the list as a fact: present, or absent when it is empty, partial when it was cut. */
void gather_finish(struct collect *c, const char *fact, struct gather *list);
void gather_words(struct collect *c, struct gather *list, struct slice text);

/* An object being put together; keys are kept in order. Keys are literals; a later field of the same key is ignored. */
struct record {
  const char *keys[12];
  struct value items[12];
  size_t count;
};
void record_add(struct record *record, const char *key, struct value value);
void record_text(struct collect *c, struct record *record, const char *key, struct slice text);
struct value record_value(struct collect *c, const struct record *record);
/* A text member of a record, or an empty slice. */
struct slice record_get(const struct value *record, const char *key);

/* Members of a map in any order; of two with one key the first counts. */
struct pair {
  const char *key;
  struct value value;
  size_t order;
};
void collect_map(struct collect *c, const char *fact, struct pair *pairs, size_t count, bool cut);

/* An argument without what looks secret in it; *hide_next when the next one is the secret. */
struct slice collect_safe_argument(struct collect *c, struct slice argument, bool *hide_next);
/* NUL-separated arguments joined by blanks, without secrets, at most `limit` bytes. */
struct slice collect_safe_command(struct collect *c, struct slice arguments, size_t limit);

/* Lines of the boot log, as gathered; *count 0 when there is none. */
const struct value *collect_log(const struct collect *c, size_t *count);
/* Fills `fact` from what the boot log failed to give. */
void collect_no_log(struct collect *c, const char *fact);

/* A text of the domain dmi; a UUID in lower case. */
void collect_dmi_text(struct collect *c, const char *fact, struct slice text);
/* What dmidecode printed, of any version, also where it was cut short: sets what is still unknown of dmi. */
enum import_found collect_dmidecode(struct collect *c, struct slice text);

/* The text of a field of fixed width, up to its first NUL, blanks trimmed. */
struct slice collect_padded(const char *bytes, size_t length);

void collect_boot_log(struct collect *c);
void collect_kernel(struct collect *c);
void collect_cpu(struct collect *c);
void collect_memory(struct collect *c);
void collect_dmi(struct collect *c);
void collect_acpi(struct collect *c);
void collect_mptable(struct collect *c);
void collect_pci(struct collect *c);
void collect_virtio(struct collect *c);
void collect_mounts(struct collect *c);
void collect_blocks(struct collect *c);
void collect_net(struct collect *c);
void collect_processes(struct collect *c);
void collect_os_release(struct collect *c);
void collect_runtimes(struct collect *c);
void collect_user(struct collect *c);
void collect_env(struct collect *c);
void collect_cgroup(struct collect *c);
void collect_namespaces(struct collect *c);
void collect_security(struct collect *c);
void collect_devices(struct collect *c);
void collect_files(struct collect *c);
void collect_clock(struct collect *c);
void collect_devicetree(struct collect *c);
void collect_hypervisor(struct collect *c);
void collect_sysinfo(struct collect *c);
void collect_network(struct collect *c);
void collect_storage_speed(struct collect *c);

/* Lists of what may have been written down in part prove what is in them, and nothing else. */
void collect_mark_partial(struct collect *c);
/* The table of collectors run over a context that is set up; then what is partial is marked. 0 or STATUS_MEMORY. */
int collect_run(struct collect *c);

#endif
