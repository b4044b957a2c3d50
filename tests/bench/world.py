"""What is measured: corpora and rule sets below BUILD/bench, made once and kept until what makes them changes."""
import hashlib
import json
import math
import os
import re
import shutil
import subprocess
import sys

import corpus
import rulesets

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = (100, 1000, 10000)
WIDE = {'wide': False, 'wide-regex': True}  # name of the set: whether it has regexes


def say(text):
    print(text, file=sys.stderr, flush=True)


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


class World:
    """The build under test and everything generated for it."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.folder = os.path.join(self.build, 'bench')
        self.program, self.db = os.path.join(self.build, 'hostprint'), os.path.join(self.build, 'evidence.db')
        self.model = read(os.path.join(ROOT, 'rules', 'model.yaml'))
        code = ''.join(read(os.path.join(HERE, name)) for name in ('corpus.py', 'rulesets.py', 'world.py'))
        self.made_by = hashlib.sha256((code + self.model).encode()).hexdigest()[:12]
        self.cuts = set()
        os.makedirs(self.folder, exist_ok=True)

    def close(self):
        """Removes the beginnings of corpora, which are cut anew by the next run."""
        for path in self.cuts:
            os.unlink(path)

    def peer(self, name):
        return os.path.join(self.folder, 'peers', name)

    def path(self, name):
        return os.path.join(self.folder, name)

    def once(self, name, make):
        """The path of what `make(path)` makes, which is made anew when this code or the model has changed."""
        path, mark = self.path(name), self.path(name.replace('/', '-') + '.made')
        if os.path.exists(path) and os.path.exists(mark) and read(mark) == self.made_by:
            return path
        say(f'bench: making {name}')
        shutil.rmtree(path, ignore_errors=True)  # a file is overwritten
        os.makedirs(os.path.dirname(path), exist_ok=True)
        make(path)
        rulesets.write(mark, self.made_by)
        return path

    def run(self, *arguments):
        """Standard output of hostprint; its diagnostics when it fails."""
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, check=False)
        if done.returncode > 1:
            raise SystemExit(f'bench: hostprint {arguments[0]}: {done.stderr}')
        return done.stdout

    # --- corpora ---

    def bases(self):
        """The machines and samples of this repository as reports."""
        machines = os.path.join(ROOT, 'tests', 'machines')
        folders = [entry.path for entry in sorted(os.scandir(machines), key=lambda entry: entry.name) if entry.is_dir()]
        captured = self.run('collect', '--db', self.db, '--capture', *folders).splitlines()
        samples = os.path.join(ROOT, 'reports', 'samples')
        reports = [json.loads(line) for line in captured]
        reports += [json.loads(read(os.path.join(samples, name))) for name in sorted(os.listdir(samples)) if name != 'expected.json']
        return reports

    def reports(self, kind, count):
        """A file of `count` reports; `kind`: random or real. A shorter file is the beginning of a longer one."""
        def make(path):
            lines = corpus.random_reports(count) if kind == 'random' else corpus.real_reports(self.bases(), count)
            with open(path, 'w', encoding='utf-8') as file:
                for line in lines:
                    file.write(line + '\n')
        return self.once(f'{kind}-{count}.ndjson', make)

    def beginning(self, path, count):
        """The first `count` lines of a corpus as a file of its own."""
        short = f'{path.removesuffix(".ndjson")}-first-{count}.ndjson'
        if short not in self.cuts:
            with open(path, encoding='utf-8') as whole, open(short, 'w', encoding='utf-8') as file:
                file.writelines(line for _, line in zip(range(count), whole))
            self.cuts.add(short)
        return short

    # --- rule sets ---

    def rules(self, kind, count):
        """The names and rules of a set: narrow, wide or wide-regex."""
        if kind == 'narrow':
            return rulesets.narrow(count)
        return rulesets.wide(count, [json.loads(line) for line in corpus.random_reports(2000, seed=3)], WIDE[kind])

    def rule_set(self, kind, count):
        """The folder of a rule set: rules/ for hostprint, rules.tsv and the other engines' forms."""
        def make(path):
            names, rules = self.rules(kind, count)
            rulesets.write_yaml(os.path.join(path, 'rules'), names, rules, self.model)
            rulesets.write_rows(os.path.join(path, 'rules.tsv'), names, rules)
            if kind == 'narrow':
                rulesets.write_clips(os.path.join(path, 'rules.clp'), rules)
                rulesets.write_yara(os.path.join(path, 'rules.yar'), names, rules)
                rulesets.write_sql(os.path.join(path, 'rules.sql'), rules)
                rulesets.write_json(os.path.join(path, 'rules.json'), rules)
                rulesets.write_rows(os.path.join(path, 'texts.tsv'), names, [rule for rule in rules if rule.operator != 'range'])
        return self.once(f'{kind}-{count}', make)

    def rule_db(self, kind, count):
        """The evidence DB of a rule set, compiled by the program under test; or the real one."""
        if kind == 'real':
            return self.db
        folder = self.rule_set(kind, count)
        path = folder + '.db'
        if not os.path.exists(path) or os.path.getmtime(path) < max(os.path.getmtime(self.program), os.path.getmtime(folder)):
            say(f'bench: compiling {os.path.basename(folder)}')
            self.run('compile', os.path.join(folder, 'rules'), '-o', path)
        return path

    def yaml_files(self, count):
        """The files of the first `count` things of the narrow set of 10,000 rules."""
        things = os.path.join(self.rule_set('narrow', 10000), 'rules', 'platform')
        return [os.path.join(things, name) for name in sorted(os.listdir(things))[:count]]

    def weights(self, things):
        """Bits of a true and of a false signal, and prior bits of each of so many things: from the model, for the reference."""
        temperature = float(re.search(r'^temperature: ([\d.]+)', self.model, re.M)[1])
        known = float(re.search(r'^  platform: .*known: ([\d.]+)', self.model, re.M)[1])
        seen, elsewhere = rulesets.SEEN, rulesets.ELSEWHERE
        return math.log2(seen / elsewhere) / temperature, math.log2((1 - seen) / (1 - elsewhere)) / temperature, math.log2(known / things)

    # --- commands ---

    def classify(self, db, reports, *options):
        return [self.program, 'classify', '--db', db, '--format', 'csv', '--top', '1', '--jobs', '1', *options, reports]

    def store(self, db, reports, target, *options):
        """The command that puts reports into a work DB, which is made here with another report in it: making it is not measured."""
        if os.path.exists(target):
            os.unlink(target)
        self.run('store', '--db', db, target, os.path.join(ROOT, 'reports', 'samples', 'e2b-2026-02-17.json'))
        return [self.program, 'store', *options, target, reports]

    def can(self, command, option=''):
        """Whether the program has that command and option."""
        done = subprocess.run([self.program, command, '--help'], capture_output=True, text=True, check=False)
        return done.returncode == 0 and f'--{option}' in done.stdout
