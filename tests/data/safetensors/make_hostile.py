#!/usr/bin/env python3
"""Write hostile/: small files that are not safetensors files of a model, each wrong in one way.

tests/unit/checkpoint/test_hostile.c says for each of them why it is refused.
"""

import struct
from pathlib import Path

HERE = Path(__file__).parent / "hostile"


def entry(dtype='"F32"', shape="[1]", offsets="[0,4]"):
    return f'{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}}}'


def file(header, data=b"\0\0\0\0", length=None):
    header = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def one(name="t", data=b"\0\0\0\0", **what):
    return file(f'{{"{name}":{entry(**what)}}}', data)


FILES = {
    # the length in front
    "empty": b"",
    "seven_bytes": b"\x02\0\0\0\0\0\0",
    "length_only": struct.pack("<Q", 2),
    "length_beyond_file": file("{}", b"", length=100),
    "length_beyond_format": file("{}", b"", length=100_000_001),
    "length_all_ones": file("{}", b"", length=2**64 - 1),
    "length_zero": file("", b""),
    # the text
    "no_brace": file(" {}", b""),
    "not_json": file("{hello}", b""),
    "unclosed": file('{"t":' + entry(), b""),
    "nothing_inside": file("{}", b""),
    "byte_behind": file('{"t":' + entry() + "}x"),
    "nul_behind": file('{"t":' + entry() + "}\0\0"),
    "comma_behind": file('{"t":' + entry() + ",}"),
    "array": file("[1]", b""),
    "deep": file('{"t":' + "[" * 5000, b""),
    "deep_metadata": file('{"__metadata__":' + '{"a":' * 5000, b""),
    "broken_utf8": file(b'{"\xff":' + entry().encode() + b"}"),
    "overlong_utf8": file(b'{"\xc0\x80":' + entry().encode() + b"}"),
    "newline_in_string": file('{"a\nb":' + entry() + "}"),
    "nul_escape": one(name="a\\u0000b"),
    "lone_surrogate": one(name="\\ud800"),
    "swapped_surrogates": one(name="\\udc00\\ud800"),
    "bad_escape": one(name="\\x41"),
    "short_escape": one(name="\\u12"),
    # keys
    "tensor_twice": file(f'{{"t":{entry()},"t":{entry(offsets="[4,8]")}}}', bytes(8)),
    "tensor_twice_by_escape": file(f'{{"t":{entry()},"\\u0074":{entry(offsets="[4,8]")}}}', bytes(8)),
    "key_twice": file('{"t":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}'),
    "key_unknown": file('{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}'),
    "no_dtype": file('{"t":{"shape":[1],"data_offsets":[0,4]}}'),
    "no_shape": file('{"t":{"dtype":"F32","data_offsets":[0,4]}}'),
    "no_offsets": file('{"t":{"dtype":"F32","shape":[1]}}'),
    "metadata_twice": file(f'{{"__metadata__":{{}},"__metadata__":{{}},"t":{entry()}}}'),
    "metadata_key_twice": file(f'{{"__metadata__":{{"a":"1","b":"2","a":"3"}},"t":{entry()}}}'),
    "metadata_number": file(f'{{"__metadata__":{{"a":1}},"t":{entry()}}}'),
    "metadata_null": file(f'{{"__metadata__":null,"t":{entry()}}}'),
    "metadata_only": file('{"__metadata__":{"a":"b"}}', b""),
    # numbers
    "shape_negative": one(shape="[-1]"),
    "shape_fraction": one(shape="[1.0]"),
    "shape_exponent": one(shape="[1e0]"),
    "shape_leading_zero": one(shape="[01]"),
    "shape_beyond_u64": one(shape="[18446744073709551617]"),
    "shape_zero": one(shape="[0]", offsets="[0,0]", data=b""),
    "shape_nine_dimensions": one(shape="[1,1,1,1,1,1,1,1,1]"),
    "shape_overflow": one(shape="[4294967296,4294967296,4]", offsets="[0,0]", data=b""),
    "shape_overflow_to_fit": one(shape="[4611686018427387905]"),
    "shape_too_many_elements": one(shape="[1099511627777]", offsets="[0,4398046511108]"),
    "shape_string": one(shape='["1"]'),
    "shape_comma": one(shape="[1,]"),
    # data
    "offsets_one": one(offsets="[0]"),
    "offsets_three": one(offsets="[0,4,4]"),
    "offsets_backwards": one(offsets="[4,0]"),
    "offsets_too_short": one(offsets="[0,3]"),
    "offsets_too_long": one(offsets="[0,8]", data=bytes(8)),
    "hole_in_front": one(offsets="[4,8]", data=bytes(8)),
    "hole_between": file(f'{{"a":{entry()},"b":{entry(offsets="[8,12]")}}}', bytes(12)),
    "overlap": file(f'{{"a":{entry(shape="[2]", offsets="[0,8]")},"b":{entry(offsets="[4,8]")}}}', bytes(8)),
    "same_bytes_twice": file(f'{{"a":{entry()},"b":{entry()}}}'),
    "data_cut": one(data=b"\0\0\0"),
    "data_missing": one(data=b""),
    "data_left_over": one(data=bytes(5)),
    # types and names
    "dtype_integer": one(dtype='"I64"', offsets="[0,8]", data=bytes(8)),
    "dtype_lower_case": one(dtype='"f32"'),
    "dtype_number": one(dtype="1"),
    "name_empty": one(name=""),
    "name_control": one(name="a\\tb"),
    "name_too_long": one(name="n" * 129),
}


def main():
    HERE.mkdir(exist_ok=True)
    for old in HERE.glob("*.safetensors"):
        old.unlink()
    for name, data in FILES.items():
        (HERE / f"{name}.safetensors").write_bytes(data)


if __name__ == "__main__":
    main()
