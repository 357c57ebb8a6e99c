"""What waiving a gate lets go on, as a person reads it: the gate, its output, what may land."""

from __future__ import annotations

import click

from agentrelay.engine.lane_rules import concerns
from agentrelay.engine.snapshot import RED_BEFORE, Snapshot, TaskState
from agentrelay.errors import RequestRefusedError
from agentrelay.interfaces.cli.detail_text import program_line
from agentrelay.interfaces.cli.names import Selected
from agentrelay.interfaces.cli.text import bold, shown, waits
from agentrelay.interfaces.views.programs import programs_of
from agentrelay.interfaces.views.stored_run import read_run


def show_waiver(selected: Selected, name: str) -> None:
    """Show on stderr what a waiver is for; RequestRefusedError where the task waits for none."""
    stored = read_run(selected.folders, selected.number)
    s = stored.snapshot
    task = s.tasks[name]
    if task.hold is None or task.hold.kind != RED_BEFORE:
        raise RequestRefusedError(f"task {name} does not wait for an approval")
    _say(bold(f"task {name} would go on although {shown(task.hold.reason)}"))
    judged = [p for p in programs_of(stored) if p.task == name and p.subject != "start"]
    red = [program for program in judged if program.passed is False]
    for program in red[-1:]:
        _say(program_line(program))
    _say(waits(f"  {_outlook(s, task)}"))


def _outlook(s: Snapshot, task: TaskState) -> str:
    """Say what can land by the waiver, and whether anybody is asked again before that."""
    lane = s.lanes[task.lane]
    if not lane.lane.auto_merge or concerns(s, lane):
        return f"lane {lane.id} then waits for your approval before it lands on {lane.target}"
    lands = f"lane {lane.id} then lands on {lane.target} by itself"
    return f"{lands}, as soon as nothing else of it is red or left to do: nobody is asked again"


def _say(line: str) -> None:
    click.echo(line, err=True)
