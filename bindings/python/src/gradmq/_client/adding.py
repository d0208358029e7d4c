"""One gradient over control, without joining by hand (PROTOCOL.md, sections 9 and 15)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._codes import Disposition, member_name
from .._wire import payload, schema
from .._wire.dtypes import AnyArray, Dtype
from ..errors import Code, GradMQError, code_sentence, error
from . import packing
from .hearsay import Hearsay
from .packing import Tensors
from .saying import Said, write_parts
from .waiting import now

if TYPE_CHECKING:
    from .remote import RemoteCore

# First and longest wait between two looks at whether it is settled.
_LOOK_FIRST = 0.005
_LOOK_MOST = 0.25
_SEQUENCE = 1
# A Leave is worth this wait when all went well, and this when it did not.
_LEAVE = 2.0
_LEAVE_IN_VAIN = 0.2


@dataclass(frozen=True)
class Order:
    """How it is to be added."""

    command: str
    said: Said
    dtype: str | Dtype | None
    partial: bool
    copy: bool
    dry_run: bool
    settled: bool  # wait until it is


async def add(
    remote: RemoteCore,
    tensors: Tensors | AnyArray,
    order: Order,
    base: tuple[int, int] | None,
    head: dict[str, int | None],
    timeout: float | None,
) -> None:
    """Join, add, wait where that is wanted, leave."""
    deadline = now() + (remote.session.timeout if timeout is None else timeout)
    join = schema.Request().join
    join.worker = remote.session.name
    joined = (await remote.ask("join", join, timeout=timeout)).body("joined")
    incarnation, last, leave_seconds = joined.incarnation, 0, _LEAVE_IN_VAIN
    try:
        layout = await remote.know_layout(joined.layout_id, timeout)
        packed = packing.pack(
            layout,
            tensors,
            dtype=order.dtype,
            partial=order.partial,
            copy=order.copy,
            pool=remote.pool,
        )
        body = getattr(schema.Request(), order.command)
        if order.dry_run:
            body.dry_run = True
        gradient = body.gradient
        gradient.model = remote.model
        gradient.worker = remote.session.name
        gradient.incarnation = incarnation
        gradient.sequence = gradient.low_water = _SEQUENCE
        gradient.layout = layout.id
        gradient.dtype = packed.dtype
        if base is not None:
            gradient.based_on.epoch, gradient.based_on.version = base
        order.said.write(gradient)
        if not packed.whole:
            sizes = [payload.part_bytes(layout.tensors[part.tensor], part) for part in packed.parts]
            write_parts(gradient, packed.parts, sizes)
        answer = await remote.ask(order.command, body, packed.frames, timeout=timeout, **head)
        added = answer.body("added")
        if order.dry_run:
            leave_seconds = _LEAVE
            return
        if not added.HasField("acknowledgement"):
            raise error(Code.MALFORMED, f"{remote.session.control} does not acknowledge it")
        ack = added.acknowledgement
        if order.settled:
            ack = await _settlement(remote, incarnation, ack, deadline)
        if ack.settled_through >= _SEQUENCE:
            _judge(ack)
        last, leave_seconds = _SEQUENCE, _LEAVE
    finally:
        leave = schema.Request().leave
        leave.worker = remote.session.name
        leave.incarnation = incarnation
        leave.last_sequence = last
        # It is dropped when its lease is over where this does not get through.
        with contextlib.suppress(GradMQError):
            await remote.ask("leave", leave, timeout=leave_seconds)


async def _settlement(remote: RemoteCore, incarnation: int, ack: Any, deadline: float) -> Any:
    """Ask until it is settled."""
    session = remote.session
    body = schema.Request().acknowledgement
    body.worker = session.name
    body.incarnation = incarnation
    body.sent_through = _SEQUENCE
    pause, known = _LOOK_FIRST, ""
    try:
        while ack.settled_through < _SEQUENCE:
            left = deadline - now()
            if left <= 0:
                raise error(
                    Code.TIMEOUT, f"the gradient was received and is not applied yet{known}"
                )
            if pause > _LOOK_MOST:
                pause = _LOOK_MOST
                known = "; " + await _waits(remote, left)
                session.wait(f"waiting for the gradient to be applied{known}")
            await session.waiter.sleep(min(pause, left))
            pause *= 2
            answer = await remote.ask("acknowledgement", body, timeout=max(left, pause))
            ack = answer.body("acknowledgement")
    finally:
        session.go()
    return ack


async def _waits(remote: RemoteCore, timeout: float) -> str:
    """What keeps the coordinator."""
    answer = await remote.ask("status", timeout=timeout)
    hearsay = Hearsay(now())
    hearsay.take(answer.body("status"), now())
    return hearsay.say(now())


def _judge(ack: Any) -> None:
    """Raise what became of it, where it was not applied."""
    for told in ack.dispositions:
        if told.sequence != _SEQUENCE or told.disposition == Disposition.APPLIED:
            continue
        refused = told.disposition == Disposition.REFUSED and told.code
        why = f": {code_sentence(told.code)}" if told.code else ""
        raise error(
            told.code if refused else Code.DISPOSED,
            f"the gradient was not applied but {member_name(Disposition, told.disposition)}{why}",
        )
