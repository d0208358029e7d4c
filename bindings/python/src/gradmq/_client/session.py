"""What all sockets of one client have in common."""

from __future__ import annotations

import logging
import os
import re
import secrets
import socket as host
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import zmq

from .. import _limits
from ..errors import Code, error
from . import keys
from .waiting import Socket, Waiter

log = logging.getLogger("gradmq")

DEFAULT_TIMEOUT = 30.0
_EVENTS_HIGH = 100000


@dataclass(frozen=True)
class Options:
    """How to connect; the same for workers and remote coordinators."""

    control: str
    model: str | None = None
    name: str | None = None
    stream: str | None = None
    timeout: float = DEFAULT_TIMEOUT
    request_timeout: float = _limits.REQUEST_TIMEOUT
    linger: float = _limits.LINGER
    secret: str | os.PathLike[str] | None = None
    server_key: str | os.PathLike[str] | None = None
    on_wait: Callable[[str | None], None] | None = None
    context: zmq.Context[Any] | None = None


def _own_name() -> str:
    """The host's name as far as it makes a name, and a random number."""
    made = re.sub(r"[^A-Za-z0-9.-]", "_", host.gethostname())[:40] or "client"
    if made[0] in ".-":
        made = "_" + made[1:]
    return f"{made}-{secrets.token_hex(4)}"


class Session:
    """Options that were checked, keys that were read, sockets that are made alike."""

    def __init__(self, options: Options, waiter: Waiter) -> None:
        self.waiter = waiter
        self.options = options
        self.control = options.control
        if not isinstance(options.control, str) or "://" not in options.control:
            raise error(
                Code.ARGUMENT,
                "a control endpoint is needed, such as "
                f"tcp://127.0.0.1:{_limits.CONTROL_PORT}; this is {options.control!r}",
            )
        if options.control.startswith("inproc://") and options.context is None:
            raise error(
                Code.ARGUMENT,
                f"{options.control} can be reached only from the ZeroMQ context that it was bound "
                "in: give context",
            )
        self.model = _limits.check_name("model", options.model) if options.model else ""
        self.name = _limits.check_name("name", options.name) if options.name else _own_name()
        self.stream = _limits.check_name("stream", options.stream) if options.stream else ""
        self.timeout = _seconds("timeout", options.timeout)
        self.request_timeout = _seconds("request_timeout", options.request_timeout)
        self.linger_ms = max(1, round(_seconds("linger", options.linger) * 1000))
        self.keys = keys.load(options.secret, options.server_key)
        given = options.context
        self.context: zmq.Context[Socket] = (
            zmq.Context.instance() if given is None else zmq.Context.shadow(given.underlying)
        )
        self.waits = ""
        self._waiting = False

    def socket(self, kind: int, high: int = _EVENTS_HIGH) -> Socket:
        """
        A socket with all options that rules K-3 to K-5 and section 20 want.

        `high` is how many messages may lie unread. No high-water mark is ever reached where
        gradients are sent: credit is always less.
        """
        made = self.context.socket(kind)
        try:
            made.setsockopt(zmq.LINGER, self.linger_ms)
            made.setsockopt(zmq.IMMEDIATE, 1)
            made.setsockopt(zmq.RECONNECT_IVL, 100)
            made.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
            made.setsockopt(zmq.HANDSHAKE_IVL, _limits.HANDSHAKE_MS)
            made.setsockopt(zmq.HEARTBEAT_IVL, 2000)
            made.setsockopt(zmq.HEARTBEAT_TIMEOUT, 10000)
            made.setsockopt(zmq.HEARTBEAT_TTL, 10000)
            made.setsockopt(zmq.TCP_KEEPALIVE, 1)
            made.setsockopt(zmq.TCP_KEEPALIVE_IDLE, 30)
            made.setsockopt(zmq.TCP_KEEPALIVE_INTVL, 10)
            made.setsockopt(zmq.TCP_KEEPALIVE_CNT, 3)
            # With it on, a name is looked up as IPv6 alone: localhost is not found at 127.0.0.1.
            made.setsockopt(zmq.IPV6, int("://[" in self.control))
            made.setsockopt(zmq.SNDTIMEO, 0)
            made.setsockopt(zmq.RCVTIMEO, 0)
            made.setsockopt(zmq.SNDHWM, 2 * _limits.RECEIVE_WINDOW)
            made.setsockopt(zmq.RCVHWM, high)
            made.setsockopt(zmq.MAXMSGSIZE, _limits.FRAME_BYTES)
            if kind == zmq.REQ:
                made.setsockopt(zmq.REQ_RELAXED, 1)
                made.setsockopt(zmq.REQ_CORRELATE, 1)
            if self.keys is not None:
                self.keys.set(made)
        except BaseException:
            made.close(linger=1)
            raise
        return made

    def connect(self, socket: Socket, endpoint: str) -> None:
        """Connect, or CONNECT."""
        try:
            socket.connect(endpoint)
        except zmq.ZMQError as why:
            raise error(Code.CONNECT, f"cannot connect to {endpoint}: {why.strerror}") from None

    def wait(self, text: str, *, loud: bool = False) -> None:
        """Say what a call waits for, where it has not been said."""
        if self._waiting and text == self.waits:
            return
        self.waits = text
        self._waiting = True
        log.log(logging.INFO if loud else logging.DEBUG, "%s: %s", self.name, text)
        if self.options.on_wait is not None:
            self.options.on_wait(text)

    def go(self) -> None:
        """The wait is over."""
        if self._waiting:
            self._waiting = False
            if self.options.on_wait is not None:
                self.options.on_wait(None)


def _seconds(what: str, value: float) -> float:
    if not 0 <= value < float("inf"):
        raise error(Code.ARGUMENT, f"{what} is {value} seconds; it is finite and not below 0")
    return float(value)


def receive(socket: Socket) -> list[zmq.Frame] | None:
    """
    All frames of the next message that is there; None: there is none.

    What an interrupted call left unread of a message before is dropped first. So is a message of
    more frames than there can be, of which an empty list is left.
    """
    try:
        while socket.getsockopt(zmq.RCVMORE):
            socket.recv(zmq.NOBLOCK, copy=False)
        frame = socket.recv(zmq.NOBLOCK, copy=False)
        frames = [frame]
        while frame.more:
            frame = socket.recv(zmq.NOBLOCK, copy=False)
            if 0 < len(frames) < _limits.PAYLOAD_FRAMES + 2:
                frames.append(frame)
            else:
                frames.clear()
    except zmq.ZMQError as why:
        # EFSM: nothing was asked over this REQ socket yet.
        if why.errno in (zmq.EAGAIN, zmq.EFSM):
            return None
        raise
    return frames
