"""Limits on a running program, decided from samples of what it does; no clock of its own.

Times are monotonic seconds: setting the clock moves no limit, and the hours for which a machine
sleeps are left out (Linux and macOS do that; where a paused virtual machine does not, or the
supervisor itself was stopped, the supervisor says how long it ``slept``), and so are those in which
a person is asked.
For idleness a sample every sixth of the limit is enough, for the start two in all: a limit is
noticed when it is due, and one that is far away costs next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from agentrelay.executor.core.executor import Bounds, Ending

BUSY = 0.03
"""Share of one CPU from which a tree counts as working; hung agents use up to 1.5 %."""
SAMPLES = 6
SHORTEST = 0.05


@dataclass(frozen=True, slots=True)
class Sample:
    """What can be seen of a program: sizes and times that change while it does something."""

    output: int
    touched: int
    written: int
    cpu: float


class Watch:
    """Tells when a program has reached one of its limits."""

    def __init__(self, bounds: Bounds, now: float, first: Sample) -> None:
        """Begin to watch at ``now``, when the program starts."""
        self._bounds = bounds
        self._begin = now
        self._sampled = now
        self._active = now
        self._last = first
        self._starting = bounds.start is not None
        self._busy = False

    def next(self) -> float | None:
        """Return when the next sample is due, None where nothing needs watching."""
        times = [self._begin + self._bounds.wall] if self._bounds.wall is not None else []
        if self._starting and self._bounds.start is not None:
            end = self._begin + self._bounds.start
            last = end - _step(self._bounds.start)
            # Whether it did anything shows at the end; whether it is busy, in the stretch before.
            times.append(last if self._sampled < last else end)
        if self._bounds.idle is not None:
            times += [self._active + self._bounds.idle, self._sampled + _step(self._bounds.idle)]
        return min(times) if times else None

    def slept(self, seconds: float) -> None:
        """Leave out ``seconds`` in which nothing could be done, as on a paused machine."""
        self._begin += seconds
        self._sampled += seconds
        self._active += seconds

    def observe(self, now: float, sample: Sample) -> Ending | None:
        """Take a sample; return the limit that is reached with it, if any."""
        wrote = sample != Sample(
            self._last.output, self._last.touched, self._last.written, sample.cpu
        )
        passed = max(now - self._sampled, 1e-9)
        self._busy = (sample.cpu - self._last.cpu) / passed >= BUSY
        if wrote or self._busy:
            self._active = now
        if wrote:
            self._starting = False
        self._sampled, self._last = now, sample
        return self._reached(now)

    def _reached(self, now: float) -> Ending | None:
        bounds = self._bounds
        if bounds.wall is not None and now >= self._begin + bounds.wall:
            return Ending.WALL_LIMIT
        if self._starting and bounds.start is not None and now >= self._begin + bounds.start:
            if not self._busy:
                return Ending.START_LIMIT
            self._starting = False
        if bounds.idle is not None and now >= self._active + bounds.idle:
            return Ending.IDLE_LIMIT
        return None


def _step(limit: float) -> float:
    return max(limit / SAMPLES, SHORTEST)
