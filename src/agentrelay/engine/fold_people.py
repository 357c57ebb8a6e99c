"""What people asked for, and what the engine made of it, as facts of the snapshot."""

from __future__ import annotations

from agentrelay.engine import budgets
from agentrelay.engine.bookkeeping import (
    close_attempt,
    drop_ready,
    end_account_wait,
    push_ready,
    release_target,
    rest_after_tidying,
    set_task_status,
)
from agentrelay.engine.snapshot import Hold, Snapshot, TaskState, waits_for_account
from agentrelay.journal.event import Event
from agentrelay.task.core.task import TaskStatus


def received(s: Snapshot, event: Event) -> None:
    """Keep a request until it is answered."""
    s.moment = event.time
    s.requests[event.data["id"]] = event
    s.known_requests.add(event.data["id"])
    s.waiting_code = None


def answered(s: Snapshot, event: Event) -> None:
    """Forget a request, and the revert that it asked for, which has ended one way or the other."""
    s.requests.pop(event.data["id"], None)
    s.outcomes.pop(event.data["id"], None)
    lane = s.lanes.get(event.workstream or "")
    if lane is not None and (lane.reverting or {}).get("request") == event.data["id"]:
        lane.reverting = None
        release_target(s, lane)
    rest_after_tidying(s)


def reopened(s: Snapshot, event: Event) -> None:
    """Give a task further attempts, with what the next one is told."""
    task = _task(s, event)
    s.finished = s.tidied_after = None
    if task.open:
        close_attempt(s, task)
    task.hold = None
    task.stopping = ""
    task.taken = ""
    task.attempt_limit = task.attempt + task.spec.max_attempts
    task.not_before = 0.0
    task.error = ""
    if event.data["text"]:
        task.feedback = dict(event.data)
    if task.status is not TaskStatus.PENDING:
        set_task_status(s, task, TaskStatus.PENDING)
    push_ready(s, task)


def cancelled(s: Snapshot, event: Event) -> None:
    """End a task on a person's word."""
    task = _task(s, event)
    drop_ready(s, task)
    if task.open:
        close_attempt(s, task)
    task.hold = None
    task.stopping = ""
    task.taken = ""
    task.error = event.data["reason"]
    set_task_status(s, task, TaskStatus.CANCELLED, task.error)


def stopping(s: Snapshot, event: Event) -> None:
    """Note that a task is to be ended as soon as its program is."""
    task = _task(s, event)
    task.stopping = event.data["reason"]
    task.stop_asked = False


def task_released(s: Snapshot, event: Event) -> None:
    """End a task's wait for a person; a gate that was red before may be waived by it."""
    task = _task(s, event)
    if waits_for_account(task):
        end_account_wait(s, task)
        task.asks_again = True
    task.hold = None
    waived = event.data.get("waived")
    if waived:
        task.verdicts[waived] = True
        task.last_red = None
        _note_waiver(task, event)


def _note_waiver(task: TaskState, event: Event) -> None:
    """Remember by whom a gate was waived; journals of before that was kept don't say."""
    by = event.data.get("by")
    text = f'gate "{event.data["waived"]}" was red, waived by {by}'
    if by is not None and text not in task.waivers:
        task.waivers.append(text)


def limits_set(s: Snapshot, event: Event) -> None:
    """Keep the limits that a person has set; what they are too little for waits on."""
    scope = budgets.scope_name(event.task, event.workstream if event.task is None else None)
    s.limits.setdefault(scope, {}).update(event.data)
    for task in s.tasks.values():
        if task.hold is not None and task.hold.kind == budgets.HOLD:
            overrun = budgets.find_overrun(s, task)
            task.hold = Hold(budgets.HOLD, overrun.reason) if overrun is not None else None


def lane_released(s: Snapshot, event: Event) -> None:
    """End a lane's wait for a person; what was judged is judged again."""
    lane = s.lanes[event.workstream or ""]
    lane.hold = None
    lane.candidate = None
    lane.verdicts = {}
    lane.last_red = None


def _task(s: Snapshot, event: Event) -> TaskState:
    return s.tasks[event.task or ""]
