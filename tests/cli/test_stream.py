"""classify as a stream: order, bytes and exit codes whatever the workers, flat memory, a slow or vanished reader, signals, and runs that are killed
and gone on with. HOSTPRINT_HEAVY=1: a million reports, and every combination killed at 20 moments; HOSTPRINT_SEED=N repeats a run; words on the
command line name the parts to run."""
import ctypes
import ctypes.util
import gzip
import itertools
import json
import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from check import DB, PROGRAM, ROOT, check, end  # noqa: E402

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that began us in the background has it ignored, and programs inherit that

SAMPLES = os.path.join(ROOT, 'reports', 'samples')
HEAVY = os.environ.get('HOSTPRINT_HEAVY') == '1'
SANITIZED = b'__asan_init' in open(PROGRAM, 'rb').read()
SEED = int(os.environ.get('HOSTPRINT_SEED', random.SystemRandom().randrange(1_000_000)))
BAD = b'{"schema":"hostprint.report/1","id":"bad","facts":{"kernel":7}}'


def zstd(data):
    library = ctypes.CDLL('libzstd.so.1')
    library.ZSTD_compressBound.restype = library.ZSTD_compress.restype = ctypes.c_size_t
    room = library.ZSTD_compressBound(ctypes.c_size_t(len(data)))
    packed = ctypes.create_string_buffer(room)
    size = library.ZSTD_compress(packed, ctypes.c_size_t(room), data, ctypes.c_size_t(len(data)), 3)
    return packed.raw[:size]


PACKERS = {'': lambda data: data, '.gz': lambda data: gzip.compress(data, 1), '.zst': zstd}


def templates(most):
    """Sample reports of at most so many bytes as lines, with a place for an id."""
    names = sorted(name for name in os.listdir(SAMPLES) if name != 'expected.json')
    lines = [json.dumps(dict(json.load(open(os.path.join(SAMPLES, name))), id='@@@@@@@'), separators=(',', ':')).encode() for name in names]
    return [line for line in lines if len(line) <= most]


LINES = templates(100_000)


def stream(count, lines=None, first=0):
    """So many reports, one a line."""
    lines = lines or LINES
    return b''.join(lines[i % len(lines)].replace(b'@@@@@@@', b'r%06d' % i, 1) + b'\n' for i in range(first, first + count))


def write(path, data):
    with open(path, 'wb') as file:
        file.write(data)
    return path


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def command(*words):
    return [PROGRAM, 'classify', '--db', DB, *words]


def run(*words, stdin=b''):
    done = subprocess.run(command(*words), input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
    return done.returncode, done.stdout, done.stderr


def begin(*words, **more):
    return subprocess.Popen(command(*words), stdout=more.pop('stdout', subprocess.PIPE), stderr=more.pop('stderr', subprocess.PIPE), **more)


def peak(pid):
    """The most memory a process had so far, in KiB."""
    for line in open(f'/proc/{pid}/status'):
        if line.startswith('VmHWM'):
            return int(line.split()[1])
    return 0


def wait_for(holds, seconds=60):
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def order(scratch):
    """Jobs, packers, files, folders and standard input: the same bytes; what is wrong is told in order, with file and line."""
    lines = stream(60).splitlines(keepends=True)
    lines[30:30] = [BAD + b'\n', b'\n', b'   \r\n']
    lines[50:50] = [b'{"not closed\n']
    data = b''.join(lines)[:-1]
    paths = [write(os.path.join(scratch, 'many.ndjson' + end_), pack(data)) for end_, pack in PACKERS.items()]
    for form in ('csv', 'ndjson'):
        answers = {}
        for path, jobs in zip([paths[0]] + paths, ('1', '2', '7', '2')):
            code, out, err = run('-f', form, '-j', jobs, path)
            check(code == 3, f'{form}, {jobs} jobs: exit {code}')
            answers[path, jobs] = (out, err.replace(path.encode(), b'FILE'))
        check(len(set(answers.values())) == 1, f'{form}: jobs and packers change no byte, and no word about bad records')
        out, err = answers[paths[0], '1']
        check(err.index(b'FILE:31:') < err.index(b'FILE:51:') and err.count(b'FILE:') == 2, f'bad records are told with their lines: {err[:200]}')
        check(run('-f', form, '-j', '2', '-', stdin=data)[1] == out, f'{form}: standard input gives the same')
        target = os.path.join(scratch, 'out')
        check(run('-f', form, '-j', '2', '-o', target, paths[0])[:2] == (3, b'') and read(target) == out, f'{form}: so does -o')
        check(not os.path.exists(target + '.resume'), 'a run that came to its end leaves nothing beside its output')
    for form in ('text', 'json', 'html'):
        few = [os.path.join(SAMPLES, name) for name in sorted(os.listdir(SAMPLES))[:5]]
        check(run('-f', form, '-j', '1', *few) == run('-f', form, '-j', '3', *few), f'{form}: jobs change no byte')
    for jobs in ('1', '2'):
        code, out, err = run('--strict', '-f', 'csv', '-j', jobs, paths[0], SAMPLES)
        ids = {line.split(b',')[0] for line in out.splitlines()[1:]}
        check(code == 3 and len(ids) == 30 and err.count(b': error') == 1 and b':31:' in err, f'--strict with {jobs} jobs: {code}, {len(ids)}')
    folder = os.path.join(scratch, 'folder')
    os.makedirs(folder)
    for i, line in enumerate(lines[:30]):
        write(os.path.join(folder, f'{i:03}.json'), line)
    whole = run('-f', 'ndjson', folder)
    check(whole[0] == 0 and whole == run('-f', 'ndjson', '-j', '3', folder), 'a folder of files')
    inside = os.path.join(folder, 'verdicts.ndjson')
    check(run('-f', 'ndjson', '-o', inside, folder)[0] == 0 and read(inside) == whole[1], 'what is written is not read, though it lies in the folder')
    code, _, err = run('-o', paths[0], paths[0])
    check(code == 3 and b'to be read' in err and read(paths[0]) == data, 'an input is not written over')


def feed(jobs, blocks, last):
    """Gives these blocks to standard input: the lines of the answer, and the peak memory in KiB when the one about report `last` was there."""
    process = begin('-f', 'csv', '-j', jobs, '-', stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    seen = {'lines': 0, 'end': b''}

    def drain():
        while block := os.read(process.stdout.fileno(), 1 << 16):
            seen['lines'] += block.count(b'\n')
            seen['end'] = (seen['end'] + block)[-2000:]
    reader = threading.Thread(target=drain)
    reader.start()
    for block in blocks:
        process.stdin.write(block)
    process.stdin.flush()
    check(wait_for(lambda: last in seen['end'], 600), f'{last} is answered')
    most = peak(process.pid)
    process.stdin.close()
    reader.join()
    check(process.wait() in (0, 3), f'{last}: {process.returncode}')
    return seen['lines'], most


def flat(scratch):
    """A long stream takes no more memory than a short one, be it of reports or of records that are none."""
    lines = templates(2_500)
    short, long = 1_000, 1_000_000 if HEAVY else 20_000
    peaks = {}
    for jobs, count in (('1', short), ('2', short), ('2', long)):
        blocks = (stream(min(1000, count - first), lines, first) for first in range(0, count, 1000))
        started = time.monotonic()
        answered, peaks[jobs, count] = feed(jobs, blocks, b'r%06d' % (count - 1))
        seconds = time.monotonic() - started
        check(answered % count == 1 and answered > count, f'{count} reports with {jobs} jobs: a line for each layer of each, got {answered}')
    none = itertools.repeat(b'{"schema":"hostprint.report/1","id":"x"}\n' * 1000, 100)
    broken = itertools.chain([stream(short, lines)], none, [stream(1, lines, short)])
    peaks['2', 'broken'] = feed('2', broken, b'r%06d' % short)[1]
    check(max(peaks.values()) < peaks['2', short] + 4_000 or SANITIZED, f'a long stream takes no more memory than a short one: {peaks}')
    print(f'stream: peak KiB by (jobs, reports): {peaks}; the long one took {seconds:.0f} s')


def slow_reader(scratch):
    """Nobody reads standard output for a while: the input is not read on, memory stays; then everything comes."""
    count = 2_500
    path = write(os.path.join(scratch, 'slow.ndjson'), stream(count))
    size, clean = os.path.getsize(path), run('-f', 'csv', path)[1]
    for jobs in ('1', '2'):
        process = begin('-f', 'csv', '-j', jobs, path)
        seen = [-1, -1, -1, -1]

        def place():
            for fd in os.listdir(f'/proc/{process.pid}/fd'):
                try:
                    if os.readlink(f'/proc/{process.pid}/fd/{fd}') == path:
                        return int(open(f'/proc/{process.pid}/fdinfo/{fd}').readline().split()[1])
                except OSError:
                    pass
            return -1

        def stalled():
            seen.append(place())
            time.sleep(0.05)
            return seen[-1] > 0 and len(set(seen[-6:])) == 1
        check(wait_for(stalled), f'{jobs} jobs: the run waits for its reader')
        check(0 < seen[-1] < size / 2, f'{jobs} jobs: {seen[-1]} of {size} bytes were read while nobody took the answers')
        before = peak(process.pid)
        out = process.stdout.read()
        check(process.wait() == 0 and out == clean, f'{jobs} jobs: then everything comes')
        check(before < 60_000 or SANITIZED, f'{jobs} jobs: {before} KiB while it waited')


def vanished_reader(scratch):
    path = write(os.path.join(scratch, 'many.ndjson'), stream(1_000))
    for jobs, ignored in itertools.product(('1', '2'), (False, True)):
        process = begin('-f', 'csv', '-j', jobs, path, restore_signals=not ignored)
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        code = process.wait()
        check(code in ((141,) if ignored else (-signal.SIGPIPE,)) and not err,
              f'{jobs} jobs, SIGPIPE {"ignored" if ignored else "as ever"}: {code} {err[:200]}')
    full = open('/dev/full', 'wb')
    process = begin('-f', 'csv', path, stdout=full)
    err = process.stderr.read()
    check(process.wait() == 3 and err.count(b'\n') == 1 and b'No space' in err, f'a full disk: {err[:200]}')


def interrupted(scratch):
    """SIGINT and SIGTERM while the input keeps the run waiting: what was read is written, then it ends."""
    data = stream(60)
    clean = run('-f', 'csv', '-', stdin=data)[1]
    half = data.index(b'\n', len(data) // 2) + 1
    answered = run('-f', 'csv', '-', stdin=data[:half])[1].count(b'\n')
    for (number, code), jobs in itertools.product(((signal.SIGINT, 130), (signal.SIGTERM, 143)), ('1', '2')):
        target = os.path.join(scratch, f'{number}-{jobs}')
        process = begin('-f', 'csv', '-j', jobs, '-', stdin=subprocess.PIPE)
        process.stdin.write(data[:half] + b'{"half of a record')
        process.stdin.flush()
        out = b''.join(process.stdout.readline() for _ in range(answered))
        process.send_signal(number)
        err = process.stderr.read()
        check(process.wait() == code and b'-o FILE' in err, f'signal {number}: exit {process.returncode}, {err[:200]}')
        check(clean.startswith(out + process.stdout.read()) and out.count(b'\n') == answered,
              f'signal {number}: what was read is answered, and no more')
        process.stdin.close()
        process = begin('-f', 'csv', '-j', jobs, '-o', target, '-', stdin=subprocess.PIPE)
        process.stdin.write(data[:half])
        process.stdin.flush()
        wait_for(lambda: os.path.exists(target) and read(target).count(b'\n') == answered)
        process.send_signal(number)
        err = process.stderr.read()
        check(process.wait() == code and b'--resume' in err and read(target) == out, f'signal {number} with -o: {process.returncode}, {err[:200]}')
        code, _, err = run('-f', 'csv', '-j', jobs, '-o', target, '--resume', '-', stdin=data)
        check(code == 0 and read(target) == clean and os.listdir(scratch) == [os.path.basename(target)],
              f'the rest after signal {number}: {code} {err[:200]}')
        os.remove(target)


def halted(scratch, lines, bad, *words, name='in.ndjson'):
    """A run over these lines that --strict ended at line `bad`: its input and output."""
    path, target = os.path.join(scratch, name), os.path.join(scratch, 'out')
    broken = lines[:bad] + [BAD[:-1].ljust(len(lines[bad]) - 1) + b'\n'] + lines[bad + 1:]
    if name.endswith('.gz'):
        write(path, gzip.compress(b''.join(broken)))
    else:
        write(path, b''.join(broken))
    code, _, err = run('--strict', '-o', target, *words, path)
    check(code == 3 and b'--resume' in err and os.path.exists(target + '.resume'), f'--strict leaves what to go on with: {code} {err[:200]}')
    return path, target


def resume_rules(scratch):
    lines = stream(60).splitlines(keepends=True)
    csv = ('-f', 'csv')
    for name, mend in itertools.product(('in.ndjson', 'in.ndjson.gz'), ('mended', 'mended and longer', 'as it was')):
        path, target = halted(scratch, lines, 40, *csv, name=name)
        good = lines + ([] if mend == 'mended' else stream(5, first=90).splitlines(keepends=True))
        if mend != 'as it was':
            write(path, gzip.compress(b''.join(good)) if name.endswith('.gz') else b''.join(good))
        clean = run(*csv, path)
        code, _, err = run(*csv, '-o', target, '--resume', path)
        check(code == clean[0] and read(target) == clean[1], f'{name} {mend}: {code} {err[:200]}')
        check((b':41:' in err) == (mend == 'as it was'), f'{name} {mend}: {err[:200]}')
        check(not os.path.exists(target + '.resume'), 'and nothing is left beside it')
        complete = read(target)
        code, _, err = run(*csv, '-o', target, '--resume', path)
        check(code == 3 and b'came to its end' in err and read(target) == complete, f'a complete file is not touched: {code} {err[:200]}')
    fresh = os.path.join(scratch, 'fresh')
    check(run(*csv, '-o', fresh, '--resume', path)[0] == clean[0] and read(fresh) == clean[1], 'where there is nothing yet, --resume begins')
    check(run(*csv, '--resume', path)[0] == 2, '--resume without -o')
    check(run(*csv, '--resume', '-o', '/dev/null', path)[0] == 3, '--resume with what keeps nothing')
    check(run(*csv, '-o', '/dev/null', path)[:2] == (clean[0], b''), 'a device can be written to')


def resume_refusals(scratch):
    """What does not go together is refused, and nothing is touched."""
    lines = stream(60).splitlines(keepends=True)
    path, target = halted(scratch, lines, 40, '-f', 'csv')
    data, sidecar = read(path), target + '.resume'
    other_db = os.path.join(scratch, 'other.db')
    rules = os.path.join(scratch, 'rules')
    shutil.copytree(os.path.join(ROOT, 'rules'), rules)
    os.remove(os.path.join(rules, 'platform', 'e2b.yaml'))
    check(subprocess.run([PROGRAM, 'compile', rules, '-o', other_db], stderr=subprocess.DEVNULL).returncode == 0, 'another DB')
    changed = data.replace(b'r000003', b'r900003', 1)
    moved = b'\n' + data
    whole, note = read(target), read(sidecar)
    kept = {target: whole, sidecar: note, path: data}
    damage = bytearray(note)
    damage[len(note) // 2] ^= 1
    cases = {
        'another format': (('-f', 'ndjson'), {}, b'format csv'),
        'another --top': (('-f', 'csv', '--top', '1'), {}, b'top 3'),
        'more paths': (('-f', 'csv', SAMPLES), {}, b'arguments 1'),
        'another DB': (('-f', 'csv', '--db', other_db), {}, b'db '),
        'a changed input': (('-f', 'csv'), {path: changed}, b'no longer the same'),
        'a blank line more': (('-f', 'csv'), {path: moved}, b'no longer the same'),
        'a shorter input': (('-f', 'csv'), {path: data[:len(data) // 3]}, b'no longer the same'),
        'a shorter output': (('-f', 'csv'), {target: whole[:-1]}, b'counts'),
        'a damaged sidecar': (('-f', 'csv'), {sidecar: bytes(damage)}, b'damaged'),
        'a cut sidecar': (('-f', 'csv'), {sidecar: note[:-3]}, b'damaged'),
        'a foreign sidecar': (('-f', 'csv'), {sidecar: b'\0' * 100}, b'damaged'),
        'a huge sidecar': (('-f', 'csv'), {sidecar: b'x' * 100_000}, b'damaged'),
    }
    for name, (words, files, told) in cases.items():
        now = dict(kept, **files)
        for file, content in now.items():
            if content != read(file):
                write(file, content)
        code, _, err = run(*words, '-o', target, '--resume', path)
        check(code == 3 and told in err and b'S004' in err, f'{name}: {code} {err[:300]}')
        check(all(read(file) == content for file, content in now.items()), f'{name}: nothing is touched')
    for file, content in kept.items():
        write(file, content)
    os.remove(target)
    check(run('-f', 'csv', '-o', target, '--resume', path)[0] == 3 and not os.path.exists(target), 'an output that is gone')
    write(target, whole + b'what a kill left unfinished')
    check(run('-f', 'csv', '-o', target, '--resume', path)[0] == 3 and read(target) == run('-f', 'csv', path)[1], 'and then it goes on all the same')


def second_writer(scratch):
    target, path = os.path.join(scratch, 'out'), write(os.path.join(scratch, 'in.ndjson'), stream(5))
    process = begin('-f', 'csv', '-o', target, '-', stdin=subprocess.PIPE)
    process.stdin.write(stream(5))
    process.stdin.flush()
    wait_for(lambda: os.path.exists(target) and read(target).count(b'\n') > 5)
    before = read(target)
    code, _, err = run('-f', 'csv', '-o', target, path)
    check(code == 3 and b'another run' in err and read(target) == before, f'two runs do not write one file: {code} {err[:200]}')
    process.stdin.close()
    check(process.wait() == 0, 'the first goes on')


def killed(scratch):
    """SIGKILL at any moment; what a power cut may leave behind the part that is counted; the rest comes without a lost or doubled record."""
    combinations = list(itertools.product(('csv', 'ndjson'), PACKERS, ('1', '2')))
    moments = random.Random(SEED)
    print(f'stream: kill moments drawn from HOSTPRINT_SEED={SEED}')
    if not HEAVY:
        combinations = moments.sample(combinations, 5)
    for form, packer, jobs in combinations:
        count = (20_000 if HEAVY else 600) if form == 'csv' else (1_200 if HEAVY else 50)
        lines = stream(count).splitlines(keepends=True)
        lines.insert(count // 3, BAD + b'\n')
        path = write(os.path.join(scratch, 'in.ndjson' + packer), PACKERS[packer](b''.join(lines)))
        target = os.path.join(scratch, 'out')
        started = time.monotonic()
        clean = run('-f', form, '-j', jobs, path)
        span = time.monotonic() - started
        kills, tries, marks = 0, 0, set()
        while kills < (20 if HEAVY else 1) and tries < 60:
            tries += 1
            process = begin('-f', form, '-j', jobs, '-o', target, '--resume', path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(moments.uniform(0, span / 8 if HEAVY else span * 0.9))
            process.kill()
            if process.wait() != -signal.SIGKILL:
                check(process.returncode == 3 and read(target) == clean[1], f'{form}{packer} {jobs} jobs: it was faster than the kill')
                os.remove(target)
                continue
            kills += 1
            if os.path.exists(target + '.resume'):
                note = dict(line.split(' ', 1) for line in read(target + '.resume').decode().splitlines()[1:])
                length = int(note['length'])
                marks.add(length)
                check(length <= os.path.getsize(target) and read(target)[:length] == clean[1][:length], f'{form}{packer}: what is counted is there')
                with open(target, 'r+b') as file:
                    file.truncate(length)
                    file.seek(length)
                    file.write(b'?' * moments.randrange(300))
        code, _, err = run('-f', form, '-j', jobs, '-o', target, '--resume', path)
        check(kills and code == clean[0] == 3 and read(target) == clean[1],
              f'{form}{packer} {jobs} jobs, seed {SEED}: {code}, {len(read(target))} of {len(clean[1])} bytes, {err[:200]}')
        left = [name for name in os.listdir(scratch) if name.startswith('out')]
        check(left == ['out'], f'nothing else is left: {left}')
        if HEAVY:
            print(f'stream: {form}{packer} with {jobs} jobs: {count} reports in {span:.1f} s, killed {kills} times at {sorted(marks)} bytes')
        os.remove(target)


def progress(scratch):
    """On a terminal, and only there."""
    path = write(os.path.join(scratch, 'in.ndjson'), stream(1_200))
    outer, inner = pty.openpty()
    process = begin('-f', 'csv', path, stderr=inner, env=dict(os.environ, TERM='xterm'))
    os.close(inner)
    time.sleep(0.8)  # nobody reads, so that the run is long enough to have progress
    got = process.stdout.read()
    shown = b''
    try:
        while block := os.read(outer, 4096):
            shown += block
    except OSError:
        pass
    os.close(outer)
    lines = [line for line in shown.split(b'\r') if b'reports' in line]
    check(process.wait() == 0 and lines and all(b'/s' in line and b'MB/s' in line and b' %, 0:' in line and b'left' in line for line in lines),
          f'progress: {shown[:300]}')
    check(shown.endswith(b'\r\x1b[K') and b'\n' not in shown, 'the line is taken away at the end')
    code, out, err = run('-f', 'csv', path)
    check(out == got and not err, 'none of it without a terminal')


def main():
    parts = (order, flat, slow_reader, vanished_reader, interrupted, resume_rules, resume_refusals, second_writer, killed, progress)
    for part in [part for part in parts if len(sys.argv) == 1 or part.__name__ in sys.argv[1:]]:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch:
            part(os.path.realpath(scratch))
        if HEAVY:
            print(f'stream: {part.__name__} took {time.monotonic() - started:.1f} s')
    return end('stream')


sys.exit(main())
