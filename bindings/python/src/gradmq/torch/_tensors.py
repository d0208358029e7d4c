"""Between torch's tensors and arrays of the wire."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import torch

from .._wire.dtypes import AnyArray
from ..errors import Code, error
from ..parameters import Parameters
from ..tensors import Rows

_FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
_HAS_BFLOAT16 = importlib.util.find_spec("ml_dtypes") is not None


def array_of(name: str, tensor: torch.Tensor) -> AnyArray:
    """
    A tensor as an array: a view of one on the CPU, else moved there once.

    bfloat16 becomes float32 where ml_dtypes, which has its type for numpy, is not installed.
    """
    if tensor.dtype not in _FLOATS:
        raise error(
            Code.ARGUMENT,
            f'"{name}" is {tensor.dtype}; float32, float64, float16 and bfloat16 can go',
        )
    if tensor.dtype != torch.bfloat16:
        made: AnyArray = tensor.numpy(force=True)
        return made
    if not _HAS_BFLOAT16:
        wide: AnyArray = tensor.float().numpy(force=True)
        return wide
    import ml_dtypes

    halves: AnyArray = tensor.detach().view(torch.int16).numpy(force=True)
    return halves.view(ml_dtypes.bfloat16)


def rows_of(name: str, gradient: torch.Tensor) -> Rows | AnyArray | None:
    """A sparse gradient as its rows; None: there are none. What has no rows becomes dense."""
    if gradient.layout != torch.sparse_coo or gradient.sparse_dim() != 1:
        return array_of(name, gradient.to_dense())
    summed = gradient.coalesce()
    indices = summed.indices()[0]
    if not indices.numel():
        return None
    return Rows(indices.numpy(force=True), array_of(name, summed.values()))


class _Lent:
    """torch knows no tensors that cannot be written to. To this one nobody writes."""

    def __init__(self, array: AnyArray) -> None:
        self._array = array
        told: dict[str, Any] = dict(array.__array_interface__)
        told["data"] = (told["data"][0], False)
        self.__array_interface__ = told


def tensor_of(parameters: Parameters) -> torch.Tensor:
    """All elements as one tensor on the CPU, which is a view and is read only."""
    packed = np.require(parameters.packed, requirements=["A"])
    if parameters.dtype.stream != "bf16":
        return torch.from_numpy(np.asarray(_Lent(packed)))
    return torch.from_numpy(np.asarray(_Lent(packed.view(np.int16)))).view(torch.bfloat16)
