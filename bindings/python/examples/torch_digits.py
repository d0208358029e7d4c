"""
The network of digits.py in PyTorch. Start several, and they train one model.

    gradmqd &
    python torch_digits.py --control tcp://127.0.0.1:5570 --steps 500
"""

from __future__ import annotations

import argparse
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch

import gradmq
import gradmq.torch

BATCH = 32
DATA = Path(__file__).resolve().parents[2] / "examples" / "digits" / "digits.csv"
SETTINGS = {"optimizer": "adam", "learning_rate": 1e-3}


def network() -> torch.nn.Module:
    """Its parameters are hidden.weight, hidden.bias, output.weight and output.bias."""
    layers: OrderedDict[str, torch.nn.Module] = OrderedDict()
    layers["hidden"] = torch.nn.Linear(64, 128)
    layers["active"] = torch.nn.ReLU()
    layers["output"] = torch.nn.Linear(128, 10)
    return torch.nn.Sequential(layers)


def work(control: str, steps: int) -> None:
    """Train on four fifths of the images, and try the others."""
    table = torch.from_numpy(np.loadtxt(DATA, delimiter=",", dtype=np.float32))
    pixels, labels = table[:, :-1] / 16, table[:, -1].long()
    held_out = torch.arange(len(labels)) % 5 == 0
    trained = torch.nonzero(~held_out).flatten()
    model = network()
    with gradmq.torch.Optimizer(model, control, load_if_empty=True, settings=SETTINGS) as opt:
        for _ in range(steps):
            batch = trained[torch.randint(len(trained), (BATCH,))]
            opt.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(pixels[batch]), labels[batch])
            torch.autograd.backward(loss)
            opt.step(metrics={"loss": (loss, BATCH)})
        opt.flush()
        opt.take()
        applied = opt.stats.applied
    right = model(pixels[held_out]).argmax(dim=1) == labels[held_out]
    print(f"{applied} of {steps} gradients applied, accuracy {float(right.float().mean()):.3f}")


def main() -> int:
    """Read the command line, and work."""
    parser = argparse.ArgumentParser(prog="torch_digits", description=__doc__)
    parser.add_argument("--control", default="tcp://127.0.0.1:5570", metavar="ENDPOINT")
    parser.add_argument("--steps", type=int, default=500, metavar="N")
    options = parser.parse_args()
    try:
        work(options.control, options.steps)
    except (gradmq.GradMQError, OSError) as why:
        print(f"torch_digits: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
