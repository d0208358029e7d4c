"""How whole gradients are compressed: `Worker.compress`."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import Code, error

__all__ = ["Compression", "Int8", "LowRank", "TopK"]


@dataclass(frozen=True)
class Compression:
    """
    What a gradient loses is kept in the worker and goes with the next ones, unless not `feedback`.

    Without it training ends beside the optimum.
    """

    feedback: bool = True


@dataclass(frozen=True)
class Int8(Compression):
    """Signed octets, with a scale for 256 of them: about a quarter of float32."""


@dataclass(frozen=True)
class TopK(Compression):
    """Of each tensor the elements of the greatest magnitude: this fraction of them."""

    fraction: float = 0.01

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise error(
                Code.ARGUMENT,
                f"fraction {self.fraction} of the elements; it has to be above 0 and at most 1",
            )


@dataclass(frozen=True)
class LowRank(Compression):
    """Of each matrix two thin factors of so many columns (PowerSGD); other tensors go whole."""

    rank: int = 4

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise error(Code.ARGUMENT, f"rank {self.rank}; it has to be at least 1")
