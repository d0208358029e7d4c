"""
Compressed gradients with error feedback: what a push leaves out goes with a later one.

    p = residual + g;  send D = C (p);  residual = p - D

Sources: Seide et al. 2014; Karimireddy et al. 2019, "Error Feedback Fixes SignSGD", algorithm 2;
Vogels, Karimireddy, Jaggi 2019, "PowerSGD", algorithms 1 and 2. What octets mean is section 5 of
PROTOCOL.md. No sockets.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from .._codes import Encoding
from .._wire import payload
from .._wire.dtypes import AnyArray, Dtype
from ..compression import Compression, Int8, LowRank, TopK
from ..errors import Code, error
from ..layout import Layout, Tensor

_INT8_MOST = 127.0
_BLOCK = payload.INT8_BLOCK
_FLT_MAX = float(np.finfo(np.float32).max)
# Magnitudes from here on are refused (rule G-2, check 11).
_BOUNDS = {Dtype.F32: 1e18, Dtype.F64: 1e150}

_generations = itertools.count(1)


def int8_encode(values: AnyArray, to: AnyArray) -> None:
    """
    Scales, then octets, of a tensor's elements into octets at `to`.

    A block's scale is the least float32 that is not below a 127th of its greatest magnitude.
    """
    blocks = -(-values.size // _BLOCK)
    padded = np.zeros(blocks * _BLOCK, np.float64)
    padded[: values.size] = values
    rows = padded.reshape(blocks, _BLOCK)
    most = np.abs(rows).max(axis=1)
    with np.errstate(under="ignore", over="ignore"):
        scales = np.minimum(most / _INT8_MOST, _FLT_MAX).astype("<f4")
        low = (scales.astype(np.float64) * _INT8_MOST < most) & (scales < _FLT_MAX)
        scales[low] = np.nextafter(scales[low], np.float32(np.inf))
        divisors = np.where(scales > 0, scales, 1).astype(np.float64)
        octets = np.clip(np.rint(rows / divisors[:, None]), -_INT8_MOST, _INT8_MOST)
    octets[scales == 0] = 0
    to[: blocks * payload.HEAD_UNIT] = scales.view(np.uint8)
    to[blocks * payload.HEAD_UNIT :] = octets.astype("i1").reshape(-1)[: values.size].view(np.uint8)


def top_k(values: AnyArray, count: int) -> AnyArray:
    """Ascending indices of the greatest magnitudes; of equal ones those with the lower index."""
    magnitudes = np.abs(values)
    least = np.partition(magnitudes, values.size - count)[values.size - count]
    chosen = np.flatnonzero(magnitudes > least)
    equal = np.flatnonzero(magnitudes == least)[: count - chosen.size]
    return np.sort(np.concatenate([chosen, equal])).astype("<u4")


class Compressor:
    """Encodes gradients of one layout."""

    def __init__(self, how: Compression, layout: Layout) -> None:
        self.how = how
        self.layout = layout
        self.generation = next(_generations)  # which pushes the residual knows of
        self.parts = [self._plan(at, tensor) for at, tensor in enumerate(layout.tensors)]
        self.sizes = [
            payload.part_bytes(tensor, part)
            for tensor, part in zip(layout.tensors, self.parts, strict=True)
        ]
        self.bytes = sum(self.sizes)
        self._residual = np.zeros(layout.elements, layout.dtype.numpy)
        self._work = np.empty(layout.elements, layout.dtype.numpy)
        self._right: dict[int, AnyArray] = {}

    # ----------------------------------------------------------------------------------------------
    # Which tensor goes how: dense, where the method would make it no shorter

    def _plan(self, at: int, tensor: Tensor) -> payload.Part:
        how, master = self.how, self.layout.dtype
        if isinstance(how, Int8):
            # One of a few elements would become longer by its scale.
            blocks = -(-tensor.elements // _BLOCK)
            if tensor.elements + blocks * payload.HEAD_UNIT < tensor.elements * master.size:
                return payload.Part(at, Encoding.INT8, Dtype.F32)
        elif isinstance(how, TopK):
            count = max(1, math.ceil(how.fraction * tensor.elements))
            short = count * (payload.HEAD_UNIT + master.size) < tensor.elements * master.size
            if short and tensor.elements <= 0xFFFFFFFF:
                return payload.Part(at, Encoding.TOP_K, master, count)
        elif isinstance(how, LowRank):
            rank = how.rank
            matrix = len(tensor.shape) >= 2 and rank < min(tensor.rows, tensor.row)
            if matrix and rank * (tensor.rows + tensor.row) < tensor.elements:
                return payload.Part(at, Encoding.LOW_RANK, master, rank)
        return payload.Part(at, Encoding.DENSE, master)

    # ----------------------------------------------------------------------------------------------
    # Encoding

    def encode(self, gradient: AnyArray, factor: float, to: AnyArray) -> None:
        """
        Encode residual + factor x gradient into octets; kept for good by `sent`.

        NON_FINITE: a value is not finite, or too large to compute with.
        """
        work = self._work
        with np.errstate(over="ignore", invalid="ignore"):
            np.multiply(gradient, gradient.dtype.type(factor), out=work)
            work += self._residual
        if not _is_finite(work, _BOUNDS[self.layout.dtype]):
            raise error(
                Code.NON_FINITE,
                "a value of the gradient is not finite, or too large to compute with; it was not "
                "pushed",
            )
        at = 0
        for part, size in zip(self.parts, self.sizes, strict=True):
            values = self._tensor(work, part)
            octets = to[at : at + size]
            self._encode_part(part, values, octets)
            values -= payload.decode(self.layout, part, octets, self.layout.dtype)
            at += size

    def _tensor(self, of: AnyArray, part: payload.Part) -> AnyArray:
        first = self.layout.first(part.tensor)
        return of[first : first + self.layout.tensors[part.tensor].elements]

    def _encode_part(self, part: payload.Part, values: AnyArray, to: AnyArray) -> None:
        if part.encoding == Encoding.INT8:
            int8_encode(values, to)
        elif part.encoding == Encoding.TOP_K:
            indices = top_k(values, part.count)
            head = part.count * payload.HEAD_UNIT
            to[:head] = indices.view(np.uint8)
            to[head:] = values[indices].view(np.uint8)
        elif part.encoding == Encoding.LOW_RANK:
            self._encode_low_rank(part, values, to)
        else:
            to[:] = values.view(np.uint8)

    def _encode_low_rank(self, part: payload.Part, values: AnyArray, to: AnyArray) -> None:
        """One step of power iteration, begun where the last one ended."""
        tensor = self.layout.tensors[part.tensor]
        matrix = values.reshape(tensor.rows, tensor.row)
        right = self._right.get(part.tensor)
        if right is None:
            # The same on every machine, so that runs can be repeated.
            right = np.random.default_rng(part.tensor).standard_normal((part.count, tensor.row))
        directions, _ = np.linalg.qr((matrix @ right.T.astype(matrix.dtype)).astype(np.float64))
        left = np.ascontiguousarray(directions, matrix.dtype)
        right = np.ascontiguousarray(left.T @ matrix)
        # A row that has nothing to go on from would stay so for ever.
        if right.any(axis=1).all():
            self._right[part.tensor] = right
        else:
            self._right.pop(part.tensor, None)
        flat = np.concatenate([left.reshape(-1), right.reshape(-1)])
        to[:] = flat.view(np.uint8)

    def sent(self) -> None:
        """What was encoded last is on its way: what it left out remains."""
        if self.how.feedback:
            self._residual, self._work = self._work, self._residual

    def give_back(self, generation: int, octets: AnyArray) -> None:
        """A payload of that generation was not used: what it held remains too."""
        if generation != self.generation or not self.how.feedback:
            return
        at = 0
        for part, size in zip(self.parts, self.sizes, strict=True):
            values = self._tensor(self._residual, part)
            values += payload.decode(self.layout, part, octets[at : at + size], self.layout.dtype)
            at += size


def _is_finite(values: AnyArray, bound: float) -> bool:
    # A NaN makes both of them NaN, which compares as false.
    return bool(values.max() < bound) and bool(values.min() > -bound)
