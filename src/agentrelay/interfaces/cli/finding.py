"""What a check of `doctor` found: how bad it is, why it matters, and what mends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

FIX = "agentrelay doctor --fix"


class Level(Enum):
    """How a check went; one ``fail`` and nothing can be run."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """A check: what was looked at and found, the command that mends it, and why it matters.

    ``mend`` is what `doctor --fix` does about it, None where that is for a person.
    """

    level: Level
    check: str
    found: str
    fix: str = ""
    why: str = ""
    mend: Callable[[], object] | None = field(default=None, compare=False, repr=False)


def mendable(check: str, found: str, why: str, mend: Callable[[], object]) -> Finding:
    """Return a finding that `doctor --fix` mends."""
    return Finding(Level.WARN, check, found, FIX, why, mend)
