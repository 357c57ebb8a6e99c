"""See how supervised programs ended: read the outcome, never guess.

*Unclear* and *running* are no events; a program that vanished is swept up and said to be lost.
"""

from __future__ import annotations

import json
from pathlib import Path

from agentrelay._shared.atomic import publish
from agentrelay.engine.acts.launching import record_setup
from agentrelay.engine.effect import EffectKind
from agentrelay.engine.programs import folder_of_key
from agentrelay.engine.snapshot import Program
from agentrelay.engine.world import World
from agentrelay.executor.core.executor import Ended, Ending, Lost, NotStarted, Outcome, Unclear
from agentrelay.executor.core.records import OUTPUT, may_have_ended
from agentrelay.journal.event import GATE_ENDED, SETUP_ENDED, TURN_ENDED, Data, Draft

LOST = "lost"

LOST_TRIES = 3
"""From this run of a gate or setup on, one that vanished is not run once more, but is red."""


def look_at(world: World, program: Program, folder: Path) -> Draft | Unclear | None:
    """Return the event of a program's end, None while it goes on, or why that can't be told.

    ``folder`` is the program's; who looks often keeps it.
    """
    if not may_have_ended(folder):
        return None
    match world.executor.look(folder):
        case Ended(outcome):
            return _ended(world, program, outcome)
        case Lost():
            world.sweep(folder)
            return _ended(world, program, None)
        case NotStarted():
            return _ended(world, program, None)
        case Unclear() as unclear:
            return unclear
        case _:
            return None


def _ended(world: World, program: Program, outcome: Outcome | None) -> Draft:
    facts: dict[str, object] = {
        "key": program.key,
        "ending": outcome.ending.value if outcome else LOST,
        "exit_code": outcome.exit_code if outcome else None,
        "signal": outcome.signal if outcome else None,
        "seconds": round(outcome.ended - outcome.started, 3) if outcome else None,
    }
    if program.kind == EffectKind.TURN_START:
        return _event(TURN_ENDED, program, facts)
    vanished = outcome is None and program.index < LOST_TRIES
    if vanished or (outcome is not None and outcome.ending is Ending.STOPPED):
        type_ = SETUP_ENDED if program.kind == EffectKind.SETUP_START else GATE_ENDED
        return _event(type_, program, facts | {"again": True})
    folder = folder_of_key(world.run_folders, program.key)
    passed = outcome is not None and outcome.ending is Ending.EXITED and outcome.exit_code == 0
    facts |= {"passed": passed, "reason": _reason(outcome), "log": str(folder / OUTPUT)}
    if program.kind == EffectKind.SETUP_START:
        if passed:
            record_setup(world, program.workstream, program.stamp)
        return _event(SETUP_ENDED, program, facts)
    facts |= {"gate": program.gate, "subject": program.subject}
    record = json.loads((folder / "gate.json").read_bytes())
    publish(folder / "verdict.json", json.dumps({**record, **facts}, indent=2) + "\n")
    return _event(GATE_ENDED, program, facts)


def _reason(outcome: Outcome | None) -> str:
    if outcome is None:
        return "its supervisor vanished before it could say how it ended"
    if outcome.ending is Ending.EXITED:
        if outcome.signal is not None:
            return f"ended by signal {outcome.signal}"
        return f"exit code {outcome.exit_code}"
    return _REASONS.get(outcome.ending, outcome.ending.value)


_REASONS = {
    Ending.WALL_LIMIT: "it ran longer than its timeout",
    Ending.IDLE_LIMIT: "it did nothing for too long",
    Ending.START_LIMIT: "it did not begin to do anything",
    Ending.NOT_STARTED: "it could not be started",
}


def _event(type_: str, program: Program, data: Data) -> Draft:
    return Draft(type_, program.workstream, program.task, program.attempt, program.turn, data)
