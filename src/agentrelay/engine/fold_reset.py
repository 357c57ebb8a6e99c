"""What a reset means for the snapshot: tasks to be done again, lanes as they were before them."""

from __future__ import annotations

from agentrelay.engine.bookkeeping import (
    close_attempt,
    drop_ready,
    drop_wanting,
    push_ready,
    recount,
    release_target,
    set_lane_status,
    set_task_status,
)
from agentrelay.engine.snapshot import Facts, Hold, LaneState, Snapshot, TaskState
from agentrelay.journal.event import Data, Event
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

NOT_TAKEN_BACK = "it is not taken back"
"""So begins the reason for which lanes wait whose reset has failed."""


def announced(s: Snapshot, intent: Event) -> None:
    """Let nothing else begin in the lanes that are taken back, until they are."""
    for lane in _lanes(s, intent.data):
        lane.reset = dict(intent.data)
        # Who can't go on now must not be the first of those that wait for a slot.
        drop_wanting(s, lane.id)
        if lane.active is not None:
            drop_wanting(s, lane.active)


def failed(s: Snapshot, intent: Event, reason: str) -> None:
    """Have people see to a reset that failed: it is tried again, since part of it may be done."""
    for lane in _lanes(s, intent.data):
        lane.hold = Hold("error", f"{NOT_TAKEN_BACK}: {reason}")
        release_target(s, lane)
    _note_outcome(
        s, intent.data, {"refused": f"{reason}; agentrelay resume {s.graph.name} tries it again"}
    )


def concluded(s: Snapshot, intent: Event, result: Data) -> None:
    """Fold that all is gone that was to go, or nothing, as something was in the way."""
    data = intent.data
    for lane in _lanes(s, data):
        lane.reset = None
        if lane.hold is not None and lane.hold.reason.startswith(NOT_TAKEN_BACK):
            lane.hold = None
    _note_outcome(s, data, result)
    if result.get("refused"):
        return
    tasks = [s.tasks[facts["id"]] for facts in data["tasks"]]
    for task in tasks:
        _forget_task(s, task)
    for facts in data["lanes"]:
        lane = s.lanes[facts["id"]]
        # One that has failed because of what goes can go on again.
        if not facts.get("is_other") or lane.status is WorkstreamStatus.FAILED:
            _take_back(s, lane, facts, {task.id for task in tasks})
    for task in tasks:
        push_ready(s, task)
    recount(s, {facts["id"] for facts in data["lanes"]})


def _lanes(s: Snapshot, data: Data) -> list[LaneState]:
    return [s.lanes[facts["id"]] for facts in data["lanes"]]


def _note_outcome(s: Snapshot, data: Data, result: Data) -> None:
    if data["request"] in {request.data["id"] for request in s.requests.values()}:
        s.outcomes[data["request"]] = {
            name: result[name] for name in ("refused", "notes") if result.get(name)
        }


def _forget_task(s: Snapshot, task: TaskState) -> None:
    """Have a task as it was before its first attempt; the numbers of its attempts go on."""
    # What a person has said meanwhile holds: that it is to be cancelled.
    stopping = task.stopping
    close_attempt(s, task)
    task.stopping = stopping
    drop_ready(s, task)
    task.taken_back = task.attempt
    task.attempt_limit = task.attempt + task.spec.max_attempts
    task.not_before = 0.0
    s.timers = [timer for timer in s.timers if timer[1] != task.id]
    task.error = ""
    task.commit = task.number = task.url = None
    task.summary = ""
    task.changed = 0
    task.concerns = []
    task.notes = []
    task.messages = []
    task.settled = {}
    task.waivers = []
    task.feedback = task.source = task.earlier = None
    if task.status is not TaskStatus.PENDING:
        set_task_status(s, task, TaskStatus.PENDING)


def _take_back(s: Snapshot, lane: LaneState, facts: Facts, gone: set[str]) -> None:
    lane.merges = lane.merges[: len(lane.merges) - len(facts["taken"])]
    lane.last_merged = lane.merges[-1][0] if lane.merges else None
    lane.head = None if facts["whole"] else facts["to"] or lane.head
    lane.error = ""
    lane.hold = lane.last_red = lane.candidate = lane.approved = None
    lane.verdicts = {}
    lane.repair = lane.published = lane.opened = False
    if not facts.get("is_other"):
        lane.number = lane.url = None
    is_of_gone = tuple(f"{name}: " for name in gone)
    lane.remarks = [text for text in lane.remarks if not text.startswith(is_of_gone)]
    if facts["whole"]:
        _begin_anew(lane)
    drop_wanting(s, lane.id)
    release_target(s, lane)
    status = WorkstreamStatus.PENDING if lane.base is None else WorkstreamStatus.ACTIVE
    if lane.status is not status:
        set_lane_status(s, lane, status)
    for other in (s.lanes[name] for name in s.downstream[lane.id]):
        if other.hold is not None and other.hold.kind == "upstream":
            other.hold = None


def _begin_anew(lane: LaneState) -> None:
    lane.epoch += 1
    lane.base = lane.worktree = None
    lane.remarks = []
    lane.torn_down = lane.stale = False
