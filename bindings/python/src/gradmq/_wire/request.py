"""Reading a request as a coordinator does: what the tests of a writer need (section 15)."""

from __future__ import annotations

import math
from typing import Any

from google.protobuf.descriptor import Descriptor

from .. import _limits
from ..errors import Code, GradMQError
from . import gradient, header, strict
from .dtypes import is_dtype

_COMMANDS = range(10, 100)
_REQUEST_ID = 2


class _Unknown:
    """Rule W-7: what the schema does not have, outside of gradients."""

    def __init__(self) -> None:
        self.command = False
        self.field = ""

    def __call__(self, descriptor: Descriptor, number: int) -> None:
        if descriptor.name == "Request" and number in _COMMANDS:
            self.command = True
        elif descriptor.name not in ("Gradient", "Base", "Part", "Metric"):
            self.field = self.field or f"field {number} of {descriptor.name}"


def request_id(frame: bytes) -> int:
    """The id that a refusal has to carry (rule R-9); 0: it cannot be read."""
    if frame[: header.PREAMBLE_BYTES - 3] != header.MAGIC + bytes((header.MAJOR,)):
        return 0
    if frame[header.PREAMBLE_BYTES - 3] != header.FrameKind.REQUEST:
        return 0
    return strict.find_number(frame[header.PREAMBLE_BYTES :], _REQUEST_ID)


def read(frame: bytes) -> Any:
    """Decode and check, as far as a header alone tells."""
    unknown = _Unknown()
    message = header.read(frame, header.FrameKind.REQUEST, unknown)
    commands = _commands(frame[header.PREAMBLE_BYTES :])
    if unknown.command or commands != 1:
        raise GradMQError(
            Code.COMMAND, f"{commands} commands that are known here; a request has one"
        )
    if unknown.field:
        raise GradMQError(Code.UNSUPPORTED, f"{unknown.field} is not known here")
    for what in ("client", "model"):
        if message.HasField(what):
            _limits.check_name(what, getattr(message, what))
    name = message.WhichOneof("body")
    check = _CHECKS.get(name)
    if check is not None:
        check(getattr(message, name))
    return message


def _commands(data: bytes) -> int:
    """How many different commands there are: unpacked, the last alone would be left."""
    return sum(1 for number in strict.numbers(data) if number in _COMMANDS)


def _worker(body: Any) -> None:
    _limits.check_name("worker", body.worker)


def _stream(body: Any) -> None:
    if body.HasField("stream"):
        _limits.check_name("stream", body.stream)


def _model(body: Any) -> None:
    for holder in (body, body.layout):
        if holder.HasField("dtype") and not is_dtype(holder.dtype):
            raise GradMQError(Code.UNSUPPORTED, f"dtype {holder.dtype} is not known here")


def _page(body: Any) -> None:
    if body.limit > _limits.LIST_WORKERS:
        raise GradMQError(
            Code.ARGUMENT, f"limit is {body.limit}; it can be 1 to {_limits.LIST_WORKERS}"
        )


def _nonce(body: Any) -> None:
    if not body.nonce:
        raise GradMQError(Code.ARGUMENT, "Sync needs a nonce other than 0")


def _record(body: Any) -> None:
    if not body.stop:
        _limits.check_name("recording", body.name)
    elif body.name:
        raise GradMQError(Code.ARGUMENT, "Record has either a name or stop")


def _add(body: Any) -> None:
    if not body.HasField("gradient"):
        raise GradMQError(Code.ARGUMENT, "the request has no gradient")
    fault = gradient.look(body.gradient).fault
    if fault is not None:
        raise fault


def _settings(body: Any) -> None:
    for field, value in body.settings.ListFields():
        if isinstance(value, float) and not math.isfinite(value):
            raise GradMQError(Code.ARGUMENT, f"{field.name} is {value}; it has to be finite")
        if isinstance(value, str) and len(value.encode()) > _limits.SETTING_TEXT_BYTES:
            raise GradMQError(Code.ARGUMENT, f"{field.name} is too long")
    groups = body.settings.groups.groups
    if len(groups) > _limits.GROUPS:
        raise GradMQError(Code.ARGUMENT, f"{len(groups)} groups; {_limits.GROUPS} are allowed")
    for group in groups:
        if not 1 <= len(group.pattern.encode()) <= _limits.TENSOR_NAME_BYTES:
            raise GradMQError(Code.ARGUMENT, "a group has a pattern of 1 to 128 octets")
        for name in ("rate_scale", "weight_decay", "l2"):
            if not math.isfinite(getattr(group, name)):
                raise GradMQError(Code.ARGUMENT, f"{name} of a group has to be finite")


_CHECKS = {
    "join": _worker,
    "leave": _worker,
    "acknowledgement": _worker,
    "set_parameters": _settings,
    "set_model_parameters": _model,
    "get_model_parameters": _stream,
    "add_gradients": _add,
    "add_model_parameters": _add,
    "list_workers": _page,
    "sync": _nonce,
    "record": _record,
}
