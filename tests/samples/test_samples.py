#!/usr/bin/env python3
"""Proves that the saved reports and captured machines of the tree are judged as their expected answers say.

Knows the command line and the verdict format; must not know the rules or the engine. Plain Python, no packages.
HOSTPRINT names the binary (build/hostprint otherwise); HOSTPRINT_DB reaches it through the environment.
Prints each failure, then "samples: N passed, N failed"; exit code 1 on a failure.
"""
import copy
import json
import os
import random
import subprocess
import sys
import tempfile

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SAMPLES = os.path.join(TREE, "reports", "samples")
MACHINES = os.path.join(TREE, "tests", "machines")
HOSTPRINT = os.environ.get("HOSTPRINT", os.path.join(TREE, "build", "hostprint"))
LOOKALIKE = "lookalike-"
NOT_A_PLATFORM = ("unknown", "none")
WITHOUT_ENV_AT_LEAST = 8  # of the ten platforms, with the environment left out
ENV_ONLY_AT_MOST = 0.9  # probability of any platform for a look-alike of which only the environment is seen
SHUFFLES = 3
SEED = 20261121  # any fixed number: a failure must be seen again on the next run
SECONDS = 300


class Tally:
    """Counts checks and prints the failed ones at once."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, holds, message):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print("FAIL " + message)
        return holds


class ToolError(Exception):
    """The binary gave neither a verdict nor an honest "unknown"."""


def run(arguments, text=None):
    """Lines of the tool's answer. Exit codes 0 (verdict) and 1 (unknown) are answers, everything else is an error."""
    try:
        done = subprocess.run([HOSTPRINT] + arguments, input=text, capture_output=True, encoding="utf-8", timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(str(error))
    if done.returncode not in (0, 1):
        raise ToolError("%s: exit code %d: %s" % (" ".join(arguments[:3]), done.returncode, done.stderr.strip()[:500]))
    return done.stdout.splitlines()


def by_report(lines):
    """{report id: (line as printed, verdict)}; an id that comes twice is an error."""
    verdicts = {}
    for line in lines:
        verdict = json.loads(line)
        name = verdict["report"]["id"] if isinstance(verdict["report"], dict) else verdict["report"]
        if name in verdicts:
            raise ToolError("two verdicts for " + name)
        verdicts[name] = (line, verdict)
    return verdicts


def classify(paths, text=None):
    return by_report(run(["classify", "--format", "ndjson"] + paths, text))


def best(verdict, layer):
    """(id, probability) of a layer's winner; a layer that is not there is unknown."""
    ranked = verdict["layers"].get(layer) or [{"id": "unknown", "probability": 1.0}]
    return ranked[0]["id"], ranked[0]["probability"]


def acceptable(value):
    return value if isinstance(value, list) else [value]


def check_layers(tally, name, verdict, layers, at_least):
    for layer, value in layers.items():
        found, probability = best(verdict, layer)
        tally.check(found in acceptable(value), "%s: %s is %s (%.3f), expected %s" % (name, layer, found, probability, value))
    for layer, lowest in at_least.items():
        found, probability = best(verdict, layer)
        tally.check(probability >= lowest, "%s: %s %s has probability %.4f, expected at least %s" % (name, layer, found, probability, lowest))


def read_samples():
    """{id: report}, from the files that are reports."""
    reports = {}
    for file in sorted(os.listdir(SAMPLES)):
        if file.endswith(".json") and file != "expected.json":
            with open(os.path.join(SAMPLES, file), encoding="utf-8") as stream:
                report = json.load(stream)
            reports[report["id"]] = report
    return reports


def write_variants(folder, reports, change):
    """Writes change(report) of every report under its own name; the paths, in order of names."""
    paths = []
    for name in sorted(reports):
        path = os.path.join(folder, name + ".json")
        with open(path, "w", encoding="utf-8") as stream:
            json.dump(change(copy.deepcopy(reports[name])), stream, ensure_ascii=False)
        paths.append(path)
    return paths


def set_partial(report, paths):
    report.pop("partial", None)
    if paths:
        report["partial"] = paths
    return report


def without_env(report):
    report["facts"].pop("env", None)
    return set_partial(report, [path for path in report.get("partial", []) if path != "env"])


def only_env(report):
    report["facts"] = {"env": report["facts"]["env"]} if "env" in report["facts"] else {}
    report.pop("unreadable", None)
    return set_partial(report, [path for path in report.get("partial", []) if path == "env" and report["facts"]])


def shuffled(value, dice):
    """The same JSON value with the members of every object in another order; lists keep theirs."""
    if isinstance(value, list):
        return [shuffled(item, dice) for item in value]
    if not isinstance(value, dict):
        return value
    members = [(key, shuffled(item, dice)) for key, item in value.items()]
    dice.shuffle(members)
    return dict(members)


def classify_variants(reports, change):
    with tempfile.TemporaryDirectory() as folder:
        return classify(write_variants(folder, reports, change))


def is_lookalike(name):
    return name.startswith(LOOKALIKE)


def innocent(answer):
    """What a look-alike may be taken for: no platform, or one that its expected answer lists because it really is that one."""
    return set(NOT_A_PLATFORM) | set(acceptable(answer["layers"]["platform"]))


def test_expected(tally, reports, expected):
    """Every sample is judged as expected.json says, and no look-alike is convicted."""
    tally.check(set(reports) == set(expected), "expected.json and the reports differ: %s" % sorted(set(reports) ^ set(expected)))
    verdicts = classify([SAMPLES])
    tally.check(set(verdicts) == set(reports), "verdicts and reports differ: %s" % sorted(set(verdicts) ^ set(reports)))
    for name in sorted(set(verdicts) & set(expected)):
        answer = expected[name]
        check_layers(tally, name, verdicts[name][1], answer["layers"], answer.get("at_least", {}))
        if is_lookalike(name):
            tally.check(best(verdicts[name][1], "platform")[0] in innocent(answer), name + ": convicted")


def test_without_env(tally, reports, expected):
    """The verdict survives without what any tenant can set."""
    verdicts = classify_variants(reports, without_env)
    platforms = [name for name in sorted(reports) if not is_lookalike(name)]
    wrong = [name for name in platforms if best(verdicts[name][1], "platform")[0] not in acceptable(expected[name]["layers"]["platform"])]
    right = len(platforms) - len(wrong)
    tally.check(right >= WITHOUT_ENV_AT_LEAST, "without env: %d of %d platforms right; wrong: %s" % (right, len(platforms), ", ".join(wrong)))
    for name in sorted(filter(is_lookalike, reports)):
        found, probability = best(verdicts[name][1], "platform")
        tally.check(found in innocent(expected[name]), "%s without env: platform is %s (%.3f)" % (name, found, probability))


def test_only_env(tally, reports, expected):
    """An environment alone, which one export can forge, convicts no look-alike of what it is not."""
    verdicts = classify_variants({name: report for name, report in reports.items() if is_lookalike(name)}, only_env)
    for name in sorted(verdicts):
        for hypothesis in verdicts[name][1]["layers"].get("platform", []):
            if hypothesis["id"] not in innocent(expected[name]):
                tally.check(hypothesis["probability"] <= ENV_ONLY_AT_MOST,
                            "%s, env only: %s has probability %.4f" % (name, hypothesis["id"], hypothesis["probability"]))
        tally.check("platform" in verdicts[name][1]["layers"], name + ", env only: no platform layer")


def test_order(tally, reports):
    """Neither the order of files nor that of members changes a byte of a report's verdict."""
    dice = random.Random(SEED)
    plain = classify_variants(reports, lambda report: report)
    for turn in range(SHUFFLES):
        with tempfile.TemporaryDirectory() as folder:
            paths = write_variants(folder, reports, lambda report: shuffled(report, dice))
            dice.shuffle(paths)
            mixed = classify(paths)
        for name in sorted(plain):
            same = name in mixed and mixed[name][0] == plain[name][0]
            tally.check(same, "%s: shuffle %d changed the verdict's bytes" % (name, turn + 1))


def scalar(text):
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        return [item.strip() for item in text[1:-1].split(",") if item.strip()]
    return text.strip('"')


def read_expected(path):
    """The two levels of maps, with plain scalars and one-line lists, that an expected.yaml consists of."""
    answer, section = {}, None
    with open(path, encoding="utf-8") as stream:
        for line in stream:
            key, _, value = line.split(" #")[0].rstrip("\n").partition(":")
            if not key.strip():
                continue
            if not line.startswith(" "):
                section = answer.setdefault(key.strip(), {})
            else:
                section[key.strip()] = scalar(value)
    return answer


def collected(tally, folders):
    """[(folder, report line)]: one line for each capture, in the order asked."""
    lines = run(["collect", "--capture"] + folders)
    tally.check(len(lines) == len(folders), "collect: %d reports for %d captures" % (len(lines), len(folders)))
    return list(zip(folders, lines))


def test_machines(tally):
    """Captured machines give reports whose verdicts are those of their expected.yaml."""
    folders = sorted(entry.path for entry in os.scandir(MACHINES) if entry.is_dir())
    pairs = collected(tally, folders)
    verdicts = classify(["-"], "".join(line + "\n" for _, line in pairs))
    for folder, line in pairs:
        name = json.loads(line).get("id")
        answer = read_expected(os.path.join(folder, "expected.yaml"))
        if tally.check(name in verdicts, "machine %s: no verdict for report %s" % (os.path.basename(folder), name)):
            at_least = {layer: float(lowest) for layer, lowest in answer.get("at_least", {}).items()}
            check_layers(tally, "machine " + os.path.basename(folder), verdicts[name][1], answer["layers"], at_least)


def main():
    tally = Tally()
    reports = read_samples()
    with open(os.path.join(SAMPLES, "expected.json"), encoding="utf-8") as stream:
        expected = json.load(stream)
    tests = [lambda: test_expected(tally, reports, expected), lambda: test_without_env(tally, reports, expected),
             lambda: test_only_env(tally, reports, expected), lambda: test_order(tally, reports), lambda: test_machines(tally)]
    for test in tests:
        try:
            test()
        except (ToolError, ValueError, KeyError, TypeError) as error:
            tally.check(False, "%s: %s" % (type(error).__name__, error))
    print("samples: %d passed, %d failed" % (tally.passed, tally.failed))
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
