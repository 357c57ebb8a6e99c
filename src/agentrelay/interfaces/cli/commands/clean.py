"""``agentrelay clean``: remove worktrees and branches of lanes that have ended."""

from __future__ import annotations

from collections.abc import Iterator

import click

from agentrelay.app.place import Place
from agentrelay.engine.snapshot import LaneState
from agentrelay.errors import UsageError
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.ask_user import Asking
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import LANE_ENDED, current, send
from agentrelay.interfaces.cli.names import Kind, Selected, all_graphs, select
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import shown
from agentrelay.interfaces.cli.undoing import say_effects


@click.command(
    cls=Command,
    effects=("clean",),
    examples=(
        "agentrelay clean --all --dry-run   # what would go",
        "agentrelay clean shop              # the lanes of a graph that landed or failed",
        "agentrelay clean lane:shop/api",
        "agentrelay clean shop/api --drop-ignored   # also where ignored files are too much to pin",
    ),
)
@click.argument("name", metavar="[LANE|GRAPH]", required=False)
@click.option("--all", "every", is_flag=True, help="The lanes of every graph here.")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@click.option(
    "--drop-ignored", "drops", is_flag=True, help="Let ignored files go that are too much to pin."
)
@options.yes
@options.no_input
@click.pass_obj
def command(  # noqa: PLR0913 - one for each option
    session: Session,
    *,
    name: str | None,
    every: bool,
    dry_run: bool,
    drops: bool,
    yes: bool,
    no_input: bool,
) -> None:
    """Remove the worktrees and branches of lanes that landed or failed.

    Their commits, uncommitted files and up to 20 MB of ignored files are pinned under
    refs/agentrelay/keep/ before, so that nothing is lost; `agentrelay recover` gives them back.
    """
    if (name is None) != every:
        raise UsageError("give a lane, a graph or --all", hint="agentrelay clean --all --dry-run")
    place = session.place()
    found = list(_cleanable(place, name))
    if found:
        say_effects("clean")
    for selected, lane in found:
        _show(selected, lane)
    if not found:
        click.echo("there is nothing to clean")
    elif not dry_run:
        Asking(yes, no_input).require("Remove these?", "nothing was removed")
        for selected, _ in found:
            send(place, selected, "clean", approval={"ignored": "drop"} if drops else None)


def _cleanable(place: Place, name: str | None) -> Iterator[tuple[Selected, LaneState]]:
    chosen = [select(place, name, {Kind.LANE, Kind.GRAPH})] if name else all_graphs(place)
    for selected in chosen:
        for lane in current(selected.folders).lanes.values():
            named = selected.lane in (None, lane.id)
            if named and lane.status in LANE_ENDED and lane.base and not lane.torn_down:
                yield Selected(Kind.LANE, lane.id, selected.folders, selected.number), lane


def _show(selected: Selected, lane: LaneState) -> None:
    folders = selected.folders
    branches = folders.integration_branch(lane.id).removesuffix("integration") + "*"
    pinned = f"refs/agentrelay/keep/{folders.graph}/{selected.number}/{lane.id}/"
    click.echo(f"lane {folders.graph}/{lane.id} ({lane.status.value})")
    click.echo(f"  worktree  {shown(lane.worktree or '')}")
    click.echo(f"  branches  {branches}")
    click.echo(f"  pinned    {pinned}")
