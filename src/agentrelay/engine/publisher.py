"""Publish statuses as signal files, from what the journal says; doing it again changes nothing."""

from __future__ import annotations

from contextlib import suppress

from agentrelay._shared.signals import furthest, publish_signal, read_signal, withdraw_signals
from agentrelay.engine.layout import GraphFolders, RunFolders
from agentrelay.engine.snapshot import Change, LaneState, Snapshot, TaskState
from agentrelay.engine.world import World
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

_TASK_ORDER = tuple(status.value for status in TaskStatus)
_LANE_ORDER = tuple(status.value for status in WorkstreamStatus)
_AFTER_REOPENING = tuple(status.value for status in TaskStatus if status is not TaskStatus.PENDING)


_WITH_TEXT = (TaskStatus.FAILED, TaskStatus.CANCELLED)
"""Signals of tasks that say why."""


def publish_changes(world: World, changes: list[Change]) -> None:
    """Publish each change of status as a signal file of its lane or task."""
    for change in changes:
        if change.task is None:
            _publish_lane(world, change.workstream, change.status, change.text)
        else:
            _publish_task(world, change.task, change.status, change.text)


def publish_all(world: World, s: Snapshot) -> None:
    """Publish every status again where the disk does not show it: what a crash may have left."""
    for lane in s.lanes.values():
        if not shows_lane(world.folders, lane):
            withdraw_signals(world.folders.signals(lane.id), _beyond(_LANE_ORDER, lane.status))
            _publish_lane(world, lane.id, lane.status.value, _text_of(lane))
    for task in s.tasks.values():
        if not shows_task(world.run_folders, task):
            folder = world.run_folders.task(task.id)
            withdraw_signals(folder, _beyond(_TASK_ORDER, task.status))
            _publish_task(world, task.id, task.status.value, task.error)


def shows_lane(folders: GraphFolders, lane: LaneState) -> bool:
    """Tell whether a lane's signal files say what the journal says."""
    folder, status = folders.signals(lane.id), lane.status
    shown = furthest(folder, _LANE_ORDER)
    if shown is None and status is WorkstreamStatus.PENDING:
        return True
    has_text = status in (WorkstreamStatus.FAILED, WorkstreamStatus.PR_CREATED)
    return shown == status.value and (
        not has_text or read_signal(folder, status.value) == _text_of(lane)
    )


def _text_of(lane: LaneState) -> str:
    return lane.error if lane.status is WorkstreamStatus.FAILED else lane.url or ""


def _beyond(order: tuple[str, ...], status: TaskStatus | WorkstreamStatus) -> tuple[str, ...]:
    return order[order.index(status.value) + 1 :]


def shows_task(run: RunFolders, task: TaskState) -> bool:
    """Tell whether a task's signal files say what the journal says."""
    folder, status = run.task(task.id), task.status
    shown = furthest(folder, _TASK_ORDER)
    if shown is None and status is TaskStatus.PENDING:
        return True
    has_text = status in _WITH_TEXT
    return shown == status.value and (
        not has_text or read_signal(folder, status.value) == task.error
    )


def _publish_lane(world: World, lane: str, status: str, text: str) -> None:
    runtime = world.runtime(lane)
    match WorkstreamStatus(status):
        case WorkstreamStatus.PENDING:
            runtime.mark_pending()
        case WorkstreamStatus.ACTIVE:
            runtime.mark_active()
        case WorkstreamStatus.MERGE_READY:
            runtime.mark_merge_ready()
        case WorkstreamStatus.PR_CREATED:
            # Whoever has just opened the request has published that, too.
            if read_signal(world.folders.signals(lane), status) != text:
                runtime.mark_pr_created(text)
        case WorkstreamStatus.MERGED:
            runtime.mark_merged()
        case WorkstreamStatus.FAILED:
            runtime.mark_failed(text)


def _publish_task(world: World, task: str, status: str, text: str) -> None:
    folder = world.run_folders.task(task)
    if status in (TaskStatus.PENDING, TaskStatus.RUNNING):
        with suppress(FileNotFoundError):
            withdraw_signals(folder, _AFTER_REOPENING)
    publish_signal(folder, status, text if TaskStatus(status) in _WITH_TEXT else "")
