"""What each process of a group does in the tests of test_torch_group."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import torch
from torch import distributed
from torch_nets import backward, batches, loss_of, net

import gradmq.torch
from gradmq import GradMQError

Result = dict[str, Any]


def work(rank: int, folder: str, jobs: list[tuple[str, str, dict[str, Any]]]) -> None:
    """Does each job at its coordinator, and writes what came of all to a file of its own."""
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/group", rank=rank, world_size=2
    )
    results: dict[str, Result] = {}
    for wants, control, settings in jobs:
        try:
            results[wants] = JOBS[wants](rank, control, settings)
        except GradMQError as why:
            results[wants] = {"error": str(why)}
        distributed.barrier()
    torch.save(results, Path(folder) / f"{rank}.pt")
    distributed.destroy_process_group()


def half(rank: int, batch: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    return batch[0][4 * rank :][:4], batch[1][4 * rank :][:4]


def train(rank: int, control: str, settings: dict[str, Any], hooked: bool) -> Result:
    model = net()
    ddp = torch.nn.parallel.DistributedDataParallel(model)
    with gradmq.torch.Optimizer(
        ddp, control, take="applied", load_if_empty=True, settings=settings, timeout=60
    ) as opt:
        if hooked:
            ddp.register_comm_hook(opt, gradmq.torch.hook)
        for batch in batches(20):
            opt.zero_grad()
            backward(loss_of(ddp, half(rank, batch)))
            opt.step()
        seen = [one.grad for one in model.parameters() if one.grad is not None]
        told: Result = {
            "parameters": model.state_dict(),
            "gradient": float(sum(one.abs().sum() for one in seen)),
            "rate": opt.refresh(),
            "position": opt.position,
        }
        if opt._member.group.leads:
            told["pushed"] = opt.stats.pushed
            told["workers"] = len(opt.coordinator.workers())
        opt.flush()
    return told


def local(rank: int, control: str, settings: dict[str, Any]) -> Result:
    model = net()
    ddp = torch.nn.parallel.DistributedDataParallel(model)
    inner = torch.optim.SGD(model.parameters(), 0.1)
    with gradmq.torch.LocalUpdates(
        ddp, inner, control, every=5, load_if_empty=True, settings=settings, timeout=60
    ) as opt:
        for batch in batches(20):
            opt.zero_grad()
            backward(loss_of(ddp, half(rank, batch)))
            opt.step()
        return {"parameters": model.state_dict(), "position": opt.position}


def scaled(rank: int, control: str, settings: dict[str, Any]) -> Result:
    ddp = torch.nn.parallel.DistributedDataParallel(net())
    with gradmq.torch.Optimizer(
        ddp, control, load_if_empty=True, settings=settings, timeout=60
    ) as opt:
        ddp.register_comm_hook(opt, gradmq.torch.hook)
        scaler = torch.amp.GradScaler("cpu")
        backward(scaler.scale(loss_of(ddp, half(rank, next(batches(1))))))
        scaler.step(opt)
    return {}


def joined(rank: int, control: str, settings: dict[str, Any]) -> Result:
    ddp = torch.nn.parallel.DistributedDataParallel(net())
    with gradmq.torch.Optimizer(ddp, control, timeout=60):
        return {}


JOBS: dict[str, Any] = {
    "plain": functools.partial(train, hooked=False),
    "hooked": functools.partial(train, hooked=True),
    "local": local,
    "scaled": scaled,
    "joined": joined,
}
