"""Errors: what is refused, and what an error says."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import numpy as np

import gradmq
from gradmq import Code

from . import case
from .daemon import BIN, PATIENCE, Daemon, expect, free_port, ones, refuser, values

PROTOCOL = Path(__file__).resolve().parents[4] / "schemas" / "PROTOCOL.md"


@case
def error_table() -> None:
    section = PROTOCOL.read_text(encoding="utf-8").split("\n## 17. Codes\n")[1].split("\n## 18")[0]
    rows = re.findall(r"^\| (\d+) \| (\w+) \| (.+) \|$", section, re.MULTILINE)
    assert len(rows) >= 32
    told = {code.value: (code.name, code.sentence) for code in Code if code < 64}
    assert told == {int(number): (name, sentence) for number, name, sentence in rows}
    why = gradmq.GradMQError(9, "why")
    assert (why.code, why.name, why.message) == (Code.ARGUMENT, "ARGUMENT", "why")
    later = gradmq.GradMQError(63, "of a later minor version")
    assert (later.code, later.name) == (63, "CODE_63")


@case
def error_argument() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        with expect(Code.ARGUMENT, says="learning_rate"):
            coordinator.set_parameters(learning_rate=-1.0)


@case
def error_unsupported() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        with expect(Code.UNSUPPORTED) as caught:
            coordinator.set_parameters(optimizer="sgdd")
        assert "sgd" in caught.why.message
        assert "adam" in caught.why.message


@case
def error_name() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        for name in ("-w", "w/1", "x" * 65, "wörker"):
            with expect(Code.NAME):
                daemon.worker(name)
        with expect(Code.NAME):
            coordinator.acknowledgement("a b", 1)
        with expect(Code.NAME):
            coordinator.set_model_parameters({"": np.zeros(1, np.float32)})


@case
def error_model() -> None:
    with Daemon() as daemon, daemon.load():
        with expect(Code.MODEL, says="model"):
            daemon.coordinator(model="another")
        with expect(Code.MODEL):
            daemon.worker(model="another")


@case
def error_no_model() -> None:
    with Daemon() as daemon, daemon.coordinator() as coordinator:
        with expect(Code.NO_MODEL):
            coordinator.get_model_parameters()
        with expect(Code.NO_MODEL):
            coordinator.start()
        with expect(Code.NO_MODEL, says="load one first"):
            daemon.worker(timeout=0.3)


@case
def error_state() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        with expect(Code.STATE):
            coordinator.start()


@case
def error_layout() -> None:
    verdicts: list[gradmq.Verdict] = []
    with Daemon() as daemon, daemon.load(start=False) as coordinator:
        with daemon.worker(on_verdict=verdicts.append) as worker:
            worker.push(ones(), with_base=False)
            worker.poll(timeout=10)
            coordinator.set_model_parameters({"other": np.zeros(3, np.float32)})
            coordinator.start()
            worker.flush()
        assert [one.code for one in verdicts] == [Code.LAYOUT]
        assert verdicts[0].disposition_name == "REFUSED"


@case
def error_length() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        with daemon.worker() as worker:
            with expect(Code.LENGTH, Code.SHAPE):
                worker.push(ones(size=5))
            with expect(Code.SHAPE):
                worker.push({"v": np.zeros((2, 2), np.float32)})
            with expect(Code.LENGTH, says="partial"):
                worker.push({})
            with expect(Code.LENGTH):
                worker.push(np.zeros(3, np.float32))
            with expect(Code.ARGUMENT, says="no tensor"):
                worker.push({"v": np.zeros(4, np.float32), "w": np.zeros(4, np.float32)})
            with expect(Code.ARGUMENT):
                worker.push({"v": np.array(["a", "b", "c", "d"])})
            assert worker.stats.pushed == 0
        with expect(Code.LENGTH, Code.SHAPE):
            coordinator.add_gradients(ones(size=3))


@case
def error_shape() -> None:
    with Daemon() as daemon, daemon.load() as coordinator:
        with expect(Code.SHAPE, says="9 dimensions"):
            coordinator.set_model_parameters({"v": np.zeros((1,) * 9, np.float32)})
        assert values(coordinator) == [0.0] * 4


@case
def error_non_finite() -> None:
    verdicts: list[gradmq.Verdict] = []
    with Daemon() as daemon, daemon.load() as coordinator:
        with daemon.worker(on_verdict=verdicts.append) as worker:
            bad = worker.push(ones(np.nan))
            worker.push(ones())
            worker.flush()
            assert worker.stats.applied == 1
        assert [(one.sequence, one.disposition_name, one.code) for one in verdicts] == [
            (bad, "REFUSED", Code.NON_FINITE)
        ]
        assert values(coordinator) == [-1.0] * 4
        with expect(Code.NON_FINITE):
            coordinator.add_gradients(ones(np.inf))


@case
def error_epoch() -> None:
    verdicts: list[gradmq.Verdict] = []
    with Daemon() as daemon, daemon.load() as coordinator:
        with daemon.worker(on_verdict=verdicts.append) as worker:
            old = worker.parameters()
            coordinator.set_model_parameters(ones())
            worker.push(ones(), base=old)
            worker.flush()
        assert [one.code for one in verdicts] == [Code.EPOCH]
        with expect(Code.EPOCH):
            coordinator.add_gradients(ones(), base=old)
        assert values(coordinator) == [1.0] * 4


@case
def error_stale() -> None:
    verdicts: list[gradmq.Verdict] = []
    with Daemon() as daemon, daemon.load(max_staleness=2) as coordinator:
        with daemon.worker(on_verdict=verdicts.append) as worker:
            first = worker.parameters()
            for _ in range(3):
                worker.push(ones(), base=worker.parameters("next" if _ else "newest"))
                worker.flush()
            worker.push(ones(), base=first)
            worker.flush()
        assert [one.code for one in verdicts] == [Code.STALE]
        assert values(coordinator) == [-3.0] * 4


@case
def error_base() -> None:
    with Daemon() as daemon, daemon.load(max_staleness=2) as coordinator:
        with expect(Code.BASE, says="max_staleness"):
            coordinator.add_gradients(ones(), with_base=False)
        assert values(coordinator) == [0.0] * 4
        coordinator.add_gradients(ones(), base=coordinator.get_model_parameters())
        assert values(coordinator) == [-1.0] * 4


@case
def error_late() -> None:
    with Daemon() as daemon, daemon.load(policy="bsp") as coordinator, daemon.worker() as worker:
        old = worker.parameters()
        worker.push(ones(), base=old)
        worker.flush()
        with expect(Code.LATE, says="round"):
            coordinator.add_gradients(ones(), base=old)
        worker.push(ones(), base=worker.parameters("next"))
        worker.flush()
        assert values(coordinator) == [-2.0] * 4


@case
def error_every_code() -> None:
    with Daemon() as daemon, daemon.load(), refuser(daemon) as control:
        with gradmq.Coordinator(control, timeout=PATIENCE) as coordinator:
            for code in Code:
                if code >= 64:
                    continue
                # BUSY is asked again until the time is over.
                short = 2 if code == Code.BUSY else PATIENCE
                with expect(code, says=f"the code {code.value}"):
                    coordinator.record(f"code-{code.value}", timeout=short)
            with expect(63):
                coordinator.record("code-63")
            assert coordinator.status().state == "RUNNING"


def keygen(folder: Path, name: str, role: str | None = None) -> None:
    command = [str(BIN / "gradmq"), "keygen", name, "--out", str(folder), "--quiet"]
    subprocess.run(command + (["--role", role] if role else []), check=True)


def secured(daemon: Daemon, *authorised: tuple[str, str]) -> Path:
    """Keys for a daemon that was not started yet; the folder that they lie in."""
    keys = daemon.folder / "keys"
    folder = daemon.folder / "authorised"
    keys.mkdir()
    folder.mkdir(mode=0o700)
    keygen(keys, "server")
    for name, role in authorised:
        keygen(keys, name, role)
        public = (keys / f"{name}.public").read_bytes()
        (folder / f"{name}.public").write_bytes(public)
        (folder / f"{name}.public").chmod(0o644)
    daemon.options["security/secret"] = str(keys / "server.secret")
    daemon.options["security/authorised"] = str(folder)
    return keys


@case
def error_permission() -> None:
    daemon = Daemon()
    keys = secured(daemon, ("eve", "observer"), ("w1", "worker"))
    with daemon:
        server = keys / "server.public"
        with daemon.coordinator(secret=keys / "eve.secret", server_key=server) as observer:
            observer.status()
            with expect(Code.PERMISSION):
                observer.set_parameters(learning_rate=0.5)
        (keys / "w1.secret").chmod(0o644)
        with expect(Code.PERMISSION, says="chmod 600"):
            daemon.coordinator(secret=keys / "w1.secret", server_key=server)


@case
def error_timeout() -> None:
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    for opened in (gradmq.Coordinator, gradmq.Worker):
        begun = time.monotonic()
        with expect(Code.CONNECT, Code.TIMEOUT, says=endpoint) as caught:
            opened(endpoint, timeout=0.3)
        assert time.monotonic() - begun < 30
        assert isinstance(caught.why, TimeoutError)
    with Daemon() as daemon, daemon.load() as coordinator:
        daemon.hold()
        with expect(Code.TIMEOUT, says=daemon.control):
            coordinator.status(timeout=0.2)
        daemon.go()
        coordinator.status()
