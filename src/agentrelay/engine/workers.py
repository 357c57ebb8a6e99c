"""Threads that do acts, those of the furthest stage first.

What has come far is soon out of the way, and what waits for it can go on: with one queue for all,
the first agent of many lanes would start only after the last lane had its worktree.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable

Act = Callable[[], object]

_END = 1_000_000


class Workers:
    """So many threads, each of which does one act at a time."""

    def __init__(self, number: int) -> None:
        """Start the threads."""
        self._waiting: queue.PriorityQueue[tuple[int, int, Act | None]] = queue.PriorityQueue()
        self._order = itertools.count()
        self._threads = [
            threading.Thread(target=self._work, name=f"act-{index}") for index in range(number)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, rank: int, act: Act) -> None:
        """Have ``act``, which must not raise, done before all that have a higher rank."""
        self._waiting.put((rank, next(self._order), act))

    def close(self) -> None:
        """Return when all that was submitted is done and the threads have ended."""
        for _ in self._threads:
            self._waiting.put((_END, next(self._order), None))
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (act := self._waiting.get()[2]) is not None:
            act()
