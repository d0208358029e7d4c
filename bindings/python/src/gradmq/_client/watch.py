"""Subscribing to what a coordinator tells everybody (PROTOCOL.md, section 14)."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

import zmq

from .. import _limits
from .._wire import messages, schema, topics
from ..errors import Code, GradMQError, error
from ..reports import Acknowledgement, Event
from . import endpoint, reading
from .requester import Answer
from .session import Session, receive
from .waiting import Socket, now

Ask = Callable[..., Awaitable[Answer]]


class Watch:
    """One SUB socket on events, whose subscription holds once it is open."""

    def __init__(
        self,
        session: Session,
        ask: Ask,
        worker: str | None,
        announcements: bool,
        malformed: bool,
    ) -> None:
        self._session = session
        self._ask = ask
        self._socket: Socket = session.socket(zmq.SUB)
        model = session.model
        wanted = [topics.events(model)]
        if worker is not None:
            _limits.check_name("worker", worker)
            wanted += [topics.acknowledgements(model, worker), topics.worker_events(model, worker)]
        if announcements:
            wanted.append(topics.announcements(model))
        if malformed:
            wanted.append(topics.malformed(model))
        for topic in wanted:
            self._socket.subscribe(topic)

    def close(self) -> None:
        """Subscribe no more."""
        self._socket.close()

    async def open(self) -> None:
        """Connect, and see that the subscription holds (rule U-4)."""
        session = self._session
        deadline = now() + session.timeout
        description = (await self._ask("describe")).body("description")
        named = list(description.events_endpoints)
        session.connect(self._socket, endpoint.choose(named, session.control, "events"))
        body = schema.Request().sync
        body.nonce = secrets.randbits(64) or 1
        topic = topics.sync(body.nonce)
        self._socket.subscribe(topic)
        while not await self._marked(topic, body):
            if now() >= deadline:
                raise error(Code.TIMEOUT, f"nothing of what {session.model} publishes arrives here")
        self._socket.unsubscribe(topic)

    async def _marked(self, topic: bytes, body: object) -> bool:
        """Ask once. What comes in front of the mark is dropped."""
        await self._ask("sync", body)
        until = now() + _limits.SYNC_RETRY
        while (left := until - now()) > 0:
            await self._session.waiter.wait([self._socket], left)
            while (frames := receive(self._socket)) is not None:
                if frames and frames[0].bytes == topic:
                    return True
        return False

    async def next(self, timeout: float | None) -> Event | Acknowledgement:
        """The next event; TIMEOUT: none came."""
        session = self._session
        seconds = session.timeout if timeout is None else timeout
        deadline = now() + seconds
        while True:
            while (frames := receive(self._socket)) is not None:
                found = self._read(frames)
                if found is not None:
                    return found
            left = deadline - now()
            if left <= 0:
                raise error(
                    Code.TIMEOUT, f"{session.model} published nothing in {seconds:g} seconds"
                )
            await session.waiter.wait([self._socket], left)

    def _read(self, frames: list[zmq.Frame]) -> Event | Acknowledgement | None:
        if len(frames) < 2:
            return None
        try:
            return reading.read_event(messages.read_event(frames[1].bytes))
        except GradMQError:
            return None
