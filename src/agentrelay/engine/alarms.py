"""When waits end, by a clock that nobody can set.

The journal has the moment of each wait's end as wall time. How long that is from now is asked
once, when it is first seen: a clock that is set forward or back then makes none end early or never.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from agentrelay._shared.clock import Clock

Timer = tuple[float, str]
"""The end of a wait in Unix seconds, and the task whose it is."""


class Alarms:
    """Knows which timers are due."""

    def __init__(
        self,
        clock: Clock,
        longest: Callable[[str], float],
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask ``clock`` for wall time and ``elapsed`` for time that only goes forward.

        No timer of a task takes more than ``longest`` of it, in seconds, however far the clock was
        set back before the run went on.
        """
        self._clock = clock
        self._longest = longest
        self._elapsed = elapsed
        self._due: dict[Timer, float] = {}

    def due(self, timers: Iterable[Timer]) -> list[str]:
        """Return the tasks whose time has come, by name."""
        now = self._elapsed()
        return sorted(timer[1] for timer, due in self._seen(timers).items() if due <= now)

    def pause(self, timers: Iterable[Timer]) -> float | None:
        """Return the seconds until the next is due, None where there is none."""
        ends = self._seen(timers).values()
        return max(0.0, min(ends) - self._elapsed()) if ends else None

    def _seen(self, timers: Iterable[Timer]) -> dict[Timer, float]:
        known = self._due
        self._due = {
            timer: known[timer] if timer in known else self._end_of(timer) for timer in timers
        }
        return self._due

    def _end_of(self, timer: Timer) -> float:
        left = timer[0] - self._clock.now()
        return self._elapsed() + min(max(0.0, left), self._longest(timer[1]))
