"""What lets a person work on a task in the place of its agent, and what comes of it: take, give."""

from __future__ import annotations

from collections.abc import Iterator

from agentrelay.engine.answers import granted, refused
from agentrelay.engine.pauses import pause_of_task
from agentrelay.engine.snapshot import Snapshot, TaskState
from agentrelay.graph.naming import name_of_task
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus as W


def task_to_take(s: Snapshot, request: Event) -> TaskState | None:
    """Return the task that is meant: of a lane, what is worked at, is next, or else has failed."""
    if request.task is not None:
        return s.tasks[request.task]
    lane = s.lanes[request.workstream or ""]
    ready = lane.ready[0][1] if lane.ready else None
    members = [s.tasks[task.id] for task in s.graph.tasks_of[lane.id]]
    failed = next((t.id for t in members if t.status is TaskStatus.FAILED), None)
    name = lane.active or ready or failed
    return s.tasks[name] if name is not None else None


def refusal(s: Snapshot, task: TaskState) -> str | None:
    """Return why a person can't work on a task now, None where they can."""
    lane = s.lanes[task.lane]
    other = lane.active or _reserved(s, task)
    waits_for = [n for n in task.spec.dependencies if s.tasks[n].status is not TaskStatus.MERGED]
    is_merged = task.status is TaskStatus.MERGED
    back = f"agentrelay retry {name_of_task(s.graph, task.id)} sends it back"
    problems = {
        f"task {task.id} is taken already, by {task.taken}": bool(task.taken),
        f"task {task.id} is being cancelled": bool(task.stopping),
        f"task {task.id} is merged; {back}": is_merged,
        f"lane {lane.id} has landed": lane.status is W.MERGED,
    }
    if not task.open:
        problems |= {
            f"task {other} has the worktree of lane {lane.id}": other is not None,
            f"task {task.id} waits for task {', '.join(waits_for)}": bool(waits_for),
            f"lane {lane.id} waits for a person itself": lane.hold is not None,
            f"task {task.id} is paused: unpause it first": pause_of_task(s, task) is not None,
        }
    return next((text for text, is_so in problems.items() if is_so), None)


def take(request: Event, task: TaskState) -> Iterator[Draft]:
    """Give what makes a task a person's, and the answer."""
    yield Draft(ev.TASK_TAKEN, task.lane, task.id, data={"by": request.data["by"]})
    yield granted(request, f"task {task.id} is yours")


def give(s: Snapshot, request: Event) -> Iterator[Draft]:
    """Give what becomes of what a person has done: it is judged, or its attempt has failed."""
    name = request.task or s.lanes[request.workstream or ""].active
    task = s.tasks[name] if name is not None else None
    by, text = request.data["by"], request.data["text"]
    if task is None or not task.taken:
        what = f"task {name}" if name is not None else f"lane {request.workstream}"
        yield refused(request, f"{what} was not taken by anybody")
    elif task.program or task.start is None:
        yield refused(request, f"task {task.id} is not yet handed over")
    elif request.data["approval"].get("fail"):
        reason = text or f"{by} gave it up"
        yield Draft(ev.ATTEMPT_FAILED, task.lane, task.id, task.attempt, data={"reason": reason})
        yield granted(request, f"attempt {task.attempt} at task {task.id} has failed")
    else:
        data = {"by": by, "text": text}
        yield Draft(ev.TASK_GIVEN, task.lane, task.id, task.attempt, data=data)
        yield granted(request, f"task {task.id}: what is in its worktree is committed and judged")


def _reserved(s: Snapshot, task: TaskState) -> str | None:
    """Return the other task of the lane that somebody has taken and that is yet to be begun."""
    members = s.graph.tasks_of[task.lane]
    return next((t.id for t in members if t.id != task.id and s.tasks[t.id].taken), None)
