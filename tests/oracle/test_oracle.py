"""The engine against the oracle: on every sample and captured machine, and on random facts made from the rules' own operands."""
import glob
import json
import math
import os
import random
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
from oracle import FALSE, TRUE, Oracle, differences, load  # noqa: E402

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
PROGRAM = os.environ.get('HOSTPRINT', os.path.join(ROOT, 'build', 'hostprint'))
DB = os.environ.get('HOSTPRINT_DB', os.path.join(ROOT, 'build', 'evidence.db'))
RANDOM_REPORTS = int(os.environ.get('ORACLE_REPORTS', '150'))


def run(*words, stdin=b''):
    return subprocess.run([PROGRAM, *words], input=stdin, stdout=subprocess.PIPE, check=False, timeout=600).stdout


class Maker:
    """Random reports: each fact missing, null, refused, partial, or a value on which the rules' tests are close calls."""

    def __init__(self, oracle, reports, seed):
        self.random = random.Random(seed)
        self.oracle = oracle
        self.texts = {}   # (fact, key or field or None) -> texts
        self.values = {}  # fact -> values seen in reports
        for rows in [oracle.roots.values(), *oracle.children.values()]:
            for row in rows:
                self.note(row, None)
        for report in reports:
            for fact in oracle.facts:
                node = report['facts']
                for part in fact.split('.'):
                    node = node.get(part) if isinstance(node, dict) else None
                if node:
                    self.values.setdefault(fact, []).append(node)

    def note(self, row, above):
        fact = row['fact'] or (above and above['fact'])
        if row['operator'] == 'has' or row['matcher'] == 'same':
            for child in self.oracle.children[row['condition_id']]:
                self.note(child, row if row['fact'] else above)
        if fact and row['operand'] is not None:
            self.texts.setdefault((fact, row['key']), []).append(row['operand'])
        elif fact and row['key']:
            self.texts.setdefault((fact, row['key']), [])

    def text(self, fact, key):
        """An operand, whole or with something before, behind or taken away."""
        known = self.texts.get((fact, key)) or self.texts.get((fact, None)) or ['x']
        text = self.random.choice(known)
        for sign in '^$()|[]?*+\\':
            text = text.replace(sign, '') if self.random.random() < 0.9 else text
        return self.random.choice([text, text, text + self.random.choice(['x', '-1', '/a', '.5']), 'x' + text, text[:-1], '(hidden)', ''])

    def integer(self):
        return self.random.choice([0, 1, 2, 3, 4, 6, 12, 64, 4026531836, 4026531837, self.random.randrange(1 << 24)])

    def record(self, fact, fields):
        record = {}
        for field in fields.split():
            name, suffix = (field[:-1], field[-1]) if field[-1] in '*#?' else (field, '')
            if self.random.random() < 0.2:
                continue
            record[name] = {'*': lambda n: [self.text(fact, n) for _ in range(self.random.randrange(3))], '#': lambda n: self.integer(),
                            '?': lambda n: self.random.random() < 0.5, '': lambda n: self.text(fact, n)}[suffix](name)
        return record

    def value(self, fact, kind, fields):
        if self.values.get(fact) and self.random.random() < 0.4:
            return self.random.choice(self.values[fact])
        many = range(self.random.randrange(4))
        names = [key for path, key in self.texts if path == fact and key] or ['x']
        return {'text': lambda: self.text(fact, None), 'integer': self.integer, 'real': lambda: self.random.random() * 1000,
                'boolean': lambda: self.random.random() < 0.5, 'texts': lambda: [self.text(fact, None) for _ in many],
                'records': lambda: [self.record(fact, fields) for _ in many],
                'map': lambda: {name: self.text(fact, name) for name in self.random.sample(names, min(len(names), self.random.randrange(8)))},
                'paths': lambda: {name: self.random.random() < 0.5 for name in self.random.sample(names, min(len(names), self.random.randrange(40)))}}[kind]()

    def report(self, number, fields):
        report = {'schema': 'hostprint.report/1', 'id': f'random-{number}', 'facts': {}, 'partial': [], 'unreadable': {}}
        if self.random.random() < 0.5:
            report['observed_at'] = f'{self.random.randrange(2024, 2031)}-0{self.random.randrange(1, 10)}-15T00:00:00Z'
        for fact, (kind, _, _) in self.oracle.facts.items():
            draw = self.random.random()
            if draw < 0.4:
                continue
            if draw < 0.45:
                report['unreadable'][fact] = 'refused'
                continue
            value = None if draw < 0.55 else self.value(fact, kind, fields.get(fact, ''))
            node = report['facts']
            for part in fact.split('.')[:-1]:
                node = node.setdefault(part, {})
            node[fact.split('.')[-1]] = value
            if value is not None and kind in ('texts', 'records', 'map') and self.random.random() < 0.3:
                report['partial'].append(fact)
        return report


def main():
    oracle = Oracle(DB)
    reports = [load(path) for path in sorted(glob.glob(os.path.join(ROOT, 'reports', 'samples', '*.json'))) if not path.endswith('expected.json')]
    machines = sorted(os.path.dirname(path) for path in glob.glob(os.path.join(ROOT, 'tests', 'machines', '*', 'capture.yaml')))
    reports += [json.loads(line) for line in run('collect', '--capture', *machines).splitlines()]
    with sqlite3.connect(f'file:{DB}?mode=ro', uri=True) as db:
        fields = dict(db.execute('select fact, fields from fact where fields is not null'))
        weights = {number: bits for number, *bits in db.execute('select signal_id, bits_if_true, bits_if_false from signal_weight')}
    maker = Maker(oracle, reports, seed=20261121)
    reports += [maker.report(number, fields) for number in range(RANDOM_REPORTS)]
    lines = run('classify', '--format', 'ndjson', '--top', '0', '-', stdin=''.join(json.dumps(report) + '\n' for report in reports).encode()).splitlines()
    failed, decided, signals = int(len(lines) != len(reports)), 0, 0
    for report, line in zip(reports, lines):
        found = differences(oracle, report, json.loads(line))
        failed += bool(found)
        for difference in found[:3]:
            print('failed:', difference)
    for signal in (signal for things in oracle.things.values() for thing in things.values() for signal in thing['signals']):
        bits = [oracle.weight(signal, truth, None) for truth in (TRUE, FALSE)]
        shown = weights.get(signal['signal_id'], [math.inf, math.inf])
        if any(abs(a - b) > 0.006 for a, b in zip(bits, shown)):
            failed += 1
            print(f'failed: the view signal_weight says {shown} of {signal["signal"]}, the oracle {bits}')
    for report in reports[:5]:
        judged = oracle.judge(report)
        truths = [truth for layer in judged.values() for one in layer.values() for _, truth, _ in one['rulings'].values()]
        signals, decided = signals + len(truths), decided + sum(truth in (TRUE, FALSE) for truth in truths)
    if not signals or not decided:
        failed += 1
        print('failed: the oracle decides nothing')
    print(f'oracle: {len(reports) - failed} passed, {failed} failed')
    return 1 if failed else 0


sys.exit(main())
