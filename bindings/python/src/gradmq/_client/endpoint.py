"""Which endpoint to connect to, of those that a coordinator names (PROTOCOL.md, rule K-2)."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Code, error

_WILDCARDS = ("tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:")


def _resolve(named: str, control: str) -> str:
    for wildcard in _WILDCARDS:
        if not named.startswith(wildcard):
            continue
        host, colon, _ = control.rpartition(":")
        if not control.startswith("tcp://") or not colon or len(host) <= len("tcp://"):
            raise error(
                Code.ARGUMENT,
                f"the coordinator names {named}, and the control endpoint {control} has no host "
                "to put in place of the wildcard: connect over tcp",
            )
        return f"{host}:{named[len(wildcard) :]}"
    return named


def choose(named: Sequence[str], control: str, what: str) -> str:
    """The first of the transport by which control was reached, else the first."""
    if not named:
        raise error(Code.CONNECT, f"the coordinator at {control} names no endpoint for {what}")
    scheme = control[: control.find("://") + 3]
    chosen = next((one for one in named if scheme and one.startswith(scheme)), named[0])
    return _resolve(chosen, control)
