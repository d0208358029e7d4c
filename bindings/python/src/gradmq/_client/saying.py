"""What a push says beyond the numbers, as the header of a gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import _limits
from .._codes import Encoding, Kind
from .._wire.payload import Part
from ..errors import Code, error

# A metric is a number, or a number with its weight, such as the examples that it is the mean of.
Metrics = Mapping[str, "float | tuple[float, float]"]


@dataclass(frozen=True)
class Said:
    """Checked when it is made: ARGUMENT, NAME."""

    kind: Kind = Kind.GRADIENT
    weight: float = 1.0
    metrics: Metrics = field(default_factory=dict)
    loss_scale: float = 1.0
    clock: int | None = None
    last_of_clock: bool = False

    def __post_init__(self) -> None:
        if self.kind not in Kind._value2member_map_:
            raise error(Code.ARGUMENT, f"kind {self.kind} is none: {', '.join(Kind.__members__)}")
        for what in ("weight", "loss_scale"):
            value = getattr(self, what)
            if not (math.isfinite(value) and value > 0):
                raise error(Code.ARGUMENT, f"{what} is {value}; it has to be finite and above 0")
        if self.clock is not None and self.clock < 0:
            raise error(Code.ARGUMENT, f"clock is {self.clock}; it cannot be below 0")
        if len(self.metrics) > _limits.METRICS:
            raise error(
                Code.ARGUMENT, f"{len(self.metrics)} metrics are given; {_limits.METRICS} can go"
            )
        for name, told in self.metrics.items():
            _check_metric(name, *_metric(told))

    def write(self, gradient: Any) -> None:
        """Fill in a header."""
        if self.kind != Kind.GRADIENT:
            gradient.kind = self.kind
        if self.weight != 1:
            gradient.weight = self.weight
        if self.loss_scale != 1:
            gradient.loss_scale = self.loss_scale
        if self.clock is not None:
            gradient.clock = self.clock
        if self.last_of_clock:
            gradient.last_of_clock = True
        for name, told in self.metrics.items():
            value, weight = _metric(told)
            metric = gradient.metrics.add(name=name, value=value)
            if weight != 1:
                metric.weight = weight


def _metric(told: float | tuple[float, float]) -> tuple[float, float]:
    if isinstance(told, tuple):
        value, weight = told
        return float(value), float(weight)
    return float(told), 1.0


def _check_metric(name: str, value: float, weight: float) -> None:
    if not _limits.is_metric_name(name):
        raise error(
            Code.NAME,
            f'metric "{name[:80]}" has no valid name: 1 to {_limits.NAME_BYTES} bytes of UTF-8 '
            "without control characters",
        )
    if not math.isfinite(value) or not (math.isfinite(weight) and weight > 0):
        raise error(
            Code.ARGUMENT,
            f"metric {name}: value {value} and weight {weight} have to be finite, the weight "
            "above 0",
        )


def write_parts(gradient: Any, parts: list[Part], sizes: list[int]) -> None:
    """The parts of a header, each with its own dtype where it is not the message's."""
    for part, size in zip(parts, sizes, strict=True):
        told = gradient.parts.add(tensor=part.tensor, bytes=size)
        if part.encoding != Encoding.DENSE:
            told.encoding = part.encoding
        if part.dtype != gradient.dtype:
            told.dtype = part.dtype
        if part.count:
            told.count = part.count
