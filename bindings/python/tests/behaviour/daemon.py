"""A gradmqd of a test's own, and what tests wait by."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import gradmq

BIN = Path(os.environ.get("GRADMQ_BIN", Path(__file__).resolve().parents[4] / "build" / "bin"))
REFUSER = Path(__file__).resolve().parents[4] / "tests" / "bindings" / "refuser.py"
PATIENCE = 60.0

Array = npt.NDArray[Any]
_numbers = itertools.count(1)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def wait_until(what: str, ready: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for a condition, not for time."""
    deadline = time.monotonic() + patience
    while not ready():
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {patience:g} s in vain: {what}")
        time.sleep(0.005)


class Daemon:
    """Runs until the `with` block ends; `kill` and `start` again go on with the same endpoints."""

    def __init__(self, *settings: str, tcp: bool = False, **options: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gmq-"))
        self.settings = [f"settings/{setting}" for setting in settings]
        self.options = {"heartbeat_ms": "100", "log/level": "warning"}
        self.options.update({name.replace("__", "/"): value for name, value in options.items()})
        for name in ("control", "gradients", "updates", "events"):
            where = f"tcp://127.0.0.1:{free_port()}" if tcp else f"ipc://{self.folder}/{name[0]}"
            self.options[f"sockets/{name}"] = where
        self.control = self.options["sockets/control"]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Daemon:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        pairs = [f"{name}={value}" for name, value in self.options.items()] + self.settings
        command = [str(BIN / "gradmqd")]
        for pair in pairs:
            command += ["--set", pair]
        self._process = subprocess.Popen(command, cwd=self.folder)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def kill(self) -> None:
        if self._process is not None:
            self.process.kill()
            self.process.wait()
            self._process = None

    def hold(self) -> None:
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)

    def go(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def ended(self) -> bool:
        return self.process.poll() is not None

    # What tests open, with times that bear a loaded machine.

    def coordinator(self, **options: Any) -> gradmq.Coordinator:
        return gradmq.Coordinator(self.control, **{"timeout": PATIENCE, **options})

    def worker(self, name: str | None = None, **options: Any) -> gradmq.Worker:
        return gradmq.Worker(
            self.control,
            name=name or f"w{next(_numbers)}",
            **{"timeout": PATIENCE, **options},
        )

    def load(self, start: bool = True, **settings: Any) -> gradmq.Coordinator:
        """A coordinator that holds `v`, four zeros, and runs."""
        coordinator = self.coordinator()
        if settings:
            coordinator.set_parameters(settings)
        coordinator.set_model_parameters({"v": np.zeros(4, np.float32)})
        if start:
            coordinator.start()
        return coordinator


@contextlib.contextmanager
def refuser(daemon: Daemon) -> Iterator[str]:
    """The endpoint at which a Record of `code-N` is refused with the code N."""
    command = [sys.executable, str(REFUSER), daemon.control]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def ones(value: float = 1.0, size: int = 4) -> dict[str, Array]:
    return {"v": np.full(size, value, np.float32)}


def values(of: gradmq.Coordinator) -> list[float]:
    return [float(value) for value in of.get_model_parameters()["v"]]


class expect:  # noqa: N801
    """The block raises a GradMQError with one of these codes; `why` is it afterwards."""

    def __init__(self, *codes: int, says: str = "") -> None:
        self.codes = codes
        self.says = says
        self.why: gradmq.GradMQError

    def __enter__(self) -> expect:
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> bool:
        assert value is not None, f"nothing was raised, and not {self.codes}"
        if not isinstance(value, gradmq.GradMQError):
            return False
        assert value.code in self.codes, f"{value} and not {self.codes}"
        assert self.says in value.message, f"{value} does not say {self.says!r}"
        self.why = value
        return True
