/* Proves what db/fmt.h promises: order, comments and values survive, and a second run changes nothing. */
#include "../../db/fmt.h"
#include "small.h"

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

int main(void) {
  test_order();
  test_comments();
  test_signals();
  test_refusals();
  return check_end("db/fmt");
}
