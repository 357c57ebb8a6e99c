"""``agentrelay revert``: take a landed lane back out of its target, by a commit on top of it."""

from __future__ import annotations

import click

from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.ask_user import Asking
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import current, say_next, send
from agentrelay.interfaces.cli.names import Kind, select
from agentrelay.interfaces.cli.reversal import require_revertable, show_reversal
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import shown
from agentrelay.interfaces.cli.undoing import say_effects


@click.command(
    cls=Command,
    examples=(
        "agentrelay revert api",
        "agentrelay revert shop/api -m 'breaks the import'     # the reason goes into the commit",
    ),
    effects=("revert",),
)
@click.argument("name", metavar="LANE")
@options.message
@options.yes
@options.no_input
@click.pass_obj
def command(session: Session, *, name: str, text: str, yes: bool, no_input: bool) -> None:
    """Show what LANE landed, and take it back out of its target by a commit that reverts it.

    It undoes exactly that merge, on the target's tip, as `git revert -m 1` does; the lane's gates
    judge the result first. Where that is not possible, it says why, and nothing is changed.
    """
    place = session.place()
    selected = select(place, name, {Kind.LANE})
    snapshot = current(selected.folders)
    lane = snapshot.lanes[selected.lane or ""]
    landed = require_revertable(snapshot, lane)
    say_effects("revert")
    show_reversal(place, snapshot, lane, landed)
    Asking(yes, no_input).require("Revert this?", "nothing was reverted")
    send(place, selected, "revert", text, {"landed": landed})
    if (reverted := current(selected.folders).lanes[lane.id].reverted) is not None:
        click.echo("to have it again as it was, on its target:", err=True)
        click.echo(f"  git revert {shown(reverted['commit'])}", err=True)
    say_next(session, place, selected.folders, resume=False)
