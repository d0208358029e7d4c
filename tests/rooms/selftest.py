#!/usr/bin/env python3
"""The checks of this folder, held against small trees: a right one passes, and each way to be wrong
is refused by its own words."""

import pathlib
import shutil
import sys
import tempfile

import check

HERE = pathlib.Path(__file__).parent

# A tree in which everything is right.
RIGHT = {
    "broker/core/error.def": 'X (NAME, 10, "not a valid name")\nX (IO, 68, "cannot read")\n',
    "broker/core/limit.h": "#define GRADMQ_FRAME_BYTES_MAX (16u << 20)\n#define GRADMQ_RANK_MAX 8u\n",
    "broker/core/a.c": "#include <sodium.h>\n",
    "broker/core/CMakeLists.txt": "gradmq_room (core SOURCES a.c LIBS PkgConfig::SODIUM)\n",
    "broker/settings/setting.def": 'TEXT (mode, ALWAYS, "descent", "", "")\n',
    "broker/kernel/dot.c": '#include "core/a.h"\n#include <cblas.h>\n',
    "broker/kernel/CMakeLists.txt": "gradmq_room (kernel SOURCES dot.c ROOMS core)\n",
    "broker/wire/message.c": '#include "gradmq/v1/update.pb-c.h"\n',
    "broker/optimize/optimizer.def": "X (sgd)\n",
    "broker/optimize/schedule.def": "X (step)\n",
    "broker/optimize/sgd.c": '#include "kernel/dot.h"\n',
    "broker/optimize/schedule_step.c": "",
    "broker/optimize/resolve.c": "",
    "broker/optimize/resolve.h": "",
    "broker/coordinator/actor.c": '#include <czmq.h>\n#include "gradmq_coordinator.h"\n',
    "broker/coordinator/command.def": "X (LIST_WORKERS, list_workers, false, false, OBSERVER)\n"
                                      "X (STOP, stop, true, false, ADMIN)\n",
    "broker/coordinator/command/list_workers.c": "",
    "broker/coordinator/command/stop.c": "",
    "bindings/c/worker.c": '#include "worker.h"\n#include "gradmq.h"\n#include "wire/message.h"\n',
    "bindings/c/worker.h": "",
    "bindings/c/examples/one.c": "#include <gradmq.h>\n",
    "schemas/gradmq/v1/settings.proto": "message Settings {\n  optional string mode = 1;\n}\n",
    "schemas/PROTOCOL.md": "\n## 15. Control\n\n| ListWorkers | | any | Workers |\n| Stop | yes | admin | State |\n"
                           "\n## 16. Settings\n\nOptimizers: sgd.\nSchedules: step.\n"
                           "\n## 17. Codes\n\n| 10 | NAME | not a valid name |\n"
                           "\n## 18. Limits and times\n\n| frame_bytes | 16777216 | bytes |\n",
}

PLACE = "/".join(("", "home", "somebody", "gradmq"))

# One change that makes it wrong, and a part of what is said then.
WRONG = [
    ("broker/kernel/dot.c", '#include "optimize/optimizer.h"\n', "may not include the room optimize"),
    ("broker/kernel/dot.c", '#include "wire/message.h"\n', "may not include the room wire"),
    ("broker/kernel/dot.c", '#include "dot.h"\n', "does not name its room"),
    ("broker/kernel/dot.c", '#include "gui/window.h"\n', "is in no room"),
    ("broker/kernel/dot.c", "", "core is linked and not included"),
    ("broker/kernel/CMakeLists.txt", "gradmq_room (kernel SOURCES dot.c)\n", "core is included and not linked"),
    ("broker/kernel/more.c", "", "not built by its room"),
    ("broker/gui/window.c", "", "a room without a rank"),
    ("broker/kernel/dot.c", "#include <czmq.h>\n", "kernel may not include czmq.h"),
    ("broker/wire/message.c", "#include <zmq.h>\n", "wire may not include zmq.h"),
    ("broker/optimize/sgd.c", "#include <cblas.h>\n", "optimize may not include cblas.h"),
    ("broker/coordinator/actor.c", '#include "gradmq/v1/update.pb-c.h"\n', "may not include gradmq/v1"),
    ("broker/coordinator/actor.c", '#include "gradmq.h"\n', "coordinator may not include gradmq.h"),
    ("bindings/c/worker.c", '#include "model/model.h"\n', "client may not include the room model"),
    ("bindings/c/examples/one.c", '#include "core/json.h"\n', "an example may not include"),
    ("broker/optimize/optimizer.def", "X (sgd)\nX (adam)\n", "adam has no file"),
    ("broker/optimize/lion.c", "", "neither a row"),
    ("broker/optimize/schedule_linear.c", "", "neither a row of broker/optimize/schedule.def"),
    ("broker/core/error.def", 'X (NAME, 11, "not a valid name")\n', "NAME: ('11'"),
    ("broker/core/limit.h", "#define GRADMQ_FRAME_BYTES_MAX (1u << 20)\n", "frame_bytes: 1048576"),
    ("broker/settings/setting.def", 'TEXT (direction, ALWAYS, "", "", "")\n', "direction is not a field"),
    ("broker/settings/setting.def", "COUNT (mode, ALWAYS, 0, 0, 1)\n", "mode is a string"),
    ("broker/coordinator/command.def",
     "X (LIST_WORKERS, list_workers, false, false, WORKER)\nX (STOP, stop, true, false, ADMIN)\n",
     "LIST_WORKERS: worker in command.def"),
    ("README.md", f"see {PLACE}\n", "names a folder of one machine"),
    ("broker/core/a.c", "\n" * 501, "more than 500"),
]


def grow(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    rooms = root / "tests/rooms"
    rooms.mkdir(parents=True, exist_ok=True)
    for table in ("ranks.txt", "tables.txt"):
        shutil.copy(HERE / table, rooms)


def found(files):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        grow(root, files)
        return list(check.problems(root))


def main():
    failures = [f"a right tree: {problem}" for problem in found(RIGHT)]
    for name, text, words in WRONG:
        said = found({**RIGHT, name: text})
        if not any(words in problem for problem in said):
            failures.append(f"{name} with {text[:60]!r}: expected {words!r}, got {said}")
    print("\n".join(failures), end="\n" if failures else "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
