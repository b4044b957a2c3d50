/* Views of a verdict built by hand: JSON that parses, CSV that quotes, text and HTML in which nothing hostile survives.
 *
 * With an argument the indented verdict is written to that file, for the schema. */
#include "tests/check.h"

#include <math.h>
#include <string.h>

#include "collectors/os.h"
#include "reports/json.h"
#include "reports/render.h"
#include "reports/text.h"

#define HOSTILE                                          \
  "<script>alert('x')</script>\"&\x1b[31m\x07\n\xc2\x9b" \
  "2J\xe2\x80\xae\xff"

static const struct rule_source source = {
    .key = "findings", .title = "Findings & more", .url = "https://example.org/?a=1&b=\"2\"", .observed = "2026-03-24"};
static const struct rule_source script_source = {.key = "odd", .title = "Odd", .url = "javascript:alert(1)", .observed = "2026-03-25"};
static const struct rule_signal release = {.id = "kernel-suffix", .why = "The release names the vendor.", .source = &source};
static const struct rule_signal odd = {.id = "odd", .why = "It is odd.", .source = &script_source};
static const struct rule_thing one = {.layer = "platform", .id = "one", .name = "One, \"the first\""},
                               two = {.layer = "platform", .id = "two", .name = "=Two()"};
static const struct rule_thing nothing = {.layer = "container", .id = "none", .name = "none"};

static const struct evidence found = {.thing = &one,
                                      .signal = &release,
                                      .name = "platform/one.kernel-suffix",
                                      .truth = TRUTH_TRUE,
                                      .bits = 12.3456,
                                      .fact = "kernel.release",
                                      .value = HOSTILE,
                                      .expected = "kernel.release matches -one$"};
static const struct evidence against = {.thing = &two,
                                        .signal = &odd,
                                        .name = "platform/two.odd",
                                        .truth = TRUTH_FALSE,
                                        .bits = -3.25,
                                        .fact = "net.domain",
                                        .value = NULL,
                                        .expected = "net.domain is two.example"};
static const struct evidence lacking = {.thing = &two,
                                        .signal = &release,
                                        .name = "platform/two.missing",
                                        .truth = TRUTH_UNKNOWN,
                                        .fact = "dmi.sys_vendor",
                                        .expected = "dmi.sys_vendor is Two"};
static const struct evidence refused = {.thing = &one,
                                        .signal = &release,
                                        .name = "platform/one.refused",
                                        .truth = TRUTH_UNREADABLE,
                                        .fact = "acpi.tables",
                                        .expected = "acpi.tables contains X",
                                        .reason = "permission denied"};

static struct hypothesis platforms[] = {
    {.thing = &one,
     .id = "one",
     .name = "One, \"the first\"",
     .log_odds = 20.12345,
     .probability = 0.99999999,
     .evidence = {&found, 1},
     .unreadable = {&refused, 1}},
    {.thing = NULL, .id = "unknown", .name = "unknown", .log_odds = 0, .probability = 1e-9},
    {.thing = &two,
     .id = "two",
     .name = "=Two()",
     .kind_of = "one",
     .log_odds = -4.0001,
     .probability = 1.5e-10,
     .contradicted = {&against, 1},
     .missing = {&lacking, 1}},
};
static struct hypothesis containers[] = {
    {.thing = &nothing, .id = "none", .name = "none", .log_odds = 3, .probability = 0.8},
    {.thing = NULL, .id = "unknown", .name = "unknown", .log_odds = -0.0, .probability = 0.2},
};
static const struct rule_layer layers[] = {{.id = "platform", .title = "the product you are in"},
                                           {.id = "container", .title = "what contains the processes"}};
static struct verdict_layer verdict_layers[] = {{.layer = &layers[0], .hypotheses = platforms, .count = 3, .rests_on = FORGE_ROOT},
                                                {.layer = &layers[1], .hypotheses = containers, .count = 2, .rests_on = RESTS_ON_NONE}};
static const struct detail details[] = {{"location", HOSTILE, "env.LOCATION"}, {"location", "second", "env.OTHER"}};
static struct conflict conflicts[1];
static const struct unforgeable unforgeable[] = {{FORGE_TENANT, "platform", "one", "One", 0.998},
                                                 {FORGE_ROOT, "container", "unknown", "unknown", 0.7}};
static const struct next_fact next[] = {{"dmi.sys_vendor", 1.25, "/sys/class/dmi/id/sys_vendor", PRIVILEGE_ROOT, true}};
static const struct refused_layer refused_layers[] = {{"platform", "one", 0.00001, 0.99999999, "two", 0.4}, {"container", "none", 0.7, 0.9, NULL, 0}};
static const struct refused refusals[] = {{"acpi", "permission denied", refused_layers, 2}, {"boot_log", HOSTILE, NULL, 0}, {NULL, NULL, NULL, 0}};
static const char *flip_facts[] = {"dmi.sys_vendor", "env"};
static const struct flip flip = {.layer = "platform", .facts = flip_facts, .count = 2, .id = "unknown", .probability = 0.6, .among = 30, .tried = 4};
static const char *unreadable[] = {"acpi: permission denied", HOSTILE};
static struct rule_base base = {.layers = NULL, .version = "1", .sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
static struct verdict verdict = {.base = &base,
                                 .report_id = "=cmd|'/c'!A1, \"r\"",
                                 .summary = "One (p 0.999)" HOSTILE,
                                 .layers = verdict_layers,
                                 .layer_count = 2,
                                 .details = details,
                                 .detail_count = 2,
                                 .conflicts = conflicts,
                                 .conflict_count = 1,
                                 .unforgeable = unforgeable,
                                 .unforgeable_count = 2,
                                 .next = next,
                                 .next_count = 1,
                                 .unreadable = unreadable,
                                 .unreadable_count = 2,
                                 .refused = refusals,
                                 .refused_count = 3,
                                 .flip = &flip};

static struct buffer out;
typedef int render_fn(const struct verdict *, struct render_options, struct buffer *);

static const char *rendered(render_fn *render, struct render_options options) {
  buffer_clear(&out);
  return render(&verdict, options, &out) ? "" : out.text;
}

static int has(const char *part) { return strstr(out.text, part) != NULL; }

/* No byte that a terminal would obey, and all of it UTF-8. */
static int is_tame(void) {
  for (size_t i = 0; i < out.length; i++)
    if (((unsigned char)out.text[i] < 0x20 && out.text[i] != '\n') || out.text[i] == 0x7f) return 0;
  return text_invalid(out.text, out.length) == out.length && !has("\xc2\x9b") && !has("\xe2\x80\xae");
}

static void json(void) {
  static const struct json_limits wide = {.bytes = 1 << 20, .depth = 16, .text_bytes = 1 << 16, .items = 1000};
  for (int one_line = 0; one_line < 2; one_line++) {
    rendered(render_json, (struct render_options){.one_line = one_line});
    struct arena *arena = arena_new();
    struct diag_list *diags = diag_list_new();
    struct json_document *document = NULL;
    CHECK(json_read((struct json_source){.text = out.text, .length = out.length, .line = 1}, &wide, arena, diags, &document) == 0);
    const struct json *root = document ? json_root(document) : NULL;
    const struct json *platform = root ? json_member(json_member(root, "layers"), "platform") : NULL;
    CHECK(platform && json_count(platform) == 3);
    CHECK(root && json_count(json_member(root, "details")) == 1 && json_count(json_member(root, "unreadable")) == 2);
    CHECK(strchr(out.text, '\n') == (one_line ? out.text + out.length - 1 : out.text + 1) && is_tame());
    json_free(document);
    diag_list_free(diags);
    arena_free(arena);
  }
  CHECK(has("\"probability\":0.999999,\"log_odds\":20.123,\"prior\":0.000,\"stack\":0.000") && has("\"log_odds\":-4.000") &&
        has("\"log_odds\":0.000") && has("\"probability\":1.5e-10"));
  CHECK(has("\"bits\":12.346") && has("\"bits\":-3.250") && has("\"kind_of\":\"one\"") && has("\"kind_of\":null"));
  CHECK(has("\"source\":{\"title\":\"Findings & more\"") && has("\"reason\":\"permission denied\"") && has("\"truth\":\"unreadable\""));
  CHECK(has("\"rests_on\":{\"platform\":\"root\",\"container\":null}"));
  CHECK(has("{\"ignored\":\"tenant\",\"layer\":\"platform\",\"id\":\"one\",\"probability\":0.998}"));
  CHECK(has("{\"fact\":\"dmi.sys_vendor\",\"bits\":1.250,\"how\":\"/sys/class/dmi/id/sys_vendor\",\"privilege\":\"root\",\"partly\":true}"));
  CHECK(has("\"refused\":[{\"fact\":\"acpi\",\"reason\":\"permission denied\",\"layers\":[{\"layer\":\"platform\",\"id\":\"one\",\"low\":1e-05,"
            "\"high\":0.999999,\"other\":\"two\",\"other_probability\":0.4}"));
  CHECK(has("\"flip\":{\"layer\":\"platform\",\"facts\":[\"dmi.sys_vendor\",\"env\"],\"id\":\"unknown\",\"probability\":0.6,"
            "\"smallest\":false,\"tried\":4,\"among\":30}"));
  rendered(render_json, (struct render_options){.one_line = true, .top = 1});
  CHECK(!has("\"id\":\"two\"") && has("\"id\":\"unknown\",\"name\""));
}

static void csv(void) {
  buffer_clear(&out);
  CHECK(render_csv_header(&out) == 0 && has("report,layer,id,name,probability,log_odds,second_id,second_probability\n"));
  rendered(render_csv, (struct render_options){0});
  CHECK(strncmp(out.text, "\"'=cmd|'/c'!A1, \"\"r\"\"\",platform,one,\"One, \"\"the first\"\"\",0.999999,20.123,unknown,1e-09\n", 79) == 0);
  CHECK(has(",container,none,none,0.8,3.000,unknown,0.2\n") && is_tame());
  static const struct {
    const char *text, *field;
  } fields[] = {{"plain", "plain"}, {"", ""},          {"a,b", "\"a,b\""}, {"a\"b", "\"a\"\"b\""}, {"-1", "\"'-1\""},
                {"+1", "\"'+1\""},  {"@x", "\"'@x\""}, {" x", "\" x\""},   {"a\tb", "a\\x09b"},    {"\t=1", "\"'\\x09=1\""}};
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    buffer_clear(&out);
    text_csv(&out, fields[i].text);
    CHECK(strcmp(out.text ? out.text : "", fields[i].field) == 0);
  }
}

static void text(void) {
  rendered(render_text, (struct render_options){0});
  CHECK(is_tame() && has("\\x1b[31m\\x07\\x0a\\x9b2J\\u202e\\xff"));
  CHECK(has("+12.3 bits    kernel.release = <script>") && has("[Findings & more, 2026-03-24]") && has("The release names the vendor."));
  CHECK(has("0.9999") && !has("1.0000") && has("without what any tenant can set") && has("acpi: permission denied") && has("dmi.sys_vendor"));
  rendered(render_text, (struct render_options){.colour = true});
  CHECK(has("\x1b[1m") && has("\\x1b[31m\\x07"));
}

static void explain(void) {
  rendered(render_explain, (struct render_options){0});
  CHECK(is_tame() && has("Why One") && has("Why not =Two()") && has("net.domain is absent") && has("expected net.domain is two.example"));
  CHECK(has("dmi.sys_vendor: expected dmi.sys_vendor is Two") && has("acpi.tables: expected acpi.tables contains X; permission denied"));
  CHECK(has("Conflicts") && has("What would tell more") && has("the rest of it: /sys/class/dmi/id/sys_vendor"));
  CHECK(has(
      "acpi: permission denied\n      platform: One, \"the first\" would be between under 0.0001 and 0.9999; it could have been =Two() 0.4000\n"));
  CHECK(has("container: none would be between 0.7000 and 0.9000; no other answer was possible") && has("all of these together; it could"));
  CHECK(has("without dmi.sys_vendor, env it would be unknown 0.6000\n  none of these can be spared, and no 4 of the 30 known facts would do"));
  rendered(render_explain, (struct render_options){.versus = "two"});
  CHECK(has("Why not =Two()") && has("-3.3 bits"));
  rendered(render_explain, (struct render_options){.versus = "container/two\x1b[0m"});
  CHECK(has("called container/two\\x1b[0m") && !has("Why not"));
  const struct verdict_layer *layer = NULL;
  CHECK(render_versus(&verdict, "platform/two", &layer) == &platforms[2] && layer == &verdict_layers[0]);
  CHECK(render_versus(&verdict, "none", &layer) == &containers[0] && layer == &verdict_layers[1]);
  CHECK(!render_versus(&verdict, "form/two", &layer) && !render_versus(&verdict, "container/two", &layer));
}

static void html(void) {
  rendered(render_html, (struct render_options){0});
  CHECK(is_tame() && !has("<script") && !has("alert('") && has("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;\\x1b[31m"));
  CHECK(has("href=\"https://example.org/?a=1&amp;b=&quot;2&quot;\"") && !has("javascript:") && has("default-src 'none'"));
  CHECK(
      has("platform: without <code>dmi.sys_vendor</code>, <code>env</code> it would be unknown 0.6000 (of the 30 known facts every set of up to 4"));
  CHECK(has("<td>the rest of it: /sys/class/dmi/id/sys_vendor</td>"));
  CHECK(has("<td>acpi</td><td>platform</td><td>one</td><td>under 0.0001</td><td>0.9999</td><td>two</td><td>0.4000</td>"));
  CHECK(strncmp(out.text, "<!doctype html>", 15) == 0 && has("</html>\n") && !has(" src="));
}

static void nothing_known(void) {
  struct verdict bare = {.base = &base, .report_id = "r", .summary = "Unknown platform", .layers = verdict_layers, .layer_count = 2};
  struct verdict_layer kept = verdict_layers[0];
  verdict_layers[0] = (struct verdict_layer){.layer = &layers[0], .hypotheses = &platforms[1], .count = 1};
  CHECK(!render_subject(&bare) && !render_is_known(&verdict_layers[1]));
  static render_fn *const all[] = {render_json, render_text, render_explain, render_csv, render_html};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    buffer_clear(&out);
    CHECK(all[i](&bare, (struct render_options){0}, &out) == 0 && out.length > 20);
  }
  verdict_layers[0] = kept;
  CHECK(render_subject(&verdict) == &verdict_layers[0]);
}

static void out_of_memory(void) {
  static render_fn *const all[] = {render_json, render_text, render_explain, render_csv, render_html};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    struct buffer small = {0};
    mem_fail_after(1);
    int status = all[i](&verdict, (struct render_options){0}, &small);
    mem_fail_after(0);
    CHECK(status == STATUS_MEMORY);
    buffer_free(&small);
  }
}

int main(int count, char **arguments) {
  conflicts[0] = (struct conflict){.layer = "platform", .text = "kernel.release speaks for One, net.domain for Two", .one = found, .other = against};
  json();
  csv();
  text();
  explain();
  html();
  nothing_known();
  out_of_memory();
  rendered(render_json, (struct render_options){0});
  if (count > 1) CHECK(os_write_file(arguments[1], out.text, out.length) == 0);
  buffer_free(&out);
  return check_end("test_render");
}
