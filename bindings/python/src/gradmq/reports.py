"""What a coordinator tells about itself and its workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ._codes import Disposition, Encoding, Kind, NoticeKind, State, member_name
from ._wire.dtypes import Dtype
from .errors import code_name
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


# --------------------------------------------------------------------------------------------------
# From the wire


def read_description(reply: Any, layout: Layout | None) -> Description:
    """A reply to Describe."""
    told = reply.description
    return Description(
        model=reply.model,
        position=Position.of(reply.position),
        product=told.product,
        protocol_minor=told.protocol_minor,
        state=member_name(State, told.state),
        layout=layout,
        gradients_endpoints=tuple(told.gradients_endpoints),
        updates_endpoints=tuple(told.updates_endpoints),
        events_endpoints=tuple(told.events_endpoints),
        streams=tuple(told.streams),
        stream_names=tuple(told.stream_names),
        limits={one.name: value for one, value in told.limits.ListFields()},
        dtypes=tuple(member_name(Dtype, one) for one in told.dtypes),
        encodings=tuple(member_name(Encoding, one) for one in told.encodings),
        kinds=tuple(member_name(Kind, one) for one in told.kinds),
        optimizers=tuple(told.optimizers),
        schedules=tuple(told.schedules),
        policies=tuple(told.policies),
        rules=tuple(told.rules),
        heartbeat=told.heartbeat_ms / 1000,
    )


def read_operation(told: Any) -> Operation:
    """An operation."""
    return Operation(told.operation, told.name, told.done, told.code, told.message)


def _counters(told: Any) -> dict[str, int]:
    return {one.name: one.value for one in told}


def _seconds(told: Any, name: str) -> float | None:
    return getattr(told, name) / 1000 if told.HasField(name) else None


def read_status(reply: Any) -> Status:
    """A reply to Status."""
    told = reply.status
    return Status(
        model=reply.model,
        position=Position.of(reply.position),
        product=told.product,
        state=member_name(State, told.state),
        why=told.why,
        durability=told.durability,
        uptime=told.uptime_ms / 1000,
        members=told.members,
        queued_gradients=told.queued_gradients,
        queued_bytes=told.queued_bytes,
        elements=told.elements,
        tensors=told.tensors,
        learning_rate=told.learning_rate,
        schedule_tick=told.schedule_tick,
        settings_revision=told.settings_revision,
        snapshots_pinned=told.snapshots_pinned,
        resident_bytes=told.resident_bytes,
        policy=told.policy,
        rule=told.rule,
        round=told.round,
        deadline=_seconds(told, "deadline_ms"),
        min_clock=told.min_clock,
        contributions=told.contributions,
        needed=told.needed,
        waiting_for=tuple(told.waiting_for),
        waiting_total=told.waiting_total,
        counters=_counters(told.counters),
        operations=tuple(read_operation(one) for one in told.operations),
        metrics=tuple(Metric(one.name, one.value, worker=one.worker) for one in told.metrics),
    )


def read_worker(told: Any) -> WorkerInfo:
    """A row of ListWorkers."""
    return WorkerInfo(
        name=told.name,
        incarnation=told.incarnation,
        leaving=told.leaving,
        lease_left=told.lease_left_ms / 1000,
        seen_ago=told.seen_ms_ago / 1000,
        received_through=told.received_through,
        settled_through=told.settled_through,
        queued=told.queued,
        clock=told.clock,
        base_version=told.base_version,
        staleness_mean=told.staleness_mean,
        dispositions=_counters(told.dispositions),
        metrics=tuple(
            Metric(one.name, one.value, one.weight if one.HasField("weight") else 1.0, told.name)
            for one in told.metrics
        ),
    )


def read_acknowledgement(told: Any) -> Acknowledgement:
    """An acknowledgement, of a reply or an event."""
    return Acknowledgement(
        worker=told.worker,
        position=Position.of(told.position),
        incarnation=told.incarnation,
        received_through=told.received_through,
        settled_through=told.settled_through,
        missing=tuple(MissingRange(one.first, one.last, one.code) for one in told.missing),
        dispositions={
            one.sequence: (
                member_name(Disposition, one.disposition),
                code_name(one.code) if one.code else "",
            )
            for one in told.dispositions
        },
        dispositions_from=told.dispositions_from,
        credit_gradients=told.credit_gradients,
        credit_bytes=told.credit_bytes,
        applied=told.applied,
    )


def read_event(event: Any) -> Event | Acknowledgement | None:
    """What was published; None: nothing that is known here, or for others than people."""
    kind = event.WhichOneof("body")
    read = _EVENTS.get(kind) if kind is not None else None
    return read(getattr(event, kind)) if read is not None else None


def _heartbeat(told: Any) -> Heartbeat:
    return Heartbeat(
        Position.of(told.position),
        state=member_name(State, told.state),
        why=told.why,
        durability=told.durability,
        round=told.round,
        deadline=_seconds(told, "deadline_ms"),
        min_clock=told.min_clock,
        waiting_for=tuple(told.waiting_for),
        waiting_total=told.waiting_total,
        members=told.members,
        queued=told.queued,
        settings_revision=told.settings_revision,
    )


def _notice(told: Any) -> Notice:
    return Notice(
        Position.of(told.position),
        notice=member_name(NoticeKind, told.notice),
        message=told.message,
        worker=told.worker,
        incarnation=told.incarnation,
        sequence=told.sequence,
        code=told.code,
        operation=told.operation,
        count=told.count,
        settings_revision=told.settings_revision,
    )


def _malformed(told: Any) -> Malformed:
    return Malformed(
        Position(), told.peer_address, told.user_id, told.code, told.message, told.count
    )


def _step(told: Any) -> StepReport:
    norm = told.gradient_norm if told.HasField("gradient_norm") else None
    update = told.update_norm if told.HasField("update_norm") else None
    return StepReport(
        Position.of(told.position),
        steps=told.steps,
        learning_rate=told.learning_rate,
        gradient_norm=norm,
        update_norm=update,
        staleness_mean=told.staleness_mean,
        staleness_maximum=told.staleness_maximum,
        metrics={
            one.name: StepMetric(one.mean, one.count, one.minimum, one.maximum)
            for one in told.metrics
        },
    )


_EVENTS: dict[str, Any] = {
    "acknowledgement": read_acknowledgement,
    "heartbeat": _heartbeat,
    "notice": _notice,
    "announcement": lambda told: Announcement(Position.of(told.position)),
    "malformed": _malformed,
    "step": _step,
}
