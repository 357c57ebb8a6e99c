"""What people ask for who watch a run: pause, unpause, and send."""

from __future__ import annotations

from collections.abc import Iterator

from agentrelay.engine.answers import granted, refused
from agentrelay.engine.effect import EffectKind
from agentrelay.engine.pauses import Pause, pause_of_lane, pause_of_task
from agentrelay.engine.snapshot import Snapshot, TaskState
from agentrelay.graph.naming import name_of_task
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event
from agentrelay.task.core.runtime import ENDED
from agentrelay.workstream.core.runtime import WorkstreamStatus as W


def pause(s: Snapshot, request: Event) -> Iterator[Draft]:
    """Give what lets nothing new begin in what a request names, and the answer."""
    name = _named(s, request)
    found = _pause_over(s, request)
    if _has_ended(s, request):
        yield refused(request, f"{name} has ended: there is nothing to pause")
    elif found is not None:
        yield refused(request, f"{name} is paused already{_by(s, request, found)}")
    else:
        data = {"by": request.data["by"]}
        yield Draft(ev.WORK_PAUSED, request.workstream, request.task, data=data)
        yield granted(request, f"{name} is paused; what runs goes on to its end")


def unpause(s: Snapshot, request: Event) -> Iterator[Draft]:
    """Give what lets go on what a request names, and the answer."""
    name = _named(s, request)
    found = _pause_over(s, request)
    if found is None:
        yield refused(request, f"{name} is not paused{_below(s, request)}")
    elif (found.lane, found.task) != (request.workstream, request.task):
        yield refused(request, f"{name} is not paused itself{_by(s, request, found)}")
    else:
        yield Draft(ev.WORK_UNPAUSED, request.workstream, request.task)
        yield granted(request, f"{name} may go on")


def send(s: Snapshot, request: Event) -> Iterator[Draft]:
    """Give what has a task's agent told something, and the answer: when it will be."""
    task = s.tasks.get(request.task or "")
    if task is None:
        yield refused(request, "a message is sent to a task")
    elif (why := can_not_be_told(s, task, request.data["text"])) is not None:
        yield refused(request, why)
    else:
        yield told(request, task)
        when = when_told(s, task)
        if task.hold is not None and task.hold.kind in GOES_ON_WHEN_TOLD:
            yield Draft(ev.TASK_RELEASED, task.lane, task.id)
        yield granted(request, f"the agent of task {task.id} is told {when}")


def told(request: Event, task: TaskState) -> Draft:
    """Return what keeps the text of a request for the task's agent."""
    data = {"by": request.data["by"], "text": request.data["text"]}
    return Draft(ev.TASK_TOLD, task.lane, task.id, task.attempt or None, data=data)


GOES_ON_WHEN_TOLD = frozenset({"was_red_before", "given"})
"""Kinds of holds of which another turn of the agent is a way out."""


def can_not_be_told(s: Snapshot, task: TaskState, text: str) -> str | None:
    """Return why a task's agent can't be told a text, None where it can."""
    flying = s.in_flight.get(task.in_flight or "")
    is_merged_now = flying is not None and flying.data["kind"] == EffectKind.TASK_MERGE
    again = f"agentrelay retry {name_of_task(s.graph, task.id)} -m TEXT gives it another attempt"
    problems = {
        "there is nothing to be told": not text.strip(),
        f"task {task.id} is {task.status.value}: {again}": task.status in ENDED,
        f"task {task.id} is being merged": is_merged_now,
        f"task {task.id} is being cancelled": bool(task.stopping),
        f"{task.taken} works on task {task.id}": bool(task.taken),
    }
    return next((words for words, is_so in problems.items() if is_so), None)


def when_told(s: Snapshot, task: TaskState) -> str:
    """Say when a task's agent is told what people have for it."""
    if not task.open:
        return "with its first turn"
    if task.hold is not None and task.hold.kind not in GOES_ON_WHEN_TOLD:
        return f"when it goes on; it waits: {task.hold.reason}"
    program = s.programs.get(task.program or "")
    if program is None:
        return "with its next turn"
    what = "the present one" if program.kind == EffectKind.TURN_START else "what runs now"
    return f"with its next turn, once {what} has ended"


def _named(s: Snapshot, request: Event) -> str:
    if request.task is not None:
        return f"task {request.task}"
    return f"graph {s.graph.name}" if request.workstream is None else f"lane {request.workstream}"


def _pause_over(s: Snapshot, request: Event) -> Pause | None:
    if request.task is not None:
        return pause_of_task(s, s.tasks[request.task])
    if request.workstream is not None:
        return pause_of_lane(s, s.lanes[request.workstream])
    return Pause(s.paused) if s.paused else None


def _has_ended(s: Snapshot, request: Event) -> bool:
    if request.task is not None:
        return s.tasks[request.task].status in ENDED
    if request.workstream is not None:
        return s.lanes[request.workstream].status in (W.MERGED, W.FAILED)
    return s.open_lanes == 0


def _by(s: Snapshot, request: Event, found: Pause) -> str:
    """Say whose pause it is, where that does not go without saying, and of what."""
    if (found.lane, found.task) == (request.workstream, request.task):
        return f", by {found.by}"
    wider = f"lane {found.lane}" if found.lane is not None else f"graph {s.graph.name}"
    return f": {wider} is, by {found.by}"


def _below(s: Snapshot, request: Event) -> str:
    """Name what is paused in what was named, so that a person finds it."""
    of_lane = request.workstream
    tasks = [f"task {t.id}" for t in s.tasks.values() if t.paused and of_lane in (None, t.lane)]
    lanes = [f"lane {lane.id}" for lane in s.lanes.values() if lane.paused]
    names = tasks if of_lane is not None else [*lanes, *tasks]
    return f", but {', '.join(names)} is" if names and request.task is None else ""
