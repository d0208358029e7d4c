"""A module's parameters, under the names that they have in a layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import torch

from .._joining import check_layout, zeros
from .._wire.dtypes import AnyArray
from ..errors import Code, error
from ..layout import Layout
from ..tensors import Rows
from ._tensors import array_of, rows_of

Named: TypeAlias = "torch.nn.Module | Iterable[tuple[str, torch.Tensor]]"


def inner_module(module: Named) -> Named:
    """What DistributedDataParallel and torch.compile have wrapped, so that names are its own."""
    while isinstance(module, torch.nn.Module):
        if isinstance(module, torch.nn.parallel.DistributedDataParallel):
            module = module.module
        elif isinstance(inner := getattr(module, "_orig_mod", None), torch.nn.Module):
            module = inner
        else:
            break
    return module


class Mirror:
    """Shared parameters have the first of their names; those without elements have no part."""

    def __init__(self, module: Named) -> None:
        inner = inner_module(module)
        named = inner.named_parameters() if isinstance(inner, torch.nn.Module) else inner
        self.tensors = {name: tensor for name, tensor in named if tensor.numel()}
        if not self.tensors:
            raise error(Code.ARGUMENT, "there are no parameters to train")

    def __iter__(self) -> Iterator[tuple[str, torch.Tensor]]:
        return iter(self.tensors.items())

    @property
    def device(self) -> torch.device:
        """Of the first one."""
        return next(iter(self.tensors.values())).device

    def check(self, layout: Layout, strict: bool) -> None:
        """LAYOUT, SHAPE: it is not the module's."""
        check_layout(layout, {name: tuple(one.shape) for name, one in self}, strict)

    def arrays(self) -> dict[str, AnyArray]:
        """Its parameters, to load them: all as they are where they are alike, else as float32."""
        alike = len({one.dtype for one in self.tensors.values()}) == 1
        return {name: array_of(name, one if alike else one.float()) for name, one in self}

    def gradients(self, layout: Layout, whole: bool) -> tuple[dict[str, AnyArray | Rows], bool]:
        """
        Its gradients, and whether one of them is a view of what may change.

        With `whole` every tensor is there, dense and in the master dtype: zeros where there is no
        gradient.
        """
        given: dict[str, AnyArray | Rows] = {}
        views = False
        for name, tensor in self:
            gradient = tensor.grad
            if gradient is None:
                continue
            if whole:
                gradient = (gradient.to_dense() if gradient.is_sparse else gradient).detach()
                gradient = gradient.to(master_dtype(layout))
            if gradient.layout != torch.strided:
                rows = rows_of(name, gradient.detach())
                if rows is None:
                    continue
                given[name] = rows
            else:
                given[name] = array_of(name, gradient)
            views = views or gradient.device.type == "cpu"
        return (filled(layout, given) if whole and given else given), views

    def read(self, layout: Layout, packed: torch.Tensor) -> None:
        """Copy the elements of all tensors into the module's, in place."""
        with torch.no_grad():
            for name, tensor in self:
                tensor.copy_(part(layout, packed, name))


def master_dtype(layout: Layout) -> torch.dtype:
    """The model's own type."""
    return torch.float64 if layout.dtype.stream == "f64" else torch.float32


def part(layout: Layout, packed: torch.Tensor, name: str) -> torch.Tensor:
    """A view of one tensor."""
    at = layout.index(name)
    tensor, first = layout.tensors[at], layout.first(at)
    return packed[first : first + tensor.elements].view(tensor.shape)


def filled(layout: Layout, given: dict[str, AnyArray | Rows]) -> dict[str, AnyArray | Rows]:
    """Zeros for what is missing."""
    return {
        tensor.name: given[tensor.name] if tensor.name in given else zeros(layout, tensor.name)
        for tensor in layout.tensors
    }
