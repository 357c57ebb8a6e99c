"""``agentrelay attach``: watch a task being worked at, turn after turn."""

from __future__ import annotations

from pathlib import Path

import click

from agentrelay.app.place import Place
from agentrelay.engine.runs import is_run_now
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.names import Kind, Selected, select
from agentrelay.interfaces.cli.printed import await_growth, ending_now, output_lines, reader_of
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import shown, waits
from agentrelay.interfaces.views.programs import ProgramRun, programs_of
from agentrelay.interfaces.views.stored_run import FollowedRun, StoredRun
from agentrelay.interfaces.views.waits import task_wait
from agentrelay.task.core.runtime import ENDED


@click.command(cls=Command, examples=("agentrelay attach cart", "agentrelay attach task:shop/cart"))
@click.argument("name", metavar="TASK")
@click.pass_obj
def command(session: Session, *, name: str) -> None:
    """Show the transcript of a task's agent as it grows, and its gates, until the task has ended.

    It begins with the latest turn. Ctrl-C stops the watching; the agent works on.
    """
    place = session.place_to_read()
    selected = select(place, name, frozenset({Kind.TASK}))
    followed = FollowedRun(selected.folders, selected.number)
    seen: set[Path] = set()
    while True:
        is_over = not is_run_now(selected.folders)
        stored = followed.read()
        programs = _unseen(stored, selected, seen)
        for program in programs:
            seen.add(program.folder)
            _watch(place, followed, program)
        wait = _end(stored, selected, is_over=is_over)
        if wait is not None and not programs:
            click.echo(wait, err=True)
            return
        if not programs:
            await_growth(selected)


def _unseen(stored: StoredRun, selected: Selected, seen: set[Path]) -> list[ProgramRun]:
    """Return what has run for the task and was not shown yet; at first, the latest turn on."""
    programs = [
        program
        for program in programs_of(stored)
        if program.task == selected.task and program.output.exists()
    ]
    if not seen:
        turns = [at for at, program in enumerate(programs) if program.kind == "turn"]
        programs = programs[turns[-1] :] if turns else programs
    return [program for program in programs if program.folder not in seen]


def _watch(place: Place, followed: FollowedRun, program: ProgramRun) -> None:
    click.echo(f"{program.title}:", err=True)
    reader = reader_of(followed.graph, program)
    for line in output_lines(place, program, reader, follow=True):
        click.echo(line)
    if end := ending_now(followed, program):
        click.echo(end, err=True)


def _end(stored: StoredRun, selected: Selected, *, is_over: bool) -> str | None:
    """Return why there will be nothing more to watch, None where there may be."""
    task = stored.snapshot.tasks[selected.id]
    if task.status in ENDED:
        return f"{selected.full} is {task.status.value}"
    if not is_over:
        return None
    wait = task_wait(stored.snapshot, task, moves=stored.moves) or task.status.value
    return waits(f"nobody carries the run on; {selected.full}: {shown(wait)}")
