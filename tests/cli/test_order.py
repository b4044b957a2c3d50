"""The order of rules, facts or files never changes a byte of output: in any format, whatever the number of jobs.

What is in another order here: files in the directory of rules; the parts of a rule file, its signals, sources, expectations and examples, and
the keys of each signal; members of a report's objects, and the lists that name facts; reports in a directory and on the command line. Not what
an author or a machine orders on purpose: the tests inside one condition, extracts, the lists that are facts. Line numbers and positions of a
rule file stand in the DB, so its hash may follow the order within a file; nothing else of a verdict does.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'oracle'))
from oracle import Oracle  # noqa: E402
from random_facts import FactMaker  # noqa: E402
from random_rules import RuleMaker, catalog, write_base  # noqa: E402
from check import DB, PROGRAM, ROOT, check, end  # noqa: E402

SAMPLES = os.path.join(ROOT, 'reports', 'samples')
FORMATS = ('text', 'json', 'ndjson', 'csv', 'html')
SEED = 4


def run(*words):
    done = subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    if done.returncode > 1:
        raise RuntimeError(f'{words}: {done.stderr.decode()[:300]}')
    return done.stdout


def mixed(value, dice, kept=(), lists=()):
    """The same JSON value with members of objects, and lists of these names, in another order; nothing below a name in `kept`."""
    if isinstance(value, list):
        return [mixed(item, dice, kept, lists) for item in value]
    if not isinstance(value, dict):
        return value
    members = [(key, inner if key in kept else mixed(inner, dice, kept, lists)) for key, inner in value.items()]
    for key, inner in members:
        if key in lists:
            dice.shuffle(inner)
    dice.shuffle(members)
    return dict(members)


def answers(db, paths, *more):
    """{format: what classify prints}, without the hash of the DB."""
    sums = json.loads(run('classify', '--db', db, '--format', 'json', os.path.join(SAMPLES, 'e2b-2026-02-17.json')))['db']['sha256'].encode()
    return {name: run('classify', '--db', db, '--format', name, '--top', '0' if name == 'ndjson' else '3', *more, *paths).replace(sums, b'-') for name in FORMATS}


def same(one, other, what):
    for name in FORMATS:
        check(one[name] and one[name] == other[name], f'{what}: {name}')


def sample_paths():
    return [os.path.join(SAMPLES, name) for name in sorted(os.listdir(SAMPLES)) if name != 'expected.json']


# --- rules ---

def blocks(lines, begins):
    """Lines cut where a line begins one of these ways; what stands before the first cut comes first."""
    cut = [[]]
    for line in lines:
        if begins(line):
            cut.append([])
        cut[-1].append(line)
    return cut[0], cut[1:]


def mixed_item(lines, dice):
    """One item of a list in block form, its keys in another order."""
    if lines[0].startswith('  - {') or any(line.strip().startswith('#') for line in lines):
        return lines
    _, keys = blocks(['    ' + lines[0][4:], *lines[1:]], lambda line: len(line) > 4 and line.startswith('    ') and line[4] not in ' #')
    dice.shuffle(keys)
    flat = [line for key in keys for line in key]
    return ['  - ' + flat[0][4:], *flat[1:]]


def mixed_rule(text, dice):
    """A rule file with its parts, the items of its lists, and their keys in another order."""
    head, parts = blocks(text.splitlines(), lambda line: line[:1].isalpha())
    for i, part in enumerate(parts):
        if part[0].rstrip() in ('signals:', 'examples:') and not any(line.startswith('  #') for line in part):
            first, items = blocks(part, lambda line: line.startswith('  - '))
            items = [mixed_item(item, dice) for item in items]
            dice.shuffle(items)
            parts[i] = first + [line for item in items for line in item]
    dice.shuffle(parts)
    return '\n'.join(head + [line for part in parts for line in part]) + '\n'


def shipped_rules(scratch, dice):
    tree, changed = os.path.join(scratch, 'rules'), 0
    files = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(ROOT, 'rules')) for name in names if name.endswith('.yaml')]
    dice.shuffle(files)
    for path in files:
        target = os.path.join(tree, os.path.relpath(path, os.path.join(ROOT, 'rules')))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(path, encoding='utf-8') as file:
            text = file.read()
        other = text if path.endswith('model.yaml') else mixed_rule(text, dice)
        changed += other != text
        with open(target, 'w', encoding='utf-8') as file:
            file.write(other)
    check(changed > len(files) * 0.9, f'{changed} of {len(files)} rule files are in another order')
    db = os.path.join(scratch, 'mixed.db')
    run('compile', tree, '-o', db)
    same(answers(DB, sample_paths()), answers(db, sample_paths()), 'the shipped rules in another order')
    explained = [run('explain', '--db', one, sample_paths()[0]) for one in (DB, db)]
    check(explained[0] == explained[1], 'the shipped rules in another order: explain')


def random_rules(scratch, dice):
    facts = catalog(DB)
    for number in range(6):
        maker = RuleMaker(facts, SEED + number)
        files = maker.base()
        tree = [os.path.join(scratch, f'{number}-{turn}') for turn in ('as-made', 'mixed')]
        write_base(files, tree[0])
        write_base(mixed({path: mixed(content, dice, ('when', 'layers'), ('signals',)) for path, content in files.items()}, dice, tuple(files)), tree[1])
        for folder in tree:
            run('compile', folder, '-o', folder + '.db')
        made = FactMaker(Oracle(tree[0] + '.db'), {fact: row[3] for fact, row in facts.items() if row[3]}, number, maker.facts)
        reports = write_reports(os.path.join(scratch, f'{number}-reports'), [made.report(i) for i in range(12)])
        same(answers(tree[0] + '.db', reports), answers(tree[1] + '.db', reports), f'random rules {number} in another order')


# --- reports ---

def write_reports(folder, reports):
    os.makedirs(folder)
    for report in reports:
        with open(os.path.join(folder, report['id'] + '.json'), 'w', encoding='utf-8') as file:
            json.dump(report, file)
    return [os.path.join(folder, report['id'] + '.json') for report in sorted(reports, key=lambda report: report['id'])]


def flat(facts, types, above=''):
    """Nested facts under dotted keys."""
    found = {}
    for key, value in facts.items():
        path = above + key
        found.update({path: value} if path in types or value is None else flat(value, types, path + '.'))
    return found


def reports(scratch, dice):
    types = catalog(DB)
    whole = []
    for path in sample_paths():
        with open(path, encoding='utf-8') as file:
            whole.append({'id': os.path.basename(path)[:-5], **json.load(file)})
    plain = answers(DB, [os.path.dirname(write_reports(os.path.join(scratch, 'plain'), whole)[0])])
    for turn in range(2):
        other = [mixed(report, dice, (), ('partial', 'not_applicable')) for report in whole]
        dice.shuffle(other)
        folder = os.path.dirname(write_reports(os.path.join(scratch, f'turn{turn}'), other)[0])
        same(plain, answers(DB, [folder], '--jobs', str(turn + 2)), f'reports in another order, turn {turn}')
    dotted = [{**report, 'facts': flat(report['facts'], types)} for report in whole]
    same(plain, answers(DB, [os.path.dirname(write_reports(os.path.join(scratch, 'dotted'), dotted)[0])]), 'facts under dotted keys')
    for name in FORMATS:
        alone = [run('classify', '--format', name, path) for path in sample_paths()[:5]]
        backwards = [run('classify', '--format', name, '--jobs', jobs, *reversed(sample_paths()[:5])) for jobs in ('1', '4')]
        check(backwards[0] == backwards[1], f'{name}: jobs change no byte of reports in the order asked')
        if name == 'ndjson':
            check(backwards[0].splitlines() == [line for text in reversed(alone) for line in text.splitlines()], 'a verdict does not depend on its neighbours')


def main():
    dice = random.Random(SEED)
    scratch = tempfile.mkdtemp()
    try:
        shipped_rules(scratch, dice)
        random_rules(scratch, dice)
        reports(scratch, dice)
    finally:
        shutil.rmtree(scratch)
    return end('order')


sys.exit(main())
