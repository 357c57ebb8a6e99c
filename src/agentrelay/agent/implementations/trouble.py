"""What a model's service said where a turn failed, for programs that pass on only its words."""

from __future__ import annotations

import re

from agentrelay.agent.core.report import TurnResult, result_of_status

_STATUS = re.compile(
    r'"(?:code|status)":\s*(\d{3})\b|\b(?:API Error:|HTTP|status:?(?: code:?)?) (\d{3})\b'
)
_LIMIT = re.compile(
    r"quota|(?:rate|usage) limit|resource exhausted|too many requests|try again later",
    re.IGNORECASE,
)
_UNREACHED = re.compile(
    r"cannot connect|error sending request|fetch failed|HTTP request: error|socket"
    r"|stream disconnected|terminated|timed? ?out",
    re.IGNORECASE,
)


def result_of_words(told: str) -> TurnResult:
    """Return what the words of an error make of a turn; FAILED where they say nothing we know."""
    if status := _STATUS.search(told):
        return result_of_status(int(status[1] or status[2]))
    if _LIMIT.search(told):
        return TurnResult.RATE_LIMITED
    return TurnResult.OVERLOADED if _UNREACHED.search(told) else TurnResult.FAILED
