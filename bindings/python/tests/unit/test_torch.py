"""gradmq.torch.Optimizer against torch's own optimizers."""

from __future__ import annotations

import logging
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: gradmq[torch]")

import torch
from behaviour.daemon import Daemon, expect, values, wait_until
from torch_nets import backward, batches, distance, loss_of, net, train

import gradmq
import gradmq.torch
from gradmq import Code

SGD: dict[str, Any] = {"optimizer": "sgd", "learning_rate": 0.1}


def optimizer(
    daemon: Daemon, model: Any, settings: dict[str, Any] | None = None, **options: Any
) -> gradmq.torch.Optimizer:
    """Loads the model where none is, and takes what comes of each push."""
    options = {"take": "applied", "load_if_empty": True, "timeout": 60, **options}
    return gradmq.torch.Optimizer(model, daemon.control, settings=settings or SGD, **options)


@pytest.mark.parametrize(
    ("settings", "take", "theirs"),
    [
        (SGD, "applied", lambda of: torch.optim.SGD(of, 0.1)),
        ({**SGD, "policy": "bsp"}, "auto", lambda of: torch.optim.SGD(of, 0.1)),
        (
            {"optimizer": "adam", "learning_rate": 0.01},
            "applied",
            lambda of: torch.optim.Adam(of, 0.01),
        ),
    ],
    ids=["async", "bsp", "adam"],
)
def test_one_worker_trains_as_torch_does(settings: Any, take: str, theirs: Any) -> None:
    here, there = net(), net()
    with Daemon() as daemon, optimizer(daemon, here, settings, take=take) as ours:
        train(here, ours)
        ours.flush()
        assert ours.stats.dispositions == {"APPLIED": 20}
        assert ours.position[1] == 20
    train(there, theirs(there.parameters()))
    assert distance(here, there) < 1e-6
    assert distance(here, net()) > 1e-2


def test_two_workers_of_a_round_are_one_large_batch() -> None:
    one, two, there = net(), net(), net()
    with Daemon() as daemon:
        settings = {**SGD, "policy": "bsp"}
        with (
            optimizer(daemon, one, settings, take="auto") as first,
            optimizer(daemon, two, settings, take="auto") as second,
            ThreadPoolExecutor(2) as pool,
        ):
            halves = [
                pool.submit(train, one, first, part=lambda batch: (batch[0][:4], batch[1][:4])),
                pool.submit(train, two, second, part=lambda batch: (batch[0][4:], batch[1][4:])),
            ]
            for half in halves:
                half.result()
    train(there, torch.optim.SGD(there.parameters(), 0.1))
    assert distance(one, there) < 1e-6
    assert distance(two, there) < 1e-6


def test_sparse_gradients_are_pushed_as_rows() -> None:
    def model() -> torch.nn.Module:
        torch.manual_seed(1)
        return torch.nn.Embedding(50, 4, sparse=True)

    here, there = model(), model()
    plain = torch.optim.SGD(there.parameters(), 0.1)
    with Daemon() as daemon, optimizer(daemon, here) as ours:
        for words in ([7, 3, 7, 49], [0], [1, 1, 1]):
            for one, steps in ((here, ours), (there, plain)):
                steps.zero_grad()
                backward((one(torch.tensor(words)) ** 2).sum())
                steps.step()
        sent = ours.coordinator.status().counters["gradients_bytes"]
    assert distance(here, there) < 1e-6
    assert sent < 3 * 50 * 4 * 4


def test_a_parameter_without_a_gradient_is_left_out() -> None:
    here, there = net(), net()
    plain = torch.optim.Adam(there.parameters(), 0.01)
    with Daemon() as daemon:
        with optimizer(daemon, here, {"optimizer": "adam", "learning_rate": 0.01}) as ours:
            for number, batch in enumerate(batches(6)):
                for model, steps in ((here, ours), (there, plain)):
                    steps.zero_grad()
                    backward(loss_of(model, batch))
                    if number % 2:
                        model[0].weight.grad = None
                    steps.step()
            ours.zero_grad()
            ours.step()
            assert ours.stats.dispositions == {"APPLIED": 6, "SKIPPED": 1}
    assert distance(here, there) < 1e-6


def test_gradients_may_change_once_they_are_pushed() -> None:
    model = torch.nn.Linear(1500, 1500, bias=False)  # more than sockets hold
    with Daemon() as daemon, optimizer(daemon, model, take="newest") as ours:
        before = model.weight.detach().clone()
        backward(model(torch.ones(1, 1500)).sum())
        daemon.hold()
        ours.step()
        assert model.weight.grad is not None
        model.weight.grad.fill_(100)
        daemon.go()
        ours.flush()
        told = ours.coordinator.get_model_parameters()
    assert torch.allclose(torch.tensor(told["weight"]), before - 0.1)


def test_whole_gradients_have_zeros_for_what_is_missing() -> None:
    model = torch.nn.Sequential(torch.nn.Embedding(6, 2, sparse=True), torch.nn.Linear(2, 2))
    frozen = model.get_parameter("1.weight").requires_grad_(False)
    with Daemon() as daemon:
        settings = {**SGD, "policy": "bsp", "rule": "median"}
        with optimizer(daemon, model, settings, whole=True) as ours:
            before = frozen.clone()
            backward(model(torch.tensor([2, 2])).sum())
            ours.step()
            assert ours.stats.dispositions == {"APPLIED": 1}
            assert torch.equal(frozen, before)


def test_compression() -> None:
    here, there = net(), net()
    with Daemon() as daemon:
        with optimizer(daemon, here, compression=gradmq.Int8()) as ours:
            train(here, ours)
            assert ours.stats.applied == 20
            with expect(Code.ARGUMENT):
                optimizer(daemon, net(), whole=True, dtype="bf16")
    train(there, torch.optim.SGD(there.parameters(), 0.1))
    assert 0 < distance(here, there) < 1e-2


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_other_types_of_parameters(dtype: torch.dtype) -> None:
    model = net(dtype)
    with Daemon() as daemon, optimizer(daemon, model) as ours:
        expected = {name: one.detach().clone() for name, one in model.named_parameters()}
        assert ours.worker.layout.dtype.name == ("F64" if dtype == torch.float64 else "F32")
        for x, y in batches(1):
            backward(loss_of(model, (x.to(dtype), y.to(dtype))))
        wide = torch.float64 if dtype == torch.float64 else torch.float32
        for name, one in model.named_parameters():
            assert one.grad is not None
            expected[name] = expected[name].to(wide) - 0.1 * one.grad.to(wide)
        ours.step()
        told = ours.coordinator.get_model_parameters()
    for name, one in model.named_parameters():
        assert torch.allclose(torch.tensor(told[name]), expected[name], rtol=1e-6, atol=1e-7)
        assert (one == torch.tensor(told[name]).to(dtype)).all()


def test_gradients_may_go_shorter() -> None:
    model = net()
    with Daemon() as daemon, optimizer(daemon, model, dtype="bf16") as ours:
        train(model, ours, 3)
        elements = ours.worker.layout.elements
        assert ours.coordinator.status().counters["gradients_bytes"] == 3 * 2 * elements


def test_updates_may_come_shorter() -> None:
    model = net()
    with Daemon() as daemon, optimizer(daemon, model, stream="bf16") as ours:
        train(model, ours, 3)
        told = ours.coordinator.get_model_parameters()
    for name, one in model.named_parameters():
        assert (one == torch.tensor(told[name]).bfloat16().float()).all()


# --------------------------------------------------------------------------------------------------
# Loss scale


def test_a_loss_scale_goes_beside_the_gradient() -> None:
    here, there = net(), net()
    with Daemon() as daemon, optimizer(daemon, here) as ours:
        for batch in batches(5):
            ours.zero_grad()
            backward(loss_of(here, batch) * 1024)
            ours.step(loss_scale=1024.0)
    train(there, torch.optim.SGD(there.parameters(), 0.1), 5)
    assert distance(here, there) < 1e-6


@pytest.mark.parametrize("unscale", [False, True])
def test_grad_scaler(unscale: bool) -> None:
    here, there = net(), net()
    plain = torch.optim.SGD(there.parameters(), 0.1)
    with Daemon() as daemon, optimizer(daemon, here) as ours:
        scalers = [torch.amp.GradScaler("cpu", init_scale=2.0**10) for _ in range(2)]
        for number, batch in enumerate(batches(6)):
            for model, steps, scaler in ((here, ours, scalers[0]), (there, plain, scalers[1])):
                steps.zero_grad()
                loss = loss_of(model, batch) * (float("inf") if number == 3 else 1)
                backward(scaler.scale(loss))
                if unscale:
                    scaler.unscale_(steps)
                scaler.step(steps, **({"metrics": {"loss": loss}} if steps is ours else {}))
                scaler.update()
        assert ours.stats.dispositions == {"APPLIED": 5, "SKIPPED": 1}
        assert scalers[0].get_scale() == scalers[1].get_scale() == 2.0**9
    assert distance(here, there) < 1e-6


# --------------------------------------------------------------------------------------------------
# Around a step


def test_metrics_weight_and_closure() -> None:
    model = net()
    batch = next(batches(1))

    def closure() -> torch.Tensor:
        ours.zero_grad()
        loss = loss_of(model, batch)
        backward(loss)
        return loss

    settings = {**SGD, "policy": "bsp", "rule": "weighted_mean"}
    with Daemon() as daemon, optimizer(daemon, model, settings) as ours:
        loss = ours.step(closure, metrics={"accuracy": (torch.tensor(0.5), 8)}, weight=8)
        told = {one.name: one.value for one in ours.coordinator.status().metrics}
    assert told == {"accuracy": 0.5, "loss": pytest.approx(float(loss.detach()))}


def test_the_learning_rate_is_the_coordinators() -> None:
    model = net()
    with Daemon() as daemon, optimizer(daemon, model) as ours:
        assert ours.param_groups[0]["lr"] == 0.1
        ours.coordinator.set_parameters(learning_rate=0.05)
        assert ours.refresh() == 0.05
        assert ours.param_groups[0]["lr"] == 0.05
        ours.param_groups[0]["lr"] = 0.5
        with expect(Code.STATE, says="sets_learning_rate"):
            ours.step()
        with expect(Code.STATE, says="groups"):
            ours.add_param_group({"params": [torch.zeros(1)]})


def test_a_scheduler_may_set_the_learning_rate() -> None:
    def trained(model: torch.nn.Module, steps: torch.optim.Optimizer) -> None:
        schedule = torch.optim.lr_scheduler.StepLR(steps, 3, gamma=0.5)
        for batch in batches(10):
            steps.zero_grad()
            backward(loss_of(model, batch))
            steps.step()
            schedule.step()

    here, there = net(), net()
    with Daemon() as daemon, optimizer(daemon, here, sets_learning_rate=True) as ours:
        trained(here, ours)
        assert ours.refresh() == 0.1 / 8
        ours.coordinator.set_parameters(schedule="exponential")
        with expect(Code.ARGUMENT, says="exponential"):
            optimizer(daemon, net(), sets_learning_rate=True)
    trained(there, torch.optim.SGD(there.parameters(), 0.1))
    assert distance(here, there) < 1e-6


def test_state_tells_the_position_and_restores_none() -> None:
    model = net()
    with Daemon() as daemon, optimizer(daemon, model) as ours:
        train(model, ours, 2)
        state = ours.state_dict()
        assert (state["gradmq"]["epoch"], state["gradmq"]["version"]) == ours.position
        assert ours.position[1] == 2
        train(model, ours, 1)
        ours.load_state_dict(state)
        assert ours.position[1] == 3
        with expect(Code.ARGUMENT, says="another optimizer"):
            ours.load_state_dict(torch.optim.SGD(model.parameters(), 0.1).state_dict())


def test_of_several_that_come_at_once_one_loads() -> None:
    torch.manual_seed(3)
    models = [torch.nn.Linear(2, 2) for _ in range(4)]
    with Daemon() as daemon, ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda model: optimizer(daemon, model), models))
        assert len({ours.position for ours in opened}) == 1
        assert all(distance(models[0], model) == 0 for model in models)
        for ours in opened:
            ours.close()


def test_without_a_model_nobody_joins() -> None:
    with Daemon() as daemon:
        with expect(Code.NO_MODEL, Code.TIMEOUT):
            gradmq.torch.Optimizer(net(), daemon.control, timeout=0.3)
        with expect(Code.ARGUMENT, says="load_if_empty"):
            gradmq.torch.Optimizer(net(), daemon.control, settings=SGD)
        with expect(Code.ARGUMENT, says="newest"):
            optimizer(daemon, net(), take="oldest")


def test_the_model_has_to_be_the_coordinators() -> None:
    with Daemon() as daemon, daemon.coordinator() as coordinator:
        coordinator.set_model_parameters({"weight": np.zeros((2, 3), np.float32)})
        coordinator.start()
        with expect(Code.LAYOUT, says='no tensor "bias"'):
            optimizer(daemon, torch.nn.Linear(3, 2))
        with expect(Code.SHAPE, says='"weight" is (2, 4) here and (2, 3) at the coordinator'):
            optimizer(daemon, torch.nn.Linear(4, 2, bias=False))
        assert not coordinator.workers()


def test_the_coordinators_model_may_have_more() -> None:
    model = torch.nn.Linear(3, 2, bias=False)
    zeros = {"weight": np.zeros((2, 3), np.float32), "v": np.zeros(4, np.float32)}
    with Daemon() as daemon, daemon.coordinator() as coordinator:
        coordinator.set_parameters(SGD)
        coordinator.set_model_parameters(zeros)
        coordinator.start()
        with expect(Code.LAYOUT, says="strict=False"):
            optimizer(daemon, model)
        with optimizer(daemon, model, strict=False) as ours:
            backward(model(torch.ones(1, 3)).sum())
            ours.step()
        assert (model.weight == -0.1).all()
        assert values(coordinator) == [0.0] * 4


def test_a_new_model_of_the_same_layout_is_taken() -> None:
    model = net()
    with Daemon() as daemon, optimizer(daemon, model) as ours:
        names = [name for name, _ in model.named_parameters()]
        told = {name: np.ones_like(ours.worker.parameters()[name]) for name in names}
        ours.coordinator.set_model_parameters(told)
        wait_until("it has arrived", lambda: ours.worker.parameters()["0.bias"][0] == 1)
        ours.take()
        assert all((one == 1).all() for one in model.parameters())


def test_names_are_those_within_wrappers() -> None:
    class Compiled(torch.nn.Module):  # type: ignore[misc, unused-ignore]
        """As torch.compile makes it."""

        def __init__(self, module: torch.nn.Module) -> None:
            super().__init__()
            self._orig_mod = module

    shared = torch.nn.Linear(2, 2, bias=False)
    nothing = torch.nn.Parameter(torch.empty(0))
    twice = torch.nn.Sequential(shared, shared)
    twice.register_parameter("nothing", nothing)
    with Daemon() as daemon, optimizer(daemon, Compiled(twice)) as ours:
        assert [one.name for one in ours.worker.layout.tensors] == ["0.weight"]


def test_a_refusal_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    model = net()
    with Daemon() as daemon, optimizer(daemon, model) as ours:
        before = [one.detach().clone() for one in model.parameters()]
        backward(loss_of(model, next(batches(1))))
        bias = model.get_parameter("0.bias")
        assert bias.grad is not None
        bias.grad.fill_(float("nan"))
        with caplog.at_level(logging.WARNING, "gradmq"):
            ours.step()
    assert "NON_FINITE" in caplog.text
    assert all((one == was).all() for one, was in zip(model.parameters(), before, strict=True))


def test_policy_merge_is_not_for_gradients() -> None:
    with Daemon() as daemon, expect(Code.STATE, says="LocalUpdates"):
        optimizer(daemon, net(), {"policy": "merge", "optimizer": "sgd", "learning_rate": 1.0})


def test_the_example_learns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    example = Path(__file__).resolve().parents[2] / "examples" / "torch_digits.py"
    with Daemon() as daemon:
        arguments = [example.name, "--control", daemon.control, "--steps", "300"]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(example), run_name="__main__")
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith("300 of 300 gradients applied, accuracy ")
    assert float(said.split()[-1]) > 0.8
