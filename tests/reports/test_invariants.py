"""One number, one verdict: on every sample and machine no two figures of an output contradict each other, nor those of two outputs."""
import csv
import glob
import html
import io
import json
import math
import os
import random
import re
import sqlite3
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
PROGRAM = os.environ.get('HOSTPRINT', os.path.join(ROOT, 'build', 'hostprint'))
DB = os.environ.get('HOSTPRINT_DB', os.path.join(ROOT, 'build', 'evidence.db'))
LEVELS = ['tenant', 'root', 'image', 'vmm', 'network']
KNOWN = 0.5
passed = failed = 0
complaints = {}


def check(holds, what, where):
    """Counts; of one kind of failure the first three places are told."""
    global passed, failed
    if holds:
        passed += 1
        return
    failed += 1
    complaints[what] = complaints.get(what, 0) + 1
    if complaints[what] <= 3:
        print(f'failed: {what}: {where}')


def run(*words, stdin=None):
    done = subprocess.run([PROGRAM, *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f'{words[:4]} ended with {done.returncode}: {done.stderr[:500]!r}')
    return done.stdout.decode()


def lines(reports):
    return ''.join(json.dumps(report) + '\n' for report in reports).encode()


def classify(reports, *words):
    return run('classify', '--db', DB, *words, '-', stdin=lines(reports))


def verdicts_of(reports, top=0):
    return [json.loads(line) for line in classify(reports, '--format', 'ndjson', '--top', str(top)).splitlines()]


def short(probability):
    """As text and HTML show it."""
    return 'under 0.0001' if 0 < probability < 0.0001 else f'{min(probability, 0.9999):.4f}'


def close_short(shown, probability):
    return shown == short(probability) or (shown[0] == '0' and abs(float(shown) - min(probability, 0.9999)) <= 0.000051)


class Rules:
    def __init__(self):
        db = sqlite3.connect(f'file:{DB}?mode=ro', uri=True)
        self.facts = {row[0]: row for row in db.execute('select fact, forge, privilege, how, type from fact')}
        self.extracts = {}
        for layer, id_, detail in db.execute('select layer, id, detail from extract join platform using (platform_id)'):
            self.extracts.setdefault((layer, id_), set()).add(detail)
        self.phrases = dict(((layer, id_), phrase) for layer, id_, phrase in db.execute('select layer, id, phrase from platform'))
        self.parents = dict(((layer, id_), kind) for layer, id_, kind in db.execute('select layer, id, kind_of from platform'))
        # what the layers say of each other: things with a stack, and layers that some stack names
        self.joined = set()
        for layer, id_, below in db.execute('select platform.layer, platform.id, expectation.layer from expectation join platform using (platform_id)'):
            self.joined |= {(layer, id_), below}

    def kin(self, layer, one, other):
        def line(id_):
            found = []
            while id_:
                found.append(id_)
                id_ = self.parents.get((layer, id_))
            return found
        return one in line(other) or other in line(one)


# --- one verdict by itself ---

def entropy(layer):
    return -sum(one['probability'] * math.log2(one['probability']) for one in layer if one['probability'] > 0)


def layer_adds_up(where, name, layer, rules):
    unknown = next(one for one in layer if one['id'] == 'unknown')
    check(abs(sum(one['probability'] for one in layer) - 1) < 1e-5, 'probabilities of a layer add up to 1', where)
    check(unknown['log_odds'] == 0 and unknown['prior'] == 0 and unknown['stack'] == 0 and not unknown['evidence'], 'unknown is what the others are measured against', where)
    check(len({one['id'] for one in layer}) == len(layer), 'nothing is told twice', where)
    for better, worse in zip(layer, layer[1:]):
        check(better['log_odds'] >= worse['log_odds'] and better['probability'] >= worse['probability'] * (1 - 1e-5), 'the ranking follows the odds', where)
        told = better['evidence'] + better['contradicted'] + worse['evidence'] + worse['contradicted']
        if better['prior'] == worse['prior'] and not told and not rules.joined & {(name, better['id']), (name, worse['id']), name}:
            check(better['id'] < worse['id'], 'ties break by id', f'{where} {better["id"]} {worse["id"]}')
    for one in layer:
        told = one['evidence'] + one['contradicted']
        bits = one['prior'] + one['stack'] + sum(evidence['bits'] for evidence in told)
        check(abs(bits - one['log_odds']) < 0.0005 * (len(told) + 3) + 1e-9, 'odds are prior, evidence and stack together', f'{where} {one["id"]}: {bits} {one["log_odds"]}')
        if 1e-6 < one['probability'] < 0.999 and unknown['probability'] > 1e-6:
            odds = math.log2(one['probability'] / unknown['probability'])
            check(abs(odds - one['log_odds']) < 0.002, 'probabilities follow from the odds', f'{where} {one["id"]}: {odds} {one["log_odds"]}')
        check(0 <= one['probability'] < 1, 'nothing is certain', where)
        for evidence in told:
            check(evidence['truth'] in ('true', 'false') and 'reason' not in evidence, 'evidence was decided', where)
        for evidence in one['contradicted']:
            check(evidence['truth'] == 'false' and evidence['bits'] <= 0, 'what is contradicted speaks against', where)
        for evidence in one['missing'] + one['unreadable']:
            check(evidence['bits'] == 0 and evidence['truth'] in ('unknown', 'unreadable'), 'what is undecided counts nothing', where)
        for evidence in one['unreadable']:
            check(evidence['truth'] == 'unreadable' and evidence['reason'], 'what could not be read says why', where)
        names = [evidence['signal'] for evidence in told + one['missing'] + one['unreadable']]
        check(len(set(names)) == len(names), 'a signal is in one list', where)


def summary_names_the_winners(where, verdict, rules):
    layers, summary = verdict['layers'], verdict['summary']
    best = {layer: ranked[0] for layer, ranked in layers.items()}
    platform = best['platform']
    if platform['id'] != 'unknown' and platform['probability'] >= KNOWN:
        shown = re.match(re.escape(platform['name']) + r' \(p (0\.\d{3})\)', summary)
        check(shown and abs(float(shown.group(1)) - min(platform['probability'], 0.999)) <= 0.00051, 'the summary has the platform and its probability', f'{where}: {summary}')
    else:
        check(summary.startswith('Unknown platform'), 'the summary says that the platform is unknown', f'{where}: {summary}')
    rest = summary.split(': ', 1)[1] if ': ' in summary else ''
    for layer, one in list(best.items())[1:]:
        phrase = rules.phrases.get((layer, one['id']))
        if phrase and one['probability'] >= KNOWN:
            check(phrase in rest, 'the summary names what is known', f'{where}: {phrase} in {summary}')
    wanted = ''
    for layer, one in list(best.items())[1:]:
        phrase = rules.phrases.get((layer, one['id']))
        if phrase and one['probability'] >= KNOWN:
            wanted += ('' if not wanted else ' in ' if phrase.startswith(('a ', 'an ')) else ' ') + phrase
    check(rest.startswith(wanted), 'the summary names nothing else', f'{where}: {wanted!r} in {summary!r}')


def details_come_from_the_identified(where, verdict, rules):
    allowed = set().union(*(rules.extracts.get((layer, ranked[0]['id']), set()) for layer, ranked in verdict['layers'].items() if ranked[0]['probability'] >= KNOWN))
    check(set(verdict['details']) <= allowed, 'details come from what is identified', f'{where}: {set(verdict["details"]) - allowed}')
    for detail in verdict['details'].values():
        check(detail['value'] and detail['fact'], 'a detail has a value and a fact', where)


def conflicts_name_evidence(where, verdict, rules):
    pieces = {}
    for layer, ranked in verdict['layers'].items():
        for one in ranked:
            for evidence in one['evidence']:
                pieces.setdefault(evidence['signal'], []).append((layer, one, evidence))
    for conflict in verdict['conflicts']:
        sides = []
        for side in ('one', 'other'):
            found = [(layer, one) for layer, one, evidence in pieces.get(conflict[side]['signal'], []) if evidence == conflict[side]]
            check(found, 'a conflict names evidence that is in a list, with the same bits', f'{where}: {conflict["text"]}')
            check(conflict[side]['bits'] > 0, 'either side of a conflict speaks for something', where)
            sides.append(conflict[side]['signal'].split('.')[0].split('/'))
        if sides[0][0] == sides[1][0]:
            check(not rules.kin(sides[0][0], sides[0][1], sides[1][1]), 'a kind and its parent are no conflict', f'{where}: {conflict["text"]}')


def known_paths(report, rules):
    """{fact: value} of what the report knows."""
    found = {}
    for path in rules.facts:
        node = report['facts']
        for part in path.split('.'):
            if node is None or not isinstance(node, dict) or part not in node:
                break
            node = node[part]
        else:
            found[path] = node
            continue
        if node is None:
            found[path] = None
    return found


def next_is_unknown(where, verdict, report, rules):
    known = known_paths(report, rules)
    for one in verdict['next']:
        value, row = known.get(one['fact']), rules.facts[one['fact']]
        check(one['partly'] == (value is not None), 'what is partly known is said to be', f'{where}: {one["fact"]}')
        check(one['fact'] not in known or value is not None, 'what is known to be absent is not proposed', f'{where}: {one["fact"]}')
        if value is not None:
            open_ended = row[4] in ('paths', 'records') or one['fact'] in partial_of(report, rules) or value in ([], {})
            hidden = any('(hidden)' in text or '(hash:' in text for text in [json.dumps(value)])
            check(open_ended or hidden, 'what is wholly known is not proposed', f'{where}: {one["fact"]} = {json.dumps(value)[:80]}')
        check((one['privilege'], one['how']) == (row[2], row[3]), 'how to get a fact is what the catalogue says', f'{where}: {one["fact"]}')
    bits = [one['bits'] for one in verdict['next']]
    check(bits == sorted(bits, reverse=True) and all(number > 0 for number in bits), 'what tells most comes first', where)
    most = sum(entropy(layer) for layer in verdict['layers'].values())
    check(not bits or bits[0] <= most + 0.001, 'no fact tells more than is open', f'{where}: {bits[:1]} of {most}')


def partial_of(report, rules):
    return {path for path in rules.facts for name in report.get('partial', []) if path == name or path.startswith(name + '.')}


def unforgeable_is_whole(where, verdict):
    layers = list(verdict['layers'])
    rows = [(row['ignored'], row['layer']) for row in verdict['unforgeable']]
    levels = [level for level in LEVELS if level in dict(rows)]
    check(rows == [(level, layer) for level in levels for layer in layers] and levels[:3] == LEVELS[:3], 'one unforgeable row for each level and layer', f'{where}: {rows}')


# --- what ignoring a level means ---

def below(rules, level):
    return [path for path, row in rules.facts.items() if LEVELS.index(row[1]) <= LEVELS.index(level)]


def strip(report, rules, level):
    """The report without the facts that can be forged at this level or a cheaper one; None where a fact is inside of another."""
    bare = json.loads(json.dumps(report))
    gone = set(below(rules, level))
    tops = {path.split('.')[0] for path in gone}
    for top in tops:
        facts = [path for path in rules.facts if path.split('.')[0] == top]
        if top in bare['facts'] and not isinstance(bare['facts'][top], dict) and facts != [top]:
            value = bare['facts'].pop(top)  # a whole domain that is absent
            bare['facts'].update({top: {path[len(top) + 1:]: value for path in facts if path not in gone}} if all(path.count('.') == 1 for path in facts) else {})
        for path in sorted(gone):
            node, parts = bare['facts'], path.split('.')
            for part in parts[:-1]:
                node = node.get(part) if isinstance(node, dict) else None
            if isinstance(node, dict) and path.split('.')[0] == top:
                node.pop(parts[-1], None)
        if bare['facts'].get(top) == {}:
            del bare['facts'][top]
    for kept in ('unreadable', 'not_applicable'):
        entries = bare.get(kept)
        if not entries:
            continue
        wide = [name for name in entries for path in rules.facts if path.startswith(name + '.') and name not in rules.facts]
        if wide:
            return None
        bare[kept] = {name: entries[name] for name in entries if name not in gone} if isinstance(entries, dict) else [name for name in entries if name not in gone]
    bare['partial'] = [name for name in report.get('partial', []) if name not in gone]
    return bare


def ignoring_is_not_having(reports, verdicts, rules):
    """The unforgeable rows of a level are what the report without those facts gets; where nothing is left out they repeat the layers."""
    cases = []
    for report, verdict in zip(reports, verdicts):
        for level in LEVELS[:3]:
            bare = strip(report, rules, level)
            if bare:
                cases.append((bare, verdict, level, report))
    check(len(cases) > 2 * len(reports), 'most reports can be stripped', f'{len(cases)} of {3 * len(reports)}')
    for (bare, verdict, level, report), alone in zip(cases, verdicts_of([case[0] for case in cases], top=1)):
        where = f'{verdict["report"]} without {level}'
        for row in verdict['unforgeable']:
            if row['ignored'] == level:
                best = alone['layers'][row['layer']][0]
                check((best['id'], best['probability']) == (row['id'], row['probability']), 'ignoring facts is the same as not having them', f'{where}: {row} {best["id"]} {best["probability"]}')
        for row in alone['unforgeable']:
            if LEVELS.index(row['ignored']) <= LEVELS.index(level):
                best = alone['layers'][row['layer']][0]
                check((best['id'], best['probability']) == (row['id'], row['probability']), 'where nothing of a level was used its rows repeat the layers', f'{where}: {row}')


def adversary_is_the_row(reports, verdicts):
    for report, verdict in zip(reports, verdicts):
        for level in LEVELS[:3]:
            told = json.loads(run('explain', '--db', DB, '--format', 'json', '--adversary', level, '-', stdin=json.dumps(report).encode()))
            for row in verdict['unforgeable']:
                if row['ignored'] == level:
                    best = told['layers'][row['layer']][0]
                    check((best['id'], best['probability']) == (row['id'], row['probability']), 'explain --adversary is the row of that level', f'{verdict["report"]} {row}')


# --- the outputs beside each other ---

def csv_agrees(reports, verdicts):
    rows = list(csv.DictReader(io.StringIO(classify(reports, '--format', 'csv'))))
    wanted = [(verdict['report'], layer, ranked) for verdict in verdicts for layer, ranked in verdict['layers'].items()]
    check(len(rows) == len(wanted), 'CSV has one line for each report and layer', f'{len(rows)} {len(wanted)}')
    for row, (report, layer, ranked) in zip(rows, wanted):
        check((row['report'], row['layer'], row['id'], row['name']) == (report, layer, ranked[0]['id'], ranked[0]['name']), 'CSV names the same winner', f'{report} {layer} {row}')
        check((float(row['probability']), float(row['log_odds'])) == (ranked[0]['probability'], ranked[0]['log_odds']), 'CSV has the same figures', f'{report} {layer} {row}')
        check((row['second_id'], float(row['second_probability'])) == (ranked[1]['id'], ranked[1]['probability']), 'CSV has the same second', f'{report} {layer} {row}')


def text_agrees(reports, verdicts):
    text = classify(reports, '--format', 'text')
    names = list(verdicts[0]['layers'])
    heads = list(re.finditer(r'^(\S.*)\n\n(  ' + names[0] + r' .*\n(?:  \S.*\n)*)', text, re.M))
    check(len(heads) == len(verdicts), 'text has one head for each report', f'{len(heads)} {len(verdicts)}')
    for head, verdict in zip(heads, verdicts):
        where = verdict['report']
        check(head.group(1).split('...')[0][:40] == verdict['summary'][:40], 'text begins with the summary', f'{where}: {head.group(1)}')
        told = head.group(2).splitlines()
        check(len(told) == len(names), 'text has a line for each layer', where)
        for line, (layer, ranked) in zip(told, verdict['layers'].items()):
            shown = re.match(r'  (\S+) +(.*?) +(0\.\d{4}|under 0\.0001)(?: |$)', line)
            check(shown and (shown.group(1), shown.group(2)) == (layer, ranked[0]['name']), 'text names the same winner', f'{where}: {line}')
            check(shown and close_short(shown.group(3), ranked[0]['probability']), 'text has the same probability', f'{where}: {line} {ranked[0]["probability"]}')
    check('1.0000' not in re.sub(r'\d+1\.0000|(?<== )\S*1\.0000\S*', '', ''.join(head.group(2) for head in heads)), 'text is never certain', '')


def html_agrees(reports, verdicts):
    pages = classify(reports, '--format', 'html').split('<!doctype html>')[1:]
    check(len(pages) == len(verdicts), 'HTML has a page for each report', f'{len(pages)} {len(verdicts)}')
    for page, verdict in zip(pages, verdicts):
        where = verdict['report']
        check(f'<h1>{html.escape(verdict["summary"], quote=False)}'[:40] == html.unescape(page[page.find('<h1>'):][:400])[:40] or verdict['summary'][:30] in html.unescape(page), 'HTML has the summary', where)
        table = page[page.find('<table>'):page.find('</table>')]
        titles = re.findall(r'<th>(.*?)</th>', table)
        wanted = [titles.index(title) for title in ('layer', 'answer', 'probability', 'second')] + [len(titles) - 1]
        rows = [[html.unescape(cell) for cell in re.findall(r'<td[^>]*>(.*?)</td>', row)] for row in table.split('<tr>')[2:]]
        check(len(rows) == len(verdict['layers']) and titles[-1] == 'probability', 'HTML has a row for each layer', f'{where}: {len(rows)}')
        for row, (layer, ranked) in zip(rows, verdict['layers'].items()):
            name, answer, probability, second, last = (row[place] for place in wanted)
            check((name, answer, second) == (layer, ranked[0]['name'], ranked[1]['name']), 'HTML names the same winner', f'{where}: {row}')
            check(close_short(probability, ranked[0]['probability']) and close_short(last, ranked[1]['probability']), 'HTML has the same probabilities', f'{where}: {row}')


def json_is_ndjson(reports, verdicts):
    for report, verdict in zip(reports, verdicts):
        told = json.loads(run('classify', '--db', DB, '--format', 'json', '--top', '0', '-', stdin=json.dumps(report).encode()))
        check(told == verdict, 'JSON and NDJSON are the same', verdict['report'])
        few = json.loads(run('classify', '--db', DB, '--format', 'json', '--top', '2', '-', stdin=json.dumps(report).encode()))
        for layer, ranked in few['layers'].items():
            wanted = [one for place, one in enumerate(verdict['layers'][layer]) if place < 2 or one['id'] == 'unknown']
            check(ranked == wanted, '--top leaves out and changes nothing', f'{verdict["report"]} {layer}')


# --- explain ---

def refuse(report, rules, draw):
    """The report with some facts refused that it has, or that it lacks."""
    changed = json.loads(json.dumps(report))
    changed.setdefault('unreadable', {})
    for path in draw.sample(sorted(rules.facts), 8):
        node, parts = changed['facts'], path.split('.')
        for part in parts[:-1]:
            node = node.get(part) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node.pop(parts[-1], None)
        elif parts[0] in changed['facts']:
            continue
        changed['unreadable'][path] = 'permission denied'
    changed['partial'] = [name for name in changed.get('partial', []) if name not in changed['unreadable']]
    return changed


def refusals_agree(reports, rules):
    draw = random.Random(20261122)
    told_any = 0
    for report in draw.sample(reports, 25):
        changed = refuse(report, rules, draw)
        verdict = json.loads(run('explain', '--db', DB, '--format', 'json', '--top', '0', '-', stdin=json.dumps(changed).encode()))
        where = f'{verdict["report"]} refused {sorted(changed["unreadable"])}'
        facts = set().union(*(entry['fact'].split(', ') for entry in verdict['refused'] if entry['fact']), set())
        wanted = {line.split(': ')[0] for line in verdict['unreadable']}
        covered = {path for path in wanted for fact in facts if path == fact or path.startswith(fact + '.')}
        check(covered == wanted, 'every refused fact is asked about', f'{where}: {wanted - covered}')
        check((verdict['refused'][-1]['fact'] is None) == (len(verdict['refused']) > 1), 'everything together comes last', where)
        for entry in verdict['refused']:
            for row in entry['layers']:
                ranked = {one['id']: one for one in verdict['layers'][row['layer']]}
                best = verdict['layers'][row['layer']][0]
                told_any += 1
                check(row['id'] == best['id'] and row['low'] <= best['probability'] <= row['high'], 'the answer given is inside its range', f'{where}: {row} {best["probability"]}')
                check(row['other'] != row['id'] and (row['other'] is None or row['other'] in ranked), 'another answer is another', f'{where}: {row}')
    check(told_any > 30, 'refusals move something', told_any)


def remove(report, paths):
    bare = json.loads(json.dumps(report))
    for path in paths:
        node, parts = bare['facts'], path.split('.')
        for part in parts[:-1]:
            node = node.get(part) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            return None
        node.pop(parts[-1], None)
    bare['partial'] = [name for name in report.get('partial', []) if name not in paths]
    return bare


def flips_hold(reports):
    """Without the facts that a flip names the answer is the one it says; put any one of them back, and it is as it was."""
    draw, tried = random.Random(3), 0
    samples = [report for report in reports if len(json.dumps(report)) < 2500]
    for report in draw.sample(samples, 12):
        words = ['--flip'] if draw.random() < 0.6 else ['--flip-layer', draw.choice(['hypervisor', 'container', 'kernel', 'provider'])]
        verdict = json.loads(run('explain', '--db', DB, '--format', 'json', '--top', '0', *words, '-', stdin=json.dumps(report).encode()))
        flip = verdict['flip']
        where = f'{verdict["report"]}: {flip}'
        check(len(words) == 1 or flip['layer'] == words[1], '--flip-layer is obeyed', where)
        check(len(flip['facts']) <= flip['among'] and flip['tried'] <= flip['among'], 'a flip is among the facts', where)
        bare = remove(report, flip['facts'])
        if not flip['facts'] or bare is None:
            continue
        spared = [one for one in (remove(report, [path for path in flip['facts'] if path != back]) for back in flip['facts']) if one]
        first, *others = verdicts_of([bare, *spared], top=1)
        best = first['layers'][flip['layer']][0]
        check((best['id'], best['probability']) == (flip['id'], flip['probability']), 'without the facts of a flip the answer is what it says', f'{where}: {best["id"]} {best["probability"]}')
        for other in others:
            check(other['layers'][flip['layer']][0]['id'] == verdict['layers'][flip['layer']][0]['id'], 'no fact of a flip can be spared', where)
        tried += 1
    check(tried >= 5, 'flips were tried', tried)


def explain_agrees(reports, verdicts):
    for report, verdict in random.Random(5).sample(list(zip(reports, verdicts)), 25):
        text = run('explain', '--db', DB, '-', stdin=json.dumps(report).encode())
        where = verdict['report']
        told = dict(re.findall(r'^  (\S+) +.*? +(0\.\d{4}|under 0\.0001)(?: |$)', text[:text.find('\n\n', text.find('\n\n') + 2)], re.M))
        for layer, ranked in verdict['layers'].items():
            check(layer in told and close_short(told[layer], ranked[0]['probability']), 'explain has the same probabilities', f'{where} {layer}')
        for layer, ranked in verdict['layers'].items():
            for rival in ranked[1:4]:
                found = re.search(r'^Why not ' + re.escape(rival['name']) + r'\n  probability (0\.\d{4}|under 0\.0001), (-?[\d.]+) bits', text, re.M)
                twins = [one for others in verdict['layers'].values() for one in others if one['name'] == rival['name']]
                if found and len(twins) == 1:
                    check(close_short(found.group(1), rival['probability']) and abs(float(found.group(2)) - rival['log_odds']) < 0.051, 'why not has the same figures', f'{where} {rival["id"]}')
        winners = {ranked[0]['name'] for ranked in verdict['layers'].values()}
        for layer, ranked in verdict['layers'].items():
            for one in ranked[1:]:
                told = one['name'] not in winners and re.search(r'^Why ' + re.escape(one['name']) + '$', text, re.M)
                check(not told, 'only the best of a layer is told as the answer, not what it is a kind of', f'{where}: {layer} {one["id"]}')


def main():
    rules = Rules()
    reports = []
    for path in sorted(glob.glob(os.path.join(ROOT, 'reports', 'samples', '*.json'))):
        if not path.endswith('expected.json'):
            with open(path, encoding='utf-8') as file:
                reports.append(json.load(file))
    machines = sorted(os.path.dirname(path) for path in glob.glob(os.path.join(ROOT, 'tests', 'machines', '*', 'capture.yaml')))
    reports += [json.loads(line) for line in run('collect', '--capture', *machines).splitlines()]
    verdicts = verdicts_of(reports)
    check(len(verdicts) == len(reports) and [verdict['report'] for verdict in verdicts] == [report['id'] for report in reports], 'one verdict for each report, in order', '')
    for report, verdict in zip(reports, verdicts):
        where = verdict['report']
        for layer, ranked in verdict['layers'].items():
            layer_adds_up(f'{where} {layer}', layer, ranked, rules)
        summary_names_the_winners(where, verdict, rules)
        details_come_from_the_identified(where, verdict, rules)
        conflicts_name_evidence(where, verdict, rules)
        next_is_unknown(where, verdict, report, rules)
        unforgeable_is_whole(where, verdict)
    csv_agrees(reports, verdicts)
    text_agrees(reports, verdicts)
    html_agrees(reports, verdicts)
    some = random.Random(1).sample(list(zip(reports, verdicts)), 12)
    json_is_ndjson(*zip(*some))
    adversary_is_the_row(*zip(*some))
    ignoring_is_not_having(*zip(*random.Random(2).sample(list(zip(reports, verdicts)), 80)), rules)
    refusals_agree(reports, rules)
    flips_hold(reports)
    explain_agrees(reports, verdicts)
    print(f'test_invariants: {passed} passed, {failed} failed')
    return 1 if failed else 0


sys.exit(main())
