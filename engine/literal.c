/* See literal.h. A sequence needs each of its parts, so that the best part stands for it; of alternatives any may match, so that every
 * one must have its own. */
#include "literal.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define DEPTH_MOST 8 /* of groups */

struct scan {
  const char *at;
  struct arena *arena;
  bool lost;   /* something that is not understood: nothing can be said of the whole pattern */
  bool failed; /* memory is out */
};

static struct literals scan_alternatives(struct scan *scan, int depth);

static size_t shortest(const struct literals *literals) {
  size_t least = literals->count ? strlen(literals->items[0]) : 0;
  for (size_t i = 1; i < literals->count; i++)
    if (strlen(literals->items[i]) < least) least = strlen(literals->items[i]);
  return least;
}

static void take_better(struct literals *best, const struct literals *other) {
  size_t mine = shortest(best), its = shortest(other);
  if (its > mine || (its == mine && other->count < best->count)) *best = *other;
}

/* Offers the run of plain characters that was gathered, and begins a new one. */
static void end_run(struct scan *scan, struct buffer *run, struct literals *best) {
  if (run->length >= LITERAL_SHORTEST) {
    struct literals one = {.items = {arena_text(scan->arena, run->text, run->length)}, .count = 1};
    if (one.items[0])
      take_better(best, &one);
    else
      scan->failed = true;
  }
  buffer_clear(run);
}

/* How often the element before may stand: least times, left in *least. Returns whether there is a quantifier, and moves past it. */
static bool read_quantifier(struct scan *scan, unsigned *least) {
  char sign = *scan->at;
  *least = 1;
  if (sign == '*' || sign == '?' || sign == '+') {
    *least = sign == '+';
    scan->at++;
  } else if (sign == '{') {
    const char *at = scan->at + 1;
    size_t digits = strspn(at, "0123456789");
    *least = digits && strspn(at, "0") < digits;
    at += digits;
    if (*at == ',') at += 1 + strspn(at + 1, "0123456789");
    scan->lost |= *at != '}' || !digits;
    scan->at = *at ? at + 1 : at;
  } else {
    return false;
  }
  if (*scan->at == '?' || *scan->at == '+') scan->at++;
  return true;
}

/* Moves past a class that begins at '['. */
static void skip_class(struct scan *scan) {
  const char *at = scan->at + 1;
  if (*at == '^') at++;
  if (*at == ']') at++;
  while (*at && *at != ']') {
    const char *end = at[0] == '[' && at[1] == ':' ? strstr(at + 2, ":]") : NULL;
    scan->lost |= at[0] == '\\' && (at[1] == 'Q' || at[1] == 'E');
    at = end ? end + 2 : at[0] == '\\' && at[1] ? at + 2 : at + 1;
  }
  scan->lost |= !*at;
  scan->at = *at ? at + 1 : at;
}

/* Moves past a group that begins at '('; what it needs is left in *inner. */
static void scan_group(struct scan *scan, int depth, struct literals *inner) {
  scan->at++;
  if (*scan->at == '?' && scan->at[1] == ':')
    scan->at += 2;
  else if (*scan->at == '?' || *scan->at == '*')
    scan->lost = true;
  if (depth == DEPTH_MOST) scan->lost = true;
  if (!scan->lost) *inner = scan_alternatives(scan, depth + 1);
  scan->lost |= *scan->at != ')';
  if (*scan->at) scan->at++;
}

enum element { ELEMENT_PLAIN, ELEMENT_PLACE, ELEMENT_OTHER, ELEMENT_GROUP };

/* Moves past one element. A plain one leaves its bytes in plain[0..length). */
static enum element scan_element(struct scan *scan, int depth, const char **plain, size_t *length, struct literals *inner) {
  const char *at = scan->at;
  if (*at == '(') {
    scan_group(scan, depth, inner);
    return ELEMENT_GROUP;
  }
  if (*at == '[') {
    skip_class(scan);
    return ELEMENT_OTHER;
  }
  scan->at += at[0] == '\\' && at[1] ? 2 : 1;
  *plain = scan->at - 1;
  *length = 1;
  if (*at == '\\') {
    if (ispunct((unsigned char)at[1])) return ELEMENT_PLAIN;
    scan->lost |= !at[1] || !strchr("bBAzZGdDsSwWnrtfeahHvVRX", at[1]);
    return at[1] && strchr("bBAzZG", at[1]) ? ELEMENT_PLACE : ELEMENT_OTHER;
  }
  if (*at == '^' || *at == '$') return ELEMENT_PLACE;
  if (*at == '.') return ELEMENT_OTHER;
  scan->lost |= strchr("*+?{", *at) != NULL;
  while (((unsigned char)*at & 0x80) && ((unsigned char)*scan->at & 0xC0) == 0x80) {
    scan->at++;
    ++*length;
  }
  return ELEMENT_PLAIN;
}

/* A sequence up to '|', ')' or the end. */
static struct literals scan_sequence(struct scan *scan, int depth) {
  struct literals best = {0};
  struct buffer run = {0};
  while (*scan->at && *scan->at != '|' && *scan->at != ')' && !scan->lost && !scan->failed) {
    struct literals inner = {0};
    const char *plain = NULL;
    size_t length = 0;
    unsigned least;
    enum element element = scan_element(scan, depth, &plain, &length, &inner);
    bool repeated = read_quantifier(scan, &least);
    if (element == ELEMENT_PLACE) continue;
    if (element == ELEMENT_PLAIN && least) buffer_append(&run, plain, length);
    if (element == ELEMENT_GROUP && least) take_better(&best, &inner);
    if (element != ELEMENT_PLAIN || repeated) end_run(scan, &run, &best);
  }
  end_run(scan, &run, &best);
  scan->failed |= run.failed != 0;
  buffer_free(&run);
  return best;
}

static struct literals scan_alternatives(struct scan *scan, int depth) {
  struct literals all = scan_sequence(scan, depth);
  while (*scan->at == '|' && !scan->lost && !scan->failed) {
    scan->at++;
    struct literals other = scan_sequence(scan, depth);
    if (!all.count || !other.count || all.count + other.count > LITERALS_MOST) {
      all.count = 0;
      continue;
    }
    for (size_t i = 0; i < other.count; i++) all.items[all.count++] = other.items[i];
  }
  return all;
}

int literals_of_regex(const char *pattern, struct arena *arena, struct literals *out) {
  assert(pattern && arena && out);
  struct scan scan = {.at = pattern, .arena = arena};
  *out = scan_alternatives(&scan, 0);
  if (scan.lost || *scan.at) out->count = 0;
  return scan.failed ? -1 : 0;
}

int literals_of_glob(const char *pattern, struct arena *arena, struct literals *out) {
  assert(pattern && arena && out);
  size_t best = 0;
  *out = (struct literals){0};
  const char *start = pattern;
  for (const char *at = pattern;; at++) {
    if (*at && !strchr("*?[]\\", *at)) continue;
    size_t length = (size_t)(at - start);
    if (length > best && length >= LITERAL_SHORTEST) {
      best = length;
      *out = (struct literals){.items = {arena_text(arena, start, length)}, .count = 1};
      if (!out->items[0]) return -1;
    }
    if (!*at || *at == '[' || *at == '\\') return 0; /* what follows may be a class or an escape */
    start = at + 1;
  }
}
