"""Reports to measure with: the same seed gives the same bytes.

random_reports  invented machines of ten invented platforms and none, in facts of the catalogue; strings are mostly random, which is
                the hard case for branch prediction and for caches of repeated values
real_reports    the machines and samples of this repository with other instances' values, filled up to the size of a whole collection

Nothing is read from the machine that runs this."""
import json
import random
import re

PLATFORMS = ['aster', 'birch', 'cedar', 'dahlia', 'elder', 'fennel', 'gorse', 'hazel', 'iris', 'juniper']
FLAGS = ('fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ss ht syscall nx pdpe1gb '
         'rdtscp lm constant_tsc rep_good nopl xtopology nonstop_tsc cpuid tsc_known_freq pni pclmulqdq ssse3 fma cx16 pcid sse4_1 '
         'sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave avx f16c rdrand hypervisor lahf_lm abm 3dnowprefetch ssbd ibrs ibpb '
         'stibp fsgsbase tsc_adjust bmi1 avx2 smep bmi2 erms invpcid avx512f avx512dq rdseed adx smap clflushopt clwb avx512cd sha_ni '
         'avx512bw avx512vl xsaveopt xsavec xgetbv1 xsaves wbnoinvd arat avx512vbmi umip pku ospke gfni vaes vpclmulqdq avx512_vnni '
         'avx512_bitalg rdpid md_clear arch_capabilities').split()
FILESYSTEMS = 'ext4 xfs overlay tmpfs proc sysfs cgroup2 devtmpfs mqueue devpts squashfs 9p virtiofs fuse.lxcfs nfs4'.split()
OPTIONS = 'rw nosuid nodev noexec relatime size=65536k mode=755 inode64 seclabel data=ordered discard'.split()
VARIABLES = ('PATH HOME LANG LC_ALL TERM SHELL USER LOGNAME PWD TZ EDITOR HOSTNAME SHLVL DEBIAN_FRONTEND JAVA_HOME GOPATH NODE_VERSION '
             'PYTHON_VERSION SSL_CERT_FILE XDG_RUNTIME_DIR CI BUILD_ID JOB_NAME WORKSPACE GIT_COMMIT RUNNER_OS LS_COLORS PS1 MAIL '
             'OLDPWD').split()
WELL_KNOWN = {'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'PS1': '\\u@\\h:\\w\\$ "x"\t',
              'LS_COLORS': 'di=01;34:ln=01;36:*.tar=01;31:*.zip=01;31:*.jpg=01;35'}
TOOLS = 'python3 perl node bash go java ruby gcc curl git'.split()
LETTERS = 'abcdefghijklmnopqrstuvwxyz'


class Draws:
    """What the reports are drawn from."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.choice, self.integer, self.sample = self.random.choice, self.random.randint, self.random.sample

    def hexadecimal(self, digits):
        return f'{self.random.getrandbits(4 * digits):0{digits}x}'

    def word(self, least=3, most=10):
        return ''.join(self.random.choices(LETTERS, k=self.integer(least, most)))

    def uuid(self):
        text = self.hexadecimal(32)
        return '-'.join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def mac(self, prefix):
        return prefix + ''.join(':' + self.hexadecimal(2) for _ in range(3))

    def chance(self, probability):
        return self.random.random() < probability


def kernel_facts(draws, platform, scale, version):
    cmdline = [f'BOOT_IMAGE=/boot/vmlinuz-{version}', f'root=UUID={draws.uuid()}', 'ro', 'quiet', 'console=ttyS0,115200n8', 'panic=1',
               'init=/sbin/init', 'random.trust_cpu=on']
    draws.random.shuffle(cmdline)
    if platform:
        cmdline.insert(draws.integer(0, len(cmdline)), f'{platform}.boot={draws.integer(1, 99)}')
    return {'sysname': 'Linux', 'release': f'{version}-{platform or "generic"}', 'machine': 'x86_64', 'cmdline': cmdline,
            'version': f'#{draws.integer(1, 300)} SMP PREEMPT_DYNAMIC', 'builder': f'{draws.word()}@{draws.word()}-{draws.hexadecimal(5)}',
            'compiler': f'gcc (GCC) {draws.integer(9, 14)}.{draws.integer(1, 4)}.{draws.integer(0, 9)}',
            'modules': [draws.word(4, 14) for _ in range(int(draws.integer(10, 30) * scale))]}


def mount_facts(draws, platform, scale):
    mounts = []
    for _ in range(int(draws.integer(12, 26) * scale)):
        target = ''.join('/' + draws.word() for _ in range(draws.integer(1, 5))) + ('\\040dir' if draws.chance(.06) else '')
        options = draws.sample(OPTIONS, draws.integer(1, 4))
        if draws.chance(.1):
            layers = (f'/var/lib/{platform or "store"}/overlay2/l/{draws.hexadecimal(26).upper()}' for _ in range(2))
            options.append('lowerdir=' + ':'.join(layers))
        mounts.append({'target': target, 'source': draws.choice(('/dev/vda1', 'overlay', 'tmpfs', 'proc', 'none', '/dev/mapper/vg-' + draws.word())),
                       'fstype': draws.choice(FILESYSTEMS), 'options': options, 'device': [draws.integer(0, 259), draws.integer(0, 99)]})
    if platform:
        mounts.append({'target': '/run/' + platform, 'source': platform + 'fs', 'fstype': 'fuse.' + platform, 'options': ['rw', 'nosuid'],
                       'device': [0, 77]})
    return mounts


def env_facts(draws, platform, scale):
    names = draws.sample(VARIABLES, min(len(VARIABLES), int(draws.integer(10, 20) * min(scale, 1.4))))
    env = {name: WELL_KNOWN.get(name) or f'/{draws.word()}/{draws.word()}-{draws.hexadecimal(draws.integer(4, 24))}' for name in names}
    if platform:
        env[platform.upper() + '_ID'] = draws.hexadecimal(16)
    return env


def net_facts(draws, number, platform, scale, hostname):
    interfaces, addresses = [], []
    for j in range(draws.integer(1, int(1 + 3 * scale))):
        own = [f'10.{draws.integer(0, 255)}.{draws.integer(0, 255)}.{draws.integer(1, 254)}/24', f'fe80::{draws.hexadecimal(4)}:{draws.hexadecimal(4)}/64']
        interfaces.append({'name': f'eth{j}', 'mac': draws.mac(f'0a:58:{number * 3:02x}'), 'driver': draws.choice(('virtio_net', 'veth', 'ena', 'e1000e')),
                           'addresses': own, 'mtu': draws.choice((1450, 1460, 1500, 8950, 9001)),
                           'counters': [draws.random.getrandbits(draws.integer(8, 40)) for _ in range(10)]})
        addresses += own
    return {'hostname': hostname, 'domain': f'internal.{platform}.example' if platform else None, 'interfaces': interfaces, 'addresses': addresses,
            'dns': [f'10.0.0.{draws.integer(2, 250)}'], 'gateways': ['10.0.0.1'], 'search': [draws.word() + '.example'],
            'routes': [{'destination': f'10.{draws.integer(0, 255)}.0.0/16', 'gateway': '10.0.0.1', 'interface': 'eth0', 'metric': draws.integer(0, 600)}]}


def machine_facts(draws, platform, index):
    """Firmware, processor, memory and disks."""
    memory = draws.integer(512, 1 << 19) * 1024
    return {
        'cpu': {'vendor': draws.choice(('GenuineIntel', 'AuthenticAMD')), 'family': draws.choice((6, 23, 25)), 'model_number': draws.integer(1, 200),
                'model': f'Example(R) Processor {draws.integer(1000, 9999)} @ {draws.random.uniform(2, 4):.2f}GHz', 'stepping': draws.integer(0, 12),
                'count': draws.choice((1, 2, 4, 8, 16, 32, 64)), 'mhz': round(draws.random.uniform(1800, 4200), 3), 'hypervisor_present': True,
                'flags': [flag for flag in FLAGS if flag == 'hypervisor' or draws.chance(.93)], 'hypervisor': ((platform[:6] * 2)[:12] if platform else None)},
        'dmi': {'sys_vendor': f'{platform.title()} Cloud, Inc.' if platform else 'To Be Filled By O.E.M.', 'board_name': draws.word(),
                'product_name': f'{platform or "plain"}-std-{draws.integer(1, 64)}', 'product_version': f'{draws.integer(1, 9)}.{draws.integer(0, 9)}',
                'bios_vendor': draws.choice(('SeaBIOS', 'EDK II', 'American Megatrends International, LLC.')), 'product_uuid': draws.uuid(),
                'bios_version': f'{draws.hexadecimal(4)}-{draws.hexadecimal(7)}-1', 'chassis_type': draws.choice(('1', '3', '23')),
                'bios_date': f'{draws.integer(1, 12):02}/{draws.integer(1, 28):02}/20{draws.integer(14, 26)}'},
        'memory': {'total': memory, 'swap': draws.choice((0, 0, 2097148)), 'free': memory // draws.integer(2, 9), 'hugepages': draws.integer(0, 8)},
        'blocks': [{'name': 'vd' + letter, 'size_bytes': draws.integer(1, 1 << 20) << 20, 'read_only': draws.chance(.2), 'fstype': draws.choice(FILESYSTEMS),
                    'serial': draws.hexadecimal(20), 'queue_depth': draws.choice((64, 128, 256))} for letter in 'abcdef'[:draws.integer(1, 4)]],
        'virtio': {'count': draws.integer(2, 9), 'ids': draws.sample(('0x0001', '0x0002', '0x0003', '0x0004', '0x0005', '0x0010', '0x0013'), 4)},
        'clock': {'source': draws.choice(('kvm-clock', 'tsc', 'xen', 'hyperv_clocksource_tsc_page')), 'uptime': draws.integer(1, 9000000),
                  'load': [round(draws.random.random() * 4, 2) for _ in range(3)]},
        'cgroup': {'version': 2, 'cpu_max': 'max 100000', 'memory_max': draws.choice((None, draws.integer(128, 8192) << 20)),
                   'self': [f'0::/{platform or "user"}/{draws.hexadecimal(64)}' + ('' if index % 2 else '/payload')]},
    }


def process_facts(draws, scale):
    commands = [f'/usr/bin/{draws.word()} --{draws.word()} "{draws.word()} {draws.word()}" \u2713' for _ in range(int(draws.integer(0, 12) * scale))]
    table = [{'pid': draws.integer(1, 99999), 'uid': draws.choice((0, 1000, 65534)), 'rss': draws.integer(100, 1 << 20), 'threads': draws.integer(1, 40)}
             for _ in commands]
    return {'commands': commands, 'pid1': '/sbin/init', 'pid1_name': draws.choice(('systemd', 'init', 'tini')), 'userspace': len(commands), 'table': table}


def random_report(draws, index):
    number = index % 12  # ten platforms, and two of twelve that no rule knows
    platform = PLATFORMS[number] if number < len(PLATFORMS) else None
    scale = draws.choice((.5, .7, .8, 1, 1, 1, 1.2, 1.5, 2.5, 3))
    version = f'{draws.integer(4, 6)}.{draws.integer(0, 19)}.{draws.integer(0, 250)}'
    hostname = f'{platform or "plain"}-{draws.hexadecimal(8)}'
    release = draws.integer(1, 40)
    facts = {
        'kernel': kernel_facts(draws, platform, scale, version), **machine_facts(draws, platform, index),
        'mounts': mount_facts(draws, platform, scale), 'env': env_facts(draws, platform, scale),
        'net': net_facts(draws, number, platform, scale, hostname), 'processes': process_facts(draws, scale),
        'files': {'/.dockerenv': draws.chance(.3), f'/run/{platform or "plain"}/env': bool(platform), '/dev/kvm': draws.chance(.2), '/dev/vsock': draws.chance(.4)},
        'os': {'id': platform or 'plain', 'name': platform or 'plain', 'version_id': str(release), 'container': None if number % 3 else 'oci',
               'pretty_name': f'{(platform or "plain").title()} Linux {release} (caf\u00e9)', 'home_url': f'https://{platform or "plain"}.example/'},
        'user': {'uid': draws.choice((0, 1000)), 'name': draws.choice(('root', draws.word())), 'shell': '/bin/sh', 'cwd': '/' + draws.word()},
        'namespaces': {name: 4026531835 + draws.integer(0, 900) for name in ('cgroup', 'mnt', 'net', 'pid', 'user', 'uts')},
        'security': {'seccomp': draws.choice((0, 2)), 'no_new_privs': draws.choice((0, 1)), 'capabilities': draws.hexadecimal(16)},
        'runtimes': {tool: f'/usr/bin/{tool}' for tool in draws.sample(TOOLS, 5)},
    }
    moment = '2026-{:02}-{:02}T{:02}:{:02}:{:02}Z'.format(*(draws.integer(low, high) for low, high in ((1, 12), (1, 28), (0, 23), (0, 59), (0, 59))))
    return {'schema': 'hostprint.report/1', 'id': f'r{index:07}', 'observed_at': moment,
            'origin': {'tool': 'bench', 'method': 'generated', 'source': None}, 'facts': facts}


def as_line(report, index):
    """Every other report is escaped to ASCII and the rest raw UTF-8; every third has blanks after separators; some writers escape '/'."""
    text = json.dumps(report, ensure_ascii=bool(index & 1), separators=(', ', ': ') if index % 3 == 0 else (',', ':'))
    return text.replace('/', '\\/') if index % 16 == 5 else text


def random_reports(count, seed=1):
    """Lines of NDJSON, without their ends."""
    draws = Draws(seed)
    for index in range(count):
        yield as_line(random_report(draws, index), index)


# --- reports made of real machines ---

def another_instance(draws, value):
    """The same value as another instance of the same product might have it: long runs of hexadecimal or decimal digits are drawn anew."""
    if not isinstance(value, str):
        return value
    value = re.sub(r'\b(?=[0-9a-f]*[0-9])[0-9a-f]{8,}\b', lambda found: draws.hexadecimal(len(found[0])), value)
    return re.sub(r'(?<=\.)\d{2,3}(?=/|$)', lambda found: str(draws.integer(10, 250)), value)


def vary(draws, value):
    if isinstance(value, dict):
        return {key: vary(draws, member) for key, member in value.items()}
    if isinstance(value, list):
        return [vary(draws, member) for member in value]
    return another_instance(draws, value)


def fill(draws, facts, index):
    """Adds what a whole collection would have beside what was published: other domains, more mounts, more variables."""
    scale = draws.choice((.3, .5, .8, 1))
    rest = {**machine_facts(draws, None, index), 'processes': process_facts(draws, scale), 'net': net_facts(draws, 0, None, scale, draws.word()),
            'kernel': kernel_facts(draws, None, scale, '6.1.90')}
    for domain, more in rest.items():
        if domain not in facts and draws.chance(.7):
            facts[domain] = more
        elif isinstance(facts.get(domain), dict) and isinstance(more, dict):
            dotted = {key.partition('.')[2] for key in facts if key.startswith(domain + '.')}
            facts[domain].update({key: value for key, value in more.items() if key not in facts[domain] and key not in dotted and draws.chance(.5)})
    if isinstance(facts.get('mounts'), list):
        facts['mounts'] = facts['mounts'] + mount_facts(draws, None, scale)
    if isinstance(facts.get('env'), dict):
        facts['env'] = {**env_facts(draws, None, scale), **facts['env']}


def real_reports(bases, count, seed=1):
    """Variations of `bases`, which are reports; each is used in turn, in an order that is drawn anew for each round."""
    draws = Draws(seed)
    order = []
    for index in range(count):
        if not order:
            order = draws.sample(range(len(bases)), len(bases))
        base = bases[order.pop()]
        facts = vary(draws, base['facts'])
        fill(draws, facts, index)
        report = {**base, 'id': f'v{index:07}', 'facts': facts}
        yield as_line(report, index)
