"""What a forge answered over HTTP, and which error of ours a refusal is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from agentrelay._shared.clock import rfc3339
from agentrelay.errors import (
    ForgeConflictError,
    ForgeDeniedError,
    ForgeError,
    ForgeGoneError,
    ForgeLimitError,
)

_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
_UNAUTHORIZED, _FORBIDDEN, _MISSING, _GONE, _TOO_MANY = 401, 403, 404, 410, 429
_SECONDARY_PAUSE = 60.0
"""Seconds to wait where a secondary limit does not say how long (GitHub's own advice)."""


@dataclass(frozen=True)
class Answer:
    """One answer; the names of ``headers`` are in lower case, ``text`` has no secret in it."""

    status: int
    headers: Mapping[str, str]
    text: str
    host: str

    @cached_property
    def json(self) -> Any:  # noqa: ANN401 - the forge's own shapes, read field by field
        """Return the content; ForgeError where it is no JSON."""
        try:
            return json.loads(self.text)
        except ValueError as error:
            message = f"{self.host} answered with something else than JSON; is it the right host?"
            raise ForgeError(message) from error

    @property
    def quota(self) -> tuple[int, int, float] | None:
        """Return how many requests are left, of how many, and until when; None if not told."""
        names = ("x-ratelimit-remaining", "x-ratelimit-limit", "x-ratelimit-reset")
        told = [self.headers.get(name, "") for name in names]
        if not all(text.isdecimal() for text in told):
            return None
        return int(told[0]), int(told[1]), float(told[2])

    @property
    def words(self) -> str:
        """Return the forge's own words about a refusal, on one line."""
        try:
            content = _fields(json.loads(self.text))
        except ValueError:
            return ""
        errors = content.get("errors")
        more = cast("list[object]", errors) if isinstance(errors, list) else []
        details = "; ".join(filter(None, map(_words_of, more)))
        said = str(content.get("message", ""))
        return " ".join(": ".join(filter(None, (said, details))).split())

    def next_page(self, base: str) -> str | None:
        """Return the path of the next page after ``base``, None after the last."""
        match = _NEXT.search(self.headers.get("link", ""))
        if match is None:
            return None
        # A proxy may tell another host than the one that was asked: the path is what counts.
        path = "/" + match[1].split("://", 1)[-1].split("/", 1)[-1]
        prefix = "/" + base.split("://", 1)[-1].partition("/")[2]
        return path.removeprefix(prefix.rstrip("/"))


def limited_until(answer: Answer, now: float) -> float | None:
    """Return the Unix time until which the forge takes no requests, None where it does.

    Facts: GitHub answers 403 or 429, with Retry-After or with no request left until
    X-RateLimit-Reset; a secondary limit may say so in words alone.
    """
    if answer.status not in (_FORBIDDEN, _TOO_MANY):
        return None
    after = answer.headers.get("retry-after", "")
    if after:
        return now + float(after) if after.isdecimal() else _date(after, now)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return float(reset)
    if answer.status == _TOO_MANY or "rate limit" in answer.words.lower():
        return now + _SECONDARY_PAUSE
    return None


def error_of(answer: Answer, what: str, now: float) -> ForgeError:
    """Return the error that an answer to ``what`` is."""
    said = f": {answer.words}" if answer.words else ""
    message = f"{answer.host} answered {answer.status} to {what}{said}"
    until = limited_until(answer, now)
    if until is not None:
        message = f"{answer.host} takes no more requests until {rfc3339(until)}{said}"
        return ForgeLimitError(message, until=until, hint="agentrelay resume goes on then")
    if answer.status in (_UNAUTHORIZED, _FORBIDDEN):
        return ForgeDeniedError(message, hint="agentrelay doctor says which token is used")
    if answer.status in (_MISSING, _GONE):
        hint = "is it there, and may the token see it? agentrelay doctor looks"
        return ForgeGoneError(message, hint=hint)
    return ForgeConflictError(message)


def _words_of(error: object) -> str:
    if isinstance(error, str):
        return error
    told = _fields(error)
    return str(told.get("message") or " ".join(str(told.get(key, "")) for key in ("field", "code")))


def _fields(content: object) -> Mapping[str, object]:
    return cast("dict[str, object]", content) if isinstance(content, dict) else {}


def _date(text: str, now: float) -> float:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to load, hardly ever needed

    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return now + _SECONDARY_PAUSE
