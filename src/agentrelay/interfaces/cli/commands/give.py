"""``agentrelay give``: have what a person did in a task's worktree judged and merged."""

from __future__ import annotations

import click

from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import say_next, send
from agentrelay.interfaces.cli.names import TASK_OR_LANE, select
from agentrelay.interfaces.cli.session import Session


@click.command(
    cls=Command,
    examples=(
        'agentrelay give cart -m "the cart, by hand"',
        'agentrelay give cart --fail -m "not this way"',
    ),
)
@click.argument("name", metavar="TASK|LANE")
@options.message
@click.option("--fail", is_flag=True, help="Let the attempt fail: an agent has the next, if any.")
@click.option("--resume", is_flag=True, help="Then go on with the run in the background.")
@click.pass_obj
def command(session: Session, *, name: str, text: str, fail: bool, resume: bool) -> None:
    """Give back a TASK (or that of a LANE) that you took, as the result of its turn.

    Your commits count, and what is not committed is committed for you; the gates run on it.
    """
    place = session.place()
    selected = select(place, name, TASK_OR_LANE)
    send(place, selected, "give", text, approval={"fail": "yes"} if fail else None)
    say_next(session, place, selected.folders, resume=resume)
