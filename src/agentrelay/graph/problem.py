"""What is wrong with a graph: problems with a code and a place, and the error that carries them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agentrelay._shared.text import printable
from agentrelay.errors import UsageError


@dataclass(frozen=True)
class Position:
    """A stretch of one line of a file; ``line`` and ``column`` count characters from 1."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True)
class Problem:
    """One thing that keeps a file from being used.

    ``message`` says what, ``label`` stands beside the marked text, ``help`` is what to do, and
    ``notes`` are further facts. ``position`` is None where there is no text to point at.
    """

    code: str
    message: str
    position: Position | None = None
    label: str = ""
    help: str = ""
    notes: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[int, int]:
        """Return what sorts problems as their places follow each other in the file."""
        return (self.position.line, self.position.column) if self.position else (0, 0)


Path = tuple[str | int, ...]
"""Where a value stands in a graph, by its keys: ``("tasks", 3, "dependencies", 0)``."""

Locate = Callable[[Path], Position | None]
"""Finds a value's position in the file that a graph was read from."""


def nowhere(_path: Path) -> None:
    """Find no position: for graphs that were not read from a file."""


class GraphError(UsageError):
    """A graph file can't be used; carries every problem that was found in it."""

    code = "AR-GRAPH-000"

    def __init__(self, path: str, source: str, problems: Sequence[Problem]) -> None:
        """Keep the file's name as it was given, its text, and its problems (at least one)."""
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        first = printable(min(problems, key=lambda problem: problem.place).message)
        super().__init__(f"{path} has {count}: {first}", hint="agentrelay explain CODE tells more")
        self.path = path
        self.source = source
        self.problems = tuple(problems)
