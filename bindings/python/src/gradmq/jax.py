"""
GradMQ for JAX: parameters and gradients are pytrees.

    import gradmq.jax

    with gradmq.jax.Worker("tcp://127.0.0.1:5570", like=params) as worker:
        params = worker.params()
        for batch in batches:
            loss, grads = jax.value_and_grad(loss_of)(params, batch)
            params = worker.step(grads, loss=loss)

A leaf's tensor has as its name the keys of the path to it, joined by "/": params["dense"][0].kernel
is "dense/0/kernel". In a key "~" is written "~0" and "/" is written "~1". A tree that is one leaf
has the name "~". `named` and `tree_of` go from trees to names and back. Needs `gradmq[jax]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

try:
    import jax
except ImportError as _why:
    raise ImportError("gradmq.jax needs JAX: pip install 'gradmq[jax]'") from _why

from ._codes import Kind
from ._joining import Take, WorkerOptions, check_layout, finite, open_source
from ._wire.dtypes import AnyArray, Dtype
from .compression import Compression
from .coordinator import Coordinator
from .errors import Code, error
from .parameters import Parameters
from .tensors import Rows
from .verdict import Stats
from .worker import Worker as PlainWorker

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Worker", "named", "nested", "tree_of"]

_LEAF = "~"
_FLOATS = ("float32", "float64", "float16", "bfloat16")


# --------------------------------------------------------------------------------------------------
# Trees and names


def _text(key: Any) -> str:
    for attribute in ("key", "idx", "name"):
        if hasattr(key, attribute):
            return str(getattr(key, attribute)).replace("~", "~0").replace("/", "~1")
    return str(key).replace("~", "~0").replace("/", "~1")


def _name(path: tuple[Any, ...]) -> str:
    return "/".join(_text(key) for key in path) if path else _LEAF


def _leaves(tree: Any) -> dict[str, Any]:
    """Leaves by name; None and `Rows` are leaves, too."""
    found: dict[str, Any] = {}
    paths, _ = jax.tree_util.tree_flatten_with_path(
        tree, is_leaf=lambda one: one is None or isinstance(one, Rows)
    )
    for path, leaf in paths:
        name = _name(path)
        if name in found:
            raise error(
                Code.NAME,
                f'two leaves have the name "{name}"; are there keys such as 0 and "0" in one dict?',
            )
        found[name] = leaf
    return found


def named(tree: Any) -> dict[str, AnyArray]:
    """
    The leaves of a tree as arrays by name, in the tree's order.

    What lies on the CPU is not copied. A leaf that is None has no array.

    Raises:
        GradMQError: ARGUMENT: a leaf is no array of float32, float64, float16 or bfloat16; NAME:
            two leaves have the same name.
    """
    return {name: _array(name, leaf) for name, leaf in _leaves(tree).items() if leaf is not None}


def _array(name: str, leaf: Any) -> AnyArray:
    if isinstance(leaf, float):
        return np.asarray(leaf, np.float32)
    array: AnyArray = np.asarray(leaf)
    if array.dtype.name not in _FLOATS:
        raise error(
            Code.ARGUMENT,
            f'"{name}" is {array.dtype}; float32, float64, float16 and bfloat16 can go',
        )
    return array


def tree_of(arrays: Mapping[str, Any], like: Any) -> Any:
    """
    A tree with the structure of `like`, whose leaves are the arrays of their names.

    Leaves that are None remain so.

    Raises:
        GradMQError: LAYOUT: an array is missing.
    """
    leaves = _leaves(like)
    missing = [name for name, leaf in leaves.items() if leaf is not None and name not in arrays]
    if missing:
        raise error(Code.LAYOUT, f'there is no array "{missing[0]}"')
    structure = jax.tree_util.tree_structure(like)
    chosen = [arrays[name] for name, leaf in leaves.items() if leaf is not None]
    return jax.tree_util.tree_unflatten(structure, chosen)


def nested(arrays: Mapping[str, Any]) -> Any:
    """Arrays as dicts in dicts, by what is between the slashes of their names."""
    if set(arrays) == {_LEAF}:
        return arrays[_LEAF]
    tree: dict[str, Any] = {}
    for name, array in arrays.items():
        at = tree
        *way, last = (key.replace("~1", "/").replace("~0", "~") for key in name.split("/"))
        for key in way:
            at = at.setdefault(key, {})
            if not isinstance(at, dict):
                raise error(Code.NAME, f'"{name}" lies within what is a tensor itself')
        if last in at:
            raise error(Code.NAME, f'"{name}" is a tensor and has others within')
        at[last] = array
    return tree


# --------------------------------------------------------------------------------------------------
# A worker


class Worker:
    """
    A worker whose parameters and gradients are pytrees.

    It belongs to one thread at a time, and is used outside of what `jax.jit` compiles. `with`
    closes it; more of that in `gradmq.Worker`.
    """

    def __init__(
        self,
        control: str,
        *,
        like: Any = None,
        take: Take = "auto",
        load_if_empty: bool = False,
        settings: Mapping[str, Any] | None = None,
        strict: bool = True,
        compression: Compression | None = None,
        **options: Unpack[WorkerOptions],
    ) -> None:
        """
        Connect, join, and wait until the model is there.

        Args:
            control: The control endpoint.
            like: A tree with the structure, shapes and types of the parameters, such as the first
                ones, or what `jax.eval_shape` says. None: parameters are dicts in dicts, in the
                types in which they come.
            take: What `step` returns. "auto": under policy bsp the parameters of the next round,
                else the newest that have arrived. "next": newer ones, which are waited for.
                "applied": those that come of all that was pushed; a round trip a step.
            load_if_empty: Where no model is loaded: load `like`, and start. Of several workers that
                come at a time, one does.
            settings: Of the coordinator, changed before `like` is loaded, and only then.
            strict: False: the coordinator's model may have tensors that `like` has not.
            compression: Compress what `push` gets; see `gradmq.Worker.compress`.
            options: As of `gradmq.Worker`. Without `on_verdict`, refusals are logged.

        Raises:
            GradMQError: as `gradmq.Worker`; LAYOUT, SHAPE: the coordinator has another model.
        """
        if load_if_empty and like is None:
            raise error(Code.ARGUMENT, "load_if_empty needs `like`, which is what is loaded")
        self._like = like
        self._strict = strict
        self._shapes = {
            name: (tuple(getattr(leaf, "shape", ())), getattr(leaf, "dtype", None))
            for name, leaf in _leaves(like).items()
            if leaf is not None
        }
        arrays = (lambda: named(like)) if load_if_empty else None
        self._source = open_source(control, take, options, arrays, settings)
        self._checked: int | None = None
        self._given: tuple[tuple[int, int, int], Any] | None = None
        try:
            if like is not None:
                self._check(self.worker.parameters())
            if compression is not None:
                self.worker.compress(compression)
        except BaseException:
            self._source.close(failed=True)
            raise

    # ----------------------------------------------------------------------------------------------
    # Parameters

    def params(self, which: str = "newest", *, timeout: float | None = None) -> Any:
        """
        Parameters to compute from, as a tree of JAX's arrays.

        While the version is the same, so are the arrays.

        Args:
            which: "newest", "next" or "fetch", as of `gradmq.Worker.parameters`.
            timeout: Longest wait, in seconds. None: the worker's.

        Raises:
            GradMQError: as `gradmq.Worker.parameters`; LAYOUT, SHAPE: the model was replaced by
                another one.
        """
        return self._tree(self.worker.parameters(which, timeout=timeout))

    def _check(self, parameters: Parameters) -> None:
        layout = parameters.layout
        if self._checked != layout.id:
            shapes = {name: shape for name, (shape, _) in self._shapes.items()}
            check_layout(layout, shapes, self._strict)
            self._checked = layout.id

    def _tree(self, parameters: Parameters) -> Any:
        at = (parameters.instance, *parameters.position)
        if self._given is not None and self._given[0] == at and not _gone(self._given[1]):
            return self._given[1]
        if self._like is None:
            tree = nested(jax.device_put(dict(parameters)))
        else:
            self._check(parameters)
            arrays = {
                name: parameters[name].astype(dtype or np.float32, copy=False)
                for name, (_, dtype) in self._shapes.items()
            }
            tree = tree_of(jax.device_put(arrays), self._like)
        self._given = at, tree
        return tree

    # ----------------------------------------------------------------------------------------------
    # Gradients

    def push(
        self,
        grads: Any,
        *,
        loss: Any = None,
        metrics: Mapping[str, Any] | None = None,
        kind: Kind = Kind.GRADIENT,
        weight: float = 1.0,
        loss_scale: float = 1.0,
        dtype: str | Dtype | None = None,
        partial: bool = False,
        timeout: float | None = None,
    ) -> int:
        """
        Push a tree of gradients. Returns when it is on its way, having waited for credit.

        JAX's arrays on the CPU are sent from where they lie. Where all leaves are None, a skip is
        pushed.

        Args:
            grads: A tree like that of the parameters. A leaf that is None is left out: it gets no
                moments, no decay, no count. A leaf may be `gradmq.Rows`.
            loss: The metric "loss".
            metrics: Numbers by name; or (value, weight). What is not finite is left out.
            kind: DELTA or MODEL_PARAMETERS under policy merge.
            weight: Its share, such as the number of examples, where policy or rule weigh.
            loss_scale: What the gradient was multiplied by; the coordinator divides.
            dtype: Send as "bf16", "f16", "f32" or "f64".
            partial: Some leaves are not even there.
            timeout: Longest wait, in seconds. None: the worker's.

        Returns:
            Its sequence, which a `gradmq.Verdict` names.

        Raises:
            GradMQError: as `gradmq.Worker.push`; ARGUMENT, NAME as `named`.
        """
        told = {} if loss is None else {"loss": float(loss)}
        said = finite({**told, **_numbers(metrics)})
        leaves = _leaves(grads)
        given = {
            name: leaf if isinstance(leaf, Rows) else _array(name, leaf)
            for name, leaf in leaves.items()
            if leaf is not None
        }
        fixed = all(leaf is None or isinstance(leaf, jax.Array) for leaf in leaves.values())
        if not given:
            return self.worker.skip(metrics=said, timeout=timeout)
        return self.worker.push(
            given, kind=kind, weight=weight, metrics=said, loss_scale=loss_scale, dtype=dtype,
            partial=partial or len(given) < len(leaves), copy=not fixed, timeout=timeout,
        )  # fmt: skip

    def skip(self, *, timeout: float | None = None) -> int:
        """Push "nothing from me this time", which answers a round without contributing."""
        return self.worker.skip(timeout=timeout)

    def step(self, grads: Any, **said: Any) -> Any:
        """`push`, with its arguments, and the parameters to go on from, as `take` has said."""
        self.push(grads, **said)
        return self._tree(self._source.parameters())

    # ----------------------------------------------------------------------------------------------
    # Around it

    def flush(self, *, timeout: float | None = None) -> None:
        """Wait until everything pushed is settled; TIMEOUT, FENCED, CLOSED."""
        self.worker.flush(timeout=timeout)

    @property
    def worker(self) -> PlainWorker:
        """The worker beneath."""
        return self._source.worker

    @property
    def coordinator(self) -> Coordinator:
        """Remote control."""
        return self._source.coordinator

    @property
    def stats(self) -> Stats:
        """What became of what was pushed."""
        return self.worker.stats

    def close(self, *, timeout: float | None = None) -> None:
        """Wait until everything pushed is settled, leave, and close; as `gradmq.Worker.close`."""
        self._source.close(timeout=timeout)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        self._source.close(failed=kind is not None)


def _gone(tree: Any) -> bool:
    """Was an array of it donated?"""
    return any(leaf.is_deleted() for leaf in jax.tree_util.tree_leaves(tree))


def _numbers(metrics: Mapping[str, Any] | None) -> dict[str, float | tuple[float, float]]:
    return {
        name: (float(told[0]), float(told[1])) if isinstance(told, tuple) else float(told)
        for name, told in (metrics or {}).items()
    }
