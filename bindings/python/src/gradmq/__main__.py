"""`python -m gradmq`: what a coordinator does now, and why."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from . import __version__
from .coordinator import Coordinator
from .errors import Code, GradMQError
from .reports import Status

_UNREACHED = (Code.CONNECT, Code.TIMEOUT)
_FILES = (Code.IO, Code.FORMAT)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    told = os.environ.get
    parser = argparse.ArgumentParser(
        prog="python -m gradmq", description="Shows what a coordinator does now, and why."
    )
    parser.add_argument(
        "-c",
        "--control",
        metavar="ENDPOINT",
        default=told("GRADMQ_CONTROL") or "tcp://127.0.0.1:5570",
        help="control endpoint; default $GRADMQ_CONTROL, else tcp://127.0.0.1:5570",
    )
    parser.add_argument("-m", "--model", metavar="NAME", help="the model that is meant")
    parser.add_argument(
        "--secret",
        metavar="FILE",
        default=told("GRADMQ_SECRET"),
        help="own certificate, where the coordinator asks for keys; default $GRADMQ_SECRET",
    )
    parser.add_argument(
        "--server-key",
        metavar="FILE",
        default=told("GRADMQ_SERVER_KEY"),
        help="the coordinator's public certificate; default $GRADMQ_SERVER_KEY",
    )
    parser.add_argument("-j", "--json", action="store_true", help="answer with JSON")
    parser.add_argument(
        "-t", "--timeout", metavar="SECONDS", type=float, default=5.0, help="longest wait"
    )
    parser.add_argument("--version", action="version", version=f"gradmq {__version__}")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run it. 0: done; 1: refused; 3: not reached; 4: a file cannot be read."""
    options = _options(arguments)
    try:
        with Coordinator(
            options.control,
            model=options.model,
            timeout=options.timeout,
            secret=options.secret,
            server_key=options.server_key,
        ) as coordinator:
            status = coordinator.status()
    except GradMQError as why:
        if options.json:
            error = {"error": why.name, "message": why.message}
            print(json.dumps(error), file=sys.stderr)
        else:
            print(f"gradmq: {why.message}", file=sys.stderr)
        return 3 if why.code in _UNREACHED else 4 if why.code in _FILES else 1
    if options.json:
        print(json.dumps(dataclasses.asdict(status)))
    else:
        print("\n".join(_lines(status)))
    return 0


def _size(octets: int) -> str:
    amount = float(octets)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, hours = divmod(int(seconds) // 60, 60)[::-1]
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _policy(status: Status) -> str:
    step = "each gradient is a step"
    if status.rule:
        needed = f"of {status.needed}" if status.needed else "of all members"
        step = f"rule {status.rule} {needed}, {status.contributions} are there"
    return f"{status.policy}; {step}"


def _rows(status: Status) -> Iterator[tuple[str, Any]]:
    position = status.position
    yield "model", status.model
    yield "state", status.state
    if status.why:
        yield "why", status.why
    if status.waiting_total:
        names = ", ".join(status.waiting_for)
        yield "waits for", f"{names} ({status.waiting_total} in all)"
    if status.deadline is not None:
        yield "until", f"{_span(status.deadline)} from now"
    yield "policy", _policy(status)
    yield "position", f"version {position.version} of epoch {position.epoch}"
    yield "size", f"{status.elements} parameters in {status.tensors} tensors"
    yield "rate", f"{status.learning_rate:.4g}, {status.schedule_tick} steps into its schedule"
    yield "settings", f"revision {status.settings_revision}"
    yield "members", status.members
    yield "queue", f"{status.queued_gradients} gradients, {_size(status.queued_bytes)}"
    held = f"{status.snapshots_pinned} snapshots held"
    yield "memory", f"{_size(status.resident_bytes)}, {held}"
    yield "durability", status.durability
    yield "up", _span(status.uptime)
    yield "software", status.product


def _lines(status: Status) -> Iterator[str]:
    for name, value in _rows(status):
        yield f"{name:<11} {value}"
    counters = {name: value for name, value in status.counters.items() if value}
    if counters:
        yield "\ncounters"
        widest = max(map(len, counters))
        for name, value in counters.items():
            yield f"  {name:<{widest}} {value:>12}"
    for operation in status.operations:
        state = "done" if operation.done else "running"
        yield f"\noperation {operation.operation}: {operation.name}, {operation.message or state}"
    if status.metrics:
        yield "\nnewest metrics"
        for metric in status.metrics:
            yield f"  {metric.name:<16} {metric.value:<10.4g} {metric.worker}"


if __name__ == "__main__":
    sys.exit(main())
