"""Which round is open, under policy bsp, and whether the one that was answered is over (O-7)."""

from __future__ import annotations


class Rounds:
    """What heartbeats, notices and answers to Join tell of rounds."""

    def __init__(self) -> None:
        self._at = (0, 0)  # position (epoch, version) at which `_round` was told
        self._round = 0
        self._base = (0, 0)  # position of the parameters that were given last
        self._taken = 0  # round in which a gradient from there takes part; 0: not known
        self.over = False  # that round is over, without a version

    @property
    def open(self) -> int:
        """The round in which a gradient from the parameters given last takes part; 0: none."""
        return self._taken or self._round

    def hear(self, epoch: int, version: int, round_: int) -> None:
        """At this position this round was open."""
        if not round_:
            return
        self._at = (epoch, version)
        self._round = round_
        if self._at != self._base:
            return
        if self._taken and round_ > self._taken:
            self.over = True
        else:
            self._taken = round_

    def _open_at(self, epoch: int, version: int) -> int:
        """Between two versions of an epoch as many rounds pass, and those that were told of."""
        if not self._round or epoch != self._at[0] or version < self._at[1]:
            return 0
        return self._round + version - self._at[1]

    def passed(self, epoch: int, version: int) -> None:
        """A round ended here without a version."""
        open_ = self._open_at(epoch, version)
        if open_:
            self.hear(epoch, version, open_ + 1)
        if (epoch, version) == self._base:
            self.over = True

    def take(self, epoch: int, version: int) -> None:
        """Parameters of this position were given, or a gradient of them was pushed."""
        self._base = (epoch, version)
        self.over = False
        self._taken = self._open_at(epoch, version)

    def forget(self) -> None:
        """Another process counts rounds anew."""
        self._at = (0, 0)
        self._round = self._taken = 0
