"""Renews a worker's lease from a thread of its own, however long a computation takes."""

from __future__ import annotations

import threading
from typing import Any

from .._wire import schema
from ..errors import Code, GradMQError
from .requester import Requester
from .session import Session
from .waiting import BlockingWaiter, now, run

_LEAST = 0.03
_DEFAULT = 30.0
_SLICE = 0.05


class Lease:
    """Asks Join with the incarnation each third of the lease."""

    def __init__(self, session: Session, incarnation: int, lease_ms: int) -> None:
        self.low_water = 1
        self.instance = 0  # that answered last
        self.fenced = False
        self._worker = session.name
        self._incarnation = incarnation
        self._seconds = lease_ms / 1000 if lease_ms else _DEFAULT
        self._waiter = BlockingWaiter()
        self._requester = Requester(session)
        self._stop = threading.Event()
        self._patience = 0.0
        self._thread = threading.Thread(
            target=self._run, name=f"gradmq lease of {session.name}", daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        """Renew no more."""
        self._stop.set()

    def stop(self, patience: float = 0.0) -> None:
        """
        The same; returns when the thread has ended.

        It waits so many seconds for the answer to a renewal that is on its way: a Join that comes
        behind a Leave makes a member again.
        """
        self._patience = patience
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self.fenced and not self._stop.wait(max(self._seconds / 3, _LEAST)):
                self._renew()
        finally:
            self._requester.close()

    def _renew(self) -> None:
        join = schema.Request().join
        join.worker = self._worker
        join.incarnation = self._incarnation
        join.low_water = self.low_water
        requester = self._requester
        requester.ask("join", join)
        end = float("inf")
        while now() < end:
            if self._stop.is_set():
                end = min(end, now() + self._patience)
            try:
                answer = requester.look()
            except GradMQError:
                return
            if answer is not None:
                self._take(answer.message)
                return
            seconds = min(requester.wait_seconds(), _SLICE, max(0.0, end - now()))
            run(self._waiter.wait([requester.socket], seconds))

    def _take(self, reply: Any) -> None:
        if reply.code == Code.FENCED:
            self.fenced = True
        self.instance = reply.position.instance or self.instance
        if not reply.code and reply.joined.lease_ms:
            self._seconds = reply.joined.lease_ms / 1000
