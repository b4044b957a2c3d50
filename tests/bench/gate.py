"""Instruction counts against budget.tsv: `make bench-gate`, and `make bench-gate-update`, which writes what is counted now.

Counts are those of callgrind, so they do not depend on how busy the machine is. What starts once is taken away by counting N records
and 2 N. Each count is divided by that of a reference in the same run (a bare parse of the same bytes, libyaml's events of the same
files, an empty program), so that a compiler or a library that is a little better moves both."""
import argparse
import concurrent.futures
import os
import sys

import measure
import rulesets
import world

HERE = os.path.dirname(os.path.abspath(__file__))
BUDGET = os.path.join(HERE, 'budget.tsv')
TOLERANCE = 2.0
RECORDS, REAL_RECORDS, FILES = 200, 60, 100
TREE = os.path.join(world.ROOT, 'tests', 'machines', 'e2b', 'root')
HEAD = """# Budget of `make bench-gate`, which fails when a ratio is above its budget by more than the tolerance.
# ratio: instructions of hostprint over those of the reference, both by callgrind in one run; tolerance in percent. The last column,
# instructions of hostprint for one record (or one start), is for the reader and is not compared: compilers differ.
# Counted with the default flags of the Makefile. `make bench-gate-update` rewrites ratio and instructions, and keeps the tolerances.
# name\tratio\ttolerance\treference\tinstructions
"""


class Case:
    """`jobs`: name -> command, to be counted; `sum`: from those counts to hostprint's and the reference's."""

    def __init__(self, name, reference, jobs, total, each):
        self.name, self.reference, self.jobs, self.total, self.each = name, reference, jobs, total, each


def differences(count):
    return count('twice') - count('once'), count('reference twice') - count('reference once')


def bulk(it, name, db, reports, records, *options):
    once, twice = it.beginning(reports, records), it.beginning(reports, 2 * records)
    classify = [it.program, 'classify', '--db', db, '--top', '1', '--jobs', '1', *options]
    jobs = {'once': [*classify, once], 'twice': [*classify, twice], 'reference once': [it.peer('parse'), once],
            'reference twice': [it.peer('parse'), twice]}
    return Case(name, 'bare parse', jobs, differences, records)


def storing(it, name, db, reports, *options):
    once, twice = it.beginning(reports, RECORDS), it.beginning(reports, 2 * RECORDS)
    jobs = {'once': it.store(db, once, it.path(f'gate-{name}-once.db'), *options), 'twice': it.store(db, twice, it.path(f'gate-{name}-twice.db'), *options),
            'reference once': [it.peer('parse'), once], 'reference twice': [it.peer('parse'), twice]}
    return Case(name, 'bare parse', jobs, differences, RECORDS)


def some_rules(it, count):
    """A folder with the first `count` files of the generated rules."""
    def make(path):
        os.makedirs(os.path.join(path, 'platform'))
        rulesets.write(os.path.join(path, 'model.yaml'), it.model)
        for file in it.yaml_files(count):
            rulesets.write(os.path.join(path, 'platform', os.path.basename(file)), world.read(file))
    return it.once(f'first-{count}', make)


def compiling(it):
    def command(count):
        return [it.program, 'compile', some_rules(it, count), '-o', it.path(f'first-{count}.db')]
    jobs = {'once': command(FILES), 'twice': command(2 * FILES), 'reference once': [it.peer('yaml'), *it.yaml_files(FILES)],
            'reference twice': [it.peer('yaml'), *it.yaml_files(2 * FILES)]}
    return Case('compile', 'libyaml events', jobs, differences, FILES)


def start(it, name, *command):
    jobs = {'whole': [it.program, *command], 'reference': [it.peer('empty')]}
    return Case(name, 'empty program', jobs, lambda count: (count('whole'), count('reference')), 1)


def start_of(it, name, case):
    """What a bulk case spends before its first record."""
    jobs = {**case.jobs, 'reference': [it.peer('empty')]}
    return Case(name, 'empty program', jobs, lambda count: (2 * count('once') - count('twice'), count('reference')), 1)


def cases(it):
    random, real = it.reports('random', 2 * RECORDS), it.reports('real', 2 * REAL_RECORDS)
    narrow = bulk(it, 'narrow-10000', it.rule_db('narrow', 10000), random, RECORDS, '--format', 'csv')
    yield bulk(it, 'narrow-100', it.rule_db('narrow', 100), random, RECORDS, '--format', 'csv')
    yield narrow
    yield bulk(it, 'wide-regex-10000', it.rule_db('wide-regex', 10000), random, RECORDS, '--format', 'csv')
    yield bulk(it, 'real-csv', it.db, real, REAL_RECORDS, '--format', 'csv')
    yield bulk(it, 'real-ndjson', it.db, real, REAL_RECORDS, '--format', 'ndjson')
    yield start(it, 'start-classify', 'classify', '--db', it.db, it.beginning(real, 1))
    yield start_of(it, 'start-narrow-10000', narrow)
    yield start(it, 'collect', 'collect', '--db', it.db, '--root', TREE)
    yield compiling(it)
    if it.can('store'):
        yield storing(it, 'store', it.rule_db('narrow', 100), random)
        yield storing(it, 'store-verdicts', it.rule_db('narrow', 100), random, '--keep', 'verdicts')
    if it.can('detect', 'root'):
        yield start(it, 'detect', 'detect', '--db', it.db, '--root', TREE)


def read_budget():
    budget = {}
    for line in world.read(BUDGET).splitlines() if os.path.exists(BUDGET) else []:
        if line and not line.startswith('#'):
            name, ratio, tolerance = line.split('\t')[:3]
            budget[name] = (float(ratio), float(tolerance))
    return budget


def count_all(chosen):
    """(ratio, instructions of one record) by case; a count that several cases need is made once."""
    commands = {tuple(command) for case in chosen for command in case.jobs.values()}
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        counted = dict(zip(commands, pool.map(measure.instructions, commands)))
    ratios = {}
    for case in chosen:
        own, reference = case.total(lambda job, case=case: counted[tuple(case.jobs[job])])
        ratios[case.name] = (own / reference, own / case.each)
    return ratios


def judge(name, ratio, budget):
    """What there is to say, and whether it holds."""
    if name not in budget:
        return 'no budget: make bench-gate-update', False
    allowed, tolerance = budget[name]
    change = 100 * (ratio / allowed - 1)
    if change > tolerance:
        return f'above the budget by {change:.1f} % (tolerance {tolerance:g} %)', False
    if change < -tolerance:
        return f'below the budget by {-change:.1f} %: lower it with make bench-gate-update', True
    return 'holds', True


def report(chosen, ratios, budget):
    print(f'{"case":<20} {"over":<15} {"ratio":>9} {"budget":>9}  {"a record":>13}')
    bad = 0
    for case in chosen:
        ratio, each = ratios[case.name]
        text, holds = judge(case.name, ratio, budget)
        bad += not holds
        print(f'{case.name:<20} {case.reference:<15} {ratio:>9.3f} {budget.get(case.name, (0,))[0]:>9.3f}  {each:>13,.0f}  {text}')
    print(f'bench-gate: {len(chosen) - bad} within the budget, {bad} not')
    return bad


def update(chosen, ratios, budget):
    rows = ['\t'.join((case.name, f'{ratios[case.name][0]:.4g}', f'{budget.get(case.name, (0, TOLERANCE))[1]:g}', case.reference,
                       f'{ratios[case.name][1]:.0f}')) for case in chosen]
    rulesets.write(BUDGET, HEAD + '\n'.join(rows) + '\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('build', help='where hostprint was built')
    parser.add_argument('--update', action='store_true', help='write what is counted into the budget')
    options = parser.parse_args()
    if not measure.version(['valgrind', '--version']):
        sys.exit('bench-gate: valgrind is not installed: .ci/deps checks')
    it = world.World(options.build)
    try:
        chosen = list(cases(it))
        ratios = count_all(chosen)
    except measure.Failed as failed:
        sys.exit(f'bench-gate: {failed}')
    finally:
        it.close()
    budget = read_budget()
    if options.update:
        update(chosen, ratios, budget)
        budget = read_budget()
    sys.exit(1 if report(chosen, ratios, budget) else 0)


if __name__ == '__main__':
    main()
