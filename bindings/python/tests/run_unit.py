"""Unit tests by pytest, then types, lint and format: a line each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]
CHECKS = {
    "mypy": ["-m", "mypy", "--cache-dir", "/dev/null"],
    "ruff-check": ["-m", "ruff", "check", "--no-cache", "--quiet", "."],
    "ruff-format": ["-m", "ruff", "format", "--no-cache", "--check", "--quiet", "."],
}


def name_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    return report.nodeid.replace(" ", "_").replace("tests/unit/", "")


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Of a skip, where pytest has place and reason."""
    told = report.longrepr
    return str(told[2] if isinstance(told, tuple) else told).removeprefix("Skipped: ")


class Lines:
    """Tells each test in a line of the form that tests/bindings/check.py reads."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file of tests may be left out, or not be read, as a whole."""
        name = name_of(report)
        if report.skipped:
            print(f"skip {name}: {reason_of(report)}")
        elif report.failed:
            for line in str(report.longrepr).splitlines():
                print(f"    {line}")
            print(f"not ok {name}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = name_of(report)
        if report.failed:
            for line in str(report.longrepr).splitlines():
                print(f"    {line}")
        if report.skipped:
            print(f"skip {name}: {reason_of(report)}")
        elif report.failed and name not in self.seen:
            self.seen.add(name)
            print(f"not ok {name}")
        elif report.when == "call":
            self.seen.add(name)
            print(f"ok {name}")


def main() -> int:
    arguments = ["-p", "no:terminal", "-p", "no:cacheprovider", "-W", "error", "--rootdir", HERE]
    ended = pytest.main([str(one) for one in (*arguments, HERE / "tests" / "unit")], [Lines()])
    failed = ended != pytest.ExitCode.OK
    if ended not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        print(f"    pytest ended with {ended!r}\nnot ok pytest")
    for name, command in CHECKS.items():
        done = subprocess.run(
            [sys.executable, *command], cwd=HERE, check=False, capture_output=True, text=True
        )
        if done.returncode:
            for line in (done.stdout + done.stderr).splitlines():
                print(f"    {line}")
        print(f"{'not ok' if done.returncode else 'ok'} {name}")
        failed = failed or done.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
