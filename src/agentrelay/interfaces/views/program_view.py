"""What became of the programs that a run has not seen to end: true also of an interrupted one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agentrelay.engine.snapshot import Snapshot
from agentrelay.executor.core.executor import Ended, Look, Lost, NotStarted, Running, Unclear

Looks = Mapping[str, Look]
"""What was found of each program, by its key."""


@dataclass(frozen=True)
class ProgramView:
    """A program that was started and not seen to end: an agent's turn, a gate, a setup.

    ``state`` is running, ended (its outcome is there, but not taken yet), lost (it is gone without
    one), not_started or unclear; ``note`` says what is unusual.
    """

    kind: str
    lane: str
    task: str | None
    gate: str | None
    state: str
    note: str

    @property
    def name(self) -> str:
        """Return whose program it is."""
        return self.task or self.lane


def program_views(s: Snapshot, looks: Looks) -> tuple[ProgramView, ...]:
    """Return the programs of a run that it has not seen to end."""
    return tuple(
        ProgramView(
            program.kind,
            program.workstream,
            program.task,
            program.gate or None,
            *_state(looks.get(program.key, NotStarted())),
        )
        for program in s.programs.values()
    )


def what_became(programs: tuple[ProgramView, ...]) -> str:
    """Return what became of the programs of a run that nobody carries on, in words."""
    parts = [
        f"{words}: {', '.join(sorted({p.name for p in programs if p.state == state}))}"
        for state, words in _WORDS.items()
        if any(program.state == state for program in programs)
    ]
    notes = {program.note for program in programs if program.state in ("lost", "unclear")}
    return "; ".join([*parts, *sorted(notes - {""})])


_WORDS = {
    "running": "still running, under its limits",
    "ended": "has ended meanwhile",
    "lost": "gone without an outcome",
    "not_started": "was not started",
    "unclear": "unknown whether it runs",
}


def _state(look: Look) -> tuple[str, str]:
    match look:
        case Running(note=note):
            return "running", note
        case Ended():
            return "ended", ""
        case Lost(why=why):
            return "lost", why
        case Unclear(why=why):
            return "unclear", why
        case NotStarted():
            return "not_started", ""
