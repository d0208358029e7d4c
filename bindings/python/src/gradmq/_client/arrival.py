"""Parameters out of the frames in which they come (PROTOCOL.md, sections 5 and 13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import zmq

from .._codes import Encoding
from .._wire import payload
from .._wire.dtypes import AnyArray, Dtype, is_dtype
from ..errors import Code, error
from ..layout import Layout
from ..parameters import Parameters
from .pool import Pool

# Stream, encoding, dtype (section 13).
STREAMS: dict[str, tuple[Encoding, Dtype]] = {
    "f32": (Encoding.DENSE, Dtype.F32),
    "f64": (Encoding.DENSE, Dtype.F64),
    "f16": (Encoding.DENSE, Dtype.F16),
    "bf16": (Encoding.DENSE, Dtype.BF16),
    "int8": (Encoding.INT8, Dtype.F32),
}


@dataclass(frozen=True)
class Described:
    """What a header says of the parameters behind it."""

    instance: int
    epoch: int
    version: int
    layout_id: int
    dtype: int
    encoding: int

    @property
    def position(self) -> tuple[int, int]:
        """(epoch, version)."""
        return self.epoch, self.version


def _parts(described: Described, layout: Layout) -> list[payload.Part]:
    dtype = described.dtype or layout.dtype
    encoding = described.encoding or Encoding.DENSE
    if not is_dtype(dtype) or (encoding, Dtype(dtype)) not in STREAMS.values():
        raise error(
            Code.UNSUPPORTED,
            f"the parameters came in dtype {dtype} and encoding {encoding}; this library reads "
            f"the streams {', '.join(STREAMS)}",
        )
    return [payload.Part(at, encoding, Dtype(dtype)) for at in range(len(layout.tensors))]


def _joined(frames: Sequence[zmq.Frame], size: int, pool: Pool) -> AnyArray:
    """The octets in one piece: where they lie, if they are that already and aligned."""
    if len(frames) == 1:
        data = np.frombuffer(frames[0].buffer, np.uint8)
        if data.ctypes.data % 8 == 0:
            return data
    whole = pool.take(size)
    at = 0
    for frame in frames:
        data = np.frombuffer(frame.buffer, np.uint8)
        whole[at : at + data.size] = data
        at += data.size
    return whole


def read(
    described: Described, layout: Layout, frames: Sequence[zmq.Frame], pool: Pool
) -> Parameters:
    """LENGTH, ALIGNMENT, UNSUPPORTED: what came is not the layout's parameters."""
    parts = _parts(described, layout)
    size = payload.check(layout, parts, [len(frame) for frame in frames])
    data = _joined(frames, size, pool)
    dtype = parts[0].dtype
    if parts[0].encoding == Encoding.INT8:
        packed = _int8(data, layout, parts, pool)
    else:
        packed = data.view(dtype.numpy)
    return Parameters(
        layout, dtype, packed, (described.instance, described.epoch, described.version)
    )


def _int8(data: AnyArray, layout: Layout, parts: Sequence[payload.Part], pool: Pool) -> AnyArray:
    packed = pool.take(layout.elements * Dtype.F32.size).view(Dtype.F32.numpy)
    at = 0
    for part, tensor in zip(parts, layout.tensors, strict=True):
        size = payload.part_bytes(tensor, part)
        first = layout.first(part.tensor)
        packed[first : first + tensor.elements] = payload.int8_decode(
            data[at : at + size], tensor.elements
        )
        at += size
    return packed
