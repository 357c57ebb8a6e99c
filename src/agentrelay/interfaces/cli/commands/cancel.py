"""``agentrelay cancel``: end a task, a lane or a graph; what was done is kept."""

from __future__ import annotations

import click

from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import say_next, send
from agentrelay.interfaces.cli.names import ANYTHING, select
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.undoing import say_effects


@click.command(
    cls=Command,
    effects=("cancel",),
    examples=("agentrelay cancel task:model", "agentrelay cancel graph:shop -m 'not needed'"),
)
@click.argument("name", metavar="TASK|LANE|GRAPH")
@options.message
@click.pass_obj
def command(session: Session, *, name: str, text: str) -> None:
    """End what is left of a TASK, a LANE or a GRAPH; agents that run for it are ended.

    What they left is kept, and `agentrelay retry` takes it up again. A lane of which all is done
    but the landing ends too, and its change request is closed.
    """
    place = session.place()
    selected = select(place, name, ANYTHING)
    say_effects("cancel")
    send(place, selected, "cancel", text)
    say_next(session, place, selected.folders, resume=False)
