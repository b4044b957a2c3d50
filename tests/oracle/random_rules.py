"""Random rule bases: every operator, matcher and turn of the rule language, small enough that a few reports reach every corner.

A base is {path: content}, to be written as JSON, which is YAML in braces. The same seed gives the same base.
"""
import ipaddress
import json
import os
import random
import sqlite3

WORDS = ['a', 'b', 'ab', 'abc', 'Ab', 'x-1', 'linux', 'a b', 'a/b', 'a*', '[a]', '1', '01', 'é', 'true', 'null', 'v1.02', '6.1', '6.1.0', '6.1.5-a', '6.2',
         '5.15.0-91-generic', '10.0.0.5', '10.1.0.0', '192.168.1.1', 'fd00::1', 'fe80::1', '02:fc:00:11:22:33', '02']
NAMES = ['A', 'B', 'AB', 'HOME', 'A_ID', 'a.b']
PATHS = ['/a', '/b', '/a/b', '/etc/x.y']
OPERANDS = {
    'regex': ['^a', 'b$', '^ab?c?$', r'[0-9]+\.[0-9]+', '(?i)^AB', 'a|^b', r'^\d', r'\w-\d', '.', '^.$', 'é', 'a.b', r'\s', r'^(\w)\1', '^[^a]', r'\bx', '^$', '[A-Z]'],
    'prefix': ['a', 'ab', '1', '6.', '02', 'é', 'A'],
    'suffix': ['b', 'c', '.0', '1', 'generic', 'é'],
    'contains': ['a', 'b', '.', '-', ':', '/'],
    'glob': ['*', 'a*', '*b', '?', 'a?c', '[ab]*', '[!a]*', '[a-c]b', '*/*', '??*', '*.*.*', '\\[a]', 'a\\*', '*é'],
    'version': ['>=6.1', '>=6.1 <6.2', '6.1', '=6.1.0', '==6', '<6', '>5.15 <=6.1.5', '>=6.2 >=1', '<=1.2', '1.2', '>0 <1000'],
    'cidr': ['10.0.0.0/8', '10.0.0.5/32', '0.0.0.0/0', '10.0.0.4/31', 'fd00::/8', '::/0', 'fe80::/10', '10.0.0.0/9 fd00::/7', '192.168.0.0/15', '::ffff:0:0/96'],
    'mac': ['02', '02:fc', '02:FC:00', '02:fc:*', '02:fc:00:11:22:33', 'aa'],
    'count': [0, 1, 2, '>=2', '<2', '1..2', '..1', '=3', '>0', '<=0', '2..', '>=2 >=1', '>=1 <=2', '<3 <=2'],
}
RANGES = ['1..3', '>=2', '2', '..0', '-5..5', '1e3..', '>=4 >=2', '<5 <9', '>1 <=3', '=2', '4096..8192', '>2 >=2', '<=3 <3', '2 >=1', '0.5..2.5']
SIZES = ['1KiB..2KiB', '..4KiB', '1kB..', '>=1KiB <2KiB', '>2KiB', '4KB..1MiB', '>=1GiB', '8KiB']
LIKELIHOODS = ['always', 'usually', 'often', 'sometimes', 'rarely', 'never', 0, 1, 0.5, 0.3, 1e-7, 0.0003, 0.97]
CATEGORIES = ['vmm', 'container', 'kernel', 'provider']
TEXT_MATCHERS = ['regex', 'prefix', 'suffix', 'contains', 'glob', 'version', 'cidr', 'mac']
MATCHERS = {'text': TEXT_MATCHERS, 'texts': [*TEXT_MATCHERS, 'count'], 'records': ['count'], 'map': ['count'], 'integer': ['range'], 'real': ['range'], 'boolean': [],
            'paths': []}
SUFFIXES = {'*': 'texts', '#': 'integer', '?': 'boolean'}


def catalog(path):
    """{fact: (type, unit, forge, fields)} of any evidence DB."""
    with sqlite3.connect(f'file:{path}?mode=ro', uri=True) as db:
        return {fact: rest for fact, *rest in db.execute('select fact, type, unit, forge, fields from fact')}


def field_kinds(fields):
    """{name: kind} of a records fact."""
    return {field.rstrip('*#?'): SUFFIXES.get(field[-1], 'text') for field in fields.split()}


class RuleMaker:
    """`catalog` is {fact: (type, unit, forge, fields)}."""

    def __init__(self, catalog, seed):
        self.random = random.Random(seed)
        self.catalog = catalog
        self.facts = []
        by_kind = {}
        for fact, (kind, *_) in catalog.items():
            by_kind.setdefault(kind, []).append(fact)
        for kind, known in sorted(by_kind.items()):
            self.facts += self.random.sample(sorted(known), min(len(known), {'text': 3, 'integer': 3, 'texts': 2, 'records': 2}.get(kind, 1)))

    def some(self, one_in):
        return self.random.randrange(one_in) == 0

    # --- tests of one value ---

    def comparisons(self, numbers):
        """One to three comparisons that do not exclude each other: bounds from below are lower than those from above."""
        low, high = sorted(self.random.sample(numbers, 2))
        signs = [(sign, low) for sign in ('>', '>=')] + [(sign, high) for sign in ('<', '<=')]
        return ' '.join(sign + str(number) for sign, number in self.random.sample(signs, self.random.choice([1, 2, 2, 3])))

    def block(self):
        """A random address block, its host bits not always zero."""
        width, kind = self.random.choice([(32, ipaddress.IPv4Address), (128, ipaddress.IPv6Address)])
        bits = self.random.choice([0, 1, 7, 8, 9, 15, 16, 17, 23, 24, 30, 31, width - 1, width])
        address = self.random.choice([int(ipaddress.ip_address(one)) for one in ('10.0.0.5', '172.16.0.2', '255.255.255.255')] if width == 32 else
                                     [int(ipaddress.ip_address(one)) for one in ('fd00::1', 'fe80::fc:ff:fe00:5', '::ffff:10.0.0.5', '::1')])
        return f'{kind(address)}/{bits}'

    def operand(self, matcher, unit):
        if matcher == 'range':
            made = self.comparisons([-7, 0, 1, 2, 3, 5, 8, 100, 4096, 1e6]) if self.some(3) else None
            return made or self.random.choice(RANGES + (SIZES * 2 if unit in ('bytes', 'KiB') else []))
        if self.some(2):
            return self.random.choice(OPERANDS[matcher])
        return {'glob': lambda: ''.join(self.random.choice(['a', 'b', '*', '*', '?', '[ab]', '[!a]', '[a-c]', '[!b-d]', '[]a]', '\\*', '\\[', '.', 'é', '-'])
                                        for _ in range(self.random.randrange(1, 6))),
                'version': lambda: self.comparisons(['1', '1.0.1', '2', '2.3', '5.15', '6.1', '6.10']), 'count': lambda: self.comparisons([0, 1, 2, 3, 4]),
                'cidr': lambda: ' '.join(self.block() for _ in range(self.random.choice([1, 1, 2]))),
                'mac': lambda: ':'.join(self.random.choice(['02', 'fc', 'FC', '00', '5a']) for _ in range(self.random.randrange(1, 7)))}.get(
                    matcher, lambda: self.random.choice(OPERANDS[matcher]))()

    def literal(self, kind):
        return {'integer': lambda: self.random.choice([0, 1, 2, 3, 4096]), 'real': lambda: self.random.choice([0.5, 1, 2]),
                'boolean': lambda: self.some(2)}.get(kind, lambda: self.random.choice(WORDS))()

    def test(self, kind, unit):
        """What stands behind the name of a fact or field."""
        draw = self.random.random()
        matchers = MATCHERS[kind]
        scalar = kind in ('text', 'texts', 'integer', 'real')
        if draw < 0.2 or (not matchers and kind != 'boolean'):
            return self.random.choice(['present', 'absent'])
        if draw < 0.4 and (scalar or kind == 'boolean') or not matchers:
            return self.random.choice([self.literal(kind), {'equals': self.literal(kind)}, self.random.sample([self.literal(kind) for _ in range(4)], 2)])
        if draw < 0.55 and scalar:
            names = [name for name in matchers if name not in ('count', 'range')] + ['equals']
            names = self.random.sample(names, 2) if len(names) > 1 else ['range', 'equals']
            return {name: self.literal(kind) if name == 'equals' else self.operand(name, unit) for name in names}
        matcher = self.random.choice(matchers)
        if draw < 0.65:
            return {matcher: [self.operand(matcher, unit) for _ in range(1 if matcher == 'cidr' else 2)]}
        return {matcher: self.operand(matcher, unit)}

    def has(self, fact):
        kind, _, _, fields = self.catalog[fact]
        kinds = field_kinds(fields) if kind == 'records' else {'name': 'text', 'value': 'text' if kind == 'map' else 'boolean'}
        chosen = self.random.sample(sorted(kinds), min(len(kinds), self.random.choice([1, 1, 2, 3])))
        return {'has': {name: self.test(kinds[name], 'bytes' if name.endswith('_bytes') else None) for name in chosen}}

    # --- conditions ---

    def fact_test(self):
        """(key, matcher) of one fact."""
        fact = self.random.choice(self.facts)
        kind, unit, *_ = self.catalog[fact]
        if kind == 'map' and not self.some(3):
            return f'{fact}.{self.random.choice(NAMES)}', self.test('text', None)
        if kind == 'paths' and not self.some(3):
            return f'{fact}.{self.random.choice(PATHS)}', self.random.choice(['present', 'absent'])
        if kind in ('records', 'map', 'paths') and not self.some(3):
            return fact, self.has(fact)
        return fact, self.test(kind, unit)

    def condition(self, depth):
        draw = self.random.random()
        if depth == 0 or draw < 0.4:
            return dict([self.fact_test()])
        if draw < 0.5:
            return dict(self.fact_test() for _ in range(self.random.choice([2, 2, 3])))
        children = [self.condition(depth - 1) for _ in range(self.random.choice([1, 2, 2, 3, 4]))]
        if draw < 0.65:
            return {'at_least': {'n': self.random.choice([1, len(children), self.random.randrange(len(children)) + 1]), 'of': children}}
        return {self.random.choice(['all', 'any', 'none']): children}

    # --- files ---

    def likelihood(self):
        return self.random.choice(LIKELIHOODS)

    def signal(self, number, shared):
        if shared and self.some(6):
            signal = {'signal': self.random.choice(shared)}
        else:
            signal = {'id': f's{number}', 'when': self.condition(self.random.choice([0, 1, 2, 3])), 'why': 'Because.', 'source': self.random.choice(['old', 'new'])}
        signal['seen'], signal['elsewhere'] = self.random.sample(LIKELIHOODS, 2)
        if self.some(3):
            signal['group'] = self.random.choice(['g', 'h', 'env'])
        if self.some(3):
            signal['volatile'] = self.some(2)
        return signal

    def sources(self):
        return {name: {'title': 't', 'url': 'u', 'observed': f'{self.random.choice(years)}-0{self.random.randrange(1, 10)}-1{self.random.randrange(10)}'}
                for name, years in (('old', (2022, 2023, 2024)), ('new', (2025, 2026, 2027)))}

    def thing(self, layer, id_, others, shared, lower):
        signals, seen = [], set()
        for number in range(self.random.randrange(9)):
            signal = self.signal(number, shared)
            name = signal.get('id') or signal['signal'].rsplit('.', 1)[1]
            if name not in seen:
                seen.add(name)
                signals.append(signal)
        thing = {'id': id_, 'layer': layer, 'name': id_.upper(), 'category': self.random.choice(CATEGORIES), 'sources': self.sources(), 'signals': signals}
        if others and self.some(2):
            thing['kind_of'] = self.random.choice(others)
        if self.some(2):
            thing['prior'] = self.random.choice([0.00001, 0.001, 0.05, 0.5, 1, 3])
        if lower and not self.some(4):
            thing['stack'] = {name: {one: self.random.choice(LIKELIHOODS[:6] + [0.3, 0.97]) for one in self.random.sample(ids, min(len(ids), self.random.choice([1, 2, 3])))}
                              for name, ids in lower.items() if not self.some(3)}
        return thing

    def model(self, layers):
        words = sorted((round(self.random.uniform(0.0001, 0.999), 9) for _ in range(6)), reverse=True)
        floors = sorted((10 ** self.random.uniform(-5, -1) for _ in range(5)), reverse=True)
        model = {'words': dict(zip(LIKELIHOODS, words)), 'layers': {layer: {'title': layer, 'prior': round(10 ** self.random.uniform(-4, 0), 5)} for layer in layers},
                 'forge_floor': dict(zip(['tenant', 'root', 'image', 'vmm', 'network'], floors)), 'half_life_days': self.random.choice([1, 30, 365, 1000.5])}
        for layer in layers:
            if self.some(2):
                model['layers'][layer]['known'] = round(10 ** self.random.uniform(-3, 1), 4)
        if not self.some(3):
            model['temperature'] = self.random.choice([0.48, 0.8, 1, 1.7])
        return model

    def base(self):
        layers = ['upper', 'north', 'south', 'east'][:self.random.choice([1, 2, 3, 4])]
        signals = [{'id': f'shared{i}', 'when': self.condition(2), 'why': 'Because.', 'source': 'old', **({'group': 'g'} if self.some(3) else {})} for i in range(3)]
        files = {'model.yaml': self.model(layers), 'lib/l.yaml': {'id': 'l', 'sources': self.sources(), 'signals': signals}}
        shared = [f'lib/l.shared{i}' for i in range(3)]
        ids = {}
        for layer in reversed(layers):
            ids[layer] = [f'{layer[0]}{i}' for i in range(self.random.choice([1, 3, 4, 6]))]
            lower = {name: [*known, 'unknown'] for name, known in ids.items()} if layer == 'upper' and len(layers) > 1 else None
            lower = {name: known for name, known in (lower or {}).items() if name != 'upper'}
            for i, id_ in enumerate(ids[layer]):
                files[f'{layer}/{id_}.yaml'] = self.thing(layer, id_, ids[layer][:i], shared, lower)
        return files


class Reading:
    """What a condition means as a tree, read from rules/README.md alone: (operator, at_least, fact, key, matcher, operand, children)."""

    def __init__(self, catalog):
        self.catalog = catalog

    @staticmethod
    def text(value):
        return value if isinstance(value, str) else json.dumps(value)

    def test(self, fact, key, matcher, operand):
        return ('test', None, fact, key, matcher, None if operand is None else self.text(operand), [])

    def choice(self, tests):
        return tests[0] if len(tests) == 1 else ('any', None, None, None, None, None, tests)

    def matcher(self, fact, key, value):
        if isinstance(value, list):
            return self.choice([self.test(fact, key, 'equals', one) for one in value])
        if not isinstance(value, dict):
            return self.test(fact, key, value, None) if value in ('present', 'absent') else self.test(fact, key, 'equals', value)
        if 'has' in value:
            return ('has', None, fact, key, None, None, [self.matcher(None, field, inner) for field, inner in value['has'].items()])
        if len(value) > 1:
            return ('test', None, fact, key, 'same', None, [self.test(None, None, name, operand) for name, operand in value.items()])
        (name, operand), = value.items()
        operands = operand if isinstance(operand, list) else [operand]
        if name == 'cidr':
            return self.test(fact, key, name, ' '.join(operands))
        return self.choice([self.test(fact, key, name, one) for one in operands])

    def fact_test(self, path, value):
        owner = next((fact for fact, (kind, *_) in self.catalog.items() if kind in ('map', 'paths') and path.startswith(fact + '.')), None)
        return self.matcher(owner, path[len(owner) + 1:], value) if owner else self.matcher(path, None, value)

    def tree(self, when):
        if len(when) > 1:
            return ('all', None, None, None, None, None, [self.fact_test(*item) for item in when.items()])
        (name, inner), = when.items()
        if name == 'at_least':
            return (name, inner['n'], None, None, None, None, [self.tree(child) for child in inner['of']])
        if name in ('all', 'any', 'none'):
            return (name, None, None, None, None, None, [self.tree(child) for child in inner])
        return self.fact_test(name, inner)


def tree_of_rows(children, row):
    """The same of what was compiled."""
    return (*(row[name] for name in ('operator', 'at_least', 'fact', 'key', 'matcher', 'operand')), [tree_of_rows(children, child) for child in children.get(row['condition_id'], [])])


def env_only(tree):
    """True where a condition looks at nothing but the environment."""
    return tree[2] == 'env' if tree[0] in ('test', 'has') else all(env_only(child) for child in tree[6])


def wrongly_compiled(catalog, files, oracle):
    """Signals that the compiled base has otherwise than the rules say."""
    reading = Reading(catalog)
    words = files['model.yaml']['words']
    shared = {signal['id']: signal for signal in files['lib/l.yaml']['signals']}
    for content in files.values():
        for signal in content.get('signals', []) if 'layer' in content else []:
            name = signal.get('id') or signal['signal'].rsplit('.', 1)[1]
            whole = {**shared.get(name, {}), **signal}
            row = next(row for row in oracle.things[content['layer']][content['id']]['signals'] if row['signal'] == name)
            tree = reading.tree(whole['when'])
            if tree != tree_of_rows(oracle.children, oracle.roots[row['signal_id']]):
                yield f"{content['id']}.{name}: {json.dumps(whole['when'], ensure_ascii=False)} is compiled to {row['text']}"
            numbers = [words.get(whole[key], whole[key]) for key in ('seen', 'elsewhere')] + [int(whole.get('volatile', False))]
            numbers.append(whole.get('group') or ('env' if env_only(tree) else name))
            if numbers != [row['seen'], row['elsewhere'], row['volatile'], row['grouping']]:
                yield f"{content['id']}.{name}: {numbers} is compiled to {tuple(row)}"


def wrong_priors(files, oracle):
    """Things whose odds are not those that they, or their share of what is known of the layer, should have."""
    for layer, numbers in files['model.yaml']['layers'].items():
        own = {content['id']: content.get('prior', numbers['prior']) for content in files.values() if content.get('layer') == layer}
        scale = numbers['known'] / sum(own.values()) if 'known' in numbers else 1
        for id_, prior in own.items():
            found = oracle.things[layer][id_]['prior']
            if abs(found - prior * scale) > 1e-9 * found:
                yield f'{layer}/{id_}: the prior {prior} is compiled to {found}, expected {prior * scale}'


def write_base(files, folder):
    for path, content in files.items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), 'w', encoding='utf-8') as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
