"""What a reset takes back, in words."""

from __future__ import annotations

from collections.abc import Iterator

from agentrelay.app.taking_back import Going, LaneGoes
from agentrelay.engine.snapshot import TaskState
from agentrelay.interfaces.cli.tables import aligned, screen_width
from agentrelay.interfaces.cli.text import shown
from agentrelay.task.core.task import TaskStatus

NAMED = 5
"""So many commits of people are named; of the others, how many there are."""


def lines(going: Going) -> Iterator[str]:
    """Give the lines that say what goes: tasks, lanes, change requests."""
    s, reset = going.snapshot, going.reset
    yield f"resetting {reset.name} of {shown(s.graph.name)} takes back:"
    rows = [("  task", task.id, *_task(task)) for task in reset.tasks]
    yield from aligned(rows, width=screen_width())
    for lane in going.lanes:
        yield from _lane(lane)
    yield from _requests(going)


def _task(task: TaskState) -> tuple[str, str]:
    title = task.summary or task.spec.description.strip().splitlines()[0]
    if task.status is TaskStatus.MERGED and task.commit:
        return f"merged as {task.commit[:10]}", shown(title)
    hold = f", waits: {task.hold.reason}" if task.hold is not None else ""
    return f"{task.status.value}{shown(hold)}", shown(title)


def _lane(goes: LaneGoes) -> Iterator[str]:
    name = f"  lane {goes.lane.id}"
    size = f"{_count(goes.commits, 'commit')}, {_count(goes.files, 'file')}"
    if goes.whole:
        yield f"{name} is as if it had never begun: branch and worktree go ({size})"
    elif goes.to is not None:
        yield f"{name} goes back to {goes.to[:10]}: {size}"
    else:
        yield f"{name} keeps its branch"
    for commit in goes.by_people[:NAMED]:
        subject = commit.message.partition("\n")[0]
        yield f"    with a commit of a person: {commit.oid[:10]} {shown(subject)}"
    if len(goes.by_people) > NAMED:
        yield f"    and {len(goes.by_people) - NAMED} more"
    if goes.uncommitted:
        where = shown(goes.lane.worktree or "")
        yield f"    with {_count(goes.uncommitted, 'file')} not committed in {where}"


def _requests(going: Going) -> Iterator[str]:
    tasks = [task for task in going.reset.tasks if task.url]
    merged = [t.url or "" for t in tasks if t.status is TaskStatus.MERGED]
    open_ = [t.url or "" for t in tasks if t.status is not TaskStatus.MERGED]
    open_ += [lane.lane.url for lane in going.lanes if lane.lane.url]
    if merged:
        yield f"  merged change requests, closed as taken back: {shown(', '.join(merged))}"
    if open_:
        yield f"  change requests, closed: {shown(', '.join(open_))}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
