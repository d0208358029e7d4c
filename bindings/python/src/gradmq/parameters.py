"""Parameters of a model at one version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ._wire.dtypes import AnyArray, Dtype, for_people
from .layout import Layout

__all__ = ["Parameters"]


class Parameters(Mapping[str, AnyArray]):
    """
    Arrays by the tensors' names, in the layout's order, which nobody can write to.

    They are views of what arrived, without a copy, and stay as they are for as long as anybody
    holds them. `copy` makes arrays that can be written to.

    The elements are of the stream's type: float32, float64, float16; of bf16
    `ml_dtypes.bfloat16` where that package is installed, else uint16, the upper halves of float32;
    of int8 float32.
    """

    __slots__ = ("_views", "dtype", "epoch", "instance", "layout", "packed", "version")

    def __init__(
        self,
        layout: Layout,
        dtype: Dtype,
        packed: AnyArray,
        position: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        """`packed` are the elements of all tensors, one after the other, as the wire has them."""
        shown = for_people(packed, dtype)
        shown.flags.writeable = False
        self.layout = layout
        self.dtype = dtype
        self.packed: AnyArray = shown
        """All elements, one tensor after the other, each row-major."""
        self.instance, self.epoch, self.version = position
        self._views: dict[str, AnyArray] | None = None

    @property
    def _arrays(self) -> dict[str, AnyArray]:
        if self._views is None:
            self._views = self.layout.unpack(self.packed)
        return self._views

    def __getitem__(self, name: str) -> AnyArray:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self.layout.tensors)

    @property
    def position(self) -> tuple[int, int]:
        """(epoch, version): positions of one instance are ordered so."""
        return self.epoch, self.version

    def copy(self) -> dict[str, AnyArray]:
        """Arrays of the caller's own."""
        return {name: np.array(array) for name, array in self.items()}

    def __repr__(self) -> str:
        return (
            f"<Parameters of {len(self)} tensors, {self.layout.elements} elements of "
            f"{self.dtype.name}, epoch {self.epoch}, version {self.version}>"
        )
