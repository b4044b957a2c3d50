"""A second evaluator of the compiled evidence DB, independent of the engine and as simple as it can be.

It reads the same tables, judges the same reports, and must come to the same truths, bits and odds. Written from
rules/README.md and engine/rank.h; it shares no code with the engine and is in no hurry.
"""
import functools
import ipaddress
import json
import math
import re
import sqlite3
from datetime import date

TRUE, FALSE, UNKNOWN, UNREADABLE = 'true', 'false', 'unknown', 'unreadable'
FORGE = ['tenant', 'root', 'image', 'vmm', 'network']
UNITS = {'B': 1, 'bytes': 1, 'KiB': 2**10, 'MiB': 2**20, 'GiB': 2**30, 'TiB': 2**40, 'kB': 1e3, 'KB': 1e3, 'MB': 1e6, 'GB': 1e9, 'TB': 1e12}
LISTS = ('texts', 'records', 'map')


def negate(a):
    return {TRUE: FALSE, FALSE: TRUE}.get(a, a)


def both(truths):
    truths = list(truths)
    for wanted in (FALSE, UNREADABLE, UNKNOWN):
        if wanted in truths:
            return wanted
    return TRUE


def either(truths):
    return negate(both(negate(truth) for truth in truths))


class Facts:
    """The facts of one report: state and value of each path."""

    def __init__(self, report, types):
        self.types = types
        self.unreadable = report.get('unreadable', {})
        self.given, members = {}, {}
        self.flatten(report.get('facts', {}), '', members)
        self.partial = {path for path, (kind, _, _) in types.items() if kind in LISTS and any(self.covers(name, path) for name in report.get('partial', []))}
        for path, found in members.items():
            if path not in self.given and types[path][0] == 'map':
                self.partial.add(path)
            self.given[path] = {**self.given.get(path, {}), **found}

    @staticmethod
    def covers(name, path):
        return path == name or path.startswith(name + '.')

    def flatten(self, tree, above, members):
        """Objects within objects, dotted keys, or both, as {path: value}; a member of a map may have a dotted key of its own."""
        for key, value in tree.items():
            path = above + key
            owner = next((name for name, (kind, _, _) in self.types.items() if kind in ('map', 'paths') and path.startswith(name + '.')), None)
            if path in self.types:
                self.given[path] = value
            elif owner:
                members.setdefault(owner, {})[path[len(owner) + 1:]] = value
            elif value is None:
                self.given.update({below: None for below in self.types if self.covers(path, below)})
            else:
                self.flatten(value, path + '.', members)

    def at(self, path):
        """('present', value), ('absent', None), ('unreadable', None) or ('unknown', None)."""
        if path not in self.given:
            return ('unreadable' if any(self.covers(name, path) for name in self.unreadable) else 'unknown'), None
        value = self.given[path]
        if value is None or (value in ([], {}) and self.types[path][0] != 'paths' and not self.is_partial(path)):
            return 'absent', None
        return 'present', value

    def is_partial(self, path):
        return path in self.partial


@functools.cache
def read_number(text, unit):
    found = re.fullmatch(r'\s*([0-9.eE+-]+?)(B|bytes|[KMGT]iB|[kKMGT]B)?\s*', text)
    number = float(found.group(1))
    return number * UNITS[found.group(2)] / UNITS[unit] if found.group(2) else number


def holds_number(operand, unit, number):
    if '..' in operand:
        low, high = operand.split('..')
        return (not low or number >= read_number(low, unit)) and (not high or number <= read_number(high, unit))
    for sign, text in re.findall(r'(<=|>=|<|>|==|=|)\s*([^\s<>=]+)', operand):
        want = read_number(text, unit)
        if not {'<=': number <= want, '>=': number >= want, '<': number < want, '>': number > want}.get(sign, number == want):
            return False
    return True


@functools.cache
def network(block):
    return ipaddress.ip_network(block, strict=False)


def parts_of(text):
    found = re.search(r'[0-9]+(?:\.[0-9]+)*', text)
    return [int(part) for part in found.group().split('.')[:8]] if found else None


def holds_version(operand, text):
    have = parts_of(text)
    if have is None:
        return False
    for sign, version in re.findall(r'(<=|>=|<|>|==|=)?\s*([0-9.]+)', operand):
        want = parts_of(version)
        width = max(len(have), len(want))
        a, b = have + [0] * (width - len(have)), want + [0] * (width - len(want))
        if not {'<=': a <= b, '>=': a >= b, '<': a < b, '>': a > b}.get(sign, a == b):
            return False
    return True


def holds_cidr(operand, text):
    try:
        address = ipaddress.ip_address(re.split('[/%]', text)[0])
    except ValueError:
        return False
    return any(address in network(block) for block in operand.split() if network(block).version == address.version)


def holds_mac(operand, text):
    operand = operand[:-2] if operand.endswith(':*') else operand
    return text.lower().replace('-', ':').startswith(operand.lower())


@functools.cache
def pattern(operand):
    return re.compile(operand, re.ASCII)


def holds_glob(operand, text):
    """A shell pattern, by trying: * any text, ? any character, [ab] [a-c] one of these, [!ab] none of these, \\ the next as it is."""
    if not operand:
        return not text
    if operand[0] == '*':
        return any(holds_glob(operand[1:], text[i:]) for i in range(len(text) + 1))
    if not text:
        return False
    end = operand.find(']', 3 if operand.startswith('[!') else 2) if operand[0] == '[' else -1
    if end > 0:
        inside, wanted = (operand[2:end], False) if operand[1] == '!' else (operand[1:end], True)
        found = any(low <= text[0] <= high for low, high in re.findall('(.)-(.)', inside)) or text[0] in re.sub('.-.', '', inside)
        return found == wanted and holds_glob(operand[end + 1:], text[1:])
    if operand[0] == '\\' and len(operand) > 1:
        return text[0] == operand[1] and holds_glob(operand[2:], text[1:])
    return operand[0] in ('?', text[0]) and holds_glob(operand[1:], text[1:])


TEXTS = {
    'equals': lambda operand, text: text == operand,
    'prefix': lambda operand, text: text.startswith(operand),
    'suffix': lambda operand, text: text.endswith(operand),
    'contains': lambda operand, text: operand in text,
    'regex': lambda operand, text: pattern(operand).search(text) is not None,
    'glob': holds_glob,
    'version': holds_version,
    'cidr': holds_cidr,
    'mac': holds_mac,
}


class Oracle:
    def __init__(self, path):
        db = sqlite3.connect(f'file:{path}?mode=ro', uri=True)
        db.row_factory = sqlite3.Row
        self.facts = {row['fact']: (row['type'], row['unit'], row['forge']) for row in db.execute('select * from fact')}
        self.model = {row['name']: row['value'] for row in db.execute('select * from model')}
        self.layers = [row['layer'] for row in db.execute('select layer from layer order by position')]
        self.children = {}
        self.roots = {}
        for row in db.execute('select * from condition order by signal_id, position, condition_id'):
            if row['parent_id'] is None:
                self.roots[row['signal_id']] = row
            else:
                self.children.setdefault(row['parent_id'], []).append(row)
        self.things = {layer: {} for layer in self.layers}
        by_number = {}
        for row in db.execute('select * from platform'):
            thing = dict(row, signals=[], stack={})
            by_number[row['platform_id']] = self.things[row['layer']][row['id']] = thing
        for row in db.execute('select signal.*, source.observed from signal join source using (source_id) order by signal'):
            by_number[row['platform_id']]['signals'].append(row)
        for row in db.execute('select * from expectation'):
            by_number[row['platform_id']]['stack'].setdefault(row['layer'], {})[row['id']] = row['probability']
        self.costs = {number: self.forge(root) for number, root in self.roots.items()}
        self.shares, self.promises = {}, {}
        for layer in self.layers[1:]:
            odds = {'unknown': 1.0, **{id_: thing['prior'] for id_, thing in self.things[layer].items()}}
            self.shares[layer] = {id_: one / sum(odds.values()) for id_, one in odds.items()}
            for id_, thing in self.things[self.layers[0]].items():
                self.promises[id_, layer] = self.expectation(thing, layer, self.shares[layer])

    # --- truths ---

    def scalar(self, node, unit, value):
        if node['matcher'] == 'same':
            return both(self.scalar(child, unit, value) for child in self.children[node['condition_id']])
        if isinstance(value, str):
            if value == '(hidden)' or value.startswith('(hash:'):
                return UNREADABLE
            return TRUE if TEXTS[node['matcher']](node['operand'], value) else FALSE
        if isinstance(value, bool):
            return TRUE if node['operand'] == ('true' if value else 'false') else FALSE
        return TRUE if holds_number(node['operand'], unit, value) else FALSE

    def count(self, operand, count, partial):
        if not partial:
            return TRUE if holds_number(operand, None, count) else FALSE
        named = [int(float(number)) + step for number in re.findall(r'[0-9]+(?:[.][0-9]+)?(?:e[0-9]+)?', operand) for step in (-1, 0, 1)]
        found = {holds_number(operand, None, more) for more in [count, count + 1, 10**9, *named] if more >= count}
        return UNKNOWN if len(found) == 2 else TRUE if found == {True} else FALSE

    def sight(self, node, facts, element):
        """State, value, partial, unit of what a test looks at."""
        if node['fact'] is None:
            value = element.get(node['key'], facts)
            unit = 'bytes' if node['key'].endswith('_bytes') else None
            return ('unknown', None, False, unit) if value is facts else ('absent', None, False, unit) if value is None or value == [] else ('present', value, False, unit)
        kind, unit, _ = self.facts[node['fact']]
        state, value = facts.at(node['fact'])
        partial = facts.is_partial(node['fact'])
        if node['key'] is None:
            if state == 'present' and value in ([], {}):
                state = 'unknown'
            return state, value, partial, unit
        if state != 'present':
            return state, None, False, unit
        if node['key'] not in value:
            return ('unknown' if kind == 'paths' or partial else 'absent'), None, False, unit
        member = value[node['key']]
        return ('absent', None, False, unit) if member in (None, False) else ('present', member, False, unit)

    def test(self, node, facts, element):
        state, value, partial, unit = self.sight(node, facts, element)
        if state in ('unknown', 'unreadable'):
            return UNREADABLE if state == 'unreadable' else UNKNOWN
        if node['matcher'] in ('present', 'absent'):
            return TRUE if (state == 'present') == (node['matcher'] == 'present') else FALSE
        if node['matcher'] == 'count':
            return self.count(node['operand'], 0 if state == 'absent' else len(value) if isinstance(value, (list, dict)) else 1, partial and state == 'present')
        if state == 'absent':
            return FALSE
        if not isinstance(value, (list, dict)):
            return self.scalar(node, unit, value)
        items = value if isinstance(value, list) else value.values()
        truth = either(self.scalar(node, unit, item) for item in items if item is not None and not isinstance(item, (list, dict)))
        return either([truth, UNKNOWN]) if partial else truth

    def has(self, node, facts):
        state, value, partial, _ = self.sight(node, facts, None)
        if state != 'present':
            return {'absent': FALSE, 'unreadable': UNREADABLE}.get(state, UNKNOWN)
        elements = value if isinstance(value, list) else [{'name': name, 'value': inner} for name, inner in value.items()]
        truth = either(both(self.evaluate(child, facts, element) for child in self.children[node['condition_id']]) for element in elements)
        return either([truth, UNKNOWN]) if partial or self.facts[node['fact']][0] == 'paths' else truth

    def evaluate(self, node, facts, element=None):
        operator = node['operator']
        if operator == 'test':
            return self.test(node, facts, element)
        if operator == 'has':
            return self.has(node, facts)
        truths = [self.evaluate(child, facts, element) for child in self.children[node['condition_id']]]
        if operator == 'at_least':
            holding, failing = truths.count(TRUE), truths.count(FALSE)
            if holding >= node['at_least']:
                return TRUE
            if len(truths) - failing < node['at_least']:
                return FALSE
            return UNREADABLE if UNREADABLE in truths else UNKNOWN
        return {'all': both, 'any': either, 'none': lambda all_: negate(either(all_))}[operator](truths)

    def forge(self, node):
        """The cheapest forgery among the facts a condition looks at."""
        own = [FORGE.index(self.facts[node['fact']][2])] if node['fact'] else []
        return min(own + [self.forge(child) for child in self.children.get(node['condition_id'], [])], default=len(FORGE) - 1)

    # --- weights ---

    def weight(self, signal, truth, day):
        seen = min(max(signal['seen'], 1e-6), 1 - 1e-6)
        elsewhere = signal['elsewhere']
        if elsewhere < signal['seen']:
            elsewhere = max(elsewhere, min(self.model['forge_floor.' + FORGE[self.costs[signal['signal_id']]]], signal['seen']))
        elsewhere = min(max(elsewhere, 1e-6), 1 - 1e-6)
        bits = math.log2(seen / elsewhere) if truth == TRUE else math.log2((1 - seen) / (1 - elsewhere))
        bits /= self.model['temperature']
        if signal['volatile'] and day is not None:
            bits *= 2 ** (-max(0, (day - date.fromisoformat(signal['observed'])).days) / self.model['half_life_days'])
        return bits

    def truth(self, number, facts, known):
        if number not in known:
            known[number] = self.evaluate(self.roots[number], facts)
        return known[number]

    def rulings(self, thing, facts, day, known):
        """{signal id: (owner, truth, bits)} of a thing and of what it is a kind of; the strongest of each group counts."""
        found = {}
        at = thing
        while at:
            for signal in at['signals']:
                if at is thing or signal['signal'] not in found:
                    truth = self.truth(signal['signal_id'], facts, known)
                    bits = self.weight(signal, truth, day) if truth in (TRUE, FALSE) else 0
                    found.setdefault(signal['signal'], (at, signal, truth, bits))
            at = self.things[at['layer']].get(at['kind_of']) if at['kind_of'] else None
        best = {}
        for name, (_, signal, _, bits) in sorted(found.items()):
            if bits and (signal['grouping'] not in best or abs(bits) > abs(found[best[signal['grouping']]][3])):
                best[signal['grouping']] = name
        return {name: (owner, truth, bits if name in best.values() else 0) for name, (owner, _, truth, bits) in found.items()}

    # --- odds ---

    def owner(self, layer, id_, named):
        """The named thing whose promise covers this one: itself, or the nearest that it is a kind of."""
        while id_ not in named and id_ in self.things[layer] and self.things[layer][id_]['kind_of']:
            id_ = self.things[layer][id_]['kind_of']
        return id_ if id_ in named else None

    def expectation(self, thing, layer, shares):
        named = thing['stack'].get(layer)
        if not named:
            return None
        total = sum(named.values())
        scale = 0.995 / total if total > 0.995 else 1
        owners = {id_: self.owner(layer, id_, named) for id_ in shares}
        held = {owner: sum(share for id_, share in shares.items() if owners[id_] == owner) for owner in set(owners.values())}
        return {id_: (named[owners[id_]] * scale if owners[id_] else 1 - total * scale) * share / held[owners[id_]] for id_, share in shares.items()}

    def judge(self, report):
        """{layer: {id: {log_odds, probability, rulings}}}"""
        facts = Facts(report, self.facts)
        day = date.fromisoformat(report['observed_at'][:10]) if report.get('observed_at') else None
        known = {}
        own = {layer: {'unknown': 0.0} for layer in self.layers}
        prior = {layer: {'unknown': 0.0} for layer in self.layers}
        told = {layer: {'unknown': {}} for layer in self.layers}
        for layer in self.layers:
            for id_, thing in self.things[layer].items():
                told[layer][id_] = self.rulings(thing, facts, day, known)
                own[layer][id_] = sum(bits for _, _, bits in told[layer][id_].values())
                prior[layer][id_] = math.log2(thing['prior'])
        top, lower = self.layers[0], self.layers[1:]
        alone, fits = {}, {}
        for layer in lower:
            joint = {id_: share * 2 ** own[layer][id_] for id_, share in self.shares[layer].items()}
            alone[layer] = shared(joint)
            fits[layer] = sum(alone[layer][id_] * 2 ** own[layer][id_] for id_ in joint)
        given = {}
        odds = {layer: {} for layer in self.layers}
        for id_ in own[top]:
            stack = 0.0
            for layer in lower:
                expected = self.promises.get((id_, layer))
                given[id_, layer] = alone[layer]
                if expected:
                    joint = {lid: expected[lid] * 2 ** own[layer][lid] for lid in expected}
                    stack += math.log2(sum(joint.values())) - math.log2(fits[layer])
                    given[id_, layer] = shared(joint)
            odds[top][id_] = prior[top][id_] + own[top][id_] + stack
        upper = shared({id_: 2 ** bits for id_, bits in odds[top].items()})
        for layer in lower:
            free = sum(upper[id_] for id_ in upper if given[id_, layer] is alone[layer])
            bound = [id_ for id_ in upper if given[id_, layer] is not alone[layer]]
            mixed = {lid: free * alone[layer][lid] + sum(upper[id_] * given[id_, layer][lid] for id_ in bound) for lid in own[layer]}
            odds[layer] = {lid: math.log2(value / mixed['unknown']) for lid, value in mixed.items()}
        probability = {layer: shared({id_: 2 ** bits for id_, bits in odds[layer].items()}) for layer in self.layers}
        return {layer: {id_: {'log_odds': bits, 'probability': probability[layer][id_], 'rulings': told[layer][id_]}
                        for id_, bits in odds[layer].items()} for layer in self.layers}


def shared(weights):
    """The same, adding up to one."""
    total = sum(weights.values())
    return {id_: weight / total for id_, weight in weights.items()}


def differences(oracle, report, verdict):
    """What the engine's verdict (JSON with every hypothesis) and the oracle's do not agree on, and what both decided, as
    {(layer, id, signal): truth}. A signal that the engine does not list must be one that is false and counts nothing."""
    found, decided = [], {}
    judged = oracle.judge(report)
    for layer, hypotheses in verdict['layers'].items():
        if {hypothesis['id'] for hypothesis in hypotheses} != set(judged[layer]):
            found.append(f'{layer}: other hypotheses')
            continue
        for hypothesis in hypotheses:
            own = judged[layer][hypothesis['id']]
            place = f"{report.get('id')}: {layer}/{hypothesis['id']}"
            items = {item['signal']: item for list_ in ('evidence', 'contradicted', 'missing', 'unreadable') for item in hypothesis[list_]}
            for signal, (owner, truth, bits) in own['rulings'].items():
                item = items.pop(f"{layer}/{owner['id']}.{signal}", {'truth': FALSE, 'bits': 0})
                decided[layer, owner['id'], signal] = truth
                if truth != item['truth'] or abs(bits - item['bits']) > 0.002:
                    found.append(f"{place}: signal {owner['id']}.{signal} {item['truth']} {item['bits']}, the oracle says {truth} {bits:.3f}")
            if abs(own['log_odds'] - hypothesis['log_odds']) > 0.002:
                found.append(f"{place}: log-odds {hypothesis['log_odds']}, the oracle says {own['log_odds']:.3f}")
            if abs(own['probability'] - hypothesis['probability']) > 1e-5:
                found.append(f"{place}: probability {hypothesis['probability']}, the oracle says {own['probability']:.6f}")
            found += [f'{place}: {signal}, which the oracle does not know' for signal in items]
    return sorted(found, key=lambda text: ': signal ' not in text), decided


def load(path):
    with open(path, encoding='utf-8') as file:
        return json.load(file)
