"""The steps of a supervisor: at each of them its end must cost nothing that is known.

In a normal run nothing listens. The fault tests put a listener here that kills the process.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Protocol


class Step(Enum):
    """What a supervisor has done just now."""

    RAISED = "raised"
    NOTED = "noted"
    """``started`` is published; the starter has not been told."""
    TOLD = "told"
    BEGUN = "begun"
    """The program runs."""
    ENDED = "ended"
    """The program has ended, or has to be ended; the rest of its tree may live."""
    EMPTIED = "emptied"
    SAID = "said"
    """The outcome is published; nobody has been woken."""


class Listener(Protocol):
    """Is told of each step of each supervisor."""

    def __call__(self, folder: Path, step: Step) -> None:
        """Take note of a step of the supervisor of ``folder``; it may not return."""
        ...


def unheard(folder: Path, step: Step) -> None:
    """Listen to nothing."""
    del folder, step
