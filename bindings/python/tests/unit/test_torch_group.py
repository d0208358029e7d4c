"""A group of processes as one worker, over gloo."""

from __future__ import annotations

import contextlib
import multiprocessing
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: gradmq[torch]")

import torch
import torch_group
from behaviour.daemon import Daemon, expect
from torch_nets import net, train

import gradmq.torch
from gradmq import Code

PATIENCE = 240
SGD: dict[str, Any] = {"optimizer": "sgd", "learning_rate": 0.1}
MERGE: dict[str, Any] = {
    "policy": "merge",
    "merge_count": 1,
    "optimizer": "sgd",
    "learning_rate": 1.0,
}
WORK = [("plain", SGD), ("hooked", SGD), ("local", MERGE), ("scaled", SGD), ("joined", SGD)]


@pytest.fixture(scope="module")
def results() -> Iterator[list[dict[str, Any]]]:
    """What two processes have come to, each with a coordinator for each job."""
    if not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
        pytest.skip("this torch has no gloo")
    spawning = multiprocessing.get_context("spawn")
    with contextlib.ExitStack() as open_, tempfile.TemporaryDirectory(prefix="gmq-") as folder:
        daemons = {wants: open_.enter_context(Daemon()) for wants, _ in WORK}
        daemons["joined"].load().close()  # another model
        jobs = [(wants, daemons[wants].control, settings) for wants, settings in WORK]
        processes = [
            spawning.Process(target=torch_group.work, args=(rank, folder, jobs))
            for rank in range(2)
        ]
        try:
            for process in processes:
                process.start()
            for process in processes:
                process.join(PATIENCE)
            assert [process.exitcode for process in processes] == [0, 0]
        finally:
            for process in processes:
                process.kill()
        yield [torch.load(Path(folder) / f"{rank}.pt") for rank in range(2)]


def assert_alike(result: dict[str, Any]) -> None:
    """It has what one process comes to with the whole batches."""
    alone = net()
    train(alone, torch.optim.SGD(alone.parameters(), 0.1))
    assert "error" not in result, result
    for name, expected in alone.state_dict().items():
        assert torch.allclose(result["parameters"][name], expected, atol=1e-6)


@pytest.mark.parametrize("wants", ["plain", "hooked"])
def test_a_group_is_one_worker(results: list[dict[str, Any]], wants: str) -> None:
    leader, other = (result[wants] for result in results)
    assert_alike(leader)
    assert_alike(other)
    assert (leader["pushed"], leader["workers"]) == (20, 1)
    assert leader["position"] == other["position"]
    assert leader["rate"] == other["rate"] == 0.1
    assert leader["gradient"] > 0
    if wants == "hooked":
        assert other["gradient"] == 0
    else:
        assert other["gradient"] == pytest.approx(leader["gradient"])


def test_a_group_that_trains_locally_is_one_worker(results: list[dict[str, Any]]) -> None:
    for result in results:
        assert_alike(result["local"])
        assert result["local"]["position"][1] == 4


def test_the_hook_is_not_for_grad_scaler(results: list[dict[str, Any]]) -> None:
    for result in results:
        assert "do not register the hook" in result["scaled"]["error"]


def test_where_the_leader_fails_all_raise(results: list[dict[str, Any]]) -> None:
    for result in results:
        assert result["joined"]["error"].startswith("LAYOUT")


def test_the_hook_is_for_a_group() -> None:
    with Daemon() as daemon:
        with gradmq.torch.Optimizer(net(), daemon.control, load_if_empty=True, timeout=60) as ours:
            with expect(Code.STATE, says="of a process alone"):
                ours.reduces()
