"""Small networks and their batches, the same ones each time; what one process makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

torch.set_num_threads(1)  # more of them cost more than they bring, with networks as small

Batch = tuple[torch.Tensor, torch.Tensor]


def net(dtype: torch.dtype = torch.float32) -> torch.nn.Sequential:
    torch.manual_seed(1)
    layers = [torch.nn.Linear(5, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)]
    return torch.nn.Sequential(*layers).to(dtype)


def batches(count: int, size: int = 8) -> Iterator[Batch]:
    random = torch.Generator().manual_seed(2)
    for _ in range(count):
        yield torch.randn(size, 5, generator=random), torch.randn(size, 3, generator=random)


def loss_of(model: torch.nn.Module, batch: Batch) -> torch.Tensor:
    x, y = batch
    loss: torch.Tensor = ((model(x) - y) ** 2).mean()
    return loss


def backward(loss: torch.Tensor) -> None:
    torch.autograd.backward(loss)


def train(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    count: int = 20,
    part: Callable[[Batch], Batch] = lambda batch: batch,
) -> None:
    for batch in batches(count):
        optimizer.zero_grad()
        backward(loss_of(model, part(batch)))
        optimizer.step()


def distance(one: torch.nn.Module, two: torch.nn.Module) -> float:
    """The greatest difference between two parameters."""
    pairs = zip(one.parameters(), two.parameters(), strict=True)
    return max(float((a - b).detach().abs().max()) for a, b in pairs)
