"""Vectors of payload encodings: octets and the values they stand for."""

import struct

from layouts import LAYOUTS, as_json


def pack(form, *values):
    return struct.pack("<%d%s" % (len(values), form), *values)


def case(name, rule, layout, parts, frames, values, dtype=1, error=None):
    """`values`: for each part the whole tensor, absent elements as 0; for ROWS the rows that are there."""
    vector = {"name": name, "rule": rule, "layout": as_json(*layout), "dtype": dtype, "parts": parts,
              "frames": [frame.hex() for frame in frames]}
    if error:
        vector["error"] = error
    else:
        vector["values"] = values
    return vector


def int8_case():
    """Blocks of 256, scales first. The scales are powers of two, so that the values are exact."""
    octets = [(i * 7) % 255 - 127 for i in range(300)]
    scales = [0.5, 0.25]
    payload = pack("f", *scales) + pack("b", *octets)
    values = [octet * scales[i // 256] for i, octet in enumerate(octets)]
    return case("int8-two-blocks", "L-5", (1, [("t", [10, 30])]), [{"tensor": 0, "encoding": 4}], [payload], [values])


def low_rank_case():
    left, right = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 0.0, 2.0, 0.0, 1.0, 3.0]
    m, r, n = 3, 2, 3
    product = [sum(left[i * r + k] * right[k * n + j] for k in range(r)) for i in range(m) for j in range(n)]
    return case("low-rank-2", "L-5", (1, [("t", [3, 3])]), [{"tensor": 0, "encoding": 5, "count": "2"}],
                [pack("f", *left), pack("f", *right)], [product])


def vectors():
    two = LAYOUTS["two"]
    rows = pack("I", 0, 2) + pack("f", 1, 2, 5, 6)
    return [
        case("dense-f32", "L-5", two, [{"tensor": 0}, {"tensor": 1}], [pack("f", *range(10))],
             [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0]]),
        case("dense-every-dtype", "L-5", (1, [(name, [2]) for name in "abcd"]),
             [{"tensor": 0, "dtype": 1}, {"tensor": 1, "dtype": 2}, {"tensor": 2, "dtype": 3}, {"tensor": 3, "dtype": 4}],
             [pack("f", 1, -2) + pack("d", 0.5, 1e200) + bytes.fromhex("003c00c0") + bytes.fromhex("803f00c0")],
             [[1.0, -2.0], [0.5, 1e200], [1.0, -2.0], [1.0, -2.0]]),
        case("dense-in-frames", "W-12", two, [{"tensor": 1}], [pack("f", 1), pack("f", 2, 3), pack("f", 4)],
             [[1.0, 2.0, 3.0, 4.0]]),
        case("rows-of-a-matrix", "L-6", (1, [("t", [3, 2])]), [{"tensor": 0, "encoding": 2, "count": "2"}], [rows],
             [[1.0, 2.0, 0.0, 0.0, 5.0, 6.0]]),
        case("rows-of-a-vector", "L-6", (1, [("t", [4])]), [{"tensor": 0, "encoding": 2, "count": "2"}],
             [pack("I", 1, 3) + pack("f", 8, 9)], [[0.0, 8.0, 0.0, 9.0]]),
        case("rows-of-a-scalar", "L-6", (1, [("t", [])]), [{"tensor": 0, "encoding": 2, "count": "1"}],
             [pack("I", 0) + pack("f", 8)], [[8.0]]),
        case("rows-after-odd-halves", "W-12", (1, [("a", [1]), ("b", [2, 1])]),
             [{"tensor": 0, "dtype": 3}, {"tensor": 1, "encoding": 2, "count": "1"}],
             [bytes.fromhex("003c") + pack("I", 1) + pack("f", 7)], [[1.0], [0.0, 7.0]]),
        case("rows-falling", "L-6", (1, [("t", [3, 2])]), [{"tensor": 0, "encoding": 2, "count": "2"}],
             [pack("I", 2, 0) + rows[8:]], None, error="ARGUMENT"),
        case("top-k", "L-6", (1, [("t", [3, 2])]), [{"tensor": 0, "encoding": 3, "count": "2"}],
             [pack("I", 1, 4) + pack("f", -1, 2.5)], [[0.0, -1.0, 0.0, 0.0, 2.5, 0.0]]),
        case("top-k-falling", "L-6", (1, [("t", [3, 2])]), [{"tensor": 0, "encoding": 3, "count": "2"}],
             [pack("I", 4, 1) + pack("f", -1, 2.5)], None, error="ARGUMENT"),
        case("top-k-index-past-the-end", "L-6", (1, [("t", [3, 2])]), [{"tensor": 0, "encoding": 3, "count": "1"}],
             [pack("I", 6) + pack("f", 1)], None, error="ARGUMENT"),
        int8_case(),
        low_rank_case(),
    ]
