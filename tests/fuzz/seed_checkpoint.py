#!/usr/bin/env python3
"""Write corpus/checkpoint/: small checkpoints, whole and wrong, by a writer that shares nothing with the broker's.

Run by hand after the format changed.
"""

import hashlib
import json
import struct
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "corpus" / "checkpoint"
DTYPES = {"F32": (1, "f"), "F64": (2, "d")}
TENSORS = [("layer.weight", [2, 2]), ("bias", [])]
TEXTS = {
    "counts": "3 0.5 0.25\n9007199254740991 1 0\n", "epoch": "18446744073709551615",
    "format": "gradmq-checkpoint-1", "journal": "true", "model": "model", "revision": "2", "running": "true", "serial": "12",
    "settings": "optimizer=adam\n", "tick": "4", "version": "9", "workers": "one 1\ntwo 2\n",
}


def crc32c(data):
    remainder = 0xFFFFFFFF
    for octet in data:
        remainder ^= octet
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def layout_id(code, tensors):
    text = b"gradmq.layout.v1\n" + struct.pack("<II", code, len(tensors))
    for name, shape in tensors:
        text += struct.pack("<I", len(name.encode())) + name.encode()
        text += struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "little")


def checkpoint(dtype="F32", parts=("",), checksum=None, **texts):
    code, letter = DTYPES[dtype]
    pairs = {"layout": f"{layout_id(code, TENSORS):016x}", **TEXTS, **texts}
    guarded = b"".join(f"{key}\0{value}\0".encode() for key, value in sorted(pairs.items()))
    header, data = {}, b""
    for part in parts:
        for name, shape in TENSORS:
            count = 1
            for dimension in shape:
                count *= dimension
            first = len(data) // struct.calcsize(letter)
            begin = len(data)
            data += struct.pack(f"<{count}{letter}", *(first + i + 0.5 for i in range(count)))
            header[part + name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, len(data)]}
            guarded += f"{part}{name}\0".encode()
            guarded += struct.pack(f"<II{len(shape)}Q", code, len(shape), *shape)
    pairs["checksum"] = checksum or f"{crc32c(guarded + data):08x}"
    text = json.dumps({**header, "__metadata__": pairs}, indent=1, separators=(",", ":")).encode()
    text = text.replace(b'"checksum": "', b'"checksum":"')
    return struct.pack("<Q", len(text)) + text + data


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = {
        "f32": checkpoint(parts=("", "state 0\t", "state 1\t", "shadow f16\t")),
        "f64": checkpoint("F64"),
        "damaged": checkpoint(checksum="00000000"),
        "counts_few": checkpoint(counts="1 0 0\n"),
        "counts_range": checkpoint(counts="1 0 0\n1 1.5 0\n"),
        "epoch_text": checkpoint(epoch="1e3"),
        "format_next": checkpoint(format="gradmq-checkpoint-2"),
        "state_skipped": checkpoint(parts=("", "state 1\t")),
        "stream_name": checkpoint(parts=("", "shadow a b\t")),
        "stream_last": checkpoint(parts=("", "shadow f16\t", "state 0\t")),
    }
    for name, octets in files.items():
        (FOLDER / name).write_bytes(octets)


if __name__ == "__main__":
    main()
