"""What a worker asks by itself: at its end, and of a coordinator that is busy."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import numpy as np
import pytest
from fake import Fake

import gradmq
from gradmq import Code, GradMQError
from gradmq._wire import gradient, header, schema
from gradmq.aio import AsyncWorker

CONTROL = "inproc://c"
ONES = {"v": np.ones(3, np.float32)}


def until(ready: Any, worker: gradmq.Worker) -> None:
    deadline = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < deadline
        worker.poll(timeout=0.01)


def arrived(fake: Fake, count: int) -> None:
    deadline = time.monotonic() + 30
    while len(fake.pushed) < count:
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.mark.parametrize(("patience", "answered"), [(30.0, True), (0.01, False)])
def test_a_lease_waits_for_the_renewal_that_is_on_its_way(patience: float, answered: bool) -> None:
    come, go, told = threading.Event(), threading.Event(), threading.Event()

    def answer(request: Any, reply: Any) -> None:
        if request.HasField("join") and request.join.incarnation:
            come.set()
            go.wait(0.2)
            told.set()

    with Fake(lease_ms=90) as fake, gradmq.Worker(CONTROL, **fake.options) as worker:
        fake.answer = answer
        assert come.wait(30)
        link = worker._core._link
        assert link is not None
        assert link.lease is not None
        link.lease.stop(patience)
        assert told.is_set() == answered
        joins = fake.asked.count("join")
        go.set()
    assert fake.asked.count("join") == joins
    assert fake.asked[-1] == "leave"


def test_an_answer_to_what_could_not_be_decoded_is_ours() -> None:
    told = schema.Reply(code=Code.VERSION, message="speak version 2 to it")
    with Fake() as fake:
        fake.answer = lambda request, reply: [header.write(header.FrameKind.REPLY, told)]
        with pytest.raises(GradMQError, match="version 2") as caught:
            gradmq.Coordinator(CONTROL, **fake.options)
        assert caught.value.code == Code.VERSION
        assert len(fake.asked) == 1


def test_a_time_that_is_over_while_it_is_busy_says_that_it_is() -> None:
    with Fake() as fake, gradmq.Coordinator(CONTROL, **{**fake.options, "timeout": 4.0}) as remote:
        asked: list[None] = []

        def answer(request: Any, reply: Any) -> list[bytes] | None:
            asked.append(None)
            if len(asked) > 1:
                reply.request_id += 1
            reply.code = Code.BUSY
            return None

        fake.answer = answer
        with pytest.raises(GradMQError) as caught:
            remote.status()
        assert caught.value.code == Code.BUSY
        assert len(asked) > 1


def test_a_coordinator_that_is_busy_is_asked_again_what_it_is() -> None:
    with Fake() as fake, gradmq.Worker(CONTROL, **fake.options) as worker:
        worker.push(ONES)
        busy = [Code.BUSY]

        def answer(request: Any, reply: Any) -> None:
            if request.HasField("describe") and busy:
                reply.code = busy.pop()

        fake.answer = answer
        fake.instance += 1
        fake.publish_ack()
        until(lambda: len(fake.pushed) == 2, worker)
        assert fake.asked.count("describe") == 3
        fake.publish_ack(received_through=1, settled_through=1)
        worker.flush()


def test_a_base_is_what_was_given_when_push_was_called() -> None:
    async def run(fake: Fake) -> None:
        async with AsyncWorker(CONTROL, **fake.options) as worker:
            await worker.parameters()
            # The second waits for credit, the third for its turn.
            pushing = [asyncio.create_task(worker.push(ONES)) for _ in range(3)]
            await asyncio.sleep(0)
            fake.publish_update(1, [1.0] * 3)
            assert (await worker.parameters("next")).version == 1
            for sequence in (1, 2, 3):
                fake.publish_ack(received_through=sequence, settled_through=sequence)
                await pushing[sequence - 1]
                await asyncio.to_thread(arrived, fake, sequence)
            fake.publish_ack(received_through=3, settled_through=3)
            await worker.flush()

    with Fake() as fake:
        fake.credit = 1
        asyncio.run(run(fake))
    bases = [gradient.read(frames[0]).message.based_on.version for frames in fake.pushed]
    assert bases == [0, 0, 0]
