/* Reading, writing and sharing reports: states, forms, every kind of broken report, each limit at n - 1, n and n + 1. */
#include "tests/check.h"

#include <limits.h>
#include <string.h>

#include "collectors/catalog.h"
#include "reports/json.h"
#include "reports/report.h"
#include "reports/text.h"

static struct report *report;
static struct diag_list *diags;

static struct report_reader *reader; /* reads all that is read here once more, one after the other */

static int same_diags(const struct diag_list *others) {
  if (others->count != diags->count) return 0;
  for (size_t i = 0; i < diags->count; i++) {
    const struct diag *a = &diags->items[i], *b = &others->items[i];
    if (a->code != b->code || a->line != b->line || a->column != b->column || strcmp(a->message, b->message) != 0) return 0;
  }
  return 1;
}

static int same_report(const struct report *a, const struct report *b) {
  struct buffer one = {0}, other = {0};
  int same = !a == !b && (!a || (report_write(a, &one) == 0 && report_write(b, &other) == 0 && a->ignored_count == b->ignored_count));
  for (size_t i = 0; a && same && i < a->ignored_count; i++) same = strcmp(a->ignored[i], b->ignored[i]) == 0;
  if (a && same) same = strcmp(one.text, other.text) == 0;
  buffer_free(&one);
  buffer_free(&other);
  return same;
}

/* True where the reader that has read everything before says the same as report_read, which begins anew. */
static int reader_agrees(const char *json, size_t length, int status) {
  struct diag_list *own = diag_list_new();
  struct report *again = report;
  if (!reader) reader = report_reader_new(&catalog);
  int agrees =
      report_reader_read(reader, json, length, "file.json", 1, "fallback", own, &again) == status && same_diags(own) && same_report(report, again);
  diag_list_free(own);
  return agrees;
}

static int read_bytes(const char *json, size_t length) {
  report_free(report);
  diag_list_free(diags);
  diags = diag_list_new();
  report = NULL;
  int status = report_read(json, length, &catalog, "file.json", 1, "fallback", diags, &report);
  CHECK(reader_agrees(json, length, status));
  return status;
}

static int read_text(const char *json) { return read_bytes(json, strlen(json)); }

/* Reads a report with this text after its schema. */
static int read_rest(const char *rest) {
  struct buffer json = {0};
  buffer_format(&json, "{\"schema\":\"hostprint.report/1\",%s}", rest);
  int status = read_bytes(json.text, json.length);
  buffer_free(&json);
  return status;
}

static int read_facts(const char *facts) {
  struct buffer rest = {0};
  buffer_format(&rest, "\"facts\":{%s}", facts);
  int status = read_rest(rest.text);
  buffer_free(&rest);
  return status;
}

static const struct fact *fact(const char *path) { return &report->facts->facts[fact_find(&catalog, path, strlen(path))]; }
static enum fact_state state(const char *path) { return fact(path)->state; }
static int is_text(const struct value *value, const char *text) { return value && value->kind == VALUE_TEXT && strcmp(value->text, text) == 0; }
static int says(const char *part) { return diags->count == 1 && strstr(diags->items[0].message, part) != NULL; }
static int at(size_t line, size_t column) { return diags->count == 1 && diags->items[0].line == line && diags->items[0].column == column; }

static void values(void) {
  CHECK(read_facts("\"kernel\":{\"release\":\"6.1\",\"cmdline\":[\"a=1\",\"b\"]},\"cpu\":{\"count\":2,\"hypervisor_present\":true},"
                   "\"storage_speed\":{\"sync_4k_write\":1.5,\"sequential_write\":7}") == 0);
  CHECK(is_text(&fact("kernel.release")->value, "6.1"));
  CHECK(fact("kernel.cmdline")->value.count == 2 && is_text(&fact("kernel.cmdline")->value.items[1], "b"));
  CHECK(fact("cpu.count")->value.kind == VALUE_INTEGER && fact("cpu.count")->value.integer == 2);
  CHECK(fact("cpu.hypervisor_present")->value.kind == VALUE_BOOLEAN && fact("cpu.hypervisor_present")->value.boolean);
  CHECK(fact("storage_speed.sync_4k_write")->value.real == 1.5 && fact("storage_speed.sequential_write")->value.kind == VALUE_REAL);
  CHECK(strcmp(report->id, "fallback") == 0 && report->observed_at == NULL && report->tool == NULL);
  CHECK(read_rest(
            "\"id\":\"x\",\"observed_at\":\"2026-03-24T01:02:03Z\",\"origin\":{\"tool\":\"t\",\"method\":\"m\",\"source\":null},\"facts\":{}") == 0);
  CHECK(strcmp(report->id, "x") == 0 && strcmp(report->method, "m") == 0 && report->source == NULL);
}

static void maps_and_records(void) {
  CHECK(read_facts("\"env\":{\"Z\":\"last\",\"A\":1,\"B\":true,\"C\":null,\"D\":2.5},\"files\":{\"/b\":true,\"/a\":false,\"/c\":null}") == 0);
  const struct value *env = &fact("env")->value;
  CHECK(env->kind == VALUE_MAP && env->count == 5 && strcmp(env->keys[0], "A") == 0 && strcmp(env->keys[4], "Z") == 0);
  CHECK(is_text(value_member(env, "A"), "1") && is_text(value_member(env, "B"), "true") && is_text(value_member(env, "D"), "2.5"));
  CHECK(value_member(env, "C")->kind == VALUE_NULL);
  CHECK(value_member(&fact("files")->value, "/b")->boolean && !value_member(&fact("files")->value, "/a")->boolean);
  CHECK(value_member(&fact("files")->value, "/c")->kind == VALUE_NULL);
  CHECK(read_facts("\"blocks\":[{\"size_bytes\":10,\"name\":\"vda\",\"read_only\":false,\"novel\":{\"x\":[]},\"label\":null}]") == 0);
  const struct value *disk = &fact("blocks")->value.items[0];
  CHECK(disk->kind == VALUE_MAP && disk->count == 4 && is_text(value_member(disk, "name"), "vda"));
  CHECK(value_member(disk, "size_bytes")->integer == 10 && value_member(disk, "label")->kind == VALUE_NULL);
  CHECK(read_facts("\"mounts\":[{\"target\":\"/\",\"options\":[\"rw\"]}]") == 0);
  CHECK(value_member(&fact("mounts")->value.items[0], "options")->count == 1);
}

static void states(void) {
  CHECK(read_rest("\"facts\":{\"dmi\":null,\"kernel\":{\"thp\":null,\"release\":\"6\"},\"env\":{},\"files\":{},\"net\":{\"dns\":[\"1.1.1.1\"]}},"
                  "\"partial\":[\"net\",\"kernel.modules\"],\"unreadable\":{\"acpi\":\"refused\",\"kernel\":\"half\",\"boot_log\":\"no\"},"
                  "\"not_applicable\":[\"cpu.hypervisor\",\"devicetree\"]") == 0);
  CHECK(state("dmi.sys_vendor") == FACT_ABSENT && state("dmi.product_uuid") == FACT_ABSENT);
  CHECK(state("kernel.thp") == FACT_ABSENT && state("kernel.release") == FACT_PRESENT);
  CHECK(state("kernel.banner") == FACT_UNREADABLE && strcmp(fact("kernel.banner")->reason, "half") == 0);
  CHECK(state("acpi.oem_ids") == FACT_UNREADABLE && state("boot_log") == FACT_UNREADABLE);
  CHECK(state("cpu.hypervisor") == FACT_NOT_APPLICABLE && state("devicetree.model") == FACT_NOT_APPLICABLE);
  CHECK(state("cpu.count") == FACT_UNKNOWN && state("memory.total") == FACT_UNKNOWN);
  CHECK(state("env") == FACT_ABSENT && state("files") == FACT_PRESENT);
  CHECK(state("network.route") == FACT_UNKNOWN && !fact("network.route")->partial);
  CHECK(fact("net.dns")->partial && !fact("net.routes")->partial && !fact("kernel.modules")->partial && !fact("kernel.release")->partial);
  CHECK(read_rest("\"facts\":{\"env\":{}},\"partial\":[\"env\"]") == 0 && state("env") == FACT_PRESENT && fact("env")->partial);
  CHECK(read_rest("\"facts\":{\"env\":null},\"partial\":[\"env\"],\"unreadable\":null,\"not_applicable\":null,\"origin\":null,\"id\":null") == 0 &&
        state("env") == FACT_ABSENT && !fact("env")->partial);
}

static void dotted(void) {
  CHECK(
      read_facts(
          "\"kernel.release\":\"6\",\"kernel\":{\"machine\":\"m\"},\"env.A\":\"1\",\"env.B.C\":\"2\",\"files./x.y\":true,\"dmi.sys_vendor\":null") ==
      0);
  CHECK(is_text(&fact("kernel.release")->value, "6") && is_text(&fact("kernel.machine")->value, "m"));
  CHECK(is_text(value_member(&fact("env")->value, "A"), "1") && is_text(value_member(&fact("env")->value, "B.C"), "2"));
  CHECK(fact("env")->partial && !fact("files")->partial && value_member(&fact("files")->value, "/x.y")->boolean);
  CHECK(state("dmi.sys_vendor") == FACT_ABSENT && state("dmi.bios_vendor") == FACT_UNKNOWN && report->ignored_count == 0);
  CHECK(read_facts("\"env.B\":\"2\",\"env\":{\"A\":\"1\"}") == 0 && fact("env")->value.count == 2 && !fact("env")->partial);
}

static void twice(void) {
  static const char *const same[] = {
      "\"kernel.release\":\"6\",\"kernel\":{\"release\":\"6\"}",
      "\"kernel\":{\"release\":\"6\"},\"kernel.release\":\"6\"",
      "\"kernel\":{\"release\":\"6\",\"release\":\"7\"}",
      "\"dmi\":null,\"dmi.sys_vendor\":\"x\"",
      "\"dmi.sys_vendor\":\"x\",\"dmi\":null",
      "\"env\":{\"A\":\"1\"},\"env.A\":\"1\"",
      "\"env.A\":\"1\",\"env\":null",
      "\"env\":{},\"env\":{}",
      "\"env\":{\"\\u0041\":\"1\",\"A\":\"2\"}",
      "\"blocks\":[{\"name\":\"a\",\"name\":\"a\"}]",
      "\"novel\":{\"x\":1,\"x\":2}",
  };
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    CHECK(read_facts(same[i]) == STATUS_REPORT_DUPLICATE);
    CHECK(diags->count == 1 && diags->items[0].line == 1 && diags->items[0].column > 1 && !report);
  }
  CHECK(read_text("{\"schema\":\"hostprint.report/1\",\n \"facts\":{},\n  \"facts\":{}}") == STATUS_REPORT_DUPLICATE && at(3, 3));
}

static void ignored(void) {
  CHECK(read_rest("\"facts\":{\"kernel\":{\"novel\":1},\"novel\":{\"a\":[{}]},\"kernel.release.x\":2,\"\":3},\"extra\":[1],\"partial\":[\"novel.x\"],"
                  "\"unreadable\":{\"quite.new\":\"x\"},\"not_applicable\":[\"new\"]") == 0);
  CHECK(report->ignored_count == 7 && strcmp(report->ignored[0], "novel.x") == 0 && strcmp(report->ignored[1], "kernel.novel") == 0);
}

/* A report whose facts are `before`, `count` members "NAME<i>":<value> and `after`. */
static int read_many(const char *before, const char *name, size_t count, int falling, const char *after) {
  struct buffer facts = {0};
  buffer_add(&facts, before);
  for (size_t i = 0; i < count; i++) buffer_format(&facts, "%s\"%s%02zu\":1", i ? "," : "", name, falling ? count - i - 1 : i);
  buffer_add(&facts, after);
  int status = read_facts(facts.text);
  buffer_free(&facts);
  return status;
}

/* Objects and maps with few and with many members are looked through in different ways. */
static void twice_among_many(void) {
  for (size_t count = 14; count < 36; count++)
    for (int falling = 0; falling < 2; falling++) {
      CHECK(read_many("\"env\":{", "A", count, falling, ",\"B\":1}") == 0 && fact("env")->value.count == count + 1);
      CHECK(value_member(&fact("env")->value, "A00") && value_member(&fact("env")->value, "A13") && value_member(&fact("env")->value, "B"));
      CHECK(read_many("\"env\":{", "A", count, falling, ",\"A07\":1}") == STATUS_REPORT_DUPLICATE && says("\"A07\""));
      CHECK(read_many("\"env\":{", "LONG_VARIABLE_", count, falling, ",\"LONG_VARIABLE_03\":1}") == STATUS_REPORT_DUPLICATE);
      CHECK(read_many("\"novel\":{", "a", count, falling, "}") == 0 && report->ignored_count == 1);
      CHECK(read_many("\"novel\":{", "a", count, falling, ",\"a07\":1}") == STATUS_REPORT_DUPLICATE && says("\"a07\""));
      CHECK(read_many("\"novel\":{", "long_name_", count, falling, "}") == 0 && report->ignored_count == 1);
      CHECK(read_many("\"kernel\":{", "a", count, falling, "}") == 0 && report->ignored_count == count);
      CHECK(read_many("\"kernel\":{", "a", count, falling, ",\"a07\":1}") == STATUS_REPORT_DUPLICATE);
      CHECK(read_many("\"blocks\":[{\"name\":\"x\"},{", "a", count, falling, "}]") == 0 && fact("blocks")->value.items[1].count == 0);
      CHECK(read_many("\"blocks\":[{\"name\":\"x\"},{", "a", count, falling, ",\"a07\":1}]") == STATUS_REPORT_DUPLICATE);
    }
  CHECK(read_rest("\"facts\":{},\"x\":1,\"y\":2,\"x\":3") == STATUS_REPORT_DUPLICATE && says("\"x\""));
  CHECK(read_rest("\"facts\":{},\"id\":\"a\",\"id\":\"a\"") == STATUS_REPORT_DUPLICATE && says("\"id\""));
  CHECK(read_facts("\"kernel\":{},\"kernel\":{}") == STATUS_REPORT_DUPLICATE && says("\"kernel\""));
  CHECK(read_facts("\"kernel\":{\"release\":\"6\"},\"kernel.release\":\"6\"") == STATUS_REPORT_DUPLICATE && says("kernel.release is given twice"));
}

/* Records that are like the one before, and every way in which they are not. */
static void records_alike(void) {
  static const struct {
    const char *records;
    const char *second; /* of report_write */
  } cases[] = {
      {"{\"target\":\"/\",\"fstype\":\"a\"},{\"target\":\"/b\",\"fstype\":\"c\"}", "{\"target\":\"/b\",\"fstype\":\"c\"}"},
      {"{\"target\":\"/\",\"fstype\":\"a\"},{\"fstype\":\"c\",\"target\":\"/b\"}", "{\"target\":\"/b\",\"fstype\":\"c\"}"},
      {"{\"target\":\"/\",\"fstype\":\"a\"},{\"target\":\"/b\"}", "{\"target\":\"/b\"}"},
      {"{\"target\":\"/\"},{\"target\":\"/b\",\"fstype\":null}", "{\"target\":\"/b\",\"fstype\":null}"},
      {"{\"target\":\"/\",\"new\":[1,2]},{\"target\":\"/b\",\"new\":{\"x\":\"\\u00e9\"}}", "{\"target\":\"/b\"}"},
      {"{\"target\":\"/\",\"new\":1},{\"target\":\"/b\",\"net\":1}", "{\"target\":\"/b\"}"},
      {"{\"target\":\"/\",\"name_of_16_bytes\":1},{\"target\":\"/b\",\"name_of_16_bytes\":1}", "{\"target\":\"/b\"}"},
      {"{\"target\":\"/\",\"name_of_17_bytes_\":1},{\"target\":\"/b\",\"name_of_17_bytes_\":1}", "{\"target\":\"/b\"}"},
      {"{\"target\":\"/\",\"options\":[\"a\"]},{\"target\":\"\\u002fb\",\"options\":[\"x\\ty\"]}", "{\"target\":\"/b\",\"options\":[\"x\\ty\"]}"},
      {"{\"target\":\"/\"},{\"t\\u0061rget\":\"/b\"}", "{\"target\":\"/b\"}"},
      {"{},{\"target\":\"/b\"}", "{\"target\":\"/b\"}"},
      {"{\"target\":\"/\"},{}", "{}"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct buffer facts = {0}, out = {0};
    buffer_format(&facts, "\"mounts\":[%s]", cases[i].records);
    CHECK(read_facts(facts.text) == 0 && report_write(report, &out) == 0);
    const char *second = out.text ? strstr(out.text, "},{") : NULL;
    CHECK(second && strncmp(second + 2, cases[i].second, strlen(cases[i].second)) == 0);
    buffer_free(&facts);
    buffer_free(&out);
  }
  CHECK(read_facts("\"mounts\":[{\"target\":\"/\",\"fstype\":\"x\"},{\"target\":\"/\",\"target\":\"x\"}]") == STATUS_REPORT_DUPLICATE);
  CHECK(read_facts("\"mounts\":[{\"target\":\"/\",\"new\":1},{\"target\":\"/\",\"new\":\"\\u0000\"}]") == STATUS_REPORT_NUL);
  CHECK(read_facts("\"mounts\":[{\"target\":\"/\",\"fstype\":\"x\"},{\"target\":\"/\",\"fstype\":\"\\u0000\"}]") == STATUS_REPORT_NUL);
  CHECK(read_facts("\"mounts\":[{\"target\":\"/\"},{\"target\":5}]") == STATUS_REPORT_TYPE && says("mounts.target"));
}

/* More sets of fields than a reader keeps the keys of, each report after another one. */
static void many_kinds_of_records(void) {
  static const char *const fields[] = {"name", "fstype", "label", "scheduler", "model", "vendor", "serial"};
  for (size_t round = 0; round < 3; round++) {
    struct buffer facts = {0};
    buffer_add(&facts, "\"blocks\":[");
    for (size_t set = 0; set < 128; set++) {
      buffer_add(&facts, set ? ",{" : "{");
      for (size_t i = 0, some = 0; i < 7; i++)
        if (set >> i & 1) buffer_format(&facts, "%s\"%s\":\"%zu\"", some++ ? "," : "", fields[i], set);
      buffer_add(&facts, "}");
    }
    buffer_add(&facts, "]");
    CHECK(read_facts(facts.text) == 0);
    int right = 1;
    for (size_t set = 0; set < 128; set++)
      for (size_t i = 0; i < 7; i++) right = right && !(set >> i & 1) == !value_member(&fact("blocks")->value.items[set], fields[i]);
    CHECK(right);
    CHECK(
        read_facts(
            "\"blocks\":[{\"name\":\"a\",\"fstype\":\"b\",\"label\":\"c\",\"scheduler\":\"d\",\"model\":\"e\",\"vendor\":\"f\",\"serial\":\"g\"}]") ==
        0);
    buffer_free(&facts);
  }
}

/* Each text is looked at wherever it stands, and a fault of the JSON is told before one of the report. */
static void faults_everywhere(void) {
  static const char *const places[] = {
      "\"facts\":{},\"id\":%s",
      "\"facts\":{},\"observed_at\":%s",
      "\"facts\":{},\"origin\":{\"tool\":%s}",
      "\"facts\":{},\"origin\":{\"new\":%s}",
      "\"facts\":{},\"partial\":[%s]",
      "\"facts\":{},\"not_applicable\":[\"cpu\",%s]",
      "\"facts\":{},\"unreadable\":{\"acpi\":%s}",
      "\"facts\":{},\"unreadable\":{%s:\"x\"}",
      "\"facts\":{},\"new\":[[1],%s]",
      "\"facts\":{},%s:1",
      "\"facts\":{\"new\":%s}",
      "\"facts\":{%s:1}",
      "\"facts\":{\"kernel\":{%s:[]}}",
      "\"facts\":{\"kernel\":{\"new\":%s}}",
      "\"facts\":{\"kernel\":{\"release\":%s}}",
      "\"facts\":{\"kernel.release\":%s}",
      "\"facts\":{\"kernel.new\":%s}",
      "\"facts\":{\"kernel\":{\"cmdline\":[\"a\",%s]}}",
      "\"facts\":{\"env\":{\"A\":%s}}",
      "\"facts\":{\"env\":{%s:\"A\"}}",
      "\"facts\":{\"env.A\":%s}",
      "\"facts\":{\"files\":{%s:true}}",
      "\"facts\":{\"mounts\":[{\"target\":%s}]}",
      "\"facts\":{\"mounts\":[{\"new\":%s}]}",
      "\"facts\":{\"mounts\":[{%s:1}]}",
      "\"facts\":{\"mounts\":[{\"options\":[\"a\",%s]}]}",
  };
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    char rest[200], with_other[260];
    snprintf(rest, sizeof rest, places[i], "\"a\\u0000\"");
    CHECK(read_rest(rest) == STATUS_REPORT_NUL && says("NUL"));
    snprintf(with_other, sizeof with_other, "\"id\":5,%s", rest);
    CHECK(i == 0 || read_rest(with_other) == STATUS_REPORT_NUL);
    snprintf(with_other, sizeof with_other, "\"a\":{\"b\":1,\"b\":2},%s", rest);
    CHECK(read_rest(with_other) == STATUS_REPORT_NUL);
    if (strstr(places[i], "%s:")) continue;
    snprintf(rest, sizeof rest, places[i], "{\"x\":1,\"y\":2,\"x\":3}");
    CHECK(read_rest(rest) == STATUS_REPORT_DUPLICATE && says("\"x\""));
  }
  CHECK(read_rest("\"id\":5,\"facts\":{\"kernel\":{\"release\":6}},\"x\":[{\"a\":[],\"a\":[]}]") == STATUS_REPORT_DUPLICATE);
}

/* `levels` lists, one in the other, at every place that the catalogue does not know. */
static void depth_everywhere(void) {
  static const struct {
    const char *before, *after;
    size_t around;
  } places[] = {
      {"\"facts\":{},\"new\":", "", 1},
      {"\"facts\":{},\"origin\":{\"new\":", "}", 2},
      {"\"facts\":{\"new\":", "}", 2},
      {"\"facts\":{\"kernel\":{\"new\":", "}}", 3},
      {"\"facts\":{\"kernel.new\":", "}", 2},
      {"\"facts\":{\"mounts\":[{\"new\":", "}]}", 4},
      {"\"facts\":{\"mounts\":[{\"target\":\"/\",\"new\":1},{\"target\":\"/\",\"new\":", "}]}", 4},
      {"\"facts\":{\"net\":{\"hosts\":[{\"new\":", "}]}}", 5},
  };
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    for (size_t depth = REPORT_DEPTH - 1; depth <= REPORT_DEPTH + 1; depth++)
      for (int empty = 0; empty < 2; empty++) {
        struct buffer rest = {0};
        buffer_add(&rest, places[i].before);
        for (size_t level = places[i].around; level < depth; level++) buffer_add(&rest, level % 2 ? "[" : "{\"a\":");
        buffer_add(&rest, empty ? (depth % 2 ? "0" : "[]") : "1");
        for (size_t level = depth; level-- > places[i].around;) buffer_add(&rest, level % 2 ? "]" : "}");
        buffer_add(&rest, places[i].after);
        size_t reached = depth + (empty && depth % 2 == 0);
        CHECK(read_rest(rest.text) == (reached > REPORT_DEPTH ? STATUS_REPORT_DEPTH : 0));
        buffer_free(&rest);
      }
  struct buffer wide = {0};
  buffer_add(&wide, "\"facts\":{\"new\":[[]");
  for (size_t i = 0; i < 3 * (size_t)REPORT_DEPTH; i++) buffer_add(&wide, i % 2 ? ",[{}]" : ",{\"a\":[1]}");
  buffer_add(&wide, "]}");
  CHECK(read_rest(wide.text) == 0);
  buffer_free(&wide);
  struct buffer broken = {0};
  for (size_t i = 0; i <= REPORT_DEPTH; i++) buffer_add(&broken, "[");
  CHECK(read_bytes(broken.text, broken.length) == STATUS_REPORT_DEPTH && at(1, REPORT_DEPTH + 1));
  CHECK(read_bytes(broken.text, REPORT_DEPTH) == STATUS_REPORT_JSON);
  buffer_free(&broken);
}

static void wrong_types(void) {
  static const struct {
    const char *facts, *found, *expected;
  } cases[] = {
      {"\"kernel\":{\"release\":6}", "an integer", "a text"},
      {"\"kernel\":{\"cmdline\":\"a b\"}", "a text", "a list of texts"},
      {"\"kernel\":{\"cmdline\":[\"a\",null]}", "null", "a text"},
      {"\"kernel\":\"6\"", "a text", "an object"},
      {"\"cpu\":{\"count\":2.0}", "no 64-bit integer", "an integer"},
      {"\"cpu\":{\"count\":9223372036854775808}", "no 64-bit integer", "an integer"},
      {"\"cpu\":{\"count\":\"2\"}", "a text", "an integer"},
      {"\"cpu\":{\"hypervisor_present\":1}", "an integer", "true or false"},
      {"\"storage_speed\":{\"sync_4k_write\":\"1\"}", "a text", "a number"},
      {"\"env\":[\"A=1\"]", "a list", "an object"},
      {"\"env\":{\"A\":{}}", "an object", "a text"},
      {"\"env.A\":[]", "a list", "a text"},
      {"\"files\":{\"/a\":\"yes\"}", "a text", "true or false"},
      {"\"mounts\":{\"target\":\"/\"}", "an object", "a list of objects"},
      {"\"mounts\":[\"/\"]", "a text", "an object"},
      {"\"mounts\":[{\"options\":\"rw\"}]", "a text", "a list of texts"},
      {"\"blocks\":[{\"size_bytes\":1.5}]", "no 64-bit integer", "an integer"},
      {"\"blocks\":[{\"read_only\":\"no\"}]", "a text", "true or false"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    CHECK(read_facts(cases[i].facts) == STATUS_REPORT_TYPE);
    CHECK(says(cases[i].found) && says(cases[i].expected));
  }
  CHECK(read_text("{\"schema\":\"hostprint.report/1\",\n\"facts\":{\"kernel\":{\n  \"release\": 6}}}") == STATUS_REPORT_TYPE && at(3, 14) &&
        says("kernel.release"));
  CHECK(read_facts("\"cpu\":{\"count\":-9223372036854775808}") == 0 && fact("cpu.count")->value.integer == INT64_MIN);
  CHECK(read_rest("\"facts\":{},\"partial\":[\"kernel.release\"]") == STATUS_REPORT_TYPE && says("kernel.release"));
  CHECK(read_rest("\"facts\":{},\"partial\":\"env\"") == STATUS_REPORT_TYPE);
  CHECK(read_rest("\"facts\":{},\"unreadable\":{\"dmi\":1}") == STATUS_REPORT_TYPE);
  CHECK(read_rest("\"facts\":{},\"not_applicable\":{}") == STATUS_REPORT_TYPE);
  CHECK(read_rest("\"facts\":{},\"id\":5") == STATUS_REPORT_TYPE);
}

static void schemas(void) {
  CHECK(read_text("{\"facts\":{}}") == STATUS_REPORT_SCHEMA && says("hostprint.report/1"));
  CHECK(read_text("{\"schema\":\"hostprint.verdict/1\",\"layers\":{}}") == STATUS_REPORT_SCHEMA && says("hostprint.verdict/1"));
  CHECK(read_text("{\"schema\":1,\"facts\":{}}") == STATUS_REPORT_SCHEMA);
  CHECK(read_text("[]") == STATUS_REPORT_SCHEMA && says("a list"));
  CHECK(read_rest("\"id\":\"x\"") == STATUS_REPORT_SCHEMA && says("facts"));
  CHECK(read_rest("\"id\":\"\",\"facts\":{}") == STATUS_REPORT_SCHEMA);
  CHECK(read_rest("\"observed_at\":\"yesterday\",\"facts\":{}") == STATUS_REPORT_SCHEMA && says("yesterday"));
  CHECK(read_rest("\"observed_at\":\"2026-03-24T00:00:00\",\"facts\":{}") == STATUS_REPORT_SCHEMA);
  CHECK(read_rest("\"observed_at\":\"2026-03-24T00:00:00.25+02:00\",\"facts\":{}") == 0);
}

static void broken(void) {
  static const char whole[] = "{\"schema\":\"hostprint.report/1\",\"facts\":{\"kernel\":{\"release\":\"6.1\"}}}";
  for (size_t length = 0; length < sizeof whole - 1; length++) CHECK(read_bytes(whole, length) == STATUS_REPORT_JSON && !report);
  CHECK(read_bytes(whole, sizeof whole - 1) == 0);
  CHECK(read_text("{\"schema\":\"hostprint.report/1\",\"facts\":{}} x") == STATUS_REPORT_JSON);
  CHECK(read_text("{\"schema\":\"hostprint.report/1\",\"facts\":{},}") == STATUS_REPORT_JSON);
  CHECK(read_text("{\"schema\":\"hostprint.report/1\",/**/\"facts\":{}}") == STATUS_REPORT_JSON);
  CHECK(read_text("{\"schema\":\"hostprint.report/1\",\n\"facts\":{\"cpu\":{\"count\":NaN}}}") == STATUS_REPORT_JSON && at(2, 25));
  CHECK(read_facts("\"env\":{\"A\":\"a\\u0000b\"}") == STATUS_REPORT_NUL);
  CHECK(read_facts("\"env\":{\"A\\u0000B\":\"x\"}") == STATUS_REPORT_NUL);
  CHECK(read_bytes("{\"schema\":\"a\0b\"}", 16) == STATUS_REPORT_NUL && at(1, 13));
  CHECK(read_facts("\"env\":{\"A\":\"\xff\"}") == STATUS_REPORT_ENCODING);
  CHECK(read_facts("\"env\":{\"A\":\"\xc0\x80\"}") == STATUS_REPORT_ENCODING);
  CHECK(read_facts("\"env\":{\"A\":\"\xed\xa0\x80\"}") == STATUS_REPORT_ENCODING);
  CHECK(read_text("{\"schema\":\"\n\xf0\x9f\"}") == STATUS_REPORT_ENCODING && at(2, 1));
}

/* A report with this many bytes: blanks fill it up. */
static int read_size(size_t length) {
  static const char start[] = "{\"schema\":\"hostprint.report/1\",\"facts\":{}}";
  struct buffer json = {0};
  mem_grow(&json.text, &json.capacity, length + 1, 1);
  memset(json.text, ' ', length);
  memcpy(json.text, start, sizeof start - 1);
  int status = read_bytes(json.text, length);
  buffer_free(&json);
  return status;
}

static int read_string(size_t length) {
  struct buffer json = {0};
  buffer_add(&json, "{\"schema\":\"hostprint.report/1\",\"facts\":{\"kernel\":{\"release\":\"");
  size_t before = json.length;
  mem_grow(&json.text, &json.capacity, before + length + 8, 1);
  memset(json.text + before, 'x', length);
  json.length += length;
  buffer_add(&json, "\"}}}");
  int status = read_bytes(json.text, json.length);
  buffer_free(&json);
  return status;
}

/* `inner` levels below the two of report and facts. */
static int read_depth(size_t inner) {
  struct buffer json = {0};
  buffer_add(&json, "{\"schema\":\"hostprint.report/1\",\"facts\":{\"novel\":");
  for (size_t i = 0; i < inner; i++) buffer_add(&json, "[");
  for (size_t i = 0; i < inner; i++) buffer_add(&json, "]");
  buffer_add(&json, "}}");
  int status = read_bytes(json.text, json.length);
  buffer_free(&json);
  return status;
}

static int read_items(size_t count, int map) {
  struct buffer json = {0};
  buffer_format(&json, "{\"schema\":\"hostprint.report/1\",\"facts\":{\"%s\":%c", map ? "env" : "devices", map ? '{' : '[');
  for (size_t i = 0; i < count; i++) buffer_format(&json, map ? "%s\"N%zu\":\"\"" : "%s\"N%zu\"", i ? "," : "", i);
  buffer_add(&json, map ? "}}}" : "]}}");
  int status = read_bytes(json.text, json.length);
  buffer_free(&json);
  return status;
}

static void limits(void) {
  CHECK(read_size(REPORT_BYTES - 1) == 0 && read_size(REPORT_BYTES) == 0 && read_size(REPORT_BYTES + 1) == STATUS_REPORT_SIZE);
  CHECK(read_string(REPORT_TEXT_BYTES - 1) == 0 && read_string(REPORT_TEXT_BYTES) == 0 && read_string(REPORT_TEXT_BYTES + 1) == STATUS_REPORT_SIZE);
  CHECK(read_string((size_t)100 << 20) == STATUS_REPORT_SIZE);
  CHECK(read_depth(REPORT_DEPTH - 3) == 0 && read_depth(REPORT_DEPTH - 2) == 0 && read_depth(REPORT_DEPTH - 1) == STATUS_REPORT_DEPTH);
  CHECK(read_depth(100000) == STATUS_REPORT_DEPTH && at(1, 49 + REPORT_DEPTH - 2));
  for (int map = 0; map < 2; map++)
    CHECK(read_items(REPORT_ITEMS - 1, map) == 0 && read_items(REPORT_ITEMS, map) == 0 && read_items(REPORT_ITEMS + 1, map) == STATUS_REPORT_SIZE);
  struct buffer open = {0};
  for (size_t i = 0; i < 100000; i++) buffer_add(&open, "{\"a\":[");
  CHECK(read_bytes(open.text, open.length) == STATUS_REPORT_DEPTH);
  buffer_free(&open);
#define BRACKETS "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
  CHECK(sizeof BRACKETS - 1 > REPORT_DEPTH);
  CHECK(read_text("{\"schema\":\"hostprint.report/1\",\"id\":\"" BRACKETS "\\\"" BRACKETS "\",\"facts\":{}}") == 0);
  CHECK(read_text("{\"schema\":\"hostprint.report/1\",\"id\":\"\\\\\",\"facts\":" BRACKETS) == STATUS_REPORT_DEPTH);
}

static char *written(void) {
  struct buffer out = {0};
  return report_write(report, &out) ? NULL : out.text;
}

static void round_trip(void) {
  static const char canonical[] =
      "{\"schema\":\"hostprint.report/1\",\"id\":\"r \\\"1\\\"\",\"observed_at\":\"2026-03-24T00:00:00Z\",\"origin\":{\"tool\":\"hostprint "
      "0.1.0\",\"method\":\"collect\",\"source\":null},"
      "\"facts\":{\"acpi\":{\"oem_ids\":[\"FIRECK\"]},\"blocks\":[{\"name\":\"vda\",\"size_bytes\":10,\"read_only\":true,\"label\":null}],\"cpu\":{"
      "\"count\":2,\"hypervisor_present\":false},"
      "\"dmi\":null,\"env\":{\"A\":\"\\n\\u001b\\u0080\",\"B\":null,\"\xc3\xa4\":\"\"},\"files\":{\"/a\":true,\"/b\":false,\"/"
      "c\":null},\"kernel\":{\"modules\":[],\"release\":\"6.1\","
      "\"thp\":null},\"mounts\":null,\"storage_speed\":{\"sequential_write\":0.1,\"sync_4k_write\":3}},\"partial\":[\"env\",\"kernel.modules\"],"
      "\"unreadable\":{\"acpi\":\"permission "
      "denied\",\"boot_log\":\"no\",\"memory.balloon\":\"x\",\"memory.swap\":\"x\",\"memory.total\":\"y\",\"net.dns\":\"x\",\"net.domain\":\"y\"},"
      "\"not_applicable\":[\"devicetree\",\"virtio.count\"]}";
  CHECK(read_text(canonical) == 0);
  char *text = report ? written() : NULL;
  CHECK(text && strcmp(text, canonical) == 0);
  if (text && strcmp(text, canonical) != 0) printf("%s\n", text);
  mem_free(text);
  CHECK(read_text("{\"facts\":{\"kernel.thp\":null,\"env\":{\"B\":\"2\",\"A\":1},\"dmi\":null},\"schema\":\"hostprint.report/1\"}") == 0);
  char *once = written();
  CHECK(once && read_text(once) == 0);
  char *again = written();
  CHECK(again && strcmp(once, again) == 0);
  mem_free(once);
  mem_free(again);
}

static void writing_what_is_no_text(void) {
  CHECK(read_facts("") == 0);
  fact_set_value(report->facts, fact_find(&catalog, "kernel.release", 14),
                 value_text("a\xff"
                            "b\x7f",
                            4));
  char *text = written();
  CHECK(text && strstr(text, "\"a\xef\xbf\xbd"
                             "b\\u007f\""));
  CHECK(text && read_text(text) == 0);
  mem_free(text);
}

static void days(void) {
  static const struct {
    const char *text;
    long day;
  } cases[] = {{"1970-01-01", 0}, {"1970-03-01T00:00:00Z", 59}, {"2000-02-29", 11016}, {"2026-03-24T23:59:59Z", 20536}, {"1969-12-31", -1}};
  struct report *blank = report_new(&catalog);
  CHECK(report_day(blank) == LONG_MIN);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    blank->observed_at = cases[i].text;
    CHECK(report_day(blank) == cases[i].day);
  }
  blank->observed_at = "soon";
  CHECK(report_day(blank) == LONG_MIN);
  blank->observed_at = "2026-13-01";
  CHECK(report_day(blank) == LONG_MIN);
  report_free(blank);
}

static void secret_names(void) {
  static const char *const secret[] = {"E2B_API_KEY",
                                       "GITHUB_TOKEN",
                                       "NPM_AUTHTOKEN",
                                       "DB_PASS",
                                       "PGPASSWORD",
                                       "MYSQL_PWD",
                                       "aws_secret_access_key",
                                       "AWS_SESSION_TOKEN",
                                       "GOOGLE_APPLICATION_CREDENTIALS",
                                       "SSH_AUTH_SOCK",
                                       "COOKIE",
                                       "SESSION_ID",
                                       "PRIVATE_URL",
                                       "X_SIGNATURE",
                                       "SENTRY_DSN",
                                       "DATABASE_URL",
                                       "AZURE_STORAGE_CONNECTION_STRING",
                                       "SLACK_WEBHOOK",
                                       "apiKey",
                                       "KEY2",
                                       "my-token",
                                       "TOKENS",
                                       "client.secret"};
  static const char *const open[] = {"PWD",
                                     "OLDPWD",
                                     "KEYBOARD",
                                     "AUTHOR",
                                     "PATH",
                                     "HOME",
                                     "TOKENIZERS_PARALLELISM",
                                     "COMPASS",
                                     "PASSENGER",
                                     "MONKEY",
                                     "CLOUDFLARE_ACCOUNT_ID",
                                     "DESIGNATURES",
                                     "HOSTNAME",
                                     "",
                                     "_",
                                     "KUBERNETES_SERVICE_HOST"};
  for (size_t i = 0; i < sizeof secret / sizeof *secret; i++) {
    CHECK(report_is_secret_name(secret[i]));
    if (!report_is_secret_name(secret[i])) printf("  %s\n", secret[i]);
  }
  for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
    CHECK(!report_is_secret_name(open[i]));
    if (report_is_secret_name(open[i])) printf("  %s\n", open[i]);
  }
  CHECK(report_is_secret_value("postgres://u:p@host/db") && report_is_secret_value("x https://a b http://:p@h"));
  CHECK(!report_is_secret_value("https://example.org:8080/a@b") && !report_is_secret_value("http://user@host") && !report_is_secret_value("a:b@c"));
  CHECK(report_is_secret_value("-----BEGIN RSA PRIVATE KEY-----\nabc"));
}

static const char shared[] =
    "\"id\":\"box-7f3a\",\"facts\":{\"net\":{\"hostname\":\"box-7f3a\",\"addresses\":[\"203.0.113.7/24\",\"10.0.0.2/"
    "8\"],\"interfaces\":[{\"name\":\"eth0\",\"mac\":\"02:fc:00:00:00:05\"}],"
    "\"hosts\":[{\"address\":\"127.0.0.1\",\"names\":[\"localhost\"]},{\"address\":\"203.0.113.7\",\"names\":[\"BOX-7F3A.example\"]}]},"
    "\"user\":{\"name\":\"mallory\",\"home\":\"/home/mallory\",\"cwd\":\"/home/mallorys\"},\"os\":{\"name\":\"mallory linux\"},"
    "\"kernel\":{\"cmdline\":[\"ip=203.0.113.7\",\"ip=10.0.0.2\",\"quiet\"]},"
    "\"env\":{\"API_KEY\":\"abc\",\"HOSTNAME\":\"box-7f3a\",\"URL\":\"http://u:p@h\",\"PWD\":\"/"
    "srv\",\"EMPTY_TOKEN\":\"\",\"LONGER\":\"box-7f3abc\",\"NEAR\":\"203.0.113.70\"}}";

static const struct value *cmdline(size_t index) { return &fact("kernel.cmdline")->value.items[index]; }

static void sharing(void) {
  static const unsigned char salt[REPORT_SALT_BYTES] = "0123456789abcdef", other[REPORT_SALT_BYTES] = "0123456789abcdeF";
  CHECK(read_rest(shared) == 0 && report_share(report, salt, sizeof salt) == 0);
  char *first = written();
  CHECK(first && !strstr(first, "7f3a\"") && !strstr(first, "7F3A") && !strstr(first, "203.0.113.7\"") && !strstr(first, "203.0.113.7/") &&
        !strstr(first, "02:fc") && !strstr(first, "\"mallory\"") && !strstr(first, "/home/mallory\"") && !strstr(first, "\"abc\"") &&
        !strstr(first, "u:p@"));
  CHECK(value_is_hidden(&fact("net.hostname")->value) && value_is_hidden(cmdline(0)) && is_text(cmdline(1), "ip=10.0.0.2") &&
        is_text(cmdline(2), "quiet"));
  CHECK(value_is_hidden(&fact("net.addresses")->value.items[0]) && is_text(&fact("net.addresses")->value.items[1], "10.0.0.2/8"));
  CHECK(is_text(value_member(&fact("env")->value, "LONGER"), "box-7f3abc") && is_text(value_member(&fact("env")->value, "NEAR"), "203.0.113.70"));
  CHECK(is_text(value_member(&fact("env")->value, "API_KEY"), VALUE_HIDDEN) && is_text(value_member(&fact("env")->value, "PWD"), "/srv"));
  CHECK(strcmp(value_member(&fact("env")->value, "HOSTNAME")->text, fact("net.hostname")->value.text) == 0);
  CHECK(is_text(&fact("os.name")->value, "mallory linux") && is_text(&fact("user.cwd")->value, "/home/mallorys"));
  CHECK(is_text(&value_member(&fact("net.hosts")->value.items[0], "names")->items[0], "localhost"));
  CHECK(report_share(report, other, sizeof other) == 0);
  char *twice_shared = written();
  CHECK(twice_shared && strcmp(first, twice_shared) == 0);
  CHECK(read_rest(shared) == 0 && report_share(report, salt, sizeof salt) == 0);
  char *same = written();
  CHECK(same && strcmp(first, same) == 0);
  CHECK(read_rest(shared) == 0 && report_share(report, other, sizeof other) == 0);
  char *different = written();
  CHECK(different && strcmp(first, different) != 0);
  mem_free(first);
  mem_free(twice_shared);
  mem_free(same);
  mem_free(different);
}

/* The hash is SipHash-2-4: figures of another implementation for the key 00 01 .. 0f. */
static void hashing(void) {
  unsigned char key[REPORT_SALT_BYTES];
  for (unsigned char i = 0; i < REPORT_SALT_BYTES; i++) key[i] = i;
  CHECK(read_facts("\"dmi\":{\"product_serial\":\"serial-4711\",\"product_uuid\":\"12345678\"}") == 0);
  CHECK(report_share(report, key, sizeof key) == 0);
  CHECK(is_text(&fact("dmi.product_serial")->value, "(hash:512a0b4446f5bdb6)"));
  CHECK(is_text(&fact("dmi.product_uuid")->value, "(hash:02130609caea37eb)"));
}

static void out_of_memory(void) {
  int survived = 0;
  for (size_t n = 1; n < 200 && !survived; n++) {
    struct diag_list *list = diag_list_new();
    struct report *got = NULL;
    static const char json[] =
        "{\"schema\":\"hostprint.report/1\",\"facts\":{\"env\":{\"A\":1,\"B\":2},\"env.C\":\"3\",\"novel\":1,\"mounts\":[{\"target\":\"/\"}]}}";
    mem_fail_after(n);
    int status = report_read(json, sizeof json - 1, &catalog, NULL, 1, "x", list, &got);
    mem_fail_after(0);
    CHECK(status == 0 || (status == STATUS_MEMORY && !got));
    survived = status == 0;
    report_free(got);
    diag_list_free(list);
  }
  CHECK(survived);
}

/* A report of about this many bytes, most of them lists of this item that the catalogue does not know. */
static char *report_of(size_t bytes, const char *item, size_t *length) {
  struct buffer json = {0};
  buffer_add(&json, "{\"schema\":\"hostprint.report/1\",\"facts\":{\"env\":{\"B\":\"2\",\"A\":1},\"mounts\":[{\"target\":\"/\"}],"
                    "\"boot_log\":[\"[    0.000000] a line\"],\"novel\":[[0");
  for (size_t i = 1; json.length < bytes; i++) buffer_format(&json, "%s,%s", i % 60000 ? "" : "],[0", item);
  buffer_add(&json, "]]}}");
  *length = json.length;
  return json.text;
}

static int read_without_memory(const char *json, size_t length) {
  struct diag_list *list = diag_list_new();
  struct report *got;
  mem_fail_after(1);
  int status = report_reader_read(reader, json, length, "x", 1, "x", list, &got);
  mem_fail_after(0);
  CHECK(status == 0 ? got != NULL : status == STATUS_MEMORY && !got);
  diag_list_free(list);
  return status;
}

/* A reader takes no memory for a report like those before, and gives back what a huge one took: for its texts, for its values. */
static void kept_memory(void) {
  char line[10000];
  snprintf(line, sizeof line, "\"%0*d\"", (int)sizeof line - 3, 0);
  size_t ordinary, large, lengths[2];
  char *small = report_of(10000, "\"text\"", &ordinary), *medium = report_of(100000, "\"text\"", &large);
  char *huge[] = {report_of((size_t)5 << 20, line, &lengths[0]), report_of(900000, "1", &lengths[1])};
  CHECK(read_bytes(small, ordinary) == 0 && read_without_memory(small, ordinary) == 0);
  CHECK(read_bytes(medium, large) == 0 && read_without_memory(medium, large) == 0 && read_without_memory(small, ordinary) == 0);
  for (size_t i = 0; i < 2; i++) {
    CHECK(read_bytes(huge[i], lengths[i]) == 0 && read_without_memory(small, ordinary) == 0);
    CHECK(read_without_memory(huge[i], lengths[i]) == STATUS_MEMORY);
    CHECK(read_bytes(small, ordinary) == 0);
    mem_free(huge[i]);
  }
  mem_free(small);
  mem_free(medium);
}

/* After every failure the same reader goes on. */
static void reader_out_of_memory(void) {
  size_t length;
  char *json = report_of(40000, "\"text\"", &length);
  int survived = 0;
  for (size_t n = 1; n < 400 && !survived; n++) {
    struct diag_list *list = diag_list_new();
    struct report *got = NULL;
    mem_fail_after(n);
    struct report_reader *fresh = report_reader_new(&catalog);
    int status = fresh ? report_reader_read(fresh, json, length, NULL, 1, "x", list, &got) : STATUS_MEMORY;
    mem_fail_after(0);
    CHECK(status == 0 || (status == STATUS_MEMORY && !got));
    survived = status == 0;
    CHECK(!fresh || report_reader_read(fresh, json, length, NULL, 1, "x", list, &got) == 0);
    report_reader_free(fresh);
    diag_list_free(list);
  }
  CHECK(survived);
  mem_free(json);
  report_reader_free(NULL);
}

/* Every byte at every place of a text, short and long: written it is printable, and read again it is what it was; no UTF-8 becomes a mark. */
static void texts(void) {
  struct buffer out = {0};
  struct arena *arena = arena_new();
  struct diag_list *list = diag_list_new();
  for (int byte = 1; byte < 256; byte++)
    for (size_t at = 0; at < 20; at++) {
      char text[21] = "abcdefghijklmnopqrst";
      struct json_document *document = NULL;
      bool printable = true, same = false;
      size_t length = 0;
      text[at] = (char)byte;
      buffer_clear(&out);
      text_json(&out, text, sizeof text - 1);
      for (size_t i = 0; i < out.length; i++) printable = printable && (unsigned char)out.text[i] >= ' ' && out.text[i] != 0x7f;
      if (json_read((struct json_source){out.text, out.length, NULL, 1}, &report_limits, arena, list, &document) == 0) {
        const char *again = json_text(json_root(document), &length);
        same = length == sizeof text - 1 + (byte < 128 ? 0 : 2) && memcmp(again, text, at) == 0 &&
               strcmp(again + length - (19 - at), text + at + 1) == 0 &&
               (byte < 128 ? again[at] == text[at] : memcmp(again + at, "\xef\xbf\xbd", 3) == 0);
      }
      CHECK(printable && same);
      json_free(document);
    }
  diag_list_free(list);
  arena_free(arena);
  buffer_free(&out);
}

static void numbers(void) {
  char text[JSON_NUMBER_BYTES];
  CHECK(strcmp(json_fixed(text, -0.0001, 3), "0.000") == 0 && strcmp(json_fixed(text, -1.5, 3), "-1.500") == 0);
  CHECK(strcmp(json_fixed(text, 12.3456, 3), "12.346") == 0 && strcmp(json_fixed(text, 1.0 / 0.0, 3), "1000000000.000") == 0);
  CHECK(strcmp(json_probability(text, 0.99999999), "1") == 0 && strcmp(json_probability(text, 1.23456789e-9), "1.23457e-09") == 0);
  CHECK(strcmp(json_probability(text, -0.0), "0") == 0 && strcmp(json_probability(text, 0.1234567), "0.123457") == 0);
  CHECK(strcmp(json_shortest(text, 0.1), "0.1") == 0 && strcmp(json_shortest(text, -0.0), "0") == 0 &&
        strcmp(json_shortest(text, 1e300), "1e+300") == 0);
}

int main(void) {
  values();
  maps_and_records();
  states();
  dotted();
  twice();
  twice_among_many();
  records_alike();
  many_kinds_of_records();
  faults_everywhere();
  depth_everywhere();
  ignored();
  wrong_types();
  schemas();
  broken();
  limits();
  round_trip();
  writing_what_is_no_text();
  days();
  secret_names();
  sharing();
  hashing();
  out_of_memory();
  kept_memory();
  reader_out_of_memory();
  texts();
  numbers();
  report_free(report);
  report_reader_free(reader);
  diag_list_free(diags);
  return check_end("test_report");
}
