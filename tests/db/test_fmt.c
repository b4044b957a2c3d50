/* Proves what db/fmt.h and db/lint.h promise: order, comments and values survive, a second run changes nothing, and each
 * unwise thing is told once at its place. */
#include "../../db/fmt.h"
#include "../../db/lint.h"
#include "small.h"

#define TODAY 20778 /* 2026-11-21 */

/* The canonical text of `text` is `expected`, and of that itself. */
static bool formats(const char *text, const char *expected) {
  struct buffer once = {0}, twice = {0};
  bool right = db_fmt_text(text, strlen(text), "a.yaml", &once, NULL) == 0 && strcmp(once.text, expected) == 0 &&
               db_fmt_text(once.text, once.length, "a.yaml", &twice, NULL) == 0 && strcmp(twice.text, expected) == 0;
  if (!right) printf("found:\n%s\nthen:\n%s\n", once.text ? once.text : "", twice.text ? twice.text : "");
  buffer_free(&once);
  buffer_free(&twice);
  return right;
}

static void test_order(void) {
  CHECK(formats(small_box, small_box));
  CHECK(formats(small_hyper, small_hyper));
  CHECK(formats(small_model, small_model));
  CHECK(formats("layer: a\nid: b\n", "id: b\nlayer: a\n"));
  CHECK(formats("sources:\n  b: {c: d}\n  a: {c: d}\nname: 'x'  \nid: b", "id: b\nname: 'x'\nsources:\n  b: {c: d}\n  a: {c: d}\n"));
  CHECK(formats("zebra: 1\nid: b\n", "id: b\nzebra: 1\n"));
  CHECK(formats("id: b\r\nlayer: c\r\n", "id: b\nlayer: c\n"));
  CHECK(formats("{layer: a, id: b}\n", "{layer: a, id: b}\n"));
}

static void test_comments(void) {
  CHECK(formats("# of the file\n\n# of the layer\nlayer: a # trails\n\n\n# of the id\nid: b\n",
                "# of the file\n\n# of the id\nid: b\n# of the layer\nlayer: a # trails\n"));
  CHECK(formats("id: b\nname: |\n  # no comment\n\n\n  text  \nlayer: a\n", "id: b\nlayer: a\nname: |\n  # no comment\n\n\n  text  \n"));
}

static void test_signals(void) {
  CHECK(formats("signals:\n"
                "  # of the first\n"
                "  - when: {a: b}\n"
                "    # of the id\n"
                "    id: one # trails\n"
                "    why: it is\n"
                "      so\n"
                "    seen: 1\n"
                "  # of the second\n"
                "  - {why: \"caf\xc3\xa9, {x}\", id: two, when: {c: [d, e]}} # trails\n"
                "  - id: three\n"
                "    signal: lib/a.b\n"
                "id: x\n",
                "id: x\n"
                "signals:\n"
                "  # of the first\n"
                "    # of the id\n"
                "  - id: one # trails\n"
                "    when: {a: b}\n"
                "    seen: 1\n"
                "    why: it is\n"
                "      so\n"
                "  # of the second\n"
                "  - {id: two, when: {c: [d, e]}, why: \"caf\xc3\xa9, {x}\"} # trails\n"
                "  - id: three\n"
                "    signal: lib/a.b\n"));
  CHECK(formats("signals:\n  - {\n    why: a,\n    id: b\n    }\n", "signals:\n  - {\n    why: a,\n    id: b\n    }\n"));
  CHECK(formats("signals: [{why: a, id: b}]\n", "signals: [{why: a, id: b}]\n"));
  CHECK(formats("signals:\n- why: a\n  id: b\n", "signals:\n- id: b\n  why: a\n"));
}

static void test_refusals(void) {
  struct buffer out = {0};
  struct diag_list *diags = diag_list_new();
  CHECK(db_fmt_text("a: [\n", 5, "a.yaml", &out, diags) == STATUS_RULE_YAML && out.length == 0 && told(diags, STATUS_RULE_YAML, 2, 1));
  CHECK(db_fmt_text("", 0, "a.yaml", &out, diags) == STATUS_RULE_EMPTY);
  diag_list_free(diags);
}

/* --- lint --- */

static char folder[256];

static struct diag_list *lint(const char *name, int *code) {
  char path[400];
  const char *const paths[] = {path};
  struct diag_list *diags = diag_list_new();
  snprintf(path, sizeof path, "%s/%s", folder, name);
  *code = db_lint_at(paths, 1, &catalog, TODAY, diags);
  return diags;
}

static bool warns(const char *text, int code, size_t line, size_t column) {
  int status;
  put(folder, "rules/platform/box.yaml", text);
  struct diag_list *diags = lint("rules/platform/box.yaml", &status);
  bool right = status == 0 && diags->errors == 0 && diags->count == 1 && told(diags, code, line, column);
  if (!right) print_diags(diags);
  diag_list_free(diags);
  return right;
}

#define HEAD \
  "id: box\nlayer: platform\nname: Box\ncategory: ai-sandbox\nsources:\n  own: {title: T, url: \"https://example.org\", observed: 2026-01-01}\n"
#define TAIL "examples:\n  - {facts: {cpu.count: 1}, expect: first}\n  - {facts: {cpu.count: 2}, expect: not}\n"
#define SIGNAL(id, when, rest) "  - {id: " id ", when: " when ", seen: often, " rest ", why: so, source: own}\n"

static void test_warnings(void) {
  CHECK(warns(HEAD "signals:\n" SIGNAL("a", "{cpu.flags: {regex: '^[a-z]+$'}}", "elsewhere: rarely") TAIL, STATUS_RULE_UNANCHORED, 8, 19));
  CHECK(warns(HEAD "signals:\n" SIGNAL("a", "{env.A: present}", "elsewhere: never") TAIL, STATUS_RULE_ENV_ONLY, 8, 61));
  CHECK(warns(HEAD "signals:\n" SIGNAL("a", "{kernel.release: 6.1.12-x}", "elsewhere: rarely") TAIL, STATUS_RULE_VOLATILE, 8, 19));
  CHECK(warns(HEAD "signals:\n" SIGNAL("a", "{kernel.release: {regex: '^6\\.1\\.12-abc'}}", "elsewhere: rarely") TAIL, STATUS_RULE_VOLATILE, 8, 19));
  CHECK(warns(HEAD "signals:\n" SIGNAL("a", "{net.dns: 10.1.2.3}", "elsewhere: rarely") TAIL, STATUS_RULE_VOLATILE, 8, 19));
  CHECK(warns(HEAD "signals:\n" SIGNAL("a", "{net.domain: 01234567-89ab-cdef-0123-456789abcdef}", "elsewhere: rarely") TAIL, STATUS_RULE_VOLATILE, 8,
              19));
  CHECK(warns(HEAD "signals:\n" SIGNAL("a", "{cpu.count: 1}", "elsewhere: rarely") SIGNAL("b", "{cpu.count: 1}", "elsewhere: never") TAIL,
              STATUS_RULE_TWICE, 9, 5));
  CHECK(warns(HEAD "signals:\n" SIGNAL("a", "{cpu.count: 1}", "elsewhere: rarely") "examples:\n  - {facts: {cpu.count: 1}, expect: first}\n",
              STATUS_RULE_NO_EXAMPLE, 9, 1));
  CHECK(warns(HEAD "signals:\n" SIGNAL("a", "{cpu.count: 1}", "elsewhere: rarely") "examples:\n  - {facts: {cpu.count: 1}, expect: not}\n",
              STATUS_RULE_NO_EXAMPLE, 9, 1));
}

static void test_no_examples(void) {
  int code;
  put(folder, "rules/platform/box.yaml", HEAD "signals:\n" SIGNAL("a", "{cpu.count: 1}", "elsewhere: rarely"));
  struct diag_list *diags = lint("rules", &code);
  CHECK(code == 0 && diags->count == 2 && told(diags, STATUS_RULE_NO_EXAMPLE, 0, 0));
  diag_list_free(diags);
}

static void test_quiet(void) {
  int code;
  static const char *const texts[] = {
      HEAD "signals:\n" SIGNAL("a", "{kernel.release: 6.1.12-x}", "elsewhere: rarely, volatile: true") TAIL,
      HEAD "signals:\n" SIGNAL("a", "{kernel.release: {version: '>=6.1.12'}}", "elsewhere: rarely") TAIL,
      HEAD "signals:\n" SIGNAL("a", "{cpu.flags: {regex: '^[a-z]+_abc$'}}", "elsewhere: rarely") TAIL,
      HEAD "signals:\n" SIGNAL("a", "{net.dns: {cidr: 10.1.2.0/24}}", "elsewhere: rarely") TAIL,
      HEAD "signals:\n" SIGNAL("a", "{any: [{env.A: present}, {cpu.count: 3}]}", "elsewhere: never") TAIL,
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    put(folder, "rules/platform/box.yaml", texts[i]);
    struct diag_list *diags = lint("rules/platform/box.yaml", &code);
    CHECK(code == 0 && diags->count == 0);
    print_diags(diags);
    diag_list_free(diags);
  }
}

/* A path tells what lies under it, and no more. */
static void test_paths(void) {
  int code;
  char text[1000];
  char *observed;
  put_rules(folder, false);
  char rules[300];
  snprintf(rules, sizeof rules, "%s/rules", folder);
  put_rules(rules, false);
  snprintf(text, sizeof text, "%s", small_lib);
  observed = strstr(text, "2025");
  if (observed) memcpy(observed, "2024", 4);
  put(rules, "lib/firm.yaml", text);
  put(rules, "lib/idle.yaml",
      "id: idle\nsources:\n  own: {title: T, url: u, observed: 2026-01-01}\nsignals:\n  - {id: x, when: {cpu.count: 1}, why: so, source: own}\n");
  struct diag_list *diags = lint("rules", &code);
  CHECK(code == 0 && diags->count == 2 && told(diags, STATUS_RULE_STALE, 3, 79) && told(diags, STATUS_RULE_UNUSED, 5, 5));
  diag_list_free(diags);
  diags = lint("rules/lib/", &code);
  CHECK(code == 0 && diags->count == 2);
  diag_list_free(diags);
  diags = lint("rules/platform", &code);
  CHECK(code == 0 && diags->count == 0);
  diag_list_free(diags);
  put(rules, "hypervisor/hyper.yaml", "id: hyper\n");
  diags = lint("rules/platform/box.yaml", &code);
  CHECK(code == 0 && diags->errors == 0);
  diag_list_free(diags);
  diags = lint("rules/hypervisor", &code);
  CHECK(code == STATUS_RULE_MISSING_KEY && diags->errors == 3);
  diag_list_free(diags);
  diags = lint("rules/none", &code);
  CHECK(code == STATUS_IO);
  diag_list_free(diags);
}

int main(void) {
  folder_new(folder, sizeof folder);
  test_order();
  test_comments();
  test_signals();
  test_refusals();
  char rules[300];
  snprintf(rules, sizeof rules, "%s/rules", folder);
  put(rules, "model.yaml", small_model);
  test_warnings();
  test_no_examples();
  test_quiet();
  test_paths();
  folder_remove(folder);
  return check_end("db/fmt");
}
