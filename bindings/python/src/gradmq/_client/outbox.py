"""
Gradients that are not settled, and which of them have to be sent again.

No sockets and no clock of its own: PROTOCOL.md, sections 10 and 11.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .. import _limits
from .._wire.dtypes import AnyArray

# Seconds before a gradient that was turned away a second time is sent again; doubles.
_AGAIN = 0.02
_AGAIN_MOST = 1.0


@dataclass
class Credit:
    """Most that may be sent and not settled. One gradient is always allowed."""

    gradients: int = 1
    bytes: int = 0


@dataclass
class Kept:
    """One gradient, as it was sent. Its octets do not change until it is settled."""

    header: bytes
    frames: Sequence[memoryview]
    bytes: int
    # Where it was compressed: its payload in one piece, and whose residual knows of it.
    payload: AnyArray | None = None
    generation: int = 0
    sends: int = 1
    sent_at: float = 0.0
    held: bool = False
    due_at: float = field(default=0.0)


class Outbox:
    """What is kept, by sequence."""

    def __init__(self) -> None:
        self.first = 1  # oldest that is not settled: low_water
        self.next = 1  # of the next gradient
        self.bytes = 0
        self._kept: dict[int, Kept] = {}
        self._held = 0
        self._held_bytes = 0

    def __len__(self) -> int:
        return self.next - self.first

    def __getitem__(self, sequence: int) -> Kept:
        return self._kept[sequence]

    @property
    def held(self) -> int:
        """How many have to be sent again."""
        return self._held

    def room(self, size: int, credit: Credit) -> bool:
        """Is a new gradient of so many octets within the credit (rule C-1)?"""
        count = len(self)
        if count == 0:
            return True
        return (
            count < min(credit.gradients, _limits.RECEIVE_WINDOW)
            and self.bytes + size <= credit.bytes
        )

    def add(self, kept: Kept) -> int:
        """The next gradient; its sequence."""
        sequence = self.next
        self._kept[sequence] = kept
        self.next += 1
        self.bytes += kept.bytes
        return sequence

    def take_back(self) -> None:
        """The newest was not sent after all."""
        self.next -= 1
        self.bytes -= self._kept.pop(self.next).bytes

    def settle(self) -> Kept:
        """The oldest is settled."""
        kept = self._kept.pop(self.first)
        self._release(kept)
        self.bytes -= kept.bytes
        self.first += 1
        return kept

    def _release(self, kept: Kept) -> None:
        if kept.held:
            kept.held = False
            self._held -= 1
            self._held_bytes -= kept.bytes

    def _range(self, first: int, last: int) -> Iterator[Kept]:
        for sequence in range(max(first, self.first), min(last, self.next - 1) + 1):
            yield self._kept[sequence]

    def received(self, through: int) -> None:
        """Everything up to here has arrived: none of it is to be sent again."""
        if self._held:
            for kept in self._range(self.first, through):
                self._release(kept)

    def hold(self, first: int, last: int, *, now: bool = False) -> None:
        """
        These are to be sent again: turned away; or (now) lost, or remembered by nobody.

        One that was sent once is due at once, others after a wait that grows each time.
        """
        for kept in self._range(first, last):
            if not kept.held:
                kept.held = True
                kept.due_at = 0.0
                if kept.sends > 1:
                    wait = min(_AGAIN * 2 ** min(kept.sends - 2, 6), _AGAIN_MOST)
                    kept.due_at = kept.sent_at + wait
                self._held += 1
                self._held_bytes += kept.bytes
            if now:
                kept.due_at = 0.0

    def due(self, start: int, credit: Credit, at: float) -> int:
        """
        The lowest held sequence from `start` on that may go now; 0: none.

        In order: a later one never goes before an earlier one that waits for credit.
        """
        if not self._held:
            return 0
        flying = len(self) - self._held
        flying_bytes = self.bytes - self._held_bytes
        for sequence in range(max(start, self.first), self.next):
            kept = self._kept[sequence]
            if not kept.held:
                continue
            if flying and not (
                flying < credit.gradients and flying_bytes + kept.bytes <= credit.bytes
            ):
                return 0
            if kept.due_at <= at:
                return sequence
        return 0

    def resent(self, sequence: int, at: float) -> None:
        """A held gradient was sent."""
        kept = self._kept[sequence]
        self._release(kept)
        kept.sent_at = at
        kept.sends += 1

    def wait_seconds(self, at: float) -> float:
        """How long until one that is not due is; what is due waits for credit or a connection."""
        if not self._held:
            return float("inf")
        waits = (kept.due_at - at for kept in self._kept.values() if kept.held and kept.due_at > at)
        return min(waits, default=float("inf"))
