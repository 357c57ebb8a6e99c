"""``agentrelay reset``: back to before a task or lane, with all that depends on it."""

from __future__ import annotations

import click

from agentrelay.app.taking_back import what_would_go
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.ask_user import Asking
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import say_next, send
from agentrelay.interfaces.cli.names import TASK_OR_LANE, select
from agentrelay.interfaces.cli.reset_text import lines
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.undoing import say_effects


@click.command(
    cls=Command,
    examples=(
        "agentrelay reset model --dry-run   # what would go",
        "agentrelay reset model             # asks, takes it back, says how to go on",
        "agentrelay reset lane:shop/api     # as if the lane had never begun",
    ),
    effects=("reset",),
)
@click.argument("name", metavar="TASK|LANE")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@click.option("--resume", is_flag=True, help="Then go on with the run in the background.")
@options.yes
@options.no_input
@click.pass_obj
def command(  # noqa: PLR0913 - one for each option
    session: Session, *, name: str, dry_run: bool, resume: bool, yes: bool, no_input: bool
) -> None:
    """Go back to before a TASK or LANE, to have it done anew; what goes is shown first.

    With a task goes all that was merged after it in its lane, and all that depends on any of that,
    in other lanes too. These tasks begin again, without what earlier attempts were told. Commits
    and files that go are pinned; `agentrelay recover` gives them back. What has landed stays
    (`agentrelay revert` is for that), and so does what an agent works at: cancel it first.
    """
    place = session.place()
    selected = select(place, name, TASK_OR_LANE)
    folders = selected.folders
    going = what_would_go(place, folders, selected.number, task=selected.task, lane=selected.lane)
    for line in lines(going):
        click.echo(line)
    say_effects("reset")
    if dry_run:
        return
    Asking(yes, no_input).require("Take this back?", "nothing was taken back")
    send(place, selected, "reset", approval={"goes": going.reset.names})
    say_next(session, place, folders, resume=resume)
