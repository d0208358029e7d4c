"""What only asks a coordinator, or tells it something without a payload."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import zmq

from . import _limits
from ._client.remote import RemoteCore
from ._client.session import DEFAULT_TIMEOUT
from ._client.waiting import BlockingWaiter
from ._client.watch import Watch
from .reports import Acknowledgement, Description, Event, Operation, Position, Status, WorkerInfo
from .worker import Turns

C = TypeVar("C", bound="Control")


class _Core(RemoteCore):
    _make_waiter = BlockingWaiter


class Events(Iterator[Event | Acknowledgement]):
    """What `Coordinator.events` follows: an iterator that never ends by itself."""

    def __init__(self, watch: Watch, turns: Turns, timeout: float | None) -> None:
        self._watch = watch
        self._turns = turns
        self._timeout = timeout
        self._closed = False

    def __next__(self) -> Event | Acknowledgement:
        if self._closed:
            raise StopIteration
        return self._turns.run(self._watch.next(self._timeout))

    def close(self) -> None:
        """Follow no more. Closing twice is fine."""
        self._closed = True
        self._watch.close()

    def __enter__(self) -> Events:
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


class Control:
    """A connection to a control endpoint; `Coordinator` says more."""

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
        """
        Connect, and ask what is there; the arguments are those of `Worker`.

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

    def __enter__(self: C) -> C:
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
    # Start and stop

    def start(
        self,
        *,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> None:
        """Apply gradients from now on; NO_MODEL, STATE (it runs already)."""
        self._turns.run(self._core.start(if_epoch=if_epoch, if_version=if_version, timeout=timeout))

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

    def reset(
        self,
        *,
        if_epoch: int | None = None,
        if_version: int | None = None,
        timeout: float | None = None,
    ) -> int:
        """
        Drop the contributions to the open step; returns how many.

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
        """
        Drop what is queued, which is settled as DISCARDED; returns how many.

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
        """
        What the sequences of a worker have come to.

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
    ) -> Events:
        """
        Iterate over heartbeats, notices and step reports.

        The subscription holds when this returns; nothing that is published later is missed but by
        overflow. It ends with `Events.close`, or the end of its `with` block.

        Args:
            worker: Also what is told to this worker, its acknowledgements included.
            announcements: Also new versions.
            malformed: Also what arrived and could not be attributed to a worker.
            timeout: Longest wait for one of them, in seconds; TIMEOUT then.
        """
        watch = self._turns.run(self._core.watch(worker, announcements, malformed))
        return Events(watch, self._turns, timeout)

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
        """
        Write a checkpoint now, and wait until it is on the disk.

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
