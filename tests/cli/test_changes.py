"""hostprint diff-db and .ci/changes: a verdict that changes is listed with its cause, and needs a commit that says so."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from check import PROGRAM, ROOT, check, end  # noqa: E402

with open(os.path.join(ROOT, 'reports', 'changes.schema.json'), encoding='utf-8') as schema_file:
    SCHEMA = json.load(schema_file)

MODEL = '''words: {always: 0.995, usually: 0.9, often: 0.6, sometimes: 0.2, rarely: 0.02, never: 0.0002}
layers:
  platform: {title: the product, prior: 0.1}
  kernel: {title: the kernel, prior: 0.1}
forge_floor: {tenant: 0.004, root: 0.001, image: 0.0004, vmm: 0.0002, network: 0.0002}
half_life_days: 365
'''
RULE = '''id: %(id)s
layer: %(layer)s
name: %(id)s
category: ai-sandbox
sources:
  s: {title: t, url: "https://example.org", observed: 2026-01-01}
signals:
  - {id: release, when: {kernel.release: {contains: %(text)s}}, seen: %(seen)s, elsewhere: %(elsewhere)s, why: It says so., source: s}
'''
# the stub of a Makefile builds the program of the tree that it stands in
MAKEFILE = 'build/hostprint: ; mkdir -p build && cp "$$HOSTPRINT" build/hostprint\n'


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def add_rule(tree, name, text, seen='0.99', elsewhere='0.001', layer='platform'):
    write(os.path.join(tree, 'rules', layer, f'{name}.yaml'), RULE % {'id': name, 'layer': layer, 'text': text, 'seen': seen, 'elsewhere': elsewhere})


def run(*words, cwd=None):
    done = subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def compiled(tree):
    database = os.path.join(tree, 'build', 'evidence.db')
    os.makedirs(os.path.dirname(database), exist_ok=True)
    code, _, err = run('compile', os.path.join(tree, 'rules'), '-o', database)
    check(code == 0, f'the rules compile: {err[:300]}')
    return database


def make_tree(tree):
    """A small rule base with a captured machine and a sample."""
    write(os.path.join(tree, 'rules', 'model.yaml'), MODEL)
    add_rule(tree, 'alpha', 'alpha')
    add_rule(tree, 'kay', 'kay', layer='kernel')
    write(os.path.join(tree, 'tests', 'machines', 'one', 'commands', 'uname-r'), '6.1-alpha\n')
    write(os.path.join(tree, 'tests', 'machines', 'one', 'capture.yaml'), 'observed_at: 2026-01-01\n')
    report = {'schema': 'hostprint.report/1', 'id': 'two', 'facts': {'kernel': {'release': '6.1-beta'}}}
    write(os.path.join(tree, 'reports', 'samples', 'two.json'), json.dumps(report, indent=1))


# --- diff-db ---

def diff(scratch, name, change, *more):
    """diff-db between the small base and the same after change(tree)."""
    trees = [os.path.join(scratch, f'{name}-{side}') for side in ('old', 'new')]
    for tree in trees:
        make_tree(tree)
    change(trees[1])
    databases = [compiled(tree) for tree in trees]
    cases = os.path.join(scratch, f'{name}.ndjson')
    write(cases, ''.join(json.dumps({'schema': 'hostprint.report/1', 'id': text, 'facts': {'kernel': {'release': text}}}) + '\n' for text in ('alpha', 'beta', 'kay')))
    code, text, _ = run('diff-db', *more, *databases, cases)
    code_json, document, _ = run('diff-db', '--format', 'json', *more, *databases, cases)
    document = json.loads(document)
    jsonschema.validate(document, SCHEMA)
    check(code == code_json == (1 if document['changes'] else 0), f'{name}: exit code {code}, {code_json}')
    check(f"diff-db: {len(document['changes'])} changes in 3 reports" in text and document['reports'] == 3, f'{name}: both formats say how many: {text}')
    return [(one['report'], one['layer'], one['kind'], one['was'] and one['was']['id'], one['is'] and one['is']['id']) for one in document['changes']], text, document


def diffing(scratch):
    check(diff(scratch, 'same', lambda tree: None)[0] == [], 'the same base: no change')
    check(diff(scratch, 'same-moved', lambda tree: None, '--moved', '0')[0] == [], 'the same base: nothing moves')
    found, text, document = diff(scratch, 'new', lambda tree: add_rule(tree, 'beta', 'beta'))
    check(found == [('beta', 'platform', 'answer', 'unknown', 'beta')] and 'platform/beta is new' in text, f'a new rule: {found} {text}')
    check(document['changes'][0]['causes'][0]['what'] == 'new', 'its cause')
    found, text, _ = diff(scratch, 'gone', lambda tree: os.remove(os.path.join(tree, 'rules', 'platform', 'alpha.yaml')))
    check(found == [('alpha', 'platform', 'answer', 'alpha', 'unknown')] and 'no longer known' in text, f'a rule less: {found}')
    found, text, document = diff(scratch, 'crossed', lambda tree: add_rule(tree, 'alpha', 'alpha', elsewhere='0.05'))
    check(found == [('alpha', 'platform', 'crossed', 'alpha', 'alpha')] and 'platform/alpha.release' in text, f'a probability that passes 0.95: {found}')
    cause = document['changes'][0]['causes'][0]
    check(cause['what'] == 'signal' and cause['was_bits'] > cause['is_bits'] > 0, f'its cause: {cause}')
    weaker = lambda tree: add_rule(tree, 'alpha', 'alpha', elsewhere='0.0015')
    check(diff(scratch, 'little', weaker)[0] == [], 'a probability that passes no mark')
    found = diff(scratch, 'moved', weaker, '--moved', '0.001')[0]
    check(('alpha', 'platform', 'moved', 'alpha', 'alpha') in found, f'a probability that moves by more than is allowed: {found}')
    check(diff(scratch, 'moved-less', weaker, '--moved', '0.1')[0] == [], 'a probability that moves by less than is allowed')

    def fewer_layers(tree):
        shutil.rmtree(os.path.join(tree, 'rules', 'kernel'))
        write(os.path.join(tree, 'rules', 'model.yaml'), MODEL.replace('  kernel: {title: the kernel, prior: 0.1}\n', '  ci: {title: the job, prior: 0.1}\n'))
    found = diff(scratch, 'layers', fewer_layers)[0]
    check(('kay', 'ci', 'new-layer', None, 'unknown') in found and ('kay', 'kernel', 'gone-layer', 'kay', None) in found, f'a layer for another: {found}')
    database = os.path.join(scratch, 'same-old', 'build', 'evidence.db')
    for words in (('--moved', 'x'), ('--moved', '2'), ('--moved', ''), ('--format', 'csv')):
        code, _, err = run('diff-db', *words, database, database, '-')
        check(code == 2 and words[0] in err, f'{words}: a usage error, {code} {err[:200]}')


# --- .ci/changes ---

class Repository:
    def __init__(self, folder):
        self.folder = folder
        make_tree(folder)
        write(os.path.join(folder, 'Makefile'), MAKEFILE)
        write(os.path.join(folder, '.gitignore'), 'build\n')
        os.makedirs(os.path.join(folder, '.ci'))
        shutil.copy(os.path.join(ROOT, '.ci', 'changes'), os.path.join(folder, '.ci', 'changes'))
        self.git('init', '-q', '-b', 'main')
        self.commit('Begin')
        write(os.path.join(folder, '.ci', 'release'), self.git('rev-parse', 'HEAD'))
        self.commit('Name the release')

    def git(self, *words):
        alone = {'GIT_CONFIG_GLOBAL': os.devnull, 'GIT_CONFIG_SYSTEM': os.devnull, 'GIT_AUTHOR_NAME': 'a', 'GIT_AUTHOR_EMAIL': 'a@example.org',
                 'GIT_COMMITTER_NAME': 'a', 'GIT_COMMITTER_EMAIL': 'a@example.org'}
        return subprocess.run(['git', *words], cwd=self.folder, check=True, stdout=subprocess.PIPE, env=dict(os.environ, **alone), timeout=60).stdout.decode()

    def commit(self, *paragraphs):
        self.git('add', '-A')
        self.git('commit', '-q', '--allow-empty', *(word for text in paragraphs for word in ('-m', text)))

    def changes(self, *words):
        compiled(self.folder)
        shutil.copy(PROGRAM, os.path.join(self.folder, 'build', 'hostprint'))
        alone = {'B': os.path.join(self.folder, 'build'), 'HOSTPRINT': PROGRAM, 'GIT_CONFIG_GLOBAL': os.devnull, 'GIT_COMMITTER_NAME': 'a',
                 'GIT_COMMITTER_EMAIL': 'a@example.org', 'GIT_CEILING_DIRECTORIES': os.path.dirname(self.folder)}
        done = subprocess.run(['.ci/changes', *words], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, **alone), timeout=120)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def passes(self, what, note=''):
        code, out, err = self.changes()
        check(code == 0 and not out and note in err, f'{what}: expected to pass, {code} {out} {err[:300]}')

    def fails(self, what, lines):
        code, out, err = self.changes()
        listed = [re.sub(r' \([01]\.[0-9]{3} -> [01]\.[0-9]{3}\)$', '', line) for line in out.splitlines()]
        check(code == 1 and listed == lines and '(0.' in out and 'diff-db' in err, f'{what}: expected to fail with {lines}, {code} {out} {err[:300]}')


NEW = 'Verdict-change: two platform unknown -> beta'


def acknowledging(scratch):
    repository = Repository(os.path.join(scratch, 'repository'))
    folder = repository.folder
    repository.passes('nothing changed')
    add_rule(folder, 'beta', 'beta')
    repository.fails('a change that is not committed yet', [NEW])
    repository.commit('Add beta', 'A product that was unknown.')
    repository.fails('a change that no commit acknowledges', [NEW])
    for trailer in ('Verdict-change: two platform', 'Verdict-change: two kernel unknown -> beta', 'Verdict-change: one platform unknown -> beta',
                    'Verdict-change: two platform unknown -> alpha', 'Verdict-changes: two platform unknown -> beta'):
        repository.commit('Say something else', trailer)
        repository.fails(f'acknowledged is something else: {trailer}', [NEW])
        repository.git('reset', '-q', '--soft', 'HEAD~1')
    for trailer in (NEW, NEW + ' (a new rule)', 'Verdict-change: tw* * beta is new', 'verdict-change: two plat[f]orm beta is new'):
        repository.commit('Add beta', 'Some words.\n', trailer)
        repository.passes(f'acknowledged: {trailer}', 'all acknowledged')
        repository.git('reset', '-q', '--soft', 'HEAD~1')
    code, _, err = repository.changes('amend')
    check(code == 0 and NEW in repository.git('log', '-1', '--format=%B') and 'Add beta' in repository.git('log', '-1', '--format=%s'), f'amend: {err}')
    repository.passes('after amend', 'all acknowledged')
    add_rule(folder, 'alpha', 'alpha', elsewhere='0.05')
    repository.fails('the same answer, less sure', ['Verdict-change: one platform alpha -> alpha'])
    repository.commit('Weigh alpha less', 'Verdict-change: one platform alpha -> alpha')
    repository.passes('two changes, two commits', 'all acknowledged')
    repository.git('tag', 'v1')
    repository.commit('After the release')
    repository.passes('a tag is the release now', '0 verdicts differ from those of v1')
    os.remove(os.path.join(folder, 'rules', 'platform', 'beta.yaml'))
    repository.fails('an older acknowledgement does not count after the tag', ['Verdict-change: two platform beta -> unknown'])
    write(os.path.join(folder, 'tests', 'machines', 'three', 'capture.yaml'), 'observed_at: 2026-01-01\n')
    write(os.path.join(folder, 'tests', 'machines', 'three', 'commands', 'uname-r'), 'alpha\n')
    repository.fails('a machine that is new has not changed', ['Verdict-change: two platform beta -> unknown'])
    return repository


def nothing_to_compare(scratch, repository):
    shallow = os.path.join(scratch, 'shallow')
    repository.git('tag', '-d', 'v1')
    repository.commit('Something newer')
    subprocess.run(['git', 'clone', '-q', '--depth', '1', 'file://' + repository.folder, shallow], check=True, timeout=60, stderr=subprocess.DEVNULL)
    export = os.path.join(scratch, 'export')
    shutil.copytree(repository.folder, export, ignore=shutil.ignore_patterns('.git', 'build'))
    for folder, word in ((shallow, 'unshallow'), (export, 'not a git repository')):
        other = Repository.__new__(Repository)
        other.folder = folder
        other.passes(f'without the release: {word}', 'warning')
        check(word in other.changes()[2], f'it says so plainly: {word}')
    with open(os.path.join(repository.folder, 'Makefile'), 'w', encoding='utf-8') as file:
        file.write('build/hostprint: ; false\n')
    repository.commit('A release that cannot be built')
    write(os.path.join(repository.folder, '.ci', 'release'), repository.git('rev-parse', 'HEAD'))
    repository.commit('Name it')
    repository.passes('its rules are judged by this program', 'does not build here')


def main():
    scratch = tempfile.mkdtemp()
    try:
        diffing(scratch)
        nothing_to_compare(scratch, acknowledging(scratch))
    finally:
        shutil.rmtree(scratch)
    return end('changes')


sys.exit(main())
