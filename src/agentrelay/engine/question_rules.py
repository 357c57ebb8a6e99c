"""What follows when a person answers what a task's agent asks while it waits."""

from __future__ import annotations

from collections.abc import Iterator

from agentrelay.engine.answers import granted, refused
from agentrelay.engine.attended_rules import can_not_be_told, told, when_told
from agentrelay.engine.effect import EffectKind, intent
from agentrelay.engine.snapshot import Program, Snapshot, TaskState
from agentrelay.journal.event import Data, Draft, Event

DECISIONS = {"allow": True, "deny": False}


def answer(s: Snapshot, request: Event) -> Iterator[Draft]:
    """Give what hands a person's answer to the agent, and once that is done, the reply to them."""
    task = s.tasks.get(request.task or "")
    outcome = s.outcomes.get(request.data["id"])
    if task is None:
        yield refused(request, "only the agent of a task asks something")
    elif outcome is not None:
        yield from _reply(s, request, task, outcome)
    elif (why := _misfit(request)) is not None:
        yield refused(request, why)
    elif _turn(s, task) is not None:
        yield from _hand_over(s, request, task)
    elif task.in_flight is None:
        yield refused(request, f"the agent of task {task.id} asks nothing now")


def _misfit(request: Event) -> str | None:
    said = request.data["approval"]
    is_answer = said.get("answer") in DECISIONS and said.get("question", "").isdecimal()
    return None if is_answer else "an answer is allow or deny, and names a question"


def _turn(s: Snapshot, task: TaskState) -> Program | None:
    program = s.programs.get(task.program or "")
    return program if program is not None and program.kind == EffectKind.TURN_START else None


def _hand_over(s: Snapshot, request: Event, task: TaskState) -> Iterator[Draft]:
    """Give the act that looks whether the question is open: its file knows more than we do."""
    said = request.data["approval"]
    number = int(said["question"])
    data = {
        "question": number,
        "allowed": DECISIONS[said["answer"]],
        "always": said.get("always") == "yes",
        "by": request.data["by"],
        "request": request.data["id"],
        "program": task.program,
    }
    effect = intent(
        EffectKind.TURN_ANSWER,
        s.run,
        task.lane,
        s.epoch(task.lane),
        task=task.id,
        attempt=task.attempt,
        turn=task.turn,
        round_=f"{number}/{request.seq}",
        data=data,
    )
    if effect.data["key"] not in s.in_flight:
        yield effect


def _reply(s: Snapshot, request: Event, task: TaskState, outcome: Data) -> Iterator[Draft]:
    if "refused" in outcome:
        yield refused(request, f"the answer could not be handed over: {outcome['refused']}")
    elif not outcome["counts"]:
        late = outcome["text"] and f": it waits no longer to {outcome['text']}"
        number = request.data["approval"]["question"]
        which = f"question {number} of task {task.id} is not open" if number != "0" else ""
        yield refused(request, f"{which or f'task {task.id} asks nothing now'}{late}")
    else:
        said, text = request.data["approval"], request.data["text"]
        decided = "may" if DECISIONS[said["answer"]] else "may not"
        reply = f"task {task.id} {decided} {outcome['text']}"
        reply += ", now and later" if said.get("always") == "yes" else ""
        if text and (why := can_not_be_told(s, task, text)) is not None:
            reply += f"; its agent is not told your text: {why}"
        elif text:
            yield told(request, task)
            reply += f"; its agent is told your text {when_told(s, task)}"
        yield granted(request, reply)
