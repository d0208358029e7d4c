"""A coordinator from afar: what `gradmq.Coordinator` and its asyncio twin have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from .. import _limits
from .. import settings as settings_module
from .._codes import Kind
from .._wire import schema
from .._wire.dtypes import AnyArray, Dtype, named, of_array
from ..errors import Code, error
from ..layout import Layout
from ..parameters import Parameters
from ..reports import Position
from ..settings import Settings, SettingValue
from . import adding, arrival, packing
from .arrival import Described
from .asking import Asking
from .packing import Tensors
from .rejoin import read_layout
from .saying import Metrics, Said


class RemoteCore(Asking):
    """All calls of a remote coordinator, as coroutines that wait by a `Waiter`."""

    def __init__(self, control: str, **options: Any) -> None:
        """As `Asking`."""
        super().__init__(control, **options)
        self._base: tuple[int, int] | None = None
        self._adding = self.session.waiter.lock()

    # ----------------------------------------------------------------------------------------------
    # Settings

    async def set_parameters(
        self,
        settings: Mapping[str, SettingValue | None] | None = None,
        *,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
        **named_settings: SettingValue | None,
    ) -> Settings:
        """Change settings, all or nothing; see `gradmq.Coordinator.set_parameters`."""
        body = schema.Request().set_parameters
        settings_module.write(body, {**(settings or {}), **named_settings})
        answer = await self.ask(
            "set_parameters", body, if_epoch=if_epoch, if_version=if_version, timeout=timeout
        )
        return settings_module.read(answer.body("parameters"))

    async def get_parameters(self, *, timeout: float | None = None) -> Settings:
        """The settings in force; see `gradmq.Coordinator.get_parameters`."""
        answer = await self.ask("get_parameters", timeout=timeout)
        return settings_module.read(answer.body("parameters"))

    # ----------------------------------------------------------------------------------------------
    # The model

    async def set_model_parameters(
        self,
        parameters: Mapping[str, npt.ArrayLike],
        *,
        dtype: str | Dtype | None = None,
        copy: bool = True,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> Layout:
        """Load a model; see `gradmq.Coordinator.set_model_parameters`."""
        arrays = {name: np.asarray(value) for name, value in parameters.items()}
        types = {of_array(array) for array in arrays.values()}
        if dtype is not None:
            master = named(dtype)
        else:
            master = Dtype.F64 if types == {Dtype.F64} else Dtype.F32
        layout = Layout.of(arrays, master)
        alike = len(types) == 1 and None not in types
        packed = packing.pack(
            layout,
            arrays,
            dtype=None if alike else master,
            partial=False,
            copy=copy,
            pool=self.pool,
        )
        body = schema.Request().set_model_parameters
        body.layout.dtype = master
        for tensor in layout.tensors:
            body.layout.tensors.add(name=tensor.name, shape=tensor.shape)
        body.dtype = packed.dtype
        body.bytes = packed.bytes
        answer = await self.ask(
            "set_model_parameters",
            body,
            packed.frames,
            if_epoch=if_epoch,
            if_version=if_version,
            timeout=timeout,
        )
        answer.body("loaded")
        self._layout = layout
        return layout

    @overload
    async def get_model_parameters(
        self,
        stream: str | None = None,
        *,
        newer_than: None = None,
        timeout: float | None = None,
    ) -> Parameters: ...

    @overload
    async def get_model_parameters(
        self,
        stream: str | None = None,
        *,
        newer_than: Parameters | tuple[int, int],
        timeout: float | None = None,
    ) -> Parameters | None: ...

    async def get_model_parameters(
        self,
        stream: str | None = None,
        *,
        newer_than: Parameters | tuple[int, int] | None = None,
        timeout: float | None = None,
    ) -> Parameters | None:
        """The newest version; see `gradmq.Coordinator.get_model_parameters`."""
        body = schema.Request().get_model_parameters
        if stream is not None:
            body.stream = _limits.check_name("stream", stream)
        if newer_than is not None:
            known = newer_than.position if isinstance(newer_than, Parameters) else newer_than
            body.newer_than.epoch, body.newer_than.version = known
        answer = await self.ask("get_model_parameters", body, timeout=timeout)
        told, position = answer.body("model_parameters"), Position.of(answer.message.position)
        if told.unchanged:
            return None
        layout = await self.know_layout(told.layout_id, timeout)
        described = Described(
            position.instance, position.epoch, position.version,
            told.layout_id, told.dtype, told.encoding,
        )  # fmt: skip
        found = arrival.read(described, layout, answer.frames, self.pool)
        self._base = found.position
        return found

    async def know_layout(self, layout_id: int, timeout: float | None) -> Layout:
        """The layout of that id; LAYOUT: it is another one by now."""
        if self._layout is None or self._layout.id != layout_id:
            answer = await self.ask("describe", timeout=timeout)
            self._layout = read_layout(answer.body("description"))
        if self._layout is None:
            raise error(Code.NO_MODEL, f"no model is loaded into {self.model}")
        if layout_id and self._layout.id != layout_id:
            raise error(Code.LAYOUT, "the model is being replaced; ask again")
        return self._layout

    # ----------------------------------------------------------------------------------------------
    # Gradients

    async def add_gradients(
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
        """Add one gradient; see `gradmq.Coordinator.add_gradients`."""
        said = Said(Kind.GRADIENT, weight, metrics or {}, loss_scale)
        order = adding.Order("add_gradients", said, dtype, partial, copy, dry_run, settled=True)
        head = {"if_epoch": if_epoch, "if_version": if_version}
        await self._add(gradients, order, base, with_base, head, timeout)

    async def add_model_parameters(
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
        """Add one model to merge; see `gradmq.Coordinator.add_model_parameters`."""
        if kind not in (Kind.MODEL_PARAMETERS, Kind.DELTA):
            raise error(Code.ARGUMENT, "a gradient is no parameters: add_gradients, or say DELTA")
        said = Said(kind, weight, metrics or {})
        order = adding.Order(
            "add_model_parameters", said, dtype, partial, copy, dry_run, settled=False
        )
        head = {"if_epoch": if_epoch, "if_version": if_version}
        await self._add(parameters, order, base, with_base, head, timeout)

    async def _add(
        self,
        tensors: Tensors | AnyArray,
        order: adding.Order,
        base: Parameters | None,
        with_base: bool,
        head: dict[str, int | None],
        timeout: float | None,
    ) -> None:
        stated = base.position if base is not None else self._base
        async with self._adding:
            await adding.add(self, tensors, order, stated if with_base else None, head, timeout)
