"""Forgery: whose word each answer is, pretended environments over other machines, hostprint forge and hostprint check."""
import json
import os
import subprocess
import sys
import tempfile

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from check import PROGRAM, ROOT, check, end  # noqa: E402

SAMPLES = os.path.join(ROOT, 'reports', 'samples')
MACHINES = os.path.join(ROOT, 'tests', 'machines')
LEVELS = ['tenant', 'root', 'image', 'vmm']
MARK = 'rests on what any tenant can set'


def run(*words, stdin=None):
    done = subprocess.run([PROGRAM, *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, timeout=300)
    return done.returncode, done.stdout.decode(), done.stderr.decode('utf-8', 'replace')


def schema(kind):
    with open(os.path.join(ROOT, 'reports', f'{kind}.schema.json'), encoding='utf-8') as file:
        return jsonschema.Draft202012Validator(json.load(file))


def sample(name):
    return os.path.join(SAMPLES, f'{name}.json')


def facts_of(name):
    with open(sample(name), encoding='utf-8') as file:
        return json.load(file)['facts']


def report(id_, facts, **more):
    return {'schema': 'hostprint.report/1', 'id': id_, 'facts': facts, **more}


def judge(reports):
    """The verdicts on reports, in order."""
    text = '\n'.join(json.dumps(one) for one in reports) + '\n'
    code, out, err = run('classify', '--format', 'ndjson', '--top', '1', '-', stdin=text.encode())
    check(code in (0, 1), f'classify: {code} {err[:300]}')
    return [json.loads(line) for line in out.splitlines()]


def row(verdict, level, layer='platform'):
    return next(line for line in verdict['unforgeable'] if line['ignored'] == level and line['layer'] == layer)


def convicts(verdict, level, id_):
    line = row(verdict, level)
    return line['id'] == id_ and line['probability'] >= 0.5


def capture_reports():
    """Every machine of the corpus as a report."""
    names = sorted(name for name in os.listdir(MACHINES) if os.path.isdir(os.path.join(MACHINES, name)))
    first, *others = [os.path.join(MACHINES, name) for name in names]
    code, out, err = run('collect', '--capture', first, *others)
    check(code == 0, f'collect --capture: {code} {err[:300]}')
    return [json.loads(line) for line in out.splitlines()]


def sample_reports():
    names = sorted(name for name in os.listdir(SAMPLES) if name != 'expected.json')
    found = []
    for name in names:
        with open(os.path.join(SAMPLES, name), encoding='utf-8') as file:
            found.append(json.load(file))
    return found


def marks_follow(reports):
    """rests_on says nothing that the rows of unforgeable do not say, in every verdict of the corpus."""
    seen = set()
    for verdict in judge(reports):
        wrong = []
        for layer, hypotheses in verdict['layers'].items():
            best, expected = hypotheses[0], None
            for level in LEVELS if best['id'] != 'unknown' else []:
                line = row(verdict, level, layer)
                if line['id'] != best['id'] or (best['probability'] >= 0.5 > line['probability']):
                    expected = level
                    break
            seen.add(expected)
            if verdict['rests_on'][layer] != expected:
                wrong.append((layer, expected))
        best = verdict['layers']['platform'][0]
        marked = verdict['rests_on']['platform'] == 'tenant' and best['probability'] >= 0.5
        check(not wrong and list(verdict['rests_on']) == list(verdict['layers']), f"{verdict['report']}: {wrong}")
        check(marked == (MARK in verdict['summary']), f"{verdict['report']}: the summary says it: {verdict['summary']}")
    check(seen == {None, *LEVELS}, f'every mark is seen somewhere: {seen}')


def views():
    """Text, JSON, HTML and the library's words agree."""
    path = sample('cloudflare-2026-03-24')
    verdict = json.loads(run('classify', '--format', 'json', path)[1])
    level = verdict['rests_on']['platform']
    words = {'root': 'what root can change', 'image': 'what a kernel or image can claim', 'vmm': 'what the machine monitor can claim'}.get(level)
    text, page = run('classify', path)[1], run('classify', '--format', 'html', path)[1]
    line = next(line for line in text.splitlines() if line.startswith('  platform'))
    check(words is None or f'rests on {level}' in line and f'rests on {words}' in text and words in page, f'{level}: {line}')
    check(level != 'tenant' and MARK not in verdict['summary'], 'strong evidence is not marked as a tenant\'s word')
    for one in judge(sample_reports()):
        if not one['report'].startswith('lookalike-') and one['layers']['platform'][0]['id'] != 'unknown':
            check(one['rests_on']['platform'] != 'tenant', f"{one['report']} is no tenant's word")


def pretended(reports):
    """Forged environments: every platform's variables, exported on other machines."""
    bases = [('nothing', {})] + [(name, facts_of(name)) for name in ('lookalike-surface', 'lookalike-ec2-nitro', 'lookalike-gce-vm')]
    forged, plain = [], []
    for name, facts in bases:
        bare = {key: value for key, value in facts.items() if key != 'env'}
        plain.append(report(name, bare))
        for one in reports:
            env = one['facts'].get('env')
            more = {'partial': ['env']} if 'env' in one.get('partial', []) else {}
            if env:
                forged.append((name, report(f"{one['id']} on {name}", {**bare, 'env': env}, **more)))
    without = {verdict['report']: verdict['layers']['platform'][0] for verdict in judge(plain)}
    known = 0
    for (name, one), verdict in zip(forged, judge([one for _, one in forged])):
        best, before = verdict['layers']['platform'][0], without[name]
        own = before['id'] == best['id'] and before['probability'] >= 0.5
        if best['id'] in ('unknown', 'none') or own:
            continue
        known += best['probability'] >= 0.5  # how many that are hangs on the model's numbers
        check(verdict['rests_on']['platform'] == 'tenant', f"{one['id']}: {best['id']} {best['probability']} is marked")
        check(not convicts(verdict, 'tenant', best['id']), f"{one['id']}: {best['id']} is not convicted without it")
        check(best['probability'] < 0.5 or MARK in verdict['summary'], f"{one['id']}: the summary says it")
    check(len(forged) >= 400, f'environments: {len(forged)}, {known} of them believed')
    for verdict in judge([one for one in sample_reports() if one['id'].startswith('lookalike-forged-env')]):
        best = verdict['layers']['platform'][0]
        check(best['id'] == 'unknown' or verdict['rests_on']['platform'] == 'tenant', f"{verdict['report']}: {best['id']} is marked")
        check(row(verdict, 'tenant')['id'] == 'unknown' or row(verdict, 'tenant')['probability'] < 0.5, f"{verdict['report']}: nobody is convicted")


def forge(path, claim, *words):
    code, out, err = run('forge', '--as', claim, '--format', 'json', *words, path)
    document = json.loads(out) if out else None
    check(document is not None and not err, f'forge {claim} {path}: {code} {err[:200]}')
    errors = list(schema('forgery').iter_errors(document))
    check(not errors, f'the schema holds: {errors[:1]}')
    check(code == (0 if document['possible'] else 1), f'the exit code tells it: {code}')
    return document


ORDER = LEVELS + ['network']


def forging(scratch):
    """What is told is so: the forged report passes, and says what was changed."""
    last = ('e2b', 'tenant', 'lookalike-surface')
    for name, claim in (('lookalike-surface', 'e2b'), ('lookalike-gce-vm', 'cloudflare-sandbox'), ('lookalike-ec2-nitro', 'kaggle'),
                        ('lookalike-laptop-credentials', 'hypervisor/xen'), ('lookalike-forged-env', 'e2b')):
        saved = os.path.join(scratch, 'forged.json')
        document = forge(sample(name), claim, '--save', saved)
        layer, id_ = claim.split('/') if '/' in claim else ('platform', claim)
        check(document['possible'] and document['changes'] and not document['obstacles'], f'{claim} on {name} can be forged')
        level = max(ORDER.index(change['level']) for change in document['changes'])
        check(ORDER.index(document['level']) >= level, f"{claim} on {name}: no change beyond {document['level']}")
        with open(saved, encoding='utf-8') as file:
            forged = json.load(file)
        check(forged['origin']['method'] == 'forged' and forged['id'] == f'{name}-as-{id_}', 'the forged report says that it is one')
        code, out, _ = run('check', '--claims', claim, '--format', 'json', saved)
        checked = json.loads(out)
        check(abs(checked['probability'] - document['after']) < 1e-5 and checked['probability'] >= 0.5, f'{claim} on {name}: judged again')
        check(checked['rests_on'] is not None and ORDER.index(checked['rests_on']) <= ORDER.index(document['level']),
              f"{claim} on {name}: {checked['rests_on']} where {document['level']} forged it")
        check(code == (1 if checked['rests_on'] == 'tenant' else 0), 'a tenant\'s own word is never plainly consistent')
        paths = {line.split(':')[0] for line in run('diff', sample(name), saved)[1].splitlines()}
        check(paths, 'the facts differ')
        if document['level'] != 'tenant':
            cheaper = forge(sample(name), claim, '--level', ORDER[ORDER.index(document['level']) - 1])
            check(not cheaper['possible'] and cheaper['level'] is None and cheaper['changes'] == [] and cheaper['after'] < 0.5,
                  f'{claim} on {name}: nothing below that level')
            bits = [abs(obstacle['bits']) for obstacle in cheaper['obstacles']]
            check(bits == sorted(bits, reverse=True), f'{claim} on {name}: what is most in the way first')
            last = (claim, cheaper['asked'], name)
    claim, level, name = last
    code, out, _ = run('forge', '--as', claim, '--level', level, sample(name))
    check(code == 1 and 'does not pass' in out and 'in the way' in out, f'text: {out[:200]}')
    document = forge(sample('e2b-2026-02-17'), 'e2b')
    check(document['possible'] and document['level'] is None and document['changes'] == [] and document['exact'], 'what passes needs no change')
    code, out, _ = run('forge', '--as', 'e2b', sample('lookalike-surface'))
    check(code == 0 and 'passes when' in out , f'text: {out[:200]}')
    one, two = (run('forge', '--as', 'e2b', '-f', 'json', sample('lookalike-surface'))[1] for _ in range(2))
    check(one == two, 'the same bytes again')


def usage(scratch):
    path = sample('e2b-2026-02-17')
    for words in (['forge', path], ['forge', '--as', 'e2b'], ['forge', '--as', 'e2b', '--level', 'god', path], ['forge', '--as', 'e2b', '-f', 'csv', path],
                  ['forge', '--as', 'e2b', '--save', '-', path], ['check', path], ['check', '--claims', 'e2b', '--format', 'html', path], ['forge', '--as', 'e2c', path], ['forge', '--as', 'e2b', path, path]):
        code, out, err = run(*words)
        check(code == 2 and err and not out, f'usage: {words}: {code}')
    check(run('forge', '--as', 'e2b', os.path.join(scratch, 'none.json'))[0] == 3, 'a report that is not there')
    check(run('forge', '--as', 'e2b', '--db', os.path.join(scratch, 'none.db'), path)[0] == 5, 'a DB that is not there')
    code, out, err = run('forge', '--as', 'e2b', '--save', os.path.join(scratch, 'no', 'dir'), sample('lookalike-surface'))
    check(code == 3 and 'no/dir' in err, f'a file that cannot be written: {code} {err}')


def claim_of(claim, path, stdin=None):
    code, out, err = run('check', '--claims', claim, '--format', 'json', path, stdin=stdin)
    check(code in (0, 1) and not err, f'check {claim}: {code} {err[:200]}')
    document = json.loads(out)
    errors = list(schema('check').iter_errors(document))
    check(not errors, f'the schema holds for check: {errors[:1]}')
    check((code == 0) == (document['answer'] == 'consistent'), f'{claim}: exit code {code} for {document["answer"]}')
    check((document['forgery'] is None) == (document['probability'] >= 0.5), f'{claim}: what it would take, where it does not pass')
    return document


def claims():
    genuine = sample('e2b-2026-02-17')
    for claim in ('e2b', 'hypervisor/firecracker', 'hypervisor/kvm'):
        document = claim_of(claim, genuine)
        check(document['answer'] == 'consistent', f'{claim} of a genuine machine, and what it is a kind of')
        check(document['rests_on'] != 'tenant', f'{claim} is not a tenant\'s word')
    refuted = claim_of('cloudflare-sandbox', genuine)
    check(refuted['answer'] == 'inconsistent' and refuted['for_best'] and refuted['rests_on'] is None, f"another platform: {refuted['answer']}")
    kvm = json.dumps(report('kvm', {'cpu': {'hypervisor': 'KVMKVMKVM', 'hypervisor_present': True}, 'boot_log': ['Hypervisor detected: KVM']},
                            partial=['boot_log'])).encode()
    check(claim_of('hypervisor/kvm', '-', kvm)['answer'] == 'consistent', 'the parent alone')
    document = claim_of('hypervisor/firecracker', '-', kvm)
    check(document['best']['id'] == 'kvm' and document['answer'] == 'cannot tell', f"a kind where the parent is known: {document['answer']}")
    document = claim_of('hypervisor/xen', '-', kvm)
    check(document['answer'] != 'consistent', 'another hypervisor')
    check(claim_of('e2b', '-', json.dumps(report('none', {})).encode())['answer'] == 'cannot tell', 'nothing is known')
    forged = json.dumps(report('forged', {'env': {'E2B_SANDBOX': 'true', 'E2B_SANDBOX_ID': 'x', 'E2B_EVENTS_ADDRESS': 'http://192.0.2.1'}})).encode()
    document = claim_of('e2b', '-', forged)
    check(document['answer'] == 'cannot tell', 'variables alone bear nothing out')
    check(document['probability'] < 0.5 or document['rests_on'] == 'tenant', 'and that is told')
    for name in ('lookalike-forged-env', 'lookalike-forged-env-one'):
        claim = 'e2b' if 'E2B_SANDBOX' in facts_of(name)['env'] else 'modal'
        check(claim_of(claim, sample(name))['answer'] != 'consistent', f'{claim} by {name}')
    code, out, _ = run('check', '--claims', 'e2b', sample('lookalike-surface'))
    check(code == 1 and 'passes when' in out, 'check tells what it would take')


def main():
    reports = capture_reports() + sample_reports()
    marks_follow(reports)
    views()
    pretended(reports)
    claims()
    with tempfile.TemporaryDirectory() as scratch:
        forging(scratch)
        usage(scratch)
    return end('forge')


raise SystemExit(main())
