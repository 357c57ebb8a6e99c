"""The one way to read the clock, as a port, so that the engine can run on a virtual one."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Gives wall time; nothing else in agentrelay reads it."""

    def now(self) -> float:
        """Return seconds since the Unix epoch, UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return seconds since the Unix epoch, UTC."""
        return time.time()


def rfc3339(unix_seconds: float) -> str:
    """Format a time as RFC 3339 in UTC with milliseconds, ``2026-01-02T03:04:05.678Z``."""
    moment = datetime.fromtimestamp(unix_seconds, UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_rfc3339(text: str) -> float:
    """Return the Unix time of a text made by ``rfc3339``; ValueError where it is none."""
    return datetime.fromisoformat(text).timestamp()
