"""
Reading the header of a gradient as a coordinator does (PROTOCOL.md, rule G-2).

Workers hold what they write against it before the first byte is sent, and so do their tests.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import _limits
from .._codes import Encoding, Kind
from ..errors import Code, GradMQError
from ..layout import Layout
from . import header, payload
from .dtypes import AnyArray, Dtype, is_dtype


@dataclass(frozen=True)
class Read:
    """A gradient's header. `fault` is what is wrong with it, where the worker can be told."""

    message: Any
    fault: GradMQError | None


def read(frame: bytes) -> Read:
    """Decode; raises what cannot be attributed to a worker."""
    return look(header.read(frame, header.FrameKind.GRADIENT))


def look(message: Any) -> Read:
    """The same for a message that was decoded, as of a request."""
    header.understand(message)
    _limits.check_name("model", message.model)
    _limits.check_name("worker", message.worker)
    low_water = message.low_water or 1
    if not message.incarnation or not message.sequence or low_water > message.sequence:
        raise GradMQError(
            Code.ARGUMENT,
            f"incarnation {message.incarnation}, sequence {message.sequence}, low_water "
            f"{low_water}: the first two are above 0, the last is not above the second",
        )
    try:
        _check_content(message)
    except GradMQError as fault:
        return Read(message, fault)
    return Read(message, None)


def _check_content(message: Any) -> None:
    if message.HasField("kind") and message.kind not in Kind._value2member_map_:
        raise GradMQError(Code.UNSUPPORTED, f"kind {message.kind} is not known here")
    _check_dtype(message)
    for name in ("weight", "loss_scale"):
        if message.HasField(name) and not _is_positive(getattr(message, name)):
            raise GradMQError(
                Code.ARGUMENT, f"{name} {getattr(message, name)}; it is finite and above 0"
            )
    _check_parts(message.parts)
    _check_metrics(message.metrics)


def _is_positive(value: float) -> bool:
    return math.isfinite(value) and value > 0


def _check_dtype(message: Any) -> None:
    if message.HasField("dtype") and not is_dtype(message.dtype):
        raise GradMQError(Code.UNSUPPORTED, f"dtype {message.dtype} is not known here")


def _check_parts(parts: Sequence[Any]) -> None:
    if len(parts) > _limits.TENSORS:
        raise GradMQError(Code.ARGUMENT, f"{len(parts)} parts; {_limits.TENSORS} are allowed")
    last = -1
    for part in parts:
        if not part.HasField("tensor") or part.tensor <= last:
            raise GradMQError(Code.ARGUMENT, "parts name their tensors, in ascending order")
        last = part.tensor
        if part.HasField("encoding") and part.encoding not in Encoding._value2member_map_:
            raise GradMQError(Code.UNSUPPORTED, f"encoding {part.encoding} is not known here")
        _check_dtype(part)


def _check_metrics(metrics: Sequence[Any]) -> None:
    if len(metrics) > _limits.METRICS:
        raise GradMQError(Code.ARGUMENT, f"{len(metrics)} metrics; {_limits.METRICS} are allowed")
    for metric in metrics:
        if not _limits.is_metric_name(metric.name):
            raise GradMQError(
                Code.NAME,
                f'metric "{metric.name[:80]}" has no valid name: 1 to {_limits.NAME_BYTES} bytes '
                "of UTF-8 without control characters",
            )
        if not math.isfinite(metric.value):
            raise GradMQError(
                Code.ARGUMENT, f"metric {metric.name}: value {metric.value} is not finite"
            )
        if metric.HasField("weight") and not _is_positive(metric.weight):
            raise GradMQError(
                Code.ARGUMENT, f"metric {metric.name}: weight {metric.weight} is not above 0"
            )


def parts_of(message: Any, layout: Layout) -> list[payload.Part]:
    """The parts, each with its own encoding and dtype."""
    dtype = Dtype(message.dtype) if message.dtype else layout.dtype
    if not message.parts:
        return payload.dense_parts(layout, dtype)
    found: list[payload.Part] = []
    for told in message.parts:
        if told.tensor >= len(layout.tensors):
            raise GradMQError(
                Code.ARGUMENT,
                f"a part is for tensor {told.tensor}; the layout has {len(layout.tensors)}",
            )
        part = payload.Part(
            told.tensor,
            told.encoding or Encoding.DENSE,
            Dtype(told.dtype) if told.dtype else dtype,
            told.count,
        )
        size = payload.part_bytes(layout.tensors[part.tensor], part)
        if told.HasField("bytes") and told.bytes != size:
            raise GradMQError(
                Code.LENGTH, f"a part states {told.bytes} bytes; it has to have {size}"
            )
        found.append(part)
    return found


def check(message: Any, layout: Layout, frames: Sequence[bytes]) -> None:
    """Hold header and payload against a layout: check 9 of rule G-2, without the values."""
    skip = message.kind == Kind.SKIP
    if skip and (frames or message.parts):
        raise GradMQError(Code.LENGTH, "kind SKIP has no payload")
    if message.layout != layout.id and not (skip and not message.layout):
        raise GradMQError(
            Code.LAYOUT,
            f"the gradient is for layout {message.layout:016x}, the model has {layout.id:016x}",
        )
    if skip:
        return
    parts = parts_of(message, layout)
    payload.check(layout, parts, [len(frame) for frame in frames])
    payload.check_indices(layout, parts, _joined(frames))


def _joined(frames: Sequence[bytes]) -> AnyArray:
    return np.frombuffer(b"".join(frames), np.uint8)
