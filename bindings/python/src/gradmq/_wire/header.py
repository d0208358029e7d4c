"""Header frames: eight octets of preamble, then a protobuf message (PROTOCOL.md, section 2)."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from google.protobuf.message import DecodeError

from .. import _limits
from ..errors import Code, GradMQError
from . import schema, strict

MAGIC = b"GMQ\xf1"
MAJOR = 1
PREAMBLE_BYTES = 8


class FrameKind(IntEnum):
    """What a header is."""

    GRADIENT = 1
    UPDATE = 2
    EVENT = 3
    REQUEST = 4
    REPLY = 5


_MESSAGES = {
    FrameKind.GRADIENT: schema.Gradient,
    FrameKind.UPDATE: schema.Update,
    FrameKind.EVENT: schema.Event,
    FrameKind.REQUEST: schema.Request,
    FrameKind.REPLY: schema.Reply,
}
_PREAMBLES = {kind: MAGIC + bytes((MAJOR, kind, 0, 0)) for kind in FrameKind}


def write(kind: FrameKind, message: schema.Message) -> bytes:
    """A header frame."""
    data: bytes = message.SerializeToString()
    if PREAMBLE_BYTES + len(data) > _limits.HEADER_BYTES:
        raise GradMQError(
            Code.TOO_LARGE,
            f"the header has {PREAMBLE_BYTES + len(data)} bytes; {_limits.HEADER_BYTES} can go",
        )
    return _PREAMBLES[kind] + data


def open_frame(frame: bytes, kind: FrameKind) -> bytes:
    """The message behind a preamble of that kind, as octets. Rules W-1 to W-6."""
    if len(frame) < PREAMBLE_BYTES:
        raise GradMQError(
            Code.MALFORMED, f"a header has {len(frame)} bytes; the preamble alone has 8"
        )
    if frame[:4] != MAGIC:
        raise GradMQError(Code.PREAMBLE, "the header does not begin as GradMQ's do")
    if frame[4] != MAJOR:
        raise GradMQError(
            Code.VERSION, f"the message is of major version {frame[4]}; this library speaks {MAJOR}"
        )
    if frame[5] != kind:
        raise GradMQError(
            Code.PREAMBLE, f"a frame of kind {frame[5]} came where {kind.name} belongs"
        )
    if frame[6:8] != b"\0\0":
        raise GradMQError(Code.UNSUPPORTED, f"flags {frame[6:8].hex()} are not known here")
    if len(frame) > _limits.HEADER_BYTES:
        raise GradMQError(
            Code.TOO_LARGE, f"a header has {len(frame)} bytes; {_limits.HEADER_BYTES} are allowed"
        )
    return frame[PREAMBLE_BYTES:]


def read(
    frame: bytes, kind: FrameKind, on_unknown: strict.OnUnknown | None = None
) -> schema.Message:
    """The message of a header frame, held against the schema."""
    data = open_frame(frame, kind)
    made = _MESSAGES[kind]
    strict.look(data, made.DESCRIPTOR, on_unknown)
    try:
        message = made.FromString(data)
    except DecodeError as why:
        raise GradMQError(Code.MALFORMED, f"the header cannot be decoded: {why}") from None
    understand(message)
    return message


def understand(message: Any) -> None:
    """Rule W-8."""
    numbers = getattr(message, "must_understand", ())
    if numbers:
        unknown = set(numbers) - strict.known_numbers(message)
        if unknown:
            raise GradMQError(
                Code.UNSUPPORTED,
                f"field {min(unknown)} must be understood, and is not known here",
            )
