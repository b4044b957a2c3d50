"""hostprint evaluate: figures against those worked out by hand, leave-one-out, perturbations, schema, the same bytes for a seed."""
import csv
import io
import json
import math
import os
import subprocess
import sys
import tempfile
from html.parser import HTMLParser

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from check import PROGRAM, ROOT, check, end  # noqa: E402

with open(os.path.join(ROOT, 'reports', 'evaluation.schema.json'), encoding='utf-8') as schema_file:
    SCHEMA = json.load(schema_file)


def run(*words, cwd=ROOT):
    done = subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, timeout=300)
    return done.returncode, done.stdout.decode(), done.stderr.decode('utf-8', 'replace')


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


MODEL = '''words: {always: 0.995, usually: 0.9, often: 0.6, sometimes: 0.2, rarely: 0.02, never: 0.0002}
layers:
  platform: {title: the product, prior: 0.1}
forge_floor: {tenant: 0.004, root: 0.001, image: 0.0004, vmm: 0.0002, network: 0.0002}
half_life_days: 365
'''
RULE = '''id: {id}
layer: platform
name: {id}
category: ai-sandbox
{more}sources:
  s: {{title: t, url: "https://example.org", observed: 2026-01-01}}
signals:
  - id: {id}-main
    when: {{{when}}}
    seen: 0.9
    elsewhere: 0.01
    why: It says so.
    source: s
examples:
  - {{facts: {{{example}}}, expect: first}}
  - {{facts: {{kernel.release: other}}, expect: not, why: another one}}
'''
EXPECTED = 'source: {title: A page, url: "https://example.org", observed: 2026-01-01}\nlayers:\n  platform: %s\n'
# one signal each: seen 0.9, elsewhere 0.01, so 90 to 1 where it holds and 0.1 to 0.99 where it does not
TRUE, FALSE, PRIOR = 90, 0.1 / 0.99, 0.1


def add_rule(tree, name, when, kind=None, example=None, prior=None):
    more = (f'kind_of: {kind}\n' if kind else '') + (f'prior: {prior}\n' if prior else '')
    text = RULE.format(id=name, when=when, example=example or when, more=more)
    write(os.path.join(tree, 'rules', 'platform', f'{name}.yaml'), text)


def add_machine(tree, name, release, expected, files=(), banner=None):
    machine = os.path.join(tree, 'tests', 'machines', name)
    if release:
        write(os.path.join(machine, 'commands', 'uname-r'), release + '\n')
    if banner:
        write(os.path.join(machine, 'root', 'proc', 'version'), banner + '\n')
    for path in files:
        write(os.path.join(machine, 'root', path), '')
    os.makedirs(os.path.join(machine, 'root'), exist_ok=True)
    write(os.path.join(machine, 'capture.yaml'), 'observed_at: 2026-01-02T00:00:00Z\n')
    write(os.path.join(machine, 'expected.yaml'), EXPECTED % expected)


def compile_tree(tree):
    code, _, err = run('compile', 'rules', '-o', 'e.db', cwd=tree)
    check(code == 0, f'the small rules compile: {err}')


def evaluate(tree, *words):
    code, out, err = run('evaluate', '--db', 'e.db', '--format', 'json', *words, cwd=tree)
    check(code == 0 and not err, f'evaluate {words}: {code} {err}')
    document = json.loads(out)
    errors = list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(document))
    check(not errors, f'the schema holds: {errors[:1]}')
    return document


def figures(document, name, layer='platform'):
    for one in document['runs']:
        if one['run'] == name:
            return next(figure for figure in one['layers'] if figure['layer'] == layer)
    return None


def near(a, b):
    return a is not None and abs(a - b) < 2e-6


def by_hand(scratch):
    """Two machines and a look-alike: one right, one wrong and sure of it, one rightly unknown."""
    tree = os.path.join(scratch, 'hand')
    write(os.path.join(tree, 'rules', 'model.yaml'), MODEL)
    add_rule(tree, 'box', 'kernel.release: 6.1.10-box')
    add_rule(tree, 'crate', 'kernel.release: 6.1.10-crate')
    add_machine(tree, 'a', '6.1.10-box', 'box')
    add_machine(tree, 'b', '6.1.10-box', 'crate')
    samples = os.path.join(tree, 'reports', 'samples')
    write(os.path.join(samples, 'lookalike-c.json'),
          '{"schema": "hostprint.report/1", "id": "lookalike-c", "facts": {"kernel": {"release": "6.1.10-other"}}}')
    write(os.path.join(samples, 'expected.json'), '{\n  "lookalike-c": {"source": "own", "layers": {}}\n}\n')
    compile_tree(tree)
    document = evaluate(tree)
    total = 1 + PRIOR * TRUE + PRIOR * FALSE
    box, crate, unknown = PRIOR * TRUE / total, PRIOR * FALSE / total, 1 / total
    plain = 1 + 2 * PRIOR * FALSE
    other, neither = PRIOR * FALSE / plain, 1 / plain
    whole = figures(document, 'all')
    check((whole['cases'], whole['right'], whole['changed'], document['machines'], document['samples']) == (3, 2, 0, 2, 1), f'cases: {whole}')
    check(near(whole['accuracy'], 2 / 3), 'accuracy')
    check(near(whole['log_loss'], -(math.log2(box) + math.log2(crate) + math.log2(neither)) / 3), 'log loss')
    brier = ((1 - box) ** 2 + crate ** 2 + unknown ** 2) + ((1 - crate) ** 2 + box ** 2 + unknown ** 2) + ((1 - neither) ** 2 + 2 * other ** 2)
    check(near(whole['brier'], brier / 3), 'Brier score')
    check(near(whole['calibration_error'], (abs(2 * box - 1) + abs(neither - 1)) / 3), 'expected calibration error')
    check([bin['count'] for bin in whole['bins']] == [0] * 8 + [2, 1], 'bins')
    check(near(whole['bins'][8]['probability'], box) and near(whole['bins'][8]['accuracy'], 0.5), 'the bin of two')
    check(whole['bins'][0]['accuracy'] is None, 'an empty bin has no accuracy')
    claims = {one['claim']: one for one in document['claims'] if one['decided']}
    check([(one['decided'], one['claimed'], one['held']) for one in (claims['seen'], claims['elsewhere'])] == [(2, 0.9, 0.5), (4, 0.01, 0.25)],
          f'what signals claim, and how often they held: {claims}')
    pool = document['pooled'][0]
    gone = figures(document, 'without-kernel')
    check((gone['cases'], gone['right'], gone['traced'], gone['traced_right']) == (3, 1, 1, 1), f'nothing is left to tell two of them by: {gone}')
    told = [one['layers'][0] for one in document['runs'][1:] if one['kind'] != 'domain' or one['layers'][0]['changed']]
    check(all(pool[key] == sum(one[key] for one in told) for key in ('cases', 'right', 'traced', 'false_convictions')), f'the pool: {pool}')
    check((whole['unknown_cases'], whole['unknown_recalled'], whole['unknown_recall']) == (1, 1, 1), 'unknown')
    check((whole['false_convictions'], whole['kin']) == (1, 0), 'false convictions')
    check(len(whole['confusion']) == 1 and whole['confusion'] == whole['rivals'], 'one wrong answer, a conviction')
    pair = whole['confusion'][0]
    check((pair['expected'], pair['answer'], pair['count'], pair['case']) == ('crate', 'box', 1, 'b'), f'confusion: {pair}')
    bare = figures(document, 'without-kernel')
    check((bare['right'], bare['changed'], bare['false_convictions']) == (1, 3, 0), f'nothing known: {bare}')
    check(near(bare['calibration_error'], abs(3 / 1.2 - 1) / 3), 'calibration error where nothing is known')
    check(figures(document, 'without-dmi')['changed'] == 0 and figures(document, 'without-dmi')['right'] == 2, 'a domain that nobody knows')
    gone = figures(document, 'leave-one-out')
    check((gone['cases'], gone['right'], gone['unknown_recalled'], gone['false_convictions']) == (2, 1, 1, 1), f'leave-one-out: {gone}')
    check(gone['rivals'][0]['answer'] == 'box' and near(gone['rivals'][0]['probability'], 9 / 10), 'without its rule b is the rival')
    for name in ('kernel-older', 'kernel-newer'):
        moved = figures(document, name)
        check((moved['changed'], moved['right']) == (3, 1), f'{name}: a patch level in a rule is lost: {moved}')
    texts(tree, whole)


def texts(tree, whole):
    code, out, _ = run('evaluate', '--db', 'e.db', '--html', 'page.html', cwd=tree)
    check(code == 0 and 'crate -> box' in out and '66.7%' in out and 'False convictions over all perturbations' in out, 'text')
    code, out, _ = run('evaluate', '--db', 'e.db', '--format', 'csv', cwd=tree)
    rows = list(csv.DictReader(io.StringIO(out)))
    check(code == 0 and rows[0]['run'] == 'all' and near(float(rows[0]['brier']), whole['brier']), 'CSV')
    with open(os.path.join(tree, 'page.html'), encoding='utf-8') as file:
        page = file.read()
    open_tags = []

    class Balanced(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in ('meta', 'br'):
                open_tags.append(tag)

        def handle_startendtag(self, tag, attrs):
            pass

        def handle_endtag(self, tag):
            check(open_tags and open_tags.pop() == tag, f'</{tag}> closes what is open')

    Balanced().feed(page)
    check(not open_tags and page.count('<svg') == 2 and '<script' not in page and 'src=' not in page, 'the page stands by itself')
    places = [os.path.join('tests', 'machines', 'a'), os.path.join('tests', 'machines'), os.path.join('reports', 'samples')]
    counts = [evaluate(tree, place) for place in places]
    check([(one['machines'], one['samples']) for one in counts] == [(1, 0), (2, 0), (0, 1)], 'a machine, machines, samples')
    for words in (['--seed', 'x'], ['--layer', 'nothing'], ['--format', 'html'], ['--jobs', '3']):
        check(run('evaluate', '--db', 'e.db', *words, cwd=tree)[0] == 2, f'usage: {words}')
    check(run('evaluate', '--db', 'e.db', 'nowhere', cwd=tree)[0] == 3, 'a corpus that is not there')


def small_model(scratch):
    """What is known of a layer is shared: more things take nothing from unknown. The temperature divides every bit."""
    model = MODEL.replace('prior: 0.1}', 'prior: 0.1, known: 0.2}')
    odds = {}
    for name, things, text in (('one', 1, model), ('many', 4, model), ('cold', 1, model + 'temperature: 0.5\n')):
        tree = os.path.join(scratch, name)
        write(os.path.join(tree, 'rules', 'model.yaml'), text)
        for number in range(things):
            add_rule(tree, f'box-{number}', f'kernel.release: 6.1.1{number}-box')
        write(os.path.join(tree, 'nothing.json'), '{"schema": "hostprint.report/1", "id": "nothing", "facts": {}}')
        write(os.path.join(tree, 'box.json'), '{"schema": "hostprint.report/1", "id": "box", "facts": {"kernel": {"release": "6.1.10-box"}}}')
        compile_tree(tree)
        _, out, _ = run('classify', '--db', 'e.db', '--format', 'ndjson', '--top', '0', 'nothing.json', 'box.json', cwd=tree)
        nothing, box = [{one['id']: one for one in json.loads(line)['layers']['platform']} for line in out.splitlines()]
        check(abs(nothing['unknown']['probability'] - 1 / 1.2) < 1e-5, f'{name}: unknown keeps its share: {nothing["unknown"]}')
        odds[name] = box['box-0']['log_odds'], nothing['box-0']['log_odds']
    check(abs(odds['many'][1] - math.log2(0.05)) < 0.002, f'four things share the odds: {odds}')
    check(abs(odds['one'][0] - odds['one'][1] - math.log2(TRUE)) < 0.002, f'bits at temperature 1: {odds}')
    check(abs(odds['cold'][0] - odds['cold'][1] - 2 * math.log2(TRUE)) < 0.002, f'bits at temperature 0.5: {odds}')


def either(scratch):
    """Where either of two answers is accepted the probability of neither is held against it: the case is in no bin."""
    tree = os.path.join(scratch, 'either')
    write(os.path.join(tree, 'rules', 'model.yaml'), MODEL)
    add_rule(tree, 'box', 'kernel.release: 6.1.10-box')
    add_machine(tree, 'sure', '6.1.10-box', 'box')
    add_machine(tree, 'none', '6.1.10-other', '[unknown, none]')
    add_machine(tree, 'open', '6.1.10-box', '[box, unknown]')
    compile_tree(tree)
    whole = figures(evaluate(tree), 'all')
    check((whole['cases'], whole['right'], whole['calibrated'], sum(bin['count'] for bin in whole['bins'])) == (3, 3, 2, 2), f'either of two: {whole}')


def fitting(scratch):
    """The fit finds that sure answers which are always right may be surer, and that the odds of being known are those of the corpus."""
    tree = os.path.join(scratch, 'fit')
    write(os.path.join(tree, 'rules', 'model.yaml'), MODEL.replace('prior: 0.1}', 'prior: 0.1, known: 0.004}'))
    for number in range(6):
        add_rule(tree, f'box-{number}', f'kernel.release: 6.1.1{number}-box')
        add_machine(tree, f'm{number}', f'6.1.1{number}-box', f'box-{number}')
        add_machine(tree, f'n{number}', f'6.1.1{number}-other', '[unknown]')
    compile_tree(tree)
    code, out, err = run('evaluate', '--db', 'e.db', '--fit', cwd=tree)
    check(code == 0 and not err, f'evaluate --fit: {code} {err}')
    lines = {line.split('  ')[0]: line.split() for line in out.splitlines()}
    check(lines['temperature'][1] == '1.000' and all(float(one) < 1 for one in lines['temperature'][2:8]), f'temperature: {lines["temperature"]}')
    check(lines['known, platform'][2] == '0.004' and float(lines['known, platform'][-1]) > 0.004, f'known odds: {lines["known, platform"]}')
    figures_ = [line.split() for line in out.splitlines() if line.startswith('platform')]
    check(len(figures_) == 3 and float(figures_[1][1]) < float(figures_[0][1]), f'the held-out folds are told better than now: {figures_}')
    check(run('evaluate', '--db', 'e.db', '--fit', '--jobs', '1', cwd=tree)[1] == out, 'the same with one thread')


def kinds(scratch):
    """Without its own rule a kind comes out as its parent; with a parent go its kinds."""
    tree = os.path.join(scratch, 'kinds')
    write(os.path.join(tree, 'rules', 'model.yaml'), MODEL)
    add_rule(tree, 'box', 'kernel.release: {suffix: -box}', example='kernel.release: 6-box')
    add_rule(tree, 'box-mini', 'files./opt/mini: present', kind='box', example='files./opt/mini: true', prior=0.02)
    add_rule(tree, 'later', 'kernel.banner: {contains: 6.1.30-box}', example='kernel.banner: 6.1.30-box')
    add_machine(tree, 'mini', '6.1.10-box', 'box-mini', files=['opt/mini'])
    add_machine(tree, 'parent', '6.1.10-box', 'box', files=['opt/mini'])
    add_machine(tree, 'either', '6.1.10-box', '[box, box-mini]', files=['opt/mini'])
    add_machine(tree, 'banner', None, 'unknown', banner='Linux version 6.1.30-other (b)')
    compile_tree(tree)
    document = evaluate(tree)
    gone = figures(document, 'leave-one-out')
    check((gone['cases'], gone['right'], gone['false_convictions']) == (3, 3, 0), f'kinds and parents: {gone}')
    whole = figures(document, 'all')
    check(whole['right'] == 3 and whole['kin'] == 0, f'a kind instead of its parent is no kin: {whole}')
    only = figures(document, 'without-files')
    check((only['false_convictions'], only['kin']) == (0, 1), f'a parent instead of its kind is kin, and no false conviction: {only}')
    newer = figures(document, 'kernel-newer')
    check(newer['changed'] == 4 and newer['right'] == 3, f'the patch level matters to no rule here: {newer}')
    add_machine(tree, 'banner', '6.1.10-box', 'later', banner='Linux version 6.1.10-box (b)')
    add_rule(tree, 'box', 'kernel.release: {suffix: -bog}', example='kernel.release: 6-bog')
    compile_tree(tree)
    document = evaluate(tree, os.path.join('tests', 'machines', 'banner'))
    check(figures(document, 'all')['right'] == 0 and figures(document, 'kernel-newer')['right'] == 1, 'the banner goes with the release')
    check(figures(document, 'kernel-older')['right'] == 0, 'and only so far')


def seeds():
    samples = os.path.join('reports', 'samples')
    outs = {}
    for seed, jobs in (('1', '1'), ('1', '2'), ('2', '2')):
        code, outs[seed, jobs], err = run('evaluate', '--format', 'json', '--seed', seed, '--jobs', jobs, samples)
        check(code == 0, f'the samples: {code} {err}')
    check(outs['1', '1'] == outs['1', '2'], 'one thread and two give the same bytes')
    one, two = json.loads(outs['1', '2']), json.loads(outs['2', '2'])
    check(figures(one, 'half') != figures(two, 'half'), 'another seed draws other halves')
    check(figures(one, 'all') == figures(two, 'all') and one['answers'] == two['answers'], 'and leaves the rest')


def corpus():
    code, out, err = run('evaluate', '--format', 'json')
    check(code == 0, f'the corpus: {code} {err[:500]}')
    document = json.loads(out)
    check(not list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)), 'the schema holds for the corpus')
    names = [one['run'] for one in document['runs']]
    wanted = ['all', 'without-env', 'without-dmi', 'without-kernel', 'half', 'half-items', 'unprivileged', 'only-env', 'kernel-older', 'kernel-newer',
              'leave-one-out']
    check(not set(wanted) - set(names) and len(names) == len(set(names)) and len(names) > 25, f'every run is there: {names}')
    for one in document['runs']:
        for figure in one['layers']:
            where = f"{one['run']} {figure['layer']}"
            check(figure['right'] <= figure['cases'] and figure['unknown_recalled'] <= figure['unknown_cases'], f'counts of {where}')
            check(sum(bin['count'] for bin in figure['bins']) == figure['calibrated'] <= figure['cases'], f'bins of {where}')
            check(sum(pair['count'] for pair in figure['confusion']) == figure['cases'] - figure['right'], f'confusion of {where}')
            check(sum(pair['count'] for pair in figure['rivals']) == figure['false_convictions'], f'rivals of {where}')
    whole = figures(document, 'all')
    check(whole['cases'] >= 100 and 0.9 <= whole['accuracy'] <= 1, f"accuracy of the platform: {whole['accuracy']}")
    check(figures(document, 'half')['cases'] == 10 * whole['cases'], 'ten draws of each half')
    check(figures(document, 'half')['accuracy'] < whole['accuracy'], 'half of the facts tell less than all')


with tempfile.TemporaryDirectory() as scratch_directory:
    by_hand(scratch_directory)
    small_model(scratch_directory)
    either(scratch_directory)
    fitting(scratch_directory)
    kinds(scratch_directory)
seeds()
corpus()
raise SystemExit(end('evaluate'))
