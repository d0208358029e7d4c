"""The processes that are one worker together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import distributed

from ..errors import Code, GradMQError, error

T = TypeVar("T")


class Group:
    """
    Processes of `torch.distributed`, of which the first one, the leader, is in touch with the
    coordinator. Without a group the own process leads alone.
    """

    def __init__(self, group: Any, device: torch.device) -> None:
        self.group = group
        self._device = device
        self.leads = group is None or distributed.get_rank(group) == 0
        self.leader = 0 if group is None else distributed.get_global_rank(group, 0)

    def agree(self, act: Callable[[], T]) -> T:
        """What the leader's call returned, in every process; where it raised, all raise."""
        if self.group is None:
            return act()
        if not self.leads:
            heard: T = self._hear()
            return heard
        try:
            value = act()
        except BaseException as why:
            code = int(why.code) if isinstance(why, GradMQError) else int(Code.STATE)
            text = why.message if isinstance(why, GradMQError) else f"{type(why).__name__}: {why}"
            self._say((code, text))
            raise
        self._say((0, value))
        return value

    def _say(self, told: Any) -> None:
        distributed.broadcast_object_list(
            [told], src=self.leader, group=self.group, device=self._carrier
        )

    def _hear(self) -> Any:
        told: list[Any] = [None]
        distributed.broadcast_object_list(
            told, src=self.leader, group=self.group, device=self._carrier
        )
        code, value = told[0]
        if code:
            raise error(code, f"the leader of the group failed: {value}")
        return value

    def share(self, packed: torch.Tensor | None, elements: int, dtype: torch.dtype) -> torch.Tensor:
        """The leader's tensor, in every process."""
        if self.group is None:
            assert packed is not None
            return packed
        carried = torch.empty(elements, dtype=dtype) if packed is None else packed
        carried = carried.to(self._carrier)
        # As octets, since a backend need not know every type.
        distributed.broadcast(carried.view(torch.uint8), src=self.leader, group=self.group)
        return carried

    @property
    def _carrier(self) -> torch.device:
        """Gloo carries what lies on the CPU; NCCL and its like what lies on the device."""
        backend = distributed.get_backend(self.group)
        return torch.device("cpu") if backend in ("gloo", "mpi") else self._device
