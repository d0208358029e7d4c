"""What a coordinator tells about itself and its workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .layout import Layout

__all__ = [
    "Acknowledgement",
    "Announcement",
    "Description",
    "Event",
    "Heartbeat",
    "Malformed",
    "Metric",
    "MissingRange",
    "Notice",
    "Operation",
    "Position",
    "Status",
    "StepMetric",
    "StepReport",
    "WorkerInfo",
]


@dataclass(frozen=True)
class Position:
    """Where a model stands: which process, which unbroken line of versions, which version."""

    instance: int = 0
    epoch: int = 0
    version: int = 0

    @classmethod
    def of(cls, told: Any) -> Position:
        """From the wire."""
        return cls(told.instance, told.epoch, told.version)


@dataclass(frozen=True)
class Description:
    """Endpoints, layout, limits, and what a coordinator can do."""

    model: str
    position: Position
    product: str
    protocol_minor: int
    state: str
    layout: Layout | None
    gradients_endpoints: tuple[str, ...]
    updates_endpoints: tuple[str, ...]
    events_endpoints: tuple[str, ...]
    streams: tuple[str, ...]
    """Published now."""
    stream_names: tuple[str, ...]
    """That parameters can be asked for in."""
    limits: Mapping[str, int]
    dtypes: tuple[str, ...]
    encodings: tuple[str, ...]
    kinds: tuple[str, ...]
    optimizers: tuple[str, ...]
    schedules: tuple[str, ...]
    policies: tuple[str, ...]
    rules: tuple[str, ...]
    heartbeat: float
    """Seconds between heartbeats."""


@dataclass(frozen=True)
class Operation:
    """Slow work: a checkpoint, a restore, a recording."""

    operation: int
    name: str
    done: bool
    code: int
    message: str


@dataclass(frozen=True)
class Metric:
    """A number that a worker reported."""

    name: str
    value: float
    weight: float = 1.0
    worker: str = ""


@dataclass(frozen=True)
class Status:
    """What a coordinator does now, and why."""

    model: str
    position: Position
    product: str
    state: str
    why: str
    durability: str
    uptime: float
    """Seconds."""
    members: int
    queued_gradients: int
    queued_bytes: int
    elements: int
    tensors: int
    learning_rate: float
    """Of the next step."""
    schedule_tick: int
    settings_revision: int
    snapshots_pinned: int
    resident_bytes: int
    policy: str
    rule: str
    """"" where each gradient is a step."""
    round: int
    deadline: float | None
    """Seconds that are left of the round; None: nothing is waited for."""
    min_clock: int
    contributions: int
    """How many the open step has."""
    needed: int
    """How many make a step; 0: that depends on the members."""
    waiting_for: tuple[str, ...]
    waiting_total: int
    counters: Mapping[str, int]
    operations: tuple[Operation, ...]
    """Running, and the newest that ended."""
    metrics: tuple[Metric, ...]
    """Those of the newest contributions."""


@dataclass(frozen=True)
class WorkerInfo:
    """One member."""

    name: str
    incarnation: int
    leaving: bool
    lease_left: float
    """Seconds."""
    seen_ago: float
    """Seconds."""
    received_through: int
    settled_through: int
    queued: int
    clock: int
    base_version: int
    staleness_mean: float
    dispositions: Mapping[str, int]
    metrics: tuple[Metric, ...]


@dataclass(frozen=True)
class MissingRange:
    """Sequences first to last, both included."""

    first: int
    last: int
    code: int
    """0: not arrived; else why it was turned away."""


@dataclass(frozen=True)
class Acknowledgement:
    """What the sequences of a worker have come to."""

    worker: str
    position: Position
    incarnation: int
    received_through: int
    settled_through: int
    missing: tuple[MissingRange, ...]
    dispositions: Mapping[int, tuple[str, str]]
    """The newest that are not APPLIED, by sequence: disposition and code."""
    dispositions_from: int
    credit_gradients: int
    credit_bytes: int
    applied: int


@dataclass(frozen=True)
class Event:
    """Something that a coordinator published."""

    position: Position


@dataclass(frozen=True)
class Heartbeat(Event):
    """Each second, and at a change of state."""

    state: str
    why: str
    durability: str
    round: int
    deadline: float | None
    """Seconds."""
    min_clock: int
    waiting_for: tuple[str, ...]
    waiting_total: int
    members: int
    queued: int
    settings_revision: int


@dataclass(frozen=True)
class Notice(Event):
    """Something happened."""

    notice: str
    """Such as "STARTED"."""
    message: str
    worker: str
    incarnation: int
    sequence: int
    code: int
    operation: int
    count: int
    settings_revision: int


@dataclass(frozen=True)
class Announcement(Event):
    """A new version exists."""


@dataclass(frozen=True)
class Malformed(Event):
    """Something arrived that could not be attributed to a worker."""

    peer_address: str
    user_id: str
    code: int
    message: str
    count: int


@dataclass(frozen=True)
class StepMetric:
    """A metric over the contributions to one step."""

    mean: float
    count: int
    minimum: float
    maximum: float


@dataclass(frozen=True)
class StepReport(Event):
    """What steps came to."""

    steps: int
    learning_rate: float
    gradient_norm: float | None
    update_norm: float | None
    staleness_mean: float
    staleness_maximum: int
    metrics: Mapping[str, StepMetric] = field(default_factory=dict)
