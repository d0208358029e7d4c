"""How `gradmq.torch` and `gradmq.jax` join: load where nothing is loaded, open, take."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypedDict

import numpy as np
import zmq

from ._wire.dtypes import AnyArray
from .coordinator import Coordinator
from .errors import Code, GradMQError, error
from .layout import Layout
from .parameters import Parameters
from .verdict import Disposition, Verdict
from .worker import Worker

Take = Literal["auto", "newest", "next", "applied"]
TAKES = ("auto", "newest", "next", "applied")

# Somebody may change the policy; so long it takes until a worker notices, in seconds.
_ASK_EVERY = 5.0

_log = logging.getLogger("gradmq")


class WorkerOptions(TypedDict, total=False):
    """Keyword arguments that go on to `gradmq.Worker`, which documents them."""

    name: str | None
    model: str | None
    stream: str | None
    timeout: float
    request_timeout: float
    linger: float
    window: int | None
    updates: bool
    secret: str | os.PathLike[str] | None
    server_key: str | os.PathLike[str] | None
    on_verdict: Callable[[Verdict], None] | None
    on_wait: Callable[[str | None], None] | None
    context: zmq.Context[Any] | None


_ONLY_OF_WORKERS = ("name", "stream", "window", "updates", "on_verdict")


def _coordinator_of(control: str, options: WorkerOptions) -> Coordinator:
    """Remote control with what of the options is not the worker's alone."""
    shared: dict[str, Any] = {
        name: value for name, value in options.items() if name not in _ONLY_OF_WORKERS
    }
    return Coordinator(control, **shared)


def _log_refusal(verdict: Verdict) -> None:
    """A gradient that does not count is worth a line."""
    if verdict.disposition == Disposition.REFUSED:
        _log.warning("%s", verdict)


def _load_if_empty(
    coordinator: Coordinator,
    arrays: Callable[[], Mapping[str, AnyArray]],
    settings: Mapping[str, Any] | None,
) -> bool:
    """
    Where no model is loaded: change settings, load one, and start. True: that was done.

    Of several that come at the same time one loads, and the others find its model.
    """
    if coordinator.describe().layout is not None:
        return False
    at = coordinator.position
    try:
        if settings:
            coordinator.set_parameters(settings, if_epoch=at.epoch, if_version=at.version)
        coordinator.set_model_parameters(
            arrays(), if_epoch=at.epoch, if_version=at.version, copy=False
        )
    except GradMQError as why:
        if why.code != Code.CONDITION:
            raise
        return False
    try:
        coordinator.start()
    except GradMQError as why:
        if why.code != Code.STATE:  # it runs already
            raise
    return True


class Source:
    """Where parameters come from after a push, which depends on the policy in force."""

    def __init__(self, worker: Worker, coordinator: Coordinator, take: str) -> None:
        """`take` is one of `TAKES`."""
        self.worker = worker
        self.coordinator = coordinator
        self._take = take
        self.refresh()

    def refresh(self, timeout: float | None = None) -> float:
        """Ask what policy is in force, and the learning rate of the next step, which it returns."""
        status = self.coordinator.status(timeout=timeout)
        self.policy = status.policy
        self.learning_rate = status.learning_rate
        self._asked = time.monotonic()
        return self.learning_rate

    def parameters(self, take: str | None = None) -> Parameters:
        """
        Parameters to go on from.

        "auto": under policy bsp those of the next round, else the newest that have arrived.
        "applied": everything pushed is settled first, and the coordinator is asked.
        """
        take = take or self._take
        if take == "auto":
            if time.monotonic() - self._asked > _ASK_EVERY:
                # Whoever is away now is waited for where it is needed.
                with contextlib.suppress(GradMQError):
                    self.refresh(timeout=1.0)
                self._asked = time.monotonic()
            take = "next" if self.policy == "bsp" else "newest"
        if take == "applied":
            self.worker.flush()
            take = "fetch"
        return self.worker.parameters(take)

    def close(self, *, timeout: float | None = None, failed: bool = False) -> None:
        """Close both; after a failure nothing is waited for."""
        try:
            if failed:
                self.worker.__exit__(GradMQError, None, None)
            else:
                self.worker.close(timeout=timeout)
        finally:
            self.coordinator.close()


def open_source(
    control: str,
    take: str,
    options: WorkerOptions,
    arrays: Callable[[], Mapping[str, AnyArray]] | None,
    settings: Mapping[str, Any] | None,
) -> Source:
    """Join; with `arrays`, these are loaded where nothing is."""
    if take not in TAKES:
        raise error(Code.ARGUMENT, f'take is "{take}"; it can be {", ".join(TAKES)}')
    if settings and arrays is None:
        raise error(
            Code.ARGUMENT,
            "settings go with load_if_empty=True; those of a coordinator that has a model are "
            "changed by gradmq.Coordinator.set_parameters",
        )
    coordinator = _coordinator_of(control, options)
    try:
        if arrays is not None:
            _load_if_empty(coordinator, arrays, settings)
        if options.get("on_verdict") is None:
            options["on_verdict"] = _log_refusal
        worker = Worker(control, **options)
        try:
            return Source(worker, coordinator, take)
        except BaseException:
            worker.close(timeout=0)
            raise
    except BaseException:
        coordinator.close()
        raise


def finite(
    metrics: Mapping[str, float | tuple[float, float]],
) -> dict[str, float | tuple[float, float]]:
    """
    Without what is not finite, which no coordinator takes.

    So the loss of a step that overflowed does not keep the step from being told.
    """
    return {
        name: told
        for name, told in metrics.items()
        if math.isfinite(told[0] if isinstance(told, tuple) else told)
    }


def check_layout(layout: Layout, shapes: Mapping[str, tuple[int, ...]], strict: bool) -> None:
    """LAYOUT, SHAPE: what is here is not the coordinator's model; names and shapes are told."""
    theirs = {tensor.name: tensor.shape for tensor in layout.tensors}
    unknown = [name for name in shapes if name not in theirs]
    absent = [name for name in theirs if name not in shapes]
    if unknown or (absent and strict):
        said = []
        if unknown:
            said.append(f"the coordinator's model has no tensor {_some(unknown)}")
        if absent and strict:
            said.append(f"this one has no tensor {_some(absent)}")
        hint = "" if unknown else "; strict=False leaves them alone"
        raise error(Code.LAYOUT, " and ".join(said) + hint)
    unlike = [
        f'"{name}" is {shape} here and {theirs[name]} at the coordinator'
        for name, shape in shapes.items()
        if theirs[name] != shape
    ]
    if unlike:
        raise error(Code.SHAPE, "; ".join(unlike[:4]) + ("; ..." if len(unlike) > 4 else ""))


def _some(names: list[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:4])
    return shown + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def zeros(layout: Layout, name: str) -> AnyArray:
    """A tensor of nothing, where whole gradients are wanted."""
    return np.zeros(layout.tensors[layout.index(name)].shape, layout.dtype.numpy)
