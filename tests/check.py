"""What every test script starts from: where the project, the program and its evidence DB are; checks that are counted; the closing line."""
import os

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..'))
PROGRAM = os.path.abspath(os.environ.get('HOSTPRINT', os.path.join(ROOT, 'build', 'hostprint')))
DB = os.path.abspath(os.environ.get('HOSTPRINT_DB', os.path.join(ROOT, 'build', 'evidence.db')))
counts = {True: 0, False: 0}


def check(holds, what):
    """Counts; a failure is told at once."""
    counts[bool(holds)] += 1
    if not holds:
        print(f'failed: {what}')


def end(name):
    """The closing line that tests/run counts; gives the exit status."""
    print(f'{name}: {counts[True]} passed, {counts[False]} failed')
    return 1 if counts[False] else 0
