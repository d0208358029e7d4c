"""A worker: parameters in, gradients out."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

import gradmq
from gradmq import Code, Rows

from . import case
from .daemon import Array, Daemon, expect, ones, values, wait_until


@case
def open_waits_for_model() -> None:
    waits: list[str | None] = []
    with Daemon() as daemon, daemon.coordinator() as coordinator:
        opened: list[gradmq.Worker] = []
        opening = threading.Thread(
            target=lambda: opened.append(daemon.worker(on_wait=waits.append))
        )
        opening.start()
        wait_until("it says that it waits", lambda: bool(waits))
        assert "model" in str(waits[0])
        coordinator.set_model_parameters(ones(2.0))
        opening.join(60)
        with opened[0] as worker:
            assert worker.parameters()["v"].tolist() == [2.0] * 4
        assert waits[-1] is None


@case
def parameters_newest() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        with daemon.worker() as worker:
            assert worker.parameters().version == 0
            coordinator.add_gradients(ones())

            def arrived() -> bool:
                worker.poll()
                return worker.stats.updates >= 1

            wait_until("the update", arrived)
            asked = coordinator.status().counters["requests"]
            newest = worker.parameters()
            assert newest.version == 1
            assert newest["v"].tolist() == [-1.0] * 4
            # Without a request: of those there is this Status alone.
            assert coordinator.status().counters["requests"] == asked + 1


@case
def parameters_next() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        with daemon.worker() as worker:
            first = worker.parameters("next")
            assert first.version == 0
            with expect(Code.TIMEOUT, says="newer than 0"):
                worker.parameters("next", timeout=0.05)
            adding = threading.Thread(target=coordinator.add_gradients, args=(ones(),))
            adding.start()
            assert worker.parameters("next").version == 1
            adding.join()
            with expect(Code.ARGUMENT):
                worker.parameters("oldest")


@case
def parameters_fetch() -> None:
    with Daemon("publish_every=1000") as daemon, daemon.load() as coordinator:
        with daemon.worker(updates=False) as worker:
            for version in range(1, 4):
                coordinator.add_gradients(ones())
                told = worker.parameters("fetch")
                assert told.version == version
                assert told["v"].tolist() == [-float(version)] * 4


@case
def updates() -> None:
    with Daemon() as daemon, daemon.load():
        with daemon.worker() as worker:
            seen: list[int] = []
            for parameters in worker.updates():
                seen.append(parameters.version)
                assert parameters["v"].tolist() == [-float(parameters.version)] * 4
                if len(seen) == 20:
                    break
                worker.push(ones())
            assert seen[0] == 0
            assert seen == sorted(set(seen))
            following = worker.updates()
            next(following)
            worker.close()
            assert list(following) == []


@case
def updates_streams() -> None:
    random = np.random.default_rng(2)
    model = {"m": random.standard_normal((40, 30)).astype(np.float32)}
    with Daemon("streams=f16,int8,f32") as daemon, daemon.coordinator() as coordinator:
        coordinator.set_model_parameters(model)
        coordinator.start()
        for stream, precision in (("f16", 2**-11), ("int8", 1 / 254 * 1.0001)):
            with daemon.worker(stream=stream) as worker:
                worker.parameters()
                worker.push({"m": np.ones((40, 30), np.float32)})
                told = worker.parameters("next")
                exact = coordinator.get_model_parameters()["m"]
                assert told.version == coordinator.position.version
                error = np.abs(np.asarray(told["m"], np.float32) - exact).max()
                assert 0 < error <= np.abs(exact).max() * precision
                assert worker.stats.updates >= 1
        with expect(Code.UNSUPPORTED):
            daemon.worker(stream="f8")


@case
def push() -> None:
    with Daemon() as daemon, daemon.load(optimizer="momentum", learning_rate=0.5) as coordinator:
        with daemon.worker() as worker:
            sequences = [worker.push(ones(float(at))) for at in range(1, 31)]
            worker.flush()
            stats = worker.stats
        velocity = expected = np.float32(0)
        for at in range(1, 31):
            velocity = np.float32(0.9) * velocity + np.float32(at)
            expected -= np.float32(0.5) * velocity
        assert sequences == list(range(1, 31))
        assert (stats.pushed, stats.settled, stats.applied) == (30, 30, 30)
        assert stats.not_applied == stats.unsettled == 0
        assert np.allclose(values(coordinator), [expected] * 4, rtol=1e-4)
        assert coordinator.position.version == 30


@case
def push_large() -> None:
    rows = 10 << 10
    with Daemon() as daemon, daemon.coordinator() as coordinator:
        coordinator.set_model_parameters(
            {"big": np.zeros((rows, 1024), np.float32), "small": np.zeros(3, np.float32)}
        )
        coordinator.start()
        gradient: dict[str, Array] = {
            "big": np.arange(rows * 1024, dtype=np.float32).reshape(rows, 1024) % 1000,
            "small": np.ones(3, np.float32),
        }
        with daemon.worker(updates=False) as worker:
            worker.push(gradient)
            worker.push(gradient, copy=False)
            worker.flush()
            assert worker.stats.applied == 2
            told = worker.parameters("fetch")
        assert (told["big"] == -2 * gradient["big"]).all()
        assert told["small"].tolist() == [-2.0] * 3


@case
def push_dtypes() -> None:
    import ml_dtypes

    with Daemon() as daemon, daemon.load() as coordinator:
        with daemon.worker() as worker:
            worker.push({"v": np.array([1.0, 0.1, 1e-9, -2.0])})
            worker.push({"v": np.array([0.5, 0.25, 0, 0], np.float16)})
            worker.push({"v": np.array([3.0, 0.1, 0, 0], ml_dtypes.bfloat16)})
            worker.push({"v": np.array([0x3F80, 0, 0, 0], np.uint16)}, dtype="bf16")
            worker.push({"v": np.array([1 + 2**-8 + 2**-9, 0, 0, 0], np.float32)}, dtype="bf16")
            worker.push({"v": [8, 0, 0, 0]}, dtype="f32")
            worker.flush()
            assert worker.stats.applied == 6
        rounded = float(np.float32(ml_dtypes.bfloat16(0.1)))
        # 1 + 2^-8 + 2^-9 lies between two numbers of bfloat16; 1 + 2^-7 is the nearest.
        expected = [
            -(1.0 + 0.5 + 3.0 + 1.0 + (1 + 2**-7) + 8.0),
            -(0.1 + 0.25 + rounded),
            -1e-9,
            2.0,
        ]
        assert np.allclose(values(coordinator), expected, rtol=1e-6)


@case
def push_parts() -> None:
    model = {
        "embedding": np.zeros((6, 2), np.float32),
        "bias": np.zeros(3, np.float32),
        "scalar": np.zeros((), np.float32),
    }
    with Daemon() as daemon, daemon.coordinator() as coordinator:
        coordinator.set_model_parameters(model)
        coordinator.start()
        with daemon.worker() as worker:
            worker.push({"bias": np.array([1, 2, 3], np.float32)}, partial=True)
            rows = np.array([[1, 2], [3, 4]], np.float32)
            worker.push({"embedding": Rows([1, 4], rows)}, partial=True)
            summed = Rows.summed([5, 0, 5], np.ones((3, 2), np.float16))
            worker.push({"embedding": summed, "scalar": np.array(2.0, np.float32)}, partial=True)
            with expect(Code.ARGUMENT, says="increasing"):
                worker.push({"embedding": Rows([4, 1], rows)}, partial=True)
            with expect(Code.LENGTH):
                worker.push({"embedding": Rows([1, 2, 3], rows)}, partial=True)
            worker.flush()
            assert worker.stats.applied == 3
        told = coordinator.get_model_parameters()
    assert told["bias"].tolist() == [-1.0, -2.0, -3.0]
    assert told["scalar"] == -2.0
    assert told["embedding"].tolist() == [
        [-1.0, -1.0],
        [-1.0, -2.0],
        [0.0, 0.0],
        [0.0, 0.0],
        [-3.0, -4.0],
        [-2.0, -2.0],
    ]


@case
def push_weight() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        coordinator.set_parameters(buffer_gradients=2, rule="weighted_mean")
        with daemon.worker() as one, daemon.worker() as two:
            one.push(ones(1.0), weight=3.0)
            two.push(ones(5.0), weight=1.0)
            one.flush()
            two.flush()
        assert values(coordinator) == [-2.0] * 4


@case
def push_metrics() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        with coordinator.events(timeout=60) as events:
            with daemon.worker() as worker:
                worker.push(ones(), metrics={"loss": 0.25, "accuracy": (0.75, 32.0)})
                worker.flush()
            for event in events:
                if isinstance(event, gradmq.StepReport) and event.metrics:
                    break
        assert list(events) == []
        assert isinstance(event, gradmq.StepReport)
        assert event.metrics["loss"].mean == 0.25
        assert event.metrics["accuracy"].mean == 0.75
        assert event.metrics["loss"].count == 1
        told = {metric.name: metric.value for metric in coordinator.status().metrics}
        assert told == {"loss": 0.25, "accuracy": 0.75}


@case
def push_without_base() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        with daemon.worker() as worker:
            worker.parameters()
            coordinator.set_model_parameters(ones(10.0))
            worker.push(ones(), with_base=False)
            worker.flush()
            assert worker.stats.applied == 1
        assert values(coordinator) == [9.0] * 4


@case
def skip() -> None:
    with Daemon() as daemon, daemon.load(policy="bsp") as coordinator:
        with daemon.worker() as one, daemon.worker() as two:
            one.parameters()
            two.parameters()
            one.push(ones(3.0))
            two.skip()
            assert one.parameters("next")["v"].tolist() == [-3.0] * 4
            two.flush()
            assert two.stats.dispositions == {"SKIPPED": 1}
            # A round in which nobody contributes is over all the same, without a version.
            assert two.parameters("next").version == 1
            one.skip()
            two.skip()
            assert one.parameters("next").version == two.parameters("next").version == 1
        assert values(coordinator) == [-3.0] * 4


def _compressed(how: gradmq.Compression, encoding: str) -> None:
    """What was pushed comes to the sum of the gradients, but for what the residual still has."""
    random = np.random.default_rng(3)
    model = {"matrix": np.zeros((32, 48), np.float32), "vector": np.zeros(700, np.float32)}
    total = {name: np.zeros(array.shape) for name, array in model.items()}
    with Daemon() as daemon, daemon.coordinator() as coordinator:
        coordinator.set_model_parameters(model)
        coordinator.start()
        with daemon.worker(updates=False) as worker:
            worker.compress(how)
            first: Mapping[str, Any] | None = None
            for _ in range(60):
                gradient: dict[str, Array] = {}
                for name, array in model.items():
                    # Some large ones, beside which the others are always rounded away.
                    values = 0.3 + 0.05 * random.standard_normal(array.shape)
                    values.reshape(-1)[::50] = 100
                    gradient[name] = values.astype(np.float32)
                    total[name] += gradient[name]
                worker.push(gradient)
                if first is None:
                    worker.flush()
                    first = worker.parameters("fetch").copy()
                    assert any((first[name] != -gradient[name]).any() for name in model), encoding
            # Nothing new any more: what is left comes by and by.
            nothing = {name: np.zeros_like(array) for name, array in model.items()}
            for _ in range(200):
                worker.push(nothing)
            worker.flush()
            assert worker.stats.applied == 260
            told = worker.parameters("fetch")
            for name in model:
                left = np.abs(told[name] + total[name]).max()
                assert left < 0.5, f"{encoding}: {name} is off by {left}"
            sent = coordinator.status().counters["gradients_bytes"]
            assert sent < 0.9 * 260 * 4 * (32 * 48 + 700)
            with expect(Code.NON_FINITE):
                worker.push({**nothing, "vector": np.full(700, np.nan, np.float32)})
            with expect(Code.ARGUMENT):
                worker.push(nothing, dtype="f16")


@case
def compress_int8() -> None:
    _compressed(gradmq.Int8(), "INT8")


@case
def compress_top_k() -> None:
    _compressed(gradmq.TopK(fraction=0.05), "TOP_K")


@case
def compress_low_rank() -> None:
    _compressed(gradmq.LowRank(rank=2), "LOW_RANK")


@case
def verdicts() -> None:
    told: list[gradmq.Verdict] = []
    with Daemon() as daemon, daemon.load() as coordinator:
        with daemon.worker(on_verdict=told.append) as worker:
            good = worker.push(ones())
            bad = worker.push(ones(np.inf))
            nothing = worker.skip()
            worker.flush()
            coordinator.stop()
            queued = worker.push(ones())
            wait_until("it is queued", lambda: coordinator.status().queued_gradients == 1)
            coordinator.clear_gradients()
            worker.flush()
            stats = worker.stats
    assert [(one.sequence, one.disposition_name, one.code_name) for one in told] == [
        (bad, "REFUSED", "NON_FINITE"),
        (nothing, "SKIPPED", ""),
        (queued, "DISCARDED", ""),
    ]
    assert good == 1
    assert "NON_FINITE" in str(told[0])
    assert stats.dispositions == {"APPLIED": 1, "REFUSED": 1, "SKIPPED": 1, "DISCARDED": 1}
    assert (stats.applied, stats.not_applied) == (1, 3)


@case
def flush() -> None:
    with Daemon() as daemon, daemon.load(start=False) as coordinator:
        with daemon.worker() as worker:
            worker.flush()
            worker.push(ones())
            worker.push(ones())
            with expect(Code.TIMEOUT, says="2 gradients are not settled") as caught:
                worker.flush(timeout=0.3)
            assert "STOPPED" in caught.why.message
            assert isinstance(caught.why, TimeoutError)
            coordinator.start()
            worker.flush()
            assert worker.stats.applied == 2
