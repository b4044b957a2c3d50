"""Every row of the target table, beside the peers that are installed: `make bench`, or `make bench QUICK=1`.

Prints one table of ratios with their bounds, and leaves BUILD/bench/results.json and BUILD/bench/throughput.svg. Talk is on stderr."""
import argparse
import csv
import datetime
import io
import json
import os
import statistics
import subprocess
import sys

import chart
import measure
import rulesets
import world
from world import HERE, SIZES, say

MOST, LEAST, TOLD = 'at most', 'at least', ''


class Target:
    """One row of the table. `sense`: MOST, LEAST, or TOLD for a row without a bound."""

    def __init__(self, title, sense=TOLD, bound=None, stretch=None):
        self.title, self.sense, self.bound, self.stretch = title, sense, bound, stretch

    def met(self, measured):
        if measured is None or self.sense == TOLD:
            return ''
        within = (lambda limit: measured <= limit) if self.sense == MOST else (lambda limit: measured >= limit)
        if within(self.stretch):
            return 'yes, stretch'
        if within(self.bound):
            return 'yes'
        return f'no, {measured / self.bound:.2f} x the bound' if self.sense == MOST else f'no, {measured / self.bound:.2f} of the bound'


TARGETS = {
    'json-valid': Target('bulk, 10,000 narrow rules / SQLite json_valid, CPU', MOST, 1.0, .85),
    'parse': Target('bulk, 10,000 narrow rules / bare yyjson parse, CPU', MOST, 1.5, 1.25),
    'jq': Target('bulk, 10,000 narrow rules / jq -c .id, CPU', MOST, .15, .10),
    'per-byte': Target('instructions per byte, 10,000 narrow rules', MOST, 13, 11),
    'growth-narrow': Target('10,000 / 100 rules, narrow, CPU', MOST, 1.10, 1.05),
    'growth-wide': Target('10,000 / 100 rules, wide without regexes, CPU', MOST, 2, 1.5),
    'growth-wide-regex': Target('10,000 / 100 rules, wide with regexes, CPU', MOST, 4, 3),
    'turn-100': Target('reports/s over every rule in turn, 100 rules', LEAST, 1, 1.5),
    'turn-1000': Target('reports/s over every rule in turn, 1,000 rules', LEAST, 2.5, 5),
    'turn-10000': Target('reports/s over every rule in turn, 10,000 rules', LEAST, 10, 50),
    'clips-10000': Target('reports/s over CLIPS, 10,000 rules', LEAST, 80, 100),
    'yara-10000': Target('reports/s over YARA literals, 10,000 rules', LEAST, 12, 15),
    'sqlite-10000': Target('reports/s over SQLite alone, 10,000 rules', LEAST, 300, 500),
    'jre-10000': Target('reports/s over json-rules-engine, 10,000 rules', LEAST, 8000, 10000),
    'workers': Target('two workers over one, wall', LEAST, 1.8, 1.95),
    'store-verdicts': Target('storing verdicts (--keep verdicts) / classifying, CPU', MOST, .2, .1),
    'store': Target('storing all: reports, facts, verdicts, evidence / classifying, CPU'),
    'live-wall': Target('live / systemd-detect-virt, wall', MOST, .7, .5),
    'live-growth': Target('live, 10,000 rules in the DB / 100, wall', MOST, 1.1, 1.02),
    'live-rss': Target('live / systemd-detect-virt, peak memory', MOST, .8, .6),
    'compile': Target('compile 1,000 rule files / libyaml events, CPU', MOST, 4, 2.5),
    'memory': Target('bulk, ten times the reports, peak memory', MOST, 1.1, 1.02),
    'real-csv': Target('real rule base, real reports, csv / bare parse, CPU'),
    'real-ndjson': Target('real rule base, real reports, ndjson / bare parse, CPU'),
    'live-lscpu': Target('live / lscpu, wall'),
    'live-virt-what': Target('live / virt-what, wall'),
}

PEERS = {'turn': 'every rule in turn', 'clips': 'CLIPS', 'yara': 'YARA literals', 'sqlite': 'SQLite alone', 'jre': 'json-rules-engine'}
SETS = {'narrow': 'narrow', 'wide': 'wide', 'wide-regex': 'wide with regexes'}
COUNTS = {  # reports that a peer gets at 100, 1,000 and 10,000 rules: about a second each
    'turn': (20000, 8000, 800), 'clips': (12000, 6000, 500), 'yara': (12000, 8000, 3000), 'sqlite': (3000, 1000, 150), 'jre': (1500, 120, 12)}


class Missing(Exception):
    """A row that cannot be measured here, and how it could be."""


class Bench:
    """What is measured with, and what was found."""

    def __init__(self, build, quick):
        self.it, self.quick = world.World(build), quick
        self.spawner = measure.Spawner(self.it.peer('spawn'))
        self.rounds, self.seconds = (3, .3) if quick else (7, 1.0)
        self.most = 4000 if quick else 20000
        self.measured, self.notes, self.throughput, self.agreement = {}, {}, {}, []

    def need_peer(self, name):
        if not os.path.exists(self.it.peer(name)):
            raise Missing('not installed: make bench-deps, and again make bench')

    def need_program(self, name):
        if measure.version([name, '--version']) is None:
            raise Missing('not installed: make bench-deps')

    def reports(self, kind='random', count=None):
        """A corpus, or its beginning."""
        whole = self.it.reports(kind, self.most)
        return whole if count is None or count >= self.most else self.it.beginning(whole, count)

    def fitting(self, command_for):
        """A count of reports that takes about self.seconds beyond the start: more and more are tried until that can be told."""
        def cost(count):
            runs, = self.spawner.turns(1, command_for(self.reports(count=count)), warm=0)
            return runs[0].cpu
        start, count = cost(50), 250
        while (spent := cost(count) - start) < self.seconds / 2 and count < self.most:
            count = min(2 * count, self.most)
        wanted = count * self.seconds / max(spent, 1e-3)
        return self.most if wanted >= self.most else max(250, int(float(f'{wanted:.1e}')))

    def hostprint(self, kind, size, *options):
        db = self.it.rule_db(kind, size)
        return lambda reports: self.it.classify(db, reports, *options)

    # --- bulk ---

    def bulk(self):
        command = self.hostprint('narrow', 10000)
        count = self.fitting(command)
        reports = self.reports(count=count)
        valid = [self.it.peer('sqlite'), os.path.join(HERE, 'peers', 'valid.sql'), reports, count]
        own, bare, sqlite = self.spawner.turns(self.rounds, command(reports), [self.it.peer('parse'), reports], valid)
        self.measured['parse'] = measure.median_ratio(own, bare, 'cpu')
        self.measured['json-valid'] = measure.median_ratio(own, sqlite, 'cpu')
        self.throughput['bare yyjson parse'] = {size: count / measure.median(bare, 'cpu') for size in SIZES}
        self.notes['parse'] = self.notes['json-valid'] = f'{count:,} reports'

    def jq(self):
        self.need_program('jq')
        command = self.hostprint('narrow', 10000)
        count = min(self.fitting(command), self.most // 4)
        reports = self.reports(count=count)
        self.measured['jq'] = self.spawner.ratio(min(self.rounds, 5), command(reports), ['jq', '-c', '.id', reports])
        self.notes['jq'] = f'{count:,} reports'

    def per_byte(self):
        self.need_program('valgrind')
        command = self.hostprint('narrow', 10000)
        once, twice = (self.reports(count=count) for count in ((50, 100) if self.quick else (150, 300)))
        counted = measure.instructions(command(twice)) - measure.instructions(command(once))
        self.measured['per-byte'] = counted / (os.path.getsize(twice) - os.path.getsize(once))

    def growth(self):
        for kind in SETS:
            most, least = self.hostprint(kind, 10000), self.hostprint(kind, 100)
            count = self.fitting(most)
            reports = self.reports(count=count)
            self.measured[f'growth-{kind}'] = self.spawner.ratio(self.rounds, most(reports), least(reports))
            self.notes[f'growth-{kind}'] = f'{count:,} reports'

    def curves(self):
        """hostprint's own throughput at each size of each set."""
        for kind in SETS:
            points = self.throughput.setdefault(f'hostprint, {SETS[kind]}', {})
            for size in SIZES:
                command = self.hostprint(kind, size)
                count = self.fitting(command)
                runs, = self.spawner.turns(3, command(self.reports(count=count)))
                points[size] = count / measure.median(runs, 'cpu')

    def real(self):
        for form in ('csv', 'ndjson'):
            command = [self.it.program, 'classify', '--db', self.it.db, '--format', form, '--top', '1', '--jobs', '1']
            count = 100 if self.quick else 400
            reports = self.reports('real', count)
            own, bare = self.spawner.turns(3, [*command, reports], [self.it.peer('parse'), reports])
            self.measured[f'real-{form}'] = measure.median_ratio(own, bare, 'cpu')
            self.notes[f'real-{form}'] = f'{count / measure.median(own, "cpu"):,.0f} reports/s'

    def workers(self):
        if len(os.sched_getaffinity(0)) < 2:
            raise Missing('needs two processors')
        command = self.hostprint('narrow', 10000)
        reports = self.reports(count=2 * self.fitting(command))
        one, two = self.spawner.turns(self.rounds, command(reports), self.hostprint('narrow', 10000, '--jobs', '2')(reports), pinned=False)
        self.measured['workers'] = measure.median_ratio(one, two, 'wall')
        self.notes['workers'] = 'wall: needs an idle machine'

    def memory(self):
        command = self.hostprint('narrow', 100)
        many, few = self.spawner.turns(1, command(self.reports()), command(self.reports(count=self.most // 10)))
        self.measured['memory'] = measure.median_ratio(many, few, 'rss')
        self.notes['memory'] = f'{measure.median(many, "rss") / 1024:.1f} MiB for {self.most:,} reports'

    def store(self):
        if not self.it.can('store'):
            raise Missing('hostprint store is not in this program')
        command, target = self.hostprint('narrow', 10000), self.it.path('store.db')
        count = self.fitting(command)
        reports = self.reports(count=count)
        for name, keep in (('store-verdicts', 'verdicts'), ('store', 'all')):
            ratios = []
            for _ in range(self.rounds):
                # one run each: what is stored is not stored again
                store = self.it.store(self.it.rule_db('narrow', 10000), reports, target, '--keep', keep)
                empty = os.path.getsize(target)
                stored, plain = self.spawner.turns(1, store, command(reports), warm=0)
                ratios.append(stored[0].cpu / plain[0].cpu - 1)
            self.measured[name] = statistics.median(ratios)
            self.notes[name] = f'{count:,} reports, {(os.path.getsize(target) - empty) / count / 1024:.1f} KiB each'

    # --- peers with rules ---

    def peer_command(self, name, size, reports, count):
        folder = self.it.rule_set('narrow', size)
        rows, here = os.path.join(folder, 'rules.tsv'), os.path.join(HERE, 'peers')
        commands = {
            'turn': [self.it.peer('turn'), rows, reports, count],
            'clips': [self.it.peer('clips'), rows, os.path.join(folder, 'rules.clp'), reports, count],
            'yara': [self.it.peer('yara'), os.path.join(folder, 'rules.yar'), reports, count],
            'sqlite': [self.it.peer('sqlite'), os.path.join(here, 'rules.sql'), reports, count, os.path.join(folder, 'rules.sql')],
            'jre': ['node', os.path.join(here, 'rules.js'), self.it.path('npm/node_modules/json-rules-engine'), os.path.join(folder, 'rules.json'), reports, count],
        }
        return commands[name]

    def need_engine(self, name):
        if name != 'jre':
            self.need_peer(name)
        elif not os.path.exists(self.it.path('npm/node_modules/json-rules-engine')) or not measure.version(['node', '--version']):
            raise Missing('not installed: make bench-deps')

    def peer(self, name):
        """One engine at each size: its throughput, hostprint's over it, and whether it finds the same hits as the plain loop."""
        self.need_engine(name)
        points = self.throughput.setdefault(PEERS[name], {})
        for size, count in zip(SIZES, COUNTS[name]):
            count = max(10, count // 5) if self.quick else count
            own_count = self.fitting(self.hostprint('narrow', size))
            own_command = self.hostprint('narrow', size)(self.reports(count=own_count))
            own, other = self.spawner.turns(2 if self.quick else 3, own_command, self.peer_command(name, size, self.reports(), count))
            rates = [(own_count / mine.cpu) / (theirs.reports / theirs.seconds) for mine, theirs in zip(own, other)]
            self.measured[f'{name}-{size}'] = statistics.median(rates)
            points[size] = statistics.median(run.reports / run.seconds for run in other)
            self.notes[f'{name}-{size}'] = f'{points[size]:,.0f} reports/s'
            self.compare_hits(name, size, count, other[0].hits)

    def compare_hits(self, name, size, count, hits):
        if name == 'turn':
            return
        rows = os.path.join(self.it.rule_set('narrow', size), 'texts.tsv' if name == 'yara' else 'rules.tsv')
        reference, = self.spawner.turns(1, [self.it.peer('turn'), rows, self.reports(), count])
        # YARA sees the raw text: one report in sixteen escapes its slashes, and there a literal with a slash is not found
        same = abs(reference[0].hits - hits) <= (.01 * reference[0].hits if name == 'yara' else 0)
        self.agreement.append({'what': f'{PEERS[name]}, {size:,} narrow rules', 'reports': count, 'agrees': same,
                               'text': f'{hits:,} hits, every rule in turn {reference[0].hits:,}'})

    # --- answers ---

    def answers(self):
        """hostprint's best thing and its log odds, which say how many signals were true and false, beside those of the plain loop."""
        for kind in SETS:
            for size in SIZES:
                count = 100 if self.quick else 400
                reports = self.reports(count=count)
                rows = os.path.join(self.it.rule_set(kind, size), 'rules.tsv')
                model = ' '.join(f'{bits:.9f}' for bits in self.it.weights(size // rulesets.PER_THING))
                told = subprocess.run([self.it.peer('turn'), rows, reports, str(count), model], capture_output=True, text=True, check=True).stdout
                printed = self.it.run(*self.hostprint(kind, size)(reports)[1:])
                self.agreement.append(compare_answers(f'hostprint, {size:,} rules, {SETS[kind]}', told, printed))

    # --- live, compile ---

    def live(self):
        detect = [self.it.program, 'detect', '--db', self.it.db]
        rounds = 30 if self.quick else 100
        big, small = (self.it.rule_db('narrow', size) for size in (10000, 100))
        self.measured['live-growth'] = self.spawner.ratio(rounds, [*detect[:-1], big], [*detect[:-1], small], 'wall')
        for key, command in (('live-wall', ['systemd-detect-virt']), ('live-lscpu', ['lscpu']), ('live-virt-what', ['virt-what'])):
            if measure.version([command[0], '--version']) is None:
                self.notes[key] = 'not installed' + (': make bench-deps' if key == 'live-virt-what' else '')
                continue
            own, other = self.spawner.turns(rounds if key != 'live-virt-what' else rounds // 5, detect, command)
            self.measured[key] = measure.median_ratio(own, other, 'wall')
            self.notes[key] = f'{1000 * measure.median(own, "wall"):.2f} ms, {1000 * measure.median(other, "wall"):.2f} ms'
            if key == 'live-wall':
                self.measured['live-rss'] = measure.median_ratio(own, other, 'rss')
                self.notes['live-rss'] = f'{measure.median(own, "rss") / 1024:.1f} MiB, {measure.median(other, "rss") / 1024:.1f} MiB'

    def compile(self):
        folder = os.path.join(self.it.rule_set('narrow', 10000), 'rules')
        own, bare = self.spawner.turns(3, [self.it.program, 'compile', folder, '-o', self.it.path('compiled.db')], [self.it.peer('yaml'), *self.it.yaml_files(1000)])
        self.measured['compile'] = measure.median_ratio(own, bare, 'cpu')
        self.notes['compile'] = f'{1000 * measure.median(own, "cpu"):.0f} ms, {1000 * measure.median(bare, "cpu"):.0f} ms'

    # --- all of it ---

    def steps(self):
        """What is done, with the rows that say so when it cannot be."""
        yield 'throughput', self.curves, ()
        yield 'bulk', self.bulk, ('parse', 'json-valid')
        yield 'jq', self.jq, ('jq',)
        yield 'instructions', self.per_byte, ('per-byte',)
        yield 'growth', self.growth, ('growth-narrow', 'growth-wide', 'growth-wide-regex')
        for name in PEERS:
            yield PEERS[name], lambda name=name: self.peer(name), tuple(f'{name}-{size}' for size in SIZES)
        yield 'workers', self.workers, ('workers',)
        yield 'store', self.store, ('store-verdicts', 'store')
        yield 'live', self.live, ('live-wall', 'live-rss', 'live-growth')
        yield 'compile', self.compile, ('compile',)
        yield 'memory', self.memory, ('memory',)
        yield 'real reports', self.real, ('real-csv', 'real-ndjson')
        yield 'answers', self.answers, ()

    def run(self):
        for name, step, keys in self.steps():
            start = datetime.datetime.now()
            try:
                step()
            except (Missing, measure.Failed) as why:
                self.notes.update({key: str(why) for key in keys if key not in self.measured})
            say(f'bench: {name}: {(datetime.datetime.now() - start).total_seconds():.1f} s')


def compare_answers(what, told, printed):
    """`told`: rows of peers/turn; `printed`: hostprint's csv. Where hostprint says unknown, its second answer is compared."""
    answers = {row['report']: row for row in csv.DictReader(io.StringIO(printed)) if row['layer'] == 'platform'}
    same, tops, wrong = 0, 0, ''
    rows = [line.split('\t') for line in told.splitlines()]
    for report, best, odds, probability, hits in rows:
        row = answers.get(report)
        top = row and row['id'] != 'unknown'
        if top:
            agrees = row['id'] == best and abs(float(row['log_odds']) - float(odds)) < .002
        else:
            agrees = row and float(odds) <= 0 and row['second_id'] == best and \
                abs(float(row['second_probability']) - float(probability)) <= 1e-4 * float(probability)
        same += bool(agrees)
        tops += bool(top)
        if not agrees and not wrong:
            wrong = f'; first that differs: {report}: {best} {odds} ({hits} hits), hostprint {row and dict(row)}'
    return {'what': what, 'reports': len(rows), 'agrees': same == len(rows) == len(answers),
            'text': f'{same:,} of {len(rows):,} best answers with their log odds, {tops:,} of them not unknown{wrong}'}


def versions():
    packages = ('yyjson', 'libpcre2-8', 'sqlite3', 'yaml-0.1', 'libcpuid')
    found = {name: measure.version(['pkg-config', '--modversion', name]) for name in packages}
    commands = {'cc': r'\) (\d[\d.]*)', 'valgrind': None, 'jq': None, 'yara': None, 'node': None, 'systemd-detect-virt': r'systemd \d+ \(([^)]*)\)',
                'lscpu': None, 'virt-what': None}
    for command, pattern in commands.items():
        found[command] = measure.version([command, '--version'], pattern or r'(\d[\w.+~-]*)')
    found['clips'] = measure.version(['dpkg-query', '-W', '-f', '${Version}', 'clips'])
    return found


def table(bench):
    lines = [f'{"target":<52} {"bound":>9} {"stretch":>9} {"measured":>10}  met?']
    for key, target in TARGETS.items():
        measured = bench.measured.get(key)
        sign = {MOST: '<= ', LEAST: '>= ', TOLD: ''}[target.sense]
        bound, stretch = ('' if limit is None else f'{sign}{limit:,}' for limit in (target.bound, target.stretch))
        shown = '' if measured is None else f'{measured:,.3f}' if measured < 100 else f'{measured:,.0f}'
        note = bench.notes.get(key, '')
        lines.append(f'{target.title:<52} {bound:>9} {stretch:>9} {shown:>10}  {target.met(measured):<24} {note}'.rstrip())
    lines.append('')
    for one in bench.agreement:
        lines.append(f'{"agrees" if one["agrees"] else "DIFFERS"}: {one["what"]}, {one["reports"]:,} reports: {one["text"]}')
    return '\n'.join(lines)


METHOD = ('CPU, wall and peak memory of whole processes in turns, pinned to one processor, median of the ratios of the rounds. Rates of the other rule '
          'engines are those of their own loop, without start and compilation of rules; hostprint\'s are of the whole process. '
          'Instructions by callgrind, N and 2 N reports subtracted. Random reports, seed 1; rules, seeds 5 and 11.')


def results(bench, began):
    rows = [{'key': key, 'target': target.title, 'sense': target.sense, 'bound': target.bound, 'stretch': target.stretch,
             'measured': bench.measured.get(key), 'met': target.met(bench.measured.get(key)), 'note': bench.notes.get(key, '')}
            for key, target in TARGETS.items()]
    others = {key: value for key, value in bench.measured.items() if key not in TARGETS}
    return {'date': began.strftime('%Y-%m-%dT%H:%M:%SZ'), 'cpus': len(os.sched_getaffinity(0)), 'machine': os.uname().machine, 'quick': bench.quick,
            'load_average': os.getloadavg()[0], 'versions': versions(), 'method': METHOD, 'rows': rows, 'other_ratios': others,
            'reports_per_second': bench.throughput, 'agreement': bench.agreement}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('build', help='where hostprint was built')
    parser.add_argument('--quick', action='store_true', help='fewer reports and rounds')
    options = parser.parse_args()
    began = datetime.datetime.now(datetime.timezone.utc)
    bench = Bench(options.build, options.quick)
    try:
        bench.run()
    finally:
        bench.it.close()
    found = results(bench, began)
    rulesets.write(bench.it.path('results.json'), json.dumps(found, indent=1) + '\n')
    rulesets.write(bench.it.path('throughput.svg'), chart.throughput(bench.throughput, found))
    print(table(bench))
    print(f'\n{bench.it.path("results.json")}, {bench.it.path("throughput.svg")}')
    say(f'bench: {(datetime.datetime.now(datetime.timezone.utc) - began).total_seconds():.0f} s')


if __name__ == '__main__':
    main()
