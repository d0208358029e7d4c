"""
What acknowledgements say of the outbox: settled and how, credit, what is to be sent again.

No sockets: PROTOCOL.md, sections 10 and 11.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .._codes import Disposition
from ..errors import Code
from .outbox import Credit, Kept, Outbox

Range = tuple[int, int]


@dataclass
class Confirm:
    """Rule S-3: two looks, some time apart, at what is missing without a code."""

    wanted: bool = False
    looked_at: float | None = None
    received: int = 0  # received_through at the first look
    ranges: list[Range] = field(default_factory=list)

    def want(self) -> None:
        """Something may be lost: ask on control."""
        self.wanted = True

    def drop(self) -> None:
        """Nothing is suspected any more."""
        self.wanted = False
        self.looked_at = None
        self.ranges = []

    def wait_seconds(self, at: float, apart: float) -> float:
        """How long until the next look is to be asked for."""
        if not self.wanted:
            return float("inf")
        if self.looked_at is None:
            return 0.0
        return max(0.0, self.looked_at + apart - at)


@dataclass(frozen=True)
class Calls:
    """What an acknowledgement asks of the worker beyond the outbox."""

    join: bool = False  # NOT_JOINED
    fenced: bool = False  # FENCED: ask control whether that is so
    closed: bool = False  # CLOSED


# One gradient is settled: sequence, disposition (0: not known), code, what was kept of it.
OnSettled = Callable[[int, int, int, Kept], None]


class Ledger:
    """One incarnation's account."""

    def __init__(self, incarnation: int, most: int | None, on_settled: OnSettled) -> None:
        self.outbox = Outbox()
        self.credit = Credit()
        self.confirm = Confirm()
        self.incarnation = incarnation
        self.most = most
        self.received = 0
        self.told = 0
        self._told_applied = 0
        self.settled = 0
        self.resent = 0
        self.counts: Counter[int] = Counter()
        self.on_settled = on_settled

    def forget(self) -> None:
        """Another process answers for the coordinator: what was told counts no longer."""
        self.received = self.told = self._told_applied = 0
        self.credit = Credit()
        self.confirm = Confirm()

    def take(self, ack: Any, *, asked: bool, at: float, apart: float) -> Calls:
        """
        Take an acknowledgement in, from events or control, in any order (rule S-6).

        `asked`: it was asked for on control with sent_through. `apart`: seconds between two looks.
        """
        if (
            ack.incarnation != self.incarnation
            or ack.received_through < self.received
            or ack.settled_through < self.told
        ):
            return Calls()
        self._settle(ack)
        self.received = ack.received_through
        self.told = ack.settled_through
        self._told_applied = ack.applied
        if ack.credit_gradients:
            self.credit.gradients = min(ack.credit_gradients, self.most or ack.credit_gradients)
        if ack.credit_bytes:
            self.credit.bytes = ack.credit_bytes
        self.outbox.received(ack.received_through)
        calls = self._turned_away(ack)
        uncoded = [
            (one.first, one.last) for one in ack.missing if not one.code and one.first <= one.last
        ]
        if asked:
            self._look(uncoded, ack.received_through, at, apart)
        elif uncoded:
            self.confirm.want()
        return calls

    def _settle(self, ack: Any) -> None:
        outbox = self.outbox
        last = min(ack.settled_through, outbox.next - 1)
        if last < outbox.first:
            return
        listed = {one.sequence: one for one in ack.dispositions}
        untold = min(max(0, ack.dispositions_from - outbox.first), last - outbox.first + 1)
        if untold:
            self._settle_untold(ack, untold, last)
        while outbox.first <= last:
            told = listed.get(outbox.first)
            if told is None:
                self._settle_one(Disposition.APPLIED, 0)
            else:
                self._settle_one(told.disposition, told.code)

    def _settle_untold(self, ack: Any, untold: int, last: int) -> None:
        """Those of which dispositions no longer tell: `applied` says how many of them were."""
        begin = self.outbox.first + untold
        listed = sum(1 for one in ack.dispositions if begin <= one.sequence <= ack.settled_through)
        told_applied = max(0, last - begin + 1 - listed)
        grown = max(0, ack.applied - self._told_applied)
        applied = min(max(0, grown - told_applied), untold)
        self.counts[Disposition.APPLIED] += applied
        self.counts[Disposition.UNKNOWN] += untold - applied
        for _ in range(untold):
            self._let_go(Disposition.UNKNOWN, 0)

    def _settle_one(self, disposition: int, code: int) -> None:
        self.counts[disposition] += 1
        self._let_go(disposition, code)

    def _let_go(self, disposition: int, code: int) -> None:
        sequence = self.outbox.first
        kept = self.outbox.settle()
        self.settled += 1
        self.on_settled(sequence, disposition, code, kept)

    def _turned_away(self, ack: Any) -> Calls:
        codes = {one.code for one in ack.missing}
        for one in ack.missing:
            if one.code and one.code not in (Code.NOT_JOINED, Code.FENCED, Code.CLOSED):
                self.outbox.hold(one.first, one.last)
        return Calls(Code.NOT_JOINED in codes, Code.FENCED in codes, Code.CLOSED in codes)

    def _look(self, ranges: list[Range], received: int, at: float, apart: float) -> None:
        confirm = self.confirm
        if not ranges:
            confirm.drop()
        elif confirm.looked_at is None or confirm.received != received:
            confirm.want()
            confirm.looked_at = at
            confirm.received = received
            confirm.ranges = ranges
        elif at - confirm.looked_at >= apart:
            for first, last in ranges:
                for earlier, later in confirm.ranges:
                    self.outbox.hold(max(first, earlier), min(last, later), now=True)
            confirm.drop()
