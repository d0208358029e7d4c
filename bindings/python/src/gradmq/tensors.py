"""What callers push: arrays by name, and rows of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._wire.dtypes import AnyArray
from .errors import Code, error

__all__ = ["Rows"]


@dataclass(frozen=True, eq=False)
class Rows:
    """
    Some rows of a tensor, such as those of an embedding that a batch has touched.

    A row is all that has the same first index; those of a scalar or vector have one element.
    `indices` are strictly increasing; `values` are these rows, one after the other. For indices in
    any order, or several times the same one, take `Rows.summed`.
    """

    indices: npt.ArrayLike
    values: npt.ArrayLike

    @classmethod
    def summed(cls, indices: npt.ArrayLike, values: npt.ArrayLike) -> Rows:
        """Rows in any order; those of the same index are added."""
        wanted = np.asarray(indices).reshape(-1)
        rows: AnyArray = np.asarray(values)
        if rows.shape[:1] != wanted.shape:
            raise error(
                Code.SHAPE, f"{wanted.size} indices are given for values of shape {rows.shape}"
            )
        unique, inverse = np.unique(wanted, return_inverse=True)
        made: Any = np.zeros((unique.size, *rows.shape[1:]), rows.dtype)
        np.add.at(made, inverse, rows)
        return cls(unique, made)
