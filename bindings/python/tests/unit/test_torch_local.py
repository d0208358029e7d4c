"""gradmq.torch.LocalUpdates: local training, merged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: gradmq[torch]")

import torch
from behaviour.daemon import Daemon, expect
from torch_nets import backward, batches, distance, loss_of, net, train

import gradmq
import gradmq.torch
from gradmq import Code

MERGE: dict[str, Any] = {
    "policy": "merge",
    "merge_count": 1,
    "optimizer": "sgd",
    "learning_rate": 1.0,
}


def local(
    daemon: Daemon, model: torch.nn.Module, settings: dict[str, Any] | None = None, **options: Any
) -> gradmq.torch.LocalUpdates:
    """Loads the model where none is; SGD with momentum within."""
    options = {"every": 5, "load_if_empty": True, "timeout": 60, **options}
    inner = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9)
    settings = {**MERGE, **(settings or {})}
    return gradmq.torch.LocalUpdates(model, inner, daemon.control, settings=settings, **options)


def test_alone_it_trains_as_the_inner_optimizer_does() -> None:
    here, there = net(), net()
    with Daemon() as daemon:
        with local(daemon, here) as ours:
            train(here, ours)
            assert ours.position[1] == 4
            ours.flush()
            assert ours.stats.dispositions == {"APPLIED": 4}
    train(there, torch.optim.SGD(there.parameters(), 0.05, momentum=0.9))
    assert distance(here, there) < 1e-6


@pytest.mark.parametrize("weights", [(None, None), (1.0, 3.0)], ids=["alike", "weighted"])
def test_two_workers_average_what_they_have_trained(weights: tuple[Any, Any]) -> None:
    models = net(), net()
    settings = {"merge_count": 2}

    def trained(model: torch.nn.Module, ours: Any, first: int, weight: float | None) -> None:
        for batch in list(batches(10))[first::2]:
            ours.zero_grad()
            backward(loss_of(model, batch))
            ours.step(weight=weight)

    with Daemon() as daemon:
        with (
            local(daemon, models[0], settings) as one,
            local(daemon, models[1], settings) as two,
            ThreadPoolExecutor(2) as pool,
        ):
            jobs = [
                pool.submit(trained, models[at], ours, at, weights[at])
                for at, ours in enumerate((one, two))
            ]
            for job in jobs:
                job.result()
            assert one.position == two.position
            assert one.position[1] == 1
    alone = net(), net()
    for at, model in enumerate(alone):
        plain = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9)
        for batch in list(batches(10))[at::2]:
            plain.zero_grad()
            backward(loss_of(model, batch))
            plain.step()
    share = weights[0] / (weights[0] + weights[1]) if weights[0] else 0.5
    for merged in models:
        rows = zip(merged.parameters(), *(one.parameters() for one in alone), strict=True)
        for got, first, second in rows:
            assert torch.allclose(got, share * first + (1 - share) * second, atol=1e-6)


def test_what_others_have_not_answered_yet_is_not_waited_for() -> None:
    model = net()
    with Daemon() as daemon:
        with local(daemon, model, {"merge_count": 2}, take="newest") as ours:
            train(model, ours, 5)
            # It went on from what there is: a change is pushed once.
            assert distance(model, net()) == 0
            train(model, ours, 5)
            ours.flush()
            assert ours.stats.applied == 2
            ours.merge()
            assert ours.position[1] == 1
            assert distance(model, net()) > 1e-3
            ours.coordinator.reset()


def test_what_is_left_is_pushed_at_the_end() -> None:
    model = net()
    with Daemon() as daemon, daemon.coordinator() as coordinator:
        with local(daemon, model) as ours:
            train(model, ours, 7)
        told = coordinator.get_model_parameters()
    for name, one in model.named_parameters():
        assert torch.allclose(one, torch.tensor(told[name]), atol=1e-6)
    assert told.version == 2


def test_half_precision_and_compression() -> None:
    model = net(torch.bfloat16)
    with Daemon() as daemon, local(daemon, model, compression=gradmq.Int8(), every=1) as ours:
        model[0].bias.requires_grad_(False)
        before = ours.worker.parameters().copy()
        for x, y in batches(3):
            backward(loss_of(model, (x.bfloat16(), y.bfloat16())))
            ours.step()
        ours.flush()
        assert ours.stats.applied == 3
        after = ours.worker.parameters()
    assert (before["0.bias"] == after["0.bias"]).all()
    assert (before["0.weight"] != after["0.weight"]).any()


def test_schedulers_and_state_are_the_inner_ones() -> None:
    model = net()
    with Daemon() as daemon, local(daemon, model) as ours:
        schedule = torch.optim.lr_scheduler.StepLR(ours, 2, gamma=0.5)
        for batch in batches(5):
            ours.zero_grad()
            backward(loss_of(model, batch))
            ours.step()
            schedule.step()
        assert ours.param_groups[0]["lr"] == 0.05 / 4
        state = ours.state_dict()
        assert state["gradmq"]["version"] == 1
        assert state["state"][0]["momentum_buffer"] is not None
        ours.param_groups[0]["lr"] = 1.0
        train(model, ours, 1)
        ours.load_state_dict(state)
        assert ours.param_groups[0]["lr"] == 0.05 / 4
        told = ours.worker.parameters()
        for name, one in model.named_parameters():
            assert torch.allclose(one, torch.tensor(told[name]))


def test_it_is_for_policy_merge() -> None:
    with Daemon() as daemon:
        with expect(Code.STATE, says="gradmq.torch.Optimizer"):
            local(daemon, net(), {"policy": "async", "merge_count": None})
        with expect(Code.ARGUMENT, says="every"):
            local(daemon, net(), every=0)
