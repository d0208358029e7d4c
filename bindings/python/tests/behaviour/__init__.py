"""Cases of tests/bindings/cases.txt, against a real gradmqd."""

from __future__ import annotations

from collections.abc import Callable

CASES: dict[str, Callable[[], None]] = {}


def case(function: Callable[[], None]) -> Callable[[], None]:
    """A case: its function's name, without a keyword's underscore."""
    CASES[function.__name__.rstrip("_")] = function
    return function
