"""What callers of `step` say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from .._joining import finite


def loss_of(closure: Callable[[], Any] | None) -> Any:
    """What a closure returns, which may compute gradients."""
    if closure is None:
        return None
    with torch.enable_grad():
        return closure()


def numbers_of(metrics: Mapping[str, Any] | None) -> dict[str, float | tuple[float, float]]:
    """Metrics as numbers; a tensor with one element is one. Those that are not finite are not."""
    told = {
        name: (_number(one[0]), _number(one[1])) if isinstance(one, tuple) else _number(one)
        for name, one in (metrics or {}).items()
    }
    return finite(told)


def _number(told: Any) -> float:
    return float(told.detach()) if isinstance(told, torch.Tensor) else float(told)
