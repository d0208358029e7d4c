#!/usr/bin/env python3
"""Make the vectors that the optimizers are held against.

    pip install torch==2.5.1 numpy==1.26.4
    python3 make.py                     # writes *.txt beside itself

Where PyTorch has an optimizer, its code is the reference, in the pinned version above. Where it has
none (yogi, lion, lars, lamb), the reference is the paper, written down below in numpy, in float64
and whole vectors. The tests that read the files need neither.

What is done in every case
    200 steps on two tensors. The gradients come from a small generator (splitmix64), so that the
    files hold results only. A tensor has no gradient in some steps (PyTorch: grad is None). The rate
    changes on the way. The case "plain" uses the defaults of the optimizer; the case "full" uses other
    numbers, and the second tensor has its own share of the rate and its own decay.

The generator
    state is a 64-bit number that begins at `seed`. next(): state += 0x9E3779B97F4A7C15;
    z = state; z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9; z = (z ^ z >> 27) * 0x94D049BB133111EB;
    z ^= z >> 31; value = (z >> 11) / 2^52 - 1, which is in [-1, 1). All modulo 2^64.
    For F32 a value is rounded to float32. Order of draws: the initial elements of each tensor in
    order; then for every step, for each tensor in order, all elements of its gradient, also where
    the tensor is absent in this step.

The files: <optimizer>.<case>.<dtype>.txt, lines of words
    # ...                        comment
    optimizer NAME               as in optimizer.def
    dtype F32 | F64
    reference WORDS
    seed N
    rate R                       of steps 1 .. change - 1
    change STEP R                from this step on
    setting NAME VALUE           of the optimizer; its default where there is none
    tensor NAME ROWS COLUMNS SCALE L2 DECAY PERIOD PHASE
                                 SCALE: the tensor's share of the rate; L2, DECAY: its l2 and
                                 weight_decay; absent in a step where step % PERIOD == PHASE
                                 (steps begin at 1)
    at STEP NAME VALUES          the tensor after this step, row-major, hexadecimal floats

    rows.<optimizer>.<dtype>.txt are the same for gradients that have only some rows (encoding ROWS):
    row r of a tensor is in the gradient of a step when (step + 2 * r) % 5 < 3. Draws are for
    the whole tensor; where the tensor is absent in a step, so are all of its rows.
"""
import math
import os

import numpy as np
import torch

VERSION = "2.5.1"
STEPS, CHANGE = 200, 101
RECORDED = (1, 2, 3, 10, 50, 100, 101, 200)
MASK = (1 << 64) - 1


class Generator:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        z ^= z >> 31
        return (z >> 11) / 2.0**52 - 1.0

    def array(self, shape, dtype):
        values = [self.next() for _ in range(math.prod(shape))]
        return np.array(values, dtype=dtype).reshape(shape)


# ---------------------------------------------------------------------------------------------------
# The papers. A rule takes (p, g, state, count, rate, settings, l2, decay) and returns the new p; it
# keeps what it has to in the dictionary `state`, which is empty before the first step.


def yogi(p, g, state, count, rate, s, l2, decay):
    """Zaheer et al., NeurIPS 2018, Algorithm 2. v begins at initial_accumulator, m at 0. The
    algorithm has no bias correction. l2 joins the gradient; the paper has no decay."""
    g = g + l2 * p
    m = state.get("m", np.zeros_like(p))
    v = state.get("v", np.full_like(p, s["initial_accumulator"]))
    state["m"] = m = s["beta1"] * m + (1 - s["beta1"]) * g
    state["v"] = v = v - (1 - s["beta2"]) * np.sign(v - g**2) * g**2
    return p - rate * m / (np.sqrt(v) + s["epsilon"])


def lion(p, g, state, count, rate, s, l2, decay):
    """Chen et al. 2023, Algorithm 2."""
    m = state.get("m", np.zeros_like(p))
    c = s["beta1"] * m + (1 - s["beta1"]) * g
    state["m"] = s["beta2"] * m + (1 - s["beta2"]) * g
    return p - rate * (np.sign(c) + decay * p)


def lars(p, g, state, count, rate, s, l2, decay):
    """You et al. 2017, Algorithm 1: the rate and the tensor's ratio go into the buffer. Ratio 1 where
    a norm is 0."""
    wn, gn = np.linalg.norm(p), np.linalg.norm(g)
    ratio = s["trust_coefficient"] * wn / (gn + l2 * wn) if wn > 0 and gn > 0 else 1.0
    v = state.get("v", np.zeros_like(p))
    state["v"] = v = s["momentum"] * v + rate * ratio * (g + l2 * p)
    return p - v


def lamb(p, g, state, count, rate, s, l2, decay):
    """You et al., ICLR 2020, Algorithm 2, with bias correction, phi the identity, ratio 1 where a
    norm is 0."""
    m = state.get("m", np.zeros_like(p))
    v = state.get("v", np.zeros_like(p))
    state["m"] = m = s["beta1"] * m + (1 - s["beta1"]) * g
    state["v"] = v = s["beta2"] * v + (1 - s["beta2"]) * g**2
    mh, vh = m / (1 - s["beta1"] ** count), v / (1 - s["beta2"] ** count)
    u = mh / (np.sqrt(vh) + s["epsilon"]) + decay * p
    wn, un = np.linalg.norm(p), np.linalg.norm(u)
    return p - rate * (wn / un if wn > 0 and un > 0 else 1.0) * u


class Paper:
    """The same face as a PyTorch optimizer, for the rules above."""

    def __init__(self, rule, tensors, settings):
        self.rule, self.settings = rule, settings
        self.state = [({}, [0]) for _ in tensors]
        self.values = [t["initial"].astype(np.float64) for t in tensors]
        self.tensors = tensors

    def step(self, rate, gradients):
        for i, g in enumerate(gradients):
            if g is None:
                continue
            t, (state, count) = self.tensors[i], self.state[i]
            count[0] += 1
            self.values[i] = self.rule(self.values[i], g.astype(np.float64), state, count[0],
                                       rate * t["scale"], self.settings, t["l2"], t["decay"])


# ---------------------------------------------------------------------------------------------------
# PyTorch.


def betas(s):
    return {"betas": (s["beta1"], s["beta2"])} if "beta1" in s else {}


def eps(s):
    return {"eps": s["epsilon"]} if "epsilon" in s else {}


def renamed(s, **names):
    return {theirs: s[ours] for ours, theirs in names.items() if ours in s}


TORCH = {
    # name: class, arguments from settings, which decay its weight_decay is
    "sgd": (torch.optim.SGD, lambda s: {}, "l2"),
    "momentum": (torch.optim.SGD, lambda s: {"momentum": s.get("momentum", 0.9),
                                             "dampening": s.get("dampening", 0)}, "l2"),
    "nesterov": (torch.optim.SGD, lambda s: {"momentum": s.get("momentum", 0.9),
                                             "nesterov": True}, "l2"),
    "adagrad": (torch.optim.Adagrad, lambda s: {**eps(s), **renamed(
        s, rate_decay="lr_decay", initial_accumulator="initial_accumulator_value")}, "l2"),
    "adadelta": (torch.optim.Adadelta, lambda s: {**eps(s), **renamed(s, rho="rho")}, "l2"),
    "rmsprop": (torch.optim.RMSprop, lambda s: {**eps(s), **renamed(s, rho="alpha")}, "l2"),
    "adam": (torch.optim.Adam, lambda s: {**betas(s), **eps(s)}, "l2"),
    "adamw": (torch.optim.AdamW, lambda s: {**betas(s), **eps(s)}, "decay"),
    "amsgrad": (torch.optim.Adam, lambda s: {**betas(s), **eps(s), "amsgrad": True}, "l2"),
    "nadam": (torch.optim.NAdam, lambda s: {**betas(s), **eps(s), **renamed(
        s, momentum_decay="momentum_decay")}, "l2"),
    "nadam_decoupled": (torch.optim.NAdam, lambda s: {**betas(s), **eps(s), **renamed(
        s, momentum_decay="momentum_decay"), "decoupled_weight_decay": True}, "decay"),
    "sparse_adam": (torch.optim.SparseAdam, lambda s: {**betas(s), **eps(s)}, None),
}


class Torch:
    def __init__(self, name, tensors, settings, rate):
        kind, arguments, decay = TORCH[name]
        self.tensors = tensors
        self.parameters = [torch.nn.Parameter(torch.from_numpy(t["initial"].copy()))
                           for t in tensors]
        groups = []
        for t, p in zip(tensors, self.parameters):
            group = {"params": [p]}
            if decay:
                group["weight_decay"] = t[decay]
            groups.append(group)
        # One loop over elements after the other: the reference is the single-tensor code.
        single = {} if name == "sparse_adam" else {"foreach": False}
        self.optimizer = kind(groups, lr=rate, **single, **arguments(settings))

    @property
    def values(self):
        return [p.detach().numpy() for p in self.parameters]

    def step(self, rate, gradients):
        for t, p, g, group in zip(self.tensors, self.parameters, gradients,
                                  self.optimizer.param_groups):
            group["lr"] = rate * t["scale"]
            if isinstance(g, tuple):
                rows, values = g
                p.grad = torch.sparse_coo_tensor(torch.tensor([rows]), torch.from_numpy(values),
                                                 p.shape)
            else:
                p.grad = None if g is None else torch.from_numpy(g)
        self.optimizer.step()


# ---------------------------------------------------------------------------------------------------


def rows_of(step, gradient):
    rows = [r for r in range(len(gradient)) if (step + 2 * r) % 5 < 3]
    return (rows, gradient[rows]) if rows else None


def write(name, optimizer, dtype, reference, seed, rate, later, settings, tensors, make, rows=False):
    kind = np.float32 if dtype == "F32" else np.float64
    generator = Generator(seed)
    for t in tensors:
        t["initial"] = generator.array((t["rows"], t["columns"]), kind)
    runner = make(tensors)
    lines = [f"# Made by make.py. Do not edit.", f"optimizer {optimizer}", f"dtype {dtype}",
             f"reference {reference}", f"seed {seed}", f"rate {rate!r}", f"change {CHANGE} {later!r}"]
    lines += [f"setting {key} {value!r}" for key, value in settings.items()]
    lines += ["tensor {name} {rows} {columns} {scale!r} {l2!r} {decay!r} {period} {phase}".format(**t)
              for t in tensors]
    for step in range(1, STEPS + 1):
        gradients = []
        for t in tensors:
            g = generator.array((t["rows"], t["columns"]), kind)
            absent = step % t["period"] == t["phase"]
            gradients.append(None if absent else rows_of(step, g) if rows else g)
        runner.step(later if step >= CHANGE else rate, gradients)
        if step in RECORDED:
            for t, value in zip(tensors, runner.values):
                words = " ".join(float(x).hex() for x in value.ravel())
                lines.append(f"at {step} {t['name']} {words}")
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), "w") as file:
        file.write("\n".join(lines) + "\n")


def tensors_of(full, l2, decay, own_l2, own_decay, scale=0.5):
    w = dict(name="w", rows=3, columns=5, scale=1.0, l2=l2, decay=decay, period=11, phase=7)
    b = dict(name="b", rows=7, columns=1, scale=1.0, l2=l2, decay=decay, period=5, phase=1)
    if full:
        b.update(scale=scale, l2=own_l2, decay=own_decay)
    return [w, b]


PAPERS = {"yogi": yogi, "lion": lion, "lars": lars, "lamb": lamb}
PAPER_NAMES = {"yogi": "Zaheer et al. 2018", "lion": "Chen et al. 2023",
               "lars": "You et al. 2017", "lamb": "You et al. 2020"}

# What GradMQ's defaults are, where PyTorch cannot be asked.
PAPER_DEFAULTS = {
    "yogi": dict(beta1=0.9, beta2=0.999, epsilon=1e-3, initial_accumulator=1e-6),
    "lion": dict(beta1=0.9, beta2=0.99),
    "lars": dict(momentum=0.9, trust_coefficient=1e-3),
    "lamb": dict(beta1=0.9, beta2=0.999, epsilon=1e-6),
}
PLAIN_RATE = {"sgd": 1.0, "momentum": 1.0, "nesterov": 1.0, "yogi": 1e-2, "lion": 1e-4,
              "lars": 1.0, "lamb": 1e-3}
PLAIN_DECAY = {"adamw": 1e-2, "lamb": 1e-2}
READS_L2 = {"sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "amsgrad",
            "nadam", "yogi", "lars"}

FULL = {
    # rate, rate after the change, settings
    "sgd": (0.1, 0.03, {}),
    "momentum": (0.05, 0.02, dict(momentum=0.8, dampening=0.3)),
    "nesterov": (0.05, 0.02, dict(momentum=0.85)),
    "adagrad": (0.1, 0.05, dict(epsilon=1e-6, initial_accumulator=0.2, rate_decay=0.01)),
    "adadelta": (0.7, 0.4, dict(rho=0.8, epsilon=1e-5)),
    "rmsprop": (0.02, 0.01, dict(rho=0.9, epsilon=1e-6)),
    "adam": (0.02, 0.01, dict(beta1=0.8, beta2=0.95, epsilon=1e-6)),
    "adamw": (0.02, 0.01, dict(beta1=0.8, beta2=0.95, epsilon=1e-6)),
    "amsgrad": (0.02, 0.01, dict(beta1=0.8, beta2=0.9, epsilon=1e-6)),
    "nadam": (0.02, 0.01, dict(beta1=0.85, beta2=0.95, epsilon=1e-6, momentum_decay=0.01)),
    "yogi": (0.02, 0.01, dict(beta1=0.8, beta2=0.95, epsilon=1e-2, initial_accumulator=1e-3)),
    "lion": (0.005, 0.002, dict(beta1=0.8, beta2=0.95)),
    "lars": (2.0, 1.0, dict(momentum=0.7, trust_coefficient=0.01)),
    "lamb": (0.02, 0.01, dict(beta1=0.8, beta2=0.95, epsilon=1e-5)),
}


def maker(name, settings, rate):
    if name in PAPERS:
        merged = {**PAPER_DEFAULTS[name], **settings}
        return lambda tensors: Paper(PAPERS[name], tensors, merged)
    return lambda tensors: Torch(name, tensors, settings, rate)


def default_rate(name):
    if name in PLAIN_RATE:
        return PLAIN_RATE[name]
    return TORCH[name][0]([torch.nn.Parameter(torch.zeros(1))]).defaults["lr"]


def main():
    assert torch.__version__.split("+")[0] == VERSION, f"needs torch {VERSION}"
    torch.set_default_dtype(torch.float64)  # so that nadam's running product is not float32
    torch.set_num_threads(1)
    reference = f"torch {VERSION}"
    for name, (rate, later, settings) in FULL.items():
        for dtype in ("F32", "F64"):
            source = PAPER_NAMES.get(name, reference)
            plain = default_rate(name)
            decay = PLAIN_DECAY.get(name, 0.0)
            write(f"{name}.plain.{dtype.lower()}.txt", name, dtype, source, 11, plain, plain / 2, {},
                  tensors_of(False, 0.0, decay, 0.0, 0.0), maker(name, {}, plain))
            l2, own = (0.02, 0.005) if name in READS_L2 else (0.0, 0.0)
            decay, own_decay = (0.0, 0.0) if name in READS_L2 else (0.05, 0.2)
            write(f"{name}.full.{dtype.lower()}.txt", name, dtype, source, 23, rate, later, settings,
                  tensors_of(True, l2, decay, own, own_decay), maker(name, settings, rate))
    for dtype in ("F32", "F64"):
        rate, later, settings = FULL["nadam"]
        write(f"nadam.decoupled.{dtype.lower()}.txt", "nadam", dtype, reference, 29, rate, later,
              settings, tensors_of(True, 0.0, 0.05, 0.0, 0.2),
              maker("nadam_decoupled", settings, rate))
        # SparseAdam adds epsilon before the correction, so it is made too small to matter.
        for name, theirs, rate, settings in (
                ("sgd", "sgd", 0.1, {}),
                ("adagrad", "adagrad", 0.1, dict(epsilon=1e-8, initial_accumulator=0.1)),
                ("adam", "sparse_adam", 0.02, dict(beta1=0.8, beta2=0.95, epsilon=1e-16))):
            write(f"rows.{name}.{dtype.lower()}.txt", name, dtype, reference, 31, rate, rate / 2,
                  settings, tensors_of(True, 0.0, 0.0, 0.0, 0.0), maker(theirs, settings, rate),
                  rows=True)


if __name__ == "__main__":
    main()
