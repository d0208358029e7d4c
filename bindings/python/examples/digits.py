"""
A network of 64 - 128 - 10 neurons learns to read handwritten digits.

Layout and parameters are the coordinator's; `gradmq-digits prepare` loads them. This process pushes
gradients of its own part of the images. How many of them make a step, and who waits for whom, are
settings of the coordinator.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import gradmq

BATCH = 32
CLASSES = 10
DARKEST = 16
HELD_OUT = 5  # one image in so many
SPLIT_SEED = 1
NOISE = 0.35  # by how much a pixel is moved at most, so that no image is learnt by heart
DATA = Path(__file__).resolve().parents[2] / "examples" / "digits" / "digits.csv"

Array = npt.NDArray[Any]


def read_images(path: Path) -> tuple[Array, Array]:
    """Pixels (n x 64, from 0 to 1) and digits (n) of the images to train on."""
    table = np.loadtxt(path, delimiter=",", dtype=np.int64, ndmin=2)
    pixels = (table[:, :-1] / DARKEST).astype(np.float32)
    labels = table[:, -1]
    # By class, and within a class at random; every fifth image is for tests. The split is the same
    # in every process, whatever its language.
    random = splitmix(SPLIT_SEED)
    order: list[int] = []
    for label in range(CLASSES):
        images = [int(at) for at in np.flatnonzero(labels == label)]
        for last in range(len(images) - 1, 0, -1):
            other = next(random) % (last + 1)
            images[last], images[other] = images[other], images[last]
        order += images
    trained = [image for at, image in enumerate(order) if at % HELD_OUT]
    return pixels[trained], labels[trained]


def splitmix(state: int) -> Iterator[int]:
    """Random numbers of 64 bits, the same in every language (Steele, Lea, Flood 2014)."""
    mask = (1 << 64) - 1
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        made = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        made = ((made ^ (made >> 27)) * 0x94D049BB133111EB) & mask
        yield made ^ (made >> 31)


class Batches:
    """Images of one part, in an order that changes each time all were seen."""

    def __init__(self, pixels: Array, labels: Array, part: int, parts: int) -> None:
        self._pixels, self._labels = pixels[part - 1 :: parts], labels[part - 1 :: parts]
        self._random = np.random.default_rng(1000 + part)
        self._order = np.array([], np.int64)

    def next(self) -> tuple[Array, Array]:
        """So many images, with a little noise."""
        if len(self._order) < BATCH:
            self._order = self._random.permutation(len(self._labels))
        chosen, self._order = self._order[:BATCH], self._order[BATCH:]
        pixels = self._pixels[chosen]
        noise = self._random.uniform(-NOISE, NOISE, pixels.shape).astype(np.float32)
        return pixels + noise, self._labels[chosen]


def score(
    parameters: Mapping[str, Array], pixels: Array, labels: Array
) -> tuple[float, float, dict[str, Array]]:
    """Loss, accuracy, and the gradient of the mean cross entropy."""
    hidden = np.maximum(pixels @ parameters["hidden.weight"].T + parameters["hidden.bias"], 0)
    scores = hidden @ parameters["output.weight"].T + parameters["output.bias"]
    scores -= scores.max(axis=1, keepdims=True)
    chances = np.exp(scores)
    chances /= chances.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = float(-np.log(np.maximum(chances[rows, labels], 1e-30)).mean())
    accuracy = float((chances.argmax(axis=1) == labels).mean())
    slope = chances
    slope[rows, labels] -= 1
    slope /= len(labels)
    below = (slope @ parameters["output.weight"]) * (hidden > 0)
    return (
        loss,
        accuracy,
        {
            "hidden.weight": below.T @ pixels,
            "hidden.bias": below.sum(axis=0),
            "output.weight": slope.T @ hidden,
            "output.bias": slope.sum(axis=0),
        },
    )


def work(options: argparse.Namespace) -> bool:
    """Push until so many gradients are settled, not counting those that came too late."""
    batches = Batches(*read_images(options.data), options.part, options.parts)
    keys = {"secret": options.secret, "server_key": options.server_key}
    with gradmq.Coordinator(options.control, **keys) as coordinator:
        in_step = coordinator.get_parameters()["policy"] in ("bsp", "merge")
    late = refused = 0

    def not_applied(verdict: gradmq.Verdict) -> None:
        nonlocal late, refused
        if verdict.code == gradmq.Code.LATE:
            late += 1
        else:
            refused += 1
            print(verdict, file=sys.stderr)

    with gradmq.Worker(
        options.control, name=options.name, on_verdict=not_applied, **keys
    ) as worker:
        pushed = 0
        # Who joins while others go on in rounds comes late, and tries again.
        while pushed < options.gradients + late:
            while pushed < options.gradients + late:
                parameters = worker.parameters("next" if in_step else "newest")
                loss, accuracy, gradient = score(parameters, *batches.next())
                worker.push(
                    gradient, metrics={"loss": (loss, BATCH), "accuracy": (accuracy, BATCH)}
                )
                pushed += 1
            worker.flush()
        applied, name = worker.stats.applied, worker.name
    print(f"{name}: {options.gradients} gradients, {applied} applied, {refused} not")
    return bool(applied == options.gradients)


def main() -> int:
    """Read the command line, and work."""
    parser = argparse.ArgumentParser(prog="digits", description=__doc__)
    parser.add_argument("--control", required=True, metavar="ENDPOINT")
    parser.add_argument("--name", metavar="NAME", help="the worker's own name")
    parser.add_argument("--part", type=int, default=1, metavar="I", help="of the images, from 1")
    parser.add_argument("--parts", type=int, default=1, metavar="N")
    parser.add_argument("--gradients", type=int, default=8000, metavar="G")
    parser.add_argument("--data", type=Path, default=DATA, metavar="FILE")
    parser.add_argument("--secret", metavar="FILE", help="own certificate")
    parser.add_argument("--server-key", metavar="FILE", help="the coordinator's certificate")
    options = parser.parse_args()
    if not 1 <= options.part <= options.parts:
        parser.error(f"--part {options.part}: there are --parts {options.parts}")
    try:
        return 0 if work(options) else 1
    except (gradmq.GradMQError, OSError) as why:
        print(f"digits: {why}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
