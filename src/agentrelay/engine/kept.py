"""What the name of a pin tells: of which graph, run, lane, task and attempt it is.

Read off the name alone, so that it is known also when all files of a run are gone.
"""

from __future__ import annotations

from dataclasses import dataclass

_OF_LANE, _OUTSIDE = "_lane", "_lanes"


@dataclass(frozen=True)
class KeptName:
    """Whose state a pin holds; None where that is told of none, or of a pin that isn't ours."""

    graph: str
    run: int | None = None
    lane: str | None = None
    task: str | None = None
    attempt: int | None = None
    what: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the full names of what this is a state of: the lane, and the task."""
        lanes = (f"lane:{self.graph}/{self.lane}",) if self.lane else ()
        return (*lanes, f"task:{self.graph}/{self.task}") if self.task else lanes

    @property
    def branch(self) -> str:
        """Return the name of the branch as which this is given back."""
        parts = [self.task or self.lane or self.what or "pin"]
        parts += [str(self.attempt)] if self.attempt is not None else []
        return f"recovered/{self.graph}/{'-'.join(parts)}"


def kept_name(name: str) -> KeptName:
    """Return what ``name``, below the keep refs, tells."""
    graph, *parts = name.split("/")
    match parts:
        case [folder, lane, what] if folder == _OUTSIDE:
            return KeptName(graph, lane=lane, what=what)
        case [run, lane, owner, what] if run.isdecimal() and owner == _OF_LANE:
            return KeptName(graph, int(run), lane, what=what)
        case [run, lane, task, what] if run.isdecimal():
            return KeptName(graph, int(run), lane, task, what=what)
        case [run, lane, task, attempt, what] if run.isdecimal() and attempt.isdecimal():
            return KeptName(graph, int(run), lane, task, int(attempt), what)
        case _:
            return KeptName(graph, what="/".join(parts))
