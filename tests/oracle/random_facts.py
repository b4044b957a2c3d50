"""Random reports on which the tests of a rule base are close calls.

Values are made from the rules' own operands, whole or with something added or taken away; facts are missing, null, refused, partial, hidden,
not applicable, empty, given by their domain or under dotted keys. The same seed gives the same reports.
"""
import ipaddress
import random
import re

UNITS = {'B': 1, 'KiB': 2**10, 'MiB': 2**20, 'GiB': 2**30, 'kB': 10**3, 'KB': 10**3, 'MB': 10**6, 'GB': 10**9}
MARKERS = ['(hidden)', '(hash:0a1b)']
LISTS = ('texts', 'records', 'map')


class FactMaker:
    """`fields` is {fact: fields of its records}; `facts` are those that reports tell of; `samples` gives values seen on machines."""

    def __init__(self, oracle, fields, seed, facts=None, samples=()):
        self.random = random.Random(seed)
        self.oracle = oracle
        self.fields = fields
        self.facts = sorted(facts or oracle.facts)
        self.operands = {}  # (fact, key or field or None) -> [(matcher, operand)]
        self.values = {}    # fact -> values seen in reports
        for row in oracle.roots.values():
            self.note(row, None)
        for report in samples:
            for fact in oracle.facts:
                node = report['facts']
                for part in fact.split('.'):
                    node = node.get(part) if isinstance(node, dict) else None
                if node:
                    self.values.setdefault(fact, []).append(node)

    def note(self, row, above):
        """Takes the operands of a condition; below a has or a same they belong to the fact, and the field, above."""
        fact = row['fact'] or (above and above[0])
        key = row['key'] or (above and above[1])
        if fact and (row['operand'] is not None or key):
            self.operands.setdefault((fact, key), []).append((row['matcher'], row['operand']))
        for child in self.oracle.children.get(row['condition_id'], []):
            self.note(child, (fact, key) if fact else above)

    # --- values ---

    def near(self, matcher, operand):
        """A text that the test takes, or just does not."""
        if matcher == 'cidr':
            block = ipaddress.ip_network(self.random.choice(operand.split()), strict=False)
            edge = int(self.random.choice([block.network_address, block.broadcast_address])) + self.random.choice([-1, 0, 0, 1])
            address = str(type(block.network_address)(edge % 2**block.max_prefixlen))
            return self.random.choice([address, address, address + '/24', address + '%eth0', address + '1', ' ' + address, address.upper()])
        if matcher == 'glob' and self.random.random() < 0.7:
            return ''.join(self.random.choice(['', 'a', 'b', 'ab', 's', '/', '\n', '.', 'é', '*', ']', '[', '-', 'c', 'd'])
                           if one in '*?[]!' else one for one in operand if one != '\\' or self.random.random() < 0.3)
        if matcher == 'mac':
            start = operand.removesuffix(':*')
            return self.random.choice([start + ':99', start.upper(), start.replace(':', '-') + '-00', start[:-1], start + 'f'])
        if matcher == 'version':
            number = self.random.choice(re.findall(r'[0-9.]+', operand))
            return self.random.choice([number, number + '.0', number + '.1', f'v{number}-x', f'a-{number}+b', number + '.', '0' + number, number.rsplit('.', 1)[0]])
        for sign in '^$()|[]?*+\\':
            operand = operand.replace(sign, '') if self.random.random() < 0.9 else operand
        return self.random.choice([operand, operand, operand + self.random.choice(['x', '-1', '/a', '.5', 'b', '\n']), 'x' + operand, 'a' + operand, operand[:-1], operand.swapcase()])

    def text(self, fact, key):
        draw = self.random.random()
        if draw < 0.06:
            return self.random.choice(MARKERS)
        if draw < 0.1:
            return ''
        known = [pair for pair in self.operands.get((fact, key)) or self.operands.get((fact, None), []) if pair[1] is not None]
        return self.near(*self.random.choice(known or [('equals', 'x')]))

    def number(self, fact, key, whole):
        known = [operand for _, operand in self.operands.get((fact, key), []) if operand]
        found = re.findall(r'(-?[0-9]+(?:\.[0-9]+)?(?:e[0-9]+)?)([KMG]i?B|kB)?', self.random.choice(known)) if known and self.random.random() < 0.8 else []
        if not found:
            return self.random.choice([0, 1, 2, 3, 4, 6, 12, 64, 4026531836, 4026531837, self.random.randrange(1 << 24)])
        amount, unit = self.random.choice(found)
        own = UNITS.get(self.oracle.facts[fact][1], 1) if key is None else 1
        number = float(amount) * UNITS.get(unit, own) / own + self.random.choice([-1, 0, 0, 0, 1])
        return int(number) if whole else number + self.random.choice([0, 0.5])

    def record(self, fact):
        record = {}
        for field in self.fields[fact].split():
            name, suffix = (field[:-1], field[-1]) if field[-1] in '*#?' else (field, '')
            draw = self.random.random()
            if draw < 0.2:
                continue
            record[name] = None if draw < 0.27 else {'*': lambda n: [self.text(fact, n) for _ in range(self.random.randrange(3))],
                                                     '#': lambda n: self.number(fact, n, True), '?': lambda n: self.random.random() < 0.5,
                                                     '': lambda n: self.text(fact, n)}[suffix](name)
        return record

    def members(self, fact, most):
        names = sorted({key for path, key in self.operands if path == fact and key}) or ['x']
        return self.random.sample(names, min(len(names), self.random.randrange(most)))

    def value(self, fact, kind):
        if self.values.get(fact) and self.random.random() < 0.4:
            return self.random.choice(self.values[fact])
        many = range(self.random.randrange(4))
        return {'text': lambda: self.text(fact, None), 'integer': lambda: self.number(fact, None, True), 'real': lambda: self.number(fact, None, False),
                'boolean': lambda: self.random.random() < 0.5, 'texts': lambda: [self.text(fact, None) for _ in many],
                'records': lambda: [self.record(fact) for _ in many],
                'map': lambda: {name: None if self.random.random() < 0.07 else self.text(fact, name) for name in self.members(fact, 8)},
                'paths': lambda: {name: self.random.choice([True, True, False, None]) for name in self.members(fact, 40)}}[kind]()

    # --- reports ---

    def put(self, report, fact, value):
        """Nested, or under a dotted key; a map now and then member by member."""
        facts, draw = report['facts'], self.random.random()
        if draw < 0.1 and isinstance(value, dict) and value:
            facts.update({f'{fact}.{name}': member for name, member in value.items()})
        elif draw < 0.2 or fact.split('.')[0] in report['facts'] and report['facts'][fact.split('.')[0]] is None:
            facts[fact] = value
        else:
            for part in fact.split('.')[:-1]:
                facts = facts.setdefault(part, {})
            facts[fact.split('.')[-1]] = value

    def report(self, number):
        report = {'schema': 'hostprint.report/1', 'id': f'random-{number}', 'facts': {}, 'partial': [], 'unreadable': {}, 'not_applicable': []}
        if self.random.random() < 0.6:
            report['observed_at'] = f'{self.random.randrange(2021, 2031)}-0{self.random.randrange(1, 10)}-15' + self.random.choice(['', 'T00:00:00Z'])
        for fact in self.facts:
            kind = self.oracle.facts[fact][0]
            draw = self.random.random()
            domain = fact.split('.')[0]
            if draw < 0.25:
                continue
            if draw < 0.3:
                report['unreadable'][self.random.choice([fact, fact, domain])] = 'refused'
                continue
            if draw < 0.33:
                report['not_applicable'].append(self.random.choice([fact, domain]))
                continue
            value = None if draw < 0.42 else self.value(fact, kind)
            self.put(report, fact, value)
            if kind in LISTS and value is not None and self.random.random() < 0.35:
                report['partial'].append(fact if self.random.random() < 0.8 else domain)
        return report
