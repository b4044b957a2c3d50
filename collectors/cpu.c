/* The processor: CPUID where the machine has it, /proc/cpuinfo, and saved outputs of the same. Knows CPUID leaves and the
 * words of cpuinfo on several architectures; must not know what a signature stands for. */
#include <stdio.h>
#include <string.h>

#include "context.h"
#include "os_machine.h"

#define BASE 0x40000000u
#define BASE_STEP 0x100u
#define BASES 8 /* with the seven other leaves at most 16 are executed */
#define BRAND_LEAVES 3
#define SIGNATURE_LEAST 4 /* characters: a processor without the leaf answers with numbers, of which one can look like a letter */

/* Leaves of CPUID by number: those executed here, or those read from a dump. */
struct leaf {
  uint32_t number;
  uint32_t registers[4]; /* eax, ebx, ecx, edx */
};
struct leaves {
  struct leaf items[160];
  size_t count;
};

static const uint32_t *leaf_find(const struct leaves *leaves, uint32_t number) {
  for (size_t i = 0; i < leaves->count; i++)
    if (leaves->items[i].number == number) return leaves->items[i].registers;
  return NULL;
}

static void leaf_keep(struct leaves *leaves, uint32_t number, const uint32_t registers[4]) {
  if (leaf_find(leaves, number) || leaves->count >= sizeof leaves->items / sizeof *leaves->items) return;
  struct leaf *leaf = &leaves->items[leaves->count++];
  leaf->number = number;
  memcpy(leaf->registers, registers, sizeof leaf->registers);
}

/* Registers as the text they hold, low byte first. */
static void put_text(char *text, const uint32_t *registers, size_t count) {
  for (size_t i = 0; i < 4 * count; i++) text[i] = (char)(unsigned char)(registers[i / 4] >> (8 * (i % 4)));
}

static void signature_of(const uint32_t registers[4], char text[12]) { put_text(text, registers + 1, 3); }

/* NUL padding is trimmed, blanks are kept. */
static struct slice unpadded(const char *text, size_t length) {
  while (length && text[length - 1] == 0) length--;
  return (struct slice){text, length};
}

static bool is_signature(struct slice text) {
  for (size_t i = 0; i < text.length; i++)
    if (text.text[i] < ' ' || text.text[i] > '~') return false;
  return text.length >= SIGNATURE_LEAST;
}

static void execute(struct leaves *leaves, uint32_t number) {
  uint32_t registers[4];
  if (os_cpuid(number, registers)) leaf_keep(leaves, number, registers);
}

/* Bases of hypervisor leaves are asked one after the other until one answers with no text. */
static void execute_bases(struct leaves *leaves) {
  for (uint32_t i = 0; i < BASES; i++) {
    char text[12];
    execute(leaves, BASE + i * BASE_STEP);
    const uint32_t *base = leaf_find(leaves, BASE + i * BASE_STEP);
    if (!base) return;
    signature_of(base, text);
    if (!is_signature(unpadded(text, sizeof text))) return;
  }
}

static void execute_all(struct leaves *leaves) {
  execute(leaves, 0);
  if (!leaves->count) return;
  execute(leaves, 1);
  execute(leaves, 0x80000000u);
  const uint32_t *extended = leaf_find(leaves, 0x80000000u);
  for (uint32_t i = 2; extended && extended[0] >= 0x80000004u && i < 2 + BRAND_LEAVES; i++) execute(leaves, 0x80000000u + i);
  execute_bases(leaves);
}

static bool state_base(struct collect *c, struct gather *list, const struct leaf *leaf) {
  char text[12], number[16];
  signature_of(leaf->registers, text);
  struct slice signature = unpadded(text, sizeof text);
  struct record record = {0};
  if (!is_signature(signature)) return false;
  snprintf(number, sizeof number, "0x%08x", leaf->number);
  record_text(c, &record, "leaf", slice_of(number));
  record_text(c, &record, "signature", signature);
  snprintf(number, sizeof number, "0x%08x", leaf->registers[0]);
  record_text(c, &record, "max_leaf", slice_of(number));
  gather_add(c, list, record_value(c, &record));
  return true;
}

static void state_bases(struct collect *c, const struct leaves *leaves) {
  struct gather list = {.limit = BASES};
  for (uint32_t i = 0; i < BASES; i++)
    for (size_t k = 0; k < leaves->count; k++) {
      const struct leaf *leaf = &leaves->items[k];
      if (leaf->number != BASE + i * BASE_STEP || !state_base(c, &list, leaf)) continue;
      if (i == 0) collect_text(c, "cpu.hypervisor", record_get(&list.items[0], "signature"));
    }
  if (collect_unknown(c, "cpu.hypervisor")) collect_absent(c, "cpu.hypervisor");
  gather_finish(c, "cpu.hypervisor_leaves", &list);
}

/* Family and model as the vendors add up their base and extended parts. */
static void state_numbers(struct collect *c, uint32_t eax) {
  uint32_t family = eax >> 8 & 15, model = eax >> 4 & 15;
  if (family == 6 || family == 15) model += (eax >> 16 & 15) << 4;
  if (family == 15) family += eax >> 20 & 255;
  collect_integer(c, "cpu.family", family);
  collect_integer(c, "cpu.model_number", model);
  collect_integer(c, "cpu.stepping", eax & 15);
}

static void state_brand(struct collect *c, const struct leaves *leaves) {
  char text[16 * BRAND_LEAVES];
  for (uint32_t i = 0; i < BRAND_LEAVES; i++) {
    const uint32_t *part = leaf_find(leaves, 0x80000002u + i);
    if (!part) return;
    put_text(text + 16 * i, part, 4);
  }
  struct slice brand = collect_padded(text, sizeof text);
  if (brand.length) collect_text(c, "cpu.model", brand);
}

/* States what the leaves that are there tell; `whole`: leaves that are not there do not exist. */
static void state_leaves(struct collect *c, const struct leaves *leaves, bool whole) {
  const uint32_t *zero = leaf_find(leaves, 0), *one = leaf_find(leaves, 1);
  if (zero) {
    const uint32_t order[3] = {zero[1], zero[3], zero[2]};
    char text[12];
    put_text(text, order, 3);
    if (is_signature(unpadded(text, sizeof text))) collect_text(c, "cpu.vendor", unpadded(text, sizeof text));
  }
  if (one) {
    state_numbers(c, one[0]);
    collect_boolean(c, "cpu.hypervisor_present", one[2] >> 31);
  }
  state_brand(c, leaves);
  if (whole || leaf_find(leaves, BASE)) state_bases(c, leaves);
}

/* "basic_cpuid[0]=0000000d 756e6547 6c65746e 49656e69" and "ext_cpuid[...]", the raw dump of libcpuid. */
static bool parse_raw_line(struct slice line, struct leaf *leaf) {
  struct slice index, word;
  int64_t number;
  if (slice_cut(&line, "basic_cpuid["))
    leaf->number = 0;
  else if (slice_cut(&line, "ext_cpuid["))
    leaf->number = 0x80000000u;
  else
    return false;
  if (!slice_take(&line, ']', &index) || !slice_integer(index, 10, &number) || number > 4096 || !slice_cut(&line, "=")) return false;
  leaf->number += (uint32_t)number;
  for (size_t i = 0; i < 4; i++) {
    if (!slice_word(&line, &word) || !slice_integer(word, 16, &number) || number > UINT32_MAX) return false;
    leaf->registers[i] = (uint32_t)number;
  }
  return true;
}

/* "0x40000000 0x00: eax=0x40000001 ebx=0x4b4d564b ecx=0x564b4d56 edx=0x0000004d", the other common raw dump. */
static bool parse_hex_line(struct slice line, struct leaf *leaf) {
  static const char *const names[] = {"eax=", "ebx=", "ecx=", "edx="};
  struct slice word;
  int64_t number;
  if (!slice_word(&line, &word) || !slice_integer(word, 16, &number) || number > UINT32_MAX) return false;
  leaf->number = (uint32_t)number;
  if (!slice_word(&line, &word) || !(slice_is(word, "0x00:") || slice_is(word, "0x0:"))) return false;
  for (size_t i = 0; i < 4; i++) {
    if (!slice_word(&line, &word) || !slice_cut(&word, names[i]) || !slice_integer(word, 16, &number) || number > UINT32_MAX) return false;
    leaf->registers[i] = (uint32_t)number;
  }
  return true;
}

static void read_dump(struct collect *c) {
  struct slice text, line;
  struct leaves leaves = {0};
  if (!collect_command(c, "cpuid", &text)) return;
  while (slice_line(&text, &line)) {
    struct leaf leaf = {0};
    line = slice_trim(line);
    if (parse_raw_line(line, &leaf) || parse_hex_line(line, &leaf)) leaf_keep(&leaves, leaf.number, leaf.registers);
  }
  if (leaves.count) state_leaves(c, &leaves, false);
}

/* The signature alone: an empty file says that the leaf does not exist. */
static void read_signature(struct collect *c) {
  struct slice text;
  if (!collect_command(c, "cpuid-hypervisor", &text)) return;
  while (text.length && (text.text[text.length - 1] == '\n' || text.text[text.length - 1] == '\r')) text.length--;
  text = unpadded(text.text, text.length);
  if (!text.length) {
    collect_absent(c, "cpu.hypervisor");
    if (collect_unknown(c, "cpu.hypervisor_leaves") && c->complete) collect_absent(c, "cpu.hypervisor_leaves");
    return;
  }
  collect_text(c, "cpu.hypervisor", slice_first(text, 12));
}

static void text_if_unknown(struct collect *c, const char *fact, struct slice text) {
  if (text.length && collect_unknown(c, fact)) collect_text(c, fact, text);
}

static void integer_if_unknown(struct collect *c, const char *fact, struct slice text, int base) {
  int64_t number;
  if (collect_unknown(c, fact) && slice_integer(text, base, &number)) collect_integer(c, fact, number);
}

static void state_flags(struct collect *c, struct slice flags) {
  struct gather list = {.limit = COLLECT_NAMES};
  if (!collect_unknown(c, "cpu.flags")) return;
  gather_words(c, &list, flags);
  gather_finish(c, "cpu.flags", &list);
}

static bool has_word(struct slice words, const char *word) {
  struct slice found;
  while (slice_word(&words, &found))
    if (slice_is(found, word)) return true;
  return false;
}

/* A listing that may be shortened can show the flag, never that it is not set. */
static void state_presence(struct collect *c, bool present) {
  if ((present || collect_is_whole(c)) && collect_unknown(c, "cpu.hypervisor_present")) collect_boolean(c, "cpu.hypervisor_present", present);
}

/* Processors: one "processor" line each; s390 counts them on a line "# processors". */
static int64_t count_processors(struct slice text) {
  struct slice line, value;
  int64_t count = 0, given;
  if (slice_field(text, "# processors", ':', &value) && slice_integer(value, 10, &given)) return given;
  while (slice_line(&text, &line)) {
    struct slice key;
    if (slice_take(&line, ':', &key) && slice_is(slice_trim(key), "processor")) count++;
  }
  return count;
}

static void read_cpuinfo_texts(struct collect *c, struct slice text) {
  static const struct {
    const char *fact, *name;
  } texts[] = {{"cpu.vendor", "vendor_id"}, {"cpu.vendor", "CPU implementer"}, {"cpu.model", "model name"}, {"cpu.model", "Processor"},
               {"cpu.model", "cpu"},        {"cpu.model", "machine"}};
  static const struct {
    const char *fact, *name;
  } numbers[] = {{"cpu.family", "cpu family"}, {"cpu.model_number", "model"}, {"cpu.stepping", "stepping"}};
  struct slice value;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (slice_field(text, texts[i].name, ':', &value)) text_if_unknown(c, texts[i].fact, value);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (slice_field(text, numbers[i].name, ':', &value)) integer_if_unknown(c, numbers[i].fact, value, 10);
}

static bool is_wanted(const struct collect *c, const char *fact) { return collect_asked(c, fact) && collect_unknown(c, fact); }

static void read_cpuinfo(struct collect *c, bool x86) {
  static const char *const flag_names[] = {"flags", "Features", "features", "isa"};
  static const char *const facts[] = {"cpu.count", "cpu.family", "cpu.flags", "cpu.model", "cpu.model_number", "cpu.stepping", "cpu.vendor"};
  struct slice text, value;
  bool wanted = x86 && is_wanted(c, "cpu.hypervisor_present");
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) wanted = wanted || is_wanted(c, facts[i]);
  if (!wanted) return;
  int error = collect_read(c, "/proc/cpuinfo", COLLECT_FILE_BYTES, &text);
  if (error) {
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) collect_miss(c, facts[i], "/proc/cpuinfo", error);
    return;
  }
  read_cpuinfo_texts(c, text);
  for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++) {
    if (!slice_field(text, flag_names[i], ':', &value)) continue;
    state_flags(c, value);
    if (x86) state_presence(c, has_word(value, "hypervisor"));
    break;
  }
  int64_t count = count_processors(text);
  if (count && collect_unknown(c, "cpu.count")) collect_integer(c, "cpu.count", count);
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) collect_lacks(c, facts[i]);
}

static void read_lscpu(struct collect *c, bool x86) {
  struct slice text, value;
  if (!collect_command(c, "lscpu", &text)) return;
  if (slice_field(text, "Vendor ID", ':', &value)) text_if_unknown(c, "cpu.vendor", value);
  if (slice_field(text, "Model name", ':', &value)) text_if_unknown(c, "cpu.model", value);
  if (slice_field(text, "CPU(s)", ':', &value)) integer_if_unknown(c, "cpu.count", value, 10);
  if (slice_field(text, "CPU family", ':', &value)) integer_if_unknown(c, "cpu.family", value, 10);
  if (slice_field(text, "Model", ':', &value)) integer_if_unknown(c, "cpu.model_number", value, 10);
  if (slice_field(text, "Stepping", ':', &value)) integer_if_unknown(c, "cpu.stepping", value, 10);
  bool present = slice_field(text, "Hypervisor vendor", ':', &value);
  if (slice_field(text, "Flags", ':', &value)) {
    state_flags(c, value);
    present = present || has_word(value, "hypervisor");
  }
  if (x86) state_presence(c, present);
}

enum architecture { ARCHITECTURE_UNKNOWN, ARCHITECTURE_X86, ARCHITECTURE_OTHER };

static enum architecture architecture_of(struct slice machine) {
  static const char *const x86[] = {"x86_64", "amd64", "i386", "i486", "i586", "i686"};
  if (!machine.length) return ARCHITECTURE_UNKNOWN;
  for (size_t i = 0; i < sizeof x86 / sizeof *x86; i++)
    if (slice_is(machine, x86[i])) return ARCHITECTURE_X86;
  return ARCHITECTURE_OTHER;
}

/* From the kernel's machine name, else what saved outputs show. */
static enum architecture architecture(struct collect *c) {
  const struct value *machine = collect_value(c, "kernel.machine");
  struct slice text, value = {"", 0};
  if (machine) return architecture_of((struct slice){machine->text, machine->length});
  if (collect_command(c, "lscpu", &text) && slice_field(text, "Architecture", ':', &value)) {
    collect_text(c, "kernel.machine", value);
    return architecture_of(value);
  }
  if (collect_read(c, "/proc/cpuinfo", COLLECT_FILE_BYTES, &text)) return ARCHITECTURE_UNKNOWN;
  if (slice_field(text, "flags", ':', &value)) return ARCHITECTURE_X86;
  return slice_field(text, "CPU implementer", ':', &value) ? ARCHITECTURE_OTHER : ARCHITECTURE_UNKNOWN;
}

void collect_cpu(struct collect *c) {
  static const char *const cpuid_only[] = {"cpu.hypervisor", "cpu.hypervisor_leaves", "cpu.hypervisor_present"};
  struct leaves leaves = {0};
  bool x86 = architecture(c) != ARCHITECTURE_OTHER;
  for (size_t i = 0; !x86 && i < sizeof cpuid_only / sizeof *cpuid_only; i++) collect_not_applicable(c, cpuid_only[i]);
  if (x86 && c->live) {
    execute_all(&leaves);
    if (leaves.count) state_leaves(c, &leaves, true);
  } else if (x86) {
    read_dump(c);
    read_signature(c);
  }
  int64_t count = c->live ? os_processors() : 0;
  if (count) collect_integer(c, "cpu.count", count);
  if (!c->live) read_lscpu(c, x86);
  read_cpuinfo(c, x86);
}
