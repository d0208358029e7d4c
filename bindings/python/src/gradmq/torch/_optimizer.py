"""An optimizer whose steps the coordinator makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch

from .._joining import Take, WorkerOptions
from .._wire.dtypes import AnyArray, Dtype
from ..compression import Compression
from ..errors import Code, error
from ..layout import Layout
from ..tensors import Rows
from ._around import Around
from ._group import Group
from ._member import Joining, Member
from ._mirror import Named
from ._reading import loss_of, numbers_of

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Optimizer(Around, torch.optim.Optimizer):  # type: ignore[misc, unused-ignore]
    """
    Pushes gradients to a coordinator, and takes the parameters that it makes of them.

        opt = gradmq.torch.Optimizer(model, "tcp://127.0.0.1:5570")
        for x, y in batches:
            opt.zero_grad()
            loss_of(model(x), y).backward()
            opt.step()
        opt.close()

    Tensors have the names of `model.named_parameters()`. Optimizer, learning rate, schedule, decay
    and clipping are settings of the coordinator; `param_groups` shows the learning rate, which
    cannot be changed there unless `sets_learning_rate` says so. Buffers, such as the running means
    of BatchNorm, are nobody's but the module's.

    A parameter without a gradient is left out of what is pushed, as torch's own optimizers leave it
    out. A sparse gradient goes as its rows. One in float16 or bfloat16 goes as it is. A gradient on
    the CPU is copied once; one on a device is moved to the host once.

    GradScaler: gradients go scaled, with the scale beside them; a step that overflowed is skipped,
    and a round is told so.

    A DistributedDataParallel module is one worker: its first process, the leader, pushes what the
    processes have averaged, and all get the parameters. Metrics and weight are the leader's.

    Under policy bsp `step` returns with the parameters of the next round. It belongs to one thread
    at a time. `with` closes it.
    """

    _step_supports_amp_scaling = True  # read by GradScaler
    grad_scale: torch.Tensor | None
    found_inf: torch.Tensor | None

    def __init__(
        self,
        module: Named,
        control: str,
        *,
        take: Take = "auto",
        load_if_empty: bool = False,
        settings: Mapping[str, Any] | None = None,
        strict: bool = True,
        dtype: str | Dtype | None = None,
        whole: bool = False,
        compression: Compression | None = None,
        sets_learning_rate: bool = False,
        group: Any = None,
        **options: Unpack[WorkerOptions],
    ) -> None:
        """
        Join, and copy the newest parameters into the module.

        Args:
            module: A module, or its parameters with names.
            control: The control endpoint.
            take: What `step` takes after its push. "auto": under bsp the parameters of the next
                round, else the newest that have arrived. "next": newer ones, which are waited for.
                "applied": those that come of all that was pushed, as if there were no broker
                between; a round trip a step.
            load_if_empty: Where no model is loaded: load this one, and start. Of several workers
                that come at a time, one does.
            settings: Of the coordinator, changed before this one is loaded, and only then.
            strict: False: the coordinator's model may have tensors that this one has not.
            dtype: Push as "bf16", "f16", "f32" or "f64". None: as the gradients are.
            whole: Push every tensor, dense and in the model's own type, zeros where there is no
                gradient: for rules that compare, and for compression.
            compression: Compress what is pushed; it is then whole.
            sets_learning_rate: What a scheduler of torch's, or anybody, writes into `param_groups`
                is made the coordinator's learning rate at the next `step`. Only one worker should,
                and the coordinator has no schedule then.
            group: A torch.distributed group that is one worker, whose gradients are the same in
                every process. None: that of a DistributedDataParallel module, else this process.
            options: As of `gradmq.Worker`. Without `on_verdict`, refusals are logged.

        Raises:
            GradMQError: as `gradmq.Worker`; LAYOUT, SHAPE: the coordinator has another model;
                STATE: its policy is merge; ARGUMENT.
        """
        whole = whole or compression is not None
        if whole and dtype is not None:
            raise error(Code.ARGUMENT, "whole gradients go in the model's own dtype; leave dtype")
        how = Joining(take, load_if_empty, settings, strict, compression, group, options)
        self._member = Member(module, control, how, _suits)
        self._dtype = dtype
        self._whole = whole
        self._sets_learning_rate = sets_learning_rate
        self._rate = self._member.learning_rate
        self._reduced = False  # by `hook`
        try:
            if sets_learning_rate:
                self._member.group.agree(self._check_schedule)
            super().__init__(list(self._member.mirror.tensors.values()), {"lr": self._rate})
        except BaseException:
            self._member.close(failed=True)
            raise

    def _check_schedule(self) -> None:
        schedule = self._member.source.coordinator.get_parameters()["schedule"]
        if schedule != "constant":
            raise error(
                Code.ARGUMENT,
                f"the coordinator has the schedule {schedule}; with sets_learning_rate it has to "
                "be constant",
            )

    # ----------------------------------------------------------------------------------------------
    # A step

    def step(  # type: ignore[override, unused-ignore]
        self,
        closure: Callable[[], Any] | None = None,
        *,
        metrics: Mapping[str, Any] | None = None,
        weight: float = 1.0,
        loss_scale: float | None = None,
    ) -> Any:
        """
        Push the gradients, and copy parameters into the module.

        Where no parameter has a gradient, and where GradScaler found one that is not finite, a skip
        is pushed.

        Args:
            closure: Computes gradients and returns the loss, which becomes the metric "loss".
            metrics: Numbers by name, such as {"loss": loss}; or (value, weight). What is not
                finite is left out.
            weight: Its share, such as the number of examples, where policy or rule weigh.
            loss_scale: What the loss was multiplied by. None: 1, or what GradScaler says.

        Returns:
            What the closure returned.

        Raises:
            GradMQError: as `gradmq.Worker.push` and `parameters`; the module keeps what it had.
        """
        loss = loss_of(closure)
        told = numbers_of({"loss": loss} if closure is not None else None)
        told.update(numbers_of(metrics))
        scale, overflowed = self._scale(loss_scale)
        self._follow_rate()

        def push() -> None:
            worker = self._member.worker
            layout = worker.layout
            gradients, views = self._gradients(layout, overflowed)
            if not gradients:
                worker.skip(metrics=told)
                return
            worker.push(
                gradients, weight=weight, metrics=told, loss_scale=scale, dtype=self._dtype,
                partial=len(gradients) < len(layout.tensors), copy=views,
            )  # fmt: skip

        self._member.take(before=push)
        return loss

    def _gradients(
        self, layout: Layout, overflowed: bool
    ) -> tuple[dict[str, AnyArray | Rows], bool]:
        return ({}, False) if overflowed else self._member.mirror.gradients(layout, self._whole)

    def _scale(self, loss_scale: float | None) -> tuple[float, bool]:
        """The loss scale, and whether GradScaler has found something that is not finite."""
        found_inf = getattr(self, "found_inf", None)
        if found_inf is not None and self._reduced:
            raise error(
                Code.STATE,
                "GradScaler looks at the gradients of every process, and gradmq.torch.hook "
                "leaves them to the leader: do not register the hook",
            )
        told = getattr(self, "grad_scale", None)
        overflowed = found_inf is not None and bool(float(found_inf))
        if loss_scale is None:
            loss_scale = 1.0 if told is None else float(told)
        return loss_scale, overflowed

    def _follow_rate(self) -> None:
        wanted = float(self.param_groups[0]["lr"])
        if wanted == self._rate:
            return
        if not self._sets_learning_rate:
            raise error(
                Code.STATE,
                f"somebody has set lr to {wanted:g}, and the coordinator's learning rate was "
                f"{self._rate:g}: set it there, by Coordinator.set_parameters(learning_rate=...) "
                "or a schedule; or say sets_learning_rate=True",
            )

        def change() -> None:
            self._member.source.coordinator.set_parameters(learning_rate=wanted)

        self._member.group.agree(change)
        self._rate = wanted

    # ----------------------------------------------------------------------------------------------
    # Around it

    def take(self) -> None:
        """Copy the newest parameters into the module without pushing, such as before a test."""
        self._member.take("newest")

    def refresh(self) -> float:
        """Ask for the learning rate of the coordinator's next step; `param_groups` then has it."""
        self._rate = self._member.refresh()
        for group in self.param_groups:
            group["lr"] = self._rate
        return self._rate

    def reduces(self) -> Group:
        """For `hook`: the group, whose leader alone has gradients from now on."""
        group = self._member.group
        if group.group is None:
            raise error(
                Code.STATE,
                "gradmq.torch.hook is for an Optimizer of the DistributedDataParallel module; "
                "this one is of a process alone",
            )
        self._reduced = True
        return group

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """One group alone: groups are the setting `groups` of the coordinator."""
        if self.param_groups:
            raise error(
                Code.STATE, "what differs between tensors is the coordinator's setting groups"
            )
        super().add_param_group(param_group)

    def state_dict(self) -> dict[str, Any]:
        """
        What torch's optimizers have there, and under "gradmq" where the module stands.

        Moments and settings are the coordinator's, whose checkpoints hold them.
        """
        return {**super().state_dict(), "gradmq": self._stands()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """
        Take the newest parameters, which are those to go on from.

        Nothing else is restored: the state is at the coordinator, and this worker remains itself.

        Raises:
            GradMQError: ARGUMENT: it is not of such an optimizer; as `take`.
        """
        if "gradmq" not in state_dict:
            raise error(
                Code.ARGUMENT,
                "this is the state of another optimizer; the coordinator would need it: there, "
                "a checkpoint can be restored",
            )
        self.take()

    def close(self, *, timeout: float | None = None) -> None:
        """Wait until everything pushed is settled, leave, and close; as `gradmq.Worker.close`."""
        self._member.close(timeout=timeout)

    def __enter__(self) -> Optimizer:
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        self._member.close(failed=kind is not None)


def _suits(policy: str) -> None:
    if policy == "merge":
        raise error(
            Code.STATE,
            "the coordinator's policy is merge, which takes what training has changed and no "
            "gradients: take gradmq.torch.LocalUpdates, or set another policy",
        )
