"""Asking a coordinator from afar: the connection, and all that only asks or takes no payload."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncGenerator, Callable
from typing import Any

import zmq

from .. import _limits
from .._wire import schema
from ..errors import Code, error
from ..layout import Layout
from ..reports import Acknowledgement, Description, Event, Operation, Position, Status, WorkerInfo
from . import reading
from .pool import Pool
from .rejoin import read_layout
from .requester import Answer, Frames, Requester, refusal
from .session import DEFAULT_TIMEOUT, Options, Session
from .waiting import Waiter, now
from .watch import Watch

# First and longest wait between two looks at whether an operation has ended.
_LOOK_FIRST = 0.005
_LOOK_MOST = 0.25


class Asking:
    """One connection to a control endpoint."""

    _make_waiter: Callable[[], Waiter]

    def __init__(
        self,
        control: str,
        *,
        name: str | None = None,
        model: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        request_timeout: float = _limits.REQUEST_TIMEOUT,
        linger: float = _limits.LINGER,
        secret: str | os.PathLike[str] | None = None,
        server_key: str | os.PathLike[str] | None = None,
        on_wait: Callable[[str | None], None] | None = None,
        context: zmq.Context[Any] | None = None,
    ) -> None:
        """Connects to nothing yet: `open` does."""
        options = Options(
            control, model, name, None, timeout, request_timeout, linger, secret, server_key,
            on_wait, context,
        )  # fmt: skip
        self.session = Session(options, type(self)._make_waiter())
        self.pool = Pool()
        self._requester: Requester | None = None
        self._layout: Layout | None = None
        self._position = Position()

    async def open(self) -> None:
        """Connect, and ask what is there."""
        if self._requester is not None:
            raise error(Code.STATE, "it is open already")
        self._requester = Requester(self.session)
        try:
            answer = await self.ask("describe")
            answer.body("description")
            if not self.session.model:
                self.session.model = answer.message.model
                if not _limits.is_name(self.session.model):
                    raise error(Code.MALFORMED, f"{self.session.control} does not name its model")
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the connection; the coordinator goes on."""
        requester, self._requester = self._requester, None
        if requester is not None:
            requester.close()
            self.session.waiter.changed()

    @property
    def model(self) -> str:
        """The model's name."""
        return self.session.model

    @property
    def position(self) -> Position:
        """Where the model stood at the newest reply."""
        return self._position

    async def ask(
        self,
        what: str,
        body: Any = None,
        payload: Frames = (),
        *,
        timeout: float | None = None,
        **head: Any,
    ) -> Answer:
        """One request; a refusal is raised."""
        if self._requester is None:
            raise error(Code.STATE, "it is not open")
        deadline = now() + (self.session.timeout if timeout is None else timeout)
        given = {name: value for name, value in head.items() if value is not None}
        answer = await self._requester.call(what, body, payload, deadline=deadline, **given)
        if answer.message.position.instance:
            self._position = Position.of(answer.message.position)
        if refused := refusal(answer.message):
            raise refused
        return answer

    # ----------------------------------------------------------------------------------------------
    # Start and stop

    async def _state(self, what: str, body: Any = None, **head: Any) -> None:
        answer = await self.ask(what, body, **head)
        answer.body("state")

    async def start(
        self,
        *,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> None:
        """Apply gradients from now on; see `gradmq.Coordinator.start`."""
        await self._state("start", if_epoch=if_epoch, if_version=if_version, timeout=timeout)

    async def stop(
        self,
        *,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> None:
        """Finish the step in hand and make no other; see `gradmq.Coordinator.stop`."""
        await self._state("stop", if_epoch=if_epoch, if_version=if_version, timeout=timeout)

    async def destroy(
        self,
        *,
        without_checkpoint: bool = False,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> None:
        """End the coordinator; see `gradmq.Coordinator.destroy`."""
        body = schema.Request().destroy
        if without_checkpoint:
            body.without_checkpoint = True
        await self._state(
            "destroy", body, if_epoch=if_epoch, if_version=if_version, timeout=timeout
        )

    async def reset(
        self,
        *,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> int:
        """Drop the contributions to the open step; see `gradmq.Coordinator.reset`."""
        answer = await self.ask("reset", if_epoch=if_epoch, if_version=if_version, timeout=timeout)
        return int(answer.body("cleared").cleared)

    async def clear_gradients(
        self,
        *,
        new_epoch: bool = False,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> int:
        """Drop what is queued; see `gradmq.Coordinator.clear_gradients`."""
        body = schema.Request().clear_gradients
        if new_epoch:
            body.new_epoch = True
        answer = await self.ask(
            "clear_gradients", body, if_epoch=if_epoch, if_version=if_version, timeout=timeout
        )
        return int(answer.body("cleared").cleared)

    # ----------------------------------------------------------------------------------------------
    # What it tells

    async def describe(self, *, timeout: float | None = None) -> Description:
        """Endpoints, layout, limits and more; see `gradmq.Coordinator.describe`."""
        answer = await self.ask("describe", timeout=timeout)
        layout = read_layout(answer.body("description"))
        return reading.read_description(answer.message, layout)

    async def status(self, *, timeout: float | None = None) -> Status:
        """What it does now, and why; see `gradmq.Coordinator.status`."""
        answer = await self.ask("status", timeout=timeout)
        answer.body("status")
        return reading.read_status(answer.message)

    async def contributions(self, *, timeout: float | None = None) -> tuple[int, int]:
        """How many the open step has, and needs; see `gradmq.Coordinator.contributions`."""
        status = await self.status(timeout=timeout)
        return status.contributions, status.needed

    async def workers(self, *, page: int = 256, timeout: float | None = None) -> list[WorkerInfo]:
        """The members, by name; see `gradmq.Coordinator.workers`."""
        found: list[WorkerInfo] = []
        more = True
        while more:
            body = schema.Request().list_workers
            body.limit = page
            if found:
                body.after = found[-1].name
            told = (await self.ask("list_workers", body, timeout=timeout)).body("workers")
            found += [reading.read_worker(one) for one in told.workers]
            more = told.more and len(told.workers) > 0
        return found

    async def acknowledgement(
        self,
        worker: str,
        incarnation: int,
        *,
        sent_through: int | None = None,
        timeout: float | None = None,
    ) -> Acknowledgement:
        """What a worker's sequences came to; see `gradmq.Coordinator.acknowledgement`."""
        body = schema.Request().acknowledgement
        body.worker = _limits.check_name("worker", worker)
        body.incarnation = incarnation
        if sent_through is not None:
            body.sent_through = sent_through
        answer = await self.ask("acknowledgement", body, timeout=timeout)
        return reading.read_acknowledgement(answer.body("acknowledgement"))

    async def sync(self, nonce: int | None = None, *, timeout: float | None = None) -> int:
        """Have a mark published; see `gradmq.Coordinator.sync`."""
        body = schema.Request().sync
        body.nonce = secrets.randbits(64) or 1 if nonce is None else nonce
        await self.ask("sync", body, timeout=timeout)
        return int(body.nonce)

    # ----------------------------------------------------------------------------------------------
    # Operations

    async def checkpoint(
        self,
        *,
        wait: bool = True,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> Operation:
        """Write a checkpoint now; see `gradmq.Coordinator.checkpoint`."""
        head = {"if_epoch": if_epoch, "if_version": if_version}
        return await self._operate("checkpoint", None, wait, timeout, head)

    async def restore(
        self,
        checkpoint: str | None = None,
        *,
        wait: bool = True,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> Operation:
        """Go back to a checkpoint; see `gradmq.Coordinator.restore`."""
        body = schema.Request().restore
        if checkpoint is not None:
            body.checkpoint = checkpoint
        head = {"if_epoch": if_epoch, "if_version": if_version}
        return await self._operate("restore", body, wait, timeout, head)

    async def record(
        self,
        name: str,
        *,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> Operation:
        """Write down what happens from now on; see `gradmq.Coordinator.record`."""
        body = schema.Request().record
        body.name = _limits.check_name("recording", name)
        head = {"if_epoch": if_epoch, "if_version": if_version}
        return await self._operate("record", body, False, timeout, head)

    async def stop_recording(self, *, wait: bool = True, timeout: float | None = None) -> Operation:
        """End the recording; see `gradmq.Coordinator.stop_recording`."""
        body = schema.Request().record
        body.stop = True
        return await self._operate("record", body, wait, timeout, {})

    async def _operate(
        self, what: str, body: Any, wait: bool, timeout: float | None, head: dict[str, Any]
    ) -> Operation:
        """Ask, and wait until Status tells the operation's end."""
        deadline = now() + (self.session.timeout if timeout is None else timeout)
        answer = await self.ask(what, body, timeout=timeout, **head)
        operation = reading.read_operation(answer.body("operation"))
        pause = _LOOK_FIRST
        while wait and not operation.done:
            left = deadline - now()
            if left <= 0:
                raise error(
                    Code.TIMEOUT, f"operation {operation.operation}, {what}, has not ended in time"
                )
            await self.session.waiter.sleep(min(pause, left))
            pause = min(2 * pause, _LOOK_MOST)
            status = await self.status(timeout=max(left, pause))
            for told in status.operations:
                if told.operation == operation.operation:
                    operation = told
        if operation.code:
            raise error(operation.code, operation.message or f"{what} failed")
        return operation

    # ----------------------------------------------------------------------------------------------
    # Events

    async def events(
        self,
        *,
        worker: str | None = None,
        announcements: bool = False,
        malformed: bool = False,
        timeout: float | None = None,
    ) -> AsyncGenerator[Event | Acknowledgement, None]:
        """Iterate over what is published; see `gradmq.Coordinator.events`."""
        watch = await self.watch(worker, announcements, malformed)
        try:
            while True:
                yield await watch.next(timeout)
        finally:
            watch.close()

    async def watch(self, worker: str | None, announcements: bool, malformed: bool) -> Watch:
        """A subscription that holds."""
        watch = Watch(self.session, self.ask, worker, announcements, malformed)
        try:
            await watch.open()
        except BaseException:
            watch.close()
            raise
        return watch
