"""Gradients on their way out (PROTOCOL.md, sections 9 and 19.6)."""

from __future__ import annotations

from .._codes import Kind
from .._wire import header, payload, schema
from .._wire.dtypes import AnyArray, Dtype
from ..compression import Compression
from ..errors import Code, error
from ..layout import Layout
from ..parameters import Parameters
from . import packing
from .compressor import Compressor
from .link import Link, Sent
from .outbox import Kept
from .packing import Packed, Tensors
from .pool import Pool
from .saying import Said, write_parts
from .waiting import now

# What came in is read after so many pushes, or an eighth of the credit where that is less.
_READ_EVERY = 64


class Push:
    """Waits for credit, keeps what it sends, and compresses where that is wanted."""

    def __init__(self, link: Link, pool: Pool) -> None:
        self._link = link
        self._pool = pool
        self._lock = link.session.waiter.lock()
        self._countdown = 0
        self._compression: Compression | None = None
        self._compressor: Compressor | None = None
        link.on_returned = self._returned

    # ----------------------------------------------------------------------------------------------
    # Waiting until a gradient can go

    def _ready(self, size: int) -> bool:
        link = self._link
        stuck = link.join or link.describe or link.closed or link.fenced or link.blocked
        return not stuck and link.ledger.outbox.room(size, link.ledger.credit)

    def _what(self, size: int) -> str:
        outbox, credit = self._link.ledger.outbox, self._link.ledger.credit
        if outbox.room(size, credit):
            return "a way to send a gradient"
        if len(outbox) < credit.gradients:
            return (
                f"credit: {outbox.bytes} of {credit.bytes} bytes are not settled, and {size} are "
                "to go"
            )
        return f"credit: {len(outbox)} of {credit.gradients} gradients are not settled"

    async def _wait_for_room(self, size: int, deadline: float) -> None:
        if self._countdown and self._ready(size):
            self._countdown -= 1
            return
        link = self._link
        link.progress()
        if not self._ready(size):
            await link.wait_for(
                lambda: self._ready(size), lambda: self._what(size), deadline, settlement=True
            )
        self._countdown = min(max(1, link.ledger.credit.gradients // 8), _READ_EVERY)

    # ----------------------------------------------------------------------------------------------
    # Sending

    def _header(
        self,
        said: Said,
        base: tuple[int, int] | None,
        layout: Layout | None,
        dtype: Dtype | None,
        parts: list[payload.Part],
    ) -> bytes:
        link = self._link
        outbox = link.ledger.outbox
        gradient = schema.Gradient(
            model=link.session.model,
            worker=link.session.name,
            incarnation=link.ledger.incarnation,
            sequence=outbox.next,
            low_water=outbox.first,
        )
        if base is not None:
            gradient.based_on.epoch, gradient.based_on.version = base
        if layout is not None:
            gradient.layout = layout.id
        if dtype is not None:
            gradient.dtype = dtype
        said.write(gradient)
        if layout is not None:
            sizes = [payload.part_bytes(layout.tensors[part.tensor], part) for part in parts]
            write_parts(gradient, parts, sizes)
        return header.write(header.FrameKind.GRADIENT, gradient)

    async def _send(self, kept: Kept, deadline: float) -> int:
        """Keep it, then hand it over: what was begun is never forgotten."""
        link = self._link
        outbox = link.ledger.outbox
        while True:
            sequence = outbox.add(kept)
            if link.send(kept) is not Sent.AGAIN:
                return sequence
            outbox.take_back()
            await self._wait_for_room(kept.bytes, deadline)

    def _pushed(self, said: Said) -> None:
        """What a push means for clock and round."""
        link = self._link
        clock = said.clock if said.clock is not None else link.clock + 1
        if said.clock is None or said.last_of_clock:
            link.clock = max(link.clock, clock)
        if link.stream.given is not None:
            link.rounds.take(*link.stream.given)

    def _base(self, with_base: bool, base: Parameters | None) -> tuple[int, int] | None:
        if not with_base:
            return None
        return base.position if base is not None else self._link.stream.given

    async def push(
        self,
        tensors: Tensors | AnyArray,
        said: Said,
        *,
        dtype: str | Dtype | None,
        partial: bool,
        copy: bool,
        with_base: bool,
        base: Parameters | None,
        deadline: float,
    ) -> int:
        """The sequence of the gradient that is on its way."""
        # What another task is given while this one waits is not what it was made from.
        stated = self._base(with_base, base)
        async with self._lock:
            self._link.check_open()
            layout = self._layout()
            if self._compression is not None and said.kind != Kind.MODEL_PARAMETERS:
                if partial or dtype is not None:
                    raise error(
                        Code.ARGUMENT, "what is compressed is pushed whole, in the model's dtype"
                    )
                return await self._push_compressed(layout, tensors, said, stated, deadline)
            packed = packing.pack(
                layout, tensors, dtype=dtype, partial=partial, copy=copy, pool=self._pool
            )
            await self._wait_for_room(packed.bytes, deadline)
            self._same_layout(layout)
            return await self._push_packed(layout, packed, said, stated, deadline)

    async def _push_packed(
        self,
        layout: Layout,
        packed: Packed,
        said: Said,
        base: tuple[int, int] | None,
        deadline: float,
    ) -> int:
        dtype = packed.dtype if packed.dtype != layout.dtype else None
        parts = [] if packed.whole else packed.parts
        written = self._header(
            said, base, layout, dtype or (layout.dtype if parts else None), parts
        )
        sequence = await self._send(Kept(written, packed.frames, packed.bytes), deadline)
        self._pushed(said)
        return sequence

    async def skip(
        self, said: Said, *, with_base: bool, base: Parameters | None, deadline: float
    ) -> int:
        """Push "nothing from me this time"."""
        stated = self._base(with_base, base)
        async with self._lock:
            self._link.check_open()
            await self._wait_for_room(0, deadline)
            written = self._header(said, stated, self._link.layout, None, [])
            sequence = await self._send(Kept(written, (), 0), deadline)
            self._pushed(said)
            return sequence

    def _layout(self) -> Layout:
        layout = self._link.layout
        if layout is None:
            raise error(Code.NO_MODEL, "no model was loaded yet")
        return layout

    def _same_layout(self, layout: Layout) -> None:
        if self._layout().id != layout.id:
            raise error(
                Code.LAYOUT,
                "the model was replaced by one of another layout meanwhile; the gradient was not "
                "pushed",
            )

    # ----------------------------------------------------------------------------------------------
    # Compressed gradients

    def compress(self, how: Compression | None) -> None:
        """Compress what is pushed from now on. The residual of before is forgotten."""
        self._compression = how
        self._compressor = Compressor(how, self._layout()) if how is not None else None

    def _prepare(self, layout: Layout) -> Compressor:
        """Where the layout is another one, nothing remains of the last."""
        assert self._compression is not None
        if self._compressor is None or self._compressor.layout.id != layout.id:
            self._compressor = Compressor(self._compression, layout)
        return self._compressor

    async def _push_compressed(
        self,
        layout: Layout,
        tensors: Tensors | AnyArray,
        said: Said,
        base: tuple[int, int] | None,
        deadline: float,
    ) -> int:
        """The numbers are divided by loss_scale here, so that what remains has no scale."""
        values = packing.flat(layout, tensors)
        compressor = self._prepare(layout)
        await self._wait_for_room(compressor.bytes, deadline)
        self._same_layout(layout)
        to = self._pool.take(compressor.bytes)
        compressor.encode(values, 1 / said.loss_scale, to)
        unscaled = Said(said.kind, said.weight, said.metrics, 1.0, said.clock, said.last_of_clock)
        ends = payload.cut(list(payload.pieces(layout, compressor.parts)))
        written = self._header(unscaled, base, layout, layout.dtype, compressor.parts)
        kept = Kept(written, packing.slices(to, ends), compressor.bytes, to, compressor.generation)
        sequence = await self._send(kept, deadline)
        compressor.sent()
        self._pushed(said)
        return sequence

    def _returned(self, kept: Kept) -> None:
        if self._compressor is not None and kept.payload is not None:
            self._compressor.give_back(kept.generation, kept.payload)


def deadline_of(timeout: float | None, otherwise: float) -> float:
    """When a call's time is over."""
    return now() + (otherwise if timeout is None else timeout)
