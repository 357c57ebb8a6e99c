"""Send a person's decision to whoever carries the run on, and see what comes of it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import click

from agentrelay._shared.ids import new_ulid
from agentrelay.app.asking import Answered, ask
from agentrelay.app.place import Place
from agentrelay.app.running import require_run
from agentrelay.app.stored import stored_snapshot
from agentrelay.engine.inbox import Request
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.runs import holder_of, is_run_now, lock_held
from agentrelay.engine.snapshot import LaneState, Snapshot, TaskState
from agentrelay.gitio.repository import identity
from agentrelay.interfaces.cli.carrying import Carrying, carry_through
from agentrelay.interfaces.cli.ending import show_needs
from agentrelay.interfaces.cli.names import Selected
from agentrelay.interfaces.cli.reporter import PlainNarrator
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import shown
from agentrelay.interfaces.views.needs import ready_tasks
from agentrelay.workstream.core.runtime import WorkstreamStatus

LOOK_EVERY = 0.1
"""Seconds between looks at the journal of a run that another process carries on."""

LANE_ENDED = (WorkstreamStatus.MERGED, WorkstreamStatus.FAILED)


def send(
    place: Place,
    selected: Selected,
    verb: str,
    text: str = "",
    approval: Mapping[str, str] | None = None,
) -> Answered:
    """Ask for ``verb`` on what was selected; say the answer on stdout and return it.

    RequestRefusedError where it does not fit. Where nobody carries the run on, this process does
    what the decision lets go on, but starts no agent.
    """
    request = Request(
        id=new_ulid(place.clock.now()),
        verb=verb,
        by=identity(place.repo).name,
        workstream=selected.lane,
        task=selected.task,
        text=text,
        approval=approval or {},
    )
    answered = ask(place, selected.folders, request, PlainNarrator(tells_answers=False))
    click.echo(shown(answered.answer.text))
    return answered


def until_settled(folders: GraphFolders, lane: str) -> LaneState:
    """Return a lane once it has ended or waits for a person, while somebody carries its run on."""
    journal = folders.run(require_run(folders)).journal
    size = -1
    while True:
        is_carried_on = is_run_now(folders)
        if journal.stat().st_size != size or not is_carried_on:
            size = journal.stat().st_size
            found = current(folders).lanes[lane]
            held = found.hold is not None and found.in_flight is None
            if held or found.status in LANE_ENDED or not is_carried_on:
                return found
        time.sleep(LOOK_EVERY)


def until_taken(folders: GraphFolders, name: str) -> TaskState:
    """Return a task that somebody takes once its worktree is theirs, or can't be for now."""
    while True:
        is_carried_on = is_run_now(folders)
        task = current(folders).tasks[name]
        is_free = task.program is None and task.in_flight is None and task.start is not None
        is_theirs = is_free and (task.outcome is None or task.collected is not None)
        if is_theirs or task.hold is not None or not task.taken or not is_carried_on:
            return task
        time.sleep(LOOK_EVERY)


def current(folders: GraphFolders) -> Snapshot:
    """Return the latest run of a graph as of its journal's last event."""
    return stored_snapshot(folders, require_run(folders))[0]


def say_next(session: Session, place: Place, folders: GraphFolders, *, resume: bool) -> None:
    """Say what can go on now, and the command for it; with ``resume``, go on in the background."""
    if is_run_now(folders):
        click.echo(f"{shown(holder_of(folders))} goes on with it", err=True)
        return
    s = current(folders)
    if s.finished is not None:
        click.echo(f"run {s.run} of {shown(folders.graph)} has finished", err=True)
    elif resume:
        with lock_held(folders):
            carry_through(session, place, folders, s.run, Carrying(detach=True))
    elif ending := [task.id for task in s.tasks.values() if task.stopping]:
        click.echo(f"is being ended, which the next resume sees: {', '.join(ending)}", err=True)
        click.echo(f"  agentrelay resume {shown(folders.graph)}", err=True)
    elif ready := ready_tasks(s):
        click.echo(f"can go on now: {', '.join(ready)}", err=True)
        click.echo(f"  agentrelay resume {shown(folders.graph)}", err=True)
    else:
        show_needs(s)
