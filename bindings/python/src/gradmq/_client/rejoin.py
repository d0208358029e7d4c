"""
Asking, without waiting, what a worker has to know: who answers, whether it is a member, what
arrived (PROTOCOL.md, sections 19.5, 19.8 and 19.9).
"""

from __future__ import annotations

from typing import Any

from .. import _limits
from .._wire import schema
from ..errors import Code, GradMQError, error
from ..layout import Layout
from . import endpoint
from .link import Link
from .requester import Answer, refusal
from .waiting import Socket, now

# Not now, perhaps later: it is asked again.
_LATER = frozenset({Code.BUSY, Code.STATE, Code.NO_MODEL, Code.INTERNAL, Code.MEMORY})


def read_layout(description: Any) -> Layout | None:
    """The layout that Describe tells, its id held against our own; None: there is no model."""
    if not description.layout.tensors:
        return None
    told = description.layout
    layout = Layout.make(((one.name, one.shape) for one in told.tensors), told.dtype or 1)
    if description.layout_id and description.layout_id != layout.id:
        raise error(
            Code.LAYOUT,
            f"the coordinator calls its layout {description.layout_id:016x}, this library "
            f"{layout.id:016x}: one of them is wrong",
        )
    return layout


class Rejoin:
    """What the probe, the requester that never blocks, asks."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._asking = ""
        self._asked_of = 0  # the instance as it was then
        self._after = 0.0  # the probe rests until then
        link.ask = self.progress
        link.ask_wait = self.wait_seconds

    # ----------------------------------------------------------------------------------------------
    # Description and membership

    def described(self, description: Any) -> None:
        """Take layout and endpoints over; connect what is not connected, or elsewhere."""
        link = self._link
        layout = read_layout(description)
        if layout is not None and (link.layout is None or link.layout.id != layout.id):
            link.layout = layout
        self._connect("events", link.events, description.events_endpoints)
        self._connect("updates", link.updates, description.updates_endpoints)
        self._connect("gradients", link.gradients, description.gradients_endpoints)
        if description.heartbeat_ms:
            link.hearsay.heartbeat = description.heartbeat_ms / 1000

    def _connect(self, what: str, socket: Socket | None, named: Any) -> None:
        link = self._link
        if socket is None:
            return
        chosen = endpoint.choose(list(named), link.session.control, what)
        before = link.endpoints.get(what)
        if chosen == before:
            return
        link.session.connect(socket, chosen)
        if before is not None:
            socket.disconnect(before)
        link.endpoints[what] = chosen

    def joined(self, reply: Any) -> None:
        """Join was answered: clocks never go back, where a coordinator does not know them."""
        link, joined = self._link, reply.joined
        link.join = False
        link.refused = None
        if joined.layout_id and link.layout is not None and joined.layout_id != link.layout.id:
            link.describe = True
        link.clock = max(link.clock, joined.start_clock)
        link.rounds.hear(reply.position.epoch, reply.position.version, joined.round)
        link.take_ack(joined.acknowledgement)

    # ----------------------------------------------------------------------------------------------
    # Asking

    def wait_seconds(self) -> float:
        """How long until there is something to look at or to ask."""
        link, at = self._link, now()
        if self._asking:
            return link.probe.wait_seconds()
        if link.fenced or link.leaving or not link.ledger.incarnation:
            return float("inf")
        wait = 0.001
        if not link.describe and not link.join:
            wait = link.ledger.confirm.wait_seconds(at, _limits.CONFIRM)
        return max(wait, self._after - at)

    async def join_answered(self, deadline: float) -> None:
        """Wait for the answer to a Join that is on its way."""
        link = self._link
        while self._asking == "join" and now() < deadline and not link.fenced:
            self.progress()
            if self._asking == "join":
                seconds = min(link.probe.wait_seconds(), max(0.0, deadline - now()))
                await link.session.waiter.wait([link.probe.socket], seconds)

    def progress(self) -> None:
        """See whether the probe was answered, and ask what is to be asked next."""
        link = self._link
        if link.fenced:
            return
        if self._asking:
            try:
                answer = link.probe.look()
            except GradMQError:
                self._asking = ""
                self._after = now() + _limits.CONFIRM
                return
            if answer is None:
                return
            asked, self._asking = self._asking, ""
            link.take_heard()
            self._take(asked, answer)
        self._ask_next()

    def _ask_next(self) -> None:
        """What to ask, in the order in which one needs the other."""
        link, at = self._link, now()
        if at < self._after or not link.ledger.incarnation or link.fenced or link.leaving:
            return
        outbox = link.ledger.outbox
        body = schema.Request()
        if link.describe:
            what = "describe"
        elif link.join:
            what = "join"
            body.join.worker = link.session.name
            body.join.incarnation = link.ledger.incarnation
            body.join.low_water = outbox.first
        elif link.ledger.confirm.wait_seconds(at, _limits.CONFIRM) <= 0:
            what = "acknowledgement"
            body.acknowledgement.worker = link.session.name
            body.acknowledgement.incarnation = link.ledger.incarnation
            body.acknowledgement.sent_through = outbox.next - 1
        else:
            return
        link.probe.ask(what, getattr(body, what))
        self._asking = what
        self._asked_of = link.instance

    def _take(self, asked: str, answer: Answer) -> None:
        link, reply = self._link, answer.message
        refused = refusal(reply)
        if not link.counts(reply.position, self._asked_of):
            return
        code = refused.code if refused is not None else 0
        if code == Code.FENCED:
            link.fenced = True
        elif code == Code.NOT_JOINED:
            link.join = True
        elif refused is not None and code == Code.PERMISSION:
            # Its key was taken out. It may be put back: then there is a member to be again.
            link.join = True
            self._not_joined(refused)
        elif code in _LATER:
            self._after = now() + _limits.CONFIRM
        elif asked == "describe":
            link.describe = False
            self._take_description(refused, reply)
        elif asked == "join":
            if refused is not None:
                self._not_joined(refused)
            elif reply.joined.incarnation == link.ledger.incarnation:
                self.joined(reply)
                # Whatever it remembers of us, the same octets are never applied twice (S-4).
                outbox = link.ledger.outbox
                outbox.hold(outbox.first, outbox.next - 1, now=True)
        elif refused is None and reply.HasField("acknowledgement"):
            link.take_ack(reply.acknowledgement, asked=True)
        else:
            link.ledger.confirm.drop()

    def _take_description(self, refused: GradMQError | None, reply: Any) -> None:
        try:
            if refused is not None:
                raise refused
            if reply.HasField("description"):
                self.described(reply.description)
        except GradMQError as why:
            self._link.refused = why

    def _not_joined(self, refused: GradMQError) -> None:
        """Never, as far as is known: those who wait are told."""
        link = self._link
        self._after = now() + _limits.CONFIRM
        if refused.code == Code.CLOSED:
            link.closed = True
        else:
            link.refused = refused
