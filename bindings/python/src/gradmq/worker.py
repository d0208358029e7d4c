"""A worker: takes parameters, pushes gradients, and sees to it that each counts exactly once."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import zmq

from . import _limits
from ._client.packing import Tensors
from ._client.saying import Metrics
from ._client.session import DEFAULT_TIMEOUT
from ._client.waiting import BlockingWaiter, run
from ._client.worker import WorkerCore
from ._codes import Kind
from ._wire.dtypes import AnyArray, Dtype
from .compression import Compression
from .errors import Code, error
from .layout import Layout
from .parameters import Parameters
from .verdict import Stats, Verdict

__all__ = ["Worker"]

T = TypeVar("T")


class _Core(WorkerCore):
    _make_waiter = BlockingWaiter


class Turns:
    """One call at a time: what is called by two threads at once says so."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._busy = threading.Lock()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a call to its end."""
        if not self._busy.acquire(blocking=False):
            coroutine.close()
            raise error(
                Code.STATE,
                f"the {self._what} is in a call already: another thread uses it, or one of its "
                "handlers called it",
            )
        try:
            return run(coroutine)
        finally:
            self._busy.release()


class Worker:
    """
    A worker at one coordinator.

        with Worker("tcp://127.0.0.1:5570", name="w1") as worker:
            for parameters in worker.updates():
                loss, gradients = compute(parameters)
                worker.push(gradients, metrics={"loss": loss})

    Opened by its constructor, which waits until a model is there. A `with` block that ends without
    an exception waits until everything is settled (`close`); after one it does not wait.

    It belongs to one thread at a time. It makes progress inside its calls: acknowledgements are
    read, credit is waited for, what got lost is sent again. Only its lease is renewed from a thread
    of its own, so that a long computation does not cost the membership.
    """

    def __init__(
        self,
        control: str,
        *,
        name: str | None = None,
        model: str | None = None,
        stream: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        request_timeout: float = _limits.REQUEST_TIMEOUT,
        linger: float = _limits.LINGER,
        window: int | None = None,
        updates: bool = True,
        secret: str | os.PathLike[str] | None = None,
        server_key: str | os.PathLike[str] | None = None,
        on_verdict: Callable[[Verdict], None] | None = None,
        on_wait: Callable[[str | None], None] | None = None,
        context: zmq.Context[Any] | None = None,
    ) -> None:
        """
        Connect, join, and wait until the model is there.

        Args:
            control: The control endpoint, such as "tcp://127.0.0.1:5570"; the rest is asked for.
            name: The worker's own name, which no other may have. None: made of the host's name and
                a random number.
            model: The model that is meant. None: the one that is there.
            stream: Of updates: "f32", "f64", "f16", "bf16" or "int8". None: the master dtype's.
            timeout: Longest wait of a call that is given none, in seconds.
            request_timeout: Longest wait for a reply before the same is asked again, in seconds.
            linger: How long sockets outlive their close, in seconds.
            window: Most unsettled gradients. None: as many as there is credit for.
            updates: False: do not subscribe; parameters are asked for instead.
            secret: File of the own certificate, as `gradmq keygen` makes it, where the coordinator
                asks for keys.
            server_key: File of the coordinator's public certificate, or that key as Z85.
            on_verdict: Called, inside later calls, for each gradient that was settled without
                being applied. It must not call the worker.
            on_wait: Called when a call waits for longer than 10 ms, with one sentence that says
                what for; again each second; and with None when the wait is over. The same goes to
                the logger "gradmq".
            context: A ZeroMQ context; needed for inproc endpoints. None: the process's own.

        Raises:
            GradMQError: ARGUMENT, NAME, CONNECT, TIMEOUT, MODEL, NO_MODEL (none was loaded in
                time), VERSION; of keys IO, FORMAT, PERMISSION.
        """
        self._turns = Turns("worker")
        self._core = _Core(
            control, name=name, model=model, stream=stream, timeout=timeout,
            request_timeout=request_timeout, linger=linger, window=window, updates=updates,
            secret=secret, server_key=server_key, on_verdict=on_verdict, on_wait=on_wait,
            context=context,
        )  # fmt: skip
        self._turns.run(self._core.open())

    # ----------------------------------------------------------------------------------------------
    # Parameters

    def parameters(self, which: str = "newest", *, timeout: float | None = None) -> Parameters:
        """
        Parameters to compute from. Gradients pushed afterwards state them as their base.

        Args:
            which: "newest": the newest that has arrived, without a request. "next": newer than
                those given last, which are waited for; where the round or step ended without a
                version, the same again, since there is nothing newer to wait for. "fetch": the
                coordinator is asked.
            timeout: Longest wait, in seconds. None: the worker's.

        Raises:
            GradMQError: TIMEOUT, CONNECT, CLOSED, FENCED, NO_MODEL.
        """
        return self._turns.run(self._core.parameters(which, timeout=timeout))

    def updates(self, *, timeout: float | None = None) -> Iterator[Parameters]:
        """
        Iterate over versions, each newer than the one before, beginning with the newest.

        Versions that came while the loop's body ran are passed over but for the newest. It ends
        with `break`, or when the worker is closed.

        Args:
            timeout: Longest wait for one of them, in seconds. None: the worker's.

        Raises:
            GradMQError: as `parameters`.
        """
        last: tuple[int, int, int] | None = None
        while not self._core.closed:
            parameters = self._turns.run(self._core.next_update(last, timeout))
            last = (parameters.instance, *parameters.position)
            yield parameters

    # ----------------------------------------------------------------------------------------------
    # Gradients

    def push(
        self,
        gradients: Tensors | AnyArray,
        *,
        kind: Kind = Kind.GRADIENT,
        weight: float = 1.0,
        metrics: Metrics | None = None,
        loss_scale: float = 1.0,
        dtype: str | Dtype | None = None,
        partial: bool = False,
        base: Parameters | None = None,
        with_base: bool = True,
        clock: int | None = None,
        last_of_clock: bool = False,
        copy: bool = True,
        timeout: float | None = None,
    ) -> int:
        """
        Push one gradient. Returns when it is on its way, having waited for credit.

        It is kept, and sent again where it got lost, until it is settled.

        Args:
            gradients: Arrays by the tensors' names, each of its tensor's shape; or one packed array
                of all elements. An array is float32, float64, float16 or bfloat16 (of ml_dtypes),
                whatever the model's own type is. Instead of an array, `Rows`.
            kind: DELTA or MODEL_PARAMETERS under policy merge.
            weight: Its share, such as the number of examples, where policy or rule weigh.
            metrics: Numbers by name, such as {"loss": 0.3}; or (value, weight).
            loss_scale: What the gradient was multiplied by; the coordinator divides.
            dtype: Send as "f16", "bf16", "f32" or "f64": converted here. With uint16 arrays "bf16"
                says that they are the upper halves of float32.
            partial: Some tensors are left out: they get no moments, no decay, no count.
            base: The parameters that it was made from. None: those given last.
            with_base: False: do not state a base; it is taken in any epoch with its layout.
            clock: Which clock it belongs to: under bsp the round, under ssp 1 + `stats.clock`.
            last_of_clock: It ends that clock. Without a clock every gradient is one of its own.
            copy: False: it is sent from where the arrays lie, which must not change until it is
                settled (`flush`).
            timeout: Longest wait, in seconds. None: the worker's.

        Returns:
            Its sequence, which a `Verdict` names.

        Raises:
            GradMQError: LENGTH, SHAPE, ARGUMENT; TIMEOUT (no credit, or no connection, in time);
                FENCED, CLOSED. It then was not pushed.
        """
        return self._turns.run(
            self._core.push(
                gradients, kind=kind, weight=weight, metrics=metrics, loss_scale=loss_scale,
                dtype=dtype, partial=partial, base=base, with_base=with_base, clock=clock,
                last_of_clock=last_of_clock, copy=copy, timeout=timeout,
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
        copy: bool = True,
        timeout: float | None = None,
    ) -> int:
        """
        Push parameters that this worker has trained, for policy merge.

        Args:
            parameters: As `gradients` of `push`.
            kind: MODEL_PARAMETERS, or DELTA: by how much they have changed.
            weight: Their share, such as the number of examples.
            metrics: As of `push`.
            dtype: As of `push`.
            partial: As of `push`.
            base: The parameters that training began from. None: those given last.
            with_base: As of `push`.
            copy: As of `push`.
            timeout: As of `push`.
        """
        return self._turns.run(
            self._core.add_model_parameters(
                parameters, kind=kind, weight=weight, metrics=metrics, dtype=dtype,
                partial=partial, base=base, with_base=with_base, copy=copy, timeout=timeout,
            )
        )  # fmt: skip

    def skip(
        self,
        *,
        metrics: Metrics | None = None,
        base: Parameters | None = None,
        with_base: bool = True,
        clock: int | None = None,
        last_of_clock: bool = False,
        timeout: float | None = None,
    ) -> int:
        """Push "nothing from me this time", which answers a round without contributing."""
        return self._turns.run(
            self._core.skip(
                metrics=metrics, base=base, with_base=with_base, clock=clock,
                last_of_clock=last_of_clock, timeout=timeout,
            )
        )  # fmt: skip

    def compress(self, how: Compression | None) -> None:
        """
        Compress what `push` gets from now on: `Int8`, `TopK`, `LowRank`, or None.

        What a gradient loses is kept in the worker, a residual of the model's size, and goes with
        the next ones; so does what was SKIPPED, DISCARDED or REFUSED (but with NON_FINITE). Tensors
        that would not become shorter go as they are, and so do MODEL_PARAMETERS. A new call
        forgets the residual, and so does a model of another layout. `push` then takes whole
        gradients in the master dtype alone, and finite values: else ARGUMENT, NON_FINITE.
        """
        self._core.compress(how)

    def flush(self, *, timeout: float | None = None) -> None:
        """Wait until everything pushed is settled; TIMEOUT, FENCED, CLOSED."""
        self._turns.run(self._core.flush(timeout=timeout))

    def poll(self, *, timeout: float = 0.0) -> None:
        """
        Read what has arrived and send again what has to be; waits at most `timeout` for it.

        Every other call does this too.
        """
        self._turns.run(self._core.poll(timeout=timeout))

    # ----------------------------------------------------------------------------------------------
    # What it tells about itself

    @property
    def name(self) -> str:
        """Its own name."""
        return self._core.name

    @property
    def model(self) -> str:
        """The model's name."""
        return self._core.model

    @property
    def layout(self) -> Layout:
        """The model's layout as it is now."""
        return self._core.layout

    @property
    def stats(self) -> Stats:
        """An account of what became of everything."""
        return self._core.stats

    @property
    def waits(self) -> str:
        """What a call waits for or, if none does, what the last one waited for: one sentence."""
        return self._core.waits

    @property
    def closed(self) -> bool:
        """Was it closed?"""
        return self._core.closed

    # ----------------------------------------------------------------------------------------------
    # Close

    def close(self, *, timeout: float | None = None) -> None:
        """
        Wait until everything pushed is settled, leave, and close. Closing twice is fine.

        Args:
            timeout: Longest wait for settlement, in seconds. None: the worker's. What is not
                settled by then is lost.

        Raises:
            GradMQError: TIMEOUT: something was not settled. The worker is closed all the same.
        """
        self._turns.run(self._core.close(timeout=timeout))

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        self._turns.run(self._core.leave_block(failed=kind is not None))

    def __del__(self) -> None:
        core = getattr(self, "_core", None)
        if core is not None and not core.closed:
            text = f"worker {core.name} was not closed"
            warnings.warn(text, ResourceWarning, stacklevel=2)
