"""The command line as users and scripts meet it: exit codes, formats, broken input of every kind, stable bytes."""
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from check import DB, PROGRAM, ROOT, check, end  # noqa: E402

SAMPLES = os.path.join(ROOT, 'reports', 'samples')
RULES = os.path.join(ROOT, 'rules')


def run(*words, stdin=b'', env=None, cwd=ROOT):
    environment = dict(os.environ, **(env or {}))
    done = subprocess.run([PROGRAM, *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=cwd, timeout=120)
    return done.returncode, done.stdout, done.stderr.decode('utf-8', 'replace')


def refuses(code, id_, what, *words, stdin=b''):
    """The program ends with this exit code, names the diagnostic, and prints no answer."""
    got, out, err = run(*words, stdin=stdin)
    check(got == code and id_ in err and not out, f'{what}: expected exit {code} and {id_}, got {got}, {err[:200]!r}, {out[:100]!r}')
    return err


def write(path, content):
    with open(path, 'wb') as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return path


def report(facts, **more):
    return json.dumps({'schema': 'hostprint.report/1', 'id': 'r', 'facts': facts, **more})


def usage():
    for words in ([], ['detect'], ['collect'], ['classify'], ['explain'], ['check'], ['compare'], ['diff'], ['catalog'], ['compile'], ['lint'], ['test'], ['fmt']):
        code, out, _ = run(*words, '--help')
        check(code == 0 and b'usage: hostprint' in out, f'{words} --help')
    check(run('--version')[1].startswith(b'hostprint '), '--version')
    check(run('clasify')[0] == 2 and 'classify' in run('clasify')[2], 'a misspelt command is a usage error with the nearest name')
    check(run('classify')[0] == 2 and run('classify', '--formt', 'x', 'y')[0] == 2 and run('classify', '--format', 'xml', SAMPLES)[0] == 2, 'usage errors')
    check(run('classify', '--jobs', '0', SAMPLES)[0] == 2 and run('classify', '--top', 'x', SAMPLES)[0] == 2 and run('classify', '--format')[0] == 2, 'bad numbers')
    check(run('detect', 'x')[0] == 2 and run('compile', RULES)[0] == 2 and run('check', 'x')[0] == 2 and run('diff', 'x')[0] == 2, 'wrong arguments')


def broken_reports(scratch):
    good = report({'kernel': {'release': '6.1'}})
    kinds = {
        'truncated': ('I100', good[:-10]),
        'empty': ('I100', ''),
        'not a report': ('I101', '{"a": 1}'),
        'another schema': ('I101', good.replace('report/1', 'report/9')),
        'no facts': ('I101', '{"schema": "hostprint.report/1"}'),
        'a text for a list': ('I102', report({'kernel': {'cmdline': 'quiet'}})),
        'a number for a text': ('I102', report({'kernel': {'release': 6}})),
        'a list for a map': ('I102', report({'env': ['A=1']})),
        'the same fact twice': ('I103', '{"schema":"hostprint.report/1","facts":{"kernel":{"release":"a","release":"b"}}}'),
        'the same domain twice': ('I103', '{"schema":"hostprint.report/1","facts":{"kernel":{},"kernel":{}}}'),
        'NUL': ('I104', good.replace('6.1', '6\\u0000')),
        'not UTF-8': ('I105', good.encode().replace(b'6.1', b'6\xff')),
        'nesting 100,000 deep': ('I106', '{"schema":"hostprint.report/1","facts":' + '[' * 100000 + ']' * 100000 + '}'),
        'a text of 100 MB': ('I107', '{"schema":"hostprint.report/1","facts":{"kernel":{"release":"' + 'x' * 100_000_000 + '"}}}'),
        'a text of 2 MB': ('I107', report({'kernel': {'release': 'x' * 2_000_000}})),
    }
    for name, (id_, text) in kinds.items():
        path = write(os.path.join(scratch, 'broken.json'), text)
        err = refuses(3, id_, f'report: {name}', 'classify', '--format', 'ndjson', path)
        check('broken.json' in err, f'report: {name}: the file is named')
    check(run('classify', '/nonexistent.json')[0] == 3, 'a missing report')
    code, out, err = run('classify', '--format', 'ndjson', '-', stdin=(good + '\n{"bad"\n' + good + '\n').encode())
    check(code == 3 and len(out.splitlines()) == 2 and ':2:' in err, 'one bad record of a stream is told with its line, the others are judged')
    code, out, err = run('classify', '--strict', '--format', 'ndjson', '-', stdin=(good + '\n{"bad"\n' + good + '\n').encode())
    check(code == 3 and len(out.splitlines()) == 1 and ':2:' in err, '--strict ends there, and what came before is judged')


RULE = '''id: broken
layer: platform
name: Broken
category: paas
sources:
  s: {title: t, url: "https://example.org", observed: 2026-01-01}
signals:
  - id: one
    when: {kernel.release: {prefix: abc}}
    seen: always
    elsewhere: never
    why: w
    source: s
examples:
  - {facts: {kernel.release: abcd}, expect: first}
  - {facts: {kernel.release: x}, expect: not}
'''


def broken_rules(scratch):
    tree = os.path.join(scratch, 'rules')
    shutil.copytree(RULES, tree)
    path = os.path.join(tree, 'platform', 'broken.yaml')
    output = os.path.join(scratch, 'out.db')
    code, _, err = run('compile', tree, '-o', output, env={'X': '1'})
    check(code == 0 and os.path.exists(output), f'a copy of the rules compiles: {err[:300]}')
    os.remove(output)
    kinds = {
        'unknown fact': ('R213', 9, RULE.replace('kernel.release: {prefix', 'kernel.relase: {prefix')),
        'bad regex': ('R216', 9, RULE.replace('{prefix: abc}', "{regex: '('}")),
        'duplicate key': ('R205', 4, RULE.replace('category: paas', 'name: Again\ncategory: paas')),
        'unknown key': ('R206', 4, RULE.replace('category: paas', 'catgory: paas')),
        'alias': ('R204', 3, RULE.replace('name: Broken', 'name: &a Broken')),
        'tag': ('R204', 3, RULE.replace('name: Broken', 'name: !!str Broken')),
        'tab': ('R203', None, RULE.replace('    seen', '\tseen')),
        '1 MB scalar': ('R210', None, RULE.replace('why: w', 'why: ' + 'w' * 1_000_000)),
        'nesting 1,000 deep': ('R209', None, RULE.replace('{kernel.release: {prefix: abc}}', '{all: [' * 1000 + '{kernel.release: a}' + ']}' * 1000)),
        'NUL': ('R202', None, RULE.replace('Broken', 'Bro\0ken')),
        'not UTF-8': ('R201', None, RULE.encode().replace(b'Broken', b'Bro\xffken')),
        'unknown matcher': ('R214', 9, RULE.replace('{prefix: abc}', '{prefx: abc}')),
        'no such source': ('R218', None, RULE.replace('source: s', 'source: t')),
        'not a likelihood': ('R217', None, RULE.replace('seen: always', 'seen: allways')),
        'a wrong date': ('R222', None, RULE.replace('2026-01-01', '2026-13-01')),
        'an id that is not the name of the file': ('R211', 1, RULE.replace('id: broken', 'id: other', 1)),
        'no such stack': ('R219', None, RULE.replace('sources:', 'stack: {hypervisor: {nothing: always}}\nsources:', 1)),
    }
    for name, (id_, line, text) in kinds.items():
        write(path, text)
        err = refuses(4, id_, f'rule: {name}', 'compile', tree, '-o', output)
        place = f'broken.yaml:{line}:' if line else 'broken.yaml'
        check(place in err, f'rule: {name}: expected {place} in {err[:200]!r}')
        check(not os.path.exists(output) and os.listdir(scratch).count('out.db') == 0, f'rule: {name}: no file is left')
    write(path, RULE.replace('kernel.release: {prefix', 'kernel.relase: {prefix'))
    check('kernel.release' in run('compile', tree, '-o', output)[2], 'the nearest fact is named')
    write(path, RULE)
    check(run('compile', tree, '-o', output)[0] == 0 and run('test', path)[0] == 0, 'the same rule without the mistake')
    write(path, RULE.replace('facts: {kernel.release: x}, expect: not', 'facts: {kernel.release: abcx}, expect: unknown'))
    check(run('test', path)[0] == 4 and 'R223' in run('test', path)[2], 'an example that fails')


def broken_dbs(scratch):
    good = open(DB, 'rb').read()
    sample = os.path.join(SAMPLES, 'e2b-2026-02-17.json')
    path = os.path.join(scratch, 'broken.db')
    random.seed(1)
    for size in (0, 1, 99, 4096, len(good) // 2, len(good) - 1):
        write(path, good[:size])
        code, out, err = run('classify', '--db', path, sample)
        check(code == 5 and not out and 'error D3' in err, f'a DB cut to {size} bytes: {code} {err[:100]}')
    for _ in range(40):
        place = random.randrange(len(good))
        write(path, good[:place] + bytes([good[place] ^ (1 << random.randrange(8))]) + good[place + 1:])
        code, out, err = run('classify', '--db', path, sample)
        check(code == 5 and not out, f'a DB with byte {place} changed: {code} {err[:100]}')
    import sqlite3
    other = os.path.join(scratch, 'other.db')
    with sqlite3.connect(other) as db:
        db.execute('create table t (a)')
    refuses(5, 'D301', 'another application\'s DB', 'classify', '--db', other, sample)
    write(path, good[:60] + (99).to_bytes(4, 'big') + good[64:])
    refuses(5, 'D303', 'a newer DB', 'classify', '--db', path, sample)
    write(path, good[:60] + (0).to_bytes(4, 'big') + good[64:])
    refuses(5, 'D302', 'an older DB', 'classify', '--db', path, sample)
    refuses(5, 'D300', 'no DB', 'classify', '--db', os.path.join(scratch, 'none.db'), sample)
    refuses(5, 'D30', 'a text in place of a DB', 'classify', '--db', os.path.join(ROOT, 'Makefile'), sample)


def stable_bytes(scratch):
    sums = set()
    for turn in range(3):
        tree = os.path.join(scratch, f'rules{turn}')
        files = [os.path.join(folder, name) for folder, _, names in os.walk(RULES) for name in names]
        random.Random(turn).shuffle(files)
        for file in files:
            target = os.path.join(tree, os.path.relpath(file, RULES))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(file, target)
        output = os.path.join(scratch, f'{turn}.db')
        code, _, err = run('compile', tree, '-o', output)
        check(code == 0, f'compile {turn}: {err[:200]}')
        sums.add(hashlib.sha256(open(output, 'rb').read()).hexdigest())
    check(len(sums) == 1 and hashlib.sha256(open(DB, 'rb').read()).hexdigest() in sums, 'the same rules in any order give the same bytes')
    verdict = json.loads(run('classify', '--format', 'json', os.path.join(SAMPLES, 'e2b-2026-02-17.json'))[1])
    check(verdict['db']['sha256'] in sums, 'the verdict names the DB by the hash of its bytes')
    whole = run('classify', '--format', 'ndjson', SAMPLES)[1]
    check(whole == run('classify', '--format', 'ndjson', '--jobs', '3', SAMPLES)[1], 'jobs change no byte')
    names = sorted(name for name in os.listdir(SAMPLES) if name != 'expected.json')
    for line, name in zip(whole.splitlines(), names):
        check(json.loads(line)['report'] == name[:-5], f'the order of the input is kept: {name}')


def formats():
    sample = os.path.join(SAMPLES, 'cloudflare-2026-03-24.json')
    text = run('classify', sample)
    check(text[0] == 0 and b'Cloudflare Sandbox (p 0.99' in text[1] and b'Firecracker microVM' in text[1] and b'bom08' in text[1], 'the summary a person can act on')
    csv = run('classify', '--format', 'csv', sample)[1].decode().splitlines()
    check(len(csv) == 8 and csv[0].startswith('report,layer,'), 'CSV has a header and a line for each layer')
    check(b'<html' in run('classify', '--format', 'html', sample)[1], 'HTML')
    code, out, _ = run('explain', sample, '--versus', 'e2b')
    check(code == 0 and b'E2B' in out, 'explain --versus')
    for words in (('explain', sample, '--versus', 'e2c'), ('check', '--claims', 'e2c', sample)):
        code, _, err = run(*words)
        check(code == 2 and 'did you mean e2b' in err, f'{words[0]} of something no rule knows: {code} {err}')
    check(run('check', '--claims', 'cloudflare-sandbox', sample)[:2][0] == 0, 'a claim that holds')
    code, out, _ = run('check', '--claims', 'e2b', sample)
    check(code == 1 and out.startswith(b'inconsistent'), 'a claim that does not hold')
    empty = report({})
    check(run('check', '--claims', 'e2b', '-', stdin=empty.encode())[1].startswith(b'cannot tell'), 'a claim that cannot be judged')
    check(run('classify', '-', stdin=empty.encode())[0] == 1, 'exit code 1 where nothing is known')
    check(run('diff', sample, sample)[0] == 0 and run('diff', sample, os.path.join(SAMPLES, 'e2b-2026-02-17.json'))[0] == 1, 'diff')
    code, out, _ = run('compare', 'e2b', 'daytona')
    check(code == 0 and b'Docker + Sysbox' in out and b'482 MiB' in out, 'compare puts documented attributes side by side')
    check(run('compare', 'e2b', 'daytonna')[0] == 2, 'compare of something unknown')
    check(b'kernel.release' in run('catalog', 'kernel')[1] and run('catalog', 'nothing')[0] == 2, 'catalog')
    check(run('lint', RULES)[0] == 0, 'lint of the rules')
    code, out, err = run('test', RULES)
    check(code == 0, f'the examples of the rules: {err[:600]}')
    check(run('fmt', '--check', RULES)[0] == 0, 'the rules are in canonical form')


def comparing_rules(scratch):
    sample = os.path.join(SAMPLES, 'e2b-2026-02-17.json')
    check(run('diff-db', DB, DB, SAMPLES)[:2] == (0, b'diff-db: 0 changes in %d reports\n' % (len(os.listdir(SAMPLES)) - 1)), 'diff-db of one DB')
    tree, output = os.path.join(scratch, 'rules'), os.path.join(scratch, 'without.db')
    shutil.copytree(RULES, tree)
    os.remove(os.path.join(tree, 'platform', 'e2b.yaml'))
    check(run('compile', tree, '-o', output)[0] == 0, 'the rules without one platform compile')
    code, out, _ = run('diff-db', DB, output, sample)
    check(code == 1 and b'platform was e2b' in out and b'is unknown' in out and b'no longer known' in out, 'diff-db names the change and its cause')
    code, out, _ = run('distinguish', 'e2b', 'tensorlake')
    check(code == 0 and b'net.hostname' in out and b'smallest set that settles' in out, 'distinguish')
    check(run('distinguish', 'e2b', 'hypervisor/kvm')[0] == 2 and run('distinguish', 'e2b', 'e2b')[0] == 2, 'distinguish needs two things of one layer')


def hanging():
    sample = os.path.join(SAMPLES, 'blaxel-2026-02-17.json')
    flip = json.loads(run('explain', '--flip', '--format', 'json', sample)[1])['flip']
    check(flip['layer'] == 'platform' and len(flip['facts']) > 1, 'explain --flip names facts of different kinds')
    check('flip' not in json.loads(run('explain', '--format', 'json', sample)[1]), 'flip only where it was asked for')
    forged = os.path.join(SAMPLES, 'lookalike-forged-env-one.json')
    for level in ('tenant', 'root', 'image', 'vmm'):
        verdict = json.loads(run('explain', '--adversary', level, '--format', 'json', forged)[1])
        check(verdict['layers']['platform'][0]['id'] == 'unknown', f'nothing convicts a forger: {level}')
    check(run('explain', '--adversary', 'god', sample)[0] == 2, 'a level that does not exist')


def collecting(scratch):
    root = os.path.join(scratch, 'root')
    os.makedirs(root)
    code, out, err = run('collect', '--root', root)
    facts = json.loads(out)['facts'] if out else None
    check(code == 0 and facts is not None and not any(key in facts for key in ('kernel', 'cpu', 'env', 'user', 'net')), f'an empty root says nothing of this machine: {facts} {err}')
    code, out, _ = run('collect', env={'SOME_API_KEY': 'do-not-store-me', 'PLAIN': 'kept'})
    check(code == 0 and b'do-not-store-me' not in out and json.loads(out)['facts']['env']['PLAIN'] == 'kept', 'secret values are never stored')
    check(run('classify', '-', stdin=out)[0] in (0, 1), 'what collect writes, classify reads')
    shared = run('collect', '--share')[1]
    name = os.uname().nodename
    check(json.loads(shared)['facts']['net'].get('hostname') != name, '--share hides the host name')
    check(run('collect', '--capture', os.path.join(scratch, 'nothing'))[0] == 3, 'a capture that is not there')
    code, out, err = run('collect', '--root', root, env={'HOSTPRINT_DB': os.path.join(scratch, 'nothing.db')})
    check(code == 0 and out and 'no evidence DB' in err, f'without an evidence DB the rest is collected, and that is told: {code} {err}')
    damaged = write(os.path.join(scratch, 'damaged.db'), b'not a database')
    code, out, err = run('collect', '--root', root, env={'HOSTPRINT_DB': damaged})
    check(code == 5 and not out and 'D304' in err, f'a damaged evidence DB is an error: {code} {err}')


def places(scratch):
    """detect as an ordinary user, without a network, without /sys, under a read-only root: a verdict or unknown, never a crash."""
    code, out, err = run('detect', '--format', 'json')
    check(code in (0, 1) and json.loads(out)['schema'] == 'hostprint.verdict/1', f'detect here: {code} {err[:200]}')
    if os.geteuid() != 0:
        return
    public = os.path.join(scratch, 'public')
    os.makedirs(public)
    os.chmod(scratch, 0o755)
    for source in (PROGRAM, DB):
        shutil.copy(source, public)
    words = [os.path.join(public, os.path.basename(PROGRAM)), 'detect', '--format', 'json']
    env = dict(os.environ, HOSTPRINT_DB=os.path.join(public, os.path.basename(DB)), ASAN_OPTIONS='detect_leaks=0')
    user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    bare = ['unshare', '--net', '--mount', 'sh', '-c', 'mount -t tmpfs none /sys && mount -o remount,ro,bind / && exec "$@"', 'sh']
    for name, prefix in (('as an ordinary user', user), ('without network and /sys, root read only', bare), ('both', bare + user)):
        done = subprocess.run(prefix + words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=60)
        answer = json.loads(done.stdout) if done.stdout else {}
        check(done.returncode in (0, 1) and 'layers' in answer, f'detect {name}: {done.returncode} {done.stderr[:300]!r}')
        if prefix is user:
            check('unreadable' in answer, 'it says what it could not read')


def main():
    usage()
    for part in (broken_reports, broken_rules, broken_dbs, stable_bytes, comparing_rules, collecting, places):
        with tempfile.TemporaryDirectory() as scratch:
            part(scratch)
    formats()
    hanging()
    return end('cli')


sys.exit(main())
