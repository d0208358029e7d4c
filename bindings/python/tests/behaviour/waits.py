"""A worker that waits: for credit, for others, for its turn, or in vain."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time

import numpy as np

import gradmq
from gradmq import Code, Kind
from gradmq.aio import AsyncCoordinator, AsyncWorker

from . import case
from .daemon import PATIENCE, Daemon, expect, ones, values, wait_until
from .errors import keygen, secured


@case
def credit() -> None:
    waits: list[str | None] = []
    with Daemon("queue_gradients=4") as daemon, daemon.load(start=False) as coordinator:
        with daemon.worker(on_wait=waits.append) as worker:
            limit = worker.stats.credit_gradients
            for _ in range(limit):
                worker.push(ones())
            with expect(Code.TIMEOUT, says="credit") as caught:
                worker.push(ones(), timeout=0.3)
            assert f"{limit} of {limit} gradients" in caught.why.message
            assert "STOPPED" in caught.why.message
            assert worker.stats.pushed == limit
            assert any(text and "credit" in text for text in waits)
            assert waits[-1] is None
            starting = threading.Timer(0.1, coordinator.start)
            starting.start()
            worker.push(ones())
            starting.join()
            worker.flush()
            assert worker.stats.applied == limit + 1
        assert values(coordinator) == [-float(limit + 1)] * 4


async def _cancelled(daemon: Daemon) -> None:
    async with AsyncCoordinator(daemon.control, timeout=PATIENCE) as coordinator:
        async with AsyncWorker(daemon.control, name="a1", timeout=PATIENCE) as worker:
            await worker.push(ones())
            flushing = asyncio.create_task(worker.flush())
            following = asyncio.create_task(worker.parameters("next"))
            await asyncio.sleep(0)
            assert not flushing.done()
            flushing.cancel()
            with_cancel = await asyncio.gather(flushing, return_exceptions=True)
            assert isinstance(with_cancel[0], asyncio.CancelledError)
            assert worker.stats.unsettled == 1
            await coordinator.start()
            # The other task goes on, and what was pushed stays pushed.
            first = await following
            assert first.version in (0, 1)
            await worker.flush()
            assert worker.stats.applied == 1
            seen = []
            async for parameters in worker.updates():
                seen.append(parameters.version)
                if len(seen) == 3:
                    break
                await worker.push(ones())
            assert seen == sorted(set(seen))
            await worker.flush()
            newest = await worker.parameters("fetch")
            assert newest.version >= 3
            try:
                await asyncio.wait_for(worker.parameters("next"), 0.05)
            except asyncio.TimeoutError:
                pass
            else:
                raise AssertionError("there is nothing newer to wait for")
            assert worker.stats.unsettled == 0


@case
def cancelled() -> None:
    with Daemon() as daemon, daemon.load(start=False) as coordinator:
        asyncio.run(_cancelled(daemon))
        assert values(coordinator)[0] <= -3.0
        # A blocking call is interrupted by a signal's handler. Where this was started in the
        # background the signal may be ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        coordinator.stop()
        with daemon.worker() as worker:
            worker.push(ones())

            def interrupt() -> None:
                wait_until("it waits", lambda: "settlement" in worker.waits)
                os.kill(os.getpid(), signal.SIGINT)

            interrupting = threading.Thread(target=interrupt)
            interrupting.start()
            try:
                worker.flush()
            except KeyboardInterrupt:
                pass
            else:
                raise AssertionError("it was not interrupted")
            interrupting.join()
            assert worker.stats.unsettled == 1
            coordinator.start()
            worker.flush()
            assert worker.stats.applied == 1


def _in_step(worker: gradmq.Worker, rounds: int, by: float, seen: list[list[int]]) -> None:
    versions = []
    with worker:
        for _ in range(rounds):
            versions.append(worker.parameters("next").version)
            worker.push(ones(by))
        worker.flush()
    seen.append(versions)


@case
def bsp() -> None:
    rounds = 10
    with Daemon() as daemon, daemon.load(policy="bsp") as coordinator:
        seen: list[list[int]] = []
        workers = [daemon.worker(), daemon.worker()]
        threads = [
            threading.Thread(target=_in_step, args=(worker, rounds, by, seen))
            for worker, by in zip(workers, (1.0, 3.0), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert seen == [list(range(rounds))] * 2
        assert coordinator.position.version == 0
        assert coordinator.status().position.version == rounds
        assert values(coordinator) == [-2.0 * rounds] * 4


@case
def ssp() -> None:
    bound = 2
    with Daemon("policy=ssp", f"clock_bound={bound}") as daemon:
        with daemon.load() as coordinator:
            with daemon.worker("slow") as slow, daemon.worker("fast") as fast:
                for _ in range(bound + 4):
                    fast.push(ones())
                wait_until(
                    "the fast one is held at the bound",
                    lambda: (
                        coordinator.status().queued_gradients > 0
                        and coordinator.status().counters["applied"] == bound + 1
                    ),
                )
                with expect(Code.TIMEOUT, says="slow"):
                    fast.flush(timeout=0.5)
                assert fast.stats.settled == bound + 1
                for _ in range(3):
                    slow.push(ones())
                slow.flush()
                fast.flush()
                assert fast.stats.applied == bound + 4
                assert fast.stats.clock == bound + 4
                assert slow.stats.clock == 3


@case
def merge() -> None:
    with Daemon() as daemon, daemon.load(policy="merge", merge_count=2) as coordinator:
        with daemon.worker() as one, daemon.worker() as two:
            for version in range(3):
                start = one.parameters("next")
                assert start.version == version
                two.parameters("next")
                one.add_model_parameters({"v": start["v"] + np.float32(1)})
                two.add_model_parameters(ones(4.0), kind=Kind.DELTA, weight=2.0)
            one.flush()
            two.flush()
        # (1 x 1 + 2 x 4) / 3 a step.
        assert values(coordinator) == [9.0] * 4


@case
def lease() -> None:
    with Daemon("lease_ms=200") as daemon, daemon.load() as coordinator:
        with daemon.worker("busy") as worker:
            incarnation = worker.stats.incarnation
            begun = time.monotonic()
            # A computation three times as long as the lease, without a call of the worker.
            while time.monotonic() - begun < 0.6:
                np.linalg.svd(np.ones((40, 40)))
            assert [one.name for one in coordinator.workers()] == ["busy"]
            assert coordinator.status().counters["expirations"] == 0
            worker.push(ones())
            worker.flush()
            assert worker.stats.applied == 1
            assert worker.stats.incarnation == incarnation


@case
def close() -> None:
    with Daemon() as daemon, daemon.load(start=False) as coordinator:
        worker = daemon.worker("leaving")
        worker.push(ones())
        coordinator.start()
        worker.close()
        worker.close()
        assert worker.closed
        assert coordinator.workers() == []
        assert values(coordinator) == [-1.0] * 4
        with expect(Code.STATE, says="closed"):
            worker.push(ones())
        # Nobody answers: it ends in time, and says what was not settled.
        coordinator.stop()
        worker = daemon.worker("alone")
        worker.push(ones())
        daemon.hold()
        begun = time.monotonic()
        with expect(Code.TIMEOUT, says="1 gradients are not settled"):
            worker.close(timeout=0.2)
        assert time.monotonic() - begun < 20
        assert worker.closed
        daemon.go()


@case
def stop_while_waiting() -> None:
    waits: list[str | None] = []
    with Daemon() as daemon, daemon.load() as coordinator:
        worker = daemon.worker(on_wait=waits.append)
        worker.parameters()
        failed: list[BaseException] = []

        def wait() -> None:
            try:
                worker.parameters("next")
            except gradmq.GradMQError as why:
                failed.append(why)

        waiting = threading.Thread(target=wait)
        waiting.start()
        wait_until("it waits", lambda: bool(waits))
        coordinator.stop()
        wait_until("it says STOPPED", lambda: any("STOPPED" in (text or "") for text in waits))
        coordinator.destroy()
        waiting.join(PATIENCE)
        assert isinstance(failed[0], gradmq.GradMQError)
        assert failed[0].code == Code.CLOSED
        worker.close(timeout=0.1)


@case
def slow_subscriber() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        with daemon.worker("slow") as slow, daemon.worker("fast", updates=False) as fast:
            assert slow.parameters().version == 0
            for _ in range(300):
                fast.push(ones())
            fast.flush()
            assert coordinator.status().position.version == 300

            def arrived() -> bool:
                slow.poll()
                return slow.stats.version == 300

            wait_until("it has heard of the newest", arrived)
            assert slow.parameters("next").version == 300
            assert slow.parameters()["v"].tolist() == [-300.0] * 4


def _train_with_keys(daemon: Daemon, secret: object, server: object) -> None:
    with daemon.worker("w1", secret=secret, server_key=server) as worker:
        for parameters in worker.updates():
            if parameters.version >= 5:
                break
            worker.push(ones())


@case
def keys() -> None:
    daemon = Daemon(tcp=True)
    folder = secured(daemon, ("w1", "worker"), ("root", "admin"))
    with daemon:
        server = folder / "server.public"
        text = server.read_text()
        key = text.split('public-key = "')[1].split('"')[0]
        with daemon.coordinator(secret=folder / "root.secret", server_key=key) as coordinator:
            coordinator.set_model_parameters(ones(0.0))
            coordinator.start()
            _train_with_keys(daemon, folder / "w1.secret", server)
            assert coordinator.status().position.version >= 5
        with expect(Code.PERMISSION):
            daemon.worker("w2", secret=folder / "w1.secret", server_key=server)


@case
def wrong_key() -> None:
    daemon = Daemon(tcp=True)
    folder = secured(daemon, ("w1", "worker"))
    keygen(folder, "stranger")
    keygen(folder, "other")
    with daemon:
        own, server = folder / "w1.secret", folder / "server.public"
        begun = time.monotonic()
        with expect(Code.CONNECT, Code.TIMEOUT, says="server_key"):
            daemon.worker("w1", secret=own, server_key=folder / "other.public", timeout=1.0)
        with expect(Code.CONNECT, Code.TIMEOUT, says="authorised"):
            daemon.coordinator(secret=folder / "stranger.secret", server_key=server, timeout=1.0)
        with expect(Code.CONNECT, Code.TIMEOUT, says="keys"):
            daemon.coordinator(timeout=1.0)
        assert time.monotonic() - begun < 30
        with expect(Code.ARGUMENT, says="server_key"):
            daemon.coordinator(secret=own)
        (folder / "w1.public").chmod(0o600)
        with expect(Code.FORMAT, says=".secret"):
            daemon.coordinator(secret=folder / "w1.public", server_key=server)
        with expect(Code.IO):
            daemon.coordinator(secret=folder / "nobody.secret", server_key=server)
