/* Proves what each collector makes of its source, on captured machines built for the purpose. */
#include "machine.h"

static void test_kernel(void) {
  begin();
  put(top, "root/proc/version",
      "Linux version 6.1.99-acme (build@host-7) (gcc (Distro 12.2.0-14) 12.2.0, GNU ld (GNU Binutils) 2.40) #3 SMP PREEMPT_DYNAMIC Mon Jan  5 "
      "10:11:12 UTC 2026\n");
  put(top, "root/proc/cmdline",
      "console=ttyS0 init=\"/sbin/my init\" api_token=abcdef quiet virtio_mmio.device=4K@0xd0000000:5 virtio_mmio.device=4K@0xd0001000:6\n");
  put(top, "root/proc/filesystems", "nodev\tsysfs\nnodev\ttmpfs\n\text4\n");
  put(top, "root/proc/modules", "virtio_net 61440 0 - Live 0x0\nveth 40960 1 virtio_net, Live 0x0\n");
  put(top, "root/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  capture();
  PROVE(is_text("kernel.sysname", "Linux"), "the banner names the system");
  PROVE(is_text("kernel.release", "6.1.99-acme"), "and the release");
  PROVE(is_text("kernel.builder", "build@host-7"), "the builder stands in the first brackets");
  PROVE(is_text("kernel.compiler", "gcc (Distro 12.2.0-14) 12.2.0"), "the compiler is taken with its inner brackets and without the linker");
  PROVE(is_text("kernel.version", "#3 SMP PREEMPT_DYNAMIC Mon Jan  5 10:11:12 UTC 2026"), "the version begins at the number");
  PROVE(is_text("kernel.build_date", "Mon Jan  5 10:11:12 UTC 2026"), "the date begins at the weekday");
  PROVE(
      is_list("kernel.cmdline",
              "console=ttyS0|init=\"/sbin/my init\"|api_token=(hidden)|quiet|virtio_mmio.device=4K@0xd0000000:5|virtio_mmio.device=4K@0xd0001000:6"),
      "quotes keep an argument together and secrets are hidden");
  PROVE(is_number("virtio.mmio_count", 2), "announced devices are counted");
  PROVE(is_list("kernel.filesystems", "sysfs|tmpfs|ext4") && is_list("kernel.filesystems_disk", "ext4"),
        "file systems without nodev are those of disks");
  PROVE(is_list("kernel.modules", "virtio_net|veth"), "modules by name");
  PROVE(is_text("kernel.thp", "always [madvise] never"), "huge pages as the file says");
  end();
}

static void test_banners(void) {
  static const struct {
    const char *banner, *builder, *compiler, *date;
  } banners[] = {
      {"Linux version 5.0.0 (a@b) (gcc version 4.8.5 20150623 (Distro 4.8.5-28) (GCC) ) #1 SMP Tue Mar 3 03:03:03 UTC 2020\n", "a@b",
       "gcc version 4.8.5 20150623 (Distro 4.8.5-28) (GCC)", "Tue Mar 3 03:03:03 UTC 2020"},
      {"Linux version 6.1.0 (x@lists.example) (gcc-12 (D 12.2.0) 12.2.0, GNU ld 2.40) #1 SMP PREEMPT_DYNAMIC D 6.1.158-1 (2025-11-09)\n",
       "x@lists.example", "gcc-12 (D 12.2.0) 12.2.0", "2025-11-09"},
      {"Linux version 6.6.0 (a@b) (clang version 17.0.1, LLD 17.0.1) # SMP Fri, 11 Mar 2022 17:40:36 +0000\n", "a@b", "clang version 17.0.1",
       "Fri, 11 Mar 2022 17:40:36 +0000"},
      {"Linux version 4.4.0 #1 SMP Sun Jan 10 15:06:54 PST 2016\n", NULL, NULL, "Sun Jan 10 15:06:54 PST 2016"},
      {"Linux version 1.0 (unclosed (bracket @ #1\n", NULL, NULL, NULL},
      {"odd\n", NULL, NULL, NULL},
  };
  for (size_t i = 0; i < sizeof banners / sizeof *banners; i++) {
    begin();
    put(top, "root/proc/version", banners[i].banner);
    capture();
    PROVE(banners[i].builder ? is_text("kernel.builder", banners[i].builder) : is_unknown("kernel.builder"), "builder of a banner");
    PROVE(banners[i].compiler ? is_text("kernel.compiler", banners[i].compiler) : is_unknown("kernel.compiler"), "compiler of a banner");
    PROVE(banners[i].date ? is_text("kernel.build_date", banners[i].date) : is_unknown("kernel.build_date"), "date of a banner");
    capture_complete();
    PROVE(banners[i].builder || is_absent("kernel.builder"), "a complete banner without brackets has no builder");
    end();
  }
}

static void test_uname(void) {
  begin();
  put(top, "commands/uname-a", "Linux box 6.8.0-94-generic #96-D SMP PREEMPT_DYNAMIC Wed Jan  7 10:00:00 UTC 2026 x86_64 x86_64 x86_64 GNU/Linux\n");
  capture();
  PROVE(is_text("kernel.release", "6.8.0-94-generic") && is_text("kernel.machine", "x86_64") && is_text("net.hostname", "box"), "uname -a, names");
  PROVE(is_text("kernel.version", "#96-D SMP PREEMPT_DYNAMIC Wed Jan  7 10:00:00 UTC 2026"), "uname -a, version");
  put(top, "commands/uname-a", "Linux box 6.1 #1 aarch64\n");
  capture();
  PROVE(is_text("kernel.machine", "aarch64") && is_text("kernel.version", "#1"), "uname -a without a system's name at its end");
  put(top, "commands/uname-r", "6.2\n");
  put(top, "root/proc/sys/kernel/osrelease", "6.3\n");
  capture();
  PROVE(is_text("kernel.release", "6.3"), "a file of the kernel comes before a saved output");
  end();
}

static void test_cpuinfo(void) {
  begin();
  put(top, "root/proc/cpuinfo",
      "processor\t: 0\nvendor_id\t: GenuineExample\ncpu family\t: 6\nmodel\t\t: 106\nmodel name\t: Example(R) CPU @ 2.00GHz\nstepping\t: 6\n"
      "flags\t\t: fpu vme hypervisor avx512f\n\nprocessor\t: 1\nmodel name\t: Example(R) CPU @ 2.00GHz\nflags\t\t: fpu\n");
  capture();
  PROVE(is_number("cpu.count", 2) && is_number("cpu.family", 6) && is_number("cpu.model_number", 106) && is_number("cpu.stepping", 6),
        "numbers of cpuinfo");
  PROVE(is_text("cpu.model", "Example(R) CPU @ 2.00GHz") && is_text("cpu.vendor", "GenuineExample"), "texts of cpuinfo");
  PROVE(is_list("cpu.flags", "fpu|vme|hypervisor|avx512f"), "flags of the first processor");
  PROVE(is_boolean("cpu.hypervisor_present", true), "the flag hypervisor");
  PROVE(is_unknown("cpu.hypervisor"), "the signature is not in cpuinfo");
  put(top, "root/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu\n");
  capture();
  PROVE(is_unknown("cpu.hypervisor_present"), "without the flag in a capture that may be shortened");
  capture_complete();
  PROVE(is_boolean("cpu.hypervisor_present", false), "without the flag in a complete capture");
  PROVE(is_absent("cpu.model"), "what a complete cpuinfo lacks is absent");
  end();
}

static void test_other_architecture(void) {
  begin();
  put(top, "commands/uname-m", "aarch64\n");
  put(top, "commands/cpuid-hypervisor", "KVMKVMKVM");
  put(top, "root/proc/cpuinfo", "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n");
  capture();
  PROVE(is_state("cpu.hypervisor", FACT_NOT_APPLICABLE) && is_state("cpu.hypervisor_present", FACT_NOT_APPLICABLE) &&
            is_state("cpu.hypervisor_leaves", FACT_NOT_APPLICABLE),
        "where there is no CPUID its facts cannot apply");
  PROVE(is_list("cpu.flags", "fp|asimd") && is_text("cpu.vendor", "0x41"), "features and implementer of another architecture");
  end();
}

static void test_cpuid(void) {
  begin();
  put(top, "commands/cpuid-hypervisor", "KVMKVMKVM\n");
  capture();
  PROVE(is_text("cpu.hypervisor", "KVMKVMKVM"), "a signature without its padding");
  put_bytes(top, "commands/cpuid-hypervisor", "KVMKVMKVM\0\0\0", 12);
  capture();
  PROVE(is_text("cpu.hypervisor", "KVMKVMKVM"), "a signature padded with NUL");
  put(top, "commands/cpuid-hypervisor", "blank  blank ");
  capture();
  PROVE(is_text("cpu.hypervisor", "blank  blank"), "no more than twelve bytes");
  put(top, "commands/cpuid-hypervisor", "bhyve bhyve ");
  capture();
  PROVE(is_text("cpu.hypervisor", "bhyve bhyve "), "blanks are part of a signature");
  put(top, "commands/cpuid-hypervisor", "");
  capture();
  PROVE(is_absent("cpu.hypervisor"), "an empty file says that there is no such leaf");
  end();
}

static void test_cpuid_dumps(void) {
  begin();
  put(top, "commands/cpuid",
      "version=0.6.2\nbasic_cpuid[0]=0000000d 756e6547 6c65746e 49656e69\nbasic_cpuid[1]=000606a6 00010800 80000001 "
      "1f8bfbff\nbroken[0]=1\nbasic_cpuid[2]=zz\n");
  capture();
  PROVE(is_text("cpu.vendor", "GenuineIntel") && is_number("cpu.family", 6) && is_number("cpu.model_number", 106) && is_number("cpu.stepping", 6),
        "a raw dump");
  PROVE(is_boolean("cpu.hypervisor_present", true), "bit 31 of the dump's leaf 1");
  PROVE(is_unknown("cpu.hypervisor"), "a dump without hypervisor leaves says nothing of them");
  put(top, "commands/cpuid",
      "CPU 0:\n   0x40000000 0x00: eax=0x40000001 ebx=0x4b4d564b ecx=0x564b4d56 edx=0x0000004d\n"
      "   0x40000100 0x00: eax=0x40000101 ebx=0x4b4d564b ecx=0x564b4d56 edx=0x0000004d\n");
  capture();
  PROVE(is_text("cpu.hypervisor", "KVMKVMKVM") && count_of("cpu.hypervisor_leaves") == 2, "every base of hypervisor leaves");
  PROVE(field_is("cpu.hypervisor_leaves", 1, "leaf", "0x40000100") && field_is("cpu.hypervisor_leaves", 0, "max_leaf", "0x40000001"),
        "their numbers");
  end();
}

static void test_lscpu(void) {
  begin();
  put(top, "commands/lscpu",
      "Architecture:            x86_64\nCPU(s):                  4\nVendor ID:               ExampleVendor\n  Model name:            Example CPU\n"
      "    CPU family:          25\nFlags:                   fpu sse hypervisor\nHypervisor vendor:       Some\n");
  capture();
  PROVE(is_text("kernel.machine", "x86_64") && is_number("cpu.count", 4) && is_text("cpu.model", "Example CPU") && is_number("cpu.family", 25),
        "lscpu");
  PROVE(is_boolean("cpu.hypervisor_present", true) && is_list("cpu.flags", "fpu|sse|hypervisor"), "flags of lscpu");
  PROVE(is_unknown("cpu.hypervisor"), "a vendor's common name is not the signature");
  end();
}

static void test_memory(void) {
  begin();
  put(top, "root/proc/meminfo", "MemTotal:         477716 kB\nMemFree:          1 kB\nSwapTotal:             0 kB\n");
  capture();
  PROVE(is_number("memory.total", 477716) && is_number("memory.swap", 0), "sizes in KiB");
  end();
}

static void test_dmi(void) {
  static const char table[] = "\x0b\x05\x00\x00\x02one text\0second\0\0\x7f\x04\x01\x00\0";
  begin();
  put(top, "root/sys/class/dmi/id/sys_vendor", "Example Vendor \n");
  put(top, "root/sys/class/dmi/id/product_uuid", "EC2ABCDE-0000-1111-2222-333344445555\n");
  put(top, "root/sys/class/dmi/id/bios_vendor", "\n");
  put_bytes(top, "root/sys/firmware/dmi/tables/DMI", table, sizeof table);
  put(top, "dmesg.txt", "[    0.000000] DMI: Example Product/Board, BIOS 1.0 01/01/2020\n");
  capture();
  PROVE(is_text("dmi.sys_vendor", "Example Vendor") && is_text("dmi.bios_vendor", ""), "texts trimmed, an empty one is there");
  PROVE(is_text("dmi.product_uuid", "ec2abcde-0000-1111-2222-333344445555"), "the uuid in lower case");
  PROVE(is_list("dmi.oem_strings", "one text|second"), "OEM strings of the table");
  PROVE(is_text("dmi.banner", "Example Product/Board, BIOS 1.0 01/01/2020"), "the line of the boot log");
  PROVE(is_unknown("dmi.board_name"), "a file that the capture lacks is unknown");
  end();
  begin();
  put(top, "dmesg.txt", "DMI not present or invalid.\n");
  capture();
  PROVE(is_absent("dmi.sys_vendor") && is_absent("dmi.oem_strings") && is_absent("dmi.banner"), "the kernel found no DMI: all of it is absent");
  end();
}

static void test_dmidecode(void) {
  begin();
  put(top, "commands/dmidecode",
      "# dmidecode 3.3\nHandle 0x0000, DMI type 0, 24 bytes\nBIOS Information\n\tVendor: Example BIOS\n\tVersion: 1.2\n\nHandle 0x0100, DMI type 1\n"
      "System Information\n\tManufacturer: Example\n\tProduct Name: Box\n\tSerial Number: Not Specified\n\nHandle 0x0B00, DMI type 11\n"
      "OEM Strings\n\tString 1: first: part\n\tString 2: second\n");
  capture();
  PROVE(is_text("dmi.bios_vendor", "Example BIOS") && is_text("dmi.sys_vendor", "Example") && is_text("dmi.product_name", "Box"),
        "sections of dmidecode");
  PROVE(is_text("dmi.product_serial", ""), "what is not specified is an empty text");
  PROVE(is_list("dmi.oem_strings", "first: part|second"), "OEM strings of dmidecode");
  end();
}

static void put_table(const char *name, const char *oem, const char *id) {
  unsigned char header[40] = {0};
  memcpy(header, "TEST", 4);
  memcpy(header + 10, oem, strlen(oem));
  memcpy(header + 16, id, strlen(id));
  memcpy(header + 28, "CRTR", 4);
  memcpy(header + 32, "\x19\x01\x24\x20", 4);
  put_bytes(top, name, (const char *)header, sizeof header);
}

static void test_acpi(void) {
  begin();
  put_table("root/sys/firmware/acpi/tables/APIC", "OEMID ", "TABLEONE");
  put_table("root/sys/firmware/acpi/tables/DSDT", "OEMID", "TWO");
  put(top, "root/sys/firmware/acpi/tables/data/x", "");
  capture();
  PROVE(is_list("acpi.tables", "APIC|DSDT"), "names of tables, without the directories");
  PROVE(is_list("acpi.oem_ids", "OEMID") && is_list("acpi.table_ids", "TABLEONE|TWO"), "ids of the headers, each once, padding trimmed");
  PROVE(is_list("acpi.creator_ids", "CRTR 20240119"), "creator and its revision");
  end();
  begin();
  put(top, "dmesg.txt",
      "[    0.000000] ACPI: RSDP 0x00000000000E0000 000024 (v02 OEMID_)\n[    0.000000] ACPI: XSDT 0x000000000009FC40 00003C (v01 OEMID_ OEMXSDT  "
      "00000000 CRTR 20240119)\n"
      "ACPI: FACP ... (v06 OEMID_ OEMFADT  00000000 CRTR 20240119)\nACPI: APIC ... (v05 BOCHS  BXPC     00000001 BXPC 00000001)\nACPI: PCI Interrupt "
      "Link (IRQs 5)\n");
  capture();
  PROVE(is_list("acpi.tables", "XSDT|FACP|APIC"), "tables that the kernel logged");
  PROVE(is_list("acpi.oem_ids", "OEMID_|BOCHS") && is_list("acpi.table_ids", "OEMXSDT|OEMFADT|BXPC"),
        "ids that the kernel logged, shortened lines too");
  PROVE(is_list("acpi.creator_ids", "CRTR 20240119|BXPC 00000001"), "creators that the kernel logged");
  end();
}

static void test_boot_log(void) {
  begin();
  put(top, "dmesg.txt",
      "<6>[    0.000000] Linux version 6.1\n[Sat Nov 21 10:00:00 2026] second\n[    0.1][    T0] third\nJan  1 00:00:00 box kernel: [    1.0] "
      "fourth\n"
      "[drm] fifth\n\n[    0.2] MPTABLE: OEM ID: AB\n[    0.2] MPTABLE: Product ID: 000000000000\n");
  capture();
  PROVE(is_list("boot_log", "Linux version 6.1|second|third|fourth|[drm] fifth|MPTABLE: OEM ID: AB|MPTABLE: Product ID: 000000000000"),
        "prefixes are cut");
  PROVE(is_text("mptable.oem_id", "AB") && is_text("mptable.product_id", "000000000000"), "ids of the MP table");
  put(top, "dmesg.txt", "dmesg: read kernel buffer failed: Operation not permitted\n");
  capture();
  PROVE(is_unreadable("boot_log", "operation not permitted") && is_unreadable("mptable.oem_id", "operation not permitted"), "a log that was refused");
  end();
}

static void fill_log(size_t lines) {
  char *text = calloc(lines + 1, 4);
  for (size_t i = 0; text && i < lines; i++) memcpy(text + 2 * i, "x\n", 2);
  put(top, "dmesg.txt", text);
  free(text);
}

static void test_log_limits(void) {
  begin();
  put(top, "capture.yaml", "complete: true\n");
  static const size_t sizes[] = {COLLECT_LOG_LINES - 1, COLLECT_LOG_LINES, COLLECT_LOG_LINES + 1};
  for (size_t i = 0; i < 3; i++) {
    fill_log(sizes[i]);
    capture();
    PROVE(count_of("boot_log") == (i == 2 ? COLLECT_LOG_LINES : sizes[i]) && fact("boot_log")->partial == (i == 2),
          "lines below, at and above the limit");
  }
  char line[COLLECT_LOG_LINE_BYTES + 2] = "";
  for (size_t length = COLLECT_LOG_LINE_BYTES - 1; length <= COLLECT_LOG_LINE_BYTES + 1; length++) {
    memset(line, 'y', length);
    line[length] = 0;
    put(top, "dmesg.txt", line);
    capture();
    PROVE(fact("boot_log")->value.items[0].length == (length < COLLECT_LOG_LINE_BYTES ? length : COLLECT_LOG_LINE_BYTES),
          "a line below, at and above the limit");
  }
  end();
}

static void test_pci(void) {
  begin();
  put(top, "root/sys/bus/pci/devices/0000:00:01.0/vendor", "0x1af4\n");
  put(top, "root/sys/bus/pci/devices/0000:00:01.0/device", "0x1001\n");
  put(top, "root/sys/bus/pci/devices/0000:00:01.0/class", "0x010000\n");
  put_link(top, "root/sys/bus/pci/devices/0000:00:01.0/driver", "../../../bus/pci/drivers/virtio-pci");
  capture();
  PROVE(field_is("pci.devices", 0, "id", "1af4:1001") && field_is("pci.devices", 0, "class", "0100") &&
            field_is("pci.devices", 0, "driver", "virtio-pci"),
        "a device");
  PROVE(fact("pci.devices")->partial, "a list of a capture is partial");
  end();
  begin();
  put(top, "commands/lspci",
      "00:00.0 Host bridge [0600]: Example [8086:1237] (rev 02)\n00:01.0 0200: 1af4:1041 (rev 01)\n0001:00:02.0 Network: plain words\nnot a "
      "device\n");
  capture();
  PROVE(count_of("pci.devices") == 3 && field_is("pci.devices", 0, "id", "8086:1237") && field_is("pci.devices", 0, "class", "0600"), "lspci -nn");
  PROVE(field_is("pci.devices", 1, "id", "1af4:1041") && field_is("pci.devices", 1, "class", "0200") &&
            field_is("pci.devices", 1, "address", "0000:00:01.0"),
        "lspci -n");
  PROVE(field_is("pci.devices", 2, "id", "") && field_is("pci.devices", 2, "address", "0001:00:02.0"), "plain lspci gives addresses only");
  end();
}

static void test_virtio(void) {
  begin();
  put(top, "root/sys/devices/platform/virtio-mmio.0/virtio0/device", "0x0001\n");
  put(top, "root/sys/devices/pci0000:00/0000:00:02.0/virtio1/device", "0x0005\n");
  put(top, "root/sys/bus/virtio/devices/.keep", "");
  put_link(top, "root/sys/bus/virtio/devices/virtio0", "../../../devices/platform/virtio-mmio.0/virtio0");
  put_link(top, "root/sys/bus/virtio/devices/virtio1", "../../../devices/pci0000:00/0000:00:02.0/virtio1");
  capture();
  PROVE(is_number("virtio.count", 2) && is_list("virtio.ids", "0x0001|0x0005") && is_list("virtio.transports", "mmio|pci"),
        "devices, ids and transports");
  PROVE(is_boolean("memory.balloon", true), "a device of id 5 is a balloon");
  end();
  begin();
  put(top, "root/sys/bus/virtio/devices/.keep", "");
  capture();
  PROVE(is_unknown("virtio.count") && is_unknown("memory.balloon"), "an empty bus in a capture that may be shortened");
  capture_complete();
  PROVE(is_number("virtio.count", 0) && is_boolean("memory.balloon", false) && is_absent("virtio.ids"), "an empty bus in a complete capture");
  end();
}

static void test_mounts(void) {
  begin();
  put(top, "root/proc/self/mountinfo",
      "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n30 22 0:5 /sub/dir /mnt/with\\040blank ro - overlay overlay "
      "ro,lowerdir=/a:/b\nbroken line\n");
  capture();
  PROVE(count_of("mounts") == 2 && field_is("mounts", 0, "source", "/dev/vda") && field_is("mounts", 0, "options", "rw|relatime|discard"),
        "options of both parts, each once");
  PROVE(field_is("mounts", 1, "target", "/mnt/with blank") && field_is("mounts", 1, "root", "/sub/dir") && field_is("mounts", 1, "fstype", "overlay"),
        "escapes and root");
  end();
  begin();
  put(top, "commands/mount", "/dev/vdc on / type ext4 (rw,relatime)\nx on /mnt/a b type fuse.x (ro)\n\nnonsense\n");
  capture();
  PROVE(count_of("mounts") == 2 && field_is("mounts", 1, "target", "/mnt/a b") && field_is("mounts", 1, "fstype", "fuse.x"), "a saved listing");
  end();
  begin();
  put(top, "commands/df", "Filesystem     Type  Size  Used Avail Use% Mounted on\n/dev/vda       ext4  2.0G  1.0G  1.0G  50% /\n");
  capture_complete();
  PROVE(field_is("mounts", 0, "fstype", "ext4") && field_is("mounts", 0, "target", "/") && fact("mounts")->partial,
        "df shows some mounts, even in a complete capture");
  end();
}

static void test_blocks(void) {
  begin();
  put(top, "root/sys/block/vda/size", "4194304\n");
  put(top, "root/sys/block/vda/ro", "1\n");
  put(top, "root/sys/block/vda/queue/scheduler", "mq-deadline [none]\n");
  put(top, "root/sys/block/vda/serial", "abc\n");
  put(top, "root/sys/block/loop0/size", "0\n");
  put(top, "root/proc/self/mountinfo", "22 1 254:0 / / rw - ext4 /dev/vda rw\n");
  capture();
  PROVE(count_of("blocks") == 1 && field_is("blocks", 0, "size_bytes", "2147483648") && field_is("blocks", 0, "read_only", "1"),
        "a disk; unused loops are none");
  PROVE(field_is("blocks", 0, "scheduler", "none") && field_is("blocks", 0, "serial", "abc") && field_is("blocks", 0, "fstype", "ext4"),
        "what belongs to it");
  end();
  begin();
  put(top, "commands/lsblk",
      "NAME   MAJ:MIN RM  SIZE RO TYPE MOUNTPOINTS\nvda    254:0    0    2G  1 disk \nvdb    254:16   0  1.5M  0 disk /x\n`-vdb1 254:17   0    1M  0 "
      "part /y\n");
  capture();
  PROVE(count_of("blocks") == 2 && field_is("blocks", 0, "size_bytes", "2147483648") && field_is("blocks", 0, "read_only", "1"), "lsblk, first disk");
  PROVE(field_is("blocks", 1, "size_bytes", "1572864") && field_is("blocks", 1, "read_only", "0"), "lsblk, second disk, its partition left out");
  put(top, "commands/lsblk", "NAME FSTYPE   LABEL  MOUNTPOINT\nvda  ext4            /\nvdb  squashfs config \n");
  capture();
  PROVE(field_is("blocks", 0, "fstype", "ext4") && field_is("blocks", 0, "label", "") && field_is("blocks", 1, "label", "config"),
        "lsblk -f with a gap");
  end();
}

static void test_net(void) {
  begin();
  put(top, "root/sys/class/net/eth0/address", "02:00:00:00:00:05\n");
  put(top, "root/sys/class/net/eth0/ifindex", "2\n");
  put(top, "root/sys/class/net/eth0/iflink", "6\n");
  put(top, "root/sys/class/net/lo/address", "00:00:00:00:00:00\n");
  put(top, "root/proc/net/route",
      "Iface\tDestination\tGateway "
      "\tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\neth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
      "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n");
  put(top, "root/proc/net/fib_trie",
      "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 192.168.1.7\n        /32 host LOCAL\nLocal:\n     |-- "
      "192.168.1.7\n        /32 host LOCAL\n");
  put(top, "root/proc/net/if_inet6",
      "fe800000000000000000000000000001 02 40 20 80     eth0\n00000000000000000000000000000001 01 80 10 80       lo\n");
  put(top, "root/proc/net/ipv6_route",
      "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000002 00000400 00000000 00000000 00000003 "
      "eth0\n");
  capture();
  PROVE(count_of("net.interfaces") == 1 && field_is("net.interfaces", 0, "name", "eth0@if6") &&
            field_is("net.interfaces", 0, "mac", "02:00:00:00:00:05"),
        "an interface with its peer, as ip prints it");
  PROVE(field_is("net.interfaces", 0, "addresses", "192.168.1.7/24|fe80::1/64") && is_list("net.addresses", "192.168.1.7/24|fe80::1/64"),
        "addresses with the prefix of their network, without the loopback");
  PROVE(is_list("net.gateways", "192.168.1.1|fe80::2"), "both gateways");
  PROVE(count_of("net.routes") == 2 && field_is("net.routes", 0, "destination", "default") &&
            field_is("net.routes", 1, "destination", "192.168.1.0/24"),
        "routes");
  end();
}

static void test_net_texts(void) {
  begin();
  put(top, "root/etc/resolv.conf", "# comment\nnameserver 10.0.0.2\nnameserver fd00::3 ; note\nsearch svc.example example\noptions ndots:5\n");
  put(top, "root/etc/hosts", "127.0.0.1 localhost\n10.0.0.5\tbox.example.internal box # note\n\n");
  put(top, "commands/hostname", "box\n");
  put(top, "commands/ip-addr",
      "1: lo: <LOOPBACK,UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n2: eth0@if9: <BROADCAST,UP> mtu 1500\n    link/ether 02:00:00:00:00:07 "
      "brd ff:ff:ff:ff:ff:ff\n    inet 10.0.0.5/16 scope global eth0\n");
  put(top, "commands/ip-route", "default via 10.0.0.1 dev eth0 \n10.0.0.0/16 dev eth0 proto kernel scope link src 10.0.0.5 \n");
  capture();
  PROVE(is_list("net.dns", "10.0.0.2|fd00::3") && is_list("net.search", "svc.example|example"), "the resolver");
  PROVE(field_is("net.hosts", 1, "address", "10.0.0.5") && field_is("net.hosts", 1, "names", "box.example.internal|box"), "hosts without comments");
  PROVE(is_text("net.hostname", "box") && is_text("net.domain", "example.internal"), "the domain is found in hosts");
  PROVE(count_of("net.interfaces") == 1 && field_is("net.interfaces", 0, "name", "eth0@if9") &&
            field_is("net.interfaces", 0, "addresses", "10.0.0.5/16"),
        "ip addr, the loopback left out");
  PROVE(is_list("net.gateways", "10.0.0.1") && field_is("net.routes", 1, "interface", "eth0"), "ip route");
  end();
}

static void test_processes(void) {
  begin();
  put_bytes(top, "root/proc/1/cmdline", "/sbin/init\0--api-token\0s3cret\0PASSWORD=x\0", 40);
  put(top, "root/proc/1/comm", "init\n");
  put(top, "root/proc/2/cmdline", "");
  put_bytes(top, "root/proc/30/cmdline", "sh\0-c\0curl https://user:pw@host/ -H 'x: Bearer abc'\0", 52);
  put(top, "root/sys/fs/cgroup/system.slice/ssh.service/x", "");
  put(top, "root/sys/fs/cgroup/system.slice/a.mount/x", "");
  capture();
  PROVE(is_text("processes.pid1", "/sbin/init --api-token (hidden) PASSWORD=(hidden)"), "arguments of process 1 without secrets");
  PROVE(is_text("processes.pid1_name", "init") && is_list("processes.services", "ssh.service"), "its name, and services");
  PROVE(is_list("processes.commands",
                "/sbin/init --api-token (hidden) PASSWORD=(hidden)|sh -c curl https://user:(hidden)@host/ -H 'x: Bearer (hidden)"),
        "commands without secrets, no kernel threads");
  PROVE(is_unknown("processes.userspace"), "a count cannot come from a capture that may be shortened");
  capture_complete();
  PROVE(is_number("processes.userspace", 2), "processes with a command line");
  end();
}

static void test_os_and_user(void) {
  begin();
  put(top, "root/etc/os-release", "NAME=\"Example OS\"\nID=example\nVERSION_ID='12'\n");
  put(top, "root/usr/bin/python3", "");
  put(top, "root/lib/ld-musl-x86_64.so.1", "");
  put(top, "root/run/systemd/container", "manager\n");
  put(top, "root/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/zsh\nshort:x:5\n");
  put(top, "commands/id", "uid=1000(user) gid=1000(user) groups=1000(user)\n");
  capture();
  PROVE(is_text("os.name", "Example OS") && is_text("os.id", "example") && is_text("os.version_id", "12"), "quotes are taken off");
  PROVE(is_unknown("os.variant_id") && is_text("os.libc", "musl") && is_text("os.container", "manager"), "what surrounds the distribution");
  PROVE(member_is("runtimes", "python3", "/usr/bin/python3") && member_is("runtimes", "ruby", NULL), "tools on the usual path");
  PROVE(is_number("user.uid", 1000) && is_text("user.name", "user") && is_text("user.home", "/home/user") && is_text("user.shell", "/bin/zsh"),
        "the account");
  capture_complete();
  PROVE(is_absent("os.variant_id"), "what a complete file lacks is absent");
  end();
}

static void test_env(void) {
  begin();
  put(top, "environ",
      "PLAIN=value\nAPI_KEY=abc\nEMPTY=\nMANY=one\ntwo lines\nPRIVATE_KEY=-----BEGIN PRIVATE KEY-----\nabcd=\n-----END PRIVATE "
      "KEY-----\nURL=https://u:p@h/\nPLAIN=again\n=x\n");
  capture();
  PROVE(member_is("env", "PLAIN", "value") && member_is("env", "EMPTY", "") && member_is("env", "MANY", "one\ntwo lines"),
        "lines, the first of a name counts");
  PROVE(member_is("env", "API_KEY", VALUE_HIDDEN) && member_is("env", "PRIVATE_KEY", VALUE_HIDDEN) && member_is("env", "abcd", NULL),
        "secrets are hidden to their last line");
  PROVE(member_is("env", "URL", "https://u:(hidden)@h/") && fact("env")->partial, "a password in an address is hidden");
  put_bytes(top, "environ", "A=1\0B=two\nlines=x\0SECRET_TOKEN=s\0", 34);
  capture();
  PROVE(count_of("env") == 3 && member_is("env", "B", "two\nlines=x") && member_is("env", "SECRET_TOKEN", VALUE_HIDDEN), "NUL-separated");
  end();
}

static void test_env_limits(void) {
  begin();
  put(top, "capture.yaml", "complete: true\n");
  for (int count = COLLECT_VARIABLES - 1; count <= COLLECT_VARIABLES + 1; count++) {
    struct buffer text = {0};
    for (int i = 0; i < count; i++) buffer_format(&text, "V%d=1\n", i);
    put(top, "environ", text.text);
    buffer_free(&text);
    capture();
    PROVE(count_of("env") == (size_t)(count > COLLECT_VARIABLES ? COLLECT_VARIABLES : count) && fact("env")->partial == (count > COLLECT_VARIABLES),
          "variables below, at and above the limit");
  }
  for (size_t length = COLLECT_VALUE_BYTES - 1; length <= COLLECT_VALUE_BYTES + 1; length++) {
    char text[COLLECT_VALUE_BYTES + 8] = "A=";
    memset(text + 2, 'z', length);
    put(top, "environ", text);
    capture();
    const struct value *value = value_member(&fact("env")->value, "A");
    PROVE(value && value->length == (length > COLLECT_VALUE_BYTES ? COLLECT_VALUE_BYTES : length), "a value below, at and above the limit");
  }
  end();
}

static void test_cgroup(void) {
  begin();
  put(top, "root/proc/self/cgroup", "0::/user/me\n");
  put(top, "root/proc/1/cgroup", "0::/init\n");
  put(top, "root/sys/fs/cgroup/cgroup.controllers", "cpu memory io\n");
  put(top, "root/sys/fs/cgroup/user/me/memory.max", "1073741824\n");
  put(top, "root/sys/fs/cgroup/user/me/cpu.max", "100000 100000\n");
  put(top, "root/sys/fs/cgroup/user/me/io.max", "\n");
  capture();
  PROVE(is_number("cgroup.version", 2) && is_list("cgroup.self", "0::/user/me") && is_list("cgroup.controllers", "cpu|memory|io"),
        "the second version");
  PROVE(is_number("cgroup.memory_max", 1073741824) && is_text("cgroup.cpu_max", "100000 100000") && is_absent("cgroup.io_max"),
        "limits of the own group");
  put(top, "root/sys/fs/cgroup/user/me/memory.max", "max\n");
  capture();
  PROVE(is_absent("cgroup.memory_max"), "no limit is absent");
  end();
  begin();
  put(top, "root/proc/self/cgroup", "3:memory:/a\n2:cpu,cpuacct:/b\n");
  put(top, "root/proc/cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t2\t1\t1\nmemory\t3\t1\t1\n");
  put(top, "root/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  put(top, "root/sys/fs/cgroup/cpu,cpuacct/b/cpu.cfs_quota_us", "-1\n");
  put(top, "root/sys/fs/cgroup/cpu,cpuacct/b/cpu.cfs_period_us", "100000\n");
  capture();
  PROVE(is_number("cgroup.version", 1) && is_list("cgroup.controllers", "cpu|memory"), "the first version");
  PROVE(is_absent("cgroup.memory_max") && is_text("cgroup.cpu_max", "-1 100000"), "its limits, the top standing in for the own group");
  end();
}

static void test_rest(void) {
  begin();
  if (mkdir(in_folder(top, "root"), 0777) == 0) put(top, "root/proc/self/ns/.keep", "");
  put_link(top, "root/proc/self/ns/pid", "pid:[4026531836]");
  put(top, "root/proc/self/uid_map", "         0          0 4294967295\n");
  put(top, "root/proc/self/status", "Name:\tx\nUid:\t1\t2\t3\t4\nCapEff:\t000001ffffffffff\nNoNewPrivs:\t0\nSeccomp:\t2\nSeccomp_filters:\t1\n");
  put_bytes(top, "root/proc/self/attr/current", "unconfined\n\0", 12);
  put(top, "root/sys/kernel/security/lsm", "lockdown,capability,yama");
  put(top, "root/proc/uptime", "123.45 200.00\n");
  put(top, "root/sys/devices/system/clocksource/clocksource0/available_clocksource", "kvm-clock tsc \n");
  put_bytes(top, "root/proc/device-tree/compatible", "vendor,board\0vendor,chip\0", 25);
  put_bytes(top, "root/proc/device-tree/model", "Example Board\0", 14);
  put(top, "root/proc/device-tree/cpus/x", "");
  put(top, "root/sys/hypervisor/type", "xen\n");
  put(top, "root/proc/sysinfo", "Manufacturer:         Example\nVM00 Control Program: Example 7.1\n");
  put(top, "root/dev/null", "");
  capture();
  PROVE(is_number("namespaces.pid", 4026531836) && is_text("namespaces.uid_map", "0 0 4294967295"), "namespaces");
  PROVE(is_number("security.seccomp", 2) && is_number("security.no_new_privs", 0) && is_text("security.capabilities", "000001ffffffffff"),
        "confinement");
  PROVE(is_text("security.apparmor", "unconfined") && is_list("security.lsms", "lockdown|capability|yama"), "security modules");
  PROVE(is_number("user.uid", 2), "the effective user id");
  PROVE(is_number("clock.uptime", 123) && is_list("clock.available", "kvm-clock|tsc"), "clocks");
  PROVE(is_list("devicetree.compatible", "vendor,board|vendor,chip") && is_text("devicetree.model", "Example Board") &&
            is_list("devicetree.nodes", "cpus"),
        "the device tree");
  PROVE(is_text("hypervisor.type", "xen") && is_text("sysinfo.control_program", "Example 7.1") && is_list("devices", "null"), "the last sources");
  end();
}

int main(void) {
  test_kernel();
  test_banners();
  test_uname();
  test_cpuinfo();
  test_other_architecture();
  test_cpuid();
  test_cpuid_dumps();
  test_lscpu();
  test_memory();
  test_dmi();
  test_dmidecode();
  test_acpi();
  test_boot_log();
  test_log_limits();
  test_pci();
  test_virtio();
  test_mounts();
  test_blocks();
  test_net();
  test_net_texts();
  test_processes();
  test_os_and_user();
  test_env();
  test_env_limits();
  test_cgroup();
  test_rest();
  return check_end("test_sources");
}
