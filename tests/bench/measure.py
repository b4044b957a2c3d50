"""How a command is measured: CPU, wall and peak memory of whole processes in turns (A B A B ...), and instruction counts."""
import os
import re
import statistics
import subprocess

ENVIRONMENT = {'PATH': os.environ.get('PATH', '/usr/bin:/bin'), 'LC_ALL': 'C.UTF-8', 'HOME': '/nonexistent'}


class Failed(Exception):
    """A command that could not be measured; says why."""


class Run:
    """One run of one command. `seconds` and `reports`: what a peer says of its own loop, without its start."""

    def __init__(self, row):
        number, wall, cpu, rss, status, talk = row.split('\t', 5)
        self.number, self.wall, self.cpu, self.rss, self.status, self.talk = int(number), float(wall), float(cpu), int(rss), int(status), talk
        told = re.search(r'reports=(\d+) seconds=([\d.e+-]+) hits=(\d+)', talk)
        self.reports, self.seconds, self.hits = (int(told[1]), float(told[2]), int(told[3])) if told else (None, None, None)


class Spawner:
    """Runs commands through peers/spawn."""

    def __init__(self, program):
        self.program = program
        self.processor = str(max(os.sched_getaffinity(0)))

    def turns(self, rounds, *commands, pinned=True, warm=1, accepted=(0, 1)):
        """A list of runs for each command; the commands take turns, after `warm` rounds that do not count. `accepted`: exit codes."""
        arguments = [self.program, str(rounds + warm), self.processor if pinned else '-']
        for place, command in enumerate(commands):
            arguments += ([':::'] if place else []) + [str(word) for word in command]
        done = subprocess.run(arguments, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(done.stderr.strip() or f'{commands[0][0]} could not be run')
        runs = [[] for _ in commands]
        for row in done.stdout.splitlines():
            run = Run(row)
            if run.status not in accepted:
                raise Failed(f'{os.path.basename(str(commands[run.number][0]))} ended with status {run.status}: {run.talk}')
            runs[run.number].append(run)
        return [of_one[warm:] for of_one in runs]

    def ratio(self, rounds, first, second, field='cpu', **options):
        """Median over the rounds of first / second."""
        return median_ratio(*self.turns(rounds, first, second, **options), field)


def median_ratio(first, second, field):
    return statistics.median(getattr(one, field) / max(getattr(other, field), 1e-9) for one, other in zip(first, second))


def median(runs, field):
    return statistics.median(getattr(run, field) for run in runs)


def instructions(command, accepted=(0, 1)):
    """Instructions of a whole process, by callgrind: the same to 0.1 % in every run."""
    arguments = ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', '--', *map(str, command)]
    done = subprocess.run(arguments, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    counted = re.search(r'Collected : (\d+)', done.stderr)
    if done.returncode not in accepted or not counted:
        raise Failed(f'{" ".join(map(str, command))} under valgrind ended with status {done.returncode}:\n{done.stderr[-2000:]}')
    return int(counted[1])


def version(command, pattern=r'(\d[\w.+~-]*)'):
    """What a command says of its version, or None when it is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        return None
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1] if found else None
