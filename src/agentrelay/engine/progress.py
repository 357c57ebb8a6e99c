"""Whether lanes get on or wait for something that has a name; anything else is a bug of ours.

Once all is quiet, the rules have given all there is to do: so a lane that they would have do
something now was forgotten, whatever else goes on.
"""

from __future__ import annotations

from collections.abc import Iterable

from agentrelay.engine import lane_rules, revert_rules, task_rules
from agentrelay.engine.pauses import keeps_lane, pause_of_task
from agentrelay.engine.snapshot import LaneState, Snapshot, TaskState
from agentrelay.task.core.runtime import ENDED
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus as W


def standstill(s: Snapshot, lanes: Iterable[LaneState]) -> str | None:
    """Say which of ``lanes`` stands still, and nobody knows why; None where none does."""
    for lane in lanes:
        if _is_forgotten(s, lane):
            return f"lane {lane.id} could go on, and nothing lets it"
        if not _is_explained(s, lane):
            return f"lane {lane.id} waits for nothing"
    return None


def lanes_in_turn(s: Snapshot, since: int) -> list[LaneState]:
    """Return as many lanes as there were events from ``since`` on; in time, each has its turn."""
    lanes = s.graph.lanes
    numbers = range(since, min(s.seq + 1, since + len(lanes)))
    return [s.lanes[lanes[number % len(lanes)].id] for number in numbers]


def _is_forgotten(s: Snapshot, lane: LaneState) -> bool:
    if next(lane_rules.advance(s, lane), None) is not None:
        return True
    active = s.tasks[lane.active] if lane.active is not None else None
    return active is not None and next(task_rules.advance(s, active), None) is not None


def _is_explained(s: Snapshot, lane: LaneState) -> bool:
    if lane.status in (W.MERGED, W.FAILED) or lane.in_flight or lane.program or lane.hold:
        return True
    if lane.reset is not None:
        # One that goes with another is taken back by the act of that.
        return lane.reset["first"] != lane.id
    if lane.status not in (W.PENDING, W.ACTIVE):
        return keeps_lane(s, lane) or _waits_for_lanes(s, lane)
    if not s.starts_agents or s.only is not None:
        return True
    if lane.active is not None:
        active = s.tasks[lane.active]
        moves = active.in_flight or active.program or active.keeping
        waits = active.hold or active.taken or active.account_wait or pause_of_task(s, active)
        return bool(moves or waits) or _wants_slot(s, active.id)
    members = (s.tasks[task.id] for task in s.graph.tasks_of[lane.id])
    return all(_is_task_explained(s, task) for task in members if task.status not in ENDED)


def _waits_for_lanes(s: Snapshot, lane: LaneState) -> bool:
    others = s.landing.get(lane.target, lane.id) != lane.id
    waits = lane_rules.unlanded_upstream(s, lane) or revert_rules.reverting_below(s, lane)
    return others or bool(waits) or _wants_slot(s, lane.id)


def _is_task_explained(s: Snapshot, task: TaskState) -> bool:
    """Tell whether a task of a lane in which nothing is worked at waits for something."""
    if task.hold is not None or task.doomed or pause_of_task(s, task) is not None:
        return True
    if any(s.tasks[name].status is not TaskStatus.MERGED for name in task.spec.dependencies):
        return True
    return any(name == task.id for _, name in s.timers)


def _wants_slot(s: Snapshot, name: str) -> bool:
    return any(entry[2] == name for queue in s.wanting.values() for entry in queue)
