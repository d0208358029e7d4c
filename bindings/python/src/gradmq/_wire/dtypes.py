"""Element types (PROTOCOL.md, section 5) and how numbers become elements."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import Code, GradMQError

AnyArray = npt.NDArray[Any]


class Dtype(IntEnum):
    """Element types. F32 and F64 are master dtypes: a model is of one of them."""

    F32 = 1
    F64 = 2
    F16 = 3
    BF16 = 4

    @property
    def size(self) -> int:
        """Octets of an element."""
        return _ROWS[self].itemsize

    @property
    def numpy(self) -> np.dtype[Any]:
        """Of an element on the wire. BF16 is the upper half of a float32, as uint16."""
        return _ROWS[self]

    @property
    def stream(self) -> str:
        """The stream of updates that has elements of this type."""
        return self.name.lower()


_ROWS: dict[Dtype, np.dtype[Any]] = {
    Dtype.F32: np.dtype("<f4"),
    Dtype.F64: np.dtype("<f8"),
    Dtype.F16: np.dtype("<f2"),
    Dtype.BF16: np.dtype("<u2"),
}
_OF_NUMPY = {
    np.dtype(order + name): dtype
    for name, dtype in (("f4", Dtype.F32), ("f8", Dtype.F64), ("f2", Dtype.F16))
    for order in "<>"
}


def is_dtype(code: int) -> bool:
    """Is there such a dtype?"""
    return code in Dtype._value2member_map_


def of_array(array: AnyArray) -> Dtype | None:
    """The element type of an array; None: there is none. ml_dtypes.bfloat16 is BF16."""
    found = _OF_NUMPY.get(array.dtype)
    if found is None and array.dtype.name == "bfloat16":
        return Dtype.BF16
    return found


def named(name: str | Dtype) -> Dtype:
    """An element type by its name, as "bf16" or "bfloat16"."""
    if isinstance(name, Dtype):
        return name
    short = str(name).lower().replace("bfloat", "bf").replace("float", "f")
    if short.upper() in Dtype.__members__:
        return Dtype[short.upper()]
    raise GradMQError(Code.ARGUMENT, f'dtype "{name}" is none: f32, f64, f16 and bf16 are there')


def bf16_from_f32(values: AnyArray) -> AnyArray:
    """
    The upper halves of float32 numbers, rounded to nearest, ties to even, as uint16.

    A finite number that does not fit becomes the greatest finite one of its sign.
    """
    bits: AnyArray = np.ascontiguousarray(values, dtype="<f4").view("<u4")
    rounded: AnyArray = (bits + (((bits >> 16) & 1) + np.uint32(0x7FFF))) >> 16
    magnitude = bits & np.uint32(0x7FFFFFFF)
    special = magnitude >= np.uint32(0x7F7F8000)
    if special.any():
        # Rounding makes no infinity of a finite number, nor of a NaN.
        infinity = np.uint32(0x7F800000)
        rounded = np.where(special & (magnitude < infinity), bits >> 16, rounded)
        rounded = np.where(magnitude > infinity, (bits >> 16) | np.uint32(0x40), rounded)
    halves: AnyArray = rounded.astype("<u2")
    return halves


def f32_from_bf16(halves: AnyArray) -> AnyArray:
    """The float32 numbers of which these uint16 are the upper halves."""
    wide: AnyArray = np.ascontiguousarray(halves).view("<u2").astype("<u4")
    return (wide << 16).view("<f4")


def _f32_from_f64_to_odd(values: AnyArray) -> AnyArray:
    """
    float32 numbers that round to a shorter type as the float64 ones do.

    Rounding twice to nearest can go wrong at a tie. So the first time what is lost is kept in the
    last bit.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        near = values.astype("<f4")
        wide = near.astype("<f8")
    bits = near.view("<u4")
    inexact = (wide != values) & np.isfinite(values)
    toward = np.abs(wide) > np.abs(values)
    cut = np.where(inexact & toward, bits - np.uint32(1), bits)
    return np.where(inexact, cut | np.uint32(1), cut).astype("<u4").view("<f4")


def convert(values: AnyArray, to: Dtype, of: Dtype | None = None) -> AnyArray:
    """
    Numbers as elements of `to`, each rounded once to nearest, ties to even.

    Of a finite number F16 and BF16 make a finite one: the greatest there is where it does not fit.
    `of` is the element type of `values` where their array does not say it: BF16 as uint16.
    """
    given = of if of is not None else of_array(values)
    if given == Dtype.BF16:
        halves = np.ascontiguousarray(values).view("<u2")
        return halves if to == Dtype.BF16 else convert(f32_from_bf16(halves), to)
    if to == Dtype.BF16:
        wide = np.ascontiguousarray(values)
        single = _f32_from_f64_to_odd(wide.astype("<f8")) if wide.itemsize > 4 else wide
        return bf16_from_f32(single)
    with np.errstate(over="ignore", under="ignore"):
        made = np.ascontiguousarray(values).astype(to.numpy, copy=False)
    if to == Dtype.F16 and given != Dtype.F16:
        lost = np.isinf(made)
        if lost.any():
            lost &= np.isfinite(values)
            made[lost] = np.copysign(np.float16(65504), made[lost])
    return made


def for_people(packed: AnyArray, dtype: Dtype) -> AnyArray:
    """Elements of the wire as numbers: BF16 as ml_dtypes.bfloat16 where that is installed."""
    if dtype != Dtype.BF16:
        return packed
    bfloat16 = _bfloat16()
    return packed if bfloat16 is None else packed.view(bfloat16)


def _bfloat16() -> np.dtype[Any] | None:
    try:
        import ml_dtypes
    except ImportError:
        return None
    found: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return found
