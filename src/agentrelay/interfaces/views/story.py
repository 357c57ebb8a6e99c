"""What happened, in sentences: the changes that an event brought, as a person would tell them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from agentrelay.engine.snapshot import Change, Snapshot
from agentrelay.journal import event as ev
from agentrelay.journal.event import Event
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus


@dataclass(frozen=True)
class Happening:
    """Something that happened. ``is_news`` says that a person who was away wants to know."""

    seq: int
    time: str
    text: str
    is_news: bool


def happenings(s: Snapshot, event: Event) -> Iterator[Happening]:
    """Give what ``event`` brought; ``s`` has it applied, and holds the changes of it alone."""
    told = _told(event)
    if told:
        is_news = event.type in _NEWS_TYPES or event.data.get("verb") == "revert"
        yield Happening(event.seq, event.time, told, is_news)
    if event.type == ev.EFFECT_DONE:
        for text in event.data.get("checkout", ()):
            yield Happening(event.seq, event.time, text, is_news=True)
    for change in s.changes:
        # Why the attempt failed was just told; that the task failed by it is what is left to say.
        said = event.type == ev.ATTEMPT_FAILED and change.task is not None
        news = (change.task is None, change.status) in _NEWS
        text = _changed(s, replace(change, text="") if said else change)
        if said and change.status == TaskStatus.MERGED.value:
            text = f"task {change.task} keeps what it had merged before"
        yield Happening(event.seq, event.time, text, news)


_NEWS = frozenset(
    {
        (False, TaskStatus.MERGED.value),
        (False, TaskStatus.FAILED.value),
        (False, TaskStatus.CANCELLED.value),
        (True, WorkstreamStatus.PR_CREATED.value),
        (True, WorkstreamStatus.MERGED.value),
        (True, WorkstreamStatus.FAILED.value),
    }
)

_NEWS_TYPES = frozenset(
    {
        ev.TASK_HELD,
        ev.LANE_HELD,
        ev.TURN_ASKED,
        ev.ATTEMPT_FAILED,
        ev.EFFECT_FAILED,
        ev.RUN_FINISHED,
    }
)


def _changed(s: Snapshot, change: Change) -> str:
    text = f": {change.text}" if change.text else ""
    if change.task is None:
        lane = s.lanes[change.workstream]
        if change.status == WorkstreamStatus.MERGED.value:
            return f"lane {lane.id} landed on {lane.target}{text and f' ({change.text})'}"
        return f"lane {lane.id} {_words(change.status)}{text}"
    return f"task {change.task} {_words(change.status)}{text}"


def _words(status: str) -> str:
    return {
        "pr_created": "has its change request",
        "merge_ready": "is complete",
        "active": "has its worktree",
        "running": "is worked at",
        "gating": "is checked",
        "pending": "is to be run again",
    }.get(status, status if status in ("failed", "merged") else f"is {status}")


def _told(event: Event) -> str:
    form = _FORMS.get(event.type)
    if form is None:
        return ""
    what = f"lane {event.workstream}" if event.workstream else "the run"
    what = f"task {event.task}" if event.task else what
    return form.format(what=what, event=event, data=event.data)


_FORMS = {
    ev.RUN_STARTED: "the run started",
    ev.RUN_RESUMED: "the run went on",
    ev.RUN_INTERRUPTED: "the run was interrupted",
    ev.RUN_WAITING: "all that is left waits for a person",
    ev.RUN_FINISHED: "the run finished with code {data[code]}",
    ev.TASK_HELD: "{what} waits for a person: {data[reason]}",
    ev.LANE_HELD: "{what} waits for a person: {data[reason]}",
    ev.ATTEMPT_FAILED: "attempt {event.attempt} at {what} failed: {data[reason]}",
    ev.ATTEMPT_STOPPED: "attempt {event.attempt} at {what} was stopped: {data[reason]}",
    ev.TURN_ASKED: "{what} waits for a person: permission to {data[text]}",
    ev.TASK_TAKEN: "{what} was taken by {data[by]}, who works on it",
    ev.TASK_TOLD: "{data[by]} has something for the agent of {what}: {data[text]}",
    ev.TASK_GIVEN: "{what} was given back by {data[by]}",
    ev.WORK_PAUSED: "{what} was paused by {data[by]}",
    ev.WORK_UNPAUSED: "{what} may go on",
    ev.FEEDBACK_GIVEN: "{what} gets another turn: {data[text]}",
    ev.EFFECT_FAILED: "{data[kind]} of {what} failed: {data[message]}",
    ev.REQUEST_ANSWERED: "answered: {data[text]}",
}
"""Only the forms are formatted, once, so that braces in what agents said mean nothing."""
