"""The wire format of protobuf and the frames of GradMQ, written by hand."""

import re
import struct
from pathlib import Path

SCHEMA = Path(__file__).resolve().parent.parent / "gradmq" / "v1"
MAGIC = bytes.fromhex("474d51f1")
GRADIENT, UPDATE, EVENT, REQUEST, REPLY = 1, 2, 3, 4, 5
VARINTS = ("uint32", "uint64", "bool")


def read_schema():
    """Message name -> {field name: (number, type, repeated, packed)}."""
    found = {}
    for path in sorted(SCHEMA.glob("*.proto")):
        source = re.sub(r"//.*", "", path.read_text())
        fields = None
        for line in source.splitlines():
            opened = re.match(r"\s*message (\w+) \{(\})?", line)
            if opened:
                fields = found.setdefault(opened.group(1), {})
            field = re.match(r"\s*(optional|repeated|)\s*(\w+) (\w+) = (\d+)", line)
            if field and field.group(2) not in ("option", "reserved") and "option " not in line:
                label, kind, name, number = field.groups()
                fields[name] = (int(number), kind, label == "repeated", "packed" in line)
    return found


MESSAGES = read_schema()


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def tag(number, wire_type):
    return varint(number << 3 | wire_type)


def length_field(number, octets):
    return tag(number, 2) + varint(len(octets)) + octets


def scalar(kind, value):
    """(wire type, octets) of one number."""
    if kind in VARINTS:
        return 0, varint(int(value))
    if kind == "fixed64":
        return 1, struct.pack("<Q", int(value))
    if kind == "double":
        return 1, struct.pack("<d", float(value))
    raise ValueError(kind)


def encode_field(number, kind, value):
    if kind == "string":
        return length_field(number, value.encode("utf-8"))
    if kind == "bytes":
        return length_field(number, value)
    if kind in MESSAGES:
        return length_field(number, encode(kind, value))
    wire_type, octets = scalar(kind, value)
    return tag(number, wire_type) + octets


def encode(message, content, packed=None, backwards=False):
    """Octets of a message. `content` has field names and values, 64-bit numbers as text.

    packed None follows the schema; True or False forces it; backwards turns the order of fields.
    """
    pieces = []
    for name, value in content.items():
        number, kind, repeated, schema_packed = MESSAGES[message][name]
        if not repeated:
            pieces.append(encode_field(number, kind, value))
        elif (schema_packed if packed is None else packed) and kind not in MESSAGES and kind != "string":
            pieces.append(length_field(number, b"".join(scalar(kind, one)[1] for one in value)))
        else:
            pieces += [encode_field(number, kind, one) for one in value]
    return b"".join(reversed(pieces) if backwards else pieces)


def preamble(kind, magic=MAGIC, major=1, flags=0):
    return magic + bytes([major, kind]) + struct.pack("<H", flags)


def frame(kind, octets):
    return preamble(kind) + octets


def valid(name, rule, frames, message, **more):
    return {"name": name, "rule": rule, "frames": [pieces(one) for one in frames], "message": message, **more}


def refused(name, rule, frames, code, **more):
    return {"name": name, "rule": rule, "frames": [pieces(one) for one in frames], "error": code, **more}


def pieces(octets):
    """A frame as hex, or as it is when it is already a list of pieces."""
    return octets.hex() if isinstance(octets, bytes) else octets


def zeros(count):
    return {"repeat": "00", "count": count}


# The same ways to be malformed hold for every kind of header. `good` is a message that is taken.
def malformed_headers(kind, good, string_field):
    other = GRADIENT if kind != GRADIENT else REPLY
    limit = 1 << 20
    return [
        refused("empty-frame", "W-1", [b""], "MALFORMED"),
        refused("seven-octets", "W-1", [preamble(kind)[:7]], "MALFORMED"),
        refused("wrong-magic", "W-2", [preamble(kind, magic=b"GMQ\xf0") + good], "PREAMBLE"),
        refused("text", "W-2", [b"GET / HTTP/1.1\r\n"], "PREAMBLE"),
        refused("major-0", "W-3", [preamble(kind, major=0) + good], "VERSION"),
        refused("major-2", "W-3", [preamble(kind, major=2) + good], "VERSION"),
        refused("kind-of-another-socket", "W-4", [frame(other, good)], "PREAMBLE"),
        refused("kind-0", "W-4", [frame(0, good)], "PREAMBLE"),
        refused("kind-unknown", "W-4", [frame(9, good)], "PREAMBLE"),
        refused("flag-low", "W-5", [preamble(kind, flags=1) + good], "UNSUPPORTED"),
        refused("flag-high", "W-5", [preamble(kind, flags=0x8000) + good], "UNSUPPORTED"),
        refused("cut-in-a-tag", "W-6", [frame(kind, good + b"\xf8")], "MALFORMED"),
        refused("cut-in-a-number", "W-6", [frame(kind, good + b"\xf8\x06\x80")], "MALFORMED"),
        refused("cut-in-a-fixed-number", "W-6", [frame(kind, good + b"\xf9\x06\x00\x00")], "MALFORMED"),
        refused("length-past-the-end", "W-6", [frame(kind, good + b"\xfa\x06\x05abc")], "MALFORMED"),
        refused("length-past-everything", "W-6", [frame(kind, good + b"\xfa\x06" + b"\xff" * 9 + b"\x01")],
                "MALFORMED"),
        refused("number-of-eleven-octets", "W-6", [frame(kind, good + b"\xf8\x06" + b"\x80" * 10 + b"\x01")],
                "MALFORMED"),
        refused("field-number-0", "W-6", [frame(kind, good + b"\x00\x01")], "MALFORMED"),
        refused("group", "W-6", [frame(kind, good + b"\xfb\x06\xfc\x06")], "MALFORMED"),
        refused("wire-type-6", "W-6", [frame(kind, good + b"\xfe\x06")], "MALFORMED"),
        refused("wire-type-not-the-schema's", "W-6", [frame(kind, good + tag(string_field, 0) + b"\x01")],
                "MALFORMED"),
        refused("text-with-octet-0", "W-6", [frame(kind, good + length_field(string_field, b"m\x00x"))],
                "MALFORMED"),
        refused("text-not-utf-8", "W-6", [frame(kind, good + length_field(string_field, b"m\xff"))],
                "MALFORMED"),
        refused("text-overlong-utf-8", "W-6", [frame(kind, good + length_field(string_field, b"\xc0\xaf"))],
                "MALFORMED"),
        refused("header-too-long", "W-6",
                [[(frame(kind, good) + tag(127, 2) + varint(limit)).hex(), zeros(limit)]], "TOO_LARGE"),
    ]
