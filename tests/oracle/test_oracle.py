"""The engine against the oracle: on every sample and captured machine, on random facts under the shipped rules, and on random facts under
random rules.

A case is one signal decided on one report by both; they must agree on it, and on the odds and probability of everything. ORACLE_REPORTS is
how many random reports the shipped rules judge, ORACLE_BASES how many random rule bases there are, ORACLE_SEED where they begin. A
difference is printed with its seed, what is left of the facts when all that it does not need is taken away, and the rule.
"""
import collections
import concurrent.futures
import glob
import json
import math
import os
import sqlite3
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.dirname(__file__))
from oracle import FALSE, TRUE, Oracle, differences, load  # noqa: E402
from random_facts import FactMaker  # noqa: E402
from random_rules import RuleMaker, catalog, write_base, wrong_priors, wrongly_compiled  # noqa: E402

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
PROGRAM = os.environ.get('HOSTPRINT', os.path.join(ROOT, 'build', 'hostprint'))
DB = os.environ.get('HOSTPRINT_DB', os.path.join(ROOT, 'build', 'evidence.db'))
RANDOM_REPORTS = int(os.environ.get('ORACLE_REPORTS', '40'))
RANDOM_BASES = int(os.environ.get('ORACLE_BASES', '24'))
SEED = int(os.environ.get('ORACLE_SEED', '20261121'))
REPORTS_A_BASE = 40
SHARE = 50  # reports judged at a time


def run(*words, stdin=b''):
    return subprocess.run([PROGRAM, *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=600)


def classify(db, reports):
    """The engine's verdicts on reports, with every hypothesis."""
    lines = ''.join(json.dumps(report) + '\n' for report in reports).encode()
    done = run('classify', '--db', db, '--format', 'ndjson', '--top', '0', '-', stdin=lines)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    if len(verdicts) != len(reports):
        raise RuntimeError(f'{len(verdicts)} verdicts on {len(reports)} reports: {done.stderr.decode()[:500]}')
    return verdicts


class Tally:
    """What was compared: cases by truth, and what failed, in words."""

    def __init__(self):
        self.cases = collections.Counter()
        self.reports = 0
        self.failed = []

    def judge(self, oracle, db, reports, where):
        for report, verdict in zip(reports, classify(db, reports)):
            found, decided = differences(oracle, report, verdict)
            self.reports += 1
            self.cases.update(decided.values())
            if found:
                self.failed.append(f'{where}: {found[0]}\n' + reproduction(oracle, db, report, found[0]))

    def add(self, other):
        self.cases.update(other.cases)
        self.reports += other.reports
        self.failed += other.failed


def without(report, path):
    """The report without one fact, map member or list element, named by keys and places; None where it would stay as it is."""
    copy = json.loads(json.dumps(report))
    node = copy
    for part in path[:-1]:
        node = node[part]
    del node[path[-1]]
    return copy


def parts(node, path=()):
    """Every part of a report that can be left out, the largest first."""
    items = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    for key, inner in items:
        if path or key not in ('schema', 'id', 'facts'):
            yield (*path, key)
    for key, inner in items:
        yield from parts(inner, (*path, key))


def reproduction(oracle, db, report, difference):
    """The smallest report that still differs, and the rule that it differs on."""
    smaller = True
    while smaller:
        smaller = next((less for less in (without(report, path) for path in parts(report)) if differences(oracle, less, classify(db, [less])[0])[0]), None)
        report = smaller or report
    difference = differences(oracle, report, classify(db, [report])[0])[0][0]
    lines = [f'  {difference}', f'  facts: {json.dumps(report, ensure_ascii=False)}']
    if ': signal ' in difference:
        id_, name = difference.split(': signal ', 1)[1].split(' ', 1)[0].split('.', 1)
        with sqlite3.connect(f'file:{db}?mode=ro', uri=True) as rows:
            for row in rows.execute('select text, seen, elsewhere, grouping, volatile from signal join platform using (platform_id) where id = ? and signal = ?', (id_, name)):
                lines.append(f'  rule: {id_}.{name} when {row[0]}; seen {row[1]}, elsewhere {row[2]}, group {row[3]}, volatile {row[4]}')
    return '\n'.join(lines)


# --- the shipped rules ---

def judge_shipped(reports):
    tally = Tally()
    try:
        tally.judge(Oracle(DB), DB, reports, 'shipped rules')
    except Exception as error:  # whatever breaks it, the seed is what is wanted
        tally.failed.append(f'shipped rules: {error!r} at {traceback.extract_tb(error.__traceback__)[-1]}')
    return tally


def known_reports():
    """The samples, and the machines as the collector sees them."""
    reports = [load(path) for path in sorted(glob.glob(os.path.join(ROOT, 'reports', 'samples', '*.json'))) if not path.endswith('expected.json')]
    machines = sorted(os.path.dirname(path) for path in glob.glob(os.path.join(ROOT, 'tests', 'machines', '*', 'capture.yaml')))
    return reports + [json.loads(line) for line in run('collect', '--capture', *machines).stdout.splitlines()]


def wrong_weights(oracle):
    """Signals whose bits the view signal_weight shows wrong."""
    with sqlite3.connect(f'file:{DB}?mode=ro', uri=True) as db:
        weights = {number: bits for number, *bits in db.execute('select signal_id, bits_if_true, bits_if_false from signal_weight')}
    for signal in (signal for things in oracle.things.values() for thing in things.values() for signal in thing['signals']):
        bits = [oracle.weight(signal, truth, None) for truth in (TRUE, FALSE)]
        shown = weights.get(signal['signal_id'], [math.inf, math.inf])
        if any(abs(a - b) > 0.006 for a, b in zip(bits, shown)):
            yield f'the view signal_weight says {shown} of {signal["signal"]}, the oracle {bits}'


# --- random rules ---

def judge_random(seed, facts):
    """One random rule base and its random reports."""
    tally = Tally()
    where = f'ORACLE_SEED={seed} ORACLE_BASES=1'
    with tempfile.TemporaryDirectory() as scratch:
        maker = RuleMaker(facts, seed)
        db = os.path.join(scratch, 'random.db')
        files = maker.base()
        write_base(files, os.path.join(scratch, 'rules'))
        compiled = run('compile', os.path.join(scratch, 'rules'), '-o', db)
        if compiled.returncode:
            tally.failed.append(f'{where}: does not compile: {compiled.stderr.decode()[:500]}')
            return tally
        try:
            oracle = Oracle(db)
            tally.failed += [f'{where}: {one}' for one in (*wrongly_compiled(facts, files, oracle), *wrong_priors(files, oracle))]
            reports = FactMaker(oracle, {fact: row[3] for fact, row in facts.items() if row[3]}, seed, maker.facts)
            tally.judge(oracle, db, [reports.report(number) for number in range(REPORTS_A_BASE)], where)
        except Exception as error:  # whatever breaks it, the seed is what is wanted
            tally.failed.append(f'{where}: {error!r} at {traceback.extract_tb(error.__traceback__)[-1]}')
    return tally


def main():
    facts = catalog(DB)
    oracle = Oracle(DB)
    known = known_reports() if RANDOM_REPORTS else []
    maker = FactMaker(oracle, {fact: row[3] for fact, row in facts.items() if row[3]}, SEED, samples=known)
    reports = known + [maker.report(number) for number in range(RANDOM_REPORTS)]
    tallies = {'the shipped rules': Tally(), 'random rules': Tally()}
    with concurrent.futures.ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        shipped = [pool.submit(judge_shipped, reports[at:at + SHARE]) for at in range(0, len(reports), SHARE)]
        drawn = [pool.submit(judge_random, SEED + number, facts) for number in range(RANDOM_BASES)]
        for future in shipped:
            tallies['the shipped rules'].add(future.result())
        for future in drawn:
            tallies['random rules'].add(future.result())
    failed = [*tallies['the shipped rules'].failed, *tallies['random rules'].failed, *wrong_weights(oracle)]
    for name, tally in tallies.items():
        told = ', '.join(f'{tally.cases[truth]} {truth}' for truth in (TRUE, FALSE, 'unknown', 'unreadable'))
        print(f'oracle: {sum(tally.cases.values())} cases on {tally.reports} reports under {name}: {told}')
        failed += [f'{name} decide nothing {truth}' for truth in (TRUE, FALSE, 'unknown', 'unreadable') if not tally.cases[truth] and tally.reports]
    for one in failed[:10]:
        print('failed:', one)
    passed = sum(tally.reports for tally in tallies.values())
    print(f'oracle: {max(passed - len(failed), 0)} passed, {len(failed)} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
