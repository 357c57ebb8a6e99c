"""Doing an act again, a few times and ever later, where what failed may pass by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

from agentrelay.errors import AgentRelayError
from agentrelay.journal.event import Data

TRIES = 4
FIRST_PAUSE = 0.2


def retried(act: Callable[[], Data]) -> Data:
    """Return what an act came to; what it raises is for good, or was so for the last time."""
    for attempt in range(1, TRIES):
        try:
            return act()
        except AgentRelayError as error:
            if not getattr(error, "transient", False):
                raise
        time.sleep(FIRST_PAUSE * 2**attempt)
    return act()
