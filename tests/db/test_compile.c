/* Proves what db/db.h promises of compiling: every kind of broken rule is told with its code and place, the same rules give
 * the same bytes, and a rule base with errors leaves no file. */
#include "../../collectors/os.h"
#include "small.h"

static char folder[256], rules[300], target[300];

static struct diag_list *compile_again(int *code) {
  struct diag_list *diags = diag_list_new();
  *code = db_compile(options_for(rules), target, diags);
  return diags;
}

static bool is_there(const char *path) { return access(path, F_OK) == 0; }

static size_t files_in(const char *path) {
  struct arena *arena = arena_new();
  char **names;
  size_t count = 0;
  os_list(path, 1000, arena, &names, &count);
  arena_free(arena);
  return count;
}

/* The box with one text replaced by another; the rest of the rules stays. */
static void put_changed(const char *old, const char *new) {
  const char *at = strstr(small_box, old);
  struct buffer text = {0};
  if (!at) {
    printf("no such text: %s\n", old);
    exit(2);
  }
  buffer_append(&text, small_box, (size_t)(at - small_box));
  buffer_add(&text, new);
  buffer_add(&text, at + strlen(old));
  put(rules, "platform/box.yaml", text.text);
  buffer_free(&text);
}

/* True where the change is refused with this code at this place, and no file is left. */
static bool broken(const char *old, const char *new, int code, size_t line, size_t column) {
  int found;
  put_changed(old, new);
  struct diag_list *diags = compile_again(&found);
  bool right = found == code && told(diags, code, line, column) && diags->errors > 0 && !is_there(target) && files_in(folder) == 1;
  if (found != code) printf("found %d for: %s\n", found, new);
  diag_list_free(diags);
  put(rules, "platform/box.yaml", small_box);
  return right;
}

/* The hint of the first diagnostic holds a text. */
static bool hints(const char *old, const char *new, const char *hint) {
  int code;
  put_changed(old, new);
  struct diag_list *diags = compile_again(&code);
  bool right = diags->count > 0 && diags->items[0].hint && strstr(diags->items[0].hint, hint);
  if (!right) print_diags(diags);
  diag_list_free(diags);
  put(rules, "platform/box.yaml", small_box);
  return right;
}

static bool compiles(const char *old, const char *new) {
  int code;
  put_changed(old, new);
  struct diag_list *diags = compile_again(&code);
  if (code) print_diags(diags);
  diag_list_free(diags);
  put(rules, "platform/box.yaml", small_box);
  remove(target);
  return code == 0;
}

static void test_bytes(void) {
  CHECK(broken("  - id: node\n", "\t- id: node\n", STATUS_RULE_TAB, 17, 1));
  CHECK(broken("name: Box", "name: &a Box", STATUS_RULE_ALIAS, 3, 7));
  CHECK(broken("name: Box", "name: !!str Box", STATUS_RULE_ALIAS, 3, 7));
  CHECK(broken("name: Box", "name: Box\nname: Two", STATUS_RULE_DUPLICATE_KEY, 4, 1));
  CHECK(broken("name: Box", "name: B\xff", STATUS_RULE_ENCODING, 3, 8));
  CHECK(broken("name: Box", "name: [Box", STATUS_RULE_YAML, 4, 9));
}

static void test_large(void) {
  struct buffer text = {0};
  buffer_add(&text, "name: ");
  for (size_t i = 0; i < 100000; i++) buffer_add(&text, "abcdefghij");
  CHECK(broken("name: Box", text.text, STATUS_RULE_SIZE, 3, 7));
  buffer_clear(&text);
  for (size_t i = 0; i < 1000; i++) buffer_add(&text, "{none: [");
  buffer_add(&text, "{cpu.count: 1}");
  for (size_t i = 0; i < 1000; i++) buffer_add(&text, "]}");
  CHECK(broken("{kernel.release: {regex: '-box-[0-9]+$'}}", text.text, STATUS_RULE_DEPTH, 12, 130));
  buffer_free(&text);
  put_bytes(rules, "platform/box.yaml", "id: b\0x\n", 8);
  int code;
  struct diag_list *diags = compile_again(&code);
  CHECK(code == STATUS_RULE_NUL && told(diags, STATUS_RULE_NUL, 1, 6) && !is_there(target));
  diag_list_free(diags);
  put(rules, "platform/box.yaml", small_box);
}

static void test_keys(void) {
  CHECK(broken("phrase:", "phrases:", STATUS_RULE_UNKNOWN_KEY, 5, 1));
  CHECK(broken("category: ai-sandbox\n", "", STATUS_RULE_MISSING_KEY, 1, 1));
  CHECK(broken("    why: The kernel release names the vendor.\n", "", STATUS_RULE_MISSING_KEY, 11, 5));
  CHECK(broken("id: box", "id: bax", STATUS_RULE_ID, 1, 5));
  CHECK(broken("id: kernel", "id: Kernel", STATUS_RULE_ID, 11, 9));
  CHECK(broken("id: node", "id: kernel", STATUS_RULE_DUPLICATE_ID, 17, 5));
  CHECK(broken("layer: platform", "layer: hypervisor", STATUS_RULE_LAYER, 2, 8));
  CHECK(broken("ai-sandbox", "ai-sandbax", STATUS_RULE_TYPE, 4, 11));
  CHECK(broken("stack:\n  hypervisor: {hyper: always}", "stack: [hyper]", STATUS_RULE_TYPE, 6, 8));
  CHECK(broken("hyper: always", "hyber: always", STATUS_RULE_REFERENCE, 7, 16));
  CHECK(broken("  hypervisor: {hyper", "  hipervisor: {hyper", STATUS_RULE_LAYER, 7, 3));
  CHECK(broken("seen: always", "seen: allways", STATUS_RULE_WEIGHT, 13, 11));
  CHECK(broken("seen: always", "seen: 1.5", STATUS_RULE_WEIGHT, 13, 11));
  CHECK(broken("elsewhere: never", "elsewhere: always", STATUS_RULE_WEIGHT, 13, 11));
  CHECK(broken("source: findings\n  - id: node", "source: finding\n  - id: node", STATUS_RULE_SOURCE, 16, 13));
  CHECK(broken("2026-03-24", "2026-02-30", STATUS_RULE_DATE, 9, 73));
  CHECK(broken("name: Box", "name: Box\nkind_of: crate", STATUS_RULE_REFERENCE, 4, 10));
  CHECK(broken("name: Box", "name: Box\nkind_of: box", STATUS_RULE_CYCLE, 4, 10));
  CHECK(hints("phrase:", "phrases:", "\"phrase\""));
  CHECK(hints("hyper: always", "hyber: always", "\"hyper\""));
  CHECK(hints("seen: always", "seen: allways", "\"always\""));
}

#define RELEASE "{kernel.release: {regex: '-box-[0-9]+$'}}"

static void test_conditions(void) {
  CHECK(broken("kernel.release: {regex", "kernel.relaese: {regex", STATUS_RULE_FACT, 12, 12));
  CHECK(broken(RELEASE, "{kernel: present}", STATUS_RULE_FACT, 12, 12));
  CHECK(broken(RELEASE, "{files.opt: present}", STATUS_RULE_FACT, 12, 12));
  CHECK(broken("'-box-[0-9]+$'}}\n", "'-box-[0-9+$'}}\n", STATUS_RULE_REGEX, 12, 36));
  CHECK(broken("{regex: '-box-[0-9]+$'}}\n", "{regexp: '-box-'}}\n", STATUS_RULE_MATCHER, 12, 29));
  CHECK(broken(RELEASE, "{kernel.release: {range: 1..2}}", STATUS_RULE_MATCHER, 12, 36));
  CHECK(broken(RELEASE, "{kernel.release: {has: {name: a}}}", STATUS_RULE_MATCHER, 12, 29));
  CHECK(broken(RELEASE, "{mounts: /etc}", STATUS_RULE_MATCHER, 12, 20));
  CHECK(broken(RELEASE, "{mounts: {has: {targt: /}}}", STATUS_RULE_FACT, 12, 27));
  CHECK(broken(RELEASE, "{cpu.count: many}", STATUS_RULE_OPERAND, 12, 23));
  CHECK(broken(RELEASE, "{memory.total: {range: 5MiB..1MiB}}", STATUS_RULE_OPERAND, 12, 34));
  CHECK(broken(RELEASE, "{kernel.release: {version: '>=x'}}", STATUS_RULE_OPERAND, 12, 38));
  CHECK(broken(RELEASE, "{net.dns: {cidr: 10.0.0.0/33}}", STATUS_RULE_OPERAND, 12, 28));
  CHECK(broken(RELEASE, "{net.interfaces: {has: {mac: {mac: '2:fc'}}}}", STATUS_RULE_OPERAND, 12, 46));
  CHECK(broken(RELEASE, "{mounts: {count: some}}", STATUS_RULE_OPERAND, 12, 28));
  CHECK(broken(RELEASE, "{kernel.release: }", STATUS_RULE_OPERAND, 12, 28));
  CHECK(broken(RELEASE, "{kernel.release: []}", STATUS_RULE_OPERAND, 12, 28));
  CHECK(broken(RELEASE, "{all: []}", STATUS_RULE_OPERAND, 12, 17));
  CHECK(broken(RELEASE, "{any: {cpu.count: 1}}", STATUS_RULE_TYPE, 12, 17));
  CHECK(broken(RELEASE, "{any: [{cpu.count: 1}], cpu.count: 2}", STATUS_RULE_UNKNOWN_KEY, 12, 12));
  CHECK(broken(RELEASE, "{at_least: {n: 3, of: [{cpu.count: 1}, {cpu.count: 2}]}}", STATUS_RULE_OPERAND, 12, 26));
  CHECK(hints("kernel.release: {regex", "kernel.relaese: {regex", "\"kernel.release\""));
  CHECK(hints(RELEASE, "{mounts: {has: {targt: /}}}", "\"target\""));
  CHECK(compiles(RELEASE, "{env: {has: {name: {prefix: BOX_}, value: present}}}"));
  CHECK(compiles(RELEASE, "{net.dns: {cidr: [10.0.0.0/8, 'fd00::/8']}, cpu.flags: [a, b], mounts: {count: '>=4'}}"));
  CHECK(compiles(RELEASE, "{kernel.release: {equals: present}, files./a b: absent, blocks: {has: {size_bytes: {range: 1GiB..}, read_only: true}}}"));
}

static void test_rest(void) {
  CHECK(broken("{from: env.BOX_PLACE}", "{from: envv.BOX_PLACE}", STATUS_RULE_FACT, 37, 20));
  CHECK(broken("{from: env.BOX_PLACE}", "{from: mounts}", STATUS_RULE_TYPE, 37, 20));
  CHECK(broken("'-box-([0-9]+)$'", "'-box-([0-9]+$'", STATUS_RULE_REGEX, 38, 40));
  CHECK(broken("  vcpus: 1", "  vcpus: [1]", STATUS_RULE_TYPE, 40, 10));
  CHECK(broken("expect: first", "expect: fist", STATUS_RULE_TYPE, 42, 106));
  CHECK(broken("{facts: {env.BOX_KEY: a}", "{facts: {cpu.count: a}", STATUS_RULE_TYPE, 43, 25));
  CHECK(broken("{facts: {env.BOX_KEY: a}", "{facts: {cpu.cunt: a}", STATUS_RULE_FACT, 43, 14));
  CHECK(broken("{facts: {env.BOX_KEY: a}", "{report: a, facts: {env.BOX_KEY: a}", STATUS_RULE_MISSING_KEY, 43, 5));
  put(rules, "hypervisor/hyper.yaml", strstr(small_hyper, "layer"));
  int code;
  struct diag_list *diags = compile_again(&code);
  CHECK(code == STATUS_RULE_MISSING_KEY && told(diags, STATUS_RULE_MISSING_KEY, 1, 1));
  diag_list_free(diags);
  put_rules(rules, false);
}

static bool breaks_file(const char *name, const char *text, int code) {
  int found;
  char path[400];
  put(rules, name, text);
  struct diag_list *diags = compile_again(&found);
  if (found != code) print_diags(diags);
  diag_list_free(diags);
  snprintf(path, sizeof path, "%s/%s", rules, name);
  remove(path);
  put_rules(rules, false);
  return found == code && !is_there(target);
}

static void test_directory(void) {
  char path[400];
  CHECK(breaks_file("platfrom/box.yaml", small_box, STATUS_RULE_LAYER));
  snprintf(path, sizeof path, "%s/platfrom", rules);
  rmdir(path);
  CHECK(breaks_file("box.yaml", small_box, STATUS_RULE_LAYER));
  CHECK(breaks_file("platform/box.yml", small_box, STATUS_RULE_ID));
  CHECK(breaks_file("model.yaml", "words: {}\n", STATUS_RULE_MISSING_KEY));
  CHECK(breaks_file("lib/firm.yaml", "id: firm\nname: Firm\n", STATUS_RULE_UNKNOWN_KEY));
  CHECK(breaks_file("lib/firm.yaml", "id: firm\n", STATUS_RULE_REFERENCE));
  put(rules, "draft/platform/box.yaml", "not: looked at\n");
  CHECK(compiles("Box", "Box"));
  struct diag_list *diags = diag_list_new();
  struct compile_options options = options_for(rules);
  options.drafts = true;
  put(rules, "draft/platform/box.yaml", small_box);
  CHECK(db_compile(options, target, diags) == STATUS_RULE_DUPLICATE_ID && !is_there(target));
  diag_list_free(diags);
  snprintf(path, sizeof path, "%s/draft", rules);
  folder_remove(path);
}

static bool same_file(const char *one, const char *other) {
  struct buffer a = {0}, b = {0};
  bool same =
      os_read_file(one, 1 << 24, &a) == 0 && os_read_file(other, 1 << 24, &b) == 0 && a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
  buffer_free(&a);
  buffer_free(&b);
  return same;
}

static void test_same_bytes(void) {
  char second[300], other[300];
  snprintf(second, sizeof second, "%s/second.db", folder);
  snprintf(other, sizeof other, "%s/backwards", folder);
  put(other, "platform/x", "");
  put_rules(other, true);
  struct diag_list *diags = diag_list_new();
  CHECK(db_compile(options_for(rules), target, diags) == 0);
  CHECK(db_compile(options_for(rules), second, diags) == 0);
  CHECK(same_file(target, second));
  CHECK(db_compile(options_for(other), second, diags) == 0);
  CHECK(same_file(target, second));
  CHECK(diags->count == 0);
  diag_list_free(diags);
  remove(second);
  folder_remove(other);
}

/* Every allocation in turn fails: an error each time, or the right file. */
static void test_memory_failures(void) {
  char good[300];
  int code = STATUS_MEMORY;
  size_t failures = 0;
  snprintf(good, sizeof good, "%s/good", folder);
  CHECK(db_compile(options_for(rules), good, NULL) == 0);
  for (size_t n = 1; n < 1000 && code; n++) {
    mem_fail_after(n);
    code = db_compile(options_for(rules), target, NULL);
    mem_fail_after(0);
    failures += code != 0;
    CHECK(files_in(folder) == 3 && (code || same_file(target, good)));
  }
  CHECK(code == 0 && failures > 10);
  remove(good);
}

/* What stood there before stays when compiling fails, and nothing else appears. */
static void test_failures(void) {
  struct diag_list *diags = diag_list_new();
  char missing[300];
  put(folder, "target.db", "old");
  put_changed("id: box", "id: bax");
  CHECK(db_compile(options_for(rules), target, diags) == STATUS_RULE_ID);
  struct buffer text = {0};
  CHECK(os_read_file(target, 100, &text) == 0 && strcmp(text.text, "old") == 0);
  put(rules, "platform/box.yaml", small_box);
  snprintf(missing, sizeof missing, "%s/no/such/target.db", folder);
  CHECK(db_compile(options_for(rules), missing, diags) == STATUS_DB_WRITE);
  CHECK(db_compile(options_for(missing), target, diags) == STATUS_IO);
  CHECK(files_in(folder) == 2);
  test_memory_failures();
  for (size_t n = 1; n < 12; n++) {
    os_fail_after(n);
    db_compile(options_for(rules), target, NULL);
    os_fail_after(0);
    CHECK(files_in(folder) == 2);
  }
  buffer_free(&text);
  diag_list_free(diags);
  remove(target);
}

static int count_example(void *context, const struct db_example *example) {
  size_t *count = context;
  static const char report[] = "{\"schema\":\"hostprint.report/1\",\"id\":\"platform-box-example-1\",\"facts\":";
  if (strcmp(example->id, "box") == 0 && *count == 2) {
    CHECK(strncmp(example->facts, report, sizeof report - 1) == 0 && strcmp(example->expect, "not") == 0);
    CHECK(strstr(example->facts, "\"facts\":{\"env\":{\"BOX_KEY\":\"a\"}}}") != NULL && example->line == 43);
  }
  if (strcmp(example->expect, "first") == 0 && strcmp(example->id, "box") == 0) {
    CHECK(strstr(example->facts, "\"kernel\":{\"release\":\"6.1.0-box-12\"}") != NULL);
    CHECK(strstr(example->facts, "\"files\":{\"/opt/box\":true}") != NULL);
    CHECK(strstr(example->facts, "\"dmi\":{\"banner\":null,") != NULL);
  }
  (*count)++;
  return 0;
}

static void test_memory_base(void) {
  struct diag_list *diags = diag_list_new();
  struct rule_base *base;
  size_t count = 0;
  CHECK(db_compile_memory(options_for(rules), &base, count_example, &count, diags) == 0);
  CHECK(count == 4 && base && base->thing_count == 2 && base->layer_count == 2);
  rule_base_free(base);
  CHECK(db_compile_memory(options_for("/no/such"), &base, NULL, NULL, diags) != 0 && !base);
  diag_list_free(diags);
}

int main(void) {
  folder_new(folder, sizeof folder);
  snprintf(rules, sizeof rules, "%s/rules", folder);
  snprintf(target, sizeof target, "%s/target.db", folder);
  put_rules(rules, false);
  test_bytes();
  test_large();
  test_keys();
  test_conditions();
  test_rest();
  test_directory();
  test_same_bytes();
  test_failures();
  test_memory_base();
  folder_remove(folder);
  return check_end("db/compile");
}
