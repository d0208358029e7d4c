"""What became of gradients, and a worker's account of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ._codes import Disposition, member_name
from .errors import Code, code_name, code_sentence

__all__ = ["Disposition", "Stats", "Verdict"]


@dataclass(frozen=True)
class Verdict:
    """A gradient that was settled without being applied."""

    sequence: int
    """What `push` returned."""
    disposition: int
    """EXCLUDED, SKIPPED, REFUSED or DISCARDED: a `Disposition`."""
    code: int
    """Why: a `Code`; 0 where there is no more to say."""

    @property
    def disposition_name(self) -> str:
        """Such as "REFUSED"."""
        return member_name(Disposition, self.disposition)

    @property
    def code_name(self) -> str:
        """Such as "NON_FINITE"; "" without a code."""
        return code_name(self.code) if self.code else ""

    @property
    def comes_back(self) -> bool:
        """
        Is what it held to go with a later one, where gradients are compressed?

        Not what a rule left out; nor what would be refused for ever, since it makes the sum too
        large.
        """
        if self.disposition == Disposition.REFUSED:
            return self.code != Code.NON_FINITE
        return self.disposition in (Disposition.SKIPPED, Disposition.DISCARDED)

    def __str__(self) -> str:
        why = f": {self.code_name}, {code_sentence(self.code)}" if self.code else ""
        return f"gradient {self.sequence} is {self.disposition_name}{why}"


@dataclass(frozen=True)
class Stats:
    """A worker's account of itself."""

    pushed: int
    """Gradients pushed by this worker."""
    settled: int
    """Of these, settled."""
    applied: int
    """Of these, applied."""
    not_applied: int
    """Settled otherwise."""
    dispositions: Mapping[str, int]
    """How many were settled how; UNKNOWN: the coordinator no longer told."""
    resent: int
    """How often one was sent again."""
    unsettled: int
    """Kept now."""
    unsettled_bytes: int
    """Their payloads."""
    credit_gradients: int
    """Most that may be unsettled at a time."""
    credit_bytes: int
    """The same in octets of payload."""
    incarnation: int
    """Of this life of the worker."""
    epoch: int
    """Newest that was heard of."""
    version: int
    """Newest that was heard of."""
    updates: int
    """Received."""
    gaps: int
    """In the stream of updates; each update is whole, so the next one closes a gap."""
    clock: int
    """The newest that this worker completed, or where it began; survives a restart."""
    min_clock: int
    """Of all members, as heard last."""
    round: int
    """In which a gradient from the parameters given last takes part."""
