"""Local training, of which the coordinator merges what has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch

from .._codes import Kind
from .._joining import Take, WorkerOptions
from .._wire.dtypes import AnyArray, Dtype
from ..compression import Compression
from ..errors import Code, error
from ..layout import Layout
from ..tensors import Rows
from ._around import Around
from ._member import Joining, Member
from ._mirror import Named, filled, master_dtype, part
from ._reading import loss_of, numbers_of
from ._tensors import array_of

if TYPE_CHECKING:
    from typing_extensions import Unpack


class LocalUpdates(Around, torch.optim.Optimizer):  # type: ignore[misc, unused-ignore]
    """
    Steps of an optimizer of torch's; every so many of them, what has changed is pushed.

        inner = torch.optim.AdamW(model.parameters(), lr=1e-3)
        opt = gradmq.torch.LocalUpdates(model, inner, "tcp://127.0.0.1:5570", every=100)
        for x, y in batches:
            opt.zero_grad()
            loss_of(model(x), y).backward()
            opt.step()
        opt.close()

    The coordinator's policy is merge. It takes a step along the mean of `merge_count` such changes:
    federated averaging with sgd and rate 1, DiLoCo with nesterov. `param_groups` and state are
    those of the inner optimizer, whose moments remain as they are when parameters are merged.

    A DistributedDataParallel module is one worker, of which the leader pushes. It belongs to one
    thread at a time. `with` closes it.
    """

    def __init__(
        self,
        module: Named,
        inner: torch.optim.Optimizer,
        control: str,
        *,
        every: int,
        take: Take = "next",
        load_if_empty: bool = False,
        settings: Mapping[str, Any] | None = None,
        strict: bool = True,
        dtype: str | Dtype | None = None,
        compression: Compression | None = None,
        group: Any = None,
        **options: Unpack[WorkerOptions],
    ) -> None:
        """
        Join, and copy the newest parameters into the module.

        Args:
            module: A module, or its parameters with names.
            inner: Which trains the same parameters.
            control: The control endpoint.
            every: Steps between two pushes.
            take: What training goes on from after a push. "next": the parameters that were made
                of this change and others, which are waited for. "newest": those that are there,
                where the change may not be in yet.
            load_if_empty: As of `Optimizer`.
            settings: As of `Optimizer`.
            strict: As of `Optimizer`.
            dtype: As of `Optimizer`.
            compression: As of `Optimizer`.
            group: As of `Optimizer`; its processes make the same steps.
            options: As of `gradmq.Worker`. Without `on_verdict`, refusals are logged.

        Raises:
            GradMQError: as `Optimizer`; STATE: the policy is not merge.
        """
        if every < 1:
            raise error(Code.ARGUMENT, f"every is {every}; it has to be at least 1")
        if compression is not None and dtype is not None:
            raise error(Code.ARGUMENT, "what is compressed has the model's own dtype; leave dtype")
        how = Joining(take, load_if_empty, settings, strict, compression, group, options, True)
        self._member = Member(module, control, how, _suits)
        self._inner = inner
        self._every = every
        self._dtype = dtype
        self._whole = compression is not None
        self._steps = 0
        self._weight: float | None = None
        self._metrics: dict[str, float | tuple[float, float]] = {}
        super().__init__(inner.param_groups, inner.defaults)
        self._share()

    def _share(self) -> None:
        """Schedulers and the like see what the inner optimizer has."""
        self.param_groups = self._inner.param_groups
        self.state = self._inner.state

    # ----------------------------------------------------------------------------------------------
    # A step

    def step(  # type: ignore[override, unused-ignore]
        self,
        closure: Callable[[], Any] | None = None,
        *,
        metrics: Mapping[str, Any] | None = None,
        weight: float | None = None,
    ) -> Any:
        """
        A step of the inner optimizer; if its turn has come, `merge`.

        Args:
            closure: Computes gradients and returns the loss.
            metrics: Numbers by name, such as {"loss": loss}; the newest go with the next push.
            weight: Of this step, such as the number of examples, where the rule weighs. Those of
                all steps are added up. None: no weight is told.

        Returns:
            What the closure returned.
        """
        loss = None
        if closure is None:
            self._inner.step()
        else:
            loss = self._inner.step(lambda: loss_of(closure))
        self._steps += 1
        if weight is not None:
            self._weight = (self._weight or 0.0) + weight
        self._metrics.update(numbers_of(metrics))
        if self._steps >= self._every:
            self.merge()
        return loss

    def merge(self) -> None:
        """
        Push what has changed since parameters were taken, and take others.

        Without a step since then, parameters are taken, and a skip is pushed.
        """
        self._member.take(before=self._push)
        self._began()

    def _began(self) -> None:
        self._steps = 0
        self._weight = None
        self._metrics = {}

    def _push(self) -> None:
        worker = self._member.worker
        if not self._steps:
            worker.skip()
            return
        changes = self._changes(worker.layout)
        worker.add_model_parameters(
            changes, kind=Kind.DELTA, weight=self._weight or 1.0, metrics=self._metrics,
            dtype=self._dtype, partial=len(changes) < len(worker.layout.tensors), copy=False,
        )  # fmt: skip

    def _changes(self, layout: Layout) -> dict[str, AnyArray | Rows]:
        """By how much each tensor differs from what was copied into it."""
        base = self._member.base
        assert base is not None
        master = master_dtype(layout)
        given: dict[str, AnyArray | Rows] = {}
        with torch.no_grad():
            for name, tensor in self._member.mirror:
                if not tensor.requires_grad:
                    continue
                was = part(self._member.layout, base, name).to(tensor.device, tensor.dtype)
                given[name] = array_of(name, tensor.to(master) - was.to(master))
        return filled(layout, given) if self._whole else given

    # ----------------------------------------------------------------------------------------------
    # Around it

    def zero_grad(self, set_to_none: bool = True) -> None:
        """As of the inner optimizer."""
        self._inner.zero_grad(set_to_none)

    def state_dict(self) -> dict[str, Any]:
        """That of the inner optimizer, and under "gradmq" where training went on from."""
        return {**self._inner.state_dict(), "gradmq": self._stands()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Restore the inner optimizer, and go on from the newest parameters."""
        inner = {name: value for name, value in state_dict.items() if name != "gradmq"}
        self._inner.load_state_dict(inner)
        self._share()
        self._member.take("newest")
        self._began()

    def close(self, *, timeout: float | None = None) -> None:
        """
        Push what has changed since the last push, wait until all is settled, leave, and close.

        Under merge a change is settled when a step is made of it, which others may have to come
        for; TIMEOUT then, as of `gradmq.Worker.close`.
        """
        try:
            if self._steps and self._member.group.leads:
                self._push()
        finally:
            self._began()
            self._member.close(timeout=timeout)

    def __enter__(self) -> LocalUpdates:
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        if kind is None:
            self.close()
        else:
            self._member.close(failed=True)


def _suits(policy: str) -> None:
    if policy != "merge":
        raise error(
            Code.STATE,
            f"the coordinator's policy is {policy}, which takes gradients: take "
            "gradmq.torch.Optimizer, or set policy merge",
        )
