"""Which endpoint to connect to, of those that a coordinator names (PROTOCOL.md, rule K-2)."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Code, error

_WILDCARDS = ("tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:")


def _resolve(named: str, control: str) -> str | None:
    """With the host of control for a wildcard; None: it has none, and this cannot be reached."""
    for wildcard in _WILDCARDS:
        if not named.startswith(wildcard):
            continue
        host, colon, _ = control.rpartition(":")
        if not control.startswith("tcp://") or not colon or len(host) <= len("tcp://"):
            return None
        return f"{host}:{named[len(wildcard) :]}"
    return named


def choose(named: Sequence[str], control: str, what: str) -> str:
    """Of those that can be reached the first of the transport of control, else the first."""
    if not named:
        raise error(Code.CONNECT, f"the coordinator at {control} names no endpoint for {what}")
    scheme = control[: control.find("://") + 3]
    reached = [(one, to) for one in named if (to := _resolve(one, control)) is not None]
    alike = [to for one, to in reached if scheme and one.startswith(scheme)]
    chosen = alike or [to for _, to in reached]
    if not chosen:
        raise error(
            Code.ARGUMENT,
            f"the coordinator names {named[0]} for {what}, and the control endpoint {control} has "
            "no host to put in place of the wildcard: connect over tcp",
        )
    return chosen[0]
