"""Payloads: what the octets of parts stand for, and where frames are cut (section 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .. import _limits
from .._codes import Encoding
from ..errors import Code, GradMQError
from ..layout import Layout, Tensor
from .dtypes import AnyArray, Dtype, convert

INT8_BLOCK = 256
HEAD_UNIT = 4  # octets of an index or a scale


@dataclass(frozen=True)
class Part:
    """One tensor's share of a payload."""

    tensor: int
    encoding: int
    dtype: Dtype
    count: int = 0


def part_bytes(tensor: Tensor, part: Part) -> int:
    """How long the part has to be; or why there is no such part (rules L-5 to L-9)."""
    encoding, count, size = part.encoding, part.count, part.dtype.size
    if encoding in (Encoding.DENSE, Encoding.INT8):
        if count:
            raise GradMQError(
                Code.ARGUMENT, f'the part for tensor "{tensor.name}" has a count, which it cannot'
            )
        if encoding == Encoding.DENSE:
            return tensor.elements * size
        if part.dtype != Dtype.F32:
            raise GradMQError(
                Code.UNSUPPORTED, f"INT8 has scales of F32; a part says {part.dtype.name}"
            )
        return head_bytes(tensor, part) + tensor.elements
    if encoding in (Encoding.ROWS, Encoding.TOP_K):
        most = tensor.rows if encoding == Encoding.ROWS else tensor.elements
        if most > 0xFFFFFFFF:
            raise GradMQError(
                Code.UNSUPPORTED, f'tensor "{tensor.name}" is too large for indices of 32 bits'
            )
        _check_count(tensor, count, most)
        row = tensor.row if encoding == Encoding.ROWS else 1
        return count * (HEAD_UNIT + row * size)
    if encoding == Encoding.LOW_RANK:
        if len(tensor.shape) < 2:
            raise GradMQError(
                Code.UNSUPPORTED, f'tensor "{tensor.name}" is no matrix: it cannot go as LOW_RANK'
            )
        _check_count(tensor, count, min(tensor.rows, tensor.row))
        return count * (tensor.rows + tensor.row) * size
    raise GradMQError(Code.UNSUPPORTED, f"encoding {encoding} is not known here")


def _check_count(tensor: Tensor, count: int, most: int) -> None:
    if not 1 <= count <= most:
        raise GradMQError(
            Code.ARGUMENT, f'count {count} for tensor "{tensor.name}"; it can be 1 to {most}'
        )


def head_bytes(tensor: Tensor, part: Part) -> int:
    """Octets of a part in front of its elements: indices or scales."""
    if part.encoding == Encoding.INT8:
        return -(-tensor.elements // INT8_BLOCK) * HEAD_UNIT
    if part.encoding in (Encoding.ROWS, Encoding.TOP_K):
        return part.count * HEAD_UNIT
    return 0


def unit_bytes(part: Part) -> int:
    """Octets that a frame must not end inside of, behind the head."""
    return 1 if part.encoding == Encoding.INT8 else part.dtype.size


def dense_parts(layout: Layout, dtype: Dtype) -> list[Part]:
    """What stands for a whole layout without `parts`."""
    return [Part(at, Encoding.DENSE, dtype) for at in range(len(layout.tensors))]


def pieces(layout: Layout, parts: Sequence[Part]) -> Iterator[tuple[int, int]]:
    """(octets, unit) of each head and body, in order: a frame may end at a multiple of unit."""
    for part in parts:
        tensor = layout.tensors[part.tensor]
        head = head_bytes(tensor, part)
        if head:
            yield head, HEAD_UNIT
        yield part_bytes(tensor, part) - head, unit_bytes(part)


def cut(sizes: Sequence[tuple[int, int]]) -> list[int]:
    """Where frames end, each of about 1 MiB and none inside an element (rule W-12)."""
    total = sum(size for size, _ in sizes)
    usual = _limits.FRAME_BYTES_USUAL
    least = total // (_limits.PAYLOAD_FRAMES // 2) + 1
    frame = min(max(usual, -(-least // usual) * usual), _limits.FRAME_BYTES)
    ends: list[int] = []
    at = begin = 0
    for size, unit in sizes:
        left = size
        while left:
            room = begin + frame - at
            take = left if left <= room else room // unit * unit
            at += take
            left -= take
            if take == 0 or left or at == begin + frame:
                ends.append(at)
                begin = at
    if at > begin:
        ends.append(at)
    return ends


def check(layout: Layout, parts: Sequence[Part], frame_sizes: Sequence[int]) -> int:
    """Do frames of these sizes hold these parts? Returns their octets. Rules W-11 to W-13."""
    if len(frame_sizes) > _limits.PAYLOAD_FRAMES:
        raise GradMQError(
            Code.FRAMES, f"{len(frame_sizes)} frames; {_limits.PAYLOAD_FRAMES} are allowed"
        )
    sizes = list(pieces(layout, parts))
    wanted = sum(size for size, _ in sizes)
    if 0 in frame_sizes:
        raise GradMQError(Code.LENGTH, f"payload frame {list(frame_sizes).index(0)} is empty")
    if sum(frame_sizes) != wanted:
        raise GradMQError(
            Code.LENGTH,
            f"the payload has {sum(frame_sizes)} bytes; its header makes it {wanted}",
        )
    walk = iter(sizes)
    begin = end = 0
    unit = 1
    frame_end = 0
    for at, frame in enumerate(frame_sizes):
        frame_end += frame
        while end < frame_end:
            size, unit = next(walk)
            begin, end = end, end + size
        if frame_end < end and (frame_end - begin) % unit:
            raise GradMQError(Code.ALIGNMENT, f"payload frame {at} ends inside an element")
    return wanted


def _indices(data: AnyArray, part: Part, most: int) -> AnyArray:
    found = data[: part.count * HEAD_UNIT].view("<u4")
    if (np.diff(found.astype("<i8")) <= 0).any() or int(found[-1]) >= most:
        raise GradMQError(
            Code.ARGUMENT, f"indices of tensor {part.tensor} are not increasing and below {most}"
        )
    return found


def int8_decode(data: AnyArray, elements: int, dtype: Dtype = Dtype.F32) -> AnyArray:
    """The numbers that blocks of octets with a scale each stand for: octet x scale."""
    blocks = -(-elements // INT8_BLOCK)
    scales = data[: blocks * HEAD_UNIT].view("<f4").astype(dtype.numpy, copy=False)
    octets = data[blocks * HEAD_UNIT : blocks * HEAD_UNIT + elements].view("i1")
    numbers = octets.astype(dtype.numpy)
    whole = elements // INT8_BLOCK * INT8_BLOCK
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        numbers[:whole].reshape(-1, INT8_BLOCK)[...] *= scales[: whole // INT8_BLOCK, None]
        if whole < elements:
            numbers[whole:] *= scales[-1]
    return numbers


def decode(layout: Layout, part: Part, data: AnyArray, dtype: Dtype) -> AnyArray:
    """
    The whole tensor that a part stands for, flat, 0 where it has nothing.

    `data` are the part's octets, in one piece, as uint8.
    """
    tensor = layout.tensors[part.tensor]
    if part.encoding == Encoding.INT8:
        numbers = int8_decode(data, tensor.elements, dtype)
        scales = data[: head_bytes(tensor, part)].view("<f4")
        if not np.isfinite(scales).all():
            spread = np.repeat(~np.isfinite(scales), INT8_BLOCK)[: tensor.elements]
            numbers[spread] = np.nan
        return numbers
    head = head_bytes(tensor, part)
    elements = convert(data[head:].view(part.dtype.numpy), dtype, of=part.dtype)
    if part.encoding == Encoding.DENSE:
        return elements
    if part.encoding == Encoding.LOW_RANK:
        left = elements[: tensor.rows * part.count].reshape(tensor.rows, part.count)
        right = elements[tensor.rows * part.count :].reshape(part.count, tensor.row)
        return np.ascontiguousarray(left @ right).reshape(-1)
    whole = np.zeros(tensor.elements, dtype.numpy)
    if part.encoding == Encoding.ROWS:
        rows = _indices(data, part, tensor.rows)
        whole.reshape(tensor.rows, tensor.row)[rows] = elements.reshape(part.count, tensor.row)
    else:
        whole[_indices(data, part, tensor.elements)] = elements
    return whole


def check_indices(layout: Layout, parts: Sequence[Part], payload: AnyArray) -> None:
    """Are the indices of ROWS and TOP_K increasing and in range (rule L-6)?"""
    at = 0
    for part in parts:
        tensor = layout.tensors[part.tensor]
        size = part_bytes(tensor, part)
        if part.encoding == Encoding.ROWS:
            _indices(payload[at : at + size], part, tensor.rows)
        elif part.encoding == Encoding.TOP_K:
            _indices(payload[at : at + size], part, tensor.elements)
        at += size
