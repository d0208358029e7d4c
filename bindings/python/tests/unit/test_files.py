"""Files, and the command line."""

from __future__ import annotations

import json
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from gradmq import Code, Dtype, GradMQError, Layout, Parameters, safetensors
from gradmq.__main__ import _lines, main
from gradmq.reports import Metric, Operation, Position, Status


def test_safetensors_come_back_as_they_went(tmp_path: Path) -> None:
    given = {
        "z": np.arange(6, dtype=np.float32).reshape(2, 3),
        "a": np.array(1e300),
        "h": np.array([1, 2], np.float16),
        "b": np.array([1, 2], ml_dtypes.bfloat16),
    }
    safetensors.save(given, tmp_path / "m.safetensors", metadata={"who": "test"})
    back = safetensors.load(tmp_path / "m.safetensors")
    assert back.keys() == given.keys()
    for name, array in given.items():
        assert back[name].dtype == array.dtype
        assert back[name].tobytes() == array.tobytes()
    data = (tmp_path / "m.safetensors").read_bytes()
    heads = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    order = [name for name in heads if name != "__metadata__"]
    assert list(back) == sorted(order, key=lambda name: tuple(heads[name]["data_offsets"]))
    assert list(tmp_path.iterdir()) == [tmp_path / "m.safetensors"]


def test_parameters_say_where_they_are_from(tmp_path: Path) -> None:
    layout = Layout.make([("v", (2,))])
    parameters = Parameters(layout, Dtype.F32, np.ones(2, np.float32), (1, 2, 3))
    safetensors.save(parameters, tmp_path / "m.safetensors")
    head = (tmp_path / "m.safetensors").read_bytes()
    assert b'"epoch":"2"' in head
    assert b'"version":"3"' in head


def test_what_is_no_file_of_that_kind(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    for content, code in ((None, Code.IO), (b"", Code.FORMAT), (b"\xff" * 100, Code.FORMAT)):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(GradMQError) as caught:
            safetensors.load(path)
        assert caught.value.code == code
    with pytest.raises(GradMQError) as caught:
        safetensors.save({"v": np.ones(1)}, tmp_path / "nowhere" / "m")
    assert caught.value.code == Code.IO


def status(**fields: object) -> Status:
    told: dict[str, object] = {
        "model": "m",
        "position": Position(1, 2, 3),
        "product": "GradMQ",
        "state": "RUNNING",
        "why": "a round is open",
        "durability": "memory",
        "uptime": 4000.0,
        "members": 2,
        "queued_gradients": 1,
        "queued_bytes": 3 << 20,
        "elements": 4,
        "tensors": 1,
        "learning_rate": 0.5,
        "schedule_tick": 3,
        "settings_revision": 1,
        "snapshots_pinned": 0,
        "resident_bytes": 5 << 30,
        "policy": "bsp",
        "rule": "mean",
        "round": 4,
        "deadline": 1.5,
        "min_clock": 0,
        "contributions": 1,
        "needed": 0,
        "waiting_for": ("w2",),
        "waiting_total": 1,
        "counters": {"applied": 3, "excluded": 0},
        "operations": (Operation(1, "checkpoint", True, 0, ""),),
        "metrics": (Metric("loss", 0.25, worker="w1"),),
    }
    return Status(**{**told, **fields})  # type: ignore[arg-type]


def test_status_for_people() -> None:
    text = "\n".join(_lines(status()))
    for words in (
        "w2 (1 in all)",
        "1.5 s from now",
        "rule mean of all members, 1 are there",
        "3.0 MiB",
        "5.0 GiB",
        "1 h 6 min",
        "checkpoint, done",
        "loss",
    ):
        assert words in text
    assert "excluded" not in text


def test_the_command_line_says_what_went_wrong(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    nobody = f"ipc://{tmp_path}/nobody"
    assert main(["--control", nobody, "--timeout", "0.05"]) == 3
    assert nobody in capsys.readouterr().err
    assert main(["--control", nobody, "--timeout", "0.05", "--json"]) == 3
    assert json.loads(capsys.readouterr().err)["error"] == "CONNECT"
    assert main(["--control", nobody, "--secret", "nothing", "--server-key", "x"]) == 4
