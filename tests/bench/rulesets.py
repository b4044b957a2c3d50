"""Rule sets of any size, drawn from a seed, in the form that each engine takes. A rule is a signal; ten signals make a thing.

narrow  ten facts: 3 prefixes, 2 regexes with literals, 2 equalities, 1 set, 1 variable that is there, 1 range in ten; three over lists
wide    about fifty facts, constants sampled from reports, each true of at most 1 of 200 reports; without regexes, or a fifth of them
        regexes that hold a literal

Facts are written as paths below "facts": `mounts[].fstype` a field of a list's records, `cgroup.self[]` the texts of a list, `env{}` the
names of a map, `env.PATH` a value of it."""
import json
import os
import random
import re

import corpus

SEEN, ELSEWHERE = .9, .01  # above every floor of the model, so that all signals weigh the same
PER_THING = 10


class Rule:
    """One signal. `arguments`: texts, or the two ends of a range; `literal`: what a match of the regex contains, lower case."""

    def __init__(self, thing, operator, path, arguments, literal=''):
        self.thing, self.operator, self.path, self.arguments, self.literal = thing, operator, path, arguments, literal


def things_named(count, seed=11):
    draws, names = corpus.Draws(seed), list(corpus.PLATFORMS)
    taken = set(names)
    while len(names) < count:
        name = draws.word(6, 11)
        if name not in taken:
            taken.add(name)
            names.append(name)
    return names[:count]


def narrow(count, seed=11):
    """The names of count / 10 things, and their rules."""
    draws, rules, names = corpus.Draws(seed + 1), [], things_named(count // PER_THING, seed)
    for thing, name in enumerate(names):
        low = draws.integer(512, 1 << 19) * 1024
        mac = f'0a:58:{thing * 3:02x}' if thing < len(corpus.PLATFORMS) else f'0b:{thing >> 8:02x}:{thing & 255:02x}'
        rules += [Rule(thing, *rest) for rest in (
            ('eq', 'dmi.sys_vendor', [f'{name.title()} Cloud, Inc.']),
            ('prefix', 'dmi.product_name', [f'{name}-std-']),
            ('regex', 'kernel.release', [rf'^[0-9]+\.[0-9]+\.[0-9]+-{name}$'], '-' + name),
            ('regex', 'kernel.cmdline[]', [rf'\b{name}\.boot=[0-9]+\b'], name + '.boot='),
            ('eq', 'mounts[].fstype', ['fuse.' + name]),
            ('eq', 'env{}', [name.upper() + '_ID']),
            ('in', 'cpu.hypervisor', [(name[:6] * 2)[:12], name.upper() + 'HV', 'x' + name]),
            ('prefix', 'net.interfaces[].mac', [mac]),
            ('prefix', 'cgroup.self[]', [f'0::/{name}/']),
            ('range', 'memory.total', [low, low + (10 << 20)]))]
    return names, rules


TEXTS = ('kernel.release kernel.version kernel.builder kernel.compiler kernel.cmdline[] kernel.modules[] cpu.vendor cpu.model cpu.flags[] '
         'cpu.hypervisor dmi.sys_vendor dmi.product_name dmi.product_version dmi.bios_vendor dmi.bios_version dmi.bios_date dmi.board_name '
         'dmi.product_uuid mounts[].target mounts[].source mounts[].fstype mounts[].options[] blocks[].name blocks[].fstype blocks[].serial env{} '
         'env.PATH env.HOME env.SHELL env.LANG env.JAVA_HOME env.GOPATH net.hostname net.domain net.interfaces[].name net.interfaces[].mac '
         'net.interfaces[].driver net.interfaces[].addresses[] net.addresses[] net.dns[] net.gateways[] net.search[] net.routes[].destination '
         'cgroup.self[] os.pretty_name os.version_id user.name user.cwd processes.commands[] processes.pid1_name security.capabilities').split()
NUMBERS = ('cpu.family cpu.model_number cpu.count memory.total memory.swap clock.uptime cgroup.memory_max blocks[].size_bytes namespaces.mnt '
           'namespaces.net namespaces.pid processes.userspace').split()


def values_at(facts, path):
    found = [facts]
    for part in path.split('.'):
        name, below = part.rstrip('[]{}'), []
        for value in found:
            if not isinstance(value, dict) or value.get(name) is None:
                continue
            below += value[name] if part[-1] in ']}' else [value[name]]
        found = below
    return found


class Sampler:
    """Draws constants from reports, and keeps a rule only if it is true of at most 1 of 200 other reports."""

    def __init__(self, reports, seed):
        self.draws = corpus.Draws(seed)
        paths = TEXTS + NUMBERS
        cells = [{path: values_at(report['facts'], path) for path in paths} for report in reports]
        self.sources, sample = cells[:-200], cells[-200:]
        self.pool = {path: [cell[path] for cell in sample] for path in paths}

    def value(self, path):
        for _ in range(50):
            values = self.draws.choice(self.sources)[path]
            if values:
                return self.draws.choice(values)
        return None

    def is_rare(self, rule):
        first, test = rule.arguments[0], None
        if rule.operator == 'regex':
            test = re.compile(first).search
        elif rule.operator == 'prefix':
            test = lambda value: value.startswith(first)
        elif rule.operator == 'range':
            test = lambda value: first <= value <= rule.arguments[1]
        else:
            test = lambda value: value in rule.arguments
        hits = 0
        for values in self.pool[rule.path]:
            hits += any(test(value) for value in values)
            if hits > 1:
                return False
        return True

    def range(self, path):
        value = self.value(path)
        return None if value is None else Rule(0, 'range', path, [value - value // 1000, value + value // 1000 + 1])

    def text(self, path, regexes):
        value, share = self.value(path), self.draws.random.random()
        if not value or not value.isprintable() or len(value) > 80:
            return None
        words = re.findall('[A-Za-z]{4,}', value)
        if regexes and share < .36:
            if not words:
                return None
            word = self.draws.choice(words)
            shape = self.draws.choice((r'\b%s\b', r'%s[-_./0-9]', r'^[^ ]*%s', r'(^|[ ,/=])%s([0-9]+|$|[ ,/=])'))
            return Rule(0, 'regex', path, [shape % word], word.lower())
        if share < .68:
            return Rule(0, 'eq', path, [value])
        if share < .79:
            return Rule(0, 'in', path, [value, value + 'x', 'q' + value])
        return Rule(0, 'prefix', path, [value[:self.draws.integer(3, max(4, len(value)))]])


def wide(count, reports, regexes, seed=5):
    """As narrow. `reports`: at least 400, as parsed JSON."""
    sampler, rules, seen = Sampler(reports, seed), [], set()
    while len(rules) < count:
        numbers = sampler.draws.chance(.12)
        rule = sampler.range(sampler.draws.choice(NUMBERS)) if numbers else sampler.text(sampler.draws.choice(TEXTS), regexes)
        key = rule and (rule.operator, rule.path, *rule.arguments)
        if rule and key not in seen and sampler.is_rare(rule):
            seen.add(key)
            rule.thing = len(rules) // PER_THING
            rules.append(rule)
    return things_named(count // PER_THING, seed + 100), rules


# --- hostprint ---

def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


def matcher(rule):
    if rule.operator == 'range':
        return f"{{range: '{rule.arguments[0]}..{rule.arguments[1]}'}}"
    if rule.operator == 'in':
        return '[' + ', '.join(map(quoted, rule.arguments)) + ']'
    return f"{{{ {'eq': 'equals'}.get(rule.operator, rule.operator)}: {quoted(rule.arguments[0])}}}"


def condition(rule):
    if rule.path == 'env{}' and rule.operator == 'eq':
        return f'{{env.{rule.arguments[0]}: present}}'
    if rule.path == 'env{}':
        return f'{{env: {{has: {{name: {matcher(rule)}}}}}}}'
    fact, records, field = rule.path.removesuffix('[]').partition('[].')
    return f'{{{fact}: {{has: {{{field}: {matcher(rule)}}}}}}}' if records else f'{{{fact}: {matcher(rule)}}}'


def thing_yaml(name, rules):
    lines = [f'id: {name}', 'layer: platform', f'name: {name.title()} Cloud', 'category: cloud-vm', 'sources:',
             f'  invented: {{title: Invented for measuring, url: "https://{name}.example/", observed: 2026-01-01}}', 'signals:']
    for number, rule in enumerate(rules):
        lines += [f'  - id: mark-{number}', f'    group: mark-{number}', f'    when: {condition(rule)}', f'    seen: {SEEN}',
                  f'    elsewhere: {ELSEWHERE}', f'    why: An invented mark of {name}, seen at {rule.path}.', '    source: invented']
    lines += ['examples:', f'  - {{facts: {{dmi.sys_vendor: {quoted(name)}}}, expect: unknown}}']
    return '\n'.join(lines) + '\n'


def write(folder, text):
    with open(folder, 'w', encoding='utf-8') as file:
        file.write(text)


def write_yaml(folder, names, rules, model):
    """A folder for `hostprint compile`; `model`: the text of a model.yaml."""
    os.makedirs(os.path.join(folder, 'platform'), exist_ok=True)
    write(os.path.join(folder, 'model.yaml'), model)
    for thing, name in enumerate(names):
        write(os.path.join(folder, 'platform', name + '.yaml'), thing_yaml(name, rules[thing * PER_THING:(thing + 1) * PER_THING]))


# --- the peers ---

def write_rows(file, names, rules):
    """A row a rule: thing, its name, operator, path, literal, arguments."""
    write(file, ''.join('\t'.join(map(str, (rule.thing, names[rule.thing], rule.operator, rule.path, rule.literal, *rule.arguments))) + '\n'
                        for rule in rules))


def clips_template(path):
    return path.replace('[]', '').replace('{}', '-key').replace('.', '-')


def clips_text(text):
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def clips_pattern(number, rule):
    first = rule.arguments[0]
    if rule.operator in ('eq', 'in'):
        slot = '|'.join(map(clips_text, rule.arguments))
    elif rule.operator == 'prefix':
        slot = f'?v&:(has-prefix ?v {clips_text(first)})'
    elif rule.operator == 'regex':
        slot = f'?v&:(re-match ?v {number})'
    else:
        slot = f'?v&:(and (>= ?v {first}) (<= ?v {rule.arguments[1]}))'
    pattern = f'({clips_template(rule.path)} (v {slot}))'
    return f'(exists {pattern})' if rule.path[-1] in ']}' or '[]' in rule.path else pattern


def write_clips(file, rules):
    templates = [f'(deftemplate {clips_template(path)} (slot v))' for path in sorted({rule.path for rule in rules})]
    write(file, '\n'.join(templates + [f'(defrule r{number} {clips_pattern(number, rule)} => (score {rule.thing}))' for number, rule in enumerate(rules)]) + '\n')


def yara_texts(rule):
    """What the raw JSON holds where the rule is true: text that stands alone between quotes, or begins so."""
    if rule.operator == 'range':
        return []
    if rule.operator == 'regex':
        return [rule.literal + ('"' if rule.path == 'kernel.release' else '')]
    return ['"' + text + ('' if rule.operator == 'prefix' else '"') for text in rule.arguments]


def write_yara(file, names, rules):
    """Literal texts on the raw JSON; YARA has no numbers there, so ranges are left out."""
    blocks = []
    for thing, name in enumerate(names):
        own = rules[thing * PER_THING:(thing + 1) * PER_THING]
        texts = [f'    $c{number}_{part} = {clips_text(text)}' for number, rule in enumerate(own) for part, text in enumerate(yara_texts(rule))]
        blocks.append(f'rule p_{name} {{\n  strings:\n' + '\n'.join(texts) + '\n  condition: any of them\n}')
    write(file, '\n'.join(blocks) + '\n')


def write_json(file, rules):
    """For json-rules-engine."""
    write(file, json.dumps([{'thing': rule.thing, 'operator': rule.operator, 'path': rule.path, 'arguments': rule.arguments} for rule in rules]))


def glob_of(rule):
    """The regex as a shell pattern, which is what SQLite has."""
    return f'[0-9]*.[0-9]*.[0-9]*{rule.literal}' if rule.path == 'kernel.release' else f'*{rule.literal}[0-9]*'


def write_sql(file, rules):
    """The table that peers/sqlite.sql joins with."""
    rows = []
    for number, rule in enumerate(rules):
        for argument in rule.arguments if rule.operator == 'in' else rule.arguments[:1]:
            first = glob_of(rule) if rule.operator == 'regex' else argument
            value = first if rule.operator == 'range' else quoted(first)
            last = rule.arguments[1] if rule.operator == 'range' else 'null'
            rows.append(f"({number},{rule.thing},'{rule.operator}','{rule.path}',{value},{last},{len(str(first))})")
    inserts = [f"insert into condition values {','.join(rows[at:at + 200])};\n" for at in range(0, len(rows), 200)]
    write(file, 'create table condition (rule int, thing int, operator text, path text, first, last, length int);\nbegin;\n' + ''.join(inserts) +
          'create index condition_path on condition (path, operator, first);\ncommit;\nanalyze;\n')
