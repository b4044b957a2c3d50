/* A small directory of rules for the tests of db/, in a temporary folder, and looks at diagnostics. */
#ifndef HP_TESTS_DB_SMALL_H
#define HP_TESTS_DB_SMALL_H

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../collectors/catalog.h"
#include "../../db/db.h"
#include "../check.h"

static const char small_model[] = "words: {always: 0.995, usually: 0.9, often: 0.6, sometimes: 0.2, rarely: 0.02, never: 0.0002}\n"
                                  "layers:\n"
                                  "  platform: {title: the product, prior: 0.008}\n"
                                  "  hypervisor: {title: what the machine runs on, prior: 0.03}\n"
                                  "forge_floor: {tenant: 0.004, root: 0.001, image: 0.0004, vmm: 0.0002, network: 0.0002}\n"
                                  "half_life_days: 365\n";

static const char small_lib[] = "id: firm\n"
                                "sources:\n"
                                "  own: {title: A look at firmware, url: \"https://example.org/firm\", observed: 2025-01-02}\n"
                                "signals:\n"
                                "  - {id: no-dmi, when: {dmi.sys_vendor: absent}, why: There is no firmware table., source: own}\n";

static const char small_hyper[] =
    "id: hyper\n"
    "layer: hypervisor\n"
    "name: Hyper\n"
    "category: vmm\n"
    "sources:\n"
    "  own: {title: Hyper, url: \"https://example.org/hyper\", observed: 2025-01-02}\n"
    "signals:\n"
    "  - {id: leaf, when: {cpu.hypervisor: HyperHyper}, seen: always, elsewhere: never, why: The signature., source: own}\n"
    "  - {signal: lib/firm.no-dmi, seen: often, elsewhere: sometimes}\n"
    "examples:\n"
    "  - {facts: {cpu.hypervisor: HyperHyper}, expect: first}\n"
    "  - {facts: {cpu.hypervisor: Other}, expect: not}\n";

static const char small_box[] = "id: box\n"
                                "layer: platform\n"
                                "name: Box\n"
                                "category: ai-sandbox\n"
                                "phrase: a Box sandbox\n"
                                "stack:\n"
                                "  hypervisor: {hyper: always}\n"
                                "sources:\n"
                                "  findings: {title: Findings, url: \"https://example.org/box\", observed: 2026-03-24}\n"
                                "signals:\n"
                                "  - id: kernel\n"
                                "    when: {kernel.release: {regex: '-box-[0-9]+$'}}\n"
                                "    seen: always\n"
                                "    elsewhere: never\n"
                                "    why: The kernel release names the vendor.\n"
                                "    source: findings\n"
                                "  - id: node\n"
                                "    when: {env.BOX_NODE: present}\n"
                                "    seen: usually\n"
                                "    elsewhere: rarely\n"
                                "    why: The platform sets this variable.\n"
                                "    source: findings\n"
                                "  - id: hosts\n"
                                "    when: {mounts: {has: {target: [/etc/hosts, /etc/hostname], options: {prefix: lowerdir=, contains: box}}}}\n"
                                "    seen: 0.7\n"
                                "    elsewhere: rarely\n"
                                "    volatile: true\n"
                                "    why: The files come from a bundle.\n"
                                "    source: findings\n"
                                "  - id: mixture\n"
                                "    when: {any: [{memory.total: {range: 400MiB..500MiB}}, {none: [{cpu.count: 1}]}, {at_least: {n: 1, of: "
                                "[{kernel.release: {version: '>=6.1'}}]}}]}\n"
                                "    seen: often\n"
                                "    elsewhere: sometimes\n"
                                "    why: It is small.\n"
                                "    source: findings\n"
                                "extract:\n"
                                "  location: {from: env.BOX_PLACE}\n"
                                "  build: {from: kernel.release, regex: '-box-([0-9]+)$'}\n"
                                "documented:\n"
                                "  vcpus: 1\n"
                                "examples:\n"
                                "  - {facts: {kernel.release: 6.1.0-box-12, env.BOX_NODE: a, files./opt/box: present, dmi: null}, expect: first}\n"
                                "  - {facts: {env.BOX_KEY: a}, expect: not, why: a client}\n";

static inline void folder_new(char *path, size_t size) {
  const char *base = getenv("TMPDIR");
  snprintf(path, size, "%s/hostprint-db-XXXXXX", base ? base : "/tmp");
  if (!mkdtemp(path)) {
    perror("mkdtemp");
    exit(2);
  }
}

static inline int folder_remove_one(const char *path, const struct stat *info, int flag, struct FTW *where) {
  (void)info, (void)flag, (void)where;
  return remove(path);
}

static inline void folder_remove(const char *path) { nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS); }

/* Writes a file below a folder and makes the directories on the way. */
static inline void put_bytes(const char *folder, const char *name, const char *text, size_t length) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    if (mkdir(path, 0777) && errno != EEXIST) perror(path);
    *slash = '/';
  }
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(text, 1, length, file) != length || fclose(file)) {
    perror(path);
    exit(2);
  }
}

static inline void put(const char *folder, const char *name, const char *text) { put_bytes(folder, name, text, strlen(text)); }

/* The four files, in this order or the other way round. */
static inline void put_rules(const char *folder, bool backwards) {
  static const char *const names[] = {"model.yaml", "lib/firm.yaml", "hypervisor/hyper.yaml", "platform/box.yaml"};
  static const char *const texts[] = {small_model, small_lib, small_hyper, small_box};
  for (size_t i = 0; i < 4; i++) put(folder, names[backwards ? 3 - i : i], texts[backwards ? 3 - i : i]);
}

static inline void print_diags(const struct diag_list *diags) {
  struct buffer out = {0};
  for (size_t i = 0; i < diags->count; i++) diag_print(&diags->items[i], &out);
  if (out.text) fputs(out.text, stdout);
  buffer_free(&out);
}

/* True where some diagnostic has this code and place; prints all of them where none has. */
static inline bool told(const struct diag_list *diags, int code, size_t line, size_t column) {
  for (size_t i = 0; i < diags->count; i++) {
    const struct diag *diag = &diags->items[i];
    if (diag->code == code && diag->line == line && diag->column == column && diag->message && *diag->message) return true;
  }
  printf("expected code %d at %zu:%zu, found:\n", code, line, column);
  print_diags(diags);
  return false;
}

static inline struct compile_options options_for(const char *rules) { return (struct compile_options){.rules = rules, .catalog = &catalog}; }

#endif
