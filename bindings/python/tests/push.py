"""The benchmark's worker: pushes whole gradients, and tells how long until they are settled."""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

import gradmq


def main() -> None:
    parser = argparse.ArgumentParser(prog="push", description=__doc__)
    parser.add_argument("--control", required=True, metavar="ENDPOINT")
    parser.add_argument("--gradients", type=int, required=True, metavar="N")
    parser.add_argument("--warm", type=int, default=0, metavar="M")
    options = parser.parse_args()
    with gradmq.Worker(options.control, updates=False, timeout=600) as worker:
        layout = worker.layout
        gradient = np.full(layout.elements, 1e-6, layout.dtype.numpy)
        for _ in range(options.warm):
            worker.push(gradient)
        worker.flush()
        begun = time.perf_counter()
        for _ in range(options.gradients):
            worker.push(gradient)
        worker.flush()
        seconds = time.perf_counter() - begun
        if worker.stats.not_applied:
            raise SystemExit(f"push: {worker.stats.not_applied} gradients were not applied")
    print(json.dumps({"gradients": options.gradients, "seconds": seconds}))


if __name__ == "__main__":
    main()
