"""Topics of what is published (PROTOCOL.md, section 2)."""

from __future__ import annotations


def parameters(model: str, stream: str) -> bytes:
    """Updates of one stream."""
    return f"params/{model}/{stream}/".encode()


def acknowledgements(model: str, worker: str) -> bytes:
    """Acknowledgements to one worker."""
    return f"ack/{model}/{worker}/".encode()


def all_acknowledgements(model: str) -> bytes:
    """Acknowledgements to every worker."""
    return f"ack/{model}/".encode()


def events(model: str) -> bytes:
    """Heartbeats, notices and step reports."""
    return f"event/{model}/all/".encode()


def worker_events(model: str, worker: str) -> bytes:
    """Notices to one worker."""
    return f"event/{model}/w/{worker}/".encode()


def all_worker_events(model: str) -> bytes:
    """Notices to every worker."""
    return f"event/{model}/w/".encode()


def announcements(model: str) -> bytes:
    """New versions, without their parameters."""
    return f"announce/{model}/".encode()


def malformed(model: str) -> bytes:
    """What arrived and could not be attributed to a worker."""
    return f"malformed/{model}/".encode()


def sync(nonce: int) -> bytes:
    """Marks of one Sync."""
    return f"sync/{nonce:016x}/".encode()
