"""``agentrelay diff``: what a task, a lane or a change request changes."""

from __future__ import annotations

from pathlib import Path

import click

from agentrelay._shared.clock import SystemClock
from agentrelay.app.place import Place
from agentrelay.errors import UnknownNameError
from agentrelay.gitio.command import Git
from agentrelay.gitio.merge import Signature
from agentrelay.gitio.refs import resolve
from agentrelay.gitio.repository import OUR_IDENTITY
from agentrelay.gitio.snapshot import snapshot
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.names import TASK_OR_LANE, Selected, select
from agentrelay.interfaces.cli.requests import request_number, require_request
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import shown_block
from agentrelay.interfaces.views.stored_run import StoredRun, read_run


@click.command(
    cls=Command,
    examples=("agentrelay diff cart", "agentrelay diff lane:api --stat", "agentrelay diff '#7'"),
)
@click.argument("name", metavar="TASK|LANE|#N")
@click.option("--stat", is_flag=True, help="Only which files change, and how much.")
@click.pass_obj
def command(session: Session, *, name: str, stat: bool) -> None:
    """Show what a task, a lane or a change request changes; of a task at work, what it has so far.

    Against where its work started.
    """
    place = session.place_to_read()
    number = request_number(name)
    if number is not None:
        text = place.forge().diff(require_request(place, number).number, stat=stat)
    else:
        text = _diff(place, select(place, name, TASK_OR_LANE), stat=stat)
    click.echo(shown_block(text), nl=False)


def _diff(place: Place, selected: Selected, *, stat: bool) -> str:
    stored = read_run(selected.folders, selected.number)
    s = stored.snapshot
    named = s.tasks[selected.id] if selected.task is not None else s.lanes[selected.id]
    if named.number is not None and named.in_flight is None and not _is_at_work(stored, selected):
        return place.forge().diff(named.number, stat=stat)
    if selected.task is not None:
        return _task_diff(place, stored, selected.id, stat=stat)
    branch = stored.folders.integration_branch(selected.id)
    base = s.lanes[selected.id].base
    if base is None or resolve(place.repo.git, f"refs/heads/{branch}") is None:
        raise _nothing(selected)
    return _git_diff(place.repo.git, f"{base}...refs/heads/{branch}", stat=stat)


def _is_at_work(stored: StoredRun, selected: Selected) -> bool:
    s = stored.snapshot
    return s.tasks[selected.id].open if selected.task is not None else False


def _task_diff(place: Place, stored: StoredRun, name: str, *, stat: bool) -> str:
    s = stored.snapshot
    task, folders = s.tasks[name], stored.folders
    lane = s.lanes[task.lane]
    if task.start is not None and lane.worktree is not None and task.collected is None:
        made = _content(place, Path(lane.worktree))
        return _git_diff(place.repo.git, f"{task.start}..{made}", stat=stat)
    branch = f"refs/heads/{folders.task_branch(task.lane, name)}"
    tip = resolve(place.repo.git, branch)
    base = task.start or lane.head
    if tip is None or base is None:
        raise UnknownNameError(f"task {name} has not changed anything yet")
    return _git_diff(place.repo.git, f"{base}...{tip}", stat=stat)


def _content(place: Place, worktree: Path) -> str:
    """Return a commit, which nothing keeps, of all that a worktree holds now."""
    who = Signature(OUR_IDENTITY.name, OUR_IDENTITY.email, int(SystemClock().now()))
    return snapshot(place.repo.git.at(worktree), "what a task has so far", who).commit


def _git_diff(git: Git, sides: str, *, stat: bool) -> str:
    what = ("--stat",) if stat else ()
    # Without optional locks, so that an agent's own git is never in the way of ours.
    output = git.run(
        "diff", "--no-color", "--no-ext-diff", *what, sides, "--", env={"GIT_OPTIONAL_LOCKS": "0"}
    )
    return output.stdout.decode("utf-8", "replace")


def _nothing(selected: Selected) -> UnknownNameError:
    return UnknownNameError(f"{selected.full} has not changed anything yet")
