"""Checks documents against the JSON Schemas, and the schemas against documents they must refuse.

Usage: test_schemas.py [report|verdict|forgery|check|rule FILE...]...
A FILE is JSON, NDJSON (one document a line) or YAML. Without any, the samples and rules of this tree are checked, and what
the program in $HOSTPRINT writes: its report on this machine, its verdicts on the samples, and what it says of claims.
"""
import json
import os
import pathlib
import subprocess
import sys

import jsonschema
import yaml

TREE = pathlib.Path(__file__).resolve().parents[2]
KINDS = ("report", "verdict", "forgery", "check", "rule")
SAMPLES = TREE / "reports" / "samples"
RULE = """
id: example
layer: platform
name: Example
category: ai-sandbox
sources: {findings: {title: Findings, url: 'https://example.org', observed: 2026-03-24}}
signals:
  - {id: one, when: {all: [{kernel.release: {regex: '-example-'}}, {mounts: {has: {target: /, options: {prefix: 'ro'}}}}]}, seen: always, elsewhere: 0.01, why: Reason., source: findings}
  - {signal: lib/vmm.no-dmi, seen: always, elsewhere: sometimes}
examples:
  - {report: example-2026-03-24, expect: first}
  - {facts: {env.EXAMPLE_KEY: abc}, expect: not}
"""
REFUSED = {
    "report": [
        ("no schema", {"facts": {}}),
        ("no facts", {"schema": "hostprint.report/1"}),
        ("an unknown key", {"schema": "hostprint.report/1", "facts": {}, "extra": 1}),
        ("a list as facts", {"schema": "hostprint.report/1", "facts": []}),
        ("an empty id", {"schema": "hostprint.report/1", "id": "", "facts": {}}),
        ("no date", {"schema": "hostprint.report/1", "observed_at": "yesterday", "facts": {}}),
        ("a reason that is no text", {"schema": "hostprint.report/1", "facts": {}, "unreadable": {"dmi": 5}}),
    ],
    "verdict": [("an empty object", {}), ("a report", {"schema": "hostprint.report/1", "facts": {}})],
    "forgery": [("an empty object", {}), ("a check", {"schema": "hostprint.check/1"})],
    "check": [("an empty object", {}), ("a forgery", {"schema": "hostprint.forgery/1"})],
}


class Dates(yaml.SafeLoader):
    """Reads dates as text, as hostprint does."""


Dates.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load_validators() -> dict:
    validators = {}
    for kind in KINDS:
        directory = TREE / ("rules" if kind == "rule" else "reports")
        schema = json.loads((directory / f"{kind}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[kind] = jsonschema.Draft202012Validator(schema)
    return validators


def documents(path: pathlib.Path) -> list:
    text = path.read_text(encoding="utf-8")
    if path.suffix in (".yaml", ".yml"):
        return [yaml.load(text, Dates)]
    if path.suffix in (".ndjson", ".jsonl"):
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return [json.loads(text)]


def broken_rules() -> list:
    """The example above with one thing wrong in each."""
    changes = [
        ("layer", "nonsense"), ("id", "Not An Id"), ("category", "other"), ("signals", []), ("unknown_key", 1),
        ("sources", {"findings": {"title": "Findings", "url": "u"}}),
        ("signals", [{"id": "x", "when": {"kernel.release": {"resembles": "y"}}, "seen": "always", "elsewhere": "never", "why": "w", "source": "findings"}]),
        ("signals", [{"id": "x", "when": {"kernel.release": "y"}, "seen": "certainly", "elsewhere": "never", "why": "w", "source": "findings"}]),
        ("signals", [{"id": "x", "when": {"kernel.release": "y"}, "why": "w", "source": "findings"}]),
        ("examples", [{"expect": "first"}]),
    ]
    return [(f"{key}: {value}", {**yaml.load(RULE, Dates), key: value}) for key, value in changes]


def named(arguments: list) -> list:
    """(kind, where, document) of the files that the arguments name."""
    found, kind = [], None
    for argument in arguments:
        if argument in KINDS:
            kind = argument
        else:
            found += [(kind, argument, document) for document in documents(pathlib.Path(argument))]
    return found


def of_tree() -> list:
    """The samples and rules of this tree."""
    samples = [path for path in sorted(TREE.glob("reports/samples/**/*.json")) if not path.name.startswith("expected.")]
    rules = [path for path in sorted(TREE.glob("rules/*/**/*.yaml"))]
    return named(["report", *map(str, samples), "rule", *map(str, rules)])


def of_program(program: str) -> list:
    """What the program writes. It may say that something is unknown, which is exit code 1."""
    found = []
    claimed = ["--format", "json", str(SAMPLES / "e2b-2026-02-17.json")]
    runs = [("report", ["collect"]), ("verdict", ["classify", "--format", "ndjson", str(SAMPLES)]), ("verdict", ["detect", "--format", "json"])]
    runs += [("check", ["check", "--claims", claim, *claimed]) for claim in ("e2b", "hypervisor/kvm", "daytona")]
    runs += [("forgery", ["forge", "--as", "daytona", "--level", level, *claimed]) for level in ("tenant", "root")]
    for kind, words in runs:
        run = subprocess.run([program, *words], capture_output=True, text=True, check=False)
        if run.returncode not in (0, 1):
            raise SystemExit(f"{program} {' '.join(words)} ended with {run.returncode}: {run.stderr[:500]}")
        texts = run.stdout.splitlines() if words[0] == "classify" else [run.stdout]
        found += [(kind, " ".join(words), json.loads(text)) for text in texts]
    return found


def main(arguments: list) -> int:
    validators = load_validators()
    refused = {**REFUSED, "rule": broken_rules()}
    passed = failed = 0
    for kind in KINDS:
        for what, document in refused[kind]:
            if validators[kind].is_valid(document):
                failed += 1
                print(f"failed: {kind}.schema.json takes {what}")
            else:
                passed += 1
    found = [("rule", "the rule in this file", yaml.load(RULE, Dates))]
    found += named(arguments) if arguments else of_tree()
    if not arguments and os.environ.get("HOSTPRINT"):
        found += of_program(os.environ["HOSTPRINT"])
    for kind, where, document in found:
        errors = list(validators[kind].iter_errors(document))
        for error in errors:
            print(f"failed: {where}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
        passed, failed = passed + (not errors), failed + bool(errors)
    print(f"test_schemas: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
