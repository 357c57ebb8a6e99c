"""What people have paused: nothing new is begun in it, and what runs goes on to its end.

A pause is of the whole run, of a lane or of a task, and lies over whatever else they wait for. It
is in force until it is taken back, however often the run is carried on in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agentrelay.engine.snapshot import LaneState, Snapshot, TaskState
from agentrelay.task.core.runtime import ENDED
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus as W


@dataclass(frozen=True)
class Pause:
    """A pause ``by`` somebody of a task, else of a lane, else of the whole run."""

    by: str
    lane: str | None = None
    task: str | None = None


def pause_of_lane(s: Snapshot, lane: LaneState) -> Pause | None:
    """Return why nothing new is begun in a lane, its own pause first, or None."""
    if lane.paused:
        return Pause(lane.paused, lane=lane.id)
    return Pause(s.paused) if s.paused else None


def pause_of_task(s: Snapshot, task: TaskState) -> Pause | None:
    """Return why nothing new is begun for a task, its own pause first, or None."""
    if task.paused:
        return Pause(task.paused, task=task.id)
    return pause_of_lane(s, s.lanes[task.lane])


def keeps_lane(s: Snapshot, lane: LaneState) -> bool:
    """Tell whether a pause keeps a lane from its next step.

    Not one that has landed, which is only tidied up or taken back, that is reset, or in which
    nothing can be done any more.
    """
    if lane.status is W.MERGED or lane.reset is not None:
        return False
    return pause_of_lane(s, lane) is not None and bool(lane.movable or not lane.unmerged)


def in_force(s: Snapshot) -> Iterator[Pause]:
    """Give the pauses that keep something, the widest first; not those of what has ended."""
    if s.paused:
        yield Pause(s.paused)
    for lane in s.lanes.values():
        if lane.paused and lane.status not in (W.MERGED, W.FAILED):
            yield Pause(lane.paused, lane=lane.id)
    for task in s.tasks.values():
        if task.paused and task.status is not TaskStatus.MERGED and task.status not in ENDED:
            yield Pause(task.paused, task=task.id)
