/* See lint_pattern.h. */
#include "lint_pattern.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../engine/match.h"

/* --- regular expressions --- */

/* Characters that an element of a pattern, at `at`, takes: an escape, a class or one character. *literal: it stands for itself. */
static size_t element(const char *at, bool *literal) {
  *literal = false;
  if (*at == '\\' && at[1]) {
    *literal = ispunct((unsigned char)at[1]) != 0;
    return 2;
  }
  if (*at == '[') {
    size_t length = at[1] == '^' ? 2 : 1;
    if (at[length] == ']') length++;
    while (at[length] && at[length] != ']') length += at[length] == '\\' && at[length + 1] ? 2 : 1;
    return at[length] ? length + 1 : length;
  }
  *literal = !strchr("^$.|()?*+{}", *at);
  return 1;
}

size_t pattern_fixed(const char *regex) {
  size_t best = 0, run = 0;
  while (*regex) {
    bool literal;
    regex += element(regex, &literal);
    size_t repeated = *regex == '{' ? strtoul(regex + 1, NULL, 10) : 0;
    bool optional = *regex && strchr("?*{", *regex);
    run = literal && !optional ? run + 1 : repeated;
    if (run > best) best = run;
    if (repeated) run = 0;
  }
  return best;
}

static bool ends_with_dollar(const char *regex) {
  size_t length = strlen(regex);
  return length > 0 && regex[length - 1] == '$' && (length == 1 || regex[length - 2] != '\\');
}

bool pattern_is_anchored(const char *regex) { return regex[0] == '^' || ends_with_dollar(regex); }

bool pattern_has_group(const char *regex) {
  for (bool ignored; *regex; regex += element(regex, &ignored))
    if (*regex == '(' && (regex[1] != '?' || regex[2] == 'P' || (regex[2] == '<' && regex[3] != '=' && regex[3] != '!'))) return true;
  return false;
}

int pattern_literal(const char *regex, char *text, size_t size) {
  bool start = regex[0] == '^', end = ends_with_dollar(regex), literal;
  const char *stop = regex + strlen(regex) - end;
  size_t length = 0;
  for (const char *at = regex + start; at < stop; length++) {
    size_t width = element(at, &literal);
    if (!literal || length + 1 >= size) return -1;
    text[length] = at[width - 1];
    at += width;
  }
  text[length] = 0;
  if (length == 0) return -1;
  return start && end ? MATCH_EQUALS : start ? MATCH_PREFIX : end ? MATCH_SUFFIX : MATCH_CONTAINS;
}

bool pattern_has_wildcard(const char *glob) { return strpbrk(glob, "*?[\\") != NULL; }

bool pattern_is_meant(const char *text) {
  static const char *const marks[] = {".*", ".+", "[0-9]", "[a-z]", "[^", "\\d", "\\w", "\\."};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (strstr(text, marks[i])) return true;
  size_t length = strlen(text);
  return length > 2 && (text[0] == '^' || text[length - 1] == '*');
}

/* --- what drifts --- */

/* True where `text` holds digits in groups: `groups` of them joined by dots (which a pattern may escape), no more and no less. */
static bool has_dotted(const char *text, size_t groups) {
  for (const char *at = text; *at; at++) {
    if (!isdigit((unsigned char)*at) || strncmp(at, "127.", 4) == 0 || (at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '.'))) continue;
    size_t found = 1;
    const char *end = at + strspn(at, "0123456789");
    for (;;) {
      const char *dot = *end == '\\' ? end + 1 : end;
      if (*dot != '.' || !isdigit((unsigned char)dot[1])) break;
      end = dot + 1 + strspn(dot + 1, "0123456789");
      found++;
    }
    if (found == groups) return true;
    at = end - 1;
  }
  return false;
}

const char *pattern_drift_ip(const char *text) { return has_dotted(text, 4) ? "an IP address" : NULL; }

const char *pattern_drift_release(const char *text) { return has_dotted(text, 3) ? "an exact patch level" : NULL; }

const char *pattern_drift_uuid(const char *text) {
  static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  for (const char *at = text; *at; at++) {
    size_t i = 0;
    while (form[i] && at[i] && (form[i] == 'x' ? isxdigit((unsigned char)at[i]) != 0 : at[i] == '-')) i++;
    if (!form[i]) return "a UUID";
  }
  return NULL;
}

/* A month by name and a year of this century, in this order. */
const char *pattern_drift_date(const char *text) {
  static const char months[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
  for (const char *month = months; *month; month += month[3] ? 4 : 3) {
    const char name[4] = {month[0], month[1], month[2], 0};
    const char *at = strstr(text, name), *year = at ? strstr(at, "20") : NULL;
    if (year && isdigit((unsigned char)year[2]) && isdigit((unsigned char)year[3])) return "a build date";
  }
  return NULL;
}

/* --- trials --- */

static struct value value_of(struct operand_subject subject, const char *text) {
  switch (subject.type) {
  case FACT_INTEGER: return value_integer(strtoll(text, NULL, 10));
  case FACT_REAL: return (struct value){.kind = VALUE_REAL, .real = strtod(text, NULL)};
  case FACT_BOOLEAN: return value_boolean(strcmp(text, "true") == 0);
  default: return value_text(text, strlen(text));
  }
}

/* The truth of one matcher on one value; unknown when memory is out. */
static enum truth try_value(struct operand_subject subject, enum matcher matcher, const char *operand, const char *text) {
  const struct rule_node test = {.op = RULE_TEST, .fact = FACT_NONE, .matcher = matcher, .operand = operand};
  const struct value value = value_of(subject, text);
  struct match_cache *cache = match_cache_new(1);
  enum truth truth = cache ? match_value(cache, &test, subject.unit, &value) : TRUTH_UNKNOWN;
  match_cache_free(cache);
  return truth;
}

/* Two values that have nothing in common, for each matcher that can hold for all. */
static const char *const extremes[MATCHERS][2] = {
    [MATCH_REGEX] = {"", "~\x7f~"},  [MATCH_PREFIX] = {"", "~\x7f~"},
    [MATCH_SUFFIX] = {"", "~\x7f~"}, [MATCH_CONTAINS] = {"", "~~"},
    [MATCH_GLOB] = {"", "~\x7f~"},   [MATCH_RANGE] = {"0", "9000000000000000000"},
    [MATCH_VERSION] = {"0", "9999"}, [MATCH_CIDR] = {"0.0.0.0", "255.255.255.255"},
};

bool pattern_takes_all(struct operand_subject subject, enum matcher matcher, const char *operand) {
  if (matcher == MATCH_COUNT) return match_count(operand, 0, false) == TRUTH_TRUE && match_count(operand, 1 << 20, false) == TRUTH_TRUE;
  const char *const *two = extremes[matcher];
  return two[0] && try_value(subject, matcher, operand, two[0]) == TRUTH_TRUE && try_value(subject, matcher, operand, two[1]) == TRUTH_TRUE;
}

bool pattern_allows(struct operand_subject subject, enum matcher matcher, const char *operand, const char *literal) {
  if (matcher == MATCH_PRESENT) return true;
  if (matcher == MATCH_ABSENT) return false;
  return matcher == MATCH_COUNT || matcher == MATCH_SAME || try_value(subject, matcher, operand, literal) != TRUTH_FALSE;
}

/* --- words --- */

bool pattern_one_edit(const char *a, const char *b) {
  size_t head = 0;
  while (a[head] && a[head] == b[head]) head++;
  const char *x = a + head, *y = b + head;
  if (!*x && !*y) return false;
  if (*x && *y && x[1] == y[0] && x[0] == y[1] && strcmp(x + 2, y + 2) == 0) return true;
  if (*x && *y && strcmp(x + 1, y + 1) == 0) return true;
  return (*x && strcmp(x + 1, y) == 0) || (*y && strcmp(x, y + 1) == 0);
}
