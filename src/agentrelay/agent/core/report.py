"""What a coding program says about a turn of its own: how it ended, its session, what it took."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class TurnResult(Enum):
    """What a turn came to, by evidence."""

    DONE = "done"
    FAILED = "failed"
    NEEDS_INPUT = "needs_input"
    """The agent asked a question, and nobody could answer."""
    PERMISSION_DENIED = "permission_denied"
    """The program's permission system kept the agent from something, and it gave up."""
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    """The model's service did not answer, or not as it should."""
    AUTHENTICATION = "authentication"
    BUDGET = "budget"
    STALLED = "stalled"
    """A start, idle or wall limit ended it."""
    STOPPED = "stopped"
    """We ended it, on a person's word; burns no attempt."""
    CRASHED = "crashed"
    """A signal that we did not send."""
    LOST = "lost"
    """Nobody saw how it ended: supervisor and program vanished together, as by a restart of the
    machine; burns no attempt the first few times."""
    UNKNOWN = "unknown"
    """It ended without a word that we understand."""


@dataclass(frozen=True)
class Usage:
    """Tokens, each counted once: input that no cache had, read from one, put into one; output."""

    uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0

    def without(self, other: Usage) -> Usage:
        """Return what this is more than ``other``, never less than nothing."""
        return Usage(
            max(0, self.uncached - other.uncached),
            max(0, self.cache_read - other.cache_read),
            max(0, self.cache_write - other.cache_write),
            max(0, self.output - other.output),
        )


@dataclass(frozen=True)
class Report:
    """How the program says that the turn ended; its word alone settles nothing.

    ``said`` are the agent's last words. ``cost`` is in US dollars, as the program reports it;
    ``model`` is what it says that worked.
    ``until`` is when a rate limit ends, in Unix seconds, where that was said. ``denied`` is what
    the agent was not permitted to do.
    """

    result: TurnResult
    reason: str = ""
    session: str | None = None
    usage: Usage | None = None
    cost: float | None = None
    until: float | None = None
    said: str = ""
    model: str | None = None
    denied: tuple[str, ...] = ()


SILENT = "its output ended without a result"


def result_of_status(status: int) -> TurnResult:
    """Return what an HTTP status, with which a model's service refused, makes of a turn."""
    return _BY_STATUS.get(status, TurnResult.FAILED)


_BY_STATUS = {
    401: TurnResult.AUTHENTICATION,
    402: TurnResult.BUDGET,
    403: TurnResult.AUTHENTICATION,
    429: TurnResult.RATE_LIMITED,
    500: TurnResult.OVERLOADED,
    502: TurnResult.OVERLOADED,
    503: TurnResult.OVERLOADED,
    504: TurnResult.OVERLOADED,
    529: TurnResult.OVERLOADED,
}
