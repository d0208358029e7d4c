"""The parameters that a worker holds, and those that came since. No sockets."""

from __future__ import annotations

import random
from typing import Any

import zmq

from .. import _limits
from ..parameters import Parameters
from .arrival import Described

# After a Get that brought nothing newer the next one waits so many seconds.
_GET_AGAIN = 0.1


class Stream:
    """What was received of one stream of updates (PROTOCOL.md, sections 13 and 19.4)."""

    def __init__(self, subscribed: bool) -> None:
        self.subscribed = subscribed
        self.held: Parameters | None = None
        self.given: tuple[int, int] | None = None  # position of what the caller got last
        self.foreign = False  # ... which is of another instance (rule P-5)
        self.pending: tuple[Described, list[zmq.Frame]] | None = None
        self.join = False  # it has to be joined (rule U-4) before it is used
        self.nonce = 0  # of the Sync under way
        self.marked_events = self.marked_updates = False
        self.updates = self.gaps = 0
        self._published: tuple[int, int] | None = None
        self._behind_at: float | None = None
        self._get_after = 0.0

    def leave(self) -> None:
        """Another process answers: what it publishes has to be joined anew."""
        self.join = True
        self.pending = None
        self.foreign = True

    def begin_sync(self, nonce: int) -> None:
        """Sync with this nonce is asked from now on."""
        self.nonce = nonce
        self.marked_events = False
        self.marked_updates = not self.subscribed

    def mark(self, nonce: int, *, updates: bool) -> None:
        """A SyncMark was seen."""
        if not nonce or nonce != self.nonce:
            return
        if updates:
            self.marked_updates = True
        else:
            self.marked_events = True

    @property
    def marked(self) -> bool:
        """The marks were seen: subscriptions hold."""
        return self.marked_events and self.marked_updates

    def restart_count(self) -> None:
        """Gaps are counted from the next update on."""
        self._published = None

    def take_update(self, message: Any, frames: list[zmq.Frame]) -> None:
        """An update of the instance that answers now. Each is whole, so the next closes a gap."""
        position = message.position
        at = (position.epoch, position.version)
        previous = (message.previous_published_epoch, message.previous_published_version)
        self.updates += 1
        if self._published is not None and message.HasField("previous_published_epoch"):
            self.gaps += previous != self._published
        self._published = at
        newest = self.newest
        if newest is None or at > newest:
            self.pending = (
                Described(position.instance, *at, message.layout, message.dtype, message.encoding),
                frames,
            )

    @property
    def newest(self) -> tuple[int, int] | None:
        """Position of the newest that has arrived."""
        if self.pending is not None:
            return self.pending[0].position
        return self.held.position if self.held is not None else None

    def hold(self, parameters: Parameters) -> None:
        """These are held from now on."""
        self.held = parameters
        self._behind_at = None

    def asked(self, at: float) -> None:
        """The coordinator was asked for the newest."""
        self._get_after = at + _GET_AGAIN
        self._behind_at = None

    def behind(self, known: tuple[int, int], heartbeat: float, at: float) -> bool:
        """Rule U-5: something newer is known of for longer than a heartbeat and a random wait."""
        newest = self.newest
        if self.held is None or newest is None or known <= newest:
            self._behind_at = None
            return False
        if not self.subscribed:
            return at >= self._get_after
        if self._behind_at is None:
            jitter = random.uniform(0, _limits.RESYNC_JITTER)  # noqa: S311
            self._behind_at = at + heartbeat + jitter
        return at >= self._behind_at

    def news(self) -> bool:
        """Is what is held newer than what was given? Epochs of two instances have no order."""
        if self.held is None:
            return False
        if self.given is None:
            return True
        if self.foreign and self.held.epoch != self.given[0]:
            return not self.join
        return self.held.position > self.given

    def give(self) -> Parameters:
        """Hand what is held over to the caller."""
        assert self.held is not None
        self.foreign = self.foreign and self.join
        self.given = self.held.position
        return self.held
