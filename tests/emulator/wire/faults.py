"""Faults that a test plants: what happens to the next requests of a kind, instead of an answer.

``after`` says that the act was done all the same: the client is only not told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.emulator.wire.http import Request


@dataclass(frozen=True)
class Status:
    """Answer with a status, a text and headers."""

    status: int
    message: str = "Server Error"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    after: bool = False


@dataclass(frozen=True)
class Cut:
    """Close the connection without an answer."""

    after: bool = False


@dataclass(frozen=True)
class Silence:
    """Never answer: the client has to give up, or its test ends."""

    after: bool = False


@dataclass(frozen=True)
class Slow:
    """Answer late."""

    seconds: float


@dataclass(frozen=True)
class Stale:
    """Answer from what was known when the fault was planted, as a replica that lags behind."""


Fault = Status | Cut | Silence | Slow | Stale


def primary_limit(reset: int, status: int = 403) -> Status:
    """Return GitHub's answer to who has used up the requests of an hour; ``reset`` is an epoch."""
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
    return Status(status, "API rate limit exceeded for user ID 1.", headers)


def secondary_limit(retry_after: int | None = 60, status: int = 403) -> Status:
    """Return GitHub's answer to who asks too much at once."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes."
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Status(status, message, headers)


@dataclass
class Planted:
    """A fault, the requests that it is for, and how many of them it still strikes."""

    fault: Fault
    times: int
    method: str
    path: re.Pattern[str]
    body: re.Pattern[str]

    def strikes(self, request: Request) -> bool:
        """Tell whether a request is one of those."""
        return (
            self.times > 0
            and self.method in ("", request.method)
            and self.path.search(request.path) is not None
            and self.body.search(request.body.decode(errors="replace")) is not None
        )


@dataclass
class Faults:
    """The faults that are still to come."""

    planted: list[Planted] = field(default_factory=list[Planted])

    def plant(
        self, fault: Fault, *, times: int = 1, method: str = "", path: str = "", body: str = ""
    ) -> Planted:
        """Let the next ``times`` requests fail whose method, path and body fit.

        ``path`` and ``body`` are searched for as regular expressions; ``body`` is what tells
        the requests of GraphQL from each other.
        """
        made = Planted(fault, times, method, re.compile(path), re.compile(body))
        self.planted.append(made)
        return made

    def take(self, request: Request) -> Planted | None:
        """Return the first fault that strikes a request, which is one less to come then."""
        for each in self.planted:
            if each.strikes(request):
                each.times -= 1
                return each
        return None
