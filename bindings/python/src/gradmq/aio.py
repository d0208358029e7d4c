"""
GradMQ under asyncio: the same calls as `gradmq.Worker` and `gradmq.Coordinator`, to be awaited.

A task that is cancelled while it waits leaves everything as it is: what was pushed stays pushed.
Several tasks can use one worker at a time, such as one that iterates over updates and one that
pushes. The event loop has to watch descriptors, as those of POSIX systems do.
"""

from __future__ import annotations

from ._client.remote import RemoteCore
from ._client.waiting import AsyncioWaiter
from ._client.worker import WorkerCore

__all__ = ["AsyncCoordinator", "AsyncWorker"]


class AsyncWorker(WorkerCore):
    """
    A worker in an event loop.

        async with AsyncWorker("tcp://127.0.0.1:5570", name="w1") as worker:
            async for parameters in worker.updates():
                await worker.push(gradients(parameters))

    Its arguments and calls are those of `gradmq.Worker`, which says what they do.
    """

    _make_waiter = AsyncioWaiter

    async def __aenter__(self) -> AsyncWorker:
        await self.open()
        return self

    async def __aexit__(self, kind: object, value: object, traceback: object) -> None:
        await self.leave_block(failed=kind is not None)


class AsyncCoordinator(RemoteCore):
    """
    A coordinator from afar, in an event loop.

    Its arguments and calls are those of `gradmq.Coordinator`, which says what they do.
    """

    _make_waiter = AsyncioWaiter

    async def __aenter__(self) -> AsyncCoordinator:
        await self.open()
        return self

    async def __aexit__(self, kind: object, value: object, traceback: object) -> None:
        await self.close()
