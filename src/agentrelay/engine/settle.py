"""Whether a run goes on: it is progressing, waits for a named thing, or is finished.

Anything else is a bug of ours, and says so instead of sitting there.
"""

from __future__ import annotations

from agentrelay.engine.fold_effects import IGNORED_FILES
from agentrelay.engine.snapshot import Snapshot
from agentrelay.errors import InternalError
from agentrelay.journal.event import RUN_FINISHED, RUN_WAITING, Draft
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

DONE = 0
FAILURES = 1
WAITS_FOR_PERSON = 5


def settle(s: Snapshot) -> Draft | None:
    """Return the event that ends the run or says that only people can move it, or None.

    InternalError where nothing runs, nothing is awaited and yet it is not finished.
    """
    if s.stopped or s.finished is not None or s.waiting_code is not None or is_busy(s):
        return None
    if s.open_lanes == 0:
        return Draft(RUN_FINISHED, data={"code": FAILURES if has_failures(s) else DONE})
    if waits_for_person(s):
        return Draft(RUN_WAITING, data={"code": FAILURES if has_failures(s) else WAITS_FOR_PERSON})
    if s.only is not None:
        return Draft(RUN_WAITING, data={"code": _code_of_chosen(s, s.only)})
    if not s.starts_agents:
        return None
    raise InternalError(_report(s), hint="please report this, with the run's journal.jsonl")


def _code_of_chosen(s: Snapshot, only: frozenset[str]) -> int:
    """Return how a run that was confined to some tasks has ended."""
    return DONE if all(s.tasks[name].status is TaskStatus.MERGED for name in only) else FAILURES


def is_busy(s: Snapshot) -> bool:
    """Tell whether something runs, is being done, or will go on at a known time."""
    return bool(s.in_flight or s.programs or s.timers or any(s.wanting.values()))


def waits_for_person(s: Snapshot) -> bool:
    """Tell whether a task or lane waits for a person."""
    holds = [lane.hold for lane in s.lanes.values() if lane.hold is not None]
    return any(hold.kind != IGNORED_FILES for hold in holds) or any(
        task.hold for task in s.tasks.values()
    )


def has_failures(s: Snapshot) -> bool:
    """Tell whether a lane failed or a task did not get done."""
    return any(lane.status is WorkstreamStatus.FAILED for lane in s.lanes.values()) or any(
        task.status in (TaskStatus.FAILED, TaskStatus.CANCELLED) for task in s.tasks.values()
    )


def _report(s: Snapshot) -> str:
    lanes = [f"{lane.id} {lane.status.value}" for lane in s.lanes.values()]
    tasks = [
        f"{task.id} {task.status.value} missing={task.missing} open={task.open}"
        for task in s.tasks.values()
        if task.status is not TaskStatus.MERGED
    ]
    return (
        "nothing runs and nothing is awaited, but the run is not finished: "
        f"lanes [{'; '.join(lanes)}], tasks [{'; '.join(tasks[:20])}]"
    )
