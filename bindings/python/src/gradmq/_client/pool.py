"""
Memory that is used again, for parameters that arrive and gradients that leave.

A block of memory comes back when nobody looks at it any more: neither the caller, by an array that
was made of it, nor ZeroMQ, which sends from where it lies. Fresh memory of this size would cost
more than the copy into it, since the system clears each page first.
"""

from __future__ import annotations

import mmap
import threading
import weakref

import numpy as np

from .._wire.dtypes import AnyArray

_SMALL = 1 << 16
_LEAST_KEPT = 64 << 20
_PAGE = 1 << 12


class Pool:
    """Free blocks, up to 64 MiB of them or twice the largest that was taken."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._free: list[mmap.mmap] = []
        self._free_bytes = 0
        self._largest = 0

    def take(self, size: int) -> AnyArray:
        """An array of `size` octets. Arrays that are made of it keep it from being used again."""
        if size < _SMALL:
            return np.empty(size, np.uint8)
        block = self._find(size) or mmap.mmap(-1, -(-size // _PAGE) * _PAGE)
        loan = np.frombuffer(block, np.uint8)
        weakref.finalize(loan, self._give_back, block).atexit = False
        return loan[:size]

    def _find(self, size: int) -> mmap.mmap | None:
        with self._lock:
            self._largest = max(self._largest, size)
            for at, block in enumerate(self._free):
                if size <= len(block) <= 2 * size:
                    self._free_bytes -= len(block)
                    return self._free.pop(at)
        return None

    def _give_back(self, block: mmap.mmap) -> None:
        with self._lock:
            if self._free_bytes + len(block) <= max(_LEAST_KEPT, 2 * self._largest):
                self._free.append(block)
                self._free_bytes += len(block)
