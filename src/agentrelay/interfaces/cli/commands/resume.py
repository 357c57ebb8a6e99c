"""``agentrelay resume``: go on with runs from what is stored, without their files."""

from __future__ import annotations

import sys

import click

from agentrelay._shared import process
from agentrelay.app.beginning import rebuild_run
from agentrelay.app.lost import lost_graphs
from agentrelay.app.place import Place
from agentrelay.app.running import require_run
from agentrelay.app.stored import stored_snapshot
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.runs import is_run_now, lock_held
from agentrelay.engine.snapshot import waits_for_account
from agentrelay.errors import UsageError
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.carrying import Carrying, carry_through
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import send
from agentrelay.interfaces.cli.lost_text import lost_lines
from agentrelay.interfaces.cli.names import Selected, all_graphs, newest_first, select_graph
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import bold, shown


@click.command(
    cls=Command,
    examples=(
        "agentrelay resume                 # the unfinished run that was started last",
        "agentrelay resume shop --detach",
        "agentrelay resume --all           # every unfinished run here, in the background",
    ),
)
@click.argument("graph", required=False)
@click.option("--all", "every", is_flag=True, help="All unfinished runs here, in the background.")
@options.wait
@options.detach
@click.pass_obj
def command(session: Session, *, graph: str | None, every: bool, wait: bool, detach: bool) -> int:
    """Go on with the latest run of GRAPH, from what is stored of it.

    Without GRAPH it is the unfinished one that was started last. What a person was asked before is
    asked again, where it still holds; an account that refused is tried again at once, also where a
    process carries the run on. Where .workflow was deleted, the run is rebuilt from refs.
    """
    place = session.place()
    if every:
        if graph is not None:
            raise UsageError("give a graph or --all, not both")
        return _resume_all(place)
    folders = _lost(place, graph)
    if folders is None:
        wanted = _wanted(place, graph)
        if _is_paused(wanted):
            send(place, wanted, "resume")
            return 0
        folders = wanted.folders
    with lock_held(folders):
        number = rebuild_run(place, folders)
        if number is not None:
            lost = "its files were deleted; what refs prove done is taken over"
            click.echo(bold(f"run {number} of {shown(folders.graph)} starts: {lost}"), err=True)
        else:
            number = require_run(folders)
            click.echo(bold(f"run {number} of {shown(folders.graph)} goes on"), err=True)
        return carry_through(session, place, folders, number, Carrying(wait, detach))


def _is_paused(selected: Selected) -> bool:
    """Tell whether a process carries a run on that waits for an account, to be asked again."""
    if not is_run_now(selected.folders):
        return False
    tasks = stored_snapshot(selected.folders, selected.number)[0].tasks.values()
    return any(waits_for_account(task) for task in tasks)


def _wanted(place: Place, graph: str | None) -> Selected:
    """Return the graph of that name; without one, the newest with an unfinished run, if any."""
    if graph is None:
        for selected in newest_first(place):
            if _is_unfinished(selected.folders, selected.number):
                return selected
    return select_graph(place, graph)


def _lost(place: Place, name: str | None) -> GraphFolders | None:
    """Return the graph of that name if only refs know of its runs; without one, if no other is."""
    lost = lost_graphs(place)
    if name is not None:
        return place.folders(name) if name in lost else None
    if not lost or all_graphs(place):
        return None
    if len(lost) > 1:
        listed = ", ".join(lost)
        hint = f"name one: agentrelay resume {lost[0]}"
        raise UsageError(f"the files of several runs were deleted: {listed}", hint=hint)
    return place.folders(lost[0])


def _resume_all(place: Place) -> int:
    """Start each unfinished run that nobody carries on, as a background process of its own."""
    codes = [
        _resume_in_background(place, selected.folders, selected.number)
        for selected in all_graphs(place)
        if not is_run_now(selected.folders) and _is_unfinished(selected.folders, selected.number)
    ]
    lost = lost_graphs(place)
    for line in lost_lines(lost):
        # Whether one of these had finished is not known: rebuilding it is for a person to want.
        click.echo(line, err=True)
    if not codes and not lost:
        click.echo("no run is left to go on with", err=True)
    return max(codes, default=0)


def _is_unfinished(folders: GraphFolders, number: int) -> bool:
    return stored_snapshot(folders, number)[0].finished is None


def _resume_in_background(place: Place, folders: GraphFolders, number: int) -> int:
    argv = [sys.executable, "-m", "agentrelay", "resume", folders.graph, "--detach"]
    log = folders.run(number).log
    code = process.start_detached(argv, cwd=place.repo.top, env=place.environ, output=log)
    said = "goes on in the background" if code == 0 else f"could not go on, see {log}"
    click.echo(f"run {number} of {shown(folders.graph)} {said}")
    return code
