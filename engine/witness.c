/* See witness.h. */
#include "witness.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- texts for regular expressions --- */

#define REGEX_DEPTH 32
#define REGEX_BYTES 4096

struct regex {
  const char *at;
  int choice;
  int depth;
  struct buffer *out;
};

static int put_alternatives(struct regex *regex);

/* One character of a class, of those that the choice prefers. */
static int put_of(struct regex *regex, const bool allowed[128]) {
  static const char *const liked[] = {"abcdefghijklmnopqrstuvwxyz", "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                                      "-_./ :@=,+%~*!#$&'()?;<>[]^`{|}\"\\"};
  size_t first = (size_t)regex->choice % 3;
  if (first == 2) first = regex->out->length % 2; /* by turns */
  for (size_t i = 0; i < sizeof liked / sizeof *liked; i++)
    for (const char *c = liked[(first + i) % (sizeof liked / sizeof *liked)]; *c; c++)
      if (allowed[(unsigned char)*c]) return buffer_append(regex->out, c, 1);
  return -1;
}

/* Adds what an escape stands for; false for one that stands for no character. */
static bool escape_class(char escape, bool allowed[128]) {
  for (int c = 32; c < 127; c++) {
    bool digit = isdigit(c), word = isalnum(c) || c == '_', blank = c == ' ';
    bool in = escape == 'd' ? digit : escape == 'D' ? !digit : escape == 'w' ? word : escape == 'W' ? !word : escape == 's' ? blank : !blank;
    if (in) allowed[c] = true;
  }
  return strchr("dDwWsS", escape) != NULL;
}

static int read_class(struct regex *regex, bool allowed[128]) {
  const char *at = regex->at; /* behind the bracket */
  bool negated = *at == '^', in[128] = {false};
  at += negated;
  for (const char *first = at; *at && (*at != ']' || at == first); at++) {
    if (*at == '[' && at[1] == ':') return -1;
    if (*at == '\\' && at[1] && isalpha((unsigned char)at[1])) {
      if (!escape_class(*++at, in)) return -1;
      continue;
    }
    at += *at == '\\' && at[1];
    unsigned char low = (unsigned char)*at, high = low;
    if (at[1] == '-' && at[2] && at[2] != ']') {
      at += 2;
      at += *at == '\\' && at[1];
      high = (unsigned char)*at;
    }
    for (unsigned c = low; c <= high && c < 128; c++) in[c] = true;
  }
  if (*at != ']') return -1;
  regex->at = at + 1;
  for (int c = 32; c < 127; c++) allowed[c] = in[c] != negated;
  return 0;
}

static int put_escape(struct regex *regex) {
  char escape = *regex->at++;
  bool allowed[128] = {false};
  if (!escape || strchr("123456789pPkgQE", escape)) return -1;
  if (strchr("bBAzZG", escape)) return 0;
  if (!isalnum((unsigned char)escape)) return buffer_append(regex->out, &escape, 1);
  return escape_class(escape, allowed) ? put_of(regex, allowed) : -1;
}

/* What stands in brackets; look-arounds and options alone add nothing. */
static int put_group(struct regex *regex) {
  size_t before = regex->out->length;
  bool look = false;
  if (*regex->at == '?') {
    const char *at = regex->at + 1;
    look = *at == '=' || *at == '!' || (*at == '<' && (at[1] == '=' || at[1] == '!'));
    if (look)
      at += 1 + (*at == '<');
    else
      at += strspn(at, "imsx-");
    if (!look && *at != ':' && *at != ')') return -1;
    regex->at = at + (*at == ':' && !look);
  }
  if (++regex->depth > REGEX_DEPTH || put_alternatives(regex) || *regex->at != ')') return -1;
  regex->at++;
  regex->depth--;
  if (look) regex->out->length = before;
  return 0;
}

static int put_atom(struct regex *regex) {
  bool allowed[128] = {false};
  char c = *regex->at++;
  switch (c) {
  case '^':
  case '$': return 0;
  case '.': allowed['x'] = true; return put_of(regex, allowed);
  case '\\': return put_escape(regex);
  case '(': return put_group(regex);
  case '[': return read_class(regex, allowed) ? -1 : put_of(regex, allowed);
  default: return buffer_append(regex->out, &c, 1);
  }
}

/* How often the atom before must stand; 1 without a count. */
static long read_count(struct regex *regex) {
  char c = *regex->at;
  long least = 1;
  if (c == '*' || c == '?' || c == '+') {
    regex->at++;
    least = c == '+';
  } else if (c == '{' && isdigit((unsigned char)regex->at[1])) {
    least = strtol(regex->at + 1, NULL, 10);
    regex->at += strcspn(regex->at, "}");
    regex->at += *regex->at == '}';
  } else {
    return 1;
  }
  if (*regex->at == '?' || *regex->at == '+') regex->at++; /* lazy, possessive */
  return least;
}

static int put_repeated(struct regex *regex) {
  const char *from = regex->at;
  size_t before = regex->out->length;
  if (put_atom(regex)) return -1;
  const char *after = regex->at;
  long least = read_count(regex);
  if (least == 0) regex->out->length = before;
  const char *next = regex->at;
  for (long i = 1; i < least; i++) {
    regex->at = from;
    if (put_atom(regex) || regex->at != after || regex->out->length > REGEX_BYTES) return -1;
  }
  regex->at = next;
  return 0;
}

/* The alternative that the choice takes, or the last; the others are read and forgotten. */
static int put_alternatives(struct regex *regex) {
  size_t before = regex->out->length, end = before;
  for (int i = 0;; i++) {
    while (*regex->at && *regex->at != '|' && *regex->at != ')')
      if (put_repeated(regex)) return -1;
    if (i <= regex->choice / 3) {
      size_t length = regex->out->length - end;
      char *text = regex->out->text;
      assert(text);
      memmove(text + before, text + end, length);
      end = before + length;
    }
    regex->out->length = end;
    if (*regex->at != '|') return 0;
    regex->at++;
  }
}

int witness_regex(const char *pattern, int choice, struct buffer *out) {
  assert(pattern && choice >= 0 && choice < WITNESS_CHOICES && out);
  struct regex regex = {.at = pattern, .choice = choice, .out = out};
  buffer_clear(out);
  if (buffer_add(out, "") || put_alternatives(&regex) || *regex.at || out->failed) return -1;
  out->text[out->length] = 0;
  return 0;
}

/* --- values --- */

struct finder {
  const struct witness *witness;
  const struct rule_node *test;
  const char *unit;
  const struct value *now; /* a text, or NULL */
  struct value *values;
  size_t count;
};

bool witness_holds(const struct witness *witness, const struct rule_node *test, const char *unit, const struct value *value) {
  if (test->matcher == MATCH_PRESENT) return true;
  if (test->matcher != MATCH_SAME) return match_value(witness->cache, test, unit, value) == TRUTH_TRUE;
  for (size_t i = 0; i < test->child_count; i++)
    if (match_value(witness->cache, &test->children[i], unit, value) != TRUTH_TRUE) return false;
  return true;
}

static bool holds(const struct finder *finder, const struct value *value) {
  return witness_holds(finder->witness, finder->test, finder->unit, value);
}

static bool is_new(const struct finder *finder, const struct value *value) {
  for (size_t i = 0; i < finder->count; i++)
    if (strcmp(finder->values[i].text, value->text) == 0) return false;
  return true;
}

/* Keeps a text that passes the test. */
static void offer(struct finder *finder, const char *before, const char *after) {
  if (finder->count == WITNESS_VALUES) return;
  const char *text = arena_format(finder->witness->arena, "%s%s", before, after);
  struct value value = value_text(text, text ? strlen(text) : 0);
  if (text && holds(finder, &value) && is_new(finder, &value)) finder->values[finder->count++] = value;
}

/* A text, laid before and behind what stands there, and by itself. */
static void offer_text(struct finder *finder, const char *text) {
  if (finder->now && finder->now->kind == VALUE_TEXT && !value_is_hidden(finder->now)) {
    offer(finder, finder->now->text, "");
    offer(finder, finder->now->text, text);
    offer(finder, text, finder->now->text);
  }
  offer(finder, text, "");
}

static void offer_glob(struct finder *finder, const char *operand) {
  struct buffer text = {0};
  buffer_add(&text, "");
  for (; *operand; operand++) {
    char c = *operand;
    if (c == '*') continue;
    if (c == '?') c = 'x';
    if (c == '[' && strchr(operand, ']')) {
      c = operand[1];
      operand = strchr(operand, ']');
    }
    buffer_append(&text, &c, 1);
  }
  if (!text.failed) offer_text(finder, text.text);
  buffer_free(&text);
}

static void offer_regex(struct finder *finder, const char *pattern) {
  struct buffer text = {0};
  for (int choice = 0; choice < WITNESS_CHOICES; choice++)
    if (witness_regex(pattern, choice, &text) == 0) offer_text(finder, text.text);
  buffer_free(&text);
}

/* The versions that an operand names, and what comes right after them; of a lower bound the next, of an upper one 0. */
static void offer_version(struct finder *finder, const char *operand) {
  char version[32];
  while (*(operand += strcspn(operand, "0123456789"))) {
    size_t length = strspn(operand, "0123456789.");
    if (length < sizeof version) {
      memcpy(version, operand, length);
      version[length] = 0;
      offer(finder, version, "");
      offer(finder, version, ".1");
    }
    operand += length;
  }
  offer(finder, "0", "");
}

static void offer_address(struct finder *finder, const char *operand) {
  char address[64];
  size_t length = strcspn(operand, "/");
  if (length >= sizeof address) return;
  memcpy(address, operand, length);
  address[length] = 0;
  offer(finder, address, "");
}

static void offer_mac(struct finder *finder, const char *operand) {
  char mac[32];
  size_t length = strspn(operand, "0123456789abcdefABCDEF:");
  if (length >= sizeof mac) return;
  memcpy(mac, operand, length);
  if (length && mac[length - 1] == ':') length--;
  for (; length + 3 <= 17; length += 3) memcpy(mac + length, ":00", 3);
  mac[length] = 0;
  offer(finder, mac, "");
}

static void offer_of(struct finder *finder, const struct rule_node *test) {
  switch (test->matcher) {
  case MATCH_PRESENT: offer(finder, "1", ""); break;
  case MATCH_REGEX: offer_regex(finder, test->operand); break;
  case MATCH_GLOB: offer_glob(finder, test->operand); break;
  case MATCH_VERSION: offer_version(finder, test->operand); break;
  case MATCH_CIDR: offer_address(finder, test->operand); break;
  case MATCH_MAC: offer_mac(finder, test->operand); break;
  default: offer_text(finder, test->operand);
  }
}

/* One and the same text for several tests: each one's own, and any two beside each other. */
static void offer_same(struct finder *finder) {
  const struct rule_node *test = finder->test;
  for (size_t i = 0; i < test->child_count; i++) {
    offer_of(finder, &test->children[i]);
    struct value firsts[WITNESS_VALUES], seconds[WITNESS_VALUES];
    size_t first_count = witness_values(finder->witness, &test->children[i], FACT_TEXT, NULL, NULL, firsts);
    for (size_t j = 0; first_count && j < test->child_count; j++) {
      size_t count = i == j ? 0 : witness_values(finder->witness, &test->children[j], FACT_TEXT, NULL, NULL, seconds);
      if (count) offer(finder, firsts[0].text, seconds[0].text);
    }
  }
}

static size_t number_values(const struct witness *witness, const struct rule_node *test, enum fact_type type, const char *unit, struct value *value) {
  const struct rule_node *first = test->matcher == MATCH_SAME && test->child_count ? &test->children[0] : test;
  double number = 1;
  if (first->matcher != MATCH_PRESENT && match_number(first->operand ? first->operand : "", unit, &number)) return 0;
  *value = type == FACT_INTEGER ? value_integer((int64_t)ceil(number)) : (struct value){.kind = VALUE_REAL, .real = number};
  struct finder finder = {.witness = witness, .test = test, .unit = unit};
  return holds(&finder, value) ? 1 : 0;
}

size_t witness_values(const struct witness *witness, const struct rule_node *test, enum fact_type type, const char *unit, const struct value *now,
                      struct value values[WITNESS_VALUES]) {
  assert(witness && test && test->op == RULE_TEST && test->matcher != MATCH_ABSENT && test->matcher != MATCH_COUNT);
  if (type == FACT_INTEGER || type == FACT_REAL) return number_values(witness, test, type, unit, values);
  if (type == FACT_BOOLEAN) {
    values[0] = value_boolean(!test->operand || strcmp(test->operand, "true") == 0);
    struct finder finder = {.witness = witness, .test = test, .unit = unit};
    return holds(&finder, &values[0]) ? 1 : 0;
  }
  struct finder finder = {.witness = witness, .test = test, .unit = unit, .now = now, .values = values};
  if (test->matcher == MATCH_SAME)
    offer_same(&finder);
  else
    offer_of(&finder, test);
  return finder.count;
}
