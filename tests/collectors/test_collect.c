/* Proves how results are told apart: present, absent, unreadable, unknown; complete captures and others; hostile folders;
 * capture.yaml; and that a live collection keeps its invariants, whatever machine it runs on. */
#include "machine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "collectors/os.h"

static void test_unknown_and_absent(void) {
  begin();
  put(top, "root/etc/hostname", "box\n");
  put(top, "root/here", "");
  capture();
  PROVE(outcome == 0 && is_text("net.hostname", "box"), "what is there is present");
  PROVE(is_unknown("kernel.release") && is_unknown("dmi.sys_vendor") && is_unknown("pci.devices") && is_unknown("env") && is_unknown("boot_log"),
        "what a capture lacks is unknown");
  PROVE(member_is("files", "/not-here", NULL) && value_member(&fact("files")->value, "/here")->boolean, "a path that is not there is left out");
  capture_complete();
  PROVE(is_absent("dmi.sys_vendor") && is_absent("pci.devices") && is_absent("env") && is_absent("boot_log") && is_absent("mounts"),
        "what a complete capture lacks is absent");
  PROVE(value_member(&fact("files")->value, "/not-here") && !value_member(&fact("files")->value, "/not-here")->boolean, "and a path does not exist");
  PROVE(is_unknown("network.metadata_status") && is_unknown("storage_speed.sync_4k_write"), "opt-in probes are never looked at in a capture");
  end();
}

static void test_unreadable(void) {
  begin();
  put(top, "root/etc/hosts/x", "");
  put(top, "root/proc/x", "");
  put_link(top, "root/proc/version", "version");
  if (mkfifo(in_folder(top, "root/proc/cmdline"), 0666)) perror("mkfifo");
  put_link(top, "root/broken", "broken");
  put_link(top, "root/.dockerenv", "../../../../../../etc/passwd");
  capture_complete();
  PROVE(is_unreadable("kernel.cmdline", "not a regular file"), "a fifo is unreadable and never blocks");
  PROVE(is_unreadable("kernel.banner", "too many links"), "a loop of links is unreadable");
  PROVE(is_unreadable("net.hosts", "a directory, not a file"), "a directory in place of a file is unreadable");
  PROVE(member_is("files", "/broken", NULL), "existence that cannot be told is left out");
  end();
}

static void test_masked(void) {
  begin();
  put(top, "root/proc/self/mountinfo", "1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / /sys/firmware ro - tmpfs tmpfs ro\n");
  put(top, "root/sys/firmware/.keep", "");
  capture_complete();
  PROVE(is_unreadable("acpi.tables", "hidden by a mount"), "what a mount hides is not absent");
  PROVE(is_absent("dmi.sys_vendor"), "what no mount hides is absent");
  end();
}

static void test_partial(void) {
  begin();
  put(top, "environ", "A=1\n");
  put(top, "root/proc/filesystems", "nodev\tproc\n");
  capture();
  PROVE(fact("env")->partial && fact("kernel.filesystems")->partial, "lists and maps of a capture are partial");
  PROVE(is_unknown("kernel.filesystems_disk"), "and an empty one proves nothing");
  capture_complete();
  PROVE(!fact("env")->partial && is_absent("kernel.filesystems_disk"), "those of a complete capture are whole");
  put(top, "capture.yaml", "complete: true\npartial: [env, kernel, mounts]\nobserved_at: 2026-03-24\n");
  capture();
  PROVE(outcome == 0 && fact("env")->partial && fact("kernel.filesystems")->partial, "named facts and domains are partial");
  PROVE(is_unknown("kernel.cmdline") && is_unknown("mounts") && is_absent("pci.devices"), "and prove no absence");
  PROVE(machine && strcmp(machine->observed_at, "2026-03-24T00:00:00Z") == 0 && strcmp(machine->method, "capture") == 0, "when it was observed");
  PROVE(machine && strcmp(machine->id, strrchr(top, '/') + 1) == 0, "the report has the folder's name");
  end();
}

static void test_yaml(void) {
  static const struct {
    const char *text, *said;
  } files[] = {
      {"compleet: true\n", "did you mean complete"},
      {"whatever: true\n", "unknown key"},
      {"complete: yes\n", "true or false"},
      {"complete: true\ncomplete: true\n", "stands twice"},
      {"complete: [true]\n", "not expected"},
      {"partial: env\n", "is a list"},
      {"partial: [nonsense]\n", "neither a fact nor a domain"},
      {"partial: [[env]]\n", "not expected"},
      {"partial: [{env: 1}]\n", "not expected"},
      {"observed_at: yesterday\n", "is a date"},
      {"observed_at: 2026-03-24T00:00:00\n", "is a date"},
      {"observed_at: &x 2026-01-01\n", "anchors"},
      {"complete: !!bool true\n", "anchors or tags"},
      {"partial: *x\n", "no aliases"},
      {"- complete\n", "not expected"},
      {"complete\n", "a mapping was expected"},
      {"complete: true\n\t- x\n", "not YAML"},
      {"{{{{{{{{", "not expected"},
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    begin();
    put(top, "capture.yaml", files[i].text);
    capture();
    PROVE(outcome == STATUS_CAPTURE && !machine && complained(files[i].said), files[i].text);
    PROVE(complaints->count == 1 && complaints->items[0].line >= 1, "with the line");
    end();
  }
}

static void test_yaml_size(void) {
  char *text = malloc(COLLECT_CAPTURE_YAML_BYTES + 2);
  for (size_t size = COLLECT_CAPTURE_YAML_BYTES - 1; size <= COLLECT_CAPTURE_YAML_BYTES + 1; size++) {
    begin();
    memset(text, '#', size);
    put_bytes(top, "capture.yaml", text, size);
    capture();
    PROVE(size <= COLLECT_CAPTURE_YAML_BYTES ? outcome == 0 : outcome == STATUS_CAPTURE && complained("larger than the limit"),
          "sizes below, at and above the limit");
    end();
  }
  free(text);
}

static void test_folders(void) {
  begin();
  capture();
  PROVE(outcome == STATUS_CAPTURE && complained("none of root/"), "an empty folder is no capture");
  put(top, "commands/.keep", "");
  capture();
  PROVE(outcome == 0, "one part is enough");
  put(top, "root", "a file");
  capture();
  PROVE(outcome == STATUS_CAPTURE && complained("root cannot be read"), "root must be a folder");
  end();
  begin();
  put(top, "environ/x", "");
  capture();
  PROVE(outcome == STATUS_CAPTURE && complained("environ cannot be read"), "a part that is there must be readable");
  end();
  begin();
  folder_remove(top);
  capture();
  PROVE(outcome == STATUS_CAPTURE && !machine, "a folder that is not there");
  forget();
}

/* Nothing of the machine that the test runs on may show. */
static void test_isolation(void) {
  static const char *const own[] = {"kernel.release", "kernel.machine", "net.hostname", "env",      "user.uid",     "user.cwd",     "cpu.hypervisor",
                                    "cpu.vendor",     "cpu.count",      "mounts",       "boot_log", "clock.uptime", "net.addresses"};
  setenv("HOSTPRINT_TEST_VARIABLE", "1", 1);
  begin();
  put(top, "environ", "");
  put_link(top, "root", "/");
  put_link(top, "commands", "/proc");
  capture();
  PROVE(outcome == STATUS_CAPTURE || outcome == 0, "a root that is a link to / stays in the folder");
  for (size_t i = 0; outcome == 0 && i < sizeof own / sizeof *own; i++) PROVE(is_unknown(own[i]), own[i]);
  end();
  begin();
  put(top, "tree/etc/hostname", "captured\n");
  collect_with((struct collect_options){.root = in_folder(top, "tree")});
  PROVE(outcome == 0 && is_text("net.hostname", "captured") && strcmp(machine->id, "tree") == 0 && !machine->observed_at,
        "a tree without a folder around it");
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) PROVE(is_unknown(own[i]) || strcmp(own[i], "net.hostname") == 0, own[i]);
  end();
}

static void test_named_files(void) {
  begin();
  put(top, "tree/etc/hostname", "captured\n");
  put(top, "env.txt", "NAME=value\n");
  put(top, "log.txt", "[ 0.0] MPTABLE: OEM ID: XY\n");
  put(top, "saved/uname-r", "9.9\n");
  struct collect_options options = {.root = strdup(in_folder(top, "tree")),
                                    .environ_file = strdup(in_folder(top, "env.txt")),
                                    .dmesg_file = strdup(in_folder(top, "log.txt")),
                                    .commands_dir = strdup(in_folder(top, "saved"))};
  collect_with(options);
  PROVE(outcome == 0 && member_is("env", "NAME", "value") && is_text("mptable.oem_id", "XY") && is_text("kernel.release", "9.9"),
        "each named file is read");
  struct collect_options broken = options;
  broken.environ_file = "/nowhere/at/all";
  collect_with(broken);
  PROVE(outcome == STATUS_CAPTURE && complained("cannot be read"), "a named file must be there");
  broken = options;
  broken.root = options.environ_file;
  collect_with(broken);
  PROVE(outcome == STATUS_CAPTURE, "the root must be a folder");
  free((char *)options.root), free((char *)options.environ_file), free((char *)options.dmesg_file), free((char *)options.commands_dir);
  end();
}

static bool is_tidy(const struct value *value, int depth) {
  if (depth > 4) return false;
  if (value->kind == VALUE_TEXT) return strlen(value->text) == value->length && value->length <= COLLECT_VALUE_BYTES;
  if (value->kind != VALUE_LIST && value->kind != VALUE_MAP) return true;
  for (size_t i = 0; i < value->count; i++) {
    if (value->kind == VALUE_MAP && i && strcmp(value->keys[i - 1], value->keys[i]) >= 0) return false;
    if (!is_tidy(&value->items[i], depth + 1)) return false;
  }
  return true;
}

static const enum value_kind kinds[FACT_TYPES] = {
    [FACT_TEXT] = VALUE_TEXT,  [FACT_INTEGER] = VALUE_INTEGER, [FACT_REAL] = VALUE_REAL, [FACT_BOOLEAN] = VALUE_BOOLEAN,
    [FACT_TEXTS] = VALUE_LIST, [FACT_RECORDS] = VALUE_LIST,    [FACT_MAP] = VALUE_MAP,   [FACT_PATHS] = VALUE_MAP};

/* Every value has the type that the catalogue gives it, every refusal a reason. */
static bool is_sound(void) {
  for (size_t i = 0; machine && i < catalog.count; i++) {
    const struct fact *found = &machine->facts->facts[i];
    bool sound = found->state != FACT_PRESENT || (found->value.kind == kinds[catalog.defs[i].type] && is_tidy(&found->value, 0));
    if (found->state == FACT_UNREADABLE && (!found->reason || !*found->reason)) sound = false;
    if (!sound) fprintf(stderr, "  unsound: %s\n", catalog.defs[i].path);
    if (!sound) return false;
  }
  return true;
}

static void test_live(void) {
  setenv("HOSTPRINT_TEST_TOKEN", "must not be seen", 1);
  collect_with((struct collect_options){.paths = asked_paths, .path_count = 4});
  PROVE(outcome == 0 && is_sound(), "every fact of this machine has its type");
  PROVE(is_state("kernel.release", FACT_PRESENT) && is_state("kernel.machine", FACT_PRESENT) && is_state("user.uid", FACT_PRESENT),
        "what every machine has");
  PROVE(member_is("env", "HOSTPRINT_TEST_TOKEN", VALUE_HIDDEN) && !fact("env")->partial, "the own environment, secrets hidden");
  PROVE(!is_unknown("dmi.sys_vendor") && !is_unknown("pci.devices") && !is_unknown("mounts") && !is_unknown("boot_log") &&
            !is_unknown("cpu.hypervisor"),
        "on a live machine nothing is left unasked");
  PROVE(is_unknown("network.metadata_status") && is_unknown("storage_speed.sequential_write"), "but the probes that nobody asked for");
  PROVE(value_member(&fact("files")->value, "/not-here") && !value_member(&fact("files")->value, "relative"), "absolute paths are looked for");
  PROVE(machine->observed_at && strlen(machine->observed_at) == 20 && strcmp(machine->method, "collect") == 0, "when, and how");
}

static void test_deadline(void) {
  collect_with((struct collect_options){.deadline_ms = -1});
  PROVE(outcome == 0 && is_unreadable("kernel.release", "out of time") && is_unreadable("pci.devices", "out of time"),
        "what is too late is unreadable");
}

/* Serves one answer on a port of the loopback; returns the port. */
static int serve(const char *answer, pid_t *child) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) || listen(fd, 1) || getsockname(fd, (struct sockaddr *)&address, &length)) return 0;
  *child = fork();
  if (*child == 0) {
    char request[2048];
    int peer = accept(fd, NULL, NULL);
    bool asked = recv(peer, request, sizeof request, 0) > 4 && memcmp(request, "GET ", 4) == 0;
    if (answer && asked) send(peer, answer, strlen(answer), MSG_NOSIGNAL);
    if (!answer) sleep(5);
    _exit(0);
  }
  close(fd);
  return ntohs(address.sin_port);
}

static void stop(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

static void ask_metadata(const char *answer) {
  pid_t child = 0;
  int port = serve(answer, &child);
  collect_with((struct collect_options){.network = true, .metadata_address = "127.0.0.1", .metadata_port = port});
  if (child > 0) stop(child);
}

static void test_metadata(void) {
  char long_body[600] = "HTTP/1.1 200 OK\r\n\r\n";
  ask_metadata("HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain\r\nSERVER: Example/1\r\n\r\nno entry");
  PROVE(is_number("network.metadata_status", 401) && is_text("network.metadata_server", "Example/1") && is_text("network.metadata_body", "no entry"),
        "an answer");
  PROVE(is_unknown("network.public_ip") && is_unknown("network.route"), "nobody else is asked");
  memset(long_body + strlen(long_body), 'b', 300);
  ask_metadata(long_body);
  PROVE(fact("network.metadata_body")->value.length == 256 && is_absent("network.metadata_server"), "the first 256 bytes of a body");
  ask_metadata("not HTTP at all");
  PROVE(is_absent("network.metadata_status") && is_text("network.metadata_body", "not HTTP at all"), "an answer that is not HTTP");
  int64_t start = os_ticks();
  ask_metadata(NULL);
  PROVE(is_absent("network.metadata_status") && is_absent("network.metadata_body") && os_ticks() - start < 4000, "silence is no answer, and ends");
  collect_with((struct collect_options){.network = true, .metadata_address = "127.0.0.1", .metadata_port = 1});
  PROVE(is_absent("network.metadata_status"), "a refused connection is no answer");
}

static void test_public_address(void) {
  pid_t child = 0;
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d/ip", serve("HTTP/1.0 200 OK\r\n\r\n127.0.0.1\n", &child));
  struct collect_options options = {
      .network = true, .metadata_address = "127.0.0.1", .metadata_port = 1, .public_ip_url = url, .route_target = "127.0.0.1"};
  collect_with(options);
  if (child > 0) stop(child);
  PROVE(is_text("network.public_ip", "127.0.0.1") && !is_unknown("network.reverse_dns"), "the address, and its name or none");
  PROVE(is_list("network.route", "127.0.0.1") || is_list("network.route", "*|*|*|*|*|*|*|*|*|*") || !is_unknown("network.route"),
        "the route to here is one hop");
  options.public_ip_url = "ftp://127.0.0.1/";
  options.route_target = NULL;
  collect_with(options);
  PROVE(is_state("network.public_ip", FACT_UNREADABLE) && is_unknown("network.reverse_dns"), "only http is spoken");
}

static void test_storage(void) {
  begin();
  collect_with((struct collect_options){.storage_speed = true, .storage_dir = top, .storage_bytes = 1 << 20});
  PROVE(is_state("storage_speed.sequential_write", FACT_PRESENT) && fact("storage_speed.sequential_write")->value.real > 0, "writing is measured");
  PROVE(is_state("storage_speed.sync_4k_write", FACT_PRESENT) && !is_unknown("storage_speed.direct_4k_read"), "so are small blocks");
  PROVE(rmdir(top) == 0, "nothing is left behind");
  collect_with((struct collect_options){.storage_speed = true, .storage_dir = top});
  PROVE(is_state("storage_speed.sequential_write", FACT_UNREADABLE), "a folder that is not there cannot be measured");
  forget();
}

static void build_small(void) {
  put(top, "capture.yaml", "complete: true\npartial: [env]\nobserved_at: 2026-01-01\n");
  put(top, "environ", "A=1\nB_TOKEN=2\n");
  put(top, "dmesg.txt", "Linux version 6\nACPI: XSDT ... (v01 OEMID_ OEMXSDT  00000000 CRTR 20240119)\n");
  put(top, "root/proc/version", "Linux version 6.1 (a@b) (gcc 1) #1 Mon Jan 1\n");
  put(top, "root/proc/self/mountinfo", "22 1 254:0 / / rw - ext4 /dev/vda rw\n");
  put(top, "root/proc/1/cmdline", "init");
  put(top, "root/sys/block/vda/size", "1\n");
  put(top, "root/proc/net/route", "eth0 00000000 0101A8C0 0003 0 0 0 00000000 0 0 0\n");
  put(top, "commands/lspci", "00:00.0 Host bridge [0600]: X [8086:1237]\n");
}

static void test_faults(void) {
  struct buffer want = {0}, got = {0};
  size_t failures = 0, whole = 0, n = 1;
  begin();
  build_small();
  capture();
  report_write(machine, &want);
  for (; n < 200; n++) {
    forget();
    complaints = diag_list_new();
    mem_fail_after(n);
    outcome = collect_capture(top, asked_paths, 4, &catalog, &machine, complaints);
    mem_fail_after(0);
    buffer_clear(&got);
    if (machine) report_write(machine, &got);
    failures += outcome == 0 ? !machine || strcmp(want.text, got.text) != 0 : machine != NULL;
    whole += outcome == 0;
  }
  PROVE(failures == 0 && whole > 0 && whole < 190, "whichever allocation fails, there is a status and no report");
  failures = 0;
  for (n = 1; n < 400; n++) {
    os_fail_after(n);
    capture();
    os_fail_after(0);
    failures += !(outcome == 0 ? machine && is_sound() : !machine);
  }
  PROVE(failures == 0, "whichever call fails, there is a sound report or a status");
  failures = 0;
  for (n = 1; n < 400; n += 7) {
    os_fail_after(n);
    collect_with((struct collect_options){.paths = asked_paths, .path_count = 4});
    os_fail_after(0);
    failures += outcome == 0 && !is_sound();
  }
  PROVE(failures == 0, "so too on this machine");
  buffer_free(&want);
  buffer_free(&got);
  end();
}

/* A small generator of its own, so that a failure can be repeated. */
static uint32_t noise_state = 12345;
static uint32_t noise(void) {
  noise_state ^= noise_state << 13;
  noise_state ^= noise_state >> 17;
  return noise_state ^= noise_state << 5;
}

static void put_noise(const char *name, const char *seed) {
  static const char marks[] = "\n\0 :=[](){},.\"'\\@#/-x09af";
  char text[1024];
  size_t length = strlen(seed) < sizeof text ? strlen(seed) : sizeof text;
  memcpy(text, seed, length);
  for (uint32_t i = 0, changes = noise() % 12; i < changes && length; i++)
    text[noise() % length] = noise() % 3 ? marks[noise() % (sizeof marks - 1)] : (char)noise();
  put_bytes(top, name, text, noise() % 4 ? length : noise() % (length + 1));
}

static void test_noise(void) {
  static const char *const seeds[][2] = {
      {"root/proc/version", "Linux version 6.1 (a@b) (gcc (D 12) 12, GNU ld) #1 SMP Mon Jan 1 00:00:00 UTC 2026\n"},
      {"root/proc/cmdline", "a=\"b c\" token=x virtio_mmio.device=4K@0xd0000000:5\n"},
      {"root/proc/cpuinfo", "processor : 0\nvendor_id : G\nmodel : 1\nflags : fpu hypervisor\n"},
      {"root/proc/self/mountinfo", "22 1 254:0 / /a\\040b rw shared:1 - ext4 /dev/vda rw\n"},
      {"root/proc/net/route", "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00FFFFFF\t0\n"},
      {"root/proc/net/ipv6_route",
       "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000002 1 0 0 3 eth0\n"},
      {"root/proc/net/if_inet6", "fe800000000000000000000000000001 02 40 20 80 eth0\n"},
      {"root/proc/net/fib_trie", "  |-- 192.168.1.7\n   /32 host LOCAL\n"},
      {"root/proc/self/cgroup", "3:cpu,memory:/a\n0::/b\n"},
      {"root/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"},
      {"root/etc/os-release", "NAME=\"X\"\nID='y'\n"},
      {"root/etc/hosts", "10.0.0.1 a.b a # c\n"},
      {"root/etc/resolv.conf", "nameserver 1.1.1.1\nsearch a b\n"},
      {"root/sys/firmware/dmi/tables/DMI", "\x0b\x05\x01\x01\x02one"},
      {"root/sys/firmware/acpi/tables/DSDT", "DSDT....??OEMID TABLEID 0000CRTR1234"},
      {"root/proc/1/cmdline", "init --token abc"},
      {"commands/uname-a", "Linux box 6.1 #1 SMP x86_64 x86_64 GNU/Linux\n"},
      {"commands/lsblk", "NAME SIZE RO LABEL\nvda  2.5G  1 x\n"},
      {"commands/lspci", "00:01.0 Class [0100]: V D [1af4:1001] (rev 1)\n"},
      {"commands/df", "Filesystem Type Size Used Avail Use% Mounted on\n/dev/vda ext4 1 1 1 5% /\n"},
      {"commands/ip-addr", "2: eth0@if6: <UP>\n link/ether 02:00:00:00:00:01\n inet 10.0.0.1/8\n"},
      {"commands/ip-route", "default via 1.1.1.1 dev eth0\n"},
      {"commands/cpuid", "basic_cpuid[0]=0000000d 756e6547 6c65746e 49656e69\n0x40000000 0x00: eax=1 ebx=0x4b4d564b ecx=1 edx=2\n"},
      {"commands/cpuid-hypervisor", "KVMKVMKVM\n"},
      {"commands/lscpu", "Architecture: x86_64\nCPU(s): 4\nFlags: a b\n"},
      {"commands/dmidecode", "OEM Strings\n\tString 1: a\nBIOS Information\n\tVendor: b\n"},
      {"commands/id", "uid=0(root) gid=0(root)\n"},
      {"environ", "A=1\nKEY=-----BEGIN X\nab=\n-----END X\n"},
      {"dmesg.txt", "<6>[    0.0][ T0] ACPI: XSDT 0x0 00 (v01 OEMID_ OEMXSDT  00000000 CRTR 20240119)\nDMI: a\n"},
      {"capture.yaml", "complete: true\npartial: [env, dmi]\nobserved_at: 2026-01-01\n"},
  };
  size_t unsound = 0;
  begin();
  put(top, "root/proc/self/ns/.keep", "");
  for (int round = 0; round < 150; round++) {
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) put_noise(seeds[i][0], seeds[i][1]);
    if (round % 2) put(top, "capture.yaml", "complete: true\n");
    capture();
    unsound += outcome == 0 ? !is_sound() : outcome != STATUS_CAPTURE;
  }
  PROVE(unsound == 0, "noise in every source gives a sound report or a complaint");
  end();
}

int main(void) {
  test_unknown_and_absent();
  test_unreadable();
  test_masked();
  test_partial();
  test_yaml();
  test_yaml_size();
  test_folders();
  test_isolation();
  test_named_files();
  test_live();
  test_deadline();
  test_metadata();
  test_public_address();
  test_storage();
  test_faults();
  test_noise();
  forget();
  return check_end("test_collect");
}
