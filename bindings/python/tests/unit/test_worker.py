"""A worker before a coordinator that misbehaves."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fake import EPOCH, INCARNATION, INSTANCE, LAYOUT, MODEL, Fake

import gradmq
from gradmq import Code, GradMQError
from gradmq._wire import gradient, header, schema, topics

CONTROL = "inproc://c"
ONES = {"v": np.ones(3, np.float32)}


def until(ready: Callable[[], bool], worker: gradmq.Worker | None = None) -> None:
    deadline = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < deadline
        if worker is None:
            time.sleep(0.002)
        else:
            worker.poll(timeout=0.01)


def test_a_header_says_what_the_push_says() -> None:
    with Fake() as fake, gradmq.Worker(CONTROL, **fake.options) as worker:
        parameters = worker.parameters()
        worker.push(ONES, weight=2.0, loss_scale=4.0, metrics={"loss": (1.5, 3.0)}, dtype="f16")
        worker.push(ONES, with_base=False, clock=0, last_of_clock=True)
        until(lambda: len(fake.pushed) == 2)
        first, second = (gradient.read(frames[0]).message for frames in fake.pushed)
        gradient.check(first, LAYOUT, fake.pushed[0][1:])
        fake.publish_ack(received_through=2, settled_through=2)
        worker.flush()
    assert (first.based_on.epoch, first.based_on.version) == parameters.position == (EPOCH, 0)
    assert (first.sequence, first.low_water, first.incarnation) == (1, 1, INCARNATION)
    assert (first.weight, first.loss_scale, first.dtype) == (2.0, 4.0, gradmq.Dtype.F16)
    assert (first.metrics[0].name, first.metrics[0].value, first.metrics[0].weight) == (
        "loss",
        1.5,
        3.0,
    )
    assert fake.pushed[0][1] == np.ones(3, np.float16).tobytes()
    assert not second.HasField("based_on")
    assert second.HasField("clock")
    assert (second.clock, second.last_of_clock) == (0, True)


def test_what_got_lost_is_sent_again_after_two_looks_with_the_same_octets() -> None:
    with Fake() as fake, gradmq.Worker(CONTROL, **fake.options) as worker:
        for _ in range(3):
            worker.push(ONES)
        until(lambda: len(fake.pushed) == 3)
        lost = fake.pushed[1]
        fake.acknowledgement = {
            "received_through": 1,
            "settled_through": 1,
            "missing": [{"first": 2, "last": 2}],
        }
        fake.publish_ack(**fake.acknowledgement)
        begun = time.monotonic()
        until(lambda: len(fake.pushed) == 4, worker)
        assert time.monotonic() - begun >= 1.0
        assert fake.pushed[3] == lost
        assert fake.asked.count("acknowledgement") == 2
        assert worker.stats.resent == 1
        fake.acknowledgement = {}
        fake.publish_ack(received_through=3, settled_through=3)
        worker.flush()


def test_nothing_is_sent_again_because_time_has_passed() -> None:
    with Fake() as fake, gradmq.Worker(CONTROL, **fake.options) as worker:
        worker.push(ONES)
        fake.acknowledgement = {"received_through": 1, "settled_through": 0}
        with pytest.raises(GradMQError):
            worker.flush(timeout=2.5)
        assert len(fake.pushed) == 1
        fake.publish_ack(received_through=1, settled_through=1)
        worker.flush()


def test_what_was_turned_away_is_sent_again_at_once() -> None:
    with Fake() as fake, gradmq.Worker(CONTROL, **fake.options) as worker:
        worker.push(ONES)
        worker.push(ONES)
        full = [{"first": 1, "last": 2, "code": Code.QUEUE_FULL}]
        fake.publish_ack(received_through=0, settled_through=0, missing=full)
        until(lambda: len(fake.pushed) == 4, worker)
        assert fake.pushed[2:] == fake.pushed[:2]
        fake.publish_ack(received_through=2, settled_through=2)
        worker.flush()


def test_another_process_gets_everything_again() -> None:
    with Fake() as fake, gradmq.Worker(CONTROL, **fake.options) as worker:
        for _ in range(3):
            worker.push(ONES)
        until(lambda: len(fake.pushed) == 3)
        fake.publish_ack(received_through=3, settled_through=1)
        until(lambda: worker.stats.settled == 1, worker)
        fake.instance += 1
        event = schema.Event()
        fake._position(event.heartbeat.position)
        fake.publish_event(topics.events(MODEL), event)
        until(lambda: len(fake.pushed) == 5, worker)
        assert fake.pushed[3:] == fake.pushed[1:3]
        assert fake.asked.count("join") == 2
        # What the process before still says is not believed.
        fake.instance -= 1
        fake.publish_ack(received_through=3, settled_through=3)
        fake.instance += 1
        fake.publish_ack(received_through=2, settled_through=2)
        until(lambda: worker.stats.settled >= 2, worker)
        assert worker.stats.settled == 2
        fake.publish_ack(received_through=3, settled_through=3)
        worker.flush()


HOSTILE = [
    [],
    [b""],
    [b"event/m/all/"],
    [b"event/m/all/", b""],
    [b"event/m/all/", b"GMQ\xf1\x01\x03\x00\x00\xff\xff\xff"],
    [b"event/m/all/", b"GMQ\xf1\x02\x03\x00\x00"],
    [b"event/m/all/", b"GMQ\xf1\x01\x02\x00\x00"],
    [b"event/m/all/", header.write(header.FrameKind.EVENT, schema.Event())],
    [b"event/m/all/", b"x" * 100, b"y" * 100],
]


def test_what_cannot_be_read_is_passed_over() -> None:
    with Fake() as fake, gradmq.Worker(CONTROL, **fake.options) as worker:
        worker.parameters()
        for frames in HOSTILE:
            if frames:
                fake.publish("e", frames)
        update = schema.Update(model=MODEL, layout=LAYOUT.id, dtype=1, encoding=1)
        fake._position(update.position)
        update.position.version = 9
        topic = topics.parameters(MODEL, "f32")
        fake.publish("u", [topic])
        fake.publish("u", [topic, b"GMQ\xf1\x01\x02\x00\x00\x01"])
        fake.publish_update(1, [1.0, 2.0, 3.0])
        until(lambda: worker.stats.updates == 1, worker)
        assert worker.parameters()["v"].tolist() == [1.0, 2.0, 3.0]
        # One of a wrong length is told, and does no harm.
        fake.publish("u", [topic, header.write(header.FrameKind.UPDATE, update), b"1234"])
        until(lambda: worker.stats.updates == 2, worker)
        with pytest.raises(GradMQError) as caught:
            worker.parameters()
        assert caught.value.code == Code.LENGTH
        fake.publish_update(10, [4.0, 5.0, 6.0])
        until(lambda: worker.stats.updates == 3, worker)
        assert worker.parameters().version == 10


@pytest.mark.parametrize(
    "frames",
    [
        [b""],
        [b"hello"],
        [b"GMQ\xf1\x01\x05\x00\x00\xff"],
        [b"GMQ\xf1\x01\x03\x00\x00"],
        [header.write(header.FrameKind.REPLY, schema.Reply(request_id=1))],
    ],
)
def test_a_reply_that_cannot_be_read_or_is_anothers(frames: list[bytes]) -> None:
    with Fake() as fake:
        fake.answer = lambda request, reply: frames
        with pytest.raises(GradMQError) as caught:
            gradmq.Coordinator(CONTROL, **{**fake.options, "timeout": 0.3})
        assert caught.value.code in (Code.MALFORMED, Code.PREAMBLE, Code.TIMEOUT)


def test_a_reply_of_another_kind() -> None:
    with Fake() as fake, gradmq.Coordinator(CONTROL, **fake.options) as coordinator:

        def left(request: Any, reply: Any) -> list[bytes] | None:
            reply.left.complete = True
            return None

        fake.answer = left
        with pytest.raises(GradMQError) as caught:
            coordinator.status()
        assert caught.value.code == Code.MALFORMED


def test_an_unknown_code_is_shown_as_its_number() -> None:
    with Fake() as fake, gradmq.Coordinator(CONTROL, **fake.options) as coordinator:

        def refuse(request: Any, reply: Any) -> list[bytes] | None:
            reply.code = 63
            return None

        fake.answer = refuse
        with pytest.raises(GradMQError) as caught:
            coordinator.start()
        assert (caught.value.code, caught.value.name) == (63, "CODE_63")


def test_busy_is_asked_again_under_another_number() -> None:
    with Fake() as fake, gradmq.Coordinator(CONTROL, **fake.options) as coordinator:
        numbers: list[int] = []

        def busy(request: Any, reply: Any) -> list[bytes] | None:
            if request.WhichOneof("body") == "describe":
                return None
            numbers.append(request.request_id)
            reply.code = Code.BUSY if len(numbers) < 3 else 0
            return None

        fake.answer = busy
        assert coordinator.get_model_parameters()["v"].tolist() == [0.0] * 3
        assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


def test_a_layout_id_that_is_not_ours_is_told() -> None:
    with Fake() as fake:

        def lie(request: Any, reply: Any) -> list[bytes] | None:
            reply.description.layout_id += 1
            return None

        fake.answer = lie
        with pytest.raises(GradMQError) as caught:
            gradmq.Worker(CONTROL, **fake.options)
        assert caught.value.code == Code.LAYOUT


def test_a_handler_that_raises_breaks_nothing() -> None:
    def handler(verdict: gradmq.Verdict) -> None:
        raise KeyError(verdict.sequence)

    with Fake() as fake:
        worker = gradmq.Worker(CONTROL, on_verdict=handler, **fake.options)
        worker.push(ONES)
        worker.push(ONES)
        refused = [{"sequence": 1, "disposition": 4, "code": 9}]
        fake.publish_ack(received_through=2, settled_through=2, dispositions=refused)
        with pytest.raises(KeyError):
            worker.flush()
        worker.flush()
        assert (worker.stats.applied, worker.stats.not_applied) == (1, 1)
        worker.close()


def test_two_threads_at_once_are_told() -> None:
    with Fake() as fake, gradmq.Worker(CONTROL, **fake.options) as worker:
        worker.parameters()
        waiting = threading.Thread(target=lambda: worker.poll(timeout=0.4))
        waiting.start()
        until(lambda: worker._turns._busy.locked())
        with pytest.raises(GradMQError) as caught:
            worker.flush()
        assert caught.value.code == Code.STATE
        waiting.join()


def test_the_lease_is_renewed_without_a_call() -> None:
    with Fake(lease_ms=90) as fake, gradmq.Worker(CONTROL, **fake.options):
        until(lambda: fake.asked.count("join") >= 4)


def test_a_worker_that_is_dropped_ends_its_lease_and_says_so() -> None:
    with Fake(lease_ms=90) as fake:
        worker = gradmq.Worker(CONTROL, **fake.options)
        thread = next(one for one in threading.enumerate() if one.name.startswith("gradmq lease"))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            link = worker._core._link
            del worker
            thread.join(10)
        assert not thread.is_alive()
        assert any("was not closed" in str(one.message) for one in caught)
        assert link is not None
        link.close()


def test_the_first_instance_is_that_of_describe() -> None:
    with Fake() as fake, gradmq.Coordinator(CONTROL, **fake.options) as coordinator:
        assert coordinator.position == gradmq.Position(INSTANCE, EPOCH, 0)


class Interrupted:
    """A socket whose sending is interrupted once, in front of one of its frames."""

    def __init__(self, socket: Any, at: int) -> None:
        self._socket, self._left = socket, at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def send(self, *arguments: Any, **options: Any) -> Any:
        self._left -= 1
        if self._left == -1:
            raise KeyboardInterrupt
        return self._socket.send(*arguments, **options)


@pytest.mark.parametrize("at", [0, 1])
def test_an_interrupted_push_is_no_half_message_for_the_next_one(at: int) -> None:
    with Fake() as fake, gradmq.Worker(CONTROL, **fake.options) as worker:
        link = worker._core._link
        assert link is not None
        link.gradients = Interrupted(link.gradients, at)  # type: ignore[assignment]
        fake.acknowledgement = {"missing": [{"first": 1, "last": 1}]}
        with pytest.raises(KeyboardInterrupt):
            worker.push(ONES)
        worker.push({"v": np.full(3, 2, np.float32)})
        until(lambda: len(fake.pushed) == 1, worker)
        for frames in fake.pushed:
            gradient.check(gradient.read(frames[0]).message, LAYOUT, frames[1:])
        # What was begun counts as pushed: it is missing, and sent again.
        assert worker.stats.pushed == 2
        until(lambda: len(fake.pushed) == 2, worker)
        sequences = {gradient.read(frames[0]).message.sequence for frames in fake.pushed}
        assert sequences == {1, 2}
        fake.acknowledgement = {}
        fake.publish_ack(received_through=2, settled_through=2)
        worker.flush()


def test_an_interrupted_request_is_no_half_message_for_the_next_one() -> None:
    with Fake() as fake, gradmq.Coordinator(CONTROL, **fake.options) as coordinator:
        requester = coordinator._core._requester
        assert requester is not None
        requester.socket = Interrupted(requester.socket, 1)  # type: ignore[assignment]

        def loaded(request: Any, reply: Any) -> list[bytes] | None:
            if request.WhichOneof("body") == "set_model_parameters":
                reply.loaded.elements = 3
            else:
                reply.state.state = 3
            return None

        fake.answer = loaded
        with pytest.raises(KeyboardInterrupt):
            coordinator.set_model_parameters(ONES)
        coordinator.start()
        assert fake.asked == ["describe", "start"]
