"""Runs every vector of schemas/vectors: a line each."""

from __future__ import annotations

import sys
import traceback

import vectors


def main() -> int:
    failed = 0
    for subject in vectors.subjects():
        for vector in vectors.vectors(subject):
            try:
                vectors.run(subject, vector)
            except Exception:
                failed += 1
                for line in traceback.format_exc().splitlines():
                    print(f"    {line}")
                print(f"not ok {subject}/{vector['name']}")
            else:
                print(f"ok {subject}/{vector['name']}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
