"""``agentrelay take``: work on a task yourself, in the place of its agent."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from agentrelay._shared.process import run_in_view
from agentrelay.app.transcripts import reopening
from agentrelay.engine.snapshot import Snapshot, TaskState
from agentrelay.errors import RequestRefusedError
from agentrelay.graph.naming import name_of_task
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import current, send, until_taken
from agentrelay.interfaces.cli.names import TASK_OR_LANE, Selected, select
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import shown


@click.command(
    cls=Command,
    examples=(
        "agentrelay take cart              # ends its agent's turn, opens a shell in the worktree",
        "agentrelay take cart --no-shell   # prints the folder",
    ),
)
@click.argument("name", metavar="TASK|LANE")
@click.option("--no-shell", is_flag=True, help="Only print the folder of the worktree.")
@click.pass_obj
def command(session: Session, *, name: str, no_shell: bool) -> None:
    """Work on a TASK yourself; of a LANE it is the one at work, or the next.

    Its agent is ended, and what it left stays in the worktree (a copy is pinned). The attempt stays
    open, and none is counted. Nothing is begun for the task until `agentrelay give`.
    """
    place = session.place()
    selected = select(place, name, TASK_OR_LANE)
    send(place, selected, "take")
    task = until_taken(selected.folders, _taken(current(selected.folders), selected).id)
    if not task.taken or task.hold is not None:
        why = task.hold.reason if task.hold is not None else "it was taken back meanwhile"
        raise RequestRefusedError(f"task {task.id} could not be handed over: {why}")
    s = current(selected.folders)
    folder = Path(s.lanes[task.lane].worktree or "")
    click.echo(shown(str(folder)))
    for line in _next_steps(s, task, selected):
        click.echo(f"  {shown(line)}", err=True)
    if not no_shell and sys.stdin.isatty() and sys.stdout.isatty():
        shell = session.environ.get("SHELL") or "/bin/sh"
        run_in_view([shell], cwd=folder, env=session.environ)
        click.echo(f"task {task.id} stays yours: agentrelay give {name_of_task(s.graph, task.id)}")


def _taken(s: Snapshot, selected: Selected) -> TaskState:
    """Return the task that was taken, where a lane was named too."""
    if selected.task is not None:
        return s.tasks[selected.task]
    members = [s.tasks[task.id] for task in s.graph.tasks_of[selected.lane or ""]]
    return next(task for task in members if task.taken)


def _next_steps(s: Snapshot, task: TaskState, selected: Selected) -> Iterator[str]:
    """Give the commands for what a person can do now."""
    home = selected.folders.run(selected.number).attempt(task.id, task.attempt).home
    again = reopening(s.graph, task.id, task.session, home) if task.session else None
    name = name_of_task(s.graph, task.id)
    if again is not None:
        yield f"{again}   (there: goes on in its agent's session)"
    yield f"agentrelay give {name}   (what is there is committed, judged and merged)"
    yield f"agentrelay retry {name}   (an agent begins anew)"
