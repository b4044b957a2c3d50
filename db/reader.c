/* See reader.h: complaints, tables of keys, small values. */
#include "reader.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_BYTES 512

void reader_complain(struct reader *reader, const struct yaml_node *node, int code, const char *hint, const char *format, ...) {
  char message[MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  int added = diag_add(reader->diags, (struct diag){.code = code,
                                                    .file = reader->file,
                                                    .line = node ? node->line : 0,
                                                    .column = node ? node->column : 0,
                                                    .rule = reader->rule,
                                                    .message = message,
                                                    .hint = hint});
  if (!reader->code) reader->code = added;
}

const char *reader_near(struct reader *reader, const char *word, const char *const *candidates, size_t count) {
  const char *near = status_nearest(word, candidates, count);
  return near ? arena_format(reader->rules->arena, "did you mean \"%s\"?", near) : NULL;
}

void *reader_take(struct reader *reader, size_t count, size_t size) {
  void *taken = arena_take_array(reader->rules->arena, count, size);
  if (!taken && !reader->code) reader->code = STATUS_MEMORY;
  return taken;
}

#define KEYS_MAX 24

static void complain_of_key(struct reader *reader, const struct yaml_node *key, const struct reader_key *keys, size_t count) {
  const char *names[KEYS_MAX];
  struct buffer list = {0};
  for (size_t i = 0; i < count && i < KEYS_MAX; i++) {
    names[i] = keys[i].name;
    buffer_format(&list, "%s%s", i ? ", " : "", names[i]);
  }
  const char *hint = reader_near(reader, key->text, names, count < KEYS_MAX ? count : KEYS_MAX);
  reader_complain(reader, key, STATUS_RULE_UNKNOWN_KEY, hint, "found \"%.60s\"; expected one of: %s", key->text, list.text ? list.text : "");
  buffer_free(&list);
}

static const struct reader_key *find_key(const struct reader_key *keys, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (*keys[i].name == *name && strcmp(keys[i].name, name) == 0) return &keys[i];
  return NULL;
}

bool reader_expect(struct reader *reader, const struct yaml_node *node, enum yaml_kind kind, const char *what) {
  if (node->kind == kind && !(kind == YAML_TEXT && reader_is_null(node))) return true;
  bool empty = reader_is_null(node);
  reader_complain(reader, node, STATUS_RULE_TYPE, NULL, "%s is %s; expected %s", what, empty ? "empty" : yaml_kind_name(node->kind),
                  yaml_kind_name(kind));
  return false;
}

bool reader_keys(struct reader *reader, const struct yaml_node *node, const struct reader_key *keys, size_t count, const struct yaml_node **values) {
  for (size_t i = 0; i < count; i++) values[i] = NULL;
  if (!reader_expect(reader, node, YAML_MAP, node->key ? node->key->text : "this")) return false;
  for (const struct yaml_node *item = node->first; item; item = item->next) {
    const struct reader_key *key = find_key(keys, count, item->key->text);
    if (!key)
      complain_of_key(reader, item->key, keys, count);
    else if (reader_expect(reader, item, key->kind, key->name))
      values[key - keys] = item;
  }
  for (size_t i = 0; i < count; i++)
    if (keys[i].need == KEY_REQUIRED && !values[i] && !yaml_member(node, keys[i].name))
      reader_complain(reader, node, STATUS_RULE_MISSING_KEY, NULL, "\"%s\" is missing", keys[i].name);
  return true;
}

bool reader_is_null(const struct yaml_node *node) {
  static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
  if (node->kind != YAML_TEXT || !node->plain || node->length > strlen("null")) return false;
  for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
    if (strcmp(node->text, nulls[i]) == 0) return true;
  return false;
}

const char *reader_text(struct reader *reader, const struct yaml_node *node, const char *what) {
  if (!node || !reader_expect(reader, node, YAML_TEXT, what)) return NULL;
  if (node->length > 0) return node->text;
  reader_complain(reader, node, STATUS_RULE_TYPE, NULL, "%s is an empty text", what);
  return NULL;
}

static bool is_letter(char one) { return (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9'); }

/* Letters and digits, between them single hyphens, and where `words` underscores. */
static bool is_id(const char *text, bool words) {
  char before = 0;
  for (const char *at = text; *at; before = *at++)
    if (!is_letter(*at) && !(*at == '-' && before != '-') && !(*at == '_' && words)) return false;
  return is_letter(*text) && is_letter(before);
}

const char *reader_id(struct reader *reader, const struct yaml_node *node, bool words) {
  const char *text = reader_text(reader, node, "an id");
  if (!text) return NULL;
  if (is_id(text, words)) return text;
  const char *also = words ? ", hyphens and underscores" : " and hyphens";
  reader_complain(reader, node, STATUS_RULE_ID, NULL, "found \"%.60s\"; expected lower-case letters, digits%s between them", text, also);
  return NULL;
}

bool reader_number(const struct yaml_node *node, double *number) {
  if (node->kind != YAML_TEXT || node->length == 0) return false;
  bool digits = false;
  for (const char *at = node->text; *at; at++) {
    bool digit = *at >= '0' && *at <= '9';
    if (!digit && !strchr(".eE+-", *at)) return false;
    digits |= digit;
  }
  if (!digits) return false;
  char *end;
  *number = strtod(node->text, &end);
  return *end == 0 && isfinite(*number);
}

bool reader_boolean(struct reader *reader, const struct yaml_node *node, bool *boolean) {
  *boolean = node->kind == YAML_TEXT && strcmp(node->text, "true") == 0;
  if (*boolean || (node->kind == YAML_TEXT && strcmp(node->text, "false") == 0)) return true;
  reader_complain(reader, node, STATUS_RULE_TYPE, NULL, "found %s; expected true or false",
                  node->kind == YAML_TEXT ? node->text : yaml_kind_name(node->kind));
  return false;
}

bool reader_likelihood(struct reader *reader, const struct yaml_node *node, double *probability) {
  const struct rules *rules = reader->rules;
  if (!reader_expect(reader, node, YAML_TEXT, "a likelihood")) return false;
  for (size_t i = 0; i < rules->word_count; i++)
    if (*rules->words[i].word == *node->text && strcmp(rules->words[i].word, node->text) == 0) {
      *probability = rules->words[i].probability;
      return true;
    }
  if (reader_number(node, probability) && *probability >= 0 && *probability <= 1) return true;
  const char **words = reader_take(reader, rules->word_count + 1, sizeof *words);
  for (size_t i = 0; words && i < rules->word_count; i++) words[i] = rules->words[i].word;
  const char *hint = words ? reader_near(reader, node->text, words, rules->word_count) : NULL;
  reader_complain(reader, node, STATUS_RULE_WEIGHT, hint, "found \"%.60s\"; expected a likelihood word or a number from 0 to 1", node->text);
  return false;
}

/* --- dates: days of the proleptic Gregorian calendar, as in Howard Hinnant, "chrono-compatible low-level date algorithms" --- */

static long days_from_civil(long year, long month, long day) {
  year -= month <= 2;
  long era = year / 400, of_era = year - era * 400;
  long of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static long digits(const char *text, size_t count) {
  long number = 0;
  for (size_t i = 0; i < count; i++) number = number * 10 + (text[i] - '0');
  return number;
}

bool reader_date(const char *text, long *day) {
  static const char form[] = "0000-00-00";
  static const long month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (strlen(text) != sizeof form - 1) return false;
  for (size_t i = 0; form[i]; i++)
    if (form[i] == '-' ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
  long year = digits(text, 4), month = digits(text + 5, 2), in_month = digits(text + 8, 2);
  if (year < 1970 || month < 1 || month > 12 || in_month < 1) return false;
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (in_month > month_days[month - 1] + (month == 2 && leap)) return false;
  *day = days_from_civil(year, month, in_month);
  return true;
}

/* --- facts --- */

static void complain_of_fact(struct reader *reader, const struct yaml_node *at, const char *path) {
  const struct fact_catalog *catalog = reader->rules->catalog;
  const char **paths = reader_take(reader, catalog->count + 1, sizeof *paths);
  if (!paths) return;
  for (size_t i = 0; i < catalog->count; i++) paths[i] = catalog->defs[i].path;
  const char *hint = reader_near(reader, path, paths, catalog->count);
  bool domain = fact_is_domain(catalog, path, strlen(path));
  reader_complain(reader, at, STATUS_RULE_FACT, hint, "found \"%.80s\"%s; expected a fact of the catalogue", path,
                  domain ? ", which is a domain of facts" : "");
}

size_t reader_fact(struct reader *reader, const struct yaml_node *at, const char *path, const char **key) {
  const struct fact_catalog *catalog = reader->rules->catalog;
  *key = NULL;
  size_t index = fact_find(catalog, path, strlen(path));
  if (index != FACT_NONE) return index;
  index = fact_find_member(catalog, path, key);
  if (index == FACT_NONE) {
    complain_of_fact(reader, at, path);
    return FACT_NONE;
  }
  if (catalog->defs[index].type != FACT_PATHS || (*key)[0] == '/') return index;
  reader_complain(reader, at, STATUS_RULE_FACT, NULL, "found \"%.80s\"; expected an absolute path, as in %s./etc/hosts", path,
                  catalog->defs[index].path);
  return FACT_NONE;
}
