/* A collected machine and short questions about its facts, for the tests of this folder. */
#ifndef HP_TEST_MACHINE_H
#define HP_TEST_MACHINE_H

#include "collectors/catalog.h"
#include "collectors/collect.h"
#include "folder.h"

static char top[256]; /* the folder of the captured machine that a test builds */
static struct report *machine;
static struct diag_list *complaints;
static int outcome;

static inline void begin(void) { folder_new(top, sizeof top); }

static inline void forget(void) {
  report_free(machine);
  diag_list_free(complaints);
  machine = NULL;
  complaints = NULL;
}

static inline void end(void) {
  forget();
  folder_remove(top);
}

static const char *const asked_paths[] = {"/here", "/not-here", "/broken", "relative", "/.dockerenv"};

/* Collects the folder as a captured machine. */
static inline void capture(void) {
  forget();
  complaints = diag_list_new();
  outcome = collect_capture(top, asked_paths, 4, &catalog, &machine, complaints);
}

static inline void capture_complete(void) {
  put(top, "capture.yaml", "complete: true\n");
  capture();
}

static inline void collect_with(struct collect_options options) {
  forget();
  complaints = diag_list_new();
  machine = report_new(&catalog);
  outcome = collect_machine(&options, machine, complaints);
}

static inline const struct fact *fact(const char *path) {
  static const struct fact none = {.state = FACT_UNKNOWN};
  size_t index = fact_find(&catalog, path, strlen(path));
  PROVE(index != FACT_NONE, path);
  return machine && index != FACT_NONE ? &machine->facts->facts[index] : &none;
}

static inline bool is_state(const char *path, enum fact_state state) { return fact(path)->state == state; }
static inline bool is_unknown(const char *path) { return is_state(path, FACT_UNKNOWN); }
static inline bool is_absent(const char *path) { return is_state(path, FACT_ABSENT); }
static inline bool is_unreadable(const char *path, const char *reason) {
  return is_state(path, FACT_UNREADABLE) && strcmp(fact(path)->reason, reason) == 0;
}

static inline bool is_text(const char *path, const char *text) {
  const struct fact *found = fact(path);
  bool same = found->state == FACT_PRESENT && found->value.kind == VALUE_TEXT && strcmp(found->value.text, text) == 0;
  if (!same)
    fprintf(stderr, "  %s: state %d, %s, expected %s\n", path, found->state, found->value.kind == VALUE_TEXT ? found->value.text : "no text", text);
  return same;
}

static inline bool is_number(const char *path, int64_t number) {
  const struct fact *found = fact(path);
  bool same = found->state == FACT_PRESENT && found->value.kind == VALUE_INTEGER && found->value.integer == number;
  if (!same) fprintf(stderr, "  %s: state %d, %lld\n", path, found->state, (long long)found->value.integer);
  return same;
}

static inline bool is_boolean(const char *path, bool boolean) {
  const struct fact *found = fact(path);
  return found->state == FACT_PRESENT && found->value.kind == VALUE_BOOLEAN && found->value.boolean == boolean;
}

/* The texts of a list joined by "|". */
static inline const char *joined(const struct value *list) {
  static char text[65536];
  size_t used = 0;
  text[0] = 0;
  for (size_t i = 0; list && list->kind == VALUE_LIST && i < list->count && used < sizeof text; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? "|" : "", list->items[i].text);
  return text;
}

static inline bool is_list(const char *path, const char *texts) {
  const struct fact *found = fact(path);
  bool same = found->state == FACT_PRESENT && strcmp(joined(&found->value), texts) == 0;
  if (!same) fprintf(stderr, "  %s: state %d, %s\n", path, found->state, found->state == FACT_PRESENT ? joined(&found->value) : "");
  return same;
}

static inline size_t count_of(const char *path) { return is_state(path, FACT_PRESENT) ? fact(path)->value.count : 0; }

/* The n-th record's field as text, lists joined, numbers printed; "" when it has none. */
static inline const char *field(const char *path, size_t n, const char *key) {
  static char text[64];
  const struct value *found = n < count_of(path) ? value_member(&fact(path)->value.items[n], key) : NULL;
  if (!found) return "";
  if (found->kind == VALUE_TEXT) return found->text;
  if (found->kind == VALUE_LIST) return joined(found);
  snprintf(text, sizeof text, "%lld", found->kind == VALUE_BOOLEAN ? (long long)found->boolean : (long long)found->integer);
  return text;
}

static inline bool field_is(const char *path, size_t n, const char *key, const char *want) {
  bool same = strcmp(field(path, n, key), want) == 0;
  if (!same) fprintf(stderr, "  %s[%zu].%s: %s, expected %s\n", path, n, key, field(path, n, key), want);
  return same;
}

static inline bool member_is(const char *path, const char *key, const char *want) {
  const struct value *found = is_state(path, FACT_PRESENT) ? value_member(&fact(path)->value, key) : NULL;
  return want ? found && strcmp(found->text, want) == 0 : !found;
}

static inline bool complained(const char *part) {
  for (size_t i = 0; complaints && i < complaints->count; i++)
    if (strstr(complaints->items[i].message, part)) return true;
  for (size_t i = 0; complaints && i < complaints->count; i++) fprintf(stderr, "  said: %s\n", complaints->items[i].message);
  return false;
}

#endif
