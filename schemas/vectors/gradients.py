"""Vectors of the gradient message: its header, and header with payload against a layout."""

import struct

from layouts import LAYOUTS, layout_id
from wire import GRADIENT, encode, frame, length_field, malformed_headers, refused, tag, valid, varint, zeros

M64 = str(2**64 - 1)
PLAIN = {"model": "m", "worker": "w1", "incarnation": "7", "sequence": "3", "low_water": "2",
         "layout": "81985529216486895"}
FULL = {
    "model": "digits.v2", "worker": "w-17", "incarnation": "1700000000000001", "sequence": "300",
    "low_water": "290", "based_on": {"epoch": "1700000000000000", "version": "299"}, "clock": "12",
    "last_of_clock": True, "kind": 2, "weight": 64.0, "layout": M64, "dtype": 3, "loss_scale": 1024.0,
    "parts": [{"tensor": 0}, {"tensor": 2, "encoding": 2, "dtype": 4, "bytes": "40", "count": "3"},
              {"tensor": 8191, "encoding": 5, "count": "4"}],
    "metrics": [{"name": "loss", "value": 0.25}, {"name": "Genauigkeit \u00fc", "value": -1e300, "weight": 8.0}],
}


def header(content, **how):
    return frame(GRADIENT, encode("Gradient", content, **how))


def plain(**changes):
    """PLAIN with some fields changed; None takes one away. The order is the schema's."""
    content = {**PLAIN, **changes}
    order = list(FULL) + ["must_understand"]
    return {name: content[name] for name in order if content.get(name) is not None}


def good():
    found = [
        valid("plain", "G-1", [header(PLAIN)], PLAIN),
        valid("full", "G-1", [header(FULL)], FULL),
        valid("largest-numbers", "G-1",
              [header(plain(incarnation=M64, sequence=M64, low_water=M64, clock=M64))],
              plain(incarnation=M64, sequence=M64, low_water=M64, clock=M64)),
        valid("without-low-water", "G-1", [header(plain(low_water=None))], plain(low_water=None)),
        valid("clock-0-is-a-clock", "G-1", [header(plain(clock="0"))], plain(clock="0")),
        valid("base-at-version-0", "P-4", [header(plain(based_on={"epoch": "5", "version": "0"}))],
              plain(based_on={"epoch": "5", "version": "0"})),
        valid("name-of-64", "A-1", [header(plain(model="a" * 64, worker="_" + "-." * 31))],
              plain(model="a" * 64, worker="_" + "-." * 31)),
        valid("defaults-stated", "W-9", [header(plain(kind=1, weight=1.0, loss_scale=1.0))],
              plain(kind=1, weight=1.0, loss_scale=1.0)),
        valid("metric-name-of-64", "A-3", [header(plain(metrics=[{"name": "\u00e4" * 32, "value": 0.0}]))],
              plain(metrics=[{"name": "\u00e4" * 32, "value": 0.0}])),
        valid("metrics-32", "G-7", [header(plain(metrics=[{"name": "n%d" % i, "value": i / 4} for i in range(32)]))],
              plain(metrics=[{"name": "n%d" % i, "value": i / 4} for i in range(32)])),
    ]
    for kind in (1, 2, 3, 4):
        found.append(valid("kind-%d" % kind, "G-5", [header(plain(kind=kind))], plain(kind=kind)))
    for dtype in (1, 2, 3, 4):
        found.append(valid("dtype-%d" % dtype, "N-2", [header(plain(dtype=dtype))], plain(dtype=dtype)))
    return found


def same_meaning():
    """Headers that say the same in other octets."""
    octets = encode("Gradient", PLAIN)
    unknown = [tag(20, 0) + b"\x05", tag(1000, 1) + bytes(8), length_field(17, b"shard"), tag(536870911, 5) + bytes(4)]
    base = length_field(6, encode("Base", {"epoch": "1"}))
    base2 = length_field(6, encode("Base", {"version": "2"}))
    return [
        valid("fields-backwards", "W-9", [header(PLAIN, backwards=True)], PLAIN),
        valid("last-of-several-counts", "W-9",
              [frame(GRADIENT, encode("Gradient", {"model": "old", "sequence": "1"}) + octets)], PLAIN),
        valid("long-form-of-a-number", "W-9",
              [frame(GRADIENT, encode("Gradient", plain(sequence=None)) + tag(4, 0) + b"\x83\x80\x80\x00")], PLAIN),
        valid("base-in-two-pieces", "W-9", [frame(GRADIENT, octets + base + base2)],
              plain(based_on={"epoch": "1", "version": "2"})),
        valid("unknown-fields", "W-7", [frame(GRADIENT, unknown[0] + octets + b"".join(unknown[1:]))], PLAIN),
        valid("unknown-field-in-a-part", "W-7",
              [frame(GRADIENT, octets + length_field(14, encode("Part", {"tensor": 1}) + tag(90, 0) + b"\x01"))],
              plain(parts=[{"tensor": 1}])),
        valid("must-understand-known", "W-8", [header(plain(must_understand=[1, 10, 13]))],
              plain(must_understand=[1, 10, 13])),
        valid("must-understand-known-unpacked", "W-8", [header(plain(must_understand=[1, 10, 13]), packed=False)],
              plain(must_understand=[1, 10, 13])),
    ]


def bad_identity():
    cases = [("model-absent", "A-1", {"model": None}, "NAME"), ("model-empty", "A-1", {"model": ""}, "NAME"),
             ("model-of-65", "A-1", {"model": "a" * 65}, "NAME"), ("model-dot-first", "A-1", {"model": ".m"}, "NAME"),
             ("model-dash-first", "A-1", {"model": "-m"}, "NAME"), ("model-space", "A-1", {"model": "a b"}, "NAME"),
             ("model-slash", "A-1", {"model": "a/b"}, "NAME"), ("model-not-ascii", "A-1", {"model": "\u00e4"}, "NAME"),
             ("worker-absent", "A-1", {"worker": None}, "NAME"), ("worker-of-65", "A-1", {"worker": "w" * 65}, "NAME"),
             ("worker-newline", "A-1", {"worker": "w\n"}, "NAME"),
             ("incarnation-absent", "G-2", {"incarnation": None}, "ARGUMENT"),
             ("incarnation-0", "G-2", {"incarnation": "0"}, "ARGUMENT"),
             ("sequence-absent", "G-2", {"sequence": None}, "ARGUMENT"),
             ("sequence-0", "G-2", {"sequence": "0"}, "ARGUMENT"),
             ("low-water-above-sequence", "G-2", {"low_water": "4"}, "ARGUMENT"),
             ("must-understand-unknown", "W-8", {"must_understand": [1, 99]}, "UNSUPPORTED"),
             ("must-understand-reserved", "W-8", {"must_understand": [17]}, "UNSUPPORTED")]
    return [refused(name, rule, [header(plain(**change))], code, attributable=False)
            for name, rule, change, code in cases]


def bad_content():
    metric = {"name": "loss", "value": 0.5}
    nan, inf = float("nan"), float("inf")
    cases = [("kind-0", "N-2", {"kind": 0}, "UNSUPPORTED"), ("kind-5", "N-2", {"kind": 5}, "UNSUPPORTED"),
             ("dtype-0", "N-2", {"dtype": 0}, "UNSUPPORTED"), ("dtype-5", "N-2", {"dtype": 5}, "UNSUPPORTED"),
             ("weight-0", "G-6", {"weight": 0.0}, "ARGUMENT"), ("weight-negative", "G-6", {"weight": -1.0}, "ARGUMENT"),
             ("weight-nan", "N-4", {"weight": nan}, "ARGUMENT"), ("weight-infinite", "N-4", {"weight": inf}, "ARGUMENT"),
             ("loss-scale-0", "G-6", {"loss_scale": 0.0}, "ARGUMENT"),
             ("loss-scale-infinite", "N-4", {"loss_scale": inf}, "ARGUMENT"),
             ("part-without-tensor", "L-4", {"parts": [{"encoding": 1}]}, "ARGUMENT"),
             ("parts-descending", "L-4", {"parts": [{"tensor": 2}, {"tensor": 1}]}, "ARGUMENT"),
             ("part-twice", "L-4", {"parts": [{"tensor": 2}, {"tensor": 2}]}, "ARGUMENT"),
             ("parts-8193", "L-4", {"parts": [{"tensor": i} for i in range(8193)]}, "ARGUMENT"),
             ("part-encoding-0", "N-2", {"parts": [{"tensor": 0, "encoding": 0}]}, "UNSUPPORTED"),
             ("part-encoding-6", "N-2", {"parts": [{"tensor": 0, "encoding": 6}]}, "UNSUPPORTED"),
             ("part-dtype-0", "N-2", {"parts": [{"tensor": 0, "dtype": 0}]}, "UNSUPPORTED"),
             ("part-dtype-9", "N-2", {"parts": [{"tensor": 0, "dtype": 9}]}, "UNSUPPORTED"),
             ("metrics-33", "G-7", {"metrics": [metric] * 33}, "ARGUMENT"),
             ("metric-without-name", "A-3", {"metrics": [{"value": 1.0}]}, "NAME"),
             ("metric-name-of-65", "A-3", {"metrics": [{"name": "a" * 65, "value": 1.0}]}, "NAME"),
             ("metric-name-with-control", "A-3", {"metrics": [{"name": "a\u007f", "value": 1.0}]}, "NAME"),
             ("metric-nan", "G-7", {"metrics": [{**metric, "value": nan}]}, "ARGUMENT"),
             ("metric-infinite", "G-7", {"metrics": [{**metric, "value": -inf}]}, "ARGUMENT"),
             ("metric-weight-0", "G-7", {"metrics": [{**metric, "weight": 0.0}]}, "ARGUMENT")]
    found = []
    for name, rule, change, code in cases:
        octets = header(plain(**change))
        if name == "parts-8193":
            octets = compact(octets)
        found.append(refused("bad-" + name, rule, [octets], code, attributable=True))
    return found


def compact(octets):
    """8193 parts without 8193 lines: the first and last of them differ, the rest says tensor 1."""
    end = octets.index(length_field(14, encode("Part", {"tensor": 0})))
    part = length_field(14, encode("Part", {"tensor": 1}))
    return [octets[:end].hex(), {"repeat": part.hex(), "count": 8193}]


def floats(*values):
    return struct.pack("<%df" % len(values), *values)


def against_layout():
    """Header and payload against the layout named: `check` is the code of the first rule broken."""
    numbers = floats(*range(1, 11))
    identity = layout_id(LAYOUTS["two"])

    def case(name, rule, payload, code="OK", **changes):
        content = plain(layout=str(identity), **changes)
        return valid("two-" + name, rule, [header(content)] + payload, content, layout="two", check=code)

    rows = struct.pack("<I", 1) + floats(1, 2, 3)
    part = {"tensor": 0, "encoding": 2, "count": "1"}
    top = struct.pack("<I", 4) + floats(-2.5)
    int8 = floats(0.5) + struct.pack("<6b", -127, -1, 0, 1, 126, 127)
    return [
        case("one-frame", "W-13", [numbers]),
        case("two-frames", "W-12", [numbers[:4], numbers[4:]]),
        case("f64", "W-13", [struct.pack("<10d", *range(10))], dtype=2),
        case("f16", "W-13", [bytes(20)], dtype=3),
        case("bf16-odd-elements-a-frame", "W-12", [bytes(6), bytes(14)], dtype=4),
        case("too-short", "W-13", [numbers[:36]], "LENGTH"),
        case("too-long", "W-13", [numbers + bytes(4)], "LENGTH"),
        case("no-payload", "W-13", [], "LENGTH"),
        case("empty-frame", "W-11", [numbers, b""], "LENGTH"),
        case("ends-inside-an-element", "W-12", [numbers[:6], numbers[6:]], "ALIGNMENT"),
        case("length-before-alignment", "W-13", [numbers[:6]], "LENGTH"),
        case("too-many-frames", "W-11", [{"frame": "00000000", "times": 65537}], "FRAMES"),
        valid("two-other-layout", "L-3", [header(PLAIN), numbers], PLAIN, layout="two", check="LAYOUT"),
        valid("two-no-layout", "L-3", [header(plain(layout=None)), numbers], plain(layout=None), layout="two",
              check="LAYOUT"),
        case("dense-part", "L-5", [numbers[:16]], parts=[{"tensor": 1, "bytes": "16"}]),
        case("dense-part-f16", "L-5", [bytes(8)], parts=[{"tensor": 1, "dtype": 3}]),
        case("dense-part-bytes-wrong", "L-5", [numbers[:16]], "LENGTH", parts=[{"tensor": 1, "bytes": "15"}]),
        case("rows-part", "L-6", [rows], parts=[part]),
        case("rows-cut-behind-the-index", "W-12", [rows[:4], rows[4:]], parts=[part]),
        case("rows-cut-inside-the-index", "W-12", [rows[:2], rows[2:]], "ALIGNMENT", parts=[part]),
        case("rows-count-0", "L-6", [rows], "ARGUMENT", parts=[{**part, "count": "0"}]),
        case("rows-count-3-of-2", "L-6", [rows], "ARGUMENT", parts=[{**part, "count": "3"}]),
        case("rows-index-past-the-end", "L-6", [struct.pack("<I", 2) + rows[4:]], "ARGUMENT", parts=[part]),
        case("rows-index-twice", "L-6", [struct.pack("<II", 1, 1) + floats(*range(6))], "ARGUMENT",
             parts=[{**part, "count": "2"}]),
        case("rows-index-falling", "L-6", [struct.pack("<II", 1, 0) + floats(*range(6))], "ARGUMENT",
             parts=[{**part, "count": "2"}]),
        case("rows-and-dense", "W-13", [rows + numbers[:16]], parts=[part, {"tensor": 1}]),
        case("top-k-part", "L-6", [top], parts=[{**part, "encoding": 3}]),
        case("top-k-index-past-the-end", "L-6", [struct.pack("<I", 6) + top[4:]], "ARGUMENT",
             parts=[{**part, "encoding": 3}]),
        case("int8-part", "L-5", [int8], parts=[{"tensor": 0, "encoding": 4, "bytes": "10"}]),
        case("int8-cut-between-octets", "W-12", [int8[:5], int8[5:]], parts=[{"tensor": 0, "encoding": 4}]),
        case("int8-cut-inside-the-scale", "W-12", [int8[:2], int8[2:]], "ALIGNMENT", parts=[{"tensor": 0, "encoding": 4}]),
        case("int8-count-6", "L-9", [int8], "ARGUMENT", parts=[{"tensor": 0, "encoding": 4, "count": "6"}]),
        case("low-rank-part", "L-9", [numbers[:20]], parts=[{**part, "encoding": 5}]),
        case("low-rank-2", "L-9", [numbers], parts=[{**part, "encoding": 5, "count": "2"}]),
        case("low-rank-3-of-2", "L-9", [floats(*range(15))], "ARGUMENT", parts=[{**part, "encoding": 5, "count": "3"}]),
        case("low-rank-of-a-vector", "L-9", [numbers[:20]], "UNSUPPORTED",
             parts=[{"tensor": 1, "encoding": 5, "count": "1"}]),
        case("every-encoding", "W-13", [int8 + struct.pack("<I", 3) + floats(-1)],
             parts=[{"tensor": 0, "encoding": 4}, {"tensor": 1, "encoding": 3, "count": "1"}]),
        case("tensor-past-the-end", "L-4", [numbers[:16]], "ARGUMENT", parts=[{"tensor": 2}]),
        case("skip", "G-5", [], kind=4),
        case("skip-with-payload", "G-5", [numbers], "LENGTH", kind=4),
    ]


def example():
    """The example of PROTOCOL.md, section 2."""
    content = {"model": "m", "worker": "w1", "incarnation": "7", "sequence": "1", "low_water": "1",
               "layout": str(layout_id(LAYOUTS["three"]))}
    return [valid("protocol-example", "G-1", [header(content), floats(1), floats(2, 3)], content, layout="three",
                  check="OK")]


def vectors():
    headers = malformed_headers(GRADIENT, encode("Gradient", PLAIN), 1)
    return example() + good() + same_meaning() + [{**one, "attributable": False} for one in headers] + \
        bad_identity() + bad_content() + against_layout()
