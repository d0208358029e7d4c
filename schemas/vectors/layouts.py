"""Vectors of layouts: the canonical string and the id, and what is no layout."""

import hashlib
import struct

LAYOUTS = {
    "three": (1, [("v", [3])]),
    "two": (1, [("a", [2, 3]), ("b", [4])]),
    "scalar": (1, [("s", [])]),
    "f64": (2, [("a", [2, 3]), ("b", [4])]),
    "order-matters": (1, [("b", [4]), ("a", [2, 3])]),
    "unicode-name": (1, [("schicht.\u00e4/gewicht 1", [1])]),
    "name-of-128": (1, [("n" * 128, [1, 1, 1, 1, 1, 1, 1, 1])]),
    "largest": (1, [("huge", [1 << 20, 1 << 20])]),
    "digits": (1, [("hidden.weight", [64, 32]), ("hidden.bias", [32]), ("out.weight", [32, 10]), ("out.bias", [10])]),
}
WRONG = [
    ("no-tensors", "L-1", 1, [], "SHAPE"),
    ("dimension-0", "L-1", 1, [("a", [3, 0])], "SHAPE"),
    ("rank-9", "L-1", 1, [("a", [1] * 9)], "SHAPE"),
    ("elements-above-2^40", "L-1", 1, [("a", [1 << 40]), ("b", [])], "SHAPE"),
    ("elements-above-2^64", "L-1", 1, [("a", [1 << 33, 1 << 33])], "SHAPE"),
    ("dimension-2^64-1", "L-1", 1, [("a", [2**64 - 1, 2])], "SHAPE"),
    ("same-name", "A-2", 1, [("a", [1]), ("b", [1]), ("a", [2])], "NAME"),
    ("name-empty", "A-2", 1, [("", [1])], "NAME"),
    ("name-of-129", "A-2", 1, [("n" * 129, [1])], "NAME"),
    ("name-with-control", "A-2", 1, [("a\n", [1])], "NAME"),
    ("name-with-delete", "A-2", 1, [("a\u007f", [1])], "NAME"),
    ("name-metadata", "A-2", 1, [("__metadata__", [1])], "NAME"),
    ("dtype-0", "N-2", 0, [("a", [1])], "UNSUPPORTED"),
    ("dtype-f16", "L-1", 3, [("a", [1])], "UNSUPPORTED"),
    ("dtype-99", "N-2", 99, [("a", [1])], "UNSUPPORTED"),
]


def canonical(layout):
    dtype, tensors = layout
    octets = b"gradmq.layout.v1\n" + struct.pack("<II", dtype, len(tensors))
    for name, shape in tensors:
        encoded = name.encode("utf-8")
        octets += struct.pack("<I", len(encoded)) + encoded + struct.pack("<I", len(shape))
        octets += b"".join(struct.pack("<Q", dimension) for dimension in shape)
    return octets


def layout_id(layout):
    return struct.unpack("<Q", hashlib.sha256(canonical(layout)).digest()[:8])[0]


def as_json(dtype, tensors):
    return {"tensors": [{"name": name, "shape": [str(one) for one in shape]} for name, shape in tensors], "dtype": dtype}


def vectors():
    found = []
    for name, layout in LAYOUTS.items():
        found.append({"name": name, "rule": "L-2", "layout": as_json(*layout), "canonical": canonical(layout).hex(),
                      "id": str(layout_id(layout)), "id_hex": "%016x" % layout_id(layout)})
    for name, rule, dtype, tensors, code in WRONG:
        found.append({"name": name, "rule": rule, "layout": as_json(dtype, tensors), "error": code})
    return found
