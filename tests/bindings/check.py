"""Reads what a binding's tests said, and fails when a vector or a case was not run.

    check.py conformance|behaviour|unit LOG    prints PASSED FAILED SKIPPED

Names that are missing, strange, or reported twice count as failed and are told on standard error,
as are the words before a failure.
"""

import collections
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULT = re.compile(r"^(ok|not ok|skip) (\S+?)(?:: (.*))?$")


def vectors():
    for path in sorted((ROOT / "schemas" / "vectors").glob("*.json")):
        for vector in json.loads(path.read_text(encoding="utf-8"))["vectors"]:
            yield f"{path.stem}/{vector['name']}"


def cases():
    text = (ROOT / "tests" / "bindings" / "cases.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield line.split(None, 1)[0]


def read(lines):
    """(result, name, words that stand before it) of each test."""
    words = []
    for line in lines:
        found = RESULT.match(line)
        if found:
            yield found[1], found[2], words
            words = []
        else:
            words.append(line)


def count(lines, expected):
    """([passed, failed, skipped], what to tell)."""
    counts = collections.Counter()
    seen = collections.Counter()
    told = []
    for result, name, words in read(lines):
        seen[name] += 1
        counts[result] += 1
        if result == "not ok":
            told += words[-40:] + [f"not ok {name}"]
    if expected is None:
        if not seen:
            counts["not ok"] += 1
            told.append("no test ran")
        expected = seen
    for name in expected:
        if name not in seen:
            counts["not ok"] += 1
            told.append(f"{name}: was not run")
    for name, times in seen.items():
        if name not in expected or times > 1:
            counts["not ok"] += 1
            told.append(f"{name}: " + ("told twice" if times > 1 else "there is no such test"))
    return [counts["ok"], counts["not ok"], counts["skip"]], told


def main():
    suite, log = sys.argv[1:]
    expected = {"conformance": vectors, "behaviour": cases, "unit": lambda: None}[suite]()
    if expected is not None:
        expected = dict.fromkeys(expected)
    lines = pathlib.Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
    counts, told = count(lines, expected)
    for line in told:
        print(line, file=sys.stderr)
    print(*counts)


main()
