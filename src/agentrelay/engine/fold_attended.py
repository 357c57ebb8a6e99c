"""What people have paused, as facts of the snapshot."""

from __future__ import annotations

from agentrelay.engine.bookkeeping import drop_wanting, release_target
from agentrelay.engine.pauses import keeps_lane, pause_of_task
from agentrelay.engine.snapshot import LaneState, Snapshot
from agentrelay.journal.event import Event


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
