-- The comparison tables of the two founding documents, cell by cell, from what the rules document of each platform.
-- Row and column labels are the documents' own; every cell comes out of `documented`. Where one platform's cell is worded
-- differently in another table, the table asks for its own attribute first and for the common one otherwise.

create view founding_cell as -- what is documented of each platform: one row an attribute; the founding tables are made of it
select platform.id, platform.name, documented.attribute, documented.value
from documented join platform using (platform_id)
where platform.layer = 'platform';

create view founding_ram as -- memory that a sandbox gets by default, smallest first (Blaxel findings)
with line(position, name, id) as (values
  (1, 'E2B', 'e2b'),
  (2, 'Daytona', 'daytona'),
  (3, 'Blaxel', 'blaxel'),
  (4, 'exe.dev', 'exe-dev'),
  (5, 'Sprites', 'sprites'))
select name as "Platform",
  coalesce((select value from founding_cell where id = line.id and attribute = 'ram_short'),
    (select value from founding_cell where id = line.id and attribute = 'ram')) as "Default RAM",
  (select value from founding_cell where id = line.id and attribute = 'ram_type') as "Type"
from line order by position;

create view founding_storage as -- root file system, persistent disk and write speed (Blaxel findings)
with line(position, name, id) as (values
  (1, 'Daytona', 'daytona'),
  (2, 'E2B', 'e2b'),
  (3, 'exe.dev', 'exe-dev'),
  (4, 'Sprites', 'sprites'),
  (5, 'Blaxel', 'blaxel'))
select name as "Platform",
  coalesce((select value from founding_cell where id = line.id and attribute = 'root_fs_kind'),
    (select value from founding_cell where id = line.id and attribute = 'root_fs')) as "Root FS",
  (select value from founding_cell where id = line.id and attribute = 'persistent_disk') as "Persistent Disk",
  coalesce((select value from founding_cell where id = line.id and attribute = 'storage_speed_short'),
    (select value from founding_cell where id = line.id and attribute = 'storage_speed')) as "Write Speed",
  (select value from founding_cell where id = line.id and attribute = 'storage_why') as "Why"
from line order by position;

create view founding_processes as -- userspace processes of an idle sandbox, fewest first (Blaxel findings)
with line(position, name, id) as (values
  (1, 'Blaxel', 'blaxel'),
  (2, 'Sprites', 'sprites'),
  (3, 'Daytona', 'daytona'),
  (4, 'E2B', 'e2b'),
  (5, 'exe.dev', 'exe-dev'))
select name as "Platform",
  (select value from founding_cell where id = line.id and attribute = 'processes_idle') as "Userspace Processes at Idle"
from line order by position;

create view founding_five_way as -- five platforms side by side (Blaxel findings)
with line(position, label, attribute, otherwise) as (values
  (1, 'Isolation', 'isolation', null),
  (2, 'Host provider', 'host_provider', null),
  (3, 'Host CPU', 'host_cpu', null),
  (4, 'Location', 'location', null),
  (5, 'Kernel', 'kernel', null),
  (6, 'Init', 'init', null),
  (7, 'RAM', 'ram', null),
  (8, 'CPU', 'cpu', null),
  (9, 'Disk', 'disk', null),
  (10, 'Root FS', 'root_fs', null),
  (11, 'Base image format', 'base_image_format', null),
  (12, 'Storage speed', 'storage_speed', null),
  (13, 'Persistent storage', 'persistent_storage', null),
  (14, 'PCI', 'pci', null),
  (15, 'ACPI', 'acpi', null),
  (16, 'DMI', 'dmi', null),
  (17, 'Processes at idle', 'processes_idle_short', 'processes_idle'),
  (18, 'OS', 'os', null),
  (19, 'libc', 'libc', null),
  (20, 'Distributed FS', 'distributed_fs', null),
  (21, 'Checkpoints', 'checkpoints', null),
  (22, 'Density', 'density', null),
  (23, 'Network', 'network', null),
  (24, 'Metadata svc', 'metadata', null),
  (25, 'Unikernel', 'unikernel', null),
  (26, 'Design goal', 'design_goal', null))
select label as "Aspect",
  coalesce((select value from founding_cell where id = 'daytona' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'daytona' and founding_cell.attribute = line.otherwise)) as "Daytona",
  coalesce((select value from founding_cell where id = 'exe-dev' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'exe-dev' and founding_cell.attribute = line.otherwise)) as "exe.dev",
  coalesce((select value from founding_cell where id = 'sprites' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'sprites' and founding_cell.attribute = line.otherwise)) as "Sprites",
  coalesce((select value from founding_cell where id = 'e2b' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'e2b' and founding_cell.attribute = line.otherwise)) as "E2B",
  coalesce((select value from founding_cell where id = 'blaxel' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'blaxel' and founding_cell.attribute = line.otherwise)) as "Blaxel"
from line order by position;

create view founding_kernel_signals as -- what the kernel shows on four Firecracker platforms (Cloudflare findings)
with line(position, label, attribute, otherwise) as (values
  (1, 'ACPI', 'acpi_state', 'acpi'),
  (2, 'MPTABLE OEM ID', 'mptable_oem_id', null),
  (3, 'Kernel name', 'kernel_name', 'kernel'),
  (4, 'Kernel builder', 'kernel_builder_short', 'kernel_builder'),
  (5, 'virtio-mmio devices', 'virtio_mmio_devices', null),
  (6, 'Host CPU', 'host_cpu_by_provider', 'host_cpu'),
  (7, 'Module loading', 'module_loading', null),
  (8, 'Build timestamp', 'build_timestamp', null))
select label as "Signal",
  coalesce((select value from founding_cell where id = 'e2b' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'e2b' and founding_cell.attribute = line.otherwise)) as "E2B",
  coalesce((select value from founding_cell where id = 'sprites' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'sprites' and founding_cell.attribute = line.otherwise)) as "Sprites",
  coalesce((select value from founding_cell where id = 'freestyle' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'freestyle' and founding_cell.attribute = line.otherwise)) as "Freestyle",
  coalesce((select value from founding_cell where id = 'cloudflare-sandbox' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'cloudflare-sandbox' and founding_cell.attribute = line.otherwise)) as "Cloudflare"
from line order by position;

create view founding_storage_speed as -- two storage tests on five platforms (Cloudflare findings)
with line(position, label, attribute, otherwise) as (values
  (1, 'Sequential write (1 GB)', 'storage_speed_short', 'storage_speed'),
  (2, '4K sync write', 'storage_speed_4k_sync', null))
select label as "Test",
  coalesce((select value from founding_cell where id = 'cloudflare-sandbox' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'cloudflare-sandbox' and founding_cell.attribute = line.otherwise)) as "Cloudflare",
  coalesce((select value from founding_cell where id = 'e2b' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'e2b' and founding_cell.attribute = line.otherwise)) as "E2B",
  coalesce((select value from founding_cell where id = 'exe-dev' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'exe-dev' and founding_cell.attribute = line.otherwise)) as "exe.dev",
  coalesce((select value from founding_cell where id = 'sprites' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'sprites' and founding_cell.attribute = line.otherwise)) as "Sprites",
  coalesce((select value from founding_cell where id = 'freestyle' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'freestyle' and founding_cell.attribute = line.otherwise)) as "Freestyle"
from line order by position;

create view founding_placement as -- where Cloudflare put the sandboxes of two runs (Cloudflare findings)
with line(position, test, run) as (values
  (1, 'Original fingerprint', 'placement_first'),
  (2, 'Session test1', 'placement_second'))
select test as "Test",
  (select value from founding_cell where id = 'cloudflare-sandbox' and attribute = run || '_worker_pop') as "Worker PoP (cf-ray)",
  (select value from founding_cell where id = 'cloudflare-sandbox' and attribute = run || '_location') as "Container Location",
  (select value from founding_cell where id = 'cloudflare-sandbox' and attribute = run || '_node') as "Container Node"
from line order by position;

create view founding_full_comparison as -- four Firecracker platforms side by side (Cloudflare findings)
with line(position, label, attribute, otherwise) as (values
  (1, 'Isolation', 'isolation', null),
  (2, 'Host provider', 'host_provider', null),
  (3, 'Host CPU', 'host_cpu_short', 'host_cpu'),
  (4, 'Location', 'location', null),
  (5, 'Kernel', 'kernel_short', 'kernel'),
  (6, 'Kernel modules', 'module_loading_short', 'module_loading'),
  (7, 'ACPI', 'acpi_short', 'acpi'),
  (8, 'Init', 'init', null),
  (9, 'RAM', 'ram', null),
  (10, 'CPU', 'cpu', null),
  (11, 'Root disk', 'disk', null),
  (12, 'Block devices', 'block_devices', null),
  (13, 'Write speed', 'storage_speed_short', 'storage_speed'),
  (14, 'Container layer', 'container_layer', null),
  (15, 'Network', 'public_network', 'network'),
  (16, 'DNS', 'dns', null),
  (17, 'Metadata', 'metadata_short', 'metadata'),
  (18, 'Geo-distributed', 'geo_distributed', null),
  (19, 'OS', 'os', null),
  (20, 'Root access', 'root_access', null),
  (21, 'Pre-warmed pools', 'prewarmed_pools', null),
  (22, 'Design goal', 'design_goal_short', 'design_goal'))
select label as "Aspect",
  coalesce((select value from founding_cell where id = 'e2b' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'e2b' and founding_cell.attribute = line.otherwise)) as "E2B",
  coalesce((select value from founding_cell where id = 'sprites' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'sprites' and founding_cell.attribute = line.otherwise)) as "Sprites",
  coalesce((select value from founding_cell where id = 'freestyle' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'freestyle' and founding_cell.attribute = line.otherwise)) as "Freestyle",
  coalesce((select value from founding_cell where id = 'cloudflare-sandbox' and founding_cell.attribute = line.attribute),
    (select value from founding_cell where id = 'cloudflare-sandbox' and founding_cell.attribute = line.otherwise)) as "Cloudflare"
from line order by position;

create view founding_spectrum as -- order from densest to richest, as both documents close (restated)
with line(position, name, id) as (values
  (1, 'Daytona', 'daytona'),
  (2, 'E2B', 'e2b'),
  (3, 'Blaxel', 'blaxel'),
  (4, 'Freestyle', 'freestyle'),
  (5, 'exe.dev', 'exe-dev'),
  (6, 'Sprites', 'sprites'),
  (7, 'Cloudflare', 'cloudflare-sandbox'))
select name as "platform",
  (select value from founding_cell where id = line.id and attribute = 'spectrum_blaxel_findings') as "position in the Blaxel findings",
  (select value from founding_cell where id = line.id and attribute = 'spectrum_cloudflare_findings') as "position in the Cloudflare findings"
from line order by position;
