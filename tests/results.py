"""Reads what ctest wrote: results.py JUNIT.XML CTEST.LOG WORDS

Prints "PASSED FAILED SKIPPED". Into WORDS goes what failed, with its output, and what was skipped,
with its last line.
"""

import re
import sys
import xml.etree.ElementTree as tree

SHOWN_LINES = 80


def said(case):
    element = case.find("system-out")
    return (element.text or "").rstrip().splitlines() if element is not None else []


def endings(log):
    """How each test ended, in ctest's words: Timeout, Subprocess aborted, Exception: SegFault."""
    with open(log, encoding="utf-8", errors="replace") as lines:
        found = re.findall(r"Test +#\d+: (\S+) \.*(.*?)\*\*\*(.*?) +[\d.]+ sec", lines.read())
    return {name: before or after for name, before, after in found}


def main(junit, log, words):
    ended = endings(log)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with open(words, "w", encoding="utf-8", errors="replace") as out:
        for case in tree.parse(junit).getroot().iter("testcase"):
            lines = said(case)
            if case.get("status") == "run":
                counts["passed"] += 1
            elif case.find("skipped") is not None or case.get("status") == "disabled":
                counts["skipped"] += 1
                print(f"{case.get('name')} skipped: {lines[-1] if lines else 'no reason given'}", file=out)
            else:
                counts["failed"] += 1
                print(f"{case.get('name')}: {ended.get(case.get('name'), 'failed')}", file=out)
                if len(lines) > SHOWN_LINES:
                    print(f"  ... {len(lines) - SHOWN_LINES} lines before", file=out)
                for line in lines[-SHOWN_LINES:]:
                    print(f"  {line}", file=out)
    print(counts["passed"], counts["failed"], counts["skipped"])


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, tree.ParseError) as problem:
        sys.exit(f"results.py: {problem}")
