#!/usr/bin/env python3
"""The checks of this folder, held against small logs and tables: a right one passes, and each way to be wrong is
told by its own words."""

import sys

import check

CASES = ["push", "fenced"]
DEFINED = 'X (NAME, 10, "not a valid name")\nX (IO, 68, "cannot read")\n'
TABLE = "# Codes.\nNAME  push,fenced  from the client\nIO    -            of files\n"

# Lines of a suite, its expected names, the counts, and a part of what is told.
LOGS = [
    (["ok push", "    words", "ok fenced"], CASES, [2, 0, 0], None),
    (["ok push", "skip fenced: no keys"], CASES, [1, 0, 1], None),
    (["ok anything"], None, [1, 0, 0], None),
    (["ok push", "    it was 3", "not ok fenced"], CASES, [1, 1, 0], "it was 3"),
    (["ok push"], CASES, [1, 1, 0], "fenced: was not run"),
    (["ok push", "ok fenced", "ok push"], CASES, [3, 1, 0], "push: told twice"),
    (["ok push", "ok fenced", "ok pull"], CASES, [3, 1, 0], "pull: there is no such test"),
    (["okay push", "  ok fenced"], CASES, [0, 2, 0], "push: was not run"),
    ([], None, [0, 1, 0], "no test ran"),
]

# A table of codes, and a part of what is wrong with it.
TABLES = [
    (TABLE, None),
    (TABLE.replace("IO ", "# IO "), "IO: say which case shows it"),
    (TABLE + "IO  -  of files\n", "IO: told twice"),
    (TABLE + "OI  -  of files\n", "OI: error.def has no such code"),
    (TABLE.replace("push", "pull"), "NAME: cases.txt has no case pull"),
    (TABLE.replace("of files", ""), "IO: say why"),
]

# The headings of a README, and a part of what is wrong with them.
READMES = [
    (check.TOUR, None),
    ([*check.TOUR[:-1], "More", check.TOUR[-1]], None),
    (check.TOUR[1:], "its headings are Start a broker"),
    (check.TOUR[::-1], "its headings are Tests"),
]


def differs(told, words):
    """Whether something else is told than these words, or anything where there are none."""
    return bool(told) if words is None else not any(words in line for line in told)


def main():
    failed = []
    for lines, expected, counts, words in LOGS:
        got, told = check.count(lines, None if expected is None else dict.fromkeys(expected))
        if got != counts or differs(told, words):
            failed.append(f"{lines} is counted as {got}, not {counts}, and told as {told}")
    for table, words in TABLES:
        told = check.codes_wrong(table, DEFINED, set(CASES))
        if differs(told, words):
            failed.append(f"{table!r} is told as {told}")
    for headings, words in READMES:
        told = check.tour_wrong("".join(f"## {heading}\n" for heading in headings))
        if differs(told, words):
            failed.append(f"{headings} is told as {told}")
    print(*failed, sep="\n", end="\n" if failed else "")
    return 1 if failed else 0


sys.exit(main())
