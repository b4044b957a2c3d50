/* Proves what db/lint.h promises: a sound tree of rules is told nothing of; every check of the status table shows itself on one
 * rule, at its line and column, and not on the same rule mended; --fix changes what is safe and nothing else. */
#include "../../collectors/os.h"
#include "../../db/lint.h"
#include "small.h"

#define TODAY 20778 /* 2026-11-21 */

static char folder[256];

/* --- the sound tree --- */

static const char lib_text[] = "id: firm\n"
                               "sources:\n"
                               "  own: {title: A look at firmware, url: \"https://example.org/firm\", observed: 2026-01-02}\n"
                               "signals:\n"
                               "  - {id: no-dmi, when: {dmi.sys_vendor: absent}, why: There is no firmware table., source: own}\n";

static const char hyper_text[] =
    "id: hyper\n"
    "layer: hypervisor\n"
    "name: Hyper\n"
    "category: vmm\n"
    "phrase: a Hyper machine\n"
    "sources:\n"
    "  own: {title: Hyper, url: \"https://example.org/hyper\", observed: 2026-01-02}\n"
    "signals:\n"
    "  - {id: leaf, when: {cpu.hypervisor: HyperHyper}, seen: always, elsewhere: never, why: The signature., source: own}\n"
    "  - {signal: lib/firm.no-dmi, seen: often, elsewhere: sometimes}\n"
    "examples:\n"
    "  - {facts: {cpu.hypervisor: HyperHyper}, expect: first}\n"
    "  - {facts: {cpu.hypervisor: Other}, expect: not, why: another maker}\n"
    "  - {facts: {dmi: null}, expect: not, why: no table proves nothing}\n";

static const char tiny_text[] = "id: tiny\n"
                                "layer: hypervisor\n"
                                "name: Tiny Hyper\n"
                                "category: vmm\n"
                                "kind_of: hyper\n"
                                "prior: 0.01\n"
                                "sources:\n"
                                "  own: {title: Tiny, url: \"https://example.org/tiny\", observed: 2026-01-02}\n"
                                "signals:\n"
                                "  - {id: table, when: {acpi.oem_ids: TINY}, seen: usually, elsewhere: never, why: The table., source: own}\n"
                                "documented:\n"
                                "  memory_size: 2 GiB\n"
                                "examples:\n"
                                "  - {facts: {acpi.oem_ids: [TINY]}, expect: first}\n"
                                "  - {facts: {acpi.oem_ids: [BIG]}, expect: not, why: another maker}\n"
                                "  - {facts: {cpu.hypervisor: HyperHyper}, expect: not, why: any machine of the parent}\n";

#define CRATE_SIGNAL "  - id: kernel\n    when: {kernel.release: {contains: '-crate'}}\n"
static const char crate_text[] = "id: crate\n"
                                 "layer: platform\n"
                                 "name: Crate\n"
                                 "category: paas\n"
                                 "sources:\n"
                                 "  own: {title: Crate, url: \"https://example.org/crate\", observed: 2026-01-02}\n"
                                 "signals:\n" CRATE_SIGNAL "    seen: usually\n"
                                 "    elsewhere: never\n"
                                 "    why: The kernel names the vendor.\n"
                                 "    source: own\n"
                                 "documented:\n"
                                 "  memory_size: 4 GiB\n"
                                 "examples:\n"
                                 "  - {facts: {kernel.release: 6.1.0-crate}, expect: first}\n"
                                 "  - {facts: {kernel.release: 6.1.0}, expect: not, why: any kernel}\n"
                                 "  - {facts: {env: {CRATE_KEY: a}, kernel.release: 6.2.0}, expect: not, why: a client}\n";

#define KERNEL "    when: {kernel.release: {regex: '-box-[0-9]+$'}}\n"
#define SIZE "    when: {memory.total: {range: 400MiB..500MiB}}\n"
#define DOMAIN "    when: {net.domain: {contains: box-net}}\n"
#define SEARCH "    when: {net.search: [box-net, box-wide]}\n"
#define PLACE "    when: {env.BOX_PLACE: present}\n"
#define POSITIVE "  - {facts: {kernel.release: 6.1.0-box-12, env: {BOX_NODE: a}, memory.total: 450000}, expect: first}\n"
#define MISS_ONE "  - {facts: {env: {BOX_KEY: a}}, expect: not, why: a client}\n"
#define MISS_TWO "  - {facts: {kernel.release: 6.8.0-generic}, expect: not, why: a kernel of a distribution}\n"
static const char box_text[] = "id: box\n"
                               "layer: platform\n"
                               "name: Box\n"
                               "category: ai-sandbox\n"
                               "phrase: a Box sandbox\n"
                               "prior: 0.008\n"
                               "stack:\n"
                               "  hypervisor: {hyper: usually, tiny: 0.05}\n"
                               "sources:\n"
                               "  findings: {title: Findings, url: \"https://example.org/box\", observed: 2026-03-24}\n"
                               "  manual: {title: Manual, url: \"https://example.org/manual\", observed: 2026-03-24}\n"
                               "signals:\n"
                               "  - id: kernel\n" KERNEL "    seen: always\n"
                               "    elsewhere: never\n"
                               "    why: The kernel release names the vendor.\n"
                               "    source: findings\n"
                               "  - id: node\n"
                               "    group: variables\n"
                               "    when: {env.BOX_NODE: present}\n"
                               "    seen: usually\n"
                               "    elsewhere: rarely\n"
                               "    why: The platform sets this variable.\n"
                               "    source: findings\n"
                               "  - id: place\n"
                               "    group: variables\n" PLACE "    seen: usually\n"
                               "    elsewhere: 0.01\n"
                               "    why: The platform says where it runs.\n"
                               "    source: manual\n"
                               "  - id: size\n" SIZE "    seen: often\n"
                               "    elsewhere: sometimes\n"
                               "    why: The machine is small.\n"
                               "    source: manual\n"
                               "  - id: domain\n"
                               "    group: network\n" DOMAIN "    seen: often\n"
                               "    elsewhere: 0.01\n"
                               "    why: The domain is the vendor's.\n"
                               "    source: manual\n"
                               "  - id: search\n"
                               "    group: network\n" SEARCH "    seen: often\n"
                               "    elsewhere: 0.01\n"
                               "    why: Names are looked up in the vendor's domain.\n"
                               "    source: manual\n"
                               "extract:\n"
                               "  build: {from: kernel.release, regex: '-box-([0-9]+)$'}\n"
                               "documented:\n"
                               "  memory_size: 1 GiB\n"
                               "examples:\n" POSITIVE MISS_ONE MISS_TWO;

static const struct {
  const char *name, *text;
} tree[] = {
    {"rules/model.yaml", small_model},         {"rules/lib/firm.yaml", lib_text},     {"rules/hypervisor/hyper.yaml", hyper_text},
    {"rules/hypervisor/tiny.yaml", tiny_text}, {"rules/platform/box.yaml", box_text}, {"rules/platform/crate.yaml", crate_text},
};

static void put_tree(void) {
  for (size_t i = 0; i < sizeof tree / sizeof *tree; i++) put(folder, tree[i].name, tree[i].text);
}

static struct diag_list *lint(const char *name, int *code) {
  char path[400];
  const char *const paths[] = {path};
  struct diag_list *diags = diag_list_new();
  snprintf(path, sizeof path, "%s/%s", folder, name);
  *code = db_lint_at(paths, 1, &catalog, TODAY, diags);
  return diags;
}

static void test_sound(void) {
  int code;
  put_tree();
  struct diag_list *diags = lint("rules", &code);
  CHECK(code == 0 && diags->count == 0);
  print_diags(diags);
  diag_list_free(diags);
}

/* --- one unwise rule for each check --- */

/* In the file, `good` is replaced by `bad`; the warning must stand where `bad` has an @, which is left out. */
struct unwise {
  const char *file, *code, *good, *bad;
};

#define BOX "rules/platform/box.yaml"
#define CRATE "rules/platform/crate.yaml"
#define LONG_WHY "The machine is small, and this sentence goes on and on without telling a reviewer anything that could be checked "
static const struct unwise cases[] = {
    {BOX, "R224", "examples:\n" POSITIVE MISS_ONE MISS_TWO, "@examples:\n" MISS_ONE MISS_TWO},
    {BOX, "R224", "examples:\n" POSITIVE MISS_ONE MISS_TWO, "@examples:\n" POSITIVE},
    {BOX, "R225", "    seen: always\n    elsewhere: never\n", "@    elsewhere: never\n    seen: always\n"},
    {BOX, "R226", SEARCH, "    when: {net.search: {regex: @'^[a-z]+'}}\n"},
    {BOX, "R227", "elsewhere: rarely", "elsewhere: @never"},
    {BOX, "R229", DOMAIN, "    when: {net.domain: @10.1.2.3}\n"},
    {BOX, "R229", DOMAIN, "    when: {net.domain: @01234567-89ab-cdef-0123-456789abcdef}\n"},
    {BOX, "R229", KERNEL, "    when: {kernel.release: @6.1.12-box-1}\n"},
    {BOX, "R229", KERNEL, "    when: {kernel.release: {regex: @'^6\\.1\\.12-box-'}}\n"},
    {BOX, "R229", KERNEL, "    when: {kernel.version: @'#1 SMP Sun Jan 10 15:06:54 PST 2016'}\n"},
    {BOX, "R229", SIZE, "    when: {memory.total: @477716}\n"},
    {CRATE, "R230", "crate\", observed: 2026-01-02", "crate\", observed: @2023-01-02"},
    {BOX, "R231", "  - id: place\n    group: variables\n" PLACE, "  - @id: place\n    group: variables\n    when: {env.BOX_NODE: present}\n"},
    {"rules/lib/firm.yaml", "R232", "signals:\n", "signals:\n  - @{id: idle, when: {pci.devices: absent}, why: There is no bus., source: own}\n"},
    {BOX, "R233", SIZE, "    when: {memory.total: {range: @0..}}\n"},
    {BOX, "R233", SIZE, "    when: {cpu.flags: {count: @'>=0'}}\n"},
    {BOX, "R233", SIZE, "    when: {net.dns: {cidr: @0.0.0.0/0}}\n"},
    {BOX, "R233", SIZE, "    when: @{any: [{memory.total: present}, {memory.total: absent}]}\n"},
    {BOX, "R234", DOMAIN, "    when: {net.domain: {regex: @'(box)*'}}\n"},
    {BOX, "R234", DOMAIN, "    when: {net.domain: {glob: @'*'}}\n"},
    {BOX, "R235", DOMAIN, "    when: {all: [{net.domain: box-a.test}, {net.domain: @box-b.test}]}\n"},
    {BOX, "R235", DOMAIN, "    when: {all: [{net.domain: absent}, {net.domain: {prefix: @box}}]}\n"},
    {BOX, "R235", DOMAIN,
     "    when: {mounts: {has: {target: /etc/hosts, fstype: {prefix: ext}}}, net.domain: {equals: box-a.test, suffix: @box-b}}\n"},
    {BOX, "R235", SIZE, "    when: {all: [{memory.total: 5000}, {memory.total: {range: @..4000}}]}\n"},
    {BOX, "R236", PLACE, "    when: {env.BOX_TOKEN: @abc}\n"},
    {BOX, "R236", SIZE, "    when: @{files: {has: {name: {prefix: /opt/box}}}}\n"},
    {BOX, "R237", KERNEL, "    when: {kernel.release: {regex: @'-box-$'}}\n"},
    {BOX, "R238", DOMAIN, "    when: {net.domain: {contains: @bo}}\n"},
    {BOX, "R238", DOMAIN, "    when: {net.domain: {regex: @'b[0-9]x'}}\n"},
    {BOX, "R239", KERNEL "    seen: always\n    elsewhere: never\n",
     "    when: {kernel.release: {suffix: -crate}}\n    seen: usually\n    elsewhere: @never\n"},
    {BOX, "R239", KERNEL "    seen: always\n    elsewhere: never\n",
     "    when: {kernel.release: {suffix: -generic}}\n    seen: usually\n    elsewhere: @never\n"},
    {BOX, "R240", KERNEL "    seen: always\n", "    when: {kernel.release: {regex: '-bux-[0-9]+$'}}\n    seen: @always\n"},
    {BOX, "R241", "examples:\n" POSITIVE MISS_ONE MISS_TWO, "@examples:\n" POSITIVE MISS_ONE},
    {CRATE, "R242", CRATE_SIGNAL, "  - @id: kernel\n" KERNEL},
    {BOX, "R243", "signals:\n", "  @idle: {title: T, url: \"https://example.org/idle\", observed: 2026-03-24}\nsignals:\n"},
    {BOX, "R244", "\"https://example.org/manual\"", "@\"http://example.org/manual\""},
    {BOX, "R245", "why: The machine is small.", "why: @The machine is small"},
    {BOX, "R246", "why: The machine is small.", "why: @" LONG_WHY LONG_WHY "."},
    {BOX, "R247", "why: The platform says where it runs.", "why: @The platform sets this variable."},
    {"rules/hypervisor/hyper.yaml", "R248", "phrase: a Hyper machine", "phrase: @Hyper"},
    {BOX, "R249", "category: ai-sandbox", "category: @vmm"},
    {"rules/hypervisor/tiny.yaml", "R250", "prior: 0.01", "prior: @0.1"},
    {BOX, "R251", "prior: 0.008", "prior: @0.6"},
    {BOX, "R252", "{hyper: usually, tiny: 0.05}", "{hyper: @always, tiny: always}"},
    {BOX, "R253", "hypervisor: {hyper: usually, tiny: 0.05}", "@hypervisor: {hyper: usually, tiny: often}"},
    {CRATE, "R254", CRATE_SIGNAL, "  - @id: kernel\n    when: {env.CRATE: present}\n"},
    {BOX, "R255", "group: variables\n" PLACE, "group: @variable\n" PLACE},
    {BOX, "R256", "id: size", "id: @box-size"},
    {BOX, "R257", "{from: kernel.release, regex: '-box-([0-9]+)$'}", "{from: @env.BOX_TOKEN}"},
    {BOX, "R257", "{from: kernel.release, regex: '-box-([0-9]+)$'}", "{from: @net.hostname}"},
    {BOX, "R258", "'-box-([0-9]+)$'", "@'-box-(?:[0-9]+)$'"},
    {BOX, "R259", "memory_size: 1 GiB", "@memory_sise: 1 GiB"},
    {BOX, "R260", "name: Box", "name: @Quarry"},
    {"rules/hypervisor/tiny.yaml", "R260", "name: Tiny Hyper", "name: @Hyper"},
    {BOX, "R261", DOMAIN, "    when: {net.domain: {glob: @box-net}}\n"},
    {BOX, "R262", SEARCH, "    when: {net.search: [@box-net, box-net]}\n"},
    {BOX, "R263", SIZE "    seen: often\n    elsewhere: sometimes\n", SIZE "    seen: @sometimes\n    elsewhere: often\n"},
    {BOX, "R264", SIZE "    seen: often\n", "    when: {boot_log: {contains: Box firmware}}\n    seen: @always\n"},
    {CRATE, "R265", CRATE_SIGNAL, "  - @id: kernel\n    when: {network.asn_name: {contains: Crate}}\n"},
    {BOX, "R266", MISS_TWO, "  - @{expect: not, why: a client again, facts: {env: {BOX_KEY: a}}}\n"},
    {BOX, "R267", MISS_TWO, "  - @{facts: {user.home: /root}, expect: not, why: somebody who is root}\n"},
    {BOX, "R267", MISS_TWO, "  - @{facts: {files./opt/box: absent}, expect: not, why: a file that nothing asks for}\n"},
    {BOX, "R268", "The machine is small.", "The machine is small, @TODO."},
    {BOX, "R268", "signals:\n", "# @FIXME look again\nsignals:\n"},
    {BOX, "R269", DOMAIN, "    when: @{all: [{net.domain: {contains: box-net}}]}\n"},
    {BOX, "R269", DOMAIN, "    when: @{at_least: {n: 1, of: [{net.domain: {contains: box-net}}, {user.home: /box}]}}\n"},
    {BOX, "R270", MISS_TWO, "  - @{facts: {kernel.release: 6.8.0-generic}, expect: not}\n"},
    {BOX, "R271", DOMAIN, "    when: {net.domain: @'box-.*'}\n"},
    {BOX, "R272", "manual\", observed: 2026-03-24", "manual\", observed: @2027-03-24"},
    {BOX, "R273", "\"https://example.org/manual\"", "@\"https://example.org/box\""},
};
#define CASES (sizeof cases / sizeof *cases)

static const char *text_of(const char *file) {
  for (size_t i = 0; i < sizeof tree / sizeof *tree; i++)
    if (strcmp(tree[i].name, file) == 0) return tree[i].text;
  return "";
}

/* The text with the first `good` replaced by `bad`, without the @ whose place is left in *line and *column. */
static bool spoil(const struct unwise *unwise, char *out, size_t size, size_t *line, size_t *column) {
  const char *text = text_of(unwise->file), *good = strstr(text, unwise->good);
  if (!good) return false;
  snprintf(out, size, "%.*s%s%s", (int)(good - text), text, unwise->bad, good + strlen(unwise->good));
  char *mark = strchr(out, '@');
  if (!mark) return false;
  memmove(mark, mark + 1, strlen(mark));
  *line = *column = 1;
  for (const char *at = out; at < mark; at++) {
    *column = *at == '\n' ? 1 : *column + 1;
    *line += *at == '\n';
  }
  return true;
}

static int code_of(const char *id) {
  const struct status_info *info;
  for (size_t i = 0; (info = status_info_at(i)); i++)
    if (strcmp(info->id, id) == 0) return info->code;
  return -1;
}

static bool shows(const struct unwise *unwise) {
  static char text[8192];
  size_t line, column;
  int code;
  put_tree();
  if (!spoil(unwise, text, sizeof text, &line, &column)) return false;
  put(folder, unwise->file, text);
  struct diag_list *diags = lint(unwise->file, &code);
  bool right = code == 0 && diags->errors == 0 && told(diags, code_of(unwise->code), line, column);
  size_t times = 0;
  for (size_t i = 0; i < diags->count; i++) times += diags->items[i].code == code_of(unwise->code);
  bool once = strcmp(unwise->code, "R224") != 0 && strcmp(unwise->code, "R260") != 0; /* those may have two reasons at one place */
  right = right && (times == 1 || !once);
  if (!right) {
    printf("%s by %s\n", unwise->code, unwise->bad);
    print_diags(diags);
  }
  diag_list_free(diags);
  return right;
}

static void test_cases(void) {
  for (size_t i = 0; i < CASES; i++) CHECK(shows(&cases[i]));
}

/* Every check of the table has a case here, a title and a remedy. */
static void test_table(void) {
  const struct status_info *info;
  size_t checks = 0;
  for (size_t i = 0; (info = status_info_at(i)); i++) {
    if (!db_lint_warns(info->code)) continue;
    bool found = false;
    for (size_t k = 0; k < CASES; k++) found = found || strcmp(cases[k].code, info->id) == 0;
    if (!found) printf("no case for %s\n", info->id);
    CHECK(found && *info->title && *info->hint && info->exit == EXIT_RULES);
    checks++;
  }
  CHECK(checks >= 30);
}

/* --- what is wise --- */

static bool is_quiet(const char *file, const char *good, const char *other) {
  static char text[8192];
  int code;
  put_tree();
  const char *whole = text_of(file), *at = strstr(whole, good);
  if (!at) return false;
  snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, other, at + strlen(good));
  put(folder, file, text);
  struct diag_list *diags = lint("rules", &code);
  bool right = code == 0 && diags->count == 0;
  if (!right) print_diags(diags);
  diag_list_free(diags);
  return right;
}

static void test_quiet(void) {
  CHECK(is_quiet(BOX, DOMAIN, "    when: {net.dns: 127.0.0.11}\n"));
  CHECK(is_quiet(BOX, DOMAIN, "    when: {net.dns: {cidr: 10.1.2.0/24}}\n"));
  CHECK(is_quiet(BOX, DOMAIN, "    when: {kernel.release: {version: '>=6.1.12'}}\n"));
  CHECK(is_quiet(BOX, SIZE "    seen: often\n    elsewhere: sometimes\n    why: The machine is small.",
                 "    when: {kernel.release: 4.4.0}\n    seen: often\n    elsewhere: sometimes\n    why: The release is a constant of the program."));
  CHECK(is_quiet(BOX, SIZE "    seen: often\n    elsewhere: sometimes\n    why: The machine is small.",
                 SIZE "    seen: sometimes\n    elsewhere: often\n    why: Other products are of this size."));
  CHECK(is_quiet(BOX, SEARCH, "    when: {net.search: {regex: '^[a-z0-9]{20}$'}}\n"));
  CHECK(is_quiet(BOX, PLACE, "    when: {env.BOX_TOKEN: present}\n"));
  CHECK(is_quiet(BOX, MISS_ONE, "  - {facts: {memory.swap: 0}, expect: not, why: a machine without swap}\n")); /* memory is looked at */
  CHECK(is_quiet(BOX, "name: Box", "name: Bold Orange X"));
  CHECK(is_quiet(BOX, MISS_ONE, "  - {facts: {env: {BOX_KEY: a}, net.domain: null}, expect: not, why: a client}\n"));
}

/* A path tells what lies under it, and no more; a file with an error is told of, and the rest still checked. */
static void test_paths(void) {
  int code;
  put_tree();
  put(folder, "rules/lib/idle.yaml",
      "id: idle\nsources:\n  own: {title: T, url: \"https://example.org\", observed: 2023-01-01}\nsignals:\n"
      "  - {id: x, when: {cpu.count: 1}, why: It is so., source: own}\n");
  struct diag_list *diags = lint("rules/lib/", &code);
  CHECK(code == 0 && diags->count == 2 && told(diags, STATUS_RULE_STALE, 3, 57) && told(diags, STATUS_RULE_UNUSED, 5, 5));
  diag_list_free(diags);
  diags = lint("rules/platform", &code);
  CHECK(code == 0 && diags->count == 0);
  diag_list_free(diags);
  put(folder, "rules/lib/idle.yaml", "id: idle\nsources: {}\nsignals: []\n");
  put(folder, "rules/hypervisor/hyper.yaml", "id: hyper\n");
  diags = lint("rules/platform/box.yaml", &code);
  CHECK(diags->errors == 0);
  diag_list_free(diags);
  diags = lint("rules/hypervisor", &code);
  CHECK(code == STATUS_RULE_MISSING_KEY && diags->errors == 3);
  diag_list_free(diags);
  diags = lint("rules/none", &code);
  CHECK(code == STATUS_IO);
  diag_list_free(diags);
}

/* --- fixing --- */

static bool holds(const char *name, const char *expected) {
  char path[400];
  struct buffer text = {0};
  snprintf(path, sizeof path, "%s/%s", folder, name);
  bool right = os_read_file(path, 1 << 20, &text) == 0 && strcmp(text.text, expected) == 0;
  if (!right) printf("found:\n%s\n", text.text ? text.text : "");
  buffer_free(&text);
  return right;
}

static int fix(const char *name, struct buffer *told_of) {
  char path[400];
  const char *const paths[] = {path};
  struct diag_list *diags = diag_list_new();
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int code = db_lint_fix(paths, 1, &catalog, told_of, diags);
  diag_list_free(diags);
  return code;
}

#define LOOSE_HEAD \
  "id: loose\nlayer: platform\nname: Loose\ncategory: paas\nsources:\n  o: {title: T, url: \"https://example.org\", observed: 2026-01-01}\n"
#define LOOSE_ONE(matcher) "  - {id: a, when: {kernel.release: {" matcher "}}, seen: often, elsewhere: 0.01, why: It's so., source: o} # stays\n"

static void test_fix(void) {
  static const char *const pairs[][2] = {
      {"regex: '-box$'", "suffix: '-box'"},
      {"regex: ^6\\.1-box$", "equals: '6.1-box'"},
      {"regex: \"^abc\"", "prefix: abc"},
      {"regex: 'it''s'", "contains: 'it''s'"},
      {"regex: '^caf\xc3\xa9 '", "prefix: 'caf\xc3\xa9 '"},
      {"glob: present", "equals: present"},
      {"prefix: a, regex: '^bcd'", "prefix: a, regex: '^bcd'"},
      {"regex: 'a+b'", "regex: 'a+b'"},
      {"regex: ['^ab', 'cd+']", "regex: ['^ab', 'cd+']"},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    char before[1000], after[1000];
    struct buffer told_of = {0};
    snprintf(before, sizeof before, LOOSE_HEAD "signals:\n" LOOSE_ONE("%s"), pairs[i][0]);
    snprintf(after, sizeof after, LOOSE_HEAD "signals:\n" LOOSE_ONE("%s"), pairs[i][1]);
    put_tree();
    put(folder, "rules/platform/loose.yaml", before);
    CHECK(fix("rules/platform/loose.yaml", &told_of) == 0 && holds("rules/platform/loose.yaml", after));
    CHECK((told_of.length > 0) == (strcmp(before, after) != 0));
    buffer_clear(&told_of);
    CHECK(fix("rules", &told_of) == 0 && told_of.length == 0 && holds("rules/platform/loose.yaml", after) && holds(BOX, box_text));
    buffer_free(&told_of);
  }
}

static void test_fix_order(void) {
  struct buffer told_of = {0};
  put_tree();
  put(folder, "rules/platform/loose.yaml", "layer: platform\nid: loose\n" LOOSE_HEAD);
  CHECK(fix("rules/platform/loose.yaml", &told_of) == 0 && told_of.length == 0); /* the same key twice: an error, left alone */
  put(folder, "rules/platform/loose.yaml", "layer: platform\nid: loose\nname: Loose\ncategory: paas\n");
  CHECK(fix("rules/platform/loose.yaml", &told_of) == 0 && strstr(told_of.text, "loose.yaml: now in canonical form"));
  CHECK(holds("rules/platform/loose.yaml", "id: loose\nlayer: platform\nname: Loose\ncategory: paas\n"));
  CHECK(fix("rules/none", &told_of) == STATUS_IO);
  buffer_free(&told_of);
}

/* Whichever allocation fails, and all after it: no crash, and either the code says so or nothing was missed. */
static void test_memory(void) {
  put_tree();
  for (size_t n = 1; n < 100000; n += n / 8 + 1) {
    int code;
    char path[400];
    const char *const paths[] = {path};
    struct diag_list *diags = diag_list_new();
    snprintf(path, sizeof path, "%s/rules", folder);
    mem_fail_after(n);
    code = db_lint_at(paths, 1, &catalog, TODAY, diags);
    mem_fail_after(0);
    CHECK(code == STATUS_MEMORY || code == STATUS_IO || (code == 0 && diags->count == 0));
    if (code && code != STATUS_MEMORY) printf("allocation %zu: code %d\n", n, code);
    diag_list_free(diags);
  }
}

int main(void) {
  folder_new(folder, sizeof folder);
  test_sound();
  test_cases();
  test_table();
  test_quiet();
  test_paths();
  test_fix();
  test_fix_order();
  test_memory();
  folder_remove(folder);
  return check_end("db/lint");
}
