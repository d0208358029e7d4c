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


def int8_cases():
    """Every octet, a block of zeros, what does not go with INT8."""
    octets = list(range(-128, 128))
    every = (1, [("t", [256])])
    part = {"tensor": 0, "encoding": 4}
    payload = pack("f", 0.125) + pack("b", *octets)
    odd = (1, [("a", [3]), ("b", [2, 2])])
    pair = [part, {"tensor": 1, "encoding": 4}]
    both = [pack("f", 2) + pack("b", 1, -1, 127), pack("f", -0.5) + pack("b", 8, 2, 4, 6)]
    wide = (1, [("t", [257])])
    cut = pack("f", 1, 1) + bytes(257)
    return [
        case("int8-every-octet", "L-5", every, [part], [payload], [[octet * 0.125 for octet in octets]]),
        case("int8-scale-0", "L-5", every, [part], [pack("f", 0) + bytes(256)], [[0.0] * 256]),
        case("int8-two-parts", "W-12", odd, pair, [b"".join(both)], [[2.0, -2.0, 254.0], [-4.0, -1.0, -2.0, -3.0]]),
        case("int8-frames-between-octets", "W-12", odd, pair, [both[0][:5], both[0][5:] + both[1][:4], both[1][4:]],
             [[2.0, -2.0, 254.0], [-4.0, -1.0, -2.0, -3.0]]),
        case("int8-frame-ends-between-scales", "W-12", wide, [part], [cut[:4], cut[4:]], [[0.0] * 257]),
        case("int8-frame-ends-inside-a-scale", "W-12", wide, [part], [cut[:6], cut[6:]], None, error="ALIGNMENT"),
        case("int8-a-scale-short", "L-5", wide, [part], [cut[4:]], None, error="LENGTH"),
        case("int8-with-a-count", "L-9", every, [{**part, "count": "256"}], [payload], None, error="ARGUMENT"),
        case("int8-f16", "L-9", every, [{**part, "dtype": 3}], [payload], None, error="UNSUPPORTED"),
        case("int8-f64-model", "L-9", (2, [("t", [256])]), [part], [payload], None, dtype=2, error="UNSUPPORTED"),
        case("int8-f64-model-f32-scales", "L-9", (2, [("t", [256])]), [{**part, "dtype": 1}], [payload],
             [[octet * 0.125 for octet in octets]], dtype=2),
    ]


def low_rank_cases():
    shape = (1, [("t", [2, 3, 2])])
    part = {"tensor": 0, "encoding": 5, "count": "1"}
    left, right = [1.0, -2.0], [1.0, 0.5, 8.0, -1.0, 2.0, 4.0]
    product = [a * b for a in left for b in right]
    full = pack("f", *left, *right)
    return [
        case("low-rank-of-3-dimensions", "L-5", shape, [part], [full], [product]),
        case("low-rank-f16", "L-5", shape, [{**part, "dtype": 3}], [pack("e", *left, *right)], [product]),
        case("low-rank-f64", "L-5", shape, [{**part, "dtype": 2}], [pack("d", *left, *right)], [product]),
        case("low-rank-in-frames", "W-12", shape, [part], [full[:4], full[4:12], full[12:]], [product]),
        case("low-rank-ends-inside-an-element", "W-12", shape, [part], [full[:6], full[6:]], None, error="ALIGNMENT"),
        case("low-rank-too-short", "L-5", shape, [part], [full[:-4]], None, error="LENGTH"),
        case("low-rank-0", "L-9", shape, [{**part, "count": "0"}], [b""], None, error="ARGUMENT"),
        case("low-rank-3-of-2", "L-9", shape, [{**part, "count": "3"}], [full * 3], None, error="ARGUMENT"),
        case("low-rank-of-a-vector", "L-9", (1, [("t", [4])]), [part], [pack("f", 1, 2, 3, 4, 5)], None,
             error="UNSUPPORTED"),
        case("low-rank-of-a-scalar", "L-9", (1, [("t", [])]), [part], [pack("f", 1, 2)], None, error="UNSUPPORTED"),
    ]


def top_k_cases():
    shape = (1, [("t", [3, 2])])
    part = {"tensor": 0, "encoding": 3, "count": "2"}
    octets = pack("I", 0, 5) + pack("f", 0.5, -8)
    values = [0.5, 0.0, 0.0, 0.0, 0.0, -8.0]
    return [
        case("top-k-first-and-last", "L-6", shape, [part], [octets], [values]),
        case("top-k-f16", "L-6", shape, [{**part, "dtype": 3}], [pack("I", 0, 5) + pack("e", 0.5, -8)], [values]),
        case("top-k-in-frames", "W-12", shape, [part], [octets[:4], octets[4:12], octets[12:]], [values]),
        case("top-k-of-a-scalar", "L-6", (1, [("t", [])]), [{**part, "count": "1"}], [pack("I", 0) + pack("f", 3)],
             [[3.0]]),
        case("top-k-ends-inside-an-index", "W-12", shape, [part], [octets[:6], octets[6:]], None, error="ALIGNMENT"),
        case("top-k-twice", "L-6", shape, [part], [pack("I", 3, 3) + octets[8:]], None, error="ARGUMENT"),
        case("top-k-0", "L-6", shape, [{**part, "count": "0"}], [b""], None, error="ARGUMENT"),
        case("top-k-7-of-6", "L-6", shape, [{**part, "count": "7"}], [octets * 7], None, error="ARGUMENT"),
        case("top-k-too-long", "L-5", shape, [part], [octets + bytes(8)], None, error="LENGTH"),
    ]


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
    ] + top_k_cases() + int8_cases() + low_rank_cases()
