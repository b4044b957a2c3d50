/* Proves what db/yaml.h promises: the tree and its places, each refusal with its code and line:column, and the limits at
 * n - 1, n and n + 1. */
#include "../../db/yaml.h"
#include "small.h"

/* Parses a text; the code must be as expected, and a refusal must be told at this place. */
static bool refused(const char *text, size_t length, int code, size_t line, size_t column) {
  struct arena *arena = arena_new();
  struct diag_list *diags = diag_list_new();
  const struct yaml_node *root;
  int found = yaml_parse(arena, text, length, "test.yaml", diags, &root);
  bool right = found == code && !root && told(diags, code, line, column);
  if (found != code) printf("expected %d, found %d for: %.60s\n", code, found, text);
  diag_list_free(diags);
  arena_free(arena);
  return right;
}

static bool refuses(const char *text, int code, size_t line, size_t column) { return refused(text, strlen(text), code, line, column); }

static int status_of(const char *text, size_t length) {
  struct arena *arena = arena_new();
  const struct yaml_node *root;
  int code = yaml_parse(arena, text, length, "test.yaml", NULL, &root);
  arena_free(arena);
  return code;
}

static void test_tree(void) {
  static const char text[] = "# comment\nid: \xc3\xa9t\xc3\xa9\nlist: [a, 'b']\nmap:\n  key: |\n    two\n    lines\n";
  struct arena *arena = arena_new();
  const struct yaml_node *root;
  CHECK(yaml_parse(arena, text, sizeof text - 1, "test.yaml", NULL, &root) == 0);
  CHECK(root->kind == YAML_MAP && root->count == 3 && root->line == 2);
  const struct yaml_node *id = yaml_member(root, "id"), *list = yaml_member(root, "list"), *map = yaml_member(root, "map");
  CHECK(id && id->plain && strcmp(id->text, "\xc3\xa9t\xc3\xa9") == 0 && id->line == 2 && id->column == 5);
  CHECK(list && list->count == 2 && !list->first->next->plain && list->first->next->line == 3 && list->first->next->column == 11);
  CHECK(map && strcmp(yaml_member(map, "key")->text, "two\nlines\n") == 0 && map->key->column == 1);
  CHECK(!yaml_member(root, "other"));
  arena_free(arena);
}

static void test_refusals(void) {
  CHECK(refuses("a: 1\nb: &x 2\n", STATUS_RULE_ALIAS, 2, 4));
  CHECK(refuses("a: 1\nb: *x\n", STATUS_RULE_ALIAS, 2, 4));
  CHECK(refuses("a: 1\nb: !!str 2\n", STATUS_RULE_ALIAS, 2, 4));
  CHECK(refuses("a: !mine {b: 1}\n", STATUS_RULE_ALIAS, 1, 4));
  CHECK(refuses("a: &x [b]\n", STATUS_RULE_ALIAS, 1, 4));
  CHECK(refuses("a: 1\nb: {c: 1, c: 2}\n", STATUS_RULE_DUPLICATE_KEY, 2, 11));
  CHECK(refuses("a: 1\nb: 2\n\"a\": 3\n", STATUS_RULE_DUPLICATE_KEY, 3, 1));
  CHECK(refuses("a:\n\tb: 1\n", STATUS_RULE_TAB, 2, 1));
  CHECK(refuses("a: 'x\ty'\n", STATUS_RULE_TAB, 1, 6));
  CHECK(refused("a: 1\nb: \0c\n", 11, STATUS_RULE_NUL, 2, 4));
  CHECK(refuses("a: \"x\\0y\"\n", STATUS_RULE_NUL, 1, 4));
  CHECK(refuses("a: caf\xe9\n", STATUS_RULE_ENCODING, 1, 7));
  CHECK(refuses("a: \xc0\xaf\n", STATUS_RULE_ENCODING, 1, 4));
  CHECK(refuses("a: \xed\xa0\x80\n", STATUS_RULE_ENCODING, 1, 4));
  CHECK(refuses("\xef\xbb\xbf"
                "a: 1\n",
                STATUS_RULE_ENCODING, 1, 1));
  CHECK(refuses("a: \x01\n", STATUS_RULE_YAML, 1, 4));
  CHECK(refuses("a: 1\nb: x\x7f\n", STATUS_RULE_YAML, 2, 5));
  CHECK(refuses("a: \xc3\xa9t\xc3\xa9 \x1f\n", STATUS_RULE_YAML, 1, 8));
  CHECK(refuses("a: [1, 2\n", STATUS_RULE_YAML, 2, 1));
  CHECK(refuses("a: 1\n---\nb: 2\n", STATUS_RULE_YAML, 2, 1));
  CHECK(refuses("%YAML 1.1\n---\na: 1\n", STATUS_RULE_YAML, 1, 1));
  CHECK(refuses("? [a]\n: b\n", STATUS_RULE_TYPE, 1, 3));
  CHECK(refuses("", STATUS_RULE_EMPTY, 1, 1));
  CHECK(refuses("# nothing\n", STATUS_RULE_EMPTY, 1, 1));
}

/* A map of `count` keys, whose last repeats the one at `again`; 0: none does. */
static int status_of_keys(size_t count, size_t again) {
  struct buffer text = {0};
  for (size_t i = 1; i < count; i++) buffer_format(&text, "k%zu: 1\n", i);
  buffer_format(&text, "k%zu: 1\n", again ? again : count);
  int code = status_of(text.text, text.length);
  buffer_free(&text);
  return code;
}

/* However many keys a map has. */
static void test_repeated_keys(void) {
  for (size_t count = 2; count < 40; count++) {
    CHECK(status_of_keys(count, 0) == 0);
    CHECK(status_of_keys(count, 1) == STATUS_RULE_DUPLICATE_KEY && status_of_keys(count, count - 1) == STATUS_RULE_DUPLICATE_KEY);
    CHECK(status_of_keys(count, (count + 1) / 2) == STATUS_RULE_DUPLICATE_KEY);
  }
}

/* `depth` lists inside each other. */
static int status_of_depth(size_t depth) {
  char *text = malloc(2 * depth);
  memset(text, '[', depth);
  memset(text + depth, ']', depth);
  int code = status_of(text, 2 * depth);
  free(text);
  return code;
}

static int status_of_items(size_t count) {
  struct buffer text = {0};
  buffer_add(&text, "[");
  for (size_t i = 0; i < count; i++) buffer_add(&text, "a,");
  buffer_add(&text, "]");
  int code = status_of(text.text, text.length);
  buffer_free(&text);
  return code;
}

/* A file of `total` bytes whose one value has `width` of them; the rest is a comment. */
static int status_of_width(size_t width, size_t total) {
  char *text = malloc(total);
  memset(text, 'x', total);
  memcpy(text, "a: ", 3);
  if (3 + width + 2 <= total) memcpy(text + 3 + width, "\n#", 2);
  int code = status_of(text, total);
  free(text);
  return code;
}

static void test_limits(void) {
  CHECK(status_of_depth(YAML_DEPTH - 1) == 0);
  CHECK(status_of_depth(YAML_DEPTH) == 0);
  CHECK(status_of_depth(YAML_DEPTH + 1) == STATUS_RULE_DEPTH);
  CHECK(status_of_depth(1000) == STATUS_RULE_DEPTH);
  CHECK(status_of_depth(400000) == STATUS_RULE_DEPTH);
  CHECK(status_of_items(YAML_ITEMS - 1) == 0);
  CHECK(status_of_items(YAML_ITEMS) == 0);
  CHECK(status_of_items(YAML_ITEMS + 1) == STATUS_RULE_SIZE);
  CHECK(status_of_width(YAML_TEXT_BYTES - 1, YAML_TEXT_BYTES + 100) == 0);
  CHECK(status_of_width(YAML_TEXT_BYTES, YAML_TEXT_BYTES + 100) == 0);
  CHECK(status_of_width(YAML_TEXT_BYTES + 1, YAML_TEXT_BYTES + 100) == STATUS_RULE_SIZE);
  CHECK(status_of_width(1000000, 1000010) == STATUS_RULE_SIZE);
  CHECK(status_of_width(10, YAML_FILE_BYTES - 1) == 0);
  CHECK(status_of_width(10, YAML_FILE_BYTES) == 0);
  CHECK(status_of_width(10, YAML_FILE_BYTES + 1) == STATUS_RULE_SIZE);
}

/* The same limits where the text comes from a file, and a file that is not there. */
static void test_files(void) {
  char folder[256], path[300];
  struct arena *arena = arena_new();
  struct diag_list *diags = diag_list_new();
  const struct yaml_node *root;
  char *big = calloc(1, YAML_FILE_BYTES + 1);
  folder_new(folder, sizeof folder);
  memset(big, '#', YAML_FILE_BYTES + 1);
  memcpy(big, "a: 1\n", 5);
  snprintf(path, sizeof path, "%s/a.yaml", folder);
  put_bytes(folder, "a.yaml", big, YAML_FILE_BYTES);
  CHECK(yaml_read(arena, path, diags, &root) == 0 && root->count == 1);
  put_bytes(folder, "a.yaml", big, YAML_FILE_BYTES + 1);
  CHECK(yaml_read(arena, path, diags, &root) == STATUS_RULE_SIZE && !root);
  snprintf(path, sizeof path, "%s/none.yaml", folder);
  CHECK(yaml_read(arena, path, diags, &root) == STATUS_IO && !root);
  free(big);
  folder_remove(folder);
  diag_list_free(diags);
  arena_free(arena);
}

/* Every allocation in turn fails: no crash, no leak, and the code says so. */
static void test_memory(void) {
  static const char text[] = "a: {b: [c, d], e: f}\n";
  int code = STATUS_MEMORY;
  for (size_t n = 1; n < 100 && code == STATUS_MEMORY; n++) {
    const struct yaml_node *root = NULL;
    mem_fail_after(n);
    struct arena *arena = arena_new();
    code = arena ? yaml_parse(arena, text, sizeof text - 1, "test.yaml", NULL, &root) : STATUS_MEMORY;
    mem_fail_after(0);
    arena_free(arena);
  }
  CHECK(code == 0);
}

int main(void) {
  test_tree();
  test_refusals();
  test_repeated_keys();
  test_limits();
  test_files();
  test_memory();
  return check_end("db/yaml");
}
