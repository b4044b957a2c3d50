"""What the benchmarks rest on: corpora and rules that are the same for the same seed, and that hostprint takes; a gate that fails when it should."""
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
import bench
import chart
import corpus
import gate
import rulesets
from check import PROGRAM, ROOT, check, end

with open(os.path.join(ROOT, 'rules', 'model.yaml'), encoding='utf-8') as model_file:
    MODEL = model_file.read()


def hostprint(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)


def digest(lines):
    return hashlib.sha256('\n'.join(lines).encode()).hexdigest()


def test_corpora(folder):
    lines = list(corpus.random_reports(48))
    check(digest(lines) == digest(corpus.random_reports(48)), 'the same seed gives the same reports')
    check(digest(lines) != digest(corpus.random_reports(48, seed=2)), 'another seed gives others')
    check(digest(lines[:12]) == digest(corpus.random_reports(12)), 'a short corpus is the beginning of a long one')
    check(any('\\u00e9' in line for line in lines) and any('\u00e9' in line for line in lines), 'half is escaped, half is not')
    bases = [json.loads(line) for line in lines[:3]]
    check(digest(corpus.real_reports(bases, 6)) == digest(corpus.real_reports(bases, 6)), 'so do variations of machines')
    path = os.path.join(folder, 'reports.ndjson')
    rulesets.write(path, '\n'.join(lines + list(corpus.real_reports(bases, 6))) + '\n')
    return path


def test_rules(folder, reports):
    for kind, (names, rules) in {'narrow': rulesets.narrow(100),
                                 'wide': rulesets.wide(100, [json.loads(line) for line in corpus.random_reports(260, seed=3)], True)}.items():
        rulesets.write_yaml(os.path.join(folder, kind), names, rules, MODEL)
        db = os.path.join(folder, kind + '.db')
        compiled = hostprint('compile', os.path.join(folder, kind), '-o', db)
        check(compiled.returncode == 0, f'{kind} rules compile: {compiled.stderr}')
        judged = hostprint('classify', '--db', db, '--format', 'csv', '--top', '1', reports)
        check(judged.stderr == '', f'every report is read: {judged.stderr[:200]}')
        found = {line.split(',')[0]: line.split(',')[2] for line in judged.stdout.splitlines() if ',platform,' in line}
        check(len(found) == 54, f'{kind}: every report has an answer')
        if kind == 'narrow':
            right = all(found[f'r{index:07}'] == (corpus.PLATFORMS[index % 12] if index % 12 < 10 else 'unknown') for index in range(48))
            check(right, 'narrow rules find the platform that a report was made for, and none where there is none')


def test_compare_answers():
    printed = ('report,layer,id,name,probability,log_odds,second_id,second_probability\n'
               'a,platform,birch,Birch,0.9,3.5,unknown,0.1\nb,platform,unknown,unknown,0.99,0.000,cedar,0.01\n')
    told = 'a\tbirch\t3.5000\t0.9\t2\nb\tcedar\t-6.6000\t0.01\t0\n'
    check(bench.compare_answers('', told, printed)['agrees'], 'the same answers agree')
    check(not bench.compare_answers('', told.replace('3.5', '3.6'), printed)['agrees'], 'other log odds do not')
    check(not bench.compare_answers('', told.replace('cedar', 'aster'), printed)['agrees'], 'nor does another second')
    check(not bench.compare_answers('', told + 'c\taster\t1\t0.5\t1\n', printed)['agrees'], 'nor does a report without an answer')


def test_targets():
    check(bench.TARGETS['jq'].met(.09) == 'yes, stretch' and bench.TARGETS['jq'].met(.12) == 'yes', 'a ratio within its bound is met')
    check(bench.TARGETS['jq'].met(.3).startswith('no, 2.00 x'), 'one above it tells by how much')
    check(bench.TARGETS['turn-10000'].met(5) == 'no, 0.50 of the bound' and bench.TARGETS['turn-10000'].met(11) == 'yes', 'speeds are to be high')


def test_gate():
    budget = {'a': (10.0, 2.0)}
    check(gate.judge('a', 10.1, budget) == ('holds', True), 'within the tolerance holds')
    text, holds = gate.judge('a', 10.5, budget)
    check(not holds and '5.0 %' in text, 'above it fails and tells by how much')
    text, holds = gate.judge('a', 9.0, budget)
    check(holds and 'lower it' in text, 'below it holds and is told')
    check(not gate.judge('b', 1.0, budget)[1], 'a case without a budget fails')
    check(len(gate.read_budget()) >= 9, 'the checked-in budget can be read')


def test_chart():
    series = {'hostprint, narrow': {100: 90000.0, 1000: 80000.0, 10000: 70000.0}, 'other': {100: 2.0, 1000: .3, 10000: .02}}
    page = chart.throughput(series, {'date': '2026-01-01', 'cpus': 2, 'machine': 'x'})
    root = xml.etree.ElementTree.fromstring(page)
    text = ' '.join(root.itertext())
    check('70,000' in text and 'rules' in text and 'prefers-color-scheme' in text, 'the chart names its engines, axes and last values')
    check(chart.throughput({}, {'date': '', 'cpus': 1, 'machine': ''}).endswith('</svg>\n'), 'a chart of nothing is a chart')


def main():
    with tempfile.TemporaryDirectory() as folder:
        test_rules(folder, test_corpora(folder))
    for test in (test_compare_answers, test_targets, test_gate, test_chart):
        test()
    sys.exit(end('bench'))


if __name__ == '__main__':
    main()
