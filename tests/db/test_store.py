"""hostprint store, rejudge and query: nothing twice and nothing lost, whatever is killed, damaged or in the way; other rules; the cookbook.

HOSTPRINT_HEAVY=1 kills more often and stores more."""
import csv
import glob
import io
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from check import DB, PROGRAM, ROOT, check, end  # noqa: E402

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that began us in the background has it ignored, and programs inherit that

HEAVY = bool(os.environ.get('HOSTPRINT_HEAVY'))
SAMPLES = [path for path in sorted(glob.glob(os.path.join(ROOT, 'reports', 'samples', '*.json'))) if not path.endswith('expected.json')]
CONTENT = ('select report_id, id, observed_at, body, facts from report join report_body using (report_id) join report_short using (report_id) order by report_id', 'select * from verdict order by 1, 2, 3',
           'select * from evidence order by 1, 2, 3')


def run(*words, text=None, **more):
    done = subprocess.run([PROGRAM, *words], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False, **more)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def ask(path, statement, *values):
    db = sqlite3.connect(path)
    try:
        return db.execute(statement, values).fetchall()
    finally:
        db.close()


def rows(path, table):
    """How many, 0 where there is no such table yet."""
    there = os.path.exists(path) and ask(path, 'select 1 from sqlite_schema where name = ?', table)
    return ask(path, f'select count(*) from {table}')[0][0] if there else 0


def content(path):
    return [ask(path, statement) for statement in CONTENT]


def report(number, **facts):
    return json.dumps({'schema': 'hostprint.report/1', 'id': f'machine-{number}', 'observed_at': '2026-05-01T00:00:00Z', 'facts': facts})


def write(path, *lines):
    with open(path, 'w', encoding='utf-8') as file:
        file.writelines(line + '\n' for line in lines)
    return path


def samples(times):
    """The samples over and over, each time as other machines."""
    lines = []
    for turn in range(times):
        for path in SAMPLES:
            with open(path, encoding='utf-8') as file:
                one = json.load(file)
            lines.append(json.dumps(dict(one, id=f'{one["id"]}-{turn}')))
    return lines


def keeps(scratch):
    """What is stored is what classify says, once; readable with sqlite3 beside the rules."""
    path = os.path.join(scratch, 'work.db')
    code, out, err = run('store', path, os.path.join(ROOT, 'reports', 'samples'))
    check((code, out, err) == (0, f'stored {len(SAMPLES)}, there already 0, not readable 0\n', ''), f'a first store: {code} {out} {err}')
    code, out, err = run('store', path, os.path.join(ROOT, 'reports', 'samples'))
    check((code, out) == (0, f'stored 0, there already {len(SAMPLES)}, not readable 0\n'), f'the same again: {code} {out} {err}')
    with open(DB, 'rb') as file:
        check(ask(path, 'select image from rulebase') == [(file.read(),)], 'the rules are kept byte for byte')
    lines = run('classify', '--format', 'ndjson', '--top', '0', *SAMPLES)[1].splitlines()
    answers, evidence = {}, {}
    for verdict in map(json.loads, lines):
        for layer, hypotheses in verdict['layers'].items():
            best = hypotheses[0]
            answers[verdict['report'], layer] = best['id'], best['probability'], hypotheses[1]['id']
            for piece in best['evidence'] + best['contradicted']:
                if piece['bits']:
                    evidence[verdict['report'], layer, piece['signal']] = piece['truth'] == 'true', piece['fact'], piece['value'], round(piece['bits'], 2)
    found = ask(path, 'select report.id, layer, verdict.id, probability, second from verdict join report using (report_id)')
    told = {(name, layer): (one, p, second) for name, layer, one, p, second in found}
    other = [k for k in answers if k not in told or told[k][::2] != answers[k][::2] or abs(told[k][1] - answers[k][1]) > 1e-6]
    check(not other and len(found) == len(answers) > 100, f'the same answers: {other[:3]}')
    check(ask(path, 'select max(probability) < 1 from verdict') == [(1,)], 'nobody is told of certainty')
    found = ask(path, "select report.id, layer, layer || '/' || platform.id || '.' || signal, holds, fact, value, bits from evidence "
               'join report using (report_id) join signal using (signal_id) join platform using (platform_id)')
    told = {row[:3]: (row[3] == 1, row[4], row[5], round(row[6], 2)) for row in found}
    other = [k for k in evidence if k not in told or told[k][:3] != evidence[k][:3] or abs(told[k][3] - evidence[k][3]) > 0.011]
    check(not other and len(told) == len(evidence) > 100, f'the same evidence: {len(told)} of {len(evidence)} {other[:3]}')
    check(ask(path, 'pragma integrity_check') == [('ok',)] and not ask(path, 'pragma foreign_key_check'), 'a sound file')
    topics = {row[0] for row in ask(path, 'select topic from readme')}
    names = {row[0] for row in ask(path, "select type || ' ' || name from sqlite_schema where type in ('table', 'view')")}
    check({'table report', 'table verdict', 'table evidence', 'table change', 'view change_log', 'view report_fact'} <= topics & names, 'readme tells of them')
    return path


def facts(scratch):
    """report_fact gives what classify reads, whichever way a report writes it."""
    path = os.path.join(scratch, 'facts.db')
    lines = [json.dumps({'schema': 'hostprint.report/1', 'id': 'a', 'facts': {'kernel': {'release': '6.1', 'cmdline': ['quiet']}, 'dmi': None,
                                                                            'env.HOME': '/root', 'os.id': 'debian'}, 'unreadable': {'acpi': 'refused'}})]
    run('store', path, write(path + '.ndjson', *lines))
    found = set(ask(path, 'select fact, key, state, value from report_fact'))
    wanted = {('kernel.release', None, 'present', '6.1'), ('kernel.cmdline', None, 'present', '["quiet"]'), ('env', 'HOME', 'present', '/root'),
              ('os.id', None, 'present', 'debian'), ('dmi.sys_vendor', None, 'absent', None), ('acpi', None, 'unreadable', 'refused')}
    check(wanted <= found and len([row for row in found if row[2] == 'present']) == 4, f'facts: {wanted - found}')


def same_and_other(scratch):
    """Content is what tells reports apart: not ids, not blanks around it, not the file."""
    path, one = os.path.join(scratch, 'same.db'), report(1, os={'id': 'debian'})
    run('store', path, write(os.path.join(scratch, 'one.json'), '', one, ''))
    code, out, _ = run('store', path, write(os.path.join(scratch, 'two.ndjson'), one, report(1, os={'id': 'alpine'}), one))
    check((code, out) == (0, 'stored 1, there already 2, not readable 0\n'), f'one id, two reports: {out}')
    check(ask(path, 'select id, count(*) from report group by id') == [('machine-1', 2)], 'both are kept')
    check(len(set(ask(path, 'select content from report'))) == 2, 'their hashes differ')


def verdicts_only(scratch):
    """--keep verdicts: the same verdicts, nothing else; found again without the text; what is missing can be added; rejudge tells what it cannot judge."""
    path, whole, new = os.path.join(scratch, 'verdicts.db'), os.path.join(scratch, 'whole.db'), other_rules(scratch)
    lines = write(os.path.join(scratch, 'verdicts.ndjson'), *samples(2))
    count = 2 * len(SAMPLES)
    told = run('store', '--keep', 'verdicts', path, lines)
    check(told == (0, f'stored {count}, there already 0, not readable 0\n', ''), f'verdicts only: {told}')
    told = run('store', '--keep', 'verdicts', path, lines)
    check(told == (0, f'stored 0, there already {count}, not readable 0\n', ''), f'the same again: {told}')
    run('store', whole, lines)
    same = [[tuple(round(one, 9) if isinstance(one, float) else one for one in row) for row in ask(db, CONTENT[1])] for db in (path, whole)]
    check(same[0] == same[1] and len(same[0]) > 100, 'the same verdicts as with everything')
    check(not any(rows(path, table) for table in ('report_body', 'report_short', 'evidence')), 'and nothing else')
    check(ask(path, 'select count(*) from latest_verdict') == ask(whole, 'select count(*) from latest_verdict'), 'the view of them')
    other = os.path.join(scratch, 'verdicts-classify.db')
    code, out, err = run('classify', '--format', 'csv', '--keep', 'verdicts', '--store', other, lines)
    check((code, out, err) == run('classify', '--format', 'csv', lines) and content(other) == content(path), f'through classify: {code} {err}')
    # other rules: nothing can be judged from here, and nothing is called changed
    code, out, err = run('rejudge', '--db', new, path)
    check(code == 0 and f'{count} reports cannot be judged from here' in out and 'judged 0 reports' in out and not rows(path, 'change'), f'rejudge: {code} {out} {err}')
    check(rows(path, 'latest_verdict') == 0 and rows(path, 'verdict') == len(same[0]), 'verdicts by the earlier rules stay, and are not taken for those by the new')
    told = run('store', '--keep', 'verdicts', path, lines)
    check(told == (0, f'stored {count}, there already 0, not readable 0\n', ''), f'given again they are judged by the rules in use: {told}')
    run('rejudge', '--db', new, whole)
    latest = 'select report, layer, id, second from latest_verdict order by report_id, layer'
    check(ask(path, latest) == ask(whole, latest) and rows(path, 'report') == count, 'as rejudge does it where the text is kept')
    # and then everything is kept after all
    told = run('store', path, lines), run('store', path, lines)
    check([one[1].split(',')[0] for one in told] == [f'stored {count}', 'stored 0'] and content(path)[0] == content(whole)[0] and
          content(path)[2] == content(whole)[2] and rows(path, 'report') == count, f'what was not kept is added: {told}')
    told = run('store', '--keep', 'verdicts', whole, lines)
    check(told[1].startswith('stored 0,') and rows(whole, 'report_body') == count, f'what is kept stays: {told}')
    mixed = os.path.join(scratch, 'mixed.db')
    run('store', mixed, write(mixed + '.ndjson', *samples(1)))
    run('store', '--keep', 'verdicts', mixed, lines)
    code, out, err = run('rejudge', '--db', new, mixed)
    check(code == 0 and f'judged {len(SAMPLES)} reports' in out and f'\n{len(SAMPLES)} reports cannot' in out and
          ask(mixed, 'select distinct kind from change') != [('gone layer',)], f'some of both: {out} {err}')
    # one hash of the two is not enough; where the text is kept it decides
    db = sqlite3.connect(other)
    db.execute('update report set content_too = content_too + 1 where report_id = 1')
    db.commit()
    db.close()
    check(run('store', '--keep', 'verdicts', other, lines)[1].startswith('stored 1,'), 'another text with one hash in common is another report')
    db = sqlite3.connect(mixed)
    db.execute('update report_body set body = body || 1 where report_id = 1')
    db.commit()
    db.close()
    check(run('store', '--db', new, mixed, lines)[1].startswith(f'stored {len(SAMPLES) + 1},'), 'another text with the same hashes too')
    for words, said in ((('store', '--keep', 'none', path, lines), '--keep takes all or verdicts, not none'),
                        (('classify', '--keep', 'verdicts', lines), '--keep says what the work DB of --store keeps')):
        code, out, err = run(*words)
        check(code == 2 and said in err and not out, f'{words}: {code} {err}')


def bad_records(scratch):
    path = os.path.join(scratch, 'bad.db')
    lines = write(os.path.join(scratch, 'bad.ndjson'), report(1), '{"schema":', report(2), '[]', report(3))
    code, out, err = run('store', path, lines)
    check((code, out) == (3, 'stored 3, there already 0, not readable 2\n') and f'{lines}:2:' in err and f'{lines}:4:' in err, f'bad records: {code} {out} {err}')
    code, out, err = run('store', '--strict', os.path.join(scratch, 'strict.db'), lines)
    check((code, out) == (3, 'stored 1, there already 0, not readable 1\n'), f'--strict: {code} {out}')
    code, out, err = run('store', os.path.join(scratch, 'none.db'), write(os.path.join(scratch, 'empty.ndjson')))
    check(code == 3 and 'no report' in err, f'nothing to store: {code} {err}')
    check(run('store')[0] == run('store', path)[0] == run('rejudge')[0] == 2, 'usage')
    code, out, err = run('store', os.path.join(scratch, 'stdin.db'), '-', text='\n'.join([report(1), report(2)]).encode())
    check((code, out) == (0, 'stored 2, there already 0, not readable 0\n'), f'standard input: {out} {err}')


def killed(scratch):
    """Killed at any moment, a repeated store gives what one clean run gives."""
    lines = write(os.path.join(scratch, 'many.ndjson'), *samples(60 if HEAVY else 8))
    clean, path = os.path.join(scratch, 'clean.db'), os.path.join(scratch, 'killed.db')
    begun = time.monotonic()
    run('store', clean, lines)
    took = time.monotonic() - begun
    for turn in range(20 if HEAVY else 3):
        for name in glob.glob(path + '*'):
            os.remove(name)
        for _ in range(2 if HEAVY else 1):
            with subprocess.Popen([PROGRAM, 'store', path, lines], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as store:
                time.sleep(random.Random(turn).random() * took)
                store.kill()
            if os.path.exists(path):
                check(ask(path, 'pragma integrity_check') == [('ok',)], 'it opens after a kill')
        code, out, err = run('store', path, lines)
        check(code == 0, f'a repeated store: {code} {out} {err}')
        check(content(path) == content(clean), 'it is what a clean run gives')
    return lines, clean


def readers(scratch):
    """Others read while it is written, and see whole records only; an end by a signal keeps what was stored."""
    path = os.path.join(scratch, 'live.db')
    lines = samples(4)
    with subprocess.Popen([PROGRAM, 'store', path, '-'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as store:
        seen, until = [], time.monotonic() + 60
        store.stdin.write('\n'.join(lines[:-1]).encode() + b'\n')
        store.stdin.flush()
        while time.monotonic() < until and not (seen and seen[-1][0]):
            time.sleep(0.3)
            store.stdin.write((lines[0][:-1] + ', "tool": %d}\n' % len(seen)).encode())
            store.stdin.flush()
            if rows(path, 'report'):
                seen += ask(path, 'select (select count(*) from report), (select count(*) from verdict) / 7.0')
        check(seen and seen[-1][0] > 0 and all(one == whole for one, whole in seen), f'whole records while it is written: {seen[-3:]}')
        store.stdin.close()
        store.wait()
    with subprocess.Popen([PROGRAM, 'store', path + '2', write(path + '.ndjson', *lines)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as one, \
            subprocess.Popen([PROGRAM, 'store', path + '2', path + '.ndjson'], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as other:
        outs = [store.communicate() for store in (one, other)]
        check(one.returncode == other.returncode == 0, f'two at once: {outs}')
    check(ask(path + '2', 'select count(*), count(distinct body) from report join report_body using (report_id)') == [(len(lines), len(lines))], 'and nothing twice')


def workers(scratch, lines, clean):
    """Whatever the number of workers, and through classify too, the same rows in the same order."""
    for words in (('store', '--jobs', '3'), ('classify', '--jobs', '2', '--format', 'csv', '--store'), ('classify', '--format', 'ndjson', '--top', '1', '--store')):
        path = os.path.join(scratch, f'workers-{words[0]}-{len(words)}.db')
        code, _, err = run(*words, path, lines)
        check(code == 0 and not err, f'{words}: {code} {err}')
        same = [[tuple(round(one, 9) if isinstance(one, float) else one for one in row) for row in table] for table in content(path)]
        wanted = [[tuple(round(one, 9) if isinstance(one, float) else one for one in row) for row in table] for table in content(clean)]
        check(same == wanted, f'{words}: the same rows')
    code, out, err = run('classify', '--format', 'csv', '--store', path, lines)
    check((code, out, err) == run('classify', '--format', 'csv', lines) and ask(path, 'select count(*) from report') == [(len(content(clean)[0]),)],
          'what is stored already is judged and not stored again')
    code, _, err = run('classify', '--db', os.path.join(scratch, 'nowhere.db'), '--store', path, lines)
    check(code == 5 and 'D300' in err, f'rules that are not there: {code} {err}')


def signalled(scratch, lines, clean):
    """An end by a signal keeps what was read; what --resume counts is in the work DB."""
    path = os.path.join(scratch, 'signal.db')
    with subprocess.Popen([PROGRAM, 'store', path, '-'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as store:
        number, until = 0, time.monotonic() + 60
        while time.monotonic() < until and not rows(path, 'report'):
            number += 1
            store.stdin.write(report(number).encode() + b'\n')
            store.stdin.flush()
            time.sleep(0.2)
        store.send_signal(signal.SIGINT)
        out, err = store.communicate(timeout=60)
        check(store.returncode == 130 and out.startswith(b'stored %d,' % rows(path, 'report')) and b'stores the rest' in err, f'SIGINT: {store.returncode} {out} {err}')
    path, out, stream = (os.path.join(scratch, 'stopped.' + end) for end in ('db', 'csv', 'ndjson'))
    write(stream, report(1), report(2), '[]', report(3))
    check(run('classify', '--strict', '--format', 'csv', '-o', out, '--store', path, stream)[0] == 3 and rows(path, 'report') == 2, 'what is noted is stored')
    write(stream, report(1), report(2), report(3))
    code, _, err = run('classify', '--strict', '--resume', '--format', 'csv', '-o', out, '--store', path, stream)
    check(rows(path, 'report') == 3, f'and the rest follows: {code} {err}')
    path, out = os.path.join(scratch, 'resumed.db'), os.path.join(scratch, 'resumed.csv')
    whole = run('classify', '--format', 'csv', lines)[1]
    for turn in range(20 if HEAVY else 2):
        for name in glob.glob(path + '*') + glob.glob(out + '*'):
            os.remove(name)
        words = ['classify', '--format', 'csv', '-o', out, '--store', path, lines]
        with subprocess.Popen([PROGRAM, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as classify:
            time.sleep(random.Random(turn).random() * 0.6)
            classify.kill()
        if not os.path.exists(out) or os.path.exists(out + '.resume'):
            code, _, err = run('classify', '--resume', *words[1:])
            check(code == 0, f'gone on with: {code} {err}')
        with open(out, encoding='utf-8') as file:
            check(file.read() == whole and content(path)[0] == content(clean)[0], 'after a kill and --resume both are whole')


def other_rules(scratch):
    """A copy of the rules in which one platform is gone and another is known by less."""
    rules, db = os.path.join(scratch, 'rules'), os.path.join(scratch, 'other-rules.db')
    if os.path.exists(db):
        return db
    shutil.copytree(os.path.join(ROOT, 'rules'), rules)
    os.remove(os.path.join(rules, 'platform', 'daytona.yaml'))
    path = os.path.join(rules, 'platform', 'e2b.yaml')
    with open(path, encoding='utf-8') as file:
        text = file.read()
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text.replace('seen: always', 'seen: sometimes'))
    code, _, err = run('compile', rules, '-o', db)
    check(code == 0, f'the changed rules compile: {err}')
    return db


def expected_changes(new):
    """By the definition: another answer, or a probability of the same that passed 0.5 or 0.95."""
    sides = [{}, {}]
    for side, db in zip(sides, (DB, new)):
        for row in csv.DictReader(io.StringIO(run('classify', '--db', db, '--format', 'csv', *SAMPLES)[1])):
            side[row['report'], row['layer']] = row['id'], float(row['probability'])
    changes = set()
    for key, (before, low) in sides[0].items():
        after, high = sides[1][key]
        if before != after:
            changes.add((*key, 'answer', before, after))
        elif before != 'unknown' and any((low >= limit) != (high >= limit) for limit in (0.5, 0.95)):
            changes.add((*key, 'crossed', before, after))
    return changes


def rejudges(scratch, work):
    new = other_rules(scratch)
    wanted = expected_changes(new)
    code, out, err = run('store', '--db', new, work, SAMPLES[0])
    check(code == 5 and 'D311' in err and 'rejudge' in err, f'other rules are not taken over in silence: {code} {err}')
    before = content(work)
    code, out, err = run('rejudge', '--db', new, work)
    check(code == 0 and out.endswith(f': {len(wanted)} changes\n'), f'rejudge: {code} {out} {err}')
    told = set(ask(work, 'select report, layer, kind, id_before, id_after from change_log'))
    check(told == wanted and len(wanted) > 1, f'the changes: {told ^ wanted}')
    hashes = {row[0] for row in ask(work, 'select sha256_before from change_log')}, {row[0] for row in ask(work, 'select sha256_after from change_log')}
    check(hashes == ({ask(work, 'select sha256 from rulebase')[0][0]}, {ask(work, 'select sha256 from rulebase')[1][0]}), 'the rule bases are named')
    check(content(work)[1][:len(before[1])] == before[1], 'the verdicts by the old rules stay')
    fresh = os.path.join(scratch, 'fresh.db')
    run('store', '--db', new, fresh, os.path.join(ROOT, 'reports', 'samples'))
    check([row[1:] for row in content(work)[1] if row[0] == 2] == [row[1:] for row in content(fresh)[1]], 'those by the new are what they would be')
    check([row[1:] for row in content(work)[2]] == [row[1:] for row in content(fresh)[2]], 'and so is the evidence')
    tables = 'select type, name, sql from sqlite_schema order by name'
    check(ask(work, tables) == ask(fresh, tables), 'tables and views are those of a new work DB')
    for table in ('signal', 'platform', 'condition', 'expectation', 'readme'):
        check(sorted(ask(work, f'select * from {table}')) == sorted(ask(fresh, f'select * from {table}')), f'and so are the rows of {table}')
    code, out, err = run('rejudge', '--db', new, work)
    check(code == 0 and 'already' in out, f'the same rules again: {out}')
    check(run('store', work, os.path.join(ROOT, 'reports', 'samples'))[1].startswith('stored 0,'), 'a store goes on with the new rules')
    code, out, err = run('rejudge', work)
    check(code == 0 and len(ask(work, 'select * from change_log')) == 2 * len(wanted), f'and back to the first: {out}')
    return new


def rejudge_killed(new, clean):
    """Until it has finished nothing is seen of it; killed, it is gone on with; reports that came meanwhile are judged too."""
    current = 'select max(rulebase_id) from rulebase where taken_at is not null'
    begun = time.monotonic()
    shutil.copy(clean, clean + '.whole')
    run('rejudge', '--db', new, clean + '.whole')
    took = time.monotonic() - begun
    for turn in range(12 if HEAVY else 3):
        path = f'{clean}.{turn}'
        shutil.copy(clean, path)
        with subprocess.Popen([PROGRAM, 'rejudge', '--db', new, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as rejudge:
            time.sleep(random.Random(turn).random() * took)
            rejudge.kill()
        used = ask(path, current)[0][0]
        rules = ask(path, "select count(*) from platform where id = 'daytona'")[0][0]
        check((used, rules) in ((1, 1), (2, 0)) and len(ask(path, 'select distinct rulebase_id from evidence where rulebase_id = ?', used)) == 1, 'one or the other')
        if used == 1:
            code, out, _ = run('store', path, write(path + '.ndjson', report(turn, os={'id': 'debian'})))
            check(code == 0 and out.startswith('stored 1,'), 'a report that comes meanwhile')
        code, out, err = run('rejudge', '--db', new, path)
        check(code == 0 and ask(path, current) == [(2,)], f'it is gone on with: {code} {out} {err}')
        missing = ask(path, 'select count(*) from report where report_id not in (select report_id from verdict where rulebase_id = 2)')
        check(missing == [(0,)] and [row[1:] for row in content(path)[1] if row[0] == 2 and row[1] <= 30] ==
              [row[1:] for row in content(clean + '.whole')[1] if row[0] == 2 and row[1] <= 30], 'every report is judged, as in one go')


def queries(scratch, work):
    code, out, err = run('query')
    check(code == 0 and out.splitlines()[0].split() == ['name', 'arguments', 'needs', 'title'] and 'recognised-by' in out, f'the list: {out} {err}')
    listed = json.loads(run('query', '--format', 'json')[1])
    check(all(one['title'] and one['needs'] in ('evidence', 'work') for one in listed), 'each says what it is')
    rows = json.loads(run('query', '--format', 'json', DB, 'recognised-by', 'e2b')[1])
    check(len(rows) > 3 and set(rows[0]) >= {'signal', 'bits_if_true', 'why'}, 'as JSON')
    check([json.loads(line) for line in run('query', '-f', 'ndjson', work, 'recognised-by', 'e2b')[1].splitlines()] == rows, 'as NDJSON, on a work DB')
    sheet = list(csv.DictReader(io.StringIO(run('query', '-f', 'csv', DB, 'recognised-by', 'e2b')[1])))
    check([row['why'] for row in sheet] == [row['why'] for row in rows], 'as CSV')
    lines = run('query', DB, 'recognised-by', 'e2b')[1].splitlines()
    check(len(lines) == len(rows) + 2 and set(lines[1]) == {'-', ' '} and len({line.index(row['signal']) for line, row in zip(lines[2:], rows)}) == 1, 'as a table')
    check(run('query', '-f', 'json', DB, 'recognised-by', "x' or 1 --") == (0, '[]\n', ''), 'an argument is a value')
    for words, code, said in (((DB, 'recogniced-by', 'x'), 2, 'did you mean recognised-by'), ((DB, 'recognised-by'), 2, 'takes 1 argument, 0 given'),
                              ((work, 'answers', 'x'), 2, 'takes 0 arguments, 1 given'), ((DB, 'answers'), 5, 'hostprint store WORK.db'),
                              ((os.path.join(scratch, 'no.db'), 'answers'), 5, 'No such file'), ((scratch, 'answers'), 5, 'not a plain file'),
                              (('--format', 'html', DB, 'answers'), 2, 'text, csv, json or ndjson')):
        found = run('query', *words)
        check(found[0] == code and said in found[2] and not found[1], f'query {words}: {found}')
    hostile = os.path.join(scratch, 'hostile.db')
    run('store', hostile, write(hostile + '.ndjson', json.dumps(dict(json.loads(report(1)), id='\x1b]0;=cmd()\u202e"'))))
    db = sqlite3.connect(hostile)
    db.execute("insert into change values (1, 1, '=1+1', 'answer', 1, 1, 'a', 'b', 0.1, 0.9)")
    db.commit()
    db.close()
    text, sheet = run('query', hostile, 'changes')[1], run('query', '-f', 'csv', hostile, 'changes')[1]
    check('\x1b' not in text + sheet and '\u202e' not in text and "'=1+1" in sheet, f'texts are disarmed: {text} {sheet}')


def refuses(scratch, work):
    """What is no work DB is told in a sentence, with exit code 5, and is left as it is."""
    def put(name, data):
        path = os.path.join(scratch, name)
        with open(path, 'wb') as file:
            file.write(data)
        return path

    with open(work, 'rb') as file:
        whole = file.read()
    rng, fresh = random.Random(1), write(os.path.join(scratch, 'fresh.ndjson'), report('fresh', os={'id': 'debian'}))
    foreign = os.path.join(scratch, 'foreign.db')
    db = sqlite3.connect(foreign)
    db.execute('create table mine (x)')
    db.commit()
    db.close()
    newer = put('newer.db', whole)
    db = sqlite3.connect(newer)
    db.execute('pragma user_version = 99')
    db.commit()
    db.close()
    unsealed = put('unsealed.db', whole)
    db = sqlite3.connect(unsealed)
    db.execute("update rulebase set image = cast(zeroblob(5000) as blob)")
    db.commit()
    db.close()
    viewed = put('viewed.db', whole)
    db = sqlite3.connect(viewed)
    db.executescript('drop table verdict; create view verdict as select 1 as rulebase_id;')
    db.close()
    cases = [(put('random.db', bytes(rng.randrange(256) for _ in range(5000))), 'no SQLite file', 'D307'), (put('text.db', b'hello'), 'no SQLite file', 'D307'),
             (put('cut.db', whole[:len(whole) // 2]), None, 'D3'), (put('cut2.db', whole[:4096]), None, 'D3'), (put('cut3.db', whole[:700]), None, 'D3'),
             (foreign, 'another program', 'D307'), (put('copy.db', open(DB, 'rb').read()), 'an evidence DB, which is never written to', 'D307'),
             (newer, 'version 99', 'D308'), (unsealed, 'the rules in it', 'D309'), (viewed, None, 'D3'), (scratch, 'a directory', 'D307'),
             (os.path.join(scratch, 'nowhere', 'x.db'), None, 'D310')]
    for path, said, number in cases:
        before = open(path, 'rb').read() if os.path.isfile(path) else b''
        code, out, err = run('store', path, fresh)
        check(code == 5 and number in err and (said or 'work DB') in err and 'AddressSanitizer' not in err, f'store {path}: {code} {out} {err}')
        if said:
            check((open(path, 'rb').read() if os.path.isfile(path) else b'') == before, f'{path} is left as it is')
    for path, said, number in cases[:8]:
        code, out, err = run('rejudge', path)
        check(code == 5 and 'D3' in err and not out, f'rejudge {path}: {code} {out} {err}')
        code, out, err = run('query', path, 'answers')
        check(path == newer or code == 5 and 'D312' in err and not out, f'query {path}: {code} {out} {err}')
    for turn in range(200 if HEAVY else 8):  # bytes turned over: an answer or a sentence, never a crash
        data = bytearray(whole)
        for _ in range(20):
            data[rng.randrange(100, len(data))] ^= 1 << rng.randrange(8)
        path = put('turned.db', bytes(data))
        for words in (('store', path, SAMPLES[0]), ('query', path, 'changes')):
            code, out, err = run(*words)
            check(code in (0, 5) and (code == 0 or 'D3' in err), f'turned bytes, {turn}: {code} {err}')
    code, _, err = run('classify', '--db', work, SAMPLES[0])
    check(code == 5 and 'D301' in err and 'a work DB' in err, f'a work DB is no evidence DB: {code} {err}')
    code, _, err = run('store', os.path.join(scratch, 'x.db'), SAMPLES[0], env=dict(os.environ, HOSTPRINT_DB=os.path.join(scratch, 'nowhere.db')))
    check(code == 5 and 'nowhere.db' in err and not os.path.exists(os.path.join(scratch, 'x.db')), f'without rules no file is made: {err}')


def no_room(scratch):
    """A full disk and places that may not be written: told, and nothing of what was kept is lost."""
    def limited(size):
        def set_limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return set_limit

    path, lines = os.path.join(scratch, 'full.db'), write(os.path.join(scratch, 'full.ndjson'), *samples(4))
    for size in (1 << 16, 1 << 20, 4 << 20):
        code, out, err = run('store', path, lines, preexec_fn=limited(size), restore_signals=False)
        check(code == 5 and 'D310' in err or code == 0, f'no room, {size}: {code} {err}')
    code, out, err = run('store', path, lines)
    clean = os.path.join(scratch, 'roomy.db')
    run('store', clean, lines)
    check(code == 0 and content(path) == content(clean), f'and once there is room: {code} {out} {err}')
    place = os.path.join(scratch, 'place')
    os.mkdir(place)
    shutil.copy(clean, os.path.join(place, 'work.db'))
    os.chmod(place, 0o555)
    os.chmod(scratch, 0o755)
    os.chmod(os.path.join(place, 'work.db'), 0o444)
    who = {} if os.geteuid() else {'user': 65534}
    try:
        code, out, err = run('query', '-f', 'json', os.path.join(place, 'work.db'), 'answers', **who)
        check(code == 0 and len(json.loads(out)) > 7, f'a work DB where nothing may be written is read: {code} {err}')
        code, out, err = run('store', os.path.join(place, 'work.db'), lines, **who)
        check(code == 5 and 'D310' in err, f'and cannot be stored into: {code} {err}')
        code, out, err = run('store', os.path.join(place, 'new.db'), lines, **who)
        check(code == 5 and 'D310' in err and os.listdir(place) == ['work.db'], f'nor can a new one: {code} {err}')
    finally:
        os.chmod(place, 0o755)


with tempfile.TemporaryDirectory() as directory:
    stored = keeps(directory)
    facts(directory)
    same_and_other(directory)
    verdicts_only(directory)
    bad_records(directory)
    refuses(directory, stored)
    stream, cleanly = killed(directory)
    workers(directory, stream, cleanly)
    signalled(directory, stream, cleanly)
    readers(directory)
    changed = rejudges(directory, stored)
    rejudge_killed(changed, cleanly)
    queries(directory, stored)
    no_room(directory)
sys.exit(end('store'))
