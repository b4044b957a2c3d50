"""The corpus and the tools of a rule's author: test with machines and samples, coverage, ablate, new."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from check import PROGRAM, ROOT, check, end  # noqa: E402


def run(*words, cwd=ROOT):
    done = subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, timeout=300)
    return done.returncode, done.stdout.decode(), done.stderr.decode('utf-8', 'replace')


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    return path


MODEL = '''words: {always: 0.995, usually: 0.9, often: 0.6, sometimes: 0.2, rarely: 0.02, never: 0.0002}
layers:
  platform: {title: the product, prior: 0.008}
  hypervisor: {title: what the machine runs on, prior: 0.03}
forge_floor: {tenant: 0.004, root: 0.001, image: 0.0004, vmm: 0.0002, network: 0.0002}
half_life_days: 365
'''
RULE = '''id: {id}
layer: {layer}
name: {id}
category: {category}
sources:
  s: {{title: t, url: "https://example.org", observed: 2026-01-01}}
signals:
  - id: main
    when: {{{fact}: {value}}}
    seen: usually
    elsewhere: never
    why: It says so.
    source: s
  - id: marker
    when: {{files./opt/{id}: present}}
    seen: often
    elsewhere: never
    why: The vendor puts it there.
    source: s
examples:
  - {{facts: {{{fact}: {value}}}, expect: first}}
  - {{facts: {{{fact}: other}}, expect: not, why: another one}}
'''
EXPECTED = '''source:
  title: A page
  url: https://example.org
  observed: 2026-01-01
layers:
  platform: box
  hypervisor: [monitor, unknown]
at_least:
  platform: 0.5
'''
SAMPLE = '{"schema": "hostprint.report/1", "id": "%s", "facts": {"kernel": {"release": "%s"}}}'


def make_tree(scratch):
    """A small project of its own: two rules, one machine, two samples."""
    write(os.path.join(scratch, 'rules', 'model.yaml'), MODEL)
    write(os.path.join(scratch, 'rules', 'platform', 'box.yaml'),
          RULE.format(id='box', layer='platform', category='ai-sandbox', fact='kernel.release', value='6.1-box'))
    write(os.path.join(scratch, 'rules', 'hypervisor', 'monitor.yaml'),
          RULE.format(id='monitor', layer='hypervisor', category='vmm', fact='dmi.sys_vendor', value='Monitor'))
    machine = os.path.join(scratch, 'tests', 'machines', 'box-one')
    write(os.path.join(machine, 'commands', 'uname-r'), '6.1-box\n')
    write(os.path.join(machine, 'root', 'opt', 'box'), '')
    write(os.path.join(machine, 'capture.yaml'), 'observed_at: 2026-01-02T00:00:00Z\n')
    write(os.path.join(machine, 'expected.yaml'), EXPECTED)
    samples = os.path.join(scratch, 'reports', 'samples')
    write(os.path.join(samples, 'box-2026.json'), SAMPLE % ('box-2026', '6.1-box'))
    write(os.path.join(samples, 'lookalike-plain.json'), SAMPLE % ('lookalike-plain', '6.1'))
    write(os.path.join(samples, 'expected.json'),
          '{\n  "box-2026": {"source": "a page", "layers": {"platform": "box"}},\n  "lookalike-plain": {"source": "own", "layers": {}}\n}\n')
    return machine, samples


def counts(out):
    return {name: (int(good), int(bad)) for name, good, bad in re.findall(r'^(\w+): (\d+) passed, (\d+) failed$', out, re.M)}


def whole_corpus(scratch):
    make_tree(scratch)
    code, out, err = run('test', cwd=scratch)
    check(code == 0 and counts(out) == {'examples': (4, 0), 'machines': (1, 0), 'samples': (2, 0), 'rules': (7, 0)}, f'a corpus that holds: {code} {out} {err}')
    check(out.splitlines()[-1] == 'rules: 7 passed, 0 failed', 'the last line is the sum')
    code, again, _ = run('test', os.path.join(scratch, 'rules'))
    check(code == 0 and again == out, 'the rules directory may be named from anywhere')
    code, out, _ = run('test', '--no-corpus', cwd=scratch)
    check(code == 0 and counts(out)['rules'] == (4, 0), '--no-corpus runs the examples only')
    code, out, _ = run('test', 'rules/platform/box.yaml', cwd=scratch)
    check(code == 0 and counts(out) == {'examples': (2, 0), 'machines': (1, 0), 'samples': (1, 0), 'rules': (4, 0)}, f'one rule file: {out}')
    check(run('test', 'box.yaml', cwd=os.path.join(scratch, 'rules', 'platform'))[1] == out, 'the same file named from its own directory')
    code, out, _ = run('test', 'tests/machines/box-one', cwd=scratch)
    check(code == 0 and counts(out)['rules'] == (1, 0) and counts(out)['machines'] == (1, 0), f'one machine: {out}')
    code, out, _ = run('test', 'tests/machines/box-one', 'tests/machines/box-one/', 'rules/hypervisor/monitor.yaml', cwd=scratch)
    check(code == 0 and counts(out)['machines'] == (3, 0) and counts(out)['examples'] == (2, 0), f'several paths: {out}')
    check(run('test', 'nothing', cwd=scratch)[0] == 3, 'a path that is not there')


def elsewhere(scratch):
    """Machines and samples of another place."""
    machine, samples = make_tree(scratch)
    moved = os.path.join(scratch, 'moved')
    shutil.move(os.path.dirname(machine), os.path.join(moved, 'machines'))
    shutil.move(samples, os.path.join(moved, 'samples'))
    code, out, _ = run('test', cwd=scratch)
    check(code == 0 and counts(out)['rules'] == (4, 0), 'no corpus beside the rules')
    code, out, _ = run('test', '--machines', 'moved/machines', '--samples', 'moved/samples', cwd=scratch)
    check(code == 0 and counts(out)['rules'] == (7, 0), f'named directories: {out}')
    check(run('test', '--machines', 'moved/nothing', cwd=scratch)[0] == 3, 'a directory of machines that is not there')
    with tempfile.TemporaryDirectory() as other:
        far = os.path.join(other, 'far')
        shutil.copytree(os.path.join(moved, 'machines', 'box-one'), far)
        code, out, err = run('test', far, cwd=scratch)
        check(code == 0 and counts(out)['machines'] == (1, 0), f'a machine outside is judged by the rules here: {out} {err}')
        code, out, err = run('test', '--rules', os.path.join(scratch, 'rules'), far, cwd=other)
        check(code == 0 and counts(out)['machines'] == (1, 0), f'or by --rules: {out} {err}')


def failing(scratch):
    machine, samples = make_tree(scratch)
    expected = os.path.join(machine, 'expected.yaml')
    write(expected, EXPECTED.replace('platform: box', 'platform: unknown'))
    code, out, err = run('test', cwd=scratch)
    check(code == 4 and counts(out)['machines'] == (0, 1) and counts(out)['rules'] == (6, 1), f'a machine that fails: {code} {out}')
    check('expected.yaml:6:' in err and 'R223' in err and 'box-one: platform is box with probability 0.9' in err, f'its place and what was found: {err}')
    check('kernel.release = 6.1-box' in err and 'expected unknown' in err, f'the strongest evidence, and what was expected: {err}')
    write(expected, EXPECTED.replace('platform: 0.5', 'platform: 0.999999999'))
    code, _, err = run('test', cwd=scratch)
    check(code == 4 and 'at least 1' in err, f'a probability below its limit: {err}')
    write(expected, EXPECTED)
    write(os.path.join(samples, 'lookalike-plain.json'), SAMPLE % ('lookalike-plain', '6.1-box'))
    code, out, err = run('test', cwd=scratch)
    check(code == 4 and counts(out)['samples'] == (1, 1) and 'expected.json:3:' in err, f'a look-alike with a platform it does not name: {err}')


def wrong_expectations(scratch):
    machine, samples = make_tree(scratch)
    expected = os.path.join(machine, 'expected.yaml')
    kinds = {
        'an unknown key': ('R206', 5, EXPECTED.replace('layers:', 'layer:')),
        'an unknown layer': ('R212', 7, EXPECTED.replace('hypervisor:', 'hypervsor:')),
        'an id that no rule has': ('R219', 6, EXPECTED.replace('platform: box', 'platform: boxx')),
        'a map for an answer': ('R208', 6, EXPECTED.replace('platform: box', 'platform: {box: 1}')),
        'a source without a url': ('R207', 1, EXPECTED.replace('  url: https://example.org\n', '')),
        'no source': ('R207', 1, EXPECTED[EXPECTED.index('layers:'):]),
        'a wrong date': ('R222', 4, EXPECTED.replace('2026-01-01', '2026-13-01')),
        'no probability': ('R217', 9, EXPECTED.replace('platform: 0.5', 'platform: often')),
        'a probability of an unnamed layer': ('R207', 9, EXPECTED.replace('  hypervisor: [monitor, unknown]\n', '').replace('platform: 0.5', '\n  hypervisor: 0.5')),
        'not YAML': ('R200', 6, EXPECTED.replace('platform: box', 'platform: [box')),
    }
    for name, (id_, line, text) in kinds.items():
        write(expected, text)
        code, out, err = run('test', cwd=scratch)
        check(code != 0 and id_ in err and counts(out)['machines'] == (0, 1), f'{name}: {code} {out} {err}')
        place = re.search(r'expected\.yaml:(\d+):', err)
        check(place and (id_ == 'R200' or int(place.group(1)) == line), f'{name}: expected line {line} in {err}')
        check(counts(out)['examples'] == (4, 0), f'{name}: the rest is run')
    write(expected, EXPECTED.replace('platform: box', 'platform: boxx'))
    check('did you mean box' in run('test', cwd=scratch)[2], 'the nearest id is named')
    os.remove(expected)
    code, _, err = run('test', cwd=scratch)
    check(code == 3 and 'box-one/expected.yaml' in err, f'a machine without an expectation: {err}')
    write(expected, EXPECTED)
    write(os.path.join(samples, 'box-2027.json'), SAMPLE % ('box-2027', '6.1-box'))
    code, out, err = run('test', cwd=scratch)
    check(code == 4 and 'box-2027' in err and counts(out)['samples'] == (2, 1), f'a sample of which nothing is expected: {err}')


def coverage(scratch):
    make_tree(scratch)
    code, out, _ = run('test', '--coverage', cwd=scratch)
    check(code == 0 and out.endswith('rules: 7 passed, 0 failed\n'), 'coverage changes neither the result nor its last line')
    signals, facts, things = (out[out.index(title):] for title in ('Signals that', 'Facts that', 'Things without'))
    signals = signals[:signals.index('Facts that')]
    check('hypervisor/monitor.yaml\n    marker' in signals and 'never decided' in signals, f'a signal that nothing decides: {signals}')
    check('platform/box.yaml' not in signals and '1 of 4 signals, of which 1 are never decided' in signals, f'decided signals are not listed: {signals}')
    check('\n  cpu.vendor\n' in facts and '\n  kernel.release\n' not in facts, 'facts that no rule uses')
    check('hypervisor/monitor' not in things and 'platform/box' not in things and '0 of 2 things' in things, f'things with a machine: {things}')
    shutil.rmtree(os.path.join(scratch, 'tests'))
    check('  hypervisor/monitor\n  1 of 2 things' in run('test', '--coverage', cwd=scratch)[1], 'a thing without a machine')
    one = run('test', '--coverage', 'rules/hypervisor/monitor.yaml', cwd=scratch)[1]
    check('platform/box' not in one and 'Facts that' not in one and '1 of 2 signals' in one, f'coverage of one file: {one}')


def ablate(scratch):
    machine, _ = make_tree(scratch)
    code, out, err = run('ablate', '--format', 'csv', cwd=scratch)
    lines = [line.split(',') for line in out.splitlines()]
    check(code == 0 and lines[0] == ['kind', 'name', 'layer', 'counted', 'right', 'bits', 'flips'] and not err, f'the CSV: {code} {err}')
    rows = {tuple(line[:3]): line[3:] for line in lines[1:]}
    check(all(len(line) == 7 for line in lines), 'every line has seven fields')
    check(rows['domain', '', 'platform'] == ['2', '2', '0.0000', '0'], f'the whole: {rows["domain", "", "platform"]}')
    kernel = rows['domain', 'kernel', 'platform']
    check(kernel[0] == '2' and float(kernel[2]) > 1 and kernel[3] == '1', f'without the kernel the sample is lost, the machine has its file: {kernel}')
    check(rows['domain', 'mounts', 'platform'] == ['0', '0', '0.0000', '0'], f'a domain that was not looked at: {rows["domain", "mounts", "platform"]}')
    signal = rows['signal', 'box.main', 'platform']
    check(signal[0] == '2' and float(signal[2]) > 5 and signal[3] == '1', f'what one signal brings: {signal}')
    check(run('ablate', '--format', 'csv', os.path.join(scratch, 'rules'))[1] == out, 'the same bytes again')
    code, text, _ = run('ablate', cwd=scratch)
    check(code == 0 and 'platform/box.main' in text and re.search(r'^kernel +1/2 ', text, re.M) and '-0.00' not in text, f'the text: {text}')
    kind = RULE.format(id='small', layer='platform', category='ai-sandbox', fact='dmi.product_name', value='Small')
    kind = kind.replace('id: main', 'id: own').replace('id: marker', 'id: own-marker').replace('name: small', 'name: small\nkind_of: box\nprior: 0.002')
    write(os.path.join(scratch, 'rules', 'platform', 'small.yaml'), kind)
    code, out, err = run('ablate', '--format', 'csv', cwd=scratch)
    rows = {tuple(line.split(',')[:3]): line.split(',')[3:] for line in out.splitlines()}
    check(code == 0 and rows['signal', 'box.main', 'platform'] == signal, f'a signal taken from a thing is taken from its kinds too: {out} {err}')
    check(run('ablate', '--format', 'html', cwd=scratch)[0] == 2 and run('ablate', 'a', 'b', cwd=scratch)[0] == 2, 'usage errors')
    shutil.rmtree(os.path.join(scratch, 'tests'))
    shutil.rmtree(os.path.join(scratch, 'reports'))
    check(run('ablate', cwd=scratch)[0] == 3, 'nothing to ablate')


def newcomer(scratch):
    """As the README says: new, fill in, lint, test, fmt; for every layer of the real rules."""
    shutil.copytree(os.path.join(ROOT, 'rules'), os.path.join(scratch, 'rules'))
    for layer in ('platform', 'container', 'hypervisor', 'kernel', 'orchestrator', 'provider', 'ci'):
        code, out, err = run('new', layer, 'my-example', cwd=scratch)
        path = os.path.join(scratch, 'rules', layer, 'my-example.yaml')
        check(code == 0 and out == f'rules/{layer}/my-example.yaml\n' and os.path.exists(path), f'new {layer}: {code} {out} {err}')
        code, _, err = run('lint', path, cwd=scratch)
        check(code == 4 and f'{layer}/my-example.yaml:' in err and '<YYYY-MM-DD>' in err, f'new {layer}: lint finds the first blank: {err}')
        with open(path, encoding='utf-8') as file:
            text = file.read()
        check('#' in text and all(len(line) <= 150 for line in text.splitlines()), f'new {layer}: commented, in lines of at most 150')
        blanks = re.findall(r'<[^>]+>', text)
        check(len(blanks) >= 5, f'new {layer}: blanks {blanks}')
        for number, blank in enumerate(blanks):
            text = text.replace(blank, '2026-11-01' if 'YYYY' in blank else f'an example {layer} of number {number}', 1)
        write(path, text)
        code, _, err = run('lint', path, cwd=scratch)
        check(code == 0 and 'error' not in err, f'new {layer}: filled in, lint: {err}')
        code, out, err = run('test', path, cwd=scratch)
        check(code == 0 and counts(out)['examples'] == (3, 0), f'new {layer}: filled in, test: {out} {err}')
        code, _, err = run('fmt', '--check', path, cwd=scratch)
        check(code == 0, f'new {layer}: in canonical form: {err}')
        before = text
        code, _, err = run('new', layer, 'my-example', cwd=scratch)
        with open(path, encoding='utf-8') as file:
            check(code == 2 and 'is there already' in err and file.read() == before, f'new {layer}: a second time: {code} {err}')
        code, _, err = run('new', layer, 'my-example', '--draft', cwd=scratch)
        check(code == 2, f'new {layer}: the id is taken among drafts too')


def new_refuses(scratch):
    make_tree(scratch)
    for words in ([], ['platform'], ['platform', 'Box'], ['platform', 'a--b'], ['platform', 'box-'], ['platform', ''], ['platform', '../x'], ['platform', '9box']):
        check(run('new', *words, cwd=scratch)[0] == 2, f'new {words}')
    code, _, err = run('new', 'platfrom', 'other', cwd=scratch)
    check(code == 2 and 'did you mean platform' in err, f'a misspelt layer: {err}')
    own = write(os.path.join(scratch, 'own.yaml'), 'mine\n')
    code, _, err = run('new', 'platform', 'other', '-o', 'own.yaml', cwd=scratch)
    with open(own, encoding='utf-8') as file:
        check(code == 2 and file.read() == 'mine\n', f'-o does not overwrite: {err}')
    code, out, _ = run('new', 'platform', 'other', '-o', '-', cwd=scratch)
    check(code == 0 and 'id: other' in out and not os.path.exists(os.path.join(scratch, 'rules', 'platform', 'other.yaml')), '-o - prints it')
    code, out, _ = run('new', 'platform', 'other', cwd=os.path.join(scratch, 'reports', 'samples'))
    check(code == 0 and os.path.exists(os.path.join(scratch, 'rules', 'platform', 'other.yaml')), 'the rules are found upward')
    with tempfile.TemporaryDirectory() as empty:
        check(run('new', 'platform', 'other', cwd=empty)[0] == 2, 'no rules anywhere')
        check(run('new', 'platform', 'another', '--rules', os.path.join(scratch, 'rules'), cwd=empty)[0] == 0, '--rules')


def main():
    for part in (whole_corpus, elsewhere, failing, wrong_expectations, coverage, ablate, newcomer, new_refuses):
        with tempfile.TemporaryDirectory() as scratch:
            part(scratch)
    return end('corpus')


sys.exit(main())
