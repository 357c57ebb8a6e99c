"""``agentrelay reject``: keep a lane from landing, with a reason that its agent is told."""

from __future__ import annotations

import click

from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import send
from agentrelay.interfaces.cli.names import Kind, select
from agentrelay.interfaces.cli.session import Session


@click.command(
    cls=Command, examples=('agentrelay reject api -m "the new field needs a default value"',)
)
@click.argument("lane", metavar="LANE")
@click.option("-m", "--message", "text", required=True, metavar="TEXT", help="What to change.")
@click.pass_obj
def command(session: Session, *, lane: str, text: str) -> None:
    """Keep LANE from landing; its branch, worktree and change request stay.

    `agentrelay retry LANE` then sends TEXT to the agent, or takes what you committed yourself.
    `agentrelay approve LANE` takes the rejection back, `agentrelay cancel LANE` ends the lane.
    """
    place = session.place()
    send(place, select(place, lane, {Kind.LANE}), "reject", text)
