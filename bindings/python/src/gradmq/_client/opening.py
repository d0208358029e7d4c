"""Opening a worker: from one control endpoint to a member (PROTOCOL.md, sections 19.3 to 19.5)."""

from __future__ import annotations

from typing import Any

from .. import _limits
from .._wire import schema
from ..errors import Code, error
from ..layout import Layout
from . import arrival
from .lease import Lease
from .ledger import Ledger
from .link import Link
from .rejoin import Rejoin, read_layout
from .requester import refusal
from .waiting import now


async def connect(link: Link, rejoin: Rejoin, deadline: float) -> None:
    """Wait until there is a model, then make all sockets and connect them."""
    layout, reply = await _await_model(link, deadline)
    link.hearsay.state = reply.description.state
    session = link.session
    session.stream = session.stream or layout.dtype.stream
    if session.stream not in arrival.STREAMS:
        raise error(
            Code.UNSUPPORTED,
            f"this library does not read the stream {session.stream}; it reads "
            f"{', '.join(arrival.STREAMS)}",
        )
    link.open_sockets(layout)
    rejoin.described(reply.description)


async def _describe(link: Link, deadline: float) -> Any:
    session = link.session
    answer = await link.control.call("describe", deadline=deadline)
    if refused := refusal(answer.message):
        raise refused
    answer.body("description")
    if not session.model:
        session.model = answer.message.model
        if not _limits.is_name(session.model):
            raise error(Code.MALFORMED, f"{session.control} does not name its model")
    link.take_position(answer.message.position)
    return answer.message


async def _await_model(link: Link, deadline: float) -> tuple[Layout, Any]:
    """Ask until there is a model."""
    session = link.session
    wait = _limits.RETRY_FIRST
    try:
        reply = await _describe(link, deadline)
        late = error(
            Code.NO_MODEL,
            f"no model was loaded into {session.model} at {session.control} in time: load one "
            "first",
        )
        while (layout := read_layout(reply.description)) is None:
            if now() >= deadline:
                raise late
            session.wait(f"waiting for a model to be loaded into {session.model}", loud=wait >= 1)
            await session.waiter.sleep(min(wait, deadline - now()))
            wait = min(wait * 2, 1.0)
            try:
                reply = await _describe(link, deadline)
            except TimeoutError:
                raise late from None
    finally:
        session.go()
    return layout, reply


async def join(link: Link, rejoin: Rejoin, deadline: float) -> Lease:
    """Begin a new life of this worker, and renew its lease from now on."""
    session = link.session
    body = schema.Request().join
    body.worker = session.name
    answer = await link.control.call("join", body, deadline=deadline)
    if refused := refusal(answer.message):
        raise refused
    joined = answer.body("joined")
    if not joined.incarnation:
        raise error(Code.MALFORMED, f"{session.control} answers Join without an incarnation")
    link.take_position(answer.message.position)
    link.describe = False
    link.ledger = Ledger(joined.incarnation, link.window, link.ledger.on_settled)
    rejoin.joined(answer.message)
    link.lease = Lease(session, joined.incarnation, joined.lease_ms)
    return link.lease
