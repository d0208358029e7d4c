#!/usr/bin/env python3
"""Holds the tree against its own rules: check.py [ROOT] [--long]

Silent and 0 when all hold; else a line for each breach, and 1. With --long it also lists long files
and functions, which are not a breach.
"""

import pathlib
import sys

import includes
import tables
import texts
from ranks import Ranks

CHECKS = [
    includes.check_includes,
    includes.check_examples,
    includes.check_links,
    tables.check_files,
    tables.check_codes,
    tables.check_limits,
    tables.check_roles,
    tables.check_settings,
    texts.check_places,
    texts.check_sizes,
]


def problems(root):
    ranks = Ranks(root / "tests/rooms/ranks.txt")
    for check in CHECKS:
        yield from check(root, ranks)


def main(arguments):
    names = [word for word in arguments if not word.startswith("--")]
    root = pathlib.Path(names[0] if names else pathlib.Path(__file__).parents[2]).resolve()
    found = list(problems(root))
    print("\n".join(found), end="\n" if found else "")
    if "--long" in arguments:
        print("\n".join(texts.long_ones(root)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
