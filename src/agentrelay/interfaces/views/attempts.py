"""The attempts at a task: their turns, gates and ends, as the journal tells."""

from __future__ import annotations

from dataclasses import dataclass, field

from agentrelay.engine.effect import EffectKind
from agentrelay.interfaces.views.programs import ProgramRun, programs_of
from agentrelay.interfaces.views.stored_run import StoredRun
from agentrelay.journal import event as ev
from agentrelay.journal.event import Event


@dataclass
class AttemptView:
    """One attempt: where it started, what ran, what it was told, how it ended."""

    attempt: int
    began: str
    folder: str
    start: str = ""
    result: str = ""
    commit: str | None = None
    feedback: list[str] = field(default_factory=list[str])
    programs: list[ProgramRun] = field(default_factory=list[ProgramRun])


def attempts_of(stored: StoredRun, task: str) -> list[AttemptView]:
    """Return the attempts at a task, in order."""
    run = stored.folders.run(stored.number)
    found: dict[int, AttemptView] = {}
    for event in stored.events:
        if event.task != task or event.attempt is None:
            continue
        if event.type == ev.EFFECT_INTENT and event.attempt not in found:
            folder = str(run.attempt(task, event.attempt).root)
            found[event.attempt] = AttemptView(event.attempt, event.time, folder)
        if event.attempt in found:
            _fold(found[event.attempt], event)
    for program in programs_of(stored):
        if program.task == task and program.attempt in found:
            found[program.attempt].programs.append(program)
    return list(found.values())


def _fold(view: AttemptView, event: Event) -> None:
    match event.type:
        case ev.EFFECT_DONE if event.data["kind"] == EffectKind.ATTEMPT_START:
            view.start = event.data["start"]
        case ev.EFFECT_DONE if event.data["kind"] == EffectKind.TURN_COLLECT:
            view.result = event.data["result"]
            view.commit = event.data.get("commit")
        case ev.EFFECT_DONE if event.data["kind"] == EffectKind.TASK_MERGE:
            view.result = "merged" if "commit" in event.data else view.result
        case ev.FEEDBACK_GIVEN:
            view.feedback.append(event.data["text"])
        case ev.ATTEMPT_FAILED | ev.ATTEMPT_STOPPED:
            view.result = f"{event.type.partition('.')[2]}: {event.data['reason']}"
        case _:
            return
