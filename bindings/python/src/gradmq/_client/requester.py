"""Requests and their replies over one REQ socket (PROTOCOL.md, sections 15 and 19.2)."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import zmq
from zmq.utils.monitor import parse_monitor_message

from .. import _limits
from .._wire import header, messages, schema
from ..errors import Code, GradMQError, code_sentence, error
from .session import Session, receive
from .waiting import Socket, events_of, now

# A connection that is lost or made shows on the socket's events only, and nothing wakes for it.
_LOOK = 0.05

Frames = Sequence[memoryview]


@dataclass
class Answer:
    """A reply, and the frames of its payload."""

    message: Any
    frames: list[zmq.Frame]

    def body(self, name: str) -> Any:
        """The body of that name, or MALFORMED: it has another one."""
        if not self.message.HasField(name):
            got = self.message.WhichOneof("body") or "nothing"
            raise error(Code.MALFORMED, f"the reply has {got} where {name} was asked for")
        return getattr(self.message, name)


def refusal(message: Any) -> GradMQError | None:
    """What a reply refuses with."""
    if not message.code:
        return None
    return error(message.code, message.message or code_sentence(message.code))


class Handshake:
    """Whether CURVE handshakes fail: all that a client which is not let in can know."""

    _TELLS = (
        zmq.EVENT_CONNECTED
        | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
        | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
        | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    )

    def __init__(self, session: Session, socket: Socket) -> None:
        self._failed = self._up = False
        self._monitor: Socket | None = None
        if session.keys is not None:
            others = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED
            self._monitor = socket.get_monitor_socket(self._TELLS | others)
            self._monitor.setsockopt(zmq.LINGER, 1)

    def close(self, socket: Socket) -> None:
        """Watch no more."""
        if self._monitor is not None:
            socket.disable_monitor()
            self._monitor.close()
            self._monitor = None

    def failed(self) -> bool:
        """Is somebody there who does not let us in?"""
        while self._monitor is not None and self._monitor.poll(0):
            told = parse_monitor_message(self._monitor.recv_multipart(zmq.NOBLOCK))
            event = told["event"]
            if event == zmq.EVENT_DISCONNECTED:
                self._failed = not self._up
            else:
                self._failed = bool(event & self._TELLS)
            self._up = event == zmq.EVENT_HANDSHAKE_SUCCEEDED
        return self._failed


# What a worker needs takes little memory: that the coordinator has none will pass.
_SMALL = frozenset({"describe", "sync", "join", "leave", "acknowledgement", "get_model_parameters"})


@dataclass
class _Asked:
    """A request that was not answered yet."""

    what: str
    id: int
    header: bytes
    payload: Frames
    sent: bool = False
    again: float = 0.0
    tries: int = 0


class Requester:
    """One request at a time, asked again with the same id until it is answered."""

    def __init__(self, session: Session) -> None:
        self.session = session
        # Answers are remembered by (client, request_id): an earlier process of the same name must
        # not have used ours.
        self._next_id = secrets.randbits(63) | 1
        self._asked: _Asked | None = None
        self._reached = False
        self._lock = session.waiter.lock()
        self._connect()

    def _connect(self) -> None:
        self.socket = self.session.socket(zmq.REQ)
        self._handshake = Handshake(self.session, self.socket)
        try:
            self.session.connect(self.socket, self.session.control)
        except BaseException:
            self.close()
            raise

    def _renew(self) -> None:
        """Half a message must not be continued by the next one."""
        asked = self._asked
        self.close()
        self._connect()
        self._asked = asked

    def close(self) -> None:
        """Close the socket; its linger is finite."""
        self._asked = None
        self._handshake.close(self.socket)
        self.socket.close()

    @property
    def asking(self) -> bool:
        """Is there a request that was not answered?"""
        return self._asked is not None

    def ask(self, what: str, body: Any = None, payload: Frames = (), **head: Any) -> None:
        """Ask without waiting. `what` is the field of the body; `head` are fields of Request."""
        request = schema.Request(client=self.session.name, request_id=self._next_id, **head)
        if body is None:
            getattr(request, what).SetInParent()
        else:
            getattr(request, what).CopyFrom(body)
        if self.session.model and not request.HasField("model"):
            request.model = self.session.model
        written = header.write(header.FrameKind.REQUEST, request)
        self._asked = _Asked(what, self._next_id, written, payload)
        self._next_id += 1
        self._send()

    def forget(self) -> None:
        """No answer is waited for any more; one that still comes is dropped."""
        self._asked = None

    def _backoff(self, doublings: int) -> float:
        """Doubles from 100 ms, with a random part of half of it."""
        wait: float = min(_limits.RETRY_FIRST * 2 ** min(doublings, 8), _limits.RETRY_MOST)
        return wait + random.uniform(0, wait / 2)  # noqa: S311

    def _send(self) -> None:
        """Send it where there is a peer that it was not sent to, or that did not answer in time."""
        asked = self._asked
        if asked is None:
            return
        if not events_of(self.socket) & zmq.POLLOUT:
            asked.sent = False
            return
        self._reached = True
        if asked.sent and now() < asked.again:
            return
        asked.sent = True
        asked.again = now() + _LOOK
        try:
            more = zmq.SNDMORE if asked.payload else 0
            self.socket.send(asked.header, zmq.NOBLOCK | more)
            for at, frame in enumerate(asked.payload, 1):
                more = zmq.SNDMORE if at < len(asked.payload) else 0
                self.socket.send(frame, zmq.NOBLOCK | more, copy=False)
        except zmq.ZMQError:
            # The connection went in the middle.
            self._renew()
            asked.sent = False
            return
        except BaseException:
            self._renew()
            raise
        asked.again = now() + self.session.request_timeout + self._backoff(asked.tries)
        asked.tries += 1

    def look(self) -> Answer | None:
        """
        The answer, where it is there; asks again where that is due.

        Raises VERSION, MALFORMED ... where what came cannot be read.
        """
        if self._asked is None:
            return None
        while (frames := receive(self.socket)) is not None:
            if not frames:
                continue
            try:
                message = messages.read_reply(frames[0].bytes)
            except GradMQError:
                self._asked = None
                raise
            # 0 answers what could not be decoded: ours, as no other's answer is let through.
            undecoded = not message.request_id and message.code
            if undecoded or message.request_id == self._asked.id:
                self._asked = None
                return Answer(message, frames[1:])
        self._send()
        return None

    def wait_seconds(self) -> float:
        """How long until there is something to do, if no answer comes before."""
        if self._asked is None:
            return float("inf")
        left = max(0.0, self._asked.again - now())
        return left if self._asked.sent and left < _LOOK else _LOOK

    def _handshake_text(self) -> str:
        own = self.session.keys.public if self.session.keys else ""
        return (
            "the handshake fails: is server_key that coordinator's, and is the key "
            f"{own} among those that it has authorised?"
        )

    def _timeout(self, asked: _Asked) -> GradMQError:
        control = self.session.control
        if not asked.sent and self._handshake.failed():
            return error(Code.CONNECT, f"{control} is there, but {self._handshake_text()}")
        if not self._reached:
            silent = (
                ""
                if self.session.keys
                else (" One that asks for keys is silent to those who give none.")
            )
            return error(
                Code.CONNECT,
                f"nobody answers at {control}: is the coordinator up, and is this its control "
                f"endpoint?{silent}",
            )
        return error(
            Code.TIMEOUT,
            f"{asked.what} was not answered by {control} in time, asked {asked.tries} times",
        )

    def _tell(self, asked: _Asked, loud: bool) -> None:
        control = self.session.control
        if not asked.sent and self._handshake.failed():
            self.session.wait(f"waiting for {control}: {self._handshake_text()}", loud=loud)
        else:
            gone = "" if asked.sent else ": there is no connection"
            self.session.wait(f"waiting for {control} to answer {asked.what}{gone}", loud=loud)

    async def _await(self, deadline: float) -> Answer:
        begun = now()
        asked = self._asked
        assert asked is not None
        while (answer := self.look()) is None:
            at = now()
            if at >= deadline:
                self._asked = None
                raise self._timeout(asked)
            if at - begun >= 2 * _LOOK:
                self._tell(asked, loud=at - begun >= 1)
            seconds = min(self.wait_seconds(), deadline - at)
            writing = () if asked.sent else (self.socket,)
            await self.session.waiter.wait([self.socket], seconds, writing)
            if self._asked is not asked:
                raise error(Code.CLOSED, f"{self.session.name} was closed while it waited")
        return answer

    async def call(
        self, what: str, body: Any = None, payload: Frames = (), *, deadline: float, **head: Any
    ) -> Answer:
        """
        Ask, and wait for the answer; a refusal is returned, not raised.

        BUSY is asked again, as another request, while time is left; so is MEMORY where a worker
        needs little.
        """
        async with self._lock:
            try:
                return await self._call(what, body, payload, deadline, head)
            finally:
                # Also where it was cancelled: nobody waits for that answer any more.
                self._asked = None
                self.session.go()

    async def _call(
        self, what: str, body: Any, payload: Frames, deadline: float, head: dict[str, Any]
    ) -> Answer:
        busy = 0
        refused: Answer | None = None
        while True:
            if self.socket.closed:
                raise error(Code.CLOSED, f"{self.session.name} was closed")
            self.ask(what, body, payload, **head)
            try:
                answer = await self._await(deadline)
            except GradMQError as why:
                if refused is None or why.code != Code.TIMEOUT:
                    raise
                # What was answered last says more than that the time is over.
                return refused
            refused = answer
            busy += 1
            wait = self._backoff(busy)
            code = answer.message.code
            again = code == Code.BUSY or (code == Code.MEMORY and what in _SMALL)
            if not again or now() + wait >= deadline:
                return answer
            self.session.wait(f"{self.session.control} is busy with others: asking again")
            await self.session.waiter.sleep(wait)
