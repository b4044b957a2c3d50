"""hostprint mutate: each kind's facts and truth against those of the machines it is made of, the same bytes for a seed, directories that
are whole or not taken for one, and that nothing but a forged environment speaks for a forged look-alike."""
import json
import os
import resource
import subprocess
import sys
import tempfile

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from check import PROGRAM, ROOT, check, end  # noqa: E402

with open(os.path.join(ROOT, 'reports', 'report.schema.json'), encoding='utf-8') as schema_file:
    SCHEMA = jsonschema.Draft202012Validator(json.load(schema_file))


def run(*words, cwd=ROOT, file_bytes=None):
    def bound():
        if file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    done = subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, timeout=300, preexec_fn=bound,
                          restore_signals=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode('utf-8', 'replace')


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def load(path):
    with open(path, encoding='utf-8') as file:
        return json.load(file)


MODEL = '''words: {always: 0.995, usually: 0.9, often: 0.6, sometimes: 0.2, rarely: 0.02, never: 0.0002}
layers:
  platform: {title: the product, prior: 0.1}
  hypervisor: {title: what the machine runs on, prior: 0.1}
  provider: {title: whose hardware, prior: 0.1}
forge_floor: {tenant: 0.004, root: 0.001, image: 0.0004, vmm: 0.0002, network: 0.0002}
half_life_days: 365
'''
RULE = '''id: {id}
layer: {layer}
name: {id}
category: {category}
{more}sources:
  s: {{title: t, url: "https://example.org", observed: 2026-01-01}}
signals:
  - id: main
    when: {{{fact}: {id}}}
    seen: 0.9
    elsewhere: 0.01
    why: It says so.
    source: s
examples:
  - {{facts: {{{fact}: {id}}}, expect: first}}
  - {{facts: {{{fact}: other}}, expect: not, why: another one}}
  - {{facts: {{env.BOX_API_KEY: "(hidden)", env.BOX_ZONE: here, kernel.release: laptop}}, expect: not, why: a client}}
'''
BARE = ['unknown', 'none']
REAL = {'platform': BARE, 'hypervisor': ['none', 'unknown'], 'provider': ['unknown']}
# name: expected layers, environ or None, release, maker of the hardware or None
CAPTURED = {
    'box-one': ({'platform': ['box'], 'hypervisor': ['micro']}, 'BOX=box\nSHARED=theirs\nHOME=/box\n', '1-box', None),
    'box-two': ({'platform': ['box']}, 'BOX=box\n', '2-box', None),
    'box-bare': ({'platform': ['box']}, None, '3-box', None),
    'either': ({'platform': ['box', 'unknown']}, 'EITHER=1\n', '4', None),
    'guest': ({'platform': BARE, 'hypervisor': ['micro'], 'provider': ['cloud']}, 'MINE=1\nSHARED=mine\n', '5-micro', 'Virtual'),
    'guest-unseen': ({'platform': ['unknown'], 'hypervisor': ['micro']}, None, '6-micro', None),
    'real-one': (REAL, None, '7', 'Maker One'),
    'real-two': (REAL, 'DESK=1\n', '8', 'Maker Two'),
    'real-rented': ({'platform': BARE, 'hypervisor': ['none', 'unknown'], 'provider': ['cloud']}, None, '9', 'Rented'),
    'unsaid': ({'hypervisor': ['micro']}, 'SAID=0\n', '10', None),
}


SAMPLED = {'platform': ['box']}


def add_rule(tree, layer, name, fact, more=''):
    text = RULE.format(id=name, layer=layer, fact=fact, more=more, category={'platform': 'ai-sandbox', 'hypervisor': 'vmm'}.get(layer, layer))
    write(os.path.join(tree, 'rules', layer, f'{name}.yaml'), text)


def build(tree):
    write(os.path.join(tree, 'rules', 'model.yaml'), MODEL)
    add_rule(tree, 'platform', 'box', 'env.BOX')
    add_rule(tree, 'platform', 'box-kind', 'env.BOX', 'kind_of: box\nprior: 0.02\n')
    add_rule(tree, 'hypervisor', 'parent', 'kernel.sysname')
    add_rule(tree, 'hypervisor', 'micro', 'kernel.release', 'kind_of: parent\nprior: 0.02\n')
    add_rule(tree, 'hypervisor', 'none', 'dmi.sys_vendor')
    add_rule(tree, 'provider', 'cloud', 'dmi.chassis_vendor')
    for name, (layers, environ, release, maker) in CAPTURED.items():
        machine = os.path.join(tree, 'tests', 'machines', name)
        write(os.path.join(machine, 'commands', 'uname-r'), release + '\n')
        write(os.path.join(machine, 'root', 'etc', 'os-release'), f'ID={name}\n')
        write(os.path.join(machine, 'capture.yaml'), 'observed_at: 2026-01-02T00:00:00Z\n')
        if environ:
            write(os.path.join(machine, 'environ'), environ)
        if maker:
            write(os.path.join(machine, 'root', 'sys', 'class', 'dmi', 'id', 'sys_vendor'), maker + '\n')
            write(os.path.join(machine, 'root', 'proc', 'cpuinfo'), f'vendor_id\t: {maker}\n')
        expected = ''.join(f'  {layer}: [{", ".join(ids)}]\n' for layer, ids in layers.items())
        write(os.path.join(machine, 'expected.yaml'), 'source: {title: A page, url: "https://example.org", observed: 2026-01-01}\nlayers:\n' + expected)
    samples = os.path.join(tree, 'reports', 'samples')
    report = {'schema': 'hostprint.report/1', 'facts': {'kernel': {'release': 'x'}, 'os': {'id': 'y'}, 'user': {'name': 'z'}}}
    write(os.path.join(samples, 'lookalike-shut.json'), json.dumps(dict(report, id='lookalike-shut', unreadable={'env': 'permission denied'})))
    whole = dict(report, id='lookalike-whole')
    whole['facts'] = dict(report['facts'], env={'OWN': '1'})
    write(os.path.join(samples, 'lookalike-whole.json'), json.dumps(whole))
    donor = dict(report, id='box-whole')
    donor['facts'] = dict(report['facts'], env={'BOX': 'box', 'WHOLE': '1'})
    write(os.path.join(samples, 'box-whole.json'), json.dumps(donor))
    expected = {'lookalike-shut': {}, 'lookalike-whole': {}, 'box-whole': SAMPLED}
    write(os.path.join(samples, 'expected.json'), json.dumps({name: {'source': 'own', 'layers': layers} for name, layers in expected.items()}))
    code, _, err = run('compile', 'rules', '-o', 'e.db', cwd=tree)
    check(code == 0, f'the small rules compile: {err}')


def originals(tree):
    """Every machine and sample as the report it is."""
    known = {}
    for name in CAPTURED:
        _, out, _ = run('collect', '--db', 'e.db', '--capture', os.path.join('tests', 'machines', name), cwd=tree)
        known[name] = json.loads(out)
    for name in ('lookalike-shut', 'lookalike-whole', 'box-whole'):
        known[name] = load(os.path.join(tree, 'reports', 'samples', f'{name}.json'))
    return known


def mutate(tree, target, *words):
    """The look-alikes of one run: the report, what is expected, and the names it is made of."""
    code, out, err = run('mutate', '--db', 'e.db', '-o', target, *words, cwd=tree)
    check(code == 0 and not out, f'mutate {words}: {code} {err}')
    expected = load(os.path.join(tree, target, 'expected.json'))
    made = []
    for name, about in expected.items():
        report = load(os.path.join(tree, target, f'{name}.json'))
        errors = list(SCHEMA.iter_errors(report))
        check(not errors, f'the schema holds for {name}: {errors[:1]}')
        check(report['id'] == name and report['origin']['source'] == about['source'] and report['origin']['method'] == 'mutate', f'{name} says what it is')
        made.append((report, about['layers'], about['source'].split(': ')[1].split(' and ')))
    check(len(made) == len(os.listdir(os.path.join(tree, target))) - 1, 'one report for each expectation')
    return made


def without(report, *domains):
    """The facts and states of a report without these domains."""
    facts = {name: value for name, value in report['facts'].items() if name not in domains}
    return facts, [path for path in report.get('partial', []) if path.split('.')[0] not in domains], report.get('unreadable', {})


def layers_of(name):
    return SAMPLED if name == 'box-whole' else CAPTURED[name][0] if name in CAPTURED else {}


def forged(tree, known):
    made = mutate(tree, 'forged', '--kind', 'forged-env', '--count', '200')
    bases, donors = {names[0] for _, _, names in made}, {names[1] for _, _, names in made}
    check(donors == {'box-one', 'box-two', 'box-whole'}, f'environments of one certain platform, that were seen: {donors}')
    check(bases == {'guest', 'guest-unseen', 'real-one', 'real-two', 'real-rented', 'lookalike-whole'}, f'machines of no platform, whose own is not hidden: {bases}')
    check(len(made) == 18 and len({tuple(names) for _, _, names in made}) == 18, 'each pair once, and all of them')
    for report, layers, (base, donor) in made:
        own, theirs = known[base]['facts'].get('env') or {}, known[donor]['facts']['env']
        check(report['facts']['env'] == {**own, **theirs}, f'{base} with the environment of {donor}')
        whole = base == 'lookalike-whole' and donor == 'box-whole'
        check(('env' in report.get('partial', [])) == (not whole), f'{base}, {donor}: what was not seen of an environment')
        check(without(report, 'env') == without(known[base], 'env'), f'{base}: the rest is its own')
        check(layers == (layers_of(base) or {'platform': BARE}), f'{base} is still what it is: {layers}')


def client(tree, known):
    made = mutate(tree, 'client', '--kind', 'client', '--count', '200')
    check(len(made) == 6 and {names[1] for _, _, names in made} == {'platform/box'}, 'near misses with credentials, of platforms that are a kind of nothing')
    for report, layers, (base, _) in made:
        check(report['facts']['env'] == {**(known[base]['facts'].get('env') or {}), 'BOX_API_KEY': '(hidden)', 'BOX_ZONE': 'here'}, f'{base} with a client')
        check(without(report, 'env') == without(known[base], 'env') and layers == (layers_of(base) or {'platform': BARE}), f'{base} is still what it is')
    with tempfile.TemporaryDirectory() as elsewhere:
        machines = os.path.join(tree, 'tests', 'machines')
        code, _, err = run('mutate', '--db', os.path.join(tree, 'e.db'), '-o', 'out', '--kind', 'client', machines, cwd=elsewhere)
        left = os.listdir(os.path.join(elsewhere, 'out'))
    check(code == 0 and 'gives 0 of 100' in err and left == ['expected.json'], f'no rules, no near misses: {code} {err}')


def stripped(tree, known):
    made = mutate(tree, 'stripped', '--kind', 'stripped', '--count', '60')
    check(len(made) == 60 and len({len(report['facts']) for report, _, _ in made}) == 2, 'one domain or two')
    for report, layers, (base,) in made:
        whole = known[base]
        check(1 <= len(report['facts']) + len(report.get('unreadable', {})) <= 2, f'{base}: {list(report["facts"])}')
        check(all(whole['facts'][domain] == value for domain, value in report['facts'].items()), f'{base}: what is left is as it was')
        wanted = layers_of(base) or {'platform': BARE}
        check(set(layers) == set(wanted), f'{base}: the layers that were asked')
        for layer, ids in wanted.items():
            more = {'unknown'} | ({'parent'} if 'micro' in ids else set())
            check(set(layers[layer]) == set(ids) | more, f'{base}: {layer} is {layers[layer]}')


def hardware(tree, known):
    made = mutate(tree, 'hardware', '--kind', 'hardware', '--count', '50')
    pairs = {tuple(names) for _, _, names in made}
    check(pairs == {('real-one', 'real-two'), ('real-two', 'real-one')}, f'real hardware on other real hardware: {pairs}')
    for report, layers, (base, donor) in made:
        check(report['facts']['dmi'] == known[donor]['facts']['dmi'] and report['facts']['cpu'] == known[donor]['facts']['cpu'], 'its machine facts')
        check(without(report, 'dmi', 'cpu') == without(known[base], 'dmi', 'cpu'), 'everything else is its own')
        check({layer: set(ids) for layer, ids in layers.items()} == {layer: set(BARE) for layer in ('platform', 'hypervisor', 'provider')}, 'none of anything')


def content(directory):
    out = {}
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name), 'rb') as file:
            out[name] = file.read()
    return out


def directories(tree):
    first = ('--count', '5', '--seed', '7')
    mutate(tree, 'one', *first)
    os.makedirs(os.path.join(tree, 'two'))
    mutate(tree, 'two', *first)
    check(content(os.path.join(tree, 'one')) == content(os.path.join(tree, 'two')), 'the same seed, the same bytes; an empty directory will do')
    mutate(tree, 'three', '--count', '5', '--seed', '8')
    drawn = [sorted(name for name in os.listdir(os.path.join(tree, target))) for target in ('one', 'three')]
    check(drawn[0] != drawn[1], 'another seed draws others')
    only = mutate(tree, 'four', '--count', '5', '--seed', '7', '--kind', 'stripped,hardware')
    check(not [1 for report, _, _ in only if load(os.path.join(tree, 'one', report['id'] + '.json')) != report], 'a kind does not depend on the others')
    before = content(os.path.join(tree, 'one'))
    code, _, err = run('mutate', '--db', 'e.db', '-o', 'one', *first, cwd=tree)
    check(code == 3 and 'holds something else' in err and 'empty' in err and content(os.path.join(tree, 'one')) == before, f'a full directory: {code} {err}')
    write(os.path.join(tree, 'file'), 'x')
    for target in ('file', os.path.join('no', 'such')):
        code, _, err = run('mutate', '--db', 'e.db', '-o', target, *first, cwd=tree)
        check(code == 3 and target in err, f'{target}: {code} {err}')
    code, _, err = run('mutate', '--db', 'e.db', '-o', 'half', '--count', '40', cwd=tree, file_bytes=4096)
    check(code == 3 and 'expected.json' in err, f'a disk that is full at the end: {code} {err}')
    left = os.listdir(os.path.join(tree, 'half'))
    check(len(left) > 20 and 'expected.json' not in left and not [name for name in left if '.tmp-' in name], 'the reports are there, the answers are not')
    check(run('evaluate', '--db', 'e.db', 'half', cwd=tree)[0] == 3, 'which nothing takes for a corpus')
    code, out, err = run('evaluate', '--db', 'e.db', '--format', 'json', 'one', cwd=tree)
    check(code == 0 and json.loads(out)['samples'] == len(before) - 1, f'a whole one is evaluated: {err}')


def wrong(tree):
    for words in (['--kind', 'nothing'], ['--kind', 'stripped,'], ['--count', '0'], ['--count', '1001'], ['--seed', 'x'], []):
        target = ['-o', 'never'] if words else []
        check(run('mutate', '--db', 'e.db', *target, *words, cwd=tree)[0] == 2, f'usage: {words}')
    check(run('mutate', '--db', 'e.db', '-o', 'never', 'nowhere', cwd=tree)[0] == 3, 'a corpus that is not there')
    os.makedirs(os.path.join(tree, 'hollow'))
    check(run('mutate', '--db', 'e.db', '-o', 'never', 'hollow', cwd=tree)[0] == 3, 'a corpus of nothing')
    write(os.path.join(tree, 'broken', 'm', 'expected.yaml'), 'layers: {platform: nobody}\n')
    check(run('mutate', '--db', 'e.db', '-o', 'never', 'broken', cwd=tree)[0] != 0 and not os.path.exists(os.path.join(tree, 'never')), 'a wrong expectation')
    check(run('mutate', '--db', 'none.db', '-o', 'never', cwd=tree)[0] == 5, 'no evidence DB')
    text = run('mutate', '--help')[1]
    check(all(kind in text for kind in ('forged-env', 'client', 'stripped', 'hardware')), 'the help names the kinds')


def judged(paths):
    code, out, err = run('classify', '--format', 'ndjson', *paths)
    check(code in (0, 1), f'classify: {code} {err[:300]}')
    return [json.loads(line) for line in out.splitlines()]


def without_tenant(verdict):
    return [one for one in verdict['unforgeable'] if one['ignored'] == 'tenant']


def corpus(scratch):
    """On the real corpus: without what a tenant can set, a forged look-alike is exactly its base, and so of no platform."""
    target = os.path.join(scratch, 'corpus')
    code, _, err = run('mutate', '-o', target, '--count', '40')
    check(code == 0, f'the corpus: {code} {err}')
    expected = load(os.path.join(target, 'expected.json'))
    names = [name for name in expected if name.startswith(('forged-env-', 'client-'))]
    check(len(names) == 80 and len(expected) == 160, f'forty of each kind: {len(expected)}')
    bases = {name: expected[name]['source'].split(': ')[1].split(' and ')[0] for name in names}
    own = {}
    for base in sorted(set(bases.values())):
        machine = os.path.join(ROOT, 'tests', 'machines', base)
        path = os.path.join(ROOT, 'reports', 'samples', f'{base}.json')
        if os.path.isdir(machine):
            path = os.path.join(scratch, 'bases', f'{base}.json')
            os.makedirs(os.path.dirname(path), exist_ok=True)
            code, out, err = run('collect', '--capture', machine, '-o', path)
            check(code == 0, f'{base}: {err}')
        own[base] = without_tenant(judged([path])[0])
    for name, verdict in zip(names, judged([os.path.join(target, f'{name}.json') for name in names])):
        check(verdict['report'] == name and without_tenant(verdict) == own[bases[name]], f'{name}: without the forgery it is {bases[name]}')
        best = next(one for one in without_tenant(verdict) if one['layer'] == 'platform')
        check(best['id'] in BARE or best['probability'] < 0.5, f'{name} is convicted of {best["id"]} without what a tenant can set')
    code, out, err = run('evaluate', '--format', 'json', '--layer', 'platform', target)
    check(code == 0 and json.loads(out)['samples'] == 160, f'evaluate reads what mutate wrote: {code} {err[:300]}')


with tempfile.TemporaryDirectory() as scratch_directory:
    small = os.path.join(scratch_directory, 'small')
    build(small)
    reports = originals(small)
    forged(small, reports)
    client(small, reports)
    stripped(small, reports)
    hardware(small, reports)
    directories(small)
    wrong(small)
    corpus(scratch_directory)
raise SystemExit(end('mutate'))
