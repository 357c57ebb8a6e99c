"""Publish statuses as signal files, from what the journal says; doing it again changes nothing."""

from __future__ import annotations

from contextlib import suppress

from agentrelay._shared.signals import furthest, publish_signal, read_signal, withdraw_signals
from agentrelay.engine.layout import RunFolders
from agentrelay.engine.snapshot import Change, Snapshot, TaskState
from agentrelay.engine.world import World
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

_TASK_ORDER = tuple(status.value for status in TaskStatus)
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
        if lane.status is not WorkstreamStatus.PENDING:
            text = lane.error if lane.status is WorkstreamStatus.FAILED else lane.url or ""
            _publish_lane(world, lane.id, lane.status.value, text)
    for task in s.tasks.values():
        if task.status is not TaskStatus.PENDING and not shows_task(world.run_folders, task):
            _publish_task(world, task.id, task.status.value, task.error)


def shows_task(run: RunFolders, task: TaskState) -> bool:
    """Tell whether a task's signal files say what the journal says."""
    folder, status = run.task(task.id), task.status.value
    if furthest(folder, _TASK_ORDER) != status:
        return False
    return task.status not in _WITH_TEXT or read_signal(folder, status) == task.error


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
