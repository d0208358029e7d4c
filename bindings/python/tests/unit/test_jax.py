"""gradmq.jax: pytrees to names and back, and steps against JAX's own."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

pytest.importorskip("jax", reason="jax is not installed: gradmq[jax]")

import jax
import jax.numpy as jnp
from behaviour.daemon import Daemon, expect

import gradmq
import gradmq.jax
from gradmq import Code

SGD = {"optimizer": "sgd", "learning_rate": 0.1}


class Layer(NamedTuple):
    kernel: Any
    bias: Any


@jax.tree_util.register_pytree_with_keys_class
class Alike:
    """A node of somebody's own, whose children have keys of the same text."""

    def __init__(self, one: Any, two: Any) -> None:
        self.one, self.two = one, two

    def tree_flatten_with_keys(self) -> Any:
        keys = (jax.tree_util.DictKey(0), jax.tree_util.DictKey("0"))
        return tuple(zip(keys, (self.one, self.two), strict=True)), None

    @classmethod
    def tree_unflatten(cls, _: Any, children: Any) -> Any:
        return cls(*children)


def network() -> Any:
    random = np.random.default_rng(1)

    def layer(inputs: int, outputs: int) -> Layer:
        kernel = random.standard_normal((inputs, outputs)) / inputs**0.5
        return Layer(jnp.asarray(kernel, jnp.float32), jnp.zeros(outputs, jnp.float32))

    return {"layers": [layer(5, 8), layer(8, 3)], "scale": jnp.float32(1)}


def loss_of(params: Any, batch: tuple[Any, Any]) -> Any:
    x, y = batch
    first, second = params["layers"]
    hidden = jnp.tanh(x @ first.kernel + first.bias)
    return (((hidden @ second.kernel + second.bias) * params["scale"] - y) ** 2).mean()


def batches(count: int) -> list[tuple[Any, Any]]:
    random = np.random.default_rng(2)
    return [
        (
            jnp.asarray(random.standard_normal((8, 5)), jnp.float32),
            jnp.asarray(random.standard_normal((8, 3)), jnp.float32),
        )
        for _ in range(count)
    ]


def worker(daemon: Daemon, like: Any, **options: Any) -> gradmq.jax.Worker:
    settings = {**SGD, **options.pop("settings", {})}
    options = {"take": "applied", "load_if_empty": True, "timeout": 60, **options}
    return gradmq.jax.Worker(daemon.control, like=like, settings=settings, **options)


def same(one: Any, two: Any, within: float = 0.0) -> bool:
    structures: list[Any] = [jax.tree_util.tree_structure(tree) for tree in (one, two)]
    assert structures[0] == structures[1]
    pairs = zip(jax.tree_util.tree_leaves(one), jax.tree_util.tree_leaves(two), strict=True)
    return all(bool(jnp.max(jnp.abs(a - b)) <= within) for a, b in pairs)


# --------------------------------------------------------------------------------------------------
# Trees and names


def test_names_are_the_keys_of_the_path() -> None:
    tree = {
        "dense": [Layer(jnp.ones((2, 3)), None), (jnp.ones(1),)],
        "a/b~c": {"d": jnp.ones(2)},
    }
    arrays = gradmq.jax.named(tree)
    assert list(arrays) == ["a~1b~0c/d", "dense/0/kernel", "dense/1/0"]
    assert same(gradmq.jax.tree_of(arrays, tree), tree)
    assert list(gradmq.jax.named(jnp.ones(3))) == ["~"]
    assert gradmq.jax.named({0: jnp.ones(1)}).keys() == {"0"}


def test_dicts_in_dicts_come_back_by_their_names_alone() -> None:
    tree = {"params": {"dense/1": {"kernel": jnp.ones((2, 2)), "bias~": jnp.ones(2)}}}
    assert same(gradmq.jax.nested(gradmq.jax.named(tree)), tree)
    assert gradmq.jax.nested({"~": 5}) == 5
    with expect(Code.NAME, says='"a/b"'):
        gradmq.jax.nested({"a": 1, "a/b": 2})
    with expect(Code.NAME, says='"a"'):
        gradmq.jax.nested({"a/b": 2, "a": 1})


def test_what_cannot_be_named_or_sent_is_refused() -> None:
    with expect(Code.NAME, says='two leaves have the name "0"'):
        gradmq.jax.named(Alike(jnp.ones(1), jnp.ones(1)))
    with expect(Code.ARGUMENT, says="int32"):
        gradmq.jax.named({"steps": jnp.int32(3)})
    with expect(Code.LAYOUT, says='"b"'):
        gradmq.jax.tree_of({"a": 1}, {"a": 0.0, "b": 0.0})


# --------------------------------------------------------------------------------------------------
# A worker


@pytest.mark.parametrize("policy", ["async", "bsp"])
def test_it_trains_as_jax_does(policy: str) -> None:
    there = network()
    gradient_of = jax.jit(jax.value_and_grad(loss_of))
    take = "auto" if policy == "bsp" else "applied"
    with Daemon() as daemon:
        with worker(daemon, network(), take=take, settings={"policy": policy}) as ours:
            here = ours.params()
            assert same(here, there)
            for batch in batches(20):
                loss, grads = gradient_of(here, batch)
                here = ours.step(grads, loss=loss)
                there = jax.tree_util.tree_map(
                    lambda one, grad: one - 0.1 * grad, there, gradient_of(there, batch)[1]
                )
            ours.flush()
            told = {one.name: one.value for one in ours.coordinator.status().metrics}
            assert told == {"loss": pytest.approx(float(loss))}
            assert ours.stats.dispositions == {"APPLIED": 20}
            assert ours.params() is here
    assert same(here, there, within=1e-6)
    assert not same(here, network(), within=1e-2)


def test_bfloat16_comes_and_goes() -> None:
    like = jax.tree_util.tree_map(lambda one: one.astype(jnp.bfloat16), network())
    with Daemon() as daemon, worker(daemon, like) as ours:
        grads = jax.tree_util.tree_map(jnp.ones_like, like)
        got = ours.step(grads)
        told = ours.coordinator.get_model_parameters()
        elements = ours.worker.layout.elements
        assert ours.coordinator.status().counters["gradients_bytes"] == 2 * elements
    kernel = like["layers"][0].kernel.astype(jnp.float32) - 0.1
    assert np.allclose(told["layers/0/kernel"], kernel, atol=1e-7)
    assert got["layers"][0].kernel.dtype == jnp.bfloat16
    assert (got["layers"][0].kernel == jnp.asarray(told["layers/0/kernel"], jnp.bfloat16)).all()


def test_none_is_left_out_and_rows_are_rows() -> None:
    like = {"table": jnp.zeros((6, 2)), "bias": jnp.zeros(2), "other": jnp.zeros(3)}
    with Daemon() as daemon, worker(daemon, like) as ours:
        rows = gradmq.Rows([1, 4], np.ones((2, 2), np.float32))
        got = ours.step({"table": rows, "bias": jnp.ones(2), "other": None})
        assert got["table"][:, 0].tolist() == pytest.approx([0, -0.1, 0, 0, -0.1, 0])
        assert got["bias"].tolist() == pytest.approx([-0.1, -0.1])
        assert got["other"].tolist() == [0, 0, 0]
        with expect(Code.LENGTH, says="partial=True"):
            ours.push({"bias": jnp.ones(2)})
        ours.push({"bias": jnp.ones(2)}, partial=True)
        ours.push({"table": None, "bias": None, "other": None}, loss=float("nan"))
        ours.flush()
        assert ours.stats.dispositions == {"APPLIED": 2, "SKIPPED": 1}


def test_arrays_that_may_change_are_copied() -> None:
    with Daemon() as daemon, worker(daemon, {"v": np.zeros(1 << 16, np.float32)}) as ours:
        ours.coordinator.stop()
        gradient = np.ones(1 << 16, np.float32)
        ours.push({"v": gradient})
        gradient[:] = 100
        ours.coordinator.start()
        ours.flush()
        assert np.allclose(ours.params("fetch")["v"], -0.1)


def test_parameters_may_be_donated() -> None:
    with Daemon() as daemon, worker(daemon, network()) as ours:
        consumed = jax.jit(
            lambda tree: jax.tree_util.tree_map(lambda one: one + 1, tree), donate_argnums=0
        )
        before = consumed(ours.params())
        again = ours.params()
        assert same(jax.tree_util.tree_map(lambda one: one + 1, again), before)
        assert same(again, network())


def test_without_a_tree_parameters_are_dicts() -> None:
    with Daemon() as daemon, worker(daemon, network()) as first:
        with gradmq.jax.Worker(daemon.control, timeout=60) as ours:
            got = ours.params()
            assert got["layers"]["1"]["kernel"].shape == (8, 3)
            assert isinstance(got["scale"], jax.Array)
            ours.push(got)
            ours.flush()
        shapes = jax.eval_shape(network)
        with gradmq.jax.Worker(daemon.control, like=shapes, timeout=60) as ours:
            assert same(ours.params("fetch"), first.params("fetch"))


def test_the_model_has_to_be_the_coordinators() -> None:
    with Daemon() as daemon:
        with expect(Code.ARGUMENT, says="like"):
            worker(daemon, None)
        with worker(daemon, {"a": jnp.zeros(3)}) as ours:
            with expect(Code.SHAPE, says='"a" is (2,) here and (3,) at the coordinator'):
                worker(daemon, {"a": jnp.zeros(2)})
            with expect(Code.LAYOUT, says='"b"'):
                worker(daemon, {"b": jnp.zeros(3)})
            ours.coordinator.set_model_parameters({"a": np.zeros(4, np.float32)})
            with expect(Code.SHAPE):
                ours.params("fetch")


def test_the_example_learns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    example = Path(__file__).resolve().parents[2] / "examples" / "jax_digits.py"
    with Daemon() as daemon:
        arguments = [example.name, "--control", daemon.control, "--steps", "300"]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(example), run_name="__main__")
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith("300 of 300 gradients applied, accuracy ")
    assert float(said.split()[-1]) > 0.8
