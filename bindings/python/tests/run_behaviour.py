"""Runs the cases of tests/bindings/cases.txt: a line each. Arguments: names of cases to run."""

from __future__ import annotations

import faulthandler
import importlib
import os
import signal
import sys
import time
import traceback
from types import FrameType

from behaviour import CASES

MODULES = ["remote", "errors", "gradients", "waits", "changes"]
LONGEST = 240


def too_long(number: int, frame: FrameType | None) -> None:
    raise AssertionError(f"it took more than {LONGEST} s")


def run(name: str) -> bool:
    begun = time.monotonic()
    signal.alarm(LONGEST)
    try:
        CASES[name]()
    except BaseException as why:
        for line in traceback.format_exc().splitlines():
            print(f"    {line}")
        print(f"not ok {name}", flush=True)
        if isinstance(why, KeyboardInterrupt):
            raise
        return False
    finally:
        signal.alarm(0)
    print(f"ok {name}", flush=True)
    if os.environ.get("GRADMQ_TEST_TIMES"):
        print(f"    {time.monotonic() - begun:.2f} s", flush=True)
    return True


def main() -> int:
    faulthandler.enable()
    signal.signal(signal.SIGALRM, too_long)
    for module in MODULES:
        importlib.import_module(f"behaviour.{module}")
    wanted = sys.argv[1:] or list(CASES)
    failed = [name for name in wanted if not run(name)]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
