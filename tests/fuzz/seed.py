#!/usr/bin/env python3
"""Fill the corpora of the header fuzzers and of ingress from the golden vectors. Run by hand after the vectors grew."""

import json
import struct
from pathlib import Path

HERE = Path(__file__).resolve().parent
VECTORS = HERE.parent.parent / "schemas" / "vectors"
HEADER_AT = {"gradient": 0, "update": 1, "event": 1, "request": 0, "reply": 0}
LONGEST = 2048
# Refusals that a fuzzer finds at once.
LEFT_OUT = ("W-1", "W-2", "W-3", "W-4", "W-5", "W-6")


def octets(frame):
    """A frame's octets, None when it is long or many."""
    return bytes.fromhex(frame) if isinstance(frame, str) else None


def gradient(frames, vector):
    header, payload = frames[0], frames[1:]
    piece = min(len(payload[0]), 255) if payload else 0
    right_layout = 0x80 if vector.get("check", "LAYOUT") != "LAYOUT" else 0
    return struct.pack("<HBB", len(header), piece, right_layout) + header + b"".join(payload)


def ingress(subject, frames):
    """Two workers join, one pushes; then comes the message as it is; then everything goes on."""
    header, payload = frames[0], b"".join(frames[1:])[:255]
    operation = {"gradient": 2, "request": 3}[subject]
    message = struct.pack("<BHBB", operation, len(header), len(payload), 64) + header + payload
    return bytes([4, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0]) + message + bytes([0, 1, 0, 0, 0, 0, 0, 7, 40])


def main():
    (HERE / "corpus" / "ingress").mkdir(parents=True, exist_ok=True)
    for subject, at in HEADER_AT.items():
        folder = HERE / "corpus" / subject
        folder.mkdir(parents=True, exist_ok=True)
        for vector in json.loads((VECTORS / (subject + ".json")).read_text())["vectors"]:
            frames = [octets(frame) for frame in vector["frames"]]
            if None in frames or ("error" in vector and vector["rule"] in LEFT_OUT):
                continue
            if vector["name"].startswith("bad-"):
                continue
            seed = gradient(frames, vector) if subject == "gradient" else frames[at]
            if len(seed) <= LONGEST:
                (folder / vector["name"].replace("'", "")).write_bytes(seed)
            if subject in ("gradient", "request") and len(seed) <= LONGEST and "error" not in vector:
                (HERE / "corpus" / "ingress" / f"{subject}-{vector['name']}").write_bytes(ingress(subject, frames))


if __name__ == "__main__":
    main()
