"""The supervised programs of a run, as its journal tells: which ran for what, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agentrelay.engine.effect import EffectKind
from agentrelay.engine.programs import folder_of_key
from agentrelay.executor.core.records import OUTPUT
from agentrelay.interfaces.views.stored_run import StoredRun
from agentrelay.journal import event as ev

_STARTS = frozenset({EffectKind.TURN_START, EffectKind.GATE_START, EffectKind.SETUP_START})
_ENDS = frozenset({ev.TURN_ENDED, ev.GATE_ENDED, ev.SETUP_ENDED})


@dataclass
class ProgramRun:
    """One run of a program. The facts of its end are None while it was not seen to end.

    ``kind`` is turn, gate or setup; ``subject`` is ``start`` for a gate that judged the state
    before the task's work.
    """

    kind: str
    lane: str
    task: str | None
    attempt: int | None
    turn: int | None
    gate: str
    index: int
    subject: str
    folder: Path
    began: str
    ended: str | None = None
    ending: str | None = None
    exit_code: int | None = None
    seconds: float | None = None
    passed: bool | None = None
    reason: str = ""

    @property
    def output(self) -> Path:
        """Return the file that has what it printed."""
        return self.folder / OUTPUT

    @property
    def title(self) -> str:
        """Return what ran, for people."""
        about = f"task {self.task}, attempt {self.attempt}" if self.task else f"lane {self.lane}"
        if self.kind == "turn":
            return f"{about}, turn {self.turn}"
        if self.kind == "setup":
            return f"{about}, setup"
        before = ", before the task's work" if self.subject == "start" else ""
        return f"{about}, gate {self.gate}, run {self.index}{before}"


def programs_of(stored: StoredRun) -> Iterator[ProgramRun]:
    """Give the programs of a run in the order in which they were started."""
    found: dict[str, ProgramRun] = {}
    for event in stored.events:
        if event.type == ev.EFFECT_INTENT and event.data["kind"] in _STARTS:
            key = event.data["key"]
            found[key] = ProgramRun(
                kind=str(event.data["kind"]).partition(".")[0],
                lane=event.workstream or "",
                task=event.task,
                attempt=event.attempt,
                turn=event.turn,
                gate=event.data.get("gate", ""),
                index=event.data.get("index", 1),
                subject=event.data.get("subject", ""),
                folder=folder_of_key(stored.folders.run(stored.number), key),
                began=event.time,
            )
        elif event.type in _ENDS:
            _end(found[event.data["key"]], event)
    yield from found.values()


def _end(program: ProgramRun, event: ev.Event) -> None:
    program.ended = event.time
    program.ending = event.data["ending"]
    program.exit_code = event.data.get("exit_code")
    program.seconds = event.data.get("seconds")
    program.passed = event.data.get("passed")
    program.reason = event.data.get("reason", "")
