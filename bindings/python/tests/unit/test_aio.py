"""The same under asyncio."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest
from fake import EPOCH, MODEL, Fake

import gradmq
from gradmq import Code, GradMQError
from gradmq._wire import gradient, schema, topics
from gradmq.aio import AsyncCoordinator, AsyncWorker

CONTROL = "inproc://c"
ONES = {"v": np.ones(3, np.float32)}


def test_tasks_share_a_worker() -> None:
    async def run(fake: Fake) -> list[int]:
        async with AsyncWorker(CONTROL, **fake.options) as worker:
            seen: list[int] = []

            async def follow() -> None:
                async for parameters in worker.updates():
                    seen.append(parameters.version)
                    if parameters.version == 3:
                        return

            following = asyncio.create_task(follow())
            pushing = [asyncio.create_task(worker.push(ONES)) for _ in range(5)]
            assert sorted(await asyncio.gather(*pushing)) == [1, 2, 3, 4, 5]
            for version in (1, 2, 3):
                fake.publish_update(version, [1.0] * 3)
            await asyncio.wait_for(following, 30)
            flushing = [asyncio.create_task(worker.flush()) for _ in range(3)]
            await asyncio.sleep(0)
            fake.publish_ack(received_through=5, settled_through=5)
            await asyncio.gather(*flushing)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(worker.parameters("next"), 0.05)
            return seen

    with Fake() as fake:
        seen = asyncio.run(run(fake))
    assert seen[-1] == 3
    assert seen == sorted(set(seen))
    sequences = [gradient.read(frames[0]).message.sequence for frames in fake.pushed]
    assert sequences == [1, 2, 3, 4, 5]


def test_events_are_followed_in_a_loop_too() -> None:
    async def run(fake: Fake) -> gradmq.Heartbeat:
        async with AsyncCoordinator(CONTROL, **fake.options) as coordinator:
            following = coordinator.events(timeout=30.0)
            first = asyncio.ensure_future(anext(following))
            event = schema.Event()
            fake._position(event.heartbeat.position)
            event.heartbeat.state = 3
            event.heartbeat.deadline_ms = 250
            for _ in range(1000):
                # The mark may be on its way still: what comes in front of it is dropped.
                fake.publish_event(topics.events(MODEL), event)
                await asyncio.sleep(0.01)
                if first.done():
                    break
            told = await first
            await following.aclose()
            assert isinstance(told, gradmq.Heartbeat)
            return told

    with Fake() as fake:
        told = asyncio.run(run(fake))
    assert (told.state, told.deadline, told.position.epoch) == ("RUNNING", 0.25, EPOCH)


def test_tasks_that_wait_are_told_of_a_close() -> None:
    async def run(fake: Fake) -> None:
        worker = AsyncWorker(CONTROL, **fake.options)
        await worker.open()
        await worker.parameters()
        fake.credit = 1
        fake.publish_ack()

        async def follow() -> int:
            return len([one async for one in worker.updates()])

        waiting = asyncio.create_task(worker.parameters("next"))
        following = asyncio.create_task(follow())
        await worker.push(ONES)
        pushing = asyncio.create_task(worker.push(ONES))
        await asyncio.sleep(0.05)
        with pytest.raises(GradMQError):
            await worker.close(timeout=0)
        for task in (waiting, pushing):
            with pytest.raises(GradMQError) as caught:
                await asyncio.wait_for(task, 20)
            assert caught.value.code == Code.CLOSED
        assert await asyncio.wait_for(following, 20) == 0

    with Fake() as fake:
        fake.credit = 1
        asyncio.run(run(fake))


def test_a_task_that_asks_is_told_of_a_close() -> None:
    async def run(fake: Fake) -> None:
        coordinator = AsyncCoordinator(CONTROL, **fake.options)
        await coordinator.open()
        fake.answer = lambda request, reply: time.sleep(0.3)
        asking = asyncio.create_task(coordinator.status())
        await asyncio.sleep(0.05)
        await coordinator.close()
        with pytest.raises(GradMQError) as caught:
            await asyncio.wait_for(asking, 20)
        assert caught.value.code == Code.CLOSED

    with Fake() as fake:
        asyncio.run(run(fake))
