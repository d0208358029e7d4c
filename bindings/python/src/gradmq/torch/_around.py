"""What stands around the steps of everything that is a worker here."""

from __future__ import annotations

from ..coordinator import Coordinator
from ..verdict import Stats
from ..worker import Worker
from ._member import Member


class Around:
    """The calls that an optimizer has of its membership."""

    _member: Member

    def flush(self, *, timeout: float | None = None) -> None:
        """Wait until everything pushed is settled; TIMEOUT, FENCED, CLOSED."""
        self._member.group.agree(lambda: self._member.worker.flush(timeout=timeout))

    @property
    def worker(self) -> Worker:
        """The worker beneath; STATE in a process of a group that does not lead."""
        return self._member.worker

    @property
    def coordinator(self) -> Coordinator:
        """Remote control; STATE in a process of a group that does not lead."""
        return self._member.source.coordinator

    @property
    def stats(self) -> Stats:
        """What became of what was pushed."""
        return self._member.worker.stats

    @property
    def position(self) -> tuple[int, int]:
        """(epoch, version) of the parameters that training goes on from."""
        return self._member.position[1:]

    def _stands(self) -> dict[str, int]:
        """Where training stands, for a state that is saved."""
        instance, epoch, version = self._member.position
        return {"instance": instance, "epoch": epoch, "version": version}
