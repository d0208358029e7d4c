"""Reading what a coordinator says: replies, updates, events."""

from __future__ import annotations

from typing import Any

from .._codes import Encoding
from ..errors import Code, GradMQError
from . import header
from .dtypes import is_dtype


def read_reply(frame: bytes) -> Any:
    """A reply's message."""
    return header.read(frame, header.FrameKind.REPLY)


def read_event(frame: bytes) -> Any:
    """An event's message. One without a body that is known here is of a later minor version."""
    return header.read(frame, header.FrameKind.EVENT)


def read_update(frame: bytes) -> Any:
    """An update's message, its dtype and encoding known."""
    message = header.read(frame, header.FrameKind.UPDATE)
    check_form(message)
    return message


def check_form(message: Any) -> None:
    """Rule N-2, for what carries a payload."""
    if message.HasField("dtype") and not is_dtype(message.dtype):
        raise GradMQError(Code.UNSUPPORTED, f"dtype {message.dtype} is not known here")
    if message.HasField("encoding") and message.encoding not in Encoding._value2member_map_:
        raise GradMQError(Code.UNSUPPORTED, f"encoding {message.encoding} is not known here")
