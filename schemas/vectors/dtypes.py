"""Vectors of the conversions between element types, bit by bit."""

import math
import struct

F16_TO_F32 = [0x0000, 0x8000, 0x0001, 0x03FF, 0x0400, 0x3C00, 0x3C01, 0xC000, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x3555]
BF16_TO_F32 = [0x0000, 0x8000, 0x0001, 0x007F, 0x0080, 0x3F80, 0x3F81, 0xC000, 0x7F7F, 0xFF7F, 0x7F80, 0xFF80]
VALUES = [0.0, -0.0, 1.0, -2.0, 1 / 3, 1 + 2**-11, 1 + 3 * 2**-11, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-9, 65504.0,
          65519.0, 65520.0, -65520.0, 1e30, 3.3895313892515355e38, 3.4e38, -3.4e38, 2**-14, 2**-24, 2**-25,
          1.5 * 2**-25, 2**-26, 1e-40, -1e-45, math.inf, -math.inf]


def f32_bits(value):
    return struct.unpack("<I", struct.pack("<f", value))[0]


def as_f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def to_f16(value):
    """Round to nearest, ties to even; finite values too large become the greatest one (rule U-7)."""
    if math.isinf(value):
        return 0x7C00 if value > 0 else 0xFC00
    try:
        return struct.unpack("<H", struct.pack("<e", value))[0]
    except OverflowError:
        return 0x7BFF if value > 0 else 0xFBFF


def to_bf16(value):
    bits = f32_bits(value)
    if math.isinf(value):
        return bits >> 16
    rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
    return rounded - 1 if rounded & 0x7FFF == 0x7F80 else rounded


def row(name, source, target, given, wanted):
    return {"name": name, "rule": "N-3", "from": source, "to": target, "input": given, "output": wanted}


def hexes(form, values):
    return b"".join(struct.pack(form, value) for value in values).hex()


def vectors():
    singles = [as_f32(value) for value in VALUES]
    halves = [struct.unpack("<e", struct.pack("<H", bits))[0] for bits in F16_TO_F32]
    return [
        row("f16-to-f32", "F16", "F32", hexes("<H", F16_TO_F32), hexes("<f", halves)),
        row("f16-to-f64", "F16", "F64", hexes("<H", F16_TO_F32), hexes("<d", halves)),
        row("bf16-to-f32", "BF16", "F32", hexes("<H", BF16_TO_F32), hexes("<I", [bits << 16 for bits in BF16_TO_F32])),
        row("f32-to-f16", "F32", "F16", hexes("<f", singles), hexes("<H", [to_f16(value) for value in singles])),
        row("f32-to-bf16", "F32", "BF16", hexes("<f", singles), hexes("<H", [to_bf16(value) for value in singles])),
        row("f32-to-f64", "F32", "F64", hexes("<f", singles), hexes("<d", singles)),
    ]
