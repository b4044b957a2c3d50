"""Ageing on real machines: the same facts reported two years later still give the right platform, and never for a better reason.

Volatile evidence loses half its bits in half_life_days, for and against; nothing else changes. So the odds of an answer fall where such
evidence spoke for it, and can only rise where it spoke against it, or for a rival. What aged says so.
"""
import collections
import glob
import json
import os
import sqlite3
import subprocess
import sys
from datetime import date

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from check import DB, PROGRAM, ROOT, check, end  # noqa: E402

YEARS = 2
NEAR = 0.0005  # what answers that are not told can move a probability by
LISTS = ('evidence', 'contradicted', 'missing', 'unreadable')


def run(*words, stdin=b''):
    return subprocess.run([PROGRAM, *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, check=False).stdout


def told(reports, *words):
    """What classify prints, one line a report."""
    lines = ''.join(json.dumps(report) + '\n' for report in reports).encode()
    return run('classify', '--db', DB, '--format', 'ndjson', *words, '-', stdin=lines).splitlines()


def judge(reports):
    """Verdicts with the answers of each layer that matter."""
    return [json.loads(line) for line in told(reports, '--top', '8')]


def on_day(report, day):
    return {**report, 'observed_at': day}


def later(report):
    day = report['observed_at']
    return on_day(report, f'{int(day[:4]) + YEARS}{day[4:].replace("-02-29", "-02-28")}')


def items(hypothesis):
    return {item['signal']: item for name in LISTS for item in hypothesis[name]}


def hypotheses(verdict):
    return {(layer, one['id']): one for layer, all_ in verdict['layers'].items() for one in all_}


def expected_bits(item, observed_at, volatile, half_life):
    """Bits of a signal by its source's day, from what it would count fresh."""
    fresh = item['aged']['fresh_bits'] if 'aged' in item else item['bits']
    age = (date.fromisoformat(observed_at[:10]) - date.fromisoformat(volatile[item['signal']])).days
    return fresh * 2 ** (-max(age, 0) / half_life), max(age, 0)


def check_items(report, verdict, volatile, half_life):
    """Each piece of evidence: what is volatile has aged as it should and says so, what is not has not."""
    for place, hypothesis in hypotheses(verdict).items():
        for signal, item in items(hypothesis).items():
            if signal not in volatile:
                if 'aged' in item:
                    check(False, f"{report['id']}: {place}: {signal} aged, and is not volatile")
            elif item['bits']:
                bits, age = expected_bits(item, report['observed_at'], volatile, half_life)
                check(abs(bits - item['bits']) < 0.002 and item.get('aged', {}).get('days', 0) == age, f"{report['id']}: {place}: {signal} {item}, expected {bits:.3f} after {age} days")


def check_pair(report, now, then, tally):
    before, after = now['layers']['platform'][0], then['layers']['platform'][0]
    check(before['id'] == after['id'], f"{report['id']}: {before['id']} {before['probability']} becomes {after['id']} {after['probability']}")
    if before['id'] != after['id'] or before['id'] == 'unknown':
        return
    was, signals = hypotheses(now), collections.Counter()
    for place, hypothesis in hypotheses(then).items():
        for signal, item in items(hypothesis).items():
            if 'aged' in item and abs(item['bits']) < abs(items(was.get(place, hypothesis)).get(signal, item)['bits']):
                speaks_for = (item['bits'] > 0) == (place == ('platform', before['id']))
                signals['for' if place == ('platform', before['id']) and item['bits'] > 0 else 'other' if speaks_for else 'against'] += 1
    if signals['for'] and not signals['against'] and not signals['other']:
        check(after['log_odds'] < before['log_odds'], f"{report['id']}: {before['id']} rested on what aged, and has the same odds")
    if not signals['against'] and not signals['other']:
        check(after['probability'] <= before['probability'] + NEAR, f"{report['id']}: {before['id']} has become more probable: {before['probability']} {after['probability']}")
    if signals['for']:
        own = [sum(item['bits'] for item in items(one).values()) for one in (before, after)]
        check(own[1] < own[0] or signals['against'] + signals['other'], f"{report['id']}: {before['id']} lost nothing")
        tally['aged'] += 1
    if not signals:
        check(abs(after['probability'] - before['probability']) <= NEAR, f"{report['id']}: nothing aged, and yet {before['probability']} {after['probability']}")


def oldest_sources():
    """The view: every source once, oldest first, with the signals, bits and things that hang on it."""
    with sqlite3.connect(f'file:{DB}?mode=ro', uri=True) as db:
        rows = db.execute('select observed, title, url, signals, volatile_signals, bits, volatile_bits, things from oldest_sources').fetchall()
        hanging = collections.defaultdict(list)
        for title, url, observed, layer, id_, volatile, bits in db.execute(
                'select title, url, observed, layer, id, volatile, bits_if_true from signal join platform using (platform_id) '
                'join source using (source_id) join signal_weight using (signal_id)'):
            hanging[observed, title, url].append((volatile, abs(bits), f'{layer}/{id_}'))
        sources = db.execute('select count(*) from (select distinct observed, title, url from source)').fetchone()[0]
    check(rows == sorted(rows, key=lambda row: row[:3]) and len(rows) == sources, 'oldest_sources has every source once, oldest first')
    for observed, title, url, *counts, things in rows:
        known = hanging[observed, title, url]
        wanted = [len(known), sum(volatile for volatile, _, _ in known), sum(bits for _, bits, _ in known), sum(bits for volatile, bits, _ in known if volatile)]
        same = all(abs(a - b) < 0.06 for a, b in zip(counts, wanted)) and set(filter(None, things.split(','))) == {thing for _, _, thing in known}
        check(same, f'oldest_sources: {observed} {title}: {counts} {things}, expected {wanted}')


def main():
    oldest_sources()
    with sqlite3.connect(f'file:{DB}?mode=ro', uri=True) as db:
        half_life, = db.execute("select value from model where name = 'half_life_days'").fetchone()
        volatile = dict(db.execute("select layer || '/' || id || '.' || signal, observed from signal join platform using (platform_id) "
                                   'join source using (source_id) where volatile'))
    samples = [path for path in sorted(glob.glob(os.path.join(ROOT, 'reports', 'samples', '*.json'))) if not path.endswith('expected.json')]
    machines = sorted(os.path.dirname(path) for path in glob.glob(os.path.join(ROOT, 'tests', 'machines', '*', 'capture.yaml')))
    reports = []
    for path in samples:
        with open(path, encoding='utf-8') as file:
            reports.append({'id': os.path.basename(path)[:-5], **json.load(file)})
    reports += [json.loads(line) for line in run('collect', '--capture', *machines).splitlines()]
    dated = [report for report in reports if report.get('observed_at')]
    tally = collections.Counter()
    pairs = [judge(dated), judge([later(report) for report in dated])]
    for report, now, then in zip(dated, *pairs):
        check_items(report, now, volatile, half_life)
        check_items(later(report), then, volatile, half_life)
        check_pair(report, now, then, tally)
    check(len(dated) > 400 and tally['aged'] >= 3, f'{tally["aged"]} of {len(dated)} answers rest on evidence that aged')
    for what, same in (('older than every source', [on_day(report, '1990-01-01') for report in dated]),
                       ('without a date', [{key: value for key, value in report.items() if key != 'observed_at'} for report in dated])):
        lines = told(same)
        check(len(lines) == len(dated) and not any(b'"aged"' in line for line in lines), f'a report {what} takes nothing from any evidence')
    sample = next((later(report) for report, verdict in zip(dated, pairs[1])
                   if any(abs(item['bits']) > 1 and 'aged' in item for item in verdict['layers']['platform'][0]['evidence'])), None)
    check(sample, 'evidence for an answer has aged by two years')
    for words in (('classify', '--format', 'html', '-'), ('explain', '-')):
        out = run(*words[:1], '--db', DB, *words[1:], stdin=json.dumps(sample).encode())
        check(b'aged: ' in out and b'days older than the report' in out, f'{words} says what aged')
    return end('ageing')


sys.exit(main())
