"""What an agent says and does in a turn, told alike for all agents."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Part(Enum):
    """What an entry of a transcript is."""

    SAID = "said"
    THOUGHT = "thought"
    CALLED = "called"
    """A tool was called: the text is the command, or what the call is about."""
    ANSWERED = "answered"
    """What a tool gave."""
    FAILED = "failed"
    """What a tool said instead, or why the turn failed."""
    ASKED = "asked"
    """A person is asked for a permission; the command that answers is the second line."""
    PRINTED = "printed"
    """A line that is no event of the agent's stream."""


@dataclass(frozen=True)
class Entry:
    """One entry of a transcript; ``tool`` is the program's own name of the tool it is about."""

    part: Part
    text: str
    tool: str = ""
