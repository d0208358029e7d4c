"""
What protobuf runtimes let pass and rule W-6 does not: a look at a message's octets.

Runtimes take a field with another wire type for an unknown one, and text that is no UTF-8 or has
the octet 0 in it for text. Here each field is held against the schema before it is unpacked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from ..errors import Code, GradMQError

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_WIRE_TYPES = {
    FieldDescriptor.TYPE_DOUBLE: _FIXED64,
    FieldDescriptor.TYPE_FIXED64: _FIXED64,
    FieldDescriptor.TYPE_STRING: _LENGTH,
    FieldDescriptor.TYPE_BYTES: _LENGTH,
    FieldDescriptor.TYPE_MESSAGE: _LENGTH,
}

_LABEL_REPEATED = 3

# Told of a field that the schema does not have: the message it stands in, and its number.
OnUnknown = Callable[[Descriptor, int], None]


def _is_repeated(field: FieldDescriptor) -> bool:
    # Newer runtimes tell it so, older ones by a label.
    told: bool | None = getattr(field, "is_repeated", None)
    return getattr(field, "label", None) == _LABEL_REPEATED if told is None else told


class _Field:
    """What the schema says of a field."""

    __slots__ = ("message", "packed", "text", "wire_type")

    def __init__(self, field: FieldDescriptor) -> None:
        self.wire_type = _WIRE_TYPES.get(field.type, _VARINT)
        self.packed = _is_repeated(field) and self.wire_type != _LENGTH
        self.text = field.type == FieldDescriptor.TYPE_STRING
        self.message: Descriptor | None = field.message_type


_tables: dict[str, dict[int, _Field]] = {}


def _table(descriptor: Descriptor) -> dict[int, _Field]:
    table = _tables.get(descriptor.full_name)
    if table is None:
        table = {field.number: _Field(field) for field in descriptor.fields}
        _tables[descriptor.full_name] = table
    return table


def _malformed(why: str) -> GradMQError:
    return GradMQError(Code.MALFORMED, f"the header cannot be decoded: {why}")


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        octet = data[at]
        at += 1
        value |= (octet & 0x7F) << shift
        if octet < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
    raise _malformed("a number does not end" if at >= end else "a number of eleven octets")


def _text(data: bytes) -> None:
    if 0 in data:
        raise _malformed("text has the octet 0 in it")
    try:
        data.decode()
    except UnicodeDecodeError:
        raise _malformed("text is not UTF-8") from None


def _packed(data: bytes, at: int, end: int, wire_type: int) -> None:
    if wire_type == _FIXED64:
        if (end - at) % 8:
            raise _malformed("a list ends inside a number")
        return
    while at < end:
        _, at = _varint(data, at, end)


def _skip(data: bytes, at: int, end: int, wire_type: int) -> tuple[int, int]:
    """Where the value begins and ends."""
    if wire_type == _VARINT:
        return at, _varint(data, at, end)[1]
    if wire_type == _LENGTH:
        size, at = _varint(data, at, end)
    elif wire_type in (_FIXED64, _FIXED32):
        size = 8 if wire_type == _FIXED64 else 4
    else:
        raise _malformed(f"wire type {wire_type} is not used here")
    if size > end - at:
        raise _malformed("a field is longer than the header")
    return at, at + size


def look(data: bytes, descriptor: Descriptor, on_unknown: OnUnknown | None = None) -> None:
    """Hold a message's octets against the schema; MALFORMED where they are not one."""
    _look(data, descriptor, on_unknown, 0, len(data))


def _look(
    data: bytes, descriptor: Descriptor, on_unknown: OnUnknown | None, at: int, end: int
) -> None:
    table = _table(descriptor)
    while at < end:
        tag, at = _varint(data, at, end)
        number, wire_type = tag >> 3, tag & 7
        if number == 0 or tag > 0xFFFFFFFF:
            raise _malformed(f"there is no field number {number}")
        at, after = _skip(data, at, end, wire_type)
        field = table.get(number)
        if field is None:
            if on_unknown is not None:
                on_unknown(descriptor, number)
        elif field.packed and wire_type == _LENGTH:
            _packed(data, at, after, field.wire_type)
        elif wire_type != field.wire_type:
            raise _malformed(f"field {number} of {descriptor.name} has wire type {wire_type}")
        elif field.text:
            _text(data[at:after])
        elif field.message is not None:
            _look(data, field.message, on_unknown, at, after)
        at = after


def find_number(data: bytes, number: int) -> int:
    """The last value of a varint field in front of what cannot be read; 0: there is none."""
    at = value = 0
    try:
        while at < len(data):
            tag, at = _varint(data, at, len(data))
            begin, at = _skip(data, at, len(data), tag & 7)
            if tag == number << 3:
                value, _ = _varint(data, begin, at)
    except GradMQError:
        pass
    return value


def known_numbers(message: Any) -> frozenset[int]:
    """Field numbers that the schema has for a message."""
    return frozenset(_table(message.DESCRIPTOR))


def numbers(data: bytes) -> set[int]:
    """Field numbers that a message has at its top."""
    found: set[int] = set()
    at = 0
    while at < len(data):
        tag, at = _varint(data, at, len(data))
        _, at = _skip(data, at, len(data), tag & 7)
        found.add(tag >> 3)
    return found
