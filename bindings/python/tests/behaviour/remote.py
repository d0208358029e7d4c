"""The coordinator from afar."""

from __future__ import annotations

import threading
import time

import numpy as np

import gradmq
from gradmq import Code, Kind

from . import case
from .daemon import Array, Daemon, expect, ones, values, wait_until

MODEL: dict[str, Array] = {
    "layer.weight": np.arange(12, dtype=np.float32).reshape(3, 4) / 7,
    "layer.bias": np.array([1e-30, -0.0, 3.5], np.float32),
    "scale": np.array(2.5, np.float32),
}


@case
def describe() -> None:
    with Daemon(model__name="digits") as daemon:
        with daemon.coordinator() as coordinator:
            coordinator.set_model_parameters(MODEL)
            told = coordinator.describe()
    assert told.model == coordinator.model == "digits"
    assert told.layout is not None
    assert [(one.name, one.shape) for one in told.layout.tensors] == [
        ("layer.weight", (3, 4)),
        ("layer.bias", (3,)),
        ("scale", ()),
    ]
    assert told.gradients_endpoints == (daemon.options["sockets/gradients"],)
    assert told.updates_endpoints == (daemon.options["sockets/updates"],)
    assert told.events_endpoints == (daemon.options["sockets/events"],)
    assert told.limits["frame_bytes"] == 16 << 20
    assert told.limits["receive_window"] == 1024
    assert told.streams == ("f32",)
    assert set(told.stream_names) == {"f32", "f64", "f16", "bf16", "int8"}
    assert "LOW_RANK" in told.encodings
    assert "DELTA" in told.kinds
    assert "BF16" in told.dtypes
    assert "adam" in told.optimizers
    assert "cosine" in told.schedules
    assert "bsp" in told.policies
    assert "krum" in told.rules
    assert told.heartbeat == 0.1


@case
def status() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        assert coordinator.status().counters["applied"] == 0
        coordinator.add_gradients(ones())
        told = coordinator.status()
    assert told.state == "RUNNING"
    assert told.position.version == 1
    assert told.position == coordinator.position
    assert told.counters["applied"] == 1
    assert told.elements == 4
    assert told.tensors == 1
    assert told.policy == "async"


@case
def list_workers() -> None:
    names = ["a", "b", "c", "d", "e"]
    with Daemon() as daemon, daemon.load() as coordinator:
        workers = [daemon.worker(name) for name in reversed(names)]
        workers[0].push(ones())
        workers[0].flush()
        told = coordinator.workers(page=2)
        assert [one.name for one in told] == names
        assert told[-1].settled_through == 1
        assert told[-1].dispositions["APPLIED"] == 1
        assert told[-1].incarnation == workers[0].stats.incarnation
        for worker in workers:
            worker.close()
        assert coordinator.workers() == []


@case
def set_parameters() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        before = coordinator.set_parameters(optimizer="adam", learning_rate=0.5)
        after = coordinator.set_parameters({"beta1": 0.8})
        assert after["optimizer"] == "adam"
        assert after["learning_rate"] == 0.5
        assert after["beta1"] == 0.8
        assert after.revision == before.revision + 1
        assert after.effective_from == (coordinator.position.epoch, 0)
        groups = coordinator.set_parameters(groups=[gradmq.Group("v", frozen=True)])
        assert groups["groups"] == (gradmq.Group("v", frozen=True),)


@case
def set_parameters_refused() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        before = coordinator.get_parameters()
        with expect(Code.ARGUMENT) as caught:
            coordinator.set_parameters(optimizer="adam", learning_rate=1e-3, beta1=7.0)
        assert "beta1" in caught.why.message
        assert "0.999999" in caught.why.message
        assert dict(coordinator.get_parameters()) == dict(before)
        assert coordinator.get_parameters().revision == before.revision
        with expect(Code.UNSUPPORTED, says="learning_rate"):
            coordinator.set_parameters(lerning_rate=0.1)
        with expect(Code.ARGUMENT, says="merge_count"):
            coordinator.set_parameters(merge_count=1.5)


@case
def reset_parameter() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        given = coordinator.set_parameters(learning_rate=0.25)
        assert "learning_rate" in given.given
        back = coordinator.set_parameters(learning_rate=None)
        assert back["learning_rate"] == 1.0
        assert "learning_rate" not in back.given


@case
def get_parameters() -> None:
    with Daemon("clip_norm=2.5") as daemon, daemon.coordinator() as coordinator:
        told = coordinator.get_parameters()
        assert told["optimizer"] == "sgd"
        assert told["mode"] == "descent"
        assert told["clip_norm"] == 2.5
        assert told["coalesce"] is True
        assert told["lease_ms"] == 30000
        assert "clip_norm" in told.given
        assert "optimizer" not in told.given


@case
def set_model_parameters() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        coordinator.add_gradients(ones())
        epoch = coordinator.position.epoch
        layout = coordinator.set_model_parameters(MODEL, copy=False)
        assert coordinator.position.epoch > epoch
        assert coordinator.position.version == 0
        told = coordinator.describe().layout
        assert told == layout
        assert told is not None
        assert told.id == layout.id
        wide = coordinator.set_model_parameters({"d": np.array([1e300, 2.0])})
        assert wide.dtype == gradmq.Dtype.F64
        assert coordinator.get_model_parameters()["d"][0] == 1e300


@case
def get_model_parameters() -> None:
    with Daemon() as daemon, daemon.coordinator() as coordinator:
        coordinator.set_model_parameters(MODEL)
        told = coordinator.get_model_parameters()
        assert list(told) == list(MODEL)
        for name, array in MODEL.items():
            assert told[name].shape == array.shape
            assert told[name].dtype == array.dtype
            assert told[name].tobytes() == array.tobytes()
            assert not told[name].flags.writeable
        assert told.version == 0
        copied = told.copy()
        copied["scale"] += 1
        assert told["scale"] == 2.5


@case
def get_model_newer_than() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        first = coordinator.get_model_parameters()
        assert coordinator.get_model_parameters(newer_than=first) is None
        assert coordinator.get_model_parameters(newer_than=first.position) is None
        coordinator.add_gradients(ones())
        second = coordinator.get_model_parameters(newer_than=first)
        assert second is not None
        assert second.position == (first.epoch, 1)


@case
def get_model_streams() -> None:
    random = np.random.default_rng(1)
    model = {"m": random.standard_normal((300, 3)).astype(np.float32)}
    exact = model["m"].astype(np.float64)
    with Daemon() as daemon, daemon.coordinator() as coordinator:
        coordinator.set_model_parameters(model)
        told = {
            stream: coordinator.get_model_parameters(stream)
            for stream in ("f32", "f64", "f16", "bf16", "int8")
        }
        with expect(Code.UNSUPPORTED):
            coordinator.get_model_parameters("f8")
    got = {stream: np.asarray(one["m"]).astype(np.float64) for stream, one in told.items()}
    assert (got["f32"] == exact).all()
    assert (got["f64"] == exact).all()
    assert 0 < np.abs(got["f16"] - exact).max() <= np.abs(exact).max() * 2**-11
    assert 0 < np.abs(got["bf16"] - exact).max() <= np.abs(exact).max() * 2**-8
    assert 0 < np.abs(got["int8"] - exact).max() <= np.abs(exact).max() / 127 / 2 * 1.0001
    assert told["f16"]["m"].dtype == np.float16
    assert told["int8"]["m"].dtype == np.float32


@case
def add_gradients() -> None:
    with Daemon() as daemon, daemon.coordinator() as coordinator:
        coordinator.set_parameters(learning_rate=0.5)
        coordinator.set_model_parameters({"a": np.ones(3, np.float32), "b": np.ones(2, np.float32)})
        coordinator.start()
        coordinator.add_gradients({"a": np.full(3, 2.0, np.float32), "b": np.zeros(2, np.float32)})
        told = coordinator.get_model_parameters()
        assert told.version == 1
        assert told["a"].tolist() == [0.0, 0.0, 0.0]
        coordinator.add_gradients({"b": np.array([2.0, 4.0], np.float32)}, partial=True)
        told = coordinator.get_model_parameters()
        assert told["a"].tolist() == [0.0, 0.0, 0.0]
        assert told["b"].tolist() == [0.0, -1.0]
        assert coordinator.workers() == []


@case
def add_gradients_ascent() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        coordinator.set_parameters(mode="ascent", learning_rate=0.5)
        coordinator.add_gradients(ones(3.0))
        assert values(coordinator) == [1.5] * 4


@case
def add_gradients_dry_run() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        coordinator.add_gradients(ones(), dry_run=True)
        assert coordinator.status().counters["applied"] == 0
        assert values(coordinator) == [0.0] * 4
        with expect(Code.NON_FINITE):
            coordinator.add_gradients(ones(np.nan), dry_run=True)


@case
def add_model_parameters() -> None:
    with Daemon() as daemon, daemon.load(policy="merge", merge_count=2) as coordinator:
        first = coordinator.get_model_parameters()
        assert coordinator.contributions() == (0, 2)
        coordinator.add_model_parameters(ones(2.0))
        assert coordinator.contributions() == (1, 2)
        assert values(coordinator) == [0.0] * 4
        coordinator.add_model_parameters(ones(6.0), kind=Kind.DELTA, base=first)
        wait_until("the merge", lambda: coordinator.contributions() == (0, 2))
        assert values(coordinator) == [4.0] * 4
        coordinator.set_parameters(merge_count=3)
        assert coordinator.contributions() == (0, 3)


@case
def reset() -> None:
    with Daemon() as daemon, daemon.load(policy="merge", merge_count=3) as coordinator:
        coordinator.add_model_parameters(ones(2.0))
        coordinator.add_model_parameters(ones(3.0))
        assert coordinator.contributions() == (2, 3)
        assert coordinator.reset() == 2
        assert coordinator.contributions() == (0, 3)
        assert values(coordinator) == [0.0] * 4
        coordinator.set_parameters(policy="async")
        with expect(Code.UNSUPPORTED):
            coordinator.reset()


@case
def start_stop() -> None:
    with Daemon() as daemon, daemon.load(start=False) as coordinator:
        assert coordinator.status().state == "STOPPED"
        with daemon.worker() as worker:
            worker.push(ones())
            wait_until("it is queued", lambda: coordinator.status().queued_gradients == 1)
            assert values(coordinator) == [0.0] * 4
            coordinator.start()
            worker.flush()
        assert values(coordinator) == [-1.0] * 4
        with expect(Code.STATE):
            coordinator.start()
        coordinator.stop()
        coordinator.stop()  # done, and nothing changes: table of section 7
        assert coordinator.status().state == "STOPPED"


@case
def clear_gradients() -> None:
    with Daemon() as daemon, daemon.load(start=False) as coordinator:
        verdicts: list[gradmq.Verdict] = []
        with daemon.worker(on_verdict=verdicts.append) as worker:
            for _ in range(3):
                worker.push(ones())
            wait_until("they are queued", lambda: coordinator.status().queued_gradients == 3)
            epoch = coordinator.position.epoch
            assert coordinator.clear_gradients() == 3
            assert coordinator.position.epoch == epoch
            worker.flush()
            assert [one.disposition_name for one in verdicts] == ["DISCARDED"] * 3
            assert coordinator.clear_gradients(new_epoch=True) == 0
            assert coordinator.position.epoch > epoch
        assert values(coordinator) == [0.0] * 4


@case
def checkpoint_restore() -> None:
    with Daemon(state__directory="state") as daemon:
        (daemon.folder / "state").mkdir(exist_ok=True)
        with daemon.load() as coordinator:
            coordinator.add_gradients(ones())
            operation = coordinator.checkpoint()
            assert operation.done
            coordinator.add_gradients(ones())
            assert values(coordinator) == [-2.0] * 4
            epoch = coordinator.position.epoch
            assert coordinator.restore().done
            assert values(coordinator) == [-1.0] * 4
            assert coordinator.position.epoch > epoch
            with expect(Code.ARGUMENT):
                coordinator.restore("nothing-of-that-name")


@case
def record() -> None:
    with Daemon(record__directory="recordings") as daemon:
        (daemon.folder / "recordings").mkdir(exist_ok=True)
        with daemon.load() as coordinator:
            coordinator.record("run.1")
            coordinator.add_gradients(ones())
            with expect(Code.STATE):
                coordinator.record("run.2")
            assert coordinator.stop_recording().done
            with expect(Code.STATE):
                coordinator.stop_recording()
        files = list((daemon.folder / "recordings").iterdir())
        assert len(files) == 1
        assert files[0].name.startswith("run.1")
        assert files[0].stat().st_size > 0


@case
def destroy() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        coordinator.destroy()
        wait_until("the daemon ends", daemon.ended)
        begun = time.monotonic()
        with expect(Code.CLOSED, Code.CONNECT, Code.TIMEOUT):
            coordinator.status(timeout=0.5)
        assert time.monotonic() - begun < 30


@case
def only_if() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        coordinator.add_gradients(ones())
        epoch = coordinator.position.epoch
        with expect(Code.CONDITION):
            coordinator.stop(if_version=0)
        with expect(Code.CONDITION):
            coordinator.stop(if_epoch=epoch - 1)
        with expect(Code.CONDITION):
            coordinator.set_parameters(learning_rate=0.1, if_epoch=epoch, if_version=7)
        assert coordinator.status().state == "RUNNING"
        coordinator.stop(if_epoch=epoch, if_version=1)
        assert coordinator.status().state == "STOPPED"


@case
def request_repeated() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        revision = coordinator.get_parameters().revision
        with daemon.coordinator(request_timeout=0.05) as impatient:
            daemon.hold()
            told: list[gradmq.Settings] = []
            asking = threading.Thread(
                target=lambda: told.append(impatient.set_parameters(learning_rate=0.5))
            )
            asking.start()
            # Long enough for it to be asked several times: 50 ms and a growing wait.
            asking.join(0.7)
            assert asking.is_alive()
            daemon.go()
            asking.join(60)
        assert told[0].revision == revision + 1
        assert coordinator.get_parameters().revision == revision + 1
        assert coordinator.status().counters["requests_repeated"] >= 1
