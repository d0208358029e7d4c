"""A coordinator from afar: settings, the model, gradients, and what it tells."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, overload

import numpy.typing as npt
import zmq

from . import _limits
from ._client.packing import Tensors
from ._client.remote import RemoteCore
from ._client.saying import Metrics
from ._client.session import DEFAULT_TIMEOUT
from ._client.waiting import BlockingWaiter
from ._codes import Kind
from ._wire.dtypes import AnyArray, Dtype
from .layout import Layout
from .parameters import Parameters
from .reports import Acknowledgement, Description, Event, Operation, Position, Status, WorkerInfo
from .settings import Settings, SettingValue
from .worker import Turns

__all__ = ["Coordinator"]


class _Core(RemoteCore):
    _make_waiter = BlockingWaiter


class Coordinator:
    """Remote control of a coordinator.

        with Coordinator("tcp://127.0.0.1:5570") as coordinator:
            coordinator.set_parameters(optimizer="adam", learning_rate=1e-3)
            coordinator.set_model_parameters({"w": np.zeros((10, 64), np.float32)})
            coordinator.start()

    Every call waits for its reply: at most `timeout` seconds, the coordinator's where none is
    given. A request that is not answered is asked again under the same number, so that what it
    changes is done once. `if_epoch` and `if_version` hold a command back with CONDITION unless the
    model is exactly there. It belongs to one thread at a time.
    """

    def __init__(
        self,
        control: str,
        *,
        name: str | None = None,
        model: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        request_timeout: float = _limits.REQUEST_TIMEOUT,
        linger: float = _limits.LINGER,
        secret: str | os.PathLike[str] | None = None,
        server_key: str | os.PathLike[str] | None = None,
        on_wait: Callable[[str | None], None] | None = None,
        context: zmq.Context[Any] | None = None,
    ) -> None:
        """Connect, and ask what is there; the arguments are those of `Worker`.

        Raises:
            GradMQError: ARGUMENT, CONNECT, TIMEOUT, MODEL, VERSION; of keys IO, FORMAT, PERMISSION.
        """
        self._turns = Turns("coordinator")
        self._core = _Core(
            control, name=name, model=model, timeout=timeout, request_timeout=request_timeout,
            linger=linger, secret=secret, server_key=server_key, on_wait=on_wait, context=context,
        )  # fmt: skip
        self._turns.run(self._core.open())

    def close(self) -> None:
        """Close the connection; the coordinator goes on."""
        self._turns.run(self._core.close())

    def __enter__(self) -> Coordinator:
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        self.close()

    @property
    def model(self) -> str:
        """The model's name."""
        return self._core.model

    @property
    def position(self) -> Position:
        """Where the model stood at the newest reply."""
        return self._core.position

    # ----------------------------------------------------------------------------------------------
    # Settings

    def set_parameters(
        self,
        settings: Mapping[str, SettingValue | None] | None = None,
        *,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
        **named_settings: SettingValue | None,
    ) -> Settings:
        """Change settings, all or nothing; what is not given keeps its value.

        Args:
            settings: Values by name; None puts a setting back to its default. `groups` is a list of
                `Group`. `gradmq describe --settings` lists all of them.
            if_epoch: Only at this epoch.
            if_version: Only at this version.
            timeout: Longest wait, in seconds.
            named_settings: The same as keywords.

        Returns:
            The effective settings, their revision, and from which position they hold.

        Raises:
            GradMQError: ARGUMENT, which names setting and range; UNSUPPORTED, which names those
                there are; CONDITION. Nothing is then changed.
        """
        return self._turns.run(
            self._core.set_parameters(
                settings, if_epoch=if_epoch, if_version=if_version, timeout=timeout,
                **named_settings,
            )
        )  # fmt: skip

    def get_parameters(self, *, timeout: float | None = None) -> Settings:
        """The settings in force, and which of them somebody gave."""
        return self._turns.run(self._core.get_parameters(timeout=timeout))

    # ----------------------------------------------------------------------------------------------
    # The model

    def set_model_parameters(
        self,
        parameters: Mapping[str, npt.ArrayLike],
        *,
        dtype: str | Dtype | None = None,
        copy: bool = True,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> Layout:
        """Load a model, in the mapping's order; a new epoch begins at version 0.

        Args:
            parameters: Arrays by name; their shapes make the layout.
            dtype: Master dtype, "f32" or "f64". None: f64 where all arrays are float64, else f32.
            copy: False: sent from where the arrays lie, which must not change meanwhile.
            if_epoch: Only at this epoch.
            if_version: Only at this version.
            timeout: Longest wait, in seconds.

        Raises:
            GradMQError: SHAPE, NAME, NON_FINITE, ARGUMENT, PERMISSION, CONDITION.
        """
        return self._turns.run(
            self._core.set_model_parameters(
                parameters, dtype=dtype, copy=copy, if_epoch=if_epoch, if_version=if_version,
                timeout=timeout,
            )
        )  # fmt: skip

    @overload
    def get_model_parameters(
        self,
        stream: str | None = None,
        *,
        newer_than: None = None,
        timeout: float | None = None,
    ) -> Parameters: ...

    @overload
    def get_model_parameters(
        self,
        stream: str | None = None,
        *,
        newer_than: Parameters | tuple[int, int],
        timeout: float | None = None,
    ) -> Parameters | None: ...

    def get_model_parameters(
        self,
        stream: str | None = None,
        *,
        newer_than: Parameters | tuple[int, int] | None = None,
        timeout: float | None = None,
    ) -> Parameters | None:
        """The newest version: views of what arrived, without a copy; `Parameters.copy` makes one.

        Args:
            stream: "f32", "f64", "f16", "bf16" or "int8". None: the master dtype's.
            newer_than: None is returned when nothing is newer than this: parameters, or their
                epoch and version.
            timeout: Longest wait, in seconds.

        Raises:
            GradMQError: NO_MODEL, BUSY, UNSUPPORTED.
        """
        if newer_than is None:
            return self._turns.run(self._core.get_model_parameters(stream, timeout=timeout))
        return self._turns.run(
            self._core.get_model_parameters(stream, newer_than=newer_than, timeout=timeout)
        )

    # ----------------------------------------------------------------------------------------------
    # Gradients

    def add_gradients(
        self,
        gradients: Tensors | AnyArray,
        *,
        weight: float = 1.0,
        metrics: Metrics | None = None,
        loss_scale: float = 1.0,
        dtype: str | Dtype | None = None,
        partial: bool = False,
        base: Parameters | None = None,
        with_base: bool = True,
        dry_run: bool = False,
        copy: bool = True,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> None:
        """Add one gradient, without joining by hand, and wait until it is settled.

        It states the parameters that `get_model_parameters` gave last as its base. Who pushes many
        of them is a `Worker`. The arguments are those of `Worker.push`.

        Args:
            gradients: As of `Worker.push`.
            weight: As of `Worker.push`.
            metrics: As of `Worker.push`.
            loss_scale: As of `Worker.push`.
            dtype: As of `Worker.push`.
            partial: As of `Worker.push`.
            base: As of `Worker.push`.
            with_base: As of `Worker.push`.
            dry_run: It is checked, and nothing is kept.
            copy: As of `Worker.push`.
            if_epoch: Only at this epoch.
            if_version: Only at this version.
            timeout: Longest wait, in seconds.

        Raises:
            GradMQError: the code of a refusal; DISPOSED: it was settled and not applied.
        """
        self._turns.run(
            self._core.add_gradients(
                gradients, weight=weight, metrics=metrics, loss_scale=loss_scale, dtype=dtype,
                partial=partial, base=base, with_base=with_base, dry_run=dry_run, copy=copy,
                if_epoch=if_epoch, if_version=if_version, timeout=timeout,
            )
        )  # fmt: skip

    def add_model_parameters(
        self,
        parameters: Tensors | AnyArray,
        *,
        kind: Kind = Kind.MODEL_PARAMETERS,
        weight: float = 1.0,
        metrics: Metrics | None = None,
        dtype: str | Dtype | None = None,
        partial: bool = False,
        base: Parameters | None = None,
        with_base: bool = True,
        dry_run: bool = False,
        copy: bool = True,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> None:
        """Add one trained model under policy merge. Returns once it is received.

        It takes part in the step that `merge_count` of them make; `contributions` tells how many
        there are. What changed is taken from the base, the parameters that `get_model_parameters`
        gave last; without one, from the version that the step is made from.

        Raises:
            GradMQError: the code of a refusal; DISPOSED: it was settled and not applied.
        """
        self._turns.run(
            self._core.add_model_parameters(
                parameters, kind=kind, weight=weight, metrics=metrics, dtype=dtype,
                partial=partial, base=base, with_base=with_base, dry_run=dry_run, copy=copy,
                if_epoch=if_epoch, if_version=if_version, timeout=timeout,
            )
        )  # fmt: skip

    def contributions(self, *, timeout: float | None = None) -> tuple[int, int]:
        """How many contributions the open step has, and how many make one.

        That is `merge_count` under merge, `buffer_gradients` under async; 0: it depends on the
        members.
        """
        return self._turns.run(self._core.contributions(timeout=timeout))

    def reset(
        self,
        *,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> int:
        """Drop the contributions to the open step; returns how many.

        Raises:
            GradMQError: UNSUPPORTED: each gradient is a step.
        """
        return self._turns.run(
            self._core.reset(if_epoch=if_epoch, if_version=if_version, timeout=timeout)
        )

    def clear_gradients(
        self,
        *,
        new_epoch: bool = False,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> int:
        """Drop what is queued, which is settled as DISCARDED; returns how many.

        Args:
            new_epoch: Also fence what is still on its way.
            if_epoch: Only at this epoch.
            if_version: Only at this version.
            timeout: Longest wait, in seconds.
        """
        return self._turns.run(
            self._core.clear_gradients(
                new_epoch=new_epoch, if_epoch=if_epoch, if_version=if_version, timeout=timeout
            )
        )

    # ----------------------------------------------------------------------------------------------
    # Start and stop

    def start(
        self,
        *,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> None:
        """Apply gradients from now on; NO_MODEL, STATE (it runs already)."""
        self._turns.run(
            self._core.start(if_epoch=if_epoch, if_version=if_version, timeout=timeout)
        )

    def stop(
        self,
        *,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> None:
        """Finish the step in hand and make no other; gradients are taken and wait."""
        self._turns.run(self._core.stop(if_epoch=if_epoch, if_version=if_version, timeout=timeout))

    def destroy(
        self,
        *,
        without_checkpoint: bool = False,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> None:
        """End the coordinator: it stops, writes a last checkpoint, and tells its subscribers."""
        self._turns.run(
            self._core.destroy(
                without_checkpoint=without_checkpoint, if_epoch=if_epoch, if_version=if_version,
                timeout=timeout,
            )
        )  # fmt: skip

    # ----------------------------------------------------------------------------------------------
    # What it tells

    def describe(self, *, timeout: float | None = None) -> Description:
        """Endpoints, layout, limits, and what it can do."""
        return self._turns.run(self._core.describe(timeout=timeout))

    def status(self, *, timeout: float | None = None) -> Status:
        """State, position, counters, and what is waited for."""
        return self._turns.run(self._core.status(timeout=timeout))

    def workers(self, *, page: int = 256, timeout: float | None = None) -> list[WorkerInfo]:
        """The members, by name. They are asked for in pages of so many, at most 1024."""
        return self._turns.run(self._core.workers(page=page, timeout=timeout))

    def acknowledgement(
        self,
        worker: str,
        incarnation: int,
        *,
        sent_through: int | None = None,
        timeout: float | None = None,
    ) -> Acknowledgement:
        """What the sequences of a worker have come to.

        Args:
            worker: Its name.
            incarnation: Of its life; `workers` and `Stats` tell it.
            sent_through: The highest sequence that was sent: what did not arrive is missing, too.
            timeout: Longest wait, in seconds.
        """
        return self._turns.run(
            self._core.acknowledgement(
                worker, incarnation, sent_through=sent_through, timeout=timeout
            )
        )

    def sync(self, nonce: int | None = None, *, timeout: float | None = None) -> int:
        """Have a mark with this number published on updates and events; returns the number."""
        return self._turns.run(self._core.sync(nonce, timeout=timeout))

    def events(
        self,
        *,
        worker: str | None = None,
        announcements: bool = False,
        malformed: bool = False,
        timeout: float | None = None,
    ) -> Iterator[Event | Acknowledgement]:
        """Iterate over heartbeats, notices and step reports.

        The subscription holds when the first is asked for; nothing that is published later is
        missed but by overflow. It ends with `break`.

        Args:
            worker: Also what is told to this worker, its acknowledgements included.
            announcements: Also new versions.
            malformed: Also what arrived and could not be attributed to a worker.
            timeout: Longest wait for one of them, in seconds; TIMEOUT then.
        """
        watch = self._turns.run(self._core.watch(worker, announcements, malformed))

        def following() -> Iterator[Event | Acknowledgement]:
            try:
                while True:
                    yield self._turns.run(watch.next(timeout))
            finally:
                watch.close()

        return following()

    # ----------------------------------------------------------------------------------------------
    # Operations

    def checkpoint(
        self,
        *,
        wait: bool = True,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> Operation:
        """Write a checkpoint now, and wait until it is on the disk.

        Args:
            wait: False: return when it has begun.
            if_epoch: Only at this epoch.
            if_version: Only at this version.
            timeout: Longest wait, in seconds.

        Raises:
            GradMQError: STATE (one is being written), NO_MODEL, UNSUPPORTED (it has no folder),
                INTERNAL (it could not be written).
        """
        return self._turns.run(
            self._core.checkpoint(
                wait=wait, if_epoch=if_epoch, if_version=if_version, timeout=timeout
            )
        )

    def restore(
        self,
        checkpoint: str | None = None,
        *,
        wait: bool = True,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> Operation:
        """Go back to a checkpoint: the newest, or the one of this name. A new epoch begins."""
        return self._turns.run(
            self._core.restore(
                checkpoint, wait=wait, if_epoch=if_epoch, if_version=if_version, timeout=timeout
            )
        )

    def record(
        self,
        name: str,
        *,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> Operation:
        """Write down what happens from now on, to a new file of this name at the coordinator."""
        return self._turns.run(
            self._core.record(name, if_epoch=if_epoch, if_version=if_version, timeout=timeout)
        )

    def stop_recording(self, *, wait: bool = True, timeout: float | None = None) -> Operation:
        """End the recording, and wait until the file is whole."""
        return self._turns.run(self._core.stop_recording(wait=wait, timeout=timeout))
