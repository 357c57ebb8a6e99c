"""How a run stands when it stops: a table of lanes and tasks, and what to do next."""

from __future__ import annotations

import click

from agentrelay.engine.snapshot import LaneState, Snapshot, TaskState
from agentrelay.interfaces.cli.tables import aligned
from agentrelay.interfaces.cli.text import bad, bold, good, shown, waits
from agentrelay.interfaces.views.needs import answers, keeps_to_chosen, needs_you
from agentrelay.workstream.core.runtime import WorkstreamStatus

Row = tuple[str, ...]


def show_end(s: Snapshot, code: int) -> None:
    """Show the result of a run on stdout, and on stderr the commands that go on from it."""
    click.echo()
    click.echo(bold(f"run {s.run} of {shown(s.graph.name)}: {_state(s, code)}"))
    rows: list[Row] = [("", "status", "attempts", "change request", "commit")]
    for lane in s.lanes.values():
        rows.append(_lane_row(lane))
        rows += [_task_row(s.tasks[task.id]) for task in s.graph.tasks_of[lane.id]]
    for line in aligned(rows):
        click.echo(line)
    for lane in s.lanes.values():
        if lane.error:
            click.echo(f"lane {lane.id}: {shown(lane.error)}")
    show_needs(s)


def show_needs(s: Snapshot) -> None:
    """Show, on stderr, what waits for a person, and the commands that answer."""
    for need in needs_you(s):
        click.echo(waits(f"{need.id} ({need.kind}): {shown(need.reason)}"), err=True)
        for command in answers(need):
            click.echo(f"  {shown(command)}", err=True)


def _state(s: Snapshot, code: int) -> str:
    if s.finished is not None:
        return good("done") if code == 0 else bad("finished with failures")
    if keeps_to_chosen(s):
        return good("did what was asked for") if code == 0 else bad("finished with failures")
    if s.waiting_code is not None:
        return waits("waits for you")
    return waits("not finished")


def _lane_row(lane: LaneState) -> Row:
    status = lane.status.value
    if lane.hold is not None:
        status += ", waits"
    if lane.reverted is not None:
        status += ", reverted"
    commit = lane.landed or lane.head or ""
    if lane.status is WorkstreamStatus.MERGED and lane.landed is None:
        commit = ""
    return (f"lane {lane.id}", status, "", shown(lane.url or ""), commit[:10])


def _task_row(task: TaskState) -> Row:
    status = task.status.value + (", waits" if task.hold or task.questions else "")
    attempts = str(task.attempt) if task.attempt else ""
    return (f"  {task.id}", status, attempts, shown(task.url or ""), (task.commit or "")[:10])
