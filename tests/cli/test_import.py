"""hostprint import: real machines of many makers are convicted of nothing, names and order of reports, bad files, limits, nothing stored that
names a machine."""
import csv
import io
import json
import os
import resource
import subprocess
import sys
import tempfile

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from check import DB, PROGRAM, ROOT, check, end  # noqa: E402

MACHINES = os.path.join(ROOT, 'tests', 'hardware', 'machines.tsv')
with open(os.path.join(ROOT, 'reports', 'report.schema.json'), encoding='utf-8') as schema_file:
    SCHEMA = jsonschema.Draft202012Validator(json.load(schema_file))
BYTES = 1 << 20  # of one file
HEADER = '# dmidecode 3.3\nGetting SMBIOS data from sysfs.\nSMBIOS 3.2.0 present.\n\n'
SMALL = 'System Information\n\tManufacturer: Example\n\tProduct Name: {}\n'


def run(*words, stdin=b'', cwd=ROOT, limit=None):
    def bound():
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    done = subprocess.run([PROGRAM, *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, timeout=120,
                          preexec_fn=bound if limit else None)
    return done.returncode, done.stdout.decode(), done.stderr.decode('utf-8', 'replace')


def take(*words, **more):
    return run('import', '--from', 'dmidecode', *words, **more)


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return path


def reports(text):
    out = [json.loads(line) for line in text.splitlines()]
    for one in out:
        errors = list(SCHEMA.iter_errors(one))
        check(not errors, f'the schema holds for {one["id"]}: {errors[:1]}')
    return out


def ids(text):
    return [one['id'] for one in reports(text)]


def table():
    with open(MACHINES, encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE))


def dump(machine):
    """The text that dmidecode prints on this machine, with names of its own that must not be stored."""
    sections = (('BIOS Information', (('Vendor', 'bios_vendor'), ('Version', 'bios_version'), ('Release Date', 'bios_date'))),
                ('System Information', (('Manufacturer', 'vendor'), ('Product Name', 'product'), ('Version', 'version'), ('Family', 'family'))),
                ('Base Board Information', (('Manufacturer', 'board_vendor'), ('Product Name', 'board'), ('Version', 'board_version'))),
                ('Chassis Information', (('Manufacturer', 'chassis_vendor'), ('Type', 'chassis'))))
    text = HEADER
    for number, (title, fields) in enumerate(sections):
        text += f'Handle 0x{number:04X}, DMI type {number}, 27 bytes\n{title}\n'
        text += ''.join(f'\t{label}: {machine[column] or "Not Specified"}\n' for label, column in fields)
        text += f'\tSerial Number: SECRET-{number}77\n' + ('\tUUID: 5EC2E700-0000-4000-8000-0123456789AB\n' if number == 1 else '') + '\n'
    return text + 'Handle 0x0099, DMI type 127, 4 bytes\nEnd Of Table\n\n'


def real_hardware(scratch):
    """Every machine of the table, as dmidecode would print it, judged with all rules."""
    machines = table()
    check(len({machine['vendor'] for machine in machines}) >= 40 and len(machines) >= 80, f'machines of many makers: {len(machines)}')
    check(all(machine['source'].startswith('https://') and len(machine['observed']) == 10 for machine in machines), 'each has its source and date')
    folder = os.path.join(scratch, 'hardware')
    for number, machine in enumerate(machines):
        write(os.path.join(folder, f'{number:03d}.txt'), dump(machine))
    code, out, err = take('--source', 'the table', '-o', os.path.join(scratch, 'hardware.ndjson'), folder)
    check(code == 0 and not out and not err, f'all are imported: {code} {err[:300]}')
    with open(os.path.join(scratch, 'hardware.ndjson'), encoding='utf-8') as file:
        text = file.read()
    made = reports(text)
    check([one['id'] for one in made] == [f'hardware/{number:03d}.txt' for number in range(len(machines))], 'in the order of their names')
    check(all(one['origin'] == {'tool': made[0]['origin']['tool'], 'method': 'import', 'source': 'the table'} for one in made), 'origin')
    for machine, one in zip(machines, made):
        dmi = one['facts']['dmi']
        check((dmi['sys_vendor'], dmi['product_name'], dmi['board_name']) == (machine['vendor'], machine['product'], machine['board']), machine['product'])
    check('SECRET' not in text and '5ec2e700' not in text.lower(), 'no serial number and no UUID is stored')
    code, out, err = run('classify', '--db', DB, '--format', 'ndjson', os.path.join(scratch, 'hardware.ndjson'))
    verdicts = [json.loads(line) for line in out.splitlines()]
    check(len(verdicts) == len(machines), f'all are judged: {code} {err[:300]}')
    real = 0
    for machine, verdict in zip(machines, verdicts):
        allowed = {'platform': ['none'], 'hypervisor': ['none'], 'provider': ['none'] + machine['provider'].split()}
        for layer, ids_ in allowed.items():
            best = verdict['layers'][layer][0]
            wrong = best['id'] not in ids_ + ['unknown'] and best['probability'] >= 0.5
            check(not wrong, f'{machine["vendor"]} {machine["product"]} is convicted of {layer} {best["id"]} with {best["probability"]}')
        real += verdict['layers']['hypervisor'][0]['id'] == 'none'
    check(real >= len(machines) // 3, f'many are known to be real hardware: {real}')


def names(scratch):
    for path in ('a/one', 'a/two', 'b/one', 'a/deep/er/100%', 'b/.hidden'):
        write(os.path.join(scratch, 'n', path), SMALL.format(path))
    code, out, err = take('a', 'b', cwd=os.path.join(scratch, 'n'))
    check(code == 0 and not err and ids(out) == ['a/deep/er/100%25', 'a/one', 'a/two', 'b/one'], f'a directory: {ids(out)}')
    check(take('a', 'b', cwd=os.path.join(scratch, 'n'))[1] == out, 'the same bytes again')
    check(take(os.path.join(scratch, 'n', 'a') + '/', os.path.join(scratch, 'n', 'b'))[1] == out, 'whatever leads to it')
    code, out, _ = take('.', '../n', cwd=os.path.join(scratch, 'n'))
    check(len(ids(out)) == 8 and len(set(ids(out))) == 8, f'ids are unique: {ids(out)}')
    code, out, _ = take('a/one', './b/one', 'a', os.path.join(scratch, 'n', 'a'), 'a/one', cwd=os.path.join(scratch, 'n'))
    check(ids(out)[:2] == ['a/one', 'b/one'] and 'a~2/one' in ids(out) and ids(out)[-1] == 'a/one~2', f'files by name: {ids(out)}')
    two = HEADER + SMALL.format('first') + '\n' + HEADER + SMALL.format('second')
    code, out, _ = take('-', stdin=two.encode())
    made = reports(out)
    check(code == 0 and [one['id'] for one in made] == ['stdin', 'stdin#2'], 'two outputs in one text')
    check([one['facts']['dmi']['product_name'] for one in made] == ['first', 'second'], 'are two machines')
    for number in (0xfe, 0xff):
        write(os.path.join(os.fsencode(scratch), b'raw', b'x' + bytes([number])), SMALL.format(number))
    check(ids(take(os.path.join(scratch, 'raw'))[1]) == ['raw/x%FE', 'raw/x%FF'], 'names that are not UTF-8 stay apart')


def bad_files(scratch):
    folder = os.path.join(scratch, 'bad')
    kinds = {'a-good': HEADER + SMALL.format('good'), 'b-empty': '', 'c-text': 'a shopping list\n', 'd-cut': HEADER[:30],
             'e-binary': bytes(range(256)) * 9, 'f-wide': '\ufeff# dmidecode 3.3\n'.encode('utf-16-le'), 'g-json': '{"schema": "hostprint.report/1"}\n',
             'h-none': '# dmidecode 3.2\nScanning /dev/mem for entry point.\n# No SMBIOS nor DMI entry point found, sorry.\n',
             'i-refused': '# dmidecode 3.2\nScanning /dev/mem for entry point.\n/dev/mem: Permission denied\n'}
    for name, content in kinds.items():
        write(os.path.join(folder, name), content)
    os.mkfifo(os.path.join(folder, 'j-fifo'))
    code, out, err = take(folder)
    made = reports(out)
    check(code == 3 and [one['id'] for one in made] == ['bad/a-good', 'bad/h-none', 'bad/i-refused'], f'the others are left out: {code} {ids(out)}')
    for name in ('b-empty', 'c-text', 'd-cut', 'e-binary', 'f-wide', 'g-json'):
        check(f'{folder}/{name}: error I109' in err, f'{name} is named')
    check(err.count('dmidecode >FILE') == 6 and '6 could not be read, 3 imported' in err, 'with what to do, and a closing line')
    check(made[1]['facts'] == {'dmi': None} and made[2]['unreadable'] == {'dmi': 'permission denied'}, 'nothing there, and nothing shown')
    target = os.path.join(scratch, 'out.ndjson')
    check(take('--strict', '-o', target, folder)[0] == 3 and not os.path.exists(target), 'strict writes nothing')
    check(take('-o', target, folder)[0] == 3 and len(reports(open(target, encoding='utf-8').read())) == 3, 'else what could be read is written')
    check(take('--strict', folder)[1].count('\n') == 1, 'strict stops at the first')
    check(not [name for name in os.listdir(scratch) if '.tmp-' in name], 'nothing lies about')
    code, out, err = take(os.path.join(scratch, 'nowhere'), os.path.join(folder, 'a-good'))
    check(code == 3 and 'nowhere' in err and len(reports(out)) == 1, 'a path that is not there')
    os.makedirs(os.path.join(scratch, 'hollow'))
    check(take(os.path.join(scratch, 'hollow'))[0] == 3, 'a directory without a file')
    check(take('-o', os.path.join(scratch, 'no', 'such', 'place'), folder)[0] == 3, 'an output that cannot be written')
    for words in ([], ['--from', 'dmidecode'], ['--from', 'lshw', 'x'], ['x'], ['--from', 'dmidecode', '--source', b'\xff', 'x']):
        check(run('import', *words)[0] == 2, f'usage: {words}')
    check('dmidecode' in run('import', '--help')[1], 'the help names the tools')


def limits(scratch):
    for size in (BYTES - 1, BYTES, BYTES + 1):
        start = (HEADER + SMALL.format('big')).encode()
        path = write(os.path.join(scratch, 'big'), start + b'\n' * (size - len(start)))
        code, out, err = take(path)
        check(code == (3 if size > BYTES else 0) and ('I107' in err) == (size > BYTES) and len(ids(out)) == (size <= BYTES), f'{size} bytes: {code} {err}')
        check(take('-', stdin=start + b'\n' * (size - len(start)))[0] == code, 'standard input likewise')


def many(scratch):
    """Thousands of files in bounded memory: 48 MiB of text through 64 MiB of address space, which the program itself needs half of."""
    folder = os.path.join(scratch, 'many')
    text = HEADER + SMALL.format('x') + ''.join(f'Handle 0x{n:04X}, DMI type 17, 40 bytes\nMemory Device\n\tSize: 8 GB\n\n' for n in range(170))
    for number in range(4000):
        write(os.path.join(folder, str(number % 16), f'{number}.txt'), text)
    with open(PROGRAM, 'rb') as program:
        sanitized = b'__asan_init' in program.read()  # which takes terabytes of addresses for itself
    code, out, err = take(folder, limit=None if sanitized else 64 << 20)
    check(code == 0 and out.count('\n') == 4000, f'4,000 files: {code} {err[:200]}')
    check(len({json.loads(line)['id'] for line in out.splitlines()}) == 4000, 'each with an id of its own')


with tempfile.TemporaryDirectory() as scratch_directory:
    real_hardware(scratch_directory)
    names(scratch_directory)
    bad_files(scratch_directory)
    limits(scratch_directory)
    many(scratch_directory)
raise SystemExit(end('import'))
