-- The comparison tables of the documents that this collection began with, cell by cell, from what the rules document of each
-- platform. Labels of rows and columns are the documents' own; every cell comes out of `documented`. Where one platform's cell is
-- worded differently in another table, the table asks for its own attribute first and for the common one otherwise. A cell that
-- has several parts in one line of a table is one attribute, its parts divided by ' | '.

create table founding_row (             -- rows of the founding documents' tables: see the views founding_... and published_...
  sheet     text not null,              -- the table: its view is founding_ or published_ and this
  position  integer not null,
  label     text not null,              -- as the document prints it
  attribute text not null,
  otherwise text,                       -- asked for where a platform has no such attribute
  primary key (sheet, position)
) strict, without rowid;

insert into founding_row (sheet, position, label, attribute, otherwise) values
('ram', 1, 'Default RAM', 'ram_short', 'ram'),
('ram', 2, 'Type', 'ram_type', null),
('storage', 1, 'Root FS', 'root_fs_kind', 'root_fs'),
('storage', 2, 'Persistent Disk', 'persistent_disk', null),
('storage', 3, 'Write Speed', 'storage_speed_short', 'storage_speed'),
('storage', 4, 'Why', 'storage_why', null),
('processes', 1, 'Userspace Processes at Idle', 'processes_idle', null),
('five_way', 1, 'Isolation', 'isolation', null),
('five_way', 2, 'Host provider', 'host_provider', null),
('five_way', 3, 'Host CPU', 'host_cpu', null),
('five_way', 4, 'Location', 'location', null),
('five_way', 5, 'Kernel', 'kernel', null),
('five_way', 6, 'Init', 'init', null),
('five_way', 7, 'RAM', 'ram', null),
('five_way', 8, 'CPU', 'cpu', null),
('five_way', 9, 'Disk', 'disk', null),
('five_way', 10, 'Root FS', 'root_fs', null),
('five_way', 11, 'Base image format', 'base_image_format', null),
('five_way', 12, 'Storage speed', 'storage_speed', null),
('five_way', 13, 'Persistent storage', 'persistent_storage', null),
('five_way', 14, 'PCI', 'pci', null),
('five_way', 15, 'ACPI', 'acpi', null),
('five_way', 16, 'DMI', 'dmi', null),
('five_way', 17, 'Processes at idle', 'processes_idle_short', 'processes_idle'),
('five_way', 18, 'OS', 'os', null),
('five_way', 19, 'libc', 'libc', null),
('five_way', 20, 'Distributed FS', 'distributed_fs', null),
('five_way', 21, 'Checkpoints', 'checkpoints', null),
('five_way', 22, 'Density', 'density', null),
('five_way', 23, 'Network', 'network', null),
('five_way', 24, 'Metadata svc', 'metadata', null),
('five_way', 25, 'Unikernel', 'unikernel', null),
('five_way', 26, 'Design goal', 'design_goal', null),
('kernel_signals', 1, 'ACPI', 'acpi_state', 'acpi'),
('kernel_signals', 2, 'MPTABLE OEM ID', 'mptable_oem_id', null),
('kernel_signals', 3, 'Kernel name', 'kernel_name', 'kernel'),
('kernel_signals', 4, 'Kernel builder', 'kernel_builder_short', 'kernel_builder'),
('kernel_signals', 5, 'virtio-mmio devices', 'virtio_mmio_devices', null),
('kernel_signals', 6, 'Host CPU', 'host_cpu_by_provider', 'host_cpu'),
('kernel_signals', 7, 'Module loading', 'module_loading', null),
('kernel_signals', 8, 'Build timestamp', 'build_timestamp', null),
('storage_speed', 1, 'Sequential write (1 GB)', 'storage_speed_short', 'storage_speed'),
('storage_speed', 2, '4K sync write', 'storage_speed_4k_sync', null),
('placement', 1, 'Original fingerprint', 'placement_first', null),
('placement', 2, 'Session test1', 'placement_second', null),
('full_comparison', 1, 'Isolation', 'isolation', null),
('full_comparison', 2, 'Host provider', 'host_provider', null),
('full_comparison', 3, 'Host CPU', 'host_cpu_short', 'host_cpu'),
('full_comparison', 4, 'Location', 'location', null),
('full_comparison', 5, 'Kernel', 'kernel_short', 'kernel'),
('full_comparison', 6, 'Kernel modules', 'module_loading_short', 'module_loading'),
('full_comparison', 7, 'ACPI', 'acpi_short', 'acpi'),
('full_comparison', 8, 'Init', 'init', null),
('full_comparison', 9, 'RAM', 'ram', null),
('full_comparison', 10, 'CPU', 'cpu', null),
('full_comparison', 11, 'Root disk', 'disk', null),
('full_comparison', 12, 'Block devices', 'block_devices', null),
('full_comparison', 13, 'Write speed', 'storage_speed_short', 'storage_speed'),
('full_comparison', 14, 'Container layer', 'container_layer', null),
('full_comparison', 15, 'Network', 'public_network', 'network'),
('full_comparison', 16, 'DNS', 'dns', null),
('full_comparison', 17, 'Metadata', 'metadata_short', 'metadata'),
('full_comparison', 18, 'Geo-distributed', 'geo_distributed', null),
('full_comparison', 19, 'OS', 'os', null),
('full_comparison', 20, 'Root access', 'root_access', null),
('full_comparison', 21, 'Pre-warmed pools', 'prewarmed_pools', null),
('full_comparison', 22, 'Design goal', 'design_goal_short', 'design_goal'),
('spectrum', 1, 'position in the Blaxel findings', 'spectrum_blaxel_findings', null),
('spectrum', 2, 'position in the Cloudflare findings', 'spectrum_cloudflare_findings', null),
('blaxel_infrastructure', 1, 'Hypervisor', 'hypervisor', null),
('blaxel_infrastructure', 2, 'KVM backend', 'kvm', null),
('blaxel_infrastructure', 3, 'Unikernel', 'unikernel', null),
('blaxel_infrastructure', 4, 'Host CPU', 'host_cpu_seen', null),
('blaxel_infrastructure', 5, 'Hosting', 'hosting', null),
('blaxel_infrastructure', 6, 'Region', 'region', null),
('blaxel_infrastructure', 7, 'AWS instance family', 'instance_family', null),
('blaxel_firecracker_evidence', 1, 'MPTABLE: OEM ID: FC', 'firecracker_by_mptable', null),
('blaxel_firecracker_evidence', 2, 'DMI not present or invalid', 'firecracker_by_dmi', null),
('blaxel_firecracker_evidence', 3, 'virtio_mmio.device=4K@0xd0001000:5', 'firecracker_by_virtio', null),
('blaxel_firecracker_evidence', 4, 'console=ttyS0 reboot=k panic=1', 'firecracker_by_arguments', null),
('blaxel_firecracker_evidence', 5, 'No PCI, no ACPI', 'firecracker_by_bus', null),
('blaxel_firecracker_evidence', 6, 'No lspci output', 'firecracker_by_lspci', null),
('blaxel_unikraft_evidence', 1, 'unikraft in kernel cmdline', 'unikraft_by_argument', null),
('blaxel_unikraft_evidence', 2, 'vfs.fstab="initrd0:/:extract::ramfs=2:"', 'unikraft_by_fstab', null),
('blaxel_unikraft_evidence', 3, 'ukp_initrd block device', 'unikraft_by_device', null),
('blaxel_unikraft_evidence', 4, 'ukp_initrd.base=5100273664 ukp_initrd.len=213143552', 'unikraft_by_initrd', null),
('blaxel_unikraft_evidence', 5, 'ukp-fuse on /uk/libukp type fuse', 'unikraft_by_mount', null),
('blaxel_unikraft_evidence', 6, 'PID 1: /init unikraft /bin/metamorph-wrapper', 'unikraft_by_pid1', null),
('blaxel_unikraft_evidence', 7, 'env.vars= syntax in cmdline', 'unikraft_by_variables', null),
('blaxel_machine', 1, 'vCPUs', 'vcpus', null),
('blaxel_machine', 2, 'RAM', 'ram_long', null),
('blaxel_machine', 3, 'Disk', 'disk_long', null),
('blaxel_machine', 4, 'Cgroup memory', 'cgroup_memory', null),
('blaxel_machine', 5, 'Cgroup CPU', 'cgroup_cpu', null),
('blaxel_machine', 6, 'Swap', 'swap', null),
('blaxel_kernel', 1, 'Version', 'kernel_version', null),
('blaxel_kernel', 2, 'Built by', 'kernel_builder', null),
('blaxel_kernel', 3, 'Compiler', 'kernel_compiler', null),
('blaxel_kernel', 4, 'Config', 'kernel_config', null),
('blaxel_kernel', 5, 'KASLR', 'kaslr', null),
('blaxel_block_devices', 1, 'loop0-loop7', 'device_loop', null),
('blaxel_block_devices', 2, 'ukp_initrd', 'device_ukp_initrd', null),
('blaxel_guest', 1, 'OS', 'os_long', null),
('blaxel_guest', 2, 'Init', 'init', null),
('blaxel_guest', 3, 'User', 'user', null),
('blaxel_guest', 4, 'Shell', 'shell', null),
('blaxel_guest', 5, 'Home', 'home', null),
('blaxel_guest', 6, 'Node.js', 'node', null),
('blaxel_guest', 7, 'Yarn', 'yarn', null),
('blaxel_guest', 8, 'libc', 'libc', null),
('blaxel_network', 1, 'Interface', 'interface', null),
('blaxel_network', 2, 'VM IP', 'vm_ip', null),
('blaxel_network', 3, 'Gateway/DNS', 'gateway', null),
('blaxel_network', 4, 'MAC', 'mac', null),
('blaxel_network', 5, 'DNS', 'dns', null),
('blaxel_network', 6, 'Hostname', 'hostname', null),
('blaxel_network', 7, 'Public IP', 'public_ip', null),
('blaxel_network', 8, 'Metadata', 'metadata_endpoint', null),
('blaxel_traceroute', 1, '1', 'hop_01', null),
('blaxel_traceroute', 2, '2', 'hop_02', null),
('blaxel_traceroute', 3, '3', 'hop_03', null),
('blaxel_traceroute', 4, '4', 'hop_04', null),
('blaxel_traceroute', 5, '5', 'hop_05', null),
('blaxel_traceroute', 6, '6', 'hop_06', null),
('blaxel_traceroute', 7, '7', 'hop_07', null),
('blaxel_traceroute', 8, '8', 'hop_08', null),
('blaxel_traceroute', 9, '9', 'hop_09', null),
('blaxel_traceroute', 10, '10', 'hop_10', null),
('blaxel_processes', 1, '1', 'process_1', null),
('blaxel_processes', 2, '2+', 'process_rest', null),
('blaxel_environment', 1, 'BL_GENERATION', 'env_bl_generation', null),
('blaxel_environment', 2, 'BL_TYPE', 'env_bl_type', null),
('blaxel_environment', 3, 'BL_REGION', 'env_bl_region', null),
('blaxel_environment', 4, 'BL_RUN_INTERNAL_HOST', 'env_bl_run_internal_host', null),
('blaxel_environment', 5, 'BL_ENV', 'env_bl_env', null),
('blaxel_environment', 6, 'BL_CLOUD', 'env_bl_cloud', null),
('blaxel_environment', 7, 'BL_S_CUSTOMER_ID', 'env_bl_s_customer_id', null),
('blaxel_environment', 8, 'BL_WORKSPACE_ID', 'env_bl_workspace_id', null),
('blaxel_environment', 9, 'OTEL_EXPORTER_OTLP_ENDPOINT', 'env_otel_exporter_otlp_endpoint', null),
('blaxel_density', 1, 'RAM (no overcommit)', 'density_by_ram', null),
('blaxel_density', 2, 'RAM (2x overcommit)', 'density_by_ram_twice', null),
('blaxel_density', 3, 'CPU (no overcommit)', 'density_by_cpu', null),
('blaxel_density', 4, 'CPU (2x overcommit)', 'density_by_cpu_twice', null),
('blaxel_density_smallest', 1, 'RAM (no overcommit)', 'density_smallest_by_ram', null),
('blaxel_density_smallest', 2, 'CPU (no overcommit)', 'density_smallest_by_cpu', null),
('cloudflare_infrastructure', 1, 'Hypervisor', 'hypervisor', null),
('cloudflare_infrastructure', 2, 'KVM backend', 'kvm', null),
('cloudflare_infrastructure', 3, 'Host CPU', 'host_cpu', null),
('cloudflare_infrastructure', 4, 'Hosting', 'hosting', null),
('cloudflare_infrastructure', 5, 'Public IP', 'public_ip', null),
('cloudflare_infrastructure', 6, 'ASN', 'asn', null),
('cloudflare_infrastructure', 7, 'Location', 'location_place', null),
('cloudflare_infrastructure', 8, 'Region', 'region', null),
('cloudflare_machine', 1, 'vCPUs', 'vcpus', null),
('cloudflare_machine', 2, 'RAM', 'ram_long', null),
('cloudflare_machine', 3, 'Block devices', 'block_devices_long', null),
('cloudflare_machine', 4, 'Root disk', 'disk_long', null),
('cloudflare_machine', 5, 'Cgroup memory', 'cgroup_memory', null),
('cloudflare_machine', 6, 'Cgroup CPU', 'cgroup_cpu', null),
('cloudflare_machine', 7, 'Swap', 'swap', null),
('cloudflare_disks', 1, 'vda', 'device_vda', null),
('cloudflare_disks', 2, 'vdb', 'device_vdb', null),
('cloudflare_disks', 3, 'vdc', 'device_vdc', null),
('cloudflare_disks', 4, 'vdd', 'device_vdd', null),
('cloudflare_kernel', 1, 'Version', 'kernel_version', null),
('cloudflare_kernel', 2, 'Suffix', 'kernel_suffix', null),
('cloudflare_kernel', 3, 'Built by', 'kernel_builder', null),
('cloudflare_kernel', 4, 'Compiler', 'kernel_compiler', null),
('cloudflare_kernel', 5, 'Config', 'kernel_config', null),
('cloudflare_kernel', 6, 'Modules', 'module_loading_short', null),
('cloudflare_kernel', 7, 'Build date', 'build_date', null),
('cloudflare_guest', 1, 'OS', 'os_long', null),
('cloudflare_guest', 2, 'Init', 'pid1', null),
('cloudflare_guest', 3, 'User', 'user', null),
('cloudflare_guest', 4, 'Shell', 'shell', null),
('cloudflare_guest', 5, 'Working dir', 'working_directory', null),
('cloudflare_network', 1, 'Interface', 'interface', null),
('cloudflare_network', 2, 'MAC', 'mac', null),
('cloudflare_network', 3, 'IPv6', 'ipv6', null),
('cloudflare_network', 4, 'DNS', 'dns_servers', null),
('cloudflare_network', 5, 'Hostname', 'hostname', null),
('cloudflare_network', 6, 'Public IP', 'public_ip', null),
('cloudflare_network', 7, 'Metadata', 'metadata_endpoint', null),
('cloudflare_environment', 1, 'CLOUDFLARE_REGION', 'env_cloudflare_region', null),
('cloudflare_environment', 2, 'CLOUDFLARE_LOCATION', 'env_cloudflare_location', null),
('cloudflare_environment', 3, 'CLOUDFLARE_COUNTRY_A2', 'env_cloudflare_country_a2', null),
('cloudflare_environment', 4, 'CLOUDFLARE_NODE_ID', 'env_cloudflare_node_id', null),
('cloudflare_environment', 5, 'CLOUDFLARE_APPLICATION_ID', 'env_cloudflare_application_id', null),
('cloudflare_environment', 6, 'CLOUDFLARE_DURABLE_OBJECT_ID', 'env_cloudflare_durable_object_id', null),
('cloudflare_environment', 7, 'CLOUDFLARE_PLACEMENT_ID', 'env_cloudflare_placement_id', null),
('cloudflare_environment', 8, 'CLOUDFLARE_DEPLOYMENT_ID', 'env_cloudflare_deployment_id', null),
('cloudflare_environment', 9, 'SANDBOX_VERSION', 'env_sandbox_version', null),
('cloudflare_environment', 10, 'JAVASCRIPT_POOL_MIN_SIZE', 'env_javascript_pool_min_size', null),
('cloudflare_environment', 11, 'TYPESCRIPT_POOL_MIN_SIZE', 'env_typescript_pool_min_size', null),
('cloudflare_environment', 12, 'PYTHON_POOL_MIN_SIZE', 'env_python_pool_min_size', null),
('eight_way', 1, 'Hosting Provider', 'hosting_place', 'hosting'),
('eight_way', 2, 'Host CPU', 'host_cpu_seen', 'host_cpu'),
('eight_way', 3, 'Isolation', 'isolation_layers', 'isolation'),
('eight_way', 4, 'Isolation Level', 'isolation_level', null),
('eight_way', 5, 'vCPUs', 'vcpus_summary', 'vcpus'),
('eight_way', 6, 'RAM', 'ram_summary', 'ram'),
('eight_way', 7, 'Disk Size', 'disk_size', 'persistent_disk'),
('eight_way', 8, 'Disk Type', 'disk_type', null),
('eight_way', 9, 'Swap', 'swap_summary', 'swap'),
('eight_way', 10, 'Network', 'network_reach', null),
('six_way', 1, 'Isolation', 'isolation', null),
('six_way', 2, 'Host provider', 'host_provider', null),
('six_way', 3, 'Host CPU', 'host_cpu_maker', 'host_cpu'),
('six_way', 4, 'Region', 'location', null),
('six_way', 5, 'Kernel', 'kernel', null),
('six_way', 6, 'Init', 'init_system', 'init'),
('six_way', 7, 'RAM', 'ram', null),
('six_way', 8, 'CPU', 'cpu', null),
('six_way', 9, 'Disk', 'disk', null),
('six_way', 10, 'Root FS', 'root_fs', null),
('six_way', 11, 'Seq write', 'storage_speed', null),
('six_way', 12, '4K IOPS', 'iops_4k', null),
('six_way', 13, 'Internet', 'internet', null),
('six_way', 14, 'Density', 'density_per_vm', 'density'),
('six_way', 15, 'OS', 'os', null),
('six_way', 16, 'Design goal', 'design_goal', null),
('four_way', 1, 'Isolation', 'isolation', null),
('four_way', 2, 'Host provider', 'host_provider', null),
('four_way', 3, 'Host CPU', 'host_cpu_maker', 'host_cpu'),
('four_way', 4, 'Location', 'location', null),
('four_way', 5, 'Kernel', 'kernel', null),
('four_way', 6, 'Init', 'init_system', 'init'),
('four_way', 7, 'RAM', 'ram', null),
('four_way', 8, 'CPU', 'cpu', null),
('four_way', 9, 'Disk', 'disk', null),
('four_way', 10, 'Root FS', 'root_fs', null),
('four_way', 11, 'Storage speed', 'storage_speed', null),
('four_way', 12, '4K IOPS', 'iops_4k', null),
('four_way', 13, 'PCI', 'pci', null),
('four_way', 14, 'ACPI', 'acpi', null),
('four_way', 15, 'DMI', 'dmi', null),
('four_way', 16, 'Density', 'density', null),
('four_way', 17, 'OS', 'os', null),
('four_way', 18, 'Distributed FS', 'distributed_fs', null),
('four_way', 19, 'Checkpoints', 'checkpoints_seen', 'checkpoints'),
('four_way', 20, 'AI assistant', 'ai_assistant', null),
('four_way', 21, 'Metadata', 'metadata', null),
('four_way', 22, 'Network', 'network', null),
('four_way', 23, 'Design goal', 'design_goal', null),
('e2b_sprites', 1, 'ACPI', 'acpi_tables', null),
('e2b_sprites', 2, 'ACPI OEM ID', 'acpi_oem_id', null),
('e2b_sprites', 3, 'MPTABLE OEM ID', 'mptable_oem_id', null),
('e2b_sprites', 4, 'Kernel cmdline style', 'cmdline_style', null),
('e2b_sprites', 5, 'virtio-mmio devices', 'virtio_mmio_devices', null),
('e2b_sprites', 6, 'Host CPU', 'host_cpu_by_provider', null),
('e2b_sprites', 7, 'Host provider', 'host_provider_metal', 'host_provider'),
('freestyle_firecracker', 1, 'ACPI', 'acpi_argument', 'acpi'),
('freestyle_firecracker', 2, 'ACPI build date', 'acpi_build_date', null),
('freestyle_firecracker', 3, 'Kernel cmdline', 'cmdline_style', null),
('freestyle_firecracker', 4, 'virtio-mmio devices', 'virtio_mmio_devices', null),
('freestyle_firecracker', 5, 'Host CPU', 'host_cpu_by_provider', 'host_cpu'),
('freestyle_firecracker', 6, 'Host provider', 'host_provider_kind', 'host_provider'),
('freestyle_firecracker', 7, 'Kernel builder', 'kernel_builder_known', 'kernel_builder'),
('freestyle_firecracker', 8, 'vCPUs', 'vcpus', null),
('freestyle_firecracker', 9, 'RAM', 'ram', null),
('freestyle_firecracker', 10, 'Pre-installed services', 'preinstalled', null),
('freestyle_firecracker', 11, 'Root access', 'root_account', 'root_access'),
('storage_speed_e2b', 1, 'Sequential write (1 GB)', 'storage_speed', null),
('storage_speed_e2b', 2, '4K direct read', 'storage_speed_4k_read', null),
('storage_speed_modal', 1, 'Sequential write (1 GB)', 'storage_speed', null),
('storage_speed_modal', 2, 'Sustained write (bulk)', 'storage_speed_sustained', null),
('storage_speed_modal', 3, '4K sync write', 'storage_speed_4k_read', 'storage_speed_4k_sync'),
('storage_speed_freestyle', 1, 'Sequential write (1 GB)', 'storage_speed', null),
('storage_speed_freestyle', 2, '4K direct read', 'storage_speed_4k_read', null);

create view founding_cell as -- the cells of the founding tables, of every platform that has them
-- parts: the value as a JSON array, for cells that come several to an attribute
with cell (sheet, position, label, id, name, value) as (
  select sheet, founding_row.position, label, platform.id, platform.name,
    coalesce((select value from documented where platform_id = platform.platform_id and documented.attribute = founding_row.attribute),
      (select value from documented where platform_id = platform.platform_id and documented.attribute = otherwise))
  from founding_row join platform on platform.layer = 'platform')
select sheet, position, label, id, name, value, '[' || replace(json_quote(value), ' | ', '","') || ']' as parts
from cell where value is not null;

create view founding_ram as -- memory that a sandbox gets by default, smallest first (Blaxel findings)
with line (line, id, title) as (values
  (1, 'e2b', 'E2B'), (2, 'daytona', 'Daytona'), (3, 'blaxel', 'Blaxel'), (4, 'exe-dev', 'exe.dev'), (5, 'sprites', 'Sprites'))
select title as "Platform",
  max(value) filter (where label = 'Default RAM') as "Default RAM",
  max(value) filter (where label = 'Type') as "Type"
from line join founding_cell using (id) where sheet = 'ram' group by line order by line;

create view founding_storage as -- root file system, persistent disk and write speed (Blaxel findings)
with line (line, id, title) as (values
  (1, 'daytona', 'Daytona'), (2, 'e2b', 'E2B'), (3, 'exe-dev', 'exe.dev'), (4, 'sprites', 'Sprites'), (5, 'blaxel', 'Blaxel'))
select title as "Platform",
  max(value) filter (where label = 'Root FS') as "Root FS",
  max(value) filter (where label = 'Persistent Disk') as "Persistent Disk",
  max(value) filter (where label = 'Write Speed') as "Write Speed",
  max(value) filter (where label = 'Why') as "Why"
from line join founding_cell using (id) where sheet = 'storage' group by line order by line;

create view founding_processes as -- userspace processes of an idle sandbox, fewest first (Blaxel findings)
with line (line, id, title) as (values
  (1, 'blaxel', 'Blaxel'), (2, 'sprites', 'Sprites'), (3, 'daytona', 'Daytona'), (4, 'e2b', 'E2B'), (5, 'exe-dev', 'exe.dev'))
select title as "Platform",
  max(value) filter (where label = 'Userspace Processes at Idle') as "Userspace Processes at Idle"
from line join founding_cell using (id) where sheet = 'processes' group by line order by line;

create view founding_five_way as -- five platforms side by side (Blaxel findings)
select label as "Aspect",
  max(value) filter (where id = 'daytona') as "Daytona",
  max(value) filter (where id = 'exe-dev') as "exe.dev",
  max(value) filter (where id = 'sprites') as "Sprites",
  max(value) filter (where id = 'e2b') as "E2B",
  max(value) filter (where id = 'blaxel') as "Blaxel"
from founding_cell where sheet = 'five_way' group by position order by position;

create view founding_kernel_signals as -- what the kernel shows on four Firecracker platforms (Cloudflare findings)
select label as "Signal",
  max(value) filter (where id = 'e2b') as "E2B",
  max(value) filter (where id = 'sprites') as "Sprites",
  max(value) filter (where id = 'freestyle') as "Freestyle",
  max(value) filter (where id = 'cloudflare-sandbox') as "Cloudflare"
from founding_cell where sheet = 'kernel_signals' group by position order by position;

create view founding_storage_speed as -- two storage tests on five platforms (Cloudflare findings)
select label as "Test",
  max(value) filter (where id = 'cloudflare-sandbox') as "Cloudflare",
  max(value) filter (where id = 'e2b') as "E2B",
  max(value) filter (where id = 'exe-dev') as "exe.dev",
  max(value) filter (where id = 'sprites') as "Sprites",
  max(value) filter (where id = 'freestyle') as "Freestyle"
from founding_cell where sheet = 'storage_speed' group by position order by position;

create view founding_placement as -- where Cloudflare put the sandboxes of two runs (Cloudflare findings)
select label as "Test",
  json_extract(parts, '$[0]') as "Worker PoP (cf-ray)",
  json_extract(parts, '$[1]') as "Container Location",
  json_extract(parts, '$[2]') as "Container Node"
from founding_cell where sheet = 'placement' and id = 'cloudflare-sandbox' order by position;

create view founding_full_comparison as -- four Firecracker platforms side by side (Cloudflare findings)
select label as "Aspect",
  max(value) filter (where id = 'e2b') as "E2B",
  max(value) filter (where id = 'sprites') as "Sprites",
  max(value) filter (where id = 'freestyle') as "Freestyle",
  max(value) filter (where id = 'cloudflare-sandbox') as "Cloudflare"
from founding_cell where sheet = 'full_comparison' group by position order by position;

create view founding_spectrum as -- order from densest to richest, as both documents close (restated)
with line (line, id, title) as (values
  (1, 'daytona', 'Daytona'), (2, 'e2b', 'E2B'), (3, 'blaxel', 'Blaxel'), (4, 'freestyle', 'Freestyle'),
  (5, 'exe-dev', 'exe.dev'), (6, 'sprites', 'Sprites'), (7, 'cloudflare-sandbox', 'Cloudflare'))
select title as "platform",
  max(value) filter (where label = 'position in the Blaxel findings') as "position in the Blaxel findings",
  max(value) filter (where label = 'position in the Cloudflare findings') as "position in the Cloudflare findings"
from line join founding_cell using (id) where sheet = 'spectrum' group by line order by line;

create view founding_blaxel_infrastructure as -- what Blaxel runs on (Blaxel findings)
select label as "Component", value as "Detail"
from founding_cell where sheet = 'blaxel_infrastructure' and id = 'blaxel' order by position;

create view founding_blaxel_firecracker_evidence as -- how Blaxel's Firecracker shows (Blaxel findings; reasons restated)
select label as "Signal", json_extract(parts, '$[0]') as "Value", json_extract(parts, '$[1]') as "Why it proves Firecracker"
from founding_cell where sheet = 'blaxel_firecracker_evidence' and id = 'blaxel' order by position;

create view founding_blaxel_unikraft_evidence as -- how Blaxel's Unikraft shows (Blaxel findings; reasons restated)
select label as "Signal", json_extract(parts, '$[0]') as "Value", json_extract(parts, '$[1]') as "What it means"
from founding_cell where sheet = 'blaxel_unikraft_evidence' and id = 'blaxel' order by position;

create view founding_blaxel_machine as -- size of the virtual machine at Blaxel (Blaxel findings)
select label as "Resource", value as "Value"
from founding_cell where sheet = 'blaxel_machine' and id = 'blaxel' order by position;

create view founding_blaxel_kernel as -- the kernel at Blaxel (Blaxel findings)
select label as "Property", value as "Value"
from founding_cell where sheet = 'blaxel_kernel' and id = 'blaxel' order by position;

create view founding_blaxel_block_devices as -- block devices at Blaxel (Blaxel findings)
select label as "Device", value as "Purpose"
from founding_cell where sheet = 'blaxel_block_devices' and id = 'blaxel' order by position;

create view founding_blaxel_guest as -- the system inside Blaxel (Blaxel findings)
select label as "Property", value as "Value"
from founding_cell where sheet = 'blaxel_guest' and id = 'blaxel' order by position;

create view founding_blaxel_network as -- the network at Blaxel (Blaxel findings)
select label as "Property", value as "Value"
from founding_cell where sheet = 'blaxel_network' and id = 'blaxel' order by position;

create view founding_blaxel_traceroute as -- the way from Blaxel to 1.1.1.1 (Blaxel findings)
select label as "Hop",
  json_extract(parts, '$[0]') as "Address",
  json_extract(parts, '$[1]') as "Time",
  json_extract(parts, '$[2]') as "Label"
from founding_cell where sheet = 'blaxel_traceroute' and id = 'blaxel' order by position;

create view founding_blaxel_processes as -- what runs in an idle Blaxel sandbox (Blaxel findings)
select label as "PID", json_extract(parts, '$[0]') as "Process", json_extract(parts, '$[1]') as "Purpose"
from founding_cell where sheet = 'blaxel_processes' and id = 'blaxel' order by position;

create view founding_blaxel_environment as -- environment variables at Blaxel (Blaxel findings; identifiers of accounts left out)
select label as "Variable", json_extract(parts, '$[0]') as "Value", json_extract(parts, '$[1]') as "Purpose"
from founding_cell where sheet = 'blaxel_environment' and id = 'blaxel' order by position;

create view founding_blaxel_density as -- sandboxes on one host at Blaxel, 4096 MB each (Blaxel findings)
select label as "Resource", json_extract(parts, '$[0]') as "Calculation", json_extract(parts, '$[1]') as "Sandboxes"
from founding_cell where sheet = 'blaxel_density' and id = 'blaxel' order by position;

create view founding_blaxel_density_smallest as -- sandboxes on one host at Blaxel, 0.5 vCPU and 2 GiB each (Blaxel findings)
select label as "Resource", json_extract(parts, '$[0]') as "Calculation", json_extract(parts, '$[1]') as "Sandboxes"
from founding_cell where sheet = 'blaxel_density_smallest' and id = 'blaxel' order by position;

create view founding_cloudflare_infrastructure as -- what Cloudflare Sandbox runs on (Cloudflare findings)
select label as "Component", value as "Detail"
from founding_cell where sheet = 'cloudflare_infrastructure' and id = 'cloudflare-sandbox' order by position;

create view founding_cloudflare_machine as -- size of the virtual machine at Cloudflare (Cloudflare findings)
select label as "Resource", value as "Value"
from founding_cell where sheet = 'cloudflare_machine' and id = 'cloudflare-sandbox' order by position;

create view founding_cloudflare_disks as -- the disks at Cloudflare (Cloudflare findings)
select label as "Device",
  json_extract(parts, '$[0]') as "Size",
  json_extract(parts, '$[1]') as "Type",
  json_extract(parts, '$[2]') as "Mount",
  json_extract(parts, '$[3]') as "Purpose"
from founding_cell where sheet = 'cloudflare_disks' and id = 'cloudflare-sandbox' order by position;

create view founding_cloudflare_kernel as -- the kernel at Cloudflare (Cloudflare findings)
select label as "Property", value as "Value"
from founding_cell where sheet = 'cloudflare_kernel' and id = 'cloudflare-sandbox' order by position;

create view founding_cloudflare_guest as -- the system inside Cloudflare Sandbox (Cloudflare findings)
select label as "Property", value as "Value"
from founding_cell where sheet = 'cloudflare_guest' and id = 'cloudflare-sandbox' order by position;

create view founding_cloudflare_network as -- the network at Cloudflare (Cloudflare findings)
select label as "Property", value as "Value"
from founding_cell where sheet = 'cloudflare_network' and id = 'cloudflare-sandbox' order by position;

create view founding_cloudflare_environment as -- environment variables at Cloudflare (Cloudflare findings; identifiers abbreviated)
select label as "Variable", json_extract(parts, '$[0]') as "Value", json_extract(parts, '$[1]') as "Purpose"
from founding_cell where sheet = 'cloudflare_environment' and id = 'cloudflare-sandbox' order by position;

create view published_eight_way as -- eight sandboxes in short (the comparison of the same collection)
select label as " ",
  max(value) filter (where id = 'e2b') as "E2B",
  max(value) filter (where id = 'daytona') as "Daytona",
  max(value) filter (where id = 'modal') as "Modal",
  max(value) filter (where id = 'blaxel') as "Blaxel",
  max(value) filter (where id = 'sprites') as "Sprites",
  max(value) filter (where id = 'exe-dev') as "exe.dev",
  max(value) filter (where id = 'freestyle') as "Freestyle",
  max(value) filter (where id = 'cloudflare-sandbox') as "Cloudflare"
from founding_cell where sheet = 'eight_way' group by position order by position;

create view published_six_way as -- five platforms side by side, with Modal (Modal findings)
select label as "Aspect",
  max(value) filter (where id = 'daytona') as "Daytona",
  max(value) filter (where id = 'exe-dev') as "exe.dev",
  max(value) filter (where id = 'sprites') as "Sprites",
  max(value) filter (where id = 'e2b') as "E2B",
  max(value) filter (where id = 'modal') as "Modal"
from founding_cell where sheet = 'six_way' group by position order by position;

create view published_four_way as -- four platforms side by side (E2B findings)
select label as "Aspect",
  max(value) filter (where id = 'daytona') as "Daytona",
  max(value) filter (where id = 'exe-dev') as "exe.dev",
  max(value) filter (where id = 'sprites') as "Sprites",
  max(value) filter (where id = 'e2b') as "E2B"
from founding_cell where sheet = 'four_way' group by position order by position;

create view published_e2b_sprites as -- two Firecracker platforms by what their kernels show (E2B findings)
select label as "Signal",
  max(value) filter (where id = 'e2b') as "E2B",
  max(value) filter (where id = 'sprites') as "Sprites"
from founding_cell where sheet = 'e2b_sprites' group by position order by position;

create view published_freestyle_firecracker as -- three Firecracker platforms by what their kernels show (Freestyle findings)
select label as "Signal",
  max(value) filter (where id = 'e2b') as "E2B",
  max(value) filter (where id = 'sprites') as "Sprites",
  max(value) filter (where id = 'freestyle') as "Freestyle"
from founding_cell where sheet = 'freestyle_firecracker' group by position order by position;

create view published_storage_speed_e2b as -- storage tests on three platforms (E2B findings)
select label as "Test",
  max(value) filter (where id = 'e2b') as "E2B",
  max(value) filter (where id = 'exe-dev') as "exe.dev",
  max(value) filter (where id = 'sprites') as "Sprites"
from founding_cell where sheet = 'storage_speed_e2b' group by position order by position;

create view published_storage_speed_modal as -- storage tests on four platforms; the 4K row mixes two tests (Modal findings)
select label as "Test",
  max(value) filter (where id = 'modal') as "Modal",
  max(value) filter (where id = 'e2b') as "E2B",
  max(value) filter (where id = 'exe-dev') as "exe.dev",
  max(value) filter (where id = 'sprites') as "Sprites"
from founding_cell where sheet = 'storage_speed_modal' group by position order by position;

create view published_storage_speed_freestyle as -- storage tests on four platforms (Freestyle findings)
select label as "Test",
  max(value) filter (where id = 'freestyle') as "Freestyle",
  max(value) filter (where id = 'e2b') as "E2B",
  max(value) filter (where id = 'exe-dev') as "exe.dev",
  max(value) filter (where id = 'sprites') as "Sprites"
from founding_cell where sheet = 'storage_speed_freestyle' group by position order by position;
