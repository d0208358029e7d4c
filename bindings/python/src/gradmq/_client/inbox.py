"""Reading what came in over a worker's sockets (PROTOCOL.md, sections 13, 14 and 19.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import zmq
from zmq.utils.monitor import parse_monitor_message

from .._codes import NoticeKind, State
from .._wire import messages
from ..errors import Code, GradMQError
from .session import receive
from .waiting import now

if TYPE_CHECKING:
    from .link import Link

# Most events that are read in one go, so that a flood of them does not keep the caller.
_EVENTS_MOST = 4096


def read_monitor(link: Link) -> None:
    """Connections of the gradients' socket: one that was lost may have taken gradients with it."""
    while link.monitor is not None:
        told = receive(link.monitor)
        if told is None:
            return
        event = parse_monitor_message([frame.bytes for frame in told])["event"]
        if event == zmq.EVENT_DISCONNECTED:
            link.lost = True
        elif link.lost:
            link.lost = False
            if len(link.ledger.outbox):
                link.ledger.confirm.want()


def read_events(link: Link) -> None:
    """Read events that came. Of announcements the newest says all."""
    announced: list[zmq.Frame] | None = None
    for _ in range(_EVENTS_MOST):
        frames = receive(link.events) if link.events is not None else None
        if frames is None:
            break
        if len(frames) < 2:
            continue
        if frames[0].bytes.startswith(b"announce/"):
            announced = frames
        else:
            _read_event(link, frames)
    if announced is not None:
        _read_event(link, announced)


def _read_event(link: Link, frames: list[zmq.Frame]) -> None:
    try:
        event = messages.read_event(frames[1].bytes)
    except GradMQError:
        return
    link.take_heard()
    _take_event(link, event)


def _take_event(link: Link, event: Any) -> None:
    kind = event.WhichOneof("body")
    if kind is None or kind == "malformed":
        return
    body = getattr(event, kind)
    position = body.position
    if not link.take_position(position) or position.instance not in (0, link.instance):
        return
    if kind == "acknowledgement":
        link.take_ack(body)
    elif kind == "heartbeat":
        link.hearsay.take(body, now())
        link.hearsay.heartbeat = body.heartbeat_ms / 1000 or link.hearsay.heartbeat
        link.rounds.hear(position.epoch, position.version, body.round)
        link.closed = body.state == State.CLOSING
    elif kind == "notice":
        _take_notice(link, body)
    elif kind == "sync":
        link.stream.mark(body.nonce, updates=False)


def _take_notice(link: Link, notice: Any) -> None:
    if notice.notice in (NoticeKind.STEP_SKIPPED, NoticeKind.CLEARED):
        link.rounds.passed(notice.position.epoch, notice.position.version)
    elif notice.notice == NoticeKind.CLOSING:
        link.closed = True
        link.hearsay.state = State.CLOSING
    mine = notice.worker == link.session.name
    if not mine or 0 < notice.incarnation < link.ledger.incarnation:
        return
    turned_away = notice.notice == NoticeKind.TURNED_AWAY
    if notice.notice == NoticeKind.EXPIRED or (turned_away and notice.code == Code.NOT_JOINED):
        link.join = True
    elif notice.notice == NoticeKind.FENCED or (turned_away and notice.code == Code.FENCED):
        link.ledger.confirm.want()


def read_updates(link: Link) -> None:
    """Read all updates that came; the newest is kept as it is."""
    while link.updates is not None:
        frames = receive(link.updates)
        if frames is None:
            return
        if len(frames) < 2:
            continue
        try:
            if frames[0].bytes.startswith(b"sync/"):
                event = messages.read_event(frames[1].bytes)
                link.stream.mark(event.sync.nonce, updates=True)
                continue
            update = messages.read_update(frames[1].bytes)
        except GradMQError:
            continue
        link.take_heard()
        if link.take_position(update.position) and update.position.instance == link.instance:
            link.stream.take_update(update, frames[2:])
