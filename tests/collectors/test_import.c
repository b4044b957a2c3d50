/* Importing what dmidecode printed: old and new forms, refusals, cut and noisy texts, what must never be stored, limits. */
#include "collectors/catalog.h"
#include "collectors/import.h"
#include "folder.h"

static struct report *machine;
static struct diag_list *complaints;

static int import_bytes(const char *text, size_t length) {
  report_free(machine);
  diag_list_free(complaints);
  complaints = diag_list_new();
  machine = report_new(&catalog);
  return import_read(import_find("dmidecode"), text, length, "dump", machine, complaints);
}

static int import_text(const char *text) { return import_bytes(text, strlen(text)); }

static const struct fact *fact(const char *path) { return &machine->facts->facts[fact_find(&catalog, path, strlen(path))]; }

static bool is_text(const char *path, const char *text) {
  const struct fact *found = fact(path);
  bool same = found->state == FACT_PRESENT && strcmp(found->value.text, text) == 0;
  if (!same) fprintf(stderr, "  %s: state %d, %s, expected %s\n", path, found->state, found->state == FACT_PRESENT ? found->value.text : "", text);
  return same;
}

static bool said(const char *part) {
  bool found = complaints->count == 1 && strstr(complaints->items[0].message, part) != NULL;
  if (!found) fprintf(stderr, "  said: %s\n", complaints->count ? complaints->items[0].message : "nothing");
  return found;
}

static bool is_hidden(const char *path) { return fact(path)->state == FACT_PRESENT && value_is_hidden(&fact(path)->value); }

static const char dump[] =
    "# dmidecode 3.3\nGetting SMBIOS data from sysfs.\nSMBIOS 3.2.0 present.\nTable at 0x000E0000.\n\n"
    "Handle 0x0000, DMI type 0, 26 bytes\nBIOS Information\n\tVendor: Example BIOS\n\tVersion: 1.2\n\tRelease Date: 01/02/2020\n"
    "\tCharacteristics:\n\t\tPCI is supported\n\nHandle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: Example Inc.\n"
    "\tProduct Name: Box 7\n\tVersion: Not Specified\n\tSerial Number: SN-12345-X\n\tUUID: 4C4C4544-0031-3510-8051-B4C04F4E3132\n"
    "\tSKU Number: SKU=1\n\tFamily: Boxes\n\nHandle 0x0002, DMI type 2, 15 bytes\nBase Board Information\n\tManufacturer: Example Inc.\n"
    "\tProduct Name: 0ABC\n\tVersion: A00\n\tSerial Number: BOARD-99881\n\tAsset Tag: \n\nHandle 0x0003, DMI type 3, 22 bytes\n"
    "Chassis Information\n\tManufacturer: Example Inc.\n\tType: Rack Mount Chassis\n\tLock: Not Present\n\tSerial Number: CH-445566\n"
    "\tAsset Tag: No Asset Tag\n\nHandle 0x0004, DMI type 11, 5 bytes\nOEM Strings\n\tString 1: plain\n\tString 2: board BOARD-99881 here\n\n"
    "Handle 0x0005, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: Second\n\tProduct Name: Other\n\nHandle 0x0006, DMI type 127, 4 bytes\n"
    "End Of Table\n";

static void test_whole(void) {
  PROVE(import_text(dump) == 0, "a dump is read");
  PROVE(is_text("dmi.sys_vendor", "Example Inc.") && is_text("dmi.product_name", "Box 7"), "the first of two tables of a kind counts");
  PROVE(is_text("dmi.product_version", "") && is_text("dmi.bios_date", "01/02/2020") && is_text("dmi.board_name", "0ABC"),
        "each section has its own");
  PROVE(is_text("dmi.chassis_type", "23"), "the form of the chassis as the kernel's file has it");
  PROVE(is_hidden("dmi.product_serial") && is_hidden("dmi.product_uuid"), "what names the machine is there, and not stored");
  const struct fact *oem = fact("dmi.oem_strings");
  PROVE(oem->value.count == 2 && strcmp(oem->value.items[0].text, "plain") == 0, "OEM strings");
  PROVE(value_is_hidden(&oem->value.items[1]), "the serial number of the board is hidden where it stands elsewhere");
  PROVE(oem->partial && fact("kernel.release")->state == FACT_UNKNOWN, "nothing is concluded from what is not printed");
  PROVE(strcmp(machine->method, "import") == 0 && !machine->observed_at, "a dump has no date");
  struct buffer out = {0};
  PROVE(report_write(machine, &out) == 0, "it can be written");
  static const char *const secrets[] = {"SN-12345-X", "4C4C4544", "4c4c4544", "BOARD-99881", "CH-445566"};
  for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) PROVE(!strstr(out.text, secrets[i]), secrets[i]);
  buffer_free(&out);
}

static void test_placeholders(void) {
  PROVE(import_text("System Information\n\tManufacturer: Default string\n\tProduct Name: To be filled by O.E.M.\n\tVersion: 1.0\n"
                    "\tSerial Number: Default string\nBase Board Information\n\tSerial Number: 1.0\n") == 0,
        "a board that nobody filled in");
  PROVE(is_text("dmi.sys_vendor", "Default string") && is_text("dmi.product_version", "1.0"),
        "a filler in place of a serial number hides nothing else");
}

static void test_forms(void) {
  PROVE(import_text(
            "# dmidecode 2.2\nHandle 0x0100\n\tDMI type 1, 25 bytes.\n\tSystem Information\n\t\tManufacturer: Old Maker\n\t\tProduct Name: Old\n"
            "Handle 0x0300\n\tDMI type 3, 13 bytes.\n\tChassis Information\n\t\tManufacturer: Cases\n\t\tType: Tower\n") == 0,
        "versions before 2.7 print titles one tab in");
  PROVE(is_text("dmi.sys_vendor", "Old Maker") && is_text("dmi.chassis_vendor", "Cases") && is_text("dmi.chassis_type", "7"), "and fields two");
  PROVE(import_text("System Information\r\n        Manufacturer: Carriage\r\n        Product Name: B\xf6x \xc3\xa9\r\n") == 0,
        "CRLF, blanks, Latin-1");
  PROVE(is_text("dmi.sys_vendor", "Carriage") && is_text("dmi.product_name", "B?x \xc3\xa9"), "a byte that is not UTF-8 becomes a question mark");
  static const char nul[] = "System Information\n\tManufacturer: a\0b\n\tProduct Name: c\n\0\n";
  PROVE(import_bytes(nul, sizeof nul - 1) == 0 && is_text("dmi.sys_vendor", "a?b") && is_text("dmi.product_name", "c"), "NUL bytes");
  PROVE(import_text("System Information\n\tManufacturer: <BAD INDEX>\n\tProduct Name: p\nChassis Information\n\tType: <OUT OF SPEC>\n") == 0,
        "a bad table");
  PROVE(fact("dmi.sys_vendor")->state == FACT_UNKNOWN && fact("dmi.chassis_type")->state == FACT_UNKNOWN && is_text("dmi.product_name", "p"),
        "what the table does not hold is not known");
  PROVE(import_text("BIOS Information\n\tVendor: v\nInvalid entry length (16). DMI table is broken! Stop.\n\n\tVersion: 3\n") == 0, "a broken table");
  PROVE(is_text("dmi.bios_vendor", "v") && fact("dmi.bios_version")->state == FACT_UNKNOWN, "what stands before the break stands");
}

static void test_nothing(void) {
  PROVE(import_text("# dmidecode 3.2\nScanning /dev/mem for entry point.\n# No SMBIOS nor DMI entry point found, sorry.\n") == 0, "no table");
  PROVE(fact("dmi.sys_vendor")->state == FACT_ABSENT && fact("dmi.oem_strings")->state == FACT_ABSENT, "looked at and not there");
  PROVE(import_text("# dmidecode 3.2\nScanning /dev/mem for entry point.\n/dev/mem: Permission denied\n") == 0, "refused");
  PROVE(fact("dmi.sys_vendor")->state == FACT_UNREADABLE && strcmp(fact("dmi.sys_vendor")->reason, "permission denied") == 0, "with the reason");
  PROVE(import_text("/sys/firmware/dmi/tables/smbios_entry_point: Permission denied\nScanning /dev/mem for entry point.\n"
                    "System Information\n\tManufacturer: m\n") == 0 &&
            fact("dmi.bios_vendor")->state == FACT_UNKNOWN && is_text("dmi.sys_vendor", "m"),
        "one way refused and another open");
  PROVE(import_text("") == STATUS_IMPORT && said("is empty"), "an empty file");
  PROVE(import_text("\x7f"
                    "ELF...\n") == STATUS_IMPORT &&
            said("no output of dmidecode"),
        "another file");
  PROVE(import_text("bash: dmidecode: command not found\n") == STATUS_IMPORT && said("no output of dmidecode"), "the shell's complaint");
  PROVE(import_text("\xff\xfeS\n") == STATUS_IMPORT && said("UTF-16"), "another encoding");
  PROVE(import_text("# dmidecode 3.3\nSMBIOS 3.2.0 present.\n") == STATUS_IMPORT && said("holds no fact"), "cut short behind the header");
  PROVE(import_text("Handle 0x0010, DMI type 17, 40 bytes\nMemory Device\n\tManufacturer: Samsung\n") == STATUS_IMPORT && said("holds no fact"),
        "other tables only");
  PROVE(complaints->items[0].hint && strstr(complaints->items[0].hint, "dmidecode >FILE"), "and what to do");
}

/* What is read of the front of a dump is true of the whole. */
static void test_cut(void) {
  static struct fact whole[512];
  size_t wrong = 0, facts = catalog.count;
  PROVE(facts <= 512 && import_text(dump) == 0, "the whole");
  struct report *kept = machine;
  memcpy(whole, machine->facts->facts, facts * sizeof *whole);
  machine = NULL;
  for (size_t cut = 0; cut < sizeof dump - 1; cut++) {
    int status = import_bytes(dump, cut);
    wrong += status != 0 && status != STATUS_IMPORT;
    for (size_t f = 0; f < facts && !status; f++) {
      const struct fact *found = &machine->facts->facts[f];
      if (found->state != FACT_PRESENT) {
        wrong += found->state != FACT_UNKNOWN;
      } else if (found->value.kind == VALUE_TEXT) {
        bool same = whole[f].state == FACT_PRESENT && strcmp(whole[f].value.text, found->value.text) == 0;
        if (!same) fprintf(stderr, "  cut at %zu: %s is %s\n", cut, catalog.defs[f].path, found->value.text);
        wrong += !same;
      }
    }
  }
  PROVE(wrong == 0, "a dump cut at any byte gives no fact that the whole does not give");
  report_free(kept);
}

static unsigned long noise_state = 20260101;
static size_t noise(size_t below) {
  noise_state = noise_state * 6364136223846793005u + 1442695040888963407u;
  return (size_t)(noise_state >> 33) % below;
}

static bool reads_back(void) {
  struct buffer out = {0};
  struct report *again = NULL;
  bool good = report_write(machine, &out) == 0 && report_read(out.text, out.length, &catalog, "x", 1, "x", complaints, &again) == 0;
  report_free(again);
  buffer_free(&out);
  return good;
}

static void test_noise(void) {
  size_t wrong = 0;
  for (int round = 0; round < 2000; round++) {
    char text[sizeof dump];
    memcpy(text, dump, sizeof dump);
    for (size_t i = 0; i < 1 + noise(40); i++) text[noise(sizeof dump - 1)] = (char)noise(256);
    int status = import_bytes(text, sizeof dump - 1);
    wrong += status ? status != STATUS_IMPORT || !complaints->count : !reads_back();
  }
  PROVE(wrong == 0, "noise gives a sound report or a complaint");
}

static void test_several(void) {
  static const char two[] = "sudo\n# dmidecode 3.1\nSystem Information\n# dmidecode 3.2\nBIOS Information\n";
  const struct import_source *source = import_find("dmidecode");
  size_t first = import_first(source, two, sizeof two - 1);
  PROVE(strncmp(two + first, "# dmidecode 3.2", 15) == 0, "a header ends the machine before it");
  PROVE(import_first(source, two + first, sizeof two - 1 - first) == sizeof two - 1 - first, "the last one ends with the text");
  PROVE(import_first(source, "", 0) == 0 && import_first(source, "a\nb", 3) == 3, "no header, no second machine");
  PROVE(!import_find("lshw") && !import_at(1), "one tool so far");
}

static void test_limits(void) {
  struct buffer text = {0};
  for (size_t size = COLLECT_VALUE_BYTES - 1; size <= COLLECT_VALUE_BYTES + 1; size++) {
    buffer_clear(&text);
    buffer_add(&text, "System Information\n\tManufacturer: ");
    for (size_t i = 0; i < size; i++) buffer_add(&text, "v");
    buffer_add(&text, "\n");
    PROVE(import_bytes(text.text, text.length) == 0, "a long value");
    PROVE(fact("dmi.sys_vendor")->value.length == (size > COLLECT_VALUE_BYTES ? COLLECT_VALUE_BYTES : size), "is cut at its limit");
  }
  for (size_t count = COLLECT_NAMES - 1; count <= COLLECT_NAMES + 1; count++) {
    buffer_clear(&text);
    buffer_add(&text, "OEM Strings\n");
    for (size_t i = 0; i < count; i++) buffer_format(&text, "\tString %zu: x\n", i + 1);
    PROVE(import_bytes(text.text, text.length) == 0, "many OEM strings");
    PROVE(fact("dmi.oem_strings")->value.count == (count > COLLECT_NAMES ? COLLECT_NAMES : count), "are cut at their limit");
  }
  for (size_t count = IMPORT_NAMES - 1; count <= IMPORT_NAMES + 1; count++) {
    buffer_clear(&text);
    for (size_t i = 0; i + 1 < count; i++) buffer_format(&text, "\tSerial Number: filler-%zu\n", i);
    buffer_add(&text, "\tSerial Number: LAST-0001\nOEM Strings\n\tString 1: LAST-0001\n");
    int status = import_bytes(text.text, text.length);
    PROVE(status == (count > IMPORT_NAMES ? STATUS_LIMIT : 0), "more serial numbers than are looked for are refused");
    PROVE(status || value_is_hidden(&fact("dmi.oem_strings")->value.items[0]), "the last of them is hidden too");
  }
  buffer_free(&text);
}

static void test_faults(void) {
  size_t wrong = 0;
  int status = STATUS_MEMORY;
  for (size_t n = 1; n < 400 && status; n++) {
    report_free(machine);
    machine = report_new(&catalog);
    mem_fail_after(n);
    status = import_read(import_find("dmidecode"), dump, sizeof dump - 1, "dump", machine, complaints);
    mem_fail_after(0);
    wrong += status != 0 && status != STATUS_MEMORY;
  }
  PROVE(wrong == 0 && status == 0, "memory that runs out anywhere is told");
}

int main(void) {
  test_whole();
  test_placeholders();
  test_forms();
  test_nothing();
  test_cut();
  test_noise();
  test_several();
  test_limits();
  test_faults();
  report_free(machine);
  diag_list_free(complaints);
  return check_end("test_import");
}
