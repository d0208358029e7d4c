"""Certificates, endpoints, names."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import zmq

import gradmq
from gradmq import Code, GradMQError, errors
from gradmq._client import endpoint, keys
from gradmq._limits import is_name
from gradmq._wire import schema
from gradmq.settings import write


@pytest.fixture
def pair() -> tuple[str, str]:
    public, secret = zmq.curve_keypair()
    return public.decode(), secret.decode()


def certificate(path: Path, public: str, secret: str = "", mode: int = 0o600) -> Path:
    lines = ["#   a key", "metadata", '    name = "w1"', "curve", f'    public-key = "{public}"']
    if secret:
        lines.append(f"    secret-key = '{secret}'   # keep it")
    path.write_text("\n".join(lines) + "\n")
    path.chmod(mode)
    return path


def refused(code: Code, secret: Path | str | None, server: Path | str | None) -> str:
    with pytest.raises(GradMQError) as caught:
        keys.load(secret, server)
    assert caught.value.code == code
    return caught.value.message


def test_both_files_or_the_servers_key_as_text(tmp_path: Path, pair: tuple[str, str]) -> None:
    own = certificate(tmp_path / "w1.secret", *pair)
    server = certificate(tmp_path / "server.public", pair[0], mode=0o644)
    by_file = keys.load(own, server)
    assert by_file == keys.load(str(own), pair[0]) == keys.Keys(pair[0], pair[1], pair[0])
    assert pair[1] not in repr(by_file)
    assert keys.load(None, None) is None


def test_others_cannot_have_read_or_changed_them(tmp_path: Path, pair: tuple[str, str]) -> None:
    server = certificate(tmp_path / "server.public", pair[0], mode=0o644)
    own = certificate(tmp_path / "w1.secret", *pair, mode=0o640)
    assert "chmod 600" in refused(Code.PERMISSION, own, server)
    own.chmod(0o600)
    server.chmod(0o664)
    assert "chmod go-w" in refused(Code.PERMISSION, own, server)


def test_credentials_of_a_service_may_be_read_by_its_group(
    tmp_path: Path, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    own = certificate(tmp_path / "w1.secret", *pair, mode=0o440)
    assert keys.load(own, pair[0]) is not None


def test_what_is_no_certificate(tmp_path: Path, pair: tuple[str, str]) -> None:
    path = tmp_path / "w1.secret"
    refused(Code.IO, path, pair[0])
    for text in (
        "",
        "curve\n        too-deep = 1\n",
        f'curve\n    public-key = "{pair[0][:-1]}"\n',
        f'curve\n    public-key = "{pair[0]}"\n    secret-key = "{"0" * 40}"\n',
        "x" * 9000,
        "=\n",
    ):
        path.write_text(text)
        path.chmod(0o600)
        refused(Code.FORMAT, path, pair[0])
    path.write_bytes(b"\xff\xfe")
    refused(Code.FORMAT, path, pair[0])
    refused(Code.FORMAT, tmp_path, pair[0])
    assert "secret" not in refused(Code.ARGUMENT, None, pair[0]).split("without")[0]


def test_the_endpoint_of_controls_transport() -> None:
    named = ["ipc:///run/g", "tcp://*:5571", "tcp://10.0.0.1:5571"]
    assert endpoint.choose(named, "tcp://host:5570", "gradients") == "tcp://host:5571"
    assert endpoint.choose(named, "ipc:///run/c", "gradients") == "ipc:///run/g"
    assert endpoint.choose(["tcp://[::]:1"], "tcp://[fe80::1]:5570", "x") == "tcp://[fe80::1]:1"
    assert endpoint.choose(["tcp://0.0.0.0:7"], "tcp://h:1", "x") == "tcp://h:7"
    assert endpoint.choose(named[1:], "ipc:///run/c", "x") == "tcp://10.0.0.1:5571"
    for named, code in (([], Code.CONNECT), (["tcp://*:1"], Code.ARGUMENT)):
        with pytest.raises(GradMQError) as caught:
            endpoint.choose(named, "ipc:///run/c", "gradients")
        assert caught.value.code == code


def test_names() -> None:
    assert all(is_name(name) for name in ("a", "_", "0", "a.b-c_d", "x" * 64))
    assert not any(is_name(name) for name in ("", "-a", ".a", "a b", "a\n", "ä", "x" * 65))


def test_errors_are_of_pythons_kinds_too_and_can_be_sent_around() -> None:
    for code, kinds in (
        (Code.TIMEOUT, (GradMQError, TimeoutError)),
        (Code.CONNECT, (GradMQError, TimeoutError, ConnectionError)),
        (Code.STATE, (GradMQError,)),
    ):
        why = errors.error(code, "this is why")
        assert all(isinstance(why, kind) for kind in kinds)
        again = pickle.loads(pickle.dumps(why))
        assert (type(again), again.code, str(again)) == (
            type(why),
            code,
            f"{code.name}: this is why",
        )


def test_settings_are_written_in_their_own_types() -> None:
    body = schema.Request().set_parameters
    groups = [gradmq.Group("*.bias", rate_scale=2.0, weight_decay=0.0)]
    write(body, {"learning_rate": 1, "merge_count": 3.0, "coalesce": False, "groups": groups})
    assert body.settings.learning_rate == 1.0
    assert body.settings.merge_count == 3
    assert body.settings.HasField("coalesce")
    assert body.settings.groups.groups[0].HasField("weight_decay")
    assert not body.settings.groups.groups[0].HasField("l2")
    for name, value in (
        ("learning_rate", "1"),
        ("merge_count", -1),
        ("merge_count", 1 << 32),
        ("coalesce", 2),
        ("mode", 1),
        ("groups", "*"),
    ):
        with pytest.raises(GradMQError) as caught:
            write(body, {name: value})
        assert caught.value.code == Code.ARGUMENT


def test_options_are_checked_before_anything_is_connected() -> None:
    for options, code in (
        ({"control": "127.0.0.1:5570"}, Code.ARGUMENT),
        ({"control": "inproc://c"}, Code.ARGUMENT),
        ({"control": "tcp://h:1", "timeout": -1.0}, Code.ARGUMENT),
        ({"control": "tcp://h:1", "timeout": float("nan")}, Code.ARGUMENT),
        ({"control": "tcp://h:1", "model": "a/b"}, Code.NAME),
        ({"control": "tcp://h:1", "window": 0}, Code.ARGUMENT),
    ):
        with pytest.raises(GradMQError) as caught:
            gradmq.Worker(**options)
        assert caught.value.code == code
