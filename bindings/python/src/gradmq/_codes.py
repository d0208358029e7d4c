"""Open lists of the protocol: what numbers in headers stand for."""

from __future__ import annotations

from enum import IntEnum


class Encoding(IntEnum):
    """How a part's octets stand for its elements (section 5)."""

    DENSE = 1
    ROWS = 2
    TOP_K = 3
    INT8 = 4
    LOW_RANK = 5


class Kind(IntEnum):
    """What a push is (rule G-5). Which of them are taken depends on the policy in force."""

    GRADIENT = 1
    DELTA = 2
    MODEL_PARAMETERS = 3
    SKIP = 4


class Disposition(IntEnum):
    """What became of a gradient (section 10). UNKNOWN: the coordinator no longer tells."""

    UNKNOWN = 0
    APPLIED = 1
    EXCLUDED = 2
    SKIPPED = 3
    REFUSED = 4
    DISCARDED = 5


class State(IntEnum):
    """State of a model (section 7). UNKNOWN: nothing was heard yet."""

    UNKNOWN = 0
    EMPTY = 1
    STOPPED = 2
    RUNNING = 3
    CLOSING = 4


class NoticeKind(IntEnum):
    """What a notice is about (section 14)."""

    STARTED = 1
    STOPPED = 2
    CLOSING = 3
    EPOCH = 4
    SETTINGS = 5
    JOINED = 6
    LEFT = 7
    EXPIRED = 8
    FENCED = 9
    REFUSED = 10
    TURNED_AWAY = 11
    CLEARED = 12
    STEP_SKIPPED = 13
    OPERATION = 14


def member_name(kind: type[IntEnum], number: int) -> str:
    """The name of a number, or the number itself where a later minor version brought it."""
    return kind(number).name if number in kind._value2member_map_ else str(number)
