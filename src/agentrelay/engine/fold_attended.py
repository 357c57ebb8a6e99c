"""What people have paused, and which tasks they work on themselves, as facts of the snapshot."""

from __future__ import annotations

from agentrelay.engine.bookkeeping import (
    drop_wanting,
    end_account_wait,
    push_ready,
    release_target,
    set_task_status,
)
from agentrelay.engine.pauses import keeps_lane, pause_of_task
from agentrelay.engine.snapshot import LaneState, Snapshot
from agentrelay.journal.event import Event
from agentrelay.task.core.task import TaskStatus


def paused(s: Snapshot, event: Event) -> None:
    """Note who paused what; it leaves the queues for slots, and lets others land."""
    _note(s, event, event.data["by"])
    for lane in s.lanes.values():
        if keeps_lane(s, lane):
            drop_wanting(s, lane.id)
            yield_target(s, lane)
    for task in s.tasks.values():
        if pause_of_task(s, task) is not None:
            drop_wanting(s, task.id)


def unpaused(s: Snapshot, event: Event) -> None:
    """Forget a pause."""
    _note(s, event, "")


def taken(s: Snapshot, event: Event) -> None:
    """Note who works on a task from now on, once its agent has ended or its lane is free."""
    task = s.tasks[event.task or ""]
    task.taken = event.data["by"]
    task.hold = None
    end_account_wait(s, task)
    task.stop_asked = False
    drop_wanting(s, task.id)
    if not task.open:
        s.lanes[task.lane].reserved = task.id
        push_ready(s, task)


def given(s: Snapshot, event: Event) -> None:
    """Take what a person has done for the end of a turn, which is then collected and judged."""
    task = s.tasks[event.task or ""]
    task.taken = ""
    task.hold = None
    task.turn += task.turn_started
    task.turn_started = True
    task.outcome = {"ending": "given", **event.data}
    task.collected = None
    task.verdicts = {}
    task.last_red = None
    if task.status is not TaskStatus.RUNNING:
        set_task_status(s, task, TaskStatus.RUNNING)


def told(s: Snapshot, event: Event) -> None:
    """Keep what a person wants a task's agent to know until a turn of it has been told."""
    s.tasks[event.task or ""].messages.append(event.data["text"])


def yield_target(s: Snapshot, lane: LaneState) -> None:
    """Let other lanes land on the target of a lane that is paused and does nothing any more."""
    if keeps_lane(s, lane) and not lane.in_flight and not lane.program:
        release_target(s, lane)


def _note(s: Snapshot, event: Event, by: str) -> None:
    if event.task is not None:
        s.tasks[event.task].paused = by
    elif event.workstream is not None:
        s.lanes[event.workstream].paused = by
    else:
        s.paused = by
