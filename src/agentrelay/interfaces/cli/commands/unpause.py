"""``agentrelay unpause``: let go on what was paused."""

from __future__ import annotations

import click

from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import say_next, send
from agentrelay.interfaces.cli.names import select_any
from agentrelay.interfaces.cli.session import Session


@click.command(
    cls=Command,
    examples=("agentrelay unpause", "agentrelay unpause lane:shop/api --resume"),
)
@click.argument("name", metavar="[GRAPH|LANE|TASK]", required=False)
@click.option("--resume", is_flag=True, help="Then go on with the run in the background.")
@click.pass_obj
def command(session: Session, *, name: str | None, resume: bool) -> None:
    """Let a GRAPH, LANE or TASK go on that was paused; other pauses of it stay."""
    place = session.place()
    selected = select_any(place, name)
    send(place, selected, "unpause")
    say_next(session, place, selected.folders, resume=resume)
