/* See report.h: what must not be stored, and what must not be shared. Knows how secrets and names of instances look; must
 * not know what a fact tells about a platform. */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "report.h"

/* Words of a name that make its value a secret, as they stand between underscores. */
static const char *const secret_words[] = {
    "KEY",       "KEYS", "APIKEY", "APIKEYS", "ACCESSKEY",     "SSHKEY", "AUTHKEY", "PASS",    "PWD",      "PW",        "PASSPHRASE",
    "PASSCODE",  "PIN",  "AUTH",   "OAUTH",   "AUTHORIZATION", "COOKIE", "COOKIES", "SESSION", "SESSIONS", "SESSIONID", "PRIVATE",
    "SIGNATURE", "SIG",  "DSN",    "WEBHOOK", "WEBHOOKS",      "CREDS",  "CRED",    "JWT",     "BEARER",   "SALT",
};
/* What makes a word secret wherever it stands in it, and what does at its end. */
static const char *const secret_parts[] = {"PASSWORD", "PASSWD", "SECRET", "CREDENTIAL"};
static const char *const secret_ends[] = {"TOKEN", "TOKENS"};
/* Several words together. */
static const char *const secret_phrases[] = {"DATABASE_URL", "DATABASE_URI", "DB_URL", "DB_URI", "CONNECTION_STRING", "CONNECTIONSTRING", "CONN_STR"};
/* The working directory of a shell, and the one before it. */
static const char *const open_names[] = {"PWD", "OLDPWD"};

#define LEAST_NAME 5 /* bytes of a serial number that is looked for elsewhere */
#define COUNT(table) (sizeof(table) / sizeof *(table))

static bool ends_with(const char *word, size_t length, const char *end) {
  size_t size = strlen(end);
  return length >= size && memcmp(word + length - size, end, size) == 0;
}

static bool is_secret_word(const char *word, size_t length) {
  while (length && isdigit((unsigned char)word[length - 1])) length--;
  for (size_t i = 0; i < COUNT(secret_words); i++)
    if (secret_words[i][0] == word[0] && strlen(secret_words[i]) == length && memcmp(secret_words[i], word, length) == 0) return true;
  for (size_t i = 0; i < COUNT(secret_ends); i++)
    if (ends_with(word, length, secret_ends[i])) return true;
  for (size_t i = 0; i < COUNT(secret_parts); i++)
    if (memmem(word, length, secret_parts[i], strlen(secret_parts[i]))) return true;
  return false;
}

bool report_is_secret_name(const char *name) {
  assert(name);
  char upper[256];
  size_t length = strlen(name);
  if (length >= sizeof upper) return true;
  for (size_t i = 0; i <= length; i++) upper[i] = name[i] && !isalnum((unsigned char)name[i]) ? '_' : (char)toupper((unsigned char)name[i]);
  for (size_t i = 0; i < COUNT(open_names); i++)
    if (strcmp(name, open_names[i]) == 0) return false;
  for (size_t i = 0; i < COUNT(secret_phrases); i++)
    if (strstr(upper, secret_phrases[i])) return true;
  for (const char *at = upper; *at; at += strspn(at, "_")) {
    size_t width = strcspn(at, "_");
    if (is_secret_word(at, width)) return true;
    at += width;
  }
  return false;
}

bool report_is_secret_value(const char *value) {
  assert(value);
  if (strstr(value, "-----BEGIN ") && strstr(value, "PRIVATE KEY")) return true;
  for (const char *at = strstr(value, "://"); at; at = strstr(at + 3, "://")) {
    size_t user = strcspn(at + 3, ":@/?# ");
    if (at[3 + user] == ':' && at[3 + user + strcspn(at + 3 + user, "@/?# ")] == '@') return true;
  }
  return false;
}

/* SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash that cannot be inverted or guessed without the key. */
static uint64_t turn(uint64_t word, int bits) { return word << bits | word >> (64 - bits); }

static void sip_round(uint64_t v[4]) {
  v[0] += v[1];
  v[2] += v[3];
  v[1] = turn(v[1], 13) ^ v[0];
  v[3] = turn(v[3], 16) ^ v[2];
  v[0] = turn(v[0], 32);
  v[2] += v[1];
  v[0] += v[3];
  v[1] = turn(v[1], 17) ^ v[2];
  v[3] = turn(v[3], 21) ^ v[0];
  v[2] = turn(v[2], 32);
}

static uint64_t little_endian(const unsigned char *bytes, size_t count) {
  uint64_t word = 0;
  for (size_t i = 0; i < count; i++) word |= (uint64_t)bytes[i] << (8 * i);
  return word;
}

static uint64_t sip_hash(const unsigned char key[16], const char *text, size_t length) {
  const unsigned char *bytes = (const unsigned char *)text;
  uint64_t low = little_endian(key, 8), high = little_endian(key + 8, 8);
  uint64_t v[4] = {low ^ 0x736f6d6570736575u, high ^ 0x646f72616e646f6du, low ^ 0x6c7967656e657261u, high ^ 0x7465646279746573u};
  for (size_t at = 0; at <= length; at += 8) {
    bool last = length - at < 8;
    uint64_t word = last ? little_endian(bytes + at, length - at) | (uint64_t)length << 56 : little_endian(bytes + at, 8);
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
  }
  v[2] ^= 0xff;
  for (int i = 0; i < 4; i++) sip_round(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Names of the instance that a report holds, found before anything is hashed. */
struct sharing {
  struct report *report;
  unsigned char key[16];
  bool hides; /* the hidden marker in place of a hash */
  const char **names;
  size_t count, capacity;
};

static int hash_text(struct sharing *sharing, const char **text) {
  if (sharing->hides) {
    *text = VALUE_HIDDEN;
    return 0;
  }
  uint64_t hash = sip_hash(sharing->key, *text, strlen(*text));
  *text = arena_format(sharing->report->arena, VALUE_HASHED "%016llx)", (unsigned long long)hash);
  return *text ? 0 : STATUS_MEMORY;
}

static int hash_value(struct sharing *sharing, struct value *value) {
  if (value_is_hidden(value)) return 0;
  const char *text = value->text;
  if (hash_text(sharing, &text)) return STATUS_MEMORY;
  *value = value_text(text, strlen(text));
  return 0;
}

/* Names that so many instances share that they identify none. */
static bool is_common(const char *name) {
  static const char *const common[] = {"root", "user", "localhost", "ubuntu", "debian", "admin", "node", "nobody", "guest", "app", "(none)", ""};
  for (size_t i = 0; i < COUNT(common); i++)
    if (strcmp(name, common[i]) == 0) return true;
  return false;
}

/* Addresses that mean nothing outside their own network. */
static bool is_private_address(const char *text) {
  static const char *const starts[] = {"10.", "127.", "169.254.", "192.168.", "fe80:", "::1", "fc", "fd"};
  for (size_t i = 0; i < COUNT(starts); i++)
    if (strncasecmp(text, starts[i], strlen(starts[i])) == 0 && strspn(text, "0123456789abcdefABCDEF.:") == strlen(text)) return true;
  int second = 0;
  return sscanf(text, "172.%3d.", &second) == 1 && second >= 16 && second <= 31;
}

static int note_name(struct sharing *sharing, const char *text) {
  char *name = arena_text(sharing->report->arena, text, strcspn(text, "/"));
  if (!name || mem_grow(&sharing->names, &sharing->capacity, sharing->count + 1, sizeof *sharing->names)) return STATUS_MEMORY;
  if (!is_common(name) && !is_private_address(name) && strlen(name) >= 3) sharing->names[sharing->count++] = name;
  return 0;
}

static bool is_word_byte(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* A plain word is the name of an instance only as a whole text or as a part of a path; anything more peculiar wherever it
 * stands by itself. */
static bool contains_name(const char *text, const char *name) {
  size_t length = strlen(name);
  bool plain = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == length;
  for (const char *at = strcasestr(text, name); at; at = strcasestr(at + 1, name)) {
    char before = at > text ? at[-1] : 0, after = at[length];
    if (is_word_byte(before) || is_word_byte(after)) continue;
    if (!plain || ((before == '/' || !before) && (after == '/' || !after))) return true;
  }
  return false;
}

static bool names_instance(const struct sharing *sharing, const char *text) {
  for (size_t i = 0; i < sharing->count; i++)
    if (contains_name(text, sharing->names[i])) return true;
  return false;
}

/* Applies `each` to every text at or below a value. */
typedef int text_fn(struct sharing *sharing, struct value *text);

static int each_text(struct sharing *sharing, struct value *value, text_fn *each) {
  if (value->kind == VALUE_TEXT) return each(sharing, value);
  int status = 0;
  for (size_t i = 0; !status && (value->kind == VALUE_LIST || value->kind == VALUE_MAP) && i < value->count; i++)
    status = each_text(sharing, &value->items[i], each);
  return status;
}

static int note_value(struct sharing *sharing, struct value *text) { return value_is_hidden(text) ? 0 : note_name(sharing, text->text); }
/* An address of a private network says which network was chosen, not which machine this is. */
static int hash_own(struct sharing *sharing, struct value *text) {
  char bare[64];
  snprintf(bare, sizeof bare, "%.*s", (int)strcspn(text->text, "/"), text->text);
  return is_common(text->text) || is_private_address(bare) ? 0 : hash_value(sharing, text);
}
static int hash_named(struct sharing *sharing, struct value *text) { return names_instance(sharing, text->text) ? hash_value(sharing, text) : 0; }

/* Fields of records that identify, where the fact as a whole does not. */
static const struct { const char *fact, *field; } identifying[] = {{"blocks", "serial"}, {"net.interfaces", "addresses"}, {"net.interfaces", "mac"}};

static int each_identifying_field(struct sharing *sharing, const struct fact_def *def, struct value *list, text_fn *each) {
  int status = 0;
  for (size_t k = 0; k < COUNT(identifying); k++) {
    if (strcmp(identifying[k].fact, def->path) != 0) continue;
    for (size_t i = 0; i < list->count && !status; i++) {
      struct value *record = &list->items[i];
      for (size_t j = 0; j < record->count && !status; j++)
        if (strcmp(record->keys[j], identifying[k].field) == 0) status = each_text(sharing, &record->items[j], each);
    }
  }
  return status;
}

/* Applies `each` to every text that identifies the instance by the catalogue or by the table above. */
static int each_identifying(struct sharing *sharing, text_fn *each) {
  struct fact_set *facts = sharing->report->facts;
  int status = 0;
  for (size_t i = 0; i < facts->catalog->count && !status; i++) {
    const struct fact_def *def = &facts->catalog->defs[i];
    if (facts->facts[i].state != FACT_PRESENT) continue;
    if (def->identifies) status = each_text(sharing, &facts->facts[i].value, each);
    if (!status && def->type == FACT_RECORDS) status = each_identifying_field(sharing, def, &facts->facts[i].value, each);
  }
  return status;
}

static void hide_secrets(struct value *map) {
  for (size_t i = 0; i < map->count; i++) {
    struct value *item = &map->items[i];
    if (item->kind != VALUE_TEXT || value_is_hidden(item)) continue;
    if (report_is_secret_name(map->keys[i]) || report_is_secret_value(item->text)) *item = value_text(VALUE_HIDDEN, sizeof VALUE_HIDDEN - 1);
  }
}

static int share_fact(struct sharing *sharing, const struct fact_def *def, struct fact *fact) {
  if (fact->state != FACT_PRESENT) return 0;
  if (def->type == FACT_MAP) hide_secrets(&fact->value);
  return each_text(sharing, &fact->value, hash_named);
}

static int share_head(struct sharing *sharing) {
  struct report *report = sharing->report;
  int status = names_instance(sharing, report->id) ? hash_text(sharing, &report->id) : 0;
  if (!status && report->source && names_instance(sharing, report->source)) status = hash_text(sharing, &report->source);
  return status;
}

int report_share(struct report *report, const unsigned char *salt, size_t length) {
  assert(report && salt && length >= REPORT_SALT_BYTES);
  struct sharing sharing = {.report = report};
  struct fact_set *facts = report->facts;
  for (size_t i = 0; i < length; i++) sharing.key[i % sizeof sharing.key] ^= salt[i];
  int status = each_identifying(&sharing, note_value);
  if (!status) status = each_identifying(&sharing, hash_own);
  for (size_t i = 0; i < facts->catalog->count && !status; i++) status = share_fact(&sharing, &facts->catalog->defs[i], &facts->facts[i]);
  if (!status) status = share_head(&sharing);
  mem_free(sharing.names);
  return status;
}

/* Short numbers and words stand in many places and name nothing. */
static bool names_one(const char *text) { return strlen(text) >= LEAST_NAME && strpbrk(text, "0123456789"); }

int report_hide(struct report *report, const struct value *names, size_t count) {
  assert(report && (names || !count));
  struct sharing sharing = {.report = report, .hides = true};
  struct fact_set *facts = report->facts;
  int status = 0;
  for (size_t i = 0; i < count && !status; i++)
    if (names_one(names[i].text)) status = note_name(&sharing, names[i].text);
  if (!status) status = each_identifying(&sharing, hash_own);
  for (size_t i = 0; i < facts->catalog->count && !status; i++) status = share_fact(&sharing, &facts->catalog->defs[i], &facts->facts[i]);
  mem_free(sharing.names);
  return status;
}
