"""The golden vectors of schemas/vectors: one function a subject, which raises what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor

from gradmq._wire import dtypes, gradient, header, messages, payload, request, schema, topics
from gradmq.errors import GradMQError
from gradmq.layout import Dtype, Layout

FOLDER = Path(__file__).resolve().parents[3] / "schemas" / "vectors"

# Fields of which not only the value counts, but also whether they are there.
PRESENCE = {
    "based_on",
    "clock",
    "if_epoch",
    "if_version",
    "newer_than",
    "deadline_ms",
    "previous_published_epoch",
    "previous_published_version",
    "Part.bytes",
}
# Defaults that are not 0.
DEFAULTS = {"kind", "weight", "loss_scale", "encoding", "rate_scale", "low_water"}


def subjects() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def vectors(subject: str) -> list[dict[str, Any]]:
    found = json.loads((FOLDER / f"{subject}.json").read_text(encoding="utf-8"))
    assert found["format"] == 1
    listed: list[dict[str, Any]] = found["vectors"]
    return listed


def frames(vector: dict[str, Any]) -> list[bytes]:
    def octets(piece: Any) -> bytes:
        if isinstance(piece, str):
            return bytes.fromhex(piece)
        if isinstance(piece, list):
            return b"".join(octets(one) for one in piece)
        count: int = piece["count"]
        return bytes.fromhex(piece["repeat"]) * count

    made: list[bytes] = []
    for frame in vector["frames"]:
        if isinstance(frame, dict) and "frame" in frame:
            made += [octets(frame["frame"])] * frame["times"]
        else:
            made.append(octets(frame))
    return made


def meaning(message: Any) -> dict[str, Any]:
    """What a header says, without what is the same as being absent."""
    said: dict[str, Any] = {}
    for field, value in message.ListFields():
        key = f"{message.DESCRIPTOR.name}.{field.name}"
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            many = not hasattr(value, "ListFields")
            said[field.name] = [meaning(one) for one in value] if many else meaning(value)
        elif not isinstance(value, (bool, int, float, str, bytes)):
            said[field.name] = list(value)
        elif field.name in PRESENCE or key in PRESENCE or value != _default(message, field.name):
            said[field.name] = value
    return said


def _default(message: Any, name: str) -> Any:
    gradients = ("Gradient", "Part", "Metric", "Group")
    if name in DEFAULTS and message.DESCRIPTOR.name in gradients:
        return 1
    return type(getattr(message, name))()


def refusal(read: Callable[[], Any], vector: dict[str, Any]) -> GradMQError | None:
    """The error with which a header is refused, held against the vector's."""
    wanted = vector.get("error")
    try:
        read()
    except GradMQError as why:
        assert why.name == wanted, f"refused with {why}, not {wanted}"
        assert len(why.message) >= 10, "refused without a sentence"
        return why
    assert wanted is None, f"taken, and not refused with {wanted}"
    return None


MESSAGES: dict[str, tuple[int, Any, Callable[[bytes], Any]]] = {
    "gradient": (0, schema.Gradient, lambda frame: _attributed(frame)),
    "update": (1, schema.Update, messages.read_update),
    "event": (1, schema.Event, messages.read_event),
    "request": (0, schema.Request, request.read),
    "reply": (0, schema.Reply, messages.read_reply),
}


def _attributed(frame: bytes) -> Any:
    read = gradient.read(frame)
    if read.fault is not None:
        raise read.fault
    return read.message


def run_message(subject: str, vector: dict[str, Any]) -> None:
    at, made, read = MESSAGES[subject]
    received = frames(vector)
    refused = refusal(lambda: read(received[at]), vector)
    if "attributable" in vector:
        assert vector["attributable"] == _is_attributable(received[at])
    if "request_id" in vector and refused:
        assert request.request_id(received[at]) == int(vector["request_id"])
    if refused:
        return
    # A reader: what was read says what the vector says.
    wanted = json_format.ParseDict(vector["message"], made())
    assert meaning(read(received[at])) == meaning(wanted)
    # A writer: what was written is read as the same.
    written = header.write(header.FrameKind[subject.upper()], wanted)
    assert meaning(read(written)) == meaning(wanted)
    if "check" in vector:
        run_check(vector, received)


def _is_attributable(frame: bytes) -> bool:
    try:
        return gradient.read(frame).fault is not None
    except GradMQError:
        return False


def run_check(vector: dict[str, Any], received: list[bytes]) -> None:
    named = next(one for one in vectors("layout") if one["name"] == vector["layout"])
    message = gradient.read(received[0]).message
    wanted = dict(vector)
    wanted["error"] = None if vector["check"] == "OK" else vector["check"]
    refusal(lambda: gradient.check(message, _layout(named["layout"]), received[1:]), wanted)


def _layout(told: dict[str, Any]) -> Layout:
    return Layout.make(
        (
            (tensor.get("name", ""), [int(size) for size in tensor.get("shape", [])])
            for tensor in told.get("tensors", [])
        ),
        told.get("dtype", 1),
    )


def run_layout(vector: dict[str, Any]) -> None:
    if refusal(lambda: _layout(vector["layout"]), vector):
        return
    layout = _layout(vector["layout"])
    if "canonical" in vector:
        assert layout.canonical().hex() == vector["canonical"]
    assert layout.id == int(vector["id"]) == int(vector["id_hex"], 16)


def run_payload(vector: dict[str, Any]) -> None:
    layout = _layout(vector["layout"])
    received = frames(vector)

    def read() -> list[payload.Part]:
        message = schema.Gradient()
        json_format.ParseDict({"dtype": vector["dtype"], "parts": vector["parts"]}, message)
        parts = gradient.parts_of(message, layout)
        octets = np.frombuffer(b"".join(received), np.uint8)
        payload.check(layout, parts, [len(frame) for frame in received])
        payload.check_indices(layout, parts, octets)
        return parts

    if refusal(read, vector):
        return
    octets = np.frombuffer(b"".join(received), np.uint8)
    at = 0
    for part, values in zip(read(), vector["values"], strict=True):
        size = payload.part_bytes(layout.tensors[part.tensor], part)
        found = payload.decode(layout, part, octets[at : at + size], Dtype.F64)
        wanted = np.array([float(value) for value in values])
        assert found.tobytes() == wanted.tobytes(), f"tensor {part.tensor} is {found}"
        at += size


def run_dtype(vector: dict[str, Any]) -> None:
    of, to = Dtype[vector["from"]], Dtype[vector["to"]]
    given = np.frombuffer(bytes.fromhex(vector["input"]), of.numpy)
    assert dtypes.convert(given, to, of=of).tobytes().hex() == vector["output"]


def run_topic(vector: dict[str, Any]) -> None:
    assert vector["topic"].encode() in _made(vector["of"])


def _made(of: dict[str, str]) -> list[bytes]:
    if "nonce" in of:
        return [topics.sync(int(of["nonce"]))]
    model = of["model"]
    if "stream" in of:
        return [topics.parameters(model, of["stream"])]
    if "worker" in of:
        worker = of["worker"]
        return [topics.acknowledgements(model, worker), topics.worker_events(model, worker)]
    return [topics.events(model), topics.announcements(model), topics.malformed(model)]


RUNS: dict[str, Callable[[dict[str, Any]], None]] = {
    "layout": run_layout,
    "payload": run_payload,
    "dtype": run_dtype,
    "topic": run_topic,
}


def run(subject: str, vector: dict[str, Any]) -> None:
    """Raises AssertionError where the library does not agree with a vector."""
    if subject in MESSAGES:
        run_message(subject, vector)
    else:
        RUNS[subject](vector)
