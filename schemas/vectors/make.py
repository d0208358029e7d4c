#!/usr/bin/env python3
"""Make the golden vectors of the protocol: one JSON file a subject, beside this script.

Run it without arguments to write the files, with --check to compare them with what is there. It needs
nothing but Python: the wire format of protobuf is written out here (wire.py), apart from the encoders
that the vectors are for.
"""

import json
import sys
from pathlib import Path

import dtypes
import gradients
import layouts
import messages
import payloads
import topics

HERE = Path(__file__).resolve().parent
SUBJECTS = {
    "gradient": gradients.vectors,
    "update": messages.updates,
    "event": messages.events,
    "request": messages.requests,
    "reply": messages.replies,
    "layout": layouts.vectors,
    "payload": payloads.vectors,
    "dtype": dtypes.vectors,
    "topic": topics.vectors,
}


def text(subject, vectors):
    """One vector a line block, so that a change shows as a small difference."""
    names = [vector["name"] for vector in vectors]
    assert len(set(names)) == len(names), [name for name in names if names.count(name) > 1]
    body = ",\n".join(json.dumps(vector, indent=1, ensure_ascii=True) for vector in vectors)
    return '{"format": 1, "subject": "%s", "vectors": [\n%s\n]}\n' % (subject, body)


def main():
    wrong = []
    for subject, make in SUBJECTS.items():
        path = HERE / (subject + ".json")
        fresh = text(subject, make())
        if "--check" not in sys.argv:
            path.write_text(fresh, encoding="ascii")
        elif not path.exists() or path.read_text(encoding="ascii") != fresh:
            wrong.append(path.name)
    if wrong:
        sys.exit("not what make.py makes: %s; run schemas/vectors/make.py" % ", ".join(wrong))


if __name__ == "__main__":
    main()
