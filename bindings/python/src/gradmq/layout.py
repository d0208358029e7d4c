"""Layouts: which tensors a model has, in which order (PROTOCOL.md, section 5)."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from . import _limits
from ._wire.dtypes import AnyArray, Dtype, is_dtype
from .errors import Code, GradMQError

__all__ = ["Dtype", "Layout", "Tensor"]

_MAGIC = b"gradmq.layout.v1\n"


@dataclass(frozen=True)
class Tensor:
    """One tensor of a layout: its name and its shape. No dimensions mean a scalar."""

    name: str
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    @property
    def rows(self) -> int:
        """Its rows: what has the same first index. Those of a scalar or vector have one element."""
        return self.shape[0] if len(self.shape) > 1 else self.elements

    @property
    def row(self) -> int:
        """Elements of a row."""
        return self.elements // self.rows


@dataclass(frozen=True)
class Layout:
    """
    An ordered list of tensors and one master dtype.

    Made of what is not possible it raises SHAPE, NAME, UNSUPPORTED or TOO_LARGE.
    """

    tensors: tuple[Tensor, ...]
    dtype: Dtype = Dtype.F32
    id: int = field(init=False, compare=False)
    elements: int = field(init=False, compare=False)
    _index: dict[str, int] = field(init=False, compare=False, repr=False)
    _first: tuple[int, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tensors", tuple(self.tensors))
        _check_dtype(self.dtype)
        if not 1 <= len(self.tensors) <= _limits.TENSORS:
            raise GradMQError(
                Code.SHAPE, f"{len(self.tensors)} tensors; a layout has 1 to {_limits.TENSORS}"
            )
        index: dict[str, int] = {}
        first: list[int] = []
        elements = 0
        for at, tensor in enumerate(self.tensors):
            _check_tensor(tensor, at)
            if tensor.name in index:
                raise GradMQError(
                    Code.NAME,
                    f'two tensors are named "{tensor.name}"; names are unique in a layout',
                )
            index[tensor.name] = at
            first.append(elements)
            elements += tensor.elements
            if elements > _limits.ELEMENTS:
                raise GradMQError(
                    Code.SHAPE,
                    f'with tensor "{tensor.name}" the layout has more than 2^40 elements',
                )
        digest = hashlib.sha256(self.canonical()).digest()
        object.__setattr__(self, "elements", elements)
        object.__setattr__(self, "_index", index)
        object.__setattr__(self, "_first", tuple(first))
        object.__setattr__(self, "id", int.from_bytes(digest[:8], "little"))

    @classmethod
    def of(cls, tensors: Mapping[str, AnyArray], dtype: Dtype = Dtype.F32) -> Layout:
        """The layout of arrays by name, in the mapping's order."""
        return cls(
            tuple(Tensor(name, tuple(array.shape)) for name, array in tensors.items()), dtype
        )

    @classmethod
    def make(cls, tensors: Iterable[tuple[str, Iterable[int]]], dtype: int = Dtype.F32) -> Layout:
        """The layout of names and shapes."""
        _check_dtype(dtype)
        return cls(tuple(Tensor(name, tuple(shape)) for name, shape in tensors), Dtype(dtype))

    def canonical(self) -> bytes:
        """The octets of which the id is a digest (rule L-2)."""
        pieces = [_MAGIC, struct.pack("<II", self.dtype, len(self.tensors))]
        for tensor in self.tensors:
            name = tensor.name.encode()
            rank = len(tensor.shape)
            pieces.append(struct.pack("<I", len(name)) + name)
            pieces.append(struct.pack(f"<I{rank}Q", rank, *tensor.shape))
        return b"".join(pieces)

    @property
    def bytes(self) -> int:
        """Octets of a packed model in the master dtype."""
        return self.elements * self.dtype.size

    def index(self, name: str) -> int:
        """Which tensor has this name; ARGUMENT: none."""
        try:
            return self._index[name]
        except KeyError:
            names = ", ".join(list(self._index)[:8]) + (" ..." if len(self._index) > 8 else "")
            raise GradMQError(
                Code.ARGUMENT, f'the model has no tensor "{name}"; it has {names}'
            ) from None

    def first(self, index: int) -> int:
        """The packed place of a tensor's first element."""
        return self._first[index]

    def unpack(self, packed: AnyArray) -> dict[str, AnyArray]:
        """Views of a packed model by the tensors' names."""
        return {
            tensor.name: packed[at : at + tensor.elements].reshape(tensor.shape)
            for tensor, at in zip(self.tensors, self._first, strict=True)
        }


def _check_dtype(dtype: int) -> None:
    if not is_dtype(dtype) or dtype not in (Dtype.F32, Dtype.F64):
        raise GradMQError(Code.UNSUPPORTED, f"a model is of F32 or F64, not of dtype {dtype}")


def _check_tensor(tensor: Tensor, at: int) -> None:
    if not _limits.is_tensor_name(tensor.name):
        raise GradMQError(
            Code.NAME,
            f"tensor {at} has a name that is not 1 to {_limits.TENSOR_NAME_BYTES} octets of UTF-8 "
            "without control characters, or is __metadata__",
        )
    if len(tensor.shape) > _limits.RANK:
        raise GradMQError(
            Code.SHAPE,
            f'tensor "{tensor.name}" has {len(tensor.shape)} dimensions; {_limits.RANK} at most '
            "are possible",
        )
    if any(dimension < 1 for dimension in tensor.shape):
        raise GradMQError(
            Code.SHAPE, f'tensor "{tensor.name}" has shape {tensor.shape}; each is at least 1'
        )
    if tensor.elements > _limits.ELEMENTS:
        raise GradMQError(Code.SHAPE, f'tensor "{tensor.name}" has more than 2^40 elements')
