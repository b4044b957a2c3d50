/* See match.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "match.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "glob.h"

/* --- numbers, units and ranges --- */

struct range {
  double low, high;
  bool low_open, high_open;
};

static const struct unit {
  const char *name;
  double bytes;
} units[] = {{"B", 1},    {"bytes", 1}, {"KiB", 1024}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0},
             {"kB", 1e3}, {"KB", 1e3},  {"MB", 1e6},   {"GB", 1e9},        {"TB", 1e12}};

static double unit_bytes(const char *name, size_t length) {
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (strlen(units[i].name) == length && strncmp(units[i].name, name, length) == 0) return units[i].bytes;
  return 0;
}

/* A number with an optional unit, converted to `unit`; the end of what was read, or NULL. */
static const char *read_number(const char *text, const char *unit, double *number) {
  char *end;
  *number = strtod(text, &end);
  if (end == text || !isfinite(*number)) return NULL;
  size_t letters = strspn(end, "BbytesKMGTik");
  if (letters == 0) return end;
  double from = unit_bytes(end, letters), to = unit ? unit_bytes(unit, strlen(unit)) : 0;
  if (from == 0 || to == 0) return NULL;
  *number *= from / to;
  return end + letters;
}

/* The comparison at *text, which moves past it: '<', 'l' (<=), '>', 'g' (>=), '=', or 0. */
static char read_comparison(const char **text) {
  static const struct {
    const char *sign;
    char code;
  } signs[] = {{"<=", 'l'}, {">=", 'g'}, {"<", '<'}, {">", '>'}, {"==", '='}, {"=", '='}};
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
    if (strncmp(*text, signs[i].sign, strlen(signs[i].sign)) == 0) {
      *text += strlen(signs[i].sign);
      *text += strspn(*text, " ");
      return signs[i].code;
    }
  return 0;
}

/* Every comparison must hold: the nearest bound stays, an open one before a closed one. */
static void narrow(struct range *range, char comparison, double number) {
  bool below = comparison == 'l' || comparison == '<' || comparison == '=', above = comparison == 'g' || comparison == '>' || comparison == '=';
  if (below && number <= range->high) {
    range->high_open = comparison == '<' || (range->high_open && number == range->high);
    range->high = number;
  }
  if (above && number >= range->low) {
    range->low_open = comparison == '>' || (range->low_open && number == range->low);
    range->low = number;
  }
}

/* A..B, A.., ..B; `dots` is where the two dots stand. The low end is read from a copy: strtod would take a dot with it. */
static int read_interval(const char *text, const char *dots, const char *unit, struct range *range) {
  char low[64];
  size_t length = (size_t)(dots - text);
  const char *end;
  if (length >= sizeof low) return -1;
  memcpy(low, text, length);
  low[length] = 0;
  if (length && (!(end = read_number(low, unit, &range->low)) || *end)) return -1;
  if (!dots[2]) return length ? 0 : -1;
  end = read_number(dots + 2, unit, &range->high);
  return end && !*end && range->low <= range->high ? 0 : -1;
}

static int read_range(const char *text, const char *unit, struct range *range) {
  *range = (struct range){.low = -HUGE_VAL, .high = HUGE_VAL};
  const char *dots = strstr(text, "..");
  if (dots) return read_interval(text, dots, unit, range);
  if (!*text) return -1;
  while (*text) {
    char comparison = read_comparison(&text);
    double number;
    const char *end = read_number(text, unit, &number);
    if (!end || (*end && *end != ' ')) return -1;
    narrow(range, comparison ? comparison : '=', number);
    text = end + strspn(end, " ");
  }
  return 0;
}

static bool within(const struct range *range, double number) {
  return (range->low_open ? number > range->low : number >= range->low) && (range->high_open ? number < range->high : number <= range->high);
}

/* --- versions --- */

#define VERSION_PARTS 8

struct version {
  unsigned long parts[VERSION_PARTS];
  size_t count;
};

/* Dotted numbers at the start of `text`; the end of what was read. */
static const char *read_version(const char *text, struct version *version) {
  version->count = 0;
  while (isdigit((unsigned char)*text) && version->count < VERSION_PARTS) {
    char *end;
    version->parts[version->count++] = strtoul(text, &end, 10);
    text = end;
    if (*text != '.' || !isdigit((unsigned char)text[1])) break;
    text++;
  }
  return text;
}

static int compare_versions(const struct version *a, const struct version *b) {
  for (size_t i = 0; i < a->count || i < b->count; i++) {
    unsigned long x = i < a->count ? a->parts[i] : 0, y = i < b->count ? b->parts[i] : 0;
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

static bool comparison_holds(char comparison, int order) {
  switch (comparison) {
  case '<': return order < 0;
  case 'l': return order <= 0;
  case '>': return order > 0;
  case 'g': return order >= 0;
  default: return order == 0;
  }
}

/* 1 holds, 0 does not, -1 the operand is malformed. A NULL `text` only checks. */
static int version_holds(const char *operand, const char *text) {
  struct version have = {0}, want;
  if (text) read_version(text + strcspn(text, "0123456789"), &have);
  int holds = text ? have.count > 0 : 1;
  if (!*operand) return -1;
  while (*operand) {
    char comparison = read_comparison(&operand);
    const char *end = read_version(operand, &want);
    if (end == operand || (*end && *end != ' ')) return -1;
    if (text && !comparison_holds(comparison, compare_versions(&have, &want))) holds = 0;
    operand = end + strspn(end, " ");
  }
  return holds;
}

/* --- addresses --- */

struct address {
  unsigned char bytes[16];
  int family;
};

static int read_address(const char *text, size_t length, struct address *address) {
  char copy[INET6_ADDRSTRLEN];
  if (length == 0 || length >= sizeof copy) return -1;
  memcpy(copy, text, length);
  copy[length] = 0;
  address->family = memchr(copy, ':', length) ? AF_INET6 : AF_INET;
  return inet_pton(address->family, copy, address->bytes) == 1 ? 0 : -1;
}

static bool same_bits(const unsigned char *a, const unsigned char *b, unsigned long bits) {
  if (memcmp(a, b, bits / 8) != 0) return false;
  unsigned rest = (unsigned)(bits % 8);
  return rest == 0 || (a[bits / 8] >> (8 - rest)) == (b[bits / 8] >> (8 - rest));
}

/* As version_holds. */
static int cidr_holds(const char *operand, const char *text) {
  struct address have = {.family = AF_UNSPEC}, block;
  if (text && read_address(text, strcspn(text, "/%"), &have)) have.family = AF_UNSPEC;
  int holds = text == NULL;
  if (!*operand) return -1;
  while (*operand) {
    size_t width = strcspn(operand, " "), slash = strcspn(operand, "/");
    if (slash >= width || read_address(operand, slash, &block)) return -1;
    char *end;
    unsigned long bits = strtoul(operand + slash + 1, &end, 10);
    if (end != operand + width || end == operand + slash + 1 || bits > (block.family == AF_INET ? 32 : 128)) return -1;
    if (have.family == block.family && same_bits(have.bytes, block.bytes, bits)) holds = 1;
    operand += width;
    operand += strspn(operand, " ");
  }
  return holds;
}

/* As version_holds: leading bytes of a MAC address. */
static int mac_holds(const char *operand, const char *text) {
  size_t length = strlen(operand);
  if (length >= 2 && strcmp(operand + length - 2, ":*") == 0) length -= 2;
  if (length < 2 || length > 17 || length % 3 != 2) return -1;
  int holds = 1;
  for (size_t i = 0; i < length; i++) {
    bool colon = i % 3 == 2;
    if (colon ? operand[i] != ':' : !isxdigit((unsigned char)operand[i])) return -1;
    if (!text || !holds) continue;
    char other = *text ? *text++ : 0;
    holds = colon ? other == ':' || other == '-' : tolower((unsigned char)other) == tolower((unsigned char)operand[i]);
  }
  return holds;
}

/* --- regular expressions --- */

#define PAGE 64

struct match_cache {
  size_t count;
  pcre2_code ***pages; /* by test number / PAGE: the codes of PAGE tests, or NULL as long as none was asked for */
  bool many;
  pcre2_match_context *context;
  pcre2_match_data *data;
};

static pcre2_code *compile_regex(const char *pattern, int *error, PCRE2_SIZE *offset) {
  return pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, error, offset, NULL);
}

static pcre2_code *compile_glob(const char *pattern, int *error, PCRE2_SIZE *offset) {
  struct buffer converted = {0};
  const uint32_t whole = PCRE2_UTF | PCRE2_DOTALL | PCRE2_ANCHORED | PCRE2_ENDANCHORED;
  *error = PCRE2_ERROR_NOMEMORY;
  *offset = 0;
  pcre2_code *code = NULL;
  if (glob_convert(pattern, &converted) == 0) code = pcre2_compile((PCRE2_SPTR)converted.text, converted.length, whole, error, offset, NULL);
  buffer_free(&converted);
  return code;
}

static pcre2_match_context *limited_context(void) {
  pcre2_match_context *context = pcre2_match_context_create(NULL);
  if (!context) return NULL;
  pcre2_set_match_limit(context, MATCH_STEPS);
  pcre2_set_depth_limit(context, MATCH_DEPTH);
  pcre2_set_heap_limit(context, MATCH_HEAP_KIB);
  return context;
}

struct match_cache *match_cache_new(size_t test_count) {
  struct match_cache *cache = mem_new(sizeof *cache);
  if (!cache) return NULL;
  cache->count = test_count;
  cache->pages = mem_new((test_count / PAGE + 1) * sizeof *cache->pages);
  cache->context = limited_context();
  cache->data = pcre2_match_data_create(1, NULL);
  if (cache->pages && cache->context && cache->data) return cache;
  match_cache_free(cache);
  return NULL;
}

void match_cache_expect_many(struct match_cache *cache) { cache->many = true; }

void match_cache_free(struct match_cache *cache) {
  if (!cache) return;
  for (size_t page = 0; cache->pages && page <= cache->count / PAGE; page++) {
    for (size_t i = 0; cache->pages[page] && i < PAGE; i++) pcre2_code_free(cache->pages[page][i]);
    mem_free(cache->pages[page]);
  }
  mem_free(cache->pages);
  pcre2_match_context_free(cache->context);
  pcre2_match_data_free(cache->data);
  mem_free(cache);
}

/* Where machine code cannot be had, patterns are interpreted. */
static pcre2_code *compile_test(const struct match_cache *cache, const struct rule_node *test) {
  int error;
  PCRE2_SIZE offset;
  pcre2_code *code = test->matcher == MATCH_GLOB ? compile_glob(test->operand, &error, &offset) : compile_regex(test->operand, &error, &offset);
  if (code && cache->many) pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  return code;
}

/* NULL also when memory is out. */
static pcre2_code *code_of(struct match_cache *cache, const struct rule_node *test) {
  assert(test->test < cache->count);
  pcre2_code ***page = &cache->pages[test->test / PAGE];
  if (!*page) *page = mem_new(PAGE * sizeof **page);
  if (!*page) return NULL;
  pcre2_code **slot = &(*page)[test->test % PAGE];
  if (!*slot) *slot = compile_test(cache, test);
  return *slot;
}

static enum truth regex_holds(struct match_cache *cache, const struct rule_node *test, const char *text, size_t length) {
  pcre2_code *code = code_of(cache, test);
  if (!code) return TRUTH_UNREADABLE;
  int found = pcre2_match(code, (PCRE2_SPTR)text, length, 0, 0, cache->data, cache->context);
  if (found == PCRE2_ERROR_JIT_STACKLIMIT) found = pcre2_match(code, (PCRE2_SPTR)text, length, 0, PCRE2_NO_JIT, cache->data, cache->context);
  return found >= 0 ? TRUTH_TRUE : found == PCRE2_ERROR_NOMATCH ? TRUTH_FALSE : TRUTH_UNREADABLE;
}

char *match_extract(struct arena *arena, const char *regex, const char *text, size_t length) {
  int error;
  PCRE2_SIZE offset;
  char *found = NULL;
  pcre2_code *code = compile_regex(regex, &error, &offset);
  pcre2_match_context *context = limited_context();
  pcre2_match_data *data = code ? pcre2_match_data_create_from_pattern(code, NULL) : NULL;
  int groups = data && context ? pcre2_match(code, (PCRE2_SPTR)text, length, 0, 0, data, context) : -1;
  if (groups > 0) {
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data);
    size_t group = groups > 1 ? 1 : 0;
    if (ends[2 * group] != PCRE2_UNSET) found = arena_text(arena, text + ends[2 * group], ends[2 * group + 1] - ends[2 * group]);
  }
  pcre2_match_data_free(data);
  pcre2_match_context_free(context);
  pcre2_code_free(code);
  return found;
}

/* --- one value --- */

static bool text_holds(enum matcher matcher, const char *operand, const char *text, size_t length) {
  size_t width = strlen(operand);
  switch (matcher) {
  case MATCH_PREFIX: return length >= width && memcmp(text, operand, width) == 0;
  case MATCH_SUFFIX: return length >= width && memcmp(text + length - width, operand, width) == 0;
  case MATCH_CONTAINS: return memmem(text, length, operand, width) != NULL;
  default: return length == width && memcmp(text, operand, width) == 0;
  }
}

static enum truth match_text(struct match_cache *cache, const struct rule_node *test, const struct value *value) {
  if (value_is_hidden(value)) return TRUTH_UNREADABLE;
  int holds;
  switch (test->matcher) {
  case MATCH_REGEX:
  case MATCH_GLOB: return regex_holds(cache, test, value->text, value->length);
  case MATCH_VERSION: holds = version_holds(test->operand, value->text); break;
  case MATCH_CIDR: holds = cidr_holds(test->operand, value->text); break;
  case MATCH_MAC: holds = mac_holds(test->operand, value->text); break;
  default: holds = text_holds(test->matcher, test->operand, value->text, value->length);
  }
  return holds == 1 ? TRUTH_TRUE : TRUTH_FALSE;
}

enum truth match_value(struct match_cache *cache, const struct rule_node *test, const char *unit, const struct value *value) {
  assert(test->op == RULE_TEST && test->operand);
  if (value->kind == VALUE_TEXT) return match_text(cache, test, value);
  if (value->kind == VALUE_BOOLEAN) return strcmp(test->operand, value->boolean ? "true" : "false") == 0 ? TRUTH_TRUE : TRUTH_FALSE;
  if (value->kind != VALUE_INTEGER && value->kind != VALUE_REAL) return TRUTH_FALSE;
  struct range range;
  if (read_range(test->operand, unit, &range)) return TRUTH_FALSE;
  return within(&range, value->kind == VALUE_INTEGER ? (double)value->integer : value->real) ? TRUTH_TRUE : TRUTH_FALSE;
}

enum truth match_count(const char *operand, size_t count, bool partial) {
  struct range range;
  if (read_range(operand, NULL, &range)) return TRUTH_FALSE;
  double number = (double)count; /* the range in whole numbers: what lies between two of them is no count */
  double low = range.low_open ? floor(range.low) + 1 : ceil(range.low), high = range.high_open ? ceil(range.high) - 1 : floor(range.high);
  if (!partial) return number >= low && number <= high ? TRUTH_TRUE : TRUTH_FALSE;
  if (fmax(number, low) > high) return TRUTH_FALSE;
  return number >= low && isinf(high) ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

int match_number(const char *operand, const char *unit, double *number) {
  struct range range;
  if (read_range(operand, unit, &range)) return -1;
  double low = range.low_open ? range.low + 1 : range.low, high = range.high_open ? range.high - 1 : range.high;
  if (low > high) low = high = (range.low + range.high) / 2;
  *number = isfinite(low) ? low : isfinite(high) ? high : 0;
  return 0;
}

int match_bounds(const char *operand, const char *unit, double *low, double *high) {
  struct range range;
  if (read_range(operand, unit, &range)) return -1;
  *low = range.low;
  *high = range.high;
  return range.low_open || range.high_open;
}

/* --- checking operands --- */

static int refuse(char *why, size_t size, const char *sentence) {
  snprintf(why, size, "%s", sentence);
  return -1;
}

static int check_pattern(enum matcher matcher, const char *operand, char *why, size_t size) {
  int error;
  PCRE2_SIZE offset;
  pcre2_code *code = matcher == MATCH_GLOB ? compile_glob(operand, &error, &offset) : compile_regex(operand, &error, &offset);
  if (code) {
    pcre2_code_free(code);
    return 0;
  }
  PCRE2_UCHAR message[128];
  pcre2_get_error_message(error, message, sizeof message);
  snprintf(why, size, "%s at character %zu of %s", (const char *)message, (size_t)offset, operand);
  return -1;
}

static int check_equals(enum fact_type type, const char *operand, char *why, size_t size) {
  char *end;
  if (type == FACT_BOOLEAN) return strcmp(operand, "true") == 0 || strcmp(operand, "false") == 0 ? 0 : refuse(why, size, "expected true or false");
  if (type != FACT_INTEGER && type != FACT_REAL) return 0;
  (void)strtod(operand, &end);
  return *operand && !*end ? 0 : refuse(why, size, "expected a number");
}

static int check_number(enum fact_type type, const char *unit, const char *operand, char *why, size_t size) {
  struct range range;
  if (type != FACT_INTEGER && type != FACT_REAL) return refuse(why, size, "range is for numbers; this fact is text");
  if (read_range(operand, unit, &range) == 0) return 0;
  return refuse(why, size,
                unit ? "expected A..B or comparisons such as '>=400MiB <500MiB'" : "expected A..B or comparisons such as '>=4', without units");
}

int match_check(enum matcher matcher, enum fact_type type, const char *unit, const char *operand, char *why, size_t why_size) {
  assert(why_size);
  struct range range;
  if (matcher == MATCH_PRESENT || matcher == MATCH_ABSENT || matcher == MATCH_SAME) return 0;
  if (!operand) return refuse(why, why_size, "expected a value");
  if (matcher == MATCH_EQUALS) return check_equals(type, operand, why, why_size);
  if (matcher == MATCH_RANGE) return check_number(type, unit, operand, why, why_size);
  if (matcher == MATCH_COUNT) return read_range(operand, NULL, &range) ? refuse(why, why_size, "expected a number or comparisons such as '>=4'") : 0;
  if (type == FACT_INTEGER || type == FACT_REAL || type == FACT_BOOLEAN)
    return refuse(why, why_size, "this matcher is for text; use a literal or range");
  switch (matcher) {
  case MATCH_REGEX:
  case MATCH_GLOB: return check_pattern(matcher, operand, why, why_size);
  case MATCH_VERSION: return version_holds(operand, NULL) < 0 ? refuse(why, why_size, "expected comparisons such as '>=6.1 <6.2'") : 0;
  case MATCH_CIDR: return cidr_holds(operand, NULL) < 0 ? refuse(why, why_size, "expected ADDRESS/BITS") : 0;
  case MATCH_MAC: return mac_holds(operand, NULL) < 0 ? refuse(why, why_size, "expected leading bytes such as 02:fc") : 0;
  default: return *operand ? 0 : refuse(why, why_size, "expected a text that is not empty");
  }
}
