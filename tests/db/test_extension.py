"""The SQLite extension: the same answers as the program, in the stock shell and in Python, on any table of reports; errors, NULLs, many rows."""
import glob
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from check import PROGRAM, ROOT, check, end  # noqa: E402

EXTENSION = os.path.join(os.path.dirname(PROGRAM), 'hostprint.so')
SAMPLES = [path for path in sorted(glob.glob(os.path.join(ROOT, 'reports', 'samples', '*.json'))) if not path.endswith('expected.json')]


def preloads():
    """A build under the address sanitizer wants its library loaded first."""
    needed = subprocess.run(['ldd', EXTENSION], stdout=subprocess.PIPE, check=True).stdout.decode().split()
    return [word for word in needed if word.startswith('/') and 'libasan' in word]


def shell(*statements, db=':memory:', **more):
    environment = dict(os.environ, **more)
    if preloads():
        environment.update(LD_PRELOAD=preloads()[0], ASAN_OPTIONS='detect_leaks=0')
    words = ['sqlite3', '-batch', '-bail', '-cmd', '.load ' + EXTENSION, db, *statements]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, timeout=120, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def program():
    lines = subprocess.run([PROGRAM, 'classify', '--format', 'ndjson', '--top', '0', *SAMPLES], stdout=subprocess.PIPE, check=False).stdout.splitlines()
    return {verdict['report']: verdict for verdict in map(json.loads, lines)}


def answers(scratch, verdicts):
    """Whole verdicts, single answers and evidence are those of the program."""
    path = os.path.join(scratch, 'reports.db')
    with sqlite3.connect(path) as db:
        db.execute('create table reports(id text, body text)')
        for sample in SAMPLES:
            with open(sample, encoding='utf-8') as file:
                db.execute('insert into reports values (?, ?)', (os.path.basename(sample)[:-5], file.read()))
    code, out, err = shell('.mode json', "select id, hostprint(body) as verdict, hostprint_id(body, 'platform') as platform, "
                           "hostprint_id(body, 'hypervisor') as hypervisor from reports", db=path)
    check(code == 0 and not err, f'the shell: {code} {err}')
    for row in json.loads(out or '[]'):
        verdict = verdicts[row['id']]
        check(json.loads(row['verdict']) == verdict, f'{row["id"]}: the same verdict')
        check('\n' not in row['verdict'], 'on one line')
        for layer in ('platform', 'hypervisor'):
            check(row[layer] == verdict['layers'][layer][0]['id'], f'{row["id"]}: the same {layer}')
    code, out, err = shell('.mode json', 'select reports.id as report, e.* from reports, hostprint_evidence(body) as e', db=path)
    told = {}
    for row in json.loads(out or '[]'):
        key = row['report'], row['layer'], row['id'], row['kind'], row['signal']
        told[key] = row['rank'], row['truth'], round(row['bits'], 3), row['fact']
    wanted = {}
    for name, verdict in verdicts.items():
        for layer, hypotheses in verdict['layers'].items():
            for rank, one in enumerate(hypotheses, 1):
                for kind in ('evidence', 'contradicted', 'missing', 'unreadable'):
                    for piece in one[kind]:
                        wanted[name, layer, one['id'], kind, piece['signal']] = rank, piece['truth'], round(piece['bits'], 3), piece['fact']
    check(code == 0 and len(told) == len(wanted) > 1000, f'as many pieces of evidence: {len(told)} of {len(wanted)} {err}')
    other = [key for key in wanted if key not in told or told[key][:2] != wanted[key][:2] or abs(told[key][2] - wanted[key][2]) > 0.002]
    check(not other, f'the same evidence: {other[:3]}')
    code, out, _ = shell("select count(*), count(distinct hostprint_id(body, 'kernel')) from reports, (select value from json_each('[1,2,3,4,5,6,7,8,9,10]'))", db=path)
    check(code == 0 and out.startswith(f'{10 * len(SAMPLES)}|'), f'many rows: {out}')


def edges():
    """NULL gives NULL; what cannot be read is an error with its reason; the DB is named."""
    code, out, _ = shell("select hostprint(null) is null, hostprint_id(null, 'platform') is null, hostprint_id('{}', null) is null, "
                         '(select count(*) from hostprint_evidence(null))')
    check((code, out.strip()) == (0, '1|1|1|0'), f'NULL: {out}')
    empty = '{"schema":"hostprint.report/1","facts":{}}'
    for statement, word in ((f"select hostprint('{{')", 'not JSON'), (f"select hostprint_id('{empty}', 'flavour')", 'there is no layer flavour'),
                            ("select * from hostprint_evidence('[]')", 'hostprint:'), ('select * from hostprint_evidence', 'give a report'),
                            ('select hostprint()', 'wrong number of arguments')):
        code, _, err = shell(statement)
        check(code != 0 and word in err, f'{statement}: {code} {err}')
    code, out, _ = shell(f"select hostprint_id('{empty}', 'platform'), hostprint_version(), length(hostprint_db())")
    check(code == 0 and out.startswith('unknown|') and out.rstrip().endswith('|64'), f'an empty report: {out}')
    code, _, err = shell('select 1', HOSTPRINT_DB='/nonexistent.db')
    check('hostprint' in err and 'nonexistent' not in shell('select hostprint_version()', HOSTPRINT_DB='')[2], f'a DB that is not there: {err}')


def python():
    """Two connections of one process, each with a judge of its own."""
    if preloads() or not hasattr(sqlite3.Connection, 'enable_load_extension'):  # some builds of Python cannot load extensions at all
        return
    connections = [sqlite3.connect(':memory:') for _ in range(2)]
    for one in connections:
        one.enable_load_extension(True)
        one.load_extension(EXTENSION[:-3])
    with open(SAMPLES[0], encoding='utf-8') as file:
        body = file.read()
    found = [one.execute("select hostprint_id(?, 'platform')", (body,)).fetchone()[0] for one in connections]
    check(found[0] == found[1] != 'unknown', f'in Python: {found}')
    connections[0].close()
    check(connections[1].execute("select hostprint_id(?, 'platform')", (body,)).fetchone()[0] == found[0], 'the other one lives on')


def fleet(scratch):
    """Thousands of rows of any table, and a work DB: the answers of the program. HOSTPRINT_HEAVY=1 takes 100,000."""
    rows = 100000 if os.environ.get('HOSTPRINT_HEAVY') else 2000
    path = os.path.join(scratch, 'fleet.db')
    bodies = []
    for sample in SAMPLES:
        with open(sample, encoding='utf-8') as file:
            bodies.append(json.load(file))
    with sqlite3.connect(path) as db:
        db.execute('create table reports(id text, body text)')
        db.executemany('insert into reports values (?, ?)',
                       ((f'machine-{i}', json.dumps(dict(bodies[i % len(bodies)], id=f'machine-{i}'))) for i in range(rows)))
    code, out, err = shell("select hostprint_id(body, 'platform') from reports", db=path)
    one = [verdict['layers']['platform'][0]['id'] for verdict in (program()[body['id']] for body in bodies)]
    check(code == 0 and out.splitlines() == [one[i % len(one)] for i in range(rows)], f'{rows} rows: {err}')
    path = os.path.join(scratch, 'work.db')
    check(subprocess.run([PROGRAM, 'store', path, *SAMPLES], stdout=subprocess.DEVNULL, check=False).returncode == 0, 'a work DB')
    code, out, err = shell("select count(*), sum(hostprint_id(body, 'platform') = verdict.id) from report_body join verdict using (report_id) where layer = 'platform'",
                           db=path)
    check((code, out.strip()) == (0, f'{len(SAMPLES)}|{len(SAMPLES)}'), f'the answers that are stored: {out} {err}')
    code, out, err = shell("select count(*) from report_body, hostprint_evidence(body) as e join evidence using (report_id) join signal using (signal_id) "
                           "join platform using (platform_id) where e.rank = 1 and e.bits <> 0 and e.kind in ('evidence', 'contradicted') and "
                           "e.signal = platform.layer || '/' || platform.id || '.' || signal.signal and abs(e.bits - evidence.bits) < 0.001", db=path)
    stored = sqlite3.connect(path).execute('select count(*) from evidence').fetchone()[0]
    check((code, out.strip()) == (0, str(stored)) and stored > 100, f'the evidence that is stored: {out} of {stored} {err}')


with tempfile.TemporaryDirectory() as directory:
    answers(directory, program())
    fleet(directory)
edges()
python()
sys.exit(end('extension'))
