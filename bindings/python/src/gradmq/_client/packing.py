"""A caller's arrays as parts and payload frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .. import _limits
from .._codes import Encoding
from .._wire import payload
from .._wire.dtypes import AnyArray, Dtype, convert, named, of_array
from ..errors import Code, error
from ..layout import Layout, Tensor
from ..tensors import Rows
from .pool import Pool

Tensors = Mapping[str, "npt.ArrayLike | Rows"]

# Lent arrays that are smaller than this are copied into one frame with their neighbours.
_LENT_LEAST = 1 << 16


@dataclass
class Packed:
    """What is to be sent."""

    parts: list[payload.Part]  # of each tensor that is there
    whole: bool  # every tensor, dense, of one dtype: the header says no parts
    dtype: Dtype
    bytes: int
    frames: Sequence[memoryview]


@dataclass
class _Item:
    part: payload.Part
    head: AnyArray | None  # row indices
    values: AnyArray  # contiguous, of the part's dtype


def _element_type(name: str, array: AnyArray, want: Dtype | None) -> Dtype | None:
    """None: integers, which are converted to what is wanted."""
    found = of_array(array)
    if found is not None:
        return found
    if want == Dtype.BF16 and array.dtype == np.uint16:
        return Dtype.BF16
    if array.dtype.kind in "iub" and want is not None:
        return None
    raise error(
        Code.ARGUMENT,
        f'tensor "{name}" has elements of {array.dtype}; float32, float64, float16 and bfloat16 '
        "can go (for bfloat16 without ml_dtypes: uint16 and dtype='bf16')",
    )


def _values(name: str, given: npt.ArrayLike, want: Dtype | None) -> tuple[AnyArray, Dtype]:
    array = np.asarray(given)
    found = _element_type(name, array, want)
    to = want if want is not None else found
    assert to is not None
    if found == to and array.dtype.kind != "V" and array.dtype.byteorder != ">":
        return np.ascontiguousarray(array).reshape(-1).view(to.numpy), to
    return convert(array.reshape(-1), to, of=found if found == Dtype.BF16 else None), to


def _dense(at: int, tensor: Tensor, given: npt.ArrayLike, want: Dtype | None) -> _Item:
    values, dtype = _values(tensor.name, given, want)
    shape = np.shape(given)
    if tuple(shape) != tensor.shape:
        code = Code.LENGTH if values.size != tensor.elements else Code.SHAPE
        raise error(
            code, f'tensor "{tensor.name}" has shape {tensor.shape}; {tuple(shape)} is given'
        )
    return _Item(payload.Part(at, Encoding.DENSE, dtype), None, values)


def _rows(at: int, tensor: Tensor, given: Rows, want: Dtype | None) -> _Item:
    values, dtype = _values(tensor.name, given.values, want)
    indices = np.asarray(given.indices).reshape(-1)
    if not indices.size or indices.dtype.kind not in "iu":
        raise error(Code.ARGUMENT, f'rows of tensor "{tensor.name}" need indices, at least one')
    wide = indices.astype(np.int64)
    if (np.diff(wide) <= 0).any() or wide[0] < 0 or wide[-1] >= tensor.rows:
        raise error(
            Code.ARGUMENT,
            f'rows of tensor "{tensor.name}" are strictly increasing and below {tensor.rows}; '
            "Rows.summed puts others in order",
        )
    if values.size != indices.size * tensor.row:
        raise error(
            Code.LENGTH,
            f'{indices.size} rows of tensor "{tensor.name}" have '
            f"{indices.size * tensor.row} elements; {values.size} are given",
        )
    part = payload.Part(at, Encoding.ROWS, dtype, int(indices.size))
    return _Item(part, wide.astype("<u4"), values)


def _items(
    layout: Layout, given: Tensors | AnyArray, want: Dtype | None, partial: bool
) -> list[_Item]:
    if not isinstance(given, Mapping):
        return _packed_items(layout, np.asarray(given), want)
    for name in given:
        layout.index(name)
    found: list[_Item] = []
    missing: list[str] = []
    for at, tensor in enumerate(layout.tensors):
        value = given.get(tensor.name)
        if value is None:
            missing.append(tensor.name)
        elif isinstance(value, Rows):
            found.append(_rows(at, tensor, value, want))
        else:
            found.append(_dense(at, tensor, value, want))
    if missing and not partial:
        names = ", ".join(missing[:8]) + (" ..." if len(missing) > 8 else "")
        raise error(
            Code.LENGTH,
            f"{len(missing)} of {len(layout.tensors)} tensors are missing: {names}; if that is "
            "meant, say partial=True",
        )
    if not found:
        raise error(Code.ARGUMENT, 'no tensor is given; to say "nothing this time", skip')
    return found


def _packed_items(layout: Layout, given: AnyArray, want: Dtype | None) -> list[_Item]:
    """One array that holds all tensors, one after the other."""
    if given.ndim != 1 or given.size != layout.elements:
        raise error(
            Code.LENGTH,
            f"a packed model has shape ({layout.elements},); {given.shape} is given",
        )
    values, dtype = _values("(all)", given, want)
    return [
        _Item(payload.Part(at, Encoding.DENSE, dtype), None, values[first : first + size])
        for at, (first, size) in enumerate(
            (layout.first(at), tensor.elements) for at, tensor in enumerate(layout.tensors)
        )
    ]


def _octets(values: AnyArray) -> AnyArray:
    return values.view(np.uint8)


def slices(whole: AnyArray, ends: Sequence[int]) -> list[memoryview]:
    """Frames of octets in one piece."""
    view = whole.data
    begins = [0, *ends[:-1]]
    return [view[begin:end] for begin, end in zip(begins, ends, strict=True)]


def _copied(layout: Layout, items: list[_Item], size: int, pool: Pool) -> list[memoryview]:
    whole = pool.take(size)
    at = 0
    for item in items:
        for piece in (item.head, item.values):
            if piece is not None:
                whole[at : at + piece.nbytes] = _octets(piece)
                at += piece.nbytes
    return slices(whole, payload.cut(list(payload.pieces(layout, [one.part for one in items]))))


def _lent(items: list[_Item]) -> list[memoryview]:
    """Frames of the caller's own arrays; small ones are joined, since frames cost, too."""
    frames: list[memoryview] = []
    small: list[AnyArray] = []

    def flush() -> None:
        if small:
            frames.append(np.concatenate(small).data)
            small.clear()

    for item in items:
        for piece, unit in ((item.head, payload.HEAD_UNIT), (item.values, item.part.dtype.size)):
            if piece is None:
                continue
            if piece.nbytes >= _LENT_LEAST:
                flush()
                octets = _octets(piece)
                frames += slices(octets, payload.cut([(octets.size, unit)]))
                continue
            small.append(_octets(piece))
            if sum(one.size for one in small) >= _limits.FRAME_BYTES_USUAL:
                flush()
    flush()
    return frames


def pack(
    layout: Layout,
    given: Tensors | AnyArray,
    *,
    dtype: str | Dtype | None,
    partial: bool,
    copy: bool,
    pool: Pool,
) -> Packed:
    """
    Arrays as what is sent. With `copy` False they are sent from where they lie.

    ARGUMENT, LENGTH, SHAPE: they are not of the layout.
    """
    items = _items(layout, given, named(dtype) if dtype is not None else None, partial)
    parts = [item.part for item in items]
    size = sum(payload.part_bytes(layout.tensors[part.tensor], part) for part in parts)
    whole = len(parts) == len(layout.tensors) and all(
        part.encoding == Encoding.DENSE and part.dtype == parts[0].dtype for part in parts
    )
    frames = _copied(layout, items, size, pool) if copy else _lent(items)
    if len(frames) > _limits.PAYLOAD_FRAMES:
        frames = _copied(layout, items, size, pool)
    return Packed(parts, whole, parts[0].dtype, size, frames)


def flat(layout: Layout, given: Tensors | AnyArray) -> AnyArray:
    """
    A whole gradient in the master dtype as one array, for what is compressed.

    ARGUMENT: it has another dtype, or is partial.
    """
    items = _items(layout, given, None, partial=False)
    for item in items:
        if item.part.encoding != Encoding.DENSE or item.part.dtype != layout.dtype:
            raise error(
                Code.ARGUMENT,
                "gradients are compressed whole and in the model's own dtype, "
                f"{layout.dtype.name}; give that",
            )
    if not isinstance(given, Mapping):
        return np.asarray(given)
    return np.concatenate([item.values for item in items])
