"""
The network of digits.py in JAX. Start several, and they train one model.

    gradmqd &
    python jax_digits.py --control tcp://127.0.0.1:5570 --steps 500
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import gradmq
import gradmq.jax

BATCH = 32
DATA = Path(__file__).resolve().parents[2] / "examples" / "digits" / "digits.csv"
SETTINGS = {"optimizer": "adam", "learning_rate": 1e-3}


def network() -> Any:
    """Its tensors are hidden/bias, hidden/weight, output/bias and output/weight."""
    random = np.random.default_rng()

    def layer(inputs: int, outputs: int) -> dict[str, Any]:
        weight = random.standard_normal((inputs, outputs)) * (2 / inputs) ** 0.5
        return {"weight": jnp.asarray(weight, jnp.float32), "bias": jnp.zeros(outputs)}

    return {"hidden": layer(64, 128), "output": layer(128, 10)}


def scores_of(params: Any, pixels: Any) -> Any:
    """A row of ten for each image."""
    hidden, output = params["hidden"], params["output"]
    active = jax.nn.relu(pixels @ hidden["weight"] + hidden["bias"])
    return active @ output["weight"] + output["bias"]


def loss_of(params: Any, pixels: Any, labels: Any) -> Any:
    """The mean cross entropy."""
    chances = jax.nn.log_softmax(scores_of(params, pixels))
    return -jnp.take_along_axis(chances, labels[:, None], axis=1).mean()


def work(control: str, steps: int) -> None:
    """Train on four fifths of the images, and try the others."""
    table = np.loadtxt(DATA, delimiter=",", dtype=np.float32)
    pixels, labels = table[:, :-1] / 16, table[:, -1].astype(np.int32)
    held_out = np.arange(len(labels)) % 5 == 0
    trained = np.flatnonzero(~held_out)
    random = np.random.default_rng()
    gradient_of = jax.jit(jax.value_and_grad(loss_of))
    with gradmq.jax.Worker(
        control, like=network(), load_if_empty=True, settings=SETTINGS
    ) as worker:
        params = worker.params()
        for _ in range(steps):
            batch = random.choice(trained, BATCH)
            loss, grads = gradient_of(params, pixels[batch], labels[batch])
            params = worker.step(grads, metrics={"loss": (loss, BATCH)})
        worker.flush()
        params = worker.params("fetch")
        applied = worker.stats.applied
    right = scores_of(params, pixels[held_out]).argmax(axis=1) == labels[held_out]
    print(f"{applied} of {steps} gradients applied, accuracy {float(right.mean()):.3f}")


def main() -> int:
    """Read the command line, and work."""
    parser = argparse.ArgumentParser(prog="jax_digits", description=__doc__)
    parser.add_argument("--control", default="tcp://127.0.0.1:5570", metavar="ENDPOINT")
    parser.add_argument("--steps", type=int, default=500, metavar="N")
    options = parser.parse_args()
    try:
        work(options.control, options.steps)
    except (gradmq.GradMQError, OSError) as why:
        print(f"jax_digits: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
