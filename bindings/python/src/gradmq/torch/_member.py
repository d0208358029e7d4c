"""A module as a member of a model: of one process, or of a group of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from .._joining import Source, WorkerOptions, open_source
from .._wire.dtypes import Dtype
from ..compression import Compression
from ..errors import Code, error
from ..layout import Layout
from ..parameters import Parameters
from ..worker import Worker
from ._group import Group
from ._mirror import Mirror, Named
from ._tensors import tensor_of

_TORCH = {
    Dtype.F32: torch.float32,
    Dtype.F64: torch.float64,
    Dtype.F16: torch.float16,
    Dtype.BF16: torch.bfloat16,
}


@dataclass(frozen=True)
class Taken:
    """Where the parameters stand that the module has; the stream's type."""

    position: tuple[int, int, int]
    dtype: Dtype
    layout: Layout


@dataclass(frozen=True)
class Joining:
    """How a module becomes a member."""

    take: str
    load_if_empty: bool
    settings: Mapping[str, Any] | None
    strict: bool
    compression: Compression | None
    group: Any
    options: WorkerOptions
    keeps_base: bool = False
    """What was copied into the module is kept, and copied into it again where nothing is newer."""


class Member:
    """
    The mirror of a module, the group, and, in its leader, worker and coordinator.

    Every call but `close` is made by all processes of a group.
    """

    def __init__(
        self, module: Named, control: str, how: Joining, suits: Callable[[str], None]
    ) -> None:
        """`suits` raises where the policy in force, which it is told, is not the right one."""
        group = how.group
        if group is None and isinstance(module, torch.nn.parallel.DistributedDataParallel):
            group = module.process_group
        self.mirror = Mirror(module)
        self.group = Group(group, self.mirror.device)
        self._how = how
        self._source: Source | None = None
        self._taken: Taken | None = None
        self.base: torch.Tensor | None = None
        try:
            self.learning_rate = self.group.agree(lambda: self._open(control, suits))
            self.take("newest")
        except BaseException:
            self.close(failed=True)
            raise

    def _open(self, control: str, suits: Callable[[str], None]) -> float:
        how = self._how
        arrays = self.mirror.arrays if how.load_if_empty else None
        self._source = open_source(control, how.take, how.options, arrays, how.settings)
        suits(self._source.policy)
        if how.compression is not None:
            self._source.worker.compress(how.compression)
        return self._source.learning_rate

    @property
    def source(self) -> Source:
        """STATE: it is closed, or this process does not lead."""
        if self._source is None:
            raise error(
                Code.STATE,
                "it is closed"
                if self.group.leads
                else "the leader of the group, its first process, has the worker",
            )
        return self._source

    @property
    def worker(self) -> Worker:
        """As `source`."""
        return self.source.worker

    @property
    def layout(self) -> Layout:
        """Of the parameters that the module has."""
        assert self._taken is not None
        return self._taken.layout

    @property
    def position(self) -> tuple[int, int, int]:
        """(instance, epoch, version) of the parameters that the module has."""
        assert self._taken is not None
        return self._taken.position

    # ----------------------------------------------------------------------------------------------

    def take(self, which: str | None = None, before: Callable[[], None] | None = None) -> None:
        """
        Take parameters and copy them into the module, where they are others than it has.

        Args:
            which: Which ones; None: as was said at first.
            before: What the leader does before.
        """
        held: list[Parameters] = []

        def lead() -> Taken:
            if before is not None:
                before()
            parameters = self.source.parameters(which)
            held.append(parameters)
            position = (parameters.instance, *parameters.position)
            return Taken(position, parameters.dtype, parameters.layout)

        taken = self.group.agree(lead)
        if self._taken is not None and taken.position == self._taken.position:
            if self.base is not None:
                self.mirror.read(taken.layout, self.base)
            return
        if self._taken is None or taken.layout.id != self._taken.layout.id:
            self.mirror.check(taken.layout, self._how.strict)
        packed = tensor_of(held[0]) if held else None
        shared = self.group.share(packed, taken.layout.elements, _TORCH[taken.dtype])
        self.mirror.read(taken.layout, shared)
        self._taken = taken
        self.base = shared if self._how.keeps_base else None

    def refresh(self) -> float:
        """The learning rate of the next step, which the coordinator is asked for."""
        self.learning_rate = self.group.agree(self._ask)
        return self.learning_rate

    def _ask(self) -> float:
        return self.source.refresh()

    def close(self, *, timeout: float | None = None, failed: bool = False) -> None:
        """Close what is open; after a failure nothing is waited for."""
        source, self._source = self._source, None
        if source is not None:
            source.close(timeout=timeout, failed=failed)
