"""The seam of effects: the points at which a crash must cost nothing.

In a normal run nothing listens. The fault tests put a listener here that kills the process, so
that what is tested is the very code that users run.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Protocol

from agentrelay.journal.event import EFFECT_DONE, EFFECT_FAILED, EFFECT_INTENT, Event


class Point(Enum):
    """Where in an effect's life it is."""

    BEFORE_INTENT = "before_intent"
    AFTER_INTENT = "after_intent"
    AFTER_ACT = "after_act"
    AFTER_RESULT = "after_result"


class Listener(Protocol):
    """Is told of each point of each effect."""

    def __call__(self, key: str, point: Point) -> None:
        """Take note of a point; it may not return."""
        ...


class Seam:
    """Tells a listener, if there is one, where each effect is."""

    def __init__(self, listener: Listener | None = None) -> None:
        """Tell ``listener``."""
        self._listener = listener

    def before(self, events: Iterable[Event]) -> None:
        """Pass the points that come before events are journalled."""
        if self._listener is not None:
            for event in events:
                if event.type == EFFECT_INTENT:
                    self._listener(event.data["key"], Point.BEFORE_INTENT)

    def after(self, events: Iterable[Event]) -> None:
        """Pass the points that come after events are journalled."""
        if self._listener is not None:
            for event in events:
                if event.type == EFFECT_INTENT:
                    self._listener(event.data["key"], Point.AFTER_INTENT)
                elif event.type in (EFFECT_DONE, EFFECT_FAILED):
                    self._listener(event.data["key"], Point.AFTER_RESULT)

    def at(self, key: str, point: Point) -> None:
        """Pass one point of one effect."""
        if self._listener is not None:
            self._listener(key, point)
