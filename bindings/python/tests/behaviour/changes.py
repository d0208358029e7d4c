"""A worker whose coordinator, model or membership changes in the middle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

import gradmq
from gradmq import Code

from . import case
from .daemon import PATIENCE, Daemon, expect, ones, values, wait_until


@case
def rejoin() -> None:
    with Daemon("lease_ms=100") as daemon, daemon.load() as coordinator:
        with daemon.worker("w1") as worker:
            worker.push(ones())
            worker.flush()
            incarnation = worker.stats.incarnation
            # Another connection ends the membership, as a lease that runs out would; with its next
            # renewal the worker may be back at any time.
            _leave(daemon, "w1", incarnation)
            for _ in range(3):
                worker.push(ones())
            worker.flush()
            assert worker.stats.applied == 4
            assert worker.stats.incarnation == incarnation
            assert [one.name for one in coordinator.workers()] == ["w1"]
        assert values(coordinator) == [-4.0] * 4


def _leave(daemon: Daemon, name: str, incarnation: int) -> None:
    import zmq

    from gradmq._wire import header, schema

    request = schema.Request(client="test", request_id=1, model="model")
    request.leave.worker = name
    request.leave.incarnation = incarnation
    request.leave.last_sequence = 0
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
    with context.socket(zmq.REQ) as socket:
        socket.setsockopt(zmq.LINGER, 1)
        socket.setsockopt(zmq.RCVTIMEO, int(PATIENCE * 1000))
        socket.connect(daemon.control)
        socket.send(header.write(header.FrameKind.REQUEST, request))
        reply = header.read(socket.recv(), header.FrameKind.REPLY)
        assert reply.left.complete, reply


@case
def fenced() -> None:
    with Daemon() as daemon, daemon.load():
        first = daemon.worker("twin")
        first.push(ones())
        first.flush()
        with daemon.worker("twin") as second:
            with expect(Code.FENCED, says="name of its own"):
                for _ in range(1000):
                    first.push(ones())
                    first.flush()
            with expect(Code.FENCED):
                first.push(ones())
            with expect(Code.FENCED):
                first.parameters()
            second.push(ones())
            second.flush()
            assert second.stats.applied == 1
        with expect(Code.FENCED):
            first.close(timeout=0.1)
        assert first.closed


@case
def epoch_changed() -> None:
    told: list[gradmq.Verdict] = []
    with Daemon() as daemon, daemon.load(start=False) as coordinator:
        with daemon.worker(on_verdict=told.append) as worker:
            worker.parameters()
            for _ in range(5):
                worker.push(ones())
            wait_until("they are queued", lambda: coordinator.status().queued_gradients == 5)
            coordinator.set_model_parameters(ones(100.0))
            coordinator.start()
            worker.flush()
            assert {one.code for one in told} <= {Code.EPOCH}
            assert len(told) + worker.stats.applied == 5
            loaded = worker.parameters("next")
            assert loaded["v"].tolist() == [100.0] * 4
            worker.push(ones())
            worker.flush()
            assert worker.parameters("next")["v"].tolist() == [99.0] * 4


@case
def layout_changed() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        with daemon.worker() as worker:
            worker.parameters()
            worker.push(ones())
            worker.flush()
            layout = coordinator.set_model_parameters({"a": np.ones((2, 3), np.float32)})
            told = worker.parameters("next")
            while "a" not in told:
                told = worker.parameters("next")
            assert worker.layout.id == layout.id == told.layout.id
            assert told["a"].shape == (2, 3)
            with expect(Code.ARGUMENT, says="no tensor"):
                worker.push(ones())
            worker.push({"a": np.ones((2, 3), np.float32)})
            worker.flush()
        assert coordinator.get_model_parameters()["a"].tolist() == [[0.0] * 3] * 2


def _model_again(daemon: Daemon) -> None:
    """A daemon that remembers nothing gets its model again."""
    with daemon.coordinator() as coordinator:
        coordinator.set_model_parameters({"v": np.zeros(4, np.float32)})
        coordinator.start()


def _killed(
    daemon: Daemon,
    count: int,
    kill_at: tuple[int, ...],
    after: Callable[[Daemon], None] | None = None,
) -> Counter[str]:
    """Push so many gradients, and kill the daemon in the middle; how they were settled."""
    told: list[gradmq.Verdict] = []
    with daemon.worker("w1", on_verdict=told.append) as worker:
        for at in range(count):
            if at in kill_at:
                daemon.kill()
                daemon.start()
                if after is not None:
                    after(daemon)
            worker.push(ones(), with_base=False)
        worker.flush()
        stats = worker.stats
    assert stats.settled == stats.pushed == count
    assert stats.unsettled == 0
    assert len({one.sequence for one in told}) == len(told)
    assert stats.applied + stats.not_applied == count
    return Counter(stats.dispositions)


@case
def killed_memory() -> None:
    for tcp in (False, True):
        with Daemon(tcp=tcp) as daemon:
            daemon.load().close()
            counts = _killed(daemon, 60, (20, 40), _model_again)
            with daemon.coordinator() as coordinator:
                before = coordinator.status().position.version
                with daemon.worker("w2") as worker:
                    worker.push(ones())
                    worker.flush()
                assert coordinator.status().position.version == before + 1
        assert counts["APPLIED"] >= 20, counts


@case
def killed_journal() -> None:
    count = 80
    with Daemon("durability=journal", state__directory="state") as daemon:
        (daemon.folder / "state").mkdir()
        daemon.load().close()
        counts = _killed(daemon, count, (20, 40, 60))
        with daemon.coordinator() as coordinator:
            assert values(coordinator) == [-float(count)] * 4
            assert coordinator.status().position.version == count
    assert counts == {"APPLIED": count}


@case
def killed_large() -> None:
    size = 1 << 20
    gradient = {"v": np.ones(size, np.float32)}
    with Daemon("durability=journal", state__directory="state") as daemon:
        (daemon.folder / "state").mkdir()
        coordinator = daemon.coordinator()
        coordinator.set_model_parameters({"v": np.zeros(size, np.float32)})
        coordinator.start()
        with coordinator, daemon.worker(updates=False) as worker:
            worker.push(gradient, with_base=False)
            worker.flush()
            daemon.hold()
            for _ in range(8):
                worker.push(gradient, with_base=False, copy=False)
            daemon.kill()
            daemon.start()
            worker.flush()
            assert worker.stats.applied == 9
            assert (coordinator.get_model_parameters()["v"] == -9).all()
