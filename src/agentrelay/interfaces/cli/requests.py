"""Change requests by number: ``#7`` or ``7``, on the forge of this repository."""

from __future__ import annotations

import re

from agentrelay.app.place import Place
from agentrelay.errors import UnknownNameError, UsageError
from agentrelay.forge.core.change_request import ChangeRequest

_HASHED = re.compile(r"(?:[a-z]+)?#([0-9]{1,9})")
_BARE = re.compile(r"[0-9]{1,9}")


def request_number(text: str) -> int | None:
    """Return the number of ``#7`` or ``local#7``, or None where the text is no such thing."""
    match = _HASHED.fullmatch(text)
    return int(match[1]) if match else None


def parse_number(text: str) -> int:
    """Return the number of ``7``, ``#7`` or ``local#7``; UsageError where it is none."""
    if _BARE.fullmatch(text):
        return int(text)
    number = request_number(text)
    if number is None:
        raise UsageError(f"{text!r} is no number of a change request", hint="agentrelay pr list")
    return number


def require_request(place: Place, number: int) -> ChangeRequest:
    """Return the change request of that number; UnknownNameError where there is none."""
    request = place.forge().show(number)
    if request is None:
        message = f"there is no change request #{number} here"
        raise UnknownNameError(message, hint="agentrelay pr list --all")
    return request
