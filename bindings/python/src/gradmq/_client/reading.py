"""What a coordinator tells, from the wire into what people get."""

from __future__ import annotations

from typing import Any

from .._codes import Disposition, Encoding, Kind, NoticeKind, State, member_name
from .._wire.dtypes import Dtype
from ..errors import code_name
from ..layout import Layout
from ..reports import (
    Acknowledgement,
    Announcement,
    Description,
    Event,
    Heartbeat,
    Malformed,
    Metric,
    MissingRange,
    Notice,
    Operation,
    Position,
    Status,
    StepMetric,
    StepReport,
    WorkerInfo,
)


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
