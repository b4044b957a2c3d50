#!/usr/bin/env python3
"""Every cell that published comparison tables print comes out of the evidence DB's views founding_... and published_...

The expected cells stand here as they were transcribed from the documents. Usage: test_founding.py DB, or HOSTPRINT_DB=DB."""
import os
import sqlite3
import sys

# view -> columns, then rows, in the order in which they are printed
TABLES = {
    "founding_ram": (
        ["Platform", "Default RAM", "Type"],
        [
            ["E2B", "482 MiB", "VM memory"],
            ["Daytona", "1 GiB", "cgroup limit"],
            ["Blaxel", "3.8 GiB", "VM memory"],
            ["exe.dev", "7.2 GiB", "VM memory"],
            ["Sprites", "7.8 GiB", "VM memory"],
        ],
    ),
    "founding_storage": (
        ["Platform", "Root FS", "Persistent Disk", "Write Speed", "Why"],
        [
            ["Daytona", "Docker overlay", "3 GiB", "N/A", "Shared host disk"],
            ["E2B", "Single ext4", "22.9 GiB", "1.1 GB/s", "GCP local SSD"],
            ["exe.dev", "Single ext4", "20 GiB", "476 MB/s", "Latitude NVMe"],
            ["Sprites", "Multi-layer overlay", "20 GiB", "568 MB/s", "Fly.io NVMe"],
            ["Blaxel", "EROFS + ramfs overlay", "None (RAM only)", "1.2 GB/s", "Writing to RAM"],
        ],
    ),
    "founding_processes": (
        ["Platform", "Userspace Processes at Idle"],
        [
            ["Blaxel", "1"],
            ["Sprites", "3"],
            ["Daytona", "~5"],
            ["E2B", "~5 (systemd + services)"],
            ["exe.dev", "~9"],
        ],
    ),
    "founding_five_way": (
        ["Aspect", "Daytona", "exe.dev", "Sprites", "E2B", "Blaxel"],
        [
            ["Isolation", "Docker + Sysbox", "Cloud Hypervisor", "Firecracker", "Firecracker", "Firecracker + Unikraft"],
            ["Host provider", "Hetzner", "Latitude.sh", "Fly.io", "GCP", "AWS"],
            ["Host CPU", "AMD EPYC 9254", "AMD EPYC 9554P", "AMD EPYC (masked)", "Intel Xeon 2.6GHz", "Intel Xeon 2.9GHz (Ice Lake)"],
            ["Location", "Unknown", "Los Angeles", "Los Angeles", "The Dalles, OR", "Portland, OR (us-west-2)"],
            ["Kernel", "Shared (6.8.0)", "Custom (6.12.67)", "Custom (6.12.47-fly)", "6.1.158", "6.5.13 (Alpine/BuildKit)"],
            ["Init", "Daytona daemon", "custom → systemd", "tini", "systemd", "Unikraft → metamorph"],
            ["RAM", "1 GiB (cgroup)", "7.2 GiB", "7.8 GiB", "482 MiB", "3.8 GiB"],
            ["CPU", "1 core", "2 vCPUs", "8 vCPUs", "2 vCPUs", "2 vCPUs"],
            ["Disk", "3 GiB overlay", "20 GiB ext4", "20 GiB + layers", "22.9 GiB ext4", "1.9 GiB ramfs (no disk!)"],
            ["Root FS", "Docker overlay", "Single disk", "Multi-device overlay", "Single disk", "EROFS + ramfs overlay"],
            ["Base image format", "Docker layers", "ext4", "SquashFS + ext4 layers", "ext4", "EROFS (compressed RO)"],
            ["Storage speed", "N/A", "476 MB/s", "568 MB/s", "1.1 GB/s", "1.2 GB/s (RAM)"],
            ["Persistent storage", "Yes (overlay)", "Yes (ext4)", "Yes (ext4 + JuiceFS)", "Yes (ext4)", "No (ramfs = volatile)"],
            ["PCI", "N/A", "5 devices", "None", "None", "None"],
            ["ACPI", "N/A", "CLOUDH tables", "None", "FIRECK tables", "None"],
            ["DMI", "N/A", "Cloud Hypervisor", "None", "None", "None"],
            ["Processes at idle", "~5", "~9", "3", "~5", "1"],
            ["OS", "Debian 13", "Ubuntu 24.04", "Ubuntu 25.04", "Debian 12", "Alpine 3.23"],
            ["libc", "glibc", "glibc", "glibc", "glibc", "musl"],
            ["Distributed FS", "None", "None", "JuiceFS", "None", "None"],
            ["Checkpoints", "Registry", "None", "loop0 + NBD", "UFFD snapshots", "None visible"],
            ["Density", "~500-800/host", "~50-80/host", "~20-40/host", "~50-100/GCP VM", "~60-130/host"],
            ["Network", "172.20.0.0/16", "10.42.0.0/16", "10.0.0.0/24", "169.254.0.0/30", "172.16.x.x/30"],
            ["Metadata svc", "Custom", "Custom", "None", "Firecracker MMDS", "None accessible"],
            ["Unikernel", "No", "No", "No", "No", "Yes (Unikraft)"],
            ["Design goal", "Max density", "Dev machine", "Stateful + isolated", "Ephemeral execution", "Ultra-fast boot, ephemeral"],
        ],
    ),
    "founding_kernel_signals": (
        ["Signal", "E2B", "Sprites", "Freestyle", "Cloudflare"],
        [
            ["ACPI", "Enabled (FIRECK)", "Disabled", "Enabled (FIRECK)", "Disabled"],
            ["MPTABLE OEM ID", "Not shown", "FC", "Not shown", "FC"],
            ["Kernel name", "6.1.158", "6.12.47-fly", "6.1.155", "6.12.71-cloudflare-firecracker"],
            ["Kernel builder", "CI runner", "Custom", "jacob@jazlinux", "builder@k8s-ams-a-highcpu-bj4v4"],
            ["virtio-mmio devices", "3", "10", "2", "6"],
            ["Host CPU", "Intel Xeon (GCP)", "AMD EPYC (Fly.io)", "AMD EPYC", "AMD EPYC (Cloudflare)"],
            ["Module loading", "Yes", "Yes", "Yes", "Disabled (nomodule)"],
            ["Build timestamp", "Real", "Real", "Real", "Fake (Mon Sep 27 00:00:00 UTC 2010)"],
        ],
    ),
    "founding_storage_speed": (
        ["Test", "Cloudflare", "E2B", "exe.dev", "Sprites", "Freestyle"],
        [
            ["Sequential write (1 GB)", "21.5 MB/s", "1.1 GB/s", "476 MB/s", "568 MB/s", "60 MB/s"],
            ["4K sync write", "2.1 MB/s (~525 IOPS)", "N/A", "N/A", "N/A", "N/A"],
        ],
    ),
    "founding_placement": (
        ["Test", "Worker PoP (cf-ray)", "Container Location", "Container Node"],
        [
            ["Original fingerprint", "SJC (San Jose)", "bom08 (Mumbai)", "578m192"],
            ["Session test1", "SJC", "bom08 (Mumbai)", "578m192"],
        ],
    ),
    "founding_full_comparison": (
        ["Aspect", "E2B", "Sprites", "Freestyle", "Cloudflare"],
        [
            ["Isolation", "Firecracker", "Firecracker", "Firecracker", "Firecracker"],
            ["Host provider", "GCP", "Fly.io", "Comcast", "Cloudflare own"],
            ["Host CPU", "Intel Xeon", "AMD EPYC", "AMD EPYC", "AMD EPYC"],
            ["Location", "The Dalles, OR", "Los Angeles", "Napa, CA", "Mumbai (geo-distributed)"],
            ["Kernel", "6.1.158", "6.12.47-fly", "6.1.155", "6.12.71-cf-fc"],
            ["Kernel modules", "Yes", "Yes", "Yes", "Disabled"],
            ["ACPI", "Enabled", "Disabled", "Enabled", "Disabled"],
            ["Init", "systemd", "tini", "systemd", "systemd"],
            ["RAM", "482 MiB", "7.8 GiB", "7.8 GiB", "466 MiB"],
            ["CPU", "2 vCPUs", "8 vCPUs", "4 vCPUs", "1 vCPU"],
            ["Root disk", "22.9 GiB ext4", "20 GiB + layers", "15.6 GiB ext4", "2 GiB ext4"],
            ["Block devices", "1", "7+", "1", "4"],
            ["Write speed", "1.1 GB/s", "568 MB/s", "60 MB/s", "21.5 MB/s"],
            ["Container layer", "No", "Yes (overlay)", "No", "Yes (OCI overlay)"],
            ["Network", "GCP public IP", "Fly.io IPv4+6", "Comcast NAT", "CF anycast IPv6"],
            ["DNS", "Google (8.8.8.8)", "—", "Google+CF", "Cloudflare IPv6"],
            ["Metadata", "MMDS", "None", "MMDS", "Env vars + disk"],
            ["Geo-distributed", "No (Oregon)", "No (LA)", "No (Napa)", "Limited (DO hash, not edge)"],
            ["OS", "Debian 12", "Ubuntu 25.04", "Debian 13", "Ubuntu 22.04"],
            ["Root access", "No", "No", "Yes", "Yes"],
            ["Pre-warmed pools", "No", "No", "No", "Yes (JS/TS)"],
            ["Design goal", "Ephemeral exec", "Stateful + isolated", "Dev environment", "Edge code exec"],
        ],
    ),
    "founding_spectrum": (
        ["platform", "position in the Blaxel findings", "position in the Cloudflare findings"],
        [
            ["Daytona", "1: containers, highest density, small", "2: same"],
            ["E2B", "2: ephemeral, simple, GCP", "3: same"],
            ["Blaxel", "3: unikernel on Firecracker, RAM only, nothing kept", "not listed"],
            ["Freestyle", "not listed", "4: development VMs on Firecracker, generous"],
            ["exe.dev", "4: full machine, systemd, persistent, SSH", "5: same, with Cloud Hypervisor"],
            ["Sprites", "5: layers, JuiceFS and checkpoints", "6: same"],
            ["Cloudflare", "not listed", "1: Firecracker with OCI images, small, wide reach (contradicted by the placement test)"],
        ],
    ),
    "founding_blaxel_infrastructure": (
        ["Component", "Detail"],
        [
            ["Hypervisor", "Firecracker"],
            ["KVM backend", "Yes"],
            ["Unikernel", "Yes (Unikraft)"],
            ["Host CPU", "Intel Xeon @ 2.90GHz (Ice Lake)"],
            ["Hosting", "AWS us-west-2"],
            ["Region", "us-pdx-1"],
            ["AWS instance family", "Likely c6i or m6i"],
        ],
    ),
    "founding_blaxel_firecracker_evidence": (
        ["Signal", "Value", "Why it proves Firecracker"],
        [
            ["MPTABLE: OEM ID: FC", "FC", "The MP table a Firecracker guest gets carries this OEM id."],
            ["DMI not present or invalid", "No DMI/SMBIOS", "Firecracker provides no SMBIOS, so the kernel complains."],
            ["virtio_mmio.device=4K@0xd0001000:5", "virtio-MMIO", "Devices are announced as memory-mapped virtio instead of PCI."],
            ["console=ttyS0 reboot=k panic=1", "Standard FC args", "These are the arguments Firecracker recommends."],
            ["No PCI, no ACPI", "—", "The minimal device model has neither."],
            ["No lspci output", "—", "There is no PCI bus to list."],
        ],
    ),
    "founding_blaxel_unikraft_evidence": (
        ["Signal", "Value", "What it means"],
        [
            ["unikraft in kernel cmdline", "Unikraft parameter", "The Unikraft boot framework is addressed by this argument."],
            ['vfs.fstab="initrd0:/:extract::ramfs=2:"', "Unikraft VFS config", "The syntax of vfs.fstab belongs to Unikraft."],
            ["ukp_initrd block device", "Unikraft Platform initrd", "A device name used only by the Unikraft platform, holding the base image."],
            [
                "ukp_initrd.base=5100273664 ukp_initrd.len=213143552",
                "~203 MiB initrd",
                "Position and size of the initrd are passed under the ukp_ prefix.",
            ],
            ["ukp-fuse on /uk/libukp type fuse", "Unikraft Platform FUSE", "Source name and mount point are both Unikraft specific."],
            ["PID 1: /init unikraft /bin/metamorph-wrapper", "Custom init chain", "A Unikraft init starting the vendor's wrapper."],
            ["env.vars= syntax in cmdline", "Unikraft env passing", "Unikraft hands environment variables over this way."],
        ],
    ),
    "founding_blaxel_machine": (
        ["Resource", "Value"],
        [
            ["vCPUs", "2"],
            ["RAM", "3.8 GiB (4,027,672 kB)"],
            ["Disk", "1.9 GiB ramfs"],
            ["Cgroup memory", "No limit"],
            ["Cgroup CPU", "No limit"],
            ["Swap", "None"],
        ],
    ),
    "founding_blaxel_kernel": (
        ["Property", "Value"],
        [
            ["Version", "6.5.13"],
            ["Built by", "root@buildkitsandbox"],
            ["Compiler", "GCC 14.2.0"],
            ["Config", "SMP PREEMPT_DYNAMIC"],
            ["KASLR", "Not explicitly disabled"],
        ],
    ),
    "founding_blaxel_block_devices": (
        ["Device", "Purpose"],
        [["loop0-loop7", "loop slots, unused"], ["ukp_initrd", "initrd holding the EROFS base image"]],
    ),
    "founding_blaxel_guest": (
        ["Property", "Value"],
        [
            ["OS", "Alpine Linux 3.23.3"],
            ["Init", "Unikraft → metamorph"],
            ["User", "root"],
            ["Shell", "/bin/sh"],
            ["Home", "/blaxel"],
            ["Node.js", "22.22.0"],
            ["Yarn", "1.22.22"],
            ["libc", "musl"],
        ],
    ),
    "founding_blaxel_network": (
        ["Property", "Value"],
        [
            ["Interface", "eth0"],
            ["VM IP", "172.16.19.9/30"],
            ["Gateway/DNS", "172.16.19.10"],
            ["MAC", "12:b0:ac:10:13:09"],
            ["DNS", "172.16.19.10"],
            ["Hostname", "(none)"],
            ["Public IP", "not accessible"],
            ["Metadata", "none"],
        ],
    ),
    "founding_blaxel_traceroute": (
        ["Hop", "Address", "Time", "Label"],
        [
            ["1", "172.16.19.10", "0.082 ms", "Firecracker gateway"],
            ["2", "10.110.1.77", "1.038 ms", "AWS VPC internal"],
            ["3", "244.5.2.103", "9.291 ms", "AWS backbone"],
            ["4", "240.4.228.4", "2.480 ms", "AWS backbone"],
            ["5", "242.1.39.239", "3.214 ms", "AWS backbone"],
            ["6", "240.2.140.12", "7.357 ms", "AWS backbone"],
            ["7", "242.6.125.131", "6.892 ms", "AWS backbone"],
            ["8", "99.83.95.34", "7.632 ms", "AWS Global Accelerator"],
            ["9", "99.83.95.33", "10.813 ms", "AWS Global Accelerator"],
            ["10", "172.68.172.7", "7.800 ms", "Cloudflare"],
        ],
    ),
    "founding_blaxel_processes": (
        ["PID", "Process", "Purpose"],
        [
            [
                "1",
                "/init unikraft /bin/metamorph-wrapper /blaxel /usr/local/bin/sandbox-api",
                "the Unikraft init, which starts the wrapper and the sandbox API",
            ],
            ["2+", "kernel threads", "nothing else in user space"],
        ],
    ),
    "founding_blaxel_environment": (
        ["Variable", "Value", "Purpose"],
        [
            ["BL_GENERATION", "mk3", 'infrastructure generation ("Mark 3")'],
            ["BL_TYPE", "sandbox", "workload type"],
            ["BL_REGION", "us-pdx-1", "vendor region, Portland, corresponding to AWS us-west-2"],
            ["BL_RUN_INTERNAL_HOST", "us-west-2.prod.aws.beamlit.net", "internal API host; carries cloud, region and the former brand"],
            ["BL_ENV", "prod", "deployment environment"],
            ["BL_CLOUD", "true", "cloud deployment flag"],
            ["BL_S_CUSTOMER_ID", "cus_...", "Stripe customer identifier of the account (abbreviated)"],
            ["BL_WORKSPACE_ID", "(hidden)", "workspace identifier of the account"],
            ["OTEL_EXPORTER_OTLP_ENDPOINT", "https://otlp.blaxel.ai", "OpenTelemetry export endpoint"],
        ],
    ),
    "founding_blaxel_density": (
        ["Resource", "Calculation", "Sandboxes"],
        [
            ["RAM (no overcommit)", "480 GiB / 3.8 GiB", "~126"],
            ["RAM (2x overcommit)", "960 GiB / 3.8 GiB", "~252"],
            ["CPU (no overcommit)", "128 vCPUs / 2", "64"],
            ["CPU (2x overcommit)", "256 / 2", "128"],
        ],
    ),
    "founding_blaxel_density_smallest": (
        ["Resource", "Calculation", "Sandboxes"],
        [["RAM (no overcommit)", "480 GiB / 2 GiB", "~240"], ["CPU (no overcommit)", "128 / 0.5", "256"]],
    ),
    "founding_cloudflare_infrastructure": (
        ["Component", "Detail"],
        [
            ["Hypervisor", "Firecracker"],
            ["KVM backend", "Yes"],
            ["Host CPU", "AMD EPYC"],
            ["Hosting", "Cloudflare own network"],
            ["Public IP", "104.28.157.141"],
            ["ASN", "AS13335 Cloudflare, Inc."],
            ["Location", "Mumbai, India"],
            ["Region", "APAC"],
        ],
    ),
    "founding_cloudflare_machine": (
        ["Resource", "Value"],
        [
            ["vCPUs", "1"],
            ["RAM", "466 MiB (477,716 kB)"],
            ["Block devices", "4 (vda, vdb, vdc, vdd)"],
            ["Root disk", "/dev/vdc — 2 GiB ext4"],
            ["Cgroup memory", "No limit"],
            ["Cgroup CPU", "No limit"],
            ["Swap", "None"],
        ],
    ),
    "founding_cloudflare_disks": (
        ["Device", "Size", "Type", "Mount", "Purpose"],
        [
            ["vda", "2 GiB", "ext4", "(not mounted)", "unknown, perhaps snapshot or template"],
            ["vdb", "128 MiB", "ext4", "(not mounted)", "label config: VM configuration"],
            ["vdc", "2 GiB", "ext4", "/", "root file system"],
            ["vdd", "150 MiB", "ext4", "(not mounted)", "label bind: bind mount data"],
        ],
    ),
    "founding_cloudflare_kernel": (
        ["Property", "Value"],
        [
            ["Version", "6.12.71"],
            ["Suffix", "cloudflare-firecracker-2026.2.25"],
            ["Built by", "builder@k8s-ams-a-highcpu-bj4v4"],
            ["Compiler", "GCC 14.2.0"],
            ["Config", "SMP PREEMPT_DYNAMIC"],
            ["Modules", "Disabled"],
            ["Build date", "Mon Sep 27 00:00:00 UTC 2010"],
        ],
    ),
    "founding_cloudflare_guest": (
        ["Property", "Value"],
        [
            ["OS", "Ubuntu 22.04.5 LTS (Jammy)"],
            ["Init", "/sbin/init"],
            ["User", "root"],
            ["Shell", "/bin/bash"],
            ["Working dir", "/workspace"],
        ],
    ),
    "founding_cloudflare_network": (
        ["Property", "Value"],
        [
            ["Interface", "cfeth0"],
            ["MAC", "00:11:22:33:44:66"],
            ["IPv6", "fe80::211:22ff:fe33:4466, fd00::11"],
            ["DNS", "2606:4700:4700::1111, 2620:fe::fe"],
            ["Hostname", "cloudchamber"],
            ["Public IP", "104.28.157.141"],
            ["Metadata", "none"],
        ],
    ),
    "founding_cloudflare_environment": (
        ["Variable", "Value", "Purpose"],
        [
            ["CLOUDFLARE_REGION", "APAC", "geographic region"],
            ["CLOUDFLARE_LOCATION", "bom08", "datacenter code"],
            ["CLOUDFLARE_COUNTRY_A2", "IN", "country code"],
            ["CLOUDFLARE_NODE_ID", "578m192", "physical node"],
            ["CLOUDFLARE_APPLICATION_ID", "a038a6dc-...", "application identifier (abbreviated)"],
            ["CLOUDFLARE_DURABLE_OBJECT_ID", "c61d3c4c...", "Durable Object identifier (abbreviated)"],
            ["CLOUDFLARE_PLACEMENT_ID", "8ed9203b-...", "placement identifier (abbreviated)"],
            ["CLOUDFLARE_DEPLOYMENT_ID", "d038ed7d-...", "deployment identifier (abbreviated)"],
            ["SANDBOX_VERSION", "0.7.19", "image version"],
            ["JAVASCRIPT_POOL_MIN_SIZE", "3", "pre-warmed JavaScript interpreters"],
            ["TYPESCRIPT_POOL_MIN_SIZE", "3", "pre-warmed TypeScript interpreters"],
            ["PYTHON_POOL_MIN_SIZE", "0", "Python pool, not pre-warmed"],
        ],
    ),
    "published_eight_way": (
        [" ", "E2B", "Daytona", "Modal", "Blaxel", "Sprites", "exe.dev", "Freestyle", "Cloudflare"],
        [
            [
                "Hosting Provider",
                "GCP (The Dalles, OR)",
                "Hetzner bare-metal",
                "Azure (eastus)",
                "AWS us-west-2",
                "Fly.io (Los Angeles)",
                "Latitude.sh bare-metal (Los Angeles)",
                "Comcast/residential (Napa, CA)",
                "Cloudflare own (geo-distributed, tested: Mumbai)",
            ],
            [
                "Host CPU",
                "Intel Xeon @ 2.60GHz",
                "AMD EPYC 9254 24C/48T",
                "AMD EPYC",
                "Intel Xeon @ 2.90GHz (Ice Lake)",
                "AMD EPYC",
                "AMD EPYC 9554P 64C",
                "AMD EPYC",
                "AMD EPYC (AVX-512)",
            ],
            [
                "Isolation",
                "Firecracker microVM",
                "Docker + Sysbox",
                "gVisor (on Azure VM)",
                "Firecracker + Unikraft",
                "Firecracker microVM",
                "Cloud Hypervisor VM",
                "Firecracker microVM",
                "Firecracker microVM + OCI container",
            ],
            [
                "Isolation Level",
                "Hardware (KVM)",
                "Container (cgroup v2)",
                "Kernel-level (syscall filter)",
                "Hardware (KVM) + Unikernel",
                "Hardware (KVM)",
                "Hardware (KVM)",
                "Hardware (KVM)",
                "Hardware (KVM) + container overlay",
            ],
            ["vCPUs", "2", "1", "1", "2", "—", "2", "4", "1"],
            ["RAM", "482 MiB", "1 GiB", "Host RAM leaks (~448 GiB visible)", "3.8 GiB", "—", "7.2 GiB", "7.8 GiB", "466 MiB"],
            [
                "Disk Size",
                "22.9 GiB",
                "3 GiB",
                "512 GiB",
                "1.9 GiB",
                "20 GiB + checkpoints",
                "18.6 GiB",
                "15.6 GiB",
                "2 GiB (root) + 2.3 GiB (4 disks total)",
            ],
            [
                "Disk Type",
                "ext4 on virtio-blk (/dev/vda)",
                "Docker overlay on software RAID",
                "9p passthrough (no block device)",
                "ramfs (RAM-only, no block device)",
                "Multi-layer overlay (JuiceFS)",
                "ext4 on virtio-blk (/dev/vda)",
                "ext4 on virtio-blk (/dev/vda)",
                "ext4 on virtio-blk (/dev/vdc) + OCI overlay",
            ],
            ["Swap", "None", "None", "None", "None", "—", "None", "None", "None"],
            [
                "Network",
                "Public IP (GCP)",
                "Docker bridge (172.20.0.0/16)",
                "No outbound internet",
                "Public IP (AWS)",
                "Public IPv4 + IPv6",
                "Public IP",
                "Public IP (Comcast NAT)",
                "Cloudflare anycast (IPv6-first)",
            ],
        ],
    ),
    "published_six_way": (
        ["Aspect", "Daytona", "exe.dev", "Sprites", "E2B", "Modal"],
        [
            ["Isolation", "Docker + Sysbox", "Cloud Hypervisor", "Firecracker", "Firecracker", "gVisor"],
            ["Host provider", "Hetzner", "Latitude.sh", "Fly.io", "GCP", "Azure"],
            ["Host CPU", "AMD EPYC 9254", "AMD EPYC 9554P", "AMD EPYC (masked)", "Intel Xeon", "AMD EPYC (masked)"],
            ["Region", "Unknown", "Los Angeles", "Los Angeles", "The Dalles, OR", "eastus"],
            ["Kernel", "Shared (6.8.0)", "Custom (6.12.67)", "Custom (6.12.47-fly)", "6.1.158", "Fake 4.4.0 (gVisor)"],
            ["Init", "Daytona daemon", "systemd", "tini", "systemd", "dumb-init"],
            ["RAM", "1 GiB (cgroup)", "7.2 GiB", "7.8 GiB", "482 MiB", "Unlimited (no cgroup)"],
            ["CPU", "1 core", "2 vCPUs", "8 vCPUs", "2 vCPUs", "1 vCPU"],
            ["Disk", "3 GiB overlay", "20 GiB ext4", "20 GiB + layers", "22.9 GiB ext4", "512 GiB (9p)"],
            ["Root FS", "Docker overlay", "Single disk", "Multi-device overlay", "Single disk", "9p passthrough"],
            ["Seq write", "N/A", "476 MB/s", "568 MB/s", "1.1 GB/s", "1.1 GB/s"],
            ["4K IOPS", "N/A", "~14.6K", "N/A", "~10K", "~34K"],
            ["Internet", "Yes", "Yes", "Yes", "Yes", "No (default)"],
            ["Density", "~500-800/host", "~50-80/host", "~20-40/host", "~50-100/VM", "~200-500+/VM"],
            ["OS", "Debian 13", "Ubuntu 24.04", "Ubuntu 25.04", "Debian 12", "Debian 12"],
            ["Design goal", "Max density", "Dev machine", "Stateful + isolated", "Ephemeral execution", "Serverless compute"],
        ],
    ),
    "published_four_way": (
        ["Aspect", "Daytona", "exe.dev", "Sprites", "E2B"],
        [
            ["Isolation", "Docker + Sysbox", "Cloud Hypervisor", "Firecracker", "Firecracker"],
            ["Host provider", "Hetzner", "Latitude.sh", "Fly.io", "GCP"],
            ["Host CPU", "AMD EPYC 9254", "AMD EPYC 9554P", "AMD EPYC (masked)", "Intel Xeon"],
            ["Location", "Unknown", "Los Angeles", "Los Angeles", "The Dalles, OR"],
            ["Kernel", "Shared (6.8.0)", "Custom (6.12.67)", "Custom (6.12.47-fly)", "6.1.158"],
            ["Init", "Daytona daemon", "systemd", "tini", "systemd"],
            ["RAM", "1 GiB (cgroup)", "7.2 GiB", "7.8 GiB", "482 MiB"],
            ["CPU", "1 core", "2 vCPUs", "8 vCPUs", "2 vCPUs"],
            ["Disk", "3 GiB overlay", "20 GiB ext4", "20 GiB + layers", "22.9 GiB ext4"],
            ["Root FS", "Docker overlay", "Single disk", "Multi-device overlay", "Single disk"],
            ["Storage speed", "N/A", "476 MB/s", "568 MB/s", "1.1 GB/s"],
            ["4K IOPS", "N/A", "~14.6K", "N/A", "~10K"],
            ["PCI", "N/A", "5 devices", "None", "None"],
            ["ACPI", "N/A", "CLOUDH tables", "None", "FIRECK tables"],
            ["DMI", "N/A", "Cloud Hypervisor", "None", "None"],
            ["Density", "~500-800/host", "~50-80/host", "~20-40/host", "~50-100/GCP VM"],
            ["OS", "Debian 13", "Ubuntu 24.04", "Ubuntu 25.04", "Debian 12"],
            ["Distributed FS", "None", "None", "JuiceFS", "None"],
            ["Checkpoints", "Registry", "None", "loop0 + NBD", "None visible"],
            ["AI assistant", "SDK-driven", "Shelley", "None", "SDK-driven"],
            ["Metadata", "Custom", "Custom", "None", "Firecracker MMDS"],
            ["Network", "172.20.0.0/16", "10.42.0.0/16", "10.0.0.0/24", "169.254.0.0/30"],
            ["Design goal", "Max density", "Dev machine", "Stateful + isolated", "Ephemeral execution"],
        ],
    ),
    "published_e2b_sprites": (
        ["Signal", "E2B", "Sprites"],
        [
            ["ACPI", "Enabled (5 FIRECK tables)", "Disabled (acpi=off)"],
            ["ACPI OEM ID", "FIRECK", "N/A"],
            ["MPTABLE OEM ID", "Not shown", "FC"],
            ["Kernel cmdline style", "clocksource=kvm-clock first", "console=ttyS0 first"],
            ["virtio-mmio devices", "3", "10"],
            ["Host CPU", "Intel Xeon (GCP)", "AMD EPYC (Fly.io)"],
            ["Host provider", "GCP", "Fly.io bare metal"],
        ],
    ),
    "published_freestyle_firecracker": (
        ["Signal", "E2B", "Sprites", "Freestyle"],
        [
            ["ACPI", "Enabled (FIRECK)", "Disabled (acpi=off)", "Enabled (FIRECK)"],
            ["ACPI build date", "20240119", "N/A", "20240119 (same!)"],
            ["Kernel cmdline", "clocksource=kvm-clock first", "console=ttyS0 first", "console=ttyS0 first"],
            ["virtio-mmio devices", "3", "10", "2"],
            ["Host CPU", "Intel Xeon (GCP)", "AMD EPYC (Fly.io)", "AMD EPYC"],
            ["Host provider", "GCP", "Fly.io", "Comcast (residential)"],
            ["Kernel builder", "root@runnervmfxdz0", "Custom", "jacob@jazlinux"],
            ["vCPUs", "2", "8", "4"],
            ["RAM", "482 MiB", "7.8 GiB", "7.8 GiB"],
            ["Pre-installed services", "Minimal", "Minimal", "Rich (IDE, containers, SSH)"],
            ["Root access", "No (user)", "No", "Yes (root)"],
        ],
    ),
    "published_storage_speed_e2b": (
        ["Test", "E2B", "exe.dev", "Sprites"],
        [
            ["Sequential write (1 GB)", "1.1 GB/s", "476 MB/s", "568 MB/s"],
            ["4K direct read", "41.2 MB/s (~10K IOPS)", "59.9 MB/s (~14.6K IOPS)", "N/A"],
        ],
    ),
    "published_storage_speed_modal": (
        ["Test", "Modal", "E2B", "exe.dev", "Sprites"],
        [
            ["Sequential write (1 GB)", "1.1 GB/s", "1.1 GB/s", "476 MB/s", "568 MB/s"],
            ["Sustained write (bulk)", "1.6–2.4 GB/s", "N/A", "N/A", "N/A"],
            ["4K sync write", "136 MB/s (~34K IOPS)", "41.2 MB/s (~10K IOPS)", "59.9 MB/s (~14.6K IOPS)", "N/A"],
        ],
    ),
    "published_storage_speed_freestyle": (
        ["Test", "Freestyle", "E2B", "exe.dev", "Sprites"],
        [
            ["Sequential write (1 GB)", "60 MB/s", "1.1 GB/s", "476 MB/s", "568 MB/s"],
            ["4K direct read", "46.4 MB/s (~11.3K IOPS)", "41.2 MB/s (~10K IOPS)", "59.9 MB/s (~14.6K IOPS)", "N/A"],
        ],
    ),
}


def differences(db, view, columns, rows):
    """Yields one (what, difference or None) for the columns, the number of rows, and each cell."""
    cursor = db.execute(f"select * from {view}")
    found_columns = [column[0] for column in cursor.description]
    found = cursor.fetchall()
    yield "columns", None if found_columns == columns else f"{found_columns} instead of {columns}"
    yield "rows", None if len(found) == len(rows) else f"{len(found)} instead of {len(rows)}"
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            got = found[y][x] if y < len(found) and x < len(found[y]) else None
            yield f"{row[0]} / {columns[x]}", None if got == cell else f"{got!r} instead of {cell!r}"


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOSTPRINT_DB")
    if not path or not os.path.exists(path):
        sys.exit("test_founding.py: no DB: give its path or set HOSTPRINT_DB")
    passed = failed = 0
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        names = "select name from sqlite_schema where type = 'view' and (name like 'founding!_%' escape '!' or name like 'published!_%' escape '!')"
        views = {row[0] for row in db.execute(names)}
        for view in sorted(views - set(TABLES) - {"founding_cell"}):
            failed += 1
            print(f"{view}: no expected cells")
        for view, (columns, rows) in TABLES.items():
            try:
                results = list(differences(db, view, columns, rows))
            except sqlite3.Error as error:
                results = [("view", str(error))]
            for what, difference in results:
                if difference is None:
                    passed += 1
                else:
                    failed += 1
                    print(f"{view}: {what}: {difference}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
