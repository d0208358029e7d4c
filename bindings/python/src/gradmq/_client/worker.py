"""A worker, however it waits: what `gradmq.Worker` and `gradmq.aio.AsyncWorker` have in common."""

from __future__ import annotations

import contextlib
import os
import weakref
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import zmq

from .. import _limits
from .._codes import Disposition, Kind, member_name
from .._wire import schema
from .._wire.dtypes import AnyArray, Dtype
from ..compression import Compression
from ..errors import Code, GradMQError, error
from ..layout import Layout
from ..parameters import Parameters
from ..verdict import Stats, Verdict
from . import inbox, opening
from .fetch import Fetch
from .link import Link
from .packing import Tensors
from .pool import Pool
from .push import Push, deadline_of
from .rejoin import Rejoin
from .saying import Metrics, Said
from .session import DEFAULT_TIMEOUT, Options, Session
from .waiting import Waiter, now

# A Leave is worth this wait when all is settled, and this when it is not.
_LEAVE = 2.0
_LEAVE_IN_VAIN = 0.2


class WorkerCore:
    """All calls of a worker, as coroutines that wait by a `Waiter`."""

    _make_waiter: Callable[[], Waiter]

    def __init__(
        self,
        control: str,
        *,
        name: str | None = None,
        model: str | None = None,
        stream: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        request_timeout: float = _limits.REQUEST_TIMEOUT,
        linger: float = _limits.LINGER,
        window: int | None = None,
        updates: bool = True,
        secret: str | os.PathLike[str] | None = None,
        server_key: str | os.PathLike[str] | None = None,
        on_verdict: Callable[[Verdict], None] | None = None,
        on_wait: Callable[[str | None], None] | None = None,
        context: zmq.Context[Any] | None = None,
    ) -> None:
        """Connects to nothing yet: `open` does."""
        options = Options(
            control, model, name, stream, timeout, request_timeout, linger, secret, server_key,
            on_wait, context,
        )  # fmt: skip
        if window is not None and window < 1:
            raise error(Code.ARGUMENT, f"window is {window}; it has to be at least 1")
        self._session = Session(options, type(self)._make_waiter())
        self._window = window
        self._subscribes = updates
        self._on_verdict = on_verdict
        self._pool = Pool()
        self._link: Link | None = None
        self._closed = False

    # ----------------------------------------------------------------------------------------------
    # Open

    async def open(self) -> None:
        """Connect, join, and wait until the model is there."""
        if self._link is not None or self._closed:
            raise error(Code.STATE, "a worker is opened once")
        deadline = now() + self._session.timeout
        link = self._link = Link(self._session, self._window, self._subscribes)
        self._rejoin = Rejoin(link)
        self._fetch = Fetch(link, self._rejoin, self._pool)
        self._push = Push(link, self._pool)
        link.on_verdict = self._on_verdict
        try:
            await opening.connect(link, self._rejoin, deadline)
            # Nothing that is published about us is missed from here on (rule U-4).
            await self._fetch.sync(deadline)
            lease = await opening.join(link, self._rejoin, deadline)
            # A worker that is dropped without being closed does not stay a member for ever.
            weakref.finalize(self, lease.end).atexit = False
        except BaseException:
            self._close_now()
            raise

    @property
    def _opened(self) -> Link:
        if self._link is None:
            raise error(Code.STATE, "the worker is closed" if self._closed else "open it first")
        return self._link

    # ----------------------------------------------------------------------------------------------
    # Parameters

    async def parameters(
        self, which: str = "newest", *, timeout: float | None = None
    ) -> Parameters:
        """Parameters to compute from; see `gradmq.Worker.parameters`."""
        self._opened.able_to_fetch()
        return await self._fetch.parameters(which, self._deadline(timeout))

    async def updates(self, *, timeout: float | None = None) -> AsyncGenerator[Parameters, None]:
        """Iterate over versions, each newer than the one before; see `gradmq.Worker.updates`."""
        last: tuple[int, int, int] | None = None
        while not self._closed:
            try:
                parameters = await self.next_update(last, timeout)
            except GradMQError:
                if self._closed:
                    return
                raise
            last = (parameters.instance, *parameters.position)
            yield parameters

    async def next_update(
        self, last: tuple[int, int, int] | None, timeout: float | None
    ) -> Parameters:
        """Parameters of another version than `last`; after the first round that made none, too."""
        self._opened.able_to_fetch()
        deadline = self._deadline(timeout)
        which = "newest" if last is None else "next"
        while True:
            parameters = await self._fetch.parameters(which, deadline)
            if (parameters.instance, *parameters.position) != last:
                return parameters
            which = "next"

    def _deadline(self, timeout: float | None) -> float:
        return deadline_of(timeout, self._session.timeout)

    # ----------------------------------------------------------------------------------------------
    # Gradients

    async def push(
        self,
        gradients: Tensors | AnyArray,
        *,
        kind: Kind = Kind.GRADIENT,
        weight: float = 1.0,
        metrics: Metrics | None = None,
        loss_scale: float = 1.0,
        dtype: str | Dtype | None = None,
        partial: bool = False,
        base: Parameters | None = None,
        with_base: bool = True,
        clock: int | None = None,
        last_of_clock: bool = False,
        copy: bool = True,
        timeout: float | None = None,
    ) -> int:
        """Push one gradient; see `gradmq.Worker.push`."""
        self._opened.able()
        if kind == Kind.SKIP:
            raise error(Code.ARGUMENT, "a SKIP has no tensors: call skip")
        return await self._push.push(
            gradients,
            Said(kind, weight, metrics or {}, loss_scale, clock, last_of_clock),
            dtype=dtype,
            partial=partial,
            copy=copy,
            with_base=with_base,
            base=base,
            deadline=self._deadline(timeout),
        )

    async def add_model_parameters(
        self, parameters: Tensors | AnyArray, *, kind: Kind = Kind.MODEL_PARAMETERS, **said: Any
    ) -> int:
        """Push parameters for policy merge; see `gradmq.Worker.add_model_parameters`."""
        if kind not in (Kind.MODEL_PARAMETERS, Kind.DELTA):
            raise error(Code.ARGUMENT, "a gradient is no parameters: push it, or say DELTA")
        return await self.push(parameters, kind=kind, **said)

    async def skip(
        self,
        *,
        metrics: Metrics | None = None,
        base: Parameters | None = None,
        with_base: bool = True,
        clock: int | None = None,
        last_of_clock: bool = False,
        timeout: float | None = None,
    ) -> int:
        """Push "nothing from me this time"; see `gradmq.Worker.skip`."""
        self._opened.able()
        said = Said(Kind.SKIP, 1.0, metrics or {}, 1.0, clock, last_of_clock)
        return await self._push.skip(
            said, with_base=with_base, base=base, deadline=self._deadline(timeout)
        )

    def compress(self, how: Compression | None) -> None:
        """Compress whole gradients from now on; see `gradmq.Worker.compress`."""
        link = self._opened
        link.able()
        self._push.compress(how)

    async def flush(self, *, timeout: float | None = None) -> None:
        """Wait until everything pushed is settled; see `gradmq.Worker.flush`."""
        link = self._opened
        outbox = link.ledger.outbox
        await link.wait_for(
            lambda: not len(outbox),
            lambda: f"settlement: {len(outbox)} gradients are not settled",
            self._deadline(timeout),
            settlement=True,
        )

    async def poll(self, *, timeout: float = 0.0) -> None:
        """Read what has arrived, send again what has to be; see `gradmq.Worker.poll`."""
        link = self._opened
        deadline = now() + timeout
        heard = link.heard
        while True:
            link.progress()
            inbox.read_updates(link)
            link.able()
            if heard != link.heard or now() >= deadline:
                return
            await link.doze(deadline)

    # ----------------------------------------------------------------------------------------------
    # What it tells about itself

    @property
    def closed(self) -> bool:
        """Was it closed?"""
        return self._closed

    @property
    def name(self) -> str:
        """Its own name."""
        return self._session.name

    @property
    def model(self) -> str:
        """The model's name."""
        return self._session.model

    @property
    def layout(self) -> Layout:
        """The model's layout as it is now."""
        layout = self._opened.layout
        assert layout is not None
        return layout

    @property
    def waits(self) -> str:
        """What a call waits for or, if none does, what the last one waited for: one sentence."""
        return self._session.waits

    @property
    def stats(self) -> Stats:
        """An account of what became of everything."""
        link = self._opened
        ledger = link.ledger
        applied = ledger.counts[Disposition.APPLIED]
        names: Mapping[str, int] = {
            member_name(Disposition, number): count for number, count in ledger.counts.items()
        }
        return Stats(
            pushed=ledger.outbox.next - 1,
            settled=ledger.settled,
            applied=applied,
            not_applied=ledger.settled - applied,
            dispositions=names,
            resent=ledger.resent,
            unsettled=len(ledger.outbox),
            unsettled_bytes=ledger.outbox.bytes,
            credit_gradients=ledger.credit.gradients,
            credit_bytes=ledger.credit.bytes,
            incarnation=ledger.incarnation,
            epoch=link.position[0],
            version=link.position[1],
            updates=link.stream.updates,
            gaps=link.stream.gaps,
            clock=link.clock,
            min_clock=link.hearsay.min_clock,
            round=link.rounds.open,
        )

    # ----------------------------------------------------------------------------------------------
    # Close

    async def close(self, *, timeout: float | None = None) -> None:
        """Wait until everything is settled, leave, and close; see `gradmq.Worker.close`."""
        if self._link is None:
            self._closed = True
            return
        link = self._link
        unsettled: GradMQError | None = None
        try:
            if len(link.ledger.outbox):
                try:
                    await self.flush(timeout=timeout)
                except GradMQError as why:
                    unsettled = why
            if not link.fenced:
                await self._leave(_LEAVE if unsettled is None else _LEAVE_IN_VAIN)
        finally:
            self._close_now()
        if unsettled is not None:
            raise unsettled

    async def leave_block(self, *, failed: bool) -> None:
        """The end of a `with` block: after an exception nothing more is waited for."""
        if not failed:
            await self.close()
            return
        with contextlib.suppress(GradMQError):
            await self.close(timeout=0)

    async def _leave(self, seconds: float) -> None:
        """Whoever does not answer drops us when the lease is over."""
        link = self._opened
        if not link.ledger.incarnation:
            return
        # No Join of its own may come behind the Leave: it would make a member again.
        link.leaving = True
        if (lease := link.lease) is not None:
            await self._session.waiter.call(lambda: lease.stop(seconds))
        await self._rejoin.join_answered(now() + seconds)
        leave = schema.Request().leave
        leave.worker = self._session.name
        leave.incarnation = link.ledger.incarnation
        leave.last_sequence = link.ledger.outbox.next - 1
        with contextlib.suppress(GradMQError):
            await link.control.call("leave", leave, deadline=now() + seconds)

    def _close_now(self) -> None:
        link, self._link = self._link, None
        self._closed = True
        if link is not None:
            link.close()
