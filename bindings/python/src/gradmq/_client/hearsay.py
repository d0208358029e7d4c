"""What was heard of the coordinator last, as a sentence for those who wait."""

from __future__ import annotations

from typing import Any

from .. import _limits
from .._codes import State, member_name


class Hearsay:
    """The last heartbeat, and when anything was heard."""

    def __init__(self, at: float) -> None:
        self.state: int = State.UNKNOWN
        self.heartbeat = _limits.HEARTBEAT
        self.heard_at = at
        self.min_clock = 0
        self._why = ""
        self._names: list[str] = []
        self._total = 0
        self._deadline: float | None = None

    def take(self, told: Any, at: float) -> None:
        """A heartbeat or a status report."""
        self.state = told.state
        self.min_clock = told.min_clock
        self._why = told.why
        self._names = list(told.waiting_for)
        self._total = told.waiting_total
        self._deadline = at + told.deadline_ms / 1000 if told.HasField("deadline_ms") else None

    def say(self, at: float) -> str:
        """What keeps the coordinator, as far as is known."""
        silent = at - self.heard_at
        if self.state == State.UNKNOWN:
            return "nothing was heard of the coordinator yet"
        if silent > 3 * self.heartbeat:
            return f"nothing was heard of the coordinator for {int(silent)} s"
        if self.state == State.RUNNING and self._why:
            names = ""
            if self._total:
                names = f": {', '.join(self._names)} ({self._total} in all)"
            until = ""
            if self._deadline is not None:
                until = f", no longer than {max(0.0, self._deadline - at):.1f} s"
            return f"{self._why}{names}{until}"
        why = f": {self._why}" if self._why else ""
        return f"the coordinator is {member_name(State, self.state)}{why}"
