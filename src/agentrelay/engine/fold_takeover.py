"""What a run took over of earlier ones, as facts of its snapshot: told once, when it starts."""

from __future__ import annotations

from agentrelay.engine.bookkeeping import drop_ready, set_lane_status, set_task_status
from agentrelay.engine.snapshot import Facts, Snapshot
from agentrelay.journal.event import Data
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus


def take_over(s: Snapshot, taken: Data) -> None:
    """Fold what `takeover.Takeover.as_data` found: tasks that are done, and lanes that landed."""
    for facts in taken["tasks"]:
        _take_task(s, facts)
    for name, commit in taken["again"].items():
        s.tasks[name].earlier = commit
    for name, facts in taken["lanes"].items():
        _take_lane(s, name, facts)


def _take_task(s: Snapshot, facts: Facts) -> None:
    task = s.tasks[facts["id"]]
    drop_ready(s, task)
    task.commit = facts["commit"]
    task.number = facts["number"]
    task.url = facts["url"]
    task.concerns = list(facts["concerns"])
    task.source = {"run": facts["run"], "attempt": facts["attempt"], "task": facts["was"]}
    lane = s.lanes[task.lane]
    lane.merges.append((task.id, facts["before"]))
    named = "" if facts["was"] == task.id else f" as {facts['was']}"
    set_task_status(s, task, TaskStatus.MERGED, f"done{named} in run {facts['run']}")


def _take_lane(s: Snapshot, name: str, facts: Data) -> None:
    lane = s.lanes[name]
    lane.epoch = facts.get("epoch", 1)
    lane.stale = bool(facts.get("stale"))
    if "landed" in facts:
        lane.landed = facts["landed"]
        lane.number = facts.get("number")
        lane.url = facts.get("url")
        text = "" if lane.landed else "its target has it"
        set_lane_status(s, lane, WorkstreamStatus.MERGED, text)
