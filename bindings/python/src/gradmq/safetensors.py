"""
Models from safetensors files and into them, through the package of that name.

    coordinator.set_model_parameters(gradmq.safetensors.load("model.safetensors"))
    gradmq.safetensors.save(coordinator.get_model_parameters(), "trained.safetensors")

Install it as `gradmq[safetensors]`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ._wire.dtypes import AnyArray, Dtype, convert, for_people, of_array
from .errors import Code, error
from .parameters import Parameters

__all__ = ["load", "save"]

_TYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "U32": "<u4",
    "I32": "<i4",
    "U64": "<u8",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
}


def _package() -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        raise error(
            Code.UNSUPPORTED, "the package safetensors is needed: pip install 'gradmq[safetensors]'"
        ) from None
    return safetensors


def load(path: str | os.PathLike[str]) -> dict[str, AnyArray]:
    """
    Arrays by name, in the order of their data, as `gradmq load` takes them.

    Those of BF16 are of ml_dtypes.bfloat16, or of float32 where ml_dtypes is not there.

    Raises:
        GradMQError: IO; FORMAT: it is not such a file; UNSUPPORTED: elements that numpy has not.
    """
    package = _package()
    name = os.fspath(path)
    try:
        data = Path(path).read_bytes()
    except OSError as why:
        raise error(Code.IO, f"{name}: cannot be read: {why.strerror}") from None
    try:
        found: dict[str, Any] = dict(package.deserialize(data))
    except Exception as why:  # of a kind that the package does not name
        raise error(Code.FORMAT, f"{name} is no safetensors file: {why}") from None
    heads = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    order = sorted(found, key=lambda one: tuple(heads[one]["data_offsets"]))
    return {one: _array(name, one, found[one]) for one in order}


def _array(path: str, name: str, told: Mapping[str, Any]) -> AnyArray:
    kind, shape = told["dtype"], tuple(told["shape"])
    if kind == "BF16":
        halves: AnyArray = np.frombuffer(told["data"], Dtype.BF16.numpy)
        shown = for_people(halves, Dtype.BF16)
        if of_array(shown) is None:
            shown = convert(halves, Dtype.F32, of=Dtype.BF16)
        return shown.reshape(shape)
    if kind not in _TYPES:
        raise error(Code.UNSUPPORTED, f'{path}: tensor "{name}" has elements of {kind}')
    array: AnyArray = np.frombuffer(told["data"], _TYPES[kind])
    return array.reshape(shape)


def save(
    parameters: Mapping[str, AnyArray],
    path: str | os.PathLike[str],
    *,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """
    Write arrays to a file, whole or not at all. The package puts them in an order of its own.

    Of `Parameters` epoch and version are written, too. Those of bf16 are written as float32 where
    ml_dtypes is not there.

    Raises:
        GradMQError: IO.
    """
    package = _package()
    told = dict(metadata or {})
    arrays: dict[str, AnyArray] = {name: np.asarray(array) for name, array in parameters.items()}
    if isinstance(parameters, Parameters):
        told = {"epoch": str(parameters.epoch), "version": str(parameters.version), **told}
        if parameters.dtype == Dtype.BF16 and of_array(parameters.packed) is None:
            arrays = {
                name: convert(array, Dtype.F32, of=Dtype.BF16) for name, array in arrays.items()
            }
    data: bytes = package.numpy.save(
        {name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata=told
    )
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        beside.replace(target)
    except OSError as why:
        beside.unlink(missing_ok=True)
        raise error(Code.IO, f"{target}: cannot be written: {why.strerror}") from None
