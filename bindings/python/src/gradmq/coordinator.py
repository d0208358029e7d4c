"""A coordinator from afar: settings, the model, gradients, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import overload

import numpy.typing as npt

from ._client.packing import Tensors
from ._client.saying import Metrics
from ._codes import Kind
from ._control import Control
from ._wire.dtypes import AnyArray, Dtype
from .layout import Layout
from .parameters import Parameters
from .settings import Settings, SettingValue

__all__ = ["Coordinator"]


class Coordinator(Control):
    """
    Remote control of a coordinator.

        with Coordinator("tcp://127.0.0.1:5570") as coordinator:
            coordinator.set_parameters(optimizer="adam", learning_rate=1e-3)
            coordinator.set_model_parameters({"w": np.zeros((10, 64), np.float32)})
            coordinator.start()

    Every call waits for its reply: at most `timeout` seconds, the coordinator's where none is
    given. A request that is not answered is asked again under the same number, so that what it
    changes is done once. `if_epoch` and `if_version` hold a command back with CONDITION unless the
    model is exactly there. It belongs to one thread at a time.
    """

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
        """
        Change settings, all or nothing; what is not given keeps its value.

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
        """
        Load a model, in the mapping's order; a new epoch begins at version 0.

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
        """
        The newest version: views of what arrived, without a copy; `Parameters.copy` makes one.

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
        """
        Add one gradient, without joining by hand, and wait until it is settled.

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
        """
        Add one trained model under policy merge. Returns once it is received.

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
        """
        How many contributions the open step has, and how many make one.

        That is `merge_count` under merge, `buffer_gradients` under async; 0: it depends on the
        members.
        """
        return self._turns.run(self._core.contributions(timeout=timeout))
