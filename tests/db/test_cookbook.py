#!/usr/bin/env python3
"""Every query of db/cookbook.sql runs on a real DB, gives the columns and cells that are written here, and is what `hostprint query` and
Datasette's metadata hold; every table and view explains itself; the search index finds what a person would type."""
import csv
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from check import DB, PROGRAM, ROOT, check, end

# name -> arguments, columns, cells that some row must have (column -> value; a callable judges)
QUERIES = {
    'search': (['kernel builder'], 'layer id signal condition bits_if_true forge why source',
               {'layer': 'provider', 'id': 'flyio', 'signal': 'kernel-builder', 'forge': 'image'}),
    'recognised-by': (['daytona'], 'layer signal condition bits_if_true forge why source observed', {'layer': 'platform'}),
    'compare': (['modal', 'daytona'], 'attribute one other verdict',
                {'attribute': 'isolation', 'one': 'gVisor', 'other': 'Docker + Sysbox', 'verdict': 'differs'}),
    'settles': (['modal', 'daytona'], 'layer facts settles bits_if_id bits_if_other', {'layer': 'platform', 'settles': 'both'}),
    'look-alikes': ([], 'layer id other settles facts bits_if_id bits_if_other', {'layer': 'orchestrator', 'id': 'kubernetes', 'other': 'rke2'}),
    'signals-on': (['mptable'], 'layer id signal condition bits_if_true bits_if_false forge',
                   {'id': 'firecracker', 'signal': 'mptable-fc', 'condition': 'mptable.oem_id is "FC"', 'forge': 'vmm'}),
    'without-fact': (['env'], 'layer id signals bits bits_without lost outcome',
                     {'layer': 'platform', 'id': 'deno-deploy', 'bits_without': 0.0, 'outcome': 'no longer told'}),
    'needed-facts': ([], 'fact forge privilege things no_longer_told bits_lost which',
                     {'fact': 'env', 'no_longer_told': lambda n: n > 20, 'which': lambda text: 'deno-deploy' in text}),
    'forgeable': ([], 'layer id name bits bits_beyond_tenant bits_needed', {'id': 'deno-deploy', 'bits_beyond_tenant': 0.0}),
    'oldest': ([], 'observed title signals volatile_signals bits things url', {'observed': lambda day: day < '2016', 'signals': lambda n: n > 0}),
    'sources': ([], 'layer id sources oldest newest signals volatile_signals', {'id': 'daytona', 'sources': lambda n: n > 1}),
    'stands-on': (['cloudflare-sandbox'], 'layer expected expected_name probability',
                  {'layer': 'provider', 'expected': 'cloudflare', 'expected_name': 'Cloudflare', 'probability': 0.97}),
    'tables': ([], 'table what', {'table': 'founding_five_way', 'what': 'five platforms side by side (Blaxel findings).'}),
    'answers': ([], 'layer id reports mean_probability', {'layer': 'platform', 'id': 'cloudflare-sandbox', 'reports': 1}),
    'report': (['cloudflare-2026-03-24'], 'report layer id probability second signal bits fact value forge',
               {'layer': 'platform', 'id': 'cloudflare-sandbox', 'probability': 0.9999, 'signal': 'hostname', 'fact': 'net.hostname',
                'value': 'cloudchamber', 'forge': 'root'}),
    'by-day': ([], 'day platform reports mean_probability', {'day': '2026-10-01', 'platform': 'sprites', 'reports': 12}),
    'kernels': ([], 'platform kernel first_seen last_seen reports',
                {'platform': 'unknown', 'kernel': '6.9.3-acme', 'first_seen': '2026-10-01', 'last_seen': '2026-10-05', 'reports': 3}),
    'hypervisors': ([], 'provider hypervisor reports percent_of_provider',
                    {'provider': 'cloudflare', 'hypervisor': 'firecracker', 'reports': 1, 'percent_of_provider': 100.0}),
    'confidence': ([], 'layer answered unknown from_99_percent from_95_percent from_50_percent below',
                   {'layer': 'platform', 'answered': lambda n: n > 20, 'unknown': lambda n: n > 12}),
    'evidence': ([], 'layer id signal held failed held_share claimed mean_bits forge',
                 {'layer': 'provider', 'id': 'flyio', 'signal': 'resolver', 'held': 1, 'failed': 13, 'claimed': 0.7}),
    'stale-signals': ([], 'layer id signal held failed held_share claimed why', {'layer': 'provider', 'id': 'flyio', 'signal': 'resolver', 'held': 1, 'failed': 13}),
    'conflicts': ([], 'report layer answer conflict what fact found bits',
                  {'report': 'sprite-1', 'layer': 'provider', 'answer': 'flyio', 'conflict': 'signal failed', 'what': 'resolver', 'fact': 'net.dns'}),
    'tenant': ([], 'report layer id probability log_odds tenant_bits log_odds_without_tenant',
               {'report': 'pretended', 'layer': 'platform', 'id': 'deno-deploy', 'log_odds_without_tenant': lambda bits: bits < 0}),
    'unknown': ([], 'provider hypervisor kernel container orchestrator reports mean_probability example',
                {'reports': lambda n: n >= 12, 'example': lambda text: text.startswith('acme-')}),
    'clusters': (['1000'], 'reports cluster bits shared_with_bits first_report last_report',
                 {'reports': 12, 'cluster': 'dmi.product_name = Rocket #', 'first_report': 'acme-1', 'last_report': 'acme-12',
                  'shared_with_bits': lambda text: 'kernel.release = #.#.#-acme (' in text and 'dmi.product_name = Rocket # (' in text}),
    'missing-facts': ([], 'fact reports things bits_at_best privilege forge how',
                      {'fact': 'env', 'reports': lambda n: n >= 12, 'things': lambda n: n > 20, 'privilege': 'none'}),
    'changes': ([], 'report layer kind id_before probability_before id_after probability_after changed_at',
                {'report': 'e2b-2026-02-17', 'layer': 'platform', 'kind': 'answer', 'id_before': 'e2b', 'id_after': 'unknown'}),
    'last-rejudge': ([], 'layer kind id_before id_after reports mean_difference example_report_id',
                     {'layer': 'platform', 'id_before': 'e2b', 'id_after': 'unknown', 'reports': 1}),
}


def read_cookbook():
    """name -> (on, [argument names], statement), as the head of the file says."""
    with open(os.path.join(ROOT, 'db', 'cookbook.sql'), encoding='utf-8') as file:
        sections = re.split(r'^-- name: ', file.read(), flags=re.M)[1:]
    book = {}
    for section in sections:
        name, text = section.split('\n', 1)
        arguments = [line.split()[2] for line in text.split('\n') if line.startswith('-- argument: ')]
        titles = [line for line in text.split('\n') if line.startswith('-- title: ')]
        on = re.search(r'^-- on: (.*)$', text, flags=re.M).group(1)
        check(len(titles) == 1 and on in ('evidence', 'work') and name not in book, f'the head of {name}')
        book[name] = on, arguments, re.sub(r'\A(--.*\n)+', '', text).strip()
        check(book[name][2].endswith(';') and ';\n' not in book[name][2], f'{name} is one statement')
    return book


def fits(row, cells):
    return all(expected(row[column]) if callable(expected) else row[column] == expected for column, expected in cells.items())


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def put_reports(folder):
    """Reports that no rule knows, copies of a machine on which signals fail, and that somebody pretends by variables alone."""
    with open(os.path.join(ROOT, 'reports', 'samples', 'sprites-2026-02-17.json'), encoding='utf-8') as file:
        sprite = json.load(file)
    reports = []
    for i in range(1, 13):
        reports.append({'schema': 'hostprint.report/1', 'id': f'acme-{i}', 'observed_at': f'2026-10-0{i % 6 + 1}T00:00:00Z', 'facts': {
            'kernel': {'release': f'6.9.{i % 4 + 1}-acme'}, 'dmi': {'sys_vendor': 'Acme Launchers', 'product_name': f'Rocket {i}'},
            'net': {'hostname': f'rocket-{i}'}, 'os': {'id': 'acmeos', 'version_id': '4', 'pretty_name': 'é' * 150 if i == 1 else 'a' + 'é' * 150},
            'user': {'name': '(hidden)', 'uid': 1000}, 'memory': {'balloon': i == 1}}})
        changed = json.loads(json.dumps(sprite))
        changed.update(id=f'sprite-{i}', observed_at='2026-10-01T00:00:00Z')
        reports.append(changed)
    reports.append({'schema': 'hostprint.report/1', 'id': 'pretended', 'observed_at': '2026-10-09T00:00:00Z', 'facts': {
        'env': {'DENO_DEPLOY': '1', 'DENO_DEPLOYMENT_ID': 'x', 'DENO_REGION': 'gcp-europe-west3', 'DENO_DEPLOY_ORG_ID': 'a', 'DENO_DEPLOY_APP_ID': 'b'}}})
    path = os.path.join(folder, 'made.ndjson')
    with open(path, 'w', encoding='utf-8') as file:
        file.writelines(json.dumps(report) + '\n' for report in reports)
    return path


def make_work(folder):
    """The samples and the made reports, judged first by all rules and then by all but one file."""
    work, fewer, rules = (os.path.join(folder, name) for name in ('work.db', 'fewer.db', 'rules'))
    code, _, err = run('store', work, os.path.join(ROOT, 'reports', 'samples'), put_reports(folder), '--db', DB)
    check(code == 0, f'store: {code} {err}')
    shutil.copytree(os.path.join(ROOT, 'rules'), rules)
    os.remove(os.path.join(rules, 'platform', 'e2b.yaml'))
    code, _, err = run('compile', rules, '-o', fewer)
    check(code == 0, f'compile: {err}')
    code, _, err = run('rejudge', work, '--db', fewer)
    check(code == 0, f'rejudge: {err}')
    return work


def test_query(db, path, name, on, names, statement):
    arguments, columns, cells = QUERIES[name]
    check(len(names) == len(arguments), f'{name}: {names}')
    cursor = db.execute(statement, arguments)
    found = [column[0] for column in cursor.description]
    rows = [dict(zip(found, row)) for row in cursor]
    check(found == columns.split(), f'{name}: columns {found}')
    check(any(fits(row, cells) for row in rows), f'{name}: no row has {cells} of {rows[:3]}')
    check(not any(value == 1.0 for row in rows for column, value in row.items() if 'probability' in column), f'{name} prints a probability of 1')
    check(list(db.execute(statement, arguments)) == [tuple(row.values()) for row in rows], f'{name} gives the same rows again')
    code, out, err = run('query', '--format', 'json', path, name, *arguments)
    check(code == 0 and json.loads(out or '[]') == rows, f'hostprint query {name}: {code} {err}')
    if on == 'evidence':
        with sqlite3.connect(f'file:{DB}?mode=ro', uri=True) as evidence:
            check(len(evidence.execute(statement, arguments).fetchall()) > 0, f'{name} on an evidence DB')


def test_queries(path):
    book = read_cookbook()
    check(set(book) == set(QUERIES), f'tested and written: {set(book) ^ set(QUERIES)}')
    with sqlite3.connect(f'file:{path}?mode=ro', uri=True) as db:
        db.execute('pragma trusted_schema = off')
        for name, (on, names, statement) in book.items():
            test_query(db, path, name, on, names, statement)
    return book


def test_values(path):
    """The short facts of a report: of every type that has one value, whole characters of a long one, and nothing that names a machine."""
    with sqlite3.connect(f'file:{path}?mode=ro', uri=True) as db:
        facts = dict(db.execute("select fact, value from report_value join report using (report_id) where id = 'acme-1'").fetchall())
        cut, = db.execute("select value from report_value join report using (report_id) where id = 'acme-2' and fact = 'os.pretty_name'").fetchone()
    check(facts == {'kernel.release': '6.9.2-acme', 'dmi.sys_vendor': 'Acme Launchers', 'dmi.product_name': 'Rocket 1', 'os.id': 'acmeos',
                    'os.version_id': '4', 'os.pretty_name': 'é' * 100, 'user.uid': 1000, 'memory.balloon': 1}, f'acme-1: {facts}')
    check(cut == 'a' + 'é' * 99, f'a text is cut between characters: {cut}')


def test_search(path):
    """What people type: paths, variables, halves of words, marks that mean something to FTS5."""
    for words, signal in (('kernel.builder fly', 'kernel-builder'), ('CLOUDFLARE_LOCATION', 'placement-variables'), ('builds kernel', 'builder'),
                          ('cloudcham', 'hostname'), ('cloudflare hostname', 'hostname'), ('dmi:Firmware "vendor', None), ('zzyzx', None),
                          ('not and or', None), ('""', None), ('', None), ('*', None), ("it's", None), ('/bin/metamorph-wrapper', 'wrapper-file')):
        code, out, err = run('query', '--format', 'csv', path, 'search', words)
        found = [row['signal'] for row in csv.DictReader(io.StringIO(out))]
        check(code == 0 and (signal is None or signal in found), f'search {words!r}: {code} {found[:5]} {err}')
        check(words != 'zzyzx' or not found, 'nothing is found where nothing is')


def test_index(folder):
    """The index is that of the signals, also after rejudge has put other rules in."""
    for source in (DB, os.path.join(folder, 'work.db')):
        copy = os.path.join(folder, 'copy.db')
        with sqlite3.connect(source) as db, sqlite3.connect(copy) as target:
            db.backup(target)
        with sqlite3.connect(copy) as db:
            try:
                db.execute("insert into signal_search (signal_search, rank) values ('integrity-check', 1)")
                check(True, 'index')
            except sqlite3.Error as error:
                check(False, f'the index of {source}: {error}')
            hits = "select count(*) from signal_search('e2b')"
            check((db.execute(hits).fetchone()[0] > 3) == (source == DB), f'signals of the rules in {source}')
        os.remove(copy)


def test_words(folder):
    """The index is fed with the words of the view signal_text, whatever stands in a reason or a condition; FTS5 compares the two."""
    rules, path = os.path.join(folder, 'words'), os.path.join(folder, 'words.db')
    os.makedirs(os.path.join(rules, 'platform'))
    shutil.copy(os.path.join(ROOT, 'rules', 'model.yaml'), rules)
    signals = []
    whys = ('ends. Then.', 'a.-b. . c.d-e.. f.', '-. .-', '.', '. .', 'v1.2-3, a_b/c.', 'Ümläut. “quoted”-word.')
    for number, why in enumerate(whys):
        operand = json.dumps(f'{why} ./_-x {number}', ensure_ascii=False)
        signals.append(f'  - {{id: a-{number}-b, when: {{kernel.release: {{equals: {operand}}}}}, seen: always, elsewhere: never, '
                       f'why: {json.dumps(why, ensure_ascii=False)}, source: s}}')
    with open(os.path.join(rules, 'platform', 'box-of-words.yaml'), 'w', encoding='utf-8') as file:
        file.write('id: box-of-words\nlayer: platform\nname: Box-Of. Words\ncategory: ai-sandbox\nsources:\n'
                   '  s: {title: T, url: "https://example.org/", observed: 2026-01-01}\nsignals:\n' + '\n'.join(signals) + '\n')
    code, _, err = run('compile', rules, '-o', path)
    check(code == 0, err)
    copy = os.path.join(folder, 'copy.db')
    with sqlite3.connect(path) as db, sqlite3.connect(copy) as target:
        db.backup(target)
    with sqlite3.connect(copy) as db:
        check(db.execute('select count(*) from signal_text').fetchone()[0] == len(whys), 'words of every signal')
        try:
            db.execute("insert into signal_search (signal_search, rank) values ('integrity-check', 1)")
            check(True, 'words')
        except sqlite3.Error as error:
            check(False, f'the index does not have the words of signal_text: {error}')
    os.remove(copy)


def columns_of(db, name):
    return {row[1] for row in db.execute(f'pragma table_info("{name}")')}


def test_metadata(path, book):
    """Datasette is told of every table and view, of nothing else, and of columns that there are; its queries are the cookbook's."""
    text = subprocess.run([os.path.join(ROOT, 'db', 'metadata.sh')], capture_output=True, check=True).stdout
    databases = json.loads(text)['databases']
    for database, file in (('evidence', DB), ('work', path)):
        metadata = databases[database]
        with sqlite3.connect(f'file:{file}?mode=ro', uri=True) as db:
            there = {name for name, kind in db.execute("select name, type from pragma_table_list where schema = 'main'")
                     if kind in ('table', 'view') and not name.startswith('sqlite_') and name != 'seal'}
            check(set(metadata['tables']) == there, f'{database}: {set(metadata["tables"]) ^ there}')
            for name, table in metadata['tables'].items():
                named = set(table.get('columns', {})) | set(table.get('units', {})) | set(table.get('facets', []))
                named |= {table[key] for key in ('sort', 'sort_desc', 'label_column', 'fts_pk') if key in table}
                check(len(table['description']) > 10 and named <= columns_of(db, name), f'{database}, {name}: {named - columns_of(db, name)}')
            keys = [key for name in there for key in db.execute(f'pragma foreign_key_list("{name}")')]
            check(keys and all(key[4] for key in keys), f'{database}: a foreign key that names no column, which Datasette cannot show')
        expected = {name for name, (on, _, _) in book.items() if on == 'evidence' or database == 'work'}
        check(set(metadata['queries']) == expected, f'{database}: {set(metadata["queries"]) ^ expected}')
        for name, query in metadata['queries'].items():
            statement = book[name][2]
            for i, argument in enumerate(book[name][1]):
                statement = statement.replace(f'?{i + 1}', ':' + argument.lower())
            check(query['sql'] == statement and query['title'], f'{database}: the query {name}')


def test_explained(path):
    """Every table and view is described where a stranger looks: in .schema and in readme."""
    for file in (DB, path):
        with sqlite3.connect(f'file:{file}?mode=ro', uri=True) as db:
            for name, kind, sql in db.execute("select name, list.type, sql from pragma_table_list as list join sqlite_schema using (name) "
                                              "where schema = 'main' and list.type <> 'shadow' and name not like 'sqlite!_%' escape '!'").fetchall():
                mark = r'^create view \w+ as -- \S' if kind == 'view' else r'^create (virtual )?table \w+ +(\( *)?-- \S'
                check(re.match(mark, sql, flags=re.I), f'{name} has no comment in .schema: {sql[:80]}')
                topic = f'{"view" if kind == "view" else "table"} {name}'
                told = db.execute('select text from readme where topic = ?', [topic]).fetchone()
                check(name == 'readme' or (told and len(told[0]) > 10), f'{topic} is not in readme')
            names = {name for name, in db.execute("select name from pragma_table_list where schema = 'main'")}
            for topic, in db.execute("select topic from readme where topic like 'table %' or topic like 'view %'").fetchall():
                check(topic.split()[1] in names, f'readme tells of {topic}, which is not there')


def main():
    folder = tempfile.mkdtemp(prefix='hostprint-cookbook-')
    try:
        path = make_work(folder)
        book = test_queries(path)
        test_values(path)
        test_search(path)
        test_index(folder)
        test_words(folder)
        test_metadata(path, book)
        test_explained(path)
    finally:
        shutil.rmtree(folder)
    return end('db/cookbook')


if __name__ == '__main__':
    sys.exit(main())
