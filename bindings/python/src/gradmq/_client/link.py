"""A worker's sockets, and what comes in over them (PROTOCOL.md, section 19)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import zmq

from .. import _limits
from .._codes import State
from .._wire import topics
from ..errors import Code, GradMQError, error
from ..layout import Layout
from ..verdict import Verdict
from . import inbox
from .hearsay import Hearsay
from .lease import Lease
from .ledger import Ledger
from .outbox import Kept
from .requester import Requester
from .rounds import Rounds
from .session import Session
from .stream import Stream
from .waiting import Socket, events_of, now

# Waits shorter than this are not told; longer ones are told again each second.
_TELL_AFTER = 0.01
_TELL_EVERY = 1.0
# Updates that wait for a slow reader: as many as this has room for, at least 2.
_UPDATES_BYTES = 64 << 20
_UPDATES_MOST = 1000
_INSTANCES_KEPT = 8

_MONITORED = zmq.EVENT_DISCONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED


class Sent(Enum):
    """What became of a message that was handed to ZeroMQ."""

    SENT = 1
    AGAIN = 2  # no connection: nothing was sent
    BROKEN = 3  # the connection went in the middle: it may be lost


class Link:
    """
    One worker at one coordinator: all that is known, and all that is unsettled.

    `progress` never waits. `Rejoin` asks what has to be asked, `Fetch` gets parameters, `Push`
    sends gradients; all of them wait by `wait_for`.
    """

    def __init__(self, session: Session, window: int | None, updates: bool) -> None:
        self.session = session
        self.window = window
        self.control = Requester(session)
        self.probe = Requester(session)
        self.gradients: Socket | None = None
        self.monitor: Socket | None = None
        self.events: Socket | None = None
        self.updates: Socket | None = None
        self.endpoints: dict[str, str] = {}
        self.lease: Lease | None = None
        self.ledger = Ledger(0, window, self._settled)
        self.layout: Layout | None = None
        self.stream = Stream(updates)
        self.rounds = Rounds()
        self.hearsay = Hearsay(now())
        self.clock = 0
        self.heard = 0
        # Where the coordinator stands, and processes that answered for it before.
        self.instance = 0
        self.position = (0, 0)
        self._former: deque[int] = deque(maxlen=_INSTANCES_KEPT)
        self.ended = False  # its sockets are closed
        self.leaving = False  # nothing more is asked by itself
        self.fenced = False
        self.closed = False
        self.describe = False  # another process answers: ask it what it is
        self.join = False  # join again, then send everything again
        self.lost = False  # the gradients' connection went
        self.blocked = False  # the last gradient was not taken: no connection
        self.refused: GradMQError | None = None  # joining again was refused
        self._asked_at = now()
        self._moved = (0, 0)
        self._moved_at = now()
        self._verdicts: deque[Verdict] = deque()
        self.on_verdict: Callable[[Verdict], None] | None = None
        self.on_returned: Callable[[Kept], None] | None = None
        self.ask: Callable[[], None] = lambda: None
        self.ask_wait: Callable[[], float] = lambda: float("inf")

    # ----------------------------------------------------------------------------------------------
    # Sockets

    def open_sockets(self, layout: Layout) -> None:
        """Make what carries gradients, events and updates; connected by `Rejoin.described`."""
        session, stream = self.session, self.stream
        self.open_gradients()
        self.events = session.socket(zmq.SUB)
        for topic in (
            topics.acknowledgements(session.model, session.name),
            topics.events(session.model),
            topics.worker_events(session.model, session.name),
        ):
            self.events.subscribe(topic)
        if not stream.subscribed:
            self.events.subscribe(topics.announcements(session.model))
            return
        high = min(max(2, _UPDATES_BYTES // layout.bytes), _UPDATES_MOST)
        self.updates = session.socket(zmq.SUB, high)
        self.updates.subscribe(topics.parameters(session.model, session.stream))

    def open_gradients(self) -> None:
        """The PUSH socket, with a monitor that tells when its connection goes."""
        self.gradients = self.session.socket(zmq.PUSH)
        self.monitor = self.gradients.get_monitor_socket(_MONITORED)
        self.monitor.setsockopt(zmq.LINGER, 1)
        if "gradients" in self.endpoints:
            self.session.connect(self.gradients, self.endpoints["gradients"])

    def close_gradients(self) -> None:
        """Close it; what it holds whole still goes within its linger."""
        if self.gradients is not None:
            self.gradients.disable_monitor()
            self.gradients.close()
        if self.monitor is not None:
            self.monitor.close()
        self.gradients = self.monitor = None

    def close(self) -> None:
        """
        Close everything. Nothing is waited for but the lease's thread.

        Tasks that wait are told: CLOSED.
        """
        self.ended = True
        if self.lease is not None:
            self.lease.stop()
        self.close_gradients()
        for socket in (self.events, self.updates):
            if socket is not None:
                socket.close()
        self.events = self.updates = None
        self.control.close()
        self.probe.close()
        self.session.waiter.changed()

    # ----------------------------------------------------------------------------------------------
    # Positions and settlement

    def take_position(self, position: Any) -> bool:
        """Where the coordinator stands, said anywhere. False: said by a process that is no more."""
        instance = position.instance
        if not instance:
            return True
        if instance in self._former:
            return False
        at = (position.epoch, position.version)
        if instance != self.instance:
            self._take_instance(instance)
            self.position = at
        self.position = max(self.position, at)
        return True

    def counts(self, position: Any, asked_of: int) -> bool:
        """
        Whether an answer counts, where `asked_of` was the instance when it was asked.

        Not that of a process that was left before; then what it answers is asked again. But
        whoever answers what was asked of the present one is there now: of that one a word came
        late.
        """
        if asked_of == self.instance and position.instance in self._former:
            self._take_instance(position.instance)
            self.position = (position.epoch, position.version)
        return self.take_position(position)

    def _take_instance(self, instance: int) -> None:
        """Another process answers for the coordinator (rules P-1, S-2)."""
        if self.instance:
            if instance in self._former:
                self._former.remove(instance)
            self._former.append(self.instance)
            self.describe = self.join = True
            self.stream.leave()
            self.ledger.forget()
            self.rounds.forget()
        self.closed = False
        self.hearsay.state = State.UNKNOWN
        self.instance = instance

    def take_lease(self) -> None:
        """What the lease's thread has learned."""
        if self.lease is None:
            return
        self.lease.low_water = self.ledger.outbox.first
        if self.lease.fenced:
            self.fenced = True
        instance = self.lease.instance
        if instance and instance != self.instance and instance not in self._former:
            self._take_instance(instance)
            self.position = (0, 0)

    def take_ack(self, ack: Any, *, asked: bool = False) -> None:
        """Take an acknowledgement in."""
        calls = self.ledger.take(ack, asked=asked, at=now(), apart=_limits.CONFIRM)
        self.join = self.join or calls.join
        self.closed = self.closed or calls.closed
        if calls.fenced:
            self.ledger.confirm.want()

    def _settled(self, sequence: int, disposition: int, code: int, kept: Kept) -> None:
        if code == Code.LAYOUT:
            self.describe = True
        verdict = Verdict(sequence, disposition, code)
        if kept.payload is not None and self.on_returned is not None and verdict.comes_back:
            self.on_returned(kept)
        if disposition > 1:
            self._verdicts.append(verdict)

    def _deliver(self) -> None:
        """Verdicts are told where nothing is half done: the handler may raise."""
        while self._verdicts:
            verdict = self._verdicts.popleft()
            if self.on_verdict is not None:
                self.on_verdict(verdict)

    def take_heard(self) -> None:
        """A message came in."""
        self.heard += 1
        self.hearsay.heard_at = now()

    # ----------------------------------------------------------------------------------------------
    # Sending

    def send(self, kept: Kept) -> Sent:
        """Hand a gradient over, its payload from where it lies."""
        socket = self.gradients
        assert socket is not None
        last = len(kept.frames) - 1
        sent = Sent.SENT
        try:
            try:
                socket.send(kept.header, zmq.NOBLOCK | (zmq.SNDMORE if last >= 0 else 0))
            except zmq.Again:
                self.blocked = True
                return Sent.AGAIN
            for at, frame in enumerate(kept.frames):
                try:
                    more = zmq.SNDMORE if at < last else 0
                    socket.send(frame, zmq.NOBLOCK | more, copy=False)
                except zmq.ZMQError:
                    # ZeroMQ drops what it took of this message, and what follows of it.
                    sent = Sent.BROKEN
        except BaseException:
            # Interrupted: half a message must not be continued by the next one.
            self.close_gradients()
            self.open_gradients()
            self.ledger.confirm.want()
            raise
        if sent is Sent.BROKEN:
            self.ledger.confirm.want()
        return sent

    def _send_again(self) -> None:
        ledger = self.ledger
        if not ledger.outbox.held or self.join or self.describe or self.closed:
            return
        at = now()
        sequence = 0
        while sequence := ledger.outbox.due(sequence, ledger.credit, at):
            if self.send(ledger.outbox[sequence]) is Sent.AGAIN:
                return
            ledger.outbox.resent(sequence, at)
            ledger.resent += 1
            sequence += 1

    def progress(self) -> None:
        """Everything that can be done without waiting."""
        heard = self.heard
        inbox.read_monitor(self)
        inbox.read_events(self)
        self.take_lease()
        self.ask()
        if self.blocked and self.gradients is not None and events_of(self.gradients) & zmq.POLLOUT:
            self.blocked = False
        self._send_again()
        self.take_lease()
        if heard != self.heard:
            self.session.waiter.changed()
        self._deliver()

    # ----------------------------------------------------------------------------------------------
    # Waiting

    def able(self) -> None:
        """Raise where this worker can do nothing any more."""
        session = self.session
        if self.fenced:
            raise error(
                Code.FENCED,
                f"a newer incarnation of {session.name} has joined; this worker is over: close "
                "it, and give each worker a name of its own",
            )
        if self.refused is not None:
            raise error(self.refused.code, f"cannot join again: {self.refused.message}")
        if self.closed:
            raise error(
                Code.CLOSED, f"the coordinator of {session.model} at {session.control} is closing"
            )

    def check_open(self) -> None:
        """Raise where another task has closed it meanwhile."""
        if self.ended:
            raise error(Code.CLOSED, f"the worker {self.session.name} was closed")

    def able_to_fetch(self) -> None:
        """Parameters can be had while the coordinator closes, but not by a fenced worker."""
        if self.fenced:
            self.able()

    def known(self) -> str:
        """What is known of the coordinator, for a sentence that says what is waited for."""
        if self.describe or self.join:
            return "joining again, because the coordinator does not know this worker"
        if self.lost or self.blocked:
            return f"there is no connection to {self.endpoints.get('gradients', 'it')}"
        return self.hearsay.say(now())

    async def doze(self, deadline: float) -> None:
        """Wait for one thing to come in."""
        at = now()
        seconds = min(deadline - at, _limits.CONFIRM, self.ask_wait())
        if not (self.join or self.describe or self.blocked):
            seconds = min(seconds, self.ledger.outbox.wait_seconds(at))
        sockets: Sequence[Socket | None] = (self.monitor, self.events, self.updates)
        reading = [socket for socket in sockets if socket is not None]
        if self.probe.asking:
            reading.append(self.probe.socket)
        writing = [self.gradients] if self.blocked and self.gradients is not None else []
        await self.session.waiter.wait(reading, max(0.0, seconds), writing)
        self.check_open()

    def _look_for_loss(self, at: float) -> None:
        """Where settlement is waited for and nothing moves."""
        moved = (self.ledger.outbox.first, self.ledger.received)
        if moved != self._moved:
            self._moved = moved
            self._moved_at = at
        if at - self._moved_at >= _limits.CONFIRM:
            self._moved_at = at
            if len(self.ledger.outbox):
                self.ledger.confirm.want()

    def _look_for_life(self, at: float) -> None:
        """Where nothing is heard: another process may be there, and control answers (K-6)."""
        if at - max(self.hearsay.heard_at, self._asked_at) >= 2 * self.hearsay.heartbeat:
            self._asked_at = at
            self.ledger.confirm.want()

    async def wait_for(
        self,
        ready: Callable[[], bool],
        what: Callable[[], str],
        deadline: float,
        *,
        settlement: bool = False,
    ) -> None:
        """Make progress until `ready`; TIMEOUT, FENCED, CLOSED. `what` is waited for."""
        self._moved_at = begun = now()
        tell_at = begun + _TELL_AFTER
        state = self.hearsay.state
        try:
            while True:
                self.progress()
                inbox.read_updates(self)
                if ready():
                    return
                self.able()
                at = now()
                if settlement:
                    self._look_for_loss(at)
                self._look_for_life(at)
                if at >= min(tell_at, deadline) or state != self.hearsay.state:
                    text = f"waiting for {what()}; {self.known()}"
                    self.session.wait(text, loud=at - begun >= _TELL_EVERY)
                    state = self.hearsay.state
                    tell_at = at + _TELL_EVERY
                    if at >= deadline:
                        raise error(Code.TIMEOUT, f"the time is over while {text}")
                await self.doze(min(deadline, tell_at))
        finally:
            self.session.go()
