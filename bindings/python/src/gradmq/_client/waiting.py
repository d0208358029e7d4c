"""
How a client waits: the one thing in which blocking and asyncio clients differ.

All that follows the protocol is written once, as coroutines that wait by a `Waiter` alone. A
blocking client runs them with `run`: its waiter blocks the thread, so that they never suspend.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

import zmq

T = TypeVar("T")
Socket = zmq.Socket[bytes]
Lock = contextlib.AbstractAsyncContextManager[Any]


# Whoever waits looks again after so many seconds: poll takes no endless time.
_LONGEST = 60.0


def events_of(socket: Socket) -> int:
    """What a socket is ready for: POLLIN, POLLOUT."""
    return int(socket.getsockopt(zmq.EVENTS))


class Waiter(Protocol):
    """Waits for sockets and for time."""

    async def wait(
        self, reading: Sequence[Socket], seconds: float, writing: Sequence[Socket] = ()
    ) -> None:
        """Return when one of them may be ready, or something changed, or time is over."""

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""

    async def call(self, function: Callable[[], None]) -> None:
        """Run what blocks for a moment."""

    def lock(self) -> Lock:
        """What keeps two tasks from doing the same at a time."""

    def changed(self) -> None:
        """Somebody else who waits may be able to go on."""


class BlockingWaiter:
    """Waits on the caller's thread."""

    async def wait(
        self, reading: Sequence[Socket], seconds: float, writing: Sequence[Socket] = ()
    ) -> None:
        """As `Waiter.wait`."""
        poller = zmq.Poller()
        for socket in reading:
            poller.register(socket, zmq.POLLIN)
        for socket in writing:
            poller.register(socket, zmq.POLLIN | zmq.POLLOUT)
        poller.poll(max(0, round(min(seconds, _LONGEST) * 1000 + 0.5)))

    async def sleep(self, seconds: float) -> None:
        """As `Waiter.sleep`."""
        time.sleep(max(0.0, seconds))  # noqa: ASYNC251

    async def call(self, function: Callable[[], None]) -> None:
        """As `Waiter.call`."""
        function()

    def lock(self) -> Lock:
        """As `Waiter.lock`: one thread has nobody to keep out."""
        return contextlib.nullcontext()

    def changed(self) -> None:
        """As `Waiter.changed`: nobody else waits."""


class AsyncioWaiter:
    """Waits in the running event loop, by the descriptors of the sockets."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._watched: dict[int, int] = {}

    async def wait(
        self, reading: Sequence[Socket], seconds: float, writing: Sequence[Socket] = ()
    ) -> None:
        """As `Waiter.wait`."""
        loop = asyncio.get_running_loop()
        descriptors = [int(socket.fd) for socket in (*reading, *writing)]
        future: asyncio.Future[None] = loop.create_future()
        self._watch(loop, descriptors)
        self._waiting.add(future)
        # A descriptor tells of a change once: what came before it is watched is asked for.
        ready = any(events_of(socket) & zmq.POLLIN for socket in (*reading, *writing))
        ready = ready or any(events_of(socket) & zmq.POLLOUT for socket in writing)
        try:
            if ready or seconds <= 0:
                await asyncio.sleep(0)
            else:
                await asyncio.wait([future], timeout=min(seconds, _LONGEST))
        finally:
            self._waiting.discard(future)
            future.cancel()
            self._unwatch(loop, descriptors)

    def _watch(self, loop: asyncio.AbstractEventLoop, descriptors: Sequence[int]) -> None:
        for descriptor in descriptors:
            if descriptor not in self._watched:
                loop.add_reader(descriptor, self.changed)
            self._watched[descriptor] = self._watched.get(descriptor, 0) + 1

    def _unwatch(self, loop: asyncio.AbstractEventLoop, descriptors: Sequence[int]) -> None:
        for descriptor in descriptors:
            self._watched[descriptor] -= 1
            if not self._watched[descriptor]:
                del self._watched[descriptor]
                loop.remove_reader(descriptor)

    async def sleep(self, seconds: float) -> None:
        """As `Waiter.sleep`."""
        await asyncio.sleep(max(0.0, seconds))

    async def call(self, function: Callable[[], None]) -> None:
        """As `Waiter.call`: in another thread."""
        await asyncio.to_thread(function)

    def lock(self) -> Lock:
        """As `Waiter.lock`."""
        return asyncio.Lock()

    def changed(self) -> None:
        """As `Waiter.changed`."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run what waits by a `BlockingWaiter` to its end."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    coroutine.close()
    raise RuntimeError("a blocking call suspended itself")


def now() -> float:
    """Seconds of a clock that is never set."""
    return time.monotonic()
