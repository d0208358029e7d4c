"""Reads what a binding's tests said, and fails when a vector or a case was not run.

    check.py conformance|behaviour|unit LOG    prints PASSED FAILED SKIPPED
    check.py tables                            holds codes.txt against the codes and the cases there are, and
                                               looks whether every README of a binding takes the same tour

Names that are missing, strange, or reported twice count as failed and are told on standard error,
as are the words before a failure.
"""

import collections
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOUR = ["Install", "Start a broker", "A worker", "A coordinator", "Updates", "Errors", "bsp and ssp", "Compression", "Keys",
        "Time-outs and cancellation", "Example", "Tests"]
RESULT = re.compile(r"^(ok|not ok|skip) (\S+?)(?:: (.*))?$")


def vectors():
    for path in sorted((ROOT / "schemas" / "vectors").glob("*.json")):
        for vector in json.loads(path.read_text(encoding="utf-8"))["vectors"]:
            yield f"{path.stem}/{vector['name']}"


def rows(text):
    """The lines of cases.txt or codes.txt that are no comment."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def cases():
    text = (ROOT / "tests" / "bindings" / "cases.txt").read_text(encoding="utf-8")
    return [line.split(None, 1)[0] for line in rows(text)]


def codes_wrong(table, defined, names):
    """What is wrong with the text of codes.txt, given error.def's text and the names of the cases."""
    codes = dict.fromkeys(re.findall(r"^X \((\w+),", defined, re.MULTILINE), 0)
    wrong = []
    for line in rows(table):
        code, shown, why = (line.split(None, 2) + ["", ""])[:3]
        if code not in codes:
            wrong.append(f"codes.txt: {code}: error.def has no such code")
            continue
        codes[code] += 1
        if not why:
            wrong.append(f"codes.txt: {code}: say why it is shown there, or not at all")
        if shown != "-":
            wrong += [f"codes.txt: {code}: cases.txt has no case {name}" for name in shown.split(",")
                      if name not in names]
    return wrong + [f"codes.txt: {code}: " + ("told twice" if times else "say which case shows it")
                    for code, times in codes.items() if times != 1]


def tour_wrong(text):
    """What is wrong with the headings of a README: those of the tour, in their order; others may stand between."""
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ") and line[3:] in TOUR]
    return [] if headings == TOUR else [f"its headings are {', '.join(headings)}; and not {', '.join(TOUR)}"]


def check_tables():
    wrong = codes_wrong((ROOT / "tests" / "bindings" / "codes.txt").read_text(encoding="utf-8"),
                        (ROOT / "broker" / "core" / "error.def").read_text(encoding="utf-8"), set(cases()))
    for tasks in sorted((ROOT / "bindings").glob("*/tasks.sh")):
        readme = tasks.with_name("README.md")
        wrong += [f"{readme.relative_to(ROOT)}: {words}" for words in tour_wrong(readme.read_text(encoding="utf-8"))]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


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
    if sys.argv[1:] == ["tables"]:
        sys.exit(check_tables())
    suite, log = sys.argv[1:]
    expected = {"conformance": vectors, "behaviour": cases, "unit": lambda: None}[suite]()
    if expected is not None:
        expected = dict.fromkeys(expected)
    lines = pathlib.Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
    counts, told = count(lines, expected)
    for line in told:
        print(line, file=sys.stderr)
    print(*counts)


if __name__ == "__main__":
    main()
